//! Payments: once per key, declined as data, looked up, reversed.

use domain::ids::ListId;
use std::sync::{Arc, Mutex};
use storage::product_list::Lists;

use domain::ids::{MerchantId, OutletId, PersonId, TerminalId};
use serde_json::json;
use storage::draft::{NewLine, Scope};
use storage::product;
use storage::till::{AtHand, till};

use crate::fixture::{CARD, Fixture, OPENING, PIN, payment};

#[tokio::test]
async fn a_payment_is_charged_recorded_and_found_by_number_and_by_key() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let mut body = payment(2_200);
    body["merchant_order_number"] = json!("ERP-1");
    body["lines"] = json!([
        {"product_code": "600233", "quantity": 1},
        {"name": "Plaster", "unit_price": 325, "quantity": 2},
    ]);
    let key = "0193a5c0-7b1e-7c3a-9a51-3f6d5f0c2b11";
    let paid = erp.post_as("/payments", key, &body).await;
    paid.is(201, "");
    assert_eq!(paid.text_of("status"), "approved");
    assert_eq!(
        (paid.body["balance_after"].as_i64(), paid.text_of("card")),
        (Some(97_800), "608625******0012".to_owned())
    );
    let id = paid.text_of("id");
    let found = erp.get(&format!("/payments/{id}")).await;
    assert_eq!(found.body, paid.body);
    let asked = erp.get(&format!("/payments?idempotency_key={key}")).await;
    assert_eq!(asked.body["data"], json!([paid.body]));
    let order = erp.get(&format!("/orders/{}", paid.text_of("order_id"))).await;
    assert_eq!(
        (order.text_of("status"), order.text_of("merchant_order_number")),
        ("paid".to_owned(), "ERP-1".to_owned())
    );
    assert_eq!(order.body["lines"][1]["name"], "Plaster");
    assert_eq!(order.body["lines"][1]["product_code"], "699999");
    // No open attempt remains at the till.
    let scope = scope();
    let till = till(&shop.db, &scope, AtHand::None, false, 1, shop.clock.now()).await.expect("reads");
    assert_eq!((till.carts, till.unprinted), (vec![], vec![]));
    shop.assert_in_order().await;
}

#[tokio::test]
async fn declines_are_answers_with_a_response_code() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    for (card, pin, amount, code, word) in [
        (CARD, "000000", 100, "55", "wrong_pin"),
        ("6086250000020029", PIN, 5_000, "51", "insufficient_funds"),
        ("6086250000030036", PIN, 100, "41", "card_lost"),
        ("6086250000040043", PIN, 100, "54", "card_expired"),
        ("6086250000050059", PIN, 100, "62", "card_frozen"),
    ] {
        let body = json!({"card_number": card, "pin": pin, "amount": amount, "currency": "CNY"});
        let declined = erp.post("/payments", &body).await;
        declined.is(201, "");
        assert_eq!(declined.text_of("status"), "declined");
        assert_eq!(
            (declined.text_of("response_code").as_str(), &declined.body["decline"]["code"]),
            (code, &json!(word))
        );
        assert_eq!(declined.text_of("order_status"), "abandoned");
        assert_eq!(declined.body["balance_after"], json!(null));
    }
    shop.assert_in_order().await;
}

/// Card number `n` of those that do not exist, with a correct check digit.
pub(crate) fn unknown_number(n: u32) -> String {
    let body = format!("608625009{n:06}");
    let sum = body.bytes().rev().enumerate().fold(0, |sum, (at, digit)| {
        let digit = u32::from(digit - b'0') * if at % 2 == 0 { 2 } else { 1 };
        sum + digit / 10 + digit % 10
    });
    format!("{body}{}", (10 - sum % 10) % 10)
}

#[tokio::test]
async fn one_pin_on_many_cards_stops_the_key_until_retry_after() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let ask = |n: u32, pay: bool| {
        let mut body = json!({"card_number": unknown_number(n), "pin": PIN});
        if pay {
            (body["amount"], body["currency"]) = (json!(100), json!("CNY"));
        }
        body
    };
    for n in 0..5 {
        let pay = n % 2 == 0;
        let path = if pay { "/payments" } else { "/balance_inquiries" };
        erp.post(path, &ask(n, pay)).await.is(201, "");
    }
    for (path, pay) in [("/payments", true), ("/balance_inquiries", false)] {
        let stopped = erp.post(path, &ask(6, pay)).await;
        stopped.is(429, "pin_velocity");
        assert_eq!(stopped.headers["retry-after"], "601");
    }
    // The right PIN is not looked at, nothing is on record, and the same key pays once the pause is over.
    let held = erp.post_as("/payments", "held", &payment(1_234)).await;
    held.is(429, "pin_velocity");
    shop.clock.advance(600 * 1_000_000);
    let paid = erp.post_as("/payments", "held", &payment(1_234)).await;
    paid.is(201, "");
    assert_eq!(paid.text_of("status"), "approved");
    shop.assert_in_order().await;
}

