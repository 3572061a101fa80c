//! Proposal 经办单: what one person of the card company proposes and another decides.
//!
//! What must stay true:
//! - Maker and checker are different humans of the card company.
//! - All checks run when a proposal is made and again when it is approved. If the rows that the maker was shown have
//!   changed, it is stale: it cannot be approved any more, only turned down or withdrawn.
//! - It is decided once, and not after its time. The act happens in the approval's own commit.
//! - The decision keeps a digest of what the checker was shown.
//! - Money of a deposit moves by an approved proposal alone: [`Approved`] is made here.

use sha2::{Digest as _, Sha256};

use crate::acts::{ActRows, Payload, Shown, TEXT_BYTES_MAX};
use crate::card_move;
use crate::changes::{Changes, WrittenProgramme};
use crate::command::Envelope;
use crate::decide::{Decision, record, recorded};
use crate::deposit;
use crate::ids::{PersonId, TransactionId};
use crate::ledger::Kind;
use crate::money::Fen;
use crate::outcome::Decline;
use crate::pin_reset;
use crate::refund::text_fits;
use crate::state::State;
use crate::time::{HOUR, Timestamp};

/// How long a proposal can be decided, microseconds: seven days.
pub const DECIDE_WITHIN: i64 = 7 * 24 * HOUR;

words! {
    /// States of a proposal. One that nobody decided in time stays open and can no longer be decided.
    pub enum ProposalStatus {
        /// Waits for a second person.
        Open = "open",
        /// The act happened.
        Approved = "approved",
        /// A second person turned it down.
        Rejected = "rejected",
        /// The maker took it back.
        Withdrawn = "withdrawn",
    }
}

/// What ended a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The checker; the maker of a withdrawn one.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// The checker's words; empty for a withdrawn one.
    pub opinion: String,
    /// [`shown_digest`] of what the checker was shown; none for a withdrawn one.
    pub shown: Option<[u8; 32]>,
    /// The transaction that recorded it.
    pub transaction: TransactionId,
}

/// A proposal, from its making to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The transaction that made it; also its number.
    pub id: TransactionId,
    /// The act.
    pub payload: Payload,
    /// What the maker was shown of the rows that it is about.
    pub seen: Shown,
    /// State.
    pub status: ProposalStatus,
    /// Maker.
    pub maker: PersonId,
    /// When it was made.
    pub made_at: Timestamp,
    /// From then on it cannot be decided.
    pub expires_at: Timestamp,
    /// Approval, rejection or withdrawal.
    pub ending: Option<Ending>,
}

impl Proposal {
    /// Whether it waits for a decision at `now`.
    pub fn waits(&self, now: Timestamp) -> bool {
        self.status == ProposalStatus::Open && now < self.expires_at
    }
}

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The act.
    pub payload: Payload,
    /// What the maker was shown.
    pub seen: Shown,
}

/// A checker's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The proposal.
    pub proposal: TransactionId,
    /// Its act, which names the rows to load.
    pub payload: Payload,
    /// Decision note, [`crate::refund::TEXT_LENGTH`] characters.
    pub opinion: String,
    /// [`shown_digest`] of what the checker was shown.
    pub shown: [u8; 32],
}

/// SHA-256 of what a checker is shown: the proposal, and the rows as they are at that moment.
pub fn shown_digest(proposal: &Proposal, now: &Shown) -> [u8; 32] {
    let mut digest = Sha256::new();
    for number in [proposal.id.0, proposal.payload.subject(), proposal.maker.0, proposal.made_at.0] {
        digest.update(number.to_be_bytes());
    }
    let after = proposal.payload.after(now);
    for text in [
        proposal.payload.act().word().to_owned(),
        proposal.payload.text(),
        proposal.seen.text(),
        now.text(),
        after.text(),
    ] {
        digest.update(i64::try_from(text.len()).unwrap_or(i64::MAX).to_be_bytes());
        digest.update(text);
    }
    digest.finalize().into()
}

/// Makes a proposal, or says why not.
pub(crate) fn make(state: &State, envelope: &Envelope, draft: &Draft) -> Decision {
    let mut changes = Changes::default();
    let mut transaction = record(state, envelope, Kind::Proposal, draft.payload.amount());
    match judge_draft(state, envelope, draft) {
        Ok(()) => {
            let proposal = Proposal {
                id: transaction.id,
                payload: draft.payload.clone(),
                seen: draft.seen.clone(),
                status: ProposalStatus::Open,
                maker: envelope.actor.person,
                made_at: envelope.at,
                expires_at: envelope.at.plus(DECIDE_WITHIN),
                ending: None,
            };
            changes.proposals.insert(proposal.id, proposal);
        }
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, Vec::new(), changes)
}

fn judge_draft(state: &State, envelope: &Envelope, draft: &Draft) -> Result<(), Decline> {
    if !envelope.actor.is_issuer() {
        return Err(Decline::CompanyOnly);
    }
    if draft.payload.text().len() > TEXT_BYTES_MAX || draft.seen.text().len() > TEXT_BYTES_MAX {
        return Err(Decline::TextLength);
    }
    unchanged(&state.acts, &draft.payload, &draft.seen)?;
    possible(state, &draft.payload, envelope.at, None)
}

/// Whether the rows and balances allow the act; `own` is its proposal, once there is one.
fn possible(state: &State, payload: &Payload, at: Timestamp, own: Option<TransactionId>) -> Result<(), Decline> {
    payload.judge(&state.acts, at, own)?;
    match payload {
        Payload::Money(money) => deposit::judge(state, money, at, own),
        Payload::Card(card) => card_move::judge(state, &card.request()).map(drop),
        _ => Ok(()),
    }
}

