//! Card batches: entering one, where its cards go, and the end of it. Cards are made, activated and closed by jobs
//! ([`pieces`]).
//!
//! What must stay true:
//! - One person moves cards and takes them out of use; only an approved proposal has them made or activated.
//! - Cards that are in use, that are being activated, or that have money on them are not moved.

pub mod pieces;

use domain::card_batch::{CardBatchStatus, Keeper, Places, QUANTITY_MAX, within};
use domain::directory::next_number;
use domain::ids::{CardBatchId, CustomerId, ProgrammeId, RequestId};
use domain::serial::PLACE_MAX;

use crate::audit::{self, Entry};
use crate::books::card_batch as books;
use crate::books::rows::word;
use crate::job::{self, JobKind};
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::{Storage, StorageError};

/// A batch to enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBatch {
    /// Which programme issues its cards.
    pub programme: ProgrammeId,
    /// Whom they are made for; none for stock.
    pub customer: Option<CustomerId>,
    /// How many, 1..=[`QUANTITY_MAX`].
    pub quantity: i64,
    /// What is printed on them.
    pub printed_text: String,
    /// A note for the office.
    pub note: String,
    /// Names the intention: the same form sent twice is one batch.
    pub request: RequestId,
}

/// What became of entering a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It has this number.
    Done(CardBatchId),
    /// There is no such programme.
    NoProgramme,
    /// There is no such customer.
    NoCustomer,
    /// The quantity is none that a batch can have, or no number is left.
    NoRoom,
}

/// How the audit log names a batch.
pub fn subject(id: CardBatchId) -> String {
    format!("card batch {id}")
}

/// Enters a batch as a draft. `entry` is audited with the batch as its subject.
pub async fn create(db: &Storage, new: NewBatch, entry: Entry) -> Result<Entered, StorageError> {
    db.write(move |connection| {
        connection.lock_name("card_batch", "number")?;
        let sql = "SELECT id FROM card_batch WHERE request = ?1";
        if let Some(id) = connection.prepare_cached(sql)?.query_row([new.request.0], |row| row.get(0)).optional()? {
            return Ok(Entered::Done(CardBatchId(id)));
        }
        let one = |sql: &str, id: i64| {
            connection.prepare_cached(sql)?.query_row([id], |_| Ok(())).optional().map(|found| found.is_some())
        };
        if !one("SELECT 1 FROM programme WHERE id = ?1", new.programme.0)? {
            return Ok(Entered::NoProgramme);
        }
        if let Some(customer) = new.customer
            && !one("SELECT 1 FROM customer WHERE id = ?1", customer.0)?
        {
            return Ok(Entered::NoCustomer);
        }
        let sql = "SELECT MAX(id) FROM card_batch";
        let last = connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, Option<i64>>(0))?;
        let next = next_number(&(1..=PLACE_MAX), last).filter(|_| (1..=QUANTITY_MAX).contains(&new.quantity));
        let Some(id) = next.map(CardBatchId) else { return Ok(Entered::NoRoom) };
        let sql = "INSERT INTO card_batch (id, programme_id, customer_id, quantity, printed_text, note, status, made,
                made_at, made_by, approval, generated_at, received_at, ended_at, ended_by, reason, version,
                request)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'draft', 0, ?7, ?8, NULL, NULL, NULL, NULL, NULL, '', 1, ?9)";
        connection.prepare_cached(sql)?.execute(params![
            id.0,
            new.programme.0,
            new.customer.map(|customer| customer.0),
            new.quantity,
            &new.printed_text,
            &new.note,
            entry.at.0,
            entry.person.map_or(0, |person| person.0),
            new.request.0,
        ])?;
        audit::insert(connection, &Entry { subject: subject(id), ..entry })?;
        Ok(Entered::Done(id))
    })
    .await
}

/// What became of moving cards, or of ending a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It is done.
    Done,
    /// There is no such batch.
    Gone,
    /// The batch does not stand where this is possible.
    State(CardBatchStatus),
    /// The batch has no such places.
    NoSuchPlaces,
    /// These cards are not where they could be moved from.
    Elsewhere(Places, Keeper),
    /// The card at this place is in use, or no more.
    InUse(i64),
    /// There is money on the card at this place.
    Money(i64),
    /// Cards among them are being activated.
    Activating,
    /// There is no such outlet or customer, it does not trade, or the batch was made for another customer.
    NoSuchKeeper,
}

/// A batch as moving its cards needs it.
struct Batch {
    id: CardBatchId,
    status: CardBatchStatus,
    quantity: i64,
    made: i64,
    customer: Option<CustomerId>,
}

fn find(connection: &Connection, id: CardBatchId) -> sql::Result<Option<Batch>> {
    books::lock(connection, id)?;
    let sql = "SELECT status, quantity, made, customer_id FROM card_batch WHERE id = ?1";
    let read = |row: &Row<'_>| {
        let customer = row.get::<_, Option<i64>>(3)?.map(CustomerId);
        let status = word(row, 0, CardBatchStatus::from_word)?;
        Ok(Batch { id, status, quantity: row.get(1)?, made: row.get(2)?, customer })
    };
    connection.prepare_cached(sql)?.query_row([id.0], read).optional()
}

