//! Acts that move a card and take two persons: a stopped card pays again, wrong PINs are forgotten a second time on one day,
//! a card with a history is closed.
//!
//! What must stay true: what is shown is the card and its state. Its balance is judged when the act is proposed and again
//! when it is approved ([`crate::card_move`]), because it moves with every sale.

use super::{Act, ActRows, Field, Shown};
use crate::card::CardStatus;
use crate::card_move::{CardMove, Request};
use crate::directory;
use crate::ids::CardId;
use crate::outcome::Decline;

/// An act that moves a card.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CardAct {
    /// A card that was frozen or reported lost pays again.
    Reopening {
        /// The card.
        card: CardId,
        /// Why, [`crate::refund::TEXT_LENGTH`] characters.
        reason: String,
    },
    /// Today's wrong PINs are forgotten, and a PIN-locked card pays again.
    Unlocking {
        /// The card.
        card: CardId,
        /// Why, [`crate::refund::TEXT_LENGTH`] characters.
        reason: String,
    },
    /// The card is not used any more.
    Closing {
        /// The card.
        card: CardId,
        /// Why, [`crate::refund::TEXT_LENGTH`] characters.
        reason: String,
    },
}

impl CardAct {
    /// The act that makes this move, if two persons can make it.
    pub fn of(request: Request) -> Option<Self> {
        let Request { card, made, reason } = request;
        match made {
            CardMove::Reopen => Some(Self::Reopening { card, reason }),
            CardMove::Unlock => Some(Self::Unlocking { card, reason }),
            CardMove::Close => Some(Self::Closing { card, reason }),
            CardMove::Freeze | CardMove::ReportLost | CardMove::ReportStolen | CardMove::LockPin => None,
        }
    }

    /// The move that it is.
    pub fn request(&self) -> Request {
        let (made, card, reason) = match self {
            Self::Reopening { card, reason } => (CardMove::Reopen, card, reason),
            Self::Unlocking { card, reason } => (CardMove::Unlock, card, reason),
            Self::Closing { card, reason } => (CardMove::Close, card, reason),
        };
        Request { card: *card, made, reason: reason.clone() }
    }

    /// What it is.
    pub fn act(&self) -> Act {
        match self {
            Self::Reopening { .. } => Act::CardReopening,
            Self::Unlocking { .. } => Act::CardUnlocking,
            Self::Closing { .. } => Act::CardClosing,
        }
    }

    /// The card.
    pub fn card(&self) -> CardId {
        match self {
            Self::Reopening { card, .. } | Self::Unlocking { card, .. } | Self::Closing { card, .. } => *card,
        }
    }

    pub(super) fn fields(&self) -> Shown {
        Shown::of([(Field::Because, self.request().reason)])
    }

    pub(super) fn read(act: Act, subject: i64, fields: &Shown) -> Option<Self> {
        let (card, reason) = (CardId(subject), fields.get(Field::Because).to_owned());
        match act {
            Act::CardReopening => Some(Self::Reopening { card, reason }),
            Act::CardUnlocking => Some(Self::Unlocking { card, reason }),
            Act::CardClosing => Some(Self::Closing { card, reason }),
            _ => None,
        }
    }

    pub(super) fn now(&self, rows: &ActRows) -> Option<Shown> {
        let card = rows.cards.get(&self.card())?;
        Some(Shown::of([
            (Field::CardMasked, card.masked.0.clone()),
            (Field::CardHolder, card.holder.clone()),
            (Field::CardStatus, card.status.word().to_owned()),
            (Field::CardProgramme, card.programme.clone()),
        ]))
    }

    pub(super) fn after(&self, now: &Shown) -> Shown {
        let mut after = now.clone();
        let request = self.request();
        let status = CardStatus::from_word(now.get(Field::CardStatus));
        if let Some(status) = status.and_then(|status| request.made.after(status)) {
            after.put(Field::CardStatus, status.word());
        }
        after.put(Field::Because, &request.reason);
        after
    }

    /// Whether it is possible but for the balance.
    pub(super) fn judge(&self, rows: &ActRows) -> Result<(), Decline> {
        let card = rows.cards.get(&self.card()).ok_or(Decline::InvalidCardNumber)?;
        let Request { made, reason, .. } = self.request();
        if directory::reason(&reason).as_deref() != Ok(reason.as_str()) {
            return Err(Decline::TextLength);
        }
        made.after(card.status).map(drop).ok_or(Decline::MoveNotAllowed { state: card.status })
    }
}
