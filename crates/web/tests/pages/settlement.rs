//! Settlement through the router: prepared by one person, decided by another, seen by the merchant and nobody else.

use axum::http::StatusCode;
use domain::time::HOUR;

use crate::pay::{Till, hidden};
use crate::shop::{Answer, MINUTE, Shop, Visitor};

const ZHANG: (&str, &str) = ("6086250000010012", "123456");
const LIST: &str = "/office/settlements";
const MERCHANT: &str = "250100";
const OTHER: &str = "250200";

/// A shop that sold for 43.00 yesterday and for 12.00 today.
async fn two_days() -> Till {
    let mut till = Till::open().await;
    till.ring("600233", "", "2").await;
    till.ring("699999", "12.00", "1").await;
    till.pay(ZHANG).await.says("交易成功");
    till.shop.clock.advance(24 * HOUR);
    till.browser = till.shop.signed_in("cashier").await;
    till.ring("699999", "12.00", "1").await;
    till.pay(ZHANG).await.says("交易成功");
    till
}

/// The panel of a merchant, up to yesterday.
async fn panel(visitor: &mut Visitor, merchant: &str) -> Answer {
    visitor.get(&format!("{LIST}?merchant={merchant}")).await
}

pub(crate) async fn prepare(visitor: &mut Visitor, merchant: &str, until: &str) -> Answer {
    let request = hidden(&panel(visitor, merchant).await, "request");
    let fields = [("merchant", merchant), ("until", until), ("request", request.as_str())];
    visitor.post(LIST, &fields).await
}

/// The place of the settlement that was just prepared, without what is told once.
pub(crate) fn place(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.location().split('?').next().unwrap_or_default().to_owned()
}

pub(crate) async fn decide(visitor: &mut Visitor, place: &str, opinion: &str, action: &str) -> Answer {
    let request = hidden(&visitor.get(place).await, "request");
    visitor.post(place, &[("request", &request), ("opinion", opinion), ("do", action)]).await
}

async fn in_order(shop: &Shop) {
    assert_eq!(shop.books.verify().await.expect("reads"), []);
}

#[tokio::test]
async fn finance_prepares_the_checker_confirms_and_the_merchant_sees_it() {
    let till = two_days().await;
    let mut finance = till.shop.signed_in("finance").await;
    let page = panel(&mut finance, MERCHANT).await;
    // 43.00 of yesterday; 0.6 % of it is 0.258.
    for words in ["2026-11-23", "1 笔 43.00", "应结净额", "¥43.00", "¥0.26", "¥42.74", "0.60%", "尚未结算"]
    {
        page.says(words);
    }
    let prepared = prepare(&mut finance, MERCHANT, "2026-11-23").await;
    let place = place(&prepared);
    let page = finance.get(prepared.location()).await;
    page.says("已提交复核，还没有划付");
    page.says("不能复核自己准备的结算");
    assert!(!page.text().contains("name=\"do\""), "the maker has no button");

    let mut manager = till.shop.signed_in("manager").await;
    manager.get("/settlements").await.says("没有结算记录");
    let rrn = place.rsplit('/').next().expect("a number").to_owned();
    let own = format!("/settlements/{rrn}");
    assert_eq!(manager.get(&own).await.status, StatusCode::NOT_FOUND, "not before it is confirmed");

    let mut checker = till.shop.signed_in("checker").await;
    checker.get(LIST).await.says("查看待复核");
    checker.get(&format!("{LIST}?show=open")).await.says(&rrn);
    decide(&mut checker, &place, "好", "ok").await.says("审核意见为 2–100 个字");
    let confirmed = decide(&mut checker, &place, "已核对银行账户", "ok").await;
    let page = checker.get(confirmed.location()).await;
    page.says("已确认，划付已入账");
    page.says("已核对银行账户");
    page.says("结算单号 <span class=\"n\">1</span>");

    manager.get("/settlements").await.says("42.74");
    let page = manager.get(&own).await;
    for words in ["¥42.74", "6086 25** **** 0012", "43.00", "2026-11-23 至 2026-11-23"] {
        page.says(words);
    }
    for secret in ["吴芳", "刘洋", "已核对银行账户", "name=\"do\""] {
        assert!(!page.text().contains(secret), "{secret} is the card company's own");
    }
    let file = manager.get(&format!("{own}/export.csv")).await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    let lines: Vec<String> = file.text().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].starts_with("2026-11-23,") && lines[1].ends_with(",43.00,"), "{lines:?}");
    assert!(till.shop.audited().await.contains(&"settlement_exported".to_owned()));

    let mut other = till.shop.signed_in("other").await;
    for path in [own.clone(), format!("{own}/export.csv")] {
        assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND, "another merchant's");
    }
    panel(&mut finance, MERCHANT).await.says("没有可结算的交易");
    in_order(&till.shop).await;

    // Years later the day is archived: its figures stay, its transactions do not.
    assert!(!manager.get(&own).await.text().contains("已归档"));
    till.shop.archive().await;
    let page = manager.get(&own).await;
    page.says("2026-11-24 及更早的交易已归档");
    page.says("1 笔 43.00");
    assert!(!page.text().contains("6086 25** **** 0012"));
    in_order(&till.shop).await;
}

