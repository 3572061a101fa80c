//! The schema of the embedded database: created in an empty file, checked in every other.

use std::path::Path;

use rusqlite::Connection;

use crate::backend::schema::{self, Origin, SQLITE};
use crate::error::StorageError;
use crate::sql;

const TABLES: &str = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND (name = ?1 OR ?1 = '')";

/// Creates the schema in an empty file. Refuses a file that was made by another schema.
pub(super) fn prepare(connection: &sql::Connection, path: &Path) -> Result<(), StorageError> {
    let refused = |why: &str| Err(StorageError::Open(format!("{} {why}", path.display())));
    let unreadable = |error: sql::Error| StorageError::Open(format!("cannot open {}: {error}", path.display()));
    connection.execute_batch("BEGIN IMMEDIATE").map_err(unreadable)?;
    let answer = match schema::origin(connection, SQLITE, TABLES).map_err(unreadable) {
        Ok(Origin::Own) => Ok(()),
        Ok(Origin::Empty) => schema::create(connection, SQLITE),
        Ok(Origin::Other) if is_archive(connection).map_err(unreadable)? => {
            refused("is an archive, and no ledger goes on in it. Check it with `webpos verify --archive`")
        }
        Ok(Origin::Other) => refused("was made by a program with another schema: move the data folder away"),
        Err(error) => Err(error),
    };
    connection.execute_batch(if answer.is_ok() { "COMMIT" } else { "ROLLBACK" }).map_err(unreadable)?;
    answer
}

fn is_archive(connection: &sql::Connection) -> sql::Result<bool> {
    connection.query_row(TABLES, ["archive_part"], |row| row.get(0))
}

/// The statements that make `tables` and their indexes.
pub(crate) fn schema_of<'t>(tables: impl Iterator<Item = &'t str>) -> rusqlite::Result<Vec<String>> {
    let whole = Connection::open_in_memory()?;
    whole.execute_batch(SQLITE)?;
    let sql = "SELECT sql FROM sqlite_master WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY type DESC";
    let mut statement = whole.prepare(sql)?;
    let mut found = Vec::new();
    for table in tables {
        let own: rusqlite::Result<Vec<String>> = statement.query_map([table], |row| row.get(0))?.collect();
        found.extend(own?);
    }
    Ok(found)
}
