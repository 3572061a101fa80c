//! PINs and activation codes in tests: printed, used by the holder, taken away by two persons.

use domain::acts::{Payload, PinReset};
use domain::card_code::CodeValue;
use domain::command::{Actor, Command, Envelope};
use domain::first_use::FirstUse;
use domain::ids::TransactionId;
use domain::network::Network;
use domain::pin::PinValue;
use domain::pin_issue::{Issue, Secret};

use super::{card_id, presented};

/// The code of a card, or a wrong one.
pub(crate) fn code(number: u8, right: bool) -> CodeValue {
    CodeValue([if right { 100 + number } else { 200 + number }; 32])
}

/// The card company makes the code of a card.
pub(crate) fn issue_code(number: u8, reset: Option<TransactionId>) -> Command {
    Command::PinIssue(Issue { card: presented(number), secret: Secret::Code(code(number, true)), reset })
}

/// The card company makes the initial PIN of a card.
pub(crate) fn issue_pin(number: u8, pin: PinValue) -> Command {
    Command::PinIssue(Issue { card: presented(number), secret: Secret::Pin(pin), reset: None })
}

/// The holder sets the PIN.
pub(crate) fn first_use(number: u8, right: bool, pin: PinValue) -> Command {
    let (card, network) = (presented(number), Network::of("192.0.2.99"));
    Command::FirstUse(FirstUse { card, code: code(number, right), pin, network })
}

/// The same on the public page.
pub(crate) fn by_holder(envelope: Envelope) -> Envelope {
    Envelope { actor: Actor::HOLDER, ..envelope }
}

/// The PIN of a card is to be taken away.
pub(crate) fn reset(number: u8) -> Payload {
    Payload::Pin(PinReset { card: card_id(number), reason: "the holder forgot it".to_owned() })
}
