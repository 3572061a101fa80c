//! Editions on both databases: many products that change at one moment, whatever happens meanwhile; the files that they come
//! from, and the jobs that put them together.

/// Writes each test once per database, and looks afterwards whether the books are in order.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() { let shop = super::Shop::sqlite().await; super::$name(&shop).await; shop.in_order().await; })+
        }
        mod postgres {
            $(#[tokio::test] async fn $name() { let shop = super::Shop::postgres().await; super::$name(&shop).await; shop.in_order().await; })+
        }
    };
}

#[path = "../../domain/tests/builders/mod.rs"]
mod builders;

mod fixture;
mod goods;

use builders::proposals::{CHECKER, MAKER, approve, proposal, propose};
use builders::{by_issuer, envelope, presented, request};
use domain::acts::{self, ActRows, Payload};
use domain::edition::{EditionStatus, ROWS_OF_ONE};
use domain::ids::{EditionId, OrderId, TransactionId};
use domain::recall::{Announced, MatchKind};
use domain::time::{BusinessDate, Timestamp};
use goods::random::{Edits, Play, Step, any_file, any_steps};
use goods::{LEASE, LIST, ONE, OTHER, SECOND, Shop, at, entry, item, lists, staged};
use proptest::prelude::*;
use storage::catalogue::Item;
use storage::edition::{self, Flipped, Move, Released, Staged, Which};
use storage::import::{self, Absent, Findings, ImportKind, ImportStatus, Note, Sent};
use storage::job::{self, Holder, Job, JobKind, JobStatus};
use storage::payment::{self, Begun};
use storage::vault::{Confirmation, hex};
use storage::{StorageError, price, product, recall};

on_both! {
    a_live_edition_is_sold_all_at_once,
    an_approved_price_is_kept_while_the_rest_is_written,
    what_only_an_edition_adds_is_recalled_before_it_is_paid,
    a_recall_keeps_an_edition_back_until_it_ends,
    much_that_is_sold_or_a_far_price_takes_two_persons,
    two_persons_release_an_edition,
    a_job_has_one_holder_at_a_time,
    what_is_given_up_between_two_pieces_is_never_seen,
    a_kill_after_any_piece_changes_nothing,
    what_is_written_between_two_pieces_is_kept,
    a_copy_that_comes_back_late_takes_nothing_from_a_live_edition,
    what_is_taken_back_while_it_is_written_goes_back_all,
    the_second_edition_waits_for_the_first_and_follows_it,
    a_change_meanwhile_decides_what_a_return_leaves,
    a_file_comes_back_as_it_was_sent,
    the_same_file_says_when_it_was_used,
    a_file_is_kept_for_ninety_days,
    what_is_wrong_with_a_file_is_read_page_by_page,
}

fn play(shop: impl Future<Output = Shop>, steps: &[Step], last: &[(u8, Edits)]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { Play::begin(shop.await).await.run(steps, last).await });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever people, programs and copies of the worker do, every reader sees what the model says.
    #[test]
    fn goods_are_what_they_should_be_in_the_file(steps in any_steps(), last in any_file()) {
        play(Shop::sqlite(), &steps, &last);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn goods_are_what_they_should_be_on_a_server(steps in any_steps(), last in any_file()) {
        play(Shop::postgres(), &steps, &last);
    }
}

fn at_price(code: &str, price: i64) -> Item {
    Item { price: Some(price), ..item(code) }
}

fn with_barcode(code: &str, barcode: &str) -> Item {
    Item { barcode: barcode.to_owned(), ..item(code) }
}

fn codes(listed: &[product::Listed]) -> Vec<(&str, Option<i64>)> {
    listed.iter().map(|one| (one.product.code.as_str(), one.product.price.map(|price| price.0))).collect()
}

async fn a_live_edition_is_sold_all_at_once(shop: &Shop) {
    shop.stock(&[with_barcode("a", "OLD"), item("b"), item("c")]).await;
    let order = shop.ring_up("a", at(0)).await;
    let stopped = shop.ring_up("b", at(0)).await;
    let a = Item { price: Some(1_100), category: "c1".to_owned(), ..with_barcode("a", "NEW") };
    let edition = shop.staged(vec![a, Item { active: false, ..item("b") }, with_barcode("d", "D")], at(1)).await;
    assert_eq!(shop.publish(edition, Some(at(60)), at(2)).await, Released::Done);
    assert_eq!(shop.take(ONE, at(59)).await, None);
    let before = shop.goods().await;
    assert_eq!(before, [with_barcode("a", "OLD"), item("b"), item("c")]);
    let price_now = async |order: OrderId| shop.order(order).await.lines[0].price_now.map(|price| price.0);
    assert_eq!((price_now(order).await, price_now(stopped).await), (Some(1_000), Some(1_000)));

    let job = shop.take(ONE, at(60)).await.expect("due");
    assert_eq!(shop.go_live(&job, at(60)).await, Flipped::Live);
    let mut job = Some(job);
    // The same before the first piece, between any two and after the last.
    loop {
        let goods = shop.goods().await;
        let now: Vec<_> = goods.iter().map(|one| (one.code.as_str(), one.price, one.active)).collect();
        let expected =
            [("a", Some(1_100), true), ("b", Some(1_000), false), ("c", Some(1_000), true), ("d", Some(1_000), true)];
        assert_eq!(now, expected);
        for (scanned, expected) in [("OLD", None), ("NEW", Some("a")), ("D", Some("d")), ("d", Some("d"))] {
            let found = product::find_first(shop.db(), lists(), vec![scanned.to_owned()]).await.expect("reads");
            assert_eq!(found.first().map(|one| one.product.code.as_str()), expected, "{scanned}");
        }
        let hits = product::search(shop.db(), lists(), "name", "", 50).await.expect("reads");
        assert!(hits.rows.iter().all(|hit| hit.product.code != "b"), "{hits:?}");
        assert!(codes(&hits.rows).contains(&("a", Some(1_100))), "{hits:?}");
        assert_eq!((price_now(order).await, price_now(stopped).await), (Some(1_100), None));
        assert_eq!(shop.order(order).await.lines[0].updated_price().map(|price| price.0), Some(1_100));
        match job {
            Some(at_hand) => job = shop.settle(at_hand, at(61)).await,
            None => break,
        }
    }
    let hits = product::search(shop.db(), lists(), "", "", 50).await.expect("reads");
    assert_eq!(codes(&hits.rows), [("a", Some(1_100)), ("c", Some(1_000)), ("d", Some(1_000))]);
    assert_eq!(product::categories(shop.db(), lists()).await.expect("reads"), ["c0", "c1"]);
    let since = price::prices(shop.db(), LIST, "a".to_owned(), 9).await.expect("reads");
    assert_eq!(since.iter().map(|one| one.since).collect::<Vec<_>>(), [Some(at(60)), None]);
    let found = shop.find(edition).await;
    assert_eq!((found.number, found.live_at, found.superseded), (Some(1), Some(at(60)), false));
}

