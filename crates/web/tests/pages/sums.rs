//! 消费, 退货, 争议退款, 撤销冲正 and 净额 mean the same and come to the same wherever they stand: in the order list, its file,
//! the shift, the settlement and the statement for programs.

use std::collections::BTreeMap;

use domain::ids::MerchantId;
use domain::ledger::Kind;
use domain::time::{BusinessDate, HOUR};
use storage::merchant::{self, Reach};

use crate::dispute;
use crate::pay::{Till, ZHANG, hidden};
use crate::refund::{self, Sold};

/// Three sales: of one a piece was refunded, one was disputed with success, one was voided.
pub(crate) async fn day() -> (Till, String) {
    let mut sold = Sold::new().await;
    let id = sold.ask_for(&[("t1", "1"), ("q1", "1")]).await;
    let page = sold.panel(&id).await;
    refund::decide(&mut sold.manager, "/refunds", &page, ZHANG.0, "ok").await.says("退款成功");
    let mut till = sold.till;

    let voided = till.ring("600233", "", "1").await;
    till.pay(ZHANG).await.says("交易成功");
    let request = hidden(&till.browser.get(&format!("/void?order={voided}")).await, "request");
    let fields =
        [("order", voided.as_str()), ("request", &request), ("user", "manager"), ("password", storage::demo::PASSWORD)];
    till.browser.post_and_look("/void", &fields).await.says("撤销成功");

    let disputed = till.ring("600901", "", "1").await;
    let paid = till.pay(ZHANG).await.text();
    let sale = paid.split("href=\"/slip/").nth(1).and_then(|rest| rest.split('"').next()).expect("a slip").to_owned();
    let mut operator = till.shop.signed_in("operator").await;
    let opened = dispute::open(&mut operator, &sale, "22.50", "not_received", "袋子里没有这盒药").await;
    let office = dispute::place(&opened);
    let mut manager = till.shop.signed_in("manager").await;
    dispute::say(&mut manager, &office.replace("/office", ""), "顾客当面签收", "no").await.says("答复已提交");
    let mut checker = till.shop.signed_in("checker").await;
    dispute::say(&mut checker, &office, "监控显示未放入袋中", "ok").await.says("争议成立");
    till.in_order().await;
    (till, disputed)
}

#[tokio::test]
async fn every_page_and_file_adds_up_to_the_same() {
    let (mut till, disputed) = day().await;
    let list = till.browser.get("/orders").await;
    for words in [
        "共 3 笔",
        "消费 3 笔 ¥81.00",
        "退货 1 笔 ¥15.50",
        "争议退款 1 笔 ¥22.50",
        "撤销冲正 1 笔 ¥15.50",
        "净额 ¥27.50",
    ] {
        list.says(words);
    }
    let page = till.browser.get(&format!("/orders/{disputed}")).await;
    page.says("<title>争议退款");
    assert!(!page.text().contains("已退货"), "the store took nothing back");

    let file = till.browser.get("/orders/export.csv").await.text();
    let mut lines = file.trim_start_matches('\u{feff}').lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().expect("a head");
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for line in lines {
        for (name, cell) in head.iter().zip(line).filter(|(name, _)| name.ends_with("（元）")) {
            *sums.entry(name).or_default() += cell.parse::<f64>().expect("an amount");
        }
    }
    let expected = [
        ("金额（元）", 81.0),
        ("退货（元）", 15.5),
        ("争议退款（元）", 22.5),
        ("撤销冲正（元）", 15.5),
        ("净额（元）", 27.5),
    ];
    assert_eq!(sums, BTreeMap::from(expected));

    // The shift is the till's: a dispute is the card company's and of no shift.
    let shift = till.browser.get("/batch").await;
    for (name, sum, count) in [("消费", "81.00", 3), ("退货", "15.50", 1), ("撤销冲正", "15.50", 1)] {
        shift.says(&format!("<p class=\"sm mut\">{name}</p> <p class=\"v\">¥{sum}</p> <p class=\"sm\">{count} 笔</p>"));
    }
    shift.says("<p class=\"sm mut\">净额</p> <p class=\"v\">¥50.00</p>");

    let reach = Reach { merchant: MerchantId(250_100), outlet: None };
    let totals = merchant::day_totals(&till.shop.db, reach, BusinessDate(20_261_123)).await.expect("reads");
    let moved = totals.iter().filter(|one| one.approved && (one.kind == Kind::Sale || one.kind.gives_back()));
    let moved: Vec<_> = moved.map(|one| (one.kind, one.count, one.sum.0)).collect();
    for one in [(Kind::Sale, 3, 8_100), (Kind::Refund, 1, 1_550), (Kind::Chargeback, 1, 2_250), (Kind::Void, 1, 1_550)]
    {
        assert!(moved.contains(&one), "{one:?} in {moved:?}");
    }
    assert_eq!(moved.len(), 4);

    till.shop.clock.advance(24 * HOUR);
    let mut finance = till.shop.signed_in("finance").await;
    let page = finance.get("/office/settlements?merchant=250100").await;
    page.says("<th class=\"n\">消费</th> <th class=\"n\">退货</th> <th class=\"n\">争议退款</th> <th class=\"n\">撤销冲正</th>");
    let cells = ["3 笔 81.00", "1 笔 15.50", "1 笔 22.50", "1 笔 15.50", "27.50"]
        .map(|cell| format!("<td class=\"n b\">{cell}</td>"));
    page.says(&cells.join(" "));
}

