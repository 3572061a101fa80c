//! Withdrawal: the answer to "what became of this payment?" when nothing is on record.
//!
//! A recorded attempt answers by itself before this is reached. Otherwise the request id is used up here, declined, so
//! that a sale that is still on its way can never be charged: "not charged" is then a fact, not a guess.

use crate::card_number::MaskedCard;
use crate::changes::Changes;
use crate::command::Envelope;
use crate::decide::{Decision, record, recorded};
use crate::ids::OrderId;
use crate::ledger::Kind;
use crate::money::Fen;
use crate::outcome::Decline;
use crate::sale::release;
use crate::state::State;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    order: Option<OrderId>,
    amount: Fen,
    masked: &MaskedCard,
) -> Decision {
    let mut changes = Changes::default();
    let mut transaction = record(state, envelope, Kind::Sale, amount);
    transaction.masked = masked.clone();
    transaction.decline = Some(Decline::Withdrawn);
    let actor = envelope.actor;
    let order = order
        .and_then(|order| state.orders.get(&order))
        .filter(|o| (o.merchant, o.outlet) == (actor.merchant, actor.outlet));
    if let Some(order) = order {
        transaction.order = Some(order.id);
        release(order, envelope, &mut changes);
    }
    recorded(state, transaction, Vec::new(), changes)
}
