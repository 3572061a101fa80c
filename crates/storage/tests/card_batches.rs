//! Card batches in both databases: cards are made without gap or double wherever the work was interrupted, moved by their
//! serials, activated by two persons, and every change of their rows behind the program's back is found.

#[path = "../../domain/tests/builders/mod.rs"]
mod builders;

mod fixture;

use std::collections::BTreeSet;

use builders::{MORNING, one_till};
use domain::acts::{Batch, Payload};
use domain::card_batch::{CardBatchStatus, Keeper, Places};
use domain::card_number::CardNumber;
use domain::ids::{CardBatchId, OutletId, PersonId, ProgrammeId, RequestId};
use domain::outcome::{Decline, Outcome};
use fixture::Fixture;
use storage::audit::Entry;
use storage::card_batch::{self, Entered, Moved, NewBatch, pieces};
use storage::job::{self, JobKind, Line};
use storage::sql::Connection;
use storage::vault::Vault;
use storage::{card_batches, proposal};

/// More than two pieces of cards.
const QUANTITY: i64 = 250;
const OUTLET: Keeper = Keeper::Outlet(OutletId(2_501_001));

/// An office over a database.
struct Office {
    fixture: Fixture,
    vault: Vault,
    _keys: tempfile::TempDir,
}

fn entry(detail: &str) -> Entry {
    Entry {
        at: MORNING,
        person: Some(PersonId(9001)),
        merchant: None,
        terminal: None,
        action: "card_stock_moved",
        subject: String::new(),
        detail: detail.to_owned(),
        address: String::new(),
    }
}

/// Inserts a programme that the program made.
fn programme(id: i64) -> String {
    format!(
        "INSERT INTO programme (id, name, bin, series, number_length, template, named, balance_max, load_max, sale_max,
            daily_max, daily_count_max, month_max, validity_months, refund_window, loss_report, redeem, redeem_wait_days,
            pin_mode, hotline, basis, status, moved_at, moved_by, reason, created_at, created_by, changed_at, version)
        VALUES ({id}, 'benefit', '608625', '{id}', 16, 'benefit', 1, 100, 100, 100, 100, 9, NULL, NULL, 1, 1, 0, 0, 'mailer', '',
            '', 'active', 0, NULL, '', 0, NULL, 0, 1)"
    )
}

impl Office {
    async fn over(fixture: Fixture) -> Self {
        let keys = tempfile::tempdir().expect("a folder");
        let vault = Vault::open_or_create(keys.path()).expect("makes keys");
        let sql = programme(50);
        fixture.database().write(move |connection| Ok(connection.execute_batch(&sql)?)).await.expect("inserts");
        Self { fixture, vault, _keys: keys }
    }

    async fn sqlite() -> Self {
        Self::over(Fixture::sqlite(&one_till()).await).await
    }

    async fn postgres() -> Self {
        Self::over(Fixture::postgres(&one_till()).await).await
    }

    fn db(&self) -> &storage::Storage {
        self.fixture.database()
    }

    async fn number(&self, sql: &'static str) -> i64 {
        self.db().read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.expect("reads")
    }

    async fn enter(&self) -> CardBatchId {
        let before = u8::try_from(self.number("SELECT COUNT(*) FROM card_batch").await).expect("few");
        let new = NewBatch {
            programme: ProgrammeId(50),
            customer: None,
            quantity: QUANTITY,
            printed_text: "Health".to_owned(),
            note: String::new(),
            request: RequestId([before; 16]),
        };
        match card_batch::create(self.db(), new, entry("")).await.expect("writes") {
            Entered::Done(id) => id,
            other => panic!("{other:?}"),
        }
    }

    /// Two persons decide; what kept them from it.
    async fn decide(&self, payload: Payload) -> Option<Decline> {
        let seen = proposal::now(self.db(), payload.clone()).await.expect("reads").unwrap_or_default();
        let before = self.number("SELECT COALESCE(MAX(sequence), 0) FROM ledger_head").await;
        let both = builders::money::decided(before, &payload, &seen);
        let outcomes = self.fixture.post(&both).await;
        let decline = |one: &Outcome| one.transaction().expect("recorded").decline;
        outcomes.iter().find_map(decline)
    }

