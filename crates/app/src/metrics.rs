//! `/metrics`, for Prometheus, on an address of its own: figures about the house are nobody's business who has a till.

use std::fs;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use engine::clock::Clock;
use storage::Storage;
use storage::payment;
use storage::webhook::delivery;
use telemetry::metrics::{self, Snapshot};
use tokio::net::TcpListener;

use crate::Failure;

#[derive(Clone)]
struct Watched {
    storage: Storage,
    clock: Clock,
    /// When the program began, seconds since 1970.
    began: f64,
}

/// Answers scrapes on `address` until the program ends. Answers where that is.
pub(crate) async fn serve(address: SocketAddr, storage: Storage, clock: Clock) -> Result<SocketAddr, Failure> {
    let failed =
        |error: std::io::Error| Failure::Configuration(format!("cannot listen for metrics on {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let began = seconds(clock.now().0);
    let router = Router::new().route("/metrics", get(show)).with_state(Watched { storage, clock, began });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(bound)
}

/// A store that does not answer leaves its figures at nothing; the others are told all the same.
async fn show(State(watched): State<Watched>) -> impl IntoResponse {
    let attempts = payment::attempts_open(&watched.storage, None, watched.clock.now()).await;
    let attempts = attempts.map_or(0, |open| u32::try_from(open.len()).unwrap_or(u32::MAX));
    let deliveries = delivery::pending(&watched.storage).await;
    let deliveries = deliveries.map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX));
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let files = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let snapshot = Snapshot {
        store: watched.storage.connections(),
        attempts,
        deliveries,
        memory: resident(&status).unwrap_or(0),
        processor: processor().unwrap_or(0.0),
        files: u32::try_from(files).unwrap_or(u32::MAX),
        began: watched.began,
    };
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics::text(snapshot))
}

/// Resident memory in bytes, out of `/proc/self/status` (proc(5)).
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1_024)
}

/// Processor time so far in seconds, out of `/proc/self/stat` (proc(5)): user and system, in hundredths.
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
