//! No key reaches another merchant's rows: calls every operation of the description with the other merchant's ids.

use serde_json::{Value, json};

use crate::fixture::{CARD, Described, Fixture, OPENING, described, payment};

/// Ids of the first merchant, by the parameter of a path or body.
struct Theirs {
    payment: String,
    refund: String,
    order: String,
    dispute: String,
    endpoint: String,
    event: String,
    key: &'static str,
}

async fn theirs(shop: &Fixture) -> Theirs {
    let erp = shop.program(0);
    let key = "their-payment";
    let paid = erp.post_as("/payments", key, &payment(1_000)).await;
    paid.is(201, "");
    let body = json!({"payment_id": paid.text_of("id"), "ground": "quality", "reason": "A fault", "lines": [{"line": 1, "quantity": 1}]});
    let refund = erp.post("/refunds", &body).await;
    assert_eq!(refund.text_of("status"), "requested", "{}", refund.text);
    let product = json!({"name": "Theirs alone", "otc_class": "NONE", "unit": "box", "price": 100});
    erp.put("/products/THEIRS-1", "their-product", &product).await.is(201, "");
    let endpoint = erp.post("/webhook_endpoints", &json!({"url": "https://theirs.example.com/hook"})).await;
    endpoint.is(201, "");
    let endpoint = endpoint.text_of("id");
    let event = erp.post(&format!("/webhook_endpoints/{endpoint}/test"), &Value::Null).await.text_of("event_id");
    let (dispute, ..) = crate::disputes::disputed(shop, 9).await;
    let (payment, refund, order) = (paid.text_of("id"), refund.text_of("id"), paid.text_of("order_id"));
    Theirs { payment, refund, order, dispute, endpoint, event, key }
}

/// The operation's path filled with those ids.
fn with_their_ids(operation: &Described, theirs: &Theirs) -> String {
    let id = match operation.path.split('/').nth(1).unwrap_or_default() {
        "refunds" => &theirs.refund,
        "orders" => &theirs.order,
        "disputes" => &theirs.dispute,
        "webhook_endpoints" => &theirs.endpoint,
        _ => &theirs.payment,
    };
    let today = OPENING.business_date().to_string();
    let path = operation.path.replace("{id}", id).replace("{event_id}", &theirs.event);
    path.replace("{code}", "THEIRS-1").replace("{date}", &today)
}

/// A body that would be valid for that merchant.
fn their_body(operation: &Described, theirs: &Theirs) -> Option<Value> {
    let mut body = operation.body.clone()?;
    for (field, value) in [
        ("terminal_id", "25010007"),
        ("payment_id", theirs.payment.as_str()),
        ("payment_idempotency_key", theirs.key),
        ("card_number", CARD),
    ] {
        if body.get(field).is_some() || (field == "terminal_id" && body.get("pin").is_some()) {
            body[field] = json!(value);
        }
    }
    Some(body)
}

#[tokio::test]
async fn every_operation_with_another_merchants_ids_finds_nothing_and_changes_nothing() {
    let shop = Fixture::open().await;
    let theirs = theirs(&shop).await;
    let (erp, stranger) = (shop.program(0), shop.program(2));
    let before = shop.balance().await;
    for operation in described() {
        let path = with_their_ids(&operation, &theirs);
        let body = their_body(&operation, &theirs);
        let key = format!("stranger-{}", operation.id);
        let answer = stranger.send(stranger.request(&operation.method, &path, &key, body.as_ref())).await;
        let by_name = operation.path.contains("{id}")
            || matches!(
                operation.id.as_str(),
                "getProduct" | "patchProduct" | "createPayment" | "createBalanceInquiry" | "createRefund"
            );
        if by_name {
            answer.is(404, "not_found");
        }
        assert!(!answer.status.is_server_error(), "{}: {}", operation.id, answer.text);
        for word in [
            &theirs.payment,
            &theirs.refund,
            &theirs.order,
            &theirs.dispute,
            "Theirs alone",
            "theirs.example",
            "25010007",
            "2501001\"",
        ] {
            assert!(!answer.text.contains(word), "{} told a stranger {word}: {}", operation.id, answer.text);
        }
    }
    // The look-up by key, and by outlet.
    let asked = stranger.get(&format!("/payments?idempotency_key={}", theirs.key)).await;
    assert!(!asked.text.contains(&theirs.payment), "{}", asked.text);
    assert_eq!(stranger.get("/terminals?outlet_id=2501001").await.body["data"], json!([]));
    // The other merchant's endpoint is unchanged.
    assert_eq!(erp.get(&format!("/payments/{}", theirs.payment)).await.text_of("order_status"), "paid");
    assert_eq!(erp.get(&format!("/refunds/{}", theirs.refund)).await.text_of("status"), "requested");
    assert_eq!(erp.get(&format!("/disputes/{}", theirs.dispute)).await.text_of("status"), "opened");
    assert_eq!(erp.get("/products/THEIRS-1").await.text_of("name"), "Theirs alone");
    let endpoint = erp.get(&format!("/webhook_endpoints/{}", theirs.endpoint)).await;
    assert_eq!(
        (endpoint.text_of("status"), endpoint.text_of("url").as_str()),
        ("active".to_owned(), "https://theirs.example.com/hook")
    );
    assert_eq!(shop.balance().await, before);
    shop.assert_in_order().await;
}

#[tokio::test]
async fn a_key_that_is_bound_to_an_outlet_reaches_no_other() {
    let shop = Fixture::open().await;
    let theirs = theirs(&shop).await;
    let (_, token) = shop.key(|key| key.outlet = Some(domain::ids::OutletId(2_501_002))).await;
    let bound = shop.with_token(&token);
    for operation in described().iter().filter(|one| one.path.contains("{id}")) {
        let path = with_their_ids(operation, &theirs);
        let body = their_body(operation, &theirs);
        let answer = bound.send(bound.request(&operation.method, &path, &operation.id, body.as_ref())).await;
        answer.is(404, "not_found");
    }
    let terminals = bound.get("/terminals").await;
    assert_eq!(terminals.body["data"].as_array().map(Vec::len), Some(1), "{}", terminals.text);
    bound.post_as("/payments", theirs.key, &payment(1_000)).await.is(422, "idempotency_conflict");
    assert_eq!(bound.get(&format!("/payments?idempotency_key={}", theirs.key)).await.body["data"], json!([]));
    bound.post("/reversals", &json!({"payment_idempotency_key": theirs.key})).await.is(422, "invalid_request");
    assert_eq!(bound.get("/orders").await.body["data"], json!([]));
    assert_eq!(bound.get("/transactions").await.body["data"], json!([]));
    let paid = bound.post("/payments", &payment(500)).await;
    assert_eq!((paid.text_of("status"), paid.text_of("terminal_id")), ("approved".to_owned(), "25010008".to_owned()));
}

#[test]
fn every_route_is_described() {
    let mut routed: Vec<_> = api::addresses().filter_map(|path| path.strip_prefix("/api/v1")).collect();
    let described = described();
    let mut listed: Vec<_> = described.iter().map(|one| one.path.as_str()).collect();
    routed.sort_unstable();
    listed.sort_unstable();
    assert_eq!(routed, listed);
    assert!(listed.len() > 20);
}
