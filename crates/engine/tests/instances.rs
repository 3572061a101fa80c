//! Two instances of the program over one PostgreSQL server: whichever of them gets a request and whatever breaks on the
//! way, the request is done once and a card pays no more than it has.

mod money;

use std::sync::Arc;
use std::time::Duration;

use domain::card::CardKey;
use domain::card_number::{EntryMode, MaskedCard};
use domain::command::{Actor, Command, PresentedCard, Proof};
use domain::ids::{CardId, MerchantId, OrderId, OutletId, PersonId, RequestId, TerminalId};
use domain::ledger::ChainKey;
use domain::money::Fen;
use domain::network::Network;
use domain::outcome::Outcome;
use domain::pin::{Door, PinValue, TypedPin};
use domain::time::Timestamp;
use engine::clock::Clock;
use engine::{Engine, SubmitError};
use scratch::Cluster;
use storage::customer::{self, Facts};
use storage::directory::{self, NewMerchant, NewOutlet, NewTerminal};
use storage::{Books, Storage, postgres, sql};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const MORNING: Timestamp = Timestamp(1_795_392_000_000_000);
const ACTOR: Actor = Actor {
    merchant: MerchantId(250_100),
    outlet: OutletId(2_501_001),
    terminal: TerminalId(25_010_007),
    person: PersonId(1003),
};
const ORDERS: i64 = 600;
const PRICE: i64 = 1_000;

/// A card without money, and orders of 10.00.
const SHOP: &str = "
    INSERT INTO programme (id, name, bin, series, number_length, template, named, balance_max, load_max, sale_max,
            daily_max, daily_count_max, month_max, validity_months, refund_window, loss_report, redeem, redeem_wait_days,
            pin_mode, hotline, basis, status, moved_at, moved_by, reason, created_at, created_by, changed_at, version)
        VALUES (1, '', '608625', '01', 16, 'benefit', 1, 100000000, 100000000, 100000000, 100000000, 100000000, NULL, NULL, 1, 1, 0, 0, 'mailer', '', '',
            'active', 0, NULL, '', 0, NULL, 0, 1);
    INSERT INTO card (id, lookup, lookup_generation, sealed, sealed_generation, masked, programme_id, status, holder, pin_state, pin,
            pin_generation, balance, spent_on, spent_amount, spent_count,
            spent_month)
        VALUES (10000000, decode(repeat('01', 16), 'hex'), 1, '', 1, '', 1, 'active', '', 'initial', decode(repeat('01', 32), 'hex'), 1, 0,
            0, 0, 0, 0);
    INSERT INTO orders (id, number, merchant_id, outlet_id, terminal_id, person_id, status, total, payable, open,
            held, prints, opened_at, changed_at)
        SELECT id, '', 250100, 2501001, 25010007, 1003, 'draft', 1000, 1, 1, 0, 0, 0, 0 FROM generate_series(1, 600) AS n (id)";

/// Merchant, outlet and till of [`ACTOR`].
fn lay_till(connection: &sql::Connection) -> sql::Result<()> {
    directory::insert_merchant(connection, &NewMerchant::of(250_100, "898320159120001", ""))?;
    directory::insert_outlet(connection, &NewOutlet::of(2_501_001, 250_100, ""))?;
    directory::insert_terminal(connection, &NewTerminal::of(25_010_007, 2_501_001))
}

struct Fixture {
    instances: [Engine; 2],
    storages: [Storage; 2],
    _server: Cluster,
}

impl Fixture {
    async fn open() -> Self {
        let server = Cluster::start();
        postgres::migrate(&server.url()).await.expect("migrates");
        let connect = || async { Storage::connect(&server.url()).await.expect("connects") };
        let storages = [connect().await, connect().await];
        let lay = |connection: &sql::Connection| {
            lay_till(connection)?;
            let facts = Facts { name: money::NAME.to_owned(), ..Facts::default() };
            customer::insert(connection, money::CUSTOMER, &facts, None, MORNING)?;
            Ok(connection.execute_batch(SHOP)?)
        };
        storages[0].write(lay).await.expect("laid");
        let instances = storages.clone().map(|storage| Engine::start(books(storage), Clock::manual(MORNING)));
        Self { instances, storages, _server: server }
    }

    async fn load(&self, amount: i64) {
        money::put(&self.instances[0], CardId(10_000_000), amount).await;
    }

