//! 客户: what is paid in, put on a card and paid back takes two persons, is held meanwhile, and adds up on the page.

use axum::http::StatusCode;

use crate::pay::hidden;
use crate::shop::{self, Answer, Shop, Visitor};
use crate::todo::{decide, in_order, place};

const CUSTOMER: &str = "/office/customers/1000001";
/// A demo card with 30.00 on it, of a programme with 5,000.00 at most.
const CARD: &str = "6086250000020029";

/// Proposes by the form of `what`; the answer.
async fn ask(visitor: &mut Visitor, what: &str, fields: &[(&str, &str)]) -> Answer {
    let page = visitor.get(&format!("{CUSTOMER}?k={what}")).await;
    let request = hidden(&page, "request");
    let mut all = vec![("request", request.as_str()), ("do", what)];
    all.extend_from_slice(fields);
    visitor.post(CUSTOMER, &all).await
}

async fn number(shop: &Shop, sql: &'static str) -> i64 {
    shop.db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.expect("reads")
}

const DEPOSIT: &str = "SELECT deposit FROM customer WHERE id = 1000001";
const BALANCE: &str = "SELECT balance FROM card WHERE id = 80000002";

async fn paid_in_loaded_and_paid_back(shop: Shop) {
    let (mut finance, mut operator) = (shop.signed_in("finance").await, shop.signed_in("operator").await);
    let mut checker = shop.signed_in("checker").await;
    let before = number(&shop, DEPOSIT).await;
    finance.get("/office/customers?q=%E7%A4%BA%E4%BE%8B").await.says("示例科技有限公司");
    finance.get("/office/customers?q=1000001").await.says("1000001");
    // Paid in, under one spelling of the bank's reference.
    let fields = [("amount", "5000"), ("reference", " sl20261130-0021"), ("day", "2026-11-23"), ("note", "12 月福利")];
    let todo = place(&ask(&mut finance, "fund", &fields).await);
    for words in ["SL20261130-0021", "¥5,000.00 人民币伍仟元整", "客户预收款", "2026-11-23"] {
        finance.get(&todo).await.says(words);
    }
    let waits = finance.get(CUSTOMER).await;
    waits.says("等待复核，还没有生效");
    assert_eq!(number(&shop, DEPOSIT).await, before, "nothing is there before it is approved");
    decide(&mut checker, &todo, "ok").await.says("已同意");
    assert_eq!(number(&shop, DEPOSIT).await, before + 500_000);
    let again = ask(&mut finance, "fund", &fields).await;
    finance.get(again.location()).await.says("这笔银行流水已经入账");
    // On a card, whose number the page does not repeat.
    let load = [("card", CARD), ("amount", "470.00"), ("note", "")];
    let todo = place(&ask(&mut operator, "load", &load).await);
    let sheet = checker.get(&todo).await;
    for words in ["608625******0029", "刘*明", "人民币肆佰柒拾元整", "卡内余额", "¥500.00", "余额上限"]
    {
        sheet.says(words);
    }
    let held = operator.get(CUSTOMER).await;
    held.says("¥470.00");
    let text = held.text();
    assert!(!text.contains(CARD), "no card number on a page");
    let over = [("card", CARD), ("amount", "99999999"), ("note", "")];
    ask(&mut operator, "load", &over).await.says("预收款不够");
    decide(&mut checker, &todo, "ok").await.says("已同意");
    assert_eq!(number(&shop, BALANCE).await, 50_000);
    let limit = [("card", CARD), ("amount", "4500.01"), ("note", "")];
    let refused = ask(&mut operator, "load", &limit).await;
    operator.get(refused.location()).await.says("超过卡内余额上限（¥5,000.00）");
    // A part of it was wrong, and comes back from the card.
    let page = operator.get(CUSTOMER).await;
    let text = page.text();
    let back = text.split("load=0").nth(1).expect("a load").split('"').next().expect("its number");
    let back = format!("0{back}");
    operator.get(&format!("{CUSTOMER}?k=back&load={back}")).await.says("还可撤回 ¥470.00");
    let wrong = [("load", back.as_str()), ("reason", "充错卡了")];
    let over = [&wrong[..], &[("amount", "470.01")]].concat();
    ask(&mut operator, "back", &over).await.says("最多还可撤回 ¥470.00");
    let todo = place(&ask(&mut operator, "back", &[&wrong[..], &[("amount", "70")]].concat()).await);
    for words in ["充错卡了", "原充值金额", "¥430.00"] {
        checker.get(&todo).await.says(words);
    }
    decide(&mut checker, &todo, "ok").await.says("已同意");
    assert_eq!(number(&shop, BALANCE).await, 43_000);
    // Back to the customer's account, which the checker sees.
    let todo = place(&ask(&mut finance, "return", &[("amount", "4600"), ("reason", "不再发卡")]).await);
    checker.get(&todo).await.says("6200000000000042");
    decide(&mut checker, &todo, "ok").await.says("已同意");
    assert_eq!(number(&shop, DEPOSIT).await, before);
    let page = checker.get(CUSTOMER).await;
    for words in ["账目相符", "SL20261130-0021", "吴芳 经办，刘洋 复核", "608625******0029"] {
        page.says(words);
    }
    in_order(&shop).await;
}

