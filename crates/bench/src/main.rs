//! `bench`: measures the program over HTTP against baselines. `cargo xtask bench` builds what it needs and calls it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bench::Failure;
use bench::baseline::{self, Baseline};
use bench::figures::Figures;
use bench::fixture::{self, Credentials, Size};
use bench::load::{self, Measured, Pace, Target};
use bench::server::{Server, processor_seconds};
use bench::{growth, imports, lists, pages, terminals};
use clap::{Parser, ValueEnum};
use scratch::Cluster;
use storage::Storage;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    Sqlite,
    Postgres,
}

#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
struct Arguments {
    /// The database of the program.
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
    /// Rounds; the table shows the median.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Concurrent connections, separated by commas.
    #[arg(long, default_value = "1,16,64,256", value_delimiter = ',')]
    connections: Vec<usize>,
    /// Measure only the program, without baselines.
    #[arg(long)]
    alone: bool,
    /// The program that posts with cala-ledger, for comparison.
    #[arg(long)]
    cala: Option<PathBuf>,
    /// File for the picture of the figures.
    #[arg(long)]
    picture: Option<PathBuf>,
    /// Measure only a long history: its cost, and payments while it is archived.
    #[arg(long)]
    growth: bool,
    /// Measure only lists of a million rows.
    #[arg(long)]
    lists: bool,
    /// Measure only an import of 100,000 products while 64 terminals pay.
    #[arg(long)]
    import: bool,
    /// Folder for the store; its disk matters.
    #[arg(long, default_value = "/tmp")]
    folder: PathBuf,
}

/// Whole sales per second through the pages, paid by gift card, that Open Source POS 3.4 (PHP, `MariaDB`) reached on
/// two cores of the same kind of machine.
const OPEN_SOURCE_POS: f64 = 24.0;

/// Connections for the overload test.
const CROWD: u32 = 2_000;

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let size = Size { cards: arguments.cards, orders: arguments.orders };
    let runtime = tokio::runtime::Runtime::new()?;
    // The baselines run on this server with either store.
    let cluster = (arguments.store == Store::Postgres || !arguments.alone).then(Cluster::durable);
    let database = match &cluster {
        Some(cluster) if arguments.store == Store::Postgres => cluster.url(),
        _ => format!("sqlite:{}", folder.path().join("webpos.db").display()),
    };
    let Credentials { token, cashiers } = runtime.block_on(fixture::fill(&database, folder.path(), size))?;
    let baseline = match &cluster {
        Some(cluster) if !arguments.alone => {
            let other = tempfile::tempdir_in(&arguments.folder)?;
            if arguments.store == Store::Sqlite {
                runtime.block_on(fixture::fill(&cluster.url(), other.path(), size))?;
            }
            Some(runtime.block_on(Baseline::set_up(cluster.socket(), &cluster.url(), size.cards))?)
        }
        _ => None,
    };
    let reader = if arguments.lists {
        let storage = runtime.block_on(fixture::open(&database, folder.path()))?;
        Some(runtime.block_on(lists::fill(&storage))?)
    } else {
        None
    };
    let importer = if arguments.import { Some(runtime.block_on(importer(&database, folder.path()))?) } else { None };
    let commit = runtime.block_on(baseline::commit(&database, folder.path()))?;
    let server = Server::start(&database, folder.path())?;
    let target = Target { servers: vec![server.address], token, cards: arguments.cards };
    let mut bench = Bench {
        arguments: &arguments,
        folder: folder.path(),
        database,
        server,
        target,
        cluster,
        baseline,
        figures: Figures::default(),
    };
    say(&format!("{} cards, {} past orders; idle {} MiB", size.cards, size.orders, bench.server.memory().0))?;
    if let Some(reader) = reader {
        bench.lists(&reader)?;
        return print_errors(folder.path());
    }
    if let Some((cookie, storage)) = importer {
        bench.import(&cookie, &storage)?;
        return print_errors(folder.path());
    }
    if arguments.growth {
        bench.growth(cashiers.first().ok_or("no cashier")?)?;
        return print_errors(folder.path());
    }
    bench.terminals(commit)?;
    let capacity = bench.saturated()?;
    bench.cala(capacity)?;
    bench.two_instances()?;
    bench.sales(&cashiers)?;
    bench.overload(capacity)?;
    bench.memory()?;
    say(&format!("\n{}", bench.figures.table()))?;
    if let Some(path) = &arguments.picture {
        let store = if arguments.store == Store::Sqlite { "embedded database" } else { "PostgreSQL" };
        std::fs::write(path, bench.figures.picture(&format!("WEB-POS on {store}, two cores with the load generator")))?;
    }
    print_errors(folder.path())
}

/// The session of somebody who imports, and the store to see how far it is.
async fn importer(database: &str, folder: &Path) -> Result<(String, Storage), Failure> {
    let storage = fixture::open(database, folder).await?;
    Ok((lists::sign_in(&storage).await?, storage))
}

