//! Disputes through the router: opened by one person of the card company, answered by the merchant, decided by another
//! person, and nobody else's business.

use axum::http::StatusCode;
use domain::time::HOUR;

use crate::pay::{Till, hidden};
use crate::shop::{Answer, Shop, Stall, Visitor};

const ZHANG: (&str, &str) = ("6086250000010012", "123456");
const OFFICE: &str = "/office/disputes";
const WORDS: &str = "袋子里没有这盒药";

/// 43.00 paid; the reference number of the sale.
pub(crate) async fn sold() -> (Till, String) {
    let mut till = Till::open().await;
    till.ring("600233", "", "2").await;
    till.ring("699999", "12.00", "1").await;
    let page = till.pay(ZHANG).await;
    page.says("交易成功");
    let text = page.text();
    let sale = text.split("href=\"/slip/").nth(1).and_then(|rest| rest.split('"').next()).expect("a slip").to_owned();
    (till, sale)
}

pub(crate) async fn open(visitor: &mut Visitor, sale: &str, amount: &str, claim: &str, words: &str) -> Answer {
    let request = hidden(&visitor.get(&format!("{OFFICE}?sale={sale}")).await, "request");
    let fields =
        [("request", request.as_str()), ("sale", sale), ("amount", amount), ("claim", claim), ("words", words)];
    visitor.post(OFFICE, &fields).await
}

/// The place of a dispute, without what is told once.
pub(crate) fn place(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.location().split('?').next().unwrap_or_default().to_owned()
}

pub(crate) async fn say(visitor: &mut Visitor, place: &str, words: &str, action: &str) -> Answer {
    let request = hidden(&visitor.get(place).await, "request");
    let fields = [("request", request.as_str()), ("words", words), ("do", action)];
    if place.starts_with(OFFICE) && action == "ok" && words.chars().count() >= 2 {
        // Money goes back: the page asks again, and nothing is done before.
        let asked = visitor.post(place, &fields).await;
        asked.says("是否裁定争议成立并退款？");
        asked.says("大写");
        assert!(!visitor.get(place).await.text().contains("争议成立，"), "not before the second yes");
        return visitor.post_and_look(place, &[&fields[..], &[("sure", "1")]].concat()).await;
    }
    visitor.post_and_look(place, &fields).await
}

async fn in_order(shop: &Shop) {
    assert_eq!(shop.books.verify().await.expect("reads"), []);
}

#[tokio::test]
async fn opened_answered_upheld_and_paid_back() {
    let (till, sale) = sold().await;
    let before = till.balance(ZHANG.0).await;
    let mut operator = till.shop.signed_in("operator").await;
    let page = operator.get(&format!("{OFFICE}?sale={sale}")).await;
    for words in ["示例大药房（中山路店）", "6086 25** **** 0012", "可争议金额", "¥43.00", "未收到商品"]
    {
        page.says(words);
    }
    let opened = open(&mut operator, &sale, "12.00", "not_received", WORDS).await;
    let page = operator.get(opened.location()).await;
    page.says("已受理，资金未变动");
    page.says("等待商户答复，至 2026-11-30 10:26");
    assert!(!page.text().contains("name=\"do\""), "nobody decides before the answer");
    assert_eq!(till.balance(ZHANG.0).await, before);
    let (office, rrn) = (place(&opened), place(&opened).rsplit('/').next().expect("a number").to_owned());

    let (mut manager, own) = (till.shop.signed_in("manager").await, format!("/disputes/{rrn}"));
    manager.get("/disputes").await.says(&rrn);
    let page = manager.get(&own).await;
    page.says(WORDS);
    assert!(!page.text().contains("陈静"), "the company's people are its own");
    say(&mut manager, &own, "顾客当面签收，有签购单存根", "no").await.says("答复已提交，资金未变动");
    manager.get(&own).await.says("已答复，等待发卡公司裁定");

    operator.get(&office).await.says("您受理了该争议，请由另一人裁定");
    let mut checker = till.shop.signed_in("checker").await;
    checker.get(OFFICE).await.says("商户申辩，待裁定");
    let page = say(&mut checker, &office, "监控显示未放入袋中", "ok").await;
    page.says("争议成立，¥12.00 已退回原卡");
    page.says("监控显示未放入袋中");
    assert_eq!(till.balance(ZHANG.0).await, before + 1_200);
    checker.get(OFFICE).await.says("没有争议");
    checker.get(&format!("{OFFICE}?show=all")).await.says("成立，已退款");
    manager.get(&own).await.says("成立，已退款");
    let mut operator = till.shop.signed_in("operator").await;
    operator.get(&format!("{OFFICE}?sale={sale}")).await.says("¥31.00");
    in_order(&till.shop).await;
}

