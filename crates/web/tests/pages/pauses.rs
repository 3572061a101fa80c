//! 验密暂停: what wrong PINs on many cards paused, and who unlocks it.

use axum::http::StatusCode;
use domain::ids::{MerchantId, OutletId};
use domain::place::Place;
use domain::role::Role;
use storage::people::{self, NewPerson};
use storage::{demo, password};

use crate::pay::{Till, unknown_number};
use crate::shop::{OPENING, Shop};

const TILL: &str = "till:25010007";

async fn person(shop: &Shop, login: &str, place: Place, role: Role) {
    let new = NewPerson {
        number: login.to_owned(),
        name: login.to_owned(),
        login: login.to_owned(),
        password_hash: password::hash(demo::PASSWORD).expect("hashes"),
        must_change: false,
        roles: vec![role],
        place,
        terminal: None,
        human: None,
        given_by: None,
        phone: None,
        language: None,
        ends_on: None,
    };
    people::create(&shop.db, new, OPENING).await.expect("writes").expect("is new");
}

#[tokio::test]
async fn a_manager_of_the_store_or_the_chain_unlocks_and_nobody_else() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    for n in 0..5 {
        till.press("balance", &unknown_number(n), "123456").await.says("密码错误");
    }
    let merchant = MerchantId(250_100);
    person(&till.shop, "whole", Place::Merchant(merchant), Role::ChainManager).await;
    person(&till.shop, "next", Place::Outlet(merchant, OutletId(2_501_002)), Role::StoreManager).await;
    // Who else may open the page sees nothing of it and unlocks nothing; who may not is refused.
    for (login, status) in [("other", StatusCode::OK), ("next", StatusCode::OK), ("cashier", StatusCode::FORBIDDEN)] {
        let mut visitor = till.shop.signed_in(login).await;
        let page = visitor.get("/pauses").await;
        assert_eq!(page.status, status, "{login}");
        assert!(!page.text().contains(TILL), "{login}");
        for fields in [&[("watch", TILL)][..], &[]] {
            visitor.post("/pauses", fields).await;
        }
    }
    for login in ["finance", "admin", "checker"] {
        let mut visitor = till.shop.signed_in(login).await;
        assert_eq!(visitor.post("/pauses", &[]).await.status, StatusCode::FORBIDDEN, "{login}");
    }
    till.press("balance", "6086250000010012", "123456").await.says("为防盗刷");

    let mut manager = till.shop.signed_in("manager").await;
    let page = manager.get("/pauses").await;
    for words in [TILL, "终端 25010007", "网络 local", "人员 ", "全部解除"] {
        page.says(words);
    }
    assert_eq!(manager.post("/pauses", &[("watch", "door:1")]).await.status, StatusCode::BAD_REQUEST);
    let page = manager.post_and_look("/pauses", &[("watch", TILL)]).await;
    page.says("已解除，可以验密收款");
    assert!(!page.text().contains(TILL));
    till.press("balance", "6086250000010012", "123456").await.says("为防盗刷");
    let mut chain = till.shop.signed_in("whole").await;
    chain.get("/pauses").await.says("网络 local");
    chain.post_and_look("/pauses", &[]).await.says("没有暂停");
    till.press("pay", "6086250000010012", "123456").await.says("是否确认支付？");
    let audited = till.shop.audited().await;
    for (action, count) in [("pin_paused", 3), ("pin_unlocked", 3), ("pin_stopped", 0)] {
        assert_eq!(audited.iter().filter(|found| *found == action).count(), count, "{action}: {audited:?}");
    }
    till.in_order().await;
}

/// One who tries cards, unlocks the till and goes on is stopped by the third unlock, which takes another human.
#[tokio::test]
async fn a_manager_unlocks_twice_a_day_and_then_somebody_else() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let mut manager = till.shop.signed_in("manager").await;
    let mut tried = 0;
    for says in ["没有暂停", "没有暂停", "一人一天最多解除两次"] {
        for _ in 0..5 {
            till.press("balance", &unknown_number(tried), "123456").await.says("密码错误");
            tried += 1;
        }
        till.press("balance", "6086250000010012", "123456").await.says("为防盗刷");
        manager.post_and_look("/pauses", &[]).await.says(says);
    }
    manager.post_and_look("/pauses", &[("watch", TILL)]).await.says(TILL);
    till.press("balance", "6086250000010012", "123456").await.says("为防盗刷");
    let mut agent = till.shop.signed_in("agent").await;
    agent.get("/pauses").await.says("示例大药房（中山路店）");
    agent.post_and_look("/pauses", &[("watch", TILL)]).await.says("已解除，可以验密收款");
    till.shop.signed_in("chain").await.post_and_look("/pauses", &[]).await.says("没有暂停");
    till.press("pay", "6086250000010012", "123456").await.says("是否确认支付？");
    till.in_order().await;
}
