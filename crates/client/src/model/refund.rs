//! Refunds: asked for by one, decided by another.

use serde::{Deserialize, Serialize};

use super::{Currency, DeclineReason, RefundGround, RefundStatus, Status};
use crate::secret::CardNumber;

/// Goods that are to come back.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewRefund {
    /// Ask the card company, because the shop's time has passed or it has nobody else to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalate: Option<bool>,
    /// Class of reason. Drugs come back for quality reasons or the shop's own mistake.
    pub ground: RefundGround,
    /// Lines and pieces; all that is left, if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<NewRefundLine>>,
    /// The payment.
    pub payment_id: String,
    /// Reason in words.
    pub reason: String,
}

/// Pieces of one line.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewRefundLine {
    /// The line's number in the order.
    pub line: i64,
    /// Pieces.
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
    /// When.
    pub decided_at: Option<String>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// The transaction that decided it, 12 digits.
    pub decision_id: Option<String>,
    /// Why an attempt was declined.
    pub decline: Option<DeclineReason>,
    /// Class of reason.
    pub ground: Option<RefundGround>,
    /// Number of the request, 12 digits; none while the outcome is unknown.
    pub id: Option<String>,
    /// What comes back.
    pub lines: Vec<RefundLine>,
    /// The decision in words.
    pub opinion: Option<String>,
    /// Its order.
    pub order_id: Option<String>,
    /// The payment.
    pub payment_id: Option<String>,
    /// Reason in words.
    pub reason: Option<String>,
    /// When.
    pub requested_at: Option<String>,
    /// Who asked: a person, or the person that an API key acts as.
    pub requested_by: Option<String>,
    /// `requested`, `escalated` (waits for the card company), `approved` (paid back), `rejected`; `declined` when the
    /// request was not taken in, `unknown` while nobody knows.
    pub status: RefundStatus,
}

/// Pieces of one line that come back.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct RefundLine {
    /// Fen.
    pub amount: i64,
    /// The line's number in the order.
    pub line: i64,
    /// Pieces.
    pub quantity: i64,
}

/// Yes to a refund.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Approval {
    /// The card that paid, to check; money goes back to that card and no other.
    pub card_number: CardNumber,
    /// The decision in words.
    pub opinion: String,
}

/// No to a refund.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Rejection {
    /// The decision in words.
    pub opinion: String,
}

/// What came of a decision.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct RefundDecision {
    /// Why an attempt was declined.
    pub decline: Option<DeclineReason>,
    /// Retrieval reference number, 12 digits; none while the outcome is unknown.
    pub id: Option<String>,
    /// The refund as it is now.
    pub refund: Refund,
    /// Response code of ISO 8583 field 39.
    pub response_code: String,
    /// `approved`: decided as asked. `declined`: not decided, see `decline`.
    pub status: Status,
}
