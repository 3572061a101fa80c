//! Work that takes longer than a request: which there is, which copy of the program holds it, how far it is.
//!
//! What must stay true:
//! - A job is done piece by piece. A piece and how far the job is are written in one transaction, so that whoever goes on
//!   after a kill begins behind the last piece.
//! - A piece is written only by the copy that holds the job ([`keep`]); a cancelled job is held by nobody.

use domain::time::Timestamp;

use crate::books::rows::word;
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::{Storage, StorageError};

domain::words! {
    /// The kinds of work.
    pub enum JobKind {
        /// A file is read, and what it changes is put together.
        Check = "check",
        /// What takes an edition back is put together.
        Undo = "undo",
        /// An edition goes live and is written into the catalogue.
        Publish = "publish",
        /// What a file changes of outlets or people is written.
        Enter = "enter",
        /// The same is taken back.
        Retract = "retract",
        /// Cards of a batch are made.
        Make = "make",
        /// Cards of a batch are activated.
        Activate = "activate",
        /// Cards that were taken out of use are closed.
        Spoil = "spoil",
    }
}

domain::words! {
    /// Where a job stands.
    pub enum JobStatus {
        /// It is due, will be, or is being done.
        Waiting = "waiting",
        /// It is over.
        Done = "done",
        /// It could not be done.
        Failed = "failed",
        /// Somebody gave up what it is about.
        Cancelled = "cancelled",
    }
}

/// Who holds a job stops holding it so long after its last piece, microseconds.
const HELD_FOR: i64 = 30_000_000;

/// A copy of the program, by a number that it drew when it started.
pub type Holder = [u8; 16];

/// A job in somebody's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What is to be done.
    pub kind: JobKind,
    /// What it is about.
    pub subject: i64,
    /// How far it is.
    pub done: i64,
    /// Who holds it.
    pub holder: Holder,
    /// The last row of what is done, while one holder does it: after a kill it is found by counting.
    pub last: Option<String>,
}

/// How far a job is, for a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Where it stands.
    pub status: JobStatus,
    /// Pieces that are done.
    pub done: i64,
    /// All of them; 0 while nobody knows.
    pub total: i64,
    /// Why it failed.
    pub failure: String,
}

/// Adds a job, or wakes one that had ended. Not before `due`.
pub(crate) fn add(
    connection: &Connection,
    kind: JobKind,
    subject: i64,
    due: Timestamp,
    at: Timestamp,
) -> sql::Result<()> {
    connection.lock_name("job", "")?;
    let sql = "INSERT INTO job (id, kind, subject, status, due_at, done, total, holder, held_until, failure, made_at,
            ended_at)
        SELECT COALESCE(MAX(id), 0) + 1, ?1, ?2, 'waiting', ?3, 0, 0, NULL, 0, '', ?4, NULL FROM job WHERE 1 = 1
        ON CONFLICT (kind, subject) DO UPDATE SET status = 'waiting', due_at = excluded.due_at, done = 0, total = 0,
            holder = NULL, held_until = 0, failure = '', made_at = excluded.made_at, ended_at = NULL";
    connection.prepare_cached(sql)?.execute(params![kind.word(), subject, due.0, at.0])?;
    Ok(())
}

/// Jobs that are done in turn. Those of different lines are done at the same time, so that a price for midnight does not wait
/// for a large file to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Editions that go live.
    Publish,
    /// Everything that is put together before.
    Prepare,
    /// Cards of batches.
    Cards,
}

/// Takes the next job of a line that is due and that nobody holds.
pub async fn take(db: &Storage, line: Line, holder: Holder, now: Timestamp) -> Result<Option<Job>, StorageError> {
    // Most of the time there is none: that is found out without the writer.
    if db.read(move |connection| Ok(next_due(connection, line, now)?)).await?.is_none() {
        return Ok(None);
    }
    db.write(move |connection| {
        connection.lock_name("job", "")?;
        let Some(id) = next_due(connection, line, now)? else { return Ok(None) };
        let sql = "UPDATE job SET holder = ?2, held_until = ?3 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute(params![id, holder, now.0.saturating_add(HELD_FOR)])?;
        let sql = "SELECT id, kind, subject, done FROM job WHERE id = ?1";
        let read = |row: &Row<'_>| {
            let kind = word(row, 1, JobKind::from_word)?;
            Ok(Job { id: row.get(0)?, kind, subject: row.get(2)?, done: row.get(3)?, holder, last: None })
        };
        Ok(Some(connection.prepare_cached(sql)?.query_row([id], read)?))
    })
    .await
}

