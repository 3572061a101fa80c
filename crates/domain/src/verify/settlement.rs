//! Settlements against the ledger: the transactions that each takes, its sums, its persons, and no payout twice.

use std::collections::BTreeMap;

use super::Audit;
use crate::batch::Tally;
use crate::command::Command;
use crate::ids::{MerchantId, TransactionId};
use crate::ledger::{Kind, Transaction, Transfer};
use crate::settlement::{self, Preparation, SettledTo, Settlement, SettlementStatus, Takers, Turnover, Verdict};
use crate::time::BusinessDate;

/// Settlements and what the ledger says about them so far.
#[derive(Default)]
pub(super) struct Settlements {
    of: Takers,
    /// What the transactions of each come to.
    taken: BTreeMap<TransactionId, Turnover>,
    /// Transactions that prepared or decided one, with their transfers.
    records: BTreeMap<TransactionId, (Transaction, Vec<Transfer>)>,
}

impl Settlements {
    /// What a settlement took of archived transactions, of one day and kind.
    pub(super) fn archived(&mut self, settlement: TransactionId, day: BusinessDate, kind: Kind, tally: Tally) {
        self.taken.entry(settlement).or_default().put(day, kind, tally);
    }

    /// Counts an approved transaction into the settlements that take it.
    pub(super) fn note(&mut self, transaction: &Transaction, transfers: &[Transfer]) {
        if matches!(transaction.kind, Kind::SettlementRequest | Kind::SettlementRejection | Kind::Settlement) {
            self.records.insert(transaction.id, (transaction.clone(), transfers.to_vec()));
            return;
        }
        for transfer in transfers {
            let (day, id) = (transfer.business_date, transaction.id);
            for account in [transfer.debit, transfer.credit] {
                let merchant = MerchantId(account.0);
                for one in self.of.of(merchant, day, id) {
                    self.taken.entry(one.id).or_default().note(merchant, transaction, transfer);
                }
            }
        }
    }
}

impl Audit {
    /// Takes every stored settlement. Call before the first transaction.
    pub fn settlements(&mut self, all: impl IntoIterator<Item = Settlement>) {
        all.into_iter().for_each(|one| self.settlements.of.put(one));
    }

    /// Everything was read: holds settlements to it.
    pub(super) fn finish_settlements(&mut self) {
        let mut all = std::mem::take(&mut self.settlements);
        for (confirmed, others) in std::mem::take(&mut all.of).by_merchant() {
            let mut before = None;
            for one in &confirmed {
                self.settlement(one, before, &mut all);
                before = Some(one.settled_to());
            }
            for one in &others {
                let follows = if one.status == SettlementStatus::Prepared { before } else { one.before };
                self.settlement(one, follows, &mut all);
            }
        }
        for id in all.records.into_keys() {
            self.report("I12", format!("transaction {} prepares or decides no settlement", id.rrn()));
        }
    }

    fn settlement(&mut self, one: &Settlement, before: Option<SettledTo>, all: &mut Settlements) {
        let name = format!("settlement {}", one.id.rrn());
        if one.before != before || before.is_some_and(|before| one.until <= before.until || one.id <= before.id) {
            self.report("I12", format!("{name} does not begin where the one before ended"));
        }
        if all.taken.remove(&one.id).unwrap_or_default() != one.turnover {
            self.report("I12", format!("{name} differs from its transactions"));
        }
        let fee = settlement::fee(one.net, one.fee_bp);
        if one.turnover.net() != one.net || fee != Some(one.fee) || one.net.minus(one.fee) != Some(one.payout) {
            self.report("I12", format!("{name} is wrongly added up"));
        }
        let at = one.decided_at.unwrap_or(one.prepared_at);
        if one.checker.is_some_and(|checker| self.logins.same_human(checker, one.maker, at)) {
            self.report("I7", format!("{name} was decided by the human who prepared it"));
        }
        let asked = Command::SettlementPrepare(Preparation { merchant: one.merchant, until: one.until }).content();
        let request = all.records.remove(&one.id).map(|(t, _)| (t.kind, t.amount, t.content, t.actor.person, t.at));
        if request != Some((Kind::SettlementRequest, one.net, asked, one.maker, one.prepared_at)) {
            self.report("I12", format!("{name} was not prepared as it says"));
        }
        let decision = one.decided_by.and_then(|by| all.records.remove(&by));
        let kind = match one.status {
            SettlementStatus::Prepared => None,
            SettlementStatus::Confirmed => Some(Kind::Settlement),
            SettlementStatus::Rejected => Some(Kind::SettlementRejection),
        };
        let fits = match (&decision, kind) {
            (None, None) => {
                (one.checker, one.decided_at, one.decided_by) == (None, None, None) && one.opinion.is_empty()
            }
            (Some((t, transfers)), Some(kind)) => {
                let legs = if kind == Kind::Settlement { settlement::pay_out(one, t) } else { Vec::new() };
                let (confirm, opinion) = (kind == Kind::Settlement, one.opinion.clone());
                let verdict = Verdict { merchant: one.merchant, settlement: one.id, confirm, opinion };
                let asked = Command::SettlementReview(verdict).content();
                let says = (t.kind, t.original, t.amount, t.content, Some(t.actor.person), Some(t.at));
                says == (kind, Some(one.id), one.net, asked, one.checker, one.decided_at) && *transfers == legs
            }
            _ => false,
        };
        if !fits {
            self.report("I12", format!("{name} is {}, but the ledger says otherwise", one.status.word()));
        }
    }
}
