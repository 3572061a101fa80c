//! 退货审核: the requests that the store's reviewers decide. The page is [`web_kit::refund::review`].

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use web_kit::Web;
use web_kit::flash::Flash;
use web_kit::page::Page;
use web_kit::problem::Problem;
use web_kit::refund::review::{self, Asked, Fields, Place};
use web_kit::session::Session;

/// The list, with a request open or not.
pub(crate) async fn show(
    State(web): State<Web>,
    session: Session,
    page: Page,
    flash: Flash,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let place = Place::store(&session)?;
    review::look(&web, &session, page, &flash, &place, asked).await
}

/// Approves or turns down.
pub(crate) async fn decide(
    State(web): State<Web>,
    session: Session,
    page: Page,
    flash: Flash,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let place = Place::store(&session)?;
    review::review(&web, &session, page, &flash, &place, fields).await
}
