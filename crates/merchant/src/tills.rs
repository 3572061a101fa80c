//! 终端: the tills of a store or of a whole merchant, which computer each of them is, and codes that enrol another one.
//!
//! What must stay true: a code is shown once, to the person who made it, and only for a till within reach.

use askama::Template;
use axum::Form;
use axum::response::{IntoResponse, Response};
use domain::ids::TerminalId;
use domain::time::Timestamp;
use serde::Deserialize;
use storage::enrolment::{self, CODE_LIFE, Till};
use storage::merchant::Reach;
use web_kit::badge::Badge;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

use crate::text::Text;
use crate::{Shell, Visit};

/// The page.
const TILLS: &str = "/tills";

#[derive(Template)]
#[template(path = "tills.html")]
struct View {
    shell: Shell,
    made: Option<Made>,
    rows: Vec<Row>,
}

/// A code that was made just now.
struct Made {
    title: String,
    code: String,
    until: String,
}

struct Row {
    terminal: TerminalId,
    outlet: String,
    state: Badge,
    computer: String,
    since: String,
    code: String,
    label: String,
    can: bool,
}

/// The list.
pub(crate) async fn show(visit: Visit) -> Result<Response, Problem> {
    view(&visit, None).await
}

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    terminal: String,
}

/// Makes a code for a till.
pub(crate) async fn make_code(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let terminal: TerminalId = fields.terminal.parse().map(TerminalId).map_err(|_| Problem::BadForm)?;
    let entry = visit.session.entry("enrolment_code_made", &terminal.to_string(), "");
    let reach = Some(reach(&visit)?);
    let code = enrolment::make_code(visit.db(), &visit.web.vault, reach, terminal, entry).await?;
    let code = code.ok_or(Problem::NotFound)?;
    let made = Made {
        title: fill(visit.text().tills.made, &[&terminal.to_string()]),
        until: fill(visit.text().tills.made_until, &[&visit.session.now.plus(CODE_LIFE).date_time_text()]),
        code: enrolment::spoken_code(&code),
    };
    view(&visit, Some(made)).await
}

async fn view(visit: &Visit, made: Option<Made>) -> Result<Response, Problem> {
    let found = enrolment::tills(visit.db(), reach(visit)?, visit.session.now).await?;
    let rows = found.iter().map(|till| row(till, visit.text())).collect();
    Ok(render(&View { shell: visit.shell(TILLS), made, rows }).into_response())
}

/// The own outlet, or all of the merchant's.
fn reach(visit: &Visit) -> Result<Reach, Problem> {
    Reach::of(visit.session.place).ok_or(Problem::NotFound)
}

fn row(till: &Till, text: &'static Text) -> Row {
    let words = &text.tills;
    let (state, can) = match till.status.as_str() {
        "active" => (Badge::new("ok", "ok", words.active), true),
        "new" => (Badge::new("info", "wait", words.fresh), true),
        _ => (Badge::new("warn", "bad", words.off), false),
    };
    let device = till.device.as_ref();
    Row {
        terminal: till.terminal,
        outlet: till.outlet_name.clone(),
        state,
        computer: device.map_or_else(|| words.none.to_owned(), |device| browser(&device.agent).to_owned()),
        since: device.map_or_else(String::new, |device| device.enrolled_at.date_time_text()),
        code: till
            .code_until
            .map_or_else(String::new, |until: Timestamp| fill(words.code_until, &[&until.date_time_text()])),
        label: fill(words.make_of, &[&till.terminal.to_string()]),
        can,
    }
}

/// What people call the browser: the part of its description that names it.
fn browser(agent: &str) -> &str {
    let named = |name: &str| agent.find(name).map(|at| agent.get(at..).unwrap_or_default());
    let part = ["Edg/", "Chrome/", "Firefox/", "Version/"].into_iter().find_map(named).unwrap_or(agent);
    part.split(' ').next().unwrap_or(part)
}
