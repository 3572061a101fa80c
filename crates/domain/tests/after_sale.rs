//! What happens to a sale afterwards: the window to the microsecond, cards that are not what they were, reversals that
//! come before or after the sale.

mod builders;

use builders::money::put_money;
use builders::{
    MORNING, Submit as _, World, away, by, by_issuer, card, card_key, envelope, order, refund_request, review, sale_pin,
};
use domain::card::{Card, CardStatus};
use domain::card_number::EntryMode;
use domain::command::{Command, Envelope, Proof};
use domain::dispute::{ANSWER_WITHIN, DisputeStatus};
use domain::ids::{OrderId, OutletId, PersonId, TransactionId};
use domain::ledger::Kind;
use domain::money::Fen;
use domain::order::{Order, OrderStatus};
use domain::outcome::Decline;
use domain::refund::{Ground, RefundStatus, Review};
use domain::reversal::Reversed;
use domain::time::{HOUR, Timestamp};

const ORDER: i64 = 1;
const CARD: u8 = 1;
const MANAGER: i64 = 1002;
const WINDOW: i64 = 48 * HOUR;

/// 73.00 paid from a card with 100.00.
fn sold() -> World {
    let mut world = builders::one_till();
    world.put_card(card(CARD));
    world.put_order(order(ORDER, 7_300));
    world.lines.insert(OrderId(ORDER), builders::lines());
    put_money(&mut world, CARD, 10_000);
    assert_eq!(world.decline(&envelope(2, MORNING, sale_pin(ORDER, 7_300, CARD, true))), None);
    world
}

fn asked(world: &mut World, n: u16, lines: &[(i64, i64)]) -> TransactionId {
    let outcome = world.submit(&envelope(n, MORNING, refund_request(ORDER, lines, Ground::Quality, false)));
    let transaction = outcome.transaction().expect("recorded");
    assert_eq!(transaction.decline, None);
    transaction.id
}

fn decide(n: u16, refund: TransactionId, card: Option<u8>, at: Timestamp) -> Envelope {
    by(MANAGER, envelope(n, at, review(ORDER, refund, card)))
}

fn change_card(world: &mut World, change: impl FnOnce(&mut Card)) {
    change(world.cards.get_mut(&card_key(CARD)).expect("there"));
}

fn balance(world: &World, number: u8) -> Fen {
    world.cards[&card_key(number)].balance
}

/// Stops somebody.
type Stop = fn(&mut World);

/// Who is stopped, and what every door of the money path answers: a sale and a balance at the till, a refund that is asked
/// for and one that was before, decided by the store and by the company, what became of a payment that was sent before,
/// and the settlement of what is owed. Nothing is charged, nothing is lost.
#[test]
fn what_is_stopped_takes_no_money_and_keeps_what_it_owes() {
    let stops: [(&str, Stop); 4] = [
        ("nothing", |_| {}),
        ("merchant", |world| world.tills.values_mut().for_each(|till| till.outlet.merchant_active = false)),
        ("outlet", |world| world.tills.values_mut().for_each(|till| till.outlet.outlet_active = false)),
        ("terminal", |world| world.tills.values_mut().for_each(|till| till.terminal_active = false)),
    ];
    let mut table = Vec::new();
    for (stopped, stop) in stops {
        let mut world = builders::proposals::with_fee(sold());
        for id in [2, 3] {
            world.put_order(order(id, 1_000));
        }
        let refund = asked(&mut world, 3, &[(2, 1)]);
        stop(&mut world);
        let issuer = by_issuer(9001, envelope(9, MORNING, review(ORDER, refund, Some(CARD))));
        let doors = [
            envelope(4, MORNING, sale_pin(2, 1_000, CARD, true)),
            envelope(5, MORNING, builders::inquiry(CARD, true)),
            envelope(6, MORNING, refund_request(ORDER, &[(1, 1)], Ground::Quality, false)),
            decide(7, refund, Some(CARD), MORNING),
            envelope(8, MORNING, builders::withdraw(3, 1_000)),
            issuer,
            by_issuer(
                9003,
                envelope(
                    10,
                    MORNING.plus(builders::DAY),
                    builders::prepare(builders::MERCHANT, MORNING.business_date()),
                ),
            ),
        ];
        let answers = doors.map(|door| {
            let outcome = world.submit(&door);
            outcome.transaction().map_or("--", domain::ledger::Transaction::code)
        });
        let sales = world.transactions.iter().filter(|one| one.kind == Kind::Sale && one.approved()).count();
        table.push(format!("{stopped} {} {sales}", answers.join(" ")));
        assert_eq!(world.verify(), [], "{stopped}");
    }
    // Sale, balance, refund asked for, reviewed by the store, outcome of a lost payment, reviewed by the company, settled;
    // and how many sales were charged.
    let expected = [
        "nothing 00 00 00 00 25 94 00 2",
        "merchant 03 03 03 03 25 00 00 1",
        "outlet 03 03 03 03 25 00 00 1",
        "terminal 58 58 58 58 25 00 00 1",
    ];
    assert_eq!(table, expected);
}

