//! The act that takes a card's PIN away, because its holder has forgotten it or somebody else may know it.

use super::{ActRows, Field, Shown};
use crate::card::CardStatus;
use crate::directory;
use crate::ids::CardId;
use crate::outcome::Decline;
use crate::pin::PinState;

/// Take this card's PIN away, so that its holder can set another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PinReset {
    /// The card.
    pub card: CardId,
    /// Why, [`crate::refund::TEXT_LENGTH`] characters.
    pub reason: String,
}

impl PinReset {
    pub(super) fn fields(&self) -> Shown {
        Shown::of([(Field::Because, self.reason.clone())])
    }

    pub(super) fn read(subject: i64, fields: &Shown) -> Self {
        Self { card: CardId(subject), reason: fields.get(Field::Because).to_owned() }
    }

    pub(super) fn now(&self, rows: &ActRows) -> Option<Shown> {
        let card = rows.cards.get(&self.card)?;
        let mut shown = card.shown();
        shown.put(Field::CardPin, card.pin.word());
        Some(shown)
    }

    /// Whether it is possible: a card that is in use. It may have no PIN: its letter, or the code of an earlier reset, is lost.
    pub(super) fn judge(&self, rows: &ActRows) -> Result<(), Decline> {
        let card = rows.cards.get(&self.card).ok_or(Decline::InvalidCardNumber)?;
        match card.status {
            CardStatus::Closed => return Err(Decline::CardClosed),
            CardStatus::Replaced => return Err(Decline::CardReplaced),
            // One that was never used gets another letter.
            CardStatus::Issued => return Err(Decline::NothingToChange),
            _ => {}
        }
        if directory::reason(&self.reason).as_deref() != Ok(self.reason.as_str()) {
            return Err(Decline::TextLength);
        }
        Ok(())
    }

    /// Its effect on the rows in memory that are shown; the card itself is in the changes.
    pub(super) fn apply(&self, rows: &mut ActRows) {
        if let Some(card) = rows.cards.get_mut(&self.card) {
            card.pin = PinState::Unset;
        }
    }
}
