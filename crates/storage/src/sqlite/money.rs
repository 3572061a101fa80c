//! Load and save of a group on SQLite: cached single-row statements in a loop, which beats set-based SQL here.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{self, CachedStatement, Connection, OptionalExtension as _, Row, params};
use domain::card::{Card, CardKey, CardStatus, Programme, Spent};
use domain::changes::Changes;
use domain::command::Envelope;
use domain::decide::{decide_all, keys};
use domain::direct_sale::OutletDay;
use domain::ids::{CardId, MerchantId, OrderId, OutletId, TerminalId};
use domain::ledger::{ChainKey, Head};
use domain::money::Fen;
use domain::outcome::Outcome;
use domain::pin::{PinTries, PinValue};
use domain::state::{RequestKey, State, Till};
use domain::time::BusinessDate;

use super::{after_sale, rows, settlement};
use crate::books::EMBEDDED_SLOT;
use crate::direct_sale;
use crate::error::StorageError;
use crate::ids;
use crate::outbox::{self, Subscriptions};

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
    let mut statement = connection.prepare_cached(TILL)?;
    for key in keys.tills.iter().copied() {
        state.tills.loaded(key, statement.query_row([key.0], till).optional()?);
    }
    let mut statement = connection.prepare_cached(rows::TRANSACTION_BY_REQUEST)?;
    for key in keys.requests.iter().copied() {
        let (request, merchant) = key;
        let found = statement.query_row((request.0, merchant.0), rows::transaction).optional()?;
        state.requests.loaded(key, found);
    }
    let found = keys.found(&state);
    state.reversed = keys.reversed;
    load_new_orders(connection, &mut state, keys.claims, keys.numbers)?;
    let mut statement = connection.prepare_cached(rows::ORDER_BY_ID)?;
    for key in keys.orders.into_iter().chain(found.iter().copied()) {
        state.orders.loaded(key, statement.query_row([key.0], rows::order).optional()?);
    }
    let mut programmes = Programmes::default();
    let mut statement = connection.prepare_cached(CARD)?;
    for key in keys.cards {
        state.cards.loaded(key, card_found(&mut statement, connection, &mut programmes, key)?);
    }
    let mut statement = connection.prepare_cached(TRIES)?;
    for key in keys.pins {
        state.tries.loaded(key, statement.query_row([key.0], tries).optional()?);
    }
    let sold = keys.sold.into_iter().chain(found).collect();
    load_rest(connection, &mut programmes, &mut state, sold, keys.batches)?;
    settlement::load(connection, &mut state, &keys.payables, &keys.settlements)?;
    Ok(state)
}

/// What an order that is rung up and paid in one step needs before it is there.
fn load_new_orders(
    connection: &Connection,
    state: &mut State,
    claims: BTreeSet<RequestKey>,
    numbers: BTreeSet<OutletDay>,
) -> sql::Result<()> {
    let mut statement = connection.prepare_cached(direct_sale::CLAIMED)?;
    for key in claims {
        let (request, merchant) = key;
        state.claims.loaded(key, statement.query_row((merchant.0, request.0), |_| Ok(())).optional()?);
    }
    if !numbers.is_empty() {
        state.last_order = ids::last_order(connection)?;
    }
    let mut statement = connection.prepare_cached(direct_sale::NUMBER)?;
    for key in numbers {
        let (outlet, day) = key;
        state.numbers.loaded(key, statement.query_row((outlet.0, day.0), |row| row.get(0)).optional()?);
    }
    Ok(())
}

/// What comes after a sale, and closing a batch.
pub(crate) fn load_rest(
    connection: &Connection,
    programmes: &mut Programmes,
    state: &mut State,
    sold: BTreeSet<OrderId>,
    batches: BTreeSet<TerminalId>,
) -> sql::Result<()> {
    for order in sold {
        after_sale::load_sold(connection, programmes, state, order)?;
    }
    for till in batches {
        after_sale::load_batch(connection, state, till)?;
    }
    Ok(())
}

