//! The questions to the database, and reading their rows.

use std::cmp::Reverse;

use crate::sql::{Connection, Row, ToSql};
use domain::batch::Tally;
use domain::ids::{OrderId, PersonId, TerminalId};
use domain::money::Fen;
use domain::order::OrderStatus;
use domain::time::Timestamp;

use super::{Cursor, Filter, Ids, Listed, StateFilter, Totals, span};
use crate::StorageError;
use crate::books::rows::{self, transaction_columns};

/// Orders of an outlet in a range of ids that the filter is for. A paid order's row answers nearly all of it. An order that
/// nobody tried to pay has no day, and so is not found, except where such orders are asked for.
const WANTED: &str = "FROM orders o WHERE o.outlet_id = ?1 AND o.id >= ?2 AND o.id < ?3 \
     AND COALESCE(o.paid_at, CASE WHEN o.attempt IS NOT NULL THEN o.attempt_at END, (SELECT t.at \
        FROM ledger_transaction t WHERE t.order_id = o.id AND t.kind = 'sale' ORDER BY t.id DESC LIMIT 1), \
        CASE WHEN ?6 IN ('any', 'unpaid') THEN o.opened_at END) BETWEEN ?4 AND ?5 \
     AND CASE ?6 WHEN 'all' THEN TRUE \
        WHEN 'any' THEN TRUE \
        WHEN 'charged' THEN o.status = 'paid' \
        WHEN 'failed' THEN o.paid_by IS NULL AND o.attempt IS NULL \
        WHEN 'unknown' THEN o.attempt IS NOT NULL \
        WHEN 'refund_pending' THEN EXISTS (SELECT 1 FROM refund r WHERE r.order_id = o.id \
            AND r.status IN ('requested', 'escalated')) \
        WHEN 'refunded' THEN o.status IN ('partly_refunded', 'refunded') \
        WHEN 'voided' THEN o.status = 'voided' \
        ELSE o.paid_by IS NULL AND o.attempt IS NULL \
            AND NOT EXISTS (SELECT 1 FROM ledger_transaction t WHERE t.order_id = o.id AND t.kind = 'sale') END \
     AND (?7 = '' AND ?11 < 0 OR ?7 <> '' AND o.number LIKE '%' || ?7 OR ?11 >= 0 AND EXISTS (SELECT 1 \
        FROM ledger_transaction t WHERE t.order_id = o.id AND t.id % 1000000 = ?11)) \
     AND (?8 = '' OR length(?8) = 4 AND (CASE WHEN o.attempt IS NOT NULL THEN o.attempt_masked ELSE (SELECT t.masked \
        FROM ledger_transaction t WHERE t.id = COALESCE(o.paid_by, (SELECT s.id FROM ledger_transaction s \
        WHERE s.order_id = o.id AND s.kind = 'sale' ORDER BY s.id DESC LIMIT 1))) END) LIKE '%' || ?8) \
     AND (?9 = '' OR EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.voided_at IS NULL \
        AND (instr(l.code, ?9) > 0 OR instr(lower(l.name), ?9) > 0 OR l.code IN (SELECT p.code FROM product p \
        WHERE p.list_id IN ((SELECT COALESCE(u.list_id, ?10) FROM outlet u WHERE u.id = ?1), \
            (SELECT g.parent_id FROM outlet u JOIN product_list g ON g.id = COALESCE(u.list_id, ?10) WHERE u.id = ?1), \
            (SELECT h.parent_id FROM outlet u JOIN product_list g ON g.id = COALESCE(u.list_id, ?10) \
                JOIN product_list h ON h.id = g.parent_id WHERE u.id = ?1)) AND instr(p.pinyin, ?9) > 0))))";

/// The values that [`WANTED`] takes, with those of the statement around it.
struct Bound<'a> {
    filter: &'a Filter,
    which: &'static str,
    product: String,
    /// Below zero for none.
    voucher: i64,
    from: i64,
    to: i64,
}

impl<'a> Bound<'a> {
    fn new(filter: &'a Filter) -> Self {
        let days = filter.period.and_then(|period| span(period.from, period.to));
        // Who names one order wants to see it, also when nobody has tried to pay it.
        let named = filter.period.is_none() && filter.state == StateFilter::All;
        Self {
            filter,
            which: if named { "any" } else { filter.state.word() },
            product: filter.product.to_lowercase(),
            voucher: filter.voucher.map_or(-1, i64::from),
            from: days.map_or(i64::MIN, |(start, _)| start.0),
            to: days.map_or(i64::MAX, |(_, end)| end.0.saturating_sub(1)),
        }
    }

    fn values<'b>(&'b self, ids: &'b Ids, more: &[&'b dyn ToSql]) -> Vec<&'b dyn ToSql> {
        let filter = self.filter;
        let mut values: Vec<&dyn ToSql> = vec![
            &filter.outlet.0,
            &ids.start,
            &ids.end,
            &self.from,
            &self.to,
            &self.which,
            &filter.number,
            &filter.last_four,
            &self.product,
            &filter.merchant.0,
            &self.voucher,
        ];
        values.extend_from_slice(more);
        values
    }
}

