//! The catalogue: page by page, one product, written as a whole by a program or a person; and what each product cost when.
//!
//! What must stay true: every write goes through [`put`], except an approved price, so that searches find what is stored
//! and `product_price` says what a product cost at any moment.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::ids::{MerchantId, PersonId};
use domain::money::Fen;
use domain::product::{OTHER_CODE, Prices};
use domain::scan::Gtin;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::{self, Entry};
use crate::edition;
use crate::idempotency::{self, Claim, PriorUse};
use crate::keys::Keys;
use crate::pinyin::initials;
use crate::product::{self, Searched};
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
}

impl Item {
    /// Its prices.
    pub fn prices(&self) -> Prices {
        Prices { price: self.price.map(Fen), low: self.price_low.map(Fen), high: self.price_high.map(Fen) }
    }

    /// Every field but the code, by its column's name in files, as plain text; prices in yuan, empty for an open one.
    pub fn fields(&self) -> [(&'static str, String); 14] {
        let fen = |fen: Option<i64>| fen.map_or_else(String::new, |fen| Fen(fen).plain());
        let yes = |it_is: bool| if it_is { "yes" } else { "no" }.to_owned();
        [
            ("price", fen(self.price)),
            ("low", fen(self.price_low)),
            ("high", fen(self.price_high)),
            ("active", yes(self.active)),
            ("payable", yes(self.card_payable)),
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
}

/// Classes of drugs, as the law sorts them.
pub const OTC_CLASSES: [&str; 4] = ["RX", "OTC-A", "OTC-B", "NONE"];

const COLUMNS: &str = "code, barcode, name, pinyin, spec, maker, approval_no, category, otc_class, unit, price, \
     price_low, price_high, card_payable, active";

pub(crate) fn read(row: &Row<'_>) -> sql::Result<Item> {
    read_at(row, 0)
}

/// A product from fifteen columns.
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
    })
}

/// Products by code, ascending, after code `after`; stopped ones too.
pub async fn page(db: &Storage, merchant: MerchantId, after: String, limit: u32) -> Result<Vec<Item>, StorageError> {
    let found = page_versioned(db, merchant, after, limit).await?;
    Ok(found.into_iter().map(|(item, _)| item).collect())
}

/// The same with their versions.
pub async fn page_versioned(
    db: &Storage,
    merchant: MerchantId,
    after: String,
    limit: u32,
) -> Result<Vec<(Item, i64)>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {COLUMNS}, version FROM product_now WHERE merchant_id = ?1 AND code > ?2 ORDER BY code LIMIT ?3"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let found =
            statement.query_map(params![merchant.0, after, limit], |row: &Row<'_>| Ok((read(row)?, row.get(15)?)))?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// One product.
pub async fn item(db: &Storage, merchant: MerchantId, code: String) -> Result<Option<Item>, StorageError> {
    db.read(move |connection| Ok(find(connection, merchant, &code)?)).await
}

pub(crate) fn find(connection: &Connection, merchant: MerchantId, code: &str) -> sql::Result<Option<Item>> {
    Ok(find_versioned(connection, merchant, code)?.map(|(item, _)| item))
}

/// A product and its version.
pub(crate) fn find_versioned(
    connection: &Connection,
    merchant: MerchantId,
    code: &str,
) -> sql::Result<Option<(Item, i64)>> {
    let sql = format!("SELECT {COLUMNS}, version FROM product_now WHERE merchant_id = ?1 AND code = ?2");
    let read = |row: &Row<'_>| Ok((read(row)?, row.get(15)?));
    connection.prepare_cached(&sql)?.query_row(params![merchant.0, code], read).optional()
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
}

/// Changes one product: `change` gets what is stored, and whether the merchant decides what cards pay for, and says what is
/// to be, or `Err` with why not; `answer` puts the result into words. Claim, product and audit entry are written together.
/// A merchant that does not decide makes no product payable, and nobody takes a product out of a recall by giving it
/// another barcode or approval number.
pub async fn change<C, A>(
    db: &Storage,
    claim: Claim,
    code: String,
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
        connection.lock_name("catalogue", &claim.merchant.0.to_string())?;
        let before = find(connection, claim.merchant, &code)?;
        let status = if before.is_some() { 200 } else { 201 };
        let sql = "SELECT decides_payable FROM merchant WHERE id = ?1";
        let decides = connection.prepare_cached(sql)?.query_row([claim.merchant.0], |row| row.get(0))?;
        let item = match change(before.clone(), decides) {
            Ok(item) => item,
            Err(refused) => return Ok(refused),
        };
        if item.card_payable && !decides && !before.as_ref().is_some_and(|before| before.card_payable) {
            return Ok(Written::CompanyDecides);
        }
        let otherwise = before.as_ref().is_some_and(|before| is_found_otherwise(before, &item));
        if otherwise && recall::text_of(connection, claim.merchant, &code)?.is_some() {
            return Ok(Written::Recalled);
        }
        let at = entry.at;
        let item = put(connection, claim.merchant, before.as_ref(), item, entry)?;
        let body = answer(&item);
        idempotency::insert(connection, &claim, Some((status, &body)), at)?;
        Ok(Written::Done(status, body))
    })
    .await
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
    };
    put(connection, merchant, None, item, entry).map(drop)
}

