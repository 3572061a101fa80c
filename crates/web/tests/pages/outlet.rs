//! A store's page at the card company: its figures against the books, its tabs, and what is open there.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::batch::Tally;
use domain::ids::{MerchantId, OutletId, TransactionId};
use domain::ledger::Kind;
use domain::money::Fen;
use domain::settlement::Turnover;
use domain::time::{BusinessDate, HOUR, Timestamp};
use storage::places::figures::figures;
use storage::settlement::payable;

use crate::directory::suspend;
use crate::pay::{Till, ZHANG, hidden};
use crate::refund::Sold;
use crate::shop::{MINUTE, Shop, Visitor};
use crate::{dispute, settlement, sums};

const MERCHANT: MerchantId = MerchantId(250_100);
const OUTLETS: [OutletId; 2] = [OutletId(2_501_001), OutletId(2_501_002)];
const PAGE: &str = "/office/outlets/2501001";

/// The shares of the merchant's stores are together what the books owe it, day by day and kind by kind.
async fn shares_add_up(shop: &Shop, case: &str) -> [Fen; 2] {
    let mut all: BTreeMap<(BusinessDate, Kind), (i64, i64)> = BTreeMap::new();
    let rows = |turnover: &Turnover| turnover.rows().map(|(day, kind, one)| ((day, kind), one)).collect::<Vec<_>>();
    let mut nets = [Fen::ZERO; 2];
    for (outlet, net) in OUTLETS.into_iter().zip(&mut nets) {
        let own = figures(&shop.db, MERCHANT, outlet, shop.clock.now()).await.expect("reads");
        *net = own.unsettled.net();
        for (key, Tally { count, sum }) in rows(&own.unsettled) {
            let sums = all.entry(key).or_default();
            *sums = (sums.0 + count, sums.1 + sum.0);
        }
    }
    let owed = payable(&shop.db, MERCHANT).await.expect("reads").expect("a merchant").unsettled;
    let owed = rows(&owed).into_iter().map(|(key, one)| (key, (one.count, one.sum.0))).collect();
    assert_eq!(all, owed, "{case}");
    nets
}

/// Sales of the first store on the first day up to a moment, as the ledger has them.
async fn sold_before(shop: &Shop, until: Timestamp) -> (i64, i64) {
    let read = shop.db.read(move |connection| {
        let sql = "SELECT COUNT(*), COALESCE(SUM(amount), 0) FROM ledger_transaction WHERE kind = 'sale'
            AND decline IS NULL AND outlet_id = 2501001 AND business_date = ?1 AND at <= ?2";
        let day = i64::from(until.business_date().0);
        Ok(connection.query_row(sql, [day, until.0], |row| Ok((row.get(0)?, row.get(1)?)))?)
    });
    read.await.expect("reads")
}

async fn sell(till: &mut Till, login: &str, price: &str) {
    till.browser = till.shop.signed_in(login).await;
    till.ring("699999", price, "1").await;
    till.pay(ZHANG).await.says("交易成功");
}

async fn says(visitor: &mut Visitor, words: &[&str]) {
    let page = visitor.get(PAGE).await;
    for words in words {
        page.says(words);
    }
}