/// Amounts of a thousand yuan or more that `page` shows without a comma, and fields and addresses that have one.
fn spelt_wrong(page: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for piece in page.split('<') {
        let (tag, text) = piece.split_once('>').unwrap_or(("", piece));
        let numbers = |text: &str, part: fn(char) -> bool| -> Vec<String> {
            text.split(|c: char| !part(c)).map(|word| word.trim_matches([',', '.']).to_owned()).collect()
        };
        let shown = numbers(text, |c| c.is_ascii_digit() || c == '.');
        wrong.extend(
            shown
                .into_iter()
                .filter(|word| word.split_once('.').is_some_and(|(whole, cents)| whole.len() > 3 && cents.len() == 2)),
        );
        let held = numbers(tag, |c| c.is_ascii_digit() || c == '.' || c == ',');
        wrong.extend(held.into_iter().filter(|word| word.contains(',') && word.contains('.')));
    }
    wrong
}

#[tokio::test]
async fn thousands_are_grouped_where_people_read_and_nowhere_else() {
    assert_eq!(
        spelt_wrong("<b>¥1000.00</b><input value=\"1,000.00\"> 010000000001 2,000.00 9.12"),
        ["1000.00", "1,000.00"]
    );
    let mut till = Till::open().await;
    let order = till.ring("699999", "1234.50", "1").await;
    let (mut pages, mut shown) = (Vec::new(), 0);
    pages.push(("sale", till.browser.get("/sale").await.text()));
    pages.push(("paid", till.pay(("6086250000070073", "654321")).await.text()));
    let paid = pages[1].1.clone();
    let sale = paid.split("href=\"/slip/").nth(1).and_then(|rest| rest.split('"').next()).expect("a slip").to_owned();
    till.ring("699999", "56789.00", "2").await;
    for path in [
        "/sale".to_owned(),
        "/sale/picker?q=qt".to_owned(),
        "/orders".to_owned(),
        format!("/orders/{order}"),
        format!("/slip/{sale}"),
        format!("/refunds/new?order={order}"),
        format!("/void?order={order}"),
        "/batch".to_owned(),
        "/logout".to_owned(),
    ] {
        let page = till.browser.get(&path).await;
        assert!(page.status.is_success(), "{path}");
        pages.push(("till", page.text()));
    }
    let mut operator = till.shop.signed_in("operator").await;
    let dispute = dispute::open(&mut operator, &sale, "1234.00", "not_received", "袋子里没有这盒药").await;
    pages.push(("dispute", operator.get(&dispute::place(&dispute)).await.text()));
    pages.push(("disputes", operator.get(&format!("/office/disputes?sale={sale}")).await.text()));
    let file = till.browser.get("/orders/export.csv").await.text();
    assert!(file.contains(",1234.50,") && !file.contains("1,234"), "a file has no commas in a number");
    till.shop.clock.advance(24 * HOUR);
    let mut finance = till.shop.signed_in("finance").await;
    pages.push(("settlement", finance.get("/office/settlements?merchant=250100").await.text()));
    for (name, page) in pages {
        assert_eq!(spelt_wrong(&page), Vec::<String>::new(), "{name}");
        shown += page.matches("1,23").count();
    }
    assert!(shown > 10, "{shown}");
}
