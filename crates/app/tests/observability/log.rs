//! The log of the real program at the most verbose level: a line for each request, and nothing that a caller sent.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Browser, Instance, PASSWORD, ask, webpos};
use crate::{metrics, routes};

/// A card that can pay, with its PIN.
const CARD: (&str, &str) = ("6086250000070073", "654321");
const TOKEN: &str = "wpos_1001_demo-erp-2026";

/// Text that no line may contain. Numbers are searched as whole words.
const SECRETS: [&str; 14] = [
    CARD.0,
    "0000070073",
    "demo-erp-2026",
    PASSWORD,
    "marker-path",
    "marker-query",
    "marker-field",
    "marker-header",
    "marker-cookie",
    "marker-secret",
    "marker-captcha",
    "MARKER-METHOD",
    "6086259999999999",
    "marker-json",
];
const NUMBERS: [&str; 3] = [CARD.1, "907351", "abcd"];

/// Names of the form fields in the templates.
fn field_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let pages = ["web-kit", "account", "till", "merchant", "office"];
    let mut folders: Vec<_> = pages.iter().map(|name| crates.join(name).join("templates")).collect();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("templates").map(|entry| entry.expect("readable").path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let text = std::fs::read_to_string(entry).expect("text");
            let found = text.split("name=\"").skip(1).filter_map(|rest| rest.split('"').next());
            names.extend(found.filter(|name| !name.contains('{')).map(str::to_owned));
        }
    }
    assert!(["card", "pin", "p", "old", "token"].iter().all(|name| names.contains(*name)), "{names:?}");
    names
}

fn form() -> String {
    let value = |name: &str| match name {
        "card" => "6086259999999999",
        "pin" => "907351",
        "c" => "marker-captcha",
        "do" => "pay",
        "order" | "number" | "refund" | "qty" => "1",
        _ => "marker-field",
    };
    let fields: Vec<String> = field_names().iter().map(|name| format!("{name}={}", value(name))).collect();
    fields.join("&")
}

/// Sends every kind of request to one address, as a browser and as a program. Returns the number of requests.
fn try_everything(program: &Instance, browser: &mut Browser, path: &str, form: &str) -> usize {
    let asked = format!("{path}?q=marker-query&card=6086259999999999&idempotency_key=marker-query");
    for (method, body) in [("GET", ""), ("POST", form), ("MARKER-METHOD", "")] {
        // Do not sign out half-way.
        if !path.starts_with("/logout") && path != "/password/sessions" {
            browser.send(method, &asked, body);
        }
    }
    let mut answer = json!({"marker-json": "marker-json", "card_number": "6086259999999999", "pin": "907351"});
    let bodies = [answer.to_string(), format!("{answer}marker-json"), {
        answer["card_number"] = json!(CARD.0);
        answer["amount"] = json!(1);
        answer.as_object_mut().expect("an object").remove("marker-json");
        answer.to_string()
    }];
    let mut sent = 3;
    for bearer in [format!("Bearer {TOKEN}"), "Bearer wpos_1001_marker-secret".to_owned()] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            for body in &bodies {
                let headers = [
                    ("Authorization", bearer.as_str()),
                    ("Content-Type", "application/json"),
                    ("Idempotency-Key", "marker-header"),
                    ("X-Request-Id", "marker-header"),
                    ("X-Webpos-Signature", "marker-header"),
                    ("X-Forwarded-For", "marker-header"),
                    ("User-Agent", "marker-header"),
                    ("Cookie", "session=marker-cookie; captcha=marker-cookie"),
                    ("Sec-Fetch-Site", "same-origin"),
                ];
                ask(&program.address, method, &asked, &headers, body).expect("answers");
                sent += 1;
            }
        }
    }
    sent
}

/// A sale at the till, a sale by a program, and failed logins.
fn work(program: &Instance) -> Browser {
    let mut stranger = Browser::new(vec![program.address.clone()]);
    assert_eq!(stranger.sign_in("cashier2", "marker-secret"), "/login");
    stranger.get("/login");
    stranger.post("/login", &[("u", "marker-secret"), ("p", "marker-secret"), ("c", "marker-captcha")]);
    let mut browser = Browser::new(vec![program.address.clone()]);
    assert_eq!(browser.sign_in("cashier", PASSWORD), "/");
    for card in [(CARD.0, "907351"), CARD] {
        let order = browser.ring();
        if card == CARD {
            let token = browser.pay(&order, card);
            assert_eq!(browser.post("/sale/confirm", &[("token", &token)]).status, 303);
        } else {
            browser.post(
                "/sale/pay",
                &[("order", &order), ("amount", "31.00"), ("card", card.0), ("pin", card.1), ("do", "pay")],
            );
        }
    }
    let body = json!({"card_number": CARD.0, "pin": CARD.1, "amount": 1, "currency": "CNY"}).to_string();
    let bearer = format!("Bearer {TOKEN}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "marker-header"),
    ];
    let paid = ask(&program.address, "POST", "/api/v1/payments", &headers, &body).expect("answers");
    assert_eq!(paid.status, 201, "{}", paid.body);
    browser
}

