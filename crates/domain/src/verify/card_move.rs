//! Cards' states against the ledger: each follows the card's moves, and each move is one that its persons may make.

use std::collections::{BTreeMap, BTreeSet};

use super::Audit;
use crate::acts::CardAct;
use crate::card::CardStatus;
use crate::card_move::{Moved, Past, Request};
use crate::command::Command;
use crate::ids::{CardId, PersonId, TransactionId};
use crate::ledger::Transaction;
use crate::time::Timestamp;

/// What the ledger says of cards' moves so far.
#[derive(Default)]
pub(super) struct CardMoves {
    /// Transactions that moved a card.
    records: BTreeMap<TransactionId, Record>,
    /// What the moves made of each card.
    cards: BTreeMap<CardId, Left>,
    /// Holders' first uses, which open a PIN-locked card.
    first_uses: BTreeSet<(CardId, TransactionId)>,
    /// Cards that a move found in use.
    in_use: BTreeSet<CardId>,
    /// Moves that an approved proposal has to answer for.
    by_two: BTreeMap<TransactionId, Request>,
}

/// A card as its moves left it.
#[derive(Default)]
struct Left {
    /// The last move and the state after it; none for a card that was never moved: it was issued.
    by: Option<(TransactionId, CardStatus)>,
    past: Past,
}

struct Record {
    card: Option<CardId>,
    content: [u8; 16],
    by: PersonId,
    at: Timestamp,
    by_issuer: bool,
    by_two: bool,
}

impl CardMoves {
    pub(super) fn note(&mut self, transaction: &Transaction) {
        let record = Record {
            card: transaction.card,
            content: transaction.content,
            by: transaction.actor.person,
            at: transaction.at,
            by_issuer: transaction.actor.is_issuer(),
            by_two: transaction.original.is_some(),
        };
        self.records.insert(transaction.id, record);
    }

    pub(super) fn note_first_use(&mut self, card: CardId, id: TransactionId) {
        self.first_uses.insert((card, id));
    }

    /// Whether a move says that the card was in use.
    pub(super) fn found_in_use(&self, card: CardId) -> bool {
        self.in_use.contains(&card)
    }

    /// The state that the moves left `card` in, with the first uses before `end`.
    fn left(&self, card: CardId, left: &Left, end: TransactionId) -> CardStatus {
        let Some((last, status)) = left.by else { return CardStatus::Issued };
        let mut uses = self.first_uses.range((card, last)..(card, end));
        if status == CardStatus::PinLocked && uses.next().is_some() { CardStatus::Active } else { status }
    }
}

/// Whether a card can be in the state `now` when its moves left it in `before`: activation, replacement and the end of a
/// batch that was cancelled are no moves. [`Audit::card_of_batch`] holds a card of a batch to its activation.
fn follows(before: CardStatus, now: CardStatus) -> bool {
    match now {
        CardStatus::Replaced => true,
        CardStatus::Active | CardStatus::Closed if before == CardStatus::Issued => true,
        _ => before == now,
    }
}

impl Audit {
    /// Compares the row of a move, in order of their numbers. Call after all transactions and before the cards.
    pub fn moved(&mut self, moved: &Moved) {
        let rrn = moved.id.rrn();
        let Moved { card, made, from, to, .. } = *moved;
        let left = self.card_moves.cards.remove(&card).unwrap_or_default();
        let (before, mut past) = (self.card_moves.left(card, &left, moved.id), left.past);
        if from == CardStatus::Active {
            self.card_moves.in_use.insert(card);
        }
        let by = Some((moved.id, to));
        let request = Request { card, made, reason: moved.reason.clone() };
        let record = self.card_moves.records.remove(&moved.id).filter(|record| record.card == Some(card));
        let Some(record) = record else {
            self.report("I9", format!("no transaction moved card {card} as row {rrn} says"));
            self.card_moves.cards.insert(card, Left { by, past });
            return;
        };
        if made.after(from) != Some(to) || !follows(before, from) {
            self.report("I9", format!("card {card} was {before} and cannot be moved from {from} to {to} by {rrn}"));
        }
        if record.by_two {
            self.card_moves.by_two.insert(moved.id, request);
        } else if record.content != Command::CardMove(request).content() || !record.by_issuer {
            self.report("I9", format!("move {rrn} of card {card} is not what its transaction says"));
        } else if !made.is_one_persons(from, &past, record.by, record.at) {
            self.report("I7", format!("one person alone made move {rrn} ({made}) of card {card}"));
        }
        past.follow(made, record.by, record.at);
        self.card_moves.cards.insert(card, Left { by, past });
    }

    /// An approved proposal moved a card.
    pub(super) fn keep_move(&mut self, act: &CardAct, approval: TransactionId) {
        if self.card_moves.by_two.get(&approval) == Some(&act.request()) {
            self.card_moves.by_two.remove(&approval);
        } else {
            self.report("I7", format!("approval {} moved no card as its proposal says", approval.rrn()));
        }
    }

    /// Compares a card's stored state.
    pub(super) fn card_state(&mut self, card: CardId, status: CardStatus) {
        let left = self.card_moves.cards.remove(&card).unwrap_or_default();
        let before = self.card_moves.left(card, &left, TransactionId(i64::MAX));
        if !follows(before, status) {
            self.report("I9", format!("card {card} is {status}, but its moves left it {before}"));
        }
    }

    /// Everything was read.
    pub(super) fn finish_moves(&mut self) {
        for card in std::mem::take(&mut self.card_moves.cards).into_keys() {
            self.report("I9", format!("card {card} has moves but does not exist"));
        }
        for id in std::mem::take(&mut self.card_moves.records).into_keys() {
            self.report("I9", format!("the move of transaction {} is not kept", id.rrn()));
        }
        for id in std::mem::take(&mut self.card_moves.by_two).into_keys() {
            self.report("I7", format!("no approved proposal made move {}", id.rrn()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_no_move_changes_a_state_without_one() {
        use CardStatus::{Active, Closed, Frozen, Issued, Lost, Replaced};
        for (before, now, sound) in [
            (Issued, Active, true),
            (Issued, Closed, true),
            (Active, Closed, false),
            (Issued, Frozen, false),
            (Frozen, Active, false),
            (Lost, Lost, true),
            (Frozen, Replaced, true),
        ] {
            assert_eq!(follows(before, now), sound, "{before} {now}");
        }
    }
}
