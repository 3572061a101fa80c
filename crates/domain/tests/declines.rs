//! One example of every way to be declined: what leads there and what it leaves behind.

mod builders;

use builders::money::{SUSPENDED, adjustment, done, funding, funding_of, load, paid_back, put_money, waiting};
use builders::pins;
use builders::proposals::{self, CHECKER, MAKER};
use builders::{
    DAY, MERCHANT, MORNING, Submit as _, TILL, World, batches, card, envelope, order, programmes, sale_pin, till,
};
use domain::acts::{Payload, ProgrammeAct};
use domain::card::{Card, CardStatus};
use domain::card_move::CardMove;
use domain::command::{Actor, Command, Envelope, Proof};
use domain::dispute::ANSWER_WITHIN;
use domain::ids::{CustomerId, KeyId, MerchantId, OrderId, PersonId, ProgrammeId, TerminalId, TransactionId};
use domain::money::Fen;
use domain::order::{Order, OrderStatus};
use domain::outcome::Decline;
use domain::pin::CardPin;
use domain::programme::{ProgrammeStatus, Terms};
use domain::programme_change::Narrowing;
use domain::proposal::{DECIDE_WITHIN, Proposal};
use domain::refund::{Ground, Request};
use domain::reversal::Reversed;
use domain::state::Till;
use domain::time::{BusinessDate, HOUR, Timestamp};

const CARD: u8 = 1;
const ORDER: i64 = 5_001;
/// The store manager, who reviews.
const MANAGER: i64 = 1002;

/// A shop with a card that holds 100.00 and an order of 73.00.
fn shop() -> World {
    let mut world = proposals::with_fee(builders::one_till());
    world.put_card(card(CARD));
    world.put_order(order(ORDER, 7_300));
    put_money(&mut world, CARD, 10_000);
    world
}

fn pay() -> Envelope {
    envelope(100, MORNING, sale_pin(ORDER, 7_300, CARD, true))
}

fn with_card(change: impl FnOnce(&mut Card)) -> (World, Envelope) {
    let mut world = shop();
    change(world.cards.get_mut(&builders::card_key(CARD)).expect("the card"));
    (world, pay())
}

fn in_state(status: CardStatus) -> (World, Envelope) {
    let mut world = shop();
    builders::cards::bring(&mut world, CARD, status);
    (world, pay())
}

fn with_order(change: impl FnOnce(&mut Order)) -> (World, Envelope) {
    let mut world = shop();
    change(world.orders.values_mut().next().expect("the order"));
    (world, pay())
}

fn with_till(change: impl FnOnce(&mut Till)) -> (World, Envelope) {
    let mut world = shop();
    change(world.tills.get_mut(&TILL).expect("the till"));
    (world, pay())
}

fn with_pay(command: domain::command::Command) -> (World, Envelope) {
    (shop(), envelope(100, MORNING, command))
}

/// A proposal about money, while the deposit has 9,900.01.
fn proposed(payload: &Payload) -> (World, Envelope) {
    let mut world = shop();
    world.customers.insert(SUSPENDED, builders::money::suspended());
    done(&mut world, &funding("SL-RICH", 990_001));
    let seen = proposals::shown(&world, payload);
    (world, builders::by_issuer(MAKER, envelope(100, MORNING, proposals::propose(payload.clone(), seen))))
}

/// A person of the card company moves the card, which has money.
fn moved(made: CardMove) -> (World, Envelope) {
    (shop(), builders::by_issuer(MAKER, envelope(100, MORNING, builders::cards::moving(CARD, made))))
}

/// The proposal to open a programme for anybody on its template's usual terms, as `change` leaves them.
fn opening(change: impl FnOnce(&mut Terms)) -> (World, Envelope) {
    let mut world = shop();
    programmes::put(&mut world);
    let terms = programmes::terms(&world, programmes::DRAFT, change);
    let payload = Payload::Programme(ProgrammeAct::Opening { programme: programmes::DRAFT, terms });
    let seen = proposals::shown(&world, &payload);
    (world, builders::by_issuer(MAKER, envelope(100, MORNING, proposals::propose(payload, seen))))
}

