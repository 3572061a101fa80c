//! PINs against the ledger: each is what its latest record says, a holder's own follows an activation code of the card, and a
//! code for a card in use follows a reset that two persons decided.
//!
//! Records name no secret, but cover its keyed value: a value that was put into a row by another hand is found.

use std::collections::{BTreeMap, BTreeSet};

use super::Audit;
use crate::acts::PinReset;
use crate::card::CardKey;
use crate::card_code::{CODE_LIFE, CODE_TRIES, CardCode};
use crate::card_number::{EntryMode, MaskedCard};
use crate::command::{Command, PresentedCard};
use crate::first_use::FirstUse;
use crate::ids::{CardId, PersonId, TransactionId};
use crate::ledger::{Kind, Transaction};
use crate::network::Network;
use crate::outcome::Decline;
use crate::pin::{CardPin, PinValue};
use crate::pin_issue::{Issue, Secret};
use crate::time::Timestamp;

/// What the ledger says of PINs so far.
#[derive(Default)]
pub(super) struct Pins {
    /// The latest record of each card.
    latest: BTreeMap<CardId, Record>,
    /// Codes and initial PINs that were made.
    issues: BTreeMap<TransactionId, Made>,
    /// Approved resets, by proposal: card, maker and approval.
    resets: BTreeMap<TransactionId, (CardId, PersonId, TransactionId)>,
    /// Cards whose holders used a code.
    used: BTreeSet<CardId>,
    /// Codes whose rows have to be there.
    due: BTreeSet<TransactionId>,
}

/// A record as a later one, or the card's row, depends on it.
struct Record {
    id: TransactionId,
    kind: Kind,
    content: [u8; 16],
    original: Option<TransactionId>,
}

/// What a code's row has to agree with.
struct Made {
    card: CardId,
    content: [u8; 16],
    by: PersonId,
    at: Timestamp,
    reset: Option<TransactionId>,
    /// Wrong codes since.
    wrong: u8,
    used_at: Option<Timestamp>,
}

impl Pins {
    /// Whether a holder used a code of the card: that activates it, too.
    pub(super) fn used_first(&self, card: CardId) -> bool {
        self.used.contains(&card)
    }
}

fn presented(key: CardKey) -> PresentedCard {
    PresentedCard { key, masked: MaskedCard(String::new()), entry: EntryMode::Manual }
}

fn issue_content(key: CardKey, secret: Secret, reset: Option<TransactionId>) -> [u8; 16] {
    Command::PinIssue(Issue { card: presented(key), secret, reset }).content()
}

fn first_use_content(key: CardKey, pin: &PinValue) -> [u8; 16] {
    let (code, network) = (crate::card_code::CodeValue([0; 32]), Network::of(""));
    Command::FirstUse(FirstUse { card: presented(key), code, pin: pin.clone(), network }).content()
}

impl Audit {
    /// Takes a record about a card's PIN in, approved or declined.
    pub(super) fn pin_record(&mut self, rrn: &str, one: &Transaction) {
        if one.decline == Some(Decline::WrongCode)
            && let Some(made) = one.original.and_then(|code| self.pins.issues.get_mut(&code))
        {
            made.wrong = made.wrong.saturating_add(1);
        }
        let Some(card) = one.card.filter(|_| one.approved()) else {
            if one.approved() {
                self.report("I7", format!("transaction {rrn} is about the PIN of no card"));
            }
            return;
        };
        let before = self.pins.latest.get(&card);
        let follows = match one.kind {
            Kind::PinIssue => {
                // Without a reset only until the holder, or a reset, had a hand in it.
                let unused = before.is_none_or(|before| before.kind == Kind::PinIssue && before.original.is_none());
                one.actor.is_issuer() && (one.original.is_some() || unused)
            }
            Kind::FirstUse => {
                let code = before.filter(|before| before.kind == Kind::PinIssue).map(|before| before.id);
                one.actor.is_holder() && code.is_some() && one.original == code
            }
            _ => one.actor.is_issuer(),
        };
        if !follows {
            self.report("I7", format!("transaction {rrn} does not follow from what happened to the PIN before"));
        }
        if one.kind == Kind::PinIssue {
            let (by, at, reset) = (one.actor.person, one.at, one.original);
            self.pins
                .issues
                .insert(one.id, Made { card, content: one.content, by, at, reset, wrong: 0, used_at: None });
        }
        if let (Kind::FirstUse, Some(made)) = (one.kind, one.original.and_then(|code| self.pins.issues.get_mut(&code)))
        {
            made.used_at = Some(one.at);
        }
        if one.kind == Kind::FirstUse {
            self.pins.used.insert(card);
            self.card_moves.note_first_use(card, one.id);
        }
        let record = Record { id: one.id, kind: one.kind, content: one.content, original: one.original };
        self.pins.latest.insert(card, record);
    }

