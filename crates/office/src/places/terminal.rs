//! One terminal: its facts, the form of its name and paper, its moves, and another enrolment code.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use domain::directory::{self, SHORT_MAX, TerminalMove, TerminalStatus};
use domain::ids::TerminalId;
use domain::role::Action;
use storage::directory::Edited;
use storage::enrolment::{self, CODE_LIFE, spoken_code};
use storage::places::{self, TerminalSheet};
use storage::standing::{self, Made};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

use super::{
    Can, LogLine, MERCHANTS, log, merchant_link, outlet_link, paper, papers, people_words, seen_words, terminal_link,
    terminal_state,
};
use crate::entry::{Entered, Input, Typed, changes, wrong_count};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

#[derive(Template)]
#[template(path = "places/terminal.html")]
struct View {
    shell: Shell,
    path: String,
    merchant_link: String,
    outlet_link: String,
    one: TerminalSheet,
    state: Badge,
    seen: String,
    people: String,
    inputs: Vec<Input>,
    wrong: Option<String>,
    stale: bool,
    can: Can,
    log: Vec<LogLine>,
    made: Option<(String, String)>,
}

async fn find(visit: &Visit, id: i64) -> Result<TerminalSheet, Problem> {
    places::terminal(visit.db(), TerminalId(id), visit.session.now).await?.ok_or(Problem::NotFound)
}

fn typed_of(one: &TerminalSheet) -> Typed {
    [("label", &one.label), ("paper", &one.paper)].map(|(name, value)| (name.to_owned(), value.clone())).into()
}

/// The terminal.
pub(crate) async fn show(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    let form = Entered::of(typed_of(&one), visit.text());
    view(&visit, one, &form, false, None).await
}

pub(super) fn inputs(form: &Entered, text: &'static Text) -> Vec<Input> {
    let words = &text.directory;
    vec![form.input("label", words.th_label), form.input("paper", words.paper).options(papers(text))]
}

async fn view(
    visit: &Visit,
    one: TerminalSheet,
    form: &Entered,
    stale: bool,
    made: Option<(String, String)>,
) -> Result<Response, Problem> {
    let (text, session) = (visit.text(), &visit.session);
    let inputs = inputs(form, text);
    let may = session.can(Action::ManageMerchants);
    let page = View {
        shell: visit.shell(MERCHANTS),
        path: terminal_link(one.id),
        merchant_link: merchant_link(one.merchant),
        outlet_link: outlet_link(one.outlet),
        state: terminal_state(&one, session.now, text),
        seen: seen_words(one.seen_at, session.now),
        people: people_words(&one, text),
        wrong: wrong_count(&inputs, text),
        inputs,
        stale,
        can: Can::of([
            ("edit", may && one.status != TerminalStatus::Retired),
            ("move", may || session.can(Action::Suspend)),
            (
                "enrol",
                session.can(Action::EnrolTerminal)
                    && matches!(one.status, TerminalStatus::New | TerminalStatus::Active),
            ),
        ]),
        log: log(visit, one.id.0, 20).await?,
        made,
        one,
    };
    Ok(render(&page).into_response())
}

/// Saves name and paper, moves it, or makes another code.
pub(crate) async fn change(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    match typed.get("do").map(String::as_str) {
        Some("save") => save(&visit, one, typed).await,
        Some("code") => code(&visit, one).await,
        Some("disable") => {
            visit.session.may(Action::Suspend)?;
            moved(&visit, &one, TerminalMove::Disable, "terminal_disabled").await
        }
        Some("enable") => {
            visit.session.may(Action::ManageMerchants)?;
            moved(&visit, &one, TerminalMove::Enable, "terminal_enabled").await
        }
        Some("retire") => {
            visit.session.may(Action::ManageMerchants)?;
            moved(&visit, &one, TerminalMove::Retire, "terminal_retired").await
        }
        _ => Err(Problem::BadForm),
    }
}

async fn moved(
    visit: &Visit,
    one: &TerminalSheet,
    made: TerminalMove,
    action: &'static str,
) -> Result<Response, Problem> {
    let entry = visit.session.entry(action, &one.id.to_string(), "");
    match standing::move_terminal(visit.db(), one.id, made, entry).await? {
        Made::Done => Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &terminal_link(one.id))),
        Made::Gone => Err(Problem::NotFound),
        // Somebody moved it since the page was shown.
        Made::NotPossible | Made::Open(_) => {
            let now = find(visit, one.id.0).await?;
            let form = Entered::of(typed_of(&now), visit.text());
            view(visit, now, &form, true, None).await
        }
    }
}

async fn code(visit: &Visit, one: TerminalSheet) -> Result<Response, Problem> {
    visit.session.may(Action::EnrolTerminal)?;
    let entry = visit.session.entry("enrolment_code_made", &one.id.to_string(), "");
    let code =
        enrolment::make_code(visit.db(), &visit.web.vault, None, one.id, entry).await?.ok_or(Problem::NotFound)?;
    let until = fill(visit.text().directory.code_until, &[&visit.session.now.plus(CODE_LIFE).date_time_text()]);
    let form = Entered::of(typed_of(&one), visit.text());
    view(visit, one, &form, false, Some((spoken_code(&code), until))).await
}

async fn save(visit: &Visit, one: TerminalSheet, typed: Typed) -> Result<Response, Problem> {
    visit.session.may(Action::ManageMerchants)?;
    let version = typed.get("version").and_then(|one| one.parse().ok()).ok_or(Problem::BadForm)?;
    let mut form = Entered::of(typed, visit.text());
    let label = form.take("label", |typed| directory::name(typed, SHORT_MAX));
    let kind = form.take("paper", paper);
    if !form.is_sound() {
        return view(visit, TerminalSheet { version, ..one }, &form, false, None).await;
    }
    let what = changes(&[("label", &one.label, &label), ("paper", &one.paper, &kind)]);
    let entry = visit.session.entry("terminal_changed", &one.id.to_string(), &what);
    match storage::directory::edit_terminal(visit.db(), one.id, version, label, kind, entry).await? {
        Edited::Done => Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &terminal_link(one.id))),
        Edited::Gone => Err(Problem::NotFound),
        Edited::Stale => {
            let now = find(visit, one.id.0).await?;
            let form = Entered::of(typed_of(&now), visit.text());
            view(visit, now, &form, true, None).await
        }
    }
}
