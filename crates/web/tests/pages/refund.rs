//! Refunds through the router: request, review, slip, void, the card company's desk; every answer, every role.

use axum::http::StatusCode;
use domain::command::{Actor, Command};
use domain::ids::{MerchantId, OrderId, OutletId, PersonId, RequestId, TerminalId};
use domain::refund::{self, Ground};
use domain::time::HOUR;
use storage::api_key::{self, NewKey, Scope};
use storage::audit::Entry;

use crate::pay::{Till, ZHANG, hidden};
use crate::shop::{Answer, MINUTE, OPENING, Shop, Visitor};

const WINDOW: i64 = 48 * HOUR;

/// A shop that sold 2 boxes of a drug at 15.50 and one piece of other goods at 12.00: 43.00.
pub(crate) struct Sold {
    pub(crate) till: Till,
    pub(crate) order: String,
    pub(crate) manager: Visitor,
}

impl Sold {
    pub(crate) async fn new() -> Self {
        let mut till = Till::open().await;
        let order = till.ring("600233", "", "2").await;
        till.ring("699999", "12.00", "1").await;
        till.pay(ZHANG).await.says("交易成功");
        let manager = till.shop.signed_in("manager").await;
        Self { till, order, manager }
    }

    fn shop(&self) -> &Shop {
        &self.till.shop
    }

    fn form_url(&self) -> String {
        format!("/refunds/new?order={}", self.order)
    }

    /// The cashier asks for everything; answers the request's number.
    pub(crate) async fn ask(&mut self) -> String {
        self.ask_for(&[("t1", "1"), ("q1", "2"), ("t2", "1"), ("q2", "1")]).await
    }

    pub(crate) async fn ask_for(&mut self, lines: &[(&str, &str)]) -> String {
        let page = self.till.browser.get(&self.form_url()).await;
        let (order, request) = (self.order.clone(), hidden(&page, "request"));
        let mut fields =
            vec![("order", order.as_str()), ("request", &request), ("reason", "客户买错药品"), ("ground", "quality")];
        fields.extend(lines);
        let page = self.till.browser.post_and_look("/refunds/new", &fields).await;
        page.says("已提交。还需要“退货审核”，通过后退款才到卡。");
        number(&page)
    }

    /// The manager's page of a request.
    pub(crate) async fn panel(&mut self, id: &str) -> Answer {
        self.manager.get(&format!("/refunds?id={id}")).await
    }

    async fn decide(&mut self, id: &str, card: &str, action: &str) -> Answer {
        let page = self.panel(id).await;
        decide(&mut self.manager, "/refunds", &page, card, action).await
    }

    async fn refunds(&self) -> Vec<(String, i64)> {
        let read = self.shop().db.read(|connection| {
            let mut statement = connection.prepare("SELECT status, amount FROM refund ORDER BY id")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        });
        read.await.expect("reads")
    }

    async fn change(&self, sql: &'static str) {
        self.shop().db.write(move |connection| Ok(connection.execute_batch(sql)?)).await.expect("writes");
    }
}

/// The twelve digits of a request on the page that says it was sent.
fn number(page: &Answer) -> String {
    let text = page.text();
    let at = text.find("申请编号").expect("a number");
    text[at..].chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect()
}

/// Fills the panel's form in and presses 同意退款 (`ok`) or 驳回 (`no`).
pub(crate) async fn decide(browser: &mut Visitor, path: &str, page: &Answer, card: &str, action: &str) -> Answer {
    let (refund, request) = (hidden(page, "refund"), hidden(page, "request"));
    // At the card company the card is absent.
    let card = if path == "/office/refunds" { &card[card.len() - 4..] } else { card };
    let fields = [
        ("refund", refund.as_str()),
        ("request", &request),
        ("card", card),
        ("opinion", "核对药品未拆封"),
        ("do", action),
    ];
    let answer = browser.post(path, &fields).await;
    if answer.status != StatusCode::SEE_OTHER {
        return answer;
    }
    let location = answer.location().to_owned();
    browser.get(&location).await
}

#[tokio::test]
async fn a_refund_is_asked_for_reviewed_and_printed() {
    let mut sold = Sold::new().await;
    let form = sold.till.browser.get(&sold.form_url()).await;
    for words in [
        "退货申请",
        "6086 25** **** 0012",
        "张*",
        "2026-11-25 10:26",
        "还剩 48 小时 0 分",
        "¥<span data-sum-to>43.00",
        "药品质量问题",
        "发错商品或收错款",
        "顾客不需要了",
        "药品除质量问题和本店差错外不退不换",
        "收银录入错误",
    ] {
        form.says(words);
    }
    let id = sold.ask().await;
    assert_eq!(sold.till.balance(ZHANG.0).await, 95_700, "a request moves nothing");
    let again = sold.till.browser.get(&sold.form_url()).await;
    again.says("已申请退货，等待审核（王敏 11-23 10:26）");
    assert!(!again.text().contains("name=\"reason\""), "nothing is left to ask for");

    let list = sold.manager.get("/refunds").await;
    for words in ["未处理（1）", "客户买错药品", "43.00", "未处理 1 笔，合计 ¥43.00", "1 笔待处理", "王敏"]
    {
        list.says(words);
    }
    let panel = sold.panel(&id).await;
    for words in ["审核信息", "48 小时内", "剩 48 小时 0 分", "同意退款", "驳回", "退款卡号", "审核意见"]
    {
        panel.says(words);
    }
    let done = sold.decide(&id, ZHANG.0, "ok").await;
    for words in ["退款成功，¥43.00 已退回 0012 卡。请打印退货小票（一式两份）。", "data-result=\"ok\"", "李强"]
    {
        done.says(words);
    }
    assert!(!done.text().contains(ZHANG.0), "the number comes back to no page");
    assert_eq!(sold.till.balance(ZHANG.0).await, 100_000);

    slip_is_right(&mut sold, &done).await;
    // A request is no slip.
    assert_eq!(sold.manager.get(&format!("/slip/{id}")).await.status, StatusCode::NOT_FOUND);
    sold.manager.get("/refunds?state=approved").await.says("补打");
    sold.till.in_order().await;
}

