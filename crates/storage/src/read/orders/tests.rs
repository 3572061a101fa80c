//! Which orders a filter finds, what they come to, and that nothing walks a whole table.

use domain::ids::PersonId;

use super::query::{one_sql, page_sql, totals_sql};
use super::*;
use crate::demo;

/// 2026-11-23 10:26:00 in China.
const NOW: Timestamp = Timestamp(1_795_400_760_000_000);
const MINUTE: i64 = 60_000_000;
const DAY: i64 = 1_440 * MINUTE;
const OUTLET: OutletId = OutletId(2_501_001);
const TODAY: BusinessDate = BusinessDate(20_261_123);
const YESTERDAY: BusinessDate = BusinessDate(20_261_122);

struct Fixture {
    db: Storage,
    _folder: crate::fixture::Fixture,
}

/// An order to be there.
#[derive(Clone, Copy)]
struct Sold {
    number: i64,
    outlet: i64,
    opened: Timestamp,
    status: &'static str,
    /// When its sale was decided, if there was one, and whether it was declined.
    sale: Option<(Timestamp, bool)>,
    /// An attempt without outcome.
    open: Option<Timestamp>,
    four: i64,
}

impl Default for Sold {
    fn default() -> Self {
        let sale = Some((NOW, false));
        Self { number: 1, outlet: OUTLET.0, opened: NOW, status: "paid", sale, open: None, four: 12 }
    }
}

impl Fixture {
    async fn new() -> Self {
        let (folder, db) = crate::fixture::open().await;
        demo::seed_people(&db, NOW).await.expect("seeds");
        Self { db, _folder: folder }
    }

    async fn put(&self, sold: Sold) {
        self.db.write(move |connection| Ok(put(connection, sold)?)).await.expect("fits the schema");
    }

    async fn found(&self, filter: Filter) -> OrderPage {
        let found = find(&self.db, filter.clone(), Cursor::Top, 50).await.expect("reads");
        if !found.rows.is_empty() {
            // A full page does not know that it is the last one: its totals are asked for.
            let asked = find(&self.db, filter, Cursor::Top, found.rows.len()).await.expect("reads");
            assert_eq!((asked.totals, asked.before), (found.totals, 0));
        }
        found
    }

    async fn numbers(&self, filter: Filter) -> Vec<String> {
        self.found(filter).await.rows.into_iter().map(|row| row.number[6..].to_owned()).collect()
    }
}

fn put(connection: &Connection, sold: Sold) -> sql::Result<()> {
    let Sold { number, outlet, opened, status, sale, open, four } = sold;
    let id = ids::time_ordered(opened, u32::try_from(number).expect("small"));
    let terminal = if outlet == OUTLET.0 { 25_010_007 } else { 25_010_008 };
    let paid = sale.filter(|(_, declined)| !declined).map(|(at, _)| at.0);
    let name = format!("{:06}{number:04}", opened.business_date().0 % 1_000_000);
    let sql = "INSERT INTO orders (id, number, merchant_id, outlet_id, terminal_id, person_id, status, total, payable,
            attempt, attempt_at, attempt_masked, paid_by, paid_at, open, held, prints, opened_at, changed_at)
        VALUES (?1, ?2, 250100, ?3, ?4, 1003, ?5, 1000, 1, ?6, ?7, '608625******7777', ?8, ?9, ?10, 0, 0, ?11, ?12)";
    let lock = open.map(|_| [7_u8; 16]);
    let changed = sale.map_or(opened.0, |(at, _)| at.0);
    let (sent, is_open) = (open.map(|at| at.0), status == "draft");
    let paid_by = paid.map(|_| number);
    connection.execute(
        sql,
        params![id, name, outlet, terminal, status, lock, sent, paid_by, paid, is_open, opened.0, changed],
    )?;
    let sql = "INSERT INTO order_line (order_id, line, code, name, spec, unit, drug, price, quantity, amount, added_at,
            added_by, voided_at, voided_by) SELECT ?1, ?2, code, name, spec, unit, 1, 1000, 1, 1000, ?3, 1003, ?4, ?5
        FROM product WHERE list_id = 250100 AND code = ?6";
    connection.execute(sql, params![id, 1, opened.0, None::<i64>, None::<i64>, "600233"])?;
    connection.execute(sql, params![id, 2, opened.0, opened.0, 1003, "600901"])?;
    if let Some((at, declined)) = sale {
        let word = declined.then_some("insufficient_funds");
        let detail = declined.then_some(500);
        let masked = format!("608625******{four:04}");
        let sql = "INSERT INTO ledger_transaction (id, request_id, content, merchant_id, outlet_id, terminal_id,
                person_id, kind, order_id, masked, entry, amount, decline, detail, batch, business_date, at, format,
                hash)
            VALUES (?1, ?10, ?10, 250100, ?2, ?3, 1003, 'sale', ?4, ?5, 'M', 1000, ?6, ?7, 1, ?8, ?9, 1, ?11)";
        let day = at.business_date().0;
        connection.execute(
            sql,
            params![
                number,
                outlet,
                terminal,
                id,
                masked,
                word,
                detail,
                day,
                at.0,
                i128::from(id).to_be_bytes(),
                [0_u8; 32]
            ],
        )?;
    }
    if matches!(status, "partly_refunded" | "refunded") || number == 90 {
        let word = if number == 90 { "requested" } else { "approved" };
        let amount = if status == "refunded" { 1_000 } else { 300 };
        let sql =
            "INSERT INTO refund (id, order_id, merchant_id, outlet_id, status, amount, ground, reason, applicant_id,
                requested_at, opinion, prints, wrong_cards)
                VALUES (?1, ?2, 250100, ?3, ?4, ?5, 'quality', 'torn', 1003, ?6, '', 0, 0)";
        connection.execute(sql, params![number + 10_000, id, outlet, word, amount, opened.0])?;
    }
    Ok(())
}

