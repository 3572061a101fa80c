//! Payments, balance inquiries and reversals.

use domain::ids::TransactionId;
use domain::ledger::Transaction;
use domain::order::OrderStatus;
use domain::outcome::Decline;
use serde::{Deserialize, Serialize};
use storage::merchant::MerchantOrder;
use utoipa::ToSchema;

use super::{CNY, Currency, DeclineReason, Status, card, date, time};

/// A new card payment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "terminal_id": "25010007", "card_number": "6086250000010012", "pin": "123456", "amount": 1550, "currency": "CNY",
    "merchant_order_number": "ERP-2026-000017",
    "lines": [{"product_code": "600233", "quantity": 1}]
}))]
pub(crate) struct NewPayment {
    /// The terminal; required if the key has access to more than one.
    #[schema(pattern = "^[0-9]{8}$")]
    pub(crate) terminal_id: Option<String>,
    /// The card number, 16 to 19 digits. A number of another company is refused; nothing is tried or kept.
    #[schema(min_length = 16, max_length = 19, pattern = "^[0-9]{16,19}$")]
    pub(crate) card_number: String,
    /// The card's PIN.
    #[schema(pattern = "^[0-9]{6}$")]
    pub(crate) pin: String,
    /// The amount in fen; with lines, their sum.
    #[schema(minimum = 1, maximum = 9_999_999)]
    pub(crate) amount: i64,
    /// The currency.
    pub(crate) currency: Currency,
    /// The goods. Without lines, the order has one line of product 699999.
    #[schema(min_items = 1, max_items = 200)]
    pub(crate) lines: Option<Vec<NewLine>>,
    /// The number of the order in your system.
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) merchant_order_number: Option<String>,
}

/// A line of an order: a product of the catalogue, or a name and a price.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"product_code": "600233", "quantity": 1}))]
pub(crate) struct NewLine {
    /// The product, by its code.
    #[schema(min_length = 1, max_length = 20)]
    pub(crate) product_code: Option<String>,
    /// Name on the slip for a product that is not in the catalogue.
    #[schema(min_length = 1, max_length = 120)]
    pub(crate) name: Option<String>,
    /// Unit price in fen; by default the catalogue's.
    #[schema(minimum = 1, maximum = 9_999_999)]
    pub(crate) unit_price: Option<i64>,
    /// Quantity.
    #[schema(minimum = 1, maximum = 999)]
    pub(crate) quantity: i64,
}

/// A card payment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "object": "payment", "id": "010000000042", "status": "approved", "response_code": "00", "decline": null,
    "amount": 1550, "currency": "CNY", "card": "608625******0012", "balance_after": 98450, "approval_code": "123456",
    "stan": "000042", "order_id": "1882310000000000001", "order_number": "2611230001", "order_status": "paid",
    "refunded_amount": 0, "merchant_order_number": "ERP-2026-000017", "outlet_id": "2501001",
    "terminal_id": "25010007", "business_date": "2026-11-23", "created_at": "2026-11-23T02:26:00Z"
}))]
pub(crate) struct Payment {
    /// Always `payment`.
    object: &'static str,
    /// Retrieval reference number, 12 digits; null while the outcome is unknown.
    id: Option<String>,
    /// The outcome.
    pub(crate) status: Status,
    /// Response code of ISO 8583 field 39; 98 while the outcome is unknown.
    response_code: &'static str,
    /// Why it was declined.
    decline: Option<DeclineReason>,
    /// Fen.
    #[schema(minimum = 0)]
    amount: i64,
    /// Always `CNY`.
    currency: &'static str,
    /// First six and last four digits of the card.
    card: Option<String>,
    /// The remaining balance in fen, if approved.
    balance_after: Option<i64>,
    /// Six digits, if approved (ISO 8583 field 38).
    approval_code: Option<String>,
    /// System trace audit number, six digits.
    stan: Option<String>,
    /// Its order.
    order_id: Option<String>,
    /// The order number that people see.
    order_number: Option<String>,
    /// `paid`, `partly_refunded`, `refunded` or `voided` if it was charged.
    order_status: Option<&'static str>,
    /// Fen returned so far.
    refunded_amount: i64,
    /// The number of the order in your system.
    merchant_order_number: Option<String>,
    /// The outlet.
    outlet_id: Option<String>,
    /// The terminal.
    terminal_id: Option<String>,
    /// The business day, in China.
    #[schema(format = Date)]
    business_date: Option<String>,
    /// When it was recorded.
    #[schema(format = DateTime)]
    created_at: Option<String>,
}

