//! The directory's rows: the company, merchants, outlets and terminals, as they are written.
//!
//! What must stay true: a row of each kind is inserted by one function, for pages, demo and tests alike. A merchant's fee
//! and bank, and every status that lets somebody trade, are changed by the money path alone, for two persons.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::directory::{Standing, TerminalStatus};
use domain::ids::{MerchantId, OutletId, PersonId, TerminalId};
use domain::time::Timestamp;
use std::sync::Arc;

use crate::audit::{self, Entry};
use crate::kept::Kept;
use crate::{Storage, StorageError};

/// The terminal's paper that new ones begin with.
pub(crate) const PAPER: &str = "p80";
/// Pause between two characters of a scanner that new terminals begin with, milliseconds.
const SCAN_GAP_MS: i64 = 50;

/// The card company's own facts. Empty, with the second factor required, until somebody has filled them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// Its name.
    pub name: String,
    /// Institution, the first 3 digits of its merchants' numbers.
    pub institution: String,
    /// Region, the next 4 digits.
    pub region: String,
    /// What its cards' numbers begin with, 6 to 8 digits.
    pub bin: String,
    /// The phone that people are told to call; empty for the one that the program was started with.
    pub hotline: String,
    /// Its name on slips.
    pub slip_issuer: String,
    /// Its people need a second factor.
    pub factor_required: bool,
    /// Counts its changes; 0 while there is no row.
    pub version: i64,
}

impl Default for Company {
    fn default() -> Self {
        let empty = String::new;
        Self {
            name: empty(),
            institution: empty(),
            region: empty(),
            bin: empty(),
            hotline: empty(),
            slip_issuer: empty(),
            factor_required: true,
            version: 0,
        }
    }
}

/// The company's facts for every page.
#[derive(Clone, Debug, Default)]
pub struct House(Kept<Arc<Company>>);

impl House {
    /// The facts as they were some seconds ago at most.
    pub async fn get(&self, db: &Storage, now: Timestamp) -> Result<Arc<Company>, StorageError> {
        self.0.get(now, async { Ok(Arc::new(company(db).await?)) }).await
    }

    /// Reads them anew next time, because they were changed here.
    pub fn forget(&self) {
        self.0.forget();
    }
}

/// The card company's facts.
pub async fn company(db: &Storage) -> Result<Company, StorageError> {
    db.read_by_key(|connection| Ok(company_of(connection)?)).await
}

/// The same inside a transaction.
pub(crate) fn company_of(connection: &Connection) -> sql::Result<Company> {
    let sql = "SELECT name, institution, region, bin, hotline, slip_issuer, factor_required, version FROM company";
    let read = |row: &Row<'_>| {
        Ok(Company {
            name: row.get(0)?,
            institution: row.get(1)?,
            region: row.get(2)?,
            bin: row.get(3)?,
            hotline: row.get(4)?,
            slip_issuer: row.get(5)?,
            factor_required: row.get(6)?,
            version: row.get(7)?,
        })
    };
    Ok(connection.prepare_cached(sql)?.query_row([], read).optional()?.unwrap_or_default())
}

/// Writes the company's facts, all of them.
pub(crate) fn put_company(
    connection: &Connection,
    company: &Company,
    by: Option<PersonId>,
    at: Timestamp,
) -> sql::Result<()> {
    let sql = "INSERT INTO company (id, name, institution, region, bin, hotline, slip_issuer, factor_required, changed_at,
            changed_by, version) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, institution = excluded.institution, region = excluded.region,
            bin = excluded.bin, hotline = excluded.hotline, slip_issuer = excluded.slip_issuer,
            factor_required = excluded.factor_required, changed_at = excluded.changed_at, changed_by = excluded.changed_by,
            version = excluded.version";
    connection.prepare_cached(sql)?.execute(params![
        &company.name,
        &company.institution,
        &company.region,
        &company.bin,
        &company.hotline,
        &company.slip_issuer,
        company.factor_required,
        at.0,
        by.map(|id| id.0),
        company.version,
    ])?;
    Ok(())
}