#[tokio::test]
async fn unanswered_in_time_it_is_decided_all_the_same() {
    let (till, sale) = sold().await;
    let before = till.balance(ZHANG.0).await;
    let mut operator = till.shop.signed_in("operator").await;
    let office = place(&open(&mut operator, &sale, "43.00", "duplicate", WORDS).await);
    operator.get(&format!("{OFFICE}?sale={sale}")).await.says("该订单已有未结的争议");
    till.shop.clock.advance(7 * 24 * HOUR + HOUR);
    let own = office.replace("/office", "");
    let mut manager = till.shop.signed_in("manager").await;
    manager.get(&own).await.says("答复期已过，等待发卡公司裁定");
    let mut checker = till.shop.signed_in("checker").await;
    checker.get(&office).await.says("答复期已过，待裁定");
    say(&mut checker, &office, "两笔是两次购买", "no").await.says("争议已驳回，资金未变动");
    assert_eq!(till.balance(ZHANG.0).await, before);
    in_order(&till.shop).await;
}

#[tokio::test]
async fn what_is_wrong_is_said_and_opens_nothing() {
    let (till, sale) = sold().await;
    let mut operator = till.shop.signed_in("operator").await;
    for typed in ["010000009999", "12345", "x"] {
        operator.get(&format!("{OFFICE}?sale={typed}")).await.says("没有这个参考号的成功消费");
    }
    let page = open(&mut operator, &sale, "0", "", "x").await;
    for words in ["请填写 0.01 至 43.00 之间的金额", "请选择争议原因", "请填写 2 至 100 字", "value=\"0\""]
    {
        page.says(words);
    }
    let refused = open(&mut operator, &sale, "43.01", "quality", WORDS).await;
    operator.get(refused.location()).await.says("43.00");
    operator.get(OFFICE).await.says("没有争议");
    for fields in [
        [("request", "x"), ("sale", sale.as_str()), ("amount", "1"), ("claim", "quality"), ("words", WORDS)],
        [
            ("request", "00000000-0000-7000-8000-000000000001"),
            ("sale", "7"),
            ("amount", "1"),
            ("claim", ""),
            ("words", ""),
        ],
    ] {
        assert_eq!(operator.post(OFFICE, &fields).await.status, StatusCode::BAD_REQUEST);
    }
    in_order(&till.shop).await;
}

#[tokio::test]
async fn a_form_sent_twice_is_one_dispute_and_somebody_elses_is_not_found() {
    let (till, sale) = sold().await;
    let mut operator = till.shop.signed_in("operator").await;
    let request = hidden(&operator.get(&format!("{OFFICE}?sale={sale}")).await, "request");
    let fields = [
        ("request", request.as_str()),
        ("sale", sale.as_str()),
        ("amount", "12"),
        ("claim", "quality"),
        ("words", WORDS),
    ];
    let (first, second) = (operator.post(OFFICE, &fields).await, operator.post(OFFICE, &fields).await);
    assert_eq!(place(&first), place(&second));
    let own = place(&first).replace("/office", "");
    let mut other = till.shop.signed_in("other").await;
    other.get("/disputes").await.says("没有争议");
    assert_eq!(other.get(&own).await.status, StatusCode::NOT_FOUND);
    let answer = [("request", request.as_str()), ("words", WORDS), ("do", "ok")];
    assert_eq!(other.post(&own, &answer).await.status, StatusCode::NOT_FOUND);
    for path in ["/office/disputes/x", "/office/disputes/010000009999"] {
        assert_eq!(operator.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    in_order(&till.shop).await;
}

/// The answer is lost: the form comes back under the same request id with all that was typed, and sent again it is done
/// once.
#[tokio::test]
async fn a_long_text_survives_an_unknown_outcome() {
    let (till, sale) = sold().await;
    // As many characters as a text may have, each of four bytes.
    let long = "\u{20bb7}".repeat(*domain::refund::TEXT_LENGTH.end());
    let mut operator = till.shop.signed_in("operator").await;
    let request = hidden(&operator.get(&format!("{OFFICE}?sale={sale}")).await, "request");
    let fields = [
        ("request", request.as_str()),
        ("sale", sale.as_str()),
        ("amount", "12.00"),
        ("claim", "not_received"),
        ("words", &long),
    ];
    let Some(stall) = Stall::of(&till.shop).await else { return };
    let lost = stall.post(&mut operator, OFFICE, &fields).await;
    let page = operator.get(lost.location()).await;
    for words in ["结果未知", &long, "value=\"12.00\"", "value=\"not_received\" selected"] {
        page.says(words);
    }
    assert_eq!(hidden(&page, "request"), request, "the same request");
    stall.end().await;
    let opened = operator.post(OFFICE, &fields).await;
    operator.get(opened.location()).await.says("已受理，资金未变动");

    let own = place(&opened).replace("/office", "");
    let mut manager = till.shop.signed_in("manager").await;
    let request = hidden(&manager.get(&own).await, "request");
    let fields = [("request", request.as_str()), ("words", &long), ("do", "no")];
    let Some(stall) = Stall::of(&till.shop).await else { return };
    let lost = stall.post(&mut manager, &own, &fields).await;
    let page = manager.get(lost.location()).await;
    page.says("结果未知");
    page.says(&long);
    assert_eq!(hidden(&page, "request"), request, "the same request");
    stall.end().await;
    manager.post_and_look(&own, &fields).await.says("答复已提交，资金未变动");
    in_order(&till.shop).await;
}
