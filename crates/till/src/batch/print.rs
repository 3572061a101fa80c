//! The report of a shift on paper: a roll at the till, or A4 with a line for signatures.
//!
//! What must stay true:
//! - The report of a closed batch (Z) is read from its row, which nothing changes; the running one (X) says that it is.
//! - Every print of a Z is counted before it is made; from the second on it is marked.
//! - The roll is printed in Chinese, like slips; its page is as long as what is on it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use domain::ids::TerminalId;
use serde::Deserialize;
use storage::batch;
use storage::session::{Store, Till};

use crate::batch::report::{Report, Section};
use crate::text::Text;
use crate::text::batch::Batch as Words;
use crate::{Page, Visit};
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::{Lang, Words as _, fill};

/// Papers: word in the address, label.
const PAPERS: [(&str, &str); 3] = [("p58", "58mm"), ("p80", "80mm"), ("pa4", "A4")];

web_kit::said! {
    /// Why the report is shown.
    pub(crate) enum Said {
        /// The batch was closed just now.
        Closed = "batch_closed",
        /// It was closed before.
        Already = "batch_already",
    }
}

#[derive(Template)]
#[template(path = "batch/print.html")]
struct View {
    page: Page,
    /// Words of the report: those of the screen on A4, Chinese on a roll.
    words: &'static Words,
    report: Report,
    shop: Store,
    terminal: TerminalId,
    /// Where the report stands: its number, or `now`.
    place: String,
    paper: &'static str,
    height: u32,
    /// Which duplicate this is; none on the first print.
    duplicate: Option<String>,
    /// The print is counted and can be made now.
    counted: bool,
    /// What the tool bar says.
    said: Option<String>,
    printed_at: String,
}

impl View {
    /// All together, then person by person.
    fn sections(&self) -> impl Iterator<Item = &Section> {
        [&self.report.total].into_iter().chain(&self.report.people)
    }
}

/// Which report, on which paper.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The print counted just now, from 1.
    n: i64,
    paper: String,
}

/// The paper asked for, else the terminal's.
fn paper(asked: &str, till: &Till) -> &'static str {
    let known = |word: &str| PAPERS.into_iter().find(|(name, _)| *name == word);
    known(asked).or_else(|| known(&till.paper)).map_or("p80", |(name, _)| name)
}

fn text_on(paper: &str, page: &Page) -> &'static Text {
    if paper == "pa4" { page.text } else { Text::of(Lang::Zh) }
}

/// The running batch as it stands.
pub(crate) async fn now(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let (shop, till) = (visit.session.store()?.clone(), visit.session.till()?.clone());
    let running = batch::running(visit.db(), till.terminal).await?.ok_or(Problem::NotFound)?;
    let paper = paper(&params.paper, &till);
    let text = text_on(paper, &visit.page);
    let report = Report::of(&visit.web, &running, None, text).await?;
    let words = &text.batch;
    let height = height(&report, &shop, paper, false);
    let (place, printed_at) = ("now".to_owned(), visit.session.now.date_time_text());
    let view = View {
        page: visit.page,
        words,
        report,
        shop,
        terminal: till.terminal,
        place,
        paper,
        height,
        duplicate: None,
        counted: false,
        said: None,
        printed_at,
    };
    Ok(render(&view).into_response())
}

/// The report of a closed batch, as it would be printed next, or as the print counted just now.
pub(crate) async fn show(
    visit: Visit,
    Path(number): Path<String>,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    let (shop, till) = (visit.session.store()?.clone(), visit.session.till()?.clone());
    let number = parsed(&number)?;
    let closed = batch::closed(visit.db(), till.terminal, number).await?.ok_or(Problem::NotFound)?;
    let prints = batch::prints(visit.db(), &closed).await?;
    let counted = params.n >= 1 && params.n == prints;
    let paper = paper(&params.paper, &till);
    let text = text_on(paper, &visit.page);
    let words = &text.batch;
    let nth = if counted { prints.saturating_sub(1) } else { prints };
    let duplicate = (nth > 0).then(|| fill(words.duplicate, &[&nth.to_string()]));
    let bar = &visit.text().batch;
    let said = match visit.flash.said() {
        Some(Said::Closed) => Some(bar.said_closed.to_owned()),
        Some(Said::Already) => Some(bar.said_already.to_owned()),
        None => (!counted && prints > 0).then(|| fill(bar.reprint, &[&prints.to_string()])),
    };
    let report = Report::of(&visit.web, &closed.batch, Some(&closed), text).await?;
    let height = height(&report, &shop, paper, duplicate.is_some());
    let (place, printed_at) = (number.to_string(), visit.session.now.date_time_text());
    let view = View {
        page: visit.page,
        words,
        report,
        shop,
        terminal: till.terminal,
        place,
        paper,
        height,
        duplicate,
        counted,
        said,
        printed_at,
    };
    Ok(render(&view).into_response())
}

fn parsed(number: &str) -> Result<i64, Problem> {
    number.parse().map_err(|_| Problem::NotFound)
}

/// The paper to print on.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    paper: String,
}

/// Counts a print and shows what to print.
pub(crate) async fn print(
    visit: Visit,
    Path(number): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let till = visit.session.till()?;
    let (number, paper) = (parsed(&number)?, paper(&fields.paper, till));
    let entry = visit.session.entry("batch_printed", "", "");
    let nth = batch::print_count(visit.db(), till.terminal, number, entry).await?.ok_or(Problem::NotFound)?;
    Ok(Redirect::to(&format!("/batch/{number}?paper={paper}&n={nth}")).into_response())
}

/// Height of the roll's page in millimetres, from what `batch_print.html` puts on it; a little more than it needs, for
/// the cutter.
fn height(report: &Report, shop: &Store, paper: &str, duplicate: bool) -> u32 {
    let (row, letters, fixed) = if paper == "p58" { (4.3, 9, 50.0) } else { (4.75, 11, 58.0) };
    let name = shop.merchant_name.chars().count().saturating_add(shop.outlet_name.chars().count()).saturating_add(2);
    let sections = report.people.iter().chain([&report.total]).map(section_rows);
    // Title and head: number, place, times; the names of both persons take a second row on a narrow roll.
    let rows = sections.sum::<usize>().saturating_add(12).saturating_add(name.div_ceil(letters));
    let rules = report.people.len().saturating_add(3);
    let mark = if duplicate { 8.0 } else { 0.0 };
    let sum = fixed
        + mark
        + f64::from(u16::try_from(rows).unwrap_or(u16::MAX)) * row
        + f64::from(u16::try_from(rules).unwrap_or(u16::MAX)) * 3.2;
    (50..=5_000).find(|mm| f64::from(*mm) >= sum).unwrap_or(5_000)
}

/// Rows of one section: heading, four of money, six of other actions, one per code.
fn section_rows(section: &Section) -> usize {
    section.declines.len().saturating_add(11)
}
