//! A paid order, and how money goes back from it: what refunds, voids, reversals and disputes have in common.
//!
//! What must stay true: what was given back and what is reserved never exceed the sale, and money goes back to the card
//! that paid, or to the one that replaced it.

use crate::card::{Card, CardKey, CardStatus};
use crate::changes::Changes;
use crate::command::Envelope;
use crate::decide::approval_code;
use crate::dispute::{Dispute, DisputeStatus};
use crate::ids::{OrderId, ProgrammeId};
use crate::ledger::{AccountId, Transaction, Transfer};
use crate::money::Fen;
use crate::order::{Order, OrderStatus};
use crate::outcome::Decline;
use crate::refund::{Refund, RefundStatus};
use crate::state::State;

/// A paid order with what the refund rules need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    /// The sale that paid it.
    pub sale: Transaction,
    /// The card that paid.
    pub card: CardKey,
    /// Where money goes back to: that card, or the one that replaced it.
    pub payee: CardKey,
    /// The programme of that card.
    pub programme: ProgrammeId,
    /// The programme's refund window, microseconds.
    pub window: i64,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
    /// Its disputes, oldest first.
    pub disputes: Vec<Dispute>,
}

impl Sold {
    /// What was paid back: approved refunds and upheld disputes.
    pub fn given_back(&self) -> Fen {
        let refunds = self.refunds.iter().filter(|refund| refund.status == RefundStatus::Approved);
        let disputes = self.disputes.iter().filter(|dispute| dispute.status == DisputeStatus::Upheld);
        sum(refunds.map(|refund| refund.amount).chain(disputes.map(|dispute| dispute.amount)))
    }

    /// What may still be asked for: the sale without what was paid back and what open refunds and disputes reserve.
    pub fn left(&self) -> Fen {
        let refunds = self.refunds.iter().filter(|refund| refund.status.is_open());
        let disputes = self.disputes.iter().filter(|dispute| dispute.status.is_open());
        let reserved = sum(refunds.map(|refund| refund.amount).chain(disputes.map(|dispute| dispute.amount)));
        let left = self.sale.amount.minus(self.given_back()).and_then(|left| left.minus(reserved));
        left.unwrap_or(Fen::ZERO).max(Fen::ZERO)
    }

    /// A dispute of this order that waits for a decision.
    pub fn open_dispute(&self) -> Option<&Dispute> {
        self.disputes.iter().find(|dispute| dispute.status.is_open())
    }
}

fn sum(amounts: impl Iterator<Item = Fen>) -> Fen {
    let sum = Fen::sum(amounts);
    invariant!(sum.is_some(), "what goes back of a sale fits");
    sum.unwrap_or(Fen::ZERO)
}

/// Fills in the sale that this is about.
pub(crate) fn about(transaction: &mut Transaction, sold: &Sold, amount: Fen) {
    transaction.order = sold.sale.order;
    transaction.card = sold.sale.card;
    transaction.masked = sold.sale.masked.clone();
    transaction.entry = sold.sale.entry;
    transaction.original = Some(sold.sale.id);
    transaction.amount = amount;
}

/// The card company reaches every sale, a merchant its own.
pub(crate) fn reaches(envelope: &Envelope, sale: &Transaction) -> bool {
    envelope.actor.is_issuer() || sale.actor.merchant == envelope.actor.merchant
}

/// The paid order that this is about.
pub(crate) fn sold<'a>(state: &'a State, envelope: &Envelope, order: OrderId) -> Result<&'a Sold, Decline> {
    let sold = state.sold.get(&order).filter(|sold| reaches(envelope, &sold.sale)).ok_or(Decline::NotCharged)?;
    match state.orders.get(&order).map(|order| order.status) {
        Some(OrderStatus::Paid | OrderStatus::PartlyRefunded) => Ok(sold),
        Some(OrderStatus::Refunded | OrderStatus::Voided) => Err(Decline::NothingLeft { left: Fen::ZERO }),
        Some(OrderStatus::Draft | OrderStatus::Abandoned) | None => Err(Decline::NotCharged),
    }
}

/// A lost or stolen card gets its money back only through the card company; a closed or replaced one not at all.
pub(crate) fn payee_refused(state: &State, sold: &Sold, issuer: bool) -> Option<Decline> {
    let Some(card) = state.cards.get(&sold.payee) else { return Some(Decline::CardClosed) };
    match card.status {
        CardStatus::Lost if !issuer => Some(Decline::CardLost),
        CardStatus::Stolen if !issuer => Some(Decline::CardStolen),
        CardStatus::Closed => Some(Decline::CardClosed),
        CardStatus::Replaced => Some(Decline::CardReplaced),
        // An expired, frozen or PIN-locked card takes its own money back; its holder gets at it once that is lifted.
        _ => None,
    }
}

/// The order's state once `amount` more went back.
pub(crate) fn settle_order(state: &State, sold: &Sold, amount: Fen, changes: &mut Changes) {
    let back = sold.given_back().plus(amount);
    invariant!(back.is_some_and(|back| back <= sold.sale.amount), "no more goes back than the sale brought");
    let whole = back == Some(sold.sale.amount);
    let status = if whole { OrderStatus::Refunded } else { OrderStatus::PartlyRefunded };
    if let Some(order) = sold.sale.order.and_then(|order| state.orders.get(&order)) {
        changes.orders.insert(order.id, Order { status, ..order.clone() });
    }
}

/// Moves money from the merchant back to the card that paid (or its replacement). The card's limit on its balance does
/// not apply: it is the card's own money.
pub(crate) fn credit(
    state: &State,
    envelope: &Envelope,
    sold: &Sold,
    amount: Fen,
    transaction: &mut Transaction,
    changes: &mut Changes,
    also: impl FnOnce(Card) -> Card,
) -> Transfer {
    let card = state.cards.get(&sold.payee);
    invariant!(card.is_some(), "the card was found before money moves");
    let card = card.cloned().unwrap_or_else(|| unreachable!("checked above"));
    let balance = card.balance.plus(amount);
    invariant!(balance.is_some(), "a balance fits");
    let balance = balance.unwrap_or(card.balance);
    transaction.card = Some(card.id);
    transaction.amount = amount;
    transaction.balance = Some(balance);
    transaction.approval_code = Some(approval_code(envelope));
    let transfer = Transfer {
        transaction: transaction.id,
        leg: 1,
        debit: AccountId::merchant_payable(sold.sale.actor.merchant),
        credit: AccountId::card(card.id),
        amount,
        business_date: transaction.business_date,
    };
    changes.cards.insert(card.key, also(Card { balance, ..card }));
    transfer
}
