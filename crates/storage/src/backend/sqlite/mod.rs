//! The embedded database: one writer thread, a pool of read-only connections, WAL with `synchronous=FULL`.
//!
//! What must stay true:
//! - Only the writer thread writes ([`writer`]); a thread beside it copies the log of changes into the file
//!   ([`checkpointer`]); everything else reads a snapshot ([`readers`]).
//! - An answer leaves only after the commit that carries it returned. `FULL` makes that commit survive a power cut;
//!   `NORMAL` was measured to lose every acknowledged payment.
//! - SQLite older than 3.51.3 can corrupt a WAL that is reset while another connection commits
//!   (<https://sqlite.org/releaselog/3_51_3.html>); the program refuses to run on it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::job::{answer, once};
use crate::error::StorageError;
use crate::sql;

mod checkpointer;
mod readers;
mod schema;
mod writer;

use readers::Readers;
pub(crate) use schema::schema_of;
use writer::Writer;

/// First version without the WAL-reset corruption bug, in SQLite's numbering (3.51.3).
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// Read-only connections kept open. Reads are short; more connections than cores only add memory.
const READERS_MAX: usize = 4;

/// The embedded database file, opened. Cheap to clone; all clones share one writer thread.
#[derive(Clone, Debug)]
pub struct Sqlite {
    path: PathBuf,
    writer: Writer,
    readers: Arc<Readers>,
}

impl Sqlite {
    /// Opens the database file, or creates it with the schema. Refuses a file that was made by another schema.
    pub fn open(path: &Path) -> Result<Self, StorageError> {
        if rusqlite::version_number() < SQLITE_VERSION_MIN {
            return Err(StorageError::Open(format!(
                "SQLite {} is older than 3.51.3, which can corrupt the database",
                rusqlite::version()
            )));
        }
        let cannot = |error: rusqlite::Error| StorageError::Open(format!("cannot open {}: {error}", path.display()));
        // Made here and not by SQLite, so that nobody else on the machine may read it. `-wal` and `-shm` follow its mode.
        let own = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        own.map_err(|error| StorageError::Open(format!("cannot open {}: {error}", path.display())))?;
        let mut connection = Connection::open(path).map_err(cannot)?;
        prepare_writer(&mut connection).map_err(cannot)?;
        let connection = sql::Connection::from(connection);
        schema::prepare(&connection, path)?;
        let readers = Readers::open(path, READERS_MAX).map_err(cannot)?;
        let committed = checkpointer::spawn(path).map_err(cannot)?;
        let writer = Writer::spawn(connection, committed);
        Ok(Self { path: path.to_owned(), writer, readers: Arc::new(readers) })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many read-only connections there are, and how many are in use now.
    pub fn connections(&self) -> (u32, u32) {
        self.readers.in_use()
    }

    /// Runs `query` on a read-only connection, off the async threads. It sees everything committed before the call.
    pub async fn read<T, F>(&self, query: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&sql::Connection) -> Result<T, StorageError> + Send + 'static,
    {
        answer(self.readers.clone().run(once(query)).await)
    }

    /// The same where the caller runs, for a few rows that are found by their keys.
    pub async fn read_by_key<T, F>(&self, query: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&sql::Connection) -> Result<T, StorageError> + Send + 'static,
    {
        answer(self.readers.here(once(query)).await)
    }

    /// Runs `change` in the writer's next transaction and returns once that is durable. An error undoes this change
    /// alone; neighbours in the same transaction are untouched.
    pub async fn write<T, F>(&self, change: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&sql::Connection) -> Result<T, StorageError> + Send + 'static,
    {
        answer(self.writer.run(once(change)).await)
    }
}

fn prepare_writer(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.busy_handler(Some(wait_for_another))?;
    // What the checkpointer has not got to by then (16 MB), the writer does: its size sets the slowest payment.
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    // Each job's savepoint keeps the pages it changes; beyond 64 KiB they would go to a file and back.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    keep_plans(connection)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Another process writes, as archiving does, a few milliseconds at a time. SQLite's own way of waiting sleeps longer each
/// time and so misses the gaps; this one looks every millisecond, for five seconds.
fn wait_for_another(looks: i32) -> bool {
    thread::sleep(Duration::from_millis(1));
    looks < 5_000
}

/// In a file that was once analysed, SQLite plans a statement anew for each new value bound to it, which was measured to
/// cost a third of a payment. The plans here do not depend on values.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "busy_timeout", 5_000)?;
    connection.pragma_update(None, "cache_size", -4_096)?;
    keep_plans(&connection)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}
