//! 退货处理: requests of every merchant that only the card company may decide. The page is the store's own
//! (`till::refund_review`) at another place.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;

use crate::Web;
use crate::flash::Flash;
use crate::page::Page;
use crate::problem::Problem;
use crate::session::Session;
use crate::till::refund_review::{self, Asked, Fields, Place};

/// The list, with a request open or not.
pub(crate) async fn show(
    State(web): State<Web>,
    session: Session,
    page: Page,
    flash: Flash,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let place = Place::company(&session);
    refund_review::look(&web, &session, page, &flash, &place, asked).await
}

/// Approves or turns down.
pub(crate) async fn decide(
    State(web): State<Web>,
    session: Session,
    page: Page,
    flash: Flash,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let place = Place::company(&session);
    refund_review::review(&web, &session, page, &flash, &place, fields).await
}
