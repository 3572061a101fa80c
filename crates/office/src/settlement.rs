//! One settlement at the card company: its statement, its file, and the decision. The page is
//! [`web_kit::settlement::statement`].

use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use domain::command::{Actor, Command};
use domain::ids::RequestId;
use domain::outcome::Outcome;
use domain::refund::text_fits;
use domain::settlement::Verdict;
use engine::SubmitError;
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::problem::Problem;
use web_kit::settlement::statement::{Asked, Fields, Stage, find, look};
use web_kit::settlement::{OFFICE, export};
use web_kit::submit::submit;
use web_kit::visit::Visit;

/// The page.
pub(crate) async fn show(
    visit: Visit,
    Path(rrn): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let found = find(&visit.web, &rrn, None).await?;
    look(&visit, found, &asked, None).await
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
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    let confirm = match fields.action.as_str() {
        "ok" => true,
        "no" => false,
        _ => return Err(Problem::BadForm),
    };
    let opinion = fields.opinion.trim().to_owned();
    if !text_fits(&opinion) {
        let words = &visit.text().refund;
        let wrong = if opinion.is_empty() { words.opinion_empty } else { words.opinion_length };
        let stage = Stage::Form(request, opinion, Some(wrong));
        return look(&visit, found, &Asked::default(), Some(stage)).await;
    }
    let own = &found.settlement;
    let verdict = Verdict { merchant: own.merchant, settlement: own.id, confirm, opinion: opinion.clone() };
    let command = Command::SettlementReview(verdict);
    let answer = submit(&visit.web, request, Actor::issuer(visit.session.person), command).await;
    let result = link(&format!("{OFFICE}/{}", own.id.rrn()), &[("a", &request.to_string())]);
    Ok(match answer {
        Ok(Outcome::Recorded(record)) if record.approved() => Redirect::to(&result).into_response(),
        Ok(Outcome::Recorded(_) | Outcome::Conflict(_)) | Err(SubmitError::Unknown(_)) => {
            Flash::new("opinion", &[&opinion]).redirect(&visit.web, &result)
        }
        Ok(_) => return Err(Problem::BadForm),
        Err(_) => return Err(Problem::Busy),
    })
}
