//! Balance inquiry 查余额: card and PIN in, balance out. Shares the PIN counter with payment.

use crate::changes::Changes;
use crate::command::{Envelope, PresentedCard};
use crate::decide::{Decision, open_till, record_card, recorded};
use crate::ledger::Kind;
use crate::money::Fen;
use crate::pin::TypedPin;
use crate::proof::prove_pin;
use crate::state::State;

pub(crate) fn decide(state: &State, envelope: &Envelope, presented: &PresentedCard, pin: &TypedPin) -> Decision {
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
