//! The schema: one text per database, edited in place until the first release.
//!
//! What must stay true: a program works only on a database that was made by its own text. The digest of the text is
//! stored in the database; with another digest the database is refused, and nothing migrates it.

use domain::ledger::Kind;
use sha2::{Digest as _, Sha256};

use crate::error::StorageError;
use crate::sql::{self, Connection, OptionalExtension as _};
use crate::vault::hex;

/// The schema of the embedded database.
pub(super) const SQLITE: &str = include_str!("../../schema/sqlite.sql");

/// The schema on a server.
pub(super) const POSTGRES: &str = include_str!("../../schema/postgres.sql");

/// What a database was made by.
pub(super) enum Origin {
    /// No table is there.
    Empty,
    /// The schema of this program.
    Own,
    /// Another one.
    Other,
}

/// The digest of a schema. Comments and indentation do not count.
fn digest(schema: &str) -> String {
    let code = schema.lines().map(|line| line.split("--").next().unwrap_or_default().trim());
    let mut hash = Sha256::new();
    for line in code.filter(|line| !line.is_empty()) {
        hash.update(line);
        hash.update("\n");
    }
    hex(&hash.finalize())
}

/// Finds out by what a database was made. `tables` counts the tables whose name is `?1`, or all when that is empty.
pub(super) fn origin(connection: &Connection, schema: &str, tables: &str) -> sql::Result<Origin> {
    let count = |name: &str| connection.query_row(tables, [name], |row| row.get::<_, i64>(0));
    if count("schema_digest")? == 0 {
        return Ok(if count("")? == 0 { Origin::Empty } else { Origin::Other });
    }
    let stored = "SELECT digest FROM schema_digest";
    let stored: Option<String> = connection.query_row(stored, [], |row| row.get(0)).optional()?;
    Ok(if stored == Some(digest(schema)) { Origin::Own } else { Origin::Other })
}

/// Creates the schema in an empty database, inside the caller's transaction.
pub(super) fn create(connection: &Connection, schema: &str) -> Result<(), StorageError> {
    let failed = |error: sql::Error| StorageError::Open(format!("the schema cannot be created: {error}"));
    connection.execute_batch(schema).map_err(failed)?;
    for kind in Kind::ALL {
        connection.execute("INSERT INTO transaction_kind (word) VALUES (?1)", [kind.word()]).map_err(failed)?;
    }
    connection.execute("INSERT INTO schema_digest (digest) VALUES (?1)", [digest(schema)]).map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn comments_and_indentation_do_not_count_and_everything_else_does() {
        let schema = "-- A table.\na (\n    n INTEGER -- A number.\n);\n";
        assert_eq!(digest(schema), digest("a (\n\n  n INTEGER\n);"));
        assert_ne!(digest(schema), digest("a (\n  n INTEGER NOT NULL\n);"));
        assert_ne!(digest("a\nb"), digest("ab"));
    }
}
