//! Webhooks: events about a merchant's money, sent to the merchant's own system.
//!
//! `deliver` is the sending task, `send` makes one call to a checked address, `sign` signs it, and `resource` has the
//! operations that manage endpoints.

pub(crate) mod deliver;
pub(crate) mod resource;
mod send;
mod sign;

pub use deliver::Courier;
