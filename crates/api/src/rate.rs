//! The rate limit of a key: requests per minute, a quarter of them in a burst.
//!
//! Generic cell rate algorithm with one number per key: the time at which its requests so far will be paid off. It is
//! kept in memory, so a restarted instance starts from zero.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::time::Timestamp;
use storage::api_key::KeyId;

const MINUTE: i64 = 60_000_000;

/// The counters of all keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates(Arc<Mutex<HashMap<KeyId, i64>>>);

impl Rates {
    /// Takes one request of `per_minute`, or returns the seconds until one is available.
    pub(crate) fn take(&self, key: KeyId, per_minute: u32, now: Timestamp) -> Result<(), u32> {
        let cost = MINUTE / i64::from(per_minute.max(1));
        let at_once = (MINUTE / 4).max(cost);
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = until.entry(key).or_insert(now.0);
        let next = (*used).max(now.0).saturating_add(cost);
        let over = next.saturating_sub(now.0).saturating_sub(at_once);
        if over > 0 {
            return Err(u32::try_from(over / 1_000_000).unwrap_or(u32::MAX).saturating_add(1));
        }
        *used = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_a_minute_at_once_then_evenly() {
        let rates = Rates::default();
        let (key, now) = (KeyId(1), Timestamp(1_795_000_000_000_000));
        let passed = (0..1_000).filter(|_| rates.take(key, 60, now).is_ok()).count();
        assert_eq!(passed, 15);
        assert_eq!(rates.take(key, 60, now), Err(2));
        assert_eq!(rates.take(KeyId(2), 60, now), Ok(()));
        assert_eq!(rates.take(key, 60, now.plus(1_000_000)), Ok(()));
        assert!(rates.take(key, 60, now.plus(1_000_000)).is_err());
        assert_eq!(rates.take(KeyId(3), 1, now), Ok(()));
        assert!(rates.take(KeyId(3), 1, now).is_err());
    }
}
