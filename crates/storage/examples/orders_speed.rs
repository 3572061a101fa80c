//! How long a day of 20,000 orders takes to list: `cargo run --release -p storage --example orders_speed`.
//!
//! Prints the median and the 95th percentile per kind of question, first page with totals. The budget is 40 ms. The
//! shop has three such days, its neighbour sells as much, one order in twenty failed and one in a hundred came back.

use std::io::Write as _;
use std::time::Instant;

use domain::ids::{MerchantId, OrderId, OutletId, TransactionId};
use domain::time::{BusinessDate, Timestamp};
use storage::orders::{self, Cursor, Filter, Period, Sort, StateFilter};
use storage::sql::{Connection, params};
use storage::{Storage, StorageError, demo};

const OUTLET: i64 = 2_501_001;
const A_DAY: i64 = 20_000;
const DAYS: i64 = 3;
const DAY: i64 = 86_400_000_000;
const ROUNDS: usize = 40;
/// Eight in the morning of the first day, in China.
const OPENS: i64 = 1_795_392_000_000_000;

#[tokio::main]
async fn main() -> Result<(), StorageError> {
    let folder = tempfile::tempdir().map_err(|error| StorageError::Open(error.to_string()))?;
    let db = Storage::open(&folder.path().join("orders.db"))?;
    demo::seed_people(&db, Timestamp(OPENS)).await?;
    db.write(|connection| (0..DAYS).try_for_each(|day| fill(connection, day))).await?;
    let today = Timestamp(OPENS + (DAYS - 1) * DAY).business_date();
    let first = Timestamp(OPENS).business_date();
    let day = |state| Filter { state, ..filter(Period { from: today, to: today }) };
    let kinds = [
        ("the day", day(StateFilter::All), Cursor::Top),
        ("its middle", day(StateFilter::All), Cursor::Below(middle(&db).await?)),
        ("failed", day(StateFilter::Failed), Cursor::Top),
        ("unknown", day(StateFilter::Unknown), Cursor::Top),
        ("refund pending", day(StateFilter::RefundPending), Cursor::Top),
        ("refunded", day(StateFilter::Refunded), Cursor::Top),
        ("a card", Filter { last_four: "5678".to_owned(), ..day(StateFilter::All) }, Cursor::Top),
        ("a product", Filter { product: "blf".to_owned(), ..day(StateFilter::All) }, Cursor::Top),
        ("end of a number", Filter { number: "0417".to_owned(), ..day(StateFilter::All) }, Cursor::Top),
        ("by amount", Filter { sort: Sort::Largest, ..day(StateFilter::All) }, Cursor::Top),
        ("a voucher", Filter { voucher: Some(417), ..day(StateFilter::All) }, Cursor::Top),
        ("a number", Filter { number: number(today, 417), period: None, ..day(StateFilter::All) }, Cursor::Top),
        (
            "a reference",
            Filter { reference: Some(TransactionId(30_417)), period: None, ..day(StateFilter::All) },
            Cursor::Top,
        ),
        ("three days", filter(Period { from: first, to: today }), Cursor::Top),
    ];
    let mut out = std::io::stdout();
    for (kind, filter, cursor) in kinds {
        let (mut times, mut count) = (Vec::with_capacity(ROUNDS), 0);
        for _ in 0..ROUNDS {
            let start = Instant::now();
            count = orders::find(&db, filter.clone(), cursor, 50).await?.totals.count;
            times.push(start.elapsed());
        }
        times.sort_unstable();
        let (median, slow) = (times[ROUNDS / 2], times[ROUNDS * 95 / 100]);
        let _ = writeln!(out, "{kind:16} {count:6} found   median {median:>9.1?}   95 % {slow:>9.1?}");
    }
    Ok(())
}

fn filter(period: Period) -> Filter {
    Filter {
        merchant: MerchantId(250_100),
        outlet: OutletId(OUTLET),
        period: Some(period),
        number: String::new(),
        reference: None,
        voucher: None,
        last_four: String::new(),
        product: String::new(),
        state: StateFilter::All,
        sort: Sort::Latest,
    }
}

