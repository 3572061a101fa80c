//! 登记 of a till: one-time codes, and the browsers that they make terminals.
//!
//! What must stay true:
//! - The database holds a keyed value of a code and a hash of a browser's token, so its reader can use neither.
//! - A terminal has one code at most and is one browser at most; a new browser replaces the one before at once.
//! - A code works once, for [`CODE_LIFE`].

use domain::ids::{MerchantId, OutletId, TerminalId};
use domain::time::{HOUR, Timestamp};

use crate::audit::{self, Entry};
use crate::merchant::Reach;
use crate::session::DeviceId;
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::vault::{GENERATION, Vault};
use crate::{Storage, StorageError};

/// How long a code can be used, microseconds.
pub const CODE_LIFE: i64 = 24 * HOUR;

/// Characters of a code.
pub const CODE_LENGTH: usize = 8;

/// The 32 characters of codes: no I, O, 0 or 1.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// The code in the form in which it is stored and compared: capital letters and digits, without spaces and hyphens, also
/// of a full-width keyboard. `None` if it cannot be a code.
pub fn normal_code(typed: &str) -> Option<String> {
    let code = domain::directory::plain(typed);
    let sound = code.len() == CODE_LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
    sound.then_some(code)
}

/// The code in two halves, as it is shown and read aloud.
pub fn spoken_code(code: &str) -> String {
    let (first, second) = code.split_at(code.len() / 2);
    format!("{first} {second}")
}

/// A random code, 40 bits.
fn random_code() -> Result<String, StorageError> {
    let mut bytes = [0_u8; CODE_LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| StorageError::NotWritten(format!("no random bytes: {error}")))?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

/// A terminal and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Till {
    /// Terminal.
    pub terminal: TerminalId,
    /// Its merchant.
    pub merchant: MerchantId,
    /// The merchant's name.
    pub merchant_name: String,
    /// Its outlet.
    pub outlet: OutletId,
    /// The outlet's name.
    pub outlet_name: String,
    /// Stored word of its state.
    pub status: String,
    /// When its code ends, if it has one.
    pub code_until: Option<Timestamp>,
    /// The browser that it is.
    pub device: Option<Device>,
}

/// A browser that is a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Since when.
    pub enrolled_at: Timestamp,
    /// The browser's own description.
    pub agent: String,
    /// Network address at that time.
    pub address: String,
}

/// [`Till`]s; what follows begins with AND, with ?1 for the moment.
macro_rules! tills {
    ($which:literal) => {
        concat!(
            "SELECT t.id, o.merchant_id, m.name, o.id, o.name, t.status, c.expires_at, d.enrolled_at, d.agent, d.address \
             FROM outlet o JOIN merchant m ON m.id = o.merchant_id JOIN terminal t ON t.outlet_id = o.id \
             LEFT JOIN enrolment_code c ON c.terminal_id = t.id AND c.expires_at > ?1 \
             LEFT JOIN device d ON d.terminal_id = t.id WHERE ",
            $which
        )
    };
}

fn read_till(row: &Row<'_>) -> sql::Result<Till> {
    let enrolled_at: Option<i64> = row.get(7)?;
    let device = |at| -> sql::Result<Device> {
        Ok(Device { enrolled_at: Timestamp(at), agent: row.get(8)?, address: row.get(9)? })
    };
    Ok(Till {
        terminal: TerminalId(row.get(0)?),
        merchant: MerchantId(row.get(1)?),
        merchant_name: row.get(2)?,
        outlet: OutletId(row.get(3)?),
        outlet_name: row.get(4)?,
        status: row.get(5)?,
        code_until: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        device: enrolled_at.map(device).transpose()?,
    })
}

/// The terminals within reach, by outlet and number; at most 500.
pub async fn tills(db: &Storage, reach: Reach, now: Timestamp) -> Result<Vec<Till>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = tills!("o.merchant_id = ?2 AND (?3 IS NULL OR o.id = ?3) ORDER BY o.id, t.id LIMIT 500");
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_map(params![now.0, reach.merchant.0, reach.outlet()], read_till)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// One terminal.
pub async fn till(db: &Storage, terminal: TerminalId) -> Result<Option<Till>, StorageError> {
    db.read_by_key(move |connection| Ok(one(connection, terminal, Timestamp(i64::MAX))?)).await
}

/// The terminal that a browser is.
pub async fn of_device(db: &Storage, device: DeviceId) -> Result<Option<Till>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = "SELECT terminal_id FROM device WHERE id_hash = ?1";
        let terminal = connection.prepare_cached(sql)?.query_row(params![device.0], |row| row.get(0)).optional()?;
        terminal.map_or(Ok(None), |terminal| Ok(one(connection, TerminalId(terminal), Timestamp(i64::MAX))?))
    })
    .await
}

fn one(connection: &Connection, terminal: TerminalId, now: Timestamp) -> sql::Result<Option<Till>> {
    connection.prepare_cached(tills!("t.id = ?2"))?.query_row([now.0, terminal.0], read_till).optional()
}

