//! Card batches: cards are made and activated by two humans, from where somebody hands them out, each once.

mod builders;

use builders::batches::{self, BATCH, OUTLET, activation, make_cards, making, move_cards, put_batch};
use builders::money::{decide, done, waiting};
use builders::proposals::{CHECKER, MAKER, approve, take_back};
use builders::{MORNING, Submit as _, World, by_issuer, envelope, one_till};
use domain::acts::Payload;
use domain::card::CardStatus;
use domain::card_batch::{CardBatchStatus, Keeper};
use domain::command::Command;
use domain::ids::{CardBatchId, CustomerId};
use domain::outcome::Decline;
use domain::proposal::DECIDE_WITHIN;

const CUSTOMER: CustomerId = builders::money::CUSTOMER;

fn office() -> World {
    let mut world = one_till();
    put_batch(&mut world);
    world
}

/// The batch made, received and all of it at an outlet.
fn handed_out() -> World {
    let mut world = office();
    let making = making(&world);
    done(&mut world, &making);
    make_cards(&mut world);
    move_cards(&mut world, 1, 4, Keeper::Vault);
    move_cards(&mut world, 1, 4, Keeper::Outlet(OUTLET));
    assert_eq!(world.verify(), []);
    world
}

fn ask(world: &mut World, n: u16, person: i64, command: Command) -> Option<Decline> {
    world.decline(&by_issuer(person, envelope(n, MORNING, command)))
}

fn states(world: &World) -> Vec<CardStatus> {
    (1..=4).map(|place| world.card_at(BATCH, place).expect("made").status).collect()
}

