//! People, and the merchants, outlets and terminals that they work at.

use crate::sql::{self, Connection, OptionalExtension, Row, params};
use domain::ids::{MerchantId, OutletId, PersonId, TerminalId};
use domain::person::{Held, PersonStatus, initial_until};
use domain::place::Place;
use domain::role::Role;
use domain::time::{BusinessDate, Timestamp};

use crate::audit::{self, Entry};
use crate::books::rows::word;
use crate::login;
use crate::password::NOBODY;
use crate::{Storage, StorageError};

pub mod keep;
pub mod list;

/// Ids of people: 1,000 to 99,999, and from 10^12 on when those are used up. Merchants have 6 digits, outlets 7,
/// terminals and cards more, but none 13, so that people and accounts never share an id.
const PERSON_IDS: [std::ops::Range<i64>; 2] = [1_000..100_000, 1_000_000_000_000..i64::MAX];

/// Whom a login name belongs to, and what signing in needs to know.
#[derive(Clone, Debug)]
pub struct Account {
    /// Person.
    pub person: PersonId,
    /// Display name.
    pub name: String,
    /// PHC string of the password.
    pub password_hash: String,
    /// Where the login stands.
    pub status: PersonStatus,
    /// What the person may do, with the days on which that ends.
    pub roles: Vec<Held>,
    /// Until when an initial password opens anything.
    pub password_expires_at: Option<Timestamp>,
    /// Why the merchant or the outlet was suspended or closed, if it was.
    pub stopped: Option<String>,
    /// Still has the initial password.
    pub must_change: bool,
    /// Where the person belongs.
    pub place: Place,
    /// The till that the person works at.
    pub terminal: Option<TerminalId>,
    /// Language of the pages; none for the browser's own choice.
    pub language: Option<String>,
}

impl Account {
    /// The roles that count at `now`.
    pub fn roles_at(&self, now: Timestamp) -> Vec<Role> {
        counting(&self.roles, self.place, now.business_date())
    }

    /// Whether the person may sign in at `now`, as far as login and roles go.
    pub fn signs_in(&self, now: Timestamp) -> bool {
        self.status.signs_in() && !self.is_expired(now) && !self.roles_at(now).is_empty()
    }

    /// Whether the initial password is too old.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.must_change && self.password_expires_at.is_some_and(|end| end <= now)
    }
}

/// Of `roles` those that grant anything at `place` on `day`.
pub(crate) fn counting(roles: &[Held], place: Place, day: BusinessDate) -> Vec<Role> {
    roles.iter().filter(|held| held.counts(day) && place.fits(held.role)).map(|held| held.role).collect()
}

/// The form in which a login name is stored and compared.
pub fn normal_login(login: &str) -> String {
    login.trim().to_lowercase()
}

/// The account of a login name as somebody typed it.
pub async fn account(db: &Storage, login: &str) -> Result<Option<Account>, StorageError> {
    let login = normal_login(login);
    db.read_by_key(move |connection| {
        let mut statement = connection.prepare_cached(
            "SELECT p.id, p.name, p.password_hash, p.status,
                    CASE WHEN m.status IN ('suspended', 'closed') THEN m.reason
                        WHEN o.status IN ('suspended', 'closed') THEN o.reason END,
                    p.must_change, p.place, p.merchant_id, p.outlet_id, p.default_terminal, p.password_expires_at,
                    p.language
             FROM person p
             LEFT JOIN merchant m ON m.id = p.merchant_id
             LEFT JOIN outlet o ON o.id = p.outlet_id
             WHERE p.login = ?1",
        )?;
        let Some(mut account) = statement.query_row([login], read_account).optional()? else { return Ok(None) };
        account.roles = held(connection, account.person)?;
        Ok(Some(account))
    })
    .await
}

fn read_account(row: &Row<'_>) -> sql::Result<Account> {
    Ok(Account {
        person: PersonId(row.get(0)?),
        name: row.get(1)?,
        password_hash: row.get(2)?,
        status: word(row, 3, PersonStatus::from_word)?,
        roles: Vec::new(),
        password_expires_at: row.get::<_, Option<i64>>(10)?.map(Timestamp),
        stopped: row.get(4)?,
        must_change: row.get(5)?,
        place: read_place(row, 6)?,
        terminal: row.get::<_, Option<i64>>(9)?.map(TerminalId),
        language: row.get(11)?,
    })
}

