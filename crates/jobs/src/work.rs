//! The worker: takes what is due, one job after the other, and does it piece by piece.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::ids::EditionId;
use domain::time::Timestamp;
use engine::Engine;
use engine::clock::Clock;
use storage::card_batch::pieces;
use storage::edition::{self, Flipped, Staged};
use storage::import::{self, Import, ImportStatus, Note};
use storage::job::{self, Holder, Job, JobKind, Line};
use storage::vault::Vault;
use storage::{Storage, StorageError, catalogue, roll};
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::check::{Checked, Goods, check};
use crate::enter;

/// How often the worker looks for something to do.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How often files are looked for that are kept no longer.
const FORGET_EVERY: i64 = 3_600_000_000;

/// Rows that are put together in one piece: the writer takes a few milliseconds for them.
pub(crate) const PIECE: usize = 100;

/// Products that are read at once.
const PAGE: u32 = 1_000;

/// How long a job is put off that waits for another one.
const PUT_OFF: i64 = 500_000;

/// Starts the workers of this copy of the program, one for each line of jobs. What takes two persons they propose to
/// `engine`, and card numbers they seal with `vault`.
pub fn start(db: Storage, vault: Vault, engine: Engine, clock: Clock) -> JoinHandle<()> {
    tokio::spawn(begin(db, vault, engine, clock).instrument(tracing::info_span!("jobs")))
}

async fn begin(db: Storage, vault: Vault, engine: Engine, clock: Clock) {
    let mut holder = Holder::default();
    if let Err(error) = getrandom::fill(&mut holder) {
        tracing::error!(%error, "no random bytes: jobs wait for the next start");
        return;
    }
    if let (Some(_), Err(error)) = (db.path(), job::free(&db).await) {
        tracing::warn!(%error, "jobs of a killed program wait until nobody holds them");
    }
    let office = Office { db: &db, vault: &vault, engine: &engine, clock: &clock };
    tokio::join!(
        work(office, Line::Publish, holder),
        work(office, Line::Prepare, holder),
        work(office, Line::Cards, holder)
    );
}

/// What jobs are done with.
#[derive(Clone, Copy)]
pub struct Office<'a> {
    /// The database.
    pub db: &'a Storage,
    /// Seals card numbers.
    pub vault: &'a Vault,
    /// Takes proposals.
    pub engine: &'a Engine,
    /// The time.
    pub clock: &'a Clock,
}

