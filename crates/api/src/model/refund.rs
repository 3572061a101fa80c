//! Refunds: requested by one party, decided by another.

use domain::ids::TransactionId;
use domain::ledger::Transaction;
use domain::refund::Refund;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CNY, DeclineReason, Status, time};

/// A refund request.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "payment_id": "010000000042", "lines": [{"line": 1, "quantity": 1}], "ground": "quality",
    "reason": "Box was damaged"
}))]
pub(crate) struct NewRefund {
    /// The payment.
    #[schema(pattern = "^[0-9]{12}$")]
    pub(crate) payment_id: String,
    /// Lines and quantities; by default everything not refunded yet.
    #[schema(min_items = 1, max_items = 200)]
    pub(crate) lines: Option<Vec<NewRefundLine>>,
    /// Class of reason. Drugs can be returned only for quality reasons or the shop's own mistake.
    pub(crate) ground: RefundGround,
    /// The reason in words.
    #[schema(min_length = 2, max_length = 100)]
    pub(crate) reason: String,
    /// Ask the card company, because the shop's refund window is over or the shop has no second person to decide.
    #[serde(default)]
    #[schema(default = false)]
    pub(crate) escalate: bool,
}

/// A quantity of one line.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRefundLine {
    /// The line's number in the order.
    #[schema(minimum = 1, maximum = 1000)]
    pub(crate) line: i64,
    /// Quantity.
    #[schema(minimum = 1, maximum = 999)]
    pub(crate) quantity: i64,
}

/// Class of reason.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundGround {
    /// The goods are faulty.
    Quality,
    /// The shop sold or charged the wrong thing.
    ShopError,
    /// The customer no longer wants them.
    ChangedMind,
}

impl From<RefundGround> for domain::refund::Ground {
    fn from(ground: RefundGround) -> Self {
        match ground {
            RefundGround::Quality => Self::Quality,
            RefundGround::ShopError => Self::ShopError,
            RefundGround::ChangedMind => Self::ChangedMind,
        }
    }
}

/// State of a request that was declined, so that no refund exists.
pub(crate) const DECLINED: &str = "declined";
/// State of a request whose outcome is not known.
pub(crate) const UNKNOWN: &str = "unknown";

/// A refund, from request to decision.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Refund, example = json!({
    "object": "refund", "id": "010000000044", "status": "requested", "decline": null, "payment_id": "010000000042",
    "order_id": "1882310000000000001", "lines": [{"line": 1, "quantity": 1, "amount": 1550}], "amount": 1550,
    "currency": "CNY", "ground": "quality", "reason": "Box was damaged", "requested_by": "9006",
    "requested_at": "2026-11-23T02:30:00Z", "decided_by": null, "decided_at": null, "opinion": null,
    "decision_id": null
}))]
pub(crate) struct RefundResource {
    /// Always `refund`.
    object: &'static str,
    /// Reference number of the request, 12 digits; null while the outcome is unknown.
    id: Option<String>,
    /// `requested`, `escalated` (waiting for the card company), `approved` (paid back), `rejected`; `declined` if the
    /// request was not accepted; `unknown` while the outcome is not known.
    status: &'static str,
    /// Why the request was not accepted.
    decline: Option<DeclineReason>,
    /// The payment.
    payment_id: Option<String>,
    /// Its order.
    order_id: Option<String>,
    /// The returned goods.
    lines: Vec<RefundLineResource>,
    /// Fen.
    #[schema(minimum = 0)]
    amount: i64,
    /// Always `CNY`.
    currency: &'static str,
    /// Class of reason.
    ground: Option<&'static str>,
    /// The reason in words.
    reason: Option<String>,
    /// The applicant: a person, or the person that an API key acts as.
    requested_by: Option<String>,
    /// When it was requested.
    #[schema(format = DateTime)]
    requested_at: Option<String>,
    /// The reviewer.
    decided_by: Option<String>,
    /// When it was decided.
    #[schema(format = DateTime)]
    decided_at: Option<String>,
    /// The decision in words.
    opinion: Option<String>,
    /// The transaction that decided it, 12 digits.
    decision_id: Option<String>,
}

/// The returned quantity of one line.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = RefundLine)]
pub(crate) struct RefundLineResource {
    /// The line's number in the order.
    line: i64,
    /// Quantity.
    quantity: i64,
    /// Fen.
    amount: i64,
}