/// A proposal whose approval passed every check.
pub(crate) struct Approved<'a>(&'a Proposal);

impl Approved<'_> {
    /// The proposal.
    pub(crate) fn proposal(&self) -> &Proposal {
        self.0
    }
}

/// Whether the rows show what `seen` says.
fn unchanged(rows: &ActRows, payload: &Payload, seen: &Shown) -> Result<(), Decline> {
    match payload.now(rows) {
        Some(now) if now != *seen => Err(Decline::Stale),
        // A missing row has its own word, which the act's check knows.
        _ => Ok(()),
    }
}

/// Approves a proposal; the act happens.
pub(crate) fn approve(state: &State, envelope: &Envelope, verdict: &Verdict) -> Decision {
    let judged = judge_verdict(state, envelope, verdict).and_then(|proposal| {
        unchanged(&state.acts, &proposal.payload, &proposal.seen)?;
        possible(state, &proposal.payload, envelope.at, Some(proposal.id))?;
        if shown_digest(proposal, &proposal.seen) == verdict.shown { Ok(proposal) } else { Err(Decline::Stale) }
    });
    end(state, envelope, verdict.payload.approval(), judged, Some(verdict))
}

/// Turns a proposal down.
pub(crate) fn reject(state: &State, envelope: &Envelope, verdict: &Verdict) -> Decision {
    end(state, envelope, Kind::ProposalRejection, judge_verdict(state, envelope, verdict), Some(verdict))
}

/// The maker takes a proposal back.
pub(crate) fn withdraw(state: &State, envelope: &Envelope, id: TransactionId) -> Decision {
    let judged = open(state, envelope, id).and_then(|proposal| {
        let own = proposal.maker == envelope.actor.person;
        if own { Ok(proposal) } else { Err(Decline::NotTheMaker) }
    });
    end(state, envelope, Kind::ProposalWithdrawal, judged, None)
}

/// A proposal that can still be decided.
fn open<'a>(state: &'a State, envelope: &Envelope, id: TransactionId) -> Result<&'a Proposal, Decline> {
    let proposal = state.proposals.get(&id).filter(|_| envelope.actor.is_issuer());
    let proposal = proposal.ok_or(Decline::NoSuchProposal)?;
    if proposal.status != ProposalStatus::Open {
        return Err(Decline::AlreadyDecided);
    }
    if !proposal.waits(envelope.at) {
        return Err(Decline::ProposalExpired { at: proposal.expires_at });
    }
    Ok(proposal)
}

fn judge_verdict<'a>(state: &'a State, envelope: &Envelope, verdict: &Verdict) -> Result<&'a Proposal, Decline> {
    let proposal = open(state, envelope, verdict.proposal)?;
    if proposal.payload != verdict.payload {
        return Err(Decline::NoSuchProposal);
    }
    if state.same_human(proposal.maker, envelope.actor.person, envelope.at) {
        return Err(Decline::ReviewerIsApplicant);
    }
    // Nobody decides on what they may do themselves.
    let about = proposal.payload.person();
    if about.is_some_and(|person| state.same_human(person, envelope.actor.person, envelope.at)) {
        return Err(Decline::ReviewerIsApplicant);
    }
    if !text_fits(&verdict.opinion) {
        return Err(Decline::TextLength);
    }
    Ok(proposal)
}

/// Records what ends a proposal, or why it does not.
fn end(
    state: &State,
    envelope: &Envelope,
    kind: Kind,
    judged: Result<&Proposal, Decline>,
    verdict: Option<&Verdict>,
) -> Decision {
    let mut transaction = record(state, envelope, kind, Fen::ZERO);
    let (mut changes, mut transfers) = (Changes::default(), Vec::new());
    match judged {
        Ok(proposal) => {
            transaction.original = Some(proposal.id);
            transaction.amount = proposal.payload.amount();
            let ending = Ending {
                by: envelope.actor.person,
                at: envelope.at,
                opinion: verdict.map_or_else(String::new, |verdict| verdict.opinion.trim().to_owned()),
                shown: verdict.map(|verdict| verdict.shown),
                transaction: transaction.id,
            };
            let status = match kind {
                Kind::ProposalRejection => ProposalStatus::Rejected,
                Kind::ProposalWithdrawal => ProposalStatus::Withdrawn,
                _ => ProposalStatus::Approved,
            };
            if status == ProposalStatus::Approved {
                if let Some(money) = proposal.payload.money() {
                    let approved = Approved(proposal);
                    transfers.push(deposit::carry_out(state, &approved, money, &mut transaction, &mut changes));
                }
                if let Some(card) = proposal.payload.card() {
                    card_move::carry_out(state, &card.request(), &mut transaction, &mut changes);
                }
                if let Payload::Programme(act) = &proposal.payload
                    && let Some(one) = state.acts.programmes.get(&act.programme())
                {
                    let written = WrittenProgramme::of(one, ending.by, ending.at, |one| act.change(one));
                    changes.programmes.insert(act.programme(), written);
                }
                if let Payload::Pin(reset) = &proposal.payload {
                    pin_reset::carry_out(state, reset, &mut transaction, &mut changes);
                }
                changes.acts.push(proposal.payload.clone());
            }
            changes.proposals.insert(proposal.id, Proposal { status, ending: Some(ending), ..proposal.clone() });
        }
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, transfers, changes)
}
