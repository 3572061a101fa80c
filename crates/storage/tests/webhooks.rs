//! The outbox and its deliveries: the same events in every store, written with the money or not at all, told in order
//! per object, tried for three days, and never with anything secret in them.

#[path = "../../domain/tests/builders/mod.rs"]
mod builders;

mod fixture;

use std::collections::BTreeSet;

use builders::{
    MERCHANT, MORNING, World, by, by_issuer, card, check, decide_dispute, dispute, envelope, inquiry, lines, order,
    prepare, refund_request, request, review, sale_pin, verdict, withdraw,
};
use domain::command::{Command, Envelope};
use domain::event::EventKind;
use domain::ids::{MerchantId, OrderId, OutletId, PersonId, TransactionId};
use domain::money::Fen;
use domain::refund::Ground;
use domain::reversal::Reversed;
use domain::time::{HOUR, Timestamp};
use fixture::Fixture;
use rusqlite::params;
use storage::audit::Entry;
use storage::merchant::Reach;
use storage::outbox::{Message, Subscription};
use storage::webhook::delivery::{self, DeliveryStatus, EndpointAnswer, GIVE_UP_AFTER, LeasedDelivery, back_off};
use storage::webhook::{self, Change, Changed, EndpointId, EndpointStatus};
use storage::{Books, Storage};

const SECOND: i64 = 1_000_000;
const ALL: EndpointId = EndpointId(1001);
const REFUNDS: EndpointId = EndpointId(1002);
const ELSEWHERE: EndpointId = EndpointId(1003);
const REACH: Reach = Reach { merchant: MERCHANT, outlet: None };

fn subscriptions() -> Vec<(EndpointId, Option<OutletId>, Vec<EventKind>)> {
    let refunds = vec![EventKind::RefundRequested, EventKind::RefundApproved, EventKind::RefundRejected];
    vec![
        (ALL, None, EventKind::subscribable().collect()),
        (REFUNDS, Some(builders::outlet(MERCHANT)), refunds),
        (ELSEWHERE, Some(OutletId(1)), EventKind::subscribable().collect()),
    ]
}

fn shop() -> World {
    let mut world = builders::one_till();
    world.put_card(card(1));
    (1..=20).for_each(|id| world.put_order(order(id, 7_300)));
    world
}

fn memory() -> Fixture {
    let fixture = Fixture::memory(&shop());
    let Books::Memory(memory) = &fixture.books else { unreachable!("just made") };
    memory.world(|world| world.lines.extend((1..=20).map(|id| (OrderId(id), lines()))));
    for (id, outlet, events) in subscriptions() {
        let events = events.into_iter().collect::<BTreeSet<_>>();
        memory.put_subscription(MERCHANT, Subscription { endpoint: id.0, outlet, events });
    }
    fixture
}

async fn sqlite() -> Fixture {
    let fixture = Fixture::sqlite(&shop()).await;
    let tool = fixture.tool();
    tool.pragma_update(None, "foreign_keys", false).expect("people and outlets are not laid");
    for id in 1..=20 {
        for line in lines() {
            let sql = "INSERT INTO order_line (order_id, line, code, name, spec, unit, drug, price, quantity, amount,
                    added_at, added_by) VALUES (?1, ?2, '', '', '', '', ?3, ?4, ?5, ?4 * ?5, 0, 0)";
            tool.execute(sql, params![id, line.line, line.drug, line.price.0, line.quantity]).expect("a line");
        }
    }
    for (id, outlet, events) in subscriptions() {
        let words: Vec<&str> = events.iter().map(|kind| kind.word()).collect();
        let sql = "INSERT INTO webhook_endpoint (id, merchant_id, outlet_id, url, description, events, status, salt,
                salt_generation, created_at, created_by)
            VALUES (?1, ?2, ?3, 'https://example.com/', '', ?4, 'active', ?5, 1, 0, 1002)";
        let row = params![id.0, MERCHANT.0, outlet.map(|id| id.0), words.join(" "), [7_u8; 16]];
        tool.execute(sql, row).expect("an endpoint");
    }
    fixture
}

