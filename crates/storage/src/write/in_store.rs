//! What a merchant's own scales print: which labels carry an amount and which a weight.

use domain::ids::MerchantId;
use domain::scan::{InStore, Measure};

use crate::audit::{self, Entry};
use crate::books::rows;
use crate::sql::{self, Connection};
use crate::{Storage, StorageError};

/// The labels of `merchant`'s scales.
pub async fn labels(db: &Storage, merchant: MerchantId) -> Result<InStore, StorageError> {
    db.read_by_key(move |connection| Ok(read(connection, merchant)?)).await
}

fn read(connection: &Connection, merchant: MerchantId) -> sql::Result<InStore> {
    let sql = "SELECT prefix, measure FROM in_store_label WHERE merchant_id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let rows =
        statement.query_map([merchant.0], |row| Ok((row.get::<_, u8>(0)?, rows::word(row, 1, Measure::from_word)?)))?;
    rows.into_iter().try_fold(InStore::OFF, |labels, row| row.map(|(prefix, measure)| labels.with(prefix, measure)))
}

/// Sets the labels of `merchant`'s scales. `entry` is audited with both states, if anything changes.
pub async fn set_labels(db: &Storage, merchant: MerchantId, labels: InStore, entry: Entry) -> Result<(), StorageError> {
    db.write(move |connection| {
        connection.lock_name("in_store", &merchant.0.to_string())?;
        let before = read(connection, merchant)?;
        if before == labels {
            return Ok(());
        }
        connection.prepare_cached("DELETE FROM in_store_label WHERE merchant_id = ?1")?.execute([merchant.0])?;
        for (prefix, measure) in labels.prefixes() {
            let Some(measure) = measure else { continue };
            let sql = "INSERT INTO in_store_label (merchant_id, prefix, measure) VALUES (?1, ?2, ?3)";
            connection.prepare_cached(sql)?.execute((merchant.0, i64::from(prefix), measure.word()))?;
        }
        let detail = format!("{} -> {}", text(before), text(labels));
        Ok(audit::insert(connection, &Entry { detail, ..entry.clone() })?)
    })
    .await
}

/// `21 amount, 22 weight`, for the audit log.
fn text(labels: InStore) -> String {
    let words = labels.prefixes().filter_map(|(prefix, measure)| Some(format!("{prefix} {}", measure?)));
    let words = words.collect::<Vec<_>>().join(", ");
    if words.is_empty() { "off".to_owned() } else { words }
}
