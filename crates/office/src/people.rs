//! 人员: everybody, as the card company keeps them. The pages are [`web_kit::people`].

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use axum::response::Response;
use web_kit::export::Kind;
use web_kit::people::{Desk, invite, list, one};
use web_kit::problem::Problem;
use web_kit::visit::Visit;

/// The list.
pub(crate) async fn show(visit: Visit, Query(params): Query<list::Params>) -> Result<Response, Problem> {
    let desk = Desk::company();
    list::show(&visit, &desk, params).await
}

/// The list as CSV.
pub(crate) async fn csv(visit: Visit, Query(params): Query<list::Params>) -> Result<Response, Problem> {
    let desk = Desk::company();
    list::file(&visit, &desk, params, Kind::Csv).await
}

/// The list as an Excel sheet.
pub(crate) async fn excel(visit: Visit, Query(params): Query<list::Params>) -> Result<Response, Problem> {
    let desk = Desk::company();
    list::file(&visit, &desk, params, Kind::Excel).await
}

/// The form of an invitation.
pub(crate) async fn ask(visit: Visit, Query(params): Query<invite::Params>) -> Result<Response, Problem> {
    let desk = Desk::company();
    invite::show(&visit, &desk, params).await
}

/// Invites.
pub(crate) async fn make(
    visit: Visit,
    headers: HeaderMap,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let desk = Desk::company();
    invite::make(&visit, &desk, invite::host(&headers), fields).await
}

/// One person.
pub(crate) async fn one(
    visit: Visit,
    Path(id): Path<i64>,
    Query(params): Query<one::Params>,
) -> Result<Response, Problem> {
    let desk = Desk::company();
    one::show(&visit, &desk, id, params).await
}

/// Changes, stops, helps.
pub(crate) async fn act(
    visit: Visit,
    Path(id): Path<i64>,
    headers: HeaderMap,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let desk = Desk::company();
    one::act(&visit, &desk, id, invite::host(&headers), fields).await
}