fn filter(from: BusinessDate, to: BusinessDate) -> Filter {
    Filter {
        merchant: MerchantId(250_100),
        outlet: OUTLET,
        period: Some(Period { from, to }),
        number: String::new(),
        reference: None,
        voucher: None,
        last_four: String::new(),
        product: String::new(),
        state: StateFilter::All,
        sort: Sort::Latest,
    }
}

fn today() -> Filter {
    filter(TODAY, TODAY)
}

const FAILED: Option<(Timestamp, bool)> = Some((NOW, true));

#[tokio::test]
async fn each_state_is_found_by_its_word_and_summed() {
    let fixture = Fixture::new().await;
    let one = Sold::default();
    for sold in [
        one,
        Sold { number: 90, ..one },
        Sold { number: 3, status: "partly_refunded", ..one },
        Sold { number: 4, status: "refunded", ..one },
        Sold { number: 5, status: "voided", ..one },
        Sold { number: 6, status: "draft", sale: FAILED, ..one },
        Sold { number: 7, status: "abandoned", sale: FAILED, ..one },
        Sold { number: 8, status: "draft", sale: None, open: Some(NOW), ..one },
        Sold { number: 9, status: "draft", sale: None, ..one },
        Sold { number: 10, status: "abandoned", sale: None, ..one },
        Sold { number: 11, outlet: 2_501_002, ..one },
    ] {
        fixture.put(sold).await;
    }
    let found = [
        (StateFilter::All, "0090 0008 0007 0006 0005 0004 0003 0001"),
        (StateFilter::Charged, "0090 0001"),
        (StateFilter::Failed, "0007 0006"),
        (StateFilter::Unknown, "0008"),
        (StateFilter::RefundPending, "0090"),
        (StateFilter::Refunded, "0004 0003"),
        (StateFilter::Voided, "0005"),
        (StateFilter::Unpaid, "0010 0009"),
    ];
    for (state, expected) in found {
        assert_eq!(fixture.numbers(Filter { state, ..today() }).await.join(" "), expected, "{state:?}");
    }
    let found = fixture.found(today()).await;
    let totals = Totals {
        count: 8,
        sales: Tally { count: 5, sum: Fen(5_000) },
        refunds: Tally { count: 2, sum: Fen(300 + 1_000) },
        disputes: Tally::default(),
        undone: Tally { count: 1, sum: Fen(1_000) },
        failed: 2,
    };
    assert_eq!((found.totals, found.before, totals.net()), (totals, 0, Fen(2_700)));
    let back: Vec<i64> = found.rows.iter().map(|row| row.given_back().0).collect();
    assert_eq!(back, [0, 0, 0, 0, 1_000, 1_000, 300, 0]);
    assert!(found.rows[0].pending && !found.rows[1].pending);
    assert_eq!(found.rows[7].person, "\u{738b}\u{654f}");
    assert!(found.rows[7].batch_open);
    let elsewhere = Filter { outlet: OutletId(2_501_002), ..today() };
    assert_eq!(fixture.numbers(elsewhere).await, ["0011"]);
    let nobody = Filter { outlet: OutletId(2_502_001), ..today() };
    assert_eq!(fixture.found(nobody).await.totals, Totals::default());
}

