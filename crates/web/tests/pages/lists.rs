//! 价目: lists of the company and of some outlets, what tills sell from them, and files of what a list above has.

use axum::http::StatusCode;
use domain::ids::ListId;
use storage::catalogue;

use crate::imports::{import_to, press, work};
use crate::pay::{Till, hidden};
use crate::shop::{Answer, Shop, Visitor};
use crate::todo::{decide, place};

const LISTS: &str = "/office/lists";
const OWN: &str = "/office/lists/250100";

/// Makes a list; the address of its page.
async fn make(person: &mut Visitor, name: &str, merchant: &str) -> String {
    place(&person.post(LISTS, &[("list_name", name), ("merchant", merchant)]).await)
}

/// The address of the goods of the list at an address.
fn goods(list: &str) -> String {
    list.replace("/lists/", "/products/")
}

async fn put_under(person: &mut Visitor, parent: &str) -> Answer {
    let version = hidden(&person.get(OWN).await, "version");
    person.post(OWN, &[("do", "under"), ("version", &version), ("parent", parent)]).await
}

fn new_product<'f>(code: &'f str, name: &'f str, price: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![
        ("product_code", code),
        ("name", name),
        ("category", "中成药"),
        ("otc_class", "OTC-B"),
        ("unit", "盒"),
        ("product_price", price),
        ("card_payable", "yes"),
    ]
}

/// Changes what a list says itself of a product.
async fn set(person: &mut Visitor, list: &str, code: &str, fields: [&str; 4]) -> Answer {
    let at = format!("{}/code/{code}", goods(list));
    let page = person.get(&at).await;
    let (version, request) = (hidden(&page, "version"), hidden(&page, "request"));
    let [price, low, high, most] = fields;
    let typed = [
        ("version", version.as_str()),
        ("request", &request),
        ("product_price", price),
        ("price_low", low),
        ("price_high", high),
        ("sale_max", most),
        ("active", "yes"),
        // What the list above says is in no field; whoever sends one changes nothing by it.
        ("name", "别的名称"),
        ("card_payable", "no"),
    ];
    person.post(&at, &typed).await
}

#[tokio::test]
async fn a_company_list_is_sold_by_the_merchants_under_it() {
    let mut till = Till::open().await;
    let mut operator = till.shop.signed_in("operator").await;
    operator.get("/office/products").await.says(&format!("href=\"{LISTS}\""));
    operator.get(LISTS).await.says("还没有别的价目");
    let company = make(&mut operator, "公司标准价目", "").await;
    operator.post(LISTS, &[("list_name", "公司标准价目"), ("merchant", "")]).await.says("已有同名的价目");
    operator.post(LISTS, &[("list_name", "东区"), ("merchant", "123")]).await.says("没有这个商户号");
    operator.get(&goods(&company)).await.says("目录里还没有商品");
    let new = format!("{}/new", goods(&company));
    operator.post(&new, &new_product("C0001", "公司益气颗粒", "23.80")).await;
    // 600233 is the merchant's own product, and the company has it under another name.
    operator.post(&new, &new_product("600233", "公司感冒灵", "18.80")).await;

    assert_eq!(till.browser.get("/sale/picker?q=C0001").await.status, StatusCode::OK);
    assert!(!till.browser.get("/sale/picker?q=C0001").await.text().contains("公司益气颗粒"));
    let parent = company.rsplit('/').next().expect("a number").to_owned();
    put_under(&mut operator, &parent).await;
    operator.get(OWN).await.says("公司标准价目");
    operator.get("/office/products/250100").await.says("上级：公司标准价目");
    till.browser.get("/sale/picker?q=C0001").await.says("公司益气颗粒");
    till.ring("C0001", "", "1").await;
    till.ring("600233", "", "1").await;
    let page = till.browser.get("/sale").await;
    // The merchant keeps its own price of what both have.
    for words in ["公司益气颗粒", "23.80", "公司感冒灵", "15.50", "¥39.30"] {
        page.says(words);
    }
    let mut other = till.shop.signed_in("other").await;
    assert!(!other.get("/sale/picker?q=C0001").await.text().contains("公司益气颗粒"));

    // A second press, an old form, and a list that none may be under.
    put_under(&mut operator, &parent).await;
    operator.post(OWN, &[("do", "under"), ("version", "1"), ("parent", "0")]).await.says("内容已被修改");
    assert_eq!(put_under(&mut operator, "250200").await.status, StatusCode::NOT_FOUND);
    put_under(&mut operator, "0").await;
    let mut east = till.shop.signed_in("cashier2").await;
    assert!(!east.get("/sale/picker?q=C0001").await.text().contains("公司益气颗粒"));
    let audited = till.shop.audited().await;
    assert_eq!(audited.iter().filter(|action| *action == "list_put_under").count(), 2, "{audited:?}");
}

