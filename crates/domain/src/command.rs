//! Commands: the requests of a door to the money path, wrapped with the actor, the request id and the time.

use std::sync::Arc;

use hmac::digest::Digest;
use sha2::Sha256;

use crate::card::CardKey;
use crate::card_move;
use crate::card_number::{EntryMode, MaskedCard};
use crate::direct_sale::DirectSale;
use crate::dispute;
use crate::first_use::FirstUse;
use crate::ids::{MerchantId, OrderId, OutletId, PersonId, RequestId, TerminalId, TransactionId};
use crate::money::Fen;
use crate::pin::TypedPin;
use crate::pin_issue::Issue;
use crate::programme_change;
use crate::proposal;
use crate::refund;
use crate::reversal::Reversed;
use crate::settlement;
use crate::time::Timestamp;

/// The person that acts, and the place. The card company's own staff act under [`Actor::issuer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The merchant, from the session, never from the request.
    pub merchant: MerchantId,
    /// The outlet.
    pub outlet: OutletId,
    /// The till; 0 for a person of a store who acts away from one.
    pub terminal: TerminalId,
    /// The person.
    pub person: PersonId,
}

impl Actor {
    /// A card holder on the public pages: nobody who signed in, at no place.
    pub const HOLDER: Self =
        Self { merchant: MerchantId(0), outlet: OutletId(0), terminal: TerminalId(0), person: PersonId(0) };

    /// Whether this is the card company.
    pub fn is_issuer(self) -> bool {
        self.merchant == MerchantId(0) && !self.is_holder()
    }

    /// Whether this is a card holder on the public pages.
    pub fn is_holder(self) -> bool {
        self == Self::HOLDER
    }

    /// A person of a store who acts away from a till, such as a manager in the office.
    pub fn away(merchant: MerchantId, outlet: OutletId, person: PersonId) -> Self {
        Self { merchant, outlet, terminal: TerminalId(0), person }
    }

    /// Whether this is a person of a store away from a till.
    pub fn is_away(self) -> bool {
        self.merchant != MerchantId(0) && self.terminal == TerminalId(0)
    }

    /// A person of the card company.
    pub fn issuer(person: PersonId) -> Self {
        Self { merchant: MerchantId(0), outlet: OutletId(0), terminal: TerminalId(0), person }
    }
}

/// A command on its way.
#[derive(Clone)]
pub struct Envelope {
    /// Names the intention; repeating it answers the recorded outcome.
    pub request_id: RequestId,
    /// Person and place.
    pub actor: Actor,
    /// When the group is decided; stamped by the engine.
    pub at: Timestamp,
    /// Random value for the approval code; drawn by the engine.
    pub entropy: u32,
    /// What.
    pub command: Command,
}

/// A card as it was presented.
#[derive(Clone)]
pub struct PresentedCard {
    /// Look-up value of the number.
    pub key: CardKey,
    /// The number as it may be seen.
    pub masked: MaskedCard,
    /// How it came in.
    pub entry: EntryMode,
}

/// What shows that the holder agrees.
#[derive(Clone)]
pub enum Proof {
    /// The PIN itself, as keyed value.
    Pin(TypedPin),
    /// The PIN was right a moment ago for this card, order and amount; the door checked the token.
    Confirmed {
        /// From then on the PIN is asked again.
        until: Timestamp,
    },
}

