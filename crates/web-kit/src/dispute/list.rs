//! The list of disputes: of every merchant at the card company, the own ones at a merchant.

use askama::Template;
use domain::money::Fen;
use domain::time::Timestamp;
use storage::dispute::{self, Case};

use super::{OFFICE, claim, number, reach, state, store_name};
use crate::badge::Badge;
use crate::link::link;
use crate::page::Page;
use crate::problem::Problem;
use crate::text::{Text, Words, fill};
use crate::visit::Visit;

/// Disputes on a page.
const ROWS: u32 = 50;

/// The list as a piece of a page.
#[derive(Template)]
#[template(path = "dispute/list.html")]
pub struct List {
    page: Page,
    path: &'static str,
    company: bool,
    open: bool,
    rows: Vec<Row>,
    older: Option<String>,
}

impl List {
    /// Those that the person reaches below `before`, for the page at `path`; at the company only what is open, unless
    /// `show` says `all`.
    pub async fn load<T: Words>(
        visit: &Visit<T>,
        path: &'static str,
        (show, before): (&str, &str),
    ) -> Result<Self, Problem> {
        let page = visit.page.shared();
        let company = path == OFFICE;
        let open = company && show != "all";
        let before = Some(before).filter(|text| !text.is_empty());
        let before = before.map(|text| number(text).ok_or(Problem::NotFound)).transpose()?;
        let found = dispute::list(visit.db(), reach(&visit.session), open, before, ROWS).await?;
        let full = found.len() >= usize::try_from(ROWS).unwrap_or(usize::MAX);
        let older = found.last().filter(|_| full).map(|last| {
            let show = if company && !open { "all" } else { "" };
            link(path, &[("show", show), ("before", &last.dispute.id.rrn())])
        });
        let rows = found.iter().map(|case| row(path, case, visit.session.now, page.text)).collect();
        Ok(Self { page, path, company, open, rows, older })
    }
}

struct Row {
    rrn: String,
    place: String,
    order: String,
    card: String,
    amount: Fen,
    claim: &'static str,
    until: String,
    state: Badge,
    link: String,
    label: String,
}

fn row(path: &str, case: &Case, now: Timestamp, text: &'static Text) -> Row {
    let one = &case.dispute;
    let rrn = one.id.rrn();
    Row {
        place: store_name(&case.merchant, &case.outlet, text),
        order: case.number.clone(),
        card: case.sale.masked.grouped(),
        amount: one.amount,
        claim: claim(one.claim, text),
        until: one.answer_until.date_time_text(),
        state: state(one, now, text),
        link: format!("{path}/{rrn}"),
        label: fill(text.dispute.open_of, &[&rrn]),
        rrn,
    }
}
