//! Each rule of an order that is rung up, against a database file.

use domain::ids::{ListId, RequestId};
use domain::order::line_terms;

use super::*;
use crate::sql;
use crate::till::{self, AtHand};
use crate::{demo, product};

const NOW: Timestamp = Timestamp(1_795_000_000_000_000);
const SECOND: i64 = 1_000_000;

struct Fixture {
    db: Storage,
    scope: Scope,
    _folder: crate::fixture::Fixture,
}

async fn fixture() -> Fixture {
    let (folder, db) = crate::fixture::open().await;
    demo::seed_people(&db, NOW).await.expect("seeds");
    Fixture { db, scope: till(250_100, 2_501_001, 25_010_007), _folder: folder }
}

fn till(merchant: i64, outlet: i64, terminal: i64) -> Scope {
    Scope {
        merchant: MerchantId(merchant),
        outlet: OutletId(outlet),
        lists: Lists::alone(ListId(merchant)),
        terminal: TerminalId(terminal),
        person: PersonId(1003),
        address: "127.0.0.1".to_owned(),
    }
}

impl Fixture {
    async fn line(&self, code: &str, price: &str, quantity: &str) -> NewLine {
        let listed = product::find(&self.db, self.scope.lists, code).await.expect("reads").remove(0);
        let terms = line_terms(&listed.product, price, quantity).expect("a good line");
        NewLine { listed, terms, confirmed_by: None, scan: None }
    }

    async fn add(
        &self,
        order: Option<OrderId>,
        code: &str,
        price: &str,
        quantity: &str,
    ) -> Result<OrderId, DraftError> {
        line_add(&self.db, &self.scope, order, self.line(code, price, quantity).await, NOW).await
    }

    async fn order(&self, id: OrderId) -> FullOrder {
        fetch(&self.db, &self.scope, id).await.expect("reads").expect("is there")
    }

    async fn audited(&self) -> Vec<(String, String)> {
        let read = |connection: &Connection| {
            let mut statement = connection.prepare("SELECT action, detail FROM audit ORDER BY id")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<sql::Result<_>>()?)
        };
        self.db.read(read).await.expect("reads")
    }

    async fn sql(&self, sql: &'static str) {
        let sql = match self.db {
            Storage::Sqlite(_) => sql.to_owned(),
            Storage::Postgres(_) => sql.replace("zeroblob(16)", "decode(repeat('00', 16), 'hex')"),
        };
        self.db.write(move |connection| Ok(connection.execute_batch(&sql)?)).await.expect("writes");
    }
}

