//! Dispute 争议: a card holder contests a sale, the card company takes it up, the merchant answers, the company decides.
//!
//! What must stay true:
//! - Only the card company opens and decides; opener and decider are different humans. The merchant answers once.
//! - An open dispute reserves its amount: it, the refunds and what disputes paid back never exceed the sale. While one
//!   is open, the order is not refunded, voided or disputed again; none is opened while a refund waits.
//! - It is decided only after the merchant answered or had its time. When it is upheld, the money goes back as for a
//!   refund.

use crate::changes::Changes;
use crate::command::Envelope;
use crate::decide::{Decision, record, recorded};
use crate::ids::{OrderId, PersonId, TransactionId};
use crate::ledger::Kind;
use crate::money::Fen;
use crate::outcome::Decline;
use crate::refund::text_fits;
use crate::sold::{Sold, about, credit, payee_refused, reaches, settle_order, sold};
use crate::state::State;
use crate::time::{HOUR, Timestamp};

/// How long the merchant has to answer, microseconds: seven days.
pub const ANSWER_WITHIN: i64 = 7 * 24 * HOUR;

words! {
    /// What the holder says about the sale.
    pub enum Claim {
        /// "I did not make this payment."
        NotAuthorised = "not_authorised",
        /// "I did not get the goods."
        NotReceived = "not_received",
        /// "Too much was charged."
        WrongAmount = "wrong_amount",
        /// "I was charged twice."
        Duplicate = "duplicate",
        /// "The goods have a fault and the shop does not take them back."
        Quality = "quality",
    }
}

words! {
    /// States of a dispute.
    pub enum DisputeStatus {
        /// Waits for the merchant.
        Opened = "opened",
        /// The merchant has answered; waits for the company.
        Answered = "answered",
        /// The holder was right and has the money.
        Upheld = "upheld",
        /// The sale stands.
        Rejected = "rejected",
    }
}

impl DisputeStatus {
    /// Waits for an answer or a decision.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Opened | Self::Answered)
    }
}

/// A statement of one side, and when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The person.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// In which words, [`crate::refund::TEXT_LENGTH`] characters.
    pub words: String,
    /// The transaction that recorded it.
    pub transaction: TransactionId,
}

/// What the merchant answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The holder is right.
    pub accept: bool,
    /// Person, time and reason.
    pub said: Said,
}

/// A dispute, from its opening to the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// The transaction that opened it; also its number.
    pub id: TransactionId,
    /// The order.
    pub order: OrderId,
    /// State.
    pub status: DisputeStatus,
    /// What the holder wants back.
    pub amount: Fen,
    /// What the holder says.
    pub claim: Claim,
    /// The holder's words.
    pub words: String,
    /// The person who opened it.
    pub opener: PersonId,
    /// When.
    pub opened_at: Timestamp,
    /// The last moment for the merchant's answer.
    pub answer_until: Timestamp,
    /// The merchant's answer.
    pub answer: Option<Reply>,
    /// The company's decision.
    pub decision: Option<Said>,
}

impl Dispute {
    /// The transactions that opened, answered and decided it.
    pub fn records(&self) -> impl Iterator<Item = TransactionId> {
        let reply = self.answer.iter().map(|reply| reply.said.transaction);
        std::iter::once(self.id).chain(reply).chain(self.decision.iter().map(|said| said.transaction))
    }
}

/// What is taken up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The order.
    pub order: OrderId,
    /// What the holder wants back.
    pub amount: Fen,
    /// What the holder says.
    pub claim: Claim,
    /// The holder's words, [`crate::refund::TEXT_LENGTH`] characters.
    pub words: String,
}

/// What the merchant says to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The order.
    pub order: OrderId,
    /// The dispute.
    pub dispute: TransactionId,
    /// The holder is right.
    pub accept: bool,
    /// Why, [`crate::refund::TEXT_LENGTH`] characters.
    pub words: String,
}

/// What the company decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The order.
    pub order: OrderId,
    /// The dispute.
    pub dispute: TransactionId,
    /// The holder is right: the money goes back.
    pub uphold: bool,
    /// Why, [`crate::refund::TEXT_LENGTH`] characters.
    pub words: String,
}

/// Takes a dispute up, or says why not.
pub(crate) fn open(state: &State, envelope: &Envelope, opening: &Opening) -> Decision {
    let mut changes = Changes::default();
    let mut transaction = record(state, envelope, Kind::DisputeOpening, Fen::ZERO);
    if let Some(sold) = state.sold.get(&opening.order).filter(|sold| reaches(envelope, &sold.sale)) {
        about(&mut transaction, sold, opening.amount);
    }
    match judge_opening(state, envelope, opening) {
        Ok(()) => {
            let dispute = Dispute {
                id: transaction.id,
                order: opening.order,
                status: DisputeStatus::Opened,
                amount: opening.amount,
                claim: opening.claim,
                words: opening.words.trim().to_owned(),
                opener: envelope.actor.person,
                opened_at: envelope.at,
                answer_until: envelope.at.plus(ANSWER_WITHIN),
                answer: None,
                decision: None,
            };
            changes.disputes.insert(dispute.id, dispute);
        }
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, Vec::new(), changes)
}

