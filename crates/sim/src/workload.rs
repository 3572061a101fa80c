//! The next commands of the simulated shop: most make sense, many do not.

use crate::auditor::Auditor;
use crate::dice::Dice;
use crate::intent::{Act, Intent, Terms, What, Who};
use crate::run::{ATTEMPTS, CARDS, HOUR, YUAN};

/// What the shop knows while it thinks of something to do.
pub(crate) struct Today<'a> {
    pub(crate) auditor: &'a Auditor,
    pub(crate) totals: &'a [i64],
    pub(crate) step: u64,
    pub(crate) now: i64,
}

/// One to eight intentions, some of them sent twice or against one another.
pub(crate) fn intents(dice: &mut Dice, next: &mut u64, today: &Today<'_>) -> Vec<Intent> {
    let mut intents = Vec::new();
    for _ in 0..=dice.below(8) {
        let intent = fresh(dice, next, today);
        let (order, amount) = intent.act.about();
        match dice.below(20) {
            // A double click, or the same page in a second tab.
            0..=2 => intents.extend([intent.clone(), intent]),
            // The withdrawal before or after what it withdraws.
            3 | 4 => intents.extend(either(dice, Intent { act: Act::Withdraw { order, amount }, ..intent }, intent)),
            // Something under an id that was used before.
            5 | 6 => {
                let back = u64::try_from(1 + dice.below(30)).expect("small");
                intents.push(Intent { id: intent.id.saturating_sub(back).max(1), ..intent });
            }
            // The same under another id, by the same person or another one: two reviewers, two tills.
            7..=9 if !matches!(intent.act, Act::Sale { .. }) => {
                let again = Intent { id: new_id(next), who: who(dice, &intent.act), act: intent.act.clone() };
                intents.extend([intent, again]);
            }
            // The reversal before or after its sale.
            7..=9 => {
                let act = Act::Reverse { sale: intent.id, order, amount };
                intents.extend(either(dice, Intent { id: new_id(next), who: Who::Cashier, act }, intent));
            }
            _ => {
                if matches!(intent.act, Act::Close) {
                    intents.extend(resolve(today));
                }
                intents.push(intent);
            }
        }
    }
    intents
}

/// Whether this may end a payment that the till has begun. A restart cuts a group anywhere, and whether a close behind it
/// was refused for that payment cannot be told from outside then.
pub(crate) fn resolves(intent: &Intent) -> bool {
    intent.id > ATTEMPTS || matches!(intent.act, Act::Reverse { sale, .. } if sale > ATTEMPTS)
}

/// Asks what became of every payment that the till has begun.
fn resolve(today: &Today<'_>) -> impl Iterator<Item = Intent> {
    let open = today.auditor.memory().attempts().into_iter();
    open.map(|(id, order, amount)| Intent { id, who: Who::Cashier, act: Act::Withdraw { order, amount } })
}

fn either(dice: &mut Dice, one: Intent, other: Intent) -> [Intent; 2] {
    if dice.chance(50) { [one, other] } else { [other, one] }
}

fn new_id(next: &mut u64) -> u64 {
    *next += 1;
    *next
}

/// A person for such a command.
fn who(dice: &mut Dice, act: &Act) -> Who {
    let refund = matches!(act, Act::Refund { .. } | Act::Review { .. });
    if matches!(act, Act::FirstUse { .. }) && dice.chance(97) {
        return Who::Holder;
    }
    let settles = matches!(
        act,
        Act::Settle { .. }
            | Act::Judge { .. }
            | Act::Dispute { .. }
            | Act::Rule { .. }
            | Act::Propose { .. }
            | Act::Decide { .. }
            | Act::TakeBack { .. }
            | Act::Lower { .. }
            | Act::Issue { .. }
    );
    match dice.below(10) {
        0..=4 if settles => Who::Issuer,
        5..=8 if settles => Who::OtherIssuer,
        0 if refund => Who::OtherIssuer,
        1 | 2 if refund => Who::Issuer,
        0..=4 => Who::Manager,
        _ => Who::Cashier,
    }
}

/// A new intention.
pub(crate) fn fresh(dice: &mut Dice, next: &mut u64, today: &Today<'_>) -> Intent {
    let id = new_id(next);
    let act = if dice.chance(60) { after_sale(dice, id, today) } else { payment(dice, today) };
    // A payment that the till has begun keeps its id.
    let (order, _) = act.about();
    let begun = today.auditor.memory().attempts().into_iter().find(|(_, own, _)| *own == order);
    let sale = matches!(act, Act::Sale { .. } | Act::Confirmed { .. });
    let id = begun.filter(|_| sale && dice.chance(50)).map_or(id, |(attempt, ..)| attempt);
    Intent { id, who: who(dice, &act), act }
}

