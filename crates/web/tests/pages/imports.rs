//! 导入: files through their form, what is said of them, editions that go live at a moment, and taking them back.

use domain::ids::ListId;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use storage::product_list::Lists;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::time::HOUR;
use futures_util::{StreamExt as _, stream};
use storage::catalogue::{self, Item};
use tokio::time::Instant;

use crate::pay::{SECOND, Till, hidden};
use crate::shop::{Answer, MINUTE, Shop, Visitor};
use crate::todo::{decide, in_order, place};

const GOODS: &str = "/office/products/250100";
const UPLOAD: &str = "/office/products/250100/import";

const EDGE: &str = "----sent";

/// Sends a form with a file.
pub(crate) async fn send_to(
    person: &mut Visitor,
    path: &str,
    fields: &[(&str, &str)],
    name: &str,
    file: &[u8],
) -> Answer {
    let mut body = Vec::new();
    for (field, value) in fields {
        let part = format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    let part = format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    body.extend(part.into_bytes());
    body.extend_from_slice(file);
    body.extend(format!("\r\n--{EDGE}--\r\n").into_bytes());
    let request = Request::post(path)
        .header("content-type", format!("multipart/form-data; boundary={EDGE}"))
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body));
    person.send(request.expect("a request")).await
}

/// Does everything that is due.
pub(crate) async fn work(shop: &Shop) {
    let web = &shop.web;
    let office = jobs::Office { db: &shop.db, vault: &web.vault, engine: &web.engine, clock: &shop.clock };
    while jobs::run_due(office, [7; 16]).await.expect("works") {}
}

/// Sends a file, has it checked, and shows what came of it.
async fn import(shop: &Shop, person: &mut Visitor, kind: &str, absent: &str, file: &[u8]) -> (String, Answer) {
    import_to(shop, person, UPLOAD, (kind, absent), file).await
}

/// The same into the list whose form is at an address.
pub(crate) async fn import_to(
    shop: &Shop,
    person: &mut Visitor,
    upload: &str,
    (kind, absent): (&str, &str),
    file: &[u8],
) -> (String, Answer) {
    let sent = send_to(person, upload, &[("kind", kind), ("absent", absent)], "价格.csv", file).await;
    let mut at = place(&sent);
    work(shop).await;
    let mut page = person.get(&at).await;
    if page.status == StatusCode::SEE_OTHER {
        at = place(&page);
        page = person.get(&at).await;
    }
    (at, page)
}

async fn prices(shop: &Shop, person: &mut Visitor, file: &str) -> (String, Answer) {
    import(shop, person, "prices", "keep", file.as_bytes()).await
}

async fn goods(shop: &Shop, merchant: i64) -> Vec<Item> {
    let found = catalogue::page(&shop.db, ListId(merchant), String::new(), 10_000).await.expect("reads");
    found.into_iter().map(|one| one.item).collect()
}

async fn price(shop: &Shop, code: &str) -> Option<i64> {
    let item = catalogue::item(&shop.db, Lists::alone(ListId(250_100)), code.to_owned()).await.expect("reads");
    item.expect("there").price
}

/// Presses a button of an edition's page.
pub(crate) async fn press(person: &mut Visitor, at: &str, page: &Answer, fields: &[(&str, &str)]) -> Answer {
    let asks = page.text().contains("name=\"request\"");
    let request = if asks { hidden(page, "request") } else { "0".repeat(32) };
    person.post(at, &[fields, &[("request", request.as_str())]].concat()).await
}

/// Confirms an edition, at once, and has it go live.
async fn publish(shop: &Shop, person: &mut Visitor, at: &str, page: &Answer) -> Answer {
    let answer = press(person, at, page, &[("do", "publish"), ("when", "now")]).await;
    place(&answer);
    work(shop).await;
    person.get(at).await
}