/// What [`listed`] reads, of the orders that `which` selects from `orders o`: with the attempt that decides about each, and
/// who and what that names. The choice is made before anything is looked up for it.
fn listed_sql(which: &str) -> String {
    format!(
        "SELECT t.*, l.*, p.name, c.holder, g.refund_window, k.batch_no FROM (SELECT o.id, o.number, o.status, o.total, \
            o.opened_at, o.attempt IS NOT NULL, o.attempt_at, o.attempt_masked, o.person_id, o.terminal_id, o.prints, \
            (SELECT COALESCE(SUM(r.amount), 0) FROM refund r WHERE r.order_id = o.id AND r.status = 'approved'), \
            (SELECT COUNT(*) FROM refund r WHERE r.order_id = o.id AND r.status = 'approved'), \
            (SELECT COALESCE(SUM(d.amount), 0) FROM dispute d WHERE d.order_id = o.id AND d.status = 'upheld'), \
            (SELECT COUNT(*) FROM dispute d WHERE d.order_id = o.id AND d.status = 'upheld'), \
            EXISTS (SELECT 1 FROM refund r WHERE r.order_id = o.id AND r.status IN ('requested', 'escalated')), \
            CASE WHEN o.paid_by IS NOT NULL THEN o.paid_by WHEN o.attempt IS NULL THEN (SELECT s.id \
                FROM ledger_transaction s WHERE s.order_id = o.id AND s.kind = 'sale' ORDER BY s.id DESC LIMIT 1) END \
                AS decisive {which}) l \
            LEFT JOIN (SELECT {columns} FROM ledger_transaction) t ON t.id = l.decisive \
            LEFT JOIN person p ON p.id = COALESCE(t.person_id, l.person_id) \
            LEFT JOIN card c ON c.id = t.card_id LEFT JOIN programme g ON g.id = c.programme_id \
            LEFT JOIN terminal k ON k.id = t.terminal_id",
        columns = transaction_columns!()
    )
}

/// One order.
pub(super) fn one_sql() -> String {
    listed_sql("FROM orders o WHERE o.id = ?1 AND o.outlet_id = ?2")
}

/// Wanted orders from one end of a range of ids, in no order.
pub(super) fn page_sql(up: bool) -> String {
    let end = if up { "ORDER BY o.id LIMIT ?12" } else { "ORDER BY o.id DESC LIMIT ?12" };
    listed_sql(&format!("{WANTED} {end}"))
}

/// Sums over wanted orders, and how many are above an order.
pub(super) fn totals_sql() -> String {
    format!(
        "SELECT COUNT(*), COUNT(o.paid_by), COALESCE(SUM(CASE WHEN o.paid_by IS NOT NULL THEN o.total END), 0), \
            COALESCE(SUM(CASE WHEN o.status IN ('partly_refunded', 'refunded') THEN (SELECT COUNT(*) \
                FROM refund b WHERE b.order_id = o.id AND b.status = 'approved') END), 0), \
            COALESCE(SUM(CASE WHEN o.status IN ('partly_refunded', 'refunded') THEN (SELECT COALESCE(SUM(b.amount), 0) \
                FROM refund b WHERE b.order_id = o.id AND b.status = 'approved') END), 0), \
            COALESCE(SUM(CASE WHEN o.status IN ('partly_refunded', 'refunded') THEN (SELECT COUNT(*) \
                FROM dispute b WHERE b.order_id = o.id AND b.status = 'upheld') END), 0), \
            COALESCE(SUM(CASE WHEN o.status IN ('partly_refunded', 'refunded') THEN (SELECT COALESCE(SUM(b.amount), 0) \
                FROM dispute b WHERE b.order_id = o.id AND b.status = 'upheld') END), 0), \
            COUNT(CASE WHEN o.status = 'voided' THEN 1 END), \
            COALESCE(SUM(CASE WHEN o.status = 'voided' THEN o.total END), 0), \
            COUNT(CASE WHEN o.paid_by IS NULL AND o.attempt IS NULL AND (?6 NOT IN ('any', 'unpaid') OR EXISTS (SELECT 1 \
                FROM ledger_transaction t WHERE t.order_id = o.id AND t.kind = 'sale')) THEN 1 END), \
            COUNT(CASE WHEN o.id > ?12 THEN 1 END) {WANTED}"
    )
}

/// Amount and id of wanted orders.
pub(super) fn amounts_sql() -> String {
    format!("SELECT o.total, o.id {WANTED} LIMIT ?12")
}

/// Amount and id of at most `count` orders of the filter, in no order.
pub(super) fn amounts(
    connection: &Connection,
    filter: &Filter,
    ranges: &[Ids],
    count: usize,
) -> Result<Vec<(i64, i64)>, StorageError> {
    let mut statement = connection.prepare_cached(&amounts_sql())?;
    let (bound, mut found) = (Bound::new(filter), Vec::new());
    for ids in ranges {
        let left = i64::try_from(count.saturating_sub(found.len())).unwrap_or(i64::MAX);
        let mut rows = statement.query(bound.values(ids, &[&left]).as_slice())?;
        while let Some(row) = rows.next()? {
            found.push((row.get(0)?, row.get(1)?));
        }
    }
    Ok(found)
}

