//! What is on record: orders, transactions, statements, settlements.

use serde::Deserialize;

use super::refund::Refund;
use super::{Currency, DeclineReason, EventType, List, OrderStatus, Status, TransactionKind};

/// An order.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Order {
    /// Fen.
    pub amount: i64,
    /// Always `CNY`.
    pub currency: Currency,
    /// Its id.
    pub id: String,
    /// The goods.
    pub lines: Vec<OrderLine>,
    /// Its number in your system.
    pub merchant_order_number: Option<String>,
    /// The order number that people see.
    pub number: String,
    /// When it was opened.
    pub opened_at: String,
    /// The person who opened it.
    pub operator_id: String,
    /// The outlet.
    pub outlet_id: String,
    /// When it was paid.
    pub paid_at: Option<String>,
    /// The payment that charged it.
    pub payment_id: Option<String>,
    /// Fen returned so far.
    pub refunded_amount: i64,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
    /// `draft`, `paid`, `partly_refunded`, `refunded`, `voided` or `abandoned`.
    pub status: OrderStatus,
    /// The terminal.
    pub terminal_id: String,
}

/// A line of an order.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct OrderLine {
    /// Fen.
    pub amount: i64,
    /// Its number.
    pub line: i64,
    /// Its name when it was sold.
    pub name: String,
    /// The product's code.
    pub product_code: String,
    /// Quantity.
    pub quantity: i64,
    /// Unit price, fen.
    pub unit_price: i64,
}

/// A recorded attempt of any kind.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Transaction {
    /// Fen; zero for an inquiry.
    pub amount: i64,
    /// Six digits, if approved (ISO 8583 field 38).
    pub approval_code: Option<String>,
    /// The terminal's batch.
    pub batch: i64,
    /// The business day, in China.
    pub business_date: String,
    /// First six and last four digits of the card.
    pub card: Option<String>,
    /// When it was recorded.
    pub created_at: String,
    /// Always `CNY`.
    pub currency: Currency,
    /// Why an attempt was declined.
    pub decline: Option<DeclineReason>,
    /// The webhook event sent for it, if any.
    pub event: Option<EventType>,
    /// Retrieval reference number, 12 digits.
    pub id: String,
    /// `sale`, `inquiry`, `refund_request`, `refund_rejection`, `refund`, `void`, `reversal`, `batch_close` or
    /// `load`.
    pub kind: TransactionKind,
    /// The person, or the person that an API key acts as.
    pub operator_id: String,
    /// The order it belongs to.
    pub order_id: Option<String>,
    /// The sale it refunds, voids or reverses.
    pub original_id: Option<String>,
    /// The outlet.
    pub outlet_id: String,
    /// Response code of ISO 8583 field 39.
    pub response_code: String,
    /// System trace audit number, six digits.
    pub stan: String,
    /// Approved or declined.
    pub status: Status,
    /// The terminal.
    pub terminal_id: String,
}

/// A business day.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Statement {
    /// Always `CNY`.
    pub currency: Currency,
    /// The day, in China.
    pub date: String,
    /// Fen: sales less refunds, voids, reversals and chargebacks of that day.
    pub net_amount: i64,
    /// Counts and sums over the whole day, with what the card company gave back.
    pub totals: Vec<StatementTotal>,
    /// Every transaction of the day, page by page.
    pub transactions: List<Transaction>,
}

/// Count and sum of one kind.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct StatementTotal {
    /// Fen.
    pub amount: i64,
    /// Number of transactions.
    pub count: i64,
    /// Kind of transaction.
    pub kind: TransactionKind,
    /// Approved or declined.
    pub status: Status,
}

/// A payout of the card company to the merchant, with its totals.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Settlement {
    /// Upheld disputes.
    pub chargebacks: SettlementSum,
    /// When it was confirmed.
    pub confirmed_at: Option<String>,
    /// Always `CNY`.
    pub currency: Currency,
    /// The same totals by day.
    pub days: Vec<SettlementDay>,
    /// The card company's fee on the net amount; half a fen is rounded up.
    pub fee_amount: i64,
    /// The agreed rate: 60 is 0.60 %.
    pub fee_basis_points: i64,
    /// The first day with a movement in it.
    pub from_date: String,
    /// Reference number of its preparation, 12 digits.
    pub id: String,
    /// Sales less everything returned, fen.
    pub net_amount: i64,
    /// The merchant's settlements are numbered from 1, without gaps.
    pub number: i64,
    /// The payout: net amount less fee.
    pub payout_amount: i64,
    /// Refunds that were paid.
    pub refunds: SettlementSum,
    /// Reversals.
    pub reversals: SettlementSum,
    /// Sales.
    pub sales: SettlementSum,
    /// The transaction that paid it, 12 digits.
    pub transaction_id: Option<String>,
    /// The last day it covers.
    pub until_date: String,
    /// Voids.
    pub voids: SettlementSum,
}

/// One business day of a settlement.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SettlementDay {
    /// Upheld disputes.
    pub chargebacks: SettlementSum,
    /// The day.
    pub date: String,
    /// Fen.
    pub net_amount: i64,
    /// Refunds that were paid.
    pub refunds: SettlementSum,
    /// Reversals.
    pub reversals: SettlementSum,
    /// Sales.
    pub sales: SettlementSum,
    /// Voids.
    pub voids: SettlementSum,
}

/// Count and sum.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SettlementSum {
    /// Fen.
    pub amount: i64,
    /// Number of transactions.
    pub count: i64,
}
