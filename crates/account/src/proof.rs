//! The second factor once more, before a file is downloaded.

use axum::Form;
use axum::response::Response;
use serde::Deserialize;
use web_kit::factor;
use web_kit::problem::Problem;

use crate::Visit;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    file: String,
    proof: String,
}

/// Leads to the file after a right code or password.
pub(crate) async fn enter(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    factor::prove_before_file(&visit, &fields.file, fields.proof).await
}
