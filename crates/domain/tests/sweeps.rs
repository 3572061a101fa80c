//! Sweeps: wrong PINs on many cards stop what they are tried from, and nothing else.

mod builders;

use std::collections::BTreeMap;

use builders::{DAY, MERCHANT, MORNING, Submit as _, TILL, World, card, card_key, envelope, typed};
use domain::command::{Actor, Command, Envelope};
use domain::ids::{MerchantId, PersonId, TerminalId};
use domain::ledger::Transaction;
use domain::network::Network;
use domain::outcome::{Decline, Outcome};
use domain::pin::{Door, TypedPin};
use domain::proof::AlarmKind;
use domain::sweep::{Pause, Watch, WatchKind};
use domain::time::Timestamp;
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000;
const TILL_2: TerminalId = TerminalId(25_010_008);
const OTHER: MerchantId = MerchantId(250_200);
const OTHER_TILL: TerminalId = TerminalId(25_020_001);
/// How many cards exist; numbers above it are unknown.
const CARDS: u8 = 40;

fn world() -> World {
    let mut world = builders::one_till();
    world.tills.insert(TILL_2, builders::till(MERCHANT));
    world.tills.insert(OTHER_TILL, builders::till(OTHER));
    (1..=CARDS).for_each(|number| world.put_card(card(number)));
    world
}

/// One try: where, by whom, through what, from where, on which card.
#[derive(Clone, Copy, Debug)]
struct Try {
    till: TerminalId,
    person: i64,
    door: Door,
    network: &'static str,
    number: u8,
    right: bool,
    at: Timestamp,
}

const FIRST: Try =
    Try { till: TILL, person: 1003, door: Door::Till, network: "192.0.2.7", number: 1, right: false, at: MORNING };

impl Try {
    fn envelope(self, n: u16) -> Envelope {
        let merchant = if self.till == OTHER_TILL { OTHER } else { MERCHANT };
        let pin = TypedPin { door: self.door, network: Network::of(self.network), ..typed(self.number, self.right) };
        let command = Command::Inquiry { card: builders::presented(self.number), pin };
        let actor = Actor { person: PersonId(self.person), ..builders::actor(merchant, self.till) };
        Envelope { actor, ..envelope(n, self.at, command) }
    }
}

/// Wrong PINs on so many cards, one a second.
fn sweep(world: &mut World, from: Try, cards: u8) -> Vec<Outcome> {
    let one = |n: u8| Try { number: n, at: from.at.plus(i64::from(n) * 1_000_000), ..from };
    (1..=cards).map(|n| world.submit(&one(n).envelope(u16::from(n)))).collect()
}

fn paused(outcome: &Outcome) -> Option<Pause> {
    if let Outcome::Paused(pause) = outcome { Some(*pause) } else { None }
}

#[test]
fn a_sweep_stops_at_the_fifth_card_whichever_cards_exist() {
    let mut world = world();
    let outcomes = sweep(&mut world, FIRST, 80);
    let (told, stopped) = outcomes.split_at(5);
    assert!(told.iter().all(|one| one.transaction().is_some_and(|one| one.code() == "55")));
    let until = Some(MORNING.plus(5_000_000 + 10 * MINUTE));
    assert!(stopped.iter().all(|one| paused(one).is_some_and(|pause| pause.until == until)), "{stopped:?}");
    assert_eq!(world.transactions.len(), 5, "a refused PIN leaves no record");
    assert_eq!(world.verify(), []);
}