#[tokio::test]
async fn some_outlets_sell_at_prices_of_their_own() {
    let mut till = Till::open().await;
    let shop = &till.shop;
    let mut operator = shop.signed_in("operator").await;
    let list = make(&mut operator, "鼓楼价目", "898320159120001").await;
    let at = format!("{}/code/600233", goods(&list));
    operator.get(&at).await.says("资料由上级价目决定");
    set(&mut operator, &list, "600233", ["16.50", "10.90", "20.20", "2"]).await;
    let page = operator.get(&at).await;
    for words in ["感冒灵颗粒", "恢复上级价格", "value=\"16.50\""] {
        page.says(words);
    }
    operator.get(&goods(&list)).await.says("另定");
    // Nobody sells from it yet.
    let rings = async |browser: &mut Visitor, quantity: &str| {
        let form = [("order", "new"), ("code", "600233"), ("price", ""), ("qty", quantity), ("scan", "")];
        browser.post_and_look("/sale/lines", &form).await
    };
    let mut east = shop.signed_in("cashier2").await;
    rings(&mut east, "1").await.says("¥15.50");
    operator.post(&list, &[("do", "sell"), ("o.2501002", "on")]).await;
    operator.get(&list).await.says("1 家门店用本价目");
    east.get("/sale").await.says("价格已更新：现价 16.50");
    rings(&mut east, "2").await.says("¥33.00");
    rings(&mut east, "3").await.says("该商品每单限购 2 件");
    till.ring("600233", "", "3").await;
    till.browser.get("/sale").await.says("¥46.50");

    let follow = |page: &Answer| vec![("do", "follow".to_owned()), ("version", hidden(page, "version"))];
    let page = operator.get(&at).await;
    let fields = follow(&page);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    operator.post(&at, &fields).await;
    assert!(!operator.get(&at).await.text().contains("恢复上级价格"));
    rings(&mut east, "3").await.says("¥46.50");

    // Far from the price above: two persons, in the list itself and on the way back.
    let proposed = set(&mut operator, &list, "600233", ["25.00", "20.00", "26.00", ""]).await;
    let mut checker = till.shop.signed_in("checker").await;
    decide(&mut checker, &place(&proposed), "ok").await.says("已同意");
    rings(&mut east, "1").await.says("¥25.00");
    let page = operator.get(&at).await;
    let fields = follow(&page);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    operator.post(&at, &fields).await.says("上级的价格相差超过 30%");
    rings(&mut east, "1").await.says("¥25.00");
}

