//! Archiving on both databases: what leaves and what stays, that everything adds up after each step, that it can be
//! stopped, and that nobody alters unnoticed what was carried over.

#[path = "../../domain/tests/builders/mod.rs"]
mod builders;

mod fixture;

use builders::money::money_on_card;
use builders::steps::{any_sketch, any_steps, envelopes};
use builders::{
    DAY, MERCHANT, MORNING, TILL, World, by, by_issuer, card, chain_key, envelope, inquiry, lines, order, prepare,
    refund_request, review, sale_pin, verdict,
};
use domain::command::{Command, Envelope};
use domain::ids::{OrderId, PersonId, TransactionId};
use domain::ledger::ChainKey;
use domain::outcome::Outcome;
use domain::refund::Ground;
use domain::settlement::Payable;
use domain::time::{BusinessDate, Timestamp};
use domain::verify::Finding;
use fixture::Fixture;
use proptest::prelude::*;
use storage::archive::{self, Job, Moved, Refused, archive};
use storage::sql::Connection;
use storage::{Books, Storage, batch, settlement};
use tempfile::TempDir;

const YEAR: i64 = 400 * DAY;

const PARTS: &str = "SELECT COUNT(*) FROM archive_part";

/// Writes each test once per database.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite { $(#[tokio::test] async fn $name() { super::$name(super::Fixture::sqlite(&super::shop()).await).await; })+ }
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::postgres(&super::shop()).await).await; })+
        }
    };
}

on_both! {
    an_order_goes_whole_or_stays_whole,
    it_stops_anywhere_and_goes_on,
    a_shift_that_began_in_the_archive_is_closed_and_settled,
    what_is_not_settled_stays,
    what_may_be_refunded_stays,
    a_ledger_that_is_not_in_order_is_not_archived,
    orders_that_were_given_up_go,
    nothing_carried_over_is_altered_unnoticed,
}

fn shop() -> World {
    let mut world = builders::one_till();
    for number in [1, 2] {
        let mut card = card(number);
        card.programme.daily_count_max = 1_000;
        card.programme.daily_max = domain::money::Fen(10_000_000);
        world.put_card(card);
    }
    for id in 1..=40 {
        world.put_order(order(id, 7_300));
        world.lines.insert(OrderId(id), lines());
    }
    world
}

fn at(n: u16, command: Command) -> Envelope {
    envelope(n, MORNING, command)
}

fn pay(n: u16, order: i64) -> Envelope {
    at(n, sale_pin(order, 7_300, 1, true))
}

fn id(sequence: i64) -> TransactionId {
    TransactionId::new(1, sequence)
}

/// The first day of a shop: orders 1 to 6 paid, one refunded, one that waits for a refund, one that is contested, one
/// voided, one paid with the second try, one given up on after a wrong PIN. A wrong PIN on order 7, which stays a draft.
async fn a_day(fixture: &Fixture) {
    let mut all = money_on_card(0, 1, 100_000).to_vec();
    all.extend(money_on_card(4, 2, 50_000));
    all.push(at(3, inquiry(2, true)));
    all.extend((1..=5).map(|order| pay(10 + u16::try_from(order).expect("few"), order)));
    all.push(at(16, sale_pin(6, 7_300, 2, false)));
    all.push(at(17, sale_pin(6, 7_300, 2, true)));
    all.push(at(18, sale_pin(7, 7_300, 2, false)));
    // 18 and 19.
    all.push(at(20, refund_request(2, &[(1, 1)], Ground::Quality, false)));
    all.push(at(21, refund_request(3, &[(1, 1)], Ground::Quality, false)));
    all.push(by(1002, at(22, review(2, id(18), Some(1)))));
    all.push(by_issuer(9003, at(23, builders::dispute(4, 400))));
    all.push(at(24, Command::Void { order: OrderId(5), checker: PersonId(1002) }));
    all.extend(builders::proposals::agree_fee(i64::try_from(all.len()).expect("few")));
    let outcomes = fixture.post(&all).await;
    let codes: Vec<_> = outcomes.iter().map(|outcome| outcome.transaction().expect("on record").code()).collect();
    assert_eq!(codes.iter().filter(|code| **code != "00").count(), 2, "{codes:?}");
}

