//! Rolls: their check, writing what they change, proposing what of it takes two persons, and taking them back.

use std::collections::{HashMap, HashSet};

use domain::acts::Payload;
use domain::command::{Actor, Command};
use domain::ids::{MerchantId, PersonId, RequestId};
use domain::place::Place;
use domain::proposal::Draft;
use domain::scan::{InStore, Settings};
use domain::time::Timestamp;
use engine::clock::Clock;
use engine::{Engine, SubmitError};
use storage::import::{self, Findings};
use storage::job::Job;
use storage::people::list;
use storage::programme::Bins;
use storage::roll::{self, Found, Piece, Roll, RollKind, RollStatus};
use storage::{Storage, StorageError, proposal};

use crate::check::Problem;
use crate::roll::{CheckedRoll, Directory, Sheet, Staff, check_outlets, check_people, outlet_keys, people_keys, sheet};
use crate::words;
use crate::work::{PIECE, keep_notes};

/// Reads a roll and puts together what it changes.
pub(crate) async fn check(db: &Storage, job: Job, clock: &Clock) -> Result<(), StorageError> {
    let Some(roll) = roll::find(db, job.subject).await? else { return Ok(()) };
    let (bytes, kind) = (import::bytes(db, roll.id).await?, roll.kind);
    // A large file keeps a core busy for seconds.
    let read = tokio::task::spawn_blocking(move || sheet(kind, &bytes)).await;
    let checked = match read {
        Ok(Ok(sheet)) => match card(db, &roll, &sheet, clock).await? {
            Some(problem) => Err(problem),
            None => compare(db, &roll, sheet, clock).await?,
        },
        Ok(Err(problem)) => Err(problem),
        Err(error) => Err(broken(&roll, &error)),
    };
    let checked = match checked {
        Ok(checked) => checked,
        Err(problem) => {
            let end = (RollStatus::Unreadable, Findings::default(), problem);
            return roll::checked(db, job, roll.id, end, 0, clock.now()).await.map(drop);
        }
    };
    keep(db, job, &roll, checked, clock).await
}

/// A file with a card number in it is refused, and forgotten at once.
async fn card(db: &Storage, roll: &Roll, sheet: &Sheet, clock: &Clock) -> Result<Option<Problem>, StorageError> {
    let now = clock.now();
    let bins = Bins::default().get(db, now).await?;
    let settings = Settings { programmes: &bins, in_store: InStore::OFF, year: now.in_china().year() };
    let Some(line) = sheet.card(&settings) else { return Ok(None) };
    while import::forget_file(db, roll.id).await? {}
    Ok(Some(format!("card {line}")))
}

fn broken(roll: &Roll, error: &tokio::task::JoinError) -> Problem {
    tracing::error!(%error, import = roll.id, "a file could not be checked, which is a bug");
    "broken".to_owned()
}

/// Compares a roll with what there is of what it names.
async fn compare(
    db: &Storage,
    roll: &Roll,
    sheet: Sheet,
    clock: &Clock,
) -> Result<Result<CheckedRoll, Problem>, StorageError> {
    let checked = match roll.kind {
        RollKind::Outlets => {
            let directory = directory(db, &sheet).await?;
            tokio::task::spawn_blocking(move || check_outlets(sheet, &directory)).await
        }
        RollKind::People => {
            let staff = staff(db, roll.made_by, &sheet, clock).await?;
            tokio::task::spawn_blocking(move || check_people(sheet, &staff)).await
        }
    };
    Ok(checked.map_err(|error| broken(roll, &error)))
}

async fn directory(db: &Storage, sheet: &Sheet) -> Result<Directory, StorageError> {
    let merchants = roll::merchants(db, outlet_keys(sheet).merchants).await?;
    let mut outlets = HashMap::new();
    let ids: HashSet<MerchantId> = merchants.values().map(|merchant| merchant.id).collect();
    for id in ids {
        outlets.insert(id, roll::outlets(db, id).await?);
    }
    Ok(Directory { merchants, outlets })
}

