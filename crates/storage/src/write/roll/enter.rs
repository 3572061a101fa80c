//! Writing the rows of a roll, a piece at a time, and taking them back.
//!
//! What must stay true: a row is written by the functions that the forms use, after the rules of `domain` were asked for the
//! person who confirmed the roll. A row that does not fit any more is left, with the reason, and the others are written.

use domain::acts::Payload;
use domain::directory::Standing;
use domain::ids::{MerchantId, OutletId, PersonId};
use domain::person::{self, Giving, Held, Who, granting};
use domain::place::Place;
use domain::role::{self, Role};
use domain::time::Timestamp;

use super::line::{Line, OTHER, OutletLine, PersonLine};
use super::{ROW, Roll, RollRow, RowState, Why, find_in, read_row};
use crate::audit::Entry;
use crate::books::rows::word;
use crate::directory::{Edited, NewOutlet, edit_outlet_in};
use crate::job::{self, Job};
use crate::password::NOBODY;
use crate::people::keep::{Change, NotChanged, NotInvited, change_in, invite_in, reset_in, step_in};
use crate::people::{NewPerson, counting, held, read_place};
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::standing::{Made, Of, close_in};
use crate::{Storage, StorageError, opening};

/// Rows of a piece: the writer takes a few milliseconds for people, and for outlets with two terminals each.
const PEOPLE: u32 = 40;
const OUTLETS: u32 = 10;

/// What a piece left to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// There may be more rows: the job as it is now.
    More(Job),
    /// That was the last one.
    Last(Job),
    /// The job is in other hands, or the roll is gone.
    Gone,
}

/// What writing a row came to.
enum Outcome {
    /// The outlet or person, and the version that it has now.
    Written(i64, i64),
    /// Nothing was written.
    Left(Why),
}

/// The rows of the next piece, with the roll and its keeper, if the job is still in these hands.
struct Turn {
    roll: Roll,
    rows: Vec<RollRow>,
    keeper: PersonId,
    place: Place,
    roles: Vec<Role>,
}

impl Turn {
    fn take(connection: &Connection, job: &Job, state: RowState, now: Timestamp) -> sql::Result<Option<Self>> {
        if !job::keep(connection, job, job.done, 0, now)? {
            return Ok(None);
        }
        let Some(roll) = find_in(connection, job.subject)? else { return Ok(None) };
        let Some((keeper, _, _)) = roll.acted else { return Ok(None) };
        let sql = "SELECT place, merchant_id, outlet_id FROM person WHERE id = ?1 AND status = 'active'";
        let place = connection.prepare_cached(sql)?.query_row([keeper.0], |row| read_place(row, 0)).optional()?;
        // A person who was disabled meanwhile may do nothing.
        let roles = match place {
            Some(place) => counting(&held(connection, keeper)?, place, now.business_date()),
            None => Vec::new(),
        };
        let limit = if roll.kind == super::RollKind::People { PEOPLE } else { OUTLETS };
        let sql = format!(
            "SELECT {ROW} WHERE r.import_id = ?1 AND r.number >= ?2 AND r.state = ?3 ORDER BY r.number LIMIT ?4"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![job.subject, job.done, state.word(), limit], read_row)?;
        let rows = rows.collect::<sql::Result<Vec<_>>>()?;
        Ok(Some(Self { roll, rows, keeper, place: place.unwrap_or(Place::Company), roles }))
    }

    fn who(&self) -> Who<'_> {
        Who { place: self.place, roles: &self.roles }
    }

    fn manages_outlets(&self) -> bool {
        role::may(&self.roles, role::Action::ManageMerchants)
    }

    /// An audit entry of the person who has it done.
    fn entry(&self, action: &'static str, subject: &str, detail: &str, now: Timestamp) -> Entry {
        Entry {
            at: now,
            person: Some(self.keeper),
            merchant: None,
            terminal: None,
            action,
            subject: subject.to_owned(),
            detail: detail.to_owned(),
            address: format!("import {}", self.roll.id),
        }
    }

    /// Writes down where the rows stand, and how far the job is.
    fn end(self, connection: &Connection, job: Job, total: i64, now: Timestamp) -> sql::Result<Piece> {
        let Some(last) = self.rows.last() else { return Ok(Piece::Last(job)) };
        let done = last.number.saturating_add(1);
        job::keep(connection, &job, done, total.max(done), now)?;
        Ok(Piece::More(Job { done, ..job }))
    }
}

