//! The catalogue: page by page, one product, written as a whole by a program or a person; and what each product cost when.
//!
//! What must stay true:
//! - A product is read with what the lists above its list say of it, and written into one list.
//! - Every write goes through [`write()`], so that searches find what is stored and `product_price` says what a product cost
//!   at any moment.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::ids::{ListId, MerchantId, PersonId};
use domain::money::Fen;
use domain::product::{OTHER_CODE, Prices};
use domain::scan::Gtin;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::audit::{self, Entry};
use crate::edition;
use crate::idempotency::{self, Claim, PriorUse};
use crate::keys::Keys;
use crate::pinyin::initials;
use crate::product::{self, Searched};
use crate::product_list::{self, Lists, Own};
use crate::recall::{self, TEXT_OF};
use crate::{Storage, StorageError};

/// A product with everything that is stored of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The merchant's own number.
    pub code: String,
    /// EAN-13 or another barcode; empty if it has none.
    pub barcode: String,
    /// Name.
    pub name: String,
    /// Initials of the name's pinyin, lower case.
    pub pinyin: String,
    /// Pack and strength.
    pub spec: String,
    /// Who makes it.
    pub maker: String,
    /// Approval number of the drug authority.
    pub approval_no: String,
    /// Category.
    pub category: String,
    /// `RX`, `OTC-A`, `OTC-B` or `NONE`.
    pub otc_class: String,
    /// Piece.
    pub unit: String,
    /// Price in fen.
    pub price: Option<i64>,
    /// Lowest price that needs nobody's consent.
    pub price_low: Option<i64>,
    /// Highest such price.
    pub price_high: Option<i64>,
    /// Whether the card may pay for it.
    pub card_payable: bool,
    /// Whether it is on sale.
    pub active: bool,
    /// Most pieces on one order, 1 to 999; `None` for any number.
    pub sale_max: Option<i64>,
    /// Whether the cashier looks at the buyer's identity card.
    pub id_check: bool,
    /// What its list says itself, where a list above has the product too.
    pub own: Own,
}

impl Item {
    /// Its prices.
    pub fn prices(&self) -> Prices {
        Prices { price: self.price.map(Fen), low: self.price_low.map(Fen), high: self.price_high.map(Fen) }
    }

    /// Every field but the code, by its column's name in files, as plain text; prices in yuan, empty for an open one.
    pub fn fields(&self) -> [(&'static str, String); 16] {
        let fen = |fen: Option<i64>| fen.map_or_else(String::new, |fen| Fen(fen).plain());
        let yes = |it_is: bool| if it_is { "yes" } else { "no" }.to_owned();
        [
            ("price", fen(self.price)),
            ("low", fen(self.price_low)),
            ("high", fen(self.price_high)),
            ("active", yes(self.active)),
            ("payable", yes(self.card_payable)),
            ("sale_max", self.sale_max.map_or_else(String::new, |most| most.to_string())),
            ("id_check", yes(self.id_check)),
            ("name", self.name.clone()),
            ("barcode", self.barcode.clone()),
            ("spec", self.spec.clone()),
            ("maker", self.maker.clone()),
            ("approval_no", self.approval_no.clone()),
            ("category", self.category.clone()),
            ("otc_class", self.otc_class.clone()),
            ("unit", self.unit.clone()),
            ("pinyin", self.pinyin.clone()),
        ]
    }

    /// The same at other prices.
    #[must_use]
    pub fn at(self, prices: Prices) -> Self {
        let fen = |price: Option<Fen>| price.map(|price| price.0);
        Self { price: fen(prices.price), price_low: fen(prices.low), price_high: fen(prices.high), ..self }
    }

    /// Whether it is the same product as another one in all that the uppermost list decides.
    pub fn is_same_product(&self, other: &Self) -> bool {
        let (active, sale_max, own) = (other.active, other.sale_max, other.own);
        Self { active, sale_max, own, ..self.clone().at(other.prices()) } == *other
    }
}

/// Classes of drugs, as the law sorts them.
pub const OTC_CLASSES: [&str; 4] = ["RX", "OTC-A", "OTC-B", "NONE"];

const COLUMNS: &str = "code, barcode, name, pinyin, spec, maker, approval_no, category, otc_class, unit, price, \
     price_low, price_high, card_payable, active, sale_max, id_check, own";

pub(crate) fn read(row: &Row<'_>) -> sql::Result<Item> {
    read_at(row, 0)
}

/// A product from eighteen columns.
pub(crate) fn read_at(row: &Row<'_>, first: usize) -> sql::Result<Item> {
    Ok(Item {
        code: row.get(first)?,
        barcode: row.get(first + 1)?,
        name: row.get(first + 2)?,
        pinyin: row.get(first + 3)?,
        spec: row.get(first + 4)?,
        maker: row.get(first + 5)?,
        approval_no: row.get(first + 6)?,
        category: row.get(first + 7)?,
        otc_class: row.get(first + 8)?,
        unit: row.get(first + 9)?,
        price: row.get(first + 10)?,
        price_low: row.get(first + 11)?,
        price_high: row.get(first + 12)?,
        card_payable: row.get(first + 13)?,
        active: row.get(first + 14)?,
        sale_max: row.get(first + 15)?,
        id_check: row.get(first + 16)?,
        own: Own::read(row, first + 17)?,
    })
}

/// A product as the tills of a list sell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The product.
    pub item: Item,
    /// Changes with everything that is said of it, here and above.
    pub version: i64,
    /// Version of the list's own row; 0 if it has none.
    pub row: i64,
    /// Whether a list above says what it is.
    pub above: bool,
    /// What the tills say if it is recalled.
    pub recalled: Option<String>,
}

