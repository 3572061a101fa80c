//! The payment itself: sent once, its answer awaited for a while, and looked up until it is known.
//!
//! What must stay true:
//! - The order carries the attempt before the sale is sent, so a lost answer always leaves a trace that is followed up.
//! - The same confirmation sent again answers the same result: it carries the request id.
//! - A confirmation that arrives after its order was put aside, given up or changed charges nothing, for good.
//! - Looking up goes through the same queue behind the sale. What is not on record then is withdrawn for good.
//! - The browser going away cancels nothing.

use std::time::Duration;

use axum::Form;
use axum::response::{IntoResponse, Redirect, Response};
use domain::command::{Actor, Command, Proof};
use domain::ids::{OrderId, RequestId};
use domain::outcome::Outcome;
use engine::SubmitError;
use serde::Deserialize;
use storage::StorageError;
use storage::payment::{self, Begun, OpenAttempt};
use storage::product_list::Lists;
use storage::vault::Confirmation;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::Visit;
use crate::sale::panel::{Panel, result_url};
use crate::sale::screen;
use web_kit::Web;
use web_kit::problem::Problem;
use web_kit::submit::{ANSWER_WITHIN, actor, micros};

/// How often attempts without an answer are followed up.
const SWEEP_EVERY: Duration = Duration::from_secs(15);

/// How long 挂起此单 waits for the outcome of its payment: the next customer is there.
const SETTLE_WITHIN: Duration = Duration::from_secs(2);

/// The form of the dialog.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    token: String,
}

/// "Yes": pays the order.
pub(crate) async fn confirm(visit: Visit, Form(form): Form<Fields>) -> Result<Response, Problem> {
    let actor = actor(&visit.session)?;
    let confirmation = visit.web.vault.read_confirmation(&form.token).ok_or(Problem::BadForm)?;
    let (order, request) = (confirmation.order, confirmation.request_id);
    // On its own: the browser may go away, the payment and what follows from its answer must not.
    let lists = visit.session.store()?.lists;
    let sent = tokio::spawn(send(visit.web.clone(), (actor, lists), confirmation).in_current_span());
    match tokio::time::timeout(ANSWER_WITHIN, sent).await {
        Ok(Ok(Err(SubmitError::NotCharged(_) | SubmitError::Overloaded))) => {
            screen::with_panel(&visit, Some(order), Panel::Fault).await
        }
        // Known: its record answers. Unknown: the order carries the attempt, and its page looks it up.
        Ok(Ok(Ok(()) | Err(SubmitError::Unknown(_))) | Err(_)) | Err(_) => {
            Ok(Redirect::to(&result_url(order, request)).into_response())
        }
    }
}

/// Locks the order and sends the sale. When that fails, "not charged" is said only once the attempt is withdrawn: the
/// same confirmation may have been sent before, and been charged.
async fn send(web: Web, (actor, lists): (Actor, Lists), confirmation: Confirmation) -> Result<(), SubmitError> {
    let begun = payment::attempt_begin(&web.storage, (actor, lists), &confirmation, web.clock.now()).await;
    let Confirmation { request_id, order, amount, card, until, .. } = confirmation;
    let masked = card.masked.clone();
    let command = Command::Sale { order, amount, card, proof: Proof::Confirmed { until } };
    let withdrawal = Command::Withdraw { order, amount, masked };
    let answer = match begun {
        Ok(Begun::Moved | Begun::Recalled) => return web.engine.submit(request_id, actor, withdrawal).await.map(drop),
        // The money path gives the reason for a refusal; only a store that fails ends it here.
        Ok(Begun::Locked | Begun::Refused) => web.engine.submit(request_id, actor, command).await,
        Err(StorageError::Unknown(text)) => Err(SubmitError::Unknown(text)),
        Err(other) => Err(SubmitError::NotCharged(other.to_string())),
    };
    let error = match answer {
        Ok(_) => return Ok(()),
        Err(error @ SubmitError::Unknown(_)) => return Err(error),
        Err(error) => error,
    };
    tracing::warn!(%error, payment = %request_id, "a payment could not be sent");
    match web.engine.submit(request_id, actor, withdrawal).await {
        Ok(outcome) if outcome.approved() => Ok(()),
        Ok(_) => Err(error),
        Err(still) => Err(SubmitError::Unknown(still.to_string())),
    }
}

