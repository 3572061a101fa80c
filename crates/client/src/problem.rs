//! What goes wrong: the server's problems (RFC 9457), and no answer at all.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use crate::words::words;

words! {
    /// The word of a problem; it never changes.
    ProblemCode {
        /// Not JSON.
        InvalidJson = "invalid_json",
        /// A parameter of the address cannot be used.
        InvalidParameter = "invalid_parameter",
        /// A change without a key.
        IdempotencyKeyMissing = "idempotency_key_missing",
        /// No or no live API key.
        Unauthenticated = "unauthenticated",
        /// No or no right signature.
        SignatureInvalid = "signature_invalid",
        /// The API key may not do this.
        ScopeMissing = "scope_missing",
        /// Whoever asked for a refund does not decide on it.
        SamePerson = "same_person",
        /// There is no such thing, or it is somebody else's.
        NotFound = "not_found",
        /// What happened then is in the card company's archive.
        Archived = "archived",
        /// The address does not take this method.
        MethodNotAllowed = "method_not_allowed",
        /// The same request is still being worked on.
        InFlight = "in_flight",
        /// The body is too long.
        BodyTooLarge = "body_too_large",
        /// The body has to be JSON.
        UnsupportedMediaType = "unsupported_media_type",
        /// A field cannot be used.
        InvalidRequest = "invalid_request",
        /// The key was used for something else.
        IdempotencyConflict = "idempotency_conflict",
        /// Too many requests.
        RateLimited = "rate_limited",
        /// A fault of the system.
        Internal = "internal",
        /// Nothing was done; send the same again.
        Unavailable = "unavailable",
        /// The change may or may not have happened.
        OutcomeUnknown = "outcome_unknown",
    }
}

/// What the server says is wrong.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Problem {
    /// Where the error is described.
    pub r#type: String,
    /// What it means, the same every time.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The error's word.
    pub code: ProblemCode,
    /// What is wrong with this request, for people.
    pub message: String,
    /// The field or parameter that is meant.
    pub param: Option<String>,
    /// Names the request in the logs of the card company.
    pub request_id: String,
    /// How long to wait before the same is sent again (the header `Retry-After`).
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (request {})", self.code.word(), self.message, self.request_id)
    }
}

impl std::error::Error for Problem {}

/// Why there is no answer. Of a payment, a refund or a reversal an error means that nothing happened; if nobody knows,
/// they answer [`Attempt::Unknown`](crate::Attempt::Unknown) instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused.
    #[error(transparent)]
    Problem(#[from] Box<Problem>),
    /// The server was not reached: nothing was sent.
    #[error("not reached: {0}")]
    NotReached(String),
    /// It was sent, and no answer came. A change may have happened: repeat it with the same key.
    #[error("no answer: {0}")]
    Lost(String),
    /// The server itself does not know yet.
    #[error("not known yet: {0}")]
    Unsettled(&'static str),
    /// Something answered that does not speak this API. A change may have happened: repeat it with the same key.
    #[error("status {status} with a body that cannot be read: {reason}")]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it; nothing of the body.
        reason: String,
    },
    /// The client was made with something that cannot be used.
    #[error("cannot be used: {0}")]
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

    /// Whether a change that failed so may have happened all the same.
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

    /// Whether sending the same again, with the same key, may help.
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
