//! Asking for the second factor: at sign-in, and again before what takes it.
//!
//! What must stay true: wrong codes are counted like wrong passwords, by the person, so that another session does not
//! begin anew; somebody without a factor types the password instead.

use domain::factor::{self as rules, PROVED_FOR};
use storage::login::{self, PASSWORD_TRIES, Tries};
use storage::{audit, factor};

use crate::Web;
use crate::credentials::{Checked, check_own_password, clock_text};
use crate::problem::Problem;
use crate::session::Session;

/// How long a proof counts, in minutes, for pages that say so.
pub const MINUTES: i64 = PROVED_FOR / 60_000_000;

/// Whether the session proved it a short while ago.
pub fn is_fresh(session: &Session) -> bool {
    rules::is_fresh(session.proved_at, session.now)
}

/// Checks what was typed as a proof: a code of the app or a recovery code, or the password of somebody without a factor.
pub async fn prove(web: &Web, session: &Session, typed: String) -> Result<Checked, Problem> {
    let db = &web.storage;
    let checked = if session.has_factor() {
        check_code(web, session, &typed).await?
    } else {
        check_own_password(web, session, typed, "proof_failed").await?
    };
    if matches!(checked, Checked::Right) {
        factor::proved(db, session.id, session.entry("proved", "", "")).await?;
    }
    Ok(checked)
}

async fn check_code(web: &Web, session: &Session, typed: &str) -> Result<Checked, Problem> {
    let (db, person) = (&web.storage, session.person);
    let key = login::factor_key(person);
    let (left, blocked_until) = match login::count_try(db, key.clone(), PASSWORD_TRIES, session.now).await? {
        Tries::Blocked(until) => return Ok(Checked::Locked(clock_text(until))),
        Tries::Go { left, blocked_until } => (left, blocked_until),
    };
    let right = match rules::code(typed) {
        Some(code) => factor::take_code(db, &web.vault, person, code, session.now).await?,
        None => take_recovery(web, session, typed).await?,
    };
    if right {
        login::forgive(db, key).await?;
        return Ok(Checked::Right);
    }
    audit::append(db, session.entry("factor_failed", "", "")).await?;
    Ok(blocked_until.map_or(Checked::Wrong(left), |until| Checked::Locked(clock_text(until))))
}

async fn take_recovery(web: &Web, session: &Session, typed: &str) -> Result<bool, Problem> {
    let typed = rules::recovery_code(typed);
    if typed.len() != rules::RECOVERY_LENGTH {
        return Ok(false);
    }
    for (number, hash) in factor::recovery_codes(&web.storage, session.person).await? {
        if web.passwords.verify(typed.clone(), Some(hash)).await? {
            let taken = factor::take_recovery(&web.storage, session.person, number, session.now).await?;
            if taken {
                audit::append(&web.storage, session.entry("recovery_code_used", "", "")).await?;
            }
            return Ok(taken);
        }
    }
    Ok(false)
}
