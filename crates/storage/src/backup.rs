//! Backup and restore of the embedded database: one file that holds the data and the keys to read it.
//!
//! The copy is made by SQLite's online backup while the program sells; it is one moment's state, complete. Because the
//! keys are inside, the file is as secret as the data folder: it is made with mode 0600.

use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::error::StorageError;
use crate::vault;

/// Pages copied before other work may go on.
const PAGES_AT_ONCE: i32 = 2_000;

/// Name of the database file in a data folder.
pub const DATABASE: &str = "webpos.db";

fn failed(path: &Path) -> impl Fn(&dyn std::fmt::Display) -> StorageError + '_ {
    move |error| StorageError::Open(format!("{}: {error}", path.display()))
}

/// Copies database and keys of `folder` to the new file `target`.
pub fn backup(database: &Path, folder: &Path, target: &Path) -> Result<(), StorageError> {
    let failed = failed(target);
    let keys = vault::key_file(folder)?;
    let beside = target.with_extension("partial");
    let _ = fs::remove_file(&beside);
    if target.exists() {
        return Err(failed(&"the file exists already; choose another name"));
    }
    let created = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&beside);
    created.map_err(|error| failed(&error))?;
    copy(database, &beside, &keys).map_err(|error| failed(&error))?;
    fs::File::open(&beside).and_then(|file| file.sync_all()).map_err(|error| failed(&error))?;
    fs::rename(&beside, target).map_err(|error| failed(&error))
}

fn copy(database: &Path, target: &Path, keys: &str) -> rusqlite::Result<()> {
    let source = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut copy = Connection::open(target)?;
    {
        let backup = rusqlite::backup::Backup::new(&source, &mut copy)?;
        backup.run_to_completion(PAGES_AT_ONCE, std::time::Duration::ZERO, None)?;
    }
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.execute_batch("CREATE TABLE backup_keys (keys TEXT NOT NULL) STRICT")?;
    copy.execute("INSERT INTO backup_keys (keys) VALUES (?1)", [keys])?;
    copy.close().map_err(|(_, error)| error)
}

/// Makes a data folder from the backup `source`. Refuses a folder that has a database or keys already.
pub fn restore(source: &Path, folder: &Path) -> Result<(), StorageError> {
    let failed = failed(source);
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    let database = folder.join(DATABASE);
    if database.exists() || vault::key_file_exists(folder) {
        let text = format!("{} is not empty; restore into an empty folder", folder.display());
        return Err(StorageError::Open(text));
    }
    let keys = read_keys(source).map_err(|error| failed(&format!("not a backup of this program ({error})")))?;
    let beside = database.with_extension("partial");
    fs::copy(source, &beside).map_err(|error| failed(&error))?;
    forget_keys(&beside).map_err(|error| failed(&error))?;
    vault::write_key_file(folder, &keys)?;
    fs::rename(&beside, &database).map_err(|error| failed(&error))
}

fn read_keys(source: &Path) -> rusqlite::Result<String> {
    let copy = Connection::open_with_flags(source, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sound: String = copy.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(rusqlite::Error::InvalidParameterName(sound));
    }
    copy.query_row("SELECT keys FROM backup_keys", [], |row| row.get(0))
}

fn forget_keys(database: &Path) -> rusqlite::Result<()> {
    let copy = Connection::open(database)?;
    // `secure_delete` and VACUUM, so that no key stays behind on a free page.
    copy.execute_batch("PRAGMA secure_delete = ON; DROP TABLE backup_keys; VACUUM;")?;
    copy.close().map_err(|(_, error)| error)
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;
    use crate::vault::Vault;
    use crate::{Books, Storage, demo, demo_cards};

    #[tokio::test]
    async fn a_backup_taken_while_serving_restores_elsewhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Storage::open(&folder.path().join(DATABASE)).expect("opened");
        let vault = Vault::open_or_create(folder.path()).expect("keys");
        let books = Books::of(db.clone(), vault.chain_key());
        let now = Timestamp(1_795_000_000_000_000);
        demo::seed_people(&db, now).await.expect("people");
        demo_cards::seed_cards(&db, &vault, &books, now).await.expect("cards");

        let file = folder.path().join("shop.backup");
        backup(db.path().expect("a file"), folder.path(), &file).expect("backed up");
        assert!(backup(db.path().expect("a file"), folder.path(), &file).is_err(), "never overwrites");

        let elsewhere = tempfile::tempdir().expect("a folder");
        restore(&file, elsewhere.path()).expect("restored");
        assert!(restore(&file, elsewhere.path()).is_err(), "never overwrites");
        let again = Storage::open(&elsewhere.path().join(DATABASE)).expect("opened");
        let keys = Vault::open_or_create(elsewhere.path()).expect("keys");
        let findings = Books::of(again, keys.chain_key()).verify().await.expect("read");
        assert_eq!(findings, Vec::new());
        let bytes = fs::read(elsewhere.path().join(DATABASE)).expect("read");
        assert!(!bytes.windows(13).any(|part| part == b"webpos-keys 1"), "the keys stay outside the database");
    }
}