fn tried(wrong: u8) -> (World, Envelope) {
    let mut world = shop();
    for n in 0..u16::from(wrong) {
        world.submit(&envelope(10 + n, MORNING, sale_pin(ORDER, 7_300, CARD, false)));
    }
    (world, pay())
}

/// What leads to `expected`.
#[expect(clippy::too_many_lines, reason = "one example of each decline")]
fn example(expected: Decline) -> (World, Envelope) {
    let expired = Proof::Confirmed { until: Timestamp(MORNING.0 - 1) };
    match expected {
        Decline::MerchantSuspended => with_till(|till| till.outlet.merchant_active = false),
        Decline::OutletSuspended => with_till(|till| till.outlet.outlet_active = false),
        Decline::TerminalDisabled => with_till(|till| till.terminal_active = false),
        Decline::UnknownTerminal => {
            let (world, mut asked) = with_till(|_| {});
            asked.actor = Actor { terminal: TerminalId(25_019_999), ..asked.actor };
            (world, asked)
        }
        Decline::NoSuchOrder => with_pay(sale_pin(ORDER + 1, 7_300, CARD, true)),
        Decline::AmountChanged { .. } => with_pay(sale_pin(ORDER, 7_299, CARD, true)),
        Decline::InvalidAmount => {
            let (mut world, _) = with_order(|order| order.total = Fen::ZERO);
            world.orders.values_mut().for_each(|order| order.total = Fen::ZERO);
            (world, envelope(100, MORNING, sale_pin(ORDER, 0, CARD, true)))
        }
        Decline::InvalidCardNumber => proposed(&load(77, 100)),
        Decline::MoveNotAllowed { .. } => moved(CardMove::Reopen),
        Decline::NoLossReport => {
            let (mut world, asked) = moved(CardMove::ReportLost);
            world.cards.get_mut(&builders::card_key(CARD)).expect("a card").programme.loss_report = false;
            (world, asked)
        }
        Decline::NeedsSecondPerson => {
            let (mut world, asked) = moved(CardMove::Unlock);
            world.submit(&Envelope { request_id: builders::request(99), ..asked.clone() });
            (world, asked)
        }
        Decline::CardNotEmpty { .. } => moved(CardMove::Close),
        Decline::Withdrawn => with_pay(builders::withdraw(ORDER, 7_300)),
        Decline::CardLost => in_state(CardStatus::Lost),
        Decline::CardStolen => in_state(CardStatus::Stolen),
        Decline::CardFrozen => in_state(CardStatus::Frozen),
        Decline::CardNotActive => in_state(CardStatus::Issued),
        Decline::CardReplaced => in_state(CardStatus::Replaced),
        Decline::CardClosed => in_state(CardStatus::Closed),
        Decline::CardExpired { .. } => with_card(|card| card.expires_on = Some(BusinessDate(20_261_122))),
        Decline::NotAcceptedHere => with_card(|card| card.programme.merchants = vec![MerchantId(250_200)]),
        Decline::InsufficientFunds { .. } => {
            let (mut world, asked) = with_order(|order| order.total = Fen(7_300));
            world.submit(&envelope(2, MORNING, sale_pin(ORDER, 7_300, CARD, true)));
            world.put_order(order(ORDER + 1, 7_300));
            (world, Envelope { command: sale_pin(ORDER + 1, 7_300, CARD, true), ..asked })
        }
        Decline::WrongPin { .. } => with_pay(sale_pin(ORDER, 7_300, CARD, false)),
        Decline::PinTriesExceeded => tried(5),
        Decline::PinNotSet => with_card(|card| card.pin = CardPin::Unset),
        Decline::WrongCode => {
            (shop(), pins::by_holder(envelope(100, MORNING, pins::first_use(CARD, true, builders::pin(9, true)))))
        }
        Decline::NumberSeen => {
            let mut world = shop();
            world.numbers_seen.insert(builders::card_key(CARD), vec![domain::ids::PersonId(MAKER)]);
            (world, builders::by_issuer(MAKER, envelope(100, MORNING, pins::issue_code(CARD, None))))
        }
        Decline::LineNotPayable => with_order(|order| order.payable = false),
        Decline::OverSaleLimit { .. } => with_card(|card| card.programme.sale_max = Fen(7_299)),
        Decline::OverDailyLimit { .. } => with_card(|card| card.programme.daily_max = Fen(7_299)),
        Decline::OverDailyCount { .. } => with_card(|card| card.programme.daily_count_max = 0),
        Decline::OverMonthlyLimit { .. } => with_card(|card| card.programme.month_max = Some(Fen(7_299))),
        Decline::ProgrammeSuspended => with_card(|card| card.programme.status = ProgrammeStatus::Suspended),
        Decline::OverLoadLimit { .. } => {
            let (mut world, asked) = proposed(&load(CARD, 501));
            world.cards.get_mut(&builders::card_key(CARD)).expect("the card").programme.load_max = Fen(500);
            (world, asked)
        }
        Decline::NoSuchProgramme => proposed(&Payload::Programme(ProgrammeAct::Resuming { programme: ProgrammeId(7) })),
        Decline::OutsideTemplate => opening(|terms| terms.balance_max = Fen(100_001)),
        Decline::TermsUnsound => opening(|terms| terms.sale_max = Fen(100_001)),
        Decline::TakesTwoPersons => {
            let mut world = shop();
            programmes::put(&mut world);
            let raised = programmes::terms(&world, programmes::USED, |terms| terms.daily_count_max += 1);
            let asked = programmes::by_one(100, &world, programmes::USED, Narrowing::Lower(raised));
            (world, asked)
        }
        Decline::OverBalanceLimit { .. } => proposed(&load(CARD, 990_001)),
        Decline::NoSuchCustomer => proposed(&funding_of(CustomerId(1_000_099), "SL-9", 100)),
        Decline::CustomerSuspended => proposed(&funding_of(SUSPENDED, "SL-9", 100)),
        Decline::FundingReferenceUsed => proposed(&funding("SL-RICH", 100)),
        Decline::DepositShort { .. } => proposed(&paid_back(990_002)),
        Decline::NoSuchCardBatch => with_batch(|world| {
            *world = builders::one_till();
        }),
        Decline::ProgrammeNotActive => with_batch(|world| batch(world).row.programme_active = false),
        Decline::ActivationExists => with_batch(|world| drop(waiting(world, &batches::activation(2, 3)))),
        Decline::CardsNotHandedOut => with_batch(|world| _ = batch(world).moved.pop()),
        Decline::CardInUse { .. } => with_batch(|world| {
            world.cards.values_mut().for_each(|card| card.status = CardStatus::Closed);
        }),
        Decline::NoSuchLoad => proposed(&adjustment(TransactionId(1), CARD, 100)),
        Decline::ProofExpired => with_pay(builders::sale(ORDER, 7_300, CARD, expired)),
        Decline::AlreadyPaid => {
            let mut world = shop();
            world.submit(&envelope(2, MORNING, sale_pin(ORDER, 7_300, CARD, true)));
            (world, pay())
        }
        Decline::AttemptOpen => with_order(|order| order.attempt = Some(builders::request(2))),
        after_sale => example_after_sale(after_sale),
    }
}

