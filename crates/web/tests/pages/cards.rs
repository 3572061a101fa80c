//! Cards in the office: found, looked at, stopped and opened again, and why an attempt was declined.

use axum::http::StatusCode;

use crate::pay::{Till, ZHANG, hidden};
use crate::shop::{OPENING, Shop, Visitor};

const CARDS: &str = "/office/cards";
/// The demo card of [`ZHANG`].
const CARD: &str = "/office/cards/80000001";

/// Sends the form that a card's page shows for a move.
async fn make(person: &mut Visitor, card: &str, made: &str, reason: &str) -> crate::shop::Answer {
    let page = person.get(&format!("{card}?m={made}")).await.text();
    let request =
        page.split("name=\"request\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    person.post_and_look(card, &[("request", &request.expect("a form")), ("do", made), ("reason", reason)]).await
}

#[tokio::test]
async fn a_card_is_found_by_number_last_four_name_state_and_customer() {
    let shop = Shop::open().await;
    let mut agent = shop.signed_in("agent").await;
    let found = agent.post(CARDS, &[("card", ZHANG.0)]).await;
    assert_eq!((found.status, found.location()), (StatusCode::SEE_OTHER, CARD));
    let unknown = domain::card_number::with_check_digit("608625000009999").expect("a number");
    agent.post(CARDS, &[("card", unknown.reveal())]).await.says("没有这张卡");
    agent.post(CARDS, &[("card", "6086250000099998")]).await.says("没有读到卡号");
    agent.post(CARDS, &[("card", "6222021234567890128")]).await.says("这不是慧医卡");
    for (query, has, hasnt) in [
        ("?q=0012", "6086 25** **** 0012", "0059"),
        ("?q=张", "张*", "刘*明"),
        ("?status=frozen", "6086 25** **** 0059", "0012"),
        ("?programme=2", "不记名", "张*"),
        ("?q=nobody", "没有找到", "**** 0012"),
        ("?customer=1000001", "没有找到", "**** 0012"),
    ] {
        let page = agent.get(&format!("{CARDS}{query}")).await;
        page.says(has);
        assert!(!page.text().contains(hasnt), "{query}");
    }
    let all = agent.get(CARDS).await.text();
    assert!(
        all.contains("共 12 张") && !all.contains("张芳") && !all.contains(ZHANG.0),
        "names and numbers are masked"
    );
    // An address never takes a number.
    let address = agent.get(&format!("{CARDS}?q={}", ZHANG.0)).await;
    assert!(!address.text().contains(ZHANG.0) && !address.text().contains("张*"));
    for login in ["finance", "admin", "cashier"] {
        assert_eq!(shop.signed_in(login).await.get(CARDS).await.status, StatusCode::FORBIDDEN, "{login}");
    }
}

#[tokio::test]
async fn a_card_is_stopped_alone_and_opened_by_two() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    let mut agent = till.shop.signed_in("agent").await;
    let short = [("request", "0198f2d1-0000-7000-8000-000000000002"), ("do", "report_lost"), ("reason", "x")];
    agent.post(CARD, &short).await.says("原因要 2 到 100 字");
    let page = make(&mut agent, CARD, "report_lost", "来电挂失，已核对身份证").await;
    page.says("已变更，立即生效");
    page.says("已挂失");
    till.press("pay", ZHANG.0, ZHANG.1).await.says("此卡已挂失");
    // A slip of the hand is undone alone; by somebody else it takes two.
    let mut operator = till.shop.signed_in("operator").await;
    operator.get(&format!("{CARD}?m=reopen")).await.says("由另一人复核");
    agent.get(&format!("{CARD}?m=reopen")).await.says("立即生效");
    let proposed = make(&mut operator, CARD, "reopen", "卡已找到").await;
    proposed.says("恢复用卡");
    operator.get(&format!("{CARD}?t=proposals")).await.says("恢复用卡");
    operator.get(&format!("{CARD}?t=states")).await.says("来电挂失，已核对身份证");
    make(&mut agent, CARD, "reopen", "按错了").await.says("已变更，立即生效");
    till.pay(ZHANG).await.says("交易成功");
    let audited = till.shop.audited().await;
    assert_eq!(audited.iter().filter(|action| *action == "card_moved").count(), 2);
    let mut auditor = till.shop.signed_in("auditor").await;
    auditor.get(CARD).await.says("现在没有可以做的变更");
    let fields = [("request", "0198f2d1-0000-7000-8000-000000000001"), ("do", "freeze"), ("reason", "no reason")];
    assert_eq!(auditor.post(CARD, &fields).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_ledger_adds_up_and_a_decline_is_explained() {
    let mut till = Till::open().await;
    till.ring("600233", "", "1").await;
    till.press("pay", ZHANG.0, "000000").await;
    till.pay(ZHANG).await.says("交易成功");
    let mut agent = till.shop.signed_in("agent").await;
    let page = agent.get(CARD).await;
    for words in ["相符", "充值", "消费", "张*", "984.50", "今天还能付", "示例大药房"] {
        page.says(words);
    }
    assert!(!page.text().contains("999999") && !page.text().contains(ZHANG.0));
    let attempts = agent.get(&format!("{CARD}?t=attempts")).await.text();
    let why = attempts.split("href=\"/office/cards/80000001/attempts/").nth(1).and_then(|rest| rest.split('"').next());
    let why = format!("{CARD}/attempts/{}", why.expect("a decline"));
    let page = agent.get(&why).await;
    for words in ["55 密码错误", "与记录一致", "当时余额", "1,000.00", "在该处 0 次"] {
        page.says(words);
    }
    assert_eq!(agent.get(&format!("{CARD}/attempts/1")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(agent.get("/office/cards/1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_next_page_names_no_holder_in_its_address_and_resets_stand_on_the_card() {
    let shop = Shop::open().await;
    storage::demo_batches::seed_batch(&shop.db, &shop.vault, &shop.books, OPENING).await.expect("seeds");
    let mut agent = shop.signed_in("agent").await;
    let page = agent.get("/office/cards").await;
    let next = page.text().split("after=").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    let next = next.expect("there are more than fifty");
    assert!(next.bytes().all(|byte| byte.is_ascii_digit()), "{next}");
    agent.get(&format!("/office/cards?after={next}")).await.says("6086 25");
    let pins = agent.get("/office/pins").await;
    let fields = [
        ("request", hidden(&pins, "request")),
        ("card", "6086250000020029".to_owned()),
        ("reason", "忘记密码".to_owned()),
    ];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    agent.post("/office/pins", &fields).await;
    agent.get("/office/cards/80000002?t=proposals").await.says("密码重置");
}
