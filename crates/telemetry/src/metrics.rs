//! What the program counts and measures, as Prometheus reads it (`OpenMetrics` text,
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>).
//!
//! What must stay true:
//! - A label is one of few words of the program's own: never a number, name, address or text that somebody sent.
//! - Counting costs a payment next to nothing: atomics, and a look into a table of labels that is only read.

use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// What a scrape is sent as.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels<const N: usize> = [(&'static str, &'static str); N];
type Figure = Gauge<f64, AtomicU64>;

struct Metrics {
    registry: Registry,
    requests: Family<[(&'static str, String); 3], Counter>,
    request_seconds: Family<Labels<1>, Histogram, fn() -> Histogram>,
    outcomes: Family<Labels<2>, Counter>,
    refused: Family<Labels<1>, Counter>,
    unknown: Counter,
    group_commands: Histogram,
    group_seconds: Histogram,
    queue_seconds: Histogram,
    queued: Gauge,
    logins: Family<Labels<1>, Counter>,
    webhooks: Family<Labels<1>, Counter>,
    connections: Gauge,
    figures: Family<Labels<1>, Figure>,
    store: Family<Labels<1>, Figure>,
    processor: Counter<f64, AtomicU64>,
    process: [Figure; 3],
}

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// 0.25 ms to 8 s, doubling.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 16))
}

impl Metrics {
    fn new() -> Self {
        let mut registry = Registry::default();
        let requests = Family::default();
        let request_seconds = Family::new_with_constructor(seconds as fn() -> Histogram);
        let (outcomes, refused, unknown) = (Family::default(), Family::default(), Counter::default());
        let (group_seconds, queue_seconds) = (seconds(), seconds());
        let group_commands = Histogram::new(exponential_buckets(1.0, 2.0, 9));
        let (queued, logins, webhooks) = (Gauge::default(), Family::default(), Family::default());
        let (connections, figures, store) = (Gauge::default(), Family::default(), Family::default());
        let (processor, process): (Counter<f64, AtomicU64>, [Figure; 3]) = Default::default();
        let own = registry.sub_registry_with_prefix("webpos");
        own.register("http_requests", "Requests by route and status class", Family::clone(&requests));
        let help = "Time from a request's arrival to its answer";
        own.register_with_unit("http_request", help, Unit::Seconds, request_seconds.clone());
        own.register("outcomes", "Recorded attempts by kind and response code", Family::clone(&outcomes));
        own.register("refused", "What was turned away because too much was under way", Family::clone(&refused));
        own.register("unknown", "Commands whose commit got no answer", unknown.clone());
        own.register("group_commands", "Commands that one commit made durable", group_commands.clone());
        let help = "Time from taking a group to its commit";
        own.register_with_unit("group", help, Unit::Seconds, group_seconds.clone());
        let help = "Time that the first of a group waited to be taken";
        own.register_with_unit("queue", help, Unit::Seconds, queue_seconds.clone());
        own.register("queue_depth", "Commands that wait for the store", queued.clone());
        own.register("logins", "Attempts to sign in by what came of them", Family::clone(&logins));
        own.register("webhook_deliveries", "Events sent by what came of it", Family::clone(&webhooks));
        own.register("connections", "Open connections", connections.clone());
        own.register("store_connections", "Connections to the store by state", Family::clone(&store));
        own.register("waiting", "What waits: payments of unknown outcome, webhook deliveries", Family::clone(&figures));
        registry.register("process_cpu_seconds", "Processor time so far", processor.clone());
        let [memory, files, began] = &process;
        for (name, help, metric) in [
            ("process_resident_memory_bytes", "Resident memory", memory),
            ("process_open_fds", "Open files", files),
            ("process_start_time_seconds", "When the program began, Unix time", began),
        ] {
            registry.register(name, help, metric.clone());
        }
        // There from the beginning, at nothing: a rule that looks for a rise has to see where it began.
        for what in ["payment", "store", "page", "api", "password", "connection"] {
            drop(Family::<Labels<1>, Counter>::get_or_create(&refused, &[("what", what)]));
        }
        for result in ["ok", "failed"] {
            drop(Family::<Labels<1>, Counter>::get_or_create(&webhooks, &[("result", result)]));
        }
        for result in ["ok", "wrong", "locked", "address"] {
            drop(Family::<Labels<1>, Counter>::get_or_create(&logins, &[("result", result)]));
        }
        Self {
            registry,
            requests,
            request_seconds,
            outcomes,
            refused,
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

/// A request was answered, or its caller went away first (no status).
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

/// An attempt is on record: the word of its kind, its response code.
pub fn outcome(kind: &'static str, code: &'static str) {
    METRICS.outcomes.get_or_create(&[("kind", kind), ("code", code)]).inc();
}

/// Something was turned away because too much was under way. `what`: one of few words.
pub fn refused(what: &'static str) {
    METRICS.refused.get_or_create(&[("what", what)]).inc();
}

/// Nobody knows whether a command was written.
pub fn unknown() {
    METRICS.unknown.inc();
}

/// A group of commands was made durable, `took` after it was taken; the first of it had `waited`.
pub fn group(commands: u32, waited: Duration, took: Duration) {
    METRICS.group_commands.observe(f64::from(commands));
    METRICS.queue_seconds.observe(waited.as_secs_f64());
    METRICS.group_seconds.observe(took.as_secs_f64());
}

/// So many commands wait for the store.
pub fn queued(commands: usize) {
    METRICS.queued.set(i64::try_from(commands).unwrap_or(i64::MAX));
}

/// Somebody tried to sign in. `result`: one of few words.
pub fn login(result: &'static str) {
    METRICS.logins.get_or_create(&[("result", result)]).inc();
}

/// An event was sent to an endpoint. `result`: one of few words.
pub fn webhook(result: &'static str) {
    METRICS.webhooks.get_or_create(&[("result", result)]).inc();
}

/// An open connection, counted for as long as it is there.
#[derive(Debug)]
pub struct Connected(());

impl Connected {
    /// One more.
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

/// What is looked up when somebody asks for the figures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    /// Connections to the store: how many there may be, and how many are in use.
    pub store: (u32, u32),
    /// Payments whose outcome is not known yet.
    pub attempts: u32,
    /// Webhook deliveries that are still to be made.
    pub deliveries: u32,
    /// Resident memory, bytes.
    pub memory: u64,
    /// Processor time so far, seconds.
    pub processor: f64,
    /// Open files.
    pub files: u32,
    /// When the program began, seconds since 1970.
    pub began: f64,
}

/// Everything counted so far, as Prometheus reads it.
pub fn text(now: Snapshot) -> String {
    let set = |family: &Family<Labels<1>, Figure>, label, value: u32| {
        family.get_or_create(&[label]).set(f64::from(value));
    };
    set(&METRICS.store, ("state", "open_at_most"), now.store.0);
    set(&METRICS.store, ("state", "in_use"), now.store.1);
    set(&METRICS.figures, ("what", "unknown_payments"), now.attempts);
    set(&METRICS.figures, ("what", "webhook_deliveries"), now.deliveries);
    let [memory, files, began] = &METRICS.process;
    memory.set(f64::from(u32::try_from(now.memory / 1_024).unwrap_or(u32::MAX)) * 1_024.0);
    METRICS.processor.inc_by((now.processor - METRICS.processor.get()).max(0.0));
    files.set(f64::from(now.files));
    began.set(now.began);
    let mut text = String::new();
    // A text takes whatever is written into it.
    let _ = encode(&mut text, &METRICS.registry);
    text
}
