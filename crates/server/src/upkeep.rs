//! Maintenance of the data: verify the ledger, archive, back up, restore.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::ledger::ChainKey;
use domain::time::BusinessDate;
use domain::verify::Finding;
use engine::clock::Clock;
use storage::archive::{self, Job, Refused};
use storage::vault::Vault;
use storage::{Books, Storage, backup};

use crate::config::Database;
use crate::{Failure, console};

/// Checks the whole ledger, and with `archives` also what was archived. Prints one line per finding to standard output.
pub(crate) async fn verify(database: &Database, archives: Vec<PathBuf>) -> Result<(), Failure> {
    let (storage, key) = open(database).await?;
    let before = match archives.len() {
        0 => archive::archived_until(&storage).await?.map(|day| format!("The archive up to {day} was not checked.")),
        1 => Some("The archive is in order.".to_owned()),
        files => Some(format!("The archive of {files} files is in order.")),
    };
    let mut findings = Vec::new();
    if !archives.is_empty() {
        findings = archive::verify(&storage, &key, archives).await?;
    }
    findings.extend(Books::of(storage, key).verify().await?);
    tell(&findings)?;
    console::say("The ledger is in order.");
    if let Some(before) = before {
        console::say(&before);
    }
    Ok(())
}

fn tell(findings: &[Finding]) -> Result<(), Failure> {
    for finding in findings {
        console::say(&finding.to_string());
    }
    if findings.is_empty() { Ok(()) } else { Err(Failure::Run(format!("{} findings", findings.len()))) }
}

async fn open(database: &Database) -> Result<(Storage, ChainKey), Failure> {
    exists(database)?;
    let storage = database.open().await?;
    let vault = Vault::of(&storage, &database.data_dir).await?;
    Ok((storage, vault.chain_key()))
}

/// Transactions per step of archiving. A step delays payments by a few milliseconds.
const STEP: u16 = 50;

/// Steps between two progress lines.
const STEPS_REPORTED: u64 = 500;

/// Moves everything up to `until` into `file`. On Ctrl-C it stops after the current step.
pub(crate) async fn archive(
    database: &Database,
    until: BusinessDate,
    file: &Path,
    clock: &Clock,
) -> Result<(), Failure> {
    let (storage, key) = open(database).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        told.store(true, Ordering::Relaxed);
    });
    let mut steps = 0_u64;
    let job = Job { until, now: clock.now(), target: file, step: STEP };
    let done = archive::archive(&storage, &key, job, |moved| {
        steps += 1;
        if steps.is_multiple_of(STEPS_REPORTED) {
            console::say(&format!("{} transactions examined, {} moved", moved.passed, moved.transactions));
        }
        !stop.load(Ordering::Relaxed)
    });
    match done.await? {
        Ok(moved) => {
            let (transactions, orders) = (moved.transactions, moved.orders);
            let end = if stop.load(Ordering::Relaxed) { "Stopped. Run the same command to continue." } else { "Done." };
            console::say(&format!(
                "Moved {transactions} transactions and {orders} orders into {}. {end}",
                file.display()
            ));
            Ok(())
        }
        Err(Refused::NotBefore(day)) => Err(Failure::Configuration(format!(
            "nothing was moved: sales of {until} can still be refunded; archive them from {day} on"
        ))),
        Err(Refused::Findings(findings)) => {
            console::complain("nothing was moved, because the ledger is not in order:");
            tell(&findings)
        }
    }
}

/// Copies database and keys into `file`.
pub(crate) fn backup(database: &Database, file: &Path) -> Result<(), Failure> {
    if database.server().is_some() {
        return Err(Failure::Configuration(format!(
            "no backup was made: back up a server with its own tools, pg_basebackup with a log archive, or pg_dump; and \
             copy {} separately, because the backup is useless without it (docs/operations.md, Backup and restore)",
            database.data_dir.join("webpos.keys").display()
        )));
    }
    exists(database)?;
    backup::backup(&database.path()?, &database.data_dir, file)?;
    console::say(&format!(
        "Backed up to {}. It contains the keys: keep it as safe as the data folder.",
        file.display()
    ));
    Ok(())
}

/// Makes the data folder from `file`.
pub(crate) fn restore(database: &Database, file: &Path) -> Result<(), Failure> {
    if database.server().is_some() {
        return Err(Failure::Configuration(
            "nothing was restored: --database or WEBPOS_DATABASE names a server, but a backup file is for the embedded \
             database; restore a server with its own tools (docs/operations.md, Backup and restore)"
                .to_owned(),
        ));
    }
    backup::restore(file, &database.data_dir, &database.path()?)?;
    console::say(&format!("Restored into {}. Now run `webpos verify`.", database.data_dir.display()));
    Ok(())
}

fn exists(database: &Database) -> Result<(), Failure> {
    if database.server().is_none() && !database.path()?.exists() {
        return Err(Failure::Configuration(format!("there is no database at {}", database.path()?.display())));
    }
    Ok(())
}
