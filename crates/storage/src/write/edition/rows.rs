//! The rows of an edition: put together by a job, following what changes meanwhile, read for the page of differences.

use domain::edition::EditionStatus;
use domain::ids::{EditionId, ListId};
use domain::time::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{Edition, find_in, locked, release_return};
use crate::catalogue::{self, Item, Sheet, is_found_otherwise, said};
use crate::import;
use crate::job::{self, Job};
use crate::keys;
use crate::product_list::{self, Lists, Own};
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::{Storage, StorageError};

domain::words! {
    /// What an edition does to a product.
    pub enum Move {
        /// It was not there.
        Add = "add",
        /// It is changed.
        Change = "change",
        /// It is taken off sale.
        Stop = "stop",
        /// It is taken out again, because the edition that added it is taken back.
        Remove = "remove",
    }
}

impl Move {
    /// What happens to a product that stays.
    fn between(before: &Item, after: &Item) -> Self {
        if before.active && !after.active { Self::Stop } else { Self::Change }
    }
}

/// A product that an edition is to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// As it is; `None` for a new one.
    pub before: Option<Item>,
    /// Version of what it is.
    pub version: i64,
    /// As it is to be; the same for one that is taken out.
    pub after: Item,
    /// What happens to it.
    pub goes: Move,
}

/// The least move of a price that is more than 30 %, 1/10,000.
const FAR: i64 = 3_001;

/// Most that a move of a price is counted as, 1/10,000.
const MOVED_MAX: i64 = 1_000_000_000;

impl Staged {
    /// How far the price moves, 1/10,000, and whether it takes two persons.
    fn moved(&self) -> (i64, bool) {
        let Some(before) = self.before.as_ref().filter(|_| self.goes != Move::Remove) else { return (0, false) };
        let far = before.prices().needs_two(self.after.prices());
        let moved = match (before.price, self.after.price) {
            (Some(from), Some(to)) if from > 0 => {
                i64::try_from(i128::from(to.abs_diff(from)) * 10_000 / i128::from(from)).unwrap_or(MOVED_MAX)
            }
            _ => 0,
        };
        (if far { moved.max(FAR) } else { moved }.min(MOVED_MAX), far)
    }
}

/// What a row adds to the counts of its edition, with `sign` 1, or takes off, with -1.
fn count(
    connection: &Connection,
    edition: EditionId,
    rows: impl IntoIterator<Item = (Move, bool)>,
    sign: i64,
) -> sql::Result<()> {
    let mut sums = [0_i64; 5];
    for (goes, far) in rows {
        let place = match goes {
            Move::Add => 0,
            Move::Change => 1,
            Move::Stop => 2,
            Move::Remove => 3,
        };
        sums[place] += sign;
        sums[4] += if far { sign } else { 0 };
    }
    if sums == [0; 5] {
        return Ok(());
    }
    let sql = "UPDATE edition SET added = added + ?2, changed = changed + ?3, stopped = stopped + ?4,
            removed = removed + ?5, far = far + ?6 WHERE id = ?1";
    connection.execute_later(sql, params![edition.0, sums[0], sums[1], sums[2], sums[3], sums[4]])
}

/// Puts rows into an edition, as a piece of a job; `kept` products more are left as they are. Whether the job goes on.
pub async fn gather(
    db: &Storage,
    job: Job,
    edition: EditionId,
    rows: Vec<Staged>,
    kept: i64,
    progress: (i64, i64),
    now: Timestamp,
) -> Result<bool, StorageError> {
    let said = |row: Staged| Staged { after: said(row.before.as_ref(), row.after), ..row };
    put_rows(db, job, edition, (rows.into_iter().map(said).collect(), kept), progress, now).await
}

/// The same as the rows say it.
async fn put_rows(
    db: &Storage,
    job: Job,
    edition: EditionId,
    (rows, kept): (Vec<Staged>, i64),
    (done, total): (i64, i64),
    now: Timestamp,
) -> Result<bool, StorageError> {
    db.write(move |connection| {
        let gathering = locked(connection, edition)?.filter(|one| one.status == EditionStatus::Gathering);
        if gathering.is_none() || !job::keep(connection, &job, done, total, now)? {
            return Ok(false);
        }
        for row in &rows {
            insert(connection, edition, row)?;
        }
        count(connection, edition, rows.iter().map(|row| (row.goes, row.moved().1)), 1)?;
        if kept > 0 {
            let sql = "UPDATE edition SET kept = kept + ?2 WHERE id = ?1";
            connection.execute_later(sql, [edition.0, kept])?;
        }
        Ok(true)
    })
    .await
}

