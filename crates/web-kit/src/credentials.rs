//! Checking a password: the count of tries, and the audit log.
//!
//! What must stay true:
//! - Tries are counted where they are made: a login by name and place, a live session's own password by the session, a
//!   manager's consent by the session that asks for it. So a stranger elsewhere takes no try away from anybody.
//! - Only a person with the right password learns that the account is disabled or the store suspended.

use domain::time::Timestamp;
use storage::audit::{self, Entry};
use storage::login::{self, Tries};
use storage::people::{self, Account};

use crate::Web;
use crate::client::Client;
use crate::device::Device;
use crate::problem::Problem;
use crate::session::Session;

/// Longest user name and password that are looked at, in bytes.
const FIELD_MAX: usize = 512;

/// Why user name and password open nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No more tries before this moment.
    Locked(Timestamp),
    /// Wrong; so many tries are left.
    Wrong(u32),
    /// The account is disabled.
    Disabled,
    /// The initial password is too old.
    Expired,
    /// No role counts: it waits for approval, or has ended.
    NoRole,
    /// The merchant or the store was stopped, for this reason.
    Suspended(String),
}

/// `10:41`, rounded up, so that a try at that minute is not too early.
pub fn clock_text(until: Timestamp) -> String {
    until.plus(59_999_999).in_china().strftime("%H:%M").to_string()
}

/// The account that user name and password belong to. Counted *before* the password is looked at. `device` is set if the
/// person signed in with this browser before.
pub async fn check_password(
    web: &Web,
    client: &Client,
    device: Option<&Device>,
    user: &str,
    password: String,
) -> Result<Result<Account, Refused>, Problem> {
    let (db, now) = (&web.storage, web.clock.now());
    let known = if user.len() > FIELD_MAX { None } else { people::account(db, user).await? };
    let note = |action, detail: &str| audit::append(db, entry(web, client, known.as_ref(), action, detail));
    let user: String = user.chars().take(FIELD_MAX).collect();
    if device.is_none()
        && let Some(until) = login::blocked_until(db, login::name_key(&user), now).await?
    {
        note("login_refused", "locked from many places").await?;
        return Ok(Err(Refused::Locked(until)));
    }
    let place = device.map_or_else(|| client.network().as_str().to_owned(), Device::place);
    let key = login::login_key(&user, &place);
    let (left, blocked_until) = match login::count_try(db, key.clone(), login::PASSWORD_TRIES, now).await? {
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
            if device.is_none() {
                login::count_try(db, login::name_key(&user), login::NAME_PLACES, now).await?;
            }
            return Ok(Err(Refused::Locked(until)));
        }
        note("login_failed", "").await?;
        return Ok(Err(Refused::Wrong(left)));
    };
    login::forgive(db, key).await?;
    if !account.status.signs_in() {
        note("login_refused", "disabled").await?;
        return Ok(Err(Refused::Disabled));
    }
    if account.is_expired(now) {
        note("login_refused", "initial password expired").await?;
        return Ok(Err(Refused::Expired));
    }
    if !account.signs_in(now) {
        note("login_refused", "no role").await?;
        return Ok(Err(Refused::NoRole));
    }
    if let Some(reason) = account.stopped {
        note("login_refused", "suspended").await?;
        return Ok(Err(Refused::Suspended(reason)));
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

/// Checks the signed-in person's password; tries count by the session. `failed` goes to the audit log.
pub async fn check_own_password(
    web: &Web,
    session: &Session,
    password: String,
    failed: &'static str,
) -> Result<Checked, Problem> {
    let db = &web.storage;
    let key = login::session_key(session.id);
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

/// Checks the password of `manager`, who consents in this session; without a manager there is nothing to check, and it
/// counts as wrong. Tries count by the session and by the network, never by the manager's name.
pub async fn check_consent(
    web: &Web,
    session: &Session,
    manager: Option<&Account>,
    password: String,
) -> Result<Checked, Problem> {
    let db = &web.storage;
    let (key, address) = (login::consent_key(session.id), login::consent_address_key(&session.client.network()));
    if let Some(until) = login::blocked_until(db, address.clone(), session.now).await? {
        return Ok(Checked::Locked(clock_text(until)));
    }
    let (left, blocked_until) = match login::count_try(db, key.clone(), login::PASSWORD_TRIES, session.now).await? {
        Tries::Blocked(until) => return Ok(Checked::Locked(clock_text(until))),
        Tries::Go { left, blocked_until } => (left, blocked_until),
    };
    if let Some(manager) = manager {
        if web.passwords.verify(password, Some(manager.password_hash.clone())).await? {
            login::forgive(db, key).await?;
            return Ok(Checked::Right);
        }
        let action = if blocked_until.is_some() { "consent_locked" } else { "consent_failed" };
        audit::append(db, session.entry(action, &manager.name, "")).await?;
    }
    login::count_try(db, address, login::ADDRESS_FAILURES, session.now).await?;
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
