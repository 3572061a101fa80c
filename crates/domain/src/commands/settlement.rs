//! Settlement 商户结算: pays out what a merchant is owed up to a past day, less the card company's fee.
//!
//! What must stay true:
//! - A transaction that moves merchant payable is in at most one confirmed settlement. Each settlement takes the
//!   transactions that are dated up to its day, numbered below its own preparation and not taken by the one before. A
//!   transaction that arrives late for a settled day (a clock was behind) is in the next one.
//! - Maker and checker are different humans of the card company.
//! - A payout never exceeds what the merchant is owed at that moment: refunds of later days count.
//! - A merchant's confirmed settlements are numbered from 1 without a gap and never change.

use std::collections::{BTreeMap, BTreeSet};

use crate::batch::Tally;
use crate::changes::Changes;
use crate::command::Envelope;
use crate::decide::{Decision, record, recorded};
use crate::ids::{MerchantId, PersonId, TransactionId};
use crate::ledger::{AccountId, Kind, Transaction, Transfer};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::refund::text_fits;
use crate::state::State;
use crate::time::{BusinessDate, Timestamp};

/// The highest fee, in basis points: 10 %. It also keeps every payout above zero after rounding.
pub const FEE_BP_MAX: i64 = 1_000;

/// Basis points of a whole.
const WHOLE_BP: i64 = 10_000;

/// The fee on `net` at `fee_bp` basis points: half a fen rounds up, less than half down. It is taken on sales less what
/// was given back, so a refund gives its part of the fee back as well.
///
/// `None` for a rate beyond 0..=[`FEE_BP_MAX`], a negative net, or beyond `i64`.
pub fn fee(net: Fen, fee_bp: i64) -> Option<Fen> {
    if !(0..=FEE_BP_MAX).contains(&fee_bp) || net < Fen::ZERO {
        return None;
    }
    let rounded = i128::from(net.0).checked_mul(i128::from(fee_bp))?.checked_add(i128::from(WHOLE_BP / 2))?;
    i64::try_from(rounded.checked_div(i128::from(WHOLE_BP))?).ok().map(Fen)
}

/// What moved merchant payable: count and sum per day and kind of transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turnover(BTreeMap<(BusinessDate, Kind), Tally>);

impl Turnover {
    /// Adds what `kind` came to on `day`.
    pub fn put(&mut self, day: BusinessDate, kind: Kind, more: Tally) {
        let tally = self.0.entry((day, kind)).or_default();
        *tally = Tally { count: tally.count.saturating_add(more.count), sum: fits(tally.sum.plus(more.sum)) };
    }

    /// Adds one transfer of `transaction`, if it moves what `merchant` is owed and is no payout.
    pub fn note(&mut self, merchant: MerchantId, transaction: &Transaction, transfer: &Transfer) {
        let account = AccountId::merchant_payable(merchant);
        let moves = transfer.debit == account || transfer.credit == account;
        if moves && transaction.kind != Kind::Settlement {
            self.put(transfer.business_date, transaction.kind, Tally { count: 1, sum: transfer.amount });
        }
    }

    /// What is dated up to `day`.
    #[must_use]
    pub fn until(&self, day: BusinessDate) -> Self {
        Self(self.0.iter().filter(|((on, _), _)| *on <= day).map(|(key, tally)| (*key, *tally)).collect())
    }

    /// What is dated `day`.
    #[must_use]
    pub fn on(&self, day: BusinessDate) -> Self {
        Self(self.0.iter().filter(|((on, _), _)| *on == day).map(|(key, tally)| (*key, *tally)).collect())
    }

    /// Takes away what a settlement took.
    fn less(&mut self, taken: &Self) {
        for (key, less) in &taken.0 {
            let tally = self.0.entry(*key).or_default();
            *tally = Tally { count: tally.count.saturating_sub(less.count), sum: fits(tally.sum.minus(less.sum)) };
        }
        self.0.retain(|_, tally| *tally != Tally::default());
    }

    /// All of one kind.
    pub fn of(&self, kind: Kind) -> Tally {
        let own = self.0.iter().filter(|((_, own), _)| *own == kind);
        own.fold(Tally::default(), |all, (_, one)| Tally {
            count: all.count.saturating_add(one.count),
            sum: fits(all.sum.plus(one.sum)),
        })
    }

    /// What the merchant is owed for it: sales less everything that went back.
    pub fn net(&self) -> Fen {
        self.0.iter().fold(Fen::ZERO, |net, ((_, kind), tally)| {
            fits(if *kind == Kind::Sale { net.plus(tally.sum) } else { net.minus(tally.sum) })
        })
    }

