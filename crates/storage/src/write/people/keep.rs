//! Keeping people: invitation, changes, stop and return, a new initial password, locks, sessions, several logins of one
//! human. Each act is one transaction with its line in the audit log, and counts from the person's next request on.
//!
//! What must stay true:
//! - Who may do it is asked before (`domain::person`); here only what the rows say.
//! - A form from before a change is refused: it carries the version that it showed.
//! - Roles of the card company are given by the money path alone; here they can only be taken away.

use crate::sql::{self, Connection, OptionalExtension as _, params};
use domain::ids::PersonId;
use domain::person::{Held, Move, PersonStatus, initial_until, other_logins};
use domain::place::Place;

use super::{NewPerson, held, insert_person, is_taken, next_id, normal_login, put_role};
use crate::audit::{self, Entry};
use crate::books::rows::word;
use crate::merchant::Reach;
use crate::{Storage, StorageError, login};

/// Why nobody was invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotInvited {
    /// The login name is taken; one that is free.
    Login(String),
    /// This person has the phone: perhaps it is the same human.
    Phone {
        /// Who.
        person: PersonId,
        /// Display name.
        name: String,
        /// Login name.
        login: String,
    },
    /// The terminal is not of the outlet.
    Terminal,
}

/// Makes a login for `person`, whose password the person of `entry` hands over. With `asked`, a phone that somebody within
/// `reach` has is no objection any more.
pub async fn invite(
    db: &Storage,
    person: NewPerson,
    (reach, asked): (Option<Reach>, bool),
    entry: Entry,
) -> Result<Result<PersonId, NotInvited>, StorageError> {
    db.write(move |connection| invite_in(connection, &person, (reach, asked), entry)).await
}

/// The same inside a transaction.
pub(crate) fn invite_in(
    connection: &Connection,
    person: &NewPerson,
    (reach, asked): (Option<Reach>, bool),
    entry: Entry,
) -> Result<Result<PersonId, NotInvited>, StorageError> {
    if is_taken(connection, &person.login)? {
        return Ok(Err(NotInvited::Login(free_login(connection, &person.login)?)));
    }
    if !has_terminal(connection, person.place, person.terminal.map(|id| id.0))? {
        return Ok(Err(NotInvited::Terminal));
    }
    if let Some(phone) = person.phone.as_deref().filter(|_| !asked && person.human.is_none())
        && let Some(same) = with_phone(connection, phone, reach)?
    {
        return Ok(Err(same));
    }
    let id = next_id(connection)?;
    let number = if person.number.is_empty() { id.to_string() } else { person.number.clone() };
    insert_person(connection, id, &NewPerson { number, ..person.clone() }, entry.at)?;
    let roles: Vec<&str> = person.roles.iter().map(|role| role.word()).collect();
    let detail = format!("{}, {}", person.place.word(), roles.join(" "));
    audit::insert(connection, &Entry { subject: normal_login(&person.login), detail, ..entry })?;
    Ok(Ok(id))
}

fn free_login(connection: &Connection, login: &str) -> sql::Result<String> {
    let login = normal_login(login);
    for other in other_logins(&login) {
        if !is_taken(connection, &other)? {
            return Ok(other);
        }
    }
    Ok(String::new())
}

fn has_terminal(connection: &Connection, place: Place, terminal: Option<i64>) -> sql::Result<bool> {
    let Some(terminal) = terminal else { return Ok(true) };
    let sql = "SELECT EXISTS (SELECT 1 FROM terminal WHERE id = ?1 AND outlet_id = ?2)";
    let outlet = place.outlet().map(|id| id.0);
    connection.prepare_cached(sql)?.query_row(params![terminal, outlet], |row| row.get(0))
}

fn with_phone(connection: &Connection, phone: &str, reach: Option<Reach>) -> sql::Result<Option<NotInvited>> {
    let sql = "SELECT id, name, login FROM person WHERE phone = ?1 AND status NOT IN ('left', 'key')
        AND (?2 IS NULL OR merchant_id = ?2) AND (?3 IS NULL OR outlet_id = ?3) ORDER BY id LIMIT 1";
    let values = params![phone, reach.map(|reach| reach.merchant.0), reach.and_then(Reach::outlet)];
    let read = |row: &sql::Row<'_>| {
        Ok(NotInvited::Phone { person: PersonId(row.get(0)?), name: row.get(1)?, login: row.get(2)? })
    };
    connection.prepare_cached(sql)?.query_row(values, read).optional()
}

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotChanged {
    /// There is nobody like this, or the form is from before another change.
    Stale,
    /// The login does not stand where that could be done.
    NotPossible,
    /// The terminal is not of the outlet.
    Terminal,
}