/// Posts a proposal and its approval, which are the `n`-th and the next transaction.
async fn decide(shop: &Shop, n: i64, rows: &ActRows, payload: Payload, now: Timestamp) {
    let seen = payload.now(rows).expect("there");
    let made = proposal(TransactionId::new(1, n), now, payload.clone(), seen.clone());
    let number = u16::try_from(n).expect("few");
    let asked = by_issuer(MAKER, envelope(number, now, propose(payload, seen)));
    let decided = by_issuer(CHECKER, envelope(number + 1, now.plus(1), approve(&made)));
    for envelope in [asked, decided] {
        let outcome = shop.fixture.ask(&envelope).await;
        assert_eq!(outcome.transaction().expect("on record").decline, None);
    }
}

async fn an_approved_price_is_kept_while_the_rest_is_written(shop: &Shop) {
    shop.stock(&[item("a"), item("b")]).await;
    let named = |code| Item { name: "New".to_owned(), pinyin: String::new(), ..at_price(code, 1_100) };
    let edition = shop.staged(vec![named("a"), named("b")], at(1)).await;
    let waiting = shop.staged(vec![Item { maker: "Other".to_owned(), ..item("a") }], at(2)).await;
    let job = shop.live(edition, at(3)).await;
    let prices = at_price("a", 1_900).prices();
    let mut rows = ActRows::default();
    let stored = acts::Product { list: String::new(), name: "New".to_owned(), prices: at_price("a", 1_100).prices() };
    rows.products.loaded((LIST, "a".to_owned()), Some(stored));
    let payload = Payload::ProductPrice { list: LIST, code: "a".to_owned(), prices };
    decide(shop, 1, &rows, payload, at(4)).await;
    shop.settle_all(job, at(5)).await;
    let expected = Item { pinyin: "new".to_owned(), ..named("a") };
    let (now, version) = shop.versioned("a").await.expect("there");
    assert_eq!((now, version), (Item { price: Some(1_900), ..expected.clone() }, 3));
    assert_eq!(shop.price("b").await, Some(1_100));
    let since = price::prices(shop.db(), LIST, "a".to_owned(), 9).await.expect("reads");
    let since: Vec<_> = since.iter().map(|one| (one.since, one.prices.price.map(|price| price.0))).collect();
    assert_eq!(since, [(Some(at(4).plus(1)), Some(1_900)), (Some(at(3)), Some(1_100)), (None, Some(1_000))]);
    // What waits follows both.
    let after = Item { price: Some(1_900), maker: "Other".to_owned(), ..expected };
    assert_eq!(shop.changes(waiting, Which::All).await[0].row.after, after);
}

fn announced(kind: MatchKind, text: &str) -> Announced {
    Announced {
        matches: vec![(kind, text.to_owned())],
        reason: "dirty".to_owned(),
        text: "do not sell".to_owned(),
        since: BusinessDate(20_260_101),
    }
}

async fn what_only_an_edition_adds_is_recalled_before_it_is_paid(shop: &Shop) {
    shop.stock(&[item("a")]).await;
    let edition = shop.staged(vec![with_barcode("d", "D")], at(1)).await;
    let job = shop.live(edition, at(2)).await;
    let (recalled, other) = (shop.ring_up("d", at(3)).await, shop.ring_up("a", at(3)).await);
    assert!(!shop.order(recalled).await.stops_payment());
    let covered = recall::covered(shop.db(), announced(MatchKind::Barcode, "D"), 9).await.expect("reads");
    assert_eq!(covered.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), ["d"]);
    recall::start(shop.db(), announced(MatchKind::Barcode, "D"), entry(at(4))).await.expect("writes");
    assert!(shop.order(recalled).await.stops_payment());
    let begin = async |n: u16, order: OrderId| {
        let seen = shop.order(order).await;
        let confirmation = Confirmation {
            request_id: request(n),
            order,
            seen: seen.changed_at,
            amount: seen.order.total,
            card: presented(1),
            until: at(60),
        };
        payment::attempt_begin(shop.db(), (Shop::actor(), lists()), &confirmation, at(5)).await.expect("writes")
    };
    assert_eq!((begin(1, recalled).await, begin(2, other).await), (Begun::Recalled, Begun::Locked));
    shop.settle_all(job, at(6)).await;
    assert_eq!(begin(3, recalled).await, Begun::Recalled);
}

