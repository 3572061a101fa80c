//! Events: messages to a merchant's own system about its money, one per transaction that concerns it.
//!
//! No rule decides an event: it follows from the transaction, and the books write it in the same commit.

use crate::changes::Changes;
use crate::ids::{MerchantId, OutletId, TransactionId};
use crate::ledger::{Kind, Transaction};
use crate::outcome::Decline;
use crate::settlement::Settlement;
use crate::state::State;

words! {
    /// What happened, in words that never change.
    pub enum EventKind {
        /// A payment went through.
        PaymentApproved = "payment.approved",
        /// A payment was refused.
        PaymentDeclined = "payment.declined",
        /// A payment that never arrived was withdrawn: it can never be charged.
        PaymentWithdrawn = "payment.withdrawn",
        /// A refund was asked for.
        RefundRequested = "refund.requested",
        /// A refund was approved and paid back.
        RefundApproved = "refund.approved",
        /// A refund was turned down.
        RefundRejected = "refund.rejected",
        /// A sale was undone in full on its day.
        SaleVoided = "sale.voided",
        /// A machine took back a sale whose outcome it did not know.
        SaleReversed = "sale.reversed",
        /// A terminal's batch was closed.
        BatchClosed = "batch.closed",
        /// A settlement was confirmed: the merchant is paid.
        SettlementConfirmed = "settlement.confirmed",
        /// A holder contests a sale; the merchant may answer.
        DisputeOpened = "dispute.opened",
        /// The merchant answered.
        DisputeAnswered = "dispute.answered",
        /// A dispute was upheld and its money went back.
        DisputeUpheld = "dispute.upheld",
        /// A dispute was turned down: the sale stands.
        DisputeRejected = "dispute.rejected",
        /// Nothing happened: a test of the endpoint.
        Test = "webhook.test",
    }
}

impl EventKind {
    /// What can be subscribed to: all but the test.
    pub fn subscribable() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| *kind != Self::Test)
    }

    /// What `transaction` means to its merchant; a refused request or review, an inquiry or a load means nothing.
    pub fn of(transaction: &Transaction) -> Option<Self> {
        match (transaction.kind, transaction.decline) {
            (Kind::Sale, None) => Some(Self::PaymentApproved),
            (Kind::Sale, Some(Decline::Withdrawn)) => Some(Self::PaymentWithdrawn),
            (Kind::Sale, Some(_)) => Some(Self::PaymentDeclined),
            (Kind::RefundRequest, None) => Some(Self::RefundRequested),
            (Kind::Refund, None) => Some(Self::RefundApproved),
            (Kind::RefundRejection, None) => Some(Self::RefundRejected),
            (Kind::Void, None) => Some(Self::SaleVoided),
            (Kind::Reversal, None) => Some(Self::SaleReversed),
            (Kind::BatchClose, None) => Some(Self::BatchClosed),
            (Kind::Settlement, None) => Some(Self::SettlementConfirmed),
            (Kind::DisputeOpening, None) => Some(Self::DisputeOpened),
            (Kind::DisputeAnswer, None) => Some(Self::DisputeAnswered),
            (Kind::Chargeback, None) => Some(Self::DisputeUpheld),
            (Kind::DisputeRejection, None) => Some(Self::DisputeRejected),
            _ => None,
        }
    }
}

/// An event with what it is about.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// What happened.
    pub kind: EventKind,
    /// Whose it is: the merchant of the order, also when the card company decided.
    pub merchant: MerchantId,
    /// The outlet of the order, or of the terminal; none for what concerns the whole merchant.
    pub outlet: Option<OutletId>,
    /// Events of one object are told in order: the order, or else the merchant that is settled with, or the terminal.
    pub object: i64,
    /// The record.
    pub transaction: &'a Transaction,
    /// The refund that it asked for or decided.
    pub refund: Option<TransactionId>,
    /// The dispute that it opened, answered or decided.
    pub dispute: Option<TransactionId>,
    /// The settlement that it decided.
    pub settlement: Option<&'a Settlement>,
}

/// The events of what a group writes, in order.
pub fn events<'a>(state: &'a State, changes: &'a Changes) -> impl Iterator<Item = Event<'a>> {
    changes.transactions.iter().filter_map(|transaction| {
        let kind = EventKind::of(transaction)?;
        let order = transaction.order.and_then(|id| state.orders.if_loaded(&id));
        let settlement = changes.settlements.values().find(|one| one.decided_by == Some(transaction.id));
        let actor = transaction.actor;
        let (merchant, outlet) = match (order, settlement) {
            (Some(order), _) => (order.merchant, Some(order.outlet)),
            (None, Some(settlement)) => (settlement.merchant, None),
            (None, None) => (actor.merchant, Some(actor.outlet)),
        };
        let place = settlement.map_or(actor.terminal.0, |settlement| settlement.merchant.0);
        let object = transaction.order.map_or(place, |id| id.0);
        let refund = match kind {
            EventKind::RefundRequested => Some(transaction.id),
            EventKind::RefundApproved | EventKind::RefundRejected => changes
                .refunds
                .values()
                .find(|refund| refund.decided_by == Some(transaction.id))
                .map(|refund| refund.id),
            _ => None,
        };
        let dispute = changes.disputes.values().find(|one| one.records().any(|id| id == transaction.id));
        let dispute = dispute.map(|dispute| dispute.id);
        Some(Event { kind, merchant, outlet, object, transaction, refund, dispute, settlement })
    })
}