/// What is asked.
#[derive(Clone)]
pub enum Command {
    /// How much is on the card?
    Inquiry {
        /// The card.
        card: PresentedCard,
        /// Its PIN.
        pin: TypedPin,
    },
    /// Would this sale go through? Decides all that a sale decides and moves nothing; a decline is recorded.
    SaleCheck {
        /// The order.
        order: OrderId,
        /// The total that the cashier saw.
        amount: Fen,
        /// The card.
        card: PresentedCard,
        /// Its PIN.
        pin: TypedPin,
    },
    /// Pay the order from the card.
    Sale {
        /// The order.
        order: OrderId,
        /// The total that was confirmed.
        amount: Fen,
        /// The card.
        card: PresentedCard,
        /// The holder's consent.
        proof: Proof,
    },
    /// Ring an order up and pay it from the card, both or neither.
    DirectSale(Arc<DirectSale>),
    /// What became of the sale with this request id? If it never arrived, it is withdrawn here and now and can never be
    /// charged; if it did, its record is the answer.
    Withdraw {
        /// The order it was to pay.
        order: OrderId,
        /// Its amount.
        amount: Fen,
        /// Its card.
        masked: MaskedCard,
    },
    /// Ask for a refund.
    RefundRequest(refund::Request),
    /// Approve or turn down a refund.
    RefundReview(refund::Review),
    /// Undo today's sale in full.
    Void {
        /// The order.
        order: OrderId,
        /// The manager who consents.
        checker: PersonId,
    },
    /// Take back a sale whose outcome the caller does not know.
    Reverse(Reversed),
    /// Close the terminal's batch.
    BatchClose,
    /// Prepare what a merchant is paid (by the card company).
    SettlementPrepare(settlement::Preparation),
    /// Confirm or turn down a settlement that another person prepared.
    SettlementReview(settlement::Verdict),
    /// Take up what a holder contests (by the card company).
    DisputeOpen(dispute::Opening),
    /// Answer a dispute (by the merchant).
    DisputeAnswer(dispute::Answer),
    /// Uphold or turn down a dispute (by the card company).
    DisputeReview(dispute::Verdict),
    /// Propose what another person decides (by the card company).
    Proposal(proposal::Draft),
    /// Approve what another person proposed: it happens, and money moves if it is about money.
    ProposalApproval(proposal::Verdict),
    /// Turn down what another person proposed.
    ProposalRejection(proposal::Verdict),
    /// Take back what one proposed oneself.
    ProposalWithdrawal {
        /// The proposal.
        proposal: TransactionId,
    },
    /// Move a card by one person's word (by the card company).
    CardMove(card_move::Request),
    /// Lower the limits of a programme, suspend or end it (by one person of the card company).
    ProgrammeChange(programme_change::Change),
    /// Make a card's initial PIN or activation code, which is printed (by the card company).
    PinIssue(Issue),
    /// Set a card's PIN with its activation code (by the holder).
    FirstUse(FirstUse),
}

