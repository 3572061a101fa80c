//! One step: passes a few transactions, finds what nothing needs any more, writes it to the file and takes it away.

use std::collections::{BTreeMap, BTreeSet};

use domain::archive::{Opening, settled, stays};
use domain::ids::{OrderId, TransactionId};
use domain::ledger::{ChainKey, Transaction, Transfer, chain};
use domain::settlement::Takers;
use domain::time::{BusinessDate, HOUR, Timestamp};

use super::file::ArchiveFile;
use super::list;
use super::opening::{self, Figures};
use crate::StorageError;
use crate::books::SLOT;
use crate::books::lock_chain;
use crate::books::{audit_trail, rows};
use crate::ids::time_ordered;
use crate::sql::{self, Connection, params};

/// Where what leaves with orders `?1` is, in an order in which it can be put down; it is taken up in the other.
const OF_ORDERS: [(&str, &str); 6] = [
    ("orders", "id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))"),
    ("order_line", "order_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))"),
    ("merchant_order", "order_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))"),
    ("refund", "order_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))"),
    (
        "refund_line",
        "refund_id IN (SELECT id FROM refund WHERE order_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1)))",
    ),
    ("dispute", "order_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))"),
];

/// The same with transactions `?1`, besides themselves.
const OF_TRANSACTIONS: [(&str, &str); 2] = [
    ("void_slip", "transaction_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))"),
    (
        "idempotency",
        "(merchant_id, request_id) IN (SELECT merchant_id, request_id FROM ledger_transaction \
         WHERE id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1)))",
    ),
];

/// The transactions `?1` themselves.
const THEMSELVES: [(&str, &str); 2] = [
    ("ledger_transaction", "id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))"),
    ("ledger_transfer", "transaction_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))"),
];

/// Every table that something leaves.
pub(super) fn tables() -> impl Iterator<Item = &'static str> {
    OF_ORDERS.iter().chain(&OF_TRANSACTIONS).chain(&THEMSELVES).map(|(table, _)| *table)
}

/// What was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Transactions that were passed.
    pub passed: u64,
    /// Transactions that left, of these and of those that were kept before.
    pub transactions: u64,
    /// Orders that left.
    pub orders: u64,
}

impl Moved {
    pub(super) fn add(&mut self, more: Self) {
        self.passed = self.passed.saturating_add(more.passed);
        self.transactions = self.transactions.saturating_add(more.transactions);
        self.orders = self.orders.saturating_add(more.orders);
    }
}

/// What a step looks at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// What was kept before: orders after this one.
    Kept(OrderId),
    /// The next transactions of the chain.
    Pass,
    /// Orders that were given up and of which nothing is on record, after this one.
    Abandoned(OrderId),
}

/// A transaction with its transfers.
type Entry = (Transaction, Vec<Transfer>);

/// One step, in the open transaction.
pub(super) struct Step<'a> {
    pub(super) connection: &'a Connection,
    pub(super) key: &'a ChainKey,
    pub(super) takers: &'a Takers,
    pub(super) file: &'a ArchiveFile,
    pub(super) until: BusinessDate,
    /// Transactions or orders of one step.
    pub(super) limit: i64,
}

