//! How often a guess may be wrong: PINs per card, cards per till, person, key and network, cards of a refund.
//!
//! Settings of the installation, stored by name; whatever is not stored has its default here.

use crate::sweep::WatchKind;

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;

/// The largest value of a setting: a count or a number of minutes.
pub const SETTING_MAX: u16 = 1_000;

words! {
    /// A setting by its stored name.
    pub enum Setting {
        /// Wrong PINs of one card on one business date at one place.
        PlaceTries = "place_tries",
        /// The same over all places.
        CardTries = "card_tries",
        /// Wrong cards in the reviews of one refund.
        RefundCards = "refund_cards",
        /// Cards that pause a till.
        TillPauseCards = "till_pause_cards",
        /// The window of a till, minutes.
        TillWindowMinutes = "till_window_minutes",
        /// How long a till pauses, minutes.
        TillPauseMinutes = "till_pause_minutes",
        /// Cards on one date that stop a till.
        TillStopCards = "till_stop_cards",
        /// Cards that pause a person.
        PersonPauseCards = "person_pause_cards",
        /// The window of a person, minutes.
        PersonWindowMinutes = "person_window_minutes",
        /// How long a person pauses, minutes.
        PersonPauseMinutes = "person_pause_minutes",
        /// Cards on one date that stop a person.
        PersonStopCards = "person_stop_cards",
        /// Cards that pause an API key.
        KeyPauseCards = "key_pause_cards",
        /// The window of an API key, minutes.
        KeyWindowMinutes = "key_window_minutes",
        /// How long an API key pauses, minutes.
        KeyPauseMinutes = "key_pause_minutes",
        /// Cards on one date that stop an API key.
        KeyStopCards = "key_stop_cards",
        /// Cards that pause a network.
        NetworkPauseCards = "network_pause_cards",
        /// The window of a network, minutes.
        NetworkWindowMinutes = "network_window_minutes",
        /// How long a network pauses, minutes.
        NetworkPauseMinutes = "network_pause_minutes",
        /// Cards on one date that stop a network.
        NetworkStopCards = "network_stop_cards",
    }
}

impl Setting {
    /// The settings of a watch: cards before a pause, window, length of a pause, cards before a stop.
    pub fn of(watch: WatchKind) -> [Self; 4] {
        match watch {
            WatchKind::Till => {
                [Self::TillPauseCards, Self::TillWindowMinutes, Self::TillPauseMinutes, Self::TillStopCards]
            }
            WatchKind::Person => {
                [Self::PersonPauseCards, Self::PersonWindowMinutes, Self::PersonPauseMinutes, Self::PersonStopCards]
            }
            WatchKind::Key => [Self::KeyPauseCards, Self::KeyWindowMinutes, Self::KeyPauseMinutes, Self::KeyStopCards],
            WatchKind::Network => {
                [Self::NetworkPauseCards, Self::NetworkWindowMinutes, Self::NetworkPauseMinutes, Self::NetworkStopCards]
            }
        }
    }
}

/// How many distinct cards may get a wrong PIN before a watch pauses, and before it stops until it is unlocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// So many cards within the window pause it.
    pub pause_cards: u16,
    /// The window, minutes.
    pub window_minutes: u16,
    /// How long it pauses, minutes.
    pub pause_minutes: u16,
    /// So many cards on one business date stop it.
    pub stop_cards: u16,
}

impl Limit {
    const DEFAULT: Self = Self { pause_cards: 5, window_minutes: 10, pause_minutes: 10, stop_cards: 20 };

    /// The window, microseconds.
    pub fn window(self) -> i64 {
        i64::from(self.window_minutes).saturating_mul(MINUTE)
    }

    /// How long a pause lasts, microseconds.
    pub fn pause(self) -> i64 {
        i64::from(self.pause_minutes).saturating_mul(MINUTE)
    }
}

/// All limits to guessing that the money path keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wrong PINs of one card on one business date at one place.
    pub place_tries: u16,
    /// The same over all places.
    pub card_tries: u16,
    /// Wrong cards in the reviews of one refund.
    pub refund_cards: u16,
    /// Of a till.
    pub till: Limit,
    /// Of a person.
    pub person: Limit,
    /// Of an API key.
    pub key: Limit,
    /// Of a network, within one merchant.
    pub network: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        let limit = Limit::DEFAULT;
        let (till, person, key, network) = (limit, limit, limit, limit);
        Self { place_tries: 5, card_tries: 10, refund_cards: 5, till, person, key, network }
    }
}

impl Limits {
    /// The limit of one kind of watch.
    pub fn of(&self, kind: WatchKind) -> Limit {
        match kind {
            WatchKind::Till => self.till,
            WatchKind::Person => self.person,
            WatchKind::Key => self.key,
            WatchKind::Network => self.network,
        }
    }

    /// Changes a setting; whether it takes the value.
    pub fn set(&mut self, setting: Setting, value: i64) -> bool {
        let value = u16::try_from(value).ok().filter(|value| (1..=SETTING_MAX).contains(value));
        value.is_some_and(|value| {
            *self.field(setting) = value;
            true
        })
    }

    /// The value of a setting.
    pub fn get(&self, setting: Setting) -> u16 {
        *self.clone().field(setting)
    }

    /// Every setting with its value.
    pub fn list(&self) -> Vec<(Setting, u16)> {
        Setting::ALL.into_iter().map(|setting| (setting, self.get(setting))).collect()
    }

    fn field(&mut self, setting: Setting) -> &mut u16 {
        match setting {
            Setting::PlaceTries => &mut self.place_tries,
            Setting::CardTries => &mut self.card_tries,
            Setting::RefundCards => &mut self.refund_cards,
            Setting::TillPauseCards => &mut self.till.pause_cards,
            Setting::TillWindowMinutes => &mut self.till.window_minutes,
            Setting::TillPauseMinutes => &mut self.till.pause_minutes,
            Setting::TillStopCards => &mut self.till.stop_cards,
            Setting::PersonPauseCards => &mut self.person.pause_cards,
            Setting::PersonWindowMinutes => &mut self.person.window_minutes,
            Setting::PersonPauseMinutes => &mut self.person.pause_minutes,
            Setting::PersonStopCards => &mut self.person.stop_cards,
            Setting::KeyPauseCards => &mut self.key.pause_cards,
            Setting::KeyWindowMinutes => &mut self.key.window_minutes,
            Setting::KeyPauseMinutes => &mut self.key.pause_minutes,
            Setting::KeyStopCards => &mut self.key.stop_cards,
            Setting::NetworkPauseCards => &mut self.network.pause_cards,
            Setting::NetworkWindowMinutes => &mut self.network.window_minutes,
            Setting::NetworkPauseMinutes => &mut self.network.pause_minutes,
            Setting::NetworkStopCards => &mut self.network.stop_cards,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_a_value_of_its_own_and_takes_only_what_is_in_range() {
        for (setting, default) in Limits::default().list() {
            let mut limits = Limits::default();
            for refused in [i64::MIN, -1, 0, 1_001, i64::MAX] {
                assert!(!limits.set(setting, refused));
            }
            assert_eq!(limits, Limits::default());
            assert!(limits.set(setting, i64::from(default) + 1));
            let changed = limits.list().into_iter().zip(Limits::default().list()).filter(|(new, old)| new != old);
            assert_eq!(changed.collect::<Vec<_>>(), [((setting, default + 1), (setting, default))]);
        }
    }
}
