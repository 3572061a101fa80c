//! Merchants, outlets and terminals as the card company's pages read them.
//!
//! What must stay true: a page of a list goes on after the last row that it showed; counts stop at [`COUNT_MAX`].

use domain::acts::Bank;
use domain::directory::{Standing, TerminalStatus};
use domain::ids::{MerchantId, OutletId, TerminalId};
use domain::time::Timestamp;

use crate::books::proposal::bank;
use crate::books::rows::word;
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::standing::Of;
use crate::{Storage, StorageError};

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
}

fn moved(row: &Row<'_>, column: usize) -> sql::Result<Moved> {
    Ok(Moved { at: Timestamp(row.get(column)?), by: row.get(column + 1)?, reason: row.get(column + 2)? })
}

/// A merchant.
pub async fn merchant(db: &Storage, id: MerchantId) -> Result<Option<MerchantSheet>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = "SELECT m.mid, m.name, m.short_name, m.licence, m.contact, m.phone, m.bank_name, m.bank_account,
                m.bank_holder, m.status, m.moved_at, (SELECT p.name FROM person p WHERE p.id = m.moved_by), m.reason,
                m.drug_returns, m.fee_bp, m.version FROM merchant m WHERE m.id = ?1";
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
            })
        };
        Ok(connection.prepare_cached(sql)?.query_row([id.0], read).optional()?)
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
     (SELECT p.name FROM person p WHERE p.id = t.moved_by), t.reason, t.paper, t.batch_no, t.seen_at, t.version";
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
    })
}

/// A terminal.
pub async fn terminal(db: &Storage, id: TerminalId) -> Result<Option<TerminalSheet>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = format!("SELECT {TERMINAL} FROM {TERMINALS} WHERE t.id = ?1");
        Ok(connection.prepare_cached(&sql)?.query_row([id.0], read_terminal).optional()?)
    })
    .await
}

/// The terminals of an outlet, at most 500.
pub async fn terminals(db: &Storage, outlet: OutletId) -> Result<Vec<TerminalSheet>, StorageError> {
    db.read_by_key(move |connection| Ok(terminals_of(connection, outlet)?)).await
}

