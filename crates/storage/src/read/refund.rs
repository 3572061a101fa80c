//! Refunds and voids as pages read them: the order that something comes back from, and the queues of requests.
//!
//! What becomes of a request is written by the money path; only prints of slips are counted here.

use crate::sql::{self, Connection, OptionalExtension as _, PendingRows, Row, params};
use domain::command::Actor;
use domain::ids::{MerchantId, OrderId, OutletId, PersonId, RequestId, TransactionId};
use domain::ledger::Transaction;
use domain::money::Fen;
use domain::order::Order;
use domain::refund::{self, Refund, RefundStatus, SoldLine, refundable};
use domain::time::Timestamp;

use crate::Storage;
use crate::StorageError;
use crate::books::{after_sale, rows};

mod slip;

pub use slip::{BackSlip, back_print_count, back_slip};

/// Requests that a list shows at most.
pub const LIST_MAX: usize = 100;

/// Whose requests: a merchant's own, or all that the card company decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desk {
    /// Of this merchant.
    Merchant(MerchantId),
    /// Of every merchant, once they are the card company's: passed on, too late for the shop, or of one that may not trade.
    Issuer,
}

/// Which requests to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Nobody has decided yet.
    #[default]
    Open,
    /// Paid back.
    Approved,
    /// Turned down.
    Rejected,
    /// All, the open ones first.
    All,
}

/// A line of an order, for the person who takes goods back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goods {
    /// What the rules know about it.
    pub sold: SoldLine,
    /// Name of the product as it was sold.
    pub name: String,
    /// Pack and strength.
    pub spec: String,
    /// Pieces that are meant: those that may still come back, or those that a request asks for.
    pub pieces: i64,
}

impl Goods {
    /// Their price.
    pub fn amount(&self) -> Fen {
        self.sold.price.times(self.pieces).unwrap_or_default()
    }
}

/// A refund with everything that a reviewer looks at.
#[derive(Clone, Debug)]
pub struct Case {
    /// The refund; its lines are read by [`find`] only.
    pub refund: Refund,
    /// The order's number.
    pub number: String,
    /// The sale that is to be paid back.
    pub sale: Transaction,
    /// The last moment for the merchant to decide.
    pub deadline: Timestamp,
    /// The shop may not trade, so that the card company decides.
    pub stopped: bool,
    /// The merchant's name.
    pub merchant: String,
    /// The outlet's name.
    pub outlet: String,
    /// Maker.
    pub applicant: String,
    /// Checker.
    pub reviewer: Option<String>,
    /// Slips printed.
    pub prints: i64,
    /// What comes back; read by [`find`] only.
    pub goods: Vec<Goods>,
}

impl Case {
    /// The card company decides, no longer the shop.
    pub fn with_issuer(&self, now: Timestamp) -> bool {
        match self.refund.status {
            RefundStatus::Escalated => true,
            RefundStatus::Requested => self.stopped || now > self.deadline,
            RefundStatus::Approved | RefundStatus::Rejected => false,
        }
    }
}

const COLUMNS: &str = "r.id, r.order_id, r.status, r.amount, r.ground, r.reason, r.applicant_id, r.requested_at, \
    r.reviewer_id, r.decided_at, r.opinion, r.decided_by, r.prints, o.number, o.paid_by, s.at + g.refund_window, m.name, \
    t.name, a.name, v.name, m.status <> 'active' OR t.status <> 'active'";

/// A refund with its sale, the terms of the card that paid, and the people.
const TABLES: &str = "refund r JOIN orders o ON o.id = r.order_id JOIN ledger_transaction s ON s.id = o.paid_by \
    JOIN card c ON c.id = s.card_id JOIN programme g ON g.id = c.programme_id JOIN merchant m ON m.id = r.merchant_id \
    JOIN outlet t ON t.id = r.outlet_id JOIN person a ON a.id = r.applicant_id \
    LEFT JOIN person v ON v.id = r.reviewer_id";

fn case(connection: &Connection, row: &Row<'_>) -> sql::Result<Case> {
    let sale: i64 = row.get(14)?;
    Ok(Case {
        refund: after_sale::refund(row)?,
        prints: row.get(12)?,
        number: row.get(13)?,
        sale: connection.prepare_cached(rows::TRANSACTION_BY_ID)?.query_row([sale], rows::transaction)?,
        deadline: Timestamp(row.get(15)?),
        merchant: row.get(16)?,
        outlet: row.get(17)?,
        applicant: row.get(18)?,
        reviewer: row.get(19)?,
        stopped: row.get(20)?,
        goods: Vec::new(),
    })
}

