//! Finding orders of an outlet: by day, card, number, state and goods, with the totals of everything found.
//!
//! What must stay true:
//! - Everything is within one outlet; the merchant's other outlets are as foreign as another merchant.
//! - An order belongs to the day on which it was paid; an unpaid one to the day of its last attempt, or of its opening.
//! - No query walks a whole table. Ids ascend with time, so a period is a range of ids ([`ranges`]). The few orders that
//!   left the till long after they were opened are looked up apart; each of them is a range of one.

use crate::sql::{self, Connection, OptionalExtension as _, params};
use domain::batch::Tally;
use domain::ids::{MerchantId, OrderId, OutletId, PersonId, TerminalId, TransactionId};
use domain::ledger::Transaction;
use domain::money::Fen;
use domain::order::OrderStatus;
use domain::time::{BusinessDate, Timestamp};

use crate::Storage;
use crate::{StorageError, ids};

mod detail;
mod query;
#[cfg(test)]
mod tests;

pub use detail::{Detail, Mark, MarkKind, SoldLine, detail};
use query::{amounts, page, rows_of, totals};

/// An order that took longer from its first line to leaving the till is in the index `orders_late`, microseconds.
pub(crate) const LATE: i64 = 1_800_000_000;

/// Late orders looked at, at most; a till that leaves more carts open than this has other problems.
const LATE_MAX: i64 = 2_000;

/// The days of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub from: BusinessDate,
    /// Last day.
    pub to: BusinessDate,
}

domain::words! {
    /// The state that an order must have to be listed.
    #[derive(Default)]
    pub enum StateFilter {
        /// Every order with a payment attempt.
        #[default]
        All = "all",
        /// Charged, and nothing given back.
        Charged = "charged",
        /// Every attempt was declined.
        Failed = "failed",
        /// The attempt has no known outcome.
        Unknown = "unknown",
        /// Somebody asked for a refund and nobody has decided.
        RefundPending = "refund_pending",
        /// A refund was paid.
        Refunded = "refunded",
        /// Voided or reversed.
        Voided = "voided",
        /// Nobody tried to pay.
        Unpaid = "unpaid",
    }
}

domain::words! {
    /// In which order a list is.
    #[derive(Default)]
    pub enum Sort {
        /// By opening, the latest first.
        #[default]
        Latest = "latest",
        /// By opening, the earliest first.
        Earliest = "earliest",
        /// By amount, the largest first.
        Largest = "largest",
        /// By amount, the smallest first.
        Smallest = "smallest",
    }
}

/// Orders that are sorted otherwise than by opening, at most: a month of one outlet has fewer.
const SORTED_MAX: usize = 100_000;

/// What to find.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Whose goods.
    pub merchant: MerchantId,
    /// Where.
    pub outlet: OutletId,
    /// The days; none with a reference number or a whole order number, which name one order on whatever day.
    pub period: Option<Period>,
    /// End of the order's number, digits; the whole number when there is no period.
    pub number: String,
    /// A transaction of the order.
    pub reference: Option<TransactionId>,
    /// Voucher number of a transaction of the order: an order fits by it or by the end of its number.
    pub voucher: Option<u32>,
    /// The card's last four digits.
    pub last_four: String,
    /// Part of the name, code or pinyin initials of goods on it.
    pub product: String,
    /// State.
    pub state: StateFilter,
    /// The order of [`find`]; files are always by opening.
    pub sort: Sort,
}

/// An order in a list, with the attempt that decides about it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its id.
    pub id: OrderId,
    /// Its number.
    pub number: String,
    /// State.
    pub status: OrderStatus,
    /// What it comes to.
    pub total: Fen,
    /// When its first line was added.
    pub opened_at: Timestamp,
    /// Who added it.
    pub opened_by: PersonId,
    /// When the attempt without outcome was sent, and for which card.
    pub open_attempt: Option<(Timestamp, String)>,
    /// The sale that paid it, else the last declined one; none while an attempt is out.
    pub decisive: Option<Transaction>,
    /// Who took the payment, or opened the order.
    pub person: String,
    /// At which till.
    pub terminal: TerminalId,
    /// Holder of the card, empty without a name.
    pub holder: String,
    /// Until when the shop may refund it.
    pub refund_until: Option<Timestamp>,
    /// The sale's batch is not closed.
    pub batch_open: bool,
    /// Refunds that were paid back.
    pub refunds: Tally,
    /// Disputes that the card company upheld.
    pub disputes: Tally,
    /// A refund waits for a decision.
    pub pending: bool,
    /// Slips printed.
    pub prints: i64,
}

