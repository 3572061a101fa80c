//! The slip: what it prints, how often, on which paper, and for whom.

use axum::http::StatusCode;

use crate::pay::Till;
use crate::shop::Answer;

const ZHANG: (&str, &str) = ("6086250000010012", "123456");

impl Till {
    /// A paid order; answers the address of its slip.
    async fn paid(&mut self) -> String {
        self.ring("600233", "", "2").await;
        let result = self.pay(ZHANG).await;
        result.says("交易成功");
        slip_of(&result)
    }
}

fn slip_of(page: &Answer) -> String {
    let text = page.text();
    let at = text.find("href=\"/slip/").expect("a slip");
    text[at + 6..].chars().take_while(|c| *c != '"').collect()
}

#[tokio::test]
async fn a_slip_has_both_copies_with_every_field() {
    let mut till = Till::open().await;
    let url = till.paid().await;
    let rrn = url.trim_start_matches("/slip/").to_owned();
    let page = till.browser.get(&url).await;
    for words in [
        "慧医卡 POS 签购单",
        "商户存根",
        "持卡人存根",
        "示例大药房（中山路店）",
        "898320159120001",
        "25010007",
        "<dd>1003</dd>",
        "6086 25** **** 0012 / M",
        "消费 SALE",
        "<dd>000001</dd>",
        &rrn,
        &rrn[6..],
        "2026-11-23 ",
        "2611230001",
        "感冒灵颗粒 10g×9袋",
        "RMB 31.00",
        "（人民币叁拾壹元整）",
        "00 承兑或交易成功",
        "持卡人签名",
        "本人确认以上交易，同意将其记入本卡账户。",
        "48 小时",
        "025-86988520",
    ] {
        page.says(words);
    }
    let text = page.text();
    assert_eq!(text.matches("RMB 969.00").count(), 1, "the balance is private to the holder");
    assert!(text.find("持卡人存根").unwrap() < text.find("RMB 969.00").unwrap());
    assert!(!text.contains("DUPLICATED") && !text.contains(ZHANG.0));
}

#[tokio::test]
async fn the_first_print_ends_the_order_and_every_further_one_is_marked_counted_and_audited() {
    let mut till = Till::open().await;
    let url = till.paid().await;
    till.browser.get("/sale").await.says("1 笔小票未打印 · 查看");
    let page = till.browser.post_and_look(&format!("{url}/print"), &[]).await;
    page.says("data-print-now");
    page.says("请按 Ctrl+P 打印");
    assert!(!page.text().contains("DUPLICATED"));
    assert!(!till.browser.get("/sale").await.text().contains("小票未打印"));

    let page = till.browser.get(&url).await;
    page.says("重打印凭证 DUPLICATED 1");
    page.says("此小票已打印 1 次");
    let page = till.browser.post_and_look(&format!("{url}/print"), &[]).await;
    page.says("重打印凭证 DUPLICATED 1");
    let page = till.browser.post_and_look(&format!("{url}/print"), &[]).await;
    page.says("重打印凭证 DUPLICATED 2");
    // An old address does not bring the unmarked slip back.
    till.browser.get(&format!("{url}?n=1")).await.says("重打印凭证 DUPLICATED 3");
    let audited = till.shop.audited().await;
    assert_eq!(audited.iter().filter(|action| *action == "slip_reprinted").count(), 2);
}

#[tokio::test]
async fn without_a_slip_the_order_is_done_too() {
    let mut till = Till::open().await;
    let url = till.paid().await;
    let page = till.browser.post_and_look(&format!("{url}/skip"), &[]).await;
    page.says("还没有商品");
    assert!(!page.text().contains("小票未打印"));
    assert!(till.shop.audited().await.contains(&"slip_skipped".to_owned()));
    till.browser.get(&url).await.says("持卡人存根");
}

#[tokio::test]
async fn the_paper_is_the_terminals() {
    let mut till = Till::open().await;
    let url = till.paid().await;
    let mut page = till.browser.get(&url).await;
    for (paper, sheet) in [("p58", "@page{size:58mm "), ("pa4", "@page{size:A4 portrait;"), ("p80", "@page{size:80mm ")]
    {
        page = till.browser.post_and_look("/slip/paper", &[("paper", paper), ("back", &url)]).await;
        page.says(&format!("<body class=\"{paper}\">"));
        let text = page.text();
        let at = text.find("/slip/page.css?").expect("a sheet");
        let href: String = text[at..].chars().take_while(|c| *c != '"').collect();
        let css = till.browser.get(&href.replace("&amp;", "&")).await;
        assert_eq!(css.headers["content-type"], "text/css; charset=utf-8");
        css.says(sheet);
    }
    drop(page);
    let answer = till.browser.post("/slip/paper", &[("paper", "p99}"), ("back", &url)]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer = till.browser.post("/slip/paper", &[("paper", "p80"), ("back", "//evil.example")]).await;
    assert_eq!(answer.location(), "/");
}

#[tokio::test]
async fn a_foreign_declined_or_unknown_slip_is_not_there() {
    let mut till = Till::open().await;
    let url = till.paid().await;
    for login in ["cashier2", "other"] {
        let mut other = till.shop.signed_in(login).await;
        assert_eq!(other.get(&url).await.status, StatusCode::NOT_FOUND);
        assert_eq!(other.post(&format!("{url}/print"), &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(other.post(&format!("{url}/skip"), &[]).await.status, StatusCode::NOT_FOUND);
    }
    till.ring("600233", "", "1").await;
    let declined = till.press("pay", ZHANG.0, "000000").await.text();
    let at = declined.find("报参考号 <span class=\"n b\">").expect("a reference");
    let rrn: String = declined[at..].chars().skip_while(|c| *c != '>').skip(1).take(12).collect();
    for rrn in [rrn.as_str(), "010000000001", "000000000000", "1", "x", "99999999999999999999"] {
        assert_eq!(till.browser.get(&format!("/slip/{rrn}")).await.status, StatusCode::NOT_FOUND, "{rrn}");
        let print = till.browser.post(&format!("/slip/{rrn}/print"), &[]).await;
        assert_eq!(print.status, StatusCode::NOT_FOUND, "{rrn}");
    }
    assert_eq!(till.browser.get("/slip/pending/1").await.status, StatusCode::NOT_FOUND);
    let mut staff = till.shop.signed_in("operator").await;
    assert_eq!(staff.get(&url).await.status, StatusCode::FORBIDDEN);
}
