//! Refunds: requested by one key, decided by another key or by a person.

use axum::extract::State;
use axum::response::Response;
use domain::command::Command;
use domain::ids::TransactionId;
use domain::ledger::{Kind, Transaction};
use domain::refund::{Refund, RefundStatus, Request, Review, SoldLine, refundable, text_fits};
use serde::Deserialize;
use storage::human;
use storage::idempotency::{self, Claim, PriorUse};
use storage::merchant::{self, MerchantOrder};

use crate::Api;
use crate::caller::{Caller, Json, Path, Query};
use crate::cursor::{self, Cursor as _};
use crate::flight::{self, Done};
use crate::model::List;
use crate::model::refund::{Approval, NewRefund, RefundDecision, RefundResource, Rejection};
use crate::payments::{answer, present, rrn, sale};
use crate::problem::{Code, Problem};

/// `POST /refunds`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Json(body): Json<NewRefund>,
) -> Result<Response, Problem> {
    fitting("reason", &body.reason)?;
    if body.lines.as_ref().is_some_and(|lines| !(1..=200).contains(&lines.len())) {
        return Err(Problem::invalid("lines", "From 1 to 200 lines."));
    }
    let sold = sale(&api, &caller, &body.payment_id).await.map_err(|problem| match problem.code {
        Code::NotFound => Problem::not_found("There is no such payment."),
        _ => problem,
    })?;
    let claim = caller.claim("createRefund", &body)?;
    let order = match sold.order {
        Some(order) => merchant::order(&api.storage, caller.reach(), order).await?,
        None => None,
    };
    let order = order.ok_or_else(|| Problem::not_found("This payment has no order."))?;
    let request = Request {
        order: order.order.id,
        lines: pieces(&order, &body),
        ground: body.ground.into(),
        reason: body.reason,
        escalate: body.escalate,
    };
    let done = submit(&api, &caller, claim, &sold, Command::RefundRequest(request)).await?;
    Ok(match done {
        Done::Known(transaction) if transaction.approved() => {
            let refund = merchant::refund(&api.storage, caller.reach(), transaction.id).await?;
            let refund = refund.ok_or_else(|| Problem::new(Code::Internal, ""))?;
            answer(true, as_requested(refund, &sold))
        }
        Done::Known(transaction) => answer(true, RefundResource::without(Some(&transaction))),
        Done::Unknown => answer(false, RefundResource::without(None)),
    })
}

/// The refund as the request left it, so that a repeated request gets the same answer after a decision.
fn as_requested(refund: Refund, sold: &Transaction) -> RefundResource {
    let decided = !refund.status.is_open();
    let status = if decided { RefundStatus::Requested } else { refund.status };
    let open = Refund { status, reviewer: None, decided_at: None, opinion: String::new(), decided_by: None, ..refund };
    RefundResource::recorded(&open, Some(sold.id))
}

/// The requested lines and quantities, or everything not refunded yet.
fn pieces(order: &MerchantOrder, body: &NewRefund) -> Vec<(i64, i64)> {
    if let Some(lines) = &body.lines {
        return lines.iter().map(|line| (line.line, line.quantity)).collect();
    }
    let sold = order.lines.iter().map(|line| SoldLine {
        line: line.line,
        price: line.price,
        quantity: line.quantity,
        drug: true,
    });
    let left = refundable(&sold.collect::<Vec<_>>(), &order.refunds).into_iter().filter(|(_, left)| *left > 0);
    left.map(|(line, left)| (line.line, left)).collect()
}

pub(crate) fn fitting(field: &'static str, text: &str) -> Result<(), Problem> {
    let plain = !text.chars().any(char::is_control);
    if text_fits(text) && plain { Ok(()) } else { Err(Problem::invalid(field, "2 to 100 characters.")) }
}

/// Claims the key and submits the command to the money path, at the sale's terminal or the key's own.
pub(crate) async fn submit(
    api: &Api,
    caller: &Caller,
    claim: Claim,
    sold: &Transaction,
    command: Command,
) -> Result<Done, Problem> {
    let actor = match caller.key.terminal {
        Some(_) => caller.at_terminal(api, None).await?,
        None => caller.at(sold.actor.outlet, sold.actor.terminal),
    };
    let (work, request, now) = (api.clone(), claim.request, caller.now);
    flight::once(api, caller, async move {
        match idempotency::claim(&work.storage, claim, now).await? {
            PriorUse::New | PriorUse::Same { .. } => {}
            PriorUse::Other => return Err(Problem::new(Code::IdempotencyConflict, "")),
        }
        flight::submit(&work, actor, request, command).await
    })
    .await
}