impl Listed {
    /// The moment that says on which day it counts.
    pub fn at(&self) -> Timestamp {
        let open = self.open_attempt.as_ref().map(|(at, _)| *at);
        open.or(self.decisive.as_ref().map(|one| one.at)).unwrap_or(self.opened_at)
    }

    /// The sale, if it was charged.
    pub fn sale(&self) -> Tally {
        let charged = self.decisive.as_ref().is_some_and(Transaction::approved);
        if charged { Tally { count: 1, sum: self.total } } else { Tally::default() }
    }

    /// Its void or reversal.
    pub fn undone(&self) -> Tally {
        if self.status == OrderStatus::Voided { self.sale() } else { Tally::default() }
    }

    /// What went back to the card, by refund, void, reversal or dispute.
    pub fn given_back(&self) -> Fen {
        let back = [self.refunds, self.disputes, self.undone()];
        Fen(back.iter().fold(0, |sum, one| sum.saturating_add(one.sum.0)))
    }

    /// What the shop keeps of it.
    pub fn net(&self) -> Fen {
        Totals {
            sales: self.sale(),
            refunds: self.refunds,
            disputes: self.disputes,
            undone: self.undone(),
            ..Totals::default()
        }
        .net()
    }
}

/// Sums over everything found, in the words of a shift's report and of a settlement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Orders.
    pub count: i64,
    /// Sales 消费, whatever was given back since.
    pub sales: Tally,
    /// Refunds 退货 that were paid back.
    pub refunds: Tally,
    /// Disputes that were upheld 争议退款.
    pub disputes: Tally,
    /// Voids and reversals 撤销冲正.
    pub undone: Tally,
    /// Orders whose every attempt was declined.
    pub failed: i64,
}

impl Totals {
    /// Sales less everything that was given back 净额.
    pub fn net(&self) -> Fen {
        let back = [self.refunds, self.disputes, self.undone];
        Fen(back.iter().fold(self.sales.sum.0, |net, one| net.saturating_sub(one.sum.0)))
    }

    /// Of everything, when all of it is on one page: nothing has to be searched a second time. The same as what the
    /// question for the totals sums.
    fn of(rows: &[Listed]) -> Self {
        let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
        let sum = |one: fn(&Listed) -> Tally| {
            rows.iter().map(one).fold(Tally::default(), |all, one| Tally {
                count: all.count.saturating_add(one.count),
                sum: Fen(all.sum.0.saturating_add(one.sum.0)),
            })
        };
        Self {
            count: number(rows.len()),
            sales: sum(Listed::sale),
            refunds: sum(|row| row.refunds),
            disputes: sum(|row| row.disputes),
            undone: sum(Listed::undone),
            failed: number(rows.iter().filter(|row| row.decisive.is_some() && row.sale().count == 0).count()),
        }
    }
}

/// Where a page of a list begins. Orders opened later come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cursor {
    /// At the top.
    #[default]
    Top,
    /// Below this order.
    Below(OrderId),
    /// So that it ends above this order.
    Above(OrderId),
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct OrderPage {
    /// Its orders, the latest first.
    pub rows: Vec<Listed>,
    /// Sums over all pages.
    pub totals: Totals,
    /// Orders on the pages before.
    pub before: i64,
}

/// One page of what the filter finds, and the totals of all of it, as of one moment.
pub async fn find(db: &Storage, filter: Filter, cursor: Cursor, count: usize) -> Result<OrderPage, StorageError> {
    db.read(move |connection| {
        let snapshot = connection.unchecked_transaction()?;
        let ranges = ranges(&snapshot, &filter)?;
        if filter.sort != Sort::Latest {
            return sorted(&snapshot, &filter, &ranges, cursor, count);
        }
        let mut rows = page(&snapshot, &filter, &ranges, cursor, count)?;
        let mut top = cursor == Cursor::Top;
        if rows.is_empty() && !top {
            rows = page(&snapshot, &filter, &ranges, Cursor::Top, count)?;
            top = true;
        }
        let first = rows.first().map_or(i64::MAX, |row| row.id.0);
        let whole = top && rows.len() < count;
        let (totals, before) = if whole { (Totals::of(&rows), 0) } else { totals(&snapshot, &filter, &ranges, first)? };
        Ok(OrderPage { rows, totals, before })
    })
    .await
}

