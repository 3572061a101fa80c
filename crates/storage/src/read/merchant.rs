//! What a merchant's own system reads: its places, its orders and transactions by time, its day.
//!
//! What must stay true: everything takes a [`Reach`], so that nobody sees another merchant's rows, or another outlet's
//! with a key that is bound to one. Pages go on after the last row they showed, never by counting.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::dispute::{Dispute, DisputeStatus};
use domain::ids::{MerchantId, OrderId, OutletId, RequestId, TerminalId, TransactionId};
use domain::ledger::{Kind, Transaction};
use domain::money::Fen;
use domain::order::{Order, OrderStatus};
use domain::refund::{Refund, RefundStatus};
use domain::time::{BusinessDate, Timestamp};

use crate::books::{after_sale, rows};
use crate::{Storage, StorageError, ids};

/// What somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reach {
    /// Rows of this merchant.
    pub merchant: MerchantId,
    /// Only of this outlet, if there is one.
    pub outlet: Option<OutletId>,
}

impl Reach {
    /// What somebody at `place` may see; `None` is everything.
    pub fn of(place: domain::place::Place) -> Option<Self> {
        place.merchant().map(|merchant| Self { merchant, outlet: place.outlet() })
    }

    pub(crate) fn covers(self, merchant: MerchantId, outlet: OutletId) -> bool {
        self.merchant == merchant && self.outlet.is_none_or(|own| own == outlet)
    }

    pub(crate) fn outlet(self) -> Option<i64> {
        self.outlet.map(|id| id.0)
    }
}

/// An outlet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutletRow {
    /// Its id.
    pub id: OutletId,
    /// Its name.
    pub name: String,
    /// In business.
    pub active: bool,
}

/// A terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalRow {
    /// Its number.
    pub id: TerminalId,
    /// Its outlet.
    pub outlet: OutletId,
    /// In service.
    pub active: bool,
    /// The running batch.
    pub batch: i64,
}

/// The merchant's number and name.
pub async fn name(db: &Storage, merchant: MerchantId) -> Result<Option<(String, String)>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT mid, name FROM merchant WHERE id = ?1";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        Ok(connection.prepare_cached(sql)?.query_row([merchant.0], read).optional()?)
    })
    .await
}

/// The outlets within reach.
pub async fn outlets(db: &Storage, reach: Reach) -> Result<Vec<OutletRow>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT id, name, status = 'active' FROM outlet WHERE merchant_id = ?1 AND (?2 IS NULL OR id = ?2)
            ORDER BY id LIMIT 5000";
        let read = |row: &Row<'_>| Ok(OutletRow { id: OutletId(row.get(0)?), name: row.get(1)?, active: row.get(2)? });
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_map(params![reach.merchant.0, reach.outlet()], read)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// The terminals within reach; of one outlet, or one, if asked.
pub async fn terminals(
    db: &Storage,
    reach: Reach,
    outlet: Option<OutletId>,
    terminal: Option<TerminalId>,
) -> Result<Vec<TerminalRow>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = "SELECT t.id, t.outlet_id, t.status = 'active', t.batch_no FROM outlet o
            JOIN terminal t ON t.outlet_id = o.id
            WHERE o.merchant_id = ?1 AND (?2 IS NULL OR o.id = ?2) AND (?3 IS NULL OR o.id = ?3)
                AND (?4 IS NULL OR t.id = ?4) ORDER BY t.id LIMIT 10000";
        let read = |row: &Row<'_>| {
            Ok(TerminalRow {
                id: TerminalId(row.get(0)?),
                outlet: OutletId(row.get(1)?),
                active: row.get(2)?,
                batch: row.get(3)?,
            })
        };
        let mut statement = connection.prepare_cached(sql)?;
        let (outlet, terminal) = (outlet.map(|id| id.0), terminal.map(|id| id.0));
        let found = statement.query_map(params![reach.merchant.0, reach.outlet(), outlet, terminal], read)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// A terminal with the names of what it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTerminal {
    /// Merchant.
    pub merchant: MerchantId,
    /// Its name.
    pub merchant_name: String,
    /// Outlet.
    pub outlet: OutletId,
    /// Its name.
    pub outlet_name: String,
    /// Terminal.
    pub terminal: TerminalId,
}

