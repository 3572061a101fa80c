//! Rows to domain state and domain changes to rows, read queries, plain admin writes, migrations.
//!
//! The only crate that knows SQL. What must stay true:
//! - Money, paid orders, request ids and PIN counters have one writer path, the group in `books`; everything else is
//!   a plain function with its SQL in one transaction.
//! - Nothing is computed by the database in money tables: no serials, triggers, defaults or `now()`.

pub mod api_key;
pub mod archive;
pub mod audit;
pub mod backup;
pub mod batch;
pub mod books;
pub mod card;
pub mod catalogue;
pub mod demo;
pub mod demo_cards;
pub mod demo_keys;
pub mod direct_sale;
pub mod dispute;
pub mod draft;
pub mod error;
pub mod idempotency;
mod ids;
pub mod login;
pub mod memory;
pub mod merchant;
pub mod orders;
pub mod outbox;
pub mod password;
pub mod payment;
pub mod people;
pub mod postgres;
pub mod product;
pub mod refund;
pub mod session;
pub mod settlement;
pub mod slip;
pub mod sql;
mod sqlite;
mod storage;
pub mod till;
#[cfg(test)]
mod trial;
pub mod vault;
pub mod webhook;

pub use books::Books;
pub use error::StorageError;
pub use postgres::Postgres;
pub use sqlite::Sqlite;
pub use storage::Storage;
