//! Schema versions of the embedded database: forward only, one transaction each, the file copied aside first.

use std::path::Path;

use rusqlite::Connection;

use crate::error::StorageError;

/// Every migration, oldest first; the version is its position from 1. A released entry never changes.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_people", include_str!("../../../migrations/sqlite/0001_people.sql")),
    ("0002_money", include_str!("../../../migrations/sqlite/0002_money.sql")),
    ("0003_api", include_str!("../../../migrations/sqlite/0003_api.sql")),
    ("0004_webhooks", include_str!("../../../migrations/sqlite/0004_webhooks.sql")),
    ("0005_settlement", include_str!("../../../migrations/sqlite/0005_settlement.sql")),
    ("0006_indexes", include_str!("../../../migrations/sqlite/0006_indexes.sql")),
    ("0007_vault", include_str!("../../../migrations/sqlite/0007_vault.sql")),
    ("0008_disputes", include_str!("../../../migrations/sqlite/0008_disputes.sql")),
    ("0009_archive", include_str!("../../../migrations/sqlite/0009_archive.sql")),
];

/// The schema version that this program writes.
pub(super) fn version_latest() -> u32 {
    u32::try_from(MIGRATIONS.len()).expect("a handful of migrations")
}

/// Applies what is missing. Refuses a schema newer than this program knows.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StorageError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > version_latest() {
        return Err(StorageError::Open(format!(
            "{} has schema version {found}; this program knows {} at most. Use a newer program",
            path.display(),
            version_latest()
        )));
    }
    let archive = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'archive_part')";
    if found == 0 && connection.query_row(archive, [], |row| row.get(0))? {
        let why = "is an archive, and no ledger goes on in it. Check it with `webpos verify --archive`";
        return Err(StorageError::Open(format!("{} {why}", path.display())));
    }
    if found > 0 && found < version_latest() {
        copy_aside(connection, path, found)?;
    }
    for (version, (name, sql)) in (1..).zip(MIGRATIONS).skip(found as usize) {
        let failed = |error: rusqlite::Error| StorageError::Open(format!("migration {name} failed: {error}"));
        let transaction = connection.transaction().map_err(failed)?;
        transaction.execute_batch(sql).map_err(failed)?;
        transaction.pragma_update(None, "user_version", version).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    Ok(())
}

/// The statements that make `tables` and their indexes, as the latest version has them.
pub(crate) fn schema_of<'t>(tables: impl Iterator<Item = &'t str>) -> rusqlite::Result<Vec<String>> {
    let whole = Connection::open_in_memory()?;
    MIGRATIONS.iter().try_for_each(|(_, sql)| whole.execute_batch(sql))?;
    let sql = "SELECT sql FROM sqlite_master WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY type DESC";
    let mut statement = whole.prepare(sql)?;
    let mut found = Vec::new();
    for table in tables {
        let own: rusqlite::Result<Vec<String>> = statement.query_map([table], |row| row.get(0))?.collect();
        found.extend(own?);
    }
    Ok(found)
}

fn copy_aside(connection: &Connection, path: &Path, version: u32) -> Result<(), StorageError> {
    let copy = path.with_extension(format!("before-v{}.db", version + 1));
    if copy.exists() {
        return Ok(());
    }
    connection
        .execute("VACUUM INTO ?1", [copy.to_string_lossy()])
        .map_err(|error| StorageError::Open(format!("cannot copy the database aside before migrating: {error}")))?;
    Ok(())
}