/// Pays the merchant what it is owed up to a day.
async fn settle(fixture: &Fixture, n: u16, until: BusinessDate, when: Timestamp) {
    let prepared = fixture.ask(&by_issuer(9003, envelope(n, when, prepare(MERCHANT, until)))).await;
    let id = prepared.transaction().expect("on record").id;
    let confirmed = fixture.ask(&by_issuer(9002, envelope(n + 1, when, verdict(MERCHANT, id, true)))).await;
    assert!(prepared.approved() && confirmed.approved(), "{prepared:?} {confirmed:?}");
}

struct Shelf(TempDir);

impl Shelf {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn place(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Checks what was put into files, from the first transaction on.
    async fn check(&self, fixture: &Fixture, names: &[&str]) -> Vec<String> {
        let files = names.iter().map(|name| self.place(name)).collect();
        let findings = archive::verify(fixture.database(), &chain_key(), files).await.expect("reads");
        findings.iter().map(ToString::to_string).collect()
    }

    async fn fill(&self, fixture: &Fixture, until: BusinessDate, name: &str) -> Result<Moved, Refused> {
        let target = self.place(name);
        let job = Job { until, now: MORNING.plus(YEAR), target: &target, step: 100 };
        archive(fixture.database(), &chain_key(), job, |_| true).await.expect("archives")
    }

    fn count(&self, name: &str, sql: &str) -> i64 {
        let file = rusqlite::Connection::open(self.place(name)).expect("opens");
        file.query_row(sql, [], |row| row.get(0)).expect("counts")
    }
}

async fn count(fixture: &Fixture, sql: &'static str) -> i64 {
    let read = move |connection: &Connection| Ok(connection.query_row(sql, [], |row| row.get(0))?);
    fixture.database().read(read).await.expect("reads")
}

async fn orders(fixture: &Fixture) -> Vec<i64> {
    let read = |connection: &Connection| {
        let mut all = connection.prepare("SELECT id FROM orders WHERE id <= 7 ORDER BY id")?;
        Ok(all.query_map([], |row| row.get(0))?.collect::<storage::sql::Result<_>>()?)
    };
    fixture.database().read(read).await.expect("reads")
}

async fn clean(fixture: &Fixture) {
    assert_eq!(fixture.verify().await, []);
}

fn today() -> BusinessDate {
    MORNING.business_date()
}

async fn an_order_goes_whole_or_stays_whole(fixture: Fixture) {
    a_day(&fixture).await;
    settle(&fixture, 50, today(), MORNING.plus(DAY)).await;
    let shelf = Shelf::new();
    let moved = shelf.fill(&fixture, today(), "first").await.expect("nothing is in the way");
    // Passed: the day's 24. Gone: an inquiry, orders 1, 2, 5, 6 with 1, 3, 2, 2 transactions.
    assert_eq!(moved, Moved { passed: 24, transactions: 9, orders: 4 });
    assert_eq!(orders(&fixture).await, [3, 4, 7]);
    assert_eq!(archive::archived_until(fixture.database()).await.expect("reads"), Some(today()));
    clean(&fixture).await;
    assert_eq!(count(&fixture, "SELECT COUNT(*) FROM order_line WHERE order_id <= 7").await, 6);
    assert_eq!(count(&fixture, "SELECT COUNT(*) FROM refund").await, 1);
    assert_eq!(count(&fixture, "SELECT COUNT(*) FROM refund_line").await, 1);
    assert_eq!(count(&fixture, "SELECT COUNT(*) FROM dispute").await, 1);
    assert_eq!(
        shelf.count("first", "SELECT COUNT(*) FROM ledger_transaction"),
        24,
        "kept ones too: the chain is whole"
    );
    assert_eq!(shelf.count("first", "SELECT COUNT(*) FROM orders"), 4);
    let refused = Storage::open(&shelf.place("first")).expect_err("an archive is no database to serve from");
    assert!(refused.to_string().contains("is an archive"), "{refused}");
    assert_eq!(shelf.count("first", "SELECT COUNT(*) FROM order_line"), 8);
    assert_eq!(shelf.count("first", "SELECT COUNT(*) FROM refund_line"), 1);

    // What was kept goes on: the dispute is decided, the refund too, and then they go as well.
    let later = MORNING.plus(9 * DAY);
    let company = |n, person, command| by_issuer(person, envelope(n, later, command));
    assert!(fixture.ask(&company(60, 9002, builders::decide_dispute(4, id(21), true))).await.approved());
    // The shop's time is over; the company turns it down.
    let rejected = fixture.ask(&company(61, 9002, review(3, id(19), None))).await;
    assert!(rejected.approved(), "{rejected:?}");
    // A merchant that owes is not settled; one more sale, and it is owed again.
    fixture.ask(&envelope(64, later, sale_pin(8, 7_300, 1, true))).await;
    clean(&fixture).await;
    settle(&fixture, 62, later.business_date(), later.plus(DAY)).await;
    let moved = shelf.fill(&fixture, later.business_date(), "second").await.expect("nothing is in the way");
    assert_eq!((moved.orders, orders(&fixture).await), (3, vec![7]));
    assert_eq!(orders(&fixture).await, [7]);
    clean(&fixture).await;
    assert_eq!(shelf.count("second", "SELECT COUNT(*) FROM orders"), 3);
    assert_eq!(shelf.check(&fixture, &["second", "first"]).await, [""; 0]);
    let missing = shelf.check(&fixture, &["second"]).await;
    assert!(missing[0].contains("10000000001 to 010000000024 are missing"), "{missing:?}");
    let missing = shelf.check(&fixture, &["first"]).await;
    assert!(missing[0].contains("the archive ends before 010000000025"), "{missing:?}");
    for (change, name) in [
        ("UPDATE ledger_transaction SET at = at + 1 WHERE id = 10000000010", "010000000010"),
        ("DELETE FROM ledger_transfer WHERE transaction_id = 10000000011", "010000000011"),
        ("UPDATE orders SET total = total + 1 WHERE id = 1", "order 1"),
        ("DELETE FROM orders WHERE id = 2", "order 2"),
        ("UPDATE refund SET amount = amount + 1", "refund"),
    ] {
        std::fs::copy(shelf.place("first"), shelf.place("other")).expect("copied");
        let tool = rusqlite::Connection::open(shelf.place("other")).expect("opens");
        tool.pragma_update(None, "foreign_keys", false).expect("a pragma");
        tool.execute(change, []).expect("changes");
        let findings = shelf.check(&fixture, &["other", "second"]).await;
        assert!(findings.iter().any(|finding| finding.contains(name)), "{change}: {findings:?}");
    }
}

async fn it_stops_anywhere_and_goes_on(fixture: Fixture) {
    a_day(&fixture).await;
    settle(&fixture, 50, today(), MORNING.plus(DAY)).await;
    let before = batch::running(fixture.database(), TILL).await.expect("reads").expect("a till");
    let shelf = Shelf::new();
    let target = shelf.place("part");
    let job = Job { until: today(), now: MORNING.plus(YEAR), target: &target, step: 3 };
    let mut whole = Moved::default();
    for _ in 0..100 {
        let mut steps = 0;
        let key = chain_key();
        let moved = archive(fixture.database(), &key, job, |moved| {
            steps += 1;
            // Looking through what was kept passes nothing.
            moved.passed == 0 && steps < 20
        });
        let moved = moved.await.expect("archives").expect("nothing is in the way");
        clean(&fixture).await;
        let now = batch::running(fixture.database(), TILL).await.expect("reads").expect("a till");
        assert_eq!((now.first, now.people), (before.first, before.people.clone()), "the shift's figures are the same");
        (whole.passed, whole.orders) = (whole.passed + moved.passed, whole.orders + moved.orders);
        if moved.passed == 0 {
            break;
        }
    }
    assert_eq!((whole.passed, whole.orders), (24, 4));
    assert_eq!(shelf.count("part", "SELECT COUNT(*) FROM ledger_transaction"), 24);
    assert_eq!(shelf.count("part", "SELECT ends - begins FROM archive_part"), 24);
    assert_eq!(shelf.check(&fixture, &["part"]).await, [""; 0]);
    // Another archive goes on where this one ended; it cannot be begun again.
    let elsewhere = shelf.fill(&fixture, today(), "next").await.expect("nothing is in the way");
    assert_eq!(elsewhere.passed, 0);
    let (other, key) = (Fixture::sqlite(&shop()).await, ChainKey::new([8; 32]));
    let books = Books::of(other.database().clone(), key.clone());
    books.post(money_on_card(0, 1, 100_000).to_vec()).await.expect("posts");
    let refused = archive(other.database(), &key, job, |_| true).await;
    assert!(refused.is_err(), "another installation's file: {refused:?}");
}

async fn a_shift_that_began_in_the_archive_is_closed_and_settled(fixture: Fixture) {
    a_day(&fixture).await;
    settle(&fixture, 50, today(), MORNING.plus(DAY)).await;
    let shelf = Shelf::new();
    shelf.fill(&fixture, today(), "first").await.expect("nothing is in the way");
    let later = MORNING.plus(2 * DAY);
    fixture.ask(&envelope(70, later, sale_pin(8, 7_300, 1, true))).await;
    let running = batch::running(fixture.database(), TILL).await.expect("reads").expect("a till");
    assert_eq!(running.totals().sales.count, 7);
    let closed = fixture.ask(&envelope(71, later, Command::BatchClose)).await;
    assert!(closed.approved(), "{closed:?}");
    clean(&fixture).await;
    let report = batch::closed(fixture.database(), TILL, running.number).await.expect("reads").expect("closed");
    assert_eq!((report.batch.first, report.batch.people), (running.first, running.people));
    settle(&fixture, 72, later.business_date(), later.plus(DAY)).await;
    shelf.fill(&fixture, later.business_date(), "second").await.expect("nothing is in the way");
    clean(&fixture).await;
    assert_eq!(count(&fixture, "SELECT COUNT(*) FROM ledger_transaction WHERE kind = 'batch_close'").await, 1);
}

async fn what_is_not_settled_stays(fixture: Fixture) {
    a_day(&fixture).await;
    let owed = payable(&fixture).await;
    let shelf = Shelf::new();
    let moved = shelf.fill(&fixture, today(), "first").await.expect("nothing is in the way");
    assert_eq!((moved.transactions, moved.orders), (1, 0), "the inquiry");
    clean(&fixture).await;
    assert_eq!(payable(&fixture).await, owed);
    settle(&fixture, 50, today(), MORNING.plus(DAY)).await;
    clean(&fixture).await;
    let moved = shelf.fill(&fixture, today(), "first").await.expect("it goes on");
    assert_eq!((moved.passed, moved.orders), (0, 4));
    clean(&fixture).await;
}

async fn payable(fixture: &Fixture) -> Option<Payable> {
    settlement::payable(fixture.database(), MERCHANT).await.expect("reads")
}

async fn what_may_be_refunded_stays(fixture: Fixture) {
    a_day(&fixture).await;
    let shelf = Shelf::new();
    let target = shelf.place("early");
    let job = Job { until: today(), now: MORNING.plus(2 * DAY), target: &target, step: 100 };
    let refused = archive(fixture.database(), &chain_key(), job, |_| true).await.expect("reads");
    assert!(matches!(refused, Err(Refused::NotBefore(day)) if day > today()), "{refused:?}");
    assert!(!target.exists());
}

async fn a_ledger_that_is_not_in_order_is_not_archived(fixture: Fixture) {
    a_day(&fixture).await;
    let spoil = |connection: &Connection| {
        connection.execute("UPDATE ledger_transaction SET amount = amount + 1 WHERE id = 10000000004", [])?;
        Ok(())
    };
    fixture.database().write(spoil).await.expect("writes");
    let shelf = Shelf::new();
    let refused = shelf.fill(&fixture, today(), "first").await;
    assert!(matches!(refused, Err(Refused::Findings(_))), "{refused:?}");
}

async fn orders_that_were_given_up_go(fixture: Fixture) {
    a_day(&fixture).await;
    let give_up = |connection: &Connection| {
        connection.execute("UPDATE orders SET status = 'abandoned', open = 0 WHERE id BETWEEN 7 AND 10", [])?;
        Ok(())
    };
    fixture.database().write(give_up).await.expect("writes");
    let shelf = Shelf::new();
    let moved = shelf.fill(&fixture, today(), "first").await.expect("nothing is in the way");
    assert_eq!((moved.transactions, moved.orders), (2, 4), "order 7 with its try, and the inquiry");
    assert_eq!(shelf.count("first", "SELECT COUNT(*) FROM order_line"), 8);
    clean(&fixture).await;
}

async fn nothing_carried_over_is_altered_unnoticed(fixture: Fixture) {
    a_day(&fixture).await;
    settle(&fixture, 50, today(), MORNING.plus(DAY)).await;
    let shelf = Shelf::new();
    shelf.fill(&fixture, today(), "first").await.expect("nothing is in the way");
    clean(&fixture).await;
    let zeros = if fixture.server.is_some() { "decode(repeat('00', 32), 'hex')" } else { "zeroblob(32)" };
    for (change, back) in [
        ("UPDATE opening_balance SET amount = amount + 1 WHERE account = 10000001".to_owned(), true),
        ("UPDATE opening_balance SET amount = amount + 1 WHERE account = 250100".to_owned(), true),
        ("UPDATE opening_balance SET account = 77 WHERE account = 250100".to_owned(), false),
        ("DELETE FROM opening_balance WHERE account = 10000002".to_owned(), false),
        ("UPDATE opening_card SET last_id = last_id - 1 WHERE card_id = 10000001".to_owned(), true),
        ("UPDATE opening_card SET card_id = 77 WHERE card_id = 10000001".to_owned(), false),
        ("DELETE FROM opening_card WHERE card_id = 10000001".to_owned(), false),
        ("UPDATE card SET last_id = last_id - 1 WHERE id = 10000001".to_owned(), true),
        ("UPDATE opening_batch SET number = number + 1".to_owned(), true),
        ("UPDATE opening_batch SET terminal_id = terminal_id + 1".to_owned(), true),
        ("UPDATE opening_batch SET figures = replace(figures, '1', '2')".to_owned(), false),
        ("UPDATE opening_turnover SET count = count + 1".to_owned(), true),
        ("UPDATE opening_turnover SET sum = sum + 1".to_owned(), true),
        ("UPDATE opening_turnover SET business_date = business_date + 1".to_owned(), true),
        ("UPDATE opening_turnover SET kind = 'chargeback' WHERE kind = 'refund'".to_owned(), false),
        ("UPDATE opening_turnover SET settlement_id = settlement_id + 1".to_owned(), true),
        ("UPDATE ledger_opening SET sequence = sequence + 1".to_owned(), true),
        ("UPDATE ledger_opening SET until_date = until_date + 1".to_owned(), true),
        ("UPDATE ledger_opening SET slot = slot + 1".to_owned(), true),
        ("UPDATE ledger_opening SET format = format + 1".to_owned(), true),
        (format!("UPDATE ledger_opening SET hash = {zeros}"), false),
        (format!("UPDATE ledger_opening SET carried = {zeros}"), false),
        (format!("UPDATE ledger_opening SET seal = {zeros}"), false),
        // Kept transactions.
        ("UPDATE ledger_transaction SET at = at + 1 WHERE id = 10000000012".to_owned(), true),
        ("UPDATE ledger_transaction SET masked = 'x' WHERE id = 10000000012".to_owned(), false),
        (format!("UPDATE ledger_transaction SET hash = {zeros} WHERE id = 10000000012"), false),
        ("UPDATE ledger_transfer SET credit = credit + 1 WHERE transaction_id = 10000000012".to_owned(), true),
        ("DELETE FROM ledger_transaction WHERE id = 10000000017".to_owned(), false),
    ] {
        let findings = altered(&fixture, change.clone(), back).await;
        assert!(!findings.is_empty(), "{change}");
    }
    clean(&fixture).await;
}

/// What `verify` finds after a change, which is then taken back.
async fn altered(fixture: &Fixture, change: String, back: bool) -> Vec<Finding> {
    let tables = [
        "card",
        "opening_balance",
        "opening_card",
        "opening_batch",
        "opening_turnover",
        "ledger_opening",
        "ledger_transaction",
        "ledger_transfer",
    ];
    let keep = move |connection: &Connection| {
        for table in tables {
            connection.execute_batch(&format!("CREATE TABLE was_{table} AS SELECT * FROM {table}"))?;
        }
        connection.execute_batch(&change)?;
        Ok(())
    };
    fixture.database().write(keep).await.expect("writes");
    let findings = fixture.verify().await;
    assert!(!back || !findings.is_empty());
    let restore = move |connection: &Connection| {
        for table in tables {
            let sql =
                format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM was_{table}; DROP TABLE was_{table}");
            connection.execute_batch(&sql)?;
        }
        Ok(())
    };
    fixture.database().write(restore).await.expect("writes");
    findings
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happened: archiving changes no balance, no running shift and nothing that a merchant is owed, and what
    /// comes after it adds up as well.
    #[test]
    fn whatever_happened_everything_adds_up(
        sketch in any_sketch(), steps in any_steps(), cut in 0..120_usize, days in 0..12_i64, step in 1..40_u16,
    ) {
        let world = sketch.build();
        let all: Vec<Envelope> = envelopes(&world, &steps);
        let (before, after) = all.split_at(cut.min(all.len()));
        let until = MORNING.plus(days * DAY).business_date();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let fixture = Fixture::sqlite(&world).await;
            let shelf = Shelf::new();
            for (nth, part) in [before, after, before].into_iter().enumerate() {
                for asked in part {
                    // Each round draws anew: an order's id is made of the moment and this draw, and no order of the
                    // archive is there to be seen and counted on from.
                    let drawn = asked.entropy.wrapping_add(u32::try_from(nth).expect("few") * 104_729);
                    fixture.ask(&Envelope { entropy: drawn, ..asked.clone() }).await;
                }
                assert_eq!(fixture.verify().await, []);
                let was = (batch::running(fixture.database(), TILL).await.expect("reads"), payable(&fixture).await);
                let target = shelf.place(&nth.to_string());
                let job = Job { until, now: MORNING.plus(YEAR), target: &target, step };
                archive(fixture.database(), &chain_key(), job, |_| true).await.expect("archives").expect("in order");
                assert_eq!(fixture.verify().await, []);
                let names: Vec<String> = (0..=nth).map(|nth| nth.to_string()).collect();
                let files = names.iter().map(|name| shelf.place(name)).filter(|file| file.exists());
                let files = files.filter(|file| shelf.count(file.to_str().expect("a path"), PARTS) > 0).collect();
                assert_eq!(archive::verify(fixture.database(), &chain_key(), files).await.expect("reads"), []);
                let is = (batch::running(fixture.database(), TILL).await.expect("reads"), payable(&fixture).await);
                assert_eq!(is, was);
            }
        });
    }
}

