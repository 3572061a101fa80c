//! kill -9 under load: 60 times at random moments, 32 payments in flight. The list of what was acknowledged is kept
//! outside, by this process. Afterwards: nothing acknowledged is lost, nothing is charged twice, what was not answered
//! gets a definite answer, the ledger is in order, and every restart is quick.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use sim::dice::Dice;
use sim::shop::{CardTerms, OrderTerms, Shop, request};
use storage::Sqlite;

const KILLS: u32 = 60;
const CALLERS: usize = 32;
const CARDS: i64 = 40;
/// Payments of one round at most; a fast machine is killed earlier.
const ROUND: i64 = 800;
const ORDERS: i64 = 60 * ROUND;
const AMOUNT: i64 = 100;
const RESTART_MAX: Duration = Duration::from_secs(5);
/// Longer than any answer takes on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running child and what it says.
struct Host {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    id: u64,
}

/// What one line of the child says: which question, the code, the sequence.
struct Line {
    id: u64,
    code: String,
    sequence: i64,
}

impl Host {
    /// Starts the child and waits until it answers; tells how long that took.
    fn start(path: &Path) -> (Self, Duration) {
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_sim"))
            .args(["child", "--db"])
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (say, lines) = channel();
        std::thread::spawn(move || {
            // A line that the kill cut off was never acknowledged; it has no newline.
            let mut output = output;
            let mut line = String::new();
            while output.read_line(&mut line).is_ok_and(|length| length > 0) && line.ends_with('\n') {
                if say.send(line.trim_end().to_owned()).is_err() {
                    return;
                }
                line.clear();
            }
        });
        let mut host = Self { child, input, lines, id: 0 };
        assert_eq!(host.hear().code, "ready");
        (host, begun.elapsed())
    }

    fn send_line(&mut self, what: &str) -> u64 {
        self.id += 1;
        // A child that was killed hears nothing; its answer is missing then, which is what this is about.
        let _ = writeln!(self.input, "{} {what}", self.id);
        self.id
    }

    fn hear(&mut self) -> Line {
        said(&self.lines.recv_timeout(PATIENCE).expect("the child answers"))
    }

    /// Asks one thing and waits.
    fn call(&mut self, what: &str) -> Line {
        let id = self.send_line(what);
        let said = self.hear();
        assert_eq!(said.id, id);
        said
    }

    /// SIGKILL, then everything that left the process before it.
    fn kill(mut self) -> Vec<Line> {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is ours");
        self.lines.iter().map(|line| said(&line)).collect()
    }
}

fn said(line: &str) -> Line {
    let words: Vec<&str> = line.split(' ').collect();
    let [id, code, sequence] = words[..] else { panic!("{line}") };
    let id = id.parse().expect("a number");
    Line { id, code: code.to_owned(), sequence: sequence.parse().expect("a number") }
}

