//! Card batches in memory: what the tables of batches, stock and activations are, and what jobs do to cards.

use std::collections::BTreeMap;

use super::World;
use crate::acts::{self, ActRows, Batch};
use crate::card::{Card, CardKey, CardStatus};
use crate::card_batch::{CardBatchStatus, Keeper, Places, stock};
use crate::ids::{CardBatchId, TransactionId};
use crate::proposal::ProposalStatus;
use crate::serial::Serial;
use crate::verify::{Audit, StoredBatch, StoredCard};

/// A card batch with its movements and activations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCardBatch {
    /// The batch; its stock, activations and waiting proposals are in the other fields, or in other rows.
    pub row: acts::CardBatch,
    /// How many of its cards are made.
    pub made: i64,
    /// The approval.
    pub approval: Option<TransactionId>,
    /// Movements, in the order in which they were made.
    pub moved: Vec<(Places, Keeper)>,
    /// Approved activations, and up to which place each is done.
    pub activations: BTreeMap<TransactionId, (Places, i64)>,
}

impl StoredCardBatch {
    /// A new batch.
    pub fn new(row: acts::CardBatch) -> Self {
        Self { row, made: 0, approval: None, moved: Vec::new(), activations: BTreeMap::new() }
    }

    fn decided(&self) -> acts::CardBatch {
        let moved = self.moved.iter().map(|(places, keeper)| (*places, *keeper, ()));
        let stock = stock(self.row.quantity, moved).into_iter();
        acts::CardBatch {
            // No keeper has a name here.
            stock: stock.map(|kept| (kept.places, kept.keeper, String::new())).collect(),
            activated: self.activations.values().map(|(places, _)| *places).collect(),
            ..self.row.clone()
        }
    }
}

impl World {
    pub(super) fn load_batch(&self, rows: &mut ActRows, act: &Batch) {
        let id = act.batch();
        rows.card_batches.loaded(id, self.card_batches.get(&id).map(StoredCardBatch::decided));
        let open = self.proposals.values().filter(|one| one.status == ProposalStatus::Open);
        open.for_each(|one| rows.note_proposal(one));
        if let Some((_, places)) = act.asks() {
            let in_use = |place: &i64| self.card_at(id, *place).is_none_or(|card| card.status != CardStatus::Issued);
            rows.cards_in_use.loaded((id, places), (places.first..=places.last).find(in_use));
        }
    }

    /// Whether a card is where a holder can have it.
    pub(super) fn handed_out(&self, key: CardKey) -> bool {
        let own = self.serials.iter().find(|(_, (card, _))| *card == key);
        own.and_then(|(number, _)| Serial::of_number(*number)).is_none_or(|serial| {
            let batch = self.card_batches.get(&CardBatchId(serial.batch()));
            batch.is_some_and(|batch| batch.decided().hands_out_at(serial.place()))
        })
    }

    pub(super) fn save_batch(&mut self, act: &Batch, approval: TransactionId) {
        let Some(one) = self.card_batches.get_mut(&act.batch()) else { return };
        match act {
            Batch::Making { .. } => {
                one.row.status = CardBatchStatus::Approved;
                one.approval = Some(approval);
            }
            Batch::Activation { places, .. } => {
                let before = places.first.saturating_sub(1);
                one.activations.insert(approval, (*places, before));
            }
        }
    }

    /// The card at a place of a batch.
    pub fn card_at(&self, batch: CardBatchId, place: i64) -> Option<&Card> {
        self.cards.get(&self.serials.get(&Serial::new(batch.0, place)?.number())?.0)
    }

    /// Adds the next card of a batch, as the job that makes cards does. The last one ends the making.
    pub fn make_card(&mut self, batch: CardBatchId, mut card: Card) {
        let Some(one) = self.card_batches.get_mut(&batch) else { return };
        card.programme.id = one.row.programme.0;
        one.made = one.made.saturating_add(1);
        if one.made == one.row.quantity {
            one.row.status = CardBatchStatus::Generated;
        }
        let serial = Serial::new(batch.0, one.made);
        let key = card.key;
        self.cards.insert(key, card);
        self.serials.extend(serial.map(|serial| (serial.number(), (key, false))));
    }

    /// Goes on with the activations of a batch, `pace` places each, as the job does.
    pub fn activate_cards(&mut self, batch: CardBatchId, pace: i64) {
        let Some(one) = self.card_batches.get_mut(&batch) else { return };
        let mut due: Vec<(CardKey, i64)> = Vec::new();
        for (places, done_to) in one.activations.values_mut() {
            let to = places.last.min(done_to.saturating_add(pace));
            for place in done_to.saturating_add(1)..=to {
                let number = Serial::new(batch.0, place).map(Serial::number);
                due.extend(number.and_then(|number| Some((self.serials.get(&number)?.0, number))));
            }
            *done_to = to;
        }
        for (key, number) in due {
            let issued = self.cards.get_mut(&key).filter(|card| card.status == CardStatus::Issued);
            if let (Some(card), Some(entry)) = (issued, self.serials.get_mut(&number)) {
                (card.status, entry.1) = (CardStatus::Active, true);
            }
        }
    }

    /// Notes that a holder activated a card with its code.
    pub(super) fn activated_by_holder(&mut self, key: CardKey) {
        self.serials.values_mut().filter(|(own, _)| *own == key).for_each(|(_, activated)| *activated = true);
    }

    /// Compares batches, movements, activations and cards.
    pub(super) fn verify_batches(&self, audit: &mut Audit) {
        for (id, one) in &self.card_batches {
            let (quantity, status) = (one.row.quantity, one.row.status);
            let stored =
                StoredBatch { making: one.row.making(*id), quantity, status, made: one.made, approval: one.approval };
            audit.card_batch(*id, &stored);
            one.moved.iter().for_each(|(places, keeper)| audit.card_stock(*id, *places, *keeper));
            one.activations.iter().for_each(|(by, (places, to))| audit.card_activation(*by, *id, *places, *to));
        }
        for (number, (key, activated)) in &self.serials {
            let (Some(serial), Some(card)) = (Serial::of_number(*number), self.cards.get(key)) else { continue };
            audit.card_of_batch(StoredCard {
                card: card.id,
                programme: card.programme.id,
                batch: CardBatchId(serial.batch()),
                place: serial.place(),
                status: card.status,
                activated: *activated,
            });
        }
    }
}
