//! The money path between the doors and the books: bounded queue, grouping, clock, retry, answer routing.
//!
//! Contains no business rule; those are in `domain`. One hop takes a command from a door to its durable answer:
//!
//! ```text
//! submit -> queue -> books.post_when_ready(group: what queued while the last commit was in flight) -> answers
//! ```
//!
//! The first command in the queue requests a group; when the store is ready, it takes the group out of the queue, with
//! the commands that came meanwhile. So one group is in the store, and at most one request is waiting for it.
//!
//! What must stay true:
//! - There is no timer: an idle till commits alone, at once; a busy installation shares the fsync.
//! - An answer leaves only after the commit returned. A caller that goes away cancels nothing.
//! - A group that fails is run again one by one, so that a command which breaks something fails alone.
//! - Every answer is one of: an outcome, "not charged", "unknown". Unknown is never reported as failed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::command::{Actor, Command, Envelope};
use domain::ids::RequestId;
use domain::outcome::Outcome;
use domain::time::Timestamp;
use storage::{Books, StorageError};
use telemetry::metrics;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::clock::Clock;

pub mod clock;

/// Length of the queue. When it is full, a door answers "busy, not charged" at once, which is better than a late answer.
const QUEUE_MAX: usize = 4_096;

/// Timeout of a command in the queue, microseconds. A command that waited longer is refused, and while one is waiting,
/// new commands are refused at once: so every payment is answered or refused within about a second at any load.
const QUEUED_MAX: i64 = 700_000;

/// Commands of one group: bounds the time the first waits for the last.
const GROUP_MAX: usize = 256;

/// Why there is no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The queue is full, or its first command has timed out. Nothing was done.
    #[error("too many payments are waiting; nothing was charged")]
    Overloaded,
    /// The store failed and wrote nothing.
    #[error("nothing was charged: {0}")]
    NotCharged(String),
    /// It is not known yet whether it was written; ask again with the same request id.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
}

type Caller = oneshot::Sender<Result<Outcome, SubmitError>>;

struct Waiting {
    since: Timestamp,
    request_id: RequestId,
    actor: Actor,
    command: Command,
    caller: Caller,
}

impl Waiting {
    fn late(&self, now: Timestamp) -> bool {
        now.0.saturating_sub(self.since.0) > QUEUED_MAX
    }
}

/// A handle to the money path. Clones share one queue.
#[derive(Clone)]
pub struct Engine(Arc<MoneyPath>);

/// The queue, the books behind it and the clock.
struct MoneyPath {
    books: Books,
    clock: Clock,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// A group was requested and will take the commands that wait.
    called: bool,
}

impl Engine {
    /// The money path over `books`.
    pub fn start(books: Books, clock: Clock) -> Self {
        Self(Arc::new(MoneyPath { books, clock, queue: Mutex::default() }))
    }

    /// Hands a command over and waits for its durable outcome. Dropping the future does not take the command back.
    pub async fn submit(&self, request_id: RequestId, actor: Actor, command: Command) -> Result<Outcome, SubmitError> {
        let (caller, outcome) = oneshot::channel();
        self.0.enter(Waiting { since: self.0.clock.now(), request_id, actor, command, caller })?;
        outcome.await.unwrap_or_else(|_| Err(SubmitError::Unknown("the engine stopped".to_owned())))
    }
}

impl MoneyPath {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(self: &Arc<Self>, one: Waiting) -> Result<(), SubmitError> {
        let mut queue = self.queue();
        let stuck = queue.waiting.front().is_some_and(|first| first.late(one.since));
        if stuck || queue.waiting.len() >= QUEUE_MAX {
            metrics::refused("payment");
            return Err(SubmitError::Overloaded);
        }
        queue.waiting.push_back(one);
        metrics::queued(queue.waiting.len());
        self.call(&mut queue, &Handle::current());
        Ok(())
    }

    /// Requests a group, unless one was requested already.
    fn call(self: &Arc<Self>, queue: &mut Queue, runtime: &Handle) {
        if !queue.waiting.is_empty() && !std::mem::replace(&mut queue.called, true) {
            runtime.spawn(work(Arc::clone(self)));
        }
    }

