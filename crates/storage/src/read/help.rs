//! What a person on the phone looks up for a caller beside people and places: a card, a payment.
//!
//! What must stay true: nothing here tells a card's number, its balance or what was bought.

use crate::books::{card_move, rows, sweeps};
use crate::sql::{self, Connection, OptionalExtension as _, Row};
use domain::card::{CardKey, CardStatus};
use domain::card_number::MaskedCard;
use domain::ids::{CardId, PersonId, TransactionId};
use domain::ledger::Transaction;
use domain::limits::Limits;
use domain::order::OrderStatus;
use domain::pin::{PinPlace, PinTries};
use domain::time::{BusinessDate, Timestamp};

use crate::{Storage, StorageError};

/// A card as it stands.
#[derive(Clone, Debug)]
pub struct CardSeen {
    /// Its id.
    pub id: CardId,
    /// Its number as it may be seen.
    pub masked: MaskedCard,
    /// State.
    pub status: CardStatus,
    /// The holder's name.
    pub holder: String,
    /// Its programme's name.
    pub programme: String,
    /// Its last day, if it has one.
    pub expires_on: Option<BusinessDate>,
    /// Wrong PINs of today by the place's name, with what is left there.
    pub tries: Vec<(String, u16, u16)>,
    /// Wrong PINs that are left over all places.
    pub left: u16,
    /// Somebody unlocked it today already.
    pub unlocked_today: bool,
}

/// The card of a number.
pub async fn card(db: &Storage, key: CardKey, now: Timestamp) -> Result<Option<CardSeen>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT c.id FROM card c WHERE c.lookup = ?1";
        let id: Option<i64> = connection.prepare_cached(sql)?.query_row([key.0], |row| row.get(0)).optional()?;
        id.map_or(Ok(None), |id| Ok(card_of(connection, CardId(id), now)?))
    })
    .await
}

/// The card with an id.
pub async fn card_by_id(db: &Storage, id: CardId, now: Timestamp) -> Result<Option<CardSeen>, StorageError> {
    db.read(move |connection| Ok(card_of(connection, id, now)?)).await
}

fn card_of(connection: &Connection, id: CardId, now: Timestamp) -> sql::Result<Option<CardSeen>> {
    let sql = "SELECT c.status, c.holder, c.expires_on, g.name, c.masked FROM card c JOIN programme g ON g.id = c.programme_id
        WHERE c.id = ?1";
    let read = |row: &Row<'_>| {
        Ok((
            rows::word(row, 0, CardStatus::from_word)?,
            row.get::<_, String>(1)?,
            row.get::<_, Option<i32>>(2)?.map(BusinessDate),
            row.get::<_, String>(3)?,
            MaskedCard(row.get(4)?),
        ))
    };
    let found = connection.prepare_cached(sql)?.query_row([id.0], read).optional()?;
    let Some((status, holder, expires_on, programme, masked)) = found else { return Ok(None) };
    let sql = "SELECT t.tried_on, t.places FROM card c JOIN pin_tries t ON t.lookup = c.lookup WHERE c.id = ?1";
    let stored = connection.prepare_cached(sql)?.query_row([id.0], sweeps::tries).optional()?;
    let tries = PinTries::today(stored.as_ref(), now.business_date());
    let limits = sweeps::limits(connection)?;
    let today = now.business_date().start().unwrap_or(now);
    let unlocked_today = card_move::past(connection, id)?.unlocked_at.is_some_and(|at| at >= today);
    Ok(Some(CardSeen {
        id,
        masked,
        status,
        holder,
        programme,
        expires_on,
        tries: tried(connection, &tries, &limits)?,
        left: tries.left_everywhere(&limits),
        unlocked_today,
    }))
}

pub(super) fn tried(
    connection: &Connection,
    tries: &PinTries,
    limits: &Limits,
) -> sql::Result<Vec<(String, u16, u16)>> {
    let name = |place: &PinPlace| -> sql::Result<String> {
        let (sql, id) = match place {
            PinPlace::Outlet(outlet) => ("SELECT name FROM outlet WHERE id = ?1", outlet.0),
            PinPlace::Keys(merchant) => ("SELECT name FROM merchant WHERE id = ?1", merchant.0),
        };
        let found = connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
        Ok(found.unwrap_or_else(|| place.text()))
    };
    tries.places.iter().map(|(place, count)| Ok((name(place)?, *count, tries.left(*place, limits)))).collect()
}

/// A transaction with where it was made and what became of its order.
#[derive(Clone, Debug)]
pub struct PaymentSeen {
    /// The transaction.
    pub transaction: Transaction,
    /// Names of merchant and outlet; empty for the card company.
    pub place: (String, String),
    /// Who made it.
    pub person: String,
    /// State of the order, if it has one.
    pub order: Option<OrderStatus>,
}

/// The transaction of a reference number.
pub async fn payment(db: &Storage, id: TransactionId) -> Result<Option<PaymentSeen>, StorageError> {
    db.read(move |connection| {
        let found =
            connection.prepare_cached(rows::TRANSACTION_BY_ID)?.query_row([id.0], rows::transaction).optional()?;
        found.map(|transaction| Ok(payment_seen(connection, transaction)?)).transpose()
    })
    .await
}

/// The latest `count` transactions of a card, the latest first, as [`payment`] tells them.
pub async fn movements(db: &Storage, card: CardId, count: u16) -> Result<Vec<PaymentSeen>, StorageError> {
    let found = crate::movement::of_card(db, card, count).await?;
    db.read(move |connection| found.into_iter().map(|one| Ok(payment_seen(connection, one)?)).collect()).await
}

fn payment_seen(connection: &Connection, transaction: Transaction) -> sql::Result<PaymentSeen> {
    let sql = "SELECT m.name, o.name FROM outlet o JOIN merchant m ON m.id = o.merchant_id WHERE o.id = ?1";
    let outlet = transaction.actor.outlet.0;
    let place = connection.prepare_cached(sql)?.query_row([outlet], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let order = match transaction.order {
        Some(order) => {
            let sql = "SELECT status FROM orders WHERE id = ?1";
            let read = |row: &Row<'_>| rows::word(row, 0, OrderStatus::from_word);
            connection.prepare_cached(sql)?.query_row([order.0], read).optional()?
        }
        None => None,
    };
    let person = person_name(connection, transaction.actor.person)?;
    Ok(PaymentSeen { transaction, place: place.unwrap_or_default(), person, order })
}

fn person_name(connection: &Connection, person: PersonId) -> sql::Result<String> {
    let sql = "SELECT name FROM person WHERE id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([person.0], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or_default())
}
