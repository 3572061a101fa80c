//! The extractors of operations: the caller, JSON bodies, query parameters and path segments.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Query as AxumQuery, Request};
use axum::http::request::Parts;
use domain::command::Actor;
use domain::ids::{OutletId, RequestId, TerminalId};
use domain::time::Timestamp;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use storage::api_key::ApiKey;
use storage::audit::Entry;
use storage::idempotency::Claim;
use storage::merchant::{self, Reach, TerminalRow};

use crate::problem::{Code, Problem};
use crate::{Api, BODY_MAX};

/// A program with a live key that passed the gate.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Its key: merchant, place, person, scopes.
    pub(crate) key: ApiKey,
    /// The time of this request.
    pub(crate) now: Timestamp,
    /// Network address.
    pub(crate) address: String,
    /// The request id of a change.
    pub(crate) request: Option<RequestId>,
}

impl Caller {
    /// The rows it has access to.
    pub(crate) fn reach(&self) -> Reach {
        Reach { merchant: self.key.merchant, outlet: self.key.outlet }
    }

    /// The request id of this change.
    pub(crate) fn request(&self) -> Result<RequestId, Problem> {
        self.request.ok_or_else(|| Problem::new(Code::KeyMissing, ""))
    }

    /// The claim on its Idempotency-Key. `content` is everything that makes two requests the same, in a fixed order and
    /// without the PIN.
    pub(crate) fn claim(&self, operation: &'static str, content: &impl serde::Serialize) -> Result<Claim, Problem> {
        let text = serde_json::to_vec(&(operation, content)).map_err(|_| Problem::new(Code::Internal, ""))?;
        let content = Sha256::digest(&text).into();
        Ok(Claim { merchant: self.key.merchant, request: self.request()?, operation, content })
    }

    /// This program at a terminal.
    pub(crate) fn at(&self, outlet: OutletId, terminal: TerminalId) -> Actor {
        Actor { merchant: self.key.merchant, outlet, terminal, person: self.key.person }
    }

    /// This program at the named terminal, the terminal the key is bound to, or the only terminal there is.
    pub(crate) async fn at_terminal(&self, api: &Api, named: Option<TerminalId>) -> Result<Actor, Problem> {
        let foreign = || Problem::not_found("There is no such terminal.");
        let named = named.or(self.key.terminal);
        if named.is_some() && self.key.terminal.is_some_and(|own| Some(own) != named) {
            return Err(foreign());
        }
        let (db, reach) = (api.storage.clone(), self.reach());
        let look = move || {
            let db = db.clone();
            async move { Ok(Arc::from(merchant::terminals(&db, reach, None, named).await?)) }
        };
        let found: Arc<[TerminalRow]> = api.places.get((reach, named), look).await?;
        match (named, &*found) {
            (_, [only]) => Ok(self.at(only.outlet, only.id)),
            (Some(_), _) => Err(foreign()),
            (None, _) => {
                Err(Problem::invalid("terminal_id", "Name the terminal: this key has access to more than one."))
            }
        }
    }

    /// An audit entry for an action of this program.
    pub(crate) fn entry(&self, action: &'static str, subject: &str) -> Entry {
        Entry {
            at: self.now,
            person: Some(self.key.person),
            merchant: Some(self.key.merchant),
            terminal: self.key.terminal,
            action,
            subject: subject.to_owned(),
            detail: String::new(),
            address: self.address.clone(),
        }
    }
}

/// The terminal that a body names.
pub(crate) fn terminal(named: Option<&str>) -> Result<Option<TerminalId>, Problem> {
    let Some(text) = named else { return Ok(None) };
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(id) if digits => Ok(Some(TerminalId(id))),
        _ => Err(Problem::invalid("terminal_id", "8 digits.")),
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::new(Code::Unauthenticated, ""))
    }
}

/// The JSON body, read strictly.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let body = axum::body::to_bytes(request.into_body(), BODY_MAX).await;
        let body = body.map_err(|_| Problem::new(Code::TooLarge, ""))?;
        serde_json::from_slice(&body).map(Self).map_err(|error| refused(&error))
    }
}

/// The error in a body. It never repeats a value, which may be a card number or a PIN.
fn refused(error: &serde_json::Error) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    if !error.is_data() {
        return Problem::new(Code::InvalidJson, format!("Not JSON at {place}."));
    }
    let text = error.to_string();
    let about_a_name =
        ["missing field", "unknown field", "duplicate field"].iter().any(|start| text.starts_with(start));
    let text = text.split(" at line").next().unwrap_or_default();
    let name = text.split('`').nth(1).filter(|_| about_a_name).map(str::to_owned);
    match name {
        Some(name) => Problem::invalid(name, format!("{text}, at {place}.")),
        None => {
            Problem::new(Code::InvalidRequest, format!("A value has the wrong type or is out of range, at {place}."))
        }
    }
}

/// The query parameters, read strictly.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match AxumQuery::<T>::from_request_parts(parts, state).await {
            Ok(AxumQuery(query)) => Ok(Self(query)),
            Err(_) => Err(Problem::new(Code::InvalidParameter, "A query parameter is unknown or cannot be read.")),
        }
    }
}

/// The path segments. An unreadable segment is reported as not found.
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        read.map(|axum::extract::Path(found)| Self(found)).map_err(|_| Problem::not_found(""))
    }
}