fn put(
    connection: &Connection,
    roll: i64,
    row: &RollRow,
    state: RowState,
    (subject, version): (Option<i64>, i64),
    why: Option<Why>,
) -> sql::Result<()> {
    let sql =
        "UPDATE roll_row SET state = ?3, subject = ?4, version = ?5, why = ?6 WHERE import_id = ?1 AND number = ?2";
    let why = why.map_or("", Why::word);
    connection.execute_later(sql, params![roll, row.number, state.word(), subject, version, why])
}

/// Writes the next rows of a roll. `label` is what a terminal is called, with `{0}` for its place in the outlet; `total` is
/// how many rows there are.
pub async fn enter(
    db: &Storage,
    job: Job,
    label: &'static str,
    total: i64,
    now: Timestamp,
) -> Result<Piece, StorageError> {
    db.write(move |connection| {
        connection.lock_name("directory", "")?;
        let Some(turn) = Turn::take(connection, &job, RowState::Waiting, now)? else { return Ok(Piece::Gone) };
        for row in &turn.rows {
            let outcome = match &row.after {
                Line::Outlet(one) => enter_outlet(connection, &turn, row, one, label, now)?,
                Line::Person(one) => enter_person(connection, &turn, row, one, now)?,
            };
            match outcome {
                Outcome::Written(subject, version) => {
                    put(connection, turn.roll.id, row, RowState::Written, (Some(subject), version), None)?;
                }
                Outcome::Left(why) => {
                    put(connection, turn.roll.id, row, RowState::Left, (row.subject, row.version), Some(why))?;
                }
            }
        }
        Ok(turn.end(connection, job, total, now)?)
    })
    .await
}

fn enter_outlet(
    connection: &Connection,
    turn: &Turn,
    row: &RollRow,
    one: &OutletLine,
    label: &str,
    now: Timestamp,
) -> Result<Outcome, StorageError> {
    if !turn.manages_outlets() {
        return Ok(Outcome::Left(Why::Right));
    }
    let sql = "SELECT id FROM merchant WHERE mid = ?1 AND status <> 'closed'";
    let merchant = connection.prepare_cached(sql)?.query_row([&one.mid], |row| row.get(0)).optional()?;
    let Some(merchant) = merchant.map(MerchantId) else { return Ok(Outcome::Left(Why::Closed)) };
    let entry = |action, subject: &str, detail: &str| Entry {
        merchant: Some(merchant),
        ..turn.entry(action, subject, detail, now)
    };
    let labels = |from: usize, count: usize| -> Vec<String> {
        (from..from.saturating_add(count)).map(|n| label.replace("{0}", &(n.saturating_add(1)).to_string())).collect()
    };
    let Some(Line::Outlet(before)) = &row.before else {
        let sql = "SELECT EXISTS (SELECT 1 FROM outlet WHERE name = ?1 AND merchant_id = ?2 AND status <> 'closed')";
        if connection.prepare_cached(sql)?.query_row(params![&one.name, merchant.0], |row| row.get(0))? {
            return Ok(Outcome::Left(Why::Taken));
        }
        let outlet = new_outlet(one, 0, merchant);
        let made = opening::enter_outlet(connection, outlet, &labels(0, one.tills), &entry("outlet_created", "", ""))?;
        return Ok(made.map_or(Outcome::Left(Why::Full), |id| Outcome::Written(id.0, 1)));
    };
    let id = row.subject.unwrap_or_default();
    connection.lock("SELECT id FROM outlet WHERE id = ?1", [id])?;
    let sql = "SELECT o.version, (SELECT COUNT(*) FROM terminal t WHERE t.outlet_id = o.id AND t.status <> 'retired')
        FROM outlet o WHERE o.id = ?1 AND o.status <> 'closed'";
    let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let found = connection.prepare_cached(sql)?.query_row([id], read).optional()?;
    let Some((version, tills)) = found else { return Ok(Outcome::Left(Why::Closed)) };
    if version != row.version {
        return Ok(Outcome::Left(Why::Changed));
    }
    let outlet = new_outlet(one, id, merchant);
    if one.tills > before.tills {
        // Somebody may have added some meanwhile.
        let there = usize::try_from(tills).unwrap_or_default();
        let labels = labels(there, one.tills.saturating_sub(there));
        if !opening::enter_terminals(connection, &outlet, &labels, &entry("terminal_created", "", ""))? {
            return Ok(Outcome::Left(Why::Full));
        }
    }
    if (OutletLine { tills: before.tills, ..one.clone() }) == *before {
        return Ok(Outcome::Written(id, version));
    }
    let changed = entry("outlet_changed", &id.to_string(), &detail(row));
    Ok(match edit_outlet_in(connection, version, &outlet, changed)? {
        Edited::Done => Outcome::Written(id, version.saturating_add(1)),
        Edited::Stale | Edited::Gone => Outcome::Left(Why::Changed),
    })
}

