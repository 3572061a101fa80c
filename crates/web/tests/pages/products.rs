//! 商品: one product by one form, what it costs at the next scan, what it cost when, and the prices that take two persons.

use axum::http::StatusCode;
use domain::ids::ListId;
use domain::ids::{MerchantId, RequestId};
use storage::audit::Entry;
use storage::catalogue::{self, Item, Written};
use storage::idempotency::Claim;
use storage::price;
use storage::product_list::Lists;

use crate::pay::{Till, ZHANG, hidden};
use crate::shop::{Answer, MINUTE, Shop, Visitor};
use crate::todo::{decide, in_order, place, press};

const GOODS: &str = "/office/products/250100";
const NEW: &str = "/office/products/250100/new";
/// A product of the demo: 15.50, from 10.90 to 20.20 without consent.
const ONE: &str = "/office/products/250100/code/600233";
const BARCODE: &str = "6901234567892";

/// What a product of 250100 cost, the latest first: whether since a known moment, the price, whether on sale, who changed it.
async fn history(shop: &Shop, code: &str) -> Vec<(bool, Option<i64>, bool, String)> {
    let rows = price::prices(&shop.db, ListId(250_100), code.to_owned(), 50).await.expect("reads");
    let row = |one: price::PriceSince| {
        (one.since.is_some(), one.prices.price.map(|fen| fen.0), one.active, one.by.unwrap_or_default())
    };
    rows.into_iter().map(row).collect()
}

async fn item(shop: &Shop, merchant: i64, code: &str) -> Option<Item> {
    catalogue::item(&shop.db, Lists::alone(ListId(merchant)), code.to_owned()).await.expect("reads")
}

/// The form of [`NEW`], as a person fills it in, with one field as `typed`.
fn new_form<'f>(field: &'f str, typed: &'f str) -> Vec<(&'f str, &'f str)> {
    let form = [
        ("product_code", "600999"),
        ("name", "示例益气颗粒"),
        ("barcode", BARCODE),
        ("spec", "5g×10袋"),
        ("maker", "示例药业"),
        ("approval_no", "国药准字Z20260001"),
        ("category", "中成药"),
        ("otc_class", "OTC-B"),
        ("unit", "盒"),
        ("product_price", "23.80"),
        ("price_low", "20.00"),
        ("price_high", "25.00"),
        ("card_payable", "yes"),
    ];
    form.into_iter().filter(|(name, _)| *name != field).chain([(field, typed)]).collect()
}

/// The fields of 600233 as its form shows them, for a version and a request, with some of them as `typed`.
fn changed<'f>(page: &'f (String, String), typed: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let form = [
        ("version", page.0.as_str()),
        ("request", page.1.as_str()),
        ("name", "感冒灵颗粒"),
        ("barcode", ""),
        ("spec", "10g×9袋"),
        ("maker", ""),
        ("approval_no", ""),
        ("category", "感冒止咳"),
        ("otc_class", "OTC-A"),
        ("unit", "盒"),
        ("product_price", "15.50"),
        ("price_low", "10.90"),
        ("price_high", "20.20"),
        ("card_payable", "yes"),
        ("active", "yes"),
    ];
    let kept = form.into_iter().filter(|(name, _)| !typed.iter().any(|(own, _)| own == name));
    kept.chain(typed.iter().copied()).collect()
}

/// Fields of 600233 as they are, with these as typed.
fn kept<'f>(one: &'f Item, typed: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let own = [
        ("barcode", one.barcode.as_str()),
        ("maker", &one.maker),
        ("approval_no", &one.approval_no),
        ("category", &one.category),
    ];
    own.into_iter().chain(typed.iter().copied()).collect()
}

/// Opens the form of 600233: its version and its request.
async fn open(visitor: &mut Visitor) -> (String, String) {
    let page = visitor.get(ONE).await;
    (hidden(&page, "version"), hidden(&page, "request"))
}

