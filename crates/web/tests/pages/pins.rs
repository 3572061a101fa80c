//! 密码: letters with initial PINs and activation codes, resets by two persons, and the page on which a holder sets a PIN.

use axum::http::StatusCode;

use crate::pay::{Till, hidden};
use crate::shop::{self, Answer, OPENING, Shop, Visitor};
use crate::todo::{decide, in_order};

/// A demo card with 30.00 on it, PIN 123456.
const CARD: &str = "6086250000020029";
/// What all refusals say that tell nothing.
const REFUSED: &str = "卡号或激活码不对，或激活码已失效。密码没有改变。";

async fn set(shop: &Shop, sql: &'static str) {
    shop.db.write(move |connection| Ok(connection.execute(sql, [])?)).await.expect("writes");
}

async fn first_use(visitor: &mut Visitor, card: &str, code: &str, pin: &str) -> Answer {
    let page = visitor.get("/first-use").await;
    page.says("首次设置卡密码");
    let request = hidden(&page, "request");
    send(visitor, &request, [card, code, pin, pin, "abcd"]).await
}

async fn send(visitor: &mut Visitor, request: &str, fields: [&str; 5]) -> Answer {
    let [card, code, pin, again, captcha] = fields;
    let all = [("request", request), ("card", card), ("code", code), ("pin", pin), ("again", again), ("c", captcha)];
    visitor.post("/first-use", &all).await
}

/// The secrets on a sheet of letters.
fn secrets(page: &Answer) -> Vec<String> {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    page.text().split("<code>").skip(1).map(|rest| rest.split('<').next().expect("ends").to_owned()).collect()
}

async fn pin_state(shop: &Shop, card: i64) -> (String, String) {
    let sql = "SELECT pin_state, status FROM card WHERE id = ?1";
    let read = move |connection: &storage::sql::Connection| {
        Ok(connection.query_row(sql, [card], |row| Ok((row.get(0)?, row.get(1)?)))?)
    };
    shop.db.read(read).await.expect("reads")
}

async fn reset_by_two_persons_and_set_by_the_holder(shop: Shop) {
    let mut operator = shop.signed_in("operator").await;
    let page = operator.get("/office/pins").await;
    let request = hidden(&page, "request");
    let wrong = [("request", request.as_str()), ("card", "6086250000020023"), ("reason", "忘记密码")];
    operator.post("/office/pins", &wrong).await.says("没有这张卡。没有提交");
    let short = [("request", request.as_str()), ("card", CARD), ("reason", "x")];
    let answer = operator.post("/office/pins", &short).await;
    answer.says("请填写 2–100 个字");
    assert!(!answer.text().contains(CARD), "no card number on a page");
    let fields = [("request", request.as_str()), ("card", CARD), ("reason", "忘记密码")];
    operator.post_and_look("/office/pins", &fields).await.says("已提交，等另一人批准");
    operator.post_and_look("/office/pins", &fields).await.says("已提交");
    assert_eq!(pin_state(&shop, 80_000_002).await.0, "initial", "nothing happens before it is approved");
    let mut checker = shop.signed_in("checker").await;
    let list = checker.get("/office/todo").await.text();
    assert!(list.contains("密码重置"), "{list}");
    let sql = "SELECT CAST(id AS TEXT) FROM proposal WHERE act = 'card_pin'";
    let id: String =
        shop.db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.expect("reads");
    let todo = format!("/office/todo/{id:0>12}");
    for words in ["608625******0029", "刘*明", "没有密码", "初始密码"] {
        checker.get(&todo).await.says(words);
    }
    decide(&mut checker, &todo, "ok").await.says("已同意");
    assert_eq!(pin_state(&shop, 80_000_002).await.0, "unset");
    // The checker makes no code of it, the maker does, and each print ends the one before.
    let reset = [("reset", id.as_str())];
    assert_eq!(checker.post("/office/pins/code", &reset).await.status, StatusCode::FORBIDDEN);
    let first = secrets(&operator.post("/office/pins/code", &reset).await).remove(0);
    let code = secrets(&operator.post("/office/pins/code", &reset).await).remove(0);
    assert!(first.len() == 8 && code.len() == 8 && first != code);
    let mut holder = shop.visitor();
    first_use(&mut holder, CARD, &first, "135792").await.says(REFUSED);
    let done = first_use(&mut holder, CARD, &code, "135792").await;
    done.says("密码已设置");
    done.says("这张卡现在可以用新密码付款");
    assert_eq!(pin_state(&shop, 80_000_002).await.0, "set");
    first_use(&mut holder, CARD, &code, "246813").await.says(REFUSED);
    operator.get("/office/pins").await.says("已完成");
    in_order(&shop).await;
}

#[tokio::test]
async fn a_reset_on_sqlite() {
    reset_by_two_persons_and_set_by_the_holder(Shop::open().await).await;
}

#[tokio::test]
async fn a_reset_on_a_server() {
    reset_by_two_persons_and_set_by_the_holder(Shop::on(Some(shop::database()), |_| {}).await).await;
}

