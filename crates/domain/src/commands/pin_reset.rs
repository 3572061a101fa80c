//! Reset of a PIN 密码重置: what the approval of [`crate::acts::PinReset`] does to the card.
//!
//! What must stay true: the PIN is dead in the approval's own commit. The code for a new one is made later, by
//! [`crate::pin_issue`], when its maker is there to see it: a secret that nobody has seen yet cannot be lost.

use crate::acts::PinReset;
use crate::card::Card;
use crate::changes::Changes;
use crate::ledger::Transaction;
use crate::pin::CardPin;
use crate::state::State;

/// Takes the PIN away, in the approval `transaction`.
pub(crate) fn carry_out(state: &State, reset: &PinReset, transaction: &mut Transaction, changes: &mut Changes) {
    let shown = state.acts.cards.get(&reset.card);
    let card = shown.and_then(|shown| state.cards.get(&shown.key));
    invariant!(card.is_some(), "an approved act was judged");
    if let (Some(shown), Some(card)) = (shown, card) {
        transaction.card = Some(card.id);
        transaction.masked = shown.masked.clone();
        changes.pins.insert(card.key);
        changes.cards.insert(card.key, Card { pin: CardPin::Unset, pin_by: Some(transaction.id), ..card.clone() });
    }
}
