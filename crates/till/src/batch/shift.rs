//! Batch close: the running shift of this till as a report, closing it, and the closed ones.
//!
//! One batch is one shift of the terminal, with a section per cashier. A pharmacy counts each till when the shift
//! changes. The first transaction after a close opens the next batch; no one opens it by hand.
//! What must stay true:
//! - A payment whose outcome is not known blocks the close and is named; unpaid orders and slips that were not printed
//!   are pointed out and stay.
//! - The form closes the batch that its dialog showed: sent twice, or from a second window, it answers the report.
//! - An empty batch is not closed: a second press of the button shows the report again, not a report of zeros.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use domain::batch::{ClosedBatch, Tally};
use domain::command::Command;
use domain::ids::{OrderId, RequestId};
use domain::money::Fen;
use engine::SubmitError;
use serde::Deserialize;
use storage::batch;
use storage::payment::OpenAttempt;
use storage::slip::{self, Unprinted};
use tracing::Instrument as _;

use crate::batch::print;
use crate::batch::report::Report;
use crate::text::Text;
use crate::text::batch::Batch as Words;
use crate::{Shell, Visit};
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::step::Step;
use web_kit::submit::{ANSWER_WITHIN, actor};
use web_kit::text::fill;
use web_kit::{codes, unresolved};

/// Closed batches that the page lists.
const CLOSED: u32 = 30;

/// Drafts that the page names.
const DRAFTS: u32 = 20;

web_kit::said! {
    /// Why the batch is not closed.
    pub(crate) enum Said {
        /// The system failed and closed nothing.
        Fault = "batch_fault",
        /// No answer in time.
        Unknown = "batch_unknown",
    }
}

#[derive(Template)]
#[template(path = "batch/shift.html")]
struct View {
    shell: Shell,
    words: &'static Words,
    report: Report,
    /// Has a transaction.
    begun: bool,
    said: Option<Note>,
    open: Vec<Open>,
    drafts: Vec<(OrderId, String, Fen)>,
    unprinted: Vec<Unprinted>,
    closed: Vec<Closed>,
    dialog: Option<Dialog>,
}

/// What came of the last attempt to close.
struct Note {
    title: Option<&'static str>,
    text: String,
    more: Option<String>,
}

/// A payment without a known outcome.
struct Open {
    order: OrderId,
    text: String,
    label: String,
}

/// A row of the list of closed batches.
struct Closed {
    id: i64,
    number: String,
    at: String,
    who: String,
    tallies: [Tally; 3],
    net: Fen,
    label: String,
}

/// 确认班结？
struct Dialog {
    request: RequestId,
    number: i64,
    ask: String,
    /// Something is unfinished, which is no hindrance.
    warn: bool,
}

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The attempt to close whose decline is to be shown.
    r: String,
}

/// The running shift and the closed ones.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    Ok(render(&view(&visit, &params, false).await?).into_response())
}

/// Asks before closing, with the totals once more.
pub(crate) async fn ask(visit: Visit) -> Result<Response, Problem> {
    let view = view(&visit, &Params::default(), true).await?;
    if view.dialog.is_none() {
        return Ok(Redirect::to("/batch").into_response());
    }
    Ok(render(&view).into_response())
}

async fn view(visit: &Visit, params: &Params, asks: bool) -> Result<View, Problem> {
    let (shop, till) = (visit.session.store()?, visit.session.till()?);
    let words = &visit.text().batch;
    let running = batch::running(visit.db(), till.terminal).await?.ok_or(Problem::NotFound)?;
    let open = unresolved::at_this_till(&visit.web, &visit.session).await?;
    let drafts = batch::drafts(visit.db(), till.terminal, DRAFTS).await?;
    let unprinted = slip::unprinted(visit.db(), shop.outlet, till.terminal).await?;
    let begun = running.first.is_some();
    let dialog = (asks && begun && open.is_empty()).then(|| Dialog {
        request: visit.new_request(),
        number: running.number,
        ask: fill(words.ask_do, &[&format!("{:06}", running.number.saturating_add(1))]),
        warn: !drafts.is_empty() || !unprinted.is_empty(),
    });
    Ok(View {
        said: said(visit, params).await?,
        report: Report::of(&visit.web, &running, None, visit.text()).await?,
        closed: closed(visit, words).await?,
        open: open.iter().map(|one| open_row(one, visit.text())).collect(),
        shell: visit.shell("/batch"),
        words,
        begun,
        drafts,
        unprinted,
        dialog,
    })
}