fn batch(world: &mut World) -> &mut domain::world::StoredCardBatch {
    world.card_batches.get_mut(&batches::BATCH).expect("the batch")
}

/// Somebody proposes to activate cards of a batch that an outlet has, after `change`.
fn with_batch(change: fn(&mut World)) -> (World, Envelope) {
    let mut world = builders::one_till();
    batches::put_batch(&mut world);
    let making = batches::making(&world);
    done(&mut world, &making);
    batches::make_cards(&mut world);
    batches::move_cards(&mut world, 1, 4, domain::card_batch::Keeper::Vault);
    batches::move_cards(&mut world, 1, 4, domain::card_batch::Keeper::Outlet(batches::OUTLET));
    change(&mut world);
    let payload = batches::activation(1, 2);
    let seen = builders::proposals::shown(&world, &payload);
    let asked = builders::proposals::propose(payload, seen);
    (world, builders::by_issuer(builders::proposals::MAKER, envelope(100, MORNING, asked)))
}

/// A shop whose order is paid, and the clerk's request for one damaged box, if it was made.
fn sold(asked: bool) -> (World, Option<TransactionId>) {
    let mut world = shop();
    world.lines.insert(OrderId(ORDER), builders::lines());
    assert_eq!(world.decline(&envelope(2, MORNING, sale_pin(ORDER, 7_300, CARD, true))), None);
    let request = builders::refund_request(ORDER, &[(1, 1)], Ground::Quality, false);
    let id = asked.then(|| world.submit(&envelope(3, MORNING, request)).transaction().expect("recorded").id);
    (world, id)
}

