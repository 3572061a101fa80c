//! Price lists: whose goods a till sells, and under which other lists they are.
//!
//! What must stay true:
//! - The card company's lists are the uppermost. A merchant's own list may be under one of them; its other lists are under
//!   its own. An outlet sells from its merchant's own list or from another one of the merchant.
//! - What a product is, and whether a card pays for it, the uppermost list says that has it. Each list below says itself what
//!   its own rows say that they say ([`Own`]).

use domain::ids::{ListId, MerchantId, OutletId, TerminalId};
use serde::{Deserialize, Serialize};

use crate::audit::{self, Entry};
use crate::catalogue::{Item, Sheet};
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::{Storage, StorageError};

/// Lists that a till looks through: of some outlets, of the merchant, of the card company.
pub const LEVELS: usize = 3;

/// A list with those above it, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lists {
    own: ListId,
    above: [Option<ListId>; LEVELS - 1],
}

impl Lists {
    /// A list with nothing above it.
    pub fn alone(list: ListId) -> Self {
        Self { own: list, above: [None, None] }
    }

    /// From the columns [`LISTS`].
    pub(crate) fn read(row: &Row<'_>, first: usize) -> sql::Result<Self> {
        let above = |column| row.get::<_, Option<i64>>(first + column).map(|id| id.map(ListId));
        Ok(Self { own: ListId(row.get(first)?), above: [above(1)?, above(2)?] })
    }

    /// The lists, the nearest first.
    pub fn each(self) -> impl DoubleEndedIterator<Item = ListId> {
        [self.own].into_iter().chain(self.above.into_iter().flatten())
    }

    /// The list itself.
    pub fn own(self) -> ListId {
        self.own
    }

    /// The same without the list itself.
    pub(crate) fn above(self) -> Option<Self> {
        let [own, above] = self.above;
        own.map(|own| Self { own, above: [above, None] })
    }

    /// Whether there is a list above.
    pub fn has_above(self) -> bool {
        self.above[0].is_some()
    }

    /// The ids for a statement that looks at all of them.
    pub(crate) fn ids(self) -> [Option<i64>; LEVELS] {
        let [above, top] = self.above.map(|list| list.map(|list| list.0));
        [Some(self.own.0), above, top]
    }
}

/// The columns that [`Lists::read`] reads: `l` is the list, `a` the one above.
pub(crate) const LISTS: &str = "l.id, l.parent_id, a.parent_id";

/// A list with those above it.
pub(crate) fn lists(connection: &Connection, list: ListId) -> sql::Result<Lists> {
    let sql =
        format!("SELECT {LISTS} FROM product_list l LEFT JOIN product_list a ON a.id = l.parent_id WHERE l.id = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([list.0], |row| Lists::read(row, 0)).optional()?;
    Ok(found.unwrap_or_else(|| Lists::alone(list)))
}

/// The lists that an outlet sells from.
pub(crate) fn lists_of(connection: &Connection, outlet: OutletId) -> sql::Result<Lists> {
    let sql = format!(
        "SELECT {LISTS} FROM outlet o JOIN product_list l ON l.id = COALESCE(o.list_id, o.merchant_id)
        LEFT JOIN product_list a ON a.id = l.parent_id WHERE o.id = ?1"
    );
    connection.prepare_cached(&sql)?.query_row([outlet.0], |row| Lists::read(row, 0))
}

/// Where a program sells: the terminal that it names, else its outlet, else the first of its merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SoldAt {
    /// The merchant.
    pub merchant: MerchantId,
    /// The only outlet that the program reaches.
    pub outlet: Option<OutletId>,
    /// The terminal.
    pub terminal: Option<TerminalId>,
}

/// The lists that are sold from there; without an outlet those of the merchant.
pub(crate) fn lists_at(connection: &Connection, at: SoldAt) -> sql::Result<Lists> {
    let outlet = match (at.terminal, at.outlet) {
        (Some(terminal), _) => {
            let sql = "SELECT t.outlet_id FROM terminal t WHERE t.id = ?1";
            connection.prepare_cached(sql)?.query_row([terminal.0], |row| row.get(0)).optional()?
        }
        (None, Some(outlet)) => Some(outlet.0),
        (None, None) => {
            let sql = "SELECT MIN(o.id) FROM outlet o WHERE o.merchant_id = ?1";
            connection.prepare_cached(sql)?.query_row([at.merchant.0], |row| row.get(0))?
        }
    };
    let sql = format!(
        "SELECT {LISTS} FROM outlet o JOIN product_list l ON l.id = COALESCE(o.list_id, o.merchant_id)
        LEFT JOIN product_list a ON a.id = l.parent_id WHERE o.id = ?1 AND o.merchant_id = ?2"
    );
    let key = (outlet, at.merchant.0);
    let found = connection.prepare_cached(&sql)?.query_row(key, |row| Lists::read(row, 0)).optional()?;
    found.map_or_else(|| lists(connection, ListId::of(at.merchant)), Ok)
}