/// The first place among those whose card has money on it. Many rows are read, so it is asked before the writer is taken;
/// what is loaded meanwhile stays on a card that stays open.
async fn with_money(db: &Storage, id: CardBatchId, places: Places) -> Result<Option<i64>, StorageError> {
    let Some((first, last)) = places.serials(id.0) else { return Ok(None) };
    db.read(move |connection| {
        let sql = "SELECT serial FROM card WHERE serial >= ?1 AND serial <= ?2 AND balance > 0 ORDER BY serial LIMIT 1";
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_row([first.number(), last.number()], |row| row.get::<_, i64>(0)).optional()?;
        Ok(found.and_then(domain::serial::Serial::of_number).map(domain::serial::Serial::place))
    })
    .await
}

/// Moves cards of a batch to a keeper: what arrives goes to the vault, what is spoiled is closed. The reason is the detail of
/// `entry`, which is audited.
pub async fn move_cards(
    db: &Storage,
    id: CardBatchId,
    places: Places,
    to: Keeper,
    entry: Entry,
) -> Result<Moved, StorageError> {
    if to == Keeper::Spoiled
        && let Some(place) = with_money(db, id, places).await?
    {
        return Ok(Moved::Money(place));
    }
    db.write(move |connection| {
        let Some(batch) = find(connection, id)? else { return Ok(Moved::Gone) };
        if let Some(no) = refused(connection, &batch, places, to)? {
            return Ok(no);
        }
        let movement = insert_movement(connection, id, places, to, &entry)?;
        if to == Keeper::Spoiled {
            job::add(connection, JobKind::Spoil, movement, entry.at, entry.at)?;
        }
        let left = books::stock_of(connection, id, batch.quantity)?;
        if batch.status == CardBatchStatus::Generated && left.iter().all(|kept| kept.keeper != Keeper::Maker) {
            let sql =
                "UPDATE card_batch SET status = 'received', received_at = ?2, version = version + 1 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute([id.0, entry.at.0])?;
        }
        log(connection, id, places, to, entry)?;
        Ok(Moved::Done)
    })
    .await
}

/// Why cards cannot be moved there.
fn refused(connection: &Connection, batch: &Batch, places: Places, to: Keeper) -> sql::Result<Option<Moved>> {
    if !matches!(batch.status, CardBatchStatus::Generated | CardBatchStatus::Received) {
        return Ok(Some(Moved::State(batch.status)));
    }
    if Places::new(places.first, places.last, batch.quantity).is_none() {
        return Ok(Some(Moved::NoSuchPlaces));
    }
    let there = match to {
        Keeper::Maker => false,
        Keeper::Vault | Keeper::Spoiled => true,
        Keeper::Outlet(outlet) => {
            let sql = "SELECT 1 FROM outlet WHERE id = ?1 AND status = 'active'";
            connection.prepare_cached(sql)?.query_row([outlet.0], |_| Ok(())).optional()?.is_some()
        }
        Keeper::Customer(customer) => {
            let sql = "SELECT 1 FROM customer WHERE id = ?1 AND status = 'active'";
            let known = connection.prepare_cached(sql)?.query_row([customer.0], |_| Ok(())).optional()?.is_some();
            known && batch.customer.is_none_or(|own| own == customer)
        }
    };
    if !there {
        return Ok(Some(Moved::NoSuchKeeper));
    }
    let stock = books::stock_of(connection, batch.id, batch.quantity)?;
    for kept in within(&stock, places) {
        let movable = match kept.keeper {
            // What the maker has arrives, or never does.
            Keeper::Maker => matches!(to, Keeper::Vault | Keeper::Spoiled),
            Keeper::Spoiled => false,
            other => other != to,
        };
        if !movable {
            return Ok(Some(Moved::Elsewhere(kept.places, kept.keeper)));
        }
    }
    // What arrives is counted, whatever became of a card of it on the way.
    if to == Keeper::Vault && stock.iter().all(|kept| !kept.places.meets(places) || kept.keeper == Keeper::Maker) {
        return Ok(None);
    }
    if activating(connection, batch.id, places)? {
        return Ok(Some(Moved::Activating));
    }
    Ok(books::in_use(connection, batch.id, places)?.map(Moved::InUse))
}

/// Whether cards among them are being activated.
fn activating(connection: &Connection, id: CardBatchId, places: Places) -> sql::Result<bool> {
    let sql = "SELECT 1 FROM card_activation
        WHERE batch_id = ?1 AND first_place <= ?3 AND last_place >= ?2 AND done_to < last_place LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([id.0, places.first, places.last], |_| Ok(())).optional()?.is_some())
}

