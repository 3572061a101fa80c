//! Editions: many products of a list changed at one moment. An edition is put together row by row (`rows`), released by
//! a person or by two, goes live by one row that changes, and is then written into the catalogue piece by piece (`live`).
//!
//! What must stay true:
//! - Nothing of an edition is sold before it is live, and all of it from that moment on (`product_now`).
//! - What takes two persons of the card company ([`Counts::needs_two`]) is released by an approval only.
//! - A product that changes while an edition waits changes in the edition as well, but for what the edition itself is
//!   about, so that a price file never takes back a name.

mod live;
mod rows;

use std::collections::BTreeMap;

use domain::acts;
use domain::edition::{Counts, EditionStatus, can_be_for};
use domain::ids::{EditionId, ListId, PersonId};
use domain::time::Timestamp;

use crate::audit::{self, Entry};
use crate::books::rows::word;
use crate::catalogue::{self, Item, Keeper, Sheet};
use crate::job::{self, JobKind};
use crate::product_list::{self, Lists, Own};
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::vault::hex;
use crate::{Storage, StorageError};

pub(crate) use live::settle_one;
pub use live::{Flipped, go_live, settle};
pub(crate) use rows::follow;
pub use rows::{Change, Move, Staged, Which, catch_up, changes, codes, finish, gather, undo_piece};

/// An edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Its number in the database.
    pub id: EditionId,
    /// Which list's goods.
    pub list: ListId,
    /// Where it stands.
    pub status: EditionStatus,
    /// Counts the list's live editions from 1.
    pub number: Option<i64>,
    /// The edition that it takes back.
    pub undoes: Option<EditionId>,
    /// The edition that took it back.
    pub undone_by: Option<EditionId>,
    /// The name of the file that it comes from.
    pub source: String,
    /// When it was begun.
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: String,
    /// How much it changes.
    pub counts: Counts,
    /// Products that it leaves as they are, because they were changed after what it takes back.
    pub kept: i64,
    /// When it is to be live; 0 for at once.
    pub effective_at: Option<Timestamp>,
    /// Who released it.
    pub released_by: Option<String>,
    /// Since when it is live.
    pub live_at: Option<Timestamp>,
    /// A later one is live.
    pub superseded: bool,
    /// The import that it comes from.
    pub import: Option<i64>,
}

const COLUMNS: &str = "e.id, e.list_id, e.status, e.number, e.undoes, (SELECT MIN(u.id) FROM edition u WHERE u.undoes = e.id \
     AND u.status IN ('scheduled', 'live')), e.source, e.made_at, p.name, e.added, e.changed, e.stopped, e.removed, e.far, \
     e.kept, e.effective_at, r.name, e.live_at, COALESCE((SELECT MAX(l.number) FROM edition l \
     WHERE l.list_id = e.list_id AND l.number IS NOT NULL) > e.number, 1 = 0), (SELECT MIN(i.id) FROM import i WHERE i.edition_id = e.id) \
     FROM edition e JOIN person p ON p.id = e.made_by LEFT JOIN person r ON r.id = e.released_by";

fn read(row: &Row<'_>) -> sql::Result<Edition> {
    let edition = |column| row.get::<_, Option<i64>>(column).map(|id| id.map(EditionId));
    let moment = |column| row.get::<_, Option<i64>>(column).map(|at| at.map(Timestamp));
    Ok(Edition {
        id: EditionId(row.get(0)?),
        list: ListId(row.get(1)?),
        status: word(row, 2, EditionStatus::from_word)?,
        number: row.get(3)?,
        undoes: edition(4)?,
        undone_by: edition(5)?,
        source: row.get(6)?,
        made_at: Timestamp(row.get(7)?),
        made_by: row.get(8)?,
        counts: counts(row, 9)?,
        kept: row.get(14)?,
        effective_at: moment(15)?,
        released_by: row.get(16)?,
        live_at: moment(17)?,
        superseded: row.get(18)?,
        import: row.get(19)?,
    })
}

/// Counts from five columns.
fn counts(row: &Row<'_>, column: usize) -> sql::Result<Counts> {
    Ok(Counts {
        added: row.get(column)?,
        changed: row.get(column + 1)?,
        stopped: row.get(column + 2)?,
        removed: row.get(column + 3)?,
        far: row.get(column + 4)?,
    })
}

/// An edition by its number in the database.
pub async fn find(db: &Storage, id: EditionId) -> Result<Option<Edition>, StorageError> {
    db.read(move |connection| Ok(find_in(connection, id)?)).await
}