fn judge_opening(state: &State, envelope: &Envelope, opening: &Opening) -> Result<(), Decline> {
    if !envelope.actor.is_issuer() {
        return Err(Decline::CompanyOnly);
    }
    let sold = sold(state, envelope, opening.order)?;
    if sold.open_dispute().is_some() {
        return Err(Decline::DisputeExists);
    }
    if sold.refunds.iter().any(|refund| refund.status.is_open()) {
        return Err(Decline::RefundExists);
    }
    if !text_fits(&opening.words) {
        return Err(Decline::TextLength);
    }
    if !opening.amount.is_positive() {
        return Err(Decline::InvalidAmount);
    }
    if opening.amount > sold.left() {
        return Err(Decline::NothingLeft { left: sold.left() });
    }
    Ok(())
}

/// Takes the merchant's answer.
pub(crate) fn answer(state: &State, envelope: &Envelope, answer: &Answer) -> Decision {
    let mut changes = Changes::default();
    let mut transaction = record(state, envelope, Kind::DisputeAnswer, Fen::ZERO);
    let known = known(state, envelope, answer.order, answer.dispute);
    if let Some((sold, dispute)) = known {
        about(&mut transaction, sold, dispute.amount);
    }
    match judge_answer(envelope, known, answer) {
        Ok(dispute) => {
            let answered = Dispute {
                status: DisputeStatus::Answered,
                answer: Some(Reply { accept: answer.accept, said: said(envelope, transaction.id, &answer.words) }),
                ..dispute.clone()
            };
            changes.disputes.insert(answered.id, answered);
        }
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, Vec::new(), changes)
}

fn said(envelope: &Envelope, transaction: TransactionId, words: &str) -> Said {
    Said { by: envelope.actor.person, at: envelope.at, words: words.trim().to_owned(), transaction }
}

fn known<'a>(
    state: &'a State,
    envelope: &Envelope,
    order: OrderId,
    dispute: TransactionId,
) -> Option<(&'a Sold, &'a Dispute)> {
    let sold = state.sold.get(&order).filter(|sold| reaches(envelope, &sold.sale))?;
    Some((sold, sold.disputes.iter().find(|known| known.id == dispute)?))
}

fn judge_answer<'a>(
    envelope: &Envelope,
    known: Option<(&'a Sold, &'a Dispute)>,
    answer: &Answer,
) -> Result<&'a Dispute, Decline> {
    let (sold, dispute) = known.ok_or(Decline::NoSuchDispute)?;
    if sold.sale.actor.merchant != envelope.actor.merchant {
        return Err(Decline::NoSuchDispute);
    }
    if dispute.status != DisputeStatus::Opened {
        return Err(Decline::AlreadyDecided);
    }
    if envelope.at > dispute.answer_until {
        return Err(Decline::AnswerTooLate { at: dispute.answer_until });
    }
    if text_fits(&answer.words) { Ok(dispute) } else { Err(Decline::TextLength) }
}

/// Decides a dispute.
pub(crate) fn review(state: &State, envelope: &Envelope, verdict: &Verdict) -> Decision {
    let kind = if verdict.uphold { Kind::Chargeback } else { Kind::DisputeRejection };
    let mut changes = Changes::default();
    let mut transaction = record(state, envelope, kind, Fen::ZERO);
    let known = known(state, envelope, verdict.order, verdict.dispute);
    if let Some((sold, dispute)) = known {
        about(&mut transaction, sold, dispute.amount);
    }
    let mut transfers = Vec::new();
    match judge_review(state, envelope, known, verdict) {
        Ok((sold, dispute)) => {
            let decided = Dispute {
                status: if verdict.uphold { DisputeStatus::Upheld } else { DisputeStatus::Rejected },
                decision: Some(said(envelope, transaction.id, &verdict.words)),
                ..dispute.clone()
            };
            if verdict.uphold {
                settle_order(state, sold, dispute.amount, &mut changes);
                let back = credit(state, envelope, sold, dispute.amount, &mut transaction, &mut changes, |card| card);
                transfers.push(back);
            }
            changes.disputes.insert(decided.id, decided);
        }
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, transfers, changes)
}

fn judge_review<'a>(
    state: &State,
    envelope: &Envelope,
    known: Option<(&'a Sold, &'a Dispute)>,
    verdict: &Verdict,
) -> Result<(&'a Sold, &'a Dispute), Decline> {
    if !envelope.actor.is_issuer() {
        return Err(Decline::CompanyOnly);
    }
    let (sold, dispute) = known.ok_or(Decline::NoSuchDispute)?;
    if !dispute.status.is_open() {
        return Err(Decline::AlreadyDecided);
    }
    if state.same_human(dispute.opener, envelope.actor.person, envelope.at) {
        return Err(Decline::ReviewerIsApplicant);
    }
    if !text_fits(&verdict.words) {
        return Err(Decline::TextLength);
    }
    if dispute.status == DisputeStatus::Opened && envelope.at <= dispute.answer_until {
        return Err(Decline::AnswerAwaited { at: dispute.answer_until });
    }
    match payee_refused(state, sold, true).filter(|_| verdict.uphold) {
        Some(decline) => Err(decline),
        None => Ok((sold, dispute)),
    }
}
