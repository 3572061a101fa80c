//! One run: a seeded workload with faults over a host, and the auditor beside it.
//!
//! Faults: callers that go away before their answer, requests sent again, other content under the same id, a
//! withdrawal or a reversal racing its sale, two reviews of one refund, restarts with commands in flight, clocks that jump
//! over midnight and to the end of the time for refunds and answers.

use std::task::{Context, Poll, Waker};

use domain::card::CardStatus;
use engine::clock::Clock;

use crate::auditor::Auditor;
use crate::dice::Dice;
use crate::flaws::Flaw;
use crate::host::{Host, Pending, Store};
use crate::intent::{Act, Intent, Reply, What, Who};
use crate::shop::{CardTerms, FEE_BP, MORNING, OrderTerms, Shop};
use crate::workload::{self, Today};

/// What is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The engine over the books in memory.
    Memory,
    /// The engine over a database file.
    Sqlite,
    /// A host with a planted fault, or none: the control.
    Flawed(Option<Flaw>),
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    /// Commands sent.
    pub sent: u64,
    /// Attempts on record.
    pub recorded: i64,
    /// Orders paid.
    pub paid: usize,
    /// Answers to what comes after a sale: refunds asked for, decided; voids, reversals, batches closed; settlements
    /// prepared, decided; disputes opened, answered, decided; proposals made, decided, taken back.
    pub after: [u64; 13],
    /// Answers without a caller.
    pub lost: u64,
    /// Restarts with commands in flight.
    pub restarts: u64,
    /// Commands in flight at a restart, then found: decided, never arrived.
    pub resolved: (u64, u64),
}

/// Cards 0 to 6 exist, 7 is unknown; the fence is a card that the workload never uses.
pub(crate) const CARDS: i64 = 7;
pub(crate) const FENCE: i64 = 150;
/// One yuan in fen.
pub(crate) const YUAN: i64 = 100;
pub(crate) const HOUR: i64 = 3_600_000_000;

/// The till's own numbers for payments that it has begun start above this.
pub(crate) const ATTEMPTS: u64 = 1_000_000;

/// Steps between two looks into the books.
const LOOKS: u64 = 8;

/// Runs `steps` batches from `seed`. An error says what the auditor found.
pub fn run(kind: Kind, seed: u64, steps: u64) -> Result<Stats, String> {
    let mut dice = Dice::new(seed);
    let shop = shop(&mut dice, steps);
    let store = Store::new(kind, &shop);
    let clock = Clock::manual(MORNING);
    let mut run = Run {
        auditor: Auditor::new(&shop),
        totals: shop.orders.iter().map(|order| order.total).collect(),
        dice,
        store,
        clock,
        next: 1,
        step: 0,
        steps,
        stats: Stats::default(),
        in_flight: Vec::new(),
    };
    while run.step < steps {
        // A restart drops the runtime, and with it every task of the host, wherever it is.
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
        let done = runtime.block_on(run.epoch());
        drop(runtime);
        done.map_err(|what| format!("seed {seed}, step {}: {what}", run.step))?;
        run.store.restart();
    }
    run.stats.recorded = run.auditor.recorded();
    run.stats.paid = shop.orders.len() - run.auditor.unpaid();
    Ok(run.stats)
}

