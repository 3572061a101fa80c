//! The catalogue of goods: a product by its code or barcode, a search as people type it, categories.

use domain::ids::MerchantId;
use domain::money::Fen;
use domain::product::{OTHER_CODE, PriceBand, Product};
use rusqlite::{Connection, Row, params};

use crate::{Sqlite, StorageError};

/// The demo shops' goods.
const CATALOGUE: &str = include_str!("../data/catalogue.csv");

/// A product with what only lists and slips show of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What selling it needs.
    pub product: Product,
    /// Piece, such as 盒.
    pub unit: String,
    /// Who makes it.
    pub maker: String,
}

/// One line of `data/catalogue.csv`.
#[derive(serde::Deserialize)]
struct CsvRow {
    code: String,
    barcode: String,
    name: String,
    pinyin: String,
    spec: String,
    maker: String,
    approval_no: String,
    category: String,
    otc_class: String,
    price_fen: Option<i64>,
    min_price_fen: Option<i64>,
    max_price_fen: Option<i64>,
    card_payable: u8,
    unit: String,
}

/// Gives `merchant` the demo catalogue, inside the caller's transaction.
pub(crate) fn insert_catalogue(connection: &Connection, merchant: MerchantId) -> Result<(), StorageError> {
    let damaged = |error: csv::Error| StorageError::NotWritten(format!("catalogue: {error}"));
    let mut insert = connection.prepare_cached(
        "INSERT INTO product (merchant_id, code, barcode, name, pinyin, spec, maker, approval_no, category, otc_class,
                              unit, price, price_low, price_high, card_payable, active)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 1)",
    )?;
    for row in csv::Reader::from_reader(CATALOGUE.as_bytes()).deserialize() {
        let row: CsvRow = row.map_err(damaged)?;
        insert.execute(params![
            merchant.0,
            row.code,
            row.barcode,
            row.name,
            row.pinyin,
            row.spec,
            row.maker,
            row.approval_no,
            row.category,
            row.otc_class,
            row.unit,
            row.price_fen,
            row.min_price_fen,
            row.max_price_fen,
            row.card_payable,
        ])?;
    }
    Ok(())
}

const COLUMNS: &str = "code, barcode, name, pinyin, spec, category, price, price_low, price_high, card_payable, active, unit, maker, \
     otc_class <> 'NONE'";

fn read_listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    let fen = |index| row.get::<_, Option<i64>>(index).map(|value| value.map(Fen));
    let band = fen(7)?.zip(fen(8)?).map(|(low, high)| PriceBand { low, high });
    Ok(Listed {
        product: Product {
            code: row.get(0)?,
            barcode: row.get(1)?,
            name: row.get(2)?,
            pinyin: row.get(3)?,
            spec: row.get(4)?,
            category: row.get(5)?,
            price: fen(6)?,
            band,
            drug: row.get(13)?,
            card_payable: row.get(9)?,
            active: row.get(10)?,
        },
        unit: row.get(11)?,
        maker: row.get(12)?,
    })
}

