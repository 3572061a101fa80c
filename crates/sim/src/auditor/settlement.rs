//! Settlements by the auditor's own rules: a list of movements, each taken once.

use domain::ids::TransactionId;

use super::{Auditor, Declined, day};
use crate::intent::{Act, Who};

/// A settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are a settlement's own")]
pub struct Paid {
    pub number: i64,
    pub status: &'static str,
    /// The day, yyyymmdd.
    pub until: i64,
    pub net: i64,
    pub fee: i64,
    pub maker: i64,
    pub checker: Option<i64>,
}

impl From<&domain::settlement::Settlement> for Paid {
    fn from(one: &domain::settlement::Settlement) -> Self {
        Self {
            number: one.id.sequence(),
            status: one.status.word(),
            until: i64::from(one.until.0),
            net: one.net.0,
            fee: one.fee.0,
            maker: one.maker.0,
            checker: one.checker.map(|person| person.0),
        }
    }
}

/// Something that the merchant was owed more, or less, and the settlement that took it.
#[derive(Clone)]
pub(super) struct Move {
    day: i64,
    amount: i64,
    taken: Option<i64>,
}

/// The day as people write it, of its number.
pub(super) fn written(day: i64) -> i64 {
    i64::from(crate::shop::date(day).0)
}

impl Auditor {
    /// What an approved command adds to what the merchant is owed.
    pub(super) fn note_move(&mut self, act: &Act, at: i64) {
        let total = |order: &i64| self.orders.get(order).map_or(0, |order| order.total);
        let amount = match act {
            Act::Sale { amount, .. } | Act::Confirmed { amount, .. } => *amount,
            Act::Review { order, refund, card: Some(_), .. } => {
                let sale = self.orders.get(order).and_then(|order| order.sale.as_ref());
                let own = sale.and_then(|sale| sale.refunds.iter().find(|own| own.number == *refund));
                -own.map_or(0, |own| own.amount)
            }
            Act::Rule { order, dispute, uphold: true, .. } => {
                let sale = self.orders.get(order).and_then(|order| order.sale.as_ref());
                let own = sale.and_then(|sale| sale.disputes.iter().find(|own| own.number == *dispute));
                -own.map_or(0, |own| own.amount)
            }
            Act::Void { order } | Act::Reverse { order, .. } => -total(order),
            _ => return,
        };
        self.moves.push(Move { day: day(at), amount, taken: None });
    }

    fn untaken(&self) -> i64 {
        self.moves.iter().filter(|one| one.taken.is_none()).map(|one| one.amount).sum()
    }

    pub(super) fn settle(&mut self, who: Who, until: i64, at: i64) -> Declined {
        if !who.is_issuer() {
            return ("03", None, None);
        }
        if until >= day(at) {
            return ("12", Some(written(until)), None);
        }
        if self.paid.iter().any(|one| one.status == "prepared") {
            return ("94", None, None);
        }
        let last = self.paid.iter().rev().find(|one| one.status == "confirmed");
        if let Some(last) = last.filter(|last| written(until) <= last.until) {
            return ("94", Some(last.until), None);
        }
        let Some(fee_bp) = self.fee else { return ("12", None, None) };
        let taken: Vec<usize> = (0..self.moves.len())
            .filter(|at| self.moves[*at].taken.is_none() && self.moves[*at].day <= until)
            .collect();
        let net: i64 = taken.iter().map(|at| self.moves[*at].amount).sum();
        if net <= 0 {
            return ("12", Some(net), None);
        }
        if self.untaken() < net {
            return ("51", Some(net - self.untaken()), None);
        }
        let (whole, rest) = (net * fee_bp / 10_000, net * fee_bp % 10_000);
        let fee = whole + i64::from(rest * 2 >= 10_000);
        let number = self.sequence + 1;
        let (maker, until) = (who.person(), written(until));
        self.paid.push(Paid { number, status: "prepared", until, net, fee, maker, checker: None });
        self.taking = taken;
        ("00", None, None)
    }

    pub(super) fn judge(&mut self, who: Who, number: i64, confirm: bool, worded: bool) -> Declined {
        let untaken = self.untaken();
        let found = self.paid.iter_mut().find(|one| one.number == number && who.is_issuer());
        let Some(found) = found else { return ("25", None, None) };
        let code = match found.status {
            "confirmed" | "rejected" => "94",
            _ if found.maker == who.person() => "58",
            _ if !worded => "30",
            _ => "00",
        };
        if code != "00" {
            return (code, None, None);
        }
        if confirm && untaken < found.net {
            return ("51", Some(found.net - untaken), None);
        }
        found.checker = Some(who.person());
        found.status = if confirm { "confirmed" } else { "rejected" };
        for at in std::mem::take(&mut self.taking) {
            self.moves[at].taken = confirm.then_some(number);
        }
        ("00", None, None)
    }
}

/// The number that a settlement has in the ledger.
pub(crate) fn id(number: i64) -> TransactionId {
    TransactionId::new(1, number)
}
