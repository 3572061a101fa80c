//! 商户结算: merchants with their fee and how far they are settled, the sums of a settlement to be, and the list of all
//! settlements.
//!
//! What must stay true:
//! - The sums on the page are a look ahead. What is settled is added up again by the command that prepares it.
//! - The form carries its request id, so that sent twice it is one settlement.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use domain::command::{Actor, Command};
use domain::ids::{MerchantId, RequestId};
use domain::money::Fen;
use domain::role::Action;
use domain::settlement::{self as rules, Preparation};
use domain::time::{BusinessDate, HOUR};
use serde::Deserialize;
use storage::settlement::{self, Filter, MERCHANTS_MAX, Merchant};

use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::{Said, Shell, render};
use web_kit::problem::Problem;
use web_kit::session::Session;
use web_kit::settlement::list::List;
use web_kit::settlement::{Days, OFFICE, last_step, rate_words, told};
use web_kit::step::{self, Step, Told, next_request};
use web_kit::text::{Text, fill};
use web_kit::visit::Visit;

#[derive(Template)]
#[template(path = "settlements.html")]
struct View {
    shell: Shell,
    path: &'static str,
    merchants: Vec<MerchantRow>,
    full: Option<String>,
    panel: Option<Panel>,
    rate: Option<Rate>,
    list: List,
}

struct MerchantRow {
    on: bool,
    name: String,
    mid: String,
    rate: String,
    settled: String,
    /// Address, word and label of what this person does next about it.
    next: Option<(String, &'static str, String)>,
}

/// The settlement to be.
struct Panel {
    id: i64,
    name: String,
    until: BusinessDate,
    latest: BusinessDate,
    table: Days,
    /// Net amount, fee and payout.
    sums: Option<(Fen, Fen, Fen)>,
    carried: bool,
    request: RequestId,
    told: Option<Told>,
}

/// The form of a merchant's rate.
struct Rate {
    id: i64,
    value: String,
    bad: bool,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    merchant: String,
    until: String,
    show: String,
    before: String,
    /// The request of the last step.
    a: String,
}

/// The form that prepares.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    merchant: i64,
    until: String,
    request: String,
}

/// The card company's page.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    view(&visit, params, None).await
}

async fn view(visit: &Visit, params: Params, bad_rate: Option<String>) -> Result<Response, Problem> {
    let merchants = settlement::merchants(visit.db()).await?;
    let chosen = merchants.iter().find(|one| one.id.0.to_string() == params.merchant);
    if chosen.is_none() && !params.merchant.is_empty() {
        return Err(Problem::NotFound);
    }
    let filter = if params.show == "open" { Filter::Open } else { Filter::All };
    let list = List::load(visit, OFFICE, (filter, &params.show), &params.before).await?;
    let panel = match chosen {
        Some(one) if visit.session.can(Action::PrepareSettlement) => panel(visit, one, &params, visit.text()).await?,
        _ => None,
    };
    let rate = chosen.filter(|_| visit.session.can(Action::ManageMerchants)).map(|one| Rate {
        id: one.id.0,
        bad: bad_rate.is_some(),
        value: bad_rate.or(one.fee_bp.map(|fee| fee.to_string())).unwrap_or_default(),
    });
    let full = (merchants.len() >= MERCHANTS_MAX)
        .then(|| fill(visit.text().settlement.rows_max, &[&MERCHANTS_MAX.to_string()]));
    let view = View {
        path: OFFICE,
        full,
        merchants: merchants.iter().map(|one| merchant_row(&visit.session, one, &params, visit.text())).collect(),
        panel,
        rate,
        list,
        shell: visit.shell("/office/settlements"),
    };
    Ok(render(&view).into_response())
}