/// Every terminal within reach, or of all merchants, by merchant and outlet.
pub async fn named_terminals(db: &Storage, reach: Option<Reach>) -> Result<Vec<NamedTerminal>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT m.id, m.name, o.id, o.name, t.id FROM merchant m JOIN outlet o ON o.merchant_id = m.id
            JOIN terminal t ON t.outlet_id = o.id
            WHERE (?1 IS NULL OR m.id = ?1) AND (?2 IS NULL OR o.id = ?2) ORDER BY m.id, o.id, t.id LIMIT 5000";
        let mut statement = connection.prepare_cached(sql)?;
        let (merchant, outlet) = (reach.map(|reach| reach.merchant.0), reach.and_then(Reach::outlet));
        let found = statement.query_map(params![merchant, outlet], |row| {
            Ok(NamedTerminal {
                merchant: MerchantId(row.get(0)?),
                merchant_name: row.get(1)?,
                outlet: OutletId(row.get(2)?),
                outlet_name: row.get(3)?,
                terminal: TerminalId(row.get(4)?),
            })
        })?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Which transactions, and where to go on.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
    /// The last one that was shown.
    pub after: Option<(BusinessDate, TransactionId)>,
    /// At most so many.
    pub limit: u32,
}

/// Transactions within reach, oldest first.
pub async fn transactions(db: &Storage, reach: Reach, window: Window) -> Result<Vec<Transaction>, StorageError> {
    db.read(move |connection| {
        let start = (window.from.business_date(), TransactionId(0));
        let (day, after) = window.after.map_or(start, |after| after.max(start));
        let (merchant, outlet) = (reach.merchant.0, reach.outlet());
        let (from, until, last) = (window.from.0, window.until.0, window.until.business_date().0);
        let mut found = Vec::new();
        let mut statement = connection.prepare_cached(rows::TRANSACTIONS_OF_DAY)?;
        let parameters = params![merchant, day.0, after.0, from, until, outlet, window.limit];
        for transaction in statement.query_map(parameters, rows::transaction)? {
            found.push(transaction?);
        }
        let left = i64::from(window.limit).saturating_sub(i64::try_from(found.len()).unwrap_or(i64::MAX));
        if left > 0 && day.0 < last {
            let mut statement = connection.prepare_cached(rows::TRANSACTIONS_OF_DAYS)?;
            let parameters = params![merchant, day.0, last, from, until, outlet, left];
            for transaction in statement.query_map(parameters, rows::transaction)? {
                found.push(transaction?);
            }
        }
        Ok(found)
    })
    .await
}

/// One transaction within reach.
pub async fn transaction(db: &Storage, reach: Reach, id: TransactionId) -> Result<Option<Transaction>, StorageError> {
    db.read(move |connection| {
        let found =
            connection.prepare_cached(rows::TRANSACTION_BY_ID)?.query_row([id.0], rows::transaction).optional()?;
        Ok(found.filter(|found| reach.covers(found.actor.merchant, found.actor.outlet)))
    })
    .await
}

/// The transaction of a request of this merchant, whatever its outlet.
pub async fn transaction_of(
    db: &Storage,
    merchant: MerchantId,
    request: RequestId,
) -> Result<Option<Transaction>, StorageError> {
    db.read(move |connection| {
        let mut statement = connection.prepare_cached(rows::TRANSACTION_BY_REQUEST)?;
        Ok(statement.query_row(params![request.0, merchant.0], rows::transaction).optional()?)
    })
    .await
}

/// Count and sum of one kind of transaction on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayTotal {
    /// The kind.
    pub kind: Kind,
    /// Approved ones, or declined ones.
    pub approved: bool,
    /// How many.
    pub count: i64,
    /// Their amounts.
    pub sum: Fen,
}

