//! Requests in flight: each change runs once at a time, with a timeout for the caller, and is never cancelled when the
//! caller disconnects.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::command::{Actor, Command};
use domain::ids::{MerchantId, RequestId};
use domain::ledger::Transaction;
use domain::outcome::Outcome;
use domain::sweep::{Pause, WatchKind};
use domain::time::Timestamp;
use engine::SubmitError;
use storage::merchant;
use tracing::Instrument as _;

use crate::Api;
use crate::caller::Caller;
use crate::problem::{Code, Problem};

/// How long a caller waits for an outcome. After that it is unknown.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Seconds after which to ask again about a request in flight.
pub(crate) const AGAIN_AFTER: u32 = 1;

/// The same about PINs that are not compared before a manager lifts the stop: an hour.
const STOPPED_AGAIN_AFTER: i64 = 3_600;

type Key = (MerchantId, RequestId);

/// The changes in flight in this instance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flights(Arc<Mutex<HashSet<Key>>>);

/// A change in flight, until it is dropped.
struct Flight {
    flights: Flights,
    key: Key,
}

impl Flights {
    fn begin(&self, key: Key) -> Option<Flight> {
        let new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        new.then(|| Flight { flights: self.clone(), key })
    }

    /// Whether the change is in flight in this instance.
    pub(crate) fn holds(&self, merchant: MerchantId, request: RequestId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&(merchant, request))
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// The result of a change that moves money.
#[derive(Clone, Debug)]
pub(crate) enum Done<T = Box<Transaction>> {
    /// It is on record.
    Known(T),
    /// Not known yet.
    Unknown,
}

/// Runs `work` as a separate task, so that it continues if the caller disconnects, and waits for it with a timeout.
pub(crate) async fn once<T: Send + 'static>(
    api: &Api,
    caller: &Caller,
    work: impl Future<Output = Result<Done<T>, Problem>> + Send + 'static,
) -> Result<Done<T>, Problem> {
    let key = (caller.key.merchant, caller.request()?);
    let Some(flight) = api.flights.begin(key) else {
        return Err(Problem::new(Code::InFlight, "").after(AGAIN_AFTER));
    };
    let work = async move {
        let done = work.await;
        drop(flight);
        done
    };
    match tokio::time::timeout(ANSWER_WITHIN, tokio::spawn(work.in_current_span())).await {
        Ok(Ok(done)) => done,
        // A panic: whether it came before or after the commit is not known here.
        Ok(Err(_)) | Err(_) => Ok(Done::Unknown),
    }
}

/// Submits a command to the money path, unless its outcome is already on record.
pub(crate) async fn submit(api: &Api, actor: Actor, request: RequestId, command: Command) -> Result<Done, Problem> {
    if let Some(recorded) = merchant::transaction_of(&api.storage, actor.merchant, request).await? {
        return Ok(Done::Known(Box::new(recorded)));
    }
    match api.engine.submit(request, actor, command).await {
        Ok(Outcome::Recorded(transaction)) => Ok(Done::Known(transaction)),
        Ok(other) => Err(refused(&other, api.clock.now())),
        Err(error) => not_known(&error),
    }
}

/// The problem for an outcome that is not a record.
pub(crate) fn refused(outcome: &Outcome, now: Timestamp) -> Problem {
    match outcome {
        Outcome::Conflict(_) => Problem::new(Code::IdempotencyConflict, ""),
        Outcome::Paused(pause) => paused(*pause, now),
        _ => Problem::new(Code::Internal, ""),
    }
}

fn paused(pause: Pause, now: Timestamp) -> Problem {
    let whose = if pause.kind == WatchKind::Network { "this network" } else { "this key" };
    let end = pause.until.map_or_else(
        || "A manager of the merchant has to lift the stop.".to_owned(),
        |until| format!("PINs are checked again at {}.", until.rfc3339_text()),
    );
    let message = format!("Wrong PINs on too many cards from {whose}. {end}");
    let wait =
        pause.until.map_or(STOPPED_AGAIN_AFTER, |until| until.since(now).div_euclid(1_000_000).saturating_add(1));
    Problem::new(Code::PinVelocity, message).after(u32::try_from(wait).unwrap_or(u32::MAX))
}

/// What the caller is told if there is no outcome.
pub(crate) fn not_known<T>(error: &SubmitError) -> Result<Done<T>, Problem> {
    match error {
        SubmitError::Overloaded | SubmitError::NotCharged(_) => {
            let message = "Nothing was charged. Repeat with the same Idempotency-Key.";
            Err(Problem::new(Code::Unavailable, message).after(AGAIN_AFTER))
        }
        SubmitError::Unknown(_) => Ok(Done::Unknown),
    }
}
