//! The whole way measured: the real program as a process of its own, a light load generator beside it, baselines in turn
//! on the same machine. Never shipped.
//!
//! What must stay true: every figure that is compared comes from the same run; databases keep what they acknowledge
//! (fsync on) on both sides.

pub mod baseline;
pub mod figures;
pub mod growth;
pub mod load;
pub mod pages;
pub mod server;
pub mod terminals;
pub mod town;

/// Whatever ends a measurement.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
