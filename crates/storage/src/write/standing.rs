//! Stopping and ending: a merchant, an outlet or a terminal. Each is one person's, and takes effect on the next request.
//!
//! What must stay true: a move follows the tables of [`domain::directory`], judged on the row as it is when it is written.
//! Nothing here lets anybody trade; only an approved proposal does.

use domain::directory::{Move, Standing, TerminalMove, TerminalStatus};
use domain::ids::{MerchantId, OutletId, TerminalId};

use crate::audit::{self, Entry};
use crate::books::rows::word;
use crate::books::settlement;
use crate::directory::{Moved, set_merchant, set_outlet};
use crate::sql::{self, Connection, OptionalExtension as _, params};
use crate::{Storage, StorageError};

/// A merchant with all its outlets, or one outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The merchant.
    Merchant(MerchantId),
    /// The outlet.
    Outlet(OutletId),
}

impl Of {
    /// Its number.
    pub fn number(self) -> i64 {
        match self {
            Self::Merchant(id) => id.0,
            Self::Outlet(id) => id.0,
        }
    }
}

/// What became of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// It is in effect.
    Done,
    /// Its state does not allow it.
    NotPossible,
    /// It cannot end before this is none.
    Open(Hindrance),
    /// It does not exist.
    Gone,
}

domain::words! {
    /// What keeps a merchant or an outlet from being closed.
    pub enum Hindrance {
        /// Money that is owed.
        Payable = "payable",
        /// Payments without an outcome.
        Attempt = "attempt",
        /// A batch that is not closed.
        Batch = "batch",
        /// A refund that waits.
        Refund = "refund",
        /// A dispute that waits.
        Dispute = "dispute",
        /// A settlement that waits.
        Settlement = "settlement",
        /// An outlet that is not closed.
        Outlet = "outlet",
    }
}

/// The merchant and the state of what is moved, under a lock.
fn found(connection: &Connection, of: Of) -> sql::Result<Option<(MerchantId, Standing)>> {
    let (lock, sql) = match of {
        Of::Merchant(_) => ("SELECT id FROM merchant WHERE id = ?1", "SELECT id, status FROM merchant WHERE id = ?1"),
        Of::Outlet(_) => {
            ("SELECT id FROM outlet WHERE id = ?1", "SELECT merchant_id, status FROM outlet WHERE id = ?1")
        }
    };
    connection.lock(lock, [of.number()])?;
    let read = |row: &sql::Row<'_>| Ok((MerchantId(row.get(0)?), word(row, 1, Standing::from_word)?));
    connection.prepare_cached(sql)?.query_row([of.number()], read).optional()
}

fn put(connection: &Connection, of: Of, status: Standing, entry: &Entry) -> sql::Result<()> {
    let on = Moved { by: entry.person, at: entry.at, reason: &entry.detail };
    match of {
        Of::Merchant(id) => set_merchant(connection, id, status, &on),
        Of::Outlet(id) => set_outlet(connection, id, status, &on),
    }
}

/// Stops a merchant or an outlet. The reason is the detail of `entry`, which is audited.
pub async fn suspend(db: &Storage, of: Of, entry: Entry) -> Result<Made, StorageError> {
    db.write(move |connection| {
        let Some((merchant, status)) = found(connection, of)? else { return Ok(Made::Gone) };
        let Some(after) = status.after(Move::Suspend) else { return Ok(Made::NotPossible) };
        put(connection, of, after, &entry)?;
        audit::insert(connection, &Entry { merchant: Some(merchant), ..entry })?;
        Ok(Made::Done)
    })
    .await
}

/// Ends a merchant or an outlet for good: its keys and endpoints end with it. The reason is the detail of `entry`.
pub async fn close(db: &Storage, of: Of, entry: Entry) -> Result<Made, StorageError> {
    db.write(move |connection| Ok(close_in(connection, of, entry)?)).await
}

/// The same inside a transaction.
pub(crate) fn close_in(connection: &Connection, of: Of, entry: Entry) -> sql::Result<Made> {
    let Some((merchant, status)) = found(connection, of)? else { return Ok(Made::Gone) };
    let Some(after) = status.after(Move::Close) else { return Ok(Made::NotPossible) };
    if let Some(open) = hindrance(connection, of, merchant)? {
        return Ok(Made::Open(open));
    }
    put(connection, of, after, &entry)?;
    end_programs(connection, of, merchant, &entry)?;
    audit::insert(connection, &Entry { merchant: Some(merchant), ..entry })?;
    Ok(Made::Done)
}