    async fn sheet(&self, id: CardBatchId) -> card_batches::Sheet {
        card_batches::find(self.db(), id, MORNING).await.expect("reads").expect("the batch")
    }

    /// Does one piece of what is due, as a copy of the program that is killed after it. Whether there was something to do.
    async fn piece(&self, holder: u8) -> bool {
        job::free(self.db()).await.expect("writes");
        let Some(job) = job::take(self.db(), Line::Cards, [holder; 16], MORNING).await.expect("takes") else {
            return false;
        };
        match job.kind {
            JobKind::Make => pieces::make(self.db(), &self.vault, job, MORNING).await,
            JobKind::Activate => pieces::activate(self.db(), job, MORNING).await,
            _ => pieces::spoil(self.db(), job, MORNING).await,
        }
        .expect("writes");
        true
    }

    /// Does everything that is due, killed after every piece; after each, the books are in order.
    async fn work(&self) -> u8 {
        let mut pieces = 0;
        while self.piece(pieces).await {
            pieces += 1;
            assert_eq!(self.fixture.verify().await, [], "after piece {pieces}");
        }
        pieces
    }

    async fn move_cards(&self, id: CardBatchId, first: i64, last: i64, to: Keeper) -> Moved {
        card_batch::move_cards(self.db(), id, Places { first, last }, to, entry("counted")).await.expect("writes")
    }

    /// A batch whose cards are at an outlet but for the last one, which is spoiled.
    async fn handed_out(&self) -> CardBatchId {
        let id = self.enter().await;
        assert_eq!(self.decide(Payload::Batch(self.sheet(id).await.making())).await, None);
        assert_eq!(self.work().await, 3);
        assert_eq!(self.move_cards(id, 1, QUANTITY - 1, Keeper::Vault).await, Moved::Done);
        assert_eq!(self.move_cards(id, QUANTITY, QUANTITY, Keeper::Spoiled).await, Moved::Done);
        assert_eq!(self.move_cards(id, 1, QUANTITY - 1, OUTLET).await, Moved::Done);
        self.work().await;
        assert_eq!(self.sheet(id).await.line.status, CardBatchStatus::Received);
        id
    }
}

fn activation(batch: CardBatchId, first: i64, last: i64) -> Payload {
    Payload::Batch(Batch::Activation { batch, places: Places { first, last }, note: String::new() })
}

async fn cards_are_made_without_gap_or_double(office: Office) {
    let id = office.enter().await;
    assert!(!office.piece(9).await, "nothing is made before two persons decided");
    assert_eq!(office.decide(Payload::Batch(office.sheet(id).await.making())).await, None);
    assert!(office.piece(0).await);
    let half = office.sheet(id).await;
    assert_eq!((half.line.status, half.line.made), (CardBatchStatus::Approved, 100));
    assert_eq!(office.move_cards(id, 1, 1, Keeper::Vault).await, Moved::State(CardBatchStatus::Approved));
    assert_eq!(office.decide(activation(id, 1, 1)).await, Some(Decline::NothingToChange), "half a batch is of no use");
    assert_eq!(office.work().await, 2);
    assert_eq!(office.sheet(id).await.line.status, CardBatchStatus::Generated);
    let cards = office.db().read(|connection: &Connection| {
        let sql = "SELECT serial, sealed, masked, status FROM card WHERE serial IS NOT NULL ORDER BY serial";
        let mut all = connection.prepare(sql)?;
        let read = |row: &storage::sql::Row<'_>| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?))
        };
        Ok(all.query_map([], read)?.collect::<storage::sql::Result<Vec<_>>>()?)
    });
    let cards = cards.await.expect("reads");
    let serials: Vec<i64> = cards.iter().map(|card| card.0 - id.0 * 1_000_000).collect();
    assert_eq!(serials, (1..=QUANTITY).collect::<Vec<_>>());
    let mut numbers = BTreeSet::new();
    for (_, sealed, masked, status) in &cards {
        let number = office.vault.open_number(sealed).expect("sealed by this vault");
        assert!(CardNumber::parse(number.reveal()).is_ok() && number.reveal().starts_with("60862550"));
        assert_eq!((&number.masked().0, status.as_str()), (masked, "issued"));
        numbers.insert(number.reveal().to_owned());
    }
    assert_eq!(numbers.len(), cards.len(), "all differ");
    let steps = cards.windows(2).map(|pair| {
        let value = |card: &(i64, Vec<u8>, String, String)| {
            let number = office.vault.open_number(&card.1).expect("sealed");
            number.reveal().parse::<i64>().expect("digits") / 10
        };
        (value(&pair[0]) - value(&pair[1])).abs()
    });
    assert!(steps.filter(|step| *step <= 1).count() == 0, "none follows the one before");
}

