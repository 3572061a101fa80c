//! Looking after the data: check the ledger, back up, restore.

use std::path::Path;

use storage::vault::Vault;
use storage::{Books, backup};

use crate::config::Database;
use crate::{Failure, console};

/// Checks the whole ledger; every finding is one line on standard output.
pub(crate) async fn verify(database: &Database) -> Result<(), Failure> {
    if database.server().is_none() && !database.path()?.exists() {
        return Err(Failure::Configuration(format!("there is no database at {}", database.path()?.display())));
    }
    let storage = database.open().await?;
    let vault = Vault::of(&storage, &database.data_dir).await?;
    let findings = Books::of(storage, vault.chain_key()).verify().await?;
    for finding in &findings {
        console::say(&finding.to_string());
    }
    match findings.len() {
        0 => {
            console::say("The ledger is in order.");
            Ok(())
        }
        found => Err(Failure::Run(format!("{found} findings"))),
    }
}

/// Copies database and keys into `file`.
pub(crate) fn backup(database: &Database, file: &Path) -> Result<(), Failure> {
    if database.server().is_some() {
        return Err(Failure::Configuration(
            "backup is for the embedded database: use pg_dump here, and copy webpos.keys from the data folder"
                .to_owned(),
        ));
    }
    backup::backup(&database.path()?, &database.data_dir, file)?;
    console::say(&format!("Backed up to {}. It holds the keys: keep it as safe as the data folder.", file.display()));
    Ok(())
}

/// Makes the data folder `data_dir` from `file`.
pub(crate) fn restore(file: &Path, data_dir: &Path) -> Result<(), Failure> {
    backup::restore(file, data_dir)?;
    console::say(&format!("Restored into {}.", data_dir.display()));
    Ok(())
}
