//! 争议: what card holders contest of the own merchant's sales. The page of one is [`web_kit::dispute::case`].

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::command::Command;
use domain::dispute::Answer;
use serde::Deserialize;
use web_kit::dispute::list::List;
use web_kit::dispute::{OWN, case};
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::step::Fields;

use crate::{Shell, Visit};

#[derive(Template)]
#[template(path = "disputes.html")]
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
    let list = List::load(&visit, OWN, ("", &params.before)).await?;
    Ok(render(&View { shell: visit.shell(OWN), list }).into_response())
}

/// One of them.
pub(crate) async fn one(
    visit: web_kit::visit::Visit,
    Path(rrn): Path<String>,
    Query(params): Query<case::Params>,
) -> Result<Response, Problem> {
    let found = case::find(&visit, &rrn).await?;
    case::view(&visit, found, &params, None).await
}

/// The merchant answers.
pub(crate) async fn answer(
    visit: web_kit::visit::Visit,
    Path(rrn): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let found = case::find(&visit, &rrn).await?;
    let (order, dispute) = (found.dispute.order, found.dispute.id);
    let command = |accept, words| Command::DisputeAnswer(Answer { order, dispute, accept, words });
    case::send(&visit, found, fields, command).await
}
