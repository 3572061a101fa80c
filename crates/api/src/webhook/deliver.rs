//! The courier: takes what is due, sends it, writes down what came of it.
//!
//! What must stay true: what is on disk decides what is sent, so a copy of the program that dies loses nothing and
//! another one goes on; a receiver may get an event twice, never not at all (until it is given up).

use std::time::Duration;

use domain::target::TargetsAllowed;
use engine::clock::Clock;
use storage::vault::Vault;
use storage::webhook::delivery::{self, Answer, Taken};
use storage::{Storage, StorageError};
use telemetry::metrics;
use tokio::task::JoinSet;

use super::send::{Caller, Names};
use super::sign;

/// How often an idle courier looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Calls under way at a time.
const AT_ONCE: usize = 32;
/// How often old events are tidied away, in looks: about every hour.
const TIDY_EVERY: u32 = 7_200;

/// Sends events. Cheap to clone.
#[derive(Clone)]
pub struct Courier {
    storage: Storage,
    vault: Vault,
    clock: Clock,
    caller: Caller,
}

impl Courier {
    /// Sends what `storage` holds; `allowed` are targets that the operator permits in spite of the rules.
    pub fn new(storage: Storage, vault: Vault, clock: Clock, allowed: TargetsAllowed) -> Self {
        Self { storage, vault, clock, caller: Caller::new(allowed, Names::System) }
    }

    #[cfg(test)]
    fn with_names(self, allowed: TargetsAllowed, names: Names) -> Self {
        Self { caller: Caller::new(allowed, names), ..self }
    }

    /// Looks and sends for ever.
    pub async fn run(self) {
        let mut under_way = JoinSet::new();
        for look in 0_u32.. {
            if let Err(error) = self.look(look, &mut under_way).await {
                tracing::warn!(%error, "webhooks wait: the store did not answer");
            }
            if look % TIDY_EVERY == 0 {
                self.tidy().await;
            }
            // When a call is over the next event of its object may be due.
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                Some(_) = under_way.join_next() => {}
            }
        }
    }

    /// Takes what is due and sends it beside what is under way; how much that was.
    async fn look(&self, turn: u32, under_way: &mut JoinSet<()>) -> Result<usize, StorageError> {
        while under_way.try_join_next().is_some() {}
        let endpoints = AT_ONCE.saturating_sub(under_way.len()) / delivery::AT_ONCE as usize;
        if endpoints == 0 {
            return Ok(0);
        }
        let now = self.clock.now();
        let mut waiting = delivery::waiting(&self.storage, now).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        // Everybody is first in turn, so that slow endpoints do not keep the others out.
        let first = turn as usize % waiting.len();
        waiting.rotate_left(first);
        waiting.truncate(endpoints);
        let taken = delivery::take(&self.storage, waiting, now).await?;
        let count = taken.len();
        for one in taken {
            let courier = self.clone();
            under_way.spawn(async move { courier.deliver(one).await });
        }
        Ok(count)
    }

    /// Sends everything that is due now and waits for all of it, what follows from it included.
    pub async fn round(&self) -> Result<usize, StorageError> {
        let (mut under_way, mut count) = (JoinSet::new(), 0);
        for turn in 0_u32.. {
            let sent = self.look(turn, &mut under_way).await?;
            if sent == 0 && under_way.is_empty() {
                break;
            }
            count += sent;
            under_way.join_next().await;
        }
        Ok(count)
    }

    async fn deliver(&self, taken: Taken) {
        let (now, endpoint) = (self.clock.now(), &taken.endpoint);
        let signature = sign::header(&sign::secrets(&self.vault, endpoint, now), &taken.payload, now);
        let headers = [
            ("webpos-signature", signature),
            ("webpos-event-id", taken.event.to_string()),
            ("webpos-event-type", taken.kind.word().to_owned()),
            ("webpos-attempt", (taken.attempts + 1).to_string()),
        ];
        let answer = self.caller.post(&endpoint.url, &headers, taken.payload.clone()).await;
        self.note(&taken, answer).await;
    }

    /// What cannot be written down is sent again when the lease is over.
    async fn note(&self, taken: &Taken, answer: Answer) {
        let (endpoint, event, status) = (taken.endpoint.id, taken.event, answer.status);
        tracing::info!(%endpoint, event, status, attempts = taken.attempts + 1, "webhook sent");
        metrics::webhook(if answer.accepted() { "ok" } else { "failed" });
        match delivery::answered(&self.storage, taken, answer, self.clock.now()).await {
            Ok(true) => tracing::warn!(%endpoint, "a webhook endpoint failed for three days and was stopped"),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, %endpoint, event, "a webhook's answer could not be written"),
        }
    }

    async fn tidy(&self) {
        loop {
            match delivery::tidy(&self.storage, self.clock.now()).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return tracing::warn!(%error, "old events could not be tidied away"),
            }
        }
    }
}

#[cfg(test)]
mod tests;
