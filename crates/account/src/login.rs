//! Signing in: user name, password, captcha.
//!
//! The order of checks is the protection: network, captcha (used up by any answer), count of tries, password. Only a
//! person with the right password learns that the account is disabled or the store suspended.

use askama::Template;
use axum::Form;
use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use domain::time::Timestamp;
use serde::Deserialize;
use storage::login::{self, CaptchaId};
use storage::people::Account;
use storage::session::SessionId;
use telemetry::metrics;

use crate::{Guest, Page};
use web_kit::client::Client;
use web_kit::credentials::{Refused, check_password, clock_text, entry};
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::session::{MaybeSession, SignInFrom, SignedOut, begin};
use web_kit::text::fill;
use web_kit::{Web, cookies, device};

web_kit::said! {
    /// Why the login was refused; also the label of the metric. The first value is what was typed as user name.
    pub(crate) enum Said {
        /// A new captcha was asked for.
        Again = "again",
        /// Fields are empty; value: which.
        Empty = "empty",
        /// Too many failures from this address; value: until when.
        Address = "address",
        /// The captcha is wrong.
        CaptchaWrong = "captcha_wrong",
        /// The captcha has expired.
        CaptchaExpired = "captcha_expired",
        /// Too many wrong passwords; value: until when.
        Locked = "locked",
        /// Wrong user name or password; value: tries left.
        Wrong = "wrong",
        /// The account is disabled.
        Disabled = "disabled",
        /// The initial password is too old.
        Expired = "initial_expired",
        /// No role counts today.
        NoRole = "no_role",
        /// The store may not trade.
        Suspended = "suspended",
    }
}

#[derive(Template)]
#[template(path = "login.html")]
struct View {
    page: Page,
    login: String,
    /// Changes with the captcha, so that no browser shows an old image.
    captcha: String,
    note: Option<Note>,
    user_error: Option<&'static str>,
    password_error: Option<&'static str>,
    captcha_error: Option<&'static str>,
    compat: bool,
    /// The phone helps; false where the message already names it.
    forgot: bool,
}

/// The message above the form.
struct Note {
    /// An error takes the focus and marks the title; anything else is only said.
    error: bool,
    text: String,
}

impl View {
    /// Which field has the cursor: the first that needs an answer.
    fn focus(&self) -> &'static str {
        match () {
            () if self.user_error.is_some() || self.login.is_empty() => "u",
            () if self.password_error.is_some() || self.captcha_error.is_none() => "p",
            () => "c",
        }
    }

    fn failed(&self) -> bool {
        self.note.as_ref().is_some_and(|note| note.error)
    }

    fn explain(&mut self, flash: &Flash) {
        let text = &self.page.text.login;
        if let Some(left) = flash.said() {
            let text = match left {
                SignedOut::Ended => text.ended,
                SignedOut::Left => text.left,
            };
            self.note = Some(Note { error: false, text: text.to_owned() });
        }
        let Some(said) = flash.said() else { return };
        flash.value(0).clone_into(&mut self.login);
        let text = match said {
            Said::Again => return,
            Said::Empty => {
                self.user_error = flash.value(1).contains('u').then_some(text.user_empty);
                self.password_error = flash.value(1).contains('p').then_some(text.password_empty);
                self.captcha_error = flash.value(1).contains('c').then_some(text.captcha_empty);
                text.empty.to_owned()
            }
            Said::CaptchaWrong | Said::CaptchaExpired => {
                self.captcha_error = Some(text.captcha_enter);
                self.password_error = Some(text.password_again);
                (if said == Said::CaptchaWrong { text.captcha_wrong } else { text.captcha_expired }).to_owned()
            }
            Said::Wrong => {
                self.forgot = true;
                self.password_error = Some(text.password_again);
                fill(text.wrong, &[flash.value(1)])
            }
            Said::Locked => fill(text.locked, &[flash.value(1)]),
            Said::Address => fill(text.address_blocked, &[flash.value(1)]),
            Said::Disabled => text.disabled.to_owned(),
            Said::Expired => text.initial_expired.to_owned(),
            Said::NoRole => text.no_role.to_owned(),
            Said::Suspended if flash.value(1).is_empty() => text.suspended.to_owned(),
            Said::Suspended => fill(text.suspended_why, &[flash.value(1)]),
        };
        self.note = Some(Note { error: true, text });
    }
}

