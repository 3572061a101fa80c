//! Merchants, outlets and terminals as the card company's pages read them.
//!
//! What must stay true: a page of a list goes on after the last row that it showed; counts stop at [`COUNT_MAX`].

use std::collections::BTreeSet;

use domain::acts::Bank;
use domain::directory::{self, Standing, TerminalStatus};
use domain::ids::{MerchantId, OutletId, TerminalId};
use domain::time::Timestamp;

use crate::books::proposal::bank;
use crate::books::rows::word;
use crate::sql::{self, OptionalExtension as _, Row, params};
use crate::standing::Of;
use crate::{Storage, StorageError, session};

pub mod figures;
pub mod list;

/// Rows are counted up to here.
pub const COUNT_MAX: i64 = 10_000;

/// The last move of a state.
#[derive(Clone, Debug)]
pub struct Moved {
    /// When.
    pub at: Timestamp,
    /// Who, if somebody did.
    pub by: Option<String>,
    /// Why; empty where no reason is asked.
    pub reason: String,
}

/// A merchant with everything that its page shows.
#[derive(Clone, Debug)]
pub struct MerchantSheet {
    /// Number.
    pub id: MerchantId,
    /// Merchant number, 15 digits.
    pub mid: String,
    /// Name.
    pub name: String,
    /// Name on slips.
    pub short_name: String,
    /// Credit code.
    pub licence: String,
    /// Whom to talk to.
    pub contact: String,
    /// That person's phone.
    pub phone: String,
    /// Where it is paid to.
    pub bank: Bank,
    /// State.
    pub status: Standing,
    /// Its last move.
    pub moved: Moved,
    /// Drugs are taken back for any reason.
    pub drug_returns: bool,
    /// The agreed fee, basis points.
    pub fee_bp: Option<i64>,
    /// It decides which of its products a card may pay for.
    pub decides_payable: bool,
    /// Counts the changes of its fields.
    pub version: i64,
}

/// An outlet with everything that its page shows.
#[derive(Clone, Debug)]
pub struct OutletSheet {
    /// Number.
    pub id: OutletId,
    /// Its merchant.
    pub merchant: MerchantId,
    /// The merchant's name.
    pub merchant_name: String,
    /// The merchant's number.
    pub mid: String,
    /// The merchant's state.
    pub merchant_status: Standing,
    /// The merchant's fee, basis points.
    pub fee_bp: Option<i64>,
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
    /// Region, four digits.
    pub region: String,
    /// Phone.
    pub phone: String,
    /// Opening hours.
    pub hours: String,
    /// State.
    pub status: Standing,
    /// Its last move.
    pub moved: Moved,
    /// Names of its managers.
    pub managers: String,
    /// Counts the changes of its fields.
    pub version: i64,
}

/// A terminal with everything that its page shows.
#[derive(Clone, Debug)]
pub struct TerminalSheet {
    /// Number.
    pub id: TerminalId,
    /// Its outlet.
    pub outlet: OutletId,
    /// The outlet's name.
    pub outlet_name: String,
    /// Its merchant.
    pub merchant: MerchantId,
    /// The merchant's name.
    pub merchant_name: String,
    /// What people call it.
    pub label: String,
    /// State.
    pub status: TerminalStatus,
    /// Its last move.
    pub moved: Moved,
    /// Receipt paper.
    pub paper: String,
    /// Its open batch.
    pub batch: i64,
    /// Last use, to the minute.
    pub seen_at: Option<Timestamp>,
    /// Counts the changes of its fields.
    pub version: i64,
    /// Opening hours of its outlet.
    pub hours: String,
    /// Its outlet and its merchant trade.
    pub trades: bool,
    /// Number and name of the people who are signed in there.
    pub people: Vec<(String, String)>,
}

impl TerminalSheet {
    /// Whether it says nothing though it is in use and its store trades and is open.
    pub fn is_silent(&self, now: Timestamp) -> bool {
        let silent = |seen| directory::is_silent(&self.hours, seen, now);
        self.status == TerminalStatus::Active && self.trades && self.seen_at.is_some_and(silent)
    }
}