/// What the card company gave back of a merchant's sales on a day: late refunds and upheld disputes.
const GIVEN_BACK_BY_ISSUER: &str = "SELECT t.kind, t.decline IS NULL, COUNT(*), SUM(t.amount)
    FROM ledger_transfer b CROSS JOIN ledger_transaction t
    WHERE b.debit = ?1 AND b.debit BETWEEN 1000 AND 999999 AND b.business_date = ?2 AND t.id = b.transaction_id
        AND t.merchant_id = 0 AND t.kind <> 'settlement'
        AND (?3 IS NULL OR EXISTS (SELECT 1 FROM orders o WHERE o.id = t.order_id AND o.outlet_id = ?3))
    GROUP BY t.kind, t.decline IS NULL ORDER BY t.kind";

/// The day's totals within reach, as a settlement counts them: with what the card company gave back.
pub async fn day_totals(db: &Storage, reach: Reach, date: BusinessDate) -> Result<Vec<DayTotal>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT kind, decline IS NULL, COUNT(*), SUM(amount) FROM ledger_transaction
            INDEXED BY ledger_transaction_day WHERE merchant_id = ?1 AND business_date = ?2
            AND (?3 IS NULL OR outlet_id = ?3) GROUP BY kind, decline IS NULL ORDER BY kind, 2 DESC";
        let read = |row: &Row<'_>| {
            Ok(DayTotal {
                kind: rows::word(row, 0, Kind::from_word)?,
                approved: row.get(1)?,
                count: row.get(2)?,
                sum: Fen(row.get(3)?),
            })
        };
        let mut totals: Vec<DayTotal> = Vec::new();
        for sql in [sql, GIVEN_BACK_BY_ISSUER] {
            let mut statement = connection.prepare_cached(sql)?;
            for one in statement.query_map(params![reach.merchant.0, date.0, reach.outlet()], read)? {
                let one = one?;
                match totals.iter_mut().find(|own| (own.kind, own.approved) == (one.kind, one.approved)) {
                    Some(own) => {
                        own.count = own.count.saturating_add(one.count);
                        own.sum = Fen(own.sum.0.saturating_add(one.sum.0));
                    }
                    None => totals.push(one),
                }
            }
        }
        Ok(totals)
    })
    .await
}

/// An order with its lines, refunds and disputes.
#[derive(Clone, Debug)]
pub struct MerchantOrder {
    /// What the money path knows.
    pub order: Order,
    /// What people call it.
    pub number: String,
    /// What the merchant's own system calls it.
    pub merchant_number: Option<String>,
    /// When its first line was added.
    pub opened_at: Timestamp,
    /// The lines that count.
    pub lines: Vec<OrderItem>,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
    /// Its disputes, oldest first.
    pub disputes: Vec<Dispute>,
}

impl MerchantOrder {
    /// What approved refunds and upheld disputes gave back.
    pub fn given_back(&self) -> Fen {
        let refunds = self.refunds.iter().filter(|one| one.status == RefundStatus::Approved).map(|one| one.amount);
        let disputes = self.disputes.iter().filter(|one| one.status == DisputeStatus::Upheld).map(|one| one.amount);
        Fen::sum(refunds.chain(disputes)).unwrap_or(self.order.total)
    }
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderItem {
    /// Its number in the order.
    pub line: i64,
    /// Product code.
    pub code: String,
    /// Name as it was sold.
    pub name: String,
    /// Price of one piece.
    pub price: Fen,
    /// Pieces.
    pub quantity: i64,
    /// Price times quantity.
    pub amount: Fen,
}

/// Which orders to list.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// Only in this state.
    pub status: Option<OrderStatus>,
    /// Only with this number of the merchant's own system.
    pub merchant_number: Option<String>,
}

