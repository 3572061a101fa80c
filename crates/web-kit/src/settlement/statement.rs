//! One settlement: its figures by day, the transactions that it takes, who prepared and decided it; and the decision.
//!
//! What must stay true: a merchant sees the own confirmed ones and changes nothing; what is shown as done is on record.

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::ids::{MerchantId, TransactionId};
use domain::ledger::{Kind, Transaction};
use domain::money::Fen;
use domain::role::Action;
use domain::settlement::SettlementStatus;
use domain::time::BusinessDate;
use serde::Deserialize;
use storage::archive;
use storage::settlement::{self, Statement};

use super::{Days, OFFICE, OWN, last_step, rate_words, state, told};
use crate::Web;
use crate::badge::Badge;
use crate::link::link;
use crate::page::{Shell, render};
use crate::pair::Pair;
use crate::problem::Problem;
use crate::step::{Filled, Last, Stage, Told};
use crate::text::{Text, fill};
use crate::visit::Visit;

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
    /// What to look at twice before deciding.
    warning: Option<&'static str>,
    stage: Stage,
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
#[serde(default)]
pub struct Params {
    /// Day and number of the last transaction that was shown.
    after: String,
    /// The request of the last step.
    a: String,
}

/// The number in an address.
fn id(rrn: &str) -> Result<TransactionId, Problem> {
    rrn.parse().map(TransactionId).map_err(|_| Problem::NotFound)
}

/// A settlement, of this merchant if one is given.
pub async fn find(web: &Web, rrn: &str, of: Option<MerchantId>) -> Result<Statement, Problem> {
    settlement::find(&web.storage, id(rrn)?, of).await?.ok_or(Problem::NotFound)
}

/// Day and number, as the address of the next page has them.
fn cursor(text: &str) -> Result<Option<(BusinessDate, TransactionId)>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = || {
        let (day, id) = text.split_once('.')?;
        Some((BusinessDate(day.parse().ok()?), TransactionId(id.parse().ok()?)))
    };
    read().map(Some).ok_or(Problem::NotFound)
}

/// The page, with the form `refused` in place of an empty one.
pub async fn view(
    visit: &Visit,
    found: Statement,
    params: &Params,
    refused: Option<Filled>,
) -> Result<Response, Problem> {
    let (text, words, company) = (visit.text(), &visit.text().settlement, visit.session.of_company());
    let (own, list) = (&found.settlement, if company { OFFICE } else { OWN });
    let rrn = own.id.rrn();
    let path = format!("{list}/{rrn}");
    let after = cursor(&params.after)?;
    let rows = settlement::transactions(visit.db(), own.clone(), after, ROWS).await?;
    let archived = archive::archived_until(visit.db()).await?.filter(|day| own.from() <= *day);
    let last = rows.last().filter(|_| rows.len() >= ROWS);
    let more = last.map(|last| link(&path, &[("after", &format!("{}.{}", last.business_date.0, last.id.0))]));
    let last = if company { last_step(visit, &params.a).await? } else { None };
    let done = last.as_ref().filter(|last| last.is_done()).map(|_| match own.status {
        SettlementStatus::Prepared => words.prepared_now,
        SettlementStatus::Confirmed => words.confirmed,
        SettlementStatus::Rejected => words.rejected,
    });
    let pair = Pair::with(visit.db(), &visit.session, own.maker).await?;
    let stage = refused.map_or_else(|| stage(visit, &found, last.as_ref(), pair), Stage::Form);
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
        told: told(last.as_ref(), text),
        done,
        warning: pair.warning(text),
        stage,
        rrn,
        path,
        shell: visit.shell(if company { "/office/settlements" } else { "/settlements" }),
    };
    Ok(render(&view).into_response())
}

fn stage(visit: &Visit, found: &Statement, last: Option<&Last>, pair: Pair) -> Stage {
    let (session, words) = (&visit.session, &visit.text().settlement);
    if !session.of_company() || found.settlement.status != SettlementStatus::Prepared {
        return Stage::Closed;
    }
    if let Some(why) = pair.refused(words.own, visit.text()) {
        return Stage::Waits(why.to_owned());
    }
    if !session.can(Action::ReleaseSettlement) {
        return Stage::Waits(words.no_right.to_owned());
    }
    Stage::Form(Filled::after(visit, last))
}

/// What a transaction adds to the net amount.
pub fn signed(one: &Transaction) -> Fen {
    if one.kind == Kind::Sale { one.amount } else { Fen(-one.amount.0) }
}

fn row(one: &Transaction, text: &'static Text) -> Row {
    Row {
        at: one.at.date_time_text(),
        rrn: one.id.rrn(),
        kind: text.pay.kind(one.kind),
        card: one.masked.grouped(),
        amount: signed(one).to_string(),
    }
}