    /// Count and sum per day and kind, in that order.
    pub fn rows(&self) -> impl Iterator<Item = (BusinessDate, Kind, Tally)> {
        self.0.iter().map(|((day, kind), tally)| (*day, *kind, *tally))
    }

    /// The days that something happened on, ascending.
    pub fn days(&self) -> BTreeSet<BusinessDate> {
        self.0.keys().map(|(day, _)| *day).collect()
    }
}

fn fits(sum: Option<Fen>) -> Fen {
    invariant!(sum.is_some(), "a merchant's sum fits");
    sum.unwrap_or_default()
}

words! {
    /// States of a settlement.
    pub enum SettlementStatus {
        /// Waits for a second person.
        Prepared = "prepared",
        /// Paid out.
        Confirmed = "confirmed",
        /// Turned down; what it had taken is free again.
        Rejected = "rejected",
    }
}

/// How far a merchant is settled: its last confirmed settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledTo {
    /// The settlement's number.
    pub number: i64,
    /// Its day.
    pub until: BusinessDate,
    /// The transaction that prepared it.
    pub id: TransactionId,
}

impl SettledTo {
    /// Whether what is dated `day` and numbered `id` is settled.
    pub fn takes(&self, day: BusinessDate, id: TransactionId) -> bool {
        day <= self.until && id < self.id
    }
}

/// A settlement, from preparation to decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The transaction that prepared it; it takes what is numbered below.
    pub id: TransactionId,
    /// Whose money.
    pub merchant: MerchantId,
    /// State.
    pub status: SettlementStatus,
    /// The day up to which it settles.
    pub until: BusinessDate,
    /// How far the merchant was settled then.
    pub before: Option<SettledTo>,
    /// What it takes.
    pub turnover: Turnover,
    /// What that comes to.
    pub net: Fen,
    /// The merchant's rate then, in basis points.
    pub fee_bp: i64,
    /// The card company's part.
    pub fee: Fen,
    /// The merchant's part.
    pub payout: Fen,
    /// Maker.
    pub maker: PersonId,
    /// When it was prepared.
    pub prepared_at: Timestamp,
    /// Checker.
    pub checker: Option<PersonId>,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// The checker's words.
    pub opinion: String,
    /// The transaction that decided it.
    pub decided_by: Option<TransactionId>,
}

impl Settlement {
    /// The number that it has once it is confirmed.
    pub fn number(&self) -> i64 {
        self.before.map_or(1, |before| before.number.saturating_add(1))
    }

    /// Whether it takes what is dated `day` and numbered `id`.
    pub fn takes(&self, day: BusinessDate, id: TransactionId) -> bool {
        self.settled_to().takes(day, id) && !self.before.is_some_and(|before| before.takes(day, id))
    }

    /// The first day that it takes something of.
    pub fn from(&self) -> BusinessDate {
        self.turnover.days().first().copied().unwrap_or(self.until)
    }

    /// How far the merchant is settled by it.
    pub fn settled_to(&self) -> SettledTo {
        SettledTo { number: self.number(), until: self.until, id: self.id }
    }
}

/// Settlements by what they take.
#[derive(Clone, Debug, Default)]
pub struct Takers(BTreeMap<MerchantId, (Vec<Settlement>, Vec<Settlement>)>);

impl Takers {
    /// Adds a settlement in any state.
    pub fn put(&mut self, settlement: Settlement) {
        let (confirmed, others) = self.0.entry(settlement.merchant).or_default();
        if settlement.status == SettlementStatus::Confirmed {
            let at = confirmed.partition_point(|one| (one.until, one.id) < (settlement.until, settlement.id));
            confirmed.insert(at, settlement);
        } else {
            others.push(settlement);
        }
    }

    /// The confirmed one that took what is dated `day` and numbered `id`.
    pub fn confirmed(&self, merchant: MerchantId, day: BusinessDate, id: TransactionId) -> Option<&Settlement> {
        let (confirmed, _) = self.0.get(&merchant)?;
        let from = confirmed.partition_point(|one| one.until < day);
        confirmed.iter().skip(from).find(|one| one.takes(day, id))
    }

    /// All that take it: one confirmed at most, and those that were turned down or wait.
    pub fn of(&self, merchant: MerchantId, day: BusinessDate, id: TransactionId) -> impl Iterator<Item = &Settlement> {
        let others = self.0.get(&merchant).map_or(&[][..], |(_, others)| others);
        let others = others.iter().filter(move |one| one.takes(day, id));
        self.confirmed(merchant, day, id).into_iter().chain(others)
    }

