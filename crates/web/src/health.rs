//! Probes for whoever watches the program.

use axum::extract::State;
use axum::http::StatusCode;

use crate::Web;

/// The process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers.
pub(crate) async fn ready(State(web): State<Web>) -> Result<&'static str, StatusCode> {
    match storage::session::probe(&web.storage).await {
        Ok(()) => Ok("ok\n"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            Err(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}