/// Asks for the outcome of `attempt`. What is not on record is withdrawn.
pub(crate) async fn resolve(web: &Web, attempt: &OpenAttempt) -> Result<Outcome, SubmitError> {
    let OpenAttempt { request_id, order, amount, masked, actor, .. } = attempt.clone();
    web.engine.submit(request_id, actor, Command::Withdraw { order, amount, masked }).await
}

/// Makes sure of a payment that the cashier leaves behind, before the order is put aside: withdrawn, or on record. Answers
/// whether it was charged. Without an answer in time the order carries the attempt, and is followed up like any other.
pub(crate) async fn settle(
    web: &Web,
    (actor, lists): (Actor, Lists),
    confirmation: &Confirmation,
) -> Result<bool, Problem> {
    let begun = payment::attempt_begin(&web.storage, (actor, lists), confirmation, web.clock.now()).await?;
    let Confirmation { request_id, order, amount, card, .. } = confirmation.clone();
    let command = Command::Withdraw { order, amount, masked: card.masked };
    let answer = tokio::time::timeout(SETTLE_WITHIN, web.engine.submit(request_id, actor, command)).await;
    if let Ok(Ok(outcome)) = answer {
        return Ok(outcome.approved());
    }
    tracing::warn!(?begun, payment = %request_id, "an order is put aside, its payment's outcome unknown");
    Ok(false)
}

/// The form 立即查询结果.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct QueryFields {
    order: String,
    /// The confirmation, when its answer was lost: the server may never have heard of it.
    token: String,
}

/// Looks up the outcome of a payment, and shows the order with it: of the one that the confirmation names, else of the
/// order's open attempt.
pub(crate) async fn query(visit: Visit, Form(form): Form<QueryFields>) -> Result<Response, Problem> {
    let order = form.order.parse().map(OrderId).map_err(|_| Problem::BadForm)?;
    let outlet = visit.session.store()?.outlet;
    if let Some(confirmation) = visit.web.vault.read_confirmation(&form.token) {
        return look_up(&visit.web, actor(&visit.session)?, confirmation).await;
    }
    let Some(attempt) = payment::attempt_of(visit.db(), outlet, order).await? else {
        let latest = payment::transactions_of_order(visit.db(), outlet, order).await?.into_iter().next();
        let url = latest.map_or_else(|| format!("/sale?order={order}"), |one| result_url(order, one.request_id));
        return Ok(Redirect::to(&url).into_response());
    };
    let request: RequestId = attempt.request_id;
    // No answer leaves the order as it is: locked, its outcome unknown.
    if let Ok(Err(error)) = tokio::time::timeout(ANSWER_WITHIN, resolve(&visit.web, &attempt)).await {
        tracing::warn!(%error, payment = %request, "the outcome of a payment is still unknown");
    }
    Ok(Redirect::to(&result_url(order, request)).into_response())
}

/// Behind the sale in the same queue: its record answers, or it can never be charged any more.
async fn look_up(web: &Web, actor: Actor, confirmation: Confirmation) -> Result<Response, Problem> {
    let Confirmation { request_id, order, amount, card, .. } = confirmation;
    let command = Command::Withdraw { order, amount, masked: card.masked };
    match tokio::time::timeout(ANSWER_WITHIN, web.engine.submit(request_id, actor, command)).await {
        Ok(Ok(_)) => Ok(Redirect::to(&result_url(order, request_id)).into_response()),
        // The panel stays as it is; nothing new is known.
        Ok(Err(_)) | Err(_) => Err(Problem::Unknown),
    }
}

/// Follows up attempts without an answer: those that are older than an answer may take. In a file also all of them at
/// the start, when no page can still be waiting for one; on a server, another instance's may be. The task never ends.
pub fn follow_up(web: Web) -> JoinHandle<()> {
    tokio::spawn(follow_up_forever(web))
}

async fn follow_up_forever(web: Web) {
    let mut older_than = if web.storage.path().is_some() { Duration::ZERO } else { ANSWER_WITHIN };
    loop {
        let before = web.clock.now().plus(-micros(older_than));
        match payment::attempts_open(&web.storage, None, before.plus(1)).await {
            Ok(open) => {
                for attempt in open {
                    match resolve(&web, &attempt).await {
                        Ok(outcome) => {
                            tracing::info!(
                                order = attempt.number,
                                approved = outcome.approved(),
                                "found the outcome of a payment"
                            );
                        }
                        Err(error) => {
                            tracing::warn!(%error, order = attempt.number, "a payment's outcome is still unknown");
                        }
                    }
                }
            }
            Err(error) => tracing::error!(%error, "payments without an answer could not be listed"),
        }
        older_than = ANSWER_WITHIN;
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}
