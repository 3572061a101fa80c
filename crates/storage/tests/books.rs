//! One conformance suite for every store of the money path: the same tests over each of them, and all of them against
//! one another and against the few lines of `world`.

#[path = "../../domain/tests/builders/mod.rs"]
mod builders;

mod fixture;

use builders::cards;
use builders::proposals::{self, CHECKER, MAKER, SLEEPER, approve, proposal, propose, reject, shown_fee, take_back};
use builders::steps::{any_sketch, any_steps, envelopes};
use builders::{
    DAY, MERCHANT, MORNING, Submit as _, World, by, by_issuer, card, envelope, inquiry, money, order, pins, sale,
    sale_pin, withdraw,
};
use domain::acts::Payload;
use domain::card::{Card, CardStatus};
use domain::card_move::CardMove;
use domain::command::{Command, Envelope, Proof};
use domain::ids::{CardId, MerchantId, OrderId, PersonId, TransactionId};
use domain::money::Fen;
use domain::network::Network;
use domain::outcome::{Decline, Outcome};
use domain::pin::{CardPin, TypedPin};
use domain::refund::{Ground, SoldLine};
use domain::sweep::{Pause, WatchKind};
use fixture::Fixture;
use proptest::prelude::*;
use storage::movement;

/// Writes each test once per store.
macro_rules! for_every_store {
    ($($name:ident),+ $(,)?) => {
        mod memory { $(#[tokio::test] async fn $name() { super::$name(super::Fixture::memory(&super::shop())).await; })+ }
        mod sqlite { $(#[tokio::test] async fn $name() { super::$name(super::Fixture::sqlite(&super::shop()).await).await; })+ }
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::postgres(&super::shop()).await).await; })+
        }
    };
}

for_every_store! {
    a_sale_posts_its_rows,
    a_repeat_answers_the_record,
    the_same_id_with_other_content_is_a_conflict,
    an_order_is_paid_once_within_a_group,
    a_decline_leaves_its_neighbours_alone,
    limits_hold_within_a_group_and_end_with_the_day,
    pin_tries_survive_and_end_with_the_day,
    a_sweep_pauses_the_till_and_the_pause_survives,
    a_withdrawn_request_is_never_charged,
    a_charged_request_cannot_be_withdrawn,
    a_full_group_of_256,
    an_empty_group,
    two_merchants_may_use_one_request_id,
    a_restart_goes_on_where_the_chain_ends,
    a_settlement_pays_what_is_owed_once,
    one_group_sells_settles_and_decides,
    a_refund_is_asked_for_and_decided_away_from_a_till,
    a_dispute_is_answered_decided_and_paid_back_once,
    a_proposal_is_decided_once_and_its_act_happens_then,
    what_changed_meanwhile_is_stale,
    a_card_is_stopped_by_one_person_and_reopened_by_two,
    an_act_of_each_kind_happens_when_two_persons_decide,
    a_deposit_is_paid_in_spent_and_taken_back,
    a_pin_is_printed_set_taken_away_and_set_again,
}

/// Card 1 with wide limits, card 2 with 200.00 at most and 35.00 a day; orders 1 to 300 of 10.00.
fn shop() -> World {
    let mut world = builders::one_till();
    let other = MerchantId(250_200);
    world.tills.insert(builders::steps::OTHER_TILL, builders::till(other));
    world.fees.insert(other, None);
    world.keys.insert(proposals::SLEEPER, proposals::sleeper());
    proposals::put_places(&mut world);
    proposals::put_people(&mut world);
    for number in [1, 2] {
        let mut card = card(number);
        card.programme.daily_count_max = 1_000;
        if number == 2 {
            (card.programme.balance_max, card.programme.daily_max) = (Fen(20_000), Fen(3_500));
        }
        world.put_card(card);
    }
    let fresh = card(3);
    world.put_card(Card { status: CardStatus::Issued, pin: CardPin::Unset, ..fresh });
    for id in 1..=300 {
        world.put_order(order(id, 1_000));
        world.lines.insert(OrderId(id), vec![SoldLine { line: 1, price: Fen(1_000), quantity: 1, drug: false }]);
    }
    world
}

fn at(n: u16, command: domain::command::Command) -> Envelope {
    envelope(n, MORNING, command)
}

fn pay(n: u16, order: i64) -> Envelope {
    at(n, sale_pin(order, 1_000, 1, true))
}

/// Codes of the recorded answers, `--` for others.
fn codes(outcomes: &[Outcome]) -> Vec<&'static str> {
    outcomes.iter().map(|outcome| outcome.transaction().map_or("--", domain::ledger::Transaction::code)).collect()
}

fn decline(outcome: &Outcome) -> Option<Decline> {
    outcome.transaction().expect("on record").decline
}

async fn balance(fixture: &Fixture, n: u16, number: u8) -> i64 {
    let outcome = fixture.ask(&at(n, inquiry(number, true))).await;
    outcome.transaction().and_then(|transaction| transaction.balance).map_or(-1, |balance| balance.0)
}