/// What a form changes.
#[derive(Clone, Debug)]
pub struct Change {
    /// Number on slips.
    pub number: String,
    /// Display name.
    pub name: String,
    /// Phone.
    pub phone: Option<String>,
    /// Language of the pages.
    pub language: Option<String>,
    /// Where the person belongs.
    pub place: Place,
    /// The till that the person works at.
    pub terminal: Option<domain::ids::TerminalId>,
    /// What the person holds afterwards.
    pub roles: Vec<Held>,
}

/// The login and where it stands, locked for a change, unless the form is from before another one.
struct Target {
    login: String,
    status: PersonStatus,
    own_password: bool,
}

fn target(connection: &Connection, person: PersonId, version: i64) -> sql::Result<Option<Target>> {
    connection.lock("SELECT 1 FROM person WHERE id = ?1", [person.0])?;
    let sql = "SELECT login, status, password_expires_at IS NULL FROM person WHERE id = ?1 AND version = ?2 AND status <> 'key'";
    let read = |row: &sql::Row<'_>| {
        Ok(Target { login: row.get(0)?, status: word(row, 1, PersonStatus::from_word)?, own_password: row.get(2)? })
    };
    connection.prepare_cached(sql)?.query_row([person.0, version], read).optional()
}

/// Changes what a form shows.
pub async fn change(
    db: &Storage,
    target: (PersonId, i64),
    change: Change,
    entry: Entry,
) -> Result<Result<(), NotChanged>, StorageError> {
    db.write(move |connection| Ok(change_in(connection, target, &change, entry)?)).await
}

/// The same inside a transaction.
pub(crate) fn change_in(
    connection: &Connection,
    (person, version): (PersonId, i64),
    change: &Change,
    entry: Entry,
) -> sql::Result<Result<(), NotChanged>> {
    let Some(target) = target(connection, person, version)? else { return Ok(Err(NotChanged::Stale)) };
    if target.status == PersonStatus::Left {
        return Ok(Err(NotChanged::NotPossible));
    }
    if !has_terminal(connection, change.place, change.terminal.map(|id| id.0))? {
        return Ok(Err(NotChanged::Terminal));
    }
    let before = held(connection, person)?;
    let sql = "UPDATE person SET number = ?2, name = ?3, phone = ?4, language = ?5, place = ?6, merchant_id = ?7,
            outlet_id = ?8, default_terminal = ?9, changed_at = ?10, version = version + 1 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        person.0,
        &change.number,
        &change.name,
        change.phone.as_deref(),
        change.language.as_deref(),
        change.place.word(),
        change.place.merchant().map(|id| id.0),
        change.place.outlet().map(|id| id.0),
        change.terminal.map(|id| id.0),
        entry.at.0,
    ])?;
    set_roles(connection, person, &before, &change.roles)?;
    let (before, after) = (domain::person::roles_text(&before), domain::person::roles_text(&change.roles));
    let roles = if before == after { after } else { format!("{before} -> {after}") };
    let detail = format!("{}, {roles}", change.place.word());
    audit::insert(connection, &Entry { subject: target.login, detail, ..entry })?;
    Ok(Ok(()))
}

/// Roles that stay keep the approval that gave them.
fn set_roles(connection: &Connection, person: PersonId, before: &[Held], after: &[Held]) -> sql::Result<()> {
    for old in before.iter().filter(|old| !after.iter().any(|new| new.role == old.role)) {
        let sql = "DELETE FROM person_role WHERE person_id = ?1 AND role = ?2";
        connection.prepare_cached(sql)?.execute(params![person.0, old.role.word()])?;
    }
    for new in after.iter().filter(|new| !before.contains(new)) {
        let sql = "UPDATE person_role SET ends_on = ?3 WHERE person_id = ?1 AND role = ?2";
        let values = params![person.0, new.role.word(), new.ends_on.map(|day| day.0)];
        if connection.prepare_cached(sql)?.execute(values)? == 0 {
            put_role(connection, person, *new)?;
        }
    }
    Ok(())
}

