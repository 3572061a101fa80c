//! Checks the archive's files from the first transaction on, and that what is carried over is what they come to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use domain::ids::{CardId, OrderId, TransactionId};
use domain::ledger::{AccountId, ChainKey, Head, Transfer};
use domain::verify::{Audit, Finding};
use rusqlite::OpenFlags;

use super::{file, opening};
use crate::books::SLOT;
use crate::books::audit_trail;
use crate::sql::{self, Connection};
use crate::{Storage, StorageError};

/// What the ledger says of its archive.
struct Carried {
    end: Head,
    accounts: BTreeMap<AccountId, i128>,
    cards: BTreeMap<CardId, TransactionId>,
    kept: BTreeSet<OrderId>,
}

/// Checks the files of an archive, all of them, against one another and against what was carried over. The ledger that
/// goes on from there is for [`crate::Books::verify`].
///
/// Fails when a file is not an archive of this installation or the database cannot be read.
pub async fn verify(db: &Storage, key: &ChainKey, files: Vec<PathBuf>) -> Result<Vec<Finding>, StorageError> {
    let key = key.clone();
    db.read(move |connection| {
        let snapshot = connection.unchecked_transaction()?;
        let carried = carried(&snapshot)?;
        snapshot.finish()?;
        let mut parts = files.iter().map(|path| open(path, &key)).collect::<Result<Vec<_>, _>>()?;
        parts.sort_by_key(|(begins, _)| begins.sequence);
        Ok(read_all(key, &carried, &parts)?)
    })
    .await
}

fn carried(connection: &Connection) -> sql::Result<Carried> {
    let end = opening::stored(connection)?.map_or(Head::empty(SLOT), |(opening, _)| opening.head);
    let (mut accounts, mut kept) = (BTreeMap::<AccountId, i128>::new(), BTreeSet::new());
    let mut add = |account: AccountId, amount: i64| {
        let sum = accounts.entry(account).or_default();
        *sum = sum.saturating_add(i128::from(amount));
    };
    opening::balances(connection, &mut add)?;
    let mut cards = BTreeMap::new();
    opening::cards(connection, |card, last| {
        cards.insert(card, last);
    })?;
    let last = end.next().0.saturating_sub(1);
    let sql = "SELECT transaction_id, leg, debit, credit, amount, business_date FROM ledger_transfer
        WHERE transaction_id <= ?1";
    for transfer in connection.prepare(sql)?.query_map([last], audit_trail::transfer)? {
        let Transfer { debit, credit, amount, .. } = transfer?;
        add(debit, amount.0.saturating_neg());
        add(credit, amount.0);
    }
    let sql = "SELECT DISTINCT order_id FROM ledger_transaction WHERE id <= ?1 AND order_id IS NOT NULL";
    for order in connection.prepare(sql)?.query_map([last], |row| row.get(0).map(OrderId))? {
        kept.insert(order?);
    }
    Ok(Carried { end, accounts, cards, kept })
}

fn open(path: &Path, key: &ChainKey) -> Result<(Head, Connection), StorageError> {
    let failed = |error: &dyn std::fmt::Display| StorageError::Open(format!("{}: {error}", path.display()));
    let file = rusqlite::Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let file = file.map_err(|error| failed(&error))?;
    let part =
        file::part(&file, key).map_err(|error| failed(&format!("not an archive of this installation ({error})")))?;
    let (begins, _) = part.ok_or_else(|| failed(&"nothing was archived into it"))?;
    Ok((begins, Connection::from(file)))
}

fn read_all(key: ChainKey, carried: &Carried, parts: &[(Head, Connection)]) -> sql::Result<Vec<Finding>> {
    let mut audit = Audit::new(key);
    let mut after = i64::MIN;
    for (_, file) in parts {
        // What was moved by the step that an interruption undid is in two files.
        audit_trail::transactions(file, &mut audit, after)?;
        after = audit.read_head().next().0.saturating_sub(1);
    }
    let mut seen = BTreeSet::new();
    for (_, file) in parts.iter().rev() {
        audit_trail::orders(file, &mut audit, |order| !carried.kept.contains(&order) && seen.insert(order))?;
    }
    Ok(audit.finish_archive(&carried.end, &carried.accounts, &carried.cards, &carried.kept))
}