/// Whether it is read what the tills say of a recalled product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recalls {
    /// It is.
    Read,
    /// Nobody asks.
    Left,
}

/// The columns of [`read_sheet`] of `p`.
pub(crate) fn columns(recalls: Recalls) -> String {
    let text = if recalls == Recalls::Read { TEXT_OF } else { "NULL" };
    format!("{COLUMNS}, version, {text}")
}

pub(crate) fn read_sheet(row: &Row<'_>) -> sql::Result<Sheet> {
    let version = row.get(18)?;
    Ok(Sheet { item: read(row)?, version, row: version, above: false, recalled: row.get(19)? })
}

/// Products by code, ascending, after code `after`; stopped ones too.
pub async fn page(db: &Storage, list: ListId, after: String, limit: u32) -> Result<Vec<Sheet>, StorageError> {
    db.read(move |connection| {
        let lists = product_list::lists(connection, list)?;
        Ok(page_in(connection, lists, (&after, limit), Recalls::Left)?)
    })
    .await
}

/// The same with what the tills say of recalled ones.
pub async fn list(db: &Storage, list: ListId, after: String, limit: u32) -> Result<Vec<Sheet>, StorageError> {
    db.read(move |connection| {
        let lists = product_list::lists(connection, list)?;
        Ok(page_in(connection, lists, (&after, limit), Recalls::Read)?)
    })
    .await
}

fn page_in(
    connection: &Connection,
    lists: Lists,
    (after, limit): (&str, u32),
    recalls: Recalls,
) -> sql::Result<Vec<Sheet>> {
    let sql = format!(
        "SELECT {} FROM product_now p WHERE p.list_id = ?1 AND p.code > ?2 ORDER BY p.code LIMIT ?3",
        columns(recalls)
    );
    let mut page = Vec::new();
    let mut after = after.to_owned();
    while page.len() < limit as usize {
        // As many of each list: the first so many codes of all of them are among these.
        let mut by_code: BTreeMap<String, Vec<Option<Sheet>>> = BTreeMap::new();
        let mut goes_on = false;
        for (place, list) in lists.each().enumerate() {
            let rows = connection.query_later(&sql, (list.0, &after, limit))?.rows(read_sheet)?;
            goes_on |= rows.len() == limit as usize;
            for row in rows {
                let layers = by_code.entry(row.item.code.clone()).or_default();
                layers.resize(place, None);
                layers.push(Some(row));
            }
        }
        let known = by_code.into_iter().take(limit as usize);
        for (code, layers) in known {
            page.extend(product_list::layered(layers));
            after = code;
        }
        if !goes_on {
            break;
        }
    }
    page.truncate(limit as usize);
    Ok(page)
}

/// One product.
pub async fn item(db: &Storage, lists: Lists, code: String) -> Result<Option<Item>, StorageError> {
    db.read(move |connection| Ok(find(connection, lists, &code)?.map(|sheet| sheet.item))).await
}