#[tokio::test]
async fn an_order_counts_on_the_day_it_was_paid_or_last_tried() {
    let fixture = Fixture::new().await;
    let one = Sold::default();
    let evening = NOW.plus(-15 * 60 * MINUTE);
    assert_eq!(evening.business_date(), YESTERDAY);
    for sold in [
        Sold { number: 1, opened: evening, sale: Some((evening, false)), ..one },
        // Opened in the evening, paid in the morning.
        Sold { number: 2, opened: evening, ..one },
        // Opened in the evening, declined in the morning, still open.
        Sold { number: 3, opened: evening, status: "draft", sale: FAILED, ..one },
        // The same, given up.
        Sold { number: 4, opened: evening, status: "abandoned", sale: FAILED, ..one },
        // Opened in the evening, its outcome not known since the morning.
        Sold { number: 5, opened: evening, status: "draft", sale: None, open: Some(NOW), ..one },
        Sold { number: 6, ..one },
        Sold { number: 7, opened: evening, status: "draft", sale: None, ..one },
    ] {
        fixture.put(sold).await;
    }
    assert_eq!(fixture.numbers(today()).await.join(" "), "0006 0005 0004 0003 0002");
    assert_eq!(fixture.found(today()).await.totals.count, 5);
    assert_eq!(fixture.numbers(filter(YESTERDAY, YESTERDAY)).await.join(" "), "0001");
    assert_eq!(fixture.numbers(filter(YESTERDAY, TODAY)).await.join(" "), "0006 0005 0004 0003 0002 0001");
    let unpaid = Filter { state: StateFilter::Unpaid, ..filter(YESTERDAY, YESTERDAY) };
    assert_eq!(fixture.numbers(unpaid).await.join(" "), "0007");
}

#[tokio::test]
async fn cards_numbers_and_goods_narrow_it_down() {
    let fixture = Fixture::new().await;
    let one = Sold::default();
    let week_ago = NOW.plus(-7 * DAY);
    for sold in [
        Sold { number: 1, four: 5_678, ..one },
        Sold { number: 21, ..one },
        Sold { number: 3, status: "draft", sale: None, open: Some(NOW), ..one },
        Sold { number: 4, opened: week_ago, sale: Some((week_ago, false)), ..one },
        Sold { number: 5, status: "draft", sale: None, ..one },
        Sold { number: 6, outlet: 2_501_002, ..one },
    ] {
        fixture.put(sold).await;
    }
    let card = |four: &str| Filter { last_four: four.to_owned(), ..today() };
    assert_eq!(fixture.numbers(card("5678")).await.join(" "), "0001");
    assert_eq!(fixture.numbers(card("7777")).await.join(" "), "0003");
    assert_eq!(fixture.numbers(card("0000")).await.join(" "), "");
    let end = |number: &str| Filter { number: number.to_owned(), ..today() };
    assert_eq!(fixture.numbers(end("0021")).await.join(" "), "0021");
    assert_eq!(fixture.numbers(end("_021")).await.join(" "), "0021");
    let whole = |number: &str| Filter { number: number.to_owned(), period: None, ..today() };
    assert_eq!(fixture.numbers(whole("2611160004")).await.join(" "), "0004");
    assert_eq!(fixture.numbers(whole("2611230005")).await.join(" "), "0005", "named, though nobody tried to pay it");
    for foreign in ["2611230006", "9999999999", "0000000000"] {
        assert_eq!(fixture.numbers(whole(foreign)).await.join(" "), "", "{foreign}");
    }
    let reference = |id| Filter { reference: Some(TransactionId(id)), period: None, ..today() };
    assert_eq!(fixture.numbers(reference(4)).await.join(" "), "0004");
    for foreign in [6, 999, 0, -1] {
        assert_eq!(fixture.numbers(reference(foreign)).await.join(" "), "", "{foreign}");
    }
    let goods = |product: &str| Filter { product: product.to_owned(), ..today() };
    for known in ["600233", "\u{611f}\u{5192}\u{7075}", "gml", "GML", "0023"] {
        assert_eq!(fixture.numbers(goods(known)).await.join(" "), "0021 0003 0001", "{known}");
    }
    for unknown in ["600901", "blf", "%", "_"] {
        assert_eq!(fixture.numbers(goods(unknown)).await.join(" "), "", "{unknown}: its only line was taken off");
    }
}