#[tokio::test]
async fn one_fault_and_nothing_changes() {
    let shop = Shop::open().await;
    let before = goods(&shop, 250_100).await;
    let mut operator = shop.signed_in("operator").await;
    let (at, page) = prices(&shop, &mut operator, "货号,零售价,产地\n600233,16.00,\n600201,\"12,5\",江苏\n1,2\n").await;
    assert!(at.starts_with("/office/imports/"), "{at}");
    for words in [
        "有 2 处错误，没有任何数据被修改",
        "请填 12.50",
        "E_MONEY",
        "目录里没有这个商品",
        "E_UNKNOWN",
        "产地",
        "已忽略",
    ] {
        page.says(words);
    }
    assert_eq!(goods(&shop, 250_100).await, before);
    let file = operator.get(&format!("{at}/export.csv")).await.text();
    assert!(file.starts_with("\u{feff}货号,零售价,产地,行,问题,怎么改\n"), "{file}");
    assert!(file.contains("\t600201,\"12,5\",江苏,\t3,单价（元） 不是金额,单价（元） 请填 12.50\n"), "{file}");
    assert!(file.contains("\t600233,16.00,,\t2,,\n"), "{file}");
    assert_eq!(operator.get(&format!("{at}/export.xlsx")).await.status, StatusCode::OK);
    operator.get(UPLOAD).await.says("价格.csv");
    // The same file as a spreadsheet program in China saves it.
    let gbk = b"\xbb\xf5\xba\xc5;\xc1\xe3\xca\xdb\xbc\xdb\n600233;16.00\n";
    let (at, page) = import(&shop, &mut operator, "prices", "keep", gbk).await;
    assert!(at.starts_with("/office/editions/"), "{at}");
    page.says("GB18030");
    in_order(&shop).await;
}

#[tokio::test]
async fn an_edition_is_live_once_confirmed_and_is_taken_back() {
    let shop = Shop::open().await;
    let before = goods(&shop, 250_100).await;
    let mut operator = shop.signed_in("operator").await;
    let file =
        "商品代码,商品名称,类别,处方分类,单价\n600233,感冒灵颗粒,感冒止咳,甲类,16.00\nN-1,新药,慢病,处方药,20.00\n";
    let (at, page) = import(&shop, &mut operator, "products", "keep", file.as_bytes()).await;
    for words in ["新增", "变更", "15.50", "16.00", "新商品", "20.00", "确认生效", "▲ 3."] {
        page.says(words);
    }
    assert_eq!(goods(&shop, 250_100).await, before, "nothing before it is confirmed");
    let page = publish(&shop, &mut operator, &at, &page).await;
    page.says("起生效，第 1 版");
    page.says("撤回这一版");
    assert_eq!((price(&shop, "600233").await, price(&shop, "N-1").await), (Some(1_600), Some(2_000)));
    operator.get(GOODS).await.says("第 1 版");
    operator.get(&format!("{GOODS}/code/600233")).await.says("陈静");
    // A second press, or another tab, finds what the first one did.
    let again = press(&mut operator, &at, &page, &[("do", "publish"), ("when", "now")]).await;
    operator.get(again.location()).await.says("这一版已经确认或放弃");

    let undone = press(&mut operator, &at, &page, &[("do", "undo")]).await;
    let undo = place(&undone);
    assert_eq!(place(&press(&mut operator, &at, &page, &[("do", "undo")]).await), undo, "once");
    work(&shop).await;
    let page = operator.get(&undo).await;
    page.says("撤回第 1 版");
    page.says("起生效，第 2 版");
    assert_eq!(goods(&shop, 250_100).await, before);
    operator.get(&at).await.says("已撤回");
    let audited = shop.audited().await;
    for action in ["file_imported", "edition_released", "edition_live", "edition_undone"] {
        assert!(audited.iter().any(|one| one == action), "{action}: {audited:?}");
    }
    in_order(&shop).await;
}

#[tokio::test]
async fn what_was_changed_since_stays_when_an_edition_is_taken_back() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let (first, page) = prices(&shop, &mut operator, "货号,单价\n600233,16.00\n600201,17.00\n").await;
    publish(&shop, &mut operator, &first, &page).await;
    let (second, page) = prices(&shop, &mut operator, "货号,单价\n600233,16.50\n").await;
    let page = publish(&shop, &mut operator, &second, &page).await;
    page.says("第 2 版");
    let page = operator.get(&first).await;
    page.says("已被取代");
    let undo = place(&press(&mut operator, &first, &page, &[("do", "undo")]).await);
    work(&shop).await;
    // It is not the latest one: somebody looks at it first.
    let page = operator.get(&undo).await;
    page.says("1 种商品在那以后又改过，保持现在的样子。");
    assert_eq!(price(&shop, "600201").await, Some(1_700));
    publish(&shop, &mut operator, &undo, &page).await.says("起生效，第 3 版");
    assert_eq!((price(&shop, "600233").await, price(&shop, "600201").await), (Some(1_650), Some(1_680)));
}

