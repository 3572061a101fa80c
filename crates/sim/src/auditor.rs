//! The auditor: a second, simpler model of the money path. From the shop and the commands it works out every answer by
//! itself, compares it with the host's, and shares no rule with the domain.

use std::collections::{BTreeMap, BTreeSet};

use domain::card::CardStatus;

use crate::intent::{Act, Content, Intent, Reply, Terms, What};
use crate::shop::Shop;

mod after_sale;
mod deposit;
mod dispute;
mod pin;
mod proposal;
mod seen;
mod settlement;

pub use dispute::Disputed;
pub use proposal::Proposed;
pub use seen::{Closed, Figures, Returned, Seen};
pub use settlement::Paid;
pub(crate) use settlement::id;

const TRIES: i64 = 5;
/// So many cards with a wrong PIN within so long pause the till for as long. The shop has too few cards to stop it.
const SWEEP: usize = 5;
const PAUSE: i64 = 600_000_000;
/// Microseconds of a day, and of the hours that China is ahead.
const DAY: i64 = 86_400_000_000;
const AHEAD: i64 = DAY / 3;

#[derive(Clone)]
struct Card {
    status: CardStatus,
    pin: pin::Pin,
    balance: i64,
    limits: [i64; 4],
    /// Day, sum, count.
    spent: (i64, i64, i64),
}

#[derive(Clone)]
struct Order {
    total: i64,
    /// Line, price, pieces, whether it is a drug.
    lines: Vec<(i64, i64, i64, bool)>,
    attempt: Option<u64>,
    sale: Option<Sale>,
}

/// A charge, and what was given back of it.
#[derive(Clone)]
struct Sale {
    card: i64,
    amount: i64,
    at: i64,
    batch: i64,
    undone: bool,
    refunds: Vec<Returned>,
    disputes: Vec<Disputed>,
}

/// A finding: what was expected and what came.
pub type Finding = String;

/// What a till remembers: sales, refunds, open attempts.
pub(crate) struct Remembered<'a>(&'a Auditor);

impl Remembered<'_> {
    /// Orders of charged sales with their requests, oldest first.
    pub(crate) fn sales(&self) -> &[(u64, i64)] {
        &self.0.sales
    }

    /// Refunds that were asked for, with their orders, oldest first.
    pub(crate) fn refunds(&self) -> &[(i64, i64)] {
        &self.0.refunds
    }

    /// Disputes that were opened, with their orders, oldest first.
    pub(crate) fn disputes(&self) -> &[(i64, i64)] {
        &self.0.disputes
    }

    /// The last settlement that was prepared.
    pub(crate) fn settlement(&self) -> Option<i64> {
        self.0.paid.last().map(|one| one.number)
    }

    /// What a proposal would change.
    pub(crate) fn current(&self, what: What) -> Option<i64> {
        self.0.current(what)
    }

    /// The same of those about money that nobody decided yet.
    pub(crate) fn waiting(&self) -> Vec<(i64, Terms)> {
        let money = |one: &&proposal::Sheet| one.terms.what.is_money();
        let open = self.0.proposals.iter().filter(|one| one.seen.status == "open").filter(money);
        open.map(|one| (one.seen.number, one.terms)).collect()
    }

    /// Numbers and terms of proposals, oldest first.
    pub(crate) fn proposals(&self) -> Vec<(i64, Terms)> {
        self.0.proposals.iter().map(|one| (one.seen.number, one.terms)).collect()
    }

    /// Loads: number, card, amount, and what was taken back, oldest first.
    pub(crate) fn loads(&self) -> Vec<(i64, i64, i64, i64)> {
        self.0.loads.iter().map(|(number, (card, amount, back))| (*number, *card, *amount, *back)).collect()
    }

    /// Limits of a card's programme: balance, one sale, day, count.
    pub(crate) fn limits(&self, card: i64) -> [i64; 4] {
        self.0.cards.get(&card).map_or([1; 4], |card| card.limits)
    }

    /// What is on no card.
    pub(crate) fn deposit(&self) -> i64 {
        self.0.deposit
    }

    /// What is neither given back nor asked for of a sale.
    pub(crate) fn left(&self, order: i64) -> Option<i64> {
        self.0.orders.get(&order)?.sale.as_ref().map(|sale| sale.amount - sale.reserved())
    }

    /// The card that paid the order, and when.
    pub(crate) fn paid(&self, order: i64) -> Option<(i64, i64)> {
        self.0.orders.get(&order)?.sale.as_ref().map(|sale| (sale.card, sale.at))
    }

    /// Open attempts with their orders and totals.
    pub(crate) fn attempts(&self) -> Vec<(u64, i64, i64)> {
        self.0.orders.iter().filter_map(|(id, order)| Some((order.attempt?, *id, order.total))).collect()
    }
}

