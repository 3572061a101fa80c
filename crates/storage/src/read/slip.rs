//! What a slip prints, and how often it was printed.
//!
//! What must stay true: the first print of a paid order closes it at the till; every later one is counted and audited.
//! The columns `prints` and `open` are the till's own; nothing here touches money.

use crate::sql::{self, Connection, OptionalExtension as _, PendingRows, params};
use domain::ids::{OrderId, OutletId, PersonId, TerminalId, TransactionId};
use domain::ledger::{Kind, Transaction};
use domain::money::Fen;
use domain::time::Timestamp;

use crate::Storage;
use crate::audit::{self, Entry};
use crate::books::rows;
use crate::error::StorageError;

/// Slips that wait to be printed, at most so many in the till's note.
const UNPRINTED_MAX: u32 = 20;

/// One item of a slip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Name of the product as it was sold.
    pub name: String,
    /// Pack and strength.
    pub spec: String,
    /// Price of one piece.
    pub price: Fen,
    /// Pieces.
    pub quantity: i64,
    /// Price times quantity.
    pub amount: Fen,
}

/// Where the sale was made and by whom, as the slip names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlipHeader {
    /// The merchant's name.
    pub merchant_name: String,
    /// Merchant number, 15 digits.
    pub mid: String,
    /// The outlet's name.
    pub outlet_name: String,
    /// Number of the person on duty.
    pub person: String,
}

/// A slip of an approved sale.
#[derive(Clone, Debug)]
pub struct Slip {
    /// The sale.
    pub transaction: Transaction,
    /// Where and by whom.
    pub header: SlipHeader,
    /// The order's id.
    pub order: OrderId,
    /// The order's number.
    pub number: String,
    /// How often the slip was printed.
    pub prints: i64,
    /// The order's lines that count.
    pub items: Vec<Item>,
}

/// The slip of a sale of this outlet.
pub async fn slip(db: &Storage, outlet: OutletId, id: TransactionId) -> Result<Option<Slip>, StorageError> {
    db.read_by_key(move |connection| {
        let found = connection.prepare_cached(rows::TRANSACTION_BY_ID)?.query_row([id.0], rows::transaction);
        let found = found
            .optional()?
            .filter(|found| found.actor.outlet == outlet && found.approved() && found.kind == Kind::Sale);
        let Some(transaction) = found else { return Ok(None) };
        let Some(order) = transaction.order else { return Ok(None) };
        let printed = connection.query_later("SELECT number, prints FROM orders WHERE id = ?1", [order.0])?;
        let (header, items) = (
            query_header(connection, transaction.actor.outlet, transaction.actor.person)?,
            query_items(connection, order)?,
        );
        let printed = printed.first(|row| Ok((row.get(0)?, row.get(1)?)))?;
        let (number, prints) = printed.ok_or(sql::Error::NoRows)?;
        let header = header.first(header_row)?.ok_or(sql::Error::NoRows)?;
        let items = items.rows(item_row)?;
        Ok(Some(Slip { transaction, header, order, number, prints, items }))
    })
    .await
}

/// The store as slips name it, with the number of the person on duty.
pub(crate) fn header(connection: &Connection, outlet: OutletId, person: PersonId) -> sql::Result<SlipHeader> {
    query_header(connection, outlet, person)?.first(header_row)?.ok_or(sql::Error::NoRows)
}

fn query_header(connection: &Connection, outlet: OutletId, person: PersonId) -> sql::Result<PendingRows<'_>> {
    let sql = "SELECT m.name, m.mid, o.name, p.number FROM outlet o JOIN merchant m ON m.id = o.merchant_id
        JOIN person p ON p.id = ?2 WHERE o.id = ?1";
    connection.query_later(sql, [outlet.0, person.0])
}

fn header_row(row: &sql::Row<'_>) -> sql::Result<SlipHeader> {
    Ok(SlipHeader { merchant_name: row.get(0)?, mid: row.get(1)?, outlet_name: row.get(2)?, person: row.get(3)? })
}

/// The lines of an order that count.
pub(crate) fn items(connection: &Connection, order: OrderId) -> sql::Result<Vec<Item>> {
    query_items(connection, order)?.rows(item_row)
}

fn query_items(connection: &Connection, order: OrderId) -> sql::Result<PendingRows<'_>> {
    let sql = "SELECT name, spec, price, quantity, amount FROM order_line
        WHERE order_id = ?1 AND voided_at IS NULL ORDER BY line";
    connection.query_later(sql, [order.0])
}

