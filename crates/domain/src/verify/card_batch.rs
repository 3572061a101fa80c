//! Card batches against the ledger: two persons decided that cards are made, each batch has exactly its cards, and a card
//! of a batch is in use only if two persons activated it, or its holder with its code.

use std::collections::BTreeMap;

use super::Audit;
use crate::acts::Batch;
use crate::card::CardStatus;
use crate::card_batch::{CardBatchStatus, Keeper, Places, stock, within};
use crate::ids::{CardBatchId, CardId, ProgrammeId, TransactionId};

/// A card batch as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBatch {
    /// The act that makes what its row says.
    pub making: Batch,
    /// How many cards it has.
    pub quantity: i64,
    /// Where it stands.
    pub status: CardBatchStatus,
    /// How many of its cards are made.
    pub made: i64,
    /// The approval that it names.
    pub approval: Option<TransactionId>,
}

/// A card of a batch as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredCard {
    /// Its id.
    pub card: CardId,
    /// Its programme.
    pub programme: ProgrammeId,
    /// Its batch.
    pub batch: CardBatchId,
    /// Its place in the batch.
    pub place: i64,
    /// Its state.
    pub status: CardStatus,
    /// Whether it was activated.
    pub activated: bool,
}

/// What approved proposals say of batches, and what rows say.
#[derive(Default)]
pub(super) struct CardBatches {
    /// Batches whose cards are made, with the approvals.
    makings: BTreeMap<CardBatchId, (TransactionId, Batch)>,
    /// Approved activations whose rows did not come yet.
    approved: BTreeMap<TransactionId, (CardBatchId, Places)>,
    /// How many cards each batch has by its row, how many came, where it stands.
    rows: BTreeMap<CardBatchId, Row>,
    /// Activations by batch and first place: the last place, and up to which it is done.
    activations: BTreeMap<(CardBatchId, i64), (i64, i64)>,
}

struct Row {
    programme: Option<ProgrammeId>,
    quantity: i64,
    made: i64,
    came: i64,
    status: CardBatchStatus,
    moved: Vec<(Places, Keeper, ())>,
    /// Places whose holders activated their cards.
    opened: Vec<i64>,
}

impl Audit {
    /// Keeps what an approved proposal says of a batch.
    pub(super) fn keep_batch(&mut self, act: &Batch, approval: TransactionId) {
        match act {
            Batch::Making { batch, .. } => {
                if self.card_batches.makings.insert(*batch, (approval, act.clone())).is_some() {
                    self.report("I7", format!("card batch {batch} was approved twice"));
                }
            }
            Batch::Activation { batch, places, .. } => {
                self.card_batches.approved.insert(approval, (*batch, *places));
            }
        }
    }

    /// Compares a card batch with the proposal that approved it. Call after all proposals.
    pub fn card_batch(&mut self, id: CardBatchId, stored: &StoredBatch) {
        let approved = self.card_batches.makings.remove(&id);
        let as_approved = approved.as_ref().is_some_and(|(_, act)| *act == stored.making);
        let named = approved.as_ref().map(|(approval, _)| *approval);
        let all = stored.made == stored.quantity;
        let sound = match stored.status {
            CardBatchStatus::Draft => approved.is_none() && stored.made == 0,
            CardBatchStatus::Approved => as_approved && stored.made < stored.quantity,
            CardBatchStatus::Generated | CardBatchStatus::Received | CardBatchStatus::Closed => as_approved && all,
            // What was given up before it was approved has no cards.
            CardBatchStatus::Cancelled => as_approved || (approved.is_none() && stored.made == 0),
        };
        if !sound || named != stored.approval {
            let status = stored.status;
            self.report("I7", format!("card batch {id} is {status}, but no proposal says so"));
        }
        let (quantity, made, status) = (stored.quantity, stored.made, stored.status);
        let programme = match stored.making {
            Batch::Making { programme, .. } => Some(programme),
            Batch::Activation { .. } => None,
        };
        self.card_batches
            .rows
            .insert(id, Row { programme, quantity, made, came: 0, status, moved: Vec::new(), opened: Vec::new() });
    }

