//! The books: the store of the money path. Loads what a group names, lets the domain decide, saves, commits.
//!
//! The only writer of money, paid orders, request ids and PIN counters. Three stores, one behaviour; the conformance
//! suite in `tests/books.rs` holds them to it.

use std::sync::Arc;

use domain::command::Envelope;
use domain::ledger::ChainKey;
use domain::outcome::Outcome;
use domain::verify::Finding;
use tokio::sync::oneshot;

use crate::Storage;
use crate::error::StorageError;
use crate::{Postgres, Sqlite};

pub(crate) mod after_sale;
pub(crate) mod audit_trail;
pub(crate) mod batch_figures;
pub(crate) mod card_batch;
pub(crate) mod card_move;
pub(crate) mod cards;
mod columns;
mod common;
pub(crate) mod deposit;
pub mod memory;
mod new_orders_postgres;
mod new_orders_sqlite;
pub mod outbox;
mod pins;
pub(crate) mod post_postgres;
mod post_sqlite;
pub(crate) mod programme;
pub(crate) mod proposal;
pub(crate) mod rows;
pub(crate) mod settlement;
pub(crate) mod sweeps;

use memory::Memory;
pub(crate) use post_postgres::lock_chain;

/// The slot of this installation's chain: all instances on a database continue one chain.
pub const SLOT: u8 = 1;

/// Where the ledger is kept.
#[derive(Clone)]
pub enum Books {
    /// In a database file.
    Sqlite(Sqlite, ChainKey),
    /// On a server.
    Postgres(Postgres, ChainKey),
    /// In memory, for the simulator and tests.
    Memory(Memory),
}

impl Books {
    /// The ledger in `storage`, sealed under `key`.
    pub fn of(storage: Storage, key: ChainKey) -> Self {
        match storage {
            Storage::Sqlite(sqlite) => Self::Sqlite(sqlite, key),
            Storage::Postgres(postgres) => Self::Postgres(postgres, key),
        }
    }

    /// The database under it.
    pub fn storage(&self) -> Option<Storage> {
        match self {
            Self::Sqlite(sqlite, _) => Some(Storage::Sqlite(sqlite.clone())),
            Self::Postgres(postgres, _) => Some(Storage::Postgres(postgres.clone())),
            Self::Memory(_) => None,
        }
    }

    /// Decides `group` in order and makes the result durable. On an error nothing of the group was written, unless the
    /// error says that this is unknown.
    pub async fn post(&self, group: impl Into<Arc<[Envelope]>>) -> Result<Vec<Outcome>, StorageError> {
        let group = group.into();
        let (_, outcomes) = self.post_when_ready(move || (group, ())).await;
        outcomes
    }

    /// The same for a group that is put together when the store is ready for it, so that it holds whatever came while
    /// the last one was committed. `take` is called at most once, and not at all when the store never was ready; what
    /// it gives besides the group comes back with the outcomes.
    pub async fn post_when_ready<F, T>(&self, take: F) -> (Option<T>, Result<Vec<Outcome>, StorageError>)
    where
        F: FnOnce() -> (Arc<[Envelope]>, T) + Send + 'static,
        T: Send + 'static,
    {
        let (hand_back, mut handed_back) = oneshot::channel();
        let group = move || {
            let (group, rest) = take();
            // Without a receiver the caller is gone, and nobody waits for the rest.
            let _ = hand_back.send(rest);
            group
        };
        let outcomes = match self {
            Self::Sqlite(sqlite, key) => {
                let key = key.clone();
                sqlite.write(move |connection| post_sqlite::post(connection, key, &group())).await
            }
            Self::Postgres(postgres, key) => postgres.post(key.clone(), group).await,
            Self::Memory(memory) => memory.post(&group()),
        };
        (handed_back.try_recv().ok(), outcomes)
    }

    /// Checks every invariant of the whole ledger on one snapshot.
    pub async fn verify(&self) -> Result<Vec<Finding>, StorageError> {
        match self {
            Self::Sqlite(sqlite, key) => {
                let key = key.clone();
                sqlite.read(move |connection| audit_trail::verify(connection, key)).await
            }
            Self::Postgres(postgres, key) => {
                let key = key.clone();
                postgres.read(move |connection| audit_trail::verify(connection, key)).await
            }
            Self::Memory(memory) => Ok(memory.verify()),
        }
    }
}
