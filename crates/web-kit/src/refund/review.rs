//! 退货审核: the list of requests and, beside it, the one that is being decided. Shared by the store's reviewers and the
//! card company's desk ([`ReviewDesk`]).
//!
//! What must stay true:
//! - Reviewer, time and decision are read from the books; a second reviewer is told that it is decided.
//! - The card number is a check. It comes back to no page; a repeat carries a sealed value of it.
//! - The form carries its request id, so that sent twice it is one decision.

mod decision;

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::command::Actor;
use domain::ids::{RequestId, TransactionId};
use domain::money::Fen;
use domain::outcome::Decline;
use domain::refund::RefundStatus;
use domain::time::Timestamp;
use serde::Deserialize;
use storage::refund::{self, Case, Desk, Filter, Goods};

use crate::badge::Badge;
use crate::codes;
use crate::link::link;
use crate::page::{Shell, render};
use crate::pair::Pair;
use crate::problem::Problem;
use crate::session::Session;
use crate::step::{Last, Step, typed};
use crate::submit::actor_anywhere;
use crate::text::{Text, fill};
use crate::visit::Visit;

pub use decision::{Fields, decide};

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;

/// Where a review is made.
pub struct ReviewDesk {
    /// Its address.
    pub path: &'static str,
    queue: Desk,
}

impl ReviewDesk {
    /// The store's reviewers, for requests of their merchant.
    pub fn store(session: &Session) -> Result<Self, Problem> {
        Ok(Self { path: "/refunds", queue: Desk::Merchant(session.merchant()?) })
    }

    /// The card company, for requests that came too late or that the store may not decide.
    pub fn company() -> Self {
        Self { path: "/office/refunds", queue: Desk::Issuer }
    }

    /// The person as the books know them, for a refund of this sale.
    fn actor(session: &Session, case: &Case) -> Actor {
        actor_anywhere(session, case.sale.actor.outlet)
    }

    fn is_company(&self) -> bool {
        matches!(self.queue, Desk::Issuer)
    }
}

/// Digits of a sale's reference, the longest number to look for.
const REFERENCE_DIGITS: usize = 12;

#[derive(Template)]
#[template(path = "refund/review.html")]
struct View {
    shell: Shell,
    path: &'static str,
    company: bool,
    /// The reader is in none of the stores, so each is named.
    stores: bool,
    states: Vec<(&'static str, String, bool)>,
    find: String,
    rows: Vec<Row>,
    full: Option<String>,
    totals: String,
    panel: Option<Panel>,
}

struct Row {
    on: bool,
    at: String,
    applicant: String,
    number: String,
    card: String,
    store: String,
    amount: Fen,
    reason: String,
    state: Badge,
    link: String,
    act: Act,
}

enum Act {
    Review,
    Open,
    Slip(String),
}

struct Panel {
    id: TransactionId,
    number: String,
    amount: Fen,
    card: String,
    store: String,
    sold_at: String,
    /// Time left for the store; none once it has passed.
    left: Option<String>,
    goods: Vec<Goods>,
    applicant: String,
    requested_at: String,
    ground: &'static str,
    reason: String,
    decided: Option<Decided>,
    /// Why it was not decided just now.
    told: Option<Note>,
    /// What to look at twice.
    warning: Option<&'static str>,
    stage: Stage,
}

struct Decided {
    by: String,
    at: String,
    opinion: String,
}

struct Note {
    what: String,
    more: &'static str,
    /// Said at the card's field.
    at_card: bool,
}

enum Stage {
    Form(Filled),
    /// Decided, or another person decides.
    Closed,
    Approved {
        sentence: String,
        slip: Option<String>,
        rrn: String,
    },
    Rejected {
        sentence: String,
    },
    Unknown {
        token: String,
        request: RequestId,
        opinion: String,
    },
}

struct Filled {
    request: RequestId,
    opinion: String,
    card_error: Option<String>,
    opinion_error: Option<&'static str>,
}

/// What the list shows, and which request is open. Part of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Params {
    state: String,
    card: String,
    id: String,
    /// The decision whose result is to be told.
    a: String,
}

impl Params {
    fn filter(&self) -> Filter {
        match self.state.as_str() {
            "approved" => Filter::Approved,
            "rejected" => Filter::Rejected,
            "all" => Filter::All,
            _ => Filter::Open,
        }
    }

    /// What to look for: the digits; of a card, as a slip shows it, the last four.
    fn find(&self) -> String {
        let digits = self.card.chars().map(domain::money::half_width).filter(char::is_ascii_digit);
        let digits: Vec<char> = digits.collect();
        let masked = self.card.contains('*') || digits.len() > REFERENCE_DIGITS;
        digits.iter().skip(if masked { digits.len().saturating_sub(4) } else { 0 }).collect()
    }

    fn id(&self) -> Option<TransactionId> {
        self.id.parse().ok().map(TransactionId)
    }

