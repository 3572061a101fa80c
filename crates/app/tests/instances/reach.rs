//! Any request may reach any instance: no instance keeps important state in memory.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{scope, spawn};

use scratch::Cluster;
use serde_json::{Value, json};

use crate::installation::{Installation, until};
use crate::load::{CARD, pay, post};
use crate::program::{Browser, Instance, PASSWORD, PATIENCE};

const SALES: &str = "SELECT count(*) FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL";

/// A browser that sends each request to the next instance.
fn between(instances: &[Instance; 2]) -> Browser {
    Browser::new(instances.iter().map(|instance| instance.address.clone()).collect())
}

fn two(installation: &Installation, options: &[&str]) -> [Instance; 2] {
    [installation.start(options), installation.start(options)]
}

#[test]
fn a_cashier_is_served_by_both_in_turn() {
    let server = Cluster::start();
    let installation = Installation::set_up(server.url(), |sql| server.sql(sql));
    let instances = two(&installation, &[]);
    let mut browser = between(&instances);
    assert_eq!(browser.sign_in("cashier", PASSWORD), "/");
    for sold in 1..=2 {
        let order = browser.ring();
        let token = browser.pay(&order, CARD);
        let first = browser.post("/sale/confirm", &[("token", &token)]);
        // The same confirmation again, at the other instance: the same payment.
        let again = browser.post("/sale/confirm", &[("token", &token)]);
        assert_eq!((first.status, first.header("location")), (303, again.header("location")));
        let result = browser.get(first.header("location"));
        assert!(result.body.contains(r#"data-result="ok""#), "{}", result.body);
        assert_eq!(server.sql(SALES), sold.to_string());
        // The second sale begins at the other instance.
        browser.get("/orders");
    }
    installation.assert_in_order();
}

#[test]
fn wrong_passwords_are_counted_by_both_together() {
    let server = Cluster::start();
    let installation = Installation::set_up(server.url(), |sql| server.sql(sql));
    let instances = two(&installation, &[]);
    let mut browser = between(&instances);
    let mut wrong = |login: &str, times: u32| {
        for _ in 0..times {
            assert_eq!(browser.sign_in(login, "not-the-password"), "/login");
            // One more request, so that the next try goes to the other instance.
            browser.get("/healthz");
        }
    };
    wrong("cashier", 4);
    wrong("cashier2", 5);
    assert_eq!(between(&instances).sign_in("cashier", PASSWORD), "/");
    for turn in 0..2 {
        let mut browser = Browser { turn, ..between(&instances) };
        assert_eq!(browser.sign_in("cashier2", PASSWORD), "/login", "locked at instance {turn}");
    }
}

#[test]
fn one_key_at_both_at_once_is_one_payment() {
    let server = Cluster::start();
    let installation = Installation::set_up(server.url(), |sql| server.sql(sql));
    let instances = two(&installation, &[]);
    for n in 0..25 {
        let key = format!("both-{n}");
        let numbers = scope(|scope| {
            // Two at each: the second at the same instance may have to wait; the other instance finds the record.
            let key = &key;
            let ask = |instance| scope.spawn(move || pay_until_known(instance, key));
            let asked = [&instances[0], &instances[1], &instances[0], &instances[1]].map(ask);
            asked.map(|one| one.join().expect("answers"))
        });
        assert!(numbers.iter().all(|number| *number == numbers[0]), "{numbers:?}");
    }
    assert_eq!(server.sql(SALES), "25");
    installation.assert_in_order();
}

/// The payment's number. Until it is known, only `in_flight` is allowed.
fn pay_until_known(instance: &Instance, key: &str) -> String {
    loop {
        let reply = pay(&instance.address, key, 1).expect("answers");
        let body: Value = serde_json::from_str(&reply.body).expect("JSON");
        match reply.status {
            201 => return body["id"].as_str().expect("a number").to_owned(),
            status => assert_eq!((status, &body["code"]), (409, &json!("in_flight")), "{body}"),
        }
    }
}

/// A starting instance resolves payments lost earlier, and leaves alone those that another instance is waiting for.
#[test]
fn lost_payments_are_followed_up_once_and_others_are_left_alone() {
    let server = Cluster::start();
    let installation = Installation::set_up(server.url(), |sql| server.sql(sql));
    let instances = two(&installation, &[]);
    let ring = |login: &str| {
        let mut browser = between(&instances);
        assert_eq!(browser.sign_in(login, PASSWORD), "/");
        browser.ring()
    };
    let (lost, under_way) = (ring("cashier"), ring("cashier2"));
    drop(instances);
    let attempt = |order: &str, byte: &str, seconds: u32| {
        server.sql(&format!(
            "UPDATE orders SET attempt = decode(repeat('{byte}', 16), 'hex'), attempt_masked = '608625******0012',
                 attempt_at = (extract(epoch FROM now()) - {seconds}) * 1000000 WHERE id = {order}"
        ));
    };
    attempt(&lost, "01", 60);
    attempt(&under_way, "02", 0);
    let instances = two(&installation, &[]);
    let open = || server.sql("SELECT id FROM orders WHERE attempt IS NOT NULL");
    until("the lost one is settled", || !open().lines().any(|order| order == lost));
    // Queued behind anything that the instances have asked by now.
    for instance in &instances {
        assert_eq!(pay(&instance.address, &format!("after-{}", instance.address), 1).expect("answers").status, 201);
    }
    assert_eq!(open(), under_way);
    assert_eq!(server.sql("SELECT count(*) FROM ledger_transaction WHERE decline = 'withdrawn'"), "1");
    installation.assert_in_order();
}

/// The number of payments.
const PAYMENTS: usize = 20;

/// A webhook receiver on a free port: the received events, and its address.
fn receiver() -> (Receiver<Value>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let (tell, told) = channel();
    spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            let tell = tell.clone();
            spawn(move || {
                if let Some(event) = receive(connection) {
                    // The receiver is gone when the test is over.
                    let _ = tell.send(event);
                }
            });
        }
    });
    (told, address)
}

