//! Rows of the ledger and of orders, read and written in one place.

use crate::sql::{self, CachedStatement, Row, Values, params};
use domain::card_number::{EntryMode, MaskedCard};
use domain::command::Actor;
use domain::ids::{CardId, MerchantId, OrderId, OutletId, PersonId, RequestId, TerminalId, TransactionId};
use domain::ledger::{Head, Kind, SEAL_FORMAT, Transaction};
use domain::money::Fen;
use domain::order::{Order, OrderStatus};
use domain::outcome::Decline;
use domain::state::{Outlet, Till};
use domain::time::{BusinessDate, Timestamp};

use super::SLOT;
use super::columns::{ForServer as _, columns};

columns! {
    transaction_columns, AT: TransactionRow, "ledger_transaction", t: Transaction;
    id: bigint = t.id.0,
    request_id: bytea = t.request_id.0,
    content: bytea = t.content,
    merchant_id: bigint = t.actor.merchant.0,
    outlet_id: bigint = t.actor.outlet.0,
    terminal_id: bigint = t.actor.terminal.0,
    person_id: bigint = t.actor.person.0,
    kind: text = t.kind.word(),
    order_id: bigint = t.order.map(|id| id.0),
    original: bigint = t.original.map(|id| id.0),
    checker_id: bigint = t.checker.map(|id| id.0),
    card_id: bigint = t.card.map(|id| id.0),
    masked: text = t.masked.0.as_str(),
    entry: text = t.entry.word(),
    amount: bigint = t.amount.0,
    decline: text = t.decline.map(Decline::word),
    detail: bigint = t.decline.and_then(Decline::detail),
    approval_code: text = t.approval_code.as_deref(),
    balance: bigint = t.balance.map(|fen| fen.0),
    batch: bigint = t.batch,
    business_date: bigint = i64::from(t.business_date.0),
    at: bigint = t.at.0,
    card_previous: bigint = t.card_previous.map(|id| id.0),
    format: bigint = i64::from(t.format),
    hash: bytea = t.hash,
}

pub(crate) use transaction_columns;

pub(crate) const TRANSACTION_BY_REQUEST: &str =
    concat!("SELECT ", transaction_columns!(), " FROM ledger_transaction WHERE request_id = ?1 AND merchant_id = ?2");

pub(crate) const TRANSACTION_BY_ID: &str =
    concat!("SELECT ", transaction_columns!(), " FROM ledger_transaction WHERE id = ?1");

pub(crate) const TRANSACTIONS_BY_ORDER: &str =
    concat!("SELECT ", transaction_columns!(), " FROM ledger_transaction WHERE order_id = ?1 ORDER BY id DESC");

/// A terminal's latest transactions about orders.
pub(crate) const TRANSACTIONS_OF_TERMINAL: &str = concat!(
    "SELECT ",
    transaction_columns!(),
    " FROM ledger_transaction WHERE terminal_id = ?1 AND outlet_id = ?2 AND order_id IS NOT NULL ORDER BY id DESC LIMIT ?3"
);

/// A terminal's transactions after a number: what its running batch holds.
pub(crate) const TRANSACTIONS_OF_BATCH: &str = concat!(
    "SELECT ",
    transaction_columns!(),
    " FROM ledger_transaction WHERE terminal_id = ?1 AND id > ?2 AND batch = ?3 ORDER BY id"
);

/// A merchant's transactions of one day after one of them. The days after are another question: a search for pairs of day
/// and number would begin at the day.
pub(crate) const TRANSACTIONS_OF_DAY: &str = concat!(
    "SELECT ",
    transaction_columns!(),
    " FROM ledger_transaction WHERE merchant_id = ?1 AND business_date = ?2 AND id > ?3 AND at >= ?4 AND at < ?5
    AND (?6 IS NULL OR outlet_id = ?6) ORDER BY id LIMIT ?7"
);

/// A merchant's transactions of the days after `?2` until `?3`.
pub(crate) const TRANSACTIONS_OF_DAYS: &str = concat!(
    "SELECT ",
    transaction_columns!(),
    " FROM ledger_transaction WHERE merchant_id = ?1 AND business_date > ?2 AND business_date <= ?3 AND at >= ?4
    AND at < ?5 AND (?6 IS NULL OR outlet_id = ?6) ORDER BY business_date, id LIMIT ?7"
);

/// The next transactions of the chain, up to a number.
pub(crate) const TRANSACTIONS_AFTER: &str = concat!(
    "SELECT ",
    transaction_columns!(),
    " FROM ledger_transaction WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3"
);

/// Everything about some orders.
pub(crate) const TRANSACTIONS_OF_ORDERS: &str = concat!(
    "SELECT ",
    transaction_columns!(),
    " FROM ledger_transaction WHERE order_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))"
);