async fn clean(fixture: &Fixture) {
    assert_eq!(fixture.verify().await, []);
}

async fn a_sale_posts_its_rows(fixture: Fixture) {
    assert_eq!(fixture.verify().await, [], "an empty ledger is in order");
    fixture.money(1, 10_000).await;
    let outcomes = fixture.post(&[pay(2, 1)]).await;
    assert_eq!(codes(&outcomes), ["00"]);
    let sale = outcomes[0].transaction().expect("on record");
    assert_eq!((sale.id.slot(), sale.id.sequence(), sale.balance), (1, 5, Some(Fen(9_000))));
    assert_eq!(balance(&fixture, 3, 1).await, 9_000);
    clean(&fixture).await;
}

async fn a_repeat_answers_the_record(fixture: Fixture) {
    fixture.money(1, 10_000).await;
    let first = fixture.ask(&pay(2, 1)).await;
    assert_eq!(fixture.ask(&pay(2, 1)).await, first);
    assert_eq!(fixture.post(&[pay(2, 1), pay(2, 1)]).await, [first.clone(), first.clone()]);
    let later = Envelope { at: MORNING.plus(DAY), entropy: 1, ..pay(2, 1) };
    assert_eq!(fixture.ask(&later).await, first);
    assert_eq!(balance(&fixture, 3, 1).await, 9_000);
    clean(&fixture).await;
}

async fn the_same_id_with_other_content_is_a_conflict(fixture: Fixture) {
    fixture.money(1, 10_000).await;
    fixture.post(&[pay(2, 1)]).await;
    for other in [sale_pin(2, 1_000, 1, true), sale_pin(1, 1_000, 2, true), inquiry(1, true)] {
        assert_eq!(fixture.ask(&at(2, other)).await, Outcome::Conflict(builders::request(2)));
    }
    assert_eq!(balance(&fixture, 3, 1).await, 9_000);
    clean(&fixture).await;
}

async fn an_order_is_paid_once_within_a_group(fixture: Fixture) {
    fixture.money(1, 10_000).await;
    fixture.money(2, 10_000).await;
    let other_card = at(5, sale_pin(1, 1_000, 2, true));
    let outcomes = fixture.post(&[pay(3, 1), pay(4, 1), other_card]).await;
    assert_eq!(codes(&outcomes), ["00", "94", "94"]);
    assert_eq!((balance(&fixture, 6, 1).await, balance(&fixture, 7, 2).await), (9_000, 10_000));
    clean(&fixture).await;
}

async fn a_decline_leaves_its_neighbours_alone(fixture: Fixture) {
    fixture.money(1, 2_500).await;
    let unknown = money::load(77, 100);
    let group = [
        pay(2, 1),
        at(3, sale_pin(2, 1_000, 1, false)),
        at(4, sale_pin(3, 999, 1, true)),
        at(5, sale_pin(999, 1_000, 1, true)),
        pay(6, 4),
        pay(7, 5),
        by_issuer(MAKER, at(8, propose(unknown, domain::acts::Shown::default()))),
        at(9, inquiry(1, true)),
    ];
    let outcomes = fixture.post(&group).await;
    assert_eq!(codes(&outcomes), ["00", "55", "13", "12", "00", "51", "14", "00"]);
    assert_eq!(decline(&outcomes[5]), Some(Decline::InsufficientFunds { short_by: Fen(500) }));
    assert_eq!(outcomes[7].transaction().and_then(|t| t.balance), Some(Fen(500)));
    clean(&fixture).await;
}

async fn limits_hold_within_a_group_and_end_with_the_day(fixture: Fixture) {
    let pay = |n, order| at(n, sale_pin(order, 1_000, 2, true));
    let world = shop();
    let decided = |before, payload: &Payload| money::decided(before, payload, &proposals::shown(&world, payload));
    fixture.post(&decided(0, &money::funding("SL-1", 60_000))).await;
    let [asked, filled] = decided(2, &money::load(2, 20_000));
    let [over, _] = decided(4, &money::load(2, 20_001));
    let [one_more, _] = decided(5, &money::load(2, 1));
    let loads = fixture.post(&[asked, filled, over, one_more]).await;
    assert_eq!(codes(&loads), ["00", "00", "61", "61"]);
    assert_eq!(codes(&fixture.post(&[pay(4, 1), pay(5, 2), pay(6, 3), pay(7, 4)]).await), ["00", "00", "00", "61"]);
    let over = fixture.ask(&pay(8, 5)).await;
    assert_eq!(decline(&over), Some(Decline::OverDailyLimit { limit: Fen(3_500) }));
    let tomorrow = |n, order| Envelope { at: MORNING.plus(DAY), ..pay(n, order) };
    assert_eq!(codes(&fixture.post(&[tomorrow(9, 4), tomorrow(10, 5), tomorrow(11, 6)]).await), ["00", "00", "00"]);
    assert_eq!(codes(&fixture.post(&[tomorrow(12, 7)]).await), ["61"]);
    clean(&fixture).await;
}