fn assert_no_secret(line: &str, cookies: &[String]) {
    for secret in SECRETS.into_iter().chain(cookies.iter().map(String::as_str)) {
        assert!(!line.contains(secret), "{secret} in: {line}");
    }
    // A request id is three random groups of four, any of which may be a word.
    let drawn = |word: &&str| word.split('-').map(str::len).eq([4, 4, 4]);
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|word| !drawn(word));
    let found = words.flat_map(|word| word.split('-')).find(|word| NUMBERS.contains(word));
    assert!(found.is_none(), "{found:?} in: {line}");
}

/// Runs the program with the most verbose log in one format and sends every request to every route. Returns the lines,
/// the number of requests and the browsers' cookies.
fn logged(format: &str) -> (String, usize, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("log");
    let mut command = webpos();
    command.args(["serve", "--demo", "--test-captcha", "abcd", "--listen", "127.0.0.1:0", "--log-format", format]);
    command.arg("--data-dir").arg(folder.path().join("data")).env("WEBPOS_LOG", "trace");
    command.stderr(File::create(&file).expect("a file"));
    let (program, figures) = metrics::start(command);
    let mut browser = work(&program);
    let mut held: Vec<String> = browser.cookies.values().cloned().collect();
    let (mut sent, form) = (0, form());
    let value_in_path = ["marker-path", "1"];
    for route in routes::all() {
        for value in value_in_path {
            sent += try_everything(&program, &mut browser, &routes::filled(route, value), &form);
        }
    }
    sent += try_everything(&program, &mut browser, "/marker-path", &form);
    sent += try_everything(&program, &mut browser, "/api/v1/marker-path", &form);
    held.extend(browser.cookies.into_values());
    held.retain(|value| value.len() > 8);
    for line in metrics::scrape(&figures).lines() {
        // A measured value may be any number.
        assert_no_secret(line.rsplit_once(' ').map_or(line, |(name, _)| name), &held);
    }
    drop(program);
    (std::fs::read_to_string(file).expect("text"), sent, held)
}

#[test]
fn json_lines_tell_each_request_and_nothing_that_was_sent() {
    let (log, sent, held) = logged("json");
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for line in log.lines() {
        let mut one: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(one["timestamp"].is_string() && one["level"].is_string(), "{line}");
        let micros = one["micros"].take();
        one["timestamp"].take();
        assert_no_secret(&one.to_string(), &held);
        if one["target"] == "access" {
            count += 1;
            assert!(micros.is_u64() && one["method"].is_string(), "{line}");
            let id = one["span"]["request_id"].as_str().expect("a number");
            assert_eq!(id.len(), "k7q4-m2xp-9tda".len());
            seen.insert(one["route"].as_str().expect("a route").to_owned());
        }
    }
    assert!(count >= sent, "{count} lines for {sent} requests");
    let missing: Vec<_> = routes::all().into_iter().filter(|route| !seen.contains(*route)).collect();
    assert!(missing.is_empty(), "no line for {missing:?}");
    assert!(seen.contains("none"), "an address that matches nothing");
}

#[test]
fn a_line_names_the_request_that_the_answer_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("log");
    let mut command = webpos();
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path().join("data"));
    command.env("WEBPOS_LOG", "warn,access=info").stderr(File::create(&file).expect("a file"));
    let program = Instance::start(command);
    let page = ask(&program.address, "GET", "/marker-path", &[("X-Request-Id", "marker-header")], "").expect("answers");
    let number = page.header("x-request-id");
    assert!(page.status == 404 && page.body.contains(number), "on the page to be told on the telephone: {page:?}");
    let reply = ask(&program.address, "GET", "/api/v1/me", &[], "").expect("answers");
    let body: Value = serde_json::from_str(&reply.body).expect("JSON");
    assert_eq!(body["request_id"], reply.header("x-request-id"));
    let log = std::fs::read_to_string(file).expect("text");
    let numbers = [(number, "none", 404), (reply.header("x-request-id"), "/api/v1/me", 401)];
    for (number, route, status) in numbers {
        let line = log.lines().find(|line| line.contains(number)).unwrap_or_else(|| panic!("no {number} in\n{log}"));
        assert!(line.contains(&format!("route=\"{route}\" status={status}")), "{line}");
        assert_no_secret(line, &[]);
    }
}