#[tokio::test]
async fn a_file_of_a_list_says_what_the_list_says_itself() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let list = make(&mut operator, "鼓楼价目", "898320159120001").await;
    let upload = format!("{}/import", goods(&list));
    let file = operator.get(&format!("{}/export.csv", goods(&list))).await.text();
    let (_, page) = import_to(&shop, &mut operator, &upload, ("products", "keep"), file.as_bytes()).await;
    page.says("没有差异");
    let renamed = file.replacen("感冒灵颗粒", "改了名的颗粒", 1);
    let (_, page) = import_to(&shop, &mut operator, &upload, ("products", "keep"), renamed.as_bytes()).await;
    for words in ["E_ABOVE", "由上级价目决定", "请填“感冒灵颗粒”"] {
        page.says(words);
    }

    let prices = "商品代码,单价\n600233,16.50\n600402,6.50\n";
    let (at, page) = import_to(&shop, &mut operator, &upload, ("prices", "keep"), prices.as_bytes()).await;
    press(&mut operator, &at, &page, &[("do", "publish"), ("when", "now")]).await;
    work(&shop).await;
    let of = async |list: i64, code: &str| {
        let sheet = catalogue::sheet(&shop.db, ListId(list), code.to_owned()).await.expect("reads").expect("there");
        (sheet.item.price, sheet.item.own.prices, sheet.above)
    };
    let number: i64 = list.rsplit('/').next().and_then(|one| one.parse().ok()).expect("a number");
    assert_eq!(of(number, "600233").await, (Some(1_650), true, true));
    assert_eq!(of(250_100, "600233").await, (Some(1_550), true, false), "the list above stays");
}

#[tokio::test]
async fn what_comes_in_a_list_above_is_told_below() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let company = make(&mut operator, "公司标准价目", "").await;
    let new = format!("{}/new", goods(&company));
    for code in ["C0001", "C0002"] {
        operator.post(&new, &new_product(code, "公司益气颗粒", "23.80")).await;
    }
    put_under(&mut operator, company.rsplit('/').next().expect("a number")).await;
    set(&mut operator, OWN, "C0002", ["23.00", "", "", ""]).await;
    let prices = "商品代码,单价\nC0001,24.80\nC0002,24.80\n";
    let upload = format!("{}/import", goods(&company));
    let (at, page) = import_to(&shop, &mut operator, &upload, ("prices", "keep"), prices.as_bytes()).await;
    let midnight = [("do", "publish"), ("when", "at"), ("at", "2026-11-24 00:00")];
    press(&mut operator, &at, &page, &midnight).await;
    for (list, code, told) in [
        (goods(&company), "C0002", true),
        (goods(OWN), "C0001", true),
        // It has a price of its own.
        (goods(OWN), "C0002", false),
    ] {
        for path in [format!("{list}/code/{code}"), format!("{list}?q={code}")] {
            let text = operator.get(&path).await.text();
            assert_eq!(text.contains("2026-11-24 00:00:00 起 24.80"), told, "{path}");
        }
    }
}

/// Who signs in, whether they read lists, and whether they change them.
const RIGHTS: [(&str, bool, bool); 9] = [
    ("cashier", false, false),
    ("manager", false, false),
    ("chain", false, false),
    ("agent", true, false),
    ("checker", true, false),
    ("finance", true, false),
    ("auditor", true, false),
    ("operator", true, true),
    ("admin", true, true),
];