async fn pin_tries_survive_and_end_with_the_day(fixture: Fixture) {
    let tries = |from: u16, number, right| (from..from + 4).map(move |n| at(n, inquiry(number, right)));
    let group: Vec<Envelope> = tries(1, 1, false).chain(tries(5, 77, false)).collect();
    let left = |n| Some(Decline::WrongPin { tries_left: n });
    let declines: Vec<_> = fixture.post(&group).await.iter().map(decline).collect();
    assert_eq!(declines, [left(4), left(3), left(2), left(1), left(4), left(3), left(2), left(1)]);
    let fixture = fixture.restart().await;
    for (n, number) in [(20, 1), (21, 77)] {
        assert_eq!(decline(&fixture.ask(&at(n, inquiry(number, false))).await), Some(Decline::PinTriesExceeded));
    }
    assert_eq!(decline(&fixture.ask(&at(22, inquiry(1, true))).await), Some(Decline::PinTriesExceeded));
    let tomorrow = |n, right| Envelope { at: MORNING.plus(DAY), ..at(n, inquiry(1, right)) };
    assert_eq!(decline(&fixture.ask(&tomorrow(23, false)).await), left(4));
    assert_eq!(decline(&fixture.ask(&tomorrow(24, true)).await), None);
    assert_eq!(decline(&fixture.ask(&tomorrow(25, false)).await), left(3));
    clean(&fixture).await;
}

async fn a_sweep_pauses_the_till_and_the_pause_survives(fixture: Fixture) {
    fixture.money(1, 10_000).await;
    // Known and unknown cards, the fifth in the next group.
    fixture.post(&(2..6).map(|n| at(n, inquiry(u8::try_from(100 + n).expect("few"), false))).collect::<Vec<_>>()).await;
    let fixture = fixture.restart().await;
    let fifth = [at(6, inquiry(2, false)), at(7, inquiry(1, true)), pay(8, 1)];
    let until = MORNING.plus(600_000_000);
    let paused = |kind| Outcome::Paused(Pause { kind, until: Some(until) });
    let outcomes = fixture.post(&fifth).await;
    assert_eq!(codes(&outcomes[..1]), ["55"]);
    assert!(matches!(outcomes[1], Outcome::Paused(pause) if pause.until == Some(until)), "{:?}", outcomes[1]);
    let fixture = fixture.restart().await;
    assert_eq!(fixture.ask(&by(1002, at(9, inquiry(1, true)))).await, paused(WatchKind::Network));
    let elsewhere = |n, at| {
        let pin = TypedPin { network: Network::of("192.0.2.8"), ..builders::typed(1, true) };
        by(1002, envelope(n, at, Command::Inquiry { card: builders::presented(1), pin }))
    };
    assert_eq!(fixture.ask(&elsewhere(10, MORNING)).await, paused(WatchKind::Till));
    // The confirmation of a PIN that was right before is a right PIN, and what needs none goes on.
    let confirmed = Proof::Confirmed { until: MORNING };
    assert_eq!(
        codes(&fixture.post(&[at(11, sale(2, 1_000, 1, confirmed)), at(12, withdraw(9, 1_000))]).await),
        ["00", "25"]
    );
    assert_eq!(codes(&[fixture.ask(&elsewhere(13, until)).await]), ["00"]);
    // Four more rounds stop it, whatever the day.
    for round in 1..4_u16 {
        let then = until.plus(i64::from(round - 1) * 600_000_000);
        let wrong =
            |n: u16| envelope(20 * round + n, then, inquiry(u8::try_from(100 + 10 * round + n).expect("few"), false));
        assert_eq!(codes(&fixture.post(&(0..5).map(wrong).collect::<Vec<_>>()).await), ["55"; 5]);
    }
    let fixture = fixture.restart().await;
    let stopped = fixture.ask(&elsewhere(99, MORNING.plus(3 * DAY))).await;
    assert_eq!(stopped, Outcome::Paused(Pause { kind: WatchKind::Till, until: None }));
    clean(&fixture).await;
}

async fn a_withdrawn_request_is_never_charged(fixture: Fixture) {
    fixture.money(1, 10_000).await;
    let asked = at(2, withdraw(1, 1_000));
    assert_eq!(decline(&fixture.ask(&asked).await), Some(Decline::Withdrawn));
    for late in [pay(2, 1), pay(2, 2), at(2, sale_pin(1, 1_000, 2, true)), asked] {
        assert_eq!(decline(&fixture.ask(&late).await), Some(Decline::Withdrawn));
    }
    assert_eq!(codes(&fixture.post(&[at(3, withdraw(1, 1_000)), pay(3, 1), pay(4, 1)]).await), ["25", "25", "00"]);
    assert_eq!(balance(&fixture, 9, 1).await, 9_000);
    clean(&fixture).await;
}

async fn a_charged_request_cannot_be_withdrawn(fixture: Fixture) {
    fixture.money(1, 10_000).await;
    let outcomes = fixture.post(&[pay(2, 1), at(2, withdraw(1, 1_000))]).await;
    assert_eq!(outcomes[0], outcomes[1]);
    assert!(fixture.ask(&at(2, withdraw(9, 9))).await.approved());
    clean(&fixture).await;
}