/// Writes a product, what searches read of it, and the audit entry; answers what is stored now. What waits to change the
/// product follows. The caller holds the lock `catalogue` of the merchant and has read `before` under it.
pub(crate) fn put(
    connection: &Connection,
    merchant: MerchantId,
    before: Option<&Item>,
    item: Item,
    entry: Entry,
) -> Result<Item, StorageError> {
    let item = with_initials(before, item);
    let sold = |item: &Item| (item.prices(), item.card_payable, item.active);
    let differs = before.is_none_or(|before| sold(before) != sold(&item));
    if before != Some(&item) {
        edition::settle_one(connection, merchant, &item.code)?;
        if differs {
            begin_prices(connection, merchant, &item.code)?;
        }
        save(connection, merchant, &item)?;
        if differs {
            note_prices(connection, merchant, &item.code, entry.person, entry.at)?;
        }
        product::index_one(connection, merchant, before.map(|before| before.category.as_str()), &searched(&item))?;
        edition::follow(connection, merchant, &item.code)?;
    }
    audit::insert(connection, &Entry { detail: difference(before, &item), ..entry })?;
    Ok(item)
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
    Searched { keys, category: &item.category, active: item.active }
}

/// Writes a product as it is, with the next version.
fn save(connection: &Connection, merchant: MerchantId, item: &Item) -> sql::Result<()> {
    let sql = "INSERT INTO product (merchant_id, code, barcode, name, pinyin, spec, maker, approval_no, category,
                                    otc_class, unit, price, price_low, price_high, card_payable, active, version)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, 1)
        ON CONFLICT (merchant_id, code) DO UPDATE SET barcode = excluded.barcode, name = excluded.name,
            pinyin = excluded.pinyin, spec = excluded.spec, maker = excluded.maker, approval_no = excluded.approval_no,
            category = excluded.category, otc_class = excluded.otc_class, unit = excluded.unit, price = excluded.price,
            price_low = excluded.price_low, price_high = excluded.price_high, card_payable = excluded.card_payable,
            active = excluded.active, version = product.version + 1";
    let values = params![
        merchant.0,
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
    ];
    connection.execute_later(sql, values)
}

/// Before a product changes for the first time: what it has cost so far.
fn begin_prices(connection: &Connection, merchant: MerchantId, code: &str) -> sql::Result<()> {
    let sql = "INSERT INTO product_price (merchant_id, code, since, price, price_low, price_high, card_payable, active,
            changed_by)
        SELECT merchant_id, code, 0, price, price_low, price_high, card_payable, active, NULL FROM product p
        WHERE p.merchant_id = ?1 AND p.code = ?2
            AND NOT EXISTS (SELECT 1 FROM product_price h WHERE h.merchant_id = ?1 AND h.code = ?2)";
    connection.execute_later(sql, params![merchant.0, code])
}

/// After a product changed: what it costs from now on. Of two changes at one moment the second counts from the next
/// microsecond on.
fn note_prices(
    connection: &Connection,
    merchant: MerchantId,
    code: &str,
    by: Option<PersonId>,
    at: Timestamp,
) -> sql::Result<()> {
    let sql = "INSERT INTO product_price (merchant_id, code, since, price, price_low, price_high, card_payable, active,
            changed_by)
        SELECT p.merchant_id, p.code, CASE WHEN h.last >= ?3 THEN h.last + 1 ELSE ?3 END, p.price, p.price_low,
            p.price_high, p.card_payable, p.active, ?4
        FROM product p CROSS JOIN
            (SELECT COALESCE(MAX(since), 0) AS last FROM product_price WHERE merchant_id = ?1 AND code = ?2) h
        WHERE p.merchant_id = ?1 AND p.code = ?2";
    connection.execute_later(sql, params![merchant.0, code, at.0, by.map(|by| by.0)])
}

