//! Rolls: files about outlets or people, how far they are, what they change, and writing it.
//!
//! What must stay true:
//! - A file with one fault changes nothing, and nothing is written before somebody confirms it.
//! - Each row is written whole, by what the forms use, and once. Rows are written in pieces, so that tills are not kept
//!   waiting: a new outlet takes no money before two persons open it, and a new person does not sign in before somebody gives
//!   them a password, so that half of a roll does nothing.
//! - What somebody changed after the check is left as it is, and named.

use domain::ids::PersonId;
use domain::time::Timestamp;

use crate::audit::{self, Entry};
use crate::books::rows::word;
use crate::import::{self, Findings, KEPT_FOR};
use crate::job::{self, Job, JobKind};
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::{Storage, StorageError};

mod enter;
mod known;
mod line;

pub use enter::{Piece, enter, password_less, passwords, retract_piece, to_propose};
pub use known::{KnownMerchant, KnownOutlet, KnownPerson, Namesake, merchants, outlet_lines, outlet_places, outlets};
pub use known::{people, phones};
pub use line::{Field, Line, OTHER, OutletLine, PersonLine};

domain::words! {
    /// What a roll is about.
    pub enum RollKind {
        /// Outlets, with the number of their terminals.
        Outlets = "outlets",
        /// People.
        People = "people",
    }
}

domain::words! {
    /// Where a roll stands.
    pub enum RollStatus {
        /// It is being sent.
        Sending = "sending",
        /// It is being checked.
        Checking = "checking",
        /// It is no table that can be read.
        Unreadable = "unreadable",
        /// Some of its cells are wrong. Nothing was changed.
        Wrong = "wrong",
        /// Nothing is wrong; somebody confirms it.
        Checked = "checked",
        /// Somebody gave it up.
        Cancelled = "cancelled",
        /// It is being written.
        Entering = "entering",
        /// It is written.
        Entered = "entered",
        /// It is being taken back.
        Retracting = "retracting",
        /// It is taken back, but for what was used or changed since.
        Retracted = "retracted",
    }
}

domain::words! {
    /// What a row does.
    pub enum Move {
        /// It makes somebody or something new.
        Add = "add",
        /// It changes what is there.
        Change = "change",
    }
}

domain::words! {
    /// Where a row stands.
    pub enum RowState {
        /// It is not written yet.
        Waiting = "waiting",
        /// It is written.
        Written = "written",
        /// It was not written, because something else happened after the check.
        Left = "left",
        /// It is taken back.
        Retracted = "retracted",
        /// It was not taken back, because it was used or changed since.
        Kept = "kept",
    }
}

domain::words! {
    /// Why a row was left or kept.
    pub enum Why {
        /// Somebody changed what it is about.
        Changed = "changed",
        /// Somebody took the login name, the phone, or the name of the outlet.
        Taken = "taken",
        /// The merchant or outlet is closed, or the person has left.
        Closed = "closed",
        /// The person who had it written or taken back may not do that.
        Right = "right",
        /// No number is left.
        Full = "full",
        /// It was used: an outlet that two persons opened, where people belong, or with an enrolled till; somebody who
        /// signed in.
        Used = "used",
    }
}

/// A roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roll {
    /// Its number.
    pub id: i64,
    /// What it is about.
    pub kind: RollKind,
    /// Name of the file.
    pub file_name: String,
    /// When it was sent.
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: PersonId,
    /// That person's name.
    pub made_by_name: String,
    /// Where it stands.
    pub status: RollStatus,
    /// Why it cannot be read.
    pub problem: String,
    /// What was found when it was read.
    pub findings: Findings,
    /// The person who had it written, or then taken back, with the name, and when.
    pub acted: Option<(PersonId, String, Timestamp)>,
    /// When the same file was confirmed before.
    pub before: Option<Timestamp>,
}