#[tokio::test]
async fn fifty_equal_payments_at_once_charge_once_and_all_get_the_same_answer() {
    let shop = Fixture::open().await;
    let before = shop.balance().await;
    let send = |n: usize| {
        let erp = shop.program(0);
        async move {
            // A program follows Retry-After until the first request is done.
            loop {
                let answer = erp.post_as("/payments", "the-same", &payment(1_234)).await;
                if answer.status.as_u16() != 409 {
                    break (n, answer);
                }
                assert_eq!(
                    (answer.text_of("code").as_str(), &answer.headers["retry-after"]),
                    ("in_flight", &"1".parse().expect("a value"))
                );
                tokio::task::yield_now().await;
            }
        }
    };
    let all: Vec<_> = (0..50).map(|n| tokio::spawn(send(n))).collect();
    let mut bodies = Vec::new();
    for one in all {
        let (_, answer) = one.await.expect("ends");
        answer.is(201, "");
        bodies.push(answer.text);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    assert_eq!(shop.balance().await, before - 1_234);
    assert_eq!(shop.program(0).get("/orders?status=paid").await.body["data"].as_array().map(Vec::len), Some(1));
    shop.assert_in_order().await;
}

#[tokio::test]
async fn the_same_key_with_other_content_is_refused_and_does_nothing() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let first = erp.post_as("/payments", "k", &payment(100)).await;
    first.is(201, "");
    let before = shop.balance().await;
    let mut numbered = payment(100);
    numbered["merchant_order_number"] = json!("1");
    for other in [
        payment(101),
        numbered,
        json!({"card_number": "6086250000070073", "pin": "654321", "amount": 100, "currency": "CNY"}),
    ] {
        erp.post_as("/payments", "k", &other).await.is(422, "idempotency_conflict");
    }
    erp.post_as("/balance_inquiries", "k", &json!({"card_number": CARD, "pin": PIN}))
        .await
        .is(422, "idempotency_conflict");
    // The PIN is not part of the content: the first decision stands.
    let mut other_pin = payment(100);
    other_pin["pin"] = json!("000000");
    assert_eq!(erp.post_as("/payments", "k", &other_pin).await.body, first.body);
    assert_eq!(shop.balance().await, before);
}

#[tokio::test]
async fn a_payment_that_never_arrived_is_blocked_for_good() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let before = shop.balance().await;
    let blocked = erp.post("/reversals", &json!({"payment_idempotency_key": "late"})).await;
    blocked.is(201, "");
    assert_eq!((blocked.body["not_charged"].clone(), blocked.text_of("response_code")), (json!(true), "25".to_owned()));
    for _ in 0..2 {
        let late = erp.post_as("/payments", "late", &payment(100)).await;
        late.is(201, "");
        assert_eq!(
            (late.text_of("status"), &late.body["decline"]["code"]),
            ("declined".to_owned(), &json!("withdrawn"))
        );
    }
    // An invalid request is not answered from the record.
    let odd = [("terminal_id", json!("")), ("lines", json!([])), ("lines", json!([{"name": "", "quantity": 1}]))];
    for (field, value) in odd {
        let mut body = payment(100);
        body[field] = value;
        erp.post_as("/payments", "late", &body).await.is(422, "invalid_request");
    }
    assert_eq!(shop.balance().await, before);
    shop.assert_in_order().await;
}