/// The measurement, with its baselines.
struct Bench<'a> {
    arguments: &'a Arguments,
    folder: &'a Path,
    database: String,
    server: Server,
    target: Target,
    cluster: Option<Cluster>,
    baseline: Option<Baseline>,
    figures: Figures,
}

/// The program with its costs, TPC-B, and the function.
type Round = (Measured, [f64; 4], f64, f64);

impl Bench<'_> {
    fn time(&self) -> Duration {
        Duration::from_secs(self.arguments.seconds)
    }

    /// Measures lists of a million rows.
    fn lists(&mut self, reader: &str) -> Result<(), Failure> {
        for (name, p50, p95) in lists::looks(self.server.address, reader)? {
            self.figures.within(&format!("{name}, p95 (median {p50:.1})"), p95, "ms", 50.0);
        }
        say(&format!("\n{}", self.figures.table()))
    }

    /// Measures an import beside paying terminals.
    fn import(&mut self, cookie: &str, storage: &Storage) -> Result<(), Failure> {
        let calm_for = self.time() * 2;
        imports::measure(storage, &self.target, cookie, calm_for, &mut self.figures)?;
        self.memory()?;
        say(&format!("\n{}", self.figures.table()))
    }

    fn memory(&mut self) -> Result<(), Failure> {
        let most = self.server.memory().1;
        self.figures.within("most memory of the program", figure(usize::try_from(most)?), "MiB", 256.0);
        Ok(())
    }

    /// The program's PostgreSQL server, if it uses one.
    fn postgres(&self) -> Option<&Cluster> {
        self.cluster.as_ref().filter(|_| self.arguments.store == Store::Postgres)
    }

    /// Measures one idle till, and 64 terminals that each pay once a second.
    fn terminals(&mut self, commit: f64) -> Result<(), Failure> {
        self.figures.note("one commit of this store, p50", commit, "ms");
        let idle = terminals::pay(&self.target, 1, Duration::from_millis(20), self.time())?;
        self.figures.within("one idle till, p50", idle.p50, "ms", commit + 0.5);
        let calm = terminals::pay(&self.target, 64, Duration::from_secs(1), self.time() * 2)?;
        self.figures.within("64 terminals, one payment a second each, p99", calm.p99, "ms", 10.0 + 2.0 * commit);
        Ok(())
    }

    /// Measures every number of connections at full speed. Returns the payments per second at 64.
    fn saturated(&mut self) -> Result<f64, Failure> {
        say(
            "connections  payments/s  p50 ms  p99 ms  CPU us/payment: webpos  postgres  load  bytes   TPC-B/s  ratio  function/s  ratio",
        )?;
        let postgres = self.arguments.store == Store::Postgres;
        let mut at_64 = 0.0;
        for connections in &self.arguments.connections {
            let rounds = self.compare(*connections)?;
            let middle = |pick: &dyn Fn(&Round) -> f64| {
                let mut all: Vec<f64> = rounds.iter().map(pick).collect();
                all.sort_by(f64::total_cmp);
                all.get(all.len() / 2).copied().unwrap_or(0.0)
            };
            let rate = middle(&|one| one.0.per_second);
            let (tpc_b, function) = (middle(&|one| one.2), middle(&|one| one.3));
            let what = format!("payments over HTTP, {connections} connections");
            let wanted = match (connections, postgres) {
                (64, false) => 5.0,
                (64, true) => 3.5,
                (256, true) => 4.5,
                _ => 0.0,
            };
            if wanted > 0.0 && self.baseline.is_some() {
                self.figures.times(&what, rate, ("TPC-B", tpc_b), wanted);
            }
            if *connections == 64 {
                at_64 = rate;
                if postgres && self.baseline.is_some() {
                    self.figures.times(&what, rate, ("one function", function), 2.0);
                }
                let limit = if postgres { 15.0 } else { 40.0 };
                self.figures.within("at 64 connections, p99", middle(&|one| one.0.p99), "ms", limit);
                self.figures.note("CPU time of the program per payment", middle(&|one| one.1[0]), "us");
                self.figures.note("bytes on disk per payment", middle(&|one| one.1[3]), "bytes");
            }
        }
        Ok(at_64)
    }

    /// CPU seconds so far of the program, the database's processes, and this process.
    fn spent(&self) -> [f64; 3] {
        let own = processor_seconds(std::process::id());
        let store = self.cluster.as_ref().map_or(0.0, |cluster| processor_seconds(cluster.id()));
        let program = processor_seconds(self.server.id());
        [program, store, own - program - store]
    }

    /// CPU time since `before`, microseconds per payment.
    fn per(&self, before: [f64; 3], all: usize) -> [f64; 3] {
        let after = self.spent();
        [0, 1, 2].map(|at| (after[at] - before[at]) * 1e6 / figure(all))
    }

    /// Measures one number of connections: the program and the baselines in turn.
    fn compare(&self, connections: usize) -> Result<Vec<Round>, Failure> {
        let time = self.time();
        let mut rounds: Vec<Round> = Vec::new();
        for _ in 0..self.arguments.rounds {
            let (before, bytes_before) = (self.spent(), self.bytes()?);
            let measured = load::run(&self.target, Pace { connections, time, every: None })?;
            let all = measured.count + measured.warming;
            let micros = self.per(before, all);
            let bytes = figure(self.bytes()?.saturating_sub(bytes_before)) / figure(all);
            let (tpc_b, function) = match &self.baseline {
                Some(baseline) => (baseline.tpc_b(connections, time)?, baseline.function(connections, time)?),
                None => (0.0, 0.0),
            };
            let costs = [micros[0], micros[1], micros[2], bytes];
            say(&format!(
                "{connections:>11} {:>11.0} {:>7.2} {:>7.2} {:>22.1} {:>9.1} {:>5.1} {:>6.0} {tpc_b:>9.0} {:>6.2} {function:>11.0} {:>6.2}{}",
                measured.per_second,
                measured.p50,
                measured.p99,
                costs[0],
                costs[1],
                costs[2],
                costs[3],
                measured.per_second / tpc_b,
                measured.per_second / function,
                if measured.other == 0 { String::new() } else { format!("   {} not approved", measured.other) },
            ))?;
            rounds.push((measured, costs, tpc_b, function));
        }
        Ok(rounds)
    }

    /// Bytes of the store, without the write-ahead log, which is reused.
    fn bytes(&self) -> Result<usize, Failure> {
        if let Some(cluster) = self.postgres() {
            return Ok(cluster.sql("SELECT pg_database_size('postgres')").parse()?);
        }
        let file = rusqlite::Connection::open(self.folder.join("webpos.db"))?;
        let pages: i64 = file.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let page: i64 = file.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        Ok(usize::try_from(pages * page)?)
    }

    /// Measures cala-ledger, which writes less than a payment does, with 64 callers on the same server.
    fn cala(&mut self, capacity: f64) -> Result<(), Failure> {
        if let (Some(program), Some(cluster)) = (&self.arguments.cala, self.postgres()) {
            let posted = baseline::cala(program, cluster, 64, self.time())?;
            self.figures.times("payments over HTTP, 64 connections", capacity, ("cala-ledger", posted), 15.0);
        }
        Ok(())
    }

    /// Measures two instances of the program on one database, whose groups take turns.
    fn two_instances(&mut self) -> Result<(), Failure> {
        if self.arguments.store == Store::Sqlite {
            return Ok(());
        }
        let other = Server::start(&self.database, self.folder)?;
        let both = Target { servers: vec![self.server.address, other.address], ..self.target.clone() };
        let measured = load::run(&both, Pace { connections: 64, time: self.time(), every: None })?;
        self.figures.note("two instances, 64 connections", measured.per_second, "/s");
        self.figures.note("two instances, 64 connections, p99", measured.p99, "ms");
        Ok(())
    }

    /// Measures whole sales through the pages.
    fn sales(&mut self, cashiers: &[String]) -> Result<(), Failure> {
        let before = self.spent();
        let pages::Sales { per_second, p50, all } =
            pages::run(self.server.address, cashiers, self.target.cards, self.time())?;
        let [program, database, _] = self.per(before, all);
        self.figures.times("whole sales through the pages", per_second, ("Open Source POS", OPEN_SOURCE_POS), 20.0);
        self.figures.note("one sale of 14 requests, 16 tills, p50", p50, "ms");
        self.figures.note("CPU time of the program per sale", program, "us");
        if self.postgres().is_some() {
            self.figures.note("CPU time of the database per sale", database, "us");
        }
        Ok(())
    }

    /// Measures three times the sustainable load, from many connections, while a client reads.
    fn overload(&mut self, capacity: f64) -> Result<(), Failure> {
        let before = self.on_record()?;
        let every = Duration::from_secs_f64(f64::from(CROWD) / (3.0 * capacity.max(1.0)));
        let stop = Arc::new(AtomicBool::new(false));
        let reader = {
            let (target, stop) = (self.target.clone(), Arc::clone(&stop));
            std::thread::spawn(move || terminals::read(&target, &stop))
        };
        let pace = Pace { connections: usize::try_from(CROWD)?, time: self.time(), every: Some(every) };
        let measured = load::run(&self.target, pace);
        stop.store(true, Ordering::Relaxed);
        let (reads, unread) = reader.join().map_err(|_| "the reader panicked")??;
        let measured = measured?;
        let acknowledged = measured.count + measured.warming;
        let recorded = self.on_record()? - before;
        self.figures.within("three times the load: longest wait", measured.longest, "ms", 1_000.0);
        self.figures.note("three times the load: approved", measured.per_second, "/s");
        self.figures.note("three times the load: told 'not charged'", figure(measured.refused), "answers");
        self.figures.note("three times the load: other answers", count(measured.other - measured.refused), "answers");
        self.figures.within("three times the load: a list is read, p99", reads.p99, "ms", 1_000.0);
        self.figures.note("three times the load: lists not read", count(unread), "answers");
        self.figures.within(
            "approved and not on record",
            count(acknowledged.saturating_sub(recorded)),
            "payments",
            0.0,
        );
        Ok(())
    }

    /// Measures the cost of the history, then archives its first 40 days during payments.
    fn growth(&mut self, cashier: &str) -> Result<(), Failure> {
        let size = Size { cards: self.arguments.cards, orders: self.arguments.orders };
        let (database, folder) = (self.database.clone(), self.folder.to_owned());
        let mega = |bytes: usize| bytes / 1_000_000;
        let verified = |(seconds, memory): (f64, u64)| format!("{seconds:.1} s, {memory} MiB at most");
        let proved = growth::verify(&database, &folder, None)?;
        say(&format!("{} MB; verify: {}", mega(self.bytes()?), verified(proved)))?;
        for (name, p50, p95) in growth::looks(self.server.address, cashier)? {
            say(&format!("{name}: p50 {p50:.1} ms, p95 {p95:.1} ms"))?;
        }
        self.payments("before")?;
        let begun = Instant::now();
        tokio::runtime::Runtime::new()?.block_on(growth::settle(&database, &folder))?;
        say(&format!("settled in {:.1} s", begun.elapsed().as_secs_f64()))?;
        let (file, until) = (folder.join("old.archive"), growth::archived_until(size).to_string());
        let arguments = ["archive", "--until", until.as_str(), file.to_str().ok_or("a path")?];
        let mut task = growth::Task::start(&database, &folder, &arguments)?;
        // It verifies everything first.
        std::thread::sleep(Duration::from_secs_f64(proved.0 * 1.2));
        while task.runs()? {
            let calm = terminals::pay(&self.target, 64, Duration::from_secs(1), self.time() * 2)?;
            say(&format!(
                "meanwhile 64 terminals, a payment a second each: p50 {:.1} ms, p99 {:.1} ms",
                calm.p50, calm.p99
            ))?;
            self.payments("meanwhile")?;
        }
        let (seconds, memory) = task.end()?;
        let archive = usize::try_from(std::fs::metadata(&file)?.len())?;
        say(&format!("archived in {seconds:.1} s, {memory} MiB at most; the file is {} MB", mega(archive)))?;
        say(&format!("the store is {} MB", mega(self.bytes()?)))?;
        self.payments("after")?;
        say(&format!("the store is {} MB", mega(self.bytes()?)))?;
        for (name, p50, p95) in growth::looks(self.server.address, cashier)? {
            say(&format!("{name}: p50 {p50:.1} ms, p95 {p95:.1} ms"))?;
        }
        say(&format!("verify: {}", verified(growth::verify(&database, &folder, None)?)))?;
        say(&format!("verify with the archive: {}", verified(growth::verify(&database, &folder, Some(&file))?)))
    }

    /// Measures payments at 64 connections.
    fn payments(&self, when: &str) -> Result<(), Failure> {
        for _ in 0..self.arguments.rounds {
            let measured = load::run(&self.target, Pace { connections: 64, time: self.time(), every: None })?;
            let other = if measured.other == 0 { String::new() } else { format!(", {} not approved", measured.other) };
            let Measured { per_second, p50, p99, .. } = measured;
            say(&format!("{when}: {per_second:.0} payments/s, p50 {p50:.1} ms, p99 {p99:.1} ms{other}"))?;
        }
        Ok(())
    }

    /// Approved sales on record.
    fn on_record(&self) -> Result<usize, Failure> {
        let sql = "SELECT count(*) FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL";
        if let Some(cluster) = self.postgres() {
            return Ok(cluster.sql(sql).parse()?);
        }
        let file = rusqlite::Connection::open(self.folder.join("webpos.db"))?;
        Ok(usize::try_from(file.query_row(sql, [], |row| row.get::<_, i64>(0))?)?)
    }
}

/// Prints the first errors of the program's log, if any.
fn print_errors(folder: &Path) -> Result<(), Failure> {
    let log = std::fs::read_to_string(folder.join("server.log"))?;
    log.lines().filter(|line| line.contains("ERROR")).take(3).try_for_each(say)
}

/// As a divisor: at least one.
fn figure(number: usize) -> f64 {
    count(number.max(1))
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "figures for people")]
fn count(number: usize) -> f64 {
    number as f64
}

fn say(line: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
