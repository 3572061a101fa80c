//! 登记申请: goods that tills ask for because their merchant's catalogue lacks them, and the card company's answers.
//!
//! What must stay true:
//! - An outlet has one open request for a code.
//! - A request is answered once; the product that an answer adds is written in the same transaction.
//! - A till sees the answers to its own requests only, until it puts them away or rings the product up.

use domain::ids::{ListId, MerchantId, OutletId, TerminalId};
use domain::product::OTHER_CODE;
use domain::product_request::{OPEN_MAX, RequestStatus};
use domain::time::Timestamp;

use crate::audit::{self, Entry};
use crate::books::rows::word;
use crate::catalogue::{self, Added, Item, Recalls, Sheet, Taken};
use crate::draft::Scope;
use crate::product_list;
use crate::sql::{self, Connection, OptionalExtension as _, Params, PendingRows, Row, params};
use crate::{Storage, StorageError, ids};

/// Answers that the sale page shows at once, as many as its bar has room for; the others follow.
const UNREAD_MAX: u32 = 2;

/// A request as the card company reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductRequest {
    /// Its number.
    pub id: i64,
    /// Whose catalogue it is about.
    pub merchant: MerchantId,
    /// The merchant's name.
    pub merchant_name: String,
    /// Where it comes from.
    pub outlet: OutletId,
    /// The outlet's name.
    pub outlet_name: String,
    /// The till.
    pub terminal: TerminalId,
    /// What people call the till.
    pub terminal_label: String,
    /// What was scanned or typed.
    pub code: String,
    /// What the cashier calls it.
    pub name: String,
    /// Who asked: number and name.
    pub asked_by: (String, String),
    /// When.
    pub asked_at: Timestamp,
    /// Where it stands.
    pub status: RequestStatus,
    /// The product to use, of an answer that has one: code and name.
    pub product: (String, String),
    /// Why it was refused.
    pub reason: String,
    /// Who answered (number and name) and when.
    pub answered: Option<((String, String), Timestamp)>,
}

const COLUMNS: &str = "r.id, r.merchant_id, m.name, r.outlet_id, o.name, r.terminal_id, t.label, r.code, r.name, p.number, \
     p.name, r.asked_at, r.status, r.product_code, r.product_name, r.reason, a.number, a.name, r.answered_at";

const TABLES: &str = "product_request r JOIN merchant m ON m.id = r.merchant_id JOIN outlet o ON o.id = r.outlet_id \
     JOIN terminal t ON t.id = r.terminal_id JOIN person p ON p.id = r.asked_by LEFT JOIN person a ON a.id = r.answered_by";

fn read(row: &Row<'_>) -> sql::Result<ProductRequest> {
    let by: Option<(String, String)> =
        row.get::<_, Option<String>>(16)?.map(|number| Ok::<_, sql::Error>((number, row.get(17)?))).transpose()?;
    let at = row.get::<_, Option<i64>>(18)?.map(Timestamp);
    Ok(ProductRequest {
        id: row.get(0)?,
        merchant: MerchantId(row.get(1)?),
        merchant_name: row.get(2)?,
        outlet: OutletId(row.get(3)?),
        outlet_name: row.get(4)?,
        terminal: TerminalId(row.get(5)?),
        terminal_label: row.get(6)?,
        code: row.get(7)?,
        name: row.get(8)?,
        asked_by: (row.get(9)?, row.get(10)?),
        asked_at: Timestamp(row.get(11)?),
        status: word(row, 12, RequestStatus::from_word)?,
        product: (row.get(13)?, row.get(14)?),
        reason: row.get(15)?,
        answered: by.zip(at),
    })
}

/// What became of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The card company sees it now.
    Done,
    /// The outlet has asked for this code, and there is no answer yet.
    Waits,
    /// The outlet has asked for [`OPEN_MAX`] codes.
    Full,
}

