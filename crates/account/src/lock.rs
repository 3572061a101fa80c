//! The lock screen: shows the signed-in person and asks only for the password. The order stays as it is.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use storage::session;

use crate::{AnyVisit, Page, Visit};
use web_kit::credentials::{Checked, check_own_password};
use web_kit::flash::Flash;
use web_kit::page::{local_path, render};
use web_kit::problem::Problem;
use web_kit::text::fill;

web_kit::said! {
    /// Why the screen stays locked.
    pub(crate) enum Said {
        /// No password.
        Empty = "unlock_empty",
        /// A wrong password; value: tries left.
        Wrong = "unlock_wrong",
        /// Too many wrong passwords; value: until when.
        Locked = "unlock_locked",
    }
}

#[derive(Template)]
#[template(path = "lock.html")]
struct View {
    page: Page,
    who: String,
    back: String,
    error: Option<String>,
}

/// Where to go once unlocked.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    back: String,
}

/// Locks. By a form alone, so that no link elsewhere locks a till.
pub(crate) async fn lock(AnyVisit { visit }: AnyVisit) -> Result<Response, Problem> {
    session::set_locked(&visit.web.storage, visit.session.id).await?;
    Ok(Redirect::to("/lock").into_response())
}

/// The screen of a locked session. A reload or the Back button does not open it.
pub(crate) async fn show(AnyVisit { visit }: AnyVisit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let Visit { session, page, flash, .. } = visit;
    if !session.locked {
        return Ok(Redirect::to(local_path(&params.back)).into_response());
    }
    let text = &page.text.login;
    let error = flash.said().map(|said| match said {
        Said::Empty => text.password_empty.to_owned(),
        Said::Wrong => fill(text.lock_wrong, &[flash.value(0)]),
        Said::Locked => fill(text.locked, &[flash.value(0)]),
    });
    let who = fill(text.lock_who, &[&session.name, &session.number]);
    let back = local_path(&params.back).to_owned();
    Ok(render(&View { page, who, back, error }).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    p: String,
    back: String,
}

/// Opens the screen for the right password; wrong ones count by the session.
pub(crate) async fn open(AnyVisit { visit }: AnyVisit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let Visit { web, session, .. } = visit;
    let back = local_path(&fields.back);
    let refusal = if fields.p.is_empty() {
        Some(Flash::new(Said::Empty, &[]))
    } else {
        match check_own_password(&web, &session, fields.p, "unlock_failed").await? {
            Checked::Right => None,
            Checked::Wrong(left) => Some(Flash::new(Said::Wrong, &[&left.to_string()])),
            Checked::Locked(until) => Some(Flash::new(Said::Locked, &[&until])),
        }
    };
    if let Some(flash) = refusal {
        return Ok(flash.redirect(&web, &format!("/lock?back={back}")));
    }
    session::unlock(&web.storage, session.id, session.entry("unlock", "", "")).await?;
    Ok(Redirect::to(back).into_response())
}