/// These orders of the outlet, in this order.
pub(super) fn rows_of(connection: &Connection, filter: &Filter, ids: &[i64]) -> Result<Vec<Listed>, StorageError> {
    let mut statement = connection.prepare_cached(&one_sql())?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let mut rows = statement.query((*id, filter.outlet.0))?;
        while let Some(row) = rows.next()? {
            found.push(listed(&row)?);
        }
    }
    Ok(found)
}

pub(super) fn page(
    connection: &Connection,
    filter: &Filter,
    ranges: &[Ids],
    cursor: Cursor,
    count: usize,
) -> Result<Vec<Listed>, StorageError> {
    let mut statement = connection.prepare_cached(&page_sql(matches!(cursor, Cursor::Above(_))))?;
    let (bound, mut found) = (Bound::new(filter), Vec::new());
    let mut take = |ids: Ids| -> Result<bool, StorageError> {
        let left = i64::try_from(count.saturating_sub(found.len())).unwrap_or(i64::MAX);
        if left > 0 && !ids.is_empty() {
            let mut rows = statement.query(bound.values(&ids, &[&left]).as_slice())?;
            while let Some(row) = rows.next()? {
                found.push(listed(&row)?);
            }
        }
        Ok(found.len() < count)
    };
    match cursor {
        Cursor::Above(OrderId(id)) => {
            for ids in ranges.iter().rev() {
                if !take(ids.start.max(id.saturating_add(1))..ids.end)? {
                    break;
                }
            }
        }
        Cursor::Below(OrderId(id)) => {
            for ids in ranges {
                if !take(ids.start..ids.end.min(id))? {
                    break;
                }
            }
        }
        Cursor::Top => {
            for ids in ranges {
                if !take(ids.clone())? {
                    break;
                }
            }
        }
    }
    found.sort_unstable_by_key(|order| Reverse(order.id));
    Ok(found)
}

pub(super) fn totals(
    connection: &Connection,
    filter: &Filter,
    ranges: &[Ids],
    first: i64,
) -> Result<(Totals, i64), StorageError> {
    let mut statement = connection.prepare_cached(&totals_sql())?;
    let (bound, mut sums) = (Bound::new(filter), [0_i64; 11]);
    for ids in ranges {
        let row = statement.query_row(bound.values(ids, &[&first]).as_slice(), |row| {
            let mut one = [0_i64; 11];
            for (index, value) in one.iter_mut().enumerate() {
                *value = row.get(index)?;
            }
            Ok(one)
        })?;
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum = sum.saturating_add(value);
        }
    }
    let [count, sales, sold, refunds, refunded, disputes, disputed, undone, undone_sum, failed, before] = sums;
    let tally = |count, sum| Tally { count, sum: Fen(sum) };
    let totals = Totals {
        count,
        sales: tally(sales, sold),
        refunds: tally(refunds, refunded),
        disputes: tally(disputes, disputed),
        undone: tally(undone, undone_sum),
        failed,
    };
    Ok((totals, before))
}

/// An order of [`listed_sql`].
pub(super) fn listed(row: &Row<'_>) -> Result<Listed, StorageError> {
    // Behind the columns of the transaction.
    let own = |column: usize| rows::AT.count + column;
    let decisive = row.get::<_, Option<i64>>(0)?.map(|_| rows::transaction(row)).transpose()?;
    let approved = decisive.as_ref().filter(|sale| sale.approved());
    let window: Option<i64> = row.get(own(19))?;
    let batch: Option<i64> = row.get(own(20))?;
    let open: bool = row.get(own(5))?;
    let sent = row.get::<_, Option<i64>>(own(6))?.map(Timestamp);
    let masked: Option<String> = row.get(own(7))?;
    let opened_by = PersonId(row.get(own(8))?);
    let person = decisive.as_ref().map_or(opened_by, |sale| sale.actor.person);
    Ok(Listed {
        id: OrderId(row.get(own(0))?),
        number: row.get(own(1))?,
        status: rows::word(row, own(2), OrderStatus::from_word)?,
        total: Fen(row.get(own(3))?),
        opened_at: Timestamp(row.get(own(4))?),
        opened_by,
        open_attempt: sent.filter(|_| open).map(|at| (at, masked.unwrap_or_default())),
        person: row.get::<_, Option<String>>(own(17))?.unwrap_or_else(|| person.to_string()),
        terminal: decisive.as_ref().map_or(TerminalId(row.get(own(9))?), |sale| sale.actor.terminal),
        holder: row.get::<_, Option<String>>(own(18))?.unwrap_or_default(),
        refund_until: approved.and_then(|sale| Some(domain::refund::deadline(sale.at, window?))),
        batch_open: approved.is_some_and(|sale| batch == Some(sale.batch)),
        prints: row.get(own(10))?,
        refunds: Tally { sum: Fen(row.get(own(11))?), count: row.get(own(12))? },
        disputes: Tally { sum: Fen(row.get(own(13))?), count: row.get(own(14))? },
        pending: row.get(own(15))?,
        decisive,
    })
}
