//! An edition goes live. In the file there is one writer, which the tills need: the edition is live by one row, and is then
//! written into the catalogue piece by piece while the tills already sell by it. On a server the products themselves are
//! written by one transaction; what searches read and what products cost since then follow piece by piece.
//!
//! What must stay true: until its last row is written, `settling` names it. In the file whoever reads `product_now` sees its
//! rows over those in `product`; a row counts in one of the two, never in both.

use std::collections::BTreeMap;

use domain::edition::EditionStatus;
use domain::ids::{EditionId, ListId};
use domain::time::Timestamp;

use super::rows::{self, Move, Staged};
use super::{Edition, find_in, follow, locked};
use crate::audit::{self, Entry};
use crate::catalogue::{self, Item};
use crate::job::{self, Job};
use crate::keys;
use crate::product;
use crate::recall::TEXT_OF;
use crate::sql::{self, Connection, OptionalExtension as _, params};
use crate::{Storage, StorageError};

/// Rows that are written in one piece, about: the one writer of the file is away from the tills for a few milliseconds.
const PIECE: i64 = 200;

/// Parts of `product_keys`.
const PARTS: i64 = keys::PARTS as i64;

/// What became of an edition whose time had come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flipped {
    /// It is live.
    Live,
    /// Another edition of the list is still being written, or a recall has just begun.
    Later,
    /// A product is recalled whose barcode or approval number it would change: its code. It waits for a person again.
    Recalled(String),
    /// It was given up, or somebody else goes on with it.
    Gone,
}

/// Makes a scheduled edition live: all of it, by one row.
pub async fn go_live(db: &Storage, job: Job, id: EditionId, now: Timestamp) -> Result<Flipped, StorageError> {
    // Looking for recalled products takes a large edition longer than the writer may be away.
    let (recall, stopped) =
        db.read(move |connection| Ok((last_recall(connection)?, recalled(connection, id)?))).await?;
    begin_prices(db, id).await?;
    db.write(move |connection| {
        let Some(edition) = locked(connection, id)? else { return Ok(Flipped::Gone) };
        if !job::keep(connection, &job, job.done, total(&edition), now)? {
            return Ok(Flipped::Gone);
        }
        match edition.status {
            EditionStatus::Scheduled => {}
            // Whoever held the job before made it live.
            EditionStatus::Live => return Ok(Flipped::Live),
            _ => return Ok(Flipped::Gone),
        }
        if settling(connection, edition.list)?.is_some() || last_recall(connection)? != recall {
            return Ok(Flipped::Later);
        }
        if let Some(code) = stopped {
            let sql = "UPDATE edition SET status = 'staged', effective_at = NULL, released_by = NULL WHERE id = ?1";
            connection.prepare_cached(sql)?.execute([id.0])?;
            job::fail(connection, &job, &code, now)?;
            return Ok(Flipped::Recalled(code));
        }
        let sql = "UPDATE edition SET status = 'live', live_at = ?2,
                number = (SELECT COALESCE(MAX(o.number), 0) + 1 FROM edition o WHERE o.list_id = ?3)
            WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([id.0, now.0, edition.list.0])?;
        let sql = "INSERT INTO settling (list_id, edition_id) VALUES (?1, ?2)";
        connection.prepare_cached(sql)?.execute([edition.list.0, id.0])?;
        if connection.sqlite().is_none() {
            write_products(connection, &edition, now)?;
        }
        audit::insert(connection, &entry(&edition.counts, id, edition.list, now))?;
        Ok(Flipped::Live)
    })
    .await
}

/// On a server, before an edition goes live: what its products have cost until now. It is true whether the edition goes live
/// or not, and need not keep the tills from the new prices.
async fn begin_prices(db: &Storage, id: EditionId) -> Result<(), StorageError> {
    db.write(move |connection| {
        let due = locked(connection, id)?.filter(|edition| edition.status == EditionStatus::Scheduled);
        if let Some(edition) = due.filter(|_| connection.sqlite().is_none()) {
            connection.execute_later(BEGIN_PRICES, params![id.0, FIRST, LAST, edition.list.0])?;
        }
        Ok(())
    })
    .await
}

