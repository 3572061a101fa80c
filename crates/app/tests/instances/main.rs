//! Several instances of the program on one PostgreSQL, as an administrator runs them: the real binary on free ports,
//! called over HTTP. Archiving and backups of both databases run under the same load.

mod archive;
mod backup;
mod failover;
mod installation;
mod load;
#[path = "../program/mod.rs"]
mod program;
mod proxy;
mod reach;
mod rolling;