async fn staff(db: &Storage, keeper: PersonId, sheet: &Sheet, clock: &Clock) -> Result<Staff, StorageError> {
    let (keys, now) = (people_keys(sheet), clock.now());
    let one = list::find(db, keeper, None, now).await?;
    let (place, roles) = one.map_or((Place::Company, Vec::new()), |one| (one.place, one.roles_at(now)));
    let (outlets, terminals) = roll::outlet_places(db, keys.outlets, keys.terminals).await?;
    Ok(Staff {
        keeper: (keeper, place, roles),
        today: now.business_date(),
        people: roll::people(db, keys.logins).await?,
        merchants: roll::merchants(db, keys.merchants).await?,
        outlets,
        terminals,
        phones: roll::phones(db, keys.phones).await?,
    })
}

/// Writes what a check found: notes, and of a roll without faults its rows.
async fn keep(db: &Storage, job: Job, roll: &Roll, checked: CheckedRoll, clock: &Clock) -> Result<(), StorageError> {
    let CheckedRoll { findings, notes, rows } = checked;
    if !keep_notes(db, &job, roll.id, notes, clock).await? {
        return Ok(());
    }
    let (status, rows) = if findings.wrong > 0 { (RollStatus::Wrong, Vec::new()) } else { (RollStatus::Checked, rows) };
    let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let mut first = 0_i64;
    for piece in rows.chunks(PIECE) {
        let piece: Vec<Found> = piece.to_vec();
        let count = i64::try_from(piece.len()).unwrap_or(i64::MAX);
        if !roll::keep(db, job.clone(), roll.id, (first, piece), total, clock.now()).await? {
            return Ok(());
        }
        first = first.saturating_add(count);
    }
    roll::checked(db, job, roll.id, (status, findings, String::new()), total, clock.now()).await.map(drop)
}

/// Writes what a roll changes, and proposes what takes two persons.
pub(crate) async fn enter(db: &Storage, engine: &Engine, job: Job, clock: &Clock) -> Result<(), StorageError> {
    let (id, total) = (job.subject, roll::counts(db, job.subject).await?.all());
    let mut at = job;
    let last = loop {
        match roll::enter(db, at, words::TILL, total, clock.now()).await? {
            Piece::More(job) => at = job,
            Piece::Last(job) => break job,
            Piece::Gone => return Ok(()),
        }
    };
    let Some((maker, _, since)) = roll::find(db, id).await?.and_then(|roll| roll.acted) else { return Ok(()) };
    let mut after = -1;
    while let Some((payloads, next)) = roll::to_propose(db, id, after).await? {
        for payload in payloads {
            propose(db, engine, (maker, since), payload, clock).await?;
        }
        // Others must not take the job over meanwhile.
        if !roll::held(db, last.clone(), clock.now()).await? {
            return Ok(());
        }
        after = next;
    }
    roll::ended(db, last, clock.now()).await.map(drop)
}

/// Proposes an act, unless that was done before the program was killed. One that the books refuse is proposed again from the
/// page of what it is about.
async fn propose(
    db: &Storage,
    engine: &Engine,
    (maker, since): (PersonId, Timestamp),
    payload: Payload,
    clock: &Clock,
) -> Result<(), StorageError> {
    let latest = proposal::about(db, payload.act(), payload.subject()).await?;
    if latest.is_some_and(|one| one.payload == payload && one.made_at >= since) {
        return Ok(());
    }
    let Some(seen) = proposal::now(db, payload.clone()).await? else { return Ok(()) };
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|error| StorageError::NotWritten(format!("no random bytes: {error}")))?;
    let request = RequestId::v7(clock.now(), random);
    let command = Command::Proposal(Draft { payload, seen });
    match engine.submit(request, Actor::issuer(maker), command).await {
        Ok(_) => Ok(()),
        // The job is tried again.
        Err(error @ (SubmitError::Overloaded | SubmitError::NotCharged(_) | SubmitError::Unknown(_))) => {
            Err(StorageError::NotWritten(format!("a proposal was not made: {error}")))
        }
    }
}

/// Takes back what a roll wrote.
pub(crate) async fn retract(db: &Storage, job: Job, clock: &Clock) -> Result<(), StorageError> {
    let total = roll::counts(db, job.subject).await?.all();
    let mut at = job;
    loop {
        match roll::retract_piece(db, at, total, clock.now()).await? {
            Piece::More(job) => at = job,
            Piece::Last(job) => return roll::ended(db, job, clock.now()).await.map(drop),
            Piece::Gone => return Ok(()),
        }
    }
}