async fn a_full_group_of_256(fixture: Fixture) {
    fixture.money(1, 1_000_000).await;
    let group: Vec<Envelope> = (0..256).map(|n| pay(100 + n, 1 + i64::from(n))).collect();
    assert_eq!(codes(&fixture.post(&group).await), ["00"; 256]);
    assert_eq!(balance(&fixture, 2, 1).await, 1_000_000 - 256_000);
    clean(&fixture).await;
}

async fn an_empty_group(fixture: Fixture) {
    assert_eq!(fixture.post(&[]).await, []);
    clean(&fixture).await;
}

async fn two_merchants_may_use_one_request_id(fixture: Fixture) {
    let mut other = at(2, inquiry(1, true));
    other.actor = builders::actor(MerchantId(250_200), builders::steps::OTHER_TILL);
    fixture.money(1, 10_000).await;
    let outcomes = fixture.post(&[pay(2, 1), other.clone()]).await;
    assert_eq!(codes(&outcomes), ["00", "00"]);
    assert_eq!(fixture.ask(&other).await, outcomes[1]);
    other.command = sale_pin(3, 1_000, 1, true);
    other.request_id = builders::request(3);
    assert_eq!(decline(&fixture.ask(&other).await), Some(Decline::NoSuchOrder), "an order of the first merchant");
    clean(&fixture).await;
}

async fn a_restart_goes_on_where_the_chain_ends(fixture: Fixture) {
    fixture.money(1, 10_000).await;
    fixture.post(&[pay(2, 1)]).await;
    let fixture = fixture.restart().await;
    let outcome = fixture.ask(&pay(3, 2)).await;
    assert_eq!(outcome.transaction().map(|t| t.id.sequence()), Some(6));
    assert_eq!(codes(&fixture.post(&[pay(2, 1), pay(3, 2), pay(4, 1)]).await), ["00", "00", "94"]);
    clean(&fixture).await;
}

/// A merchant's day is paid out after a restart; what comes late for it is in the next; a second maker finds nothing.
async fn a_settlement_pays_what_is_owed_once(fixture: Fixture) {
    let (today, tomorrow) = (MORNING.plus(DAY), MORNING.plus(2 * DAY));
    let maker = |n, until, at| by_issuer(9003, Envelope { at, ..envelope(n, at, builders::prepare(MERCHANT, until)) });
    let checker = |n, id, at| by_issuer(9002, envelope(n, at, builders::verdict(MERCHANT, id, true)));
    fixture.post(&proposals::agree_fee(0)).await;
    fixture.money(1, 100_000).await;
    fixture.post(&[pay(2, 1), pay(3, 2)]).await;
    let void = Command::Void { order: OrderId(2), checker: PersonId(1002) };
    fixture.post(&[at(4, void), Envelope { at: today, ..pay(5, 3) }]).await;
    let early = fixture.ask(&maker(6, today.business_date(), today)).await;
    assert_eq!(decline(&early), Some(Decline::DayNotOver { on: today.business_date() }));
    let prepared = fixture.ask(&maker(7, MORNING.business_date(), today)).await;
    let prepared = prepared.transaction().expect("on record").clone();
    assert_eq!((prepared.decline, prepared.amount), (None, Fen(1_000)));
    assert_eq!(decline(&fixture.ask(&maker(8, MORNING.business_date(), today)).await), Some(Decline::SettlementOpen));
    let fixture = fixture.restart().await;
    let confirmed = fixture.ask(&checker(9, prepared.id, today)).await;
    assert_eq!(codes(std::slice::from_ref(&confirmed)), ["00"]);
    assert_eq!(fixture.ask(&checker(9, prepared.id, today)).await, confirmed);
    assert_eq!(decline(&fixture.ask(&checker(10, prepared.id, today)).await), Some(Decline::AlreadyDecided));
    clean(&fixture).await;
    // Late for a settled day, from a copy whose clock is behind.
    fixture.ask(&pay(11, 4)).await;
    let again = fixture.ask(&maker(12, MORNING.business_date(), today)).await;
    assert_eq!(decline(&again), Some(Decline::SettledBefore { on: MORNING.business_date() }));
    let next = fixture.ask(&maker(13, today.business_date(), tomorrow)).await;
    let next = next.transaction().expect("on record").clone();
    assert_eq!((next.decline, next.amount), (None, Fen(2_000)));
    let no = by_issuer(9002, envelope(14, tomorrow, builders::verdict(MERCHANT, next.id, false)));
    assert_eq!(codes(&fixture.post(&[no, maker(15, today.business_date(), tomorrow)]).await), ["00", "00"]);
    clean(&fixture).await;
}

