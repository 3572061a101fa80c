//! Why an attempt was declined: the decision rebuilt from the history of its card.
//!
//! What must stay true:
//! - Balance, what was spent that day, state and tries are those of just before the attempt, by the card's transactions and
//!   moves alone. What they do not tell is `None`, never a guess.
//! - Limits are not in the history: they are the programme's of today, but for the one that the decline itself names.
//! - The rebuilt facts lead to the recorded decline, or [`Explained::agrees`] says that they do not.

use crate::card::{Card, CardStatus, Spent};
use crate::card_move::{CardMove, Moved};
use crate::ids::TransactionId;
use crate::ledger::{Kind, Transaction};
use crate::limits::Limits;
use crate::money::Fen;
use crate::outcome::Decline;
use crate::pin::{PinPlace, PinTries};
use crate::time::Timestamp;

/// A card with its history.
pub struct History<'a> {
    /// The card as it is now.
    pub card: &'a Card,
    /// When it was activated, if that is known.
    pub activated_at: Option<Timestamp>,
    /// Its transactions, the latest first, without a gap.
    pub transactions: &'a [Transaction],
    /// Its moves, the first one first.
    pub moves: &'a [Moved],
    /// Where the wrong PINs of a transaction are counted.
    pub place: &'a dyn Fn(&Transaction) -> PinPlace,
    /// Limits to guessing.
    pub limits: &'a Limits,
}

/// A card just before an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Then {
    /// What was on it.
    pub balance: Fen,
    /// What it had spent that day.
    pub spent: Spent,
    /// State; none if only what is no move could tell.
    pub status: Option<CardStatus>,
    /// Wrong PINs of that day; none if a locked card hid whether the last one was wrong.
    pub tries: Option<PinTries>,
}

/// An attempt with the facts of its decision.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The card just before it.
    pub then: Then,
    /// Whether those facts lead to the recorded decline; none if they do not decide it.
    pub agrees: Option<bool>,
}

/// How much a transaction of a card changed its balance.
pub fn change(transaction: &Transaction) -> i64 {
    match transaction.kind {
        _ if !transaction.approved() => 0,
        Kind::Sale | Kind::Adjustment => transaction.amount.0.saturating_neg(),
        Kind::Load => transaction.amount.0,
        kind if kind.gives_back() => transaction.amount.0,
        _ => 0,
    }
}

