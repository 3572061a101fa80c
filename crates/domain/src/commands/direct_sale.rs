//! Direct sale: a program rings an order up and pays it in one step, without a till's screen.
//!
//! What must stay true: order, lines and outcome are one decision and one commit. So a program's order is
//! stored as paid or given up, never as open, and the request id alone finds its outcome.

use std::sync::Arc;

use crate::changes::Changes;
use crate::command::{Envelope, PresentedCard, Proof};
use crate::decide::Decision;
use crate::ids::{OrderId, OutletId};
use crate::money::Fen;
use crate::order::{Order, OrderStatus};
use crate::outcome::Outcome;
use crate::pin::TypedPin;
use crate::refund::SoldLine;
use crate::sale::{self, Payment};
use crate::state::State;
use crate::time::{BusinessDate, Timestamp};

/// Orders are counted per outlet and day.
pub type OutletDay = (OutletId, BusinessDate);

/// What is to be rung up and paid.
#[derive(Clone)]
pub struct DirectSale {
    /// Digest of everything that makes two requests the same, without the PIN.
    pub content: [u8; 32],
    /// What the caller wants charged: the sum of the lines.
    pub amount: Fen,
    /// The card.
    pub card: PresentedCard,
    /// Its PIN.
    pub pin: TypedPin,
    /// At least one, each judged by [`crate::order::line_terms`].
    pub lines: Vec<DirectLine>,
    /// The number that the merchant's own system gave the order.
    pub merchant_number: Option<String>,
}

impl DirectSale {
    /// The lines as the refund rules see them.
    pub fn sold_lines(&self) -> Vec<SoldLine> {
        let sold = |(line, sold): (i64, &DirectLine)| SoldLine {
            line,
            price: sold.price,
            quantity: sold.quantity,
            drug: sold.drug,
        };
        (1..).zip(&self.lines).map(sold).collect()
    }
}

/// A line of it, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectLine {
    /// Product code.
    pub code: String,
    /// What the slip calls it.
    pub name: String,
    /// Specification.
    pub spec: String,
    /// Unit.
    pub unit: String,
    /// Whether it comes back for few reasons only.
    pub drug: bool,
    /// Price in the catalogue, if it has one.
    pub list_price: Option<Fen>,
    /// Price of one piece.
    pub price: Fen,
    /// Pieces.
    pub quantity: i64,
    /// Price times quantity.
    pub amount: Fen,
}

/// An order that is written with its outcome.
#[derive(Clone)]
pub struct NewOrder {
    /// Paid or abandoned.
    pub order: Order,
    /// Which one of its outlet and day it is, from 1.
    pub count: i64,
    /// When it was decided.
    pub at: Timestamp,
    /// What was asked.
    pub sale: Arc<DirectSale>,
}

impl NewOrder {
    /// What people call it.
    pub fn number(&self) -> String {
        number(self.at.business_date(), self.count)
    }
}

/// What people call the `count`th order of an outlet on that day: yymmdd and at least four digits.
pub fn number(day: BusinessDate, count: i64) -> String {
    format!("{:06}{count:04}", day.0.rem_euclid(1_000_000))
}

pub(crate) fn decide(state: &State, envelope: &Envelope, sale: &Arc<DirectSale>) -> Decision {
    let actor = envelope.actor;
    if state.claims.get(&(envelope.request_id, actor.merchant)).is_some() {
        return Decision::only(Outcome::Conflict(envelope.request_id));
    }
    let order = Order {
        id: OrderId::next(envelope.at, envelope.entropy, state.last_order),
        merchant: actor.merchant,
        outlet: actor.outlet,
        terminal: actor.terminal,
        person: actor.person,
        status: OrderStatus::Draft,
        total: Fen::sum(sale.lines.iter().map(|line| line.amount)).unwrap_or(Fen::ZERO),
        payable: true,
        attempt: None,
        paid_by: None,
        paid_at: None,
    };
    let mut changes = Changes::default();
    let payment = Payment { amount: sale.amount, card: &sale.card, proof: &Proof::Pin(sale.pin.clone()) };
    let Decision { outcome, mut changes } = match sale::judge(state, envelope, Some(&order), &payment, &mut changes) {
        Ok(cleared) => sale::approved(state, envelope, payment.card, &cleared, changes),
        Err(decline) => sale::declined(state, envelope, Some(&order), &payment, decline, changes),
    };
    let given_up = Order { status: OrderStatus::Abandoned, ..order };
    let order = changes.orders.remove(&given_up.id).unwrap_or(given_up);
    let day = envelope.at.business_date();
    let count = state.numbers.get(&(actor.outlet, day)).map_or(1, |last| last.saturating_add(1));
    let new = NewOrder { order, count, at: envelope.at, sale: Arc::clone(sale) };
    let outcome = match outcome {
        Outcome::Recorded(transaction) => Outcome::Ordered(transaction, new.number()),
        other => other,
    };
    changes.new_orders.push(new);
    Decision { outcome, changes }
}
