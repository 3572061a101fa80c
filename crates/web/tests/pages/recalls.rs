//! 召回: what is recalled is refused by every way in which a product reaches a till, until two persons ended it.

use axum::http::StatusCode;
use domain::ids::ListId;
use storage::product_list::Lists;
use storage::recall;

use crate::pay::{Till, ZHANG, hidden};
use crate::shop::{Answer, Shop, Visitor, encoded};
use crate::todo::{decide, in_order, place};

const RECALLS: &str = "/office/recalls";
/// What the tills say.
const SAID: &str = "厂家通知停售，请下架";

fn fields<'f>(matches: (&'f str, &'f str), more: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let mut fields = vec![matches, ("since", "2026-11-01"), ("said", SAID), ("reason", "批号不合格")];
    fields.extend_from_slice(more);
    fields
}

/// Starts a recall; its page.
async fn start(visitor: &mut Visitor, matches: (&str, &str)) -> String {
    place(&visitor.post(RECALLS, &fields(matches, &[("sure", "1"), ("do", "ok")])).await)
}

async fn end(shop: &Shop, recall: &str) {
    let mut operator = shop.signed_in("operator").await;
    let request = hidden(&operator.get(recall).await, "request");
    let todo = place(&operator.post(recall, &[("request", &request)]).await);
    let mut checker = shop.signed_in("checker").await;
    decide(&mut checker, &todo, "ok").await.says("已同意");
}

async fn scan(till: &mut Till, code: &str) -> Answer {
    let page = till.browser.get("/sale").await;
    let (order, changed) = (hidden(&page, "order"), hidden(&page, "changed"));
    let fields = [("order", order.as_str()), ("changed", &changed), ("code", code), ("scan", "1"), ("rid", "r1")];
    till.browser.post_and_look("/sale/lines", &fields).await
}

#[tokio::test]
async fn recalled_goods_are_refused_at_every_door_until_two_persons_ended_it() {
    let mut till = Till::open().await;
    // An order is open, with the question whether to pay it, and another one without that product.
    till.ring("600233", "", "1").await;
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    dialog.says("是否确认支付？");
    let mut operator = till.shop.signed_in("operator").await;
    let recall = start(&mut operator, ("codes", "600233")).await;
    operator.get(&recall).await.says("召回中");

    // The open order says it, is not paid by its question, and not by a new one.
    let page = till.browser.get("/sale").await;
    for words in ["已召回：厂家通知停售，请下架", "订单里有已召回的商品，删除后才能支付"]
    {
        page.says(words);
    }
    let result = till.confirm(&dialog).await;
    for words in ["没有扣款", "订单里有已召回的商品，删除后才能支付"] {
        result.says(words);
    }
    for words in ["交易成功", "再次支付"] {
        assert!(!result.text().contains(words), "{words}");
    }
    let again = till.press("pay", ZHANG.0, ZHANG.1).await;
    assert!(!again.text().contains("name=\"token\""), "no question while a line is recalled");
    assert_eq!((till.balance(ZHANG.0).await, till.sales().await), (100_000, 0));
    // Neither a scan, nor typing, nor the picker adds it.
    let barcode = recall_barcode(&till.shop).await;
    for code in ["600233", "*2 600233", &barcode, "ganmaoling"] {
        let said = scan(&mut till, code).await;
        said.says("已召回");
        assert_eq!(pieces(&till.shop).await, 1, "{code}");
    }
    scan(&mut till, "600233").await.says(&format!("已召回，不能销售：{SAID}"));
    till.browser.get(&format!("/sale/picker?q={}", encoded("600233"))).await.says("已召回");
    till.browser.get("/sale?pick=600233").await.says(&format!("已召回，不能销售：{SAID}"));
    // Without the line the rest of the order is paid.
    let order = till.ring("600402", "", "1").await;
    let page = till.browser.get("/sale").await;
    let changed = hidden(&page, "changed");
    let delete = [("order", order.as_str()), ("changed", &changed), ("line", "1")];
    till.browser.post("/sale/lines/void", &delete).await;
    till.pay(ZHANG).await.says("交易成功");
    assert_eq!(till.sales().await, 1);

    end(&till.shop, &recall).await;
    operator.get(&recall).await.says("已结束");
    till.browser.get("/sale?order=new").await;
    till.ring("600233", "", "1").await;
    till.pay(ZHANG).await.says("交易成功");
    assert_eq!(till.sales().await, 2);
    till.in_order().await;
}

/// Pieces on all open orders.
async fn pieces(shop: &Shop) -> i64 {
    let sql = "SELECT SUM(l.quantity) FROM order_line l JOIN orders o ON o.id = l.order_id
        WHERE o.status = 'draft' AND l.voided_at IS NULL";
    shop.db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.expect("reads")
}

async fn recall_barcode(shop: &Shop) -> String {
    let sql = "SELECT barcode FROM product WHERE list_id = 250100 AND code = '600233'";
    shop.db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.expect("reads")
}

