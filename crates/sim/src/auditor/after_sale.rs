//! What comes after a sale, by the auditor's own rules: refunds, voids, reversals, the close of a batch.

use super::{Auditor, DAY, Declined, Sale, day};
use super::{Closed, Returned};
use crate::intent::{Act, Intent, Reply, Who};

/// The shop decides for two days.
const WINDOW: i64 = 2 * DAY;

/// So many wrong cards end the shop's review, and as many more the company's.
const WRONG_CARDS: i64 = 5;

const NOT_CHARGED: Declined = ("25", None, None);

impl Sale {
    /// A part of it is refunded, or a refund was asked for.
    fn asked_back(&self) -> bool {
        self.refunds.iter().any(|refund| refund.status != "rejected")
    }

    /// A dispute of it is open or was upheld.
    fn disputed(&self) -> bool {
        self.disputes.iter().any(|dispute| dispute.status != "rejected")
    }

    /// Given back by approved refunds and upheld disputes.
    pub(super) fn given_back(&self) -> i64 {
        let refunds = self.refunds.iter().filter(|refund| refund.status == "approved").map(|refund| refund.amount);
        let disputes = self.disputes.iter().filter(|dispute| dispute.status == "upheld").map(|dispute| dispute.amount);
        refunds.chain(disputes).sum()
    }

    /// Given back, asked for or disputed.
    pub(super) fn reserved(&self) -> i64 {
        let refunds = self.refunds.iter().filter(|refund| refund.status != "rejected").map(|refund| refund.amount);
        let disputes =
            self.disputes.iter().filter(|dispute| dispute.status != "rejected").map(|dispute| dispute.amount);
        refunds.chain(disputes).sum()
    }

    /// A dispute of it waits for its end.
    pub(super) fn in_dispute(&self) -> bool {
        self.disputes.iter().any(|dispute| matches!(dispute.status, "opened" | "answered"))
    }

    /// The word for the order.
    pub(super) fn word(&self) -> &'static str {
        match self.given_back() {
            _ if self.undone => "voided",
            0 => "paid",
            back if back < self.amount => "partly_refunded",
            _ => "refunded",
        }
    }

    /// Pieces of a line that are given back or asked for.
    pub(super) fn taken(&self, line: i64) -> i64 {
        let counted = self.refunds.iter().filter(|refund| refund.status != "rejected");
        counted.flat_map(|refund| &refund.lines).filter(|(own, _)| *own == line).map(|(_, pieces)| pieces).sum()
    }
}

impl Auditor {
    /// The sale of an order, while something of it may be left.
    pub(super) fn sold(&self, order: i64) -> Result<&Sale, Declined> {
        let sale = self.orders.get(&order).and_then(|order| order.sale.as_ref()).ok_or(NOT_CHARGED)?;
        if matches!(sale.word(), "voided" | "refunded") { Err(("64", Some(0), None)) } else { Ok(sale) }
    }

    pub(super) fn refund(&mut self, who: Who, act: &Act, at: i64) -> Declined {
        let Act::Refund { order, lines, .. } = act else { return NOT_CHARGED };
        let amount = match self.may_ask(who, act, at) {
            Ok(amount) => amount,
            Err(declined) => return declined,
        };
        let escalated = matches!(act, Act::Refund { escalate: true, .. });
        let number = self.sequence + 1;
        let refund = Returned {
            number,
            order: *order,
            lines: lines.clone(),
            amount,
            status: if escalated { "escalated" } else { "requested" },
            applicant: who.person(),
            reviewer: None,
            wrong_cards: 0,
        };
        let sale = self.orders.get_mut(order).and_then(|order| order.sale.as_mut()).expect("it was judged");
        sale.refunds.push(refund);
        self.refunds.push((number, *order));
        ("00", None, None)
    }

    fn may_ask(&self, who: Who, act: &Act, at: i64) -> Result<i64, Declined> {
        let Act::Refund { order, lines, unwanted, worded, escalate } = act else { return Err(NOT_CHARGED) };
        let sale = self.sold(*order)?;
        if sale.in_dispute() {
            return Err(("94", None, None));
        }
        if !worded {
            return Err(("30", None, None));
        }
        if !escalate && at > sale.at + WINDOW {
            return Err(("12", Some(sale.at + WINDOW), None));
        }
        let mut sum = 0;
        for (at, (line, pieces)) in lines.iter().enumerate() {
            let found = self.orders[order].lines.iter().find(|own| own.0 == *line);
            let &(_, price, sold, drug) = found.ok_or(("64", Some(0), None))?;
            let left = sold - sale.taken(*line);
            let twice = lines[..at].iter().any(|(earlier, _)| earlier == line);
            if *pieces < 1 || *pieces > left || twice {
                return Err(("64", Some(left * price), None));
            }
            if drug && *unwanted && !who.is_issuer() {
                return Err(("12", None, None));
            }
            sum += price * pieces;
        }
        let left = sale.amount - sale.reserved();
        match sum {
            0 => Err(("13", None, None)),
            sum if sum > left => Err(("64", Some(left), None)),
            sum => Ok(sum),
        }
    }

