//! One store: its facts, today's figures, its terminals, people and log, and the forms that change it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::acts::{Act, Payload};
use domain::batch::Tally;
use domain::directory::{self, SHORT_MAX, Standing, TerminalStatus};
use domain::ids::{OutletId, RequestId};
use domain::ledger::Kind;
use domain::money::Fen;
use domain::role::Action;
use domain::time::{HOUR, Timestamp};
use serde::Deserialize;
use storage::directory::{Edited, NewOutlet};
use storage::enrolment::{CODE_LIFE, spoken_code};
use storage::merchant::Reach;
use storage::opening;
use storage::people::list;
use storage::places::figures::{self, Figures};
use storage::places::{self, OutletSheet, TerminalSheet};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::people::{Desk, roles_words, standing};
use web_kit::problem::Problem;
use web_kit::proposal::waiting;
use web_kit::step::Told;
use web_kit::text::{Words as _, fill};

use super::new::{outlet_inputs, outlet_of};
use super::tabs::{Open, Settled, since};
use super::{
    Can, EditView, LogLine, MERCHANTS, hours_words, log, merchant_link, outlet_link, outlet_standing, paper, papers,
    people_words, propose, rate, seen_words, terminal_link, terminal_state, told,
};
use crate::entry::{Entered, Typed, changes, wrong_count};
use crate::home::WEEK;
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// People that are shown.
const PEOPLE: usize = 500;

#[derive(Template)]
#[template(path = "places/outlet.html")]
struct View {
    shell: Shell,
    path: String,
    merchant_link: String,
    one: OutletSheet,
    state: Badge,
    rate: String,
    hours: String,
    moved: Option<String>,
    sales: (Fen, String),
    back: (Fen, String),
    owed: Fen,
    owed_since: String,
    /// Where it is settled.
    settlements: Option<String>,
    in_use: String,
    /// The first terminal that is silent.
    silent: Option<String>,
    tab: &'static str,
    /// The tabs' addresses and names, and whether each is shown.
    tabs: Vec<(String, String, bool)>,
    settled: Option<Settled>,
    open: Option<Open>,
    terminals: Vec<Terminal>,
    people: Vec<Person>,
    log: Vec<LogLine>,
    can: Can,
    waits: Option<String>,
    told: Option<Told>,
    request: RequestId,
    /// A terminal's code that was made just now: name, code, until when.
    made: Option<(String, String, String)>,
}

struct Person {
    link: String,
    name: String,
    login: String,
    roles: String,
    state: Badge,
}

struct Terminal {
    link: String,
    label: String,
    id: String,
    state: Badge,
    people: String,
    seen: String,
    paper: String,
    in_service: bool,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The tab.
    t: String,
    /// The request of the last step.
    a: String,
}

impl Params {
    /// The tab that is shown, to a person who may read settlements or not.
    fn tab(&self, settles: bool) -> &'static str {
        match self.t.as_str() {
            "people" => "people",
            "settled" if settles => "settled",
            "open" => "open",
            "log" => "log",
            _ => "terminals",
        }
    }
}

async fn find(visit: &Visit, id: i64) -> Result<OutletSheet, Problem> {
    places::outlet(visit.db(), OutletId(id)).await?.ok_or(Problem::NotFound)
}

/// The store.
pub(crate) async fn show(visit: Visit, Path(id): Path<i64>, Query(params): Query<Params>) -> Result<Response, Problem> {
    view(&visit, id, params, None).await
}

