//! Payments per second of the engine against a raw loop that writes the same rows in groups of the same size, in turn,
//! with many cards and past orders in the file: `cargo run --release -p sim --bin bench-engine`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use sim::bench::{Fixture, Measured};
use storage::StorageError;

#[derive(Parser)]
struct Arguments {
    /// Cards in the file.
    #[arg(long, default_value_t = 1_000_000)]
    cards: i64,
    /// Paid orders in the file.
    #[arg(long, default_value_t = 1_000_000)]
    past: i64,
    /// Measurements of each side; the table shows the middle one.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Payments of one measurement with 64 callers.
    #[arg(long, default_value_t = 24_000)]
    payments: i64,
    /// Where the file is made; the disk counts.
    #[arg(long, default_value = "/tmp")]
    folder: PathBuf,
}

/// Callers at once, and the share of the payments that they make.
const LEVELS: [(i64, i64); 4] = [(1, 16), (16, 2), (64, 1), (256, 1)];

fn main() -> ExitCode {
    match compare(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(arguments: &Arguments) -> Result<(), StorageError> {
    let failed = |error: std::io::Error| StorageError::Open(error.to_string());
    let mut out = std::io::stdout().lock();
    let mut say = |line: String| writeln!(out, "{line}").map_err(failed);
    let folder = tempfile::tempdir_in(&arguments.folder).map_err(failed)?;
    let begun = Instant::now();
    let rounds = i64::try_from(arguments.rounds).unwrap_or(3);
    // Both sides, warm-up and rounding included.
    let drafts = LEVELS.iter().map(|(_, share)| arguments.payments / share * 3 * rounds).sum::<i64>() + 10_000;
    let fixture = Fixture::build(&folder.path().join("webpos.db"), arguments.cards, arguments.past, drafts)?;
    let (size, took) = (fixture.size() / 1_048_576, begun.elapsed().as_secs());
    say(format!("{} cards, {} past orders, {size} MiB, built in {took} s", arguments.cards, arguments.past))?;
    say("callers  group   engine/s     raw/s  ratio   engine p50/p99 ms   raw commit p50/p99 ms".to_owned())?;
    let runtime = tokio::runtime::Runtime::new().map_err(failed)?;
    for (callers, share) in LEVELS {
        let count = arguments.payments / share;
        let (mut engine, mut raw) = (Vec::new(), Vec::new());
        for _ in 0..arguments.rounds {
            let measured = fixture.engine(&runtime, callers, count)?;
            engine.push(measured);
            raw.push(fixture.raw(whole(measured.group), count)?);
        }
        let ratios = engine.iter().zip(&raw).map(|(engine, raw)| engine.per_second / raw.per_second).collect();
        let figure = |of: &[Measured], pick: fn(&Measured) -> f64| middle(of.iter().map(pick).collect());
        say(format!(
            "{callers:>7} {:>6.1} {:>10.0} {:>9.0} {:>6.2}   {:>9.2} / {:>6.2}   {:>11.2} / {:>6.2}",
            figure(&engine, |m| m.group),
            figure(&engine, |m| m.per_second),
            figure(&raw, |m| m.per_second),
            middle(ratios),
            figure(&engine, |m| m.p50),
            figure(&engine, |m| m.p99),
            figure(&raw, |m| m.p50),
            figure(&raw, |m| m.p99),
        ))?;
    }
    say(format!("{} payments in all", fixture.paid()))
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}

#[expect(clippy::cast_possible_truncation, clippy::as_conversions, reason = "a group has at most 256 payments")]
fn whole(group: f64) -> i64 {
    group.round().max(1.0) as i64
}
