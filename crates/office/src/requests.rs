//! 商品登记申请: the list of goods that tills ask for.
//!
//! What must stay true: a file is in the audit log before it leaves.

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use domain::product_request::RequestStatus;
use domain::time::{HOUR, Timestamp};
use serde::Deserialize;
use storage::audit;
use storage::product_request::{self, ProductRequest};
use web_kit::badge::Badge;
use web_kit::export::{self, Kind, PIECE, ROWS_MAX};
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::{Words as _, fill};

use crate::text::Text;
use crate::{Shell, Visit};

/// The list.
pub(crate) const REQUESTS: &str = "/office/requests";

/// Rows of a page.
const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "requests.html")]
struct View {
    shell: Shell,
    /// Address, name, count and whether it is shown.
    states: Vec<(String, &'static str, Option<i64>, bool)>,
    rows: Vec<Row>,
    /// They are not only those that wait for an answer.
    answers: bool,
    /// Title and text of an empty list.
    empty: (&'static str, &'static str),
    count: String,
    csv: String,
    xlsx: String,
    first: Option<String>,
    next: Option<String>,
}

struct Row {
    link: String,
    asked: String,
    waits: String,
    store: String,
    till: String,
    code: String,
    name: String,
    state: Badge,
    answer: String,
    /// Word and label of what leads to it.
    act: (&'static str, String),
}

/// What the address says.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// State: a stored word, `all`, or nothing for the open ones.
    s: String,
    /// Number of the last row on the page before.
    after: String,
}

impl Params {
    fn status(&self) -> Option<RequestStatus> {
        if self.s == "all" { None } else { Some(RequestStatus::from_word(&self.s).unwrap_or(RequestStatus::Open)) }
    }

    fn after(&self) -> Option<i64> {
        self.after.parse().ok().filter(|after| *after > 0)
    }
}

/// The word of a state in an address.
fn word(status: Option<RequestStatus>) -> &'static str {
    match status {
        None => "all",
        Some(RequestStatus::Open) => "",
        Some(status) => status.word(),
    }
}

/// How a state looks.
pub(crate) fn state(status: RequestStatus, text: &'static Text) -> Badge {
    let words = &text.requests;
    match status {
        RequestStatus::Open => Badge::new("warn", "wait", words.open),
        RequestStatus::Added => Badge::new("ok", "ok", words.added),
        RequestStatus::Mapped => Badge::new("info", "ok", words.mapped),
        RequestStatus::Refused => Badge::new("off", "bad", words.refused),
    }
}

/// The answer in one line: the product to use, or why there is none.
pub(crate) fn answer(one: &ProductRequest) -> String {
    let (code, name) = &one.product;
    if code.is_empty() { one.reason.clone() } else { format!("{code} {name}") }
}

/// A person as a list shows one.
pub(crate) fn person(one: &(String, String), text: &'static Text) -> String {
    fill(text.shared().shell.person_name, &[&one.1, &one.0])
}

/// The list.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let (text, status) = (visit.text(), params.status());
    let words = &text.requests;
    let mut found = product_request::list(visit.db(), status, params.after(), ROWS.saturating_add(1)).await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let last = found.last().filter(|_| more).map(|one| one.id.to_string());
    let here = |more: &[(&str, &str)]| link(REQUESTS, &[&[("s", word(status))], more].concat());
    let all = RequestStatus::ALL.into_iter().map(Some).chain([None]);
    let view = View {
        states: all
            .map(|one| {
                let name = one.map_or(words.all, |status| state(status, text).word);
                let count = (one == Some(RequestStatus::Open)).then_some(visit.session.requested);
                (link(REQUESTS, &[("s", word(one))]), name, count, one == status)
            })
            .collect(),
        count: fill(words.rows, &[&found.len().to_string()]),
        rows: found.iter().map(|one| row(one, visit.session.now, text)).collect(),
        answers: status != Some(RequestStatus::Open),
        empty: match status {
            Some(RequestStatus::Open) => (words.none_open, words.none_open_what),
            _ => (words.none, words.none_what),
        },
        csv: link("/office/requests/export.csv", &[("s", word(status))]),
        xlsx: link("/office/requests/export.xlsx", &[("s", word(status))]),
        first: params.after().map(|_| here(&[])),
        next: last.map(|last| here(&[("after", &last)])),
        shell: visit.shell(REQUESTS),
    };
    Ok(render(&view).into_response())
}

