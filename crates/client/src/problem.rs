//! Errors: the server's problems (RFC 9457), and missing responses.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use crate::words::words;

words! {
    /// The stable word of a problem.
    ProblemCode {
        /// Not JSON.
        InvalidJson = "invalid_json",
        /// A query parameter is invalid.
        InvalidParameter = "invalid_parameter",
        /// A change without an Idempotency-Key.
        IdempotencyKeyMissing = "idempotency_key_missing",
        /// No API key, or not a live one.
        Unauthenticated = "unauthenticated",
        /// No signature, or a wrong one.
        SignatureInvalid = "signature_invalid",
        /// The API key lacks the scope.
        ScopeMissing = "scope_missing",
        /// The applicant of a refund cannot decide on it.
        SamePerson = "same_person",
        /// The card company decides what cards pay for at this merchant.
        CompanyDecides = "company_decides",
        /// The product is recalled: its barcode and approval number stay as they are.
        ProductRecalled = "product_recalled",
        /// A list above says what the product is.
        ProductInherited = "product_inherited",
        /// It does not exist, or the key has no access to it.
        NotFound = "not_found",
        /// That period is in the card company's archive.
        Archived = "archived",
        /// The address does not take this method.
        MethodNotAllowed = "method_not_allowed",
        /// The same request is still in progress.
        InFlight = "in_flight",
        /// The body is too long.
        BodyTooLarge = "body_too_large",
        /// The body must be JSON.
        UnsupportedMediaType = "unsupported_media_type",
        /// A field is invalid.
        InvalidRequest = "invalid_request",
        /// The key was used for something else.
        IdempotencyConflict = "idempotency_conflict",
        /// Too many requests.
        RateLimited = "rate_limited",
        /// Wrong PINs on too many cards: PINs are not checked now, and nothing was charged.
        PinVelocity = "pin_velocity",
        /// A fault in the system.
        Internal = "internal",
        /// Nothing was done; send the same again.
        Unavailable = "unavailable",
        /// The change may or may not have happened.
        OutcomeUnknown = "outcome_unknown",
    }
}

/// An error that the server reported.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Problem {
    /// Where the error is described.
    pub r#type: String,
    /// The meaning, the same every time.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable word of the error.
    pub code: ProblemCode,
    /// What is wrong with this request, in words.
    pub message: String,
    /// The field or parameter concerned.
    pub param: Option<String>,
    /// Identifies the request in the logs of the card company.
    pub request_id: String,
    /// How long to wait before repeating the request (the header `Retry-After`).
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (request {})", self.code.word(), self.message, self.request_id)
    }
}

impl std::error::Error for Problem {}

/// Why there is no result. For a payment, refund or reversal, an error means that nothing happened; if the outcome is
/// not known, the call returns [`Attempt::Unknown`](crate::Attempt::Unknown) instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server reported an error.
    #[error(transparent)]
    Problem(#[from] Box<Problem>),
    /// The server was not reached: nothing was sent.
    #[error("not reached: {0}")]
    NotReached(String),
    /// It was sent, and there was no response. A change may have happened: repeat it with the same key.
    #[error("no response: {0}")]
    Lost(String),
    /// The server itself does not know yet.
    #[error("not known yet: {0}")]
    Unsettled(&'static str),
    /// The response is not one of this API. A change may have happened: repeat it with the same key.
    #[error("status {status} with an unreadable body: {reason}")]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it, without any part of the body.
        reason: String,
    },
    /// The client was configured with an invalid value.
    #[error("invalid: {0}")]
    Unusable(&'static str),
}

impl Error {
    /// The server's problem, if it is one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// Whether a change with this error may have happened.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Problem(problem) => match &problem.code {
                ProblemCode::InFlight | ProblemCode::OutcomeUnknown | ProblemCode::Internal => true,
                ProblemCode::Other(_) => problem.status >= 500,
                _ => false,
            },
            Self::Lost(_) | Self::Unsettled(_) | Self::Unreadable { .. } => true,
            Self::NotReached(_) | Self::Unusable(_) => false,
        }
    }

    /// Whether repeating the request with the same key may help.
    pub(crate) fn worth_repeating(&self) -> bool {
        match self {
            Self::Problem(problem) => matches!(
                problem.code,
                ProblemCode::InFlight
                    | ProblemCode::OutcomeUnknown
                    | ProblemCode::Unavailable
                    | ProblemCode::RateLimited
            ),
            Self::NotReached(_) | Self::Lost(_) => true,
            Self::Unreadable { status, .. } => *status >= 500,
            Self::Unusable(_) | Self::Unsettled(_) => false,
        }
    }
}