/// A request that was decided.
#[derive(Clone)]
struct Record {
    content: Content,
    reply: Reply,
    /// For payments: the order, when it exists, and the amount.
    payment: Option<(Option<i64>, i64)>,
}

/// The second truth.
#[derive(Clone)]
pub struct Auditor {
    cards: BTreeMap<i64, Card>,
    orders: BTreeMap<i64, Order>,
    /// Wrong PINs per number: day, count.
    tries: BTreeMap<i64, (i64, i64)>,
    /// When each number got its last wrong PIN, and until when no PIN is compared.
    wrong: BTreeMap<i64, i64>,
    paused_until: i64,
    /// By request, and whether it is the card company's.
    records: BTreeMap<(u64, bool), Record>,
    sequence: i64,
    /// What the customer paid in and did not get back.
    received: i64,
    /// What of it is on no card.
    deposit: i64,
    /// Bank references that were used.
    references: BTreeSet<i64>,
    /// Loads by number: card, amount, and what was taken back.
    loads: BTreeMap<i64, (i64, i64, i64)>,
    /// The running batch, and those before it.
    batch: Closed,
    closed: Vec<Closed>,
    /// Requests of sales that were charged, with their orders.
    sales: Vec<(u64, i64)>,
    /// Numbers of refunds that were asked for, with their orders.
    refunds: Vec<(i64, i64)>,
    /// Numbers of disputes that were opened, with their orders.
    disputes: Vec<(i64, i64)>,
    /// What moved the merchant's money, oldest first.
    moves: Vec<settlement::Move>,
    /// All settlements, and the places in `moves` that the open one takes.
    paid: Vec<Paid>,
    taking: Vec<usize>,
    /// The agreed fee in basis points, and what was proposed.
    fee: Option<i64>,
    /// Whether the company's people need a second factor, 0 or 1.
    factor: i64,
    proposals: Vec<proposal::Sheet>,
}

impl Auditor {
    /// Knows the shop before the first command.
    pub fn new(shop: &Shop) -> Self {
        let card = |terms: &crate::shop::CardTerms| {
            let limits = [terms.balance_max, terms.sale_max, terms.daily_max, terms.daily_count_max];
            (terms.n, Card { status: terms.status, pin: pin::Pin::printed(), balance: 0, limits, spent: (0, 0, 0) })
        };
        let order = |terms: &crate::shop::OrderTerms| {
            let lines = terms.lines().iter().map(|line| (line.line, line.price.0, line.quantity, line.drug)).collect();
            (terms.id, Order { total: terms.total, lines, attempt: terms.attempt, sale: None })
        };
        Self {
            cards: shop.cards.iter().map(card).collect(),
            orders: shop.orders.iter().map(order).collect(),
            tries: BTreeMap::new(),
            wrong: BTreeMap::new(),
            paused_until: 0,
            records: BTreeMap::new(),
            sequence: 0,
            received: 0,
            deposit: 0,
            references: BTreeSet::new(),
            loads: BTreeMap::new(),
            batch: Closed::first(),
            closed: Vec::new(),
            sales: Vec::new(),
            refunds: Vec::new(),
            disputes: Vec::new(),
            moves: Vec::new(),
            paid: Vec::new(),
            taking: Vec::new(),
            fee: None,
            factor: 1,
            proposals: Vec::new(),
        }
    }

    /// How many attempts are on record.
    pub fn recorded(&self) -> i64 {
        self.sequence
    }

    /// The cards that exist.
    pub fn cards(&self) -> Vec<i64> {
        self.cards.keys().copied().collect()
    }

    /// Orders that are not paid.
    pub fn unpaid(&self) -> usize {
        self.orders.values().filter(|order| order.sale.is_none()).count()
    }