    /// Of each merchant the confirmed ones by day, then the others.
    pub fn by_merchant(self) -> impl Iterator<Item = (Vec<Settlement>, Vec<Settlement>)> {
        self.0.into_values()
    }
}

/// What a merchant is owed, as far as a settlement has to know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payable {
    /// The agreed fee in basis points, 0..=[`FEE_BP_MAX`].
    pub fee_bp: Option<i64>,
    /// How far the merchant is settled.
    pub settled: Option<SettledTo>,
    /// The settlement that waits for a decision.
    pub open: Option<TransactionId>,
    /// What no settlement has taken yet, up to now.
    pub unsettled: Turnover,
}

impl Payable {
    /// Adds up what a whole ledger says of `merchant`, for stores that keep one in memory.
    pub fn of<'l>(
        merchant: MerchantId,
        fee_bp: Option<i64>,
        settlements: impl Iterator<Item = &'l Settlement>,
        moved: impl Iterator<Item = (&'l Transaction, &'l Transfer)>,
    ) -> Self {
        let mut payable = Self { fee_bp, ..Self::default() };
        for settlement in settlements.filter(|one| one.merchant == merchant) {
            match settlement.status {
                SettlementStatus::Prepared => payable.open = Some(settlement.id),
                SettlementStatus::Confirmed => payable.settled = Some(settlement.settled_to()),
                SettlementStatus::Rejected => {}
            }
        }
        for (transaction, transfer) in moved {
            if !payable.settled.is_some_and(|settled| settled.takes(transfer.business_date, transaction.id)) {
                payable.unsettled.note(merchant, transaction, transfer);
            }
        }
        payable
    }

    /// Takes one command's settlement in.
    pub(crate) fn follow(&mut self, settlement: &Settlement) {
        self.open = (settlement.status == SettlementStatus::Prepared).then_some(settlement.id);
        if settlement.status == SettlementStatus::Confirmed {
            self.settled = Some(settlement.settled_to());
            self.unsettled.less(&settlement.turnover);
        }
    }

    /// Refunds of later days may have used up a part of what is to be paid out.
    fn covers(&self, net: Fen) -> Result<(), Decline> {
        let short = fits(net.minus(self.unsettled.net()));
        if short.is_positive() { Err(Decline::PayableShort { short_by: short }) } else { Ok(()) }
    }
}

/// What is to be settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preparation {
    /// Whose money.
    pub merchant: MerchantId,
    /// Up to which day; it has to be over.
    pub until: BusinessDate,
}

/// A checker's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whose money.
    pub merchant: MerchantId,
    /// The settlement.
    pub settlement: TransactionId,
    /// Pay it out.
    pub confirm: bool,
    /// Decision note, [`crate::refund::TEXT_LENGTH`] characters.
    pub opinion: String,
}

/// Prepares a settlement, or says why not.
pub(crate) fn prepare(state: &State, envelope: &Envelope, asked: &Preparation) -> Decision {
    let mut changes = Changes::default();
    let mut transaction = record(state, envelope, Kind::SettlementRequest, Fen::ZERO);
    match judge_preparation(state, envelope, asked) {
        Ok(settlement) => {
            transaction.amount = settlement.net;
            changes.settlements.insert(settlement.id, settlement);
        }
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, Vec::new(), changes)
}

fn judge_preparation(state: &State, envelope: &Envelope, asked: &Preparation) -> Result<Settlement, Decline> {
    let Preparation { merchant, until } = *asked;
    let payable = state.payables.get(&merchant).filter(|_| envelope.actor.is_issuer());
    let payable = payable.ok_or(Decline::NoSuchMerchant)?;
    if until >= envelope.at.business_date() {
        return Err(Decline::DayNotOver { on: until });
    }
    if payable.open.is_some() {
        return Err(Decline::SettlementOpen);
    }
    if let Some(settled) = payable.settled.filter(|settled| until <= settled.until) {
        return Err(Decline::SettledBefore { on: settled.until });
    }
    let fee_bp = payable.fee_bp.ok_or(Decline::FeeNotAgreed)?;
    let turnover = payable.unsettled.until(until);
    let net = turnover.net();
    if !net.is_positive() {
        return Err(Decline::NothingToSettle { net });
    }
    payable.covers(net)?;
    let fee = fits(fee(net, fee_bp));
    Ok(Settlement {
        id: state.head.next(),
        merchant,
        status: SettlementStatus::Prepared,
        until,
        before: payable.settled,
        turnover,
        net,
        fee_bp,
        fee,
        payout: fits(net.minus(fee)),
        maker: envelope.actor.person,
        prepared_at: envelope.at,
        checker: None,
        decided_at: None,
        opinion: String::new(),
        decided_by: None,
    })
}