#[tokio::test]
async fn a_voucher_number_is_searched_within_the_days() {
    let fixture = Fixture::new().await;
    fixture.put(Sold { number: 1, ..Sold::default() }).await;
    fixture.put(Sold { number: 2, ..Sold::default() }).await;
    let of = |voucher| Filter { voucher: Some(voucher), ..today() };
    let all = fixture.found(today()).await;
    for row in &all.rows {
        let voucher = row.decisive.as_ref().expect("a sale").id.0 % 1_000_000;
        let voucher = u32::try_from(voucher).expect("six digits");
        assert_eq!(fixture.numbers(of(voucher)).await, [&row.number[6..]]);
        assert!(fixture.numbers(Filter { voucher: Some(voucher), ..filter(YESTERDAY, YESTERDAY) }).await.is_empty());
        let either = Filter { number: row.number.clone(), ..of(voucher) };
        assert_eq!(fixture.found(either).await.totals.count, 1);
    }
    assert_eq!(all.rows.len(), 2);
    assert!(fixture.numbers(of(999_999)).await.is_empty());
    let either = Filter {
        number: "0001".to_owned(),
        voucher: all.rows[0].decisive.as_ref().map(|sale| u32::try_from(sale.id.0 % 1_000_000).expect("six digits")),
        ..today()
    };
    assert_eq!(fixture.numbers(either).await.len(), 2);
}

#[tokio::test]
async fn a_list_by_amount_or_the_earliest_first_leads_down_and_back_up() {
    let fixture = Fixture::new().await;
    for number in 1..=7 {
        fixture.put(Sold { number, ..Sold::default() }).await;
    }
    let amounts = "UPDATE orders SET total = 100 * (1 + CAST(substr(number, 10) AS INTEGER) % 4)";
    fixture.db.write(|connection| Ok(connection.execute(amounts, [])?)).await.expect("writes");
    let latest: Vec<(i64, i64)> = fixture.found(today()).await.rows.iter().map(|row| (row.total.0, row.id.0)).collect();
    for sort in Sort::ALL {
        let mut expected = latest.clone();
        match sort {
            Sort::Latest => {}
            Sort::Earliest => expected.reverse(),
            Sort::Largest => expected.sort_by_key(|one| std::cmp::Reverse(*one)),
            Sort::Smallest => expected.sort_unstable(),
        }
        let filter = Filter { sort, ..today() };
        let (mut cursor, mut seen, mut pages) = (Cursor::Top, Vec::new(), Vec::new());
        loop {
            let found = find(&fixture.db, filter.clone(), cursor, 3).await.expect("finds");
            let Some(last) = found.rows.last().filter(|_| seen.len() < 7) else { break };
            assert_eq!((found.before, found.totals.count), (i64::try_from(seen.len()).expect("few"), 7), "{sort:?}");
            cursor = Cursor::Below(last.id);
            seen.extend(found.rows.iter().map(|row| (row.total.0, row.id.0)));
            pages.push(found.rows.iter().map(|row| row.id).collect::<Vec<_>>());
        }
        assert_eq!(seen, expected, "{sort:?}");
        let back = find(&fixture.db, filter, Cursor::Above(pages[1][0]), 3).await.expect("finds");
        assert_eq!(back.rows.iter().map(|row| row.id).collect::<Vec<_>>(), pages[0], "{sort:?}");
    }
}