    /// Compares an activation with the proposal that approved it. Call after all proposals.
    pub fn card_activation(&mut self, id: TransactionId, batch: CardBatchId, places: Places, done_to: i64) {
        let rrn = id.rrn();
        if self.card_batches.approved.remove(&id) != Some((batch, places)) {
            self.report("I7", format!("activation {rrn} is not what an approved proposal says"));
        }
        let all = &mut self.card_batches.activations;
        let before = all.range(..=(batch, places.last)).next_back();
        let meets = before.is_some_and(|((of, _), (last, _))| *of == batch && *last >= places.first);
        all.insert((batch, places.first), (places.last, done_to));
        if meets {
            self.report("I7", format!("activation {rrn} has cards that another one has"));
        }
    }

    /// Takes a movement of cards of a batch, in the order in which they were made. Call after all batches.
    pub fn card_stock(&mut self, batch: CardBatchId, places: Places, keeper: Keeper) {
        let row = self.card_batches.rows.get_mut(&batch);
        match row.filter(|row| Places::new(places.first, places.last, row.quantity).is_some()) {
            Some(row) => row.moved.push((places, keeper, ())),
            None => self.report("I12", format!("cards of batch {batch} were moved that it does not have")),
        }
    }

    /// Compares a card of a batch. Call after all batches and activations, in the order of the serials.
    pub fn card_of_batch(&mut self, card: StoredCard) {
        let StoredCard { card, programme, batch, place, status, activated } = card;
        let expected = self.card_batches.rows.get_mut(&batch).map(|row| {
            row.came = row.came.saturating_add(1);
            row.came
        });
        if expected != Some(place) {
            // What comes after it is told once.
            if let Some(row) = self.card_batches.rows.get_mut(&batch) {
                row.came = place;
            }
            self.report("I12", format!("card batch {batch} has a gap or a double before its card {place}"));
        }
        if self.card_batches.rows.get(&batch).and_then(|row| row.programme).is_some_and(|own| own != programme) {
            self.report("I12", format!("card {place} of batch {batch} is of programme {programme}, its batch is not"));
        }
        let own = self.card_batches.activations.range(..=(batch, place)).next_back();
        let done = own.filter(|((of, _), (last, _))| *of == batch && place <= *last);
        let covered = done.is_some_and(|(_, (_, done_to))| place <= *done_to);
        // A holder activates a card with its code.
        let in_use = (covered || self.pins.used_first(card)) && activated;
        let sound = match status {
            CardStatus::Issued => !covered && !activated,
            // One person closes a card that nobody has yet; that may be just before it is activated.
            CardStatus::Closed if self.card_moves.found_in_use(card) => in_use,
            CardStatus::Closed => in_use || covered || !activated,
            _ => in_use,
        };
        if let Some(row) = self.card_batches.rows.get_mut(&batch).filter(|_| activated && !covered) {
            row.opened.push(place);
        }
        if !sound {
            self.report("I7", format!("card {place} of batch {batch} is {status}, but no approved activation says so"));
        }
    }

    /// Everything was read.
    pub(super) fn finish_card_batches(&mut self) {
        let all = std::mem::take(&mut self.card_batches);
        for batch in all.makings.keys() {
            self.report("I7", format!("card batch {batch} was approved, but does not exist"));
        }
        for id in all.approved.keys() {
            self.report("I7", format!("activation {} was approved, but has no row", id.rrn()));
        }
        for (id, row) in &all.rows {
            if row.came != row.made {
                self.report("I12", format!("card batch {id} has made {} cards, but {} exist", row.made, row.came));
            }
            let stock = stock(row.quantity, row.moved.iter().copied());
            let arrived = matches!(row.status, CardBatchStatus::Received | CardBatchStatus::Closed);
            if arrived && stock.iter().any(|kept| kept.keeper == Keeper::Maker) {
                self.report("I12", format!("card batch {id} is {}, but not all its cards arrived", row.status));
            }
            let own = all.activations.range((*id, i64::MIN)..=(*id, i64::MAX));
            let own = own.map(|((_, first), (last, _))| (*first, *last));
            for (first, last) in own.chain(row.opened.iter().map(|place| (*place, *place))) {
                let nobody = |keeper| matches!(keeper, Keeper::Maker | Keeper::Spoiled);
                let places = Places { first, last };
                if within(&stock, places).iter().any(|kept| nobody(kept.keeper)) {
                    self.report("I12", format!("cards from {first} of batch {id} were activated, but nobody has them"));
                }
            }
        }
    }
}
