//! Recalls of goods: who recalled what, what the tills say, what is covered now.
//!
//! What must stay true: whoever reads a product to sell it reads with it whether it is recalled ([`TEXT_OF`]), so that a
//! recall counts at once on every copy.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::acts;
use domain::ids::{OutletId, RecallId};
use domain::recall::{Announced, MatchKind, goods_text, read_goods, stored_forms};
use domain::time::{BusinessDate, Timestamp};
use std::collections::BTreeMap;

use crate::audit::{self, Entry};
use crate::books::rows;
use crate::catalogue::Item;
use crate::orders::LATE;
use crate::{Storage, StorageError};

/// What the tills say of a product `p` that is recalled, NULL for every other: by code, by barcode (which a catalogue may
/// keep as the code), by the beginning of its approval number. Only `recall.ended_at` says whether a recall goes on.
pub(crate) const TEXT_OF: &str = "(SELECT r.text FROM recall r WHERE r.id = COALESCE( \
     (SELECT MIN(c.recall_id) FROM recall_match c JOIN recall o ON o.id = c.recall_id AND o.ended_at IS NULL \
        WHERE c.kind = 'code' AND c.value = p.code), \
     (SELECT MIN(b.recall_id) FROM recall_match b JOIN recall o ON o.id = b.recall_id AND o.ended_at IS NULL \
        WHERE b.kind = 'barcode' AND b.value IN (p.code, p.barcode)), \
     (SELECT MIN(a.recall_id) FROM recall_match a JOIN recall o ON o.id = a.recall_id AND o.ended_at IS NULL \
        WHERE a.kind = 'approval' AND substr(p.approval_no, 1, length(a.value)) = a.value)))";

/// What the tills would say of a product that is not stored yet.
pub(crate) fn text_if(connection: &Connection, item: &Item) -> sql::Result<Option<String>> {
    let sql = format!(
        "SELECT {TEXT_OF} FROM (SELECT CAST(?1 AS TEXT) AS code, CAST(?2 AS TEXT) AS barcode, CAST(?3 AS TEXT) AS approval_no) AS p"
    );
    connection.prepare_cached(&sql)?.query_row((&item.code, &item.barcode, &item.approval_no), |row| row.get(0))
}

/// A recall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recall {
    /// Number.
    pub id: RecallId,
    /// What it covers, as typed.
    pub matches: Vec<(MatchKind, String)>,
    /// Why, for the card company.
    pub reason: String,
    /// What the tills say.
    pub text: String,
    /// Since when the goods may have been sold.
    pub since: BusinessDate,
    /// When it was started.
    pub made_at: Timestamp,
    /// Who started it.
    pub made_by: String,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

const COLUMNS: &str = "r.id, r.goods, r.reason, r.text, r.since, r.made_at, p.name, r.ended_at \
     FROM recall r JOIN person p ON p.id = r.made_by";

fn read(row: &Row<'_>) -> sql::Result<Recall> {
    Ok(Recall {
        id: RecallId(row.get(0)?),
        matches: matches(row, 1)?,
        reason: row.get(2)?,
        text: row.get(3)?,
        since: BusinessDate(row.get(4)?),
        made_at: Timestamp(row.get(5)?),
        made_by: row.get(6)?,
        ended_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
    })
}

fn matches(row: &Row<'_>, column: usize) -> sql::Result<Vec<(MatchKind, String)>> {
    let text = row.text(column)?;
    read_goods(text).ok_or_else(|| sql::Error::unreadable(column, &format!("unknown goods {text:?}")))
}

/// Starts a recall for `entry`'s person: from now on no till sells what it covers. The same recall again, as a second
/// press of the button sends it, is the one that goes on.
pub async fn start(db: &Storage, announced: Announced, entry: Entry) -> Result<RecallId, StorageError> {
    db.write(move |connection| {
        connection.lock_name("recall", "")?;
        let goods = goods_text(&announced.matches);
        let sql = "SELECT id, goods = ?1 AND text = ?2 AND reason = ?3 AND since = ?4 AND ended_at IS NULL
            FROM recall WHERE id = (SELECT MAX(id) FROM recall)";
        let values = params![&goods, &announced.text, &announced.reason, announced.since.0];
        let last = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?));
        let id = match connection.prepare_cached(sql)?.query_row(values, last).optional()? {
            Some((id, true)) => return Ok(RecallId(id)),
            last => last.map_or(0, |(id, _)| id).saturating_add(1),
        };
        let sql = "INSERT INTO recall (id, goods, reason, text, since, made_at, made_by, ended_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)";
        let by = entry.person.map(|person| person.0);
        let values = params![id, &goods, &announced.reason, &announced.text, announced.since.0, entry.at.0, by];
        connection.prepare_cached(sql)?.execute(values)?;
        for (kind, value) in stored_forms(&announced.matches) {
            let sql = "INSERT INTO recall_match (kind, value, recall_id) VALUES (?1, ?2, ?3)";
            connection.prepare_cached(sql)?.execute(params![kind.word(), value, id])?;
        }
        let detail = format!("{}: {}", goods.replace('\n', ", "), announced.reason);
        audit::insert(connection, &Entry { subject: format!("recall {id}"), detail, ..entry })?;
        Ok(RecallId(id))
    })
    .await
}

