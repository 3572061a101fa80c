//! Answers that every page asks for and that change about never: they are kept for some seconds.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use domain::time::Timestamp;

use crate::StorageError;

/// How long an answer is used, in microseconds.
const FOR: i64 = 5_000_000;

/// The last answer to one question. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Kept<T>(Arc<Mutex<Option<(Timestamp, T)>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Kept<T> {
    /// The answer, asked anew if it is older than [`FOR`].
    pub(crate) async fn get(
        &self,
        now: Timestamp,
        ask: impl Future<Output = Result<T, StorageError>>,
    ) -> Result<T, StorageError> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, answer)) = last.filter(|(at, _)| now.since(*at) < FOR) {
            return Ok(answer);
        }
        let answer = ask.await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, answer.clone()));
        Ok(answer)
    }

    /// Asks anew next time, because this program changed what the answer is about.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
