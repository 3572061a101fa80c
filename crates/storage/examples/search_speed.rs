//! How long a search takes at 100,000 products: `cargo run --release -p storage --example search_speed`.
//!
//! Prints the median and the 95th percentile per kind of search. The budget is 50 ms.

use std::io::Write as _;
use std::time::Instant;

use domain::ids::ListId;
use domain::time::Timestamp;
use storage::product_list::Lists;
use storage::{Storage, StorageError, demo, product};

const SHOP: ListId = ListId(250_100);
const PRODUCTS: i64 = 100_000;
const ROUNDS: usize = 40;

#[tokio::main]
async fn main() -> Result<(), StorageError> {
    let folder = tempfile::tempdir().map_err(|error| StorageError::Open(error.to_string()))?;
    let db = Storage::open(&folder.path().join("search.db"))?;
    demo::seed_people(&db, Timestamp(1_795_000_000_000_000)).await?;
    db.write(multiply).await?;
    let mut out = std::io::stdout();
    let kinds = [
        ("code", "6002331234"),
        ("part of a code", "60023"),
        ("barcode", "6991297001013"),
        ("initials", "gmlkl"),
        ("one letter", "g"),
        ("name", "\u{611f}\u{5192}"),
        ("full pinyin", "ganmaoling"),
        ("name and pack", "\u{611f}\u{5192} 10g"),
        ("maker", "\u{793a}\u{4f8b}"),
        ("nothing", ""),
        ("found nowhere", "zzzzzz"),
    ];
    for (kind, text) in kinds {
        let mut times = Vec::with_capacity(ROUNDS);
        let mut total = 0;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            total = product::search(&db, Lists::alone(SHOP), text, "", 50).await?.total;
            times.push(start.elapsed());
        }
        times.sort_unstable();
        let (median, p95) = (times[ROUNDS / 2], times[ROUNDS * 95 / 100]);
        let _ = writeln!(out, "{kind:16} {total:6} found, median {median:8.2?}, p95 {p95:8.2?}");
    }
    let start = Instant::now();
    let count = product::categories(&db, Lists::alone(SHOP)).await?.len();
    let _ = writeln!(out, "{count} categories in {:.2?}", start.elapsed());
    Ok(())
}

/// Copies the demo catalogue under longer codes until there are enough.
fn multiply(connection: &storage::sql::Connection) -> Result<(), StorageError> {
    connection.execute(
        "WITH RECURSIVE copy (n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM copy WHERE n < 2000)
         INSERT INTO product SELECT list_id, code || n, barcode + n, name || n, pinyin, spec, maker, approval_no,
                                    category, otc_class, unit, price, price_low, price_high, card_payable, active,
                                    sale_max, id_check, own, version
         FROM copy CROSS JOIN product WHERE list_id = ?1 AND length(code) = 6 LIMIT ?2",
        (SHOP.0, PRODUCTS),
    )?;
    product::index(connection, SHOP)
}
