//! What every request and answer passes: origin of changes, security headers, the access log.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use telemetry::{Exchange, RequestNumber, metrics};
use tracing::Instrument as _;

use crate::problem::Problem;
use crate::{ANSWER_WITHIN, BODY_MAX, UPLOAD_WITHIN, Web};

/// Nothing inline, nothing from elsewhere. `img-src data:` is for pictures in style sheets.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const FIXED: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: that would make browsers send `Origin: null`.
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// How long a form may take to arrive.
const SENT_WITHIN: Duration = Duration::from_secs(20);

/// Sets the headers that tell a browser what these pages never do.
pub(crate) async fn headers(State(web): State<Web>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if web.settings.secure_cookies {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    // Files in `static/` say for themselves how long they may be kept.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a request is for a page that takes a file. Its gate lets only those through who may send one, and the handler
/// reads the body; every other request is a form.
fn takes_file(web: &Web, request: &Request) -> bool {
    let page = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    request.method() == Method::POST && page.is_some_and(|page| web.file_pages.contains(&page))
}

/// Ends what takes longer than any page does, or any file that is sent.
pub(crate) async fn answer_within(State(web): State<Web>, request: Request, next: Next) -> Response {
    let limit = if takes_file(&web, &request) { UPLOAD_WITHIN } else { ANSWER_WITHIN };
    let answer = tokio::time::timeout(limit, next.run(request)).await;
    answer.unwrap_or_else(|_| StatusCode::GATEWAY_TIMEOUT.into_response())
}

/// Turns requests away while as many as this door serves at once are under way, so that nothing behind it queues without
/// end. The whole form is read first, so that a slow sender occupies no permit. A file has its own permit, behind its gate.
pub(crate) async fn make_room(State(web): State<Web>, request: Request, next: Next) -> Response {
    if takes_file(&web, &request) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(SENT_WITHIN, to_bytes(body, BODY_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return Problem::TooLarge.into_response(),
        Err(_) => return Problem::BadForm.into_response(),
    };
    let places = if parts.method.is_safe() { &web.reads } else { &web.changes };
    let Ok(_place) = places.try_acquire() else {
        metrics::refused("page");
        return Problem::Busy.into_response();
    };
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// Refuses a change that says nothing about the page it comes from. What it does say is judged by `CsrfLayer`; this
/// closes the gap it leaves for requests with neither header.
pub(crate) async fn require_origin(request: Request, next: Next) -> Response {
    let says = request.headers().contains_key(ORIGIN) || request.headers().contains_key("sec-fetch-site");
    if !request.method().is_safe() && !says {
        return Problem::Origin.into_response();
    }
    next.run(request).await
}

/// Gives the request its number and its line in the log. Never its address, headers, cookies or forms.
pub(crate) async fn log(mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let exchange = Exchange::begin(request.method().as_str(), route);
    let number = exchange.number();
    request.extensions_mut().insert(number);
    let mut response = next.run(request).instrument(exchange.span()).await;
    exchange.end(response.status().as_u16());
    let number = HeaderValue::from_str(&number.to_string()).expect("letters and digits are a header");
    response.headers_mut().insert(RequestNumber::HEADER, number);
    response
}
