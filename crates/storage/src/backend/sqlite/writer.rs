//! The one thread that writes. A transaction carries whatever queued while the last commit was in flight, so an idle
//! till commits alone at once and a busy shop shares the fsync. Each job stands or falls alone behind a savepoint.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::super::job::{Answer, Once};
use super::checkpointer::Committed;
use crate::error::StorageError;
use crate::sql::Connection;

/// Jobs that may wait. A full queue refuses at once, which the caller says as "busy, nothing was done".
const QUEUE_MAX: usize = 1_024;

/// Jobs in one transaction: bounds both the latency of the first and the memory of the whole.
const JOBS_MAX: usize = 256;

/// Answers the caller once the fate of the transaction is known: `None` means that it committed.
type Finish = Box<dyn FnOnce(Option<&str>) + Send>;
/// Runs inside the open transaction, or learns that there is none (`None`): then it must not touch the database.
type Job = Box<dyn FnOnce(Option<Open<'_>>) -> Finish + Send>;

/// The open transaction.
struct Open<'c> {
    connection: &'c Connection,
    /// Nobody else's work is in it.
    alone: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    pub(super) fn spawn(connection: Connection, committed: Committed) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE_MAX);
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || serve(&connection, queue, &committed))
            .expect("the operating system starts a thread at start-up");
        Self { jobs }
    }

    pub(super) async fn run(&self, change: Once) -> Answer {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |transaction| {
            let result =
                transaction.map(|open| if open.alone { alone(&open, change) } else { in_savepoint(&open, change) });
            Box::new(move |failed: Option<&str>| {
                let answer = match (failed, result) {
                    (None, Some(result)) => result,
                    // The job's own error, such as a full disk, says more than that the transaction was rolled back.
                    (Some(_), Some(Err(error))) => Err(error),
                    (failed, _) => Err(StorageError::NotWritten(failed.unwrap_or("no transaction").to_owned())),
                };
                // The caller may be gone; the change stands all the same.
                let _ = reply.send(answer);
            })
        });
        self.jobs.try_send(job).map_err(|error| StorageError::NotWritten(format!("the writer is busy: {error}")))?;
        answer.await.map_err(|_| StorageError::Unknown("the writer stopped".to_owned()))?
    }
}

fn raw(connection: &Connection) -> &rusqlite::Connection {
    connection.sqlite().expect("the writer has the file's connection")
}

fn serve(connection: &Connection, mut queue: mpsc::Receiver<Job>, committed: &Committed) {
    let mut jobs = Vec::with_capacity(JOBS_MAX);
    while queue.blocking_recv_many(&mut jobs, JOBS_MAX) > 0 {
        let mut finishes = Vec::with_capacity(jobs.len());
        let failed = transact(connection, &mut jobs, &mut finishes).err();
        for finish in finishes {
            finish(failed.as_deref());
        }
        committed.tell();
    }
}

fn transact(connection: &Connection, jobs: &mut Vec<Job>, finishes: &mut Vec<Finish>) -> Result<(), String> {
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    let alone = jobs.len() == 1;
    for job in jobs.drain(..) {
        // SQLite rolls back by itself on a full disk or an I/O error; what followed would commit statement by statement.
        let open = (!raw(connection).is_autocommit()).then_some(Open { connection, alone });
        finishes.push(job(open));
    }
    begun.map_err(|error| error.to_string())?;
    if raw(connection).is_autocommit() {
        return Err("the database rolled the transaction back".to_owned());
    }
    match raw(connection).execute_batch("COMMIT") {
        Ok(()) => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) => {
            // The commit frame did not fit, so the transaction is not in the log: a definite "not written".
            let _ = connection.execute_batch("ROLLBACK");
            Err(error.to_string())
        }
        Err(error) => {
            // After a failed fsync nobody knows what the disk holds, and a second try may lie. Stop; recovery on the
            // next start reads the truth, and the callers learn it by asking for their request ids.
            tracing::error!(%error, "commit failed; stopping so that recovery decides what was written");
            std::process::abort();
        }
    }
}

/// A job that has the transaction to itself: its failure rolls all of it back. Without a savepoint SQLite keeps no second
/// copy of the pages that change.
fn alone(open: &Open<'_>, change: Once) -> Answer {
    let result = caught(open.connection, change);
    if result.is_err() && !raw(open.connection).is_autocommit() {
        open.connection.execute_batch("ROLLBACK")?;
    }
    result
}

fn in_savepoint(open: &Open<'_>, change: Once) -> Answer {
    let connection = open.connection;
    connection.prepare_cached("SAVEPOINT job")?.execute([])?;
    let result = caught(connection, change);
    if result.is_err() && !raw(connection).is_autocommit() {
        connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    if !raw(connection).is_autocommit() {
        connection.prepare_cached("RELEASE job")?.execute([])?;
    }
    result
}

fn caught(connection: &Connection, change: Once) -> Answer {
    catch_unwind(AssertUnwindSafe(|| change(connection)))
        .unwrap_or_else(|_| Err(StorageError::NotWritten("the change panicked".to_owned())))
}
