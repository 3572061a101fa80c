//! Declines explained from the history of their cards: the rebuilt facts are those of the decision.

mod builders;

use std::collections::BTreeMap;

use builders::steps::{any_sketch, any_steps, envelopes};
use builders::{Submit as _, World};
use domain::card::CardStatus;
use domain::command::Command;
use domain::explain::History;
use domain::ids::CardId;
use domain::ledger::Transaction;
use domain::outcome::Decline;
use domain::pin::{PinPlace, PinTries};
use proptest::prelude::*;

/// The history of a card, the latest first.
fn history(world: &World, card: CardId) -> Vec<Transaction> {
    let mut next = world.cards.values().find(|one| one.id == card).and_then(|one| one.last);
    let mut found = Vec::new();
    while let Some(one) = next.and_then(|id| world.transaction(id)) {
        next = one.card_previous;
        found.push(one.clone());
    }
    found
}

fn is_explained(decline: Decline, status: CardStatus) -> bool {
    let plain = matches!(decline.code(), "51" | "54" | "55" | "61" | "62" | "65" | "41" | "43" | "75");
    let plain = plain && decline != Decline::PinNotSet;
    plain && status != CardStatus::Replaced && status != CardStatus::Closed
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_decline_is_explained_by_the_state_of_its_decision(sketch in any_sketch(), steps in any_steps()) {
        let mut world = sketch.build();
        let mut declined = Vec::new();
        let mut places: BTreeMap<i64, PinPlace> = BTreeMap::new();
        for asked in envelopes(&world, &steps) {
            let before = (world.cards.clone(), world.tries.clone());
            let known = world.transactions.len();
            world.submit(&asked);
            let Some(new) = world.transactions.get(known) else { continue };
            if let Some((_, pin)) = asked.command.pin() {
                places.insert(new.id.0, pin.place(asked.actor));
            }
            let pays = matches!(asked.command, Command::Inquiry { .. } | Command::SaleCheck { .. } | Command::Sale { .. } | Command::DirectSale(_));
            if let (Some(decline), Some(card), true) = (new.decline, new.card, pays) {
                declined.push((new.id, decline, card, before));
            }
        }
        let place = |one: &Transaction| places.get(&one.id.0).copied().unwrap_or(PinPlace::Outlet(one.actor.outlet));
        for (id, decline, card, (cards, tries)) in declined {
            let now = world.cards.values().find(|one| one.id == card).expect("a card");
            let transactions = history(&world, card);
            let moves: Vec<_> = world.card_moves.iter().filter(|moved| moved.card == card).cloned().collect();
            let limits = &world.limits;
            let all = History { card: now, activated_at: None, transactions: &transactions, moves: &moves, place: &place, limits };
            let told = all.explain(id).expect("in the history");
            let (was, at) = (&cards[&now.key], world.transaction(id).expect("recorded"));
            prop_assert_eq!(told.then.balance, was.balance);
            prop_assert_eq!(told.then.spent, was.spent_today(at.business_date));
            if let Some(status) = told.then.status {
                prop_assert_eq!(status, was.status);
            }
            if let Some(known) = &told.then.tries {
                prop_assert_eq!(known, &PinTries::today(tries.get(&now.key), at.business_date));
            }
            prop_assert_ne!(told.agrees, Some(false), "{:?}", decline);
            if is_explained(decline, was.status) && told.then.tries.is_some() && told.then.status.is_some() {
                prop_assert_eq!(told.agrees, Some(true), "{:?}", decline);
            }
        }
    }
}
