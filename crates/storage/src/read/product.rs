//! The catalogue of goods: a product by its code or barcode, a search as people type it, categories.
//!
//! A search reads `product_keys`: per category some texts with a line of [keys] per product on sale. Looking
//! through such a text takes a tenth of the time of stepping through as many rows, which is what keeps a search over
//! 100,000 products within its 50 ms (`examples/search_speed.rs`). Code that changes products calls [`index`] or
//! [`index_one`] in the same transaction.

use std::collections::BTreeMap;

use crate::keys::{self, Fit, Keys, Words};
use crate::sql::{self, Connection, OptionalExtension as _, Row};
use domain::ids::MerchantId;
use domain::money::Fen;
use domain::product::{OTHER_CODE, PriceBand, Product};

use crate::recall::TEXT_OF;

use crate::{Storage, StorageError};

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

/// Writes what searches of `merchant`'s goods read, all of it, inside the caller's transaction.
pub fn index(connection: &Connection, merchant: MerchantId) -> Result<(), StorageError> {
    connection.prepare_cached("DELETE FROM product_keys WHERE merchant_id = ?1")?.execute([merchant.0])?;
    let mut texts: BTreeMap<(String, i64), (i64, String)> = BTreeMap::new();
    let mut select = connection.prepare_cached(
        "SELECT code, barcode, pinyin, name, spec, maker, approval_no, category FROM product
         WHERE merchant_id = ?1 AND active = 1 AND code <> ?2 ORDER BY code",
    )?;
    let mut rows = select.query((merchant.0, OTHER_CODE))?;
    while let Some(row) = rows.next()? {
        let keys = Keys {
            code: row.text(0)?,
            barcode: row.text(1)?,
            pinyin: row.text(2)?,
            name: row.text(3)?,
            spec: row.text(4)?,
            maker: row.text(5)?,
            approval_no: row.text(6)?,
        };
        let (count, lines) = texts.entry((row.get(7)?, keys::part(keys.code))).or_default();
        *count += 1;
        lines.push_str(&keys.line());
    }
    for ((category, part), (count, lines)) in texts {
        connection.prepare_cached(INSERT_KEYS)?.execute((merchant.0, category, part, count, lines))?;
    }
    Ok(())
}

const INSERT_KEYS: &str =
    "INSERT INTO product_keys (merchant_id, category, part, count, keys) VALUES (?1, ?2, ?3, ?4, ?5)";

/// A product as searches know it.
pub(crate) struct Searched<'a> {
    pub(crate) keys: Keys<'a>,
    pub(crate) category: &'a str,
    pub(crate) active: bool,
}

impl Searched<'_> {
    /// Its line, if searches find it: 699999 is offered always, whatever is searched.
    pub(crate) fn line(&self) -> Option<String> {
        (self.active && self.keys.code != OTHER_CODE).then(|| self.keys.line())
    }
}

/// Writes what searches read of one product after it changed; `before` is its category until now. Changes of a merchant's
/// goods take their turn: the caller holds the lock `catalogue`.
pub(crate) fn index_one(
    connection: &Connection,
    merchant: MerchantId,
    before: Option<&str>,
    now: &Searched<'_>,
) -> sql::Result<()> {
    let (code, part) = (now.keys.code, keys::part(now.keys.code));
    let before = before.filter(|before| *before != now.category).map(|before| (before, None));
    let now = (now.category, now.line());
    let edit = |(category, line)| (part, category, vec![(code.to_owned(), line)]);
    replace(connection, merchant, &before.into_iter().chain([now]).map(edit).collect::<Vec<_>>())
}

/// What searches read of a code; nothing for what they do not find.
pub(crate) type Line = (String, Option<String>);

/// Lines to put in the place of those of their codes: a part, a category, and the lines.
pub(crate) type Edit<'a> = (i64, &'a str, Vec<Line>);

