//! Every way to leave an order whose payment was sent, whatever became of the request: what the till says then stays
//! true when the request arrives late. And the next customer's order, which is an empty one.

use axum::http::StatusCode;

use crate::pay::{SECOND, Till, ZHANG, hidden};
use crate::shop::Answer;

/// A way out of the panel 结果未知 or of the page around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// 挂起此单，接待下一位 on the panel, which knows the payment.
    HoldOnPanel,
    /// 挂单 below the lines, which does not.
    HoldBelow,
    /// 新订单.
    NewOrder,
    /// 放弃订单.
    Abandon,
    /// 挂单 in another window of the same till.
    SecondWindow,
    /// Lines changed in another window, to the same total.
    LinesChanged,
    /// 退出登录.
    SignOut,
    /// 锁屏, by hand or by waiting.
    Lock,
}

const DOORS: [Door; 8] = [
    Door::HoldOnPanel,
    Door::HoldBelow,
    Door::NewOrder,
    Door::Abandon,
    Door::SecondWindow,
    Door::LinesChanged,
    Door::SignOut,
    Door::Lock,
];

/// An order in the middle of its payment.
struct Sent {
    till: Till,
    order: String,
    token: String,
}

impl Sent {
    async fn open() -> Self {
        let mut till = Till::open().await;
        till.ring("600233", "", "1").await;
        let dialog = till.press("pay", ZHANG.0, ZHANG.1).await;
        let (order, token) = (hidden(&dialog, "order"), hidden(&dialog, "token"));
        till.shop.clock.advance(SECOND);
        Self { till, order, token }
    }

    /// The request 确定支付 arrives, from the window that sent it.
    async fn arrive(&mut self, cookies: &crate::shop::Visitor) -> Answer {
        self.till.shop.same(cookies).post("/sale/confirm", &[("token", &self.token)]).await
    }

    async fn leave(&mut self, door: Door) -> Answer {
        let order = [("order", self.order.as_str())];
        let browser = &mut self.till.browser;
        match door {
            Door::HoldOnPanel => browser.post("/sale/hold", &[("order", &self.order), ("token", &self.token)]).await,
            Door::HoldBelow => browser.post("/sale/hold", &order).await,
            Door::NewOrder => {
                let page = browser.get(&format!("/sale?order={}", self.order)).await;
                if page.text().contains(">新订单</a>") {
                    return browser.get("/sale?order=new").await;
                }
                page.says(&format!("name=\"order\" value=\"{}\">新订单</button>", self.order));
                browser.post("/sale/hold", &order).await
            }
            Door::Abandon => browser.post("/sale/abandon", &order).await,
            Door::SecondWindow => self.till.shop.same(browser).post("/sale/hold", &order).await,
            Door::LinesChanged => {
                let mut second = self.till.shop.same(browser);
                let line = [("order", self.order.as_str()), ("line", "1")];
                second.post("/sale/lines/void", &line).await;
                second.post("/sale/lines/undo", &line).await
            }
            Door::SignOut => browser.post("/logout", &[]).await,
            Door::Lock => browser.post("/lock/now", &[]).await,
        }
    }

    /// What the store says about the order now, to somebody who signs in.
    async fn page(&self) -> Answer {
        let mut other = self.till.shop.signed_in("cashier").await;
        other.get(&format!("/sale?order={}", self.order)).await
    }

    async fn charged(&self) -> bool {
        let (sales, balance) = (self.till.sales().await, self.till.balance(ZHANG.0).await);
        assert_eq!(balance, 100_000 - 1_550 * sales);
        sales == 1
    }
}

#[tokio::test]
async fn a_payment_that_arrives_after_its_order_was_left_charges_nothing() {
    for door in DOORS {
        let mut sent = Sent::open().await;
        let window = sent.till.shop.same(&sent.till.browser);
        let answer = sent.leave(door).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{door:?}");
        sent.arrive(&window).await;
        assert!(!sent.charged().await, "{door:?}");
        let page = sent.page().await.text();
        assert!(!page.contains("交易成功") && !page.contains("结果未知"), "{door:?}");
        sent.till.in_order().await;
    }
}

