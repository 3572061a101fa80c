//! One dispute: what the holder says, what the merchant answered, what was decided; and the form for whoever is next.
//!
//! What must stay true: a merchant sees the own disputes and answers; what is shown as done is on record.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use domain::command::{Actor, Command};
use domain::dispute::{Dispute, DisputeStatus};
use domain::ids::RequestId;
use domain::money::Fen;
use domain::outcome::Outcome;
use domain::refund::text_fits;
use domain::role::Action;
use engine::SubmitError;
use serde::Deserialize;
use storage::dispute::{self, Case};

use super::{OFFICE, OWN, claim, number, place, reach, state, told};
use crate::badge::Badge;
use crate::cookies;
use crate::flash::Flash;
use crate::link::link;
use crate::page::{Shell, render};
use crate::problem::Problem;
use crate::session::Session;
use crate::submit::{actor, submit};
use crate::text::{Text, fill};
use crate::told::Told;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "dispute/case.html")]
struct View {
    shell: Shell,
    list: &'static str,
    path: String,
    rrn: String,
    state: Badge,
    company: bool,
    place: String,
    number: String,
    sale: String,
    card: String,
    at: String,
    sold: Fen,
    amount: Fen,
    claim: &'static str,
    until: String,
    /// What was said, in order: heading, verdict, words, who, when.
    said: Vec<(&'static str, &'static str, String, String, String)>,
    told: Option<Told>,
    done: Option<String>,
    stage: Stage,
}

