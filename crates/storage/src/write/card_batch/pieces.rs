//! What jobs do to the cards of a batch, piece by piece: make them, activate them, close them.
//!
//! What must stay true:
//! - A piece and how far the work is are one transaction, and places follow one another, so that after a kill there is no gap
//!   and no double.
//! - Numbers come from the operating system's random bytes and follow no order. Nothing but the keyed look-up value, the
//!   sealed number and the masked one is written.
//! - A new card has no PIN: a letter, or its holder, gives it one.

use domain::card::CardKey;
use domain::card_batch::{Keeper, Places, within};
use domain::card_number::drawn;
use domain::ids::{CardBatchId, CardId, TransactionId};
use domain::serial::Serial;
use domain::time::Timestamp;
use zeroize::Zeroizing;

use crate::books::card_batch as books;
use crate::books::lock_chain;
use crate::job::{self, Job};
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::vault::{GENERATION, Vault};
use crate::{Storage, StorageError};

/// Cards of one piece: the writer takes a few milliseconds for them.
const PIECE: i64 = 100;

/// The first card of a batch has this id and the number of its serial; cards that are entered one by one are below.
const FIRST: i64 = 2_000_000_000_000;

/// Random bytes for one number: nineteen digits at most, and one byte in forty is passed over.
const NUMBER_BYTES: usize = 64;

/// The id of a card of a batch.
pub fn card_id(serial: Serial) -> CardId {
    CardId(FIRST.saturating_add(serial.number()))
}

/// A number that was drawn, as it is stored.
#[derive(Clone)]
struct Drawn {
    key: CardKey,
    sealed: Vec<u8>,
    masked: String,
}

fn draw(vault: &Vault, prefix: &str, length: usize) -> Result<Drawn, StorageError> {
    let failed = |error| StorageError::NotWritten(format!("no random bytes: {error}"));
    let mut random = Zeroizing::new([0; NUMBER_BYTES]);
    loop {
        getrandom::fill(random.as_mut()).map_err(failed)?;
        let Some(number) = drawn(prefix, length, random.as_ref()) else { continue };
        let (key, sealed, masked) = (vault.card_key(&number), vault.seal_number(&number), number.masked().0);
        return Ok(Drawn { key, sealed, masked });
    }
}

/// A batch whose cards are being made.
struct Making {
    prefix: String,
    /// Digits of a number.
    length: usize,
    programme: i64,
    customer: Option<i64>,
    quantity: i64,
    made: i64,
}

fn making(connection: &Connection, id: CardBatchId) -> sql::Result<Option<Making>> {
    let sql =
        "SELECT g.bin, b.programme_id, b.customer_id, b.quantity, b.made, g.series, g.number_length FROM card_batch b
        JOIN programme g ON g.id = b.programme_id WHERE b.id = ?1 AND b.status = 'approved'";
    let read = |row: &Row<'_>| {
        let bin: String = row.get(0)?;
        Ok(Making {
            prefix: bin + row.text(5)?,
            length: usize::try_from(row.get::<_, i64>(6)?).unwrap_or(16),
            programme: row.get(1)?,
            customer: row.get(2)?,
            quantity: row.get(3)?,
            made: row.get(4)?,
        })
    };
    connection.prepare_cached(sql)?.query_row([id.0], read).optional()
}

/// Makes the next cards of a batch; after the last one it is generated. Answers the job while there is more to do.
pub async fn make(db: &Storage, vault: &Vault, job: Job, now: Timestamp) -> Result<Option<Job>, StorageError> {
    let id = CardBatchId(job.subject);
    let Some(before) = db.read(move |connection| Ok(making(connection, id)?)).await? else { return Ok(None) };
    // Drawn and sealed before the writer is taken.
    let count = before.quantity.saturating_sub(before.made).min(PIECE);
    let cards = (0..count).map(|_| draw(vault, &before.prefix, before.length)).collect::<Result<Vec<_>, _>>()?;
    db.write(move |connection| {
        books::lock(connection, id)?;
        let Some(Making { programme, customer, quantity, mut made, .. }) = making(connection, id)? else {
            return Ok(None);
        };
        if !job::keep(connection, &job, made, quantity, now)? {
            return Ok(None);
        }
        for card in &cards {
            let serial = Serial::new(id.0, made + 1).filter(|_| made < quantity);
            let Some(serial) = serial else { break };
            // A number that is there already is drawn anew in the next piece, and takes no place.
            let sql =
                "INSERT INTO card (id, lookup, lookup_generation, sealed, sealed_generation, masked, programme_id,
                    status, holder, expires_on, pin_state, pin, pin_generation, balance, spent_on, spent_amount, spent_count,
                    spent_month, last_id, serial, customer_id, issued_on, activated_at)
                VALUES (?1, ?2, ?3, ?4, ?3, ?5, ?6, 'issued', '', NULL, 'unset', NULL, ?3, 0, 0, 0, 0, 0, NULL, ?7, ?8, ?9, NULL)
                ON CONFLICT (lookup) DO NOTHING";
            made += i64::try_from(connection.prepare_cached(sql)?.execute(params![
                card_id(serial).0,
                card.key.0,
                GENERATION,
                &card.sealed,
                &card.masked,
                programme,
                serial.number(),
                customer,
                i64::from(now.business_date().0),
            ])?)
            .unwrap_or(0);
        }
        job::keep(connection, &job, made, quantity, now)?;
        let sql = "UPDATE card_batch SET made = ?2, status = CASE WHEN ?2 = quantity THEN 'generated' ELSE status END,
            generated_at = CASE WHEN ?2 = quantity THEN ?3 ELSE generated_at END, version = version + 1 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([id.0, made, now.0])?;
        if made == quantity {
            job::end(connection, &job, now)?;
            return Ok(None);
        }
        Ok(Some(Job { done: made, ..job }))
    })
    .await
}

