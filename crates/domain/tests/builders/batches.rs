//! Card batches in tests: entered, made by two persons' decision, handed out, activated.

use domain::acts::{Batch, CardBatch, Payload};
use domain::card::{Card, CardKey, CardStatus};
use domain::card_batch::{CardBatchStatus, Keeper, Places};
use domain::ids::{CardBatchId, CardId, OutletId, ProgrammeId};
use domain::world::StoredCardBatch;

use super::{World, card};

/// A batch of four cards for stock.
pub(crate) const BATCH: CardBatchId = CardBatchId(1);
/// How many cards it has.
pub(crate) const QUANTITY: i64 = 4;
/// An outlet that hands cards out: that of the first till.
pub(crate) const OUTLET: OutletId = OutletId(2_501_001);

/// [`BATCH`] as a draft.
pub(crate) fn put_batch(world: &mut World) {
    let row = CardBatch {
        programme: (ProgrammeId(1), String::new()),
        programme_active: true,
        customer: None,
        quantity: QUANTITY,
        printed_text: "Health".to_owned(),
        note: String::new(),
        status: CardBatchStatus::Draft,
        stock: Vec::new(),
        activated: Vec::new(),
        waiting: std::collections::BTreeMap::new(),
    };
    world.card_batches.insert(BATCH, StoredCardBatch::new(row));
}

pub(crate) fn making(world: &World) -> Payload {
    Payload::Batch(world.card_batches[&BATCH].row.making(BATCH))
}

pub(crate) fn places(first: i64, last: i64) -> Places {
    Places { first, last }
}

pub(crate) fn activation(first: i64, last: i64) -> Payload {
    Payload::Batch(Batch::Activation { batch: BATCH, places: places(first, last), note: "handed over".to_owned() })
}

/// A new card of the batch.
pub(crate) fn new_card(place: i64) -> Card {
    let number = u8::try_from(place).expect("few");
    let id = CardId(2_000_001_000_000 + place);
    Card { id, key: CardKey([100 + number; 16]), status: CardStatus::Issued, ..card(number) }
}

/// Makes all cards of the batch, as the job does.
pub(crate) fn make_cards(world: &mut World) {
    (1..=QUANTITY).for_each(|place| world.make_card(BATCH, new_card(place)));
}

/// Moves cards, as the office does; once none is at the maker, the batch is received.
pub(crate) fn move_cards(world: &mut World, first: i64, last: i64, to: Keeper) {
    let one = world.card_batches.get_mut(&BATCH).expect("the batch");
    one.moved.push((places(first, last), to));
    let moved = one.moved.iter().map(|(places, keeper)| (*places, *keeper, ()));
    let arrived = domain::card_batch::stock(QUANTITY, moved).iter().all(|kept| kept.keeper != Keeper::Maker);
    if arrived {
        one.row.status = CardBatchStatus::Received;
    }
}
