//! Batches of a terminal: the running one (X report) and the closed ones (Z reports).

use domain::batch::{Batch, ClosedBatch};
use domain::ids::{PersonId, TerminalId, TransactionId};
use domain::time::Timestamp;
use rusqlite::{OptionalExtension as _, Row};

use crate::StorageError;
use crate::sqlite::{Sqlite, after_sale};

pub(crate) mod figures;

/// The running batch as it stands now: the X report. `None` when there is no such terminal.
pub async fn running(db: &Sqlite, terminal: TerminalId) -> Result<Option<Batch>, StorageError> {
    db.read(move |connection| Ok(after_sale::running_batch(connection, terminal)?)).await
}

const COLUMNS: &str = "terminal_id, number, opened_at, closed_at, operator_id, closed_by, figures";

/// A closed batch: the Z report.
pub async fn closed(db: &Sqlite, terminal: TerminalId, number: i64) -> Result<Option<ClosedBatch>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT {COLUMNS} FROM batch WHERE terminal_id = ?1 AND number = ?2");
        Ok(connection.prepare_cached(&sql)?.query_row([terminal.0, number], read).optional()?)
    })
    .await
}

/// The terminal's closed batches, newest first.
pub async fn closed_list(db: &Sqlite, terminal: TerminalId, count: u32) -> Result<Vec<ClosedBatch>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT {COLUMNS} FROM batch WHERE terminal_id = ?1 ORDER BY number DESC LIMIT ?2");
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map((terminal.0, count), read)?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    })
    .await
}

fn read(row: &Row<'_>) -> rusqlite::Result<ClosedBatch> {
    let mut batch = figures::read(row, 6)?;
    batch.terminal = TerminalId(row.get(0)?);
    batch.number = row.get(1)?;
    batch.opened_at = Timestamp(row.get(2)?);
    Ok(ClosedBatch {
        batch,
        closed_at: Timestamp(row.get(3)?),
        operator: PersonId(row.get(4)?),
        closed_by: TransactionId(row.get(5)?),
    })
}
