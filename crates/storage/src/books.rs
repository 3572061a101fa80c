//! The books: the store of the money path. Loads what a group names, lets the domain decide, saves, commits.
//!
//! The only writer of money, paid orders, request ids and PIN counters. Two stores, one behaviour; the conformance
//! suite in `tests/books.rs` holds them to it.

use domain::command::Envelope;
use domain::ledger::ChainKey;
use domain::outcome::Outcome;
use domain::verify::Finding;

use crate::error::StorageError;
use crate::memory::Memory;
use crate::sqlite::Sqlite;

/// Slot of the embedded database: one file has one writer.
pub(crate) const EMBEDDED_SLOT: u8 = 1;

/// Where the ledger is kept.
#[derive(Clone)]
pub enum Books {
    /// In a database file.
    Sqlite(Sqlite, ChainKey),
    /// In memory, for the simulator and tests.
    Memory(Memory),
}

impl Books {
    /// Decides `group` in order and makes the result durable. On an error nothing of the group was written, unless the
    /// error says that this is unknown.
    pub async fn post(&self, group: Vec<Envelope>) -> Result<Vec<Outcome>, StorageError> {
        match self {
            Self::Sqlite(sqlite, key) => {
                let key = key.clone();
                sqlite.write(move |connection| crate::sqlite::money::post(connection, key, &group)).await
            }
            Self::Memory(memory) => memory.post(&group),
        }
    }

    /// Checks every invariant of the whole ledger on one snapshot.
    pub async fn verify(&self) -> Result<Vec<Finding>, StorageError> {
        match self {
            Self::Sqlite(sqlite, key) => {
                let key = key.clone();
                sqlite.read(move |connection| crate::sqlite::audit_trail::verify(connection, key)).await
            }
            Self::Memory(memory) => Ok(memory.verify()),
        }
    }
}
