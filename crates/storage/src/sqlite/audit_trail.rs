//! Reads the whole ledger on one snapshot for `verify`.

use domain::ids::{CardId, MerchantId, OrderId, TransactionId};
use domain::ledger::{AccountId, ChainKey, Head, Transaction, Transfer};
use domain::money::Fen;
use domain::order::OrderStatus;
use domain::time::BusinessDate;
use domain::verify::{Audit, Finding};
use rusqlite::{Connection, Row};

use super::rows;
use crate::error::StorageError;

pub(crate) fn verify(connection: &Connection, key: ChainKey) -> Result<Vec<Finding>, StorageError> {
    let snapshot = connection.unchecked_transaction()?;
    let findings = read_all(&snapshot, key)?;
    snapshot.finish()?;
    Ok(findings)
}

fn read_all(connection: &Connection, key: ChainKey) -> rusqlite::Result<Vec<Finding>> {
    let mut audit = Audit::new(key);
    let heads = transactions(connection, &mut audit)?;
    let mut statement = connection.prepare("SELECT slot, sequence, hash, seal FROM ledger_head ORDER BY slot")?;
    let mut stored = statement.query([])?;
    let mut known = Vec::new();
    while let Some(row) = stored.next()? {
        let head = Head { slot: row.get(0)?, sequence: row.get(1)?, hash: row.get(2)? };
        audit.head(head, &row.get(3)?, heads.iter().find(|found| found.slot == head.slot));
        known.push(head.slot);
    }
    for head in heads.iter().filter(|head| !known.contains(&head.slot)) {
        audit.head(Head::empty(head.slot), &[0; 32], Some(head));
    }
    let mut cards = connection.prepare("SELECT id, balance FROM card ORDER BY id")?;
    let mut cards = cards.query([])?;
    while let Some(row) = cards.next()? {
        audit.card(CardId(row.get(0)?), Fen(row.get(1)?));
    }
    let sql = "SELECT id, status, total, paid_by FROM orders ORDER BY id";
    let mut orders = connection.prepare(sql)?;
    let mut orders = orders.query([])?;
    while let Some(row) = orders.next()? {
        let paid_by = row.get::<_, Option<i64>>(3)?.map(TransactionId);
        audit.order(OrderId(row.get(0)?), rows::word(row, 1, OrderStatus::from_word)?, Fen(row.get(2)?), paid_by);
    }
    let mut merchants = connection.prepare("SELECT id FROM merchant")?;
    let merchants: Vec<_> = merchants.query_map([], |row| row.get(0).map(MerchantId))?.collect::<Result<_, _>>()?;
    Ok(audit.finish(&merchants))
}

/// Walks transactions and transfers side by side, both in order of the transaction number.
fn transactions(connection: &Connection, audit: &mut Audit) -> rusqlite::Result<Vec<Head>> {
    let mut heads: Vec<Head> = Vec::new();
    let mut all = connection.prepare(rows::TRANSACTIONS_ALL)?;
    let mut all = all.query_map([], rows::transaction)?;
    let sql = "SELECT transaction_id, leg, debit, credit, amount, business_date FROM ledger_transfer
        ORDER BY transaction_id, leg";
    let mut legs = connection.prepare(sql)?;
    let mut legs = legs.query_map([], transfer)?.peekable();
    while let Some(transaction) = all.next().transpose()? {
        let mut own = Vec::new();
        while let Some(leg) = legs.next_if(|leg| leg.as_ref().map_or(true, |leg| leg.transaction <= transaction.id)) {
            own.push(leg?);
        }
        audit.transaction(&transaction, &own);
        note(&mut heads, &transaction, audit);
    }
    if let Some(leg) = legs.next().transpose()? {
        audit.stray(&leg);
    }
    Ok(heads)
}

fn note(heads: &mut Vec<Head>, transaction: &Transaction, audit: &Audit) {
    match heads.last_mut().filter(|head| head.slot == transaction.id.slot()) {
        Some(head) => *head = audit.read_head(),
        None => heads.push(audit.read_head()),
    }
}

fn transfer(row: &Row<'_>) -> rusqlite::Result<Transfer> {
    Ok(Transfer {
        transaction: TransactionId(row.get(0)?),
        leg: row.get(1)?,
        debit: AccountId(row.get(2)?),
        credit: AccountId(row.get(3)?),
        amount: Fen(row.get(4)?),
        business_date: BusinessDate(row.get(5)?),
    })
}
