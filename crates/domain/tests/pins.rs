//! PINs and activation codes: who makes them, who sets them, what ends them, and what `verify` finds.

mod builders;

use builders::money::put_money;
use builders::pins::{by_holder, code, first_use, issue_code, issue_pin, reset};
use builders::proposals::{self, CHECKER, MAKER};
use builders::{MORNING, Submit as _, World, by_issuer, card, card_key, envelope, order, pin, sale_pin};
use domain::card::{Card, CardStatus};
use domain::card_code::{CODE_LIFE, CODE_TRIES, CodeValue};
use domain::command::{Command, Envelope};
use domain::first_use::FirstUse;
use domain::ids::{OrderId, PersonId, TransactionId};
use domain::network::Network;
use domain::outcome::{Decline, Outcome};
use domain::pin::{CardPin, PinState, PinValue};
use domain::programme::PinMode;
use domain::sweep::WatchKind;
use domain::time::{HOUR, Timestamp};

const CARD: u8 = 1;
/// The PIN that the holder chooses.
const CHOSEN: PinValue = PinValue([77; 32]);

/// A shop with a card in this state, of a programme of this mode, and orders of 10.00.
fn shop(status: CardStatus, mode: PinMode, pin: CardPin) -> World {
    let mut world = builders::one_till();
    let mut card = Card { status, pin, ..card(CARD) };
    card.programme.pin_mode = mode;
    world.put_card(card);
    (1..=20).for_each(|id| world.put_order(order(id, 1_000)));
    world
}

/// A card that was never used, with money on it.
fn fresh(mode: PinMode) -> World {
    let mut world = shop(CardStatus::Issued, mode, CardPin::Unset);
    put_money(&mut world, CARD, 10_000);
    world
}

/// A card in use, with money on it.
fn used() -> World {
    let mut world = shop(CardStatus::Active, PinMode::FirstUse, CardPin::Initial(pin(CARD, true)));
    put_money(&mut world, CARD, 10_000);
    world
}

fn ask_at(world: &mut World, at: Timestamp, who: impl FnOnce(Envelope) -> Envelope, command: Command) -> Outcome {
    let n = 40_000 + u16::try_from(world.transactions.len()).expect("few");
    world.submit(&who(envelope(n, at, command)))
}

fn by_maker(world: &mut World, command: Command) -> Option<Decline> {
    ask_at(world, MORNING, |one| by_issuer(MAKER, one), command).transaction().expect("recorded").decline
}

fn holder(world: &mut World, right: bool, pin: PinValue) -> Option<Decline> {
    holder_at(world, MORNING, first_use(CARD, right, pin))
}

fn holder_at(world: &mut World, at: Timestamp, command: Command) -> Option<Decline> {
    ask_at(world, at, by_holder, command).transaction().expect("recorded").decline
}

fn pay_with(world: &mut World, pin: PinValue) -> Option<Decline> {
    let id = i64::try_from(world.transactions.len()).expect("few") % 20 + 1;
    world.put_order(order(id + 100, 1_000));
    let mut command = sale_pin(id + 100, 1_000, CARD, true);
    if let Command::Sale { proof: domain::command::Proof::Pin(typed), .. } = &mut command {
        typed.value = pin;
    }
    let n = 20_000 + u16::try_from(world.transactions.len()).expect("few");
    world.decline(&envelope(n, MORNING, command))
}

fn the_card(world: &World) -> &Card {
    &world.cards[&card_key(CARD)]
}

/// Two persons take the card's PIN away; the proposal.
fn take_away(world: &mut World) -> TransactionId {
    let one = builders::money::waiting(world, &reset(CARD));
    let n = 50_000 + u16::try_from(world.transactions.len()).expect("few");
    let approval = by_issuer(CHECKER, envelope(n, MORNING, proposals::approve(&one)));
    assert_eq!(world.decline(&approval), None);
    one.id
}

