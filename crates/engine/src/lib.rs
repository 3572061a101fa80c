//! The money path between the doors and the books: bounded queue, grouping, clock, retry, answer routing.
//!
//! Contains no business rule; those are in `domain`. One hop takes a command from a door to its durable answer:
//!
//! ```text
//! submit -> queue -> group (what queued while the last commit was in flight) -> books.post -> answers
//! ```
//!
//! What must stay true:
//! - There is no timer: an idle till commits alone, at once; a busy house shares the fsync.
//! - An answer leaves only after the commit returned. The caller going away cancels nothing.
//! - A group that fails is run again one by one, so that a command which breaks something fails alone.
//! - Every answer is one of: an outcome, "not charged", "unknown". Unknown is never dressed up as failed.

use domain::command::{Actor, Command, Envelope};
use domain::ids::RequestId;
use domain::outcome::Outcome;
use storage::{Books, StorageError};
use tokio::sync::{mpsc, oneshot};

use crate::clock::Clock;

pub mod clock;

/// Commands that may wait. Beyond that a door says at once "busy, not charged", which beats a late answer.
const QUEUE_MAX: usize = 4_096;

/// Commands of one group: bounds the time the first waits for the last.
const GROUP_MAX: usize = 256;

/// Why there is no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Too much is waiting. Nothing was done.
    #[error("too many payments are waiting; nothing was charged")]
    Overloaded,
    /// The store failed and wrote nothing.
    #[error("nothing was charged: {0}")]
    NotCharged(String),
    /// Nobody knows yet whether it was written; ask again with the same request id.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
}

struct Waiting {
    request_id: RequestId,
    actor: Actor,
    command: Command,
    answer: oneshot::Sender<Result<Outcome, SubmitError>>,
}

/// Handle to the money path. Clones share one queue.
#[derive(Clone)]
pub struct Engine {
    queue: mpsc::Sender<Waiting>,
}

impl Engine {
    /// Starts the worker over `books`. It ends when every handle is gone and the queue is drained.
    pub fn start(books: Books, clock: Clock) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(work(books, clock, waiting));
        Self { queue }
    }

    /// Hands a command over and waits for its durable outcome. Dropping the future does not take the command back.
    pub async fn submit(&self, request_id: RequestId, actor: Actor, command: Command) -> Result<Outcome, SubmitError> {
        let (answer, outcome) = oneshot::channel();
        let waiting = Waiting { request_id, actor, command, answer };
        self.queue.try_send(waiting).map_err(|_| SubmitError::Overloaded)?;
        outcome.await.unwrap_or_else(|_| Err(SubmitError::Unknown("the engine stopped".to_owned())))
    }
}

async fn work(books: Books, clock: Clock, mut queue: mpsc::Receiver<Waiting>) {
    let mut waiting = Vec::with_capacity(GROUP_MAX);
    while queue.recv_many(&mut waiting, GROUP_MAX).await > 0 {
        let (group, answers): (Vec<_>, Vec<_>) = waiting.drain(..).map(|one| seal(one, &clock)).unzip();
        let results = post(&books, group).await;
        for (answer, result) in answers.into_iter().zip(results) {
            // Nobody waits any more; the outcome stands and is found by its request id.
            let _ = answer.send(result);
        }
    }
}

/// Stamps time and randomness, which the domain never asks for.
fn seal(one: Waiting, clock: &Clock) -> (Envelope, oneshot::Sender<Result<Outcome, SubmitError>>) {
    let mut random = [0; 4];
    getrandom::fill(&mut random).expect("the operating system has random bytes");
    let Waiting { request_id, actor, command, answer } = one;
    let envelope = Envelope { request_id, actor, at: clock.now(), entropy: u32::from_le_bytes(random), command };
    (envelope, answer)
}

async fn post(books: &Books, group: Vec<Envelope>) -> Vec<Result<Outcome, SubmitError>> {
    let size = group.len();
    match books.post(group.clone()).await {
        Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
        Err(error @ StorageError::Unknown(_)) => {
            tracing::error!(%error, size, "the commit's outcome is unknown");
            group.iter().map(|_| Err(SubmitError::Unknown(error.to_string()))).collect()
        }
        // Nobody there to ask again, one by one or together.
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
            for envelope in group {
                results.extend(Box::pin(post(books, vec![envelope])).await);
            }
            results
        }
    }
}