/// Every second card has limits of whole yuan, and many orders cost one yuan or one fen more: so limits are met to the
/// last fen, which numbers drawn from hundreds never would.
fn shop(dice: &mut Dice, steps: u64) -> Shop {
    let mut cards: Vec<CardTerms> = (0..CARDS)
        .map(|n| {
            // States that a card has without a move of its own.
            let all = [CardStatus::Issued, CardStatus::Active, CardStatus::Replaced, CardStatus::Closed];
            let other = all[usize::try_from(dice.below(4)).expect("small")];
            let status = if dice.chance(80) { CardStatus::Active } else { other };
            let daily_count_max = 2 + dice.below(12);
            let [balance_max, sale_max, daily_max] = if n % 2 == 0 {
                [YUAN * (4 + dice.below(4)), YUAN * (1 + dice.below(2)), YUAN * (2 + dice.below(4))]
            } else {
                [2_000 + dice.below(3_000), 150 + dice.below(400), 400 + dice.below(2_000)]
            };
            CardTerms { n, status, balance_max, sale_max, daily_max, daily_count_max }
        })
        .collect();
    cards.push(CardTerms::wide(FENCE));
    let count = 20 + i64::try_from(steps * 3).expect("few");
    let mut order = |id| {
        let attempt = dice.chance(10).then(|| ATTEMPTS + u64::try_from(id).expect("positive"));
        let total = match dice.below(10) {
            0..=3 => YUAN,
            4 => YUAN + 1,
            _ => 3 + dice.below(300),
        };
        OrderTerms { id, total, attempt }
    };
    Shop { cards, orders: (1..=count).map(&mut order).collect() }
}

/// A command that was sent.
struct Sent {
    intent: Intent,
    answer: Option<Pending>,
    reply: Option<Reply>,
}

/// What became of a command that was in flight.
struct Resolved {
    sequence: i64,
    /// The command, or the question that withdrew it.
    intent: Intent,
    reply: Reply,
    /// Whether it was decided before the restart, where that can be told.
    arrived: Option<bool>,
}

struct Run {
    auditor: Auditor,
    totals: Vec<i64>,
    dice: Dice,
    store: Store,
    clock: Clock,
    next: u64,
    step: u64,
    steps: u64,
    stats: Stats,
    /// Sent before a restart, in order.
    in_flight: Vec<Sent>,
}

impl Run {
    /// From one start of the host to the next.
    async fn epoch(&mut self) -> Result<(), String> {
        let host = self.store.start(&self.clock);
        self.resolve(&host).await?;
        if self.step == 0 {
            self.agree(&host).await?;
        }
        while self.step < self.steps {
            self.step += 1;
            if self.dice.chance(4) {
                self.crash(&host).await?;
                return Ok(());
            }
            self.batch(&host).await?;
            if self.step.is_multiple_of(LOOKS) {
                self.auditor.compare(&self.store.seen().await?)?;
            }
            self.jump();
        }
        self.close(&host).await
    }

    /// Two persons agree the fee that the shop begins with, and put the first money on its cards.
    async fn agree(&mut self, host: &Host) -> Result<(), String> {
        let loads = (0..CARDS).map(|card| (What::Load(card), 3 * YUAN));
        for (what, value) in [(What::Fee, FEE_BP), (What::Funding(1_000), 40 * YUAN)].into_iter().chain(loads) {
            let seen = self.auditor.memory().current(what);
            self.one(host, Who::Issuer, Act::Propose { what, value, seen }).await?;
            let last = self.auditor.memory().proposals().last().copied();
            if let Some((proposal, terms)) = last.filter(|(_, terms)| terms.what == what) {
                self.one(host, Who::OtherIssuer, Act::Decide { proposal, terms, yes: true, worded: true }).await?;
            }
        }
        Ok(())
    }

    /// One command, whose answer is awaited.
    async fn one(&mut self, host: &Host, who: Who, act: Act) -> Result<(), String> {
        let intent = Intent { id: self.next_id(), who, act };
        let at = self.clock.now().0;
        let reply = Reply::of(&host.submit(&intent).await?);
        self.auditor.audit(&intent, at, Some(&reply))
    }