async fn a_recall_keeps_an_edition_back_until_it_ends(shop: &Shop) {
    let approved = |number: &str| Item { approval_no: number.to_owned(), ..with_barcode("a", "A") };
    shop.stock(&[approved("Z0001"), item("b")]).await;
    let before = shop.goods().await;
    let edition = shop.staged(vec![approved("Z9"), at_price("b", 1_100), with_barcode("d", "D")], at(1)).await;
    // A product that only costs something else may be recalled.
    recall::start(shop.db(), announced(MatchKind::Code, "b"), entry(at(2))).await.expect("writes");
    for (n, kind, text, code) in [
        (1, MatchKind::Code, "a", "a"),
        (3, MatchKind::Barcode, "A", "a"),
        (5, MatchKind::Approval, "Z0", "a"),
        (7, MatchKind::Approval, "Z9", "a"),
        (9, MatchKind::Code, "d", "d"),
        (11, MatchKind::Barcode, "D", "d"),
    ] {
        let recall = recall::start(shop.db(), announced(kind, text), entry(at(3))).await.expect("writes");
        assert_eq!(shop.publish(edition, None, at(4)).await, Released::Done);
        let job = shop.take(ONE, at(5)).await.expect("due");
        assert_eq!(shop.go_live(&job, at(5)).await, Flipped::Recalled(code.to_owned()), "{text}");
        let found = shop.find(edition).await;
        assert_eq!((found.status, found.effective_at, found.released_by), (EditionStatus::Staged, None, None));
        assert_eq!((shop.goods().await, found.counts.all()), (before.clone(), 3));
        let progress = job::progress(shop.db(), JobKind::Publish, edition.0).await.expect("reads").expect("there");
        assert_eq!((progress.status, progress.failure.as_str()), (JobStatus::Failed, code));
        assert_eq!((shop.take(ONE, at(500)).await, shop.go_live(&job, at(5)).await), (None, Flipped::Gone));
        let goods = format!("{} {text}", kind.word());
        let stored = acts::Recall { goods, text: "do not sell".to_owned(), reason: "dirty".to_owned(), open: true };
        let mut rows = ActRows::default();
        rows.recalls.loaded(recall, Some(stored));
        decide(shop, n, &rows, Payload::RecallEnding { recall }, at(6)).await;
    }
    let job = shop.live(edition, at(7)).await;
    shop.settle_all(job, at(7)).await;
    assert_eq!((shop.price("b").await, shop.price("d").await), (Some(1_100), Some(1_000)));
}

async fn much_that_is_sold_or_a_far_price_takes_two_persons(shop: &Shop) {
    let number = |n: i64| format!("{n:05}");
    let stocked: Vec<Item> = (0..=ROWS_OF_ONE).map(|n| item(&number(n))).collect();
    shop.stock(&stocked).await;
    let added: Vec<Item> = (5_000..5_200).map(|n| item(&number(n))).collect();
    let dearer = |rows: i64| (0..rows).map(|n| at_price(&number(n), 1_300)).chain(added.clone()).collect::<Vec<_>>();
    for (items, two) in [
        (dearer(ROWS_OF_ONE), false),
        (dearer(ROWS_OF_ONE + 1), true),
        (vec![at_price("00001", 1_301)], true),
        (vec![at_price("00001", 1_300)], false),
        (vec![at_price("new", 9_999)], false),
        (vec![Item { price_high: Some(2_700), ..item("00001") }], true),
    ] {
        let edition = shop.staged(items, at(1)).await;
        let found = shop.find(edition).await;
        if two {
            assert_eq!(shop.publish(edition, None, at(2)).await, Released::TakesTwo);
            assert_eq!((shop.find(edition).await, shop.take(ONE, at(3)).await), (found, None));
        } else {
            assert_eq!(shop.publish(edition, None, at(2)).await, Released::Done);
            assert_eq!(shop.publish(edition, None, at(2)).await, Released::Gone);
        }
        assert_eq!(shop.goods().await, stocked);
        assert!(edition::give_up(shop.db(), edition, entry(at(4))).await.expect("writes"));
        assert_eq!(shop.publish(edition, None, at(5)).await, Released::Gone);
    }
}

async fn two_persons_release_an_edition(shop: &Shop) {
    shop.stock(&[item("a")]).await;
    let edition = shop.staged(vec![at_price("a", 1_900)], at(1)).await;
    assert_eq!(shop.publish(edition, None, at(2)).await, Released::TakesTwo);
    let digest = shop.db().read(move |connection| {
        let sql = "SELECT digest FROM edition WHERE id = ?1";
        Ok(connection.query_row(sql, [edition.0], |row| row.get::<_, Vec<u8>>(0))?)
    });
    let found = shop.find(edition).await;
    let stored = acts::Edition {
        list: String::new(),
        source: found.source,
        counts: found.counts,
        digest: hex(&digest.await.expect("reads")),
        status: found.status,
    };
    assert_eq!(stored.digest.len(), 64);
    let mut rows = ActRows::default();
    rows.editions.loaded(edition, Some(stored));
    decide(shop, 1, &rows, Payload::ProductEdition { edition, effective_at: None }, at(3)).await;
    let job = shop.take(ONE, at(4)).await.expect("due");
    assert_eq!(shop.go_live(&job, at(4)).await, Flipped::Live);
    assert_eq!(shop.price("a").await, Some(1_900));
    shop.settle_all(job, at(4)).await;
    assert_eq!(shop.price("a").await, Some(1_900));
}