/// What counts of a row where a list above has the product too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// The price and its band.
    pub prices: bool,
    /// Whether it is on sale.
    pub sale: bool,
    /// The limit.
    pub limit: bool,
}

impl Own {
    /// All of it, as of a product that no list above has.
    pub const ALL: Self = Self { prices: true, sale: true, limit: true };
    /// None of it.
    pub const NONE: Self = Self { prices: false, sale: false, limit: false };

    pub(crate) fn read(row: &Row<'_>, column: usize) -> sql::Result<Self> {
        let bits: i64 = row.get(column)?;
        Ok(Self { prices: bits & 1 != 0, sale: bits & 2 != 0, limit: bits & 4 != 0 })
    }

    pub(crate) fn bits(self) -> i64 {
        i64::from(self.prices) | i64::from(self.sale) << 1 | i64::from(self.limit) << 2
    }

    /// With what a change from one product to another says itself.
    #[must_use]
    pub(crate) fn with(self, from: &Item, to: &Item) -> Self {
        Self {
            prices: self.prices || from.prices() != to.prices(),
            sale: self.sale || from.active != to.active,
            limit: self.limit || from.sale_max != to.sale_max,
        }
    }

    /// `now`, with what `to` changed of `from`.
    #[must_use]
    pub(crate) fn merged(from: Self, to: Self, now: Self) -> Self {
        let pick = |from: bool, to: bool, now: bool| if from == to { now } else { to };
        Self {
            prices: pick(from.prices, to.prices, now.prices),
            sale: pick(from.sale, to.sale, now.sale),
            limit: pick(from.limit, to.limit, now.limit),
        }
    }
}

/// A product as the tills of a list sell it, from its rows in the list and in those above, the nearest first. Its version
/// changes with each of them; what it says itself is what the list's own row says.
pub(crate) fn layered(rows: Vec<Option<Sheet>>) -> Option<Sheet> {
    let own = rows.first()?.as_ref().map_or(Own::NONE, |sheet| sheet.item.own);
    // What says less than everything is no product of its own.
    let above = |sheet: &(usize, Sheet)| sheet.1.item.own != Own::ALL;
    let row = rows.first()?.as_ref().map_or(0, |sheet| sheet.row);
    let rows = rows.into_iter().enumerate().rev().filter_map(|(place, sheet)| Some((place, sheet?)));
    let mut rows = rows.skip_while(above);
    let (place, mut sheet) = rows.next()?;
    (sheet.above, sheet.row) = (place > 0, row);
    let from_above = rows.map(|(_, sheet)| sheet);
    for Sheet { item: nearer, version, recalled, .. } in from_above {
        sheet.version = sheet.version.saturating_add(version);
        sheet.recalled = sheet.recalled.or(recalled);
        if nearer.own.prices {
            (sheet.item.price, sheet.item.price_low, sheet.item.price_high) =
                (nearer.price, nearer.price_low, nearer.price_high);
        }
        if nearer.own.sale {
            sheet.item.active = nearer.active;
        }
        if nearer.own.limit {
            sheet.item.sale_max = nearer.sale_max;
        }
    }
    sheet.item.own = own;
    Some(sheet)
}

/// What a list is called; `None` if there is none.
pub(crate) fn name(connection: &Connection, list: ListId) -> sql::Result<Option<String>> {
    let sql = "SELECT name FROM product_list_name WHERE id = ?1";
    connection.prepare_cached(sql)?.query_row([list.0], |row| row.get(0)).optional()
}

/// Gives a new merchant its own list, which nothing is above.
pub(crate) fn insert_own(connection: &Connection, merchant: MerchantId, by: Option<i64>, at: i64) -> sql::Result<()> {
    let sql = "INSERT INTO product_list (id, merchant_id, name, parent_id, created_at, created_by, version)
        VALUES (?1, ?1, '', NULL, ?2, ?3, 1)";
    connection.prepare_cached(sql)?.execute(params![merchant.0, at, by])?;
    Ok(())
}

/// A price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceList {
    /// Its number.
    pub id: ListId,
    /// What it is called.
    pub name: String,
    /// Whose it is, with the name; `None` for the card company.
    pub merchant: Option<(MerchantId, String)>,
    /// The list above, with its name.
    pub parent: Option<(ListId, String)>,
    /// Lists right below it.
    pub below: i64,
    /// Outlets that sell from it, without those of lists below.
    pub outlets: i64,
    /// Of what a form shows.
    pub version: i64,
}

