//! Load and save of customers' deposits, and of the cards that their money goes to.

use std::collections::BTreeMap;

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::acts::{self, ActRows, Customer, HeldDeposit, Loaded, Money};
use domain::card::{CardKey, CardStatus, masked_name};
use domain::card_number::MaskedCard;
use domain::changes::Changes;
use domain::directory::Standing;
use domain::ids::{CardId, CustomerId, TransactionId};
use domain::ledger::Kind;
use domain::money::Fen;
use domain::pin::PinState;
use domain::state::State;
use domain::time::Timestamp;

use super::cards::{self, Programmes};
use super::{proposal, rows};

/// The rows that an act about money is about.
pub(super) fn load(connection: &Connection, rows: &mut ActRows, money: &Money) -> sql::Result<()> {
    let customer = money.customer();
    rows.customers.loaded(customer, find(connection, customer)?);
    if let Some(card) = money.card() {
        rows.cards.loaded(card, find_card(connection, card)?);
    }
    match money {
        Money::Funding { reference, .. } => {
            let sql = "SELECT 1 FROM funding WHERE reference = ?1";
            let used = connection.prepare_cached(sql)?.query_row([reference], |_| Ok(())).optional()?;
            rows.references.loaded(reference.clone(), used);
        }
        Money::Adjustment { load, .. } => rows.loads.loaded(*load, find_load(connection, *load)?),
        Money::FundingReturn { .. } | Money::Load { .. } => {}
    }
    Ok(())
}

/// The cards that deposits go to or come from, with their money, as a sale loads them.
pub(super) fn load_cards(connection: &Connection, programmes: &mut Programmes, state: &mut State) -> sql::Result<()> {
    let keys: Vec<CardKey> = state.acts.cards.present().map(|card| card.key).collect();
    for key in keys {
        let card = cards::card_row(connection, programmes, key)?;
        state.cards.loaded(key, card);
    }
    Ok(())
}

/// A customer with what waiting proposals hold of the deposit.
pub(super) fn find(connection: &Connection, id: CustomerId) -> sql::Result<Option<Customer>> {
    let sql = "SELECT name, status, reason, bank_name, bank_account, bank_holder, deposit FROM customer WHERE id = ?1";
    let read = |row: &Row<'_>| {
        Ok(Customer {
            name: row.get(0)?,
            status: rows::word(row, 1, Standing::from_word)?,
            reason: row.get(2)?,
            bank: proposal::bank(row, 3)?,
            deposit: Fen(row.get(6)?),
            held: BTreeMap::new(),
        })
    };
    let found = connection.prepare_cached(sql)?.query_row([id.0], read).optional()?;
    let Some(found) = found else { return Ok(None) };
    let sql = "SELECT id, amount, expires_at FROM proposal
        WHERE subject = ?1 AND act IN ('load', 'funding_return') AND status = 'open'";
    let mut held = connection.prepare_cached(sql)?;
    let held = held.query_map([id.0], |row| {
        let held = HeldDeposit { amount: Fen(row.get(1)?), until: Timestamp(row.get(2)?) };
        Ok((TransactionId(row.get(0)?), held))
    })?;
    Ok(Some(Customer { held: held.collect::<sql::Result<_>>()?, ..found }))
}

pub(super) fn find_card(connection: &Connection, id: CardId) -> sql::Result<Option<acts::Card>> {
    let sql = "SELECT c.lookup, c.masked, c.holder, c.status, p.name, c.pin_state FROM card c
        JOIN programme p ON p.id = c.programme_id WHERE c.id = ?1";
    let read = |row: &Row<'_>| {
        Ok(acts::Card {
            key: CardKey(row.get(0)?),
            masked: MaskedCard(row.get(1)?),
            holder: masked_name(row.text(2)?),
            status: rows::word(row, 3, CardStatus::from_word)?,
            programme: row.get(4)?,
            pin: rows::word(row, 5, PinState::from_word)?,
        })
    };
    connection.prepare_cached(sql)?.query_row([id.0], read).optional()
}

pub(crate) fn find_load(connection: &Connection, id: TransactionId) -> sql::Result<Option<Loaded>> {
    let sql = "SELECT l.debit, l.credit, l.amount FROM ledger_transaction t
        JOIN ledger_transfer l ON l.transaction_id = t.id AND l.leg = 1
        WHERE t.id = ?1 AND t.kind = ?2 AND t.decline IS NULL";
    let read = |row: &Row<'_>| Ok((CustomerId(row.get(0)?), CardId(row.get(1)?), Fen(row.get(2)?)));
    let found = connection.prepare_cached(sql)?.query_row(params![id.0, Kind::Load.word()], read).optional()?;
    let Some((customer, card, amount)) = found else { return Ok(None) };
    let sql = "SELECT amount FROM proposal WHERE act = 'adjustment' AND subject = ?1 AND status = 'approved'";
    let mut back = connection.prepare_cached(sql)?;
    let back = back.query_map([id.0], |row| row.get(0).map(Fen))?.collect::<sql::Result<Vec<_>>>()?;
    let taken_back = Fen::sum(back).ok_or_else(|| sql::Error::unreadable(0, "more was taken back than there is"))?;
    Ok(Some(Loaded { customer, card, amount, taken_back }))
}

/// Notes the bank's number of money that was received.
pub(super) fn save_reference(connection: &Connection, reference: &str, approval: TransactionId) -> sql::Result<()> {
    let sql = "INSERT INTO funding (reference, transaction_id) VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute(params![reference, approval.0])?;
    Ok(())
}

/// Writes deposits as they are afterwards.
pub(super) fn save(connection: &Connection, changes: &Changes) -> sql::Result<()> {
    for (customer, deposit) in &changes.deposits {
        let sql = "UPDATE customer SET deposit = ?2 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([customer.0, deposit.0])?;
    }
    Ok(())
}

/// Lets a suspended customer pay in and load cards again.
pub(super) fn resume(connection: &Connection, customer: CustomerId, by: i64, at: Timestamp) -> sql::Result<()> {
    let sql = "UPDATE customer SET status = 'active', reason = '', moved_at = ?3, moved_by = ?2, changed_at = ?3,
        version = version + 1 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute([customer.0, by, at.0])?;
    Ok(())
}
