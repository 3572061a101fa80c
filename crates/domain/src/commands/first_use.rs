//! First use 首次设密: a holder sets the card's PIN with its activation code, on a public page, without a clerk.
//!
//! What must stay true:
//! - A pause of the network is looked at before the code, as before a PIN.
//! - An unknown number, a wrong code and an ended code get one answer, and each counts for the network.
//! - Whoever has the right code has the card's letter: only then anything is told of the card.
//! - An issued card whose programme says so is active from then on, if it is where a holder can have it: two persons approved
//!   that it was made.
//! - A PIN-locked card is opened only by a code that was made after the lock: an earlier one may be in the wrong hands, too.

use crate::card::{Card, CardStatus};
use crate::card_code::{CardCode, CodeValue};
use crate::changes::Changes;
use crate::command::{Actor, Envelope, PresentedCard};
use crate::decide::{Decision, record_card, recorded};
use crate::ids::MerchantId;
use crate::ledger::Kind;
use crate::money::Fen;
use crate::network::Network;
use crate::outcome::Decline;
use crate::pin::{CardPin, PinTries, PinValue};
use crate::programme::PinMode;
use crate::proof;
use crate::state::State;
use crate::sweep::Watch;

/// What a holder typed.
#[derive(Clone)]
pub struct FirstUse {
    /// The card.
    pub card: PresentedCard,
    /// Keyed value of the activation code.
    pub code: CodeValue,
    /// Keyed value of the PIN to set.
    pub pin: PinValue,
    /// Where the request came from.
    pub network: Network,
}

impl FirstUse {
    /// What counts a wrong code. Holders share no till and no login, only networks.
    pub fn watches(&self) -> Vec<Watch> {
        vec![Watch::Network(MerchantId(0), self.network.clone())]
    }
}

pub(crate) fn decide(state: &State, envelope: &Envelope, asked: &FirstUse) -> Decision {
    let mut changes = Changes::default();
    let mut transaction = record_card(state, envelope, Kind::FirstUse, Fen::ZERO, &asked.card);
    match judge(state, envelope, asked, &mut changes) {
        Ok((card, code)) => {
            transaction.original = Some(code.made_in);
            let status = match card.status {
                CardStatus::Issued if card.programme.pin_mode == PinMode::FirstUse => CardStatus::Active,
                // Its PIN was taken away by two persons after the lock, and with it what the wrong ones stood for.
                CardStatus::PinLocked => CardStatus::Active,
                other => other,
            };
            let pin = CardPin::Set(asked.pin.clone());
            changes.pins.insert(card.key);
            changes.cards.insert(card.key, Card { status, pin, pin_by: Some(transaction.id), ..card.clone() });
            changes.codes.insert(card.key, CardCode { used_at: Some(envelope.at), ..code.clone() });
            // What was guessed of another PIN is no guess of this one.
            changes.tries.insert(card.key, PinTries::today(None, envelope.at.business_date()));
        }
        Err(decline) => {
            // Which code it was tried against, for `verify` to count.
            transaction.original = state.codes.get(&asked.card.key).map(|code| code.made_in);
            transaction.decline = Some(decline);
        }
    }
    recorded(state, transaction, Vec::new(), changes)
}

fn judge<'a>(
    state: &'a State,
    envelope: &Envelope,
    asked: &FirstUse,
    changes: &mut Changes,
) -> Result<(&'a Card, &'a CardCode), Decline> {
    if envelope.actor != Actor::HOLDER {
        return Err(Decline::NotAcceptedHere);
    }
    let (card, code) = (state.cards.get(&asked.card.key), state.codes.get(&asked.card.key));
    // An unknown number is compared as well, so that it takes the same time.
    let nobody = CodeValue([0; 32]);
    let right = asked.code.matches(code.map_or(&nobody, |code| &code.value));
    let live = card.zip(code).filter(|(card, code)| code.opens(card, envelope.at));
    let Some((card, code)) = live.filter(|_| right) else {
        if let Some(code) = code {
            let mut code = code.clone();
            code.wrong();
            changes.codes.insert(asked.card.key, code);
        }
        proof::count(state, envelope, &asked.card, (&asked.watches(), &asked.network), changes);
        return Err(Decline::WrongCode);
    };
    let locked_at = state.acts.pasts.get(&card.id).and_then(|past| past.locked_at);
    match card.status {
        CardStatus::Issued if card.programme.pin_mode == PinMode::FirstUse => {
            // Never used: it opens on the conditions of an activation.
            let handed_out = state.handed_out.get(&card.key).is_some_and(|handed_out| *handed_out);
            if !handed_out || !card.programme.status.issues() {
                return Err(Decline::CardNotActive);
            }
        }
        CardStatus::Issued | CardStatus::Active => {}
        CardStatus::PinLocked if locked_at.is_none_or(|locked| locked < code.made_at) => {}
        other => return Err(other.refusal()),
    }
    match card.expires_on.filter(|last| *last < envelope.at.business_date()) {
        Some(on) => Err(Decline::CardExpired { on }),
        None => Ok((card, code)),
    }
}