#[test]
fn a_holder_sets_the_first_pin_with_the_code_and_the_card_is_active_from_then_on() {
    let mut world = fresh(PinMode::FirstUse);
    assert_eq!(pay_with(&mut world, CHOSEN), Some(Decline::PinNotSet));
    assert!(world.tries.is_empty() && world.sweeps.is_empty(), "there was nothing to guess");
    assert_eq!(holder(&mut world, true, CHOSEN), Some(Decline::WrongCode), "there is no code yet");
    assert_eq!(by_maker(&mut world, issue_code(CARD, None)), None);
    assert_eq!(the_card(&world).pin.state(), PinState::Unset);
    assert_eq!(holder(&mut world, true, CHOSEN), None);
    assert_eq!((the_card(&world).status, the_card(&world).pin.state()), (CardStatus::Active, PinState::Set));
    assert_eq!(pay_with(&mut world, CHOSEN), None);
    assert_eq!(holder(&mut world, true, PinValue([78; 32])), Some(Decline::WrongCode), "a code is used once");
    assert_eq!(by_maker(&mut world, issue_code(CARD, None)), Some(Decline::NothingToChange), "the holder's PIN stays");
    assert_eq!(world.verify(), []);
}

#[test]
fn an_initial_pin_is_the_latest_that_was_printed_and_does_not_activate() {
    let mut world = fresh(PinMode::Mailer);
    for printed in [PinValue([7; 32]), PinValue([8; 32])] {
        assert_eq!(by_maker(&mut world, issue_pin(CARD, printed)), None);
    }
    assert_eq!(
        by_maker(&mut world, issue_code(CARD, None)),
        Some(Decline::NothingToChange),
        "its programme prints PINs"
    );
    assert!(matches!(pay_with(&mut world, PinValue([7; 32])), Some(Decline::WrongPin { .. })), "the earlier is void");
    assert_eq!(pay_with(&mut world, PinValue([8; 32])), Some(Decline::CardNotActive));
    world.cards.get_mut(&card_key(CARD)).expect("one").status = CardStatus::Active;
    assert_eq!(pay_with(&mut world, PinValue([8; 32])), None);
    assert_eq!(
        by_maker(&mut world, issue_pin(CARD, PinValue([9; 32]))),
        Some(Decline::NothingToChange),
        "it is in use"
    );
    assert_eq!(world.verify(), []);
}

