//! Deliveries: what is on its way to an endpoint, what came of it, and what is due next.
//!
//! What must stay true:
//! - An event of an object is not due while an earlier one of the same object and endpoint is.
//! - A delivery ends delivered or parked; until then it is retried, if necessary by another instance
//!   when the one that took it is gone (a lease runs out).
//! - An answer counts only for who holds the lease, so that a late one overwrites nothing.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::event::EventKind;
use domain::time::{HOUR, Timestamp};

use super::{Changed, Endpoint, EndpointId, within};
use crate::merchant::Reach;
use crate::{Storage, StorageError};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;

/// Waiting times after the first failures; the last one goes on until the delivery is parked.
const BACK_OFF: [i64; 7] = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR];

/// How long a delivery is tried, and how long an endpoint may do nothing but fail.
pub const GIVE_UP_AFTER: i64 = 72 * HOUR;

/// Longer than an attempt can take; then somebody else may take the delivery.
const LEASE: i64 = MINUTE;

/// Deliveries of one endpoint under way at a time, so that a slow one leaves room for the others.
pub const AT_ONCE: u32 = 4;

/// What is kept of an answer, in bytes.
pub const ANSWER_KEPT: usize = 200;

/// How long events are kept, also those that still wait for an endpoint that somebody stopped.
const KEPT: i64 = 30 * 24 * HOUR;
/// Rows that one round of tidying takes.
const TIDY_MAX: u32 = 1_000;

/// How long after failure number `attempts` the next try is made.
pub fn back_off(attempts: u32) -> i64 {
    let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX).min(BACK_OFF.len() - 1);
    BACK_OFF[step]
}

domain::words! {
    /// States of a delivery.
    pub enum DeliveryStatus {
        /// On its way.
        Pending = "pending",
        /// The endpoint said yes.
        Delivered = "delivered",
        /// Given up until somebody asks for it again.
        Parked = "parked",
    }
}

/// A delivery as lists show it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The event.
    pub event: i64,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub created_at: Timestamp,
    /// The body.
    pub payload: String,
    /// State.
    pub status: DeliveryStatus,
    /// Tries so far.
    pub attempts: u32,
    /// The next one, while it is on its way.
    pub due_at: Timestamp,
    /// The last try.
    pub tried_at: Option<Timestamp>,
    /// HTTP status of its answer; none when there was no answer.
    pub answer_status: Option<u16>,
    /// The beginning of its answer, or why there was none.
    pub answer: String,
}

/// A delivery that this instance has leased.
#[derive(Clone, Debug)]
pub struct LeasedDelivery {
    /// To whom.
    pub endpoint: Endpoint,
    /// The event.
    pub event: i64,
    /// What happened.
    pub kind: EventKind,
    /// The body.
    pub payload: String,
    /// Tries before this one.
    pub attempts: u32,
    lease: [u8; 16],
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointAnswer {
    /// HTTP status; none when there was no answer.
    pub status: Option<u16>,
    /// The beginning of the answer, or why there was none.
    pub text: String,
}

impl EndpointAnswer {
    /// Whether the endpoint has it.
    pub fn accepted(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// What is due at an endpoint, oldest first.
pub const DUE: &str = "SELECT event_id FROM webhook_delivery d
     WHERE endpoint_id = ?1 AND status = 'pending' AND due_at <= ?2 AND COALESCE(leased_until, 0) <= ?2
     AND NOT EXISTS (SELECT 1 FROM webhook_delivery e WHERE e.endpoint_id = d.endpoint_id
         AND e.object_id = d.object_id AND e.event_id < d.event_id AND e.status = 'pending')
     ORDER BY due_at LIMIT ?3";

fn due(connection: &Connection, endpoint: EndpointId, now: Timestamp, limit: u32) -> sql::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(DUE)?;
    statement.query_map(params![endpoint.0, now.0, limit], |row| row.get(0))?.collect()
}

/// Active endpoints that have something due. Reads only, so that nothing is written while nothing is due.
pub async fn waiting(db: &Storage, now: Timestamp) -> Result<Vec<EndpointId>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT id FROM webhook_endpoint WHERE status = 'active'";
        let mut statement = connection.prepare_cached(sql)?;
        let active = statement.query_map([], |row| row.get(0).map(EndpointId))?;
        let mut waiting = Vec::new();
        for id in active.collect::<sql::Result<Vec<_>>>()? {
            if !due(connection, id, now, 1)?.is_empty() {
                waiting.push(id);
            }
        }
        Ok(waiting)
    })
    .await
}

/// How many deliveries are still to be made, up to 10,000.
pub async fn pending(db: &Storage) -> Result<i64, StorageError> {
    db.read(|connection| {
        let sql =
            "SELECT COUNT(*) FROM (SELECT 1 FROM webhook_delivery WHERE status = 'pending' LIMIT 10000) AS pending";
        Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    })
    .await
}

