//! Endpoints of merchants' own systems: where the events of their money go.
//!
//! What must stay true: a caller reaches its merchant's endpoints only, and its outlet's if it is bound to one; a
//! secret is in no row; an endpoint's number is never used again.

use std::collections::BTreeSet;
use std::fmt;

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::event::EventKind;
use domain::ids::{MerchantId, OutletId, PersonId};
use domain::time::{HOUR, Timestamp};

use crate::audit::{self, Entry};
use crate::idempotency::{self, Claim, PriorUse};
use crate::merchant::Reach;
use crate::outbox;
use crate::vault::GENERATION;
use crate::{Storage, StorageError, ids};

pub mod delivery;

use delivery::Delivery;

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

domain::words! {
    /// States of an endpoint.
    pub enum EndpointStatus {
        /// Is told.
        Active = "active",
        /// Somebody stopped it; what waits, waits.
        Paused = "paused",
        /// It stopped by itself, after days of nothing but failures.
        Failed = "failed",
        /// Gone.
        Deleted = "deleted",
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

/// Other terms; those that are not there stay.
#[derive(Clone, Debug, Default)]
pub struct TermsChange {
    /// Where events go; judged before.
    pub url: Option<String>,
    /// What people call it.
    pub description: Option<String>,
    /// Which events; at least one.
    pub events: Option<BTreeSet<EventKind>>,
    /// Active or paused.
    pub status: Option<EndpointStatus>,
}

fn words(events: &BTreeSet<EventKind>) -> String {
    events.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" ")
}

const COLUMNS: &str = "id, merchant_id, outlet_id, url, description, events, status, salt, salt_before, \
     salt_before_until, created_at, created_by, delivered_at, failing_since";

fn endpoint(row: &Row<'_>) -> sql::Result<Endpoint> {
    let moment = |index| row.get::<_, Option<i64>>(index).map(|at| at.map(Timestamp));
    let before: Option<[u8; 16]> = row.get(8)?;
    Ok(Endpoint {
        id: EndpointId(row.get(0)?),
        merchant: MerchantId(row.get(1)?),
        outlet: row.get::<_, Option<i64>>(2)?.map(OutletId),
        url: row.get(3)?,
        description: row.get(4)?,
        events: outbox::read_kinds(row.text(5)?),
        status: crate::books::rows::word(row, 6, EndpointStatus::from_word)?,
        salt: row.get(7)?,
        salt_before: before.zip(moment(9)?),
        created_at: Timestamp(row.get(10)?),
        created_by: PersonId(row.get(11)?),
        delivered_at: moment(12)?,
        failing_since: moment(13)?,
    })
}

fn within(connection: &Connection, reach: Reach, id: EndpointId) -> sql::Result<Option<Endpoint>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_endpoint
         WHERE id = ?1 AND merchant_id = ?2 AND (?3 IS NULL OR outlet_id = ?3) AND status <> 'deleted'"
    );
    let key = params![id.0, reach.merchant.0, reach.outlet.map(|id| id.0)];
    connection.prepare_cached(&sql)?.query_row(key, endpoint).optional()
}

/// Locks an endpoint, so that one caller at a time leases or completes its deliveries.
fn lock(connection: &Connection, id: EndpointId) -> sql::Result<()> {
    connection.lock("SELECT id FROM webhook_endpoint WHERE id = ?1", [id.0])
}

fn active(connection: &Connection, id: EndpointId) -> sql::Result<Option<Endpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM webhook_endpoint WHERE id = ?1 AND status = 'active'");
    connection.prepare_cached(&sql)?.query_row([id.0], endpoint).optional()
}

fn salt() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}

/// What somebody changes.
#[derive(Clone, Debug)]
pub enum Change {
    /// Make an endpoint.
    Create(EndpointTerms),
    /// Give it other terms; those that are not there stay.
    Update(EndpointId, TermsChange),
    /// Stop or start it, or take it away for good.
    Status(EndpointId, EndpointStatus),
    /// Give it a new secret; the one before signs too for [`OVERLAP`].
    Rotate(EndpointId),
    /// Send a message that only tries the way.
    TryOut(EndpointId),
    /// Send an event once more, or at once.
    Replay(EndpointId, i64),
    /// Send everything that was given up once more.
    ReplayParked(EndpointId),
}

impl Change {
    fn action(&self) -> &'static str {
        match self {
            Self::Create(_) => "webhook_created",
            Self::Update(..) | Self::Status(..) => "webhook_changed",
            Self::Rotate(_) => "webhook_secret_rotated",
            Self::TryOut(_) => "webhook_tried",
            Self::Replay(..) | Self::ReplayParked(_) => "webhook_replayed",
        }
    }
}