/// Orders come up as the day goes on, so that most are still unpaid and some are not.
fn order(dice: &mut Dice, today: &Today<'_>) -> (i64, i64) {
    let around = 1 + i64::try_from(today.step * 3).expect("few");
    let last = i64::try_from(today.totals.len()).expect("few");
    let order = (around + dice.below(12)).min(last + 1);
    let total = usize::try_from(order - 1).ok().and_then(|at| today.totals.get(at)).copied().unwrap_or(50);
    (order, total - i64::from(dice.chance(4)))
}

fn payment(dice: &mut Dice, today: &Today<'_>) -> Act {
    let card = dice.below(CARDS + 1);
    let right = dice.chance(70);
    let (order, amount) = order(dice, today);
    let until = today.now + HOUR - 2 * HOUR * i64::from(dice.chance(10));
    match dice.below(14) {
        12 | 13 => pins(dice, today),
        0 => Act::Inquiry { card, right },
        1 => Act::Check { order, amount, card, right },
        2..=5 => Act::Sale { order, amount, card, right },
        6 | 7 => Act::Confirmed { order, amount, card, until },
        8 => Act::Withdraw { order, amount },
        9 => money(dice, today),
        _ => deciding(dice, today).unwrap_or_else(|| money(dice, today)),
    }
}

/// A PIN is taken away, a code made, a PIN set.
fn pins(dice: &mut Dice, today: &Today<'_>) -> Act {
    let card = dice.below(CARDS + 1);
    let reset = today.auditor.reset_of(card);
    match dice.below(8) {
        0 | 1 => {
            let what = What::Reset(card);
            let now = today.auditor.memory().current(what);
            Act::Propose { what, value: 0, seen: if dice.chance(95) { now } else { now.map(|now| now + 1) } }
        }
        2..=4 => Act::Issue { card, reset: reset.filter(|_| dice.chance(95)) },
        _ => Act::FirstUse { card, right: dice.chance(80) },
    }
}

/// Approves one of the proposals about money that wait, so that cards have some.
fn deciding(dice: &mut Dice, today: &Today<'_>) -> Option<Act> {
    let known = today.auditor.memory().waiting();
    let (number, terms) = recent(dice, &known, 4)?;
    Some(Act::Decide { proposal: number, terms, yes: dice.chance(92), worded: dice.chance(97) })
}

/// Money arrives, goes on a card, comes back from one, or goes back to the customer.
fn money(dice: &mut Dice, today: &Today<'_>) -> Act {
    let memory = today.auditor.memory();
    let card = dice.below(CARDS + 1);
    let load = recent(dice, &memory.loads(), 6);
    let (what, value) = match dice.below(20) {
        0..=4 => (What::Funding(dice.below(400)), YUAN * (1 + dice.below(20))),
        5 | 6 => (What::Return, 1 + dice.below(memory.deposit().max(1) + 50)),
        7..=10 => match load {
            Some((number, card, amount, back)) => {
                let amount = if dice.chance(50) { amount - back } else { 1 + dice.below(amount + 20) };
                let card = if dice.chance(95) { card } else { (card + 1) % CARDS };
                (What::Adjustment(number, card), amount)
            }
            None => (What::Adjustment(1, card), YUAN),
        },
        11..=14 => (What::Load(card), YUAN * (1 + dice.below(5))),
        _ => (What::Load(card), dice.below(900) - 3),
    };
    let now = memory.current(what);
    let seen = if dice.chance(97) { now } else { now.map(|now| now + 1) };
    Act::Propose { what, value, seen }
}

/// One of the last `most`.
fn recent<T: Copy>(dice: &mut Dice, all: &[T], most: i64) -> Option<T> {
    let most = most.min(i64::try_from(all.len()).expect("few"));
    let back = usize::try_from(dice.below(most)).expect("small");
    all.iter().rev().nth(back).copied()
}