/// Changes some fields of 600233.
async fn change(visitor: &mut Visitor, typed: &[(&str, &str)]) -> Answer {
    let page = open(visitor).await;
    visitor.post(ONE, &changed(&page, typed)).await
}

#[tokio::test]
async fn a_new_product_is_found_and_sold_at_once() {
    let mut till = Till::open().await;
    let mut operator = till.shop.signed_in("operator").await;
    operator.get("/office/products").await.says("href=\"/office/products/250100\"");
    operator.get("/office/products?q=康宁").await.says("href=\"/office/products/250200\"");
    assert!(!operator.get("/office/products?q=康宁").await.text().contains("href=\"/office/products/250100\""));
    operator.get("/office/products?q=没有").await.says("没有找到商户");
    operator.get("/office/merchants/250100").await.says(&format!("href=\"{GOODS}\""));
    operator.get(GOODS).await.says("href=\"/office/products/250100/new\"");
    let made = operator.post(NEW, &new_form("", "")).await;
    assert_eq!(place(&made), "/office/products/250100/code/600999");
    assert_eq!(history(&till.shop, "600999").await, [(true, Some(2_380), true, "陈静".to_owned())]);
    // The same form again, as a second press sends it, is the product that is there.
    assert_eq!(place(&operator.post(NEW, &new_form("", "")).await), "/office/products/250100/code/600999");
    operator.post(NEW, &new_form("name", "另一个")).await.says("代码已有商品");
    let one = item(&till.shop, 250_100, "600999").await.expect("written");
    assert_eq!((one.price, one.price_low, one.price_high), (Some(2_380), Some(2_000), Some(2_500)));
    assert_eq!((one.pinyin.as_str(), one.approval_no.as_str(), one.active), ("slyqkl", "国药准字Z20260001", true));
    assert_eq!(item(&till.shop, 250_200, "600999").await, None, "another merchant's catalogue");
    for find in ["600999", BARCODE, "06901234567892", "益气", "slyqkl", "国药准字Z20260001"] {
        operator.get(&format!("{GOODS}?q={find}")).await.says("href=\"/office/products/250100/code/600999\"");
    }
    till.ring(BARCODE, "", "1").await;
    till.browser.get("/sale").await.says("¥23.80");
    let audited = till.shop.audited().await;
    assert!(audited.contains(&"product_written".to_owned()), "{audited:?}");
}

