//! Payments from many programs at once through all copies, and a list of what was acknowledged, kept outside.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::{House, until};
use crate::outside::{Reply, ask};

const CALLERS: u32 = 6;
/// Before the same request is sent again.
const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// A demo card with enough for every payment of 0.01.
pub(crate) const CARD: (&str, &str) = ("6086250000070073", "654321");

/// What is known outside.
#[derive(Default)]
pub(crate) struct Seen {
    /// Request id and number of each payment that was acknowledged, and when.
    pub(crate) acknowledged: BTreeMap<String, (String, Instant)>,
    /// Payments that were taken back after nobody knew their outcome: never charged.
    pub(crate) withdrawn: Vec<String>,
    /// Answers that made a caller send the same again, by what they said.
    pub(crate) repeated: BTreeMap<String, u32>,
}

impl Seen {
    /// The longest time without any payment that was acknowledged.
    pub(crate) fn gap(&self) -> Duration {
        let mut times: Vec<Instant> = self.acknowledged.values().map(|(_, at)| *at).collect();
        times.sort_unstable();
        times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }
}

/// Payments under way.
pub(crate) struct Load {
    seen: Arc<Mutex<Seen>>,
    /// Where requests go, in turn; what a proxy in front of the copies knows.
    copies: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    callers: Vec<JoinHandle<()>>,
}

impl Load {
    pub(crate) fn start(copies: Vec<String>) -> Self {
        Self::start_from(0, copies)
    }

    /// The same with keys that no load from a lower number used.
    pub(crate) fn start_from(first: u32, copies: Vec<String>) -> Self {
        let (seen, copies) = (Arc::default(), Arc::new(Mutex::new(copies)));
        let mut load = Self { seen, copies, stop: Arc::default(), callers: Vec::new() };
        for caller in 0..CALLERS {
            let (seen, copies, stop) = (Arc::clone(&load.seen), Arc::clone(&load.copies), Arc::clone(&load.stop));
            load.callers.push(spawn(move || {
                let mut turn = usize::try_from(caller).expect("small");
                for n in first.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    pay_until_known(&format!("{caller:016x}{n:016x}"), &copies, &mut turn, &seen);
                }
            }));
        }
        load
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no caller panicked")
    }

    /// Sends to these from now on.
    pub(crate) fn send_to(&self, copies: Vec<String>) {
        *self.copies.lock().expect("no caller panicked") = copies;
    }

    /// Waits until `count` more are acknowledged.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) {
        let before = self.seen().acknowledged.len();
        until("payments go on", || {
            assert!(!self.callers.iter().any(JoinHandle::is_finished), "a caller got an answer that may not be given");
            self.seen().acknowledged.len() >= before + count
        });
    }

    /// Lets every caller get a definite answer for what it sent, then tells all that is known.
    pub(crate) fn finish(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        for caller in self.callers {
            caller.join().expect("every answer was one that may be given");
        }
        std::mem::take(&mut *self.seen.lock().expect("no caller panicked"))
    }
}

/// Sends one payment, the same again and again, until its outcome is known. The only answers in between are those that
/// say "not charged" or "unknown", and no answer.
fn pay_until_known(key: &str, copies: &Mutex<Vec<String>>, turn: &mut usize, seen: &Mutex<Seen>) {
    loop {
        let address = {
            let copies = copies.lock().expect("nobody panics with it");
            *turn += 1;
            copies[*turn % copies.len()].clone()
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
                    // Of a proxy that got no answer itself.
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

/// What is on record is exactly what was acknowledged, each once; what was taken back is not; the books are in order.
#[track_caller]
pub(crate) fn check(house: &House, seen: &Seen, sql: impl Fn(&str) -> String) {
    let rows = sql("SELECT encode(request_id, 'hex'), lpad(id::text, 12, '0') FROM ledger_transaction
        WHERE kind = 'sale' AND decline IS NULL ORDER BY request_id");
    let charged: Vec<(&str, &str)> = rows.lines().filter_map(|line| line.split_once('|')).collect();
    let acknowledged: Vec<(&str, &str)> =
        seen.acknowledged.iter().map(|(key, (id, _))| (key.as_str(), id.as_str())).collect();
    assert_eq!(charged, acknowledged, "on record, and acknowledged");
    assert!(seen.withdrawn.iter().all(|key| !seen.acknowledged.contains_key(key)));
    house.assert_in_order();
}
