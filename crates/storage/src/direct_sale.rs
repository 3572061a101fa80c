//! An order that a program rings up and pays in one step, without a screen.
//!
//! What must stay true: the order, its lines, the claim on the key and the attempt are written by one transaction, so
//! that a crash leaves either nothing or an order whose attempt is followed up. The order never shows up at the till as
//! something left to do.

use crate::sql::{Connection, params};
use domain::card_number::MaskedCard;
use domain::ids::OrderId;
use domain::money::Fen;
use domain::time::Timestamp;

use crate::draft::{self, NewLine, Scope};
use crate::idempotency::{self, Claim, Found};
use crate::{Storage, StorageError};

/// A line, with the name that the program gave it.
#[derive(Clone, Debug)]
pub struct SaleLine {
    /// Product, price and quantity, as the domain judged them.
    pub line: NewLine,
    /// What the slip calls it.
    pub name: String,
}

/// What is to be paid.
#[derive(Clone, Debug)]
pub struct DirectSale {
    /// The key and what it stands for; its request id becomes the attempt.
    pub claim: Claim,
    /// Where and as whom.
    pub scope: Scope,
    /// At least one line.
    pub lines: Vec<SaleLine>,
    /// The card as it may be seen.
    pub masked: MaskedCard,
    /// The number that the merchant's system gave it.
    pub merchant_order_number: Option<String>,
}

/// Writes the order down with its attempt, unless the key was used before. The order is in `Found::Same` either way.
pub async fn begin(db: &Storage, sale: DirectSale, now: Timestamp) -> Result<Found, StorageError> {
    db.write(move |connection| {
        let found = idempotency::look(connection, &sale.claim)?;
        if found != Found::New {
            return Ok(found);
        }
        // Another door used it; an attempt with it could never be settled.
        let sql = "SELECT EXISTS (SELECT 1 FROM ledger_transaction WHERE request_id = ?1 AND merchant_id = ?2)";
        let used = params![sale.claim.request.0, sale.claim.merchant.0];
        if connection.prepare_cached(sql)?.query_row(used, |row| row.get(0))? {
            return Ok(Found::Other);
        }
        let order = draft::open(connection, &sale.scope, now)?;
        let total = lines(connection, order, &sale, now)?;
        attempt(connection, order, total, &sale, now)?;
        if let Some(number) = &sale.merchant_order_number {
            connection
                .prepare_cached("INSERT INTO merchant_order (order_id, merchant_id, number) VALUES (?1, ?2, ?3)")?
                .execute(params![order.0, sale.scope.merchant.0, number])?;
        }
        idempotency::insert(connection, &sale.claim, Some(order), None, now)?;
        Ok(Found::Same { order: Some(order), answer: None })
    })
    .await
}

fn lines(connection: &Connection, order: OrderId, sale: &DirectSale, now: Timestamp) -> Result<Fen, StorageError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO order_line (order_id, line, code, name, spec, unit, drug, list_price, price, quantity, amount,
                                 confirmed_by, added_at, added_by, voided_at, voided_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, NULL, ?12, ?13, NULL, NULL)",
    )?;
    for (number, SaleLine { line, name }) in (1_i64..).zip(&sale.lines) {
        let product = &line.listed.product;
        insert.execute(params![
            order.0,
            number,
            product.code,
            name,
            product.spec,
            line.listed.unit,
            product.drug,
            product.price.map(|price| price.0),
            line.terms.price.0,
            line.terms.quantity,
            line.terms.amount.0,
            now.0,
            sale.scope.person.0,
        ])?;
    }
    Fen::sum(sale.lines.iter().map(|one| one.line.terms.amount))
        .ok_or_else(|| StorageError::NotWritten("the total does not fit".to_owned()))
}

fn attempt(
    connection: &Connection,
    order: OrderId,
    total: Fen,
    sale: &DirectSale,
    now: Timestamp,
) -> Result<(), StorageError> {
    let sql = "UPDATE orders SET total = ?2, open = 0, attempt = ?3, attempt_at = ?4, attempt_masked = ?5,
        changed_at = ?4 WHERE id = ?1";
    let request = sale.claim.request.0;
    connection.prepare_cached(sql)?.execute(params![order.0, total.0, request, now.0, sale.masked.0])?;
    Ok(())
}

/// Gives an order of [`begin`] up once its payment was declined; it can never be paid then.
pub async fn give_up(db: &Storage, order: OrderId, now: Timestamp) -> Result<(), StorageError> {
    db.write(move |connection| {
        let sql = "UPDATE orders SET status = 'abandoned', changed_at = ?2
            WHERE id = ?1 AND status = 'draft' AND open = 0 AND attempt IS NULL";
        connection.prepare_cached(sql)?.execute(params![order.0, now.0])?;
        Ok(())
    })
    .await
}
