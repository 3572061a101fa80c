//! 商户门店 and 设置: opening by one form and two persons, edits, suspension and its doors.

use axum::http::StatusCode;
use domain::directory::Standing;
use domain::ids::ListId;
use domain::ids::{MerchantId, OutletId, TerminalId};
use storage::places;
use storage::product_list::Lists;

use crate::pay::{ZHANG, hidden};
use crate::shop::{Answer, MINUTE, Shop, Visitor};

const NEW: &str = "/office/outlets/new";

/// The form's fields as a person fills them in.
fn fields(page: &Answer) -> Vec<(&'static str, String)> {
    let text = |value: &str| value.to_owned();
    vec![
        ("request", hidden(page, "request")),
        ("proposal", hidden(page, "proposal")),
        ("kind", text("new")),
        ("name", text("示例百草堂")),
        ("short_name", text("百草堂")),
        ("mid", text("898320159120003")),
        ("licence", text("91320100MA0000017Y")),
        ("contact", text("孙梅")),
        ("phone", text("13800007720")),
        ("bank_name", text("示例银行南京分行")),
        ("bank_account", text("6200 0000 0000 3391")),
        ("bank_holder", text("示例百草堂有限公司")),
        ("fee", text("0.38")),
        ("drug_returns", text("no")),
        ("outlet", text("河西店")),
        ("address", text("示例路 88 号")),
        ("region", text("3201")),
        ("hours", text("周一至周日 08:00–21:00")),
        ("outlet_phone", text("025-0000 0088")),
        ("count", text("2")),
        ("labels", text("1 号台，2 号台")),
        ("paper", text("p80")),
    ]
}

