//! One run: a seeded workload with faults over a host, and the auditor beside it.
//!
//! Faults: callers that go away before their answer, requests sent again, other content under the same id, a
//! withdrawal racing its sale, restarts with commands in flight, clocks that jump over midnight.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use domain::card::CardStatus;
use domain::outcome::Outcome;
use engine::Engine;
use engine::clock::Clock;
use storage::{Books, Sqlite};
use tempfile::TempDir;

use crate::ask::{Ask, Reply};
use crate::auditor::Auditor;
use crate::dice::Dice;
use crate::flaws::{Flaw, FlawedBooks, FlawedHost};
use crate::shop::{ACTOR, CardTerms, MORNING, OrderTerms, Shop, chain_key, request};

/// What is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The engine over the books in memory.
    Memory,
    /// The engine over a database file.
    Sqlite,
    /// A host with a planted fault.
    Flawed(Flaw),
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
    /// Answers that nobody waited for.
    pub lost: u64,
    /// Restarts with commands in flight.
    pub restarts: u64,
    /// Commands in flight at a restart, then found: decided, never arrived.
    pub resolved: (u64, u64),
}

/// Cards 0 to 6 exist, 7 is nobody's; the fence is nobody's concern.
const CARDS: i64 = 7;
const FENCE: i64 = 150;
const HOUR: i64 = 3_600_000_000;

