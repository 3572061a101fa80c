//! How often a guess may be wrong: PINs per card, cards per till, person, key and network, cards of a refund.
//!
//! Settings of the installation, stored by name; whatever is not stored has its default here.

use crate::sweep::WatchKind;

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;

/// The largest value of a setting: a count or a number of minutes.
pub const SETTING_MAX: u16 = 1_000;

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

    /// Changes the setting of this name; whether there is one, and it takes the value.
    pub fn set(&mut self, name: &str, value: i64) -> bool {
        let value = u16::try_from(value).ok().filter(|value| (1..=SETTING_MAX).contains(value));
        let field = self.fields().into_iter().find(|(known, _)| *known == name);
        match (field, value) {
            (Some((_, field)), Some(value)) => {
                *field = value;
                true
            }
            _ => false,
        }
    }

    /// Every setting with its value.
    pub fn list(&self) -> Vec<(&'static str, u16)> {
        self.clone().fields().into_iter().map(|(name, value)| (name, *value)).collect()
    }

    fn fields(&mut self) -> [(&'static str, &mut u16); 19] {
        let Self { place_tries, card_tries, refund_cards, till, person, key, network } = self;
        [
            ("place_tries", place_tries),
            ("card_tries", card_tries),
            ("refund_cards", refund_cards),
            ("till_pause_cards", &mut till.pause_cards),
            ("till_window_minutes", &mut till.window_minutes),
            ("till_pause_minutes", &mut till.pause_minutes),
            ("till_stop_cards", &mut till.stop_cards),
            ("person_pause_cards", &mut person.pause_cards),
            ("person_window_minutes", &mut person.window_minutes),
            ("person_pause_minutes", &mut person.pause_minutes),
            ("person_stop_cards", &mut person.stop_cards),
            ("key_pause_cards", &mut key.pause_cards),
            ("key_window_minutes", &mut key.window_minutes),
            ("key_pause_minutes", &mut key.pause_minutes),
            ("key_stop_cards", &mut key.stop_cards),
            ("network_pause_cards", &mut network.pause_cards),
            ("network_window_minutes", &mut network.window_minutes),
            ("network_pause_minutes", &mut network.pause_minutes),
            ("network_stop_cards", &mut network.stop_cards),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_read_by_its_name_and_takes_only_what_is_in_range() {
        for (name, default) in Limits::default().list() {
            let mut limits = Limits::default();
            for refused in [i64::MIN, -1, 0, 1_001, i64::MAX] {
                assert!(!limits.set(name, refused));
            }
            assert_eq!(limits, Limits::default());
            assert!(limits.set(name, i64::from(default) + 1));
            let changed = limits.list().into_iter().zip(Limits::default().list()).filter(|(new, old)| new != old);
            assert_eq!(changed.collect::<Vec<_>>(), [((name, default + 1), (name, default))]);
        }
        assert!(!Limits::default().set("nonsense", 5));
    }
}