/// Puts lines in the place of the lines of their codes; without a line a code has none. A server is asked for all texts at
/// once, the file for one after the other.
pub(crate) fn replace(connection: &Connection, merchant: MerchantId, edits: &[Edit<'_>]) -> sql::Result<()> {
    let select = "SELECT keys FROM product_keys WHERE merchant_id = ?1 AND category = ?2 AND part = ?3";
    let ask = |(part, category, _): &Edit<'_>| connection.query_later(select, (merchant.0, *category, *part));
    let at_once = if connection.sqlite().is_some() { 1 } else { edits.len().max(1) };
    for edits in edits.chunks(at_once) {
        let asked = edits.iter().map(ask).collect::<sql::Result<Vec<_>>>()?;
        for (edit, stored) in edits.iter().zip(asked) {
            let before: Option<String> = stored.first(|row| row.get(0))?;
            put_text(connection, merchant, edit, before.as_deref())?;
        }
    }
    Ok(())
}

fn put_text(
    connection: &Connection,
    merchant: MerchantId,
    (part, category, edits): &Edit<'_>,
    before: Option<&str>,
) -> sql::Result<()> {
    let stored = before.iter().flat_map(|lines| lines.split_inclusive('\n'));
    let mut lines: BTreeMap<&str, &str> = stored.map(|line| (keys::code_of(line), line)).collect();
    for (code, line) in edits {
        match line {
            Some(line) => lines.insert(code, line),
            None => lines.remove(code.as_str()),
        };
    }
    if lines.is_empty() {
        let delete = "DELETE FROM product_keys WHERE merchant_id = ?1 AND category = ?2 AND part = ?3";
        return connection.execute_later(delete, (merchant.0, *category, *part));
    }
    let (count, lines) = (i64::try_from(lines.len()).unwrap_or(i64::MAX), lines.into_values().collect::<String>());
    let update = format!(
        "{INSERT_KEYS} ON CONFLICT (merchant_id, category, part) DO UPDATE SET count = excluded.count, keys = excluded.keys"
    );
    connection.execute_later(&update, (merchant.0, *category, *part, count, lines))
}

const COLUMNS: &str = "p.code, p.barcode, p.name, p.pinyin, p.spec, p.category, p.price, p.price_low, p.price_high, \
     p.card_payable, p.active, p.unit, p.maker, p.otc_class <> 'NONE'";

fn read_listed(row: &Row<'_>) -> sql::Result<Listed> {
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
            recalled: row.get(14)?,
        },
        unit: row.get(11)?,
        maker: row.get(12)?,
    })
}

/// Products whose code is `text`, else those whose barcode it is; stopped ones too, so that they can be named.
pub async fn find(db: &Storage, merchant: MerchantId, text: &str) -> Result<Vec<Listed>, StorageError> {
    find_first(db, merchant, vec![text.to_owned()]).await
}

/// Products of the first of these texts that is a code or a barcode, as [`domain::scan::Scan::candidates`] lists them: the
/// text that was scanned, then the other forms of its GTIN. Of one text the code is tried before the barcode.
pub async fn find_first(db: &Storage, merchant: MerchantId, texts: Vec<String>) -> Result<Vec<Listed>, StorageError> {
    db.read_by_key(move |connection| {
        for text in &texts {
            for sql in [by_code(), by_barcode()] {
                let found = connection.query_later(&sql, (merchant.0, text))?.rows(read_listed)?;
                if !found.is_empty() {
                    return Ok(found);
                }
            }
        }
        Ok(Vec::new())
    })
    .await
}

fn by_code() -> String {
    format!(
        "SELECT {COLUMNS}, {TEXT_OF} FROM product_now p WHERE p.merchant_id = ?1 AND p.code = ?2
         ORDER BY p.active DESC, p.code LIMIT 50"
    )
}

/// The codes come from the index of barcodes alone: SQLite takes a merchant for one with ten products, and would walk
/// along all of them otherwise.
fn by_barcode() -> String {
    format!(
        "SELECT {COLUMNS}, {TEXT_OF} FROM product_now p WHERE p.merchant_id = ?1 AND p.code IN
            (SELECT b.code FROM product_now b WHERE b.merchant_id = ?1 AND b.barcode = ?2 AND b.barcode <> '')
         ORDER BY p.active DESC, p.code LIMIT 50"
    )
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    /// The best, at most as many as were asked for.
    pub rows: Vec<Listed>,
    /// How many there are in all.
    pub total: usize,
}

/// Products on sale that fit every word of `text` (code, barcode, name, pinyin, pack, maker or approval number) in
/// `category` (all if empty), best first: equal, then beginning with it, then containing it. 699999 is left out: it is
/// offered always, whatever is searched.
pub async fn search(
    db: &Storage,
    merchant: MerchantId,
    text: &str,
    category: &str,
    limit: usize,
) -> Result<Hits, StorageError> {
    let (words, category) = (Words::of(text), category.to_owned());
    db.read(move |connection| {
        let mut found = TopHits { limit, total: 0, best: Vec::new() };
        let mut select = connection
            .prepare_cached("SELECT keys FROM product_keys WHERE merchant_id = ?1 AND (?2 = '' OR category = ?2)")?;
        let mut rows = select.query((merchant.0, &category))?;
        while let Some(row) = rows.next()? {
            words.each(row.text(0)?, |fit, line| found.take(fit, keys::code_of(line)));
        }
        let mut one = connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, {TEXT_OF} FROM product_now p WHERE p.merchant_id = ?1 AND p.code = ?2"
        ))?;
        let best = found.best.iter().map(|(_, code)| one.query_row((merchant.0, code), read_listed).optional());
        let mut rows = best.collect::<sql::Result<Vec<_>>>()?;
        let read = rows.len();
        // An edition that is live and not settled may have stopped a product, or taken it out, whose line is still there.
        rows.retain(|row| row.as_ref().is_some_and(|row| row.product.active));
        let total = found.total.saturating_sub(read - rows.len());
        Ok(Hits { rows: rows.into_iter().flatten().collect(), total })
    })
    .await
}

