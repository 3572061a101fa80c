//! How the numbers of the company's cards begin: asked by every scan, changed about never.

use std::sync::{Arc, Mutex, PoisonError};

use domain::scan::Bin;
use domain::time::Timestamp;
use storage::programme;

use crate::Web;
use crate::problem::Problem;

/// How long an answer is used, in microseconds.
const KEPT: i64 = 60_000_000;

/// The last answer of the store, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Programmes(Arc<Mutex<Option<Answer>>>);

#[derive(Clone)]
struct Answer {
    at: Timestamp,
    bins: Arc<[Bin]>,
}

impl Web {
    /// How the numbers of the company's cards begin.
    pub async fn bins(&self) -> Result<Arc<[Bin]>, Problem> {
        let now = self.clock.now();
        let last = self.programmes.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(Answer { at, bins }) = last
            && now.since(at) < KEPT
        {
            return Ok(bins);
        }
        let bins: Arc<[Bin]> = programme::bins(&self.storage).await?.into();
        *self.programmes.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Answer { at: now, bins: bins.clone() });
        Ok(bins)
    }
}
