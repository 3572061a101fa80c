//! Orders with their lines, read from the database.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{self, Connection, OptionalExtension, PendingRows, Row};
use domain::ids::{MerchantId, OrderId, OutletId, PersonId, RequestId, TerminalId, TransactionId};
use domain::money::Fen;
use domain::order::{Order, OrderStatus};
use domain::product::is_kilogram;
use domain::time::Timestamp;

use super::Scope;
use crate::catalogue::{self, Recalls, Sheet};
use crate::product_list;
use crate::{Storage, StorageError};

/// Carts that a till lists beside the one at hand.
const CARTS_MAX: u32 = 50;

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the order; stays when lines before it are voided.
    pub line: i64,
    /// Product code.
    pub code: String,
    /// Name, as it was when the line was added. So is all that follows.
    pub name: String,
    /// Pack and strength.
    pub spec: String,
    /// Piece, such as 盒.
    pub unit: String,
    /// The catalogue's price.
    pub list_price: Option<Fen>,
    /// The catalogue's price now; `None` as well when the product is gone or stopped.
    pub price_now: Option<Fen>,
    /// The price of one piece.
    pub price: Fen,
    /// Pieces.
    pub quantity: i64,
    /// Price times quantity.
    pub amount: Fen,
    /// The manager who confirmed a price outside the band.
    pub confirmed_by: Option<PersonId>,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it was taken off.
    pub voided_at: Option<Timestamp>,
    /// What the tills say if the product is recalled now.
    pub recalled: Option<String>,
    /// Most pieces of the product on one order now.
    pub sale_max: Option<i64>,
    /// Whether the cashier looks at the buyer's identity card now.
    pub id_check: bool,
}

/// An order with everything a screen or a slip shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullOrder {
    /// What the money path knows.
    pub order: Order,
    /// What people call it: yymmdd and a number that counts per outlet and day.
    pub number: String,
    /// When the open attempt was sent.
    pub attempt_at: Option<Timestamp>,
    /// The card of the open attempt, masked.
    pub attempt_masked: Option<String>,
    /// The till still has something to do with it.
    pub open: bool,
    /// Put aside for another customer.
    pub held: bool,
    /// How often its slip was printed.
    pub prints: i64,
    /// The scan added last.
    pub last_scan: Option<String>,
    /// When its first line was added.
    pub opened_at: Timestamp,
    /// When it changed last; no two changes share a moment.
    pub changed_at: Timestamp,
    /// All lines, voided ones too, in order.
    pub lines: Vec<Line>,
}

impl Line {
    /// The catalogue's price now, if it has changed since the line was added and the line is not at it. The line keeps its
    /// price. Nothing is said of a price that a manager confirmed, nor of a package that a scale priced.
    pub fn updated_price(&self) -> Option<Fen> {
        let weighed = is_kilogram(&self.unit) && Some(self.price) != self.list_price;
        let settled = weighed || self.confirmed_by.is_some();
        self.price_now.filter(|now| !settled && Some(*now) != self.list_price && *now != self.price)
    }
}

impl FullOrder {
    /// The lines that count.
    pub fn live(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter().filter(|line| line.voided_at.is_none())
    }