/// A group sees its own sales and decisions, as one at a time would.
async fn one_group_sells_settles_and_decides(fixture: Fixture) {
    let today = MORNING.plus(DAY);
    fixture.post(&proposals::agree_fee(0)).await;
    fixture.money(1, 100_000).await;
    let id = TransactionId::new(1, 8);
    let group = [
        pay(2, 1),
        by_issuer(9003, envelope(3, today, builders::prepare(MERCHANT, MORNING.business_date()))),
        by_issuer(9003, envelope(4, today, builders::verdict(MERCHANT, id, true))),
        by_issuer(9002, envelope(5, today, builders::verdict(MERCHANT, id, true))),
        by_issuer(9003, envelope(6, today, builders::prepare(MERCHANT, MORNING.business_date()))),
    ];
    assert_eq!(codes(&fixture.post(&group).await), ["00", "00", "58", "00", "94"]);
    clean(&fixture).await;
}

/// Opened in the group of its sale, answered after a restart; who opened it does not decide; the money goes back once and
/// is in the settlement of its day.
async fn a_refund_is_asked_for_and_decided_away_from_a_till(fixture: Fixture) {
    let ask = |n| builders::away(at(n, builders::refund_request(1, &[(1, 1)], Ground::Quality, false)));
    let mut stranger = ask(4);
    stranger.actor.outlet = builders::outlet(MerchantId(250_200));
    fixture.money(1, 100_000).await;
    let group = [pay(2, 1), ask(3), stranger];
    assert_eq!(codes(&fixture.post(&group).await), ["00", "00", "97"]);
    let fixture = fixture.restart().await;
    let decide = |n| builders::away(by(1002, at(n, builders::review(1, TransactionId::new(1, 6), Some(1)))));
    assert_eq!(codes(&fixture.post(&[decide(5), decide(6)]).await), ["00", "94"]);
    assert_eq!(balance(&fixture, 7, 1).await, 100_000);
    clean(&fixture).await;
}

async fn a_dispute_is_answered_decided_and_paid_back_once(fixture: Fixture) {
    fixture.post(&proposals::agree_fee(0)).await;
    let id = TransactionId::new(1, 8);
    let company = |n, person, command| by_issuer(person, envelope(n, MORNING, command));
    let open = company(3, 9003, builders::dispute(1, 400));
    fixture.money(1, 100_000).await;
    fixture.post(&[pay(2, 1), open.clone()]).await;
    let void = Command::Void { order: OrderId(1), checker: PersonId(1002) };
    let early = company(5, 9002, builders::decide_dispute(1, id, true));
    let again = company(6, 9002, builders::dispute(1, 100));
    assert_eq!(codes(&fixture.post(&[at(4, void), early, again]).await), ["94", "12", "94"]);
    let fixture = fixture.restart().await;
    assert_eq!(codes(&fixture.post(&[open, at(7, builders::answer(1, id, false))]).await), ["00", "00"]);
    clean(&fixture).await;
    let uphold = company(9, 9002, builders::decide_dispute(1, id, true));
    let decided = [company(8, 9003, builders::decide_dispute(1, id, true)), uphold.clone(), uphold];
    assert_eq!(codes(&fixture.post(&decided).await), ["58", "00", "00"]);
    let late = [company(10, 9002, builders::decide_dispute(1, id, false)), at(11, builders::answer(1, id, true))];
    assert_eq!(codes(&fixture.post(&late).await), ["94", "94"]);
    let rest = [company(12, 9003, builders::dispute(1, 601)), company(13, 9003, builders::dispute(1, 600))];
    assert_eq!(codes(&fixture.post(&rest).await), ["64", "00"]);
    let day = by_issuer(9003, envelope(14, MORNING.plus(DAY), builders::prepare(MERCHANT, MORNING.business_date())));
    let prepared = fixture.ask(&day).await;
    assert_eq!(prepared.transaction().map(|one| (one.decline, one.amount)), Some((None, Fen(600))));
    clean(&fixture).await;
}

/// Fee and key, over a restart; the checker decides, once; the fee counts for what the same group prepares.
async fn a_proposal_is_decided_once_and_its_act_happens_then(fixture: Fixture) {
    let office = |n, person, command| by_issuer(person, envelope(n, MORNING, command));
    let wake = Payload::CompanyKey { key: SLEEPER };
    let one = |sequence, payload, seen| proposal(TransactionId::new(1, sequence), MORNING, payload, seen);
    let fee = one(1, proposals::fee(MERCHANT, 38), shown_fee(None));
    let key = one(2, wake.clone(), proposals::sleeper().shown());
    let group = [&fee, &key].map(|one| propose(one.payload.clone(), one.seen.clone()));
    let [first, second] = group;
    let own = office(3, MAKER, approve(&fee));
    let asked = [office(1, MAKER, first), office(2, MAKER, second), own];
    assert_eq!(codes(&fixture.post(&asked).await), ["00", "00", "58"]);
    clean(&fixture).await;
    let fixture = fixture.restart().await;
    let prepare =
        |n| by_issuer(MAKER, envelope(n, MORNING.plus(DAY), builders::prepare(MERCHANT, MORNING.business_date())));
    let yes = office(4, CHECKER, approve(&fee));
    fixture.money(1, 10_000).await;
    let asked = [
        pay(21, 1),
        prepare(5),
        yes.clone(),
        yes,
        office(6, 9001, reject(&fee)),
        office(7, MAKER, take_back(fee.id)),
        prepare(8),
        office(9, CHECKER, approve(&key)),
        office(10, CHECKER, approve(&key)),
    ];
    let expected = ["00", "12", "00", "00", "94", "94", "00", "00", "94"];
    assert_eq!(codes(&fixture.post(&asked).await), expected);
    clean(&fixture).await;
    let fixture = fixture.restart().await;
    let again = propose(wake, proposals::sleeper().shown());
    assert_eq!(decline(&fixture.ask(&office(11, MAKER, again)).await), Some(Decline::Stale));
    clean(&fixture).await;
}

