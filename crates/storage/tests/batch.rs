//! Batches: closed once, numbered without a gap, equal to the ledger in every store, and held to it by `verify`.

#[path = "../../domain/tests/builders/mod.rs"]
mod builders;

mod fixture;

use std::collections::BTreeMap;

use builders::money::money_on_card;
use builders::{MORNING, TILL, World, by, card, chain_key, envelope, inquiry, order, sale_pin};
use domain::batch::{Batch, ClosedBatch, Handling, Tally, Totals};
use domain::command::{Command, Envelope};
use domain::ids::{PersonId, TerminalId};
use domain::money::Fen;
use domain::outcome::Decline;
use domain::time::Timestamp;
use fixture::Fixture;
use rusqlite::{Connection, params};
use storage::audit::{self, Entry};
use storage::{Books, Storage, batch};

const CASHIER: PersonId = PersonId(1003);
const MANAGER: PersonId = PersonId(1002);
const SECOND: i64 = 1_000_000;

fn shop() -> World {
    let mut world = builders::one_till();
    world.put_card(card(1));
    (1..=20).for_each(|id| world.put_order(order(id, 1_000)));
    world
}

fn at(n: u16, command: Command) -> Envelope {
    envelope(n, MORNING.plus(i64::from(n) * SECOND), command)
}

fn pay(n: u16, order: i64, right: bool) -> Envelope {
    at(n, sale_pin(order, 1_000, 1, right))
}

/// Two people, two sales each, one of them undone, two declines, an inquiry; then the close.
fn shift() -> Vec<Envelope> {
    let mut all = money_on_card(0, 1, 100_000).to_vec();
    all.extend([
        pay(2, 1, true),
        pay(3, 2, false),
        by(1002, pay(4, 3, true)),
        by(1002, at(5, Command::Void { order: domain::ids::OrderId(3), checker: MANAGER })),
        pay(6, 4, true),
        by(1002, pay(7, 99, true)),
        at(8, inquiry(1, true)),
        by(1002, pay(9, 5, true)),
        by(1002, at(10, Command::BatchClose)),
    ]);
    all
}

fn tally(count: i64, sum: i64) -> Tally {
    Tally { count, sum: Fen(sum) }
}

fn declined(code: &str) -> BTreeMap<String, i64> {
    BTreeMap::from([(code.to_owned(), 1)])
}

fn expected() -> BTreeMap<PersonId, Totals> {
    let cashier = Totals { sales: tally(2, 2_000), declines: declined("55"), inquiries: 1, ..Totals::default() };
    let manager =
        Totals { sales: tally(2, 2_000), voids: tally(1, 1_000), declines: declined("12"), ..Totals::default() };
    BTreeMap::from([(CASHIER, cashier), (MANAGER, manager)])
}

async fn zed(fixture: &Fixture, number: i64) -> Option<ClosedBatch> {
    match &fixture.books {
        Books::Memory(memory) => {
            memory.world(|world| world.batches.iter().find(|closed| closed.batch.number == number).cloned())
        }
        _ => batch::closed(fixture.database(), TILL, number).await.expect("reads"),
    }
}