#[tokio::test]
async fn money_is_paid_in_loaded_and_paid_back_by_two_persons() {
    paid_in_loaded_and_paid_back(Shop::open().await).await;
}

#[tokio::test]
async fn money_is_paid_in_loaded_and_paid_back_by_two_persons_on_a_server() {
    paid_in_loaded_and_paid_back(Shop::on(Some(shop::database()), |_| {}).await).await;
}

#[tokio::test]
async fn a_form_with_mistakes_says_which_and_proposes_nothing() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let count = number(&shop, "SELECT COUNT(*) FROM proposal").await;
    let day = ("day", "2026-11-23");
    for (what, fields, words) in [
        ("fund", vec![("amount", "12,5x"), ("reference", "A"), day], "格式不对"),
        ("fund", vec![("amount", "0"), ("reference", "A"), day], "格式不对"),
        ("fund", vec![("amount", "1"), ("reference", ""), day], "请填写"),
        ("fund", vec![("amount", "1"), ("reference", "A"), ("day", "2099-01-01")], "今天或以前的日期"),
        ("return", vec![("amount", "1"), ("reason", "x")], "格式不对"),
        ("return", vec![("amount", "99999999"), ("reason", "不再发卡")], "预收款不够"),
        ("load", vec![("amount", "1"), ("card", "6086250000020028")], "卡号"),
        ("load", vec![("amount", "1"), ("card", "abc")], "请输入完整卡号"),
    ] {
        let answer = ask(&mut operator, what, &fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{what} {fields:?}");
        answer.says(words);
        answer.says("有 1 处需要修改");
    }
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM proposal").await, count);
}

#[tokio::test]
async fn a_customer_is_entered_changed_suspended_and_resumed() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let facts = [("name", "南京示例有限公司"), ("bank_name", "示例银行"), ("bank_account", "6200 0000 0000 0077")];
    operator.post("/office/customers/new", &facts).await.says("银行、账号、账户名要一起填写");
    let whole = [&facts[..], &[("bank_holder", "南京示例有限公司")]].concat();
    let link = place(&operator.post("/office/customers/new", &whole).await);
    assert_eq!(link, "/office/customers/1000002");
    operator.get(&link).await.says("6200000000000077");
    let version = hidden(&operator.get(&format!("{link}/edit")).await, "version");
    let edit = [&whole[..], &[("version", version.as_str()), ("phone", "025 8888 0000")]].concat();
    operator.post(&format!("{link}/edit"), &edit).await;
    operator.post(&format!("{link}/edit"), &edit).await.says("内容已被修改");
    // One person stops it; what it pays in waits until two have resumed it.
    operator.post(&format!("{link}/suspend"), &[("reason", "x")]).await.says("2 到 100 个字");
    let stopped = operator.post(&format!("{link}/suspend"), &[("reason", "失去联系")]).await;
    operator.get(stopped.location()).await.says("已暂停，立即生效");
    let fund = |request: String| {
        [("request", request), ("do", "fund".to_owned()), ("amount", "1".to_owned()), ("reference", "B1".to_owned())]
    };
    let page = operator.get(&link).await;
    let fields = fund(hidden(&page, "request"));
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("day", "2026-11-23"));
    operator.post(&link, &fields).await.says("该客户已暂停");
    let request = hidden(&page, "request");
    let todo = place(&operator.post(&link, &[("request", &request), ("do", "resume")]).await);
    let mut checker = shop.signed_in("checker").await;
    checker.get(&todo).await.says("失去联系");
    decide(&mut checker, &todo, "ok").await.says("已同意");
    checker.get(&link).await.says("正常");
    let log = checker.get(&link).await;
    for words in ["新建客户", "修改资料", "失去联系"] {
        log.says(words);
    }
    in_order(&shop).await;
}

#[tokio::test]
async fn each_role_prepares_what_is_its_own() {
    let shop = Shop::open().await;
    // Funding, return, load: who may prepare them.
    for (login, may) in [("operator", [true, true, true]), ("finance", [true, true, false])] {
        let mut visitor = shop.signed_in(login).await;
        let page = visitor.get(CUSTOMER).await;
        let request = hidden(&page, "request");
        for (what, may) in ["fund", "return", "load"].into_iter().zip(may) {
            let answer = visitor.post(CUSTOMER, &[("request", &request), ("do", what)]).await;
            let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status, expected, "{login} {what}");
        }
    }
    for login in ["agent", "checker", "auditor"] {
        let mut visitor = shop.signed_in(login).await;
        let page = visitor.get(CUSTOMER).await;
        page.says("示例科技有限公司");
        assert!(!page.text().contains("name=\"amount\""), "{login} prepares nothing");
        let fields = [("request", "0199a000-0000-7000-8000-000000000002"), ("do", "fund"), ("amount", "1")];
        assert_eq!(visitor.post(CUSTOMER, &fields).await.status, StatusCode::FORBIDDEN, "{login}");
    }
    for login in ["admin", "manager", "cashier"] {
        assert_eq!(shop.signed_in(login).await.get(CUSTOMER).await.status, StatusCode::FORBIDDEN, "{login}");
    }
}
