//! `bench`: measures the program over HTTP against baselines. `cargo xtask bench` builds what it needs and calls it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bench::Failure;
use bench::baseline::Baseline;
use bench::load::{self, Measured, Pace, Target};
use bench::server::{Server, processor_seconds};
use bench::town::{self, Size};
use clap::{Parser, ValueEnum};
use scratch::Cluster;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    Sqlite,
    Postgres,
}

#[derive(Parser)]
struct Arguments {
    /// What the program keeps its data in.
    #[arg(value_enum)]
    store: Store,
    /// Cards in the store.
    #[arg(long, default_value_t = 1_000_000)]
    cards: i64,
    /// Paid orders in the store.
    #[arg(long, default_value_t = 1_000_000)]
    orders: i64,
    /// Seconds of one measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Rounds; the table shows the middle one.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Connections at once, with commas.
    #[arg(long, default_value = "1,16,64,256", value_delimiter = ',')]
    connections: Vec<usize>,
    /// Only the program, without baselines.
    #[arg(long)]
    alone: bool,
    /// Where the store is made; the disk counts.
    #[arg(long, default_value = "/tmp")]
    folder: PathBuf,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let size = Size { cards: arguments.cards, orders: arguments.orders };
    let runtime = tokio::runtime::Runtime::new()?;
    // The baselines run on this server in either case.
    let cluster = (arguments.store == Store::Postgres || !arguments.alone).then(Cluster::durable);
    let database = match &cluster {
        Some(cluster) if arguments.store == Store::Postgres => cluster.url(),
        _ => format!("sqlite:{}", folder.path().join("webpos.db").display()),
    };
    let token = runtime.block_on(town::fill(&database, folder.path(), size))?;
    let baseline = match &cluster {
        Some(cluster) if !arguments.alone => {
            let other = tempfile::tempdir_in(&arguments.folder)?;
            if arguments.store == Store::Sqlite {
                runtime.block_on(town::fill(&cluster.url(), other.path(), size))?;
            }
            Some(runtime.block_on(Baseline::lay(cluster.socket(), &cluster.url(), size.cards))?)
        }
        _ => None,
    };
    let server = Server::start(&database, folder.path())?;
    let target = Target { servers: vec![server.address], token, cards: arguments.cards };
    say(&format!("{} cards, {} past orders; idle {} MiB", arguments.cards, arguments.orders, server.memory().0))?;
    say(
        "connections  payments/s  p50 ms  p99 ms  CPU us/payment: webpos  postgres  load   TPC-B/s  ratio  function/s  ratio",
    )?;
    for connections in &arguments.connections {
        compare(*connections, &arguments, &target, &server, cluster.as_ref(), baseline.as_ref())?;
    }
    paced(&arguments, &target)?;
    say(&format!("most memory of the program {} MiB", server.memory().1))?;
    complaints(folder.path())
}

/// The program with its costs, TPC-B, the function.
type Round = (Measured, [f64; 3], f64, f64);

/// One number of connections: the program and the baselines in turn.
fn compare(
    connections: usize,
    arguments: &Arguments,
    target: &Target,
    server: &Server,
    cluster: Option<&Cluster>,
    baseline: Option<&Baseline>,
) -> Result<(), Failure> {
    let time = Duration::from_secs(arguments.seconds);
    let spent = || {
        let own = processor_seconds(std::process::id());
        let (program, store) =
            (processor_seconds(server.id()), cluster.map_or(0.0, |cluster| processor_seconds(cluster.id())));
        [program, store, own - program - store]
    };
    let mut rounds: Vec<Round> = Vec::new();
    for _ in 0..arguments.rounds {
        let before = spent();
        let measured = load::run(target, Pace { connections, time, every: None })?;
        let after = spent();
        let all = figure(measured.count + measured.warming);
        let micros = [0, 1, 2].map(|at| (after[at] - before[at]) * 1e6 / all);
        let (tpc_b, function) = match baseline {
            Some(baseline) => (baseline.tpc_b(connections, time)?, baseline.function(connections, time)?),
            None => (0.0, 0.0),
        };
        rounds.push((measured, micros, tpc_b, function));
    }
    let middle = |pick: &dyn Fn(&Round) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(pick).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(0.0)
    };
    let other: usize = rounds.iter().map(|(measured, ..)| measured.other).sum();
    say(&format!(
        "{connections:>11} {:>11.0} {:>7.2} {:>7.2} {:>22.1} {:>9.1} {:>5.1} {:>9.0} {:>6.2} {:>11.0} {:>6.2}{}",
        middle(&|one| one.0.per_second),
        middle(&|one| one.0.p50),
        middle(&|one| one.0.p99),
        middle(&|one| one.1[0]),
        middle(&|one| one.1[1]),
        middle(&|one| one.1[2]),
        middle(&|one| one.2),
        middle(&|one| one.0.per_second / one.2),
        middle(&|one| one.3),
        middle(&|one| one.0.per_second / one.3),
        if other == 0 { String::new() } else { format!("   {other} not approved") },
    ))
}

/// 64 terminals that pay once a second each.
fn paced(arguments: &Arguments, target: &Target) -> Result<(), Failure> {
    let pace =
        Pace { connections: 64, time: Duration::from_secs(arguments.seconds * 2), every: Some(Duration::from_secs(1)) };
    let measured = load::run(target, pace)?;
    say(&format!("64 terminals, a payment a second each: p50 {:.2} ms, p99 {:.2} ms", measured.p50, measured.p99))
}

/// What went wrong in the program, if anything did.
fn complaints(folder: &Path) -> Result<(), Failure> {
    let log = std::fs::read_to_string(folder.join("server.log"))?;
    log.lines().filter(|line| line.contains("ERROR")).take(3).try_for_each(say)
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "figures for people")]
fn figure(count: usize) -> f64 {
    count.max(1) as f64
}

fn say(line: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
