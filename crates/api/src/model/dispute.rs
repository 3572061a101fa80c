//! Disputes.

use domain::dispute::Dispute;
use domain::ids::TransactionId;
use domain::ledger::Transaction;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CNY, DeclineReason, Status, time};

/// A payment that a card holder contests, from the card company's opening to its decision.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Dispute, example = json!({
    "object": "dispute", "id": "010000000061", "status": "answered", "payment_id": "010000000042",
    "order_id": "1882310000000000001", "amount": 1550, "currency": "CNY", "claim": "not_received",
    "words": "The box was not in the bag", "opened_at": "2026-11-25T02:30:00Z",
    "answer_until": "2026-12-02T02:30:00Z", "accepted": false, "answer": "Signed for at the counter",
    "answered_by": "1002", "answered_at": "2026-11-26T02:30:00Z", "opinion": null, "decided_at": null,
    "decision_id": null
}))]
pub(crate) struct DisputeResource {
    /// Always `dispute`.
    object: &'static str,
    /// Reference number of the opening, 12 digits.
    id: String,
    /// `opened` (waiting for your answer), `answered` (waiting for the card company), `upheld` (paid back), `rejected`.
    status: &'static str,
    /// The payment.
    payment_id: String,
    /// Its order.
    order_id: String,
    /// The contested amount, fen.
    #[schema(minimum = 1)]
    amount: i64,
    /// Always `CNY`.
    currency: &'static str,
    /// The holder's claim.
    claim: &'static str,
    /// The holder's words.
    words: String,
    /// When the card company opened it.
    #[schema(format = DateTime)]
    opened_at: String,
    /// The deadline for your answer.
    #[schema(format = DateTime)]
    answer_until: String,
    /// Whether you agreed with the holder.
    accepted: Option<bool>,
    /// Your answer in words.
    answer: Option<String>,
    /// The person who answered, or the person that an API key acts as.
    answered_by: Option<String>,
    /// When it was answered.
    #[schema(format = DateTime)]
    answered_at: Option<String>,
    /// The card company's decision in words.
    opinion: Option<String>,
    /// When it decided.
    #[schema(format = DateTime)]
    decided_at: Option<String>,
    /// The transaction that decided it, 12 digits.
    decision_id: Option<String>,
}

impl DisputeResource {
    /// A dispute; `sale` paid the order.
    pub(crate) fn new(dispute: &Dispute, sale: TransactionId) -> Self {
        let (answer, decision) = (dispute.answer.as_ref(), dispute.decision.as_ref());
        Self {
            object: "dispute",
            id: dispute.id.rrn(),
            status: dispute.status.word(),
            payment_id: sale.rrn(),
            order_id: dispute.order.to_string(),
            amount: dispute.amount.0,
            currency: CNY,
            claim: dispute.claim.word(),
            words: dispute.words.clone(),
            opened_at: time(dispute.opened_at),
            answer_until: time(dispute.answer_until),
            accepted: answer.map(|answer| answer.accept),
            answer: answer.map(|answer| answer.said.words.clone()),
            answered_by: answer.map(|answer| answer.said.by.to_string()),
            answered_at: answer.map(|answer| time(answer.said.at)),
            opinion: decision.map(|said| said.words.clone()),
            decided_at: decision.map(|said| time(said.at)),
            decision_id: decision.map(|said| said.transaction.rrn()),
        }
    }
}

/// Your answer to a dispute. It can be given once.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"accept": false, "words": "Signed for at the counter"}))]
pub(crate) struct NewDisputeAnswer {
    /// Agree with the holder. The card company still decides, and pays from what you are owed.
    pub(crate) accept: bool,
    /// Why, in words.
    #[schema(min_length = 2, max_length = 100)]
    pub(crate) words: String,
}

/// The result of an answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "object": "dispute_answer", "id": "010000000062", "status": "approved", "response_code": "00", "decline": null,
    "dispute": {
        "object": "dispute", "id": "010000000061", "status": "answered", "payment_id": "010000000042",
        "order_id": "1882310000000000001", "amount": 1550, "currency": "CNY", "claim": "not_received",
        "words": "The box was not in the bag", "opened_at": "2026-11-25T02:30:00Z",
        "answer_until": "2026-12-02T02:30:00Z", "accepted": false, "answer": "Signed for at the counter",
        "answered_by": "9006", "answered_at": "2026-11-26T02:30:00Z", "opinion": null, "decided_at": null,
        "decision_id": null
    }
}))]
pub(crate) struct DisputeAnswer {
    /// Always `dispute_answer`.
    object: &'static str,
    /// Retrieval reference number, 12 digits; null while the outcome is unknown.
    id: Option<String>,
    /// `approved`: the answer is on record. `declined`: it is not, see `decline`.
    status: Status,
    /// Response code of ISO 8583 field 39.
    response_code: &'static str,
    /// Why it was not accepted.
    decline: Option<DeclineReason>,
    /// The current state of the dispute.
    dispute: DisputeResource,
}

impl DisputeAnswer {
    pub(crate) fn of(t: Option<&Transaction>, dispute: DisputeResource) -> Self {
        Self {
            object: "dispute_answer",
            id: t.map(|t| t.id.rrn()),
            status: t.map_or(Status::Unknown, Status::of),
            response_code: t.map_or("98", Transaction::code),
            decline: t.and_then(|t| t.decline).map(Into::into),
            dispute,
        }
    }
}
