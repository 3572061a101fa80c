//! Payments, balance inquiries and reversals.

use serde::{Deserialize, Serialize};

use super::{Currency, DeclineReason, OrderStatus, Status};
use crate::secret::{CardNumber, Pin};

/// A new card payment.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewPayment {
    /// The amount in fen; with lines, their sum.
    pub amount: i64,
    /// The card number, 16 to 19 digits.
    pub card_number: CardNumber,
    /// The currency.
    pub currency: Currency,
    /// The goods. Without lines, the order has one line of product 699999.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<NewLine>>,
    /// The number of the order in your system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_order_number: Option<String>,
    /// The card's PIN.
    pub pin: Pin,
    /// The terminal; required if the key has access to more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminal_id: Option<String>,
}

/// A line of an order: a product of the catalogue, or a name and a price.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewLine {
    /// Name on the slip for a product that is not in the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The product, by its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_code: Option<String>,
    /// Quantity.
    pub quantity: i64,
    /// Unit price in fen; by default the catalogue's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<i64>,
}

/// A card payment.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Payment {
    /// Fen.
    pub amount: i64,
    /// Six digits, if approved (ISO 8583 field 38).
    pub approval_code: Option<String>,
    /// The remaining balance in fen, if approved.
    pub balance_after: Option<i64>,
    /// The business day, in China.
    pub business_date: Option<String>,
    /// First six and last four digits of the card.
    pub card: Option<String>,
    /// When it was recorded.
    pub created_at: Option<String>,
    /// Always `CNY`.
    pub currency: Currency,
    /// Why an attempt was declined.
    pub decline: Option<DeclineReason>,
    /// Retrieval reference number, 12 digits; null while the outcome is unknown.
    pub id: Option<String>,
    /// The number of the order in your system.
    pub merchant_order_number: Option<String>,
    /// Its order.
    pub order_id: Option<String>,
    /// The order number that people see.
    pub order_number: Option<String>,
    /// `paid`, `partly_refunded`, `refunded` or `voided` if it was charged.
    pub order_status: Option<OrderStatus>,
    /// The outlet.
    pub outlet_id: Option<String>,
    /// Fen returned so far.
    pub refunded_amount: i64,
    /// Response code of ISO 8583 field 39; 98 while the outcome is unknown.
    pub response_code: String,
    /// System trace audit number, six digits.
    pub stan: Option<String>,
    /// The outcome.
    pub status: Status,
    /// The terminal.
    pub terminal_id: Option<String>,
}

/// A new balance inquiry.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewBalanceInquiry {
    /// The card number, 16 to 19 digits.
    pub card_number: CardNumber,
    /// The card's PIN.
    pub pin: Pin,
    /// The terminal; required if the key has access to more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminal_id: Option<String>,
}

/// A card's balance at one point in time.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct BalanceInquiry {
    /// The balance in fen, if approved.
    pub balance: Option<i64>,
    /// First six and last four digits of the card.
    pub card: Option<String>,
    /// When it was recorded.
    pub created_at: Option<String>,
    /// Always `CNY`.
    pub currency: Currency,
    /// Why an attempt was declined.
    pub decline: Option<DeclineReason>,
    /// Retrieval reference number, 12 digits; null while the outcome is unknown.
    pub id: Option<String>,
    /// Response code of ISO 8583 field 39.
    pub response_code: String,
    /// The outcome.
    pub status: Status,
    /// The terminal.
    pub terminal_id: Option<String>,
}

/// A payment to reverse by its Idempotency-Key, whether it arrived or not.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewReversal {
    /// The Idempotency-Key with which the payment was sent.
    pub payment_idempotency_key: String,
}

/// The reversal of a payment whose outcome the caller did not know.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Reversal {
    /// Fen.
    pub amount: i64,
    /// When it was recorded.
    pub created_at: Option<String>,
    /// Always `CNY`.
    pub currency: Currency,
    /// Why an attempt was declined.
    pub decline: Option<DeclineReason>,
    /// Retrieval reference number, 12 digits; null while the outcome is unknown.
    pub id: Option<String>,
    /// If true, the card is not charged and never will be. If false, the payment stands or its outcome is not known
    /// yet.
    pub not_charged: bool,
    /// The payment.
    pub payment_id: Option<String>,
    /// Response code of ISO 8583 field 39; 25 means "there was nothing to reverse" and is as good as 00.
    pub response_code: String,
    /// `approved`: the money went back. `declined`: see `not_charged`.
    pub status: Status,
}