fn after_sale(command: domain::command::Command) -> (World, Envelope) {
    (sold(false).0, envelope(100, MORNING, command))
}

fn reviewed(person: i64, card: Option<u8>, at: Timestamp) -> (World, Envelope) {
    let (world, id) = sold(true);
    let command = builders::review(ORDER, id.expect("asked"), card);
    (world, builders::by(person, envelope(100, at, command)))
}

fn example_after_sale(expected: Decline) -> (World, Envelope) {
    let request = |lines: &[(i64, i64)], ground| builders::refund_request(ORDER, lines, ground, false);
    let void = Command::Void { order: OrderId(ORDER), checker: PersonId(MANAGER) };
    match expected {
        Decline::VoidTooLate => {
            let (world, asked) = after_sale(void);
            (world, Envelope { at: MORNING.plus(builders::DAY), ..asked })
        }
        Decline::NotReversible => {
            let reversed = Reversed { request_id: builders::request(1), sale: Some((OrderId(ORDER), Fen(7_300))) };
            let (mut world, asked) = after_sale(Command::Reverse(reversed));
            world.submit(&envelope(1, MORNING, builders::inquiry(CARD, true)));
            (world, asked)
        }
        Decline::DrugNotReturnable => after_sale(request(&[(1, 1)], Ground::ChangedMind)),
        Decline::RefundWindowPassed { .. } => {
            let (world, asked) = after_sale(request(&[(1, 1)], Ground::Quality));
            (world, Envelope { at: MORNING.plus(48 * HOUR + 1), ..asked })
        }
        Decline::RefundEscalated => {
            let (mut world, _) = sold(false);
            let escalated = builders::refund_request(ORDER, &[(1, 1)], Ground::Quality, true);
            let id = world.submit(&envelope(3, MORNING, escalated)).transaction().expect("recorded").id;
            (world, builders::by(MANAGER, envelope(100, MORNING, builders::review(ORDER, id, Some(CARD)))))
        }
        Decline::TextLength => {
            let Command::RefundRequest(asked) = request(&[(1, 1)], Ground::Quality) else { unreachable!() };
            after_sale(Command::RefundRequest(Request { reason: " x ".to_owned(), ..asked }))
        }
        Decline::NotCharged => {
            let (mut world, asked) = after_sale(request(&[(1, 1)], Ground::Quality));
            world.put_order(order(ORDER + 1, 7_300));
            let command = builders::refund_request(ORDER + 1, &[(1, 1)], Ground::Quality, false);
            (world, Envelope { command, ..asked })
        }
        Decline::CardDiffers => {
            let (mut world, asked) = reviewed(MANAGER, Some(2), MORNING);
            world.put_card(card(2));
            (world, asked)
        }
        Decline::TooManyCards => {
            let (mut world, asked) = reviewed(MANAGER, Some(CARD), MORNING);
            for refund in world.refunds.values_mut() {
                refund.wrong_cards = 10;
            }
            (world, builders::by_issuer(9003, asked))
        }
        Decline::ReviewerIsApplicant => reviewed(1003, Some(CARD), MORNING),
        Decline::NothingLeft { .. } => after_sale(request(&[(1, 4)], Ground::Quality)),
        Decline::RefundExists => {
            let (world, _) = sold(true);
            (world, envelope(100, MORNING, void))
        }
        Decline::AlreadyDecided => {
            let (mut world, asked) = reviewed(MANAGER, None, MORNING);
            assert_eq!(world.decline(&Envelope { request_id: builders::request(99), ..asked.clone() }), None);
            (world, asked)
        }
        Decline::AttemptsOpen { .. } => {
            let (mut world, asked) = after_sale(Command::BatchClose);
            let attempt = Some(builders::request(77));
            world.put_order(Order { attempt, ..order(ORDER + 1, 100) });
            (world, asked)
        }
        Decline::NothingToClose => {
            let (mut world, asked) = after_sale(Command::BatchClose);
            assert_eq!(world.decline(&Envelope { request_id: builders::request(99), ..asked.clone() }), None);
            (world, asked)
        }
        settlement => example_settlement(settlement),
    }
}

