//! 商品登记申请: from the till that scans what the catalogue lacks to the card company's answer, which that till shows.

use axum::http::StatusCode;
use domain::ids::ListId;
use storage::catalogue;
use storage::product_list::Lists;

use crate::pay::hidden;
use crate::shop::{Answer, MINUTE, Shop, Visitor};

/// A barcode that no product of the demo has, and the same in its long form.
const CODE: &str = "6901234567892";
const LONG: &str = "06901234567892";
const LIST: &str = "/office/requests";

async fn scan(browser: &mut Visitor, code: &str) -> Answer {
    let page = browser.get("/sale").await;
    let (order, changed) = (hidden(&page, "order"), hidden(&page, "changed"));
    let fields = [("order", order.as_str()), ("changed", &changed), ("code", code), ("price", ""), ("qty", "1")];
    browser.post_and_look("/sale/lines", &fields).await
}

async fn ask(browser: &mut Visitor, code: &str, name: &str) -> Answer {
    browser.post("/sale/request", &[("order", ""), ("barcode", code), ("name", name)]).await
}

/// Asks, as `login`, and answers the browser and the page where it is answered.
async fn asked(shop: &Shop, login: &str) -> (Visitor, String) {
    let mut browser = shop.signed_in(login).await;
    assert_eq!(ask(&mut browser, CODE, "示例益气颗粒").await.location(), "/sale");
    (browser, format!("{LIST}/{}", number(shop, "open").await))
}

/// The number of the only request with this state.
async fn number(shop: &Shop, status: &'static str) -> i64 {
    let sql = "SELECT id FROM product_request WHERE status = ?1";
    shop.db.read(move |connection| Ok(connection.query_row(sql, [status], |row| row.get(0))?)).await.expect("reads")
}

async fn count(shop: &Shop, sql: &'static str) -> i64 {
    let read = shop.db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?));
    read.await.expect("reads")
}

async fn requests(shop: &Shop) -> i64 {
    count(shop, "SELECT COUNT(*) FROM product_request").await
}

async fn write(shop: &Shop, sql: &'static str) {
    shop.db.write(move |connection| Ok(connection.execute_batch(sql)?)).await.expect("writes");
}

async fn item(shop: &Shop, merchant: i64, code: &str) -> Option<catalogue::Item> {
    catalogue::item(&shop.db, Lists::alone(ListId(merchant)), code.to_owned()).await.expect("reads")
}

/// The form that adds the product, as a person fills it in.
const NEW: [(&str, &str); 11] = [
    ("do", "add"),
    ("product_code", "600999"),
    ("name", "示例益气颗粒"),
    ("barcode", CODE),
    ("spec", "5g×10袋"),
    ("maker", "示例药业"),
    ("category", "中成药"),
    ("otc_class", "OTC-B"),
    ("unit", "盒"),
    ("product_price", "23.80"),
    ("card_payable", "yes"),
];

#[tokio::test]
async fn what_the_catalogue_lacks_is_asked_for_once_per_store() {
    let shop = Shop::open().await;
    let mut cashier = shop.signed_in("cashier").await;
    let page = scan(&mut cashier, LONG).await;
    page.says("699999");
    let link = format!("/sale/request?barcode={CODE}");
    page.says(&format!("<a href=\"{link}\">申请登记</a>"));
    let dialog = cashier.get(&link).await;
    dialog.says(&format!("商品目录里没有条码 {CODE}"));
    for name in ["", " ", "药", &"药".repeat(61)] {
        let page = ask(&mut cashier, CODE, name).await;
        page.says("<title>错误：商品登记申请");
        page.says("请填 2–60 个字的商品名称。没有提交");
    }
    assert_eq!(requests(&shop).await, 0);
    let sent = [("order", "new"), ("barcode", LONG), ("name", "示例益气颗粒")];
    let page = cashier.post_and_look("/sale/request", &sent).await;
    page.says("已提交，答复会显示在这台收银机上");
    // Every form of the barcode, the address typed again, and the form sent again say that it waits.
    for code in [CODE, LONG, "3*6901234567892"] {
        let page = scan(&mut cashier, code).await;
        page.says("登记申请已提交，等待答复");
        page.says("/sale?pick=699999");
        assert!(!page.text().contains("/sale/request?"), "{code} can be asked for again");
    }
    let waits = cashier.get(&link).await.location().to_owned();
    cashier.get(&waits).await.says("等待答复");
    cashier.post_and_look("/sale/request", &sent).await.says("等待答复");
    assert_eq!(requests(&shop).await, 1);
    // Another store of the chain and another merchant ask for themselves.
    for (login, all) in [("cashier2", 2), ("other", 3)] {
        let mut other = shop.signed_in(login).await;
        scan(&mut other, CODE).await.says("申请登记");
        ask(&mut other, CODE, "益气颗粒").await;
        assert_eq!(requests(&shop).await, all, "{login}");
    }
    assert_eq!(shop.audited().await.iter().filter(|one| *one == "product_requested").count(), 3);
}

