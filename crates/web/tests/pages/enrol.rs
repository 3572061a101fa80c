//! A browser becomes a till: the code, what works without one, and what happens to the computer before.

use axum::http::StatusCode;

use crate::shop::{Answer, MINUTE, Shop, Visitor};

const NONE: &str = "此电脑还没有登记为收银终端";

/// A shop whose first outlet asks for enrolled computers.
async fn strict() -> Shop {
    let shop = Shop::open().await;
    let sql = "UPDATE outlet SET enrolment = 'required' WHERE id = 2501001";
    shop.db.write(move |connection| Ok(connection.execute(sql, [])?)).await.expect("writes");
    shop
}

/// The code that a manager is shown for a till.
async fn code(manager: &mut Visitor, terminal: &str) -> String {
    let page = manager.post("/tills", &[("terminal", terminal)]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let text = page.text();
    let after = text.split("id=\"code\">").nth(1).expect("a code is shown");
    let code = after.split('<').next().expect("ends").to_owned();
    assert!(!manager.get("/tills").await.text().contains(&code), "it is shown once");
    code
}

async fn enrol(visitor: &mut Visitor, code: &str) -> Answer {
    visitor.post_and_look("/enrol", &[("code", code), ("sure", "1")]).await
}

#[tokio::test]
async fn without_a_till_everything_works_but_what_a_till_is_for() {
    let shop = strict().await;
    let mut cashier = shop.signed_in("cashier").await;
    assert_eq!(cashier.get("/").await.location(), "/enrol");
    cashier.get("/enrol").await.says(NONE);
    for path in ["/sale", "/batch", "/batch/close", "/sale/picker"] {
        let page = cashier.get(path).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        page.says(NONE);
        page.says("/enrol");
    }
    for (path, field) in [("/sale/lines", "code"), ("/sale/pay", "card"), ("/sale/confirm", "confirm")] {
        let page = cashier.post(path, &[(field, "600233")]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        page.says("没有扣款");
    }
    for path in ["/orders", "/password"] {
        assert_eq!(cashier.get(path).await.status, StatusCode::OK, "{path}");
    }
    let menu = cashier.get("/orders").await.text();
    assert!(!menu.contains("href=\"/sale\"") && !menu.contains("href=\"/batch\""), "no link leads to a refusal");
    // The till of the outlet that asks for no enrolment works as before.
    assert_eq!(shop.signed_in("cashier2").await.get("/sale").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_makes_a_browser_a_till_once_and_for_every_cashier_of_the_outlet() {
    let shop = strict().await;
    let mut manager = shop.signed_in("manager").await;
    let first = code(&mut manager, "25010007").await;
    let mut till = shop.visitor();
    till.get("/enrol").await.says(NONE);
    let ask = till.post("/enrol", &[("code", &first.to_lowercase())]).await;
    ask.says("示例大药房");
    ask.says("中山路店");
    ask.says("25010007");
    assert!(till.get("/enrol").await.text().contains(NONE), "asking enrols nothing");
    enrol(&mut till, &first).await.says("已登记为示例大药房（中山路店）终端 25010007");
    for login in ["cashier", "manager"] {
        let mut person = shop.same(&till);
        person.sign_in(login, storage::demo::PASSWORD).await;
        assert_eq!(person.get("/sale").await.status, StatusCode::OK, "{login}");
    }
    let mut again = shop.visitor();
    enrol(&mut again, &first).await.says("登记码不对、用过了或已过期。还可以再试 4 次。");
    manager.get("/tills").await.says("2026-11-23 10:26");

    // The next computer: the one before is no till with the next request.
    let second = code(&mut manager, "25010007").await;
    let mut cashier = shop.same(&till);
    cashier.sign_in("cashier", storage::demo::PASSWORD).await;
    assert_eq!(cashier.get("/sale").await.status, StatusCode::OK);
    again.post("/enrol", &[("code", &second)]).await.says("那台电脑立即失效");
    enrol(&mut again, &second).await.says("已登记");
    assert_eq!(cashier.get("/sale").await.status, StatusCode::FORBIDDEN);
    let audited = shop.audited().await;
    assert_eq!(audited.iter().filter(|action| *action == "terminal_enrolled").count(), 2);
}

#[tokio::test]
async fn an_enrolled_computer_wins_over_the_own_till_and_tells_strangers_whose_it_is() {
    let shop = strict().await;
    let mut till = shop.visitor();
    let first = code(&mut shop.signed_in("manager").await, "25010007").await;
    enrol(&mut till, &first).await;
    for login in ["cashier2", "other"] {
        let mut stranger = shop.same(&till);
        stranger.sign_in(login, storage::demo::PASSWORD).await;
        let page = stranger.get("/sale").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{login} has a till of their own, but not here");
        page.says("示例大药房（中山路店）终端 25010007");
        assert_eq!(stranger.get("/orders").await.status, StatusCode::OK, "{login}");
    }
    // The same computer, given to the other outlet.
    let second = code(&mut shop.signed_in("chain").await, "25010008").await;
    till.post("/enrol", &[("code", &second)]).await.says("这台电脑原来是示例大药房（中山路店）终端 25010007");
    enrol(&mut till, &second).await;
    for (login, status) in [("cashier2", StatusCode::OK), ("cashier", StatusCode::FORBIDDEN)] {
        let mut person = shop.same(&till);
        person.sign_in(login, storage::demo::PASSWORD).await;
        assert_eq!(person.get("/sale").await.status, status, "{login}");
    }
}

#[tokio::test]
async fn nobody_makes_codes_beyond_the_own_reach_and_a_till_out_of_service_gets_none() {
    let shop = strict().await;
    for (login, terminal, status) in [
        ("manager", "25010007", StatusCode::OK),
        ("manager", "25010008", StatusCode::NOT_FOUND),
        ("manager", "25020001", StatusCode::NOT_FOUND),
        ("manager", "99999999", StatusCode::NOT_FOUND),
        ("manager", "x", StatusCode::BAD_REQUEST),
        ("chain", "25010008", StatusCode::OK),
        ("chain", "25020001", StatusCode::NOT_FOUND),
        ("cashier", "25010007", StatusCode::FORBIDDEN),
    ] {
        let answer = shop.signed_in(login).await.post("/tills", &[("terminal", terminal)]).await;
        assert_eq!(answer.status, status, "{login} {terminal}");
    }
    let first = code(&mut shop.signed_in("manager").await, "25010007").await;
    let sql = "UPDATE terminal SET status = 'disabled' WHERE id = 25010007";
    shop.db.write(move |connection| Ok(connection.execute(sql, [])?)).await.expect("writes");
    let answer = shop.signed_in("manager").await.post("/tills", &[("terminal", "25010007")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    enrol(&mut shop.visitor(), &first).await.says("登记码不对");
}

#[tokio::test]
async fn codes_end_after_a_day_and_wrong_ones_are_few() {
    let shop = strict().await;
    let mut manager = shop.signed_in("manager").await;
    let first = code(&mut manager, "25010007").await;
    shop.clock.advance(24 * 60 * MINUTE);
    let mut visitor = shop.visitor();
    enrol(&mut visitor, &first).await.says("还可以再试 4 次");
    for left in ["3", "2", "1"] {
        visitor.post_and_look("/enrol", &[("code", "K7QM4RXD")]).await.says(&format!("还可以再试 {left} 次"));
    }
    visitor.post_and_look("/enrol", &[("code", "")]).await.says("输错次数过多");
    let mut manager = shop.signed_in("manager").await;
    let second = code(&mut manager, "25010007").await;
    enrol(&mut visitor, &second).await.says("输错次数过多");
    shop.clock.advance(16 * MINUTE);
    enrol(&mut visitor, &second).await.says("已登记");
}