/// Stops a login, lets it return, or ends it. Its sessions end.
pub async fn step(
    db: &Storage,
    target: (PersonId, i64),
    step: Move,
    entry: Entry,
) -> Result<Result<(), NotChanged>, StorageError> {
    db.write(move |connection| Ok(step_in(connection, target, step, entry)?)).await
}

/// The same inside a transaction.
pub(crate) fn step_in(
    connection: &Connection,
    (person, version): (PersonId, i64),
    step: Move,
    entry: Entry,
) -> sql::Result<Result<(), NotChanged>> {
    let Some(target) = target(connection, person, version)? else { return Ok(Err(NotChanged::Stale)) };
    let Some(after) = target.status.after(step, target.own_password) else {
        return Ok(Err(NotChanged::NotPossible));
    };
    let sql = "UPDATE person SET status = ?2, changed_at = ?3, version = version + 1 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![person.0, after.word(), entry.at.0])?;
    end_all(connection, person)?;
    let detail = format!("{} -> {}", target.status, after);
    audit::insert(connection, &Entry { subject: target.login, detail, ..entry })?;
    Ok(Ok(()))
}

fn end_all(connection: &Connection, person: PersonId) -> sql::Result<usize> {
    connection.prepare_cached("DELETE FROM session WHERE person_id = ?1")?.execute([person.0])
}

/// Gives a person a new initial password, which the person of `entry` hands over. Sessions end and locks are lifted.
pub async fn reset(
    db: &Storage,
    target: (PersonId, i64),
    hash: String,
    entry: Entry,
) -> Result<Result<(), NotChanged>, StorageError> {
    db.write(move |connection| Ok(reset_in(connection, target, &hash, entry)?)).await
}

/// The same inside a transaction.
pub(crate) fn reset_in(
    connection: &Connection,
    (person, version): (PersonId, i64),
    hash: &str,
    entry: Entry,
) -> sql::Result<Result<(), NotChanged>> {
    let Some(target) = target(connection, person, version)? else { return Ok(Err(NotChanged::Stale)) };
    if !target.status.signs_in() {
        return Ok(Err(NotChanged::NotPossible));
    }
    let sql = "UPDATE person SET password_hash = ?2, must_change = 1, password_changed_at = ?3, given_by = ?4,
            given_at = ?3, password_expires_at = ?5, changed_at = ?3, version = version + 1 WHERE id = ?1";
    let by = entry.person.map(|id| id.0);
    let values = params![person.0, hash, entry.at.0, by, initial_until(entry.at).0];
    connection.prepare_cached(sql)?.execute(values)?;
    end_all(connection, person)?;
    login::lift(connection, &target.login)?;
    audit::insert(connection, &Entry { subject: target.login, ..entry })?;
    Ok(Ok(()))
}

/// Lifts the locks of a login after wrong passwords.
pub async fn unlock(db: &Storage, login: String, entry: Entry) -> Result<(), StorageError> {
    db.write(move |connection| {
        login::lift(connection, &login)?;
        Ok(audit::insert(connection, &Entry { subject: login.clone(), ..entry })?)
    })
    .await
}

/// Ends every session of a person. Answers how many there were.
pub async fn end_sessions(db: &Storage, person: PersonId, login: String, entry: Entry) -> Result<usize, StorageError> {
    db.write(move |connection| {
        let ended = end_all(connection, person)?;
        let detail = format!("{ended} sessions");
        audit::insert(connection, &Entry { subject: login.clone(), detail, ..entry })?;
        Ok(ended)
    })
    .await
}

/// Makes `person`, with every other login and key of their human, one of `human`, from now on.
pub async fn join(db: &Storage, person: PersonId, human: PersonId, entry: Entry) -> Result<(), StorageError> {
    db.write(move |connection| {
        let sql = "SELECT human_id FROM person WHERE id = ?1";
        let old: i64 = connection.prepare_cached(sql)?.query_row([person.0], |row| row.get(0))?;
        if old != human.0 {
            let sql = "UPDATE person SET human_id = ?2, joined_at = ?3 WHERE human_id = ?1";
            connection.prepare_cached(sql)?.execute([old, human.0, entry.at.0])?;
            audit::insert(connection, &entry)?;
        }
        Ok(())
    })
    .await
}
