//! Programmes: what two persons decide, what one person does at once, and what the cards make of it.

mod builders;

use builders::money::{decide, done, put_money};
use builders::programmes::{self, DRAFT, HALTED, USED, by_one, changed, narrow, of_card, terms};
use builders::proposals::{self, CHECKER, MAKER, approve};
use builders::{MORNING, Submit as _, World, by_issuer, card, card_key, envelope, inquiry, order, sale_pin};
use domain::acts::{Payload, Programme, ProgrammeAct};
use domain::ids::{OrderId, ProgrammeId};
use domain::money::Fen;
use domain::order::OrderStatus;
use domain::outcome::Decline;
use domain::programme::{ProgrammeStatus, Terms};
use domain::programme_change::Narrowing;

const CARD: u8 = 1;

/// A card with 100.00 and orders of 10.00 each, and the programmes of the acts.
fn shop() -> World {
    let mut world = builders::one_till();
    let mut card = card(CARD);
    card.programme.refund_window = 48 * domain::time::HOUR;
    world.put_card(card);
    programmes::put_known(&mut world);
    programmes::put(&mut world);
    for id in 1..6 {
        world.put_order(order(id, 1_000));
    }
    put_money(&mut world, CARD, 10_000);
    world
}

fn pay(n: u16, order: i64) -> domain::command::Envelope {
    envelope(n, MORNING, sale_pin(order, 1_000, CARD, true))
}

fn lower(world: &World, programme: ProgrammeId, change: impl FnOnce(&mut Terms)) -> Narrowing {
    Narrowing::Lower(terms(world, programme, change))
}

#[test]
fn two_persons_open_raise_and_resume() {
    let mut world = shop();
    for payload in programmes::acts() {
        let seen = proposals::shown(&world, &payload);
        done(&mut world, &payload);
        let now = proposals::shown(&world, &payload);
        assert_eq!(now, payload.after(&seen));
        assert_ne!(now, seen);
    }
    for programme in [DRAFT, HALTED, USED] {
        assert_eq!(world.programmes[&programme].status, ProgrammeStatus::Active);
    }
    assert_eq!(world.programmes[&USED].terms.balance_max, Fen(900_000));
    assert_eq!(world.verify(), []);
}

#[test]
fn a_template_holds_the_form_the_proposal_and_the_approval() {
    for (balance, months, expected) in [
        (100_000, Some(36), None),
        (100_001, Some(36), Some(Decline::OutsideTemplate)),
        (100_000, Some(35), Some(Decline::OutsideTemplate)),
        (100_000, None, None),
    ] {
        let mut world = shop();
        let terms = terms(&world, DRAFT, |terms| (terms.balance_max, terms.validity_months) = (Fen(balance), months));
        let payload = Payload::Programme(ProgrammeAct::Opening { programme: DRAFT, terms });
        assert_eq!(decide(&mut world, &payload), expected, "{balance} {months:?}");
    }
    // One that came past the check when it was made is met again when it is approved.
    let mut world = shop();
    let outside = terms(&world, DRAFT, |terms| terms.balance_max = Fen(100_001));
    let inside = Payload::Programme(ProgrammeAct::Opening { programme: DRAFT, terms: terms(&world, DRAFT, |_| ()) });
    let one = builders::money::waiting(&mut world, &inside);
    let crafted = Payload::Programme(ProgrammeAct::Opening { programme: DRAFT, terms: outside });
    world.proposals.get_mut(&one.id).expect("waits").payload = crafted;
    let one = world.proposals[&one.id].clone();
    let decline = world.decline(&by_issuer(CHECKER, envelope(900, MORNING, approve(&one))));
    assert_eq!(decline, Some(Decline::OutsideTemplate));
}

