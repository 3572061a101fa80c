//! Imports: files that somebody sent to change many products at once, how far they are, and what is wrong with them.
//!
//! What must stay true: a file with one fault changes nothing. What a file changes is an edition, which is put together
//! while the file is checked and goes live as any other does.

use domain::edition::EditionStatus;
use domain::ids::{EditionId, ListId, PersonId};
use domain::time::Timestamp;

use crate::audit::{self, Entry};
use crate::books::rows::word;
use crate::edition;
use crate::job::{self, Job, JobKind};
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::{Storage, StorageError};

domain::words! {
    /// What a file is about.
    pub enum ImportKind {
        /// Products with everything that is said of them.
        Products = "products",
        /// Prices of products that are there.
        Prices = "prices",
    }
}

domain::words! {
    /// What happens to products that a file does not name.
    pub enum Absent {
        /// They stay as they are.
        Keep = "keep",
        /// They are taken off sale.
        Stop = "stop",
    }
}

domain::words! {
    /// Where a file stands.
    pub enum ImportStatus {
        /// It is being sent.
        Sending = "sending",
        /// It is being checked.
        Checking = "checking",
        /// It is no table that can be read.
        Unreadable = "unreadable",
        /// Some of its cells are wrong. Nothing was changed.
        Wrong = "wrong",
        /// Nothing is wrong; what it changes is an edition.
        Checked = "checked",
        /// Somebody gave it up.
        Cancelled = "cancelled",
    }
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its number.
    pub id: i64,
    /// What it is about.
    pub kind: ImportKind,
    /// Which list's goods.
    pub list: ListId,
    /// The list's name.
    pub list_name: String,
    /// What happens to products that it does not name.
    pub absent: Absent,
    /// Its name.
    pub file_name: String,
    /// Bytes.
    pub size: i64,
    /// When it was sent.
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: String,
    /// Where it stands.
    pub status: ImportStatus,
    /// Why it cannot be read.
    pub problem: String,
    /// How it was written.
    pub coding: String,
    /// Rows of data that were read.
    pub lines: i64,
    /// Of them, those that change nothing.
    pub same: i64,
    /// Faults.
    pub wrong: i64,
    /// Whether it may let cards pay for more than they do.
    pub decides: bool,
    /// What it changes.
    pub edition: EditionId,
    /// When the same file was used before for the same goods, if its edition went live.
    pub before: Option<Timestamp>,
}

const COLUMNS: &str = "i.id, i.kind, i.list_id, n.name, i.absent, i.file_name, i.size, i.made_at, p.name, i.status, \
     i.problem, i.coding, i.lines, i.same, i.wrong, i.edition_id, \
     (SELECT MAX(o.made_at) FROM import o JOIN edition l ON l.id = o.edition_id AND l.status = 'live' \
        WHERE o.list_id = i.list_id AND o.id < i.id AND o.kind = i.kind AND o.digest = i.digest), \
     p.place = 'company' OR COALESCE(m.decides_payable, 0) = 1 \
     FROM import i JOIN product_list_name n ON n.id = i.list_id LEFT JOIN merchant m ON m.id = n.merchant_id JOIN person p ON p.id = i.made_by";

fn read(row: &Row<'_>) -> sql::Result<Import> {
    Ok(Import {
        id: row.get(0)?,
        kind: word(row, 1, ImportKind::from_word)?,
        list: ListId(row.get(2)?),
        list_name: row.get(3)?,
        absent: word(row, 4, Absent::from_word)?,
        file_name: row.get(5)?,
        size: row.get(6)?,
        made_at: Timestamp(row.get(7)?),
        made_by: row.get(8)?,
        status: word(row, 9, ImportStatus::from_word)?,
        problem: row.get(10)?,
        coding: row.get(11)?,
        lines: row.get(12)?,
        same: row.get(13)?,
        wrong: row.get(14)?,
        edition: EditionId(row.get(15)?),
        before: row.get::<_, Option<i64>>(16)?.map(Timestamp),
        decides: row.get(17)?,
    })
}

/// A file by its number, once all of it is here.
pub async fn find(db: &Storage, id: i64) -> Result<Option<Import>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT {COLUMNS} WHERE i.id = ?1 AND i.status <> 'sending'");
        Ok(connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
    })
    .await
}