async fn send(visitor: &mut Visitor, place: &str, fields: &[(&'static str, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    visitor.post(place, &fields).await
}

fn set(fields: &mut [(&'static str, String)], name: &str, value: &str) {
    let field = fields.iter_mut().find(|(own, _)| *own == name).expect("a field");
    value.clone_into(&mut field.1);
}

/// The address of the first proposal on the page.
fn proposal(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("href=\"/office/todo/").expect("a proposal");
    format!("/office/todo/{}", rest.split('"').next().expect("an end"))
}

/// Decides the proposal at `place` as `checker`.
async fn decide(shop: &Shop, place: &str, button: &str) -> Answer {
    let mut checker = shop.signed_in("checker").await;
    let page = checker.get(place).await;
    let (request, shown) = (hidden(&page, "request"), hidden(&page, "shown"));
    let fields = [("request", request.as_str()), ("shown", &shown), ("opinion", "合同已核对"), ("do", button)];
    let answer = checker.post(place, &fields).await;
    checker.get(answer.location()).await
}

async fn in_order(shop: &Shop) {
    assert_eq!(shop.books.verify().await.expect("reads"), []);
}

async fn merchant(shop: &Shop, id: i64) -> places::MerchantSheet {
    places::merchant(&shop.db, MerchantId(id)).await.expect("reads").expect("there")
}

async fn outlet(shop: &Shop, id: i64) -> places::OutletSheet {
    places::outlet(&shop.db, OutletId(id)).await.expect("reads").expect("there")
}

#[tokio::test]
async fn one_form_makes_a_shop_and_another_person_opens_it() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let page = admin.get(NEW).await;
    page.says("value=\"898320159120003\"");
    let mut form = fields(&page);
    set(&mut form, "licence", "91320100MA0000017K");
    let wrong = send(&mut admin, NEW, &form).await;
    for words in ["<title>错误：新开门店", "第 18 位校验不对，应为 Y", "没有保存任何内容", "河西店"]
    {
        wrong.says(words);
    }
    assert!(places::merchant(&shop.db, MerchantId(250_201)).await.expect("reads").is_none());
    set(&mut form, "licence", "91320100MA0000017Y");
    let made = send(&mut admin, NEW, &form).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    for words in ["898 3201 5912 0003", "2502002", "25020002, 25020003", "随商户开通", "等复核", "只显示这一次"]
    {
        made.says(words);
    }
    // The same form again makes nothing and shows no code.
    let again = send(&mut admin, NEW, &form).await;
    assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, "/office/outlets/2502002"));
    assert!(places::outlet(&shop.db, OutletId(2_502_003)).await.expect("reads").is_none());
    let one = merchant(&shop, 250_201).await;
    assert_eq!((one.status, one.fee_bp, one.bank.account.as_str()), (Standing::Draft, None, ""));
    // Its catalogue has what the manual rings up when it lacks a product.
    let other =
        storage::product::find(&shop.db, Lists::alone(ListId(250_201)), "699999").await.expect("reads").remove(0);
    assert_eq!(
        (other.product.name.as_str(), other.product.price, other.product.card_payable),
        ("其他药品", None, true)
    );
    in_order(&shop).await;

    let place = proposal(&made);
    admin.get(&place).await.says("不能复核自己提交的");
    let mut checker = shop.signed_in("checker").await;
    let sheet = checker.get(&place).await;
    for words in ["开通商户", "示例百草堂", "0.38%", "6200000000003391", "2502002 河西店", "待开通", "营业"]
    {
        sheet.says(words);
    }
    decide(&shop, &place, "ok").await.says("已同意，已经生效");
    let one = merchant(&shop, 250_201).await;
    assert_eq!((one.status, one.fee_bp, one.bank.holder.as_str()), (Standing::Active, Some(38), "示例百草堂有限公司"));
    let store = outlet(&shop, 2_502_002).await;
    assert_eq!((store.status, store.hours.as_str()), (Standing::Active, "Mo-Su 08:00-21:00"));
    admin.get("/office/outlets/2502002").await.says("周一至周日 08:00–21:00");
    let till =
        places::terminal(&shop.db, TerminalId(25_020_002), shop.clock.now()).await.expect("reads").expect("there");
    assert_eq!(till.status.word(), "new");
    in_order(&shop).await;
}

#[tokio::test]
async fn a_store_of_a_merchant_that_trades_is_opened_by_itself() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let page = admin.get(&format!("{NEW}?k=old&merchant=250100")).await;
    let mut form = fields(&page);
    form.push(("merchant", "250100".to_owned()));
    set(&mut form, "kind", "old");
    let made = send(&mut admin, NEW, &form).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    assert_eq!(outlet(&shop, 2_502_002).await.status, Standing::Draft);
    let place = proposal(&made);
    decide(&shop, &place, "no").await.says("已驳回");
    // The store's page offers it again.
    let page = admin.get("/office/outlets/2502002").await;
    page.says("开通门店");
    let fields = [("request", hidden(&page, "request")), ("do", "open".to_owned())];
    let answer = send(&mut admin, "/office/outlets/2502002", &fields).await;
    let place = answer.location().split('?').next().expect("an address").to_owned();
    decide(&shop, &place, "ok").await.says("已经生效");
    assert_eq!(outlet(&shop, 2_502_002).await.status, Standing::Active);
    in_order(&shop).await;
}

