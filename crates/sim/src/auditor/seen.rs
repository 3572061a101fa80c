//! The host's books, compared with the auditor's.

use std::collections::BTreeMap;

use domain::batch::{ClosedBatch, Tally, Totals};
use domain::refund::Refund;

use super::{Auditor, Disputed, Finding, Paid, Proposed};

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are a refund's own")]
pub struct Returned {
    pub number: i64,
    pub order: i64,
    pub lines: Vec<(i64, i64)>,
    pub amount: i64,
    pub status: &'static str,
    pub applicant: i64,
    pub reviewer: Option<i64>,
    pub wrong_cards: i64,
}

impl From<&Refund> for Returned {
    fn from(refund: &Refund) -> Self {
        Self {
            number: refund.id.sequence(),
            order: refund.order.0,
            lines: refund.lines.iter().map(|line| (line.line, line.quantity)).collect(),
            amount: refund.amount.0,
            status: refund.status.word(),
            applicant: refund.applicant.0,
            reviewer: refund.reviewer.map(|person| person.0),
            wrong_cards: i64::from(refund.wrong_cards),
        }
    }
}

/// What one person did in a batch: counts with sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are a report's own")]
pub struct Figures {
    pub sales: (i64, i64),
    pub refunds: (i64, i64),
    pub voids: (i64, i64),
    pub declines: BTreeMap<String, i64>,
    pub inquiries: i64,
}

impl From<&Totals> for Figures {
    fn from(totals: &Totals) -> Self {
        let tally = |tally: Tally| (tally.count, tally.sum.0);
        Self {
            sales: tally(totals.sales),
            refunds: tally(totals.refunds),
            voids: tally(totals.voids),
            declines: totals.declines.clone(),
            inquiries: totals.inquiries,
        }
    }
}

/// A batch: its number, when and by whom it was begun and closed, and figures per person.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are a report's own")]
pub struct Closed {
    pub number: i64,
    pub first: Option<(i64, i64)>,
    pub by: Option<(i64, i64)>,
    pub people: BTreeMap<i64, Figures>,
}

impl Closed {
    /// Batch 1, with nothing in it.
    pub fn first() -> Self {
        Self { number: 1, first: None, by: None, people: BTreeMap::new() }
    }
}

impl From<&ClosedBatch> for Closed {
    fn from(closed: &ClosedBatch) -> Self {
        let batch = &closed.batch;
        Self {
            number: batch.number,
            first: batch.first.map(|(at, person)| (at.0, person.0)),
            by: Some((closed.closed_at.0, closed.person.0)),
            people: batch.people.iter().map(|(person, totals)| (person.0, Figures::from(totals))).collect(),
        }
    }
}

/// What the books say at one moment.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// On each card.
    pub cards: BTreeMap<i64, i64>,
    /// On no card yet, as the customer's row says.
    pub deposit: i64,
    /// Received from the customer, as the ledger says.
    pub received: i64,
    /// Owed to the merchant.
    pub payable: i64,
    /// Status of each order.
    pub orders: BTreeMap<i64, &'static str>,
    /// All refunds, ascending.
    pub refunds: Vec<Returned>,
    /// All closed batches, ascending.
    pub batches: Vec<Closed>,
    /// All settlements, ascending.
    pub paid: Vec<Paid>,
    /// All disputes, ascending.
    pub disputes: Vec<Disputed>,
    /// All proposals, ascending.
    pub proposals: Vec<Proposed>,
    /// The agreed fee in basis points.
    pub fee: Option<i64>,
    /// Whether the company's people need a second factor.
    pub factor: bool,
    /// Paid out, and kept as fees.
    pub out: (i64, i64),
}

