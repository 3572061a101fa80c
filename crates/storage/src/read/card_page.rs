//! Cards as the card company finds and reads them: lists, one card with its moves and its history.
//!
//! What must stay true: no number is read here, only how it may be seen. A list goes along one index.

use std::collections::{BTreeMap, BTreeSet};

use crate::books::{card_batch, card_move, cards, proposal as books, rows, sweeps};
use crate::sql::{self, Connection, OptionalExtension as _, Question, Row, ToSql, params};
use domain::card::{Card, CardKey, CardStatus};
use domain::card_batch::{CardBatchStatus, Keeper, Places, within};
use domain::card_move::{Moved, Past};
use domain::card_number::MaskedCard;
use domain::ids::{CardBatchId, CardId, CustomerId, OutletId, PersonId, TransactionId};
use domain::ledger::Transaction;
use domain::limits::Limits;
use domain::pin::{PinPlace, PinTries};
use domain::proposal::Proposal;
use domain::serial::{PLACE_MAX, Serial};
use domain::time::{BusinessDate, Timestamp};

use crate::{Storage, StorageError};

/// What a person says of the card that is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Find {
    /// Nothing: every card.
    #[default]
    All,
    /// The last four digits of the number.
    LastFour(String),
    /// The beginning of the holder's name.
    Holder(String),
    /// The serial.
    Serial(Serial),
    /// Whom it is for.
    Customer(CustomerId),
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What is looked for.
    pub find: Find,
    /// State.
    pub status: Option<CardStatus>,
    /// Programme.
    pub programme: Option<i64>,
}

/// A card in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: CardId,
    /// Its number as it may be seen.
    pub masked: MaskedCard,
    /// The holder's name.
    pub holder: String,
    /// Its programme.
    pub programme: String,
    /// State.
    pub status: CardStatus,
    /// Last day it pays.
    pub expires_on: Option<BusinessDate>,
    /// Its serial.
    pub serial: Option<Serial>,
    /// Whom it is for.
    pub customer: Option<String>,
}

/// Counting stops there.
pub const COUNT_MAX: i64 = 10_000;

const LINE: &str = "c.id, c.masked, c.holder, g.name, c.status, c.expires_on, c.serial, u.name";
const CARDS: &str = "card c JOIN programme g ON g.id = c.programme_id LEFT JOIN customer u ON u.id = c.customer_id";

fn line(row: &Row<'_>) -> sql::Result<Line> {
    Ok(Line {
        id: CardId(row.get(0)?),
        masked: MaskedCard(row.get(1)?),
        holder: row.get(2)?,
        programme: row.get(3)?,
        status: rows::word(row, 4, CardStatus::from_word)?,
        expires_on: row.get::<_, Option<i32>>(5)?.map(BusinessDate),
        serial: row.get::<_, Option<i64>>(6)?.and_then(Serial::of_number),
        customer: row.get(7)?,
    })
}

/// The values that a question names.
struct Asked {
    text: String,
    end: String,
    number: i64,
    id: i64,
    status: Option<&'static str>,
    programme: Option<i64>,
    /// The state of a batch whose cards are being made.
    making: &'static str,
    limit: i64,
}

impl Asked {
    fn new(filter: &Filter, after: Option<&(String, CardId)>, limit: i64) -> Self {
        let (text, number) = match &filter.find {
            Find::All => (String::new(), 0),
            Find::LastFour(text) | Find::Holder(text) => (text.clone(), 0),
            Find::Serial(serial) => (String::new(), serial.number()),
            Find::Customer(customer) => (String::new(), customer.0),
        };
        let end = format!("{text}\u{10ffff}");
        // A list of names goes on after a name, every other one after an id.
        let begin = after.filter(|_| matches!(filter.find, Find::Holder(_))).map_or(text, |(name, _)| name.clone());
        let id = after.map_or(0, |(_, id)| id.0);
        let status = filter.status.map(CardStatus::word);
        let making = CardBatchStatus::Approved.word();
        Self { text: begin, end, number, id, status, programme: filter.programme, making, limit }
    }