#[tokio::test]
async fn fields_are_changed_by_one_person_and_never_over_somebody_elses_change() {
    let shop = Shop::open().await;
    let (mut admin, mut other) = (shop.signed_in("admin").await, shop.signed_in("admin").await);
    let place = "/office/outlets/2501001/edit";
    let (page, late) = (admin.get(place).await, other.get(place).await);
    let form = |page: &Answer, hours: &str| {
        vec![
            ("version", hidden(page, "version")),
            ("outlet", "中山路店".to_owned()),
            ("address", "示例路 12 号".to_owned()),
            ("region", "3201".to_owned()),
            ("hours", hours.to_owned()),
            ("outlet_phone", "025-0000 0012".to_owned()),
        ]
    };
    let answer = send(&mut admin, place, &form(&page, "周一至周日 08:00–22:00")).await;
    assert_eq!(answer.location(), "/office/outlets/2501001");
    let shown = admin.get(answer.location()).await;
    for words in ["已保存", "修改门店 hours: Mo-Su 08:00-21:00 -&#62; Mo-Su 08:00-22:00"] {
        shown.says(words);
    }
    send(&mut other, place, &form(&late, "周一至周五 09:00–18:00")).await.says("内容已被修改，已显示最新");
    assert_eq!(outlet(&shop, 2_501_001).await.hours, "Mo-Su 08:00-22:00");
    let page = admin.get(place).await;
    send(&mut admin, place, &form(&page, "随时")).await.says("例如：周一至周日 08:00–21:00");
    let page = admin.get("/office/settings").await;
    let mut company: Vec<(&str, String)> = vec![("version", hidden(&page, "version"))];
    for (name, value) in [
        ("name", "示例健康卡公司"),
        ("institution", "898"),
        ("region", "3202"),
        ("bin", "608625"),
        ("hotline", ""),
        ("slip_issuer", "示例"),
    ] {
        company.push((name, value.to_owned()));
    }
    let answer = send(&mut admin, "/office/settings", &company).await;
    assert_eq!(answer.location(), "/office/settings");
    admin.get(NEW).await.says("value=\"898320259120001\"");
    send(&mut admin, "/office/settings", &company).await.says("内容已被修改");
    assert!(!storage::directory::company(&shop.db).await.expect("reads").factor_required, "the demo asks for none");
    let fields = [("request", hidden(&page, "request")), ("required", "yes".to_owned())];
    let answer = send(&mut admin, "/office/settings/factor", &fields).await;
    let place = answer.location().split('?').next().expect("an address").to_owned();
    assert!(!storage::directory::company(&shop.db).await.expect("reads").factor_required);
    // From here on the checker, too, is led to set a factor up before anything else.
    decide(&shop, &place, "ok").await;
    let company = storage::directory::company(&shop.db).await.expect("reads");
    assert_eq!((company.factor_required, company.region.as_str()), (true, "3202"));
    in_order(&shop).await;
}

#[tokio::test]
async fn the_list_opens_branches_by_its_address_and_says_what_it_does_not_find() {
    let shop = Shop::open().await;
    let mut agent = shop.signed_in("agent").await;
    assert!(!agent.get("/office/merchants?open=250100").await.text().contains("/suspend"), "an agent stops none");
    let mut operator = shop.signed_in("operator").await;
    let page = operator.get("/office/merchants").await;
    for words in ["2 家商户 · 3 家门店 · 3 台终端", "示例大药房", "898320159120001", "0.60%", "2 家 · 2 台"]
    {
        page.says(words);
    }
    assert!(!page.text().contains("中山路店"));
    assert!(!page.text().contains("新开门店"), "an operator opens none");
    let open = operator.get("/office/merchants?open=250100,2501001").await;
    for words in ["中山路店", "1 号台", "25010007", "href=\"/office/outlets/2501001/suspend\""] {
        open.says(words);
    }
    assert!(!open.text().contains("25010008"), "its branch is closed");
    for (find, expected) in
        [("示例", "示例大药房"), ("25020001", "康宁药房"), ("鼓楼", "示例大药房"), ("898320159120002", "康宁药房")]
    {
        let found = operator.get(&format!("/office/merchants?q={}", crate::shop::encoded(find))).await;
        found.says(expected);
    }
    operator.get("/office/merchants?q=zzz").await.says("没有符合“zzz”的商户门店");
    operator.get("/office/merchants?v=terminals&s=active").await.says("示例大药房 › 鼓楼店");
    operator.get("/office/merchants?v=outlets").await.says("新街口店");
    operator.get("/office/merchants?sum=1").await.says("（全部查询结果）");
    let file = operator.get("/office/merchants/export.csv").await;
    for words in ["示例大药房", "25010008", "鼓楼店"] {
        file.says(words);
    }
    assert_eq!(operator.get("/office/merchants/export.xlsx?v=outlets").await.status, StatusCode::OK);
    assert_eq!(shop.audited().await.iter().filter(|one| *one == "directory_exported").count(), 2);
}