impl Auditor {
    /// Holds the books to what was answered, and what was answered to what may never be.
    pub fn compare(&self, seen: &Seen) -> Result<(), Finding> {
        self.orders.keys().try_for_each(|order| self.limits(*order, seen))?;
        let word = |order: &super::Order| order.sale.as_ref().map_or("draft", super::Sale::word);
        let orders = self.orders.iter().map(|(id, order)| (*id, word(order)));
        same("orders", orders, seen.orders.iter().map(|(id, word)| (*id, *word)))?;
        let cards = self.cards.iter().map(|(n, card)| (*n, card.balance));
        same("cards", cards, seen.cards.iter().map(|(n, balance)| (*n, *balance)))?;
        let sales = self.orders.values().filter_map(|order| order.sale.as_ref()).filter(|sale| !sale.undone);
        let confirmed = || self.paid.iter().filter(|one| one.status == "confirmed");
        let settled: i64 = confirmed().map(|one| one.net).sum();
        let owed: i64 = sales.map(|sale| sale.amount - sale.given_back()).sum();
        same("payable", [owed - settled], [seen.payable])?;
        let fees: i64 = confirmed().map(|one| one.fee).sum();
        same("paid out and fees", [settled - fees, fees], [seen.out.0, seen.out.1])?;
        let out = seen.out.0 + seen.out.1;
        same("deposit and received", [self.deposit, self.received], [seen.deposit, seen.received])?;
        let held = seen.cards.values().sum::<i64>() + seen.deposit + seen.payable + out;
        same("all money", [seen.received], [held])?;
        same("settlements", &self.paid, &seen.paid)?;
        same("proposals", self.proposals.iter().map(|one| &one.seen), &seen.proposals)?;
        same("fee", [self.fee], [seen.fee])?;
        same("second factor", [self.factor == 1], [seen.factor])?;
        if let Some(one) = seen.proposals.iter().find(|one| one.checker == Some(one.maker)) {
            return Err(format!("maker is checker: {one:?}"));
        }
        if let Some(one) = seen.paid.iter().find(|one| one.checker == Some(one.maker)) {
            return Err(format!("maker is checker: {one:?}"));
        }
        let sales = self.orders.values().filter_map(|order| order.sale.as_ref());
        let mut refunds: Vec<Returned> = sales.flat_map(|sale| sale.refunds.clone()).collect();
        refunds.sort_by_key(|refund| refund.number);
        for refund in &mut refunds {
            refund.lines.sort_unstable();
        }
        same("refunds", &refunds, &seen.refunds)?;
        let sales = self.orders.values().filter_map(|order| order.sale.as_ref());
        let mut disputes: Vec<Disputed> = sales.flat_map(|sale| sale.disputes.clone()).collect();
        disputes.sort_by_key(|dispute| dispute.number);
        same("disputes", &disputes, &seen.disputes)?;
        same("batches", &self.closed, &seen.batches)
    }

    /// No line and no order gives back more than was sold, and no person decides an own request: of what the books say,
    /// without a look at what was expected.
    fn limits(&self, id: i64, seen: &Seen) -> Result<(), Finding> {
        let order = &self.orders[&id];
        let own = || seen.refunds.iter().filter(|refund| refund.order == id);
        let disputed = || seen.disputes.iter().filter(|dispute| dispute.order == id);
        if let Some(dispute) = disputed().find(|dispute| dispute.checker == Some(dispute.maker)) {
            return Err(format!("maker is checker: {dispute:?}"));
        }
        let open = disputed().filter(|dispute| matches!(dispute.status, "opened" | "answered")).count();
        if open > 1 || open == 1 && own().any(|refund| matches!(refund.status, "requested" | "escalated")) {
            return Err(format!("order {id} has {open} open disputes, or a refund beside one"));
        }
        if let Some(refund) = own().find(|refund| refund.reviewer == Some(refund.applicant)) {
            return Err(format!("maker is checker: {refund:?}"));
        }
        let counted = || own().filter(|refund| refund.status != "rejected");
        let sold = order.sale.as_ref().map_or(0, |sale| if sale.undone { 0 } else { sale.amount });
        let counted_disputes = disputed().filter(|dispute| dispute.status != "rejected").map(|dispute| dispute.amount);
        let back: i64 = counted().map(|refund| refund.amount).chain(counted_disputes).sum();
        let over = order.lines.iter().any(|(line, _, pieces, _)| {
            let taken = counted().flat_map(|refund| &refund.lines).filter(|(own, _)| own == line);
            taken.map(|(_, pieces)| pieces).sum::<i64>() > *pieces
        });
        if back > sold || over {
            Err(format!("order {id} of {sold} gives back {back}, a line too much: {over}"))
        } else {
            Ok(())
        }
    }
}

/// Names the first that differs.
fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: impl IntoIterator<Item = T>,
    seen: impl IntoIterator<Item = T>,
) -> Result<(), Finding> {
    let (mut expected, mut seen) = (expected.into_iter(), seen.into_iter());
    loop {
        match (expected.next(), seen.next()) {
            (None, None) => return Ok(()),
            (expected, seen) if expected != seen => {
                return Err(format!("{what}: the books say {seen:?}, expected {expected:?}"));
            }
            _ => {}
        }
    }
}
