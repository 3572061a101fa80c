//! Limits to guessing: settings, tries of a card by place, what watches wrong PINs, and their entries in the audit log.
//!
//! A card's places and a watch's cards are kept in one value of their row, because every payment with a PIN reads them.

use std::collections::BTreeMap;

use crate::audit::{self, Entry};
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::vault::GENERATION;
use domain::card::CardKey;
use domain::changes::Changes;
use domain::ids::{MerchantId, OutletId};
use domain::limits::{Limits, Setting};
use domain::pin::{PinPlace, PinTries};
use domain::proof::{Alarm, AlarmKind};
use domain::sweep::{SWEEP_LIFE, Seen, Sweep, Watch};
use domain::time::{BusinessDate, Timestamp};

use super::rows;

pub(super) const SETTINGS: &str = "SELECT name, value FROM setting";
pub(super) const TRIES: &str = "SELECT tried_on, places FROM pin_tries WHERE lookup = ?1";
pub(super) const SWEEP: &str =
    "SELECT merchant_id, outlet_id, cards, paused_until, stopped_at FROM pin_sweep WHERE watch = ?1";

/// Bytes of a card in `pin_sweep.cards`: look-up value and moment.
const SEEN_BYTES: usize = 24;

/// Puts one row of [`SETTINGS`] into `limits`.
pub(crate) fn setting(row: &Row<'_>, limits: &mut Limits) -> sql::Result<()> {
    let (name, value) = (row.text(0)?, row.get(1)?);
    let set = Setting::from_word(name).is_some_and(|setting| limits.set(setting, value));
    if set { Ok(()) } else { Err(sql::Error::unreadable(0, &format!("setting {name:?}"))) }
}

pub(crate) fn limits(connection: &Connection) -> sql::Result<Limits> {
    let mut limits = Limits::default();
    let mut statement = connection.prepare_cached(SETTINGS)?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        setting(&row, &mut limits)?;
    }
    Ok(limits)
}

pub(crate) fn tries(row: &Row<'_>) -> sql::Result<PinTries> {
    let places = rows::word(row, 1, |text| {
        // What was guessed is forgotten when the holder sets a PIN, or the card is unlocked.
        if text.is_empty() {
            return Some(BTreeMap::new());
        }
        let pairs = text.split(',').map(|pair| {
            let (place, count) = pair.split_once(' ')?;
            Some((PinPlace::read(place)?, count.parse().ok()?))
        });
        pairs.collect::<Option<BTreeMap<_, _>>>()
    })?;
    Ok(PinTries { on: BusinessDate(row.get(0)?), places })
}

/// The places of `tries` as they are stored.
pub(crate) fn places(tries: &PinTries) -> String {
    let pairs: Vec<String> = tries.places.iter().map(|(place, count)| format!("{} {count}", place.text())).collect();
    pairs.join(",")
}

pub(crate) fn sweep(row: &Row<'_>) -> sql::Result<Sweep> {
    let cards: Vec<u8> = row.get(2)?;
    let seen = cards.chunks(SEEN_BYTES).map(|bytes| {
        let (card, at) = bytes.split_first_chunk::<16>()?;
        let (at, _) = at.split_first_chunk::<8>()?;
        Some(Seen { card: CardKey(*card), at: Timestamp(i64::from_be_bytes(*at)) })
    });
    Ok(Sweep {
        merchant: MerchantId(row.get(0)?),
        outlet: OutletId(row.get(1)?),
        seen: seen.collect::<Option<_>>().ok_or_else(|| sql::Error::unreadable(2, "cards of a watch"))?,
        paused_until: row.get::<_, Option<i64>>(3)?.map(Timestamp),
        stopped_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
    })
}

pub(super) fn find_sweep(connection: &Connection, watch: &Watch) -> sql::Result<Option<Sweep>> {
    connection.prepare_cached(SWEEP)?.query_row([watch.text()], sweep).optional()
}

/// What wrong PINs leave behind.
pub(super) fn save(connection: &Connection, changes: &Changes) -> sql::Result<()> {
    let mut newest = None;
    for (watch, sweep) in &changes.sweeps {
        let cards: Vec<u8> =
            sweep.seen.iter().flat_map(|seen| seen.card.0.into_iter().chain(seen.at.0.to_be_bytes())).collect();
        let last = sweep.seen.last().map(|seen| seen.at);
        newest = newest.max(last);
        let sql = "INSERT INTO pin_sweep
                (watch, merchant_id, outlet_id, cards, cards_generation, seen_at, paused_until, stopped_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (watch) DO UPDATE SET merchant_id = excluded.merchant_id, outlet_id = excluded.outlet_id,
                cards = excluded.cards, cards_generation = excluded.cards_generation, seen_at = excluded.seen_at,
                paused_until = excluded.paused_until, stopped_at = excluded.stopped_at";
        let (paused_until, stopped_at) = (sweep.paused_until.map(|at| at.0), sweep.stopped_at.map(|at| at.0));
        let (merchant, outlet, seen_at) = (sweep.merchant.0, sweep.outlet.0, last.map_or(0, |at| at.0));
        let values = params![watch.text(), merchant, outlet, cards, GENERATION, seen_at, paused_until, stopped_at];
        connection.execute_later(sql, values)?;
    }
    if let Some(now) = newest {
        let sql = "DELETE FROM pin_sweep WHERE stopped_at IS NULL AND seen_at < ?1";
        connection.execute_later(sql, [now.plus(-SWEEP_LIFE).0])?;
    }
    for alarm in &changes.alarms {
        audit::insert(connection, &entry(alarm))?;
    }
    Ok(())
}

fn entry(alarm: &Alarm) -> Entry {
    let until = |until: Option<Timestamp>| {
        until.map_or_else(|| "until unlocked".to_owned(), |at| format!("until {}", at.date_time_text()))
    };
    let (action, subject, detail) = match &alarm.what {
        AlarmKind::Paused { watch, cards, until: end } => {
            let action = if end.is_some() { "pin_paused" } else { "pin_stopped" };
            (action, watch.text(), format!("wrong PINs of {cards} cards, {}", until(*end)))
        }
        AlarmKind::Locked { masked, everywhere } => {
            ("pin_locked", masked.clone(), if *everywhere { "everywhere" } else { "at this place" }.to_owned())
        }
    };
    Entry {
        at: alarm.at,
        // A holder on the public pages is no person at no place.
        person: Some(alarm.actor.person).filter(|person| person.0 != 0),
        merchant: Some(alarm.actor.merchant).filter(|merchant| merchant.0 != 0),
        terminal: Some(alarm.actor.terminal).filter(|terminal| terminal.0 != 0),
        action,
        subject,
        detail,
        address: alarm.network.clone(),
    }
}