const SELECT: &str = "SELECT l.id, (SELECT n.name FROM product_list_name n WHERE n.id = l.id), l.merchant_id, m.name, \
     l.parent_id, (SELECT n.name FROM product_list_name n WHERE n.id = l.parent_id), \
     (SELECT COUNT(*) FROM product_list b WHERE b.parent_id = l.id), \
     CASE WHEN l.id = l.merchant_id THEN (SELECT COUNT(*) FROM outlet o WHERE o.merchant_id = l.id AND o.list_id IS NULL) \
        ELSE (SELECT COUNT(*) FROM outlet o WHERE o.list_id = l.id) END, l.version \
     FROM product_list l LEFT JOIN merchant m ON m.id = l.merchant_id";

fn read_list(row: &Row<'_>) -> sql::Result<PriceList> {
    let merchant = row.get::<_, Option<i64>>(2)?.map(MerchantId);
    let parent = row.get::<_, Option<i64>>(4)?.map(ListId);
    Ok(PriceList {
        id: ListId(row.get(0)?),
        name: row.get(1)?,
        merchant: merchant.map(|id| Ok::<_, sql::Error>((id, row.get(3)?))).transpose()?,
        parent: parent.map(|id| Ok::<_, sql::Error>((id, row.get(5)?))).transpose()?,
        below: row.get(6)?,
        outlets: row.get(7)?,
        version: row.get(8)?,
    })
}

/// A list.
pub async fn find(db: &Storage, list: ListId) -> Result<Option<PriceList>, StorageError> {
    db.read(move |connection| Ok(find_in(connection, list)?)).await
}

fn find_in(connection: &Connection, list: ListId) -> sql::Result<Option<PriceList>> {
    let sql = format!("{SELECT} WHERE l.id = ?1");
    connection.prepare_cached(&sql)?.query_row([list.0], read_list).optional()
}

/// Most lists of the card company, or of a merchant besides its own, that pages offer to choose from.
const OFFERED: u32 = 500;

