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
    /// What your system calls it.
    pub merchant_order_number: Option<String>,
    /// What people call it.
    pub number: String,
    /// When it was begun.
    pub opened_at: String,
    /// Who opened it.
    pub operator_id: String,
    /// Where.
    pub outlet_id: String,
    /// When it was paid.
    pub paid_at: Option<String>,
    /// The payment that charged it.
    pub payment_id: Option<String>,
    /// Fen that were paid back.
    pub refunded_amount: i64,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
    /// `draft`, `paid`, `partly_refunded`, `refunded`, `voided` or `abandoned`.
    pub status: OrderStatus,
    /// At which terminal.
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
    /// Its name as it was sold.
    pub name: String,
    /// The product's code.
    pub product_code: String,
    /// Pieces.
    pub quantity: i64,
    /// Fen for one piece.
    pub unit_price: i64,
}

/// One attempt on record, whatever its kind.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Transaction {
    /// Fen; zero for an inquiry.
    pub amount: i64,
    /// Six digits, when approved (ISO 8583 field 38).
    pub approval_code: Option<String>,
    /// The terminal's batch.
    pub batch: i64,
    /// The day that it counts for, in China.
    pub business_date: String,
    /// First six and last four digits of the card.
    pub card: Option<String>,
    /// When it was recorded.
    pub created_at: String,
    /// Always `CNY`.
    pub currency: Currency,
    /// Why an attempt was declined.
    pub decline: Option<DeclineReason>,
    /// The event that a webhook tells of it, if one does.
    pub event: Option<EventType>,
    /// Retrieval reference number, 12 digits.
    pub id: String,
    /// `sale`, `inquiry`, `refund_request`, `refund_rejection`, `refund`, `void`, `reversal`, `batch_close` or
    /// `load`.
    pub kind: TransactionKind,
    /// The person, or the person that an API key acts as.
    pub operator_id: String,
    /// The order that it is about.
    pub order_id: Option<String>,
    /// The sale that it refunds, voids or reverses.
    pub original_id: Option<String>,
    /// Where.
    pub outlet_id: String,
    /// Response code of ISO 8583 field 39.
    pub response_code: String,
    /// System trace audit number, six digits.
    pub stan: String,
    /// Approved or declined.
    pub status: Status,
    /// At which terminal.
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
    /// Fen: sales less what was refunded, voided and reversed that day.
    pub net_amount: i64,
    /// Counts and sums over the whole day.
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
    /// How many.
    pub count: i64,
    /// Kind of transaction.
    pub kind: TransactionKind,
    /// Approved or declined.
    pub status: Status,
}

/// What the card company paid the merchant, and for what.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Settlement {
    /// Disputes that were upheld.
    pub chargebacks: SettlementSum,
    /// When it was confirmed.
    pub confirmed_at: Option<String>,
    /// Always `CNY`.
    pub currency: Currency,
    /// The same day by day.
    pub days: Vec<SettlementDay>,
    /// The card company's fee on the net amount, half a fen up.
    pub fee_amount: i64,
    /// The agreed rate: 60 is 0.60 %.
    pub fee_basis_points: i64,
    /// The first day that it takes something of.
    pub from_date: String,
    /// Reference number of its preparation, 12 digits.
    pub id: String,
    /// Sales less everything that went back, fen.
    pub net_amount: i64,
    /// Counts the merchant's settlements from 1, without a gap.
    pub number: i64,
    /// Net amount less fee: what is paid.
    pub payout_amount: i64,
    /// Refunds that were paid back.
    pub refunds: SettlementSum,
    /// Reversals.
    pub reversals: SettlementSum,
    /// Sales.
    pub sales: SettlementSum,
    /// The transaction that paid, 12 digits.
    pub transaction_id: Option<String>,
    /// The day up to which it settles.
    pub until_date: String,
    /// Voids.
    pub voids: SettlementSum,
}

/// One business day of a settlement.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SettlementDay {
    /// Disputes that were upheld.
    pub chargebacks: SettlementSum,
    /// The day.
    pub date: String,
    /// Fen.
    pub net_amount: i64,
    /// Refunds that were paid back.
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
    /// How many.
    pub count: i64,
}
