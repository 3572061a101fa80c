//! Signing out.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use storage::session::close;

use crate::flash::Flash;
use crate::problem::Problem;
use crate::session::MaybeSession;
use crate::{Web, cookies};

/// Ends the session here and in the database, and lets the browser forget what it kept for this site.
pub(crate) async fn leave(State(web): State<Web>, MaybeSession(session): MaybeSession) -> Result<Response, Problem> {
    if let Some(session) = session {
        close(&web.storage, session.id, session.entry("logout", "", "")).await?;
    }
    let jar = CookieJar::new().add(cookies::unset(&web, cookies::SESSION)).add(Flash::new("left", &[]).cookie(&web));
    // Not "cookies": that would take the language and the message along.
    Ok(([("clear-site-data", "\"storage\"")], jar, Redirect::to("/login")).into_response())
}