/// What came of a change.
#[derive(Clone, Debug)]
pub enum Changed {
    /// The endpoint as it is now.
    Endpoint(Box<Endpoint>),
    /// The delivery as it is now.
    Delivery(Box<Delivery>),
    /// How many deliveries.
    Count(usize),
    /// The merchant has as many endpoints as it may.
    Full,
    /// The endpoint is not active.
    Stopped,
    /// There is no such endpoint or delivery within reach.
    Absent,
}

/// Changes something within reach; `entry` tells who.
pub async fn change(db: &Storage, reach: Reach, change: Change, entry: Entry) -> Result<Changed, StorageError> {
    db.write(move |connection| apply(connection, reach, change, &entry)).await
}

/// What came of a change that carries an idempotency key.
#[derive(Clone, Debug)]
pub enum Once {
    /// Status and body of the answer, now or when it was asked first.
    Done(u16, String),
    /// The key was used for something else.
    OtherContent,
    /// Nothing was changed.
    Refused(Changed),
}

/// The same, at most once for a claim; `answer` puts what came of it into words, which are kept with the claim.
pub async fn change_once<A>(
    db: &Storage,
    claim: Claim,
    reach: Reach,
    change: Change,
    entry: Entry,
    answer: A,
) -> Result<Once, StorageError>
where
    A: FnOnce(&Changed) -> (u16, String) + Clone + Send + 'static,
{
    db.write(move |connection| {
        match idempotency::prior_use(connection, &claim)? {
            PriorUse::New => {}
            PriorUse::Same { answer: Some((status, body)) } => return Ok(Once::Done(status, body)),
            PriorUse::Same { .. } | PriorUse::Other => return Ok(Once::OtherContent),
        }
        let changed = apply(connection, reach, change, &entry)?;
        if matches!(changed, Changed::Full | Changed::Stopped | Changed::Absent) {
            return Ok(Once::Refused(changed));
        }
        let (status, body) = answer(&changed);
        idempotency::insert(connection, &claim, Some((status, &body)), entry.at)?;
        Ok(Once::Done(status, body))
    })
    .await
}

fn apply(connection: &Connection, reach: Reach, change: Change, entry: &Entry) -> Result<Changed, StorageError> {
    let action = change.action();
    let (id, changed) = match change {
        Change::Create(terms) => create(connection, reach, &terms, entry)?,
        Change::Update(id, _)
        | Change::Status(id, _)
        | Change::Rotate(id)
        | Change::TryOut(id)
        | Change::Replay(id, _)
        | Change::ReplayParked(id) => {
            let Some(found) = within(connection, reach, id)? else { return Ok(Changed::Absent) };
            (id, change_found(connection, reach, found, change, entry)?)
        }
    };
    let detail = match &changed {
        Changed::Endpoint(endpoint) => origin(&endpoint.url),
        Changed::Delivery(delivery) => format!("event {}", delivery.event),
        Changed::Count(count) => format!("{count} events"),
        Changed::Full | Changed::Stopped | Changed::Absent => return Ok(changed),
    };
    let merchant = Some(reach.merchant);
    audit::insert(connection, &Entry { action, subject: id.to_string(), detail, merchant, ..entry.clone() })?;
    Ok(changed)
}

/// Scheme and host of an address: its path is often a secret.
fn origin(url: &str) -> String {
    url.split('/').take(3).collect::<Vec<_>>().join("/")
}

fn change_found(
    connection: &Connection,
    reach: Reach,
    found: Endpoint,
    change: Change,
    entry: &Entry,
) -> Result<Changed, StorageError> {
    let id = found.id;
    match change {
        Change::Create(_) => return Ok(Changed::Absent),
        Change::Update(_, terms) => {
            update(connection, &found, &terms)?;
            if let Some(status) = terms.status {
                set_status(connection, found, status, entry.at)?;
            }
        }
        Change::Status(_, status) => return Ok(set_status(connection, found, status, entry.at)?),
        Change::Rotate(_) => rotate(connection, &found, entry.at)?,
        Change::TryOut(_) => return Ok(try_out(connection, &found, entry.at)?),
        Change::Replay(_, event) => return Ok(delivery::replay(connection, id, event, entry.at)?),
        Change::ReplayParked(_) => return Ok(Changed::Count(delivery::replay_parked(connection, id, entry.at)?)),
    }
    Ok(again(connection, reach, id)?)
}

fn again(connection: &Connection, reach: Reach, id: EndpointId) -> sql::Result<Changed> {
    let found = within(connection, reach, id)?;
    Ok(found.map_or(Changed::Absent, |endpoint| Changed::Endpoint(Box::new(endpoint))))
}