async fn view(
    visit: &Visit,
    id: i64,
    params: Params,
    made: Option<(String, String, String)>,
) -> Result<Response, Problem> {
    let one = find(visit, id).await?;
    let (text, session) = (visit.text(), &visit.session);
    let words = &text.directory;
    let terminals = places::terminals(visit.db(), one.id, session.now).await?;
    let waits = match waiting(visit, Act::OutletOpening, id).await? {
        Some(waits) => Some(waits),
        None => waiting(visit, Act::OutletResuming, id).await?,
    };
    let before = session.now.plus(-WEEK);
    let figures = figures::figures(visit.db(), one.merchant, one.id, before).await?;
    let settles = session.can(Action::ViewSettlement);
    let open = Open::load(visit, &one).await?;
    let tab = params.tab(settles);
    let staff = list::count(visit.db(), staff(&one), session.now).await?;
    let counts = [terminals.len(), staff, open.count()];
    let tabs = tabs(one.id, tab, counts, settles, text);
    let people = if tab == "people" { people(visit, &one).await? } else { Vec::new() };
    let settled = if tab == "settled" { Some(Settled::load(visit, &one, &figures).await?) } else { None };
    let (sales, back) = today(&figures, visit);
    let now = session.now;
    let silent = terminals.iter().find(|one| one.is_silent(now)).map(|one| silent_words(one, now, text));
    let used = terminals.iter().filter(|one| one.status == TerminalStatus::Active).count();
    let kept = terminals.iter().filter(|one| one.status != TerminalStatus::Retired).count();
    let may = session.can(Action::ManageMerchants);
    let trades = matches!(one.merchant_status, Standing::Active | Standing::Suspended);
    let by = one.moved.by.as_ref();
    let page = View {
        shell: visit.shell(MERCHANTS),
        path: outlet_link(id),
        merchant_link: merchant_link(one.merchant),
        state: outlet_standing(one.status, one.merchant_status, text),
        rate: fill(words.rate_of_merchant, &[&rate(one.fee_bp, text)]),
        hours: hours_words(&one.hours, text),
        moved: by.map(|by| fill(words.moved_by, &[&one.moved.at.date_time_text(), by])),
        sales,
        back,
        owed: figures.unsettled.net(),
        owed_since: since(&figures, text),
        settlements: settles.then(|| tab_link(one.id, "settled")),
        in_use: fill(words.in_use, &[&used.to_string(), &kept.to_string()]),
        silent,
        tab,
        tabs,
        settled,
        open: (tab == "open").then_some(open),
        terminals: terminals.iter().map(|one| terminal(visit, one)).collect(),
        people,
        log: log(visit, id, if tab == "log" { 200 } else { 5 }).await?,
        can: Can::of([
            ("edit", may && one.status != Standing::Closed),
            ("suspend", session.can(Action::Suspend) && one.status == Standing::Active),
            ("resume", session.can(Action::Suspend) && one.status == Standing::Suspended && waits.is_none()),
            ("open", may && one.status == Standing::Draft && trades && waits.is_none()),
            ("close", may && matches!(one.status, Standing::Draft | Standing::Suspended)),
            ("add", may && one.status != Standing::Closed),
            ("enrol", session.can(Action::EnrolTerminal)),
        ]),
        waits: waits.filter(|_| session.can(Action::ViewProposals)),
        told: told(visit, &params.a).await?,
        request: visit.new_request(),
        made,
        one,
    };
    Ok(render(&page).into_response())
}

fn tab_link(outlet: OutletId, tab: &str) -> String {
    link(&outlet_link(outlet), &[("t", tab)])
}

/// Addresses and names of the tabs, and whether each is shown; with how many terminals, people and open things there are.
fn tabs(
    outlet: OutletId,
    shown: &str,
    counts: [usize; 3],
    settles: bool,
    text: &'static Text,
) -> Vec<(String, String, bool)> {
    let words = &text.directory;
    let [terminals, people, open] = counts.map(|count| count.to_string());
    let all = [
        ("terminals", fill(words.tab_terminals, &[&terminals]), true),
        ("people", fill(words.tab_people, &[&people]), true),
        ("settled", words.tab_settled.to_owned(), settles),
        ("open", fill(words.tab_open, &[&open]), true),
        ("log", words.tab_log.to_owned(), true),
    ];
    let may = all.into_iter().filter(|(_, _, may)| *may);
    may.map(|(tab, name, _)| (tab_link(outlet, tab), name, tab == shown)).collect()
}

/// Today's sales with those of the same weekday before by now, and what went back today: sum and words.
fn today(figures: &Figures, visit: &Visit) -> ((Fen, String), (Fen, String)) {
    let text = visit.text();
    let day = figures.unsettled.on(visit.session.now.business_date());
    let (sold, before) = (day.of(Kind::Sale), figures.before);
    let values = [sold.count.to_string(), before.count.to_string(), before.sum.to_string()];
    let more = fill(text.home.figure, &values.each_ref().map(String::as_str));
    let back = day.rows().filter(|(_, kind, _)| *kind != Kind::Sale).map(|(_, _, tally)| tally);
    let back = back.fold(Tally::default(), |all, one| Tally {
        count: all.count.saturating_add(one.count),
        sum: Fen(all.sum.0.saturating_add(one.sum.0)),
    });
    ((sold.sum, more), (back.sum, fill(text.directory.pieces, &[&back.count.to_string()])))
}

/// Which terminal has been silent, and for how long.
fn silent_words(one: &TerminalSheet, now: Timestamp, text: &'static Text) -> String {
    let words = &text.directory;
    let minutes = one.seen_at.map_or(0, |seen| now.since(seen) / (HOUR / 60));
    let (days, hours) = (minutes / (24 * 60), minutes / 60 % 24);
    let long = if days > 0 {
        fill(words.days_hours, &[&days.to_string(), &hours.to_string()])
    } else {
        fill(words.hours_minutes, &[&hours.to_string(), &(minutes % 60).to_string()])
    };
    fill(words.t_silent_for, &[&one.label, &long])
}

/// The people of the store.
fn staff(one: &OutletSheet) -> list::Filter {
    list::Filter { reach: Some(Reach { merchant: one.merchant, outlet: Some(one.id) }), ..list::Filter::default() }
}

/// Who works there and has not left.
async fn people(visit: &Visit, one: &OutletSheet) -> Result<Vec<Person>, Problem> {
    let (now, text) = (visit.session.now, visit.text().shared());
    let found = list::page(visit.db(), staff(one), None, PEOPLE, now).await?;
    let row = |one: list::Person| Person {
        link: Desk::company().address(&one),
        roles: roles_words(&one.held, text),
        state: standing(&one, now, text).0,
        name: one.name,
        login: one.login,
    };
    Ok(found.into_iter().map(row).collect())
}