    /// Keeps an approved reset.
    pub(super) fn keep_reset(&mut self, id: TransactionId, one: &PinReset, maker: PersonId, approval: TransactionId) {
        self.pins.resets.insert(id, (one.card, maker, approval));
    }

    /// Compares a card's stored PIN. Call after all transactions were read.
    pub fn card_pin(&mut self, card: CardId, key: CardKey, pin: &CardPin, by: Option<TransactionId>) {
        let Some(latest) = self.pins.latest.remove(&card) else {
            // One that was made with its PIN has no record of it; its holder has never had a hand in it.
            if by.is_some() || matches!(pin, CardPin::Set(_)) {
                self.report("I7", format!("the PIN of card {card} is {}, but no record says so", pin.state()));
            }
            return;
        };
        let reset = latest.original.filter(|_| latest.kind == Kind::PinIssue);
        let sound = match (latest.kind, pin) {
            (Kind::PinIssue, CardPin::Initial(value)) => {
                issue_content(key, Secret::Pin(value.clone()), reset) == latest.content
            }
            (Kind::PinIssue, CardPin::Unset) => {
                self.pins.due.insert(latest.id);
                true
            }
            (Kind::FirstUse, CardPin::Set(value)) => {
                self.pins.due.extend(latest.original);
                first_use_content(key, value) == latest.content
            }
            (Kind::PinReset, CardPin::Unset) => true,
            _ => false,
        };
        if !sound || by != Some(latest.id) {
            let rrn = latest.id.rrn();
            self.report("I7", format!("the PIN of card {card} is not what record {rrn} says"));
        }
    }

    /// Compares the stored activation code of the card with this look-up value. Call after all cards.
    pub fn card_code(&mut self, key: CardKey, code: &CardCode) {
        let made = self.pins.issues.get(&code.made_in);
        let sound = made.is_some_and(|made| {
            let content = issue_content(key, Secret::Code(code.value.clone()), code.reset);
            (made.card, made.content, made.by, made.at, made.reset)
                == (code.card, content, code.made_by, code.made_at, code.reset)
                && code.expires_at == made.at.plus(CODE_LIFE)
                && code.tries_left == CODE_TRIES.saturating_sub(made.wrong)
                && code.used_at == made.used_at
        });
        if sound {
            self.pins.due.remove(&code.made_in);
        } else {
            self.report("I7", format!("the activation code of card {} is not what the ledger says", code.card));
        }
    }

    /// Everything was read.
    pub(super) fn finish_pins(&mut self) {
        for code in std::mem::take(&mut self.pins.due) {
            self.report("I7", format!("the activation code that {} made is not kept", code.rrn()));
        }
        for (id, made) in std::mem::take(&mut self.pins.issues) {
            let Some(proposal) = made.reset else { continue };
            let reset = self.pins.resets.get(&proposal);
            if !reset.is_some_and(|(card, maker, approval)| (*card, *maker) == (made.card, made.by) && *approval < id) {
                self.report("I7", format!("no reset that two persons decided allows the code that {} made", id.rrn()));
            }
        }
    }
}
