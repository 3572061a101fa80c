//! Customers as the card company reads them: who they are, what of their deposits is free, and what moved it.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::acts::{Field, Loaded, Money, Payload};
use domain::card_number::MaskedCard;
use domain::directory::Standing;
use domain::ids::{CustomerId, TransactionId};
use domain::money::Fen;
use domain::time::Timestamp;

use crate::books::{deposit as books, proposal, rows};
use crate::customer::{Facts, subject};
use crate::places::{self, Done};
use crate::{Storage, StorageError};

/// What waiting proposals would spend of the deposit of the customer `c`, at `?1`.
const HELD: &str = "COALESCE((SELECT SUM(p.amount) FROM proposal p WHERE p.subject = c.id \
     AND p.act IN ('load', 'funding_return') AND p.status = 'open' AND p.expires_at > ?1), 0)";

/// A customer in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub id: CustomerId,
    /// Name.
    pub name: String,
    /// State.
    pub status: Standing,
    /// The deposit.
    pub deposit: Fen,
    /// What of it is held.
    pub held: Fen,
}

impl Line {
    /// What can be spent.
    pub fn free(&self) -> Fen {
        Fen(self.deposit.0.saturating_sub(self.held.0))
    }
}

/// Customers whose names begin with `find`, by name, after one of them; at most `limit`.
pub async fn list(
    db: &Storage,
    find: String,
    after: Option<(String, CustomerId)>,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Line>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT c.id, c.name, c.status, c.deposit, {HELD} FROM customer c
            WHERE c.name >= ?2 AND c.name < ?3 AND (c.name > ?2 OR c.id > ?4) ORDER BY c.name, c.id LIMIT ?5"
        );
        let end = format!("{find}\u{10ffff}");
        let (name, id) = after.map_or((find, 0), |(name, id)| (name, id.0));
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![now.0, name, end, id, limit], line)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// The customer of a number, as the list has it.
pub async fn by_number(db: &Storage, id: CustomerId, now: Timestamp) -> Result<Option<Line>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT c.id, c.name, c.status, c.deposit, {HELD} FROM customer c WHERE c.id = ?2");
        Ok(connection.prepare_cached(&sql)?.query_row(params![now.0, id.0], line).optional()?)
    })
    .await
}

fn line(row: &Row<'_>) -> sql::Result<Line> {
    Ok(Line {
        id: CustomerId(row.get(0)?),
        name: row.get(1)?,
        status: rows::word(row, 2, Standing::from_word)?,
        deposit: Fen(row.get(3)?),
        held: Fen(row.get(4)?),
    })
}

/// A customer with all that is on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its number.
    pub id: CustomerId,
    /// What is on file.
    pub facts: Facts,
    /// State.
    pub status: Standing,
    /// Why it was moved there.
    pub reason: String,
    /// The deposit.
    pub deposit: Fen,
    /// What of it is held by proposals that wait.
    pub held: Fen,
    /// What its account says.
    pub account: Account,
    /// Counts the changes of what is on file.
    pub version: i64,
}

/// What a deposit's account adds up to, fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Paid in by the customer.
    pub paid_in: Fen,
    /// Paid back to the customer.
    pub paid_back: Fen,
    /// Put on cards.
    pub loaded: Fen,
    /// Taken back from cards.
    pub taken_back: Fen,
}

impl Account {
    /// What is left.
    pub fn balance(&self) -> Fen {
        let spent = self.paid_in.0.saturating_sub(self.paid_back.0).saturating_sub(self.loaded.0);
        Fen(spent.saturating_add(self.taken_back.0))
    }
}

impl Sheet {
    /// What can be spent.
    pub fn free(&self) -> Fen {
        Fen(self.deposit.0.saturating_sub(self.held.0))
    }
}