/// Whether `?3` is the end of the card that paid, the order's number or the sale's reference, if anything is asked.
const FOUND: &str = "(?3 = '' OR EXISTS (SELECT 1 FROM orders b JOIN ledger_transaction p ON p.id = b.paid_by \
    WHERE b.id = w.order_id AND (substr(p.masked, length(p.masked) - 3) = ?3 OR b.number = ?3 \
    OR CAST(p.id AS TEXT) = ltrim(?3, '0'))))";

/// The requests of a desk, open ones first, the latest first; at most [`LIST_MAX`]. `find` is nothing, the last four digits
/// of a card, an order's number or a sale's reference.
pub async fn list(
    db: &Storage,
    desk: Desk,
    filter: Filter,
    find: String,
    now: Timestamp,
) -> Result<Vec<Case>, StorageError> {
    let (open, decided) = match filter {
        Filter::Open => (true, ""),
        Filter::Approved => (false, "approved"),
        Filter::Rejected => (false, "rejected"),
        Filter::All => (true, "approved rejected"),
    };
    db.read(move |connection| {
        let mut found = Vec::new();
        if open {
            found = listed(connection, &open_sql(desk), whose(desk, now), "requested escalated", &find)?;
        }
        if !decided.is_empty() {
            let mut more = match desk {
                Desk::Merchant(merchant) => listed(connection, &decided_by_merchant_sql(), merchant.0, decided, &find)?,
                Desk::Issuer => decided_by_issuer(connection, decided, &find)?,
            };
            more.sort_by_key(|case| std::cmp::Reverse(case.refund.id));
            found.append(&mut more);
        }
        found.truncate(LIST_MAX);
        Ok(found)
    })
    .await
}

fn whose(desk: Desk, now: Timestamp) -> i64 {
    match desk {
        Desk::Merchant(merchant) => merchant.0,
        Desk::Issuer => now.0,
    }
}

// Each picks refunds by an index of their own table first, and joins what belongs to the few that it picked.

fn open_sql(desk: Desk) -> String {
    match desk {
        Desk::Merchant(_) => format!(
            "SELECT {COLUMNS} FROM (SELECT w.id FROM refund w WHERE w.status IN ('requested', 'escalated')
                AND w.merchant_id = ?1 AND instr(?2, w.status) > 0 AND {FOUND} ORDER BY w.id DESC LIMIT ?4) AS picked
            CROSS JOIN {TABLES} WHERE r.id = picked.id ORDER BY r.id DESC"
        ),
        Desk::Issuer => format!(
            "SELECT {COLUMNS} FROM (SELECT w.id FROM refund w JOIN orders o ON o.id = w.order_id
                JOIN ledger_transaction s ON s.id = o.paid_by JOIN card c ON c.id = s.card_id
                JOIN programme g ON g.id = c.programme_id WHERE w.status IN ('requested', 'escalated')
                AND (w.status = 'escalated' OR s.at + g.refund_window < ?1 OR EXISTS (SELECT 1 FROM outlet x
                    JOIN merchant y ON y.id = x.merchant_id
                    WHERE x.id = w.outlet_id AND (x.status <> 'active' OR y.status <> 'active')))
                AND instr(?2, w.status) > 0
                AND {FOUND} ORDER BY w.id DESC LIMIT ?4) AS picked
            CROSS JOIN {TABLES} WHERE r.id = picked.id ORDER BY r.id DESC"
        ),
    }
}

fn decided_by_merchant_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM (SELECT w.id FROM refund w WHERE w.merchant_id = ?1 AND instr(?2, w.status) > 0
            AND {FOUND} ORDER BY w.merchant_id DESC, w.id DESC LIMIT ?4) AS picked
        CROSS JOIN {TABLES} WHERE r.id = picked.id ORDER BY r.id DESC"
    )
}

