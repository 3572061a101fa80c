//! A step of the books that a person takes with a form: the command is sent under the request id that the form carries,
//! and the page that follows tells from the books what became of it. Settlements, disputes, refunds and voids take all
//! their steps this way.
//!
//! What must stay true:
//! - The page says that a step is done only if it is on record.
//! - After an unknown outcome the next form carries the same request id, so that sending it again cannot do it twice.
//! - What was typed is in the form again unless the step is done.

use axum::response::{IntoResponse, Redirect, Response};
use domain::command::{Actor, Command};
use domain::ids::RequestId;
use domain::ledger::Transaction;
use domain::outcome::{Decline, Outcome};
use engine::SubmitError;
use serde::Deserialize;
use storage::refund;

use crate::codes;
use crate::flash::Flash;
use crate::link::link;
use crate::problem::Problem;
use crate::submit::submit;
use crate::text::Text;
use crate::visit::Visit;
use crate::{Web, text};

/// What became of a step.
#[derive(Clone, Debug)]
pub enum Step {
    /// It is on record.
    Done(Box<Transaction>),
    /// It was declined, which is on record.
    Refused(Decline),
    /// The request id was used before for something else. Nothing was done now; the books have what was done then.
    Conflict,
    /// No answer yet.
    Unknown,
    /// Nothing was done: too much is waiting, or the store failed.
    Busy,
}

impl Step {
    /// The step behind an answer of the money path.
    pub fn of(answer: Result<Outcome, SubmitError>) -> Result<Self, Problem> {
        Ok(match answer {
            Ok(Outcome::Recorded(record)) => Self::recorded(record),
            Ok(Outcome::Conflict(_)) => Self::Conflict,
            // No command of a step has these answers.
            Ok(Outcome::Cleared(_) | Outcome::Ordered(..) | Outcome::Paused(_)) => return Err(Problem::BadForm),
            Err(SubmitError::Unknown(_)) => Self::Unknown,
            Err(SubmitError::NotCharged(_) | SubmitError::Overloaded) => Self::Busy,
        })
    }

    fn recorded(record: Box<Transaction>) -> Self {
        record.decline.map_or(Self::Done(record), Self::Refused)
    }

    /// The redirect to the page at `address`, which tells what became of the step; with what was typed unless it is done.
    pub fn redirect<T: text::Words>(
        &self,
        visit: &Visit<T>,
        address: &str,
        typed: &[&str],
    ) -> Result<Response, Problem> {
        match self {
            Self::Done(_) => Ok(Redirect::to(address).into_response()),
            Self::Refused(_) | Self::Conflict | Self::Unknown => {
                Ok(Flash::new(Typed::Words, typed).redirect(&visit.web, address))
            }
            Self::Busy => Err(Problem::Busy),
        }
    }
}

/// Sends a command and waits for its answer as long as a page may.
pub async fn send(web: &Web, request: RequestId, actor: Actor, command: Command) -> Result<Step, Problem> {
    Step::of(submit(web, request, actor, command).await)
}

/// The address of a page that tells what became of `request`.
pub fn address(path: &str, fields: &[(&str, &str)], request: RequestId) -> String {
    link(path, &[fields, &[("a", &request.to_string())]].concat())
}

crate::said! {
    /// A form that comes back with what was typed.
    pub enum Typed {
        /// The values.
        Words = "typed",
    }
}

/// The last step, as the page's address names it.
#[derive(Clone, Debug)]
pub struct Last {
    request: RequestId,
    /// What became of it: `Done`, `Refused` or `Unknown`.
    pub step: Step,
}

impl Last {
    /// Looks up the request `a` of an address. Nothing if there is none, or if its record is not `of_page`.
    pub async fn find(
        web: &Web,
        actor: Actor,
        a: &str,
        of_page: impl Fn(&Transaction) -> bool,
    ) -> Result<Option<Self>, Problem> {
        let Some(request) = RequestId::parse(a) else { return Ok(None) };
        Ok(match refund::recorded(&web.storage, actor, request).await? {
            None => Some(Self { request, step: Step::Unknown }),
            Some(record) if of_page(&record) => Some(Self { request, step: Step::recorded(Box::new(record)) }),
            Some(_) => None,
        })
    }

