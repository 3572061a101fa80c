//! Disputes by the auditor's own rules: a disputed amount is blocked until a second person of the card company decides,
//! after the merchant's answer or its timeout.

use super::{Auditor, DAY, Declined};
use crate::intent::Who;

/// The merchant answers within a week.
const WEEK: i64 = 7 * DAY;

/// The card company's alone.
const NOT_YOURS: Declined = ("58", None, None);

const UNKNOWN: Declined = ("25", None, None);

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are a dispute's own")]
pub struct Disputed {
    pub number: i64,
    pub order: i64,
    pub amount: i64,
    pub status: &'static str,
    pub maker: i64,
    /// The last moment of the answer.
    pub until: i64,
    pub agrees: Option<bool>,
    pub answerer: Option<i64>,
    pub checker: Option<i64>,
}

impl From<&domain::dispute::Dispute> for Disputed {
    fn from(one: &domain::dispute::Dispute) -> Self {
        Self {
            number: one.id.sequence(),
            order: one.order.0,
            amount: one.amount.0,
            status: one.status.word(),
            maker: one.opener.0,
            until: one.answer_until.0,
            agrees: one.answer.as_ref().map(|answer| answer.accept),
            answerer: one.answer.as_ref().map(|answer| answer.said.by.0),
            checker: one.decision.as_ref().map(|said| said.by.0),
        }
    }
}

impl Auditor {
    pub(super) fn dispute(&mut self, who: Who, order: i64, amount: i64, worded: bool, at: i64) -> Declined {
        if !who.is_issuer() {
            return NOT_YOURS;
        }
        let sale = match self.sold(order) {
            Ok(sale) => sale,
            Err(declined) => return declined,
        };
        let left = sale.amount - sale.reserved();
        let waits = sale.refunds.iter().any(|refund| matches!(refund.status, "requested" | "escalated"));
        let code = match () {
            () if sale.in_dispute() => "94",
            () if waits => "64",
            () if !worded => "30",
            () if amount < 1 => "13",
            () if amount > left => return ("64", Some(left), None),
            () => "00",
        };
        if code != "00" {
            return (code, None, None);
        }
        let (number, maker) = (self.sequence + 1, who.person());
        let (status, until) = ("opened", at + WEEK);
        let (agrees, answerer, checker) = (None, None, None);
        let dispute = Disputed { number, order, amount, status, maker, until, agrees, answerer, checker };
        let sale = self.orders.get_mut(&order).and_then(|order| order.sale.as_mut()).expect("it was judged");
        sale.disputes.push(dispute);
        self.disputes.push((number, order));
        ("00", None, None)
    }

    fn found(&mut self, order: i64, number: i64) -> Option<&mut Disputed> {
        let sale = self.orders.get_mut(&order).and_then(|order| order.sale.as_mut())?;
        sale.disputes.iter_mut().find(|dispute| dispute.number == number)
    }

    pub(super) fn answer(
        &mut self,
        who: Who,
        (order, number): (i64, i64),
        agrees: bool,
        worded: bool,
        at: i64,
    ) -> Declined {
        let Some(found) = self.found(order, number).filter(|_| !who.is_issuer()) else { return UNKNOWN };
        if found.status != "opened" {
            return ("94", None, None);
        }
        if at > found.until {
            return ("12", Some(found.until), None);
        }
        if !worded {
            return ("30", None, None);
        }
        (found.status, found.agrees, found.answerer) = ("answered", Some(agrees), Some(who.person()));
        ("00", None, None)
    }

    pub(super) fn rule(
        &mut self,
        who: Who,
        (order, number): (i64, i64),
        uphold: bool,
        worded: bool,
        at: i64,
    ) -> Declined {
        if !who.is_issuer() {
            return NOT_YOURS;
        }
        let Some(found) = self.found(order, number) else { return UNKNOWN };
        let code = match found.status {
            "upheld" | "rejected" => "94",
            _ if found.maker == who.person() => "58",
            _ if !worded => "30",
            "opened" if at <= found.until => return ("12", Some(found.until), None),
            _ => "00",
        };
        if code != "00" {
            return (code, None, None);
        }
        found.checker = Some(who.person());
        found.status = if uphold { "upheld" } else { "rejected" };
        let amount = found.amount;
        if !uphold {
            return ("00", None, None);
        }
        let payer = self.orders.get(&order).and_then(|order| order.sale.as_ref()).map(|sale| sale.card);
        let card = payer.and_then(|card| self.cards.get_mut(&card)).expect("it paid");
        card.balance += amount;
        ("00", None, Some(card.balance))
    }

    /// A moment beside the end of an unanswered dispute's time, later than `now`.
    pub(crate) fn end_of_answers(&self, now: i64) -> Option<i64> {
        let open = self.disputes.iter().rev().find_map(|(number, order)| {
            let sale = self.orders.get(order)?.sale.as_ref()?;
            sale.disputes.iter().find(|dispute| dispute.number == *number && dispute.status == "opened")
        })?;
        Some(open.until).filter(|until| *until > now)
    }
}
