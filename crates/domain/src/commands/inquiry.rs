//! Balance inquiry 查余额: card and PIN in, balance out. Shares the PIN counter with payment.

use crate::card::Card;
use crate::changes::Changes;
use crate::command::{Envelope, PresentedCard};
use crate::decide::{Decision, open_till, record_card, recorded};
use crate::ledger::Kind;
use crate::money::Fen;
use crate::outcome::Decline;
use crate::pin::{PinTries, PinValue, TRIES_MAX};
use crate::state::State;

pub(crate) fn decide(state: &State, envelope: &Envelope, presented: &PresentedCard, pin: &PinValue) -> Decision {
    let mut changes = Changes::default();
    let mut transaction = record_card(state, envelope, Kind::Inquiry, Fen::ZERO, presented);
    let judged = open_till(state, envelope).and_then(|_| {
        let card = prove_pin(state, envelope, presented, pin, &mut changes)?;
        card.usable(envelope.actor.merchant, transaction.business_date).map(|()| card)
    });
    match judged {
        Ok(card) => transaction.balance = Some(card.balance),
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, Vec::new(), changes)
}

/// The card, when the PIN is right. Counts a wrong try in `changes`, for an unknown number as well.
pub(crate) fn prove_pin<'a>(
    state: &'a State,
    envelope: &Envelope,
    presented: &PresentedCard,
    pin: &PinValue,
    changes: &mut Changes,
) -> Result<&'a Card, Decline> {
    let tries = PinTries::today(state.tries.get(&presented.key).copied(), envelope.at.business_date());
    if tries.count >= TRIES_MAX {
        return Err(Decline::PinTriesExceeded);
    }
    let card = state.cards.get(&presented.key);
    // An unknown number is compared as well, so that it takes the same time.
    let nobody = PinValue([0; 32]);
    let right = pin.matches(card.map_or(&nobody, |card| &card.pin));
    let Some(card) = card.filter(|_| right) else {
        let tries = tries.wrong();
        changes.tries.insert(presented.key, tries);
        return Err(match tries.left() {
            0 => Decline::PinTriesExceeded,
            tries_left => Decline::WrongPin { tries_left },
        });
    };
    if tries.count > 0 {
        changes.tries.insert(presented.key, PinTries { count: 0, ..tries });
    }
    Ok(card)
}
