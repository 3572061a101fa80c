//! Moves of cards: one person stops a card, two let it pay again, and the history of the card says so.

mod builders;

use builders::cards::{act, moving, request};
use builders::money::{decide, done, load, put_money, waiting};
use builders::proposals::{self, CHECKER, MAKER, approve};
use builders::{DAY, MORNING, Submit as _, World, by_issuer, card, card_id, card_key, envelope, inquiry, one_till};
use builders::{order, sale_pin};
use domain::acts::Payload;
use domain::card::{Card, CardStatus};
use domain::card_move::{CardMove, SLIP};
use domain::command::Command;
use domain::ids::TransactionId;
use domain::money::Fen;
use domain::outcome::Decline;
use domain::time::Timestamp;

/// One card with 100.00, and an empty one.
fn office() -> World {
    let mut world = one_till();
    world.put_card(card(1));
    world.put_card(card(2));
    put_money(&mut world, 1, 10_000);
    world
}

fn ask(world: &mut World, person: i64, at: Timestamp, command: Command) -> Option<Decline> {
    let n = 1_000 + u16::try_from(world.transactions.len()).expect("few");
    world.decline(&by_issuer(person, envelope(n, at, command)))
}

fn status(world: &World, number: u8) -> CardStatus {
    world.cards[&card_key(number)].status
}

fn paid(world: &mut World, n: u16, at: Timestamp) -> Option<Decline> {
    let id = 7_000 + i64::from(n);
    world.put_order(order(id, 100));
    world.decline(&envelope(n, at, sale_pin(id, 100, 1, true)))
}

fn refused(state: CardStatus) -> Decline {
    Decline::MoveNotAllowed { state }
}

#[test]
fn the_next_sale_sees_a_stopped_card_also_in_the_same_group() {
    for (n, (made, decline)) in (0..).zip([
        (CardMove::Freeze, Decline::CardFrozen),
        (CardMove::ReportLost, Decline::CardLost),
        (CardMove::ReportStolen, Decline::CardStolen),
        (CardMove::LockPin, Decline::PinTriesExceeded),
    ]) {
        let mut world = office();
        world.put_order(order(5_001, 100));
        let stops = by_issuer(MAKER, envelope(80 + n, MORNING, moving(1, made)));
        let pays = envelope(90 + n, MORNING, sale_pin(5_001, 100, 1, true));
        let told: Vec<_> =
            world.post(&[stops, pays]).into_iter().filter_map(|one| one.transaction()?.decline).collect();
        assert_eq!(told, [decline]);
        assert_eq!(world.verify(), []);
    }
}

#[test]
fn a_stopped_card_pays_again_by_two_humans() {
    for made in [CardMove::Freeze, CardMove::ReportLost] {
        let mut world = office();
        assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, made)), None);
        assert_eq!(ask(&mut world, CHECKER, MORNING, moving(1, CardMove::Reopen)), Some(Decline::NeedsSecondPerson));
        let one = waiting(&mut world, &act(1, CardMove::Reopen));
        assert_eq!(ask(&mut world, MAKER, MORNING, approve(&one)), Some(Decline::ReviewerIsApplicant));
        assert!(paid(&mut world, 1, MORNING).is_some(), "it waits");
        assert_eq!(ask(&mut world, CHECKER, MORNING, approve(&one)), None);
        assert_eq!(paid(&mut world, 2, MORNING), None);
        assert_eq!(world.verify(), []);
    }
}

#[test]
fn a_slip_of_the_hand_is_undone_alone_within_half_an_hour() {
    for (person, after, expected) in [
        (MAKER, 0, None),
        (MAKER, SLIP - 1, None),
        (MAKER, SLIP, Some(Decline::NeedsSecondPerson)),
        (CHECKER, 1, Some(Decline::NeedsSecondPerson)),
    ] {
        let mut world = office();
        assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::Freeze)), None);
        let undone = ask(&mut world, person, MORNING.plus(after), moving(1, CardMove::Reopen));
        assert_eq!(undone, expected, "{person} {after}");
        assert_eq!(status(&world, 1) == CardStatus::Active, expected.is_none());
        assert_eq!(world.verify(), []);
    }
}

#[test]
fn a_stolen_or_closed_card_never_returns() {
    let mut world = office();
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::ReportStolen)), None);
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::Reopen)), Some(refused(CardStatus::Stolen)));
    assert_eq!(decide(&mut world, &act(1, CardMove::Reopen)), Some(refused(CardStatus::Stolen)));
    done(&mut world, &act(2, CardMove::Close));
    for made in CardMove::ALL {
        assert_eq!(ask(&mut world, MAKER, MORNING, moving(2, made)), Some(refused(CardStatus::Closed)), "{made}");
    }
    assert_eq!(world.verify(), []);
}

#[test]
fn only_an_empty_card_is_closed_and_one_person_closes_only_a_spoiled_one() {
    let mut world = office();
    let left = Some(Decline::CardNotEmpty { left: Fen(10_000) });
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::Close)), left);
    assert_eq!(decide(&mut world, &act(1, CardMove::Close)), left);
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(2, CardMove::Close)), Some(Decline::NeedsSecondPerson));
    world.put_card(Card { status: CardStatus::Issued, ..card(3) });
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(3, CardMove::Close)), None);
    // Money that arrives between proposal and approval keeps the card.
    let one = waiting(&mut world, &act(2, CardMove::Close));
    done(&mut world, &builders::money::funding("SL-LATE", 100));
    done(&mut world, &load(2, 100));
    assert_eq!(ask(&mut world, CHECKER, MORNING, approve(&one)), Some(Decline::CardNotEmpty { left: Fen(100) }));
    assert_eq!(world.verify(), []);
}

