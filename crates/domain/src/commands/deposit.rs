//! Deposit 预收款: money that a customer paid in, before it is on cards. Approved proposals alone move it
//! ([`crate::acts::Money`]).
//!
//! What must stay true:
//! - No deposit and no card is ever below zero: money is on a card only if a customer paid it in before.
//! - A load is no larger than its programme allows, and leaves the card at its programme's limit at most.
//! - The approval itself is the transaction that moves the money, so neither is there without the other.

use crate::acts::Money;
use crate::card::Card;
use crate::changes::Changes;
use crate::ids::TransactionId;
use crate::ledger::{AccountId, Transaction, Transfer};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::proposal::Approved;
use crate::state::State;
use crate::time::Timestamp;

/// What an act would leave behind.
struct Left {
    deposit: Fen,
    card: Option<Card>,
}

/// Whether the balances allow it at `at`; `own` is the proposal that holds the money, once there is one.
pub(crate) fn judge(state: &State, act: &Money, at: Timestamp, own: Option<TransactionId>) -> Result<(), Decline> {
    left(state, act, at, own).map(drop)
}

fn left(state: &State, act: &Money, at: Timestamp, own: Option<TransactionId>) -> Result<Left, Decline> {
    let customer = state.acts.customers.get(&act.customer()).ok_or(Decline::NoSuchCustomer)?;
    let amount = act.amount();
    let short_by = amount.0.saturating_sub(customer.free(at, own).0);
    if act.spends() && short_by > 0 {
        return Err(Decline::DepositShort { short_by: Fen(short_by) });
    }
    let card = match act.card() {
        None => None,
        Some(id) => {
            let key = state.acts.cards.get(&id).map(|card| card.key).ok_or(Decline::InvalidCardNumber)?;
            Some(state.cards.get(&key).ok_or(Decline::InvalidCardNumber)?)
        }
    };
    let on_card = |card: &Card| {
        if act.spends() {
            if !card.programme.status.pays() {
                return Err(Decline::ProgrammeSuspended);
            }
            let limit = card.programme.load_max;
            if amount > limit {
                return Err(Decline::OverLoadLimit { limit });
            }
            let limit = card.programme.balance_max;
            let balance = card.balance.plus(amount).filter(|balance| *balance <= limit);
            return balance.ok_or(Decline::OverBalanceLimit { limit });
        }
        let balance = card.balance.minus(amount).unwrap_or(Fen(i64::MIN));
        let enough = balance >= Fen::ZERO;
        if enough { Ok(balance) } else { Err(Decline::InsufficientFunds { short_by: Fen(balance.0.saturating_neg()) }) }
    };
    let card = card.map(|card| Ok(Card { balance: on_card(card)?, ..card.clone() })).transpose()?;
    let deposit = if act.spends() { customer.deposit.minus(amount) } else { customer.deposit.plus(amount) };
    Ok(Left { deposit: deposit.ok_or(Decline::InvalidAmount)?, card })
}

/// The accounts between which an act moves money: debit, credit.
pub(crate) fn accounts(act: &Money) -> (AccountId, AccountId) {
    let deposit = AccountId::deposit(act.customer());
    match act {
        Money::Funding { .. } => (AccountId::FUNDING_CLEARING, deposit),
        Money::FundingReturn { .. } => (deposit, AccountId::FUNDING_CLEARING),
        Money::Load { card, .. } => (deposit, AccountId::card(*card)),
        Money::Adjustment { card, .. } => (AccountId::card(*card), deposit),
    }
}

/// Moves the money of an approved act, in its approval `transaction`.
pub(crate) fn carry_out(
    state: &State,
    approved: &Approved<'_>,
    act: &Money,
    transaction: &mut Transaction,
    changes: &mut Changes,
) -> Transfer {
    let left = left(state, act, transaction.at, Some(approved.proposal().id));
    invariant!(left.is_ok(), "an approved act was judged");
    let Left { deposit, card } = left.unwrap_or(Left { deposit: Fen::ZERO, card: None });
    changes.deposits.insert(act.customer(), deposit);
    if let (Some(card), Some(shown)) = (card, act.card().and_then(|id| state.acts.cards.get(&id))) {
        transaction.card = Some(card.id);
        transaction.masked = shown.masked.clone();
        transaction.balance = Some(card.balance);
        changes.cards.insert(card.key, card);
    }
    let (debit, credit) = accounts(act);
    let business_date = transaction.business_date;
    Transfer { transaction: transaction.id, leg: 1, debit, credit, amount: act.amount(), business_date }
}