/// Writes rows that no page writes.
async fn write(shop: &Shop, sql: String) {
    shop.db.write(move |connection| Ok(connection.execute_batch(&sql)?)).await.expect("writes");
}

/// What an address asks for, and which of the demo's three terminals, or their stores, it lists.
const LISTED: [(&str, [bool; 3]); 13] = [
    ("", [true, true, true]),
    ("&r=3201", [true, false, true]),
    ("&r=3211", [false, true, false]),
    ("&r=9999", [false, false, false]),
    ("&l=today", [true, true, false]),
    ("&l=silent", [true, false, true]),
    ("&l=idle", [false, false, true]),
    ("&l=never", [false, false, false]),
    ("&l=today&r=3211", [false, true, false]),
    ("&l=silent&r=3211", [false, false, false]),
    ("&l=idle&s=active", [false, false, true]),
    ("&l=silent&q=25010007", [true, false, false]),
    ("&l=silent&q=25010008", [false, false, false]),
];

/// Every filter in the list, in its files, and in the words of an empty list.
#[tokio::test]
async fn lists_are_narrowed_by_region_and_last_use() {
    const HOUR: i64 = 60 * MINUTE;
    let shop = Shop::open().await;
    let now = shop.clock.now().0;
    write(
        &shop,
        format!(
            "UPDATE outlet SET region = '3211' WHERE id = 2501002;
            UPDATE terminal SET seen_at = {} WHERE id = 25010007; UPDATE terminal SET seen_at = {} WHERE id = 25010008;
            UPDATE terminal SET seen_at = {} WHERE id = 25020001;",
            now - 2 * HOUR,
            now - HOUR,
            now - 8 * 24 * HOUR
        ),
    )
    .await;
    let mut operator = shop.signed_in("operator").await;
    let list = operator.get("/office/merchants").await;
    for words in ["地区：全部", "<option value=\"3211\">地区：3211</option>", "1 小时没有消息", "从未使用"]
    {
        list.says(words);
    }
    for (asked, listed) in LISTED {
        for (view, names) in
            [("terminals", ["25010007", "25010008", "25020001"]), ("outlets", ["2501001", "2501002", "2502001"])]
        {
            let page = operator.get(&format!("/office/merchants?v={view}{asked}")).await;
            let csv = operator.get(&format!("/office/merchants/export.csv?v={view}{asked}")).await.text();
            for (name, listed) in names.iter().zip(listed) {
                let row = page.text().contains(&format!("<td class=\"n l\">{name}</td>"));
                assert_eq!((row, csv.contains(name)), (listed, listed), "{view}{asked}: {name}");
            }
            if !listed.contains(&true) {
                page.says("没有符合“");
                page.says(&format!("<a class=\"btn\" href=\"/office/merchants?v={view}\">清除条件</a>"));
            }
        }
    }
    for (view, words, sum) in
        [("", "本页 2 家商户", true), ("outlets", "本页 3 家门店", false), ("terminals", "本页 3 台终端", false)]
    {
        let page = operator.get(&format!("/office/merchants?v={view}")).await;
        page.says(words);
        assert_eq!(page.text().contains("计算未结算合计"), sum, "{view}");
    }
    // A merchant is where its stores are; of an open one, only those are shown, and in a file.
    for (asked, own, other) in [("r=3211", true, false), ("r=3201", true, true), ("l=idle", false, true)] {
        let page = operator.get(&format!("/office/merchants?{asked}")).await.text();
        assert_eq!((page.contains("示例大药房"), page.contains("康宁药房")), (own, other), "{asked}");
    }
    let open = operator.get("/office/merchants?r=3211&open=250100").await.text();
    assert!(open.contains("鼓楼店") && !open.contains("中山路店"));
    assert!(open.contains("r=3211&#38;open="), "a branch keeps the region: {open}");
    let csv = operator.get("/office/merchants/export.csv?r=3211").await.text();
    assert!(csv.contains("25010008") && !csv.contains("25010007"), "{csv}");
    operator.get("/office/merchants?v=terminals&l=never&r=3211").await.says("没有符合“3211 · 从未使用”的商户门店");
    // At night nobody is missed; a store that is stopped is not missed either.
    write(&shop, "UPDATE outlet SET status = 'suspended' WHERE id = 2501001".to_owned()).await;
    let one = "/office/merchants?v=terminals&q=25010007";
    let silent = |page: Answer| page.text().contains("没有消息</span>");
    assert!(!silent(operator.get(one).await));
    write(&shop, "UPDATE outlet SET status = 'active' WHERE id = 2501001".to_owned()).await;
    assert!(silent(operator.get(one).await));
    shop.clock.advance(11 * HOUR);
    let mut operator = shop.signed_in("operator").await;
    assert!(!silent(operator.get("/office/merchants?v=terminals").await));
    operator.get("/office/merchants?v=terminals&l=silent").await.says("没有符合“1 小时没有消息”的商户门店");
}