fn receive(mut connection: TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line).ok()? > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let event = serde_json::from_slice(&body).ok()?;
    connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").ok()?;
    Some(event)
}

#[test]
fn two_couriers_send_each_event_once_and_in_order() {
    let server = Cluster::start();
    let installation = Installation::set_up(server.url(), |sql| server.sql(sql));
    let (told, address) = receiver();
    let instances = two(&installation, &["--webhook-allow", "127.0.0.1:*"]);
    let endpoint = json!({"url": format!("http://{address}/")});
    let made = post(&instances[0].address, "webhook_endpoints", "endpoint", &endpoint).expect("answers");
    assert_eq!(made.status, 201, "{}", made.body);
    for n in 0..PAYMENTS {
        let key = format!("told-{n}");
        assert_eq!(pay(&instances[n % 2].address, &key, 1).expect("answers").status, 201);
        let back = json!({"payment_idempotency_key": key});
        let taken = post(&instances[(n + 1) % 2].address, "reversals", &format!("back-{n}"), &back).expect("answers");
        assert_eq!(taken.status, 201, "{}", taken.body);
    }
    let mut heard: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..2 * PAYMENTS {
        let event = told.recv_timeout(PATIENCE).expect("every event arrives");
        let word = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{event}")).to_owned();
        heard.entry(word(&event["data"]["order_id"])).or_default().push(word(&event["type"]));
    }
    let delivered = "SELECT count(*) FROM webhook_delivery WHERE status = 'delivered' AND attempts = 1";
    until("every response is recorded", || server.sql(delivered) == (2 * PAYMENTS).to_string());
    assert!(told.try_recv().is_err(), "an event was sent twice");
    assert_eq!(heard.len(), PAYMENTS);
    assert!(heard.values().all(|events| *events == ["payment.approved", "sale.reversed"]), "{heard:?}");
}
