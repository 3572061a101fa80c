//! 结算单: the own merchant's settlements. The statement of one is [`web_kit::settlement::statement`].

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use storage::settlement::Filter;
use web_kit::Web;
use web_kit::flash::Flash;
use web_kit::page::{self, render};
use web_kit::problem::Problem;
use web_kit::session::Session;
use web_kit::settlement::list::List;
use web_kit::settlement::{OWN, export, statement};

use crate::{Page, Shell};

#[derive(Template)]
#[template(path = "settlements.html")]
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
    let filter = Filter::Of(session.shop()?.merchant);
    let list = List::load(&web, page.shared(), OWN, (filter, ""), &asked.before).await?;
    Ok(render(&View { shell: page.shell(&session, &flash, OWN), list }).into_response())
}

/// One of them.
pub(crate) async fn one(
    State(web): State<Web>,
    session: Session,
    page: page::Page,
    flash: Flash,
    Path(rrn): Path<String>,
    Query(asked): Query<statement::Asked>,
) -> Result<Response, Problem> {
    let found = statement::find(&web, &rrn, Some(session.shop()?.merchant)).await?;
    statement::look(&web, &session, page, &flash, found, &asked, None).await
}

/// Its transactions as a file.
pub(crate) async fn csv(
    State(web): State<Web>,
    session: Session,
    page: Page,
    Path(rrn): Path<String>,
) -> Result<Response, Problem> {
    export::file(&web, &session, page.text, &rrn, Some(session.shop()?.merchant)).await
}
