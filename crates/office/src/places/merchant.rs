//! One merchant: its facts, its stores, what is proposed about it, and the form that changes its fields.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::acts::{Act, Payload};
use domain::directory::Standing;
use domain::ids::{MerchantId, RequestId};
use domain::role::Action;
use serde::Deserialize;
use storage::directory::{Edited, NewMerchant};
use storage::places::list::{self, OutletRow};
use storage::places::{self, MerchantSheet};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal::waiting;
use web_kit::step::Told;

use super::new::{bank_of, merchant_of, terms_of};
use super::{
    Can, EditView, LogLine, MERCHANTS, log, merchant_link, outlet_link, outlet_standing, propose, rate, seen_words,
    standing, told,
};
use crate::entry::{Entered, Input, Typed, changes, wrong_count};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// Stores on the page.
const ROWS: u32 = 100;

#[derive(Template)]
#[template(path = "places/merchant.html")]
struct View {
    shell: Shell,
    path: String,
    one: MerchantSheet,
    state: Badge,
    rate: String,
    outlets: Vec<Outlet>,
    log: Vec<LogLine>,
    can: Can,
    waits: Option<String>,
    told: Option<Told>,
    request: RequestId,
    payable_request: RequestId,
    /// The form that proposes the opening, or another bank account, and its inputs.
    asks: Option<Asks>,
    inputs: Vec<Input>,
}

struct Asks {
    title: &'static str,
    action: &'static str,
}

struct Outlet {
    link: String,
    name: String,
    id: String,
    state: Badge,
    terminals: String,
    seen: String,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The request of the last step.
    pub(crate) a: String,
}

async fn find(visit: &Visit, id: i64) -> Result<MerchantSheet, Problem> {
    places::merchant(visit.db(), MerchantId(id)).await?.ok_or(Problem::NotFound)
}

/// The merchant.
pub(crate) async fn show(visit: Visit, Path(id): Path<i64>, Query(params): Query<Params>) -> Result<Response, Problem> {
    view(&visit, id, &params.a, None).await
}

async fn view(visit: &Visit, id: i64, a: &str, form: Option<Entered>) -> Result<Response, Problem> {
    let one = find(visit, id).await?;
    let text = visit.text();
    let session = &visit.session;
    let outlets = list::outlets_of(visit.db(), one.id, String::new(), 0, ROWS).await?;
    let mut waits = None;
    for act in [Act::MerchantOpening, Act::MerchantBank, Act::MerchantResuming, Act::MerchantPayable] {
        if waits.is_none() {
            waits = waiting(visit, act, id).await?;
        }
    }
    let may = session.can(Action::ManageMerchants);
    let (asks, inputs) = if may && waits.is_none() { asks(visit, &one, form) } else { None }.unzip();
    let told = told(visit, a).await?;
    let page = View {
        shell: visit.shell(MERCHANTS),
        path: merchant_link(id),
        state: standing(one.status, text),
        rate: rate(one.fee_bp, text),
        outlets: outlets.iter().map(|row| outlet(visit, row)).collect(),
        log: log(visit, id, 20).await?,
        can: Can::of([
            ("payable", may && one.status != Standing::Closed && waits.is_none()),
            ("edit", may && one.status != Standing::Closed),
            ("suspend", session.can(Action::Suspend) && one.status == Standing::Active),
            ("resume", session.can(Action::Suspend) && one.status == Standing::Suspended && waits.is_none()),
            ("close", may && matches!(one.status, Standing::Draft | Standing::Suspended)),
            ("add", may && one.status != Standing::Closed),
        ]),
        waits: waits.filter(|_| session.can(Action::ViewProposals)),
        told,
        request: visit.new_request(),
        payable_request: visit.new_request(),
        asks,
        inputs: inputs.unwrap_or_default(),
        one,
    };
    Ok(render(&page).into_response())
}

/// The form for what may be proposed in this state.
fn asks(visit: &Visit, one: &MerchantSheet, form: Option<Entered>) -> Option<(Asks, Vec<Input>)> {
    let text = visit.text();
    let words = &text.directory;
    let form = form.unwrap_or_else(|| {
        let typed = [
            ("bank_name", one.bank.name.clone()),
            ("bank_account", one.bank.account.clone()),
            ("bank_holder", one.bank.holder.clone()),
        ];
        Entered::of(typed.map(|(name, value)| (name.to_owned(), value)).into(), text)
    });
    let mut inputs = vec![
        form.input("bank_name", words.bank_name),
        form.input("bank_account", words.bank_account).number(),
        form.input("bank_holder", words.bank_holder),
    ];
    let (title, action) = match one.status {
        Standing::Draft => {
            inputs.push(form.input("fee", words.fee).number().unit("%"));
            (words.opening, "open")
        }
        Standing::Active | Standing::Suspended => (words.account, "bank"),
        Standing::Closed => return None,
    };
    Some((Asks { title, action }, inputs))
}