#[test]
fn two_humans_have_the_cards_of_a_batch_made_once() {
    let mut world = office();
    let making = making(&world);
    let one = waiting(&mut world, &making);
    assert_eq!((one.payload.count(), one.payload.subject()), (4, 1));
    assert_eq!(ask(&mut world, 1, MAKER, approve(&one)), Some(Decline::ReviewerIsApplicant));
    assert_eq!(world.card_batches[&BATCH].row.status, CardBatchStatus::Draft);
    assert_eq!(ask(&mut world, 2, CHECKER, approve(&one)), None);
    assert_eq!(world.card_batches[&BATCH].row.status, CardBatchStatus::Approved);
    assert_eq!(decide(&mut world, &making), Some(Decline::NothingToChange), "once");
    assert_eq!(world.verify(), [], "no card is made yet");
    world.make_card(BATCH, batches::new_card(1));
    assert_eq!(world.verify(), [], "half of it is made");
    (2..=4).for_each(|place| world.make_card(BATCH, batches::new_card(place)));
    assert_eq!(world.card_batches[&BATCH].row.status, CardBatchStatus::Generated);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_batch_that_differs_from_its_row_is_not_made() {
    let world = office();
    let row = &world.card_batches[&BATCH].row;
    let mut more = row.clone();
    more.quantity += 1;
    let mut other = row.clone();
    other.customer = Some((CUSTOMER, String::new()));
    for act in [more.making(BATCH), other.making(BATCH)] {
        assert_eq!(decide(&mut world.clone(), &Payload::Batch(act)), Some(Decline::NothingToChange));
    }
    let unknown = Payload::Batch(row.making(CardBatchId(2)));
    assert_eq!(decide(&mut world.clone(), &unknown), Some(Decline::NoSuchCardBatch));
    let mut ended = world.clone();
    ended.card_batches.get_mut(&BATCH).expect("one").row.programme_active = false;
    let making = making(&ended);
    assert_eq!(decide(&mut ended, &making), Some(Decline::ProgrammeNotActive));
}

#[test]
fn an_activation_marks_its_cards_and_the_job_goes_on_after_a_kill() {
    let mut world = handed_out();
    let one = waiting(&mut world, &activation(1, 3));
    assert_eq!(one.payload.count(), 3);
    assert_eq!(ask(&mut world, 1, MAKER, approve(&one)), Some(Decline::ReviewerIsApplicant));
    assert_eq!(ask(&mut world, 2, CHECKER, approve(&one)), None);
    assert_eq!(states(&world), [CardStatus::Issued; 4], "marked, not yet done");
    assert_eq!(world.verify(), []);
    world.activate_cards(BATCH, 2);
    assert_eq!(world.verify(), [], "in the middle");
    world.activate_cards(BATCH, 2);
    let active = CardStatus::Active;
    assert_eq!(states(&world), [active, active, active, CardStatus::Issued]);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_card_is_in_one_activation_and_only_while_it_is_new() {
    let mut world = handed_out();
    let one = waiting(&mut world, &activation(1, 2));
    for (first, last) in [(1, 1), (2, 3), (1, 4)] {
        assert_eq!(decide(&mut world, &activation(first, last)), Some(Decline::ActivationExists), "{first} to {last}");
    }
    assert_eq!(ask(&mut world, 1, MAKER, take_back(one.id)), None);
    done(&mut world, &activation(2, 3));
    assert_eq!(decide(&mut world, &activation(3, 4)), Some(Decline::ActivationExists), "approved, not yet done");
    world.activate_cards(BATCH, 9);
    let key = world.card_at(BATCH, 4).expect("made").key;
    world.cards.get_mut(&key).expect("one").status = CardStatus::Closed;
    assert_eq!(decide(&mut world, &activation(4, 4)), Some(Decline::CardInUse { place: 4 }));
    for (first, last) in [(0, 1), (4, 5), (3, 2)] {
        assert_eq!(decide(&mut world, &activation(first, last)), Some(Decline::NothingToChange));
    }
    assert_eq!(world.verify(), []);
    // What nobody decided in time keeps nothing.
    let mut world = handed_out();
    let late = waiting(&mut world, &activation(1, 4));
    let seen = late.seen.clone();
    let again = |n, at| by_issuer(MAKER, envelope(n, at, builders::proposals::propose(activation(1, 1), seen.clone())));
    assert_eq!(world.decline(&again(3, MORNING.plus(DECIDE_WITHIN - 1))), Some(Decline::ActivationExists));
    assert_eq!(world.decline(&again(4, MORNING.plus(DECIDE_WITHIN))), None);
}

/// One command of a group keeps the next one from the same cards.
#[test]
fn two_activations_of_one_group_do_not_meet() {
    let mut world = handed_out();
    let seen = builders::proposals::shown(&world, &activation(1, 2));
    let ask = |n, payload| by_issuer(MAKER, envelope(n, MORNING, builders::proposals::propose(payload, seen.clone())));
    let outcomes = world.post(&[ask(1, activation(1, 2)), ask(2, activation(2, 3)), ask(3, activation(3, 4))]);
    let declines: Vec<_> = outcomes.iter().map(|one| one.transaction().expect("recorded").decline).collect();
    assert_eq!(declines, [None, Some(Decline::ActivationExists), None]);
    assert_eq!(world.verify(), []);
}

#[test]
fn cards_are_activated_from_where_somebody_hands_them_out() {
    let at = |keeper: Keeper, own: bool, received: bool| {
        let mut world = handed_out();
        let one = world.card_batches.get_mut(&BATCH).expect("one");
        one.moved = vec![(batches::places(1, 3), Keeper::Vault)];
        if received {
            one.moved.push((batches::places(4, 4), Keeper::Spoiled));
        }
        one.row.status = if received { CardBatchStatus::Received } else { CardBatchStatus::Generated };
        one.row.customer = own.then(|| (CUSTOMER, "Example Ltd".to_owned()));
        if keeper == Keeper::Maker {
            one.moved = vec![(batches::places(3, 4), Keeper::Vault)];
        } else {
            one.moved.push((batches::places(1, 2), keeper));
        }
        decide(&mut world, &activation(1, 2))
    };
    let no = Some(Decline::CardsNotHandedOut);
    for (keeper, own, received, expected) in [
        (Keeper::Outlet(OUTLET), false, true, None),
        (Keeper::Outlet(OUTLET), false, false, None),
        (Keeper::Customer(CUSTOMER), false, false, None),
        (Keeper::Vault, false, true, no),
        (Keeper::Vault, true, true, None),
        (Keeper::Vault, true, false, no),
        (Keeper::Maker, true, false, no),
        (Keeper::Spoiled, true, true, no),
    ] {
        assert_eq!(at(keeper, own, received), expected, "{keeper:?}, own {own}, received {received}");
    }
}

#[test]
fn whoever_moves_the_cards_meanwhile_makes_an_activation_stale() {
    let mut world = handed_out();
    let one = waiting(&mut world, &activation(1, 2));
    move_cards(&mut world, 1, 1, Keeper::Vault);
    assert_eq!(ask(&mut world, 1, CHECKER, approve(&one)), Some(Decline::Stale));
    let mut world = handed_out();
    let one = waiting(&mut world, &activation(1, 2));
    world.card_batches.get_mut(&BATCH).expect("one").row.programme.1 = "another".to_owned();
    assert_eq!(ask(&mut world, 1, CHECKER, approve(&one)), Some(Decline::Stale));
}

type Change = fn(&mut World);

fn row(world: &mut World) -> &mut domain::world::StoredCardBatch {
    world.card_batches.get_mut(&BATCH).expect("the batch")
}

#[test]
fn verify_names_cards_that_no_two_persons_decided() {
    let crafted: [(&str, Change); 15] = [
        ("card batch 1 is received, but no proposal", |world| row(world).row.quantity = 5),
        ("card batch 1 is received, but no proposal", |world| row(world).row.printed_text.push('!')),
        ("card batch 1 is received, but no proposal", |world| row(world).approval = None),
        ("card batch 1 is draft, but no proposal", |world| row(world).row.status = CardBatchStatus::Draft),
        ("card batch 1 was approved, but does not exist", |world| world.card_batches.clear()),
        ("has made 3 cards, but 4 exist", |world| row(world).made = 3),
        ("gap or a double before its card 3", |world| _ = world.serials.remove(&1_000_002)),
        ("has made 4 cards, but 3 exist", |world| _ = world.serials.remove(&1_000_004)),
        ("card 4 of batch 1 is active", |world| {
            let key = world.card_at(BATCH, 4).expect("made").key;
            world.cards.get_mut(&key).expect("one").status = CardStatus::Active;
        }),
        ("card 1 of batch 1 is issued", |world| {
            let key = world.card_at(BATCH, 1).expect("made").key;
            world.cards.get_mut(&key).expect("one").status = CardStatus::Issued;
        }),
        ("card 2 of batch 1 is active", |world| world.serials.get_mut(&1_000_002).expect("made").1 = false),
        ("was approved, but has no row", |world| row(world).activations.clear()),
        ("is not what an approved proposal says", |world| {
            row(world).activations.values_mut().for_each(|(places, _)| places.last = 4);
        }),
        ("not all its cards arrived", |world| row(world).moved.clear()),
        ("cards from 1 of batch 1 were activated, but nobody has them", |world| {
            row(world).moved.push((batches::places(2, 2), Keeper::Spoiled));
        }),
    ];
    for (expected, change) in crafted {
        let mut world = handed_out();
        done(&mut world, &activation(1, 3));
        world.activate_cards(BATCH, 9);
        assert_eq!(world.verify(), []);
        change(&mut world);
        let findings: Vec<_> = world.verify().iter().map(ToString::to_string).collect();
        assert!(findings.iter().any(|one| one.contains(expected)), "{expected}: {findings:?}");
    }
}