/// A field of the form, what is typed into it, and what the page says beside it.
const WRONG: [(&str, &str, &str); 19] = [
    ("product_code", "", "请填写"),
    ("product_code", "编号 1", "格式不对"),
    ("product_code", "600233", "代码已有商品“感冒灵颗粒”"),
    ("product_code", "699999", ""),
    ("product_code", "6991371002332", "条码已有商品 600233"),
    ("name", " ", "请填写"),
    ("barcode", "条码", "格式不对"),
    ("barcode", "600402", "条码已有商品 600402"),
    ("otc_class", "", "请选择"),
    ("otc_class", "X", "请选择"),
    ("card_payable", "", "请选择"),
    ("unit", "", "请填写"),
    ("product_price", "0", "请填 0.01 到"),
    ("product_price", "12,5", "请填 0.01 到"),
    ("product_price", "100000", "请填 0.01 到"),
    ("product_price", "26.00", "单价要在两者之间"),
    ("price_low", "", "要么都填，要么都不填"),
    ("price_high", "19.99", "单价要在两者之间"),
    ("maker", "6086250000010012", ""),
];

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_writes_nothing() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    for (field, typed, words) in WRONG {
        let page = operator.post(NEW, &new_form(field, typed)).await;
        if typed == "699999" {
            page.says("699999 没有单价、条码和批准文号");
            continue;
        }
        if words.is_empty() {
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "a card number in {field}");
            continue;
        }
        assert_eq!(page.status, StatusCode::OK, "{field} {typed}");
        page.says("<title>错误：新商品：示例大药房");
        let beside = match words {
            _ if words.contains("两者之间") || words.contains("要么") => "price_low",
            _ if words.contains("条码已有商品") => "barcode",
            _ => field,
        };
        let text = page.text();
        let at = text.split_once(&format!("id=\"{beside}-e\"")).unwrap_or_else(|| panic!("{field} {typed}: {text}")).1;
        assert!(at.split("</p>").next().expect("a part").contains(words), "{field} {typed}: {text}");
        assert!(text.contains("示例药业"), "what was typed is lost: {field}");
    }
    assert_eq!(item(&shop, 250_100, "600999").await, None);
    assert_eq!(operator.get("/office/products/7/new").await.status, StatusCode::NOT_FOUND);
    assert_eq!(operator.post("/office/products/7/new", &new_form("", "")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(operator.get("/office/products/250100/code/7").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_price_counts_at_the_next_scan_and_what_it_was_is_answered() {
    let mut till = Till::open().await;
    let mut operator = till.shop.signed_in("operator").await;
    operator.get(ONE).await.says("没有改过价格");
    operator.get(&format!("{ONE}?at=2026-11-23+10:00")).await.says("2026-11-23 10:00 时：15.50 元");
    till.ring("600233", "", "1").await;
    till.shop.clock.advance(4 * MINUTE);
    let to = [("product_price", "16.50")];
    assert_eq!(place(&change(&mut operator, &to).await), ONE);
    // The line that was rung up keeps its price, says so, and is paid so once the cashier confirms it.
    let page = till.browser.get("/sale").await;
    for words in ["¥15.50", "价格已更新：现价 16.50"] {
        page.says(words);
    }
    let before = till.balance(ZHANG.0).await;
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    dialog.says("价格已更新：感冒灵颗粒 现价 ¥16.50，这张订单按 ¥15.50 收");
    let paid = till.confirm(&dialog).await;
    paid.says("交易成功");
    assert!(!paid.text().contains("价格已更新"), "it is paid");
    assert_eq!(till.balance(ZHANG.0).await, before - 1_550);
    till.browser.get("/sale?order=new").await;
    till.ring("600233", "", "1").await;
    let page = till.browser.get("/sale").await;
    page.says("¥16.50");
    assert!(!page.text().contains("价格已更新"));
    till.browser.post("/sale/abandon", &[("order", &hidden(&page, "order"))]).await;
    // A line at the price that the product has now needs no word, whatever the catalogue said before.
    till.ring("600233", "17.00", "1").await;
    change(&mut operator, &[("product_price", "17.00")]).await;
    let page = till.browser.get("/sale").await;
    assert!(!page.text().contains("价格已更新"));
    change(&mut operator, &[("product_price", "16.50")]).await;
    till.shop.clock.advance(4 * MINUTE);
    change(&mut operator, &[("product_price", "16.50"), ("active", "no")]).await;
    till.shop.clock.advance(4 * MINUTE);
    let page = operator.get(ONE).await;
    for words in ["改价以前", "16.50", "停用"] {
        page.says(words);
    }
    let chen = || "陈静".to_owned();
    let expected = [
        (true, Some(1_650), false, chen()),
        (true, Some(1_650), true, chen()),
        (true, Some(1_700), true, chen()),
        (true, Some(1_650), true, chen()),
        (false, Some(1_550), true, String::new()),
    ];
    assert_eq!(history(&till.shop, "600233").await, expected);
    for (at, words) in [
        ("2026-11-23 10:26", "15.50 元; 允许改价 10.90–20.20; 慧医卡支付 可以; 在售"),
        ("2026-11-23 10:32", "16.50 元; 允许改价 10.90–20.20; 慧医卡支付 可以; 在售"),
        ("2026-11-23T10:36", "16.50 元; 允许改价 10.90–20.20; 慧医卡支付 可以; 停用"),
        ("2026-11-23 25:00", "请填已经过去的日期和时间"),
        ("2099-01-01 10:00", "请填已经过去的日期和时间"),
        ("昨天", "请填已经过去的日期和时间"),
    ] {
        operator.get(&format!("{ONE}?at={}", at.replace(' ', "+"))).await.says(words);
    }
    operator.post(NEW, &new_form("", "")).await;
    operator.get("/office/products/250100/code/600999?at=2026-11-23+10:00").await.says("时还没有这个商品");
    in_order(&till.shop).await;
}

/// However many lines have another price now, the question before the payment says so in one sentence.
#[tokio::test]
async fn many_updated_lines_are_one_sentence_at_the_till() {
    let mut till = Till::open().await;
    for code in ["600233", "600402", "600901"] {
        till.ring(code, "", "1").await;
    }
    let dearer = "UPDATE product SET price = price + 10 WHERE list_id = 250100 AND code <> '600901'";
    till.shop.db.write(move |connection| Ok(connection.execute(dearer, [])?)).await.expect("writes");
    let page = till.browser.get("/sale").await;
    assert_eq!(page.text().matches("价格已更新").count(), 2);
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    dialog.says("价格已更新：2 行商品现在是别的价格，这张订单按录入时的价格收");
}

#[tokio::test]
async fn a_price_that_moves_far_waits_for_a_second_person_and_is_sent_by_itself() {
    for (typed, after) in [
        ([("product_price", "25.00"), ("price_low", "20.00"), ("price_high", "30.00")], Some(2_500)),
        ([("product_price", ""), ("price_low", ""), ("price_high", "")], None),
    ] {
        let shop = Shop::open().await;
        let mut operator = shop.signed_in("operator").await;
        let before = item(&shop, 250_100, "600233").await.expect("there");
        let both = [&typed[..], &[("name", "感冒灵颗粒（新包装）")]].concat();
        let refused = change(&mut operator, &both).await;
        refused.says("这个改价须两人复核，请单独提交");
        refused.says("感冒灵颗粒（新包装）");
        assert_eq!(item(&shop, 250_100, "600233").await, Some(before.clone()));
        let todo = place(&change(&mut operator, &kept(&before, &typed)).await);
        assert!(todo.starts_with("/office/todo/"), "{todo}");
        assert_eq!(item(&shop, 250_100, "600233").await, Some(before.clone()));
        operator.get(ONE).await.says("此商品已有一张改价经办单等待复核");
        let again = open(&mut operator).await;
        operator.post(ONE, &changed(&again, &kept(&before, &typed))).await.says("已有一张改价经办单等待复核");
        let mut checker = shop.signed_in("checker").await;
        let sheet = checker.get(&todo).await;
        for words in ["商品改价", "示例大药房 600233", "感冒灵颗粒", "15.50"] {
            sheet.says(words);
        }
        operator.get(&todo).await.says("不能复核自己提交的");
        decide(&mut checker, &todo, "ok").await.says("已同意");
        let one = item(&shop, 250_100, "600233").await.expect("there");
        assert_eq!(one.price, after);
        assert!(!operator.get(ONE).await.text().contains("等待复核"));
        let expected = [(true, after, true, "陈静".to_owned()), (false, Some(1_550), true, String::new())];
        assert_eq!(history(&shop, "600233").await, expected);
        in_order(&shop).await;
    }
}

#[tokio::test]
async fn nobody_saves_over_what_changed_meanwhile() {
    let shop = Shop::open().await;
    let (mut operator, mut admin) = (shop.signed_in("operator").await, shop.signed_in("admin").await);
    let (mine, theirs) = (open(&mut operator).await, open(&mut admin).await);
    place(&operator.post(ONE, &changed(&mine, &[("product_price", "16.00")])).await);
    let stale = admin.post(ONE, &changed(&theirs, &[("product_price", "14.00")])).await;
    stale.says("内容已被修改，已显示最新");
    stale.says("value=\"16.00\"");
    assert_eq!(item(&shop, 250_100, "600233").await.expect("there").price, Some(1_600));
    // A proposal of a price that changed meanwhile cannot be approved.
    let before = item(&shop, 250_100, "600233").await.expect("there");
    let wide = [("product_price", "30.00"), ("price_low", "30.00"), ("price_high", "30.00")];
    let todo = place(&change(&mut operator, &kept(&before, &wide)).await);
    place(&change(&mut admin, &[("product_price", "15.00")]).await);
    let mut checker = shop.signed_in("checker").await;
    decide(&mut checker, &todo, "ok").await.says("内容已变化，请重新核对");
    assert_eq!(item(&shop, 250_100, "600233").await.expect("there").price, Some(1_500));
}

/// A form that is sent twice saves once, and a new name is found by its initials.
#[tokio::test]
async fn a_form_that_is_sent_twice_saves_once() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let page = open(&mut operator).await;
    let form = changed(&page, &[("name", "退热冲剂")]);
    for _ in 0..2 {
        assert_eq!(place(&operator.post(ONE, &form).await), ONE);
    }
    assert_eq!(open(&mut operator).await.0, (page.0.parse::<i64>().expect("a version") + 1).to_string());
    assert_eq!(shop.audited().await.iter().filter(|one| *one == "product_changed").count(), 1);
    operator.get(&format!("{GOODS}?q=trcj")).await.says("href=\"/office/products/250100/code/600233\"");
    assert_eq!(history(&shop, "600233").await.len(), 0, "no price changed");
}

/// An approval while a program is about to write what it has read of the product: what is sold is what the history says.
#[tokio::test]
async fn an_approval_and_a_program_lose_no_price() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let mut checker = shop.signed_in("checker").await;
    let before = item(&shop, 250_100, "600233").await.expect("there");
    let wide = [("product_price", "40.00"), ("price_low", "40.00"), ("price_high", "40.00")];
    let todo = place(&change(&mut operator, &kept(&before, &wide)).await);
    let sheet = checker.get(&todo).await;
    let claim = Claim {
        merchant: MerchantId(250_100),
        request: RequestId([7; 16]),
        operation: "patchProduct",
        content: [0; 32],
    };
    let entry = Entry {
        at: shop.clock.now(),
        person: None,
        merchant: Some(MerchantId(250_100)),
        terminal: None,
        action: "product_changed",
        subject: "600233".to_owned(),
        detail: String::new(),
        address: String::new(),
    };
    let rename = |before: Option<Item>, _| {
        std::thread::sleep(std::time::Duration::from_millis(500));
        before.map(|one| Item { name: "granules".to_owned(), ..one }).ok_or(Written::Absent)
    };
    let program = catalogue::change(
        &shop.db,
        claim,
        (Lists::alone(ListId(250_100)), "600233".to_owned()),
        entry,
        rename,
        |_: &Item| "written".to_owned(),
    );
    let approval = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        press(&mut checker, &sheet, &todo, "核对无误", "ok").await
    };
    let (written, _) = tokio::join!(program, approval);
    assert_eq!(written.expect("writes"), Written::Done(200, "written".to_owned()));
    let now = item(&shop, 250_100, "600233").await.expect("there");
    assert_eq!((now.name.as_str(), now.price), ("granules", Some(1_550)), "the approval is of something else now");
    assert_eq!(history(&shop, "600233").await, []);
    checker.get(&todo).await.says("内容已变化");
    in_order(&shop).await;
}

