//! Load and save of a group on SQLite: cached single-row statements in a loop, which beats set-based SQL here.

use std::collections::BTreeSet;

use crate::sql::{self, Connection, OptionalExtension as _, params};
use domain::card::CardKey;
use domain::changes::Changes;
use domain::command::Envelope;
use domain::decide::{decide_all, keys};
use domain::direct_sale::OutletDay;
use domain::ledger::{ChainKey, Head};
use domain::outcome::Outcome;
use domain::state::{RequestKey, State};
use domain::sweep::Watch;

use super::cards::{self, Programmes};
use super::outbox::Subscriptions;
use super::rows::TransactionRow;
use super::{SLOT, common, new_orders_sqlite, rows, sweeps};
use crate::error::StorageError;
use crate::human;
use crate::ids;
use crate::vault::GENERATION;

/// Loads, decides and saves one group inside the open transaction.
pub(crate) fn post(connection: &Connection, key: ChainKey, group: &[Envelope]) -> Result<Vec<Outcome>, StorageError> {
    let mut state = load(connection, key, group)?;
    let (outcomes, changes) = decide_all(&mut state, group);
    if !changes.is_empty() {
        save(connection, &state, &changes)?;
    }
    Ok(outcomes)
}

fn load(connection: &Connection, key: ChainKey, group: &[Envelope]) -> sql::Result<State> {
    let keys = keys(group);
    let mut state = State::new(key, head_row(connection)?);
    if keys.guesses() {
        state.limits = sweeps::limits(connection)?;
    }
    let mut statement = connection.prepare_cached(TILL)?;
    for key in keys.tills.iter().copied() {
        state.tills.loaded(key, statement.query_row([key.0], rows::till).optional()?);
    }
    let mut statement = connection.prepare_cached(rows::TRANSACTION_BY_REQUEST)?;
    for key in keys.requests.iter().copied() {
        let (request, merchant) = key;
        let found = statement.query_row((request.0, merchant.0), rows::transaction).optional()?;
        state.requests.loaded(key, found);
    }
    common::load_rare(connection, &mut state, &keys)?;
    let found = keys.found(&state);
    state.reversed = keys.reversed;
    load_new_orders(connection, &mut state, keys.claims, keys.numbers)?;
    let mut statement = connection.prepare_cached(rows::ORDER_BY_ID)?;
    for key in keys.orders.into_iter().chain(found.iter().copied()) {
        state.orders.loaded(key, statement.query_row([key.0], rows::order).optional()?);
    }
    let mut programmes = Programmes::default();
    let mut statement = connection.prepare_cached(cards::CARD)?;
    for key in keys.cards {
        state.cards.loaded(key, cards::card_found(&mut statement, connection, &mut programmes, key)?);
    }
    load_guesses(connection, &mut state, keys.pins, keys.watches)?;
    let sold = keys.sold.into_iter().chain(found).collect();
    common::load_rest(connection, &mut programmes, &mut state, sold, keys.batches)?;
    human::load(connection, &mut state, &keys.people, keys.reviewers)?;
    Ok(state)
}

/// What a PIN needs before it is compared.
fn load_guesses(
    connection: &Connection,
    state: &mut State,
    pins: BTreeSet<CardKey>,
    watches: BTreeSet<Watch>,
) -> sql::Result<()> {
    let mut statement = connection.prepare_cached(sweeps::TRIES)?;
    for key in pins {
        state.tries.loaded(key, statement.query_row([key.0], sweeps::tries).optional()?);
    }
    for watch in watches {
        let found = sweeps::find_sweep(connection, &watch)?;
        state.sweeps.loaded(watch, found);
    }
    Ok(())
}

/// What an order that is rung up and paid in one step needs before it is there.
fn load_new_orders(
    connection: &Connection,
    state: &mut State,
    claims: BTreeSet<RequestKey>,
    numbers: BTreeSet<OutletDay>,
) -> sql::Result<()> {
    let mut statement = connection.prepare_cached(new_orders_sqlite::CLAIMED)?;
    for key in claims {
        let (request, merchant) = key;
        state.claims.loaded(key, statement.query_row((merchant.0, request.0), |_| Ok(())).optional()?);
    }
    if !numbers.is_empty() {
        state.last_order = ids::last_order(connection)?;
    }
    let mut statement = connection.prepare_cached(new_orders_sqlite::NUMBER)?;
    for key in numbers {
        let (outlet, day) = key;
        state.numbers.loaded(key, statement.query_row((outlet.0, day.0), |row| row.get(0)).optional()?);
    }
    Ok(())
}

fn head_row(connection: &Connection) -> sql::Result<Head> {
    let mut statement = connection.prepare_cached("SELECT sequence, hash FROM ledger_head WHERE slot = ?1")?;
    Ok(statement.query_row([SLOT], rows::head).optional()?.unwrap_or(Head::empty(SLOT)))
}

const TILL: &str = "SELECT o.id, o.merchant_id, m.status = 'active', o.status = 'active', m.drug_returns,
        t.status = 'active', t.batch_no
    FROM terminal t JOIN outlet o ON o.id = t.outlet_id JOIN merchant m ON m.id = o.merchant_id WHERE t.id = ?1";
fn save(connection: &Connection, state: &State, changes: &Changes) -> sql::Result<()> {
    let mut insert = connection.prepare_cached(TransactionRow::INSERT)?;
    for transaction in &changes.transactions {
        TransactionRow::insert(&mut insert, transaction)?;
    }
    let sql = "INSERT INTO ledger_transfer (transaction_id, leg, debit, credit, amount, business_date)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = connection.prepare_cached(sql)?;
    for t in &changes.transfers {
        insert.execute(params![t.transaction.0, t.leg, t.debit.0, t.credit.0, t.amount.0, t.business_date.0])?;
    }
    let sql = "UPDATE card SET balance = ?2, spent_on = ?3, spent_amount = ?4, spent_count = ?5,
        last_id = ?6, spent_month = ?7 WHERE id = ?1";
    let mut update = connection.prepare_cached(sql)?;
    for card in changes.cards.values() {
        let spent = &card.spent;
        let last = card.last.map(|id| id.0);
        update.execute(params![
            card.id.0,
            card.balance.0,
            spent.on.0,
            spent.amount.0,
            spent.count,
            last,
            spent.month.0,
        ])?;
    }
    let sql = "UPDATE orders SET status = ?2, attempt = ?3, paid_by = ?4, paid_at = ?5 WHERE id = ?1";
    let mut update = connection.prepare_cached(sql)?;
    for order in changes.orders.values() {
        let (attempt, paid_by) = (order.attempt.map(|id| id.0), order.paid_by.map(|id| id.0));
        update.execute(params![order.id.0, order.status.word(), attempt, paid_by, order.paid_at.map(|at| at.0)])?;
    }
    let sql = "INSERT INTO pin_tries (lookup, lookup_generation, tried_on, places) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (lookup) DO UPDATE SET tried_on = excluded.tried_on, places = excluded.places";
    let mut upsert = connection.prepare_cached(sql)?;
    for (key, tries) in &changes.tries {
        upsert.execute(params![key.0, GENERATION, tries.on.0, sweeps::places(tries)])?;
    }
    new_orders_sqlite::save(connection, changes)?;
    common::save_rest(connection, state, changes, Subscriptions::new())
}
