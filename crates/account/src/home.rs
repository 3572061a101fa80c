//! Addresses without a page of their own: the start, the language switch, the sign of life.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;

use crate::Visit;
use web_kit::page::local_path;
use web_kit::{Web, cookies};

/// Sends people to where their work is. Without a till a cashier's begins with one.
pub(crate) async fn show(visit: Visit) -> Redirect {
    let session = &visit.session;
    let elsewhere = if session.store.is_some() && session.till.is_err() { "/enrol" } else { "/password" };
    Redirect::to(visit.web.menu.landing(&session.roles, session.post()).unwrap_or(elsewhere))
}

/// The browser says that its user is busy, so the session is not idle.
pub(crate) async fn ping() -> StatusCode {
    StatusCode::NO_CONTENT
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    back: String,
}

/// Switches the language of this browser, also for a person with one of their own, and returns to the page.
pub(crate) async fn language(
    State(web): State<Web>,
    Path(lang): Path<String>,
    Query(params): Query<Params>,
) -> Response {
    let lang = if lang == "en" { "en" } else { "zh" };
    let chosen = cookies::set(&web, cookies::LANG, lang.to_owned());
    let jar = CookieJar::new().add(chosen).add(cookies::unset(&web, cookies::OWN_LANG));
    (jar, Redirect::to(local_path(&params.back))).into_response()
}