/// Decides on a prepared settlement.
pub(crate) fn review(state: &State, envelope: &Envelope, verdict: &Verdict) -> Decision {
    let kind = if verdict.confirm { Kind::Settlement } else { Kind::SettlementRejection };
    let mut transaction = record(state, envelope, kind, Fen::ZERO);
    let (mut changes, mut transfers) = (Changes::default(), Vec::new());
    match judge_review(state, envelope, verdict) {
        Ok(prepared) => {
            transaction.original = Some(prepared.id);
            transaction.amount = prepared.net;
            let status = if verdict.confirm { SettlementStatus::Confirmed } else { SettlementStatus::Rejected };
            let decided = Settlement {
                status,
                checker: Some(envelope.actor.person),
                decided_at: Some(envelope.at),
                opinion: verdict.opinion.trim().to_owned(),
                decided_by: Some(transaction.id),
                ..prepared.clone()
            };
            if verdict.confirm {
                transfers = pay_out(&decided, &transaction);
            }
            changes.settlements.insert(decided.id, decided);
        }
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, transfers, changes)
}

fn judge_review<'a>(state: &'a State, envelope: &Envelope, verdict: &Verdict) -> Result<&'a Settlement, Decline> {
    let own = |settlement: &&Settlement| envelope.actor.is_issuer() && settlement.merchant == verdict.merchant;
    let settlement = state.settlements.get(&verdict.settlement).filter(own).ok_or(Decline::NoSuchSettlement)?;
    let payable = state.payables.get(&verdict.merchant).ok_or(Decline::NoSuchSettlement)?;
    if settlement.status != SettlementStatus::Prepared {
        return Err(Decline::AlreadyDecided);
    }
    if state.same_human(settlement.maker, envelope.actor.person, envelope.at) {
        return Err(Decline::ReviewerIsApplicant);
    }
    if !text_fits(&verdict.opinion) {
        return Err(Decline::TextLength);
    }
    if verdict.confirm {
        payable.covers(settlement.net)?;
    }
    Ok(settlement)
}

/// The legs of a confirmed settlement: the merchant's part, and the fee where there is one.
pub(crate) fn pay_out(settlement: &Settlement, transaction: &Transaction) -> Vec<Transfer> {
    let debit = AccountId::merchant_payable(settlement.merchant);
    let parts = [(1, AccountId::PAYOUT_CLEARING, settlement.payout), (2, AccountId::FEE_INCOME, settlement.fee)];
    let parts = parts.into_iter().filter(|(_, _, amount)| amount.is_positive());
    let leg = |(leg, credit, amount)| Transfer {
        transaction: transaction.id,
        leg,
        debit,
        credit,
        amount,
        business_date: transaction.business_date,
    };
    parts.map(leg).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_a_fen_of_fee_rounds_up() {
        for (net, bp, expected) in [
            (10_000, 60, 60),
            (833, 60, 5),  // 4.998
            (750, 60, 5),  // 4.5
            (749, 60, 4),  // 4.494
            (1, 1_000, 0), // 0.1
            (5, 1_000, 1), // 0.5
            (4, 1_000, 0), // 0.4
            (10_000, 0, 0),
            (0, 60, 0),
        ] {
            assert_eq!(fee(Fen(net), bp), Some(Fen(expected)), "{net} at {bp}");
        }
        assert_eq!([fee(Fen(1), -1), fee(Fen(1), 1_001), fee(Fen(-1), 60)], [None; 3]);
        assert_eq!(fee(Fen(i64::MAX), FEE_BP_MAX), Some(Fen(i64::MAX / 10 + 1)));
    }

    proptest! {
        #[test]
        fn a_fee_leaves_something_and_is_half_a_fen_off_at_most(net in 1..i64::MAX, bp in 0..=FEE_BP_MAX) {
            let fee = fee(Fen(net), bp).expect("fits");
            prop_assert!(fee >= Fen::ZERO && fee < Fen(net));
            let off = i128::from(fee.0) * 10_000 - i128::from(net) * i128::from(bp);
            prop_assert!((-5_000..=5_000).contains(&off) && off != -5_000, "{off}");
        }
    }
}