#[tokio::test]
async fn an_export_is_imported_without_a_difference() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    for lang in ["zh", "en"] {
        operator.get(&format!("/lang/{lang}?back=/office/products")).await;
        for (merchant, ending) in [(250_100, "csv"), (250_200, "csv"), (250_100, "xlsx")] {
            let goods = format!("/office/products/{merchant}");
            let file = operator.get(&format!("{goods}/export.{ending}")).await.bytes;
            let path = format!("{goods}/import");
            let sent = send_to(&mut operator, &path, &[("kind", "products"), ("absent", "stop")], "a", &file).await;
            work(&shop).await;
            let answer = operator.get(&place(&sent)).await;
            let page = operator.get(&place(&answer)).await;
            page.says(if lang == "zh" { "没有差异" } else { "No difference" });
            assert!(!page.text().contains("value=\"publish\""), "nothing to confirm");
        }
    }
    // The templates are files that can be read.
    for file in ["products.csv", "products.xlsx", "prices.csv", "prices.xlsx"] {
        let template = operator.get(&format!("{UPLOAD}/template/{file}")).await;
        assert_eq!(template.status, StatusCode::OK, "{file}");
        let kind = file.split('.').next().unwrap_or_default();
        let (at, _) = import(&shop, &mut operator, kind, "keep", &template.bytes).await;
        assert!(at.starts_with("/office/editions/"), "{file}: {at}");
    }
    for file in ["people.csv", "products.pdf", "products", "..%2F.csv"] {
        assert_eq!(operator.get(&format!("{UPLOAD}/template/{file}")).await.status, StatusCode::NOT_FOUND, "{file}");
    }
}

#[tokio::test]
async fn the_same_file_again_says_so() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let file = "货号,单价\n600233,16.00\n";
    let (at, page) = prices(&shop, &mut operator, file).await;
    publish(&shop, &mut operator, &at, &page).await;
    let (_, page) = prices(&shop, &mut operator, file).await;
    page.says("此文件已于 2026-11-23 10:26:00 导入过。");
    page.says("没有差异");
}

#[tokio::test]
async fn a_price_for_a_moment_is_in_force_from_then_on_and_open_orders_say_so() {
    let mut till = Till::open().await;
    let mut operator = till.shop.signed_in("operator").await;
    let (at, page) = prices(&till.shop, &mut operator, "货号,单价\n600233,16.50\n").await;
    for wrong in ["", "2026-12-01", "2026-13-01 00:00", "2028-12-01 00:00", "morgen"] {
        let answer = press(&mut operator, &at, &page, &[("do", "publish"), ("when", "at"), ("at", wrong)]).await;
        answer.says("请填一年以内的时间");
    }
    let midnight = [("do", "publish"), ("when", "at"), ("at", "2026-11-24 00:00")];
    place(&press(&mut operator, &at, &page, &midnight).await);
    work(&till.shop).await;
    operator.get(&at).await.says("将于 2026-11-24 00:00:00 生效");
    for page in [GOODS.to_owned(), format!("{GOODS}/code/600233")] {
        operator.get(&page).await.says("2026-11-24 00:00:00 起 16.50");
    }
    till.ring("600233", "15.50", "1").await;
    let dialog = till.browser.get("/sale").await;
    assert!(!dialog.text().contains("价格已更新"));
    // 00:00:01 of the next day.
    let clock = &till.shop.clock;
    clock.advance(14 * HOUR - 26 * MINUTE + SECOND);
    work(&till.shop).await;
    assert_eq!(price(&till.shop, "600233").await, Some(1_650));
    // The screen was locked over night; the order is still there.
    till.browser = till.shop.signed_in("cashier").await;
    till.browser.get("/sale").await.says("价格已更新");
    operator = till.shop.signed_in("operator").await;
    // Another one is called off before its moment.
    let (at, page) = prices(&till.shop, &mut operator, "货号,单价\n600233,17.50\n").await;
    let later = [("do", "publish"), ("when", "at"), ("at", "2026-11-25 00:00")];
    place(&press(&mut operator, &at, &page, &later).await);
    place(&press(&mut operator, &at, &page, &[("do", "give_up")]).await);
    operator.get(&at).await.says("已放弃");
    till.shop.clock.advance(48 * HOUR);
    work(&till.shop).await;
    assert_eq!(price(&till.shop, "600233").await, Some(1_650));
}

