//! What the pages need around a payment: the order's lock while an attempt is out, and reading what is on record.
//!
//! An attempt is noted on the order before it is sent and taken off by the commit that records its outcome. So an order
//! that still carries one has a payment under way, or one whose answer was lost; [`attempts_open`] finds them.

use crate::recall::TEXT_OF;
use crate::sql::{self, Connection, OptionalExtension as _, PendingRows, params};
use domain::card_number::MaskedCard;
use domain::command::Actor;
use domain::ids::{MerchantId, OrderId, OutletId, PersonId, RequestId, TerminalId, TransactionId};
use domain::ledger::Transaction;
use domain::money::Fen;
use domain::time::Timestamp;

use crate::Storage;
use crate::books::rows;
use crate::error::StorageError;
use crate::product_list::Lists;
use crate::vault::Confirmation;

/// An attempt without a recorded outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenAttempt {
    /// Its request id.
    pub request_id: RequestId,
    /// The order that it locks.
    pub order: OrderId,
    /// The order's number.
    pub number: String,
    /// Amount.
    pub amount: Fen,
    /// The card as it may be seen.
    pub masked: MaskedCard,
    /// When it was sent.
    pub at: Timestamp,
    /// From where. The person is the one who opened the order.
    pub actor: Actor,
}

/// What became of an order's lock for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The order carries the attempt.
    Locked,
    /// The order was put aside, or changed, after it was shown with the question: the answer comes too late and must
    /// not be sent.
    Moved,
    /// A product on it was recalled after it was shown with the question: the answer must not be sent.
    Recalled,
    /// Not a draft of this outlet, another attempt, another total, or an outcome on record: the money path says which.
    Refused,
}

/// Locks a draft for the attempt that was confirmed, as long as the draft is as it was shown with the question.
pub async fn attempt_begin(
    db: &Storage,
    (actor, lists): (Actor, Lists),
    confirmation: &Confirmation,
    now: Timestamp,
) -> Result<Begun, StorageError> {
    let Confirmation { request_id: request, order, seen, amount, ref card, .. } = *confirmation;
    let masked = card.masked.0.clone();
    db.write(move |connection| {
        connection.lock("SELECT id FROM orders WHERE id = ?1", [order.0])?;
        let (merchant, outlet) = (actor.merchant.0, actor.outlet.0);
        let recalled = ["?6", "?7", "?8"].map(|list| {
            format!(
                "EXISTS (SELECT 1 FROM order_line l JOIN product_now p ON p.list_id = {list} AND p.code = l.code
                    WHERE l.order_id = ?1 AND l.voided_at IS NULL AND {TEXT_OF} IS NOT NULL)"
            )
        });
        let sql = format!(
            "SELECT changed_at, {}
            FROM orders WHERE id = ?1 AND merchant_id = ?2 AND outlet_id = ?3 AND total = ?4 AND status = 'draft'
            AND (attempt IS NULL OR attempt = ?5)
            AND NOT EXISTS (SELECT 1 FROM ledger_transaction WHERE request_id = ?5 AND merchant_id = ?2)",
            recalled.join(" OR ")
        );
        let [own, above, top] = lists.ids();
        let found: Option<(i64, bool)> = connection
            .prepare_cached(&sql)?
            .query_row(params![order.0, merchant, outlet, amount.0, request.0, own, above, top], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        match found {
            None => Ok(Begun::Refused),
            Some((changed_at, _)) if changed_at != seen.0 => Ok(Begun::Moved),
            Some((_, true)) => Ok(Begun::Recalled),
            Some((_, false)) => {
                let sql = "UPDATE orders SET attempt = ?2, attempt_at = ?3, attempt_masked = ?4 WHERE id = ?1";
                connection.prepare_cached(sql)?.execute(params![order.0, request.0, now.0, masked])?;
                Ok(Begun::Locked)
            }
        }
    })
    .await
}

const ATTEMPT_COLUMNS: &str =
    "attempt, id, number, total, attempt_masked, attempt_at, merchant_id, outlet_id, terminal_id, person_id";