/// Nobody holds any job: for the one program of a file, when it starts. What a killed one held need not wait.
pub async fn free(db: &Storage) -> Result<(), StorageError> {
    db.write(move |connection| {
        let sql = "UPDATE job SET holder = NULL, held_until = 0 WHERE status = 'waiting' AND held_until > 0";
        connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    })
    .await
}

fn next_due(connection: &Connection, line: Line, now: Timestamp) -> sql::Result<Option<i64>> {
    let sql = "SELECT id FROM job WHERE status = 'waiting' AND due_at <= ?1 AND held_until <= ?1
            AND CASE WHEN kind = 'publish' THEN 1 WHEN kind IN ('make', 'activate', 'spoil') THEN 2 ELSE 0 END = ?2
        ORDER BY due_at, id LIMIT 1";
    let line = match line {
        Line::Prepare => 0,
        Line::Publish => 1,
        Line::Cards => 2,
    };
    connection.prepare_cached(sql)?.query_row([now.0, line], |row| row.get(0)).optional()
}

/// Inside the transaction of a piece: whether the job is still in these hands. Then they hold it on, `done` pieces of
/// `total` are done, and the caller may write.
pub(crate) fn keep(connection: &Connection, job: &Job, done: i64, total: i64, now: Timestamp) -> sql::Result<bool> {
    let sql =
        "UPDATE job SET done = ?3, total = ?4, held_until = ?5 WHERE id = ?1 AND holder = ?2 AND status = 'waiting'";
    let until = now.0.saturating_add(HELD_FOR);
    Ok(connection.prepare_cached(sql)?.execute(params![job.id, job.holder, done, total, until])? == 1)
}

/// Lets go of a job until `due`, so that others come first.
pub async fn put_off(db: &Storage, job: Job, due: Timestamp) -> Result<(), StorageError> {
    db.write(move |connection| {
        let sql = "UPDATE job SET due_at = ?3, holder = NULL, held_until = 0
            WHERE id = ?1 AND holder = ?2 AND status = 'waiting'";
        connection.prepare_cached(sql)?.execute(params![job.id, job.holder, due.0])?;
        Ok(())
    })
    .await
}

/// Inside the transaction of the last piece: the job is over.
pub(crate) fn end(connection: &Connection, job: &Job, at: Timestamp) -> sql::Result<()> {
    let sql = "UPDATE job SET status = 'done', ended_at = ?2, holder = NULL WHERE id = ?1";
    connection.prepare_cached(sql)?.execute([job.id, at.0])?;
    Ok(())
}

/// The job cannot go on.
pub(crate) fn fail(connection: &Connection, job: &Job, failure: &str, at: Timestamp) -> sql::Result<()> {
    let sql = "UPDATE job SET status = 'failed', failure = ?3, ended_at = ?2, holder = NULL WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![job.id, at.0, failure])?;
    Ok(())
}

/// Nobody goes on with it. What holds it notices at its next piece.
pub(crate) fn cancel(connection: &Connection, kind: JobKind, subject: i64, at: Timestamp) -> sql::Result<()> {
    let sql = "UPDATE job SET status = 'cancelled', ended_at = ?3, holder = NULL
        WHERE kind = ?1 AND subject = ?2 AND status = 'waiting'";
    connection.prepare_cached(sql)?.execute(params![kind.word(), subject, at.0])?;
    Ok(())
}

/// How far the job about something is.
pub async fn progress(db: &Storage, kind: JobKind, subject: i64) -> Result<Option<Progress>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT status, done, total, failure FROM job WHERE kind = ?1 AND subject = ?2";
        let read = |row: &Row<'_>| {
            let status = word(row, 0, JobStatus::from_word)?;
            Ok(Progress { status, done: row.get(1)?, total: row.get(2)?, failure: row.get(3)? })
        };
        Ok(connection.prepare_cached(sql)?.query_row(params![kind.word(), subject], read).optional()?)
    })
    .await
}
