//! `webpos`: the till and the card host behind it, one program. Command line, configuration, wiring.

use std::process::ExitCode;

use clap::Parser;
use domain::time::HOUR;
use engine::clock::Clock;

/// A payment makes about a hundred small allocations on one thread and frees them on another; mimalloc suits that.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod admin;
mod config;
mod connections;
mod console;
mod log;
mod metrics;
mod serve;
mod service;
mod upkeep;

use config::{Cli, Command};

/// Exit code for a configuration that cannot work, as opposed to a later failure.
const BAD_CONFIGURATION: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    log::start(cli.log_format);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}"), 1),
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Serve(options) => {
                let clock = Clock::ahead(options.test_days_ahead.saturating_mul(24 * HOUR));
                serve::run(options, clock).await
            }
            Command::Migrate(database) => database.migrate().await.map(|()| console::say("The schema is in place.")),
            Command::Verify { database, archives } => upkeep::verify(&database, archives).await,
            Command::Archive { database, until, file } => {
                upkeep::archive(&database, until, &file, &Clock::system()).await
            }
            Command::Backup { database, file } => upkeep::backup(&database, &file),
            Command::Restore { database, file } => upkeep::restore(&database, &file),
            Command::Openapi => {
                console::say(api::description().trim_end());
                Ok(())
            }
            Command::Admin { command } => admin::run(command, &Clock::system()).await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Configuration(message)) => fail(&message, BAD_CONFIGURATION),
        Err(Failure::Run(message)) => fail(&message, 1),
    }
}

fn fail(message: &str, code: u8) -> ExitCode {
    console::complain(message);
    ExitCode::from(code)
}

/// Why the program ends.
#[derive(Debug)]
enum Failure {
    /// The configuration cannot work; one line.
    Configuration(String),
    /// It failed while running.
    Run(String),
}

impl From<storage::StorageError> for Failure {
    fn from(error: storage::StorageError) -> Self {
        match error {
            storage::StorageError::Open(message) => Self::Configuration(message),
            other => Self::Run(other.to_string()),
        }
    }
}
