//! The card company's start page: 开业清单 until the first sale, then the day and the reserve.

use axum::http::StatusCode;

use crate::shop::{Shop, Visitor};
use crate::sums;

async fn change(shop: &Shop, sql: &'static str) {
    shop.db.write(move |connection| Ok(connection.execute_batch(sql)?)).await.expect("writes");
}

async fn start(shop: &Shop, login: &str) -> Visitor {
    let mut person = shop.signed_in(login).await;
    assert_eq!(person.get("/").await.location(), "/office", "{login}");
    person
}

#[tokio::test]
async fn before_the_first_sale_the_page_leads_there_step_by_step() {
    let shop = Shop::open().await;
    for login in ["cashier", "manager", "chain", "agent"] {
        assert_eq!(shop.signed_in(login).await.get("/office").await.status, StatusCode::FORBIDDEN, "{login}");
    }
    let mut admin = start(&shop, "admin").await;
    let page = admin.get("/office").await;
    page.says("开业清单");
    // Of the demo all but the computer and the sale is there.
    page.says("完成 4 项，共 6 项");
    page.says("命令行");
    for link in ["/office/settings", "/office/outlets/new", "/office/people/new"] {
        assert!(!page.text().contains(&format!("href=\"{link}\" aria-label")), "{link} is done");
    }
    change(&shop, "UPDATE merchant SET status = 'draft'").await;
    admin.get("/office").await.says("等复核");
    change(&shop, "UPDATE company SET name = ''; UPDATE person SET must_change = 1 WHERE login = 'checker'").await;
    let page = admin.get("/office").await;
    page.says("完成 1 项，共 6 项");
    page.says("class=\"btn sm pri\" href=\"/office/settings\"");
    assert_eq!(page.text().matches("btn sm pri").count(), 1, "one step is the next");
    // Whoever may not do a step is shown it without a link.
    let page = start(&shop, "auditor").await.get("/office").await;
    page.says("开业清单");
    assert!(!page.text().contains("btn sm pri"));
}

#[tokio::test]
async fn after_it_the_day_is_added_up_and_the_reserve_is_checked_on_request() {
    let (mut till, _) = sums::day().await;
    till.ring("600233", "", "1").await;
    let (card, _) = crate::pay::ZHANG;
    till.press("pay", card, "000000").await;
    let mut finance = start(&till.shop, "finance").await;
    let page = finance.get("/office").await;
    for words in ["总览", "¥81.00", "¥15.50", "55", "密码错误", "上周同日此时 0 笔"] {
        page.says(words);
    }
    let requests = "<a href=\"/office/requests\">商品登记申请</a></td> <td class=\"n\">0</td>";
    assert!(!page.text().contains(requests), "finance answers no product request");
    start(&till.shop, "operator").await.get("/office").await.says(requests);
    assert!(!page.text().contains("应付商户"), "what is added up of all cards is asked for");
    let page = finance.get("/office?reserve=1").await;
    page.says("相符");
    page.says("截至参考号 01");
    page.says("¥27.50");
    change(&till.shop, "UPDATE card SET balance = balance + 1 WHERE id = (SELECT MIN(id) FROM card)").await;
    let page = finance.get("/office?reserve=1").await;
    page.says("不符");
    page.says("¥-0.01");
}
