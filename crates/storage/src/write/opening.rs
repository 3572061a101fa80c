//! 新开门店: a merchant, an outlet and its terminals from one form, and more of them for a merchant that is there.
//!
//! What must stay true: all of it is written in one transaction, or nothing is. A form that is sent twice makes one outlet.
//! Whatever is made here takes no money until two persons let it.

use domain::directory::{self as rules, MERCHANT_IDS, OUTLET_IDS, Standing, TERMINAL_IDS, TerminalStatus};
use domain::ids::{MerchantId, OutletId, RequestId, TerminalId};
use domain::product::OTHER_CODE;
use sha2::{Digest as _, Sha256};
use std::ops::RangeInclusive;

use crate::audit::{self, Entry};
use crate::catalogue;
use crate::directory::{NewMerchant, NewOutlet, NewTerminal, PAPER, insert_merchant, insert_outlet, insert_terminal};
use crate::idempotency::{self, Claim, PriorUse};
use crate::sql::{self, Connection, OptionalExtension as _};
use crate::vault::Vault;
use crate::{Storage, StorageError, enrolment};

/// Whose outlet is opened.
#[derive(Clone, Debug)]
pub enum Whose {
    /// A merchant that is made with it; `id` and `status` are given by [`open`].
    New(Box<NewMerchant>),
    /// One that is there.
    Of(MerchantId),
}

/// An outlet to be opened.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The form's request id.
    pub request: RequestId,
    /// What the form says, so that another one under the same request id is noticed.
    pub content: String,
    /// Whose.
    pub whose: Whose,
    /// The outlet; `id`, `merchant` and `status` are given by [`open`].
    pub outlet: NewOutlet,
    /// A terminal for each.
    pub labels: Vec<String>,
    /// Their receipt paper.
    pub paper: String,
}