#[tokio::test]
async fn pages_lead_down_and_back_up_without_a_gap() {
    let fixture = Fixture::new().await;
    let evening = NOW.plus(-18 * 60 * MINUTE);
    for number in 1..=25 {
        let opened = if number <= 3 { evening } else { NOW };
        fixture.put(Sold { number, opened, ..Sold::default() }).await;
    }
    let page = async |cursor| {
        let found = find(&fixture.db, today(), cursor, 10).await.expect("reads");
        let numbers: Vec<i64> = found.rows.iter().map(|row| row.number[6..].parse().expect("digits")).collect();
        (found, numbers)
    };
    let (first, numbers) = page(Cursor::Top).await;
    assert_eq!((numbers, first.before, first.totals.count), ((16..=25).rev().collect(), 0, 25));
    let (second, numbers) = page(Cursor::Below(first.rows[9].id)).await;
    assert_eq!((numbers, second.before), ((6..=15).rev().collect(), 10));
    let (third, numbers) = page(Cursor::Below(second.rows[9].id)).await;
    assert_eq!((numbers, third.before), ((1..=5).rev().collect(), 20), "over into those opened the evening before");
    let (back, numbers) = page(Cursor::Above(third.rows[0].id)).await;
    assert_eq!((numbers, back.before), ((6..=15).rev().collect(), 10));
    let (top, _) = page(Cursor::Below(OrderId(0))).await;
    assert_eq!(top.before, 0, "below the last one there is only the top again");
    let next = next(&fixture.db, today(), Cursor::Below(second.rows[9].id), 3).await.expect("reads");
    assert_eq!(next.len(), 3);
}

#[tokio::test]
async fn the_detail_has_every_line_and_everybody_and_stays_in_its_outlet() {
    let fixture = Fixture::new().await;
    fixture.put(Sold { number: 3, status: "partly_refunded", ..Sold::default() }).await;
    let id = fixture.found(today()).await.rows[0].id;
    let found = detail(&fixture.db, OUTLET, id).await.expect("reads").expect("is there");
    let lines: Vec<_> = found.lines.iter().map(|line| (line.code.as_str(), line.voided.map(|(_, by)| by))).collect();
    assert_eq!(lines, [("600233", None), ("600901", Some(PersonId(1003)))]);
    assert_eq!((found.transactions.len(), found.refunds.len()), (1, 1));
    assert_eq!(found.names[&PersonId(1003)], "\u{738b}\u{654f}");
    for foreign in [2_501_002, 2_502_001] {
        assert!(detail(&fixture.db, OutletId(foreign), id).await.expect("reads").is_none());
    }
    assert!(detail(&fixture.db, OUTLET, OrderId(id.0 + 1)).await.expect("reads").is_none());
}

#[test]
fn no_question_walks_a_whole_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("webpos.db");
    drop(Storage::open(&path).expect("opens"));
    let connection = rusqlite::Connection::open(&path).expect("opens");
    let plan = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("prepares");
        let values = vec![1; statement.parameter_count()];
        let steps = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(3)).expect("explains");
        steps.collect::<rusqlite::Result<_>>().expect("text")
    };
    let period = "SEARCH o USING INDEX orders_outlet (outlet_id=? AND id>? AND id<?)";
    let late = "SEARCH orders USING INDEX orders_late (outlet_id=? AND <expr>>? AND <expr><?)";
    let texts = [
        (page_sql(false), period),
        (page_sql(true), period),
        (totals_sql(), period),
        (query::amounts_sql(), period),
        (LATE_ORDERS.to_owned(), late),
        (LATE_ORDERS.to_owned(), "SEARCH orders USING COVERING INDEX orders_open (terminal_id=?)"),
        (one_sql(), "SEARCH s USING INDEX ledger_transaction_order (order_id=?)"),
        (page_sql(false), "SEARCH ledger_transaction USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN"),
        (detail::MARKS.to_owned(), "SEARCH audit USING INDEX audit_subject (subject=?)"),
    ];
    for (sql, expected) in texts {
        let plan = plan(&sql);
        assert!(plan.iter().any(|step| step == expected), "{sql}\n{plan:#?}");
        // `l` is what was chosen for the page.
        let walks = plan.iter().filter(|step| step.starts_with("SCAN") && *step != "SCAN l" || step.contains("B-TREE"));
        assert_eq!(walks.count(), 0, "{sql}\n{plan:#?}");
    }
}