/// `POST /refunds/{id}/approve`
pub(crate) async fn approve(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<Approval>,
) -> Result<Response, Problem> {
    fitting("opinion", &body.opinion)?;
    let refund = find(&api, &caller, &id).await?;
    let (card, _) = present(&api, &body.card_number).await?;
    let claim = caller.claim("approveRefund", &(refund.id.0, card.key.0, &body.opinion))?;
    decide(&api, &caller, claim, refund, Some(card), body.opinion).await
}

/// `POST /refunds/{id}/reject`
pub(crate) async fn reject(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<Rejection>,
) -> Result<Response, Problem> {
    fitting("opinion", &body.opinion)?;
    let refund = find(&api, &caller, &id).await?;
    let claim = caller.claim("rejectRefund", &(refund.id.0, &body.opinion))?;
    decide(&api, &caller, claim, refund, None, body.opinion).await
}

async fn decide(
    api: &Api,
    caller: &Caller,
    claim: Claim,
    refund: Refund,
    card: Option<domain::command::PresentedCard>,
    opinion: String,
) -> Result<Response, Problem> {
    // The money path declines it as well; here it needs no record.
    let (applicant, reviewer) = (refund.applicant, caller.key.person);
    if human::logins(&api.storage, vec![applicant, reviewer]).await?.same_human(applicant, reviewer, caller.now) {
        return Err(Problem::new(Code::SamePerson, ""));
    }
    let order = merchant::order(&api.storage, caller.reach(), refund.order).await?;
    let sold = match order.and_then(|order| order.order.paid_by) {
        Some(id) => merchant::transaction(&api.storage, caller.reach(), id).await?,
        None => None,
    };
    let sold = sold.ok_or_else(|| Problem::not_found("There is no such refund."))?;
    let review = Review { order: refund.order, refund: refund.id, card: card.map(Into::into), opinion };
    let done = submit(api, caller, claim, &sold, Command::RefundReview(review)).await?;
    let now = merchant::refund(&api.storage, caller.reach(), refund.id).await?.unwrap_or(refund);
    let now = RefundResource::recorded(&now, Some(sold.id));
    Ok(match done {
        Done::Known(transaction) => answer(true, RefundDecision::of(Some(&transaction), now)),
        Done::Unknown => answer(false, RefundDecision::of(None, now)),
    })
}

async fn find(api: &Api, caller: &Caller, id: &str) -> Result<Refund, Problem> {
    let absent = || Problem::not_found("There is no such refund.");
    let id = rrn(id).ok_or_else(absent)?;
    merchant::refund(&api.storage, caller.reach(), id).await?.ok_or_else(absent)
}

async fn paid_by(api: &Api, caller: &Caller, refund: &Refund) -> Result<Option<TransactionId>, Problem> {
    let order = merchant::order(&api.storage, caller.reach(), refund.order).await?;
    Ok(order.and_then(|order| order.order.paid_by))
}

/// `GET /refunds/{id}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<RefundResource>, Problem> {
    let absent = || Problem::not_found("There is no such refund.");
    let id = rrn(&id).ok_or_else(absent)?;
    if let Some(refund) = merchant::refund(&api.storage, caller.reach(), id).await? {
        let sale = paid_by(&api, &caller, &refund).await?;
        return Ok(axum::Json(RefundResource::recorded(&refund, sale)));
    }
    let declined = merchant::transaction(&api.storage, caller.reach(), id).await?;
    let declined = declined.filter(|one| one.kind == Kind::RefundRequest).ok_or_else(absent)?;
    Ok(axum::Json(RefundResource::without(Some(&declined))))
}

/// The query of `GET /refunds`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundQuery {
    status: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /refunds`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<RefundQuery>,
) -> Result<axum::Json<List<RefundResource>>, Problem> {
    let status = match query.status.as_deref() {
        Some(word) => Some(
            RefundStatus::from_word(word).ok_or_else(|| Problem::parameter("status", "Not a state of a refund."))?,
        ),
        None => None,
    };
    let limit = cursor::limit(query.limit)?;
    let after = TransactionId::of(query.cursor.as_deref())?;
    let found = merchant::refunds(&api.storage, caller.reach(), status, after, limit + 1).await?;
    let mut rows = Vec::with_capacity(found.len());
    for refund in found {
        let sale = paid_by(&api, &caller, &refund).await?;
        rows.push((refund, sale));
    }
    let resource = |(refund, sale): &(Refund, Option<TransactionId>)| RefundResource::recorded(refund, *sale);
    Ok(axum::Json(List::page(rows, limit, |(refund, _)| refund.id.cursor(), resource)))
}
