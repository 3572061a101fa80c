//! The rules of the till and the card host, pure: money, cards, orders, decisions.
//!
//! Knows no SQL, HTTP, async, clock, randomness or environment: time, ids and random values arrive in the command.
//! What must stay true: amounts are whole fen and every operation on them is checked; a decline is data, not an
//! error; `decide` reads only what was loaded and never fails.

/// Stops the command when a condition that the code relies on does not hold. Stays on in production: the group rolls
/// back and runs singly, so the command that breaks a rule fails alone and nothing wrong is written.
macro_rules! invariant {
    ($condition:expr, $($message:tt)+) => {
        assert!($condition, $($message)+)
    };
}

pub mod ids;
pub mod time;
