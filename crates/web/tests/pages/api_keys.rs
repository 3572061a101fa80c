//! 接口密钥: made by a manager or the card company's administrator, shown once, ended at once.

use axum::http::StatusCode;
use domain::ids::MerchantId;
use storage::api_key::{self, Scope};

use crate::shop::{Answer, Shop};

const OWN: &str = "250100.2501001.25010007";

fn token(answer: &Answer) -> String {
    let text = answer.text();
    let (_, rest) = text.split_once("id=\"token\">").expect("a token");
    rest.split('<').next().expect("an end").to_owned()
}

#[tokio::test]
async fn a_manager_makes_a_key_sees_it_once_and_ends_it() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    manager.get("/keys").await.says("还没有密钥");
    let fields = [("name", "ERP 收银"), ("place", OWN), ("sell", "1"), ("read", "1"), ("signed", "1"), ("days", "90")];
    let made = manager.post("/keys", &fields).await;
    assert_eq!(made.status, StatusCode::OK);
    made.says("只显示这一次");
    made.says("id=\"signing\"");
    let token = token(&made);
    let (id, secret) = api_key::parse_token(&token).expect("a token");
    let key = api_key::find(&shop.db, id, secret).await.expect("reads").expect("a key");
    assert_eq!((key.scopes.as_slice(), key.merchant), (&[Scope::Read, Scope::Sell][..], MerchantId(250_100)));
    assert!(key.signed && key.alive(key.created_at));
    let listed = manager.get("/keys").await;
    listed.says("ERP 收银");
    assert!(!listed.text().contains(secret));
    manager.post("/keys", &fields).await.says("已有同名的密钥");
    let ended = manager.post_and_look("/keys/revoke", &[("key", &id.to_string())]).await;
    ended.says("密钥已停用");
    let key = api_key::find(&shop.db, id, secret).await.expect("reads").expect("a key");
    assert!(!key.alive(key.created_at));
    let audited = shop.audited().await;
    assert!(audited.contains(&"api_key_created".to_owned()) && audited.contains(&"api_key_revoked".to_owned()));
}

#[tokio::test]
async fn a_manager_reaches_the_own_store_and_gives_away_what_a_manager_has() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    let page = manager.get("/keys").await;
    assert!(!page.text().contains("name=\"catalogue\"") && !page.text().contains("25010008"), "{}", page.text());
    for place in ["250100..", "250100.2501002.", "250100.2501002.25010008", "250200.2502001.", "", "x"] {
        let answer = manager.post("/keys", &[("name", "ERP"), ("place", place), ("read", "1"), ("days", "90")]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{place}");
    }
    manager
        .post("/keys", &[("name", "ERP"), ("place", OWN), ("catalogue", "1"), ("days", "90")])
        .await
        .says("至少选择一项权限");
    manager.post("/keys", &[("name", "E"), ("place", OWN), ("read", "1"), ("days", "90")]).await.says("名称需要");
    assert_eq!(api_key::list(&shop.db, None, None).await.expect("reads").len(), 0);
    // Another store's key is out of reach.
    let mut admin = shop.signed_in("admin").await;
    let made = admin
        .post("/keys", &[("name", "Head office"), ("place", "250100.."), ("catalogue", "1"), ("days", "30")])
        .await;
    let token = token(&made);
    let (id, secret) = api_key::parse_token(&token).expect("a token");
    assert_eq!(manager.post("/keys/revoke", &[("key", &id.to_string())]).await.status, StatusCode::NOT_FOUND);
    assert!(!manager.get("/keys").await.text().contains("Head office"));
    let key = api_key::find(&shop.db, id, secret).await.expect("reads").expect("a key");
    assert_eq!((key.outlet, key.scopes.as_slice()), (None, &[Scope::Catalogue][..]));
    admin.get("/keys").await.says("Head office");
}
