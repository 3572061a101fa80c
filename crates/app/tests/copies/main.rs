//! Several copies of the program over one PostgreSQL, as the operator runs them: the real binary on free ports, asked
//! over HTTP.

mod failover;
mod house;
mod load;
#[path = "../outside/mod.rs"]
mod outside;
mod reach;
mod rolling;
