//! One dispute at the card company. The page is [`web_kit::dispute::case`]. Upholding one pays money back, so a page asks
//! again, with the amount in figures and in words.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::command::Command;
use domain::dispute::Verdict;
use domain::money::Fen;
use domain::refund::text_fits;
use storage::dispute::Case;
use web_kit::dispute::case::{self, Params};
use web_kit::dispute::{OFFICE, store_name};
use web_kit::page::{Shell, render};
use web_kit::problem::Problem;
use web_kit::step::{Choice, Fields};
use web_kit::text::Words as _;
use web_kit::visit::Visit;

use crate::text::Text;

#[derive(Template)]
#[template(path = "dispute_confirm.html")]
struct Question {
    shell: Shell,
    text: &'static Text,
    path: String,
    choice: Choice,
    amount: Fen,
    card: String,
    place: String,
}

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
    let choice = fields.choice()?;
    if choice.yes && !choice.sure && text_fits(&choice.words) {
        return Ok(ask(&visit, &found, choice));
    }
    let (order, dispute) = (found.dispute.order, found.dispute.id);
    let command = |uphold, words| Command::DisputeReview(Verdict { order, dispute, uphold, words });
    case::send(&visit, found, fields, command).await
}

/// Asks again before money goes back.
fn ask(visit: &Visit, found: &Case, choice: Choice) -> Response {
    let question = Question {
        text: Text::of(visit.page.lang),
        path: format!("{OFFICE}/{}", found.dispute.id.rrn()),
        choice,
        amount: found.dispute.amount,
        card: found.sale.masked.grouped(),
        place: store_name(&found.merchant, &found.outlet, visit.text()),
        shell: visit.shell(OFFICE),
    };
    render(&question).into_response()
}