#[tokio::test]
async fn what_cannot_be_right_is_said_beside_its_field_and_nothing_is_compared() {
    let shop = Shop::open().await;
    let mut holder = shop.visitor();
    for (fields, words) in [
        (["", "12345678", "135792", "135792", "abcd"], "卡号不完整或有错"),
        ([CARD, "1234567", "135792", "135792", "abcd"], "激活码是 8 位数字"),
        ([CARD, "12345678", "13579", "13579", "abcd"], "密码是 6 位数字"),
        ([CARD, "12345678", "123456", "123456", "abcd"], "太容易被猜到"),
        ([CARD, "12345678", "888888", "888888", "abcd"], "太容易被猜到"),
        ([CARD, "12345678", "135792", "135793", "abcd"], "两次输入的密码不一样"),
        ([CARD, "12345678", "135792", "135792", "xxxx"], "验证码不对"),
        ([CARD, "12345678", "135792", "135792", ""], "请输入验证码"),
    ] {
        let request = hidden(&holder.get("/first-use").await, "request");
        let answer = send(&mut holder, &request, fields).await;
        answer.says(words);
        answer.says("密码没有改变");
        let text = answer.text();
        assert!(!text.contains(CARD) && !text.contains("12345678") && !text.contains("135792"), "{words}");
    }
    // Unknown and known numbers get one answer.
    let unknown = crate::pay::unknown_number(7);
    let mut texts = Vec::new();
    for card in [CARD, unknown.as_str()] {
        first_use(&mut holder, card, "12345678", "135792").await.says(REFUSED);
        texts.push(REFUSED);
    }
    let sql = "SELECT COUNT(*) FROM ledger_transaction WHERE kind = 'first_use'";
    let count: i64 =
        shop.db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.expect("reads");
    assert_eq!(count, 2);
    in_order(&shop).await;
}

#[tokio::test]
async fn a_card_is_set_up_with_its_letter_and_pays() {
    let shop = Shop::open().await;
    storage::demo_batches::seed_batch(&shop.db, &shop.vault, &shop.books, OPENING).await.expect("seeds");
    set(&shop, "UPDATE programme SET pin_mode = 'first_use' WHERE id = 1").await;
    let mut operator = shop.signed_in("operator").await;
    for (first, last, words) in [
        ("1", "", "卡序号是 12 位数字"),
        ("000001-000002", "000001-000001", "起始和结束要在同一批"),
        ("000001-000001", "000002-000001", "起始和结束要在同一批"),
        ("000001-000001", "000001-001001", "一次最多 1000 张"),
        ("000001-000077", "", "这个范围内没有卡"),
    ] {
        operator.post("/office/pins/sheet", &[("first", first), ("last", last)]).await.says(words);
    }
    // Whoever sees the number is another operator.
    set(&shop, "INSERT INTO person_role (person_id, role) VALUES (9002, 'operator')").await;
    let mut other = shop.signed_in("checker").await;
    let number = other.post("/office/cards/2000001000001/number", &[("reason", "核对卡面")]).await;
    let number =
        number.text().split("id=\"number\">").nth(1).and_then(|rest| rest.split('<').next()).map(str::to_owned);
    let number = number.expect("shown").replace(' ', "");
    let page = operator.post("/office/pins/sheet", &[("first", "000001-000001"), ("last", "000001-000002")]).await;
    let code = secrets(&page);
    assert_eq!(code.len(), 2);
    for words in ["000001-000001", "000001-000002", "608625"] {
        page.says(words);
    }
    assert!(!page.text().contains(&number), "no card number on a sheet");
    let refused = other.post("/office/pins/sheet", &[("first", "000001-000001")]).await;
    assert!(secrets(&refused).is_empty());
    refused.says("您看过这张卡的完整卡号");
    let seen = || async { shop.audited().await.into_iter().filter(|line| line == "card_number_shown").count() };
    for place in ["/office/cards/2000001000001/number", "/office/cards/2000001000002/number"] {
        operator.post(place, &[("reason", "核对卡面")]).await.says("没有显示卡号");
    }
    assert_eq!(seen().await, 1);
    operator.post("/office/cards/2000001000003/number", &[("reason", "核对卡面")]).await.says("6086 25");
    assert!(shop.audited().await.iter().any(|line| line.contains("pins_printed")));
    let mut agent = shop.signed_in("agent").await;
    assert_eq!(agent.post("/office/pins/sheet", &[("first", "000001-000001")]).await.status, StatusCode::FORBIDDEN);
    let mut holder = shop.visitor();
    first_use(&mut holder, &number, &code[0], "135792").await.says("密码已设置");
    assert_eq!(pin_state(&shop, 2_000_001_000_001).await, ("set".to_owned(), "active".to_owned()));
    in_order(&shop).await;
    let page = operator.post("/office/pins/sheet", &[("first", "000001-000001"), ("last", "000001-000002")]).await;
    assert_eq!(secrets(&page).len(), 1, "the card in use gets none");
    for words in ["这些卡没有打印", "000001-000001"] {
        page.says(words);
    }
}

#[tokio::test]
async fn a_card_without_a_pin_says_so_at_the_till() {
    let mut till = Till::open().await;
    set(&till.shop, "UPDATE card SET pin_state = 'unset', pin = NULL WHERE id = 80000002").await;
    till.ring("600233", "15.50", "1").await;
    let page = till.press("pay", CARD, "123456").await;
    page.says("该卡还没有设置密码");
    page.says("请持卡人先用激活码设置密码");
}
