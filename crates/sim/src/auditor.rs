//! The auditor: a second, simpler truth. It knows what there was, what was asked and what was answered, works out by
//! itself what every answer has to be, and shares no rule with the domain.

use std::collections::BTreeMap;

use domain::card::CardStatus;

use crate::ask::{Ask, Content, Reply};
use crate::shop::Shop;

const TRIES: i64 = 5;
/// Microseconds of a day, and of the hours that China is ahead.
const DAY: i64 = 86_400_000_000;
const AHEAD: i64 = DAY / 3;

#[derive(Clone)]
struct Card {
    status: CardStatus,
    balance: i64,
    limits: [i64; 4],
    /// Day, sum, count.
    spent: (i64, i64, i64),
}

#[derive(Clone)]
struct Order {
    total: i64,
    paid: bool,
    attempt: Option<u64>,
}

/// A finding: what was expected and what came.
pub type Finding = String;

/// The second truth.
#[derive(Clone)]
pub struct Auditor {
    cards: BTreeMap<i64, Card>,
    orders: BTreeMap<i64, Order>,
    /// Wrong PINs per number: day, count.
    tries: BTreeMap<i64, (i64, i64)>,
    records: BTreeMap<u64, (Content, Reply)>,
    sequence: i64,
}

impl Auditor {
    /// Knows the shop before the first command.
    pub fn new(shop: &Shop) -> Self {
        let card = |terms: &crate::shop::CardTerms| {
            let limits = [terms.balance_max, terms.sale_max, terms.daily_max, terms.daily_count_max];
            (terms.n, Card { status: terms.status, balance: 0, limits, spent: (0, 0, 0) })
        };
        let order = |terms: &crate::shop::OrderTerms| {
            (terms.id, Order { total: terms.total, paid: false, attempt: terms.attempt })
        };
        Self {
            cards: shop.cards.iter().map(card).collect(),
            orders: shop.orders.iter().map(order).collect(),
            tries: BTreeMap::new(),
            records: BTreeMap::new(),
            sequence: 0,
        }
    }

    /// How many attempts are on record.
    pub fn recorded(&self) -> i64 {
        self.sequence
    }

    /// What is on each card.
    pub fn balances(&self) -> Vec<(i64, i64)> {
        self.cards.iter().map(|(n, card)| (*n, card.balance)).collect()
    }

    /// Orders that are not paid.
    pub fn unpaid(&self) -> usize {
        self.orders.values().filter(|order| !order.paid).count()
    }

    /// The recorded answer of a request, if it was ever decided.
    pub fn record(&self, request: u64) -> Option<&Reply> {
        self.records.get(&request).map(|(_, reply)| reply)
    }

    /// Decides `ask` as the next command at `at` and holds the answer, if one came back, to it.
    pub fn audit(&mut self, request: u64, ask: &Ask, at: i64, answer: Option<&Reply>) -> Result<(), Finding> {
        let expected = self.next(request, ask, at);
        match answer {
            Some(answer) if *answer != expected => {
                Err(format!("request {request} {ask:?}: answered {answer:?}, expected {expected:?}"))
            }
            _ => Ok(()),
        }
    }

    fn next(&mut self, request: u64, ask: &Ask, at: i64) -> Reply {
        if let Some((content, recorded)) = self.records.get(&request) {
            let asks = matches!(ask, Ask::Withdraw { .. }) || recorded.withdrawn();
            return if asks || *content == ask.content() { recorded.clone() } else { Reply::Conflict };
        }
        let today = (at + AHEAD).div_euclid(DAY);
        let (code, detail, balance) = match *ask {
            Ask::Inquiry { card, right } => self.inquiry(card, right, today),
            Ask::Check { order, amount, card, right } => {
                match self.sale(request, order, amount, card, Some(right), true, today) {
                    Ok(left) => return Reply::Cleared { balance: self.cards[&card].balance, after: left },
                    Err(declined) => declined,
                }
            }
            Ask::Sale { order, amount, card, right } => {
                self.pay(request, order, amount, card, Some(right), true, today)
            }
            Ask::Confirmed { order, amount, card, until } => {
                self.pay(request, order, amount, card, None, at <= until, today)
            }
            Ask::Withdraw { .. } => ("25", None, None),
            Ask::Load { card, amount } => self.load(card, amount),
        };
        if let (2..=4, order, ..) = ask.content()
            && let Some(order) = self.orders.get_mut(&order)
            && order.attempt == Some(request)
        {
            order.attempt = None;
        }
        self.sequence += 1;
        let reply = Reply::Recorded { sequence: self.sequence, code: code.to_owned(), detail, balance };
        self.records.insert(request, (ask.content(), reply.clone()));
        reply
    }

    fn pin(&mut self, card: i64, right: bool, today: i64) -> Result<(), Declined> {
        let tries = self.tries.entry(card).or_insert((today, 0));
        if tries.0 != today {
            *tries = (today, 0);
        }
        if tries.1 == TRIES {
            return Err(("75", None, None));
        }
        if right && self.cards.contains_key(&card) {
            tries.1 = 0;
            return Ok(());
        }
        tries.1 += 1;
        Err(if tries.1 == TRIES { ("75", None, None) } else { ("55", Some(TRIES - tries.1), None) })
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

    fn inquiry(&mut self, card: i64, right: bool, today: i64) -> Declined {
        match self.pin(card, right, today).and_then(|()| self.usable(card).map(|card| card.balance)) {
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
        today: i64,
    ) -> Result<i64, Declined> {
        let wanted = self.orders.get(&order).ok_or(("12", None, None))?;
        if wanted.paid || wanted.attempt.is_some_and(|attempt| attempt != request) {
            return Err(("94", None, None));
        }
        if wanted.total != amount {
            return Err(("13", Some(wanted.total), None));
        }
        if !fresh {
            return Err(("22", None, None));
        }
        if let Some(right) = pin {
            self.pin(card, right, today)?;
        }
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
        today: i64,
    ) -> Declined {
        let left = match self.sale(request, order, amount, card, pin, fresh, today) {
            Ok(left) => left,
            Err(declined) => return declined,
        };
        self.orders.get_mut(&order).expect("it was judged").paid = true;
        let card = self.cards.get_mut(&card).expect("it was judged");
        let (sum, count) = if card.spent.0 == today { (card.spent.1, card.spent.2) } else { (0, 0) };
        card.spent = (today, sum + amount, count + 1);
        card.balance = left;
        ("00", None, Some(left))
    }

    fn load(&mut self, card: i64, amount: i64) -> Declined {
        let Some(card) = self.cards.get_mut(&card) else { return ("14", None, None) };
        if matches!(card.status, CardStatus::Closed | CardStatus::Replaced) {
            return ("62", None, None);
        }
        if amount <= 0 {
            return ("13", None, None);
        }
        if card.balance + amount > card.limits[0] {
            return ("61", Some(card.limits[0]), None);
        }
        card.balance += amount;
        ("00", None, Some(card.balance))
    }
}

/// Code, figure, balance.
type Declined = (&'static str, Option<i64>, Option<i64>);
