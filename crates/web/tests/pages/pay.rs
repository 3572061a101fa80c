//! Taking a payment, through the router: every answer a card can cause, and everything that must not charge twice.

use axum::http::StatusCode;
use domain::command::Actor;
use domain::ids::ListId;
use domain::ids::{MerchantId, OrderId, OutletId, PersonId, TerminalId};
use domain::money::Fen;
use domain::outcome::Decline;
use storage::payment;
use storage::product_list::Lists;

use crate::shop::{Answer, MINUTE, Shop, Visitor};

pub(crate) const SECOND: i64 = MINUTE / 60;
pub(crate) const ZHANG: (&str, &str) = ("6086250000010012", "123456");

/// A cashier at a till, the way a browser without JavaScript uses the page.
pub(crate) struct Till {
    pub(crate) shop: Shop,
    pub(crate) browser: Visitor,
}

impl Till {
    pub(crate) async fn open() -> Self {
        let shop = Shop::open().await;
        let browser = shop.signed_in("cashier").await;
        Self { shop, browser }
    }

    /// Rings up goods: code, price, quantity. Answers the order's id.
    pub(crate) async fn ring(&mut self, code: &str, price: &str, quantity: &str) -> String {
        let page = self.browser.get("/sale").await;
        let (order, changed) = (hidden(&page, "order"), hidden(&page, "changed"));
        let fields =
            [("order", order.as_str()), ("changed", &changed), ("code", code), ("price", price), ("qty", quantity)];
        let page = self.browser.post_and_look("/sale/lines", &fields).await;
        self.shop.clock.advance(SECOND);
        hidden(&page, "order")
    }

    /// Card and PIN into the current order's form, and one of its buttons.
    pub(crate) async fn press(&mut self, button: &str, card: &str, pin: &str) -> Answer {
        let page = self.browser.get("/sale").await;
        let (order, amount) = (field(&page, "order", "amount"), field(&page, "amount", "amount"));
        let fields = [("order", order.as_str()), ("amount", &amount), ("card", card), ("pin", pin), ("do", button)];
        let answer = self.browser.post("/sale/pay", &fields).await;
        if answer.status != StatusCode::SEE_OTHER {
            return answer;
        }
        let location = answer.location().to_owned();
        self.browser.get(&location).await
    }

    pub(crate) async fn confirm(&mut self, dialog: &Answer) -> Answer {
        self.browser.post_and_look("/sale/confirm", &[("token", &hidden(dialog, "token"))]).await
    }

    /// Pays the current order; answers the result's page.
    pub(crate) async fn pay(&mut self, card: (&str, &str)) -> Answer {
        let dialog = self.press("pay", card.0, card.1).await;
        self.confirm(&dialog).await
    }

    pub(crate) async fn balance(&self, card: &str) -> i64 {
        let number = domain::card_number::CardNumber::parse(card).expect("a card").0;
        let key = self.shop.vault.card_key(&number);
        let read = self.shop.db.read(move |connection| {
            Ok(connection.query_row("SELECT balance FROM card WHERE lookup = ?1", [key.0], |row| row.get(0))?)
        });
        read.await.expect("reads")
    }

    pub(crate) async fn sales(&self) -> i64 {
        let sql = "SELECT COUNT(*) FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL";
        let read = self.shop.db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?));
        read.await.expect("reads")
    }

    pub(crate) async fn in_order(&self) {
        assert_eq!(self.shop.books.verify().await.expect("verifies"), []);
    }

    /// Notes an attempt on the order as a payment does, and lets its sale be lost on the way.
    pub(crate) async fn lose(&self, token: &str) -> OrderId {
        let confirmation = self.shop.vault.read_confirmation(token).expect("our token");
        let begun = payment::attempt_begin(
            &self.shop.db,
            (ACTOR, Lists::alone(ListId::of(ACTOR.merchant))),
            &confirmation,
            self.shop.clock.now(),
        )
        .await;
        assert_eq!(begun.expect("writes"), payment::Begun::Locked);
        confirmation.order
    }
}