#[tokio::test]
async fn figures_are_those_of_the_books() {
    let (mut till, _) = sums::day().await;
    assert_eq!(shares_add_up(&till.shop, "one store").await, [Fen(2_750), Fen(0)]);
    sell(&mut till, "cashier2", "31.00").await;
    assert_eq!(shares_add_up(&till.shop, "two stores").await, [Fen(2_750), Fen(3_100)]);
    let mut admin = till.shop.signed_in("admin").await;
    let today = ["¥81.00", "3 笔；上周同日此时 0 笔，¥0.00", "¥53.50", "¥27.50", "2026-11-23 起"];
    says(&mut admin, &today).await;

    till.shop.clock.advance(24 * HOUR);
    sell(&mut till, "cashier", "12.00").await;
    sell(&mut till, "cashier2", "8.00").await;
    assert_eq!(shares_add_up(&till.shop, "another day").await, [Fen(3_950), Fen(3_900)]);
    let mut finance = till.shop.signed_in("finance").await;
    let mut checker = till.shop.signed_in("checker").await;
    let prepared = settlement::place(&settlement::prepare(&mut finance, "250100", "2026-11-23").await);
    // What is prepared is not settled; a sale meanwhile is of the next one.
    sell(&mut till, "cashier", "5.00").await;
    assert_eq!(shares_add_up(&till.shop, "prepared").await, [Fen(4_450), Fen(3_900)]);
    finance.get(&format!("{PAGE}?t=settled")).await.says("待复核");
    settlement::decide(&mut checker, &prepared, "已核对", "ok").await;
    assert_eq!(shares_add_up(&till.shop, "settled").await, [Fen(1_700), Fen(800)]);
    let mut admin = till.shop.signed_in("admin").await;
    says(&mut admin, &["¥17.00", "2 笔；上周同日此时 0 笔，¥0.00", "¥0.00", "0 笔", "2026-11-24 起"]).await;
    let tab = admin.get(&format!("{PAGE}?t=settled")).await;
    // The share by day, the merchant's own sum, and its settlement with net, fee and payout.
    for words in
        ["2 笔 17.00", "<h3>商户未结算净额</h3> <p><b class=\"n\">¥25.00</b>", "58.50", "0.35", "58.15", "已划付"]
    {
        tab.says(words);
    }
    // A refund of what is settled is of the next settlement, at the store that sold it.
    let order = till.shop.db.read(|connection| {
        let sql = "SELECT id FROM orders WHERE total = 3100";
        Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    });
    let order = order.await.expect("reads").to_string();
    till.browser = till.shop.signed_in("cashier2").await;
    let form = till.browser.get(&format!("/refunds/new?order={order}")).await;
    let request = hidden(&form, "request");
    let fields = [
        ("order", order.as_str()),
        ("request", &request),
        ("reason", "客户买错药品"),
        ("ground", "quality"),
        ("t1", "1"),
        ("q1", "1"),
    ];
    let asked = till.browser.post_and_look("/refunds/new", &fields).await.text();
    let id: String = asked[asked.find("申请编号").expect("a number")..]
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    till.shop.clock.advance(47 * HOUR);
    let mut operator = till.shop.signed_in("operator").await;
    let page = operator.get(&format!("/office/refunds?id={id}")).await;
    crate::refund::decide(&mut operator, "/office/refunds", &page, ZHANG.0, "ok").await.says("退款成功");
    assert_eq!(shares_add_up(&till.shop, "given back by the company").await, [Fen(1_700), Fen(-2_300)]);
    let page = operator.get("/office/outlets/2501002").await;
    for words in ["¥31.00", "1 笔", "-23.00"] {
        page.says(words);
    }
    till.in_order().await;
}

