//! Answers that every page asks for and that seldom change: they are kept for some seconds.
//!
//! What must stay true: an answer that was read before [`Kept::forget`] is not kept after it.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::time::Timestamp;

use crate::StorageError;

/// How long an answer is used, in microseconds.
const FOR: i64 = 5_000_000;

/// The last answer to one question. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Kept<T>(Arc<Mutex<State<T>>>);

#[derive(Debug)]
struct State<T> {
    last: Option<(Timestamp, T)>,
    /// How often it was forgotten.
    forgotten: u64,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { last: None, forgotten: 0 })))
    }
}

impl<T: Clone> Kept<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer, asked anew if it is older than [`FOR`].
    pub(crate) async fn get(
        &self,
        now: Timestamp,
        ask: impl Future<Output = Result<T, StorageError>>,
    ) -> Result<T, StorageError> {
        let (last, forgotten) = {
            let state = self.state();
            (state.last.clone(), state.forgotten)
        };
        if let Some((_, answer)) = last.filter(|(at, _)| now.since(*at) < FOR) {
            return Ok(answer);
        }
        let answer = ask.await?;
        let mut state = self.state();
        if state.forgotten == forgotten {
            state.last = Some((now, answer.clone()));
        }
        Ok(answer)
    }

    /// Asks anew next time, because this program changed what the answer is about.
    pub(crate) fn forget(&self) {
        let mut state = self.state();
        (state.last, state.forgotten) = (None, state.forgotten.wrapping_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_read_before_a_change_is_not_kept_after_it() {
        let kept = Kept::default();
        let read = kept.get(Timestamp(0), async {
            kept.forget();
            Ok("old")
        });
        assert_eq!(read.await.expect("reads"), "old");
        assert_eq!(kept.get(Timestamp(1), async { Ok("new") }).await.expect("reads"), "new");
        assert_eq!(kept.get(Timestamp(2), async { Ok("asked") }).await.expect("reads"), "new");
        assert_eq!(kept.get(Timestamp(FOR + 1), async { Ok("later") }).await.expect("reads"), "later");
    }
}
