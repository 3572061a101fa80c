//! Load and save of card batches, as decisions see them, and what `verify` reads of them.

use std::collections::BTreeMap;

use crate::sql::{self, Connection, OptionalExtension as _, Row};
use domain::acts::{ActRows, Batch, CardBatch};
use domain::card::CardStatus;
use domain::card_batch::{CardBatchStatus, Keeper, Kept, Places, stock, within};
use domain::ids::{CardBatchId, CardId, CustomerId, OutletId, ProgrammeId, TransactionId};
use domain::programme::ProgrammeStatus;
use domain::serial::Serial;
use domain::time::Timestamp;
use domain::verify::{Audit, StoredBatch, StoredCard};

use super::audit_trail::in_pieces;
use super::rows;
use crate::job::{self, JobKind};

/// The rows that an act about a batch is about. Whoever moves cards of the batch has taken the same lock.
pub(super) fn load(connection: &Connection, rows: &mut ActRows, act: &Batch) -> sql::Result<()> {
    let id = act.batch();
    lock(connection, id)?;
    rows.card_batches.loaded(id, find(connection, id)?);
    if let Some((_, places)) = act.asks() {
        rows.cards_in_use.loaded((id, places), in_use(connection, id, places)?);
    }
    Ok(())
}

/// Waits for its turn at the cards of a batch.
pub(crate) fn lock(connection: &Connection, id: CardBatchId) -> sql::Result<()> {
    connection.lock_name("card_batch", &id.to_string())
}

/// A batch as a decision sees it.
pub(crate) fn find(connection: &Connection, id: CardBatchId) -> sql::Result<Option<CardBatch>> {
    let sql = "SELECT b.programme_id, g.name, b.customer_id, c.name, b.quantity, b.printed_text, b.note, b.status,
            g.status
        FROM card_batch b JOIN programme g ON g.id = b.programme_id LEFT JOIN customer c ON c.id = b.customer_id
        WHERE b.id = ?1";
    let read = |row: &Row<'_>| {
        let customer: Option<(i64, String)> = row.get::<_, Option<i64>>(2)?.zip(row.get(3)?);
        Ok(CardBatch {
            programme: (ProgrammeId(row.get(0)?), row.get(1)?),
            programme_active: rows::word(row, 8, ProgrammeStatus::from_word)?.issues(),
            customer: customer.map(|(id, name)| (CustomerId(id), name)),
            quantity: row.get(4)?,
            printed_text: row.get(5)?,
            note: row.get(6)?,
            status: rows::word(row, 7, CardBatchStatus::from_word)?,
            stock: Vec::new(),
            activated: Vec::new(),
            waiting: BTreeMap::new(),
        })
    };
    let Some(found) = connection.prepare_cached(sql)?.query_row([id.0], read).optional()? else { return Ok(None) };
    let mut stock = Vec::new();
    for kept in stock_of(connection, id, found.quantity)? {
        stock.push((kept.places, kept.keeper, keeper_name(connection, kept.keeper)?));
    }
    let sql = "SELECT first_place, last_place FROM card_activation WHERE batch_id = ?1 ORDER BY id";
    let mut activated = connection.prepare_cached(sql)?;
    let activated = activated.query_map([id.0], |row| places(row, 0))?.collect::<sql::Result<_>>()?;
    let waiting = waiting(connection, id)?.into_iter().map(|(id, places, until)| (id, (places, until))).collect();
    Ok(Some(CardBatch { stock, activated, waiting, ..found }))
}

/// Activations of cards of a batch that nobody decided on: proposal, places, end of the wait.
pub(crate) fn waiting(
    connection: &Connection,
    id: CardBatchId,
) -> sql::Result<Vec<(TransactionId, Places, Timestamp)>> {
    let sql = "SELECT id, payload, expires_at FROM proposal
        WHERE subject = ?1 AND act = 'card_activation' AND status = 'open' ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let read = |row: &Row<'_>| {
        let act = domain::acts::Payload::read(domain::acts::Act::CardActivation, id.0, row.text(1)?);
        let Some(domain::acts::Payload::Batch(Batch::Activation { places, .. })) = act else {
            return Err(sql::Error::unreadable(1, "not an activation"));
        };
        Ok((TransactionId(row.get(0)?), places, Timestamp(row.get(2)?)))
    };
    statement.query_map([id.0], read)?.collect()
}

/// Places, from two columns.
pub(crate) fn places(row: &Row<'_>, column: usize) -> sql::Result<Places> {
    Ok(Places { first: row.get(column)?, last: row.get(column + 1)? })
}

/// Where the cards of a batch are, with the movements' ids.
pub(crate) fn stock_of(connection: &Connection, id: CardBatchId, quantity: i64) -> sql::Result<Vec<Kept<i64>>> {
    let sql = "SELECT first_place, last_place, keeper, outlet_id, customer_id, id FROM card_stock
        WHERE batch_id = ?1 ORDER BY id";
    let mut moved = connection.prepare_cached(sql)?;
    let moved = moved.query_map([id.0], |row| Ok((places(row, 0)?, keeper(row, 2)?, row.get(5)?)))?;
    Ok(stock(quantity, moved.collect::<sql::Result<Vec<_>>>()?))
}

/// The customer that has the card of a serial.
pub(super) fn customer_at(connection: &Connection, serial: Serial) -> sql::Result<Option<CustomerId>> {
    let (batch, place) = (CardBatchId(serial.batch()), Places { first: serial.place(), last: serial.place() });
    let sql = "SELECT quantity FROM card_batch WHERE id = ?1";
    let quantity = connection.prepare_cached(sql)?.query_row([batch.0], |row| row.get(0)).optional()?;
    let stock = stock_of(connection, batch, quantity.unwrap_or(0))?;
    Ok(within(&stock, place).first().and_then(|kept| kept.keeper.customer()))
}

