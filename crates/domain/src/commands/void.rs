//! Void 撤销: today's sale is undone in full, in the same batch, with a manager's consent. Not a refund: the
//! merchant's day shows two entries that cancel out.

use crate::card::Card;
use crate::changes::Changes;
use crate::command::Envelope;
use crate::decide::{Decision, open_till, record, recorded};
use crate::dispute::DisputeStatus;
use crate::ids::{OrderId, PersonId};
use crate::ledger::Kind;
use crate::money::Fen;
use crate::order::{Order, OrderStatus};
use crate::outcome::Decline;
use crate::refund::RefundStatus;
use crate::sold::{Sold, credit, payee_refused, sold};
use crate::state::State;

pub(crate) fn decide(state: &State, envelope: &Envelope, order: OrderId, checker: PersonId) -> Decision {
    let mut changes = Changes::default();
    let mut transaction = record(state, envelope, Kind::Void, Fen::ZERO);
    transaction.checker = Some(checker);
    let own = state.sold.get(&order).filter(|sold| sold.sale.actor.merchant == envelope.actor.merchant);
    if let Some(sold) = own {
        transaction.order = Some(order);
        transaction.original = Some(sold.sale.id);
        transaction.masked = sold.sale.masked.clone();
        transaction.entry = sold.sale.entry;
        transaction.card = sold.sale.card;
        transaction.amount = sold.sale.amount;
    }
    let mut transfers = Vec::new();
    match judge(state, envelope, order, checker) {
        Ok(sold) => transfers.push(undo(state, envelope, sold, &mut transaction, &mut changes)),
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, transfers, changes)
}

fn judge<'a>(state: &'a State, envelope: &Envelope, order: OrderId, checker: PersonId) -> Result<&'a Sold, Decline> {
    let till = open_till(state, envelope)?;
    // A manager consents to the own void; a consent to somebody else's is a second human's.
    if checker != envelope.actor.person && state.same_human(checker, envelope.actor.person, envelope.at) {
        return Err(Decline::ReviewerIsApplicant);
    }
    let sold = sold(state, envelope, order)?;
    let sale = &sold.sale;
    let same_till = sale.actor.terminal == envelope.actor.terminal;
    if !same_till || sale.batch != till.batch || sale.business_date != envelope.at.business_date() {
        return Err(Decline::VoidTooLate);
    }
    if sold.refunds.iter().any(|refund| refund.status != RefundStatus::Rejected) {
        return Err(Decline::RefundExists);
    }
    if sold.disputes.iter().any(|dispute| dispute.status != DisputeStatus::Rejected) {
        return Err(Decline::DisputeExists);
    }
    payee_refused(state, sold, false).map_or(Ok(sold), Err)
}

/// Gives the whole sale back; also on what the card spent that day and month, as if it had not been.
pub(crate) fn undo(
    state: &State,
    envelope: &Envelope,
    sold: &Sold,
    transaction: &mut crate::ledger::Transaction,
    changes: &mut Changes,
) -> crate::ledger::Transfer {
    if let Some(order) = sold.sale.order.and_then(|order| state.orders.get(&order)) {
        changes.orders.insert(order.id, Order { status: OrderStatus::Voided, ..order.clone() });
    }
    let day = sold.sale.business_date;
    credit(state, envelope, sold, sold.sale.amount, transaction, changes, |card| {
        let mut spent = card.spent;
        if spent.on == day {
            spent.amount = Fen(spent.amount.0.saturating_sub(sold.sale.amount.0).max(0));
            spent.count = spent.count.saturating_sub(1).max(0);
        }
        if spent.on.month() == day.month() {
            spent.month = Fen(spent.month.0.saturating_sub(sold.sale.amount.0).max(0));
        }
        Card { spent, ..card }
    })
}
