//! Hashing passwords without stopping the till: off the async threads, and only two at a time, so that a flood of
//! logins costs the payments neither cores nor memory.

use std::sync::{Arc, Mutex, PoisonError};

use storage::StorageError;
use storage::password::{self, Memory, NOBODY};
use telemetry::metrics;
use tokio::sync::Semaphore;

/// Hashes that run at the same time.
const AT_ONCE: usize = 2;

/// Hashes that run or wait, about a second's work. Who comes then is told to try again.
const WAITING_MAX: usize = 64;

/// The hashing slots. Clones share them.
#[derive(Clone)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// Of slots that were used and are free. A quiet shop only ever fills one.
    memories: Arc<Mutex<Vec<Memory>>>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let (slots, queue) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(Semaphore::new(WAITING_MAX)));
        Self { slots, queue, memories: Arc::default() }
    }

    /// Whether `password` belongs to `stored`; without `stored` it takes as long and is wrong.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, StorageError> {
        let memories = self.memories.clone();
        self.run(move || {
            let mut memory = memories.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let right = password::verify(&mut memory, &password, stored.as_deref().unwrap_or(NOBODY));
            memories.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
            right && stored.is_some()
        })
        .await
    }

    /// The hash of a new password.
    pub async fn hash(&self, password: String) -> Result<String, StorageError> {
        self.run(move || password::hash(&password)).await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, StorageError> {
        let busy = |_| {
            metrics::refused("password");
            StorageError::NotWritten("too many passwords wait to be checked".to_owned())
        };
        let place = self.queue.clone().try_acquire_owned().map_err(busy)?;
        let slot = self.slots.clone().acquire_owned().await.expect("the slots are never closed");
        let failed = |error: tokio::task::JoinError| StorageError::NotWritten(format!("hashing stopped: {error}"));
        // The slot goes along: a caller that gives up does not make room while the work still runs.
        let work = move || {
            let answer = work();
            drop((slot, place));
            answer
        };
        tokio::task::spawn_blocking(work).await.map_err(failed)
    }
}