/// Orders within reach that were begun from `from` on and before `until`, oldest first, after order `after`.
pub async fn orders(
    db: &Storage,
    reach: Reach,
    (from, until): (Timestamp, Timestamp),
    after: Option<OrderId>,
    filter: OrderFilter,
    limit: u32,
) -> Result<Vec<MerchantOrder>, StorageError> {
    let span = Span {
        // Ids know the millisecond; the rest is asked of the row.
        first: ids::time_ordered(from, 0).saturating_sub(1).max(after.map_or(0, |after| after.0)),
        end: ids::time_ordered(until.plus(1_000), u32::MAX),
        from,
        until,
    };
    db.read(move |connection| {
        let found = match &filter.merchant_number {
            Some(number) => orders_by_number(connection, reach, number, &span, filter.status, limit)?,
            None => orders_by_outlet(connection, reach, &span, filter.status, limit)?,
        };
        let mut orders = Vec::with_capacity(found.len());
        for id in found {
            orders.extend(order_row(connection, reach, OrderId(id))?);
        }
        Ok(orders)
    })
    .await
}

/// A stretch of orders, by id and by moment.
#[derive(Clone)]
struct Span {
    first: i64,
    end: i64,
    from: Timestamp,
    until: Timestamp,
}

/// The next ids of each outlet, merged: each outlet's orders lie in the order of their ids, a merchant's do not.
fn orders_by_outlet(
    connection: &Connection,
    reach: Reach,
    span: &Span,
    status: Option<OrderStatus>,
    limit: u32,
) -> sql::Result<Vec<i64>> {
    let sql = "SELECT id FROM outlet WHERE merchant_id = ?1 AND (?2 IS NULL OR id = ?2)";
    let mut statement = connection.prepare_cached(sql)?;
    let outlets = statement.query_map(params![reach.merchant.0, reach.outlet()], |row| row.get(0))?;
    let outlets: Vec<i64> = outlets.collect::<Result<_, _>>()?;
    let sql = "SELECT id FROM orders WHERE outlet_id = ?1 AND id > ?2 AND id < ?3 AND opened_at >= ?4
        AND opened_at < ?5 AND (?6 IS NULL OR status = ?6) ORDER BY id LIMIT ?7";
    let mut statement = connection.prepare_cached(sql)?;
    let status = status.map(OrderStatus::word);
    let mut found: Vec<i64> = Vec::new();
    for outlet in outlets {
        let parameters = params![outlet, span.first, span.end, span.from.0, span.until.0, status, limit];
        for id in statement.query_map(parameters, |row| row.get(0))? {
            found.push(id?);
        }
    }
    found.sort_unstable();
    found.truncate(limit as usize);
    Ok(found)
}

fn orders_by_number(
    connection: &Connection,
    reach: Reach,
    number: &str,
    span: &Span,
    status: Option<OrderStatus>,
    limit: u32,
) -> sql::Result<Vec<i64>> {
    let sql = "SELECT o.id FROM merchant_order n JOIN orders o ON o.id = n.order_id
        WHERE n.merchant_id = ?1 AND n.number = ?2 AND n.order_id > ?3 AND n.order_id < ?4 AND o.opened_at >= ?5
        AND o.opened_at < ?6 AND (?7 IS NULL OR o.status = ?7) AND (?8 IS NULL OR o.outlet_id = ?8)
        ORDER BY n.order_id LIMIT ?9";
    let (status, outlet) = (status.map(OrderStatus::word), reach.outlet());
    let mut statement = connection.prepare_cached(sql)?;
    let parameters =
        params![reach.merchant.0, number, span.first, span.end, span.from.0, span.until.0, status, outlet, limit];
    statement.query_map(parameters, |row| row.get(0))?.collect()
}

/// One order within reach.
pub async fn order(db: &Storage, reach: Reach, id: OrderId) -> Result<Option<MerchantOrder>, StorageError> {
    db.read(move |connection| Ok(order_row(connection, reach, id)?)).await
}

