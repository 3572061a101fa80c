//! The catalogue of goods: a product by its code or barcode, a search as people type it, categories.
//!
//! A search reads `product_keys`: per category some texts with a line of [keys] per product on sale. Looking
//! through such a text takes a tenth of the time of stepping through as many rows, which is what keeps a search over
//! 100,000 products within its 50 ms (`examples/search_speed.rs`). Code that changes products calls [`index`] or
//! [`index_one`] in the same transaction.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::catalogue::{self, Item, Recalls, Sheet};
use crate::keys::{self, Fit, Keys, Words};
use crate::product_list::{self, Lists, SoldAt};
use crate::sql::{self, Connection};
use domain::ids::ListId;
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

/// Writes what searches of a list's goods read, all of it, inside the caller's transaction.
pub fn index(connection: &Connection, list: ListId) -> Result<(), StorageError> {
    connection.prepare_cached("DELETE FROM product_keys WHERE list_id = ?1")?.execute([list.0])?;
    let mut texts: BTreeMap<(String, i64), (i64, String)> = BTreeMap::new();
    let mut select = connection.prepare_cached(
        "SELECT code, barcode, pinyin, name, spec, maker, approval_no, category FROM product
         WHERE list_id = ?1 AND active = 1 AND own & 2 = 2 AND code <> ?2 ORDER BY code",
    )?;
    let mut rows = select.query((list.0, OTHER_CODE))?;
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
        connection.prepare_cached(INSERT_KEYS)?.execute((list.0, category, part, count, lines))?;
    }
    Ok(())
}

const INSERT_KEYS: &str = "INSERT INTO product_keys (list_id, category, part, count, keys) VALUES (?1, ?2, ?3, ?4, ?5)";

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
    list: ListId,
    before: Option<&str>,
    now: &Searched<'_>,
) -> sql::Result<()> {
    let (code, part) = (now.keys.code, keys::part(now.keys.code));
    let before = before.filter(|before| *before != now.category).map(|before| (before, None));
    let now = (now.category, now.line());
    let edit = |(category, line)| (part, category, vec![(code.to_owned(), line)]);
    replace(connection, list, &before.into_iter().chain([now]).map(edit).collect::<Vec<_>>())
}

/// What searches read of a code; nothing for what they do not find.
pub(crate) type Line = (String, Option<String>);

/// Lines to put in the place of those of their codes: a part, a category, and the lines.
pub(crate) type Edit<'a> = (i64, &'a str, Vec<Line>);

/// Puts lines in the place of the lines of their codes; without a line a code has none. A server is asked for all texts at
/// once, the file for one after the other.
pub(crate) fn replace(connection: &Connection, list: ListId, edits: &[Edit<'_>]) -> sql::Result<()> {
    let select = "SELECT keys FROM product_keys WHERE list_id = ?1 AND category = ?2 AND part = ?3";
    let ask = |(part, category, _): &Edit<'_>| connection.query_later(select, (list.0, *category, *part));
    let at_once = if connection.sqlite().is_some() { 1 } else { edits.len().max(1) };
    for edits in edits.chunks(at_once) {
        let asked = edits.iter().map(ask).collect::<sql::Result<Vec<_>>>()?;
        for (edit, stored) in edits.iter().zip(asked) {
            let before: Option<String> = stored.first(|row| row.get(0))?;
            put_text(connection, list, edit, before.as_deref())?;
        }
    }
    Ok(())
}

fn put_text(
    connection: &Connection,
    list: ListId,
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
        let delete = "DELETE FROM product_keys WHERE list_id = ?1 AND category = ?2 AND part = ?3";
        return connection.execute_later(delete, (list.0, *category, *part));
    }
    let (count, lines) = (i64::try_from(lines.len()).unwrap_or(i64::MAX), lines.into_values().collect::<String>());
    let update = format!(
        "{INSERT_KEYS} ON CONFLICT (list_id, category, part) DO UPDATE SET count = excluded.count, keys = excluded.keys"
    );
    connection.execute_later(&update, (list.0, *category, *part, count, lines))
}

impl From<Sheet> for Listed {
    fn from(Sheet { item, recalled, .. }: Sheet) -> Self {
        let band = item.price_low.zip(item.price_high).map(|(low, high)| PriceBand { low: Fen(low), high: Fen(high) });
        Self {
            product: Product {
                code: item.code,
                barcode: item.barcode,
                name: item.name,
                pinyin: item.pinyin,
                spec: item.spec,
                category: item.category,
                price: item.price.map(Fen),
                band,
                drug: item.otc_class != "NONE",
                card_payable: item.card_payable,
                active: item.active,
                sale_max: item.sale_max,
                id_check: item.id_check,
                recalled,
            },
            unit: item.unit,
            maker: item.maker,
        }
    }
}

/// Products whose code is `text`, else those whose barcode it is; stopped ones too, so that they can be named.
pub async fn find(db: &Storage, lists: Lists, text: &str) -> Result<Vec<Listed>, StorageError> {
    find_first(db, lists, vec![text.to_owned()]).await
}

