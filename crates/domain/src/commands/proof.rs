//! Proof of a PIN: compared once for payment and balance inquiry alike, and counted where it was typed.
//!
//! What must stay true: a pause is looked at before anything else of the command, and answers without a record, so it
//! tells nothing about the card and writes nothing. An approved command writes no count.

use crate::card::Card;
use crate::changes::Changes;
use crate::command::{Actor, Command, Envelope, PresentedCard, Proof};
use crate::network::Network;
use crate::outcome::Decline;
use crate::pin::{Door, PinPlace, PinState, PinTries, PinValue, TypedPin};
use crate::state::State;
use crate::sweep::{Pause, Sweep, Watch};
use crate::time::Timestamp;

/// Something that people who look after the installation want to know; written to the audit log in the same commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// When.
    pub at: Timestamp,
    /// Who typed the PIN, and where.
    pub actor: Actor,
    /// The network that the request came from.
    pub network: String,
    /// What happened.
    pub what: AlarmKind,
}

/// What an alarm says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlarmKind {
    /// A watch pauses, or stops if there is no moment at which it goes on.
    Paused {
        /// The watch.
        watch: Watch,
        /// How many cards it saw today.
        cards: usize,
        /// When it goes on by itself.
        until: Option<Timestamp>,
    },
    /// A card number gets no more tries today.
    Locked {
        /// The number as it may be seen.
        masked: String,
        /// At all places, not only at this one.
        everywhere: bool,
    },
}

impl Command {
    /// The PIN that is to be proved, with its card.
    pub fn pin(&self) -> Option<(&PresentedCard, &TypedPin)> {
        match self {
            Self::Inquiry { card, pin }
            | Self::SaleCheck { card, pin, .. }
            | Self::Sale { card, proof: Proof::Pin(pin), .. } => Some((card, pin)),
            Self::DirectSale(sale) => Some((&sale.card, &sale.pin)),
            _ => None,
        }
    }

    /// What counts the PIN or the activation code of this command if it is wrong.
    pub fn watches(&self, actor: Actor) -> Vec<Watch> {
        match (self, self.pin()) {
            (Self::FirstUse(asked), _) => asked.watches(),
            (_, Some((_, pin))) => pin.watches(actor),
            _ => Vec::new(),
        }
    }
}

impl TypedPin {
    /// Where its tries are counted.
    pub fn place(&self, actor: Actor) -> PinPlace {
        match self.door {
            Door::Till => PinPlace::Outlet(actor.outlet),
            Door::Key => PinPlace::Keys(actor.merchant),
        }
    }

    /// What counts it if it is wrong. A program is no till: what it guesses must not stop the cashier.
    pub fn watches(&self, actor: Actor) -> Vec<Watch> {
        let network = Watch::Network(actor.merchant, self.network.clone());
        match self.door {
            Door::Till => vec![Watch::Till(actor.terminal), Watch::Person(actor.person), network],
            Door::Key => vec![Watch::Key(actor.person), network],
        }
    }
}

/// The pause that keeps this command's PIN from being compared: the one that ends last.
pub(crate) fn pause(state: &State, envelope: &Envelope) -> Option<Pause> {
    let watches = envelope.command.watches(envelope.actor).into_iter();
    let pauses = watches.filter_map(|watch| state.sweeps.get(&watch)?.pause(watch.kind(), envelope.at));
    pauses.max_by_key(|pause| (pause.until.is_none(), pause.until))
}

/// The card, when the PIN is right. Counts a wrong try in `changes`, for an unknown number as well.
pub(crate) fn prove_pin<'a>(
    state: &'a State,
    envelope: &Envelope,
    presented: &PresentedCard,
    pin: &TypedPin,
    changes: &mut Changes,
) -> Result<&'a Card, Decline> {
    let place = pin.place(envelope.actor);
    let mut tries = PinTries::today(state.tries.get(&presented.key), envelope.at.business_date());
    if tries.left(place, &state.limits) == 0 {
        return Err(Decline::PinTriesExceeded);
    }
    let card = state.cards.get(&presented.key);
    // An unknown number is compared as well, so that it takes the same time.
    let nobody = PinValue([0; 32]);
    let right = pin.value.matches(card.and_then(|card| card.pin.value()).unwrap_or(&nobody));
    if card.is_some_and(|card| card.pin.state() == PinState::Unset) {
        // There is nothing to guess, so nothing is counted.
        return Err(Decline::PinNotSet);
    }
    if let Some(card) = card.filter(|_| right) {
        return Ok(card);
    }
    tries.wrong(place);
    let left = tries.left(place, &state.limits);
    if left == 0 {
        let everywhere = tries.left_everywhere(&state.limits) == 0;
        let masked = presented.masked.0.clone();
        changes.alarms.push(alarm(envelope, &pin.network, AlarmKind::Locked { masked, everywhere }));
    }
    changes.tries.insert(presented.key, tries);
    count(state, envelope, presented, (&pin.watches(envelope.actor), &pin.network), changes);
    match u8::try_from(left).unwrap_or(u8::MAX) {
        0 => Err(Decline::PinTriesExceeded),
        tries_left => Err(Decline::WrongPin { tries_left }),
    }
}

/// Counts a wrong PIN or code by everything that watches it.
pub(crate) fn count(
    state: &State,
    envelope: &Envelope,
    presented: &PresentedCard,
    (watches, network): (&[Watch], &Network),
    changes: &mut Changes,
) {
    let actor = envelope.actor;
    for watch in watches {
        let mut sweep = state.sweeps.get(watch).cloned().unwrap_or_else(|| Sweep::new(actor.merchant, actor.outlet));
        (sweep.merchant, sweep.outlet) = (actor.merchant, actor.outlet);
        sweep.wrong(presented.key, envelope.at, state.limits.of(watch.kind()));
        if let Some(Pause { until, .. }) = sweep.pause(watch.kind(), envelope.at) {
            let what = AlarmKind::Paused { watch: watch.clone(), cards: sweep.seen.len(), until };
            changes.alarms.push(alarm(envelope, network, what));
        }
        changes.sweeps.insert(watch.clone(), sweep);
    }
}

fn alarm(envelope: &Envelope, network: &Network, what: AlarmKind) -> Alarm {
    Alarm { at: envelope.at, actor: envelope.actor, network: network.as_str().to_owned(), what }
}