const COLUMNS: &str = "i.id, i.kind, i.file_name, i.made_at, i.made_by, p.name, i.status, i.problem, i.coding, i.lines, \
     i.same, i.wrong, i.acted_by, (SELECT e.name FROM person e WHERE e.id = i.acted_by), i.acted_at";
/// When the same file was confirmed before: for the page of one roll.
const BEFORE: &str = "(SELECT MAX(o.acted_at) FROM import o WHERE o.list_id IS NULL AND o.id < i.id \
     AND o.kind = i.kind AND o.digest = i.digest AND o.status IN ('entering', 'entered'))";
const ROLLS: &str = "import i JOIN person p ON p.id = i.made_by WHERE i.list_id IS NULL AND i.status <> 'sending'";

fn read(row: &Row<'_>) -> sql::Result<Roll> {
    let by: Option<(i64, String)> = row.get::<_, Option<i64>>(12)?.zip(row.get(13)?);
    Ok(Roll {
        id: row.get(0)?,
        kind: word(row, 1, RollKind::from_word)?,
        file_name: row.get(2)?,
        made_at: Timestamp(row.get(3)?),
        made_by: PersonId(row.get(4)?),
        made_by_name: row.get(5)?,
        status: word(row, 6, RollStatus::from_word)?,
        problem: row.get(7)?,
        findings: Findings { coding: row.get(8)?, lines: row.get(9)?, same: row.get(10)?, wrong: row.get(11)? },
        acted: by.zip(row.get::<_, Option<i64>>(14)?).map(|((id, name), at)| (PersonId(id), name, Timestamp(at))),
        before: row.get::<_, Option<i64>>(15)?.map(Timestamp),
    })
}

/// A roll by its number, once all of the file is here.
pub async fn find(db: &Storage, id: i64) -> Result<Option<Roll>, StorageError> {
    db.read(move |connection| Ok(find_in(connection, id)?)).await
}

fn find_in(connection: &Connection, id: i64) -> sql::Result<Option<Roll>> {
    let sql = format!("SELECT {COLUMNS}, {BEFORE} FROM {ROLLS} AND i.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], read).optional()
}

/// Rolls below `before`, the latest first; [`Roll::before`] is not looked for.
pub async fn page(db: &Storage, before: Option<i64>, limit: u32) -> Result<Vec<Roll>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT {COLUMNS}, NULL FROM {ROLLS} AND i.id < ?1 ORDER BY i.id DESC LIMIT ?2");
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![before.unwrap_or(i64::MAX), limit], read)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Begins to take a roll: its number. The file is taken by `import::take_piece`.
pub async fn begin(db: &Storage, file_name: String, entry: Entry) -> Result<i64, StorageError> {
    import::begin_of(db, (RollKind::Outlets.word(), None), file_name, entry).await
}

/// The whole file is here, `size` bytes with this SHA-256: it is to be checked.
pub async fn sent(
    db: &Storage,
    id: i64,
    kind: RollKind,
    (size, digest): (usize, [u8; 32]),
    at: Timestamp,
) -> Result<(), StorageError> {
    db.write(move |connection| {
        let sql = "UPDATE import SET status = 'checking', kind = ?2, size = ?3, digest = ?4
            WHERE id = ?1 AND status = 'sending' AND list_id IS NULL";
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        if connection.prepare_cached(sql)?.execute(params![id, kind.word(), size, digest])? == 1 {
            job::add(connection, JobKind::Check, id, Timestamp(0), at)?;
        }
        Ok(())
    })
    .await
}

/// A row that a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The line of the file.
    pub line: u32,
    /// The outlet or person that it changes, with the version and as it is; none for a new one.
    pub before: Option<(i64, i64, Line)>,
    /// As it is to be.
    pub after: Line,
}