/// Who is at a terminal, on every page that says it.
async fn at_till(shop: &Shop, case: &str, who: &str) {
    let mut operator = shop.signed_in("operator").await;
    for page in ["/office/outlets/2501001", "/office/merchants?v=terminals", "/office/terminals/25010007"] {
        let text = operator.get(page).await.text();
        let after = text.split("25010007</").last().expect("the terminal");
        let line = after.split("</tr>").next().expect("a line");
        assert_eq!(line.contains("王敏（1003）"), who.contains("王敏"), "{case}, {page}: {line}");
        assert_eq!(line.contains("李强（1002）"), who.contains("李强"), "{case}, {page}: {line}");
    }
    let csv = operator.get("/office/merchants/export.csv?v=terminals").await.text();
    let line = csv.lines().find(|line| line.contains("25010007")).expect("a line");
    assert!(line.trim_end().trim_end_matches('"').ends_with(who), "{case}: {line}");
}

#[tokio::test]
async fn pages_say_who_is_signed_in_at_a_terminal() {
    let shop = Shop::open().await;
    at_till(&shop, "before", "—").await;
    let mut cashier = shop.signed_in("cashier").await;
    cashier.get("/sale").await;
    at_till(&shop, "at the own till", "王敏（1003）").await;
    shop.signed_in("operator").await.get("/office/terminals/25010007").await.says("<dd class=\"n\">10:26</dd>");
    let mut manager = shop.signed_in("manager").await;
    manager.get("/orders").await;
    let mut second = shop.signed_in("cashier").await;
    second.get("/sale").await;
    at_till(&shop, "two people, one of them twice", "李强（1002）、王敏（1003）").await;
    second.post("/logout", &[]).await;
    manager.post("/logout", &[]).await;
    cashier.post("/lock/now", &[]).await;
    at_till(&shop, "locked", "王敏（1003）").await;
    suspend(&shop, "operator", "/office/outlets/2501001").await;
    at_till(&shop, "suspended", "—").await;
    write(&shop, "UPDATE outlet SET status = 'active' WHERE id = 2501001".to_owned()).await;
    shop.disable(1003).await;
    at_till(&shop, "disabled", "—").await;
    write(&shop, "UPDATE person SET status = 'active' WHERE id = 1003".to_owned()).await;
    shop.signed_in("cashier").await.get("/sale").await;
    at_till(&shop, "again", "王敏（1003）").await;
    shop.clock.advance(12 * 60 * MINUTE);
    at_till(&shop, "after the end of the day", "—").await;
}

/// Suspends an outlet or a merchant as `login`.
pub(crate) async fn suspend(shop: &Shop, login: &str, place: &str) -> Answer {
    let mut visitor = shop.signed_in(login).await;
    let page = visitor.get(&format!("{place}/suspend")).await;
    page.says("您一个人就能暂停");
    visitor.post_and_look(&format!("{place}/suspend"), &[("reason", "门店装修")]).await
}

