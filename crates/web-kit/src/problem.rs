//! Whatever goes wrong becomes one page that says what happened and what to do, in the reader's language.
//!
//! Handlers fail with a [`Problem`]; axum's and tower's own refusals are recognised by their status. The words are put
//! in by [`put_in_words`], the one place that knows the language.

use std::any::Any;

use askama::Template;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use storage::StorageError;
use storage::audit::{self, Entry};
use storage::enrolment;
use storage::session::NoTill;
use telemetry::RequestNumber;
use tower_http::csrf::ProtectionError;

use crate::Web;
use crate::flash::Flash;
use crate::page::{Page, Shell, render};
use crate::session::MaybeSession;
use crate::text::{Text, fill};

/// Why a page cannot be shown.
#[derive(Clone, Debug)]
pub enum Problem {
    /// There is no such page, or it belongs to another merchant or store.
    NotFound,
    /// The person may not do this; the entry goes to the audit log.
    Forbidden(Box<Entry>),
    /// The page needs a till, and this browser is none for the person.
    NoTill(NoTill),
    /// The request does not come from one of our pages.
    Origin,
    /// The form is not one that our pages send.
    BadForm,
    /// A card number or track stands in a field that is not for it.
    CardNumber,
    /// More than a page ever sends.
    TooLarge,
    /// A page is read or a form sent where only the other works.
    Method,
    /// The database did not answer. Reading again is safe; before a form is sent again the person
    /// must look, because an earlier step of it may have been written.
    Busy,
    /// It may or may not have happened.
    Unknown,
    /// A bug.
    Internal,
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden(_) | Self::NoTill(_) | Self::Origin => StatusCode::FORBIDDEN,
            Self::BadForm | Self::CardNumber => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unknown => StatusCode::GATEWAY_TIMEOUT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The problem behind an answer that has only a status.
    fn of(response: &Response) -> Option<Self> {
        if let Some(problem) = response.extensions().get::<Self>() {
            return Some(problem.clone());
        }
        if response.extensions().get::<ProtectionError>().is_some() {
            return Some(Self::Origin);
        }
        let worded = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let status = response.status();
        if worded || !(status.is_client_error() || status.is_server_error()) {
            return None;
        }
        Some(match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::METHOD_NOT_ALLOWED => Self::Method,
            StatusCode::SERVICE_UNAVAILABLE => Self::Busy,
            StatusCode::GATEWAY_TIMEOUT => Self::Unknown,
            _ if status.is_client_error() => Self::BadForm,
            _ => Self::Internal,
        })
    }

    /// Title and advice; `reading` is whether the request could only read.
    fn words(&self, text: &'static Text, reading: bool) -> (&'static str, &'static str) {
        let text = &text.problem;
        match self {
            Self::NotFound => (text.not_found, text.not_found_do),
            Self::Forbidden(_) => (text.forbidden, text.forbidden_do),
            Self::NoTill(NoTill::NotEnrolled) => (text.not_enrolled, text.not_enrolled_do),
            Self::NoTill(NoTill::Elsewhere(_)) => (text.till_elsewhere, text.till_elsewhere_do),
            Self::NoTill(NoTill::OutOfService(_)) => (text.till_off, text.till_off_do),
            Self::Origin => (text.origin, text.origin_do),
            Self::BadForm => (text.bad_form, text.bad_form_do),
            Self::CardNumber => (text.card_number, text.card_number_do),
            Self::TooLarge => (text.too_large, text.too_large_do),
            Self::Method => (text.method, text.method_do),
            Self::Busy | Self::Unknown if reading => (text.busy, text.busy_do),
            Self::Busy => (text.busy, text.busy_post_do),
            Self::Unknown => (text.unknown, text.unknown_do),
            Self::Internal => (text.internal, text.internal_do),
        }
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "storage failed under a page");
        match error {
            StorageError::NotWritten(_) | StorageError::Unreachable(_) => Self::Busy,
            StorageError::Unknown(_) => Self::Unknown,
            StorageError::Open(_) => Self::Internal,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct View {
    page: Page,
    title: &'static str,
    advice: String,
    /// Whom to call, and what to tell them: the request's number.
    help: String,
    retry: bool,
    /// Leads to making this browser a till.
    enrol: Option<&'static str>,
}

/// The same for a person who is signed in: the menu stays, so that the next step is a click away.
#[derive(Template)]
#[template(path = "problem_inside.html")]
struct Inside {
    shell: Shell,
    title: &'static str,
    advice: String,
    help: String,
    retry: bool,
    /// Leads to making this browser a till.
    enrol: Option<&'static str>,
}

/// The frame of whoever asked, where it can be drawn: the database answers, and nothing has to be done first.
async fn frame(problem: &Problem, mut parts: Parts, web: &Web, page: &Page) -> Option<Shell> {
    let framed = matches!(
        problem,
        Problem::NotFound
            | Problem::Forbidden(_)
            | Problem::NoTill(_)
            | Problem::BadForm
            | Problem::CardNumber
            | Problem::Method
    );
    if !framed {
        return None;
    }
    let MaybeSession(session) = MaybeSession::from_request_parts(&mut parts, web).await.ok()?;
    let session = session.filter(|session| session.is_free())?;
    Some(page.clone().shell(&session, &Flash::default(), ""))
}

/// The till that the browser is, by its outlet and number; nothing if it is none.
async fn till_name(web: &Web, why: NoTill, text: &'static Text) -> String {
    let terminal = match why {
        NoTill::NotEnrolled => return String::new(),
        NoTill::Elsewhere(terminal) | NoTill::OutOfService(terminal) => terminal,
    };
    let found = enrolment::till(&web.storage, terminal).await.ok().flatten();
    found.map_or_else(
        || terminal.to_string(),
        |till| fill(text.problem.till_name, &[&till.merchant_name, &till.outlet_name, &terminal.to_string()]),
    )
}

/// Puts words on every answer that has failed without any.
pub async fn put_in_words(State(web): State<Web>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let reading = request.method().is_safe();
    let number = request.extensions().get::<RequestNumber>().map(RequestNumber::to_string).unwrap_or_default();
    let (mut parts, body) = request.into_parts();
    let Ok(page) = Page::from_request_parts(&mut parts, &web).await;
    let asked = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    // Machines read these.
    if path.starts_with("/static/") || path == "/readyz" || path == "/session/ping" {
        return response;
    }
    let Some(problem) = Problem::of(&response) else { return response };
    if let Problem::Forbidden(entry) = &problem
        && let Err(error) = audit::append(&web.storage, (**entry).clone()).await
    {
        tracing::error!(%error, "a denial could not be written to the audit log");
    }
    let (title, advice) = problem.words(page.text, reading);
    let enrol = matches!(problem, Problem::NoTill(_)).then_some(page.text.problem.enrol);
    let advice = match problem {
        Problem::NoTill(why) => fill(advice, &[&till_name(&web, why, page.text).await]),
        _ => advice.to_owned(),
    };
    let help = fill(page.text.problem.help, &[&number]);
    let retry = reading && matches!(problem, Problem::Busy | Problem::Unknown);
    let html = match frame(&problem, asked, &web, &page).await {
        Some(shell) => render(&Inside { shell, title, advice, help, retry, enrol }),
        None => render(&View { page, title, advice, help, retry, enrol }),
    };
    let mut worded = (problem.status(), html).into_response();
    for (name, value) in response.headers().iter().filter(|(name, _)| *name == axum::http::header::ALLOW) {
        worded.headers_mut().insert(name, value.clone());
    }
    worded
}

/// No route of this path.
pub async fn not_found() -> Problem {
    Problem::NotFound
}

/// The path exists, this method on it does not.
pub async fn method_not_allowed() -> Problem {
    Problem::Method
}

/// A bug somewhere below: logged where it happens, answered without its message.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    Problem::Internal.into_response()
}