/// Asks for `code`, which the cashier calls `name`. `entry` is audited.
pub async fn ask(db: &Storage, scope: Scope, code: String, name: String, entry: Entry) -> Result<Asked, StorageError> {
    db.write(move |connection| {
        connection.lock_name("product_request", &scope.outlet.0.to_string())?;
        if is_open(connection, scope.outlet, &code)? {
            return Ok(Asked::Waits);
        }
        let sql = "SELECT COUNT(*) FROM product_request WHERE outlet_id = ?1 AND status = 'open'";
        let open: i64 = connection.prepare_cached(sql)?.query_row([scope.outlet.0], |row| row.get(0))?;
        if open >= OPEN_MAX {
            return Ok(Asked::Full);
        }
        let id = ids::next_product_request(connection, entry.at)?;
        connection.execute_later(
            "INSERT INTO product_request (id, merchant_id, outlet_id, terminal_id, code, name, asked_by, asked_at, status,
                                          product_code, product_name, reason, answered_by, answered_at, unread)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'open', '', '', '', NULL, NULL, 0)",
            params![
                id,
                scope.merchant.0,
                scope.outlet.0,
                scope.terminal.0,
                code,
                name,
                scope.person.0,
                entry.at.0
            ],
        )?;
        audit::insert(connection, &entry)?;
        Ok(Asked::Done)
    })
    .await
}

/// Whether the outlet has asked for `code` and waits.
pub async fn waits(db: &Storage, outlet: OutletId, code: String) -> Result<bool, StorageError> {
    db.read_by_key(move |connection| Ok(is_open(connection, outlet, &code)?)).await
}

fn is_open(connection: &Connection, outlet: OutletId, code: &str) -> sql::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM product_request WHERE outlet_id = ?1 AND code = ?2 AND status = 'open')";
    connection.prepare_cached(sql)?.query_row((outlet.0, code), |row| row.get(0))
}

/// An answer that a till has not put away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The request's number.
    pub id: i64,
    /// What was asked for: the cashier's name for it.
    pub name: String,
    /// The answer.
    pub status: RequestStatus,
    /// The product to use, of an answer that has one: code and name.
    pub product: (String, String),
    /// Why it was refused.
    pub reason: String,
}

/// Asks for the answers that a till still shows, to be read by [`told`].
pub(crate) fn query_unread(
    connection: &Connection,
    outlet: OutletId,
    terminal: TerminalId,
) -> sql::Result<PendingRows<'_>> {
    let sql = "SELECT id, name, status, product_code, product_name, reason FROM product_request
        WHERE terminal_id = ?1 AND unread = 1 AND outlet_id = ?2 ORDER BY id LIMIT ?3";
    connection.query_later(sql, params![terminal.0, outlet.0, UNREAD_MAX])
}

pub(crate) fn told(row: &Row<'_>) -> sql::Result<Told> {
    Ok(Told {
        id: row.get(0)?,
        name: row.get(1)?,
        status: word(row, 2, RequestStatus::from_word)?,
        product: (row.get(3)?, row.get(4)?),
        reason: row.get(5)?,
    })
}

/// Puts an answer away at its till.
pub async fn put_away(db: &Storage, terminal: TerminalId, id: i64) -> Result<(), StorageError> {
    db.write(move |connection| {
        let sql = "UPDATE product_request SET unread = 0 WHERE id = ?1 AND terminal_id = ?2 AND unread = 1";
        connection.prepare_cached(sql)?.execute((id, terminal.0))?;
        Ok(())
    })
    .await
}

/// Puts the answers away that told this till to use `code`, inside the caller's transaction.
pub(crate) fn rung_up(connection: &Connection, terminal: TerminalId, code: &str) -> sql::Result<()> {
    let sql = "UPDATE product_request SET unread = 0 WHERE terminal_id = ?1 AND unread = 1 AND product_code = ?2";
    connection.execute_later(sql, (terminal.0, code))
}

/// Asks how many requests are open, at most 1000.
pub(crate) fn query_open(connection: &Connection) -> sql::Result<PendingRows<'_>> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM product_request WHERE status = 'open' LIMIT 1000) AS open";
    connection.query_later(sql, [])
}