/// The order of a payment.
pub(crate) struct PaidOrder {
    number: String,
    status: &'static str,
    refunded: i64,
    merchant_number: Option<String>,
}

impl PaidOrder {
    /// The order of a payment that has just been decided.
    pub(crate) fn new(t: &Transaction, number: String, merchant_number: Option<String>) -> Self {
        let status = if t.approved() { OrderStatus::Paid } else { OrderStatus::Abandoned };
        Self { number, status: status.word(), refunded: 0, merchant_number }
    }
}

impl From<MerchantOrder> for PaidOrder {
    fn from(order: MerchantOrder) -> Self {
        Self {
            refunded: order.given_back().0,
            number: order.number,
            status: order.order.status.word(),
            merchant_number: order.merchant_number,
        }
    }
}

impl Payment {
    /// A recorded payment with the current state of its order.
    pub(crate) fn recorded(t: &Transaction, order: Option<PaidOrder>) -> Self {
        let (refunded, order_status) =
            (order.as_ref().map_or(0, |order| order.refunded), order.as_ref().map(|o| o.status));
        let (order_number, merchant_order_number) =
            order.map_or((None, None), |order| (Some(order.number), order.merchant_number));
        Self {
            object: "payment",
            id: Some(t.id.rrn()),
            status: Status::of(t),
            response_code: t.code(),
            decline: t.decline.map(Into::into),
            amount: t.amount.0,
            currency: CNY,
            card: card(t),
            balance_after: t.balance.filter(|_| t.approved()).map(|fen| fen.0),
            approval_code: t.approval_code.clone(),
            stan: Some(t.id.stan()),
            order_id: t.order.map(|id| id.to_string()),
            order_number,
            order_status,
            refunded_amount: refunded,
            merchant_order_number,
            outlet_id: Some(t.actor.outlet.to_string()),
            terminal_id: Some(t.actor.terminal.to_string()),
            business_date: Some(date(t.business_date)),
            created_at: Some(time(t.at)),
        }
    }

    /// A payment whose outcome is not known yet.
    pub(crate) fn unknown(amount: i64) -> Self {
        Self {
            object: "payment",
            id: None,
            status: Status::Unknown,
            response_code: "98",
            decline: None,
            amount,
            currency: CNY,
            card: None,
            balance_after: None,
            approval_code: None,
            stan: None,
            order_id: None,
            order_number: None,
            order_status: None,
            refunded_amount: 0,
            merchant_order_number: None,
            outlet_id: None,
            terminal_id: None,
            business_date: None,
            created_at: None,
        }
    }
}

/// A new balance inquiry.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"card_number": "6086250000010012", "pin": "123456"}))]
pub(crate) struct NewBalanceInquiry {
    /// The terminal; required if the key has access to more than one.
    #[schema(pattern = "^[0-9]{8}$")]
    pub(crate) terminal_id: Option<String>,
    /// The card number, 16 to 19 digits. A number of another company is refused; nothing is tried or kept.
    #[schema(min_length = 16, max_length = 19, pattern = "^[0-9]{16,19}$")]
    pub(crate) card_number: String,
    /// The card's PIN.
    #[schema(pattern = "^[0-9]{6}$")]
    pub(crate) pin: String,
}

