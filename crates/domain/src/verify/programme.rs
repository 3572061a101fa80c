//! Programmes against the ledger: each approval and each change on record goes on where the one before it ended, one person
//! only lowered or stopped, and the row is what the last of them left, inside the floors of its template.

use std::collections::BTreeMap;

use super::Audit;
use crate::acts::{Programme, Shown};
use crate::command::Command;
use crate::ids::{ProgrammeId, TransactionId};
use crate::ledger::Kind;
use crate::programme::ProgrammeStatus;
use crate::programme_change::Changed;

/// What was done to each programme, by the transaction that did it: what it showed before and afterwards.
#[derive(Default)]
pub(super) struct Programmes(BTreeMap<ProgrammeId, BTreeMap<TransactionId, (Shown, Shown)>>);

impl Programmes {
    pub(super) fn keep(&mut self, programme: ProgrammeId, by: TransactionId, before: Shown, after: Shown) {
        self.0.entry(programme).or_default().insert(by, (before, after));
    }
}

impl Audit {
    /// Compares what one person did to a programme. Call after all transactions, before the programmes.
    pub fn programme_change(&mut self, changed: &Changed) {
        let Changed { id, change, by, at } = changed;
        let asked = Command::ProgrammeChange(change.clone()).content();
        let recorded = self.proposals.take(*id).is_some_and(|record| {
            (record.kind, record.content) == (Kind::ProgrammeChange, asked)
                && (record.person, record.at) == (*by, *at)
                && record.by_issuer
        });
        let rrn = id.rrn();
        if !recorded {
            self.report("I7", format!("programme change {rrn} is not what the ledger says"));
        }
        let may = Programme::read(&change.seen).is_some_and(|before| change.judge(&before).is_ok());
        if !may {
            self.report("I7", format!("programme change {rrn} takes two persons, and one made it"));
        }
        self.programmes.keep(change.programme, *id, change.seen.clone(), change.after());
    }

    /// Compares a programme. `entered` says that a person entered it; the others are the program's own, and what they were
    /// before the first change on record is on no record. Call after all proposals and changes.
    pub fn programme(&mut self, id: ProgrammeId, one: &Programme, entered: bool) {
        let steps = self.programmes.0.remove(&id).unwrap_or_default();
        let mut steps = steps.into_iter().peekable();
        let mut last = None;
        while let Some((step, (_, after))) = steps.next() {
            if let Some((next, (before, _))) = steps.peek()
                && *before != after
            {
                let (step, next) = (step.rrn(), next.rrn());
                self.report("I7", format!("programme {id} was not at {next} what {step} left"));
            }
            last = Some(after);
        }
        let as_left = match &last {
            Some(after) => *after == one.shown(),
            None => !entered || one.status == ProgrammeStatus::Draft,
        };
        if !as_left {
            self.report("I7", format!("programme {id} is not what its last approval or change on record says"));
        }
        if last.is_some() && one.status != ProgrammeStatus::Draft && one.terms.check(one.template).is_err() {
            self.report("I7", format!("programme {id} is outside the floors of its template"));
        }
    }

    /// Everything was read.
    pub(super) fn finish_programmes(&mut self) {
        for id in std::mem::take(&mut self.programmes.0).into_keys() {
            self.report("I7", format!("programme {id} was changed on record, but is not there"));
        }
    }
}