async fn a_job_has_one_holder_at_a_time(shop: &Shop) {
    let (edition, first) = shop.begin(at(0)).await;
    let row = |code: &str| vec![staged(None, item(code))];
    assert_eq!(shop.take(OTHER, at(1)).await, None);
    assert!(shop.gather(edition, &first, row("a"), at(20)).await);
    // Each piece holds it on.
    assert_eq!(shop.take(OTHER, at(49)).await, None);
    let second = shop.take(OTHER, at(51)).await.expect("let go");
    assert_eq!(Job { holder: ONE, ..second.clone() }, first);
    let codes = async || edition::codes(shop.db(), edition).await.expect("reads");
    assert!(!shop.gather(edition, &first, row("b"), at(52)).await);
    assert_eq!(codes().await, ["a"]);
    assert!(!shop.finish(edition, first.clone(), at(52)).await);
    assert_eq!(shop.status(edition).await, EditionStatus::Gathering);
    assert!(shop.gather(edition, &second, row("c"), at(53)).await);
    assert_eq!(codes().await, ["a", "c"]);
    assert!(shop.finish(edition, second.clone(), at(54)).await);
    for job in [first, second] {
        assert!(!shop.gather(edition, &job, row("d"), at(55)).await);
        assert!(!shop.finish(edition, job, at(55)).await);
    }
    assert_eq!((codes().await.len(), shop.take(OTHER, at(500)).await), (2, None));
    // One that is put off comes after what is due before.
    let (one, other) = (shop.send(at(60)).await, shop.send(at(60)).await);
    let job = shop.take(ONE, at(60)).await.expect("due");
    job::put_off(shop.db(), job.clone(), at(70)).await.expect("writes");
    let second = shop.take(ONE, at(60)).await.expect("due");
    assert_eq!((job.subject, second.subject), (one, other));
    assert_eq!(shop.take(OTHER, at(69)).await, None);
    assert_eq!(shop.take(OTHER, at(70)).await.map(|job| job.subject), Some(one));
}

async fn what_is_given_up_between_two_pieces_is_never_seen(shop: &Shop) {
    let stocked: Vec<Item> = (0..150).map(|n| item(&format!("{n:03}"))).collect();
    shop.stock(&stocked).await;
    // While a file is checked.
    let (edition, job) = shop.begin(at(0)).await;
    let rows = |price| vec![staged(Some((item("000"), 1)), at_price("000", price))];
    assert!(shop.gather(edition, &job, rows(1_100), at(1)).await);
    assert!(import::give_up(shop.db(), job.subject, entry(at(2))).await.expect("writes"));
    assert!(!import::give_up(shop.db(), job.subject, entry(at(2))).await.expect("writes"));
    assert!(!shop.gather(edition, &job, vec![staged(None, item("x"))], at(3)).await);
    let note = (0, Vec::new());
    assert!(!import::note(shop.db(), job.clone(), job.subject, note, at(3)).await.expect("writes"));
    assert!(!shop.finish(edition, job.clone(), at(3)).await);
    let found = import::find(shop.db(), job.subject).await.expect("reads").expect("there");
    assert_eq!((found.status, shop.status(edition).await), (ImportStatus::Cancelled, EditionStatus::Dropped));
    let progress = job::progress(shop.db(), JobKind::Check, job.subject).await.expect("reads").expect("there");
    assert_eq!(progress.status, JobStatus::Cancelled);
    // Before its moment.
    let edition = shop.staged(vec![at_price("000", 1_100)], at(4)).await;
    assert_eq!(shop.publish(edition, None, at(5)).await, Released::Done);
    let job = shop.take(ONE, at(5)).await.expect("due");
    assert!(edition::give_up(shop.db(), edition, entry(at(6))).await.expect("writes"));
    assert_eq!(shop.go_live(&job, at(6)).await, Flipped::Gone);
    assert_eq!(shop.settle(job, at(6)).await, None);
    assert_eq!((shop.goods().await, shop.take(OTHER, at(500)).await), (stocked, None));
    // While it is taken back. What is live is not given up.
    let dearer: Vec<Item> = (0..150).map(|n| at_price(&format!("{n:03}"), 1_100)).collect();
    let edition = shop.put(dearer.clone(), at(600)).await;
    assert!(!edition::give_up(shop.db(), edition, entry(at(601))).await.expect("writes"));
    let (undo, job) = shop.undo(edition, at(601)).await;
    let job = shop.undo_piece(job, at(601)).await.expect("goes on");
    assert!(edition::give_up(shop.db(), undo, entry(at(602))).await.expect("writes"));
    assert_eq!(shop.undo_piece(job.clone(), at(603)).await, None);
    assert!(!shop.finish(undo, job, at(603)).await);
    assert_eq!((shop.goods().await, shop.take(OTHER, at(999)).await), (dearer, None));
    assert_eq!(shop.number("SELECT COUNT(*) FROM settling").await, 0);
    // It can be taken back again.
    let again = shop.undone(edition, at(1_000)).await;
    assert_eq!((again > undo, shop.status(again).await), (true, EditionStatus::Scheduled));
}

