//! The resources of the API: plain nouns, amounts in fen, times in RFC 3339 UTC, ids as text.

use domain::event::EventKind;
use domain::ids::TransactionId;
use domain::ledger::Transaction;
use domain::outcome::{Class, Decline};
use domain::time::{BusinessDate, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) mod dispute;
pub(crate) mod order;
pub(crate) mod payment;
pub(crate) mod place;
pub(crate) mod product;
pub(crate) mod refund;
pub(crate) mod settlement;

/// The only currency.
pub(crate) const CNY: &str = "CNY";

/// The currency of an amount; amounts are whole fen (0.01 yuan).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) enum Currency {
    #[serde(rename = "CNY")]
    Cny,
}

/// A time in RFC 3339, UTC.
pub(crate) fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

/// Reads a time in RFC 3339 with any offset.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|at| Timestamp(at.as_microsecond()))
}

/// A calendar day.
pub(crate) fn date(date: BusinessDate) -> String {
    date.to_string()
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// Done as asked.
    Approved,
    /// On record; nothing moved.
    Declined,
    /// Not known yet. Ask again; never repeat with a new key.
    Unknown,
}

impl Status {
    pub(crate) fn of(transaction: &Transaction) -> Self {
        if transaction.approved() { Self::Approved } else { Self::Declined }
    }
}

/// Why an attempt was declined.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "code": "insufficient_funds", "response_code": "51", "advice": "retry", "detail": 1250
}))]
pub(crate) struct DeclineReason {
    /// The stable word of the reason.
    code: &'static str,
    /// Response code of ISO 8583 field 39, with UnionPay's meanings.
    #[schema(min_length = 2, max_length = 2)]
    response_code: &'static str,
    /// What to do: `retry` after correcting it, with a new key; `no_retry` with this card; `operator`: a person must
    /// act; `fault`: the system has a problem.
    advice: &'static str,
    /// The figure of the reason: fen short, a limit in fen, PIN tries left, or a date as yyyymmdd.
    detail: Option<i64>,
}

/// Every word of [`DeclineReason::advice`].
pub(crate) const ADVICE: [&str; 4] = ["retry", "no_retry", "operator", "fault"];

impl From<Decline> for DeclineReason {
    fn from(decline: Decline) -> Self {
        let advice = match decline.class() {
            Class::Approved | Class::Retry => "retry",
            Class::NoRetry => "no_retry",
            Class::Operator => "operator",
            Class::Fault => "fault",
        };
        Self { code: decline.word(), response_code: decline.code(), advice, detail: decline.detail() }
    }
}

/// A recorded attempt of any kind.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Transaction, example = json!({
    "object": "transaction", "id": "010000000042", "event": "payment.approved", "kind": "sale", "status": "approved",
    "response_code": "00", "decline": null, "amount": 1550, "currency": "CNY", "card": "608625******0012",
    "order_id": "1882310000000000001", "original_id": null, "outlet_id": "2501001", "terminal_id": "25010007",
    "operator_id": "9006", "approval_code": "123456", "stan": "000042", "batch": 1, "business_date": "2026-11-23",
    "created_at": "2026-11-23T02:26:00Z"
}))]
pub(crate) struct TransactionResource {
    /// Always `transaction`.
    object: &'static str,
    /// Retrieval reference number, 12 digits.
    #[schema(pattern = "^[0-9]{12}$")]
    id: String,
    /// The webhook event sent for it, if any.
    event: Option<&'static str>,
    /// `sale`, `inquiry`, `refund_request`, `refund_rejection`, `refund`, `void`, `reversal`, `batch_close` or `load`.
    kind: &'static str,
    /// Approved or declined.
    status: Status,
    /// Response code of ISO 8583 field 39.
    response_code: &'static str,
    /// Why it was declined.
    decline: Option<DeclineReason>,
    /// Fen; zero for an inquiry.
    #[schema(minimum = 0)]
    amount: i64,
    /// Always `CNY`.
    currency: &'static str,
    /// First six and last four digits of the card.
    card: Option<String>,
    /// The order it belongs to.
    order_id: Option<String>,
    /// The sale it refunds, voids, reverses or disputes.
    original_id: Option<String>,
    /// The outlet.
    outlet_id: String,
    /// The terminal.
    terminal_id: String,
    /// The person, or the person that an API key acts as.
    operator_id: String,
    /// Six digits, when approved (ISO 8583 field 38).
    approval_code: Option<String>,
    /// System trace audit number, six digits.
    stan: String,
    /// The terminal's batch.
    batch: i64,
    /// The business day, in China.
    #[schema(format = Date)]
    business_date: String,
    /// When it was recorded.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&Transaction> for TransactionResource {
    fn from(t: &Transaction) -> Self {
        Self {
            object: "transaction",
            id: t.id.rrn(),
            event: EventKind::of(t).map(EventKind::word),
            kind: t.kind.word(),
            status: Status::of(t),
            response_code: t.code(),
            decline: t.decline.map(Into::into),
            amount: t.amount.0,
            currency: CNY,
            card: card(t),
            order_id: t.order.map(|id| id.to_string()),
            original_id: t.original.map(TransactionId::rrn),
            outlet_id: t.actor.outlet.to_string(),
            terminal_id: t.actor.terminal.to_string(),
            operator_id: t.actor.person.to_string(),
            approval_code: t.approval_code.clone(),
            stan: t.id.stan(),
            batch: t.batch,
            business_date: date(t.business_date),
            created_at: time(t.at),
        }
    }
}

/// The masked card, if one was presented.
pub(crate) fn card(transaction: &Transaction) -> Option<String> {
    Some(transaction.masked.0.clone()).filter(|masked| !masked.is_empty())
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// Always `list`.
    object: &'static str,
    /// The rows, oldest first.
    pub(crate) data: Vec<T>,
    /// There are more rows now.
    has_more: bool,
    /// Returns the next page, or later the rows added since.
    next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A page of `limit` rows of `found`, which has one more if there are more; `cursor` identifies the last row shown.
    pub(crate) fn page<R>(
        mut found: Vec<R>,
        limit: u32,
        cursor: impl Fn(&R) -> String,
        resource: impl Fn(&R) -> T,
    ) -> Self {
        let has_more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next_cursor = found.last().map(cursor);
        Self { object: "list", data: found.iter().map(resource).collect(), has_more, next_cursor }
    }

    /// The complete list.
    pub(crate) fn all(data: Vec<T>) -> Self {
        Self { object: "list", data, has_more: false, next_cursor: None }
    }
}