/// Keeps rows from `first` on, as a piece of the check. Whether it goes on.
pub async fn keep(
    db: &Storage,
    job: Job,
    id: i64,
    (first, rows): (i64, Vec<Found>),
    total: i64,
    now: Timestamp,
) -> Result<bool, StorageError> {
    db.write(move |connection| {
        if !job::keep(connection, &job, first, total, now)? {
            return Ok(false);
        }
        for (number, row) in (first..).zip(&rows) {
            // A check that was killed begins anew, and finds what there is then.
            let sql =
                "INSERT INTO roll_row (import_id, number, line, move, subject, version, login, before, after, state,
                    why) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'waiting', '')
                ON CONFLICT (import_id, number) DO UPDATE SET line = excluded.line, move = excluded.move,
                    subject = excluded.subject, version = excluded.version, login = excluded.login,
                    before = excluded.before, after = excluded.after";
            let (subject, version, before) = match &row.before {
                Some((subject, version, before)) => (Some(*subject), *version, before.text()),
                None => (None, 0, String::new()),
            };
            let made = if row.before.is_some() { Move::Change } else { Move::Add };
            let (login, after) = (row.after.login(), row.after.text());
            let values = params![id, number, row.line, made.word(), subject, version, login, before, after];
            connection.execute_later(sql, values)?;
        }
        Ok(true)
    })
    .await
}

/// The check is over: writes what was found. `rows` rows were kept.
pub async fn checked(
    db: &Storage,
    job: Job,
    id: i64,
    (status, findings, problem): (RollStatus, Findings, String),
    rows: i64,
    now: Timestamp,
) -> Result<bool, StorageError> {
    db.write(move |connection| {
        if !job::keep(connection, &job, rows, rows, now)? {
            return Ok(false);
        }
        // Of a check that was killed and found more.
        connection.prepare_cached("DELETE FROM roll_row WHERE import_id = ?1 AND number >= ?2")?.execute([id, rows])?;
        let sql = "UPDATE import SET status = ?2, problem = ?3, coding = ?4, lines = ?5, same = ?6, wrong = ?7
            WHERE id = ?1 AND status = 'checking'";
        let Findings { coding, lines, same, wrong } = &findings;
        connection.prepare_cached(sql)?.execute(params![id, status.word(), problem, coding, lines, same, wrong])?;
        job::end(connection, &job, now)?;
        Ok(true)
    })
    .await
}

/// A row as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollRow {
    /// Its place in the roll, from 0.
    pub number: i64,
    /// The line of the file.
    pub line: i64,
    /// The outlet or person, once there is one.
    pub subject: Option<i64>,
    /// Of what it changes, or made.
    pub version: i64,
    /// As it was; none for a new one.
    pub before: Option<Line>,
    /// As it is to be.
    pub after: Line,
    /// Where it stands.
    pub state: RowState,
    /// Why it was left or kept.
    pub why: Option<Why>,
}

impl RollRow {
    /// The fields that change, with what they were: of a new one, all that are not empty.
    pub fn changes(&self) -> Vec<(Field, String, String)> {
        let after = self.after.fields();
        let before = self.before.as_ref().map_or_else(Vec::new, Line::fields);
        let was = |field: Field| before.iter().find(|(one, _)| *one == field).map_or("", |(_, value)| value).to_owned();
        let all = after.into_iter().map(|(field, is)| (field, was(field), is));
        all.filter(|(_, was, is)| was != is).collect()
    }
}

const ROW: &str = "r.number, r.line, r.subject, r.version, r.before, r.after, r.state, r.why FROM roll_row r";

fn read_row(row: &Row<'_>) -> sql::Result<RollRow> {
    let before: String = row.get(4)?;
    let before = if before.is_empty() { None } else { Some(word(row, 4, Line::read)?) };
    let why: String = row.get(7)?;
    Ok(RollRow {
        number: row.get(0)?,
        line: row.get(1)?,
        subject: row.get(2)?,
        version: row.get(3)?,
        before,
        after: word(row, 5, Line::read)?,
        state: word(row, 6, RowState::from_word)?,
        why: if why.is_empty() { None } else { Some(word(row, 7, Why::from_word)?) },
    })
}

