//! The money path under faults, never shipped: a simulator with its own auditor ([`run`], [`auditor`]), planted faults
//! that it has to find ([`flaws`]), a child that is killed under load ([`child`]), and a benchmark (`bin/bench-engine`).

pub mod auditor;
pub mod bench;
pub mod child;
pub mod dice;
pub mod flaws;
mod host;
pub mod intent;
pub mod run;
pub mod shop;
mod workload;