    /// Different goods on the lines that count.
    pub fn kinds(&self) -> usize {
        self.live().map(|line| line.code.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// Whether nobody has paid it, or is about to, and a line that counts is of a product that is recalled.
    pub fn stops_payment(&self) -> bool {
        let unpaid = self.order.status == OrderStatus::Draft && self.order.attempt.is_none();
        unpaid && self.live().any(|line| line.recalled.is_some())
    }

    /// Pieces on the lines that count.
    pub fn pieces(&self) -> i64 {
        self.live().fold(0, |sum, line| sum.saturating_add(line.quantity))
    }
}

/// The order, if it belongs to this till.
pub async fn fetch(db: &Storage, scope: &Scope, id: OrderId) -> Result<Option<FullOrder>, StorageError> {
    let scope = scope.clone();
    db.read_by_key(move |connection| order(connection, &scope, id)).await
}

/// The order that the till works on: the draft changed last that is not put aside.
pub async fn current(db: &Storage, scope: &Scope) -> Result<Option<FullOrder>, StorageError> {
    let scope = scope.clone();
    db.read_by_key(move |connection| {
        current_id(connection, &scope)?.map_or(Ok(None), |id| order(connection, &scope, id))
    })
    .await
}

pub(crate) fn current_id(connection: &Connection, scope: &Scope) -> sql::Result<Option<OrderId>> {
    let sql = "SELECT id FROM orders WHERE terminal_id = ?1 AND open = 1 AND status = 'draft' AND held = 0
                   AND merchant_id = ?2 AND outlet_id = ?3
               ORDER BY changed_at DESC, id DESC LIMIT 1";
    let key = (scope.terminal.0, scope.merchant.0, scope.outlet.0);
    connection.prepare_cached(sql)?.query_row(key, |row| row.get(0).map(OrderId)).optional()
}

/// The till's draft to which `scan` was added last.
pub(super) fn of_scan(
    connection: &Connection,
    scope: &Scope,
    scan: Option<&str>,
) -> Result<Option<OrderId>, StorageError> {
    let Some(scan) = scan else { return Ok(None) };
    let sql = "SELECT id FROM orders WHERE terminal_id = ?1 AND open = 1 AND status = 'draft' AND last_scan = ?2";
    let found = connection.prepare_cached(sql)?.query_row((scope.terminal.0, scan), |row| row.get(0)).optional()?;
    Ok(found.map(OrderId))
}

/// The order for a change: nobody else changes it before the transaction ends.
pub(super) fn locked(connection: &Connection, scope: &Scope, id: OrderId) -> Result<Option<FullOrder>, StorageError> {
    connection.lock("SELECT id FROM orders WHERE id = ?1", [id.0])?;
    order(connection, scope, id)
}

pub(crate) fn order(connection: &Connection, scope: &Scope, id: OrderId) -> Result<Option<FullOrder>, StorageError> {
    let sql = "SELECT number, person_id, status, total, payable, attempt, attempt_at, attempt_masked, paid_by, paid_at,
                      open, held, prints, last_scan, opened_at, changed_at, merchant_id, outlet_id, terminal_id
               FROM orders WHERE id = ?1 AND merchant_id = ?2 AND outlet_id = ?3 AND terminal_id = ?4";
    let key = (id.0, scope.merchant.0, scope.outlet.0, scope.terminal.0);
    let found = connection.query_later(sql, key)?;
    let lines = connection.query_later(
        "SELECT l.line, l.code, l.name, l.spec, l.unit, l.list_price, l.price, l.quantity, l.amount, l.confirmed_by,
            l.added_at, l.voided_at
         FROM order_line l WHERE l.order_id = ?1 ORDER BY l.line",
        [id.0],
    )?;
    let goods = goods_sql();
    let asked = scope.lists.each().map(|list| connection.query_later(&goods, (id.0, list.0)));
    let asked = asked.collect::<sql::Result<Vec<_>>>()?;
    let Some(mut order) = found.first(|row| read_order(row, id))? else { return Ok(None) };
    order.lines = lines.rows(read_line)?;
    let mut layers: BTreeMap<String, Vec<Option<Sheet>>> = BTreeMap::new();
    for (place, rows) in asked.into_iter().enumerate() {
        for sheet in rows.rows(catalogue::read_sheet)? {
            let layers = layers.entry(sheet.item.code.clone()).or_default();
            layers.resize(place, None);
            layers.push(Some(sheet));
        }
    }
    let sold: BTreeMap<String, Sheet> =
        layers.into_iter().filter_map(|(code, layers)| Some((code, product_list::layered(layers)?))).collect();
    for line in &mut order.lines {
        if let Some(Sheet { item, recalled, .. }) = sold.get(&line.code) {
            line.recalled.clone_from(recalled);
            line.price_now = item.price.filter(|_| item.active).map(Fen);
            (line.sale_max, line.id_check) = (item.sale_max, item.id_check);
        }
    }
    Ok(Some(order))
}

/// A list's own rows of the products on an order.
fn goods_sql() -> String {
    format!(
        "SELECT {} FROM product_now p
         WHERE p.list_id = ?2 AND p.code IN (SELECT l.code FROM order_line l WHERE l.order_id = ?1)",
        catalogue::columns(Recalls::Read)
    )
}

fn read_order(row: &Row<'_>, id: OrderId) -> sql::Result<FullOrder> {
    let word: String = row.get(2)?;
    let status =
        OrderStatus::from_word(&word).ok_or_else(|| sql::Error::unreadable(2, &format!("order status {word}")))?;
    let moment = |index| row.get::<_, Option<i64>>(index).map(|at| at.map(Timestamp));
    Ok(FullOrder {
        order: Order {
            id,
            merchant: MerchantId(row.get(16)?),
            outlet: OutletId(row.get(17)?),
            terminal: TerminalId(row.get(18)?),
            person: PersonId(row.get(1)?),
            status,
            total: Fen(row.get(3)?),
            payable: row.get(4)?,
            attempt: row.get::<_, Option<[u8; 16]>>(5)?.map(RequestId),
            paid_by: row.get::<_, Option<i64>>(8)?.map(TransactionId),
            paid_at: moment(9)?,
        },
        number: row.get(0)?,
        attempt_at: moment(6)?,
        attempt_masked: row.get(7)?,
        open: row.get(10)?,
        held: row.get(11)?,
        prints: row.get(12)?,
        last_scan: row.get(13)?,
        opened_at: Timestamp(row.get(14)?),
        changed_at: Timestamp(row.get(15)?),
        lines: Vec::new(),
    })
}

fn read_line(row: &Row<'_>) -> sql::Result<Line> {
    Ok(Line {
        line: row.get(0)?,
        code: row.get(1)?,
        name: row.get(2)?,
        spec: row.get(3)?,
        unit: row.get(4)?,
        list_price: row.get::<_, Option<i64>>(5)?.map(Fen),
        price: Fen(row.get(6)?),
        quantity: row.get(7)?,
        amount: Fen(row.get(8)?),
        confirmed_by: row.get::<_, Option<i64>>(9)?.map(PersonId),
        added_at: Timestamp(row.get(10)?),
        voided_at: row.get::<_, Option<i64>>(11)?.map(Timestamp),
        recalled: None,
        price_now: None,
        sale_max: None,
        id_check: false,
    })
}

/// A cart in a till's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cart {
    /// Order.
    pub id: OrderId,
    /// Its number.
    pub number: String,
    /// When its first line was added.
    pub opened_at: Timestamp,
    /// Different goods on the lines that count.
    pub lines: i64,
    /// Total.
    pub total: Fen,
    /// Put aside; otherwise it is open in another window.
    pub held: bool,
    /// A payment was sent and its outcome is not known yet.
    pub locked: bool,
}

/// Asks for the till's unpaid orders except the one at hand, oldest first; those without a line are left out. To be read as
/// [`cart`]s.
pub(crate) fn query_others<'c>(
    connection: &'c Connection,
    scope: &Scope,
    at_hand: Option<OrderId>,
) -> sql::Result<PendingRows<'c>> {
    let at_hand = at_hand.map_or(0, |id| id.0);
    let sql = "SELECT id, number, opened_at, lines, total, held, locked FROM (
             SELECT o.id, o.number, o.opened_at, o.total, o.held, o.attempt IS NOT NULL AS locked,
                 (SELECT COUNT(DISTINCT l.code) FROM order_line l WHERE l.order_id = o.id AND l.voided_at IS NULL) AS lines
             FROM orders o
             WHERE o.terminal_id = ?1 AND o.open = 1 AND o.status = 'draft' AND o.merchant_id = ?2
                 AND o.outlet_id = ?3 AND o.id <> ?4
         ) AS carts WHERE lines > 0 ORDER BY id LIMIT ?5";
    connection.query_later(sql, (scope.terminal.0, scope.merchant.0, scope.outlet.0, at_hand, CARTS_MAX))
}

