//! Looking after the data: check the ledger, back up, restore.

use std::path::Path;

use storage::vault::Vault;
use storage::{Books, backup};

use crate::config::Database;
use crate::{Failure, console};

/// Checks the whole ledger; every finding is one line on standard output.
pub(crate) async fn verify(database: &Database) -> Result<(), Failure> {
    exists(database)?;
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
        return Err(Failure::Configuration(format!(
            "no backup was made: a server is backed up by its own tools, pg_basebackup with a log archive, or pg_dump; \
             copy {} apart from it, without it nothing can be read (docs/operations.md, Backup and restore)",
            database.data_dir.join("webpos.keys").display()
        )));
    }
    exists(database)?;
    backup::backup(&database.path()?, &database.data_dir, file)?;
    console::say(&format!("Backed up to {}. It holds the keys: keep it as safe as the data folder.", file.display()));
    Ok(())
}

/// Makes the data folder from `file`.
pub(crate) fn restore(database: &Database, file: &Path) -> Result<(), Failure> {
    if database.server().is_some() {
        return Err(Failure::Configuration(
            "nothing was restored: --database or WEBPOS_DATABASE names a server, and a backup file is for the embedded \
             database; a server is restored by its own tools (docs/operations.md, Backup and restore)"
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
