//! Lists page by page, the day's statement, the catalogue, the description.

use domain::ids::{ListId, MerchantId, OutletId};
use domain::money::Fen;
use serde_json::{Value, json};
use storage::catalogue::{self, Item, Keeper, Kept};
use storage::product;
use storage::product_list::{self, Changed, Lists};

use crate::fixture::{Fixture, OPENING, entry, payment};

#[tokio::test]
async fn pages_show_everything_once_and_a_kept_cursor_shows_what_came_since() {
    for list in ["/transactions", "/orders"] {
        let shop = Fixture::open().await;
        let erp = shop.program(0);
        let pay = async |amount| {
            shop.clock.advance(1_000_000);
            erp.post("/payments", &payment(amount)).await.is(201, "");
        };
        for amount in 1..=7 {
            pay(amount).await;
        }
        let amounts = |page: &Value| -> Vec<i64> {
            page["data"].as_array().expect("rows").iter().filter_map(|row| row["amount"].as_i64()).collect()
        };
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = erp.get(&format!("{list}?limit=3{cursor}")).await;
            page.is(200, "");
            seen.extend(amounts(&page.body));
            cursor = format!("&cursor={}", page.text_of("next_cursor"));
            if page.body["has_more"] == false {
                break;
            }
        }
        assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7], "{list}");
        // A day later, too.
        shop.clock.advance(24 * domain::time::HOUR);
        pay(8).await;
        cursor.push_str("&from=2026-11-23T00:00:00Z");
        let since = erp.get(&format!("{list}?limit=3{cursor}")).await;
        assert_eq!(amounts(&since.body), [8], "{list}");
        let id = since.body["data"][0]["id"].as_str().expect("an id");
        assert_eq!(erp.get(&format!("{list}/{id}")).await.body, since.body["data"][0]);
    }
}

#[tokio::test]
async fn a_period_includes_its_start_and_excludes_its_end() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    erp.post("/payments", &payment(100)).await.is(201, "");
    let count =
        async |query: &str| erp.get(&format!("/transactions?{query}")).await.body["data"].as_array().map(Vec::len);
    assert_eq!(OPENING.date_time_text(), "2026-11-23 10:26:00");
    assert_eq!(count("from=2026-11-23T02:26:00Z&until=2026-11-23T02:26:01Z").await, Some(1));
    assert_eq!(count("from=2026-11-23T10:26:00%2B08:00&until=2026-11-24T00:00:00Z").await, Some(1));
    assert_eq!(count("from=2026-11-23T02:00:00Z&until=2026-11-23T02:26:00Z").await, Some(0));
    assert_eq!(count("from=2026-11-23T02:26:00.000001Z&until=2026-11-24T00:00:00Z").await, Some(0));
}

