//! 第二验证: setting up the app that gives one-time codes, and the recovery codes, shown once.
//!
//! What must stay true: the seed is stored only after a code of it was right; until then it goes back and forth sealed, for
//! this person alone.

use askama::Template;
use axum::Form;
use axum::response::{IntoResponse, Redirect, Response};
use domain::factor as rules;
use domain::person::recovery_code;
use qrcode::{Color, EcLevel, QrCode};
use serde::Deserialize;
use storage::factor::{self, Factor, NewFactor, SEED_BYTES, seed_text, step_of_code};
use storage::vault::{hex, unhex};

use crate::text::Text;
use crate::{AnyVisit, Shell, Visit};
use web_kit::cookies;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;

/// The page.
const PATH: &str = "/me/factor";

#[derive(Template)]
#[template(path = "factor.html")]
struct View {
    shell: Shell,
    text: &'static Text,
    state: State,
    error: Option<&'static str>,
}

enum State {
    /// To be set up.
    New(Setup),
    /// It is set: since when, and how many recovery codes are left.
    Set(String, String),
    /// It was set a moment ago: the recovery codes.
    Codes(Vec<String>),
}

struct Setup {
    required: bool,
    sealed: String,
    key: String,
    address: String,
    qr: Qr,
}

/// A square picture: its width in modules, and the path of the dark ones.
struct Qr {
    width: usize,
    path: String,
}

/// Where a session belongs that has something else to do first.
fn elsewhere(visit: &Visit) -> Option<Response> {
    let session = &visit.session;
    let to = match () {
        () if session.locked => "/lock?back=/me/factor",
        () if session.must_change => "/password",
        () if session.has_factor() && session.proved_at.is_none() => "/login/code",
        () => return None,
    };
    Some(Redirect::to(to).into_response())
}

/// The page.
pub(crate) async fn show(AnyVisit { visit }: AnyVisit) -> Result<Response, Problem> {
    if let Some(response) = elsewhere(&visit) {
        return Ok(response);
    }
    if let Some(set) = factor::find(visit.db(), visit.session.person).await? {
        return Ok(already(&visit, set));
    }
    let seed = cookies::random::<SEED_BYTES>();
    setup(&visit, &seed, None)
}

fn already(visit: &Visit, set: Factor) -> Response {
    view(visit, State::Set(set.set_at.date_time_text(), set.recovery_left.to_string()), None)
}

fn view(visit: &Visit, state: State, error: Option<&'static str>) -> Response {
    render(&View { shell: visit.shell("/password"), text: visit.text(), state, error }).into_response()
}

fn setup(visit: &Visit, seed: &[u8], error: Option<&'static str>) -> Result<Response, Problem> {
    let session = &visit.session;
    let key = seed_text(seed);
    let issuer = visit.text().shell.product;
    let label = link("", &[("l", &format!("{issuer}:{}", session.login))]);
    let label = label.trim_start_matches("?l=");
    let secret = key.replace(' ', "");
    let address = link(&format!("otpauth://totp/{label}"), &[("secret", &secret), ("issuer", issuer)]);
    let setup = Setup {
        required: session.needs_factor(),
        sealed: hex(&visit.web.vault.seal_seed(session.person, seed)),
        key,
        qr: Qr::of(&address)?,
        address,
    };
    Ok(view(visit, State::New(setup), error))
}

impl Qr {
    fn of(text: &str) -> Result<Self, Problem> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| Problem::Internal)?;
        let width = code.width();
        let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
        let path =
            dark.map(|(n, _)| ["M", &(n % width).to_string(), " ", &(n / width).to_string(), "h1v1h-1z"].concat());
        let path = path.collect();
        Ok(Self { width, path })
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    sealed: String,
    code: String,
}

/// Sets the factor after a right code, and shows the recovery codes once.
pub(crate) async fn set(AnyVisit { visit }: AnyVisit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    if let Some(response) = elsewhere(&visit) {
        return Ok(response);
    }
    let (session, words) = (&visit.session, &visit.text().factor);
    if let Some(set) = factor::find(visit.db(), session.person).await? {
        return Ok(already(&visit, set));
    }
    let sealed = unhex(&fields.sealed).ok_or(Problem::BadForm)?;
    let seed = visit.web.vault.open_seed(session.person, &sealed).ok_or(Problem::BadForm)?;
    let step = rules::code(&fields.code).and_then(|code| step_of_code(&seed, &code, session.now, i64::MIN));
    let Some(step) = step else { return setup(&visit, &seed, Some(words.wrong_setup)) };
    let codes: Vec<String> = (0..rules::RECOVERY_CODES).map(|_| recovery_code(cookies::random())).collect();
    let mut recovery = Vec::new();
    for code in &codes {
        recovery.push(visit.web.passwords.hash(rules::recovery_code(code)).await?);
    }
    let new = NewFactor { sealed, step, recovery };
    if !factor::set(visit.db(), new, session.id, session.entry("factor_set", &session.login, "")).await? {
        return Ok(Redirect::to(PATH).into_response());
    }
    Ok(view(&visit, State::Codes(codes), None))
}