    /// The waiting commands as one group, which may be empty; stamped with time and randomness, which the domain needs.
    fn take(self: &Arc<Self>, runtime: &Handle) -> Group {
        let mut queue = self.queue();
        queue.called = false;
        let now = self.clock.now();
        while queue.waiting.front().is_some_and(|first| first.late(now)) {
            if let Some(late) = queue.waiting.pop_front() {
                metrics::refused("payment");
                let _ = late.caller.send(Err(SubmitError::Overloaded));
            }
        }
        let size = queue.waiting.len().min(GROUP_MAX);
        let waiting: Vec<Waiting> = queue.waiting.drain(..size).collect();
        metrics::queued(queue.waiting.len());
        self.call(&mut queue, runtime);
        drop(queue);
        let waited = waiting.first().map_or(0, |first| now.since(first.since));
        let mut random = vec![0; size * size_of::<u32>()];
        getrandom::fill(&mut random).expect("the operating system has random bytes");
        let (entropies, _) = random.as_chunks();
        let sealed = waiting.into_iter().zip(entropies).map(|(one, entropy)| {
            let Waiting { request_id, actor, command, caller, .. } = one;
            let entropy = u32::from_le_bytes(*entropy);
            (Envelope { request_id, actor, at: self.clock.now(), entropy, command }, caller)
        });
        let (envelopes, callers): (Vec<_>, Vec<_>) = sealed.unzip();
        let waited = Duration::from_micros(waited.unsigned_abs());
        Group { envelopes: envelopes.into(), callers, waited, taken: Instant::now() }
    }
}

/// Commands that are decided together, with their callers.
struct Group {
    envelopes: Arc<[Envelope]>,
    callers: Vec<Caller>,
    /// Waiting time of its first command.
    waited: Duration,
    taken: Instant,
}

/// One group, from the queue to its callers.
async fn work(path: Arc<MoneyPath>) {
    let take = {
        let (path, runtime) = (Arc::clone(&path), Handle::current());
        move || {
            let group = path.take(&runtime);
            (Arc::clone(&group.envelopes), group)
        }
    };
    let (taken, outcomes) = path.books.post_when_ready(take).await;
    // The store may have refused before it was ready.
    let Group { envelopes, callers, waited, taken } = taken.unwrap_or_else(|| path.take(&Handle::current()));
    if outcomes.is_ok() && !envelopes.is_empty() {
        metrics::group(u32::try_from(envelopes.len()).unwrap_or(u32::MAX), waited, taken.elapsed());
    }
    let results = settle(&path.books, &envelopes, outcomes).await;
    for (caller, result) in callers.into_iter().zip(results) {
        count(&result);
        // The caller may be gone; the outcome stands and is found by its request id.
        let _ = caller.send(result);
    }
}

fn count(result: &Result<Outcome, SubmitError>) {
    match result {
        Ok(outcome) => {
            if let Some(transaction) = outcome.transaction() {
                metrics::outcome(transaction.kind.word(), transaction.code());
            }
            if let Outcome::Paused(pause) = outcome {
                metrics::pin_paused(pause.kind.word());
            }
        }
        Err(SubmitError::Unknown(_)) => metrics::unknown(),
        Err(_) => metrics::refused("store"),
    }
}

/// Results for the callers of a posted group. A group that failed and wrote nothing runs again one by one.
async fn settle(
    books: &Books,
    group: &[Envelope],
    outcomes: Result<Vec<Outcome>, StorageError>,
) -> Vec<Result<Outcome, SubmitError>> {
    let size = group.len();
    match outcomes {
        Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
        Err(error @ StorageError::Unknown(_)) => {
            tracing::error!(%error, size, "the commit's outcome is unknown");
            group.iter().map(|_| Err(SubmitError::Unknown(error.to_string()))).collect()
        }
        // The store cannot be reached: asking again, one by one or together, is pointless.
        Err(error @ StorageError::Unreachable(_)) => {
            tracing::error!(%error, size, "nothing was charged");
            group.iter().map(|_| Err(SubmitError::NotCharged(error.to_string()))).collect()
        }
        Err(error) if size == 1 => {
            tracing::error!(%error, "a command failed and wrote nothing");
            vec![Err(SubmitError::NotCharged(error.to_string()))]
        }
        Err(error) => {
            tracing::warn!(%error, size, "a group failed; running its commands one by one");
            let mut results = Vec::with_capacity(size);
            for one in group.chunks(1) {
                results.extend(Box::pin(settle(books, one, books.post(one).await)).await);
            }
            results
        }
    }
}
