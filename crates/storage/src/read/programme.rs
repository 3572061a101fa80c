//! Programmes of the card company.

use domain::scan::Bin;

use crate::{Storage, StorageError};

/// How the numbers of the company's cards begin, each once.
pub async fn bins(db: &Storage) -> Result<Vec<Bin>, StorageError> {
    db.read_by_key(|connection| {
        let found = connection.query_later("SELECT DISTINCT bin FROM programme ORDER BY bin", [])?;
        let texts = found.rows(|row| row.get::<_, String>(0))?;
        Ok(texts.iter().filter_map(|text| Bin::parse(text)).collect())
    })
    .await
}