/// The company's clerk has no card in hand; the store's has, and four digits are printed on every slip.
#[test]
fn the_last_four_digits_are_enough_at_the_company_only() {
    let named = |n, id, number| {
        let card = Some(builders::last_four(number));
        let review = Review { order: OrderId(ORDER), refund: id, card, opinion: "asked the holder".to_owned() };
        envelope(n, MORNING, Command::RefundReview(review))
    };
    let store = |envelope| by(MANAGER, envelope);
    let company = |envelope| by_issuer(9003, envelope);
    let mut world = sold();
    let id = asked(&mut world, 3, &[(1, 1)]);
    assert_eq!(world.decline(&store(named(10, id, CARD))), Some(Decline::CardDiffers));
    for n in 0..3 {
        assert_eq!(world.decline(&company(named(20 + n, id, CARD + 1))), Some(Decline::CardDiffers));
    }
    assert_eq!(world.refunds[&id].wrong_cards, 4);
    let before = balance(&world, CARD);
    assert_eq!(world.decline(&company(named(30, id, CARD))), None);
    assert_eq!(balance(&world, CARD).0 - before.0, world.refunds[&id].amount.0);
    assert_eq!(world.transactions.last().expect("recorded").entry, EntryMode::Manual);
    assert_eq!(world.verify(), []);
}

/// Every door of a review leads here, so the count is one: the store's five, then as many of the company's.
#[test]
fn five_wrong_cards_end_the_review_in_the_store_and_as_many_more_at_the_company() {
    let mut world = sold();
    let id = asked(&mut world, 3, &[(1, 1)]);
    let at_company = |n, card| builders::by_issuer(9003, envelope(n, MORNING, review(ORDER, id, Some(card))));
    for n in 0..5_u16 {
        let wrong = u8::try_from(100 + n).expect("few");
        assert_eq!(world.decline(&decide(10 + n, id, Some(wrong), MORNING)), Some(Decline::CardDiffers));
        let status = world.refunds[&id].status;
        assert_eq!(status == RefundStatus::Escalated, n == 4, "{n}");
    }
    let mut helped = world.clone();
    assert_eq!(world.decline(&decide(20, id, Some(CARD), MORNING)), Some(Decline::RefundEscalated));
    assert_eq!(helped.decline(&at_company(21, CARD)), None, "the company pays it back");
    for n in 0..5_u16 {
        let wrong = u8::try_from(110 + n).expect("few");
        assert_eq!(world.decline(&at_company(30 + n, wrong)), Some(Decline::CardDiffers));
    }
    assert_eq!(world.decline(&at_company(40, CARD)), Some(Decline::TooManyCards));
    let rejected = builders::by_issuer(9003, envelope(41, MORNING, review(ORDER, id, None)));
    assert_eq!(world.decline(&rejected), None);
    assert_eq!(world.refunds[&id].wrong_cards, 10);
    assert_eq!(world.verify(), []);
}