/// A list's own row of a product.
pub(crate) fn by_code(recalls: Recalls) -> String {
    format!("SELECT {} FROM product_now p WHERE p.list_id = ?1 AND p.code = ?2", columns(recalls))
}

/// A product of a list, or of one above.
pub(crate) fn find(connection: &Connection, lists: Lists, code: &str) -> sql::Result<Option<Sheet>> {
    find_with(connection, lists, code, Recalls::Left)
}

/// The same, perhaps with what the tills say.
pub(crate) fn find_with(
    connection: &Connection,
    lists: Lists,
    code: &str,
    recalls: Recalls,
) -> sql::Result<Option<Sheet>> {
    let sql = by_code(recalls);
    let asked = lists.each().map(|list| connection.query_later(&sql, (list.0, code)));
    let asked = asked.collect::<sql::Result<Vec<_>>>()?;
    let rows = asked.into_iter().map(|rows| rows.first(read_sheet)).collect::<sql::Result<_>>()?;
    Ok(product_list::layered(rows))
}

/// What came of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Status and body of the answer, now or when it was asked first.
    Done(u16, String),
    /// The key was used for something else.
    OtherContent,
    /// There is no such product.
    Absent,
    /// The change would leave the product with values that do not go together.
    Invalid,
    /// The card company decides what cards pay for at this merchant. Nothing changed.
    CompanyDecides,
    /// The product is recalled, and a recall may find it by what was to change. Nothing changed.
    Recalled,
    /// A list above says what the product is. Nothing changed.
    FromAbove,
}

/// Changes one product of a list: `change` gets what is stored, and whether the merchant decides what cards pay for, and
/// says what is to be, or `Err` with why not; `answer` puts the result into words. Claim, product and audit entry are
/// written together. A merchant that does not decide makes no product payable, nobody takes a product out of a recall by
/// giving it another barcode or approval number, and what a list above says stays.
pub async fn change<C, A>(
    db: &Storage,
    claim: Claim,
    (lists, code): (Lists, String),
    entry: Entry,
    change: C,
    answer: A,
) -> Result<Written, StorageError>
where
    C: FnOnce(Option<Item>, bool) -> Result<Item, Written> + Clone + Send + 'static,
    A: FnOnce(&Item) -> String + Clone + Send + 'static,
{
    db.write(move |connection| {
        match idempotency::prior_use(connection, &claim)? {
            PriorUse::New => {}
            PriorUse::Same { answer: Some((status, body)) } => return Ok(Written::Done(status, body)),
            PriorUse::Same { .. } | PriorUse::Other => return Ok(Written::OtherContent),
        }
        lock(connection, lists)?;
        let before = find_with(connection, lists, &code, Recalls::Read)?;
        let status = if before.is_some() { 200 } else { 201 };
        let sql = "SELECT decides_payable FROM merchant WHERE id = ?1";
        let decides = connection.prepare_cached(sql)?.query_row([claim.merchant.0], |row| row.get(0))?;
        let item = match change(before.as_ref().map(|before| before.item.clone()), decides) {
            Ok(item) => item,
            Err(refused) => return Ok(refused),
        };
        if item.card_payable && !decides && !before.as_ref().is_some_and(|before| before.item.card_payable) {
            return Ok(Written::CompanyDecides);
        }
        if let Some(before) = &before {
            let named = with_initials(Some(&before.item), item.clone());
            if before.above && !named.is_same_product(&before.item) {
                return Ok(Written::FromAbove);
            }
            if before.recalled.is_some() && is_found_otherwise(&before.item, &item) {
                return Ok(Written::Recalled);
            }
        }
        let at = entry.at;
        let item = put(connection, lists, before.as_ref().map(|before| &before.item), item, entry)?;
        let body = answer(&item);
        idempotency::insert(connection, &claim, Some((status, &body)), at)?;
        Ok(Written::Done(status, body))
    })
    .await
}

/// Takes the turn of a list's changes of products.
pub(crate) fn lock(connection: &Connection, lists: Lists) -> sql::Result<()> {
    connection.lock_name("catalogue", &lists.own().0.to_string())
}

