//! 店内码, and packages that the merchant's own scales labelled, at the till.

use axum::http::StatusCode;

use crate::pay::Till;
use crate::shop::{Answer, Shop};

const MERCHANT: i64 = 250_100;

/// Goods sold by the kilogram, by the piece, and at an open price.
async fn goods(shop: &Shop) {
    let add = |connection: &storage::sql::Connection| {
        for (code, unit, price) in [("00042", "kg", Some(6_000)), ("43", "x", Some(6_000)), ("00044", "kg", None)] {
            connection.execute(
                "INSERT INTO product (list_id, code, barcode, name, pinyin, spec, maker, approval_no, category,
                    otc_class, unit, price, price_low, price_high, card_payable, active, id_check, own, version)
                 VALUES (?1, ?2, '', 'herb ' || ?2, '', 'cut', '', '', 'x', 'NONE', ?3, ?4, ?5, ?5, 1, 1, 0, 7, 1)",
                (MERCHANT, code, unit, price, price),
            )?;
        }
        Ok(())
    };
    shop.db.write(add).await.expect("writes");
}

/// A label: prefix, item, measure and the check digit.
fn label(prefix: u32, item: u32, measure: u32) -> String {
    let text = format!("{prefix}{item:05}{measure:05}");
    let sum: u32 =
        text.bytes().rev().enumerate().map(|(i, d)| u32::from(d - b'0') * if i % 2 == 0 { 3 } else { 1 }).sum();
    format!("{text}{}", (10 - sum % 10) % 10)
}

async fn ring(till: &mut Till, code: &str) -> Answer {
    till.browser.post_and_look("/sale/lines", &[("code", code), ("qty", "1")]).await
}

#[tokio::test]
async fn a_manager_says_what_the_scales_print_and_the_till_prices_their_labels() {
    let mut till = Till::open().await;
    goods(&till.shop).await;
    let (amount, weight) = (label(21, 42, 1_234), label(22, 42, 256));
    for code in [&amount, &weight] {
        ring(&mut till, code).await.says("没有条码");
    }
    let mut chain = till.shop.signed_in("chain").await;
    chain.get("/in-store").await.says("21 开头：后 5 位");
    chain.post_and_look("/in-store", &[("21", "amount"), ("22", "weight"), ("23", "")]).await.says("已保存");
    let page = chain.get("/in-store").await;
    assert_eq!(page.text().matches(" selected").count(), 2, "{}", page.text());

    // A price on a label outside the product's range needs a manager, like one that was typed.
    ring(&mut till, &amount).await.says("需要店长确认");
    ring(&mut till, &label(21, 44, 1_234)).await.says("12.34");
    // 256 g of 60.00 a kilogram.
    let page = ring(&mut till, &weight).await;
    page.says("cut 256g");
    page.says("15.36");
    page.says("27.70");
    // Packages of another weight are another line, those of the same weight count up.
    ring(&mut till, &label(22, 42, 255)).await.says("cut 255g");
    ring(&mut till, &label(22, 42, 255)).await.says("30.60");
    for (code, says) in [
        (label(22, 99, 256), "不在商品目录里"),
        (label(22, 43, 256), "没有按千克的价格"),
        (label(22, 44, 256), "没有按千克的价格"),
        (format!("{}{}", &weight[..12], (weight.as_bytes()[12] - b'0' + 1) % 10), "没有条码"),
        (label(22, 42, 0), "没有条码"),
        (label(23, 42, 256), "没有条码"),
    ] {
        ring(&mut till, &code).await.says(says);
    }
    // A product that has exactly this barcode is meant.
    let exact = label(21, 42, 5_000);
    let barcode = exact.clone();
    let set = move |connection: &storage::sql::Connection| {
        connection.execute("UPDATE product SET barcode = ?1 WHERE code = '600402'", [&barcode])?;
        Ok(())
    };
    till.shop.db.write(set).await.expect("writes");
    ring(&mut till, &exact).await.says("6.50");
    till.press("pay", "6086250000010012", "123456").await.says("是否确认支付？");
    till.in_order().await;
    let audited = till.shop.audited().await;
    assert_eq!(audited.iter().filter(|action| *action == "in_store_labels_set").count(), 1, "{audited:?}");
}

#[tokio::test]
async fn labels_are_set_by_managers_each_for_the_own_merchant() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    manager.post_and_look("/in-store", &[("29", "weight")]).await.says("已保存");
    let page = shop.signed_in("other").await.get("/in-store").await;
    assert!(!page.text().contains(" selected"));
    for fields in [[("19", "weight")], [("30", "amount")], [("x", "amount")], [("21", "litres")]] {
        assert_eq!(manager.post("/in-store", &fields).await.status, StatusCode::BAD_REQUEST, "{fields:?}");
    }
    for login in ["cashier", "admin", "operator"] {
        let mut visitor = shop.signed_in(login).await;
        assert_eq!(visitor.post("/in-store", &[]).await.status, StatusCode::FORBIDDEN, "{login}");
    }
    manager.get("/in-store").await.says("value=\"weight\" selected");
    manager.post("/in-store", &[]).await;
    assert!(!manager.get("/in-store").await.text().contains(" selected"));
}