/// Every attempt that was sent before `before` and has no recorded outcome, oldest first; of one outlet or of all.
pub async fn attempts_open(
    db: &Storage,
    outlet: Option<OutletId>,
    before: Timestamp,
) -> Result<Vec<OpenAttempt>, StorageError> {
    db.read_by_key(move |connection| Ok(query_open(connection, outlet, before)?.rows(open_attempt)?)).await
}

/// Asks for them, to be read as [`open_attempt`]s.
pub(crate) fn query_open(
    connection: &Connection,
    outlet: Option<OutletId>,
    before: Timestamp,
) -> sql::Result<PendingRows<'_>> {
    let sql = format!(
        "SELECT {ATTEMPT_COLUMNS} FROM orders
        WHERE attempt IS NOT NULL AND attempt_at < ?1 AND (?2 IS NULL OR outlet_id = ?2) ORDER BY attempt_at LIMIT 500"
    );
    connection.query_later(&sql, params![before.0, outlet.map(|id| id.0)])
}

/// The attempt that an order of this outlet has out.
pub async fn attempt_of(db: &Storage, outlet: OutletId, order: OrderId) -> Result<Option<OpenAttempt>, StorageError> {
    db.read_by_key(move |connection| {
        let sql =
            format!("SELECT {ATTEMPT_COLUMNS} FROM orders WHERE id = ?1 AND outlet_id = ?2 AND attempt IS NOT NULL");
        Ok(connection.prepare_cached(&sql)?.query_row([order.0, outlet.0], open_attempt).optional()?)
    })
    .await
}

pub(crate) fn open_attempt(row: &sql::Row<'_>) -> sql::Result<OpenAttempt> {
    Ok(OpenAttempt {
        request_id: RequestId(row.get(0)?),
        order: OrderId(row.get(1)?),
        number: row.get(2)?,
        amount: Fen(row.get(3)?),
        masked: MaskedCard(row.get::<_, Option<String>>(4)?.unwrap_or_default()),
        at: Timestamp(row.get(5)?),
        actor: Actor {
            merchant: MerchantId(row.get(6)?),
            outlet: OutletId(row.get(7)?),
            terminal: TerminalId(row.get(8)?),
            person: PersonId(row.get(9)?),
        },
    })
}

/// Every attempt on record of an order of this outlet, newest first.
pub async fn transactions_of_order(
    db: &Storage,
    outlet: OutletId,
    order: OrderId,
) -> Result<Vec<Transaction>, StorageError> {
    db.read_by_key(move |connection| {
        let found = connection.query_later(rows::TRANSACTIONS_BY_ORDER, [order.0])?;
        Ok(of_outlet(found, outlet)?)
    })
    .await
}

pub(crate) fn of_outlet(found: PendingRows<'_>, outlet: OutletId) -> sql::Result<Vec<Transaction>> {
    let mut found = found.rows(rows::transaction)?;
    found.retain(|transaction| transaction.actor.outlet == outlet);
    Ok(found)
}

/// One transaction of this outlet.
pub async fn transaction(
    db: &Storage,
    outlet: OutletId,
    id: TransactionId,
) -> Result<Option<Transaction>, StorageError> {
    db.read_by_key(move |connection| {
        let found =
            connection.prepare_cached(rows::TRANSACTION_BY_ID)?.query_row([id.0], rows::transaction).optional()?;
        Ok(found.filter(|transaction| transaction.actor.outlet == outlet))
    })
    .await
}

/// Asks what was last done to orders at this till, newest first: the list 交易状态. To be read by [`rows::transaction`].
pub(crate) fn query_of_terminal(
    connection: &Connection,
    outlet: OutletId,
    terminal: TerminalId,
    count: u32,
) -> sql::Result<PendingRows<'_>> {
    connection.query_later(rows::TRANSACTIONS_OF_TERMINAL, params![terminal.0, outlet.0, count])
}
