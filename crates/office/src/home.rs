//! 总览: what the card company's day looks like. Until the first sale the page is 开业清单, the steps that lead there.
//!
//! What must stay true: both sides of the reserve come from the same moment of the books, and the page says which.

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use domain::ledger::Kind;
use domain::money::Fen;
use domain::role::Action;
use domain::time::HOUR;
use serde::Deserialize;
use storage::overview::{self, Checklist, Day, Done, Reserve};
use web_kit::badge::Badge;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal::TODO;
use web_kit::text::{Words as _, fill};

use crate::requests::REQUESTS;
use crate::text::Text;
use crate::{Shell, Visit};

/// The page.
pub(crate) const HOME: &str = "/office";

/// Microseconds in a week.
pub(crate) const WEEK: i64 = 7 * 24 * HOUR;

#[derive(Template)]
#[template(path = "checklist.html")]
struct ChecklistView {
    shell: Shell,
    steps: Vec<Step>,
    done: String,
}

/// A line of 开业清单.
struct Step {
    state: Badge,
    what: &'static str,
    detail: String,
    by: String,
    /// Address and label of the next thing to do; the first of them all is the primary one.
    link: Option<(&'static str, String)>,
    first: bool,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewView {
    shell: Shell,
    as_of: String,
    stats: Vec<(&'static str, Fen, String)>,
    declines: Vec<(&'static str, &'static str, i64)>,
    waits: Vec<(&'static str, &'static str, i64)>,
    reserve: Option<ReserveView>,
}

/// Both sides of the reserve.
struct ReserveView {
    of: Reserve,
    state: Badge,
    as_of: String,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// Anything: add the reserve up.
    reserve: Option<String>,
}

/// The page.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    if let Some(list) = overview::checklist(visit.db()).await? {
        let steps = steps(&visit, &list);
        let ready = steps.iter().filter(|step| step.state.class == "ok").count();
        let done = fill(visit.text().home.done, &[&ready.to_string(), &steps.len().to_string()]);
        return Ok(render(&ChecklistView { shell: visit.shell(HOME), steps, done }).into_response());
    }
    let (now, words) = (visit.session.now, &visit.text().home);
    let before = now.plus(-WEEK);
    let today = overview::day(visit.db(), now.business_date(), now).await?;
    let then = overview::day(visit.db(), before.business_date(), before).await?;
    let reserve = match params.reserve {
        Some(_) => Some(reserve_view(overview::reserve(visit.db()).await?, visit.text())),
        None => None,
    };
    let meaning = |code| visit.text().shared().code_words.meaning(code);
    let view = OverviewView {
        shell: visit.shell(HOME),
        as_of: fill(words.as_of, &[&now.date_time_text()]),
        stats: [(Kind::Sale, words.sales), (Kind::Refund, words.refunds), (Kind::Void, words.voids)]
            .map(|(kind, word)| stat(&today, &then, kind, word, visit.text()))
            .into(),
        declines: today.declines.iter().map(|(code, count)| (*code, meaning(code), *count)).collect(),
        waits: waits(&visit),
        reserve,
    };
    Ok(render(&view).into_response())
}

/// One figure of today, and that of the same weekday before at the same time.
fn stat(today: &Day, then: &Day, kind: Kind, word: &'static str, text: &'static Text) -> (&'static str, Fen, String) {
    let ((count, sum), (before, sum_before)) = (today.approved(kind), then.approved(kind));
    let values = [count.to_string(), before.to_string(), sum_before.to_string()];
    (word, sum, fill(text.home.figure, &values.each_ref().map(String::as_str)))
}

/// What waits for this person, with the page that deals with it.
fn waits(visit: &Visit) -> Vec<(&'static str, &'static str, i64)> {
    let (session, words) = (&visit.session, &visit.text().home);
    let all = [
        (Action::ViewProposals, TODO, words.to_decide, session.to_decide),
        (Action::LateRefund, "/office/refunds", words.to_review, session.to_review),
        (Action::ViewDisputes, "/office/disputes", words.to_answer, session.to_answer),
        (Action::AnswerProductRequest, REQUESTS, visit.text().requests.title, session.requested),
    ];
    let may = |(action, link, word, count)| session.can(action).then_some((link, word, count));
    all.into_iter().filter_map(may).collect()
}

fn reserve_view(of: Reserve, text: &'static Text) -> ReserveView {
    let words = &text.home;
    let state = if of.difference() == Fen::ZERO {
        Badge::new("ok", "ok", words.balanced)
    } else {
        Badge::new("bad", "bad", words.unbalanced)
    };
    ReserveView { of, state, as_of: fill(words.reserve_as_of, &[&of.at.rrn()]) }
}

/// The steps to the first sale, in the order in which they are done.
fn steps(visit: &Visit, list: &Checklist) -> Vec<Step> {
    let words = &visit.text().home;
    let can = |action| visit.session.can(action);
    let link = |may: bool, to| may.then_some(to);
    let (merchants, people) = (can(Action::ManageMerchants), can(Action::ManagePeople));
    let all = [
        (words.company, words.company_do, &list.company, false, link(can(Action::ManageSettings), "/office/settings")),
        (words.checker, words.checker_do, &list.checker, false, link(people, "/office/people/new")),
        (words.store, words.store_do, &list.store, !list.trading, link(merchants, "/office/outlets/new")),
        (words.cashier, words.cashier_do, &list.cashier, false, link(people, "/office/people/new")),
        (words.till, words.till_do, &list.till, false, link(merchants, "/office/merchants")),
        (words.sale, words.sale_do, &None, false, None),
    ];
    let mut next = true;
    all.into_iter()
        .map(|(what, to_do, done, waits, link)| {
            let state = match done {
                Some(_) if waits => Badge::new("warn", "wait", words.state_waits),
                Some(_) => Badge::new("ok", "ok", words.state_done),
                None => Badge::new("info", "clock", words.state_open),
            };
            let open = done.is_none();
            let first = open && next && link.is_some();
            next &= !open;
            Step {
                state,
                what,
                detail: done.as_ref().map_or_else(|| to_do.to_owned(), |done| done.what.clone()),
                by: done.as_ref().map_or_else(String::new, |done| by(done, visit.text())),
                link: link.filter(|_| open).map(|link| (link, fill(words.go_to, &[what]))),
                first,
            }
        })
        .collect()
}

fn by(done: &Done, text: &'static Text) -> String {
    let who = if done.by.is_empty() { text.home.nobody } else { &done.by };
    format!("{who} {}", done.at.date_time_text())
}
