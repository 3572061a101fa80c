//! Batches of a terminal: the running one (X report) and the closed ones (Z reports).
//!
//! Closed ones are written by the money path and never again; how often their report was printed is in the audit log.

use std::collections::BTreeMap;

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::batch::{Batch, ClosedBatch};
use domain::ids::{MerchantId, OrderId, PersonId, RequestId, TerminalId, TransactionId};
use domain::ledger::{Kind, Transaction};
use domain::money::Fen;
use domain::time::Timestamp;

use crate::Storage;
use crate::StorageError;
use crate::audit::{self, Entry};
use crate::books::{after_sale, batch_figures as figures, rows};

/// The running batch as it stands now: the X report. `None` when there is no such terminal.
pub async fn running(db: &Storage, terminal: TerminalId) -> Result<Option<Batch>, StorageError> {
    db.read_by_key(move |connection| Ok(after_sale::running_batch(connection, terminal)?)).await
}

macro_rules! columns {
    () => {
        "SELECT terminal_id, number, opened_at, closed_at, person_id, closed_by, figures FROM batch "
    };
}

pub(crate) const ALL: &str = concat!(columns!(), "ORDER BY terminal_id, number");
const ONE: &str = concat!(columns!(), "WHERE terminal_id = ?1 AND number = ?2");
const NEWEST: &str = concat!(columns!(), "WHERE terminal_id = ?1 ORDER BY number DESC LIMIT ?2");

/// A closed batch: the Z report.
pub async fn closed(db: &Storage, terminal: TerminalId, number: i64) -> Result<Option<ClosedBatch>, StorageError> {
    db.read(move |connection| Ok(one(connection, terminal, number)?)).await
}

fn one(connection: &Connection, terminal: TerminalId, number: i64) -> sql::Result<Option<ClosedBatch>> {
    connection.prepare_cached(ONE)?.query_row([terminal.0, number], read).optional()
}

/// The terminal's closed batches, newest first.
pub async fn closed_list(db: &Storage, terminal: TerminalId, count: u32) -> Result<Vec<ClosedBatch>, StorageError> {
    db.read(move |connection| {
        let mut statement = connection.prepare_cached(NEWEST)?;
        let found = statement.query_map((terminal.0, count), read)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

pub(crate) fn read(row: &Row<'_>) -> sql::Result<ClosedBatch> {
    let figures = figures::read(row, 6)?;
    let (terminal, number, opened_at) = (TerminalId(row.get(0)?), row.get(1)?, Timestamp(row.get(2)?));
    Ok(ClosedBatch {
        batch: Batch { terminal, number, opened_at, ..figures },
        closed_at: Timestamp(row.get(3)?),
        person: PersonId(row.get(4)?),
        closed_by: TransactionId(row.get(5)?),
    })
}

/// What came of an attempt to close a batch, if it is on record.
pub async fn close_attempt(
    db: &Storage,
    merchant: MerchantId,
    terminal: TerminalId,
    request: RequestId,
) -> Result<Option<Transaction>, StorageError> {
    db.read(move |connection| {
        let mut statement = connection.prepare_cached(rows::TRANSACTION_BY_REQUEST)?;
        let found = statement.query_row(params![request.0, merchant.0], rows::transaction).optional()?;
        Ok(found.filter(|found| found.kind == Kind::BatchClose && found.actor.terminal == terminal))
    })
    .await
}

/// The word of the audit log for a print of a report.
const PRINTED: &str = "batch_printed";

/// How often the report of a closed batch was printed.
pub async fn prints(db: &Storage, closed: &ClosedBatch) -> Result<i64, StorageError> {
    let (terminal, number, logged) = (closed.batch.terminal, closed.batch.number, closed.batch.logged);
    db.read(move |connection| Ok(printed(connection, terminal, number, logged)?)).await
}

fn printed(connection: &Connection, terminal: TerminalId, number: i64, logged: i64) -> sql::Result<i64> {
    let sql = "SELECT COUNT(*) FROM audit
        WHERE terminal_id = ?1 AND id > ?2 AND action = 'batch_printed' AND subject = ?3";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row(params![terminal.0, logged, number.to_string()], |row| row.get(0))
}

/// Counts a print of a report and answers which one it is, from 1. `None` when the terminal has no such closed batch.
pub async fn print_count(
    db: &Storage,
    terminal: TerminalId,
    number: i64,
    entry: Entry,
) -> Result<Option<i64>, StorageError> {
    db.write(move |connection| {
        let Some(closed) = one(connection, terminal, number)? else { return Ok(None) };
        let nth = printed(connection, terminal, number, closed.batch.logged)?.saturating_add(1);
        let detail = if nth > 1 { format!("copy {}", nth.saturating_sub(1)) } else { String::new() };
        audit::insert(connection, &Entry { action: PRINTED, subject: number.to_string(), detail, ..entry })?;
        Ok(Some(nth))
    })
    .await
}

/// Number and name of people, for a report's sections.
pub async fn people(db: &Storage, ids: Vec<PersonId>) -> Result<BTreeMap<PersonId, (String, String)>, StorageError> {
    db.read(move |connection| {
        let mut statement = connection.prepare_cached("SELECT number, name FROM person WHERE id = ?1")?;
        let mut found = BTreeMap::new();
        for id in ids {
            let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
            if let Some(person) = statement.query_row([id.0], read).optional()? {
                found.insert(id, person);
            }
        }
        Ok(found)
    })
    .await
}

/// The terminal's drafts, put aside or not, newest first: number and total, at most `count`.
pub async fn drafts(
    db: &Storage,
    terminal: TerminalId,
    count: u32,
) -> Result<Vec<(OrderId, String, Fen)>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT id, number, total FROM orders
            WHERE terminal_id = ?1 AND open = 1 AND status = 'draft' AND attempt IS NULL ORDER BY id DESC LIMIT ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let read = |row: &Row<'_>| Ok((OrderId(row.get(0)?), row.get(1)?, Fen(row.get(2)?)));
        let found = statement.query_map((terminal.0, count), read)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}
