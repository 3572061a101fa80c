//! The part of load and save that both databases share: what comes after a sale, settlements, proposals, the
//! outbox, and where the chain ends.

use std::collections::BTreeSet;

use crate::sql::{self, Connection, OptionalExtension as _, params};
use domain::changes::Changes;
use domain::ids::{OrderId, TerminalId};
use domain::ledger::SEAL_FORMAT;
use domain::state::{Keys, State};

use super::cards::Programmes;
use super::outbox::{self, Subscriptions};
use super::{after_sale, deposit, pins, programme, proposal, rows, settlement, sweeps};

/// What comes after a sale, the cards of deposits, and closing a batch.
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
    deposit::load_cards(connection, programmes, state)?;
    for till in batches {
        after_sale::load_batch(connection, state, till)?;
    }
    Ok(())
}

/// Outlets of people who act away from a till.
fn load_outlets(connection: &Connection, state: &mut State, keys: &Keys) -> sql::Result<()> {
    let sql = "SELECT o.id, o.merchant_id, m.status = 'active', o.status = 'active', m.drug_returns
        FROM outlet o JOIN merchant m ON m.id = o.merchant_id WHERE o.id = ?1";
    for id in &keys.outlets {
        let found = connection.prepare_cached(sql)?.query_row([id.0], rows::outlet).optional()?;
        state.outlets.loaded(*id, found);
    }
    Ok(())
}

/// What few groups need: outlets of people away from a till, what the card company settles, proposes and decides.
pub(crate) fn load_rare(connection: &Connection, state: &mut State, keys: &Keys) -> sql::Result<()> {
    load_outlets(connection, state, keys)?;
    settlement::load(connection, state, &keys.payables, &keys.settlements)?;
    for id in &keys.programmes {
        state.acts.programmes.loaded(*id, programme::find(connection, *id)?);
    }
    pins::load(connection, state, keys)?;
    proposal::load(connection, state, keys)
}

/// What a sale does not write, what wrong PINs leave behind, the outbox, and where the chain ends.
pub(crate) fn save_rest(
    connection: &Connection,
    state: &State,
    changes: &Changes,
    subscriptions: Subscriptions,
) -> sql::Result<()> {
    after_sale::save(connection, state, changes)?;
    settlement::save(connection, changes)?;
    sweeps::save(connection, changes)?;
    pins::save(connection, changes)?;
    proposal::save(connection, changes)?;
    programme::save(connection, changes)?;
    outbox::save(connection, state, changes, subscriptions)?;
    if changes.transactions.is_empty() { Ok(()) } else { save_head(connection, state) }
}

fn save_head(connection: &Connection, state: &State) -> sql::Result<()> {
    let sql = "INSERT INTO ledger_head (slot, sequence, hash, format, seal) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (slot) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, format = excluded.format,
            seal = excluded.seal";
    let (head, seal) = (&state.head, state.head.seal(&state.chain_key));
    connection.execute_later(sql, params![head.slot, head.sequence, head.hash, SEAL_FORMAT, seal])
}