fn head_row(connection: &Connection) -> sql::Result<Head> {
    let mut statement = connection.prepare_cached("SELECT sequence, hash FROM ledger_head WHERE slot = ?1")?;
    Ok(statement.query_row([EMBEDDED_SLOT], head).optional()?.unwrap_or(Head::empty(EMBEDDED_SLOT)))
}

pub(crate) fn head(row: &Row<'_>) -> sql::Result<Head> {
    Ok(Head { slot: EMBEDDED_SLOT, sequence: row.get(0)?, hash: row.get(1)? })
}

const TILL: &str = "SELECT o.merchant_id, t.outlet_id, m.status = 'active', o.status = 'active', t.status = 'active',
        t.batch_no, m.drug_returns
    FROM terminal t JOIN outlet o ON o.id = t.outlet_id JOIN merchant m ON m.id = o.merchant_id WHERE t.id = ?1";
const CARD: &str = "SELECT id, status, holder, expires_on, pin, balance, spent_on, spent_amount, spent_count,
        programme_id
    FROM card WHERE lookup = ?1";
const TRIES: &str = "SELECT tried_on, count FROM pin_tries WHERE lookup = ?1";

pub(crate) fn till(row: &Row<'_>) -> sql::Result<Till> {
    Ok(Till {
        merchant: MerchantId(row.get(0)?),
        outlet: OutletId(row.get(1)?),
        merchant_active: row.get(2)?,
        outlet_active: row.get(3)?,
        terminal_active: row.get(4)?,
        batch: row.get(5)?,
        drug_returns: row.get(6)?,
    })
}

pub(super) fn card_row(
    connection: &Connection,
    programmes: &mut Programmes,
    key: CardKey,
) -> sql::Result<Option<Card>> {
    card_found(&mut connection.prepare_cached(CARD)?, connection, programmes, key)
}

fn card_found(
    statement: &mut CachedStatement<'_>,
    connection: &Connection,
    programmes: &mut Programmes,
    key: CardKey,
) -> sql::Result<Option<Card>> {
    let mut found = statement.query([key.0])?;
    let Some(row) = found.next()? else { return Ok(None) };
    Ok(Some(card(&row, key, programmes.terms(connection, row.get(9)?)?)?))
}

pub(crate) fn card(row: &Row<'_>, key: CardKey, programme: Programme) -> sql::Result<Card> {
    Ok(Card {
        id: CardId(row.get(0)?),
        key,
        status: rows::word(row, 1, CardStatus::from_word)?,
        holder: row.get(2)?,
        expires_on: row.get::<_, Option<i32>>(3)?.map(BusinessDate),
        pin: PinValue(row.get(4)?),
        balance: Fen(row.get(5)?),
        spent: Spent { on: BusinessDate(row.get(6)?), amount: Fen(row.get(7)?), count: row.get(8)? },
        programme,
    })
}

/// Programmes of one group's cards, each read once: a house has few of them and many cards.
#[derive(Default)]
pub(crate) struct Programmes(BTreeMap<i64, Programme>);

impl Programmes {
    /// A programme that was read already.
    pub(crate) fn know(&mut self, id: i64, terms: Programme) {
        self.0.insert(id, terms);
    }

    /// A merchant that takes a known programme's cards.
    pub(crate) fn taken_by(&mut self, id: i64, merchant: MerchantId) {
        self.0.entry(id).and_modify(|terms| terms.merchants.push(merchant));
    }

    pub(crate) fn terms(&mut self, connection: &Connection, id: i64) -> sql::Result<Programme> {
        if let Some(known) = self.0.get(&id) {
            return Ok(known.clone());
        }
        let sql = "SELECT named, balance_max, sale_max, daily_max, daily_count_max, refund_window
            FROM programme WHERE id = ?1";
        let mut terms = connection.prepare_cached(sql)?.query_row([id], terms)?;
        terms.merchants = programme_merchants(connection, id)?;
        self.0.insert(id, terms.clone());
        Ok(terms)
    }
}