/// Activates the next cards of an approved activation. Answers the job while there is more to do.
pub async fn activate(db: &Storage, job: Job, now: Timestamp) -> Result<Option<Job>, StorageError> {
    let id = TransactionId(job.subject);
    db.write(move |connection| {
        // The books read and write the same rows.
        lock_chain(connection)?;
        let sql = "SELECT a.first_place, a.last_place, a.done_to, a.batch_id, b.quantity, g.validity_months
            FROM card_activation a JOIN card_batch b ON b.id = a.batch_id JOIN programme g ON g.id = b.programme_id
            WHERE a.id = ?1";
        let read = |row: &Row<'_>| {
            let months: Option<i64> = row.get(5)?;
            Ok((books::places(row, 0)?, row.get::<_, i64>(2)?, row.get(3)?, row.get(4)?, months))
        };
        let found = connection.prepare_cached(sql)?.query_row([id.0], read).optional()?;
        let Some((places, done_to, batch, quantity, months)) = found else { return Ok(None) };
        let batch = CardBatchId(batch);
        books::lock(connection, batch)?;
        let next = Places { first: done_to + 1, last: places.last.min(done_to + PIECE) };
        if !job::keep(connection, &job, next.last - places.first + 1, places.count(), now)? {
            return Ok(None);
        }
        let last_day = months.and_then(|months| now.business_date().plus_months(months)).map(|day| i64::from(day.0));
        for kept in within(&books::stock_of(connection, batch, quantity)?, next) {
            let Some((first, last)) = kept.places.serials(batch.0) else { continue };
            let customer = if let Keeper::Customer(customer) = kept.keeper { Some(customer.0) } else { None };
            let sql = "UPDATE card SET status = 'active', activated_at = ?3, expires_on = ?5,
                    customer_id = COALESCE(?4, customer_id)
                WHERE serial >= ?1 AND serial <= ?2 AND NOT (status <> 'issued')";
            connection.prepare_cached(sql)?.execute(params![
                first.number(),
                last.number(),
                now.0,
                customer,
                last_day
            ])?;
        }
        let sql = "UPDATE card_activation SET done_to = ?2 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([id.0, next.last])?;
        if next.last == places.last {
            job::end(connection, &job, now)?;
            return Ok(None);
        }
        Ok(Some(Job { done: next.last - places.first + 1, ..job }))
    })
    .await
}

/// Closes the next cards that were taken out of use. One that money was put on meanwhile stays as it is. Answers the job
/// while there is more to do.
pub async fn spoil(db: &Storage, job: Job, now: Timestamp) -> Result<Option<Job>, StorageError> {
    db.write(move |connection| {
        lock_chain(connection)?;
        let sql = "SELECT first_place, last_place, batch_id FROM card_stock WHERE id = ?1";
        let read = |row: &Row<'_>| Ok((books::places(row, 0)?, CardBatchId(row.get(2)?)));
        let found = connection.prepare_cached(sql)?.query_row([job.subject], read).optional()?;
        let Some((places, batch)) = found else { return Ok(None) };
        let first = places.first + job.done;
        let next = Places { first, last: places.last.min(first + PIECE - 1) };
        let done = next.last - places.first + 1;
        if !job::keep(connection, &job, done, places.count(), now)? {
            return Ok(None);
        }
        if let Some((first, last)) = next.serials(batch.0) {
            let sql = "UPDATE card SET status = 'closed'
                WHERE serial >= ?1 AND serial <= ?2 AND NOT (status <> 'issued') AND balance = 0";
            connection.prepare_cached(sql)?.execute([first.number(), last.number()])?;
        }
        if next.last == places.last {
            job::end(connection, &job, now)?;
            return Ok(None);
        }
        Ok(Some(Job { done, ..job }))
    })
    .await
}