/// Copies of the worker, each of which dies after one piece.
struct Dying<'s> {
    shop: &'s Shop,
    second: i64,
    copy: u8,
    before: Option<Job>,
}

impl Dying<'_> {
    fn now(&self) -> Timestamp {
        at(self.second)
    }

    /// The next copy takes the job once the last one does not hold it any more.
    async fn take(&mut self) -> Option<Job> {
        self.copy = self.copy.wrapping_add(1);
        let holder: Holder = [self.copy; 16];
        if self.before.is_some() {
            assert_eq!(self.shop.take(holder, self.now()).await, None, "it is held");
        }
        self.second += LEASE / SECOND;
        self.shop.take(holder, self.now()).await
    }

    /// As the worker: what is there already is left out.
    async fn check(&mut self, edition: EditionId, rows: &[Staged]) {
        loop {
            let job = self.take().await.expect("it goes on");
            if let Some(dead) = self.before.replace(job.clone()) {
                assert!(!self.shop.gather(edition, &dead, vec![staged(None, item("dead"))], self.now()).await);
            }
            let there = edition::codes(self.shop.db(), edition).await.expect("reads");
            let left: Vec<_> = rows.iter().filter(|row| !there.contains(&row.after.code)).take(60).cloned().collect();
            if left.is_empty() {
                assert!(self.shop.finish(edition, job, self.now()).await);
                self.before = None;
                return;
            }
            assert!(self.shop.gather(edition, &job, left, self.now()).await);
        }
    }

    async fn undo(&mut self, edition: EditionId) {
        loop {
            let job = self.take().await.expect("it goes on");
            if let Some(dead) = self.before.replace(job.clone()) {
                assert_eq!(self.shop.undo_piece(dead.clone(), self.now()).await, None);
                assert!(!self.shop.finish(edition, dead, self.now()).await);
            }
            if self.shop.undo_piece(job.clone(), self.now()).await.is_none() {
                assert!(self.shop.finish(edition, job, self.now()).await);
                self.before = None;
                return;
            }
        }
    }

    /// How many copies died.
    async fn publish(&mut self, expected: &[Item]) -> u32 {
        let mut died = 0;
        loop {
            let job = self.take().await.expect("it goes on");
            let edition = EditionId(job.subject);
            if let Some(dead) = self.before.replace(job.clone()) {
                assert_eq!(self.shop.go_live(&dead, self.now()).await, Flipped::Gone);
                let late = edition::settle(self.shop.db(), dead, edition, self.now()).await;
                assert!(matches!(late, Err(StorageError::NotWritten(_))), "{late:?}");
            }
            assert_eq!(self.shop.go_live(&job, self.now()).await, Flipped::Live);
            assert_eq!(self.shop.goods().await, expected);
            if self.shop.settle(job, self.now()).await.is_none() {
                self.before = None;
                return died;
            }
            died += 1;
        }
    }
}

async fn a_kill_after_any_piece_changes_nothing(shop: &Shop) {
    let stocked: Vec<Item> = (0..650).map(|n| item(&format!("{n:03}"))).collect();
    shop.stock(&stocked).await;
    let to = |n: usize, before: &Item| match n % 5 {
        0 => before.clone(),
        1 => Item { active: false, ..before.clone() },
        2 => Item { category: "c9".to_owned(), ..before.clone() },
        _ => Item { price: Some(1_100), barcode: format!("BC{n}"), ..before.clone() },
    };
    let changed = stocked.iter().enumerate().map(|(n, before)| to(n, before));
    let expected: Vec<Item> = changed.chain((650..700).map(|n| item(&format!("{n:03}")))).collect();
    let before = |code: &str| stocked.iter().find(|one| one.code == code).map(|one| (one.clone(), 1));
    let rows = expected.iter().map(|after| staged(before(&after.code), after.clone()));
    let rows: Vec<Staged> = rows.filter(|row| row.before.as_ref() != Some(&row.after)).collect();

    let import = shop.send(at(0)).await;
    let edition = import::find(shop.db(), import).await.expect("reads").expect("there").edition;
    let mut copies = Dying { shop, second: 0, copy: 0, before: None };
    copies.check(edition, &rows).await;
    assert_eq!((shop.goods().await, shop.changes(edition, Which::All).await.len()), (stocked.clone(), rows.len()));
    assert_eq!(shop.publish(edition, None, copies.now()).await, Released::Done);
    let died = copies.publish(&expected).await;
    assert!(died >= 3, "{died}");
    assert_eq!(shop.goods().await, expected);
    let hits = product::search(shop.db(), lists(), "", "", 1_000).await.expect("reads");
    assert_eq!(hits.total, expected.iter().filter(|one| one.active).count());

    let undo = edition::undo(shop.db(), edition, entry(copies.now())).await.expect("writes").expect("it is live");
    copies.undo(undo).await;
    assert_eq!(shop.goods().await, expected);
    assert!(copies.publish(&stocked).await > 3);
    assert_eq!(shop.goods().await, stocked);
    let hits = product::search(shop.db(), lists(), "", "", 1_000).await.expect("reads");
    assert_eq!(hits.total, stocked.len());
    let found = (shop.find(edition).await, shop.find(undo).await);
    assert_eq!((found.0.undone_by, found.0.superseded, found.1.number), (Some(undo), true, Some(2)));
    assert_eq!((found.1.counts.removed, found.0.counts.added), (50, 50));
}