/// A merchant to be inserted, as [`NewMerchant::of`] begins it.
#[derive(Clone, Debug)]
pub struct NewMerchant {
    /// Number.
    pub id: MerchantId,
    /// Merchant number, 15 digits.
    pub mid: String,
    /// Name.
    pub name: String,
    /// Name on slips.
    pub short_name: String,
    /// Credit code.
    pub licence: String,
    /// Whom to talk to.
    pub contact: String,
    /// That person's phone.
    pub phone: String,
    /// State.
    pub status: Standing,
    /// Drugs are taken back for any reason.
    pub drug_returns: bool,
    /// It decides itself which of its goods a card pays.
    pub decides_payable: bool,
    /// Who makes it; nobody when it is there from the start.
    pub by: Option<PersonId>,
    /// When.
    pub at: Timestamp,
}

impl NewMerchant {
    /// One that trades, with nothing but its name.
    pub fn of(id: i64, mid: &str, name: &str) -> Self {
        Self {
            id: MerchantId(id),
            mid: mid.to_owned(),
            name: name.to_owned(),
            short_name: name.chars().take(domain::directory::SHORT_MAX).collect(),
            licence: String::new(),
            contact: String::new(),
            phone: String::new(),
            status: Standing::Active,
            drug_returns: false,
            decides_payable: true,
            by: None,
            at: Timestamp(0),
        }
    }
}

/// Inserts a merchant, without fee and bank.
pub fn insert_merchant(connection: &Connection, one: &NewMerchant) -> sql::Result<()> {
    let sql = "INSERT INTO merchant (id, mid, name, short_name, licence, contact, phone, bank_name, bank_account,
            bank_holder, status, moved_at, moved_by, reason, drug_returns, decides_payable, fee_bp, created_at, created_by,
            changed_at, version)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', '', '', ?8, ?9, ?10, '', ?11, ?12, NULL, ?9, ?10, ?9, 1)";
    connection.prepare_cached(sql)?.execute(params![
        one.id.0,
        &one.mid,
        &one.name,
        &one.short_name,
        &one.licence,
        &one.contact,
        &one.phone,
        one.status.word(),
        one.at.0,
        one.by.map(|id| id.0),
        one.drug_returns,
        one.decides_payable,
    ])?;
    crate::product_list::insert_own(connection, one.id, one.by.map(|id| id.0), one.at.0)
}

/// Who moved something to another state, when and why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moved<'a> {
    pub(crate) by: Option<PersonId>,
    pub(crate) at: Timestamp,
    pub(crate) reason: &'a str,
}