/// One customer.
pub async fn find(db: &Storage, id: CustomerId, now: Timestamp) -> Result<Option<Sheet>, StorageError> {
    db.read(move |connection| {
        let snapshot = connection.unchecked_transaction()?;
        let sql = format!(
            "SELECT c.name, c.licence, c.contact, c.phone, c.bank_name, c.bank_account, c.bank_holder, c.status,
                c.reason, c.deposit, {HELD}, c.version FROM customer c WHERE c.id = ?2"
        );
        let read = |row: &Row<'_>| {
            let facts = Facts {
                name: row.get(0)?,
                licence: row.get(1)?,
                contact: row.get(2)?,
                phone: row.get(3)?,
                bank: proposal::bank(row, 4)?,
            };
            Ok(Sheet {
                id,
                facts,
                status: rows::word(row, 7, Standing::from_word)?,
                reason: row.get(8)?,
                deposit: Fen(row.get(9)?),
                held: Fen(row.get(10)?),
                account: Account::default(),
                version: row.get(11)?,
            })
        };
        let found = snapshot.prepare_cached(&sql)?.query_row(params![now.0, id.0], read).optional()?;
        let Some(found) = found else { return Ok(None) };
        Ok(Some(Sheet { account: account(&snapshot, id)?, ..found }))
    })
    .await
}

fn account(connection: &Connection, id: CustomerId) -> sql::Result<Account> {
    let pair = |row: &Row<'_>| Ok((Fen(row.get(0)?), Fen(row.get(1)?)));
    let sql = "SELECT COALESCE(SUM(CASE WHEN debit = 1 THEN amount ELSE 0 END), 0),
            COALESCE(SUM(CASE WHEN debit = 1 THEN 0 ELSE amount END), 0) FROM ledger_transfer
        WHERE credit = ?1 AND credit BETWEEN 1000000 AND 9999999";
    let (paid_in, taken_back) = connection.prepare_cached(sql)?.query_row([id.0], pair)?;
    let sql = "SELECT COALESCE(SUM(CASE WHEN credit = 1 THEN amount ELSE 0 END), 0),
            COALESCE(SUM(CASE WHEN credit = 1 THEN 0 ELSE amount END), 0) FROM ledger_transfer
        WHERE debit = ?1 AND debit BETWEEN 1000000 AND 9999999";
    let (paid_back, loaded) = connection.prepare_cached(sql)?.query_row([id.0], pair)?;
    Ok(Account { paid_in, paid_back, loaded, taken_back })
}

/// Something that moved a deposit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The approval that moved it.
    pub id: TransactionId,
    /// When.
    pub at: Timestamp,
    /// What was decided.
    pub money: Money,
    /// The card as it may be seen; empty if there is none.
    pub masked: MaskedCard,
    /// What the deposit had more afterwards; less than zero if it had less.
    pub change: Fen,
    /// The deposit afterwards.
    pub deposit: Fen,
    /// The proposal.
    pub proposal: TransactionId,
    /// Who proposed it.
    pub maker: String,
    /// Who approved it.
    pub checker: String,
}

const MOVEMENTS: &str = "t.id, t.at, t.masked, l.change, a.name, v.name FROM (
        SELECT transaction_id, change FROM (
            SELECT transaction_id, amount AS change FROM ledger_transfer
            WHERE credit = ?1 AND credit BETWEEN 1000000 AND 9999999 AND transaction_id < ?2
            ORDER BY transaction_id DESC LIMIT ?3) paid
        UNION ALL SELECT transaction_id, change FROM (
            SELECT transaction_id, -amount AS change FROM ledger_transfer
            WHERE debit = ?1 AND debit BETWEEN 1000000 AND 9999999 AND transaction_id < ?2
            ORDER BY transaction_id DESC LIMIT ?3) spent
    ) l JOIN ledger_transaction t ON t.id = l.transaction_id JOIN proposal p ON p.id = t.original
    JOIN person a ON a.id = p.maker_id JOIN person v ON v.id = p.checker_id
    ORDER BY l.transaction_id DESC LIMIT ?3";

