//! The program as the administrator observes it: its log and its metrics.

mod log;
mod metrics;
#[path = "../program/mod.rs"]
mod program;
mod routes;
