use serde::{Deserialize, Serialize};

use super::{Currency, DeclineReason, DisputeClaim, DisputeStatus, Status};

/// A payment that a card holder contests, from the card company's opening to its decision.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Dispute {
    /// Whether you agreed with the holder.
    pub accepted: Option<bool>,
    /// The contested amount, fen.
    pub amount: i64,
    /// Your answer in words.
    pub answer: Option<String>,
    /// The deadline for your answer.
    pub answer_until: String,
    /// When you answered.
    pub answered_at: Option<String>,
    /// The person who answered, or the person that an API key acts as.
    pub answered_by: Option<String>,
    /// The holder's claim.
    pub claim: DisputeClaim,
    /// Always `CNY`.
    pub currency: Currency,
    /// When the card company decided.
    pub decided_at: Option<String>,
    /// The transaction that decided it, 12 digits.
    pub decision_id: Option<String>,
    /// Reference number of the opening, 12 digits.
    pub id: String,
    /// When the card company opened it.
    pub opened_at: String,
    /// The card company's decision in words.
    pub opinion: Option<String>,
    /// The order.
    pub order_id: String,
    /// The payment.
    pub payment_id: String,
    /// `opened` (waiting for your answer), `answered` (waiting for the card company), `upheld` (paid back), `rejected`.
    pub status: DisputeStatus,
    /// The holder's words.
    pub words: String,
}

/// Your answer to a dispute. It can be given once.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewDisputeAnswer {
    /// Agree with the holder. The card company still decides, and pays from what you are owed.
    pub accept: bool,
    /// Why, in words.
    pub words: String,
}

/// The result of an answer.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct DisputeAnswer {
    /// Why the answer was not accepted.
    pub decline: Option<DeclineReason>,
    /// The current state of the dispute.
    pub dispute: Dispute,
    /// Retrieval reference number, 12 digits; null while the outcome is unknown.
    pub id: Option<String>,
    /// Response code of ISO 8583 field 39.
    pub response_code: String,
    /// `approved`: the answer is on record. `declined`: it is not, see `decline`.
    pub status: Status,
}