/// What each person of the card company decided; they are few.
fn decided_by_issuer(connection: &Connection, states: &str, find: &str) -> sql::Result<Vec<Case>> {
    let sql = "SELECT id FROM person WHERE merchant_id IS NULL";
    let mut people = connection.prepare_cached(sql)?;
    let people: Vec<i64> = people.query_map([], |row| row.get(0))?.collect::<sql::Result<_>>()?;
    let sql = format!(
        "SELECT {COLUMNS} FROM (SELECT w.id FROM refund w WHERE w.reviewer_id = ?1 AND instr(?2, w.status) > 0
            AND {FOUND} ORDER BY w.id DESC LIMIT ?4) AS picked
        CROSS JOIN {TABLES} WHERE r.id = picked.id ORDER BY r.id DESC"
    );
    let mut found = Vec::new();
    for person in people {
        found.append(&mut listed(connection, &sql, person, states, find)?);
    }
    Ok(found)
}

fn listed(connection: &Connection, sql: &str, whose: i64, states: &str, find: &str) -> sql::Result<Vec<Case>> {
    let most = i64::try_from(LIST_MAX).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map(params![whose, states, find, most], |row| case(connection, row))?.collect()
}

/// Requests of an outlet that nobody has decided, whoever may, the latest first; at most `limit`.
pub async fn open_at(
    db: &Storage,
    merchant: MerchantId,
    outlet: OutletId,
    limit: u32,
) -> Result<Vec<Case>, StorageError> {
    db.read(move |connection| {
        // Picked from the few open ones first, joined with what belongs to those.
        let sql = format!(
            "SELECT {COLUMNS} FROM (SELECT w.id FROM refund w WHERE w.status IN ('requested', 'escalated')
                AND w.merchant_id = ?1 AND w.outlet_id = ?2 ORDER BY w.id DESC LIMIT ?3) AS picked
            CROSS JOIN {TABLES} WHERE r.id = picked.id ORDER BY r.id DESC"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![merchant.0, outlet.0, limit], |row| case(connection, row))?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// How many requests wait for a decision at this desk, and their sum.
pub async fn waiting(db: &Storage, desk: Desk, now: Timestamp) -> Result<(i64, Fen), StorageError> {
    db.read_by_key(move |connection| {
        let sql = format!("SELECT COUNT(*), COALESCE(SUM(r.amount), 0) {WAITING}");
        let read = |row: &Row<'_>| Ok((row.get(0)?, Fen(row.get(1)?)));
        Ok(connection.prepare_cached(&sql)?.query_row(params![merchant_of(desk), now.0], read)?)
    })
    .await
}

const WAITING: &str = "FROM refund r
    JOIN orders o ON o.id = r.order_id JOIN ledger_transaction s ON s.id = o.paid_by
    JOIN card c ON c.id = s.card_id JOIN programme g ON g.id = c.programme_id
    WHERE r.status IN ('requested', 'escalated') AND (?1 IS NULL OR r.merchant_id = ?1)
    AND (r.status = 'escalated' OR s.at + g.refund_window < ?2 OR EXISTS (SELECT 1 FROM outlet x
        JOIN merchant y ON y.id = x.merchant_id
        WHERE x.id = r.outlet_id AND (x.status <> 'active' OR y.status <> 'active'))) = (?1 IS NULL)";

fn merchant_of(desk: Desk) -> Option<i64> {
    match desk {
        Desk::Merchant(merchant) => Some(merchant.0),
        Desk::Issuer => None,
    }
}

/// Asks who requested what waits at a desk, and how much.
pub(crate) fn query_waiting(connection: &Connection, desk: Desk, now: Timestamp) -> sql::Result<PendingRows<'_>> {
    let sql = format!("SELECT r.applicant_id, COUNT(*) {WAITING} GROUP BY r.applicant_id");
    connection.query_later(&sql, params![merchant_of(desk), now.0])
}

/// One request with its goods, if it is of this desk. The card company finds what it may decide, and who decided.
pub async fn find(db: &Storage, desk: Desk, id: TransactionId, now: Timestamp) -> Result<Option<Case>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE r.id = ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        let Some(mut case) = statement.query_row([id.0], |row| case(connection, row)).optional()? else {
            return Ok(None);
        };
        let here = match desk {
            Desk::Merchant(merchant) => case.sale.actor.merchant == merchant,
            Desk::Issuer => case.with_issuer(now) || case.refund.decided_at.is_some(),
        };
        if !here {
            return Ok(None);
        }
        case.refund.lines = after_sale::refund_lines(connection, id)?;
        for mut goods in goods_of(connection, case.refund.order)? {
            if let Some(asked) = case.refund.lines.iter().find(|asked| asked.line == goods.sold.line) {
                goods.pieces = asked.quantity;
                case.goods.push(goods);
            }
        }
        Ok(Some(case))
    })
    .await
}