#[tokio::test]
async fn a_payment_that_arrived_before_its_order_is_left_is_shown_as_paid() {
    for door in DOORS {
        let mut sent = Sent::open().await;
        let window = sent.till.shop.same(&sent.till.browser);
        sent.arrive(&window).await;
        let answer = sent.leave(door).await;
        assert!(sent.charged().await, "{door:?}");
        if answer.status == StatusCode::SEE_OTHER && !matches!(door, Door::SignOut | Door::Lock) {
            let location = answer.location().to_owned();
            let page = sent.till.browser.get(&location).await.text();
            assert!(page.contains("交易成功") && !page.contains("已挂起") && !page.contains("已放弃，"), "{door:?}");
        }
        sent.page().await.says("交易成功");
    }
}

#[tokio::test]
async fn a_payment_under_way_stays_pinned_through_every_door() {
    for door in DOORS {
        let mut sent = Sent::open().await;
        let window = sent.till.shop.same(&sent.till.browser);
        sent.till.lose(&sent.token).await;
        let answer = sent.leave(door).await;
        sent.till.shop.clock.advance(20 * SECOND);
        if door == Door::SignOut {
            assert_eq!(answer.location(), "/logout", "asks first");
        }
        let withdrawn = door == Door::HoldOnPanel;
        let mut other = sent.till.shop.signed_in("cashier").await;
        for path in ["/sale?order=new", "/orders", "/password"] {
            assert_eq!(other.get(path).await.text().contains("class=\"pins\""), !withdrawn, "{door:?} {path}");
        }
        sent.arrive(&window).await;
        // These doors are closed while it is under way, so the order is still the one that was shown.
        let charged = matches!(door, Door::Abandon | Door::LinesChanged | Door::SignOut);
        assert_eq!(sent.charged().await, charged, "{door:?}");
        assert_eq!(sent.page().await.text().contains("交易成功"), charged, "{door:?}");
        sent.till.in_order().await;
    }
}

#[tokio::test]
async fn a_payment_that_never_arrives_leaves_no_doubt_behind() {
    for door in DOORS {
        let mut sent = Sent::open().await;
        sent.leave(door).await;
        sent.till.shop.clock.advance(30 * SECOND);
        assert!(!sent.charged().await);
        let page = sent.page().await.text();
        assert!(!page.contains("class=\"pins\"") && !page.contains("结果未知"), "{door:?}");
    }
}

#[tokio::test]
async fn the_next_customer_gets_an_empty_order_whatever_drafts_wait() {
    let mut till = Till::open().await;
    // The first customer fetches money; another window has an order of its own.
    let first = till.ring("600233", "", "1").await;
    let lines = [("order", "new"), ("code", "600402")];
    till.browser.post("/sale/lines", &lines).await;
    till.browser.post("/sale/hold", &[("order", &first)]).await;
    let page = till.browser.post_and_look("/sale/lines", &[("order", "new"), ("code", "600901")]).await;
    let second = hidden(&page, "order");
    let fields = [("order", second.as_str()), ("amount", "2250"), ("card", ZHANG.0), ("pin", ZHANG.1), ("do", "pay")];
    let dialog = till.browser.post("/sale/pay", &fields).await;
    till.shop.clock.advance(SECOND);
    let paid = till.confirm(&dialog).await;
    paid.says("交易成功");
    let rrn: String = paid.text().split("/slip/").nth(1).expect("a slip").chars().take(12).collect();
    let slip = till.browser.get(&format!("/slip/{rrn}")).await;
    slip.says("/sale?order=new");
    till.shop.clock.advance(SECOND);
    let next = till.browser.post_and_look(&format!("/slip/{rrn}/skip"), &[]).await;
    next.says("还没有商品，请扫描条码或按 F2");
    assert_eq!(hidden(&next, "order"), "new");
    // A slip that is printed while the next customer is being served leads back to their order.
    let page = till.browser.post_and_look("/sale/lines", &[("order", "new"), ("code", "600233")]).await;
    let third = hidden(&page, "order");
    till.browser.get(&format!("/slip/{rrn}")).await.says(&format!("/sale?order={third}"));
    // The order that was given up does not bring another customer's back.
    let next = till.browser.post_and_look("/sale/abandon", &[("order", &third)]).await;
    next.says("还没有商品，请扫描条码或按 F2");
}
