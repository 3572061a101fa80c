//! Checking a password: the count of tries that all places share, and the audit log.
//!
//! Only a person with the right password learns that the account is disabled or the store suspended.

use domain::time::Timestamp;
use storage::audit::{self, Entry};
use storage::login::{self, Tries};
use storage::people::{self, Account};

use crate::Web;
use crate::client::Client;
use crate::problem::Problem;
use crate::session::Session;

/// Longest user name and password that are looked at, in bytes.
const FIELD_MAX: usize = 512;

/// Why user name and password open nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No more tries before this moment.
    Locked(Timestamp),
    /// Wrong; so many tries are left.
    Wrong(u32),
    /// The account is disabled.
    Disabled,
    /// The store may not trade.
    Suspended,
}

/// `10:41`, rounded up, so that a try at that minute is not too early.
pub fn clock_text(until: Timestamp) -> String {
    until.plus(59_999_999).in_china().strftime("%H:%M").to_string()
}

/// The account that user name and password belong to. Counted *before* the password is looked at.
pub async fn check_password(
    web: &Web,
    client: &Client,
    user: &str,
    password: String,
) -> Result<Result<Account, Refused>, Problem> {
    let db = &web.storage;
    let known = if user.len() > FIELD_MAX { None } else { people::account(db, user).await? };
    let note = |action, detail: &str| audit::append(db, entry(web, client, known.as_ref(), action, detail));
    let key = login::login_key(&user.chars().take(FIELD_MAX).collect::<String>());
    let (left, blocked_until) = match login::count_try(db, key.clone(), login::PASSWORD_TRIES, web.clock.now()).await? {
        Tries::Go { left, blocked_until } => (left, blocked_until),
        Tries::Blocked(until) => {
            note("login_refused", "locked").await?;
            return Ok(Err(Refused::Locked(until)));
        }
    };
    let stored = known.as_ref().map(|account| account.password_hash.clone());
    let right = password.len() <= FIELD_MAX && web.passwords.verify(password, stored).await?;
    let Some(account) = known.clone().filter(|_| right) else {
        if let Some(until) = blocked_until {
            note("login_locked", "last try wrong").await?;
            return Ok(Err(Refused::Locked(until)));
        }
        note("login_failed", "").await?;
        return Ok(Err(Refused::Wrong(left)));
    };
    login::forgive(db, key).await?;
    if !account.active {
        note("login_refused", "disabled").await?;
        return Ok(Err(Refused::Disabled));
    }
    if !account.trading {
        note("login_refused", "suspended").await?;
        return Ok(Err(Refused::Suspended));
    }
    Ok(Ok(account))
}

/// Whether a signed-in person's password is right.
pub enum Checked {
    /// It is right.
    Right,
    /// It is not; so many tries are left.
    Wrong(u32),
    /// No more tries before the time given.
    Locked(String),
}

/// Checks the signed-in person's password; tries count like those at login. `failed` goes to the audit log.
pub async fn check_own_password(
    web: &Web,
    session: &Session,
    password: String,
    failed: &'static str,
) -> Result<Checked, Problem> {
    let db = &web.storage;
    let key = login::login_key(&session.login);
    let (left, blocked_until) = match login::count_try(db, key.clone(), login::PASSWORD_TRIES, session.now).await? {
        Tries::Blocked(until) => return Ok(Checked::Locked(clock_text(until))),
        Tries::Go { left, blocked_until } => (left, blocked_until),
    };
    let account = people::account(db, &session.login).await?;
    if web.passwords.verify(password, account.map(|account| account.password_hash)).await? {
        login::forgive(db, key).await?;
        return Ok(Checked::Right);
    }
    audit::append(db, session.entry(failed, "", "")).await?;
    Ok(blocked_until.map_or(Checked::Wrong(left), |until| Checked::Locked(clock_text(until))))
}

/// An audit entry. An unknown user name is not logged: people type passwords into that field.
pub fn entry(web: &Web, client: &Client, account: Option<&Account>, action: &'static str, detail: &str) -> Entry {
    Entry {
        at: web.clock.now(),
        person: account.map(|account| account.person),
        merchant: account.and_then(|account| account.place.merchant()),
        terminal: account.and_then(|account| account.terminal),
        action,
        subject: account.map_or_else(|| "unknown user".to_owned(), |account| account.name.clone()),
        detail: detail.to_owned(),
        address: client.address.clone(),
    }
}
