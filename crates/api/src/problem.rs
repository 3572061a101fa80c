//! Errors as programs read them: RFC 9457 problems, each with a stable word.
//!
//! A decline is not an error: it is a resource with a response code. An error says whether anything may have happened.

use std::any::Any;
use std::borrow::Cow;

use axum::Json;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use storage::StorageError;
use utoipa::ToSchema;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $status:ident, $title:literal;)+) => {
        /// What went wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code { $($(#[$doc])* $name),+ }

        impl Code {
            /// All codes, for the description.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable word.
            pub(crate) fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// The HTTP status.
            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }

            /// The meaning, the same every time.
            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }
        }
    };
}

codes! {
    /// Not JSON.
    InvalidJson = "invalid_json", BAD_REQUEST, "The body is not JSON";
    /// A query parameter.
    InvalidParameter = "invalid_parameter", BAD_REQUEST, "A query parameter is unknown or invalid";
    /// A change without an Idempotency-Key.
    KeyMissing = "idempotency_key_missing", BAD_REQUEST, "A change requires exactly one Idempotency-Key of 1 to 255 printable ASCII characters without spaces";
    /// No API key, or not a live one.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "The API key is missing, wrong, expired or revoked";
    /// No signature, or a wrong one.
    SignatureInvalid = "signature_invalid", UNAUTHORIZED, "The signature is missing or wrong, its timestamp is off by more than 5 minutes, or its nonce was already used";
    /// The key lacks the scope.
    ScopeMissing = "scope_missing", FORBIDDEN, "The API key does not have the scope for this";
    /// Maker is checker.
    SamePerson = "same_person", FORBIDDEN, "The applicant of a refund cannot decide on it; neither can another key created by the same person";
    /// Not this merchant's to decide.
    CompanyDecides = "company_decides", FORBIDDEN, "The card company decides which products of this merchant a card may pay for";
    /// A recall may find the product by them.
    ProductRecalled = "product_recalled", CONFLICT, "The card company recalled this product: its barcode and approval number stay as they are until the recall ends";
    /// A list above says what it is.
    ProductInherited = "product_inherited", CONFLICT, "The product comes from the card company's or the merchant's list: only its price, price band, limit and whether it is on sale can be set here";
    /// Nothing at this address, or another merchant's row.
    NotFound = "not_found", NOT_FOUND, "It does not exist, or the key has no access to it";
    /// Too long ago.
    Archived = "archived", GONE, "That period is in the card company's archive; ask for later days";
    /// Wrong verb.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The address does not take this method";
    /// The first request is in progress.
    InFlight = "in_flight", CONFLICT, "The same request is still in progress; ask again after Retry-After seconds";
    /// Too long.
    TooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is longer than 256 KiB";
    /// Another Content-Type.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json";
    /// Values that are invalid.
    InvalidRequest = "invalid_request", UNPROCESSABLE_ENTITY, "A field is missing, unknown or invalid";
    /// Same key, other content.
    IdempotencyConflict = "idempotency_conflict", UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for something else; nothing was done";
    /// Too many.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "The key has exceeded its rate limit; continue after Retry-After seconds";
    /// Wrong PINs on too many cards.
    PinVelocity = "pin_velocity", TOO_MANY_REQUESTS, "After wrong PINs on too many cards, PINs from this key or network are not checked for a while, or until a manager lifts the stop; nothing was done and nothing was charged";
    /// A bug.
    Internal = "internal", INTERNAL_SERVER_ERROR, "A fault in the system; repeat a change only with the same Idempotency-Key";
    /// Busy.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Nothing was done, because the system is overloaded or its store failed; repeat with the same Idempotency-Key";
    /// The outcome is not known.
    OutcomeUnknown = "outcome_unknown", SERVICE_UNAVAILABLE, "The change may or may not have happened; repeat with the same Idempotency-Key to find out";
}

/// An error on its way to the caller.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    message: Cow<'static, str>,
    param: Option<Cow<'static, str>>,
    retry_after: Option<u32>,
}

impl Problem {
    /// `code` with a message for the developer who reads it.
    pub(crate) fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), param: None, retry_after: None }
    }

    /// An invalid field.
    pub(crate) fn invalid(param: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { param: Some(param.into()), ..Self::new(Code::InvalidRequest, message) }
    }

    /// An invalid query parameter.
    pub(crate) fn parameter(param: &'static str, message: &'static str) -> Self {
        Self { param: Some(param.into()), ..Self::new(Code::InvalidParameter, message) }
    }

    /// Another merchant's row, or none.
    pub(crate) fn not_found(what: &'static str) -> Self {
        Self::new(Code::NotFound, what)
    }

    /// The same, with the seconds to wait before a retry.
    #[must_use]
    pub(crate) fn after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "the store failed during a request");
        match error {
            StorageError::NotWritten(_) | StorageError::Unreachable(_) => {
                Self::new(Code::Unavailable, "The store did not answer.").after(1)
            }
            StorageError::Unknown(_) => {
                Self::new(Code::OutcomeUnknown, "The connection to the store was lost.").after(1)
            }
            StorageError::Open(_) => Self::new(Code::Internal, "The store cannot be opened."),
        }
    }
}

/// An error.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "/api/docs#idempotency_conflict",
    "title": "The Idempotency-Key was used for something else; nothing was done",
    "status": 422,
    "code": "idempotency_conflict",
    "message": "Use a new Idempotency-Key for a new payment.",
    "param": null,
    "request_id": "k7q4-m2xp-9tda",
}))]
pub(crate) struct ProblemBody {
    /// Where the error is described.
    r#type: String,
    /// The meaning of the error, the same every time.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The stable word of the error.
    code: &'static str,
    /// What is wrong with this request, in words.
    message: Cow<'static, str>,
    /// The field or parameter concerned.
    param: Option<Cow<'static, str>>,
    /// Identifies this request in the logs of the card company; also in the header X-Request-Id.
    request_id: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives an error its body; errors that axum and tower raise are recognised by their status.
pub(crate) fn with_body(response: Response, request_id: &str) -> Response {
    let json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/"));
    let status = response.status();
    let problem = match response.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        None if json || !(status.is_client_error() || status.is_server_error()) => return response,
        None => Problem::new(code_of(status), ""),
    };
    let body = ProblemBody {
        r#type: format!("/api/docs#{}", problem.code.word()),
        title: problem.code.title(),
        status: problem.code.status().as_u16(),
        code: problem.code.word(),
        message: if problem.message.is_empty() { problem.code.title().into() } else { problem.message },
        param: problem.param,
        request_id: request_id.to_owned(),
    };
    let mut worded = (problem.code.status(), Json(body)).into_response();
    worded.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(seconds) = problem.retry_after {
        worded.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.code.status() == StatusCode::UNAUTHORIZED {
        worded.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"webpos\""));
    }
    for (name, value) in response.headers().iter().filter(|(name, _)| *name == axum::http::header::ALLOW) {
        worded.headers_mut().insert(name, value.clone());
    }
    worded
}

fn code_of(status: StatusCode) -> Code {
    match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        _ if status.is_client_error() => Code::InvalidRequest,
        StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => Code::OutcomeUnknown,
        _ => Code::Internal,
    }
}

/// The answer to a panic. The panic is logged where it happens; its message is not sent.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    Problem::new(Code::Internal, "").into_response()
}

/// No operation has this address.
pub(crate) async fn nothing_here() -> Problem {
    Problem::not_found("No operation has this address; see /api/docs.")
}
