//! Load 充值: the card company puts money on a card.

use crate::card::{Card, CardStatus};
use crate::changes::Changes;
use crate::command::{Envelope, PresentedCard};
use crate::decide::{Decision, record_card, recorded};
use crate::ledger::{AccountId, Kind, Transfer};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::state::State;

pub(crate) fn decide(state: &State, envelope: &Envelope, presented: &PresentedCard, amount: Fen) -> Decision {
    let mut transaction = record_card(state, envelope, Kind::Load, amount, presented);
    let mut changes = Changes::default();
    match judge(state, presented, amount) {
        Ok((card, balance)) => {
            transaction.balance = Some(balance);
            let transfer = Transfer {
                transaction: transaction.id,
                leg: 1,
                debit: AccountId::FUNDING_CLEARING,
                credit: AccountId::card(card.id),
                amount,
                business_date: transaction.business_date,
            };
            changes.cards.insert(card.key, Card { balance, ..card.clone() });
            recorded(state, transaction, vec![transfer], changes)
        }
        Err(decline) => {
            transaction.decline = Some(decline);
            recorded(state, transaction, Vec::new(), changes)
        }
    }
}

fn judge<'a>(state: &'a State, presented: &PresentedCard, amount: Fen) -> Result<(&'a Card, Fen), Decline> {
    let card = state.cards.get(&presented.key).ok_or(Decline::InvalidCardNumber)?;
    match card.status {
        CardStatus::Closed => return Err(Decline::CardClosed),
        CardStatus::Replaced => return Err(Decline::CardReplaced),
        _ => {}
    }
    if !amount.is_positive() {
        return Err(Decline::InvalidAmount);
    }
    let limit = card.programme.balance_max;
    let balance = card.balance.plus(amount).filter(|balance| *balance <= limit);
    balance.map(|balance| (card, balance)).ok_or(Decline::OverBalanceLimit { limit })
}
