//! `webpos` without its pages: command line, configuration, wiring, listening. The binary (`app`) hands the pages over as
//! a table, so that a changed page compiles neither the command line nor the HTTP server again.

use std::process::ExitCode;

use clap::Parser;
use domain::time::HOUR;
use engine::clock::Clock;
use tokio::task::JoinHandle;
use web_kit::Web;
use web_kit::table::Table;

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

/// The pages that the program serves, and what runs beside them.
#[derive(Debug)]
pub struct Pages {
    /// Every page.
    pub table: fn() -> Table,
    /// Starts to follow up payments without an answer.
    pub follow_up: fn(Web) -> JoinHandle<()>,
}

/// Runs the command that the command line names, to its end.
pub fn main(pages: &Pages) -> ExitCode {
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
                serve::run(options, clock, pages).await
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