/// Sells a product at other prices, inside the transaction of the approval.
pub(crate) fn set_prices(
    connection: &Connection,
    (merchant, code): (MerchantId, &str),
    prices: Prices,
    by: PersonId,
    at: Timestamp,
) -> sql::Result<()> {
    edition::settle_one(connection, merchant, code)?;
    begin_prices(connection, merchant, code)?;
    let sql = "UPDATE product SET price = ?3, price_low = ?4, price_high = ?5, version = version + 1
        WHERE merchant_id = ?1 AND code = ?2";
    let fen = |price: Option<Fen>| price.map(|price| price.0);
    let values = params![merchant.0, code, fen(prices.price), fen(prices.low), fen(prices.high)];
    connection.prepare_cached(sql)?.execute(values)?;
    note_prices(connection, merchant, code, Some(by), at)?;
    edition::follow(connection, merchant, code)
}

/// A product as a decision sees it.
pub(crate) fn row(
    connection: &Connection,
    merchant: MerchantId,
    code: &str,
) -> sql::Result<Option<domain::acts::Product>> {
    let sql = "SELECT m.name, p.name, p.price, p.price_low, p.price_high FROM product_now p
        JOIN merchant m ON m.id = p.merchant_id WHERE p.merchant_id = ?1 AND p.code = ?2";
    let read = |row: &Row<'_>| {
        let fen = |column| row.get::<_, Option<i64>>(column).map(|fen| fen.map(Fen));
        let prices = Prices { price: fen(2)?, low: fen(3)?, high: fen(4)? };
        Ok(domain::acts::Product { merchant: row.get(0)?, name: row.get(1)?, prices })
    };
    connection.prepare_cached(sql)?.query_row(params![merchant.0, code], read).optional()
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
fn barcode_taken(connection: &Connection, merchant: MerchantId, item: &Item, new: bool) -> sql::Result<Option<Taken>> {
    let code = new.then_some(&item.code);
    for text in code.into_iter().chain([&item.barcode]).filter(|text| !text.is_empty()) {
        for text in Gtin::parse(text).into_iter().flat_map(Gtin::forms).chain([text.clone()]) {
            let sql = "SELECT code, name FROM product_now WHERE merchant_id = ?1 AND code = ?2 AND code <> ?3
                UNION ALL SELECT p.code, p.name FROM product_now p WHERE p.merchant_id = ?1 AND p.code <> ?3 AND p.code IN
                    (SELECT b.code FROM product_now b WHERE b.merchant_id = ?1 AND b.barcode = ?2 AND b.barcode <> '')
                LIMIT 1";
            let read = |row: &Row<'_>| Ok(Taken::Barcode(row.get(0)?, row.get(1)?));
            let values = params![merchant.0, &text, &item.code];
            if let Some(taken) = connection.prepare_cached(sql)?.query_row(values, read).optional()? {
                return Ok(Some(taken));
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

/// Adds a new product. The caller holds the lock `catalogue` of the merchant.
pub(crate) fn add(
    connection: &Connection,
    merchant: MerchantId,
    item: Item,
    entry: Entry,
) -> Result<Added, StorageError> {
    if let Some(before) = find(connection, merchant, &item.code)? {
        let same = with_initials(None, item) == before;
        return Ok(if same { Added::Done(Box::new(before)) } else { Added::Taken(Taken::Code(before.name)) });
    }
    if let Some(taken) = barcode_taken(connection, merchant, &item, true)? {
        return Ok(Added::Taken(taken));
    }
    if recall::text_if(connection, &item)?.is_some() {
        return Ok(Added::Recalled);
    }
    Ok(Added::Done(Box::new(put(connection, merchant, None, item, entry)?)))
}

/// A product as a person edits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The product.
    pub item: Item,
    /// Of what the form shows.
    pub version: i64,
    /// What the tills say if it is recalled.
    pub recalled: Option<String>,
}

fn read_sheet(row: &Row<'_>) -> sql::Result<Sheet> {
    Ok(Sheet { item: read(row)?, version: row.get(15)?, recalled: row.get(16)? })
}

fn find_sheet(connection: &Connection, merchant: MerchantId, code: &str) -> sql::Result<Option<Sheet>> {
    let sql =
        format!("SELECT {COLUMNS}, version, {TEXT_OF} FROM product_now p WHERE p.merchant_id = ?1 AND p.code = ?2");
    connection.prepare_cached(&sql)?.query_row(params![merchant.0, code], read_sheet).optional()
}

/// A product as a person edits it.
pub async fn sheet(db: &Storage, merchant: MerchantId, code: String) -> Result<Option<Sheet>, StorageError> {
    Ok(sheets(db, merchant, vec![code]).await?.pop())
}

/// The products with these codes, in their order.
pub async fn sheets(db: &Storage, merchant: MerchantId, codes: Vec<String>) -> Result<Vec<Sheet>, StorageError> {
    db.read(move |connection| {
        let found = codes.iter().map(|code| find_sheet(connection, merchant, code));
        Ok(found.filter_map(sql::Result::transpose).collect::<sql::Result<_>>()?)
    })
    .await
}

/// Products by code, ascending, after code `after`, as a person edits them; stopped ones too.
pub async fn list(db: &Storage, merchant: MerchantId, after: String, limit: u32) -> Result<Vec<Sheet>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {COLUMNS}, version, {TEXT_OF} FROM product_now p
            WHERE p.merchant_id = ?1 AND p.code > ?2 ORDER BY p.code LIMIT ?3"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![merchant.0, after, limit], read_sheet)?;
        Ok(found.collect::<sql::Result<_>>()?)
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
}

/// Makes a product, or changes the one of a `version`. A price that moves far is not stored.
pub async fn keep(
    db: &Storage,
    merchant: MerchantId,
    version: Option<i64>,
    item: Item,
    entry: Entry,
) -> Result<Kept, StorageError> {
    db.write(move |connection| {
        let plain = item.prices() == Prices::default() && item.barcode.is_empty() && item.approval_no.is_empty();
        if item.code == OTHER_CODE && !plain {
            return Ok(Kept::Other);
        }
        connection.lock_name("catalogue", &merchant.0.to_string())?;
        let Some(version) = version else {
            let sql = "SELECT EXISTS (SELECT 1 FROM merchant WHERE id = ?1)";
            if !connection.prepare_cached(sql)?.query_row([merchant.0], |row| row.get(0))? {
                return Ok(Kept::Gone);
            }
            return Ok(match add(connection, merchant, item, entry)? {
                Added::Done(_) => Kept::Done,
                Added::Taken(taken) => Kept::Taken(taken),
                Added::Recalled => Kept::Recalled,
            });
        };
        let found = find_sheet(connection, merchant, &item.code)?;
        let Some(Sheet { item: before, version: now, recalled }) = found else { return Ok(Kept::Gone) };
        if now != version {
            // A second press of the button finds what the first one stored.
            return Ok(if item == before { Kept::Done } else { Kept::Stale });
        }
        let same = before.barcode == item.barcode;
        if let Some(taken) = if same { None } else { barcode_taken(connection, merchant, &item, false)? } {
            return Ok(Kept::Taken(taken));
        }
        if recalled.is_some() && is_found_otherwise(&before, &item) {
            return Ok(Kept::Recalled);
        }
        if before.prices().needs_two(item.prices()) {
            let alone = item.at(before.prices()) == before;
            return Ok(if alone { Kept::PricesWait } else { Kept::PricesApart });
        }
        if item != before {
            put(connection, merchant, Some(&before), item, entry)?;
        }
        Ok(Kept::Done)
    })
    .await
}

/// Whether a change could take a product out of a recall.
pub(crate) fn is_found_otherwise(before: &Item, after: &Item) -> bool {
    before.barcode != after.barcode || before.approval_no != after.approval_no
}

/// What a product cost from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceSince {
    /// The moment; `None` for what nobody has changed since it was there.
    pub since: Option<Timestamp>,
    /// The prices.
    pub prices: Prices,
    /// Whether cards paid for it.
    pub card_payable: bool,
    /// Whether it was on sale.
    pub active: bool,
    /// Who changed it then.
    pub by: Option<String>,
}

/// What a product cost, the latest first, `most` rows at most; with `at`, from what was in force at that moment back.
pub async fn prices(
    db: &Storage,
    merchant: MerchantId,
    code: String,
    at: Option<Timestamp>,
    most: u32,
) -> Result<Vec<PriceSince>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT h.since, h.price, h.price_low, h.price_high, h.card_payable, h.active, p.name
            FROM product_price h LEFT JOIN person p ON p.id = h.changed_by
            WHERE h.merchant_id = ?1 AND h.code = ?2 AND h.since <= ?3 ORDER BY h.since DESC LIMIT ?4";
        let read = |row: &Row<'_>| {
            let fen = |column| row.get::<_, Option<i64>>(column).map(|fen| fen.map(Fen));
            let since: i64 = row.get(0)?;
            Ok(PriceSince {
                since: (since > 0).then_some(Timestamp(since)),
                prices: Prices { price: fen(1)?, low: fen(2)?, high: fen(3)? },
                card_payable: row.get(4)?,
                active: row.get(5)?,
                by: row.get(6)?,
            })
        };
        let until = at.map_or(i64::MAX, |at| at.0);
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_map(params![merchant.0, &code, until, most], read)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// What the audit log says about a change: the fields that decide what is sold at which price, those that changed with what
/// they were.
fn difference(before: Option<&Item>, after: &Item) -> String {
    const NAMED: [&str; 10] =
        ["price", "low", "high", "active", "payable", "barcode", "approval_no", "otc_class", "unit", "name"];
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
