//! What scanners and readers send, in every field and without a script: goods are found, and a card is never sent back.

use axum::http::StatusCode;

use crate::pay::Till;
use crate::shop::Answer;

const NUMBER: &str = "6086250000010012";
const PIN: &str = "123456";
const TRACK: &str = ";6086250000010012=29121010000012300000?";
const MASKED: &str = "6086 25** **** 0012";
const FOREIGN: &str = "6222021001123456789";

/// The card that the page keeps for the next step.
fn kept(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once(r#"name="kept" value=""#).unwrap_or_else(|| panic!("no card is kept\n{text}"));
    rest.chars().take_while(|c| *c != '"').collect()
}

/// No part of a number or track is in the answer: not in the page, an address or a cookie, plain or as hex digits.
#[track_caller]
fn keeps_quiet(answer: &Answer, text: &str) {
    let hex = storage::vault::hex(text.as_bytes());
    let said = format!("{:?}\n{}", answer.headers, answer.text());
    for secret in [text, &hex, NUMBER, FOREIGN, "2912101", "60862500000100"] {
        assert!(secret.is_empty() || !said.contains(secret), "{secret} is sent back\n{said}");
    }
}

impl Till {
    async fn rows(&self, sql: &'static str) -> i64 {
        let read = self.shop.db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?));
        read.await.expect("reads")
    }

    /// PIN tries and transactions: neither comes from a text that is no payment.
    async fn traces(&self) -> (i64, i64) {
        let tries = self.rows("SELECT COUNT(*) FROM pin_tries").await;
        (tries, self.rows("SELECT COUNT(*) FROM ledger_transaction WHERE terminal_id <> 0").await)
    }
}

#[tokio::test]
async fn a_card_in_any_field_of_the_goods_is_kept_and_never_sent_back() {
    let mut till = Till::open().await;
    let order = till.ring("600233", "", "1").await;
    let own = [
        TRACK,
        NUMBER,
        "6086250000010012=29121010000012300000",
        "6086250000010012D29121010000012300000",
        "\u{ff1b}6086250000010012\u{ff1d}29121010000012300000\u{ff1f}",
        "%B6086250000010012^ZHANG/FANG^29121010000?",
        "2*6086250000010012",
    ];
    for text in own {
        for place in ["code", "price", "qty", "picked"] {
            let fields = [("order", order.as_str()), ("changed", "0"), (place, text)];
            let page = till.browser.post("/sale/lines", &fields).await;
            assert_eq!(page.status, StatusCode::OK, "{place} {text}");
            page.says(MASKED);
            keeps_quiet(&page, text);
        }
    }
    for (text, words) in [
        (";6222021001123456789=29121010000012300000?", "这不是慧医卡，请换卡"),
        (FOREIGN, "这不是慧医卡，请换卡"),
        (";E?", "没有读到卡号，请重新刷卡"),
        (";6086250000010=29121010?", "没有读到卡号，请重新刷卡"),
        ("6086250000010013", "没有读到卡号，请重新刷卡"),
    ] {
        let page = till.browser.post("/sale/lines", &[("order", &order), ("changed", "0"), ("code", text)]).await;
        page.says(words);
        keeps_quiet(&page, text);
        assert!(!page.text().contains("name=\"kept\""), "{text}");
    }
    let page = till.browser.get("/sale/picker?q=6086250000010012").await;
    keeps_quiet(&page, NUMBER);
    assert_eq!(till.traces().await, (0, 0));
    till.browser.get("/sale").await.says("¥15.50");
}

#[tokio::test]
async fn a_card_in_a_field_of_another_page_is_refused_unread() {
    let till = Till::open().await;
    let (mut manager, mut visitor) = (till.shop.signed_in("manager").await, till.shop.visitor());
    let cards = [
        NUMBER,
        TRACK,
        "6086250000010012D29121010000012300000",
        "\u{ff1b}6086250000010012\u{ff1d}29121010000012300000\u{ff1f}",
        ";6222021001123456789=29121010000012300000?",
        "\u{ff1b}6222021001123456789\u{ff1d}29121010000012300000\u{ff1f}",
        "客户的卡 6086250000010012 退款",
        ";6086250000010=29121010?",
    ];
    let read = [
        ("/orders", "no"),
        ("/orders", "q"),
        ("/orders", "card"),
        ("/sale/picker", "q"),
        ("/refunds", "card"),
        ("/disputes", "sale"),
    ];
    for text in cards {
        for (path, field) in read {
            let page = manager.get(&web_kit::link::link(path, &[(field, text)])).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path} {field} {text}");
            page.says("这里不能填卡号");
            keeps_quiet(&page, text);
        }
        for (path, field) in [("/refunds/new", "reason"), ("/keys", "name"), ("/sale/price", "user")] {
            let page = manager.post(path, &[(field, text)]).await;
            page.says("这里不能填卡号");
            keeps_quiet(&page, text);
        }
        let page = visitor.post("/login", &[("u", text), ("p", "x"), ("c", "x")]).await;
        page.says("这里不能填卡号");
        keeps_quiet(&page, text);
    }
    for text in ["2611300034", "000000000035", "1882614147318428098", "6991371002332", "QS-0001A12"] {
        let page = manager.get(&web_kit::link::link("/orders", &[("no", text)])).await;
        assert_ne!(page.status, StatusCode::BAD_REQUEST, "{text}");
    }
    let reason = [("reason", "身份证 11010519491231002X，订单 2026113000001234567")];
    assert!(!manager.post("/refunds/new", &reason).await.text().contains("这里不能填卡号"));
}

