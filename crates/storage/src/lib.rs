//! Rows to domain state and domain changes to rows, read queries, plain admin writes, the schema.
//!
//! The only crate that knows SQL. What must stay true:
//! - Money, paid orders, request ids and PIN counters have one writer path, the group in `books`; everything else is
//!   a plain function with its SQL in one transaction.
//! - Nothing is computed by the database in money tables: no serials, triggers, defaults or `now()`.
//!
//! | folder | what is in it |
//! | --- | --- |
//! | `books` | the money path: load, save and verify, for both databases and in memory |
//! | `read` | what pages and programs ask |
//! | `write` | what pages and programs change outside the books |
//! | `archive` | old days moved to files |
//! | `backend` | connections: the embedded file, a server, one SQL text for both |
//! | `demo` | the demo shop |

pub mod archive;
mod backend;
pub mod backup;
pub mod books;
pub mod demo;
pub mod error;
#[cfg(test)]
mod fixture;
mod ids;
mod kept;
mod keys;
pub mod password;
mod pinyin;
mod read;
pub mod vault;
mod write;

pub use backend::{Postgres, Sqlite, Storage, postgres, sql};
pub use books::{Books, memory, outbox};
pub use demo::{batches as demo_batches, cards as demo_cards, keys as demo_keys, proposals as demo_proposals};
pub use error::StorageError;
pub use read::{
    batch, card_batch as card_batches, card_page, deposit, dispute, help, human, merchant, movement, orders, overview,
    pins, places, price, product, programme, proposal, refund, settlement, slip, till,
};
pub use write::{
    api_key, audit, card, card_batch, catalogue, customer, directory, draft, edition, enrolment, factor, idempotency,
    import, in_store, job, login, opening, payment, people, product_list, product_request, recall, roll, session,
    standing, sweep, webhook,
};