/// The file is written first. When the commit that takes something away did not come to pass, the same again does it
/// all.
#[tokio::test]
async fn a_crash_between_file_and_commit_costs_nothing() {
    let fixture = Fixture::sqlite(&shop()).await;
    a_day(&fixture).await;
    settle(&fixture, 50, today(), MORNING.plus(DAY)).await;
    let shelf = Shelf::new();
    let before = shelf.place("before.db");
    fixture.tool().execute("VACUUM INTO ?1", [before.to_str().expect("a path")]).expect("copied");
    shelf.fill(&fixture, today(), "archive").await.expect("nothing is in the way");
    // As if nothing had left: the archive is ahead of the ledger.
    let db = Storage::open(&before).expect("opens");
    let target = shelf.place("archive");
    let job = Job { until: today(), now: MORNING.plus(YEAR), target: &target, step: 100 };
    let moved = archive(&db, &chain_key(), job, |_| true).await.expect("archives").expect("nothing is in the way");
    assert_eq!((moved.passed, moved.orders), (24, 4));
    assert_eq!(Books::of(db.clone(), chain_key()).verify().await.expect("reads"), []);
    assert_eq!(archive::verify(&db, &chain_key(), vec![target]).await.expect("reads"), []);
}

/// A repeat of what left is a new request: the ledger has forgotten it.
#[tokio::test]
async fn a_request_is_known_as_long_as_its_transaction_is_there() {
    let fixture = Fixture::sqlite(&shop()).await;
    a_day(&fixture).await;
    settle(&fixture, 50, today(), MORNING.plus(DAY)).await;
    assert!(matches!(fixture.ask(&pay(11, 1)).await, Outcome::Recorded(_)));
    Shelf::new().fill(&fixture, today(), "first").await.expect("nothing is in the way");
    let again = fixture.ask(&pay(11, 1)).await;
    assert_eq!(again.transaction().map(domain::ledger::Transaction::code), Some("12"), "there is no such order");
    clean(&fixture).await;
}
