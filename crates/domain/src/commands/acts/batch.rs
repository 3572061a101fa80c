//! Acts about cards that are made together: that they are made, and that those of some places are activated.
//!
//! What must stay true:
//! - A person is shown the batch, and of an activation where its cards are. Whoever moves them meanwhile makes it stale.
//! - A place is in one activation at most: in one that waits, or in one that was approved.
//! - The approval of an activation marks its places; the cards follow in pieces, so that no payment waits for many of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Act, ActRows, Field, Shown};
use crate::card::CardStatus;
use crate::card_batch::{CardBatchStatus, Keeper, Places, QUANTITY_MAX};
use crate::directory::{self, NAME_MAX};
use crate::ids::{CardBatchId, CustomerId, ProgrammeId, TransactionId};
use crate::outcome::Decline;
use crate::proposal::{Proposal, ProposalStatus};
use crate::time::Timestamp;

/// An act about a card batch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Batch {
    /// Make the cards of this batch.
    Making {
        /// The batch.
        batch: CardBatchId,
        /// Which programme issues them.
        programme: ProgrammeId,
        /// Whom they are made for; none for stock.
        customer: Option<CustomerId>,
        /// How many cards it has.
        quantity: i64,
        /// What is printed on them.
        printed_text: String,
    },
    /// Let the cards at these places pay.
    Activation {
        /// The batch.
        batch: CardBatchId,
        /// Which of its cards.
        places: Places,
        /// What it is for, at most [`NAME_MAX`] characters.
        note: String,
    },
}

/// A card batch as a decision sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardBatch {
    /// Its programme, with the name.
    pub programme: (ProgrammeId, String),
    /// Whether the programme issues cards.
    pub programme_active: bool,
    /// Whom it is made for, with the name; none for stock.
    pub customer: Option<(CustomerId, String)>,
    /// How many cards it has.
    pub quantity: i64,
    /// What is printed on them.
    pub printed_text: String,
    /// What its maker noted.
    pub note: String,
    /// Where it stands.
    pub status: CardBatchStatus,
    /// Where its cards are, in order, with the keeper's name.
    pub stock: Vec<(Places, Keeper, String)>,
    /// What was activated.
    pub activated: Vec<Places>,
    /// What waits to be activated, with the end of the wait.
    pub waiting: BTreeMap<TransactionId, (Places, Timestamp)>,
}

/// Cards of a batch that are asked about.
pub type CardsAsked = (CardBatchId, Places);

impl CardBatch {
    /// The parts of its stock that lie in `places`.
    fn at(&self, places: Places) -> impl Iterator<Item = &(Places, Keeper, String)> {
        self.stock.iter().filter(move |(at, ..)| at.meets(places))
    }

    /// Whether a card may be activated from there.
    fn hands_out(&self, keeper: Keeper) -> bool {
        match keeper {
            Keeper::Outlet(_) | Keeper::Customer(_) => true,
            Keeper::Vault => self.customer.is_some() && self.status == CardBatchStatus::Received,
            Keeper::Maker | Keeper::Spoiled => false,
        }
    }

    /// Whether the card at `place` is where a holder can have it, and may be activated from there.
    pub fn hands_out_at(&self, place: i64) -> bool {
        let made =
            matches!(self.status, CardBatchStatus::Generated | CardBatchStatus::Received | CardBatchStatus::Closed);
        let mut kept = self.at(Places { first: place, last: place });
        made && kept.next().is_some_and(|(_, keeper, _)| self.hands_out(*keeper))
    }

    /// The act that makes its cards.
    pub fn making(&self, batch: CardBatchId) -> Batch {
        Batch::Making {
            batch,
            programme: self.programme.0,
            customer: self.customer.as_ref().map(|(id, _)| *id),
            quantity: self.quantity,
            printed_text: self.printed_text.clone(),
        }
    }

    fn shown(&self) -> Shown {
        let customer = self.customer.as_ref().map_or_else(String::new, |(_, name)| name.clone());
        Shown::of([
            (Field::CardProgramme, self.programme.1.clone()),
            (Field::Customer, customer),
            (Field::BatchQuantity, self.quantity.to_string()),
            (Field::BatchText, self.printed_text.clone()),
            (Field::BatchStatus, self.status.word().to_owned()),
        ])
    }
}

impl ActRows {
    /// A proposal that activates cards waits from now on, or no longer.
    pub(super) fn note_batch(&mut self, act: &Batch, proposal: &Proposal) {
        let Batch::Activation { batch, places, .. } = act else { return };
        if let Some(batch) = self.card_batches.get_mut(batch) {
            match proposal.status {
                ProposalStatus::Open => drop(batch.waiting.insert(proposal.id, (*places, proposal.expires_at))),
                _ => drop(batch.waiting.remove(&proposal.id)),
            }
        }
    }
}

impl Batch {
    /// What it is.
    pub fn act(&self) -> Act {
        match self {
            Self::Making { .. } => Act::CardBatch,
            Self::Activation { .. } => Act::CardActivation,
        }
    }

    /// The batch.
    pub fn batch(&self) -> CardBatchId {
        match self {
            Self::Making { batch, .. } | Self::Activation { batch, .. } => *batch,
        }
    }

    /// The cards whose states it asks about.
    pub fn asks(&self) -> Option<CardsAsked> {
        match self {
            Self::Making { .. } => None,
            Self::Activation { batch, places, .. } => Some((*batch, *places)),
        }
    }

    /// How many cards.
    pub fn count(&self) -> i64 {
        match self {
            Self::Making { quantity, .. } => *quantity,
            Self::Activation { places, .. } => places.count(),
        }
    }

