//! The catalogue as programs keep it: page by page, one product, written as a whole.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::ids::MerchantId;

use crate::audit::{self, Entry};
use crate::idempotency::{self, Claim, PriorUse};
use crate::keys::Keys;
use crate::pinyin::initials;
use crate::product::{self, Searched};
use crate::recall;
use crate::{Storage, StorageError};

/// A product with everything that is stored of it.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Classes of drugs, as the law sorts them.
pub const OTC_CLASSES: [&str; 4] = ["RX", "OTC-A", "OTC-B", "NONE"];

const COLUMNS: &str = "code, barcode, name, pinyin, spec, maker, approval_no, category, otc_class, unit, price, \
     price_low, price_high, card_payable, active";

fn read(row: &Row<'_>) -> sql::Result<Item> {
    Ok(Item {
        code: row.get(0)?,
        barcode: row.get(1)?,
        name: row.get(2)?,
        pinyin: row.get(3)?,
        spec: row.get(4)?,
        maker: row.get(5)?,
        approval_no: row.get(6)?,
        category: row.get(7)?,
        otc_class: row.get(8)?,
        unit: row.get(9)?,
        price: row.get(10)?,
        price_low: row.get(11)?,
        price_high: row.get(12)?,
        card_payable: row.get(13)?,
        active: row.get(14)?,
    })
}

/// Products by code, ascending, after code `after`; stopped ones too.
pub async fn page(db: &Storage, merchant: MerchantId, after: String, limit: u32) -> Result<Vec<Item>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT {COLUMNS} FROM product WHERE merchant_id = ?1 AND code > ?2 ORDER BY code LIMIT ?3");
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![merchant.0, after, limit], read)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// One product.
pub async fn item(db: &Storage, merchant: MerchantId, code: String) -> Result<Option<Item>, StorageError> {
    db.read(move |connection| Ok(find(connection, merchant, &code)?)).await
}

pub(crate) fn find(connection: &Connection, merchant: MerchantId, code: &str) -> sql::Result<Option<Item>> {
    let sql = format!("SELECT {COLUMNS} FROM product WHERE merchant_id = ?1 AND code = ?2");
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
        let renamed = |before: &Item| before.barcode != item.barcode || before.approval_no != item.approval_no;
        if before.as_ref().is_some_and(renamed) && recall::text_of(connection, claim.merchant, &code)?.is_some() {
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

/// Writes a product, what searches read of it, and the audit entry; answers what is stored now. The caller holds the lock
/// `catalogue` of the merchant and has read `before` under it.
pub(crate) fn put(
    connection: &Connection,
    merchant: MerchantId,
    before: Option<&Item>,
    item: Item,
    entry: Entry,
) -> Result<Item, StorageError> {
    let item = with_initials(before, item);
    save(connection, merchant, &item)?;
    product::index_one(connection, merchant, before.map(|before| before.category.as_str()), &searched(&item))?;
    audit::insert(connection, &Entry { detail: difference(before, &item), ..entry })?;
    Ok(item)
}

/// With initials of the name where none came, and where those of a name that changed had been made so.
fn with_initials(before: Option<&Item>, item: Item) -> Item {
    let made = |before: &Item| before.pinyin == item.pinyin && before.pinyin == initials(&before.name);
    if item.pinyin.is_empty() || before.is_some_and(made) {
        return Item { pinyin: initials(&item.name), ..item };
    }
    item
}

fn searched(item: &Item) -> Searched<'_> {
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

fn save(connection: &Connection, merchant: MerchantId, item: &Item) -> Result<(), StorageError> {
    let sql = "INSERT INTO product (merchant_id, code, barcode, name, pinyin, spec, maker, approval_no, category,
                                    otc_class, unit, price, price_low, price_high, card_payable, active)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
        ON CONFLICT (merchant_id, code) DO UPDATE SET barcode = excluded.barcode, name = excluded.name,
            pinyin = excluded.pinyin, spec = excluded.spec, maker = excluded.maker, approval_no = excluded.approval_no,
            category = excluded.category, otc_class = excluded.otc_class, unit = excluded.unit, price = excluded.price,
            price_low = excluded.price_low, price_high = excluded.price_high, card_payable = excluded.card_payable,
            active = excluded.active";
    connection.prepare_cached(sql)?.execute(params![
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
    ])?;
    Ok(())
}

/// What the audit log says about a change: the price, which is what matters, and whether it is on sale.
fn difference(before: Option<&Item>, after: &Item) -> String {
    let told = |item: &Item| {
        let price = item.price.map_or_else(|| "open".to_owned(), |fen| domain::money::Fen(fen).to_string());
        format!("price {price}, {}", if item.active { "on sale" } else { "stopped" })
    };
    before.map_or_else(|| told(after), |before| format!("{} -> {}", told(before), told(after)))
}