/// The form. `?new` asks for another captcha.
pub(crate) async fn show(
    guest: Guest,
    MaybeSession(session): MaybeSession,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Guest { web, client, page, flash } = guest;
    if session.is_some() {
        return Ok(Redirect::to("/").into_response());
    }
    let now = web.clock.now();
    let wants_new = query.is_some_and(|query| query.starts_with("new"));
    let kept = match captcha_id(&web, &headers).filter(|_| !wants_new) {
        Some(id) if login::captcha_open(&web.storage, id, now).await? => Some(id),
        _ => None,
    };
    let id = kept.unwrap_or_else(|| CaptchaId::new(now, cookies::random::<8>()));
    let mut view = View {
        page,
        login: String::new(),
        captcha: SessionId::of_token(&cookies::hex(&id.0)).short(),
        note: None,
        user_error: None,
        password_error: None,
        captcha_error: None,
        compat: client.in_compatibility_mode(),
        forgot: false,
    };
    view.explain(&flash);
    let jar = CookieJar::new().add(cookies::set(&web, cookies::CAPTCHA, cookies::hex(&id.0)));
    Ok((jar, render(&view)).into_response())
}

pub(crate) fn captcha_id(web: &Web, headers: &HeaderMap) -> Option<CaptchaId> {
    cookies::from_hex(&cookies::value(web, headers, cookies::CAPTCHA)?)?.try_into().ok().map(CaptchaId)
}

/// What a captcha shows.
fn captcha_text(web: &Web, id: CaptchaId) -> String {
    captcha::random_text(web.vault.captcha_text(&id.0))
}

/// The captcha as a picture.
pub(crate) async fn image(State(web): State<Web>, headers: HeaderMap) -> Result<Response, Problem> {
    captcha_file(&web, &headers, "image/png", captcha::draw).await
}

/// The captcha as speech, for people who cannot see it.
pub(crate) async fn sound(State(web): State<Web>, headers: HeaderMap) -> Result<Response, Problem> {
    captcha_file(&web, &headers, "audio/wav", captcha::speak).await
}

async fn captcha_file(
    web: &Web,
    headers: &HeaderMap,
    kind: &'static str,
    make: fn(&str, u64) -> Vec<u8>,
) -> Result<Response, Problem> {
    let id = captcha_id(web, headers).ok_or(Problem::NotFound)?;
    if !login::captcha_open(&web.storage, id, web.clock.now()).await? {
        return Err(Problem::NotFound);
    }
    let text = captcha_text(web, id);
    // The same captcha always looks the same: asking again and again shows an attacker nothing new.
    let seed = web.vault.captcha_seed(&id.0);
    let file = tokio::task::spawn_blocking(move || make(&text, seed)).await.map_err(|_| Problem::Internal)?;
    Ok((StatusCode::OK, [(CONTENT_TYPE, kind)], file).into_response())
}

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    u: String,
    p: String,
    c: String,
}

/// Why the login was refused.
pub(crate) enum Refusal {
    Empty(String),
    Address(Timestamp),
    CaptchaWrong,
    CaptchaExpired,
    Password(Refused),
}

impl Refusal {
    fn said(&self) -> Said {
        match self {
            Self::Empty(_) => Said::Empty,
            Self::Address(_) => Said::Address,
            Self::CaptchaWrong => Said::CaptchaWrong,
            Self::CaptchaExpired => Said::CaptchaExpired,
            Self::Password(Refused::Locked(_)) => Said::Locked,
            Self::Password(Refused::Wrong(_)) => Said::Wrong,
            Self::Password(Refused::Disabled) => Said::Disabled,
            Self::Password(Refused::Expired) => Said::Expired,
            Self::Password(Refused::NoRole) => Said::NoRole,
            Self::Password(Refused::Suspended(_)) => Said::Suspended,
        }
    }

