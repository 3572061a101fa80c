//! 选择商品: what a search finds, right after a program wrote it too.

use domain::ids::ListId;
use domain::ids::{MerchantId, RequestId};
use storage::audit::Entry;
use storage::catalogue::{self, Item, Written};
use storage::idempotency::Claim;
use storage::product_list::Lists;

use crate::shop::{OPENING, Shop, Visitor, encoded};

/// The address of a search for words, and of a category behind ` category=`.
fn asked(words: &str) -> String {
    let (words, category) = words.split_once(" category=").unwrap_or((words, ""));
    format!("/sale/picker?q={}&category={}", encoded(words), encoded(category))
}

/// Writes a product as the API does.
async fn write(shop: &Shop, nth: u8, item: Item) {
    let claim = Claim {
        merchant: MerchantId(250_100),
        request: RequestId([nth; 16]),
        operation: "put_product",
        content: [nth; 32],
    };
    let entry = Entry {
        at: OPENING,
        person: None,
        merchant: Some(claim.merchant),
        terminal: None,
        action: "product_put",
        subject: item.code.clone(),
        detail: String::new(),
        address: String::new(),
    };
    let done = catalogue::change(
        &shop.db,
        claim,
        (Lists::alone(ListId(250_100)), item.code.clone()),
        entry,
        move |_, _| Ok(item),
        |_| String::new(),
    )
    .await;
    assert!(matches!(done, Ok(Written::Done(..))), "{done:?}");
}

#[tokio::test]
async fn what_is_not_found_is_never_sold_as_other_goods_by_enter() {
    let shop = Shop::open().await;
    let mut till = shop.signed_in("cashier").await;
    let first = r#"<tr data-pick class="on">"#;
    for words in ["no such thing", " category=nothing"] {
        let page = till.get(&asked(words)).await;
        page.says("没有找到商品。请换几个字");
        page.says("699999");
        assert!(!page.text().contains(first), "{words}");
    }
    till.get(&asked("ganmaoling")).await.says(first);
}

#[tokio::test]
async fn what_a_program_or_a_file_wrote_is_in_the_picker_at_once() {
    let shop = Shop::open().await;
    let mut till = shop.signed_in("cashier").await;
    let product = |code: &str, maker: &str| Item {
        code: code.to_owned(),
        barcode: "036000291452".to_owned(),
        name: "金银花露".to_owned(),
        pinyin: String::new(),
        spec: "340ml×12瓶".to_owned(),
        maker: maker.to_owned(),
        approval_no: "国药准字Z20990901".to_owned(),
        category: "清热解毒".to_owned(),
        otc_class: "NONE".to_owned(),
        unit: "瓶".to_owned(),
        price: Some(990),
        price_low: None,
        price_high: None,
        card_payable: true,
        active: true,
        sale_max: None,
        id_check: false,
        own: storage::product_list::Own::ALL,
    };
    let found = async |till: &mut Visitor, words: &str| {
        let page = till.get(&asked(words)).await;
        ["QS-9001", "qs-9002"].map(|code| page.text().contains(&format!(">{code}<")))
    };
    write(&shop, 1, product("QS-9001", "示例百草")).await;
    let first = [true, false];
    for words in
        ["qs-9001", "金银花", "jyhl", "jinyinhua", "340ml*12", "示例百草", "z20990901", "0036000291452", "花露 340"]
    {
        assert_eq!(found(&mut till, words).await, first, "{words}");
    }
    // Two makers of one name are told apart.
    assert!(!till.get(&asked("jyhl")).await.text().contains("示例百草"));
    write(&shop, 2, product("qs-9002", "另一药厂")).await;
    let page = till.get(&asked("jyhl")).await;
    page.says("示例百草");
    page.says("另一药厂");
    // Renamed, in another category, off sale, on sale again.
    write(&shop, 3, Item { name: "枸杞子".to_owned(), category: "滋补".to_owned(), ..product("QS-9001", "") }).await;
    assert_eq!(found(&mut till, "jyhl").await, [false, true]);
    assert_eq!(found(&mut till, "gqz category=滋补").await, first);
    assert_eq!(found(&mut till, " category=清热解毒").await, [false, true]);
    write(&shop, 4, Item { active: false, ..product("qs-9002", "") }).await;
    assert_eq!(found(&mut till, "jyhl").await, [false, false]);
    write(&shop, 5, product("qs-9002", "")).await;
    assert_eq!(found(&mut till, "jyhl").await, [false, true]);
}
