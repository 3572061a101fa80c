//! 卡批次: a batch is entered, made after two persons decided, received by count, moved by serials, activated, counted.

use crate::imports::work;
use crate::pay::hidden;
use crate::shop::{Answer, OPENING, Shop, Visitor};
use crate::todo::{decide, in_order, place};

/// The demo's batch: fifty cards of the demo's customer that were received.
const DEMO: &str = "/office/batches/1";
const NEW: &str = "/office/batches/2";

/// A shop with the demo's batch.
async fn office() -> Shop {
    let shop = Shop::open().await;
    storage::demo_batches::seed_batch(&shop.db, &shop.vault, &shop.books, OPENING).await.expect("seeds");
    shop
}

async fn number(shop: &Shop, sql: &'static str) -> i64 {
    shop.db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.expect("reads")
}

/// Does what the form of `what` does; the answer.
async fn act(visitor: &mut Visitor, batch: &str, what: &str, fields: &[(&str, &str)]) -> Answer {
    let page = visitor.get(&format!("{batch}?k={what}")).await;
    let request = hidden(&page, "request");
    let mut all = vec![("request", request.as_str()), ("do", what)];
    all.extend_from_slice(fields);
    visitor.post(batch, &all).await
}

/// The address of the proposal about a batch that waits.
async fn waiting(shop: &Shop) -> String {
    let id = number(shop, "SELECT MAX(id) FROM proposal WHERE act = 'card_batch' AND status = 'open'").await;
    format!("/office/todo/{id:012}")
}

#[tokio::test]
async fn a_batch_is_made_received_handed_out_and_activated() {
    let shop = office().await;
    let (mut operator, mut checker) = (shop.signed_in("operator").await, shop.signed_in("checker").await);
    operator.get("/office/batches").await.says("示例科技有限公司");
    // What is wrong is said at its field, and nothing is entered.
    let page = operator.get("/office/batches/new").await;
    let request = hidden(&page, "request");
    let form = |quantity, customer| {
        vec![
            ("request", request.clone()),
            ("programme", "1".to_owned()),
            ("quantity", String::from(quantity)),
            ("customer", String::from(customer)),
            ("printed", "示例 · 福利".to_owned()),
            ("note", String::new()),
        ]
    };
    let post = async |visitor: &mut Visitor, fields: Vec<(&'static str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        visitor.post("/office/batches/new", &fields).await
    };
    post(&mut operator, form("200001", "")).await.says("请填写 1 到 200000");
    post(&mut operator, form("20", "1000099")).await.says("没有这个客户号");
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM card_batch").await, 1);
    let entered = form("20", "");
    assert_eq!(post(&mut operator, entered.clone()).await.location(), NEW);
    // The same form again is the same batch.
    assert_eq!(post(&mut operator, entered).await.location(), NEW);
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM card_batch").await, 2);
    operator.get(NEW).await.says("等待复核");
    let todo = waiting(&shop).await;
    for words in ["制卡批次", "示例 · 福利", "慧医卡 记名卡", "草稿"] {
        checker.get(&todo).await.says(words);
    }
    decide(&mut checker, &todo, "ok").await.says("已同意");
    operator.get(NEW).await.says("正在生成");
    work(&shop).await;
    let made = operator.get(NEW).await;
    made.says("已生成 20 / 20 张");
    made.says("制卡厂");
    let range = [("first", "000002-000001"), ("last", "000002-000018")];
    let counted = |n| [&range[..], &[("counted", n)]].concat();
    act(&mut operator, NEW, "receive", &counted("17")).await.says("卡序号是 18 张，点到的是 17 张。没有收货");
    assert_eq!(act(&mut operator, NEW, "receive", &counted("18")).await.location(), NEW);
    operator.get(NEW).await.says("已点收 18 张");
    let spoilt = [("first", "000002000019"), ("last", "000002000020"), ("reason", "打印错位")];
    assert_eq!(act(&mut operator, NEW, "spoil", &spoilt).await.location(), NEW);
    operator.get(NEW).await.says("已收货");
    work(&shop).await;
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM card WHERE status = 'closed' AND serial > 2000000").await, 2);
    let part = [("first", "000002-000001"), ("last", "000002-000010")];
    let to = |keeper| [&part[..], &[("keeper", keeper)]].concat();
    act(&mut operator, NEW, "outlet", &to("77")).await.says("没有这个门店或客户");
    assert_eq!(act(&mut operator, NEW, "outlet", &to("2501001")).await.location(), NEW);
    operator.get(NEW).await.says("中山路店");
    let note = [&part[..], &[("note", "门店售卡")]].concat();
    let todo = place(&act(&mut operator, NEW, "activate", &note).await);
    act(&mut operator, NEW, "activate", &note).await.says("于 ");
    for words in ["激活卡", "中山路店", "000002-000010", "门店售卡", "未开卡"] {
        checker.get(&todo).await.says(words);
    }
    decide(&mut checker, &todo, "ok").await.says("已同意");
    operator.get(NEW).await.says("已激活 0 / 10 张");
    work(&shop).await;
    operator.get(NEW).await.says("10 张已激活");
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM card WHERE status = 'active' AND serial > 2000000").await, 10);
    act(&mut operator, NEW, "outlet", &to("2501002")).await.says("000002-000001 不是新卡");
    act(&mut operator, NEW, "close", &[]).await.says("还没有激活，不能关闭");
    in_order(&shop).await;
}

#[tokio::test]
async fn a_count_names_every_difference() {
    let shop = office().await;
    let mut auditor = shop.signed_in("auditor").await;
    let page = format!("{DEMO}/count");
    auditor.get(&page).await.says("总部金库");
    let ask = |lines: &'static str| [("keeper", "vault"), ("counted", lines)];
    auditor.post(&page, &ask("000001-000001 000001-000050")).await.says("相符");
    let found = auditor.post(&page, &ask("000001-000001 000001-000048\n000001-000048\n000001-000050")).await;
    found.says("000001-000049");
    found.says("点了不止一次");
    auditor.post(&page, &ask("000001-000001\nx")).await.says("第 2 行看不懂");
    auditor.post(&page, &ask("000002-000001")).await.says("第 1 行看不懂");
}

#[tokio::test]
async fn a_batch_is_cancelled_before_it_arrives() {
    let shop = office().await;
    let mut operator = shop.signed_in("operator").await;
    let page = operator.get("/office/batches/new").await;
    let request = hidden(&page, "request");
    let fields = [("request", request.as_str()), ("programme", "1"), ("quantity", "20"), ("customer", "1000001")];
    assert_eq!(operator.post("/office/batches/new", &fields).await.location(), NEW);
    let cancel = format!("{NEW}/cancel");
    operator.get(&cancel).await.says("作废批次 000002？");
    operator.post(&cancel, &[("reason", "")]).await.says("作废批次");
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM card_batch WHERE status = 'draft'").await, 1);
    assert_eq!(operator.post(&cancel, &[("reason", "文字写错")]).await.location(), NEW);
    operator.get(NEW).await.says("文字写错");
    let mut checker = shop.signed_in("checker").await;
    checker.get(&waiting(&shop).await).await.says("内容已变化");
    let demo = format!("{DEMO}/cancel");
    operator.post(&demo, &[("reason", "太晚了")]).await.says("已收货");
}