/// Makes a code for the terminal, in place of any that it has, and returns it. `None`: no such terminal within reach, or it
/// is out of service. `entry` is audited.
pub async fn make_code(
    db: &Storage,
    vault: &Vault,
    reach: Option<Reach>,
    terminal: TerminalId,
    entry: Entry,
) -> Result<Option<String>, StorageError> {
    let vault = vault.clone();
    db.write(move |connection| make_code_in(connection, &vault, reach, terminal, &entry)).await
}

/// The same inside the caller's transaction.
pub(crate) fn make_code_in(
    connection: &Connection,
    vault: &Vault,
    reach: Option<Reach>,
    terminal: TerminalId,
    entry: &Entry,
) -> Result<Option<String>, StorageError> {
    let Some(till) = one(connection, terminal, entry.at)? else { return Ok(None) };
    let within = reach.is_none_or(|reach| reach.covers(till.merchant, till.outlet));
    if !within || !in_service(&till.status) {
        return Ok(None);
    }
    let code = random_code()?;
    let sql = "INSERT INTO enrolment_code (terminal_id, code, code_generation, expires_at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (terminal_id) DO UPDATE SET code = excluded.code, code_generation = excluded.code_generation,
            expires_at = excluded.expires_at";
    let expires_at = entry.at.plus(CODE_LIFE).0;
    connection.prepare_cached(sql)?.execute(params![
        terminal.0,
        vault.enrolment_code(&code),
        GENERATION,
        expires_at
    ])?;
    audit::insert(connection, entry)?;
    Ok(Some(code))
}

/// A terminal whose state lets it be enrolled: one that waits for its computer, or one that has one.
fn in_service(status: &str) -> bool {
    matches!(status, "new" | "active")
}

/// The terminal that a code is for; `None` for a wrong, used or expired one alike.
pub async fn by_code(db: &Storage, vault: &Vault, code: &str, now: Timestamp) -> Result<Option<Till>, StorageError> {
    let value = vault.enrolment_code(code);
    db.read_by_key(move |connection| Ok(of_code(connection, value, now)?)).await
}

fn of_code(connection: &Connection, value: [u8; 32], now: Timestamp) -> sql::Result<Option<Till>> {
    let sql = "SELECT terminal_id FROM enrolment_code WHERE code = ?1 AND expires_at > ?2";
    let terminal = connection.prepare_cached(sql)?.query_row(params![value, now.0], |row| row.get(0)).optional()?;
    let Some(terminal) = terminal else { return Ok(None) };
    Ok(one(connection, TerminalId(terminal), now)?.filter(|till| in_service(&till.status)))
}

/// Makes the browser with this token the terminal of the code, which is used up. What was that terminal before is it no
/// longer, and the browser is no other terminal any more. `entry` is audited with the terminal as its subject.
pub async fn enrol(
    db: &Storage,
    vault: &Vault,
    code: &str,
    device: DeviceId,
    agent: String,
    entry: Entry,
) -> Result<Option<Till>, StorageError> {
    let value = vault.enrolment_code(code);
    db.write(move |connection| {
        let Some(till) = of_code(connection, value, entry.at)? else { return Ok(None) };
        let terminal = till.terminal.0;
        if connection.execute("DELETE FROM enrolment_code WHERE code = ?1", params![value])? == 0 {
            // Another browser was quicker.
            return Ok(None);
        }
        let sql = "DELETE FROM device WHERE terminal_id = ?1 OR id_hash = ?2";
        let replaced = connection.execute(sql, params![terminal, device.0])? > 0;
        let sql = "INSERT INTO device (id_hash, terminal_id, enrolled_at, agent, address) VALUES (?1, ?2, ?3, ?4, ?5)";
        let agent = audit::printable(&agent);
        connection.execute(sql, params![device.0, terminal, entry.at.0, agent, &entry.address])?;
        connection.execute("UPDATE terminal SET status = 'active' WHERE id = ?1 AND status = 'new'", [terminal])?;
        let detail = if replaced { "in place of another computer" } else { "" };
        let (merchant, at) = (Some(till.merchant), Some(till.terminal));
        let (subject, detail) = (till.terminal.to_string(), detail.to_owned());
        audit::insert(connection, &Entry { merchant, terminal: at, subject, detail, ..entry })?;
        Ok(Some(till))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it_and_nothing_else_is_one() {
        for typed in ["K7QM4RXD", "k7qm4rxd", " k7qm 4rxd ", "K7QM-4RXD", "\u{ff2b}7QM4RXD"] {
            assert_eq!(normal_code(typed).as_deref(), Some("K7QM4RXD"), "{typed}");
        }
        for typed in ["", "K7QM4RX", "K7QM4RXDD", "K7QM4RX0", "K7QM4RX1", "I7QM4RXD", "O7QM4RXD", "K7QM4RX药"] {
            assert_eq!(normal_code(typed), None, "{typed}");
        }
        for _ in 0..100 {
            let code = random_code().expect("random bytes");
            assert_eq!(normal_code(&code), Some(code));
        }
    }
}
