//! Programmes of the card company.

use std::sync::{Arc, Mutex, PoisonError};

use domain::scan::Bin;
use domain::time::Timestamp;

use crate::{Storage, StorageError};

/// How long an answer is used, in microseconds. A programme is made about never, and no card of it is sold so soon.
const KEPT: i64 = 5_000_000;

/// How the numbers of the company's cards begin. Every page and payment asks, so the answer is kept for some seconds.
#[derive(Clone, Debug, Default)]
pub struct Bins(Arc<Mutex<Option<Answer>>>);

#[derive(Clone, Debug)]
struct Answer {
    at: Timestamp,
    bins: Arc<[Bin]>,
}

impl Bins {
    /// Each once.
    pub async fn get(&self, db: &Storage, now: Timestamp) -> Result<Arc<[Bin]>, StorageError> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(Answer { at, bins }) = last
            && now.since(at) < KEPT
        {
            return Ok(bins);
        }
        let bins: Arc<[Bin]> = bins(db).await?.into();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Answer { at: now, bins: bins.clone() });
        Ok(bins)
    }
}

async fn bins(db: &Storage) -> Result<Vec<Bin>, StorageError> {
    db.read_by_key(|connection| {
        let found = connection.query_later("SELECT DISTINCT bin FROM programme ORDER BY bin", [])?;
        let texts = found.rows(|row| row.get::<_, String>(0))?;
        Ok(texts.iter().filter_map(|text| Bin::parse(text)).collect())
    })
    .await
}
