//! Settlements: a program reads its own merchant's confirmed ones, page by page.

use domain::command::{Actor, Command, Envelope};
use domain::ids::{MerchantId, OutletId, PersonId, RequestId, TransactionId};
use domain::settlement::{Preparation, Verdict};
use domain::time::{BusinessDate, HOUR};
use serde_json::json;
use storage::vault::hex;

use crate::fixture::{Fixture, payment};

const MERCHANT: MerchantId = MerchantId(250_100);

async fn post(shop: &Fixture, n: u8, person: i64, command: Command) -> TransactionId {
    let actor = Actor::issuer(PersonId(person));
    let envelope = Envelope { request_id: RequestId([n; 16]), actor, at: shop.clock.now(), entropy: 1, command };
    let outcome = shop.books.post(vec![envelope]).await.expect("posts").remove(0);
    let transaction = outcome.transaction().expect("on record");
    assert_eq!(transaction.decline, None);
    transaction.id
}

/// Sells for 15.00, and prepares the settlement of the day when it is over.
async fn prepare(shop: &Fixture, n: u8) -> TransactionId {
    shop.program(0).post("/payments", &payment(1_500)).await.is(201, "");
    let until: BusinessDate = shop.clock.now().business_date();
    shop.clock.advance(24 * HOUR);
    post(shop, n, 9003, Command::SettlementPrepare(Preparation { merchant: MERCHANT, until })).await
}

async fn confirm(shop: &Fixture, n: u8, settlement: TransactionId) {
    let verdict = Verdict { merchant: MERCHANT, settlement, confirm: true, opinion: "compared".to_owned() };
    post(shop, n, 9002, Command::SettlementReview(verdict)).await;
}

#[tokio::test]
async fn a_program_reads_what_was_paid() {
    let shop = Fixture::open().await;
    // The head office: a key of one outlet sees nothing of what is settled for the whole merchant.
    let erp = shop.program(1);
    let first = prepare(&shop, 1).await;
    assert_eq!(erp.get("/settlements").await.body["data"], json!([]), "not before it is confirmed");
    erp.get(&format!("/settlements/{}", first.rrn())).await.is(404, "not_found");
    confirm(&shop, 2, first).await;
    let found = erp.get(&format!("/settlements/{}", first.rrn())).await;
    found.is(200, "");
    let (sales, none) = (json!({"count": 1, "amount": 1_500}), json!({"count": 0, "amount": 0}));
    for (field, value) in [
        ("object", json!("settlement")),
        ("number", json!(1)),
        ("from_date", json!("2026-11-23")),
        ("until_date", json!("2026-11-23")),
        ("sales", sales.clone()),
        ("refunds", none.clone()),
        ("net_amount", json!(1_500)),
        ("fee_basis_points", json!(60)),
        ("fee_amount", json!(9)),
        ("payout_amount", json!(1_491)),
        ("confirmed_at", json!("2026-11-24T02:26:00Z")),
        (
            "days",
            json!([{"date": "2026-11-23", "sales": sales, "refunds": none, "voids": none, "reversals": none, "chargebacks": none,
                "net_amount": 1_500}]),
        ),
    ] {
        assert_eq!(found.body[field], value, "{field} of {}", found.text);
    }
    let second = prepare(&shop, 3).await;
    confirm(&shop, 4, second).await;
    let page = erp.get("/settlements?limit=1").await;
    assert_eq!((&page.body["data"][0], &page.body["has_more"]), (&found.body, &json!(true)));
    let next = erp.get(&format!("/settlements?limit=1&cursor={}", page.text_of("next_cursor"))).await;
    assert_eq!((&next.body["data"][0]["number"], &next.body["has_more"]), (&json!(2), &json!(false)));
    let refunds = hex(b"r10000000001");
    erp.get(&format!("/settlements?cursor={refunds}")).await.is(400, "invalid_parameter");
    shop.program(0).get(&format!("/settlements/{}", first.rrn())).await.is(404, "not_found");
    shop.assert_in_order().await;
}

#[tokio::test]
async fn no_other_key_can_read_it() {
    let shop = Fixture::open().await;
    let id = prepare(&shop, 1).await;
    confirm(&shop, 2, id).await;
    let (_, token) = shop.key(|key| key.outlet = Some(OutletId(2_501_001))).await;
    for program in [shop.program(2), shop.with_token(&token)] {
        assert_eq!(program.get("/settlements").await.body["data"], json!([]));
        program.get(&format!("/settlements/{}", id.rrn())).await.is(404, "not_found");
    }
    for path in ["/settlements/x", "/settlements/010000000001", "/settlements/999999999999"] {
        shop.program(0).get(path).await.is(404, "not_found");
    }
}