#[test]
fn five_wrong_codes_end_a_code_and_every_refusal_is_the_same() {
    let mut world = fresh(PinMode::FirstUse);
    assert_eq!(by_maker(&mut world, issue_code(CARD, None)), None);
    for _ in 0..CODE_TRIES {
        assert_eq!(holder(&mut world, false, CHOSEN), Some(Decline::WrongCode));
    }
    assert_eq!(holder(&mut world, true, CHOSEN), Some(Decline::WrongCode), "the right one is too late");
    let unknown =
        FirstUse { card: builders::presented(9), code: code(9, true), pin: CHOSEN, network: Network::of("192.0.2.99") };
    assert_eq!(holder_at(&mut world, MORNING, Command::FirstUse(unknown)), Some(Decline::WrongCode));
    assert_eq!(world.verify(), []);
    // Another letter helps.
    assert_eq!(by_maker(&mut world, issue_code(CARD, None)), None);
    assert_eq!(holder(&mut world, true, CHOSEN), None);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_code_ends_after_90_days_to_the_microsecond() {
    for (after, expected) in [(CODE_LIFE - 1, None), (CODE_LIFE, Some(Decline::WrongCode))] {
        let mut world = fresh(PinMode::FirstUse);
        assert_eq!(by_maker(&mut world, issue_code(CARD, None)), None);
        assert_eq!(holder_at(&mut world, MORNING.plus(after), first_use(CARD, true, CHOSEN)), expected);
        assert_eq!(world.verify(), []);
    }
}

#[test]
fn wrong_codes_for_many_cards_pause_the_network_and_no_till() {
    let mut world = used();
    let guess = |number: u8, address: &str| {
        let network = Network::of(address);
        Command::FirstUse(FirstUse {
            card: builders::presented(number),
            code: CodeValue([1; 32]),
            pin: CHOSEN,
            network,
        })
    };
    let pause = world.limits.of(WatchKind::Network).pause_cards;
    for number in 0..u8::try_from(pause).expect("few") {
        assert_eq!(holder_at(&mut world, MORNING, guess(50 + number, "192.0.2.7")), Some(Decline::WrongCode));
    }
    let count = world.transactions.len();
    let paused = ask_at(&mut world, MORNING, by_holder, guess(90, "192.0.2.7"));
    assert!(matches!(paused, Outcome::Paused(_)), "{paused:?}");
    assert_eq!(world.transactions.len(), count, "a pause is no record");
    assert_eq!(holder_at(&mut world, MORNING, guess(90, "192.0.2.8")), Some(Decline::WrongCode));
    // The same network's tills go on.
    assert_eq!(pay_with(&mut world, pin(CARD, true)), None);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_reset_ends_the_old_pin_at_once_and_its_maker_alone_makes_the_code() {
    let mut world = used();
    assert_eq!(pay_with(&mut world, pin(CARD, true)), None);
    let proposal = take_away(&mut world);
    assert_eq!(pay_with(&mut world, pin(CARD, true)), Some(Decline::PinNotSet));
    assert_eq!(by_maker(&mut world, issue_code(CARD, None)), Some(Decline::NothingToChange), "it is in use");
    let other = ask_at(&mut world, MORNING, |one| by_issuer(CHECKER, one), issue_code(CARD, Some(proposal)));
    assert_eq!(other.transaction().expect("recorded").decline, Some(Decline::NotTheMaker));
    for _ in 0..2 {
        assert_eq!(by_maker(&mut world, issue_code(CARD, Some(proposal))), None, "as often as it is lost");
    }
    assert_eq!(holder(&mut world, true, CHOSEN), None);
    assert!(matches!(pay_with(&mut world, pin(CARD, true)), Some(Decline::WrongPin { .. })));
    assert_eq!(pay_with(&mut world, CHOSEN), None);
    assert_eq!(by_maker(&mut world, issue_code(CARD, Some(proposal))), Some(Decline::NothingToChange), "it is done");
    // A second reset, and the first one's maker has no part in it.
    let second = take_away(&mut world);
    assert_eq!(by_maker(&mut world, issue_code(CARD, Some(proposal))), Some(Decline::NothingToChange));
    assert_eq!(by_maker(&mut world, issue_code(CARD, Some(second))), None);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_card_that_was_locked_for_wrong_pins_pays_with_the_pin_that_its_holder_sets() {
    let mut world = used();
    for _ in 0..5 {
        pay_with(&mut world, PinValue([99; 32]));
    }
    assert_eq!(pay_with(&mut world, pin(CARD, true)), Some(Decline::PinTriesExceeded));
    world.cards.get_mut(&card_key(CARD)).expect("one").status = CardStatus::PinLocked;
    let proposal = take_away(&mut world);
    assert_eq!(by_maker(&mut world, issue_code(CARD, Some(proposal))), None);
    assert_eq!(holder(&mut world, true, CHOSEN), None);
    assert_eq!(pay_with(&mut world, CHOSEN), None);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_stopped_card_gets_no_pin_and_says_why_to_whoever_has_its_code() {
    for (status, expected) in [
        (CardStatus::Frozen, Decline::CardFrozen),
        (CardStatus::Lost, Decline::CardLost),
        (CardStatus::Stolen, Decline::CardStolen),
        (CardStatus::Replaced, Decline::CardReplaced),
        (CardStatus::Closed, Decline::CardClosed),
    ] {
        let mut world = fresh(PinMode::FirstUse);
        assert_eq!(by_maker(&mut world, issue_code(CARD, None)), None);
        // Only what pays is stopped.
        world.cards.get_mut(&card_key(CARD)).expect("one").status = CardStatus::Active;
        builders::cards::bring(&mut world, CARD, status);
        assert_eq!(holder(&mut world, false, CHOSEN), Some(Decline::WrongCode), "{status}");
        assert_eq!(holder(&mut world, true, CHOSEN), Some(expected), "{status}");
        assert_eq!(the_card(&world).pin.state(), PinState::Unset, "{status}");
        assert_eq!(world.verify(), [], "{status}");
    }
}

#[test]
fn who_saw_the_number_makes_no_secret_for_the_card() {
    for mode in [PinMode::FirstUse, PinMode::Mailer] {
        let mut world = fresh(mode);
        let secret = || if mode == PinMode::Mailer { issue_pin(CARD, CHOSEN) } else { issue_code(CARD, None) };
        world.numbers_seen.insert(card_key(CARD), vec![domain::ids::PersonId(CHECKER), domain::ids::PersonId(MAKER)]);
        assert_eq!(by_maker(&mut world, secret()), Some(Decline::NumberSeen));
        world.numbers_seen.insert(card_key(CARD), vec![domain::ids::PersonId(CHECKER)]);
        assert_eq!(by_maker(&mut world, secret()), None);
        assert_eq!(world.verify(), []);
    }
    // After a reset, too.
    let mut world = used();
    let reset = take_away(&mut world);
    world.numbers_seen.insert(card_key(CARD), vec![domain::ids::PersonId(MAKER)]);
    assert_eq!(by_maker(&mut world, issue_code(CARD, Some(reset))), Some(Decline::NumberSeen));
}

#[test]
fn a_code_that_was_made_before_a_lock_opens_nothing() {
    let mut world = used();
    let reset = take_away(&mut world);
    assert_eq!(by_maker(&mut world, issue_code(CARD, Some(reset))), None);
    let later = Timestamp(MORNING.0 + 1);
    let lock = builders::cards::moving(CARD, domain::card_move::CardMove::LockPin);
    assert_eq!(
        ask_at(&mut world, later, |one| by_issuer(MAKER, one), lock).transaction().expect("recorded").decline,
        None
    );
    let then = Timestamp(MORNING.0 + 2);
    assert_eq!(holder_at(&mut world, then, first_use(CARD, true, CHOSEN)), Some(Decline::PinTriesExceeded));
    assert_eq!((the_card(&world).status, the_card(&world).pin.state()), (CardStatus::PinLocked, PinState::Unset));
    // One that two persons had made since does.
    let reset = take_away(&mut world);
    let printed = |one| by_issuer(MAKER, one);
    let made = ask_at(&mut world, then, printed, issue_code(CARD, Some(reset)));
    assert_eq!(made.transaction().expect("recorded").decline, None);
    assert_eq!(holder_at(&mut world, then, first_use(CARD, true, CHOSEN)), None);
    assert_eq!(the_card(&world).status, CardStatus::Active);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_card_in_use_without_a_pin_gets_one_by_a_reset() {
    // Its letter never came; or the code of a reset was lost, and its maker is no longer there.
    let mut world = shop(CardStatus::Active, PinMode::FirstUse, CardPin::Unset);
    for _ in 0..2 {
        let reset = take_away(&mut world);
        assert_eq!(by_maker(&mut world, issue_code(CARD, Some(reset))), None);
    }
    assert_eq!(holder(&mut world, true, CHOSEN), None);
    assert_eq!(the_card(&world).pin.state(), PinState::Set);
    assert_eq!(world.verify(), []);
}

#[test]
fn what_takes_no_reset_is_not_proposed() {
    for (status, pin, expected) in [
        (CardStatus::Issued, CardPin::Initial(pin(CARD, true)), Decline::NothingToChange),
        (CardStatus::Closed, CardPin::Initial(pin(CARD, true)), Decline::CardClosed),
        (CardStatus::Replaced, CardPin::Initial(pin(CARD, true)), Decline::CardReplaced),
    ] {
        let mut world = shop(status, PinMode::FirstUse, pin);
        assert_eq!(builders::money::decide(&mut world, &reset(CARD)), Some(expected), "{status}");
    }
    let mut world = used();
    assert_eq!(builders::money::decide(&mut world, &reset(9)), Some(Decline::InvalidCardNumber));
}

/// A card whose state or PIN changed since the maker looked at it.
#[test]
fn a_reset_of_a_card_that_changed_is_stale() {
    let mut world = used();
    let one = builders::money::waiting(&mut world, &reset(CARD));
    world.cards.get_mut(&card_key(CARD)).expect("one").status = CardStatus::Lost;
    let approval = by_issuer(CHECKER, envelope(50_000, MORNING, proposals::approve(&one)));
    assert_eq!(world.decline(&approval), Some(Decline::Stale));
}

#[test]
fn a_till_or_a_person_of_the_company_sets_no_pin_and_a_holder_does_nothing_else() {
    let mut world = fresh(PinMode::FirstUse);
    assert_eq!(by_maker(&mut world, issue_code(CARD, None)), None);
    assert_eq!(by_maker(&mut world, first_use(CARD, true, CHOSEN)), Some(Decline::NotAcceptedHere));
    let at_till = ask_at(&mut world, MORNING, |one| one, first_use(CARD, true, CHOSEN));
    assert_eq!(at_till.transaction().expect("recorded").decline, Some(Decline::NotAcceptedHere));
    let at_till = ask_at(&mut world, MORNING, |one| one, issue_code(CARD, None));
    assert_eq!(at_till.transaction().expect("recorded").decline, Some(Decline::CompanyOnly));
    assert_eq!(holder_at(&mut world, MORNING, issue_code(CARD, None)), Some(Decline::CompanyOnly));
    let seen = proposals::shown(&world, &reset(CARD));
    assert_eq!(holder_at(&mut world, MORNING, proposals::propose(reset(CARD), seen)), Some(Decline::CompanyOnly));
    let inquiry = builders::inquiry(CARD, true);
    assert_eq!(holder_at(&mut world, MORNING, inquiry), Some(Decline::UnknownTerminal));
    assert!(world.orders.contains_key(&OrderId(1)));
    assert_eq!(world.verify(), []);
}

#[test]
fn a_group_sees_the_code_and_the_reset_that_it_made() {
    let mut world = fresh(PinMode::FirstUse);
    let group = [
        by_issuer(MAKER, envelope(1, MORNING, issue_code(CARD, None))),
        by_holder(envelope(2, MORNING, first_use(CARD, false, CHOSEN))),
        by_holder(envelope(3, MORNING, first_use(CARD, true, CHOSEN))),
        by_holder(envelope(4, MORNING, first_use(CARD, true, CHOSEN))),
    ];
    let codes: Vec<_> = world.post(&group).iter().map(|one| one.transaction().map_or("--", |one| one.code())).collect();
    assert_eq!(codes, ["00", "55", "00", "55"]);
    let seen = proposals::shown(&world, &reset(CARD));
    assert_eq!(seen.get(domain::acts::Field::CardPin), "set");
    assert_eq!(world.verify(), []);
}

type Change = fn(&mut World);

/// Rows that no record made: `verify` names each.
fn one(world: &mut World) -> &mut Card {
    world.cards.get_mut(&card_key(CARD)).expect("one")
}

fn its_code(world: &mut World) -> &mut domain::card_code::CardCode {
    world.codes.get_mut(&card_key(CARD)).expect("one")
}

#[test]
fn verify_names_pins_and_codes_that_no_record_made() {
    let used = |world: &mut World| {
        assert_eq!(by_maker(world, issue_code(CARD, None)), None);
        assert_eq!(holder(world, false, CHOSEN), Some(Decline::WrongCode));
        assert_eq!(holder(world, true, CHOSEN), None);
    };
    let crafted: [(&str, Change); 14] = [
        ("the PIN of card", |world| one(world).pin = CardPin::Set(PinValue([78; 32]))),
        ("the PIN of card", |world| one(world).pin = CardPin::Initial(CHOSEN)),
        ("the PIN of card", |world| one(world).pin = CardPin::Unset),
        ("the PIN of card", |world| one(world).pin_by = None),
        ("the PIN of card", |world| one(world).pin_by = Some(TransactionId::new(1, 1))),
        ("the activation code of card", |world| its_code(world).value = code(2, true)),
        ("the activation code of card", |world| its_code(world).made_by = PersonId(CHECKER)),
        ("the activation code of card", |world| its_code(world).made_at = MORNING.plus(HOUR)),
        ("the activation code of card", |world| its_code(world).expires_at = MORNING.plus(2 * CODE_LIFE)),
        ("the activation code of card", |world| its_code(world).tries_left = 5),
        ("the activation code of card", |world| its_code(world).used_at = None),
        ("the activation code of card", |world| its_code(world).made_in = TransactionId::new(1, 1)),
        ("the activation code of card", |world| its_code(world).reset = Some(TransactionId::new(1, 1))),
        ("is not kept", |world| world.codes.clear()),
    ];
    for (expected, change) in crafted {
        let mut world = fresh(PinMode::FirstUse);
        used(&mut world);
        assert_eq!(world.verify(), []);
        change(&mut world);
        let findings: Vec<_> = world.verify().iter().map(ToString::to_string).collect();
        assert!(findings.iter().any(|one| one.contains(expected)), "{expected}: {findings:?}");
    }
    // A PIN of a holder that no record knows.
    let mut world = shop(CardStatus::Active, PinMode::FirstUse, CardPin::Set(CHOSEN));
    put_money(&mut world, CARD, 100);
    assert!(world.verify().iter().any(|one| one.what.contains("no record says so")));
}

/// An old PIN that is put back after a reset.
#[test]
fn verify_names_an_old_pin_that_came_back() {
    let mut world = used();
    let old = the_card(&world).clone();
    take_away(&mut world);
    assert_eq!(world.verify(), []);
    let last = the_card(&world).last;
    world.put_card(Card { last, balance: the_card(&world).balance, ..old });
    assert!(world.verify().iter().any(|one| one.what.contains("the PIN of card")));
}
