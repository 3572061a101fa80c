//! Proposals against the ledger: each row agrees with its transactions, each transaction has its row, two persons decided,
//! and what an act changed has power only by an approved proposal.

use std::collections::{BTreeMap, BTreeSet};

use super::Audit;
use crate::acts::{Act, Bank, Field, Key, KeyState, Payload, Shown};
use crate::command::Command;
use crate::deposit;
use crate::directory::Standing;
use crate::ids::{KeyId, MerchantId, OutletId, PersonId, RecallId, TransactionId};
use crate::ledger::{AccountId, Kind, Transaction, Transfer};
use crate::money::Fen;
use crate::person::{Held, is_narrower};
use crate::proposal::{DECIDE_WITHIN, Draft, Ending, Proposal, ProposalStatus, Verdict, shown_digest};
use crate::recall::{self, MatchKind};
use crate::time::Timestamp;

/// What the ledger says of proposals so far, and what approved ones brought about.
#[derive(Default)]
pub(super) struct Proposals {
    /// Transactions that made or ended one.
    records: BTreeMap<TransactionId, Record>,
    /// Merchants' fees, with the approval that agreed them.
    fees: BTreeMap<MerchantId, (TransactionId, i64)>,
    /// Where merchants are paid to, with the approval that agreed it.
    banks: BTreeMap<MerchantId, (TransactionId, Bank)>,
    /// Merchants and outlets that somebody proposed to open, and whether it was approved.
    openings: BTreeMap<(Act, i64), bool>,
    /// Recalls that were ended.
    ended: BTreeSet<RecallId>,
    /// Keys that were woken, as they were shown.
    keys: BTreeMap<KeyId, Shown>,
    /// What people of the company were given, by the approval.
    roles: BTreeMap<TransactionId, (PersonId, Vec<Held>)>,
}

/// What a proposal has to agree with of a transaction: there may be many, so nothing else is kept.
pub(super) struct Record {
    pub(super) kind: Kind,
    pub(super) content: [u8; 16],
    amount: Fen,
    pub(super) person: PersonId,
    pub(super) by_issuer: bool,
    pub(super) at: Timestamp,
    original: Option<TransactionId>,
    /// Between which accounts it moved money, if it did.
    moved: Option<(AccountId, AccountId)>,
}

/// Keeps the latest approval.
fn latest<K: Ord, V>(all: &mut BTreeMap<K, (TransactionId, V)>, key: K, approval: TransactionId, value: V) {
    if all.get(&key).is_none_or(|(before, _)| *before < approval) {
        all.insert(key, (approval, value));
    }
}

impl Proposals {
    pub(super) fn note(&mut self, transaction: &Transaction, transfers: &[Transfer]) {
        let record = Record {
            kind: transaction.kind,
            content: transaction.content,
            amount: transaction.amount,
            person: transaction.actor.person,
            by_issuer: transaction.actor.is_issuer(),
            at: transaction.at,
            original: transaction.original,
            moved: transfers.first().map(|one| (one.debit, one.credit)),
        };
        self.records.insert(transaction.id, record);
    }

    /// The transaction of this number, which is looked at once.
    pub(super) fn take(&mut self, id: TransactionId) -> Option<Record> {
        self.records.remove(&id)
    }