/// What is on disk, as the memory store tells it.
fn outbox(fixture: &Fixture) -> Vec<Message> {
    let tool = fixture.tool();
    let sql = "SELECT id, merchant_id, outlet_id, object_id, kind, payload, created_at FROM webhook_event ORDER BY id";
    let mut statement = tool.prepare(sql).expect("prepares");
    let rows = statement.query_map([], |row| {
        let id: i64 = row.get(0)?;
        let sql = "SELECT endpoint_id FROM webhook_delivery WHERE event_id = ?1 ORDER BY endpoint_id";
        let mut of = tool.prepare(sql)?;
        let endpoints = of.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(Message {
            id,
            merchant: MerchantId(row.get(1)?),
            outlet: OutletId(row.get(2)?),
            object: row.get(3)?,
            kind: EventKind::from_word(&row.get::<_, String>(4)?).expect("a word of ours"),
            payload: row.get(5)?,
            created_at: Timestamp(row.get(6)?),
            endpoints,
        })
    });
    rows.expect("reads").collect::<rusqlite::Result<_>>().expect("reads")
}

fn at(n: u16, command: Command) -> Envelope {
    envelope(n, MORNING.plus(i64::from(n) * SECOND), command)
}

fn pay(n: u16, order: i64) -> Envelope {
    at(n, sale_pin(order, 7_300, 1, true))
}

/// Everything that can happen, and much that nobody is told.
fn day() -> Vec<Vec<Envelope>> {
    let ask = |n, order| at(n, refund_request(order, &[(2, 1)], Ground::Quality, false));
    let refund = |n| TransactionId::new(1, n);
    let tomorrow = MORNING.plus(builders::DAY);
    let reversed =
        |n, order| Command::Reverse(Reversed { request_id: request(n), sale: Some((OrderId(order), Fen(7_300))) });
    vec![
        builders::money::money_on_card(0, 1, 900_000).to_vec(),
        vec![at(2, inquiry(1, true)), at(3, check(1, 7_300, 1, true)), pay(4, 1), pay(5, 2)],
        vec![at(6, sale_pin(3, 7_300, 1, false)), at(7, withdraw(4, 7_300)), pay(8, 5), pay(9, 6), pay(10, 99)],
        vec![ask(11, 1), ask(12, 2), ask(13, 5), ask(14, 5)],
        vec![
            by(1002, at(15, review(1, refund(13), Some(1)))),
            by(1002, at(16, review(2, refund(14), None))),
            by_issuer(9001, at(17, review(5, refund(15), Some(1)))),
            by(1003, at(18, review(2, refund(14), None))),
        ],
        vec![
            at(19, Command::Void { order: OrderId(6), checker: PersonId(1002) }),
            pay(20, 7),
            at(21, reversed(20, 7)),
            at(22, reversed(999, 8)),
            pay(4, 1),
            at(23, Command::BatchClose),
        ],
        builders::proposals::agree_fee(26).to_vec(),
        vec![
            by_issuer(9003, envelope(24, tomorrow, prepare(MERCHANT, MORNING.business_date()))),
            by_issuer(9002, envelope(25, tomorrow, verdict(MERCHANT, TransactionId::new(1, 29), true))),
        ],
        vec![
            by_issuer(9003, envelope(26, tomorrow, dispute(2, 4_300))),
            by(1002, envelope(27, tomorrow, builders::answer(2, refund(31), true))),
            by_issuer(9002, envelope(28, tomorrow, decide_dispute(2, refund(31), true))),
            by_issuer(9003, envelope(29, tomorrow, dispute(1, 3_000))),
            by_issuer(9002, envelope(30, tomorrow.plus(8 * builders::DAY), decide_dispute(1, refund(34), false))),
        ],
    ]
}

async fn run(fixture: &Fixture) {
    for group in day() {
        fixture.post(&group).await;
    }
}

