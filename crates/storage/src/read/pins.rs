//! Cards whose initial PINs or activation codes are printed, and resets of PINs with what became of them.

use domain::card::{CardKey, CardStatus};
use domain::card_number::MaskedCard;
use domain::ids::{CardId, PersonId, TransactionId};
use domain::pin::PinState;
use domain::programme::PinMode;
use domain::proposal::Proposal;
use domain::serial::Serial;

use crate::books::{proposal, rows};
use crate::sql::{self, OptionalExtension as _, Row, params};
use crate::{Storage, StorageError};

/// A card that something is printed for.
#[derive(Clone)]
pub struct Printed {
    /// Its id.
    pub id: CardId,
    /// Its look-up value.
    pub key: CardKey,
    /// Its number, encrypted.
    pub sealed: Vec<u8>,
    /// Its number as it may be seen.
    pub masked: MaskedCard,
    /// Its serial; none for a card of no batch.
    pub serial: Option<Serial>,
    /// State.
    pub status: CardStatus,
    /// Whose its PIN is.
    pub pin: PinState,
    /// How its programme's holders get their PINs.
    pub mode: PinMode,
    /// Its programme's name.
    pub programme: String,
}

const COLUMNS: &str = "c.id, c.lookup, c.sealed, c.masked, c.serial, c.status, c.pin_state, p.pin_mode, p.name
    FROM card c JOIN programme p ON p.id = c.programme_id";

fn printed(row: &Row<'_>) -> sql::Result<Printed> {
    Ok(Printed {
        id: CardId(row.get(0)?),
        key: CardKey(row.get(1)?),
        sealed: row.get(2)?,
        masked: MaskedCard(row.get(3)?),
        serial: row.get::<_, Option<i64>>(4)?.and_then(Serial::of_number),
        status: rows::word(row, 5, CardStatus::from_word)?,
        pin: rows::word(row, 6, PinState::from_word)?,
        mode: rows::word(row, 7, PinMode::from_word)?,
        programme: row.get(8)?,
    })
}

/// The cards of a range of serials, the first `limit` of them.
pub async fn range(db: &Storage, first: Serial, last: Serial, limit: u32) -> Result<Vec<Printed>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT {COLUMNS} WHERE c.serial BETWEEN ?1 AND ?2 ORDER BY c.serial LIMIT ?3");
        let mut all = connection.prepare_cached(&sql)?;
        Ok(all.query_map(params![first.number(), last.number(), limit], printed)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// The card of a reset that `maker` proposed.
pub async fn card_of_reset(
    db: &Storage,
    reset: TransactionId,
    maker: PersonId,
) -> Result<Option<Printed>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT subject FROM proposal WHERE id = ?1 AND maker_id = ?2 AND act = 'card_pin'";
        let read = |row: &Row<'_>| row.get::<_, i64>(0);
        let found = connection.prepare_cached(sql)?.query_row([reset.0, maker.0], read).optional()?;
        let Some(card) = found else { return Ok(None) };
        let sql = format!("SELECT {COLUMNS} WHERE c.id = ?1");
        Ok(connection.prepare_cached(&sql)?.query_row([card], printed).optional()?)
    })
    .await
}

/// A reset that was proposed, with its card as it stands.
#[derive(Clone)]
pub struct Reset {
    /// The proposal.
    pub proposal: Proposal,
    /// The card.
    pub card: Printed,
    /// It is the latest thing that happened to the card's PIN, or the code that was made after it is.
    pub latest: bool,
}

/// The latest resets that a person proposed.
pub async fn resets(db: &Storage, maker: PersonId, limit: u32) -> Result<Vec<Reset>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {} FROM proposal p WHERE p.maker_id = ?1 AND p.act = 'card_pin' ORDER BY p.id DESC LIMIT ?2",
            proposal::COLUMNS
        );
        let mut all = connection.prepare_cached(&sql)?;
        let made = all.query_map(params![maker.0, limit], proposal::proposal)?.collect::<sql::Result<Vec<_>>>()?;
        let mut found = Vec::new();
        for one in made {
            let sql = format!("SELECT {COLUMNS} WHERE c.id = ?1");
            let card = connection.prepare_cached(&sql)?.query_row([one.payload.subject()], printed).optional()?;
            let Some(card) = card else { continue };
            let sql = "SELECT c.pin_id, k.made_in, k.reset_by FROM card c LEFT JOIN card_code k ON k.card_id = c.id
                WHERE c.id = ?1";
            let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            let (by, made_in, reset): (Option<i64>, Option<i64>, Option<i64>) =
                connection.prepare_cached(sql)?.query_row([card.id.0], read)?;
            let approval = one.ending.as_ref().map(|ending| ending.transaction);
            let by = by.map(TransactionId);
            let own_code = reset == Some(one.id.0) && by == made_in.map(TransactionId);
            let latest = by.is_some() && (by == approval || own_code);
            found.push(Reset { proposal: one, card, latest });
        }
        Ok(found)
    })
    .await
}
