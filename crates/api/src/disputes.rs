//! Disputes: opened and decided by the card company, answered by the merchant.

use axum::extract::State;
use axum::response::Response;
use domain::command::Command;
use domain::dispute::{Answer, Dispute, DisputeStatus};
use domain::ids::TransactionId;
use serde::Deserialize;
use storage::dispute::{self, Case};

use crate::Api;
use crate::caller::{Caller, Json, Path, Query};
use crate::cursor::{self, Cursor as _};
use crate::flight::Done;
use crate::model::List;
use crate::model::dispute::{DisputeAnswer, DisputeResource, NewDisputeAnswer};
use crate::payments::{answer, rrn};
use crate::problem::Problem;
use crate::refunds::{fitting, submit};

/// The query of `GET /disputes`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisputeQuery {
    status: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /disputes`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<DisputeQuery>,
) -> Result<axum::Json<List<DisputeResource>>, Problem> {
    let unknown = || Problem::parameter("status", "Not a state of a dispute.");
    let status = query.status.as_deref().map(|word| DisputeStatus::from_word(word).ok_or_else(unknown)).transpose()?;
    let limit = cursor::limit(query.limit)?;
    let after = TransactionId::of(query.cursor.as_deref())?;
    let found = dispute::list_of(&api.storage, caller.reach(), status, after, limit + 1).await?;
    let cursor = |(dispute, _): &(Dispute, TransactionId)| dispute.id.cursor();
    let resource = |(dispute, sale): &(Dispute, TransactionId)| DisputeResource::new(dispute, *sale);
    Ok(axum::Json(List::page(found, limit, cursor, resource)))
}

async fn find(api: &Api, caller: &Caller, id: &str) -> Result<Case, Problem> {
    let absent = || Problem::not_found("There is no such dispute.");
    let id = rrn(id).ok_or_else(absent)?;
    dispute::find(&api.storage, Some(caller.reach()), id).await?.ok_or_else(absent)
}

/// `GET /disputes/{id}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<DisputeResource>, Problem> {
    let case = find(&api, &caller, &id).await?;
    Ok(axum::Json(DisputeResource::new(&case.dispute, case.sale.id)))
}

/// `POST /disputes/{id}/answer`
pub(crate) async fn answer_to(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<NewDisputeAnswer>,
) -> Result<Response, Problem> {
    fitting("words", &body.words)?;
    let case = find(&api, &caller, &id).await?;
    let dispute = &case.dispute;
    let claim = caller.claim("answerDispute", &(dispute.id.0, &body))?;
    let answered = Answer { order: dispute.order, dispute: dispute.id, accept: body.accept, words: body.words };
    let done = submit(&api, &caller, claim, &case.sale, Command::DisputeAnswer(answered)).await?;
    let now = find(&api, &caller, &id).await?;
    let now = DisputeResource::new(&now.dispute, now.sale.id);
    Ok(match done {
        Done::Known(transaction) => answer(true, DisputeAnswer::of(Some(&transaction), now)),
        Done::Unknown => answer(false, DisputeAnswer::of(None, now)),
    })
}