fn find_in(connection: &Connection, id: EditionId) -> sql::Result<Option<Edition>> {
    let sql = format!("SELECT {COLUMNS} WHERE e.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.0], read).optional()
}

/// A list's editions below `before`, the latest first, without those that nobody released.
pub async fn page(
    db: &Storage,
    list: ListId,
    before: Option<EditionId>,
    limit: u32,
) -> Result<Vec<Edition>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {COLUMNS} WHERE e.list_id = ?1 AND e.id < ?2 AND e.status IN ('scheduled', 'live')
            ORDER BY e.id DESC LIMIT ?3"
        );
        let before = before.map_or(i64::MAX, |id| id.0);
        let mut statement = connection.prepare_cached(&sql)?;
        Ok(statement.query_map(params![list.0, before, limit], read)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// What a product will cost once an edition is live that is released already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coming {
    /// The edition.
    pub edition: EditionId,
    /// From when on.
    pub at: Timestamp,
    /// As it will be sold.
    pub item: Item,
}

/// What is to become of these products of a list, the next change of each: by an edition of the list, or by one of a list
/// above, as far as that is what counts.
pub async fn coming(db: &Storage, list: ListId, codes: Vec<String>) -> Result<BTreeMap<String, Coming>, StorageError> {
    db.read(move |connection| {
        let lists = product_list::lists(connection, list)?;
        let mut waiting = Vec::new();
        for from in lists.each() {
            let sql = "SELECT id, effective_at FROM edition WHERE list_id = ?1 AND status = 'scheduled'
                ORDER BY effective_at, id";
            let mut statement = connection.prepare_cached(sql)?;
            let read = |row: &Row<'_>| Ok((Timestamp(row.get(1)?), EditionId(row.get(0)?), from));
            waiting.extend(statement.query_map([from.0], read)?.collect::<sql::Result<Vec<_>>>()?);
        }
        waiting.sort_unstable();
        let mut coming = BTreeMap::new();
        for (at, edition, from) in waiting {
            for code in codes.iter().filter(|code| !coming.contains_key(*code)).cloned().collect::<Vec<_>>() {
                let Some(row) = rows::one(connection, edition, &code)? else { continue };
                let item = if from == list { Some(row.after) } else { seen_below(connection, lists, row.after)? };
                coming.extend(item.map(|item| (code, Coming { edition, at, item })));
            }
        }
        Ok(coming)
    })
    .await
}

/// A product as a list sells it once a list above has it so; `None` where that changes nothing that is shown.
fn seen_below(connection: &Connection, lists: Lists, above: Item) -> sql::Result<Option<Item>> {
    let Some(Sheet { item: now, .. }) = catalogue::find(connection, lists, &above.code)? else {
        return Ok(Some(above));
    };
    let Own { prices, sale, .. } = now.own;
    let active = if sale { now.active } else { above.active };
    let then = Item { active, ..now.clone().at(if prices { now.prices() } else { above.prices() }) };
    Ok((then != now).then_some(then))
}

/// Begins an edition, inside the caller's transaction.
pub(crate) fn begin(
    connection: &Connection,
    list: ListId,
    source: &str,
    undoes: Option<EditionId>,
    (by, at): (PersonId, Timestamp),
) -> sql::Result<EditionId> {
    connection.lock_name("edition", "")?;
    let id: i64 = connection.query_row("SELECT COALESCE(MAX(id), 0) + 1 FROM edition", [], |row| row.get(0))?;
    let sql = "INSERT INTO edition (id, list_id, status, number, undoes, source, made_at, made_by, added, changed,
            stopped, removed, far, kept, digest, effective_at, released_by, live_at)
        VALUES (?1, ?2, 'gathering', NULL, ?3, ?4, ?5, ?6, 0, 0, 0, 0, 0, 0, ?7, NULL, NULL, NULL)";
    let values = params![id, list.0, undoes.map(|id| id.0), source, at.0, by.0, Vec::new()];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(EditionId(id))
}

/// An edition as a decision sees it.
pub(crate) fn row(connection: &Connection, id: EditionId) -> sql::Result<Option<acts::Edition>> {
    let sql = "SELECT n.name, e.source, e.added, e.changed, e.stopped, e.removed, e.far, e.digest, e.status
        FROM edition e JOIN product_list_name n ON n.id = e.list_id WHERE e.id = ?1";
    let read = |row: &Row<'_>| {
        Ok(acts::Edition {
            list: row.get(0)?,
            source: row.get(1)?,
            counts: counts(row, 2)?,
            digest: hex(&row.get::<_, Vec<u8>>(7)?),
            status: word(row, 8, EditionStatus::from_word)?,
        })
    };
    connection.prepare_cached(sql)?.query_row([id.0], read).optional()
}

/// Whose goods an edition changes.
pub(crate) fn list_of(connection: &Connection, id: EditionId) -> sql::Result<Option<ListId>> {
    let sql = "SELECT list_id FROM edition WHERE id = ?1";
    connection.prepare_cached(sql)?.query_row([id.0], |row| Ok(ListId(row.get(0)?))).optional()
}