    pub(super) fn fields(&self) -> Shown {
        match self {
            Self::Making { programme, customer, quantity, printed_text, .. } => Shown::of([
                (Field::ProgrammeId, programme.to_string()),
                (Field::CustomerId, customer.map_or_else(String::new, |customer| customer.to_string())),
                (Field::BatchQuantity, quantity.to_string()),
                (Field::BatchText, printed_text.clone()),
            ]),
            Self::Activation { batch, places, note } => {
                let mut fields = serials(*batch, *places);
                fields.put(Field::Note, note);
                fields
            }
        }
    }

    pub(super) fn read(act: Act, subject: i64, fields: &Shown) -> Option<Self> {
        let batch = CardBatchId(subject);
        let number = |field| fields.get(field).parse::<i64>().ok();
        Some(match act {
            Act::CardBatch => Self::Making {
                batch,
                programme: ProgrammeId(number(Field::ProgrammeId)?),
                customer: match fields.get(Field::CustomerId) {
                    "" => None,
                    _ => Some(CustomerId(number(Field::CustomerId)?)),
                },
                quantity: number(Field::BatchQuantity)?,
                printed_text: fields.get(Field::BatchText).to_owned(),
            },
            Act::CardActivation => {
                let places = Places { first: number(Field::FirstPlace)?, last: number(Field::LastPlace)? };
                Self::Activation { batch, places, note: fields.get(Field::Note).to_owned() }
            }
            _ => return None,
        })
    }

    pub(super) fn now(&self, rows: &ActRows) -> Option<Shown> {
        let one = rows.card_batches.get(&self.batch())?;
        let mut shown = one.shown();
        match self {
            Self::Making { .. } => shown.put(Field::BatchNote, &one.note),
            Self::Activation { places, .. } => {
                let (mut words, mut names) = (BTreeSet::new(), BTreeSet::new());
                for (_, keeper, name) in one.at(*places) {
                    words.insert(keeper.word());
                    names.insert(name.as_str());
                }
                names.remove("");
                let more = names.len().saturating_sub(super::rows::NAMED_MAX);
                let mut named: Vec<String> =
                    names.into_iter().take(super::rows::NAMED_MAX).map(str::to_owned).collect();
                named.extend((more > 0).then(|| format!("+{more}")));
                shown.put(Field::CardKeeper, &words.into_iter().collect::<Vec<_>>().join(" "));
                shown.put(Field::CardKeeperName, &named.join("; "));
                shown.put(Field::CardStatus, CardStatus::Issued.word());
            }
        }
        Some(shown)
    }

    pub(super) fn after(&self, now: &Shown) -> Shown {
        let mut after = now.clone();
        match self {
            Self::Making { .. } => after.put(Field::BatchStatus, CardBatchStatus::Approved.word()),
            Self::Activation { .. } => {
                after.0.extend(self.fields().0);
                after.put(Field::CardStatus, CardStatus::Active.word());
            }
        }
        after
    }

    /// Whether it is possible; `own` is its proposal, once there is one.
    pub(crate) fn judge(&self, rows: &ActRows, at: Timestamp, own: Option<TransactionId>) -> Result<(), Decline> {
        let one = rows.card_batches.get(&self.batch()).ok_or(Decline::NoSuchCardBatch)?;
        if !one.programme_active {
            return Err(Decline::ProgrammeNotActive);
        }
        match self {
            Self::Making { quantity, .. } => {
                let sound = one.making(self.batch()) == *self && (1..=QUANTITY_MAX).contains(quantity);
                let draft = one.status == CardBatchStatus::Draft;
                if sound && draft { Ok(()) } else { Err(Decline::NothingToChange) }
            }
            Self::Activation { places, note, .. } => {
                if directory::text(note, NAME_MAX).as_deref() != Ok(note.as_str()) {
                    return Err(Decline::TextLength);
                }
                let made = matches!(one.status, CardBatchStatus::Generated | CardBatchStatus::Received);
                if !made || Places::new(places.first, places.last, one.quantity).is_none() {
                    return Err(Decline::NothingToChange);
                }
                let waits = one.waiting.iter().filter(|(id, (_, until))| Some(**id) != own && at < *until);
                let mut taken = one.activated.iter().chain(waits.map(|(_, (places, _))| places));
                if taken.any(|other| other.meets(*places)) {
                    return Err(Decline::ActivationExists);
                }
                if !one.at(*places).all(|(_, keeper, _)| one.hands_out(*keeper)) {
                    return Err(Decline::CardsNotHandedOut);
                }
                match rows.cards_in_use.get(&(self.batch(), *places)) {
                    Some(place) => Err(Decline::CardInUse { place: *place }),
                    None => Ok(()),
                }
            }
        }
    }

    /// Its effect on the rows in memory.
    pub(super) fn apply(&self, rows: &mut ActRows) {
        if let Some(one) = rows.card_batches.get_mut(&self.batch()) {
            match self {
                Self::Making { .. } => one.status = CardBatchStatus::Approved,
                Self::Activation { places, .. } => one.activated.push(*places),
            }
        }
    }
}

/// The places of an activation, for the payload, with the serials that a person reads.
fn serials(batch: CardBatchId, places: Places) -> Shown {
    let (first, last) =
        places.serials(batch.0).map_or_else(Default::default, |(first, last)| (first.to_string(), last.to_string()));
    Shown::of([
        (Field::FirstPlace, places.first.to_string()),
        (Field::LastPlace, places.last.to_string()),
        (Field::FirstSerial, first),
        (Field::LastSerial, last),
    ])
}
