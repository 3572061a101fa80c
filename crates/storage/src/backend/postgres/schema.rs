//! The schema on a server: created in an empty database by `webpos migrate`, and only then, because other instances of
//! the program may be at work; checked by every instance that connects.

use super::connect::Server;
use crate::backend::schema::{self, Origin, POSTGRES};
use crate::error::StorageError;
use crate::sql::Connection;

const TABLES: &str = "SELECT COUNT(*) FROM pg_catalog.pg_tables
    WHERE schemaname = current_schema() AND (tablename = ?1 OR ?1 = '')";

const OTHER: &str = "the database was made by a program with another schema: make a new database";

/// Refuses to work on a schema that is not this program's.
pub(super) fn check(connection: &Connection) -> Result<(), StorageError> {
    match schema::origin(connection, POSTGRES, TABLES)? {
        Origin::Own => Ok(()),
        Origin::Empty => Err(StorageError::Open("the database has no schema yet: run `webpos migrate`".to_owned())),
        Origin::Other => Err(StorageError::Open(OTHER.to_owned())),
    }
}

/// Creates the schema in an empty database, all or nothing; answers whether it did. Leaves this program's schema as it
/// is and refuses every other. Two that try at once take turns.
pub async fn migrate(url: &str) -> Result<bool, StorageError> {
    let server = Server::parse(url)?;
    let work = tokio::task::spawn_blocking(move || apply(&server.connect("").map_err(StorageError::Open)?));
    work.await.map_err(|error| StorageError::Open(error.to_string()))?
}

fn apply(connection: &Connection) -> Result<bool, StorageError> {
    super::link(connection).without_timeout();
    connection.execute_batch("SET statement_timeout = 0; SET lock_timeout = 0; BEGIN")?;
    connection.lock_name("schema", "")?;
    let created = match schema::origin(connection, POSTGRES, TABLES)? {
        Origin::Own => false,
        Origin::Empty => {
            schema::create(connection, POSTGRES)?;
            true
        }
        Origin::Other => return Err(StorageError::Open(OTHER.to_owned())),
    };
    connection.execute_batch("COMMIT")?;
    Ok(created)
}
