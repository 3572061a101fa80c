//! 商户结算: merchants with their fee and how far they are settled, the sums of a settlement to be, and the list of all
//! settlements. The merchant's own list, 结算单, is the second half of it.
//!
//! What must stay true:
//! - The sums on the page are a look ahead. What is settled is added up again by the command that prepares it.
//! - The form carries its request id, so that sent twice it is one settlement.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::command::{Actor, Command};
use domain::ids::{MerchantId, RequestId, TransactionId};
use domain::ledger::Kind;
use domain::money::Fen;
use domain::outcome::Outcome;
use domain::role::Action;
use domain::settlement::{self as rules, Preparation, SettlementStatus, Turnover};
use domain::time::{BusinessDate, HOUR};
use engine::SubmitError;
use serde::Deserialize;
use storage::settlement::{self, Filter, MERCHANTS_MAX, Merchant, Statement};

use super::told::{self, Told, Words};
use crate::badge::Badge;
use crate::flash::Flash;
use crate::link::link;
use crate::page::{Page, Shell, render};
use crate::problem::Problem;
use crate::session::Session;
use crate::submit::submit;
use crate::text::{Text, fill};
use crate::{Web, cookies};

/// Settlements on a page.
const ROWS: u32 = 50;

/// The card company's address.
pub(crate) const OFFICE: &str = "/office/settlements";
/// The merchant's.
pub(crate) const OWN: &str = "/settlements";