/// Products whose code is `text`, else those whose barcode it is; stopped ones too, so that they can be named.
pub async fn find(db: &Sqlite, merchant: MerchantId, text: &str) -> Result<Vec<Listed>, StorageError> {
    let text = text.to_owned();
    db.read(move |connection| {
        let by = |column: &str| -> Result<Vec<Listed>, StorageError> {
            let sql = format!(
                "SELECT {COLUMNS} FROM product WHERE merchant_id = ?1 AND {column} = ?2 AND {column} <> ''
                 ORDER BY active DESC, code LIMIT 50"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map((merchant.0, &text), read_listed)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        };
        let found = by("code")?;
        if found.is_empty() { by("barcode") } else { Ok(found) }
    })
    .await
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    /// The best, at most as many as were asked for.
    pub rows: Vec<Listed>,
    /// How many there are in all.
    pub total: usize,
}

/// How well a product fits; less is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Exact,
    Prefix,
    Inside,
}

/// Products on sale that fit `text` (code, barcode, name or pinyin initials) in `category` (all if empty), best first:
/// equal, then beginning with it, then containing it. 699999 is left out: it is offered always, whatever is searched.
///
/// One pass over the merchant's goods in a narrow index; nothing is kept between searches.
pub async fn search(
    db: &Sqlite,
    merchant: MerchantId,
    text: &str,
    category: &str,
    limit: usize,
) -> Result<Hits, StorageError> {
    let (text, category) = (text.trim().to_lowercase(), category.to_owned());
    db.read(move |connection| {
        let mut total = 0;
        // Sorted, best first, never longer than `limit`.
        let mut best: Vec<(Fit, String)> = Vec::with_capacity(limit.saturating_add(1));
        let mut statement = connection.prepare_cached(
            "SELECT code, barcode, pinyin, name, category FROM product INDEXED BY product_search
             WHERE merchant_id = ?1 AND active = 1",
        )?;
        let mut rows = statement.query([merchant.0])?;
        while let Some(row) = rows.next()? {
            let column = |index| Ok::<_, rusqlite::Error>(row.get_ref(index)?.as_str().unwrap_or_default());
            let code = column(0)?;
            if code == OTHER_CODE || !(category.is_empty() || column(4)? == category) {
                continue;
            }
            let Some(fit) = fit(&text, [code, column(1)?, column(2)?], column(3)?) else { continue };
            total += 1;
            let place = best.partition_point(|(other, before)| (*other, before.as_str()) < (fit, code));
            if place < limit {
                best.insert(place, (fit, code.to_owned()));
                best.truncate(limit);
            }
        }
        let mut one = connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM product WHERE merchant_id = ?1 AND code = ?2"))?;
        let rows = best
            .iter()
            .map(|(_, code)| one.query_row((merchant.0, code), read_listed))
            .collect::<rusqlite::Result<_>>()?;
        Ok(Hits { rows, total })
    })
    .await
}

/// `text` is lower case, as are all keys but the name.
fn fit(text: &str, keys: [&str; 3], name: &str) -> Option<Fit> {
    if text.is_empty() {
        return Some(Fit::Inside);
    }
    let [code, barcode, pinyin] = keys;
    if code == text || barcode == text || pinyin == text || name == text {
        return Some(Fit::Exact);
    }
    if code.starts_with(text) || pinyin.starts_with(text) || barcode.starts_with(text) {
        return Some(Fit::Prefix);
    }
    match find_in_name(name, text) {
        Some(0) => Some(Fit::Prefix),
        Some(_) => Some(Fit::Inside),
        None => pinyin.contains(text).then_some(Fit::Inside),
    }
}

/// Where `text`, lower case, begins in `name`, whatever the case of its Latin letters.
fn find_in_name(name: &str, text: &str) -> Option<usize> {
    let (name, text) = (name.as_bytes(), text.as_bytes());
    name.windows(text.len()).position(|part| part.eq_ignore_ascii_case(text))
}

/// The categories of the merchant's goods on sale. Jumps from one to the next in the index instead of reading all goods.
pub async fn categories(db: &Sqlite, merchant: MerchantId) -> Result<Vec<String>, StorageError> {
    db.read(move |connection| {
        let mut statement = connection.prepare_cached(
            "WITH RECURSIVE found (category) AS (
                 SELECT MIN(category) FROM product WHERE merchant_id = ?1 AND active = 1 AND category > ''
                 UNION ALL
                 SELECT (SELECT MIN(category) FROM product
                         WHERE merchant_id = ?1 AND active = 1 AND category > found.category)
                 FROM found WHERE found.category IS NOT NULL
             )
             SELECT category FROM found WHERE category IS NOT NULL",
        )?;
        let rows = statement.query_map([merchant.0], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;

    const SHOP: MerchantId = MerchantId(250_100);

    async fn shop() -> (tempfile::TempDir, Sqlite) {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Sqlite::open(&folder.path().join("test.db")).expect("opens");
        demo::seed_people(&db, domain::time::Timestamp(1_795_000_000_000_000)).await.expect("seeds");
        (folder, db)
    }

    fn codes(hits: &[Listed]) -> Vec<&str> {
        hits.iter().map(|one| one.product.code.as_str()).collect()
    }

    #[tokio::test]
    async fn a_product_by_code_or_barcode_of_the_own_merchant() {
        let (_folder, db) = shop().await;
        let by_code = find(&db, SHOP, "600233").await.expect("reads").remove(0);
        assert_eq!((by_code.product.name.as_str(), by_code.product.price), ("感冒灵颗粒", Some(Fen(1_550))));
        assert!(by_code.product.band.is_some());
        let by_barcode = find(&db, SHOP, &by_code.product.barcode).await.expect("reads");
        assert_eq!(by_barcode, [by_code]);
        let other = find(&db, SHOP, OTHER_CODE).await.expect("reads").remove(0).product;
        assert_eq!((other.price, other.band), (None, None));
        for unknown in ["", "000000", "' OR 1=1 --", "x".repeat(10_000).as_str()] {
            assert_eq!(find(&db, SHOP, unknown).await.expect("reads"), []);
        }
        assert_eq!(find(&db, MerchantId(999_999), "600233").await.expect("reads"), []);
        assert_eq!(find(&db, MerchantId(250_200), "600233").await.expect("reads").len(), 1);
    }

    #[tokio::test]
    async fn a_search_puts_equal_before_beginning_before_containing() {
        let (_folder, db) = shop().await;
        let found = |text: &'static str| search(&db, SHOP, text, "", 50);
        assert_eq!(codes(&found("600233").await.expect("reads").rows), ["600233"]);
        let hits = found("GM").await.expect("reads");
        assert!(hits.total > 3, "{}", hits.total);
        let first = hits.rows.iter().position(|one| !one.product.pinyin.starts_with("gm")).unwrap_or(hits.rows.len());
        assert!(first > 1);
        assert!(hits.rows.iter().skip(first).all(|one| one.product.pinyin.contains("gm")));
        assert!(codes(&found("维生素c").await.expect("reads").rows).contains(&"600402"));
        assert_eq!(found("%_'\"").await.expect("reads").total, 0);
        let all = found("").await.expect("reads");
        assert!(all.total > 200);
        assert_eq!(all.rows.len(), 50);
        assert!(!codes(&all.rows).contains(&OTHER_CODE));
    }

    #[tokio::test]
    async fn a_search_stays_in_its_category_and_counts_what_it_leaves_off() {
        let (_folder, db) = shop().await;
        let categories = categories(&db, SHOP).await.expect("reads");
        assert!(categories.len() > 3 && categories.is_sorted(), "{categories:?}");
        let hits = search(&db, SHOP, "", &categories[0], 2).await.expect("reads");
        assert!(hits.total > 2);
        assert_eq!(hits.rows.len(), 2);
        assert!(hits.rows.iter().all(|one| one.product.category == categories[0]));
    }
}