fn insert(connection: &Connection, edition: EditionId, row: &Staged) -> sql::Result<()> {
    let sql = "INSERT INTO edition_row (edition_id, code, part, move, before, barcode, name, pinyin, spec, maker,
            approval_no, category, otc_class, unit, price, price_low, price_high, card_payable, active, sale_max,
            id_check, own, version, moved, far, repriced, found_otherwise, settled)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25,
            ?26, ?27, 0)";
    let after = &row.after;
    let before = row.before.as_ref().map_or_else(|| Ok(String::new()), serde_json::to_string);
    let before = before.map_err(|error| sql::Error::unreadable(0, &error.to_string()))?;
    let otherwise = row.before.as_ref().is_none_or(|before| is_found_otherwise(before, after));
    let sold = |item: &Item| (item.prices(), item.card_payable, item.active, item.own);
    let same = row.before.as_ref().is_some_and(|before| row.goes != Move::Remove && sold(before) == sold(after));
    let repriced = !same;
    let (moved, far) = row.moved();
    connection.execute_later(
        sql,
        params![
            edition.0,
            after.code,
            keys::part(&after.code),
            row.goes.word(),
            before,
            after.barcode,
            after.name,
            after.pinyin,
            after.spec,
            after.maker,
            after.approval_no,
            after.category,
            after.otc_class,
            after.unit,
            after.price,
            after.price_low,
            after.price_high,
            after.card_payable,
            after.active,
            after.sale_max,
            after.id_check,
            after.own.bits(),
            row.version.saturating_add(1),
            moved,
            far,
            repriced,
            otherwise,
        ],
    )
}

/// The columns of a row: what happens, what was before, then the product as the catalogue reads it.
pub(super) const COLUMNS: &str = "r.code, r.barcode, r.name, r.pinyin, r.spec, r.maker, r.approval_no, r.category, \
     r.otc_class, r.unit, r.price, r.price_low, r.price_high, r.card_payable, r.active, r.sale_max, r.id_check, r.own, \
     r.version, r.move, r.before";

pub(super) fn read(row: &Row<'_>) -> sql::Result<Staged> {
    let before = match row.text(20)? {
        "" => None,
        json => Some(serde_json::from_str(json).map_err(|error| sql::Error::unreadable(20, &error.to_string()))?),
    };
    let version: i64 = row.get(18)?;
    Ok(Staged {
        before,
        version: version.saturating_sub(1),
        after: catalogue::read(row)?,
        goes: crate::books::rows::word(row, 19, Move::from_word)?,
    })
}