pub(crate) const ACTOR: Actor = Actor {
    merchant: MerchantId(250_100),
    outlet: OutletId(2_501_001),
    terminal: TerminalId(25_010_007),
    person: PersonId(1003),
};

/// The value of the first hidden field `name`.
pub(crate) fn hidden(page: &Answer, name: &str) -> String {
    let text = page.text();
    let begin = format!(r#"name="{name}" value=""#);
    let at = text.find(&begin).unwrap_or_else(|| panic!("no field {name}\n{text}"));
    text[at + begin.len()..].chars().take_while(|c| *c != '"').collect()
}

/// The field of the payment's form, which has `mark` in it.
fn field(page: &Answer, name: &str, mark: &str) -> String {
    let text = page.text();
    let form = text.split(r#"action="/sale/pay""#).nth(1).unwrap_or_else(|| panic!("no payment form\n{text}"));
    assert!(form.contains(mark), "{form}");
    let value = form.split(&format!(r#"name="{name}" value=""#)).nth(1).unwrap_or_default();
    value.chars().take_while(|c| *c != '"').collect()
}

#[tokio::test]
async fn a_sale_is_paid_confirmed_and_on_record() {
    let mut till = Till::open().await;
    till.ring("600233", "", "2").await;
    till.ring("600901", "", "1").await;
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    assert_eq!(dialog.status, StatusCode::OK);
    for words in [
        "<title>是否确认支付？",
        "¥53.50",
        "张*<",
        "6086 25** **** 0012",
        "2 种 3 件",
        "¥1,000.00",
        "¥946.50",
        "确定支付",
    ] {
        dialog.says(words);
    }
    assert!(!dialog.text().contains(ZHANG.0) && !dialog.text().contains(ZHANG.1), "neither number nor PIN comes back");
    let result = till.confirm(&dialog).await;
    for words in
        ["<title>交易成功", "data-result=\"ok\"", "¥53.50", "¥946.50", "承兑或交易成功", "交易打印", "不打印，下一位"]
    {
        result.says(words);
    }
    assert_eq!((till.balance(ZHANG.0).await, till.sales().await), (94_650, 1));
    till.in_order().await;
    let next = till.browser.get("/sale").await;
    next.says("还没有商品，请扫描条码或按 F2");
    next.says("1 笔小票未打印 · 查看");
    next.says("交易成功");
}

#[tokio::test]
async fn a_second_yes_answers_the_first_result() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    let token = hidden(&dialog, "token");
    let mut twin = till.shop.visitor();
    twin.cookies.clone_from(&till.browser.cookies);
    let form = [("token", token.as_str())];
    let (one, two) = tokio::join!(till.browser.post("/sale/confirm", &form), twin.post("/sale/confirm", &form));
    assert_eq!(one.location(), two.location());
    twin.post_and_look("/sale/confirm", &form).await.says("交易成功");
    assert_eq!((till.balance(ZHANG.0).await, till.sales().await), (98_450, 1));

    // A second tab with a confirmation of its own, given before the first was paid.
    till.ring("600233", "", "1").await;
    let (first, second) = (till.press("pay", ZHANG.0, ZHANG.1).await, till.press("pay", ZHANG.0, ZHANG.1).await);
    till.confirm(&first).await.says("交易成功");
    till.confirm(&second).await.says("交易成功");
    assert_eq!((till.balance(ZHANG.0).await, till.sales().await), (96_900, 2));
    till.browser.get("/sale").await.says("重复提交，订单已经支付");
    till.in_order().await;
}

#[tokio::test]
async fn the_balance_is_shown_for_card_and_pin_only() {
    let mut till = Till::open().await;
    let page = till.press_without_order("balance", ZHANG.0, ZHANG.1).await;
    page.says("¥1,000.00");
    till.ring("600233", "", "1").await;
    let page = till.press("balance", "%B6086250000010012^ZHANG/FANG^29121010000?", ZHANG.1).await;
    for words in ["6086 25** **** 0012", "¥1,000.00", "支付后余额", "¥984.50"] {
        page.says(words);
    }
    let page = till.press("balance", "6086250000020029", "123456").await;
    page.says("¥30.00");
    till.ring("600233", "", "9").await;
    till.press("balance", "6086250000020029", "123456").await.says("¥125.00");

    // A card that nobody has answers like a wrong PIN.
    for (card, pin) in [("6086250000010012", "000000"), ("6086251234567892", "123456")] {
        let page = till.press("balance", card, pin).await;
        for words in ["查询余额失败", "55", "密码错误，还可试 4 次", "查询余额不会扣款。"] {
            page.says(words);
        }
    }
    assert_eq!(till.sales().await, 0);
}

impl Till {
    async fn press_without_order(&mut self, button: &str, card: &str, pin: &str) -> Answer {
        self.browser.post("/sale/pay", &[("card", card), ("pin", pin), ("do", button)]).await
    }
}

#[tokio::test]
async fn what_cannot_be_right_is_said_at_the_field_and_sent_nowhere() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    for (card, pin, words) in [
        ("", "123456", "请刷卡或输入卡号"),
        ("6086", "123456", "卡号为 16–19 位数字"),
        ("6086250000010013", "123456", "14 卡号无效，请重新刷卡或输入"),
        (";6086250000010013=29121010000?", "123456", "14 卡号无效，请重新刷卡或输入"),
        (ZHANG.0, "", "密码为 6 位数字，请客户重新输入"),
        (ZHANG.0, "12345", "密码为 6 位数字，请客户重新输入"),
        (ZHANG.0, "12345a", "密码为 6 位数字，请客户重新输入"),
    ] {
        for button in ["pay", "balance"] {
            let page = till.press(button, card, pin).await;
            assert_eq!(page.status, StatusCode::OK);
            page.says(words);
            page.says("aria-invalid=\"true\"");
        }
    }
    let sql = "SELECT COUNT(*) FROM ledger_transaction WHERE terminal_id <> 0";
    let sent: i64 = till.shop.db.read(move |c| Ok(c.query_row(sql, [], |row| row.get(0))?)).await.expect("reads");
    assert_eq!(sent, 0);
    // Full-width digits are what a Chinese keyboard types.
    till.press("pay", "６０８６ 2500 0001 0012", "１２３４５６").await.says("是否确认支付？");
    for fields in [
        &[("do", "pay"), ("card", ZHANG.0), ("pin", ZHANG.1)][..],
        &[("do", "steal"), ("card", ZHANG.0), ("pin", ZHANG.1)],
    ] {
        assert_eq!(till.browser.post("/sale/pay", fields).await.status, StatusCode::BAD_REQUEST);
    }
}

/// Card, PIN, price of the goods, code, what is said, a button.
const DECLINES: &[(&str, &str, &str, &str, &str, &str)] = &[
    ("6086250000020029", "123456", "61.20", "51", "余额不足，差 ¥31.20", "换卡再付"),
    ("6086250000030036", "123456", "10", "41", "此卡已挂失", "客服 025-86988520"),
    ("6086250000100102", "123456", "10", "43", "此卡已报被盗", "换卡再付"),
    ("6086250000040043", "123456", "10", "54", "此卡已过期（2025-12）", "换卡再付"),
    ("6086250000050059", "123456", "10", "62", "此卡已冻结", "换卡再付"),
    ("6086250000060066", "123456", "10", "75", "密码错误次数超限，今日已锁定", "换卡再付"),
    ("6086250000090097", "654321", "10", "62", "此卡尚未激活", "换卡再付"),
    ("6086250000070073", "654321", "2000.01", "61", "超过单笔限额（¥2,000.00）", "返回修改商品"),
    ("6086250000110119", "123456", "10", "57", "此卡不能在本店使用", "换卡再付"),
    ("6086250000010012", "111111", "10", "55", "密码错误，还可试 4 次", "请客户重新输入密码"),
];

#[tokio::test]
async fn every_decline_of_a_card_says_what_happened_and_what_to_do() {
    for (card, pin, price, code, what, button) in DECLINES {
        let mut till = Till::open().await;
        till.ring("699999", price, "1").await;
        let page = till.press("pay", card, pin).await;
        for words in ["<title>交易失败", "data-result=\"bad\"", what, "没有扣款，请勿交付药品。", button]
        {
            page.says(words);
        }
        page.says(&format!("<span class=\"rc\">{code}</span>"));
        // A reload keeps it, the next step clears it.
        let page = till.browser.get("/sale").await;
        assert!(!page.text().contains("data-result"), "{code}");
        page.says("交易状态");
        page.says(what);
        assert_eq!(till.sales().await, 0);
        till.in_order().await;
    }
}

#[tokio::test]
async fn one_sale_a_day_is_one_sale() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    till.pay(("6086250000120126", "123456")).await.says("交易成功");
    till.ring("600233", "", "1").await;
    till.press("pay", "6086250000120126", "123456").await.says("超过当日交易次数（1 次）");
}

#[tokio::test]
async fn five_wrong_pins_lock_the_number_for_the_day() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    for left in (1..5).rev() {
        let page = till.press(if left % 2 == 0 { "pay" } else { "balance" }, ZHANG.0, "000000").await;
        page.says(&format!("密码错误，还可试 {left} 次"));
        page.says("请核对卡号");
        page.says("id=\"pin\"");
    }
    till.press("pay", ZHANG.0, "000000").await.says("密码错误次数超限，今日已锁定");
    till.press("pay", ZHANG.0, ZHANG.1).await.says("密码错误次数超限，今日已锁定");
    till.shop.clock.advance(14 * 60 * MINUTE);
    till.browser = till.shop.signed_in("cashier").await;
    till.press("pay", ZHANG.0, ZHANG.1).await.says("是否确认支付？");
}

