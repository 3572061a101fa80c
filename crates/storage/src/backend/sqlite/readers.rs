//! A small pool of read-only connections. A query runs on a blocking thread, or where it is asked if it is a short one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use super::super::job::{Answer, Once};
use super::open_reader;
use crate::error::StorageError;
use crate::sql::Connection;

#[derive(Debug)]
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    count: usize,
}

impl Readers {
    pub(super) fn open(path: &Path, count: usize) -> rusqlite::Result<Self> {
        let idle = (0..count).map(|_| open_reader(path).map(Connection::from)).collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(Self { idle: Mutex::new(idle), permits: Arc::new(Semaphore::new(count)), count })
    }

    /// How many there are, and how many are in use.
    pub(super) fn in_use(&self) -> (u32, u32) {
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        (number(self.count), number(self.count.saturating_sub(self.permits.available_permits())))
    }

    /// On a blocking thread. A caller that goes away leaves the query running, with its permit.
    pub(super) async fn run(self: Arc<Self>, query: Once) -> Answer {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(stopped)?;
        let answer = tokio::task::spawn_blocking(move || {
            let answer = self.lend(query);
            drop(permit);
            answer
        });
        answer.await.map_err(stopped)?
    }

    /// On the thread of the caller.
    pub(super) async fn here(&self, query: Once) -> Answer {
        let _permit = self.permits.acquire().await.map_err(stopped)?;
        self.lend(query)
    }

    fn lend(&self, query: Once) -> Answer {
        let connection = self.idle().pop().expect("a permit stands for an idle connection");
        // Also when the query panics: a lost connection would shrink the pool for good.
        let answer = catch_unwind(AssertUnwindSafe(|| query(&connection)));
        self.idle().push(connection);
        answer.unwrap_or_else(|_| Err(StorageError::NotWritten("the query panicked".to_owned())))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stopped(error: impl std::fmt::Display) -> StorageError {
    StorageError::NotWritten(error.to_string())
}