/// Files below `before`, the latest first; of one merchant or of all.
pub async fn page(
    db: &Storage,
    list: Option<ListId>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Import>, StorageError> {
    db.read(move |connection| {
        let which = if list.is_some() { "i.list_id = ?3 AND i.id < ?1" } else { "i.id < ?1 AND ?3 = 0" };
        let sql = format!("SELECT {COLUMNS} WHERE {which} AND i.status <> 'sending' ORDER BY i.id DESC LIMIT ?2");
        let values = params![before.unwrap_or(i64::MAX), limit, list.map_or(0, |list| list.0)];
        let mut statement = connection.prepare_cached(&sql)?;
        Ok(statement.query_map(values, read)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Begins to take a file: its number.
pub async fn begin(db: &Storage, list: ListId, file_name: String, entry: Entry) -> Result<i64, StorageError> {
    begin_of(db, (ImportKind::Products.word(), Some(list)), file_name, entry).await
}

/// The same of any file; [`sent`] or that of a roll says which kind it is.
pub(crate) async fn begin_of(
    db: &Storage,
    (kind, list): (&'static str, Option<ListId>),
    file_name: String,
    entry: Entry,
) -> Result<i64, StorageError> {
    db.write(move |connection| {
        let nobody = || StorageError::NotWritten("a file is a person's".to_owned());
        let by = entry.person.ok_or_else(nobody)?;
        connection.lock_name("import", "")?;
        let id: i64 = connection.query_row("SELECT COALESCE(MAX(id), 0) + 1 FROM import", [], |row| row.get(0))?;
        let sql = "INSERT INTO import (id, kind, list_id, absent, file_name, size, digest, made_at, made_by, status,
                problem, coding, lines, same, wrong, edition_id)
            VALUES (?1, ?2, ?3, 'keep', ?4, 0, ?5, ?6, ?7, 'sending', '', '', 0, 0, 0, NULL)";
        let values = params![id, kind, list.map(|list| list.0), &file_name, Vec::new(), entry.at.0, by.0];
        connection.prepare_cached(sql)?.execute(values)?;
        audit::insert(connection, &Entry { subject: format!("import {id}"), ..entry })?;
        Ok(id)
    })
    .await
}

/// Bytes of a piece: one is written in a few milliseconds.
pub const PIECE: usize = 128 << 10;

/// Takes a piece of a file, the next of `size` bytes that are here already.
pub async fn take_piece(db: &Storage, id: i64, size: usize, bytes: Vec<u8>) -> Result<(), StorageError> {
    let piece = i64::try_from(size / PIECE).unwrap_or(i64::MAX);
    db.write(move |connection| {
        let sql = "INSERT INTO import_piece (import_id, piece, bytes) VALUES (?1, ?2, ?3)";
        connection.prepare_cached(sql)?.execute(params![id, piece, bytes])?;
        Ok(())
    })
    .await
}

/// A file that is here.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What it is about.
    pub kind: ImportKind,
    /// What happens to products that it does not name.
    pub absent: Absent,
    /// Bytes.
    pub size: usize,
    /// SHA-256 of it.
    pub digest: [u8; 32],
}

/// The whole file is here: it is to be checked, and what it changes is put together.
pub async fn sent(db: &Storage, id: i64, file: Sent, at: Timestamp) -> Result<(), StorageError> {
    db.write(move |connection| {
        connection.lock("SELECT id FROM import WHERE id = ?1", [id])?;
        let sql = "SELECT list_id, file_name, made_by FROM import WHERE id = ?1 AND status = 'sending'";
        let read = |row: &Row<'_>| Ok((ListId(row.get(0)?), row.get(1)?, PersonId(row.get(2)?)));
        let sending: Option<(_, String, _)> = connection.prepare_cached(sql)?.query_row([id], read).optional()?;
        let Some((list, name, by)) = sending else { return Ok(()) };
        let edition = edition::begin(connection, list, &name, None, (by, at))?;
        let sql =
            "UPDATE import SET status = 'checking', kind = ?2, absent = ?3, size = ?4, digest = ?5, edition_id = ?6
            WHERE id = ?1";
        let Sent { kind, absent, size, digest } = &file;
        let size = i64::try_from(*size).unwrap_or(i64::MAX);
        connection.prepare_cached(sql)?.execute(params![id, kind.word(), absent.word(), size, digest, edition.0])?;
        Ok(job::add(connection, JobKind::Check, id, Timestamp(0), at)?)
    })
    .await
}

/// The file as it was sent; empty once it is no longer kept.
pub async fn bytes(db: &Storage, id: i64) -> Result<Vec<u8>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT bytes FROM import_piece WHERE import_id = ?1 ORDER BY piece";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([id])?;
        let mut file = Vec::new();
        while let Some(row) = rows.next()? {
            if let sql::Value::Bytes(piece) = row.value(0)? {
                file.extend_from_slice(piece);
            }
        }
        Ok(file)
    })
    .await
}

/// Something that is wrong in a file, or that was left out of account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The line, as the program shows it that wrote the file.
    pub line: i64,
    /// The word of the column, or a heading that none has.
    pub field: String,
    /// What the cell says.
    pub value: String,
    /// What is wrong: a word.
    pub fault: String,
    /// What the advice names: another line, the value that may be meant.
    pub hint: String,
}

/// What came of reading a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// How it was written.
    pub coding: String,
    /// Rows of data.
    pub lines: i64,
    /// Rows that change nothing.
    pub same: i64,
    /// Faults.
    pub wrong: i64,
}

