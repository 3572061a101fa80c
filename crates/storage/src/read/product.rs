//! The catalogue of goods: a product by its code or barcode, a search as people type it, categories.
//!
//! A search reads `product_keys`: per category one text with a line of codes, initials and name per product on sale.
//! Looking through such a text takes a tenth of the time of stepping through as many rows, which is what keeps a
//! search over 100,000 products within its 50 ms (`examples/search_speed.rs`). A caller that changes products calls
//! [`index`] in the same transaction.

use std::collections::BTreeMap;

use crate::sql::{self, Connection, Row};
use domain::ids::MerchantId;
use domain::money::Fen;
use domain::product::{OTHER_CODE, PriceBand, Product};

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

/// Writes what searches of `merchant`'s goods read, after they changed, inside the caller's transaction.
pub fn index(connection: &Connection, merchant: MerchantId) -> Result<(), StorageError> {
    connection.prepare_cached("DELETE FROM product_keys WHERE merchant_id = ?1")?.execute([merchant.0])?;
    let mut texts: BTreeMap<String, (i64, String)> = BTreeMap::new();
    let mut select = connection.prepare_cached(
        "SELECT category, code, barcode, pinyin, name FROM product
         WHERE merchant_id = ?1 AND active = 1 AND code <> ?2 ORDER BY code",
    )?;
    let mut rows = select.query((merchant.0, OTHER_CODE))?;
    while let Some(row) = rows.next()? {
        let (count, keys) = texts.entry(row.get(0)?).or_default();
        *count += 1;
        for column in 1..=4 {
            // Neither tab nor line end inside: they are what lines are made of.
            let key: String = row.get(column)?;
            keys.extend(key.chars().filter(|c| !c.is_control()).map(|c| c.to_ascii_lowercase()));
            keys.push(if column == 4 { '\n' } else { '\t' });
        }
    }
    let mut insert = connection
        .prepare_cached("INSERT INTO product_keys (merchant_id, category, count, keys) VALUES (?1, ?2, ?3, ?4)")?;
    for (category, (count, keys)) in texts {
        insert.execute((merchant.0, category, count, keys))?;
    }
    Ok(())
}

const COLUMNS: &str = "code, barcode, name, pinyin, spec, category, price, price_low, price_high, card_payable, active, unit, maker, \
     otc_class <> 'NONE'";

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
        },
        unit: row.get(11)?,
        maker: row.get(12)?,
    })
}

/// Products whose code is `text`, else those whose barcode it is; stopped ones too, so that they can be named.
pub async fn find(db: &Storage, merchant: MerchantId, text: &str) -> Result<Vec<Listed>, StorageError> {
    let text = text.to_owned();
    db.look(move |connection| {
        let by = |column: &str| {
            let sql = format!(
                "SELECT {COLUMNS} FROM product WHERE merchant_id = ?1 AND {column} = ?2 AND {column} <> ''
                 ORDER BY active DESC, code LIMIT 50"
            );
            connection.ask(&sql, (merchant.0, &text))
        };
        let found = by("code")?.rows(read_listed)?;
        if found.is_empty() { Ok(by("barcode")?.rows(read_listed)?) } else { Ok(found) }
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
pub async fn search(
    db: &Storage,
    merchant: MerchantId,
    text: &str,
    category: &str,
    limit: usize,
) -> Result<Hits, StorageError> {
    let text: String = text.trim().chars().map(|c| c.to_ascii_lowercase()).collect();
    let category = category.to_owned();
    db.read(move |connection| {
        let mut found = Found { limit, total: 0, best: Vec::new() };
        let mut select = connection.prepare_cached(
            "SELECT count, keys FROM product_keys WHERE merchant_id = ?1 AND (?2 = '' OR category = ?2)",
        )?;
        let mut rows = select.query((merchant.0, &category))?;
        while let Some(row) = rows.next()? {
            let keys = row.text(1)?;
            if text.is_empty() {
                found.take_all(keys, usize::try_from(row.get::<_, i64>(0)?).unwrap_or_default());
            } else if !text.contains(char::is_control) {
                found.take_matching(keys, &text);
            }
        }
        let mut one = connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM product WHERE merchant_id = ?1 AND code = ?2"))?;
        let best = found.best.iter().map(|(_, code)| one.query_row((merchant.0, code), read_listed));
        Ok(Hits { rows: best.collect::<sql::Result<_>>()?, total: found.total })
    })
    .await
}

/// The best hits so far, in order, never more than `limit`.
struct Found {
    limit: usize,
    total: usize,
    best: Vec<(Fit, String)>,
}

impl Found {
    /// Takes every line.
    fn take_all(&mut self, keys: &str, count: usize) {
        self.total += count;
        for line in keys.lines().take(self.limit) {
            self.keep(Fit::Inside, line);
        }
    }

    /// Takes the lines with `text` in them; jumps from match to match.
    fn take_matching(&mut self, keys: &str, text: &str) {
        let mut rest = keys;
        while let Some(at) = rest.find(text) {
            let start = rest[..at].rfind('\n').map_or(0, |end| end + 1);
            let end = rest[at..].find('\n').map_or(rest.len(), |length| at + length);
            self.total += 1;
            self.keep(fit(&rest[start..end], text), &rest[start..end]);
            rest = &rest[end..];
        }
    }

    fn keep(&mut self, fit: Fit, line: &str) {
        let code = line.split('\t').next().unwrap_or_default();
        let place = self.best.partition_point(|(other, before)| (*other, before.as_str()) < (fit, code));
        if place < self.limit {
            self.best.insert(place, (fit, code.to_owned()));
            self.best.truncate(self.limit);
        }
    }
}

/// How well a line of keys fits a text that is somewhere in it.
fn fit(line: &str, text: &str) -> Fit {
    let of_key = |key: &str| match key.strip_prefix(text) {
        Some("") => Fit::Exact,
        Some(_) => Fit::Prefix,
        None => Fit::Inside,
    };
    line.split('\t').map(of_key).min().unwrap_or(Fit::Inside)
}

/// The categories of the merchant's goods on sale.
pub async fn categories(db: &Storage, merchant: MerchantId) -> Result<Vec<String>, StorageError> {
    db.read(move |connection| {
        let mut select = connection.prepare_cached(
            "SELECT category FROM product_keys WHERE merchant_id = ?1 AND category <> '' ORDER BY category",
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
