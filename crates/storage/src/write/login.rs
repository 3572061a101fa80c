//! What stands between the network and a password: captchas and the counting of tries. Both live in the database, so
//! that a restart forgives nobody and several instances count together.

use crate::sql::{Connection, OptionalExtension};
use domain::time::{HOUR, Timestamp};

use crate::{Storage, StorageError};

/// Microseconds in a minute.
const MINUTE: i64 = HOUR / 60;

/// How long a captcha may be answered.
pub const CAPTCHA_LIFE: i64 = 3 * MINUTE;

/// Names one captcha; the browser holds it in a cookie.
pub type CaptchaId = [u8; 16];

/// What a captcha's answer was worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenCaptcha {
    /// This answer was expected.
    Expected(String),
    /// It was too old.
    Expired,
    /// There is none, or it was used before.
    Unknown,
}

/// Stores a captcha and forgets those that nobody can answer any more.
pub async fn put_captcha(db: &Storage, id: CaptchaId, answer: String, now: Timestamp) -> Result<(), StorageError> {
    db.write(move |connection| {
        connection.prepare_cached("DELETE FROM captcha WHERE expires_at < ?1")?.execute([now.plus(-HOUR).0])?;
        connection
            .prepare_cached("INSERT INTO captcha (id, answer, expires_at, used) VALUES (?1, ?2, ?3, 0)")?
            .execute((id, answer, now.plus(CAPTCHA_LIFE).0))?;
        Ok(())
    })
    .await
}

/// The text of a captcha that can still be answered, to be drawn or spoken.
pub async fn captcha_text(db: &Storage, id: CaptchaId, now: Timestamp) -> Result<Option<String>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT answer FROM captcha WHERE id = ?1 AND used = 0 AND expires_at > ?2";
        Ok(connection.prepare_cached(sql)?.query_row((id, now.0), |row| row.get(0)).optional()?)
    })
    .await
}

/// Uses a captcha up. Each can be taken once, however many requests ask for it at the same time.
pub async fn take_captcha(db: &Storage, id: CaptchaId, now: Timestamp) -> Result<TakenCaptcha, StorageError> {
    db.write(move |connection| {
        let sql = "UPDATE captcha SET used = 1 WHERE id = ?1 AND used = 0 RETURNING answer, expires_at";
        let found: Option<(String, i64)> =
            connection.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        Ok(match found {
            None => TakenCaptcha::Unknown,
            Some((_, expires_at)) if expires_at <= now.0 => TakenCaptcha::Expired,
            Some((answer, _)) => TakenCaptcha::Expected(answer),
        })
    })
    .await
}

/// How many tries within how long, and for how long it is blocked after the last of them.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Tries; the last one blocks.
    pub tries: u32,
    /// Microseconds after which the count starts again.
    pub window: i64,
    /// Microseconds that a block lasts.
    pub block: i64,
}

/// Passwords of one login name. Counted over a day, so that slow guessing is stopped as well.
pub const PASSWORD_TRIES: Rule = Rule { tries: 5, window: 24 * HOUR, block: 15 * MINUTE };

/// Failed logins from one address, behind which a whole shop may sit.
pub const ADDRESS_FAILURES: Rule = Rule { tries: 200, window: 10 * MINUTE, block: 10 * MINUTE };

/// Where a count stands after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    /// The try may be made; so many are left after it. With none left it is blocked until the moment given.
    Go {
        /// Tries left after this one.
        left: u32,
        /// When a block that this try started ends.
        blocked_until: Option<Timestamp>,
    },
    /// It may not be made before this moment.
    Blocked(Timestamp),
}

/// The key of a login name's password tries, whether or not anybody has that name.
pub fn login_key(login: &str) -> String {
    format!("login:{}", crate::people::normal_login(login))
}

/// The key of an address.
pub fn address_key(address: &str) -> String {
    format!("address:{address}")
}

/// Counts one try *before* it is made, so that guesses sent at the same time cannot outrun the count.
pub async fn count_try(db: &Storage, key: String, rule: Rule, now: Timestamp) -> Result<Tries, StorageError> {
    db.write(move |connection| count(connection, &key, rule, now)).await
}