    /// What the workload may come back to.
    pub(crate) fn memory(&self) -> Remembered<'_> {
        Remembered(self)
    }

    /// Decides `asked` as the next command at `at` and holds the answer, if one came back, to it.
    pub fn audit(&mut self, intent: &Intent, at: i64, answer: Option<&Reply>) -> Result<(), Finding> {
        let expected = self.next(intent, at);
        match answer {
            Some(answer) if *answer != expected => {
                Err(format!("{intent:?}: answered {answer:?}, expected {expected:?}"))
            }
            _ => Ok(()),
        }
    }

    fn next(&mut self, intent: &Intent, at: i64) -> Reply {
        let Intent { id: request, who, ref act } = *intent;
        if let Some(Record { content, reply, .. }) = self.records.get(&(request, who.is_placeless())) {
            let intents = matches!(act, Act::Withdraw { .. }) || reply.withdrawn();
            return if intents || *content == act.content() { reply.clone() } else { Reply::Conflict };
        }
        if act.has_pin() && at < self.paused_until {
            if let Act::Sale { order, .. } = *act {
                self.free(order, request);
            }
            return Reply::Paused { until: Some(self.paused_until) };
        }
        let answer = match *act {
            Act::Inquiry { card, right } => self.inquiry(card, right, at),
            Act::Check { order, amount, card, right } => {
                match self.sale(request, order, amount, card, Some(right), true, at) {
                    Ok(left) => return Reply::Cleared { balance: self.cards[&card].balance, after: left },
                    Err(declined) => declined,
                }
            }
            Act::Sale { order, amount, card, right } => self.pay(request, order, amount, card, Some(right), true, at),
            Act::Confirmed { order, amount, card, until } => {
                self.pay(request, order, amount, card, None, at <= until, at)
            }
            Act::Withdraw { .. } => ("25", None, None),
            Act::Refund { .. } => self.refund(who, act, at),
            Act::Review { order, refund, card, worded } => self.review(who, (order, refund), card, worded, at),
            Act::Void { order } => self.void(order, at),
            Act::Reverse { .. } => self.reverse(intent, at),
            Act::Close => self.close(who, at),
            Act::Settle { until } => self.settle(who, until, at),
            Act::Judge { settlement, confirm, worded } => self.judge(who, settlement, confirm, worded),
            Act::Dispute { order, amount, worded } => self.dispute(who, order, amount, worded, at),
            Act::Answer { order, dispute, agrees, worded } => self.answer(who, (order, dispute), agrees, worded, at),
            Act::Propose { what, value, seen } => self.propose(who, (what, value), seen, at),
            Act::Decide { proposal, terms, yes, worded } => self.decide(who, (proposal, terms), yes, worded, at),
            Act::TakeBack { proposal } => self.take_back(who, proposal, at),
            Act::Lower { card, limits, value, seen, worded } => self.lower(who, (card, limits), value, seen, worded),
            Act::Issue { card, reset } => self.issue(who, card, reset, at),
            Act::FirstUse { card, right } => self.first_use(who, card, right, at),
            Act::Rule { order, dispute, uphold, worded } => self.rule(who, (order, dispute), uphold, worded, at),
        };
        self.note(intent, at, answer)
    }

    /// Puts an answer on record.
    fn note(&mut self, intent: &Intent, at: i64, (code, detail, balance): Declined) -> Reply {
        let Intent { id: request, who, ref act } = *intent;
        let content = act.content();
        let payment = match content {
            Content::Check { order, amount, .. }
            | Content::Sale { order, amount, .. }
            | Content::Withdraw { order, amount } => {
                let own = self.orders.get_mut(&order).filter(|_| !who.is_placeless());
                let known = own.map(|own| own.attempt = own.attempt.filter(|attempt| *attempt != request));
                Some((known.map(|()| order), amount))
            }
            Content::Inquiry { .. } | Content::FirstUse { .. } | Content::Other(_) => None,
        };
        self.sequence += 1;
        self.count(intent, at, code);
        if code == "00" {
            self.note_move(act, at);
        }
        let withdrawn = matches!(act, Act::Withdraw { .. });
        let reply = Reply::Recorded { sequence: self.sequence, code: code.to_owned(), detail, balance, withdrawn };
        self.records.insert((request, who.is_placeless()), Record { content, reply: reply.clone(), payment });
        reply
    }

    fn pin(&mut self, card: i64, right: bool, at: i64) -> Result<(), Declined> {
        let today = day(at);
        let unset = self.has_no_pin(card);
        let tries = self.tries.entry(card).or_insert((today, 0));
        if tries.0 != today {
            *tries = (today, 0);
        }
        if tries.1 == TRIES {
            return Err(("75", None, None));
        }
        if unset {
            return Err(("62", None, None));
        }
        if right && self.cards.contains_key(&card) {
            return Ok(());
        }
        tries.1 += 1;
        let left = TRIES - tries.1;
        self.wrong.insert(card, at);
        if self.wrong_lately(at) >= SWEEP {
            self.paused_until = at + PAUSE;
        }
        Err(if left == 0 { ("75", None, None) } else { ("55", Some(left), None) })
    }

    fn wrong_lately(&self, at: i64) -> usize {
        self.wrong.values().filter(|wrong| at - **wrong < PAUSE).count()
    }

    /// Whether no PIN may be compared any more after so many wrong ones from now on.
    pub(crate) fn pauses_after(&self, pins: usize, at: i64) -> bool {
        at < self.paused_until || self.wrong_lately(at) + pins >= SWEEP
    }

    /// Unlocks an order that is locked for `request`.
    fn free(&mut self, order: i64, request: u64) {
        if let Some(own) = self.orders.get_mut(&order) {
            own.attempt = own.attempt.filter(|attempt| *attempt != request);
        }
    }

    fn usable(&self, card: i64) -> Result<&Card, Declined> {
        let Some(found) = self.cards.get(&card) else { return Err(("55", Some(0), None)) };
        let code = match found.status {
            CardStatus::Active => return Ok(found),
            CardStatus::Lost => "41",
            CardStatus::Stolen => "43",
            CardStatus::PinLocked => "75",
            _ => "62",
        };
        Err((code, None, None))
    }

    fn inquiry(&mut self, card: i64, right: bool, at: i64) -> Declined {
        match self.pin(card, right, at).and_then(|()| self.usable(card).map(|card| card.balance)) {
            Ok(balance) => ("00", None, Some(balance)),
            Err(declined) => declined,
        }
    }

    /// What is left on the card, if the sale may go through.
    #[expect(clippy::too_many_arguments, reason = "the fields of one command")]
    fn sale(
        &mut self,
        request: u64,
        order: i64,
        amount: i64,
        card: i64,
        pin: Option<bool>,
        fresh: bool,
        at: i64,
    ) -> Result<i64, Declined> {
        let wanted = self.orders.get(&order).ok_or(("12", None, None))?;
        if wanted.sale.is_some() || wanted.attempt.is_some_and(|attempt| attempt != request) {
            return Err(("94", None, None));
        }
        if wanted.total != amount {
            return Err(("13", Some(wanted.total), None));
        }
        if !fresh {
            return Err(("22", None, None));
        }
        if let Some(right) = pin {
            self.pin(card, right, at)?;
        }
        let today = day(at);
        let card = self.usable(card)?;
        let [_, sale_max, daily_max, count_max] = card.limits;
        let (sum, count) = if card.spent.0 == today { (card.spent.1, card.spent.2) } else { (0, 0) };
        if amount > sale_max {
            return Err(("61", Some(sale_max), None));
        }
        if count + 1 > count_max {
            return Err(("65", Some(count_max), None));
        }
        if sum + amount > daily_max {
            return Err(("61", Some(daily_max), None));
        }
        if amount > card.balance {
            return Err(("51", Some(amount - card.balance), Some(card.balance)));
        }
        Ok(card.balance - amount)
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one command")]
    fn pay(
        &mut self,
        request: u64,
        order: i64,
        amount: i64,
        card: i64,
        pin: Option<bool>,
        fresh: bool,
        at: i64,
    ) -> Declined {
        let today = day(at);
        let left = match self.sale(request, order, amount, card, pin, fresh, at) {
            Ok(left) => left,
            Err(declined) => return declined,
        };
        let paid = Sale {
            card,
            amount,
            at,
            batch: self.batch.number,
            undone: false,
            refunds: Vec::new(),
            disputes: Vec::new(),
        };
        let sold = self.orders.get_mut(&order).expect("it was judged");
        (sold.sale, sold.attempt) = (Some(paid), None);
        self.sales.push((request, order));
        let card = self.cards.get_mut(&card).expect("it was judged");
        let (sum, count) = if card.spent.0 == today { (card.spent.1, card.spent.2) } else { (0, 0) };
        card.spent = (today, sum + amount, count + 1);
        card.balance = left;
        ("00", None, Some(left))
    }
}

/// Code, figure, balance.
type Declined = (&'static str, Option<i64>, Option<i64>);

/// The day in China, counted from 1970.
pub(crate) fn day(at: i64) -> i64 {
    (at + AHEAD).div_euclid(DAY)
}
