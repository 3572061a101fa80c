//! Webhook endpoints: checked on creation, the secret shown once, payments delivered.

use axum::http::Method;
use serde_json::{Value, json};

use crate::fixture::{Fixture, payment};

const URL: &str = "https://erp.example.com/webpos";

#[tokio::test]
async fn an_endpoint_is_made_once_and_its_secret_is_shown_once() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let body = json!({"url": URL, "description": " ERP ", "events": ["payment.approved", "refund.approved"]});
    let made = erp.post_as("/webhook_endpoints", "make", &body).await;
    made.is(201, "");
    let secret = made.text_of("secret");
    assert!(secret.starts_with("whsec_") && secret.len() == 70, "{}", made.text);
    assert_eq!((made.text_of("status"), made.text_of("description")), ("active".to_owned(), "ERP".to_owned()));
    let again = erp.post_as("/webhook_endpoints", "make", &body).await;
    assert_eq!(again.text, made.text, "a lost answer is got again with the same key");
    let other = json!({"url": URL, "description": "Another"});
    erp.post_as("/webhook_endpoints", "make", &other).await.is(422, "idempotency_conflict");
    let shown = erp.get(&format!("/webhook_endpoints/{}", made.text_of("id"))).await;
    assert_eq!((&shown.body["secret"], &shown.body["events"]), (&Value::Null, &made.body["events"]));
    let rotated = erp.post(&format!("/webhook_endpoints/{}/rotate_secret", made.text_of("id")), &Value::Null).await;
    assert_ne!(rotated.text_of("secret"), secret);
    assert_eq!(rotated.text_of("previous_secret_until"), "2026-11-24T02:26:00Z");
    assert_eq!(erp.post_as("/webhook_endpoints", "make", &body).await.text, made.text, "the answer of that time");
    let list = erp.get("/webhook_endpoints").await;
    assert_eq!(list.body["data"].as_array().map(Vec::len), Some(1));
    assert!(!list.text.contains("whsec_"));
    let Some(file) = shop.db.path() else { return };
    for path in ["webpos.db", "webpos.db-wal"] {
        let bytes = std::fs::read(file.with_file_name(path)).expect("reads");
        let hidden = secret.trim_start_matches("whsec_").as_bytes();
        assert!(!bytes.windows(hidden.len()).any(|part| part == hidden), "the secret is in {path}");
    }
}

#[tokio::test]
async fn an_invalid_endpoint_is_rejected_with_the_field() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    for (body, param) in [
        (json!({"url": "http://erp.example.com/"}), "url"),
        (json!({"url": "https://127.0.0.1/"}), "url"),
        (json!({"url": "https://169.254.169.254/latest"}), "url"),
        (json!({"url": "https://user@erp.example.com/"}), "url"),
        (json!({"url": "https://erp.example.com:8443/"}), "url"),
        (json!({"url": URL, "description": "x".repeat(101)}), "description"),
        (json!({"url": URL, "events": []}), "events"),
    ] {
        let refused = erp.post("/webhook_endpoints", &body).await;
        refused.is(422, "invalid_request");
        assert_eq!(refused.text_of("param"), param, "{}", refused.text);
    }
    erp.post("/webhook_endpoints", &json!({"url": URL, "events": ["payment.refunded"]}))
        .await
        .is(422, "invalid_request");
    let id = erp.post("/webhook_endpoints", &json!({"url": URL})).await.text_of("id");
    let inner = json!({"url": "https://[::1]/"});
    erp.patch(&format!("/webhook_endpoints/{id}"), "inner", &inner).await.is(422, "invalid_request");
    for _ in 1..20 {
        erp.post("/webhook_endpoints", &json!({"url": URL})).await.is(201, "");
    }
    erp.post("/webhook_endpoints", &json!({"url": URL})).await.is(422, "invalid_request");
}

#[tokio::test]
async fn a_payment_is_delivered_to_subscribed_endpoints_and_can_be_replayed() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let id = erp.post("/webhook_endpoints", &json!({"url": URL})).await.text_of("id");
    let quiet = erp.post("/webhook_endpoints", &json!({"url": URL, "events": ["batch.closed"]})).await.text_of("id");
    let paid = erp.post("/payments", &payment(1_000)).await;
    let mut wrong = payment(1_000);
    wrong["pin"] = json!("999999");
    erp.post("/payments", &wrong).await.is(201, "");
    assert_eq!(erp.get(&format!("/webhook_endpoints/{quiet}/deliveries")).await.body["data"], json!([]));
    let told = erp.get(&format!("/webhook_endpoints/{id}/deliveries")).await;
    let rows = told.body["data"].as_array().expect("rows");
    let words: Vec<&str> = rows.iter().filter_map(|row| row["type"].as_str()).collect();
    assert_eq!(words, ["payment.declined", "payment.approved"], "newest first");
    let data = &rows[1]["event"]["data"];
    assert_eq!((&data["id"], &data["order_id"]), (&paid.body["id"], &paid.body["order_id"]));
    assert_eq!((&data["amount"], &data["currency"]), (&json!(1_000), &json!("CNY")));
    for secret in ["123456\"", "999999", "6086250000010012", "\"balance\""] {
        assert!(!told.text.contains(secret), "{secret} in {}", told.text);
    }
    let page = erp.get(&format!("/webhook_endpoints/{id}/deliveries?limit=1")).await;
    let next = page.text_of("next_cursor");
    let rest = erp.get(&format!("/webhook_endpoints/{id}/deliveries?limit=1&cursor={next}")).await;
    assert_eq!(rest.body["data"][0]["type"], "payment.approved");
    let event = rows[1]["event_id"].as_str().expect("an id");
    let again = erp.post(&format!("/webhook_endpoints/{id}/deliveries/{event}/replay"), &Value::Null).await;
    again.is(201, "");
    assert_eq!(again.text_of("status"), "pending");
    erp.post(&format!("/webhook_endpoints/{quiet}/deliveries/{event}/replay"), &Value::Null).await.is(404, "not_found");
    erp.get(&format!("/webhook_endpoints/{id}/deliveries?status=lost")).await.is(400, "invalid_parameter");
}

#[tokio::test]
async fn an_endpoint_can_be_paused_resumed_and_deleted() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let id = erp.post("/webhook_endpoints", &json!({"url": URL})).await.text_of("id");
    let path = format!("/webhook_endpoints/{id}");
    let change = json!({"status": "paused", "description": "Head office"});
    let paused = erp.patch(&path, "pause", &change).await;
    assert_eq!(
        (paused.text_of("status"), paused.text_of("description")),
        ("paused".to_owned(), "Head office".to_owned())
    );
    assert_eq!(paused.text_of("url"), URL);
    erp.post(&format!("{path}/test"), &Value::Null).await.is(422, "invalid_request");
    erp.post("/payments", &payment(500)).await.is(201, "");
    assert_eq!(erp.get(&format!("{path}/deliveries")).await.body["data"], json!([]), "nothing is kept meanwhile");
    assert_eq!(erp.patch(&path, "start", &json!({"status": "active"})).await.text_of("status"), "active");
    let gone = erp.send(erp.request(&Method::DELETE, &path, "gone", None)).await;
    assert_eq!(gone.text_of("status"), "deleted");
    erp.get(&path).await.is(404, "not_found");
    let again = erp.send(erp.request(&Method::DELETE, &path, "gone", None)).await;
    assert_eq!(again.text, gone.text);
}
