//! `sim --seeds N --steps M [--seed S] [--sqlite]` runs the simulator and prints the seed of a failure;
//! `sim child --db PATH` is the process that the kill test kills.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sim::run::{Kind, run};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Task>,
    /// How many seeds.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// How many batches of commands per seed.
    #[arg(long, default_value_t = 100)]
    steps: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Over a database file instead of memory.
    #[arg(long)]
    sqlite: bool,
}

#[derive(Subcommand)]
enum Task {
    /// Serves the money path on standard input and output.
    Child {
        /// The database file.
        #[arg(long)]
        db: PathBuf,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Some(Task::Child { db }) => sim::child::serve(&db),
        None => simulate(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            let _ = writeln!(std::io::stderr(), "{what}");
            ExitCode::FAILURE
        }
    }
}

fn simulate(arguments: &Arguments) -> Result<(), String> {
    let kind = if arguments.sqlite { Kind::Sqlite } else { Kind::Memory };
    let (mut sent, mut recorded, mut paid, mut lost, mut restarts, mut resolved) = (0, 0, 0, 0, 0, (0, 0));
    let mut after = [0; 10];
    for seed in arguments.seed..arguments.seed + arguments.seeds {
        let stats = run(kind, seed, arguments.steps)?;
        (sent, recorded, paid) = (sent + stats.sent, recorded + stats.recorded, paid + stats.paid);
        (lost, restarts) = (lost + stats.lost, restarts + stats.restarts);
        after.iter_mut().zip(stats.after).for_each(|(sum, one)| *sum += one);
        resolved = (resolved.0 + stats.resolved.0, resolved.1 + stats.resolved.1);
    }
    let _ = writeln!(
        std::io::stdout(),
        "{} seeds, {} steps each: {sent} commands, {recorded} on record, {paid} orders paid, \
         {} refunds asked for, {} decided, {} voids, {} reversals, {} batches closed, {} settlements prepared, \
         {} decided, {} disputes opened, {} answered, {} decided, {lost} answers lost, {restarts} restarts with {} commands found decided and {} never arrived; nothing wrong",
        arguments.seeds,
        arguments.steps,
        after[0],
        after[1],
        after[2],
        after[3],
        after[4],
        after[5],
        after[6],
        after[7],
        after[8],
        after[9],
        resolved.0,
        resolved.1
    );
    Ok(())
}