pub(crate) const ORDER_BY_ID: &str = "SELECT id, merchant_id, outlet_id, terminal_id, person_id, status, total, \
     payable, attempt, paid_by, paid_at FROM orders WHERE id = ?1";

/// A short word of the schema's CHECK lists; one that this program does not know is an error, never a default.
pub(crate) fn word<T>(row: &Row<'_>, column: usize, read: impl FnOnce(&str) -> Option<T>) -> sql::Result<T> {
    let text = row.text(column)?;
    read(text).ok_or_else(|| unknown_word(column, text))
}

fn unknown_word(column: usize, text: &str) -> sql::Error {
    sql::Error::unreadable(column, &format!("unknown word {text:?}"))
}

/// Refuses a seal whose format this program does not know.
pub(crate) fn known_format(row: &Row<'_>, column: usize) -> sql::Result<()> {
    let format: i64 = row.get(column)?;
    let known = format == i64::from(SEAL_FORMAT);
    if known { Ok(()) } else { Err(sql::Error::unreadable(column, &format!("seal format {format}"))) }
}

/// A transaction, from `transaction_columns!` at the beginning of a row.
pub(crate) fn transaction(row: &Row<'_>) -> sql::Result<Transaction> {
    let detail: Option<i64> = row.get(AT.detail)?;
    let decline = match row.get::<_, Option<String>>(AT.decline)? {
        Some(text) => Some(Decline::from_word(&text, detail).ok_or_else(|| unknown_word(AT.decline, &text))?),
        None => None,
    };
    if decline.and_then(Decline::detail) != detail {
        return Err(unknown_word(AT.detail, "a figure that belongs to no decline"));
    }
    Ok(Transaction {
        id: TransactionId(row.get(AT.id)?),
        request_id: RequestId(row.get(AT.request_id)?),
        content: row.get(AT.content)?,
        actor: Actor {
            merchant: MerchantId(row.get(AT.merchant_id)?),
            outlet: OutletId(row.get(AT.outlet_id)?),
            terminal: TerminalId(row.get(AT.terminal_id)?),
            person: PersonId(row.get(AT.person_id)?),
        },
        kind: word(row, AT.kind, Kind::from_word)?,
        order: row.get::<_, Option<i64>>(AT.order_id)?.map(OrderId),
        original: row.get::<_, Option<i64>>(AT.original)?.map(TransactionId),
        checker: row.get::<_, Option<i64>>(AT.checker_id)?.map(PersonId),
        card: row.get::<_, Option<i64>>(AT.card_id)?.map(CardId),
        masked: MaskedCard(row.get(AT.masked)?),
        entry: word(row, AT.entry, EntryMode::from_word)?,
        amount: Fen(row.get(AT.amount)?),
        decline,
        approval_code: row.get(AT.approval_code)?,
        balance: row.get::<_, Option<i64>>(AT.balance)?.map(Fen),
        batch: row.get(AT.batch)?,
        business_date: BusinessDate(row.get(AT.business_date)?),
        at: Timestamp(row.get(AT.at)?),
        card_previous: row.get::<_, Option<i64>>(AT.card_previous)?.map(TransactionId),
        format: row.get(AT.format)?,
        hash: row.get(AT.hash)?,
    })
}

pub(crate) fn order(row: &Row<'_>) -> sql::Result<Order> {
    Ok(Order {
        id: OrderId(row.get(0)?),
        merchant: MerchantId(row.get(1)?),
        outlet: OutletId(row.get(2)?),
        terminal: TerminalId(row.get(3)?),
        person: PersonId(row.get(4)?),
        status: word(row, 5, OrderStatus::from_word)?,
        total: Fen(row.get(6)?),
        payable: row.get(7)?,
        attempt: row.get::<_, Option<[u8; 16]>>(8)?.map(RequestId),
        paid_by: row.get::<_, Option<i64>>(9)?.map(TransactionId),
        paid_at: row.get::<_, Option<i64>>(10)?.map(Timestamp),
    })
}

pub(crate) fn head(row: &Row<'_>) -> sql::Result<Head> {
    Ok(Head { slot: SLOT, sequence: row.get(0)?, hash: row.get(1)? })
}

pub(crate) fn till(row: &Row<'_>) -> sql::Result<Till> {
    Ok(Till { outlet: outlet(row)?, terminal_active: row.get(5)?, batch: row.get(6)? })
}

pub(crate) fn outlet(row: &Row<'_>) -> sql::Result<Outlet> {
    Ok(Outlet {
        id: OutletId(row.get(0)?),
        merchant: MerchantId(row.get(1)?),
        merchant_active: row.get(2)?,
        outlet_active: row.get(3)?,
        drug_returns: row.get(4)?,
    })
}
