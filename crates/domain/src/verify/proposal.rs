//! Proposals against the ledger: each row agrees with its transactions, each transaction has its row, two persons decided,
//! and what an act changed has power only by an approved proposal.

use std::collections::BTreeMap;

use super::Audit;
use crate::acts::{Field, Key, KeyState, Payload, Shown};
use crate::command::Command;
use crate::ids::{KeyId, MerchantId, TransactionId};
use crate::ledger::{Kind, Transaction};
use crate::proposal::{DECIDE_WITHIN, Draft, Ending, Proposal, ProposalStatus, Verdict, shown_digest};

/// What the ledger says of proposals so far, and what approved ones brought about.
#[derive(Default)]
pub(super) struct Proposals {
    /// Transactions that made or ended one.
    records: BTreeMap<TransactionId, Transaction>,
    /// Merchants' fees, with the approval that agreed them.
    fees: BTreeMap<MerchantId, (TransactionId, i64)>,
    /// Keys that were woken, as they were shown.
    keys: BTreeMap<KeyId, Shown>,
}

impl Proposals {
    pub(super) fn note(&mut self, transaction: &Transaction) {
        self.records.insert(transaction.id, transaction.clone());
    }

    /// Keeps what an approved act brought about.
    fn keep(&mut self, one: &Proposal, approval: TransactionId) {
        match one.payload {
            Payload::MerchantFee { merchant, fee_bp } => {
                let fee = self.fees.entry(merchant).or_insert((approval, fee_bp));
                if fee.0 < approval {
                    *fee = (approval, fee_bp);
                }
            }
            Payload::CompanyKey { key } => drop(self.keys.insert(key, one.seen.clone())),
        }
    }
}

impl Audit {
    /// Compares a stored proposal. Call after all transactions were read.
    pub fn proposal(&mut self, one: &Proposal) {
        let rrn = one.id.rrn();
        let decided = matches!(one.status, ProposalStatus::Approved | ProposalStatus::Rejected);
        let same = |ending: &Ending| self.logins.same_human(ending.by, one.maker, ending.at);
        if decided && one.ending.as_ref().is_some_and(same) {
            self.report("I7", format!("proposal {rrn} was decided by the human who made it"));
        }
        let made = self.proposals.records.remove(&one.id).is_some_and(|record| makes(one, &record));
        let ended = match &one.ending {
            None => one.status == ProposalStatus::Open,
            Some(ending) => {
                let record = self.proposals.records.remove(&ending.transaction);
                record.is_some_and(|record| ends(one, ending, &record))
            }
        };
        if !(made && ended) {
            self.report("I7", format!("proposal {rrn} is {}, but the ledger says otherwise", one.status.word()));
        } else if let (ProposalStatus::Approved, Some(ending)) = (one.status, &one.ending) {
            self.proposals.keep(one, ending.transaction);
        }
    }

    /// Compares a merchant's agreed fee. Call after all proposals.
    pub fn fee(&mut self, merchant: MerchantId, fee_bp: Option<i64>) {
        let agreed = self.proposals.fees.get(&merchant).map(|(_, fee_bp)| *fee_bp);
        if agreed != fee_bp {
            self.report("I7", format!("the fee of merchant {merchant} is not what an approved proposal says"));
        }
    }

    /// Compares an API key: one with power over money that the company made is awake only by an approved proposal, and is
    /// what the checker was shown. Call after all proposals.
    pub fn key(&mut self, key: &Key) {
        let approved = self.proposals.keys.get(&key.id);
        let needed = key.by_company && key.has_power();
        let as_shown = approved.is_some_and(|shown| {
            let now = key.shown();
            shown.rows().all(|(field, value)| match field {
                Field::KeyState => true,
                // A key that another one replaces ends earlier.
                Field::KeyExpires => value.parse().is_ok_and(|end: i64| key.expires_at.0 <= end),
                _ => now.get(field) == value,
            })
        });
        let sound = match key.state {
            KeyState::Awake if needed => as_shown,
            KeyState::Awake => approved.is_none(),
            KeyState::Asleep => approved.is_none() && needed,
            KeyState::Ended => approved.is_none() || as_shown,
        };
        if !sound {
            self.report("I7", format!("API key {} is {}, but no proposal says so", key.id, key.state.word()));
        }
    }

    /// Everything was read.
    pub(super) fn finish_proposals(&mut self) {
        for id in std::mem::take(&mut self.proposals.records).into_keys() {
            self.report("I7", format!("transaction {} makes or ends no proposal", id.rrn()));
        }
    }
}

fn makes(one: &Proposal, record: &Transaction) -> bool {
    let draft = Draft { payload: one.payload.clone(), seen: one.seen.clone() };
    let asked = Command::Proposal(draft).content();
    (record.kind, record.content, record.amount) == (Kind::Proposal, asked, one.payload.amount())
        && (record.actor.person, record.at) == (one.maker, one.made_at)
        && one.expires_at == one.made_at.plus(DECIDE_WITHIN)
        && record.actor.is_issuer()
}

fn ends(one: &Proposal, ending: &Ending, record: &Transaction) -> bool {
    let verdict = |shown: &[u8; 32]| Verdict {
        proposal: one.id,
        payload: one.payload.clone(),
        opinion: ending.opinion.clone(),
        shown: *shown,
    };
    let (kind, asked) = match (one.status, &ending.shown) {
        (ProposalStatus::Approved, Some(shown)) if *shown == shown_digest(one, &one.seen) => {
            (Kind::ProposalApproval, Command::ProposalApproval(verdict(shown)))
        }
        (ProposalStatus::Rejected, Some(shown)) => {
            (Kind::ProposalRejection, Command::ProposalRejection(verdict(shown)))
        }
        (ProposalStatus::Withdrawn, None) if ending.opinion.is_empty() && ending.by == one.maker => {
            (Kind::ProposalWithdrawal, Command::ProposalWithdrawal { proposal: one.id })
        }
        _ => return false,
    };
    (record.kind, record.content, record.original) == (kind, asked.content(), Some(one.id))
        && (record.actor.person, record.at) == (ending.by, ending.at)
        && record.amount == one.payload.amount()
        && ending.at < one.expires_at
        && record.actor.is_issuer()
}