/// Gives a new merchant 其他药品, which tills ring up at a typed price when the catalogue lacks a product.
pub(crate) fn put_other(connection: &Connection, merchant: MerchantId, entry: Entry) -> Result<(), StorageError> {
    let item = Item {
        code: OTHER_CODE.to_owned(),
        barcode: String::new(),
        name: "\u{5176}\u{4ed6}\u{836f}\u{54c1}".to_owned(),
        pinyin: String::new(),
        spec: String::new(),
        maker: String::new(),
        approval_no: String::new(),
        category: "\u{901a}\u{7528}".to_owned(),
        otc_class: "NONE".to_owned(),
        unit: "\u{4ef6}".to_owned(),
        price: None,
        price_low: None,
        price_high: None,
        card_payable: true,
        active: true,
        sale_max: None,
        id_check: false,
        own: Own::ALL,
    };
    put(connection, Lists::alone(ListId::of(merchant)), None, item, entry).map(drop)
}

/// Writes a product into a list and the audit entry; answers what is stored now. The caller holds the lock `catalogue` of
/// the list and has read `before` under it.
pub(crate) fn put(
    connection: &Connection,
    lists: Lists,
    before: Option<&Item>,
    item: Item,
    entry: Entry,
) -> Result<Item, StorageError> {
    let item = said(before, item);
    if before != Some(&item) {
        write(connection, lists, before, &item, (entry.person, entry.at))?;
    }
    audit::insert(connection, &Entry { detail: difference(before, &item), ..entry })?;
    Ok(item)
}

/// A product as a list that has it as `before` comes to say it: with initials, and with what the list says itself.
pub(crate) fn said(before: Option<&Item>, item: Item) -> Item {
    let own = before.map_or(Own::ALL, |before| before.own.with(before, &item));
    Item { own, ..with_initials(before, item) }
}

/// Writes a product into a list, with what it costs from now on and what searches read of it. What waits to change the
/// product follows.
fn write(
    connection: &Connection,
    lists: Lists,
    before: Option<&Item>,
    item: &Item,
    (by, at): (Option<PersonId>, Timestamp),
) -> sql::Result<()> {
    let list = lists.own();
    let sold = |item: &Item| (item.prices(), item.card_payable, item.active, item.own);
    let differs = before.is_none_or(|before| sold(before) != sold(item));
    edition::settle_one(connection, list, &item.code)?;
    // Searches find it where the list has it, which may not be where the list above has it by now.
    let mut listed = before.map(|before| before.category.clone());
    if lists.has_above() {
        let sql = "SELECT category FROM product WHERE list_id = ?1 AND code = ?2";
        listed = connection.prepare_cached(sql)?.query_row((list.0, &item.code), |row| row.get(0)).optional()?;
    }
    if differs {
        begin_prices(connection, list, &item.code)?;
    }
    save(connection, list, item)?;
    if differs {
        note_prices(connection, list, &item.code, by, at)?;
    }
    product::index_one(connection, list, listed.as_deref(), &searched(item))?;
    edition::follow(connection, list, &item.code)
}

/// With initials of the name where none came, and where those of a name that changed had been made so.
pub(crate) fn with_initials(before: Option<&Item>, item: Item) -> Item {
    let made = |before: &Item| before.pinyin == item.pinyin && before.pinyin == initials(&before.name);
    if item.pinyin.is_empty() || before.is_some_and(made) {
        return Item { pinyin: initials(&item.name), ..item };
    }
    item
}

pub(crate) fn searched(item: &Item) -> Searched<'_> {
    let keys = Keys {
        code: &item.code,
        barcode: &item.barcode,
        pinyin: &item.pinyin,
        name: &item.name,
        spec: &item.spec,
        maker: &item.maker,
        approval_no: &item.approval_no,
    };
    // What a list above has on sale, searches find there.
    Searched { keys, category: &item.category, active: item.active && item.own.sale }
}