#[tokio::test]
async fn both_stores_tell_the_same_events_of_everything_that_happens() {
    let (memory, sqlite) = (memory(), sqlite().await);
    run(&memory).await;
    run(&sqlite).await;
    let Books::Memory(world) = &memory.books else { unreachable!("just made") };
    let (told, stored) = (world.outbox(), outbox(&sqlite));
    assert_eq!(told, stored);
    let words: Vec<(&str, i64)> = told.iter().map(|message| (message.kind.word(), message.object)).collect();
    assert_eq!(
        words,
        [
            ("payment.approved", 1),
            ("payment.approved", 2),
            ("payment.declined", 3),
            ("payment.withdrawn", 4),
            ("payment.approved", 5),
            ("payment.approved", 6),
            ("payment.declined", builders::TILL.0),
            ("refund.requested", 1),
            ("refund.requested", 2),
            ("refund.requested", 5),
            ("refund.approved", 1),
            ("refund.rejected", 2),
            ("refund.approved", 5),
            ("sale.voided", 6),
            ("payment.approved", 7),
            ("sale.reversed", 7),
            ("payment.withdrawn", 8),
            ("batch.closed", builders::TILL.0),
            ("settlement.confirmed", MERCHANT.0),
            ("dispute.opened", 2),
            ("dispute.answered", 2),
            ("dispute.upheld", 2),
            ("dispute.opened", 1),
            ("dispute.rejected", 1),
        ]
    );
    assert!(told.windows(2).all(|pair| pair[0].id < pair[1].id));
    let kinds: BTreeSet<EventKind> = told.iter().map(|message| message.kind).collect();
    assert_eq!(kinds, EventKind::subscribable().collect(), "every kind occurs");
    for message in &told {
        let refunds = message.kind.word().starts_with("refund.");
        let expected: &[i64] = if refunds { &[ALL.0, REFUNDS.0] } else { &[ALL.0] };
        assert_eq!(message.endpoints, expected, "{}", message.payload);
    }
    assert_eq!(sqlite.verify().await, []);
}

#[tokio::test]
async fn a_body_names_the_record_and_nothing_secret() {
    let fixture = memory();
    run(&fixture).await;
    let Books::Memory(world) = &fixture.books else { unreachable!("just made") };
    let told = world.outbox();
    let body: serde_json::Value = serde_json::from_str(&told[10].payload).expect("JSON");
    let expected = serde_json::json!({
        "object": "event", "id": told[10].id.to_string(), "type": "refund.approved", "merchant_id": "250100",
        "created_at": "2026-11-23T00:00:15Z",
        "data": {
            "object": "transaction", "id": "010000000017", "kind": "refund", "status": "approved",
            "response_code": "00", "decline": null, "amount": 4300, "currency": "CNY", "card": "608625******0001",
            "request_id": request(15).to_string(), "order_id": "1", "original_id": "010000000006",
            "refund_id": "010000000013", "dispute_id": null, "outlet_id": "2501001", "terminal_id": "25010007", "person_id": "1002",
            "approval_code": format!("{:06}", 15 * 7_919), "stan": "000017", "batch": body["data"]["batch"],
            "business_date": "2026-11-23", "created_at": "2026-11-23T00:00:15Z",
        },
    });
    assert_eq!(body, expected);
    for (at, of, dispute) in [(19, 31, 31), (20, 32, 31), (21, 33, 31), (23, 35, 34)] {
        let body: serde_json::Value = serde_json::from_str(&told[at].payload).expect("JSON");
        let names = (&body["data"]["id"], &body["data"]["dispute_id"], &body["data"]["outlet_id"]);
        let rrn = |n| serde_json::json!(TransactionId::new(1, n).rrn());
        assert_eq!(names, (&rrn(of), &rrn(dispute), &serde_json::json!("2501001")), "{body}");
    }
    // The card's keyed values, the PIN's keyed value and its balance are markers of their own: 0x01 repeated.
    let balance = world.world(|world| world.cards[&builders::card_key(1)].balance.0.to_string());
    for message in &told {
        for secret in ["010101010101", "fefefefefefe", "[1,1,1,1", "balance\"", "pin\":", "holder", &balance] {
            assert!(!message.payload.contains(secret), "{secret} in {}", message.payload);
        }
        assert!(!message.payload.contains(|c: char| c.is_control()), "one line");
    }
}

