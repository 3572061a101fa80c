//! One look into the store for all who ask the same at the same time: many terminals of a house send payments under one
//! key.
//!
//! What must stay true: it is no cache. An answer comes from a look that began after the question, so whoever asks after
//! a key was ended is told that it has ended.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use storage::StorageError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Answer<V> = oneshot::Sender<Result<V, StorageError>>;

/// Questions that are being looked up, each with who waits for the next look.
pub(crate) struct Shared<K, V>(Arc<Mutex<HashMap<K, Vec<Answer<V>>>>>);

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
    /// What `look` finds under `key`, in a look that begins after this call. Whoever comes first looks by itself, and with
    /// an embedded database at once; those who come meanwhile share the next look.
    pub(crate) async fn get<F, L>(&self, key: K, look: F) -> Result<V, StorageError>
    where
        F: Fn() -> L + Clone + Send + 'static,
        L: Future<Output = Result<V, StorageError>> + Send,
    {
        let Some(found) = self.wait(&key) else {
            let (looking, again) = (Looking { shared: self.clone(), key, over: false }, look.clone());
            // Also when the caller goes away before its answer is there.
            let _afterwards = AtEnd(Some(move || looking.go_on(again)));
            return look().await;
        };
        found.await.unwrap_or_else(|_| Err(StorageError::NotWritten("the look was given up".to_owned())))
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<K, Vec<Answer<V>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer of the next look; none: nobody is looking, so the caller has to.
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

/// Somebody who looks, until nobody waits any more.
struct Looking<K: Eq + Hash, V> {
    shared: Shared<K, V>,
    key: K,
    /// Nobody waited any more: whoever comes now looks for themselves.
    over: bool,
}

impl<K, V> Looking<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// Looks for those who came meanwhile, in a task of its own.
    fn go_on<F, L>(mut self, look: F)
    where
        F: Fn() -> L + Send + 'static,
        L: Future<Output = Result<V, StorageError>> + Send,
    {
        let (false, Ok(runtime)) = (self.nobody_waits(), Handle::try_current()) else { return };
        runtime.spawn(async move {
            // Who is about to ask comes along.
            tokio::task::yield_now().await;
            while !self.nobody_waits() {
                let waiting = self.shared.waiting().get_mut(&self.key).map(std::mem::take);
                let found = look().await;
                for answer in waiting.into_iter().flatten() {
                    // Whoever went away needs no answer.
                    let _ = answer.send(found.clone());
                }
            }
        });
    }

    /// Ends this looking if so.
    fn nobody_waits(&mut self) -> bool {
        let mut all = self.shared.waiting();
        self.over = all.get(&self.key).is_none_or(Vec::is_empty);
        if self.over {
            all.remove(&self.key);
        }
        self.over
    }
}

impl<K: Eq + Hash, V> Drop for Looking<K, V> {
    fn drop(&mut self) {
        // After a panic, so that the next question finds nobody looking.
        if !self.over {
            self.shared.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        }
    }
}

/// Does something when it goes.
struct AtEnd<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for AtEnd<F> {
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
    async fn those_who_come_during_a_look_share_the_next_one() {
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
            assert_eq!(one.await.expect("ends"), 1, "a look that began after the question");
        }
        gate.add_permits(1);
        assert_eq!(ask("b").await.expect("ends"), 2);
        while !shared.waiting().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn who_asks_when_a_look_is_over_looks_and_is_not_forgotten() {
        let shared: Shared<(), u32> = Shared::default();
        assert!(shared.wait(&()).is_none(), "looks for itself");
        let mut over = Looking { shared: shared.clone(), key: (), over: false };
        assert!(over.nobody_waits());
        assert!(shared.wait(&()).is_none(), "looks for itself");
        drop(over);
        assert!(shared.wait(&()).is_some(), "somebody looks");
    }

    #[tokio::test]
    async fn those_who_wait_are_answered_when_the_first_goes_away_or_panics() {
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
            assert!(matches!(shared.get((), || async { Ok(7) }).await, Ok(7)), "the next one looks again");
        }
    }
}
