//! 新开门店: one form for a merchant, a store and its terminals, or a store of a merchant that is there.
//!
//! What must stay true:
//! - Everything is saved or nothing; then the opening is proposed. Whatever became of the proposal, the page of the merchant
//!   or the store offers it again.
//! - Codes are shown once, in the answer of the form that made them.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use domain::acts::{Bank, Payload};
use domain::directory::{self, ADDRESS_MAX, NAME_MAX, SHORT_MAX, Standing, TERMINALS_MAX, Wrong};
use domain::ids::{MerchantId, OutletId, RequestId};
use serde::Deserialize;
use storage::directory::{Company, NewMerchant, NewOutlet};
use storage::enrolment::{CODE_LIFE, spoken_code};
use storage::opening::{self, Coded, Opened, Opening, Whose};
use storage::places::{self, list};
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal;
use web_kit::step::Step;
use web_kit::text::fill;

use super::{MERCHANTS, hours_typed, outlet_link, paper, papers};
use crate::entry::{Entered, Input, Typed, wrong_count};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

#[derive(Template)]
#[template(path = "places/new.html")]
struct View {
    shell: Shell,
    path: &'static str,
    /// A new merchant, or a store of one that is there.
    new: bool,
    /// Another merchant number, because the company's facts are not there yet.
    no_company: bool,
    merchant: Vec<Input>,
    outlet: Vec<Input>,
    terminals: Vec<Input>,
    request: RequestId,
    proposal: RequestId,
    /// How many fields are wrong.
    wrong: Option<String>,
}

/// The page.
pub(crate) const NEW: &str = "/office/outlets/new";

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// `old` for a merchant that is there.
    k: String,
    /// Its number.
    merchant: String,
}

/// The empty form.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let company = storage::directory::company(visit.db()).await?;
    let mut typed = Typed::new();
    let kind = if params.k == "old" { "old" } else { "new" };
    typed.insert("kind".to_owned(), kind.to_owned());
    typed.insert("merchant".to_owned(), params.merchant);
    typed.insert("count".to_owned(), "1".to_owned());
    typed.insert("region".to_owned(), company.region.clone());
    if let Some(mid) = opening::next_mid(visit.db(), &company.institution, &company.region).await?
        && !company.institution.is_empty()
    {
        typed.insert("mid".to_owned(), mid);
    }
    Ok(view(&visit, &company, &Entered::of(typed, visit.text()), None))
}

fn view(visit: &Visit, company: &Company, form: &Entered, again: Option<RequestId>) -> Response {
    let text = visit.text();
    let new = form.get("kind") != "old";
    let parts = (merchant_inputs(form, new, text), outlet_inputs(form, text), terminal_inputs(form, text));
    let wrong = wrong_count(parts.0.iter().chain(&parts.1).chain(&parts.2), text);
    let page = View {
        shell: visit.shell(MERCHANTS),
        path: NEW,
        new,
        no_company: company.institution.is_empty(),
        merchant: parts.0,
        outlet: parts.1,
        terminals: parts.2,
        request: again.unwrap_or_else(|| visit.new_request()),
        proposal: visit.new_request(),
        wrong,
    };
    render(&page).into_response()
}

fn merchant_inputs(form: &Entered, new: bool, text: &'static Text) -> Vec<Input> {
    let words = &text.directory;
    if !new {
        return vec![form.input("merchant", words.which_merchant).number()];
    }
    let returns = [("no", words.returns_quality), ("yes", words.returns_any)];
    let returns = returns.map(|(word, name)| (word.to_owned(), name.to_owned()));
    vec![
        form.input("name", words.name),
        form.input("short_name", words.short_name).more(words.short_more).optional(),
        form.input("mid", words.mid).more(words.mid_more).number(),
        form.input("licence", words.licence).number(),
        form.input("contact", words.contact).optional(),
        form.input("phone", words.phone).number().optional(),
        form.input("bank_name", words.bank_name).more(words.reviewed),
        form.input("bank_account", words.bank_account).more(words.reviewed).number(),
        form.input("bank_holder", words.bank_holder).more(words.reviewed),
        form.input("fee", words.fee).more(words.reviewed).number().unit("%"),
        form.input("drug_returns", words.drug_returns).options(returns),
    ]
}

pub(super) fn outlet_inputs(form: &Entered, text: &'static Text) -> Vec<Input> {
    let words = &text.directory;
    vec![
        form.input("outlet", words.outlet_name),
        form.input("address", words.address).optional(),
        form.input("region", words.region).more(words.region_more).number(),
        form.input("hours", words.hours).optional(),
        form.input("outlet_phone", words.outlet_phone).number().optional(),
    ]
}

fn terminal_inputs(form: &Entered, text: &'static Text) -> Vec<Input> {
    let words = &text.directory;
    vec![
        form.input("count", words.count).number().unit(words.count_unit),
        form.input("labels", words.labels).more(words.labels_more).optional(),
        form.input("paper", words.paper).options(papers(text)),
    ]
}

