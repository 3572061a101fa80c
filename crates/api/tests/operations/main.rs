//! Operations through the router on the demo shop.

mod access;
mod disputes;
mod errors;
mod fixture;
mod payments;
mod records;
mod refunds;
mod settlements;
mod tenant;
mod webhooks;
