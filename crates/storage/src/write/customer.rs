//! Customers: who they are and where they pay from. Their money is the books' alone ([`crate::books`]).
//!
//! What must stay true: a suspension is one person's and takes effect on the next decision; only an approved proposal ends it.

use domain::acts::Bank;
use domain::directory::{Move, Standing, next_number};
use domain::ids::{CUSTOMERS, CustomerId, PersonId};
use domain::time::Timestamp;

use crate::audit::{self, Entry};
use crate::books::rows::word;
use crate::directory::{Edited, edited};
use crate::sql::{self, Connection, OptionalExtension as _, params};
use crate::standing::Made;
use crate::{Storage, StorageError};

/// What is on file of a customer. All but the name may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Name.
    pub name: String,
    /// Credit code.
    pub licence: String,
    /// Whom to ask for.
    pub contact: String,
    /// Phone of the contact.
    pub phone: String,
    /// The account that it pays from, and is paid back to.
    pub bank: Bank,
}

/// A customer to insert, with nothing paid in.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    /// Its number; the next free one if none is given.
    pub id: Option<CustomerId>,
    /// What is on file.
    pub facts: Facts,
}

/// Enters a customer; none if there is no number left. `entry`, if there is one, is audited with the number as its subject.
pub async fn create(
    db: &Storage,
    new: NewCustomer,
    entry: Option<Entry>,
    now: Timestamp,
) -> Result<Option<CustomerId>, StorageError> {
    db.write(move |connection| {
        connection.lock_name("customer", "number")?;
        let sql = "SELECT MAX(id) FROM customer";
        let last = connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, Option<i64>>(0))?;
        let next = new.id.or_else(|| next_number(&CUSTOMERS, last).map(CustomerId));
        let Some(id) = next else { return Ok(None) };
        insert(connection, id, &new.facts, entry.as_ref().and_then(|entry| entry.person), now)?;
        if let Some(entry) = entry {
            audit::insert(connection, &Entry { subject: subject(id), ..entry })?;
        }
        Ok(Some(id))
    })
    .await
}

/// How the audit log names a customer.
pub fn subject(id: CustomerId) -> String {
    format!("customer {id}")
}

/// Inserts a customer with nothing paid in.
pub fn insert(
    connection: &Connection,
    id: CustomerId,
    facts: &Facts,
    by: Option<PersonId>,
    at: Timestamp,
) -> sql::Result<()> {
    let sql = "INSERT INTO customer (id, name, licence, contact, phone, bank_name, bank_account, bank_holder, status,
            moved_at, moved_by, reason, deposit, created_at, created_by, changed_at, version)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'active', ?9, ?10, '', 0, ?9, ?10, ?9, 1)";
    let Facts { name, licence, contact, phone, bank } = facts;
    connection.prepare_cached(sql)?.execute(params![
        id.0,
        name,
        licence,
        contact,
        phone,
        &bank.name,
        &bank.account,
        &bank.holder,
        at.0,
        by.map(|id| id.0),
    ])?;
    Ok(())
}

/// Changes what is on file, if nobody changed it since `version`. `entry` is audited; its detail is what changed.
pub async fn edit(
    db: &Storage,
    id: CustomerId,
    version: i64,
    facts: Facts,
    entry: Entry,
) -> Result<Edited, StorageError> {
    db.write(move |connection| {
        connection.lock("SELECT id FROM customer WHERE id = ?1", [id.0])?;
        let sql = "SELECT version FROM customer WHERE id = ?1";
        let found = connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0)).optional()?;
        let answer = edited(found, version);
        if answer == Edited::Done {
            let sql = "UPDATE customer SET name = ?2, licence = ?3, contact = ?4, phone = ?5, bank_name = ?6,
                bank_account = ?7, bank_holder = ?8, changed_at = ?9, version = version + 1 WHERE id = ?1";
            let Facts { name, licence, contact, phone, bank } = &facts;
            connection.prepare_cached(sql)?.execute(params![
                id.0,
                name,
                licence,
                contact,
                phone,
                &bank.name,
                &bank.account,
                &bank.holder,
                entry.at.0,
            ])?;
            audit::insert(connection, &Entry { subject: subject(id), ..entry })?;
        }
        Ok(answer)
    })
    .await
}

/// Keeps a customer from paying in and loading cards. The reason is the detail of `entry`, which is audited.
pub async fn suspend(db: &Storage, id: CustomerId, entry: Entry) -> Result<Made, StorageError> {
    db.write(move |connection| {
        connection.lock("SELECT id FROM customer WHERE id = ?1", [id.0])?;
        let sql = "SELECT status FROM customer WHERE id = ?1";
        let read = |row: &sql::Row<'_>| word(row, 0, Standing::from_word);
        let found = connection.prepare_cached(sql)?.query_row([id.0], read).optional()?;
        let Some(status) = found else { return Ok(Made::Gone) };
        let Some(after) = status.after(Move::Suspend) else { return Ok(Made::NotPossible) };
        let sql = "UPDATE customer SET status = ?2, moved_at = ?3, moved_by = ?4, reason = ?5, changed_at = ?3,
            version = version + 1 WHERE id = ?1";
        let values = params![id.0, after.word(), entry.at.0, entry.person.map(|id| id.0), &entry.detail];
        connection.prepare_cached(sql)?.execute(values)?;
        audit::insert(connection, &Entry { subject: subject(id), ..entry })?;
        Ok(Made::Done)
    })
    .await
}
