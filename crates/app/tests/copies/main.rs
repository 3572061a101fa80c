//! Several copies of the program over one PostgreSQL, as the operator runs them: the real binary on free ports, asked
//! over HTTP. And what is done under the same load with one copy: archiving, backups of both databases.

mod archive;
mod backup;
mod failover;
mod house;
mod load;
#[path = "../outside/mod.rs"]
mod outside;
mod proxy;
mod reach;
mod rolling;
