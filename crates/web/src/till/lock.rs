//! The lock screen: says who is signed in and asks for the password only. The order stays as it is.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use storage::login::{self, Tries};
use storage::{audit, people, session};

use crate::Web;
use crate::flash::Flash;
use crate::page::{Page, local_path, render};
use crate::problem::Problem;
use crate::session::{AnySession, Session};
use crate::text::fill;
use crate::till::login::clock_text;

#[derive(Template)]
#[template(path = "till/lock.html")]
struct View {
    page: Page,
    who: String,
    login: String,
    back: String,
    error: Option<String>,
}

/// Where to go once unlocked.
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    back: String,
}

/// Locks, and shows the screen. A reload or the Back button does not open it.
pub(crate) async fn show(
    State(web): State<Web>,
    AnySession(session): AnySession,
    page: Page,
    flash: Flash,
    Query(query): Query<Back>,
) -> Result<Response, Problem> {
    if !session.locked {
        session::set_locked(&web.storage, session.id).await?;
    }
    let text = &page.text.login;
    let error = match flash.word.as_str() {
        "unlock_empty" => Some(text.password_empty.to_owned()),
        "unlock_wrong" => Some(fill(text.lock_wrong, &[flash.value(0)])),
        "unlock_locked" => Some(fill(text.locked, &[flash.value(0)])),
        _ => None,
    };
    let who = fill(text.lock_who, &[&session.name, &session.number]);
    let back = local_path(&query.back).to_owned();
    Ok(render(&View { page, who, login: session.login.clone(), back, error }).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Fields {
    #[serde(default)]
    p: String,
    #[serde(default)]
    back: String,
}

/// Opens the screen for the right password; wrong ones count like those at login.
pub(crate) async fn open(
    State(web): State<Web>,
    AnySession(session): AnySession,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let back = local_path(&fields.back);
    let refusal = if fields.p.is_empty() {
        Some(Flash::new("unlock_empty", &[]))
    } else {
        match check_own_password(&web, &session, fields.p, "unlock_failed").await? {
            Checked::Right => None,
            Checked::Wrong(left) => Some(Flash::new("unlock_wrong", &[&left.to_string()])),
            Checked::Locked(until) => Some(Flash::new("unlock_locked", &[&until])),
        }
    };
    if let Some(flash) = refusal {
        return Ok(flash.redirect(&web, &format!("/lock?back={back}")));
    }
    session::unlock(&web.storage, session.id, session.entry("unlock", "", "")).await?;
    Ok(Redirect::to(back).into_response())
}

/// What a signed-in person's password was worth.
pub(crate) enum Checked {
    /// It is theirs.
    Right,
    /// It is not; so many tries are left.
    Wrong(u32),
    /// No more tries before the time given.
    Locked(String),
}

/// Checks the password of who is signed in, counted with the tries at login. `failed` goes to the audit log.
pub(crate) async fn check_own_password(
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