/// 73.00 sold yesterday, and a settlement of it, prepared by 9003.
fn prepared() -> (World, TransactionId) {
    let (mut world, _) = sold(false);
    let asked = builders::prepare(MERCHANT, MORNING.business_date());
    let outcome = world.submit(&builders::by_issuer(9003, envelope(50, MORNING.plus(DAY), asked)));
    let id = outcome.transaction().filter(|transaction| transaction.approved()).expect("prepared").id;
    (world, id)
}

fn example_settlement(expected: Decline) -> (World, Envelope) {
    let next = |command| builders::by_issuer(9002, envelope(100, MORNING.plus(DAY), command));
    let today = MORNING.business_date();
    let yesterday = next(builders::prepare(MERCHANT, today));
    match expected {
        Decline::NoSuchMerchant => {
            (sold(false).0, envelope(100, MORNING.plus(DAY), builders::prepare(MERCHANT, today)))
        }
        Decline::DayNotOver { .. } => (sold(false).0, Envelope { at: MORNING, ..yesterday }),
        Decline::SettlementOpen => (prepared().0, yesterday),
        Decline::SettledBefore { .. } => {
            let (mut world, id) = prepared();
            let confirm = Envelope { request_id: builders::request(99), ..next(builders::verdict(MERCHANT, id, true)) };
            assert_eq!(world.decline(&confirm), None);
            (world, yesterday)
        }
        Decline::FeeNotAgreed => {
            let mut world = builders::one_till();
            world.put_card(card(CARD));
            (world, yesterday)
        }
        Decline::NothingToSettle { .. } => (shop(), yesterday),
        Decline::PayableShort { .. } => {
            let (mut world, id) = prepared();
            let refund = builders::refund_request(ORDER, &[(1, 1)], Ground::Quality, false);
            let refund = world.submit(&envelope(60, MORNING.plus(DAY), refund)).transaction().expect("recorded").id;
            let back = builders::review(ORDER, refund, Some(CARD));
            assert_eq!(world.decline(&builders::by(MANAGER, envelope(61, MORNING.plus(DAY), back))), None);
            (world, next(builders::verdict(MERCHANT, id, true)))
        }
        Decline::NoSuchSettlement => {
            let (world, id) = prepared();
            (world, next(builders::verdict(MerchantId(250_200), id, true)))
        }
        dispute => example_dispute(dispute),
    }
}

/// 73.00 sold, of which 9003 took up 43.00; the next command comes from 9002 of the card company.
fn example_dispute(expected: Decline) -> (World, Envelope) {
    let (mut world, _) = sold(false);
    let opened = builders::by_issuer(9003, envelope(50, MORNING, builders::dispute(ORDER, 4_300)));
    let id = world.submit(&opened).transaction().filter(|one| one.approved()).expect("opened").id;
    let next = |at, command| builders::by_issuer(9002, envelope(100, at, command));
    let last = MORNING.plus(ANSWER_WITHIN);
    let asked = match expected {
        Decline::DisputeExists => next(MORNING, builders::dispute(ORDER, 1_000)),
        Decline::NoSuchDispute => next(last.plus(1), builders::decide_dispute(ORDER, TransactionId(1), true)),
        Decline::CompanyOnly => envelope(100, last.plus(1), builders::decide_dispute(ORDER, id, true)),
        Decline::AnswerTooLate { .. } => envelope(100, last.plus(1), builders::answer(ORDER, id, true)),
        Decline::AnswerAwaited { .. } => next(last, builders::decide_dispute(ORDER, id, false)),
        proposal => return example_proposal(proposal),
    };
    (world, asked)
}

