//! Refunds: requested by one party, decided by another.

use serde::{Deserialize, Serialize};

use super::{Currency, DeclineReason, RefundGround, RefundStatus, Status};
use crate::secret::CardNumber;

/// A refund request.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewRefund {
    /// Ask the card company, because the shop's refund window is over or the shop has no second person to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalate: Option<bool>,
    /// Class of reason. Drugs can be returned only for quality reasons or the shop's own mistake.
    pub ground: RefundGround,
    /// Lines and quantities; by default everything not refunded yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<NewRefundLine>>,
    /// The payment.
    pub payment_id: String,
    /// The reason in words.
    pub reason: String,
}

/// A quantity of one line.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewRefundLine {
    /// The line's number in the order.
    pub line: i64,
    /// Quantity.
    pub quantity: i64,
}

/// A refund, from request to decision.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Refund {
    /// Fen.
    pub amount: i64,
    /// Always `CNY`.
    pub currency: Currency,
    /// When it was decided.
    pub decided_at: Option<String>,
    /// The reviewer.
    pub decided_by: Option<String>,
    /// The transaction that decided it, 12 digits.
    pub decision_id: Option<String>,
    /// Why an attempt was declined.
    pub decline: Option<DeclineReason>,
    /// Class of reason.
    pub ground: Option<RefundGround>,
    /// Reference number of the request, 12 digits; null while the outcome is unknown.
    pub id: Option<String>,
    /// The returned goods.
    pub lines: Vec<RefundLine>,
    /// The decision in words.
    pub opinion: Option<String>,
    /// Its order.
    pub order_id: Option<String>,
    /// The payment.
    pub payment_id: Option<String>,
    /// The reason in words.
    pub reason: Option<String>,
    /// When it was requested.
    pub requested_at: Option<String>,
    /// The applicant: a person, or the person that an API key acts as.
    pub requested_by: Option<String>,
    /// `requested`, `escalated` (waiting for the card company), `approved` (paid back), `rejected`; `declined` if the
    /// request was not accepted; `unknown` while the outcome is not known.
    pub status: RefundStatus,
}

/// The returned quantity of one line.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct RefundLine {
    /// Fen.
    pub amount: i64,
    /// The line's number in the order.
    pub line: i64,
    /// Quantity.
    pub quantity: i64,
}

/// Approval of a refund.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Approval {
    /// The card that paid, as a check; the money goes back to that card and no other.
    pub card_number: CardNumber,
    /// The decision in words.
    pub opinion: String,
}

/// Rejection of a refund.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Rejection {
    /// The decision in words.
    pub opinion: String,
}

/// The result of a decision.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct RefundDecision {
    /// Why an attempt was declined.
    pub decline: Option<DeclineReason>,
    /// Retrieval reference number, 12 digits; null while the outcome is unknown.
    pub id: Option<String>,
    /// The current state of the refund.
    pub refund: Refund,
    /// Response code of ISO 8583 field 39.
    pub response_code: String,
    /// `approved`: decided as asked. `declined`: not decided, see `decline`.
    pub status: Status,
}