/// A terminal with the code that enrols a browser as it.
#[derive(Clone, Debug)]
pub struct Coded {
    /// Number.
    pub id: TerminalId,
    /// What people call it.
    pub label: String,
    /// The code, which is nowhere else.
    pub code: String,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Opened {
    /// It is made.
    Made {
        /// The outlet.
        outlet: OutletId,
        /// Its terminals.
        terminals: Vec<Coded>,
    },
    /// The form was sent before: the outlet that it made.
    Again(OutletId),
    /// The form's request id was used for something else.
    Other,
    /// Another merchant has the merchant number.
    MidTaken,
    /// There is no such merchant, or it is closed.
    NoMerchant,
    /// No number is left.
    NoNumber,
}

/// What stops an opening, before its first row. A failure also rolls back.
enum Stop {
    Failed(StorageError),
    With(Opened),
}

impl From<StorageError> for Stop {
    fn from(error: StorageError) -> Self {
        Self::Failed(error)
    }
}

impl From<sql::Error> for Stop {
    fn from(error: sql::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Makes it. `entry` is audited for each row, with its own action and subject.
pub async fn open(db: &Storage, vault: &Vault, opening: Opening, entry: Entry) -> Result<Opened, StorageError> {
    let vault = vault.clone();
    db.write(move |connection| match open_in(connection, &vault, &opening, &entry) {
        Ok(opened) | Err(Stop::With(opened)) => Ok(opened),
        Err(Stop::Failed(error)) => Err(error),
    })
    .await
}

fn open_in(connection: &Connection, vault: &Vault, opening: &Opening, entry: &Entry) -> Result<Opened, Stop> {
    connection.lock_name("directory", "")?;
    let claim = Claim {
        merchant: MerchantId(0),
        request: opening.request,
        operation: "outlet_opening",
        content: Sha256::digest(&opening.content).into(),
    };
    match idempotency::prior_use(connection, &claim)? {
        PriorUse::New => {}
        PriorUse::Same { answer: Some((_, outlet)) } => {
            return Ok(outlet.parse().map_or(Opened::Other, |id| Opened::Again(OutletId(id))));
        }
        PriorUse::Same { answer: None } | PriorUse::Other => return Ok(Opened::Other),
    }
    // Everything that can stop it comes before the first row.
    let numbers = Numbers::next(connection, opening.labels.len())?;
    let merchant = merchant(connection, opening, &numbers, entry)?;
    let outlet = NewOutlet {
        id: numbers.outlet,
        merchant,
        status: Standing::Draft,
        by: entry.person,
        at: entry.at,
        ..opening.outlet.clone()
    };
    insert_outlet(connection, &outlet)?;
    log(connection, entry, merchant, "outlet_created", &outlet.id.to_string(), &outlet.name)?;
    let kind = (opening.labels.as_slice(), opening.paper.as_str());
    insert_terminals(connection, &outlet, kind, &numbers.terminals, entry)?;
    let terminals = codes(connection, vault, (&opening.labels, &numbers.terminals), entry)?;
    idempotency::insert(connection, &claim, Some((201, &outlet.id.to_string())), entry.at)?;
    Ok(Opened::Made { outlet: outlet.id, terminals })
}

/// The merchant, made or found.
fn merchant(connection: &Connection, opening: &Opening, next: &Numbers, entry: &Entry) -> Result<MerchantId, Stop> {
    let new = match &opening.whose {
        Whose::Of(id) => {
            let sql = "SELECT EXISTS (SELECT 1 FROM merchant WHERE id = ?1 AND status <> 'closed')";
            let found: bool = connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0))?;
            return if found { Ok(*id) } else { Err(Stop::With(Opened::NoMerchant)) };
        }
        Whose::New(new) => new,
    };
    let sql = "SELECT EXISTS (SELECT 1 FROM merchant WHERE mid = ?1)";
    if connection.prepare_cached(sql)?.query_row([&new.mid], |row| row.get(0))? {
        return Err(Stop::With(Opened::MidTaken));
    }
    let id = next.merchant.ok_or(Stop::With(Opened::NoNumber))?;
    let one = NewMerchant { id, status: Standing::Draft, by: entry.person, at: entry.at, ..(**new).clone() };
    insert_merchant(connection, &one)?;
    log(connection, entry, id, "merchant_created", &id.to_string(), &format!("{} {}", one.name, one.mid))?;
    let written =
        Entry { action: "product_written", subject: OTHER_CODE.to_owned(), merchant: Some(id), ..entry.clone() };
    catalogue::put_other(connection, id, written)?;
    Ok(id)
}

/// Inserts terminals of an outlet.
fn insert_terminals(
    connection: &Connection,
    outlet: &NewOutlet,
    (labels, paper): (&[String], &str),
    ids: &[TerminalId],
    entry: &Entry,
) -> sql::Result<()> {
    for (id, label) in ids.iter().zip(labels) {
        let one = NewTerminal {
            label: label.clone(),
            status: TerminalStatus::New,
            paper: paper.to_owned(),
            by: entry.person,
            at: entry.at,
            ..NewTerminal::of(id.0, outlet.id.0)
        };
        insert_terminal(connection, &one)?;
        log(connection, entry, outlet.merchant, "terminal_created", &id.to_string(), label)?;
    }
    Ok(())
}

/// The codes that enrol terminals that were just made.
fn codes(
    connection: &Connection,
    vault: &Vault,
    (labels, ids): (&[String], &[TerminalId]),
    entry: &Entry,
) -> Result<Vec<Coded>, Stop> {
    let mut made = Vec::with_capacity(ids.len());
    for (id, label) in ids.iter().zip(labels) {
        let own = Entry { subject: id.to_string(), action: "enrolment_code_made", ..entry.clone() };
        let code = enrolment::make_code_in(connection, vault, None, *id, &own)?;
        let code = code.ok_or_else(|| StorageError::NotWritten("a new terminal gets no code".to_owned()))?;
        made.push(Coded { id: *id, label: label.clone(), code });
    }
    Ok(made)
}

/// Opens an outlet of a file, of a merchant that is there, with a terminal for each label and no codes: nobody would see
/// them. `None` when no number is left.
pub(crate) fn enter_outlet(
    connection: &Connection,
    outlet: NewOutlet,
    labels: &[String],
    entry: &Entry,
) -> Result<Option<OutletId>, StorageError> {
    let numbers = match Numbers::next(connection, labels.len()) {
        Ok(numbers) => numbers,
        Err(Stop::With(_)) => return Ok(None),
        Err(Stop::Failed(error)) => return Err(error),
    };
    let (by, at) = (entry.person, entry.at);
    let outlet = NewOutlet { id: numbers.outlet, status: Standing::Draft, by, at, ..outlet };
    insert_outlet(connection, &outlet)?;
    log(connection, entry, outlet.merchant, "outlet_created", &outlet.id.to_string(), &outlet.name)?;
    insert_terminals(connection, &outlet, (labels, PAPER), &numbers.terminals, entry)?;
    Ok(Some(outlet.id))
}

/// More terminals of an outlet that is there. `false` when no number is left.
pub(crate) fn enter_terminals(
    connection: &Connection,
    outlet: &NewOutlet,
    labels: &[String],
    entry: &Entry,
) -> Result<bool, StorageError> {
    match Numbers::next(connection, labels.len()) {
        Ok(numbers) => {
            Ok(insert_terminals(connection, outlet, (labels, PAPER), &numbers.terminals, entry).map(|()| true)?)
        }
        Err(Stop::With(_)) => Ok(false),
        Err(Stop::Failed(error)) => Err(error),
    }
}

fn log(
    connection: &Connection,
    entry: &Entry,
    merchant: MerchantId,
    action: &'static str,
    subject: &str,
    detail: &str,
) -> sql::Result<()> {
    let (subject, detail) = (subject.to_owned(), detail.to_owned());
    audit::insert(connection, &Entry { merchant: Some(merchant), action, subject, detail, ..entry.clone() })
}

/// The numbers that come next.
struct Numbers {
    merchant: Option<MerchantId>,
    outlet: OutletId,
    terminals: Vec<TerminalId>,
}

impl Numbers {
    fn next(connection: &Connection, terminals: usize) -> Result<Self, Stop> {
        let of = |table: &str, range: &RangeInclusive<i64>| -> Result<Option<i64>, Stop> {
            let sql = match table {
                "merchant" => "SELECT MAX(id) FROM merchant WHERE id BETWEEN ?1 AND ?2",
                "outlet" => "SELECT MAX(id) FROM outlet WHERE id BETWEEN ?1 AND ?2",
                _ => "SELECT MAX(id) FROM terminal WHERE id BETWEEN ?1 AND ?2",
            };
            let last = connection.prepare_cached(sql)?.query_row([*range.start(), *range.end()], |row| row.get(0))?;
            Ok(rules::next_number(range, last))
        };
        let none = || Stop::With(Opened::NoNumber);
        let merchant = of("merchant", &MERCHANT_IDS)?.map(MerchantId);
        let outlet = OutletId(of("outlet", &OUTLET_IDS)?.ok_or_else(none)?);
        let first = of("terminal", &TERMINAL_IDS)?.ok_or_else(none)?;
        let own = (first..).take(terminals).filter(|id| TERMINAL_IDS.contains(id)).map(TerminalId);
        let own: Vec<TerminalId> = own.collect();
        if own.len() < terminals { Err(none()) } else { Ok(Self { merchant, outlet, terminals: own }) }
    }
}

/// The merchant number that the form offers: the one after the last of this institution and region.
pub async fn next_mid(db: &Storage, institution: &str, region: &str) -> Result<Option<String>, StorageError> {
    let head = rules::mid_head(institution, region);
    db.read_by_key(move |connection| {
        let sql = "SELECT mid FROM merchant WHERE mid BETWEEN ?1 || '0000' AND ?1 || '9999' ORDER BY mid DESC LIMIT 1";
        let last: Option<String> = connection.prepare_cached(sql)?.query_row([&head], |row| row.get(0)).optional()?;
        Ok(rules::next_mid(&head, last.as_deref()))
    })
    .await
}

/// Makes another terminal of an outlet, with the code that enrols it. `None`: there is no such outlet, it is closed, or no
/// number is left.
pub async fn add_terminal(
    db: &Storage,
    vault: &Vault,
    outlet: OutletId,
    label: String,
    paper: String,
    entry: Entry,
) -> Result<Option<Coded>, StorageError> {
    let vault = vault.clone();
    db.write(move |connection| {
        connection.lock_name("directory", "")?;
        let sql = "SELECT merchant_id FROM outlet WHERE id = ?1 AND status <> 'closed'";
        let merchant = connection.prepare_cached(sql)?.query_row([outlet.0], |row| row.get(0)).optional()?;
        let Some(merchant) = merchant.map(MerchantId) else { return Ok(None) };
        let numbers = match Numbers::next(connection, 1) {
            Ok(numbers) => numbers,
            Err(Stop::With(_)) => return Ok(None),
            Err(Stop::Failed(error)) => return Err(error),
        };
        let place = NewOutlet::of(outlet.0, merchant.0, "");
        let labels = std::slice::from_ref(&label);
        insert_terminals(connection, &place, (labels, &paper), &numbers.terminals, &entry)?;
        match codes(connection, &vault, (labels, &numbers.terminals), &entry) {
            Ok(mut made) => Ok(made.pop()),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::With(_)) => Ok(None),
        }
    })
    .await
}
