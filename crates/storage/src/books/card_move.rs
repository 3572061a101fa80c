//! Load and save of cards' moves.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::acts::ActRows;
use domain::card::{Card, CardStatus};
use domain::card_move::{CardMove, Moved, Past};
use domain::changes::Changes;
use domain::ids::{CardId, PersonId, TransactionId};
use domain::time::Timestamp;

use super::{deposit, rows};

/// A card that is moved, as a person is shown it, with what moved it before.
pub(super) fn load(connection: &Connection, rows: &mut ActRows, card: CardId) -> sql::Result<()> {
    rows.cards.loaded(card, deposit::find_card(connection, card)?);
    rows.pasts.loaded(card, Some(past(connection, card)?));
    Ok(())
}

/// What moved a card before, as far as a later move depends on it.
pub(crate) fn past(connection: &Connection, card: CardId) -> sql::Result<Past> {
    let stops = [latest(connection, card, CardMove::Freeze)?, latest(connection, card, CardMove::ReportLost)?];
    let stopped = stops.into_iter().flatten().max().map(|(_, by, at)| (by, at));
    let unlocked_at = latest(connection, card, CardMove::Unlock)?.map(|(_, _, at)| at);
    let locked_at = latest(connection, card, CardMove::LockPin)?.map(|(_, _, at)| at);
    Ok(Past { stopped, unlocked_at, locked_at })
}

/// The latest move of this kind: its number, who made it, when.
fn latest(
    connection: &Connection,
    card: CardId,
    made: CardMove,
) -> sql::Result<Option<(TransactionId, PersonId, Timestamp)>> {
    let sql = "SELECT id FROM card_move WHERE card_id = ?1 AND made = ?2 ORDER BY id DESC LIMIT 1";
    let values = params![card.0, made.word()];
    let id: Option<i64> = connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
    let Some(id) = id else { return Ok(None) };
    let sql = "SELECT person_id, at FROM ledger_transaction WHERE id = ?1";
    let read = |row: &Row<'_>| Ok((TransactionId(id), PersonId(row.get(0)?), Timestamp(row.get(1)?)));
    connection.prepare_cached(sql)?.query_row([id], read).optional()
}

pub(crate) const COLUMNS: &str = "id, card_id, made, from_status, to_status, reason";

/// A move, from [`COLUMNS`].
pub(crate) fn moved(row: &Row<'_>) -> sql::Result<Moved> {
    Ok(Moved {
        id: TransactionId(row.get(0)?),
        card: CardId(row.get(1)?),
        made: rows::word(row, 2, CardMove::from_word)?,
        from: rows::word(row, 3, CardStatus::from_word)?,
        to: rows::word(row, 4, CardStatus::from_word)?,
        reason: row.get(5)?,
    })
}

/// Writes moves, and the states that they leave their cards in.
pub(super) fn save(connection: &Connection, changes: &Changes) -> sql::Result<()> {
    for one in &changes.card_moves {
        let sql = "INSERT INTO card_move (id, card_id, made, from_status, to_status, reason)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let (from, to) = (one.from.word(), one.to.word());
        let values = params![one.id.0, one.card.0, one.made.word(), from, to, one.reason];
        connection.prepare_cached(sql)?.execute(values)?;
    }
    // As it is after all of the group: a holder may have opened a card that was locked in it.
    let moved = |card: &&Card| changes.card_moves.iter().any(|one| one.card == card.id);
    for card in changes.cards.values().filter(moved) {
        let sql = "UPDATE card SET status = ?2 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute(params![card.id.0, card.status.word()])?;
    }
    Ok(())
}
