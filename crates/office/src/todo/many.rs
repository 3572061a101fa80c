//! Several proposals of one kind approved together: each is a command of its own, and the page lists what became of each.

use axum::Form;
use axum::response::{IntoResponse, Redirect, Response};
use domain::command::{Actor, Command};
use domain::ids::{RequestId, TransactionId};
use domain::proposal::Verdict;
use domain::refund::text_fits;
use storage::proposal;
use web_kit::codes;
use web_kit::problem::Problem;
use web_kit::proposal::TODO;
use web_kit::step::{self, Filled, Last, Step};
use web_kit::text::fill;

use super::{Params, act_words, is_alone, sheet, subject_words, view};
use crate::Visit;

/// So many can be ticked at once.
const MANY_MAX: usize = 50;

/// The form below the list, and what became of the last one.
#[derive(Default)]
pub(super) struct Many {
    /// What was ticked, and the form that was refused.
    pub(super) refused: Option<(Vec<String>, Filled)>,
    /// Done or not, and a sentence about each.
    pub(super) told: Vec<(bool, String)>,
}

impl Many {
    /// What became of the proposals that the address names.
    pub(super) async fn told(visit: &Visit, params: &Params) -> Result<Self, Problem> {
        let Some(request) = RequestId::parse(&params.a) else { return Ok(Self::default()) };
        let (words, text) = (&visit.text().todo, visit.text());
        let mut told = Vec::new();
        for id in params.r.split('.').take(MANY_MAX).filter_map(|rrn| rrn.parse().ok().map(TransactionId)) {
            let Some(found) = proposal::find(visit.db(), id).await?.map(|found| found.sheet) else { continue };
            let last =
                Last::find(&visit.web, Actor::issuer(visit.session.person), &each(request, id).to_string(), |_| true)
                    .await?;
            let (done, what) = match last.map(|last| last.step) {
                Some(Step::Done(_)) => (true, words.approved_now.to_owned()),
                Some(Step::Refused(decline)) => (false, codes::what(decline, text)),
                _ => (false, words.unknown.to_owned()),
            };
            let name = format!("{} {}", act_words(found.proposal.payload.act(), text), subject_words(&found, text));
            told.push((done, fill(words.told, &[&name, &what])));
        }
        Ok(Self { refused: None, told })
    }

    /// Whether a row was ticked before the form was refused.
    pub(super) fn ticked(&self, tick: &str) -> bool {
        self.refused.as_ref().is_some_and(|(ticked, _)| ticked.iter().any(|one| one == tick))
    }

    /// The form: as it was refused, or empty.
    pub(super) fn form(&self, fresh: &RequestId) -> Filled {
        let empty = || Filled { request: *fresh, words: String::new(), wrong: None };
        self.refused.as_ref().map_or_else(empty, |(_, form)| Filled {
            request: form.request,
            words: form.words.clone(),
            wrong: form.wrong,
        })
    }
}

/// The request id of one of them.
fn each(request: RequestId, id: TransactionId) -> RequestId {
    let (mut bytes, id) = (request.0, id.0.to_be_bytes());
    for (byte, own) in bytes.iter_mut().rev().zip(id.iter().rev()) {
        *byte ^= own;
    }
    RequestId(bytes)
}

/// What a tick sends: the proposal and the digest of what was shown.
pub(super) fn tick(id: TransactionId, shown: &str) -> String {
    format!("{}-{shown}", id.rrn())
}

fn read(tick: &str) -> Option<(TransactionId, [u8; 32])> {
    let (rrn, shown) = tick.split_once('-')?;
    Some((TransactionId(rrn.parse().ok()?), sheet::digest(shown)?))
}

/// Approves what is ticked, with one opinion.
pub(crate) async fn approve(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, Problem> {
    let field = |name: &str| fields.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.as_str());
    let request = RequestId::parse(field("request")).ok_or(Problem::BadForm)?;
    let (kind, opinion) = (field("k").to_owned(), field("opinion").trim().to_owned());
    let ticked: Vec<String> = fields.iter().filter(|(name, _)| name == "p").map(|(_, value)| value.clone()).collect();
    let words = &visit.text().todo;
    let wrong = match ticked.len() {
        0 => Some(words.none_ticked),
        _ if !text_fits(&opinion) => Some(words.opinion_wrong),
        _ => None,
    };
    if wrong.is_some() {
        let form = Filled { request, words: opinion, wrong };
        let many = Many { refused: Some((ticked, form)), told: Vec::new() };
        return view(&visit, &Params { k: kind, ..Params::default() }, None, many).await;
    }
    let mut verdicts = Vec::new();
    for tick in ticked.iter().take(MANY_MAX) {
        let (id, shown) = read(tick).ok_or(Problem::BadForm)?;
        let found = proposal::find(visit.db(), id).await?.ok_or(Problem::NotFound)?.sheet;
        let payload = found.proposal.payload;
        visit.session.may(payload.act().decided_with())?;
        if is_alone(&payload) {
            return Err(Problem::BadForm);
        }
        verdicts.push(Verdict { proposal: id, payload, opinion: opinion.clone(), shown });
    }
    let rrns: Vec<String> = verdicts.iter().map(|verdict| verdict.proposal.rrn()).collect();
    let actor = Actor::issuer(visit.session.person);
    for verdict in verdicts {
        // The page that follows tells from the books what became of each.
        let request = each(request, verdict.proposal);
        let _ = step::send(&visit.web, request, actor, Command::ProposalApproval(verdict)).await?;
    }
    let address = step::address(TODO, &[("k", &kind), ("r", &rrns.join("."))], request);
    Ok(Redirect::to(&address).into_response())
}
