//! 首次设密: a holder sets the PIN of a card with its activation code, without a clerk and without a session.
//!
//! What must stay true:
//! - A captcha is used up before anything is compared, and a paused network compares nothing.
//! - An unknown number, a wrong code and an ended code get one answer, in one way.
//! - Number, code and PIN come in by the form, are in no address and no cookie, and the page repeats none of them.
//! - The page says that it is done only after the books have it.

use askama::Template;
use axum::Form;
use axum::extract::RawQuery;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use domain::card::CardStatus;
use domain::card_code::is_code;
use domain::card_number::{CardNumber, EntryMode};
use domain::command::{Actor, Command};
use domain::first_use::FirstUse;
use domain::ids::RequestId;
use domain::money::half_width;
use domain::outcome::{Decline, Outcome};
use domain::pin::{is_pin, is_weak};
use serde::Deserialize;
use storage::login::{self, CaptchaId};
use storage::session::SessionId;

use crate::login::{Refusal, captcha_id, check_captcha};
use crate::text::Text;
use crate::{Guest, Page};
use web_kit::codes;
use web_kit::credentials::clock_text;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::submit::submit;
use web_kit::text::fill;
use web_kit::{Web, cookies};

/// The page.
pub(crate) const FIRST_USE: &str = "/first-use";

#[derive(Template)]
#[template(path = "first_use.html")]
struct View {
    page: Page,
    request: RequestId,
    captcha: String,
    /// What went wrong with all of it: what happened and whether anything changed, then what to do.
    failed: Option<(String, &'static str)>,
    errors: Errors,
    /// It is done: whether the card pays from now on.
    done: Option<&'static str>,
}

/// What is wrong with each field.
#[derive(Default)]
struct Errors {
    card: Option<&'static str>,
    code: Option<&'static str>,
    pin: Option<&'static str>,
    again: Option<&'static str>,
    captcha: Option<&'static str>,
}

impl Errors {
    fn any(&self) -> bool {
        [self.card, self.code, self.pin, self.again, self.captcha].iter().any(Option::is_some)
    }
}

/// What the form sends. No `Debug`: it holds a card number, a code and a PIN.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    card: String,
    code: String,
    pin: String,
    again: String,
    c: String,
    request: String,
}

/// The empty form. `?new` asks for another captcha.
pub(crate) async fn show(guest: Guest, RawQuery(query): RawQuery, headers: HeaderMap) -> Result<Response, Problem> {
    let Guest { web, page, .. } = guest;
    let kept = match captcha_id(&web, &headers).filter(|_| query.is_none()) {
        Some(id) if login::captcha_open(&web.storage, id, web.clock.now()).await? => Some(id),
        _ => None,
    };
    Ok(view(&web, page, kept, None, (None, Errors::default()), None))
}

/// The page with a live captcha.
fn view(
    web: &Web,
    page: Page,
    captcha: Option<CaptchaId>,
    request: Option<RequestId>,
    (failed, errors): (Option<(String, &'static str)>, Errors),
    done: Option<&'static str>,
) -> Response {
    let id = captcha.unwrap_or_else(|| CaptchaId::new(web.clock.now(), cookies::random::<8>()));
    let view = View {
        page,
        request: request.unwrap_or_else(|| RequestId(cookies::random())),
        captcha: SessionId::of_token(&cookies::hex(&id.0)).short(),
        failed,
        errors,
        done,
    };
    let jar = CookieJar::new().add(cookies::set(web, cookies::CAPTCHA, cookies::hex(&id.0)));
    (jar, render(&view)).into_response()
}

/// Digits as people type them: in groups, in full width.
fn digits(typed: &str) -> String {
    typed.chars().map(half_width).filter(|c| !matches!(c, ' ' | '-')).collect()
}

/// Sets the PIN, or says why not.
pub(crate) async fn set(guest: Guest, headers: HeaderMap, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let Guest { web, client, page, .. } = guest;
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    let words = &page.text.first_use;
    let number = CardNumber::parse(&digits(&fields.card)).ok().map(|(number, _)| number);
    let (code, pin) = (digits(&fields.code), digits(&fields.pin));
    let mut errors = Errors {
        card: number.is_none().then_some(words.card_wrong),
        code: (!is_code(&code)).then_some(words.code_wrong),
        pin: match () {
            () if !is_pin(&pin) => Some(words.pin_wrong),
            () if is_weak(&pin) => Some(words.pin_weak),
            () => None,
        },
        again: (digits(&fields.again) != pin).then_some(words.again_wrong),
        captcha: fields.c.trim().is_empty().then_some(words.captcha_empty),
    };
    let network = client.network();
    if !errors.any() {
        errors.captcha = check_captcha(&web, &headers, fields.c.trim()).await?.map(|refusal| match refusal {
            Refusal::CaptchaExpired => words.captcha_expired,
            _ => words.captcha_wrong,
        });
    }
    let (Some(number), false) = (number, errors.any()) else {
        let failed = Some((words.check.to_owned(), words.check_do));
        // What was sent before may be on record under this request.
        return Ok(view(&web, page, None, Some(request), (failed, errors), None));
    };
    let command = Command::FirstUse(FirstUse {
        card: web.vault.present(&number, EntryMode::Manual),
        code: web.vault.code_value(&number, &code),
        pin: web.vault.pin_value(&number, &pin),
        network,
    });
    let answer = submit(&web, request, Actor::HOLDER, command).await;
    let (failed, again) = match answer {
        Ok(Outcome::Recorded(record)) => match record.decline {
            None => {
                let active = status(&web, record.card).await? == Some(CardStatus::Active);
                let done = if active { words.done_pays } else { words.done_later };
                return Ok(view(&web, page, None, None, (None, Errors::default()), Some(done)));
            }
            Some(decline) => (refused(decline, page.text), None),
        },
        Ok(Outcome::Paused(pause)) => {
            let what = match pause.until {
                Some(until) => fill(words.paused, &[&clock_text(until)]),
                None => words.stopped.to_owned(),
            };
            ((what, words.paused_do), None)
        }
        // It may be on record: the same form asks for it. So may what was sent before with another PIN.
        Ok(Outcome::Conflict(_) | Outcome::Ordered(..) | Outcome::Cleared(_)) | Err(_) => {
            ((words.unknown.to_owned(), words.unknown_do), Some(request))
        }
    };
    Ok(view(&web, page, None, again, (Some(failed), Errors::default()), None))
}

async fn status(web: &Web, card: Option<domain::ids::CardId>) -> Result<Option<CardStatus>, Problem> {
    let Some(card) = card else { return Ok(None) };
    let found = storage::help::card_by_id(&web.storage, card, web.clock.now()).await?;
    Ok(found.map(|card| card.status))
}

/// Why the books refused. Whoever has the right code is told of the card.
fn refused(decline: Decline, text: &'static Text) -> (String, &'static str) {
    let words = &text.first_use;
    match decline {
        Decline::WrongCode => (words.refused.to_owned(), words.refused_do),
        other => (format!("{}{}", codes::what(other, text), words.nothing_changed), words.call),
    }
}