/// Leases what is due at these endpoints, a few deliveries of each.
pub async fn lease(
    db: &Storage,
    endpoints: Vec<EndpointId>,
    now: Timestamp,
) -> Result<Vec<LeasedDelivery>, StorageError> {
    db.write(move |connection| {
        let mut leased = Vec::new();
        for id in endpoints {
            super::lock(connection, id)?;
            let Some(endpoint) = super::active(connection, id)? else { continue };
            let sql = "SELECT COUNT(*) FROM webhook_delivery
                WHERE endpoint_id = ?1 AND status = 'pending' AND leased_until > ?2 AND due_at <= ?2";
            let under_way: u32 = connection.prepare_cached(sql)?.query_row([id.0, now.0], |row| row.get(0))?;
            for event in due(connection, id, now, AT_ONCE.saturating_sub(under_way))? {
                leased.extend(lease_one(connection, &endpoint, event, now)?);
            }
        }
        Ok(leased)
    })
    .await
}

fn lease_one(
    connection: &Connection,
    endpoint: &Endpoint,
    event: i64,
    now: Timestamp,
) -> sql::Result<Option<LeasedDelivery>> {
    let lease = super::salt();
    let sql = "UPDATE webhook_delivery SET lease = ?3, leased_until = ?4 WHERE endpoint_id = ?1 AND event_id = ?2";
    connection.prepare_cached(sql)?.execute(params![endpoint.id.0, event, lease, now.plus(LEASE).0])?;
    let sql = "SELECT e.kind, e.payload, d.attempts FROM webhook_delivery d JOIN webhook_event e ON e.id = d.event_id
        WHERE d.endpoint_id = ?1 AND d.event_id = ?2";
    let read = |row: &Row<'_>| {
        let kind = crate::books::rows::word(row, 0, EventKind::from_word)?;
        let endpoint = endpoint.clone();
        Ok(LeasedDelivery { endpoint, event, kind, payload: row.get(1)?, attempts: row.get(2)?, lease })
    };
    connection.prepare_cached(sql)?.query_row([endpoint.id.0, event], read).optional()
}

/// Writes down how a try ended and when the next one is due. Says whether the endpoint was stopped by it.
pub async fn record_answer(
    db: &Storage,
    leased: &LeasedDelivery,
    answer: EndpointAnswer,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let (endpoint, event, lease) = (leased.endpoint.id, leased.event, leased.lease);
    db.write(move |connection| {
        super::lock(connection, endpoint)?;
        let sql = "SELECT attempts, give_up_at, object_id FROM webhook_delivery
            WHERE endpoint_id = ?1 AND event_id = ?2 AND lease = ?3";
        let read = |row: &Row<'_>| Ok((row.get::<_, u32>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, i64>(2)?));
        let held = connection.prepare_cached(sql)?.query_row(params![endpoint.0, event, lease], read).optional()?;
        let Some((attempts, give_up_at, object)) = held else { return Ok(false) };
        let attempts = attempts.saturating_add(1);
        let give_up_at = give_up_at.map_or(now.plus(GIVE_UP_AFTER), Timestamp);
        let (status, due_at) = if answer.accepted() {
            (DeliveryStatus::Delivered, now)
        } else if now >= give_up_at {
            (DeliveryStatus::Parked, now)
        } else {
            (DeliveryStatus::Pending, now.plus(back_off(attempts)).min(give_up_at))
        };
        let sql = "UPDATE webhook_delivery SET status = ?3, attempts = ?4, due_at = ?5, give_up_at = ?6, lease = NULL,
                leased_until = NULL, tried_at = ?7, answer_status = ?8, answer = ?9
            WHERE endpoint_id = ?1 AND event_id = ?2";
        connection.prepare_cached(sql)?.execute(params![
            endpoint.0,
            event,
            status.word(),
            attempts,
            due_at.0,
            give_up_at.0,
            now.0,
            answer.status,
            answer.text,
        ])?;
        // Those behind it wait as long as it does, so that the search for what is due does not step over them each
        // time; and go on with it.
        let sql = "UPDATE webhook_delivery SET due_at = ?4 WHERE endpoint_id = ?1 AND object_id = ?2 AND event_id > ?3
            AND status = 'pending' AND attempts = 0";
        connection.prepare_cached(sql)?.execute(params![endpoint.0, object, event, due_at.0])?;
        Ok(note_endpoint(connection, endpoint, answer.accepted(), now)?)
    })
    .await
}

fn note_endpoint(connection: &Connection, id: EndpointId, accepted: bool, now: Timestamp) -> sql::Result<bool> {
    if accepted {
        let sql = "UPDATE webhook_endpoint SET delivered_at = ?2, failing_since = NULL WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([id.0, now.0])?;
        return Ok(false);
    }
    let sql = "UPDATE webhook_endpoint SET failing_since = COALESCE(failing_since, ?2) WHERE id = ?1";
    connection.prepare_cached(sql)?.execute([id.0, now.0])?;
    let sql =
        "UPDATE webhook_endpoint SET status = 'failed' WHERE id = ?1 AND status = 'active' AND failing_since <= ?2";
    Ok(connection.prepare_cached(sql)?.execute([id.0, now.plus(-GIVE_UP_AFTER).0])? == 1)
}