domain::words! {
    /// Which rows a page shows.
    pub enum Which {
        /// All of them.
        All = "all",
        /// Those that make something new.
        Added = "add",
        /// Those that change something.
        Changed = "change",
        /// Those that were left or kept.
        Left = "left",
    }
}

/// Rows after number `after`, in the order of the file.
pub async fn rows(db: &Storage, id: i64, which: Which, after: i64, limit: u32) -> Result<Vec<RollRow>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {ROW} WHERE r.import_id = ?1 AND r.number > ?2
                AND (?3 = 'all' OR r.move = ?3 OR (?3 = 'left' AND r.state IN ('left', 'kept')))
            ORDER BY r.number LIMIT ?4"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![id, after, which.word(), limit], read_row)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// New ones.
    pub added: i64,
    /// Changed ones.
    pub changed: i64,
    /// Of all of them, those that were left, or kept when it was taken back.
    pub left: i64,
}

impl Counts {
    /// All rows.
    pub fn all(self) -> i64 {
        self.added.saturating_add(self.changed)
    }
}

/// How many rows a roll has.
pub async fn counts(db: &Storage, id: i64) -> Result<Counts, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT COUNT(*), COALESCE(SUM(CASE WHEN move = 'add' THEN 1 ELSE 0 END), 0),
                COALESCE(SUM(CASE WHEN state IN ('left', 'kept') THEN 1 ELSE 0 END), 0)
            FROM roll_row WHERE import_id = ?1";
        let read = |row: &Row<'_>| {
            let (all, added): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok(Counts { added, changed: all.saturating_sub(added), left: row.get(2)? })
        };
        Ok(connection.prepare_cached(sql)?.query_row([id], read)?)
    })
    .await
}

/// What became of a confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// It is being written.
    Done,
    /// What this line is about was changed after the check. Nothing is written.
    Stale(i64),
    /// It was confirmed or given up before, or changes nothing.
    Gone,
}

/// Has a roll written, unless something that it is about was changed after the check. The person of
/// `entry` makes what is proposed.
pub async fn confirm(db: &Storage, id: i64, entry: Entry) -> Result<Confirmed, StorageError> {
    // Tills do not wait for this look; what changes after it is found row by row.
    if let Some(line) = db.read(move |connection| Ok(stale(connection, id)?)).await? {
        return Ok(Confirmed::Stale(line));
    }
    db.write(move |connection| {
        let sql = "UPDATE import SET status = 'entering', acted_by = ?2, acted_at = ?3
            WHERE id = ?1 AND status = 'checked' AND list_id IS NULL
                AND EXISTS (SELECT 1 FROM roll_row r WHERE r.import_id = id)";
        let by = entry.person.map(|id| id.0);
        if connection.prepare_cached(sql)?.execute(params![id, by, entry.at.0])? == 0 {
            return Ok(Confirmed::Gone);
        }
        job::add(connection, JobKind::Enter, id, Timestamp(0), entry.at)?;
        audit::insert(connection, &Entry { subject: format!("import {id}"), ..entry })?;
        Ok(Confirmed::Done)
    })
    .await
}

/// The first line whose subject is not as the check found it.
fn stale(connection: &Connection, id: i64) -> sql::Result<Option<i64>> {
    let sql = "SELECT CASE i.kind WHEN 'outlets' THEN
            (SELECT MIN(r.line) FROM roll_row r LEFT JOIN outlet o ON o.id = r.subject
                WHERE r.import_id = i.id AND r.move = 'change' AND (o.id IS NULL OR o.version <> r.version))
        ELSE
            (SELECT MIN(r.line) FROM roll_row r LEFT JOIN person p ON p.login = r.login
                WHERE r.import_id = i.id AND (r.move = 'change' AND (p.id IS NULL OR p.version <> r.version)
                    OR r.move = 'add' AND p.id IS NOT NULL))
        END FROM import i WHERE i.id = ?1 AND i.list_id IS NULL AND i.status = 'checked'";
    Ok(connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?.flatten())
}

