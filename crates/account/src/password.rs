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
use web_kit::page::{self, render};
use web_kit::problem::Problem;
use web_kit::session::{Session, SignInFrom, begin};
use web_kit::text::fill;

web_kit::said! {
    /// Why the password was not changed.
    pub(crate) enum Said {
        /// The present password is wrong; value: tries left.
        OldWrong = "password_old",
        /// Too many wrong passwords; value: until when.
        Locked = "password_locked",
        /// The two entries of the new one differ.
        Mismatch = "password_mismatch",
        /// The new one is too short.
        TooShort = "password_short",
        /// The new one is too long.
        TooLong = "password_long",
        /// The new one is the old one.
        SameAsOld = "password_same",
        /// The new one contains the user name or the name.
        Personal = "password_personal",
        /// The new one is easy to guess.
        Common = "password_common",
    }
}

web_kit::said! {
    /// What the frame says after a change on this page.
    pub(crate) enum Ended {
        /// A session of the person was ended.
        SessionEnded = "session_ended",
    }
}

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
        let Some(said) = flash.said() else { return };
        let weak = match said {
            Said::OldWrong => {
                self.old_error = Some(text.old_again);
                self.problem = Some(fill(text.old_wrong, &[flash.value(0)]));
                return;
            }
            Said::Locked => {
                self.problem = Some(fill(self.text.login.locked, &[flash.value(0)]));
                return;
            }
            Said::Mismatch => {
                self.again_error = Some(text.mismatch);
                self.problem = Some(text.mismatch.to_owned());
                return;
            }
            Said::TooShort => text.too_short,
            Said::TooLong => text.too_long,
            Said::SameAsOld => text.same,
            Said::Personal => text.personal,
            Said::Common => text.common,
        };
        self.new_error = Some(weak);
        self.problem = Some(weak.to_owned());
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

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    old: String,
    new: String,
    again: String,
}

/// Changes the password; every session of the person ends and this browser gets a new one.
pub(crate) async fn change(AnyVisit { visit }: AnyVisit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let Visit { web, session, .. } = visit;
    if session.locked {
        return Ok(Redirect::to("/lock?back=/password").into_response());
    }
    let refused = |said, values: &[&str]| Ok(Flash::new(said, values).redirect(&web, "/password"));
    // What can be judged without the old password is judged first, so that a slip costs no try.
    if let Err(weakness) = check_strength(&fields.new, &session.login, &session.name, &fields.old) {
        return refused(weakness.into(), &[]);
    }
    if fields.new != fields.again {
        return refused(Said::Mismatch, &[]);
    }
    match check_own_password(&web, &session, fields.old, "password_change_failed").await? {
        Checked::Right => {}
        Checked::Wrong(left) => return refused(Said::OldWrong, &[&left.to_string()]),
        Checked::Locked(until) => return refused(Said::Locked, &[&until]),
    }
    let hash = web.passwords.hash(fields.new).await?;
    people::change_password(&web.storage, hash, session.entry("password_changed", "", "")).await?;
    let from = SignInFrom { previous: None, agent: session.client.agent.clone() };
    let jar = begin(&web, &from, session.entry("login", &session.name, "after password change")).await?;
    let jar = jar.add(Flash::new(page::Said::PasswordChanged, &[]).cookie(&web));
    Ok((jar, Redirect::to("/")).into_response())
}

impl From<Weakness> for Said {
    fn from(weakness: Weakness) -> Self {
        match weakness {
            Weakness::TooShort => Self::TooShort,
            Weakness::TooLong => Self::TooLong,
            Weakness::SameAsOld => Self::SameAsOld,
            Weakness::Personal => Self::Personal,
            Weakness::Common => Self::Common,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct EndFields {
    session: String,
}

/// Ends one of the person's own sessions.
pub(crate) async fn end_session(visit: Visit, Form(fields): Form<EndFields>) -> Result<Response, Problem> {
    let entry = visit.session.entry("session_ended", &fields.session, "by its person");
    let ended = session::end_own(visit.db(), fields.session, entry).await?;
    // Gone already is as good as ended.
    let flash = if ended > 0 { Flash::new(Ended::SessionEnded, &[]) } else { Flash::default() };
    Ok(flash.redirect(&visit.web, "/password"))
}