    fn address(&self, desk: &ReviewDesk, id: TransactionId) -> String {
        link(desk.path, &[("state", &self.state), ("card", &self.find()), ("id", &id.rrn())])
    }
}

/// The list, with a request open or not.
pub async fn show(visit: &Visit, desk: &ReviewDesk, params: Params) -> Result<Response, Problem> {
    let panel = match params.id() {
        Some(id) => {
            let case = refund::find(visit.db(), desk.queue, id, visit.session.now).await?.ok_or(Problem::NotFound)?;
            let told = note_on(visit, desk, &case, &params).await?;
            let mut filled = Filled { opinion: typed(visit, 0), ..Filled::new(visit) };
            let told = told.filter(|told| {
                if told.at_card {
                    filled.card_error = Some(told.what.clone());
                }
                !told.at_card
            });
            let pair = Pair::with(visit.db(), &visit.session, case.refund.applicant).await?;
            Some(panel(visit, desk, &case, told, filled, pair))
        }
        None => None,
    };
    view(visit, desk, &params, panel).await
}

/// Why the decision that the address names was not made.
async fn note_on(visit: &Visit, desk: &ReviewDesk, case: &Case, params: &Params) -> Result<Option<Note>, Problem> {
    let (text, actor) = (visit.text(), ReviewDesk::actor(&visit.session, case));
    let last = Last::find(&visit.web, actor, &params.a, |record| record.order == Some(case.refund.order)).await?;
    let Some(Last { step: Step::Refused(decline), .. }) = last else { return Ok(None) };
    let words = &text.refund;
    let (what, more) = match decline {
        Decline::CardDiffers if case.refund.status == RefundStatus::Escalated && !desk.is_company() => {
            (words.passed_on_cards.to_owned(), words.not_refunded)
        }
        Decline::CardDiffers => (fill(words.differs, &[case.sale.masked.last_four()]), words.not_refunded),
        // The panel says why, as before the decision.
        Decline::ReviewerIsApplicant => return Ok(None),
        Decline::AlreadyDecided => (done_by(case, text).unwrap_or_default(), ""),
        Decline::RefundWindowPassed { .. } => (words.passed_on.to_owned(), words.not_refunded),
        Decline::CardClosed if desk.is_company() => (words.card_closed.to_owned(), words.not_refunded),
        Decline::CardLost | Decline::CardStolen | Decline::CardClosed | Decline::CardReplaced => {
            (words.card_blocked.to_owned(), words.not_refunded)
        }
        Decline::RefundEscalated => (words.company_decides.to_owned(), words.not_refunded),
        other => (codes::what(other, text), words.not_refunded),
    };
    let at_card = decline == Decline::CardDiffers && case.refund.status.is_open();
    Ok(Some(Note { what, more, at_card }))
}

fn short_time(at: Timestamp, now: Timestamp) -> String {
    let pattern = if at.business_date() == now.business_date() { "%H:%M" } else { "%m-%d %H:%M" };
    at.in_china().strftime(pattern).to_string()
}

/// Who decided, when and how.
fn done_by(case: &Case, text: &'static Text) -> Option<String> {
    let at = case.refund.decided_at?.in_china().strftime("%m-%d %H:%M").to_string();
    let state = state(case, false, text).word;
    Some(fill(text.refund.done_by, &[case.reviewer.as_deref().unwrap_or_default(), &at, state]))
}

/// How a refund's state looks.
fn state(case: &Case, with_issuer: bool, text: &'static Text) -> Badge {
    let words = &text.refund;
    match case.refund.status {
        RefundStatus::Approved => Badge::new("ok", "ok", words.state_approved),
        RefundStatus::Rejected => Badge::new("bad", "bad", words.state_rejected),
        RefundStatus::Requested | RefundStatus::Escalated if with_issuer => {
            Badge::new("warn", "clock", words.state_company)
        }
        RefundStatus::Requested | RefundStatus::Escalated => Badge::new("info", "wait", words.state_open),
    }
}

impl View {
    fn heading(&self) -> &'static str {
        let words = &self.shell.page.text.refund;
        if self.company { words.company_title } else { words.review_title }
    }
}

impl Panel {
    /// Something is to be corrected, or was not done.
    fn wrong(&self) -> bool {
        let form = match &self.stage {
            Stage::Form(form) => form.card_error.is_some() || form.opinion_error.is_some(),
            _ => false,
        };
        form || self.told.is_some()
    }
}

impl Filled {
    fn new(visit: &Visit) -> Self {
        let request = visit.new_request();
        Self { request, opinion: String::new(), card_error: None, opinion_error: None }
    }
}

