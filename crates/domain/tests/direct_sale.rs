//! Direct sales: order and charge are one, by example.

mod builders;

use builders::money::put_money;
use builders::{MERCHANT, MORNING, Submit as _, World, card, direct_sale, envelope, request};
use domain::command::Command;
use domain::money::Fen;
use domain::order::OrderStatus;
use domain::outcome::{Decline, Outcome};
use domain::reversal::Reversed;

fn loaded() -> World {
    let mut world = builders::one_till();
    world.put_card(card(1));
    put_money(&mut world, 1, 10_000);
    world
}

fn number(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Ordered(_, number) => number,
        other => panic!("{other:?}"),
    }
}

#[test]
fn order_lines_and_charge_are_written_together_and_counted() {
    let mut world = loaded();
    let first = world.submit(&envelope(2, MORNING, direct_sale(150, 150, 1, true)));
    assert!(first.approved());
    assert_eq!(number(&first), "2611230001");
    let order = world.orders.values().next().expect("an order").clone();
    assert_eq!(
        (order.status, order.total, order.paid_by),
        (OrderStatus::Paid, Fen(150), first.transaction().map(|t| t.id))
    );
    assert_eq!(world.lines[&order.id].len(), 2);
    let second = world.submit(&envelope(3, MORNING, direct_sale(150, 150, 1, false)));
    assert_eq!(number(&second), "2611230002");
    let last = world.orders.values().next_back().expect("an order");
    assert!(last.id > order.id && last.status == OrderStatus::Abandoned);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_repetition_makes_no_second_order_and_takes_no_number() {
    let mut world = loaded();
    let first = world.submit(&envelope(2, MORNING, direct_sale(150, 150, 1, true)));
    let again = world.submit(&envelope(2, MORNING, direct_sale(150, 150, 1, true)));
    assert_eq!(again.transaction(), first.transaction());
    assert_eq!(world.orders.len(), 1);
    let other = world.submit(&envelope(2, MORNING, direct_sale(151, 151, 1, true)));
    assert_eq!(other, Outcome::Conflict(request(2)));
    let next = world.submit(&envelope(3, MORNING, direct_sale(150, 150, 1, true)));
    assert_eq!(number(&next), "2611230002");
}

#[test]
fn what_does_not_add_up_or_was_claimed_is_not_charged() {
    let mut world = loaded();
    let off = world.decline(&envelope(2, MORNING, direct_sale(150, 151, 1, true)));
    assert_eq!(off, Some(Decline::AmountChanged { total: Fen(150) }));
    let nothing = world.decline(&envelope(3, MORNING, direct_sale(0, 0, 1, true)));
    assert_eq!(nothing, Some(Decline::InvalidAmount));
    world.claims.insert((request(4), MERCHANT));
    let claimed = world.submit(&envelope(4, MORNING, direct_sale(150, 150, 1, true)));
    assert_eq!(claimed, Outcome::Conflict(request(4)));
    assert_eq!(world.orders.len(), 2);
    assert!(world.transactions.iter().skip(4).all(|attempt| !attempt.approved()));
}

#[test]
fn a_reversal_beside_or_after_its_sale_needs_only_the_request_id() {
    let reverse = |n| envelope(n, MORNING, Command::Reverse(Reversed { request_id: request(2), sale: None }));
    let sale = envelope(2, MORNING, direct_sale(150, 150, 1, true));
    for groups in [vec![vec![sale.clone(), reverse(3)]], vec![vec![sale.clone()], vec![reverse(3)]]] {
        let mut world = loaded();
        let outcomes: Vec<Outcome> = groups.iter().flat_map(|group| world.post(group)).collect();
        assert!(outcomes.iter().all(Outcome::approved), "{outcomes:?}");
        assert_eq!(world.orders.values().next().map(|order| order.status), Some(OrderStatus::Voided));
        assert_eq!(world.cards.values().next().map(|card| card.balance), Some(Fen(10_000)));
        assert_eq!(world.verify(), []);
    }
    let mut world = loaded();
    assert_eq!(world.decline(&reverse(3)), Some(Decline::NotCharged), "before its sale");
    assert_eq!(world.decline(&sale), Some(Decline::Withdrawn));
    assert!(world.orders.is_empty());
}