async fn what_changed_meanwhile_is_stale(fixture: Fixture) {
    let office = |n, person, command| by_issuer(person, envelope(n, MORNING, command));
    let one = |sequence, fee| {
        proposal(TransactionId::new(1, sequence), MORNING, proposals::fee(MERCHANT, fee), shown_fee(None))
    };
    let (first, second, third) = (one(1, 38), one(2, 45), one(3, 50));
    for (n, one) in (1..).zip([&first, &second, &third]) {
        let asked = office(n, MAKER, propose(one.payload.clone(), one.seen.clone()));
        assert_eq!(codes(&[fixture.ask(&asked).await]), ["00"]);
    }
    let decided = [
        office(4, CHECKER, approve(&second)),
        office(5, CHECKER, approve(&first)),
        office(6, CHECKER, reject(&first)),
        office(7, MAKER, take_back(third.id)),
    ];
    let outcomes = fixture.post(&decided).await;
    let declines: Vec<_> = outcomes.iter().map(decline).collect();
    assert_eq!(declines, [None, Some(Decline::Stale), None, None]);
    clean(&fixture).await;
}

/// Posts `all` in groups of the given sizes; then asks every request again, which reads the stored rows.
async fn run(fixture: &Fixture, all: &[Envelope], cuts: &[usize]) -> Vec<Outcome> {
    let (mut outcomes, mut rest) = (Vec::new(), all);
    for cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (group, left) = rest.split_at((*cut).min(rest.len()));
        outcomes.extend(fixture.post(group).await);
        rest = left;
    }
    for asked in all {
        outcomes.push(fixture.ask(asked).await);
    }
    outcomes
}

/// A card's transactions as its pointers lead to them, against all that name the card.
async fn movements_are_found_backwards(fixture: Fixture) {
    fixture.money(1, 100_000).await;
    fixture.money(2, 10_000).await;
    let mut all = Vec::new();
    all.extend(
        (1..=30)
            .map(|n| at(10 + u16::try_from(n).expect("few"), sale_pin(n, 1_000, 1 + u8::from(n % 3 == 0), n % 7 != 0))),
    );
    all.push(at(90, inquiry(77, true)));
    let (before, within) = all.split_at(11);
    for asked in before {
        fixture.ask(asked).await;
    }
    fixture.post(within).await;
    clean(&fixture).await;
    for number in [1, 2] {
        let card = card(number).id;
        let reader = fixture.database().read(move |connection| {
            let mut own =
                connection.prepare("SELECT id FROM ledger_transaction WHERE card_id = ?1 ORDER BY id DESC")?;
            let own = own.query_map([card.0], |row| row.get(0).map(TransactionId))?;
            Ok(own.collect::<storage::sql::Result<Vec<_>>>()?)
        });
        let own = reader.await.expect("reads");
        assert!(own.len() > 8, "{}", own.len());
        for count in [0, 1, 5, 20, 1_000] {
            let found = movement::of_card(fixture.database(), card, count).await.expect("reads");
            let found: Vec<TransactionId> = found.iter().map(|one| one.id).collect();
            assert_eq!(found, own[..own.len().min(usize::from(count))], "{count} of card {number}");
        }
    }
    assert_eq!(movement::of_card(fixture.database(), CardId(1), 20).await.expect("reads"), []);
}

#[tokio::test]
async fn movements_in_the_file() {
    movements_are_found_backwards(Fixture::sqlite(&shop()).await).await;
}

#[tokio::test]
async fn movements_on_a_server() {
    movements_are_found_backwards(Fixture::postgres(&shop()).await).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same commands give equal answers, rows and chain values everywhere, however they are grouped.
    #[test]
    fn all_stores_agree(
        sketch in any_sketch(), steps in any_steps(), cuts in prop::collection::vec(1..30_usize, 1..6),
    ) {
        let mut world = sketch.build();
        let all = envelopes(&world, &steps);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (memory, sqlite) = runtime.block_on(async {
            let (memory, sqlite) = (Fixture::memory(&world), Fixture::sqlite(&world).await);
            let answers = (run(&memory, &all, &cuts).await, run(&sqlite, &all, &cuts).await);
            assert_eq!(memory.verify().await, []);
            assert_eq!(sqlite.verify().await, []);
            answers
        });
        let mut singly: Vec<Outcome> = all.iter().map(|asked| world.submit(asked)).collect();
        singly.extend(all.iter().map(|asked| world.submit(asked)).collect::<Vec<_>>());
        prop_assert_eq!(&memory, &singly);
        prop_assert_eq!(&sqlite, &singly);
    }
}