/// Lets an edition go live, at a moment or at once, inside the transaction of the decision.
pub(crate) fn release(
    connection: &Connection,
    id: EditionId,
    effective_at: Option<Timestamp>,
    by: PersonId,
    at: Timestamp,
) -> sql::Result<()> {
    let due = effective_at.unwrap_or(Timestamp(0));
    let sql = "UPDATE edition SET status = 'scheduled', effective_at = ?2, released_by = ?3 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute([id.0, due.0, by.0])?;
    job::add(connection, JobKind::Publish, id.0, due, at)
}

/// What became of one person's word that an edition shall go live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// It will, at its moment.
    Done,
    /// It takes two persons. Nothing changed.
    TakesTwo,
    /// Another edition of the list is being written, which may change what this one does. Nothing changed.
    Later,
    /// It was released or given up before, changes nothing, or is for a moment that is too far away.
    Gone,
}

/// Lets an edition go live on one person's word, if that is enough.
pub async fn publish(
    db: &Storage,
    (keeper, id): (Keeper, EditionId),
    effective_at: Option<Timestamp>,
    entry: Entry,
) -> Result<Released, StorageError> {
    db.write(move |connection| {
        let Some(edition) = locked(connection, id)? else { return Ok(Released::Gone) };
        match edition.status {
            EditionStatus::Staged if edition.counts.all() == 0 || !can_be_for(effective_at, entry.at) => {
                return Ok(Released::Gone);
            }
            // Only once its rows follow what is being written is it known what they are.
            EditionStatus::Staged if live::settling(connection, edition.list)?.is_some() => {
                return Ok(Released::Later);
            }
            EditionStatus::Staged if keeper == Keeper::Company && edition.counts.needs_two() => {
                return Ok(Released::TakesTwo);
            }
            EditionStatus::Staged => {}
            _ => return Ok(Released::Gone),
        }
        let by = entry.person.ok_or_else(nobody)?;
        release(connection, id, effective_at, by, entry.at)?;
        audit::insert(connection, &entry)?;
        Ok(Released::Done)
    })
    .await
}

fn nobody() -> StorageError {
    StorageError::NotWritten("an edition is a person's".to_owned())
}

/// An edition after the list's other changes of products took their turn.
fn locked(connection: &Connection, id: EditionId) -> sql::Result<Option<Edition>> {
    if let Some(list) = list_of(connection, id)? {
        connection.lock_name("catalogue", &list.0.to_string())?;
    }
    find_in(connection, id)
}

/// Gives an edition up that is not live; whether it was one.
pub async fn give_up(db: &Storage, id: EditionId, entry: Entry) -> Result<bool, StorageError> {
    db.write(move |connection| {
        let Some(edition) = locked(connection, id)? else { return Ok(false) };
        if !matches!(edition.status, EditionStatus::Gathering | EditionStatus::Staged | EditionStatus::Scheduled) {
            return Ok(false);
        }
        let sql = "UPDATE edition SET status = 'dropped' WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([id.0])?;
        for kind in [JobKind::Publish, JobKind::Undo] {
            job::cancel(connection, kind, id.0, entry.at)?;
        }
        audit::insert(connection, &entry)?;
        Ok(true)
    })
    .await
}

/// Begins to take a live edition back: the edition that does so, which a job puts together. The same again is the one
/// that was begun.
pub async fn undo(db: &Storage, id: EditionId, entry: Entry) -> Result<Option<EditionId>, StorageError> {
    db.write(move |connection| {
        let Some(edition) = locked(connection, id)? else { return Ok(None) };
        if edition.status != EditionStatus::Live {
            return Ok(None);
        }
        let sql = "SELECT MIN(id) FROM edition WHERE undoes = ?1 AND status <> 'dropped'";
        if let Some(begun) = connection.prepare_cached(sql)?.query_row([id.0], |row| row.get::<_, Option<i64>>(0))? {
            return Ok(Some(EditionId(begun)));
        }
        let by = entry.person.ok_or_else(nobody)?;
        let begun = begin(connection, edition.list, &edition.source, Some(id), (by, entry.at))?;
        job::add(connection, JobKind::Undo, begun.0, Timestamp(0), entry.at)?;
        audit::insert(connection, &entry)?;
        Ok(Some(begun))
    })
    .await
}

/// Lets an edition go live that takes back the latest one of its list, if nothing of that was changed since: it returns
/// what was, which had been released before. Everything else waits to be looked at.
pub(crate) fn release_return(connection: &Connection, edition: &Edition, at: Timestamp) -> sql::Result<()> {
    let Edition { id, undoes: Some(undone), kept: 0, .. } = edition else { return Ok(()) };
    if find_in(connection, *undone)?.is_none_or(|undone| undone.superseded) {
        return Ok(());
    }
    let sql = "SELECT made_by FROM edition WHERE id = ?1";
    let by = connection.prepare_cached(sql)?.query_row([id.0], |row| Ok(PersonId(row.get(0)?)))?;
    release(connection, *id, None, by, at)
}
