//! Orders, transactions and statements by time, and the outlets and terminals they belong to.

use axum::Json;
use axum::extract::State;
use domain::ids::{OrderId, OutletId, TransactionId};
use domain::ledger::Transaction;
use domain::order::OrderStatus;
use domain::time::{BusinessDate, HOUR, Timestamp};
use serde::Deserialize;
use storage::archive;
use storage::merchant::{self, OrderFilter, Window};

use crate::Api;
use crate::caller::{Caller, Path, Query};
use crate::cursor::{self, Cursor as _};
use crate::goods;
use crate::model::order::{OrderResource, StatementResource};
use crate::model::place::{MeResource, OutletResource, TerminalResource};
use crate::model::{List, TransactionResource, parse_time};
use crate::payments::rrn;
use crate::problem::{Code, Problem};

/// The longest period that a list covers.
const SPAN_MAX: i64 = 31 * 24 * HOUR;

/// `GET /me`
pub(crate) async fn me(State(api): State<Api>, caller: Caller) -> Result<Json<MeResource>, Problem> {
    let merchant = merchant::name(&api.storage, caller.key.merchant).await?;
    let (number, _) = merchant.ok_or_else(|| Problem::new(Code::Internal, ""))?;
    Ok(Json(MeResource::new(&caller.key, number)))
}

/// `GET /outlets`
pub(crate) async fn outlets(State(api): State<Api>, caller: Caller) -> Result<Json<List<OutletResource>>, Problem> {
    let found = merchant::outlets(&api.storage, caller.reach()).await?;
    Ok(Json(List::all(found.iter().map(Into::into).collect())))
}

/// The query of `GET /terminals`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TerminalQuery {
    outlet_id: Option<String>,
}

/// `GET /terminals`
pub(crate) async fn terminals(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<TerminalQuery>,
) -> Result<Json<List<TerminalResource>>, Problem> {
    let outlet = match query.outlet_id {
        Some(text) => {
            let digits = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            let refused = || Problem::parameter("outlet_id", "An id of an outlet.");
            Some(OutletId(text.parse().ok().filter(|_| digits).ok_or_else(refused)?))
        }
        None => None,
    };
    let found = merchant::terminals(&api.storage, caller.reach(), outlet, caller.key.terminal).await?;
    Ok(Json(List::all(found.iter().map(Into::into).collect())))
}

/// The period of a list: by default today.
fn span(from: Option<&str>, until: Option<&str>, now: Timestamp) -> Result<(Timestamp, Timestamp), Problem> {
    let moment = |name: &'static str, text: Option<&str>| match text {
        Some(text) => {
            let refused = || Problem::parameter(name, "RFC 3339, such as 2026-11-23T00:00:00Z.");
            // Most URL decoders turn a plus into a space.
            parse_time(&text.replace(' ', "+")).map(Some).ok_or_else(refused)
        }
        None => Ok(None),
    };
    let until = moment("until", until)?.unwrap_or(now.plus(1));
    let today = until.min(now).business_date().start().unwrap_or(until);
    let from = moment("from", from)?.unwrap_or(today.min(until));
    let length = until.since(from);
    if (0..=SPAN_MAX).contains(&length) {
        Ok((from, until))
    } else {
        Err(Problem::parameter("until", "Not before from, and at most 31 days after it."))
    }
}

/// Refuses a period that is archived, rather than returning part of it.
async fn not_archived(api: &Api, from: Timestamp) -> Result<(), Problem> {
    match archive::archived_until(&api.storage).await? {
        Some(day) if from.business_date() <= day => Err(Problem::new(
            Code::Archived,
            format!("Everything up to {day} is in the archive; start after that day."),
        )),
        _ => Ok(()),
    }
}