/// The place in three columns from `column` on: word, merchant, outlet.
pub(crate) fn read_place(row: &Row<'_>, column: usize) -> sql::Result<Place> {
    let [merchant, outlet] = [column + 1, column + 2].map(|column| row.get::<_, Option<i64>>(column));
    let (merchant, outlet) = (merchant?.map(MerchantId), outlet?.map(OutletId));
    word(row, column, |word| Place::read(word, merchant, outlet))
}

/// What a person holds, in the order of the roles.
pub(crate) fn held(connection: &Connection, person: PersonId) -> sql::Result<Vec<Held>> {
    let mut statement = connection.prepare_cached("SELECT role, ends_on FROM person_role WHERE person_id = ?1")?;
    let rows = statement.query_map([person.0], |row| {
        let ends_on = row.get::<_, Option<i32>>(1)?.map(BusinessDate);
        Ok(Held { role: word(row, 0, Role::from_word)?, ends_on })
    })?;
    let mut held: Vec<Held> = rows.collect::<sql::Result<_>>()?;
    held.sort_unstable();
    Ok(held)
}

/// Somebody to be created.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Number on slips.
    pub number: String,
    /// Display name.
    pub name: String,
    /// Login name.
    pub login: String,
    /// PHC string of the first password; [`NOBODY`] for somebody who gets one later.
    pub password_hash: String,
    /// Must choose another password at first login.
    pub must_change: bool,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// Where the person belongs. Every role has to fit it.
    pub place: Place,
    /// The till that the person works at, of that outlet.
    pub terminal: Option<TerminalId>,
    /// The human behind this login, where it is not the only one: the person who is that human's first login.
    pub human: Option<PersonId>,
    /// Whoever creates it and knows the first password, if it is not the person: it counts as their login for a while.
    pub given_by: Option<PersonId>,
    /// Phone, digits only.
    pub phone: Option<String>,
    /// Language of the pages, `zh` or `en`; none for the browser's own.
    pub language: Option<String>,
    /// The last day of the roles, for a deputy.
    pub ends_on: Option<BusinessDate>,
}

/// Creates a person of the card company from the command line. Answers `None` when the login name is taken.
pub async fn create(db: &Storage, person: NewPerson, now: Timestamp) -> Result<Option<PersonId>, StorageError> {
    db.write(move |connection| {
        if is_taken(connection, &person.login)? {
            return Ok(None);
        }
        let id = next_id(connection)?;
        insert_person(connection, id, &person, now)?;
        audit::insert(connection, &from_command_line(now, "person_created", &person.login))?;
        Ok(Some(id))
    })
    .await
}

/// Whether somebody has or had this login name.
fn is_taken(connection: &Connection, login: &str) -> sql::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM person WHERE login = ?1)";
    connection.prepare_cached(sql)?.query_row([normal_login(login)], |row| row.get(0))
}

/// Makes `login`, with every other login and key of its human, one of `human`, from now on. `false`: no such login name.
pub async fn join(db: &Storage, login: &str, human: PersonId, now: Timestamp) -> Result<bool, StorageError> {
    let Some(account) = account(db, login).await? else { return Ok(false) };
    let entry = from_command_line(now, "human_joined", &normal_login(login));
    keep::join(db, account.person, human, entry).await?;
    Ok(true)
}

/// The next person's id, inside the caller's transaction.
pub(crate) fn next_id(connection: &Connection) -> Result<PersonId, StorageError> {
    connection.lock_name("person", "")?;
    let sql = "SELECT COALESCE(MAX(id) + 1, ?1) FROM person WHERE id >= ?1 AND id < ?2";
    for ids in PERSON_IDS {
        let id: i64 = connection.query_row(sql, [ids.start, ids.end], |row| row.get(0))?;
        if ids.contains(&id) {
            return Ok(PersonId(id));
        }
    }
    Err(StorageError::NotWritten("no person id is left".to_owned()))
}

