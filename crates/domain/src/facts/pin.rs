//! The card password (PIN): six digits, seen only as a keyed value, a few tries a day.
//!
//! What must stay true: payment and balance inquiry share one counter; an unknown card counts and answers exactly as a
//! known one, so neither the text nor the counter tells whether a number exists.

use subtle::ConstantTimeEq;

use crate::time::BusinessDate;

/// Wrong PINs per card number and business date before the number is refused for the rest of the day.
pub const TRIES_MAX: u8 = 5;

/// HMAC-SHA-256 of card number and PIN under a secret outside the database. Not the PIN, and of no use without the key.
#[derive(Clone, PartialEq, Eq)]
pub struct PinValue(pub [u8; 32]);

impl PinValue {
    /// Compares in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// Wrong tries of one card number on one business date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinTries {
    /// The day they were counted on.
    pub on: BusinessDate,
    /// Wrong tries that day, at most [`TRIES_MAX`].
    pub count: u8,
}

impl PinTries {
    /// Tries of `today`: yesterday's do not count.
    pub fn today(stored: Option<Self>, today: BusinessDate) -> Self {
        stored.filter(|tries| tries.on == today).unwrap_or(Self { on: today, count: 0 })
    }

    /// Tries that are left.
    pub fn left(self) -> u8 {
        TRIES_MAX.saturating_sub(self.count)
    }

    /// After one more wrong PIN.
    #[must_use]
    pub fn wrong(self) -> Self {
        Self { on: self.on, count: self.count.saturating_add(1).min(TRIES_MAX) }
    }
}

/// Whether this is a PIN as people type it: six digits.
pub fn is_pin(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())
}