#[tokio::test]
async fn a_price_that_moves_far_takes_two_persons() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let file = "货号,单价,最低价,最高价\n600233,31.00,30.00,32.00\n";
    let (at, page) = prices(&shop, &mut operator, file).await;
    page.says("要另一人复核");
    page.says("▲ 100.0 %");
    // A price that moves little takes two persons by its band: it says how far the price itself moves.
    let file = "商品代码,商品名称,类别,处方分类,单价,最低价,最高价\n600233,感冒灵颗粒,感冒止咳,甲类,16.50,,\n";
    let (_, wide) = import(&shop, &mut operator, "products", "keep", file.as_bytes()).await;
    for words in ["要另一人复核", "▲ 6.5 %", "不限"] {
        wide.says(words);
    }
    let proposal = place(&press(&mut operator, &at, &page, &[("do", "publish"), ("when", "now")]).await);
    assert!(proposal.starts_with("/office/todo/"), "{proposal}");
    work(&shop).await;
    assert_eq!(price(&shop, "600233").await, Some(1_550));
    let page = operator.get(&at).await;
    page.says("已提交复核");
    assert!(!page.text().contains("value=\"publish\""));
    let mut checker = shop.signed_in("checker").await;
    checker.get(&at).await.says("31.00");
    decide(&mut checker, &proposal, "ok").await.says("已同意");
    work(&shop).await;
    assert_eq!(price(&shop, "600233").await, Some(3_100));
    checker.get(&at).await.says("起生效，第 1 版");
    in_order(&shop).await;
}

#[tokio::test]
async fn products_that_a_file_leaves_out_are_stopped_by_their_number_only() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let file = operator.get(&format!("{GOODS}/export.csv")).await.text();
    let without: Vec<&str> = file.lines().filter(|line| !line.contains("600233")).collect();
    let without = without.join("\n");
    let (at, page) = import(&shop, &mut operator, "products", "stop", without.as_bytes()).await;
    page.says("停售数量");
    for typed in ["", "2", "01", "all"] {
        let fields = [("do", "publish"), ("when", "now"), ("stop", typed)];
        press(&mut operator, &at, &page, &fields).await.says("请输入要停售的数量：1");
    }
    place(&press(&mut operator, &at, &page, &[("do", "publish"), ("when", "now"), ("stop", "1")]).await);
    work(&shop).await;
    let stopped = goods(&shop, 250_100).await.into_iter().find(|item| item.code == "600233").expect("it stays");
    assert!(!stopped.active);
    let few = file.lines().take(20).collect::<Vec<_>>().join("\n");
    let (_, page) = import(&shop, &mut operator, "products", "stop", few.as_bytes()).await;
    page.says("20 % 以上");
}

#[tokio::test]
async fn what_is_no_file_is_said_and_changes_nothing() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let kind = [("kind", "products")];
    send_to(&mut operator, UPLOAD, &kind, "", b"").await.says("请选择文件");
    send_to(&mut operator, UPLOAD, &kind, "a.csv", &vec![b'1'; (32 << 20) + 1]).await.says("文件超过 32 MB");
    let card = format!("卡{}.csv", crate::pay::ZHANG.0);
    let sent = send_to(&mut operator, UPLOAD, &kind, &card, b"1").await;
    assert_eq!(sent.status, StatusCode::BAD_REQUEST);
    sent.says("卡号");
    let form = Request::post(UPLOAD)
        .header("content-type", format!("multipart/form-data; boundary={EDGE}"))
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(format!(
            "--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n1"
        )));
    operator.send(form.expect("a request")).await.says("文件没有传完");
    for (field, value) in [("kind", "cards"), ("absent", "burn")] {
        let sent = send_to(&mut operator, UPLOAD, &[(field, value)], "a.csv", b"1").await;
        assert_eq!(sent.status, StatusCode::BAD_REQUEST, "{field}");
    }
    let missing = send_to(&mut operator, "/office/products/1/import", &kind, "a.csv", b"1").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    for (file, words) in [
        (&b""[..], "文件是空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "旧的 .xls"),
        (b"PK\x03\x04 no zip", "文件已损坏"),
        (b"a,b\n1,2\n", "没有找到表头"),
        ("商品代码,商品名称\n1,a\n".as_bytes(), "缺少必须的列"),
    ] {
        let (_, page) = import(&shop, &mut operator, "products", "keep", file).await;
        page.says("这个文件不能读，没有任何数据被修改");
        page.says(words);
    }
    // A file is taken by that page only.
    for path in ["/office/settings", "/office/recalls", "/office/imports/1", "/login"] {
        let sent = send_to(&mut operator, path, &kind, "a.csv", &vec![b'1'; 100_000]).await;
        assert!(sent.status.is_client_error(), "{path}: {}", sent.status);
    }
}

