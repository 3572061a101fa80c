//! People, and the merchants, outlets and terminals that they work at.

use crate::sql::{self, Connection, OptionalExtension, Row, params};
use domain::ids::{MerchantId, OutletId, PersonId, TerminalId};
use domain::place::Place;
use domain::role::Role;
use domain::time::Timestamp;

use crate::audit::{self, Entry};
use crate::books::rows::word;
use crate::login;
use crate::{Storage, StorageError};

/// Ids of people: 1,000 to 99,999. Merchants have 6 digits, outlets 7, terminals and
/// cards more, so that people and accounts never share an id.
const PERSON_IDS: std::ops::Range<i64> = 1_000..100_000;

/// Whom a login name belongs to, and what signing in needs to know.
#[derive(Clone, Debug)]
pub struct Account {
    /// Person.
    pub person: PersonId,
    /// Display name.
    pub name: String,
    /// PHC string of the password.
    pub password_hash: String,
    /// May sign in at all.
    pub active: bool,
    /// The merchant and the outlet, where there are any, are in business.
    pub trading: bool,
    /// Still has the initial password.
    pub must_change: bool,
    /// Where the person belongs.
    pub place: Place,
    /// The till that the person works at.
    pub terminal: Option<TerminalId>,
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
            "SELECT p.id, p.name, p.password_hash, p.status = 'active',
                    COALESCE(m.status, 'active') = 'active' AND COALESCE(o.status, 'active') = 'active',
                    p.must_change, p.place, p.merchant_id, p.outlet_id, p.default_terminal
             FROM person p
             LEFT JOIN merchant m ON m.id = p.merchant_id
             LEFT JOIN outlet o ON o.id = p.outlet_id
             WHERE p.login = ?1",
        )?;
        Ok(statement.query_row([login], read_account).optional()?)
    })
    .await
}

fn read_account(row: &Row<'_>) -> sql::Result<Account> {
    Ok(Account {
        person: PersonId(row.get(0)?),
        name: row.get(1)?,
        password_hash: row.get(2)?,
        active: row.get(3)?,
        trading: row.get(4)?,
        must_change: row.get(5)?,
        place: read_place(row, 6)?,
        terminal: row.get::<_, Option<i64>>(9)?.map(TerminalId),
    })
}

/// The place in three columns from `column` on: word, merchant, outlet.
pub(crate) fn read_place(row: &Row<'_>, column: usize) -> sql::Result<Place> {
    let [merchant, outlet] = [column + 1, column + 2].map(|column| row.get::<_, Option<i64>>(column));
    let (merchant, outlet) = (merchant?.map(MerchantId), outlet?.map(OutletId));
    word(row, column, |word| Place::read(word, merchant, outlet))
}

/// What a person may do, as of now.
pub async fn roles(db: &Storage, person: PersonId) -> Result<Vec<Role>, StorageError> {
    db.read_by_key(move |connection| Ok(roles_of(connection, person)?)).await
}

pub(crate) fn roles_of(connection: &Connection, person: PersonId) -> sql::Result<Vec<Role>> {
    let mut statement = connection.prepare_cached("SELECT role FROM person_role WHERE person_id = ?1")?;
    let rows = statement.query_map([person.0], |row| row.get::<_, String>(0))?;
    let words: Vec<String> = rows.collect::<sql::Result<_>>()?;
    Ok(words.iter().filter_map(|word| Role::from_word(word)).collect())
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
    /// PHC string of the first password.
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
}

/// Creates a person of the card company from the command line. Answers `None` when the login name is taken.
pub async fn create(db: &Storage, person: NewPerson, now: Timestamp) -> Result<Option<PersonId>, StorageError> {
    db.write(move |connection| {
        let taken = "SELECT EXISTS (SELECT 1 FROM person WHERE login = ?1)";
        if connection.query_row(taken, [normal_login(&person.login)], |row| row.get(0))? {
            return Ok(None);
        }
        let id = next_id(connection)?;
        insert_person(connection, id, &person, now)?;
        audit::insert(connection, &from_command_line(now, "person_created", &person.login))?;
        Ok(Some(id))
    })
    .await
}

/// Makes `login`, with every other login and key of its human, one of `human`, from now on. `false`: no such login name.
pub async fn join(db: &Storage, login: &str, human: PersonId, now: Timestamp) -> Result<bool, StorageError> {
    let login = normal_login(login);
    db.write(move |connection| {
        let sql = "SELECT human_id FROM person WHERE login = ?1";
        let Some(old) = connection.query_row(sql, [&login], |row| row.get::<_, i64>(0)).optional()? else {
            return Ok(false);
        };
        if old != human.0 {
            let sql = "UPDATE person SET human_id = ?2, joined_at = ?3 WHERE human_id = ?1";
            connection.execute(sql, [old, human.0, now.0])?;
            audit::insert(connection, &from_command_line(now, "human_joined", &login))?;
        }
        Ok(true)
    })
    .await
}

/// The next person's id, inside the caller's transaction.
pub(crate) fn next_id(connection: &Connection) -> Result<PersonId, StorageError> {
    connection.lock_name("person", "")?;
    let sql = "SELECT COALESCE(MAX(id), ?1 - 1) + 1 FROM person";
    let id: i64 = connection.query_row(sql, [PERSON_IDS.start], |row| row.get(0))?;
    if PERSON_IDS.contains(&id) {
        Ok(PersonId(id))
    } else {
        Err(StorageError::NotWritten("no person id is left".to_owned()))
    }
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
    connection.execute(
        "INSERT INTO person (id, number, name, login, password_hash, must_change, password_changed_at, status,
                             place, merchant_id, outlet_id, default_terminal, human_id, given_by, given_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'active', ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
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
        ],
    )?;
    for role in &person.roles {
        connection.execute("INSERT INTO person_role (person_id, role) VALUES (?1, ?2)", (id.0, role.word()))?;
    }
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
                given_at = ?3 WHERE login = ?1",
            (&login, hash, now.0),
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
            "UPDATE person SET password_hash = ?2, must_change = 0, password_changed_at = ?3 WHERE id = ?1",
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

/// Lets a person sign in or no longer; their sessions die at once.
pub async fn set_active(db: &Storage, person: PersonId, active: bool) -> Result<(), StorageError> {
    let status = if active { "active" } else { "disabled" };
    db.write(move |connection| {
        connection.execute("UPDATE person SET status = ?2 WHERE id = ?1", (person.0, status))?;
        connection.execute("DELETE FROM session WHERE person_id = ?1", [person.0])?;
        Ok(())
    })
    .await
}

fn from_command_line(at: Timestamp, action: &'static str, subject: &str) -> Entry {
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