/// After a product changed: what waits to change it changes with it, but for the fields that it is itself about. The
/// caller holds the lock `catalogue` of the list.
pub(crate) fn follow(connection: &Connection, list: ListId, code: &str) -> sql::Result<()> {
    let sql = format!(
        "SELECT {COLUMNS}, e.id FROM edition e JOIN edition_row r ON r.edition_id = e.id AND r.code = ?2
        WHERE e.list_id = ?1 AND e.status IN ('gathering', 'staged', 'scheduled')"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map((list.0, code), |row| Ok((EditionId(row.get(21)?), read(row)?)))?;
    let found = found.collect::<sql::Result<Vec<_>>>()?;
    if found.is_empty() {
        return Ok(());
    }
    let lists = product_list::lists(connection, list)?;
    for (edition, row) in found {
        rebase(connection, lists, edition, &row)?;
    }
    Ok(())
}

/// Puts a row of an edition on the product as it is now.
fn rebase(connection: &Connection, lists: Lists, edition: EditionId, row: &Staged) -> sql::Result<()> {
    let code = &row.after.code;
    let found = catalogue::find(connection, lists, code)?;
    if found.as_ref().map_or(0, |found| found.row) == row.version {
        return Ok(());
    }
    count(connection, edition, [(row.goes, row.moved().1)], -1)?;
    connection.execute_later("DELETE FROM edition_row WHERE edition_id = ?1 AND code = ?2", (edition.0, code))?;
    let Some(Sheet { item: now, row: version, .. }) = found else { return Ok(()) };
    let after = match (row.goes, &row.before) {
        (Move::Remove, _) => Item { active: false, ..now.clone() },
        (_, None) => row.after.clone(),
        (_, Some(before)) => merge(before, &row.after, &now),
    };
    let after = said(Some(&now), after);
    if after == now {
        return Ok(());
    }
    let goes = Move::between(&now, &after);
    let row = Staged { before: Some(now), version, after, goes };
    insert(connection, edition, &row)?;
    count(connection, edition, [(row.goes, row.moved().1)], 1)
}

/// `now`, with what `to` changed of `from`.
pub(super) fn merge(from: &Item, to: &Item, now: &Item) -> Item {
    fn pick<T: PartialEq + Clone>(from: &T, to: &T, now: &T) -> T {
        if from == to { now.clone() } else { to.clone() }
    }
    Item {
        code: now.code.clone(),
        barcode: pick(&from.barcode, &to.barcode, &now.barcode),
        name: pick(&from.name, &to.name, &now.name),
        pinyin: pick(&from.pinyin, &to.pinyin, &now.pinyin),
        spec: pick(&from.spec, &to.spec, &now.spec),
        maker: pick(&from.maker, &to.maker, &now.maker),
        approval_no: pick(&from.approval_no, &to.approval_no, &now.approval_no),
        category: pick(&from.category, &to.category, &now.category),
        otc_class: pick(&from.otc_class, &to.otc_class, &now.otc_class),
        unit: pick(&from.unit, &to.unit, &now.unit),
        price: pick(&from.price, &to.price, &now.price),
        price_low: pick(&from.price_low, &to.price_low, &now.price_low),
        price_high: pick(&from.price_high, &to.price_high, &now.price_high),
        card_payable: pick(&from.card_payable, &to.card_payable, &now.card_payable),
        active: pick(&from.active, &to.active, &now.active),
        sale_max: pick(&from.sale_max, &to.sale_max, &now.sale_max),
        id_check: pick(&from.id_check, &to.id_check, &now.id_check),
        own: Own::merged(from.own, to.own, now.own),
    }
}

/// Rows that are put on the product as it is now in one piece.
const PIECE: u32 = 100;

/// After the last row: puts those rows on the products as they are now that changed between being read and being written
/// here. What changes later is followed at once.
pub async fn catch_up(db: &Storage, edition: EditionId) -> Result<(), StorageError> {
    loop {
        let behind = db.read(move |connection| Ok(behind(connection, edition)?)).await?;
        let last = behind.len() < PIECE as usize;
        let goes_on = db.write(move |connection| {
            // Once it is live, its products have the versions that it gave them.
            let gathering = locked(connection, edition)?.filter(|one| one.status == EditionStatus::Gathering);
            let Some(Edition { list, .. }) = gathering else { return Ok(false) };
            let lists = product_list::lists(connection, list)?;
            let sql = format!("SELECT {COLUMNS} FROM edition_row r WHERE r.edition_id = ?1 AND r.code = ?2");
            for code in &behind {
                let rows = connection.query_later(&sql, (edition.0, code))?.rows(read)?;
                rows.iter().try_for_each(|row| rebase(connection, lists, edition, row))?;
            }
            Ok(true)
        });
        if !goes_on.await? || last {
            return Ok(());
        }
    }
}

fn behind(connection: &Connection, edition: EditionId) -> sql::Result<Vec<String>> {
    let sql = "SELECT r.code FROM edition e JOIN edition_row r ON r.edition_id = e.id
        WHERE e.id = ?1 AND r.version <> 1 + COALESCE((SELECT p.version FROM product_now p
            WHERE p.list_id = e.list_id AND p.code = r.code), 0)
        LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map((edition.0, PIECE), |row| row.get(0))?;
    found.collect()
}

/// Rows of an edition that a server's planner had better know of.
const LARGE: i64 = 1_000;

/// The edition is together: it waits for somebody to release it. Whether the job went on until here.
pub async fn finish(db: &Storage, job: Job, edition: EditionId, now: Timestamp) -> Result<bool, StorageError> {
    let digest = digest(db, edition).await?;
    db.write(move |connection| {
        let gathering = locked(connection, edition)?.filter(|one| one.status == EditionStatus::Gathering);
        let Some(gathered) = gathering else { return Ok(false) };
        if !job::keep(connection, &job, job.done, job.done, now)? {
            return Ok(false);
        }
        // Nobody has to decide on a file that says what is there: it does not wait.
        let waits = gathered.undoes.is_some() || gathered.counts.all() > 0;
        let status = if waits { EditionStatus::Staged } else { EditionStatus::Dropped };
        let sql = "UPDATE edition SET status = ?3, digest = ?2 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute(params![edition.0, digest, status.word()])?;
        if connection.sqlite().is_none() && gathered.counts.all() > LARGE {
            // A server would plan for the few rows that it knew before.
            connection.execute_batch("ANALYZE edition_row")?;
        }
        import::checked(connection, edition)?;
        release_return(connection, &gathered, now)?;
        job::end(connection, &job, now)?;
        Ok(true)
    })
    .await
}

/// The codes of the rows that are there already, for whoever goes on with a job.
pub async fn codes(db: &Storage, edition: EditionId) -> Result<Vec<String>, StorageError> {
    db.read(move |connection| {
        let mut statement = connection.prepare_cached("SELECT code FROM edition_row WHERE edition_id = ?1")?;
        Ok(statement.query_map([edition.0], |row| row.get(0))?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Rows that are read at once.
const PAGE: u32 = 1_000;

/// A digest of what an edition is about: per product what happens to it, and the fields that change with their new values.
async fn digest(db: &Storage, edition: EditionId) -> Result<[u8; 32], StorageError> {
    let (mut hash, mut after) = (Sha256::new(), String::new());
    loop {
        let from = after.clone();
        let rows = db.read(move |connection| Ok(by_code(connection, edition, &from, PAGE)?)).await?;
        for row in &rows {
            hash.update(format!("{}\t{}", row.after.code, row.goes.word()));
            for (field, _, new) in differences(row) {
                hash.update(format!("\t{field}={new:?}"));
            }
            hash.update("\n");
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE as usize => after.clone_from(&last.after.code),
            _ => return Ok(hash.finalize().into()),
        }
    }
}

/// The row of a product.
pub(super) fn one(connection: &Connection, edition: EditionId, code: &str) -> sql::Result<Option<Staged>> {
    let sql = format!("SELECT {COLUMNS} FROM edition_row r WHERE r.edition_id = ?1 AND r.code = ?2");
    connection.prepare_cached(&sql)?.query_row((edition.0, code), read).optional()
}

pub(super) fn by_code(
    connection: &Connection,
    edition: EditionId,
    after: &str,
    limit: u32,
) -> sql::Result<Vec<Staged>> {
    let sql =
        format!("SELECT {COLUMNS} FROM edition_row r WHERE r.edition_id = ?1 AND r.code > ?2 ORDER BY r.code LIMIT ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map((edition.0, after, limit), read)?.collect()
}

/// The fields that a row changes: the name, what it was and what it will be, as plain texts.
fn differences(row: &Staged) -> Vec<(&'static str, String, String)> {
    let after = row.after.fields();
    match &row.before {
        None => after.into_iter().map(|(name, new)| (name, String::new(), new)).collect(),
        Some(before) => {
            let both = before.fields().into_iter().zip(after);
            let changed = both.filter(|((_, old), (_, new))| old != new);
            changed.map(|((name, old), (_, new))| (name, old, new)).collect()
        }
    }
}

/// A row for the page of differences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happens to which product.
    pub row: Staged,
    /// The fields that change: the name of the column, what it was and what it will be.
    pub fields: Vec<(&'static str, String, String)>,
    /// How far the price moves, 1/10,000.
    pub moved: i64,
    /// Whether it takes two persons.
    pub far: bool,
}

domain::words! {
    /// Which rows of an edition are read.
    pub enum Which {
        /// All, those first whose price moves most.
        All = "all",
        /// Those that take two persons.
        Far = "far",
        /// New products.
        Added = "added",
        /// Products that are taken off sale or out.
        Stopped = "stopped",
    }
}

/// Rows of an edition behind `after` (how far the price moves, and the code), those first whose price moves most.
pub async fn changes(
    db: &Storage,
    edition: EditionId,
    which: Which,
    after: Option<(i64, String)>,
    limit: u32,
) -> Result<Vec<Change>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {COLUMNS} FROM edition_row r WHERE r.edition_id = ?1 AND r.moved <= ?2 AND (r.moved < ?2 OR r.code > ?3)
                AND (?4 = 'all' OR ?4 = 'far' AND r.far = 1 OR ?4 = 'added' AND r.move = 'add'
                    OR ?4 = 'stopped' AND r.move IN ('stop', 'remove'))
            ORDER BY r.moved DESC, r.code LIMIT ?5"
        );
        let (moved, code) = after.unwrap_or((i64::MAX, String::new()));
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![edition.0, moved, code, which.word(), limit], read)?;
        let change = |row: Staged| {
            let (moved, far) = row.moved();
            Change { fields: differences(&row), row, moved, far }
        };
        Ok(rows.map(|row| row.map(change)).collect::<sql::Result<_>>()?)
    })
    .await
}

/// A piece of taking an edition back: puts the next rows together that return its products to what they were. What was
/// changed since is left as it is. Whether the job goes on, with what is to do next; `None` once all is together.
pub async fn undo_piece(
    db: &Storage,
    job: Job,
    edition: EditionId,
    now: Timestamp,
) -> Result<Option<Job>, StorageError> {
    let (from, last) = (job.done, job.last.clone());
    let read = move |connection: &Connection| {
        let Some(Edition { undoes: Some(undone), list, .. }) = find_in(connection, edition)? else {
            return Ok(None);
        };
        let last = match last {
            Some(last) => last,
            None => code_before(connection, undone, from)?,
        };
        let rows = by_code(connection, undone, &last, PIECE)?;
        let lists = product_list::lists(connection, list)?;
        let (mut back, mut kept) = (Vec::new(), 0);
        for row in &rows {
            match returned(row, catalogue::find(connection, lists, &row.after.code)?) {
                Returned::To(one) => back.push(*one),
                Returned::Already => {}
                Returned::Kept => kept += 1,
            }
        }
        let total: i64 = connection.query_row(
            "SELECT added + changed + stopped + removed FROM edition WHERE id = ?1",
            [undone.0],
            |row| row.get(0),
        )?;
        let last = rows.last().map(|row| row.after.code.clone());
        Ok(Some((rows.len(), last, back, kept, total)))
    };
    let Some((read, Some(last), back, kept, total)) = db.read(read).await? else { return Ok(None) };
    let done = from.saturating_add(i64::try_from(read).unwrap_or(i64::MAX));
    let next = Job { done, last: Some(last), ..job.clone() };
    let goes_on = put_rows(db, job, edition, (back, kept), (next.done, total), now).await?;
    Ok(goes_on.then_some(next))
}

/// The code of row number `count`; empty for none.
fn code_before(connection: &Connection, edition: EditionId, count: i64) -> sql::Result<String> {
    if count <= 0 {
        return Ok(String::new());
    }
    let sql = "SELECT code FROM edition_row WHERE edition_id = ?1 ORDER BY code LIMIT 1 OFFSET ?2";
    let found = connection.prepare_cached(sql)?.query_row([edition.0, count - 1], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or_default())
}

enum Returned {
    To(Box<Staged>),
    Already,
    Kept,
}

/// What takes a row back.
fn returned(row: &Staged, now: Option<Sheet>) -> Returned {
    let now = now.map(|now| (now.item, now.row));
    let to = |before, version, after, goes| Returned::To(Box::new(Staged { before, version, after, goes }));
    match (&row.before, now) {
        // It had been taken out, or somebody took it out since.
        (Some(before), None) => match row.goes {
            Move::Remove => to(None, 0, before.clone(), Move::Add),
            _ => Returned::Kept,
        },
        (None, None) => Returned::Already,
        (None, Some((now, version))) if now == row.after => to(Some(now.clone()), version, now, Move::Remove),
        (None, Some(_)) => Returned::Kept,
        (Some(_), Some(_)) if row.goes == Move::Remove => Returned::Kept,
        (Some(before), Some((now, version))) => {
            // What is still as the edition left it goes back; a field that was changed since stays.
            let after = merge(&row.after, before, &now);
            let theirs = merge(before, &row.after, &now) != now;
            match (theirs, after == now) {
                (true, _) => Returned::Kept,
                (false, true) => Returned::Already,
                (false, false) => {
                    let goes = Move::between(&now, &after);
                    to(Some(now), version, after, goes)
                }
            }
        }
    }
}
