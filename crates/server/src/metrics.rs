//! `/metrics` for Prometheus. It has its own address, so tills cannot read it.

use std::fs;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use domain::time::HOUR;
use engine::clock::Clock;
use storage::Storage;
use storage::api_key;
use storage::payment;
use storage::sweep;
use storage::webhook::delivery;
use telemetry::metrics::{self, Snapshot};
use tokio::net::TcpListener;

use crate::Failure;

/// How long before its end a key is counted, microseconds: 14 days.
const KEYS_WITHIN: i64 = 14 * 24 * HOUR;

#[derive(Clone)]
struct Source {
    storage: Storage,
    clock: Clock,
    /// Start of the program, seconds since 1970.
    started: f64,
}

/// Serves scrapes on `address` until the program ends. Returns the bound address.
pub(crate) async fn serve(address: SocketAddr, storage: Storage, clock: Clock) -> Result<SocketAddr, Failure> {
    let failed =
        |error: std::io::Error| Failure::Configuration(format!("cannot listen for metrics on {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let started = seconds(clock.now().0);
    let router = Router::new().route("/metrics", get(show)).with_state(Source { storage, clock, started });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(bound)
}

/// If the store does not answer, its metrics are zero and the others are still served.
async fn show(State(source): State<Source>) -> impl IntoResponse {
    let attempts = payment::attempts_open(&source.storage, None, source.clock.now()).await;
    let attempts = attempts.map_or(0, |open| u32::try_from(open.len()).unwrap_or(u32::MAX));
    let deliveries = delivery::pending(&source.storage).await;
    let deliveries = deliveries.map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX));
    let pins = sweep::widest(&source.storage, source.clock.now()).await.unwrap_or_default();
    let keys = api_key::ending(&source.storage, source.clock.now(), KEYS_WITHIN).await.unwrap_or(0);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let files = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let snapshot = Snapshot {
        store: source.storage.connections(),
        attempts,
        deliveries,
        wrong_pin_cards: (pins.outlet, pins.merchant),
        pin_stopped: pins.stopped,
        keys_ending: keys,
        memory: resident(&status).unwrap_or(0),
        processor: processor().unwrap_or(0.0),
        files: u32::try_from(files).unwrap_or(u32::MAX),
        started: source.started,
    };
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics::text(snapshot))
}

/// Resident memory in bytes, from `/proc/self/status` (proc(5)).
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1_024)
}

/// CPU time so far in seconds, from `/proc/self/stat` (proc(5)): user and system, in hundredths.
fn processor() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "a moment for a person to read")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}
