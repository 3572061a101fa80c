//! The gate that every request passes: request number, size, API key, signature, rate limit and Idempotency-Key.
//!
//! What must stay true: merchant and person come from the API key alone; an operation that is missing in the table of
//! [`crate::operation`] is not served; no part of a body or a header is logged.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::ids::RequestId;
use domain::time::Timestamp;
use sha2::{Digest as _, Sha256};
use storage::api_key::{self, ApiKey, Asleep};
use storage::vault::{Vault, hex, unhex};
use telemetry::{Exchange, RequestNumber, metrics};
use tracing::Instrument as _;

use crate::caller::Caller;
use crate::operation::{self, Operation};
use crate::problem::{Code, Problem, with_body};
use crate::{Api, BODY_MAX};

/// Largest deviation of a signature's timestamp, microseconds.
const SKEW_MAX: i64 = 5 * 60 * 1_000_000;
const NONCE_LENGTH: std::ops::RangeInclusive<usize> = 8..=64;
const KEY_LENGTH_MAX: usize = 255;

/// Gives the request its number and its log line, and errors their body.
pub(crate) async fn surround(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let exchange = Exchange::begin(request.method().as_str(), route);
    let number = exchange.number().to_string();
    let mut response = with_body(next.run(request).instrument(exchange.span()).await, &number);
    exchange.end(response.status().as_u16());
    let headers = response.headers_mut();
    headers.insert(RequestNumber::HEADER, HeaderValue::from_str(&number).expect("letters and digits are a header"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Lets a request through to its operation, with the caller in its extensions.
pub(crate) async fn admit(State(api): State<Api>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_MAX).await else {
        return Problem::new(Code::TooLarge, "").into_response();
    };
    // Count the request only now, so that a slow sender does not use up the limit.
    let limit = if parts.method.is_safe() { &api.reads } else { &api.changes };
    let Ok(_permit) = limit.try_acquire() else {
        metrics::refused("api");
        return Problem::new(Code::Unavailable, "Too many requests are in progress.").after(1).into_response();
    };
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    // A request that is not in the table gets no caller: it reaches axum's 405 or 404, and no operation.
    if let Some(operation) = operation::find(&parts.method, path) {
        match judge(&api, operation, &parts, &body).await {
            Ok(caller) => parts.extensions.insert(caller),
            Err(problem) => return problem.into_response(),
        };
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

async fn judge(api: &Api, operation: &Operation, parts: &Parts, body: &Bytes) -> Result<Caller, Problem> {
    let now = api.clock.now();
    let key = authenticate(api, &parts.headers, now).await?;
    api.rates.take(key.id, key.rate_max, now).map_err(|wait| {
        let message = format!("The limit of this key is {} requests per minute.", key.rate_max);
        Problem::new(Code::RateLimited, message).after(wait)
    })?;
    verify_signature(api, &key, parts, body, now).await?;
    let address = address(api, parts);
    api_key::seen(&api.storage, &key, address.clone(), now).await?;
    if !operation.scopes.is_empty() && !operation.scopes.iter().any(|scope| key.scopes.contains(scope)) {
        let words: Vec<&str> = operation.scopes.iter().map(|scope| scope.word()).collect();
        return Err(Problem::new(Code::ScopeMissing, format!("This requires the scope {}.", words.join(" or "))));
    }
    let request = if operation.changes() { Some(idempotency_key(operation, &parts.headers)?) } else { None };
    Ok(Caller { key, now, address, request })
}

async fn authenticate(api: &Api, headers: &HeaderMap, now: Timestamp) -> Result<ApiKey, Problem> {
    let refused = || Problem::new(Code::Unauthenticated, "Send Authorization: Bearer wpos_...");
    let header = one(headers, AUTHORIZATION.as_str()).ok_or_else(refused)?;
    let (kind, token) = header.split_once(' ').ok_or_else(refused)?;
    let (id, secret) =
        api_key::parse_token(token.trim()).filter(|_| kind.eq_ignore_ascii_case("bearer")).ok_or_else(refused)?;
    let db = api.storage.clone();
    let look = move || {
        let db = db.clone();
        async move { Ok(api_key::stored(&db, id).await?.map(Arc::new)) }
    };
    let found = api.keys.get(id, look).await?;
    let key = found.as_ref().and_then(|stored| stored.opened_by(secret)).ok_or_else(refused)?;
    if key.alive(now) { Ok(key.clone()) } else { Err(Problem::new(Code::Unauthenticated, dead(key, now))) }
}

/// Why a key opens nothing, for the program that has it.
fn dead(key: &ApiKey, now: Timestamp) -> String {
    match key.asleep {
        _ if key.revoked_at.is_some() => "This key was revoked.".to_owned(),
        _ if now >= key.expires_at => format!("This key expired at {}.", key.expires_at.rfc3339_text()),
        Some(Asleep::Waits) => "This key sleeps until another person of the card company approves it.".to_owned(),
        Some(Asleep::Disabled) => "This key sleeps because its maker is disabled.".to_owned(),
        Some(Asleep::Reset) => "This key sleeps until its maker has set a new password.".to_owned(),
        Some(Asleep::NoRight) => "This key sleeps because its maker may no longer make keys.".to_owned(),
        None => "The merchant of this key is suspended.".to_owned(),
    }
}

/// The only value of a header.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

/// The signed text: method, path with query, timestamp, nonce, Idempotency-Key (empty without one) and SHA-256 of the
/// body, one per line.
fn signed_text([method, path, time, nonce, key]: [&str; 5], body: &[u8]) -> String {
    format!("{method}\n{path}\n{time}\n{nonce}\n{key}\n{}", hex(&Sha256::digest(body)))
}

async fn verify_signature(api: &Api, key: &ApiKey, parts: &Parts, body: &[u8], now: Timestamp) -> Result<(), Problem> {
    let header = |name| one(&parts.headers, name);
    if !key.signed && !parts.headers.contains_key("x-webpos-signature") {
        return Ok(());
    }
    let refused = |message| Problem::new(Code::SignatureInvalid, message);
    let (Some(time), Some(nonce), Some(signature)) =
        (header("x-webpos-timestamp"), header("x-webpos-nonce"), header("x-webpos-signature"))
    else {
        return Err(refused("Send X-Webpos-Timestamp, X-Webpos-Nonce and X-Webpos-Signature, each once."));
    };
    let seconds: i64 = time.parse().map_err(|_| refused("X-Webpos-Timestamp is Unix time in seconds."))?;
    if now.0.abs_diff(seconds.saturating_mul(1_000_000)) > SKEW_MAX.unsigned_abs() {
        return Err(refused("X-Webpos-Timestamp is off by more than 5 minutes."));
    }
    if !NONCE_LENGTH.contains(&nonce.len()) || !nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(refused("X-Webpos-Nonce has 8 to 64 printable characters."));
    }
    // A nested router sees a relative URI, but the caller signs the original.
    let path = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let path = path.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
    let key_sent = header("idempotency-key").unwrap_or_default();
    let text = signed_text([parts.method.as_str(), path, time, nonce, key_sent], body);
    let tag = unhex(signature).unwrap_or_default();
    if !Vault::signature_fits(&api.vault.signing_secret(key.id.0), text.as_bytes(), &tag) {
        return Err(refused("The signature does not match."));
    }
    // Only a correct signature uses up its nonce; otherwise anyone could use up another caller's.
    if api_key::nonce_use(&api.storage, key.id, nonce.to_owned(), now).await? {
        Ok(())
    } else {
        Err(refused("The nonce was already used."))
    }
}

/// The request id of an Idempotency-Key: the key itself if it is a UUID, otherwise its digest.
pub(crate) fn request_id(key: &str) -> RequestId {
    RequestId::parse(key).filter(|_| key.len() == 36 || key.len() == 32).unwrap_or_else(|| {
        let full: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        let mut short = [0; 16];
        short.copy_from_slice(full.split_at(16).0);
        RequestId(short)
    })
}

/// Whether this is a valid Idempotency-Key.
pub(crate) fn usable_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= KEY_LENGTH_MAX && key.bytes().all(|byte| byte.is_ascii_graphic())
}

fn idempotency_key(operation: &Operation, headers: &HeaderMap) -> Result<RequestId, Problem> {
    let key = one(headers, "idempotency-key").filter(|key| usable_key(key));
    let key = key.ok_or_else(|| Problem::new(Code::KeyMissing, ""))?;
    let kind = one(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if operation.body.is_some() && !kind.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(Code::UnsupportedMediaType, ""));
    }
    Ok(request_id(key))
}

/// The caller's network address.
fn address(api: &Api, parts: &Parts) -> String {
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
    let forwarded = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    let socket = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let known = forwarded.filter(|_| api.behind_proxy).or(socket);
    known.map_or_else(|| "local".to_owned(), |ip| ip.to_canonical().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_its_own_request_id_and_anything_else_a_digest() {
        let uuid = "0193a5c0-7b1e-7c3a-9a51-3f6d5f0c2b11";
        assert_eq!(request_id(uuid).to_string(), uuid.replace('-', ""));
        assert_eq!(request_id(&uuid.replace('-', "")), request_id(uuid));
        assert_ne!(request_id("order-1"), request_id("order-2"));
        assert_ne!(request_id("-0193a5c07b1e7c3a9a513f6d5f0c2b11"), request_id(uuid));
        assert!(
            usable_key("order-1")
                && !usable_key("order 1")
                && !usable_key("")
                && !usable_key("a\nb")
                && !usable_key(&"x".repeat(256))
        );
    }
}
