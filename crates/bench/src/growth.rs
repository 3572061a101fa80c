//! A long history: how long `verify` takes, how fast pages search it, and payments while it is archived.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use domain::command::{self, Actor, Envelope};
use domain::ids::{MerchantId, PersonId, RequestId};
use domain::settlement::{Preparation, Verdict};
use domain::time::{BusinessDate, HOUR};
use engine::clock::Clock;
use storage::vault::Vault;
use storage::{Books, Storage};

use crate::Failure;
use crate::fixture::{PAST, Size, begins};
use crate::load::at;
use crate::pages::Browser;

/// The last day to archive: within the first 40 days, and before the last 31 days of the history.
pub fn archived_until(size: Size) -> BusinessDate {
    let (first, last) = (begins(size).plus(39 * 24 * HOUR), PAST.plus(-31 * 24 * HOUR));
    first.min(last).business_date()
}

/// Interval of polling a process.
const POLL: Duration = Duration::from_millis(50);

/// Measured requests of a page, after a quarter as many for warm-up.
const LOOKS: usize = 60;

/// The program running another command than `serve`.
#[derive(Debug)]
pub struct Task {
    child: Child,
    begun: Instant,
    most: u64,
}

impl Task {
    /// Starts it on the same data.
    pub fn start(database: &str, folder: &Path, arguments: &[&str]) -> Result<Self, Failure> {
        let program = std::env::current_exe()?.with_file_name("webpos");
        let mut command = Command::new(program);
        command.args(arguments).args(["--database", database, "--data-dir"]).arg(folder);
        Ok(Self { child: command.stdout(Stdio::null()).spawn()?, begun: Instant::now(), most: 0 })
    }

    /// Whether it is still running.
    pub fn runs(&mut self) -> Result<bool, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let most =
            status.lines().find(|line| line.starts_with("VmHWM:")).and_then(|line| line.split_whitespace().nth(1));
        self.most = most.and_then(|kib| kib.parse().ok()).unwrap_or(0_u64).max(self.most);
        Ok(self.child.try_wait()?.is_none())
    }

    /// Waits for a successful end. Returns its duration in seconds and its peak memory in MiB.
    pub fn end(mut self) -> Result<(f64, u64), Failure> {
        while self.runs()? {
            std::thread::sleep(POLL);
        }
        let seconds = self.begun.elapsed().as_secs_f64();
        if self.child.wait()?.success() { Ok((seconds, self.most / 1_024)) } else { Err("it failed".into()) }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Verifies the ledger, and the archive if given.
pub fn verify(database: &str, folder: &Path, archive: Option<&PathBuf>) -> Result<(f64, u64), Failure> {
    let archive: Vec<&str> =
        archive.and_then(|file| Some(["--archive", file.to_str()?])).into_iter().flatten().collect();
    Task::start(database, folder, &[&["verify"][..], &archive].concat())?.end()
}

/// Settles the merchant up to the last day of the history, as two persons of the card company do.
pub async fn settle(database: &str, folder: &Path) -> Result<(), Failure> {
    let db = match database.strip_prefix("sqlite:") {
        Some(file) => Storage::open(Path::new(file))?,
        None => Storage::connect(database).await?,
    };
    let vault = Vault::of(&db, folder).await?;
    let (books, at) = (Books::of(db, vault.chain_key()), Clock::system().now());
    let (merchant, until) = (MerchantId(250_100), PAST.business_date());
    let ask = async |n, person, command| {
        let (request_id, actor) = (RequestId([n; 16]), Actor::issuer(PersonId(person)));
        let asked = Envelope { request_id, actor, at, entropy: 7, command };
        let outcome = books.post(vec![asked]).await?.pop().ok_or("no outcome")?;
        match outcome.transaction() {
            Some(transaction) if outcome.approved() => Ok::<_, Failure>(transaction.id),
            _ => Err(format!("not settled: {outcome:?}").into()),
        }
    };
    let prepare = command::Command::SettlementPrepare(Preparation { merchant, until });
    let settlement = ask(0xA1, 9003, prepare).await?;
    let opinion = "compared with the bank".to_owned();
    let verdict = Verdict { merchant, settlement, confirm: true, opinion };
    ask(0xA2, 9002, command::Command::SettlementReview(verdict)).await?;
    Ok(())
}

/// The name of a page with p50 and p95 in milliseconds.
pub type Look = (&'static str, f64, f64);

/// Measures the pages that search, one after the other.
pub fn looks(server: SocketAddr, cashier: &str) -> Result<Vec<Look>, Failure> {
    let day = |ago: i64| PAST.plus(-ago * 24 * HOUR).business_date();
    let number = format!("{:06}0417", day(3).0 % 1_000_000);
    let days = |from: BusinessDate, to: BusinessDate| format!("/orders?from={from}&to={to}");
    let pages = [
        ("orders: today", "/orders".to_owned()),
        ("orders: a day of 25,000", days(day(3), day(3))),
        ("orders: 31 days", days(day(30), day(0))),
        ("orders: a number", format!("/orders?no={number}")),
        ("orders: a card, one day", format!("{}&card=0012", days(day(3), day(3)))),
        ("goods: search", "/sale/picker?q=gm".to_owned()),
        ("running shift", "/batch".to_owned()),
        ("the sale page", "/sale".to_owned()),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut browser = Browser::open(server, cashier).await?;
        let mut looks = Vec::new();
        for (name, path) in pages {
            let mut micros = Vec::with_capacity(LOOKS);
            for nth in 0..LOOKS + LOOKS / 4 {
                let begun = Instant::now();
                browser.get(&path).await?;
                if nth >= LOOKS / 4 {
                    micros.push(u32::try_from(begun.elapsed().as_micros())?);
                }
            }
            micros.sort_unstable();
            looks.push((name, at(&micros, 50), at(&micros, 95)));
        }
        Ok(looks)
    })
}