fn outlet(visit: &Visit, row: &OutletRow) -> Outlet {
    let text = visit.text();
    Outlet {
        link: outlet_link(row.id),
        name: row.name.clone(),
        id: row.id.to_string(),
        state: outlet_standing(row.status, row.merchant_status, text),
        terminals: super::of(text.directory.tills, &row.terminals.to_string()),
        seen: seen_words(row.seen_at, visit.session.now),
    }
}

/// Proposes the opening, another bank account, that it goes on, or who decides what cards pay for.
pub(crate) async fn ask(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let action = typed.get("do").cloned().unwrap_or_default();
    let merchant = MerchantId(id);
    let mut form = Entered::of(typed, visit.text());
    let payload = match action.as_str() {
        "open" => {
            visit.session.may(Action::ManageMerchants)?;
            let (fee_bp, bank) = terms_of(&mut form);
            Payload::MerchantOpening { merchant, fee_bp, bank }
        }
        "bank" => {
            visit.session.may(Action::ManageMerchants)?;
            Payload::MerchantBank { merchant, bank: bank_of(&mut form) }
        }
        "resume" => Payload::MerchantResuming { merchant },
        decides @ ("pay-own" | "pay-company") => {
            visit.session.may(Action::ManageMerchants)?;
            Payload::MerchantPayable { merchant, decides: decides == "pay-own" }
        }
        _ => return Err(Problem::BadForm),
    };
    if !form.is_sound() {
        return view(&visit, id, "", Some(form)).await;
    }
    propose(&visit, payload, request, &merchant_link(id)).await
}

fn inputs(form: &Entered, text: &'static Text) -> Vec<Input> {
    let words = &text.directory;
    let returns = [("no", words.returns_quality), ("yes", words.returns_any)];
    let returns = returns.map(|(word, name)| (word.to_owned(), name.to_owned()));
    vec![
        form.input("name", words.name),
        form.input("short_name", words.short_name).more(words.short_more).optional(),
        form.input("licence", words.licence).number(),
        form.input("contact", words.contact).optional(),
        form.input("phone", words.phone).number().optional(),
        form.input("drug_returns", words.drug_returns).options(returns),
    ]
}

fn typed_of(one: &MerchantSheet) -> Typed {
    let fields = [
        ("name", one.name.clone()),
        ("short_name", one.short_name.clone()),
        ("licence", one.licence.clone()),
        ("contact", one.contact.clone()),
        ("phone", one.phone.clone()),
        ("drug_returns", if one.drug_returns { "yes" } else { "no" }.to_owned()),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The form of its fields.
pub(crate) async fn edit(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    Ok(edit_view(&visit, &one, &Entered::of(typed_of(&one), visit.text()), false))
}

fn edit_view(visit: &Visit, one: &MerchantSheet, form: &Entered, stale: bool) -> Response {
    let inputs = inputs(form, visit.text());
    let page = EditView {
        shell: visit.shell(MERCHANTS),
        title: format!("{} {}", visit.text().directory.edit, one.name),
        path: format!("{}/edit", merchant_link(one.id)),
        back: merchant_link(one.id),
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
    let new = merchant_of(&mut form, id, &one.mid);
    if !form.is_sound() {
        return Ok(edit_view(&visit, &MerchantSheet { version, ..one }, &form, false));
    }
    let entry = visit.session.entry("merchant_changed", &id.to_string(), &changed(&one, &new));
    match storage::directory::edit_merchant(visit.db(), version, new, entry).await? {
        Edited::Done => Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &merchant_link(id))),
        Edited::Gone => Err(Problem::NotFound),
        Edited::Stale => {
            let now = find(&visit, id).await?;
            Ok(edit_view(&visit, &now, &Entered::of(typed_of(&now), visit.text()), true))
        }
    }
}

fn changed(old: &MerchantSheet, new: &NewMerchant) -> String {
    let returns = |any: bool| if any { "any" } else { "quality" };
    changes(&[
        ("name", &old.name, &new.name),
        ("short name", &old.short_name, &new.short_name),
        ("licence", &old.licence, &new.licence),
        ("contact", &old.contact, &new.contact),
        ("phone", &old.phone, &new.phone),
        ("returns", returns(old.drug_returns), returns(new.drug_returns)),
    ])
}
