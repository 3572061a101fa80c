//! Sale 消费: an order is paid from a card, once, in full.
//!
//! Order of the checks: till, order, PIN, card, limits, balance. The PIN comes before the card's state, so that only
//! the holder learns that a card is lost or frozen.

use crate::card::{Card, Spent};
use crate::changes::Changes;
use crate::command::{Envelope, PresentedCard, Proof};
use crate::decide::{Decision, approval_code, open_till, record_card, recorded};
use crate::ids::OrderId;
use crate::ledger::{AccountId, Kind, Transfer};
use crate::money::Fen;
use crate::order::{Order, OrderStatus};
use crate::outcome::{Clearance, Decline, Outcome};
use crate::proof::prove_pin;
use crate::state::State;
use crate::sweep::Pause;

/// What is to be paid, from which card, and what shows the holder's consent.
pub(crate) struct Payment<'a> {
    /// The total that was shown.
    pub(crate) amount: Fen,
    /// The card.
    pub(crate) card: &'a PresentedCard,
    /// The holder's consent.
    pub(crate) proof: &'a Proof,
}

/// A sale that may go through.
pub(crate) struct Cleared<'a> {
    order: &'a Order,
    card: &'a Card,
    balance: Fen,
    spent: Spent,
}

/// The question before the confirmation: decides as a sale would; a decline is on record, a "yes" is not.
pub(crate) fn check(state: &State, envelope: &Envelope, order: OrderId, payment: &Payment<'_>) -> Decision {
    let mut changes = Changes::default();
    let own = own_order(state, envelope, order);
    match judge(state, envelope, own, payment, &mut changes) {
        Ok(cleared) => {
            let clearance = Clearance {
                card: cleared.card.id,
                holder: cleared.card.holder.clone(),
                expires_on: cleared.card.expires_on,
                balance: cleared.card.balance,
                balance_after: cleared.balance,
            };
            Decision { outcome: Outcome::Cleared(clearance), changes }
        }
        Err(decline) => declined(state, envelope, own, payment, decline, changes),
    }
}

pub(crate) fn decide(state: &State, envelope: &Envelope, order: OrderId, payment: &Payment<'_>) -> Decision {
    let mut changes = Changes::default();
    let own = own_order(state, envelope, order);
    match judge(state, envelope, own, payment, &mut changes) {
        Ok(cleared) => approved(state, envelope, payment.card, &cleared, changes),
        Err(decline) => declined(state, envelope, own, payment, decline, changes),
    }
}

/// A payment whose PIN is not compared now: nothing is recorded, and its order is free again.
pub(crate) fn paused(state: &State, envelope: &Envelope, order: OrderId, pause: Pause) -> Decision {
    let mut changes = Changes::default();
    if let Some(order) = own_order(state, envelope, order) {
        release(order, envelope, &mut changes);
    }
    Decision { outcome: Outcome::Paused(pause), changes }
}

/// Whether this outlet's order, if there is one, may be paid so.
pub(crate) fn judge<'a>(
    state: &'a State,
    envelope: &Envelope,
    order: Option<&'a Order>,
    payment: &Payment<'_>,
    changes: &mut Changes,
) -> Result<Cleared<'a>, Decline> {
    open_till(state, envelope)?;
    let order = order.ok_or(Decline::NoSuchOrder)?;
    payable(order, envelope, payment.amount)?;
    let card = match payment.proof {
        Proof::Pin(pin) => prove_pin(state, envelope, payment.card, pin, changes)?,
        Proof::Confirmed { until } if envelope.at <= *until => {
            // The token was made for a card that existed; one that is gone now is refused like a wrong PIN.
            state.cards.get(&payment.card.key).ok_or(Decline::WrongPin { tries_left: 0 })?
        }
        Proof::Confirmed { .. } => return Err(Decline::ProofExpired),
    };
    let today = envelope.at.business_date();
    card.usable(envelope.actor.merchant, today)?;
    let (balance, spent) = card.debit(payment.amount, today)?;
    Ok(Cleared { order, card, balance, spent })
}

/// The order, if it belongs to the outlet that asks.
fn own_order<'a>(state: &'a State, envelope: &Envelope, order: OrderId) -> Option<&'a Order> {
    let actor = envelope.actor;
    state.orders.get(&order).filter(|order| (order.merchant, order.outlet) == (actor.merchant, actor.outlet))
}

fn payable(order: &Order, envelope: &Envelope, amount: Fen) -> Result<(), Decline> {
    match order.status {
        OrderStatus::Draft => {}
        OrderStatus::Paid | OrderStatus::PartlyRefunded | OrderStatus::Refunded | OrderStatus::Voided => {
            return Err(Decline::AlreadyPaid);
        }
        OrderStatus::Abandoned => return Err(Decline::NoSuchOrder),
    }
    if order.attempt.is_some_and(|attempt| attempt != envelope.request_id) {
        return Err(Decline::AttemptOpen);
    }
    if !order.total.is_positive() {
        return Err(Decline::InvalidAmount);
    }
    if order.total != amount {
        return Err(Decline::AmountChanged { total: order.total });
    }
    if !order.payable {
        return Err(Decline::LineNotPayable);
    }
    Ok(())
}

pub(crate) fn approved(
    state: &State,
    envelope: &Envelope,
    presented: &PresentedCard,
    cleared: &Cleared<'_>,
    mut changes: Changes,
) -> Decision {
    let Cleared { order, card, balance, spent } = cleared;
    invariant!(*balance >= Fen::ZERO, "a card never goes below zero");
    let mut transaction = record_card(state, envelope, Kind::Sale, order.total, presented);
    transaction.order = Some(order.id);
    transaction.approval_code = Some(approval_code(envelope));
    transaction.balance = Some(*balance);
    let transfer = Transfer {
        transaction: transaction.id,
        leg: 1,
        debit: AccountId::card(card.id),
        credit: AccountId::merchant_payable(envelope.actor.merchant),
        amount: order.total,
        business_date: transaction.business_date,
    };
    changes.cards.insert(card.key, Card { balance: *balance, spent: *spent, ..(*card).clone() });
    let paid = Order {
        status: OrderStatus::Paid,
        attempt: None,
        paid_by: Some(transaction.id),
        paid_at: Some(envelope.at),
        ..(*order).clone()
    };
    changes.orders.insert(paid.id, paid);
    recorded(state, transaction, vec![transfer], changes)
}

pub(crate) fn declined(
    state: &State,
    envelope: &Envelope,
    order: Option<&Order>,
    payment: &Payment<'_>,
    decline: Decline,
    mut changes: Changes,
) -> Decision {
    let mut transaction = record_card(state, envelope, Kind::Sale, payment.amount, payment.card);
    transaction.decline = Some(decline);
    // Show the balance only after a correct PIN; short funds are found after it.
    if let Decline::InsufficientFunds { .. } = decline {
        transaction.balance = state.cards.get(&payment.card.key).map(|card| card.balance);
    }
    if let Some(order) = order {
        transaction.order = Some(order.id);
        release(order, envelope, &mut changes);
    }
    recorded(state, transaction, Vec::new(), changes)
}

/// Unlocks the order when this was its open attempt.
pub(crate) fn release(order: &Order, envelope: &Envelope, changes: &mut Changes) {
    if order.attempt == Some(envelope.request_id) {
        changes.orders.insert(order.id, Order { attempt: None, ..order.clone() });
    }
}
