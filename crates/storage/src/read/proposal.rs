//! Proposals as pages read them. What becomes of a proposal is written by the money path alone.

use crate::sql::{self, Connection, OptionalExtension as _, PendingRows, Row, params};
use domain::acts::{Act, ActRows, Money, Payload, Shown};
use domain::ids::{PersonId, TransactionId};
use domain::money::Fen;
use domain::proposal::{Proposal, ProposalStatus};
use domain::time::Timestamp;

use crate::books::proposal as books;
use crate::{Storage, StorageError};

/// A proposal with the names that people look at.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The proposal.
    pub proposal: Proposal,
    /// What it is about: a merchant's or a key's name.
    pub subject: String,
    /// Who made it.
    pub maker: String,
    /// Who approved it or turned it down.
    pub checker: Option<String>,
}

/// Which proposals to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Those that wait for a decision.
    Waiting,
    /// Those that nobody decided in time.
    Expired,
    /// Those that ended so.
    Ended(ProposalStatus),
}

impl Filter {
    fn conditions(self, now: &str) -> (ProposalStatus, String) {
        match self {
            Self::Waiting => (ProposalStatus::Open, format!("p.expires_at > {now}")),
            Self::Expired => (ProposalStatus::Open, format!("p.expires_at <= {now}")),
            Self::Ended(status) => (status, format!("p.made_at <= {now}")),
        }
    }
}

/// Which of them.
#[derive(Clone, Debug, Default)]
pub struct By {
    /// Only this act.
    pub act: Option<Act>,
    /// Only what this person made.
    pub maker: Option<PersonId>,
    /// Only what moves at least so much.
    pub amount_min: Fen,
}

const NAMES: &str = "COALESCE(CASE WHEN p.act LIKE 'merchant_%' THEN (SELECT m.name FROM merchant m WHERE m.id = p.subject) \
     WHEN p.act = 'product_price' THEN (SELECT n.name FROM product_list_name n WHERE n.id = p.subject) \
     WHEN p.act LIKE 'outlet_%' THEN (SELECT m.name || ' ' || o.name FROM outlet o JOIN merchant m ON m.id = o.merchant_id \
     WHERE o.id = p.subject) WHEN p.act = 'company_key' THEN (SELECT k.name FROM api_key k WHERE k.id = p.subject) \
     WHEN p.act = 'recall_ending' THEN (SELECT r.text FROM recall r WHERE r.id = p.subject) \
     WHEN p.act = 'product_edition' THEN (SELECT n.name FROM edition e JOIN product_list_name n ON n.id = e.list_id \
     WHERE e.id = p.subject) \
     WHEN p.act IN ('funding', 'funding_return', 'load', 'customer_resuming') \
     THEN (SELECT c.name FROM customer c WHERE c.id = p.subject) \
     WHEN p.act IN ('programme_opening', 'programme_terms', 'programme_resuming') \
     THEN (SELECT g.name FROM programme g WHERE g.id = p.subject) \
     WHEN p.act = 'adjustment' THEN (SELECT c.name FROM ledger_transfer l JOIN customer c ON c.id = l.debit \
     WHERE l.transaction_id = p.subject AND l.leg = 1) \
     WHEN p.act IN ('card_reopening', 'card_unlocking', 'card_closing') \
     THEN (SELECT k.masked FROM card k WHERE k.id = p.subject) \
     WHEN p.act IN ('card_batch', 'card_activation') \
     THEN (SELECT g.name FROM card_batch b JOIN programme g ON g.id = b.programme_id WHERE b.id = p.subject) \
     WHEN p.act = 'card_pin' THEN (SELECT c.masked FROM card c WHERE c.id = p.subject) \
     WHEN p.act IN ('company_roles', 'person_reset', 'factor_reset', 'login_parting') \
     THEN (SELECT s.name FROM person s WHERE s.id = p.subject) \
     END, ''), a.name, v.name";
const PEOPLE: &str = "JOIN person a ON a.id = p.maker_id LEFT JOIN person v ON v.id = p.checker_id";

fn sheet(row: &Row<'_>) -> sql::Result<Sheet> {
    Ok(Sheet { proposal: books::proposal(row)?, subject: row.get(16)?, maker: row.get(17)?, checker: row.get(18)? })
}

