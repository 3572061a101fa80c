//! 结算单: the own merchant's settlements. The statement of one is [`web_kit::settlement::statement`].

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use storage::settlement::Filter;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::settlement::list::List;
use web_kit::settlement::{OWN, export, statement};

use crate::{Shell, Visit};

#[derive(Template)]
#[template(path = "settlements.html")]
struct View {
    shell: Shell,
    list: List,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    before: String,
}

/// The list.
pub(crate) async fn list(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let filter = Filter::Of(visit.session.merchant()?);
    let list = List::load(&visit, OWN, (filter, ""), &params.before).await?;
    Ok(render(&View { shell: visit.shell(OWN), list }).into_response())
}

/// One of them.
pub(crate) async fn one(
    visit: web_kit::visit::Visit,
    Path(rrn): Path<String>,
    Query(params): Query<statement::Params>,
) -> Result<Response, Problem> {
    let found = statement::find(&visit.web, &rrn, Some(visit.session.merchant()?)).await?;
    statement::view(&visit, found, &params, None).await
}

/// Its transactions as a file.
pub(crate) async fn csv(visit: Visit, Path(rrn): Path<String>) -> Result<Response, Problem> {
    export::file(&visit, &rrn, Some(visit.session.merchant()?)).await
}