async fn an_act_of_each_kind_happens_when_two_persons_decide(fixture: Fixture) {
    let world = shop();
    let acts = proposals::acts();
    let made = |n: i64, payload: &Payload| {
        proposal(TransactionId::new(1, n), MORNING, payload.clone(), proposals::shown(&world, payload))
    };
    let made: Vec<_> = (1..).zip(&acts).map(|(n, payload)| made(n, payload)).collect();
    let asked =
        (100..).zip(&made).map(|(n, one)| by_issuer(MAKER, at(n, propose(one.payload.clone(), one.seen.clone()))));
    assert_eq!(codes(&fixture.post(&asked.collect::<Vec<_>>()).await), vec!["00"; acts.len()]);
    clean(&fixture).await;
    let decided = (200..).zip(&made).map(|(n, one)| by_issuer(CHECKER, at(n, approve(one))));
    assert_eq!(codes(&fixture.post(&decided.collect::<Vec<_>>()).await), vec!["00"; acts.len()]);
    clean(&fixture).await;
    // The rows are as they would be shown afterwards: proposing the same again changes nothing.
    let mut after = world.clone();
    after.post(
        &(100..)
            .zip(&made)
            .map(|(n, one)| by_issuer(MAKER, at(n, propose(one.payload.clone(), one.seen.clone()))))
            .collect::<Vec<_>>(),
    );
    after.post(&(200..).zip(&made).map(|(n, one)| by_issuer(CHECKER, at(n, approve(one)))).collect::<Vec<_>>());
    for (n, payload) in (300..).zip(acts) {
        let seen = proposals::shown(&after, &payload);
        let outcome = fixture.ask(&by_issuer(MAKER, at(n, propose(payload.clone(), seen)))).await;
        assert_eq!(decline(&outcome), Some(Decline::NothingToChange), "{payload:?}");
    }
    clean(&fixture).await;
}

/// Paid in once by its bank reference, held while it is promised, put on a card, taken back from it, and paid back; over a
/// restart, and in one group as one at a time.
async fn a_deposit_is_paid_in_spent_and_taken_back(fixture: Fixture) {
    let mut world = shop();
    let funding = money::funding("SL-1", 10_000);
    let load = money::load(1, 6_000);
    let step = |world: &World, payload: &Payload| {
        money::decided(world.head.sequence, payload, &proposals::shown(world, payload))
    };
    let [asked, yes] = step(&world, &funding);
    assert_eq!(codes(&fixture.post(&[asked.clone(), yes.clone()]).await), ["00", "00"]);
    world.post(&[asked, yes]);
    let fixture = fixture.restart().await;
    let [again, _] = step(&world, &funding);
    assert_eq!(decline(&fixture.ask(&again).await), Some(Decline::FundingReferenceUsed));
    world.submit(&again);
    let [asked, yes] = step(&world, &load);
    assert_eq!(codes(&[fixture.ask(&asked).await]), ["00"]);
    world.submit(&asked);
    let fixture = fixture.restart().await;
    let [back, _] = step(&world, &money::paid_back(4_001));
    let short = Some(Decline::DepositShort { short_by: Fen(1) });
    assert_eq!(decline(&fixture.ask(&back).await), short, "a waiting proposal holds its money");
    world.submit(&back);
    // The load and the sale that it pays for are of one group.
    assert_eq!(codes(&fixture.post(&[yes.clone(), pay(2, 1)]).await), ["00", "00"]);
    world.post(&[yes, pay(2, 1)]);
    assert_eq!(balance(&fixture, 3, 1).await, 5_000);
    world.submit(&at(3, inquiry(1, true)));
    clean(&fixture).await;
    let fixture = fixture.restart().await;
    let loaded = world.transactions.iter().rev().find(|one| one.kind == domain::ledger::Kind::Load).expect("a load").id;
    for (payload, expected) in [
        (money::adjustment(loaded, 1, 5_001), Some(Decline::InsufficientFunds { short_by: Fen(1) })),
        (money::adjustment(loaded, 2, 1), Some(Decline::NoSuchLoad)),
        (money::adjustment(loaded, 1, 1_500), None),
        (money::adjustment(loaded, 1, 4_501), Some(Decline::NothingLeft { left: Fen(4_500) })),
        (money::paid_back(5_501), short),
        (money::paid_back(5_500), None),
    ] {
        let [asked, yes] = step(&world, &payload);
        let proposed = fixture.ask(&asked).await;
        assert_eq!(decline(&proposed), expected, "{payload:?}");
        world.submit(&asked);
        if expected.is_none() {
            let done = fixture.ask(&yes).await;
            assert_eq!(world.submit(&yes), done, "the same record, to its chain value");
            assert_eq!(decline(&done), None);
        }
        clean(&fixture).await;
    }
    assert_eq!(balance(&fixture, 90, 1).await, 3_500);
    assert_eq!(world.customers[&money::CUSTOMER].deposit, Fen::ZERO);
}

