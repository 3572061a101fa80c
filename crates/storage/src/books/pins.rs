//! Load and save of activation codes, and of PINs that change; on both databases, because few groups need it.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::vault::GENERATION;
use domain::card::CardStatus;
use domain::card_code::{CardCode, CodeValue};
use domain::changes::Changes;
use domain::ids::{CardBatchId, CardId, PersonId, TransactionId};
use domain::serial::Serial;
use domain::state::{Keys, State};
use domain::time::Timestamp;

use super::{card_batch, card_move};

pub(crate) const CODE_COLUMNS: &str = "k.card_id, k.value, k.made_in, k.made_at, k.made_by, k.reset_by, k.expires_at, \
     k.tries_left, k.used_at, k.value_generation";

/// Loads the codes that are tried or replaced.
pub(super) fn load(connection: &Connection, state: &mut State, keys: &Keys) -> sql::Result<()> {
    if keys.codes.is_empty() {
        return Ok(());
    }
    let sql = format!("SELECT {CODE_COLUMNS} FROM card c JOIN card_code k ON k.card_id = c.id WHERE c.lookup = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    for key in &keys.codes {
        state.codes.loaded(*key, statement.query_row([key.0], code).optional()?);
        let sql = "SELECT id, serial FROM card WHERE lookup = ?1";
        let read = |row: &Row<'_>| Ok((CardId(row.get(0)?), row.get::<_, Option<i64>>(1)?));
        let Some((card, serial)) = connection.prepare_cached(sql)?.query_row([key.0], read).optional()? else {
            continue;
        };
        card_move::load(connection, &mut state.acts, card)?;
        let sql = "SELECT DISTINCT person_id FROM audit
            WHERE subject = ?1 AND action = 'card_number_shown' AND person_id IS NOT NULL";
        let mut shown = connection.prepare_cached(sql)?;
        let shown = shown.query_map([format!("card {card}")], |row| row.get(0).map(PersonId))?;
        state.number_seen.loaded(*key, Some(shown.collect::<sql::Result<_>>()?));
        state.handed_out.loaded(*key, Some(handed_out(connection, serial.and_then(Serial::of_number))?));
    }
    Ok(())
}

/// Whether a card is where a holder can have it; its batch keeps its cards where they are until the group is committed.
fn handed_out(connection: &Connection, serial: Option<Serial>) -> sql::Result<bool> {
    let Some(serial) = serial else { return Ok(true) };
    let batch = CardBatchId(serial.batch());
    card_batch::lock(connection, batch)?;
    let found = card_batch::find(connection, batch)?;
    Ok(found.is_some_and(|batch| batch.hands_out_at(serial.place())))
}

/// A code, from [`CODE_COLUMNS`].
pub(crate) fn code(row: &Row<'_>) -> sql::Result<CardCode> {
    let tries: i64 = row.get(7)?;
    if row.get::<_, i64>(9)? != GENERATION {
        return Err(sql::Error::unreadable(9, "a generation of keys that this program does not have"));
    }
    Ok(CardCode {
        card: CardId(row.get(0)?),
        value: CodeValue(row.get(1)?),
        made_in: TransactionId(row.get(2)?),
        made_at: Timestamp(row.get(3)?),
        made_by: PersonId(row.get(4)?),
        reset: row.get::<_, Option<i64>>(5)?.map(TransactionId),
        expires_at: Timestamp(row.get(6)?),
        tries_left: u8::try_from(tries).map_err(|_| sql::Error::unreadable(7, "tries of a code"))?,
        used_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
    })
}

/// A holder activates a card of a batch with its code; it is valid from then on for as long as its programme says.
fn activate(connection: &Connection, card: CardId, at: Timestamp) -> sql::Result<()> {
    let sql = "SELECT c.serial, g.validity_months FROM card c JOIN programme g ON g.id = c.programme_id
        WHERE c.id = ?1 AND c.serial IS NOT NULL AND c.activated_at IS NULL";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?));
    let found: Option<(i64, _)> = connection.prepare_cached(sql)?.query_row([card.0], read).optional()?;
    let Some((serial, months)) = found else { return Ok(()) };
    let last_day = months.and_then(|months| at.business_date().plus_months(months)).map(|day| i64::from(day.0));
    let customer = Serial::of_number(serial).map_or(Ok(None), |serial| card_batch::customer_at(connection, serial))?;
    let sql =
        "UPDATE card SET activated_at = ?2, expires_on = ?3, customer_id = COALESCE(?4, customer_id) WHERE id = ?1";
    connection.execute_later(sql, params![card.0, at.0, last_day, customer.map(|id| id.0)])?;
    Ok(())
}

/// Writes PINs and codes as they are afterwards.
pub(super) fn save(connection: &Connection, changes: &Changes) -> sql::Result<()> {
    for card in changes.pins.iter().filter_map(|key| changes.cards.get(key)) {
        let sql = "UPDATE card SET pin_state = ?2, pin = ?3, pin_generation = ?4, pin_id = ?5,
            status = ?6 WHERE id = ?1";
        let (value, by) = (card.pin.value().map(|value| value.0), card.pin_by.map(|by| by.0));
        connection.execute_later(
            sql,
            params![card.id.0, card.pin.state().word(), value, GENERATION, by, card.status.word()],
        )?;
    }
    for (key, code) in &changes.codes {
        let active = changes.cards.get(key).is_some_and(|card| card.status == CardStatus::Active);
        if let Some(at) = code.used_at.filter(|_| active) {
            activate(connection, code.card, at)?;
        }
        let sql = "INSERT INTO card_code (card_id, value, value_generation, made_in, made_at, made_by, reset_by,
                expires_at, tries_left, used_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (card_id) DO UPDATE SET value = excluded.value, value_generation = excluded.value_generation,
                made_in = excluded.made_in, made_at = excluded.made_at, made_by = excluded.made_by,
                reset_by = excluded.reset_by, expires_at = excluded.expires_at, tries_left = excluded.tries_left,
                used_at = excluded.used_at";
        let values = params![
            code.card.0,
            code.value.0,
            GENERATION,
            code.made_in.0,
            code.made_at.0,
            code.made_by.0,
            code.reset.map(|reset| reset.0),
            code.expires_at.0,
            i64::from(code.tries_left),
            code.used_at.map(|at| at.0),
        ];
        connection.execute_later(sql, values)?;
    }
    Ok(())
}
