//! Signing out. If the till has a payment with an unknown outcome, the page names it first.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use storage::session::close;

use crate::{Shell, Visit};
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::session::{MaybeSession, SignedOut, signed_out};
use web_kit::text::fill;
use web_kit::{Web, unresolved};

#[derive(Template)]
#[template(path = "logout.html")]
struct View {
    shell: Shell,
    /// Payments of this till without a known outcome: order, what the page says, name of the button.
    open: Vec<(String, String, String)>,
}

/// Asks before leaving.
pub(crate) async fn ask(visit: Visit) -> Result<Response, Problem> {
    let open = if visit.session.till.is_ok() {
        unresolved::at_this_till(&visit.web, &visit.session).await?
    } else {
        Vec::new()
    };
    let row = |one: &storage::payment::OpenAttempt| {
        let text = fill(visit.text().pay.unresolved, &[&one.number, &one.amount.to_string()]);
        (one.order.to_string(), text, fill(visit.text().pay.query_of, &[&one.number]))
    };
    let open = open.iter().map(row).collect();
    // The page itself names them, so they are not pinned on top of it as well.
    let mut shell = visit.shell("/password");
    shell.frame.unresolved.clear();
    Ok(render(&View { shell, open }).into_response())
}

/// The form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    /// Not empty: has been warned.
    sure: String,
}

/// Ends the session here and in the database, and lets the browser forget what it kept for this site.
pub(crate) async fn leave(
    State(web): State<Web>,
    MaybeSession(session): MaybeSession,
    Form(form): Form<Fields>,
) -> Result<Response, Problem> {
    if let Some(session) = session {
        // Ask no question that a locked session, or one with the initial password, cannot answer.
        let asks = form.sure.is_empty() && !session.locked && !session.must_change && session.till.is_ok();
        if asks && !unresolved::at_this_till(&web, &session).await?.is_empty() {
            return Ok(Redirect::to("/logout").into_response());
        }
        close(&web.storage, session.id, session.entry("logout", "", "")).await?;
    }
    // Not "cookies": that would take the language and the message along.
    let clear = [("clear-site-data", "\"storage\"")];
    Ok((clear, signed_out(&web, SignedOut::Left), Redirect::to("/login")).into_response())
}
