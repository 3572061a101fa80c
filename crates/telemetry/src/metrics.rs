//! The metrics of the program, in Prometheus' format (`OpenMetrics` text,
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>).
//!
//! What must stay true:
//! - A label is one of a few fixed words: never a number, name, address or text from a caller.
//! - Counting costs a payment almost nothing: atomics, and a read-only look-up of the labels.

use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// Content type of a scrape.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels<const N: usize> = [(&'static str, &'static str); N];
type FloatGauge = Gauge<f64, AtomicU64>;

struct Metrics {
    registry: Registry,
    requests: Family<[(&'static str, String); 3], Counter>,
    request_seconds: Family<Labels<1>, Histogram, fn() -> Histogram>,
    outcomes: Family<Labels<2>, Counter>,
    refused: Family<Labels<1>, Counter>,
    pin_paused: Family<Labels<1>, Counter>,
    wrong_pin_cards: Family<Labels<1>, FloatGauge>,
    unknown: Counter,
    group_commands: Histogram,
    group_seconds: Histogram,
    queue_seconds: Histogram,
    queued: Gauge,
    logins: Family<Labels<1>, Counter>,
    webhooks: Family<Labels<1>, Counter>,
    connections: Gauge,
    figures: Family<Labels<1>, FloatGauge>,
    store: Family<Labels<1>, FloatGauge>,
    processor: Counter<f64, AtomicU64>,
    process: [FloatGauge; 3],
}

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// Buckets from 0.25 ms to 8 s, doubling.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 16))
}

fn zero(family: &Family<Labels<1>, Counter>, label: &'static str, values: &[&'static str]) {
    for value in values {
        drop(family.get_or_create(&[(label, *value)]));
    }
}

impl Metrics {
    fn new() -> Self {
        let mut registry = Registry::default();
        let requests = Family::default();
        let request_seconds = Family::new_with_constructor(seconds as fn() -> Histogram);
        let (outcomes, refused, unknown) = (Family::default(), Family::default(), Counter::default());
        let (pin_paused, wrong_pin_cards) = (Family::default(), Family::default());
        let (group_seconds, queue_seconds) = (seconds(), seconds());
        let group_commands = Histogram::new(exponential_buckets(1.0, 2.0, 9));
        let (queued, logins, webhooks) = (Gauge::default(), Family::default(), Family::default());
        let (connections, figures, store) = (Gauge::default(), Family::default(), Family::default());
        let (processor, process): (Counter<f64, AtomicU64>, [FloatGauge; 3]) = Default::default();
        let own = registry.sub_registry_with_prefix("webpos");
        own.register("http_requests", "Requests by route and status class", Family::clone(&requests));
        let help = "Time from a request's arrival to its answer";
        own.register_with_unit("http_request", help, Unit::Seconds, request_seconds.clone());
        own.register("outcomes", "Recorded attempts by kind and response code", Family::clone(&outcomes));
        own.register("refused", "Requests rejected for overload or because the store failed", Family::clone(&refused));
        let help = "PINs that were not compared after wrong ones on many cards, by what is paused";
        own.register("pin_paused", help, Family::clone(&pin_paused));
        let help = "Most cards with a wrong PIN within ten minutes at one place";
        own.register("wrong_pin_cards", help, Family::clone(&wrong_pin_cards));
        own.register("unknown", "Commands whose commit got no answer", unknown.clone());
        own.register("group_commands", "Commands per commit", group_commands.clone());
        let help = "Time from taking a group to its commit";
        own.register_with_unit("group", help, Unit::Seconds, group_seconds.clone());
        let help = "Time that the first command of a group waited in the queue";
        own.register_with_unit("queue", help, Unit::Seconds, queue_seconds.clone());
        own.register("queue_depth", "Commands in the queue", queued.clone());
        own.register("logins", "Login attempts by result", Family::clone(&logins));
        own.register("webhook_deliveries", "Webhook deliveries by result", Family::clone(&webhooks));
        own.register("connections", "Open connections", connections.clone());
        own.register("store_connections", "Connections to the store by state", Family::clone(&store));
        own.register(
            "waiting",
            "Pending work: payments of unknown outcome, webhook deliveries, unlocks by a manager",
            Family::clone(&figures),
        );
        registry.register("process_cpu_seconds", "CPU time so far", processor.clone());
        let [memory, files, started] = &process;
        for (name, help, metric) in [
            ("process_resident_memory_bytes", "Resident memory", memory),
            ("process_open_fds", "Open files", files),
            ("process_start_time_seconds", "Start time of the program, Unix time", started),
        ] {
            registry.register(name, help, metric.clone());
        }
        // Create the labels at zero, so that an alert on an increase sees the first one.
        zero(&refused, "what", &["payment", "store", "page", "api", "password", "connection"]);
        zero(&pin_paused, "kind", &["till", "person", "key", "network"]);
        zero(&webhooks, "result", &["ok", "failed"]);
        zero(&logins, "result", &["ok", "wrong", "locked", "address"]);
        Self {
            registry,
            requests,
            request_seconds,
            outcomes,
            refused,
            pin_paused,
            wrong_pin_cards,
            unknown,
            group_commands,
            group_seconds,
            queue_seconds,
            queued,
            logins,
            webhooks,
            connections,
            figures,
            store,
            processor,
            process,
        }
    }
}

