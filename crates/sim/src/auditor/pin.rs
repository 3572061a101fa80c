//! PINs by the auditor's own rules: a card pays with a PIN that it has, a code sets one once, and a reset that two persons
//! decided ends the old one at once.

use domain::card::CardStatus;
use domain::pin::PinState;

use super::{Auditor, Card, DAY, Declined};
use crate::intent::{What, Who};

/// A card's latest code.
#[derive(Clone)]
pub(super) struct Code {
    at: i64,
    tries: i64,
    /// Nothing else happened to the PIN since.
    fresh: bool,
}

/// A card's PIN.
#[derive(Clone)]
pub(super) struct Pin {
    pub(super) state: PinState,
    code: Option<Code>,
    /// The latest proposal that took it away.
    reset: Option<i64>,
}

impl Pin {
    pub(super) fn printed() -> Self {
        Self { state: PinState::Initial, code: None, reset: None }
    }
}

impl Auditor {
    /// Whether the proposal takes away the PIN of a card that has one and is in use.
    pub(super) fn judge_reset(&self, card: i64) -> Result<(), Declined> {
        let code = match self.cards.get(&card) {
            None => "14",
            Some(found) => match (found.status, found.pin.state) {
                (CardStatus::Closed | CardStatus::Replaced, _) => "62",
                (CardStatus::Issued, _) => "12",
                _ => return Ok(()),
            },
        };
        Err((code, None, None))
    }

    /// Takes the PIN away.
    pub(super) fn take_pin(&mut self, card: i64, proposal: i64) {
        let own = &mut self.cards.get_mut(&card).expect("it was judged").pin;
        (own.state, own.reset) = (PinState::Unset, Some(proposal));
        own.code.iter_mut().for_each(|code| code.fresh = false);
    }

    /// The latest proposal that took the card's PIN away.
    pub(crate) fn reset_of(&self, card: i64) -> Option<i64> {
        self.cards.get(&card)?.pin.reset
    }

    /// A code for a card.
    pub(super) fn issue(&mut self, who: Who, card: i64, reset: Option<i64>, at: i64) -> Declined {
        let no = |code| (code, None, None);
        if !who.is_issuer() {
            return no("58");
        }
        let sheet = reset.map(|number| self.proposals.iter().find(|one| one.seen.number == number));
        let Some(own) = self.cards.get_mut(&card) else { return no("14") };
        if matches!(own.status, CardStatus::Closed | CardStatus::Replaced) {
            return no("62");
        }
        let fits = match sheet {
            None => own.status == CardStatus::Issued && own.pin.state != PinState::Set,
            Some(None) => return no("25"),
            Some(Some(one)) if one.seen.maker != who.person() => return no("58"),
            Some(Some(one)) if one.seen.what != What::Reset(card) || one.seen.status != "approved" => return no("25"),
            Some(Some(one)) => own.pin.reset == Some(one.seen.number) && own.pin.state == PinState::Unset,
        };
        if !fits {
            return no("12");
        }
        own.pin.state = PinState::Unset;
        own.pin.code = Some(Code { at, tries: 5, fresh: true });
        no("00")
    }

    /// A holder sets the PIN.
    pub(super) fn first_use(&mut self, who: Who, card: i64, right: bool, at: i64) -> Declined {
        let no = |code| (code, None, None);
        if who != Who::Holder {
            return no("57");
        }
        let Some(own) = self.cards.get_mut(&card) else { return no("55") };
        let Some(code) = own.pin.code.as_mut() else { return no("55") };
        if !right || !code.fresh || code.tries == 0 || at >= code.at + 90 * DAY {
            code.tries = (code.tries - 1).max(0);
            return no("55");
        }
        match own.status {
            CardStatus::Lost => return no("41"),
            CardStatus::Stolen => return no("43"),
            CardStatus::Issued | CardStatus::Active | CardStatus::PinLocked => {}
            _ => return no("62"),
        }
        code.fresh = false;
        (own.status, own.pin.state) = (CardStatus::Active, PinState::Set);
        self.tries.remove(&card);
        no("00")
    }

    /// Whether the card has no PIN.
    pub(super) fn has_no_pin(&self, card: i64) -> bool {
        self.cards.get(&card).is_some_and(|own: &Card| own.pin.state == PinState::Unset)
    }
}
