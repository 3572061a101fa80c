//! Backup and restore of the embedded database: one file that holds the data and the keys to read it.
//!
//! The copy is SQLite's online backup, taken in one step. It reads one snapshot, so it is one moment's state and ends
//! however much is sold meanwhile; a copy in several steps begins anew with each commit of another process in between.
//! While it runs, the write-ahead log cannot be used again and grows by what is written.
//!
//! What must stay true: whatever is made here holds the keys or all cards, so it has mode 0600 from its first byte,
//! whatever mode it was copied from; and it has its name only once it is on the disk, whole.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::error::StorageError;
use crate::vault;

/// More than a file can have.
const ALL_PAGES: i32 = i32::MAX;

/// Before another try when somebody holds the whole file, as a recovery does for a moment.
const BUSY_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// Name of the database file in a data folder.
pub const DATABASE: &str = "webpos.db";

/// Files that belong to a database; left from another one, they would be taken for its last commits.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-journal"];

fn failed(path: &Path) -> impl Fn(&dyn std::fmt::Display) -> StorageError + '_ {
    move |error| StorageError::Open(format!("{}: {error}", path.display()))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// Copies `database` and the keys of the data folder `folder` to the new file `target`, also while the program sells.
///
/// Fails when `target` exists, when there is no database or no key file, and when the disk does; then there is no file
/// of that name.
pub fn backup(database: &Path, folder: &Path, target: &Path) -> Result<(), StorageError> {
    let failed = failed(target);
    let keys = vault::key_file(folder)?;
    let unfinished = Unfinished::begin(target).map_err(|error| failed(&error))?;
    copy(database, &unfinished.path, &keys).map_err(|error| failed(&error))?;
    unfinished.finish(target).map_err(|error| failed(&error))
}

fn copy(database: &Path, target: &Path, keys: &str) -> rusqlite::Result<()> {
    let source = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut copy = Connection::open(target)?;
    rusqlite::backup::Backup::new(&source, &mut copy)?.run_to_completion(ALL_PAGES, BUSY_PAUSE, None)?;
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.execute_batch("CREATE TABLE backup_keys (keys TEXT NOT NULL) STRICT")?;
    copy.execute("INSERT INTO backup_keys (keys) VALUES (?1)", [keys])?;
    copy.close().map_err(|(_, error)| error)
}

/// Makes the data folder `folder` from the backup `source`, its database at `database`.
///
/// Refuses a file that is no backup or not whole, and a folder or a place that has a database or keys already. After
/// any other failure the folder has keys at most, and no database.
pub fn restore(source: &Path, folder: &Path, database: &Path) -> Result<(), StorageError> {
    let failed = failed(source);
    let taken = |path: &Path| {
        Err(StorageError::Open(format!("{} has a database or keys; restore into an empty folder", path.display())))
    };
    if vault::key_file_exists(folder) {
        return taken(folder);
    }
    if BESIDE.iter().any(|ending| beside(database, ending).exists()) {
        return taken(database);
    }
    let keys = read_keys(source).map_err(|error| failed(&format!("not a backup of this program ({error})")))?;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| StorageError::Open(format!("{}: {error}", folder.display())))?;
    let cannot = |error: &dyn std::fmt::Display| StorageError::Open(format!("{}: {error}", database.display()));
    let unfinished = Unfinished::begin(database).map_err(|error| cannot(&error))?;
    File::open(source)
        .and_then(|mut from| io::copy(&mut from, &mut &unfinished.file))
        .map_err(|error| cannot(&error))?;
    forget_keys(&unfinished.path).map_err(|error| cannot(&error))?;
    vault::write_key_file(folder, &keys)?;
    unfinished.finish(database).map_err(|error| cannot(&error))
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

/// A file on its way, under a name of its own beside the one that it gets. It goes with this unless it is finished.
struct Unfinished {
    /// Locked, so that nobody else makes the same file meanwhile. What a crash left behind is begun anew.
    file: File,
    path: PathBuf,
    finished: bool,
}

impl Unfinished {
    fn begin(target: &Path) -> io::Result<Self> {
        let new = || {
            let taken = || io::Error::other("the file exists already; choose another name");
            if target.exists() { Err(taken()) } else { Ok(()) }
        };
        new()?;
        let path = beside(target, ".partial");
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
        if file.try_lock().is_err() {
            return Err(io::Error::other("somebody is making this file"));
        }
        // The holder of the lock may have finished: then the file opened here is already renamed to its final name.
        new()?;
        let unfinished = Self { file, path, finished: false };
        unfinished.file.set_permissions(Permissions::from_mode(0o600))?;
        unfinished.file.set_len(0)?;
        Ok(unfinished)
    }

    /// Makes it last, then gives it its name.
    fn finish(mut self, target: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, target)?;
        self.finished = true;
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_file(&self.path);
        }
    }
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
        // A copy that somebody carried about may have any mode.
        fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("ours");
        let database = elsewhere.path().join(DATABASE);
        restore(&file, elsewhere.path(), &database).expect("restored");
        assert!(restore(&file, elsewhere.path(), &database).is_err(), "never overwrites");
        let mode = fs::metadata(&database).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = Storage::open(&elsewhere.path().join(DATABASE)).expect("opened");
        let keys = Vault::open_or_create(elsewhere.path()).expect("keys");
        let findings = Books::of(again, keys.chain_key()).verify().await.expect("read");
        assert_eq!(findings, Vec::new());
        let bytes = fs::read(elsewhere.path().join(DATABASE)).expect("read");
        assert!(!bytes.windows(13).any(|part| part == b"webpos-keys 1"), "the keys stay outside the database");
    }

    #[test]
    fn what_another_database_left_is_not_taken_for_its_last_commits() {
        for ending in BESIDE {
            let folder = tempfile::tempdir().expect("a folder");
            let database = folder.path().join(DATABASE);
            fs::write(beside(&database, ending), "left").expect("written");
            let refused = restore(Path::new("none"), folder.path(), &database).expect_err("refused");
            assert!(refused.to_string().contains("empty folder"), "{refused}");
        }
    }

    #[test]
    fn a_backup_that_fails_or_is_under_way_leaves_no_file_of_that_name() {
        let folder = tempfile::tempdir().expect("a folder");
        vault::write_key_file(folder.path(), "keys").expect("written");
        let (database, target) = (folder.path().join(DATABASE), folder.path().join("shop.backup"));
        fs::write(&database, "no database".repeat(999)).expect("written");
        assert!(backup(&database, folder.path(), &target).is_err());
        let names = || fs::read_dir(folder.path()).expect("there").map(|entry| entry.expect("there").file_name());
        assert!(names().all(|name| name == DATABASE || name == "webpos.keys"), "{:?}", names().collect::<Vec<_>>());
        let first = Unfinished::begin(&target).expect("begun");
        assert!(Unfinished::begin(&target).is_err(), "somebody makes it");
        first.finish(&target).expect("finished");
        assert!(Unfinished::begin(&target).is_err(), "it is there");
    }
}