fn panel(visit: &Visit, desk: &ReviewDesk, case: &Case, told: Option<Note>, filled: Filled, pair: Pair) -> Panel {
    let (session, page) = (&visit.session, &visit.page);
    let words = &page.text.refund;
    let refund = &case.refund;
    let left = case.deadline.since(session.now);
    let mut told = told;
    let stage = match refund.status {
        RefundStatus::Approved => {
            let success = if session.store.is_some() { words.success_do } else { words.success_no_slip };
            let sentence = fill(success, &[&refund.amount.to_string(), case.sale.masked.last_four()]);
            let rrn = refund.decided_by.map(TransactionId::rrn).unwrap_or_default();
            let slip = session.store.is_some().then(|| format!("/slip/{rrn}"));
            Stage::Approved { sentence, slip, rrn }
        }
        RefundStatus::Rejected => Stage::Rejected { sentence: fill(words.rejected_do, &[&refund.opinion]) },
        _ if pair.refused(words.own, page.text).is_some() => {
            let what = pair.refused(words.own, page.text).unwrap_or_default().to_owned();
            told.get_or_insert(Note { what, more: words.own_do, at_card: false });
            Stage::Closed
        }
        _ if !desk.is_company() && case.with_issuer(session.now) => {
            told.get_or_insert(Note { what: words.company_decides.to_owned(), more: "", at_card: false });
            Stage::Closed
        }
        _ => Stage::Form(filled),
    };
    let ground = match refund.ground {
        domain::refund::Ground::Quality => words.ground_quality,
        domain::refund::Ground::ShopError => words.ground_shop_error,
        domain::refund::Ground::ChangedMind => words.ground_changed_mind,
    };
    Panel {
        id: refund.id,
        number: case.number.clone(),
        amount: refund.amount,
        card: case.sale.masked.grouped(),
        store: fill(page.text.shell.outlet_name, &[&case.merchant, &case.outlet]),
        sold_at: case.sale.at.date_time_text(),
        left: (left >= 0).then(|| time_left(left, words.hours_left)),
        goods: case.goods.clone(),
        applicant: case.applicant.clone(),
        requested_at: short_time(refund.requested_at, session.now),
        ground,
        reason: refund.reason.clone(),
        decided: refund.decided_at.map(|at| Decided {
            by: case.reviewer.clone().unwrap_or_default(),
            at: at.date_time_text(),
            opinion: refund.opinion.clone(),
        }),
        told,
        warning: pair.warning(page.text).filter(|_| matches!(stage, Stage::Form(_))),
        stage,
    }
}

/// Hours and minutes of `left` microseconds in `sentence`.
pub fn time_left(left: i64, sentence: &str) -> String {
    let minutes = left.max(0) / MINUTE;
    fill(sentence, &[&(minutes / 60).to_string(), &(minutes % 60).to_string()])
}

async fn view(visit: &Visit, desk: &ReviewDesk, params: &Params, panel: Option<Panel>) -> Result<Response, Problem> {
    let words = &visit.text().refund;
    let cases = refund::list(visit.db(), desk.queue, params.filter(), params.find(), visit.session.now).await?;
    let (count, sum) = refund::waiting(visit.db(), desk.queue, visit.session.now).await?;
    let open = panel.as_ref().map(|panel| panel.id);
    let full = (cases.len() >= refund::LIST_MAX).then(|| fill(words.limit, &[&refund::LIST_MAX.to_string()]));
    let rows = cases.iter().map(|case| row(visit, desk, params, case, open)).collect();
    let filter = params.filter();
    let states = vec![
        ("", fill(words.filter_open, &[&count.to_string()]), filter == Filter::Open),
        ("approved", words.filter_approved.to_owned(), filter == Filter::Approved),
        ("rejected", words.filter_rejected.to_owned(), filter == Filter::Rejected),
        ("all", words.filter_all.to_owned(), filter == Filter::All),
    ];
    let view = View {
        path: desk.path,
        company: desk.is_company(),
        stores: visit.session.store.is_none(),
        states,
        find: params.find(),
        rows,
        full,
        totals: fill(words.totals, &[&count.to_string(), &sum.to_string()]),
        panel,
        shell: visit.shell(desk.path),
    };
    Ok(render(&view).into_response())
}

fn row(visit: &Visit, desk: &ReviewDesk, params: &Params, case: &Case, open: Option<TransactionId>) -> Row {
    let (session, text) = (&visit.session, visit.text());
    let refund = &case.refund;
    let foreign = !desk.is_company() && case.with_issuer(session.now);
    let act = match refund.status {
        RefundStatus::Approved if session.store.is_some() => {
            Act::Slip(refund.decided_by.map(TransactionId::rrn).unwrap_or_default())
        }
        status if status.is_open() && !foreign => Act::Review,
        _ => Act::Open,
    };
    Row {
        on: open == Some(refund.id),
        at: refund.requested_at.in_china().strftime("%m-%d %H:%M").to_string(),
        applicant: case.applicant.clone(),
        number: case.number.clone(),
        card: case.sale.masked.grouped(),
        store: fill(text.shell.outlet_name, &[&case.merchant, &case.outlet]),
        amount: refund.amount,
        reason: refund.reason.clone(),
        state: state(case, foreign, text),
        link: params.address(desk, refund.id),
        act,
    }
}