async fn what_is_written_between_two_pieces_is_kept(shop: &Shop) {
    let code = |n: usize| format!("{n:03}");
    let stocked: Vec<Item> = (0..650).map(|n| item(&code(n))).collect();
    shop.stock(&stocked).await;
    let dearer = |one: &Item| Item { price: Some(1_100), category: "c9".to_owned(), ..one.clone() };
    let mut expected: Vec<Item> = stocked.iter().map(dearer).collect();
    let edition = shop.staged(expected.clone(), at(1)).await;
    let (mut job, mut pieces) = (Some(shop.live(edition, at(2)).await), 0);
    let own = |pieces: usize| format!("own{pieces}");
    while let Some(at_hand) = job {
        // One that is in the catalogue already, and one that is not.
        for n in [3 + pieces, 640 - pieces] {
            shop.keep(&code(n), at(3), |item| own(pieces).clone_into(&mut item.category)).await;
            expected[n].category = own(pieces);
        }
        assert_eq!(shop.goods().await, expected);
        job = shop.settle(at_hand, at(4)).await;
        pieces += 1;
        assert_eq!(shop.goods().await, expected);
    }
    for number in 0..pieces {
        let hits = product::search(shop.db(), lists(), "", &own(number), 9).await.expect("reads");
        let written = [3 + number, 640 - number].map(code);
        assert_eq!(codes(&hits.rows), written.each_ref().map(|code| (code.as_str(), Some(1_100))));
    }
    let hits = product::search(shop.db(), lists(), "", "c9", 9).await.expect("reads");
    assert!(pieces > 3, "{pieces}");
    assert_eq!(hits.total, 650 - 2 * pieces);
    let since = price::prices(shop.db(), LIST, code(640), 9).await.expect("reads");
    assert_eq!(since.iter().map(|one| one.since).collect::<Vec<_>>(), [Some(at(2)), None]);
}

async fn a_copy_that_comes_back_late_takes_nothing_from_a_live_edition(shop: &Shop) {
    shop.stock(&[item("a"), item("b")]).await;
    let edition = shop.staged(vec![at_price("a", 1_100), at_price("b", 1_100)], at(1)).await;
    let job = shop.live(edition, at(2)).await;
    let rows = shop.changes(edition, Which::All).await;
    // It had read that rows are behind, and slept.
    edition::catch_up(shop.db(), edition).await.expect("writes");
    shop.settle_all(job, at(3)).await;
    edition::catch_up(shop.db(), edition).await.expect("writes");
    assert_eq!(shop.changes(edition, Which::All).await, rows);
    assert_eq!((rows.len(), shop.find(edition).await.counts.changed), (2, 2));
}

async fn what_is_taken_back_while_it_is_written_goes_back_all(shop: &Shop) {
    shop.stock(&[item("a")]).await;
    let before = shop.goods().await;
    let edition = shop.staged(vec![at_price("a", 1_100), item("d"), item("e")], at(1)).await;
    let publishing = shop.live(edition, at(2)).await;
    let undo = shop.undone(edition, at(3)).await;
    shop.settle_all(publishing, at(4)).await;
    let counts = shop.find(undo).await.counts;
    assert_eq!((counts.changed, counts.removed, counts.stopped), (1, 2, 0));
    let job = shop.take(ONE, at(5)).await.expect("it goes live by itself");
    assert_eq!(shop.go_live(&job, at(5)).await, Flipped::Live);
    assert_eq!(shop.goods().await, before);
    shop.settle_all(job, at(6)).await;
    assert_eq!(shop.goods().await, before);
}

async fn the_second_edition_waits_for_the_first_and_follows_it(shop: &Shop) {
    shop.stock(&[item("a"), item("b")]).await;
    let named = Item { name: "New".to_owned(), pinyin: String::new(), ..at_price("a", 1_100) };
    let first = shop.staged(vec![named, item("d"), Item { active: false, ..item("b") }], at(1)).await;
    let unit = Item { unit: "bag".to_owned(), ..at_price("d", 900) };
    let second = shop.staged(vec![at_price("a", 1_200), unit.clone(), at_price("b", 1_050)], at(2)).await;
    for edition in [first, second] {
        assert_eq!(shop.publish(edition, Some(at(10)), at(3)).await, Released::Done);
    }
    let one = shop.take(ONE, at(10)).await.expect("due");
    let other = shop.take(OTHER, at(10)).await.expect("due");
    assert_eq!((one.subject, other.subject), (first.0, second.0));
    assert_eq!(shop.go_live(&one, at(10)).await, Flipped::Live);
    assert_eq!(shop.go_live(&other, at(11)).await, Flipped::Later);
    assert_eq!(shop.status(second).await, EditionStatus::Scheduled);
    let next = shop.settle(one, at(12)).await.expect("goes on");
    assert_eq!(shop.go_live(&other, at(13)).await, Flipped::Later);
    shop.settle_all(next, at(14)).await;
    let moves = |changes: Vec<edition::Change>| {
        let mut moves: Vec<_> = changes.into_iter().map(|one| (one.row.after.code, one.row.goes)).collect();
        moves.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        moves
    };
    let all = ["a", "b", "d"].map(|code| (code.to_owned(), Move::Change));
    assert_eq!(moves(shop.changes(second, Which::All).await), all);
    assert_eq!(shop.go_live(&other, at(15)).await, Flipped::Live);
    shop.settle_all(other, at(16)).await;
    let named = Item { name: "New".to_owned(), pinyin: "new".to_owned(), ..at_price("a", 1_200) };
    let expected = [named, Item { active: false, ..at_price("b", 1_050) }, unit];
    assert_eq!(shop.goods().await, expected);
    let found = (shop.find(first).await, shop.find(second).await);
    assert_eq!((found.0.number, found.0.superseded), (Some(1), true));
    assert_eq!((found.1.number, found.1.superseded), (Some(2), false));
    let page = edition::page(shop.db(), LIST, None, 9).await.expect("reads");
    assert_eq!(page.iter().map(|one| one.id).collect::<Vec<_>>(), [second, first]);
}