fn new_outlet(one: &OutletLine, id: i64, merchant: MerchantId) -> NewOutlet {
    NewOutlet {
        address: one.address.clone(),
        region: one.region.clone(),
        phone: one.phone.clone(),
        hours: one.hours.clone(),
        ..NewOutlet::of(id, merchant.0, &one.name)
    }
}

/// What a row changes, for the audit log.
fn detail(row: &RollRow) -> String {
    let one = |(field, was, is): (super::Field, String, String)| format!("{}: {was} -> {is}", field.word());
    row.changes().into_iter().map(one).collect::<Vec<_>>().join("; ")
}

fn enter_person(
    connection: &Connection,
    turn: &Turn,
    row: &RollRow,
    one: &PersonLine,
    now: Timestamp,
) -> Result<Outcome, StorageError> {
    let before = match &row.before {
        Some(Line::Person(before)) => Some(before),
        _ => None,
    };
    let nothing: &[Held] = &[];
    let Ok(given) = granting(turn.who(), one.place, before.map_or(nothing, |before| &before.held), &one.held) else {
        return Ok(Outcome::Left(Why::Right));
    };
    if given == Giving::No {
        return Ok(Outcome::Left(Why::Right));
    }
    match before {
        None => invite(connection, turn, one, now),
        Some(before) => {
            let id = PersonId(row.subject.unwrap_or_default());
            if id == turn.keeper || !keeps(turn, before) {
                return Ok(Outcome::Left(Why::Right));
            }
            // Those of the company that are more wait for another person.
            let roles = if given == Giving::Proposed { &before.held } else { &one.held };
            let entry = turn.entry("person_changed", &one.login, "", now);
            Ok(changed(connection, (id, row.version), one, roles, entry)?)
        }
    }
}

fn keeps(turn: &Turn, one: &PersonLine) -> bool {
    let roles: Vec<Role> = one.held.iter().map(|held| held.role).collect();
    person::keeps(turn.who(), Who { place: one.place, roles: &roles })
}

fn invite(connection: &Connection, turn: &Turn, one: &PersonLine, now: Timestamp) -> Result<Outcome, StorageError> {
    let human = match one.same.as_str() {
        "" | OTHER => None,
        login => {
            let sql = "SELECT human_id FROM person WHERE login = ?1 AND phone = ?2";
            let found = connection.prepare_cached(sql)?.query_row([login, &one.phone], |row| row.get(0)).optional()?;
            match found {
                Some(human) => Some(PersonId(human)),
                None => return Ok(Outcome::Left(Why::Changed)),
            }
        }
    };
    let roles = one.held.iter().map(|held| held.role).collect();
    let new = NewPerson {
        number: one.number.clone(),
        name: one.name.clone(),
        login: one.login.clone(),
        password_hash: NOBODY.to_owned(),
        must_change: true,
        // Those of the company wait for another person.
        roles: if one.place == Place::Company { Vec::new() } else { roles },
        place: one.place,
        terminal: one.terminal,
        human,
        given_by: Some(turn.keeper),
        phone: Some(one.phone.clone()).filter(|phone| !phone.is_empty()),
        language: None,
        ends_on: one.held.first().and_then(|held| held.ends_on),
    };
    let asked = !one.same.is_empty();
    let entry = turn.entry("person_invited", "", "", now);
    Ok(match invite_in(connection, &new, (None, asked), entry)? {
        Ok(id) => Outcome::Written(id.0, 1),
        Err(NotInvited::Login(_) | NotInvited::Phone { .. }) => Outcome::Left(Why::Taken),
        Err(NotInvited::Terminal) => Outcome::Left(Why::Changed),
    })
}

