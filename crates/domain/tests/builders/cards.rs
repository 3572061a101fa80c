//! Cards that are moved in tests.

use domain::acts::{CardAct, Payload};
use domain::card::CardStatus;
use domain::card_move::{CardMove, Request};
use domain::command::Command;

use super::{MORNING, Submit as _, World, by_issuer, card_id, card_key, envelope};

/// Why every card is moved here.
pub(crate) const REASON: &str = "the holder phoned";

pub(crate) fn request(number: u8, made: CardMove) -> Request {
    Request { card: card_id(number), made, reason: REASON.to_owned() }
}

/// The move of one person.
pub(crate) fn moving(number: u8, made: CardMove) -> Command {
    Command::CardMove(request(number, made))
}

/// The move that two persons make.
pub(crate) fn act(number: u8, made: CardMove) -> Payload {
    Payload::Card(CardAct::of(request(number, made)).expect("an act"))
}

/// The move by which one person brings an active card into this state.
pub(crate) fn stops(status: CardStatus) -> Option<CardMove> {
    match status {
        CardStatus::Frozen => Some(CardMove::Freeze),
        CardStatus::Lost => Some(CardMove::ReportLost),
        CardStatus::Stolen => Some(CardMove::ReportStolen),
        CardStatus::PinLocked => Some(CardMove::LockPin),
        CardStatus::Issued | CardStatus::Active | CardStatus::Replaced | CardStatus::Closed => None,
    }
}

/// Brings an active card into this state, through the books where a move leads there.
pub(crate) fn bring(world: &mut World, number: u8, status: CardStatus) {
    let Some(made) = stops(status) else {
        world.cards.get_mut(&card_key(number)).expect("a card").status = status;
        return;
    };
    let asked = envelope(60_100 + u16::from(number), MORNING, moving(number, made));
    assert_eq!(world.decline(&by_issuer(9001, asked)), None);
}