/// Proposals below `before`, the latest first.
pub async fn list(
    db: &Storage,
    filter: Filter,
    now: Timestamp,
    before: Option<TransactionId>,
    limit: u32,
    by: &By,
) -> Result<Vec<Sheet>, StorageError> {
    let By { act, maker, amount_min } = by.clone();
    db.read(move |connection| {
        let mut all = connection.prepare_cached(&list_sql(filter))?;
        let before = before.map_or(i64::MAX, |id| id.0);
        let (act, maker) = (act.map(Act::word), maker.map(|id| id.0));
        let values = params![before, limit, now.0, act, maker, amount_min.0];
        Ok(all.query_map(values, sheet)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Who made the proposals that a filter lists, by name.
pub async fn makers(db: &Storage, filter: Filter, now: Timestamp) -> Result<Vec<(PersonId, String)>, StorageError> {
    db.read(move |connection| {
        let (status, in_time) = filter.conditions("?1");
        let sql = format!(
            "SELECT DISTINCT a.id, a.name FROM proposal p JOIN person a ON a.id = p.maker_id
            WHERE p.status = '{status}' AND {in_time} ORDER BY a.name, a.id LIMIT 200"
        );
        let mut all = connection.prepare_cached(&sql)?;
        let read = |row: &Row<'_>| Ok((PersonId(row.get(0)?), row.get(1)?));
        Ok(all.query_map([now.0], read)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// The texts of the lists: below `?1`, at most `?2`, at `?3`, of the act `?4`, made by `?5`, of at least `?6`.
fn list_sql(filter: Filter) -> String {
    let (status, in_time) = filter.conditions("?3");
    format!(
        "SELECT {}, {NAMES} FROM proposal p {PEOPLE} WHERE p.status = '{status}' AND {in_time} AND p.id < ?1
            AND (?4 IS NULL OR p.act = ?4) AND (?5 IS NULL OR p.maker_id = ?5) AND p.amount >= ?6
        ORDER BY p.id DESC LIMIT ?2",
        books::COLUMNS
    )
}

/// The latest proposal about one thing.
pub async fn about(db: &Storage, act: Act, subject: i64) -> Result<Option<Proposal>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {} FROM proposal p WHERE p.act = ?1 AND p.subject = ?2 ORDER BY p.id DESC LIMIT 1",
            books::COLUMNS
        );
        Ok(connection.prepare_cached(&sql)?.query_row(params![act.word(), subject], books::proposal).optional()?)
    })
    .await
}

/// Proposals about one thing that wait for a decision, the latest first.
pub async fn waiting_about(
    db: &Storage,
    act: Act,
    subject: i64,
    now: Timestamp,
) -> Result<Vec<Proposal>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {} FROM proposal p WHERE p.act = ?1 AND p.subject = ?2 AND p.status = 'open' AND p.expires_at > ?3
            ORDER BY p.id DESC LIMIT 1000",
            books::COLUMNS
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![act.word(), subject, now.0], books::proposal)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Asks who made the proposals of these acts, and settlements, that wait, and how many.
pub(crate) fn query_waiting<'c>(
    connection: &'c Connection,
    (acts, settlements): &(Vec<Act>, bool),
    now: Timestamp,
) -> sql::Result<PendingRows<'c>> {
    let sql = "SELECT maker_id, COUNT(*) FROM proposal WHERE status = 'open' AND expires_at > ?1 AND instr(?2, act) > 0
            GROUP BY maker_id
        UNION ALL SELECT maker_id, COUNT(*) FROM settlement WHERE status = 'prepared' AND ?3 = 1 GROUP BY maker_id";
    let acts = acts.iter().map(|act| act.word()).collect::<Vec<_>>().join(" ");
    connection.query_later(sql, params![now.0, acts, i64::from(*settlements)])
}

/// A proposal with what it is about now.
#[derive(Clone, Debug)]
pub struct Found {
    /// The proposal.
    pub sheet: Sheet,
    /// What the rows that it is about show now; none if they are gone.
    pub now: Option<Shown>,
    /// Balances that it would move, while it waits.
    pub figures: Option<Figures>,
}

/// Balances that an act about money would move, as they are now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The customer's deposit.
    pub deposit: Fen,
    /// The card's balance, and the most that it may hold.
    pub card: Option<(Fen, Fen)>,
}

/// One proposal with what it is about now.
pub async fn find(db: &Storage, id: TransactionId) -> Result<Option<Found>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT {}, {NAMES} FROM proposal p {PEOPLE} WHERE p.id = ?1", books::COLUMNS);
        let Some(found) = connection.prepare_cached(&sql)?.query_row([id.0], sheet).optional()? else {
            return Ok(None);
        };
        let now = shown(connection, &found.proposal.payload)?;
        let waits = found.proposal.status == ProposalStatus::Open;
        let figures = match found.proposal.payload.money().filter(|_| waits) {
            Some(money) => figures(connection, money)?,
            None => None,
        };
        Ok(Some(Found { sheet: found, now, figures }))
    })
    .await
}

fn figures(connection: &Connection, money: &Money) -> sql::Result<Option<Figures>> {
    let sql = "SELECT deposit FROM customer WHERE id = ?1";
    let customer = money.customer().0;
    let deposit = connection.prepare_cached(sql)?.query_row([customer], |row| row.get(0).map(Fen)).optional()?;
    let sql = "SELECT c.balance, p.balance_max FROM card c JOIN programme p ON p.id = c.programme_id WHERE c.id = ?1";
    let read = |row: &Row<'_>| Ok((Fen(row.get(0)?), Fen(row.get(1)?)));
    let card = match money.card() {
        Some(card) => connection.prepare_cached(sql)?.query_row([card.0], read).optional()?,
        None => None,
    };
    Ok(deposit.map(|deposit| Figures { deposit, card }))
}

/// What the rows that an act is about show now, for the form that proposes it.
pub async fn now(db: &Storage, act: Payload) -> Result<Option<Shown>, StorageError> {
    db.read(move |connection| Ok(shown(connection, &act)?)).await
}

fn shown(connection: &Connection, act: &Payload) -> sql::Result<Option<Shown>> {
    let mut rows = ActRows::default();
    books::load_act(connection, &mut rows, act)?;
    Ok(act.now(&rows))
}