#[tokio::test]
async fn a_settlement_is_told_to_the_whole_merchant_in_figures() {
    let fixture = memory();
    let Books::Memory(world) = &fixture.books else { unreachable!("just made") };
    let (outlet, events) = (Some(builders::outlet(MERCHANT)), EventKind::subscribable().collect());
    world.put_subscription(MERCHANT, Subscription { endpoint: 77, outlet, events });
    run(&fixture).await;
    let told = world.outbox();
    let message = told.iter().find(|message| message.kind == EventKind::SettlementConfirmed).expect("a settlement");
    assert_eq!(message.endpoints, [ALL.0], "an endpoint of one outlet does not hear of all outlets' money");
    let body: serde_json::Value = serde_json::from_str(&message.payload).expect("JSON");
    let sum = |count, amount| serde_json::json!({"count": count, "amount": amount});
    let expected = serde_json::json!({
        "object": "event", "id": message.id.to_string(), "type": "settlement.confirmed", "merchant_id": "250100",
        "created_at": "2026-11-24T00:00:00Z",
        "data": {
            "object": "settlement", "id": "010000000029", "number": 1, "from_date": "2026-11-23",
            "until_date": "2026-11-23", "sales": sum(5, 36_500), "refunds": sum(2, 8_600), "voids": sum(1, 7_300),
            "reversals": sum(1, 7_300), "chargebacks": sum(0, 0), "net_amount": 13_300, "fee_basis_points": 60, "fee_amount": 80,
            "payout_amount": 13_220, "currency": "CNY", "transaction_id": "010000000030",
            "confirmed_at": "2026-11-24T00:00:00Z",
        },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_house_without_webhooks_writes_nothing() {
    let fixture = Fixture::sqlite(&shop()).await;
    run(&fixture).await;
    assert_eq!(outbox(&fixture), []);
    let paused = sqlite().await;
    paused.tool().execute("UPDATE webhook_endpoint SET status = 'paused'", []).expect("paused");
    run(&paused).await;
    assert_eq!(outbox(&paused), []);
}

#[tokio::test]
async fn an_event_that_cannot_be_written_takes_its_payment_with_it() {
    let fixture = sqlite().await;
    fixture.money(1, 900_000).await;
    fixture
        .tool()
        .execute_batch("CREATE TRIGGER full BEFORE INSERT ON webhook_event BEGIN SELECT RAISE(ABORT, 'full'); END")
        .expect("a fault");
    assert!(matches!(fixture.books.post(vec![pay(2, 1)]).await, Err(storage::StorageError::NotWritten(_))));
    fixture.tool().execute_batch("DROP TRIGGER full").expect("mended");
    assert_eq!(fixture.ask(&pay(2, 1)).await.transaction().map(|t| t.id.sequence()), Some(5));
    assert_eq!(outbox(&fixture).len(), 1);
    assert_eq!(fixture.verify().await, []);
}

async fn take(db: &Storage, now: Timestamp) -> Vec<LeasedDelivery> {
    let waiting = delivery::waiting(db, now).await.expect("reads");
    delivery::lease(db, waiting, now).await.expect("writes")
}

fn yes() -> EndpointAnswer {
    EndpointAnswer { status: Some(204), text: String::new() }
}

fn no() -> EndpointAnswer {
    EndpointAnswer { status: None, text: "connection refused".to_owned() }
}

async fn answer(db: &Storage, taken: &LeasedDelivery, answer: EndpointAnswer, now: Timestamp) -> bool {
    delivery::record_answer(db, taken, answer, now).await.expect("writes")
}

async fn all(db: &Storage, endpoint: EndpointId) -> Vec<delivery::Delivery> {
    let mut all = delivery::list(db, REACH, endpoint, None, None, 100).await.expect("reads").expect("an endpoint");
    all.reverse();
    all
}

async fn change(db: &Storage, reach: Reach, change: Change, now: Timestamp) -> Changed {
    webhook::change(db, reach, change, entry(now)).await.expect("writes")
}

fn entry(now: Timestamp) -> Entry {
    let (subject, detail, address) = (String::new(), String::new(), "local".to_owned());
    Entry { at: now, person: None, merchant: None, terminal: None, action: "test", subject, detail, address }
}

/// One order with a payment, a refund request and its approval; another order with a payment.
async fn busy() -> Fixture {
    let fixture = sqlite().await;
    fixture.money(1, 900_000).await;
    fixture.post(&[pay(2, 1), pay(3, 2)]).await;
    fixture.ask(&at(4, refund_request(1, &[(2, 1)], Ground::Quality, false))).await;
    fixture.ask(&by(1002, at(5, review(1, TransactionId::new(1, 7), Some(1))))).await;
    fixture.tool().execute("UPDATE webhook_endpoint SET status = 'paused' WHERE id <> ?1", [ALL.0]).expect("paused");
    fixture
}

#[tokio::test]
async fn an_object_is_told_in_order_and_others_do_not_wait_for_it() {
    let fixture = busy().await;
    let db = fixture.database();
    let now = MORNING.plus(HOUR);
    let words = |taken: &[LeasedDelivery]| taken.iter().map(|one| one.kind.word()).collect::<Vec<_>>();
    let first = take(db, now).await;
    assert_eq!(words(&first), ["payment.approved", "payment.approved"]);
    assert!(take(db, now).await.is_empty(), "what is taken is not taken again");
    // The first of order 1 fails, that of order 2 arrives.
    answer(db, &first[0], no(), now).await;
    answer(db, &first[1], yes(), now).await;
    assert!(take(db, now).await.is_empty());
    let now = now.plus(back_off(1));
    let again = take(db, now).await;
    assert_eq!((words(&again), again[0].attempts), (vec!["payment.approved"], 1));
    answer(db, &again[0], yes(), now).await;
    let next = take(db, now).await;
    assert_eq!(words(&next), ["refund.requested"]);
    answer(db, &next[0], yes(), now).await;
    let last = take(db, now).await;
    assert_eq!(words(&last), ["refund.approved"]);
    answer(db, &last[0], yes(), now).await;
    assert!(all(db, ALL).await.iter().all(|one| one.status == DeliveryStatus::Delivered));
    let endpoint = webhook::find(db, REACH, ALL).await.expect("reads").expect("there");
    assert_eq!((endpoint.delivered_at, endpoint.failing_since), (Some(now), None));
}

#[tokio::test]
async fn what_a_dead_copy_took_is_taken_again_and_its_late_answer_counts_for_nothing() {
    let fixture = busy().await;
    let now = MORNING.plus(HOUR);
    let dead = take(fixture.database(), now).await;
    assert_eq!(dead.len(), 2);
    // The process ends; a new one opens the file.
    let fixture = fixture.restart().await;
    let db = fixture.database();
    assert!(take(db, now).await.is_empty(), "the lease holds");
    let later = now.plus(61 * SECOND);
    let taken = take(db, later).await;
    assert_eq!(taken.len(), 2);
    answer(db, &dead[0], no(), later).await;
    answer(db, &taken[0], yes(), later).await;
    let first = all(db, ALL).await.remove(0);
    assert_eq!((first.status, first.attempts, first.answer_status), (DeliveryStatus::Delivered, 1, Some(204)));
}

#[tokio::test]
async fn three_days_of_failures_park_the_event_and_stop_the_endpoint_until_somebody_starts_it() {
    let fixture = sqlite().await;
    fixture.money(1, 900_000).await;
    fixture.post(&[pay(2, 1)]).await;
    let db = fixture.database();
    let start = MORNING.plus(HOUR);
    let (mut now, mut tries, mut waits) = (start, 0_u32, Vec::new());
    let stopped = loop {
        let taken = take(db, now).await;
        assert_eq!(taken.len(), 1, "due at {now:?}");
        tries += 1;
        let stopped = answer(db, &taken[0], no(), now).await;
        let row = all(db, ALL).await.remove(0);
        if row.status == DeliveryStatus::Parked {
            break stopped;
        }
        assert!(!stopped && take(db, row.due_at.plus(-1)).await.is_empty(), "not before its time");
        waits.push(row.due_at.since(now));
        now = row.due_at;
    };
    assert!(stopped, "it failed for three days");
    assert_eq!((now.since(start), tries), (GIVE_UP_AFTER, 31));
    assert_eq!(waits[..6], (1..7).map(back_off).collect::<Vec<_>>());
    assert!(waits[6..waits.len() - 1].iter().all(|wait| *wait == 3 * HOUR));
    let endpoint = webhook::find(db, REACH, ALL).await.expect("reads").expect("there");
    assert_eq!((endpoint.status, endpoint.failing_since), (EndpointStatus::Failed, Some(start)));
    let tried = change(db, REACH, Change::TryOut(ALL), now).await;
    assert!(matches!(tried, Changed::Stopped), "not while it is stopped");
    assert!(take(db, now.plus(HOUR)).await.is_empty());
    // What happens meanwhile is not kept for it.
    fixture.ask(&pay(3, 2)).await;
    assert_eq!(all(db, ALL).await.len(), 1);
    change(db, REACH, Change::Status(ALL, EndpointStatus::Active), now).await;
    assert!(matches!(change(db, REACH, Change::ReplayParked(ALL), now).await, Changed::Count(1)));
    let taken = take(db, now).await;
    answer(db, &taken[0], yes(), now).await;
    assert_eq!(all(db, ALL).await[0].status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn an_event_is_sent_again_when_somebody_asks_and_only_within_reach() {
    let fixture = busy().await;
    let db = fixture.database();
    let now = MORNING.plus(HOUR);
    for taken in take(db, now).await {
        answer(db, &taken, yes(), now).await;
    }
    let event = all(db, ALL).await[0].event;
    let other = Reach { merchant: MerchantId(250_200), outlet: None };
    let outlet = Reach { merchant: MERCHANT, outlet: Some(builders::outlet(MERCHANT)) };
    for foreign in [other, outlet] {
        for asked in [
            Change::Update(ALL, webhook::TermsChange::default()),
            Change::Status(ALL, EndpointStatus::Deleted),
            Change::Rotate(ALL),
            Change::TryOut(ALL),
            Change::Replay(ALL, event),
            Change::ReplayParked(ALL),
        ] {
            assert!(matches!(change(db, foreign, asked, now).await, Changed::Absent));
        }
        assert!(delivery::list(db, foreign, ALL, None, None, 9).await.expect("reads").is_none());
        assert!(webhook::find(db, foreign, ALL).await.expect("reads").is_none());
    }
    assert_eq!(webhook::list(db, outlet, None, 9).await.expect("reads").len(), 1, "its own");
    assert!(matches!(change(db, REACH, Change::Replay(ALL, 5), now).await, Changed::Absent), "no such event");
    let Changed::Delivery(again) = change(db, REACH, Change::Replay(ALL, event), now).await else { panic!("there") };
    assert_eq!((again.status, again.attempts), (DeliveryStatus::Pending, 0));
    assert!(take(db, now).await.iter().any(|taken| taken.event == event));
}

#[tokio::test]
async fn old_events_are_forgotten() {
    let fixture = busy().await;
    let db = fixture.database();
    assert!(!delivery::tidy(db, MORNING.plus(29 * 24 * HOUR)).await.expect("reads"));
    assert!(delivery::tidy(db, MORNING.plus(31 * 24 * HOUR)).await.expect("writes"));
    assert!(outbox(&fixture).is_empty() && all(db, ALL).await.is_empty());
}

#[tokio::test]
async fn what_the_money_path_and_the_worker_ask_is_found_in_an_index() {
    let fixture = sqlite().await;
    let tool = fixture.tool();
    let plan = |sql: &str| {
        let mut statement = tool.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("prepares");
        let rows = statement.query_map([], |row| row.get::<_, String>(3)).expect("reads");
        rows.collect::<rusqlite::Result<Vec<_>>>().expect("reads").join("; ")
    };
    let path = plan(
        "SELECT id, outlet_id, events FROM webhook_endpoint INDEXED BY webhook_endpoint_active
        WHERE merchant_id = 1 AND status = 'active' ORDER BY id",
    );
    assert_eq!(path, "SEARCH webhook_endpoint USING INDEX webhook_endpoint_active (merchant_id=?)");
    let due = plan(delivery::DUE.replace("?1", "1").replace("?2", "2").replace("?3", "3").as_str());
    assert!(due.contains("webhook_delivery_due (endpoint_id=? AND due_at<?)"), "{due}");
    assert!(due.contains("webhook_delivery_object (endpoint_id=? AND object_id=? AND event_id<?)"), "{due}");
    assert!(!due.contains("SCAN") && !due.contains("TEMP B-TREE"), "{due}");
}