/// The query of `GET /orders`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderQuery {
    from: Option<String>,
    until: Option<String>,
    status: Option<String>,
    merchant_order_number: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /orders`
pub(crate) async fn orders(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<OrderQuery>,
) -> Result<Json<List<OrderResource>>, Problem> {
    let span = span(query.from.as_deref(), query.until.as_deref(), caller.now)?;
    let status = match query.status.as_deref() {
        Some(word) => {
            let refused = || Problem::parameter("status", "Not a state of an order.");
            Some(OrderStatus::from_word(word).ok_or_else(refused)?)
        }
        None => None,
    };
    if query.merchant_order_number.as_ref().is_some_and(|number| !goods::fits(number, 1, 64)) {
        return Err(Problem::parameter("merchant_order_number", "1 to 64 characters."));
    }
    let limit = cursor::limit(query.limit)?;
    not_archived(&api, span.0).await?;
    let after = OrderId::of(query.cursor.as_deref())?;
    let filter = OrderFilter { status, merchant_number: query.merchant_order_number };
    let found = merchant::orders(&api.storage, caller.reach(), span, after, filter, limit + 1).await?;
    Ok(Json(List::page(found, limit, |one| one.order.id.cursor(), |one| OrderResource::from(one))))
}

/// `GET /orders/{id}`
pub(crate) async fn order(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<OrderResource>, Problem> {
    let absent = || Problem::not_found("There is no such order.");
    let digits = id.bytes().all(|byte| byte.is_ascii_digit());
    let id = id.parse().ok().filter(|_| digits).map(OrderId).ok_or_else(absent)?;
    let found = merchant::order(&api.storage, caller.reach(), id).await?.ok_or_else(absent)?;
    Ok(Json(OrderResource::from(&found)))
}

/// The query of `GET /transactions`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransactionQuery {
    from: Option<String>,
    until: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /transactions`
pub(crate) async fn transactions(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<TransactionQuery>,
) -> Result<Json<List<TransactionResource>>, Problem> {
    let span = span(query.from.as_deref(), query.until.as_deref(), caller.now)?;
    Ok(Json(page(&api, &caller, span, query.cursor.as_deref(), query.limit).await?))
}

async fn page(
    api: &Api,
    caller: &Caller,
    (from, until): (Timestamp, Timestamp),
    cursor: Option<&str>,
    limit: Option<u32>,
) -> Result<List<TransactionResource>, Problem> {
    let limit = cursor::limit(limit)?;
    not_archived(api, from).await?;
    let after = <(BusinessDate, TransactionId)>::of(cursor)?;
    let window = Window { from, until, after, limit: limit + 1 };
    let found = merchant::transactions(&api.storage, caller.reach(), window).await?;
    let cursor = |one: &Transaction| (one.business_date, one.id).cursor();
    Ok(List::page(found, limit, cursor, |one| TransactionResource::from(one)))
}

/// `GET /transactions/{id}`
pub(crate) async fn transaction(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<TransactionResource>, Problem> {
    let absent = || Problem::not_found("There is no such transaction.");
    let id = rrn(&id).ok_or_else(absent)?;
    let found = merchant::transaction(&api.storage, caller.reach(), id).await?.ok_or_else(absent)?;
    Ok(Json(TransactionResource::from(&found)))
}

/// The query of `GET /statements/{date}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatementQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /statements/{date}`
pub(crate) async fn statement(
    State(api): State<Api>,
    caller: Caller,
    Path(date): Path<String>,
    Query(query): Query<StatementQuery>,
) -> Result<Json<StatementResource>, Problem> {
    let absent = || Problem::not_found("There is no such day.");
    let day = BusinessDate::parse(&date).filter(|day| day.to_string() == date).ok_or_else(absent)?;
    let start = day.start().ok_or_else(absent)?;
    let span = (start, start.plus(24 * HOUR));
    let totals = merchant::day_totals(&api.storage, caller.reach(), day).await?;
    let page = page(&api, &caller, span, query.cursor.as_deref(), query.limit).await?;
    Ok(Json(StatementResource::new(date, &totals, page)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_covers_today_or_the_requested_period() {
        let now = Timestamp(1_795_400_760_000_000);
        let (from, until) = span(None, None, now).expect("a span");
        assert_eq!((from.date_time_text().as_str(), until), ("2026-11-23 00:00:00", now.plus(1)));
        let requested = span(Some("2026-11-01T00:00:00 08:00"), Some("2026-11-02T00:00:00Z"), now).expect("a span");
        assert_eq!(requested.1.since(requested.0), 32 * HOUR);
        assert!(span(Some("2026-11-01"), None, now).is_err());
        assert!(span(Some("2026-10-01T00:00:00Z"), None, now).is_err());
        assert!(span(Some("2026-11-24T00:00:00Z"), Some("2026-11-23T00:00:00Z"), now).is_err());
    }
}
