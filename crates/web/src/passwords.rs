//! Hashing passwords without stopping the till: off the async threads, and only two at a time, so that a flood of
//! logins costs the payments neither cores nor memory.

use std::sync::{Arc, LazyLock};

use storage::{StorageError, password};
use tokio::sync::Semaphore;

/// Hashes that run at the same time.
const AT_ONCE: usize = 2;

/// Verified for user names that nobody has, so that they take as long as the others.
static NOBODY: LazyLock<String> = LazyLock::new(|| password::hash("nobody has this password").unwrap_or_default());

/// The hashing slots. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    slots: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self { slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Whether `password` belongs to `stored`; without `stored` it takes as long and is wrong.
    pub(crate) async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, StorageError> {
        self.run(move || {
            let known = stored.is_some();
            Ok(password::verify(&password, &stored.unwrap_or_else(|| NOBODY.clone())) && known)
        })
        .await
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: String) -> Result<String, StorageError> {
        self.run(move || password::hash(&password)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let _slot = self.slots.acquire().await.expect("the slots are never closed");
        let failed = |error: tokio::task::JoinError| StorageError::NotWritten(format!("hashing stopped: {error}"));
        tokio::task::spawn_blocking(work).await.map_err(failed)?
    }
}