#[test]
fn one_person_lowers_and_the_next_payment_is_held_to_it() {
    let mut world = shop();
    assert_eq!(world.decline(&pay(1, 1)), None);
    let asked = by_one(2, &world, of_card(CARD), lower(&world, of_card(CARD), |terms| terms.sale_max = Fen(999)));
    // In one group, so that the effect is on the next decision and not on the next group.
    let outcomes = world.post(&[asked, pay(3, 2)]);
    assert!(outcomes[0].approved());
    let declined = outcomes[1].transaction().expect("recorded").decline;
    assert_eq!(declined, Some(Decline::OverSaleLimit { limit: Fen(999) }));
    assert_eq!(world.cards[&card_key(CARD)].programme.sale_max, Fen(999));
    // Up again takes two.
    let up = by_one(4, &world, of_card(CARD), lower(&world, of_card(CARD), |terms| terms.sale_max = Fen(1_000)));
    assert_eq!(world.decline(&up), Some(Decline::TakesTwoPersons));
    let raised = changed(&world, of_card(CARD), |terms| terms.sale_max = Fen(1_000));
    done(&mut world, &raised);
    assert_eq!(world.decline(&pay(5, 2)), None);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_suspended_programme_neither_pays_nor_is_loaded_and_shows_the_balance() {
    let mut world = shop();
    let programme = of_card(CARD);
    assert_eq!(world.decline(&by_one(2, &world.clone(), programme, Narrowing::Suspend)), None);
    assert_eq!(world.programmes[&programme].reason, "as agreed");
    assert_eq!(world.decline(&pay(3, 1)), Some(Decline::ProgrammeSuspended));
    let shown = world.submit(&envelope(4, MORNING, inquiry(CARD, true)));
    assert_eq!(shown.transaction().and_then(|one| one.balance), Some(Fen(10_000)));
    done(&mut world, &builders::money::funding("SL-9", 100));
    assert_eq!(decide(&mut world, &builders::money::load(CARD, 100)), Some(Decline::ProgrammeSuspended));
    // To end it would let its cards pay again.
    assert_eq!(world.decline(&by_one(5, &world.clone(), programme, Narrowing::End)), Some(Decline::NothingToChange));
    done(&mut world, &Payload::Programme(ProgrammeAct::Resuming { programme }));
    assert_eq!(world.decline(&pay(6, 1)), None);
    assert_eq!(world.decline(&by_one(7, &world.clone(), programme, Narrowing::End)), None);
    assert_eq!(world.decline(&pay(8, 2)), None);
    assert!([1, 2].iter().all(|id| world.orders[&OrderId(*id)].status == OrderStatus::Paid));
    assert_eq!(world.verify(), []);
}

#[test]
fn one_person_of_the_company_narrows_what_that_person_saw() {
    let mut world = shop();
    let other = |n, change: fn(&mut domain::programme_change::Change)| {
        let world = shop();
        let domain::command::Command::ProgrammeChange(mut asked) = narrow(&world, USED, Narrowing::Suspend) else {
            unreachable!("a change")
        };
        change(&mut asked);
        by_issuer(MAKER, envelope(n, MORNING, domain::command::Command::ProgrammeChange(asked)))
    };
    for (n, asked, expected) in [
        (1, other(101, |asked| asked.seen = domain::acts::Shown::default()), Decline::Stale),
        (2, other(102, |asked| asked.reason = "x".to_owned()), Decline::TextLength),
        (3, other(103, |asked| asked.programme = ProgrammeId(77)), Decline::NoSuchProgramme),
        (4, by_one(104, &world, USED, lower(&world, USED, |_| ())), Decline::NothingToChange),
        (5, by_one(105, &world, DRAFT, Narrowing::Suspend), Decline::NothingToChange),
        (6, by_one(106, &world, HALTED, Narrowing::Suspend), Decline::NothingToChange),
        (7, by_one(107, &world, USED, lower(&world, USED, |terms| terms.sale_max = Fen(0))), Decline::TermsUnsound),
        (8, envelope(108, MORNING, narrow(&world, USED, Narrowing::Suspend)), Decline::CompanyOnly),
    ] {
        assert_eq!(world.decline(&asked), Some(expected), "{n}");
    }
    assert!(world.narrowings.is_empty());
    // Whoever was shown the limits before they were lowered is refused, maker and checker alike.
    let raised = changed(&world, USED, |terms| terms.daily_count_max = 60);
    let one = builders::money::waiting(&mut world, &raised);
    let (first, second) = (
        by_one(110, &world, USED, lower(&world, USED, |terms| terms.daily_count_max = 5)),
        by_one(111, &world, USED, lower(&world, USED, |terms| terms.daily_count_max = 6)),
    );
    let outcomes = world.post(&[first, second]);
    assert_eq!(outcomes[1].transaction().and_then(|one| one.decline), Some(Decline::Stale));
    let approval = by_issuer(CHECKER, envelope(112, MORNING, approve(&one)));
    assert_eq!(world.decline(&approval), Some(Decline::Stale));
    assert_eq!(world.programmes[&USED].terms.daily_count_max, 5);
}

/// What happens to a world.
type Change = fn(&mut World);

#[test]
fn verify_names_limits_and_states_that_nobody_decided() {
    let crafted: [(&str, Change); 12] = [
        ("is not what its last", |world| one(world).terms.sale_max = Fen(7)),
        ("is not what its last", |world| one(world).terms.merchants.push(builders::MERCHANT)),
        ("is not what its last", |world| one(world).terms.hotline = "95588".to_owned()),
        ("is not what its last", |world| one(world).status = ProgrammeStatus::Suspended),
        ("is not what its last", |world| one(world).name.push('!')),
        ("is not what its last", |world| one(world).template = domain::programme::Template::Named),
        ("is not what the ledger says", |world| world.narrowings[0].change.reason.push('!')),
        ("is not what the ledger says", |world| world.narrowings[0].by = domain::ids::PersonId(CHECKER)),
        ("takes two persons", |world| {
            world.narrowings[0].change.what = Narrowing::Lower(terms(world, USED, |terms| terms.daily_count_max = 999));
        }),
        ("changes no programme", |world| _ = world.narrowings.pop()),
        ("was not at", |world| _ = world.narrowings.pop()),
        ("is not there", |world| _ = world.programmes.remove(&USED)),
    ];
    for (expected, change) in crafted {
        let mut world = shop();
        for payload in programmes::acts() {
            done(&mut world, &payload);
        }
        let lowered = lower(&world, USED, |terms| terms.daily_count_max = 5);
        assert_eq!(world.decline(&by_one(500, &world.clone(), USED, lowered)), None);
        let raised = changed(&world, USED, |terms| terms.daily_count_max = 7);
        done(&mut world, &raised);
        assert_eq!(world.verify(), []);
        change(&mut world);
        let findings: Vec<_> = world.verify().iter().map(ToString::to_string).collect();
        assert!(findings.iter().any(|one| one.contains(expected)), "{expected}: {findings:?}");
    }
}

fn one(world: &mut World) -> &mut Programme {
    world.programmes.get_mut(&USED).expect("one")
}
