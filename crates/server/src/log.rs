//! The log: lines on standard error, as text for people or as JSON for machines.
//!
//! What must stay true: no line contains a card number, PIN, password, key or cookie, whatever the filter.

use std::panic::PanicHookInfo;

use clap::ValueEnum;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// The format of log lines.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object per line, for machines.
    Json,
}

/// Targets of the program's own lines. Libraries may only warn: their other lines could contain the data they carry.
const OWN: [&str; 12] = [
    "server",
    "web_kit",
    "account",
    "till",
    "merchant",
    "office",
    "api",
    "engine",
    "storage",
    "domain",
    "telemetry",
    telemetry::TARGET,
];

/// Starts logging. `WEBPOS_LOG` selects the lines.
pub(crate) fn start(format: Format) {
    let lines = layer().with_writer(std::io::stderr).with_ansi(false);
    let lines = match format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let wanted = EnvFilter::try_from_env("WEBPOS_LOG").unwrap_or_else(|_| "warn".into());
    tracing_subscriber::registry().with(wanted).with(filter_fn(permitted)).with(lines).init();
    std::panic::set_hook(Box::new(panicked));
}

fn permitted(line: &Metadata<'_>) -> bool {
    let origin = line.target().split("::").next().unwrap_or_default();
    *line.level() <= Level::WARN || OWN.contains(&origin)
}

/// Logs a panic, which is a bug, in the span of the request that caused it.
fn panicked(panic: &PanicHookInfo<'_>) {
    let said = panic.payload();
    let cause = said.downcast_ref::<String>().map(String::as_str).or_else(|| said.downcast_ref::<&str>().copied());
    let place = panic.location().map(ToString::to_string);
    tracing::error!(cause, place, "panicked");
}