fn changed(
    connection: &Connection,
    (id, version): (PersonId, i64),
    one: &PersonLine,
    roles: &[Held],
    entry: Entry,
) -> sql::Result<Outcome> {
    let sql = "SELECT language FROM person WHERE id = ?1";
    let language = connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0)).optional()?.flatten();
    let change = Change {
        number: one.number.clone(),
        name: one.name.clone(),
        phone: Some(one.phone.clone()).filter(|phone| !phone.is_empty()),
        language,
        place: one.place,
        terminal: one.terminal,
        roles: roles.to_vec(),
    };
    Ok(match change_in(connection, (id, version), &change, entry)? {
        Ok(()) => Outcome::Written(id.0, version.saturating_add(1)),
        Err(NotChanged::Stale | NotChanged::Terminal) => Outcome::Left(Why::Changed),
        Err(NotChanged::NotPossible) => Outcome::Left(Why::Closed),
    })
}

/// What of a roll takes another person, from row `after` on: the acts to propose, and the row to go on behind; `None` when
/// there are no more rows.
pub async fn to_propose(db: &Storage, id: i64, after: i64) -> Result<Option<(Vec<Payload>, i64)>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {ROW} WHERE r.import_id = ?1 AND r.number > ?2 AND r.state = 'written' ORDER BY r.number LIMIT 100"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map([id, after], read_row)?.collect::<sql::Result<Vec<_>>>()?;
        let Some(last) = rows.last().map(|row| row.number) else { return Ok(None) };
        let mut payloads = Vec::new();
        for row in rows {
            let subject = row.subject.unwrap_or_default();
            let payload = match (&row.before, &row.after) {
                (None, Line::Outlet(_)) => opens_alone(connection, OutletId(subject))?,
                (before, Line::Person(one)) if one.place == Place::Company => {
                    let held = match before {
                        Some(Line::Person(before)) => before.held.as_slice(),
                        _ => &[],
                    };
                    let (person, roles) = (PersonId(subject), one.held.clone());
                    (!person::is_narrower(held, &one.held)).then_some(Payload::CompanyRoles { person, roles })
                }
                _ => None,
            };
            payloads.extend(payload);
        }
        Ok(Some((payloads, last)))
    })
    .await
}

/// The opening of an outlet that was never open. One of a merchant that was never open itself opens with it.
fn opens_alone(connection: &Connection, outlet: OutletId) -> sql::Result<Option<Payload>> {
    let sql = "SELECT o.status, m.status FROM outlet o JOIN merchant m ON m.id = o.merchant_id WHERE o.id = ?1";
    let read = |row: &Row<'_>| Ok((word(row, 0, Standing::from_word)?, word(row, 1, Standing::from_word)?));
    let found = connection.prepare_cached(sql)?.query_row([outlet.0], read).optional()?;
    let opens = found.is_some_and(|(outlet, merchant)| {
        outlet == Standing::Draft && !matches!(merchant, Standing::Draft | Standing::Closed)
    });
    Ok(opens.then_some(Payload::OutletOpening { outlet }))
}

/// Takes back the next rows of a roll: outlets that were never open are closed, people who never signed in are disabled, and
/// fields return to what they were.
pub async fn retract_piece(db: &Storage, job: Job, total: i64, now: Timestamp) -> Result<Piece, StorageError> {
    db.write(move |connection| {
        connection.lock_name("directory", "")?;
        let Some(turn) = Turn::take(connection, &job, RowState::Written, now)? else { return Ok(Piece::Gone) };
        for row in &turn.rows {
            let why = match (&row.before, &row.after) {
                (None, Line::Outlet(_)) => close_new(connection, &turn, row, now)?,
                (None, Line::Person(one)) => disable_new(connection, &turn, row, one, now)?,
                (Some(Line::Outlet(before)), Line::Outlet(_)) => return_outlet(connection, &turn, row, before, now)?,
                (Some(Line::Person(before)), Line::Person(one)) => {
                    return_person(connection, &turn, row, (before, one), now)?
                }
                _ => Some(Why::Changed),
            };
            let state = if why.is_some() { RowState::Kept } else { RowState::Retracted };
            put(connection, turn.roll.id, row, state, (row.subject, row.version), why)?;
        }
        Ok(turn.end(connection, job, total, now)?)
    })
    .await
}

fn close_new(connection: &Connection, turn: &Turn, row: &RollRow, now: Timestamp) -> Result<Option<Why>, StorageError> {
    if !turn.manages_outlets() {
        return Ok(Some(Why::Right));
    }
    let id = row.subject.unwrap_or_default();
    let sql = "SELECT o.status = 'draft' AND NOT EXISTS (SELECT 1 FROM person p
                WHERE p.merchant_id = o.merchant_id AND p.outlet_id = o.id AND p.status IN ('invited', 'active'))
            AND NOT EXISTS (SELECT 1 FROM terminal t WHERE t.outlet_id = o.id AND t.status <> 'new')
        FROM outlet o WHERE o.id = ?1";
    let unused: Option<bool> = connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    if unused != Some(true) {
        return Ok(Some(Why::Used));
    }
    let entry = turn.entry("outlet_closed", &id.to_string(), &format!("import {}", turn.roll.id), now);
    Ok(match close_in(connection, Of::Outlet(OutletId(id)), entry)? {
        Made::Done => None,
        Made::NotPossible | Made::Open(_) | Made::Gone => Some(Why::Used),
    })
}