impl Command {
    /// Digest of what is asked. Leaves a typed PIN out. What sets one covers its keyed value, which gives nothing away
    /// without the key, so that `verify` finds another value in the card's row.
    pub fn content(&self) -> [u8; 16] {
        match self {
            Self::Inquiry { card, .. } => content("inquiry", &[], &[&card.key.0]),
            Self::SaleCheck { order, amount, card, .. } => content("check", &[order.0, amount.0], &[&card.key.0]),
            Self::Sale { order, amount, card, .. } => content("sale", &[order.0, amount.0], &[&card.key.0]),
            Self::DirectSale(sale) => content("direct_sale", &[sale.amount.0], &[&sale.card.key.0, &sale.content]),
            Self::Withdraw { order, amount, .. } => content("withdraw", &[order.0, amount.0], &[]),
            Self::RefundRequest(request) => {
                let refund::Request { order, lines, ground, reason, escalate } = request;
                let mut numbers = vec![order.0, i64::from(*escalate)];
                numbers.extend(lines.iter().flat_map(|(line, quantity)| [*line, *quantity]));
                content("refund_request", &numbers, &[ground.word().as_bytes(), text(reason)])
            }
            Self::RefundReview(refund::Review { order, refund, card, opinion }) => {
                let numbers = [order.0, refund.0, i64::from(card.is_some())];
                let card = card.as_ref().map_or(&[][..], refund::RefundCard::content);
                content("refund_review", &numbers, &[card, text(opinion)])
            }
            Self::Void { order, checker } => content("void", &[order.0, checker.0], &[]),
            Self::Reverse(Reversed { request_id, sale }) => {
                let (order, amount) = sale.unwrap_or((OrderId(0), Fen::ZERO));
                content("reverse", &[order.0, amount.0, i64::from(sale.is_some())], &[&request_id.0])
            }
            Self::BatchClose => content("batch_close", &[], &[]),
            Self::SettlementPrepare(settlement::Preparation { merchant, until }) => {
                content("settlement_prepare", &[merchant.0, i64::from(until.0)], &[])
            }
            Self::SettlementReview(settlement::Verdict { merchant, settlement, confirm, opinion }) => {
                let numbers = [merchant.0, settlement.0, i64::from(*confirm)];
                content("settlement_review", &numbers, &[text(opinion)])
            }
            Self::DisputeOpen(dispute::Opening { order, amount, claim, words }) => {
                content("dispute_open", &[order.0, amount.0], &[claim.word().as_bytes(), text(words)])
            }
            Self::DisputeAnswer(dispute::Answer { order, dispute, accept, words }) => {
                content("dispute_answer", &[order.0, dispute.0, i64::from(*accept)], &[text(words)])
            }
            Self::DisputeReview(dispute::Verdict { order, dispute, uphold, words }) => {
                content("dispute_review", &[order.0, dispute.0, i64::from(*uphold)], &[text(words)])
            }
            Self::Proposal(proposal::Draft { payload, seen }) => {
                let (act, of_act, seen) = (payload.act().word().as_bytes(), payload.text(), seen.text());
                content("proposal", &[payload.subject()], &[act, of_act.as_bytes(), seen.as_bytes()])
            }
            Self::ProposalApproval(verdict) => content_of_verdict("proposal_approval", verdict),
            Self::ProposalRejection(verdict) => content_of_verdict("proposal_rejection", verdict),
            Self::ProposalWithdrawal { proposal } => content("proposal_withdrawal", &[proposal.0], &[]),
            Self::CardMove(card_move::Request { card, made, reason }) => {
                content("card_move", &[card.0], &[made.word().as_bytes(), text(reason)])
            }
            Self::ProgrammeChange(programme_change::Change { programme, what, reason, seen }) => {
                let (of_change, seen) = (what.text(), seen.text());
                let texts = [what.kind().word().as_bytes(), of_change.as_bytes(), text(reason), seen.as_bytes()];
                content("programme_change", &[programme.0], &texts)
            }
            Self::PinIssue(issue) => {
                let (word, value) = issue.secret.content();
                let reset = issue.reset.map_or(0, |reset| reset.0);
                content("pin_issue", &[reset], &[&issue.card.key.0, word.as_bytes(), value])
            }
            Self::FirstUse(asked) => content("first_use", &[], &[&asked.card.key.0, &asked.pin.0]),
        }
    }
}

fn content_of_verdict(word: &str, verdict: &proposal::Verdict) -> [u8; 16] {
    let proposal::Verdict { proposal, payload, opinion, shown } = verdict;
    let (act, of_act) = (payload.act().word().as_bytes(), payload.text());
    content(word, &[proposal.0, payload.subject()], &[act, of_act.as_bytes(), text(opinion), shown])
}

/// The first half of SHA-256 over a command's word, numbers and texts. Each part carries its length, so no two commands
/// are written alike.
fn content(word: &str, numbers: &[i64], texts: &[&[u8]]) -> [u8; 16] {
    let mut digest = Sha256::new();
    let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX).to_be_bytes();
    digest.update(length(numbers.len()));
    for number in numbers {
        digest.update(number.to_be_bytes());
    }
    for text in [word.as_bytes()].iter().chain(texts) {
        digest.update(length(text.len()));
        digest.update(text);
    }
    let full: [u8; 32] = digest.finalize().into();
    let mut half = [0; 16];
    half.copy_from_slice(full.split_at(16).0);
    half
}

/// A text as it is kept: spaces around it make no other command.
fn text(text: &str) -> &[u8] {
    text.trim().as_bytes()
}