fn open_row(attempt: &OpenAttempt, text: &Text) -> Open {
    let (amount, at) = (attempt.amount.to_string(), attempt.at.time_text());
    Open {
        order: attempt.order,
        text: fill(text.batch.blocked_row, &[&attempt.number, &amount, &at]),
        label: fill(text.pay.query_of, &[&attempt.number]),
    }
}

async fn closed(visit: &Visit, words: &Words) -> Result<Vec<Closed>, Problem> {
    let all = batch::closed_list(visit.db(), visit.session.till()?.terminal, CLOSED).await?;
    let ids = all.iter().map(|one| one.person).collect();
    let names = batch::people(visit.db(), ids).await?;
    let row = |closed: ClosedBatch| {
        let number = format!("{:06}", closed.batch.number);
        let who = names.get(&closed.person).map_or_else(String::new, |(_, name)| name.clone());
        let (at, totals) = (closed.closed_at.date_time_text(), closed.batch.totals());
        let tallies = [totals.sales, totals.refunds, totals.voids];
        let label = fill(words.view_of, &[&number]);
        Closed { id: closed.batch.number, number, at, who, tallies, net: totals.net(), label }
    };
    Ok(all.into_iter().map(row).collect())
}

async fn said(visit: &Visit, params: &Params) -> Result<Option<Note>, Problem> {
    let words = &visit.text().batch;
    let plain = |text: &str| Some(Note { title: None, text: text.to_owned(), more: None });
    match visit.flash.said() {
        Some(Said::Fault) => return Ok(plain(words.said_fault)),
        Some(Said::Unknown) => return Ok(plain(words.said_unknown)),
        None => {}
    }
    let Some(request) = RequestId::parse(&params.r) else { return Ok(None) };
    let (merchant, terminal) = (visit.session.merchant()?, visit.session.till()?.terminal);
    let record = batch::close_attempt(visit.db(), merchant, terminal, request).await?;
    Ok(record.and_then(|record| {
        let decline = record.decline?;
        Some(Note {
            title: Some(words.declined_title),
            text: codes::what(decline, visit.text()),
            more: Some(fill(words.declined_do, &[&record.id.rrn()])),
        })
    }))
}

/// The form of the dialog.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    request: String,
    number: String,
}

/// "Yes": closes the batch that the dialog showed.
pub(crate) async fn close(visit: Visit, Form(form): Form<Fields>) -> Result<Response, Problem> {
    let terminal = visit.session.till()?.terminal;
    let request = RequestId::parse(&form.request).ok_or(Problem::BadForm)?;
    let number: i64 = form.number.parse().map_err(|_| Problem::BadForm)?;
    let running = batch::running(visit.db(), terminal).await?.ok_or(Problem::NotFound)?;
    if running.number != number {
        batch::closed(visit.db(), terminal, number).await?.ok_or(Problem::BadForm)?;
        return Ok(Flash::new(print::Said::Already, &[]).redirect(&visit.web, &format!("/batch/{number}")));
    }
    let (actor, engine) = (actor(&visit.session)?, visit.web.engine.clone());
    // On its own: the browser may go away, the close goes on.
    let sent = async move { engine.submit(request, actor, Command::BatchClose).await };
    let sent = tokio::spawn(sent.in_current_span());
    let answer = match tokio::time::timeout(ANSWER_WITHIN, sent).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) | Err(_) => Err(SubmitError::Unknown("no answer in time".to_owned())),
    };
    match Step::of(answer)? {
        Step::Done(record) => {
            let report = format!("/batch/{}", record.batch);
            Ok(Flash::new(print::Said::Closed, &[]).redirect(&visit.web, &report))
        }
        Step::Refused(_) => Ok(Redirect::to(&format!("/batch?r={request}")).into_response()),
        Step::Conflict => Err(Problem::BadForm),
        Step::Busy => Ok(Flash::new(Said::Fault, &[]).redirect(&visit.web, "/batch")),
        Step::Unknown => Ok(Flash::new(Said::Unknown, &[]).redirect(&visit.web, "/batch")),
    }
}