/// Card number `n` of those that do not exist, with a correct check digit.
pub(crate) fn unknown_number(n: u32) -> String {
    let body = format!("608625009{n:06}");
    let sum = body.bytes().rev().enumerate().fold(0, |sum, (at, digit)| {
        let digit = u32::from(digit - b'0') * if at % 2 == 0 { 2 } else { 1 };
        sum + digit / 10 + digit % 10
    });
    format!("{body}{}", (10 - sum % 10) % 10)
}

#[tokio::test]
async fn one_pin_on_many_cards_pauses_the_till_in_words() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let mut told = 0;
    for n in 0..50 {
        let page = till.press("balance", &unknown_number(n), "123456").await;
        told += u32::from(page.text().contains("密码错误，还可试 4 次"));
    }
    assert_eq!(told, 5, "the sixth card and all after it learn nothing");
    for action in ["balance", "pay"] {
        let page = till.press(action, ZHANG.0, ZHANG.1).await;
        for words in ["本网络多张卡密码输错，为防盗刷", "没有扣款，请勿交付药品。", "请店长在“验密暂停”页面解除"]
        {
            page.says(words);
        }
        assert!(!page.text().contains("是否确认支付"), "the right PIN is not looked at either");
    }
    till.shop.clock.advance(10 * 60 * SECOND);
    till.press("pay", ZHANG.0, ZHANG.1).await.says("是否确认支付？");
    till.in_order().await;
}