    /// Balance of the card, and how many orders are paid.
    async fn standing(&self) -> (i64, i64) {
        let sql = "SELECT (SELECT balance FROM card), (SELECT COUNT(*) FROM orders WHERE status = 'paid')";
        let read = self.storages[1]
            .read(move |connection| Ok(connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?));
        read.await.expect("reads")
    }

    async fn assert_in_order(&self) {
        assert_eq!(books(self.storages[0].clone()).verify().await.expect("reads"), []);
    }
}

/// The right PIN at the till.
fn typed() -> TypedPin {
    TypedPin { value: PinValue([1; 32]), door: Door::Till, network: Network::of("local") }
}

fn books(storage: Storage) -> Books {
    Books::of(storage, ChainKey::new([7; 32]))
}

fn request(n: i64) -> RequestId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    RequestId(bytes)
}

fn card() -> PresentedCard {
    PresentedCard { key: CardKey([1; 16]), masked: MaskedCard("608625******0012".to_owned()), entry: EntryMode::Manual }
}

async fn pay(engine: &Engine, order: i64) -> Result<Outcome, SubmitError> {
    let proof = Proof::Pin(typed());
    engine
        .submit(request(order), ACTOR, Command::Sale { order: OrderId(order), amount: Fen(PRICE), card: card(), proof })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_equal_requests_through_both_charge_once() {
    let fixture = Fixture::open().await;
    fixture.load(10 * PRICE).await;
    let mut asked = JoinSet::new();
    for n in 0..50 {
        let engine = fixture.instances[n % 2].clone();
        asked.spawn(async move { pay(&engine, 1).await.expect("answers") });
    }
    let answers = asked.join_all().await;
    assert!(answers.iter().all(|answer| answer.approved() && *answer == answers[0]));
    assert_eq!(fixture.standing().await, (9 * PRICE, 1));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_at_both_pays_what_it_has() {
    let fixture = Fixture::open().await;
    fixture.load(100 * PRICE).await;
    let mut asked = JoinSet::new();
    for order in 1..=400 {
        let engine = fixture.instances[usize::from(order % 2 == 0)].clone();
        asked.spawn(async move { pay(&engine, order).await.expect("answers").approved() });
    }
    let approved = asked.join_all().await.into_iter().filter(|approved| *approved).count();
    assert_eq!(approved, 100);
    assert_eq!(fixture.standing().await, (0, 100));
    fixture.assert_in_order().await;
}

/// How many payments are begun between two times that every connection is ended.
const BETWEEN_BREAKS: i64 = 15;

/// Every connection is ended again and again. Payments go on; a lost answer is asked for again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_break_lose_and_double_nothing() {
    let fixture = Fixture::open().await;
    fixture.load(ORDERS * PRICE).await;
    let may_begin = Arc::new(Semaphore::new(0));
    let breaker = {
        let (storage, may_begin) = (fixture.storages[1].clone(), Arc::clone(&may_begin));
        tokio::spawn(async move {
            let mut ended = 0_i64;
            for _ in 0..ORDERS / BETWEEN_BREAKS {
                may_begin.add_permits(usize::try_from(BETWEEN_BREAKS).expect("small"));
                let sql = "SELECT COUNT(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE application_name = 'webpos' AND pid <> pg_backend_pid()) AS ended";
                let count = storage.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await;
                ended += count.unwrap_or(0);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            ended
        })
    };
    let mut asked = JoinSet::new();
    for till in 0..20 {
        let (engine, may_begin) = (fixture.instances[usize::from(till % 2 == 0)].clone(), Arc::clone(&may_begin));
        asked.spawn(async move {
            for order in (1 + till * 30)..=(till + 1) * 30 {
                may_begin.acquire().await.expect("open").forget();
                let answer = loop {
                    match pay(&engine, order).await {
                        Ok(answer) => break answer,
                        // A slow machine may take longer to come back than a payment may wait.
                        Err(SubmitError::Overloaded | SubmitError::NotCharged(_) | SubmitError::Unknown(_)) => {}
                    }
                };
                assert!(answer.approved(), "{answer:?}");
            }
        });
    }
    asked.join_all().await;
    assert!(breaker.await.expect("runs") > 10, "hardly anything broke");
    assert_eq!(fixture.standing().await, (0, ORDERS));
    fixture.assert_in_order().await;
}