/// The card company's lists, or a merchant's: by number, a merchant's own one first.
pub async fn of(db: &Storage, merchant: Option<MerchantId>) -> Result<Vec<PriceList>, StorageError> {
    db.read(move |connection| {
        let whose = if merchant.is_some() { "l.merchant_id = ?1" } else { "l.merchant_id IS NULL AND ?1 = 0" };
        let sql = format!("{SELECT} WHERE {whose} ORDER BY l.id LIMIT {OFFERED}");
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map([merchant.map_or(0, |merchant| merchant.0)], read_list)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// The lists that are no merchant's own, by number, behind `after`.
pub async fn page(db: &Storage, after: Option<ListId>, limit: u32) -> Result<Vec<PriceList>, StorageError> {
    db.read(move |connection| {
        let sql = format!("{SELECT} WHERE l.id > ?1 ORDER BY l.id LIMIT ?2");
        let after = after.unwrap_or(ListId(ListId::FIRST.0 - 1));
        let mut statement = connection.prepare_cached(&sql)?;
        Ok(statement.query_map(params![after.0, limit], read_list)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// What became of a change of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is stored, now or since the same was sent before.
    Done(ListId),
    /// Another list of the same company or merchant is called so.
    NameTaken,
    /// There is no such list, merchant or outlet, or it may not go there.
    Gone,
    /// Somebody changed it meanwhile.
    Stale,
}

/// Makes a list for the card company, or one under a merchant's own list. The same name again is the list that is called
/// so.
pub async fn create(
    db: &Storage,
    merchant: Option<MerchantId>,
    name: String,
    entry: Entry,
) -> Result<Changed, StorageError> {
    db.write(move |connection| {
        connection.lock_name("product_list", "")?;
        if let Some(merchant) = merchant
            && find_in(connection, ListId::of(merchant))?.is_none()
        {
            return Ok(Changed::Gone);
        }
        if called(connection, merchant, &name)?.is_some() {
            return Ok(Changed::NameTaken);
        }
        let sql = "SELECT COALESCE(MAX(id), 0) + 1 FROM product_list";
        let next: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        let id = ListId(next.max(ListId::FIRST.0));
        let sql = "INSERT INTO product_list (id, merchant_id, name, parent_id, created_at, created_by, version)
            VALUES (?1, ?2, ?3, ?2, ?4, ?5, 1)";
        let by = entry.person.map(|person| person.0);
        let values = params![id.0, merchant.map(|merchant| merchant.0), name, entry.at.0, by];
        connection.prepare_cached(sql)?.execute(values)?;
        audit::insert(connection, &Entry { merchant, subject: format!("list {id}"), detail: name, ..entry })?;
        Ok(Changed::Done(id))
    })
    .await
}

/// The list of a company or merchant that is called so.
fn called(connection: &Connection, merchant: Option<MerchantId>, name: &str) -> sql::Result<Option<ListId>> {
    let whose = if merchant.is_some() { "merchant_id = ?1" } else { "merchant_id IS NULL AND ?1 = 0" };
    let sql = format!("SELECT id FROM product_list WHERE {whose} AND name = ?2 LIMIT 1");
    let merchant = merchant.map_or(0, |merchant| merchant.0);
    connection.prepare_cached(&sql)?.query_row((merchant, name), |row| row.get(0).map(ListId)).optional()
}

/// Puts a merchant's own list under a list of the card company, or under none, if it is of this `version`. What both have is
/// from then on what the upper one says; the merchant's prices stay.
pub async fn put_under(
    db: &Storage,
    merchant: MerchantId,
    version: i64,
    parent: Option<ListId>,
    entry: Entry,
) -> Result<Changed, StorageError> {
    db.write(move |connection| {
        connection.lock_name("product_list", "")?;
        let list = ListId::of(merchant);
        let Some(now) = find_in(connection, list)? else { return Ok(Changed::Gone) };
        let before = now.parent.map(|(id, _)| id);
        if before == parent {
            return Ok(Changed::Done(list));
        }
        if now.version != version {
            return Ok(Changed::Stale);
        }
        if let Some(parent) = parent
            && find_in(connection, parent)?.is_none_or(|parent| parent.merchant.is_some())
        {
            return Ok(Changed::Gone);
        }
        // Whoever writes a product of the list has read what is above it.
        lock(connection, list)?;
        let sql = "UPDATE product_list SET parent_id = ?2, version = version + 1 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute(params![list.0, parent.map(|parent| parent.0)])?;
        let text = |parent: Option<ListId>| parent.map_or_else(|| "none".to_owned(), |parent| parent.to_string());
        let detail = format!("parent: {} -> {}", text(before), text(parent));
        audit::insert(
            connection,
            &Entry { merchant: Some(merchant), subject: format!("list {list}"), detail, ..entry },
        )?;
        Ok(Changed::Done(list))
    })
    .await
}

fn lock(connection: &Connection, list: ListId) -> sql::Result<()> {
    connection.lock_name("catalogue", &list.0.to_string())
}

/// Lets an outlet sell from another list of its merchant, or from the merchant's own.
pub async fn sell_from(db: &Storage, outlet: OutletId, list: ListId, entry: Entry) -> Result<Changed, StorageError> {
    db.write(move |connection| {
        connection.lock("SELECT id FROM outlet WHERE id = ?1", [outlet.0])?;
        let sql = "SELECT merchant_id, COALESCE(list_id, merchant_id) FROM outlet WHERE id = ?1";
        let read = |row: &Row<'_>| Ok((MerchantId(row.get(0)?), ListId(row.get(1)?)));
        let Some((merchant, before)) = connection.prepare_cached(sql)?.query_row([outlet.0], read).optional()? else {
            return Ok(Changed::Gone);
        };
        if before == list {
            return Ok(Changed::Done(list));
        }
        let own = find_in(connection, list)?.is_some_and(|one| one.merchant.is_some_and(|(id, _)| id == merchant));
        if !own {
            return Ok(Changed::Gone);
        }
        let stored = (list != ListId::of(merchant)).then_some(list.0);
        connection
            .prepare_cached("UPDATE outlet SET list_id = ?2 WHERE id = ?1")?
            .execute(params![outlet.0, stored])?;
        let detail = format!("list: {before} -> {list}");
        audit::insert(connection, &Entry { merchant: Some(merchant), subject: outlet.to_string(), detail, ..entry })?;
        Ok(Changed::Done(list))
    })
    .await
}

/// A list with those above it, for whoever looks at its goods.
pub async fn with_above(db: &Storage, list: ListId) -> Result<Lists, StorageError> {
    db.read(move |connection| Ok(lists(connection, list)?)).await
}

/// An outlet, and the list that it sells from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SellingOutlet {
    /// Its number.
    pub id: OutletId,
    /// Its name.
    pub name: String,
    /// The list, with its name.
    pub list: (ListId, String),
}

/// A merchant's outlets behind `after`, by number.
pub async fn outlets(
    db: &Storage,
    merchant: MerchantId,
    after: Option<OutletId>,
    limit: u32,
) -> Result<Vec<SellingOutlet>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT o.id, o.name, n.id, n.name FROM outlet o
            JOIN product_list_name n ON n.id = COALESCE(o.list_id, o.merchant_id)
            WHERE o.merchant_id = ?1 AND o.id > ?2 ORDER BY o.id LIMIT ?3";
        let read = |row: &Row<'_>| {
            Ok(SellingOutlet { id: OutletId(row.get(0)?), name: row.get(1)?, list: (ListId(row.get(2)?), row.get(3)?) })
        };
        let after = after.map_or(0, |outlet| outlet.0);
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_map(params![merchant.0, after, limit], read)?.collect::<sql::Result<_>>()?)
    })
    .await
}