/// On a server: writes all products of an edition. Those that it takes out are gone then, so that what all of them cost is
/// noted before.
fn write_products(connection: &Connection, edition: &Edition, now: Timestamp) -> sql::Result<()> {
    let (id, list) = (edition.id.0, edition.list.0);
    connection.execute_later(BEGIN_PRICES, params![id, FIRST, LAST, list])?;
    connection.execute_later(SAVE, params![id, FIRST, LAST, list])?;
    if edition.counts.removed > 0 {
        note_prices(connection, edition, (FIRST, LAST), now)?;
        connection.execute_later(REMOVE, params![id, FIRST, LAST, list])?;
    }
    Ok(())
}

/// What the audit log says of an edition that goes live. Who released it said so before.
fn entry(counts: &domain::edition::Counts, id: EditionId, list: ListId, at: Timestamp) -> Entry {
    let detail = format!(
        "added {}, changed {}, stopped {}, removed {}",
        counts.added, counts.changed, counts.stopped, counts.removed
    );
    Entry {
        at,
        person: None,
        merchant: list.merchant(),
        terminal: None,
        action: "edition_live",
        subject: format!("edition {}", id.0),
        detail,
        address: String::new(),
    }
}

/// The edition of a list that is being written.
pub(super) fn settling(connection: &Connection, list: ListId) -> sql::Result<Option<EditionId>> {
    let sql = "SELECT edition_id FROM settling WHERE list_id = ?1";
    connection.prepare_cached(sql)?.query_row([list.0], |row| Ok(EditionId(row.get(0)?))).optional()
}

/// The recall that was started last, 0 for none.
fn last_recall(connection: &Connection) -> sql::Result<i64> {
    connection.prepare_cached("SELECT COALESCE(MAX(id), 0) FROM recall")?.query_row([], |row| row.get(0))
}