fn refused<T: std::fmt::Debug>(result: Result<T, DraftError>) -> Refused {
    match result {
        Err(DraftError::Refused(refused)) => refused,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn the_first_line_opens_the_order_and_the_same_product_adds_up() {
    let fixture = fixture().await;
    assert_eq!(current(&fixture.db, &fixture.scope).await.expect("reads"), None);
    let id = fixture.add(None, "600233", "", "").await.expect("adds");
    fixture.add(Some(id), "600233", "", "2").await.expect("adds");
    fixture.add(Some(id), "600901", "", "").await.expect("adds");
    fixture.add(Some(id), "600233", "15.00", "").await.expect("adds");
    let order = fixture.order(id).await;
    let lines: Vec<_> = order.lines.iter().map(|l| (l.line, l.code.as_str(), l.quantity, l.amount.0)).collect();
    assert_eq!(lines, [(1, "600233", 3, 4_650), (2, "600901", 1, 2_250), (3, "600233", 1, 1_500)]);
    assert_eq!((order.order.total, order.pieces()), (Fen(8_400), 5));
    assert_eq!(order.number, "2611180001");
    assert_eq!(current(&fixture.db, &fixture.scope).await.expect("reads").map(|o| o.order.id), Some(id));
    assert_eq!(fixture.audited().await, [("price_changed".to_owned(), "600233 x1: 15.50 -> 15.00".to_owned())]);
    let next = fixture.add(None, "600233", "", "").await.expect("adds");
    assert!(next > id);
    assert_eq!(fixture.order(next).await.number, "2611180002");
}

#[tokio::test]
async fn a_line_never_grows_beyond_its_quantity_nor_an_order_beyond_its_lines() {
    let fixture = fixture().await;
    let id = fixture.add(None, "600233", "", "999").await.expect("adds");
    fixture.add(Some(id), "600233", "", "1").await.expect("adds");
    assert_eq!(fixture.order(id).await.lines.len(), 2);
    for n in 2..LINES_MAX {
        let code = if n % 2 == 0 { "600901" } else { "600402" };
        fixture.add(Some(id), code, "", "").await.expect("adds");
    }
    assert_eq!(refused(fixture.add(Some(id), "600233", "", "").await), Refused::Full);
    assert_eq!(fixture.order(id).await.lines.len(), LINES_MAX);
}

#[tokio::test]
async fn a_total_is_refused_before_it_overflows() {
    let fixture = fixture().await;
    let id = fixture.add(None, "699999", "99999.99", "999").await.expect("adds");
    fixture.add(Some(id), "600233", "", "").await.expect("adds");
    assert_eq!(refused(fixture.add(Some(id), "699999", "99999.99", "2").await), Refused::TotalTooLarge);
    let order = fixture.order(id).await;
    assert_eq!((order.lines.len(), order.order.total), (2, Fen(9_989_999_001 + 1_550)));
}

#[tokio::test]
async fn star_three_sets_the_last_line_unless_another_window_changed_the_order() {
    let fixture = fixture().await;
    let id = fixture.add(None, "600233", "", "").await.expect("adds");
    let seen = fixture.order(id).await.changed_at;
    line_quantity(&fixture.db, &fixture.scope, id, 3, seen, NOW).await.expect("sets");
    assert_eq!(fixture.order(id).await.order.total, Fen(4_650));
    assert_eq!(refused(line_quantity(&fixture.db, &fixture.scope, id, 5, seen, NOW).await), Refused::Changed);
    assert_eq!(fixture.order(id).await.order.total, Fen(4_650));
}

#[tokio::test]
async fn a_voided_line_comes_back_within_ten_seconds_only() {
    let fixture = fixture().await;
    let id = fixture.add(None, "600233", "", "2").await.expect("adds");
    let (db, scope) = (&fixture.db, &fixture.scope);
    line_void(db, scope, id, 1, NOW).await.expect("voids");
    assert_eq!(refused(line_void(db, scope, id, 1, NOW).await), Refused::Changed);
    assert_eq!(fixture.order(id).await.order.total, Fen::ZERO);
    line_undo(db, scope, id, 1, NOW.plus(12 * SECOND)).await.expect("restores");
    assert_eq!(fixture.order(id).await.order.total, Fen(3_100));
    line_void(db, scope, id, 1, NOW).await.expect("voids");
    assert_eq!(refused(line_undo(db, scope, id, 1, NOW.plus(12 * SECOND + 1)).await), Refused::TooLate);
    assert_eq!(refused(line_undo(db, scope, id, 7, NOW).await), Refused::Changed);
    let actions: Vec<_> = fixture.audited().await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["line_voided", "line_restored", "line_voided"]);
    assert_eq!(fixture.order(id).await.lines.len(), 1);
}

#[tokio::test]
async fn a_price_outside_the_band_needs_a_manager_and_is_written_down() {
    let fixture = fixture().await;
    assert_eq!(refused(fixture.add(None, "600233", "1.00", "").await), Refused::NeedsManager);
    assert_eq!(current(&fixture.db, &fixture.scope).await.expect("reads"), None);
    let line = NewLine { confirmed_by: Some(PersonId(1002)), ..fixture.line("600233", "1.00", "").await };
    let id = line_add(&fixture.db, &fixture.scope, None, line, NOW).await.expect("adds");
    assert_eq!(fixture.order(id).await.lines[0].confirmed_by, Some(PersonId(1002)));
    assert_eq!(fixture.audited().await[0].1, "600233 x1: 15.50 -> 1.00, confirmed by 1002");
}

#[tokio::test]
async fn a_scan_sent_twice_counts_once() {
    let fixture = fixture().await;
    let scan = |rid: &str, line: NewLine| NewLine { scan: Some(rid.to_owned()), ..line };
    let first = scan("a1", fixture.line("600233", "", "").await);
    let id = line_add(&fixture.db, &fixture.scope, None, first.clone(), NOW).await.expect("adds");
    line_add(&fixture.db, &fixture.scope, Some(id), first, NOW).await.expect("repeats");
    assert_eq!(fixture.order(id).await.pieces(), 1);
    let again = scan("a1", fixture.line("600233", "", "").await);
    assert_eq!(line_add(&fixture.db, &fixture.scope, None, again, NOW).await.expect("repeats"), id);
    assert_eq!(fixture.order(id).await.pieces(), 1);
    let second = scan("a2", fixture.line("600233", "", "").await);
    line_add(&fixture.db, &fixture.scope, Some(id), second, NOW).await.expect("adds");
    assert_eq!(fixture.order(id).await.pieces(), 2);
}

#[tokio::test]
async fn nothing_changes_while_a_payment_is_open_or_after_it() {
    let fixture = fixture().await;
    let (db, scope) = (&fixture.db, &fixture.scope);
    let id = fixture.add(None, "600233", "", "").await.expect("adds");
    let seen = fixture.order(id).await.changed_at;
    for (state, expected) in [
        ("UPDATE orders SET attempt = zeroblob(16)", Refused::Locked),
        ("UPDATE orders SET attempt = NULL, status = 'paid'", Refused::Paid),
        ("UPDATE orders SET status = 'abandoned'", Refused::Abandoned),
    ] {
        fixture.sql(state).await;
        assert_eq!(refused(fixture.add(Some(id), "600233", "", "").await), expected);
        assert_eq!(refused(line_quantity(db, scope, id, 2, seen, NOW).await), expected);
        assert_eq!(refused(line_void(db, scope, id, 1, NOW).await), expected);
        assert_eq!(refused(line_undo(db, scope, id, 1, NOW).await), expected);
        assert_eq!(refused(abandon(db, scope, id, NOW).await), expected);
    }
    fixture.sql("UPDATE orders SET status = 'draft', attempt = zeroblob(16)").await;
    assert_eq!(fixture.order(id).await.order.attempt, Some(RequestId([0; 16])));
    hold(db, scope, id, NOW).await.expect("an order with an unknown outcome can be put aside");
}

/// The till's other carts, as its page shows them.
async fn others(db: &Storage, scope: &Scope, at_hand: AtHand) -> Vec<Cart> {
    till::till(db, scope, at_hand, false, 1, NOW).await.expect("reads").carts
}

#[tokio::test]
async fn carts_are_put_aside_and_taken_up_again() {
    let fixture = fixture().await;
    let (db, scope) = (&fixture.db, &fixture.scope);
    let now_at_hand = || async { current(db, scope).await.expect("reads").map(|order| order.order.id) };
    let first = fixture.add(None, "600233", "", "2").await.expect("adds");
    hold(db, scope, first, NOW).await.expect("holds");
    assert_eq!(now_at_hand().await, None);
    let second = fixture.add(None, "600901", "", "").await.expect("adds");
    let carts = others(db, scope, AtHand::This(second)).await;
    assert_eq!(carts.iter().map(|c| (c.id, c.lines, c.total.0, c.held)).collect::<Vec<_>>(), [(first, 1, 3_100, true)]);
    hold(db, scope, second, NOW).await.expect("holds");
    resume(db, scope, first, NOW).await.expect("resumes");
    assert_eq!(now_at_hand().await, Some(first));
    abandon(db, scope, second, NOW).await.expect("abandons");
    assert_eq!(others(db, scope, AtHand::This(first)).await, []);
    assert_eq!(refused(resume(db, scope, second, NOW).await), Refused::Abandoned);
    assert_eq!(fixture.audited().await.last().map(|(action, _)| action.as_str()), Some("order_abandoned"));
}

#[tokio::test]
async fn no_till_reaches_the_order_of_another() {
    let fixture = fixture().await;
    let id = fixture.add(None, "600233", "", "").await.expect("adds");
    let before = fixture.order(id).await;
    for other in [till(250_100, 2_501_002, 25_010_008), till(250_200, 2_502_001, 25_020_001)] {
        let line = fixture.line("600233", "", "").await;
        assert_eq!(fetch(&fixture.db, &other, id).await.expect("reads"), None);
        assert_eq!(refused(line_add(&fixture.db, &other, Some(id), line, NOW).await), Refused::NoOrder);
        assert_eq!(refused(line_void(&fixture.db, &other, id, 1, NOW).await), Refused::NoOrder);
        assert_eq!(refused(hold(&fixture.db, &other, id, NOW).await), Refused::NoOrder);
        assert_eq!(refused(abandon(&fixture.db, &other, id, NOW).await), Refused::NoOrder);
        assert_eq!(others(&fixture.db, &other, AtHand::None).await, []);
    }
    assert_eq!(fixture.order(id).await, before);
}
