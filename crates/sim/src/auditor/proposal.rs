//! Proposals by the auditor's own rules: a fee or a rule changes, and money of a deposit moves, only when a second person of the card company approves, in time,
//! what the first one saw and the second one was shown.

use super::{Auditor, DAY, Declined};
use crate::intent::{Terms, What, Who};

/// A proposal is decided within a week.
pub(super) const WEEK: i64 = 7 * DAY;

const UNKNOWN: Declined = ("25", None, None);

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are a proposal's own")]
pub struct Proposed {
    pub number: i64,
    pub what: What,
    pub value: i64,
    pub status: &'static str,
    pub maker: i64,
    pub checker: Option<i64>,
}

impl From<&domain::proposal::Proposal> for Proposed {
    fn from(one: &domain::proposal::Proposal) -> Self {
        let decided = one.status != domain::proposal::ProposalStatus::Withdrawn;
        let (what, value) = What::of(&one.payload);
        Self {
            number: one.id.sequence(),
            what,
            value,
            status: one.status.word(),
            maker: one.maker.0,
            checker: one.ending.as_ref().filter(|_| decided).map(|ending| ending.by.0),
        }
    }
}

/// A proposal with what the auditor has to know of it.
#[derive(Clone)]
pub(super) struct Sheet {
    pub(super) seen: Proposed,
    pub(super) terms: Terms,
}

impl Auditor {
    /// The value that a proposal would change; none while no fee is agreed.
    pub(super) fn current(&self, what: What) -> Option<i64> {
        match what {
            What::Fee => self.fee,
            What::Factor => Some(self.factor),
            What::Limit(card, _) => self.cards.get(&card).map(|card| card.limits[1]),
            What::Reset(card) => self.shown_of_reset(card),
            other => self.shown_of_money(other),
        }
    }

    pub(super) fn propose(&mut self, who: Who, (what, value): (What, i64), seen: Option<i64>, at: i64) -> Declined {
        let now = self.current(what);
        let money = what.is_money();
        let code = match () {
            () if !who.is_issuer() => "58",
            () if now != seen && !(money && now.is_none()) => "13",
            () if matches!(what, What::Reset(_)) => match self.judge_reset(what.card()) {
                Ok(()) => "00",
                Err(declined) => return declined,
            },
            () if money => match self.judge_money(what, value, at, None) {
                Ok(()) => "00",
                Err(declined) => return declined,
            },
            () if (what == What::Fee && !(0..=1_000).contains(&value)) || now == Some(value) => "12",
            () if matches!(what, What::Limit(_, limits) if !sound(limits, value)) => "12",
            () => "00",
        };
        if code == "00" {
            let (number, maker) = (self.sequence + 1, who.person());
            let proposed = Proposed { number, what, value, status: "open", maker, checker: None };
            self.proposals.push(Sheet { seen: proposed, terms: Terms { what, value, seen, maker, at } });
        }
        (code, None, None)
    }

    fn open(&mut self, who: Who, number: i64, at: i64) -> Result<&mut Sheet, Declined> {
        let found = self.proposals.iter_mut().find(|one| one.seen.number == number && who.is_issuer());
        let found = found.ok_or(UNKNOWN)?;
        let end = found.terms.at + WEEK;
        match found.seen.status {
            "open" if at >= end => Err(("22", Some(end), None)),
            "open" => Ok(found),
            _ => Err(("94", None, None)),
        }
    }

    pub(super) fn decide(
        &mut self,
        who: Who,
        (number, shown): (i64, Terms),
        yes: bool,
        worded: bool,
        at: i64,
    ) -> Declined {
        let now = self.current(shown.what);
        let money = shown.what.is_money();
        let possible = if let What::Reset(card) = shown.what {
            self.judge_reset(card)
        } else if money {
            self.judge_money(shown.what, shown.value, at, Some(number))
        } else {
            Ok(())
        };
        let found = match self.open(who, number, at) {
            Ok(found) => found,
            Err(declined) => return declined,
        };
        let code = match () {
            () if (found.terms.what, found.terms.value) != (shown.what, shown.value) => "25",
            () if found.seen.maker == who.person() => "58",
            () if !worded => "30",
            () if yes && found.terms.seen != now => "13",
            () if yes && possible.is_err() => return possible.expect_err("it is not"),
            () if yes && found.terms != shown => "13",
            () => "00",
        };
        if code != "00" {
            return (code, None, None);
        }
        found.seen.checker = Some(who.person());
        found.seen.status = if yes { "approved" } else { "rejected" };
        if yes {
            match shown.what {
                What::Fee => self.fee = Some(shown.value),
                What::Factor => self.factor = shown.value,
                What::Limit(card, _) => self.set_limit(card, shown.value),
                What::Reset(card) => self.take_pin(card, number),
                what => return ("00", None, self.move_money(what, shown.value)),
            }
        }
        ("00", None, None)
    }

    fn set_limit(&mut self, card: i64, sale_max: i64) {
        if let Some(card) = self.cards.get_mut(&card) {
            card.limits[1] = sale_max;
        }
    }

    /// One person of the company lowers the most of one sale; it holds from the next command on.
    pub(super) fn lower(
        &mut self,
        who: Who,
        (card, limits): (i64, [i64; 3]),
        value: i64,
        seen: i64,
        worded: bool,
    ) -> Declined {
        let now = self.cards.get(&card).map_or(0, |card| card.limits[1]);
        let code = match () {
            () if !who.is_issuer() => "58",
            () if seen != now => "13",
            () if !worded => "30",
            () if value == now => "12",
            () if value > now => "58",
            () if !sound(limits, value) => "12",
            () => "00",
        };
        if code == "00" {
            self.set_limit(card, value);
        }
        (code, None, None)
    }

    pub(super) fn take_back(&mut self, who: Who, number: i64, at: i64) -> Declined {
        match self.open(who, number, at) {
            Ok(found) if found.seen.maker == who.person() => found.seen.status = "withdrawn",
            Ok(_) => return ("58", None, None),
            Err(declined) => return declined,
        }
        ("00", None, None)
    }
}

/// Whether one sale may take this much beside the limits of balance and day.
fn sound([balance, daily, _]: [i64; 3], sale: i64) -> bool {
    sale > 0 && sale <= balance && sale <= daily
}