fn moved(row: &Row<'_>, column: usize) -> sql::Result<Moved> {
    Ok(Moved { at: Timestamp(row.get(column)?), by: row.get(column + 1)?, reason: row.get(column + 2)? })
}

/// A merchant.
pub async fn merchant(db: &Storage, id: MerchantId) -> Result<Option<MerchantSheet>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = "SELECT m.mid, m.name, m.short_name, m.licence, m.contact, m.phone, m.bank_name, m.bank_account,
                m.bank_holder, m.status, m.moved_at, (SELECT p.name FROM person p WHERE p.id = m.moved_by), m.reason,
                m.drug_returns, m.fee_bp, m.version, m.decides_payable FROM merchant m WHERE m.id = ?1";
        let read = |row: &Row<'_>| {
            Ok(MerchantSheet {
                id,
                mid: row.get(0)?,
                name: row.get(1)?,
                short_name: row.get(2)?,
                licence: row.get(3)?,
                contact: row.get(4)?,
                phone: row.get(5)?,
                bank: bank(row, 6)?,
                status: word(row, 9, Standing::from_word)?,
                moved: moved(row, 10)?,
                drug_returns: row.get(13)?,
                fee_bp: row.get(14)?,
                version: row.get(15)?,
                decides_payable: row.get(16)?,
            })
        };
        Ok(connection.prepare_cached(sql)?.query_row([id.0], read).optional()?)
    })
    .await
}

/// The merchant with a merchant number.
pub async fn by_number(db: &Storage, mid: String) -> Result<Option<MerchantId>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = "SELECT id FROM merchant WHERE mid = ?1";
        Ok(connection.prepare_cached(sql)?.query_row([&mid], |row| row.get(0).map(MerchantId)).optional()?)
    })
    .await
}

/// An outlet.
pub async fn outlet(db: &Storage, id: OutletId) -> Result<Option<OutletSheet>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = "SELECT m.id, m.name, m.mid, m.status, m.fee_bp, o.name, o.address, o.region, o.phone, o.hours, o.status,
                o.moved_at, (SELECT p.name FROM person p WHERE p.id = o.moved_by), o.reason,
                (SELECT string_agg(q.name, ', ') FROM person q JOIN person_role r ON r.person_id = q.id
                    WHERE q.merchant_id = m.id AND q.outlet_id = o.id AND r.role = 'store_manager' AND q.status = 'active'),
                o.version FROM outlet o JOIN merchant m ON m.id = o.merchant_id WHERE o.id = ?1";
        let read = |row: &Row<'_>| {
            Ok(OutletSheet {
                id,
                merchant: MerchantId(row.get(0)?),
                merchant_name: row.get(1)?,
                mid: row.get(2)?,
                merchant_status: word(row, 3, Standing::from_word)?,
                fee_bp: row.get(4)?,
                name: row.get(5)?,
                address: row.get(6)?,
                region: row.get(7)?,
                phone: row.get(8)?,
                hours: row.get(9)?,
                status: word(row, 10, Standing::from_word)?,
                moved: moved(row, 11)?,
                managers: row.get::<_, Option<String>>(14)?.unwrap_or_default(),
                version: row.get(15)?,
            })
        };
        Ok(connection.prepare_cached(sql)?.query_row([id.0], read).optional()?)
    })
    .await
}

const TERMINAL: &str = "t.id, o.id, o.name, m.id, m.name, t.label, t.status, t.moved_at, \
     (SELECT p.name FROM person p WHERE p.id = t.moved_by), t.reason, t.paper, t.batch_no, t.seen_at, t.version, \
     o.hours, o.status = 'active' AND m.status = 'active', \
     CASE WHEN t.status = 'active' AND o.status = 'active' AND m.status = 'active' THEN \
     (SELECT string_agg(p.number || '\t' || p.name, '\n') FROM session s JOIN person p ON p.id = s.person_id \
     WHERE s.terminal_id = t.id AND s.created_at > ?1 AND p.status IN ('invited', 'active')) END";
