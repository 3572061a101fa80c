//! Any request may reach any copy: nothing that matters is in one copy's memory.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{scope, spawn};

use scratch::Cluster;
use serde_json::{Value, json};

use crate::house::{House, until};
use crate::load::{CARD, pay, post};
use crate::outside::{Browser, Copy, PASSWORD, PATIENCE};

const SALES: &str = "SELECT count(*) FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL";

/// A browser whose every request goes to the next copy.
fn between(copies: &[Copy; 2]) -> Browser {
    Browser::new(copies.iter().map(|copy| copy.address.clone()).collect())
}

fn two(house: &House, options: &[&str]) -> [Copy; 2] {
    [house.copy(options), house.copy(options)]
}

#[test]
fn a_cashier_is_served_by_both_in_turn() {
    let server = Cluster::start();
    let house = House::lay(server.url(), |sql| server.sql(sql));
    let copies = two(&house, &[]);
    let mut browser = between(&copies);
    assert_eq!(browser.sign_in("cashier", PASSWORD), "/");
    for sold in 1..=2 {
        let order = browser.ring();
        let token = browser.pay(&order, CARD);
        let first = browser.post("/sale/confirm", &[("token", &token)]);
        // The confirmation once more, at the other copy: the same payment.
        let again = browser.post("/sale/confirm", &[("token", &token)]);
        assert_eq!((first.status, first.header("location")), (303, again.header("location")));
        let result = browser.get(first.header("location"));
        assert!(result.body.contains(r#"data-result="ok""#), "{}", result.body);
        assert_eq!(server.sql(SALES), sold.to_string());
        // The second sale begins at the other copy.
        browser.get("/orders");
    }
    house.assert_in_order();
}

#[test]
fn wrong_passwords_are_counted_by_both_together() {
    let server = Cluster::start();
    let house = House::lay(server.url(), |sql| server.sql(sql));
    let copies = two(&house, &[]);
    let mut browser = between(&copies);
    let mut wrong = |login: &str, times: u32| {
        for _ in 0..times {
            assert_eq!(browser.sign_in(login, "not-the-password"), "/login");
            // An odd request, so that the next try is sent to the other copy.
            browser.get("/healthz");
        }
    };
    wrong("cashier", 4);
    wrong("cashier2", 5);
    assert_eq!(between(&copies).sign_in("cashier", PASSWORD), "/");
    for turn in 0..2 {
        let mut browser = Browser { turn, ..between(&copies) };
        assert_eq!(browser.sign_in("cashier2", PASSWORD), "/login", "locked at copy {turn}");
    }
}

#[test]
fn one_key_at_both_at_once_is_one_payment() {
    let server = Cluster::start();
    let house = House::lay(server.url(), |sql| server.sql(sql));
    let copies = two(&house, &[]);
    for n in 0..25 {
        let key = format!("both-{n}");
        let numbers = scope(|scope| {
            // Two at each: at one copy the second may be told to wait, at the other it finds what the first did.
            let key = &key;
            let ask = |copy| scope.spawn(move || pay_until_known(copy, key));
            let asked = [&copies[0], &copies[1], &copies[0], &copies[1]].map(ask);
            asked.map(|one| one.join().expect("answers"))
        });
        assert!(numbers.iter().all(|number| *number == numbers[0]), "{numbers:?}");
    }
    assert_eq!(server.sql(SALES), "25");
    house.assert_in_order();
}

/// The payment's number. Before it is known a caller is told `in_flight` and nothing else.
fn pay_until_known(copy: &Copy, key: &str) -> String {
    loop {
        let reply = pay(&copy.address, key, 1).expect("answers");
        let body: Value = serde_json::from_str(&reply.body).expect("JSON");
        match reply.status {
            201 => return body["id"].as_str().expect("a number").to_owned(),
            status => assert_eq!((status, &body["code"]), (409, &json!("in_flight")), "{body}"),
        }
    }
}

/// A copy that starts follows up what was lost before, and leaves alone what another copy is still waiting for.
#[test]
fn lost_payments_are_followed_up_once_and_others_are_left_alone() {
    let server = Cluster::start();
    let house = House::lay(server.url(), |sql| server.sql(sql));
    let copies = two(&house, &[]);
    let ring = |login: &str| {
        let mut browser = between(&copies);
        assert_eq!(browser.sign_in(login, PASSWORD), "/");
        browser.ring()
    };
    let (lost, under_way) = (ring("cashier"), ring("cashier2"));
    drop(copies);
    let attempt = |order: &str, byte: &str, seconds: u32| {
        server.sql(&format!(
            "UPDATE orders SET attempt = decode(repeat('{byte}', 16), 'hex'), attempt_masked = '608625******0012',
                 attempt_at = (extract(epoch FROM now()) - {seconds}) * 1000000 WHERE id = {order}"
        ));
    };
    attempt(&lost, "01", 60);
    attempt(&under_way, "02", 0);
    let copies = two(&house, &[]);
    let open = || server.sql("SELECT id FROM orders WHERE attempt IS NOT NULL");
    until("the lost one is settled", || !open().lines().any(|order| order == lost));
    // Behind anything that the copies have asked by now.
    for copy in &copies {
        assert_eq!(pay(&copy.address, &format!("after-{}", copy.address), 1).expect("answers").status, 201);
    }
    assert_eq!(open(), under_way);
    assert_eq!(server.sql("SELECT count(*) FROM ledger_transaction WHERE decline = 'withdrawn'"), "1");
    house.assert_in_order();
}

/// What a receiver is told of.
const PAYMENTS: usize = 20;

/// A receiver of webhooks on a free port: what it was sent, and its address.
fn receiver() -> (Receiver<Value>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let (tell, told) = channel();
    spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            let tell = tell.clone();
            spawn(move || {
                if let Some(event) = receive(connection) {
                    // Nobody listens any more when the test is over.
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
    let house = House::lay(server.url(), |sql| server.sql(sql));
    let (told, address) = receiver();
    let copies = two(&house, &["--webhook-allow", "127.0.0.1:*"]);
    let endpoint = json!({"url": format!("http://{address}/")});
    let made = post(&copies[0].address, "webhook_endpoints", "endpoint", &endpoint).expect("answers");
    assert_eq!(made.status, 201, "{}", made.body);
    for n in 0..PAYMENTS {
        let key = format!("told-{n}");
        assert_eq!(pay(&copies[n % 2].address, &key, 1).expect("answers").status, 201);
        let back = json!({"payment_idempotency_key": key});
        let taken = post(&copies[(n + 1) % 2].address, "reversals", &format!("back-{n}"), &back).expect("answers");
        assert_eq!(taken.status, 201, "{}", taken.body);
    }
    let mut heard: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..2 * PAYMENTS {
        let event = told.recv_timeout(PATIENCE).expect("every event arrives");
        let word = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{event}")).to_owned();
        heard.entry(word(&event["data"]["order_id"])).or_default().push(word(&event["type"]));
    }
    let delivered = "SELECT count(*) FROM webhook_delivery WHERE status = 'delivered' AND attempts = 1";
    until("every answer is written down", || server.sql(delivered) == (2 * PAYMENTS).to_string());
    assert!(told.try_recv().is_err(), "an event was sent twice");
    assert_eq!(heard.len(), PAYMENTS);
    assert!(heard.values().all(|events| *events == ["payment.approved", "sale.reversed"]), "{heard:?}");
}