/// Writes a product as it is, with the next version.
fn save(connection: &Connection, list: ListId, item: &Item) -> sql::Result<()> {
    let sql = "INSERT INTO product (list_id, code, barcode, name, pinyin, spec, maker, approval_no, category,
                                    otc_class, unit, price, price_low, price_high, card_payable, active, sale_max,
                                    id_check, own, version)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, 1)
        ON CONFLICT (list_id, code) DO UPDATE SET barcode = excluded.barcode, name = excluded.name,
            pinyin = excluded.pinyin, spec = excluded.spec, maker = excluded.maker, approval_no = excluded.approval_no,
            category = excluded.category, otc_class = excluded.otc_class, unit = excluded.unit, price = excluded.price,
            price_low = excluded.price_low, price_high = excluded.price_high, card_payable = excluded.card_payable,
            active = excluded.active, sale_max = excluded.sale_max, id_check = excluded.id_check, own = excluded.own,
            version = product.version + 1";
    let values = params![
        list.0,
        item.code,
        item.barcode,
        item.name,
        item.pinyin,
        item.spec,
        item.maker,
        item.approval_no,
        item.category,
        item.otc_class,
        item.unit,
        item.price,
        item.price_low,
        item.price_high,
        item.card_payable,
        item.active,
        item.sale_max,
        item.id_check,
        item.own.bits(),
    ];
    connection.execute_later(sql, values)
}

/// Before a product changes for the first time: what it has cost so far.
fn begin_prices(connection: &Connection, list: ListId, code: &str) -> sql::Result<()> {
    let sql =
        "INSERT INTO product_price (list_id, code, since, price, price_low, price_high, card_payable, active, own,
            changed_by)
        SELECT list_id, code, 0, price, price_low, price_high, card_payable, active, own, NULL FROM product p
        WHERE p.list_id = ?1 AND p.code = ?2
            AND NOT EXISTS (SELECT 1 FROM product_price h WHERE h.list_id = ?1 AND h.code = ?2)";
    connection.execute_later(sql, params![list.0, code])
}

/// After a product changed: what it costs from now on. Of two changes at one moment the second counts from the next
/// microsecond on.
fn note_prices(
    connection: &Connection,
    list: ListId,
    code: &str,
    by: Option<PersonId>,
    at: Timestamp,
) -> sql::Result<()> {
    let sql =
        "INSERT INTO product_price (list_id, code, since, price, price_low, price_high, card_payable, active, own,
            changed_by)
        SELECT p.list_id, p.code, CASE WHEN h.last >= ?3 THEN h.last + 1 ELSE ?3 END, p.price, p.price_low,
            p.price_high, p.card_payable, p.active, p.own, ?4
        FROM product p CROSS JOIN
            (SELECT COALESCE(MAX(since), 0) AS last FROM product_price WHERE list_id = ?1 AND code = ?2) h
        WHERE p.list_id = ?1 AND p.code = ?2";
    connection.execute_later(sql, params![list.0, code, at.0, by.map(|by| by.0)])
}

/// Sells a product at other prices, inside the transaction of the approval.
pub(crate) fn set_prices(
    connection: &Connection,
    (list, code): (ListId, &str),
    prices: Prices,
    by: PersonId,
    at: Timestamp,
) -> sql::Result<()> {
    let lists = product_list::lists(connection, list)?;
    let Some(Sheet { item: before, .. }) = find(connection, lists, code)? else { return Ok(()) };
    let item = said(Some(&before), before.clone().at(prices));
    write(connection, lists, Some(&before), &item, (Some(by), at))
}

/// A product as a decision sees it.
pub(crate) fn row(connection: &Connection, list: ListId, code: &str) -> sql::Result<Option<domain::acts::Product>> {
    let Some(list_name) = product_list::name(connection, list)? else { return Ok(None) };
    let found = find(connection, product_list::lists(connection, list)?, code)?;
    Ok(found.map(|Sheet { item, .. }| domain::acts::Product {
        list: list_name,
        prices: item.prices(),
        name: item.name,
    }))
}

/// A product that stands in the way of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It has that code: its name.
    Code(String),
    /// Tills find it by that barcode: code and name.
    Barcode(String, String),
}