fn order_row(connection: &Connection, reach: Reach, id: OrderId) -> sql::Result<Option<MerchantOrder>> {
    let found = connection.prepare_cached(rows::ORDER_BY_ID)?.query_row([id.0], rows::order).optional()?;
    let Some(order) = found.filter(|order| reach.covers(order.merchant, order.outlet)) else { return Ok(None) };
    let sql = "SELECT o.number, o.opened_at, n.number FROM orders o LEFT JOIN merchant_order n ON n.order_id = o.id
        WHERE o.id = ?1";
    let read = |row: &Row<'_>| Ok((row.get(0)?, Timestamp(row.get(1)?), row.get(2)?));
    let (number, opened_at, merchant_number) = connection.prepare_cached(sql)?.query_row([id.0], read)?;
    let sql = "SELECT line, code, name, price, quantity, amount FROM order_line
        WHERE order_id = ?1 AND voided_at IS NULL ORDER BY line";
    let mut statement = connection.prepare_cached(sql)?;
    let lines = statement.query_map([id.0], |row| {
        Ok(OrderItem {
            line: row.get(0)?,
            code: row.get(1)?,
            name: row.get(2)?,
            price: Fen(row.get(3)?),
            quantity: row.get(4)?,
            amount: Fen(row.get(5)?),
        })
    })?;
    let lines = lines.collect::<sql::Result<_>>()?;
    let (refunds, disputes) = (after_sale::refunds_of(connection, id)?, after_sale::disputes_of(connection, id)?);
    Ok(Some(MerchantOrder { order, number, merchant_number, opened_at, lines, refunds, disputes }))
}

/// One refund within reach.
pub async fn refund(db: &Storage, reach: Reach, id: TransactionId) -> Result<Option<Refund>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT order_id FROM refund WHERE id = ?1 AND merchant_id = ?2 AND (?3 IS NULL OR outlet_id = ?3)";
        let parameters = params![id.0, reach.merchant.0, reach.outlet()];
        let order: Option<i64> = connection.prepare_cached(sql)?.query_row(parameters, |row| row.get(0)).optional()?;
        let Some(order) = order else { return Ok(None) };
        Ok(after_sale::refunds_of(connection, OrderId(order))?.into_iter().find(|refund| refund.id == id))
    })
    .await
}

/// Refunds within reach, oldest first, after refund `after`.
pub async fn refunds(
    db: &Storage,
    reach: Reach,
    status: Option<RefundStatus>,
    after: Option<TransactionId>,
    limit: u32,
) -> Result<Vec<Refund>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT id, order_id FROM refund WHERE merchant_id = ?1 AND id > ?2
            AND (?3 IS NULL OR outlet_id = ?3) AND (?4 IS NULL OR status = ?4) ORDER BY id LIMIT ?5";
        let mut statement = connection.prepare_cached(sql)?;
        let parameters = params![
            reach.merchant.0,
            after.map_or(0, |after| after.0),
            reach.outlet(),
            status.map(RefundStatus::word),
            limit
        ];
        let ids = statement.query_map(parameters, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        let ids: Vec<(i64, i64)> = ids.collect::<Result<_, _>>()?;
        let mut refunds = Vec::with_capacity(ids.len());
        for (id, order) in ids {
            let of_order = after_sale::refunds_of(connection, OrderId(order))?;
            refunds.extend(of_order.into_iter().find(|refund| refund.id.0 == id));
        }
        Ok(refunds)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_day_and_a_page_of_it_are_read_from_the_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Storage::open(&folder.path().join("test.db")).expect("opens");
        for (text, range) in [
            (rows::TRANSACTIONS_OF_DAY, "(merchant_id=? AND business_date=? AND id>?)"),
            (rows::TRANSACTIONS_OF_DAYS, "(merchant_id=? AND business_date>? AND business_date<?)"),
        ] {
            let plan = db.read(move |connection| {
                let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}"))?;
                let plan = statement.query_map(params![1, 2, 3, 4, 5, 6, 7], |row| row.get::<_, String>(3))?;
                Ok(plan.collect::<sql::Result<Vec<_>>>()?.join("; "))
            });
            let plan = plan.await.expect("reads");
            assert!(plan.ends_with(range) && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