/// Ends a recall, inside the transaction of the approval.
pub(crate) fn end(connection: &Connection, id: RecallId, at: Timestamp) -> sql::Result<()> {
    connection.prepare_cached("UPDATE recall SET ended_at = ?2 WHERE id = ?1")?.execute([id.0, at.0])?;
    Ok(())
}

/// What a recall covers as typed, and what stops the goods: [`stored_forms`] of it, if nobody touched the rows.
pub(crate) fn covers(connection: &Connection, id: RecallId) -> sql::Result<[Vec<(MatchKind, String)>; 2]> {
    let sql = "SELECT goods FROM recall WHERE id = ?1";
    let typed = connection.prepare_cached(sql)?.query_row([id.0], |row| matches(row, 0))?;
    let read = |row: &Row<'_>| Ok((rows::word(row, 0, MatchKind::from_word)?, row.get(1)?));
    let sql = "SELECT kind, value FROM recall_match WHERE recall_id = ?1";
    let stored = connection.prepare_cached(sql)?.query_map([id.0], read)?.collect::<sql::Result<_>>()?;
    Ok([typed, stored])
}

/// A recall as a decision sees it.
pub(crate) fn row(connection: &Connection, id: RecallId) -> sql::Result<Option<acts::Recall>> {
    let sql = "SELECT goods, text, reason, ended_at IS NULL FROM recall WHERE id = ?1";
    let read = |row: &Row<'_>| {
        let goods: String = row.get(0)?;
        Ok(acts::Recall { goods: goods.replace('\n', "; "), text: row.get(1)?, reason: row.get(2)?, open: row.get(3)? })
    };
    connection.prepare_cached(sql)?.query_row([id.0], read).optional()
}

/// A recall by its number.
pub async fn find(db: &Storage, id: RecallId) -> Result<Option<Recall>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = format!("SELECT {COLUMNS} WHERE r.id = ?1");
        Ok(connection.prepare_cached(&sql)?.query_row([id.0], read).optional()?)
    })
    .await
}

/// The next recalls below `before`, the latest first.
pub async fn page(db: &Storage, before: Option<RecallId>, limit: u32) -> Result<Vec<Recall>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT {COLUMNS} WHERE r.id < ?1 ORDER BY r.id DESC LIMIT ?2");
        let before = before.map_or(i64::MAX, |id| id.0);
        let mut statement = connection.prepare_cached(&sql)?;
        Ok(statement.query_map(params![before, limit], read)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// A product that a recall would cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The list that has it.
    pub list: String,
    /// Product code.
    pub code: String,
    /// Name.
    pub name: String,
}

/// Products on sale that a recall would cover, by list and code, `most` at most.
pub async fn covered(db: &Storage, announced: Announced, most: usize) -> Result<Vec<Covered>, StorageError> {
    db.read(move |connection| {
        let mut found = BTreeMap::new();
        for (kind, value) in stored_forms(&announced.matches) {
            let texts: &[&str] = match kind {
                MatchKind::Code => &[COVERED_BY_CODE],
                MatchKind::Barcode => &[COVERED_BY_CODE, COVERED_BY_BARCODE],
                MatchKind::Approval => &[COVERED_BY_APPROVAL],
            };
            let read = |row: &Row<'_>| {
                let (list, code): (i64, String) = (row.get(0)?, row.get(2)?);
                Ok(((list, code.clone()), Covered { list: row.get(1)?, code, name: row.get(3)? }))
            };
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            for text in texts {
                let mut statement = connection.prepare_cached(text)?;
                found.extend(statement.query_map(params![&value, most], read)?.collect::<sql::Result<Vec<_>>>()?);
            }
        }
        Ok(found.into_values().take(most).collect())
    })
    .await
}

const COVERED_BY_CODE: &str = "SELECT id, name, ?1, product FROM (SELECT g.id, g.name,
        (SELECT p.name FROM product_now p WHERE p.list_id = g.id AND p.code = ?1 AND p.active = 1) AS product
    FROM product_list_name g) AS own WHERE product IS NOT NULL LIMIT ?2";
const COVERED_BY_BARCODE: &str = "SELECT g.id, g.name, p.code, p.name FROM product_now p
    CROSS JOIN product_list_name g WHERE g.id = p.list_id AND p.barcode = ?1 AND p.active = 1 LIMIT ?2";