fn create(
    connection: &Connection,
    reach: Reach,
    terms: &EndpointTerms,
    entry: &Entry,
) -> sql::Result<(EndpointId, Changed)> {
    let sql = "SELECT COALESCE(MAX(id), 1000) + 1 FROM webhook_endpoint";
    let id = EndpointId(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?);
    let sql = "SELECT COUNT(*) FROM webhook_endpoint WHERE merchant_id = ?1 AND status <> 'deleted'";
    let count: u32 = connection.prepare_cached(sql)?.query_row([reach.merchant.0], |row| row.get(0))?;
    if count >= ENDPOINTS_MAX {
        return Ok((id, Changed::Full));
    }
    let sql = "INSERT INTO webhook_endpoint
            (id, merchant_id, outlet_id, url, description, events, status, salt, salt_generation, created_at, created_by)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'active', ?7, ?8, ?9, ?10)";
    connection.prepare_cached(sql)?.execute(params![
        id.0,
        reach.merchant.0,
        reach.outlet.map(|id| id.0),
        terms.url,
        terms.description,
        words(&terms.events),
        salt(),
        GENERATION,
        entry.at.0,
        entry.person.map(|person| person.0),
    ])?;
    Ok((id, again(connection, reach, id)?))
}

fn update(connection: &Connection, found: &Endpoint, terms: &TermsChange) -> sql::Result<()> {
    let sql = "UPDATE webhook_endpoint SET url = ?2, description = ?3, events = ?4 WHERE id = ?1";
    let url = terms.url.as_ref().unwrap_or(&found.url);
    let description = terms.description.as_ref().unwrap_or(&found.description);
    let events = terms.events.as_ref().unwrap_or(&found.events);
    connection.prepare_cached(sql)?.execute(params![found.id.0, url, description, words(events)])?;
    Ok(())
}

/// One that starts again begins with a clean sheet: what waits is due now and has its three days before it.
fn set_status(
    connection: &Connection,
    found: Endpoint,
    status: EndpointStatus,
    now: Timestamp,
) -> sql::Result<Changed> {
    if found.status != status {
        let sql = "UPDATE webhook_endpoint SET status = ?2, failing_since = NULL WHERE id = ?1";
        connection.prepare_cached(sql)?.execute(params![found.id.0, status.word()])?;
    }
    if found.status != status && status == EndpointStatus::Active {
        let sql = "UPDATE webhook_delivery SET due_at = ?2, attempts = 0, give_up_at = NULL
            WHERE endpoint_id = ?1 AND status = 'pending'";
        connection.prepare_cached(sql)?.execute(params![found.id.0, now.0])?;
    }
    if status == EndpointStatus::Deleted {
        connection.prepare_cached("DELETE FROM webhook_delivery WHERE endpoint_id = ?1")?.execute([found.id.0])?;
    }
    Ok(Changed::Endpoint(Box::new(Endpoint { status, failing_since: None, ..found })))
}

fn rotate(connection: &Connection, found: &Endpoint, now: Timestamp) -> sql::Result<()> {
    let sql = "UPDATE webhook_endpoint SET salt_before = salt, salt_before_generation = salt_generation,
            salt_before_until = ?4, salt = ?2, salt_generation = ?3 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![found.id.0, salt(), GENERATION, now.plus(OVERLAP).0])?;
    Ok(())
}

fn try_out(connection: &Connection, found: &Endpoint, now: Timestamp) -> sql::Result<Changed> {
    if found.status != EndpointStatus::Active {
        return Ok(Changed::Stopped);
    }
    let event = ids::time_ordered(now, 0).max(outbox::last(connection)? + 1);
    let outlet = found.outlet.unwrap_or(OutletId(0));
    outbox::insert(connection, &outbox::test_message(event, found.merchant, outlet, now, found.id.0))?;
    delivery::one(connection, found.id, event)
}

/// Endpoints within reach, oldest first, after one of them.
pub async fn list(
    db: &Storage,
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
        Ok(statement.query_map(key, endpoint)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// One endpoint within reach.
pub async fn find(db: &Storage, reach: Reach, id: EndpointId) -> Result<Option<Endpoint>, StorageError> {
    db.read(move |connection| Ok(within(connection, reach, id)?)).await
}

/// Endpoints of all merchants, newest first; for the card company.
pub async fn all(db: &Storage, limit: u32) -> Result<Vec<Endpoint>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT {COLUMNS} FROM webhook_endpoint WHERE status <> 'deleted' ORDER BY id DESC LIMIT ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        Ok(statement.query_map([limit], endpoint)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// The reach of an endpoint's merchant; for the card company, which reaches everybody's.
pub async fn reach_of(db: &Storage, id: EndpointId) -> Result<Option<Reach>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT merchant_id FROM webhook_endpoint WHERE id = ?1 AND status <> 'deleted'";
        let read = |row: &Row<'_>| Ok(Reach { merchant: MerchantId(row.get(0)?), outlet: None });
        Ok(connection.prepare_cached(sql)?.query_row([id.0], read).optional()?)
    })
    .await
}