/// The same weekday before counts up to the same time of the day.
#[tokio::test]
async fn the_day_a_week_before_is_counted_up_to_the_same_time() {
    let (till, _) = sums::day().await;
    let ats = till.shop.db.read(|connection| {
        let mut statement = connection.prepare("SELECT at FROM ledger_transaction WHERE business_date = 20261123")?;
        Ok(statement.query_map([], |row| row.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?)
    });
    let mut counts = Vec::new();
    for at in ats.await.expect("reads") {
        for until in [Timestamp(at - 1), Timestamp(at), Timestamp(at + MINUTE)] {
            let own = figures(&till.shop.db, MERCHANT, OUTLETS[0], until).await.expect("reads").before;
            assert_eq!((own.count, own.sum.0), sold_before(&till.shop, until).await, "{until:?}");
            counts.push(own.count);
        }
    }
    assert!((0..=3).all(|count| counts.contains(&count)), "{counts:?}");
    let none = figures(&till.shop.db, MERCHANT, OUTLETS[0], Timestamp(0)).await.expect("reads").before;
    assert_eq!(none, Tally::default());
}

/// What the open tab says, and the links that each login follows there.
async fn open_tab(shop: &Shop, case: &str, words: &[&str], links: &[(&str, &[&str])]) {
    for (login, expected) in links {
        let mut visitor = shop.signed_in(login).await;
        let page = visitor.get(&format!("{PAGE}?t=open")).await;
        page.says(&format!("未处理（{}）", words.len()));
        for words in words {
            page.says(words);
        }
        let text = page.text();
        let table = text.split("等谁</th>").nth(1).and_then(|rest| rest.split("</table>").next()).expect("a table");
        let found: Vec<&str> = table.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let kinds: Vec<&str> = found.iter().filter_map(|link| link.split(['/', '?']).nth(2)).collect();
        assert_eq!(kinds, *expected, "{case}, {login}: {table}");
        for link in found {
            assert_eq!(visitor.get(link).await.status, StatusCode::OK, "{case}, {login}: {link}");
        }
    }
}

#[tokio::test]
async fn what_is_open_at_a_store_is_listed_with_links_for_those_who_may_open_it() {
    let mut sold = Sold::new().await;
    let empty = sold.till.shop.signed_in("agent").await.get(&format!("{PAGE}?t=open")).await;
    empty.says("未处理（0）");
    empty.says("本店没有未处理的退货、争议、支付和经办单");
    sold.ask().await;
    let mut till = sold.till;
    till.ring("600901", "", "1").await;
    till.pay(ZHANG).await.says("交易成功");
    let latest = till.shop.db.read(|connection| {
        let sql = "SELECT MAX(id) FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL";
        Ok(connection.query_row(sql, [], |row| row.get(0).map(TransactionId))?)
    });
    let sale = latest.await.expect("reads").rrn();
    let mut operator = till.shop.signed_in("operator").await;
    dispute::open(&mut operator, &sale, "22.50", "not_received", "袋子里没有这盒药").await;
    till.ring("600233", "", "1").await;
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    till.lose(&hidden(&dialog, "token")).await;
    till.shop.clock.advance(MINUTE);
    let open = ["等门店审核", "争议", "支付结果未知"];
    let links: [(&str, &[&str]); 6] = [
        ("agent", &[]),
        ("operator", &["disputes"]),
        ("checker", &["disputes"]),
        ("finance", &[]),
        ("auditor", &["disputes"]),
        ("admin", &[]),
    ];
    open_tab(&till.shop, "a store that trades", &open, &links).await;
    // The other store has none of it.
    let other = till.shop.signed_in("admin").await.get("/office/outlets/2501002?t=open").await;
    other.says("未处理（0）");

    suspend(&till.shop, "operator", PAGE).await;
    let mut admin = till.shop.signed_in("admin").await;
    let request = hidden(&admin.get(PAGE).await, "request");
    let proposed = admin.post(PAGE, &[("request", &request), ("do", "resume")]).await;
    assert!(proposed.location().starts_with("/office/todo/"), "{}", proposed.location());
    let open = ["等卡公司处理", "争议", "支付结果未知", "恢复门店"];
    let links: [(&str, &[&str]); 6] = [
        ("agent", &[]),
        ("operator", &["refunds", "disputes", "todo"]),
        ("checker", &["refunds", "disputes", "todo"]),
        ("finance", &["todo"]),
        ("auditor", &["disputes", "todo"]),
        ("admin", &["todo"]),
    ];
    open_tab(&till.shop, "a store that is stopped", &open, &links).await;
}

/// Which tabs each login sees; an address of a tab that it may not see shows the terminals.
#[tokio::test]
async fn tabs_are_shown_to_those_who_may_read_them() {
    let shop = Shop::open().await;
    for (login, settles) in [
        ("agent", false),
        ("operator", false),
        ("checker", true),
        ("finance", true),
        ("auditor", true),
        ("admin", true),
    ] {
        let mut visitor = shop.signed_in(login).await;
        for (tab, name, words) in [
            ("terminals", "终端（1）", "1 号台"),
            ("people", "人员（3）", "王敏"),
            ("settled", "结算", "商户还没有结算单"),
            ("open", "未处理（0）", "本店没有未处理的"),
            ("log", "操作记录", "还没有操作记录"),
        ] {
            let page = visitor.get(&format!("{PAGE}?t={tab}")).await;
            assert_eq!(page.status, StatusCode::OK, "{login} {tab}");
            let may = settles || tab != "settled";
            let here = format!("href=\"{PAGE}?t={tab}\" aria-current=\"page\">{name}</a>");
            assert_eq!(page.text().contains(&here), may, "{login} {tab}: {}", page.text());
            page.says(if may { words } else { "1 号台" });
            assert!(!page.text().contains("价目"), "goods have no tab yet");
        }
    }
}
