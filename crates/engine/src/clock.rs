//! The only place that asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use domain::time::Timestamp;

/// The host's clock, or one that a test moves. Never runs backwards: a commit time is never earlier than the one before.
#[derive(Clone, Debug)]
pub struct Clock {
    manual: bool,
    /// Microseconds before the host's clock, to try out a later day.
    ahead: i64,
    /// Latest moment handed out (system) or the moment itself (manual), microseconds.
    latest: Arc<AtomicI64>,
}

impl Clock {
    /// The host's clock.
    pub fn system() -> Self {
        Self::ahead(0)
    }

    /// The host's clock, so many microseconds later.
    pub fn ahead(micros: i64) -> Self {
        Self { manual: false, ahead: micros, latest: Arc::new(AtomicI64::new(0)) }
    }

    /// A clock that stands at `start` until it is [`advance`](Self::advance)d.
    pub fn manual(start: Timestamp) -> Self {
        Self { manual: true, ahead: 0, latest: Arc::new(AtomicI64::new(start.0)) }
    }

    /// Moves a manual clock; the host's clock is only held back from running backwards.
    pub fn advance(&self, micros: i64) {
        self.latest.fetch_add(micros, Ordering::SeqCst);
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        if self.manual {
            return Timestamp(self.latest.load(Ordering::SeqCst));
        }
        #[expect(clippy::disallowed_methods, reason = "the one place that may read the host's clock")]
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX).saturating_add(self.ahead);
        Timestamp(self.latest.fetch_max(now, Ordering::SeqCst).max(now))
    }
}
