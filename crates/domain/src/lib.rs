//! The rules of the till and the card host, pure: money, cards, orders, decisions.
//!
//! Knows no SQL, HTTP, async, clock, randomness or environment: time, ids and random values arrive in the command.
//! What must stay true: amounts are whole fen and every operation on them is checked; a decline is data, not an
//! error; [`decide::decide`] reads only what was loaded and never fails.
//!
//! Reading order for the money path: [`command`], [`state`], [`decide`], [`sale`], [`changes`], [`ledger`].
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::panic
    )
)]

/// Stops the command when a condition that the code relies on does not hold. Stays on in production: the group rolls
/// back and runs singly, so the command that breaks a rule fails alone and nothing wrong is written.
macro_rules! invariant {
    ($condition:expr, $($message:tt)+) => {
        assert!($condition, $($message)+)
    };
}

#[macro_use]
pub mod words;

pub mod archive;
pub mod changes;
pub mod command;
mod commands;
pub mod decide;
pub mod event;
pub mod explain;
mod facts;
pub mod ledger;
pub mod outcome;
pub mod state;
pub mod verify;
pub mod world;

pub use commands::{
    acts, batch, card_move, deposit, direct_sale, dispute, first_use, inquiry, pin_issue, pin_reset, programme_change,
    proof, proposal, refund, reversal, sale, settlement, sold, void, withdrawal,
};
pub use facts::{
    card, card_batch, card_code, card_number, directory, edition, factor, human, ids, limits, money, network, order,
    password, person, pin, place, product, product_request, programme, recall, role, scan, serial, sweep, time,
};