/// A proposal of another fee, which the next command decides on.
fn example_proposal(expected: Decline) -> (World, Envelope) {
    let mut world = shop();
    let fee = proposals::fee(MERCHANT, 38);
    let seen = proposals::shown(&world, &fee);
    let made = builders::by_issuer(MAKER, envelope(50, MORNING, proposals::propose(fee.clone(), seen.clone())));
    let id = world.submit(&made).transaction().filter(|one| one.approved()).expect("proposed").id;
    let one = world.proposals[&id].clone();
    let next = |person, command| builders::by_issuer(person, envelope(100, MORNING, command));
    let asked = match expected {
        Decline::NoSuchProposal => {
            let other = Proposal { payload: proposals::fee(MERCHANT, 39), ..one };
            next(CHECKER, proposals::reject(&other))
        }
        Decline::NoSuchKey => next(MAKER, proposals::propose(Payload::CompanyKey { key: KeyId(1) }, seen)),
        Decline::Stale => {
            let other = proposals::propose(proposals::fee(MERCHANT, 45), seen);
            let other = world.submit(&builders::by_issuer(MAKER, envelope(51, MORNING, other)));
            let other = world.proposals[&other.transaction().expect("recorded").id].clone();
            let approved = builders::by_issuer(CHECKER, envelope(52, MORNING, proposals::approve(&other)));
            assert_eq!(world.decline(&approved), None);
            next(CHECKER, proposals::approve(&one))
        }
        Decline::ProposalExpired { .. } => {
            Envelope { at: MORNING.plus(DECIDE_WITHIN), ..next(CHECKER, proposals::approve(&one)) }
        }
        Decline::NotTheMaker => next(CHECKER, proposals::take_back(id)),
        Decline::NothingToChange => next(MAKER, proposals::propose(proposals::fee(MERCHANT, builders::FEE_BP), seen)),
        other => unreachable!("{other:?} has an example above"),
    };
    (world, asked)
}

#[test]
fn every_decline_has_a_way_there_and_leaves_only_its_record() {
    for expected in Decline::every() {
        let (mut world, asked) = example(expected);
        let before = world.clone();
        let outcome = world.submit(&asked);
        let recorded = outcome.transaction().unwrap_or_else(|| panic!("{expected:?} is on record"));
        let decline = recorded.decline.unwrap_or_else(|| panic!("{expected:?}, not approved"));
        assert_eq!(decline.word(), expected.word());
        assert_eq!(recorded.code(), expected.code());
        assert_eq!((recorded.approval_code.as_ref(), world.transfers.len()), (None, before.transfers.len()));
        assert!(world.settlements == before.settlements, "{expected:?} changed a row");
        assert!(world.disputes == before.disputes, "{expected:?} changed a row");
        assert!(world.customers == before.customers, "{expected:?} changed a row");
        assert!(world.proposals == before.proposals && world.fees == before.fees, "{expected:?} changed a row");
        let mut refunds = before.refunds.clone();
        if expected == Decline::CardDiffers {
            for refund in refunds.values_mut() {
                refund.wrong_cards += 1;
            }
        }
        assert!(world.refunds == refunds && world.batches == before.batches, "{expected:?} changed a row");
        let mut cards = before.cards.clone();
        for card in cards.values_mut().filter(|card| Some(card.id) == recorded.card) {
            card.last = Some(recorded.id);
        }
        assert!(world.cards == cards && world.orders == before.orders, "{expected:?} changed a row");
        assert_eq!(world.tries == before.tries, expected.word() != "wrong_pin", "{expected:?}");
        assert_eq!(world.transactions.len(), before.transactions.len() + 1);
        if expected.word() != "insufficient_funds" {
            assert_eq!(recorded.balance, None, "{expected:?} tells the balance");
        }
        assert_eq!(world.verify(), [], "{expected:?}");
    }
}

#[test]
fn figures_of_the_messages() {
    let figure = |expected: Decline| {
        let (mut world, asked) = example(expected);
        world.decline(&asked).and_then(Decline::detail)
    };
    assert_eq!(figure(Decline::InsufficientFunds { short_by: Fen(1) }), Some(4_600));
    assert_eq!(figure(Decline::WrongPin { tries_left: 1 }), Some(4));
    assert_eq!(figure(Decline::AmountChanged { total: Fen(1) }), Some(7_300));
    assert_eq!(figure(Decline::CardExpired { on: BusinessDate(1) }), Some(20_261_122));
    assert_eq!(figure(Decline::OverDailyCount { limit: 1 }), Some(0));
    assert_eq!(figure(Decline::DepositShort { short_by: Fen(1) }), Some(1));
    assert_eq!(figure(Decline::NothingToSettle { net: Fen(1) }), Some(0));
    assert_eq!(figure(Decline::PayableShort { short_by: Fen(1) }), Some(1_000));
    assert_eq!(figure(Decline::SettledBefore { on: BusinessDate(1) }), Some(20_261_123));
}