#[test]
fn the_window_ends_after_its_last_microsecond() {
    for (after, expected) in
        [(WINDOW - 1_000, None), (WINDOW, None), (WINDOW + 1, Some(())), (WINDOW + 1_000, Some(()))]
    {
        let at = MORNING.plus(after);
        let late = expected.map(|()| Decline::RefundWindowPassed { at: MORNING.plus(WINDOW) });
        let mut world = sold();
        let request = refund_request(ORDER, &[(1, 1)], Ground::Quality, false);
        assert_eq!(world.decline(&envelope(9, at, request)), late, "asked after {after}");
        for card in [Some(CARD), None] {
            let mut world = sold();
            let id = asked(&mut world, 3, &[(1, 1)]);
            assert_eq!(world.decline(&decide(9, id, card, at)), late, "decided after {after}");
            let status = match (late, card) {
                (Some(_), _) => RefundStatus::Escalated,
                (None, Some(_)) => RefundStatus::Approved,
                (None, None) => RefundStatus::Rejected,
            };
            assert_eq!(world.refunds[&id].status, status, "turning it down late is a decision too");
            assert_eq!(world.verify(), []);
        }
    }
}

#[test]
fn the_card_company_decides_what_came_too_late() {
    let mut world = sold();
    let id = asked(&mut world, 3, &[(1, 1)]);
    let at = MORNING.plus(WINDOW + 1);
    assert!(world.decline(&decide(4, id, Some(CARD), at)).is_some());
    assert_eq!(world.decline(&decide(5, id, Some(CARD), at)), Some(Decline::RefundEscalated));
    let issuer = by_issuer(9001, envelope(6, at, review(ORDER, id, Some(CARD))));
    assert_eq!(world.decline(&issuer), None);
    assert_eq!((world.refunds[&id].reviewer, balance(&world, CARD)), (Some(PersonId(9001)), Fen(3_700)));
    assert_eq!(world.orders[&OrderId(ORDER)].status, OrderStatus::PartlyRefunded);
    assert_eq!(world.verify(), []);
}

#[test]
fn money_goes_back_to_a_card_that_may_hold_it() {
    for (status, merchant, issuer) in [
        (CardStatus::Active, None, None),
        (CardStatus::Frozen, None, None),
        (CardStatus::PinLocked, None, None),
        (CardStatus::Lost, Some(Decline::CardLost), None),
        (CardStatus::Stolen, Some(Decline::CardStolen), None),
        (CardStatus::Closed, Some(Decline::CardClosed), Some(Decline::CardClosed)),
    ] {
        let mut world = sold();
        let id = asked(&mut world, 3, &[(2, 1)]);
        builders::cards::bring(&mut world, CARD, status);
        assert_eq!(world.decline(&decide(4, id, Some(CARD), MORNING)), merchant, "{status:?}");
        if merchant.is_some() {
            assert_eq!(world.refunds[&id].status, RefundStatus::Escalated, "{status:?}");
            let asked = by_issuer(9001, envelope(5, MORNING, review(ORDER, id, Some(CARD))));
            assert_eq!(world.decline(&asked), issuer, "{status:?}");
        }
        assert_eq!(world.verify(), []);

        let mut world = sold();
        builders::cards::bring(&mut world, CARD, status);
        let void = Command::Void { order: OrderId(ORDER), checker: PersonId(MANAGER) };
        assert_eq!(world.decline(&envelope(6, MORNING, void)), merchant, "void, {status:?}");
    }
}

#[test]
fn a_replaced_card_sends_its_money_on() {
    for typed in [CARD, 2] {
        let mut world = sold();
        let id = asked(&mut world, 3, &[(2, 1)]);
        world.put_card(card(2));
        change_card(&mut world, |card| card.status = CardStatus::Replaced);
        world.replaced.insert(card_key(CARD), card_key(2));
        assert_eq!(world.decline(&decide(4, id, Some(typed), MORNING)), None);
        assert_eq!((balance(&world, CARD), balance(&world, 2)), (Fen(2_700), Fen(4_300)));
        assert_eq!(world.verify(), []);
    }
}