fn disable_new(
    connection: &Connection,
    turn: &Turn,
    row: &RollRow,
    one: &PersonLine,
    now: Timestamp,
) -> Result<Option<Why>, StorageError> {
    let id = PersonId(row.subject.unwrap_or_default());
    let sql = "SELECT version FROM person WHERE id = ?1 AND status = 'invited' AND last_login_at IS NULL";
    let version = connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0)).optional()?;
    let Some(version) = version else { return Ok(Some(Why::Used)) };
    if !keeps(turn, one) {
        return Ok(Some(Why::Right));
    }
    let entry = turn.entry("person_disabled", &one.login, "", now);
    let step = step_in(connection, (id, version), person::Move::Disable, entry)?;
    Ok(step.err().map(|_| Why::Used))
}

fn return_outlet(
    connection: &Connection,
    turn: &Turn,
    row: &RollRow,
    before: &OutletLine,
    now: Timestamp,
) -> Result<Option<Why>, StorageError> {
    if !turn.manages_outlets() {
        return Ok(Some(Why::Right));
    }
    let id = row.subject.unwrap_or_default();
    let sql = "SELECT o.merchant_id FROM outlet o WHERE o.id = ?1 AND o.status <> 'closed'";
    let merchant = connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    let Some(merchant) = merchant.map(MerchantId) else { return Ok(Some(Why::Closed)) };
    let outlet = new_outlet(before, id, merchant);
    let entry = turn.entry("outlet_changed", &id.to_string(), &format!("import {} taken back", turn.roll.id), now);
    Ok(match edit_outlet_in(connection, row.version, &outlet, entry)? {
        Edited::Done => None,
        Edited::Stale | Edited::Gone => Some(Why::Changed),
    })
}

fn return_person(
    connection: &Connection,
    turn: &Turn,
    row: &RollRow,
    (before, one): (&PersonLine, &PersonLine),
    now: Timestamp,
) -> Result<Option<Why>, StorageError> {
    let id = PersonId(row.subject.unwrap_or_default());
    // What the row proposed is not held unless another person approved it, which is a change since.
    let now_held = held(connection, id)?;
    let alone = granting(turn.who(), before.place, &now_held, &before.held) == Ok(Giving::Alone);
    if id == turn.keeper || !alone || !keeps(turn, one) {
        return Ok(Some(Why::Right));
    }
    let entry = turn.entry("person_changed", &one.login, "", now);
    Ok(match changed(connection, (id, row.version), before, &before.held, entry)? {
        Outcome::Written(..) => None,
        Outcome::Left(why) => Some(why),
    })
}

/// New people of a roll without a first password, with their versions: the first `limit`.
pub async fn password_less(db: &Storage, id: i64, limit: u32) -> Result<Vec<(PersonId, i64)>, StorageError> {
    db.read(move |connection| {
        // `||` keeps the state from its index, which finds all people who were invited.
        let sql = "SELECT p.id, p.version FROM roll_row r JOIN person p ON p.id = r.subject
            WHERE r.import_id = ?1 AND r.move = 'add' AND r.state = 'written' AND p.status || '' = 'invited'
                AND p.password_expires_at <= p.created_at ORDER BY r.number LIMIT ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let read = |row: &Row<'_>| Ok((PersonId(row.get(0)?), row.get(1)?));
        Ok(statement.query_map(params![id, limit], read)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Gives people their initial passwords, which the person of `entry` hands over: a hash for each person of a version. Those
/// who were changed meanwhile get none; the answer has the others.
pub async fn passwords(
    db: &Storage,
    people: Vec<(PersonId, i64, String)>,
    entry: Entry,
) -> Result<Vec<PersonId>, StorageError> {
    db.write(move |connection| {
        let mut given = Vec::with_capacity(people.len());
        for (id, version, hash) in &people {
            if reset_in(connection, (*id, *version), hash, entry.clone())?.is_ok() {
                given.push(*id);
            }
        }
        Ok(given)
    })
    .await
}
