//! One store look-up for all concurrent requests with the same question: many terminals of a merchant send payments
//! under one API key.
//!
//! What must stay true: this is not a cache. An answer comes from a look-up that began after the question, so a request
//! sent after a key was revoked sees that it is revoked.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use storage::StorageError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Waiter<V> = oneshot::Sender<Result<V, StorageError>>;

/// Look-ups in progress, each with the callers that wait for the next one.
pub(crate) struct Shared<K, V>(Arc<Mutex<HashMap<K, Vec<Waiter<V>>>>>);

impl<K, V> Clone for Shared<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Shared<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// The result of `look` for `key`, from a look-up that begins after this call. The first caller runs its own
    /// look-up at once; callers that arrive meanwhile share the next one.
    pub(crate) async fn get<F, L>(&self, key: K, look: F) -> Result<V, StorageError>
    where
        F: Fn() -> L + Clone + Send + 'static,
        L: Future<Output = Result<V, StorageError>> + Send,
    {
        let Some(found) = self.wait(&key) else {
            let (lookup, again) = (Lookup { shared: self.clone(), key, over: false }, look.clone());
            // Runs even if the caller disconnects before its answer is there.
            let _next = Defer(Some(move || lookup.serve_waiters(again)));
            return look().await;
        };
        found.await.unwrap_or_else(|_| Err(StorageError::NotWritten("the look-up was abandoned".to_owned())))
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<K, Vec<Waiter<V>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer of the next look-up, or `None` if no look-up is in progress and the caller must run its own.
    fn wait(&self, key: &K) -> Option<oneshot::Receiver<Result<V, StorageError>>> {
        let mut all = self.waiting();
        let Some(waiting) = all.get_mut(key) else {
            all.insert(key.clone(), Vec::new());
            return None;
        };
        let (answer, found) = oneshot::channel();
        waiting.push(answer);
        Some(found)
    }
}

/// A look-up in progress, until no caller waits any more.
struct Lookup<K: Eq + Hash, V> {
    shared: Shared<K, V>,
    key: K,
    /// No caller was waiting any more: the next one runs its own look-up.
    over: bool,
}

impl<K, V> Lookup<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// Serves the callers that arrived meanwhile, in a separate task.
    fn serve_waiters<F, L>(mut self, look: F)
    where
        F: Fn() -> L + Send + 'static,
        L: Future<Output = Result<V, StorageError>> + Send,
    {
        let (false, Ok(runtime)) = (self.finished(), Handle::try_current()) else { return };
        runtime.spawn(async move {
            // Let callers that are about to ask join this round.
            tokio::task::yield_now().await;
            while !self.finished() {
                let waiting = self.shared.waiting().get_mut(&self.key).map(std::mem::take);
                let found = look().await;
                for answer in waiting.into_iter().flatten() {
                    // A caller that disconnected needs no answer.
                    let _ = answer.send(found.clone());
                }
            }
        });
    }

    /// Whether no caller waits any more; if so, ends this look-up.
    fn finished(&mut self) -> bool {
        let mut all = self.shared.waiting();
        self.over = all.get(&self.key).is_none_or(Vec::is_empty);
        if self.over {
            all.remove(&self.key);
        }
        self.over
    }
}

impl<K: Eq + Hash, V> Drop for Lookup<K, V> {
    fn drop(&mut self) {
        // After a panic, so that the next caller does not wait for this look-up.
        if !self.over {
            self.shared.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        }
    }
}

/// Runs a closure when it is dropped.
struct Defer<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for Defer<F> {
    fn drop(&mut self) {
        if let Some(last) = self.0.take() {
            last();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn callers_that_arrive_during_a_look_up_share_the_next_one() {
        let (shared, looks, gate) = (Shared::default(), Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
        let ask = |key: &'static str| {
            let (shared, looks, gate) = (Shared::clone(&shared), Arc::clone(&looks), Arc::clone(&gate));
            tokio::spawn(async move {
                let look = move || {
                    let (looks, gate) = (Arc::clone(&looks), Arc::clone(&gate));
                    async move {
                        let nth = looks.fetch_add(1, Ordering::SeqCst);
                        gate.acquire().await.expect("open").forget();
                        Ok(nth)
                    }
                };
                shared.get(key, look).await.expect("looked")
            })
        };
        let first = ask("a");
        while looks.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let late: Vec<_> = (0..9).map(|_| ask("a")).collect();
        while shared.waiting().get("a").is_none_or(|waiting| waiting.len() < 9) {
            tokio::task::yield_now().await;
        }
        gate.add_permits(1);
        assert_eq!(first.await.expect("ends"), 0);
        gate.add_permits(1);
        for one in late {
            assert_eq!(one.await.expect("ends"), 1, "a look-up that began after the question");
        }
        gate.add_permits(1);
        assert_eq!(ask("b").await.expect("ends"), 2);
        while !shared.waiting().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn a_caller_that_arrives_when_a_look_up_ends_runs_its_own() {
        let shared: Shared<(), u32> = Shared::default();
        assert!(shared.wait(&()).is_none(), "runs its own look-up");
        let mut over = Lookup { shared: shared.clone(), key: (), over: false };
        assert!(over.finished());
        assert!(shared.wait(&()).is_none(), "runs its own look-up");
        drop(over);
        assert!(shared.wait(&()).is_some(), "a look-up is in progress");
    }

    #[tokio::test]
    async fn waiting_callers_are_answered_when_the_first_disconnects_or_panics() {
        for panics in [false, true] {
            let (shared, gate) = (Shared::<(), u32>::default(), Arc::new(Semaphore::new(0)));
            let first = {
                let (shared, gate) = (shared.clone(), Arc::clone(&gate));
                let look = move || {
                    let gate = Arc::clone(&gate);
                    async move {
                        gate.acquire().await.expect("open").forget();
                        assert!(!panics, "broken");
                        Ok(1)
                    }
                };
                tokio::spawn(async move { shared.get((), look).await })
            };
            while shared.waiting().is_empty() {
                tokio::task::yield_now().await;
            }
            let second = {
                let shared = shared.clone();
                tokio::spawn(async move { shared.get((), || async { Ok(2) }).await })
            };
            while shared.waiting()[&()].is_empty() {
                tokio::task::yield_now().await;
            }
            if panics {
                gate.add_permits(2);
            } else {
                first.abort();
                gate.add_permits(1);
            }
            let answer = second.await.expect("ends");
            assert_eq!(answer.is_ok(), !panics, "{answer:?}");
            assert!(matches!(shared.get((), || async { Ok(7) }).await, Ok(7)), "the next caller looks again");
        }
    }
}
