//! What has no page or needs a clock: reversals, and the refund window to the millisecond, through the engine over the
//! till's own file; and decisions whose answer is lost.

use axum::http::StatusCode;
use domain::card_number::{CardNumber, EntryMode};
use domain::command::{Actor, Command, Proof};
use domain::ids::{OrderId, PersonId, RequestId, TransactionId};
use domain::money::Fen;
use domain::outcome::{Decline, Outcome};
use domain::refund::{Ground, Request, Review};
use domain::reversal::Reversed;
use domain::time::{HOUR, Timestamp};
use engine::Engine;

use crate::pay::{ACTOR, hidden};
use crate::refund::Sold;
use crate::shop::{Shop, Stall};

const CARD: &str = "6086250000010012";
const MANAGER: Actor = Actor { person: PersonId(1002), ..ACTOR };
const WINDOW: i64 = 48 * HOUR;

fn request(n: u8) -> RequestId {
    RequestId([n; 16])
}

async fn ask(engine: &Engine, n: u8, actor: Actor, command: Command) -> Option<Decline> {
    let outcome = engine.submit(request(n), actor, command).await.expect("an answer");
    outcome.transaction().expect("on record").decline
}

async fn asked(engine: &Engine, n: u8, order: OrderId) -> Outcome {
    let (lines, reason) = (vec![(1, 1)], "the box is damaged".to_owned());
    let asked = Request { order, lines, ground: Ground::Quality, reason, escalate: false };
    engine.submit(request(n), ACTOR, Command::RefundRequest(asked)).await.expect("an answer")
}

fn approval(shop: &Shop, order: OrderId, refund: TransactionId) -> Command {
    let number = CardNumber::parse(CARD).expect("a card").0;
    let card = Some(shop.vault.present(&number, EntryMode::Manual).into());
    Command::RefundReview(Review { order, refund, card, opinion: "looked at the goods".to_owned() })
}

/// Request id, moment and amount of the only sale.
async fn sale(shop: &Shop) -> (RequestId, Timestamp, Fen) {
    let sql = "SELECT request_id, at, amount FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL";
    let read = shop.db.read(move |connection| {
        let (id, at, amount) = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok((RequestId(id), Timestamp(at), Fen(amount)))
    });
    read.await.expect("reads")
}

fn order_id(sold: &Sold) -> OrderId {
    OrderId(sold.order.parse().expect("an id"))
}

#[tokio::test]
async fn a_reversal_takes_a_sale_back_once() {
    let sold = Sold::new().await;
    let shop = &sold.till.shop;
    let engine = Engine::start(shop.books.clone(), shop.clock.clone());
    let (request_id, _, amount) = sale(shop).await;
    let reverse = || Command::Reverse(Reversed { request_id, sale: Some((order_id(&sold), amount)) });
    assert_eq!(ask(&engine, 1, ACTOR, reverse()).await, None);
    assert_eq!(sold.till.balance(CARD).await, 100_000);
    assert_eq!(ask(&engine, 1, ACTOR, reverse()).await, None, "the same again is the same");
    assert_eq!(ask(&engine, 2, ACTOR, reverse()).await, Some(Decline::NotCharged), "nothing is left to take back");
    assert_eq!(sold.till.balance(CARD).await, 100_000);
    sold.till.in_order().await;
}

#[tokio::test]
async fn a_reversal_that_comes_first_keeps_the_sale_from_ever_charging() {
    let mut sold = Sold::new().await;
    let order = sold.till.ring("600233", "", "1").await;
    let shop = &sold.till.shop;
    let engine = Engine::start(shop.books.clone(), shop.clock.clone());
    let order = OrderId(order.parse().expect("an id"));
    let reversed = Reversed { request_id: request(7), sale: Some((order, Fen(1_550))) };
    assert_eq!(ask(&engine, 1, ACTOR, Command::Reverse(reversed)).await, Some(Decline::NotCharged));
    let card = shop.vault.present(&CardNumber::parse(CARD).expect("a card").0, EntryMode::Manual);
    let proof = Proof::Confirmed { until: shop.clock.now() };
    let late = Command::Sale { order, amount: Fen(1_550), card, proof };
    assert_eq!(ask(&engine, 7, ACTOR, late).await, Some(Decline::Withdrawn));
    assert_eq!(sold.till.balance(CARD).await, 95_700);
    sold.till.in_order().await;
    sold.till.pay((CARD, "123456")).await.says("交易成功");
}

#[tokio::test]
async fn the_window_ends_after_48_hours_to_the_millisecond() {
    for (after, late) in [(WINDOW - 1_000, false), (WINDOW, false), (WINDOW + 1_000, true)] {
        for waits in [false, true] {
            let sold = Sold::new().await;
            let (shop, order) = (&sold.till.shop, order_id(&sold));
            let engine = Engine::start(shop.books.clone(), shop.clock.clone());
            let (_, at, _) = sale(shop).await;
            let expected = late.then(|| Decline::RefundWindowPassed { at: at.plus(WINDOW) });
            let to_the_moment = || shop.clock.advance(at.plus(after).since(shop.clock.now()));
            if waits {
                let id = asked(&engine, 1, order).await.transaction().expect("recorded").id;
                to_the_moment();
                assert_eq!(ask(&engine, 2, MANAGER, approval(shop, order, id)).await, expected, "{after}");
            } else {
                to_the_moment();
                let decline = asked(&engine, 1, order).await.transaction().expect("recorded").decline;
                assert_eq!(decline, expected, "{after}");
            }
            sold.till.in_order().await;
        }
    }
}

/// The answer is lost because the file stands still for longer than a page waits; then it is asked for again.
#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_never_refunds_twice() {
    let mut sold = Sold::new().await;
    let id = sold.ask().await;
    let page = sold.manager.get(&format!("/refunds?id={id}")).await;
    let (refund, request) = (hidden(&page, "refund"), hidden(&page, "request"));
    let fields = [
        ("refund", refund.as_str()),
        ("request", &request),
        ("card", CARD),
        ("opinion", "核对药品未拆封"),
        ("do", "ok"),
    ];
    let Some(stall) = Stall::of(&sold.till.shop).await else { return };
    let page = stall.post(&mut sold.manager, "/refunds", &fields).await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["退款结果未知，系统正在查询，请勿再次提交", "立即查询结果", " data-poll>"] {
        page.says(words);
    }
    assert!(!page.text().contains(CARD), "the number comes back to no page");
    let (token, again) = (hidden(&page, "token"), hidden(&page, "request"));
    assert_eq!(again, request, "the same request");
    stall.end().await;
    let fields = [
        ("refund", refund.as_str()),
        ("request", &again),
        ("token", &token),
        ("opinion", "核对药品未拆封"),
        ("do", "ok"),
    ];
    sold.manager.post_and_look("/refunds", &fields).await.says("退款成功，¥43.00 已退回 0012 卡");
    sold.manager.post_and_look("/refunds", &fields).await.says("退款成功");
    assert_eq!(sold.till.balance(CARD).await, 100_000);
    // The token is good for nothing else.
    let answer = sold.till.browser.post("/sale/confirm", &[("token", &token)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(sold.till.balance(CARD).await, 100_000);
    sold.till.in_order().await;
}