#[tokio::test]
async fn a_statement_adds_the_day_up() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let first = erp.post("/payments", &payment(1_000)).await.text_of("id");
    erp.post("/payments", &payment(500)).await.is(201, "");
    erp.post("/payments", &payment(9_999_999)).await.is(201, "");
    erp.post(&format!("/payments/{first}/reversal"), &json!({})).await.is(201, "");
    let day = erp.get("/statements/2026-11-23?limit=2").await;
    day.is(200, "");
    assert_eq!(day.body["net_amount"].as_i64(), Some(500), "{}", day.text);
    let totals = day.body["totals"].as_array().expect("totals");
    let total = |kind: &str, status: &str| {
        let found = totals.iter().find(|one| one["kind"] == kind && one["status"] == status);
        found.map(|one| (one["count"].as_i64(), one["amount"].as_i64()))
    };
    assert_eq!(total("sale", "approved"), Some((Some(2), Some(1_500))));
    assert_eq!(total("sale", "declined").map(|one| one.0), Some(Some(1)));
    assert_eq!(total("reversal", "approved"), Some((Some(1), Some(1_000))));
    assert_eq!(day.body["transactions"]["data"].as_array().map(Vec::len), Some(2));
    let cursor = day.body["transactions"]["next_cursor"].as_str().expect("a cursor");
    let rest = erp.get(&format!("/statements/2026-11-23?cursor={cursor}")).await;
    assert_eq!(rest.body["transactions"]["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(erp.get("/statements/2026-11-22").await.body["totals"], json!([]));
}

#[tokio::test]
async fn the_catalogue_is_written_once_under_a_key() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let body = json!({"name": "Vitamin C", "otc_class": "OTC-B", "unit": "box", "price": 650, "price_low": 600, "price_high": 700});
    let made = erp.put("/products/NEW-1", "k1", &body).await;
    made.is(201, "");
    assert_eq!(erp.put("/products/NEW-1", "k1", &body).await.text, made.text);
    erp.put("/products/NEW-2", "k1", &body).await.is(422, "idempotency_conflict");
    erp.put("/products/NEW-1", "k2", &body).await.is(200, "");
    let changed = erp.patch("/products/NEW-1", "k3", &json!({"price": 690, "active": false})).await;
    changed.is(200, "");
    assert_eq!((changed.body["price"].as_i64(), changed.body["name"].as_str()), (Some(690), Some("Vitamin C")));
    erp.patch("/products/NEW-1", "k4", &json!({"price": 701})).await.is(422, "invalid_request");
    erp.patch("/products/NEW-1", "k5", &json!({"name": null})).await.is(422, "invalid_request");
    let open = erp.patch("/products/NEW-1", "k6", &json!({"price": null, "price_low": null, "price_high": null})).await;
    assert_eq!((open.body["price"].clone(), open.body["price_low"].clone()), (Value::Null, Value::Null));
    erp.patch("/products/NONE", "k7", &json!({})).await.is(404, "not_found");
    let mut codes: Vec<String> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = erp.get(&format!("/products?limit=100{cursor}")).await;
        codes.extend(
            page.body["data"]
                .as_array()
                .expect("rows")
                .iter()
                .filter_map(|row| row["code"].as_str().map(str::to_owned)),
        );
        cursor = format!("&cursor={}", page.text_of("next_cursor"));
        if page.body["has_more"] == false {
            break;
        }
    }
    assert!(codes.len() > 200 && codes.is_sorted() && codes.contains(&"NEW-1".to_owned()));
}

/// Where the company decides what cards pay for, a key makes no product payable, by any request, and may change all else.
#[tokio::test]
async fn a_merchant_that_does_not_decide_makes_no_product_payable() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let new = |payable: Option<bool>| {
        let mut body = json!({"name": "Vitamin C", "otc_class": "OTC-B", "unit": "box", "price": 650});
        if let Some(payable) = payable {
            body["card_payable"] = json!(payable);
        }
        body
    };
    erp.put("/products/OWN-1", "a", &new(None)).await.is(201, "");
    erp.put("/products/OWN-2", "b", &new(Some(false))).await.is(201, "");
    let sql = "UPDATE merchant SET decides_payable = 0 WHERE id = 250100";
    shop.db.write(move |connection| Ok(connection.execute(sql, [])?)).await.expect("writes");
    let payable = async |path: &str| erp.get(path).await.body["card_payable"].as_bool();
    assert_eq!((payable("/products/OWN-1").await, payable("/products/OWN-2").await), (Some(true), Some(false)));

    for (n, (path, body)) in (0..).zip([("/products/NEW-1", new(Some(true))), ("/products/OWN-2", new(Some(true)))]) {
        erp.put(path, &format!("put{n}"), &body).await.is(403, "company_decides");
    }
    erp.patch("/products/OWN-2", "p1", &json!({"card_payable": true})).await.is(403, "company_decides");
    erp.patch("/products/OWN-2", "p2", &json!({"card_payable": true, "price": 700})).await.is(403, "company_decides");
    assert_eq!(erp.get("/products/OWN-2").await.body["price"].as_i64(), Some(650), "nothing of it was written");
    erp.get("/products/NEW-1").await.is(404, "not_found");
    // The same key again, once it is corrected, is a request of its own.
    erp.put("/products/NEW-1", "put0", &new(None)).await.is(201, "");
    assert_eq!(payable("/products/NEW-1").await, Some(false));
    // What is payable stays so, whatever else is changed, until the key says otherwise.
    for (n, body) in (0..).zip([new(None), new(Some(true))]) {
        erp.put("/products/OWN-1", &format!("own{n}"), &body).await.is(200, "");
        assert_eq!(payable("/products/OWN-1").await, Some(true));
    }
    erp.patch("/products/OWN-1", "own-price", &json!({"price": 700})).await.is(200, "");
    erp.patch("/products/OWN-1", "own-no", &json!({"card_payable": false})).await.is(200, "");
    erp.patch("/products/OWN-1", "own-yes", &json!({"card_payable": true})).await.is(403, "company_decides");
}