const DELIVERY: &str = "e.id, e.kind, e.created_at, e.payload, d.status, d.attempts, d.due_at, d.tried_at, \
     d.answer_status, d.answer";

fn delivery(row: &Row<'_>) -> sql::Result<Delivery> {
    Ok(Delivery {
        event: row.get(0)?,
        kind: crate::books::rows::word(row, 1, EventKind::from_word)?,
        created_at: Timestamp(row.get(2)?),
        payload: row.get(3)?,
        status: crate::books::rows::word(row, 4, DeliveryStatus::from_word)?,
        attempts: row.get(5)?,
        due_at: Timestamp(row.get(6)?),
        tried_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        answer_status: row.get(8)?,
        answer: row.get::<_, Option<String>>(9)?.unwrap_or_default(),
    })
}

/// Deliveries to an endpoint within reach, newest first, before one of them; `None` when there is no such endpoint.
pub async fn list(
    db: &Storage,
    reach: Reach,
    endpoint: EndpointId,
    status: Option<DeliveryStatus>,
    before: Option<i64>,
    limit: u32,
) -> Result<Option<Vec<Delivery>>, StorageError> {
    db.read(move |connection| {
        if within(connection, reach, endpoint)?.is_none() {
            return Ok(None);
        }
        let sql = format!(
            "SELECT {DELIVERY} FROM webhook_delivery d JOIN webhook_event e ON e.id = d.event_id
             WHERE d.endpoint_id = ?1 AND d.event_id < ?2 AND (?3 IS NULL OR d.status = ?3)
             ORDER BY d.event_id DESC LIMIT ?4"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let key = params![endpoint.0, before.unwrap_or(i64::MAX), status.map(DeliveryStatus::word), limit];
        Ok(Some(statement.query_map(key, delivery)?.collect::<sql::Result<_>>()?))
    })
    .await
}

/// One delivery as it is now.
pub(super) fn one(connection: &Connection, endpoint: EndpointId, event: i64) -> sql::Result<Changed> {
    let sql = format!(
        "SELECT {DELIVERY} FROM webhook_delivery d JOIN webhook_event e ON e.id = d.event_id
         WHERE d.endpoint_id = ?1 AND d.event_id = ?2"
    );
    let found = connection.prepare_cached(&sql)?.query_row([endpoint.0, event], delivery).optional()?;
    Ok(found.map_or(Changed::Absent, |delivery| Changed::Delivery(Box::new(delivery))))
}

/// Sends an event once more, or at once.
pub(super) fn replay(
    connection: &Connection,
    endpoint: EndpointId,
    event: i64,
    now: Timestamp,
) -> sql::Result<Changed> {
    let sql = "UPDATE webhook_delivery SET status = 'pending', attempts = 0, due_at = ?3, give_up_at = NULL
        WHERE endpoint_id = ?1 AND event_id = ?2";
    connection.prepare_cached(sql)?.execute(params![endpoint.0, event, now.0])?;
    one(connection, endpoint, event)
}

/// Sends everything that was given up once more; how many.
pub(super) fn replay_parked(connection: &Connection, endpoint: EndpointId, now: Timestamp) -> sql::Result<usize> {
    let sql = "UPDATE webhook_delivery SET status = 'pending', attempts = 0, due_at = ?2, give_up_at = NULL
        WHERE endpoint_id = ?1 AND status = 'parked'";
    connection.prepare_cached(sql)?.execute(params![endpoint.0, now.0])
}

/// Forgets what happened long ago. Says whether there may be more.
pub async fn tidy(db: &Storage, now: Timestamp) -> Result<bool, StorageError> {
    let old = crate::ids::time_ordered(now.plus(-KEPT), 0);
    let first = |connection: &Connection| {
        let sql = "SELECT MIN(id) FROM webhook_event";
        Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, Option<i64>>(0))?)
    };
    let Some(first) = db.read(first).await?.filter(|first| *first < old) else { return Ok(false) };
    db.write(move |connection| {
        let sql = "SELECT MAX(id) FROM (SELECT id FROM webhook_event WHERE id < ?1 ORDER BY id LIMIT ?2) AS oldest";
        let last: Option<i64> = connection.prepare_cached(sql)?.query_row(params![old, TIDY_MAX], |row| row.get(0))?;
        // A range with two ends, because a planner that sees no values takes one end for a third of the table.
        let range = [first, last.unwrap_or(first)];
        let sql = "DELETE FROM webhook_delivery WHERE event_id BETWEEN ?1 AND ?2";
        connection.prepare_cached(sql)?.execute(range)?;
        let sql = "DELETE FROM webhook_event WHERE id BETWEEN ?1 AND ?2";
        connection.prepare_cached(sql)?.execute(range)?;
        Ok(true)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_grow_and_then_stay() {
        let seconds: Vec<i64> = (1..=9).map(|attempts| back_off(attempts) / SECOND).collect();
        assert_eq!(seconds, [5, 30, 120, 600, 1_800, 3_600, 10_800, 10_800, 10_800]);
        assert_eq!(back_off(0), 5 * SECOND);
    }
}
