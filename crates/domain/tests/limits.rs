//! Limits to the last fen: what comes to a limit exactly passes, one more is declined.

mod builders;

use builders::money::{decide, done, funding, load, put_money};
use builders::{MORNING, Submit as _, World, card, card_key, envelope, order, sale_pin};
use domain::card::{Card, Programme, Spent};
use domain::command::Command;
use domain::ids::{OrderId, PersonId};
use domain::money::Fen;
use domain::outcome::Decline;
use domain::time::Timestamp;

const ORDER: i64 = 1;
const CARD: u8 = 1;
const AMOUNT: i64 = 7_300;
const STEPS: [i64; 3] = [-1, 0, 1];

/// An order of 73.00, and a card as `change` leaves it.
fn till(change: impl FnOnce(&mut Card)) -> World {
    let mut world = builders::one_till();
    let mut card = card(CARD);
    change(&mut card);
    world.put_card(card);
    world.put_order(order(ORDER, AMOUNT));
    world
}

#[test]
fn a_sale_meets_every_limit_exactly() {
    let today = MORNING.business_date();
    let (spent, count) = (Fen(2_700), 3);
    for sale in STEPS {
        for sum in STEPS {
            for times in STEPS {
                for balance in STEPS {
                    let sale_max = Fen(AMOUNT + sale);
                    let daily_max = Fen(spent.0 + AMOUNT + sum);
                    let daily_count_max = count + 1 + times;
                    let mut world = till(|card| {
                        card.balance = Fen(AMOUNT + balance);
                        card.spent = Spent { on: today, amount: spent, count, month: spent };
                        card.programme = Programme { sale_max, daily_max, daily_count_max, ..card.programme.clone() };
                    });
                    let expected = match (sale, times, sum, balance) {
                        (-1, ..) => Some(Decline::OverSaleLimit { limit: sale_max }),
                        (_, -1, ..) => Some(Decline::OverDailyCount { limit: daily_count_max }),
                        (_, _, -1, _) => Some(Decline::OverDailyLimit { limit: daily_max }),
                        (.., -1) => Some(Decline::InsufficientFunds { short_by: Fen(1) }),
                        _ => None,
                    };
                    let decline = world.decline(&envelope(2, MORNING, sale_pin(ORDER, AMOUNT, CARD, true)));
                    assert_eq!(decline, expected, "sale {sale}, sum {sum}, count {times}, balance {balance}");
                    if expected.is_none() {
                        let card = &world.cards[&card_key(CARD)];
                        let sum = Fen(spent.0 + AMOUNT);
                        let after = Spent { on: today, amount: sum, count: count + 1, month: sum };
                        assert_eq!((card.balance, card.spent), (Fen(balance), after));
                    }
                }
            }
        }
    }
}

#[test]
fn a_new_day_has_its_whole_limit() {
    let mut world = till(|card| {
        card.balance = Fen(2 * AMOUNT);
        (card.programme.daily_max, card.programme.daily_count_max) = (Fen(AMOUNT), 1);
    });
    world.put_order(order(ORDER + 1, AMOUNT));
    let pay = |n, order, at| envelope(n, at, sale_pin(order, AMOUNT, CARD, true));
    assert_eq!(world.decline(&pay(2, ORDER, MORNING)), None);
    assert_eq!(world.decline(&pay(3, ORDER + 1, MORNING)), Some(Decline::OverDailyCount { limit: 1 }));
    assert_eq!(world.decline(&pay(4, ORDER + 1, MORNING.plus(builders::DAY))), None);
    assert!([ORDER, ORDER + 1].iter().all(|id| world.orders[&OrderId(*id)].paid_by.is_some()));
}

#[test]
fn a_month_has_its_limit_and_the_next_one_its_own() {
    let (first, last) = (Timestamp(MORNING.0 - 20 * builders::DAY), MORNING.plus(7 * builders::DAY));
    for step in STEPS {
        let limit = Fen(2 * AMOUNT + step);
        let mut world = till(|card| {
            card.balance = Fen(4 * AMOUNT);
            card.programme.month_max = Some(limit);
        });
        for id in ORDER + 1..=ORDER + 3 {
            world.put_order(order(id, AMOUNT));
        }
        let pay = |n, order, at| envelope(n, at, sale_pin(order, AMOUNT, CARD, true));
        assert_eq!(world.decline(&pay(2, ORDER, first)), None);
        let second = world.decline(&pay(3, ORDER + 1, MORNING));
        assert_eq!(second, (step < 0).then_some(Decline::OverMonthlyLimit { limit }));
        assert_eq!(world.decline(&pay(4, ORDER + 2, MORNING)), Some(Decline::OverMonthlyLimit { limit }));
        assert_ne!(MORNING.business_date().month(), last.plus(builders::DAY).business_date().month());
        assert_eq!(world.decline(&pay(5, ORDER + 3, last.plus(builders::DAY))), None);
        assert_eq!(world.cards[&card_key(CARD)].spent.month, Fen(AMOUNT));
    }
}

/// A sale of an earlier day of the month is not given back to a day, but to the month.
#[test]
fn a_void_gives_the_month_its_amount_back() {
    let mut world = till(|card| {
        card.balance = Fen(2 * AMOUNT);
        card.programme.month_max = Some(Fen(AMOUNT));
    });
    world.put_order(order(ORDER + 1, AMOUNT));
    let void = Command::Void { order: OrderId(ORDER), checker: PersonId(1002) };
    assert_eq!(world.decline(&envelope(2, MORNING, sale_pin(ORDER, AMOUNT, CARD, true))), None);
    assert_eq!(world.decline(&envelope(3, MORNING, void)), None);
    assert_eq!(world.decline(&envelope(4, MORNING, sale_pin(ORDER + 1, AMOUNT, CARD, true))), None);
}

#[test]
fn one_load_has_its_limit() {
    let limit = Fen(5_000);
    for (step, expected) in STEPS.into_iter().zip([None, None, Some(Decline::OverLoadLimit { limit })]) {
        let mut world = till(|card| card.programme.load_max = limit);
        done(&mut world, &funding("SL-1", 20_000));
        assert_eq!(decide(&mut world, &load(CARD, 5_000 + step)), expected, "{step}");
    }
}

#[test]
fn a_load_fills_a_card_exactly() {
    let limit = Fen(10_000);
    for (step, expected) in STEPS.into_iter().zip([None, None, Some(Decline::OverBalanceLimit { limit })]) {
        let mut world = till(|card| card.programme.balance_max = limit);
        put_money(&mut world, CARD, 4_000);
        done(&mut world, &funding("SL-1", 10_000));
        assert_eq!(decide(&mut world, &load(CARD, 6_000 + step)), expected, "{step}");
        assert_eq!(world.verify(), []);
    }
}