/// The best hits so far, in order, never more than `limit`.
struct TopHits {
    limit: usize,
    total: usize,
    best: Vec<(Fit, String)>,
}

impl TopHits {
    fn take(&mut self, fit: Fit, code: &str) {
        self.total += 1;
        let worse = |last: &(Fit, String)| (last.0, last.1.as_str()) <= (fit, code);
        if self.best.len() == self.limit && self.best.last().is_none_or(worse) {
            return;
        }
        let place = self.best.partition_point(|(other, before)| (*other, before.as_str()) < (fit, code));
        self.best.insert(place, (fit, code.to_owned()));
        self.best.truncate(self.limit);
    }
}

/// The categories of the merchant's goods on sale.
pub async fn categories(db: &Storage, merchant: MerchantId) -> Result<Vec<String>, StorageError> {
    db.read(move |connection| {
        let mut select = connection.prepare_cached(
            "SELECT DISTINCT category FROM product_keys WHERE merchant_id = ?1 AND category <> '' ORDER BY category",
        )?;
        let rows = select.query_map([merchant.0], |row| row.get(0))?;
        Ok(rows.collect::<sql::Result<_>>()?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;

    const SHOP: MerchantId = MerchantId(250_100);

    async fn shop() -> (crate::fixture::Fixture, Storage) {
        let (folder, db) = crate::fixture::open().await;
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

    /// A product is read by its key with whether it is recalled, however many recalls there were.
    #[test]
    fn a_product_is_found_by_its_indexes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("webpos.db");
        drop(Storage::open(&path).expect("opens"));
        let file = rusqlite::Connection::open(&path).expect("opens");
        let barcode = "SEARCH p USING COVERING INDEX product_barcode (barcode=? AND merchant_id=?)";
        for (sql, first) in [(by_code(), None), (by_barcode(), Some(barcode))] {
            let mut statement = file.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("prepares");
            let steps = statement.query_map((1, "x"), |row| row.get::<_, String>(3)).expect("explains");
            let plan: Vec<String> = steps.collect::<rusqlite::Result<_>>().expect("texts");
            assert!(plan.iter().all(|step| !step.contains("SCAN ")), "{plan:#?}");
            let by_key = "SEARCH p USING PRIMARY KEY (merchant_id=? AND code=?)";
            for step in first.into_iter().chain([by_key]) {
                assert!(plan.iter().any(|own| own == step), "{step}: {plan:#?}");
            }
        }
    }

    #[tokio::test]
    async fn a_barcode_in_any_length_is_one_product_and_the_exact_text_comes_first() {
        let (_folder, db) = shop().await;
        let add = |connection: &Connection| {
            for (code, barcode) in
                [("T1", "0036000291452"), ("T2", "012345678905"), ("T3", "0012345678905"), ("96385074", "")]
            {
                connection.execute(
                    "INSERT INTO product SELECT merchant_id, ?1, ?2, name, pinyin, spec, maker, approval_no, category,
                        otc_class, unit, price, price_low, price_high, card_payable, active, version
                     FROM product WHERE merchant_id = ?3 AND code = '600233'",
                    (code, barcode, SHOP.0),
                )?;
            }
            index(connection, SHOP)
        };
        db.write(add).await.expect("writes");
        let settings = domain::scan::Settings { programmes: &[], in_store: domain::scan::InStore::OFF, year: 2026 };
        for (text, expected) in [
            ("036000291452", "T1"),
            ("00036000291452", "T1"),
            ("]E00036000291452", "T1"),
            ("(01)00036000291452(10)A1", "T1"),
            ("012345678905", "T2"),
            ("0012345678905", "T3"),
            ("96385074", "96385074"),
            ("0000096385074", "96385074"),
        ] {
            let candidates = domain::scan::read(text, &settings).candidates();
            assert_eq!(codes(&find_first(&db, SHOP, candidates).await.expect("reads")), [expected], "{text}");
        }
        for (text, expected) in [("036000291452", 1), ("00012345678905", 2), ("0000096385074", 1), ("036000291453", 0)]
        {
            assert_eq!(search(&db, SHOP, text, "", 50).await.expect("reads").total, expected, "{text}");
        }
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

    #[tokio::test]
    async fn a_product_that_is_stopped_is_found_by_its_code_only() {
        let (_folder, db) = shop().await;
        let stop = |connection: &Connection| {
            connection.execute("UPDATE product SET active = 0 WHERE merchant_id = ?1 AND code = '600233'", [SHOP.0])?;
            index(connection, SHOP)
        };
        db.write(stop).await.expect("writes");
        assert_eq!(search(&db, SHOP, "600233", "", 50).await.expect("reads").total, 0);
        assert!(!find(&db, SHOP, "600233").await.expect("reads")[0].product.active);
        assert_eq!(search(&db, MerchantId(250_200), "600233", "", 50).await.expect("reads").total, 1);
    }
}
