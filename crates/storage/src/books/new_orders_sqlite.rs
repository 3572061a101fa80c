//! Orders that a program rings up and pays in one step: written by the books with their outcome, in the money's commit.
//!
//! Such an order never shows up at the till as something left to do.

use domain::changes::Changes;
use domain::direct_sale::NewOrder;

use crate::sql::{self, Connection, params};

/// Whether the request id was used for something that is not in the ledger.
pub(crate) const CLAIMED: &str = "SELECT 1 FROM idempotency WHERE merchant_id = ?1 AND request_id = ?2";

/// How many orders an outlet has had on a day.
pub(crate) const NUMBER: &str = "SELECT last FROM order_number WHERE outlet_id = ?1 AND business_date = ?2";

/// Writes new orders with their lines, and how many there are now.
pub(crate) fn save(connection: &Connection, changes: &Changes) -> sql::Result<()> {
    let orders = &changes.new_orders;
    if orders.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO order_number (outlet_id, business_date, last) VALUES (?1, ?2, ?3)
        ON CONFLICT (outlet_id, business_date) DO UPDATE SET last = excluded.last";
    let mut upsert = connection.prepare_cached(sql)?;
    for ((outlet, day), last) in changes.numbers() {
        upsert.execute(params![outlet.0, day.0, last])?;
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO orders (id, number, merchant_id, outlet_id, terminal_id, person_id, status, total, payable,
                             paid_by, paid_at, open, held, prints, opened_at, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9, ?10, 0, 0, 0, ?11, ?11)",
    )?;
    for new in orders {
        let order = &new.order;
        insert.execute(params![
            order.id.0,
            new.number(),
            order.merchant.0,
            order.outlet.0,
            order.terminal.0,
            order.person.0,
            order.status.word(),
            order.total.0,
            order.paid_by.map(|id| id.0),
            order.paid_at.map(|at| at.0),
            new.at.0,
        ])?;
    }
    lines(connection, orders)?;
    let mut insert =
        connection.prepare_cached("INSERT INTO merchant_order (order_id, merchant_id, number) VALUES (?1, ?2, ?3)")?;
    for new in orders {
        if let Some(number) = &new.sale.merchant_number {
            insert.execute(params![new.order.id.0, new.order.merchant.0, number])?;
        }
    }
    Ok(())
}

fn lines(connection: &Connection, orders: &[NewOrder]) -> sql::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO order_line (order_id, line, code, name, spec, unit, drug, list_price, price, quantity, amount,
                                 confirmed_by, added_at, added_by, voided_at, voided_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, NULL, ?12, ?13, NULL, NULL)",
    )?;
    for new in orders {
        for (number, line) in (1_i64..).zip(&new.sale.lines) {
            insert.execute(params![
                new.order.id.0,
                number,
                line.code,
                line.name,
                line.spec,
                line.unit,
                line.drug,
                line.list_price.map(|price| price.0),
                line.price.0,
                line.quantity,
                line.amount.0,
                new.at.0,
                new.order.person.0,
            ])?;
        }
    }
    Ok(())
}