#[derive(Template)]
#[template(path = "office/settlements.html")]
struct View {
    shell: Shell,
    path: &'static str,
    company: bool,
    merchants: Vec<MerchantRow>,
    full: Option<String>,
    panel: Option<Panel>,
    rate: Option<Rate>,
    open: bool,
    rows: Vec<Row>,
    older: Option<String>,
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

struct Row {
    number: String,
    rrn: String,
    merchant: String,
    period: String,
    net: Fen,
    fee: Fen,
    payout: Fen,
    at: String,
    by: String,
    state: Badge,
    link: String,
    label: String,
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

/// Turnover as a table: a row per day, and the total.
pub(crate) struct Days {
    pub(crate) rows: Vec<DayRow>,
    pub(crate) total: DayRow,
}

/// A day: sales, refunds with upheld disputes, voids with reversals, and what they come to.
pub(crate) struct DayRow {
    pub(crate) day: String,
    pub(crate) sales: String,
    pub(crate) refunds: String,
    pub(crate) undone: String,
    pub(crate) net: Fen,
}

impl Days {
    /// The rows of `turnover`.
    pub(crate) fn of(turnover: &Turnover, text: &'static Text) -> Self {
        let row = |day: String, own: &Turnover| {
            let sum = |kinds: &[Kind]| {
                let all = kinds.iter().map(|kind| own.of(*kind));
                let (count, sum) = all.fold((0, 0), |(count, sum), one| (count + one.count, sum + one.sum.0));
                fill(text.settlement.count_sum, &[&i64::to_string(&count), &Fen(sum).to_string()])
            };
            DayRow {
                day,
                sales: sum(&[Kind::Sale]),
                refunds: sum(&[Kind::Refund, Kind::Chargeback]),
                undone: sum(&[Kind::Void, Kind::Reversal]),
                net: own.net(),
            }
        };
        let rows = turnover.days().into_iter().map(|day| row(day.to_string(), &turnover.on(day))).collect();
        Self { rows, total: row(text.settlement.total.to_owned(), turnover) }
    }
}

/// What the address says.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    merchant: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    show: String,
    #[serde(default)]
    before: String,
    /// The request of the last step.
    #[serde(default)]
    a: String,
}

/// The form that prepares.
#[derive(Deserialize)]
pub(crate) struct Fields {
    #[serde(default)]
    merchant: i64,
    #[serde(default)]
    until: String,
    #[serde(default)]
    request: String,
}

/// The card company's page.
pub(crate) async fn show(
    State(web): State<Web>,
    session: Session,
    page: Page,
    flash: Flash,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    look(&web, &session, page, &flash, asked, None).await
}

/// The merchant's list.
pub(crate) async fn own(
    State(web): State<Web>,
    session: Session,
    page: Page,
    flash: Flash,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let merchant = session.shop()?.merchant;
    let found = settlement::list(&web.storage, Filter::Of(merchant), before(&asked)?, ROWS).await?;
    let view = View {
        path: OWN,
        company: false,
        merchants: Vec::new(),
        full: None,
        panel: None,
        rate: None,
        open: false,
        older: older(OWN, &asked, &found),
        rows: found.iter().map(|one| row(OWN, one, page.text)).collect(),
        shell: page.shell(&session, &flash, "/settlements"),
    };
    Ok(render(&view).into_response())
}

fn before(asked: &Asked) -> Result<Option<TransactionId>, Problem> {
    if asked.before.is_empty() {
        return Ok(None);
    }
    asked.before.parse().map(|id| Some(TransactionId(id))).map_err(|_| Problem::NotFound)
}

fn older(path: &str, asked: &Asked, found: &[Statement]) -> Option<String> {
    let last = found.last().filter(|_| found.len() >= ROWS as usize)?;
    Some(link(path, &[("show", &asked.show), ("before", &last.settlement.id.0.to_string())]))
}

/// Basis points in per cent: 60 are `0.60`.
fn percent(fee_bp: i64) -> String {
    Fen(fee_bp).to_string()
}

/// A merchant's rate as people read it.
pub(crate) fn rate_words(fee_bp: i64, text: &'static Text) -> String {
    fill(text.settlement.rate_of, &[&percent(fee_bp)])
}

/// How a settlement's state looks.
pub(crate) fn state(status: SettlementStatus, text: &'static Text) -> Badge {
    let words = &text.settlement;
    match status {
        SettlementStatus::Prepared => Badge::new("info", "wait", words.state_prepared),
        SettlementStatus::Confirmed => Badge::new("ok", "ok", words.state_confirmed),
        SettlementStatus::Rejected => Badge::new("bad", "bad", words.state_rejected),
    }
}

fn row(path: &str, one: &Statement, text: &'static Text) -> Row {
    let (words, own) = (&text.settlement, &one.settlement);
    let number = match own.status {
        SettlementStatus::Confirmed => own.number().to_string(),
        SettlementStatus::Prepared => words.number_none.to_owned(),
        SettlementStatus::Rejected => String::new(),
    };
    let rrn = own.id.rrn();
    Row {
        number,
        merchant: one.merchant.clone(),
        period: own.until.to_string(),
        net: own.net,
        fee: own.fee,
        payout: own.payout,
        at: own.decided_at.unwrap_or(own.prepared_at).date_time_text(),
        by: one.checker.clone().unwrap_or_else(|| one.maker.clone()),
        state: state(own.status, text),
        link: format!("{path}/{rrn}"),
        label: fill(words.open_of, &[&rrn]),
        rrn,
    }
}

async fn look(
    web: &Web,
    session: &Session,
    page: Page,
    flash: &Flash,
    asked: Asked,
    bad_rate: Option<String>,
) -> Result<Response, Problem> {
    let merchants = settlement::merchants(&web.storage).await?;
    let chosen = merchants.iter().find(|one| one.id.0.to_string() == asked.merchant);
    if chosen.is_none() && !asked.merchant.is_empty() {
        return Err(Problem::NotFound);
    }
    let open = asked.show == "open";
    let filter = if open { Filter::Open } else { Filter::All };
    let found = settlement::list(&web.storage, filter, before(&asked)?, ROWS).await?;
    let panel = match chosen {
        Some(one) if session.can(Action::PrepareSettlement) => panel(web, session, one, &asked, page.text).await?,
        _ => None,
    };
    let rate = chosen.filter(|_| session.can(Action::ManageMerchants)).map(|one| Rate {
        id: one.id.0,
        bad: bad_rate.is_some(),
        value: bad_rate.or(one.fee_bp.map(|fee| fee.to_string())).unwrap_or_default(),
    });
    let full =
        (merchants.len() >= MERCHANTS_MAX).then(|| fill(page.text.settlement.rows_max, &[&MERCHANTS_MAX.to_string()]));
    let view = View {
        path: OFFICE,
        company: true,
        full,
        merchants: merchants.iter().map(|one| merchant_row(session, one, &asked, page.text)).collect(),
        panel,
        rate,
        open,
        older: older(OFFICE, &asked, &found),
        rows: found.iter().map(|one| row(OFFICE, one, page.text)).collect(),
        shell: page.shell(session, flash, "/office/settlements"),
    };
    Ok(render(&view).into_response())
}

fn merchant_row(session: &Session, one: &Merchant, asked: &Asked, text: &'static Text) -> MerchantRow {
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
        on: id == asked.merchant,
        name: one.name.clone(),
        mid: one.mid.clone(),
        rate: one.fee_bp.map_or_else(|| words.rate_none.to_owned(), |fee| rate_words(fee, text)),
        settled: one.settled.map_or_else(|| words.never.to_owned(), |settled| settled.until.to_string()),
        next: next.map(|(address, word, label)| (address, word, fill(label, &[&one.name]))),
    }
}

