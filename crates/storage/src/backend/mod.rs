//! The database at hand: a file, or a PostgreSQL server. Everything but the books treats them alike.

use std::path::Path;

use crate::error::StorageError;

mod job;
pub mod postgres;
mod schema;
pub mod sql;
pub(crate) mod sqlite;

pub use postgres::Postgres;
use sql::Connection;
pub use sqlite::Sqlite;

/// The database, opened. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In a file, embedded.
    Sqlite(Sqlite),
    /// On a server that several instances may share.
    Postgres(Postgres),
}

impl Storage {
    /// Opens the database file, or creates it with the schema. Refuses a file with another schema.
    pub fn open(path: &Path) -> Result<Self, StorageError> {
        Sqlite::open(path).map(Self::Sqlite)
    }

    /// Connects to a server, and refuses a schema that is not this program's.
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        Postgres::connect(url).await.map(Self::Postgres)
    }

    /// The database file; a server has none.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(sqlite) => Some(sqlite.path()),
            Self::Postgres(_) => None,
        }
    }

    /// How many connections to it there may be, and how many are in use now.
    pub fn connections(&self) -> (u32, u32) {
        match self {
            Self::Sqlite(sqlite) => sqlite.connections(),
            Self::Postgres(postgres) => postgres.connections(),
        }
    }

    /// Runs `query`, which only reads, off the async threads. It sees everything committed before the call.
    pub async fn read<T, F>(&self, query: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Clone + Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.read(query).await,
            Self::Postgres(postgres) => postgres.read(query).await,
        }
    }

    /// The same for a few rows that are found by their keys. In the file they are read at once, where the caller runs:
    /// going to another thread and back takes longer than they do.
    pub async fn read_by_key<T, F>(&self, query: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Clone + Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.read_by_key(query).await,
            Self::Postgres(postgres) => postgres.read(query).await,
        }
    }

    /// Runs `change` in a transaction and returns once that is durable. An error undoes the change. It may run more
    /// than once on a server, when another transaction was in the way or the connection broke before the commit.
    pub async fn write<T, F>(&self, change: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Clone + Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.write(change).await,
            Self::Postgres(postgres) => postgres.write(change).await,
        }
    }
}
