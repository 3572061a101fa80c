//! 接口密钥: made by a manager or the card company's administrator, shown once, ended at once.

use axum::http::StatusCode;
use domain::ids::MerchantId;
use domain::time::HOUR;
use storage::api_key::{self, Scope};
use storage::{password, people};

use crate::shop::{Answer, MINUTE, Shop};

const DAY: i64 = 24 * HOUR;
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
    let question = manager.get(&format!("/keys/{id}")).await;
    question.says("停用密钥“ERP 收银”？它还没有使用过。");
    let ended = manager.post_and_look("/keys/revoke", &[("key", &id.to_string())]).await;
    ended.says("密钥已停用");
    assert_eq!(manager.get(&format!("/keys/{id}")).await.status, StatusCode::NOT_FOUND);
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
    let head_office = |scope| [("name", "Head office"), ("place", "250100.."), (scope, "1"), ("days", "30")];
    let made = admin.post("/keys", &head_office("webhooks")).await;
    let token = token(&made);
    let (id, secret) = api_key::parse_token(&token).expect("a token");
    let number = id.to_string();
    assert_eq!(manager.get(&format!("/keys/{id}")).await.status, StatusCode::NOT_FOUND);
    for act in ["/keys/revoke", "/keys/renew"] {
        let answer = manager.post(act, &[("key", &number), ("hours", "24")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act}");
    }
    assert!(!manager.get("/keys").await.text().contains("Head office"));
    let key = api_key::find(&shop.db, id, secret).await.expect("reads").expect("a key");
    assert_eq!((key.outlet, key.scopes.as_slice()), (None, &[Scope::Webhooks][..]));
    admin.get("/keys").await.says("Head office");
}

#[tokio::test]
async fn a_key_is_renewed_with_time_to_change_over_and_warns_before_its_end() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    let fields = [("name", "ERP"), ("place", OWN), ("sell", "1"), ("webhooks", "1"), ("days", "90")];
    let old = token(&manager.post("/keys", &fields).await);
    let (id, secret) = api_key::parse_token(&old).expect("a token");
    let live = async |id, secret: &str| {
        let key = api_key::find(&shop.db, id, secret).await.expect("reads").expect("a key");
        key.alive(shop.clock.now())
    };
    let key = api_key::find(&shop.db, id, secret).await.expect("reads").expect("a key");
    api_key::seen(&shop.db, &key, "10.0.0.7".to_owned(), shop.clock.now()).await.expect("writes");
    shop.clock.advance(2 * MINUTE);
    manager.get(&format!("/keys/{id}")).await.says("停用密钥“ERP”？它在 2 分钟前使用过");
    for (days, words) in [(50, "有效"), (20, "即将到期"), (0, "还有 19 天")] {
        shop.clock.advance(days * DAY);
        shop.signed_in("manager").await.get("/keys").await.says(words);
    }
    let mut manager = shop.signed_in("manager").await;
    let number = id.to_string();
    let five = [("key", number.as_str()), ("hours", "5")];
    assert_eq!(manager.post("/keys/renew", &five).await.status, StatusCode::BAD_REQUEST);
    let day = [("key", number.as_str()), ("hours", "24")];
    let renewed = manager.post("/keys/renew", &day).await;
    renewed.says("只显示这一次");
    renewed.says("更换中");
    let new = token(&renewed);
    let (new_id, new_secret) = api_key::parse_token(&new).expect("a token");
    assert!(live(id, secret).await && live(new_id, new_secret).await);
    manager.post("/keys/renew", &day).await.says("此密钥已停用、到期或已更换");
    shop.clock.advance(DAY);
    assert!(!live(id, secret).await && live(new_id, new_secret).await);
}

#[tokio::test]
async fn a_key_of_somebody_who_is_gone_sleeps_and_says_so() {
    let shop = Shop::open().await;
    let mut chain = shop.signed_in("chain").await;
    let fields = [("name", "ERP"), ("place", OWN), ("sell", "1"), ("days", "90")];
    let made = token(&chain.post("/keys", &fields).await);
    let (id, secret) = api_key::parse_token(&made).expect("a token");
    shop.disable(1007).await;
    let key = api_key::find(&shop.db, id, secret).await.expect("reads").expect("a key");
    assert!(!key.alive(shop.clock.now()));
    let list = shop.signed_in("manager").await.get("/keys").await;
    list.says("休眠");
    list.says("生成人已停用");
}

/// Whoever set the password could make keys in that person's name; a day later the owner has noticed.
#[tokio::test]
async fn a_password_that_somebody_else_set_makes_no_key_with_power_over_money() {
    let shop = Shop::open().await;
    let fresh = "another-pass-2026";
    let hash = password::hash(fresh).expect("hashes");
    assert!(people::reset_password(&shop.db, "manager", hash, shop.clock.now()).await.expect("writes"));
    let own = "UPDATE person SET must_change = 0, password_changed_at = given_at + 1 WHERE id = 1002";
    shop.db.write(move |connection| Ok(connection.execute(own, [])?)).await.expect("writes");
    let mut manager = shop.visitor();
    manager.sign_in("manager", fresh).await;
    let fields = |name, scope| [("name", name), ("place", OWN), (scope, "1"), ("days", "90")];
    for (name, scope) in [("one", "sell"), ("two", "refund")] {
        manager.post("/keys", &fields(name, scope)).await.says("24 小时内由他人设置");
    }
    token(&manager.post("/keys", &fields("three", "read")).await);
}
