//! 订单查询: what is found, what each order came to, whether the goods may be handed over, the files made of it.

use axum::http::StatusCode;
use domain::command::{Actor, Command, Envelope};
use domain::ids::{OrderId, PersonId, RequestId, TransactionId};
use domain::outcome::Outcome;
use domain::refund::{Ground, Request, Review};

use crate::pay::{ACTOR, Till, hidden};
use crate::shop::{Answer, MINUTE};

const ZHANG: (&str, &str) = ("6086250000010012", "123456");
const POOR: (&str, &str) = ("6086250000020029", "123456");

impl Till {
    /// A paid order of two boxes; answers its id.
    async fn paid_order(&mut self) -> String {
        let order = self.ring("600233", "", "2").await;
        self.pay(ZHANG).await.says("交易成功");
        order
    }

    /// An order of 62.00 whose card has 30.00; answers its id.
    async fn declined_order(&mut self) -> String {
        let order = self.ring("600233", "", "4").await;
        self.press("pay", POOR.0, POOR.1).await.says("余额不足");
        self.browser.post("/sale/hold", &[("order", &order)]).await;
        order
    }

    async fn list(&mut self, question: &str) -> Answer {
        self.browser.get(&format!("/orders?{question}")).await
    }

    /// How many orders the list has for this question.
    async fn count(&mut self, question: &str) -> usize {
        let page = self.list(question).await;
        assert_eq!(page.status, StatusCode::OK);
        page.text().matches(r#"<a href="/orders/"#).count()
    }

    async fn command(&self, request: u8, actor: Actor, command: Command) -> Outcome {
        self.shop.clock.advance(MINUTE);
        let at = self.shop.clock.now();
        let request_id = RequestId([request; 16]);
        let group = vec![Envelope { request_id, actor, at, entropy: 7, command }];
        self.shop.books.post(group).await.expect("posts").pop().expect("an outcome")
    }

    async fn ask_refund(&self, order: &str) -> TransactionId {
        let order = OrderId(order.parse().expect("an id"));
        let request = Request {
            order,
            lines: vec![(1, 1)],
            ground: Ground::Quality,
            reason: "包装破损".to_owned(),
            escalate: false,
        };
        let outcome = self.command(1, ACTOR, Command::RefundRequest(request)).await;
        assert!(outcome.approved(), "{outcome:?}");
        outcome.transaction().expect("recorded").id
    }

    async fn approve(&self, order: &str, refund: TransactionId) {
        let number = domain::card_number::CardNumber::parse(ZHANG.0).expect("a card");
        let card = Some(self.shop.vault.present(&number.0, number.1).into());
        let order = OrderId(order.parse().expect("an id"));
        let review = Review { order, refund, card, opinion: "同意退一盒".to_owned() };
        let manager = Actor { person: PersonId(1002), ..ACTOR };
        assert!(self.command(2, manager, Command::RefundReview(review)).await.approved());
    }
}

#[tokio::test]
async fn a_sale_and_a_declined_one_are_told_apart_at_one_look() {
    let mut till = Till::open().await;
    till.list("").await.says("这段时间没有交易");
    let paid = till.paid_order().await;
    let declined = till.declined_order().await;
    let page = till.list("").await;
    for words in [
        "<title>订单查询",
        "aria-current=\"page\"",
        "2611230001",
        "6086 25** **** 0012",
        "张*",
        "交易成功",
        "可以交付药品",
        "<span class=\"rc\">00</span>",
        "6086 25** **** 0029",
        "<span class=\"st bad tag\">",
        "#i-bad",
        "交易失败",
        "没有扣款，请勿交付药品",
        "<span class=\"rc\">51</span>",
        "余额不足，差 ¥32.00",
        "共 2 笔",
        "消费 1 笔 ¥31.00",
        "退货 0 笔 ¥0.00",
        "失败 1 笔",
        "第 1 / 1 页",
        &format!("/refunds/new?order={paid}"),
        &format!("/void?order={paid}"),
        "补打 订单 2611230001 小票",
        &format!("/sale?order={declined}"),
    ] {
        page.says(words);
    }
    for secret in [ZHANG.0, ZHANG.1, POOR.0] {
        assert!(!page.text().contains(secret));
    }
    till.browser.get("/lang/en?back=/orders").await;
    let page = till.list("").await;
    for words in ["Goods may be handed over", "Insufficient balance", "Orders: 2", "Page 1 of 1"] {
        page.says(words);
    }
}

#[tokio::test]
async fn every_field_narrows_the_list() {
    let mut till = Till::open().await;
    till.paid_order().await;
    till.declined_order().await;
    till.ring("600901", "", "1").await;
    let page = till.list("").await.text();
    let slip = page.split("/slip/").nth(1).expect("a slip").get(..12).expect("a reference").to_owned();
    for (question, count) in [
        ("", 2),
        ("from=2026-11-23&to=2026-11-23", 2),
        ("from=2026/11/23", 2),
        ("from=2026-11-22&to=2026-11-22", 0),
        ("from=2026-11-24&to=2026-11-24", 0),
        ("card=0012", 1),
        ("card=%EF%BC%90%EF%BC%90%EF%BC%92%EF%BC%99", 1),
        ("card=9999", 0),
        ("no=2611230002", 1),
        ("no=0002", 1),
        ("no=2611230009", 0),
        (&format!("no={slip}"), 1),
        // As spreadsheets leave it, and as files and scanners write it.
        (&format!("no={}", slip.trim_start_matches('0')), 1),
        (&format!("no=%3D%22{slip}%22"), 1),
        (&format!("no=%09{slip}"), 1),
        (&format!("no=%5DC1{slip}"), 1),
        (&format!("no={}", slip[6..].trim_start_matches('0')), 1),
        (&format!("no={}", &slip[6..]), 1),
        ("no=000000000000", 0),
        ("status=all", 2),
        ("status=charged", 1),
        ("status=failed", 1),
        ("status=unknown", 0),
        ("status=refund_pending", 0),
        ("status=refunded", 0),
        ("status=voided", 0),
        ("status=unpaid", 1),
        ("q=600233", 2),
        ("q=gml", 2),
        ("q=%E6%84%9F%E5%86%92", 2),
        ("q=600901", 0),
        ("q=600901&status=unpaid", 1),
        ("q=%25", 0),
        ("card=0012&status=failed", 0),
    ] {
        assert_eq!(till.count(question).await, count, "{question}");
    }
    // A number names its order on whatever day.
    till.list("no=2611230001&from=2026-01-01&to=2026-01-02").await.says("不限交易日期");
    assert_eq!(till.count("no=2611230001&from=2026-01-01&to=2026-01-02").await, 1);
    till.list("no=2611230077").await.says("没有找到这个订单");
}

#[tokio::test]
async fn a_question_that_cannot_be_asked_says_why_at_its_field() {
    let mut till = Till::open().await;
    till.paid_order().await;
    let long = "x".repeat(51);
    for (question, message, field) in [
        ("from=2026-10-23&to=2026-11-23", "日期范围最多 31 天。", "from"),
        ("from=2026-11-24&to=2026-11-23", "开始日期不能晚于结束日期", "from"),
        ("from=yesterday", "请填写日期，如 2026-11-23", "from"),
        ("from=2026-02-30", "请填写日期", "from"),
        ("from=2026-11-23&to=99999999-01-01", "请填写日期", "to"),
        ("from=0001-01-01&to=0001-01-01", "请填写日期", "from"),
        ("card=12", "请填写卡号的最后 4 位数字", "card"),
        ("card=ab12", "请填写卡号的最后 4 位数字", "card"),
        ("no=12x", "订单号或参考号为 4–12 位数字", "no"),
        ("no=%27%20OR%201=1", "订单号或参考号为 4–12 位数字", "no"),
        ("status=stolen", "没有这种交易状态", "status"),
        (&format!("q={long}"), "商品最多 50 个字", "q"),
    ] {
        let page = till.list(question).await;
        assert_eq!(page.status, StatusCode::OK, "{question}");
        page.says("<title>错误：订单查询");
        page.says(message);
        let text = page.text();
        let input = text.split(&format!(" id=\"{field}\"")).nth(1).expect("the field");
        assert!(input.split('>').next().unwrap_or_default().contains("aria-invalid"), "{question}: {input}");
        assert!(!text.contains("2611230001"), "{question}");
    }
    for question in ["below=x&above=-1", "below=99999999999999999999", "below=1", "above=1&card=", "q=%00", "from=&to="]
    {
        assert_eq!(till.list(question).await.status, StatusCode::OK, "{question}");
    }
    let escaped = till.list("q=%3Cscript%3E").await;
    assert!(!escaped.text().contains("<script>"), "what was typed is text");
}

#[tokio::test]
async fn an_order_without_outcome_is_looked_up_from_the_list() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let token = hidden(&till.press("pay", ZHANG.0, ZHANG.1).await, "token");
    let order = till.lose(&token).await;
    let page = till.list("").await;
    page.says("处理中");
    page.says("正在支付，请等待");
    till.shop.clock.advance(MINUTE);
    let page = till.list("status=unknown").await;
    for words in ["<tr class=\"flag\">", "结果未知，请等待", "<span class=\"rc\">98</span>", "查询结果 订单 2611230001"]
    {
        page.says(words);
    }
    assert_eq!(page.text().matches("class=\"note warn\"").count(), 1, "pinned once");
    let url = format!("/orders/{order}");
    let page = till.browser.get(&url).await;
    page.says("<title>结果未知");
    page.says("http-equiv=\"refresh\"");
    page.says("支付已发出 ¥15.50");
    let mut other = till.shop.signed_in("cashier2").await;
    assert_eq!(other.post_and_look(&format!("{url}/query"), &[]).await.status, StatusCode::NOT_FOUND);
    till.list("status=unknown").await.says("2611230001");
    let page = till.browser.post_and_look(&format!("{url}/query"), &[]).await;
    page.says("<title>交易失败");
    page.says("没有扣款，请勿交付药品");
    assert_eq!(till.count("status=unknown").await, 0);
}

