//! What stands between the network and a password: captchas and the counting of tries. Counts live in the database, so
//! that a restart forgives nobody and several instances count together.

use crate::sql::{self, Connection, OptionalExtension};
use domain::ids::PersonId;
use domain::network::Network;
use domain::time::{HOUR, Timestamp};

use crate::session::SessionId;
use crate::{Storage, StorageError};

/// Microseconds in a minute.
const MINUTE: i64 = HOUR / 60;

/// Answered captchas that are kept. Strangers in many networks could fill the table otherwise; beyond that the oldest may be
/// answered again, which is better than that nobody can sign in. The counts of wrong passwords hold all the same.
const CAPTCHAS_MAX: u32 = 10_000;

/// How long a captcha may be answered.
pub const CAPTCHA_LIFE: i64 = 3 * MINUTE;

/// Names one captcha: when it was shown, and random bytes. The browser holds it in a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptchaId(pub [u8; 16]);

impl CaptchaId {
    /// A captcha that is shown now.
    pub fn new(now: Timestamp, random: [u8; 8]) -> Self {
        Self((u128::from(now.0.unsigned_abs()) << 64 | u128::from(u64::from_be_bytes(random))).to_be_bytes())
    }

    /// Whether it may still be answered. A browser that makes an id up gains nothing: it does not know the text.
    fn alive(self, now: Timestamp) -> bool {
        let (shown, _) = self.0.split_first_chunk::<8>().expect("16 bytes");
        (0..CAPTCHA_LIFE).contains(&now.since(Timestamp(i64::from_be_bytes(*shown))))
    }
}

/// Whether a captcha can still be answered, and so be drawn or spoken.
pub async fn captcha_open(db: &Storage, id: CaptchaId, now: Timestamp) -> Result<bool, StorageError> {
    if !id.alive(now) {
        return Ok(false);
    }
    db.read(move |connection| {
        let sql = "SELECT 1 FROM captcha WHERE id = ?1";
        Ok(connection.prepare_cached(sql)?.query_row([id.0], |_| Ok(())).optional()?.is_none())
    })
    .await
}

