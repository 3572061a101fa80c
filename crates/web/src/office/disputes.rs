//! 争议处理: what card holders contest, and the form that takes one up. The merchant's list, 争议, is the second half of it.
//!
//! What must stay true: the form carries its request id, so that sent twice it is one dispute; what is left of the sale is
//! a look ahead, the command judges it again.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::command::{Actor, Command};
use domain::dispute::{Claim, Dispute, DisputeStatus, Opening};
use domain::ids::{RequestId, TransactionId};
use domain::ledger::Kind;
use domain::money::Fen;
use domain::outcome::Outcome;
use domain::refund::text_fits;
use domain::role::Action;
use domain::time::Timestamp;
use engine::SubmitError;
use serde::Deserialize;
use storage::dispute::{self, Case, Disputable};
use storage::merchant::Reach;

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

/// Disputes on a page.
const ROWS: u32 = 50;

/// The card company's address.
pub(crate) const OFFICE: &str = "/office/disputes";
/// The merchant's.
pub(crate) const OWN: &str = "/disputes";

#[derive(Template)]
#[template(path = "office/disputes.html")]
struct View {
    shell: Shell,
    path: &'static str,
    company: bool,
    /// The form that finds a sale: what was typed.
    finding: Option<String>,
    told: Option<Told>,
    sale: Option<Sale>,
    open: bool,
    rows: Vec<Row>,
    older: Option<String>,
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

/// The sale that a dispute is to be about.
struct Sale {
    rrn: String,
    place: String,
    number: String,
    card: String,
    at: String,
    sold: Fen,
    left: Fen,
    /// The form's request id, and what was typed; none: nothing can be opened, and why, and the dispute that is in the way.
    form: Result<Filled, (&'static str, Option<String>)>,
}

#[derive(Default)]
struct Filled {
    request: String,
    amount: String,
    claims: Vec<(&'static str, &'static str, bool)>,
    words: String,
    amount_wrong: Option<String>,
    claim_wrong: Option<&'static str>,
    words_wrong: Option<&'static str>,
}

/// What the address says.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    /// Reference number of a sale.
    #[serde(default)]
    sale: String,
    #[serde(default)]
    show: String,
    #[serde(default)]
    before: String,
    /// The request of the last step.
    #[serde(default)]
    a: String,
}

/// The form that opens a dispute.
#[derive(Deserialize)]
pub(crate) struct Fields {
    #[serde(default)]
    sale: String,
    #[serde(default)]
    request: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    claim: String,
    #[serde(default)]
    words: String,
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
    look(&web, &session, page, &flash, asked, None).await
}

/// What this person sees: everything, or the own merchant's.
pub(crate) fn reach(session: &Session) -> Option<Reach> {
    session.shop.as_ref().map(|shop| Reach { merchant: shop.merchant, outlet: None })
}

/// The number that a slip or an address shows.
pub(crate) fn number(text: &str) -> Option<TransactionId> {
    let text: String = text.trim().chars().map(domain::money::half_width).collect();
    (text.len() == 12).then(|| text.parse().ok().map(TransactionId)).flatten()
}

async fn look(
    web: &Web,
    session: &Session,
    page: Page,
    flash: &Flash,
    asked: Asked,
    filled: Option<Filled>,
) -> Result<Response, Problem> {
    let (text, company) = (page.text, session.shop.is_none());
    let path = if company { OFFICE } else { OWN };
    let may_open = company && session.can(Action::OpenDispute);
    let request = RequestId::parse(&asked.a).filter(|_| may_open);
    let mut notes = match request {
        Some(request) => told(web, Actor::issuer(session.person), request, text).await?,
        None => None,
    };
    let mut sale = None;
    if may_open && !asked.sale.is_empty() {
        let found = match number(&asked.sale) {
            Some(id) => dispute::disputable(&web.storage, id).await?,
            None => None,
        };
        if let Some(found) = found {
            let again = request.filter(|_| notes.as_ref().is_some_and(|told| told.class == "warn"));
            sale = Some(of_sale(session, &found, filled, again, text));
        } else {
            let (title, what) = (text.dispute.not_done, text.dispute.no_sale.to_owned());
            notes = Some(Told { title, what, more: String::new(), class: "bad", icon: "bad" });
        }
    }
    let open = company && asked.show != "all";
    let before = Some(asked.before.as_str()).filter(|text| !text.is_empty());
    let before = before.map(|text| number(text).ok_or(Problem::NotFound)).transpose()?;
    let found = dispute::list(&web.storage, reach(session), open, before, ROWS).await?;
    let full = found.len() >= usize::try_from(ROWS).unwrap_or(usize::MAX);
    let older = found.last().filter(|_| full).map(|last| {
        let show = if company && !open { "all" } else { "" };
        link(path, &[("show", show), ("before", &last.dispute.id.rrn())])
    });
    let view = View {
        path,
        company,
        finding: may_open.then_some(asked.sale),
        told: notes,
        sale,
        open,
        older,
        rows: found.iter().map(|case| row(path, case, session.now, text)).collect(),
        shell: page.shell(session, flash, if company { "/office/disputes" } else { "/disputes" }),
    };
    Ok(render(&view).into_response())
}

fn of_sale(
    session: &Session,
    found: &Disputable,
    filled: Option<Filled>,
    again: Option<RequestId>,
    text: &'static Text,
) -> Sale {
    let words = &text.dispute;
    let form = match found.open {
        Some(open) => Err((words.open_already, Some(format!("{OFFICE}/{}", open.rrn())))),
        None if !found.left.is_positive() => Err((words.no_left, None)),
        None => Ok(filled.unwrap_or_else(|| Filled {
            request: again.unwrap_or_else(|| RequestId::v7(session.now, cookies::random())).to_string(),
            amount: found.left.to_string(),
            claims: claims("", text),
            ..Filled::default()
        })),
    };
    Sale {
        rrn: found.sale.id.rrn(),
        place: place(&found.merchant, &found.outlet, text),
        number: found.number.clone(),
        card: found.sale.masked.grouped(),
        at: found.sale.at.date_time_text(),
        sold: found.sale.amount,
        left: found.left,
        form,
    }
}

/// Merchant and outlet.
pub(crate) fn place(merchant: &str, outlet: &str, text: &'static Text) -> String {
    fill(text.shell.outlet_name, &[merchant, outlet])
}

fn claims(chosen: &str, text: &'static Text) -> Vec<(&'static str, &'static str, bool)> {
    Claim::ALL.into_iter().map(|one| (one.word(), claim(one, text), one.word() == chosen)).collect()
}

/// A claim in words.
pub(crate) fn claim(claim: Claim, text: &'static Text) -> &'static str {
    let words = &text.dispute;
    match claim {
        Claim::NotAuthorised => words.not_authorised,
        Claim::NotReceived => words.not_received,
        Claim::WrongAmount => words.wrong_amount,
        Claim::Duplicate => words.duplicate,
        Claim::Quality => words.quality,
    }
}

/// How a dispute's state looks.
pub(crate) fn state(one: &Dispute, now: Timestamp, text: &'static Text) -> Badge {
    let words = &text.dispute;
    match one.status {
        DisputeStatus::Opened if now > one.answer_until => Badge::new("warn", "clock", words.state_overdue),
        DisputeStatus::Opened => Badge::new("info", "clock", words.state_opened),
        DisputeStatus::Answered if one.answer.as_ref().is_some_and(|answer| answer.accept) => {
            Badge::new("warn", "clock", words.state_accepted)
        }
        DisputeStatus::Answered => Badge::new("warn", "clock", words.state_contested),
        DisputeStatus::Upheld => Badge::new("ok", "ok", words.state_upheld),
        DisputeStatus::Rejected => Badge::new("bad", "bad", words.state_rejected),
    }
}

fn row(path: &str, case: &Case, now: Timestamp, text: &'static Text) -> Row {
    let one = &case.dispute;
    let rrn = one.id.rrn();
    Row {
        place: place(&case.merchant, &case.outlet, text),
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

/// Why the last step was not done, from the books; or that nobody can say yet.
pub(crate) async fn told(
    web: &Web,
    actor: Actor,
    request: RequestId,
    text: &'static Text,
) -> Result<Option<Told>, Problem> {
    let kinds = [Kind::DisputeOpening, Kind::DisputeAnswer, Kind::DisputeRejection, Kind::Chargeback];
    let own = &text.dispute;
    let words = Words { not_done: own.not_done, unknown: own.unknown, unknown_do: own.unknown_do };
    told::told(web, actor, request, &kinds, words, text).await
}

/// Takes a dispute up.
pub(crate) async fn open(
    State(web): State<Web>,
    session: Session,
    page: Page,
    flash: Flash,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    let sale = number(&fields.sale).ok_or(Problem::BadForm)?;
    let found = dispute::disputable(&web.storage, sale).await?.ok_or(Problem::NotFound)?;
    let order = found.sale.order.ok_or(Problem::NotFound)?;
    let (amount, claim) = (Fen::parse_yuan(&fields.amount).ok(), Claim::from_word(&fields.claim));
    let amount = amount.filter(|amount| amount.is_positive());
    let (Some(amount), Some(claim), true) = (amount, claim, text_fits(&fields.words)) else {
        let words = &page.text.dispute;
        let filled = Filled {
            amount_wrong: amount.is_none().then(|| fill(words.amount_wrong, &[&found.left.to_string()])),
            claim_wrong: claim.is_none().then_some(words.claim_wrong),
            words_wrong: (!text_fits(&fields.words)).then_some(words.words_wrong),
            request: request.to_string(),
            amount: fields.amount,
            claims: claims(&fields.claim, page.text),
            words: fields.words,
        };
        let asked = Asked { sale: fields.sale, ..Asked::default() };
        return look(&web, &session, page, &flash, asked, Some(filled)).await;
    };
    let opening = Opening { order, amount, claim, words: fields.words.trim().to_owned() };
    let answer = submit(&web, request, Actor::issuer(session.person), Command::DisputeOpen(opening)).await;
    let step = request.to_string();
    Ok(match answer {
        Ok(Outcome::Recorded(record)) if record.approved() => {
            Redirect::to(&link(&format!("{OFFICE}/{}", record.id.rrn()), &[("a", &step)])).into_response()
        }
        Ok(Outcome::Recorded(_) | Outcome::Conflict(_)) | Err(SubmitError::Unknown(_)) => {
            Redirect::to(&link(OFFICE, &[("sale", &found.sale.id.rrn()), ("a", &step)])).into_response()
        }
        Ok(_) => return Err(Problem::BadForm),
        Err(_) => return Err(Problem::Busy),
    })
}
