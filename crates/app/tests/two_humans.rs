//! One human, every door: whatever takes two persons is tried through the browser and with API keys by every pair of logins
//! and keys that one human can have, on both databases.

#[path = "../../web/tests/pages/shop.rs"]
#[expect(dead_code, reason = "it is the harness of another crate's tests")]
mod shop;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use domain::acts::{Act, Bank, CardAct, Money, Payload, PinReset};
use domain::command::{Actor, Command};
use domain::ids::{CardId, EditionId, MerchantId, OutletId, PersonId, RecallId, RequestId, TerminalId, TransactionId};
use domain::limits::Setting;
use domain::money::Fen;
use domain::person::Held;
use domain::place::Place;
use domain::product::Prices;
use domain::proposal::Draft;
use domain::recall::{Announced, MatchKind};
use domain::role::Role;
use domain::time::{BusinessDate, HOUR};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use storage::api_key::{self, NewKey, NotMade, Scope};
use storage::audit::Entry;
use storage::demo_cards::CUSTOMER;
use storage::people::{self, NewPerson};
use storage::{demo, demo_keys, recall};
use tower::ServiceExt as _;

use shop::{OPENING, Shop, Visitor};

const CARD: &str = "6086250000010012";
const MANAGER: PersonId = PersonId(1002);
const MERCHANT: MerchantId = MerchantId(250_100);
const STORE: Place = Place::Outlet(MERCHANT, OutletId(2_501_001));
/// What a page says to a decision of one human.
const REFUSALS: [&str; 5] =
    ["须由两个人完成", "不能审核自己", "请由另一人裁定", "不能复核自己准备的结算", "此申请由卡公司处理"];

/// A door with somebody at it.
enum Door {
    Browser(&'static str, Visitor),
    Key(&'static str, String),
}

impl Door {
    fn name(&self) -> &'static str {
        match self {
            Self::Browser(name, _) | Self::Key(name, _) => name,
        }
    }
}

struct House {
    shop: Shop,
    api: Router,
    /// The demo's keys.
    tokens: Vec<String>,
    /// The password hash of all.
    hash: String,
    requests: u32,
}

impl House {
    async fn open(database: Option<scratch::Database>) -> Self {
        let shop = Shop::on(database, |_| {}).await;
        demo_keys::seed_keys(&shop.db, OPENING).await.expect("seeds keys");
        let (db, engine) = (shop.db.clone(), shop.web.engine.clone());
        let api = api::router(api::Api::new(db, engine, shop.vault.clone(), shop.clock.clone(), false));
        let tokens = demo_keys::tokens().into_iter().map(|(token, _)| token).collect();
        let hash = shop.db.read(|connection| {
            Ok(connection.query_row("SELECT password_hash FROM person WHERE id = 1002", [], |row| row.get(0))?)
        });
        let hash = hash.await.expect("reads");
        Self { shop, api, tokens, hash, requests: 0 }
    }

    async fn change(&self, sql: String) {
        self.shop.db.write(move |connection| Ok(connection.execute(&sql, [])?)).await.expect("writes");
    }

    async fn number(&self, sql: &'static str) -> i64 {
        self.shop.db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.expect("reads")
    }

    /// A login with the demo's password.
    async fn person(&self, login: &str, place: Place, roles: &[Role], human: Option<PersonId>) -> PersonId {
        let person = NewPerson {
            number: login.to_owned(),
            name: login.to_owned(),
            login: login.to_owned(),
            password_hash: self.hash.clone(),
            must_change: false,
            roles: roles.to_vec(),
            place,
            terminal: place.outlet().map(|_| TerminalId(25_010_007)),
            human,
            given_by: None,
            phone: None,
            language: None,
            ends_on: None,
        };
        people::create(&self.shop.db, person, self.shop.clock.now()).await.expect("writes").expect("made")
    }

    /// Every login that `owner` can come to: another one, one just made, one just reset, one reset at the command line
    /// (last: it counts as anybody). Each has a password of its own.
    async fn logins(&self, prefix: &str, owner: PersonId, place: Place, roles: &[Role]) -> Vec<&'static str> {
        let now = self.shop.clock.now().0;
        let mut all = Vec::new();
        for (kind, human) in [("second", Some(owner)), ("made", None), ("reset", None), ("cli", None)] {
            let login: &'static str = format!("{prefix}-{kind}").leak();
            let person = self.person(login, place, roles, human).await;
            if kind == "cli" {
                let reset = people::reset_password(&self.shop.db, login, self.hash.clone(), self.shop.clock.now());
                assert!(reset.await.expect("writes"));
                let own = format!("must_change = 0, password_changed_at = {now} + 1");
                self.change(format!("UPDATE person SET {own} WHERE id = {person}")).await;
            } else if kind != "second" {
                let given = format!("given_by = {owner}, given_at = {now}, password_changed_at = {now} + 1");
                self.change(format!("UPDATE person SET {given} WHERE id = {person}")).await;
            }
            all.push(login);
        }
        all
    }

