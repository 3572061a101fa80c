//! An import of 100,000 products through the pages, while 64 terminals pay: how long each step takes, and what the
//! terminals notice of it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use domain::ids::EditionId;
use storage::Storage;
use storage::job::{self, JobKind, JobStatus};

use crate::Failure;
use crate::figures::Figures;
use crate::load::Target;
use crate::pages::Browser;
use crate::terminals::{self, Waits};

/// Products of the file.
const PRODUCTS: u32 = 100_000;

/// Categories of these products.
const CATEGORIES: u32 = 25;

/// Terminals that pay once a second.
const TERMINALS: u32 = 64;

/// The merchant of the demo that gets the products.
const GOODS: &str = "/office/products/250100";

/// The file, as a program of a merchant writes it.
fn file() -> Vec<u8> {
    let mut file =
        "code,name,barcode,pack,maker,category,class,unit,price,lowest,highest,card pays,on sale\n".to_owned();
    for n in 0..PRODUCTS {
        let (category, yuan) = (n % CATEGORIES, 1 + n % 400);
        let _ = writeln!(
            file,
            "B{n:06},product {n} of a long name,,10g x 9,maker {category},category {category},OTC-B,box,{yuan}.50,,,yes,yes"
        );
    }
    file.into_bytes()
}

/// Seconds of each step.
struct Steps {
    /// The file is sent.
    sent: f64,
    /// What it changes is shown.
    checked: f64,
    /// Tills sell by it.
    live: f64,
    /// Searches find all of it.
    found: f64,
    /// It is taken back: nobody sells by it, and nothing finds it.
    taken_back: f64,
}

/// Measures an import beside paying terminals, and the same terminals without one.
pub fn measure(
    storage: &Storage,
    target: &Target,
    cookie: &str,
    calm_for: Duration,
    figures: &mut Figures,
) -> Result<(), Failure> {
    let server = *target.servers.first().ok_or("no server")?;
    let calm = terminals::pay(target, TERMINALS, Duration::from_secs(1), calm_for)?;
    let (cookie, storage) = (cookie.to_owned(), storage.clone());
    let (done, ended) = mpsc::channel();
    let import = std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        let steps = runtime.block_on(import(&storage, server, &cookie)).map_err(|error| error.to_string());
        // The terminals stop with it.
        let _ = done.send(());
        steps
    });
    let mut busy: Vec<Waits> = Vec::new();
    while ended.try_recv() == Err(mpsc::TryRecvError::Empty) {
        busy.push(terminals::pay(target, TERMINALS, Duration::from_secs(1), Duration::from_secs(5))?);
    }
    let steps = import.join().map_err(|_| "the import panicked")??;
    let worst = busy.iter().map(|waits| waits.p99).fold(0.0, f64::max);
    figures.note("import: the file is sent", steps.sent, "s");
    figures.within("import: 100,000 rows are checked", steps.checked, "s", 10.0);
    figures.within("import: they are live", steps.live, "s", 1.0);
    figures.within("import: searches find all of them", steps.found, "s", 5.0);
    figures.note("import: all of it is taken back", steps.taken_back, "s");
    figures.note("64 terminals without an import, p99", calm.p99, "ms");
    figures.within("64 terminals beside it, worst 5 seconds, p99", worst, "ms", calm.p99 + 10.0);
    Ok(())
}

/// How often the page is asked whether a step is over.
const ASK_EVERY: Duration = Duration::from_millis(20);

async fn import(storage: &Storage, server: SocketAddr, cookie: &str) -> Result<Steps, Failure> {
    let mut browser = Browser::open(server, cookie).await?;
    let file = file();
    let begun = Instant::now();
    let mut page = browser.send_file(&format!("{GOODS}/import"), &[("kind", "products")], &file).await?;
    let sent = begun.elapsed();
    let at = browser.at().to_owned();
    while !page.contains("value=\"publish\"") {
        tokio::time::sleep(ASK_EVERY).await;
        page = browser.get(&at).await?;
    }
    let checked = begun.elapsed().saturating_sub(sent);
    let edition = browser.at().to_owned();
    let begun = Instant::now();
    let mut page = browser.post(&edition, &[("do", "publish"), ("when", "now"), ("request", &"0".repeat(32))]).await?;
    while !page.contains("value=\"undo\"") {
        tokio::time::sleep(ASK_EVERY).await;
        page = browser.get(&edition).await?;
    }
    let live = begun.elapsed();
    settled(storage, &edition).await?;
    let found = begun.elapsed();
    let begun = Instant::now();
    browser.post(&edition, &[("do", "undo")]).await?;
    let undo = browser.at().to_owned();
    settled(storage, &undo).await?;
    let seconds = |time: Duration| time.as_secs_f64();
    Ok(Steps {
        sent: seconds(sent),
        checked: seconds(checked),
        live: seconds(live),
        found: seconds(found),
        taken_back: seconds(begun.elapsed()),
    })
}

/// Waits until an edition, by the address of its page, is in the catalogue.
async fn settled(storage: &Storage, page: &str) -> Result<(), Failure> {
    let id = page.rsplit('/').next().and_then(|id| id.parse().ok()).map(EditionId).ok_or("no edition")?;
    loop {
        let progress = job::progress(storage, JobKind::Publish, id.0).await?;
        match progress.map(|progress| progress.status) {
            Some(JobStatus::Done) => return Ok(()),
            Some(status @ (JobStatus::Failed | JobStatus::Cancelled)) => return Err(format!("it is {status:?}").into()),
            Some(JobStatus::Waiting) | None => tokio::time::sleep(ASK_EVERY).await,
        }
    }
}