#[tokio::test]
async fn a_confirmation_is_good_for_two_minutes_one_order_and_one_total() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    till.shop.clock.advance(121 * SECOND);
    let page = till.confirm(&dialog).await;
    for words in ["22", "确认超时", "没有扣款，请勿交付药品。", "id=\"pin\""] {
        page.says(words);
    }
    assert!(!page.text().contains("订单已锁定"));

    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    till.ring("600901", "", "1").await;
    let page = till.confirm(&dialog).await;
    page.says("订单金额已变为 ¥38.00，与确认的金额不一致");

    let token = hidden(&till.press("pay", ZHANG.0, ZHANG.1).await, "token");
    for at in [0, 70, 100, 140, token.len() - 1] {
        let mut tampered = token.clone().into_bytes();
        tampered[at] = if tampered[at] == b'0' { b'1' } else { b'0' };
        let tampered = String::from_utf8(tampered).expect("ascii");
        let answer = till.browser.post("/sale/confirm", &[("token", &tampered)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        answer.says("没有执行任何操作");
    }
    assert_eq!((till.balance(ZHANG.0).await, till.sales().await), (100_000, 0));
    till.in_order().await;
}

#[tokio::test]
async fn a_foreign_order_cannot_be_paid_or_looked_up() {
    let mut till = Till::open().await;
    let order = till.ring("600233", "", "1").await;
    let token = hidden(&till.press("pay", ZHANG.0, ZHANG.1).await, "token");
    for login in ["other", "cashier2"] {
        let mut other = till.shop.signed_in(login).await;
        let fields =
            [("order", order.as_str()), ("amount", "1550"), ("card", ZHANG.0), ("pin", ZHANG.1), ("do", "pay")];
        other.post("/sale/pay", &fields).await.says("没有找到此订单，或订单已放弃");
        other.post("/sale/query", &[("order", &order)]).await;
        let page = other.get(&format!("/sale?order={order}")).await;
        assert_eq!(page.location(), "/sale");
    }
    let mut other = till.shop.signed_in("other").await;
    other.post("/sale/confirm", &[("token", &token)]).await;
    assert_eq!((till.balance(ZHANG.0).await, till.sales().await), (100_000, 0));
    let staff = &mut till.shop.signed_in("operator").await;
    for path in ["/sale/pay", "/sale/confirm", "/sale/query"] {
        assert_eq!(staff.post(path, &[("token", &token)]).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    till.browser.post_and_look("/sale/confirm", &[("token", &token)]).await.says("交易成功");
}

#[tokio::test]
async fn a_lost_payment_locks_the_order_until_it_is_withdrawn_and_never_charges_late() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    let token = hidden(&dialog, "token");
    let order = till.lose(&token).await;
    let url = format!("/sale?order={order}");
    let page = till.browser.get(&url).await;
    for words in ["<title>处理中", " data-poll>", "订单已锁定", "http-equiv=\"refresh\" content=\"5\""] {
        page.says(words);
    }
    assert!(!page.text().contains("action=\"/sale/pay\""), "nothing can be paid");
    assert!(!page.text().contains("pinned"));

    till.shop.clock.advance(20 * SECOND);
    let page = till.browser.get(&url).await;
    for words in ["<title>结果未知", "不要再次支付，先不要交付药品。", "立即查询结果", "挂起此单，接待下一位", "pinned"]
    {
        page.says(words);
    }
    // Pinned on every page of the store, and no slip.
    till.browser.get("/password").await.says("结果未知，正在查询");
    till.browser.get(&format!("/slip/pending/{order}")).await.says("非消费凭证，结果待确认");
    till.browser.post_and_look("/sale/hold", &[("order", &order.to_string())]).await.says("pinned");
    till.ring("600233", "", "1").await;

    let page = till.browser.post_and_look("/sale/query", &[("order", &order.to_string())]).await;
    for words in ["data-result=\"bad\"", "25", "确认没有扣款，可以重新支付。", "重新支付"] {
        page.says(words);
    }
    assert!(!till.browser.get("/password").await.text().contains("结果未知"));

    // The sale arrives after all.
    till.browser.post_and_look("/sale/confirm", &[("token", &token)]).await.says("确认没有扣款，可以重新支付。");
    assert_eq!((till.balance(ZHANG.0).await, till.sales().await), (100_000, 0));
    till.in_order().await;
}

#[tokio::test]
async fn after_a_restart_lost_payments_are_found_without_anybody_asking() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let token = hidden(&till.press("pay", ZHANG.0, ZHANG.1).await, "token");
    let order = till.lose(&token).await;
    // On a server another instance may still be answering it; after that time none is.
    till.shop.clock.advance(21 * SECOND);
    let follow_up = web::follow_up(till.shop.web.clone());
    for _ in 0..500 {
        if payment::attempt_of(&till.shop.db, ACTOR.outlet, order).await.expect("reads").is_none() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    follow_up.abort();
    till.browser.post_and_look("/sale/confirm", &[("token", &token)]).await.says("确认没有扣款，可以重新支付。");
    till.pay(ZHANG).await.says("交易成功");
    assert_eq!((till.balance(ZHANG.0).await, till.sales().await), (98_450, 1));
    till.in_order().await;
}

#[tokio::test]
async fn a_confirmation_that_never_arrived_is_withdrawn_by_its_token() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    let (order, token) = (hidden(&dialog, "order"), hidden(&dialog, "token"));
    let form = [("order", order.as_str()), ("token", token.as_str())];
    till.browser.post_and_look("/sale/query", &form).await.says("确认没有扣款，可以重新支付。");
    till.browser.post_and_look("/sale/confirm", &[("token", &token)]).await.says("确认没有扣款，可以重新支付。");
    till.pay(ZHANG).await.says("交易成功");
    assert_eq!((till.balance(ZHANG.0).await, till.sales().await), (98_450, 1));
    till.in_order().await;
}

#[tokio::test]
async fn looking_up_a_payment_that_arrived_shows_it() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    let order = hidden(&dialog, "order");
    till.confirm(&dialog).await;
    till.browser.post_and_look("/sale/query", &[("order", &order)]).await.says("交易成功");
    assert_eq!(till.sales().await, 1);
}