/// The product that tills find by the barcode of `item`, in any length; of a new one by its code as well, which a till tries
/// before any barcode.
fn barcode_taken(connection: &Connection, lists: Lists, item: &Item, new: bool) -> sql::Result<Option<Taken>> {
    let code = new.then_some(&item.code);
    for text in code.into_iter().chain([&item.barcode]).filter(|text| !text.is_empty()) {
        for text in Gtin::parse(text).into_iter().flat_map(Gtin::forms).chain([text.clone()]) {
            let sql = "SELECT code, name FROM product_now WHERE list_id = ?1 AND code = ?2 AND code <> ?3
                UNION ALL SELECT p.code, p.name FROM product_now p WHERE p.list_id = ?1 AND p.code <> ?3 AND p.code IN
                    (SELECT b.code FROM product_now b WHERE b.list_id = ?1 AND b.barcode = ?2 AND b.barcode <> '')
                LIMIT 1";
            let read = |row: &Row<'_>| Ok(Taken::Barcode(row.get(0)?, row.get(1)?));
            for list in lists.each() {
                let values = params![list.0, &text, &item.code];
                if let Some(taken) = connection.prepare_cached(sql)?.query_row(values, read).optional()? {
                    return Ok(Some(taken));
                }
            }
        }
    }
    Ok(None)
}

/// What became of a new product. Only [`Added::Done`] wrote anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is stored, now or since the same was sent before: as it is stored.
    Done(Box<Item>),
    /// Another product stands in the way.
    Taken(Taken),
    /// A recall covers it.
    Recalled,
}

/// Adds a new product to a list. The caller holds the lock `catalogue` of the list.
pub(crate) fn add(connection: &Connection, lists: Lists, item: Item, entry: Entry) -> Result<Added, StorageError> {
    if let Some(Sheet { item: before, .. }) = find(connection, lists, &item.code)? {
        let same = Item { own: before.own, ..with_initials(None, item) } == before;
        return Ok(if same { Added::Done(Box::new(before)) } else { Added::Taken(Taken::Code(before.name)) });
    }
    if let Some(taken) = barcode_taken(connection, lists, &item, true)? {
        return Ok(Added::Taken(taken));
    }
    if recall::text_if(connection, &item)?.is_some() {
        return Ok(Added::Recalled);
    }
    Ok(Added::Done(Box::new(put(connection, lists, None, item, entry)?)))
}

/// A product as a person edits it.
pub async fn sheet(db: &Storage, list: ListId, code: String) -> Result<Option<Sheet>, StorageError> {
    Ok(sheets(db, list, vec![code]).await?.pop())
}

/// The products with these codes, in their order.
pub async fn sheets(db: &Storage, list: ListId, codes: Vec<String>) -> Result<Vec<Sheet>, StorageError> {
    db.read(move |connection| {
        let lists = product_list::lists(connection, list)?;
        let found = codes.iter().map(|code| find_with(connection, lists, code, Recalls::Read));
        Ok(found.filter_map(sql::Result::transpose).collect::<sql::Result<_>>()?)
    })
    .await
}

/// What became of a person's change. Only [`Kept::Done`] wrote anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is stored.
    Done,
    /// Only the prices change, and take two persons.
    PricesWait,
    /// The prices take two persons, and something else changes with them.
    PricesApart,
    /// Somebody changed it meanwhile.
    Stale,
    /// There is no such product, or no such merchant.
    Gone,
    /// Another product stands in the way.
    Taken(Taken),
    /// A recall covers it, and finds it by the barcode or approval number that was to change; or it covers the new product.
    Recalled,
    /// 699999 has no price, barcode or approval number.
    Other,
    /// A list above says what it is.
    FromAbove,
    /// The card company decides what cards pay for at this merchant.
    CompanyDecides,
}

/// Whose person changes goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// The card company's. A price that moves far takes two of them.
    Company,
    /// The merchant's, whose own prices they are. What cards pay for the company decides, unless it lets the merchant.
    Merchant,
}

