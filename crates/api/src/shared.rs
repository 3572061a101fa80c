//! One look into the store for all who ask the same at the same time: many terminals of a house send payments under one
//! key.
//!
//! What must stay true: it is no cache. An answer comes from a look that began after the question, so whoever asks after
//! a key was ended is told that it has ended.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use storage::StorageError;
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
    /// What `look` finds under `key`, in a look that begins after this call.
    pub(crate) async fn get<F, L>(&self, key: K, look: F) -> Result<V, StorageError>
    where
        F: Fn() -> L + Send + 'static,
        L: Future<Output = Result<V, StorageError>> + Send,
    {
        let (answer, found) = oneshot::channel();
        if self.wait(&key, answer) {
            let mut looking = Looking { shared: self.clone(), key, over: false };
            tokio::spawn(async move {
                while let Some(waiting) = looking.next() {
                    let found = look().await;
                    for answer in waiting {
                        // Whoever went away needs no answer.
                        let _ = answer.send(found.clone());
                    }
                }
            });
        }
        found.await.unwrap_or_else(|_| Err(StorageError::NotWritten("the look was given up".to_owned())))
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<K, Vec<Answer<V>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody is looking yet.
    fn wait(&self, key: &K, answer: Answer<V>) -> bool {
        let mut all = self.waiting();
        let first = !all.contains_key(key);
        all.entry(key.clone()).or_default().push(answer);
        first
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
    /// Who waits for a look that begins now.
    fn next(&mut self) -> Option<Vec<Answer<V>>> {
        let mut all = self.shared.waiting();
        let waiting = std::mem::take(all.get_mut(&self.key)?);
        if waiting.is_empty() {
            all.remove(&self.key);
            self.over = true;
        }
        Some(waiting).filter(|waiting| !waiting.is_empty())
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
    fn who_asks_when_a_look_is_over_waits_for_the_next_one() {
        let shared: Shared<(), u32> = Shared::default();
        let question = || oneshot::channel().0;
        assert!(shared.wait(&(), question()));
        let mut over = Looking { shared: shared.clone(), key: (), over: false };
        assert_eq!(over.next().expect("one waits").len(), 1);
        assert!(over.next().is_none());
        assert!(shared.wait(&(), question()), "looks for itself");
        drop(over);
        assert_eq!(shared.waiting()[&()].len(), 1, "and is not forgotten");
    }

    #[tokio::test]
    async fn a_look_that_panics_is_an_error_and_the_next_one_looks_again() {
        let shared: Shared<(), u32> = Shared::default();
        let broken = shared.get((), || async { panic!("broken") }).await;
        assert!(matches!(broken, Err(StorageError::NotWritten(_))));
        assert!(matches!(shared.get((), || async { Ok(7) }).await, Ok(7)));
    }
}
