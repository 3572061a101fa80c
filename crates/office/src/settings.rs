//! 设置: the company's own facts and rules, a section each.
//!
//! What must stay true: facts are changed by one person; the rule of the second factor and limits to guessing by two.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use domain::acts::{Act, Payload};
use domain::directory::{self, NAME_MAX};
use domain::ids::RequestId;
use domain::limits::{SETTING_MAX, Setting};
use domain::role::Action;
use domain::sweep::WatchKind;
use storage::directory::{Company, Edited};
use storage::sweep;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal::waiting;
use web_kit::step::Told;
use web_kit::text::fill;

use crate::entry::{Entered, Input, Typed, changes, wrong_count};
use crate::places::{self, merchant};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// The page.
pub(crate) const SETTINGS: &str = "/office/settings";

#[derive(Template)]
#[template(path = "settings.html")]
struct View {
    shell: Shell,
    path: &'static str,
    company: Company,
    inputs: Vec<Input>,
    wrong: Option<String>,
    stale: bool,
    can_edit: bool,
    waits: Option<String>,
    told: Option<Told>,
    request: RequestId,
    /// Name and value of the limits that stand alone.
    single_limits: Vec<(&'static str, u16)>,
    /// What watches wrong PINs, with its four limits.
    watches: Vec<(&'static str, Vec<u16>)>,
    limit_inputs: Vec<Input>,
    limit_waits: Option<String>,
    limit_request: RequestId,
}

/// The sections.
pub(crate) async fn show(visit: Visit, Query(params): Query<merchant::Params>) -> Result<Response, Problem> {
    let company = storage::directory::company(visit.db()).await?;
    let form = Entered::of(typed_of(&company), visit.text());
    view(&visit, company, Shown { form: &form, stale: false, limit: None, a: &params.a }).await
}

/// What the page shows beside what is stored.
struct Shown<'f> {
    form: &'f Entered,
    stale: bool,
    /// A limit that was not proposed.
    limit: Option<Entered>,
    /// The last step.
    a: &'f str,
}

async fn view(visit: &Visit, company: Company, shown: Shown<'_>) -> Result<Response, Problem> {
    let text = visit.text();
    let inputs = inputs(shown.form, text);
    let limits = sweep::limits(visit.db()).await?;
    let limit = shown.limit.unwrap_or_else(|| Entered::of(Typed::new(), text));
    let limit_inputs = limit_inputs(&limit, text);
    let all: Vec<&Input> = inputs.iter().chain(&limit_inputs).collect();
    let waits = waiting(visit, Act::FactorRule, 1).await?;
    let page = View {
        shell: visit.shell(SETTINGS),
        path: SETTINGS,
        wrong: wrong_count(all, text),
        inputs,
        stale: shown.stale,
        can_edit: visit.session.can(Action::ManageSettings),
        waits,
        told: places::told(visit, shown.a).await?,
        single_limits: SINGLE.map(|one| (setting_words(one, text).1, limits.get(one))).to_vec(),
        watches: WatchKind::ALL
            .into_iter()
            .map(|watch| (watch_words(watch, text), Setting::of(watch).map(|one| limits.get(one)).to_vec()))
            .collect(),
        limit_inputs,
        limit_request: visit.new_request(),
        limit_waits: waiting(visit, Act::GuessingLimit, 1).await?,
        request: visit.new_request(),
        company,
    };
    Ok(render(&page).into_response())
}

fn inputs(form: &Entered, text: &'static Text) -> Vec<Input> {
    let words = &text.directory;
    vec![
        form.input("name", words.company_name),
        form.input("institution", words.institution).more(words.institution_more).number(),
        form.input("region", words.region).more(words.region_more).number(),
        form.input("bin", words.bin).more(words.bin_more).number(),
        form.input("hotline", words.hotline).more(words.hotline_more).number().optional(),
        form.input("slip_issuer", words.slip_issuer),
    ]
}

fn typed_of(company: &Company) -> Typed {
    let fields = [
        ("name", &company.name),
        ("institution", &company.institution),
        ("region", &company.region),
        ("bin", &company.bin),
        ("hotline", &company.hotline),
        ("slip_issuer", &company.slip_issuer),
    ];
    fields.map(|(name, value)| (name.to_owned(), value.clone())).into()
}

/// Saves the facts.
pub(crate) async fn save(visit: Visit, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let version = typed.get("version").and_then(|one| one.parse().ok()).ok_or(Problem::BadForm)?;
    let old = storage::directory::company(visit.db()).await?;
    let mut form = Entered::of(typed, visit.text());
    let new = Company {
        name: form.take("name", |typed| directory::name(typed, NAME_MAX)),
        institution: form.take("institution", directory::institution),
        region: form.take("region", directory::region),
        bin: form.take("bin", directory::bin),
        hotline: form.take_optional("hotline", directory::phone),
        slip_issuer: form.take("slip_issuer", |typed| directory::name(typed, NAME_MAX)),
        factor_required: old.factor_required,
        version,
    };
    if !form.is_sound() {
        let shown = Shown { form: &form, stale: false, limit: None, a: "" };
        return view(&visit, Company { version, ..old }, shown).await;
    }
    let what = changes(&[
        ("name", &old.name, &new.name),
        ("institution", &old.institution, &new.institution),
        ("region", &old.region, &new.region),
        ("bin", &old.bin, &new.bin),
        ("hotline", &old.hotline, &new.hotline),
        ("issuer", &old.slip_issuer, &new.slip_issuer),
    ]);
    let entry = visit.session.entry("company_changed", "company", &what);
    match storage::directory::edit_company(visit.db(), new, entry).await? {
        Edited::Done => {
            visit.web.house.forget();
            Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, SETTINGS))
        }
        Edited::Stale | Edited::Gone => {
            let now = storage::directory::company(visit.db()).await?;
            let form = Entered::of(typed_of(&now), visit.text());
            view(&visit, now, Shown { form: &form, stale: true, limit: None, a: "" }).await
        }
    }
}

