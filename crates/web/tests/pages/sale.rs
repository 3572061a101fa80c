//! The sale page up to payment, through the router: ring up, choose, delete, put aside, and every kind of bad input.

use axum::http::StatusCode;

use crate::shop::{Answer, MINUTE, Shop, Visitor};

const SECOND: i64 = MINUTE / 60;

/// A cashier at the till, the way a browser without JavaScript uses the page.
struct Till {
    shop: Shop,
    browser: Visitor,
}

impl Till {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let browser = shop.signed_in("cashier").await;
        Self { shop, browser }
    }

    /// Looks at the current order.
    async fn look(&mut self) -> Answer {
        let page = self.browser.get("/sale").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        page
    }

    /// Fills in the form of the current order's page and sends it.
    async fn enter(&mut self, code: &str, price: &str, quantity: &str) -> Answer {
        let page = self.look().await;
        let (order, changed) = (hidden(&page, "order"), hidden(&page, "changed"));
        let fields =
            [("order", order.as_str()), ("changed", &changed), ("code", code), ("price", price), ("qty", quantity)];
        self.browser.post_and_look("/sale/lines", &fields).await
    }

    async fn scan(&mut self, code: &str) -> Answer {
        self.enter(code, "", "1").await
    }
}

/// The value of the first hidden field `name`.
fn hidden(page: &Answer, name: &str) -> String {
    let text = page.text();
    let begin = format!(r#"name="{name}" value=""#);
    let at = text.find(&begin).unwrap_or_else(|| panic!("no field {name}\n{text}"));
    text[at + begin.len()..].chars().take_while(|c| *c != '"').collect()
}

#[tokio::test]
async fn goods_are_scanned_picked_deleted_and_brought_back() {
    let mut till = Till::open().await;
    till.look().await.says("还没有商品，请扫描条码或按 F2");
    till.scan("600233").await.says("感冒灵颗粒");
    let page = till.scan("600233").await;
    page.says(">31.00<");
    page.says("共 1 种 2 件");
    till.scan("3*600402").await.says("应付合计</span><span class=\"n\">¥50.50");
    till.scan("*5").await.says("¥63.50");
    let page = till.browser.get("/sale/picker?q=blf").await;
    page.says("布洛芬缓释胶囊");
    page.says("699999");
    let page = till.browser.get("/sale?pick=600901").await;
    page.says(
        r#"name="price" class="n r" inputmode="decimal" autocomplete="off" maxlength="40" value="22.50" autofocus"#,
    );
    assert_eq!(hidden(&page, "picked"), "600901");
    till.enter("600901", "20.00", "2").await.says("原价 22.50");
    let order = hidden(&till.look().await, "order");
    let page = till.browser.post_and_look("/sale/lines/void", &[("order", &order), ("line", "1")]).await;
    page.says("已删除“感冒灵颗粒 ×2”");
    page.says("¥72.50");
    till.shop.clock.advance(9 * SECOND);
    till.browser.post_and_look("/sale/lines/undo", &[("order", &order), ("line", "1")]).await.says("¥103.50");
    till.browser.post_and_look("/sale/lines/void", &[("order", &order), ("line", "1")]).await;
    till.shop.clock.advance(13 * SECOND);
    let page = till.browser.post_and_look("/sale/lines/undo", &[("order", &order), ("line", "1")]).await;
    page.says("已超过 10 秒，不能撤销");
    page.says("¥72.50");
    let audited = till.shop.audited().await;
    assert!(audited.ends_with(&["price_changed", "line_voided", "line_restored", "line_voided"].map(String::from)));
}

#[tokio::test]
async fn what_fits_several_goods_is_chosen_in_the_picker() {
    let mut till = Till::open().await;
    let page = till.scan("2*wss").await;
    page.says("种商品，请选择");
    page.says(r#"href="/sale?pick=600402&amp;qty=2""#.replace("&amp;", "&#38;").as_str());
    let page = till.browser.get("/sale?pick=600402&qty=2").await;
    page.says(r#"value="2""#);
    // One that fits alone is added at once; a piece of a number never is.
    till.scan("gmlkl").await.says("感冒灵颗粒");
    till.scan("60023").await.says("选择商品");
}

#[tokio::test]
async fn bad_input_is_named_at_its_field_and_changes_nothing() {
    let mut till = Till::open().await;
    till.scan("600233").await.says("¥15.50");
    let long = "药".repeat(3_400);
    for price in ["0", "-1", "1e18", "1000000000000000000", "0.001", "1e3", "100000", "abc", &long] {
        let page = till.enter("600901", price, "1").await;
        page.says("请输入单价，如 9.90");
        page.says("<title>错误：消费收款");
        page.says("¥15.50");
        page.says(r#"value="600901""#);
    }
    for quantity in ["0", "10000", "1.5", "-3", "x"] {
        till.enter("600901", "", quantity).await.says("数量请填 1–999 的整数");
    }
    for star in ["*0", "*10000", "10000*600233"] {
        till.scan(star).await.says("数量请填 1–999 的整数");
    }
    let page = till.scan("69999887766").await;
    page.says("没有条码 69999887766 的商品。请核对，或选“699999 其他药品”");
    page.says(r#"href="/sale?pick=699999&amp;order="#);
    for code in ["' OR 1=1 --", "%%", long.as_str(), "<script>alert(1)</script>", "\u{0}", "🤒"] {
        let page = till.scan(code).await;
        page.says("的商品。请核对");
        assert!(!page.text().contains("<script>alert"));
    }
    till.scan("").await.says("请扫描或输入商品");
    till.enter("６００９０１", "２０．００", "２").await.says("¥55.50");
    till.enter("699999", "99999.99", "999").await.says("¥99,900,045.51");
    till.enter("699999", "99999.99", "2").await.says("订单合计不能超过 99,999,999.99 元");
    till.look().await.says("¥99,900,045.51");
}

#[tokio::test]
async fn the_product_that_stands_for_others_asks_for_its_price() {
    let mut till = Till::open().await;
    let page = till.scan("699999").await;
    page.says("发卡公司会看到此行为“其他药品”");
    page.says(r#"value="" autofocus"#);
    let picked = [("code", "699999"), ("picked", "699999"), ("price", ""), ("qty", "1")];
    till.browser.post_and_look("/sale/lines", &picked).await.says("请输入单价，如 9.90");
    let picked = [("code", "699999"), ("picked", "699999"), ("price", "9.9"), ("qty", "1")];
    till.browser.post_and_look("/sale/lines", &picked).await.says("¥9.90");
    // The price of a product that was put down again does not go to another one.
    let other = [("code", "600233"), ("picked", "699999"), ("price", "9.9"), ("qty", "7")];
    till.browser.post_and_look("/sale/lines", &other).await.says("¥25.40");
}

#[tokio::test]
async fn an_order_of_another_till_cannot_be_reached() {
    let mut till = Till::open().await;
    till.scan("600233").await;
    let order = hidden(&till.look().await, "order");
    let address = format!("/sale?order={order}");
    for login in ["cashier2", "other"] {
        let mut stranger = till.shop.signed_in(login).await;
        let page = stranger.get(&address).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/sale"));
        stranger.get("/sale").await.says("没有找到这个订单");
        for (path, field) in
            [("/sale/lines", "code"), ("/sale/lines/void", "line"), ("/sale/hold", "x"), ("/sale/abandon", "x")]
        {
            let value = if field == "code" { "600233" } else { "1" };
            stranger.post_and_look(path, &[("order", &order), (field, value)]).await.says("没有找到这个订单");
        }
    }
    for order in ["-1", "9999999999999999999999", "abc"] {
        till.browser
            .post_and_look("/sale/lines", &[("order", order), ("code", "600233")])
            .await
            .says("没有找到这个订单");
    }
    till.look().await.says("¥15.50");
}

#[tokio::test]
async fn carts_are_put_aside_taken_up_and_given_up() {
    let mut till = Till::open().await;
    till.scan("600233").await;
    let first = hidden(&till.look().await, "order");
    let page = till.browser.post_and_look("/sale/hold", &[("order", &first)]).await;
    page.says("订单 2611230001 已挂起");
    page.says("10:26 · 1 种 · ¥15.50");
    page.says("还没有商品");
    till.scan("600402").await.says("¥6.50");
    let second = hidden(&till.look().await, "order");
    till.browser.post_and_look("/sale/resume", &[("order", &first)]).await.says("另一窗口");
    till.look().await.says("感冒灵颗粒");
    let page = till.browser.get(&format!("/sale/abandon?order={second}")).await;
    page.says("订单 2611230002：1 种商品，合计 ¥6.50");
    till.browser.post_and_look("/sale/abandon", &[("order", &second)]).await.says("订单 2611230002 已放弃，没有扣款");
    let page = till.browser.post("/sale/lines", &[("order", &second), ("code", "600233")]).await;
    assert_eq!(page.location(), "/sale");
    till.look().await.says("该订单已放弃，不能修改");
    till.look().await.says("¥15.50");
}

#[tokio::test]
async fn two_windows_see_each_others_changes() {
    let mut till = Till::open().await;
    till.scan("600233").await;
    let before = till.look().await;
    let (order, changed) = (hidden(&before, "order"), hidden(&before, "changed"));
    till.scan("600402").await;
    let star = [("order", order.as_str()), ("changed", &changed), ("code", "*9")];
    let page = till.browser.post_and_look("/sale/lines", &star).await;
    page.says("订单已在另一窗口修改，已显示最新内容");
    page.says("¥22.00");
    // A page that showed no order adds to the one begun elsewhere, and says so.
    let page = till.browser.post_and_look("/sale/lines", &[("order", ""), ("changed", "0"), ("code", "600233")]).await;
    page.says("订单已在另一窗口修改，已显示最新内容");
    page.says("¥37.50");
    // A window of its own has a cart of its own.
    till.browser.get("/sale?order=new").await.says("还没有商品");
    let page = till.browser.post_and_look("/sale/lines", &[("order", "new"), ("code", "600402")]).await;
    page.says("应付合计</span><span class=\"n\">¥6.50");
}

#[tokio::test]
async fn a_scan_whose_answer_was_lost_is_added_once() {
    let mut till = Till::open().await;
    let scan = [("order", ""), ("changed", "0"), ("code", "600233"), ("scan", "1"), ("rid", "0011223344556677")];
    till.browser.post_and_look("/sale/lines", &scan).await.says("¥15.50");
    till.browser.post_and_look("/sale/lines", &scan).await.says("共 1 种 1 件");
}

#[tokio::test]
async fn a_manager_of_the_same_merchant_confirms_a_price_outside_the_band() {
    let mut till = Till::open().await;
    let page = till.enter("600233", "1.00", "2").await;
    page.says("店长确认改价");
    page.says("感冒灵颗粒的单价 1.00 超出允许范围 10.90–20.20");
    let answer = |user: &'static str, password: &'static str| {
        [("code", "600233"), ("price", "1.00"), ("qty", "2"), ("user", user), ("password", password)]
    };
    let post = "/sale/price";
    till.browser.post_and_look(post, &answer("", "")).await.says("请输入店长的用户名和密码");
    let page = till.browser.post_and_look(post, &answer("manager", "wrong")).await;
    page.says("还可以再试 4 次");
    page.says(r#"value="manager""#);
    till.browser.post_and_look(post, &answer("cashier", "Demo-pass-2026")).await.says("此用户没有店长权限");
    till.browser.post_and_look(post, &answer("other", "Demo-pass-2026")).await.says("此用户没有店长权限");
    till.look().await.says("还没有商品");
    let page = till.browser.post_and_look(post, &answer("manager", "Demo-pass-2026")).await;
    page.says("店长已确认改价，原价 15.50");
    page.says("¥2.00");
    let audited = till.shop.audited().await;
    assert!(audited.ends_with(&["consent_failed", "price_denied", "price_denied", "price_changed"].map(String::from)));
}

/// The form tries nobody's password but a manager's of this merchant, and what it tries locks only itself.
#[tokio::test]
async fn wrong_consents_are_counted_by_the_session_and_lock_nobody_out() {
    let mut till = Till::open().await;
    till.enter("600233", "1.00", "2").await;
    let answer = |user: &'static str, password: &'static str| {
        [("code", "600233"), ("price", "1.00"), ("qty", "2"), ("user", user), ("password", password)]
    };
    let post = "/sale/price";
    for (user, password, words) in [
        ("finance", "Demo-pass-2026", "此用户没有店长权限"),
        ("finance", "wrong", "此用户没有店长权限"),
        ("nobody", "wrong", "此用户没有店长权限"),
        ("manager", "wrong", "还可以再试 1 次"),
        ("manager", "wrong", "店长密码多次输错，10:41 前不能在此确认"),
        ("manager", "Demo-pass-2026", "店长密码多次输错"),
        ("other", "Demo-pass-2026", "店长密码多次输错"),
    ] {
        till.browser.post_and_look(post, &answer(user, password)).await.says(words);
    }
    till.look().await.says("还没有商品");
    // Everybody who was named signs in, and the manager consents at the next till.
    for login in ["finance", "manager", "other"] {
        till.shop.signed_in(login).await;
    }
    till.browser = till.shop.signed_in("cashier").await;
    till.enter("600233", "1.00", "2").await;
    till.browser.post_and_look(post, &answer("manager", "Demo-pass-2026")).await.says("店长已确认改价");
}

#[tokio::test]
async fn the_page_speaks_english() {
    let mut till = Till::open().await;
    till.browser.get("/lang/en?back=/sale").await;
    till.scan("600233").await.says("Lines: 1 · pieces: 1");
    till.scan("no such thing").await.says("No product with the code no such thing.");
    till.browser.get("/sale/picker").await.says("Choose product");
    assert!(!till.look().await.text().contains("应付合计"));
}

#[tokio::test]
async fn only_who_sells_sees_the_page_and_forms_read_by_mistake_lead_back() {
    let mut till = Till::open().await;
    let mut finance = till.shop.signed_in("finance").await;
    for path in ["/sale", "/sale/picker", "/sale/price?code=600233&price=1"] {
        assert_eq!(finance.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(finance.post("/sale/lines", &[("code", "600233")]).await.status, StatusCode::FORBIDDEN);
    for path in ["/sale/lines", "/sale/lines/void", "/sale/hold", "/sale/price", "/sale/abandon"] {
        assert_eq!(till.browser.get(path).await.location(), "/sale", "{path}");
    }
    let mut nobody = till.shop.visitor();
    assert_eq!(nobody.get("/sale").await.location(), "/login");
}
