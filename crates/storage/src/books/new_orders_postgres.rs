//! Orders that are rung up and paid in one step, on a server: what they need before they are there, and their rows, all
//! of a group in one statement each.

use std::collections::BTreeMap;

use domain::direct_sale::{DirectLine, NewOrder, OutletDay};
use domain::ids::{MerchantId, OutletId, RequestId};
use domain::state::{Keys, State};
use domain::time::BusinessDate;
use tokio_postgres::Row as ServerRow;

use super::post_postgres::{Columns, column};
use crate::sql::{self, Row};

pub(super) const CLAIMS: &str = "SELECT request_id, merchant_id FROM unnest($1::bytea[], $2::bigint[]) \
     AS n (request, merchant) JOIN idempotency ON merchant_id = n.merchant AND request_id = n.request";
/// Locks the outlets' days, which may be new.
pub(super) const NUMBERS: &str = "INSERT INTO order_number (outlet_id, business_date, last) \
     SELECT outlet, day, 0 FROM unnest($1::bigint[], $2::bigint[]) AS n (outlet, day) \
     ON CONFLICT (outlet_id, business_date) DO UPDATE SET last = order_number.last \
     RETURNING outlet_id, business_date, last";
pub(super) const NUMBERS_UPDATE: &str = "UPDATE order_number SET last = n.last \
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS n (outlet, day, last) \
     WHERE outlet_id = n.outlet AND business_date = n.day";
pub(super) const LAST: &str = "SELECT COALESCE(MAX(id), 0) FROM orders";
pub(super) const INSERT: &str = "INSERT INTO orders (id, number, merchant_id, outlet_id, terminal_id, person_id, \
     status, total, payable, paid_by, paid_at, open, held, prints, opened_at, changed_at) \
     SELECT id, number, merchant, outlet, terminal, person, status, total, 1, paid_by, paid_at, 0, 0, 0, at, at \
     FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], \
     $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[]) \
     AS n (id, number, merchant, outlet, terminal, person, status, total, paid_by, paid_at, at)";
pub(super) const LINES_INSERT: &str = "INSERT INTO order_line (order_id, line, code, name, spec, unit, drug, \
     list_price, price, quantity, amount, added_at, added_by) \
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], \
     $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[])";
pub(super) const MERCHANT_NUMBERS_INSERT: &str = "INSERT INTO merchant_order (order_id, merchant_id, number) \
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])";

/// What was asked for and what was found of it.
pub(super) fn loaded(
    state: &mut State,
    keys: &Keys,
    claims: &[ServerRow],
    numbers: &[ServerRow],
    last: &[ServerRow],
) -> sql::Result<()> {
    if let Some(row) = last.first() {
        state.last_order = Row::Postgres(row).get(0)?;
    }
    keys.claims.iter().for_each(|request| state.claims.loaded(*request, None));
    for row in claims.iter().map(Row::Postgres) {
        state.claims.loaded((RequestId(row.get(0)?), MerchantId(row.get(1)?)), Some(()));
    }
    for row in numbers.iter().map(Row::Postgres) {
        let day = (OutletId(row.get(0)?), BusinessDate(row.get(1)?));
        state.numbers.loaded(day, Some(row.get(2)?));
    }
    Ok(())
}

pub(super) fn numbers(numbers: &BTreeMap<OutletDay, i64>) -> Columns {
    vec![
        column(numbers.keys(), |(outlet, _)| outlet.0),
        column(numbers.keys(), |(_, day)| i64::from(day.0)),
        column(numbers.values(), |last| *last),
    ]
}

pub(super) fn orders(new: &[NewOrder]) -> Columns {
    vec![
        column(new, |new| new.order.id.0),
        column(new, NewOrder::number),
        column(new, |new| new.order.merchant.0),
        column(new, |new| new.order.outlet.0),
        column(new, |new| new.order.terminal.0),
        column(new, |new| new.order.person.0),
        column(new, |new| new.order.status.word()),
        column(new, |new| new.order.total.0),
        column(new, |new| new.order.paid_by.map(|id| id.0)),
        column(new, |new| new.order.paid_at.map(|at| at.0)),
        column(new, |new| new.at.0),
    ]
}

pub(super) fn lines(new: &[NewOrder]) -> Columns {
    let mut all: Vec<(&NewOrder, i64, &DirectLine)> = Vec::with_capacity(new.len());
    for new in new {
        all.extend((1_i64..).zip(&new.sale.lines).map(|(number, line)| (new, number, line)));
    }
    vec![
        column(&all, |(new, ..)| new.order.id.0),
        column(&all, |(_, number, _)| *number),
        column(&all, |(.., line)| line.code.clone()),
        column(&all, |(.., line)| line.name.clone()),
        column(&all, |(.., line)| line.spec.clone()),
        column(&all, |(.., line)| line.unit.clone()),
        column(&all, |(.., line)| i64::from(line.drug)),
        column(&all, |(.., line)| line.list_price.map(|price| price.0)),
        column(&all, |(.., line)| line.price.0),
        column(&all, |(.., line)| line.quantity),
        column(&all, |(.., line)| line.amount.0),
        column(&all, |(new, ..)| new.at.0),
        column(&all, |(new, ..)| new.order.person.0),
    ]
}

/// Only of those that have one.
pub(super) fn merchant_numbers(new: &[NewOrder]) -> Columns {
    let named: Vec<(&NewOrder, &String)> =
        new.iter().filter_map(|new| Some((new, new.sale.merchant_number.as_ref()?))).collect();
    vec![
        column(&named, |(new, _)| new.order.id.0),
        column(&named, |(new, _)| new.order.merchant.0),
        column(&named, |(_, number)| (*number).clone()),
    ]
}