/// Runs `steps` batches from `seed`. An error says what the auditor found.
pub fn run(kind: Kind, seed: u64, steps: u64) -> Result<Stats, String> {
    let mut dice = Dice::new(seed);
    let shop = shop(&mut dice, steps);
    let store = Store::new(kind, &shop);
    let clock = Clock::manual(MORNING);
    let mut run = Run {
        auditor: Auditor::new(&shop),
        orders: i64::try_from(shop.orders.len()).expect("few"),
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

fn shop(dice: &mut Dice, steps: u64) -> Shop {
    let mut cards: Vec<CardTerms> = (0..CARDS)
        .map(|n| {
            let all = CardStatus::ALL;
            let other = all[usize::try_from(dice.below(8)).expect("small")];
            let status = if dice.chance(80) { CardStatus::Active } else { other };
            CardTerms {
                n,
                status,
                balance_max: 2_000 + dice.below(3_000),
                sale_max: 150 + dice.below(400),
                daily_max: 400 + dice.below(2_000),
                daily_count_max: 2 + dice.below(12),
            }
        })
        .collect();
    cards.push(CardTerms::wide(FENCE));
    let count = 20 + i64::try_from(steps * 3).expect("few");
    let mut order = |id| {
        let attempt = dice.chance(10).then(|| 1 + dice.bits() % (steps * 6));
        OrderTerms { id, total: 1 + dice.below(300), attempt }
    };
    Shop { cards, orders: (1..=count).map(&mut order).collect() }
}

/// What survives a restart.
enum Store {
    Memory(Books),
    Sqlite(Option<Sqlite>, TempDir),
    Flawed(FlawedBooks),
}

impl Store {
    fn new(kind: Kind, shop: &Shop) -> Self {
        match kind {
            Kind::Memory => Self::Memory(Books::Memory(shop.fill_memory())),
            Kind::Flawed(flaw) => Self::Flawed(FlawedBooks::new(shop, flaw)),
            Kind::Sqlite => {
                let folder = tempfile::tempdir().expect("a folder");
                let database = open(folder.path());
                let shop = shop.clone();
                let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
                let filled = database.write(move |connection| shop.fill_database(connection));
                runtime.block_on(filled).expect("the shop fits the schema");
                Self::Sqlite(Some(database), folder)
            }
        }
    }

    /// Opens the file anew, once the writer of before has done what it had begun.
    fn restart(&mut self) {
        let Self::Sqlite(database, folder) = self else { return };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let before = database.take().expect("open");
        runtime.block_on(before.write(|_| Ok(()))).expect("the writer works");
        drop(before);
        *database = Some(open(folder.path()));
    }

    fn start(&self, clock: &Clock) -> Host {
        match self {
            Self::Memory(books) => Host::Engine(Engine::start(books.clone(), clock.clone())),
            Self::Flawed(books) => Host::Flawed(books.start(), clock.clone()),
            Self::Sqlite(database, _) => {
                let books = Books::Sqlite(database.clone().expect("open"), chain_key());
                Host::Engine(Engine::start(books, clock.clone()))
            }
        }
    }

    async fn verify(&self) -> Result<(), String> {
        let findings = match self {
            Self::Memory(books) => books.verify().await,
            Self::Flawed(books) => Ok(books.verify()),
            Self::Sqlite(database, _) => Books::Sqlite(database.clone().expect("open"), chain_key()).verify().await,
        };
        match findings {
            Ok(findings) if findings.is_empty() => Ok(()),
            Ok(findings) => Err(format!("verify: {}", findings[0])),
            Err(error) => Err(format!("verify: {error}")),
        }
    }
}

fn open(folder: &Path) -> Sqlite {
    Sqlite::open(&folder.join("webpos.db")).expect("the file opens")
}

enum Host {
    Engine(Engine),
    Flawed(FlawedHost, Clock),
}

type Answer = Pin<Box<dyn Future<Output = Result<Outcome, String>>>>;

impl Host {
    fn submit(&self, id: u64, ask: &Ask) -> Answer {
        let command = ask.command();
        match self {
            Self::Engine(engine) => {
                let engine = engine.clone();
                Box::pin(
                    async move { engine.submit(request(id), ACTOR, command).await.map_err(|error| error.to_string()) },
                )
            }
            Self::Flawed(host, clock) => {
                let (host, at) = (host.clone(), clock.now());
                Box::pin(async move { host.submit(request(id), at, command).await.ok_or("stopped".to_owned()) })
            }
        }
    }
}

/// A command that was sent.
struct Sent {
    id: u64,
    ask: Ask,
    answer: Option<Answer>,
    reply: Option<Reply>,
}

struct Run {
    auditor: Auditor,
    orders: i64,
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
        while self.step < self.steps {
            self.step += 1;
            if self.dice.chance(4) {
                self.crash(&host).await?;
                return Ok(());
            }
            self.batch(&host).await?;
            if self.dice.chance(6) {
                let jump = if self.dice.chance(50) { 60 * HOUR } else { HOUR };
                self.clock.advance(1 + self.dice.below(jump));
            }
        }
        self.close(&host).await
    }

    /// A batch whose answers are all awaited, but for those that are lost on the way.
    async fn batch(&mut self, host: &Host) -> Result<(), String> {
        let asks = self.asks();
        let mut sent = Vec::new();
        for (id, ask) in asks {
            sent.push(self.send(host, id, ask));
            if self.dice.chance(20) {
                tokio::task::yield_now().await;
            }
            let last = sent.last_mut().expect("just sent");
            if self.dice.chance(10) {
                self.stats.lost += 1;
                last.answer = None;
            }
        }
        let fence = self.next_id();
        sent.push(self.send(host, fence, Ask::Inquiry { card: FENCE, right: true }));
        for one in &mut sent {
            if let Some(answer) = one.answer.take() {
                one.reply = Some(Reply::of(&answer.await?));
            }
        }
        let at = self.clock.now().0;
        sent.iter().try_for_each(|one| self.auditor.audit(one.id, &one.ask, at, one.reply.as_ref()))
    }

    /// Sends and hands the command to the host; what follows may take time.
    fn send(&mut self, host: &Host, id: u64, ask: Ask) -> Sent {
        self.stats.sent += 1;
        let mut sent = Sent { id, answer: Some(host.submit(id, &ask)), ask, reply: None };
        look(&mut sent);
        sent
    }

    /// Sends commands and stops somewhere among them.
    async fn crash(&mut self, host: &Host) -> Result<(), String> {
        self.stats.restarts += 1;
        for _ in 0..=self.dice.below(9) {
            let (id, ask) = (self.next_id(), self.fresh());
            if matches!(ask, Ask::Check { .. }) {
                continue;
            }
            let sent = self.send(host, id, ask);
            self.in_flight.push(sent);
            for _ in 0..self.dice.below(3) {
                tokio::task::yield_now().await;
            }
        }
        for one in &mut self.in_flight {
            look(one);
            one.answer = None;
        }
        Ok(())
    }

    /// Asks what became of everything that was in flight: the first of it was decided, the rest never will be. The
    /// records' numbers tell the order in which the auditor has to follow.
    async fn resolve(&mut self, host: &Host) -> Result<(), String> {
        let at = self.clock.now().0;
        let mut found: Vec<(i64, u64, Ask, Reply)> = Vec::new();
        let mut never: Option<u64> = None;
        for Sent { id, ask, reply: answered, .. } in std::mem::take(&mut self.in_flight) {
            let (_, order, amount, _) = ask.content();
            let asks = Ask::Withdraw { order, amount };
            let reply = Reply::of(&host.submit(id, &asks).await?);
            let Reply::Recorded { sequence, .. } = reply else { return Err(format!("{ask:?} is {reply:?}")) };
            if answered.as_ref().is_some_and(|answered| *answered != reply) {
                return Err(format!("{ask:?} was answered {answered:?} and is now {reply:?}"));
            }
            let withdrawal = matches!(ask, Ask::Withdraw { .. });
            if !withdrawal && reply.withdrawn() {
                self.stats.resolved.1 += 1;
                never = never.or(Some(id));
                found.push((sequence, id, asks, reply));
                continue;
            }
            self.stats.resolved.0 += 1;
            if let Some(earlier) = never.filter(|_| !withdrawal) {
                return Err(format!("request {id} was decided, {earlier} before it was not"));
            }
            found.push((sequence, id, ask, reply));
        }
        found.sort_by_key(|(sequence, ..)| *sequence);
        found.iter().try_for_each(|(_, id, ask, reply)| self.auditor.audit(*id, ask, at, Some(reply)))
    }

    /// At the end: the ledger is in order, every balance is what the auditor says, nothing is on record that nobody
    /// asked for.
    async fn close(&mut self, host: &Host) -> Result<(), String> {
        self.clock.advance(48 * HOUR);
        let at = self.clock.now().0;
        for (card, _) in self.auditor.balances() {
            let (id, ask) = (self.next_id(), Ask::Inquiry { card, right: true });
            let reply = Reply::of(&host.submit(id, &ask).await?);
            self.auditor.audit(id, &ask, at, Some(&reply))?;
        }
        self.store.verify().await
    }

    fn next_id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// One to eight commands, some of them sent twice or against one another.
    fn asks(&mut self) -> Vec<(u64, Ask)> {
        let mut asks = Vec::new();
        for _ in 0..=self.dice.below(8) {
            let (id, ask) = (self.next_id(), self.fresh());
            match self.dice.below(20) {
                // A double click, or the same page in a second tab.
                0..=2 => asks.extend([(id, ask.clone()), (id, ask)]),
                // The withdrawal before or after what it withdraws.
                3 | 4 => {
                    let (_, order, amount, _) = ask.content();
                    let withdraw = Ask::Withdraw { order, amount };
                    let pair = [(id, ask), (id, withdraw)];
                    asks.extend(if self.dice.chance(50) {
                        pair
                    } else {
                        let [a, b] = pair;
                        [b, a]
                    });
                }
                // Something under an id that was used before.
                5 | 6 => {
                    let back = u64::try_from(1 + self.dice.below(30)).expect("small");
                    asks.push((id.saturating_sub(back).max(1), ask));
                }
                _ => asks.push((id, ask)),
            }
        }
        asks
    }

    /// A new intention.
    fn fresh(&mut self) -> Ask {
        let card = self.dice.below(CARDS + 1);
        let right = self.dice.chance(70);
        // Orders come up as the day goes on, so that most are still unpaid and some are not.
        let around = 1 + i64::try_from(self.step * 3).expect("few");
        let order = (around + self.dice.below(12)).min(self.orders + 1);
        let total = usize::try_from(order - 1).ok().and_then(|at| self.totals.get(at)).copied().unwrap_or(50);
        let amount = total - i64::from(self.dice.chance(4));
        let until = self.clock.now().0 + HOUR - 2 * HOUR * i64::from(self.dice.chance(10));
        match self.dice.below(12) {
            0 => Ask::Inquiry { card, right },
            1 => Ask::Check { order, amount, card, right },
            2..=5 => Ask::Sale { order, amount, card, right },
            6 | 7 => Ask::Confirmed { order, amount, card, until },
            8 => Ask::Withdraw { order, amount },
            _ => Ask::Load { card, amount: self.dice.below(900) - 3 },
        }
    }
}

/// Looks whether the answer has come, which also sends what was not sent yet.
fn look(sent: &mut Sent) {
    let Some(answer) = &mut sent.answer else { return };
    if let Poll::Ready(done) = answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        sent.reply = done.ok().map(|outcome| Reply::of(&outcome));
        sent.answer = None;
    }
}
