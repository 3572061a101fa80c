//! Endpoints of merchants' own systems: where the events of their money go.
//!
//! What must stay true: a caller reaches its merchant's endpoints only, and its outlet's if it is bound to one; a
//! secret is in no row; an endpoint's number is never used again.

use std::collections::BTreeSet;
use std::fmt;

use domain::event::EventKind;
use domain::ids::{MerchantId, OutletId, PersonId};
use domain::time::{HOUR, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::audit::{self, Entry};
use crate::merchant::Reach;
use crate::outbox;
use crate::{Sqlite, StorageError, ids};

pub mod delivery;

/// Endpoints that a merchant may have.
pub const ENDPOINTS_MAX: u32 = 20;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 100;
/// How long the secret before signs too after a rotation.
pub const OVERLAP: i64 = 24 * HOUR;

/// An endpoint's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(pub i64);

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// States of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointStatus {
    /// Is told.
    Active,
    /// Somebody stopped it; what waits, waits.
    Paused,
    /// It stopped by itself, after days of nothing but failures.
    Failed,
    /// Gone.
    Deleted,
}

impl EndpointStatus {
    /// All states, for tables.
    pub const ALL: [Self; 4] = [Self::Active, Self::Paused, Self::Failed, Self::Deleted];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// An endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its number.
    pub id: EndpointId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Only this outlet's events.
    pub outlet: Option<OutletId>,
    /// Where events go.
    pub url: String,
    /// What people call it.
    pub description: String,
    /// Which events.
    pub events: BTreeSet<EventKind>,
    /// State.
    pub status: EndpointStatus,
    /// What its secret is derived from.
    pub salt: [u8; 16],
    /// The salt before, and until when it signs too.
    pub salt_before: Option<([u8; 16], Timestamp)>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: PersonId,
    /// The last success.
    pub delivered_at: Option<Timestamp>,
    /// The first failure since then.
    pub failing_since: Option<Timestamp>,
}

/// What somebody decides about an endpoint. The address was judged before.
#[derive(Clone, Debug)]
pub struct EndpointTerms {
    /// Where events go.
    pub url: String,
    /// What people call it.
    pub description: String,
    /// Which events; at least one.
    pub events: BTreeSet<EventKind>,
}

impl EndpointTerms {
    fn words(&self) -> String {
        self.events.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" ")
    }
}

const COLUMNS: &str = "id, merchant_id, outlet_id, url, description, events, status, salt, salt_before, \
     salt_before_until, created_at, created_by, delivered_at, failing_since";

fn endpoint(row: &Row<'_>) -> rusqlite::Result<Endpoint> {
    let moment = |index| row.get::<_, Option<i64>>(index).map(|at| at.map(Timestamp));
    let before: Option<[u8; 16]> = row.get(8)?;
    Ok(Endpoint {
        id: EndpointId(row.get(0)?),
        merchant: MerchantId(row.get(1)?),
        outlet: row.get::<_, Option<i64>>(2)?.map(OutletId),
        url: row.get(3)?,
        description: row.get(4)?,
        events: outbox::read_kinds(row.get_ref(5)?.as_str()?),
        status: crate::sqlite::rows::word(row, 6, EndpointStatus::from_word)?,
        salt: row.get(7)?,
        salt_before: before.zip(moment(9)?),
        created_at: Timestamp(row.get(10)?),
        created_by: PersonId(row.get(11)?),
        delivered_at: moment(12)?,
        failing_since: moment(13)?,
    })
}

fn within(connection: &Connection, reach: Reach, id: EndpointId) -> rusqlite::Result<Option<Endpoint>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_endpoint
         WHERE id = ?1 AND merchant_id = ?2 AND (?3 IS NULL OR outlet_id = ?3) AND status <> 'deleted'"
    );
    let key = params![id.0, reach.merchant.0, reach.outlet.map(|id| id.0)];
    connection.prepare_cached(&sql)?.query_row(key, endpoint).optional()
}

fn active(connection: &Connection, id: EndpointId) -> rusqlite::Result<Option<Endpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM webhook_endpoint WHERE id = ?1 AND status = 'active'");
    connection.prepare_cached(&sql)?.query_row([id.0], endpoint).optional()
}

fn salt() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}

/// Makes an endpoint where the caller reaches. `None` when the merchant has as many as it may.
pub async fn create(
    db: &Sqlite,
    reach: Reach,
    terms: EndpointTerms,
    entry: Entry,
) -> Result<Option<Endpoint>, StorageError> {
    db.write(move |connection| {
        let sql = "SELECT COUNT(*) FROM webhook_endpoint WHERE merchant_id = ?1 AND status <> 'deleted'";
        let count: u32 = connection.prepare_cached(sql)?.query_row([reach.merchant.0], |row| row.get(0))?;
        if count >= ENDPOINTS_MAX {
            return Ok(None);
        }
        let sql = "SELECT COALESCE(MAX(id), 1000) + 1 FROM webhook_endpoint";
        let id = EndpointId(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?);
        let sql = "INSERT INTO webhook_endpoint
                (id, merchant_id, outlet_id, url, description, events, status, salt, created_at, created_by)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'active', ?7, ?8, ?9)";
        connection.prepare_cached(sql)?.execute(params![
            id.0,
            reach.merchant.0,
            reach.outlet.map(|id| id.0),
            terms.url,
            terms.description,
            terms.words(),
            salt(),
            entry.at.0,
            entry.person.map(|person| person.0),
        ])?;
        note(connection, &entry, id, &terms.url)?;
        Ok(within(connection, reach, id)?)
    })
    .await
}

