//! One settlement: its figures by day, the transactions that it takes, who prepared and decided it; and the decision.
//!
//! What must stay true: a merchant sees the own confirmed ones and changes nothing; what is shown as done is on record.

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::ids::{MerchantId, RequestId, TransactionId};
use domain::ledger::{Kind, Transaction};
use domain::money::Fen;
use domain::role::Action;
use domain::settlement::SettlementStatus;
use domain::time::BusinessDate;
use serde::Deserialize;
use storage::archive;
use storage::settlement::{self, Statement};

use super::{Days, OFFICE, OWN, rate_words, state, told};
use crate::badge::Badge;
use crate::codes;
use crate::flash::Flash;
use crate::link::link;
use crate::page::{Shell, render};
use crate::problem::Problem;
use crate::session::Session;
use crate::text::{Text, fill};
use crate::told::Told;
use crate::visit::Visit;
use crate::{Web, cookies};

/// Transactions on a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "settlement/statement.html")]
struct View {
    shell: Shell,
    list: &'static str,
    path: String,
    rrn: String,
    number: String,
    merchant: String,
    mid: String,
    period: String,
    state: Badge,
    net: Fen,
    rate: String,
    fee: Fen,
    payout: Fen,
    prepared: Option<(String, String)>,
    decided: Option<(String, String)>,
    opinion: String,
    table: Days,
    rows: Vec<Row>,
    /// What is not listed because it is archived.
    archived: Option<String>,
    first: Option<String>,
    more: Option<String>,
    export: String,
    told: Option<Told>,
    done: Option<&'static str>,
    stage: Stage,
}

/// What this person can do about it.
pub enum Stage {
    /// Nothing: it is decided, or somebody else's to look at.
    Closed,
    /// It waits for somebody else, and why.
    Waits(&'static str),
    /// To decide: the form's request id, the opinion, and what is wrong with that.
    Form(RequestId, String, Option<&'static str>),
}

struct Row {
    at: String,
    rrn: String,
    kind: &'static str,
    card: String,
    amount: String,
}

/// What the address says.
#[derive(Default, Deserialize)]
pub struct Asked {
    /// Day and number of the last transaction that was shown.
    #[serde(default)]
    after: String,
    /// The request of the last step.
    #[serde(default)]
    a: String,
}

/// The form that decides.
#[derive(Deserialize)]
pub struct Fields {
    /// Its request id.
    #[serde(default)]
    pub request: String,
    /// Why.
    #[serde(default)]
    pub opinion: String,
    /// `ok` or `no`.
    #[serde(default, rename = "do")]
    pub action: String,
}

/// The number in an address.
fn id(rrn: &str) -> Result<TransactionId, Problem> {
    rrn.parse().map(TransactionId).map_err(|_| Problem::NotFound)
}

/// A settlement within reach of who asks.
pub async fn find(web: &Web, rrn: &str, of: Option<MerchantId>) -> Result<Statement, Problem> {
    settlement::find(&web.storage, id(rrn)?, of).await?.ok_or(Problem::NotFound)
}

/// Day and number, as the address of the next page has them.
fn place(text: &str) -> Result<Option<(BusinessDate, TransactionId)>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = || {
        let (day, id) = text.split_once('.')?;
        Some((BusinessDate(day.parse().ok()?), TransactionId(id.parse().ok()?)))
    };
    read().map(Some).ok_or(Problem::NotFound)
}

/// The page, with `refused` in place of what this person can do about it.
pub async fn look(visit: &Visit, found: Statement, asked: &Asked, refused: Option<Stage>) -> Result<Response, Problem> {
    let (text, words, company) = (visit.text(), &visit.text().settlement, visit.session.shop.is_none());
    let (own, list) = (&found.settlement, if company { OFFICE } else { OWN });
    let rrn = own.id.rrn();
    let path = format!("{list}/{rrn}");
    let after = place(&asked.after)?;
    let rows = settlement::transactions(visit.db(), own.clone(), after, ROWS).await?;
    let archived = archive::archived_until(visit.db()).await?.filter(|day| own.from() <= *day);
    let last = rows.last().filter(|_| rows.len() >= ROWS);
    let more = last.map(|last| link(&path, &[("after", &format!("{}.{}", last.business_date.0, last.id.0))]));
    let request = RequestId::parse(&asked.a).filter(|_| company);
    let told = match request {
        Some(request) => told(visit, request, text).await?,
        None => None,
    };
    let done = request.filter(|_| told.is_none()).map(|_| match own.status {
        SettlementStatus::Prepared => words.prepared_now,
        SettlementStatus::Confirmed => words.confirmed,
        SettlementStatus::Rejected => words.rejected,
    });
    let again = request.filter(|_| told.as_ref().is_some_and(|told| told.class == "warn"));
    let stage = refused.unwrap_or_else(|| stage(&visit.session, &found, again, &visit.flash, text));
    let view = View {
        list,
        number: match own.status {
            SettlementStatus::Confirmed => own.number().to_string(),
            _ => words.number_none.to_owned(),
        },
        merchant: found.merchant.clone(),
        mid: found.mid.clone(),
        period: fill(words.period_of, &[&own.from().to_string(), &own.until.to_string()]),
        state: state(own.status, text),
        net: own.net,
        rate: rate_words(own.fee_bp, text),
        fee: own.fee,
        payout: own.payout,
        prepared: company.then(|| (found.maker.clone(), own.prepared_at.date_time_text())),
        decided: own.decided_at.map(|at| {
            let by = found.checker.clone().filter(|_| company).unwrap_or_default();
            (by, at.date_time_text())
        }),
        opinion: if company { own.opinion.clone() } else { String::new() },
        table: Days::of(&own.turnover, text),
        rows: rows.iter().map(|one| row(one, text)).collect(),
        archived: archived.map(|day| fill(words.archived, &[&day.to_string()])),
        first: after.map(|_| path.clone()),
        more,
        export: format!("{path}/export.csv"),
        told,
        done,
        stage,
        rrn,
        path,
        shell: visit.shell(if company { "/office/settlements" } else { "/settlements" }),
    };
    Ok(render(&view).into_response())
}

fn stage(session: &Session, found: &Statement, again: Option<RequestId>, flash: &Flash, text: &'static Text) -> Stage {
    let words = &text.settlement;
    if session.shop.is_some() || found.settlement.status != SettlementStatus::Prepared {
        return Stage::Closed;
    }
    if found.settlement.maker == session.person {
        return Stage::Waits(words.own);
    }
    if !session.can(Action::ReleaseSettlement) {
        return Stage::Waits(words.no_right);
    }
    let opinion = if flash.word == "opinion" { flash.value(0).to_owned() } else { String::new() };
    Stage::Form(again.unwrap_or_else(|| RequestId::v7(session.now, cookies::random())), opinion, None)
}

/// What a transaction adds to the net amount.
pub fn signed(one: &Transaction) -> Fen {
    if one.kind == Kind::Sale { one.amount } else { Fen(-one.amount.0) }
}

fn row(one: &Transaction, text: &'static Text) -> Row {
    Row {
        at: one.at.date_time_text(),
        rrn: one.id.rrn(),
        kind: codes::kind(one.kind, text),
        card: one.masked.grouped(),
        amount: signed(one).to_string(),
    }
}
