//! The audit log: who did what, when, from where. Append only; written in the transaction of what it reports.

use crate::sql::{self, Connection};
use domain::ids::{MerchantId, PersonId, TerminalId};
use domain::time::Timestamp;

use crate::{Storage, StorageError};

/// Longest subject or detail that is kept, in characters.
const TEXT_MAX: usize = 200;

/// One line of the log. `action` is a short word such as `login_failed`; never a password, PIN or full card number.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it happened.
    pub at: Timestamp,
    /// Who did it, if known.
    pub person: Option<PersonId>,
    /// The merchant it concerns.
    pub merchant: Option<MerchantId>,
    /// The terminal it happened at.
    pub terminal: Option<TerminalId>,
    /// What was done.
    pub action: &'static str,
    /// To whom or what.
    pub subject: String,
    /// Old and new values, reasons.
    pub detail: String,
    /// Network address of the caller.
    pub address: String,
}

/// Appends `entry`, for callers that change nothing else.
pub async fn append(db: &Storage, entry: Entry) -> Result<(), StorageError> {
    db.write(move |connection| Ok(insert(connection, &entry)?)).await
}

/// Appends `entry` inside the caller's transaction.
pub(crate) fn insert(connection: &Connection, entry: &Entry) -> sql::Result<()> {
    // A terminal's entries get visible in the order of their ids, because a batch counts on from the last one it saw.
    if let Some(terminal) = entry.terminal {
        connection.lock_name("audit", &terminal.0.to_string())?;
    }
    let id = connection.next_audit_id();
    let sql = format!(
        "INSERT INTO audit (id, at, person_id, merchant_id, terminal_id, action, subject, detail, address)
         VALUES ({id}, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    );
    let values = (
        entry.at.0,
        entry.person.map(|id| id.0),
        entry.merchant.map(|id| id.0),
        entry.terminal.map(|id| id.0),
        entry.action,
        printable(&entry.subject),
        printable(&entry.detail),
        &entry.address,
    );
    connection.execute_later(&sql, values)
}

/// `text` without control characters, so that one entry stays one line wherever it is shown, and of bounded length.
pub(crate) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect()
}
