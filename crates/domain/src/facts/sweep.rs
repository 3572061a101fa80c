//! Sweep: one PIN tried on many cards. Counted where it is tried, because each card sees a try or two.
//!
//! What must stay true: only wrong PINs count, of known and unknown cards alike; a card counts once however often it is
//! tried; a right PIN neither counts nor resets. A paused or stopped watch compares no PIN.

use crate::card::CardKey;
use crate::human::Logins;
use crate::ids::{MerchantId, OutletId, PersonId, TerminalId};
use crate::limits::Limit;
use crate::network::Network;
use crate::time::{HOUR, Timestamp};

/// How long after its last wrong PIN a watch may be needed, microseconds: the longest window, across midnight. A store
/// forgets older ones that are not stopped.
pub const SWEEP_LIFE: i64 = 48 * HOUR;

words! {
    /// Kinds of [`Watch`].
    pub enum WatchKind {
        /// A till.
        Till = "till",
        /// A signed-in person.
        Person = "person",
        /// An API key.
        Key = "key",
        /// A network, within one merchant.
        Network = "network",
    }
}

/// What wrong PINs are counted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Watch {
    /// A till, for what is typed there.
    Till(TerminalId),
    /// A signed-in person.
    Person(PersonId),
    /// An API key, by the person that it acts as.
    Key(PersonId),
    /// A network. Within one merchant, because strangers share one behind a carrier's address translation.
    Network(MerchantId, Network),
}

impl Watch {
    /// Its kind.
    pub fn kind(&self) -> WatchKind {
        match self {
            Self::Till(_) => WatchKind::Till,
            Self::Person(_) => WatchKind::Person,
            Self::Key(_) => WatchKind::Key,
            Self::Network(..) => WatchKind::Network,
        }
    }

    /// The watch as it is stored: `till:25010007`, `network:250100:192.0.2.7`.
    pub fn text(&self) -> String {
        let kind = self.kind();
        match self {
            Self::Till(id) => format!("{kind}:{id}"),
            Self::Person(id) | Self::Key(id) => format!("{kind}:{id}"),
            Self::Network(merchant, network) => format!("{kind}:{merchant}:{}", network.as_str()),
        }
    }

    /// The watch behind a stored text.
    pub fn read(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        let number = || id.parse().ok();
        Some(match WatchKind::from_word(kind)? {
            WatchKind::Till => Self::Till(TerminalId(number()?)),
            WatchKind::Person => Self::Person(PersonId(number()?)),
            WatchKind::Key => Self::Key(PersonId(number()?)),
            WatchKind::Network => {
                let (merchant, network) = id.split_once(':')?;
                // What was stored is a network already.
                Self::Network(MerchantId(merchant.parse().ok()?), Network::of(network))
            }
        })
    }
}

/// How often one human may unlock a watch on one business date.
pub const UNLOCKS_MAX: usize = 2;

/// Whether `person` may unlock a watch once more that these people unlocked on the same date. After [`UNLOCKS_MAX`] of their
/// own it takes another human: nobody tries cards, unlocks and goes on alone.
pub fn may_unlock(person: PersonId, earlier: &[PersonId], logins: &Logins, at: Timestamp) -> bool {
    earlier.iter().filter(|other| logins.same_human(person, **other, at)).count() < UNLOCKS_MAX
}

/// A card that got a wrong PIN, and when it got the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The card, which may be none of ours.
    pub card: CardKey,
    /// When.
    pub at: Timestamp,
}

/// What one watch saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Where the last wrong PIN was typed: its managers may unlock the watch.
    pub merchant: MerchantId,
    /// The outlet of that place.
    pub outlet: OutletId,
    /// Cards with a wrong PIN today, and within the window before midnight; each once, the latest last.
    pub seen: Vec<Seen>,
    /// No PIN is compared before this moment.
    pub paused_until: Option<Timestamp>,
    /// No PIN is compared since this moment, until a manager unlocks the watch.
    pub stopped_at: Option<Timestamp>,
}

/// That no PIN is compared now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// What saw too many wrong PINs.
    pub kind: WatchKind,
    /// When it ends by itself; none ends only by a manager's unlock.
    pub until: Option<Timestamp>,
}

impl Sweep {
    /// Nothing seen yet.
    pub fn new(merchant: MerchantId, outlet: OutletId) -> Self {
        Self { merchant, outlet, seen: Vec::new(), paused_until: None, stopped_at: None }
    }

    /// The pause at this moment, if there is one.
    pub fn pause(&self, kind: WatchKind, now: Timestamp) -> Option<Pause> {
        if self.stopped_at.is_some() {
            return Some(Pause { kind, until: None });
        }
        self.paused_until.filter(|until| *until > now).map(|until| Pause { kind, until: Some(until) })
    }

    /// Counts a wrong PIN of `card`.
    pub fn wrong(&mut self, card: CardKey, at: Timestamp, limit: Limit) {
        let today = at.business_date();
        // A clock that was set back makes a time in the future, which is recent and of today.
        let recent = |seen: &Seen| at.since(seen.at) < limit.window();
        let of_today = |seen: &Seen| seen.at.business_date() >= today;
        self.seen.retain(|seen| seen.card != card && (recent(seen) || of_today(seen)));
        self.seen.push(Seen { card, at });
        // A pause that is over says nothing: a store may have forgotten it.
        self.paused_until = self.paused_until.filter(|until| at < *until);
        let reached = |count: usize, limit: u16| count >= usize::from(limit);
        if reached(self.seen.iter().filter(|seen| recent(seen)).count(), limit.pause_cards) {
            self.paused_until = Some(at.plus(limit.pause()));
        }
        if self.stopped_at.is_none()
            && reached(self.seen.iter().filter(|seen| of_today(seen)).count(), limit.stop_cards)
        {
            self.stopped_at = Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::human::Login;

    #[test]
    fn one_human_unlocks_twice_a_day_whatever_logins_they_use_and_another_goes_on() {
        let (manager, second, chain) = (PersonId(1002), PersonId(1012), PersonId(1007));
        let mut logins = Logins::default();
        logins.put(second, Login { human: manager, ..Login::of(second) });
        let now = Timestamp(1_795_406_400_000_000);
        for (person, earlier, may) in [
            (manager, &[][..], true),
            (manager, &[manager], true),
            (manager, &[manager, manager], false),
            (manager, &[manager, second], false),
            (second, &[manager, manager], false),
            (manager, &[manager, chain, chain], true),
            (chain, &[manager, manager, chain], true),
        ] {
            assert_eq!(may_unlock(person, earlier, &logins, now), may, "{person} {earlier:?}");
        }
    }

    #[test]
    fn a_watch_survives_its_text() {
        let (merchant, person) = (MerchantId(250_100), PersonId(1003));
        let watches = [
            (Watch::Till(TerminalId(25_010_007)), "till:25010007"),
            (Watch::Person(person), "person:1003"),
            (Watch::Key(person), "key:1003"),
            (Watch::Network(merchant, Network::of("192.0.2.7")), "network:250100:192.0.2.7"),
            (Watch::Network(merchant, Network::of("2001:db8::1")), "network:250100:2001:db8::/64"),
        ];
        for (watch, text) in watches {
            assert_eq!((watch.text().as_str(), Watch::read(text)), (text, Some(watch)));
        }
        for text in ["", "till", "till:", "till:x", "door:1", "network:1.2.3.4"] {
            assert_eq!(Watch::read(text), None, "{text}");
        }
    }
}