/// Puts a merchant into a state.
pub(crate) fn set_merchant(
    connection: &Connection,
    id: MerchantId,
    status: Standing,
    on: &Moved<'_>,
) -> sql::Result<()> {
    let sql = "UPDATE merchant SET status = ?2, moved_at = ?3, moved_by = ?4, reason = ?5 WHERE id = ?1";
    let values = params![id.0, status.word(), on.at.0, on.by.map(|id| id.0), on.reason];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Puts an outlet into a state.
pub(crate) fn set_outlet(connection: &Connection, id: OutletId, status: Standing, on: &Moved<'_>) -> sql::Result<()> {
    let sql = "UPDATE outlet SET status = ?2, moved_at = ?3, moved_by = ?4, reason = ?5 WHERE id = ?1";
    let values = params![id.0, status.word(), on.at.0, on.by.map(|id| id.0), on.reason];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// An outlet to be inserted, as [`NewOutlet::of`] begins it.
#[derive(Clone, Debug)]
pub struct NewOutlet {
    /// Number.
    pub id: OutletId,
    /// Its merchant.
    pub merchant: MerchantId,
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
    /// Region, four digits.
    pub region: String,
    /// Phone.
    pub phone: String,
    /// Opening hours.
    pub hours: String,
    /// Only a browser that was enrolled as a till sells; otherwise people also sell at their own till.
    pub enrolment: bool,
    /// State.
    pub status: Standing,
    /// Who makes it; nobody when it is there from the start.
    pub by: Option<PersonId>,
    /// When.
    pub at: Timestamp,
}

impl NewOutlet {
    /// One that trades, with nothing but its name.
    pub fn of(id: i64, merchant: i64, name: &str) -> Self {
        Self {
            id: OutletId(id),
            merchant: MerchantId(merchant),
            name: name.to_owned(),
            address: String::new(),
            region: String::new(),
            phone: String::new(),
            hours: String::new(),
            enrolment: true,
            status: Standing::Active,
            by: None,
            at: Timestamp(0),
        }
    }
}

/// Inserts an outlet.
pub fn insert_outlet(connection: &Connection, one: &NewOutlet) -> sql::Result<()> {
    let sql =
        "INSERT INTO outlet (id, merchant_id, name, address, region, phone, hours, status, moved_at, moved_by, reason,
            created_at, created_by, changed_at, version, enrolment)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '', ?9, ?10, ?9, 1, ?11)";
    connection.prepare_cached(sql)?.execute(params![
        one.id.0,
        one.merchant.0,
        &one.name,
        &one.address,
        &one.region,
        &one.phone,
        &one.hours,
        one.status.word(),
        one.at.0,
        one.by.map(|id| id.0),
        if one.enrolment { "required" } else { "off" },
    ])?;
    Ok(())
}

/// A terminal to be inserted, as [`NewTerminal::of`] begins it.
#[derive(Clone, Debug)]
pub struct NewTerminal {
    /// Number.
    pub id: TerminalId,
    /// Its outlet.
    pub outlet: OutletId,
    /// What people call it.
    pub label: String,
    /// State.
    pub status: TerminalStatus,
    /// Its open batch.
    pub batch: i64,
    /// Receipt paper: `p80`, `p58` or `pa4`.
    pub paper: String,
    /// Who makes it; nobody when it is there from the start.
    pub by: Option<PersonId>,
    /// When.
    pub at: Timestamp,
}

impl NewTerminal {
    /// One in use, without a label.
    pub fn of(id: i64, outlet: i64) -> Self {
        Self {
            id: TerminalId(id),
            outlet: OutletId(outlet),
            label: String::new(),
            status: TerminalStatus::Active,
            batch: 1,
            paper: PAPER.to_owned(),
            by: None,
            at: Timestamp(0),
        }
    }
}

/// Inserts a terminal.
pub fn insert_terminal(connection: &Connection, one: &NewTerminal) -> sql::Result<()> {
    let sql =
        "INSERT INTO terminal (id, outlet_id, label, status, moved_at, moved_by, reason, batch_no, paper, scan_gap_ms,
            seen_at, created_at, created_by, changed_at, version)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', ?7, ?8, ?9, NULL, ?5, ?6, ?5, 1)";
    connection.prepare_cached(sql)?.execute(params![
        one.id.0,
        one.outlet.0,
        &one.label,
        one.status.word(),
        one.at.0,
        one.by.map(|id| id.0),
        one.batch,
        &one.paper,
        SCAN_GAP_MS,
    ])?;
    Ok(())
}

/// What became of a change of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// It is written, or there was nothing to change.
    Done,
    /// Somebody changed it since the form was shown.
    Stale,
    /// It does not exist.
    Gone,
}

/// Whether a row is still of the version that a form was shown.
pub(crate) fn edited(found: Option<i64>, version: i64) -> Edited {
    match found {
        None => Edited::Gone,
        Some(found) if found != version => Edited::Stale,
        Some(_) => Edited::Done,
    }
}