#[tokio::test]
async fn a_payment_is_reversed_once_by_number_or_by_key() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let before = shop.balance().await;
    let paid = erp.post_as("/payments", "one", &payment(100)).await;
    let path = format!("/payments/{}/reversal", paid.text_of("id"));
    let reversed = erp.post_as(&path, "r1", &json!({})).await;
    reversed.is(201, "");
    assert_eq!(
        (reversed.text_of("status"), reversed.body["not_charged"].clone()),
        ("approved".to_owned(), json!(true))
    );
    assert_eq!(erp.post_as(&path, "r1", &json!({})).await.body, reversed.body);
    let again = erp.post("/reversals", &json!({"payment_idempotency_key": "one"})).await;
    assert_eq!((again.text_of("status"), again.body["not_charged"].clone()), ("declined".to_owned(), json!(true)));
    erp.post_as("/payments", "two", &payment(100)).await.is(201, "");
    let by_key = erp.post("/reversals", &json!({"payment_idempotency_key": "two"})).await;
    assert_eq!(by_key.text_of("status"), "approved");
    assert_eq!(shop.balance().await, before);
    let order = erp.get(&format!("/payments/{}", paid.text_of("id"))).await;
    assert_eq!(order.text_of("order_status"), "voided");
    shop.assert_in_order().await;
}

fn scope() -> Scope {
    Scope {
        merchant: MerchantId(250_100),
        outlet: OutletId(2_501_001),
        lists: Lists::alone(ListId(250_100)),
        terminal: TerminalId(25_010_007),
        person: PersonId(1003),
        address: String::new(),
    }
}

/// Blocks the store from deciding until the returned sender is dropped.
async fn block(shop: &Fixture) -> std::sync::mpsc::Sender<()> {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (entered, inside) = tokio::sync::oneshot::channel();
    let both = Arc::new(Mutex::new(Some((released, entered))));
    let db = shop.db.clone();
    tokio::spawn(async move {
        db.write(move |connection| {
            if connection.sqlite().is_none() {
                // The lock that every group takes first.
                connection.execute_batch("SELECT pg_advisory_xact_lock(7236)")?;
            }
            let (released, entered) = both.lock().expect("whole").take().expect("runs once");
            entered.send(()).expect("somebody waits");
            let _ = released.recv();
            Ok(())
        })
        .await
    });
    inside.await.expect("the store is held");
    release
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_in_flight_is_unknown_and_can_be_reversed() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let before = shop.balance().await;
    let held = block(&shop).await;
    let paying = tokio::spawn({
        let erp = erp.clone();
        async move { erp.post_as("/payments", "slow", &payment(100)).await }
    });
    let asked = loop {
        let asked = erp.get("/payments?idempotency_key=slow").await;
        if asked.body["data"] != json!([]) {
            break asked;
        }
        tokio::task::yield_now().await;
    };
    let open = &asked.body["data"][0];
    assert_eq!((&open["status"], &open["id"], &open["response_code"]), (&json!("unknown"), &json!(null), &json!("98")));
    erp.post_as("/payments", "slow", &payment(100)).await.is(409, "in_flight");
    let reversing = tokio::spawn({
        let erp = erp.clone();
        async move { erp.post("/reversals", &json!({"payment_idempotency_key": "slow"})).await }
    });
    drop(held);
    let (paid, reversed) = (paying.await.expect("ends"), reversing.await.expect("ends"));
    paid.is(201, "");
    assert_eq!((reversed.text_of("status"), &reversed.body["not_charged"]), ("approved".to_owned(), &json!(true)));
    assert_eq!(reversed.text_of("payment_id"), paid.text_of("id"));
    let asked = erp.get("/payments?idempotency_key=slow").await;
    assert_eq!(asked.body["data"][0]["order_status"], "voided", "{}", asked.text);
    assert_eq!(erp.get("/payments?idempotency_key=never").await.body["data"], json!([]));
    assert_eq!(shop.balance().await, before);
    shop.assert_in_order().await;
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_pays_nothing_and_the_other_way_round() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let product = json!({"name": "Gauze"});
    erp.patch("/products/600233", "p", &product).await.is(200, "");
    erp.post_as("/payments", "p", &payment(100)).await.is(422, "idempotency_conflict");
    erp.post_as("/payments", "q", &payment(100)).await.is(201, "");
    erp.patch("/products/600233", "q", &product).await.is(422, "idempotency_conflict");
    erp.post_as("/balance_inquiries", "i", &json!({"card_number": CARD, "pin": PIN})).await.is(201, "");
    erp.post_as("/payments", "i", &payment(100)).await.is(422, "idempotency_conflict");
    shop.assert_in_order().await;
}

