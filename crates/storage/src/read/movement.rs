//! A card's movements: its transactions, the latest first, read backwards along the pointer that each has to the one before.

use std::cmp::Reverse;

use crate::sql;
use domain::ids::CardId;
use domain::ledger::Transaction;

use crate::books::rows::{self, transaction_columns};
use crate::{Storage, StorageError};

/// The walk: one row by its key for each movement, and no index on a card's transactions. CROSS JOIN makes the file go
/// from the walk to the ledger and not the other way.
const MOVEMENTS: &str = concat!(
    "WITH RECURSIVE movement (nth, number) AS (
        SELECT CAST(1 AS BIGINT), last_id FROM card WHERE id = ?1
        UNION ALL
        SELECT nth + 1, card_previous FROM movement CROSS JOIN ledger_transaction WHERE id = number AND nth < ?2
    ) SELECT ",
    transaction_columns!(),
    " FROM movement CROSS JOIN ledger_transaction WHERE id = number AND nth <= ?2"
);

/// The latest `count` transactions of a card, approved and declined. Ends where the archive begins.
pub async fn of_card(db: &Storage, card: CardId, count: u16) -> Result<Vec<Transaction>, StorageError> {
    db.read(move |connection| {
        let mut statement = connection.prepare_cached(MOVEMENTS)?;
        let found = statement.query_map([card.0, i64::from(count)], rows::transaction)?;
        let mut found: Vec<Transaction> = found.collect::<sql::Result<_>>()?;
        found.sort_unstable_by_key(|movement| Reverse(movement.id));
        Ok(found)
    })
    .await
}
