//! Moves of a card 挂失, 冻结, 解锁, 销卡: from one state to another, or its PIN may be tried again.
//!
//! What must stay true:
//! - Stopping a card is one person's, at once. Letting it pay again, and closing it with a history, is two persons': an
//!   approved proposal ([`crate::acts::CardAct`]) makes the move.
//! - A person may take the own freeze or loss report back alone for [`SLIP`] after it.
//! - A stolen card never pays again.
//! - A card whose programme takes no loss reports is not reported lost; it may be frozen.
//! - A move is a transaction of its card, so the card's history has it, and the next sale anywhere sees the new state.

use std::collections::BTreeMap;

use crate::card::{Card, CardStatus};
use crate::changes::Changes;
use crate::command::Envelope;
use crate::decide::{Decision, record, recorded};
use crate::directory;
use crate::ids::{CardId, PersonId, TransactionId};
use crate::ledger::{Kind, Transaction};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::pin::PinTries;
use crate::state::State;
use crate::time::{HOUR, Timestamp};

/// How long a person may take the own freeze or loss report back alone, microseconds.
pub const SLIP: i64 = HOUR / 2;

words! {
    /// A move of a card.
    pub enum CardMove {
        /// The issuer stops the card.
        Freeze = "freeze",
        /// The holder lost it.
        ReportLost = "report_lost",
        /// It was stolen from the holder.
        ReportStolen = "report_stolen",
        /// Somebody else may know its PIN.
        LockPin = "lock_pin",
        /// Today's wrong PINs are forgotten, and a PIN-locked card pays again.
        Unlock = "unlock",
        /// A card that was frozen or reported lost pays again.
        Reopen = "reopen",
        /// It is not used any more; nothing is on it.
        Close = "close",
    }
}

impl CardMove {
    /// The state after it, if a card in this state can be moved so.
    pub fn after(self, status: CardStatus) -> Option<CardStatus> {
        let final_state = matches!(status, CardStatus::Closed | CardStatus::Replaced);
        match (self, status) {
            (Self::Freeze, CardStatus::Active) => Some(CardStatus::Frozen),
            (Self::ReportLost, CardStatus::Active) => Some(CardStatus::Lost),
            (Self::ReportStolen, CardStatus::Active) => Some(CardStatus::Stolen),
            (Self::LockPin, CardStatus::Active) => Some(CardStatus::PinLocked),
            (Self::Unlock, CardStatus::PinLocked) | (Self::Reopen, CardStatus::Frozen | CardStatus::Lost) => {
                Some(CardStatus::Active)
            }
            (Self::Unlock, other) if !final_state => Some(other),
            (Self::Close, _) if !final_state => Some(CardStatus::Closed),
            _ => None,
        }
    }

    /// Whether one person does it: `by`, at `at`, with a card in the state `status` that was moved so before.
    pub fn is_one_persons(self, status: CardStatus, past: &Past, by: PersonId, at: Timestamp) -> bool {
        match self {
            Self::Freeze | Self::ReportLost | Self::ReportStolen | Self::LockPin => true,
            Self::Unlock => past.unlocked_at.is_none_or(|last| last.business_date() < at.business_date()),
            Self::Reopen => past.stopped.is_some_and(|(who, when)| who == by && at < when.plus(SLIP)),
            Self::Close => status == CardStatus::Issued,
        }
    }
}

/// What moved a card before, as far as a later move depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The person of the latest freeze or loss report, and when.
    pub stopped: Option<(PersonId, Timestamp)>,
    /// When its wrong PINs were forgotten last.
    pub unlocked_at: Option<Timestamp>,
    /// When its PIN was locked last, because somebody else may know it.
    pub locked_at: Option<Timestamp>,
}