fn row(one: &ProductRequest, now: Timestamp, text: &'static Text) -> Row {
    let words = &text.requests;
    let is_open = one.status == RequestStatus::Open;
    Row {
        link: format!("{REQUESTS}/{}", one.id),
        asked: one.asked_at.date_time_text().chars().skip(5).take(11).collect(),
        waits: if is_open { waits(now.since(one.asked_at), text) } else { String::new() },
        store: format!("{} \u{203a} {}", one.merchant_name, one.outlet_name),
        till: format!("{} {}", one.terminal, one.terminal_label).trim().to_owned(),
        code: one.code.clone(),
        name: one.name.clone(),
        state: state(one.status, text),
        answer: answer(one),
        act: if is_open {
            (words.answer, fill(words.answer_of, &[&one.name]))
        } else {
            (words.see, fill(words.see_of, &[&one.name]))
        },
    }
}

/// For how long a request has waited.
fn waits(for_long: i64, text: &'static Text) -> String {
    let words = &text.requests;
    let minutes = for_long.max(0) / (HOUR / 60);
    let (days, hours, rest) = (minutes / (24 * 60), minutes / 60 % 24, minutes % 60);
    let [days, hours, rest] = [days, hours, rest].map(|one| one.to_string());
    match minutes {
        0..60 => fill(words.waits_minutes, &[&rest]),
        60..1440 => fill(words.waits_hours, &[&hours, &rest]),
        _ => fill(words.waits_days, &[&days, &hours]),
    }
}

/// The result as CSV.
pub(crate) async fn csv(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    file(&visit, &params, Kind::Csv).await
}

/// The result as an Excel sheet.
pub(crate) async fn xlsx(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    file(&visit, &params, Kind::Excel).await
}

async fn file(visit: &Visit, params: &Params, kind: Kind) -> Result<Response, Problem> {
    let (text, status) = (visit.text(), params.status());
    let words = &text.requests;
    let head = [
        words.asked_at,
        words.merchant,
        words.th_store,
        words.th_till,
        words.th_code,
        words.th_name,
        words.asked_by,
        words.th_state,
        words.th_answer,
        words.answered_by,
        words.answered_at,
    ];
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let piece = u32::try_from(PIECE).unwrap_or(ROWS);
        let found = product_request::list(visit.db(), status, after, piece).await?;
        rows.extend(found.iter().map(|one| cells(one, text)));
        after = found.last().map(|one| one.id);
        if found.len() < PIECE || rows.len() >= ROWS_MAX {
            break;
        }
    }
    let detail = format!("{}, {} rows", kind.word(), rows.len());
    audit::append(visit.db(), visit.session.entry("product_requests_exported", word(status), &detail)).await?;
    let name = format!("requests-{}", visit.session.now.business_date());
    export::table(kind, &name, words.title, &head, rows).await
}

fn cells(one: &ProductRequest, text: &'static Text) -> Vec<String> {
    let answered = one.answered.as_ref();
    vec![
        one.asked_at.date_time_text(),
        one.merchant_name.clone(),
        one.outlet_name.clone(),
        one.terminal.to_string(),
        one.code.clone(),
        one.name.clone(),
        person(&one.asked_by, text),
        state(one.status, text).word.to_owned(),
        answer(one),
        answered.map_or(String::new(), |(by, _)| person(by, text)),
        answered.map_or(String::new(), |(_, at)| at.date_time_text()),
    ]
}
