//! The list of settlements: all of them at the card company, the own ones at a merchant.

use askama::Template;
use domain::ids::TransactionId;
use domain::money::Fen;
use domain::settlement::SettlementStatus;
use storage::settlement::{self, Filter, Statement};

use super::{OFFICE, state};
use crate::badge::Badge;
use crate::link::link;
use crate::page::Page;
use crate::problem::Problem;
use crate::text::{Text, Words, fill};
use crate::visit::Visit;

/// Settlements on a page.
const ROWS: u32 = 50;

/// The list as a piece of a page.
#[derive(Template)]
#[template(path = "settlement/list.html")]
pub struct List {
    page: Page,
    path: &'static str,
    company: bool,
    open: bool,
    rows: Vec<Row>,
    older: Option<String>,
}

impl List {
    /// Those of `filter` below `before`, for the page at `path`. `show` is what its address says.
    pub async fn load<T: Words>(
        visit: &Visit<T>,
        path: &'static str,
        (filter, show): (Filter, &str),
        before: &str,
    ) -> Result<Self, Problem> {
        let page = visit.page.shared();
        let found = settlement::list(visit.db(), filter, parse(before)?, ROWS).await?;
        Ok(Self {
            path,
            company: path == OFFICE,
            open: show == "open",
            older: older(path, show, &found),
            rows: found.iter().map(|one| row(path, one, page.text)).collect(),
            page,
        })
    }
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

fn parse(before: &str) -> Result<Option<TransactionId>, Problem> {
    if before.is_empty() {
        return Ok(None);
    }
    before.parse().map(|id| Some(TransactionId(id))).map_err(|_| Problem::NotFound)
}

fn older(path: &str, show: &str, found: &[Statement]) -> Option<String> {
    let last = found.last().filter(|_| found.len() >= ROWS as usize)?;
    Some(link(path, &[("show", show), ("before", &last.settlement.id.0.to_string())]))
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