/// The slip that `done` leads to: in two copies, each print counted, for nobody else.
async fn slip_is_right(sold: &mut Sold, done: &Answer) {
    let text = done.text();
    let slip = text.split("href=\"/slip/").nth(1).and_then(|rest| rest.get(..12)).expect("a slip").to_owned();
    let page = sold.manager.get(&format!("/slip/{slip}")).await;
    for words in [
        "退货 REFUND",
        "RMB −43.00",
        "人民币肆拾叁元整",
        "原凭证号",
        "原参考号",
        "2026-11-23",
        "客户买错药品",
        "李强（1002）",
        "本人确认已收到以上退款",
        "商户存根",
        "持卡人存根",
        "RMB 1,000.00",
    ] {
        page.says(words);
    }
    assert!(!page.text().contains("DUPLICATED"));
    let print = format!("/slip/{slip}/print");
    let first = sold.manager.post_and_look(&print, &[]).await;
    assert!(!first.text().contains("DUPLICATED"));
    sold.till.browser.post_and_look(&print, &[]).await.says("重打印凭证 DUPLICATED 1");
    sold.till.browser.get(&format!("/slip/{slip}")).await.says("此小票已打印 2 次");
    let audited = sold.shop().audited().await;
    let count = |word: &str| audited.iter().filter(|one| *one == word).count();
    assert_eq!((count("slip_printed"), count("slip_reprinted")), (1, 1));
    for login in ["other", "cashier2"] {
        let mut stranger = sold.shop().signed_in(login).await;
        assert_eq!(stranger.get(&format!("/slip/{slip}")).await.status, StatusCode::NOT_FOUND, "{login}");
        assert_eq!(stranger.post(&print, &[]).await.status, StatusCode::NOT_FOUND, "{login}");
    }
}

#[tokio::test]
async fn the_request_says_what_is_wrong_with_it() {
    let mut sold = Sold::new().await;
    let all = [("t1", "1"), ("q1", "2"), ("t2", "1"), ("q2", "1")];
    for (reason, lines, words) in [
        ("", &all[..], "请填写退货原因"),
        (" 。 ", &all, "退货原因为 2–100 个字"),
        (&"长".repeat(101), &all, "退货原因为 2–100 个字"),
        ("质量问题", &[], "请勾选要退的商品"),
        ("质量问题", &[("t1", "1"), ("q1", "3")], "感冒灵颗粒最多可退 2 件"),
        ("质量问题", &[("t1", "1"), ("q1", "９９９")], "感冒灵颗粒最多可退 2 件"),
        ("质量问题", &[("t1", "1"), ("q1", "0")], "请填写感冒灵颗粒的退货数量，1–2 件"),
        ("质量问题", &[("t1", "1"), ("q1", "x")], "请填写感冒灵颗粒的退货数量，1–2 件"),
        ("质量问题", &[("q1", "1")], "请勾选要退的商品"),
    ] {
        let page = sold.till.browser.get(&sold.form_url()).await;
        let (order, request) = (sold.order.clone(), hidden(&page, "request"));
        let mut fields =
            vec![("order", order.as_str()), ("request", &request), ("reason", reason), ("ground", "quality")];
        fields.extend(lines);
        let answer = sold.till.browser.post("/refunds/new", &fields).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.says(words);
        answer.says("aria-invalid=\"true\"");
    }
    assert_eq!(sold.refunds().await, []);
    // Not wanted any more: the other goods yes, the drug no.
    let page = sold.till.browser.get(&sold.form_url()).await;
    let (order, request) = (sold.order.clone(), hidden(&page, "request"));
    let form = |lines: [(&'static str, &'static str); 2]| {
        let start =
            [("order", order.as_str()), ("request", &request), ("reason", "不想要了"), ("ground", "changed_mind")];
        start.into_iter().chain(lines).collect::<Vec<_>>()
    };
    let page = sold.till.browser.post("/refunds/new", &form([("t1", "1"), ("q1", "1")])).await;
    page.says("药品除质量问题外不退不换");
    page.says("申请没有提交");
    let next = hidden(&page, "request");
    assert_ne!(next, request, "a declined request has used its id up");
    let mut fields = form([("t2", "1"), ("q2", "1")]);
    fields[1] = ("request", &next);
    sold.till.browser.post_and_look("/refunds/new", &fields).await.says("已提交");
    assert_eq!(sold.refunds().await, [("requested".to_owned(), 1_200)]);

    // A recount shows what the ticked lines come to.
    let recount = format!("{}&t1=1&q1=1&reason=x", sold.form_url());
    sold.till.browser.get(&recount).await.says("¥<span data-sum-to>15.50");
    sold.till.in_order().await;
}