/// Counter by door: which of them a sweep through that door fills, seen from another try.
#[test]
fn a_pause_is_of_the_till_the_person_the_key_and_the_network_that_tried() {
    use WatchKind::{Key, Network, Person, Till};
    let elsewhere = Try { till: TILL_2, person: 1004, network: "192.0.2.8", number: 30, right: true, ..FIRST };
    let key = Try { door: Door::Key, person: 9001, ..elsewhere };
    let by_key = Try { door: Door::Key, person: 9001, ..FIRST };
    let cases = [
        (FIRST, elsewhere, None),
        (FIRST, Try { till: TILL, ..elsewhere }, Some(Till)),
        (FIRST, Try { person: 1003, ..elsewhere }, Some(Person)),
        (FIRST, Try { network: "192.0.2.7", ..elsewhere }, Some(Network)),
        (FIRST, Try { till: TILL, ..key }, None),
        (FIRST, Try { network: "192.0.2.7", ..key }, Some(Network)),
        (FIRST, Try { network: "192.0.2.7", till: OTHER_TILL, ..elsewhere }, None),
        (by_key, elsewhere, None),
        (by_key, Try { till: TILL, ..elsewhere }, None),
        (by_key, key, Some(Key)),
        (by_key, Try { person: 9002, ..key }, None),
        (by_key, Try { person: 9002, network: "192.0.2.7", ..key }, Some(Network)),
        (by_key, Try { network: "192.0.2.7", ..elsewhere }, Some(Network)),
        (Try { network: "2001:db8::1", ..FIRST }, Try { network: "2001:db8::2:1", ..elsewhere }, Some(Network)),
        (Try { network: "2001:db8::1", ..FIRST }, Try { network: "2001:db8:0:1::1", ..elsewhere }, None),
    ];
    for (from, probe, expected) in cases {
        let mut world = world();
        sweep(&mut world, from, 5);
        let outcome = world.submit(&Try { at: MORNING.plus(MINUTE), ..probe }.envelope(99));
        assert_eq!(paused(&outcome).map(|pause| pause.kind), expected, "{from:?} {probe:?}");
        assert_eq!(outcome.approved(), expected.is_none(), "{from:?} {probe:?}");
    }
}

#[test]
fn a_pause_ends_by_itself_and_a_stop_does_not() {
    let mut world = world();
    let mut at = MORNING;
    for round in 0..4_u8 {
        let wrong = |n: u8| Try { number: round * 5 + n, at, ..FIRST }.envelope(u16::from(round * 10 + n));
        for n in 1..=5 {
            assert_eq!(world.submit(&wrong(n)).transaction().map(Transaction::code), Some("55"), "{round} {n}");
        }
        let early = Try { number: 30, right: true, at: at.plus(10 * MINUTE - 1), ..FIRST };
        assert!(paused(&world.submit(&early.envelope(100 + u16::from(round)))).is_some());
        at = at.plus(10 * MINUTE);
    }
    for later in [at, at.plus(DAY), at.plus(300 * DAY)] {
        let late = Try { number: 30, right: true, at: later, ..FIRST };
        assert_eq!(paused(&world.submit(&late.envelope(200))).map(|pause| pause.until), Some(None), "until unlocked");
    }
    let stops = |alarm: &&domain::proof::Alarm| matches!(alarm.what, AlarmKind::Paused { until: None, .. });
    assert_eq!(world.alarms.iter().filter(stops).count(), 3, "till, person and network, each once");
    world.sweeps.clear();
    assert!(world.submit(&Try { number: 30, right: true, at, ..FIRST }.envelope(201)).approved(), "unlocked");
}

#[test]
fn one_card_tried_again_and_again_and_right_pins_stop_nobody() {
    let mut world = world();
    for n in 0..60_u16 {
        let number = if n % 2 == 0 { u8::try_from(n / 2 % 4).expect("few") + 1 } else { 30 };
        let right = number == 30;
        let outcome = world.submit(&Try { number, right, ..FIRST }.envelope(n));
        assert_eq!(paused(&outcome), None, "four cards are not five");
        assert_eq!(outcome.approved(), right);
    }
}

#[test]
fn a_card_locked_at_one_place_pays_elsewhere_until_ten_tries() {
    let mut world = world();
    let place = |world: &mut World, n: u16, from: Try| {
        let wrong = Try { number: 1, ..from };
        (0..6).map(|i| world.decline(&wrong.envelope(n + i))).last().flatten()
    };
    assert_eq!(place(&mut world, 1, FIRST), Some(Decline::PinTriesExceeded));
    let right = |from: Try| Try { number: 1, right: true, ..from };
    assert_eq!(world.decline(&right(FIRST).envelope(20)), Some(Decline::PinTriesExceeded));
    let second_till = Try { till: TILL_2, person: 1004, network: "192.0.2.8", ..FIRST };
    assert_eq!(world.decline(&right(second_till).envelope(21)), Some(Decline::PinTriesExceeded), "same outlet");
    let elsewhere = Try { till: OTHER_TILL, person: 1006, network: "192.0.2.9", ..FIRST };
    assert_eq!(world.decline(&right(elsewhere).envelope(22)), None, "another outlet");
    let keys = Try { door: Door::Key, person: 9001, network: "192.0.2.9", ..FIRST };
    assert_eq!(world.decline(&right(keys).envelope(23)), None, "keys are a place of their own");
    assert_eq!(place(&mut world, 30, keys), Some(Decline::PinTriesExceeded));
    assert_eq!(world.decline(&right(elsewhere).envelope(40)), Some(Decline::PinTriesExceeded), "ten in a day");
    let locks: Vec<bool> = world
        .alarms
        .iter()
        .filter_map(|alarm| match alarm.what {
            AlarmKind::Locked { everywhere, .. } => Some(everywhere),
            AlarmKind::Paused { .. } => None,
        })
        .collect();
    assert_eq!(locks, [false, true]);
    assert_eq!(world.decline(&Try { at: MORNING.plus(DAY), ..right(FIRST) }.envelope(41)), None, "midnight");
    let yesterday = Try { at: MORNING, ..right(FIRST) };
    for n in 0..9 {
        world.submit(&Try { at: MORNING.plus(DAY), right: false, ..yesterday }.envelope(50 + n));
    }
    let back = world.decline(&yesterday.envelope(60));
    assert_eq!(back, Some(Decline::PinTriesExceeded), "a clock that is set back gives no new tries");
}

