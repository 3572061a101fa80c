//! A small pool of read-only connections; each query runs on a blocking thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::open_reader;
use crate::error::StorageError;
use crate::sql::Connection;

#[derive(Debug)]
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    pub(super) fn open(path: &Path, count: usize) -> rusqlite::Result<Self> {
        let idle = (0..count).map(|_| open_reader(path).map(Connection::from)).collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(Self { idle: Mutex::new(idle), permits: Semaphore::new(count) })
    }

    pub(super) async fn run<T, F>(self: Arc<Self>, query: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    {
        let closed = |error: &dyn std::fmt::Display| StorageError::NotWritten(error.to_string());
        let permit = self.permits.acquire().await.map_err(|error| closed(&error))?;
        let pool = Arc::clone(&self);
        let answer = tokio::task::spawn_blocking(move || {
            let connection = pool.take();
            // Also when the query panics: a lost connection would shrink the pool for good.
            let answer = catch_unwind(AssertUnwindSafe(|| query(&connection)));
            pool.put_back(connection);
            answer.unwrap_or_else(|_| Err(StorageError::NotWritten("the query panicked".to_owned())))
        })
        .await;
        drop(permit);
        answer.map_err(|error| closed(&error))?
    }

    fn take(&self) -> Connection {
        let connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        connection.expect("a permit stands for an idle connection")
    }

    fn put_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}