#[tokio::test]
async fn every_store_adds_up_and_numbers_alike() {
    for grouped in [true, false] {
        for fixture in [Fixture::memory(&shop()), Fixture::sqlite(&shop()).await, Fixture::postgres(&shop()).await] {
            if grouped {
                fixture.post(&shift()).await;
            } else {
                for asked in shift() {
                    fixture.ask(&asked).await;
                }
            }
            let closed = zed(&fixture, 3).await.expect("closed");
            assert_eq!(closed.batch.people, expected());
            assert_eq!((closed.batch.number, closed.batch.opened_at), (3, Timestamp(0)));
            assert_eq!(closed.batch.first, Some((MORNING.plus(2 * SECOND), CASHIER)));
            assert_eq!((closed.person, closed.closed_at), (MANAGER, MORNING.plus(10 * SECOND)));
            let all = closed.batch.totals();
            assert_eq!((all.sales, all.voids, all.net()), (tally(4, 4_000), tally(1, 1_000), Fen(3_000)));

            // Nothing to close twice; the attempt itself opens no shift.
            let again = fixture.ask(&at(11, Command::BatchClose)).await;
            assert_eq!(again.transaction().and_then(|record| record.decline), Some(Decline::NothingToClose));
            let again = fixture.ask(&at(12, Command::BatchClose)).await;
            assert_eq!(again.transaction().and_then(|record| record.decline), Some(Decline::NothingToClose));
            assert_eq!(zed(&fixture, 4).await, None);

            let next = fixture.post(&[pay(13, 6, true), at(14, Command::BatchClose), pay(15, 7, true)]).await;
            let numbers: Vec<_> = next.iter().filter_map(|one| one.transaction()).map(|record| record.batch).collect();
            assert_eq!(numbers, [4, 4, 5]);
            let closed = zed(&fixture, 4).await.expect("closed");
            assert_eq!(closed.batch.totals().sales, tally(1, 1_000));
            assert_eq!(closed.batch.opened_at, MORNING.plus(10 * SECOND));
            assert_eq!(closed.batch.first, Some((MORNING.plus(13 * SECOND), CASHIER)));
            assert_eq!(fixture.verify().await, []);
        }
    }
}

fn entry(action: &'static str, at: Timestamp, person: PersonId) -> Entry {
    Entry {
        at,
        person: Some(person),
        merchant: None,
        terminal: Some(TILL),
        action,
        subject: String::new(),
        detail: String::new(),
        address: String::new(),
    }
}

#[tokio::test]
async fn what_the_till_logged_belongs_to_one_batch_whatever_its_time() {
    let fixture = Fixture::sqlite(&shop()).await;
    let db = fixture.database();
    let log = async |action, at, person| audit::append(db, entry(action, at, person)).await.expect("writes");
    for action in ["slip_printed", "slip_printed", "slip_reprinted", "price_changed", "line_voided", "login"] {
        log(action, MORNING, CASHIER).await;
    }
    log("slip_printed", MORNING, MANAGER).await;
    fixture.post(&shift()).await;
    // Begun before the close, written after it: it counts in the next batch and not in none.
    log("slip_printed", MORNING.plus(2 * SECOND), CASHIER).await;

    let first = zed(&fixture, 3).await.expect("closed").batch;
    let cashier = Handling { prints: 2, reprints: 1, price_changes: 1, voided_lines: 1 };
    let manager = Handling { prints: 1, ..Handling::default() };
    assert_eq!(first.handling, BTreeMap::from([(CASHIER, cashier), (MANAGER, manager)]));
    assert_eq!(first.handled(), Handling { prints: 3, ..cashier });
    let running = batch::running(db, TILL).await.expect("reads").expect("a till");
    assert_eq!(running.handled(), Handling { prints: 1, ..Handling::default() });
    assert_eq!(batch::running(db, TerminalId(1)).await.expect("reads"), None);
}

#[tokio::test]
async fn prints_of_a_report_are_counted_and_it_stays_what_it_was() {
    let fixture = Fixture::sqlite(&shop()).await;
    let db = fixture.database();
    let print = |number| batch::print_count(db, TILL, number, entry("", MORNING.plus(20 * SECOND), CASHIER));
    assert_eq!(print(3).await.expect("writes"), None, "it is not closed yet");
    fixture.post(&shift()).await;
    let before = zed(&fixture, 3).await.expect("closed");
    assert_eq!(batch::prints(db, &before).await.expect("reads"), 0);
    assert_eq!((print(3).await.expect("writes"), print(3).await.expect("writes")), (Some(1), Some(2)));
    assert_eq!(batch::prints(db, &before).await.expect("reads"), 2);
    fixture.post(&[pay(13, 6, true)]).await;
    assert_eq!(zed(&fixture, 3).await, Some(before));
    assert_eq!(batch::closed_list(db, TILL, 5).await.expect("reads").len(), 1);
}