async fn a_change_meanwhile_decides_what_a_return_leaves(shop: &Shop) {
    shop.stock(&[item("a"), item("b"), item("c")]).await;
    let dearer = ["a", "b", "c"].map(|code| at_price(code, 1_100)).to_vec();
    let edition = shop.put([dearer, vec![item("d"), item("e")]].concat(), at(1)).await;
    shop.keep("a", at(2), |item| "Other".clone_into(&mut item.maker)).await;
    shop.keep("b", at(2), |item| item.price = Some(1_200)).await;
    shop.keep("d", at(2), |item| item.price = Some(1_200)).await;
    let undo = shop.undone(edition, at(3)).await;
    let found = shop.find(undo).await;
    // Two were changed in what the edition had said of them. So a person looks at it first.
    assert_eq!((found.kept, found.status), (2, EditionStatus::Staged));
    // What changes from now on is changed in what waits.
    shop.keep("c", at(4), |item| "bag".clone_into(&mut item.unit)).await;
    shop.keep("e", at(4), |item| "bag".clone_into(&mut item.unit)).await;
    let job = shop.live(undo, at(5)).await;
    shop.settle_all(job, at(5)).await;
    let expected = [
        Item { maker: "Other".to_owned(), ..item("a") },
        at_price("b", 1_200),
        Item { unit: "bag".to_owned(), ..item("c") },
        at_price("d", 1_200),
        Item { unit: "bag".to_owned(), active: false, ..item("e") },
    ];
    assert_eq!(shop.goods().await, expected);
    // The return can be taken back as well.
    let again = shop.undone(undo, at(6)).await;
    assert_eq!(shop.status(again).await, EditionStatus::Scheduled);
    let job = shop.take(ONE, at(7)).await.expect("due");
    assert_eq!(shop.go_live(&job, at(7)).await, Flipped::Live);
    shop.settle_all(job, at(7)).await;
    let prices: Vec<_> = shop.goods().await.iter().map(|one| (one.price, one.active)).collect();
    let expected = [(1_100, true), (1_200, true), (1_100, true), (1_200, true), (1_000, true)];
    assert_eq!(prices, expected.map(|(price, active)| (Some(price), active)));
}

/// A file with these bytes.
async fn send(shop: &Shop, kind: ImportKind, bytes: &[u8], now: Timestamp) -> i64 {
    let id = import::begin(shop.db(), LIST, "goods.csv".to_owned(), entry(now)).await.expect("writes");
    for (n, piece) in bytes.chunks(import::PIECE).enumerate() {
        import::take_piece(shop.db(), id, n * import::PIECE, piece.to_vec()).await.expect("writes");
    }
    let mut digest = [0; 32];
    digest[0] = bytes.first().copied().unwrap_or_default();
    let file = Sent { kind, absent: Absent::Stop, size: bytes.len(), digest };
    import::sent(shop.db(), id, file, now).await.expect("writes");
    id
}

async fn import(shop: &Shop, id: i64) -> import::Import {
    import::find(shop.db(), id).await.expect("reads").expect("there")
}

async fn a_file_comes_back_as_it_was_sent(shop: &Shop) {
    let mut ids = Vec::new();
    for size in [0, 1, import::PIECE - 1, import::PIECE, import::PIECE + 1, 12 * import::PIECE + 7] {
        let bytes: Vec<u8> = (0..size).map(|n| u8::try_from(n * n % 251).expect("small")).collect();
        let id = send(shop, ImportKind::Prices, &bytes, at(1)).await;
        assert!(import::bytes(shop.db(), id).await.expect("reads") == bytes, "{size}");
        let found = import(shop, id).await;
        assert_eq!(
            (found.size, found.kind, found.absent),
            (i64::try_from(size).expect("small"), ImportKind::Prices, Absent::Stop)
        );
        assert_eq!((found.status, found.made_at, found.before), (ImportStatus::Checking, at(1), None));
        ids.push(id);
    }
    // One that is still being sent is in no list.
    import::begin(shop.db(), LIST, "later.csv".to_owned(), entry(at(2))).await.expect("writes");
    // Nor does anything wait for it: whoever sends it may never come back.
    let editions = shop
        .db()
        .read(|connection| Ok(connection.query_row("SELECT COUNT(*) FROM edition", [], |row| row.get::<_, i64>(0))?));
    assert_eq!(usize::try_from(editions.await.expect("reads")), Ok(ids.len()));
    ids.reverse();
    for list in [None, Some(LIST)] {
        let page = import::page(shop.db(), list, None, 4).await.expect("reads");
        let next = import::page(shop.db(), list, page.last().map(|one| one.id), 4).await.expect("reads");
        assert_eq!(page.iter().chain(&next).map(|one| one.id).collect::<Vec<_>>(), ids);
    }
}

