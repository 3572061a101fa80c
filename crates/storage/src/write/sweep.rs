//! Watches that compare no PIN: what a manager sees and unlocks. The books write them.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{self, Entry};
use crate::books::sweeps;
use crate::human;
use crate::merchant::Reach;
use crate::sql::{self, Connection, OptionalExtension as _, Row};
use crate::{Storage, StorageError};
use domain::card::CardKey;
use domain::ids::{MerchantId, OutletId, PersonId};
use domain::limits::{Limits, SETTING_MAX};
use domain::sweep::{self, Pause, Watch};
use domain::time::{HOUR, Timestamp};

/// The limits to guessing as they are set.
pub async fn limits(db: &Storage) -> Result<Limits, StorageError> {
    db.read_by_key(|connection| Ok(crate::books::sweeps::limits(connection)?)).await
}

/// How far back [`widest`] looks, microseconds: ten minutes.
const LATELY: i64 = HOUR / 6;

/// A watch that is paused or stopped.
#[derive(Clone, Debug)]
pub struct Paused {
    /// What it is.
    pub watch: Watch,
    /// Name of the person or key; nothing for the others.
    pub name: String,
    /// Name of the merchant where the last wrong PIN was typed.
    pub merchant: String,
    /// Name of the outlet where the last wrong PIN was typed.
    pub outlet: String,
    /// How many cards it saw.
    pub cards: usize,
    /// The last wrong PIN.
    pub seen_at: Timestamp,
    /// Until when it compares no PIN.
    pub pause: Pause,
}

/// The paused and stopped watches within `reach`, or of every merchant, the latest first.
pub async fn list(db: &Storage, reach: Option<Reach>, now: Timestamp) -> Result<Vec<Paused>, StorageError> {
    db.read(move |connection| Ok(found(connection, reach, now)?)).await
}

/// Wrong activation codes of the holders' page are at no outlet of no merchant.
const COLUMNS: &str =
    "s.merchant_id, s.outlet_id, s.cards, s.paused_until, s.stopped_at, s.watch, COALESCE(o.name, ''), COALESCE(m.name, '')
    FROM pin_sweep s LEFT JOIN outlet o ON o.id = s.outlet_id LEFT JOIN merchant m ON m.id = s.merchant_id";

fn found(connection: &Connection, reach: Option<Reach>, now: Timestamp) -> sql::Result<Vec<Paused>> {
    let read = |row: &Row<'_>| {
        let watch = crate::books::rows::word(row, 5, Watch::read)?;
        Ok((watch, sweeps::sweep(row)?, row.get::<_, String>(6)?, row.get::<_, String>(7)?))
    };
    let rows = if let Some(reach) = reach {
        let sql = format!(
            "SELECT {COLUMNS} WHERE s.merchant_id = ?1 AND (?2 IS NULL OR s.outlet_id = ?2)
                AND (s.stopped_at IS NOT NULL OR s.paused_until > ?3)"
        );
        let key = (reach.merchant.0, reach.outlet(), now.0);
        connection.prepare_cached(&sql)?.query_map(key, read)?.collect::<sql::Result<Vec<_>>>()?
    } else {
        // A pause is at most as long as a setting can be, so what pauses was seen since then.
        let since = now.plus(-i64::from(SETTING_MAX).saturating_mul(HOUR / 60));
        let stopped = format!("SELECT {COLUMNS} WHERE s.stopped_at IS NOT NULL");
        let paused = format!("SELECT {COLUMNS} WHERE s.seen_at > ?1 AND s.paused_until > ?2 AND s.stopped_at IS NULL");
        let mut rows = connection.prepare_cached(&stopped)?.query_map([], read)?.collect::<sql::Result<Vec<_>>>()?;
        rows.extend(
            connection.prepare_cached(&paused)?.query_map([since.0, now.0], read)?.collect::<sql::Result<Vec<_>>>()?,
        );
        rows
    };
    let mut list = Vec::new();
    for row in rows {
        let (watch, sweep, outlet, merchant) = row;
        let Some(pause) = sweep.pause(watch.kind(), now) else { continue };
        let name = match watch {
            Watch::Person(id) | Watch::Key(id) => {
                let sql = "SELECT name FROM person WHERE id = ?1";
                connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0)).optional()?.unwrap_or_default()
            }
            Watch::Till(_) | Watch::Network(..) => String::new(),
        };
        let seen_at = sweep.seen.last().map_or(now, |seen| seen.at);
        list.push(Paused { watch, name, merchant, outlet, cards: sweep.seen.len(), seen_at, pause });
    }
    list.sort_by_key(|one| std::cmp::Reverse(one.seen_at));
    Ok(list)
}

