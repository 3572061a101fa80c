//! Logs and metrics for the administrator: a number and a log line for each request, and metrics for Prometheus.
//!
//! What must stay true:
//! - Nothing that a caller chose is recorded: only the pattern of the matched route instead of the address, and only
//!   known methods.

mod exchange;
pub mod metrics;
mod request_number;

pub use exchange::{Exchange, TARGET};
pub use request_number::RequestNumber;
