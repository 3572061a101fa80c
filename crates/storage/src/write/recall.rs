//! Recalls of goods: who recalled what, what the tills say, what is covered now.
//!
//! What must stay true: whoever reads a product to sell it reads with it whether it is recalled ([`TEXT_OF`]), so that a
//! recall counts at once on every copy.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::acts;
use domain::ids::{OutletId, RecallId};
use domain::recall::{Announced, MatchKind};
use domain::time::{BusinessDate, HOUR, Timestamp};

use crate::audit::{self, Entry};
use crate::{Storage, StorageError};

/// What the tills say of a product `p` that is recalled, NULL for every other: by code, by barcode, by the beginning of
/// its approval number.
pub(crate) const TEXT_OF: &str = "(SELECT r.text FROM recall r WHERE r.id = COALESCE( \
     (SELECT MIN(c.recall_id) FROM recall_match c WHERE c.open = 1 AND c.kind = 'code' AND c.value = p.code), \
     (SELECT MIN(b.recall_id) FROM recall_match b WHERE b.open = 1 AND b.kind = 'barcode' AND b.value = p.barcode AND p.barcode <> ''), \
     (SELECT MIN(a.recall_id) FROM recall_match a WHERE a.open = 1 AND a.kind = 'approval' \
        AND substr(p.approval_no, 1, length(a.value)) = a.value)))";

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
        matches: matches(&row.get::<_, String>(1)?),
        reason: row.get(2)?,
        text: row.get(3)?,
        since: BusinessDate(row.get(4)?),
        made_at: Timestamp(row.get(5)?),
        made_by: row.get(6)?,
        ended_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
    })
}

fn goods(matches: &[(MatchKind, String)]) -> String {
    matches.iter().map(|(kind, text)| format!("{kind} {text}")).collect::<Vec<_>>().join("\n")
}

fn matches(goods: &str) -> Vec<(MatchKind, String)> {
    let one =
        |line: &str| line.split_once(' ').and_then(|(kind, text)| Some((MatchKind::from_word(kind)?, text.to_owned())));
    goods.lines().filter_map(one).collect()
}

