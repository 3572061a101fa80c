//! The metrics of the real program: they change with events, and include everything that the dashboard and the alert
//! rules use.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use crate::program::{Browser, Instance, PASSWORD, ask, webpos};

const CARD: &str = "6086250000070073";
const DASHBOARD: &str = include_str!("../../../../deploy/grafana/webpos.json");
const ALERTS: &str = include_str!("../../../../deploy/prometheus/alerts.yml");

/// Starts the program with metrics on a free port. Returns their address.
pub(crate) fn start(mut command: Command) -> (Instance, String) {
    command.args(["--metrics-listen", "127.0.0.1:0"]);
    let mut figures = None;
    let program = Instance::watch(command, |line| {
        let rest = line.split_once("metrics are on http://").and_then(|(_, rest)| rest.split('/').next());
        figures = rest.map(str::to_owned).or(figures.take());
    });
    (program, figures.expect("says where"))
}

/// The text of a scrape.
pub(crate) fn scrape(figures: &str) -> String {
    let reply = ask(figures, "GET", "/metrics", &[], "").expect("answers");
    assert_eq!((reply.status, reply.header("content-type").starts_with("application/openmetrics-text")), (200, true));
    reply.body
}

fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0.0, |figure| figure.parse().unwrap_or_else(|_| panic!("{name} {figure}")))
}

fn pay(program: &Instance, n: usize, pin: &str) {
    let body = json!({"card_number": CARD, "pin": pin, "amount": 100, "currency": "CNY"}).to_string();
    let key = format!("figure-{n}");
    let headers = [
        ("Authorization", "Bearer wpos_1001_demo-erp-2026"),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", key.as_str()),
    ];
    let reply = ask(&program.address, "POST", "/api/v1/payments", &headers, &body).expect("answers");
    assert_eq!(reply.status, 201, "{}", reply.body);
}

/// The names of metrics in a text.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("webpos_") || word.starts_with("process_")).map(str::to_owned).collect()
}

#[test]
fn metrics_change_with_events_and_the_dashboard_uses_only_existing_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = webpos();
    command.args(["serve", "--demo", "--test-captcha", "abcd", "--listen", "127.0.0.1:0"]);
    command.arg("--data-dir").arg(folder.path().join("data"));
    let (program, figures) = start(command);
    let before = scrape(&figures);
    for n in 0..3 {
        pay(&program, n, "654321");
    }
    pay(&program, 3, "111111");
    let mut browser = Browser::new(vec![program.address.clone()]);
    assert_eq!(browser.sign_in("cashier", "wrong"), "/login");
    assert_eq!(browser.sign_in("cashier", PASSWORD), "/");
    let after = scrape(&figures);
    for (name, by) in [
        ("webpos_outcomes_total{kind=\"sale\",code=\"00\"}", 3.0),
        ("webpos_outcomes_total{kind=\"sale\",code=\"55\"}", 1.0),
        ("webpos_logins_total{result=\"ok\"}", 1.0),
        ("webpos_logins_total{result=\"wrong\"}", 1.0),
        ("webpos_http_requests_total{method=\"POST\",route=\"/api/v1/payments\",status=\"2xx\"}", 4.0),
        ("webpos_group_commands_sum", 4.0),
        ("webpos_unknown_total", 0.0),
    ] {
        let moved = value(&after, name) - value(&before, name);
        assert!((moved - by).abs() < 1e-9, "{name} moved by {moved}\n{after}");
    }
    assert!(value(&after, "process_resident_memory_bytes") > 1e6, "{after}");
    assert!(value(&after, "webpos_connections") >= 0.0);

    // A metric with labels appears only after its first event; its declaration is always there.
    let declared: BTreeSet<String> =
        after.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).map(str::to_owned).collect();
    let known = |name: &String| {
        let ends = ["", "_total", "_bucket", "_sum", "_count"];
        ends.iter().any(|end| name.strip_suffix(end).is_some_and(|name| declared.contains(name)))
    };
    for text in [DASHBOARD, ALERTS] {
        let asked = names(text);
        assert!(asked.len() > 5, "{asked:?}");
        let unknown: Vec<_> = asked.iter().filter(|name| !known(name)).collect();
        assert!(unknown.is_empty(), "not told: {unknown:?}; told: {declared:?}");
    }
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() > 10));
}
