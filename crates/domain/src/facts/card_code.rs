//! The activation code of a card: eight digits with which its holder sets the card's PIN, once, without a clerk.
//!
//! What must stay true: a code is kept as a keyed value alone; five wrong ones end it, and so do its use, its time, and
//! whatever happens to the card's PIN after it was made. Of an ended code nothing is said but what a wrong one is told.

use subtle::ConstantTimeEq;

use crate::card::Card;
use crate::ids::{CardId, PersonId, TransactionId};
use crate::time::{HOUR, Timestamp};

/// How long a code can be used, microseconds: 90 days.
pub const CODE_LIFE: i64 = 90 * 24 * HOUR;

/// Wrong codes that end a code.
pub const CODE_TRIES: u8 = 5;

/// HMAC-SHA-256 of card number and code under a secret outside the database.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeValue(pub [u8; 32]);

impl CodeValue {
    /// Compares in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// A card's latest code.
#[derive(Clone, PartialEq, Eq)]
pub struct CardCode {
    /// Its card.
    pub card: CardId,
    /// Its keyed value.
    pub value: CodeValue,
    /// The transaction that made it.
    pub made_in: TransactionId,
    /// When.
    pub made_at: Timestamp,
    /// Who made it, and saw it.
    pub made_by: PersonId,
    /// The proposal that took the card's PIN away; none for a code of a card that was never used.
    pub reset: Option<TransactionId>,
    /// From then on it opens nothing.
    pub expires_at: Timestamp,
    /// Wrong codes that are left.
    pub tries_left: u8,
    /// When the holder used it.
    pub used_at: Option<Timestamp>,
}

impl CardCode {
    /// Whether the holder of `card` may set its PIN with it at `now`.
    pub fn opens(&self, card: &Card, now: Timestamp) -> bool {
        let fresh = self.used_at.is_none() && self.tries_left > 0 && now < self.expires_at;
        fresh && card.id == self.card && card.pin_by == Some(self.made_in)
    }

    /// Counts a wrong one.
    pub fn wrong(&mut self) {
        self.tries_left = self.tries_left.saturating_sub(1);
    }
}

/// Whether this is a code as people type it: eight digits.
pub fn is_code(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit())
}

/// A code of eight digits from a random number.
pub fn drawn(random: u64) -> String {
    format!("{:08}", random.wrapping_rem(100_000_000))
}
