//! Words for what happens to a merchant's money, one per kind and outcome. They never change.

use domain::ledger::{Kind, Transaction};

/// The event that a transaction is.
pub(crate) fn word(transaction: &Transaction) -> &'static str {
    match (transaction.kind, transaction.approved()) {
        (Kind::Sale, true) => "payment.approved",
        (Kind::Sale, false) => "payment.declined",
        (Kind::Void, true) => "payment.voided",
        (Kind::Void, false) => "payment.void_declined",
        (Kind::Reversal, true) => "payment.reversed",
        (Kind::Reversal, false) => "payment.reversal_declined",
        (Kind::RefundRequest, true) => "refund.requested",
        (Kind::RefundRequest, false) => "refund.request_declined",
        (Kind::Refund, true) => "refund.approved",
        (Kind::Refund, false) => "refund.approval_declined",
        (Kind::RefundRejection, true) => "refund.rejected",
        (Kind::RefundRejection, false) => "refund.rejection_declined",
        (Kind::Inquiry, true) => "balance_inquiry.approved",
        (Kind::Inquiry, false) => "balance_inquiry.declined",
        (Kind::Load, true) => "load.approved",
        (Kind::Load, false) => "load.declined",
        (Kind::BatchClose, true) => "batch.closed",
        (Kind::BatchClose, false) => "batch.close_declined",
    }
}