fn lay(path: &Path) {
    let shop = Shop {
        cards: (0..CARDS).map(CardTerms::wide).collect(),
        orders: (1..=ORDERS).map(|id| OrderTerms { id, total: AMOUNT, attempt: None }).collect(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let database = Sqlite::open(path).expect("opens");
    runtime.block_on(database.write(move |connection| shop.fill_database(connection))).expect("laid");
}

/// Everything this process knows: what it sent, what it was told.
#[derive(Default)]
struct Known {
    /// Next order to pay; its number is also its request's.
    next: i64,
    /// Acknowledged: order and the sequence of its record.
    paid: BTreeMap<i64, i64>,
    /// Sent and not answered.
    open: HashMap<u64, i64>,
    withdrawn: Vec<i64>,
    found: u32,
}

impl Known {
    fn send(&mut self, host: &mut Host) {
        self.next += 1;
        let order = self.next;
        let id = host.send_line(&format!("sale {order} {order} {AMOUNT} {}", order % CARDS));
        self.open.insert(id, order);
    }

    fn acknowledge(&mut self, said: &Line) {
        let order = self.open.remove(&said.id).expect("asked");
        assert_eq!(said.code, "00", "order {order}");
        self.paid.insert(order, said.sequence);
    }

    /// Sends the unanswered ones again or asks what became of them: each gets a definite answer.
    fn resolve(&mut self, host: &mut Host) {
        let mut open: Vec<i64> = self.open.drain().map(|(_, order)| order).collect();
        open.sort_unstable();
        for order in open {
            let said = host.call(&format!("withdraw {order} {order} {AMOUNT}"));
            match said.code.as_str() {
                "00" => {
                    self.found += 1;
                    self.paid.insert(order, said.sequence);
                }
                "25" => self.withdrawn.push(order),
                other => panic!("order {order}: {other} is not definite"),
            }
            // And the same question again, as the sale itself: the answer stands.
            let again = host.call(&format!("sale {order} {order} {AMOUNT} {}", order % CARDS));
            assert_eq!((again.code, again.sequence), (said.code, said.sequence));
        }
    }
}

/// Reads the file itself: the acknowledged payments are there, each order is charged once, the money adds up.
fn check(path: &Path, outside: &Known, loaded: i64) {
    let file = Connection::open(path).expect("opens");
    let sql =
        "SELECT order_id, id % 10000000000, request_id FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL";
    let mut statement = file.prepare(sql).expect("prepares");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("reads");
    let mut charged: BTreeMap<i64, i64> = BTreeMap::new();
    for row in rows {
        let (order, sequence, id): (i64, i64, [u8; 16]) = row.expect("reads");
        assert_eq!(id, request(u64::try_from(order).expect("positive")).0, "a payment that nobody asked for");
        assert_eq!(charged.insert(order, sequence), None, "order {order} was charged twice");
    }
    assert_eq!(charged, outside.paid, "what is on record and what was acknowledged or found");
    assert!(outside.withdrawn.iter().all(|order| !charged.contains_key(order)));
    let held: i64 = file.query_row("SELECT SUM(balance) FROM card", [], |row| row.get(0)).expect("reads");
    let paid = i64::try_from(charged.len()).expect("few");
    assert_eq!(held, loaded - paid * AMOUNT, "the money adds up");
}

#[test]
fn sixty_kills_under_load() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("webpos.db");
    lay(&path);
    let mut dice = Dice::new(60);
    let mut outside = Known::default();
    let (mut host, _) = Host::start(&path);
    let each = ORDERS * AMOUNT;
    for card in 0..CARDS {
        let said = host.call(&format!("load {} {each} {card}", 1_000_000 + card));
        assert_eq!(said.code, "00");
    }
    let (mut slowest, mut cut) = (Duration::ZERO, 0);
    for round in 1..=KILLS {
        let until = Instant::now() + Duration::from_millis(u64::try_from(30 + dice.below(250)).expect("small"));
        for _ in 0..CALLERS {
            outside.send(&mut host);
        }
        let most = i64::from(round) * ROUND;
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|_| outside.next < most) {
            if let Ok(line) = host.lines.recv_timeout(left) {
                outside.acknowledge(&said(&line));
                outside.send(&mut host);
            }
        }
        for said in host.kill() {
            outside.acknowledge(&said);
        }
        cut += outside.open.len();
        let took;
        (host, took) = Host::start(&path);
        slowest = slowest.max(took);
        assert!(took <= RESTART_MAX, "restart {round} took {took:?}");
        outside.resolve(&mut host);
        if round % 15 == 0 {
            assert_eq!(host.call("verify").code, "clean");
        }
    }
    assert_eq!(host.call("verify").code, "clean");
    host.kill();
    check(&path, &outside, CARDS * each);
    let (paid, withdrawn) = (outside.paid.len(), outside.withdrawn.len());
    // Shown by `--no-capture`.
    let told = format!(
        "{KILLS} kills, {paid} paid, {cut} unanswered: {} found charged, {withdrawn} withdrawn; slowest restart {slowest:?}\n",
        outside.found
    );
    std::io::stdout().write_all(told.as_bytes()).expect("said");
    assert!(cut > 500 && withdrawn > 100 && outside.found > 0 && paid > 2_000, "{told}");
}
