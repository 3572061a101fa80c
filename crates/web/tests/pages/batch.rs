//! The shift: its figures, what blocks and what only warns, the close, the report on paper, whose it is.

use axum::http::StatusCode;
use domain::card_number::{CardNumber, EntryMode};
use domain::command::Actor;
use domain::ids::ListId;
use domain::ids::{MerchantId, OrderId, OutletId, PersonId, TerminalId};
use domain::money::Fen;
use domain::time::Timestamp;
use storage::payment;
use storage::product_list::Lists;
use storage::vault::Confirmation;

use crate::pay::{Till, hidden};
use crate::shop::{Answer, MINUTE, Visitor};

const ZHANG: (&str, &str) = ("6086250000010012", "123456");

impl Till {
    /// One sale paid by the card.
    async fn sold(&mut self, pieces: &str) -> Answer {
        self.ring("600233", "", pieces).await;
        let result = self.pay(ZHANG).await;
        result.says("交易成功");
        self.shop.clock.advance(MINUTE);
        result
    }

    /// Opens the dialog and says yes.
    async fn close_shift(&mut self) -> Answer {
        let dialog = self.browser.get("/batch/close").await;
        dialog.says("确认班结？");
        self.browser.post_and_look("/batch/close", &fields(&dialog)).await
    }

    /// An attempt without an outcome on a new order; answers the order's id.
    async fn lost(&mut self) -> String {
        let order = self.ring("600233", "", "1").await;
        let actor = Actor {
            merchant: MerchantId(250_100),
            outlet: OutletId(2_501_001),
            terminal: TerminalId(25_010_007),
            person: PersonId(1003),
        };
        let id = OrderId(order.parse().expect("an order"));
        let (now, number) = (self.shop.clock.now(), CardNumber::parse("6086250000010012").expect("a card").0);
        let changed = hidden(&self.browser.get("/sale").await, "changed").parse().expect("a moment");
        let confirmation = Confirmation {
            request_id: domain::ids::RequestId::v7(now, [7; 10]),
            order: id,
            seen: Timestamp(changed),
            amount: Fen(1_550),
            card: self.shop.vault.present(&number, EntryMode::Manual),
            until: now,
        };
        let begun = payment::attempt_begin(
            &self.shop.db,
            (actor, Lists::alone(ListId::of(actor.merchant))),
            &confirmation,
            now,
        )
        .await;
        assert_eq!(begun.expect("writes"), payment::Begun::Locked);
        self.shop.clock.advance(MINUTE);
        order
    }
}

fn fields(dialog: &Answer) -> [(&'static str, &'static str); 2] {
    // Leaked: a test's few bytes, for the sake of short lines.
    let leak = |name| Box::leak(hidden(dialog, name).into_boxed_str());
    [("request", leak("request")), ("number", leak("number"))]
}