#[test]
fn refunds_of_an_order_never_exceed_it() {
    let mut world = sold();
    let first = asked(&mut world, 3, &[(1, 2)]);
    let more = |n, lines: &[(i64, i64)]| envelope(n, MORNING, refund_request(ORDER, lines, Ground::Quality, false));
    assert_eq!(world.decline(&more(4, &[(1, 2)])), Some(Decline::NothingLeft { left: Fen(1_000) }));
    assert_eq!(world.decline(&decide(5, first, None, MORNING)), None);
    let all = asked(&mut world, 6, &[(1, 3), (2, 1)]);
    assert_eq!(world.decline(&more(7, &[(1, 1)])), Some(Decline::NothingLeft { left: Fen::ZERO }));
    assert_eq!(world.decline(&decide(8, all, Some(CARD), MORNING)), None);
    assert_eq!(world.orders[&OrderId(ORDER)].status, OrderStatus::Refunded);
    assert_eq!(world.decline(&more(9, &[(1, 1)])), Some(Decline::NothingLeft { left: Fen::ZERO }));
    assert_eq!(balance(&world, CARD), Fen(10_000));
    assert_eq!(world.verify(), []);
}

#[test]
fn a_line_named_twice_counts_twice() {
    let mut world = sold();
    let twice = refund_request(ORDER, &[(1, 2), (1, 2)], Ground::Quality, false);
    assert!(matches!(world.decline(&envelope(3, MORNING, twice)), Some(Decline::NothingLeft { .. })));
}

#[test]
fn passing_it_on_is_another_request() {
    let ask = |escalate| refund_request(ORDER, &[(1, 1)], Ground::Quality, escalate).content();
    assert_ne!(ask(true), ask(false));
}

#[test]
fn a_reversal_undoes_the_sale_once_or_keeps_it_from_ever_coming() {
    let reversed = Reversed { request_id: builders::request(2), sale: Some((OrderId(ORDER), Fen(7_300))) };
    let mut world = sold();
    assert_eq!(world.decline(&envelope(3, MORNING, Command::Reverse(reversed))), None);
    assert_eq!(world.decline(&envelope(3, MORNING, Command::Reverse(reversed))), None, "the same again");
    assert_eq!(world.decline(&envelope(4, MORNING, Command::Reverse(reversed))), Some(Decline::NotCharged));
    assert_eq!((balance(&world, CARD), world.orders[&OrderId(ORDER)].status), (Fen(10_000), OrderStatus::Voided));

    let mut world = builders::one_till();
    world.put_card(card(CARD));
    world.put_order(order(ORDER, 7_300));
    put_money(&mut world, CARD, 10_000);
    assert_eq!(world.decline(&envelope(3, MORNING, Command::Reverse(reversed))), Some(Decline::NotCharged));
    let late = builders::sale(ORDER, 7_300, CARD, Proof::Confirmed { until: MORNING });
    assert_eq!(world.decline(&envelope(2, MORNING, late)), Some(Decline::Withdrawn));
    assert_eq!(balance(&world, CARD), Fen(10_000));
    assert_eq!(world.decline(&envelope(5, MORNING, sale_pin(ORDER, 7_300, CARD, true))), None, "another try pays");
    assert_eq!(world.verify(), []);
}

#[test]
fn a_reversal_under_the_sales_own_id_is_refused_and_so_is_the_sale() {
    let mut world = builders::one_till();
    world.put_card(card(CARD));
    world.put_order(order(ORDER, 7_300));
    put_money(&mut world, CARD, 10_000);
    let reversed = Reversed { request_id: builders::request(2), sale: Some((OrderId(ORDER), Fen(7_300))) };
    assert_eq!(world.decline(&envelope(2, MORNING, Command::Reverse(reversed))), Some(Decline::NotReversible));
    let late = world.submit(&envelope(2, MORNING, sale_pin(ORDER, 7_300, CARD, true)));
    assert_eq!((late.approved(), balance(&world, CARD)), (false, Fen(10_000)));
    assert_eq!(world.verify(), []);
}