/// What became of an unlock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unlocked {
    /// Watches that compare PINs again.
    pub done: usize,
    /// Watches that this human unlocked too often today: the next time takes another one.
    pub left: usize,
}

/// Unlocks one watch within `reach`, or all of them, with an audit entry for each.
pub async fn unlock(
    db: &Storage,
    reach: Option<Reach>,
    only: Option<Watch>,
    now: Timestamp,
    entry: Entry,
) -> Result<Unlocked, StorageError> {
    db.write(move |connection| {
        // Two unlocks at once would both be the second.
        connection.lock_name("pin_unlock", "")?;
        let chosen =
            found(connection, reach, now)?.into_iter().filter(|one| only.as_ref().is_none_or(|w| *w == one.watch));
        let mut unlocked = Unlocked::default();
        for one in chosen {
            let watch = one.watch.text();
            if !may_unlock(connection, &watch, &entry)? {
                unlocked.left += 1;
                continue;
            }
            let gone = connection.prepare_cached("DELETE FROM pin_sweep WHERE watch = ?1")?.execute([&watch])?;
            if gone > 0 {
                let detail = format!("wrong PINs of {} cards", one.cards);
                audit::insert(connection, &Entry { subject: watch, detail, ..entry.clone() })?;
                unlocked.done += 1;
            }
        }
        Ok(unlocked)
    })
    .await
}

/// Asks the audit log who unlocked the watch today.
fn may_unlock(connection: &Connection, watch: &str, entry: &Entry) -> sql::Result<bool> {
    let Some(person) = entry.person else { return Ok(false) };
    let sql = "SELECT person_id, at FROM audit WHERE subject = ?1 AND action = ?2";
    let read = |row: &Row<'_>| Ok((PersonId(row.get(0)?), Timestamp(row.get(1)?)));
    let all =
        connection.prepare_cached(sql)?.query_map((watch, entry.action), read)?.collect::<sql::Result<Vec<_>>>()?;
    let today = all.into_iter().filter(|(_, at)| at.business_date() == entry.at.business_date());
    let earlier: Vec<PersonId> = today.map(|(person, _)| person).collect();
    let logins = human::with_givers(connection, earlier.iter().copied().chain([person]).collect())?;
    Ok(sweep::may_unlock(person, &earlier, &logins, entry.at))
}

/// Wrong PINs of the last ten minutes, for alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Widest {
    /// Most cards with a wrong PIN at one outlet.
    pub outlet: u32,
    /// Most at one merchant.
    pub merchant: u32,
    /// Watches that wait for a manager's unlock.
    pub stopped: u32,
}

/// Where the most cards got a wrong PIN lately.
pub async fn widest(db: &Storage, now: Timestamp) -> Result<Widest, StorageError> {
    db.read(move |connection| {
        let since = now.plus(-LATELY);
        let sql = "SELECT merchant_id, outlet_id, cards, paused_until, stopped_at FROM pin_sweep WHERE seen_at > ?1";
        let mut statement = connection.prepare_cached(sql)?;
        let mut outlets: BTreeMap<OutletId, BTreeSet<CardKey>> = BTreeMap::new();
        let mut merchants: BTreeMap<MerchantId, BTreeSet<CardKey>> = BTreeMap::new();
        for sweep in statement.query_map([since.0], sweeps::sweep)? {
            let sweep = sweep?;
            let lately = || sweep.seen.iter().filter(|seen| seen.at > since).map(|seen| seen.card);
            outlets.entry(sweep.outlet).or_default().extend(lately());
            merchants.entry(sweep.merchant).or_default().extend(lately());
        }
        let sql = "SELECT COUNT(*) FROM pin_sweep WHERE stopped_at IS NOT NULL";
        let stopped: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Widest {
            outlet: count(outlets.values().map(BTreeSet::len).max().unwrap_or(0)),
            merchant: count(merchants.values().map(BTreeSet::len).max().unwrap_or(0)),
            stopped: u32::try_from(stopped).unwrap_or(u32::MAX),
        })
    })
    .await
}