/// The slip of the sale that the page shows last.
fn slip_of(page: &Answer) -> String {
    let text = page.text();
    let panel = text.split(r#"id="h-t""#).nth(1).expect("the list of transactions");
    let at = panel.find("href=\"/slip/").expect("a slip");
    panel[at + 6..].chars().take_while(|c| *c != '"').collect()
}

/// The text of the page without tags, blanks squeezed.
fn plain(page: &Answer) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in page.text().chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_running_shift_stands_per_cashier() {
    let mut till = Till::open().await;
    let page = till.browser.get("/batch").await;
    page.says("本班还没有交易，不需要班结。");
    page.says("本终端第一班");
    assert!(!page.text().contains("/batch/close"));

    till.sold("2").await;
    till.ring("600233", "", "1").await;
    till.press("pay", ZHANG.0, "000000").await.says("密码错误");
    let mut manager = Till { browser: till.shop.signed_in("manager").await, shop: till.shop };
    manager.sold("1").await;
    let page = manager.browser.get("/batch").await;
    let text = plain(&page);
    for words in [
        "批次号 000001",
        "2026-11-23 10:26:01 王敏（1003）",
        "王敏（1003） 1 31.00 0 0.00 0 0.00 31.00",
        // With what the cashier had left in the cart.
        "李强（1002） 1 31.00 0 0.00 0 0.00 31.00",
        "合计 2 62.00 0 0.00 0 0.00 62.00",
        "55 密码错误 0 1 1",
        "还没有班结过",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    page.says("没有打印小票");
}

#[tokio::test]
async fn closing_asks_first_and_its_report_never_changes() {
    let mut till = Till::open().await;
    till.sold("2").await;
    let dialog = till.browser.get("/batch/close").await;
    for words in ["确认班结？", "¥31.00", "批次 000002", "role=\"alertdialog\"", "见本页提示"] {
        dialog.says(words);
    }
    let sent = fields(&dialog);
    let report = till.browser.post_and_look("/batch/close", &sent).await;
    for words in ["班结报表", "班结完成", "000001", "RMB 31.00", "王敏（1003）", "898320159120001", "25010007"]
    {
        report.says(words);
    }
    // Sent again, by an impatient hand or from a second window: the same report.
    till.browser.post_and_look("/batch/close", &sent).await.says("已经班结过了");

    let report = |page: &Answer| plain(page).split("打印时间").next().map(str::to_owned);
    let before = report(&till.browser.get("/batch/1").await);
    let sold = till.sold("3").await;
    assert_eq!(report(&till.browser.get("/batch/1").await), before);
    let running = till.browser.get("/batch").await;
    running.says("<b class=\"n\">000002</b>");
    running.says("¥46.50");
    running.says("批次 000001 的报表");

    // The next slip carries the next batch.
    till.browser.get(&slip_of(&sold)).await.says("<dd>000002</dd>");
    till.close_shift().await.says("000002");
    assert_eq!(till.shop.books.verify().await.expect("verifies"), []);
}

#[tokio::test]
async fn an_empty_shift_is_not_closed_twice() {
    let mut till = Till::open().await;
    assert_eq!(till.browser.get("/batch/close").await.location(), "/batch");
    till.sold("1").await;
    let dialog = till.browser.get("/batch/close").await;
    till.close_shift().await;
    assert_eq!(till.browser.get("/batch/close").await.location(), "/batch");
    // The number of the running, empty batch with a new request: the rules refuse it.
    let request = hidden(&dialog, "request").replace(|c: char| c.is_ascii_digit(), "7");
    let page = till.browser.post_and_look("/batch/close", &[("request", &request), ("number", "2")]).await;
    page.says("没有班结");
    page.says("本班还没有交易");
    assert_eq!(till.shop.books.verify().await.expect("verifies"), []);
}

#[tokio::test]
async fn an_unknown_outcome_blocks_the_close_and_leaving_and_is_named() {
    let mut till = Till::open().await;
    till.sold("1").await;
    let dialog = till.browser.get("/batch/close").await;
    let order = till.lost().await;
    let page = till.browser.get("/batch").await;
    page.says("有 1 笔支付结果未知，查明后才能班结");
    page.says("订单 2611230002");
    page.says("立即查询结果");
    assert!(!page.text().contains("href=\"/batch/close\""));
    assert_eq!(till.browser.get("/batch/close").await.location(), "/batch");

    // The dialog was open before: the rules say no, the page says why.
    let page = till.browser.post_and_look("/batch/close", &fields(&dialog)).await;
    for words in ["没有班结", "有 1 笔支付结果未知，查明后才能班结", "本班的数字没有变化"]
    {
        page.says(words);
    }

    let page = till.browser.post_and_look("/logout", &[]).await;
    for words in ["退出登录？", "订单 2611230002", "仍然退出"] {
        page.says(words);
    }
    let mut leaving = till.shop.signed_in("manager").await;
    let answer = leaving.post("/logout", &[("sure", "1")]).await;
    assert_eq!(answer.location(), "/login");

    till.browser.post_and_look("/sale/query", &[("order", &order)]).await.says("没有收到这笔支付");
    let page = till.browser.get("/batch").await;
    page.says("个订单还没有支付");
    page.says("2611230002 ¥15.50");
    page.says("笔已支付的订单没有打印小票");
    till.close_shift().await.says("班结完成");
    assert_eq!(till.browser.post("/logout", &[]).await.location(), "/login", "nothing is open any more");
    assert_eq!(till.shop.books.verify().await.expect("verifies"), []);
}

#[tokio::test]
async fn a_report_is_printed_on_every_paper_counted_and_marked() {
    let mut till = Till::open().await;
    till.sold("1").await;
    let now = till.browser.get("/batch/now").await;
    now.says("本班尚未班结");
    now.says("data-print");
    till.close_shift().await;
    for (paper, mark) in [("p58", "paper=p58&amp;mm="), ("p80", "paper=p80&amp;mm="), ("pa4", "report.")] {
        let page = till.browser.get(&format!("/batch/1?paper={paper}")).await;
        page.says(mark);
        page.says("商户确认");
        assert!(!page.text().contains("DUPLICATED"));
    }
    let first = till.browser.post_and_look("/batch/1/print", &[("paper", "pa4")]).await;
    first.says("data-print-now");
    assert!(!first.text().contains("DUPLICATED"));
    till.browser.get("/batch/1").await.says("DUPLICATED 1");
    let second = till.browser.post_and_look("/batch/1/print", &[("paper", "p80")]).await;
    second.says("重打印 DUPLICATED 1");
    assert_eq!(till.shop.audited().await.iter().filter(|action| *action == "batch_printed").count(), 2);
    // Slips are printed, changed prices and deleted lines are logged: all of it is in the next report, per person.
    let url = slip_of(&till.sold("1").await);
    till.browser.post_and_look(&format!("{url}/print"), &[]).await;
    till.browser.post_and_look(&format!("{url}/print"), &[]).await;
    let text = plain(&till.browser.get("/batch").await);
    assert!(text.contains("王敏（1003） 0 0 1 1 0 0"), "{text}");
}

#[tokio::test]
async fn reports_belong_to_their_terminal() {
    let mut till = Till::open().await;
    till.sold("1").await;
    let dialog = till.browser.get("/batch/close").await;
    till.close_shift().await;
    for login in ["cashier2", "other"] {
        let mut other: Visitor = till.shop.signed_in(login).await;
        let page = other.get("/batch").await;
        page.says("本终端还没有班结过");
        assert!(!page.text().contains("15.50"));
        assert_eq!(other.get("/batch/1").await.status, StatusCode::NOT_FOUND, "{login}");
        assert_eq!(other.post("/batch/1/print", &[]).await.status, StatusCode::NOT_FOUND, "{login}");
        // A dialog of another till closes nothing here.
        let answer = other.post("/batch/close", &fields(&dialog)).await;
        assert!(answer.location().starts_with("/batch?r=") || answer.status == StatusCode::BAD_REQUEST, "{login}");
    }
    for path in ["/batch/0", "/batch/2", "/batch/x", "/batch/99999999999999999999"] {
        assert_eq!(till.browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for sent in [vec![], vec![("request", "zz"), ("number", "1")], vec![("request", "7"), ("number", "x")]] {
        assert_eq!(till.browser.post("/batch/close", &sent).await.status, StatusCode::BAD_REQUEST);
    }
    let unknown = [("request", &*hidden(&dialog, "request")), ("number", "77")];
    assert_eq!(till.browser.post("/batch/close", &unknown).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(till.shop.books.verify().await.expect("verifies"), []);
}

#[tokio::test]
async fn english_has_all_of_it() {
    let mut till = Till::open().await;
    till.sold("1").await;
    till.browser.get("/lang/en?back=/batch").await;
    let page = till.browser.get("/batch").await;
    for words in ["Shift report", "Close the shift", "Net = sales", "Slips printed"] {
        page.says(words);
    }
    till.browser.get("/batch/close").await.says("Close this shift?");
    let page = till.browser.get("/batch/now?paper=pa4").await;
    page.says("Prepared by");
    till.browser.get("/batch/now?paper=p80").await.says("制表");
    assert_eq!(till.browser.get("/logout").await.status, StatusCode::OK);
}