#[tokio::test]
async fn who_reads_and_who_imports() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let (at, _) = prices(&shop, &mut operator, "货号,单价\n600233,16.00\n").await;
    let (faulty, _) = prices(&shop, &mut operator, "货号,单价\n600233,x\n").await;
    for (login, reads, imports) in [
        ("cashier", false, false),
        ("manager", false, false),
        ("chain", true, true),
        ("agent", true, false),
        ("checker", true, false),
        ("auditor", true, false),
        ("admin", true, true),
        ("operator", true, true),
    ] {
        let mut person = shop.signed_in(login).await;
        for path in [UPLOAD, &at, &faulty, &format!("{UPLOAD}/template/prices.csv")] {
            let expected = if reads { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(person.get(path).await.status, expected, "{login} {path}");
        }
        if imports {
            continue;
        }
        let sent = send_to(&mut person, UPLOAD, &[("kind", "prices")], "a.csv", b"1").await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN, "{login}");
        let request = "0".repeat(32);
        for action in ["publish", "give_up", "undo"] {
            let fields = [("do", action), ("when", "now"), ("request", request.as_str())];
            assert_eq!(person.post(&at, &fields).await.status, StatusCode::FORBIDDEN, "{login} {action}");
            assert_eq!(person.post(&faulty, &fields).await.status, StatusCode::FORBIDDEN, "{login} {action}");
        }
    }
    let mut stranger = shop.visitor();
    let sent = send_to(&mut stranger, UPLOAD, &[], "a.csv", b"1").await;
    assert!(sent.location().starts_with("/login"), "{} {}", sent.status, sent.location());
    // The answer waits until all was sent: who is still sending would not read it.
    let read = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&read);
    let pieces = stream::iter(0..100).map(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::io::Error>("1".repeat(10_000))
    });
    let request = Request::post(UPLOAD)
        .header("content-type", format!("multipart/form-data; boundary={EDGE}"))
        .header("sec-fetch-site", "same-origin")
        .body(Body::from_stream(pieces));
    assert!(stranger.send(request.expect("a request")).await.location().starts_with("/login"));
    assert_eq!(read.load(Ordering::Relaxed), 100);
    assert_eq!(price(&shop, "600233").await, Some(1_550));
}

#[tokio::test]
async fn a_file_is_given_up_while_it_is_checked() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let fields = [("kind", "prices"), ("absent", "keep")];
    let sent = send_to(&mut operator, UPLOAD, &fields, "a.csv", "货号,单价\n600233,16.00\n".as_bytes()).await;
    let at = place(&sent);
    let page = operator.get(&at).await;
    page.says("正在检查");
    assert!(page.text().contains("http-equiv=\"refresh\""));
    place(&operator.post(&at, &[("do", "give_up")]).await);
    work(&shop).await;
    operator.get(&at).await.says("已放弃。没有任何数据被修改。");
    assert_eq!(price(&shop, "600233").await, Some(1_550));
}

/// A request with a file that never arrives.
async fn hang(mut person: Visitor, path: String) -> (StatusCode, Duration) {
    let request = Request::post(path)
        .header("content-type", format!("multipart/form-data; boundary={EDGE}"))
        .header("sec-fetch-site", "same-origin")
        .body(Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>()));
    let begun = Instant::now();
    let answer = person.send(request.expect("a request")).await;
    (answer.status, begun.elapsed())
}

#[tokio::test]
async fn nobody_who_may_not_import_keeps_others_from_it() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let paths = ["/login", "/office/settings", "/sale/lines", "/office/imports/1", "/nowhere", UPLOAD];
    let mut hanging = Vec::new();
    for login in [None, Some("cashier"), Some("agent")] {
        for path in paths {
            let person = match login {
                Some(login) => shop.signed_in(login).await,
                None => shop.visitor(),
            };
            hanging.push(tokio::spawn(hang(person, path.to_owned())));
        }
    }
    // They have begun, and all but those who are turned away at once hang.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let (at, _) = prices(&shop, &mut operator, "货号,单价\n600233,16.00\n").await;
    assert!(at.starts_with("/office/editions/"), "{at}");
    tokio::time::pause();
    for one in hanging {
        let (status, waited) = one.await.expect("ends");
        // As long as any form may take to arrive.
        assert!(!status.is_success() && waited < Duration::from_secs(25), "{status} after {waited:?}");
    }
}