/// Starts a recall for `entry`'s person: from now on no till sells what it covers.
pub async fn start(db: &Storage, announced: Announced, entry: Entry) -> Result<RecallId, StorageError> {
    db.write(move |connection| {
        connection.lock_name("recall", "")?;
        let sql = "SELECT COALESCE(MAX(id), 0) + 1 FROM recall";
        let id: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        let sql = "INSERT INTO recall (id, goods, reason, text, since, made_at, made_by, ended_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)";
        let goods = goods(&announced.matches);
        let by = entry.person.map(|person| person.0);
        let values = params![id, &goods, &announced.reason, &announced.text, announced.since.0, entry.at.0, by];
        connection.prepare_cached(sql)?.execute(values)?;
        for (kind, value) in announced.stored() {
            let sql = "INSERT INTO recall_match (kind, value, recall_id, open) VALUES (?1, ?2, ?3, 1)";
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
    connection.prepare_cached("UPDATE recall_match SET open = 0 WHERE recall_id = ?1")?.execute([id.0])?;
    connection.prepare_cached("UPDATE recall SET ended_at = ?2 WHERE id = ?1")?.execute([id.0, at.0])?;
    Ok(())
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
    /// Whose.
    pub merchant: String,
    /// Product code.
    pub code: String,
    /// Name.
    pub name: String,
}

/// Products on sale that a recall would cover, by merchant and code, `most` at most.
pub async fn covered(db: &Storage, announced: Announced, most: usize) -> Result<Vec<Covered>, StorageError> {
    db.read(move |connection| {
        let mut merchants = connection.prepare_cached("SELECT id, name FROM merchant ORDER BY id LIMIT 100000")?;
        let named = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
        let merchants = merchants.query_map([], named)?.collect::<sql::Result<Vec<_>>>()?;
        let (stored, mut all) = (announced.stored(), Vec::new());
        for (merchant, name) in merchants {
            let mut own = std::collections::BTreeMap::new();
            for (kind, value) in &stored {
                let sql = match kind {
                    MatchKind::Code => {
                        "SELECT code, name FROM product WHERE merchant_id = ?1 AND code = ?2 AND active = 1"
                    }
                    MatchKind::Barcode => {
                        "SELECT code, name FROM product WHERE merchant_id = ?1 AND barcode = ?2 AND barcode <> ''
                            AND active = 1"
                    }
                    MatchKind::Approval => {
                        "SELECT code, name FROM product WHERE merchant_id = ?1 AND approval_no >= ?2
                            AND approval_no < ?2 || ?3 AND approval_no <> '' AND active = 1"
                    }
                };
                let end = "\u{10ffff}";
                let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
                let mut statement = connection.prepare_cached(sql)?;
                let found = match kind {
                    MatchKind::Approval => statement.query_map(params![merchant, value, end], read)?,
                    _ => statement.query_map(params![merchant, value], read)?,
                };
                own.extend(found.collect::<sql::Result<Vec<_>>>()?);
            }
            all.extend(own.into_iter().map(|(code, product)| Covered { merchant: name.clone(), code, name: product }));
            if all.len() >= most {
                break;
            }
        }
        all.truncate(most);
        Ok(all)
    })
    .await
}

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

/// Microseconds for which an order may be open before it is paid, with room to spare.
const OPEN_FOR: i64 = 7 * 24 * HOUR;

/// What one outlet sold of the goods of a recall since a moment, by product.
const SOLD: &str = "SELECT l.code, MIN(l.name), COUNT(DISTINCT o.id), SUM(l.quantity), MAX(o.paid_at)
    FROM orders o JOIN order_line l ON l.order_id = o.id AND l.voided_at IS NULL
    LEFT JOIN product p ON p.merchant_id = o.merchant_id AND p.code = l.code
    WHERE o.outlet_id = ?1 AND o.id >= ?2 AND o.paid_at >= ?3 AND (
        EXISTS (SELECT 1 FROM recall_match c WHERE c.kind = 'code' AND c.value = l.code AND c.recall_id = ?4)
        OR EXISTS (SELECT 1 FROM recall_match b WHERE b.kind = 'barcode' AND b.value = p.barcode AND b.recall_id = ?4)
        OR EXISTS (SELECT 1 FROM recall_match a WHERE a.kind = 'approval' AND a.recall_id = ?4
            AND substr(p.approval_no, 1, length(a.value)) = a.value))
    GROUP BY l.code ORDER BY l.code";

/// Outlets that sold what a recall covers since its day, by outlet and product. Goods that came back are not taken off.
pub async fn sales(db: &Storage, recall: &Recall) -> Result<Vec<Sold>, StorageError> {
    let (id, since) = (recall.id, recall.since.start().unwrap_or(Timestamp(0)));
    db.read(move |connection| {
        let sql = "SELECT o.id, m.name || ' ' || o.name, o.phone FROM outlet o JOIN merchant m ON m.id = o.merchant_id
            ORDER BY o.id LIMIT 100000";
        let mut outlets = connection.prepare_cached(sql)?;
        let named = |row: &Row<'_>| Ok((OutletId(row.get(0)?), row.get(1)?, row.get(2)?));
        let outlets: Vec<(OutletId, String, String)> = outlets.query_map([], named)?.collect::<sql::Result<_>>()?;
        let mut sold = Vec::new();
        let mut statement = connection.prepare_cached(SOLD)?;
        // An order's id ascends with the moment when it was opened.
        let first = domain::ids::time_ordered(since.plus(-OPEN_FOR), 0);
        for (outlet, name, phone) in outlets {
            let read = |row: &Row<'_>| {
                Ok(Sold {
                    outlet,
                    name: name.clone(),
                    phone: phone.clone(),
                    code: row.get(0)?,
                    product: row.get(1)?,
                    orders: row.get(2)?,
                    pieces: row.get(3)?,
                    last_at: Timestamp(row.get(4)?),
                })
            };
            let rows = statement.query_map(params![outlet.0, first, since.0, id.0], read)?;
            sold.extend(rows.collect::<sql::Result<Vec<_>>>()?);
        }
        Ok(sold)
    })
    .await
}