    pub(super) fn review(
        &mut self,
        who: Who,
        (order, number): (i64, i64),
        card: Option<i64>,
        worded: bool,
        at: i64,
    ) -> Declined {
        let Some(sale) = self.orders.get_mut(&order).and_then(|order| order.sale.as_mut()) else { return NOT_CHARGED };
        let (payer, last) = (sale.card, sale.at + WINDOW);
        let Some(refund) = sale.refunds.iter_mut().find(|refund| refund.number == number) else { return NOT_CHARGED };
        let code = match refund.status {
            "approved" | "rejected" => "94",
            "escalated" if !who.is_issuer() => "12",
            _ if refund.applicant == who.person() => "58",
            _ if !worded => "30",
            _ => "00",
        };
        if code != "00" {
            return (code, None, None);
        }
        if !who.is_issuer() && at > last {
            refund.status = "escalated";
            return ("12", Some(last), None);
        }
        if card.is_some() && who.is_issuer() && refund.wrong_cards >= 2 * WRONG_CARDS {
            return ("12", None, None);
        }
        if card.is_some_and(|card| card != payer) {
            refund.wrong_cards += 1;
            if !who.is_issuer() && refund.wrong_cards >= WRONG_CARDS {
                refund.status = "escalated";
            }
            return ("14", None, None);
        }
        refund.reviewer = Some(who.person());
        refund.status = if card.is_some() { "approved" } else { "rejected" };
        let back = refund.amount;
        match card.and_then(|card| self.cards.get_mut(&card)) {
            Some(card) => {
                card.balance += back;
                ("00", None, Some(card.balance))
            }
            None => ("00", None, None),
        }
    }

    pub(super) fn void(&mut self, order: i64, at: i64) -> Declined {
        match self.sold(order) {
            Err(declined) => declined,
            Ok(sale) if sale.batch != self.batch.number || day(sale.at) != day(at) => ("12", None, None),
            Ok(sale) if sale.asked_back() => ("64", None, None),
            Ok(sale) if sale.disputed() => ("94", None, None),
            Ok(_) => self.undo(order),
        }
    }

    pub(super) fn reverse(&mut self, intent: &Intent, at: i64) -> Declined {
        const NO_SALE: Declined = ("12", None, None);
        let Act::Reverse { sale, order, amount } = intent.act else { return NO_SALE };
        if intent.id == sale {
            return NO_SALE;
        }
        let Some(record) = self.records.get(&(sale, false)) else {
            // What never arrived is withdrawn first.
            let withdraw = Intent { id: sale, who: intent.who, act: Act::Withdraw { order, amount } };
            self.note(&withdraw, at, NOT_CHARGED);
            return NOT_CHARGED;
        };
        if record.payment.is_none_or(|(paid, _)| paid != Some(order)) {
            return NO_SALE;
        }
        let charged = matches!(&record.reply, Reply::Recorded { code, .. } if code == "00");
        if !charged {
            return NOT_CHARGED;
        }
        if record.payment != Some((Some(order), amount)) {
            return NO_SALE;
        }
        let Some(sale) = self.orders.get(&order).and_then(|order| order.sale.as_ref()) else { return NOT_CHARGED };
        if sale.undone {
            return NOT_CHARGED;
        }
        if sale.given_back() > 0 || sale.asked_back() {
            return ("64", None, None);
        }
        if sale.disputed() {
            return ("94", None, None);
        }
        if day(sale.at) == day(at) { self.undo(order) } else { NO_SALE }
    }

    /// Gives the whole sale back, to the card's day as well.
    fn undo(&mut self, order: i64) -> Declined {
        let sale = self.orders.get_mut(&order).and_then(|order| order.sale.as_mut()).expect("it was judged");
        sale.undone = true;
        let card = self.cards.get_mut(&sale.card).expect("it paid");
        card.balance += sale.amount;
        if card.spent.0 == day(sale.at) {
            card.spent.1 -= sale.amount;
            card.spent.2 -= 1;
        }
        ("00", None, Some(card.balance))
    }

    pub(super) fn close(&mut self, who: Who, at: i64) -> Declined {
        let open = self.orders.values().filter(|order| order.attempt.is_some()).count();
        if open > 0 {
            return ("77", Some(i64::try_from(open).expect("few")), None);
        }
        if self.batch.first.is_none() {
            return ("77", None, None);
        }
        let next = Closed { number: self.batch.number + 1, ..Closed::first() };
        let done = std::mem::replace(&mut self.batch, next);
        self.closed.push(Closed { by: Some((at, who.person())), ..done });
        ("00", None, None)
    }

    /// Counts an answer into the running batch.
    pub(super) fn count(&mut self, intent: &Intent, at: i64, code: &str) {
        if intent.who.is_placeless() || matches!(intent.act, Act::Close) {
            return;
        }
        let amount = match &intent.act {
            Act::Review { order, refund, card: Some(_), .. } => {
                let sale = self.orders.get(order).and_then(|order| order.sale.as_ref());
                sale.and_then(|sale| sale.refunds.iter().find(|own| own.number == *refund)).map_or(0, |own| own.amount)
            }
            Act::Void { order } => self.orders.get(order).map_or(0, |order| order.total),
            act => act.about().1,
        };
        let person = intent.who.person();
        self.batch.first.get_or_insert((at, person));
        let figures = self.batch.people.entry(person).or_default();
        let tally = match intent.act {
            _ if code != "00" => {
                *figures.declines.entry(code.to_owned()).or_default() += 1;
                return;
            }
            Act::Sale { .. } | Act::Confirmed { .. } => &mut figures.sales,
            Act::Review { card: Some(_), .. } => &mut figures.refunds,
            Act::Void { .. } | Act::Reverse { .. } => &mut figures.voids,
            Act::Inquiry { .. } => {
                figures.inquiries += 1;
                return;
            }
            _ => return,
        };
        *tally = (tally.0 + 1, tally.1 + amount);
    }
}