async fn cards_go_by_their_serials(office: Office) {
    let id = office.handed_out().await;
    for (first, last, to, expected) in [
        (1, 1, OUTLET, Moved::Elsewhere(Places { first: 1, last: 1 }, OUTLET)),
        (
            QUANTITY - 1,
            QUANTITY,
            Keeper::Vault,
            Moved::Elsewhere(Places { first: QUANTITY, last: QUANTITY }, Keeper::Spoiled),
        ),
        (1, QUANTITY + 1, Keeper::Vault, Moved::NoSuchPlaces),
        (1, 1, Keeper::Outlet(OutletId(77)), Moved::NoSuchKeeper),
        (201, QUANTITY - 1, Keeper::Vault, Moved::Done),
    ] {
        assert_eq!(office.move_cards(id, first, last, to).await, expected, "{first} to {last}");
    }
    let stock: Vec<_> = office.sheet(id).await.stock.iter().map(|one| (one.places.first, one.keeper)).collect();
    assert_eq!(stock, [(1, OUTLET), (201, Keeper::Vault), (QUANTITY, Keeper::Spoiled)]);
    assert_eq!(office.decide(activation(id, 200, 201)).await, Some(Decline::CardsNotHandedOut));
    assert_eq!(office.decide(activation(id, 1, 150)).await, None);
    assert_eq!(office.decide(activation(id, 150, 160)).await, Some(Decline::ActivationExists));
    assert_eq!(office.move_cards(id, 100, 151, Keeper::Vault).await, Moved::Activating);
    assert_eq!(office.fixture.verify().await, [], "approved, not yet done");
    assert_eq!(office.work().await, 2);
    let active = "SELECT COUNT(*) FROM card WHERE status = 'active' AND activated_at IS NOT NULL";
    assert_eq!(office.number(active).await, 150);
    assert_eq!(office.move_cards(id, 100, 151, Keeper::Spoiled).await, Moved::InUse(100));
    let closed = card_batch::close(office.db(), id, entry("")).await.expect("writes");
    assert_eq!(closed, Moved::Elsewhere(Places { first: 151, last: 151 }, Keeper::Vault), "some wait");
    assert_eq!(office.move_cards(id, 151, 249, Keeper::Spoiled).await, Moved::Done);
    assert_eq!(office.work().await, 1);
    assert_eq!(office.number("SELECT COUNT(*) FROM card WHERE status = 'closed'").await, 100);
    assert_eq!(card_batch::close(office.db(), id, entry("")).await.expect("writes"), Moved::Done);
    assert_eq!(office.fixture.verify().await, []);
}

async fn a_batch_is_given_up_before_a_card_arrives(office: Office) {
    let id = office.enter().await;
    assert_eq!(office.decide(Payload::Batch(office.sheet(id).await.making())).await, None);
    assert!(office.piece(0).await, "a hundred cards");
    assert_eq!(card_batch::cancel(office.db(), id, entry("wrong text")).await.expect("writes"), Moved::Done);
    office.work().await;
    assert_eq!(office.number("SELECT COUNT(*) FROM card WHERE status = 'closed'").await, 100);
    assert_eq!(office.number("SELECT COUNT(*) FROM card WHERE status = 'issued'").await, 0, "no more are made");
    let again = card_batch::cancel(office.db(), id, entry("twice")).await.expect("writes");
    assert_eq!(again, Moved::State(CardBatchStatus::Cancelled));
    let other = office.handed_out().await;
    let late = card_batch::cancel(office.db(), other, entry("too late")).await.expect("writes");
    assert_eq!(late, Moved::State(CardBatchStatus::Received));
}