/// Frozen by one person, opened again by that person within half an hour or by two, closed when it is empty; over a restart,
/// in one group as one at a time, and never paying in between.
async fn a_card_is_stopped_by_one_person_and_reopened_by_two(fixture: Fixture) {
    let mut world = shop();
    let moved = |n, person, made| by_issuer(person, at(n, cards::moving(1, made)));
    // The sale comes after the freeze in its group.
    let group = [moved(1, MAKER, CardMove::Freeze), pay(2, 1)];
    assert_eq!(codes(&fixture.post(&group).await), ["00", "62"]);
    world.post(&group);
    let fixture = fixture.restart().await;
    let refused = [
        (moved(3, CHECKER, CardMove::Reopen), Decline::NeedsSecondPerson),
        (moved(4, MAKER, CardMove::ReportLost), Decline::MoveNotAllowed { state: CardStatus::Frozen }),
    ];
    for (asked, expected) in refused {
        let told = fixture.ask(&asked).await;
        assert_eq!((decline(&told), world.submit(&asked)), (Some(expected), told));
    }
    let slip = moved(5, MAKER, CardMove::Reopen);
    assert_eq!(codes(&[fixture.ask(&slip).await]), ["00"]);
    world.submit(&slip);
    let lost = moved(6, MAKER, CardMove::ReportLost);
    assert_eq!(codes(&[fixture.ask(&lost).await]), ["00"]);
    world.submit(&lost);
    let fixture = fixture.restart().await;
    let payload = cards::act(1, CardMove::Reopen);
    let [asked, yes] = money::decided(world.head.sequence, &payload, &proposals::shown(&world, &payload));
    assert_eq!(codes(&[fixture.ask(&asked).await, fixture.ask(&pay(7, 2)).await]), ["00", "41"]);
    world.post(&[asked, pay(7, 2)]);
    let done = fixture.ask(&yes).await;
    assert_eq!(world.submit(&yes), done, "the same record, to its chain value");
    // It pays again, though nothing is on it.
    assert_eq!(codes(&[done, fixture.ask(&pay(8, 2)).await]), ["00", "51"]);
    let unlock = [moved(9, MAKER, CardMove::Unlock), moved(10, CHECKER, CardMove::Unlock)];
    assert_eq!(codes(&fixture.post(&unlock).await), ["00", "58"]);
    let fixture = fixture.restart().await;
    let again = moved(11, CHECKER, CardMove::Unlock);
    assert_eq!(decline(&fixture.ask(&again).await), Some(Decline::NeedsSecondPerson), "also after a restart");
    let wrong = fixture.ask(&at(12, inquiry(1, false))).await;
    assert_eq!(decline(&wrong), Some(Decline::WrongPin { tries_left: 4 }), "and tries are counted anew");
    clean(&fixture).await;
}

/// A code is tried wrongly, used, and the PIN taken away and set again; over restarts, and as the few lines of `world` say.
async fn a_pin_is_printed_set_taken_away_and_set_again(fixture: Fixture) {
    let mut world = shop();
    let mut fixture = fixture;
    let chosen = |value| domain::pin::PinValue([value; 32]);
    let holder = |n, right, value| pins::by_holder(at(n, pins::first_use(3, right, chosen(value))));
    let proposal = TransactionId::new(1, 8);
    let steps = [
        (by_issuer(MAKER, at(1, pins::issue_code(3, None))), "00"),
        (holder(2, false, 9), "55"),
        (holder(3, true, 9), "00"),
        (holder(4, true, 8), "55"),
        (at(5, inquiry(3, true)), "55"),
        // Unknown and stopped cards.
        (pins::by_holder(at(6, pins::first_use(99, true, chosen(9)))), "55"),
        (by_issuer(MAKER, at(7, pins::issue_code(99, None))), "14"),
    ];
    let mut run = steps.to_vec();
    let mut with_reset = world.clone();
    for (asked, _) in &run {
        with_reset.submit(asked);
    }
    let [asked, yes] = money::decided(7, &pins::reset(3), &proposals::shown(&with_reset, &pins::reset(3)));
    run.extend([
        (asked, "00"),
        (yes, "00"),
        (at(8, inquiry(3, true)), "62"),
        (by_issuer(CHECKER, at(9, pins::issue_code(3, Some(proposal)))), "58"),
        (by_issuer(MAKER, at(10, pins::issue_code(3, Some(proposal)))), "00"),
        (pins::by_holder(at(11, pins::first_use(3, true, builders::pin(3, true)))), "00"),
        (at(12, inquiry(3, true)), "00"),
    ]);
    for (asked, expected) in &run {
        let outcome = fixture.ask(asked).await;
        assert_eq!(codes(std::slice::from_ref(&outcome)), [*expected], "{:?}", asked.request_id);
        assert_eq!(world.submit(asked), outcome, "the same record, to its chain value");
        fixture = fixture.restart().await;
        clean(&fixture).await;
    }
}