pub(crate) fn cart(row: &Row<'_>) -> sql::Result<Cart> {
    Ok(Cart {
        id: OrderId(row.get(0)?),
        number: row.get(1)?,
        opened_at: Timestamp(row.get(2)?),
        lines: row.get(3)?,
        total: Fen(row.get(4)?),
        held: row.get(5)?,
        locked: row.get(6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_when_its_product_has_another_price() {
        let line = |unit: &str, list: i64, price: i64, now: i64| Line {
            line: 1,
            code: "1".to_owned(),
            name: "x".to_owned(),
            spec: String::new(),
            unit: unit.to_owned(),
            list_price: (list > 0).then_some(Fen(list)),
            price_now: (now > 0).then_some(Fen(now)),
            price: Fen(price),
            quantity: 1,
            amount: Fen(price),
            confirmed_by: None,
            added_at: Timestamp(0),
            voided_at: None,
            recalled: None,
            sale_max: None,
            id_check: false,
        };
        for (one, says) in [
            (line("box", 1_550, 1_550, 1_550), None),
            (line("box", 1_550, 1_550, 1_650), Some(1_650)),
            // The cashier took another price, and the product has it now.
            (line("box", 1_550, 1_650, 1_650), None),
            (line("box", 1_550, 1_500, 1_650), Some(1_650)),
            // Gone, stopped or open now; open from the start.
            (line("box", 1_550, 1_550, 0), None),
            (line("box", 0, 1_550, 0), None),
            (line("box", 0, 1_550, 1_650), Some(1_650)),
            // By the kilogram: a package that a scale priced, and a line at the price of a kilogram.
            (line("kg", 6_000, 1_536, 7_000), None),
            (line("kg", 6_000, 6_000, 7_000), Some(7_000)),
        ] {
            assert_eq!(one.updated_price(), says.map(Fen), "{one:?}");
            assert_eq!(Line { confirmed_by: Some(PersonId(1002)), ..one }.updated_price(), None);
        }
    }
}
