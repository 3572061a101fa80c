//! Disputes against the ledger: each row agrees with its transactions, and each transaction has its row.

use super::Audit;
use crate::command::Command;
use crate::dispute::{ANSWER_WITHIN, Answer, Dispute, DisputeStatus, Opening, Reply, Said, Verdict};
use crate::ledger::{Kind, Transaction};

impl Audit {
    /// Compares a stored dispute. Call after all transactions were read.
    pub fn dispute(&mut self, one: &Dispute) {
        let rrn = one.id.rrn();
        let same = |decision: &Said| self.logins.same_human(decision.by, one.opener, decision.at);
        if one.decision.as_ref().is_some_and(same) {
            self.report("I7", format!("dispute {rrn} was decided by the human who opened it"));
        }
        if one.status.is_open() && !self.disputed.insert(one.order) {
            self.report("I6", format!("order {} has two open disputes", one.order));
        }
        let mut record = |id| self.disputes.remove(&id);
        let (opening, answer, decision) = (
            record(one.id),
            one.answer.as_ref().and_then(|reply| record(reply.said.transaction)),
            one.decision.as_ref().and_then(|said| record(said.transaction)),
        );
        let opened = opening.as_ref().is_some_and(|opening| opens(one, opening));
        let about = |record: &Transaction| {
            opening.as_ref().is_some_and(|opening| {
                (record.order, record.original, record.amount) == (opening.order, opening.original, opening.amount)
            })
        };
        let answered = match (&one.answer, &answer) {
            (None, None) => one.status != DisputeStatus::Answered,
            (Some(reply), Some(record)) => {
                one.status != DisputeStatus::Opened && about(record) && answers(one, reply, record)
            }
            _ => false,
        };
        let decided = match (&one.decision, &decision) {
            (None, None) => one.status.is_open(),
            (Some(said), Some(record)) => about(record) && decides(one, said, record),
            _ => false,
        };
        if !(opened && answered && decided) {
            self.report("I6", format!("dispute {rrn} is {}, but the ledger says otherwise", one.status.word()));
        }
    }

    /// Everything was read.
    pub(super) fn finish_disputes(&mut self) {
        for id in std::mem::take(&mut self.disputes).into_keys() {
            self.report("I6", format!("transaction {} opens, answers or decides no dispute", id.rrn()));
        }
    }
}

fn opens(one: &Dispute, record: &Transaction) -> bool {
    let (order, amount, claim, words) = (one.order, one.amount, one.claim, one.words.clone());
    let asked = Command::DisputeOpen(Opening { order, amount, claim, words }).content();
    (record.kind, record.content, record.order, record.amount) == (Kind::DisputeOpening, asked, Some(order), amount)
        && (record.actor.person, record.at) == (one.opener, one.opened_at)
        && one.answer_until == one.opened_at.plus(ANSWER_WITHIN)
        && record.actor.is_issuer()
}

fn answers(one: &Dispute, reply: &Reply, record: &Transaction) -> bool {
    let said = &reply.said;
    let (order, dispute, accept, words) = (one.order, one.id, reply.accept, said.words.clone());
    let asked = Command::DisputeAnswer(Answer { order, dispute, accept, words }).content();
    let known = (Kind::DisputeAnswer, asked, said.by, said.at);
    (record.kind, record.content, record.actor.person, record.at) == known && said.at <= one.answer_until
}

fn decides(one: &Dispute, said: &Said, record: &Transaction) -> bool {
    let (kind, uphold) = match one.status {
        DisputeStatus::Upheld => (Kind::Chargeback, true),
        DisputeStatus::Rejected => (Kind::DisputeRejection, false),
        DisputeStatus::Opened | DisputeStatus::Answered => return false,
    };
    let (order, dispute, words) = (one.order, one.id, said.words.clone());
    let asked = Command::DisputeReview(Verdict { order, dispute, uphold, words }).content();
    (record.kind, record.content, record.actor.person, record.at) == (kind, asked, said.by, said.at)
}