fn count(connection: &Connection, key: &str, rule: Rule, now: Timestamp) -> Result<Tries, StorageError> {
    connection.lock_name("throttle", key)?;
    let sql = "SELECT window_start, count, blocked_until FROM throttle WHERE key = ?1";
    let found: Option<(i64, u32, i64)> = connection
        .prepare_cached(sql)?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    if let Some((_, _, blocked_until)) = found.filter(|(_, _, until)| *until > now.0) {
        return Ok(Tries::Blocked(Timestamp(blocked_until)));
    }
    // A block that has passed starts afresh, as does an old window.
    let (start, before) = match found {
        Some((start, count, 0)) if now.since(Timestamp(start)) < rule.window => (start, count),
        _ => (now.0, 0),
    };
    let made = before.saturating_add(1);
    let blocked_until = (made >= rule.tries).then(|| now.plus(rule.block));
    connection.prepare_cached("DELETE FROM throttle WHERE window_start < ?1")?.execute([now.plus(-48 * HOUR).0])?;
    connection
        .prepare_cached(
            "INSERT INTO throttle (key, window_start, count, blocked_until) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (key) DO UPDATE SET window_start = ?2, count = ?3, blocked_until = ?4",
        )?
        .execute((key, start, made, blocked_until.map_or(0, |until| until.0)))?;
    Ok(Tries::Go { left: rule.tries.saturating_sub(made), blocked_until })
}

/// Until when `key` is blocked, without counting anything.
pub async fn blocked_until(db: &Storage, key: String, now: Timestamp) -> Result<Option<Timestamp>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT blocked_until FROM throttle WHERE key = ?1 AND blocked_until > ?2";
        let until: Option<i64> =
            connection.prepare_cached(sql)?.query_row((key, now.0), |row| row.get(0)).optional()?;
        Ok(until.map(Timestamp))
    })
    .await
}

/// Forgets the tries of `key`, after a success.
pub async fn forgive(db: &Storage, key: String) -> Result<(), StorageError> {
    db.write(move |connection| {
        connection.prepare_cached("DELETE FROM throttle WHERE key = ?1")?.execute([key])?;
        Ok(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::open;

    const START: Timestamp = Timestamp(1_795_000_000_000_000);

    #[tokio::test]
    async fn the_fifth_try_blocks_and_time_forgives() {
        let (_folder, db) = open().await;
        let count = |now| count_try(&db, login_key(" Cashier "), PASSWORD_TRIES, now);
        for left in (1..5).rev() {
            assert_eq!(count(START).await.expect("counts"), Tries::Go { left, blocked_until: None });
        }
        let until = START.plus(15 * MINUTE);
        assert_eq!(count(START).await.expect("counts"), Tries::Go { left: 0, blocked_until: Some(until) });
        assert_eq!(count(until.plus(-1)).await.expect("counts"), Tries::Blocked(until));
        assert_eq!(blocked_until(&db, login_key("cashier"), START).await.expect("reads"), Some(until));
        assert_eq!(count(until).await.expect("counts"), Tries::Go { left: 4, blocked_until: None });
        forgive(&db, login_key("cashier")).await.expect("forgets");
        assert_eq!(count(until).await.expect("counts"), Tries::Go { left: 4, blocked_until: None });
    }

    #[tokio::test]
    async fn tries_at_the_same_time_are_all_counted() {
        let (_folder, db) = open().await;
        let tries: Vec<_> = (0..50)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { count_try(&db, login_key("x"), PASSWORD_TRIES, START).await })
            })
            .collect();
        let mut allowed = 0;
        for one in tries {
            if matches!(one.await.expect("joins").expect("counts"), Tries::Go { .. }) {
                allowed += 1;
            }
        }
        assert_eq!(allowed, 5);
    }

    #[tokio::test]
    async fn a_captcha_is_good_once_and_not_for_long() {
        let (_folder, db) = open().await;
        let put = |id: u8| put_captcha(&db, [id; 16], "7K4P".to_owned(), START);
        put(1).await.expect("stores");
        assert_eq!(captcha_text(&db, [1; 16], START).await.expect("reads").as_deref(), Some("7K4P"));
        assert_eq!(take_captcha(&db, [1; 16], START).await.expect("takes"), TakenCaptcha::Expected("7K4P".to_owned()));
        assert_eq!(take_captcha(&db, [1; 16], START).await.expect("takes"), TakenCaptcha::Unknown);
        assert_eq!(captcha_text(&db, [1; 16], START).await.expect("reads"), None);
        put(2).await.expect("stores");
        assert_eq!(take_captcha(&db, [2; 16], START.plus(CAPTCHA_LIFE)).await.expect("takes"), TakenCaptcha::Expired);
    }
}
