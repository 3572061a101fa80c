//! One request and its answer, as they are told to whoever runs the program.

use std::time::Instant;

use tracing::Span;

use crate::{RequestNumber, metrics};

/// The target of the line that each request has in the log, so that a filter can choose it: `WEBPOS_LOG=warn,access=info`.
pub const TARGET: &str = "access";

/// Methods that may be named; a caller can send any word.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// A request at a door, from its beginning until it is dropped. Dropped without an answer, the caller went away.
#[derive(Debug)]
pub struct Exchange {
    number: RequestNumber,
    method: &'static str,
    route: String,
    begun: Instant,
    span: Span,
    status: Option<u16>,
}

impl Exchange {
    /// A request arrives; `route` is the pattern that its address matched.
    pub fn begin(method: &str, route: Option<&str>) -> Self {
        let number = RequestNumber::new();
        Self {
            number,
            method: METHODS.into_iter().find(|known| *known == method).unwrap_or("other"),
            route: route.unwrap_or("none").to_owned(),
            begun: Instant::now(),
            // Of the highest level, so that it is there whatever is logged: its warnings carry the number.
            span: tracing::error_span!(target: TARGET, "request", request_id = %number),
            status: None,
        }
    }

    /// What it is known by.
    pub fn number(&self) -> RequestNumber {
        self.number
    }

    /// What its work runs in, so that every line logged meanwhile carries the number.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// It was answered.
    pub fn end(mut self, status: u16) {
        self.status = Some(status);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let (method, route, status) = (self.method, self.route.as_str(), self.status);
        let took = self.begun.elapsed();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        metrics::request(method, route, status, took);
        tracing::info!(target: TARGET, parent: &self.span, method, route, status, micros, "request");
    }
}
