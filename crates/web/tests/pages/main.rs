//! The pages through the router: one module per page or concern, each test with a shop and browsers of its own.

mod after_sale;
mod api_keys;
mod batch;
mod dispute;
mod doors;
mod enrol;
mod guard;
mod in_store;
mod login;
mod orders;
mod pauses;
mod pay;
mod picker;
mod place;
mod refund;
mod routes;
mod said;
mod sale;
mod scan;
mod session;
mod settlement;
mod shop;
mod slip;
mod sums;
mod todo;
mod webhooks;