/// Stops the merchant, the outlet or the terminal of the till.
async fn stop(shop: &Shop, which: &str) {
    match which {
        "merchant" => suspend(shop, "checker", "/office/merchants/250100").await.says("已暂停，立即生效"),
        "outlet" => suspend(shop, "operator", "/office/outlets/2501001").await.says("已暂停，立即生效"),
        _ => {
            let mut checker = shop.signed_in("checker").await;
            checker.post_and_look("/office/terminals/25010007", &[("do", "disable")]).await.says("已保存");
        }
    }
}

/// Who is stopped, and what every door says: login, page, sale in progress. A terminal that is stopped leaves the rest.
#[tokio::test]
async fn what_is_stopped_is_stopped_at_every_door_from_the_next_request_on() {
    for stopped in ["merchant", "outlet", "terminal"] {
        let mut till = crate::pay::Till::open().await;
        till.ring("600233", "15.50", "1").await;
        let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
        let before = till.balance(ZHANG.0).await;
        let mut manager = till.shop.signed_in("manager").await;
        stop(&till.shop, stopped).await;
        // The second yes of a sale that was under way charges nothing.
        till.browser.post("/sale/confirm", &[("token", &hidden(&dialog, "token"))]).await;
        assert_eq!((till.balance(ZHANG.0).await, till.sales().await), (before, 0), "{stopped}: a sale under way");
        let (shop, mut visitor) = (till.shop, till.browser);
        let ended = stopped != "terminal";
        for browser in [&mut visitor, &mut manager] {
            let answer = browser.get("/orders").await;
            let there = if ended { StatusCode::SEE_OTHER } else { StatusCode::OK };
            assert_eq!(answer.status, there, "{stopped}: a session that was there");
        }
        let sale = visitor.get("/sale").await;
        assert_ne!(sale.status, StatusCode::OK, "{stopped}: the sale page");
        let mut fresh = shop.visitor();
        let login = fresh.sign_in_and_look("manager", storage::demo::PASSWORD).await;
        if ended {
            login.says("本门店已暂停交易：门店装修");
        } else {
            assert!(!login.text().contains("暂停交易"), "{stopped}: login");
        }
        // Another store of the merchant goes on unless the merchant is stopped.
        let mut other = shop.visitor();
        let login = other.sign_in_and_look("cashier2", storage::demo::PASSWORD).await;
        assert_eq!(login.text().contains("暂停交易"), stopped == "merchant", "{stopped}: another store");
        in_order(&shop).await;
    }
}