#[tokio::test]
async fn a_recall_covers_a_code_a_barcode_of_any_length_and_a_beginning_of_an_approval_number() {
    let shop = Shop::open().await;
    let change = "UPDATE product SET barcode = '0036000291452', approval_no = '国药准字Z20260001'
        WHERE list_id = 250100 AND code = '600233'";
    shop.db.write(move |connection| Ok(connection.execute(change, [])?)).await.expect("writes");
    let recalled = async |code: &'static str| {
        let found = storage::product::find(&shop.db, Lists::alone(ListId(250_100)), code).await.expect("reads");
        found[0].product.recalled.clone()
    };
    let mut admin = shop.signed_in("admin").await;
    for (matches, covers) in [
        (("codes", "600233"), true),
        (("codes", "600402，600233"), true),
        (("codes", "60023"), false),
        (("barcodes", "036000291452"), true),
        (("barcodes", "00036000291452"), true),
        (("barcodes", "36000291453"), false),
        // A catalogue may keep the barcode as the code.
        (("barcodes", "600233"), true),
        (("approvals", "国药准字Z2026"), true),
        (("approvals", "国药准字Z20260001"), true),
        (("approvals", "药准字Z20260001"), false),
        (("approvals", "国药准字Z202600011"), false),
    ] {
        let asked = admin.post(RECALLS, &fields(matches, &[])).await;
        assert_eq!(asked.text().contains("感冒灵颗粒"), covers, "{matches:?} before it starts");
        assert_eq!(recalled("600233").await, None, "{matches:?} asked only");
        let recall = start(&mut admin, matches).await;
        assert_eq!(recalled("600233").await.is_some(), covers, "{matches:?}");
        assert_eq!(recalled("600901").await, None);
        // Elsewhere too, where the same code is another merchant's.
        end(&shop, &recall).await;
        assert_eq!(recalled("600233").await, None, "{matches:?} ended");
    }
    // The first of several is what the tills say.
    let first = start(&mut admin, ("codes", "600233")).await;
    start(&mut admin, ("barcodes", "036000291452")).await;
    assert_eq!(recalled("600233").await.as_deref(), Some(SAID));
    end(&shop, &first).await;
    assert_eq!(recalled("600233").await.as_deref(), Some(SAID), "the second one goes on");
    in_order(&shop).await;
}

#[tokio::test]
async fn what_is_not_sound_is_not_recalled_and_stays_typed() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    for (typed, words) in [
        (fields(("codes", ""), &[]), "请至少填一个代码、条码或批准文号"),
        (fields(("codes", "699999"), &[]), "699999 不是商品，不能召回"),
        (fields(("barcodes", "12"), &[]), "条码 4 到 32 位"),
        (fields(("approvals", "国药准字Z20"), &[]), "至少含 4 位数字"),
        (
            vec![("codes", "600233"), ("since", "2026-11-01"), ("said", "x"), ("reason", "批号不合格")],
            "请填写 2 到 100 个字",
        ),
        (
            vec![("codes", "600233"), ("since", "2030-01-01"), ("said", SAID), ("reason", "批号不合格")],
            "请填今天或以前的日期",
        ),
        (
            vec![("codes", "600233"), ("since", "昨天"), ("said", SAID), ("reason", "批号不合格")],
            "请填今天或以前的日期",
        ),
    ] {
        for sure in ["", "1"] {
            let typed: Vec<_> = typed.iter().copied().chain([("sure", sure)]).collect();
            let answer = admin.post(RECALLS, &typed).await;
            answer.says(words);
            answer.says("批号不合格");
        }
    }
    let back = admin.post(RECALLS, &fields(("codes", "600233"), &[("sure", "1"), ("do", "back")])).await;
    back.says("value=\"600233\"");
    assert_eq!(recall::page(&shop.db, None, 10).await.expect("reads"), []);
    admin.get(RECALLS).await.says("没有召回过商品");
}

#[tokio::test]
async fn one_person_of_the_right_roles_starts_a_recall_and_nobody_ends_their_own_proposal() {
    let shop = Shop::open().await;
    for login in ["cashier", "manager", "chain", "agent", "finance", "auditor"] {
        let mut visitor = shop.signed_in(login).await;
        let answer = visitor.post(RECALLS, &fields(("codes", "600233"), &[("sure", "1")])).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{login}");
    }
    for login in ["operator", "checker", "admin"] {
        let mut visitor = shop.signed_in(login).await;
        let recall = start(&mut visitor, ("codes", "600402")).await;
        let request = hidden(&visitor.get(&recall).await, "request");
        let todo = place(&visitor.post(&recall, &[("request", &request)]).await);
        visitor.get(&recall).await.says("已有一张经办单等待复核");
        visitor.get(&todo).await.says("不能复核自己提交的");
        let mut other = shop.signed_in(if login == "checker" { "operator" } else { "checker" }).await;
        let sheet = other.get(&todo).await;
        for words in ["结束召回", SAID, "批号不合格", "代码 600402"] {
            sheet.says(words);
        }
        decide(&mut other, &todo, "ok").await.says("已同意");
    }
    let audited = shop.audited().await;
    assert_eq!(audited.iter().filter(|line| line.contains("goods_recalled")).count(), 3, "{audited:?}");
    in_order(&shop).await;
}

