//! Slips of refunds and voids: what they print, and how often.

use crate::sql::{self, Connection, OptionalExtension as _};
use domain::command::Actor;
use domain::ids::{OutletId, TransactionId};
use domain::ledger::{Kind, Transaction};

use crate::Storage;
use crate::StorageError;
use crate::audit::{self, Entry};
use crate::books::{after_sale, rows};
use crate::slip::{self, Item, Slip};

use super::goods_of;

/// The slip of an approved refund or void.
#[derive(Clone, Debug)]
pub struct BackSlip {
    /// The refund or void, where it was sold, and what comes back.
    pub slip: Slip,
    /// The sale that it gives back.
    pub original: Transaction,
    /// Why, in the applicant's words; empty for a void.
    pub reason: String,
    /// Name and number of who reviewed or consented.
    pub checker: (String, String),
}

/// The slip of refund or void `id`, for the store that sold and the one that decided.
pub async fn back_slip(db: &Storage, outlet: OutletId, id: TransactionId) -> Result<Option<BackSlip>, StorageError> {
    db.read(move |connection| {
        let Some((mut transaction, original)) = given_back(connection, outlet, id)? else { return Ok(None) };
        let Some(order) = original.order else { return Ok(None) };
        let person = transaction.actor.person;
        if transaction.actor.is_issuer() {
            transaction.actor = Actor { person, ..original.actor };
        }
        let sql = "SELECT number FROM orders WHERE id = ?1";
        let number = connection.prepare_cached(sql)?.query_row([order.0], |row| row.get(0))?;
        let sql = "SELECT name, number FROM person WHERE id = ?1";
        let read = |row: &sql::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let checker = transaction.checker.unwrap_or(person);
        let checker = connection.prepare_cached(sql)?.query_row([checker.0], read).optional()?.unwrap_or_default();
        let mut items = Vec::new();
        let (reason, prints) = if transaction.kind == Kind::Refund {
            let refunds = after_sale::refunds_of(connection, order)?;
            let Some(refund) = refunds.into_iter().find(|one| one.decided_by == Some(id)) else { return Ok(None) };
            for goods in goods_of(connection, order)? {
                items.extend(refund.lines.iter().find(|asked| asked.line == goods.sold.line).map(|asked| Item {
                    name: goods.name,
                    spec: goods.spec,
                    price: goods.sold.price,
                    quantity: asked.quantity,
                    amount: asked.amount,
                }));
            }
            let sql = "SELECT prints FROM refund WHERE id = ?1";
            (refund.reason, connection.prepare_cached(sql)?.query_row([refund.id.0], |row| row.get(0))?)
        } else {
            items = slip::items(connection, order)?;
            let sql = "SELECT prints FROM void_slip WHERE transaction_id = ?1";
            let prints = connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0)).optional()?;
            (String::new(), prints.unwrap_or(0))
        };
        let header = slip::header(connection, original.actor.outlet, person)?;
        let slip = Slip { transaction, header, order, number, prints, items };
        Ok(Some(BackSlip { slip, original, reason, checker }))
    })
    .await
}

/// The approved refund or void with its sale, when one of the two was made in this outlet.
fn given_back(
    connection: &Connection,
    outlet: OutletId,
    id: TransactionId,
) -> sql::Result<Option<(Transaction, Transaction)>> {
    let mut statement = connection.prepare_cached(rows::TRANSACTION_BY_ID)?;
    let mut read = |id: TransactionId| statement.query_row([id.0], rows::transaction).optional();
    let Some(transaction) = read(id)?.filter(|one| one.approved() && matches!(one.kind, Kind::Refund | Kind::Void))
    else {
        return Ok(None);
    };
    let Some(original) = transaction.original else { return Ok(None) };
    let original = read(original)?.filter(|sale| [sale.actor.outlet, transaction.actor.outlet].contains(&outlet));
    Ok(original.map(|original| (transaction, original)))
}

/// Counts a print of the slip and answers which one it is, from 1; `entry` goes to the audit log as `slip_printed` or
/// `slip_reprinted`. `None` when this outlet has no such slip.
pub async fn back_print_count(
    db: &Storage,
    outlet: OutletId,
    id: TransactionId,
    entry: Entry,
) -> Result<Option<i64>, StorageError> {
    db.write(move |connection| {
        let Some((transaction, original)) = given_back(connection, outlet, id)? else { return Ok(None) };
        let prints: Option<i64> = if transaction.kind == Kind::Refund {
            let sql = "UPDATE refund SET prints = prints + 1 WHERE order_id = ?1 AND decided_by = ?2 RETURNING prints";
            let keys = [original.order.map_or(0, |order| order.0), id.0];
            connection.prepare_cached(sql)?.query_row(keys, |row| row.get(0)).optional()?
        } else {
            let sql = "INSERT INTO void_slip (transaction_id, prints) VALUES (?1, 1)
                ON CONFLICT (transaction_id) DO UPDATE SET prints = void_slip.prints + 1 RETURNING prints";
            connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0)).optional()?
        };
        let Some(prints) = prints else { return Ok(None) };
        let action = if prints > 1 { "slip_reprinted" } else { "slip_printed" };
        let detail = format!("{} print {prints}", transaction.kind.word());
        audit::insert(connection, &Entry { action, subject: id.rrn(), detail, ..entry })?;
        Ok(Some(prints))
    })
    .await
}
