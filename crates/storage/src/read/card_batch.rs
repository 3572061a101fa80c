//! Card batches as the office reads them: the list, and one batch with where its cards are and what was activated.

use domain::card_batch::{CardBatchStatus, Keeper, Kept, Places};
use domain::ids::{CardBatchId, CustomerId, ProgrammeId, TransactionId};
use domain::time::Timestamp;

use crate::books::card_batch as books;
use crate::books::rows::word;
use crate::card_batch::subject;
use crate::places::{self, Done};
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::{Storage, StorageError};

/// A batch in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub id: CardBatchId,
    /// Its programme's name.
    pub programme: String,
    /// Whom it is made for; none for stock.
    pub customer: Option<(CustomerId, String)>,
    /// How many cards it has.
    pub quantity: i64,
    /// How many of them are made.
    pub made: i64,
    /// Where it stands.
    pub status: CardBatchStatus,
    /// When it was entered.
    pub made_at: Timestamp,
    /// By whom.
    pub maker: String,
}

const LINE: &str = "b.id, g.name, b.customer_id, c.name, b.quantity, b.made, b.status, b.made_at, \
     COALESCE(p.name, '')";
const FROM: &str = "card_batch b JOIN programme g ON g.id = b.programme_id \
     LEFT JOIN customer c ON c.id = b.customer_id LEFT JOIN person p ON p.id = b.made_by";

fn line(row: &Row<'_>) -> sql::Result<Line> {
    let customer: Option<(i64, String)> = row.get::<_, Option<i64>>(2)?.zip(row.get(3)?);
    Ok(Line {
        id: CardBatchId(row.get(0)?),
        programme: row.get(1)?,
        customer: customer.map(|(id, name)| (CustomerId(id), name)),
        quantity: row.get(4)?,
        made: row.get(5)?,
        status: word(row, 6, CardBatchStatus::from_word)?,
        made_at: Timestamp(row.get(7)?),
        maker: row.get(8)?,
    })
}

/// Batches below `before`, the latest first, of one state or of all; at most `limit`.
pub async fn list(
    db: &Storage,
    status: Option<CardBatchStatus>,
    before: Option<CardBatchId>,
    limit: u32,
) -> Result<Vec<Line>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {LINE} FROM {FROM} WHERE b.id < ?1 AND (?2 IS NULL OR b.status = ?2) ORDER BY b.id DESC LIMIT ?3"
        );
        let before = before.map_or(i64::MAX, |id| id.0);
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![before, status.map(CardBatchStatus::word), limit], line)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Cards of a batch that are in one place since one movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stock {
    /// Which.
    pub places: Places,
    /// Where.
    pub keeper: Keeper,
    /// The name of the outlet or the customer; empty for other keepers.
    pub name: String,
    /// Since when, who moved them, and why; none at the maker.
    pub moved: Option<(Timestamp, String, String)>,
}

/// An activation that waits or was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// The proposal.
    pub proposal: TransactionId,
    /// Which cards.
    pub places: Places,
    /// Who proposed it.
    pub maker: String,
    /// Who approved it, and how many of the cards are done; none while it waits.
    pub approved: Option<(String, i64)>,
    /// When it was proposed, or approved.
    pub at: Timestamp,
}

/// One batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// As the list has it.
    pub line: Line,
    /// Its programme.
    pub programme: ProgrammeId,
    /// What is printed on the cards.
    pub printed_text: String,
    /// A note for the office.
    pub note: String,
    /// When it was approved, and by whom.
    pub approved: Option<(Timestamp, String)>,
    /// When its last card was made.
    pub generated_at: Option<Timestamp>,
    /// When its last card arrived.
    pub received_at: Option<Timestamp>,
    /// When it was closed or cancelled, and why it was cancelled.
    pub ended: Option<(Timestamp, String)>,
    /// Where its cards are.
    pub stock: Vec<Stock>,
    /// What was activated or waits to be, the latest first.
    pub activations: Vec<Activation>,
}

impl Sheet {
    /// How many cards are where `of` says.
    pub fn count(&self, of: impl Fn(Keeper) -> bool) -> i64 {
        self.stock.iter().filter(|one| of(one.keeper)).map(|one| one.places.count()).sum()
    }

    /// Its stock without names, as [`domain::card_batch`] compares it.
    pub fn kept(&self) -> Vec<Kept<()>> {
        self.stock.iter().map(|one| Kept { places: one.places, keeper: one.keeper, by: None }).collect()
    }

    /// The act that makes its cards.
    pub fn making(&self) -> domain::acts::Batch {
        domain::acts::Batch::Making {
            batch: self.line.id,
            programme: self.programme,
            customer: self.line.customer.as_ref().map(|(id, _)| *id),
            quantity: self.line.quantity,
            printed_text: self.printed_text.clone(),
        }
    }
}