/// What moved a deposit before a transaction, the latest first; at most `limit`.
pub async fn movements(
    db: &Storage,
    id: CustomerId,
    before: Option<TransactionId>,
    limit: u32,
) -> Result<Vec<Movement>, StorageError> {
    db.read(move |connection| {
        let snapshot = connection.unchecked_transaction()?;
        let before = before.map_or(i64::MAX, |id| id.0);
        let mut deposit = deposit_before(&snapshot, id, before)?;
        let mut statement = snapshot.prepare_cached(&format!("SELECT {}, {MOVEMENTS}", proposal::COLUMNS))?;
        let mut found = statement.query(params![id.0, before, limit])?;
        let mut all = Vec::new();
        while let Some(row) = found.next()? {
            let one = proposal::proposal(&row)?;
            let money = one.payload.money().cloned();
            let change = Fen(row.get(19)?);
            all.push(Movement {
                id: TransactionId(row.get(16)?),
                at: Timestamp(row.get(17)?),
                money: money.ok_or_else(|| sql::Error::unreadable(6, "not about money"))?,
                masked: MaskedCard(row.get(18)?),
                change,
                deposit,
                proposal: one.id,
                maker: row.get(20)?,
                checker: row.get(21)?,
            });
            deposit = Fen(deposit.0.saturating_sub(change.0));
        }
        Ok(all)
    })
    .await
}

/// The deposit as it was before a transaction.
fn deposit_before(connection: &Connection, id: CustomerId, before: i64) -> sql::Result<Fen> {
    let sql = "SELECT COALESCE((SELECT deposit FROM customer WHERE id = ?1), 0)
        - COALESCE((SELECT SUM(amount) FROM ledger_transfer
            WHERE credit = ?1 AND credit BETWEEN 1000000 AND 9999999 AND transaction_id >= ?2), 0)
        + COALESCE((SELECT SUM(amount) FROM ledger_transfer
            WHERE debit = ?1 AND debit BETWEEN 1000000 AND 9999999 AND transaction_id >= ?2), 0)";
    connection.prepare_cached(sql)?.query_row([id.0, before], |row| row.get(0).map(Fen))
}

/// A load with the card as it may be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadSeen {
    /// Its transaction.
    pub id: TransactionId,
    /// Whose it is, where it went, and what is left of it.
    pub of: Loaded,
    /// The card.
    pub masked: MaskedCard,
}

/// A load by its number.
pub async fn load(db: &Storage, id: TransactionId) -> Result<Option<LoadSeen>, StorageError> {
    db.read(move |connection| {
        let snapshot = connection.unchecked_transaction()?;
        let Some(of) = books::find_load(&snapshot, id)? else { return Ok(None) };
        let sql = "SELECT masked FROM card WHERE id = ?1";
        let masked = snapshot.prepare_cached(sql)?.query_row([of.card.0], |row| row.get(0).map(MaskedCard))?;
        Ok(Some(LoadSeen { id, of, masked }))
    })
    .await
}

/// A proposal about a customer that waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The proposal.
    pub id: TransactionId,
    /// The act.
    pub payload: Payload,
    /// The card as it may be seen; empty if there is none.
    pub masked: MaskedCard,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub maker: String,
}

/// Proposals about a customer that wait at `now`, the latest first.
pub async fn waiting(db: &Storage, id: CustomerId, now: Timestamp) -> Result<Vec<Waiting>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {}, a.name FROM proposal p JOIN person a ON a.id = p.maker_id
            WHERE p.subject = ?1 AND p.act IN ('funding', 'funding_return', 'load', 'customer_resuming')
                AND p.status = 'open' AND p.expires_at > ?2
            ORDER BY p.id DESC LIMIT 50",
            proposal::COLUMNS
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map([id.0, now.0], |row| {
            let one = proposal::proposal(row)?;
            let masked = MaskedCard(one.seen.get(Field::CardMasked).to_owned());
            Ok(Waiting { id: one.id, payload: one.payload, masked, at: one.made_at, maker: row.get(16)? })
        })?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// What was done to a customer, the latest first.
pub async fn log(db: &Storage, id: CustomerId, limit: u32) -> Result<Vec<Done>, StorageError> {
    places::log_of(db, subject(id), limit).await
}
