//! Archiving (归档): moves old transactions and their orders into a file, a little at a time, while the tills sell.
//!
//! What must stay true:
//! - What leaves is in the file, and the file on the disk, before the commit that takes it away.
//! - Each step is one transaction, after which everything adds up and `verify` finds nothing. So it may stop anywhere
//!   and go on with the same file or another.
//! - What leaves and what is kept is said in [`domain::archive`]; on a server a step takes the chain's lock as a group
//!   of the money path does.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use domain::ids::OrderId;
use domain::ledger::ChainKey;
use domain::settlement::Takers;
use domain::time::{BusinessDate, HOUR, Timestamp};
use domain::verify::Finding;

use crate::books::settlement;
use crate::sql::{self, Connection};
use crate::{Books, Storage, StorageError};

mod file;
mod opening;
mod step;
mod verify;

use file::ArchiveFile;
pub(crate) use opening::{BATCH_OPENING, read_all as read_opening};
pub use step::Moved;
use step::{Step, Work};
pub use verify::verify;

/// How often a step whose commit got no answer is looked at again.
const UNKNOWN_MAX: u32 = 5;

/// The tills have so many times what a step took to themselves after it.
const PAUSE: u32 = 2;

/// Why nothing was archived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// What was sold on that day may still be refunded, until this day.
    NotBefore(BusinessDate),
    /// The ledger is not in order, and nobody should put that out of sight.
    Findings(Vec<Finding>),
}

/// The day up to which transactions were archived.
pub async fn archived_until(db: &Storage) -> Result<Option<BusinessDate>, StorageError> {
    db.read_by_key(|connection| {
        let sql = "SELECT MAX(until_date) FROM ledger_opening";
        Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, Option<i32>>(0))?.map(BusinessDate))
    })
    .await
}

/// What is to be archived.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Everything up to this day.
    pub until: BusinessDate,
    /// The moment at hand.
    pub now: Timestamp,
    /// The file that it goes to: a new one, or one that an archiving has begun which was stopped.
    pub target: &'a Path,
    /// Transactions of one step; a payment waits for one step at most.
    pub step: u16,
}

/// Archives. `told` hears after each step what was moved so far, and says whether to go on.
///
/// Fails when the file is another installation's or does not continue where this one's archive ends, and when the disk
/// or the database does; what was moved until then is moved.
pub async fn archive(
    db: &Storage,
    key: &ChainKey,
    job: Job<'_>,
    mut told: impl FnMut(Moved) -> bool,
) -> Result<Result<Moved, Refused>, StorageError> {
    let window = db.read(|connection| Ok(refund_window(connection)?)).await?;
    let over = job.until.start().map_or(Timestamp(i64::MAX), |start| start.plus(24 * HOUR).plus(window));
    if job.now < over {
        return Ok(Err(Refused::NotBefore(over.business_date())));
    }
    let findings = Books::of(db.clone(), key.clone()).verify().await?;
    if !findings.is_empty() {
        return Ok(Err(Refused::Findings(findings)));
    }
    let takers = Arc::new(db.read(|connection| Ok(takers(connection)?)).await?);
    let before = db.read(|connection| Ok(opening::stored(connection)?.map(|(opening, _)| opening.head))).await?;
    let file = Arc::new(ArchiveFile::open(job.target, key, before)?);
    let (until, limit) = (job.until, i64::from(job.step));
    let (mut moved, mut work, mut unknown) = (Moved::default(), Work::Kept(OrderId(0)), 0);
    loop {
        let (key, takers, file) = (key.clone(), Arc::clone(&takers), Arc::clone(&file));
        let begun = Instant::now();
        let step = move |connection: &Connection| {
            Step { connection, key: &key, takers: &takers, file: &file, until, limit }.take(work)
        };
        match db.write(step).await {
            Ok((more, next)) => {
                moved.add(more);
                let Some(next) = next.filter(|_| told(moved)) else { return Ok(Ok(moved)) };
                (work, unknown) = (next, 0);
            }
            // Whether it was written or not: the same again finds out, and does what is left.
            Err(StorageError::Unknown(_)) if unknown < UNKNOWN_MAX => unknown += 1,
            Err(error) => return Err(error),
        }
        tokio::time::sleep(begun.elapsed() * PAUSE).await;
    }
}

fn refund_window(connection: &Connection) -> sql::Result<i64> {
    connection.query_row("SELECT COALESCE(MAX(refund_window), 0) FROM programme", [], |row| row.get(0))
}

/// All settlements, without their days. What is prepared while archiving runs takes nothing that it moves: only what a
/// confirmed one has taken goes.
fn takers(connection: &Connection) -> sql::Result<Takers> {
    let mut takers = Takers::default();
    let sql = format!("SELECT {} FROM settlement s ORDER BY s.id", settlement::COLUMNS);
    for one in connection.prepare(&sql)?.query_map([], settlement::settlement)? {
        takers.put(one?);
    }
    Ok(takers)
}

/// Ids for `json_each(?1)`, whose keys they are.
fn list(ids: impl IntoIterator<Item = i64>) -> String {
    object(ids.into_iter().map(|id| (id, 0)))
}

/// Pairs of numbers as a JSON object.
fn object(pairs: impl IntoIterator<Item = (i64, i64)>) -> String {
    let pairs: Vec<String> = pairs.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", pairs.join(","))
}