/// One batch with everything that its page shows at `now`.
pub async fn find(db: &Storage, id: CardBatchId, now: Timestamp) -> Result<Option<Sheet>, StorageError> {
    db.read(move |connection| {
        let snapshot = connection.unchecked_transaction()?;
        let sql = format!(
            "SELECT {LINE}, b.programme_id, b.printed_text, b.note, b.generated_at, b.received_at, b.ended_at,
                b.reason, a.decided_at, COALESCE(v.name, '')
            FROM {FROM} LEFT JOIN proposal a ON a.act = 'card_batch' AND a.subject = b.id AND a.status = 'approved'
            LEFT JOIN person v ON v.id = a.checker_id WHERE b.id = ?1"
        );
        let time = |row: &Row<'_>, column| Ok::<_, sql::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp));
        let read = |row: &Row<'_>| {
            Ok(Sheet {
                line: line(row)?,
                programme: ProgrammeId(row.get(9)?),
                printed_text: row.get(10)?,
                note: row.get(11)?,
                generated_at: time(row, 12)?,
                received_at: time(row, 13)?,
                ended: time(row, 14)?.zip(Some(row.get(15)?)),
                approved: time(row, 16)?.zip(Some(row.get(17)?)),
                stock: Vec::new(),
                activations: Vec::new(),
            })
        };
        let Some(found) = snapshot.prepare_cached(&sql)?.query_row([id.0], read).optional()? else { return Ok(None) };
        let stock = stock(&snapshot, id, found.line.quantity)?;
        let mut activations = activations(&snapshot, id, now)?;
        activations.sort_by_key(|one| std::cmp::Reverse(one.at));
        Ok(Some(Sheet { stock, activations, ..found }))
    })
    .await
}

fn stock(connection: &Connection, id: CardBatchId, quantity: i64) -> sql::Result<Vec<Stock>> {
    let mut all = Vec::new();
    for kept in books::stock_of(connection, id, quantity)? {
        let moved = match kept.by {
            None => None,
            Some(movement) => {
                let sql = "SELECT s.moved_at, COALESCE(p.name, ''), s.reason FROM card_stock s
                    LEFT JOIN person p ON p.id = s.moved_by WHERE s.id = ?1";
                let read = |row: &Row<'_>| Ok((Timestamp(row.get(0)?), row.get(1)?, row.get(2)?));
                connection.prepare_cached(sql)?.query_row([movement], read).optional()?
            }
        };
        let name = books::keeper_name(connection, kept.keeper)?;
        all.push(Stock { places: kept.places, keeper: kept.keeper, name, moved });
    }
    Ok(all)
}

/// Activations shown at most; of a batch that is activated card by card the latest.
const ACTIVATIONS: u32 = 100;

fn activations(connection: &Connection, id: CardBatchId, now: Timestamp) -> sql::Result<Vec<Activation>> {
    let mut all = Vec::new();
    for (proposal, places, until) in books::waiting(connection, id)? {
        if until <= now {
            continue;
        }
        let sql = "SELECT a.name, p.made_at FROM proposal p JOIN person a ON a.id = p.maker_id WHERE p.id = ?1";
        let read = |row: &Row<'_>| Ok((row.get(0)?, Timestamp(row.get(1)?)));
        let (maker, at) = connection.prepare_cached(sql)?.query_row([proposal.0], read)?;
        all.push(Activation { proposal, places, maker, approved: None, at });
    }
    let sql =
        "SELECT t.original, a.first_place, a.last_place, a.done_to, t.at, COALESCE(m.name, ''), COALESCE(v.name, '')
        FROM card_activation a JOIN ledger_transaction t ON t.id = a.id
        LEFT JOIN proposal p ON p.id = t.original LEFT JOIN person m ON m.id = p.maker_id
        LEFT JOIN person v ON v.id = p.checker_id
        WHERE a.batch_id = ?1 ORDER BY a.id DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map(params![id.0, ACTIVATIONS], |row| {
        let places = books::places(row, 1)?;
        let done = row.get::<_, i64>(3)? - places.first + 1;
        Ok(Activation {
            proposal: TransactionId(row.get(0)?),
            places,
            maker: row.get(5)?,
            approved: Some((row.get(6)?, done)),
            at: Timestamp(row.get(4)?),
        })
    })?;
    all.extend(found.collect::<sql::Result<Vec<_>>>()?);
    Ok(all)
}

/// Programmes that a batch can be of.
pub async fn choices(db: &Storage) -> Result<Vec<(ProgrammeId, String)>, StorageError> {
    db.read(|connection| {
        let sql = "SELECT id, name FROM programme WHERE status = 'active' ORDER BY id";
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_map([], |row| Ok((ProgrammeId(row.get(0)?), row.get(1)?)))?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// What was done to a batch by one person, the latest first.
pub async fn log(db: &Storage, id: CardBatchId, limit: u32) -> Result<Vec<Done>, StorageError> {
    places::log_of(db, subject(id), limit).await
}