    /// Adds the condition of the filter, and the order along its index.
    fn put<'a>(&'a self, ask: &mut Question<'a>, filter: &Filter, ordered: bool) {
        let mut order = "c.id";
        let (mut by_status, mut by_programme) = (self.status.is_some(), self.programme.is_some());
        match &filter.find {
            Find::LastFour(_) => {
                ask.put("substr(c.masked, length(c.masked) - 3) = ? AND c.id > ?", &[&self.text, &self.id]);
            }
            Find::Holder(_) => {
                let values: [&dyn ToSql; 4] = [&self.text, &self.end, &self.text, &self.id];
                ask.put("c.holder >= ? AND c.holder < ? AND (c.holder > ? OR c.id > ?)", &values);
                order = "c.holder, c.id";
            }
            Find::Serial(_) => ask.put("c.serial = ? AND c.id > ?", &[&self.number, &self.id]),
            Find::Customer(_) => ask.put("c.customer_id = ? AND c.id > ?", &[&self.number, &self.id]),
            Find::All if by_status => {
                ask.put("c.status = ? AND c.id > ?", &[&self.status, &self.id]);
                by_status = false;
            }
            Find::All if by_programme => {
                ask.put("c.programme_id = ? AND c.id > ?", &[&self.programme, &self.id]);
                by_programme = false;
            }
            Find::All => ask.put("c.id > ?", &[&self.id]),
        }
        // Written so that no other index is taken.
        if by_status {
            ask.put(" AND NOT (c.status <> ?)", &[&self.status]);
        }
        if by_programme {
            ask.put(" AND NOT (c.programme_id <> ?)", &[&self.programme]);
        }
        // Cards of a batch are found once all of them are made.
        let making = "AND NOT EXISTS (SELECT 1 FROM card_batch b WHERE b.id = c.serial / 1000000 AND b.status = ?)";
        ask.put(&format!(" {making}"), &[&self.making]);
        if ordered {
            ask.put(&format!(" ORDER BY {order}"), &[]);
        }
        ask.put(" LIMIT ?", &[&self.limit]);
    }

    fn lines(&self, filter: &Filter) -> Question<'_> {
        let mut ask = Question::default();
        ask.put("SELECT", &[]);
        ask.put(&format!(" {LINE} FROM {CARDS} WHERE "), &[]);
        self.put(&mut ask, filter, true);
        ask
    }

    fn count(&self, filter: &Filter) -> Question<'_> {
        let mut ask = Question::default();
        ask.put("SELECT", &[]);
        ask.put(" COUNT(*) FROM (SELECT 1 FROM card c WHERE ", &[]);
        self.put(&mut ask, filter, false);
        ask.put(") found", &[]);
        ask
    }
}

/// Cards of a filter after one of them, at most `limit`.
pub async fn list(db: &Storage, filter: Filter, after: Option<CardId>, limit: u32) -> Result<Vec<Line>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT holder FROM card WHERE id = ?1";
        let after = match after {
            None => None,
            Some(id) => {
                let holder = connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0)).optional()?;
                holder.map(|holder: String| (holder, id))
            }
        };
        let asked = Asked::new(&filter, after.as_ref(), i64::from(limit));
        let ask = asked.lines(&filter);
        let mut statement = connection.prepare_cached(&ask.text)?;
        Ok(statement.query_map(ask.values.as_slice(), line)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// How many cards a filter finds; one more than [`COUNT_MAX`] at most.
pub async fn count(db: &Storage, filter: Filter) -> Result<i64, StorageError> {
    db.read(move |connection| {
        let asked = Asked::new(&filter, None, COUNT_MAX + 1);
        let ask = asked.count(&filter);
        Ok(connection.prepare_cached(&ask.text)?.query_row(ask.values.as_slice(), |row| row.get(0))?)
    })
    .await
}

/// Programmes.
pub async fn programmes(db: &Storage) -> Result<Vec<(i64, String)>, StorageError> {
    db.read(move |connection| {
        let mut statement =
            connection.prepare_cached("SELECT id, name FROM programme WHERE id > ?1 ORDER BY id LIMIT 200")?;
        Ok(statement.query_map([i64::MIN], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// The card of a number.
pub async fn id_of(db: &Storage, key: CardKey) -> Result<Option<CardId>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT id FROM card WHERE lookup = ?1";
        Ok(connection.prepare_cached(sql)?.query_row([key.0], |row| row.get(0)).optional()?.map(CardId))
    })
    .await
}

/// A card as its page shows it.
pub struct Sheet {
    /// What the list shows of it.
    pub line: Line,
    /// The card with its limits.
    pub card: Card,
    /// The customer.
    pub customer: Option<CustomerId>,
    /// When it was activated, if that is on file.
    pub activated_at: Option<Timestamp>,
    /// Who has the card of a batch while it is in nobody's use, with an outlet's or customer's name.
    pub kept: Option<(Keeper, String)>,
    /// What moved it before.
    pub past: Past,
    /// Wrong PINs of today by the place's name, with what is left there.
    pub tries: Vec<(String, u16, u16)>,
    /// Wrong PINs that are left over all places.
    pub left: u16,
    /// Limits to guessing.
    pub limits: Limits,
}

/// One card.
pub async fn find(db: &Storage, id: CardId, now: Timestamp) -> Result<Option<Sheet>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT {LINE}, c.lookup, c.customer_id, c.activated_at FROM {CARDS} WHERE c.id = ?1");
        let read = |row: &Row<'_>| {
            let (key, customer) = (CardKey(row.get(8)?), row.get::<_, Option<i64>>(9)?.map(CustomerId));
            Ok((line(row)?, key, customer, row.get::<_, Option<i64>>(10)?.map(Timestamp)))
        };
        let found = connection.prepare_cached(&sql)?.query_row([id.0], read).optional()?;
        let Some((line, key, customer, activated_at)) = found else { return Ok(None) };
        let Some(card) = cards::card_row(connection, &mut cards::Programmes::default(), key)? else { return Ok(None) };
        let sql = "SELECT tried_on, places FROM pin_tries WHERE lookup = ?1";
        let stored = connection.prepare_cached(sql)?.query_row([key.0], sweeps::tries).optional()?;
        let tries = PinTries::today(stored.as_ref(), now.business_date());
        let limits = sweeps::limits(connection)?;
        let kept = line.serial.map(|serial| keeper(connection, serial)).transpose()?.flatten();
        let past = card_move::past(connection, id)?;
        let left = tries.left_everywhere(&limits);
        let tries = super::help::tried(connection, &tries, &limits)?;
        Ok(Some(Sheet { line, card, customer, activated_at, kept, past, tries, left, limits }))
    })
    .await
}