    /// Keeps what an approved act brought about.
    fn keep(&mut self, one: &Proposal, approval: TransactionId) {
        match &one.payload {
            Payload::MerchantFee { merchant, fee_bp } => latest(&mut self.fees, *merchant, approval, *fee_bp),
            Payload::MerchantBank { merchant, bank } => latest(&mut self.banks, *merchant, approval, bank.clone()),
            Payload::MerchantOpening { merchant, fee_bp, bank } => {
                latest(&mut self.fees, *merchant, approval, *fee_bp);
                latest(&mut self.banks, *merchant, approval, bank.clone());
            }
            Payload::RecallEnding { recall } => drop(self.ended.insert(*recall)),
            Payload::CompanyKey { key } => drop(self.keys.insert(*key, one.seen.clone())),
            // A state is stopped by one person, outside the ledger, so that no row follows from these alone.
            Payload::MerchantResuming { .. }
            | Payload::OutletOpening { .. }
            | Payload::OutletResuming { .. }
            | Payload::FactorRule { .. }
            | Payload::PersonReset { .. }
            | Payload::FactorReset { .. }
            | Payload::LoginParting { .. }
            | Payload::GuessingLimit { .. }
            | Payload::MerchantPayable { .. }
            | Payload::ProductPrice { .. }
            | Payload::CustomerResuming { .. }
            | Payload::Money(_)
            | Payload::Card(_)
            | Payload::Programme(_)
            | Payload::Batch(_)
            | Payload::Pin(_)
            | Payload::ProductEdition { .. } => {}
            Payload::CompanyRoles { person, roles } => {
                self.roles.insert(approval, (*person, roles.clone()));
            }
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
        if matches!(one.payload.act(), Act::MerchantOpening | Act::OutletOpening) {
            let opened = self.proposals.openings.entry((one.payload.act(), one.payload.subject())).or_default();
            *opened |= one.status == ProposalStatus::Approved;
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
            match &one.payload {
                Payload::Money(money) => self.keep_money(money, ending.transaction),
                Payload::Card(card) => self.keep_move(card, ending.transaction),
                Payload::Programme(act) => {
                    let (before, after) = (one.seen.clone(), one.payload.after(&one.seen));
                    self.programmes.keep(act.programme(), ending.transaction, before, after);
                }
                _ => {}
            }
            if let Payload::Batch(batch) = &one.payload {
                self.keep_batch(batch, ending.transaction);
            }
            if let Payload::Pin(reset) = &one.payload {
                self.keep_reset(one.id, reset, one.maker, ending.transaction);
            }
        }
    }

    /// Compares a merchant's agreed fee. Call after all proposals.
    pub fn fee(&mut self, merchant: MerchantId, fee_bp: Option<i64>) {
        let agreed = self.proposals.fees.get(&merchant).map(|(_, fee_bp)| *fee_bp);
        if agreed != fee_bp {
            self.report("I7", format!("the fee of merchant {merchant} is not what an approved proposal says"));
        }
    }

    /// Compares where a merchant is paid to, and whether it may trade. Call after all proposals.
    pub fn merchant(&mut self, merchant: MerchantId, bank: &Bank, status: Standing) {
        let none = Bank::default();
        if self.proposals.banks.get(&merchant).map_or(&none, |(_, bank)| bank) != bank {
            self.report("I7", format!("the bank of merchant {merchant} is not what an approved proposal says"));
        }
        let subject = (Act::MerchantOpening, merchant.0);
        self.opened(subject, status, || format!("merchant {merchant}"));
    }

    /// Compares whether an outlet may trade. Call after all proposals.
    pub fn outlet(&mut self, outlet: OutletId, status: Standing) {
        self.opened((Act::OutletOpening, outlet.0), status, || format!("outlet {outlet}"));
    }

    /// What somebody proposed to open is open only if that was approved, and then never a draft again.
    fn opened(&mut self, subject: (Act, i64), status: Standing, name: impl Fn() -> String) {
        let sound = match (self.proposals.openings.get(&subject), status) {
            (None, _) | (Some(_), Standing::Closed) => true,
            (Some(opened), status) => *opened != (status == Standing::Draft),
        };
        if !sound {
            self.report("I7", format!("{} is {status}, but no proposal says so", name()));
        }
    }

    /// Compares whether a recall stops sales: it does until an approved proposal ended it. Call after all proposals.
    pub fn recall(&mut self, recall: RecallId, open: bool) {
        if self.proposals.ended.contains(&recall) == open {
            let is = if open { "open" } else { "ended" };
            self.report("I7", format!("recall {recall} is {is}, but no proposal says so"));
        }
    }

    /// Compares what a recall stops, `stored`, with what its maker typed.
    pub fn recall_covers(
        &mut self,
        recall: RecallId,
        typed: &[(MatchKind, String)],
        mut stored: Vec<(MatchKind, String)>,
    ) {
        stored.sort_unstable();
        if recall::stored_forms(typed) != stored {
            self.report("I7", format!("recall {recall} does not stop what its maker typed"));
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

    /// Compares a role of a person of the company with the approval that gave it; `None` is the command line, which gives
    /// roles to those alone that it made. Call after all proposals.
    pub fn company_role(&mut self, person: PersonId, held: Held, given: Result<TransactionId, bool>) {
        let sound = match given {
            Ok(approval) => {
                let given = self.proposals.roles.get(&approval);
                given.is_some_and(|(who, roles)| *who == person && is_narrower(roles, &[held]))
            }
            Err(by_command_line) => by_command_line,
        };
        if !sound {
            self.report("I7", format!("no proposal gave person {person} the role {}", held.role));
        }
    }

    /// Everything was read.
    pub(super) fn finish_proposals(&mut self) {
        for id in std::mem::take(&mut self.proposals.records).into_keys() {
            self.report("I7", format!("transaction {} makes or ends no proposal and changes no programme", id.rrn()));
        }
    }
}

fn makes(one: &Proposal, record: &Record) -> bool {
    let draft = Draft { payload: one.payload.clone(), seen: one.seen.clone() };
    let asked = Command::Proposal(draft).content();
    (record.kind, record.content, record.amount) == (Kind::Proposal, asked, one.payload.amount())
        && (record.person, record.at) == (one.maker, one.made_at)
        && one.expires_at == one.made_at.plus(DECIDE_WITHIN)
        && record.by_issuer
}

fn ends(one: &Proposal, ending: &Ending, record: &Record) -> bool {
    let verdict = |shown: &[u8; 32]| Verdict {
        proposal: one.id,
        payload: one.payload.clone(),
        opinion: ending.opinion.clone(),
        shown: *shown,
    };
    let (kind, asked) = match (one.status, &ending.shown) {
        (ProposalStatus::Approved, Some(shown)) if *shown == shown_digest(one, &one.seen) => {
            (one.payload.approval(), Command::ProposalApproval(verdict(shown)))
        }
        (ProposalStatus::Rejected, Some(shown)) => {
            (Kind::ProposalRejection, Command::ProposalRejection(verdict(shown)))
        }
        (ProposalStatus::Withdrawn, None) if ending.opinion.is_empty() && ending.by == one.maker => {
            (Kind::ProposalWithdrawal, Command::ProposalWithdrawal { proposal: one.id })
        }
        _ => return false,
    };
    let money = one.payload.money().filter(|_| one.status == ProposalStatus::Approved);
    (record.kind, record.content, record.original) == (kind, asked.content(), Some(one.id))
        && (record.person, record.at) == (ending.by, ending.at)
        && record.amount == one.payload.amount()
        && record.moved == money.map(deposit::accounts)
        && ending.at < one.expires_at
        && record.by_issuer
}
