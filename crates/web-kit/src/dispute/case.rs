//! One dispute: what the holder says, what the merchant answered, what was decided; and the form of the next step.
//!
//! What must stay true: a merchant sees the own disputes and answers; what is shown as done is on record.

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::command::Command;
use domain::dispute::{Dispute, DisputeStatus};
use domain::money::Fen;
use domain::refund::text_fits;
use domain::role::Action;
use serde::Deserialize;
use storage::dispute::{self, Case};

use super::{OFFICE, OWN, acting, claim, last_step, number, reach, state, store_name, told};
use crate::badge::Badge;
use crate::page::{Shell, render};
use crate::pair::Pair;
use crate::problem::Problem;
use crate::step::{self, Choice, Fields, Filled, Last, Stage, Told};
use crate::text::{Text, fill};
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
    /// What to look at twice before deciding.
    warning: Option<&'static str>,
    stage: Stage,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Params {
    /// The request of the last step.
    a: String,
}

/// A dispute within reach of the person.
pub async fn find(visit: &Visit, rrn: &str) -> Result<Case, Problem> {
    let id = number(rrn).ok_or(Problem::NotFound)?;
    dispute::find(visit.db(), reach(&visit.session), id).await?.ok_or(Problem::NotFound)
}

/// The page, with the form `refused` in place of an empty one.
pub async fn view(visit: &Visit, found: Case, params: &Params, refused: Option<Filled>) -> Result<Response, Problem> {
    let (text, company) = (visit.text(), visit.session.of_company());
    let (one, list) = (&found.dispute, if company { OFFICE } else { OWN });
    let last = last_step(visit, &params.a).await?;
    let done = last.as_ref().filter(|last| last.is_done()).map(|_| done(one, text));
    let pair = if company { Pair::with(visit.db(), &visit.session, one.opener).await? } else { Pair::Two };
    let stage = refused.map_or_else(|| stage(visit, one, last.as_ref(), pair), Stage::Form);
    let view = View {
        list,
        path: format!("{list}/{}", one.id.rrn()),
        rrn: one.id.rrn(),
        state: state(one, visit.session.now, text),
        company,
        place: store_name(&found.merchant, &found.outlet, text),
        number: found.number.clone(),
        sale: found.sale.id.rrn(),
        card: found.sale.masked.grouped(),
        at: found.sale.at.date_time_text(),
        sold: found.sale.amount,
        amount: one.amount,
        claim: claim(one.claim, text),
        until: one.answer_until.date_time_text(),
        said: said(&found, company, text),
        told: told(last.as_ref(), text),
        done,
        warning: pair.warning(text),
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

fn stage(visit: &Visit, one: &Dispute, last: Option<&Last>, pair: Pair) -> Stage {
    let (session, words) = (&visit.session, &visit.text().dispute);
    let in_time = session.now <= one.answer_until;
    let form = || Stage::Form(Filled::after(visit, last));
    match (one.status, !session.of_company()) {
        (DisputeStatus::Upheld | DisputeStatus::Rejected, _) => Stage::Closed,
        (DisputeStatus::Answered, true) => Stage::Waits(words.wait_company.to_owned()),
        (DisputeStatus::Opened, true) if in_time => form(),
        (DisputeStatus::Opened, true) => Stage::Waits(words.too_late.to_owned()),
        (DisputeStatus::Opened, false) if in_time => {
            Stage::Waits(fill(words.wait_answer, &[&one.answer_until.date_time_text()]))
        }
        (DisputeStatus::Opened | DisputeStatus::Answered, false) => {
            if let Some(why) = pair.refused(words.own_opened, visit.text()) {
                Stage::Waits(why.to_owned())
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
    let Choice { request, yes, words, .. } = fields.choice()?;
    if !text_fits(&words) {
        let form = Filled { request, words, wrong: Some(visit.text().dispute.words_wrong) };
        return view(visit, found, &Params::default(), Some(form)).await;
    }
    let list = if visit.session.of_company() { OFFICE } else { OWN };
    let step = step::send(&visit.web, request, acting(visit, &found), command(yes, words.clone())).await?;
    step.redirect(visit, &step::address(&format!("{list}/{}", found.dispute.id.rrn()), &[], request), &[&words])
}