/// A programme without its merchants.
pub(crate) fn terms(row: &Row<'_>) -> sql::Result<Programme> {
    Ok(Programme {
        named: row.get(0)?,
        balance_max: Fen(row.get(1)?),
        sale_max: Fen(row.get(2)?),
        daily_max: Fen(row.get(3)?),
        daily_count_max: row.get(4)?,
        refund_window: row.get(5)?,
        merchants: Vec::new(),
    })
}

fn programme_merchants(connection: &Connection, programme: i64) -> sql::Result<Vec<MerchantId>> {
    let sql = "SELECT merchant_id FROM programme_merchant WHERE programme_id = ?1 ORDER BY merchant_id";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map([programme], |row| row.get(0).map(MerchantId))?.collect()
}

pub(crate) fn tries(row: &Row<'_>) -> sql::Result<PinTries> {
    Ok(PinTries { on: BusinessDate(row.get(0)?), count: row.get(1)? })
}

fn save(connection: &Connection, state: &State, changes: &Changes) -> sql::Result<()> {
    let mut insert = connection.prepare_cached(rows::TRANSACTION_INSERT)?;
    for transaction in &changes.transactions {
        rows::insert_transaction(&mut insert, transaction)?;
    }
    let sql = "INSERT INTO ledger_transfer (transaction_id, leg, debit, credit, amount, business_date)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = connection.prepare_cached(sql)?;
    for t in &changes.transfers {
        insert.execute(params![t.transaction.0, t.leg, t.debit.0, t.credit.0, t.amount.0, t.business_date.0])?;
    }
    let sql = "UPDATE card SET balance = ?2, spent_on = ?3, spent_amount = ?4, spent_count = ?5 WHERE id = ?1";
    let mut update = connection.prepare_cached(sql)?;
    for card in changes.cards.values() {
        let spent = &card.spent;
        update.execute(params![card.id.0, card.balance.0, spent.on.0, spent.amount.0, spent.count])?;
    }
    let sql = "UPDATE orders SET status = ?2, attempt = ?3, paid_by = ?4, paid_at = ?5 WHERE id = ?1";
    let mut update = connection.prepare_cached(sql)?;
    for order in changes.orders.values() {
        let (attempt, paid_by) = (order.attempt.map(|id| id.0), order.paid_by.map(|id| id.0));
        update.execute(params![order.id.0, order.status.word(), attempt, paid_by, order.paid_at.map(|at| at.0)])?;
    }
    let sql = "INSERT INTO pin_tries (lookup, tried_on, count) VALUES (?1, ?2, ?3)
        ON CONFLICT (lookup) DO UPDATE SET tried_on = excluded.tried_on, count = excluded.count";
    let mut upsert = connection.prepare_cached(sql)?;
    for (key, tries) in &changes.tries {
        upsert.execute(params![key.0, tries.on.0, tries.count])?;
    }
    direct_sale::save(connection, changes)?;
    save_rest(connection, state, changes, Subscriptions::new())
}

/// What a sale does not write, the outbox, and where the chain ends.
pub(crate) fn save_rest(
    connection: &Connection,
    state: &State,
    changes: &Changes,
    subscriptions: Subscriptions,
) -> sql::Result<()> {
    after_sale::save(connection, state, changes)?;
    settlement::save(connection, changes)?;
    outbox::save(connection, state, changes, subscriptions)?;
    if changes.transactions.is_empty() { Ok(()) } else { save_head(connection, state) }
}

fn save_head(connection: &Connection, state: &State) -> sql::Result<()> {
    let sql = "INSERT INTO ledger_head (slot, sequence, hash, seal) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (slot) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, seal = excluded.seal";
    let (head, seal) = (&state.head, state.head.seal(&state.chain_key));
    connection.execute_later(sql, params![head.slot, head.sequence, head.hash, seal])
}