/// Products of the first of these texts that is a code or a barcode, as [`domain::scan::Scan::candidates`] lists them: the
/// text that was scanned, then the other forms of its GTIN. Of one text the code is tried before the barcode.
pub async fn find_first(db: &Storage, lists: Lists, texts: Vec<String>) -> Result<Vec<Listed>, StorageError> {
    db.read_by_key(move |connection| {
        for text in &texts {
            if let Some(one) = catalogue::find_with(connection, lists, text, Recalls::Read)? {
                return Ok(vec![one.into()]);
            }
            let found = by_barcode(connection, lists, text)?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    })
    .await
}

/// The product with this code where it is sold.
pub async fn find_at(db: &Storage, at: SoldAt, code: String) -> Result<Option<Listed>, StorageError> {
    db.read_by_key(move |connection| {
        let lists = product_list::lists_at(connection, at)?;
        Ok(catalogue::find_with(connection, lists, &code, Recalls::Read)?.map(Listed::from))
    })
    .await
}

/// Most products that are shown of one barcode.
const SAME_BARCODE: usize = 50;

/// The products with a barcode, those on sale first.
fn by_barcode(connection: &Connection, lists: Lists, barcode: &str) -> sql::Result<Vec<Listed>> {
    let asked = lists.each().map(|list| connection.query_later(CODES_OF_BARCODE, (list.0, barcode)));
    let asked = asked.collect::<sql::Result<Vec<_>>>()?;
    let mut codes: BTreeSet<String> = BTreeSet::new();
    for rows in asked {
        codes.extend(rows.rows(|row| row.get(0))?);
    }
    let mut found = Vec::new();
    for code in codes.into_iter().take(SAME_BARCODE) {
        // A list above may have given it another barcode.
        let one = catalogue::find_with(connection, lists, &code, Recalls::Read)?;
        found.extend(one.filter(|one| one.item.barcode == barcode).map(Listed::from));
    }
    found.sort_by_key(|one| !one.product.active);
    Ok(found)
}

const CODES_OF_BARCODE: &str =
    "SELECT b.code FROM product_now b WHERE b.list_id = ?1 AND b.barcode = ?2 AND b.barcode <> '' LIMIT 50";

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
/// offered always, whatever is searched. One that only a list below has on sale is found in the category in which that list
/// has it down, if the list above has not moved it since.
pub async fn search(
    db: &Storage,
    lists: Lists,
    text: &str,
    category: &str,
    limit: usize,
) -> Result<Hits, StorageError> {
    let (words, category) = (Words::of(text), category.to_owned());
    db.read(move |connection| {
        let mut found = TopHits { limit, total: 0, best: Vec::new() };
        // What a list below says of a product counts: that it is not sold, or that it was found there.
        let mut below: HashSet<String> = HashSet::new();
        let mut left = lists.each().count();
        for list in lists.each() {
            left -= 1;
            let mut here = Vec::new();
            let mut select = connection
                .prepare_cached("SELECT keys FROM product_keys WHERE list_id = ?1 AND (?2 = '' OR category = ?2)")?;
            let mut rows = select.query((list.0, &category))?;
            while let Some(row) = rows.next()? {
                words.each(row.text(0)?, |fit, line| {
                    let code = keys::code_of(line);
                    if below.is_empty() || !below.contains(code) {
                        found.take(fit, code);
                        if left > 0 {
                            here.push(code.to_owned());
                        }
                    }
                });
            }
            if left > 0 {
                below.extend(here);
                below.extend(stopped(connection, list)?);
            }
        }
        let best = found.best.iter().map(|(_, code)| catalogue::find_with(connection, lists, code, Recalls::Read));
        let mut rows = best.collect::<sql::Result<Vec<_>>>()?;
        let read = rows.len();
        // An edition that is live and not settled may have stopped a product, or taken it out, whose line is still there.
        // And a list above may have put it into another category than a list below has it in.
        let fits = |item: &Item| item.active && (category.is_empty() || item.category == category);
        rows.retain(|row| row.as_ref().is_some_and(|row| fits(&row.item)));
        let total = found.total.saturating_sub(read - rows.len());
        Ok(Hits { rows: rows.into_iter().flatten().map(Listed::from).collect(), total })
    })
    .await
}

/// The codes that a list itself takes off sale.
fn stopped(connection: &Connection, list: ListId) -> sql::Result<Vec<String>> {
    let mut statement = connection.prepare_cached(STOPPED)?;
    statement.query_map([list.0], |row| row.get(0))?.collect()
}

const STOPPED: &str = "SELECT code FROM product WHERE list_id = ?1 AND active = 0 AND own & 2 = 2";

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

/// The categories of the goods on sale.
pub async fn categories(db: &Storage, lists: Lists) -> Result<Vec<String>, StorageError> {
    db.read(move |connection| {
        let mut categories = BTreeSet::new();
        for list in lists.each() {
            let mut select = connection
                .prepare_cached("SELECT DISTINCT category FROM product_keys WHERE list_id = ?1 AND category <> ''")?;
            let rows = select.query_map([list.0], |row| row.get(0))?;
            categories.extend(rows.collect::<sql::Result<Vec<String>>>()?);
        }
        Ok(categories.into_iter().collect())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;

    const SHOP: ListId = ListId(250_100);

    fn shop_lists() -> Lists {
        Lists::alone(SHOP)
    }

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
        let by_code = find(&db, shop_lists(), "600233").await.expect("reads").remove(0);
        assert_eq!((by_code.product.name.as_str(), by_code.product.price), ("感冒灵颗粒", Some(Fen(1_550))));
        assert!(by_code.product.band.is_some());
        let by_barcode = find(&db, shop_lists(), &by_code.product.barcode).await.expect("reads");
        assert_eq!(by_barcode, [by_code]);
        let other = find(&db, shop_lists(), OTHER_CODE).await.expect("reads").remove(0).product;
        assert_eq!((other.price, other.band), (None, None));
        for unknown in ["", "000000", "' OR 1=1 --", "x".repeat(10_000).as_str()] {
            assert_eq!(find(&db, shop_lists(), unknown).await.expect("reads"), []);
        }
        assert_eq!(find(&db, Lists::alone(ListId(999_999)), "600233").await.expect("reads"), []);
        assert_eq!(find(&db, Lists::alone(ListId(250_200)), "600233").await.expect("reads").len(), 1);
    }

    /// A product is read by its key with whether it is recalled, however many recalls there were, and found by its barcode, or
    /// for not being sold, without a look at the others of its list.
    #[test]
    fn a_product_is_found_by_its_indexes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("webpos.db");
        drop(Storage::open(&path).expect("opens"));
        let file = rusqlite::Connection::open(&path).expect("opens");
        for (sql, step) in [
            (catalogue::by_code(Recalls::Read), "SEARCH p USING PRIMARY KEY (list_id=? AND code=?)"),
            (CODES_OF_BARCODE.to_owned(), "SEARCH p USING COVERING INDEX product_barcode (barcode=? AND list_id=?)"),
            (STOPPED.to_owned(), "SEARCH product USING COVERING INDEX product_stopped (list_id=? AND active=?)"),
        ] {
            let mut statement = file.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("prepares");
            let count = statement.parameter_count();
            let values = rusqlite::params_from_iter([1, 2].into_iter().take(count));
            let steps = statement.query_map(values, |row| row.get::<_, String>(3)).expect("explains");
            let plan: Vec<String> = steps.collect::<rusqlite::Result<_>>().expect("texts");
            assert!(plan.iter().all(|step| !step.contains("SCAN ")), "{plan:#?}");
            assert!(plan.iter().any(|own| own == step), "{step}: {plan:#?}");
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
                    "INSERT INTO product SELECT list_id, ?1, ?2, name, pinyin, spec, maker, approval_no, category,
                        otc_class, unit, price, price_low, price_high, card_payable, active, sale_max, id_check, own, version
                     FROM product WHERE list_id = ?3 AND code = '600233'",
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
            assert_eq!(codes(&find_first(&db, shop_lists(), candidates).await.expect("reads")), [expected], "{text}");
        }
        for (text, expected) in [("036000291452", 1), ("00012345678905", 2), ("0000096385074", 1), ("036000291453", 0)]
        {
            assert_eq!(search(&db, shop_lists(), text, "", 50).await.expect("reads").total, expected, "{text}");
        }
    }

    #[tokio::test]
    async fn a_search_puts_equal_before_beginning_before_containing() {
        let (_folder, db) = shop().await;
        let found = |text: &'static str| search(&db, shop_lists(), text, "", 50);
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
        let categories = categories(&db, shop_lists()).await.expect("reads");
        assert!(categories.len() > 3 && categories.is_sorted(), "{categories:?}");
        let hits = search(&db, shop_lists(), "", &categories[0], 2).await.expect("reads");
        assert!(hits.total > 2);
        assert_eq!(hits.rows.len(), 2);
        assert!(hits.rows.iter().all(|one| one.product.category == categories[0]));
    }

    #[tokio::test]
    async fn a_product_that_is_stopped_is_found_by_its_code_only() {
        let (_folder, db) = shop().await;
        let stop = |connection: &Connection| {
            connection.execute("UPDATE product SET active = 0 WHERE list_id = ?1 AND code = '600233'", [SHOP.0])?;
            index(connection, SHOP)
        };
        db.write(stop).await.expect("writes");
        assert_eq!(search(&db, shop_lists(), "600233", "", 50).await.expect("reads").total, 0);
        assert!(!find(&db, shop_lists(), "600233").await.expect("reads")[0].product.active);
        assert_eq!(search(&db, Lists::alone(ListId(250_200)), "600233", "", 50).await.expect("reads").total, 1);
    }
}