/// The sums up to the day that was asked for, or yesterday.
async fn panel(
    web: &Web,
    session: &Session,
    merchant: &Merchant,
    asked: &Asked,
    text: &'static Text,
) -> Result<Option<Panel>, Problem> {
    let latest = session.now.plus(-24 * HOUR).business_date();
    let until = BusinessDate::parse(&asked.until).filter(|day| *day <= latest).unwrap_or(latest);
    let Some(payable) = settlement::payable(&web.storage, merchant.id).await? else { return Ok(None) };
    let turnover = payable.unsettled.until(until);
    let net = turnover.net();
    let fee = merchant.fee_bp.and_then(|rate| rules::fee(net, rate)).filter(|_| net.is_positive());
    let last = RequestId::parse(&asked.a);
    let told = match last {
        Some(request) => told(web, session, request, text).await?,
        None => None,
    };
    // A step that nobody knows the outcome of is asked for again under its own id.
    let again = last.filter(|_| told.as_ref().is_some_and(|told| told.class == "warn"));
    Ok(Some(Panel {
        id: merchant.id.0,
        name: merchant.name.clone(),
        until,
        latest,
        table: Days::of(&turnover, text),
        sums: fee.and_then(|fee| Some((net, fee, net.minus(fee)?))),
        carried: !net.is_positive() && !turnover.days().is_empty(),
        request: again.unwrap_or_else(|| RequestId::v7(session.now, cookies::random())),
        told,
    }))
}

/// Why the last step was not done, from the books; or that nobody can say yet.
pub(crate) async fn told(
    web: &Web,
    session: &Session,
    request: RequestId,
    text: &'static Text,
) -> Result<Option<Told>, Problem> {
    let kinds = [Kind::SettlementRequest, Kind::Settlement, Kind::SettlementRejection];
    let own = &text.settlement;
    let words = Words { not_done: own.not_done, unknown: own.unknown, unknown_do: own.unknown_do };
    told::told(web, Actor::issuer(session.person), request, &kinds, words, text).await
}

/// Prepares a settlement.
pub(crate) async fn prepare(
    State(web): State<Web>,
    session: Session,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    let until = BusinessDate::parse(&fields.until).ok_or(Problem::BadForm)?;
    let asked = Preparation { merchant: MerchantId(fields.merchant), until };
    let answer = submit(&web, request, Actor::issuer(session.person), Command::SettlementPrepare(asked)).await;
    Ok(match answer {
        Ok(Outcome::Recorded(record)) if record.approved() && record.kind == Kind::SettlementRequest => {
            Redirect::to(&link(&format!("{OFFICE}/{}", record.id.rrn()), &[("a", &request.to_string())]))
                .into_response()
        }
        Ok(Outcome::Recorded(_)) | Err(SubmitError::Unknown(_)) => {
            let fields =
                [("merchant", fields.merchant.to_string()), ("until", fields.until), ("a", request.to_string())];
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            Redirect::to(&link(OFFICE, &fields)).into_response()
        }
        Ok(_) => return Err(Problem::BadForm),
        Err(_) => return Err(Problem::Busy),
    })
}

/// The form of the rate.
#[derive(Deserialize)]
pub(crate) struct RateFields {
    #[serde(default)]
    merchant: i64,
    #[serde(default)]
    rate: String,
}

/// Agrees a merchant's fee.
pub(crate) async fn rate(
    State(web): State<Web>,
    session: Session,
    page: Page,
    flash: Flash,
    Form(fields): Form<RateFields>,
) -> Result<Response, Problem> {
    let merchant = MerchantId(fields.merchant);
    let typed: String = fields.rate.trim().chars().map(domain::money::half_width).collect();
    let asked = Asked { merchant: fields.merchant.to_string(), ..Asked::default() };
    let Some(fee) = typed.parse::<i64>().ok().filter(|fee| (0..=rules::FEE_BP_MAX).contains(fee)) else {
        return look(&web, &session, page, &flash, asked, Some(fields.rate)).await;
    };
    let entry = session.entry("merchant_fee_agreed", &fields.merchant.to_string(), &fee.to_string());
    if !settlement::agree_fee(&web.storage, merchant, fee, entry).await? {
        return Err(Problem::NotFound);
    }
    Ok(Flash::new("settlement_rate", &[]).redirect(&web, &link(OFFICE, &[("merchant", &asked.merchant)])))
}
