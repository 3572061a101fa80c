//! What products cost when: the history of a price, and what a product cost at a moment.

use domain::ids::ListId;
use domain::money::Fen;
use domain::product::Prices;
use domain::time::Timestamp;

use crate::catalogue::{Sheet, find};
use crate::product_list::{self, Lists, Own};
use crate::sql::{self, Connection, Row, params};
use crate::{Storage, StorageError};

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
    /// What of it counted where a list above had the product too.
    pub own: Own,
    /// Who changed it then.
    pub by: Option<String>,
    /// The list above that said so; `None` for the list itself.
    pub above: Option<ListId>,
}

/// What was said of a product's price, here and above, the latest first, `most` rows at most.
pub async fn prices(db: &Storage, list: ListId, code: String, most: u32) -> Result<Vec<PriceSince>, StorageError> {
    db.read(move |connection| {
        let mut found = Vec::new();
        for above in product_list::lists(connection, list)?.each() {
            let rows = prices_in(connection, (above, &code), i64::MAX, most)?;
            found.extend(rows.into_iter().map(|row| PriceSince { above: (above != list).then_some(above), ..row }));
        }
        found.sort_by_key(|row| std::cmp::Reverse(row.since));
        found.truncate(most as usize);
        Ok(found)
    })
    .await
}

/// What a list itself said of a product's price until a moment, the latest first.
fn prices_in(
    connection: &Connection,
    (list, code): (ListId, &str),
    until: i64,
    most: u32,
) -> sql::Result<Vec<PriceSince>> {
    let sql = "SELECT h.since, h.price, h.price_low, h.price_high, h.card_payable, h.active, h.own, p.name
        FROM product_price h LEFT JOIN person p ON p.id = h.changed_by
        WHERE h.list_id = ?1 AND h.code = ?2 AND h.since <= ?3 ORDER BY h.since DESC LIMIT ?4";
    let read = |row: &Row<'_>| {
        let fen = |column| row.get::<_, Option<i64>>(column).map(|fen| fen.map(Fen));
        let since: i64 = row.get(0)?;
        Ok(PriceSince {
            since: (since > 0).then_some(Timestamp(since)),
            prices: Prices { price: fen(1)?, low: fen(2)?, high: fen(3)? },
            card_payable: row.get(4)?,
            active: row.get(5)?,
            own: Own::read(row, 6)?,
            by: row.get(7)?,
            above: None,
        })
    };
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map(params![list.0, code, until, most], read)?.collect()
}

/// What a product cost at a moment; `None` if it was not there. Of the lists it is known under which they are now, not
/// under which they were.
pub async fn price_at(
    db: &Storage,
    list: ListId,
    code: String,
    at: Timestamp,
) -> Result<Option<PriceSince>, StorageError> {
    db.read(move |connection| {
        let mut layers = Vec::new();
        for list in product_list::lists(connection, list)?.each() {
            let then = prices_in(connection, (list, &code), at.0, 1)?.pop();
            layers.extend(match then {
                Some(row) => Some(row),
                // Nobody has changed it yet, or it was made later.
                None if prices_in(connection, (list, &code), i64::MAX, 1)?.is_empty() => {
                    let found = find(connection, Lists::alone(list), &code)?;
                    found.map(|Sheet { item, .. }| PriceSince {
                        since: None,
                        prices: item.prices(),
                        card_payable: item.card_payable,
                        active: item.active,
                        own: item.own,
                        by: None,
                        above: None,
                    })
                }
                None => None,
            });
        }
        // From the uppermost list that had it down.
        let mut rows = layers.into_iter().rev().skip_while(|row| row.own != Own::ALL);
        let mut price = rows.next();
        if let Some(price) = &mut price {
            for nearer in rows {
                if nearer.own.prices {
                    (price.since, price.prices, price.by) = (nearer.since, nearer.prices, nearer.by);
                }
                if nearer.own.sale {
                    price.active = nearer.active;
                }
            }
        }
        Ok(price)
    })
    .await
}
