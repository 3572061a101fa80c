//! What a check of a roll asks of the directory and of people: only what the file names, each found by its key.

use std::collections::HashMap;

use domain::directory::Standing;
use domain::ids::{MerchantId, OutletId, PersonId, TerminalId};
use domain::person::PersonStatus;

use super::line::{OutletLine, PersonLine};
use crate::books::rows::word;
use crate::people::{held, read_place};
use crate::sql::{self, OptionalExtension as _, Row, params};
use crate::{Storage, StorageError};

/// A merchant that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownMerchant {
    /// Number.
    pub id: MerchantId,
    /// The merchant's number, 15 digits.
    pub mid: String,
    /// State.
    pub status: Standing,
}

/// The merchants of merchant numbers or numbers.
pub async fn merchants(db: &Storage, numbers: Vec<String>) -> Result<HashMap<String, KnownMerchant>, StorageError> {
    db.read(move |connection| {
        let read = |row: &Row<'_>| {
            let status = word(row, 2, Standing::from_word)?;
            Ok(KnownMerchant { id: MerchantId(row.get(0)?), mid: row.get(1)?, status })
        };
        let mut found = HashMap::new();
        for number in numbers {
            let mut by_mid = connection.prepare_cached("SELECT id, mid, status FROM merchant WHERE mid = ?1")?;
            let mut by_id = connection.prepare_cached("SELECT id, mid, status FROM merchant WHERE id = ?1")?;
            let one = match number.parse::<i64>() {
                Ok(id) if number.len() < 15 => by_id.query_row([id], read).optional()?,
                _ => by_mid.query_row([&number], read).optional()?,
            };
            found.extend(one.map(|one| (number, one)));
        }
        Ok(found)
    })
    .await
}

/// An outlet as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownOutlet {
    /// What a file says of it.
    pub line: OutletLine,
    /// Counts the changes of its fields.
    pub version: i64,
    /// State.
    pub status: Standing,
}

/// What a file says of an outlet, `o` of merchant `m`, with version and state.
macro_rules! outlets {
    ($which:literal) => {
        concat!(
            "SELECT m.mid, o.id, o.name, o.address, o.region, o.phone, o.hours, o.version, o.status, \
             (SELECT COUNT(*) FROM terminal t WHERE t.outlet_id = o.id AND t.status <> 'retired') \
             FROM outlet o JOIN merchant m ON m.id = o.merchant_id WHERE ",
            $which
        )
    };
}

fn read_outlet(row: &Row<'_>) -> sql::Result<KnownOutlet> {
    let line = OutletLine {
        mid: row.get(0)?,
        id: Some(OutletId(row.get(1)?)),
        name: row.get(2)?,
        address: row.get(3)?,
        region: row.get(4)?,
        phone: row.get(5)?,
        hours: row.get(6)?,
        tills: usize::try_from(row.get::<_, i64>(9)?).unwrap_or_default(),
    };
    Ok(KnownOutlet { line, version: row.get(7)?, status: word(row, 8, Standing::from_word)? })
}

/// The outlets of a merchant, by number.
pub async fn outlets(db: &Storage, merchant: MerchantId) -> Result<Vec<KnownOutlet>, StorageError> {
    db.read(move |connection| {
        let mut statement = connection.prepare_cached(outlets!("o.merchant_id = ?1 ORDER BY o.id LIMIT 100000"))?;
        Ok(statement.query_map([merchant.0], read_outlet)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// What files say of outlets.
pub async fn outlet_lines(db: &Storage, ids: Vec<OutletId>) -> Result<HashMap<OutletId, OutletLine>, StorageError> {
    db.read(move |connection| {
        let mut found = HashMap::with_capacity(ids.len());
        for id in ids {
            let mut statement = connection.prepare_cached(outlets!("o.id = ?1"))?;
            let one = statement.query_row([id.0], read_outlet).optional()?;
            found.extend(one.map(|one| (id, one.line)));
        }
        Ok(found)
    })
    .await
}

/// The merchants of outlets, and the outlets of terminals, by the numbers of both.
pub async fn outlet_places(
    db: &Storage,
    outlets: Vec<i64>,
    terminals: Vec<i64>,
) -> Result<(HashMap<i64, (MerchantId, String)>, HashMap<i64, OutletId>), StorageError> {
    db.read(move |connection| {
        let (mut merchants, mut places) = (HashMap::new(), HashMap::new());
        for id in outlets {
            let sql = "SELECT m.id, m.mid FROM outlet o JOIN merchant m ON m.id = o.merchant_id WHERE o.id = ?1";
            let read = |row: &Row<'_>| Ok((MerchantId(row.get(0)?), row.get(1)?));
            let found = connection.prepare_cached(sql)?.query_row([id], read).optional()?;
            merchants.extend(found.map(|found| (id, found)));
        }
        for id in terminals {
            let sql = "SELECT outlet_id FROM terminal WHERE id = ?1";
            let found = connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
            places.extend(found.map(|outlet| (id, OutletId(outlet))));
        }
        Ok((merchants, places))
    })
    .await
}

/// A person as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPerson {
    /// Id.
    pub id: PersonId,
    /// What a file says of them.
    pub line: PersonLine,
    /// Counts the changes of what a form shows.
    pub version: i64,
    /// Where the login stands.
    pub status: PersonStatus,
}

/// The people of login names.
pub async fn people(db: &Storage, logins: Vec<String>) -> Result<HashMap<String, KnownPerson>, StorageError> {
    db.read(move |connection| {
        let mut all = HashMap::new();
        for login in logins {
            let sql =
                "SELECT p.id, p.name, p.place, p.merchant_id, p.outlet_id, COALESCE(m.mid, ''), p.default_terminal,
                    p.number, COALESCE(p.phone, ''), p.version, p.status
                FROM person p LEFT JOIN merchant m ON m.id = p.merchant_id WHERE p.login = ?1";
            let read = |row: &Row<'_>| {
                let line = PersonLine {
                    login: login.clone(),
                    name: row.get(1)?,
                    held: Vec::new(),
                    place: read_place(row, 2)?,
                    mid: row.get(5)?,
                    terminal: row.get::<_, Option<i64>>(6)?.map(TerminalId),
                    number: row.get(7)?,
                    phone: row.get(8)?,
                    same: String::new(),
                };
                let status = word(row, 10, PersonStatus::from_word)?;
                Ok(KnownPerson { id: PersonId(row.get(0)?), line, version: row.get(9)?, status })
            };
            let Some(mut one) = connection.prepare_cached(sql)?.query_row([&login], read).optional()? else { continue };
            one.line.held = held(connection, one.id)?;
            all.insert(login, one);
        }
        Ok(all)
    })
    .await
}

/// A person with a phone that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namesake {
    /// Login name.
    pub login: String,
    /// Name.
    pub name: String,
}

/// The people who have phones, the first few of each.
pub async fn phones(db: &Storage, phones: Vec<String>) -> Result<HashMap<String, Vec<Namesake>>, StorageError> {
    db.read(move |connection| {
        let mut all = HashMap::new();
        for phone in phones {
            let sql =
                "SELECT login, name FROM person WHERE phone = ?1 AND status NOT IN ('left', 'key') ORDER BY id LIMIT 5";
            let read = |row: &Row<'_>| Ok(Namesake { login: row.get(0)?, name: row.get(1)? });
            let mut statement = connection.prepare_cached(sql)?;
            let found: Vec<Namesake> = statement.query_map(params![&phone], read)?.collect::<sql::Result<_>>()?;
            if !found.is_empty() {
                all.insert(phone, found);
            }
        }
        Ok(all)
    })
    .await
}