#[tokio::test]
async fn the_order_tells_everything_that_happened_to_it() {
    let mut till = Till::open().await;
    let order = till.ring("600233", "", "2").await;
    till.ring("600901", "", "1").await;
    till.browser.post("/sale/lines/void", &[("order", &order), ("line", "2")]).await;
    let fields =
        [("code", "600402"), ("price", "1.00"), ("qty", "1"), ("user", "manager"), ("password", "Demo-pass-2026")];
    let fields = [fields.as_slice(), &[("order", order.as_str())]].concat();
    till.browser.post_and_look("/sale/price", &fields).await.says("店长已确认改价");
    till.press("pay", ZHANG.0, "000000").await.says("密码错误");
    let url = format!("/orders/{order}");
    let page = till.browser.get(&url).await;
    page.says("<title>交易失败");
    page.says("没有扣款，请勿交付药品");
    till.pay(ZHANG).await.says("交易成功");
    let page = till.browser.get(&url).await;
    for words in [
        "<title>交易成功",
        "<h2>可以交付药品</h2>",
        "<del>布洛芬缓释胶囊</del>",
        "已删除：王敏",
        "改价，原价 6.50，李强 确认",
        "开单",
        "录入 感冒灵颗粒 ×2，单价 15.50",
        "删除 布洛芬缓释胶囊 ×1",
        "消费 ¥32.00",
        "55 密码错误，还可试 4 次",
        "00 承兑或交易成功",
        "6086 25** **** 0012",
        "王敏",
        "小票打印",
        "2026-11-25 10:26:",
        "还剩 48 小时 0 分",
        &format!("/refunds/new?order={order}"),
        &format!("/void?order={order}"),
    ] {
        page.says(words);
    }
    let slip: String = page.text().split("/slip/").nth(1).expect("a slip").chars().take(12).collect();
    for _ in 0..2 {
        till.browser.post(&format!("/slip/{slip}/print"), &[]).await;
    }
    till.browser.get(&url).await.says("补打小票");
    let refund = till.ask_refund(&order).await;
    let page = till.browser.get(&url).await;
    page.says("退货审核中");
    page.says("退货原因：包装破损");
    assert!(!page.text().contains("/refunds/new") && !page.text().contains("/void?"));
    assert_eq!(till.count("status=refund_pending").await, 1);
    till.list("").await.says("退货审核中");
    till.approve(&order, refund).await;
    let page = till.browser.get(&url).await;
    for words in
        ["<title>部分退货", "已付款，其中 ¥15.50 已退款", "审核意见：同意退一盒", "已退 1 件", "退货 ¥15.50", "李强"]
    {
        page.says(words);
    }
    till.list("").await.says("退货 1 笔 ¥15.50");
    till.shop.clock.advance(3 * 1_440 * MINUTE);
    let mut manager = till.shop.signed_in("manager").await;
    manager.get(&url).await.says("已超过，请联系客服或转卡公司处理");
}