fn insert_movement(
    connection: &Connection,
    id: CardBatchId,
    places: Places,
    to: Keeper,
    entry: &Entry,
) -> sql::Result<i64> {
    connection.lock_name("card_stock", "number")?;
    let sql = "SELECT COALESCE(MAX(id), 0) + 1 FROM card_stock";
    let movement: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    let sql = "INSERT INTO card_stock (id, batch_id, first_place, last_place, keeper, outlet_id, customer_id, reason,
            moved_at, moved_by)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    connection.prepare_cached(sql)?.execute(params![
        movement,
        id.0,
        places.first,
        places.last,
        to.word(),
        to.outlet().map(|outlet| outlet.0),
        to.customer().map(|customer| customer.0),
        &entry.detail,
        entry.at.0,
        entry.person.map_or(0, |person| person.0),
    ])?;
    Ok(movement)
}

fn log(connection: &Connection, id: CardBatchId, places: Places, to: Keeper, entry: Entry) -> sql::Result<()> {
    let whom = to.outlet().map(|outlet| outlet.0).or(to.customer().map(|customer| customer.0));
    let whom = whom.map_or_else(String::new, |whom| format!(" {whom}"));
    let detail = format!("{}-{} {}{whom} {}", places.first, places.last, to.word(), entry.detail);
    audit::insert(connection, &Entry { subject: subject(id), detail, ..entry })
}

/// Gives a batch up before any of its cards arrived: those that there are already are closed. The reason is the detail of
/// `entry`, which is audited.
pub async fn cancel(db: &Storage, id: CardBatchId, entry: Entry) -> Result<Moved, StorageError> {
    let all = Places { first: 1, last: QUANTITY_MAX };
    if let Some(place) = with_money(db, id, all).await? {
        return Ok(Moved::Money(place));
    }
    db.write(move |connection| {
        let Some(batch) = find(connection, id)? else { return Ok(Moved::Gone) };
        let open = [CardBatchStatus::Draft, CardBatchStatus::Approved, CardBatchStatus::Generated];
        if !open.contains(&batch.status) {
            return Ok(Moved::State(batch.status));
        }
        let stock = books::stock_of(connection, id, batch.quantity)?;
        let arrived = stock.iter().find(|kept| !matches!(kept.keeper, Keeper::Maker | Keeper::Spoiled));
        if let Some(kept) = arrived {
            return Ok(Moved::Elsewhere(kept.places, kept.keeper));
        }
        let sql = "UPDATE card_batch SET status = 'cancelled', ended_at = ?2, ended_by = ?3, reason = ?4,
            version = version + 1 WHERE id = ?1";
        let by = entry.person.map(|person| person.0);
        connection.prepare_cached(sql)?.execute(params![id.0, entry.at.0, by, &entry.detail])?;
        job::cancel(connection, JobKind::Make, id.0, entry.at)?;
        if let Some(made) = Places::new(1, batch.made, batch.quantity) {
            let movement = insert_movement(connection, id, made, Keeper::Spoiled, &entry)?;
            job::add(connection, JobKind::Spoil, movement, entry.at, entry.at)?;
        }
        audit::insert(connection, &Entry { subject: subject(id), ..entry })?;
        Ok(Moved::Done)
    })
    .await
}

/// Ends a batch none of whose cards waits to be handed out. `entry` is audited.
pub async fn close(db: &Storage, id: CardBatchId, entry: Entry) -> Result<Moved, StorageError> {
    if let Some(place) = waiting_card(db, id).await? {
        return Ok(Moved::Elsewhere(Places { first: place, last: place }, Keeper::Vault));
    }
    db.write(move |connection| {
        let Some(batch) = find(connection, id)? else { return Ok(Moved::Gone) };
        if batch.status != CardBatchStatus::Received {
            return Ok(Moved::State(batch.status));
        }
        let sql = "UPDATE card_batch SET status = 'closed', ended_at = ?2, ended_by = ?3, version = version + 1
            WHERE id = ?1";
        connection.prepare_cached(sql)?.execute(params![id.0, entry.at.0, entry.person.map(|person| person.0)])?;
        audit::insert(connection, &Entry { subject: subject(id), ..entry })?;
        Ok(Moved::Done)
    })
    .await
}

/// The first place whose card is new. A card never gets new again, so what a reader found holds for the writer.
pub async fn waiting_card(db: &Storage, id: CardBatchId) -> Result<Option<i64>, StorageError> {
    let Some((first, last)) = (Places { first: 1, last: QUANTITY_MAX }).serials(id.0) else { return Ok(None) };
    db.read(move |connection| {
        let sql = "SELECT serial FROM card WHERE serial >= ?1 AND serial <= ?2 AND NOT (status <> 'issued')
            ORDER BY serial LIMIT 1";
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_row([first.number(), last.number()], |row| row.get::<_, i64>(0)).optional()?;
        Ok(found.and_then(domain::serial::Serial::of_number).map(domain::serial::Serial::place))
    })
    .await
}