    /// Whether it is done.
    pub fn is_done(&self) -> bool {
        matches!(self.step, Step::Done(_))
    }

    /// What the page says unless it is done.
    pub fn told(&self, words: Words, text: &'static Text) -> Option<Told> {
        match self.step {
            Step::Done(_) => None,
            Step::Refused(decline) => {
                let advice = codes::advice(decline, text);
                let more = format!("{} {}", advice.moved, advice.todo.join(" "));
                Some(Told { more, ..Told::refused(words.not_done, advice.what) })
            }
            Step::Conflict | Step::Unknown | Step::Busy => {
                let (what, more) = (words.unknown_do.to_owned(), String::new());
                Some(Told { title: words.unknown, what, more, class: "warn", icon: "unk" })
            }
        }
    }
}

/// The request id of the form after the step `last`: the same one while its outcome is unknown.
pub fn next_request<T: text::Words>(visit: &Visit<T>, last: Option<&Last>) -> RequestId {
    let again = last.filter(|last| matches!(last.step, Step::Unknown));
    again.map_or_else(|| visit.new_request(), |last| last.request)
}

/// Value number `n` of what was typed before the step came back.
pub fn typed<T: text::Words>(visit: &Visit<T>, n: usize) -> String {
    let again = visit.flash.said().map(|Typed::Words| visit.flash.value(n).to_owned());
    again.unwrap_or_default()
}

/// A note above the page.
#[derive(Clone, Debug)]
pub struct Told {
    /// That it is not done, or not known.
    pub title: &'static str,
    /// Why.
    pub what: String,
    /// Whether money moved, and what to do.
    pub more: String,
    /// `bad`, or `warn` while it is not known.
    pub class: &'static str,
    /// Its icon.
    pub icon: &'static str,
}

impl Told {
    /// That something is not done, and why.
    pub fn refused(title: &'static str, what: String) -> Self {
        Self { title, what, more: String::new(), class: "bad", icon: "bad" }
    }
}

/// A page's own words for it.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Title of a decline.
    pub not_done: &'static str,
    /// Title when nothing is on record.
    pub unknown: &'static str,
    /// What to do then.
    pub unknown_do: &'static str,
}

/// What a person can do about something that two people decide.
pub enum Stage {
    /// Nothing: it is decided, or only to be read.
    Closed,
    /// It waits, and for what.
    Waits(String),
    /// To answer or decide.
    Form(Filled),
}

/// The form of an answer or a decision, as it is shown.
pub struct Filled {
    /// Its request id.
    pub request: RequestId,
    /// The reason.
    pub words: String,
    /// What is wrong with that.
    pub wrong: Option<&'static str>,
}

impl Filled {
    /// The form after the step `last`.
    pub fn after(visit: &Visit, last: Option<&Last>) -> Self {
        Self { request: next_request(visit, last), words: typed(visit, 0), wrong: None }
    }
}

/// The form of an answer or a decision, as it is sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    request: String,
    #[serde(alias = "opinion")]
    words: String,
    #[serde(rename = "do")]
    action: String,
    /// Set by the page that asks again.
    sure: String,
}

/// Yes or no, with the reason.
pub struct Choice {
    /// The form's request id.
    pub request: RequestId,
    /// Which of the two buttons.
    pub yes: bool,
    /// The reason, of any length.
    pub words: String,
    /// It comes from the page that asks again.
    pub sure: bool,
}

impl Fields {
    /// What was chosen.
    pub fn choice(&self) -> Result<Choice, Problem> {
        let request = RequestId::parse(&self.request).ok_or(Problem::BadForm)?;
        let yes = match self.action.as_str() {
            "ok" => true,
            "no" => false,
            _ => return Err(Problem::BadForm),
        };
        Ok(Choice { request, yes, words: self.words.trim().to_owned(), sure: self.sure == "1" })
    }
}
