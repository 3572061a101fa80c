//! One dispute at the card company. The page is [`web_kit::dispute::case`].

use axum::Form;
use axum::extract::{Path, Query};
use axum::response::Response;
use domain::command::Command;
use domain::dispute::Verdict;
use web_kit::dispute::case::{self, Params};
use web_kit::problem::Problem;
use web_kit::step::Fields;
use web_kit::visit::Visit;

/// The page.
pub(crate) async fn show(
    visit: Visit,
    Path(rrn): Path<String>,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    let found = case::find(&visit, &rrn).await?;
    case::view(&visit, found, &params, None).await
}

/// The card company decides.
pub(crate) async fn decide(
    visit: Visit,
    Path(rrn): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let found = case::find(&visit, &rrn).await?;
    let (order, dispute) = (found.dispute.order, found.dispute.id);
    let command = |uphold, words| Command::DisputeReview(Verdict { order, dispute, uphold, words });
    case::send(&visit, found, fields, command).await
}
