//! Operations through the router on the demo shop.

mod access;
mod disputes;
mod errors;
mod payments;
mod records;
mod refunds;
mod settlements;
mod shop;
mod tenant;
mod webhooks;