#[tokio::test]
async fn what_is_no_code_cannot_be_asked_for() {
    let shop = Shop::open().await;
    let mut cashier = shop.signed_in("cashier").await;
    for typed in ["没有这种药", "no such thing", "9".repeat(33).as_str()] {
        let page = scan(&mut cashier, typed).await;
        page.says("没有条码");
        assert!(!page.text().contains("/sale/request"), "{typed}");
        assert_eq!(ask(&mut cashier, typed, "示例").await.status, StatusCode::BAD_REQUEST, "{typed}");
    }
    // What the catalogue has is taken in hand.
    assert_eq!(ask(&mut cashier, "600233", "感冒灵").await.location(), "/sale?pick=600233");
    // A card in either field: one of ours, another bank's, a stripe.
    let track = ";6086250000010012=30125010000012300000?";
    for card in ["6086250000010012", "6086 2500 0001 0012", "6222021234567890128", track] {
        for (code, name) in [(card, "示例颗粒"), (CODE, card)] {
            let answer = ask(&mut cashier, code, name).await;
            assert!(answer.status.is_client_error(), "{code} {name}: {}", answer.status);
            assert!(!answer.text().contains("6086250000010012"), "{code} {name}");
        }
    }
    assert_eq!(requests(&shop).await, 0);
}

#[tokio::test]
async fn a_store_has_a_hundred_open_requests_at_most() {
    let shop = Shop::open().await;
    let mut cashier = shop.signed_in("cashier").await;
    for n in 0..100 {
        ask(&mut cashier, &format!("8{n:05}"), "示例").await;
    }
    assert_eq!(requests(&shop).await, 100);
    let page = cashier.post_and_look("/sale/request", &[("barcode", CODE), ("name", "示例")]).await;
    page.says("已有 100 个，没有提交");
    assert_eq!(requests(&shop).await, 100);
    // They are 50 to a page, each on one of them.
    let mut agent = shop.signed_in("agent").await;
    let first = agent.get(LIST).await;
    first.says("本页 50 个申请");
    first.says("<b class=\"n\">100</b>");
    let next = format!("{LIST}?after={}", count(&shop, "SELECT id FROM product_request WHERE code = '800049'").await);
    first.says(&format!("href=\"{next}\""));
    let second = agent.get(&next).await;
    assert!(first.text().contains(">800049<") && !first.text().contains(">800050<"));
    assert!(second.text().contains(">800050<") && second.text().contains(">800099<"));
    agent.get(&format!("{LIST}?s=all")).await.says(">800099<");
}