impl Till {
    async fn sql(&self, text: &'static str) {
        self.shop.db.write(move |connection| Ok(connection.execute_batch(text)?)).await.expect("is SQL");
    }
}

#[tokio::test]
async fn a_payment_that_could_not_be_written_is_withdrawn_before_not_charged_is_said() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    till.sql(if till.shop.db.path().is_some() {
        "CREATE TRIGGER disk_full BEFORE INSERT ON ledger_transaction WHEN NEW.decline IS NULL
         BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    } else {
        "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$;
         CREATE TRIGGER disk_full BEFORE INSERT ON ledger_transaction FOR EACH ROW
         WHEN (NEW.decline IS NULL) EXECUTE FUNCTION disk_full()"
    })
    .await;
    let page = till.browser.post("/sale/confirm", &[("token", &hidden(&dialog, "token"))]).await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["96", "系统异常", "没有扣款，请勿交付药品。", "重新支付"] {
        page.says(words);
    }
    till.press_without_order("balance", ZHANG.0, ZHANG.1).await.says("96");
    let drop = if till.shop.db.path().is_some() { "DROP TRIGGER disk_full" } else { "DROP FUNCTION disk_full CASCADE" };
    till.sql(drop).await;
    till.pay(ZHANG).await.says("交易成功");
    assert_eq!((till.balance(ZHANG.0).await, till.sales().await), (98_450, 1));
    till.in_order().await;
}