#[tokio::test]
async fn a_reason_is_needed_and_going_on_takes_two_persons() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let place = "/office/outlets/2501001";
    operator.post(&format!("{place}/suspend"), &[("reason", "x")]).await.says("请填写 2 到 100 个字");
    assert_eq!(outlet(&shop, 2_501_001).await.status, Standing::Active);
    suspend(&shop, "operator", place).await.says("门店装修");
    // Twice is not possible.
    operator.post(&format!("{place}/suspend"), &[("reason", "again")]).await.says("现在的状态不能这样做");
    let page = operator.get(place).await;
    page.says("恢复");
    let fields = [("request", hidden(&page, "request")), ("do", "resume".to_owned())];
    send(&mut operator, place, &fields).await;
    assert_eq!(outlet(&shop, 2_501_001).await.status, Standing::Suspended);
    let mut admin = shop.signed_in("admin").await;
    let waits = proposal(&admin.get(place).await);
    operator.get(&waits).await.says("不能复核自己提交的");
    let sheet = shop.signed_in("checker").await.get(&waits).await;
    for words in ["恢复门店", "暂停原因", "门店装修"] {
        sheet.says(words);
    }
    decide(&shop, &waits, "ok").await.says("已经生效");
    assert_eq!(outlet(&shop, 2_501_001).await.status, Standing::Active);
    assert_ne!(shop.visitor().sign_in("manager", storage::demo::PASSWORD).await.location(), "/login");
    // For an agent and an auditor there is nothing to press.
    for login in ["agent", "auditor"] {
        let mut reader = shop.signed_in(login).await;
        assert!(!reader.get(place).await.text().contains("/suspend"), "{login}");
        let answer = reader.post(&format!("{place}/suspend"), &[("reason", "no right")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{login}");
    }
    in_order(&shop).await;
}

#[tokio::test]
async fn a_merchant_is_closed_only_when_nothing_is_open() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let place = "/office/merchants/250200";
    admin.post(&format!("{place}/close"), &[("reason", "合同到期")]).await.says("现在的状态不能这样做");
    suspend(&shop, "admin", place).await;
    admin.post(&format!("{place}/close"), &[("reason", "合同到期")]).await.says("还有没关闭的门店");
    suspend(&shop, "admin", "/office/outlets/2502001").await;
    admin.post_and_look("/office/outlets/2502001/close", &[("reason", "合同到期")]).await.says("已关闭");
    admin.post_and_look(&format!("{place}/close"), &[("reason", "合同到期")]).await.says("已关闭");
    assert_eq!(merchant(&shop, 250_200).await.status, Standing::Closed);
    shop.visitor().sign_in_and_look("other", storage::demo::PASSWORD).await.says("合同到期");
    in_order(&shop).await;
}

/// A refund that waits when its store is suspended is the card company's from then on, and what stopping does is counted.
#[tokio::test]
async fn refunds_of_a_suspended_store_go_to_the_company() {
    let mut sold = crate::refund::Sold::new().await;
    let id = sold.ask().await;
    let shop = &sold.till.shop;
    let mut operator = shop.signed_in("operator").await;
    assert!(!operator.get("/office/refunds").await.text().contains(&id), "it is the store's");
    let place = "/office/outlets/2501001";
    let page = operator.get(&format!("{place}/suspend")).await;
    for words in ["2 人不能登录", "其中 2 人现在登录着：李强, 王敏", "1 笔退货申请转到公司", "未结算 ¥43.00 照常结算"]
    {
        page.says(words);
    }
    suspend(shop, "operator", place).await;
    operator.get("/office/refunds").await.says(&id);
    operator.get(&format!("/office/refunds?id={id}")).await.says("客户买错药品");
    in_order(shop).await;
}

/// The phone that people are told to call and the issuer on slips, at once and wherever they stand.
#[tokio::test]
async fn what_the_company_says_of_itself_is_on_every_page_and_slip() {
    let mut till = crate::pay::Till::open().await;
    till.ring("600233", "", "1").await;
    let paid = till.pay(crate::pay::ZHANG).await.text();
    let sale = paid.split("href=\"/slip/").nth(1).and_then(|rest| rest.split('"').next()).expect("a slip").to_owned();
    let slip = till.browser.get(&format!("/slip/{sale}")).await;
    slip.says("慧医卡</dd>");
    slip.says("025-86988520");
    let mut admin = till.shop.signed_in("admin").await;
    let page = admin.get("/office/settings").await;
    let company: Vec<(&str, String)> = [
        ("version", hidden(&page, "version")),
        ("name", "示例健康卡公司".to_owned()),
        ("institution", "898".to_owned()),
        ("region", "3201".to_owned()),
        ("bin", "608625".to_owned()),
        ("hotline", "400-800-1234".to_owned()),
        ("slip_issuer", "示例健康".to_owned()),
    ]
    .into();
    send(&mut admin, "/office/settings", &company).await;
    let slip = till.browser.get(&format!("/slip/{sale}")).await;
    slip.says("示例健康</dd>");
    for page in [slip, till.browser.get("/sale").await, till.shop.visitor().get("/login").await] {
        page.says("400-800-1234");
        assert!(!page.text().contains("025-86988520"));
    }
}