    async fn doors(&self, logins: &[&'static str]) -> Vec<Door> {
        let mut doors = Vec::new();
        for login in logins {
            doors.push(Door::Browser(login, self.shop.signed_in(login).await));
        }
        doors
    }

    /// A key with every power of a reviewer, made by a person of the store.
    async fn key(&self, maker: PersonId) -> Result<String, NotMade> {
        let key = NewKey {
            merchant: MERCHANT,
            outlet: None,
            terminal: None,
            name: format!("of {maker}"),
            scopes: vec![Scope::Read, Scope::Sell, Scope::Refund],
            signed: false,
            rate_max: 60_000,
            expires_at: OPENING.plus(1_000 * HOUR),
        };
        let made = api_key::create(&self.shop.db, key, "secret".to_owned(), self.entry(maker, "api_key_created"))
            .await
            .expect("writes");
        made.map(|id| api_key::token(id, "secret"))
    }

    fn entry(&self, person: PersonId, action: &'static str) -> Entry {
        Entry {
            at: self.shop.clock.now(),
            person: Some(person),
            merchant: None,
            terminal: None,
            action,
            subject: String::new(),
            detail: String::new(),
            address: "test".to_owned(),
        }
    }

    /// Makes what [`acts`] are about such that each is possible.
    async fn prepare_acts(&self) {
        self.change("UPDATE merchant SET status = 'suspended' WHERE id = 250200".to_owned()).await;
        self.change("UPDATE person SET human_id = 9004 WHERE id = 9003".to_owned()).await;
        let sql = "INSERT INTO factor (person_id, seed, seed_generation, step, set_at) VALUES (9003, ?1, 1, 0, 0)";
        let done = self.shop.db.write(|connection| Ok(connection.execute(sql, [vec![0_u8; 48]])?));
        done.await.expect("writes");
        let announced = Announced {
            matches: vec![(MatchKind::Code, "a-code-of-nobody".to_owned())],
            reason: "lot 7 failed its test".to_owned(),
            text: "stop selling".to_owned(),
            since: OPENING.business_date(),
        };
        let edition = "INSERT INTO edition (id, list_id, status, source, made_at, made_by, added, changed, stopped,
                removed, far, kept, digest)
            VALUES (1, 250100, 'staged', 'prices.xlsx', 0, 9002, 0, 1, 0, 0, 0, 0, ?1)";
        let done = self.shop.db.write(|connection| Ok(connection.execute(edition, [vec![0_u8; 32]])?));
        done.await.expect("writes");
        recall::start(&self.shop.db, announced, self.entry(PersonId(9_002), "goods_recalled")).await.expect("starts");
    }

    /// A proposal of this login's person; its place.
    async fn proposed(&mut self, login: &str, payload: Payload) -> String {
        let id = RequestId::parse(&self.request()).expect("an id");
        let account = people::account(&self.shop.db, login).await.expect("reads").expect("a login");
        let seen = storage::proposal::now(&self.shop.db, payload.clone()).await.expect("reads").expect("it is there");
        let command = Command::Proposal(Draft { payload, seen });
        let outcome = self.shop.web.engine.submit(id, Actor::issuer(account.person), command).await.expect("answers");
        let record = outcome.transaction().expect("on record");
        assert_eq!(record.decline, None, "{login}");
        format!("/office/todo/{}", record.id.rrn())
    }

    fn request(&mut self) -> String {
        self.requests += 1;
        format!("{:032x}", self.requests)
    }

