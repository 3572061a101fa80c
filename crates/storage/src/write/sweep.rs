//! Watches that compare no PIN: what a manager sees and unlocks. The books write them.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{self, Entry};
use crate::books::sweeps;
use crate::merchant::Reach;
use crate::sql::{self, Connection, OptionalExtension as _};
use crate::{Storage, StorageError};
use domain::card::CardKey;
use domain::ids::{MerchantId, OutletId};
use domain::sweep::{Pause, Watch};
use domain::time::{HOUR, Timestamp};

/// How far back [`widest`] looks, microseconds: ten minutes.
const LATELY: i64 = HOUR / 6;

/// A watch that is paused or stopped.
#[derive(Clone, Debug)]
pub struct Paused {
    /// What it is.
    pub watch: Watch,
    /// Name of the person or key; nothing for the others.
    pub name: String,
    /// Name of the outlet where the last wrong PIN was typed.
    pub outlet: String,
    /// How many cards it saw.
    pub cards: usize,
    /// The last wrong PIN.
    pub seen_at: Timestamp,
    /// Until when it compares no PIN.
    pub pause: Pause,
}

/// The paused and stopped watches within `reach`, the latest first.
pub async fn list(db: &Storage, reach: Reach, now: Timestamp) -> Result<Vec<Paused>, StorageError> {
    db.read(move |connection| Ok(found(connection, reach, now)?)).await
}

fn found(connection: &Connection, reach: Reach, now: Timestamp) -> sql::Result<Vec<Paused>> {
    let sql = "SELECT s.merchant_id, s.outlet_id, s.cards, s.paused_until, s.stopped_at, s.watch, o.name
        FROM pin_sweep s JOIN outlet o ON o.id = s.outlet_id
        WHERE s.merchant_id = ?1 AND (?2 IS NULL OR s.outlet_id = ?2)
            AND (s.stopped_at IS NOT NULL OR s.paused_until > ?3)";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((reach.merchant.0, reach.outlet(), now.0), |row| {
        let watch = crate::books::rows::word(row, 5, Watch::read)?;
        Ok((watch, sweeps::sweep(row)?, row.get::<_, String>(6)?))
    })?;
    let mut list = Vec::new();
    for row in rows {
        let (watch, sweep, outlet) = row?;
        let Some(pause) = sweep.pause(watch.kind(), now) else { continue };
        let name = match watch {
            Watch::Person(id) | Watch::Key(id) => {
                let sql = "SELECT name FROM person WHERE id = ?1";
                connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0)).optional()?.unwrap_or_default()
            }
            Watch::Till(_) | Watch::Network(..) => String::new(),
        };
        let seen_at = sweep.seen.last().map_or(now, |seen| seen.at);
        list.push(Paused { watch, name, outlet, cards: sweep.seen.len(), seen_at, pause });
    }
    list.sort_by_key(|one| std::cmp::Reverse(one.seen_at));
    Ok(list)
}

/// Unlocks one watch within `reach`, or all of them, with an audit entry for each; how many.
pub async fn unlock(
    db: &Storage,
    reach: Reach,
    only: Option<Watch>,
    now: Timestamp,
    entry: Entry,
) -> Result<usize, StorageError> {
    db.write(move |connection| {
        let chosen =
            found(connection, reach, now)?.into_iter().filter(|one| only.as_ref().is_none_or(|w| *w == one.watch));
        let mut unlocked = 0;
        for one in chosen {
            let watch = one.watch.text();
            let gone = connection.prepare_cached("DELETE FROM pin_sweep WHERE watch = ?1")?.execute([&watch])?;
            if gone > 0 {
                let detail = format!("wrong PINs of {} cards", one.cards);
                audit::insert(connection, &Entry { subject: watch, detail, ..entry.clone() })?;
                unlocked += 1;
            }
        }
        Ok(unlocked)
    })
    .await
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