#[tokio::test]
async fn operators_and_administrators_change_lists() {
    let shop = Shop::open().await;
    for (login, reads, changes) in RIGHTS {
        let mut person = shop.signed_in(login).await;
        for path in [LISTS, OWN] {
            let expected = if reads { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(person.get(path).await.status, expected, "{login} {path}");
        }
        let done = person.post(LISTS, &[("list_name", login), ("merchant", "")]).await.status;
        assert_eq!(done, if changes { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN }, "{login}");
        let text = if reads { person.get(OWN).await.text() } else { String::new() };
        assert_eq!(text.contains("<form class=\"filt"), changes, "{login}");
    }
    let mut operator = shop.signed_in("operator").await;
    assert_eq!(operator.get("/office/lists/77").await.status, StatusCode::NOT_FOUND);
    assert_eq!(operator.post(OWN, &[("do", "sell"), ("o.2502001", "on")]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_chain_manager_changes_the_goods_of_the_own_merchant_only() {
    let mut till = Till::open().await;
    let shop = &till.shop;
    let mut operator = shop.signed_in("operator").await;
    let east = make(&mut operator, "鼓楼价目", "898320159120001").await;
    let company = make(&mut operator, "公司标准价目", "").await;
    let mut chain = shop.signed_in("chain").await;
    for path in ["/office/products", "/office/products/250100"] {
        chain.get(path).await.says("鼓楼价目");
    }

    // Of other merchants and of the company there is nothing, whatever is asked.
    let other = "/office/products/250200";
    let files = [format!("{other}/export.csv"), format!("{other}/import/template/prices.csv")];
    let paths = [other, &goods(&company), &files[0], &files[1]];
    let rest = ["code/600233", "new", "import"].map(|rest| format!("{other}/{rest}"));
    for path in paths.into_iter().chain(rest.iter().map(String::as_str)) {
        assert_eq!(chain.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in [LISTS, OWN, "/office/recalls", "/office/todo", "/office/merchants"] {
        assert_eq!(chain.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let made = chain.post(&format!("{other}/new"), &new_product("C1", "益气颗粒", "9.00")).await;
    assert_eq!(made.status, StatusCode::NOT_FOUND);
    let prices = "商品代码,单价\n600233,16.00\n";
    let upload = format!("{other}/import");
    let (at, _) = import_to(shop, &mut operator, &upload, ("prices", "keep"), prices.as_bytes()).await;
    assert!(at.contains("/editions/"), "{at}");
    for path in [at.clone(), at.replace("editions", "imports")] {
        assert_eq!(chain.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        let done = chain.post(&path, &[("do", "give_up")]).await;
        assert_eq!(done.status, StatusCode::NOT_FOUND, "{path}");
    }

    // The own prices are the merchant's: one person, however far.
    for list in ["/office/products/250100".to_owned(), goods(&east)] {
        let page = chain.get(&format!("{list}/code/600233")).await;
        page.says("感冒灵颗粒");
    }
    set(&mut chain, &east, "600233", ["30.00", "25.00", "35.00", ""]).await;
    chain.get(&format!("{}/code/600233", goods(&east))).await.says("value=\"30.00\"");
    let far = "商品代码,单价,最低价,最高价\n600233,3.00,2.00,4.00\n";
    let upload = "/office/products/250100/import";
    let (at, page) = import_to(shop, &mut chain, upload, ("prices", "keep"), far.as_bytes()).await;
    press(&mut chain, &at, &page, &[("do", "publish"), ("when", "now")]).await;
    work(shop).await;
    till.ring("600233", "", "1").await;
    till.browser.get("/sale").await.says("¥3.00");
}

#[tokio::test]
async fn what_cards_pay_for_a_merchants_people_decide_only_where_the_company_lets_them() {
    for decides in [false, true] {
        let shop = Shop::open().await;
        let set = format!("UPDATE merchant SET decides_payable = {} WHERE id = 250100", i64::from(decides));
        shop.db.write(move |connection| Ok(connection.execute_batch(&set)?)).await.expect("writes");
        let mut chain = shop.signed_in("chain").await;
        let made = chain.post("/office/products/250100/new", &new_product("C0001", "益气颗粒", "9.00")).await;
        let file = "商品代码,商品名称,类别,处方分类,单价,可刷卡\nC0002,清火片,中成药,非药品,5.00,是\n";
        let upload = "/office/products/250100/import";
        let (_, page) = import_to(&shop, &mut chain, upload, ("products", "keep"), file.as_bytes()).await;
        if decides {
            assert_eq!(made.status, StatusCode::SEE_OTHER);
            assert!(!page.text().contains("E_COMPANY"));
        } else {
            made.says("由公司决定能否用慧医卡支付");
            page.says("E_COMPANY");
        }
    }
}