/// A product that is recalled, whose barcode or approval number the edition changes, or which it adds.
fn recalled(connection: &Connection, id: EditionId) -> sql::Result<Option<String>> {
    let any = "SELECT EXISTS (SELECT 1 FROM recall WHERE ended_at IS NULL)";
    if !connection.prepare_cached(any)?.query_row([], |row| row.get::<_, bool>(0))? {
        return Ok(None);
    }
    let stored = format!(
        "SELECT p.code FROM edition e JOIN edition_row r ON r.edition_id = e.id AND r.found_otherwise = 1
            JOIN product p ON p.list_id = e.list_id AND p.code = r.code
        WHERE e.id = ?1 AND {TEXT_OF} IS NOT NULL LIMIT 1"
    );
    let staged = format!(
        "SELECT p.code FROM edition_row p
        WHERE p.edition_id = ?1 AND p.found_otherwise = 1 AND p.move <> 'remove' AND {TEXT_OF} IS NOT NULL LIMIT 1"
    );
    for sql in [stored, staged] {
        let found = connection.prepare_cached(&sql)?.query_row([id.0], |row| row.get(0)).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// What there is to do: the parts of the texts that searches read, then the rows.
fn total(edition: &Edition) -> i64 {
    edition.counts.all().saturating_add(PARTS)
}

/// Writes the next piece of a live edition into the catalogue: what searches read first, so that they soon find what is
/// sold, then the products in the order in which they are stored, so that a piece touches few pages of the file. Whether
/// the job goes on, with what is to do next.
pub async fn settle(db: &Storage, job: Job, id: EditionId, now: Timestamp) -> Result<Option<Job>, StorageError> {
    db.write(move |connection| {
        let live = locked(connection, id)?.filter(|one| one.status == EditionStatus::Live);
        let Some(edition) = live else { return Ok(None) };
        let next = match job.done {
            done if done < PARTS => {
                let first = done.max(0);
                let last = parts_of_a_piece(connection, id, first)?;
                write_texts(connection, edition.list, &texts(connection, &edition, (first, last))?)?;
                Some(last)
            }
            done => {
                let wrote = settle_rows(connection, &edition, now)?;
                (wrote > 0).then_some(done.saturating_add(wrote))
            }
        };
        if !job::keep(connection, &job, next.unwrap_or_else(|| total(&edition)), total(&edition), now)? {
            return Err(StorageError::NotWritten("somebody else goes on with the job".to_owned()));
        }
        if let Some(done) = next {
            return Ok(Some(Job { done, ..job }));
        }
        connection.prepare_cached("DELETE FROM settling WHERE list_id = ?1")?.execute([edition.list.0])?;
        job::end(connection, &job, now)?;
        Ok(None)
    })
    .await
}

/// The part behind the last one of a piece that begins with `first`.
fn parts_of_a_piece(connection: &Connection, id: EditionId, first: i64) -> sql::Result<i64> {
    let sql = "SELECT part FROM edition_row WHERE edition_id = ?1 AND part >= ?2 ORDER BY part, code LIMIT 1 OFFSET ?3";
    let part: Option<i64> =
        connection.prepare_cached(sql)?.query_row([id.0, first, PIECE], |row| row.get(0)).optional()?;
    // A part with more rows is a piece of its own.
    Ok(part.map_or(PARTS, |part| part.max(first.saturating_add(1))))
}

/// Writes the next products; how many.
fn settle_rows(connection: &Connection, edition: &Edition, now: Timestamp) -> sql::Result<i64> {
    let sql = "SELECT code FROM edition_row WHERE edition_id = ?1 AND settled = 0 ORDER BY code LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let codes = statement.query_map([edition.id.0, PIECE], |row| row.get(0))?;
    let codes: Vec<String> = codes.collect::<sql::Result<_>>()?;
    let [Some(first), Some(last)] = [codes.first(), codes.last()] else { return Ok(0) };
    write_rows(connection, edition, (first, last), now)?;
    follow_all(connection, edition.list, &codes)?;
    Ok(i64::try_from(codes.len()).unwrap_or(i64::MAX))
}

/// Before one product is written: writes what the edition that is being written says of it.
pub(crate) fn settle_one(connection: &Connection, list: ListId, code: &str) -> sql::Result<()> {
    let Some(id) = settling(connection, list)? else { return Ok(()) };
    let Some(edition) = find_in(connection, id)? else { return Ok(()) };
    let sql = "SELECT EXISTS (SELECT 1 FROM edition_row WHERE edition_id = ?1 AND code = ?2 AND settled = 0)";
    if !connection.prepare_cached(sql)?.query_row((id.0, code), |row| row.get(0))? {
        return Ok(());
    }
    let now = edition.live_at.unwrap_or(Timestamp(0));
    write_rows(connection, &edition, (code, code), now)?;
    let part = keys::part(code);
    let texts = texts(connection, &edition, (part, part.saturating_add(1)))?;
    let own: Vec<Text> = texts.into_iter().filter(|text| text.code == code).collect();
    write_texts(connection, list, &own)?;
    follow(connection, list, code)
}

/// Before all codes, and a sign that none has.
const FIRST: &str = "";
const LAST: &str = "\u{7f}";

/// Writes the products of an edition from one code to another, where that was not done for all, and what they cost since it
/// is live.
fn write_rows(connection: &Connection, edition: &Edition, codes: (&str, &str), now: Timestamp) -> sql::Result<()> {
    let (id, list, (first, last)) = (edition.id.0, edition.list.0, codes);
    let here = connection.sqlite().is_some();
    if here {
        connection.execute_later(BEGIN_PRICES, params![id, first, last, list])?;
        connection.execute_later(SAVE, params![id, first, last, list])?;
    }
    if here || edition.counts.removed == 0 {
        note_prices(connection, edition, codes, now)?;
    }
    if here {
        connection.execute_later(REMOVE, params![id, first, last, list])?;
    }
    connection.execute_later(SETTLE, params![id, first, last])?;
    Ok(())
}

/// What products of an edition cost since it is live.
fn note_prices(
    connection: &Connection,
    edition: &Edition,
    (first, last): (&str, &str),
    now: Timestamp,
) -> sql::Result<()> {
    let (id, list, since) = (edition.id.0, edition.list.0, edition.live_at.unwrap_or(now));
    let sql = "SELECT released_by FROM edition WHERE id = ?1";
    let by: Option<i64> = connection.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
    connection.execute_later(NOTE_PRICES, params![id, first, last, list, since.0, by])?;
    Ok(())
}

/// What the texts of searches need of a row.
struct Text {
    code: String,
    part: i64,
    /// Its categories now, before the edition and by it.
    categories: [Option<String>; 3],
    /// As it is sold now, whoever changed it last.
    now: Option<Item>,
}

/// The rows of the parts from the first up to the second.
fn texts(connection: &Connection, edition: &Edition, (first, end): (i64, i64)) -> sql::Result<Vec<Text>> {
    let sql = format!(
        "SELECT {}, r.part, r.settled, p.code IS NOT NULL, p.code, p.barcode, p.name, p.pinyin, p.spec, p.maker,
            p.approval_no, p.category, p.otc_class, p.unit, p.price, p.price_low, p.price_high, p.card_payable, p.active,
            p.sale_max, p.id_check, p.own
        FROM edition_row r LEFT JOIN product p ON p.list_id = ?4 AND p.code = r.code
        WHERE r.edition_id = ?1 AND r.part >= ?2 AND r.part < ?3 ORDER BY r.part, r.code",
        rows::COLUMNS
    );
    let here = connection.sqlite().is_some();
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map([edition.id.0, first, end, edition.list.0], |row| {
        let Staged { before, after, goes, .. } = rows::read(row)?;
        let (settled, stored): (bool, bool) = (row.get(22)?, row.get(23)?);
        let code = after.code.clone();
        // Where the list has its line, which may not be where the list above has the product.
        let listed: Option<String> = row.get(31)?;
        let categories = [listed, before.map(|before| before.category), Some(after.category.clone())];
        // A server has written all products before.
        let now = match (settled || !here, stored) {
            (true, true) => Some(catalogue::read_at(row, 24)?),
            (true, false) => None,
            (false, _) => Some(after).filter(|_| goes != Move::Remove),
        };
        Ok(Text { part: row.get(21)?, categories, now, code })
    })?;
    found.collect()
}

/// Writes what searches read of products.
fn write_texts(connection: &Connection, list: ListId, texts: &[Text]) -> sql::Result<()> {
    let mut edits: BTreeMap<(i64, &str), BTreeMap<&str, Option<String>>> = BTreeMap::new();
    for Text { code, part, categories, now } in texts {
        for category in categories.iter().flatten() {
            edits.entry((*part, category)).or_default().insert(code, None);
        }
        if let Some(now) = now {
            edits.entry((*part, &now.category)).or_default().insert(code, catalogue::searched(now).line());
        }
    }
    let edits = edits.into_iter().map(|((part, category), edits)| {
        (part, category, edits.into_iter().map(|(code, line)| (code.to_owned(), line)).collect())
    });
    product::replace(connection, list, &edits.collect::<Vec<_>>())
}

/// What the products of a piece have cost until now, of those that nobody changed before.
const BEGIN_PRICES: &str =
    "INSERT INTO product_price (list_id, code, since, price, price_low, price_high, card_payable,
        active, own, changed_by)
    SELECT p.list_id, p.code, 0, p.price, p.price_low, p.price_high, p.card_payable, p.active, p.own, NULL
    FROM edition_row r CROSS JOIN product p
    WHERE r.edition_id = ?1 AND r.code >= ?2 AND r.code <= ?3 AND r.settled = 0
        AND r.repriced = 1 AND p.list_id = ?4 AND p.code = r.code
        AND NOT EXISTS (SELECT 1 FROM product_price h WHERE h.list_id = ?4 AND h.code = r.code)";

/// The products of a piece as they are now; one that is taken out is stopped first.
const SAVE: &str = "INSERT INTO product (list_id, code, barcode, name, pinyin, spec, maker, approval_no, category,
        otc_class, unit, price, price_low, price_high, card_payable, active, sale_max, id_check, own, version)
    SELECT CAST(?4 AS BIGINT), r.code, r.barcode, r.name, r.pinyin, r.spec, r.maker, r.approval_no, r.category,
        r.otc_class, r.unit, r.price, r.price_low, r.price_high, r.card_payable,
        CASE WHEN r.move = 'remove' THEN 0 ELSE r.active END, r.sale_max, r.id_check, r.own, r.version
    FROM edition_row r
    WHERE r.edition_id = ?1 AND r.code >= ?2 AND r.code <= ?3 AND r.settled = 0
    ON CONFLICT (list_id, code) DO UPDATE SET barcode = excluded.barcode, name = excluded.name,
        pinyin = excluded.pinyin, spec = excluded.spec, maker = excluded.maker, approval_no = excluded.approval_no,
        category = excluded.category, otc_class = excluded.otc_class, unit = excluded.unit, price = excluded.price,
        price_low = excluded.price_low, price_high = excluded.price_high, card_payable = excluded.card_payable,
        active = excluded.active, sale_max = excluded.sale_max, id_check = excluded.id_check, own = excluded.own,
        version = excluded.version";

