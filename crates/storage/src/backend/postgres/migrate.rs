//! Schema versions on a server: the same numbers and names as of the embedded database, but brought up to date only when
//! told, because other copies of the program may be at work.

use super::connect::Server;
use crate::error::StorageError;
use crate::sql::Connection;

/// Every migration, oldest first; the version is its position from 1. A released entry never changes.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_people", include_str!("../../../migrations/postgres/0001_people.sql")),
    ("0002_money", include_str!("../../../migrations/postgres/0002_money.sql")),
    ("0003_api", include_str!("../../../migrations/postgres/0003_api.sql")),
    ("0004_webhooks", include_str!("../../../migrations/postgres/0004_webhooks.sql")),
    ("0005_settlement", include_str!("../../../migrations/postgres/0005_settlement.sql")),
    ("0006_indexes", include_str!("../../../migrations/postgres/0006_indexes.sql")),
    ("0007_vault", include_str!("../../../migrations/postgres/0007_vault.sql")),
    ("0008_disputes", include_str!("../../../migrations/postgres/0008_disputes.sql")),
    ("0009_archive", include_str!("../../../migrations/postgres/0009_archive.sql")),
];

/// The schema version that this program writes.
fn version_latest() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("a handful of migrations")
}

/// The schema version of the database; 0 when it is empty.
pub(super) fn version(connection: &Connection) -> Result<i64, StorageError> {
    let there = "SELECT to_regclass('schema_version') IS NOT NULL";
    if !connection.query_row(there, [], |row| row.get(0))? {
        return Ok(0);
    }
    Ok(connection.query_row("SELECT version FROM schema_version", [], |row| row.get(0))?)
}

/// Refuses to work on a schema that is not this program's.
pub(super) fn check(found: i64) -> Result<(), StorageError> {
    let latest = version_latest();
    match found.cmp(&latest) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Less => Err(StorageError::Open(format!(
            "the database has schema version {found}, this program needs {latest}: run `webpos migrate`"
        ))),
        std::cmp::Ordering::Greater => Err(StorageError::Open(format!(
            "the database has schema version {found}; this program knows {latest} at most. Use a newer program"
        ))),
    }
}

/// Brings the schema up to date, all or nothing. Two that try at once take turns. Answers the versions before and after.
pub async fn migrate(url: &str) -> Result<(i64, i64), StorageError> {
    let server = Server::parse(url)?;
    let work = tokio::task::spawn_blocking(move || apply(&server.connect("").map_err(StorageError::Open)?));
    work.await.map_err(|error| StorageError::Open(error.to_string()))?
}

fn apply(connection: &Connection) -> Result<(i64, i64), StorageError> {
    super::link(connection).wait_for_ever();
    connection.execute_batch("SET statement_timeout = 0; SET lock_timeout = 0; BEGIN")?;
    connection.lock_name("schema", "")?;
    let found = version(connection)?;
    if found > version_latest() {
        check(found)?;
    }
    if found == 0 {
        connection.execute_batch("CREATE TABLE schema_version (version BIGINT NOT NULL)")?;
        connection.execute("INSERT INTO schema_version (version) VALUES (0)", [])?;
    }
    for (name, sql) in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        let failed = |error| StorageError::Open(format!("migration {name} failed: {error}"));
        connection.execute_batch(sql).map_err(failed)?;
    }
    connection.execute("UPDATE schema_version SET version = ?1", [version_latest()])?;
    connection.execute_batch("COMMIT")?;
    Ok((found, version_latest()))
}