/// The first thing that is open.
fn hindrance(connection: &Connection, of: Of, merchant: MerchantId) -> sql::Result<Option<Hindrance>> {
    let outlet = match of {
        Of::Merchant(_) => None,
        Of::Outlet(id) => Some(id.0),
    };
    let questions = [
        (
            Hindrance::Outlet,
            "SELECT EXISTS (SELECT 1 FROM outlet o WHERE CAST(?2 AS BIGINT) IS NULL AND o.merchant_id = ?1 AND o.status IN ('active', 'suspended'))",
        ),
        (
            Hindrance::Attempt,
            "SELECT EXISTS (SELECT 1 FROM orders o WHERE o.attempt IS NOT NULL AND o.merchant_id = ?1
                AND (?2 IS NULL OR o.outlet_id = ?2))",
        ),
        (
            Hindrance::Batch,
            "SELECT EXISTS (SELECT 1 FROM outlet o JOIN terminal t ON t.outlet_id = o.id WHERE o.merchant_id = ?1
                AND (?2 IS NULL OR o.id = ?2) AND (SELECT l.batch FROM ledger_transaction l WHERE l.terminal_id = t.id
                    ORDER BY l.id DESC LIMIT 1) = t.batch_no)",
        ),
        (
            Hindrance::Refund,
            "SELECT EXISTS (SELECT 1 FROM refund r WHERE r.status IN ('requested', 'escalated') AND r.merchant_id = ?1
                AND (?2 IS NULL OR r.outlet_id = ?2))",
        ),
        (
            Hindrance::Dispute,
            "SELECT EXISTS (SELECT 1 FROM dispute d WHERE d.status IN ('opened', 'answered') AND d.merchant_id = ?1
                AND (?2 IS NULL OR d.outlet_id = ?2))",
        ),
        (
            Hindrance::Settlement,
            "SELECT EXISTS (SELECT 1 FROM settlement s WHERE s.status = 'prepared' AND s.merchant_id = ?1
                AND CAST(?2 AS BIGINT) IS NULL)",
        ),
    ];
    for (hindrance, sql) in questions {
        if connection.prepare_cached(sql)?.query_row(params![merchant.0, outlet], |row| row.get(0))? {
            return Ok(Some(hindrance));
        }
    }
    if let (Of::Merchant(id), None) = (of, outlet) {
        let owed = settlement::payable(connection, id)?.is_some_and(|payable| !payable.unsettled.days().is_empty());
        return Ok(owed.then_some(Hindrance::Payable));
    }
    Ok(None)
}

/// The keys and endpoints that reach no further than what was closed.
fn end_programs(connection: &Connection, of: Of, merchant: MerchantId, entry: &Entry) -> sql::Result<()> {
    let outlet = match of {
        Of::Merchant(_) => None,
        Of::Outlet(id) => Some(id.0),
    };
    let sql =
        "UPDATE api_key SET revoked_at = ?3, revoked_by = ?4 WHERE merchant_id = ?1 AND (?2 IS NULL OR outlet_id = ?2)
        AND revoked_at IS NULL";
    let by = entry.person.map(|id| id.0);
    connection.prepare_cached(sql)?.execute(params![merchant.0, outlet, entry.at.0, by])?;
    let sql =
        "UPDATE webhook_endpoint SET status = 'deleted' WHERE merchant_id = ?1 AND (?2 IS NULL OR outlet_id = ?2)";
    connection.prepare_cached(sql)?.execute(params![merchant.0, outlet])?;
    Ok(())
}

/// Disables, enables or retires a terminal. The reason is the detail of `entry`, which is audited. One that is retired is
/// no browser any more.
pub async fn move_terminal(
    db: &Storage,
    id: TerminalId,
    made: TerminalMove,
    entry: Entry,
) -> Result<Made, StorageError> {
    db.write(move |connection| {
        connection.lock("SELECT id FROM terminal WHERE id = ?1", [id.0])?;
        let sql = "SELECT o.merchant_id, t.status FROM terminal t JOIN outlet o ON o.id = t.outlet_id WHERE t.id = ?1";
        let read = |row: &sql::Row<'_>| Ok((MerchantId(row.get(0)?), word(row, 1, TerminalStatus::from_word)?));
        let found = connection.prepare_cached(sql)?.query_row([id.0], read).optional()?;
        let Some((merchant, status)) = found else { return Ok(Made::Gone) };
        let Some(after) = status.after(made) else { return Ok(Made::NotPossible) };
        let sql = "UPDATE terminal SET status = ?2, moved_at = ?3, moved_by = ?4, reason = ?5 WHERE id = ?1";
        let by = entry.person.map(|id| id.0);
        connection.prepare_cached(sql)?.execute(params![id.0, after.word(), entry.at.0, by, &entry.detail])?;
        if after == TerminalStatus::Retired {
            connection.execute("DELETE FROM device WHERE terminal_id = ?1", [id.0])?;
            connection.execute("DELETE FROM enrolment_code WHERE terminal_id = ?1", [id.0])?;
        }
        audit::insert(connection, &Entry { merchant: Some(merchant), ..entry })?;
        Ok(Made::Done)
    })
    .await
}