impl RefundResource {
    /// A recorded refund; `sale` paid the order.
    pub(crate) fn recorded(refund: &Refund, sale: Option<TransactionId>) -> Self {
        let line = |line: &domain::refund::RefundLine| RefundLineResource {
            line: line.line,
            quantity: line.quantity,
            amount: line.amount.0,
        };
        Self {
            object: "refund",
            id: Some(refund.id.rrn()),
            status: refund.status.word(),
            decline: None,
            payment_id: sale.map(TransactionId::rrn),
            order_id: Some(refund.order.to_string()),
            lines: refund.lines.iter().map(line).collect(),
            amount: refund.amount.0,
            currency: CNY,
            ground: Some(refund.ground.word()),
            reason: Some(refund.reason.clone()),
            requested_by: Some(refund.applicant.to_string()),
            requested_at: Some(time(refund.requested_at)),
            decided_by: refund.reviewer.map(|id| id.to_string()),
            decided_at: refund.decided_at.map(time),
            opinion: Some(refund.opinion.clone()).filter(|_| refund.decided_at.is_some()),
            decision_id: refund.decided_by.map(TransactionId::rrn),
        }
    }

    /// A request that was declined, or whose outcome is not known.
    pub(crate) fn without(t: Option<&Transaction>) -> Self {
        Self {
            object: "refund",
            id: t.map(|t| t.id.rrn()),
            status: if t.is_some() { DECLINED } else { UNKNOWN },
            decline: t.and_then(|t| t.decline).map(Into::into),
            payment_id: t.and_then(|t| t.original).map(TransactionId::rrn),
            order_id: t.and_then(|t| t.order).map(|id| id.to_string()),
            lines: Vec::new(),
            amount: t.map_or(0, |t| t.amount.0),
            currency: CNY,
            ground: None,
            reason: None,
            requested_by: t.map(|t| t.actor.person.to_string()),
            requested_at: t.map(|t| time(t.at)),
            decided_by: None,
            decided_at: None,
            opinion: None,
            decision_id: None,
        }
    }
}

/// Approval of a refund.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"card_number": "6086250000010012", "opinion": "Goods are back"}))]
pub(crate) struct Approval {
    /// The card that paid, as a check; the money goes back to that card and no other.
    #[schema(min_length = 16, max_length = 19, pattern = "^[0-9]{16,19}$")]
    pub(crate) card_number: String,
    /// The decision in words.
    #[schema(min_length = 2, max_length = 100)]
    pub(crate) opinion: String,
}

/// Rejection of a refund.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"opinion": "Goods are not back"}))]
pub(crate) struct Rejection {
    /// The decision in words.
    #[schema(min_length = 2, max_length = 100)]
    pub(crate) opinion: String,
}

/// The result of a decision.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "object": "refund_decision", "id": "010000000045", "status": "approved", "response_code": "00", "decline": null,
    "refund": {
        "object": "refund", "id": "010000000044", "status": "approved", "decline": null,
        "payment_id": "010000000042", "order_id": "1882310000000000001",
        "lines": [{"line": 1, "quantity": 1, "amount": 1550}], "amount": 1550, "currency": "CNY",
        "ground": "quality", "reason": "Box was damaged", "requested_by": "9006",
        "requested_at": "2026-11-23T02:30:00Z", "decided_by": "9007", "decided_at": "2026-11-23T02:40:00Z",
        "opinion": "Goods are back", "decision_id": "010000000045"
    }
}))]
pub(crate) struct RefundDecision {
    /// Always `refund_decision`.
    object: &'static str,
    /// Retrieval reference number, 12 digits; null while the outcome is unknown.
    id: Option<String>,
    /// `approved`: decided as asked. `declined`: not decided, see `decline`.
    status: Status,
    /// Response code of ISO 8583 field 39.
    response_code: &'static str,
    /// Why it was not decided.
    decline: Option<DeclineReason>,
    /// The current state of the refund.
    refund: RefundResource,
}

impl RefundDecision {
    pub(crate) fn of(t: Option<&Transaction>, refund: RefundResource) -> Self {
        Self {
            object: "refund_decision",
            id: t.map(|t| t.id.rrn()),
            status: t.map_or(Status::Unknown, Status::of),
            response_code: t.map_or("98", Transaction::code),
            decline: t.and_then(|t| t.decline).map(Into::into),
            refund,
        }
    }
}
