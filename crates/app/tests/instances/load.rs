//! Concurrent payments through all instances, with a record of the acknowledged ones outside of the program.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::installation::{Installation, until};
use crate::program::{Reply, ask};

const CALLERS: u32 = 6;
/// Pause before the same request is sent again.
const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// A demo card with enough money for every payment of 0.01.
pub(crate) const CARD: (&str, &str) = ("6086250000070073", "654321");

/// What the callers know.
#[derive(Default)]
pub(crate) struct Seen {
    /// The request id, number and time of each acknowledged payment.
    pub(crate) acknowledged: BTreeMap<String, (String, Instant)>,
    /// Payments that were withdrawn because their outcome was unknown: never charged.
    pub(crate) withdrawn: Vec<String>,
    /// Answers that made a caller repeat the request, with their counts.
    pub(crate) repeated: BTreeMap<String, u32>,
}

impl Seen {
    /// The longest time without an acknowledged payment.
    pub(crate) fn gap(&self) -> Duration {
        let mut times: Vec<Instant> = self.acknowledged.values().map(|(_, at)| *at).collect();
        times.sort_unstable();
        times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }
}

/// The running load.
pub(crate) struct Load {
    seen: Arc<Mutex<Seen>>,
    /// Targets of the requests, in turn, as a proxy in front of the instances knows them.
    instances: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    callers: Vec<JoinHandle<()>>,
}

impl Load {
    pub(crate) fn start(instances: Vec<String>) -> Self {
        Self::start_from(0, instances)
    }

    /// Starts with keys from number `first` on, so that they differ from those of an earlier load.
    pub(crate) fn start_from(first: u32, instances: Vec<String>) -> Self {
        let (seen, instances) = (Arc::default(), Arc::new(Mutex::new(instances)));
        let mut load = Self { seen, instances, stop: Arc::default(), callers: Vec::new() };
        for caller in 0..CALLERS {
            let (seen, instances, stop) = (Arc::clone(&load.seen), Arc::clone(&load.instances), Arc::clone(&load.stop));
            load.callers.push(spawn(move || {
                let mut turn = usize::try_from(caller).expect("small");
                for n in first.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    pay_until_known(&format!("{caller:016x}{n:016x}"), &instances, &mut turn, &seen);
                }
            }));
        }
        load
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no caller panicked")
    }

    /// Changes the targets.
    pub(crate) fn send_to(&self, instances: Vec<String>) {
        *self.instances.lock().expect("no caller panicked") = instances;
    }

    /// Waits until `count` more payments are acknowledged.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) {
        let before = self.seen().acknowledged.len();
        until("payments go on", || {
            assert!(!self.callers.iter().any(JoinHandle::is_finished), "a caller got an answer that is not allowed");
            self.seen().acknowledged.len() >= before + count
        });
    }

    /// Waits until every caller has a definite answer. Returns what the callers know.
    pub(crate) fn finish(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        for caller in self.callers {
            caller.join().expect("every answer was allowed");
        }
        std::mem::take(&mut *self.seen.lock().expect("no caller panicked"))
    }
}

/// Repeats one payment until its outcome is known. Until then only "not charged", "unknown" and a missing answer are
/// allowed.
fn pay_until_known(key: &str, instances: &Mutex<Vec<String>>, turn: &mut usize, seen: &Mutex<Seen>) {
    loop {
        let address = {
            let instances = instances.lock().expect("no caller panicked");
            *turn += 1;
            instances[*turn % instances.len()].clone()
        };
        let said = match pay(&address, key, 1) {
            Ok(reply) => {
                let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
                let word = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
                match (reply.status, word("status").as_str(), word("response_code").as_str()) {
                    (201, "approved", "00") => {
                        let known = (word("id"), Instant::now());
                        seen.lock().expect("no caller panicked").acknowledged.insert(key.to_owned(), known);
                        return;
                    }
                    (201, "declined", "25") => {
                        seen.lock().expect("no caller panicked").withdrawn.push(key.to_owned());
                        return;
                    }
                    (202, "unknown", _) => "202 unknown".to_owned(),
                    (409 | 503, ..) => format!("{} {}", reply.status, word("code")),
                    // From a proxy that got no answer itself.
                    (502, ..) => "502".to_owned(),
                    _ => panic!("{reply:?}"),
                }
            }
            Err(error) => format!("no answer: {:?}", error.kind()),
        };
        *seen.lock().expect("no caller panicked").repeated.entry(said).or_default() += 1;
        sleep(AGAIN_AFTER);
    }
}

/// One payment of `amount` fen under `key`.
pub(crate) fn pay(address: &str, key: &str, amount: i64) -> std::io::Result<Reply> {
    let body = json!({"card_number": CARD.0, "pin": CARD.1, "amount": amount, "currency": "CNY"});
    post(address, "payments", key, &body)
}

pub(crate) fn post(address: &str, what: &str, key: &str, body: &Value) -> std::io::Result<Reply> {
    let headers = [
        ("Authorization", "Bearer wpos_1001_demo-erp-2026"),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", key),
    ];
    ask(address, "POST", &format!("/api/v1/{what}"), &headers, &body.to_string())
}

/// Asserts that exactly the acknowledged payments are on record, each once, no withdrawn one is, and the ledger
/// verifies.
#[track_caller]
pub(crate) fn check(installation: &Installation, seen: &Seen, sql: impl Fn(&str) -> String) {
    let rows = sql("SELECT encode(request_id, 'hex'), lpad(id::text, 12, '0') FROM ledger_transaction
        WHERE kind = 'sale' AND decline IS NULL ORDER BY request_id");
    let charged: Vec<(&str, &str)> = rows.lines().filter_map(|line| line.split_once('|')).collect();
    let acknowledged: Vec<(&str, &str)> =
        seen.acknowledged.iter().map(|(key, (id, _))| (key.as_str(), id.as_str())).collect();
    assert_eq!(charged, acknowledged, "on record, and acknowledged");
    assert!(seen.withdrawn.iter().all(|key| !seen.acknowledged.contains_key(key)));
    installation.assert_in_order();
}