#[tokio::test]
async fn a_voided_order_says_so() {
    let mut till = Till::open().await;
    let order = till.paid_order().await;
    let id = OrderId(order.parse().expect("an id"));
    assert!(till.command(3, ACTOR, Command::Void { order: id, checker: PersonId(1002) }).await.approved());
    let page = till.browser.get(&format!("/orders/{order}")).await;
    for words in ["<title>已撤销", "已撤销，请勿交付药品", "撤销 ¥31.00", "李强 确认"] {
        page.says(words);
    }
    assert!(!page.text().contains("/refunds/new"));
    assert_eq!(till.count("status=voided").await, 1);
    till.list("").await.says("撤销冲正 1 笔 ¥31.00");
}

#[tokio::test]
async fn the_other_outlet_and_other_merchants_see_nothing_of_it() {
    let mut till = Till::open().await;
    let order = till.paid_order().await;
    for login in ["cashier2", "other"] {
        let mut other = till.shop.signed_in(login).await;
        for question in ["", "no=2611230001", "card=0012", "q=600233", "no=010000000010&status=all"] {
            let page = other.get(&format!("/orders?{question}")).await;
            assert!(!page.text().contains("<a href=\"/orders/"), "{login}: {question}");
        }
        assert_eq!(other.get(&format!("/orders/{order}")).await.status, StatusCode::NOT_FOUND);
        let file = other.get("/orders/export.csv").await;
        assert_eq!(file.text().lines().count(), 1, "{login}");
    }
    for id in ["0", "-1", "x", "99999999999999999999", "1%20OR%201"] {
        assert_eq!(till.browser.get(&format!("/orders/{id}")).await.status, StatusCode::NOT_FOUND, "{id}");
        let answer = till.browser.post(&format!("/orders/{id}/query"), &[]).await;
        assert!(answer.status == StatusCode::NOT_FOUND || answer.location() == format!("/orders/{id}"), "{id}");
    }
    let mut staff = till.shop.signed_in("operator").await;
    for path in ["/orders", "/orders/export.csv", "/orders/export.xlsx", "/orders/1"] {
        assert_eq!(staff.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn the_files_hold_what_the_list_holds_and_are_written_down() {
    let mut till = Till::open().await;
    till.paid_order().await;
    till.declined_order().await;
    let page = till.list("").await.text();
    let file = till.browser.get("/orders/export.csv?status=charged").await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"orders-20261123-102602.csv\"");
    assert!(file.bytes.starts_with(b"\xef\xbb\xbf"));
    let text = file.text();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with(
        "订单号,日期,时间,卡号,持卡人,交易类型,金额（元）,退货（元）,争议退款（元）,撤销冲正（元）,净额（元）,交易状态,"
    ));
    assert!(lines[1].starts_with("\t2611230001,2026-11-23,10:26:"), "{}", lines[1]);
    assert!(
        lines[1].contains(",6086 25** **** 0012,张*,消费,31.00,0.00,0.00,0.00,31.00,交易成功,可以交付药品,\t00,"),
        "{}",
        lines[1]
    );
    // Numbers keep their zeros in a spreadsheet, amounts are numbers.
    let slip = page.split("/slip/").nth(1).expect("a slip").get(..12).expect("a reference");
    assert!(lines[1].contains(&format!(",\t{slip},\t{},", &slip[6..])), "{}", lines[1]);
    let file = till.browser.get("/orders/export.xlsx").await;
    assert!(file.bytes.starts_with(b"PK"), "{}", file.text());
    assert_eq!(file.headers["content-type"], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    let wrong = till.browser.get("/orders/export.csv?card=x").await;
    assert_eq!(
        (wrong.status, wrong.location()),
        (StatusCode::SEE_OTHER, "/orders?from=2026-11-23&to=2026-11-23&card=x")
    );
    let audited = till.shop.audited().await;
    assert_eq!(audited.iter().filter(|action| *action == "orders_exported").count(), 2);
}

#[tokio::test]
async fn what_is_archived_is_said_where_it_would_be_listed() {
    let mut till = Till::open().await;
    let paid = till.paid_order().await;
    till.shop.archive().await;
    let words = "2026-11-23 及更早的订单已归档";
    till.list("").await.says(words);
    till.list("no=2611230001").await.says(words);
    assert!(!till.list("from=2026-11-24&to=2026-11-24").await.text().contains(words));
    // It is not settled, so it stays.
    assert_eq!(till.browser.get(&format!("/orders/{paid}")).await.status, StatusCode::OK);
    assert_eq!(till.shop.books.verify().await.expect("reads"), []);
}
