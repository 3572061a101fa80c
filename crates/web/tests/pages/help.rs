//! The page for those who answer the phone: what the caller sees, and what is solved there.

use axum::http::StatusCode;

use crate::pay::{Till, ZHANG};
use crate::shop::{Answer, Shop, Visitor};

const HELP: &str = "/office/help";

/// The demo card whose description has this word.
fn demo_card(word: &str) -> String {
    let found = storage::demo_cards::cards().into_iter().find(|(_, _, what)| what.contains(word));
    found.expect("a demo card").0
}

async fn ask(person: &mut Visitor, typed: &str) -> Answer {
    let answer = person.post(HELP, &[("card", typed)]).await;
    if answer.status != StatusCode::SEE_OTHER {
        return answer;
    }
    let location = answer.location().to_owned();
    person.get(&location).await
}

async fn change(shop: &Shop, sql: &'static str) {
    shop.db.write(move |connection| Ok(connection.execute_batch(sql)?)).await.expect("writes");
}

#[tokio::test]
async fn a_card_that_wrong_pins_locked_at_a_till_is_explained_and_unlocked_once() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    for _ in 0..5 {
        till.press("pay", ZHANG.0, "000000").await;
    }
    let mut agent = till.shop.signed_in("agent").await;
    assert_eq!(agent.get("/").await.location(), HELP);
    let page = ask(&mut agent, ZHANG.0).await;
    for words in ["张*", "在一处锁定", "75 在那家店不能验密", "中山路店：输错 5 次", "55 密码错误", "王敏"]
    {
        page.says(words);
    }
    assert!(!page.text().contains(ZHANG.0) && !page.text().contains("余额"), "neither number nor balance");
    let id =
        page.text().split("name=\"unlock\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    let id = id.expect("it can be unlocked");
    let page = agent.post_and_look(HELP, &[("unlock", &id)]).await;
    page.says("已解锁，可以重新输密码");
    page.says("可以支付");
    till.pay(ZHANG).await.says("交易成功");
    agent.post_and_look(HELP, &[("unlock", &id)]).await.says("今天已解锁过，没有再解锁");
    assert_eq!(till.shop.audited().await.iter().filter(|action| *action == "card_unlocked").count(), 1);
}

#[tokio::test]
async fn what_the_cashier_sees_of_a_card_is_told_and_no_other_card_is() {
    let shop = Shop::open().await;
    let mut agent = shop.signed_in("agent").await;
    let lost = demo_card("lost");
    ask(&mut agent, &lost).await.says("41 此卡已挂失");
    ask(&mut agent, "6222021234567890128").await.says("这不是慧医卡");
    ask(&mut agent, "6086250000099998").await.says("没有");
    for login in ["finance", "admin"] {
        let page = ask(&mut shop.signed_in(login).await, &lost).await;
        page.says("您的岗位不能查卡");
        assert!(!page.text().contains("挂失"), "{login}");
    }
    let refused = shop.signed_in("auditor").await.post(HELP, &[("unlock", "10000003")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    for login in ["cashier", "manager", "chain"] {
        assert_eq!(shop.signed_in(login).await.get(HELP).await.status, StatusCode::FORBIDDEN, "{login}");
    }
}

#[tokio::test]
async fn people_stores_and_payments_are_found_by_what_callers_say() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let paid = till.pay(ZHANG).await.text();
    let sale = paid.split("href=\"/slip/").nth(1).and_then(|rest| rest.split('"').next()).expect("a slip").to_owned();
    let mut agent = till.shop.signed_in("agent").await;
    let page = ask(&mut agent, &sale).await;
    for words in ["成功", "订单已支付", "示例大药房（中山路店）", "15.50"] {
        page.says(words);
    }
    ask(&mut agent, "cashier").await.says("href=\"/office/people/1003\"");
    ask(&mut agent, "王").await.says("href=\"/office/people/1003\"");
    for typed in ["示例", "中山", "898320159120001", "25010007", "2501001"] {
        let page = ask(&mut agent, typed).await;
        page.says("示例大药房（中山路店）");
        page.says("可以登录和收款");
        page.says("25010007 在用，没有登记电脑");
    }
    change(&till.shop, "UPDATE outlet SET status = 'suspended', reason = '换证', moved_by = 9001 WHERE id = 2501001")
        .await;
    let page = ask(&mut agent, "中山").await;
    page.says("登录显示“本门店已暂停交易”");
    page.says("陈静 于 2026-11-23");
    page.says("换证");
    ask(&mut agent, "没有这家店").await.says("没有找到");
    assert_eq!(ask(&mut agent, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_whole_number_is_shown_for_a_reason_twenty_times_a_day_and_logged_first() {
    let shop = Shop::open().await;
    let number = "/office/cards/80000001/number";
    for login in ["agent", "checker", "finance", "auditor", "admin", "manager", "cashier"] {
        let mut other = shop.signed_in(login).await;
        assert_eq!(other.get(number).await.status, StatusCode::FORBIDDEN, "{login}");
        assert_eq!(other.post(number, &[("reason", "a good one")]).await.status, StatusCode::FORBIDDEN, "{login}");
    }
    let mut operator = shop.signed_in("operator").await;
    let asked = operator.get(number).await;
    asked.says("6086 25** **** 0012");
    assert!(!asked.text().contains("6086 2500 0001 0012"));
    for no_reason in ["", " ", "x"] {
        let answer = operator.post(number, &[("reason", no_reason)]).await;
        answer.says("2–100");
        assert!(!answer.text().contains("6086 2500 0001 0012"));
    }
    assert_eq!(operator.get("/office/cards/79999999/number").await.status, StatusCode::NOT_FOUND);
    let shown = || async { shop.audited().await.into_iter().filter(|action| action == "card_number_shown").count() };
    assert_eq!(shown().await, 0);
    for n in 1..=20 {
        let answer = operator.post(number, &[("reason", "持卡人来电核对")]).await;
        answer.says("6086 2500 0001 0012");
        answer.says(&format!("今天第 {n} 次"));
        assert_eq!(shown().await, n);
    }
    let over = operator.post(number, &[("reason", "持卡人来电核对")]).await;
    over.says("没有显示卡号");
    assert!(!over.text().contains("6086 2500 0001 0012"));
    assert_eq!(shown().await, 20);
}