/// Counts an answered request, or one whose caller disconnected (no status).
pub(crate) fn request(method: &'static str, route: &str, status: Option<u16>, took: Duration) {
    let class = match status {
        Some(200..=299) => "2xx",
        Some(300..=399) => "3xx",
        Some(503) => "503",
        Some(400..=499) => "4xx",
        Some(_) => "5xx",
        None => "none",
    };
    let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", class.to_owned())];
    METRICS.requests.get_or_create(&labels).inc();
    let door = if route.starts_with("/api/") { "api" } else { "web" };
    METRICS.request_seconds.get_or_create(&[("door", door)]).observe(took.as_secs_f64());
}

/// Counts a recorded attempt by the word of its kind and its response code.
pub fn outcome(kind: &'static str, code: &'static str) {
    METRICS.outcomes.get_or_create(&[("kind", kind), ("code", code)]).inc();
}

/// Counts a rejection for overload. `what` is one of a few fixed words.
pub fn refused(what: &'static str) {
    METRICS.refused.get_or_create(&[("what", what)]).inc();
}

/// Counts a PIN that was not compared. `kind` is one of a few fixed words.
pub fn pin_paused(kind: &'static str) {
    METRICS.pin_paused.get_or_create(&[("kind", kind)]).inc();
}

/// Counts a command of which it is not known whether it was written.
pub fn unknown() {
    METRICS.unknown.inc();
}

/// Records a committed group: its size, how long the first command had `waited`, and how long the commit `took`.
pub fn group(commands: u32, waited: Duration, took: Duration) {
    METRICS.group_commands.observe(f64::from(commands));
    METRICS.queue_seconds.observe(waited.as_secs_f64());
    METRICS.group_seconds.observe(took.as_secs_f64());
}

/// Sets the number of commands in the queue.
pub fn queued(commands: usize) {
    METRICS.queued.set(i64::try_from(commands).unwrap_or(i64::MAX));
}

/// Counts a login attempt. `result` is one of a few fixed words.
pub fn login(result: &'static str) {
    METRICS.logins.get_or_create(&[("result", result)]).inc();
}

/// Counts a webhook delivery. `result` is one of a few fixed words.
pub fn webhook(result: &'static str) {
    METRICS.webhooks.get_or_create(&[("result", result)]).inc();
}

/// An open connection, counted until it is dropped.
#[derive(Debug)]
pub struct Connected(());

impl Connected {
    /// Counts one more connection.
    pub fn new() -> Self {
        METRICS.connections.inc();
        Self(())
    }
}

impl Default for Connected {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        METRICS.connections.dec();
    }
}

/// Values that are read at the time of a scrape.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    /// Connections to the store: the maximum, and those in use.
    pub store: (u32, u32),
    /// Payments whose outcome is not known yet.
    pub attempts: u32,
    /// Webhook deliveries still to be made.
    pub deliveries: u32,
    /// Most cards with a wrong PIN within ten minutes at one outlet and at one merchant.
    pub wrong_pin_cards: (u32, u32),
    /// Tills, people, keys and networks that compare no PIN until a manager unlocks them.
    pub pin_stopped: u32,
    /// API keys that end within 14 days and that nobody has renewed.
    pub keys_ending: u32,
    /// Resident memory, bytes.
    pub memory: u64,
    /// CPU time so far, seconds.
    pub processor: f64,
    /// Open files.
    pub files: u32,
    /// Start of the program, seconds since 1970.
    pub started: f64,
}

/// All metrics in Prometheus' format.
pub fn text(now: Snapshot) -> String {
    let set = |family: &Family<Labels<1>, FloatGauge>, label, value: u32| {
        family.get_or_create(&[label]).set(f64::from(value));
    };
    set(&METRICS.store, ("state", "open_at_most"), now.store.0);
    set(&METRICS.store, ("state", "in_use"), now.store.1);
    set(&METRICS.figures, ("what", "unknown_payments"), now.attempts);
    set(&METRICS.figures, ("what", "webhook_deliveries"), now.deliveries);
    set(&METRICS.figures, ("what", "pin_unlocks"), now.pin_stopped);
    set(&METRICS.figures, ("what", "key_renewals"), now.keys_ending);
    set(&METRICS.wrong_pin_cards, ("place", "outlet"), now.wrong_pin_cards.0);
    set(&METRICS.wrong_pin_cards, ("place", "merchant"), now.wrong_pin_cards.1);
    let [memory, files, started] = &METRICS.process;
    memory.set(f64::from(u32::try_from(now.memory / 1_024).unwrap_or(u32::MAX)) * 1_024.0);
    METRICS.processor.inc_by((now.processor - METRICS.processor.get()).max(0.0));
    files.set(f64::from(now.files));
    started.set(now.started);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = encode(&mut text, &METRICS.registry);
    text
}
