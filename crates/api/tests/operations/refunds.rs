//! Refunds: requested by one key, decided by another.

use serde_json::{Value, json};

use crate::fixture::{CARD, Fixture, Program, payment};

async fn paid(erp: &Program) -> String {
    let mut body = payment(4_650);
    body["lines"] = json!([{"product_code": "600233", "quantity": 3}]);
    erp.post("/payments", &body).await.text_of("id")
}

fn asked(payment: &str, quantity: i64) -> Value {
    json!({"payment_id": payment, "lines": [{"line": 1, "quantity": quantity}], "ground": "quality", "reason": "A fault"})
}

#[tokio::test]
async fn one_key_requests_and_another_approves() {
    let shop = Fixture::open().await;
    let (erp, office) = (shop.program(0), shop.program(1));
    let payment = paid(&erp).await;
    let before = shop.balance().await;
    let refund = erp.post_as("/refunds", "ask", &asked(&payment, 2)).await;
    refund.is(201, "");
    assert_eq!((refund.text_of("status"), refund.body["amount"].as_i64()), ("requested".to_owned(), Some(3_100)));
    let id = refund.text_of("id");
    let yes = json!({"card_number": CARD, "opinion": "Goods are back"});
    erp.post(&format!("/refunds/{id}/approve"), &yes).await.is(403, "same_person");
    let wrong = json!({"card_number": "6086250000070073", "opinion": "Goods are back"});
    let declined = office.post(&format!("/refunds/{id}/approve"), &wrong).await;
    assert_eq!(
        (declined.text_of("status"), &declined.body["decline"]["code"]),
        ("declined".to_owned(), &json!("card_differs"))
    );
    let decided = office.post_as(&format!("/refunds/{id}/approve"), "yes", &yes).await;
    decided.is(201, "");
    assert_eq!(
        (decided.text_of("status"), &decided.body["refund"]["status"]),
        ("approved".to_owned(), &json!("approved"))
    );
    assert_eq!(office.post_as(&format!("/refunds/{id}/approve"), "yes", &yes).await.body, decided.body);
    assert_eq!(shop.balance().await, before + 3_100);
    // The first answer stays what it was.
    assert_eq!(erp.post_as("/refunds", "ask", &asked(&payment, 2)).await.body, refund.body);
    let now = erp.get(&format!("/payments/{payment}")).await;
    assert_eq!(
        (now.text_of("order_status"), now.body["refunded_amount"].as_i64()),
        ("partly_refunded".to_owned(), Some(3_100))
    );
    erp.post_as("/refunds", "ask", &asked(&payment, 1)).await.is(422, "idempotency_conflict");
    shop.assert_in_order().await;
}

#[tokio::test]
async fn five_wrong_cards_end_the_review_of_every_key() {
    let shop = Fixture::open().await;
    let (erp, office) = (shop.program(0), shop.program(1));
    let payment = paid(&erp).await;
    let id = erp.post_as("/refunds", "ask", &asked(&payment, 2)).await.text_of("id");
    let review = |number: &str| json!({"card_number": number, "opinion": "Goods are back"});
    let path = format!("/refunds/{id}/approve");
    for n in 0..5 {
        let answer = office.post(&path, &review(&crate::payments::unknown_number(n))).await;
        assert_eq!(answer.body["decline"]["code"], json!("card_differs"), "{n}");
    }
    let ended = office.post(&path, &review(CARD)).await;
    assert_eq!(ended.body["decline"]["code"], json!("refund_escalated"), "{}", ended.body);
    shop.assert_in_order().await;
}

#[tokio::test]
async fn a_request_for_too_much_is_declined_and_a_rejected_one_releases_its_goods() {
    let shop = Fixture::open().await;
    let (erp, office) = (shop.program(0), shop.program(1));
    let payment = paid(&erp).await;
    let declined = erp.post("/refunds", &asked(&payment, 4)).await;
    declined.is(201, "");
    assert_eq!(
        (declined.text_of("status"), &declined.body["decline"]["code"]),
        ("declined".to_owned(), &json!("nothing_left"))
    );
    let found = erp.get(&format!("/refunds/{}", declined.text_of("id"))).await;
    assert_eq!(found.body, declined.body);
    let all = json!({"payment_id": payment, "ground": "shop_error", "reason": "Charged twice"});
    let refund = erp.post("/refunds", &all).await;
    assert_eq!(refund.body["amount"].as_i64(), Some(4_650));
    assert_eq!(erp.post("/refunds", &asked(&payment, 1)).await.text_of("status"), "declined");
    let id = refund.text_of("id");
    let rejected = office.post(&format!("/refunds/{id}/reject"), &json!({"opinion": "Not so"})).await;
    assert_eq!(rejected.body["refund"]["status"], "rejected", "{}", rejected.text);
    assert_eq!(erp.post("/refunds", &asked(&payment, 3)).await.text_of("status"), "requested");
    let page = erp.get("/refunds?status=rejected").await;
    assert_eq!(page.body["data"].as_array().map(Vec::len), Some(1));
    let first = erp.get("/refunds?limit=1").await;
    let next = erp.get(&format!("/refunds?limit=1&cursor={}", first.text_of("next_cursor"))).await;
    assert_eq!((first.body["has_more"].clone(), next.body["has_more"].clone()), (json!(true), json!(false)));
    assert_ne!(first.body["data"], next.body["data"]);
    shop.assert_in_order().await;
}

#[tokio::test]
async fn two_keys_created_by_one_person_count_as_that_person() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let payment = paid(&erp).await;
    let refund = erp.post("/refunds", &asked(&payment, 1)).await.text_of("id");
    // Created by 1002, like the first one.
    let (_, token) = shop.key(|_| {}).await;
    let second = shop.with_token(&token);
    second.post(&format!("/refunds/{refund}/reject"), &json!({"opinion": "No"})).await.is(403, "same_person");
}
