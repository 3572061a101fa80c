#![doc = include_str!("../README.md")]

mod attempt;
mod calls;
mod client;
#[cfg(test)]
mod description;
mod key;
pub mod model;
mod operation;
mod pages;
mod problem;
mod secret;
mod transport;
pub mod webhook;
mod words;

pub use attempt::{Attempt, Outcome, PaymentLookup, Unknown};
pub use calls::{OrderFilter, TransactionFilter};
pub use client::{Builder, Client};
pub use key::IdempotencyKey;
pub use pages::Pages;
pub use problem::{Error, Problem, ProblemCode};
pub use rustls::RootCertStore;
pub use secret::{CardNumber, Pin, SigningSecret, Token, WebhookSecret};

/// Bytes as lower-case hex digits.
fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| DIGITS[usize::from(digit)]).collect()
}