/// Changes a merchant's fields but fee, bank and state. `entry` is audited; its detail is what changed.
pub async fn edit_merchant(db: &Storage, version: i64, one: NewMerchant, entry: Entry) -> Result<Edited, StorageError> {
    db.write(move |connection| {
        connection.lock("SELECT id FROM merchant WHERE id = ?1", [one.id.0])?;
        let sql = "SELECT version FROM merchant WHERE id = ?1";
        let found = connection.prepare_cached(sql)?.query_row([one.id.0], |row| row.get(0)).optional()?;
        let answer = edited(found, version);
        if answer == Edited::Done {
            let sql = "UPDATE merchant SET name = ?2, short_name = ?3, licence = ?4, contact = ?5, phone = ?6,
                drug_returns = ?7, changed_at = ?8, version = version + 1 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![
                one.id.0,
                &one.name,
                &one.short_name,
                &one.licence,
                &one.contact,
                &one.phone,
                one.drug_returns,
                entry.at.0,
            ])?;
            audit::insert(connection, &Entry { merchant: Some(one.id), ..entry })?;
        }
        Ok(answer)
    })
    .await
}

/// Changes an outlet's fields but its state. `entry` is audited; its detail is what changed.
pub async fn edit_outlet(db: &Storage, version: i64, one: NewOutlet, entry: Entry) -> Result<Edited, StorageError> {
    db.write(move |connection| Ok(edit_outlet_in(connection, version, &one, entry)?)).await
}

/// The same inside a transaction.
pub(crate) fn edit_outlet_in(
    connection: &Connection,
    version: i64,
    one: &NewOutlet,
    entry: Entry,
) -> sql::Result<Edited> {
    connection.lock("SELECT id FROM outlet WHERE id = ?1", [one.id.0])?;
    let sql = "SELECT version FROM outlet WHERE id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([one.id.0], |row| row.get(0)).optional()?;
    let answer = edited(found, version);
    if answer == Edited::Done {
        let sql = "UPDATE outlet SET name = ?2, address = ?3, region = ?4, phone = ?5, hours = ?6, changed_at = ?7,
            version = version + 1 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute(params![
            one.id.0,
            &one.name,
            &one.address,
            &one.region,
            &one.phone,
            &one.hours,
            entry.at.0,
        ])?;
        audit::insert(connection, &Entry { merchant: Some(one.merchant), ..entry })?;
    }
    Ok(answer)
}

/// Changes a terminal's label and paper. `entry` is audited; its detail is what changed.
pub async fn edit_terminal(
    db: &Storage,
    id: TerminalId,
    version: i64,
    label: String,
    paper: String,
    entry: Entry,
) -> Result<Edited, StorageError> {
    db.write(move |connection| {
        connection.lock("SELECT id FROM terminal WHERE id = ?1", [id.0])?;
        let sql = "SELECT version FROM terminal WHERE id = ?1";
        let found = connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0)).optional()?;
        let answer = edited(found, version);
        if answer == Edited::Done {
            let sql =
                "UPDATE terminal SET label = ?2, paper = ?3, changed_at = ?4, version = version + 1 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![id.0, &label, &paper, entry.at.0])?;
            audit::insert(connection, &entry)?;
        }
        Ok(answer)
    })
    .await
}

/// Changes the company's facts but whether a second factor is required. `entry` is audited; its detail is what changed.
pub async fn edit_company(db: &Storage, company: Company, entry: Entry) -> Result<Edited, StorageError> {
    db.write(move |connection| {
        connection.lock_name("company", "")?;
        let now = company_of(connection)?;
        let answer = edited(Some(now.version), company.version);
        if answer == Edited::Done {
            let (factor_required, version) = (now.factor_required, now.version + 1);
            let company = Company { factor_required, version, ..company };
            put_company(connection, &company, entry.person, entry.at)?;
            audit::insert(connection, &entry)?;
        }
        Ok(answer)
    })
    .await
}
