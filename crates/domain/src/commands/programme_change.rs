//! What one person does to a programme at once: its limits are lowered, it is suspended, it is ended.
//!
//! What must stay true:
//! - It is on record with what the programme was before, like what two persons decide, so that the ledger says why a card was
//!   turned down at any moment.
//! - It gives nobody more. A suspended programme cannot be ended, because the cards of an ended one pay: two persons resume
//!   it first.

use crate::acts::{Field, Programme, Shown};
use crate::changes::{Changes, WrittenProgramme};
use crate::command::Envelope;
use crate::decide::{Decision, record, recorded};
use crate::directory;
use crate::ids::{PersonId, ProgrammeId, TransactionId};
use crate::ledger::Kind;
use crate::money::Fen;
use crate::outcome::Decline;
use crate::programme::{ProgrammeStatus, Terms};
use crate::state::State;
use crate::time::Timestamp;

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Narrowing {
    /// These terms, which only lower.
    Lower(Terms),
    /// No card of it is issued, loaded or pays.
    Suspend,
    /// No new cards.
    End,
}

words! {
    /// The word of a [`Narrowing`].
    pub enum NarrowingKind {
        /// Limits are lowered.
        Lower = "lower",
        /// It is suspended.
        Suspend = "suspend",
        /// It is ended.
        End = "end",
    }
}

impl Narrowing {
    /// Which it is.
    pub fn kind(&self) -> NarrowingKind {
        match self {
            Self::Lower(_) => NarrowingKind::Lower,
            Self::Suspend => NarrowingKind::Suspend,
            Self::End => NarrowingKind::End,
        }
    }

    /// The text that is stored and digested.
    pub fn text(&self) -> String {
        match self {
            Self::Lower(terms) => terms.shown().text(),
            Self::Suspend | Self::End => String::new(),
        }
    }

    /// Reads kind and text. Only what [`Narrowing::text`] writes is read.
    pub fn read(kind: NarrowingKind, text: &str) -> Option<Self> {
        let read = match kind {
            NarrowingKind::Lower => Self::Lower(Terms::read(&Shown::read(text)?)?),
            NarrowingKind::Suspend => Self::Suspend,
            NarrowingKind::End => Self::End,
        };
        (read.text() == text).then_some(read)
    }
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The programme.
    pub programme: ProgrammeId,
    /// What is done.
    pub what: Narrowing,
    /// Why, [`directory::REASON`] characters.
    pub reason: String,
    /// What the person was shown of it.
    pub seen: Shown,
}

/// A change that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The transaction that recorded it.
    pub id: TransactionId,
    /// What it was.
    pub change: Change,
    /// Who made it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

impl Change {
    /// What the programme shows afterwards.
    pub fn after(&self) -> Shown {
        let mut after = self.seen.clone();
        match &self.what {
            Narrowing::Lower(terms) => after.extend(&terms.shown()),
            Narrowing::Suspend => self.moved(&mut after, ProgrammeStatus::Suspended),
            Narrowing::End => self.moved(&mut after, ProgrammeStatus::Ended),
        }
        after
    }

    fn moved(&self, after: &mut Shown, status: ProgrammeStatus) {
        after.put(Field::ProgrammeStatus, status.word());
        after.put(Field::Reason, &self.reason);
    }

    /// Its effect on the programme.
    pub(crate) fn change(&self, one: &mut Programme) {
        match &self.what {
            Narrowing::Lower(terms) => one.terms = terms.clone(),
            Narrowing::Suspend => (one.status, one.reason) = (ProgrammeStatus::Suspended, self.reason.clone()),
            Narrowing::End => (one.status, one.reason) = (ProgrammeStatus::Ended, self.reason.clone()),
        }
    }

    /// Whether one person may do it to the programme as it is.
    pub(crate) fn judge(&self, one: &Programme) -> Result<(), Decline> {
        if directory::reason(&self.reason).as_deref() != Ok(self.reason.as_str()) {
            return Err(Decline::TextLength);
        }
        match &self.what {
            Narrowing::Lower(terms) => {
                if one.status == ProgrammeStatus::Draft || one.terms == *terms {
                    return Err(Decline::NothingToChange);
                }
                if !one.terms.is_lowered_by(terms) {
                    return Err(Decline::TakesTwoPersons);
                }
                terms.judge(one.template)
            }
            Narrowing::Suspend if one.status == ProgrammeStatus::Active => Ok(()),
            Narrowing::End if matches!(one.status, ProgrammeStatus::Draft | ProgrammeStatus::Active) => Ok(()),
            Narrowing::Suspend | Narrowing::End => Err(Decline::NothingToChange),
        }
    }
}

pub(crate) fn decide(state: &State, envelope: &Envelope, change: &Change) -> Decision {
    let mut transaction = record(state, envelope, Kind::ProgrammeChange, Fen::ZERO);
    let mut changes = Changes::default();
    match judge(state, envelope, change) {
        Ok(one) => {
            let (id, by, at) = (transaction.id, envelope.actor.person, envelope.at);
            changes.programmes.insert(change.programme, WrittenProgramme::of(one, by, at, |one| change.change(one)));
            changes.narrowings.push(Changed { id, change: change.clone(), by, at });
        }
        Err(decline) => transaction.decline = Some(decline),
    }
    recorded(state, transaction, Vec::new(), changes)
}

fn judge<'a>(state: &'a State, envelope: &Envelope, change: &Change) -> Result<&'a Programme, Decline> {
    if !envelope.actor.is_issuer() {
        return Err(Decline::CompanyOnly);
    }
    let one = state.acts.programmes.get(&change.programme).ok_or(Decline::NoSuchProgramme)?;
    if one.shown() != change.seen {
        return Err(Decline::Stale);
    }
    change.judge(one).map(|()| one)
}