/// What a reader of the rules would compute: the distinct cards of each watch in the last ten minutes and today.
#[derive(Default)]
struct Model {
    wrong: BTreeMap<Watch, Vec<(u8, Timestamp)>>,
    until: BTreeMap<Watch, Option<Timestamp>>,
}

impl Model {
    fn paused(&self, asked: &Envelope) -> bool {
        let (_, pin) = asked.command.pin().expect("a PIN");
        let open = |watch| self.until.get(&watch).is_none_or(|until| until.is_some_and(|until| until <= asked.at));
        !pin.watches(asked.actor).into_iter().all(open)
    }

    fn wrong(&mut self, one: Try, asked: &Envelope) {
        let (_, pin) = asked.command.pin().expect("a PIN");
        for watch in pin.watches(asked.actor) {
            let all = self.wrong.entry(watch.clone()).or_default();
            all.push((one.number, one.at));
            let distinct = |keep: &dyn Fn(Timestamp) -> bool| {
                let mut numbers: Vec<u8> = all.iter().filter(|(_, at)| keep(*at)).map(|(number, _)| *number).collect();
                numbers.sort_unstable();
                numbers.dedup();
                numbers.len()
            };
            if distinct(&|at| at.business_date() == one.at.business_date()) >= 20 {
                self.until.insert(watch, None);
            } else if distinct(&|at| one.at.since(at) < 10 * MINUTE) >= 5 {
                self.until.insert(watch, Some(one.at.plus(10 * MINUTE)));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_course_of_tries_is_stopped_exactly_where_the_rule_says(
        tries in prop::collection::vec(
            (0..3_usize, 0..3_i64, any::<bool>(), 0..3_usize, 1..=60_u8, prop::bool::weighted(0.2), 0..200_i64), 1..160,
        ),
        cuts in prop::collection::vec(1..9_usize, 160),
    ) {
        let (mut model, mut at, mut all, mut expected) = (Model::default(), MORNING, Vec::new(), Vec::new());
        let mut singly = world();
        for (n, (till, person, key, network, number, right, seconds)) in (1..).zip(tries) {
            at = at.plus(seconds * 1_000_000);
            let one = Try {
                till: [TILL, TILL_2, OTHER_TILL][till],
                person: if key { 9001 + person } else { 1003 + person },
                door: if key { Door::Key } else { Door::Till },
                network: ["192.0.2.7", "192.0.2.8", "2001:db8::7"][network],
                number,
                right,
                at,
            };
            let asked = one.envelope(n);
            let outcome = singly.submit(&asked);
            prop_assert_eq!(paused(&outcome).is_some(), model.paused(&asked), "{:?}", one);
            let code = outcome.transaction().map(Transaction::code);
            // A number without tries left is not compared, so it is no wrong PIN, but for the one that used them up.
            let counted = singly.sweeps.values().any(|sweep| {
                sweep.seen.last().is_some_and(|seen| seen.card == card_key(number) && seen.at == at)
            });
            if code == Some("55") || (code == Some("75") && counted) {
                model.wrong(one, &asked);
            }
            all.push(asked);
            expected.push(outcome);
        }
        let (mut grouped, mut outcomes, mut rest) = (world(), Vec::new(), &all[..]);
        for cut in cuts {
            let (group, left) = rest.split_at(cut.min(rest.len()));
            outcomes.extend(grouped.post(group));
            rest = left;
        }
        outcomes.extend(grouped.post(rest));
        prop_assert_eq!(expected, outcomes);
        prop_assert!(grouped == singly, "a group counts as one at a time");
    }
}