/// The control beside [`Batch::add`]: the report against sums that the database makes of the ledger.
#[tokio::test]
async fn a_report_equals_the_ledgers_own_sums() {
    let fixture = Fixture::sqlite(&shop()).await;
    fixture.post(&shift()).await;
    fixture.post(&[pay(13, 6, true), at(14, Command::BatchClose)]).await;
    let tool = fixture.tool();
    for number in [3, 4] {
        let Batch { people, .. } = zed(&fixture, number).await.expect("closed").batch;
        for (person, totals) in people {
            let sum = |kind: &str| {
                let sql = "SELECT COUNT(*), COALESCE(SUM(amount), 0) FROM ledger_transaction WHERE terminal_id = ?1
                    AND batch = ?2 AND person_id = ?3 AND decline IS NULL AND kind IN (SELECT value FROM json_each(?4))";
                let read = |row: &rusqlite::Row<'_>| Ok(tally(row.get(0)?, row.get(1)?));
                tool.query_row(sql, params![TILL.0, number, person.0, kind], read).expect("a sum")
            };
            assert_eq!(totals.sales, sum(r#"["sale"]"#));
            assert_eq!(totals.refunds, sum(r#"["refund"]"#));
            assert_eq!(totals.voids, sum(r#"["void", "reversal"]"#));
            assert_eq!(totals.inquiries, sum(r#"["inquiry"]"#).count);
            let sql = "SELECT COUNT(*) FROM ledger_transaction WHERE terminal_id = ?1 AND batch = ?2
                AND person_id = ?3 AND decline IS NOT NULL AND kind <> 'batch_close'";
            let declined: i64 = tool.query_row(sql, [TILL.0, number, person.0], |row| row.get(0)).expect("a count");
            assert_eq!(totals.declines.values().sum::<i64>(), declined);
        }
    }
}

#[tokio::test]
async fn whoever_alters_a_report_is_found() {
    let fixture = Fixture::sqlite(&shop()).await;
    fixture.post(&shift()).await;
    fixture.post(&[pay(13, 6, true), at(14, Command::BatchClose), pay(15, 7, true)]).await;
    assert_eq!(fixture.verify().await, []);
    let folder = fixture.folder.as_ref().expect("a folder").path();
    for (n, (sql, says)) in [
        ("UPDATE batch SET figures = replace(figures, '[2,2000]', '[2,1999]') WHERE number = 3", "batch 3 of"),
        ("UPDATE batch SET figures = replace(figures, '\"55\":1', '\"55\":2') WHERE number = 3", "batch 3 of"),
        ("UPDATE batch SET figures = replace(figures, '\"1003\"', '\"1004\"') WHERE number = 3", "batch 3 of"),
        ("UPDATE batch SET figures = '{' WHERE number = 4", "batch 4 of"),
        ("UPDATE batch SET person_id = 1003 WHERE number = 3", "batch 3 of"),
        ("UPDATE batch SET closed_at = closed_at + 1 WHERE number = 3", "batch 3 of"),
        ("UPDATE batch SET closed_by = closed_by - 1 WHERE number = 3", "batch 3 of"),
        ("UPDATE batch SET opened_at = 1 WHERE number = 4", "batch 4 of"),
        ("UPDATE batch SET number = 9 WHERE number = 4", "missing before batch 9"),
        ("DELETE FROM batch WHERE number = 3", "batch 3 of"),
        ("DELETE FROM batch WHERE number = 4", "batch 4 of"),
        (
            "INSERT INTO batch SELECT terminal_id, 5, closed_at, closed_at, person_id, closed_by, figures FROM batch
          WHERE number = 4",
            "batch 5 of",
        ),
        ("UPDATE terminal SET batch_no = 8", "at batch 8"),
        ("UPDATE terminal SET batch_no = 4", "at batch 4"),
    ]
    .into_iter()
    .enumerate()
    {
        let copy = folder.join(format!("tampered{n}.db"));
        fixture.tool().execute("VACUUM INTO ?1", [copy.to_str().expect("a path")]).expect("copied");
        let changed = Connection::open(&copy).expect("opens").execute(sql, []).expect("changes");
        assert!(changed > 0, "{sql}");
        let books = Books::of(Storage::open(&copy).expect("opens"), chain_key());
        let found: Vec<String> = books.verify().await.expect("reads").iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|one| one.contains(says)), "{sql}: {found:?}");
    }
}