fn terminal(visit: &Visit, one: &TerminalSheet) -> Terminal {
    let text = visit.text();
    let kind = papers(text).into_iter().find(|(word, _)| *word == one.paper);
    Terminal {
        link: terminal_link(one.id),
        label: one.label.clone(),
        id: one.id.to_string(),
        state: terminal_state(one, visit.session.now, text),
        people: people_words(one, text),
        seen: seen_words(one.seen_at, visit.session.now),
        paper: kind.map(|(_, name)| name).unwrap_or_default(),
        in_service: matches!(one.status, TerminalStatus::New | TerminalStatus::Active),
    }
}

/// Proposes that it opens or goes on.
pub(crate) async fn ask(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let outlet = OutletId(id);
    let payload = match typed.get("do").map(String::as_str) {
        Some("open") => {
            visit.session.may(Action::ManageMerchants)?;
            Payload::OutletOpening { outlet }
        }
        Some("resume") => Payload::OutletResuming { outlet },
        _ => return Err(Problem::BadForm),
    };
    propose(&visit, payload, request, &outlet_link(id)).await
}

/// The form of another terminal.
pub(crate) async fn add_form(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    Ok(adding(&visit, &one, &Entered::of(Typed::new(), visit.text())))
}

fn adding(visit: &Visit, one: &OutletSheet, form: &Entered) -> Response {
    let inputs = super::terminal::inputs(form, visit.text());
    let page = EditView {
        shell: visit.shell(MERCHANTS),
        title: format!("{} {}", one.name, visit.text().directory.add_terminal),
        path: format!("{}/terminals", outlet_link(one.id)),
        back: outlet_link(one.id),
        version: 0,
        wrong: wrong_count(&inputs, visit.text()),
        inputs,
        stale: false,
    };
    render(&page).into_response()
}

/// Makes another terminal; its code is shown once, with the store.
pub(crate) async fn add(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    let mut form = Entered::of(typed, visit.text());
    let label = form.take("label", |typed| directory::name(typed, SHORT_MAX));
    let kind = form.take("paper", paper);
    if !form.is_sound() {
        return Ok(adding(&visit, &one, &form));
    }
    let entry = visit.session.entry("terminal_created", "", "");
    let made = opening::add_terminal(visit.db(), &visit.web.vault, one.id, label, kind, entry).await?;
    let made = made.ok_or(Problem::NotFound)?;
    let until = fill(visit.text().directory.code_until, &[&visit.session.now.plus(CODE_LIFE).date_time_text()]);
    let shown = (format!("{} \u{b7} {}", made.label, made.id), spoken_code(&made.code), until);
    view(&visit, id, Params::default(), Some(shown)).await
}

fn typed_of(one: &OutletSheet, text: &'static Text) -> Typed {
    let fields = [
        ("outlet", one.name.clone()),
        ("address", one.address.clone()),
        ("region", one.region.clone()),
        ("hours", hours_words(&one.hours, text)),
        ("outlet_phone", one.phone.clone()),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The form of its fields.
pub(crate) async fn edit(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    Ok(edit_view(&visit, &one, &Entered::of(typed_of(&one, visit.text()), visit.text()), false))
}

fn edit_view(visit: &Visit, one: &OutletSheet, form: &Entered, stale: bool) -> Response {
    let inputs = outlet_inputs(form, visit.text());
    let page = EditView {
        shell: visit.shell(MERCHANTS),
        title: format!("{} {}", visit.text().directory.edit, one.name),
        path: format!("{}/edit", outlet_link(one.id)),
        back: outlet_link(one.id),
        version: one.version,
        wrong: wrong_count(&inputs, visit.text()),
        inputs,
        stale,
    };
    render(&page).into_response()
}

/// Saves its fields.
pub(crate) async fn save(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    let version = typed.get("version").and_then(|one| one.parse().ok()).ok_or(Problem::BadForm)?;
    let mut form = Entered::of(typed, visit.text());
    let new = outlet_of(&mut form, id, one.merchant.0, visit.text());
    if !form.is_sound() {
        return Ok(edit_view(&visit, &OutletSheet { version, ..one }, &form, false));
    }
    let entry = visit.session.entry("outlet_changed", &id.to_string(), &changed(&one, &new));
    match storage::directory::edit_outlet(visit.db(), version, new, entry).await? {
        Edited::Done => Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &outlet_link(id))),
        Edited::Gone => Err(Problem::NotFound),
        Edited::Stale => {
            let now = find(&visit, id).await?;
            Ok(edit_view(&visit, &now, &Entered::of(typed_of(&now, visit.text()), visit.text()), true))
        }
    }
}

fn changed(old: &OutletSheet, new: &NewOutlet) -> String {
    changes(&[
        ("name", &old.name, &new.name),
        ("address", &old.address, &new.address),
        ("region", &old.region, &new.region),
        ("phone", &old.phone, &new.phone),
        ("hours", &old.hours, &new.hours),
    ])
}
