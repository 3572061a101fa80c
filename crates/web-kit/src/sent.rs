//! What a request sends, read once by the gate before a handler reads it again: the fields of the address of a page that
//! is read, and of the form otherwise.

use axum::Form;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest as _, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};

use crate::BODY_MAX;
use crate::problem::Problem;

/// A request whose body is in memory.
pub(crate) struct Sent {
    /// Everything but the body.
    pub(crate) parts: Parts,
    /// Names and values in their order; empty for what is no form, which the handler refuses.
    pub(crate) fields: Vec<(String, String)>,
    body: Bytes,
}

impl Sent {
    /// Reads the body, up to the size that a page ever sends.
    pub(crate) async fn of(request: Request) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, BODY_MAX).await else { return Err(Problem::TooLarge.into_response()) };
        let fields = if parts.method.is_safe() {
            Query::try_from_uri(&parts.uri).map_or(Vec::new(), |Query(fields)| fields)
        } else {
            form(body.clone()).await
        };
        Ok(Self { parts, fields, body })
    }

    /// Whether it only reads.
    pub(crate) fn reads(&self) -> bool {
        self.parts.method.is_safe()
    }

    /// The first value of a field, if it was sent.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The request as it was.
    pub(crate) fn request(self) -> Request {
        Request::from_parts(self.parts, Body::from(self.body))
    }
}

async fn form(body: Bytes) -> Vec<(String, String)> {
    let request = Request::post("/").header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(body));
    let Ok(request) = request else { return Vec::new() };
    Form::from_request(request, &()).await.map_or(Vec::new(), |Form(fields)| fields)
}
