//! The engine over both books: once however often it is sent, alone when it breaks something, the right answer to the
//! right caller, a definite "no" when too much waits.

mod money;

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use domain::acts::{Bank, Customer};
use domain::card::{Card, CardKey, CardStatus, Programme, Spent};
use domain::card_number::{EntryMode, MaskedCard};
use domain::command::{Actor, Command, PresentedCard, Proof};
use domain::directory::Standing;
use domain::ids::{CardId, MerchantId, OrderId, OutletId, PersonId, ProgrammeId, RequestId, TerminalId};
use domain::ledger::ChainKey;
use domain::money::Fen;
use domain::network::Network;
use domain::order::{Order, OrderStatus};
use domain::outcome::Outcome;
use domain::pin::{CardPin, Door, PinValue, TypedPin};
use domain::programme::PinMode;
use domain::programme::ProgrammeStatus;
use domain::state::{Outlet, Till};
use domain::time::{BusinessDate, HOUR, Timestamp};
use domain::world::World;
use engine::clock::Clock;
use engine::{Engine, SubmitError};
use storage::customer::{self, Facts};
use storage::directory::{self, NewMerchant, NewOutlet, NewTerminal};
use storage::memory::Memory;
use storage::{Books, Sqlite, sql};
use tempfile::TempDir;
use tokio::task::JoinSet;

const MORNING: Timestamp = Timestamp(1_795_392_000_000_000);
const ACTOR: Actor = Actor {
    merchant: MerchantId(250_100),
    outlet: OutletId(2_501_001),
    terminal: TerminalId(25_010_007),
    person: PersonId(1003),
};
const CARD: i64 = 10_000_000;
const ORDERS: i64 = 600;
const MOST: i64 = 100_000_000;
/// Every order's total is its id, but this one is the poisoned amount of the tests that have one.
const POISON: i64 = 66;

struct Fixture {
    books: Books,
    _folder: Option<TempDir>,
}

/// The right PIN at the till.
fn typed() -> TypedPin {
    TypedPin { value: PinValue([1; 32]), door: Door::Till, network: Network::of("local") }
}

fn memory() -> Fixture {
    let mut books = World::new(ChainKey::new([7; 32]), 1);
    let (merchant, outlet) = (ACTOR.merchant, ACTOR.outlet);
    let till = Till {
        outlet: Outlet { id: outlet, merchant, merchant_active: true, outlet_active: true, drug_returns: false },
        terminal_active: true,
        batch: 1,
    };
    books.tills.insert(ACTOR.terminal, till);
    let customer = Customer {
        name: money::NAME.to_owned(),
        status: Standing::Active,
        reason: String::new(),
        bank: Bank::default(),
        deposit: Fen::ZERO,
        held: std::collections::BTreeMap::new(),
    };
    books.customers.insert(money::CUSTOMER, customer);
    let programme = Programme {
        id: ProgrammeId(1),
        status: ProgrammeStatus::Active,
        named: true,
        balance_max: Fen(MOST),
        load_max: Fen(MOST),
        month_max: None,
        sale_max: Fen(MOST),
        daily_max: Fen(MOST),
        daily_count_max: MOST,
        refund_window: HOUR,
        loss_report: true,
        pin_mode: PinMode::Mailer,
        merchants: vec![],
    };
    books.put_card(Card {
        id: CardId(CARD),
        key: CardKey([1; 16]),
        status: CardStatus::Active,
        holder: String::new(),
        expires_on: None,
        pin: CardPin::Initial(PinValue([1; 32])),
        pin_by: None,
        balance: Fen::ZERO,
        last: None,
        spent: Spent { on: BusinessDate(0), amount: Fen::ZERO, count: 0, month: Fen::ZERO },
        programme,
    });
    for id in 1..=ORDERS {
        books.put_order(Order {
            id: OrderId(id),
            merchant,
            outlet,
            terminal: ACTOR.terminal,
            person: ACTOR.person,
            status: OrderStatus::Draft,
            total: Fen(id),
            payable: true,
            attempt: None,
            paid_by: None,
            paid_at: None,
        });
    }
    Fixture { books: Books::Memory(Memory::new(books)), _folder: None }
}

/// Merchant, outlet and till of [`ACTOR`].
fn lay_till(connection: &sql::Connection) -> sql::Result<()> {
    directory::insert_merchant(connection, &NewMerchant::of(250_100, "898320159120001", ""))?;
    directory::insert_outlet(connection, &NewOutlet::of(2_501_001, 250_100, ""))?;
    directory::insert_terminal(connection, &NewTerminal::of(25_010_007, 2_501_001))
}