async fn the_same_file_says_when_it_was_used(shop: &Shop) {
    let first = send(shop, ImportKind::Products, b"1", at(1)).await;
    let job = shop.take(ONE, at(1)).await.expect("due");
    let edition = import(shop, first).await.edition;
    assert!(shop.gather(edition, &job, vec![staged(None, item("a"))], at(1)).await);
    assert!(shop.finish(edition, job, at(1)).await);
    assert_eq!(import(shop, first).await.status, ImportStatus::Checked);
    assert_eq!(shop.find(edition).await.import, Some(first));
    // It was not used yet.
    let second = send(shop, ImportKind::Products, b"1", at(2)).await;
    assert_eq!(import(shop, second).await.before, None);
    let mut jobs = vec![shop.take(OTHER, at(2)).await.expect("due")];
    assert_eq!(shop.publish(edition, None, at(3)).await, Released::Done);
    let job = shop.take(ONE, at(3)).await.expect("due");
    assert_eq!((job.kind, shop.go_live(&job, at(3)).await), (JobKind::Publish, Flipped::Live));
    shop.settle_all(job, at(3)).await;
    let third = send(shop, ImportKind::Products, b"1", at(4)).await;
    jobs.extend(shop.take(OTHER, at(4)).await);
    let other_bytes = send(shop, ImportKind::Products, b"2", at(4)).await;
    let other_kind = send(shop, ImportKind::Prices, b"1", at(4)).await;
    for (id, before) in
        [(first, None), (second, Some(at(1))), (third, Some(at(1))), (other_bytes, None), (other_kind, None)]
    {
        assert_eq!(import(shop, id).await.before, before, "{id}");
    }
    assert_eq!(jobs.iter().map(|job| job.subject).collect::<Vec<_>>(), [second, third]);
}

async fn a_file_is_kept_for_ninety_days(shop: &Shop) {
    let days = |days: i64| at(days * 24 * 3_600);
    let bytes = vec![7; 20 * import::PIECE];
    let (old, young) = (
        send(shop, ImportKind::Products, &bytes, at(0)).await,
        send(shop, ImportKind::Products, &bytes, days(1)).await,
    );
    let forget = async |now| import::forget(shop.db(), now).await.expect("writes");
    assert!(!forget(days(90)).await);
    assert_eq!(import::bytes(shop.db(), old).await.expect("reads").len(), bytes.len());
    let mut pieces = 0;
    while forget(days(90).plus(1)).await {
        pieces += 1;
    }
    // A few pieces at a time.
    assert!(pieces > 2, "{pieces}");
    assert!(import::bytes(shop.db(), old).await.expect("reads").is_empty());
    assert_eq!(import::bytes(shop.db(), young).await.expect("reads").len(), bytes.len());
    assert_eq!(import(shop, old).await.size, import(shop, young).await.size);
    while forget(days(92)).await {}
    assert_eq!(shop.number("SELECT COUNT(*) FROM import_piece").await, 0);
}

async fn what_is_wrong_with_a_file_is_read_page_by_page(shop: &Shop) {
    let note = |n: i64| Note {
        line: n + 2,
        field: "price".to_owned(),
        value: format!("v{n}"),
        fault: "money".to_owned(),
        hint: String::new(),
    };
    let (edition, job) = shop.begin(at(0)).await;
    let id = job.subject;
    let write = async |job: &Job, from: i64, to: i64| {
        let notes = (from, (from..to).map(note).collect());
        import::note(shop.db(), job.clone(), id, notes, at(1)).await.expect("writes")
    };
    assert!(write(&job, 0, 100).await);
    // A copy that goes on after a kill begins again.
    let again = shop.take(OTHER, at(100)).await.expect("let go");
    assert!(!write(&job, 100, 130).await);
    assert!(write(&again, 0, 100).await && write(&again, 100, 130).await);
    let (mut all, mut first) = (Vec::new(), 0);
    loop {
        let page = import::notes(shop.db(), id, first, 50).await.expect("reads");
        first += 50;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    assert_eq!(all, (0..130).map(note).collect::<Vec<_>>());
    let findings = Findings { coding: "UTF-8".to_owned(), lines: 200, same: 20, wrong: 130 };
    let found = (findings, String::new());
    assert!(!import::found(shop.db(), job, id, ImportStatus::Wrong, found.clone(), at(101)).await.expect("writes"));
    assert_eq!(import(shop, id).await.status, ImportStatus::Checking);
    assert!(import::found(shop.db(), again, id, ImportStatus::Wrong, found, at(101)).await.expect("writes"));
    let stored = import(shop, id).await;
    assert_eq!((stored.status, stored.lines, stored.same, stored.wrong), (ImportStatus::Wrong, 200, 20, 130));
    assert_eq!((shop.status(edition).await, shop.take(ONE, at(999)).await), (EditionStatus::Dropped, None));
    assert!(!import::give_up(shop.db(), id, entry(at(1_000))).await.expect("writes"));
    assert_eq!(import(shop, id).await.status, ImportStatus::Wrong);
}
