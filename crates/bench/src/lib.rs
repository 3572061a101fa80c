//! End-to-end measurement: the real program as a separate process, with a light load generator, alternating with
//! baselines on the same machine. Never shipped.
//!
//! What must stay true: compared figures come from the same run, and both sides commit durably (fsync on).

pub mod baseline;
pub mod figures;
pub mod fixture;
pub mod growth;
pub mod imports;
pub mod lists;
pub mod load;
pub mod pages;
pub mod server;
pub mod terminals;

/// An error that ends a measurement.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