#[test]
fn a_card_pays_on_its_last_day() {
    let (mut world, asked) = with_card(|card| card.expires_on = Some(BusinessDate(20_261_123)));
    assert_eq!(world.decline(&asked), None);
}

#[test]
fn an_abandoned_order_and_an_order_of_another_outlet_do_not_exist() {
    let (mut world, asked) = with_order(|order| order.status = OrderStatus::Abandoned);
    assert_eq!(world.decline(&asked), Some(Decline::NoSuchOrder));
    let (mut world, asked) = with_order(|order| order.outlet = builders::outlet(MerchantId(250_200)));
    assert_eq!(world.decline(&asked), Some(Decline::NoSuchOrder));
    assert_eq!(world.transactions.last().and_then(|t| t.order), None, "its id is not repeated to a stranger");
}

#[test]
fn a_till_of_another_merchant_is_unknown() {
    let (mut world, asked) = with_till(|row| *row = till(MerchantId(250_200)));
    assert_eq!(world.decline(&asked), Some(Decline::UnknownTerminal));
}

#[test]
fn a_confirmed_sale_needs_no_pin_and_counts_no_try() {
    let mut world = shop();
    let proof = Proof::Confirmed { until: MORNING };
    let outcome = world.submit(&envelope(100, MORNING, builders::sale(ORDER, 7_300, CARD, proof)));
    assert_eq!(outcome.transaction().map(|t| (t.code(), t.balance)), Some(("00", Some(Fen(2_700)))));
    assert!(world.tries.is_empty());
}

#[test]
fn the_right_pin_resets_nothing_and_midnight_does() {
    let (mut world, _) = tried(3);
    let wrong = |n| envelope(n, MORNING, sale_pin(ORDER, 7_300, CARD, false));
    assert_eq!(world.decline(&envelope(50, MORNING, builders::inquiry(CARD, true))), None);
    assert_eq!(world.decline(&wrong(51)), Some(Decline::WrongPin { tries_left: 1 }));
    let (mut world, asked) = tried(5);
    let tomorrow = Envelope { at: MORNING.plus(builders::DAY), ..asked };
    assert_eq!(world.decline(&tomorrow), None);
}

#[test]
fn the_order_is_looked_at_before_the_pin_and_the_pin_before_the_card() {
    let (mut world, _) = with_card(|card| card.status = CardStatus::Lost);
    let asked = envelope(60, MORNING, sale_pin(ORDER, 7_299, CARD, false));
    assert_eq!(world.decline(&asked), Some(Decline::AmountChanged { total: Fen(7_300) }));
    assert!(world.tries.is_empty(), "no try is counted for an order that cannot be paid");
    let asked = envelope(61, MORNING, sale_pin(ORDER, 7_300, CARD, false));
    assert_eq!(world.decline(&asked), Some(Decline::WrongPin { tries_left: 4 }));
    assert_eq!(world.decline(&pay()), Some(Decline::CardLost));
}

#[test]
fn an_open_attempt_is_released_by_its_own_answer() {
    let (mut world, _) = with_order(|order| order.attempt = Some(builders::request(100)));
    let asked = envelope(100, MORNING, sale_pin(ORDER, 7_300, CARD, false));
    assert_eq!(world.decline(&asked), Some(Decline::WrongPin { tries_left: 4 }));
    assert!(world.orders.values().all(|order| order.attempt.is_none()));
    let (mut world, _) = with_order(|order| order.attempt = Some(builders::request(100)));
    assert_eq!(world.decline(&envelope(100, MORNING, builders::withdraw(ORDER, 7_300))), Some(Decline::Withdrawn));
    assert!(world.orders.values().all(|order| order.attempt.is_none()));
    assert_eq!(world.decline(&pay()), Some(Decline::Withdrawn), "its late arrival is not charged");
}
