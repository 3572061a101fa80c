//! Every decision that needs two persons, walked over every pair of logins and keys of one human, on every store; and what
//! `verify` says to rows of a decision that one human made.

#[path = "../../domain/tests/builders/mod.rs"]
mod builders;

mod fixture;

use builders::proposals;
use builders::{MERCHANT, MORNING, World, by, by_issuer, card, envelope, order, sale_pin};
use domain::acts::Payload;
use domain::command::{Command, Envelope};
use domain::human::{Given, Login};
use domain::ids::{OrderId, PersonId, TransactionId};
use domain::money::Fen;
use domain::outcome::Decline;
use domain::proposal::Proposal;
use domain::refund::{Ground, RefundStatus, SoldLine};
use domain::time::{HOUR, Timestamp};
use fixture::Fixture;
use storage::sql::params;

/// Writes each test once per store, with the world in whose module it stands.
macro_rules! for_every_store {
    ($world:ident: $($name:ident),+ $(,)?) => {
        mod $world {
            use super::{$world as world, fixture::Fixture};
            mod memory { $(#[tokio::test] async fn $name() { crate::$name(super::Fixture::memory(&super::world())).await; })+ }
            mod sqlite {
                $(#[tokio::test] async fn $name() { crate::$name(super::Fixture::sqlite(&super::world()).await).await; })+
            }
            mod postgres {
                $(#[tokio::test] async fn $name() { crate::$name(super::Fixture::postgres(&super::world()).await).await; })+
            }
        }
    };
}

for_every_store! {
    shop:
    no_pair_of_one_human_decides_alone,
    a_request_that_nobody_else_could_review_goes_to_the_company,
    verify_names_a_decision_of_one_human,
}

for_every_store! {
    office:
    no_pair_of_one_human_decides_on_an_act,
}

/// The human of the test.
const ANNA: PersonId = PersonId(2_001);
/// Another human.
const OTHER: PersonId = PersonId(2_010);
/// A merchant's answer to a dispute.
const CASHIER: PersonId = PersonId(1_003);

/// Everything through which Anna acts: the login itself, a key of it, a second login and its key, logins whose password
/// she or one of her other logins gave, one that came from such a login, one whose password the command line gave, and
/// one that she joined a moment ago.
fn faces() -> Vec<(PersonId, Login)> {
    let own = |n| PersonId(ANNA.0 + n);
    let hers = Login { human: ANNA, joined_at: None, given: None };
    let given = |n, by, own_since| {
        let given = Given { by, at: MORNING.plus(-HOUR), own_since };
        (own(n), Login { given: Some(given), ..Login::of(own(n)) })
    };
    vec![
        (ANNA, hers),
        (own(1), hers),
        (own(2), hers),
        (own(3), hers),
        given(4, Some(ANNA), Some(MORNING)),
        given(5, Some(own(2)), None),
        given(6, Some(own(4)), Some(MORNING)),
        given(7, None, Some(MORNING)),
        (own(8), Login { joined_at: Some(MORNING), ..hers }),
    ]
}

/// A card with plenty on it, and an order of 10.00 for every pair and act.
fn shop() -> World {
    let mut world = builders::one_till();
    let mut card = card(1);
    (card.programme.daily_count_max, card.programme.balance_max) = (10_000, Fen(100_000_000));
    (card.programme.daily_max, card.programme.load_max) = (Fen(100_000_000), Fen(100_000_000));
    card.balance = Fen::ZERO;
    world.put_card(card);
    for id in 1..=300 {
        world.put_order(order(id, 1_000));
        world.lines.insert(OrderId(id), vec![SoldLine { line: 1, price: Fen(1_000), quantity: 1, drug: false }]);
    }
    for (person, login) in faces() {
        world.logins.put(person, login);
    }
    world.logins.put(OTHER, Login::of(OTHER));
    world
}

/// The same with what acts are about.
fn office() -> World {
    let mut world = shop();
    world.keys.insert(proposals::SLEEPER, proposals::sleeper());
    proposals::put_places(&mut world);
    proposals::put_people(&mut world);
    world
}

/// Sends one command after another, each with an id of its own.
struct Desk<'f> {
    fixture: &'f Fixture,
    next: u16,
}

impl<'f> Desk<'f> {
    async fn open(fixture: &'f Fixture) -> Self {
        fixture.money(1, 50_000_000).await;
        fixture.post(&proposals::agree_fee(4)).await;
        Self { fixture, next: 0 }
    }

    fn envelope(&mut self, at: Timestamp, person: PersonId, command: Command) -> Envelope {
        self.next += 1;
        let company = matches!(
            command,
            Command::DisputeOpen(_)
                | Command::DisputeReview(_)
                | Command::SettlementPrepare(_)
                | Command::SettlementReview(_)
                | Command::Proposal(_)
                | Command::ProposalApproval(_)
                | Command::ProposalRejection(_)
                | Command::ProposalWithdrawal { .. }
        );
        let envelope = envelope(self.next, at, command);
        if company { by_issuer(person.0, envelope) } else { by(person.0, envelope) }
    }

    async fn ask(&mut self, at: Timestamp, person: PersonId, command: Command) -> (TransactionId, Option<Decline>) {
        let envelope = self.envelope(at, person, command);
        let outcome = self.fixture.ask(&envelope).await;
        let transaction = outcome.transaction().expect("on record");
        (transaction.id, transaction.decline)
    }

    async fn done(&mut self, at: Timestamp, person: PersonId, command: Command) -> TransactionId {
        let (id, decline) = self.ask(at, person, command).await;
        assert_eq!(decline, None, "{person}");
        id
    }

    async fn sell(&mut self, order: i64) {
        self.done(MORNING, CASHIER, sale_pin(order, 1_000, 1, true)).await;
    }

    async fn balance(&mut self) -> Option<Fen> {
        let envelope = self.envelope(MORNING, CASHIER, builders::inquiry(1, true));
        self.fixture.ask(&envelope).await.transaction().and_then(|inquiry| inquiry.balance)
    }
}

/// Another fee, proposed by a person as transaction `id`.
fn other_fee(id: TransactionId, maker: PersonId) -> Proposal {
    let (payload, seen) = (proposals::fee(MERCHANT, 45), proposals::shown_fee(Some(builders::FEE_BP)));
    Proposal { maker, ..proposals::proposal(id, MORNING, payload, seen) }
}

/// Proposes it.
fn propose() -> Command {
    let one = other_fee(TransactionId(0), OTHER);
    proposals::propose(one.payload, one.seen)
}

/// The next morning, while every password that was given still counts as its giver's.
const LATER: Timestamp = Timestamp(MORNING.0 + 20 * HOUR);

fn refund_of(order: i64) -> Command {
    builders::refund_request(order, &[(1, 1)], Ground::Quality, false)
}

fn void(order: i64, checker: PersonId) -> Command {
    Command::Void { order: OrderId(order), checker }
}

async fn no_pair_of_one_human_decides_alone(fixture: Fixture) {
    let mut desk = Desk::open(&fixture).await;
    let refused = Some(Decline::ReviewerIsApplicant);
    let mut order = 0;
    for (maker, _) in faces() {
        for (checker, _) in faces() {
            order += 3;
            let (refunded, disputed, voided) = (order - 2, order - 1, order);
            for order in [refunded, disputed, voided] {
                desk.sell(order).await;
            }
            let refund = desk.done(MORNING, maker, refund_of(refunded)).await;
            let dispute = desk.done(MORNING, maker, builders::dispute(disputed, 1_000)).await;
            desk.done(MORNING, CASHIER, builders::answer(disputed, dispute, true)).await;
            let until = MORNING.business_date();
            let settlement = desk.done(LATER, maker, builders::prepare(MERCHANT, until)).await;
            let proposal = other_fee(desk.done(MORNING, maker, propose()).await, maker);
            // The company reviews what only the command line's password stands behind.
            let mut acts = vec![
                builders::review(refunded, refund, Some(1)),
                builders::review(refunded, refund, None),
                builders::decide_dispute(disputed, dispute, true),
                builders::decide_dispute(disputed, dispute, false),
                builders::verdict(MERCHANT, settlement, true),
                builders::verdict(MERCHANT, settlement, false),
                proposals::approve(&proposal),
                proposals::reject(&proposal),
            ];
            // With a store's reviewer about, only a login that counts as anybody leaves the store without one.
            let escalated = maker == PersonId(ANNA.0 + 7);
            if escalated {
                acts.drain(..2);
            }
            for act in acts {
                assert_eq!(desk.ask(LATER, checker, act).await.1, refused, "{maker} {checker}");
            }
            if maker != checker {
                assert_eq!(desk.ask(MORNING, maker, void(voided, checker)).await.1, refused, "{maker} {checker}");
            }
            // A day after every password of one's own, the other human frees the merchant for the next pair.
            let free = builders::verdict(MERCHANT, settlement, false);
            desk.done(LATER.plus(24 * HOUR), OTHER, free).await;
        }
    }
    assert_eq!(desk.balance().await, Some(Fen(50_000_000 - order * 1_000)));
    assert_eq!(fixture.verify().await, []);
}

/// An act of each kind, proposed through each face of one human and decided through each: nothing happens.
async fn no_pair_of_one_human_decides_on_an_act(fixture: Fixture) {
    let mut desk = Desk::open(&fixture).await;
    let (world, acts) = (office(), proposals::acts());
    let seen = |payload: &Payload| match payload {
        Payload::MerchantFee { .. } => proposals::shown_fee(Some(builders::FEE_BP)),
        other => proposals::shown(&world, other),
    };
    for (maker, _) in faces() {
        for (checker, _) in faces() {
            for payload in &acts {
                let id = desk.done(MORNING, maker, proposals::propose(payload.clone(), seen(payload))).await;
                let one = Proposal { maker, ..proposals::proposal(id, MORNING, payload.clone(), seen(payload)) };
                for decision in [proposals::approve(&one), proposals::reject(&one)] {
                    let (_, decline) = desk.ask(LATER, checker, decision).await;
                    assert_eq!(decline, Some(Decline::ReviewerIsApplicant), "{maker} {checker} {payload:?}");
                }
                desk.done(MORNING, maker, proposals::take_back(id)).await;
            }
        }
    }
    assert_eq!(fixture.verify().await, []);
    // The same acts by two humans, so that nothing but the one human refused them.
    for payload in acts {
        let id = desk.done(MORNING, ANNA, proposals::propose(payload.clone(), seen(&payload))).await;
        let one = Proposal { maker: ANNA, ..proposals::proposal(id, MORNING, payload.clone(), seen(&payload)) };
        desk.done(LATER.plus(24 * HOUR), OTHER, proposals::approve(&one)).await;
    }
    assert_eq!(fixture.verify().await, []);
}

async fn a_request_that_nobody_else_could_review_goes_to_the_company(fixture: Fixture) {
    let mut desk = Desk::open(&fixture).await;
    let reviewer = PersonId(MERCHANT.0 / 10);
    let given = Given { by: Some(reviewer), at: MORNING.plus(-HOUR), own_since: None };
    let cases = [
        (OTHER, Login::of(OTHER), RefundStatus::Requested),
        // The store's only reviewer, a key or second login of the same human, and a login that the reviewer gave.
        (reviewer, Login::of(reviewer), RefundStatus::Escalated),
        (OTHER, Login { human: reviewer, ..Login::of(OTHER) }, RefundStatus::Escalated),
        (OTHER, Login { given: Some(given), ..Login::of(OTHER) }, RefundStatus::Escalated),
    ];
    for (order, (person, login, status)) in (1..).zip(cases) {
        craft(&fixture, person, login).await;
        desk.sell(order).await;
        let id = desk.done(MORNING, person, refund_of(order)).await;
        let (_, decline) = desk.ask(MORNING, PersonId(2_020), builders::review(order, id, None)).await;
        let company = (status == RefundStatus::Escalated).then_some(Decline::RefundEscalated);
        assert_eq!(decline, company, "{person} {login:?}");
    }
    assert_eq!(fixture.verify().await, []);
}

/// Changes what is known of a person behind the program's back.
async fn craft(fixture: &Fixture, person: PersonId, login: Login) {
    if let storage::Books::Memory(memory) = &fixture.books {
        memory.world(|world| world.logins.put(person, login));
        return;
    }
    let sql = "UPDATE person SET human_id = ?2, joined_at = ?3, given_by = ?4, given_at = ?5 WHERE id = ?1";
    let done = fixture.database().write(move |connection| {
        let given = login.given;
        let by = given.and_then(|given| given.by).map(|by| by.0);
        let (joined, at) = (login.joined_at.map(|at| at.0), given.map(|given| given.at.0));
        Ok(connection.execute(sql, params![person.0, login.human.0, joined, by, at])?)
    });
    assert_eq!(done.await.expect("writes"), 1, "{person}");
}

async fn verify_names_a_decision_of_one_human(fixture: Fixture) {
    let mut desk = Desk::open(&fixture).await;
    for order in 1..=3 {
        desk.sell(order).await;
    }
    let refund = desk.done(MORNING, ANNA, refund_of(1)).await;
    desk.done(MORNING, OTHER, builders::review(1, refund, Some(1))).await;
    let dispute = desk.done(MORNING, ANNA, builders::dispute(2, 500)).await;
    desk.done(MORNING, CASHIER, builders::answer(2, dispute, true)).await;
    desk.done(MORNING, OTHER, builders::decide_dispute(2, dispute, true)).await;
    let void = desk.done(MORNING, ANNA, void(3, OTHER)).await;
    desk.sell(4).await;
    let settlement = desk.done(LATER, ANNA, builders::prepare(MERCHANT, MORNING.business_date())).await;
    desk.done(LATER, OTHER, builders::verdict(MERCHANT, settlement, true)).await;
    let proposal = desk.done(MORNING, ANNA, propose()).await;
    desk.done(MORNING, OTHER, proposals::approve(&other_fee(proposal, ANNA))).await;
    assert_eq!(fixture.verify().await, []);

    let given = |by| Some(Given { by, at: MORNING.plus(-HOUR), own_since: None });
    let of = Login::of(OTHER);
    for one in [
        Login { human: ANNA, ..of },
        Login { human: ANNA, joined_at: Some(MORNING), ..of },
        Login { given: given(Some(ANNA)), ..of },
        Login { given: given(None), ..of },
    ] {
        craft(&fixture, OTHER, one).await;
        let findings: Vec<String> = fixture.verify().await.iter().map(ToString::to_string).collect();
        assert_eq!(findings.len(), 5, "{one:?} {findings:?}");
        let decided = [("refund", refund), ("dispute", dispute), ("void", void), ("settlement", settlement)];
        for (kind, id) in decided.into_iter().chain([("proposal", proposal)]) {
            let name = format!("I7: {kind} {}", id.rrn());
            assert!(findings.iter().any(|finding| finding.starts_with(&name)), "{name} {findings:?}");
        }
    }
    // What was decided before two logins were joined, or before a password was given, was decided as one knew it then.
    let later = LATER.plus(1);
    for two in [
        Login { human: ANNA, joined_at: Some(later), ..of },
        Login { given: Some(Given { by: Some(ANNA), at: later, own_since: None }), ..of },
    ] {
        craft(&fixture, OTHER, two).await;
        assert_eq!(fixture.verify().await, [], "{two:?}");
    }
}

/// A login is joined with everything that its human has, keys too, and only from then on.
#[tokio::test]
async fn joined_logins_are_one_human_from_then_on() {
    for fixture in [Fixture::sqlite(&shop()).await, Fixture::postgres(&shop()).await] {
        let db = fixture.database();
        let login = format!("{ANNA}");
        assert!(!storage::people::join(db, "nobody", OTHER, MORNING).await.expect("writes"));
        assert!(storage::people::join(db, &login, OTHER, LATER).await.expect("writes"));
        let key = PersonId(ANNA.0 + 1);
        let logins = storage::human::logins(db, vec![ANNA, key, OTHER]).await.expect("reads");
        for one in [ANNA, key] {
            assert!(logins.same_human(one, OTHER, LATER) && !logins.same_human(one, OTHER, LATER.plus(-1)));
        }
        assert!(storage::people::join(db, &login, OTHER, LATER.plus(1)).await.expect("writes"), "again");
    }
}

/// A login that is parted takes its keys along, and the others of that human stay together.
#[tokio::test]
async fn a_parted_login_is_a_human_of_its_own_with_its_keys() {
    let key = |n: i64| (domain::ids::KeyId(2_000 + n), PersonId(910_000 + 2_000 + n), PersonId(900_000 + 2_000 + n));
    for parted in [1, 2, 3] {
        let mut world = builders::one_till();
        for n in 1..=3 {
            world.keys.insert(key(n).0, domain::acts::Key { id: key(n).0, ..proposals::sleeper() });
        }
        for fixture in [Fixture::sqlite(&world).await, Fixture::postgres(&world).await] {
            let db = fixture.database();
            // The makers of three keys are one human.
            let human = key(1).2;
            let done = db.write(move |connection| {
                for n in 1..=3 {
                    let sql = "UPDATE person SET human_id = ?1 WHERE id = ?2 OR id = ?3";
                    connection.execute(sql, params![human.0, key(n).1.0, key(n).2.0])?;
                }
                Ok(())
            });
            done.await.expect("writes");
            let payload = Payload::LoginParting { person: key(parted).2 };
            let seen = storage::proposal::now(db, payload.clone()).await.expect("reads").expect("a person");
            let mut desk = Desk { fixture: &fixture, next: 0 };
            let id = desk.done(MORNING, ANNA, proposals::propose(payload.clone(), seen.clone())).await;
            let one = Proposal { maker: ANNA, ..proposals::proposal(id, MORNING, payload, seen) };
            for own in 1..=3 {
                let (_, decline) = desk.ask(MORNING, key(own).2, proposals::approve(&one)).await;
                assert_eq!(decline, Some(Decline::ReviewerIsApplicant), "another login of that human");
            }
            desk.done(MORNING, OTHER, proposals::approve(&one)).await;
            let all: Vec<PersonId> = (1..=3).flat_map(|n| [key(n).1, key(n).2]).collect();
            let logins = storage::human::logins(db, all).await.expect("reads");
            for one in 1..=3 {
                for other in 1..=3 {
                    let same = (one == parted) == (other == parted);
                    assert_eq!(logins.same_human(key(one).2, key(other).1, LATER), same, "{parted}: {one} {other}");
                }
            }
            assert_eq!(fixture.verify().await, []);
        }
    }
}

/// A login without its second factor counts as whoever had it taken away; while it counts as another giver too, as anybody.
#[tokio::test]
async fn a_login_whose_factor_was_taken_away_counts_as_every_giver() {
    let (person, giver, third) = (proposals::WITHOUT_PHONE, proposals::CLERK, proposals::WITHOUT_PASSWORD);
    let given = |by, own_since| Some(Given { by, at: MORNING.plus(-48 * HOUR), own_since });
    let long_ago = Some(MORNING.plus(-24 * HOUR));
    for (before, as_giver, as_maker, as_third) in [
        (None, false, true, false),
        (given(Some(giver), long_ago), false, true, false),
        (given(Some(giver), Some(MORNING.plus(-HOUR))), true, true, true),
        (given(Some(giver), None), true, true, true),
        (given(Some(ANNA), None), false, true, false),
        (given(None, long_ago), false, true, false),
    ] {
        for fixture in [Fixture::sqlite(&office()).await, Fixture::postgres(&office()).await] {
            let login = Login { given: before, ..Login::of(person) };
            craft(&fixture, person, login).await;
            let db = fixture.database();
            let own = before.and_then(|given| given.own_since);
            let sql = "UPDATE person SET must_change = ?2, password_changed_at = ?3 WHERE id = ?1";
            let values = (before.is_some() && own.is_none(), own.map_or(0, |own| own.0));
            let done = db.write(move |connection| Ok(connection.execute(sql, params![person.0, values.0, values.1])?));
            assert_eq!(done.await.expect("writes"), 1);
            let payload = Payload::FactorReset { person };
            let seen = storage::proposal::now(db, payload.clone()).await.expect("reads").expect("a person");
            let mut desk = Desk { fixture: &fixture, next: 0 };
            let id = desk.done(MORNING, ANNA, proposals::propose(payload.clone(), seen.clone())).await;
            let one = Proposal { maker: ANNA, ..proposals::proposal(id, MORNING, payload, seen) };
            desk.done(MORNING, OTHER, proposals::approve(&one)).await;
            let logins = storage::human::logins(db, vec![person, giver, ANNA, third]).await.expect("reads");
            let same = [giver, ANNA, third].map(|other| logins.same_human(person, other, LATER));
            assert_eq!(same, [as_giver, as_maker, as_third], "{before:?}");
        }
    }
}