#[tokio::test]
async fn a_limit_to_guessing_changes_when_another_person_approved_it_and_counts_from_then_on() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let limits = "/office/settings/limits";
    let page = admin.get("/office/settings").await;
    for words in ["输错限额", "一张卡在一家门店当天可错密码（次）", "收银台：暂停前可错的卡（张）"]
    {
        page.says(words);
    }
    let text = page.text();
    let form = text.rsplit_once("name=\"request\" value=\"").expect("a form").1;
    let request = form.split('"').next().expect("an id");
    let asked = |value: &str| {
        vec![("request", request.to_owned()), ("limit", "place_tries".to_owned()), ("limit_value", value.to_owned())]
    };
    for wrong in ["0", "1001", "-1", "三", "", "5.5"] {
        let answer = send(&mut admin, limits, &asked(wrong)).await;
        answer.says("请填 1 到 1000 的整数。没有提交。");
        answer.says("<option value=\"place_tries\" selected>");
    }
    let place = send(&mut admin, limits, &asked("2")).await.location().split('?').next().expect("a place").to_owned();
    assert_eq!(storage::sweep::limits(&shop.db).await.expect("reads").place_tries, 5);
    admin.get("/office/settings").await.says("已有一张经办单等待复核");
    let mut checker = shop.signed_in("checker").await;
    let sheet = checker.get(&place).await;
    for words in ["输错限额", "一张卡在一家门店当天可错密码（次）", "数值"] {
        sheet.says(words);
    }
    crate::todo::decide(&mut checker, &place, "ok").await.says("已同意");
    assert_eq!(storage::sweep::limits(&shop.db).await.expect("reads").place_tries, 2);
    // The same again changes nothing.
    let page = admin.get("/office/settings").await;
    let fields = [("request", "0199a000-0000-7000-8000-00000000000a"), ("limit", "place_tries"), ("limit_value", "2")];
    let answer = admin.post(limits, &fields).await;
    admin.get(answer.location()).await.says("没有");
    assert!(page.text().contains("<dd class=\"n\">2</dd>"));
    for login in ["operator", "agent", "finance", "auditor", "checker"] {
        let mut other = shop.signed_in(login).await;
        assert_eq!(other.post(limits, &fields).await.status, StatusCode::FORBIDDEN, "{login}");
    }
    crate::todo::in_order(&shop).await;
}

#[tokio::test]
async fn who_decides_what_cards_pay_for_is_changed_by_two_persons() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let path = "/office/merchants/250100";
    let decides = async || {
        let one = storage::places::merchant(&shop.db, MerchantId(250_100)).await.expect("reads").expect("there");
        one.decides_payable
    };
    for (button, offered, after) in [("pay-company", "改由公司定", false), ("pay-own", "改由商户定", true)] {
        let page = admin.get(path).await;
        page.says(offered);
        let request = hidden(&page, "request");
        let answer = send(&mut admin, path, &[("request", request), ("do", button.to_owned())]).await;
        let place = answer.location().split('?').next().expect("a place").to_owned();
        assert_eq!(decides().await, !after, "one person changes nothing");
        let waiting = admin.get(path).await;
        waiting.says("已有一张经办单等待复核");
        assert!(!waiting.text().contains(offered));
        let mut checker = shop.signed_in("checker").await;
        let sheet = checker.get(&place).await;
        for words in ["可刷卡商品", "示例大药房", "商户自定可刷卡商品"] {
            sheet.says(words);
        }
        crate::todo::decide(&mut checker, &place, "ok").await.says("已同意");
        assert_eq!(decides().await, after);
    }
    let mut operator = shop.signed_in("operator").await;
    let fields = [("request", "0199a000-0000-7000-8000-00000000000b"), ("do", "pay-own")];
    assert_eq!(operator.post(path, &fields).await.status, StatusCode::FORBIDDEN);
    crate::todo::in_order(&shop).await;
}