async fn middle(db: &Storage) -> Result<OrderId, StorageError> {
    db.read(|connection| {
        let sql = "SELECT id FROM orders WHERE outlet_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2";
        Ok(OrderId(connection.query_row(sql, [OUTLET, A_DAY / 2], |row| row.get(0))?))
    })
    .await
}

fn number(day: BusinessDate, count: i64) -> String {
    format!("{:06}{count:04}", day.0 % 1_000_000)
}

/// One day of both outlets, order by order as a day brings them.
fn fill(connection: &Connection, day: i64) -> Result<(), StorageError> {
    let mut order = connection.prepare(
        "INSERT INTO orders (id, number, merchant_id, outlet_id, terminal_id, person_id, status, total, payable,
            paid_by, paid_at, open, held, prints, opened_at, changed_at)
         VALUES (?1, ?2, 250100, ?3, ?4, 1003, ?5, 4400, 1, ?6, ?7, 0, 0, 1, ?8, ?8)",
    )?;
    let mut line = connection.prepare(
        "INSERT INTO order_line (order_id, line, code, name, spec, unit, drug, price, quantity, amount, added_at, added_by)
         SELECT ?1, ?2, code, name, spec, unit, 1, 1100, 2, 2200, ?3, 1003 FROM product
         WHERE merchant_id = 250100 AND code = (SELECT code FROM product WHERE list_id = 250100 LIMIT 1 OFFSET ?4)",
    )?;
    let mut transaction = connection.prepare(
        "INSERT INTO ledger_transaction (id, request_id, content, merchant_id, outlet_id, terminal_id, person_id,
            kind, order_id, masked, entry, amount, decline, detail, approval_code, batch, business_date, at, format, hash)
         VALUES (?1, randomblob(16), zeroblob(16), 250100, ?2, ?3, 1003, 'sale', ?4, ?5, 'S', 4400, ?6, ?7, ?8, 1, ?9, ?10, 1,
            zeroblob(32))",
    )?;
    let mut refund = connection.prepare(
        "INSERT INTO refund (id, order_id, merchant_id, outlet_id, status, amount, ground, reason, applicant_id,
            requested_at, opinion, prints)
         VALUES (?1, ?2, 250100, ?3, ?4, 2200, 'quality', 'x', 1003, ?5, '', 0)",
    )?;
    for n in 0..A_DAY {
        for (outlet, terminal) in [(OUTLET, 25_010_007), (2_501_002, 25_010_008)] {
            let at = Timestamp(OPENS + day * DAY + n * 2_000_000 + (outlet - OUTLET));
            let id = ((at.0 / 1_000) << 20) | (outlet - OUTLET);
            let sale = (day * A_DAY + n) * 2 + (outlet - OUTLET) + 1;
            let (failed, back) = (n % 20 == 0, n % 100 == 7);
            let status = match (failed, back) {
                (true, _) => "abandoned",
                (_, true) if n % 200 == 7 => "partly_refunded",
                _ => "paid",
            };
            let paid = (!failed).then_some(sale);
            let (number, paid_at) = (number(at.business_date(), n), paid.map(|_| at.0));
            order.execute(params![id, number, outlet, terminal, status, paid, paid_at, at.0])?;
            for one in 1..=2 {
                line.execute(params![id, one, at.0, (n * 7 + one) % 200])?;
            }
            let (decline, detail) = (failed.then_some("wrong_pin"), failed.then_some(2));
            let (masked, approval) = (format!("608625******{:04}", n % 9_999), paid.map(|_| "123456"));
            let date = at.business_date().0;
            transaction.execute(params![sale, outlet, terminal, id, masked, decline, detail, approval, date, at.0])?;
            if back {
                let word = if status == "paid" { "requested" } else { "approved" };
                refund.execute(params![sale, id, outlet, word, at.0])?;
            }
        }
    }
    Ok(())
}