pub(crate) fn insert_person(
    connection: &Connection,
    id: PersonId,
    person: &NewPerson,
    now: Timestamp,
) -> Result<(), StorageError> {
    if let Some(role) = person.roles.iter().find(|role| !person.place.fits(**role)) {
        let (role, place) = (role.word(), person.place.word());
        return Err(StorageError::NotWritten(format!("the role {role} does not fit a person of a {place}")));
    }
    let status = if person.must_change { PersonStatus::Invited } else { PersonStatus::Active };
    // A person without a password has an initial one that is over.
    let until = if person.password_hash == NOBODY { now } else { initial_until(now) };
    connection.execute(
        "INSERT INTO person (id, number, name, login, password_hash, must_change, password_changed_at, status,
                             place, merchant_id, outlet_id, default_terminal, human_id, given_by, given_at,
                             password_expires_at, phone, language, created_at, created_by, changed_at, version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?15, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?16, ?17, ?18, ?7, ?13, ?7, 1)",
        params![
            id.0,
            &person.number,
            &person.name,
            normal_login(&person.login),
            &person.password_hash,
            person.must_change,
            now.0,
            person.place.word(),
            person.place.merchant().map(|id| id.0),
            person.place.outlet().map(|id| id.0),
            person.terminal.map(|id| id.0),
            person.human.unwrap_or(id).0,
            person.given_by.map(|giver| giver.0),
            person.given_by.map(|_| now.0),
            status.word(),
            person.must_change.then_some(until.0),
            person.phone.as_deref(),
            person.language.as_deref(),
        ],
    )?;
    for role in &person.roles {
        put_role(connection, id, Held { role: *role, ends_on: person.ends_on })?;
    }
    Ok(())
}

fn put_role(connection: &Connection, person: PersonId, held: Held) -> sql::Result<()> {
    let sql = "INSERT INTO person_role (person_id, role, ends_on, given_by) VALUES (?1, ?2, ?3, NULL)";
    let values = params![person.0, held.role.word(), held.ends_on.map(|day| day.0)];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Gives a person a new initial password from the command line and ends their sessions. `false`: no such login name.
///
/// Nobody knows who sat at the command line, so for a while the login is no second person to anybody.
pub async fn reset_password(db: &Storage, login: &str, hash: String, now: Timestamp) -> Result<bool, StorageError> {
    let login = normal_login(login);
    db.write(move |connection| {
        let changed = connection.execute(
            "UPDATE person SET password_hash = ?2, must_change = 1, password_changed_at = ?3, given_by = NULL,
                given_at = ?3, password_expires_at = ?4, changed_at = ?3, version = version + 1 WHERE login = ?1",
            (&login, hash, now.0, initial_until(now).0),
        )?;
        connection
            .execute("DELETE FROM session WHERE person_id IN (SELECT id FROM person WHERE login = ?1)", [&login])?;
        login::lift(connection, &login)?;
        if changed > 0 {
            audit::insert(connection, &from_command_line(now, "password_reset", &login))?;
        }
        Ok(changed > 0)
    })
    .await
}

/// Replaces a person's password and ends all their sessions, in this or any other browser.
pub async fn change_password(db: &Storage, hash: String, entry: Entry) -> Result<(), StorageError> {
    let person = entry.person.map(|id| id.0);
    db.write(move |connection| {
        connection.execute(
            "UPDATE person SET password_hash = ?2, must_change = 0, password_changed_at = ?3, password_expires_at = NULL,
                status = CASE status WHEN 'invited' THEN 'active' ELSE status END WHERE id = ?1",
            (person, hash, entry.at.0),
        )?;
        connection.execute("DELETE FROM session WHERE person_id = ?1", [person])?;
        Ok(audit::insert(connection, &entry)?)
    })
    .await
}

/// Whether there is anybody who could sign in.
pub async fn anybody(db: &Storage) -> Result<bool, StorageError> {
    db.read(|connection| Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM person)", [], |row| row.get(0))?)).await
}

/// An audit entry for what somebody does at the command line.
pub fn from_command_line(at: Timestamp, action: &'static str, subject: &str) -> Entry {
    Entry {
        at,
        person: None,
        merchant: None,
        terminal: None,
        action,
        subject: subject.to_owned(),
        detail: String::new(),
        address: "command line".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::open;

    #[tokio::test]
    async fn ids_go_on_at_ten_to_the_twelfth_when_the_short_ones_are_used_up() {
        let (_folder, db) = open().await;
        let ids = db.write(|connection| {
            let mut ids = Vec::new();
            for used in [None, Some(99_998_i64), Some(99_999), Some(1_000_000_000_000)] {
                if let Some(used) = used {
                    let sql = "INSERT INTO person (id, number, name, login, password_hash, must_change,
                        password_changed_at, created_at, changed_at, version, status, place, human_id)
                        VALUES (?1, '', '', ?2, '', 0, 0, 0, 0, 1, 'active', 'company', ?1)";
                    connection.execute(sql, params![used, format!("p{used}")])?;
                }
                ids.push(next_id(connection)?.0);
            }
            Ok(ids)
        });
        assert_eq!(ids.await.expect("writes"), [1_000, 99_999, 1_000_000_000_000, 1_000_000_000_001]);
    }
}