impl History<'_> {
    /// The attempt `id` explained; none if it is not in the history.
    pub fn explain(&self, id: TransactionId) -> Option<Explained> {
        let attempt = self.transactions.iter().find(|one| one.id == id)?;
        let then = self.then(attempt);
        let agrees = attempt.decline.and_then(|decline| self.agrees(attempt, &then, decline));
        Some(Explained { then, agrees })
    }

    fn then(&self, attempt: &Transaction) -> Then {
        let since = self.transactions.iter().take_while(|one| one.id >= attempt.id);
        let balance = since.fold(self.card.balance.0, |balance, one| balance.saturating_sub(change(one)));
        Then {
            balance: Fen(balance),
            spent: self.spent(attempt),
            status: self.status(attempt),
            tries: self.tries(attempt),
        }
    }

    /// Transactions of the attempt's day before it, the first one first.
    fn earlier<'s>(&'s self, attempt: &'s Transaction) -> impl Iterator<Item = &'s Transaction> {
        let own = |one: &&Transaction| one.id < attempt.id && one.business_date == attempt.business_date;
        self.transactions.iter().rev().filter(own)
    }

    fn spent(&self, attempt: &Transaction) -> Spent {
        let month = self.spent_in_month(attempt);
        let mut spent = Spent { on: attempt.business_date, amount: Fen::ZERO, count: 0, month };
        for one in self.earlier(attempt).filter(|one| one.approved()) {
            let of_today = || self.earlier(attempt).any(|sale| Some(sale.id) == one.original);
            let sign = match one.kind {
                Kind::Sale => 1,
                Kind::Void | Kind::Reversal if of_today() => -1,
                _ => 0,
            };
            spent.amount = Fen(spent.amount.0.saturating_add(one.amount.0.saturating_mul(sign)));
            spent.count = spent.count.saturating_add(sign);
        }
        spent
    }

    /// What the card had spent in the attempt's month: a void or reversal in the month of its sale takes it back.
    fn spent_in_month(&self, attempt: &Transaction) -> Fen {
        let own = |one: &&Transaction| {
            one.id < attempt.id && one.business_date.month() == attempt.business_date.month() && one.approved()
        };
        let sum = self.transactions.iter().rev().filter(own).fold(0_i64, |sum, one| match one.kind {
            Kind::Sale => sum.saturating_add(one.amount.0),
            Kind::Void | Kind::Reversal if self.sold_in_month(one) => sum.saturating_sub(one.amount.0).max(0),
            _ => sum,
        });
        Fen(sum)
    }

    fn sold_in_month(&self, back: &Transaction) -> bool {
        let sale = self.transactions.iter().find(|sale| Some(sale.id) == back.original);
        sale.is_some_and(|sale| sale.business_date.month() == back.business_date.month())
    }

    fn status(&self, attempt: &Transaction) -> Option<CardStatus> {
        let last = self.moves.iter().rev().find(|moved| moved.id < attempt.id);
        // The holder's new PIN opens a PIN-locked card.
        let before = last.map(|moved| match moved.to {
            CardStatus::PinLocked if self.first_uses().any(|one| moved.id < one && one < attempt.id) => {
                CardStatus::Active
            }
            to => to,
        });
        let after = self.moves.iter().find(|moved| moved.id > attempt.id).map(|moved| moved.from);
        let status = before.or(after).unwrap_or(self.card.status);
        match status {
            // It was replaced at some time, which no move says.
            _ if before.is_none() && after.is_none() && self.card.status == CardStatus::Replaced => None,
            _ if self.card.status == CardStatus::Replaced && after.is_none() => None,
            CardStatus::Issued | CardStatus::Active => match self.activated_at {
                Some(at) if at > attempt.at => Some(CardStatus::Issued),
                Some(_) => Some(CardStatus::Active),
                None => self.used_first(attempt, before.unwrap_or(status)),
            },
            // A card that was closed with its batch.
            CardStatus::Closed if before.is_none() && after.is_none() => None,
            other => Some(other),
        }
    }

    /// Whether a card that was then new or in use was in use: its holder's first use of it, if there is one, is in its history.
    fn used_first(&self, attempt: &Transaction, status: CardStatus) -> Option<CardStatus> {
        if status == CardStatus::Active && self.moves.iter().any(|moved| moved.id < attempt.id && moved.to == status)
            || self.first_uses().any(|one| one < attempt.id)
        {
            Some(CardStatus::Active)
        } else {
            // The first use of a card that is in use already changes nothing.
            Some(status).filter(|_| self.first_uses().next().is_none())
        }
    }

    fn first_uses(&self) -> impl Iterator<Item = TransactionId> {
        self.transactions.iter().filter(|one| one.kind == Kind::FirstUse && one.approved()).map(|one| one.id)
    }

    fn tries(&self, attempt: &Transaction) -> Option<PinTries> {
        let mut tries = PinTries { on: attempt.business_date, places: std::collections::BTreeMap::new() };
        for one in self.earlier(attempt) {
            let unlocked = self.moves.iter().any(|moved| moved.id == one.id && moved.made == CardMove::Unlock);
            let chosen = one.kind == Kind::FirstUse && one.approved();
            if unlocked || chosen {
                tries.places.clear();
                continue;
            }
            let place = (self.place)(one);
            match one.decline {
                Some(Decline::WrongPin { .. }) => tries.wrong(place),
                Some(Decline::PinTriesExceeded) if tries.left(place, self.limits) == 1 => {
                    // A right PIN of a locked card answers as the last wrong one.
                    if self.status(one) == Some(CardStatus::PinLocked) {
                        return None;
                    }
                    tries.wrong(place);
                }
                _ => {}
            }
        }
        Some(tries)
    }

    /// Whether a reset had taken the PIN away. What the card was made with, and whether a PIN or a code was printed for it,
    /// is not in its history.
    fn pin_was_unset(&self, attempt: &Transaction) -> Option<bool> {
        let about_pin = |one: &&Transaction| matches!(one.kind, Kind::PinIssue | Kind::FirstUse | Kind::PinReset);
        let earlier = self.transactions.iter().filter(|one| one.id < attempt.id && one.approved());
        match earlier.filter(about_pin).map(|one| one.kind).next()? {
            Kind::PinReset => Some(true),
            Kind::FirstUse => Some(false),
            _ => None,
        }
    }

    /// Whether the facts lead to the decline.
    fn agrees(&self, attempt: &Transaction, then: &Then, decline: Decline) -> Option<bool> {
        let (day, amount) = (attempt.business_date, attempt.amount);
        let is = |status: CardStatus| then.status.map(|then| then == status);
        let active = then.status.is_none_or(|status| status == CardStatus::Active);
        let total = then.spent.amount.plus(amount);
        let place = (self.place)(attempt);
        match decline {
            Decline::CardNotActive => is(CardStatus::Issued),
            Decline::CardFrozen => is(CardStatus::Frozen),
            Decline::CardLost => is(CardStatus::Lost),
            Decline::CardStolen => is(CardStatus::Stolen),
            Decline::CardReplaced => is(CardStatus::Replaced),
            Decline::CardClosed => is(CardStatus::Closed),
            Decline::PinNotSet => self.pin_was_unset(attempt),
            Decline::CardExpired { on } => Some(active && on < day && self.card.expires_on == Some(on)),
            Decline::NotAcceptedHere => {
                let takes = &self.card.programme.merchants;
                // Which merchants took it then is not kept.
                let refused = !takes.is_empty() && !takes.contains(&attempt.actor.merchant);
                (refused && active).then_some(true)
            }
            Decline::WrongPin { tries_left } => {
                let mut after = then.tries.clone()?;
                after.wrong(place);
                Some(after.left(place, self.limits) == u16::from(tries_left))
            }
            Decline::PinTriesExceeded => {
                let left = then.tries.as_ref()?.left(place, self.limits);
                Some(left <= 1 || is(CardStatus::PinLocked)?)
            }
            Decline::OverSaleLimit { limit } => Some(active && amount > limit),
            Decline::OverDailyCount { limit } => Some(active && then.spent.count >= limit),
            Decline::OverDailyLimit { limit } => Some(active && total.is_none_or(|total| total > limit)),
            Decline::OverMonthlyLimit { limit } => {
                Some(active && then.spent.month.plus(amount).is_none_or(|total| total > limit))
            }
            // When its programme was suspended is in the programme's history, not in the card's.
            Decline::ProgrammeSuspended => (!self.card.programme.status.pays() && active).then_some(true),
            Decline::InsufficientFunds { short_by } => Some(active && amount.minus(then.balance) == Some(short_by)),
            _ => None,
        }
    }
}
