//! Copies what was committed from the log of changes into the file while the writer goes on, so that a payment seldom
//! waits for it.
//!
//! What must stay true: the copy is synced before the log is used again, as with any checkpoint of SQLite; whatever this
//! thread does not get to, the writer's own checkpoint does (`wal_autocheckpoint`).

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rusqlite::Connection;

/// Pages that are worth a copy of their own, 2 MB. An idle till never has so many.
const PAGES_MIN: i64 = 512;

/// Tells that something was committed. Dropped, the thread ends.
#[derive(Debug)]
pub(super) struct Committed(SyncSender<()>);

impl Committed {
    pub(super) fn tell(&self) {
        // One that is told already looks again.
        let _ = self.0.try_send(());
    }
}

/// Starts the thread for the file at `path`.
pub(super) fn spawn(path: &Path) -> rusqlite::Result<Committed> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let (committed, told) = sync_channel(1);
    thread::Builder::new()
        .name("sqlite-checkpointer".to_owned())
        .spawn(move || serve(&connection, &told))
        .expect("the operating system starts a thread at start-up");
    Ok(Committed(committed))
}

fn serve(connection: &Connection, told: &Receiver<()>) {
    while told.recv().is_ok() {
        if waiting(connection).is_ok_and(|pages| pages >= PAGES_MIN)
            && let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
        {
            // The writer's own checkpoint meets it again and is the one that stops the program.
            tracing::warn!(%error, "a checkpoint failed");
        }
    }
}

/// Pages of the log that the file does not have yet.
fn waiting(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "PRAGMA wal_checkpoint(NOOP)";
    connection.query_row(sql, [], |row| Ok(row.get::<_, i64>(1)?.saturating_sub(row.get(2)?)))
}