/// A card's balance at one point in time.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "object": "balance_inquiry", "id": "010000000041", "status": "approved", "response_code": "00", "decline": null,
    "card": "608625******0012", "balance": 100_000, "currency": "CNY", "terminal_id": "25010007",
    "created_at": "2026-11-23T02:25:00Z"
}))]
pub(crate) struct BalanceInquiry {
    /// Always `balance_inquiry`.
    object: &'static str,
    /// Retrieval reference number, 12 digits; null while the outcome is unknown.
    id: Option<String>,
    /// The outcome.
    status: Status,
    /// Response code of ISO 8583 field 39.
    response_code: &'static str,
    /// Why it was declined.
    decline: Option<DeclineReason>,
    /// First six and last four digits of the card.
    card: Option<String>,
    /// The balance in fen, if approved.
    balance: Option<i64>,
    /// Always `CNY`.
    currency: &'static str,
    /// The terminal.
    terminal_id: Option<String>,
    /// When it was recorded.
    #[schema(format = DateTime)]
    created_at: Option<String>,
}

impl BalanceInquiry {
    /// A recorded inquiry, or one whose outcome is not known.
    pub(crate) fn of(t: Option<&Transaction>) -> Self {
        Self {
            object: "balance_inquiry",
            id: t.map(|t| t.id.rrn()),
            status: t.map_or(Status::Unknown, Status::of),
            response_code: t.map_or("98", Transaction::code),
            decline: t.and_then(|t| t.decline).map(Into::into),
            card: t.and_then(card),
            balance: t.filter(|t| t.approved()).and_then(|t| t.balance).map(|fen| fen.0),
            currency: CNY,
            terminal_id: t.map(|t| t.actor.terminal.to_string()),
            created_at: t.map(|t| time(t.at)),
        }
    }
}

/// A payment to reverse by its Idempotency-Key, whether it arrived or not.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"payment_idempotency_key": "0193a5c0-7b1e-7c3a-9a51-3f6d5f0c2b11"}))]
pub(crate) struct NewReversal {
    /// The Idempotency-Key with which the payment was sent.
    #[schema(min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    pub(crate) payment_idempotency_key: String,
}

/// No fields: the path identifies the payment.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(crate) struct NewPaymentReversal {}

/// The reversal of a payment whose outcome the caller did not know.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "object": "reversal", "id": "010000000043", "status": "approved", "not_charged": true, "response_code": "00",
    "decline": null, "payment_id": "010000000042", "amount": 1550, "currency": "CNY",
    "created_at": "2026-11-23T02:27:00Z"
}))]
pub(crate) struct Reversal {
    /// Always `reversal`.
    object: &'static str,
    /// Retrieval reference number, 12 digits; null while the outcome is unknown.
    id: Option<String>,
    /// `approved`: the money went back. `declined`: see `not_charged`.
    status: Status,
    /// If true, the card is not charged and never will be. If false, the payment stands or its outcome is not known
    /// yet.
    not_charged: bool,
    /// Response code of ISO 8583 field 39; 25 means "there was nothing to reverse" and is as good as 00.
    response_code: &'static str,
    /// Why nothing was reversed.
    decline: Option<DeclineReason>,
    /// The payment.
    payment_id: Option<String>,
    /// Fen.
    #[schema(minimum = 0)]
    amount: i64,
    /// Always `CNY`.
    currency: &'static str,
    /// When it was recorded.
    #[schema(format = DateTime)]
    created_at: Option<String>,
}

impl Reversal {
    /// A recorded reversal, or one whose outcome is not known.
    pub(crate) fn of(t: Option<&Transaction>) -> Self {
        Self {
            object: "reversal",
            id: t.map(|t| t.id.rrn()),
            status: t.map_or(Status::Unknown, Status::of),
            not_charged: t.is_some_and(|t| t.approved() || t.decline == Some(Decline::NotCharged)),
            response_code: t.map_or("98", Transaction::code),
            decline: t.and_then(|t| t.decline).map(Into::into),
            payment_id: t.and_then(|t| t.original).map(TransactionId::rrn),
            amount: t.map_or(0, |t| t.amount.0),
            currency: CNY,
            created_at: t.map(|t| time(t.at)),
        }
    }
}
