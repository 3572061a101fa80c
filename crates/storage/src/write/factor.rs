//! Second factor: the seed of a person's one-time codes, sealed by the vault; recovery codes, hashed like passwords.
//!
//! What must stay true: a code is accepted once, whatever is sent at the same time; the seed leaves the vault only to
//! compute a code.

use crate::sql::{self, Connection, OptionalExtension as _, params};
use domain::factor::{DIGITS, open_steps};
use domain::human::GIVEN_FOR;
use domain::ids::PersonId;
use domain::time::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::audit::{self, Entry};
use crate::people::normal_login;
use crate::session::SessionId;
use crate::vault::{GENERATION, Vault};
use crate::{Storage, StorageError};

/// Bytes of a seed: as long as the hash, as RFC 4226 asks.
pub const SEED_BYTES: usize = 20;

/// The code of a step (RFC 6238 with SHA-1, which is what the apps compute), six digits.
pub fn code(seed: &[u8], step: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(seed).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let tag = mac.finalize().into_bytes();
    let at = usize::from(tag.last().copied().unwrap_or_default() & 15);
    let number = tag.iter().skip(at).take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    format!("{:0DIGITS$}", (number & 0x7fff_ffff) % 1_000_000)
}

/// The seed as apps take it by hand: base 32 (RFC 4648) in groups of four.
pub fn seed_text(seed: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: Vec<u8> = seed.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let letter = |five: &[u8]| char::from(ALPHABET[usize::from(five.iter().fold(0, |n, bit| n << 1 | bit))]);
    let text: Vec<char> = bits.chunks(5).map(letter).collect();
    text.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// A person's factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Since when.
    pub set_at: Timestamp,
    /// Recovery codes that were not used.
    pub recovery_left: i64,
}

/// The person's factor, if one is set.
pub async fn find(db: &Storage, person: PersonId) -> Result<Option<Factor>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = "SELECT f.set_at, (SELECT COUNT(*) FROM recovery_code r
            WHERE r.person_id = f.person_id AND r.used_at IS NULL) FROM factor f WHERE f.person_id = ?1";
        let read = |row: &sql::Row<'_>| Ok(Factor { set_at: Timestamp(row.get(0)?), recovery_left: row.get(1)? });
        Ok(connection.prepare_cached(sql)?.query_row([person.0], read).optional()?)
    })
    .await
}

/// A factor to be set.
pub struct NewFactor {
    /// The seed as [`Vault::seal_seed`] wrote it.
    pub sealed: Vec<u8>,
    /// The step of the code that proved it.
    pub step: i64,
    /// PHC strings of the recovery codes.
    pub recovery: Vec<String>,
}

/// Sets the factor of `entry`'s person, who proved it in this session. `false`: one is set already.
pub async fn set(db: &Storage, new: NewFactor, session: SessionId, entry: Entry) -> Result<bool, StorageError> {
    let person = entry.person.map_or(0, |id| id.0);
    db.write(move |connection| {
        let sql = "INSERT INTO factor (person_id, seed, seed_generation, step, set_at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (person_id) DO NOTHING";
        let values = params![person, new.sealed, GENERATION, new.step, entry.at.0];
        if connection.prepare_cached(sql)?.execute(values)? == 0 {
            return Ok(false);
        }
        for (number, hash) in (1_i64..).zip(&new.recovery) {
            let sql = "INSERT INTO recovery_code (person_id, number, hash, used_at) VALUES (?1, ?2, ?3, NULL)";
            connection.prepare_cached(sql)?.execute(params![person, number, hash.as_str()])?;
        }
        // A session that is open elsewhere was never asked for a code.
        let sql = "DELETE FROM session WHERE person_id = ?1 AND id_hash <> ?2";
        connection.prepare_cached(sql)?.execute((person, session.name()))?;
        prove(connection, session, entry.at)?;
        audit::insert(connection, &entry)?;
        Ok(true)
    })
    .await
}

/// Whether `typed` is a code of the person that counts now; it counts once.
pub async fn take_code(
    db: &Storage,
    vault: &Vault,
    person: PersonId,
    typed: String,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let vault = vault.clone();
    db.write(move |connection| {
        connection.lock("SELECT person_id FROM factor WHERE person_id = ?1", [person.0])?;
        let sql = "SELECT seed, step FROM factor WHERE person_id = ?1";
        let read = |row: &sql::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?));
        let Some((sealed, last)) = connection.prepare_cached(sql)?.query_row([person.0], read).optional()? else {
            return Ok(false);
        };
        let Some(seed) = vault.open_seed(person, &sealed) else { return Ok(false) };
        let Some(step) = step_of_code(&seed, &typed, now, last) else { return Ok(false) };
        connection.prepare_cached("UPDATE factor SET step = ?2 WHERE person_id = ?1")?.execute([person.0, step])?;
        Ok(true)
    })
    .await
}