const TERMINALS: &str = "terminal t JOIN outlet o ON o.id = t.outlet_id JOIN merchant m ON m.id = o.merchant_id";

fn read_terminal(row: &Row<'_>) -> sql::Result<TerminalSheet> {
    Ok(TerminalSheet {
        id: TerminalId(row.get(0)?),
        outlet: OutletId(row.get(1)?),
        outlet_name: row.get(2)?,
        merchant: MerchantId(row.get(3)?),
        merchant_name: row.get(4)?,
        label: row.get(5)?,
        status: word(row, 6, TerminalStatus::from_word)?,
        moved: moved(row, 7)?,
        paper: row.get(10)?,
        batch: row.get(11)?,
        seen_at: row.get::<_, Option<i64>>(12)?.map(Timestamp),
        version: row.get(13)?,
        hours: row.get(14)?,
        trades: row.get(15)?,
        people: people(row.get(16)?),
    })
}

/// A terminal at `now`.
pub async fn terminal(db: &Storage, id: TerminalId, now: Timestamp) -> Result<Option<TerminalSheet>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = format!("SELECT {TERMINAL} FROM {TERMINALS} WHERE t.id = ?2");
        Ok(connection.prepare_cached(&sql)?.query_row([alive_since(now), id.0], read_terminal).optional()?)
    })
    .await
}

/// The terminals of an outlet at `now`, at most 500.
pub async fn terminals(db: &Storage, outlet: OutletId, now: Timestamp) -> Result<Vec<TerminalSheet>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = format!("SELECT {TERMINAL} FROM {TERMINALS} WHERE t.outlet_id = ?2 ORDER BY t.id LIMIT 500");
        let mut statement = connection.prepare_cached(&sql)?;
        Ok(statement.query_map([alive_since(now), outlet.0], read_terminal)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Sessions that began after it are alive at `now`.
fn alive_since(now: Timestamp) -> i64 {
    now.plus(-session::LIFE).0
}

/// Number and name of people, each once, in their order.
fn people(found: Option<String>) -> Vec<(String, String)> {
    let found = found.unwrap_or_default();
    let read = |line: &str| line.split_once('\t').map(|(number, name)| (number.to_owned(), name.to_owned()));
    let people: BTreeSet<(String, String)> = found.lines().filter_map(read).collect();
    people.into_iter().collect()
}

/// What was done to one thing, as the audit log has it.
#[derive(Clone, Debug)]
pub struct Done {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Word of the action.
    pub action: String,
    /// Old and new values, a reason.
    pub detail: String,
}

/// The latest that was done to something, by its number.
pub async fn log(db: &Storage, subject: i64, limit: u32) -> Result<Vec<Done>, StorageError> {
    log_of(db, subject.to_string(), limit).await
}

/// The same of what the audit log names so.
pub(crate) async fn log_of(db: &Storage, subject: String, limit: u32) -> Result<Vec<Done>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = "SELECT a.at, COALESCE(p.name, ''), a.action, a.detail FROM audit a LEFT JOIN person p ON p.id = a.person_id
            WHERE a.subject = ?1 ORDER BY a.id DESC LIMIT ?2";
        let read = |row: &Row<'_>| {
            Ok(Done { at: Timestamp(row.get(0)?), by: row.get(1)?, action: row.get(2)?, detail: row.get(3)? })
        };
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_map(params![&subject, limit], read)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// How many merchants, outlets and terminals there are, each up to one above [`COUNT_MAX`].
pub async fn counts(db: &Storage) -> Result<[i64; 3], StorageError> {
    db.read(|connection| {
        let sql = "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM merchant LIMIT ?1) AS a),
            (SELECT COUNT(*) FROM (SELECT 1 FROM outlet LIMIT ?1) AS b),
            (SELECT COUNT(*) FROM (SELECT 1 FROM terminal LIMIT ?1) AS c)";
        let read = |row: &Row<'_>| Ok([row.get(0)?, row.get(1)?, row.get(2)?]);
        Ok(connection.prepare_cached(sql)?.query_row([COUNT_MAX + 1], read)?)
    })
    .await
}

