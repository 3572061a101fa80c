//! 争议处理: what card holders contest, and the form that takes one up.
//!
//! What must stay true: the form carries its request id, so that sent twice it is one dispute; what is left of the sale is
//! a look ahead, the command judges it again.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use domain::command::{Actor, Command};
use domain::dispute::{Claim, Opening};
use domain::ids::RequestId;
use domain::money::Fen;
use domain::refund::text_fits;
use domain::role::Action;
use serde::Deserialize;
use storage::dispute::{self, Disputable};

use web_kit::dispute::list::List;
use web_kit::dispute::{OFFICE, claim, last_step, number, store_name, told};
use web_kit::page::{Shell, render};
use web_kit::problem::Problem;
use web_kit::step::{self, Last, Step, Told, next_request, typed};
use web_kit::text::{Text, fill};
use web_kit::visit::Visit;

#[derive(Template)]
#[template(path = "disputes.html")]
struct View {
    shell: Shell,
    path: &'static str,
    /// The form that finds a sale: what was typed.
    finding: Option<String>,
    told: Option<Told>,
    sale: Option<Sale>,
    list: List,
}

/// The sale that a dispute is to be about.
struct Sale {
    rrn: String,
    place: String,
    number: String,
    card: String,
    at: String,
    sold: Fen,
    left: Fen,
    /// The form's request id, and what was typed; none: nothing can be opened, and why, and the dispute that is in the way.
    form: Result<Filled, (&'static str, Option<String>)>,
}

#[derive(Default)]
struct Filled {
    request: String,
    amount: String,
    claims: Vec<(&'static str, &'static str, bool)>,
    words: String,
    amount_wrong: Option<String>,
    claim_wrong: Option<&'static str>,
    words_wrong: Option<&'static str>,
}

impl Filled {
    /// The form after the step `last`, with what was typed, or with all that is left of the sale.
    fn after(visit: &Visit, found: &Disputable, last: Option<&Last>) -> Self {
        let [amount, claim, words] = [0, 1, 2].map(|n| typed(visit, n));
        Self {
            request: next_request(visit, last).to_string(),
            amount: if amount.is_empty() { found.left.plain() } else { amount },
            claims: claims(&claim, visit.text()),
            words,
            ..Self::default()
        }
    }
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// Reference number of a sale.
    sale: String,
    show: String,
    before: String,
    /// The request of the last step.
    a: String,
}

/// The form that opens a dispute.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    sale: String,
    request: String,
    amount: String,
    claim: String,
    words: String,
}

/// The card company's page.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    view(&visit, params, None).await
}

async fn view(visit: &Visit, params: Params, filled: Option<Filled>) -> Result<Response, Problem> {
    let (text, may_open) = (visit.text(), visit.session.can(Action::OpenDispute));
    let last = if may_open { last_step(visit, &params.a).await? } else { None };
    let mut notes = told(last.as_ref(), text);
    let mut sale = None;
    if may_open && !params.sale.is_empty() {
        let found = match number(&params.sale) {
            Some(id) => dispute::disputable(visit.db(), id).await?,
            None => None,
        };
        if let Some(found) = found {
            sale = Some(of_sale(visit, &found, filled, last.as_ref()));
        } else {
            let (title, what) = (text.dispute.not_done, text.dispute.no_sale.to_owned());
            notes = Some(Told::refused(title, what));
        }
    }
    let list = List::load(visit, OFFICE, (&params.show, &params.before)).await?;
    let view = View {
        path: OFFICE,
        finding: may_open.then_some(params.sale),
        told: notes,
        sale,
        list,
        shell: visit.shell(OFFICE),
    };
    Ok(render(&view).into_response())
}

fn of_sale(visit: &Visit, found: &Disputable, filled: Option<Filled>, last: Option<&Last>) -> Sale {
    let (text, words) = (visit.text(), &visit.text().dispute);
    let form = match found.open {
        Some(open) => Err((words.open_already, Some(format!("{OFFICE}/{}", open.rrn())))),
        None if !found.left.is_positive() => Err((words.no_left, None)),
        None => Ok(filled.unwrap_or_else(|| Filled::after(visit, found, last))),
    };
    Sale {
        rrn: found.sale.id.rrn(),
        place: store_name(&found.merchant, &found.outlet, text),
        number: found.number.clone(),
        card: found.sale.masked.grouped(),
        at: found.sale.at.date_time_text(),
        sold: found.sale.amount,
        left: found.left,
        form,
    }
}

fn claims(chosen: &str, text: &'static Text) -> Vec<(&'static str, &'static str, bool)> {
    Claim::ALL.into_iter().map(|one| (one.word(), claim(one, text), one.word() == chosen)).collect()
}

/// Takes a dispute up.
pub(crate) async fn open(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    let sale = number(&fields.sale).ok_or(Problem::BadForm)?;
    let found = dispute::disputable(visit.db(), sale).await?.ok_or(Problem::NotFound)?;
    let order = found.sale.order.ok_or(Problem::NotFound)?;
    let (amount, claim) = (Fen::parse_yuan(&fields.amount).ok(), Claim::from_word(&fields.claim));
    let amount = amount.filter(|amount| amount.is_positive());
    let (Some(amount), Some(claim), true) = (amount, claim, text_fits(&fields.words)) else {
        let words = &visit.text().dispute;
        let filled = Filled {
            amount_wrong: amount.is_none().then(|| fill(words.amount_wrong, &[&found.left.to_string()])),
            claim_wrong: claim.is_none().then_some(words.claim_wrong),
            words_wrong: (!text_fits(&fields.words)).then_some(words.words_wrong),
            request: request.to_string(),
            amount: fields.amount,
            claims: claims(&fields.claim, visit.text()),
            words: fields.words,
        };
        let params = Params { sale: fields.sale, ..Params::default() };
        return view(&visit, params, Some(filled)).await;
    };
    let opening = Opening { order, amount, claim, words: fields.words.trim().to_owned() };
    let actor = Actor::issuer(visit.session.person);
    let step = step::send(&visit.web, request, actor, Command::DisputeOpen(opening)).await?;
    let address = match &step {
        Step::Done(record) => step::address(&format!("{OFFICE}/{}", record.id.rrn()), &[], request),
        _ => step::address(OFFICE, &[("sale", &found.sale.id.rrn())], request),
    };
    step.redirect(&visit, &address, &[&fields.amount, &fields.claim, &fields.words])
}