#[tokio::test]
async fn a_recall_keeps_its_goods_findable_and_its_new_ones_out() {
    let shop = Shop::open().await;
    let recalls = "INSERT INTO recall (id, goods, reason, text, since, made_at, made_by, ended_at)
         VALUES (1, 'code 600233', 'x', '请下架', 20260101, 1, 9001, NULL), (2, 'barcode 6901234567892', 'x', 'x', 20260101, 1, 9001, NULL);
         INSERT INTO recall_match (kind, value, recall_id) VALUES ('code', '600233', 1), ('barcode', '6901234567892', 2)";
    shop.db.write(move |connection| Ok(connection.execute_batch(recalls)?)).await.expect("writes");
    let mut operator = shop.signed_in("operator").await;
    operator.get(ONE).await.says("召回中，收银机不能销售：请下架");
    change(&mut operator, &[("barcode", "6909999999994")]).await.says("召回覆盖这个商品");
    change(&mut operator, &[("approval_no", "国药准字Z20269999")]).await.says("召回覆盖这个商品");
    operator.post(NEW, &new_form("", "")).await.says("召回覆盖这个商品");
    assert_eq!(item(&shop, 250_100, "600999").await, None);
    operator.get(&format!("{GOODS}?q=600233")).await.says("召回中");
}

