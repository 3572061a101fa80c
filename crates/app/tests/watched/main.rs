//! The program as those see it who watch it: what it writes into its log, and its figures.

mod figures;
mod log;
#[path = "../outside/mod.rs"]
mod outside;
mod routes;
