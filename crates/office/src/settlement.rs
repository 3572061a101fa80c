//! One settlement at the card company: its statement, its file, and the decision. The page is
//! [`web_kit::settlement::statement`].

use axum::Form;
use axum::extract::{Path, Query};
use axum::response::Response;
use domain::command::{Actor, Command};
use domain::refund::text_fits;
use domain::settlement::Verdict;
use web_kit::problem::Problem;
use web_kit::settlement::statement::{Params, find, view};
use web_kit::settlement::{OFFICE, export};
use web_kit::step::{self, Choice, Fields, Filled};
use web_kit::visit::Visit;

/// The page.
pub(crate) async fn show(
    visit: Visit,
    Path(rrn): Path<String>,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    let found = find(&visit.web, &rrn, None).await?;
    view(&visit, found, &params, None).await
}

/// Its transactions as a file.
pub(crate) async fn csv(visit: Visit, Path(rrn): Path<String>) -> Result<Response, Problem> {
    export::file(&visit, &rrn, None).await
}

/// Confirms or turns down.
pub(crate) async fn decide(
    visit: Visit,
    Path(rrn): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let found = find(&visit.web, &rrn, None).await?;
    let Choice { request, yes, words, .. } = fields.choice()?;
    if !text_fits(&words) {
        let texts = &visit.text().refund;
        let wrong = Some(if words.is_empty() { texts.opinion_empty } else { texts.opinion_length });
        let form = Filled { request, words, wrong };
        return view(&visit, found, &Params::default(), Some(form)).await;
    }
    let own = &found.settlement;
    let verdict = Verdict { merchant: own.merchant, settlement: own.id, confirm: yes, opinion: words.clone() };
    let command = Command::SettlementReview(verdict);
    let step = step::send(&visit.web, request, Actor::issuer(visit.session.person), command).await?;
    step.redirect(&visit, &step::address(&format!("{OFFICE}/{}", own.id.rrn()), &[], request), &[&words])
}