/// Writes down who changed which endpoint. Only scheme and host of the address: its path is often a secret.
fn note(connection: &Connection, entry: &Entry, id: EndpointId, detail: &str) -> Result<(), StorageError> {
    let detail = detail.split('/').take(3).collect::<Vec<_>>().join("/");
    audit::insert(connection, &Entry { subject: id.to_string(), detail, ..entry.clone() })
}

/// Endpoints within reach, oldest first, after one of them.
pub async fn list(
    db: &Sqlite,
    reach: Reach,
    after: Option<EndpointId>,
    limit: u32,
) -> Result<Vec<Endpoint>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {COLUMNS} FROM webhook_endpoint WHERE merchant_id = ?1 AND id > ?2
             AND (?3 IS NULL OR outlet_id = ?3) AND status <> 'deleted' ORDER BY id LIMIT ?4"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let key = params![reach.merchant.0, after.map_or(0, |id| id.0), reach.outlet.map(|id| id.0), limit];
        Ok(statement.query_map(key, endpoint)?.collect::<rusqlite::Result<_>>()?)
    })
    .await
}

/// One endpoint within reach.
pub async fn find(db: &Sqlite, reach: Reach, id: EndpointId) -> Result<Option<Endpoint>, StorageError> {
    db.read(move |connection| Ok(within(connection, reach, id)?)).await
}

/// Changes an endpoint within reach; `None` when there is none.
pub async fn update(
    db: &Sqlite,
    reach: Reach,
    id: EndpointId,
    terms: EndpointTerms,
    entry: Entry,
) -> Result<Option<Endpoint>, StorageError> {
    db.write(move |connection| {
        if within(connection, reach, id)?.is_none() {
            return Ok(None);
        }
        let sql = "UPDATE webhook_endpoint SET url = ?2, description = ?3, events = ?4 WHERE id = ?1";
        let values = params![id.0, terms.url, terms.description, terms.words()];
        connection.prepare_cached(sql)?.execute(values)?;
        note(connection, &entry, id, &terms.url)?;
        Ok(within(connection, reach, id)?)
    })
    .await
}

/// Stops or starts an endpoint within reach, or takes it away for good; `None` when there is none. One that starts
/// again begins with a clean sheet: what waits is due now and has its three days before it.
pub async fn set_status(
    db: &Sqlite,
    reach: Reach,
    id: EndpointId,
    status: EndpointStatus,
    entry: Entry,
) -> Result<Option<Endpoint>, StorageError> {
    db.write(move |connection| {
        let Some(found) = within(connection, reach, id)? else { return Ok(None) };
        if found.status == status {
            return Ok(Some(found));
        }
        let sql = "UPDATE webhook_endpoint SET status = ?2, failing_since = NULL WHERE id = ?1";
        connection.prepare_cached(sql)?.execute(params![id.0, status.word()])?;
        if status == EndpointStatus::Active {
            let sql = "UPDATE webhook_delivery SET due_at = ?2, attempts = 0, give_up_at = NULL
                WHERE endpoint_id = ?1 AND status = 'pending'";
            connection.prepare_cached(sql)?.execute(params![id.0, entry.at.0])?;
        }
        if status == EndpointStatus::Deleted {
            connection.prepare_cached("DELETE FROM webhook_delivery WHERE endpoint_id = ?1")?.execute([id.0])?;
        }
        note(connection, &entry, id, &found.url)?;
        Ok(Some(Endpoint { status, failing_since: None, ..found }))
    })
    .await
}

/// Gives an endpoint within reach a new secret; the one before signs too for [`OVERLAP`].
pub async fn rotate(db: &Sqlite, reach: Reach, id: EndpointId, entry: Entry) -> Result<Option<Endpoint>, StorageError> {
    db.write(move |connection| {
        let Some(found) = within(connection, reach, id)? else { return Ok(None) };
        let until = entry.at.plus(OVERLAP);
        let sql = "UPDATE webhook_endpoint SET salt = ?2, salt_before = ?3, salt_before_until = ?4 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute(params![id.0, salt(), found.salt, until.0])?;
        note(connection, &entry, id, &found.url)?;
        Ok(within(connection, reach, id)?)
    })
    .await
}

/// Puts a message into the outbox that only tries the way to this endpoint; its number, or `None` when there is no
/// such endpoint or it is not active.
pub async fn try_out(db: &Sqlite, reach: Reach, id: EndpointId, entry: Entry) -> Result<Option<i64>, StorageError> {
    db.write(move |connection| {
        let active = |found: &Endpoint| found.status == EndpointStatus::Active;
        let Some(found) = within(connection, reach, id)?.filter(active) else { return Ok(None) };
        let event = ids::time_ordered(entry.at, 0).max(outbox::last(connection)? + 1);
        let outlet = found.outlet.unwrap_or(OutletId(0));
        outbox::insert(connection, &outbox::test_message(event, found.merchant, outlet, entry.at, id.0))?;
        note(connection, &entry, id, &found.url)?;
        Ok(Some(event))
    })
    .await
}