/// Who has the card with this serial, as the movements of its batch say.
fn keeper(connection: &Connection, serial: Serial) -> sql::Result<Option<(Keeper, String)>> {
    let place = Places { first: serial.place(), last: serial.place() };
    let stock = card_batch::stock_of(connection, CardBatchId(serial.batch()), PLACE_MAX)?;
    let Some(kept) = within(&stock, place).first().map(|one| one.keeper) else { return Ok(None) };
    Ok(Some((kept, card_batch::keeper_name(connection, kept)?)))
}

/// A move with its person.
#[derive(Clone, Debug)]
pub struct MoveSeen {
    /// The move.
    pub moved: Moved,
    /// When.
    pub at: Timestamp,
    /// Who made or approved it.
    pub by: String,
    /// The proposal that it approved.
    pub proposal: Option<TransactionId>,
}

/// All moves of a card, the first one first.
pub async fn moves(db: &Storage, card: CardId) -> Result<Vec<MoveSeen>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT m.id, m.card_id, m.made, m.from_status, m.to_status, m.reason, t.at, p.name, t.original
            FROM card_move m JOIN ledger_transaction t ON t.id = m.id LEFT JOIN person p ON p.id = t.person_id
            WHERE m.card_id = ?1";
        let read = |row: &Row<'_>| {
            Ok(MoveSeen {
                moved: card_move::moved(row)?,
                at: Timestamp(row.get(6)?),
                by: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
                proposal: row.get::<_, Option<i64>>(8)?.map(TransactionId),
            })
        };
        let mut statement = connection.prepare_cached(sql)?;
        let mut found = statement.query_map([card.0], read)?.collect::<sql::Result<Vec<_>>>()?;
        found.sort_unstable_by_key(|one| one.moved.id);
        Ok(found)
    })
    .await
}

/// Proposals that are about a card, with their makers, the latest first.
pub async fn proposals(db: &Storage, card: CardId) -> Result<Vec<(Proposal, String)>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {}, a.name FROM proposal p JOIN person a ON a.id = p.maker_id
            WHERE p.act IN ('card_reopening', 'card_unlocking', 'card_closing', 'card_pin') AND p.subject = ?1
            ORDER BY p.id DESC LIMIT 100",
            books::COLUMNS
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let read = |row: &Row<'_>| Ok((books::proposal(row)?, row.get(16)?));
        Ok(statement.query_map([card.0], read)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Most transactions of a card that its page reads.
pub const HISTORY_MAX: u16 = 2_000;

/// A card's history, the latest first, with the names of outlets and which of its persons are keys of programs.
pub struct History {
    /// Transactions, at most [`HISTORY_MAX`].
    pub transactions: Vec<Transaction>,
    /// Names of merchant and outlet.
    pub outlets: BTreeMap<OutletId, (String, String)>,
    keys: BTreeSet<PersonId>,
}

impl History {
    /// Where the wrong PINs of a transaction are counted.
    pub fn place(&self, one: &Transaction) -> PinPlace {
        if self.keys.contains(&one.actor.person) {
            PinPlace::Keys(one.actor.merchant)
        } else {
            PinPlace::Outlet(one.actor.outlet)
        }
    }
}

/// The history of a card.
pub async fn history(db: &Storage, card: CardId) -> Result<History, StorageError> {
    let transactions = crate::movement::of_card(db, card, HISTORY_MAX).await?;
    db.read(move |connection| {
        let (mut outlets, mut keys) = (BTreeMap::new(), BTreeSet::new());
        let people: BTreeSet<PersonId> = transactions.iter().map(|one| one.actor.person).collect();
        for person in people {
            let sql = "SELECT status = 'key' FROM person WHERE id = ?1";
            let key = connection.prepare_cached(sql)?.query_row([person.0], |row| row.get::<_, bool>(0)).optional()?;
            keys.extend(key.filter(|key| *key).map(|_| person));
        }
        for one in &transactions {
            if let std::collections::btree_map::Entry::Vacant(free) = outlets.entry(one.actor.outlet)
                && let Some(names) = outlet(connection, one.actor.outlet)?
            {
                free.insert(names);
            }
        }
        Ok(History { transactions: transactions.clone(), outlets, keys })
    })
    .await
}

fn outlet(connection: &Connection, id: OutletId) -> sql::Result<Option<(String, String)>> {
    let sql = "SELECT m.name, o.name FROM outlet o JOIN merchant m ON m.id = o.merchant_id WHERE o.id = ?1";
    connection.prepare_cached(sql)?.query_row(params![id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

#[cfg(test)]
#[path = "card_page/tests.rs"]
mod tests;