#[tokio::test]
async fn a_store_that_cannot_even_withdraw_leaves_the_order_locked() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    let order = hidden(&dialog, "order");
    till.sql("ALTER TABLE ledger_head RENAME TO ledger_gone").await;
    till.confirm(&dialog).await.says("<title>处理中");
    till.browser.post_and_look("/sale/query", &[("order", &order)]).await.says("处理中");
    till.sql("ALTER TABLE ledger_gone RENAME TO ledger_head").await;
    till.browser.post_and_look("/sale/query", &[("order", &order)]).await.says("确认没有扣款，可以重新支付。");
    till.pay(ZHANG).await.says("交易成功");
    assert_eq!((till.balance(ZHANG.0).await, till.sales().await), (98_450, 1));
    till.in_order().await;
}

#[tokio::test]
async fn english_pages_say_the_same() {
    let mut till = Till::open().await;
    till.browser.get("/lang/en").await;
    till.ring("600233", "", "1").await;
    let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
    dialog.says("Confirm the payment?");
    till.confirm(&dialog).await.says("Payment approved");
    till.ring("699999", "61.20", "1").await;
    till.press("pay", "6086250000020029", "123456").await.says("Insufficient balance, ¥31.20 short");
}

#[test]
fn the_list_of_declines_covers_every_state_of_a_card() {
    let said: Vec<&str> = DECLINES.iter().map(|row| row.3).collect();
    for decline in [
        Decline::CardLost,
        Decline::CardStolen,
        Decline::InsufficientFunds { short_by: Fen(1) },
        Decline::CardFrozen,
        Decline::PinTriesExceeded,
        Decline::WrongPin { tries_left: 1 },
        Decline::NotAcceptedHere,
        Decline::OverSaleLimit { limit: Fen(1) },
    ] {
        assert!(said.contains(&decline.code()), "{decline:?}");
    }
}
