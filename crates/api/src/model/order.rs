//! Orders and the day's statement.

use domain::ids::TransactionId;
use serde::Serialize;
use storage::merchant::{DayTotal, MerchantOrder};
use utoipa::ToSchema;

use super::refund::RefundResource;
use super::{CNY, List, TransactionResource, time};

/// An order.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Order, example = json!({
    "object": "order", "id": "1882310000000000001", "number": "2611230001", "merchant_order_number": "ERP-2026-000017",
    "status": "paid", "amount": 1550, "currency": "CNY", "refunded_amount": 0, "payment_id": "010000000042",
    "outlet_id": "2501001", "terminal_id": "25010007", "operator_id": "9006",
    "lines": [{"line": 1, "product_code": "600233", "name": "Cold granules", "unit_price": 1550, "quantity": 1,
        "amount": 1550}],
    "refunds": [], "opened_at": "2026-11-23T02:25:58Z", "paid_at": "2026-11-23T02:26:00Z"
}))]
pub(crate) struct OrderResource {
    /// Always `order`.
    object: &'static str,
    /// Its id.
    id: String,
    /// The order number that people see.
    number: String,
    /// Its number in your system.
    merchant_order_number: Option<String>,
    /// `draft`, `paid`, `partly_refunded`, `refunded`, `voided` or `abandoned`.
    status: &'static str,
    /// Fen.
    #[schema(minimum = 0)]
    amount: i64,
    /// Always `CNY`.
    currency: &'static str,
    /// Fen returned so far.
    refunded_amount: i64,
    /// The payment that charged it.
    payment_id: Option<String>,
    /// The outlet.
    outlet_id: String,
    /// The terminal.
    terminal_id: String,
    /// The person who opened it.
    operator_id: String,
    /// The goods.
    lines: Vec<OrderLineResource>,
    /// Its refunds, oldest first.
    refunds: Vec<RefundResource>,
    /// When it was opened.
    #[schema(format = DateTime)]
    opened_at: String,
    /// When it was paid.
    #[schema(format = DateTime)]
    paid_at: Option<String>,
}

/// A line of an order.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OrderLine)]
pub(crate) struct OrderLineResource {
    /// Its number.
    line: i64,
    /// The product's code.
    product_code: String,
    /// Its name when it was sold.
    name: String,
    /// Unit price, fen.
    unit_price: i64,
    /// Quantity.
    quantity: i64,
    /// Fen.
    amount: i64,
}

impl From<&MerchantOrder> for OrderResource {
    fn from(found: &MerchantOrder) -> Self {
        let order = &found.order;
        let lines = found.lines.iter().map(|line| OrderLineResource {
            line: line.line,
            product_code: line.code.clone(),
            name: line.name.clone(),
            unit_price: line.price.0,
            quantity: line.quantity,
            amount: line.amount.0,
        });
        Self {
            object: "order",
            id: order.id.to_string(),
            number: found.number.clone(),
            merchant_order_number: found.merchant_number.clone(),
            status: order.status.word(),
            amount: order.total.0,
            currency: CNY,
            refunded_amount: found.given_back().0,
            payment_id: order.paid_by.map(TransactionId::rrn),
            outlet_id: order.outlet.to_string(),
            terminal_id: order.terminal.to_string(),
            operator_id: order.person.to_string(),
            lines: lines.collect(),
            refunds: found.refunds.iter().map(|one| RefundResource::recorded(one, order.paid_by)).collect(),
            opened_at: time(found.opened_at),
            paid_at: order.paid_at.map(time),
        }
    }
}

/// A business day.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Statement, example = json!({
    "object": "statement", "date": "2026-11-23", "currency": "CNY", "net_amount": 1550,
    "totals": [{"kind": "sale", "status": "approved", "count": 1, "amount": 1550}],
    "transactions": {"object": "list", "data": [], "has_more": false, "next_cursor": null}
}))]
pub(crate) struct StatementResource {
    /// Always `statement`.
    object: &'static str,
    /// The day, in China.
    #[schema(format = Date)]
    date: String,
    /// Always `CNY`.
    currency: &'static str,
    /// Fen: sales less refunds, voids, reversals and chargebacks of that day.
    net_amount: i64,
    /// Counts and sums over the whole day, as they are settled. What the card company gave back, late refunds and
    /// chargebacks, counts here and is not among the transactions below.
    totals: Vec<StatementTotal>,
    /// Every transaction of the day, page by page.
    transactions: List<TransactionResource>,
}

/// Count and sum of one kind.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StatementTotal {
    /// Kind of transaction.
    kind: &'static str,
    /// Approved or declined.
    status: super::Status,
    /// How many.
    count: i64,
    /// Fen.
    amount: i64,
}

impl StatementResource {
    pub(crate) fn new(date: String, totals: &[DayTotal], transactions: List<TransactionResource>) -> Self {
        use domain::ledger::Kind;
        let net = totals.iter().filter(|total| total.approved).fold(0_i64, |sum, total| match total.kind {
            Kind::Sale => sum.saturating_add(total.sum.0),
            kind if kind.gives_back() => sum.saturating_sub(total.sum.0),
            _ => sum,
        });
        let total = |total: &DayTotal| StatementTotal {
            kind: total.kind.word(),
            status: if total.approved { super::Status::Approved } else { super::Status::Declined },
            count: total.count,
            amount: total.sum.0,
        };
        Self {
            object: "statement",
            date,
            currency: CNY,
            net_amount: net,
            totals: totals.iter().map(total).collect(),
            transactions,
        }
    }
}