/// Who signs in, whether they read products, and whether they change them.
const RIGHTS: [(&str, bool, bool); 10] = [
    ("cashier", false, false),
    ("manager", false, false),
    ("other", false, false),
    ("chain", true, true),
    ("agent", true, false),
    ("checker", true, false),
    ("finance", true, false),
    ("auditor", true, false),
    ("operator", true, true),
    ("admin", true, true),
];

#[tokio::test]
async fn operators_and_administrators_change_what_the_others_of_the_company_read() {
    let shop = Shop::open().await;
    for (login, reads, changes) in RIGHTS {
        let mut person = shop.signed_in(login).await;
        let files = [format!("{GOODS}/export.csv"), format!("{GOODS}/export.xlsx")];
        for path in ["/office/products", GOODS, ONE, &files[0], &files[1]] {
            let expected = if reads { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(person.get(path).await.status, expected, "{login} {path}");
        }
        let expected = if changes { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(person.get(NEW).await.status, expected, "{login}");
        if reads {
            let page = person.get(ONE).await;
            assert_eq!(page.text().contains("name=\"product_price\""), changes, "{login}");
            page.says("感冒灵颗粒");
        }
        if !changes {
            assert_eq!(person.post(NEW, &new_form("", "")).await.status, StatusCode::FORBIDDEN, "{login}");
            let opened = ("1".to_owned(), "0".repeat(32));
            let form = changed(&opened, &[]);
            assert_eq!(person.post(ONE, &form).await.status, StatusCode::FORBIDDEN, "{login}");
        }
    }
    assert_eq!(item(&shop, 250_100, "600999").await, None);
}

#[tokio::test]
async fn a_list_goes_on_and_a_file_has_all_of_it() {
    let shop = Shop::open().await;
    let more = "INSERT INTO product (list_id, code, barcode, name, pinyin, spec, maker, approval_no, category,
            otc_class, unit, price, price_low, price_high, card_payable, active, id_check, own, version)
        WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
        SELECT 250100, 'Z' || i, '', 'herb ' || i, '', '', '', '', 'x', 'NONE', 'x', NULL, NULL, NULL, 0, 0, 0, 7, 1 FROM n";
    shop.db.write(move |connection| Ok(connection.execute_batch(more)?)).await.expect("writes");
    let mut operator = shop.signed_in("operator").await;
    let mut path = GOODS.to_owned();
    let mut seen = Vec::new();
    loop {
        let page = operator.get(&path).await;
        let text = page.text();
        let begin = format!("href=\"{GOODS}/code/");
        let links = text.split(&begin).skip(1);
        seen.extend(links.map(|rest| rest.split('"').next().expect("an end").to_owned()));
        let Some((_, next)) = text.split_once(&format!("class=\"act\" href=\"{GOODS}?after=")) else { break };
        path = format!("{GOODS}?after={}", next.split('"').next().expect("an end"));
    }
    let mut sorted = seen.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(seen, sorted, "each once, by code");
    let file = operator.get(&format!("{GOODS}/export.csv")).await.text();
    assert_eq!(file.lines().count(), seen.len() + 1);
    assert!(file.contains("Z1200") && file.contains("600233"));
    assert_eq!(shop.audited().await.iter().filter(|one| *one == "products_exported").count(), 1);
    operator.get("/lang/en?back=/office/products").await;
    operator.get(GOODS).await.says("Products of 示例大药房");
}
