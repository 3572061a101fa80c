//! 争议: what card holders contest of the own merchant's sales. The page of one is [`web_kit::dispute::case`].

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use domain::command::Command;
use domain::dispute::Answer;
use serde::Deserialize;
use web_kit::Web;
use web_kit::dispute::list::List;
use web_kit::dispute::{OWN, case};
use web_kit::flash::Flash;
use web_kit::page::{self, render};
use web_kit::problem::Problem;
use web_kit::session::Session;

use crate::{Page, Shell};

#[derive(Template)]
#[template(path = "disputes.html")]
struct View {
    shell: Shell,
    list: List,
}

/// What the address says.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    before: String,
}

/// The list.
pub(crate) async fn list(
    State(web): State<Web>,
    session: Session,
    page: Page,
    flash: Flash,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let list = List::load(&web, &session, page.shared(), OWN, ("", &asked.before)).await?;
    Ok(render(&View { shell: page.shell(&session, &flash, OWN), list }).into_response())
}

/// One of them.
pub(crate) async fn one(
    State(web): State<Web>,
    session: Session,
    page: page::Page,
    flash: Flash,
    Path(rrn): Path<String>,
    Query(asked): Query<case::Asked>,
) -> Result<Response, Problem> {
    let found = case::find(&web, &session, &rrn).await?;
    case::look(&web, &session, page, &flash, found, &asked, None).await
}

/// The merchant answers.
pub(crate) async fn answer(
    State(web): State<Web>,
    session: Session,
    page: page::Page,
    flash: Flash,
    Path(rrn): Path<String>,
    Form(fields): Form<case::Fields>,
) -> Result<Response, Problem> {
    let found = case::find(&web, &session, &rrn).await?;
    let (order, dispute) = (found.dispute.order, found.dispute.id);
    let command = |accept, words| Command::DisputeAnswer(Answer { order, dispute, accept, words });
    case::send(&web, &session, page, &flash, found, fields, command).await
}