/// What they cost from the edition's moment on. A product that was changed at that moment counts from the next one.
const NOTE_PRICES: &str = "INSERT INTO product_price (list_id, code, since, price, price_low, price_high, card_payable,
        active, own, changed_by)
    SELECT p.list_id, p.code, COALESCE(h.last + 1, ?5), p.price, p.price_low, p.price_high, p.card_payable, p.active,
        p.own, ?6
    FROM edition_row r CROSS JOIN product p
        LEFT JOIN (SELECT code, MAX(since) AS last FROM product_price
            WHERE list_id = ?4 AND code >= ?2 AND code <= ?3 AND since >= ?5 GROUP BY code) AS h ON h.code = p.code
    WHERE r.edition_id = ?1 AND r.code >= ?2 AND r.code <= ?3 AND r.settled = 0
        AND r.repriced = 1 AND p.list_id = ?4 AND p.code = r.code";

/// Takes those out again that the edition takes out.
const REMOVE: &str = "DELETE FROM product WHERE list_id = ?4 AND code IN (SELECT r.code FROM edition_row r
        WHERE r.edition_id = ?1 AND r.code >= ?2 AND r.code <= ?3 AND r.settled = 0
            AND r.move = 'remove')";

/// The piece is in the catalogue.
const SETTLE: &str = "UPDATE edition_row SET settled = 1
    WHERE edition_id = ?1 AND code >= ?2 AND code <= ?3 AND settled = 0";

/// After products were written: what waits to change them changes with them.
fn follow_all<'a>(
    connection: &Connection,
    list: ListId,
    codes: impl IntoIterator<Item = &'a String>,
) -> sql::Result<()> {
    let sql = "SELECT EXISTS (SELECT 1 FROM edition
        WHERE list_id = ?1 AND status IN ('gathering', 'staged', 'scheduled'))";
    if connection.prepare_cached(sql)?.query_row([list.0], |row| row.get(0))? {
        codes.into_iter().try_for_each(|code| follow(connection, list, code))?;
    }
    Ok(())
}
