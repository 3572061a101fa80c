//! One request and its answer, as logs and metrics record them.

use std::time::Instant;

use tracing::Span;

use crate::{RequestNumber, metrics};

/// Target of the log line that each request gets; a filter selects it: `WEBPOS_LOG=warn,access=info`.
pub const TARGET: &str = "access";

/// Methods that may be logged; a caller can send any word.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// A request to the pages or the API, from its arrival until it is dropped. If it is dropped without an answer, the
/// caller disconnected.
#[derive(Debug)]
pub struct Exchange {
    number: RequestNumber,
    method: &'static str,
    route: String,
    started: Instant,
    span: Span,
    status: Option<u16>,
}

impl Exchange {
    /// Starts an exchange; `route` is the pattern that the address matched.
    pub fn begin(method: &str, route: Option<&str>) -> Self {
        let number = RequestNumber::new();
        Self {
            number,
            method: METHODS.into_iter().find(|known| *known == method).unwrap_or("other"),
            route: route.unwrap_or("none").to_owned(),
            started: Instant::now(),
            // The level is error so that the span exists under every filter and all lines carry the number.
            span: tracing::error_span!(target: TARGET, "request", request_id = %number),
            status: None,
        }
    }

    /// The request number.
    pub fn number(&self) -> RequestNumber {
        self.number
    }

    /// The span to run its work in, so that every line carries the number.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// Ends it with the status of the answer.
    pub fn end(mut self, status: u16) {
        self.status = Some(status);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let (method, route, status) = (self.method, self.route.as_str(), self.status);
        let took = self.started.elapsed();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        metrics::request(method, route, status, took);
        tracing::info!(target: TARGET, parent: &self.span, method, route, status, micros, "request");
    }
}