/// An order with what may come back of it.
#[derive(Clone, Debug)]
pub struct SoldOrder {
    /// The order.
    pub order: Order,
    /// Its number.
    pub number: String,
    /// The sale that paid it.
    pub sale: Option<Transaction>,
    /// The cardholder's name, empty for an anonymous card.
    pub holder: String,
    /// The last moment for the shop to refund it.
    pub deadline: Timestamp,
    /// The merchant takes drugs back for any reason.
    pub drug_returns: bool,
    /// The running batch of the till that sold it.
    pub batch: i64,
    /// Its lines; `pieces` is what is left to come back.
    pub goods: Vec<Goods>,
    /// Its refunds, oldest first, each with its applicant's name.
    pub refunds: Vec<(Refund, String)>,
}

/// An order of this outlet, paid or not.
pub async fn sold_order(db: &Storage, outlet: OutletId, order: OrderId) -> Result<Option<SoldOrder>, StorageError> {
    db.read(move |connection| {
        let found = connection.prepare_cached(rows::ORDER_BY_ID)?.query_row([order.0], rows::order).optional()?;
        let Some(order) = found.filter(|order| order.outlet == outlet) else { return Ok(None) };
        let sql = "SELECT o.number, m.drug_returns, t.batch_no FROM orders o JOIN merchant m ON m.id = o.merchant_id
            JOIN terminal t ON t.id = o.terminal_id WHERE o.id = ?1";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let (number, drug_returns, batch) = connection.prepare_cached(sql)?.query_row([order.id.0], read)?;
        let sale = match order.paid_by {
            Some(id) => {
                connection.prepare_cached(rows::TRANSACTION_BY_ID)?.query_row([id.0], rows::transaction).optional()?
            }
            None => None,
        };
        let (holder, window) = holder(connection, sale.as_ref())?;
        let deadline = refund::deadline(sale.as_ref().map_or(Timestamp(0), |sale| sale.at), window);
        let refunds = after_sale::refunds_of(connection, order.id)?;
        let mut goods = goods_of(connection, order.id)?;
        let sold: Vec<SoldLine> = goods.iter().map(|goods| goods.sold).collect();
        for (goods, (_, left)) in goods.iter_mut().zip(refundable(&sold, &refunds)) {
            goods.pieces = left.max(0);
        }
        let refunds = refunds.into_iter().map(|refund| Ok((person_name(connection, refund.applicant)?, refund)));
        let refunds: sql::Result<Vec<_>> = refunds.map(|one| one.map(|(name, refund)| (refund, name))).collect();
        Ok(Some(SoldOrder { order, number, sale, holder, deadline, drug_returns, batch, goods, refunds: refunds? }))
    })
    .await
}

fn holder(connection: &Connection, sale: Option<&Transaction>) -> sql::Result<(String, i64)> {
    let Some(card) = sale.and_then(|sale| sale.card) else { return Ok((String::new(), 0)) };
    let sql = "SELECT c.holder, p.refund_window FROM card c JOIN programme p ON p.id = c.programme_id WHERE c.id = ?1";
    connection.prepare_cached(sql)?.query_row([card.0], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn person_name(connection: &Connection, person: PersonId) -> sql::Result<String> {
    let sql = "SELECT name FROM person WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([person.0], |row| row.get(0)).optional()?.unwrap_or_default())
}

fn goods_of(connection: &Connection, order: OrderId) -> sql::Result<Vec<Goods>> {
    let sql = "SELECT line, price, quantity, drug, name, spec FROM order_line
        WHERE order_id = ?1 AND voided_at IS NULL ORDER BY line";
    let read = |row: &Row<'_>| {
        let sold = SoldLine { line: row.get(0)?, price: Fen(row.get(1)?), quantity: row.get(2)?, drug: row.get(3)? };
        Ok(Goods { sold, name: row.get(4)?, spec: row.get(5)?, pieces: 0 })
    };
    connection.prepare_cached(sql)?.query_map([order.0], read)?.collect()
}

/// What is on record under a request id of this actor's merchant (or of the card company).
pub async fn recorded(db: &Storage, actor: Actor, request: RequestId) -> Result<Option<Transaction>, StorageError> {
    db.read_by_key(move |connection| {
        let mut statement = connection.prepare_cached(rows::TRANSACTION_BY_REQUEST)?;
        let found = statement.query_row(params![request.0, actor.merchant.0], rows::transaction);
        Ok(found.optional()?)
    })
    .await
}