#[tokio::test]
async fn what_is_written_to_the_catalogue_is_found_at_the_till_at_once() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let found = async |words: &str| {
        let hits = product::search(&shop.db, Lists::alone(ListId(250_100)), words, "", 50).await.expect("reads");
        hits.rows.into_iter().map(|one| one.product.code).collect::<Vec<_>>()
    };
    let body = json!({"name": "\u{91d1}\u{94f6}\u{82b1}\u{9732}", "otc_class": "NONE", "unit": "box", "price": 650});
    let made = erp.put("/products/QS-2001", "k1", &body).await;
    made.is(201, "");
    assert_eq!(made.text_of("pinyin"), "jyhl");
    for words in ["QS-2001", "jyhl", "jinyin", "\u{91d1}\u{94f6}"] {
        assert_eq!(found(words).await, ["QS-2001"], "{words}");
    }
    let renamed = erp.patch("/products/QS-2001", "k2", &json!({"name": "\u{83ca}\u{82b1}\u{9732}"})).await;
    assert_eq!(renamed.text_of("pinyin"), "jhl");
    assert_eq!((found("jyhl").await, found("juhua lu").await), (vec![], vec!["QS-2001".to_owned()]));
    erp.patch("/products/QS-2001", "k3", &json!({"active": false})).await.is(200, "");
    erp.patch("/products/600233", "k4", &json!({"active": false})).await.is(200, "");
    assert_eq!((found("QS-2001").await, found("600233").await), (vec![], vec![]));
}

#[tokio::test]
async fn the_description_and_its_page_are_public_and_complete() {
    let shop = Fixture::open().await;
    let stranger = shop.with_token("");
    let bare = |path: &str| axum::http::Request::get(path).body(axum::body::Body::empty()).expect("a request");
    let json = stranger.send(bare("/api/openapi.json")).await;
    json.is(200, "");
    assert_eq!(json.text, api::description());
    assert_eq!(json.body["openapi"], "3.1.0");
    // Every reference resolves, every body and response has a schema, every operation has its errors.
    let schemas = json.body["components"]["schemas"].as_object().expect("schemas");
    for reference in json.text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap_or_default();
        assert!(schemas.contains_key(name), "no schema {name}");
    }
    for path in json.body["paths"].as_object().expect("paths").values() {
        for operation in path.as_object().expect("operations").values() {
            for status in ["401", "403", "429", "500", "503"] {
                assert!(operation["responses"].get(status).is_some(), "{} lacks {status}", operation["operationId"]);
            }
        }
    }
    let page = stranger.send(bare("/api/docs")).await;
    assert!(page.status.is_success() && page.text.contains("createPayment"));
}

#[tokio::test]
async fn an_archived_day_is_refused_rather_than_answered_in_part() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let payment = erp.post("/payments", &payment(100)).await.text_of("id");
    shop.archive().await;
    for list in
        ["/orders?from=2026-11-23T00:00:00Z", "/transactions?from=2026-11-23T00:00:00Z", "/statements/2026-11-23"]
    {
        erp.get(list).await.is(410, "archived");
    }
    for list in ["/orders", "/transactions"] {
        erp.get(&format!("{list}?from=2026-11-23T16:00:00Z&until=2026-11-24T16:00:00Z")).await.is(200, "");
    }
    erp.get("/statements/2026-11-24").await.is(200, "");
    // What was not settled is not archived.
    erp.get(&format!("/payments/{payment}")).await.is(200, "");
    shop.assert_in_order().await;
}