    fn flash(&self, user: &str) -> Flash {
        let more = match self {
            Self::Empty(fields) => fields.clone(),
            Self::Address(until) | Self::Password(Refused::Locked(until)) => clock_text(*until),
            Self::Password(Refused::Wrong(left)) => left.to_string(),
            Self::Password(Refused::Suspended(reason)) => reason.clone(),
            Self::CaptchaWrong
            | Self::CaptchaExpired
            | Self::Password(Refused::Disabled | Refused::Expired | Refused::NoRole) => {
                return Flash::new(self.said(), &[user]);
            }
        };
        Flash::new(self.said(), &[user, &more])
    }
}

/// Another captcha without JavaScript; what was typed as user name stays.
pub(crate) async fn again(guest: Guest, Form(fields): Form<Fields>) -> Response {
    Flash::new(Said::Again, &[&fields.u]).redirect(&guest.web, "/login?new")
}

/// Signs the person in, or returns to the form with the reason.
pub(crate) async fn enter(guest: Guest, headers: HeaderMap, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let Guest { web, client, .. } = guest;
    let user = fields.u.trim().to_owned();
    match check(&web, &client, &headers, fields).await? {
        Ok(account) => {
            metrics::login("ok");
            let previous = cookies::value(&web, &headers, cookies::SESSION).map(|token| SessionId::of_token(&token));
            let from = SignInFrom { previous, agent: client.agent.clone() };
            let jar = begin(&web, &from, entry(&web, &client, Some(&account), "login", "")).await?;
            let jar = jar.add(device::remember(&web, &headers, &user));
            let jar = jar.add(match account.language {
                Some(language) => cookies::set(&web, cookies::OWN_LANG, language),
                None => cookies::unset(&web, cookies::OWN_LANG),
            });
            let jar = jar.add(cookies::unset(&web, cookies::CAPTCHA)).add(cookies::unset(&web, cookies::FLASH));
            let next = if account.must_change { "/password" } else { "/" };
            Ok((jar, Redirect::to(next)).into_response())
        }
        Err(refusal) => {
            metrics::login(refusal.said().word());
            Ok(refusal.flash(&user).redirect(&web, "/login"))
        }
    }
}

async fn check(
    web: &Web,
    client: &Client,
    headers: &HeaderMap,
    fields: Fields,
) -> Result<Result<Account, Refusal>, Problem> {
    let db = &web.storage;
    let now = web.clock.now();
    let user = fields.u.trim();
    let empty: String = [('u', user), ('p', &fields.p), ('c', fields.c.trim())]
        .iter()
        .filter(|(_, value)| value.is_empty())
        .map(|(field, _)| *field)
        .collect();
    if !empty.is_empty() {
        return Ok(Err(Refusal::Empty(empty)));
    }
    // A person at the own till is not kept out by what else happens behind the shop's address.
    let device = device::known(web, headers, user);
    let address = login::address_key(&client.network());
    if device.is_none()
        && let Some(until) = login::blocked_until(db, address.clone(), now).await?
    {
        return Ok(Err(Refusal::Address(until)));
    }
    let refusal = match check_captcha(web, headers, fields.c.trim()).await? {
        Some(refusal) => refusal,
        None => match check_password(web, client, device.as_ref(), user, fields.p).await? {
            Ok(account) => return Ok(Ok(account)),
            Err(refused) => Refusal::Password(refused),
        },
    };
    let guessed = matches!(refusal, Refusal::CaptchaWrong | Refusal::Password(Refused::Wrong(_) | Refused::Locked(_)));
    if guessed && device.is_none() {
        login::count_try(db, address, login::ADDRESS_FAILURES, now).await?;
    }
    Ok(Err(refusal))
}

/// The reason to refuse, if any. Whatever the answer, the captcha is used up.
pub(crate) async fn check_captcha(web: &Web, headers: &HeaderMap, answer: &str) -> Result<Option<Refusal>, Problem> {
    // No live captcha: the person waited too long or used the Back button.
    let Some(id) = captcha_id(web, headers) else { return Ok(Some(Refusal::CaptchaExpired)) };
    if !login::take_captcha(&web.storage, id, web.clock.now()).await? {
        return Ok(Some(Refusal::CaptchaExpired));
    }
    let text = captcha_text(web, id);
    let expected = web.settings.test_captcha.as_deref().unwrap_or(&text);
    Ok((!captcha::fits(expected, answer)).then_some(Refusal::CaptchaWrong))
}