    /// Time passes: over midnight, or to the last moment in which a shop may refund, or a merchant answer a dispute, and a
    /// moment beside it.
    fn jump(&mut self) {
        let memory = self.auditor.memory();
        let some = usize::try_from(self.dice.below(20)).expect("small");
        let sale = memory.sales().iter().rev().nth(some).and_then(|(_, order)| memory.paid(*order));
        if self.dice.chance(9) {
            let jump = if self.dice.chance(50) { 60 * HOUR } else { HOUR };
            self.clock.advance(1 + self.dice.below(jump));
        } else if let Some((_, at)) = sale.filter(|_| self.dice.chance(4)) {
            let left = at + 48 * HOUR - 1 + self.dice.below(3) - self.clock.now().0;
            self.clock.advance(left.max(0));
        } else if self.dice.chance(3)
            && let Some(end) = self.auditor.end_of_answers(self.clock.now().0)
        {
            self.clock.advance(end - 1 + self.dice.below(3) - self.clock.now().0);
        }
    }

    /// A batch whose answers are all awaited, but for those that are lost on the way.
    async fn batch(&mut self, host: &Host) -> Result<(), String> {
        let today = Today { auditor: &self.auditor, totals: &self.totals, step: self.step, now: self.clock.now().0 };
        let intents = workload::intents(&mut self.dice, &mut self.next, &today);
        let mut sent = Vec::new();
        for intent in intents {
            sent.push(self.send(host, intent));
            if self.dice.chance(20) {
                tokio::task::yield_now().await;
            }
            let last = sent.last_mut().expect("just sent");
            if self.dice.chance(10) {
                self.stats.lost += 1;
                last.answer = None;
            }
        }
        let fence = Intent { id: self.next_id(), who: Who::Cashier, act: Act::Inquiry { card: FENCE, right: true } };
        sent.push(self.send(host, fence));
        for one in &mut sent {
            if let Some(answer) = one.answer.take() {
                one.reply = Some(Reply::of(&answer.await?));
            }
        }
        let at = self.clock.now().0;
        for Sent { intent, reply, .. } in &sent {
            self.auditor.audit(intent, at, reply.as_ref())?;
            self.stats.count(&intent.act, reply.as_ref());
        }
        Ok(())
    }

    /// Sends and hands the command to the host; what follows may take time.
    fn send(&mut self, host: &Host, intent: Intent) -> Sent {
        self.stats.sent += 1;
        let mut sent = Sent { answer: Some(host.submit(&intent)), intent, reply: None };
        poll_answer(&mut sent);
        sent
    }

    /// Sends commands and stops somewhere among them.
    async fn crash(&mut self, host: &Host) -> Result<(), String> {
        self.stats.restarts += 1;
        for _ in 0..=self.dice.below(9) {
            let today =
                Today { auditor: &self.auditor, totals: &self.totals, step: self.step, now: self.clock.now().0 };
            let intent = workload::fresh(&mut self.dice, &mut self.next, &today);
            let twice = self.in_flight.iter().any(|sent| sent.intent.id == intent.id);
            // Nor can it be told whether a PIN was refused, so none is sent that a pause could meet.
            let pins = self.in_flight.iter().filter(|sent| sent.intent.act.has_pin()).count();
            let paused = intent.act.has_pin() && self.auditor.pauses_after(pins, self.clock.now().0);
            if twice || paused || workload::resolves(&intent) || matches!(intent.act, Act::Check { .. }) {
                continue;
            }
            let sent = self.send(host, intent);
            self.in_flight.push(sent);
            for _ in 0..self.dice.below(3) {
                tokio::task::yield_now().await;
            }
        }
        for one in &mut self.in_flight {
            poll_answer(one);
            one.answer = None;
        }
        Ok(())
    }

