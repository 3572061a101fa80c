//! The person's own account: change the password, see and end the own sessions.

use askama::Template;
use axum::Form;
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::password::{Weakness, check_strength};
use serde::Deserialize;
use storage::people;
use storage::session::{self, Listed};

use crate::text::Text;
use crate::{AnyVisit, Shell, Visit};
use web_kit::credentials::{Checked, check_own_password};
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::session::{Session, SignInFrom, begin};
use web_kit::text::fill;

#[derive(Template)]
#[template(path = "password.html")]
struct View {
    shell: Shell,
    text: &'static Text,
    login: String,
    first: bool,
    problem: Option<String>,
    old_error: Option<&'static str>,
    new_error: Option<&'static str>,
    again_error: Option<&'static str>,
    sessions: Vec<Row>,
}

struct Row {
    key: String,
    started: String,
    seen: String,
    address: String,
    agent: String,
    this: bool,
}

impl View {
    fn explain(&mut self, flash: &Flash) {
        let text = &self.text.password;
        let said = match flash.word.as_str() {
            "password_old" => {
                self.old_error = Some(text.old_again);
                fill(text.old_wrong, &[flash.value(0)])
            }
            "password_locked" => fill(self.text.login.locked, &[flash.value(0)]),
            "password_mismatch" => {
                self.again_error = Some(text.mismatch);
                text.mismatch.to_owned()
            }
            "password_weak" => {
                let reason = match flash.value(0) {
                    "long" => text.too_long,
                    "same" => text.same,
                    "personal" => text.personal,
                    "common" => text.common,
                    _ => text.too_short,
                };
                self.new_error = Some(reason);
                reason.to_owned()
            }
            _ => return,
        };
        self.problem = Some(said);
    }
}

/// The form, and below it the sessions unless the password must be changed first.
pub(crate) async fn show(AnyVisit { visit }: AnyVisit) -> Result<Response, Problem> {
    let session = &visit.session;
    if session.locked {
        return Ok(Redirect::to("/lock?back=/password").into_response());
    }
    let sessions = if session.must_change {
        Vec::new()
    } else {
        let listed = session::list(visit.db(), session.person, session.now).await?;
        listed.into_iter().map(|one| row(one, session)).collect()
    };
    Ok(form(&visit, sessions).into_response())
}

fn form(visit: &Visit, sessions: Vec<Row>) -> Html<String> {
    let mut view = View {
        shell: visit.shell("/password"),
        text: visit.text(),
        login: visit.session.login.clone(),
        first: visit.session.must_change,
        problem: None,
        old_error: None,
        new_error: None,
        again_error: None,
        sessions,
    };
    view.explain(&visit.flash);
    render(&view)
}

fn row(one: Listed, session: &Session) -> Row {
    Row {
        key: one.id.short(),
        started: one.created_at.date_time_text(),
        seen: one.seen_at.date_time_text(),
        this: one.id == session.id,
        address: one.address,
        agent: one.agent,
    }
}

#[derive(Deserialize)]
pub(crate) struct Fields {
    #[serde(default)]
    old: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

/// Changes the password; every session of the person ends and this browser gets a new one.
pub(crate) async fn change(AnyVisit { visit }: AnyVisit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let Visit { web, session, .. } = visit;
    if session.locked {
        return Ok(Redirect::to("/lock?back=/password").into_response());
    }
    let refused = |word: &str, values: &[&str]| Ok(Flash::new(word, values).redirect(&web, "/password"));
    // What can be judged without the old password is judged first, so that a slip costs no try.
    if let Err(weakness) = check_strength(&fields.new, &session.login, &session.name, &fields.old) {
        return refused("password_weak", &[weakness_word(weakness)]);
    }
    if fields.new != fields.again {
        return refused("password_mismatch", &[]);
    }
    match check_own_password(&web, &session, fields.old, "password_change_failed").await? {
        Checked::Right => {}
        Checked::Wrong(left) => return refused("password_old", &[&left.to_string()]),
        Checked::Locked(until) => return refused("password_locked", &[&until]),
    }
    let hash = web.passwords.hash(fields.new).await?;
    people::change_password(&web.storage, hash, session.entry("password_changed", "", "")).await?;
    let from = SignInFrom { previous: None, agent: session.client.agent.clone() };
    let jar = begin(&web, &from, session.entry("login", &session.name, "after password change")).await?;
    let jar = jar.add(Flash::new("password_changed", &[]).cookie(&web));
    Ok((jar, Redirect::to("/")).into_response())
}

fn weakness_word(weakness: Weakness) -> &'static str {
    match weakness {
        Weakness::TooShort => "short",
        Weakness::TooLong => "long",
        Weakness::SameAsOld => "same",
        Weakness::Personal => "personal",
        Weakness::Common => "common",
    }
}

#[derive(Deserialize)]
pub(crate) struct Which {
    session: String,
}

/// Ends one of the person's own sessions.
pub(crate) async fn end_session(visit: Visit, Form(which): Form<Which>) -> Result<Response, Problem> {
    let entry = visit.session.entry("session_ended", &which.session, "by its person");
    let ended = session::end_own(visit.db(), which.session, entry).await?;
    // Gone already is as good as ended.
    let word = if ended > 0 { "session_ended" } else { "" };
    Ok(Flash::new(word, &[]).redirect(&visit.web, "/password"))
}