fn merchant_row(session: &Session, one: &Merchant, params: &Params, text: &'static Text) -> MerchantRow {
    let words = &text.settlement;
    let id = one.id.0.to_string();
    let here = || link(OFFICE, &[("merchant", &id)]);
    let next = match one.open {
        Some(open) => Some((format!("{OFFICE}/{}", open.rrn()), words.look_open, words.look_open_of)),
        None if session.can(Action::PrepareSettlement) => Some((here(), words.prepare, words.prepare_of)),
        None if session.can(Action::ManageMerchants) => Some((here(), words.rate, words.rate_label)),
        None => None,
    };
    MerchantRow {
        on: id == params.merchant,
        name: one.name.clone(),
        mid: one.mid.clone(),
        rate: one.fee_bp.map_or_else(|| words.rate_none.to_owned(), |fee| rate_words(fee, text)),
        settled: one.settled.map_or_else(|| words.never.to_owned(), |settled| settled.until.to_string()),
        next: next.map(|(address, word, label)| (address, word, fill(label, &[&one.name]))),
    }
}

/// The sums up to the day that was asked for, or yesterday.
async fn panel(
    visit: &Visit,
    merchant: &Merchant,
    params: &Params,
    text: &'static Text,
) -> Result<Option<Panel>, Problem> {
    let latest = visit.session.now.plus(-24 * HOUR).business_date();
    let until = BusinessDate::parse(&params.until).filter(|day| *day <= latest).unwrap_or(latest);
    let Some(payable) = settlement::payable(visit.db(), merchant.id).await? else { return Ok(None) };
    let turnover = payable.unsettled.until(until);
    let net = turnover.net();
    let fee = merchant.fee_bp.and_then(|rate| rules::fee(net, rate)).filter(|_| net.is_positive());
    let last = last_step(visit, &params.a).await?;
    Ok(Some(Panel {
        id: merchant.id.0,
        name: merchant.name.clone(),
        until,
        latest,
        table: Days::of(&turnover, text),
        sums: fee.and_then(|fee| Some((net, fee, net.minus(fee)?))),
        carried: !net.is_positive() && !turnover.days().is_empty(),
        request: next_request(visit, last.as_ref()),
        told: told(last.as_ref(), visit.text()),
    }))
}

/// Prepares a settlement.
pub(crate) async fn prepare(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    let until = BusinessDate::parse(&fields.until).ok_or(Problem::BadForm)?;
    let preparation = Preparation { merchant: MerchantId(fields.merchant), until };
    let actor = Actor::issuer(visit.session.person);
    let step = step::send(&visit.web, request, actor, Command::SettlementPrepare(preparation)).await?;
    let address = match &step {
        Step::Done(record) => step::address(&format!("{OFFICE}/{}", record.id.rrn()), &[], request),
        Step::Conflict => return Err(Problem::BadForm),
        Step::Refused(_) | Step::Unknown | Step::Busy => {
            let merchant = fields.merchant.to_string();
            step::address(OFFICE, &[("merchant", &merchant), ("until", &fields.until)], request)
        }
    };
    step.redirect(&visit, &address, &[])
}

/// The form of the rate.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct RateFields {
    merchant: i64,
    rate: String,
}

/// Agrees a merchant's fee.
pub(crate) async fn rate(visit: Visit, Form(fields): Form<RateFields>) -> Result<Response, Problem> {
    let merchant = MerchantId(fields.merchant);
    let typed: String = fields.rate.trim().chars().map(domain::money::half_width).collect();
    let params = Params { merchant: fields.merchant.to_string(), ..Params::default() };
    let Some(fee) = typed.parse::<i64>().ok().filter(|fee| (0..=rules::FEE_BP_MAX).contains(fee)) else {
        return view(&visit, params, Some(fields.rate)).await;
    };
    let entry = visit.session.entry("merchant_fee_agreed", &fields.merchant.to_string(), &fee.to_string());
    if !settlement::agree_fee(visit.db(), merchant, fee, entry).await? {
        return Err(Problem::NotFound);
    }
    Ok(Flash::new(Said::RateSaved, &[]).redirect(&visit.web, &link(OFFICE, &[("merchant", &params.merchant)])))
}