fn item_row(row: &sql::Row<'_>) -> sql::Result<Item> {
    Ok(Item {
        name: row.get(0)?,
        spec: row.get(1)?,
        price: Fen(row.get(2)?),
        quantity: row.get(3)?,
        amount: Fen(row.get(4)?),
    })
}

/// Counts a print of the slip of sale `id` and answers which one it is, from 1. `None` when the outlet has no such
/// sale. `entry` goes to the audit log; the first print under a word of its own, because reports count it apart.
pub async fn print_count(
    db: &Storage,
    outlet: OutletId,
    id: TransactionId,
    entry: Entry,
) -> Result<Option<i64>, StorageError> {
    db.write(move |connection| {
        let sql = "UPDATE orders SET prints = prints + 1, open = 0 WHERE paid_by = ?1 AND outlet_id = ?2
            AND id = (SELECT order_id FROM ledger_transaction WHERE id = ?1) RETURNING prints, number";
        let mut update = connection.prepare_cached(sql)?;
        let read = |row: &sql::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
        let Some((prints, number)) = update.query_row([id.0, outlet.0], read).optional()? else { return Ok(None) };
        let first = prints <= 1;
        let detail = if first { String::new() } else { format!("copy {}", prints.saturating_sub(1)) };
        let action = if first { "slip_printed" } else { entry.action };
        audit::insert(connection, &Entry { action, subject: number, detail, ..entry })?;
        Ok(Some(prints))
    })
    .await
}

/// A paid order whose slip was not printed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unprinted {
    /// The order.
    pub order: OrderId,
    /// Its number.
    pub number: String,
    /// The sale that paid it.
    pub sale: TransactionId,
    /// What was paid.
    pub amount: Fen,
    /// When.
    pub paid_at: Timestamp,
}

/// The till's paid orders without a slip, oldest first.
pub async fn unprinted(db: &Storage, outlet: OutletId, terminal: TerminalId) -> Result<Vec<Unprinted>, StorageError> {
    db.read_by_key(move |connection| Ok(query_unprinted(connection, outlet, terminal)?.rows(unprinted_row)?)).await
}

/// Asks for them, to be read by [`unprinted_row`].
pub(crate) fn query_unprinted(
    connection: &Connection,
    outlet: OutletId,
    terminal: TerminalId,
) -> sql::Result<PendingRows<'_>> {
    let sql = "SELECT id, number, paid_by, total, paid_at FROM orders
        WHERE terminal_id = ?1 AND open = 1 AND status = 'paid' AND outlet_id = ?2 ORDER BY paid_at LIMIT ?3";
    connection.query_later(sql, params![terminal.0, outlet.0, UNPRINTED_MAX])
}

pub(crate) fn unprinted_row(row: &sql::Row<'_>) -> sql::Result<Unprinted> {
    Ok(Unprinted {
        order: OrderId(row.get(0)?),
        number: row.get(1)?,
        sale: TransactionId(row.get(2)?),
        amount: Fen(row.get(3)?),
        paid_at: Timestamp(row.get(4)?),
    })
}

/// Closes a paid order of this outlet without printing its slip. `false` when there is none, or it was closed before.
pub async fn close_unprinted(
    db: &Storage,
    outlet: OutletId,
    order: OrderId,
    entry: Entry,
) -> Result<bool, StorageError> {
    db.write(move |connection| {
        let sql = "UPDATE orders SET open = 0 WHERE id = ?1 AND outlet_id = ?2 AND status = 'paid' AND open = 1
            RETURNING number";
        let mut update = connection.prepare_cached(sql)?;
        let closed: Option<String> = update.query_row([order.0, outlet.0], |row| row.get(0)).optional()?;
        if let Some(number) = &closed {
            audit::insert(connection, &Entry { subject: number.clone(), ..entry })?;
        }
        Ok(closed.is_some())
    })
    .await
}

/// Sets the terminal's receipt paper: `p80`, `p58` or `pa4`.
pub async fn paper_set(db: &Storage, terminal: TerminalId, paper: &'static str) -> Result<(), StorageError> {
    db.write(move |connection| {
        let mut update = connection.prepare_cached("UPDATE terminal SET paper = ?2 WHERE id = ?1")?;
        update.execute(params![terminal.0, paper])?;
        Ok(())
    })
    .await
}