/// What this person can do about it.
pub enum Stage {
    /// Nothing: it is decided.
    Closed,
    /// It waits, and for what.
    Waits(String),
    /// To answer or decide: the form's request id, the words, and what is wrong with those.
    Form(String, String, Option<&'static str>),
}

/// What the address says.
#[derive(Default, Deserialize)]
pub struct Asked {
    /// The request of the last step.
    #[serde(default)]
    a: String,
}

/// The form that answers or decides.
#[derive(Deserialize)]
pub struct Fields {
    #[serde(default)]
    request: String,
    #[serde(default)]
    words: String,
    #[serde(default, rename = "do")]
    action: String,
}

/// A dispute within reach of the person.
pub async fn find(visit: &Visit, rrn: &str) -> Result<Case, Problem> {
    let id = number(rrn).ok_or(Problem::NotFound)?;
    dispute::find(visit.db(), reach(&visit.session), id).await?.ok_or(Problem::NotFound)
}

fn acting(session: &Session) -> Result<Actor, Problem> {
    if session.shop.is_none() { Ok(Actor::issuer(session.person)) } else { actor(session) }
}

/// The page, with `refused` in place of what this person can do about it.
pub async fn look(visit: &Visit, found: Case, asked: &Asked, refused: Option<Stage>) -> Result<Response, Problem> {
    let (text, company) = (visit.text(), visit.session.shop.is_none());
    let (one, list) = (&found.dispute, if company { OFFICE } else { OWN });
    let request = RequestId::parse(&asked.a);
    let notes = match request {
        Some(request) => told(&visit.web, acting(&visit.session)?, request, text).await?,
        None => None,
    };
    let done = request.filter(|_| notes.is_none()).map(|_| done(one, text));
    let again = request.filter(|_| notes.as_ref().is_some_and(|told| told.class == "warn"));
    let stage = refused.unwrap_or_else(|| stage(&visit.session, one, again, &visit.flash, text));
    let view = View {
        list,
        path: format!("{list}/{}", one.id.rrn()),
        rrn: one.id.rrn(),
        state: state(one, visit.session.now, text),
        company,
        place: place(&found.merchant, &found.outlet, text),
        number: found.number.clone(),
        sale: found.sale.id.rrn(),
        card: found.sale.masked.grouped(),
        at: found.sale.at.date_time_text(),
        sold: found.sale.amount,
        amount: one.amount,
        claim: claim(one.claim, text),
        until: one.answer_until.date_time_text(),
        said: said(&found, company, text),
        told: notes,
        done,
        stage,
        shell: visit.shell(if company { "/office/disputes" } else { "/disputes" }),
    };
    Ok(render(&view).into_response())
}

/// What the step before came to.
fn done(one: &Dispute, text: &'static Text) -> String {
    let words = &text.dispute;
    match one.status {
        DisputeStatus::Opened => words.done_opened.to_owned(),
        DisputeStatus::Answered => words.done_answered.to_owned(),
        DisputeStatus::Upheld => fill(words.done_upheld, &[&one.amount.to_string()]),
        DisputeStatus::Rejected => words.done_rejected.to_owned(),
    }
}

/// Opening, answer and decision. The company's people are named to the company alone.
fn said(found: &Case, company: bool, text: &'static Text) -> Vec<(&'static str, &'static str, String, String, String)> {
    let (one, words) = (&found.dispute, &text.dispute);
    let [opener, answerer, decider] = &found.people;
    let named = |name: &String, show: bool| if show { name.clone() } else { String::new() };
    let opened = (words.opened, claim(one.claim, text), one.words.clone(), named(opener, company));
    let mut all = vec![(opened.0, opened.1, opened.2, opened.3, one.opened_at.date_time_text())];
    if let Some(answer) = &one.answer {
        let verdict = if answer.accept { words.accepted } else { words.contested };
        let (said, name) = (&answer.said, named(answerer, true));
        all.push((words.answered, verdict, said.words.clone(), name, said.at.date_time_text()));
    }
    if let Some(decision) = &one.decision {
        let verdict = if one.status == DisputeStatus::Upheld { words.state_upheld } else { words.state_rejected };
        let name = named(decider, company);
        all.push((words.decided, verdict, decision.words.clone(), name, decision.at.date_time_text()));
    }
    all
}

fn stage(session: &Session, one: &Dispute, again: Option<RequestId>, flash: &Flash, text: &'static Text) -> Stage {
    let words = &text.dispute;
    let in_time = session.now <= one.answer_until;
    let typed = if flash.word == "opinion" { flash.value(0).to_owned() } else { String::new() };
    let form = || {
        let request = again.unwrap_or_else(|| RequestId::v7(session.now, cookies::random()));
        Stage::Form(request.to_string(), typed, None)
    };
    match (one.status, session.shop.is_some()) {
        (DisputeStatus::Upheld | DisputeStatus::Rejected, _) => Stage::Closed,
        (DisputeStatus::Answered, true) => Stage::Waits(words.wait_company.to_owned()),
        (DisputeStatus::Opened, true) if in_time => form(),
        (DisputeStatus::Opened, true) => Stage::Waits(words.too_late.to_owned()),
        (DisputeStatus::Opened, false) if in_time => {
            Stage::Waits(fill(words.wait_answer, &[&one.answer_until.date_time_text()]))
        }
        (DisputeStatus::Opened | DisputeStatus::Answered, false) => {
            if one.opener == session.person {
                Stage::Waits(words.own_opened.to_owned())
            } else if session.can(Action::DecideDispute) {
                form()
            } else {
                Stage::Waits(words.no_right.to_owned())
            }
        }
    }
}

/// Yes or no with words, as the command that `command` makes of them.
pub async fn send(
    visit: &Visit,
    found: Case,
    fields: Fields,
    command: impl FnOnce(bool, String) -> Command,
) -> Result<Response, Problem> {
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    let yes = match fields.action.as_str() {
        "ok" => true,
        "no" => false,
        _ => return Err(Problem::BadForm),
    };
    let words = fields.words.trim().to_owned();
    if !text_fits(&words) {
        let stage = Stage::Form(fields.request, words, Some(visit.text().dispute.words_wrong));
        return look(visit, found, &Asked::default(), Some(stage)).await;
    }
    let list = if visit.session.shop.is_none() { OFFICE } else { OWN };
    let result = link(&format!("{list}/{}", found.dispute.id.rrn()), &[("a", &request.to_string())]);
    let answer = submit(&visit.web, request, acting(&visit.session)?, command(yes, words.clone())).await;
    Ok(match answer {
        Ok(Outcome::Recorded(record)) if record.approved() => Redirect::to(&result).into_response(),
        Ok(Outcome::Recorded(_) | Outcome::Conflict(_)) | Err(SubmitError::Unknown(_)) => {
            Flash::new("opinion", &[&words]).redirect(&visit.web, &result)
        }
        Ok(_) => return Err(Problem::BadForm),
        Err(_) => return Err(Problem::Busy),
    })
}