async fn work(office: Office<'_>, line: Line, holder: Holder) {
    let Office { db, clock, .. } = office;
    let mut forgotten = Timestamp(0);
    loop {
        match next(office, line, holder).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "a job waits: the database did not answer as it should"),
        }
        let now = clock.now();
        if line == Line::Prepare && now.0.saturating_sub(forgotten.0) >= FORGET_EVERY {
            // The next piece comes with the next look, so that tills are not kept waiting.
            match forget(db, now).await {
                Ok(true) => {}
                Ok(false) => forgotten = now,
                Err(error) => tracing::warn!(%error, "old files could not be forgotten"),
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Forgets a piece of what is kept no longer. Whether there may be more.
async fn forget(db: &Storage, now: Timestamp) -> Result<bool, StorageError> {
    Ok(import::forget(db, now).await? || roll::forget(db, now).await?)
}

/// Does the next job of any line that is due, to its end or until it waits for another one. Whether there was one.
pub async fn run_due(office: Office<'_>, holder: Holder) -> Result<bool, StorageError> {
    for line in [Line::Publish, Line::Prepare, Line::Cards] {
        if next(office, line, holder).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn next(office: Office<'_>, line: Line, holder: Holder) -> Result<bool, StorageError> {
    let Office { db, engine, clock, .. } = office;
    let Some(job) = job::take(db, line, holder, clock.now()).await? else { return Ok(false) };
    tracing::info!(kind = job.kind.word(), subject = job.subject, done = job.done, "a job begins");
    match job.kind {
        JobKind::Check => check_file(db, job, clock).await?,
        JobKind::Undo => take_back(db, job, clock).await?,
        JobKind::Publish => publish(db, job, clock).await?,
        JobKind::Enter => enter::enter(db, engine, job, clock).await?,
        JobKind::Retract => enter::retract(db, job, clock).await?,
        JobKind::Make | JobKind::Activate | JobKind::Spoil => cards(office, job).await?,
    }
    Ok(true)
}

/// Makes, activates or closes cards of a batch.
async fn cards(Office { db, vault, clock, .. }: Office<'_>, job: Job) -> Result<(), StorageError> {
    let mut at = Some(job);
    while let Some(job) = at {
        at = match job.kind {
            JobKind::Make => pieces::make(db, vault, job, clock.now()).await?,
            JobKind::Activate => pieces::activate(db, job, clock.now()).await?,
            _ => pieces::spoil(db, job, clock.now()).await?,
        };
    }
    Ok(())
}

/// Reads a file and puts together what it changes.
async fn check_file(db: &Storage, job: Job, clock: &Clock) -> Result<(), StorageError> {
    let Some(import) = import::find(db, job.subject).await? else { return enter::check(db, job, clock).await };
    let (bytes, goods) = (import::bytes(db, import.id).await?, goods(db, &import).await?);
    let (kind, how) = (import.kind, (import.absent, import.decides));
    // A large file keeps a core busy for seconds.
    let checked = tokio::task::spawn_blocking(move || check(kind, how, &bytes, goods)).await;
    let ending = match checked {
        Ok(Ok(checked)) => return keep(db, job, &import, checked, clock).await,
        Ok(Err(problem)) => problem,
        Err(error) => {
            tracing::error!(%error, import = import.id, "a file could not be checked, which is a bug");
            "broken".to_owned()
        }
    };
    import::found(db, job, import.id, ImportStatus::Unreadable, (import::Findings::default(), ending), clock.now())
        .await
        .map(drop)
}

async fn goods(db: &Storage, import: &Import) -> Result<Goods, StorageError> {
    let (mut goods, mut after) = (HashMap::new(), String::new());
    loop {
        let page = catalogue::page(db, import.list, after.clone(), PAGE).await?;
        let last = page.len() < PAGE as usize;
        if let Some(last) = page.last() {
            after.clone_from(&last.item.code);
        }
        goods.extend(page.into_iter().map(|sheet| (sheet.item.code.clone(), sheet)));
        if last {
            return Ok(goods);
        }
    }
}

/// Writes what a check found: notes, and of a file without faults the edition.
async fn keep(db: &Storage, job: Job, import: &Import, checked: Checked, clock: &Clock) -> Result<(), StorageError> {
    let Checked { findings, notes, rows } = checked;
    if !keep_notes(db, &job, import.id, notes, clock).await? {
        return Ok(());
    }
    let none = String::new();
    if findings.wrong > 0 {
        return import::found(db, job, import.id, ImportStatus::Wrong, (findings, none), clock.now()).await.map(drop);
    }
    if !import::found(db, job.clone(), import.id, ImportStatus::Checking, (findings, none), clock.now()).await? {
        return Ok(());
    }
    if !gather(db, &job, import.edition, rows, clock).await? {
        return Ok(());
    }
    edition::catch_up(db, import.edition).await?;
    edition::finish(db, job, import.edition, clock.now()).await.map(drop)
}

pub(crate) async fn keep_notes(
    db: &Storage,
    job: &Job,
    import: i64,
    notes: Vec<Note>,
    clock: &Clock,
) -> Result<bool, StorageError> {
    let mut first = 0;
    for piece in notes.chunks(PIECE) {
        let notes = (first, piece.to_vec());
        if !import::note(db, job.clone(), import, notes, clock.now()).await? {
            return Ok(false);
        }
        first = first.saturating_add(i64::try_from(piece.len()).unwrap_or(i64::MAX));
    }
    Ok(true)
}

/// Puts the rows together that are not there yet.
async fn gather(
    db: &Storage,
    job: &Job,
    edition: EditionId,
    rows: Vec<Staged>,
    clock: &Clock,
) -> Result<bool, StorageError> {
    let there: HashSet<String> = edition::codes(db, edition).await?.into_iter().collect();
    let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let mut done = i64::try_from(there.len()).unwrap_or(i64::MAX);
    let mut rows = rows.into_iter().filter(|row| !there.contains(&row.after.code));
    loop {
        let piece: Vec<Staged> = rows.by_ref().take(PIECE).collect();
        if piece.is_empty() {
            return Ok(true);
        }
        done = done.saturating_add(i64::try_from(piece.len()).unwrap_or(i64::MAX));
        if !edition::gather(db, job.clone(), edition, piece, 0, (done, total), clock.now()).await? {
            return Ok(false);
        }
    }
}

/// Puts together what takes an edition back. If that is the latest one and nothing was changed since, it goes live.
async fn take_back(db: &Storage, job: Job, clock: &Clock) -> Result<(), StorageError> {
    let id = EditionId(job.subject);
    let mut at = job;
    while let Some(next) = edition::undo_piece(db, at.clone(), id, clock.now()).await? {
        at = next;
    }
    edition::catch_up(db, id).await?;
    edition::finish(db, at, id, clock.now()).await.map(drop)
}

/// Makes an edition live and writes it into the catalogue.
async fn publish(db: &Storage, job: Job, clock: &Clock) -> Result<(), StorageError> {
    let id = EditionId(job.subject);
    match edition::go_live(db, job.clone(), id, clock.now()).await? {
        Flipped::Live => {}
        Flipped::Later => {
            let due = Timestamp(clock.now().0.saturating_add(PUT_OFF));
            return job::put_off(db, job, due).await;
        }
        Flipped::Recalled(code) => {
            tracing::warn!(edition = id.0, code, "an edition is not live: it would change a product that is recalled");
            return Ok(());
        }
        Flipped::Gone => return Ok(()),
    }
    tracing::info!(edition = id.0, "an edition is live");
    let mut at = job;
    while let Some(next) = edition::settle(db, at, id, clock.now()).await? {
        at = next;
    }
    Ok(())
}
