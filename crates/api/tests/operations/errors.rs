//! Errors for requests that violate the description.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use crate::fixture::{Fixture, described, payment};

#[tokio::test]
async fn every_change_needs_a_key_and_json_and_known_fields() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    for operation in described().iter().filter(|one| !one.method.is_safe()) {
        let path = operation.path.replace("{id}", "010000000001").replace("{code}", "600233");
        let path = path.replace("{event_id}", "1");
        // Some need nothing but their path.
        let Some(body) = operation.body.clone() else {
            let mut request = erp.request(&operation.method, &path, "a-key", None);
            request.headers_mut().remove("idempotency-key");
            erp.send(request).await.is(400, "idempotency_key_missing");
            continue;
        };
        let request = |strip: &str, body: Body| {
            let (mut parts, _) = erp.request(&operation.method, &path, "a-key", None).into_parts();
            parts.headers.remove(strip);
            Request::from_parts(parts, body)
        };
        erp.send(request("idempotency-key", Body::from(body.to_string()))).await.is(400, "idempotency_key_missing");
        erp.send(request("content-type", Body::from(body.to_string()))).await.is(415, "unsupported_media_type");
        erp.send(request("", Body::from("{"))).await.is(400, "invalid_json");
        erp.send(request("", Body::from(vec![b' '; 256 * 1024 + 1]))).await.is(413, "body_too_large");
        let mut unknown = body.clone();
        unknown["surprise"] = json!(1);
        let refused = erp.send(request("", Body::from(unknown.to_string()))).await;
        refused.is(422, "invalid_request");
        assert_eq!(refused.text_of("param"), "surprise");
        let mut twice = request("", Body::from(body.to_string()));
        twice.headers_mut().append("idempotency-key", "another".parse().expect("a header"));
        erp.send(twice).await.is(400, "idempotency_key_missing");
    }
}

#[tokio::test]
async fn a_refusal_never_repeats_a_card_number_or_a_pin() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    for body in [
        json!({"card_number": 6_086_250_000_010_012_i64, "pin": "123456"}),
        json!({"card_number": "6086250000010012", "pin": 123_456}),
        json!({"card_number": "6086250000010013", "pin": "123456"}),
        json!({"card_number": "6222021001123456789", "pin": "123456"}),
        json!({"card_number": "6086250000010012", "pin": "12345678"}),
    ] {
        let refused = erp.post("/balance_inquiries", &body).await;
        refused.is(422, "invalid_request");
        assert!(
            !refused.text.contains("60862500")
                && !refused.text.contains("62220210")
                && !refused.text.contains("123456"),
            "{}",
            refused.text
        );
    }
}

#[tokio::test]
async fn invalid_fields_and_parameters_are_named() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    for (field, value) in [
        ("amount", json!(0)),
        ("amount", json!(-1)),
        ("amount", json!(10_000_000)),
        ("pin", json!("12345")),
        ("card_number", json!("6086 2500 0001 0012")),
        ("merchant_order_number", json!("")),
        ("merchant_order_number", json!("a\u{0}b")),
        ("lines", json!([])),
        ("amount", json!(1_551)),
    ] {
        let mut body = payment(1_550);
        body["lines"] = json!([{"product_code": "600233", "quantity": 1}]);
        body[field] = value;
        let refused = erp.post("/payments", &body).await;
        refused.is(422, "invalid_request");
        assert_eq!(refused.text_of("param"), field);
    }
    for (line, param) in [
        (json!({"quantity": 1}), "product_code"),
        (json!({"product_code": "no-such", "quantity": 1}), "product_code"),
        (json!({"name": "Something", "quantity": 1}), "unit_price"),
        (json!({"product_code": "600233", "quantity": 0}), "quantity"),
        (json!({"product_code": "600233", "quantity": 1, "unit_price": 1}), "unit_price"),
    ] {
        let mut body = payment(1_550);
        body["lines"] = json!([line]);
        let refused = erp.post("/payments", &body).await;
        refused.is(422, "invalid_request");
        assert_eq!(refused.text_of("param"), format!("lines[0].{param}"));
    }
    for query in
        ["limit=0", "limit=201", "limit=x", "cursor=zz", "surprise=1", "from=yesterday", "from=2026-01-01T00:00:00Z"]
    {
        erp.get(&format!("/transactions?{query}")).await.is(400, "invalid_parameter");
    }
    erp.get("/payments").await.is(400, "invalid_parameter");
    erp.get("/orders?status=lost").await.is(400, "invalid_parameter");
    erp.get("/statements/2026-13-01").await.is(404, "not_found");
    erp.get("/nothing/here").await.is(404, "not_found");
    let refused = erp.send(erp.request(&Method::DELETE, "/me", "k", None)).await;
    refused.is(405, "method_not_allowed");
    assert!(refused.headers.contains_key("allow"));
}
