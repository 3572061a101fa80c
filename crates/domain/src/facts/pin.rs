//! The card password (PIN): six digits, seen only as a keyed value, a few tries a day at a place.
//!
//! What must stay true: payment and balance inquiry share one count; only wrong PINs count, and a right one resets
//! nothing; an unknown card counts and answers exactly as a known one, so neither the text nor the count tells whether a
//! number exists. Tries are counted by place, so that a stranger at one place cannot take a card from its holder
//! everywhere; the count over all places is larger.

use std::collections::BTreeMap;

use subtle::ConstantTimeEq;

use crate::ids::{MerchantId, OutletId};
use crate::limits::Limits;
use crate::network::Network;
use crate::time::BusinessDate;

/// HMAC-SHA-256 of card number and PIN under a secret outside the database. Not the PIN, and of no use without the key.
#[derive(Clone, PartialEq, Eq)]
pub struct PinValue(pub [u8; 32]);

impl PinValue {
    /// Compares in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

words! {
    /// Whose a card's PIN is.
    pub enum PinState {
        /// It has none, and pays nothing until its holder sets one.
        Unset = "unset",
        /// The one that was printed for its holder.
        Initial = "initial",
        /// The one that its holder chose.
        Set = "set",
    }
}

/// A card's PIN.
#[derive(Clone, PartialEq, Eq)]
pub enum CardPin {
    /// None.
    Unset,
    /// Printed for the holder.
    Initial(PinValue),
    /// Chosen by the holder.
    Set(PinValue),
}

impl CardPin {
    /// Whose it is.
    pub fn state(&self) -> PinState {
        match self {
            Self::Unset => PinState::Unset,
            Self::Initial(_) => PinState::Initial,
            Self::Set(_) => PinState::Set,
        }
    }

    /// Its keyed value.
    pub fn value(&self) -> Option<&PinValue> {
        match self {
            Self::Unset => None,
            Self::Initial(value) | Self::Set(value) => Some(value),
        }
    }

    /// What a row says: none if state and value do not go together.
    pub fn read(state: PinState, value: Option<PinValue>) -> Option<Self> {
        match (state, value) {
            (PinState::Unset, None) => Some(Self::Unset),
            (PinState::Initial, Some(value)) => Some(Self::Initial(value)),
            (PinState::Set, Some(value)) => Some(Self::Set(value)),
            _ => None,
        }
    }
}

/// How a PIN came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Typed at a till.
    Till,
    /// Sent by a program with an API key.
    Key,
}

/// A PIN as it was typed, and from where.
#[derive(Clone)]
pub struct TypedPin {
    /// Its keyed value.
    pub value: PinValue,
    /// How it came in.
    pub door: Door,
    /// Where the request came from.
    pub network: Network,
}

/// Where the tries of a card are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PinPlace {
    /// The tills of an outlet.
    Outlet(OutletId),
    /// All API keys of a merchant.
    Keys(MerchantId),
}

impl PinPlace {
    /// The place as it is stored: `outlet:2501001`, `keys:250100`.
    pub fn text(self) -> String {
        match self {
            Self::Outlet(outlet) => format!("outlet:{outlet}"),
            Self::Keys(merchant) => format!("keys:{merchant}"),
        }
    }

    /// The place behind a stored text.
    pub fn read(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        let id = id.parse().ok()?;
        match kind {
            "outlet" => Some(Self::Outlet(OutletId(id))),
            "keys" => Some(Self::Keys(MerchantId(id))),
            _ => None,
        }
    }
}

/// Wrong tries of one card number on one business date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinTries {
    /// The day they were counted on.
    pub on: BusinessDate,
    /// Wrong tries that day, by place.
    pub places: BTreeMap<PinPlace, u16>,
}

impl PinTries {
    /// Tries of `today`: those of an earlier day do not count. Those of a later one do, because a clock that is set back
    /// gives no new tries.
    pub fn today(stored: Option<&Self>, today: BusinessDate) -> Self {
        let stored = stored.filter(|tries| tries.on >= today);
        stored.cloned().unwrap_or(Self { on: today, places: BTreeMap::new() })
    }

    /// Tries that are left over all places.
    pub fn left_everywhere(&self, limits: &Limits) -> u16 {
        let all = self.places.values().fold(0_u16, |sum, count| sum.saturating_add(*count));
        limits.card_tries.saturating_sub(all)
    }

    /// Tries that are left at `place`.
    pub fn left(&self, place: PinPlace, limits: &Limits) -> u16 {
        let here = self.places.get(&place).copied().unwrap_or(0);
        limits.place_tries.saturating_sub(here).min(self.left_everywhere(limits))
    }

    /// Counts one more wrong PIN at `place`.
    pub fn wrong(&mut self, place: PinPlace) {
        let count = self.places.entry(place).or_insert(0);
        *count = count.saturating_add(1);
    }
}

/// Whether this is a PIN as people type it: six digits.
pub fn is_pin(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether strangers try this PIN first: all digits alike, or each one step above or below the one before.
pub fn is_weak(pin: &str) -> bool {
    let steps: Vec<i16> = pin
        .as_bytes()
        .windows(2)
        .filter_map(|pair| i16::from(*pair.last()?).checked_sub(i16::from(*pair.first()?)))
        .collect();
    [-1, 0, 1].iter().any(|step| steps.iter().all(|own| own == step))
}

/// A PIN of six digits from a random number, never a weak one: the next number that makes none is taken.
pub fn drawn(random: u32) -> String {
    let mut number = random.wrapping_rem(1_000_000);
    loop {
        let pin = format!("{number:06}");
        if !is_weak(&pin) {
            return pin;
        }
        number = number.wrapping_add(1).wrapping_rem(1_000_000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_try_first_is_weak_and_never_drawn() {
        for weak in ["000000", "666666", "123456", "012345", "456789", "654321", "987654", "543210"] {
            assert!(is_weak(weak), "{weak}");
            let number: u32 = weak.parse().expect("a number");
            assert!(!is_weak(&drawn(number)) && is_pin(&drawn(number)), "{weak}");
        }
        for fair in ["112233", "121212", "123457", "135790", "901234", "890123"] {
            assert!(!is_weak(fair), "{fair}");
            assert_eq!(drawn(fair.parse::<u32>().expect("a number") + 4_000_000), fair);
        }
        assert_eq!(drawn(7), "000007");
    }
}
