//! A batch of 20,000 cards that the real program makes while it is killed: exactly those cards, and no number of them
//! anywhere but sealed.

#[path = "program/mod.rs"]
#[expect(dead_code, reason = "it serves other tests as well")]
mod program;

use std::collections::HashSet;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use domain::acts::Payload;
use domain::card_number::CardNumber;
use domain::command::{Actor, Command, Envelope};
use domain::ids::{CardBatchId, PersonId, ProgrammeId, RequestId};
use domain::proposal::{Draft, Verdict, shown_digest};
use engine::clock::Clock;
use program::{Instance, webpos};
use storage::audit::Entry;
use storage::card_batch::{self, Entered, NewBatch};
use storage::vault::Vault;
use storage::{Books, Storage, card_batches, proposal};

const QUANTITY: i64 = 20_000;

/// Runs the program; what it logs is added to a file.
fn serve(folder: &Path) -> Instance {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("program.log")).expect("a log");
    let mut command = webpos();
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder);
    command.stderr(Stdio::from(log));
    Instance::start(command)
}

async fn open(folder: &Path) -> (Storage, Vault) {
    let db = Storage::open(&folder.join("webpos.db")).expect("opens");
    let vault = Vault::of(&db, folder).await.expect("the keys of the demo");
    (db, vault)
}

/// Two persons decide that the cards of a new batch are made.
async fn approve(folder: &Path) -> CardBatchId {
    let (db, vault) = open(folder).await;
    let (books, now) = (Books::of(db.clone(), vault.chain_key()), Clock::system().now());
    let (operator, checker) = (PersonId(9_001), PersonId(9_002));
    let entry = Entry {
        at: now,
        person: Some(operator),
        merchant: None,
        terminal: None,
        action: "card_batch_entered",
        subject: String::new(),
        detail: String::new(),
        address: String::new(),
    };
    let (programme, printed_text) = (ProgrammeId(1), "Health".to_owned());
    let new = NewBatch {
        programme,
        customer: None,
        quantity: QUANTITY,
        printed_text,
        note: String::new(),
        request: RequestId([7; 16]),
    };
    let Entered::Done(id) = card_batch::create(&db, new, entry).await.expect("writes") else { panic!("no number") };
    let sheet = card_batches::find(&db, id, now).await.expect("reads").expect("the batch");
    let payload = Payload::Batch(sheet.making());
    let seen = proposal::now(&db, payload.clone()).await.expect("reads").expect("there");
    let post = async |person, command: Command| {
        let request_id = RequestId(command.content());
        let asked = Envelope { request_id, actor: Actor::issuer(person), at: now, entropy: 0, command };
        let outcome = books.post(vec![asked]).await.expect("writes").pop().expect("one");
        assert!(outcome.approved(), "{outcome:?}");
        outcome.transaction().expect("recorded").id
    };
    let made = post(operator, Command::Proposal(Draft { payload, seen })).await;
    let one = proposal::find(&db, made).await.expect("reads").expect("there").sheet.proposal;
    let shown = shown_digest(&one, &one.seen);
    let opinion = "compared with the order".to_owned();
    let verdict = Verdict { proposal: one.id, payload: one.payload, opinion, shown };
    post(checker, Command::ProposalApproval(verdict)).await;
    id
}

async fn number(folder: &Path, sql: &'static str, id: CardBatchId) -> i64 {
    let db = Storage::open(&folder.join("webpos.db")).expect("opens");
    db.read(move |connection| Ok(connection.query_row(sql, [id.0], |row| row.get(0))?)).await.expect("reads")
}

const MADE: &str = "SELECT made FROM card_batch WHERE id = ?1";

/// Runs the program until so many cards are made, then kills it. How long that took.
async fn until_made(folder: &Path, id: CardBatchId, least: i64) -> Duration {
    let (running, began) = (serve(folder), Instant::now());
    while number(folder, MADE, id).await < least {
        assert!(began.elapsed() < Duration::from_secs(120), "the cards are not made");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = began.elapsed();
    // SIGKILL, at whatever it does.
    drop(running);
    took
}

#[tokio::test]
async fn twenty_thousand_cards_survive_a_kill_and_no_number_is_left_anywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    drop(serve(folder));
    let id = approve(folder).await;
    let first = until_made(folder, id, QUANTITY * 2 / 5).await;
    let made = number(folder, MADE, id).await;
    assert!(made < QUANTITY, "killed in the middle: {made}");
    let there = "SELECT COUNT(*) FROM card WHERE serial / 1000000 = ?1";
    assert_eq!(number(folder, there, id).await, made, "a piece is there with how far the work is");
    let second = until_made(folder, id, QUANTITY).await;
    // A program for tests is slower than what people run, so the limit of twenty seconds holds for that one the more.
    assert!(first + second < Duration::from_secs(20), "{first:?} and {second:?}");

    let (db, vault) = open(folder).await;
    let cards = db.read(move |connection| {
        let sql = "SELECT serial, sealed FROM card WHERE serial / 1000000 = ?1 ORDER BY serial";
        let mut all = connection.prepare(sql)?;
        let read = |row: &storage::sql::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
        Ok(all.query_map([id.0], read)?.collect::<storage::sql::Result<Vec<_>>>()?)
    });
    let cards = cards.await.expect("reads");
    let places: Vec<i64> = cards.iter().map(|(serial, _)| serial % 1_000_000).collect();
    assert_eq!(places, (1..=QUANTITY).collect::<Vec<_>>(), "no gap and no double");
    let mut numbers = HashSet::new();
    for (_, sealed) in &cards {
        let number = vault.open_number(sealed).expect("sealed by these keys");
        assert!(CardNumber::parse(number.reveal()).is_ok(), "the check digit fits");
        numbers.insert(number.reveal().as_bytes().to_vec());
    }
    assert_eq!(numbers.len(), cards.len(), "all numbers differ");
    let books = Books::of(db.clone(), vault.chain_key());
    assert_eq!(books.verify().await.expect("reads"), []);

    let mut files = 0;
    for file in std::fs::read_dir(folder).expect("the data folder") {
        let path = file.expect("a file").path();
        if !path.is_file() {
            continue;
        }
        files += 1;
        let bytes = std::fs::read(&path).expect("reads");
        let digits = bytes.windows(16).filter(|text| text.starts_with(b"608625"));
        for text in digits {
            assert!(!numbers.contains(text), "{} has a card number", path.display());
        }
    }
    assert!(files >= 3, "database, keys and log: {files}");
}
