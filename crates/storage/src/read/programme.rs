//! Programmes of the card company: how their cards' numbers begin, lists, one with its past, and a new draft. Whatever changes
//! on one later is the books' alone ([`crate::books`]).

use std::sync::Arc;

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::acts::{Payload, Programme, ProgrammeAct, Shown};
use domain::directory::next_number;
use domain::ids::{MerchantId, PROGRAMMES, PersonId, ProgrammeId, TransactionId};
use domain::programme::{ProgrammeStatus, Template, Terms};
use domain::programme_change::NarrowingKind;
use domain::scan::Bin;
use domain::time::Timestamp;

use crate::audit::{self, Entry};
use crate::books::{programme as books, proposal};
use crate::kept::Kept;
use crate::{Storage, StorageError};

/// How the numbers of the company's cards begin. A programme is made about never, and no card of it is sold so soon.
#[derive(Clone, Debug, Default)]
pub struct Bins(Kept<Arc<[Bin]>>);

impl Bins {
    /// Each once.
    pub async fn get(&self, db: &Storage, now: Timestamp) -> Result<Arc<[Bin]>, StorageError> {
        self.0.get(now, async { Ok(bins(db).await?.into()) }).await
    }
}

async fn bins(db: &Storage) -> Result<Vec<Bin>, StorageError> {
    db.read_by_key(|connection| {
        let found = connection.query_later("SELECT DISTINCT bin FROM programme ORDER BY bin", [])?;
        let texts = found.rows(|row| row.get::<_, String>(0))?;
        Ok(texts.iter().filter_map(|text| Bin::parse(text)).collect())
    })
    .await
}

/// A programme to enter.
#[derive(Clone, Debug)]
pub struct NewProgramme {
    /// Its number; the next free one if none is given.
    pub id: Option<ProgrammeId>,
    /// Name.
    pub name: String,
    /// What its cards' numbers begin with, 6 to 8 digits.
    pub bin: String,
    /// The two digits after that, which are its own.
    pub series: String,
    /// Digits of those numbers.
    pub number_length: i64,
    /// The template that bounds it.
    pub template: Template,
    /// State: a draft, unless the program itself makes it.
    pub status: ProgrammeStatus,
    /// Its terms.
    pub terms: Terms,
}

/// What became of entering one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It has this number.
    Done(ProgrammeId),
    /// Another programme of this BIN has the series.
    SeriesTaken(ProgrammeId),
    /// There is no number left.
    NoNumber,
}

/// Enters a programme. `entry`, if there is one, is audited with the number as its subject.
pub async fn create(
    db: &Storage,
    new: NewProgramme,
    entry: Option<Entry>,
    now: Timestamp,
) -> Result<Created, StorageError> {
    db.write(move |connection| {
        connection.lock_name("programme", "number")?;
        let sql = "SELECT id FROM programme WHERE bin = ?1 AND series = ?2";
        let taken: Option<i64> =
            connection.prepare_cached(sql)?.query_row((&new.bin, &new.series), |row| row.get(0)).optional()?;
        if let Some(taken) = taken {
            return Ok(Created::SeriesTaken(ProgrammeId(taken)));
        }
        let sql = "SELECT MAX(id) FROM programme";
        let last = connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, Option<i64>>(0))?;
        let next = new.id.or_else(|| next_number(&PROGRAMMES, last).map(ProgrammeId));
        let Some(id) = next else { return Ok(Created::NoNumber) };
        insert(connection, id, &new, entry.as_ref().and_then(|entry| entry.person), now)?;
        if let Some(entry) = entry {
            audit::insert(connection, &Entry { subject: subject(id), ..entry })?;
        }
        Ok(Created::Done(id))
    })
    .await
}

/// How the audit log names a programme.
pub fn subject(id: ProgrammeId) -> String {
    format!("programme {id}")
}

/// Inserts a programme.
pub fn insert(
    connection: &Connection,
    id: ProgrammeId,
    new: &NewProgramme,
    by: Option<PersonId>,
    at: Timestamp,
) -> sql::Result<()> {
    let sql = "INSERT INTO programme (id, name, bin, series, number_length, template, named, balance_max, load_max,
            sale_max, daily_max, daily_count_max, month_max, validity_months, refund_window, loss_report, redeem,
            redeem_wait_days, pin_mode, hotline, basis, status, moved_at, moved_by, reason, created_at, created_by,
            changed_at, version)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
            ?23, ?24, '', ?23, ?24, ?23, 1)";
    let terms = &new.terms;
    connection.prepare_cached(sql)?.execute(params![
        id.0,
        new.name,
        new.bin,
        new.series,
        new.number_length,
        new.template.word(),
        new.template.named(),
        terms.balance_max.0,
        terms.load_max.0,
        terms.sale_max.0,
        terms.daily_max.0,
        terms.daily_count_max,
        terms.month_max.map(|month| month.0),
        terms.validity_months,
        terms.refund_window,
        terms.loss_report,
        terms.redeem,
        terms.redeem_wait_days,
        terms.pin_mode.word(),
        terms.hotline,
        terms.basis,
        new.status.word(),
        at.0,
        by.map(|id| id.0),
    ])?;
    books::save_merchants(connection, id, terms)
}

/// Most cards of a programme that are counted: 10,000 take 1 ms, a million 50.
pub const COUNTED_MAX: i64 = 10_000;

/// How many cards a programme has, at most one more than [`COUNTED_MAX`].
const CARDS: &str = "(SELECT COUNT(*) FROM (SELECT 1 FROM card c WHERE c.programme_id = g.id LIMIT 10001) counted)";

/// A programme as the company reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its number.
    pub id: ProgrammeId,
    /// All of it.
    pub one: Programme,
    /// Its cards, at most one more than [`COUNTED_MAX`].
    pub cards: i64,
    /// Counts its changes.
    pub version: i64,
}