fn terminals_of(connection: &Connection, outlet: OutletId) -> sql::Result<Vec<TerminalSheet>> {
    let sql = format!("SELECT {TERMINAL} FROM {TERMINALS} WHERE t.outlet_id = ?1 ORDER BY t.id LIMIT 500");
    connection.prepare_cached(&sql)?.query_map([outlet.0], read_terminal)?.collect()
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
    db.read_by_key(move |connection| {
        let sql = "SELECT a.at, COALESCE(p.name, ''), a.action, a.detail FROM audit a LEFT JOIN person p ON p.id = a.person_id
            WHERE a.subject = ?1 ORDER BY a.id DESC LIMIT ?2";
        let read = |row: &Row<'_>| {
            Ok(Done { at: Timestamp(row.get(0)?), by: row.get(1)?, action: row.get(2)?, detail: row.get(3)? })
        };
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_map(params![subject.to_string(), limit], read)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// What a list looks for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The whole number or the beginning of the name; empty for everything.
    pub find: String,
    /// State; none for every one.
    pub status: Option<Standing>,
}

/// A line of the list of merchants.
#[derive(Clone, Debug)]
pub struct MerchantRow {
    /// Number.
    pub id: MerchantId,
    /// Merchant number.
    pub mid: String,
    /// Name.
    pub name: String,
    /// State.
    pub status: Standing,
    /// The agreed fee.
    pub fee_bp: Option<i64>,
    /// Its outlets and terminals.
    pub count: (i64, i64),
    /// The last use of one of its terminals.
    pub seen_at: Option<Timestamp>,
}

/// A line of the list of outlets.
#[derive(Clone, Debug)]
pub struct OutletRow {
    /// Number.
    pub id: OutletId,
    /// Its merchant.
    pub merchant: MerchantId,
    /// The merchant's name.
    pub merchant_name: String,
    /// The merchant's state.
    pub merchant_status: Standing,
    /// Name.
    pub name: String,
    /// State.
    pub status: Standing,
    /// Its terminals.
    pub terminals: i64,
    /// The last use of one of them.
    pub seen_at: Option<Timestamp>,
}

/// The end of a range of texts that begin with `text`.
fn after(text: &str) -> String {
    format!("{text}\u{10ffff}")
}

const MERCHANT_ROW: &str = "m.id, m.mid, m.name, m.status, m.fee_bp, \
     (SELECT COUNT(*) FROM outlet o WHERE o.merchant_id = m.id), \
     (SELECT COUNT(*) FROM outlet o JOIN terminal t ON t.outlet_id = o.id WHERE o.merchant_id = m.id), \
     (SELECT MAX(t.seen_at) FROM outlet o JOIN terminal t ON t.outlet_id = o.id WHERE o.merchant_id = m.id)";

fn read_merchant_row(row: &Row<'_>) -> sql::Result<MerchantRow> {
    Ok(MerchantRow {
        id: MerchantId(row.get(0)?),
        mid: row.get(1)?,
        name: row.get(2)?,
        status: word(row, 3, Standing::from_word)?,
        fee_bp: row.get(4)?,
        count: (row.get(5)?, row.get(6)?),
        seen_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
    })
}

/// Merchants after `after` by number that a filter finds: by merchant number, the beginning of the name, or the number of an
/// outlet or a terminal.
pub async fn merchants(
    db: &Storage,
    filter: Filter,
    after_id: i64,
    limit: u32,
) -> Result<Vec<MerchantRow>, StorageError> {
    db.read(move |connection| {
        let sql = merchants_sql(!filter.find.is_empty(), filter.status.is_some());
        listed(
            connection,
            &sql,
            &filter.find,
            filter.status.map_or("", Standing::word),
            after_id,
            limit,
            read_merchant_row,
        )
    })
    .await
}

/// The texts of the lists: after `?1`, of the state `?2`, at most `?3`; from `?4` to before `?5` by name, or numbered `?6`.
/// What is not asked for is not in the text, so that each walks along an index.
fn list_sql(columns: &str, tables: &str, alias: &str, found: Option<&str>, state: bool) -> String {
    let state = if state { format!("{alias}.status = ?2") } else { "?2 = ''".to_owned() };
    let found =
        found.map_or_else(|| "?4 = '' AND ?5 <> '' AND ?6 < 0".to_owned(), |ids| format!("{alias}.id IN {ids}"));
    format!("SELECT {columns} FROM {tables} WHERE {alias}.id > ?1 AND {state} AND {found} ORDER BY {alias}.id LIMIT ?3")
}

fn merchants_sql(find: bool, state: bool) -> String {
    const FOUND: &str = "(SELECT n.id FROM merchant n WHERE n.name >= ?4 AND n.name < ?5 \
         UNION ALL SELECT n.id FROM merchant n WHERE n.mid >= ?4 AND n.mid < ?5 \
         UNION ALL SELECT n.id FROM merchant n WHERE n.id = ?6 \
         UNION ALL SELECT u.merchant_id FROM outlet u WHERE u.name >= ?4 AND u.name < ?5 \
         UNION ALL SELECT u.merchant_id FROM outlet u WHERE u.id = ?6 \
         UNION ALL SELECT u.merchant_id FROM terminal k JOIN outlet u ON u.id = k.outlet_id WHERE k.id = ?6)";
    list_sql(MERCHANT_ROW, "merchant m", "m", find.then_some(FOUND), state)
}

fn outlets_sql(find: bool, state: bool) -> String {
    const FOUND: &str = "(SELECT u.id FROM outlet u WHERE u.name >= ?4 AND u.name < ?5 \
         UNION ALL SELECT u.id FROM outlet u WHERE u.id = ?6 UNION ALL SELECT k.outlet_id FROM terminal k WHERE k.id = ?6 \
         UNION ALL SELECT u.id FROM merchant n JOIN outlet u ON u.merchant_id = n.id WHERE n.name >= ?4 AND n.name < ?5 \
         UNION ALL SELECT u.id FROM merchant n JOIN outlet u ON u.merchant_id = n.id WHERE n.mid >= ?4 AND n.mid < ?5)";
    list_sql(OUTLET_ROW, OUTLETS, "o", find.then_some(FOUND), state)
}

fn terminals_sql(find: bool, state: bool) -> String {
    const FOUND: &str = "(SELECT k.id FROM terminal k WHERE k.id = ?6 \
         UNION ALL SELECT k.id FROM terminal k WHERE k.outlet_id = ?6 \
         UNION ALL SELECT k.id FROM outlet u JOIN terminal k ON k.outlet_id = u.id WHERE u.name >= ?4 AND u.name < ?5)";
    list_sql(TERMINAL, TERMINALS, "t", find.then_some(FOUND), state)
}

fn listed<T>(
    connection: &Connection,
    sql: &str,
    find: &str,
    state: &str,
    after_id: i64,
    limit: u32,
    read: impl FnMut(&Row<'_>) -> sql::Result<T>,
) -> Result<Vec<T>, StorageError> {
    let number = find.parse::<i64>().unwrap_or(-1);
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map(params![after_id, state, limit, find, after(find), number], read)?;
    Ok(found.collect::<sql::Result<_>>()?)
}

const OUTLET_ROW: &str = "o.id, m.id, m.name, m.status, o.name, o.status, \
     (SELECT COUNT(*) FROM terminal t WHERE t.outlet_id = o.id), \
     (SELECT MAX(t.seen_at) FROM terminal t WHERE t.outlet_id = o.id)";
const OUTLETS: &str = "outlet o JOIN merchant m ON m.id = o.merchant_id";

fn read_outlet_row(row: &Row<'_>) -> sql::Result<OutletRow> {
    Ok(OutletRow {
        id: OutletId(row.get(0)?),
        merchant: MerchantId(row.get(1)?),
        merchant_name: row.get(2)?,
        merchant_status: word(row, 3, Standing::from_word)?,
        name: row.get(4)?,
        status: word(row, 5, Standing::from_word)?,
        terminals: row.get(6)?,
        seen_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
    })
}

/// The outlets of a merchant after `after` by number.
pub async fn outlets_of(
    db: &Storage,
    merchant: MerchantId,
    after_id: i64,
    limit: u32,
) -> Result<Vec<OutletRow>, StorageError> {
    db.read_by_key(move |connection| {
        let sql =
            format!("SELECT {OUTLET_ROW} FROM {OUTLETS} WHERE o.merchant_id = ?1 AND o.id > ?2 ORDER BY o.id LIMIT ?3");
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![merchant.0, after_id, limit], read_outlet_row)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Outlets of all merchants after `after` by number that a filter finds.
pub async fn outlets(db: &Storage, filter: Filter, after_id: i64, limit: u32) -> Result<Vec<OutletRow>, StorageError> {
    db.read(move |connection| {
        let sql = outlets_sql(!filter.find.is_empty(), filter.status.is_some());
        listed(
            connection,
            &sql,
            &filter.find,
            filter.status.map_or("", Standing::word),
            after_id,
            limit,
            read_outlet_row,
        )
    })
    .await
}

/// Terminals of all merchants after `after` by number that a filter finds: by number or the beginning of the outlet's name.
pub async fn all_terminals(
    db: &Storage,
    find: String,
    status: Option<TerminalStatus>,
    after_id: i64,
    limit: u32,
) -> Result<Vec<TerminalSheet>, StorageError> {
    db.read(move |connection| {
        let sql = terminals_sql(!find.is_empty(), status.is_some());
        let state = status.map_or("", TerminalStatus::word);
        listed(connection, &sql, &find, state, after_id, limit, read_terminal)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// No list of a kind walks through its table or sorts it, whatever is asked.
    #[tokio::test]
    async fn lists_are_found_by_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Storage::open(&folder.path().join("webpos.db")).expect("opens");
        for sql in [merchants_sql, outlets_sql, terminals_sql] {
            for (find, state) in [(false, false), (false, true), (true, false), (true, true)] {
                let text = sql(find, state);
                let plan = db.read(move |connection| {
                    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}"))?;
                    let plan = statement.query_map(params![1, "", 1, "", "", 1], |row| row.get::<_, String>(3))?;
                    Ok(plan.collect::<sql::Result<Vec<_>>>()?)
                });
                let plan = plan.await.expect("reads");
                let walks = |step: &&String| step.starts_with("SCAN") || step.contains("TEMP B-TREE FOR ORDER");
                assert_eq!(plan.iter().find(walks), None, "{find} {state}: {plan:#?}");
            }
        }
    }
}
