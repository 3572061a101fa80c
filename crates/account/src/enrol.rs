//! 登记: makes this browser a till, with a one-time code. For anybody, before signing in or after.
//!
//! What must stay true:
//! - One answer for a wrong, a used and an expired code, and few tries for a network.
//! - The outlet and the till are shown before the code is used up.
//! - The browser's token is in its cookie alone.

use askama::Template;
use axum::Form;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use storage::audit::Entry;
use storage::enrolment::{self, Device, Till, normal_code};
use storage::login::{self, Tries};
use storage::session::DeviceId;
use web_kit::credentials::clock_text;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::session::MaybeSession;
use web_kit::text::{Words as _, fill};
use web_kit::{Web, cookies};

use crate::{Guest, Page};

web_kit::said! {
    /// What became of a code.
    pub(crate) enum Said {
        /// Wrong, used or expired; value: tries left.
        Wrong = "code_wrong",
        /// Too many wrong ones; value: until when.
        Blocked = "code_blocked",
        /// Enrolled; value: the till's name.
        Done = "code_done",
    }
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct View {
    page: Page,
    /// The till that the browser is.
    is: Option<String>,
    error: Option<String>,
    done: Option<String>,
    signed_in: bool,
    sure: Option<Sure>,
}

/// The question before a code is used up.
struct Sure {
    code: String,
    till: Till,
    replaces: Option<String>,
    was: Option<String>,
}

/// The form.
pub(crate) async fn show(
    guest: Guest,
    MaybeSession(session): MaybeSession,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let text = &guest.page.text.enrol;
    let mut error = None;
    let mut done = None;
    match guest.flash.said() {
        Some(Said::Wrong) => error = Some(fill(text.wrong, &[guest.flash.value(0)])),
        Some(Said::Blocked) => error = Some(fill(text.blocked, &[guest.flash.value(0)])),
        Some(Said::Done) => done = Some(fill(text.done, &[guest.flash.value(0)])),
        None => {}
    }
    let is = own(&guest.web, &headers).await?.map(|till| fill(text.is, &[&till_name(&guest.page, &till)]));
    let view = View { page: guest.page, is, error, done, signed_in: session.is_some(), sure: None };
    Ok(render(&view).into_response())
}

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    code: String,
    sure: String,
}

/// Asks whether this is the till, and on yes makes the browser it.
pub(crate) async fn enter(
    guest: Guest,
    MaybeSession(session): MaybeSession,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let Guest { web, client, page, .. } = guest;
    let now = web.clock.now();
    let key = login::code_key(&client.network());
    let left = match login::count_try(&web.storage, key.clone(), login::CODE_TRIES, now).await? {
        Tries::Blocked(until) => return Ok(Flash::new(Said::Blocked, &[&clock_text(until)]).redirect(&web, "/enrol")),
        Tries::Go { left, blocked_until } => blocked_until.map_or(Ok(left), Err),
    };
    let code = normal_code(&fields.code).unwrap_or_default();
    let Some(till) = enrolment::by_code(&web.storage, &web.vault, &code, now).await? else {
        return Ok(refused(&web, left));
    };
    login::forgive(&web.storage, key).await?;
    if fields.sure.is_empty() {
        let was = own(&web, &headers).await?.filter(|own| own.terminal != till.terminal);
        let words = &page.text.enrol;
        let since = |device: &Device| fill(words.sure_replaces, &[&device.enrolled_at.date_time_text()]);
        let replaces = till.device.as_ref().map(since);
        let was = was.map(|own| fill(words.sure_was, &[&till_name(&page, &own)]));
        let sure = Sure { code, till, replaces, was };
        let view = View { page, is: None, error: None, done: None, signed_in: session.is_some(), sure: Some(sure) };
        return Ok(render(&view).into_response());
    }
    let token = cookies::random_token();
    let entry = Entry {
        at: now,
        person: session.as_ref().map(|session| session.person),
        merchant: None,
        terminal: None,
        action: "terminal_enrolled",
        subject: String::new(),
        detail: String::new(),
        address: client.address.clone(),
    };
    let device = DeviceId::of_token(&token);
    let enrolled = enrolment::enrol(&web.storage, &web.vault, &code, device, client.agent, entry).await?;
    let Some(till) = enrolled else { return Ok(refused(&web, left)) };
    let mut cookie = cookies::set(&web, cookies::TILL, token);
    cookie.make_permanent();
    let said = Flash::new(Said::Done, &[&till_name(&page, &till)]).redirect(&web, "/enrol");
    Ok((axum_extra::extract::cookie::CookieJar::new().add(cookie), said).into_response())
}

fn refused(web: &Web, left: Result<u32, domain::time::Timestamp>) -> Response {
    let flash = match left {
        Ok(left) => Flash::new(Said::Wrong, &[&left.to_string()]),
        Err(until) => Flash::new(Said::Blocked, &[&clock_text(until)]),
    };
    flash.redirect(web, "/enrol")
}

/// The till that this browser is.
async fn own(web: &Web, headers: &HeaderMap) -> Result<Option<Till>, Problem> {
    let Some(token) = cookies::value(web, headers, cookies::TILL) else { return Ok(None) };
    Ok(enrolment::of_device(&web.storage, DeviceId::of_token(&token)).await?)
}

fn till_name(page: &Page, till: &Till) -> String {
    let values = [&till.merchant_name, &till.outlet_name, &till.terminal.to_string()];
    fill(page.text.shared().problem.till_name, &values.map(String::as_str))
}