#[test]
fn a_sale_is_undone_in_its_own_batch_and_day_only() {
    let reversed = Reversed { request_id: builders::request(2), sale: None };
    let undo = [Command::Void { order: OrderId(ORDER), checker: PersonId(MANAGER) }, Command::Reverse(reversed)];
    let midnight = Timestamp(MORNING.0 + 16 * HOUR);
    for (n, command) in (10..).zip(undo) {
        let last = envelope(n, Timestamp(midnight.0 - 1), command.clone());
        assert_eq!(sold().decline(&last), None, "the last moment of the day");
        let mut world = sold();
        assert_eq!(world.decline(&envelope(n, midnight, command.clone())), Some(Decline::VoidTooLate));
        assert_eq!(balance(&world, CARD), Fen(2_700));
        let mut world = sold();
        assert_eq!(world.decline(&envelope(3, MORNING, Command::BatchClose)), None);
        // A machine does not know of batches: its sale is taken back in the next one as well.
        let closed = matches!(command, Command::Void { .. }).then_some(Decline::VoidTooLate);
        assert_eq!(world.decline(&envelope(n, MORNING, command.clone())), closed);
        assert_eq!(world.verify(), []);
    }
}

#[test]
fn a_close_sees_the_payment_that_its_own_group_resolves() {
    let mut world = sold();
    let attempt = Some(builders::request(50));
    world.put_order(Order { attempt, ..builders::order(ORDER + 1, 100) });
    let withdraw = envelope(50, MORNING, builders::withdraw(ORDER + 1, 100));
    let close = envelope(51, MORNING, Command::BatchClose);
    let mut alone = world.clone();
    let one_at_a_time = [alone.submit(&withdraw), alone.submit(&close)];
    assert!(one_at_a_time[1].approved());
    assert_eq!(world.post(&[withdraw, close]), one_at_a_time);
}

fn disputed(world: &mut World, amount: i64) -> TransactionId {
    let n = 300 + u16::try_from(world.disputes.len()).expect("few");
    let opened = by_issuer(9003, envelope(n, MORNING, builders::dispute(ORDER, amount)));
    world.submit(&opened).transaction().filter(|one| one.approved()).expect("opened").id
}

fn heard(world: &mut World, dispute: TransactionId, uphold: bool) {
    let n = 400 + 2 * u16::try_from(world.disputes.len()).expect("few");
    let answer = builders::answer(ORDER, dispute, false);
    assert_eq!(world.decline(&by(MANAGER, envelope(n, MORNING, answer))), None);
    let decision = builders::decide_dispute(ORDER, dispute, uphold);
    assert_eq!(world.decline(&by_issuer(9002, envelope(n + 1, MORNING, decision))), None);
}

#[test]
fn a_dispute_that_is_upheld_pays_back_once_and_leaves_the_rest_to_refunds() {
    let mut world = sold();
    let id = disputed(&mut world, 4_300);
    assert_eq!(balance(&world, CARD), Fen(2_700), "nothing moves before the decision");
    let request = |lines: &[(i64, i64)]| refund_request(ORDER, lines, Ground::Quality, false);
    assert_eq!(world.decline(&envelope(3, MORNING, request(&[(1, 1)]))), Some(Decline::DisputeExists));
    let void = Command::Void { order: OrderId(ORDER), checker: PersonId(MANAGER) };
    assert_eq!(world.decline(&envelope(4, MORNING, void.clone())), Some(Decline::DisputeExists));
    heard(&mut world, id, true);
    assert_eq!(
        (balance(&world, CARD), world.orders[&OrderId(ORDER)].status),
        (Fen(7_000), OrderStatus::PartlyRefunded)
    );
    assert_eq!(world.decline(&envelope(5, MORNING, void)), Some(Decline::DisputeExists));
    let left = Some(Decline::NothingLeft { left: Fen(3_000) });
    assert_eq!(world.decline(&envelope(6, MORNING, request(&[(2, 1)]))), left, "43.00 of 30.00 that are left");
    let refund = asked(&mut world, 7, &[(1, 3)]);
    let again = by_issuer(9003, envelope(8, MORNING, builders::dispute(ORDER, 100)));
    assert_eq!(world.decline(&again), Some(Decline::RefundExists), "one at a time");
    assert_eq!(world.decline(&decide(9, refund, Some(CARD), MORNING)), None);
    assert_eq!((balance(&world, CARD), world.orders[&OrderId(ORDER)].status), (Fen(10_000), OrderStatus::Refunded));
    assert_eq!(world.verify(), []);
}