/// What stopping a merchant or an outlet does, counted as things are.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// People who cannot sign in.
    pub people: i64,
    /// Names of those who are signed in now, at most [`NAMES_MAX`].
    pub signed_in: Vec<String>,
    /// How many are signed in now.
    pub sessions: i64,
    /// Terminals that take no money.
    pub terminals: i64,
    /// Orders that are rung up and not paid.
    pub drafts: i64,
    /// Payments without a known outcome.
    pub attempts: i64,
    /// Refunds that wait.
    pub refunds: i64,
    /// API keys that open nothing.
    pub keys: i64,
}

/// Names that are listed.
pub const NAMES_MAX: usize = 5;

/// What stopping would do at `now`. `since` is the moment after which a session that began is alive.
pub async fn effects(db: &Storage, of: Of, now: Timestamp, since: Timestamp) -> Result<Effects, StorageError> {
    db.read(move |connection| {
        let outlet = match of {
            Of::Merchant(_) => None,
            Of::Outlet(id) => Some(id.0),
        };
        let sql = "SELECT m.id FROM merchant m WHERE CAST(?2 AS BIGINT) IS NULL AND m.id = ?1
            UNION ALL SELECT o.merchant_id FROM outlet o WHERE o.id = ?2";
        let merchant = connection.prepare_cached(sql)?.query_row(params![of.number(), outlet], |row| row.get(0)).optional()?;
        let Some(merchant): Option<i64> = merchant else { return Ok(Effects::default()) };
        let sql = "SELECT p.name FROM person p JOIN session s ON s.person_id = p.id WHERE p.merchant_id = ?1
            AND (?2 IS NULL OR p.outlet_id = ?2) AND p.status = 'active' AND s.created_at > ?3 ORDER BY p.id LIMIT 1000";
        let mut names = connection.prepare_cached(sql)?;
        let names = names.query_map(params![merchant, outlet, since.0], |row| row.get::<_, String>(0))?;
        let mut signed_in = names.collect::<sql::Result<Vec<_>>>()?;
        signed_in.dedup();
        let sessions = i64::try_from(signed_in.len()).unwrap_or(i64::MAX);
        signed_in.truncate(NAMES_MAX);
        let one = |sql: &str| connection.prepare_cached(sql)?.query_row(params![merchant, outlet], |row| row.get(0));
        let keys = "SELECT COUNT(*) FROM api_key k WHERE k.merchant_id = ?1 AND (?2 IS NULL OR k.outlet_id = ?2)
            AND k.revoked_at IS NULL AND k.asleep = 0 AND k.expires_at > ?3";
        Ok(Effects {
            people: one("SELECT COUNT(*) FROM person p WHERE p.merchant_id = ?1 AND (?2 IS NULL OR p.outlet_id = ?2)
                AND p.status = 'active' AND EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = p.id)")?,
            signed_in,
            sessions,
            terminals: one("SELECT COUNT(*) FROM outlet o JOIN terminal t ON t.outlet_id = o.id WHERE o.merchant_id = ?1
                AND (?2 IS NULL OR o.id = ?2) AND t.status IN ('new', 'active')")?,
            drafts: one("SELECT COUNT(*) FROM outlet u JOIN terminal t ON t.outlet_id = u.id JOIN orders o
                ON o.terminal_id = t.id AND o.open = 1 WHERE u.merchant_id = ?1 AND (?2 IS NULL OR u.id = ?2)
                AND o.status = 'draft' AND o.total > 0")?,
            attempts: one("SELECT COUNT(*) FROM orders o WHERE o.attempt IS NOT NULL AND o.merchant_id = ?1
                AND (?2 IS NULL OR o.outlet_id = ?2)")?,
            refunds: one("SELECT COUNT(*) FROM refund r WHERE r.status IN ('requested', 'escalated') AND r.merchant_id = ?1
                AND (?2 IS NULL OR r.outlet_id = ?2)")?,
            keys: connection.prepare_cached(keys)?.query_row(params![merchant, outlet, now.0], |row| row.get(0))?,
        })
    })
    .await
}