#[tokio::test]
async fn what_was_sold_is_counted_by_store_to_the_piece() {
    let mut till = Till::open().await;
    till.ring("600233", "", "3").await;
    till.pay(ZHANG).await.says("交易成功");
    till.browser.get("/sale?order=new").await;
    till.ring("600233", "", "2").await;
    till.ring("600402", "", "1").await;
    till.pay(ZHANG).await.says("交易成功");
    // On an order that is not paid it is not sold.
    till.browser.get("/sale?order=new").await;
    till.ring("600233", "", "7").await;
    let mut operator = till.shop.signed_in("operator").await;
    let page = start(&mut operator, ("codes", "600233 600402")).await;
    let found = recall::page(&till.shop.db, None, 1).await.expect("reads").remove(0);
    let sold = recall::sales(&till.shop.db, &found, 10).await.expect("reads");
    let sold: Vec<_> = sold.iter().map(|row| (row.outlet.0, row.code.as_str(), row.orders, row.pieces)).collect();
    assert_eq!(sold, [(2_501_001, "600233", 2, 5), (2_501_001, "600402", 1, 1)]);
    let before = operator.get(&page).await;
    assert!(!before.text().contains("/office/outlets/"), "adding up takes a while: it is asked for");
    operator.get(&format!("{page}?sold=1")).await.says("href=\"/office/outlets/2501001\"");
    let file = operator.get(&format!("{page}/export.csv")).await.text();
    let lines: Vec<Vec<&str>> = file.lines().map(|line| line.split(',').map(str::trim).collect()).collect();
    let sold: Vec<_> = lines.iter().skip(1).map(|cells| (cells[2], cells[4], cells[5])).collect();
    assert_eq!(sold, [("600233", "2", "5"), ("600402", "1", "1")], "{file}");
    let audited = till.shop.audited().await;
    assert_eq!(audited.last().map(String::as_str), Some("recall_exported"));
    // From a later day on nothing was sold.
    let later = recall::Recall { since: domain::time::BusinessDate(20_261_201), ..found };
    assert_eq!(recall::sales(&till.shop.db, &later, 10).await.expect("reads"), []);
}

#[tokio::test]
async fn an_order_that_was_paid_long_after_it_was_opened_is_added_up() {
    let mut till = Till::open().await;
    till.ring("600233", "", "3").await;
    till.shop.clock.advance(40 * 24 * domain::time::HOUR);
    till.browser = till.shop.signed_in("cashier").await;
    till.pay(ZHANG).await.says("交易成功");
    let mut operator = till.shop.signed_in("operator").await;
    start(&mut operator, ("codes", "600233")).await;
    let found = recall::page(&till.shop.db, None, 1).await.expect("reads").remove(0);
    for (since, pieces) in [(20_261_123, vec![3]), (20_270_101, vec![3]), (20_270_105, vec![])] {
        let found = recall::Recall { since: domain::time::BusinessDate(since), ..found.clone() };
        let sold = recall::sales(&till.shop.db, &found, 10).await.expect("reads");
        assert_eq!(sold.iter().map(|row| row.pieces).collect::<Vec<_>>(), pieces, "{since}");
    }
}

/// As much as one recall takes starts, and is ended by two persons; a second press of the button starts nothing more.
#[tokio::test]
async fn the_largest_recall_is_started_once_and_can_be_ended() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let numbers: Vec<String> = (0..46).map(|n| format!("{n:060}")).collect();
    let (numbers, words) = (numbers.join(" "), "字".repeat(100));
    let typed = |codes| {
        let fields = [("codes", codes), ("approvals", numbers.as_str()), ("since", "2026-11-01")];
        [&fields[..], &[("said", words.as_str()), ("reason", words.as_str()), ("sure", "1"), ("do", "ok")]].concat()
    };
    operator
        .post(RECALLS, &typed("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18"))
        .await
        .says("内容太多，请分成几次召回");
    let recall = place(&operator.post(RECALLS, &typed("1")).await);
    assert_eq!(place(&operator.post(RECALLS, &typed("1")).await), recall, "the same once more");
    assert_eq!(recall::page(&shop.db, None, 10).await.expect("reads").len(), 1);
    end(&shop, &recall).await;
    operator.get(&recall).await.says("已结束");
    assert_ne!(place(&operator.post(RECALLS, &typed("1")).await), recall, "a new one after the end");
    in_order(&shop).await;
}

/// A recall that covers more than the page lists says so, and never a number that is none.
#[tokio::test]
async fn a_recall_that_is_too_wide_says_that_it_stops_more_than_it_lists() {
    let shop = Shop::open().await;
    let change = "UPDATE product SET approval_no = '国药准字Z20260001' WHERE list_id = 250100";
    shop.db.write(move |connection| Ok(connection.execute(change, [])?)).await.expect("writes");
    let mut operator = shop.signed_in("operator").await;
    let asked = operator.post(RECALLS, &fields(("approvals", "国药准字Z2026"), &[])).await;
    for words in ["有 200 个以上会停卖", "没有全部列出"] {
        asked.says(words);
    }
}