/// What is sent, the line that the till then shows, and the code that it rings up.
type Case = (&'static [(&'static str, &'static str)], &'static str, Option<&'static str>);

const ANSWERS: [Case; 3] = [
    (&[("do", "map"), ("to", "600233")], "“示例益气颗粒”请用 600233 感冒灵颗粒", Some("600233")),
    (&NEW, "“示例益气颗粒”已登记：600999 示例益气颗粒", Some(CODE)),
    (&[("do", "refuse"), ("reason", "保健食品，不在范围")], "“示例益气颗粒”不登记：保健食品，不在范围", None),
];

#[tokio::test]
async fn the_answer_appears_at_that_till_until_it_is_put_away_or_rung_up() {
    for (answer, line, rung) in ANSWERS {
        for ring in [false, true] {
            let shop = Shop::open().await;
            write(
                &shop,
                "INSERT INTO terminal SELECT 25010009, outlet_id, label, status, moved_at, moved_by, reason, batch_no, paper,
                 scan_gap_ms, seen_at, created_at, created_by, changed_at, version FROM terminal WHERE id = 25010007;
                 UPDATE person SET default_terminal = 25010009 WHERE login = 'manager'",
            )
            .await;
            let (mut cashier, place) = asked(&shop, "cashier").await;
            let mut others = Vec::new();
            for login in ["manager", "cashier2", "other"] {
                others.push(shop.signed_in(login).await);
            }
            let mut agent = shop.signed_in("agent").await;
            assert!(!cashier.get("/sale").await.text().contains("知道了"));
            agent.post_and_look(&place, answer).await.says("已答复，收银机会显示。");
            let page = cashier.get("/sale").await;
            page.says(line);
            let request = place.rsplit('/').next().expect("a number");
            for other in &mut others {
                assert!(!other.get("/sale").await.text().contains("知道了"));
                other.post("/sale/request/seen", &[("request", request)]).await;
            }
            cashier.get("/sale").await.says(line);
            let page = match rung.filter(|_| ring) {
                Some(code) => scan(&mut cashier, code).await,
                None => cashier.post_and_look("/sale/request/seen", &[("request", request)]).await,
            };
            assert!(!page.text().contains("知道了"), "{line}");
            let sheet = agent.get(&place).await;
            for words in ["许诺（9006）", "王敏（1003）", CODE] {
                sheet.says(words);
            }
        }
    }
}

#[tokio::test]
async fn what_is_added_is_sold_at_once_and_the_form_knows_what_is_known() {
    for payable in ["yes", "no"] {
        let shop = Shop::open().await;
        // What a merchant that does not decide may not do, the card company may.
        write(&shop, "UPDATE merchant SET decides_payable = 0").await;
        let (mut cashier, place) = asked(&shop, "cashier").await;
        let mut operator = shop.signed_in("operator").await;
        let page = operator.get(&place).await;
        for filled in ["name=\"name\" value=\"示例益气颗粒\"", &format!("name=\"barcode\" value=\"{CODE}\"")] {
            page.says(filled);
        }
        let mut form = NEW;
        form[10].1 = payable;
        operator.post_and_look(&place, &form).await.says("已答复");
        let one = item(&shop, 250_100, "600999").await.expect("written");
        assert_eq!((one.price, one.pinyin.as_str(), one.otc_class.as_str()), (Some(2_380), "slyqkl", "OTC-B"));
        assert_eq!((one.card_payable, one.active), (payable == "yes", true));
        assert_eq!(item(&shop, 250_200, "600999").await, None, "another merchant's catalogue");
        for typed in [CODE, "slyqkl"] {
            let page = scan(&mut cashier, typed).await;
            page.says(if payable == "yes" { "¥23.80" } else { "该商品不在慧医卡支付范围内" });
            if payable == "yes" {
                let order = hidden(&page, "order");
                cashier.post("/sale/abandon", &[("order", &order)]).await;
            }
        }
        let audited = shop.audited().await;
        assert!(audited.windows(2).any(|two| two == ["product_written", "product_request_added"]), "{audited:?}");
    }
    // What the merchant has under a similar name is one click away.
    let shop = Shop::open().await;
    ask(&mut shop.signed_in("cashier").await, CODE, "感冒灵").await;
    let place = format!("{LIST}/{}", number(&shop, "open").await);
    shop.signed_in("agent").await.get(&place).await.says("name=\"to\" value=\"600233\" aria-label=\"对应到 600233\"");
    // A number that is no barcode is offered as the merchant's own code.
    let shop = Shop::open().await;
    ask(&mut shop.signed_in("cashier").await, "600888", "示例膏药").await;
    let place = format!("{LIST}/{}", number(&shop, "open").await);
    let page = shop.signed_in("admin").await.get(&place).await;
    page.says("name=\"product_code\" value=\"600888\"");
    page.says("name=\"barcode\" value=\"\"");
}

/// Who sends an answer, and whether it counts.
const RIGHTS: [(&str, bool); 10] = [
    ("cashier", false),
    ("manager", false),
    ("other", false),
    ("chain", false),
    ("checker", false),
    ("finance", false),
    ("auditor", false),
    ("agent", true),
    ("operator", true),
    ("admin", true),
];

#[tokio::test]
async fn only_customer_service_operators_and_administrators_answer() {
    for (login, may) in RIGHTS {
        let shop = Shop::open().await;
        let (_, place) = asked(&shop, "cashier").await;
        let mut person = shop.signed_in(login).await;
        let reads = [LIST, &place, &format!("{LIST}/export.csv"), &format!("{LIST}/export.xlsx")];
        for path in reads {
            let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(person.get(path).await.status, expected, "{login} {path}");
        }
        let start = person.get("/password").await.text();
        assert_eq!(start.contains("href=\"/office/requests\""), may, "{login}: the menu");
        let answer = person.post(&place, &[("do", "refuse"), ("reason", "不在范围")]).await;
        let expected = if may { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{login}");
        let open = count(&shop, "SELECT COUNT(*) FROM product_request WHERE status = 'open'").await;
        assert_eq!(open == 0, may, "{login}");
    }
}

#[tokio::test]
async fn a_request_is_answered_once_and_the_second_reader_sees_by_whom() {
    let map: &[(&str, &str)] = &[("do", "map"), ("to", "600402")];
    let refuse: &[(&str, &str)] = &[("do", "refuse"), ("reason", "不在范围")];
    for (one, other) in [(&NEW[..], map), (map, refuse), (&NEW, &NEW), (refuse, &NEW)] {
        let shop = Shop::open().await;
        let (_, place) = asked(&shop, "cashier").await;
        let (mut agent, mut operator) = (shop.signed_in("agent").await, shop.signed_in("operator").await);
        let (first, second) = tokio::join!(agent.post(&place, one), operator.post(&place, other));
        let places = [first.location(), second.location()];
        assert_eq!(places.iter().filter(|to| **to == LIST).count(), 1, "{places:?}");
        assert_eq!(places.iter().filter(|to| **to == place).count(), 1, "{places:?}");
        let (winner, loser) = if first.location() == LIST { ("许诺", &mut operator) } else { ("陈静", &mut agent) };
        let page = loser.get(&place).await;
        page.says("别人已经答复了，没有改动。");
        page.says(winner);
        assert!(!page.text().contains("name=\"do\""), "there is nothing left to answer");
        let added = item(&shop, 250_100, "600999").await.is_some();
        let status = count(&shop, "SELECT COUNT(*) FROM product_request WHERE status = 'added'").await;
        assert_eq!(added, status == 1);
        // The same form again changes nothing either.
        loser.post_and_look(&place, refuse).await.says("别人已经答复了");
        let answers = shop.audited().await;
        let answers = answers.iter().filter(|one| one.starts_with("product_request_")).count();
        assert_eq!(answers, 1);
    }
}

/// A field of the answer, what is typed into it, and what the page says.
const WRONG: [(&str, &str, &str); 14] = [
    ("product_code", "", "请填写"),
    ("product_code", "编号 1", "格式不对"),
    ("product_code", "600233", "代码已有商品“感冒灵颗粒”"),
    ("name", " ", "请填写"),
    ("barcode", "条码", "格式不对"),
    ("otc_class", "", "请选择"),
    ("otc_class", "X", "请选择"),
    ("card_payable", "", "请选择"),
    ("unit", "", "请填写"),
    ("product_price", "0", "请填 0.01 到"),
    ("product_price", "1.234", "请填 0.01 到"),
    ("product_price", "100000", "请填 0.01 到"),
    ("to", "000000", "该商户没有这个商品代码"),
    ("reason", "短", "请填 2–100 个字的原因"),
];

#[tokio::test]
async fn a_wrong_answer_is_named_at_its_field_and_writes_nothing() {
    let shop = Shop::open().await;
    let (mut cashier, place) = asked(&shop, "cashier").await;
    let mut agent = shop.signed_in("agent").await;
    let products = "SELECT COUNT(*) FROM product";
    let before = count(&shop, products).await;
    for (field, typed, words) in WRONG {
        let what = match field {
            "to" => "map",
            "reason" => "refuse",
            _ => "add",
        };
        let fields = NEW.iter().filter(|(name, _)| *name != field && *name != "do").copied();
        let fields: Vec<(&str, &str)> = fields.chain([("do", what), (field, typed)]).collect();
        let page = agent.post(&place, &fields).await;
        assert_eq!(page.status, StatusCode::OK, "{field} {typed}");
        page.says("<title>错误：登记申请：示例益气颗粒");
        let text = page.text();
        let at = text.split_once(&format!("id=\"{field}-e\"")).unwrap_or_else(|| panic!("{field} {typed}: {text}")).1;
        assert!(at.split("</p>").next().expect("a part").contains(words), "{field} {typed}: {text}");
    }
    for (code, sql, words) in [
        ("699999", "SELECT 1", "该商户没有这个商品代码"),
        ("600402", "UPDATE product SET active = 0 WHERE code = '600402'", "该商品已停用、召回，或不在慧医卡支付范围内"),
        (
            "600233",
            "UPDATE product SET card_payable = 0 WHERE code = '600233'",
            "该商品已停用、召回，或不在慧医卡支付范围内",
        ),
        (
            "600901",
            "INSERT INTO recall (id, goods, reason, text, since, made_at, made_by, ended_at)
             VALUES (1, 'code 600901', 'x', 'x', 20260101, 1, 9001, NULL);
             INSERT INTO recall_match (kind, value, recall_id) VALUES ('code', '600901', 1)",
            "该商品已停用、召回，或不在慧医卡支付范围内",
        ),
    ] {
        write(&shop, sql).await;
        agent.post(&place, &[("do", "map"), ("to", code)]).await.says(words);
    }
    for fields in
        [&[("do", "refuse"), ("reason", "6086250000010012")][..], &[("do", "map"), ("to", "6086250000010012")]]
    {
        assert_eq!(agent.post(&place, fields).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(agent.post(&place, &[("do", "x")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(agent.get(&format!("{LIST}/7")).await.status, StatusCode::NOT_FOUND);
    // A barcode that another product got meanwhile, in any length, in either column by which tills find it.
    for (taken, of, back) in [
        ("UPDATE product SET barcode = '6901234567892' WHERE code = '600901' AND list_id = 250100", "600901", ""),
        ("UPDATE product SET barcode = '06901234567892' WHERE code = '600901' AND list_id = 250100", "600901", ""),
        (
            "UPDATE product SET barcode = '', code = '6901234567892' WHERE code = '600901' AND list_id = 250100",
            CODE,
            "UPDATE product SET code = '600901' WHERE code = '6901234567892'",
        ),
    ] {
        write(&shop, taken).await;
        agent.post(&place, &NEW).await.says(&format!("条码已有商品 {of}"));
        write(&shop, back).await;
    }
    // A recall that covers what the form describes.
    write(
        &shop,
        "INSERT INTO recall (id, goods, reason, text, since, made_at, made_by, ended_at)
         VALUES (2, 'barcode 6901234567892', 'x', 'x', 20260101, 1, 9001, NULL);
         INSERT INTO recall_match (kind, value, recall_id) VALUES ('barcode', '6901234567892', 2)",
    )
    .await;
    agent.post(&place, &NEW).await.says("召回覆盖这个商品，没有加入");
    assert_eq!(count(&shop, products).await, before);
    assert_eq!(number(&shop, "open").await.to_string(), place.rsplit('/').next().expect("a number"));
    assert!(!cashier.get("/sale").await.text().contains("知道了"));
}

#[tokio::test]
async fn the_list_shows_what_waits_and_a_file_has_all_of_it() {
    let shop = Shop::open().await;
    let mut agent = shop.signed_in("agent").await;
    agent.get(LIST).await.says("没有等待答复的申请");
    agent.get(&format!("{LIST}?s=added")).await.says("没有这种状态的申请");
    let (_, place) = asked(&shop, "cashier").await;
    shop.clock.advance(65 * MINUTE);
    let mut agent = shop.signed_in("agent").await;
    let page = agent.get(LIST).await;
    for words in ["示例大药房 › 中山路店", "25010007", CODE, "示例益气颗粒", "等了 1 小时 5 分", "待答复"]
    {
        page.says(words);
    }
    agent.post_and_look(&place, ANSWERS[2].0).await.says("没有等待答复的申请");
    let page = agent.get(&format!("{LIST}?s=refused")).await;
    page.says("保健食品，不在范围");
    let file = agent.get(&format!("{LIST}/export.csv?s=all")).await;
    for words in [CODE, "示例益气颗粒", "保健食品，不在范围", "许诺（9006）", "王敏（1003）"] {
        file.says(words);
    }
    assert_eq!(agent.get(&format!("{LIST}/export.csv")).await.text().lines().count(), 1, "no open one is left");
    assert_eq!(shop.audited().await.iter().filter(|one| *one == "product_requests_exported").count(), 2);
    let sheet = agent.get("/lang/en?back=/office/requests").await.location().to_owned();
    agent.get(&sheet).await.says("Product requests");
}
