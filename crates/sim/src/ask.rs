//! What the simulated till asks, in words that the auditor understands without the domain.

use domain::card_number::MaskedCard;
use domain::command::{Command, Proof};
use domain::ids::OrderId;
use domain::money::Fen;
use domain::outcome::{Decline, Outcome};
use domain::time::Timestamp;

use crate::shop;

/// A command. Cards are numbers of the shop, amounts fen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the command's own")]
pub enum Ask {
    /// Balance inquiry.
    Inquiry { card: i64, right: bool },
    /// Would the sale go through?
    Check { order: i64, amount: i64, card: i64, right: bool },
    /// Sale with a PIN.
    Sale { order: i64, amount: i64, card: i64, right: bool },
    /// Sale with a token that is good until a moment.
    Confirmed { order: i64, amount: i64, card: i64, until: i64 },
    /// What became of it?
    Withdraw { order: i64, amount: i64 },
    /// Load.
    Load { card: i64, amount: i64 },
}

/// Kind, order, amount, card.
pub type Content = (u8, i64, i64, i64);

impl Ask {
    /// The domain's command.
    pub fn command(&self) -> Command {
        let sale = |order, amount, card, proof| Command::Sale {
            order: OrderId(order),
            amount: Fen(amount),
            card: shop::present(card),
            proof,
        };
        match *self {
            Self::Inquiry { card, right } => {
                Command::Inquiry { card: shop::present(card), pin: shop::pin(card, right) }
            }
            Self::Check { order, amount, card, right } => Command::SaleCheck {
                order: OrderId(order),
                amount: Fen(amount),
                card: shop::present(card),
                pin: shop::pin(card, right),
            },
            Self::Sale { order, amount, card, right } => sale(order, amount, card, Proof::Pin(shop::pin(card, right))),
            Self::Confirmed { order, amount, card, until } => {
                sale(order, amount, card, Proof::Confirmed { until: Timestamp(until) })
            }
            Self::Withdraw { order, amount } => {
                Command::Withdraw { order: OrderId(order), amount: Fen(amount), masked: MaskedCard(String::new()) }
            }
            Self::Load { card, amount } => Command::Load { card: shop::present(card), amount: Fen(amount) },
        }
    }

    /// What a repeated request must agree in.
    pub fn content(&self) -> Content {
        match *self {
            Self::Inquiry { card, .. } => (1, 0, 0, card),
            Self::Check { order, amount, card, .. } => (2, order, amount, card),
            Self::Sale { order, amount, card, .. } | Self::Confirmed { order, amount, card, .. } => {
                (3, order, amount, card)
            }
            Self::Withdraw { order, amount } => (4, order, amount, -1),
            Self::Load { card, amount } => (5, 0, amount, card),
        }
    }
}

/// What the till sees of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the answer's own")]
pub enum Reply {
    /// On record.
    Recorded { sequence: i64, code: String, detail: Option<i64>, balance: Option<i64> },
    /// May be paid: balance before and after.
    Cleared { balance: i64, after: i64 },
    /// The request id was used for something else.
    Conflict,
}

impl Reply {
    /// What the till sees of `outcome`.
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Recorded(transaction) => Self::Recorded {
                sequence: transaction.id.sequence(),
                code: transaction.code().to_owned(),
                detail: transaction.decline.and_then(Decline::detail),
                balance: transaction.balance.map(|balance| balance.0),
            },
            Outcome::Cleared(clearance) => {
                Self::Cleared { balance: clearance.balance.0, after: clearance.balance_after.0 }
            }
            Outcome::Conflict(_) => Self::Conflict,
        }
    }

    /// Whether this says "withdrawn": it never arrived and never will.
    pub fn withdrawn(&self) -> bool {
        matches!(self, Self::Recorded { code, .. } if code == "25")
    }
}