/// The step whose code `typed` is, of those that count.
pub fn step_of_code(seed: &Zeroizing<Vec<u8>>, typed: &str, now: Timestamp, last: i64) -> Option<i64> {
    open_steps(now, last).find(|step| code(seed, *step).as_bytes().ct_eq(typed.as_bytes()).into())
}

/// The recovery codes that were not used: number and PHC string.
pub async fn recovery_codes(db: &Storage, person: PersonId) -> Result<Vec<(i64, String)>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = "SELECT number, hash FROM recovery_code WHERE person_id = ?1 AND used_at IS NULL ORDER BY number";
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_map([person.0], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Uses a recovery code up; whether it was there to be used.
pub async fn take_recovery(db: &Storage, person: PersonId, number: i64, now: Timestamp) -> Result<bool, StorageError> {
    db.write(move |connection| {
        let sql = "UPDATE recovery_code SET used_at = ?3 WHERE person_id = ?1 AND number = ?2 AND used_at IS NULL";
        Ok(connection.prepare_cached(sql)?.execute([person.0, number, now.0])? == 1)
    })
    .await
}

fn prove(connection: &Connection, session: SessionId, now: Timestamp) -> sql::Result<()> {
    let sql = "UPDATE session SET proved_at = ?2 WHERE id_hash = ?1";
    connection.prepare_cached(sql)?.execute((session.name(), now.0))?;
    Ok(())
}

/// Notes that the session's person proved the factor, or the password where there is none.
pub async fn proved(db: &Storage, session: SessionId, entry: Entry) -> Result<(), StorageError> {
    db.write(move |connection| {
        prove(connection, session, entry.at)?;
        Ok(audit::insert(connection, &entry)?)
    })
    .await
}

/// Takes a person's factor away from the command line, as an approved proposal does. `None`: there is no such login name;
/// `false`: no factor.
pub async fn reset(db: &Storage, login: &str, entry: Entry) -> Result<Option<bool>, StorageError> {
    let login = normal_login(login);
    db.write(move |connection| {
        let sql = "SELECT id FROM person WHERE login = ?1";
        let person: Option<i64> = connection.prepare_cached(sql)?.query_row([&login], |row| row.get(0)).optional()?;
        let Some(person) = person.map(PersonId) else { return Ok(None) };
        let had = take_away(connection, person, None, entry.at)?;
        if had {
            audit::insert(connection, &Entry { subject: login.clone(), ..entry })?;
        }
        Ok(Some(had))
    })
    .await
}

/// Takes the factor away, inside the caller's transaction. The next sign-in asks for another password: until then, and for
/// a day after it, the login counts as the human that had the factor taken away as well. While it counts as somebody else
/// too, who gave it its password, it counts as anybody: two givers have no place. Whether there was a factor.
pub(crate) fn take_away(
    connection: &Connection,
    person: PersonId,
    by: Option<PersonId>,
    at: Timestamp,
) -> sql::Result<bool> {
    if !remove(connection, person)? {
        return Ok(false);
    }
    let sql = "UPDATE person SET must_change = 1, given_at = ?3, changed_at = ?3, version = version + 1,
            given_by = CASE WHEN given_at IS NULL OR given_by = ?2
                OR (must_change = 0 AND password_changed_at > given_at AND password_changed_at <= ?4) THEN ?2 END
        WHERE id = ?1";
    let long_own = at.plus(-GIVEN_FOR).0;
    connection.prepare_cached(sql)?.execute(params![person.0, by.map(|by| by.0), at.0, long_own])?;
    Ok(true)
}

/// Deletes the factor, its recovery codes and the person's sessions, inside the caller's transaction.
pub(crate) fn remove(connection: &Connection, person: PersonId) -> sql::Result<bool> {
    connection.prepare_cached("DELETE FROM recovery_code WHERE person_id = ?1")?.execute([person.0])?;
    let had = connection.prepare_cached("DELETE FROM factor WHERE person_id = ?1")?.execute([person.0])? > 0;
    connection.prepare_cached("DELETE FROM session WHERE person_id = ?1")?.execute([person.0])?;
    Ok(had)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of RFC 6238, appendix B: seconds, and the last six of its eight digits.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, expected) in VECTORS {
            assert_eq!(code(b"12345678901234567890", seconds / 30), expected);
        }
    }

    #[test]
    fn a_seed_is_written_in_base_32() {
        assert_eq!(seed_text(b"12345678901234567890"), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    }
}
