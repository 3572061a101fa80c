//! Issue of a PIN 密码单: the card company makes a card's initial PIN, or the activation code with which the holder sets
//! one, and prints it. A sheet for many cards is a command for each.
//!
//! What must stay true:
//! - The secret itself is in no command: only its keyed value, and that under the chain.
//! - A card that was never used gets what its programme says. A card that is in use gets a code alone, from the maker of an
//!   approved proposal that took its PIN away, and only until its holder has set one.
//! - Nobody has both: who had the card's whole number shown makes no secret for it, and who made the secret that it still has is
//!   not shown the number (`storage::card::number_show`).
//! - What is made now ends what was made before.

use crate::acts::Payload;
use crate::card::{Card, CardStatus};
use crate::card_code::{CODE_LIFE, CODE_TRIES, CardCode, CodeValue};
use crate::changes::Changes;
use crate::command::{Envelope, PresentedCard};
use crate::decide::{Decision, record_card, recorded};
use crate::ids::TransactionId;
use crate::ledger::Kind;
use crate::money::Fen;
use crate::outcome::Decline;
use crate::pin::{CardPin, PinState, PinValue};
use crate::programme::PinMode;
use crate::proposal::{Proposal, ProposalStatus};
use crate::state::State;

/// Cards of one sheet. A thousand commands take about a second.
pub const SHEET_MAX: usize = 1_000;

/// What is made, as keyed value.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// An initial PIN.
    Pin(PinValue),
    /// An activation code.
    Code(CodeValue),
}

impl Secret {
    /// Its word and its value, as the chain covers them.
    pub(crate) fn content(&self) -> (&'static str, &[u8; 32]) {
        match self {
            Self::Pin(value) => ("pin", &value.0),
            Self::Code(value) => ("code", &value.0),
        }
    }
}

/// What is asked for.
#[derive(Clone)]
pub struct Issue {
    /// The card.
    pub card: PresentedCard,
    /// What is made for it.
    pub secret: Secret,
    /// The approved proposal that took the card's PIN away; none for a card that was never used.
    pub reset: Option<TransactionId>,
}

pub(crate) fn decide(state: &State, envelope: &Envelope, issue: &Issue) -> Decision {
    let mut changes = Changes::default();
    let mut transaction = record_card(state, envelope, Kind::PinIssue, Fen::ZERO, &issue.card);
    match judge(state, envelope, issue) {
        Ok(card) => {
            transaction.original = issue.reset;
            let pin = match &issue.secret {
                Secret::Pin(value) => CardPin::Initial(value.clone()),
                Secret::Code(value) => {
                    let code = CardCode {
                        card: card.id,
                        value: value.clone(),
                        made_in: transaction.id,
                        made_at: envelope.at,
                        made_by: envelope.actor.person,
                        reset: issue.reset,
                        expires_at: envelope.at.plus(CODE_LIFE),
                        tries_left: CODE_TRIES,
                        used_at: None,
                    };
                    changes.codes.insert(card.key, code);
                    CardPin::Unset
                }
            };
            changes.pins.insert(card.key);
            changes.cards.insert(card.key, Card { pin, pin_by: Some(transaction.id), ..card.clone() });
        }
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, Vec::new(), changes)
}

fn judge<'a>(state: &'a State, envelope: &Envelope, issue: &Issue) -> Result<&'a Card, Decline> {
    if !envelope.actor.is_issuer() {
        return Err(Decline::CompanyOnly);
    }
    let card = state.cards.get(&issue.card.key).ok_or(Decline::InvalidCardNumber)?;
    let mut seen = state.number_seen.get(&card.key).into_iter().flatten();
    if seen.any(|person| state.same_human(*person, envelope.actor.person, envelope.at)) {
        return Err(Decline::NumberSeen);
    }
    match card.status {
        CardStatus::Closed | CardStatus::Replaced => return Err(card.status.refusal()),
        _ => {}
    }
    let wanted = match &issue.secret {
        Secret::Pin(_) => PinMode::Mailer,
        Secret::Code(_) => PinMode::FirstUse,
    };
    let Some(reset) = issue.reset else {
        let unused = card.status == CardStatus::Issued && card.pin.state() != PinState::Set;
        let fits = unused && card.programme.pin_mode == wanted;
        return if fits { Ok(card) } else { Err(Decline::NothingToChange) };
    };
    let proposal = state.proposals.get(&reset).ok_or(Decline::NoSuchProposal)?;
    if proposal.maker != envelope.actor.person {
        return Err(Decline::NotTheMaker);
    }
    let approved = approval(proposal, card).ok_or(Decline::NoSuchProposal)?;
    // Its latest code may be from here; what came after another proposal, or from the holder, is not replaced.
    let own = state.codes.get(&card.key).filter(|code| code.reset == Some(reset)).map(|code| code.made_in);
    let latest = card.pin_by == Some(approved) || (own.is_some() && card.pin_by == own);
    let fits = latest && card.pin.state() == PinState::Unset && wanted == PinMode::FirstUse;
    if fits { Ok(card) } else { Err(Decline::NothingToChange) }
}

/// The transaction that approved `proposal`, if it took away the PIN of `card`.
fn approval(proposal: &Proposal, card: &Card) -> Option<TransactionId> {
    let Payload::Pin(reset) = &proposal.payload else { return None };
    let approved = proposal.status == ProposalStatus::Approved && reset.card == card.id;
    proposal.ending.as_ref().filter(|_| approved).map(|ending| ending.transaction)
}