fn after_sale(dice: &mut Dice, own: u64, today: &Today<'_>) -> Act {
    let memory = today.auditor.memory();
    let (any, total) = order(dice, today);
    let sold = recent(dice, memory.sales(), 8).filter(|_| dice.chance(95));
    let order = sold.map_or(any, |(_, order)| order);
    match dice.below(84) {
        70..=83 => proposal(dice, today),
        46..=52 => {
            let all = memory.left(order).unwrap_or(total);
            let amount = match dice.below(8) {
                0 => all + 1,
                1 => 0,
                2..=4 => all,
                _ => 1 + dice.below(all.max(1)),
            };
            Act::Dispute { order, amount, worded: dice.chance(95) }
        }
        53..=69 => {
            let coming = (today.auditor.recorded() + 1 + dice.below(8), order);
            let known = recent(dice, memory.disputes(), 3).filter(|_| dice.chance(92));
            let (dispute, order) = known.unwrap_or(coming);
            match dice.below(13) {
                0..=3 => Act::Answer { order, dispute, agrees: dice.chance(40), worded: dice.chance(95) },
                _ => Act::Rule { order, dispute, uphold: dice.chance(70), worded: dice.chance(95) },
            }
        }
        32..=36 => Act::Settle { until: crate::auditor::day(today.now) - i64::from(dice.chance(90)) },
        37..=45 => {
            let coming = today.auditor.recorded() + 1 + dice.below(6);
            let settlement = memory.settlement().filter(|_| dice.chance(90)).unwrap_or(coming);
            Act::Judge { settlement, confirm: dice.chance(80), worded: dice.chance(95) }
        }
        0..=9 => Act::Refund {
            order,
            lines: lines(dice),
            unwanted: dice.chance(15),
            worded: dice.chance(95),
            escalate: dice.chance(20),
        },
        10..=23 => {
            // Sometimes one that is asked for in this very moment.
            let coming = (today.auditor.recorded() + 1 + dice.below(8), order);
            let known = recent(dice, memory.refunds(), 6).filter(|_| dice.chance(90));
            let (refund, order) = known.unwrap_or(coming);
            let card = match dice.below(10) {
                0..=2 => None,
                3 => Some(dice.below(CARDS)),
                _ => memory.paid(order).map(|(card, _)| card),
            };
            Act::Review { order, refund, card, worded: dice.chance(95) }
        }
        24..=26 => Act::Void { order },
        27..=30 => {
            let at = usize::try_from(order - 1).ok();
            let amount = at.and_then(|at| today.totals.get(at)).copied().unwrap_or(1) + i64::from(dice.chance(8));
            match (sold, dice.below(12)) {
                (_, 0) => Act::Reverse { sale: own, order, amount },
                // What will arrive, or never.
                (_, 1..=3) | (None, _) => {
                    let sale = own + u64::try_from(1 + dice.below(6)).expect("small");
                    Act::Reverse { sale, order: any, amount: total }
                }
                // Something else than that sale.
                (_, 4) => Act::Reverse { sale: own.saturating_sub(5).max(1), order, amount },
                (Some((sale, _)), _) => Act::Reverse { sale, order, amount },
            }
        }
        _ => Act::Close,
    }
}

/// A limit of a card is lowered, or proposed to be raised, while the till pays.
fn limit(dice: &mut Dice, today: &Today<'_>) -> Act {
    let card = dice.below(CARDS);
    let [balance, now, daily, count] = today.auditor.memory().limits(card);
    let (limits, seen) = ([balance, daily, count], now + i64::from(dice.chance(4)));
    match dice.below(10) {
        0..=3 => {
            let value = if dice.chance(92) { now - dice.below(60) } else { now + 1 + dice.below(40) };
            Act::Lower { card, limits, value, seen, worded: dice.chance(96) }
        }
        _ => Act::Propose { what: What::Limit(card, limits), value: now + dice.below(120), seen: Some(seen) },
    }
}

fn proposal(dice: &mut Dice, today: &Today<'_>) -> Act {
    if dice.chance(25) {
        return limit(dice, today);
    }
    let memory = today.auditor.memory();
    let known = memory.proposals();
    let Some((number, terms)) = recent(dice, &known, 3).filter(|_| dice.chance(68)) else {
        if dice.chance(30) {
            let now = memory.current(What::Factor).unwrap_or(0);
            let seen = Some(if dice.chance(95) { now } else { 1 - now });
            return Act::Propose { what: What::Factor, value: if dice.chance(90) { 1 - now } else { now }, seen };
        }
        let seen = if dice.chance(95) { memory.current(What::Fee) } else { Some(7) };
        let value = if dice.chance(5) { 1_001 } else { 20 * dice.below(6) };
        return Act::Propose { what: What::Fee, value, seen };
    };
    match dice.below(8) {
        0 => Act::TakeBack { proposal: number },
        // Something else than what was proposed.
        1 => {
            let change = i64::from(dice.chance(50));
            let (value, seen) = match terms.what {
                What::Fee => (terms.value + change, Some(7)),
                What::Factor => ((terms.value + change) % 2, terms.seen.map(|seen| 1 - seen)),
                What::Reset(_) => (0, terms.seen.map(|seen| seen + 1)),
                _ => (terms.value + change, terms.seen.map(|seen| seen + 1)),
            };
            let other = Terms { value, seen, ..terms };
            Act::Decide { proposal: number, terms: other, yes: true, worded: true }
        }
        _ => Act::Decide { proposal: number, terms, yes: dice.chance(75), worded: dice.chance(95) },
    }
}

/// All of the order, a piece of it, or something that is refused.
fn lines(dice: &mut Dice) -> Vec<(i64, i64)> {
    match dice.below(10) {
        0..=2 => vec![(1, 2), (2, 1)],
        3..=6 => vec![(1 + dice.below(2), 1)],
        7 => vec![(1, 2)],
        _ => (0..dice.below(3)).map(|_| (1 + dice.below(3), dice.below(4))).collect(),
    }
}