/// Keeps notes from `first` on, as a piece of the check. Whether it goes on.
pub async fn note(
    db: &Storage,
    job: Job,
    id: i64,
    (first, notes): (i64, Vec<Note>),
    now: Timestamp,
) -> Result<bool, StorageError> {
    db.write(move |connection| {
        if !job::keep(connection, &job, job.done, 0, now)? {
            return Ok(false);
        }
        for (number, note) in (first..).zip(&notes) {
            let sql = "INSERT INTO import_note (import_id, note, line, field, value, fault, hint)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (import_id, note) DO NOTHING";
            let Note { line, field, value, fault, hint } = note;
            connection.execute_later(sql, params![id, number, line, field, value, fault, hint])?;
        }
        Ok(true)
    })
    .await
}

/// The file is read: writes what was found. One with faults, or that cannot be read, ends here, with its edition.
pub async fn found(
    db: &Storage,
    job: Job,
    id: i64,
    status: ImportStatus,
    (findings, problem): (Findings, String),
    now: Timestamp,
) -> Result<bool, StorageError> {
    db.write(move |connection| {
        if !job::keep(connection, &job, job.done, 0, now)? {
            return Ok(false);
        }
        let sql = "UPDATE import SET status = ?2, problem = ?3, coding = ?4, lines = ?5, same = ?6, wrong = ?7
            WHERE id = ?1 AND status = 'checking'";
        let Findings { coding, lines, same, wrong } = &findings;
        connection.prepare_cached(sql)?.execute(params![id, status.word(), problem, coding, lines, same, wrong])?;
        if status != ImportStatus::Checking && status != ImportStatus::Checked {
            let sql = "UPDATE edition SET status = 'dropped' WHERE id = (SELECT edition_id FROM import WHERE id = ?1)";
            connection.prepare_cached(sql)?.execute([id])?;
            job::end(connection, &job, now)?;
        }
        Ok(true)
    })
    .await
}

/// Gives a file up: its check stops, and its edition never goes live. Whether it could be.
pub async fn give_up(db: &Storage, id: i64, entry: Entry) -> Result<bool, StorageError> {
    let Some(import) = find(db, id).await? else { return Ok(false) };
    let gone = edition::give_up(db, import.edition, entry.clone()).await?;
    db.write(move |connection| {
        let sql = "UPDATE import SET status = 'cancelled' WHERE id = ?1 AND status IN ('checking', 'checked')
                AND EXISTS (SELECT 1 FROM edition e WHERE e.id = edition_id AND e.status = ?2)";
        connection.prepare_cached(sql)?.execute(params![id, EditionStatus::Dropped.word()])?;
        job::cancel(connection, JobKind::Check, id, entry.at)?;
        Ok(gone)
    })
    .await
}

/// What is wrong with a file, from note `first` on.
pub async fn notes(db: &Storage, id: i64, first: i64, limit: u32) -> Result<Vec<Note>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT line, field, value, fault, hint FROM import_note WHERE import_id = ?1 AND note >= ?2
            ORDER BY note LIMIT ?3";
        let read = |row: &Row<'_>| {
            let [field, value, fault, hint] = [1, 2, 3, 4].map(|column| row.get(column));
            Ok(Note { line: row.get(0)?, field: field?, value: value?, fault: fault?, hint: hint? })
        };
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_map(params![id, first, limit], read)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Forgets a file before its time, a few pieces at a time. Whether there may be more.
pub async fn forget_file(db: &Storage, id: i64) -> Result<bool, StorageError> {
    db.write(move |connection| {
        let sql = "DELETE FROM import_piece WHERE import_id = ?1 AND piece < 8 + (SELECT MIN(piece) FROM import_piece
            WHERE import_id = ?1)";
        Ok(connection.prepare_cached(sql)?.execute([id])? > 0)
    })
    .await
}

/// How long a file is kept, microseconds: 90 days.
pub(crate) const KEPT_FOR: i64 = 90 * 24 * 3_600 * 1_000_000;

/// Forgets files that are older than 90 days: a few pieces at a time, the oldest first. Whether there may be more.
pub async fn forget(db: &Storage, now: Timestamp) -> Result<bool, StorageError> {
    db.write(move |connection| {
        let sql =
            "DELETE FROM import_piece WHERE (import_id, piece) IN (SELECT f.import_id, f.piece FROM import_piece f
            WHERE f.import_id = (SELECT i.id FROM import i WHERE i.id = (SELECT MIN(import_id) FROM import_piece)
                AND i.made_at < ?1) LIMIT 8)";
        let gone = connection.prepare_cached(sql)?.execute([now.0.saturating_sub(KEPT_FOR)])?;
        Ok(gone > 0)
    })
    .await
}

/// Marks a file as checked, inside the transaction that ends its job.
pub(crate) fn checked(connection: &Connection, edition: EditionId) -> sql::Result<()> {
    let sql = "UPDATE import SET status = 'checked' WHERE edition_id = ?1 AND status = 'checking'";
    connection.prepare_cached(sql)?.execute([edition.0])?;
    Ok(())
}