#[tokio::test]
async fn what_is_refused_says_why_and_pays_nothing() {
    let till = two_days().await;
    let mut finance = till.shop.signed_in("finance").await;
    let today = prepare(&mut finance, MERCHANT, "2026-11-24").await;
    finance.get(today.location()).await.says("2026-11-24 还没有结束，不能结算");
    let other = "00000000-0000-7000-8000-000000000002";
    let nothing = finance.post(LIST, &[("merchant", OTHER), ("until", "2026-11-23"), ("request", other)]).await;
    finance.get(nothing.location()).await.says("没有可结算的金额");
    let stranger = prepare(&mut finance, MERCHANT, "2026-11-23").await;
    let place = place(&stranger);
    let request = "00000000-0000-7000-8000-000000000001";
    let again = finance.post(LIST, &[("merchant", MERCHANT), ("until", "2026-11-23"), ("request", request)]).await;
    let page = finance.get(again.location()).await;
    page.says("该商户有一笔结算等待复核");
    page.says("没有划付");
    let unknown = finance.post(LIST, &[("merchant", "7"), ("until", "2026-11-23"), ("request", request)]).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "the same request for something else");
    for bad in [
        [("merchant", MERCHANT), ("until", "x"), ("request", request)],
        [("merchant", MERCHANT), ("until", "2026-11-23"), ("request", "x")],
    ] {
        assert_eq!(finance.post(LIST, &bad).await.status, StatusCode::BAD_REQUEST);
    }
    for path in ["/office/settlements/x", "/office/settlements/010000009999", "/office/settlements?merchant=9"] {
        assert_eq!(finance.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(finance.get(&format!("{place}?after=1.x")).await.status, StatusCode::NOT_FOUND);

    let mut checker = till.shop.signed_in("checker").await;
    let mut second = till.shop.same(&checker);
    let form = checker.get(&place).await;
    let turned_down = decide(&mut checker, &place, "银行账户不符", "no").await;
    checker.get(turned_down.location()).await.says("已驳回，没有划付");
    let late =
        second.post(&place, &[("request", &hidden(&form, "request")), ("opinion", "再看一遍"), ("do", "ok")]).await;
    second.get(late.location()).await.says("该申请已由他人处理");
    assert_eq!(
        second.post(&place, &[("request", request), ("opinion", "再看"), ("do", "x")]).await.status,
        StatusCode::BAD_REQUEST
    );
    panel(&mut finance, MERCHANT).await.says("¥42.74");
    in_order(&till.shop).await;
}

#[tokio::test]
async fn sent_twice_it_is_one_settlement() {
    let till = two_days().await;
    let mut finance = till.shop.signed_in("finance").await;
    let request = hidden(&panel(&mut finance, MERCHANT).await, "request");
    let fields = [("merchant", MERCHANT), ("until", "2026-11-23"), ("request", request.as_str())];
    let (one, other) = (finance.post(LIST, &fields).await, finance.post(LIST, &fields).await);
    assert_eq!(one.location(), other.location());
    let place = place(&one);
    let mut checker = till.shop.signed_in("checker").await;
    let request = hidden(&checker.get(&place).await, "request");
    let fields = [("request", request.as_str()), ("opinion", "已核对"), ("do", "ok")];
    let (one, other) = (checker.post(&place, &fields).await, checker.post(&place, &fields).await);
    assert_eq!(one.location(), other.location());
    checker.get(other.location()).await.says("已确认，划付已入账");
    in_order(&till.shop).await;
}

#[tokio::test]
async fn the_administrator_proposes_the_rate_and_settles_nothing() {
    let till = two_days().await;
    let mut admin = till.shop.signed_in("admin").await;
    let page = panel(&mut admin, MERCHANT).await;
    page.says("value=\"60\"");
    assert!(!page.text().contains("准备结算：示例大药房"));
    for bad in ["", "x", "-1", "1001", "0.6"] {
        let answer = admin.post("/office/settlements/rate", &[("merchant", MERCHANT), ("rate", bad)]).await;
        answer.says("请填写 0 到 1000 的整数");
    }
    let page = panel(&mut admin, MERCHANT).await;
    let (request, seen) = (hidden(&page, "request"), hidden(&page, "seen"));
    let fields = [("merchant", MERCHANT), ("rate", "１００"), ("request", &request), ("seen", &seen)];
    let proposed = admin.post("/office/settlements/rate", &fields).await;
    admin.get(proposed.location()).await.says("已提交复核，还没有生效");
    let mut finance = till.shop.signed_in("finance").await;
    panel(&mut finance, MERCHANT).await.says("¥42.74");
    let unknown =
        [("merchant", "9"), ("rate", "1"), ("request", "0199a000-0000-7000-8000-000000000001"), ("seen", &seen)];
    let refused = admin.post("/office/settlements/rate", &unknown).await;
    assert_eq!(admin.get(refused.location()).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_list_and_the_transactions_go_on_page_by_page() {
    let mut till = Till::open().await;
    for n in 0..52 {
        till.ring("699999", "1.00", "1").await;
        // A card pays 50 times a day.
        till.pay(if n % 2 == 0 { ZHANG } else { ("6086250000070073", "654321") }).await.says("交易成功");
        till.shop.clock.advance(MINUTE / 6);
    }
    till.shop.clock.advance(24 * HOUR);
    let mut finance = till.shop.signed_in("finance").await;
    let place = place(&prepare(&mut finance, MERCHANT, "2026-11-23").await);
    let page = finance.get(&place).await;
    page.says("52 笔");
    page.says("后面的交易");
    let text = page.text();
    let next = text.split("href=\"").find(|part| part.contains("?after=")).and_then(|part| part.split('"').next());
    let rest = finance.get(&next.expect("a link").replace("&amp;", "&")).await;
    assert!(!rest.text().contains("后面的交易"));
    rest.says("回到开头");
}