    /// Asks what became of everything that was in flight: the first of it was decided, the rest never will be. The
    /// records' numbers tell the order in which the auditor has to follow.
    async fn resolve(&mut self, host: &Host) -> Result<(), String> {
        let at = self.clock.now().0;
        let before = self.auditor.recorded();
        let mut found: Vec<Resolved> = Vec::new();
        for Sent { intent, reply: answered, .. } in std::mem::take(&mut self.in_flight) {
            let (order, amount) = intent.act.about();
            let question = Intent { act: Act::Withdraw { order, amount }, ..intent };
            let reply = Reply::of(&host.submit(&question).await?);
            let Reply::Recorded { sequence, .. } = reply else { return Err(format!("{intent:?} is {reply:?}")) };
            if answered.as_ref().is_some_and(|answered| *answered != reply) {
                return Err(format!("{intent:?} was answered {answered:?} and is now {reply:?}"));
            }
            let tells = sequence > before && !matches!(intent.act, Act::Withdraw { .. });
            let arrived = tells.then_some(!reply.withdrawn());
            found.push(Resolved {
                sequence,
                intent: if reply.withdrawn() { question } else { intent },
                reply,
                arrived,
            });
        }
        // A sale that a reversal blocked has its record from there, right before that of the reversal.
        let blocks = |one: &Resolved| match one.intent.act {
            Act::Reverse { sale, .. } => Some((one.sequence - 1, sale)),
            _ => None,
        };
        let blocked: Vec<(i64, u64)> = found.iter().filter_map(blocks).collect();
        found.retain(|one| !one.reply.withdrawn() || !blocked.contains(&(one.sequence, one.intent.id)));
        self.first_come(&found)?;
        found.sort_by_key(|one| one.sequence);
        found.iter().try_for_each(|one| self.auditor.audit(&one.intent, at, Some(&one.reply)))?;
        self.auditor.compare(&self.store.seen().await?)
    }

    /// What was sent earlier was decided earlier: nothing is decided after something that never arrived.
    fn first_come(&mut self, found: &[Resolved]) -> Result<(), String> {
        let mut never: Option<u64> = None;
        for Resolved { intent, arrived, .. } in found {
            match (arrived, never) {
                (Some(true), Some(earlier)) => {
                    return Err(format!("request {} was decided, {earlier} before it was not", intent.id));
                }
                (Some(true), None) => self.stats.resolved.0 += 1,
                (Some(false), _) => {
                    self.stats.resolved.1 += 1;
                    never = never.or(Some(intent.id));
                }
                (None, _) => {}
            }
        }
        Ok(())
    }

    /// At the end: the ledger is in order, every balance is what the auditor says, and every record has its command.
    async fn close(&mut self, host: &Host) -> Result<(), String> {
        self.clock.advance(48 * HOUR);
        for card in self.auditor.cards() {
            self.one(host, Who::Cashier, Act::Inquiry { card, right: true }).await?;
        }
        self.auditor.compare(&self.store.seen().await?)?;
        self.store.verify().await
    }

    fn next_id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl Stats {
    fn count(&mut self, act: &Act, reply: Option<&Reply>) {
        let [refunds, reviews, voids, reversals, closes, settlements, verdicts, disputes, answers, rulings, rest @ ..] =
            &mut self.after;
        let [proposals, decisions, withdrawals] = rest;
        let tally = match act {
            Act::Refund { .. } => refunds,
            Act::Review { .. } => reviews,
            Act::Void { .. } => voids,
            Act::Reverse { .. } => reversals,
            Act::Close => closes,
            Act::Settle { .. } => settlements,
            Act::Judge { .. } => verdicts,
            Act::Dispute { .. } => disputes,
            Act::Answer { .. } => answers,
            Act::Rule { .. } => rulings,
            Act::Propose { .. } => proposals,
            Act::Decide { .. } => decisions,
            Act::TakeBack { .. } => withdrawals,
            _ => return,
        };
        *tally += u64::from(matches!(reply, Some(Reply::Recorded { code, .. }) if code == "00"));
    }
}

/// Looks whether the answer has come, which also sends what was not sent yet.
fn poll_answer(sent: &mut Sent) {
    let Some(answer) = &mut sent.answer else { return };
    if let Poll::Ready(done) = answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        sent.reply = done.ok().map(|outcome| Reply::of(&outcome));
        sent.answer = None;
    }
}
