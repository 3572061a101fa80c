//! 设置: the company's own facts and rules, a section each.
//!
//! What must stay true: facts are changed by one person; the rule of the second factor by two.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use domain::acts::{Act, Payload};
use domain::directory::{self, NAME_MAX};
use domain::ids::RequestId;
use domain::role::Action;
use storage::directory::{Company, Edited};
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal::waiting;
use web_kit::step::Told;

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
}

/// The sections.
pub(crate) async fn show(visit: Visit, Query(params): Query<merchant::Params>) -> Result<Response, Problem> {
    let company = storage::directory::company(visit.db()).await?;
    let form = Entered::of(typed_of(&company), visit.text());
    view(&visit, company, &form, false, &params.a).await
}

async fn view(visit: &Visit, company: Company, form: &Entered, stale: bool, a: &str) -> Result<Response, Problem> {
    let inputs = inputs(form, visit.text());
    let waits = waiting(visit, Act::FactorRule, 1).await?;
    let page = View {
        shell: visit.shell(SETTINGS),
        path: SETTINGS,
        wrong: wrong_count(&inputs, visit.text()),
        inputs,
        stale,
        can_edit: visit.session.can(Action::ManageSettings),
        waits,
        told: places::told(visit, a).await?,
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
        return view(&visit, Company { version, ..old }, &form, false, "").await;
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
            view(&visit, now, &form, true, "").await
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