/// At most `limit` requests after the one with the number `after`: the open ones oldest first, others newest first; of all
/// states without `status`. Numbers begin above 0; `None` is the first page.
pub async fn list(
    db: &Storage,
    status: Option<RequestStatus>,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<ProductRequest>, StorageError> {
    db.read(move |connection| {
        let before = after.unwrap_or(i64::MAX);
        match status {
            Some(RequestStatus::Open) => {
                let sql = format!(
                    "SELECT {COLUMNS} FROM {TABLES} WHERE r.status = 'open' AND r.id > ?1 ORDER BY r.id LIMIT ?2"
                );
                rows(connection, &sql, (after.unwrap_or(0), limit))
            }
            Some(status) => {
                let sql = format!(
                    "SELECT {COLUMNS} FROM {TABLES} WHERE r.status = ?1 AND r.id < ?2 ORDER BY r.id DESC LIMIT ?3"
                );
                rows(connection, &sql, (status.word(), before, limit))
            }
            // Both ends of the range, or the file's planner walks the index by state and sorts.
            None => {
                let sql =
                    format!("SELECT {COLUMNS} FROM {TABLES} WHERE r.id > 0 AND r.id < ?1 ORDER BY r.id DESC LIMIT ?2");
                rows(connection, &sql, (before, limit))
            }
        }
    })
    .await
}

fn rows(connection: &Connection, sql: &str, values: impl Params) -> Result<Vec<ProductRequest>, StorageError> {
    Ok(connection.prepare_cached(sql)?.query_map(values, read)?.collect::<sql::Result<_>>()?)
}

/// One request.
pub async fn find(db: &Storage, id: i64) -> Result<Option<ProductRequest>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE r.id = ?1");
        Ok(connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
    })
    .await
}

/// How the card company answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// With a product that the catalogue has, by its code.
    Mapped(String),
    /// With this new product.
    Added(Box<Item>),
    /// With why not.
    Refused(String),
}

/// What became of an answer. Only [`Answered::Done`] wrote anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The till shows it.
    Done,
    /// It was answered before.
    Before,
    /// There is no such request.
    Gone,
    /// The merchant has no such product.
    NoProduct,
    /// The product is not on sale, it is recalled, or the card does not pay for it.
    NotSold,
    /// A recall covers the new product.
    Recalled,
    /// The merchant has a product that stands in its way.
    Taken(Taken),
}

/// Answers a request. `entry` is audited with the action and the details of the answer, for its merchant.
pub async fn answer(db: &Storage, id: i64, answer: Answer, entry: Entry) -> Result<Answered, StorageError> {
    db.write(move |connection| {
        connection.lock("SELECT id FROM product_request WHERE id = ?1", [id])?;
        let sql = "SELECT merchant_id, status, outlet_id FROM product_request WHERE id = ?1";
        let read = |row: &Row<'_>| {
            Ok((MerchantId(row.get(0)?), word(row, 1, RequestStatus::from_word)?, OutletId(row.get(2)?)))
        };
        let Some((merchant, status, outlet)) = connection.prepare_cached(sql)?.query_row([id], read).optional()? else {
            return Ok(Answered::Gone);
        };
        if status != RequestStatus::Open {
            return Ok(Answered::Before);
        }
        let entry = Entry { merchant: Some(merchant), ..entry };
        let (action, status, product, reason) = match answer {
            Answer::Refused(reason) => ("product_request_refused", RequestStatus::Refused, Default::default(), reason),
            Answer::Mapped(code) => {
                let lists = product_list::lists_of(connection, outlet)?;
                let found = catalogue::find_with(connection, lists, &code, Recalls::Read)?;
                let Some(Sheet { item, recalled, .. }) = found.filter(|_| code != OTHER_CODE) else {
                    return Ok(Answered::NoProduct);
                };
                if !item.active || !item.card_payable || recalled.is_some() {
                    return Ok(Answered::NotSold);
                }
                ("product_request_mapped", RequestStatus::Mapped, (code, item.name), String::new())
            }
            Answer::Added(item) => {
                // Into the merchant's own list, so that its other outlets have it as well.
                let lists = product_list::lists(connection, ListId::of(merchant))?;
                catalogue::lock(connection, lists)?;
                let written = Entry { action: "product_written", subject: item.code.clone(), ..entry.clone() };
                let item = match catalogue::add(connection, lists, *item, written)? {
                    Added::Done(item) => *item,
                    Added::Taken(taken) => return Ok(Answered::Taken(taken)),
                    Added::Recalled => return Ok(Answered::Recalled),
                };
                ("product_request_added", RequestStatus::Added, (item.code, item.name), String::new())
            }
        };
        connection.execute_later(
            "UPDATE product_request SET status = ?2, product_code = ?3, product_name = ?4, reason = ?5, answered_by = ?6,
                    answered_at = ?7, unread = 1 WHERE id = ?1",
            params![id, status.word(), product.0, product.1, reason, entry.person.map(|id| id.0), entry.at.0],
        )?;
        let detail = [product.0, product.1, reason].join(" ").trim().to_owned();
        audit::insert(connection, &Entry { action, subject: id.to_string(), detail, ..entry })?;
        Ok(Answered::Done)
    })
    .await
}