#[tokio::test]
async fn a_swipe_without_a_script_is_kept_for_the_order() {
    let mut till = Till::open().await;
    let order = till.ring("600233", "", "1").await;
    let pay = |card: &str, pin: &str, kept: &str, button: &str| {
        [("order", &*order), ("amount", "1550"), ("card", card), ("pin", pin), ("kept", kept), ("do", button)]
            .map(|(name, value)| (name, value.to_owned()))
    };
    let mut send = async |fields: [(&str, String); 6]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        till.browser.post("/sale/pay", &fields).await
    };
    // Enter behind the track sends the form, the PIN still empty.
    let page = send(pay(TRACK, "", "", "pay")).await;
    page.says(MASKED);
    keeps_quiet(&page, TRACK);
    let card = kept(&page);
    send(pay("", PIN, &card, "pay")).await.says("是否确认支付？");
    let page = send(pay("", PIN, &card, "balance")).await;
    page.says("¥1,000.00");
    send(pay("", PIN, &kept(&page), "pay")).await.says("是否确认支付？");
    // Into the PIN field.
    let page = send(pay("", TRACK, "", "pay")).await;
    page.says(MASKED);
    keeps_quiet(&page, TRACK);
    // A token that somebody made, or one of another order.
    send(pay("", PIN, &card.replace('0', "1"), "pay")).await.says("请刷卡或输入卡号");
    let other = [("order", "7"), ("amount", "1550"), ("pin", PIN), ("kept", &card), ("do", "pay")];
    let answer = till.browser.post("/sale/pay", &other).await;
    assert_eq!(answer.location(), "/sale", "there is no such order");
    till.shop.clock.advance(3 * crate::shop::MINUTE);
    let fields = [("order", order.as_str()), ("amount", "1550"), ("pin", PIN), ("kept", &card), ("do", "pay")];
    till.browser.post("/sale/pay", &fields).await.says("请刷卡或输入卡号");
}

#[tokio::test]
async fn what_is_no_card_of_ours_or_no_pin_is_refused_at_its_field_and_tried_nowhere() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    for (card, pin, words) in [
        (FOREIGN, PIN, "这不是慧医卡，请换卡"),
        (";6222021001123456789=29121010000012300000?", "", "这不是慧医卡，请换卡"),
        ("9999999999999995", PIN, "这不是慧医卡，请换卡"),
        ("6086250000010013", PIN, "14 卡号无效"),
        ("6991371002332", PIN, "卡号为 16–19 位数字"),
        (NUMBER, "6991371002332", "密码为 6 位数字"),
        (NUMBER, "81098350001234567890", "密码为 6 位数字"),
        (NUMBER, "QS-0001A12", "密码为 6 位数字"),
    ] {
        let page = till.press("pay", card, pin).await;
        page.says(words);
        keeps_quiet(&page, "");
    }
    assert_eq!(till.traces().await, (0, 0));
}

#[tokio::test]
async fn a_product_is_found_by_every_form_of_its_number() {
    let mut till = Till::open().await;
    for code in [
        "6991371002332",
        "06991371002332",
        "]E06991371002332",
        "\u{ff16}991371002332",
        "(01)06991371002332(17)271231(10)2A",
        "]d2010699137100233217271231102A\u{1d}21XYZ7",
    ] {
        till.ring(code, "", "1").await;
    }
    till.browser.get("/sale").await.says("共 1 种 6 件");
    till.browser.get("/sale/picker?q=06991371002332").await.says("感冒灵颗粒");
    let fields = [("order", ""), ("changed", "0"), ("code", "81098350001234567890"), ("scan", "1")];
    till.browser.post_and_look("/sale/lines", &fields).await.says("这是药品追溯码，不是商品条码");
    till.browser.get("/sale").await.says("共 1 种 6 件");
}
