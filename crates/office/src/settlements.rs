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
use domain::acts::{Act, Payload, Shown};
use domain::command::{Actor, Command};
use domain::ids::{MerchantId, RequestId};
use domain::ledger::Kind;
use domain::money::Fen;
use domain::proposal::Draft;
use domain::role::Action;
use domain::settlement::{self as rules, Preparation};
use domain::time::{BusinessDate, HOUR};
use serde::Deserialize;
use storage::proposal;
use storage::settlement::{self, Filter, MERCHANTS_MAX, Merchant};
use storage::vault::{hex, unhex};

use web_kit::link::link;
use web_kit::page::{Shell, render};
use web_kit::problem::Problem;
use web_kit::proposal::{address as proposal_address, waiting};
use web_kit::session::Session;
use web_kit::settlement::list::List;
use web_kit::settlement::{Days, OFFICE, last_step, rate_words, told};
use web_kit::step::{self, Last, Step, Told, next_request, typed};
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

/// The form that proposes a merchant's rate.
struct Rate {
    id: i64,
    value: String,
    bad: bool,
    request: RequestId,
    /// What the maker is shown: its text in hex, because a field keeps no line breaks.
    seen: String,
    told: Option<Told>,
    /// Address of a proposal that waits.
    waits: Option<String>,
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
    let rate = match chosen {
        Some(one) if visit.session.can(Action::ProposeFee) => rate_form(visit, one, &params, bad_rate).await?,
        _ => None,
    };
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
        None if session.can(Action::ProposeFee) => Some((here(), words.rate, words.rate_label)),
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

/// The form with the present rate, or with what was typed.
async fn rate_form(
    visit: &Visit,
    one: &Merchant,
    params: &Params,
    bad: Option<String>,
) -> Result<Option<Rate>, Problem> {
    let act = Payload::MerchantFee { merchant: one.id, fee_bp: 0 };
    let Some(seen) = proposal::now(visit.db(), act).await? else { return Ok(None) };
    let own = |record: &domain::ledger::Transaction| record.kind == Kind::Proposal;
    let last = Last::find(&visit.web, Actor::issuer(visit.session.person), &params.a, own).await?;
    let again = Some(typed(visit, 0)).filter(|typed| !typed.is_empty());
    let bad_rate = bad.is_some();
    Ok(Some(Rate {
        id: one.id.0,
        bad: bad_rate,
        value: bad.or(again).or(one.fee_bp.map(|fee| fee.to_string())).unwrap_or_default(),
        request: next_request(visit, last.as_ref()),
        seen: hex(seen.text().as_bytes()),
        told: told(last.as_ref(), visit.text()),
        waits: waiting(visit, Act::MerchantFee, one.id.0).await?,
    }))
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
    request: String,
    seen: String,
}

/// Proposes a merchant's fee.
pub(crate) async fn rate(visit: Visit, Form(fields): Form<RateFields>) -> Result<Response, Problem> {
    let merchant = MerchantId(fields.merchant);
    let typed: String = fields.rate.trim().chars().map(domain::money::half_width).collect();
    let params = Params { merchant: fields.merchant.to_string(), ..Params::default() };
    let Some(fee) = typed.parse::<i64>().ok().filter(|fee| (0..=rules::FEE_BP_MAX).contains(fee)) else {
        return view(&visit, params, Some(fields.rate)).await;
    };
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    let seen =
        unhex(&fields.seen).and_then(|bytes| Shown::read(str::from_utf8(&bytes).ok()?)).ok_or(Problem::BadForm)?;
    let draft = Draft { payload: Payload::MerchantFee { merchant, fee_bp: fee }, seen };
    let step = step::send(&visit.web, request, Actor::issuer(visit.session.person), Command::Proposal(draft)).await?;
    let address = match &step {
        Step::Done(record) => step::address(&proposal_address(record.id), &[], request),
        _ => step::address(OFFICE, &[("merchant", &params.merchant)], request),
    };
    step.redirect(&visit, &address, &[&fields.rate])
}
