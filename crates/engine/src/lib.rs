//! The money path between the doors and the store: bounded queue, grouping, clock, retry, answer routing.
//!
//! Contains no business rule; those are in `domain`.

pub mod clock;
