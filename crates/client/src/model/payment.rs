//! Payments, balance inquiries and reversals.

use serde::{Deserialize, Serialize};

use super::{Currency, DeclineReason, OrderStatus, Status};
use crate::secret::{CardNumber, Pin};

/// A card payment to be made.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewPayment {
    /// What to charge, in fen. With lines, their sum.
    pub amount: i64,
    /// The card number, 16 to 19 digits.
    pub card_number: CardNumber,
    /// The currency.
    pub currency: Currency,
    /// The goods. Without lines the order has one line of the product 699999.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<NewLine>>,
    /// What your system calls the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_order_number: Option<String>,
    /// The card's PIN.
    pub pin: Pin,
    /// The terminal; needed when the key reaches more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminal_id: Option<String>,
}

/// A line of an order: a product of the catalogue, or a name and a price.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewLine {
    /// What the slip calls a product that is not in the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The product, by its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_code: Option<String>,
    /// Pieces.
    pub quantity: i64,
    /// Price of one piece in fen; the catalogue's, if there is none.
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
    /// Six digits, when approved (ISO 8583 field 38).
    pub approval_code: Option<String>,
    /// What is left on the card, in fen, when approved.
    pub balance_after: Option<i64>,
    /// The day that it counts for, in China.
    pub business_date: Option<String>,
    /// First six and last four digits of the card.
    pub card: Option<String>,
    /// When it was recorded.
    pub created_at: Option<String>,
    /// Always `CNY`.
    pub currency: Currency,
    /// Why an attempt was declined.
    pub decline: Option<DeclineReason>,
    /// Retrieval reference number, 12 digits; none while the outcome is unknown.
    pub id: Option<String>,
    /// What your system calls the order.
    pub merchant_order_number: Option<String>,
    /// Its order.
    pub order_id: Option<String>,
    /// What people call the order.
    pub order_number: Option<String>,
    /// `paid`, `partly_refunded`, `refunded` or `voided` when it was charged.
    pub order_status: Option<OrderStatus>,
    /// Where.
    pub outlet_id: Option<String>,
    /// Fen that were paid back.
    pub refunded_amount: i64,
    /// Response code of ISO 8583 field 39; 98 while the outcome is unknown.
    pub response_code: String,
    /// System trace audit number, six digits.
    pub stan: Option<String>,
    /// How it ended.
    pub status: Status,
    /// At which terminal.
    pub terminal_id: Option<String>,
}

/// A question for a card's balance.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewBalanceInquiry {
    /// The card number, 16 to 19 digits.
    pub card_number: CardNumber,
    /// The card's PIN.
    pub pin: Pin,
    /// The terminal; needed when the key reaches more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminal_id: Option<String>,
}

/// A card's balance at one moment.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct BalanceInquiry {
    /// Fen on the card, when approved.
    pub balance: Option<i64>,
    /// First six and last four digits of the card.
    pub card: Option<String>,
    /// When it was recorded.
    pub created_at: Option<String>,
    /// Always `CNY`.
    pub currency: Currency,
    /// Why an attempt was declined.
    pub decline: Option<DeclineReason>,
    /// Retrieval reference number, 12 digits; none while the outcome is unknown.
    pub id: Option<String>,
    /// Response code of ISO 8583 field 39.
    pub response_code: String,
    /// How it ended.
    pub status: Status,
    /// At which terminal.
    pub terminal_id: Option<String>,
}

/// A payment to be taken back by its Idempotency-Key, whether it arrived or not.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewReversal {
    /// The Idempotency-Key that the payment was sent with.
    pub payment_idempotency_key: String,
}

/// The end of a payment whose outcome its caller did not know.
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
    /// Retrieval reference number, 12 digits; none while the outcome is unknown.
    pub id: Option<String>,
    /// You may rely on it that the card is not charged, now and later. False: the payment stands, or nobody knows
    /// yet.
    pub not_charged: bool,
    /// The payment.
    pub payment_id: Option<String>,
    /// Response code of ISO 8583 field 39; 25 is "there was nothing to take back", and as good as 00.
    pub response_code: String,
    /// `approved`: the money went back. `declined`: see `not_charged`.
    pub status: Status,
}
