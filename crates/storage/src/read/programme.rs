//! Programmes of the card company.

use std::sync::Arc;

use domain::scan::Bin;
use domain::time::Timestamp;

use crate::kept::Kept;
use crate::{Storage, StorageError};

/// How the numbers of the company's cards begin. A programme is made about never, and no card of it is sold so soon.
#[derive(Clone, Debug, Default)]
pub struct Bins(Kept<Arc<[Bin]>>);

impl Bins {
    /// Each once.
    pub async fn get(&self, db: &Storage, now: Timestamp) -> Result<Arc<[Bin]>, StorageError> {
        self.0.get(now, async { Ok(bins(db).await?.into()) }).await
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