async fn sqlite() -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Sqlite::open(&folder.path().join("webpos.db")).expect("opens");
    let sql = format!(
        "INSERT INTO programme (id, name, bin, series, number_length, template, named, balance_max, load_max, sale_max,
            daily_max, daily_count_max, month_max, validity_months, refund_window, loss_report, redeem, redeem_wait_days,
            pin_mode, hotline, basis, status, moved_at, moved_by, reason, created_at, created_by, changed_at, version)
        VALUES (1, '', '608625', '01', 16, 'benefit', 1, {MOST}, {MOST}, {MOST}, {MOST}, {MOST}, NULL, NULL, 1, 1, 0, 0, 'mailer', '', '',
            'active', 0, NULL, '', 0, NULL, 0, 1);
        INSERT INTO card (id, lookup, lookup_generation, sealed, sealed_generation, masked, programme_id, status,
                holder, expires_on, pin_state, pin, pin_generation, balance, spent_on, spent_amount, spent_count,
            spent_month)
            VALUES ({CARD}, x'{}', 1, x'00', 1, '', 1, 'active', '', NULL, 'initial', x'{}', 1, 0, 0, 0, 0, 0);
        WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < {ORDERS})
        INSERT INTO orders (id, number, merchant_id, outlet_id, terminal_id, person_id, status, total, payable, open,
                held, prints, opened_at, changed_at)
            SELECT id, '', 250100, 2501001, 25010007, 1003, 'draft', id, 1, 1, 0, 0, 0, 0 FROM n;",
        "01".repeat(16),
        "01".repeat(32)
    );
    let lay = move |connection: &sql::Connection| {
        lay_till(connection)?;
        let facts = Facts { name: money::NAME.to_owned(), ..Facts::default() };
        customer::insert(connection, money::CUSTOMER, &facts, None, MORNING)?;
        Ok(connection.execute_batch(&sql)?)
    };
    database.write(lay).await.expect("laid");
    Fixture { books: Books::Sqlite(database, ChainKey::new([7; 32])), _folder: Some(folder) }
}

impl Fixture {
    fn start(&self) -> Engine {
        Engine::start(self.books.clone(), Clock::manual(MORNING))
    }

    fn database(&self) -> &Sqlite {
        let Books::Sqlite(database, _) = &self.books else { panic!("this test is for the file") };
        database
    }

    async fn run(&self, sql: &'static str) {
        self.database().write(move |connection| Ok(connection.execute_batch(sql)?)).await.expect("it runs");
    }
}

fn request(n: i64) -> RequestId {
    RequestId(i128::from(n).to_be_bytes())
}

fn presented() -> PresentedCard {
    let masked = MaskedCard("608625******0012".to_owned());
    PresentedCard { key: CardKey([1; 16]), masked, entry: EntryMode::Swiped }
}

fn sale(order: i64) -> Command {
    let proof = Proof::Pin(typed());
    Command::Sale { order: OrderId(order), amount: Fen(order), card: presented(), proof }
}

async fn pay(engine: &Engine, order: i64) -> Result<Outcome, SubmitError> {
    engine.submit(request(order), ACTOR, sale(order)).await
}

async fn load(engine: &Engine, amount: i64) {
    money::put(engine, CardId(CARD), amount).await;
}

async fn balance(engine: &Engine, n: i64) -> i64 {
    let command = Command::Inquiry { card: presented(), pin: typed() };
    let outcome = engine.submit(request(2_000_000 + n), ACTOR, command).await.expect("answered");
    outcome.transaction().and_then(|transaction| transaction.balance).expect("approved").0
}

/// What became of a request; definite, because it is withdrawn when it never arrived.
async fn found(engine: &Engine, order: i64) -> &'static str {
    let masked = MaskedCard(String::new());
    let asks = Command::Withdraw { order: OrderId(order), amount: Fen(order), masked };
    let outcome = engine.submit(request(order), ACTOR, asks).await.expect("answered");
    outcome.transaction().expect("on record").code()
}