impl Past {
    /// Takes a later move in.
    pub fn follow(&mut self, made: CardMove, by: PersonId, at: Timestamp) {
        match made {
            CardMove::Freeze | CardMove::ReportLost => self.stopped = Some((by, at)),
            CardMove::Unlock => self.unlocked_at = Some(at),
            CardMove::LockPin => self.locked_at = Some(at),
            CardMove::ReportStolen | CardMove::Reopen | CardMove::Close => {}
        }
    }
}

/// What one person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The card.
    pub card: CardId,
    /// The move.
    pub made: CardMove,
    /// Why, [`crate::refund::TEXT_LENGTH`] characters.
    pub reason: String,
}

/// A move that was made: its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The transaction that made it.
    pub id: TransactionId,
    /// The card.
    pub card: CardId,
    /// The move.
    pub made: CardMove,
    /// The state before.
    pub from: CardStatus,
    /// The state after.
    pub to: CardStatus,
    /// Why.
    pub reason: String,
}

/// Moves a card by one person's word, or says why not.
pub(crate) fn decide(state: &State, envelope: &Envelope, asked: &Request) -> Decision {
    let mut changes = Changes::default();
    let mut transaction = record(state, envelope, Kind::CardMove, Fen::ZERO);
    let judged = if envelope.actor.is_issuer() { judge(state, asked) } else { Err(Decline::CompanyOnly) };
    let judged = judged.and_then(|card| {
        let past = state.acts.pasts.get(&asked.card).copied().unwrap_or_default();
        let alone = asked.made.is_one_persons(card.status, &past, envelope.actor.person, envelope.at);
        if alone { Ok(()) } else { Err(Decline::NeedsSecondPerson) }
    });
    match judged {
        Ok(()) => carry_out(state, asked, &mut transaction, &mut changes),
        Err(decline) => {
            show_card(state, asked.card, &mut transaction);
            transaction.decline = Some(decline);
        }
    }
    recorded(state, transaction, Vec::new(), changes)
}

/// The card, if it can be moved so, by however many persons.
pub(crate) fn judge<'a>(state: &'a State, asked: &Request) -> Result<&'a Card, Decline> {
    let shown = state.acts.cards.get(&asked.card).ok_or(Decline::InvalidCardNumber)?;
    let card = state.cards.get(&shown.key).ok_or(Decline::InvalidCardNumber)?;
    if directory::reason(&asked.reason).as_deref() != Ok(asked.reason.as_str()) {
        return Err(Decline::TextLength);
    }
    if asked.made == CardMove::ReportLost && !card.programme.loss_report {
        return Err(Decline::NoLossReport);
    }
    if asked.made.after(card.status).is_none() {
        return Err(Decline::MoveNotAllowed { state: card.status });
    }
    if asked.made == CardMove::Close && card.balance != Fen::ZERO {
        return Err(Decline::CardNotEmpty { left: card.balance });
    }
    Ok(card)
}

/// Makes a move that was judged, in its `transaction`.
pub(crate) fn carry_out(state: &State, asked: &Request, transaction: &mut Transaction, changes: &mut Changes) {
    show_card(state, asked.card, transaction);
    let card = judge(state, asked).ok();
    let to = card.and_then(|card| asked.made.after(card.status));
    invariant!(to.is_some(), "the move was judged");
    let (Some(card), Some(to)) = (card, to) else { return };
    changes.card_moves.push(Moved {
        id: transaction.id,
        card: card.id,
        made: asked.made,
        from: card.status,
        to,
        reason: asked.reason.clone(),
    });
    changes.cards.insert(card.key, Card { status: to, ..card.clone() });
    if asked.made == CardMove::Unlock {
        let none = PinTries { on: transaction.business_date, places: BTreeMap::new() };
        changes.tries.insert(card.key, none);
    }
}

/// Names the card in its transaction, if there is one.
fn show_card(state: &State, card: CardId, transaction: &mut Transaction) {
    let shown = state.acts.cards.get(&card);
    if let Some(shown) = shown.filter(|shown| state.cards.get(&shown.key).is_some()) {
        transaction.card = Some(card);
        transaction.masked = shown.masked.clone();
    }
}
