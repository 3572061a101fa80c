//! Rows of the ledger and of orders, read and written in one place.

use crate::sql::{self, CachedStatement, Row, params};
use domain::card_number::{EntryMode, MaskedCard};
use domain::command::Actor;
use domain::ids::{CardId, MerchantId, OrderId, OutletId, PersonId, RequestId, TerminalId, TransactionId};
use domain::ledger::{Head, Kind, Transaction};
use domain::money::Fen;
use domain::order::{Order, OrderStatus};
use domain::outcome::Decline;
use domain::state::Till;
use domain::time::{BusinessDate, Timestamp};

use super::SLOT;

macro_rules! transaction_columns {
    () => {
        "id, request_id, content, merchant_id, outlet_id, terminal_id, person_id, kind, order_id, card_id, masked, \
         entry, amount, decline, detail, approval_code, balance, batch, business_date, at, hash, original, checker_id"
    };
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

pub(crate) const TRANSACTION_INSERT: &str = concat!(
    "INSERT INTO ledger_transaction (",
    transaction_columns!(),
    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)"
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

pub(crate) fn transaction(row: &Row<'_>) -> sql::Result<Transaction> {
    let detail: Option<i64> = row.get(14)?;
    let decline = match row.get::<_, Option<String>>(13)? {
        Some(text) => Some(Decline::from_word(&text, detail).ok_or_else(|| unknown_word(13, &text))?),
        None => None,
    };
    if decline.and_then(Decline::detail) != detail {
        return Err(unknown_word(14, "a figure that belongs to no decline"));
    }
    Ok(Transaction {
        id: TransactionId(row.get(0)?),
        request_id: RequestId(row.get(1)?),
        content: row.get(2)?,
        actor: Actor {
            merchant: MerchantId(row.get(3)?),
            outlet: OutletId(row.get(4)?),
            terminal: TerminalId(row.get(5)?),
            person: PersonId(row.get(6)?),
        },
        kind: word(row, 7, Kind::from_word)?,
        order: row.get::<_, Option<i64>>(8)?.map(OrderId),
        card: row.get::<_, Option<i64>>(9)?.map(CardId),
        masked: MaskedCard(row.get(10)?),
        entry: word(row, 11, EntryMode::from_word)?,
        amount: Fen(row.get(12)?),
        decline,
        approval_code: row.get(15)?,
        balance: row.get::<_, Option<i64>>(16)?.map(Fen),
        batch: row.get(17)?,
        business_date: BusinessDate(row.get(18)?),
        at: Timestamp(row.get(19)?),
        hash: row.get(20)?,
        original: row.get::<_, Option<i64>>(21)?.map(TransactionId),
        checker: row.get::<_, Option<i64>>(22)?.map(PersonId),
    })
}

pub(crate) fn insert_transaction(insert: &mut CachedStatement<'_>, t: &Transaction) -> sql::Result<()> {
    let written = insert.execute(params![
        t.id.0,
        t.request_id.0,
        t.content,
        t.actor.merchant.0,
        t.actor.outlet.0,
        t.actor.terminal.0,
        t.actor.person.0,
        t.kind.word(),
        t.order.map(|id| id.0),
        t.card.map(|id| id.0),
        t.masked.0,
        t.entry.word(),
        t.amount.0,
        t.decline.map(Decline::word),
        t.decline.and_then(Decline::detail),
        t.approval_code,
        t.balance.map(|fen| fen.0),
        t.batch,
        t.business_date.0,
        t.at.0,
        t.hash,
        t.original.map(|id| id.0),
        t.checker.map(|id| id.0),
    ])?;
    debug_assert_eq!(written, 1);
    Ok(())
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
    Ok(Till {
        merchant: MerchantId(row.get(0)?),
        outlet: OutletId(row.get(1)?),
        merchant_active: row.get(2)?,
        outlet_active: row.get(3)?,
        terminal_active: row.get(4)?,
        batch: row.get(5)?,
        drug_returns: row.get(6)?,
    })
}