/// Uses a captcha up; whether it could be answered. Each can be once, however many requests ask for it at the same time.
pub async fn take_captcha(db: &Storage, id: CaptchaId, now: Timestamp) -> Result<bool, StorageError> {
    if !id.alive(now) {
        return Ok(false);
    }
    db.write(move |connection| {
        connection.prepare_cached("DELETE FROM captcha WHERE expires_at <= ?1")?.execute([now.0])?;
        let sql = "DELETE FROM captcha WHERE expires_at <=
            (SELECT expires_at FROM captcha ORDER BY expires_at DESC LIMIT 1 OFFSET ?1)";
        connection.prepare_cached(sql)?.execute([CAPTCHAS_MAX - 1])?;
        let sql = "INSERT INTO captcha (id, expires_at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING";
        Ok(connection.prepare_cached(sql)?.execute((id.0, now.plus(CAPTCHA_LIFE).0))? == 1)
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

/// Passwords of one login name from one place, or in one session. Counted over a day, so that slow guessing is stopped as
/// well.
pub const PASSWORD_TRIES: Rule = Rule { tries: 5, window: 24 * HOUR, block: 15 * MINUTE };

/// Failed logins from one address, behind which a whole shop may sit.
pub const ADDRESS_FAILURES: Rule = Rule { tries: 200, window: 10 * MINUTE, block: 10 * MINUTE };

/// Enrolment codes from one network: 40 bits stand against a few tries a day.
pub const CODE_TRIES: Rule = Rule { tries: 5, window: 24 * HOUR, block: 15 * MINUTE };

/// Places from which one login name was locked: a guesser with many addresses.
pub const NAME_PLACES: Rule = Rule { tries: 10, window: 24 * HOUR, block: 15 * MINUTE };

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

/// The key of a login name's password tries at a place, whether or not anybody has that name. The place is a known device
/// or a network, so that a stranger elsewhere takes no try away from the person.
pub fn login_key(login: &str, place: &str) -> String {
    format!("login:{}@{place}", crate::people::normal_login(login))
}

/// The key of the places from which a login name was locked. A known device does not ask for it.
pub fn name_key(login: &str) -> String {
    format!("name:{}", crate::people::normal_login(login))
}

/// The login name of a key of [`login_key`] or [`name_key`].
pub(crate) fn login_of_key(key: &str) -> Option<&str> {
    let of_place = key.strip_prefix("login:").and_then(|rest| rest.rsplit_once('@')).map(|(login, _)| login);
    of_place.or_else(|| key.strip_prefix("name:"))
}

/// The key of the tries of a session's own password: at the lock screen and where it is changed.
pub fn session_key(session: SessionId) -> String {
    format!("session:{}", session.short())
}

/// The key of the tries of a person's codes, in whatever session.
pub fn factor_key(person: PersonId) -> String {
    format!("factor:{person}")
}

/// The key of the tries of a manager's password in somebody else's session.
pub fn consent_key(session: SessionId) -> String {
    format!("consent:{}", session.short())
}

/// The key of failed logins from a network.
pub fn address_key(network: &Network) -> String {
    format!("address:{}", network.as_str())
}

/// The key of a network's enrolment codes.
pub fn code_key(network: &Network) -> String {
    format!("code:{}", network.as_str())
}

/// The key of a network's failed consents.
pub fn consent_address_key(network: &Network) -> String {
    format!("consent-address:{}", network.as_str())
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

/// Lifts the locks of a login name, wherever it was tried.
pub(crate) fn lift(connection: &Connection, login: &str) -> sql::Result<()> {
    // The character after `@` ends the range.
    let (from, end) = (login_key(login, ""), format!("login:{}A", crate::people::normal_login(login)));
    connection.prepare_cached("DELETE FROM throttle WHERE key >= ?1 AND key < ?2")?.execute((from, end))?;
    connection.prepare_cached("DELETE FROM throttle WHERE key = ?1")?.execute([name_key(login)])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::open;

    const START: Timestamp = Timestamp(1_795_000_000_000_000);

    #[tokio::test]
    async fn the_fifth_try_blocks_and_time_forgives() {
        let (_folder, db) = open().await;
        let count = |now| count_try(&db, login_key(" Cashier ", "192.0.2.7"), PASSWORD_TRIES, now);
        for left in (1..5).rev() {
            assert_eq!(count(START).await.expect("counts"), Tries::Go { left, blocked_until: None });
        }
        let until = START.plus(15 * MINUTE);
        assert_eq!(count(START).await.expect("counts"), Tries::Go { left: 0, blocked_until: Some(until) });
        assert_eq!(count(until.plus(-1)).await.expect("counts"), Tries::Blocked(until));
        assert_eq!(blocked_until(&db, login_key("cashier", "192.0.2.7"), START).await.expect("reads"), Some(until));
        assert_eq!(count(until).await.expect("counts"), Tries::Go { left: 4, blocked_until: None });
        forgive(&db, login_key("cashier", "192.0.2.7")).await.expect("forgets");
        assert_eq!(count(until).await.expect("counts"), Tries::Go { left: 4, blocked_until: None });
    }

    #[tokio::test]
    async fn tries_at_the_same_time_are_all_counted() {
        let (_folder, db) = open().await;
        let tries: Vec<_> = (0..50)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { count_try(&db, login_key("x", "local"), PASSWORD_TRIES, START).await })
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
    async fn a_captcha_is_good_once_and_not_for_long_and_leaves_a_row_only_when_answered() {
        let (_folder, db) = open().await;
        let id = |n: u8| CaptchaId::new(START, [n; 8]);
        let kept = async |n: u8| {
            let sql = "SELECT EXISTS (SELECT 1 FROM captcha WHERE id = ?1)";
            let id = id(n);
            db.read(move |c| Ok(c.query_row(sql, [id.0], |row| row.get::<_, bool>(0))?)).await.expect("reads")
        };
        for n in 0..100 {
            assert!(captcha_open(&db, id(n), START).await.expect("reads"));
            assert!(!kept(n).await);
        }
        assert!(take_captcha(&db, id(1), START).await.expect("takes"));
        assert!(!take_captcha(&db, id(1), START).await.expect("takes"));
        assert!(!captcha_open(&db, id(1), START).await.expect("reads"));
        let end = START.plus(CAPTCHA_LIFE);
        assert!(!take_captcha(&db, id(2), end).await.expect("takes"), "too late");
        assert!(!take_captcha(&db, id(3), START.plus(-1)).await.expect("takes"), "not shown yet");
        assert!(take_captcha(&db, id(4), end.plus(-1)).await.expect("takes"));
        assert!(kept(1).await && kept(4).await && !kept(2).await && !kept(3).await);
        let next = CaptchaId::new(end.plus(CAPTCHA_LIFE), [9; 8]);
        assert!(take_captcha(&db, next, end.plus(CAPTCHA_LIFE)).await.expect("takes"));
        assert!(!kept(1).await && !kept(4).await, "what is over is gone");
    }

    #[tokio::test]
    async fn answered_captchas_are_bounded_however_many_networks_they_come_from() {
        let (_folder, db) = open().await;
        let over = i64::from(CAPTCHAS_MAX) + 50;
        let fill = move |connection: &Connection| {
            for n in 0..over {
                let id = CaptchaId::new(START, n.to_be_bytes());
                let sql = "INSERT INTO captcha (id, expires_at) VALUES (?1, ?2)";
                connection.prepare_cached(sql)?.execute((id.0, START.plus(CAPTCHA_LIFE + n).0))?;
            }
            Ok(())
        };
        db.write(fill).await.expect("writes");
        let newest = CaptchaId::new(START, [255; 8]);
        assert!(take_captcha(&db, newest, START.plus(over)).await.expect("takes"));
        assert!(!take_captcha(&db, newest, START.plus(over)).await.expect("takes"), "once");
        let count = |c: &Connection| Ok(c.query_row("SELECT COUNT(*) FROM captcha", [], |row| row.get::<_, i64>(0))?);
        let (left, most) = (db.read(count).await.expect("reads"), i64::from(CAPTCHAS_MAX));
        assert!((most - 1..=most).contains(&left), "{left}");
        let late = CaptchaId::new(START, (over - 1).to_be_bytes());
        assert!(!take_captcha(&db, late, START.plus(over)).await.expect("takes"), "the latest are kept");
    }
}
