//! Deposits against the ledger: a customer's row is what its account comes to, money counts once by its bank reference, no
//! load is taken back twice, and what was received is what is held.

use std::collections::BTreeMap;

use super::Audit;
use crate::acts::Money;
use crate::ids::{CustomerId, TransactionId};
use crate::ledger::AccountId;
use crate::money::Fen;

/// What approved proposals moved of deposits.
#[derive(Default)]
pub(super) struct Deposits {
    /// Money that was received, by its bank reference, with the approvals.
    references: BTreeMap<String, TransactionId>,
    /// Loads: customer, card, and what is left of each after what was taken back.
    loads: BTreeMap<TransactionId, (CustomerId, AccountId, Fen)>,
}

impl Audit {
    /// Keeps what an approved proposal moved. Proposals come in order of their numbers, so a load comes before what takes
    /// some of it back.
    pub(super) fn keep_money(&mut self, money: &Money, approval: TransactionId) {
        match money {
            Money::Funding { reference, .. } => {
                if let Some(first) = self.deposits.references.insert(reference.clone(), approval) {
                    let (first, second) = (first.rrn(), approval.rrn());
                    self.report("I3", format!("fundings {first} and {second} are the same payment of the bank"));
                }
            }
            Money::FundingReturn { .. } => {}
            Money::Load { customer, card, amount, .. } => {
                self.deposits.loads.insert(approval, (*customer, AccountId::card(*card), *amount));
            }
            Money::Adjustment { load, customer, card, amount, .. } => {
                let own =
                    |(of, on, _): &&mut (CustomerId, AccountId, Fen)| (*of, *on) == (*customer, AccountId::card(*card));
                let left = self.deposits.loads.get_mut(load).filter(own).map(|(_, _, left)| {
                    *left = left.minus(*amount).unwrap_or(Fen(-1));
                    *left
                });
                if left.is_none_or(|left| left < Fen::ZERO) {
                    let (rrn, load) = (approval.rrn(), load.rrn());
                    self.report("I6", format!("adjustment {rrn} takes back more than load {load} put on its card"));
                }
            }
        }
    }

    /// Compares a customer's stored deposit.
    pub fn customer(&mut self, customer: CustomerId, deposit: Fen) {
        self.held = self.held.saturating_add(i128::from(deposit.0));
        let posted = self.accounts.remove(&AccountId::deposit(customer)).unwrap_or(0);
        if posted != i128::from(deposit.0) {
            let stored = deposit.0;
            self.report("I2", format!("customer {customer} has {stored} fen but its transfers say {posted}"));
        }
    }

    /// Compares a stored bank reference with the approval that it names. Call after all proposals.
    pub fn funding(&mut self, reference: &str, approval: TransactionId) {
        if self.deposits.references.get(reference) == Some(&approval) {
            self.deposits.references.remove(reference);
        } else {
            let rrn = approval.rrn();
            self.report("I3", format!("bank reference {reference} is not that of funding {rrn}"));
        }
    }

    /// Everything was read: what was received is what rows and accounts hold.
    pub(super) fn finish_deposits(&mut self) {
        for (reference, approval) in std::mem::take(&mut self.deposits.references) {
            let rrn = approval.rrn();
            self.report("I3", format!("bank reference {reference} of funding {rrn} is not kept"));
        }
        let of = |account: &AccountId| self.accounts.get(account).copied().unwrap_or(0);
        let received = of(&AccountId::FUNDING_CLEARING).saturating_neg();
        let others = self.accounts.iter().filter(|(account, _)| **account != AccountId::FUNDING_CLEARING);
        let held = others.fold(self.held, |sum, (_, amount)| sum.saturating_add(*amount));
        if received != held {
            self.report("I1", format!("{received} fen were received from customers, but {held} fen are held"));
        }
    }
}
