//! What a settlement takes, what it leaves, which persons decide, and what reaches the ledger late.

mod builders;

use builders::money::put_money;
use builders::{
    DAY, MERCHANT, MORNING, Submit as _, World, by, by_issuer, card, envelope, order, prepare, sale_pin, verdict,
};
use domain::command::{Command, Envelope};
use domain::ids::{OrderId, TransactionId};
use domain::ledger::{AccountId, Kind};
use domain::money::Fen;
use domain::outcome::Decline;
use domain::refund::Ground;
use domain::settlement::{Settlement, SettlementStatus};
use domain::time::{BusinessDate, Timestamp};

const MAKER: i64 = 9003;
const CHECKER: i64 = 9002;
const MANAGER: i64 = 1002;
const FIRST_DAY: BusinessDate = BusinessDate(20_261_123);
const SECOND_DAY: BusinessDate = BusinessDate(20_261_124);

/// Orders 1 to 9 of 73.00 and a card with plenty on it.
fn shop() -> World {
    let mut world = builders::proposals::with_fee(builders::one_till());
    let mut card = card(1);
    (card.programme.daily_count_max, card.programme.balance_max) = (100, Fen(10_000_000));
    world.put_card(card);
    for id in 1..10 {
        world.put_order(order(id, 7_300));
        world.lines.insert(OrderId(id), builders::lines());
    }
    put_money(&mut world, 1, 1_000_000);
    world
}

/// Asks and has to be approved; the number of the record.
fn done(world: &mut World, asked: &Envelope) -> TransactionId {
    let outcome = world.submit(asked);
    let transaction = outcome.transaction().expect("on record");
    assert_eq!(transaction.decline, None, "{:?}", transaction.kind);
    transaction.id
}

fn sell(world: &mut World, n: u16, order: i64, at: Timestamp) {
    done(world, &envelope(n, at, sale_pin(order, 7_300, 1, true)));
}

fn give_back(world: &mut World, n: u16, order: i64, at: Timestamp, issuer: bool) {
    let asked = envelope(n, at, builders::refund_request(order, &[(1, 1)], Ground::Quality, issuer));
    let refund = done(world, &asked);
    let review = envelope(n + 1, at, builders::review(order, refund, Some(1)));
    done(world, &if issuer { by_issuer(CHECKER, review) } else { by(MANAGER, review) });
}

fn ready(n: u16, until: BusinessDate, at: Timestamp) -> Envelope {
    by_issuer(MAKER, envelope(n, at, prepare(MERCHANT, until)))
}

fn confirm(n: u16, id: TransactionId, at: Timestamp) -> Envelope {
    by_issuer(CHECKER, envelope(n, at, verdict(MERCHANT, id, true)))
}

fn settle(world: &mut World, n: u16, until: BusinessDate, at: Timestamp) -> Settlement {
    let id = done(world, &ready(n, until, at));
    done(world, &confirm(n + 1, id, at));
    world.settlements[&id].clone()
}

fn balance(world: &World, account: AccountId) -> i64 {
    let signed = |transfer: &domain::ledger::Transfer| {
        i64::from(transfer.credit == account) * transfer.amount.0
            - i64::from(transfer.debit == account) * transfer.amount.0
    };
    world.transfers.iter().map(signed).sum()
}

#[test]
fn a_settlement_pays_sales_less_what_went_back_less_the_fee() {
    let mut world = shop();
    (1..=3).for_each(|order| sell(&mut world, 10 + u16::try_from(order).expect("few"), order, MORNING));
    give_back(&mut world, 20, 1, MORNING, false);
    give_back(&mut world, 22, 2, MORNING, true);
    let void = Command::Void { order: OrderId(3), checker: domain::ids::PersonId(MANAGER) };
    done(&mut world, &envelope(24, MORNING, void));
    // Of the next day, which is not over.
    sell(&mut world, 25, 4, MORNING.plus(DAY));
    let paid = settle(&mut world, 30, FIRST_DAY, MORNING.plus(DAY));
    // 219.00 - 20.00 - 73.00 = 126.00; 0.6 % of it is 0.756.
    assert_eq!((paid.net, paid.fee, paid.payout), (Fen(12_600), Fen(76), Fen(12_524)));
    assert_eq!((paid.number(), paid.status, paid.before), (1, SettlementStatus::Confirmed, None));
    let tally = |kind| (paid.turnover.of(kind).count, paid.turnover.of(kind).sum.0);
    assert_eq!([tally(Kind::Sale), tally(Kind::Refund), tally(Kind::Void)], [(3, 21_900), (2, 2_000), (1, 7_300)]);
    assert_eq!(balance(&world, AccountId::PAYOUT_CLEARING), 12_524);
    assert_eq!(balance(&world, AccountId::FEE_INCOME), 76);
    assert_eq!(balance(&world, AccountId::merchant_payable(MERCHANT)), 7_300);
    let next = settle(&mut world, 40, SECOND_DAY, MORNING.plus(2 * DAY));
    assert_eq!((next.number(), next.net, next.before), (2, Fen(7_300), Some(paid.settled_to())));
    assert_eq!(world.verify(), []);
}

