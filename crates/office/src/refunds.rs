//! 退货处理: requests of every merchant that only the card company may decide. The page is the store's own
//! ([`web_kit::refund::review`]) at another desk.

use axum::Form;
use axum::extract::Query;
use axum::response::Response;

use web_kit::problem::Problem;
use web_kit::refund::review::{self, Fields, Params, ReviewDesk};
use web_kit::visit::Visit;

/// The list, with a request open or not.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let desk = ReviewDesk::company();
    review::show(&visit, &desk, params).await
}

/// Approves or turns down.
pub(crate) async fn decide(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let desk = ReviewDesk::company();
    review::decide(&visit, &desk, fields).await
}
