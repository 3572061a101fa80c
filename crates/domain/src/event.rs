//! Events: what a merchant's own system is told about its money, one per transaction that it can care about.
//!
//! An event is derived from what is written, never decided: the books put it beside the money in the same commit.

use crate::changes::Changes;
use crate::ids::{MerchantId, OutletId, TransactionId};
use crate::ledger::{Kind, Transaction};
use crate::outcome::Decline;
use crate::settlement::Settlement;
use crate::state::State;

/// What happened, in words that never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A payment went through.
    PaymentApproved,
    /// A payment was refused.
    PaymentDeclined,
    /// A payment that never arrived was withdrawn: it can never be charged.
    PaymentWithdrawn,
    /// Somebody asked for a refund.
    RefundRequested,
    /// A refund was approved and paid back.
    RefundApproved,
    /// A refund was turned down.
    RefundRejected,
    /// A sale was undone in full on its day.
    SaleVoided,
    /// A machine took back a sale whose outcome it did not know.
    SaleReversed,
    /// A terminal's batch was closed.
    BatchClosed,
    /// A settlement was confirmed: the merchant is paid.
    SettlementConfirmed,
    /// A holder contests a sale; the merchant may answer.
    DisputeOpened,
    /// The merchant answered.
    DisputeAnswered,
    /// A dispute was upheld and its money went back.
    DisputeUpheld,
    /// A dispute was turned down: the sale stands.
    DisputeRejected,
    /// Nothing happened; somebody tries whether the message arrives.
    Test,
}

impl EventKind {
    /// What can be subscribed to.
    pub const ALL: [Self; 14] = [
        Self::PaymentApproved,
        Self::PaymentDeclined,
        Self::PaymentWithdrawn,
        Self::RefundRequested,
        Self::RefundApproved,
        Self::RefundRejected,
        Self::SaleVoided,
        Self::SaleReversed,
        Self::BatchClosed,
        Self::SettlementConfirmed,
        Self::DisputeOpened,
        Self::DisputeAnswered,
        Self::DisputeUpheld,
        Self::DisputeRejected,
    ];

    /// The word in rows and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::PaymentApproved => "payment.approved",
            Self::PaymentDeclined => "payment.declined",
            Self::PaymentWithdrawn => "payment.withdrawn",
            Self::RefundRequested => "refund.requested",
            Self::RefundApproved => "refund.approved",
            Self::RefundRejected => "refund.rejected",
            Self::SaleVoided => "sale.voided",
            Self::SaleReversed => "sale.reversed",
            Self::BatchClosed => "batch.closed",
            Self::SettlementConfirmed => "settlement.confirmed",
            Self::DisputeOpened => "dispute.opened",
            Self::DisputeAnswered => "dispute.answered",
            Self::DisputeUpheld => "dispute.upheld",
            Self::DisputeRejected => "dispute.rejected",
            Self::Test => "webhook.test",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::Test]).find(|kind| kind.word() == word)
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
        let order = transaction.order.and_then(|id| state.orders.find(&id));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_again() {
        for kind in EventKind::ALL.into_iter().chain([EventKind::Test]) {
            assert_eq!(EventKind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(EventKind::from_word("payment.refunded"), None);
    }
}
