//! The courier takes deliveries that are due, sends them and records the responses.
//!
//! What must stay true: the database decides what is sent, so an instance that dies loses nothing and another
//! continues; a receiver may get an event twice, but never misses one (until it is given up).

use std::time::Duration;

use engine::clock::Clock;
use storage::vault::Vault;
use storage::webhook::delivery::{self, EndpointAnswer, LeasedDelivery};
use storage::{Storage, StorageError};
use telemetry::metrics;
use tokio::task::JoinSet;
use webhook_target::TargetsAllowed;

use super::send::{Client, Names};
use super::sign;

/// How often an idle courier polls.
const POLL_EVERY: Duration = Duration::from_millis(500);
/// Concurrent calls.
const AT_ONCE: usize = 32;
/// How often old events are deleted, in polls: about every hour.
const TIDY_EVERY: u32 = 7_200;

/// Sends events. Cheap to clone.
#[derive(Clone)]
pub struct Courier {
    storage: Storage,
    vault: Vault,
    clock: Clock,
    client: Client,
}

impl Courier {
    /// Sends the deliveries in `storage`; `allowed` are targets that the administrator permits despite the rules.
    pub fn new(storage: Storage, vault: Vault, clock: Clock, allowed: TargetsAllowed) -> Self {
        Self { storage, vault, clock, client: Client::new(allowed, Names::System) }
    }

    #[cfg(test)]
    fn with_names(self, allowed: TargetsAllowed, names: Names) -> Self {
        Self { client: Client::new(allowed, names), ..self }
    }

    /// Polls and sends for ever.
    pub async fn run(self) {
        let mut in_flight = JoinSet::new();
        for turn in 0_u32.. {
            if let Err(error) = self.poll(turn, &mut in_flight).await {
                tracing::warn!(%error, "webhooks are delayed: the store did not answer");
            }
            if turn % TIDY_EVERY == 0 {
                self.tidy().await;
            }
            // After a call, the next event of the same object may be due.
            tokio::select! {
                () = tokio::time::sleep(POLL_EVERY) => {}
                Some(_) = in_flight.join_next() => {}
            }
        }
    }

    /// Takes deliveries that are due and sends them beside those in flight. Returns how many it took.
    async fn poll(&self, turn: u32, in_flight: &mut JoinSet<()>) -> Result<usize, StorageError> {
        while in_flight.try_join_next().is_some() {}
        let endpoints = AT_ONCE.saturating_sub(in_flight.len()) / delivery::AT_ONCE as usize;
        if endpoints == 0 {
            return Ok(0);
        }
        let now = self.clock.now();
        let mut waiting = delivery::waiting(&self.storage, now).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        // Each endpoint is first in turn, so that slow ones do not starve the others.
        let first = turn as usize % waiting.len();
        waiting.rotate_left(first);
        waiting.truncate(endpoints);
        let leased = delivery::lease(&self.storage, waiting, now).await?;
        let count = leased.len();
        for delivery in leased {
            let courier = self.clone();
            in_flight.spawn(async move { courier.deliver(delivery).await });
        }
        Ok(count)
    }

    /// Sends everything that is due now, including deliveries that become due thereby, and waits for all of it.
    pub async fn round(&self) -> Result<usize, StorageError> {
        let (mut in_flight, mut count) = (JoinSet::new(), 0);
        for turn in 0_u32.. {
            let sent = self.poll(turn, &mut in_flight).await?;
            if sent == 0 && in_flight.is_empty() {
                break;
            }
            count += sent;
            in_flight.join_next().await;
        }
        Ok(count)
    }

    async fn deliver(&self, leased: LeasedDelivery) {
        let (now, endpoint) = (self.clock.now(), &leased.endpoint);
        let signature = sign::header(&sign::secrets(&self.vault, endpoint, now), &leased.payload, now);
        let headers = [
            ("webpos-signature", signature),
            ("webpos-event-id", leased.event.to_string()),
            ("webpos-event-type", leased.kind.word().to_owned()),
            ("webpos-attempt", (leased.attempts + 1).to_string()),
        ];
        let answer = self.client.post(&endpoint.url, &headers, leased.payload.clone()).await;
        self.record(&leased, answer).await;
    }

    /// Records the response. If that fails, the event is sent again when the lease expires.
    async fn record(&self, leased: &LeasedDelivery, answer: EndpointAnswer) {
        let (endpoint, event, status) = (leased.endpoint.id, leased.event, answer.status);
        tracing::info!(%endpoint, event, status, attempts = leased.attempts + 1, "webhook sent");
        metrics::webhook(if answer.accepted() { "ok" } else { "failed" });
        match delivery::record_answer(&self.storage, leased, answer, self.clock.now()).await {
            Ok(true) => tracing::warn!(%endpoint, "a webhook endpoint failed for three days and was stopped"),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, %endpoint, event, "the response to a webhook could not be recorded"),
        }
    }

    async fn tidy(&self) {
        loop {
            match delivery::tidy(&self.storage, self.clock.now()).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return tracing::warn!(%error, "old events could not be deleted"),
            }
        }
    }
}

#[cfg(test)]
mod tests;