/// Programmes by number, at most `limit`. Their merchants are left out.
pub async fn list(db: &Storage, after: Option<ProgrammeId>, limit: u32) -> Result<Vec<Sheet>, StorageError> {
    db.read(move |connection| {
        let sql = format!("{} WHERE g.id > ?1 ORDER BY g.id LIMIT ?2", sheets());
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![after.map_or(0, |id| id.0), limit], sheet)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// One programme.
pub async fn find(db: &Storage, id: ProgrammeId) -> Result<Option<Sheet>, StorageError> {
    db.read(move |connection| {
        let snapshot = connection.unchecked_transaction()?;
        let sql = format!("{} WHERE g.id = ?1", sheets());
        let found = snapshot.prepare_cached(&sql)?.query_row([id.0], sheet).optional()?;
        let Some(found) = found else { return Ok(None) };
        Ok(books::find(&snapshot, id)?.map(|one| Sheet { one, ..found }))
    })
    .await
}

fn sheets() -> String {
    format!("SELECT {}, {CARDS}, g.version FROM programme g", books::COLUMNS)
}

fn sheet(row: &Row<'_>) -> sql::Result<Sheet> {
    Ok(Sheet { id: ProgrammeId(row.get(0)?), one: books::programme(row)?, cards: row.get(21)?, version: row.get(22)? })
}

/// The names of merchants, by number; those that do not exist are left out.
pub async fn merchant_names(
    db: &Storage,
    merchants: Vec<MerchantId>,
) -> Result<Vec<(MerchantId, String)>, StorageError> {
    db.read(move |connection| {
        let mut statement = connection.prepare_cached("SELECT name FROM merchant WHERE id = ?1")?;
        let mut named = Vec::new();
        for merchant in merchants {
            let name = statement.query_row([merchant.0], |row| row.get(0)).optional()?;
            named.extend(name.map(|name| (merchant, name)));
        }
        Ok(named)
    })
    .await
}

/// Something that changed a programme, or waits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The proposal, or the transaction of what one person did.
    pub id: TransactionId,
    /// What.
    pub what: Did,
    /// When it took effect; when it was proposed, if it waits.
    pub at: Timestamp,
    /// Who proposed it or did it.
    pub by: String,
    /// Who approved it; empty if one person was enough, or nobody has.
    pub checker: String,
    /// Why: the reason or the checker's words.
    pub why: String,
    /// What the programme showed before and afterwards.
    pub shown: (Shown, Shown),
}

/// What was done to a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    /// Two persons decided.
    Act(ProgrammeAct),
    /// One person did it.
    Alone(NarrowingKind),
}

/// Proposals about a programme with one of two states, the latest first.
fn proposals(
    connection: &Connection,
    id: ProgrammeId,
    open: bool,
    now: Timestamp,
    limit: u32,
) -> sql::Result<Vec<Step>> {
    let acts = "('programme_opening', 'programme_terms', 'programme_resuming')";
    let wanted =
        if open { "p.status = 'open' AND p.expires_at > ?2" } else { "p.status = 'approved' AND p.made_at >= ?2" };
    let sql = format!(
        "SELECT {}, a.name, v.name FROM proposal p JOIN person a ON a.id = p.maker_id
            LEFT JOIN person v ON v.id = p.checker_id
        WHERE p.subject = ?1 AND p.act IN {acts} AND {wanted} ORDER BY p.id DESC LIMIT ?3",
        proposal::COLUMNS
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params![id.0, now.0, limit])?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let one = proposal::proposal(&row)?;
        let Payload::Programme(act) = &one.payload else { continue };
        let (ending, after) = (one.ending.as_ref(), one.payload.after(&one.seen));
        all.push(Step {
            id: one.id,
            what: Did::Act(act.clone()),
            at: ending.map_or(one.made_at, |ending| ending.at),
            by: row.get(16)?,
            checker: row.get::<_, Option<String>>(17)?.unwrap_or_default(),
            why: ending.map_or_else(String::new, |ending| ending.opinion.clone()),
            shown: (one.seen, after),
        });
    }
    Ok(all)
}

/// Proposals about a programme that wait at `now`, the latest first.
pub async fn waiting(db: &Storage, id: ProgrammeId, now: Timestamp) -> Result<Vec<Step>, StorageError> {
    db.read(move |connection| Ok(proposals(connection, id, true, now, 20)?)).await
}

/// What changed a programme, the latest first; at most `limit`.
pub async fn history(db: &Storage, id: ProgrammeId, limit: u32) -> Result<Vec<Step>, StorageError> {
    db.read(move |connection| {
        let snapshot = connection.unchecked_transaction()?;
        let mut all = proposals(&snapshot, id, false, Timestamp(0), limit)?;
        let sql = format!(
            "SELECT {}, a.name FROM programme_change h JOIN person a ON a.id = h.person_id
            WHERE h.programme_id = ?1 ORDER BY h.id DESC LIMIT ?2",
            books::CHANGE_COLUMNS
        );
        let mut statement = snapshot.prepare_cached(&sql)?;
        let found = statement.query_map(params![id.0, limit], |row| {
            let one = books::changed(row)?;
            let after = one.change.after();
            Ok(Step {
                id: one.id,
                what: Did::Alone(one.change.what.kind()),
                at: one.at,
                by: row.get(8)?,
                checker: String::new(),
                why: one.change.reason,
                shown: (one.change.seen, after),
            })
        })?;
        all.extend(found.collect::<sql::Result<Vec<_>>>()?);
        all.sort_by_key(|one| std::cmp::Reverse((one.at, one.id)));
        all.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(all)
    })
    .await
}