#[tokio::test]
async fn products_are_read_sold_and_changed_through_the_lists_of_the_outlet() {
    let shop = Fixture::open().await;
    let made = product_list::create(&shop.db, None, "company".to_owned(), entry()).await;
    let Changed::Done(company) = made.expect("writes") else { panic!("no list") };
    let own = ListId(250_100);
    let version = product_list::find(&shop.db, own).await.expect("reads").expect("there").version;
    let under = product_list::put_under(&shop.db, MerchantId(250_100), version, Some(company), entry()).await;
    assert_eq!(under.expect("writes"), Changed::Done(own));
    let goods = product::find(&shop.db, Lists::alone(own), "600233").await.expect("reads").remove(0);
    assert_eq!(goods.product.price, Some(Fen(1_550)));
    let stored = catalogue::item(&shop.db, Lists::alone(own), "600233".to_owned()).await.expect("reads");
    let new = Item { code: "1-C".to_owned(), barcode: String::new(), price: Some(500), ..stored.expect("there") };
    let new = Item { price_low: None, price_high: None, ..new };
    let kept = catalogue::keep(&shop.db, (Keeper::Company, company), None, new, entry()).await;
    assert_eq!(kept.expect("writes"), Kept::Done);
    let made = product_list::create(&shop.db, Some(MerchantId(250_100)), "east".to_owned(), entry()).await;
    let Changed::Done(east) = made.expect("writes") else { panic!("no list") };

    // The one is bound to a till, the other to the merchant.
    let (_, token) = shop.key(|_| {}).await;
    let (till, office) = (shop.program(0), shop.with_token(&token));
    for program in [&till, &office] {
        assert_eq!(program.get("/products/1-C").await.body["price"], 500);
        let listed = program.get("/products?limit=100").await.body;
        assert!(listed["data"].as_array().expect("a list").iter().any(|one| one["code"] == "1-C"));
    }
    assert_eq!(shop.program(2).get("/products/1-C").await.status, 404, "another merchant's");

    // What the list above says stays; the rest is this list's.
    till.patch("/products/1-C", "p1", &json!({"name": "mine"})).await.is(409, "product_inherited");
    till.patch("/products/1-C", "p2", &json!({"card_payable": false})).await.is(409, "product_inherited");
    let whole = json!({"name": "mine", "otc_class": "NONE", "unit": "x", "price": 600});
    till.put("/products/1-C", "p3", &whole).await.is(409, "product_inherited");
    for most in [json!(0), json!(1000), json!(-1)] {
        till.patch("/products/1-C", "p4", &json!({"sale_max": most})).await.is(422, "invalid_request");
    }
    let changed = till.patch("/products/1-C", "p5", &json!({"price": 550, "sale_max": 2})).await;
    changed.is(200, "");
    assert_eq!((&changed.body["price"], &changed.body["sale_max"]), (&json!(550), &json!(2)));
    assert_eq!(office.get("/products/1-C").await.body["price"], 550, "in the merchant's own list");

    // The outlet gets a list of its own: its till has another price, the merchant's key does not.
    let sells = product_list::sell_from(&shop.db, OutletId(2_501_001), east, entry()).await;
    assert_eq!(sells.expect("writes"), Changed::Done(east));
    till.patch("/products/1-C", "p6", &json!({"price": 580})).await.is(200, "");
    assert_eq!(till.get("/products/1-C").await.body["price"], 580);
    assert_eq!(office.get("/products/1-C").await.body["price"], 550);
    let pay = |amount: i64, lines: Value| {
        let mut body = payment(amount);
        body["lines"] = lines;
        body
    };
    let two = json!([{"product_code": "1-C", "quantity": 1}, {"product_code": "1-C", "quantity": 1}]);
    till.post_as("/payments", "pay1", &pay(1_160, two.clone())).await.is(201, "");
    let three = json!([{"product_code": "1-C", "quantity": 2}, {"product_code": "1-C", "quantity": 1}]);
    let over = till.post_as("/payments", "pay2", &pay(1_740, three)).await;
    over.is(422, "invalid_request");
    assert!(over.text.contains("at most 2"), "{}", over.text);
    // The merchant's key sells at the till that it names, for what that till takes.
    let mut there = pay(1_160, two.clone());
    there["terminal_id"] = json!("25010007");
    office.post_as("/payments", "pay3", &there).await.is(201, "");
    let mut elsewhere = pay(1_100, two);
    elsewhere["terminal_id"] = json!("25010008");
    office.post_as("/payments", "pay4", &elsewhere).await.is(201, "");
    shop.assert_in_order().await;
}