    async fn post(&mut self, token: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("idempotency-key", self.request());
        let request = request.body(Body::from(body.to_string())).expect("a request");
        let response = self.api.clone().oneshot(request).await.expect("never fails");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    /// A sale of 6.50 at the store's till: payment and order.
    async fn sell(&mut self) -> (String, String) {
        let erp = self.tokens[0].clone();
        let body = json!({"card_number": CARD, "pin": "123456", "amount": 650, "currency": "CNY",
            "lines": [{"product_code": "600402", "quantity": 1}]});
        let (status, payment) = self.post(&erp, "/payments", &body).await;
        assert_eq!((status, &payment["status"]), (StatusCode::CREATED, &json!("approved")), "{payment}");
        let text = |field: &str| payment[field].as_str().expect("text").to_owned();
        (text("id"), text("order_id"))
    }

    async fn ask_for_refund(&mut self, door: &mut Door, payment: &str, order: &str) -> TransactionId {
        match door {
            Door::Browser(name, visitor) => {
                let page = visitor.get(&format!("/refunds/new?order={order}")).await.text();
                let request = page.split(r#"name="request" value=""#).nth(1).expect("a form");
                let request: String = request.chars().take_while(|c| *c != '"').collect();
                let fields = [
                    ("order", order),
                    ("request", &request),
                    ("reason", "质量问题"),
                    ("ground", "quality"),
                    ("t1", "1"),
                    ("q1", "1"),
                ];
                let answer = visitor.post("/refunds/new", &fields).await;
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}: {}", answer.text());
            }
            Door::Key(_, token) => {
                let body = json!({"payment_id": payment, "ground": "quality", "reason": "a fault"});
                let (status, refund) = self.post(token, "/refunds", &body).await;
                assert_eq!(status, StatusCode::CREATED, "{refund}");
            }
        }
        TransactionId(self.number("SELECT MAX(id) FROM refund").await)
    }

    /// Tries to decide, as a page or a program would; whether it was refused in words.
    async fn decide_refund(&mut self, door: &mut Door, refund: TransactionId, yes: bool) -> bool {
        let request = self.request();
        match door {
            Door::Browser(_, visitor) => {
                let id = refund.0.to_string();
                let fields = [
                    ("refund", id.as_str()),
                    ("request", &request),
                    ("card", CARD),
                    ("opinion", "同意退款"),
                    ("do", if yes { "ok" } else { "no" }),
                ];
                refused(&visitor.post_and_look("/refunds", &fields).await.text())
            }
            Door::Key(_, token) => {
                let (verb, card) = if yes { ("approve", json!(CARD)) } else { ("reject", Value::Null) };
                let mut body = json!({"opinion": "goods are back"});
                if yes {
                    body["card_number"] = card;
                }
                let (status, answer) = self.post(token, &format!("/refunds/{}/{verb}", refund.rrn()), &body).await;
                status == StatusCode::FORBIDDEN && answer["code"] == "same_person"
                    || answer["decline"]["code"] == "refund_escalated"
            }
        }
    }
}

fn refused(page: &str) -> bool {
    REFUSALS.iter().any(|words| page.contains(words))
}

/// A form's decision that no page offers.
async fn forge(visitor: &mut Visitor, place: &str, request: &str, words: &str, yes: bool) -> bool {
    // 争议 成立，退款 is asked once more.
    let fields = [("request", request), (words, "核对无误"), ("do", if yes { "ok" } else { "no" }), ("sure", "1")];
    refused(&visitor.post_and_look(place, &fields).await.text())
}

fn hidden_request(page: &str) -> String {
    let value = page.split(r#"name="request" value=""#).nth(1).expect("a form");
    value.chars().take_while(|c| *c != '"').collect()
}

async fn walk(database: Option<scratch::Database>) {
    let mut house = House::open(database).await;
    // Yesterday's, to be settled.
    house.sell().await;
    house.shop.clock.advance(20 * HOUR);
    refunds(&mut house).await;
    consents(&mut house).await;
    company(&mut house).await;
    let moved = "SELECT COUNT(*) FROM ledger_transaction WHERE decline IS NULL
        AND kind IN ('refund', 'refund_rejection', 'void', 'chargeback', 'dispute_rejection', 'settlement')";
    assert_eq!(house.number(moved).await, 3, "one of each that two humans decided");
    assert_eq!(house.shop.books.verify().await.expect("reads"), []);
}

async fn refunds(house: &mut House) {
    let logins = house.logins("m", MANAGER, STORE, &[Role::StoreManager]).await;
    let mut doors = house.doors(&["manager"]).await;
    doors.extend(house.doors(&logins).await);
    let second = PersonId(house.number("SELECT id FROM person WHERE login = 'm-second'").await);
    for (name, maker) in [("own key", MANAGER), ("key of the second", second)] {
        doors.push(Door::Key(name, house.key(maker).await.expect("made")));
    }
    for login in ["m-made", "m-reset", "m-cli"] {
        let sql: &'static str = format!("SELECT id FROM person WHERE login = '{login}'").leak();
        let person = PersonId(house.number(sql).await);
        assert_eq!(house.key(person).await, Err(NotMade::MakerIsGiven), "{login}");
    }
    let mut last = None;
    for maker in 0..doors.len() {
        let (payment, order) = house.sell().await;
        let refund = house.ask_for_refund(&mut doors[maker], &payment, &order).await;
        let (maker, escalated) = (doors[maker].name(), doors[maker].name() == "m-cli");
        for door in &mut doors {
            for yes in [true, false] {
                assert!(house.decide_refund(door, refund, yes).await, "{maker}, {}, {yes}", door.name());
            }
        }
        if !escalated {
            last = Some(refund);
        }
    }
    assert_eq!(house.number("SELECT COUNT(*) FROM refund WHERE status NOT IN ('requested', 'escalated')").await, 0);
    // The head office's key belongs to somebody else.
    let mut other = Door::Key("chain", house.tokens[1].clone());
    assert!(!house.decide_refund(&mut other, last.expect("one"), true).await);
    assert_eq!(house.number("SELECT COUNT(*) FROM refund WHERE status = 'approved'").await, 1);
}

async fn consents(house: &mut House) {
    let askers = house.logins("c", MANAGER, STORE, &[Role::Cashier]).await;
    let (_, order) = house.sell().await;
    for asker in askers {
        let mut till = house.shop.signed_in(asker).await;
        for manager in ["manager", "m-second", "m-made", "m-reset", "m-cli"] {
            // Two who were given their passwords by one human count as one too.
            let request = house.request();
            let who = [("user", manager), ("password", demo::PASSWORD)];
            let void = [&[("order", order.as_str()), ("request", &request)][..], &who].concat();
            assert!(refused(&till.post_and_look("/void", &void).await.text()), "void {asker} {manager}");
            let price = [&[("code", "600233"), ("price", "1.00"), ("qty", "1")][..], &who].concat();
            assert!(refused(&till.post_and_look("/sale/price", &price).await.text()), "price {asker} {manager}");
        }
    }
    let mut till = house.shop.signed_in("cashier").await;
    let request = house.request();
    let fields = [("order", order.as_str()), ("request", &request), ("user", "manager"), ("password", demo::PASSWORD)];
    till.post("/void", &fields).await;
    assert_eq!(house.number("SELECT COUNT(*) FROM orders WHERE status = 'voided'").await, 1);
    assert_eq!(house.number("SELECT COUNT(*) FROM order_line WHERE confirmed_by IS NOT NULL").await, 0);
}

/// Acts whose rows this house lacks: the tests of the rules and of the stores walk them.
const WALKED_ELSEWHERE: [Act; 11] = [
    Act::CompanyKey,
    Act::MerchantOpening,
    Act::OutletOpening,
    Act::OutletResuming,
    Act::Adjustment,
    Act::CustomerResuming,
    Act::ProgrammeOpening,
    Act::ProgrammeTerms,
    Act::ProgrammeResuming,
    Act::CardBatch,
    Act::CardActivation,
];

/// What the demo's rows, and what [`House::prepare_acts`] added, let one propose.
fn acts() -> Vec<Payload> {
    let bank = Bank { name: "Bank".to_owned(), account: "6200000000003391".to_owned(), holder: "Shop Ltd".to_owned() };
    let (person, stopped) = (PersonId(9_003), MerchantId(250_200));
    let roles = vec![Held { role: Role::Operator, ends_on: None }];
    let acts = vec![
        Payload::MerchantFee { merchant: MERCHANT, fee_bp: 45 },
        Payload::MerchantBank { merchant: MERCHANT, bank },
        Payload::MerchantResuming { merchant: stopped },
        Payload::FactorRule { required: true },
        Payload::CompanyRoles { person, roles },
        Payload::PersonReset { person },
        Payload::FactorReset { person },
        Payload::LoginParting { person },
        Payload::GuessingLimit { setting: Setting::RefundCards, value: 3 },
        Payload::MerchantPayable { merchant: MERCHANT, decides: false },
        Payload::RecallEnding { recall: RecallId(1) },
        Payload::ProductPrice {
            list: domain::ids::ListId::of(MERCHANT),
            code: "600233".to_owned(),
            prices: Prices { price: Some(Fen(9_900)), low: None, high: None },
        },
        Payload::ProductEdition { edition: EditionId(1), effective_at: None },
        Payload::Money(Money::Funding {
            customer: CUSTOMER,
            amount: Fen(500_000),
            reference: "SL20261130-0021".to_owned(),
            received_on: BusinessDate(20_200_101),
            note: String::new(),
        }),
        Payload::Money(Money::FundingReturn {
            customer: CUSTOMER,
            amount: Fen(100),
            reason: "no more cards".to_owned(),
        }),
        Payload::Money(Money::Load {
            customer: CUSTOMER,
            card: CardId(80_000_001),
            amount: Fen(50_000),
            note: String::new(),
        }),
        Payload::Card(CardAct::Reopening { card: CardId(80_000_005), reason: "found again".to_owned() }),
        Payload::Card(CardAct::Unlocking { card: CardId(80_000_001), reason: "forgot it".to_owned() }),
        Payload::Card(CardAct::Closing { card: CardId(80_000_009), reason: "spoiled".to_owned() }),
        Payload::Pin(PinReset { card: CardId(80_000_001), reason: "forgotten".to_owned() }),
    ];
    let walked = acts.iter().map(Payload::act).chain(WALKED_ELSEWHERE);
    assert_eq!(walked.collect::<BTreeSet<_>>(), Act::ALL.into_iter().collect());
    acts
}

async fn company(house: &mut House) {
    house.prepare_acts().await;
    let roles = [Role::Operator, Role::Checker, Role::Finance];
    let boss = house.person("boss", Place::Company, &roles, None).await;
    let logins = [&["boss"][..], &house.logins("b", boss, Place::Company, &roles).await].concat();
    let mut desks = Vec::new();
    for login in logins {
        desks.push((login, house.shop.signed_in(login).await));
    }
    let erp = house.tokens[0].clone();
    let mut checker = house.shop.signed_in("checker").await;
    for maker in 0..desks.len() {
        let (sale, _) = house.sell().await;
        let (name, visitor) = &mut desks[maker];
        let name = *name;
        let request = hidden_request(&visitor.get(&format!("/office/disputes?sale={sale}")).await.text());
        let fields = [
            ("request", request.as_str()),
            ("sale", &sale),
            ("amount", "1.00"),
            ("claim", "not_received"),
            ("words", "没有收到"),
        ];
        let opened = visitor.post("/office/disputes", &fields).await;
        let dispute = opened.location().split('?').next().expect("a place").to_owned();
        let rrn = dispute.rsplit('/').next().expect("a number");
        let said = json!({"accept": false, "words": "signed for"});
        assert_eq!(house.post(&erp, &format!("/disputes/{rrn}/answer"), &said).await.0, StatusCode::CREATED);

        let list = "/office/settlements";
        let request = hidden_request(&visitor.get(&format!("{list}?merchant={MERCHANT}")).await.text());
        let fields = [("merchant", "250100"), ("until", "2026-11-23"), ("request", request.as_str())];
        let prepared = visitor.post(list, &fields).await;
        let settlement = prepared.location().split('?').next().expect("a place").to_owned();
        assert!(settlement.starts_with(list) && settlement != list, "{name} {settlement}");
        for (other, visitor) in &mut desks {
            for yes in [true, false] {
                let request = house.request();
                assert!(forge(visitor, &dispute, &request, "words", yes).await, "dispute {name} {other} {yes}");
                let request = house.request();
                assert!(forge(visitor, &settlement, &request, "opinion", yes).await, "settlement {name} {other} {yes}");
            }
        }
        for payload in acts() {
            let act = payload.act();
            let todo = house.proposed(name, payload).await;
            for (other, visitor) in &mut desks {
                let sheet = visitor.get(&todo).await.text();
                let offered = sheet.contains(r#"value="ok""#) || sheet.contains(r#"value="no""#);
                assert!(!offered, "{act} {name} {other}");
                for decision in ["ok", "no"] {
                    let request = house.request();
                    let shown = "00".repeat(32);
                    let fields =
                        [("request", request.as_str()), ("shown", &shown), ("opinion", "核对无误"), ("do", decision)];
                    let answer = visitor.post_and_look(&todo, &fields).await.text();
                    assert!(refused(&answer), "{act} {name} {other} {decision}");
                }
            }
        }
        // Another human frees the merchant for the next pair, and decides a dispute for good.
        if name != "b-cli" {
            let request = house.request();
            assert!(!forge(&mut checker, &settlement, &request, "opinion", false).await, "{name}");
        }
        if name == "boss" {
            let request = house.request();
            assert!(!forge(&mut checker, &dispute, &request, "words", true).await, "{name}");
        }
    }
}

#[tokio::test]
async fn one_human_decides_nothing_alone_on_a_file() {
    walk(None).await;
}

#[tokio::test]
async fn one_human_decides_nothing_alone_on_a_server() {
    walk(Some(shop::database())).await;
}
