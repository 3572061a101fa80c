//! One dispute at the card company. The page is [`web_kit::dispute::case`].

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::command::Command;
use domain::dispute::Verdict;
use web_kit::Web;
use web_kit::dispute::case::{self, Asked, Fields};
use web_kit::flash::Flash;
use web_kit::page::Page;
use web_kit::problem::Problem;
use web_kit::session::Session;

/// The page.
pub(crate) async fn show(
    State(web): State<Web>,
    session: Session,
    page: Page,
    flash: Flash,
    Path(rrn): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let found = case::find(&web, &session, &rrn).await?;
    case::look(&web, &session, page, &flash, found, &asked, None).await
}

/// The card company decides.
pub(crate) async fn decide(
    State(web): State<Web>,
    session: Session,
    page: Page,
    flash: Flash,
    Path(rrn): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let found = case::find(&web, &session, &rrn).await?;
    let (order, dispute) = (found.dispute.order, found.dispute.id);
    let command = |uphold, words| Command::DisputeReview(Verdict { order, dispute, uphold, words });
    case::send(&web, &session, page, &flash, found, fields, command).await
}
