//! Reading confirmed settlements. They cover the whole merchant, so a key bound to an outlet sees none.

use axum::Json;
use axum::extract::State;
use domain::ids::TransactionId;
use domain::settlement::Settlement;
use serde::Deserialize;
use storage::settlement;

use crate::Api;
use crate::caller::{Caller, Path, Query};
use crate::cursor::{self, Cursor};
use crate::model::List;
use crate::model::settlement::SettlementResource;
use crate::payments::rrn;
use crate::problem::Problem;

/// The cursor of the list.
struct Settled(TransactionId);

impl Cursor for Settled {
    const KIND: char = 's';

    fn text(&self) -> String {
        self.0.0.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(|id| Self(TransactionId(id)))
    }
}

/// The query of `GET /settlements`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettlementQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /settlements`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<SettlementQuery>,
) -> Result<Json<List<SettlementResource>>, Problem> {
    let limit = cursor::limit(query.limit)?;
    let after = Settled::of(query.cursor.as_deref())?.map(|cursor| cursor.0);
    let reach = caller.reach();
    let found = match reach.outlet {
        Some(_) => Vec::new(),
        None => settlement::list_of(&api.storage, reach.merchant, after, limit + 1).await?,
    };
    let cursor = |one: &Settlement| Settled(one.id).cursor();
    Ok(Json(List::page(found, limit, cursor, |one| SettlementResource::from(one))))
}

/// `GET /settlements/{id}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<SettlementResource>, Problem> {
    let absent = || Problem::not_found("There is no such settlement.");
    let reach = caller.reach();
    let id = rrn(&id).filter(|_| reach.outlet.is_none()).ok_or_else(absent)?;
    let found = settlement::find(&api.storage, id, Some(reach.merchant)).await?.ok_or_else(absent)?;
    Ok(Json(SettlementResource::from(&found.settlement)))
}