#[test]
fn nothing_to_pay_is_carried_over() {
    let mut world = shop();
    sell(&mut world, 10, 1, MORNING);
    settle(&mut world, 20, FIRST_DAY, MORNING.plus(DAY));
    give_back(&mut world, 30, 1, MORNING.plus(DAY), false);
    let late = MORNING.plus(2 * DAY);
    let declined = world.decline(&ready(40, SECOND_DAY, late));
    assert_eq!(declined, Some(Decline::NothingToSettle { net: Fen(-1_000) }));
    sell(&mut world, 41, 2, late);
    let third = settle(&mut world, 50, BusinessDate(20_261_125), MORNING.plus(3 * DAY));
    assert_eq!(third.net, Fen(6_300), "the refund of the day between is in it");
    assert_eq!(world.verify(), []);
}

#[test]
fn refunds_of_today_keep_yesterdays_money_here() {
    let mut world = shop();
    sell(&mut world, 10, 1, MORNING);
    let today = MORNING.plus(DAY);
    let id = done(&mut world, &ready(20, FIRST_DAY, today));
    give_back(&mut world, 30, 1, today, false);
    let short = Some(Decline::PayableShort { short_by: Fen(1_000) });
    assert_eq!(world.decline(&confirm(40, id, today)), short);
    assert_eq!(world.settlements[&id].status, SettlementStatus::Prepared);
    done(&mut world, &by_issuer(CHECKER, envelope(41, today, verdict(MERCHANT, id, false))));
    assert_eq!(world.decline(&ready(42, FIRST_DAY, today)), short, "nor is it prepared again");
    let both = settle(&mut world, 50, SECOND_DAY, MORNING.plus(2 * DAY));
    assert_eq!((both.net, both.number()), (Fen(6_300), 1));
    assert_eq!(world.verify(), []);
}

#[test]
fn the_maker_does_not_confirm_and_a_decision_is_final() {
    let mut world = shop();
    sell(&mut world, 10, 1, MORNING);
    let today = MORNING.plus(DAY);
    let id = done(&mut world, &ready(20, FIRST_DAY, today));
    let own = by_issuer(MAKER, confirm(21, id, today));
    assert_eq!(world.decline(&own), Some(Decline::ReviewerIsApplicant));
    let store = Envelope { actor: builders::actor(MERCHANT, builders::TILL), ..confirm(22, id, today) };
    assert_eq!(world.decline(&store), Some(Decline::NoSuchSettlement));
    let first = world.submit(&confirm(23, id, today));
    assert_eq!(world.submit(&confirm(23, id, today)), first, "the record is the answer");
    assert_eq!(world.decline(&confirm(24, id, today)), Some(Decline::AlreadyDecided));
    assert_eq!(balance(&world, AccountId::merchant_payable(MERCHANT)), 0);
    assert_eq!(world.verify(), []);
}

#[test]
fn what_comes_late_for_a_settled_day_is_in_the_next() {
    let mut world = shop();
    sell(&mut world, 10, 1, MORNING);
    let today = MORNING.plus(DAY);
    sell(&mut world, 11, 2, today);
    let first = settle(&mut world, 20, FIRST_DAY, today);
    assert_eq!(first.net, Fen(7_300));
    // An instance whose clock is behind.
    sell(&mut world, 30, 3, MORNING);
    let second = settle(&mut world, 40, SECOND_DAY, MORNING.plus(2 * DAY));
    assert_eq!(second.net, Fen(14_600));
    assert_eq!(second.turnover.days().into_iter().collect::<Vec<_>>(), [FIRST_DAY, SECOND_DAY]);
    assert_eq!(world.verify(), []);
}

#[test]
fn one_group_prepares_confirms_and_goes_on() {
    let mut world = shop();
    sell(&mut world, 10, 1, MORNING);
    let (today, id) = (MORNING.plus(DAY), TransactionId::new(1, 9));
    let group = [
        envelope(20, today, sale_pin(2, 7_300, 1, true)),
        ready(21, FIRST_DAY, today),
        confirm(22, id, today),
        ready(23, FIRST_DAY, today),
        ready(24, SECOND_DAY, MORNING.plus(2 * DAY)),
    ];
    let codes: Vec<_> = world.post(&group).iter().map(|one| one.transaction().expect("recorded").code()).collect();
    assert_eq!(codes, ["00", "00", "00", "94", "00"]);
    assert_eq!(world.settlements.values().map(|one| one.net).collect::<Vec<_>>(), [Fen(7_300), Fen(7_300)]);
    assert_eq!(world.verify(), []);
}

/// Every figure, name and date of a settlement is held to the ledger.
#[test]
fn a_settlement_that_was_altered_is_found() {
    let mut world = shop();
    sell(&mut world, 10, 1, MORNING);
    let id = settle(&mut world, 20, FIRST_DAY, MORNING.plus(DAY)).id;
    let changes: [fn(&mut Settlement); 12] = [
        |one| one.net = Fen(7_301),
        |one| one.fee = Fen(45),
        |one| one.fee_bp = 61,
        |one| one.payout = Fen(7_255),
        |one| one.until = BusinessDate(20_261_122),
        |one| one.opinion.push('!'),
        |one| one.maker = domain::ids::PersonId(CHECKER),
        |one| one.checker = None,
        |one| one.decided_at = Some(MORNING),
        |one| one.status = SettlementStatus::Rejected,
        |one| one.decided_by = None,
        |one| one.before = Some(one.settled_to()),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let mut altered = world.clone();
        change(altered.settlements.get_mut(&id).expect("there"));
        let findings = altered.verify();
        assert!(findings.iter().any(|one| one.what.contains(&id.rrn())), "change {n}: {findings:?}");
    }
    let mut gone = world.clone();
    gone.settlements.clear();
    assert!(gone.verify().iter().any(|one| one.what.contains("no settlement")));
}
