//! 退货审核: the requests that the store's reviewers decide. The page is [`web_kit::refund::review`].

use axum::Form;
use axum::extract::Query;
use axum::response::Response;
use web_kit::problem::Problem;
use web_kit::refund::review::{self, Fields, Params, ReviewDesk};
use web_kit::visit::Visit;

/// The list, with a request open or not.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let desk = ReviewDesk::store(&visit.session)?;
    review::show(&visit, &desk, params).await
}

/// Approves or turns down.
pub(crate) async fn decide(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let desk = ReviewDesk::store(&visit.session)?;
    review::decide(&visit, &desk, fields).await
}