async fn equal_submits(fixture: Fixture) {
    let engine = fixture.start();
    load(&engine, 1_000_000).await;
    for order in 1..=40 {
        let mut equal = JoinSet::new();
        for _ in 0..50 {
            let engine = engine.clone();
            equal.spawn(async move { pay(&engine, order).await.expect("answered") });
        }
        let outcomes = equal.join_all().await;
        assert!(outcomes[0].approved() && outcomes.iter().all(|outcome| *outcome == outcomes[0]));
    }
    assert_eq!(balance(&engine, 1).await, 1_000_000 - (1..=40).sum::<i64>());
    assert_eq!(fixture.books.verify().await.expect("reads"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_equal_submits_charge_once_in_memory() {
    equal_submits(memory()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_equal_submits_charge_once_in_a_file() {
    equal_submits(sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_reach_their_callers() {
    for fixture in [memory(), sqlite().await] {
        let engine = fixture.start();
        load(&engine, 1_000_000).await;
        let mut callers = JoinSet::new();
        for order in 1..=ORDERS {
            let engine = engine.clone();
            callers.spawn(async move { (order, pay(&engine, order).await.expect("answered")) });
        }
        for (order, outcome) in callers.join_all().await {
            let transaction = outcome.transaction().expect("on record");
            assert_eq!((transaction.code(), transaction.order), ("00", Some(OrderId(order))));
            assert_eq!((transaction.request_id, transaction.amount), (request(order), Fen(order)));
        }
        assert_eq!(balance(&engine, 1).await, 1_000_000 - (1..=ORDERS).sum::<i64>());
    }
}

/// Polls `submit` once: the command is handed over, and not waited for yet.
macro_rules! hand_over {
    ($submit:expr) => {{
        let mut submitted = pin!($submit);
        let now = submitted.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(now, Poll::Pending));
    }};
}

#[tokio::test]
async fn a_caller_that_leaves_takes_nothing_back() {
    for fixture in [memory(), sqlite().await] {
        let engine = fixture.start();
        load(&engine, 1_000_000).await;
        for order in 1..=20 {
            hand_over!(pay(&engine, order));
        }
        for order in 1..=20 {
            assert_eq!(found(&engine, order).await, "00");
        }
        assert_eq!(found(&engine, 21).await, "25");
        // Also when the last handle goes: what waits is still decided.
        hand_over!(pay(&engine, 30));
        drop(engine);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let engine = fixture.start();
        assert_eq!(found(&engine, 30).await, "00");
    }
}

/// The store refuses one command of a group; its neighbours do not notice.
#[tokio::test]
async fn a_poisoned_command_fails_alone() {
    let fixture = sqlite().await;
    fixture
        .run(
            "CREATE TRIGGER poison BEFORE INSERT ON ledger_transaction WHEN NEW.amount = 66 AND NEW.kind = 'sale'
            BEGIN SELECT RAISE(ABORT, 'poison'); END",
        )
        .await;
    let engine = fixture.start();
    load(&engine, 1_000_000).await;
    let mut callers = JoinSet::new();
    for order in 50..114 {
        let engine = engine.clone();
        callers.spawn(async move { (order, pay(&engine, order).await) });
    }
    for (order, result) in callers.join_all().await {
        match result {
            Err(SubmitError::NotCharged(why)) => assert!(order == POISON && why.contains("poison"), "{why}"),
            Ok(outcome) => assert!(order != POISON && outcome.approved()),
            Err(other) => panic!("order {order}: {other}"),
        }
    }
    assert_eq!(balance(&engine, 1).await, 1_000_000 - (50..114).sum::<i64>() + POISON);
    fixture.run("DROP TRIGGER poison").await;
    assert!(pay(&engine, POISON).await.expect("answered").approved(), "\"not charged\" was true");
    assert_eq!(fixture.books.verify().await.expect("reads"), []);
}

/// A broken invariant stops every command of the group, not the engine.
#[tokio::test]
async fn a_panic_in_the_decision_is_a_definite_no() {
    let fixture = sqlite().await;
    let engine = fixture.start();
    load(&engine, 1_000_000).await;
    // Numbers that are used up are the one invariant that a row can break.
    fixture.run("CREATE TABLE kept AS SELECT * FROM ledger_head; UPDATE ledger_head SET sequence = 9999999999").await;
    let mut callers = JoinSet::new();
    for order in 1..=10 {
        let engine = engine.clone();
        callers.spawn(async move { pay(&engine, order).await });
    }
    for result in callers.join_all().await {
        assert!(matches!(&result, Err(SubmitError::NotCharged(why)) if why.contains("panicked")), "{result:?}");
    }
    fixture.run("UPDATE ledger_head SET sequence = (SELECT sequence FROM kept); DROP TABLE kept").await;
    assert!(pay(&engine, 1).await.expect("answered").approved());
    assert_eq!(fixture.books.verify().await.expect("reads"), []);
}

#[tokio::test]
async fn too_many_are_turned_away_at_once() {
    const SENT: i64 = 6_000;
    let fixture = sqlite().await;
    let engine = fixture.start();
    load(&engine, 1_000_000).await;
    let (release, held) = std::sync::mpsc::channel::<()>();
    let database = fixture.database().clone();
    let blocked = tokio::spawn(async move { database.write(move |_| Ok(held.recv().is_ok())).await });
    tokio::task::yield_now().await;
    let mut callers = JoinSet::new();
    for n in 0..SENT {
        let engine = engine.clone();
        let command = Command::Inquiry { card: presented(), pin: typed() };
        callers.spawn(async move { engine.submit(request(10_000_000 + n), ACTOR, command).await });
    }
    // The refused hear it while the store still stands. The queue has 4,096 places and a group of at most 256 is out.
    let mut refused = 0;
    while refused < SENT - 4_096 - 256 {
        let early = tokio::time::timeout(Duration::from_secs(60), callers.join_next()).await.expect("at once");
        assert_eq!(early.expect("one is there").expect("no panic"), Err(SubmitError::Overloaded));
        refused += 1;
    }
    release.send(()).expect("it waits");
    assert!(blocked.await.expect("no panic").expect("written"));
    for result in callers.join_all().await {
        match result {
            Ok(outcome) => assert!(outcome.approved()),
            Err(error) => {
                assert_eq!(error, SubmitError::Overloaded);
                refused += 1;
            }
        }
    }
    assert!(refused <= SENT - 4_096, "{refused}");
    // The four of the load, what was answered, this inquiry: nothing of the refused ones is on record.
    let command = Command::Inquiry { card: presented(), pin: typed() };
    let last = engine.submit(request(3), ACTOR, command).await.expect("answered");
    let sequence = last.transaction().expect("on record").id.sequence();
    assert_eq!(sequence, SENT - refused + 5);
}

/// A store that stood still refuses what had waited too long, and what comes meanwhile.
#[tokio::test]
async fn who_waited_too_long_is_turned_away_and_may_ask_again() {
    let fixture = sqlite().await;
    let clock = Clock::manual(MORNING);
    let engine = Engine::start(fixture.books.clone(), clock.clone());
    load(&engine, 1_000_000).await;
    let (release, held) = std::sync::mpsc::channel::<()>();
    let database = fixture.database().clone();
    let blocked = tokio::spawn(async move { database.write(move |_| Ok(held.recv().is_ok())).await });
    tokio::task::yield_now().await;
    let mut callers = JoinSet::new();
    for order in 1..=20 {
        let engine = engine.clone();
        callers.spawn(async move { pay(&engine, order).await });
    }
    tokio::task::yield_now().await;
    clock.advance(700_000);
    // No command is late yet.
    hand_over!(pay(&engine, 21));
    clock.advance(1);
    assert_eq!(pay(&engine, 22).await, Err(SubmitError::Overloaded), "while the store still stands");
    release.send(()).expect("it waits");
    assert!(blocked.await.expect("no panic").expect("written"));
    for result in callers.join_all().await {
        assert_eq!(result, Err(SubmitError::Overloaded));
    }
    assert_eq!(balance(&engine, 1).await, 1_000_000 - 21, "only the one that was not late");
    for order in 1..=22 {
        assert!(pay(&engine, order).await.expect("answered").approved());
    }
    assert_eq!(fixture.books.verify().await.expect("reads"), []);
}

/// A read after an answer sees what was answered.
#[tokio::test]
async fn an_answer_leaves_after_the_commit() {
    let fixture = sqlite().await;
    let engine = fixture.start();
    load(&engine, 1_000_000).await;
    for order in 1..=50 {
        let outcome = pay(&engine, order).await.expect("answered");
        let id = outcome.transaction().expect("on record").id.0;
        let seen = fixture.database().read(move |connection| {
            let sql = "SELECT paid_by FROM orders WHERE id = ?1 AND status = 'paid'";
            Ok(connection.query_row(sql, [order], |row| row.get::<_, i64>(0))?)
        });
        assert_eq!(seen.await.expect("there"), id);
    }
}

/// Numbers are given in the order of asking, also across groups.
#[tokio::test]
async fn first_asked_first_decided() {
    for fixture in [memory(), sqlite().await] {
        let engine = fixture.start();
        load(&engine, 1_000_000).await;
        let mut callers = JoinSet::new();
        for order in 1..=300 {
            let engine = engine.clone();
            callers.spawn(async move { (order, pay(&engine, order).await.expect("answered")) });
        }
        for (order, outcome) in callers.join_all().await {
            assert_eq!(outcome.transaction().expect("on record").id.sequence(), order + 4);
        }
    }
}