impl Step<'_> {
    /// Does `work`; what it moved, and what is to do next.
    pub(super) fn take(&self, work: Work) -> Result<(Moved, Option<Work>), StorageError> {
        lock_chain(self.connection)?;
        let mut opening = match opening::stored(self.connection)? {
            Some((opening, seal)) if opening.seal(self.key) == seal => opening,
            Some(_) => return Err(StorageError::NotWritten("the opening was altered: run `webpos verify`".to_owned())),
            None => Opening::nothing(SLOT),
        };
        opening.until = opening.until.max(self.until);
        match work {
            Work::Kept(after) => {
                let orders = self.kept_orders(&opening, after)?;
                let next = orders.last().map_or(Work::Pass, |last| Work::Kept(*last));
                Ok((self.leave(opening, &[], orders)?, Some(next)))
            }
            Work::Pass => {
                let passed = self.next_of_chain(&opening)?;
                let whole = i64::try_from(passed.len()).is_ok_and(|count| count == self.limit);
                let orders = passed.iter().filter_map(|(transaction, _)| transaction.order).collect();
                let next = if whole { Work::Pass } else { Work::Abandoned(OrderId(0)) };
                Ok((self.leave(opening, &passed, orders)?, Some(next)))
            }
            Work::Abandoned(after) => {
                let orders = self.abandoned(after)?;
                let next = orders.last().map(|last| Work::Abandoned(*last));
                Ok((self.leave(opening, &[], orders)?, next))
            }
        }
    }

    fn kept_orders(&self, opening: &Opening, after: OrderId) -> sql::Result<Vec<OrderId>> {
        let sql = "SELECT DISTINCT order_id FROM ledger_transaction WHERE id <= ?1 AND order_id > ?2 ORDER BY order_id LIMIT ?3";
        let last = opening.head.next().0.saturating_sub(1);
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_map([last, after.0, self.limit], |row| row.get(0).map(OrderId))?.collect()
    }

    /// The next transactions that are not of a later day. What is not chained to the ones before is not passed.
    fn next_of_chain(&self, opening: &Opening) -> Result<Vec<Entry>, StorageError> {
        let last = TransactionId::new(SLOT, TransactionId::SEQUENCES.saturating_sub(1));
        let mut statement = self.connection.prepare_cached(rows::TRANSACTIONS_AFTER)?;
        let found =
            statement.query_map([opening.head.next().0.saturating_sub(1), last.0, self.limit], rows::transaction)?;
        let mut found: Vec<Transaction> = found.collect::<sql::Result<_>>()?;
        let later = found.iter().position(|one| one.business_date > self.until);
        found.truncate(later.unwrap_or(found.len()));
        let entries = self.with_transfers(found)?;
        let mut head = opening.head;
        for (transaction, transfers) in &entries {
            if transaction.id != head.next()
                || chain(self.key, &head.hash, transaction, transfers) != Some(transaction.hash)
            {
                let rrn = transaction.id.rrn();
                return Err(StorageError::NotWritten(format!("transaction {rrn} was altered: run `webpos verify`")));
            }
            head = domain::ledger::Head::after(transaction);
        }
        Ok(entries)
    }

    fn with_transfers(&self, transactions: Vec<Transaction>) -> sql::Result<Vec<Entry>> {
        let sql = "SELECT transaction_id, leg, debit, credit, amount, business_date FROM ledger_transfer
            WHERE transaction_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1)) ORDER BY transaction_id, leg";
        let mut transfers: BTreeMap<TransactionId, Vec<Transfer>> = BTreeMap::new();
        let mut statement = self.connection.prepare_cached(sql)?;
        for transfer in statement.query_map([list(ids(&transactions))], audit_trail::transfer)? {
            let transfer = transfer?;
            transfers.entry(transfer.transaction).or_default().push(transfer);
        }
        let own = |one: Transaction| {
            let transfers = transfers.remove(&one.id).unwrap_or_default();
            (one, transfers)
        };
        Ok(transactions.into_iter().map(own).collect())
    }

    fn abandoned(&self, after: OrderId) -> sql::Result<Vec<OrderId>> {
        let over = self.until.start().map_or(Timestamp(0), |start| start.plus(24 * HOUR));
        let sql = "SELECT id FROM orders WHERE id > ?1 AND id < ?2 AND status = 'abandoned' AND changed_at < ?3
            AND NOT EXISTS (SELECT 1 FROM ledger_transaction t WHERE t.order_id = orders.id) ORDER BY id LIMIT ?4";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement
            .query_map([after.0, time_ordered(over, 0), over.0, self.limit], |row| row.get(0).map(OrderId))?
            .collect()
    }

    /// Passes `passed` and lets go what nothing needs any more of it and of `orders`.
    fn leave(&self, opening: Opening, passed: &[Entry], orders: Vec<OrderId>) -> Result<Moved, StorageError> {
        if passed.is_empty() && orders.is_empty() {
            return Ok(Moved::default());
        }
        let before = opening.head;
        let mut figures = Figures::begin(self.key, opening);
        for (transaction, transfers) in passed {
            figures.pass(transaction, transfers);
        }
        let orders = self.finished(&figures.opening, orders)?;
        let (orders, mut leaving) = self.settled(orders)?;
        let loose = |(one, _): &&Entry| one.order.is_none() && !stays(one.kind);
        leaving.extend(passed.iter().filter(loose).cloned());
        for (transaction, transfers) in &leaving {
            figures.release(self.takers, transaction, transfers);
        }
        let list_of = |entries: &[Entry]| list(entries.iter().map(|(one, _)| one.id.0));
        let (put_down, gone) = (list_of(passed), list_of(&leaving));
        let order_list = list(orders.iter().map(|order| order.0));
        let groups = [(&OF_ORDERS[..], &order_list), (&OF_TRANSACTIONS[..], &gone)];
        self.file.write(before, figures.opening.head, |file| {
            for (tables, which) in groups.iter().chain(&[(&THEMSELVES[..], &put_down)]) {
                for (table, condition) in *tables {
                    file.copy(self.connection, table, condition, which)?;
                }
            }
            Ok(())
        })?;
        for (tables, which) in [(&THEMSELVES[..], &gone)].iter().chain(&groups).rev() {
            for (table, condition) in tables.iter().rev() {
                let sql = format!("DELETE FROM {table} WHERE {condition}");
                self.connection.prepare_cached(&sql)?.execute([*which])?;
            }
        }
        figures.save(self.connection)?;
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        Ok(Moved { passed: count(passed.len()), transactions: count(leaving.len()), orders: count(orders.len()) })
    }

    /// Those of `orders` that nothing more happens to: everything about them was passed, and nobody waits.
    fn finished(&self, opening: &Opening, orders: Vec<OrderId>) -> sql::Result<BTreeSet<OrderId>> {
        let mut orders: BTreeSet<OrderId> = orders.into_iter().collect();
        let asked = list(orders.iter().map(|order| order.0));
        let last = opening.head.next().0.saturating_sub(1);
        let sql = "SELECT DISTINCT order_id FROM ledger_transaction
            WHERE order_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1)) AND id > ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        for order in statement.query_map(params![asked, last], |row| row.get(0).map(OrderId))? {
            orders.remove(&order?);
        }
        for sql in [
            "SELECT id FROM orders WHERE id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))
                AND (status = 'draft' OR attempt IS NOT NULL)",
            "SELECT order_id FROM refund WHERE order_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))
                AND status IN ('requested', 'escalated')",
            "SELECT order_id FROM dispute WHERE order_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))
                AND status IN ('opened', 'answered')",
        ] {
            let mut statement = self.connection.prepare_cached(sql)?;
            for order in statement.query_map([&asked], |row| row.get(0).map(OrderId))? {
                orders.remove(&order?);
            }
        }
        Ok(orders)
    }

    /// Those of `orders` of which everything is settled, and all their transactions.
    fn settled(&self, mut orders: BTreeSet<OrderId>) -> sql::Result<(BTreeSet<OrderId>, Vec<Entry>)> {
        let mut statement = self.connection.prepare_cached(rows::TRANSACTIONS_OF_ORDERS)?;
        let found = statement.query_map([list(orders.iter().map(|order| order.0))], rows::transaction)?;
        let mut entries = self.with_transfers(found.collect::<sql::Result<_>>()?)?;
        for (transaction, transfers) in &entries {
            if let Some(order) = transaction.order.filter(|_| !settled(self.takers, transfers)) {
                orders.remove(&order);
            }
        }
        entries.retain(|(transaction, _)| transaction.order.is_some_and(|order| orders.contains(&order)));
        Ok((orders, entries))
    }
}

fn ids(transactions: &[Transaction]) -> impl Iterator<Item = i64> {
    transactions.iter().map(|one| one.id.0)
}
