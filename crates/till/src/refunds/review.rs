//! 退货审核: the requests that the store's reviewers decide. The page is [`web_kit::refund::review`].

use axum::Form;
use axum::extract::Query;
use axum::response::Response;
use web_kit::problem::Problem;
use web_kit::refund::review::{self, Asked, Fields, Place};
use web_kit::visit::Visit;

/// The list, with a request open or not.
pub(crate) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let place = Place::store(&visit.session)?;
    review::look(&visit, &place, asked).await
}

/// Approves or turns down.
pub(crate) async fn decide(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let place = Place::store(&visit.session)?;
    review::review(&visit, &place, fields).await
}
