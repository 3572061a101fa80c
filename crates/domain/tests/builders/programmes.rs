//! Programmes in tests: those of the cards, and one for each act.

use domain::acts::{Payload, Programme, ProgrammeAct};
use domain::card;
use domain::command::{Command, Envelope};
use domain::ids::ProgrammeId;
use domain::money::Fen;
use domain::programme::{ProgrammeStatus, Template, Terms};
use domain::programme_change::{Change, Narrowing};

use super::proposals::MAKER;
use super::{MORNING, World, by_issuer, envelope};

/// A programme that was never opened.
pub(crate) const DRAFT: ProgrammeId = ProgrammeId(901);
/// One that was suspended.
pub(crate) const HALTED: ProgrammeId = ProgrammeId(902);
/// One in use.
pub(crate) const USED: ProgrammeId = ProgrammeId(903);

/// The programme of card `number`.
pub(crate) fn of_card(number: u8) -> ProgrammeId {
    ProgrammeId(i64::from(number))
}

/// A prefix of its own for each programme.
fn prefix(id: ProgrammeId) -> String {
    format!("60{:06}00", id.0)
}

/// A programme as its cards know it. It has no name, as cards show none.
pub(crate) fn known(one: &card::Programme) -> Programme {
    Programme {
        name: String::new(),
        prefix: prefix(one.id),
        number_length: 19,
        template: Template::Benefit,
        status: one.status,
        reason: String::new(),
        terms: Terms {
            balance_max: one.balance_max,
            load_max: one.load_max,
            sale_max: one.sale_max,
            daily_max: one.daily_max,
            daily_count_max: one.daily_count_max,
            month_max: one.month_max,
            refund_window: one.refund_window,
            merchants: one.merchants.clone(),
            ..Template::Benefit.usual()
        },
    }
}

/// Puts the programmes of the cards into a world.
pub(crate) fn put_known(world: &mut World) {
    let all: Vec<Programme> = world.cards.values().map(|card| known(&card.programme)).collect();
    world.programmes.extend(world.cards.values().map(|card| card.programme.id).zip(all));
}

/// Puts those for the acts into a world.
pub(crate) fn put(world: &mut World) {
    for (id, template, status) in [
        (DRAFT, Template::Anonymous, ProgrammeStatus::Draft),
        (HALTED, Template::Named, ProgrammeStatus::Suspended),
        (USED, Template::Benefit, ProgrammeStatus::Active),
    ] {
        let one = Programme {
            name: format!("programme {id}"),
            prefix: prefix(id),
            number_length: 16,
            template,
            status,
            reason: if status == ProgrammeStatus::Suspended { "a fault".to_owned() } else { String::new() },
            terms: template.usual(),
        };
        world.programmes.insert(id, one);
    }
}

/// An act of each kind about them.
pub(crate) fn acts() -> Vec<Payload> {
    let terms = Terms { balance_max: Fen(900_000), ..Template::Benefit.usual() };
    vec![
        Payload::Programme(ProgrammeAct::Opening { programme: DRAFT, terms: Template::Anonymous.usual() }),
        Payload::Programme(ProgrammeAct::Terms { programme: USED, terms }),
        Payload::Programme(ProgrammeAct::Resuming { programme: HALTED }),
    ]
}

/// What `change` makes of the terms of a programme as the world has it.
pub(crate) fn terms(world: &World, programme: ProgrammeId, change: impl FnOnce(&mut Terms)) -> Terms {
    let mut terms = world.programmes.get(&programme).map_or_else(|| Template::Benefit.usual(), |one| one.terms.clone());
    change(&mut terms);
    terms
}

/// The act that gives a programme other terms.
pub(crate) fn changed(world: &World, programme: ProgrammeId, change: impl FnOnce(&mut Terms)) -> Payload {
    Payload::Programme(ProgrammeAct::Terms { programme, terms: terms(world, programme, change) })
}

/// What one person does to a programme as the world has it.
pub(crate) fn narrow(world: &World, programme: ProgrammeId, what: Narrowing) -> Command {
    let seen = world.programmes.get(&programme).map(Programme::shown).unwrap_or_default();
    Command::ProgrammeChange(Change { programme, what, reason: "as agreed".to_owned(), seen })
}

/// The same, by a person of the company.
pub(crate) fn by_one(n: u16, world: &World, programme: ProgrammeId, what: Narrowing) -> Envelope {
    by_issuer(MAKER, envelope(n, MORNING, narrow(world, programme, what)))
}