/// Gives a roll up. Whether it could be.
pub async fn give_up(db: &Storage, id: i64, entry: Entry) -> Result<bool, StorageError> {
    db.write(move |connection| {
        let sql = "UPDATE import SET status = 'cancelled'
            WHERE id = ?1 AND status IN ('checking', 'checked') AND list_id IS NULL";
        let gone = connection.prepare_cached(sql)?.execute([id])? == 1;
        if gone {
            job::cancel(connection, JobKind::Check, id, entry.at)?;
            audit::insert(connection, &Entry { subject: format!("import {id}"), ..entry })?;
        }
        Ok(gone)
    })
    .await
}

/// Has taken back what a roll wrote, but for what was used or changed since. Whether it could be.
pub async fn retract(db: &Storage, id: i64, entry: Entry) -> Result<bool, StorageError> {
    db.write(move |connection| {
        let sql = "UPDATE import SET status = 'retracting', acted_by = ?2, acted_at = ?3
            WHERE id = ?1 AND status = 'entered' AND list_id IS NULL";
        let by = entry.person.map(|id| id.0);
        let begun = connection.prepare_cached(sql)?.execute(params![id, by, entry.at.0])? == 1;
        if begun {
            job::add(connection, JobKind::Retract, id, Timestamp(0), entry.at)?;
            audit::insert(connection, &Entry { subject: format!("import {id}"), ..entry })?;
        }
        Ok(begun)
    })
    .await
}

/// Rows or notes that are forgotten at once.
const FORGOTTEN: i64 = 200;

/// Forgets what rolls say that are older than 90 days, names and phones of people, and what was wrong with files as old: some
/// rows at a time, the oldest first. Whether there may be more.
pub async fn forget(db: &Storage, now: Timestamp) -> Result<bool, StorageError> {
    let until = now.0.saturating_sub(KEPT_FOR);
    db.write(move |connection| {
        let rows = "SELECT i.id, (SELECT MIN(r.number) FROM roll_row r WHERE r.import_id = i.id) FROM import i
            WHERE i.id = (SELECT MIN(import_id) FROM roll_row) AND i.made_at < ?1";
        let notes = "SELECT i.id, (SELECT MIN(n.note) FROM import_note n WHERE n.import_id = i.id) FROM import i
            WHERE i.id = (SELECT MIN(import_id) FROM import_note) AND i.made_at < ?1";
        for (find, delete) in [
            (rows, "DELETE FROM roll_row WHERE import_id = ?1 AND number < ?2"),
            (notes, "DELETE FROM import_note WHERE import_id = ?1 AND note < ?2"),
        ] {
            let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
            if let Some((id, first)) = connection.prepare_cached(find)?.query_row([until], read).optional()? {
                connection.prepare_cached(delete)?.execute([id, first.saturating_add(FORGOTTEN)])?;
                return Ok(true);
            }
        }
        Ok(false)
    })
    .await
}

/// Whether a job is still in these hands; then they hold it on.
pub async fn held(db: &Storage, job: Job, now: Timestamp) -> Result<bool, StorageError> {
    db.write(move |connection| Ok(job::keep(connection, &job, job.done, job.done, now)?)).await
}

/// The last piece is written: the roll is entered or retracted, and its job is over. Whether that was this job's to say.
pub async fn ended(db: &Storage, job: Job, now: Timestamp) -> Result<bool, StorageError> {
    db.write(move |connection| {
        if !job::keep(connection, &job, job.done, job.done, now)? {
            return Ok(false);
        }
        let sql = "UPDATE import SET status = CASE status WHEN 'entering' THEN 'entered' ELSE 'retracted' END
            WHERE id = ?1 AND status IN ('entering', 'retracting')";
        connection.prepare_cached(sql)?.execute([job.subject])?;
        job::end(connection, &job, now)?;
        Ok(true)
    })
    .await
}
