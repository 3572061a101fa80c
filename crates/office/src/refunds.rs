//! 退货处理: requests of every merchant that only the card company may decide. The page is the store's own
//! ([`web_kit::refund::review`]) at another place.

use axum::Form;
use axum::extract::Query;
use axum::response::Response;

use web_kit::problem::Problem;
use web_kit::refund::review::{self, Asked, Fields, Place};
use web_kit::visit::Visit;

/// The list, with a request open or not.
pub(crate) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let place = Place::company(&visit.session);
    review::look(&visit, &place, asked).await
}

/// Approves or turns down.
pub(crate) async fn decide(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let place = Place::company(&visit.session);
    review::review(&visit, &place, fields).await
}
