//! Batch close: a terminal's batch is added up, numbered, and never changes again; the next one opens.
//!
//! A batch is a shift of its terminal, with a section per person. It begins where the one before was closed; the
//! person of its first transaction opens the shift. What must stay true: no batch is empty, the numbers of a terminal
//! have no gap, and figures agree with the ledger.

use std::collections::BTreeMap;

use crate::changes::Changes;
use crate::command::Envelope;
use crate::decide::{Decision, open_till, record, recorded};
use crate::ids::{PersonId, TerminalId};
use crate::ledger::{Kind, Tallied, Transaction};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::state::{State, Till};
use crate::time::Timestamp;

/// Count and sum of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: i64,
    /// Their sum.
    pub sum: Fen,
}

impl Tally {
    fn add(&mut self, amount: Fen) {
        self.count = self.count.saturating_add(1);
        // Ninety quadrillion yuan at one till: the largest amount stands for "more than can be", and nothing stops.
        self.sum = self.sum.plus(amount).unwrap_or(Fen(i64::MAX));
    }
}

/// What one person did in a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Sales.
    pub sales: Tally,
    /// Refunds that were paid back.
    pub refunds: Tally,
    /// Voids and reversals.
    pub voids: Tally,
    /// Declined attempts, by response code.
    pub declines: BTreeMap<String, i64>,
    /// Balance inquiries.
    pub inquiries: i64,
}

impl Totals {
    fn add(&mut self, transaction: &Transaction) {
        if !transaction.approved() {
            let count = self.declines.entry(transaction.code().to_owned()).or_insert(0);
            *count = count.saturating_add(1);
            return;
        }
        match transaction.kind.tallied() {
            Some(Tallied::Sale) => self.sales.add(transaction.amount),
            Some(Tallied::Refund) => self.refunds.add(transaction.amount),
            Some(Tallied::Void) => self.voids.add(transaction.amount),
            Some(Tallied::Inquiry) => self.inquiries = self.inquiries.saturating_add(1),
            None => {}
        }
    }

    /// What the merchant is owed for this: sales less refunds and voids.
    pub fn net(&self) -> Fen {
        let back = self.refunds.sum.plus(self.voids.sum).unwrap_or(Fen::ZERO);
        self.sales.sum.minus(back).unwrap_or(Fen::ZERO)
    }

    /// Adds another person's figures.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in
            [(&mut self.sales, other.sales), (&mut self.refunds, other.refunds), (&mut self.voids, other.voids)]
        {
            mine.count = mine.count.saturating_add(theirs.count);
            mine.sum = mine.sum.plus(theirs.sum).unwrap_or(mine.sum);
        }
        for (code, count) in &other.declines {
            let mine = self.declines.entry(code.clone()).or_insert(0);
            *mine = mine.saturating_add(*count);
        }
        self.inquiries = self.inquiries.saturating_add(other.inquiries);
    }
}

/// What one person did at the till besides money, in one batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handling {
    /// Slips printed for the first time.
    pub prints: i64,
    /// Slips printed again.
    pub reprints: i64,
    /// Lines sold at another price than the catalogue's.
    pub price_changes: i64,
    /// Lines voided before payment, those that were brought back included.
    pub voided_lines: i64,
}

impl Handling {
    /// Adds another person's.
    pub fn merge(&mut self, other: Self) {
        self.prints = self.prints.saturating_add(other.prints);
        self.reprints = self.reprints.saturating_add(other.reprints);
        self.price_changes = self.price_changes.saturating_add(other.price_changes);
        self.voided_lines = self.voided_lines.saturating_add(other.voided_lines);
    }
}

/// A terminal's batch: running while open, immutable once closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The terminal.
    pub terminal: TerminalId,
    /// Its number, which slips print.
    pub number: i64,
    /// When the one before was closed; zero for a terminal's first.
    pub opened_at: Timestamp,
    /// Its first transaction: when, and by whom.
    pub first: Option<(Timestamp, PersonId)>,
    /// Per person.
    pub people: BTreeMap<PersonId, Totals>,
    /// Besides money, per person.
    pub handling: BTreeMap<PersonId, Handling>,
    /// The last entry of the till's log that `handling` has counted; the next batch counts on from there.
    pub logged: i64,
}

impl Batch {
    /// A batch with nothing in it.
    pub fn open(terminal: TerminalId, number: i64, opened_at: Timestamp, logged: i64) -> Self {
        let (people, handling) = (BTreeMap::new(), BTreeMap::new());
        Self { terminal, number, opened_at, first: None, people, handling, logged }
    }

    /// All persons together.
    pub fn totals(&self) -> Totals {
        self.people.values().fold(Totals::default(), |mut sum, one| {
            sum.merge(one);
            sum
        })
    }

    /// All persons together, besides money.
    pub fn handled(&self) -> Handling {
        self.handling.values().fold(Handling::default(), |mut sum, one| {
            sum.merge(*one);
            sum
        })
    }

    /// Counts one transaction of this terminal in. Closing a batch, or trying to, is not part of any.
    pub fn add(&mut self, transaction: &Transaction) {
        if transaction.kind == Kind::BatchClose {
            return;
        }
        let person = transaction.actor.person;
        self.first.get_or_insert((transaction.at, person));
        self.people.entry(person).or_default().add(transaction);
    }
}

/// A closed batch: the Z report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedBatch {
    /// The figures.
    pub batch: Batch,
    /// The transaction that closed it.
    pub closed_by: crate::ids::TransactionId,
    /// The person who closed it.
    pub person: PersonId,
    /// When.
    pub closed_at: Timestamp,
}

pub(crate) fn close(state: &State, envelope: &Envelope) -> Decision {
    let mut changes = Changes::default();
    let mut transaction = record(state, envelope, Kind::BatchClose, Fen::ZERO);
    match judge(state, envelope) {
        Ok((till, batch)) => {
            let (terminal, closed_by) = (batch.terminal, transaction.id);
            let (person, closed_at) = (envelope.actor.person, envelope.at);
            changes.batches.push(ClosedBatch { batch: batch.clone(), closed_by, person, closed_at });
            changes.tills.insert(terminal, Till { batch: till.batch.saturating_add(1), ..till.clone() });
        }
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, Vec::new(), changes)
}

fn judge<'a>(state: &'a State, envelope: &Envelope) -> Result<(&'a Till, &'a Batch), Decline> {
    let till = open_till(state, envelope)?;
    let terminal = envelope.actor.terminal;
    let open = state.attempts.get(&terminal).copied().unwrap_or(0);
    if open > 0 {
        return Err(Decline::AttemptsOpen { count: open });
    }
    let batch = state.batches.get(&terminal).ok_or(Decline::UnknownTerminal)?;
    // A second click, or a second window, closed it a moment ago. An empty report with a number of its own would be one
    // more paper to file that says nothing.
    if batch.first.is_none() {
        return Err(Decline::NothingToClose);
    }
    Ok((till, batch))
}