#[tokio::test]
async fn a_shop_that_takes_drugs_back_for_any_reason_says_so() {
    let mut till = Till::open().await;
    let order = till.ring("600233", "", "1").await;
    till.pay(ZHANG).await.says("交易成功");
    let url = format!("/refunds/new?order={order}");
    assert!(!till.browser.get(&url).await.text().contains("顾客不需要了"), "not offered when there are drugs only");
    let allow = "UPDATE merchant SET drug_returns = 1";
    till.shop.db.write(move |connection| Ok(connection.execute_batch(allow)?)).await.expect("writes");
    till.browser.get(&url).await.says("顾客不需要了");
}

#[tokio::test]
async fn a_form_sent_twice_is_one_request() {
    let mut sold = Sold::new().await;
    let page = sold.till.browser.get(&sold.form_url()).await;
    let (order, request) = (sold.order.clone(), hidden(&page, "request"));
    let fields = [
        ("order", order.as_str()),
        ("request", &request),
        ("reason", "质量问题"),
        ("ground", "quality"),
        ("t1", "1"),
        ("q1", "1"),
    ];
    let mut twin = sold.shop().same(&sold.till.browser);
    let (one, two) = tokio::join!(sold.till.browser.post("/refunds/new", &fields), twin.post("/refunds/new", &fields));
    assert_eq!((one.status, one.location()), (StatusCode::SEE_OTHER, two.location()));
    twin.post_and_look("/refunds/new", &fields).await.says("已提交");
    // Changed and sent again by the Back button: the first counts.
    let other = [
        ("order", order.as_str()),
        ("request", &request),
        ("reason", "另一个"),
        ("ground", "quality"),
        ("t1", "1"),
        ("q1", "2"),
    ];
    twin.post_and_look("/refunds/new", &other).await.says("已提交");
    assert_eq!(sold.refunds().await, [("requested".to_owned(), 1_550)]);
    assert_eq!(twin.post("/refunds/new", &[("order", &order)]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_cannot_be_refunded_says_why() {
    let mut sold = Sold::new().await;
    let draft = sold.till.ring("600233", "", "1").await;
    let url = format!("/refunds/new?order={draft}");
    sold.till.browser.get(&url).await.says("该订单没有成功扣款，不需要退货");
    let token = hidden(&sold.till.press("pay", ZHANG.0, ZHANG.1).await, "token");
    sold.till.lose(&token).await;
    sold.till.browser.get(&url).await.says("该订单结果未知，查明后才能申请退货");
    sold.till.browser.get(&format!("/void?order={draft}")).await.says("该订单结果未知");

    for login in ["other", "cashier2"] {
        let mut stranger = sold.shop().signed_in(login).await;
        for path in [sold.form_url(), format!("/void?order={}", sold.order)] {
            assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND, "{login}: {path}");
        }
        let request = "0".repeat(32);
        let fields = [
            ("order", sold.order.as_str()),
            ("request", &request),
            ("reason", "质量"),
            ("ground", "quality"),
            ("t1", "1"),
            ("q1", "1"),
        ];
        assert_eq!(stranger.post("/refunds/new", &fields).await.status, StatusCode::NOT_FOUND);
        assert_eq!(stranger.post("/void", &fields).await.status, StatusCode::NOT_FOUND);
    }
    for order in ["", "x", "999999", "-1"] {
        let answer = sold.till.browser.get(&format!("/refunds/new?order={order}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{order}");
    }
    let id = sold.ask().await;
    sold.decide(&id, ZHANG.0, "ok").await.says("退款成功");
    sold.till.browser.get(&sold.form_url()).await.says("该订单已全部退货");
    assert_eq!(sold.refunds().await.len(), 1);
}

#[tokio::test]
async fn after_48_hours_the_card_company_decides() {
    for (after, late) in [(WINDOW - 1_000, false), (WINDOW, false), (WINDOW + 1_000, true)] {
        let mut sold = Sold::new().await;
        sold.shop().clock.advance(after - (sold.shop().clock.now().0 - paid_at(&sold).await));
        sold.till.browser = sold.shop().signed_in("cashier").await;
        let page = sold.till.browser.get(&sold.form_url()).await;
        let (order, request) = (sold.order.clone(), hidden(&page, "request"));
        let mut fields = vec![
            ("order", order.as_str()),
            ("request", &request),
            ("reason", "质量问题"),
            ("ground", "quality"),
            ("t1", "1"),
            ("q1", "1"),
        ];
        if !late {
            assert!(!page.text().contains("转卡公司处理"), "{after}");
            sold.till.browser.post_and_look("/refunds/new", &fields).await.says("已提交。还需要“退货审核”");
            continue;
        }
        page.says("已超过 48 小时，不能在门店退货。请致电客服");
        page.says("025-86988520");
        let answer = sold.till.browser.post("/refunds/new", &fields).await;
        answer.says("已超过门店退货期限");
        let request = hidden(&answer, "request");
        fields[1] = ("request", &request);
        fields.push(("do", "escalate"));
        let page = sold.till.browser.post_and_look("/refunds/new", &fields).await;
        page.says("已提交，转卡公司审核。通过后退款才到卡。");
        let id = number(&page);

        sold.manager = sold.shop().signed_in("manager").await;
        let panel = sold.panel(&id).await;
        panel.says("此申请由卡公司处理，门店不能审核");
        assert!(!panel.text().contains("id=\"cn\""), "nothing to fill in");
        let list = sold.manager.get("/refunds").await;
        list.says("卡公司处理中");
        assert!(!list.text().contains("笔待处理"), "it does not wait for the store");

        let mut office = sold.shop().signed_in("operator").await;
        let list = office.get("/office/refunds").await;
        for words in ["退货处理", "示例大药房（中山路店）", "1 笔待处理", "15.50"] {
            list.says(words);
        }
        let panel = office.get(&format!("/office/refunds?id={id}")).await;
        decide(&mut office, "/office/refunds", &panel, "6086250000020029", "ok")
            .await
            .says("与原卡号不一致（末四位应为 0012），不能退款");
        let panel = office.get(&format!("/office/refunds?id={id}")).await;
        panel.says("退款卡号后四位");
        let (refund, request) = (hidden(&panel, "refund"), hidden(&panel, "request"));
        for card in ["", "12", "00l2", ZHANG.0] {
            let fields =
                [("refund", refund.as_str()), ("request", &request), ("card", card), ("opinion", "同意"), ("do", "ok")];
            let page = office.post("/office/refunds", &fields).await;
            page.says("请填写退款卡号的后四位数字");
            assert!(!page.text().contains(ZHANG.0));
        }
        decide(&mut office, "/office/refunds", &panel, ZHANG.0, "ok").await.says("退款成功，¥15.50 已退回 0012 卡");
        office.get("/office/refunds?state=approved").await.says("陈静");
        // The store prints the slip, with the store's terminal on it.
        let slip = slip_of(&sold).await;
        let page = sold.manager.get(&format!("/slip/{slip}")).await;
        page.says("陈静（9001）");
        page.says("25010007");
        sold.till.in_order().await;
    }
}

async fn paid_at(sold: &Sold) -> i64 {
    let sql = "SELECT at FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL";
    sold.shop().db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.expect("reads")
}

async fn slip_of(sold: &Sold) -> String {
    let sql = "SELECT decided_by FROM refund WHERE status = 'approved'";
    let id: i64 = sold.shop().db.read(move |c| Ok(c.query_row(sql, [], |row| row.get(0))?)).await.expect("reads");
    format!("{id:012}")
}

#[tokio::test]
async fn time_that_passes_while_a_request_waits_sends_it_to_the_card_company() {
    for action in ["ok", "no"] {
        let mut sold = Sold::new().await;
        let id = sold.ask().await;
        let panel = sold.panel(&id).await;
        // The reviewer goes for lunch, for two days, with the page open.
        sold.shop().clock.advance(WINDOW + MINUTE);
        sold.manager = sold.shop().signed_in("manager").await;
        let page = decide(&mut sold.manager, "/refunds", &panel, ZHANG.0, action).await;
        page.says("审核时已超过 48 小时，已转客服处理");
        page.says("没有退款，卡内余额没有变化。");
        assert_eq!(sold.refunds().await[0].0, "escalated");
        let mut office = sold.shop().signed_in("checker").await;
        let panel = office.get(&format!("/office/refunds?id={id}")).await;
        decide(&mut office, "/office/refunds", &panel, ZHANG.0, action).await;
        assert_eq!(sold.refunds().await[0].0, if action == "ok" { "approved" } else { "rejected" });
        sold.till.in_order().await;
    }
    // Nobody looks at it for two days: it is the card company's without anybody's doing.
    let mut sold = Sold::new().await;
    sold.ask().await;
    let mut office = sold.shop().signed_in("checker").await;
    assert!(!office.get("/office/refunds").await.text().contains("43.00"));
    sold.shop().clock.advance(WINDOW + MINUTE);
    sold.shop().signed_in("checker").await.get("/office/refunds").await.says("43.00");
    sold.shop().signed_in("manager").await.get("/refunds").await.says("卡公司处理中");
}

#[tokio::test]
async fn nobody_reviews_an_own_request() {
    let mut sold = Sold::new().await;
    let manager = sold.shop().signed_in("manager").await;
    let browser = std::mem::replace(&mut sold.till.browser, manager);
    sold.change("INSERT INTO person_role (person_id, role) VALUES (1003, 'store_manager')").await;
    let id = sold.ask().await;
    let page = sold.panel(&id).await;
    page.says("不能审核自己提交的申请");
    assert!(!page.text().contains("id=\"cn\""));
    // The form of another window, filled in for it.
    let request = "1".repeat(32);
    let number: i64 = id.parse().expect("digits");
    let number = number.to_string();
    let fields =
        [("refund", number.as_str()), ("request", &request), ("card", ZHANG.0), ("opinion", "同意退款"), ("do", "ok")];
    sold.manager.post_and_look("/refunds", &fields).await.says("不能审核自己提交的申请");
    assert_eq!(sold.refunds().await[0].0, "requested");
    // The cashier, a manager since this morning, may.
    sold.manager = browser;
    sold.decide(&id, ZHANG.0, "ok").await.says("退款成功");
    sold.till.in_order().await;
}

/// A key of the manager asks, as a person of its own in the books.
#[tokio::test]
async fn the_maker_of_a_key_does_not_review_what_it_asked_for() {
    let mut sold = Sold::new().await;
    let key = NewKey {
        merchant: MerchantId(250_100),
        outlet: None,
        terminal: None,
        name: "ERP".to_owned(),
        scopes: vec![Scope::Refund],
        signed: false,
        rate_max: 60,
        expires_at: OPENING.plus(24 * HOUR),
    };
    let entry = Entry {
        at: OPENING,
        person: Some(PersonId(1002)),
        merchant: None,
        terminal: None,
        action: "api_key_created",
        subject: String::new(),
        detail: String::new(),
        address: String::new(),
    };
    let id = api_key::create(&sold.shop().db, key, "secret".to_owned(), entry).await.expect("writes").expect("made");
    let key = api_key::find(&sold.shop().db, id, "secret").await.expect("reads").expect("there");
    // With a second reviewer about, the request stays in the store.
    sold.change("INSERT INTO person_role (person_id, role) VALUES (1003, 'store_manager')").await;
    let order = OrderId(sold.order.parse().expect("digits"));
    let reason = "回扣".to_owned();
    let request = refund::Request { order, lines: vec![(1, 1)], ground: Ground::Quality, reason, escalate: false };
    let till = Actor {
        merchant: MerchantId(250_100),
        outlet: OutletId(2_501_001),
        terminal: TerminalId(25_010_007),
        person: key.person,
    };
    let asked = sold.shop().web.engine.submit(RequestId([7; 16]), till, Command::RefundRequest(request)).await;
    let asked = asked.expect("posted").transaction().expect("on record").id;
    let page = sold.panel(&asked.rrn()).await;
    page.says("这两个登录属于同一人");
    assert!(!page.text().contains("id=\"cn\""));
    let fields = [
        ("refund", asked.0.to_string()),
        ("request", "1".repeat(32)),
        ("card", ZHANG.0.to_owned()),
        ("opinion", "同意退款".to_owned()),
        ("do", "ok".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sold.manager.post_and_look("/refunds", &fields).await.says("这两个登录属于同一人");
    assert_eq!(sold.refunds().await, [("requested".to_owned(), 1_550)]);
    sold.manager = sold.shop().signed_in("cashier").await;
    sold.decide(&asked.rrn(), ZHANG.0, "ok").await.says("退款成功");
    sold.till.in_order().await;
}

#[tokio::test]
async fn a_chain_manager_reviews_refunds_and_answers_disputes_without_a_till() {
    let mut sold = Sold::new().await;
    // The store's only manager asks: the chain's is the other person.
    sold.till.browser = sold.shop().signed_in("manager").await;
    let id = sold.ask_for(&[("t1", "1"), ("q1", "1")]).await;
    assert_eq!(sold.refunds().await, [("requested".to_owned(), 1_550)]);
    sold.manager = sold.shop().signed_in("chain").await;
    let list = sold.manager.get("/refunds").await;
    for words in ["示例大药房（中山路店）", "1 笔待处理", "<dd>示例大药房</dd>"] {
        list.says(words);
    }
    let panel = sold.panel(&id).await;
    panel.says("同意退款");
    let done = sold.decide(&id, ZHANG.0, "ok").await;
    done.says("退款成功，¥15.50 已退回 0012 卡。退货小票由门店补打。");
    assert!(!done.text().contains("/slip/"), "no till, no printer");
    assert!(!sold.manager.get("/refunds?state=approved").await.text().contains("/slip/"));
    for path in ["/disputes", "/settlements"] {
        assert_eq!(sold.manager.get(path).await.status, StatusCode::OK, "{path}");
    }
    // Another merchant's refund is not theirs.
    let mut other = sold.shop().signed_in("other").await;
    assert_eq!(other.get(&format!("/refunds?id={id}")).await.status, StatusCode::NOT_FOUND);
    sold.till.in_order().await;
}

#[tokio::test]
async fn a_shop_with_one_person_sends_its_requests_to_the_card_company() {
    let mut sold = Sold::new().await;
    sold.change("UPDATE person SET status = 'disabled' WHERE login = 'chain'").await;
    sold.till.browser = sold.shop().signed_in("manager").await;
    let page = sold.till.browser.get(&sold.form_url()).await;
    page.says("本商户没有其他审核人员，申请将转卡公司审核。");
    let (order, request) = (sold.order.clone(), hidden(&page, "request"));
    let fields = [
        ("order", order.as_str()),
        ("request", &request),
        ("reason", "质量问题"),
        ("ground", "quality"),
        ("t1", "1"),
        ("q1", "1"),
    ];
    sold.till.browser.post_and_look("/refunds/new", &fields).await.says("已提交，转卡公司审核。");
    assert_eq!(sold.refunds().await, [("escalated".to_owned(), 1_550)]);
    sold.shop().signed_in("operator").await.get("/office/refunds").await.says("1 笔待处理");
}

#[tokio::test]
async fn the_review_says_what_is_wrong_with_it() {
    let mut sold = Sold::new().await;
    let id = sold.ask().await;
    let page = sold.panel(&id).await;
    let (refund, request) = (hidden(&page, "refund"), hidden(&page, "request"));
    for (card, opinion, action, words) in [
        ("", "同意退款", "ok", "请刷卡或输入卡号"),
        ("6086", "同意退款", "ok", "卡号为 16–19 位数字"),
        ("6086250000010013", "同意退款", "ok", "14 卡号无效，请重新刷卡或输入"),
        (ZHANG.0, "", "ok", "请填写审核意见"),
        (ZHANG.0, "好", "ok", "审核意见为 2–100 个字"),
        ("", " ", "no", "请填写审核意见"),
    ] {
        let fields =
            [("refund", refund.as_str()), ("request", &request), ("card", card), ("opinion", opinion), ("do", action)];
        let answer = sold.manager.post("/refunds", &fields).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.says(words);
        answer.says("aria-invalid=\"true\"");
        assert!(!answer.text().contains(ZHANG.0));
    }
    for fields in [
        &[("refund", refund.as_str()), ("request", &request), ("opinion", "同意退款")][..],
        &[("refund", "x"), ("request", &request), ("opinion", "同意退款"), ("do", "no")],
        &[("refund", &refund), ("request", "x"), ("opinion", "同意退款"), ("do", "no")],
        &[("refund", &refund), ("request", &request), ("opinion", "同意"), ("do", "ok"), ("token", "00")],
    ] {
        assert_eq!(sold.manager.post("/refunds", fields).await.status, StatusCode::BAD_REQUEST);
    }
    let page = sold.decide(&id, "6086250000020029", "ok").await;
    page.says("与原卡号不一致（末四位应为 0012），不能退款");
    page.says("核对药品未拆封");
    page.says("aria-invalid=\"true\"");
    // Swiped, it is the same card.
    sold.decide(&id, ";6086250000010012=29121010000?", "ok").await.says("退款成功");
    assert_eq!(sold.refunds().await, [("approved".to_owned(), 4_300)]);
    sold.till.in_order().await;
}

#[tokio::test]
async fn turned_down_it_can_be_asked_for_again() {
    let mut sold = Sold::new().await;
    let id = sold.ask().await;
    let page = sold.decide(&id, "", "no").await;
    for words in ["已驳回，没有退款。请告知客户原因：核对药品未拆封", "李强"] {
        page.says(words);
    }
    sold.manager.get("/refunds?state=rejected").await.says("已驳回");
    sold.manager.get("/refunds").await.says("没有符合条件的退货申请");
    let paid = sold.till.browser.get(&format!("/orders/{}", sold.order)).await.text();
    let sale = paid.split("href=\"/slip/").nth(1).and_then(|rest| rest.split('"').next()).expect("a slip");
    let heading = paid.split("<h1>").nth(1).and_then(|rest| rest.split('<').next()).expect("a heading");
    let number: String = heading.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(number.len(), 10, "{heading}");
    for find in ["6086 25** **** 0012", "0012", sale, sale.trim_start_matches('0'), &number] {
        let page = sold.manager.get(&format!("/refunds?state=all&card={}", find.replace(' ', "+"))).await;
        page.says("客户买错药品");
    }
    for find in ["9999", "010000000001", "2611239999"] {
        let page = sold.manager.get(&format!("/refunds?state=all&card={find}")).await;
        assert!(!page.text().contains("客户买错药品"), "{find}");
    }
    let id = sold.ask_for(&[("t1", "1"), ("q1", "1")]).await;
    sold.decide(&id, ZHANG.0, "ok").await.says("退款成功，¥15.50");
    sold.till.browser.get(&sold.form_url()).await.says("¥<span data-sum-to>27.50");
    sold.till.in_order().await;
}

#[tokio::test]
async fn cards_that_are_not_what_they_were() {
    for (status, words) in [
        ("lost", "原卡已挂失/销卡，退款转客服人工处理"),
        ("stolen", "原卡已挂失/销卡，退款转客服人工处理"),
        ("closed", "原卡已挂失/销卡，退款转客服人工处理"),
        ("frozen", "退款成功"),
        ("pin_locked", "退款成功"),
    ] {
        let mut sold = Sold::new().await;
        let id = sold.ask().await;
        let change = format!("UPDATE card SET status = '{status}' WHERE holder = '张芳'");
        sold.shop().db.write(move |connection| Ok(connection.execute_batch(&change)?)).await.expect("writes");
        sold.decide(&id, ZHANG.0, "ok").await.says(words);
        if status == "closed" {
            let mut office = sold.shop().signed_in("operator").await;
            let panel = office.get(&format!("/office/refunds?id={id}")).await;
            decide(&mut office, "/office/refunds", &panel, ZHANG.0, "ok").await.says("原卡已销卡，不能退款到卡。");
        }
        // Its state was written behind the books, which all else agrees with.
        let back = "UPDATE card SET status = 'active' WHERE holder = '张芳'";
        sold.shop().db.write(move |connection| Ok(connection.execute_batch(back)?)).await.expect("writes");
        sold.till.in_order().await;
    }
}

#[tokio::test]
async fn another_merchant_finds_nothing() {
    let mut sold = Sold::new().await;
    let id = sold.ask().await;
    let mut other = sold.shop().signed_in("other").await;
    assert_eq!(other.get(&format!("/refunds?id={id}")).await.status, StatusCode::NOT_FOUND);
    assert!(!other.get("/refunds?state=all").await.text().contains("客户买错药品"));
    let refund: i64 = id.parse().expect("digits");
    let (refund, request) = (refund.to_string(), "2".repeat(32));
    let fields =
        [("refund", refund.as_str()), ("request", &request), ("card", ZHANG.0), ("opinion", "同意退款"), ("do", "ok")];
    assert_eq!(other.post("/refunds", &fields).await.status, StatusCode::NOT_FOUND);
    // In time, it is not the card company's either.
    let mut office = sold.shop().signed_in("operator").await;
    assert_eq!(office.post("/office/refunds", &fields).await.status, StatusCode::NOT_FOUND);
    assert_eq!(sold.refunds().await[0].0, "requested");
    assert_eq!(sold.till.browser.get("/refunds").await.status, StatusCode::FORBIDDEN);
}

/// Fifty windows of two reviewers, half of them approving, half turning down.
#[tokio::test]
async fn fifty_decisions_at_once_are_one() {
    let mut sold = Sold::new().await;
    let id = sold.ask().await;
    sold.change("INSERT INTO person_role (person_id, role) VALUES (1005, 'store_manager')").await;
    let second = sold.shop().signed_in("cashier2").await;
    let mut windows = Vec::new();
    for n in 0..50 {
        let mut window = sold.shop().same(if n % 4 < 2 { &sold.manager } else { &second });
        let page = window.get(&format!("/refunds?id={id}")).await;
        windows.push((window, page, if n % 2 == 0 { "ok" } else { "no" }));
    }
    let decisions = windows.into_iter().map(|(mut window, page, action)| {
        tokio::spawn(async move { decide(&mut window, "/refunds", &page, ZHANG.0, action).await })
    });
    let decisions: Vec<_> = decisions.collect();
    let (mut first, mut late) = (0, 0);
    for decision in decisions {
        let page = decision.await.expect("answers");
        if page.text().contains("已于 11-23 10:26 处理，结果：") {
            page.says("role=\"alert\"");
            late += 1;
        } else {
            first += 1;
        }
    }
    assert_eq!((first, late), (1, 49));
    let sql =
        "SELECT COUNT(*) FROM ledger_transaction WHERE kind IN ('refund', 'refund_rejection') AND decline IS NULL";
    let decided: i64 = sold.shop().db.read(move |c| Ok(c.query_row(sql, [], |row| row.get(0))?)).await.expect("reads");
    assert_eq!(decided, 1);
    let paid_back = i64::from(sold.refunds().await[0].0 == "approved") * 4_300;
    assert_eq!(sold.till.balance(ZHANG.0).await, 95_700 + paid_back);
    sold.till.in_order().await;
}

#[tokio::test]
async fn a_store_that_fails_refunds_nothing_and_says_so() {
    let mut sold = Sold::new().await;
    let id = sold.ask().await;
    sold.change("ALTER TABLE ledger_head RENAME TO ledger_gone").await;
    let page = sold.decide(&id, ZHANG.0, "ok").await;
    page.says("96 系统异常，没有退款，申请仍未处理。请稍后再试。");
    page.says("核对药品未拆封");
    let page = sold.till.browser.get(&format!("/void?order={}", sold.order)).await;
    page.says("该订单已有退货申请，不能撤销。");
    sold.change("ALTER TABLE ledger_gone RENAME TO ledger_head").await;
    sold.decide(&id, ZHANG.0, "ok").await.says("退款成功");
}

#[tokio::test]
async fn the_kind_of_reason_is_chosen_by_a_person_and_agrees_with_the_words() {
    let mut sold = Sold::new().await;
    let form = sold.till.browser.get(&sold.form_url()).await;
    assert!(!form.text().contains("name=\"ground\" id=\"gr-quality\" value=\"quality\" checked"));
    assert_eq!(form.text().matches("type=\"radio\"").count(), 3);
    let radios = form
        .text()
        .split("type=\"radio\"")
        .skip(1)
        .filter(|rest| rest.split('>').next().unwrap_or_default().contains("checked"))
        .count();
    assert_eq!(radios, 0, "nothing is chosen");
    let (order, request) = (sold.order.clone(), hidden(&form, "request"));
    let fields = [("order", order.as_str()), ("request", &request), ("reason", "包装破损"), ("t1", "1"), ("q1", "1")];
    sold.till.browser.post("/refunds/new", &fields).await.says("请选择退货类别");
    assert_eq!(sold.refunds().await, []);
    // Without the script a quick reason chooses both and keeps what was filled in.
    let url = format!(
        "/refunds/new?order={order}&t1=1&q1=1&usual=shop_error+%E6%94%B6%E9%93%B6%E5%BD%95%E5%85%A5%E9%94%99%E8%AF%AF"
    );
    let page = sold.till.browser.get(&url).await;
    page.says("value=\"shop_error\" checked");
    page.says(">收银录入错误</textarea>");
    page.says("name=\"q1\" value=\"1\"");
    // Only drugs are left: nothing is offered that contradicts the rule.
    let only_drugs = sold.till.ring("600233", "", "1").await;
    sold.till.pay(ZHANG).await.says("交易成功");
    let page = sold.till.browser.get(&format!("/refunds/new?order={only_drugs}")).await;
    page.says("药品除质量问题和本店差错外不退不换");
    assert!(!page.text().contains("客户买错药品"));
}

#[tokio::test]
async fn past_the_stores_time_nobody_is_sent_to_the_manager() {
    let mut sold = Sold::new().await;
    sold.shop().clock.advance(49 * 60 * MINUTE);
    sold.till.browser = sold.shop().signed_in("cashier").await;
    let page = sold.till.browser.get(&sold.form_url()).await;
    page.says("由卡公司审核");
    assert!(!page.text().contains("还需要门店经理"));
}

#[tokio::test]
async fn a_sale_is_voided_with_a_managers_consent() {
    let mut sold = Sold::new().await;
    let url = format!("/void?order={}", sold.order);
    let page = sold.till.browser.get(&url).await;
    for words in ["是否撤销这笔交易？全额退回原卡。", "¥43.00", "6086 25** **** 0012", "撤销需要店长确认"]
    {
        page.says(words);
    }
    let (order, request) = (sold.order.clone(), hidden(&page, "request"));
    for (user, password, words) in [
        ("", "", "请输入"),
        ("manager", "wrong", "还可以再试 4 次"),
        ("cashier", "Demo-pass-2026", "此用户没有店长权限"),
        ("other", "Demo-pass-2026", "此用户没有店长权限"),
    ] {
        let fields = [("order", order.as_str()), ("request", &request), ("user", user), ("password", password)];
        sold.till.browser.post_and_look("/void", &fields).await.says(words);
    }
    assert_eq!(sold.till.balance(ZHANG.0).await, 95_700);
    let fields =
        [("order", order.as_str()), ("request", &request), ("user", "manager"), ("password", "Demo-pass-2026")];
    let done = sold.till.browser.post_and_look("/void", &fields).await;
    done.says("撤销成功，¥43.00 已退回 0012 卡。请打印撤销小票（一式两份）。");
    assert_eq!(sold.till.balance(ZHANG.0).await, 100_000);
    let slip = done.text().split("href=\"/slip/").nth(1).and_then(|rest| rest.get(..12)).expect("a slip").to_owned();
    let page = sold.till.browser.get(&format!("/slip/{slip}")).await;
    for words in ["撤销 VOID", "RMB −43.00", "李强（1002）", "原参考号"] {
        page.says(words);
    }
    let print = format!("/slip/{slip}/print");
    sold.till.browser.post_and_look(&print, &[]).await;
    sold.till.browser.post_and_look(&print, &[]).await.says("重打印凭证 DUPLICATED 1");
    // Once is enough, and nothing is left to refund.
    sold.till.browser.post_and_look("/void", &fields).await.says("撤销成功");
    for path in [url, sold.form_url()] {
        sold.till.browser.get(&path).await.says("该订单已撤销，全额已退回卡内");
    }
    let audited = sold.shop().audited().await;
    assert_eq!(audited.iter().filter(|one| *one == "void_denied").count(), 2);
    sold.till.in_order().await;
}

#[tokio::test]
async fn a_manager_voids_alone_but_not_everything() {
    let mut sold = Sold::new().await;
    let url = format!("/void?order={}", sold.order);
    let page = sold.manager.get(&url).await;
    assert!(!page.text().contains("撤销需要店长确认"));
    let (order, request) = (sold.order.clone(), hidden(&page, "request"));
    // Meanwhile somebody asks for a refund.
    let id = sold.ask().await;
    let fields = [("order", order.as_str()), ("request", &request)];
    sold.manager.post("/void", &fields).await.says("该订单已有退货申请，不能撤销。");
    sold.decide(&id, "", "no").await;
    sold.manager.post_and_look("/void", &fields).await.says("撤销成功");
    sold.till.in_order().await;

    let sold = Sold::new().await;
    let url = format!("/void?order={}", sold.order);
    sold.shop().clock.advance(14 * 60 * MINUTE);
    sold.shop()
        .signed_in("manager")
        .await
        .get(&url)
        .await
        .says("已班结、已过当日或不是本终端的交易，不能撤销，请改为退货申请。");
    assert_eq!(sold.shop().signed_in("operator").await.get(&url).await.status, StatusCode::FORBIDDEN);
}

/// A chain manager sells nowhere and has no till, and decides for every outlet of the merchant and for no other.
#[tokio::test]
async fn a_chain_manager_decides_refunds_of_the_merchant_without_a_till() {
    let mut sold = Sold::new().await;
    let id = sold.ask().await;
    for login in ["other", "chain"] {
        sold.manager = sold.shop().signed_in(login).await;
        let page = sold.manager.get(&format!("/refunds?id={id}")).await;
        assert_eq!(page.text().contains("id=\"cn\""), login == "chain", "{login}");
    }
    sold.manager.get("/refunds").await.says("客户买错药品");
    sold.decide(&id, ZHANG.0, "ok").await.says("退款成功");
    sold.till.in_order().await;
}