const COVERED_BY_APPROVAL: &str = "SELECT g.id, g.name, p.code, p.name FROM product_now p
    CROSS JOIN product_list_name g WHERE g.id = p.list_id AND p.approval_no >= ?1
        AND p.approval_no < ?1 || '\u{10ffff}' AND p.approval_no <> '' AND p.active = 1 LIMIT ?2";

/// What an outlet sold of recalled goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    /// The outlet.
    pub outlet: OutletId,
    /// Its name, after its merchant's.
    pub name: String,
    /// Its phone.
    pub phone: String,
    /// Product code.
    pub code: String,
    /// Product name.
    pub product: String,
    /// Orders.
    pub orders: i64,
    /// Pieces.
    pub pieces: i64,
    /// When it was sold last.
    pub last_at: Timestamp,
}

/// What the outlets sold of the goods of a recall since a moment. Orders are found as a list by day finds them: an order's
/// id ascends with the moment when it was opened, and those that were paid long after it are in an index of their own,
/// where `+` keeps the text from the index of ids.
const SOLD: &str =
    "SELECT s.outlet, s.outlet_name, s.phone, l.code, MIN(l.name), COUNT(DISTINCT s.id), SUM(l.quantity),
        MAX(s.paid_at)
    FROM (SELECT t.id AS outlet, m.name || ' ' || t.name AS outlet_name, t.phone, o.id, o.paid_at,
            COALESCE(t.list_id, t.merchant_id) AS list_id
        FROM merchant m CROSS JOIN outlet t CROSS JOIN orders o
        WHERE t.merchant_id = m.id AND o.outlet_id = t.id AND o.id >= ?1
        UNION ALL
        SELECT t.id, m.name || ' ' || t.name, t.phone, o.id, o.paid_at, COALESCE(t.list_id, t.merchant_id)
        FROM merchant m CROSS JOIN outlet t CROSS JOIN orders o
        WHERE t.merchant_id = m.id AND o.outlet_id = t.id AND +o.id < ?1
            AND o.status <> 'draft' AND COALESCE(o.paid_at, o.changed_at) - o.opened_at > 1800000000
            AND COALESCE(o.paid_at, o.changed_at) >= ?2) AS s
    JOIN order_line l ON l.order_id = s.id AND l.voided_at IS NULL
    LEFT JOIN product_list d ON d.id = s.list_id
    LEFT JOIN product_list u ON u.id = d.parent_id
    LEFT JOIN product p ON p.list_id = d.id AND p.code = l.code
    LEFT JOIN product q ON q.list_id = u.id AND q.code = l.code
    LEFT JOIN product r ON r.list_id = u.parent_id AND r.code = l.code
    WHERE s.paid_at >= ?2 AND (
        EXISTS (SELECT 1 FROM recall_match c WHERE c.kind = 'code' AND c.value = l.code AND c.recall_id = ?3)
        OR EXISTS (SELECT 1 FROM recall_match b WHERE b.kind = 'barcode' AND b.recall_id = ?3
            AND b.value IN (l.code, p.barcode, q.barcode, r.barcode))
        OR EXISTS (SELECT 1 FROM recall_match a WHERE a.kind = 'approval' AND a.recall_id = ?3
            AND (substr(p.approval_no, 1, length(a.value)) = a.value
                OR substr(q.approval_no, 1, length(a.value)) = a.value
                OR substr(r.approval_no, 1, length(a.value)) = a.value)))
    GROUP BY s.outlet, s.outlet_name, s.phone, l.code ORDER BY s.outlet, l.code LIMIT ?4";

/// Outlets that sold what a recall covers since its day, by outlet and product, `most` rows at most. Goods that came back
/// are not taken off, and orders in an archive are not read.
pub async fn sales(db: &Storage, recall: &Recall, most: usize) -> Result<Vec<Sold>, StorageError> {
    let (id, since) = (recall.id, recall.since.start().unwrap_or(Timestamp(0)));
    db.read(move |connection| {
        let first = domain::ids::time_ordered(since.plus(-LATE), 0);
        let read = |row: &Row<'_>| {
            Ok(Sold {
                outlet: OutletId(row.get(0)?),
                name: row.get(1)?,
                phone: row.get(2)?,
                code: row.get(3)?,
                product: row.get(4)?,
                orders: row.get(5)?,
                pieces: row.get(6)?,
                last_at: Timestamp(row.get(7)?),
            })
        };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut statement = connection.prepare_cached(SOLD)?;
        Ok(statement.query_map(params![first, since.0, id.0, most], read)?.collect::<sql::Result<_>>()?)
    })
    .await
}
