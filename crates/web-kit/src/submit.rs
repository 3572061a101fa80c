//! Handing a command to the money path: who acts, and how long a page waits for the answer.

use std::time::Duration;

use domain::command::{Actor, Command};
use domain::ids::{OutletId, RequestId};
use domain::outcome::Outcome;
use domain::place::Place;
use engine::SubmitError;

use crate::Web;
use crate::problem::Problem;
use crate::session::Session;

/// How long a page waits for the answer of a command; after that its outcome is unknown.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// A duration as the clock counts.
pub fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The person at the session's till, as the books know it: from the session only.
pub fn actor(session: &Session) -> Result<Actor, Problem> {
    let (store, terminal) = (session.store()?, session.till()?.terminal);
    Ok(Actor { merchant: store.merchant, outlet: store.outlet, terminal, person: session.person })
}

/// The person for what needs no till: at the till where there is one, else away from it; a person of a whole merchant
/// acts for `outlet`, and the card company's for the company.
pub fn actor_anywhere(session: &Session, outlet: OutletId) -> Actor {
    match session.place {
        Place::Company => Actor::issuer(session.person),
        Place::Merchant(merchant) => Actor::away(merchant, outlet, session.person),
        Place::Outlet(merchant, own) => actor(session).unwrap_or_else(|_| Actor::away(merchant, own, session.person)),
    }
}

/// Hands a command over and waits for its answer as long as a page may.
pub async fn submit(web: &Web, request: RequestId, actor: Actor, command: Command) -> Result<Outcome, SubmitError> {
    let answer = tokio::time::timeout(ANSWER_WITHIN, web.engine.submit(request, actor, command)).await;
    answer.unwrap_or_else(|_| Err(SubmitError::Unknown("no answer in time".to_owned())))
}

/// Hands many commands over, each under a request id of its own, and waits for all answers, in order. The queue takes them
/// between payments, so nobody at a till waits for the whole of them.
pub async fn submit_all(web: &Web, actor: Actor, commands: Vec<Command>) -> Vec<Result<Outcome, SubmitError>> {
    let mut answers = Vec::with_capacity(commands.len());
    let mut waiting = commands.into_iter().peekable();
    while waiting.peek().is_some() {
        let some = waiting.by_ref().take(AT_ONCE).map(|command| {
            let web = web.clone();
            tokio::spawn(async move { submit(&web, RequestId(crate::cookies::random()), actor, command).await })
        });
        let some: Vec<_> = some.collect();
        for one in some {
            answers.push(one.await.unwrap_or_else(|_| Err(SubmitError::Unknown("the task ended".to_owned()))));
        }
    }
    answers
}

/// Commands of [`submit_all`] that are in the queue at once: fewer than a group takes.
const AT_ONCE: usize = 100;
