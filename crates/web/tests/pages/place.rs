//! Where a person belongs decides what they reach: rows that lost a column, roles that do not fit, people without a till.

use axum::http::StatusCode;
use domain::ids::{MerchantId, OutletId};
use domain::place::Place;
use domain::role::Role;
use storage::api_key;
use storage::people::{self, NewPerson};
use storage::{demo, password};
use web::pages;

use crate::shop::{OPENING, Shop, Visitor};

const FOREIGN: [&str; 3] = ["250200..", "250200.2502001.", "250200.2502001.25020001"];

async fn change(shop: &Shop, sql: &'static str) -> Result<usize, storage::StorageError> {
    shop.db.write(move |connection| Ok(connection.execute(sql, [])?)).await
}

async fn makes_no_foreign_key(shop: &Shop, manager: &mut Visitor) {
    for place in FOREIGN {
        let fields = [("name", "ERP"), ("place", place), ("read", "1"), ("sell", "1"), ("days", "90")];
        let answer = manager.post("/keys", &fields).await;
        assert!(answer.status.is_client_error(), "{place}: {}", answer.status);
    }
    let foreign = Some(MerchantId(250_200));
    assert_eq!(api_key::list(&shop.db, foreign, None).await.expect("reads").len(), 0);
}

#[tokio::test]
async fn a_manager_whose_till_is_gone_reaches_the_own_store_and_no_other_merchant() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    change(&shop, "UPDATE person SET default_terminal = NULL WHERE id = 1002").await.expect("writes");
    let keys = manager.get("/keys").await;
    assert_eq!(keys.status, StatusCode::OK);
    assert!(!keys.text().contains("250200") && !keys.text().contains("25010008"), "{}", keys.text());
    makes_no_foreign_key(&shop, &mut manager).await;
    let webhooks = manager.get("/webhooks").await;
    assert!(!webhooks.text().contains("250200"), "{}", webhooks.text());
    for path in ["/sale", "/batch", "/sale/picker"] {
        assert_eq!(manager.get(path).await.status, StatusCode::FORBIDDEN, "{path} needs a till");
    }
    for path in ["/orders", "/refunds", "/disputes", "/settlements"] {
        assert_eq!(manager.get(path).await.status, StatusCode::OK, "{path} needs none");
    }
}

#[tokio::test]
async fn the_database_refuses_a_place_that_its_ids_do_not_fit() {
    let shop = Shop::open().await;
    for sql in [
        "UPDATE person SET outlet_id = NULL WHERE id = 1002",
        "UPDATE person SET merchant_id = NULL WHERE id = 1002",
        "UPDATE person SET place = 'company' WHERE id = 1002",
        "UPDATE person SET place = 'merchant' WHERE id = 1002",
        "UPDATE person SET place = 'shop' WHERE id = 1002",
        "UPDATE person SET merchant_id = 250200 WHERE id = 1002",
        "UPDATE person SET merchant_id = 250100 WHERE id = 9001",
    ] {
        assert!(change(&shop, sql).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn a_role_that_does_not_fit_the_place_opens_nothing() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    let to_company = "UPDATE person SET place = 'company', merchant_id = NULL, outlet_id = NULL, \
                      default_terminal = NULL WHERE id = 1002";
    change(&shop, to_company).await.expect("writes");
    makes_no_foreign_key(&shop, &mut manager).await;
    let mut cashier = shop.signed_in("cashier").await;
    change(&shop, "INSERT INTO person_role (person_id, role) VALUES (1003, 'admin')").await.expect("writes");
    for (person, path) in [(&mut manager, "/keys"), (&mut cashier, "/office/settlements")] {
        assert_eq!(person.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let admin = NewPerson {
        number: "admin2".to_owned(),
        name: "admin2".to_owned(),
        login: "admin2".to_owned(),
        password_hash: password::hash(demo::PASSWORD).expect("hashes"),
        must_change: false,
        roles: vec![Role::Admin],
        place: Place::Outlet(MerchantId(250_100), OutletId(2_501_001)),
        terminal: None,
        human: None,
        given_by: None,
        phone: None,
        language: None,
        ends_on: None,
    };
    assert!(people::create(&shop.db, admin, OPENING).await.is_err(), "no such person is made");
}

#[tokio::test]
async fn people_without_a_till_are_led_to_pages_that_open() {
    let shop = Shop::open().await;
    for login in ["chain", "agent"] {
        let mut visitor = shop.signed_in(login).await;
        let start = visitor.get("/").await.location().to_owned();
        let page = visitor.get(&start).await;
        assert_eq!(page.status, StatusCode::OK, "{login}: {start}");
        let menu = page.text().split("<nav").nth(1).and_then(|rest| rest.split("</nav>").next().map(str::to_owned));
        for link in menu.expect("a menu").split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let status = visitor.get(link).await.status;
            assert_eq!(status, StatusCode::OK, "{login}: {link}");
            visitor = shop.signed_in(login).await;
        }
        for line in pages().lines().iter().filter(|line| line.method == "GET" && !line.path.contains('{')) {
            let status = shop.signed_in(login).await.get(line.path).await.status;
            assert!(!status.is_server_error(), "{login}: {}: {status}", line.path);
        }
    }
    let mut chain = shop.signed_in("chain").await;
    makes_no_foreign_key(&shop, &mut chain).await;
    let whole = [("name", "ERP"), ("place", "250100.."), ("read", "1"), ("days", "90")];
    assert_eq!(chain.post("/keys", &whole).await.status, StatusCode::OK, "the whole merchant is in reach");
}
