//! Webhooks: the events of a merchant's money, sent to its own system.
//!
//! `deliver` is the one task that sends, `send` makes one call to one judged address, `sign` signs it, `resource` is
//! where programs manage their endpoints.

pub(crate) mod deliver;
pub(crate) mod resource;
mod send;
mod sign;

pub use deliver::Courier;