/// A keeper, from three columns.
fn keeper(row: &Row<'_>, column: usize) -> sql::Result<Keeper> {
    let outlet = row.get::<_, Option<i64>>(column + 1)?.map(OutletId);
    let customer = row.get::<_, Option<i64>>(column + 2)?.map(CustomerId);
    Keeper::of_row(row.text(column)?, outlet, customer)
        .ok_or_else(|| sql::Error::unreadable(column, "not a keeper of cards"))
}

/// The name of an outlet or a customer that keeps cards; empty for other keepers.
pub(crate) fn keeper_name(connection: &Connection, keeper: Keeper) -> sql::Result<String> {
    let found = match keeper {
        Keeper::Maker | Keeper::Vault | Keeper::Spoiled => None,
        Keeper::Outlet(outlet) => {
            let sql = "SELECT m.name || ' ' || o.name FROM outlet o JOIN merchant m ON m.id = o.merchant_id
                WHERE o.id = ?1";
            connection.prepare_cached(sql)?.query_row([outlet.0], |row| row.get(0)).optional()?
        }
        Keeper::Customer(customer) => {
            let sql = "SELECT name FROM customer WHERE id = ?1";
            connection.prepare_cached(sql)?.query_row([customer.0], |row| row.get(0)).optional()?
        }
    };
    Ok(found.unwrap_or_default())
}

/// The first place whose card is not new any more.
pub(crate) fn in_use(connection: &Connection, id: CardBatchId, places: Places) -> sql::Result<Option<i64>> {
    let Some((first, last)) = places.serials(id.0) else { return Ok(None) };
    let sql = "SELECT MIN(serial) FROM card WHERE serial >= ?1 AND serial <= ?2 AND status <> 'issued'";
    let found: Option<i64> =
        connection.prepare_cached(sql)?.query_row([first.number(), last.number()], |row| row.get(0))?;
    Ok(found.and_then(Serial::of_number).map(Serial::place))
}

/// Marks what an approved act allows; a job does it.
pub(super) fn save(connection: &Connection, act: &Batch, approval: TransactionId, at: Timestamp) -> sql::Result<()> {
    match act {
        Batch::Making { batch, .. } => {
            let sql = "UPDATE card_batch SET status = 'approved', approval = ?2, version = version + 1 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute([batch.0, approval.0])?;
            job::add(connection, JobKind::Make, batch.0, at, at)
        }
        Batch::Activation { batch, places, .. } => {
            let sql = "INSERT INTO card_activation (id, batch_id, first_place, last_place, done_to)
                VALUES (?1, ?2, ?3, ?4, ?5)";
            connection.prepare_cached(sql)?.execute([
                approval.0,
                batch.0,
                places.first,
                places.last,
                places.first - 1,
            ])?;
            job::add(connection, JobKind::Activate, approval.0, at, at)
        }
    }
}

/// Reads batches, movements, activations and cards for `verify`.
pub(super) fn audit(connection: &Connection, audit: &mut Audit) -> sql::Result<()> {
    let sql = "SELECT id, programme_id, customer_id, quantity, printed_text, status, made, approval FROM card_batch
        WHERE id > ?1 ORDER BY id LIMIT ?2";
    in_pieces(connection, sql, |row| {
        let (batch, quantity) = (CardBatchId(row.get(0)?), row.get(3)?);
        let making = Batch::Making {
            batch,
            programme: ProgrammeId(row.get(1)?),
            customer: row.get::<_, Option<i64>>(2)?.map(CustomerId),
            quantity,
            printed_text: row.get(4)?,
        };
        let status = rows::word(row, 5, CardBatchStatus::from_word)?;
        let approval = row.get::<_, Option<i64>>(7)?.map(TransactionId);
        audit.card_batch(batch, &StoredBatch { making, quantity, status, made: row.get(6)?, approval });
        Ok(())
    })?;
    let sql = "SELECT id, batch_id, first_place, last_place, done_to FROM card_activation WHERE id > ?1 ORDER BY id
        LIMIT ?2";
    in_pieces(connection, sql, |row| {
        audit.card_activation(TransactionId(row.get(0)?), CardBatchId(row.get(1)?), places(row, 2)?, row.get(4)?);
        Ok(())
    })?;
    let sql = "SELECT id, batch_id, first_place, last_place, keeper, outlet_id, customer_id FROM card_stock
        WHERE id > ?1 ORDER BY id LIMIT ?2";
    in_pieces(connection, sql, |row| {
        match keeper(row, 4) {
            Ok(keeper) => audit.card_stock(CardBatchId(row.get(1)?), places(row, 2)?, keeper),
            Err(error) => {
                audit.unreadable(&format!("stock movement {}", row.get::<_, i64>(0)?), &error.to_string());
            }
        }
        Ok(())
    })?;
    let sql = "SELECT serial, status, activated_at IS NOT NULL, id, programme_id FROM card WHERE serial > ?1 ORDER BY serial LIMIT ?2";
    in_pieces(connection, sql, |row| {
        let status = rows::word(row, 1, CardStatus::from_word)?;
        let number: i64 = row.get(0)?;
        match Serial::of_number(number) {
            Some(serial) => audit.card_of_batch(StoredCard {
                card: CardId(row.get(3)?),
                programme: ProgrammeId(row.get(4)?),
                batch: CardBatchId(serial.batch()),
                place: serial.place(),
                status,
                activated: row.get(2)?,
            }),
            None => audit.unreadable(&format!("serial {number}"), "no card has such a serial"),
        }
        Ok(())
    })
}