/// What a sound form says.
struct Asked {
    whose: Whose,
    /// Fee and bank of a new merchant.
    terms: Option<(i64, Bank)>,
    outlet: NewOutlet,
    labels: Vec<String>,
    paper: String,
}

/// A store's fields, checked.
pub(super) fn outlet_of(form: &mut Entered, id: i64, merchant: i64, text: &'static Text) -> NewOutlet {
    let words = &text.directory;
    let name = form.take("outlet", |typed| directory::name(typed, NAME_MAX));
    let address = form.take("address", |typed| directory::text(typed, ADDRESS_MAX));
    let region = form.take("region", directory::region);
    let phone = form.take_optional("outlet_phone", directory::phone);
    let hours = directory::hours(&hours_typed(form.get("hours"), text));
    if hours.is_err() {
        form.refuse("hours", words.wrong_hours.to_owned());
    }
    let hours = hours.unwrap_or_default();
    NewOutlet { address, region, phone, hours, ..NewOutlet::of(id, merchant, &name) }
}

/// A merchant's fields but fee and bank, checked.
pub(super) fn merchant_of(form: &mut Entered, id: i64, mid: &str) -> NewMerchant {
    let name = form.take("name", |typed| directory::name(typed, NAME_MAX));
    let short_name = form.take("short_name", |typed| directory::text(typed, SHORT_MAX));
    let licence = form.take("licence", directory::credit_code);
    let contact = form.take("contact", |typed| directory::text(typed, NAME_MAX));
    let phone = form.take_optional("phone", directory::phone);
    let drug_returns = form.get("drug_returns") == "yes";
    let one = NewMerchant {
        licence,
        contact,
        phone,
        drug_returns,
        decides_payable: false,
        ..NewMerchant::of(id, mid, &name)
    };
    if short_name.is_empty() { one } else { NewMerchant { short_name, ..one } }
}

/// Fee and bank, checked.
pub(super) fn terms_of(form: &mut Entered) -> (i64, Bank) {
    let fee = form.take("fee", directory::fee);
    (fee, bank_of(form))
}

pub(super) fn bank_of(form: &mut Entered) -> Bank {
    Bank {
        name: form.take("bank_name", |typed| directory::name(typed, NAME_MAX)),
        account: form.take("bank_account", directory::bank_account),
        holder: form.take("bank_holder", |typed| directory::name(typed, NAME_MAX)),
    }
}

async fn read(visit: &Visit, form: &mut Entered) -> Result<Asked, Problem> {
    let text = visit.text();
    let words = &text.directory;
    let (whose, terms) = if form.get("kind") == "old" {
        (Whose::Of(existing(visit, form).await?), None)
    } else {
        let mid = directory::mid(form.get("mid"));
        if mid.is_err() {
            form.refuse("mid", words.wrong_mid_form.to_owned());
        }
        let one = merchant_of(form, 0, &mid.unwrap_or_default());
        (Whose::New(Box::new(one)), Some(terms_of(form)))
    };
    let outlet = outlet_of(form, 0, 0, text);
    let count = form.take("count", |typed| {
        let count = typed.trim().parse::<usize>().map_err(|_| Wrong::Form)?;
        if (1..=TERMINALS_MAX).contains(&count) { Ok(count) } else { Err(Wrong::Range) }
    });
    let labels = labels(form, count, text);
    let paper = form.take("paper", paper);
    Ok(Asked { whose, terms, outlet, labels, paper })
}

/// The merchant that was named by its number or its merchant number.
async fn existing(visit: &Visit, form: &mut Entered) -> Result<MerchantId, Problem> {
    let typed: String = form.get("merchant").split_whitespace().collect();
    let filter = list::Filter { find: typed.clone(), ..list::Filter::default() };
    let found = list::merchants(visit.db(), filter, 0, 2, visit.session.now).await?;
    let exact = found.into_iter().find(|one| one.mid == typed || one.id.to_string() == typed);
    if let Some(one) = exact.filter(|one| one.status != Standing::Closed && !typed.is_empty()) {
        return Ok(one.id);
    }
    form.refuse("merchant", visit.text().directory.wrong_merchant.to_owned());
    Ok(MerchantId(0))
}

/// A label for each terminal: what was typed, or numbers.
fn labels(form: &mut Entered, count: usize, text: &'static Text) -> Vec<String> {
    let typed = form.get("labels").replace(['\u{ff0c}', '\u{3001}'], ",");
    let typed: Vec<&str> = typed.split(',').map(str::trim).filter(|label| !label.is_empty()).collect();
    if typed.is_empty() {
        return (1..=count).map(|n| fill(text.directory.label_default, &[&n.to_string()])).collect();
    }
    let checked: Result<Vec<String>, Wrong> = typed.iter().map(|label| directory::name(label, SHORT_MAX)).collect();
    match checked {
        Ok(labels) if labels.len() == count => labels,
        Ok(_) => {
            form.refuse("labels", text.directory.wrong_labels.to_owned());
            Vec::new()
        }
        Err(_) => {
            form.refuse("labels", fill(text.directory.wrong_long, &[&SHORT_MAX.to_string()]));
            Vec::new()
        }
    }
}

