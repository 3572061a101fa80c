//! What whoever runs the program sees of it: a number and a line in the log for each request, and the figures that
//! Prometheus reads.
//!
//! What must stay true:
//! - Nothing that a caller chose is written here: of an address only the pattern of the route that it matched, of a
//!   method only one that is known.

mod exchange;
pub mod metrics;
mod request_number;

pub use exchange::{Exchange, TARGET};
pub use request_number::RequestNumber;