/// A page of a list in another order than by opening, the latest first. A cursor that is not in it leads to the top.
fn sorted(
    connection: &Connection,
    filter: &Filter,
    ranges: &[Ids],
    cursor: Cursor,
    count: usize,
) -> Result<OrderPage, StorageError> {
    let mut all = amounts(connection, filter, ranges, SORTED_MAX)?;
    match filter.sort {
        Sort::Latest => all.sort_unstable_by_key(|&(_, id)| std::cmp::Reverse(id)),
        Sort::Earliest => all.sort_unstable_by_key(|&(_, id)| id),
        Sort::Largest => all.sort_unstable_by_key(|&(amount, id)| std::cmp::Reverse((amount, id))),
        Sort::Smallest => all.sort_unstable(),
    }
    let place = |order: OrderId| all.iter().position(|&(_, id)| id == order.0);
    let begin = match cursor {
        Cursor::Top => 0,
        Cursor::Below(order) => place(order).map_or(0, |place| place + 1),
        Cursor::Above(order) => place(order).map_or(0, |place| place.saturating_sub(count)),
    };
    let ids: Vec<i64> = all.iter().skip(begin).take(count).map(|&(_, id)| id).collect();
    let rows = rows_of(connection, filter, &ids)?;
    let (totals, _) = totals(connection, filter, ranges, i64::MAX)?;
    Ok(OrderPage { rows, totals, before: i64::try_from(begin).unwrap_or(i64::MAX) })
}

/// The next orders below `cursor`, without totals: for an export, piece by piece.
pub async fn next(db: &Storage, filter: Filter, cursor: Cursor, count: usize) -> Result<Vec<Listed>, StorageError> {
    db.read(move |connection| {
        let ranges = ranges(connection, &filter)?;
        page(connection, &filter, &ranges, cursor, count)
    })
    .await
}

/// A range of order ids, the end excluded.
type Ids = std::ops::Range<i64>;

/// The ids among which the filter's orders are, highest first, without overlap.
fn ranges(connection: &Connection, filter: &Filter) -> Result<Vec<Ids>, StorageError> {
    let one = |id: i64| id..id.saturating_add(1);
    if let Some(reference) = filter.reference {
        let sql = "SELECT order_id FROM ledger_transaction WHERE id = ?1 AND order_id IS NOT NULL";
        let found = connection.prepare_cached(sql)?.query_row([reference.0], |row| row.get(0)).optional()?;
        return Ok(found.map(one).into_iter().collect());
    }
    let Some(period) = filter.period else {
        let day = filter.number.get(..6).and_then(|day| day.parse().ok()).map(|day: i32| 20_000_000 + day);
        let Some((start, end)) = day.and_then(|day| span(BusinessDate(day), BusinessDate(day))) else {
            return Ok(Vec::new());
        };
        return Ok(std::iter::once(ids::time_ordered(start, 0)..ids::time_ordered(end, 0)).collect());
    };
    let Some((start, end)) = span(period.from, period.to) else { return Ok(Vec::new()) };
    let early = ids::time_ordered(start.plus(-LATE), 0);
    let late = late(connection, filter.outlet, start, end, early)?;
    Ok(std::iter::once(early..ids::time_ordered(end, 0)).chain(late.into_iter().map(one)).collect())
}

/// First moment of the first day and of the day after the last.
fn span(from: BusinessDate, to: BusinessDate) -> Option<(Timestamp, Timestamp)> {
    let after = BusinessDate::from_date(to.date()?.tomorrow().ok()?);
    Some((from.start()?, after.start()?))
}

/// No word about the id here: a range of it would be walked instead of the index.
const LATE_ORDERS: &str = "SELECT id FROM orders WHERE outlet_id = ?1 AND status <> 'draft' \
     AND COALESCE(paid_at, changed_at) - opened_at > 1800000000 \
     AND COALESCE(paid_at, changed_at) >= ?2 AND COALESCE(paid_at, changed_at) < ?3 \
     UNION ALL SELECT id FROM orders WHERE terminal_id IN (SELECT id FROM terminal WHERE outlet_id = ?1) AND open = 1 \
     LIMIT ?4";

/// Orders opened before the id `early` that may belong to the days: they left the till in them, or are still open.
fn late(
    connection: &Connection,
    outlet: OutletId,
    start: Timestamp,
    end: Timestamp,
    early: i64,
) -> sql::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(LATE_ORDERS)?;
    let found = statement.query_map(params![outlet.0, start.0, end.0, LATE_MAX], |row| row.get(0))?;
    let mut found: Vec<i64> = found.collect::<sql::Result<_>>()?;
    found.retain(|id| *id < early);
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.dedup();
    Ok(found)
}
