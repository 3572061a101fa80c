//! Commands: what a door asks of the money path, wrapped with who asks, under which request id, and when.

use std::sync::Arc;

use hmac::digest::Digest;
use sha2::Sha256;

use crate::card::CardKey;
use crate::card_number::{EntryMode, MaskedCard};
use crate::direct_sale::DirectSale;
use crate::dispute;
use crate::ids::{MerchantId, OrderId, OutletId, PersonId, RequestId, TerminalId};
use crate::money::Fen;
use crate::pin::PinValue;
use crate::refund;
use crate::reversal::Reversed;
use crate::settlement;
use crate::time::Timestamp;

/// Who asks, and from where. The card company's own staff act under [`Actor::issuer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The merchant, from the session, never from the request.
    pub merchant: MerchantId,
    /// The outlet.
    pub outlet: OutletId,
    /// The till.
    pub terminal: TerminalId,
    /// The person.
    pub person: PersonId,
}

impl Actor {
    /// Whether this is the card company.
    pub fn is_issuer(self) -> bool {
        self.merchant == MerchantId(0)
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
    /// Who and where.
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
    Pin(PinValue),
    /// The PIN was right a moment ago for this card, order and amount; whoever made the command checked the token.
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
        pin: PinValue,
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
        pin: PinValue,
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
    /// Put money on a card (by the card company).
    Load {
        /// The card.
        card: PresentedCard,
        /// How much.
        amount: Fen,
    },
    /// Prepare what a merchant is paid (by the card company).
    SettlementPrepare(settlement::Preparation),
    /// Confirm or turn down what somebody else prepared.
    SettlementReview(settlement::Verdict),
    /// Take up what a holder contests (by the card company).
    DisputeOpen(dispute::Opening),
    /// Answer a dispute (by the merchant).
    DisputeAnswer(dispute::Answer),
    /// Uphold or turn down a dispute (by the card company).
    DisputeReview(dispute::Verdict),
}

impl Command {
    /// Digest of what is asked. Leaves the PIN out: a digest of six digits would give them away.
    pub fn content(&self) -> [u8; 16] {
        let mut digest = Sha256::new();
        let nobody = CardKey([0; 16]);
        let mut put = |word: &str, order: OrderId, amount: Fen, card: &CardKey| {
            digest.update(word);
            digest.update(order.0.to_be_bytes());
            digest.update(amount.0.to_be_bytes());
            digest.update(card.0);
        };
        match self {
            Self::Inquiry { card, .. } => put("inquiry", OrderId(0), Fen::ZERO, &card.key),
            Self::SaleCheck { order, amount, card, .. } => put("check", *order, *amount, &card.key),
            Self::Sale { order, amount, card, .. } => put("sale", *order, *amount, &card.key),
            Self::DirectSale(sale) => {
                put("direct_sale", OrderId(0), sale.amount, &sale.card.key);
                digest.update(sale.content);
            }
            Self::Withdraw { order, amount, .. } => put("withdraw", *order, *amount, &nobody),
            Self::Load { card, amount } => put("load", OrderId(0), *amount, &card.key),
            Self::RefundRequest(request) => {
                put("refund_request", request.order, Fen::ZERO, &nobody);
                for (line, quantity) in &request.lines {
                    digest.update(line.to_be_bytes());
                    digest.update(quantity.to_be_bytes());
                }
                digest.update([u8::from(request.escalate)]);
                digest.update([request.ground.word(), &request.reason].concat());
            }
            Self::RefundReview(review) => {
                let card = review.card.as_ref().map_or(&nobody, |card| &card.key);
                put("refund_review", review.order, Fen(review.refund.0), card);
                digest.update([u8::from(review.card.is_some())]);
                digest.update(&review.opinion);
            }
            Self::Void { order, checker } => put("void", *order, Fen(checker.0), &nobody),
            Self::Reverse(reversed) => {
                let (order, amount) = reversed.sale.unwrap_or((OrderId(0), Fen::ZERO));
                put("reverse", order, amount, &nobody);
                digest.update(reversed.request_id.0);
            }
            Self::BatchClose => put("batch_close", OrderId(0), Fen::ZERO, &nobody),
            Self::SettlementPrepare(asked) => {
                put("settlement_prepare", OrderId(0), Fen::ZERO, &nobody);
                digest.update(asked.merchant.0.to_be_bytes());
                digest.update(asked.until.0.to_be_bytes());
            }
            Self::SettlementReview(verdict) => {
                put("settlement_review", OrderId(0), Fen(verdict.settlement.0), &nobody);
                digest.update(verdict.merchant.0.to_be_bytes());
                digest.update([u8::from(verdict.confirm)]);
                digest.update(verdict.opinion.trim());
            }
            Self::DisputeOpen(opening) => {
                put("dispute_open", opening.order, opening.amount, &nobody);
                digest.update([opening.claim.word(), opening.words.trim()].concat());
            }
            Self::DisputeAnswer(answer) => {
                put("dispute_answer", answer.order, Fen(answer.dispute.0), &nobody);
                digest.update([u8::from(answer.accept)]);
                digest.update(answer.words.trim());
            }
            Self::DisputeReview(verdict) => {
                put("dispute_review", verdict.order, Fen(verdict.dispute.0), &nobody);
                digest.update([u8::from(verdict.uphold)]);
                digest.update(verdict.words.trim());
            }
        }
        let full: [u8; 32] = digest.finalize().into();
        let mut short = [0; 16];
        short.copy_from_slice(full.split_at(16).0);
        short
    }
}