async fn what_was_changed_behind_the_books_is_found(office: Office) {
    let id = office.handed_out().await;
    assert_eq!(office.decide(activation(id, 1, 150)).await, None);
    office.work().await;
    let other = programme(51);
    office.db().write(move |connection| Ok(connection.execute_batch(&other)?)).await.expect("inserts");
    // Each is undone by the next text.
    for (change, undo) in [
        (
            "UPDATE card SET programme_id = 51 WHERE serial = 1000020",
            "UPDATE card SET programme_id = 50 WHERE serial = 1000020",
        ),
        ("UPDATE card_batch SET programme_id = 51", "UPDATE card_batch SET programme_id = 50"),
        ("UPDATE card_batch SET quantity = 300, made = 300", "UPDATE card_batch SET quantity = 250, made = 250"),
        ("UPDATE card_batch SET printed_text = 'x'", "UPDATE card_batch SET printed_text = 'Health'"),
        ("UPDATE card_batch SET status = 'draft'", "UPDATE card_batch SET status = 'received'"),
        ("UPDATE card_batch SET approval = approval + 1", "UPDATE card_batch SET approval = approval - 1"),
        (
            "UPDATE card SET status = 'active' WHERE serial = 1000200",
            "UPDATE card SET status = 'issued' WHERE serial = 1000200",
        ),
        (
            "UPDATE card SET status = 'issued' WHERE serial = 1000100",
            "UPDATE card SET status = 'active' WHERE serial = 1000100",
        ),
        (
            "UPDATE card SET serial = 1000999 WHERE serial = 1000250",
            "UPDATE card SET serial = 1000250 WHERE serial = 1000999",
        ),
        (
            "UPDATE card SET serial = 2000001 WHERE serial = 1000007",
            "UPDATE card SET serial = 1000007 WHERE serial = 2000001",
        ),
        (
            "UPDATE card SET activated_at = 1 WHERE serial = 1000200",
            "UPDATE card SET activated_at = NULL WHERE serial = 1000200",
        ),
        ("UPDATE card_activation SET first_place = 2", "UPDATE card_activation SET first_place = 1"),
        ("UPDATE card_activation SET last_place = 151", "UPDATE card_activation SET last_place = 150"),
        ("UPDATE card_activation SET done_to = 149", "UPDATE card_activation SET done_to = 150"),
        ("UPDATE card_activation SET id = id + 1", "UPDATE card_activation SET id = id - 1"),
        ("UPDATE card_stock SET last_place = 999 WHERE id = 1", "UPDATE card_stock SET last_place = 249 WHERE id = 1"),
        (
            "UPDATE card_stock SET last_place = 248 WHERE id IN (1, 3)",
            "UPDATE card_stock SET last_place = 249 WHERE id IN (1, 3)",
        ),
        (
            "UPDATE card_stock SET keeper = 'spoiled', outlet_id = NULL WHERE id = 3",
            "UPDATE card_stock SET keeper = 'outlet', outlet_id = 2501001 WHERE id = 3",
        ),
    ] {
        let run = |sql: &'static str| office.db().write(move |connection| Ok(connection.execute_batch(sql)?));
        run(change).await.expect("the schema allows it");
        let findings = office.fixture.verify().await;
        assert!(
            findings.iter().any(|one| one.what.contains("batch") || one.what.contains("activation")),
            "{change}: {findings:?}"
        );
        run(undo).await.expect("undone");
        assert_eq!(office.fixture.verify().await, [], "{undo}");
    }
}

macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite { $(#[tokio::test] async fn $name() { super::$name(super::Office::sqlite().await).await; })+ }
        mod postgres { $(#[tokio::test] async fn $name() { super::$name(super::Office::postgres().await).await; })+ }
    };
}

on_both! {
    cards_are_made_without_gap_or_double,
    cards_go_by_their_serials,
    a_batch_is_given_up_before_a_card_arrives,
    what_was_changed_behind_the_books_is_found,
}
