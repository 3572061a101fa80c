//! The second step of signing in: the code of the person's app, or a recovery code.

use askama::Template;
use axum::Form;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::{AnyVisit, Page, Visit};
use web_kit::credentials::Checked;
use web_kit::factor;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

#[derive(Template)]
#[template(path = "code.html")]
struct View {
    page: Page,
    who: String,
    error: Option<String>,
}

/// Where a session belongs that has nothing to do here.
fn elsewhere(visit: &Visit) -> Option<Response> {
    let session = &visit.session;
    let to = match () {
        () if session.locked => "/lock",
        () if session.must_change => "/password",
        () if !session.has_factor() || session.proved_at.is_some() => "/",
        () => return None,
    };
    Some(Redirect::to(to).into_response())
}

/// The form.
pub(crate) async fn show(AnyVisit { visit }: AnyVisit) -> Response {
    elsewhere(&visit).unwrap_or_else(|| form(&visit, None))
}

fn form(visit: &Visit, error: Option<String>) -> Response {
    let who = fill(visit.text().login.lock_who, &[&visit.session.name, &visit.session.number]);
    render(&View { page: visit.page.clone(), who, error }).into_response()
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    code: String,
}

/// Lets the session work after a right code.
pub(crate) async fn enter(AnyVisit { visit }: AnyVisit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    if let Some(response) = elsewhere(&visit) {
        return Ok(response);
    }
    let words = &visit.text().factor;
    let error = match factor::prove(&visit.web, &visit.session, fields.code).await? {
        Checked::Right => return Ok(Redirect::to("/").into_response()),
        Checked::Wrong(left) => fill(words.wrong, &[&left.to_string()]),
        Checked::Locked(until) => fill(words.locked, &[&until]),
    };
    Ok(form(&visit, Some(error)))
}
