//! Disputes: a program reads and answers them.

use domain::command::{Actor, Command, Envelope};
use domain::dispute::{Claim, Opening, Verdict};
use domain::ids::{OrderId, PersonId, RequestId, TransactionId};
use domain::money::Fen;
use domain::time::HOUR;
use serde_json::{Value, json};

use crate::fixture::{Fixture, payment};

async fn post(shop: &Fixture, n: u8, person: i64, command: Command) -> TransactionId {
    let actor = Actor::issuer(PersonId(person));
    let envelope = Envelope { request_id: RequestId([n; 16]), actor, at: shop.clock.now(), entropy: 1, command };
    let outcome = shop.books.post(vec![envelope]).await.expect("posts").remove(0);
    let transaction = outcome.transaction().expect("on record");
    assert_eq!(transaction.decline, None);
    transaction.id
}

/// A payment of 15.00 of which 10.00 are disputed: the dispute's number, order and payment.
pub(crate) async fn disputed(shop: &Fixture, n: u8) -> (String, OrderId, String) {
    let paid = shop.program(0).post("/payments", &payment(1_500)).await;
    paid.is(201, "");
    let order = OrderId(paid.text_of("order_id").parse().expect("a number"));
    let words = "The box was not in the bag".to_owned();
    let opening = Opening { order, amount: Fen(1_000), claim: Claim::NotReceived, words };
    let id = post(shop, n, 9001, Command::DisputeOpen(opening)).await;
    (id.rrn(), order, paid.text_of("id"))
}

fn no() -> Value {
    json!({"accept": false, "words": "Signed for at the counter"})
}

#[tokio::test]
async fn a_program_reads_and_answers_once() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let (id, order, payment) = disputed(&shop, 1).await;
    let found = erp.get(&format!("/disputes/{id}")).await;
    found.is(200, "");
    for (field, value) in [
        ("object", json!("dispute")),
        ("status", json!("opened")),
        ("payment_id", json!(payment)),
        ("order_id", json!(order.to_string())),
        ("amount", json!(1_000)),
        ("claim", json!("not_received")),
        ("opened_at", json!("2026-11-23T02:26:00Z")),
        ("answer_until", json!("2026-11-30T02:26:00Z")),
        ("accepted", json!(null)),
        ("decision_id", json!(null)),
    ] {
        assert_eq!(found.body[field], value, "{field} of {}", found.text);
    }
    let path = format!("/disputes/{id}/answer");
    erp.post(&path, &json!({"accept": true, "words": "x"})).await.is(422, "invalid_request");
    let answer = erp.post_as(&path, "once", &no()).await;
    answer.is(201, "");
    assert_eq!(
        (answer.text_of("status"), answer.body["dispute"]["status"].clone()),
        ("approved".into(), json!("answered"))
    );
    assert_eq!(erp.post_as(&path, "once", &no()).await.body, answer.body);
    erp.post_as(&path, "once", &json!({"accept": true, "words": "Sorry"})).await.is(422, "idempotency_conflict");
    let twice = erp.post(&path, &no()).await;
    assert_eq!(
        (twice.text_of("status"), twice.body["decline"]["code"].clone()),
        ("declined".into(), json!("already_decided"))
    );

    let words = "Seen on video".to_owned();
    let dispute = TransactionId(id.parse().expect("a number"));
    post(&shop, 2, 9002, Command::DisputeReview(Verdict { order, dispute, uphold: true, words })).await;
    let now = erp.get(&format!("/disputes/{id}")).await;
    assert_eq!((now.text_of("status"), now.text_of("opinion")), ("upheld".into(), "Seen on video".into()));
    let paid = erp.get(&format!("/payments/{payment}")).await;
    assert_eq!(
        (paid.text_of("order_status"), &paid.body["refunded_amount"]),
        ("partly_refunded".into(), &json!(1_000))
    );
    let listed = erp.get(&format!("/orders/{order}")).await;
    assert_eq!(listed.body["refunded_amount"], json!(1_000), "{}", listed.text);
    shop.assert_in_order().await;
}

#[tokio::test]
async fn lists_are_filtered_and_paged_and_a_late_answer_is_declined() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let (first, ..) = disputed(&shop, 1).await;
    let (second, ..) = disputed(&shop, 2).await;
    erp.post(&format!("/disputes/{first}/answer"), &no()).await.is(201, "");
    let ids = |answer: &Value| {
        let rows = answer["data"].as_array().expect("rows").iter();
        rows.map(|one| one["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&erp.get("/disputes?status=opened").await.body), vec![second.clone()]);
    let page = erp.get("/disputes?limit=1").await;
    assert_eq!((ids(&page.body), &page.body["has_more"]), (vec![first], &json!(true)));
    let next = erp.get(&format!("/disputes?limit=1&cursor={}", page.text_of("next_cursor"))).await;
    assert_eq!((ids(&next.body), &next.body["has_more"]), (vec![second.clone()], &json!(false)));
    erp.get("/disputes?status=late").await.is(400, "invalid_parameter");
    shop.clock.advance(7 * 24 * HOUR + 1);
    let late = erp.post(&format!("/disputes/{second}/answer"), &no()).await;
    assert_eq!(
        (late.text_of("status"), late.body["decline"]["code"].clone()),
        ("declined".into(), json!("answer_too_late"))
    );
    assert_eq!(late.body["dispute"]["status"], json!("opened"));
    assert_eq!(shop.program(2).get("/disputes").await.body["data"], json!([]));
    shop.assert_in_order().await;
}