#[tokio::test]
async fn a_repeated_request_gets_the_record_even_if_the_goods_are_discontinued() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let mut body = payment(1_550);
    body["lines"] = json!([{"product_code": "600233", "quantity": 1}]);
    let paid = erp.post_as("/payments", "before", &body).await;
    paid.is(201, "");
    erp.patch("/products/600233", "stop", &json!({"active": false})).await.is(200, "");
    assert_eq!(erp.post_as("/payments", "before", &body).await.body, paid.body);
    let mut other = body.clone();
    other["merchant_order_number"] = json!("another");
    erp.post_as("/payments", "before", &other).await.is(422, "idempotency_conflict");
    erp.post_as("/payments", "after", &body).await.is(422, "invalid_request");
    shop.assert_in_order().await;
}

#[tokio::test]
async fn orders_of_a_program_and_of_the_till_count_together() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let number = |answer: &crate::fixture::Reply| answer.text_of("order_number");
    let first = number(&erp.post("/payments", &payment(100)).await);
    let listed = product::find(&shop.db, Lists::alone(ListId(250_100)), "600233").await.expect("reads").remove(0);
    let terms = domain::order::line_terms(&listed.product, "", "").expect("a line");
    let line = NewLine { listed, terms, confirmed_by: None, scan: None };
    storage::draft::line_add(&shop.db, &scope(), None, line, OPENING).await.expect("writes");
    let third = number(
        &erp.post("/payments", &json!({"card_number": CARD, "pin": "000000", "amount": 1, "currency": "CNY"})).await,
    );
    assert_eq!((first.as_str(), third.as_str()), ("2611230001", "2611230003"));
}

#[tokio::test]
async fn a_key_of_several_terminals_has_to_name_one() {
    let shop = Fixture::open().await;
    let (_, token) = shop.key(|_| {}).await;
    let everywhere = shop.with_token(&token);
    let refused = everywhere.post("/payments", &payment(100)).await;
    refused.is(422, "invalid_request");
    assert_eq!(refused.text_of("param"), "terminal_id");
    let mut body = payment(100);
    body["terminal_id"] = json!("25010008");
    assert_eq!(everywhere.post("/payments", &body).await.text_of("terminal_id"), "25010008");
    shop.program(0).post("/payments", &body).await.is(404, "not_found");
}

#[tokio::test]
async fn a_recalled_product_is_refused_with_what_the_tills_say() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let announced = domain::recall::Announced {
        matches: vec![(domain::recall::MatchKind::Code, "600402".to_owned())],
        reason: "a fault".to_owned(),
        text: "stop selling it".to_owned(),
        since: domain::time::BusinessDate(20_000),
    };
    let entry = storage::audit::Entry {
        at: shop.clock.now(),
        person: Some(domain::ids::PersonId(9_001)),
        merchant: None,
        terminal: None,
        action: "goods_recalled",
        subject: String::new(),
        detail: String::new(),
        address: String::new(),
    };
    let body = json!({"card_number": CARD, "pin": PIN, "amount": 650, "currency": "CNY",
        "lines": [{"product_code": "600402", "quantity": 1}]});
    erp.post("/payments", &body).await.is(201, "");
    storage::recall::start(&shop.db, announced, entry).await.expect("writes");
    let refused = erp.post("/payments", &body).await;
    refused.is(422, "invalid_request");
    assert!(
        refused.text.contains("lines[0].product_code") && refused.text.contains("stop selling it"),
        "{}",
        refused.text
    );
    let other = json!({"card_number": CARD, "pin": PIN, "amount": 1550, "currency": "CNY",
        "lines": [{"product_code": "600233", "quantity": 1}]});
    erp.post("/payments", &other).await.is(201, "");
    // A key changes what a recall does not look at, and nothing that would take the product out of one.
    erp.patch("/products/600402", "price", &json!({"price": 700})).await.is(200, "");
    let now = erp.get("/products/600402").await.body;
    let kept = ["name", "otc_class", "unit", "price", "barcode", "approval_no"];
    let whole = |field: &str, value: &str| {
        let mut body: serde_json::Map<_, _> = kept.iter().map(|one| ((*one).to_owned(), now[one].clone())).collect();
        body.insert(field.to_owned(), json!(value));
        serde_json::Value::Object(body)
    };
    for (field, value, status) in
        [("name", "Vitamin C", 200), ("barcode", "6901234567892", 409), ("approval_no", "Z1", 409)]
    {
        let code = if status == 409 { "product_recalled" } else { "" };
        erp.put("/products/600402", field, &whole(field, value)).await.is(status, code);
    }
    erp.post("/payments", &body).await.is(422, "invalid_request");
}