#[test]
fn a_dispute_that_is_turned_down_leaves_the_sale_as_it_was() {
    let mut world = sold();
    let id = disputed(&mut world, 7_300);
    heard(&mut world, id, false);
    assert_eq!((balance(&world, CARD), world.orders[&OrderId(ORDER)].status), (Fen(2_700), OrderStatus::Paid));
    assert_eq!(world.disputes[&id].status, DisputeStatus::Rejected);
    let more = by_issuer(9003, envelope(3, MORNING, builders::dispute(ORDER, 7_301)));
    assert_eq!(world.decline(&more), Some(Decline::NothingLeft { left: Fen(7_300) }));
    disputed(&mut world, 7_300);
    assert_eq!(world.verify(), []);
}

#[test]
fn the_merchant_is_heard_or_has_its_seven_days() {
    let last = MORNING.plus(ANSWER_WITHIN);
    for (at, answered, decided) in [
        (last, None, Some(Decline::AnswerAwaited { at: last })),
        (last.plus(1), Some(Decline::AnswerTooLate { at: last }), None),
    ] {
        let mut world = sold();
        let id = disputed(&mut world, 7_300);
        let decision = |n, uphold| by_issuer(9002, envelope(n, at, builders::decide_dispute(ORDER, id, uphold)));
        assert_eq!(world.clone().decline(&decision(3, true)), decided);
        assert_eq!(world.clone().decline(&envelope(4, at, builders::answer(ORDER, id, true))), answered);
        let own = by_issuer(9003, envelope(5, at, builders::decide_dispute(ORDER, id, true)));
        assert_eq!(world.decline(&own), Some(Decline::ReviewerIsApplicant));
        let shop = envelope(6, at, builders::decide_dispute(ORDER, id, true));
        assert_eq!(world.decline(&shop), Some(Decline::CompanyOnly), "the card company decides");
        let company = by_issuer(9002, envelope(7, at, builders::answer(ORDER, id, true)));
        assert_eq!(world.decline(&company), Some(Decline::NoSuchDispute), "the merchant answers");
        assert_eq!(world.verify(), []);
    }
}

/// What takes goods back needs an outlet that trades; what sells, gives a sale back at the till or counts one needs the till.
#[test]
fn away_from_a_till_refunds_are_asked_for_and_decided_and_nothing_else_is() {
    let mut world = sold();
    let void = Command::Void { order: OrderId(ORDER), checker: PersonId(MANAGER) };
    world.put_order(order(2, 1_000));
    let at_the_till = [sale_pin(2, 1_000, CARD, true), builders::inquiry(CARD, true), void, Command::BatchClose];
    for (n, command) in (10..).zip(at_the_till) {
        assert_eq!(world.decline(&away(envelope(n, MORNING, command))), Some(Decline::UnknownTerminal));
    }
    let ask = |n| away(envelope(n, MORNING, refund_request(ORDER, &[(2, 1)], Ground::Quality, false)));
    let elsewhere = |mut asked: Envelope| {
        asked.actor.outlet = OutletId(asked.actor.outlet.0 + 1);
        asked
    };
    assert_eq!(world.decline(&elsewhere(ask(20))), Some(Decline::UnknownTerminal));
    let id = world.submit(&ask(21)).transaction().expect("recorded").id;
    assert_eq!(world.refunds[&id].status, RefundStatus::Requested);
    let outlet = |world: &mut World, active: bool| {
        world.tills.values_mut().for_each(|till| till.outlet.outlet_active = active);
    };
    outlet(&mut world, false);
    assert_eq!(world.decline(&away(decide(22, id, Some(CARD), MORNING))), Some(Decline::OutletSuspended));
    outlet(&mut world, true);
    assert_eq!(world.decline(&away(decide(23, id, Some(CARD), MORNING))), None);
    assert_eq!((world.refunds[&id].status, balance(&world, CARD)), (RefundStatus::Approved, Fen(7_000)));
    assert_eq!(world.verify(), []);
}