/// Proposes the other rule of the second factor.
pub(crate) async fn propose(visit: Visit, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let required = match typed.get("required").map(String::as_str) {
        Some("yes") => true,
        Some("no") => false,
        _ => return Err(Problem::BadForm),
    };
    places::propose(&visit, Payload::FactorRule { required }, request, SETTINGS).await
}

/// Limits that stand alone.
const SINGLE: [Setting; 3] = [Setting::PlaceTries, Setting::CardTries, Setting::RefundCards];

fn watch_words(watch: WatchKind, text: &'static Text) -> &'static str {
    let words = &text.directory;
    match watch {
        WatchKind::Till => words.limit_till,
        WatchKind::Person => words.limit_person,
        WatchKind::Key => words.limit_key,
        WatchKind::Network => words.limit_network,
    }
}

/// What watches, unless the limit stands alone; and what is limited.
fn setting_words(setting: Setting, text: &'static Text) -> (Option<&'static str>, &'static str) {
    let words = &text.directory;
    let place = WatchKind::ALL.into_iter().find_map(|watch| {
        let at = Setting::of(watch).iter().position(|one| *one == setting)?;
        Some((watch_words(watch, text), at))
    });
    match (place, setting) {
        (Some((watch, at)), _) => {
            let columns = [words.limit_pause_cards, words.limit_window, words.limit_pause, words.limit_stop];
            (Some(watch), columns.get(at).copied().unwrap_or_default())
        }
        (None, Setting::PlaceTries) => (None, words.limit_place),
        (None, Setting::CardTries) => (None, words.limit_card),
        (None, _) => (None, words.limit_refund),
    }
}

/// A limit's whole name.
pub(crate) fn limit_words(setting: Setting, text: &'static Text) -> String {
    match setting_words(setting, text) {
        (Some(watch), what) => fill(text.directory.limit_of, &[watch, what]),
        (None, what) => what.to_owned(),
    }
}

fn limit_inputs(form: &Entered, text: &'static Text) -> Vec<Input> {
    let words = &text.directory;
    let all = Setting::ALL.into_iter().map(|one| (one.word().to_owned(), limit_words(one, text)));
    vec![form.input("limit", words.limit).options(all), form.input("limit_value", words.limit_value).number()]
}

/// Proposes another limit to guessing.
pub(crate) async fn propose_limit(visit: Visit, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let mut form = Entered::of(typed, visit.text());
    let setting = Setting::from_word(form.get("limit")).ok_or(Problem::BadForm)?;
    let value = form.get("limit_value").trim().parse().ok().filter(|value| (1..=SETTING_MAX).contains(value));
    let Some(value) = value else {
        form.refuse("limit_value", fill(visit.text().directory.limit_range, &[&SETTING_MAX.to_string()]));
        let company = storage::directory::company(visit.db()).await?;
        let facts = Entered::of(typed_of(&company), visit.text());
        return view(&visit, company, Shown { form: &facts, stale: false, limit: Some(form), a: "" }).await;
    };
    places::propose(&visit, Payload::GuessingLimit { setting, value }, request, SETTINGS).await
}