/// Makes a product, or changes the one of a `version`. A price that moves far is not stored.
pub async fn keep(
    db: &Storage,
    (keeper, list): (Keeper, ListId),
    version: Option<i64>,
    item: Item,
    entry: Entry,
) -> Result<Kept, StorageError> {
    db.write(move |connection| {
        let plain = item.prices() == Prices::default() && item.barcode.is_empty() && item.approval_no.is_empty();
        if item.code == OTHER_CODE && !plain {
            return Ok(Kept::Other);
        }
        if product_list::name(connection, list)?.is_none() {
            return Ok(Kept::Gone);
        }
        let lists = product_list::lists(connection, list)?;
        lock(connection, lists)?;
        let decides = keeper == Keeper::Company || merchant_decides(connection, list)?;
        let Some(version) = version else {
            if item.card_payable && !decides {
                return Ok(Kept::CompanyDecides);
            }
            return Ok(match add(connection, lists, item, entry)? {
                Added::Done(_) => Kept::Done,
                Added::Taken(taken) => Kept::Taken(taken),
                Added::Recalled => Kept::Recalled,
            });
        };
        let Some(now) = find_with(connection, lists, &item.code, Recalls::Read)? else { return Ok(Kept::Gone) };
        let before = now.item;
        let item = Item { own: before.own, ..item };
        if now.version != version {
            // A second press of the button finds what the first one stored.
            return Ok(if item == before { Kept::Done } else { Kept::Stale });
        }
        if now.above && !item.is_same_product(&before) {
            return Ok(Kept::FromAbove);
        }
        let same = before.barcode == item.barcode;
        if let Some(taken) = if same { None } else { barcode_taken(connection, lists, &item, false)? } {
            return Ok(Kept::Taken(taken));
        }
        if now.recalled.is_some() && is_found_otherwise(&before, &item) {
            return Ok(Kept::Recalled);
        }
        if item.card_payable && !before.card_payable && !decides {
            return Ok(Kept::CompanyDecides);
        }
        if keeper == Keeper::Company && before.prices().needs_two(item.prices()) {
            let alone = item.at(before.prices()) == before;
            return Ok(if alone { Kept::PricesWait } else { Kept::PricesApart });
        }
        if item != before {
            put(connection, lists, Some(&before), item, entry)?;
        }
        Ok(Kept::Done)
    })
    .await
}

/// Whether the merchant of a list decides which of its goods cards pay for.
fn merchant_decides(connection: &Connection, list: ListId) -> sql::Result<bool> {
    let sql = "SELECT m.decides_payable FROM product_list l JOIN merchant m ON m.id = l.merchant_id WHERE l.id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([list.0], |row| row.get(0)).optional()?.unwrap_or(false))
}

/// Lets a list say nothing itself any more of a product that a list above has, if it is of this `version`. A price that
/// would move far stays.
pub async fn follow_above(
    db: &Storage,
    (keeper, list): (Keeper, ListId),
    (code, version): (String, i64),
    entry: Entry,
) -> Result<Kept, StorageError> {
    db.write(move |connection| {
        let lists = product_list::lists(connection, list)?;
        lock(connection, lists)?;
        let Some(now) = find(connection, lists, &code)?.filter(|now| now.above) else { return Ok(Kept::Gone) };
        if now.item.own == Own::NONE {
            return Ok(Kept::Done);
        }
        if now.version != version {
            return Ok(Kept::Stale);
        }
        let above = lists.above().map_or(Ok(None), |above| find(connection, above, &code))?;
        let Some(Sheet { item: above, .. }) = above else { return Ok(Kept::Gone) };
        if keeper == Keeper::Company && now.item.prices().needs_two(above.prices()) {
            return Ok(Kept::PricesApart);
        }
        let item = Item { own: Own::NONE, ..above };
        write(connection, lists, Some(&now.item), &item, (entry.person, entry.at))?;
        audit::insert(connection, &Entry { detail: difference(Some(&now.item), &item), ..entry })?;
        Ok(Kept::Done)
    })
    .await
}

/// Whether a change could take a product out of a recall.
pub(crate) fn is_found_otherwise(before: &Item, after: &Item) -> bool {
    before.barcode != after.barcode || before.approval_no != after.approval_no
}

/// What the audit log says about a change: the fields that decide what is sold at which price, those that changed with what
/// they were.
fn difference(before: Option<&Item>, after: &Item) -> String {
    const NAMED: [&str; 12] = [
        "price",
        "low",
        "high",
        "active",
        "payable",
        "sale_max",
        "id_check",
        "barcode",
        "approval_no",
        "otc_class",
        "unit",
        "name",
    ];
    let named = |item: &Item| item.fields().into_iter().filter(|(name, _)| NAMED.contains(name));
    let open = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let parts: Vec<String> = match before {
        None => named(after).map(|(name, value)| format!("{name} {}", open(value))).collect(),
        Some(before) => {
            let changed = named(before).zip(named(after)).filter(|((_, old), (_, new))| old != new);
            changed.map(|((name, old), (_, new))| format!("{name}: {} -> {}", open(old), open(new))).collect()
        }
    };
    parts.join("; ")
}
