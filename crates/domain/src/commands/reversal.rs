//! Reversal 冲正: a machine that does not know what became of its sale takes it back.
//!
//! Idempotent and commutative with the sale: when the sale went through it is undone, once; when it never arrived its
//! request id is used up, so that it can never be charged. Either way the caller can rely on "not charged" afterwards.
//! In UnionPay's terms 00 and 25 both mean "reversal done".

use crate::card_number::MaskedCard;
use crate::changes::Changes;
use crate::command::{Command, Envelope};
use crate::decide::{Decision, record, recorded};
use crate::dispute::DisputeStatus;
use crate::ids::{OrderId, RequestId};
use crate::ledger::{Kind, Transaction};
use crate::money::Fen;
use crate::order::OrderStatus;
use crate::outcome::Decline;
use crate::refund::RefundStatus;
use crate::sold::Sold;
use crate::state::State;
use crate::void::undo;
use crate::withdrawal;

/// The sale that is to be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reversed {
    /// Request id of the sale.
    pub request_id: RequestId,
    /// Its order and amount, as far as the caller knows them: a check.
    pub sale: Option<(OrderId, Fen)>,
}

impl Reversed {
    /// Order and amount, or nothing of either.
    fn known(&self) -> (OrderId, Fen) {
        self.sale.unwrap_or((OrderId(0), Fen::ZERO))
    }
}

pub(crate) fn decide(state: &State, envelope: &Envelope, reversed: &Reversed) -> Decision {
    let mut changes = Changes::default();
    if reversed.request_id == envelope.request_id {
        return own_id(state, envelope, reversed);
    }
    let Some(original) = state.requests.get(&(reversed.request_id, envelope.actor.merchant)) else {
        return block(state, envelope, reversed);
    };
    let mut transaction = record(state, envelope, Kind::Reversal, original.amount);
    transaction.original = Some(original.id);
    transaction.order = original.order;
    // Of a sale that was not charged, no card was loaded.
    transaction.card = original.card.filter(|_| original.kind == Kind::Sale && original.approved());
    transaction.masked = original.masked.clone();
    transaction.entry = original.entry;
    let mut transfers = Vec::new();
    match judge(state, envelope, original, reversed) {
        Ok(sold) => transfers.push(undo(state, envelope, sold, &mut transaction, &mut changes)),
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, transfers, changes)
}

fn judge<'a>(
    state: &'a State,
    envelope: &Envelope,
    original: &Transaction,
    reversed: &Reversed,
) -> Result<&'a Sold, Decline> {
    let other = |(order, _)| original.order != Some(order);
    if original.kind != Kind::Sale || reversed.sale.is_some_and(other) {
        return Err(Decline::NotReversible);
    }
    if !original.approved() {
        return Err(Decline::NotCharged);
    }
    if reversed.sale.is_some_and(|(_, amount)| original.amount != amount) {
        return Err(Decline::NotReversible);
    }
    let order = original.order.ok_or(Decline::NotReversible)?;
    let sold = state.sold.get(&order).filter(|sold| sold.sale.id == original.id);
    let sold = sold.ok_or(Decline::NotCharged)?;
    match state.orders.get(&order).map(|order| order.status) {
        Some(OrderStatus::Paid) => {}
        Some(OrderStatus::Voided) => return Err(Decline::NotCharged),
        _ => return Err(Decline::RefundExists),
    }
    if sold.refunds.iter().any(|refund| refund.status != RefundStatus::Rejected) {
        return Err(Decline::RefundExists);
    }
    if sold.disputes.iter().any(|dispute| dispute.status != DisputeStatus::Rejected) {
        return Err(Decline::DisputeExists);
    }
    if original.business_date != envelope.at.business_date() {
        return Err(Decline::VoidTooLate);
    }
    state.cards.get(&sold.payee).map(|_| sold).ok_or(Decline::CardClosed)
}

/// A reversal needs a request id of its own. This one is used up now, so a sale that still arrives under it is refused.
fn own_id(state: &State, envelope: &Envelope, reversed: &Reversed) -> Decision {
    let mut transaction = record(state, envelope, Kind::Reversal, reversed.known().1);
    transaction.decline = Some(Decline::NotReversible);
    recorded(state, transaction, Vec::new(), Changes::default())
}

/// Two records: the sale's request id, withdrawn, and the reversal itself with "nothing to reverse".
fn block(state: &State, envelope: &Envelope, reversed: &Reversed) -> Decision {
    let (order, amount) = reversed.known();
    let masked = MaskedCard(String::new());
    let command = Command::Withdraw { order, amount, masked: masked.clone() };
    let sale = Envelope { request_id: reversed.request_id, command, ..envelope.clone() };
    let order = reversed.sale.map(|(order, _)| order);
    let Decision { changes, .. } = withdrawal::decide(state, &sale, order, amount, &masked);
    let mut transaction = record(state, envelope, Kind::Reversal, amount);
    transaction.decline = Some(Decline::NotCharged);
    let withdrawn = changes.transactions.last();
    transaction.original = withdrawn.map(|withdrawn| withdrawn.id);
    transaction.order = withdrawn.and_then(|withdrawn| withdrawn.order);
    recorded(state, transaction, Vec::new(), changes)
}