/// Saves it and proposes the opening.
pub(crate) async fn save(visit: Visit, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let proposal = typed.get("proposal").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let content = content(&typed);
    let mut form = Entered::of(typed, visit.text());
    let asked = read(&visit, &mut form).await?;
    let company = storage::directory::company(visit.db()).await?;
    if !form.is_sound() {
        return Ok(view(&visit, &company, &form, Some(request)));
    }
    let terms = asked.terms.clone();
    let opening = Opening {
        request,
        content,
        whose: asked.whose,
        outlet: asked.outlet,
        labels: asked.labels,
        paper: asked.paper,
    };
    let entry = visit.session.entry("outlet_created", "", "");
    let words = &visit.text().directory;
    match opening::open(visit.db(), &visit.web.vault, opening, entry).await? {
        Opened::Made { outlet, terminals } => made(&visit, outlet, terminals, terms, proposal).await,
        Opened::Again(outlet) => Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &outlet_link(outlet))),
        Opened::MidTaken => {
            form.refuse("mid", words.wrong_mid.to_owned());
            Ok(view(&visit, &company, &form, Some(request)))
        }
        Opened::NoMerchant => {
            form.refuse("merchant", words.wrong_merchant.to_owned());
            Ok(view(&visit, &company, &form, Some(request)))
        }
        Opened::Other => Ok(Redirect::to(NEW).into_response()),
        Opened::NoNumber => Err(Problem::Internal),
    }
}

/// What makes two forms the same: all fields but their request ids.
fn content(typed: &Typed) -> String {
    let fields = typed.iter().filter(|(name, _)| !matches!(name.as_str(), "request" | "proposal"));
    fields.fold(String::new(), |text, (name, value)| text + &format!("{name}={value:?};"))
}

#[derive(Template)]
#[template(path = "places/made.html")]
struct Made {
    shell: Shell,
    place: String,
    title: String,
    wait: &'static str,
    proposal: Option<String>,
    /// Whether somebody has to approve it.
    waits: bool,
    mid: String,
    outlet: OutletId,
    outlet_link: String,
    tids: String,
    state: web_kit::badge::Badge,
    codes: Vec<Code>,
    until: String,
}

struct Code {
    id: String,
    title: String,
    secret: String,
}

/// Proposes the opening, and shows the numbers and codes.
async fn made(
    visit: &Visit,
    id: OutletId,
    terminals: Vec<Coded>,
    terms: Option<(i64, Bank)>,
    request: RequestId,
) -> Result<Response, Problem> {
    let words = &visit.text().directory;
    let outlet = places::outlet(visit.db(), id).await?.ok_or(Problem::NotFound)?;
    let new = terms.is_some();
    let payload = match terms {
        Some((fee_bp, bank)) => Some(Payload::MerchantOpening { merchant: outlet.merchant, fee_bp, bank }),
        None if outlet.merchant_status == Standing::Draft => None,
        None => Some(Payload::OutletOpening { outlet: id }),
    };
    let with = payload.is_none();
    let step = match payload {
        Some(payload) => proposal::propose(visit, payload, request).await?,
        None => None,
    };
    let proposal = match step {
        Some(Step::Done(record)) => Some(proposal::address(record.id)),
        _ => None,
    };
    let wait = match (&proposal, with) {
        (_, true) => words.made_with,
        (Some(_), false) => words.made_wait,
        (None, false) => words.made_not,
    };
    let count = terminals.len().to_string();
    let tids = terminals.iter().map(|one| one.id.to_string()).collect::<Vec<_>>().join(", ");
    let codes = terminals.iter().map(|one| Code {
        id: format!("code-{}", one.id),
        title: format!("{} \u{b7} {}", one.label, one.id),
        secret: spoken_code(&one.code),
    });
    let page = Made {
        shell: visit.shell(MERCHANTS),
        place: format!("{} \u{203a} {}", outlet.merchant_name, outlet.name),
        title: fill(if new { words.made_all } else { words.made }, &[&count]),
        wait,
        waits: proposal.is_some(),
        proposal,
        mid: spaced(&outlet.mid),
        outlet: id,
        outlet_link: outlet_link(id),
        tids,
        state: super::outlet_standing(outlet.status, outlet.merchant_status, visit.text()),
        codes: codes.collect(),
        until: fill(words.code_until, &[&visit.session.now.plus(CODE_LIFE).date_time_text()]),
    };
    Ok(render(&page).into_response())
}

/// A merchant number as it is read aloud.
fn spaced(mid: &str) -> String {
    let part = |from: usize, to: usize| mid.get(from..to).unwrap_or_default();
    format!("{} {} {} {}", part(0, 3), part(3, 7), part(7, 11), part(11, 15))
}