#[test]
fn wrong_pins_are_forgotten_once_a_day_by_one_person_and_then_by_two() {
    let mut world = office();
    let wrong = |world: &mut World, first: u16| {
        (first..first + 5).map(|n| world.decline(&envelope(n, MORNING, inquiry(1, false)))).last().expect("five")
    };
    assert_eq!(wrong(&mut world, 10), Some(Decline::PinTriesExceeded));
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::Unlock)), None);
    assert_eq!(paid(&mut world, 1, MORNING), None);
    assert_eq!(wrong(&mut world, 20), Some(Decline::PinTriesExceeded));
    assert_eq!(ask(&mut world, CHECKER, MORNING, moving(1, CardMove::Unlock)), Some(Decline::NeedsSecondPerson));
    let one = waiting(&mut world, &act(1, CardMove::Unlock));
    assert_eq!(paid(&mut world, 2, MORNING), Some(Decline::PinTriesExceeded), "75 in between");
    assert_eq!(ask(&mut world, CHECKER, MORNING, approve(&one)), None);
    assert_eq!(paid(&mut world, 3, MORNING), None);
    assert_eq!(ask(&mut world, MAKER, MORNING.plus(DAY), moving(1, CardMove::Unlock)), None);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_pin_locked_card_pays_after_an_unlock() {
    let mut world = office();
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::LockPin)), None);
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::Reopen)), Some(refused(CardStatus::PinLocked)));
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::Unlock)), None);
    assert_eq!(paid(&mut world, 1, MORNING), None);
    // What was frozen stays so; only its tries are forgotten.
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(2, CardMove::Freeze)), None);
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(2, CardMove::Unlock)), None);
    assert_eq!(status(&world, 2), CardStatus::Frozen);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_shop_moves_no_card_and_a_reason_is_asked_for() {
    let mut world = office();
    assert_eq!(world.decline(&envelope(1, MORNING, moving(1, CardMove::Freeze))), Some(Decline::CompanyOnly));
    for reason in ["", "x", " too many spaces", &"x".repeat(101)] {
        let asked =
            Command::CardMove(domain::card_move::Request { reason: reason.to_owned(), ..request(1, CardMove::Freeze) });
        assert_eq!(ask(&mut world, MAKER, MORNING, asked), Some(Decline::TextLength), "{reason}");
    }
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(9, CardMove::Freeze)), Some(Decline::InvalidCardNumber));
    assert_eq!(status(&world, 1), CardStatus::Active);
    assert_eq!(world.verify(), []);
}

/// What changed since a proposal was made is not approved.
#[test]
fn a_card_that_moved_meanwhile_makes_the_proposal_stale() {
    let mut world = office();
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::Freeze)), None);
    let one = waiting(&mut world, &act(1, CardMove::Reopen));
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::Reopen)), None);
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::ReportLost)), None);
    assert_eq!(ask(&mut world, CHECKER, MORNING, approve(&one)), Some(Decline::Stale));
    assert_eq!(status(&world, 1), CardStatus::Lost);
}

#[test]
fn verify_names_what_no_move_made() {
    type Change = fn(&mut World);
    let crafted: [(&str, Change); 10] = [
        ("card 10000001 is active, but its moves left it frozen", |world| set(world, CardStatus::Active)),
        ("card 10000001 is lost, but", |world| set(world, CardStatus::Lost)),
        ("card 10000002 is stolen, but", |world| {
            world.cards.get_mut(&card_key(2)).expect("a card").status = CardStatus::Stolen;
        }),
        ("is not kept", |world| _ = world.card_moves.pop()),
        ("is not what its transaction says", |world| world.card_moves[0].reason.push('!')),
        ("is not what its transaction says", |world| {
            (world.card_moves[0].made, world.card_moves[0].to) = (CardMove::ReportLost, CardStatus::Lost);
        }),
        ("no transaction moved card 10000002", |world| world.card_moves[0].card = card_id(2)),
        ("cannot be moved from lost to frozen", |world| world.card_moves[0].from = CardStatus::Lost),
        ("no transaction moved card", |world| world.card_moves[0].id = TransactionId(1)),
        ("moved no card as its proposal says", |world| world.card_moves[1].reason.push('!')),
    ];
    for (expected, change) in crafted {
        let mut world = office();
        assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::Freeze)), None);
        done(&mut world, &act(1, CardMove::Reopen));
        assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::Freeze)), None);
        assert_eq!(world.verify(), []);
        change(&mut world);
        let findings: Vec<_> = world.verify().iter().map(ToString::to_string).collect();
        assert!(findings.iter().any(|one| one.contains(expected)), "{expected}: {findings:?}");
    }
}

fn set(world: &mut World, status: CardStatus) {
    world.cards.get_mut(&card_key(1)).expect("a card").status = status;
}

/// The card's history has its moves and the approvals that made them.
#[test]
fn moves_are_in_the_history_of_the_card() {
    let mut world = office();
    assert_eq!(ask(&mut world, MAKER, MORNING, moving(1, CardMove::Freeze)), None);
    let approval = done(&mut world, &act(1, CardMove::Reopen));
    let last = world.cards[&card_key(1)].last;
    assert_eq!(last, Some(approval));
    let before = world.transaction(approval).and_then(|one| one.card_previous);
    assert_eq!(before, world.card_moves.first().map(|moved| moved.id));
    let Payload::Card(payload) = act(1, CardMove::Reopen) else { unreachable!("just made") };
    assert_eq!(proposals::shown(&world, &Payload::Card(payload)).get(domain::acts::Field::CardStatus), "active");
}
