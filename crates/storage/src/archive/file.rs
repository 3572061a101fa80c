//! The file that archived rows go to: an SQLite database with the tables they come from, for anyone who looks something
//! up, and where its part of the chain begins and ends.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use domain::ledger::{ChainKey, Head, SEAL_FORMAT};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::step;
use crate::StorageError;
use crate::backend::sqlite::schema_of;
use crate::books::SLOT;
use crate::sql;

/// The file, open for one archiving.
pub(super) struct ArchiveFile(Mutex<Connection>, ChainKey);

const PART: &str = "CREATE TABLE archive_part (
    slot INTEGER PRIMARY KEY,
    begins INTEGER NOT NULL,
    begins_hash BLOB NOT NULL,
    ends INTEGER NOT NULL,
    ends_hash BLOB NOT NULL,
    format INTEGER NOT NULL,
    seal BLOB NOT NULL
) STRICT";

impl ArchiveFile {
    /// Makes the file, or opens one that an interrupted archiving of this installation made. `before` is where this
    /// installation's archive ends.
    pub(super) fn open(path: &Path, key: &ChainKey, before: Option<Head>) -> Result<Self, StorageError> {
        let failed = |error: &dyn std::fmt::Display| StorageError::Open(format!("{}: {error}", path.display()));
        let made = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        let length = made.and_then(|file| file.metadata()).map_err(|error| failed(&error))?.len();
        let connection = open(path, length == 0).map_err(|error| failed(&error))?;
        let before = before.unwrap_or(Head::empty(SLOT));
        let part = part(&connection, key)
            .map_err(|error| failed(&format!("not an archive of this installation ({error})")))?;
        if let Some((begins, ends)) =
            part.filter(|(begins, ends)| !(begins.sequence..=ends.sequence).contains(&before.sequence))
        {
            let (first, last) = (begins.next().rrn(), Head { sequence: ends.sequence - 1, ..ends }.next().rrn());
            return Err(failed(&format!(
                "holds {first} to {last}, and the archive goes on at {}; choose another name",
                before.next().rrn()
            )));
        }
        Ok(Self(Mutex::new(connection), key.clone()))
    }

    /// Puts rows down for good. `before` and `after` are where the chain was and is passed to.
    pub(super) fn write(
        &self,
        before: Head,
        after: Head,
        fill: impl FnOnce(&Page<'_>) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        fill(&Page(&transaction))?;
        let sql = "INSERT INTO archive_part (slot, begins, begins_hash, ends, ends_hash, format, seal)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (slot) DO UPDATE SET ends = excluded.ends, ends_hash = excluded.ends_hash,
                format = excluded.format, seal = excluded.seal";
        let (slot, begins, ends) = (SLOT, before.sequence, after.sequence);
        let seal = after.seal(&self.1);
        let values = params![slot, begins, before.hash, ends, after.hash, SEAL_FORMAT, seal];
        transaction.prepare_cached(sql)?.execute(values)?;
        Ok(transaction.commit()?)
    }
}

fn open(path: &Path, new: bool) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.set_prepared_statement_cache_capacity(64);
    if new {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for sql in schema_of(step::tables())? {
            connection.execute_batch(&sql)?;
        }
        connection.execute_batch(PART)?;
        connection.execute_batch("COMMIT")?;
    }
    Ok(connection)
}

/// Where the file's part of the chain begins, exclusive, and ends. Fails when it was not sealed under `key`.
pub(super) fn part(connection: &Connection, key: &ChainKey) -> rusqlite::Result<Option<(Head, Head)>> {
    let sql = "SELECT begins, begins_hash, ends, ends_hash, seal, format FROM archive_part WHERE slot = ?1";
    let head = |row: &rusqlite::Row<'_>, at: usize| -> rusqlite::Result<Head> {
        Ok(Head { slot: SLOT, sequence: row.get(at)?, hash: row.get(at + 1)? })
    };
    let mut statement = connection.prepare(sql)?;
    let read = |row: &rusqlite::Row<'_>| {
        let (begins, ends) = (head(row, 0)?, head(row, 2)?);
        let sealed = row.get::<_, u8>(5)? == SEAL_FORMAT && row.get::<_, [u8; 32]>(4)? == ends.seal(key);
        if sealed { Ok((begins, ends)) } else { Err(rusqlite::Error::InvalidParameterName("other keys".to_owned())) }
    };
    statement.query_row([SLOT], read).optional()
}

/// What one step writes.
pub(super) struct Page<'f>(&'f Connection);

impl Page<'_> {
    /// Copies the rows of `table` that `condition` selects from the database at hand. A step that is done again writes
    /// the same.
    pub(super) fn copy(
        &self,
        from: &sql::Connection,
        table: &str,
        condition: &str,
        which: &str,
    ) -> Result<(), StorageError> {
        let columns: String = self
            .0
            .prepare_cached("SELECT group_concat(name, ', ') FROM pragma_table_info(?1)")?
            .query_row([table], |row| row.get(0))?;
        let count = columns.split(',').count();
        let places: Vec<String> = (1..=count).map(|place| format!("?{place}")).collect();
        let put = format!("INSERT OR REPLACE INTO {table} ({columns}) VALUES ({})", places.join(", "));
        let mut put = self.0.prepare_cached(&put)?;
        let mut found = from.prepare_cached(&format!("SELECT {columns} FROM {table} WHERE {condition}"))?;
        let mut found = found.query([which])?;
        while let Some(row) = found.next()? {
            for place in 0..count {
                put.raw_bind_parameter(place + 1, row.value(place)?)?;
            }
            put.raw_execute()?;
        }
        Ok(())
    }
}
