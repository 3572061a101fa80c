//! Orders while they are rung up: on the server from the first line, so that a refresh, a crash or a power cut loses
//! nothing.
//!
//! What must stay true:
//! - Every function takes a [`Scope`], so that nobody reaches an order of another till.
//! - While a payment attempt is open, and once the order is paid, nothing about it changes.
//! - Lines are voided, never deleted. The order's total is the sum of its lines that are not voided.
//! - A change is checked completely before its first write.

use crate::sql::{self, Connection, params};
use domain::ids::{MerchantId, OrderId, OutletId, PersonId, TerminalId};
use domain::money::Fen;
use domain::order::{LINES_MAX, LineTerms, OrderStatus, QUANTITY_MAX};
use domain::time::Timestamp;

use crate::audit::{self, Entry};
use crate::product::Listed;
use crate::product_list::Lists;
use crate::{Storage, StorageError, ids, product_request};

pub(crate) mod rows;

pub use rows::{Cart, FullOrder, Line, current, fetch};

/// The largest total of an order, 99,999,999.99 yuan.
const TOTAL_MAX: Fen = Fen(9_999_999_999);

/// How long a deleted line can be brought back: ten seconds on the screen, and two for the way there.
const UNDO_WITHIN: i64 = 12_000_000;

/// How long the screen offers to bring a deleted line back, in microseconds.
pub const UNDO_SHOWN: i64 = 10_000_000;

/// The till somebody works at, as the session says: what they can reach, and who is written down for it.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Merchant.
    pub merchant: MerchantId,
    /// Outlet.
    pub outlet: OutletId,
    /// The price lists that the outlet sells from.
    pub lists: Lists,
    /// Terminal.
    pub terminal: TerminalId,
    /// Who.
    pub person: PersonId,
    /// Network address, for the audit log.
    pub address: String,
}

/// Why a change to an order was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// This till has no such order.
    #[error("no such order at this till")]
    NoOrder,
    /// A payment was sent and its outcome is not known yet.
    #[error("the order is locked by a payment")]
    Locked,
    /// It is paid.
    #[error("the order is paid")]
    Paid,
    /// It was given up.
    #[error("the order was abandoned")]
    Abandoned,
    /// It has as many lines as an order may have.
    #[error("the order is full")]
    Full,
    /// Its total would be larger than any order's.
    #[error("the total is too large")]
    TotalTooLarge,
    /// The price needs a manager's consent.
    #[error("a manager has to confirm the price")]
    NeedsManager,
    /// Somebody changed the order in another window, and this change would not do what was meant.
    #[error("the order was changed elsewhere")]
    Changed,
    /// One order may have no more pieces of the product.
    #[error("at most {most} of the product on one order")]
    OverLimit {
        /// So many.
        most: i64,
    },
    /// The time to bring a deleted line back has passed.
    #[error("too late to bring the line back")]
    TooLate,
}

/// A change to an order that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The database could not.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sql::Error> for DraftError {
    fn from(error: sql::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// A line to be added.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// What.
    pub listed: Listed,
    /// Price and quantity, as the domain judged them.
    pub terms: LineTerms,
    /// The manager who agreed to a price outside the band.
    pub confirmed_by: Option<PersonId>,
    /// Names one scan, so that sending it twice adds it once.
    pub scan: Option<String>,
}

/// Adds a line to `order`, or to a new order if there is none yet. The product of the last line at the same price
/// makes that line's quantity grow, as a scanner's user expects. Answers the order.
pub async fn line_add(
    db: &Storage,
    scope: &Scope,
    order: Option<OrderId>,
    line: NewLine,
    now: Timestamp,
) -> Result<OrderId, DraftError> {
    write(db, scope, move |connection, scope| {
        if line.terms.needs_manager && line.confirmed_by.is_none() {
            return Err(Refused::NeedsManager.into());
        }
        if order.is_none() {
            connection.lock_name("open", &scope.terminal.0.to_string())?;
        }
        let id = match order {
            Some(id) => id,
            // A scan that opened an order, and is sent again because its answer was lost, opens no second one.
            None => match rows::of_scan(connection, scope, line.scan.as_deref())? {
                Some(id) => id,
                None => open(connection, scope, now)?,
            },
        };
        let order = changeable(connection, scope, id)?;
        if line.scan.is_none() || line.scan != order.last_scan {
            add(connection, scope, &order, &line, now)?;
            product_request::rung_up(connection, scope.terminal, &line.listed.product.code)?;
        }
        Ok(id)
    })
    .await
}

fn add(
    connection: &Connection,
    scope: &Scope,
    order: &FullOrder,
    new: &NewLine,
    now: Timestamp,
) -> Result<(), DraftError> {
    let (product, terms) = (&new.listed.product, new.terms);
    within_limit(order, &product.code, product.sale_max, terms.quantity)?;
    let total = total_after(order.order.total, terms.amount)?;
    let same = order.live().last().filter(|last| {
        (last.code.as_str(), last.price, last.confirmed_by) == (product.code.as_str(), terms.price, new.confirmed_by)
            // Packages of different weight may cost the same.
            && last.spec == product.spec
            && last.quantity.saturating_add(terms.quantity) <= QUANTITY_MAX
    });
    if let Some(last) = same {
        let quantity = last.quantity.saturating_add(terms.quantity);
        let amount = terms.price.times(quantity).ok_or(Refused::TotalTooLarge)?;
        set_quantity(connection, order.order.id, last.line, quantity, amount)?;
    } else {
        if order.lines.len() >= LINES_MAX {
            return Err(Refused::Full.into());
        }
        let number = order.lines.last().map_or(1, |last| last.line.saturating_add(1));
        connection.execute_later(
            "INSERT INTO order_line (order_id, line, code, name, spec, unit, drug, list_price, price, quantity, amount,
                                         confirmed_by, added_at, added_by, voided_at, voided_by)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, NULL, NULL)",
            params![
                order.order.id.0,
                number,
                product.code,
                product.name,
                product.spec,
                new.listed.unit,
                product.drug,
                product.price.map(|price| price.0),
                terms.price.0,
                terms.quantity,
                terms.amount.0,
                new.confirmed_by.map(|person| person.0),
                now.0,
                scope.person.0,
            ],
        )?;
    }
    touch(connection, order, total, now)?;
    connection
        .execute_later("UPDATE orders SET last_scan = ?2 WHERE id = ?1", (order.order.id.0, new.scan.as_deref()))?;
    if let Some(list) = product.price.filter(|list| *list != terms.price) {
        let consent = new.confirmed_by.map_or(String::new(), |person| format!(", confirmed by {person}"));
        let detail = format!("{} x{}: {list} -> {}{consent}", product.code, terms.quantity, terms.price);
        audit::insert(connection, &entry(scope, order, "price_changed", detail, now))?;
    }
    Ok(())
}

/// Refuses more pieces of a product than one order may have; fewer are always taken.
fn within_limit(order: &FullOrder, code: &str, most: Option<i64>, more: i64) -> Result<(), Refused> {
    let here = order.live().filter(|line| line.code == code).fold(0_i64, |sum, line| sum.saturating_add(line.quantity));
    match most {
        Some(most) if more > 0 && here.saturating_add(more) > most => Err(Refused::OverLimit { most }),
        _ => Ok(()),
    }
}

/// Sets the quantity of the last line. `seen` is the change that the person's screen showed: after another one, the
/// last line may be a different one.
pub async fn line_quantity(
    db: &Storage,
    scope: &Scope,
    order: OrderId,
    quantity: i64,
    seen: Timestamp,
    now: Timestamp,
) -> Result<(), DraftError> {
    write(db, scope, move |connection, scope| {
        let order = changeable(connection, scope, order)?;
        let last = order.live().last().filter(|_| order.changed_at == seen).ok_or(Refused::Changed)?;
        within_limit(&order, &last.code, last.sale_max, quantity.saturating_sub(last.quantity))?;
        let amount = last.price.times(quantity).ok_or(Refused::TotalTooLarge)?;
        let without = order.order.total.minus(last.amount).ok_or(Refused::TotalTooLarge)?;
        let total = total_after(without, amount)?;
        set_quantity(connection, order.order.id, last.line, quantity, amount)?;
        touch(connection, &order, total, now)
    })
    .await
}

/// Takes a line off the order; its row stays for the audit.
pub async fn line_void(
    db: &Storage,
    scope: &Scope,
    order: OrderId,
    line: i64,
    now: Timestamp,
) -> Result<(), DraftError> {
    write(db, scope, move |connection, scope| {
        let order = changeable(connection, scope, order)?;
        let found = order.live().find(|one| one.line == line).ok_or(Refused::Changed)?;
        let total = order.order.total.minus(found.amount).ok_or(Refused::TotalTooLarge)?;
        set_voided(connection, order.order.id, line, Some((now, scope.person)))?;
        touch(connection, &order, total, now)?;
        let detail = format!("{} x{} at {}", found.code, found.quantity, found.price);
        Ok(audit::insert(connection, &entry(scope, &order, "line_voided", detail, now))?)
    })
    .await
}

/// Brings a line back that was taken off a moment ago.
pub async fn line_undo(
    db: &Storage,
    scope: &Scope,
    order: OrderId,
    line: i64,
    now: Timestamp,
) -> Result<(), DraftError> {
    write(db, scope, move |connection, scope| {
        let order = changeable(connection, scope, order)?;
        let found = order.lines.iter().find(|one| one.line == line).ok_or(Refused::Changed)?;
        let voided_at = found.voided_at.ok_or(Refused::Changed)?;
        if now.since(voided_at) > UNDO_WITHIN {
            return Err(Refused::TooLate.into());
        }
        within_limit(&order, &found.code, found.sale_max, found.quantity)?;
        let total = total_after(order.order.total, found.amount)?;
        set_voided(connection, order.order.id, line, None)?;
        touch(connection, &order, total, now)?;
        let detail = format!("{} x{} at {}", found.code, found.quantity, found.price);
        Ok(audit::insert(connection, &entry(scope, &order, "line_restored", detail, now))?)
    })
    .await
}

/// Puts the order aside for another customer. Also one whose payment has no known outcome, so that the queue moves on.
pub async fn hold(db: &Storage, scope: &Scope, order: OrderId, now: Timestamp) -> Result<(), DraftError> {
    set_held(db, scope, order, true, now).await
}

/// Takes the order up again; it becomes the till's current one.
pub async fn resume(db: &Storage, scope: &Scope, order: OrderId, now: Timestamp) -> Result<(), DraftError> {
    set_held(db, scope, order, false, now).await
}

async fn set_held(db: &Storage, scope: &Scope, id: OrderId, held: bool, now: Timestamp) -> Result<(), DraftError> {
    write(db, scope, move |connection, scope| {
        let order = rows::locked(connection, scope, id)?.ok_or(Refused::NoOrder)?;
        draft(&order)?;
        touch(connection, &order, order.order.total, now)?;
        Ok(connection.execute_later("UPDATE orders SET held = ?2 WHERE id = ?1", (id.0, held))?)
    })
    .await
}

/// Gives the order up before payment.
pub async fn abandon(db: &Storage, scope: &Scope, id: OrderId, now: Timestamp) -> Result<(), DraftError> {
    write(db, scope, move |connection, scope| {
        let order = changeable(connection, scope, id)?;
        touch(connection, &order, order.order.total, now)?;
        let sql = "UPDATE orders SET status = 'abandoned', open = 0, held = 0 WHERE id = ?1";
        connection.execute_later(sql, [id.0])?;
        let detail = format!("{} lines, {}", order.live().count(), order.order.total);
        Ok(audit::insert(connection, &entry(scope, &order, "order_abandoned", detail, now))?)
    })
    .await
}

/// Runs `change` in one transaction, with the refusal as an answer rather than an error: nothing was written then.
async fn write<T, F>(db: &Storage, scope: &Scope, change: F) -> Result<T, DraftError>
where
    T: Send + 'static,
    F: FnOnce(&Connection, &Scope) -> Result<T, DraftError> + Clone + Send + 'static,
{
    let scope = scope.clone();
    let answer = db.write(move |connection| match change(connection, &scope) {
        Ok(done) => Ok(Ok(done)),
        Err(DraftError::Refused(refused)) => Ok(Err(refused)),
        Err(DraftError::Storage(error)) => Err(error),
    });
    Ok(answer.await??)
}

/// A new, empty order, inside the caller's transaction.
pub(crate) fn open(connection: &Connection, scope: &Scope, now: Timestamp) -> Result<OrderId, StorageError> {
    let id = ids::next_order(connection, now)?;
    let today = now.business_date();
    let count: i64 = connection
        .prepare_cached(
            "INSERT INTO order_number (outlet_id, business_date, last) VALUES (?1, ?2, 1)
             ON CONFLICT (outlet_id, business_date) DO UPDATE SET last = order_number.last + 1 RETURNING last",
        )?
        .query_row((scope.outlet.0, today.0), |row| row.get(0))?;
    let number = domain::direct_sale::number(today, count);
    connection.execute_later(
        "INSERT INTO orders (id, number, merchant_id, outlet_id, terminal_id, person_id, status, total, payable,
                                 open, held, prints, opened_at, changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'draft', 0, 1, 1, 0, 0, ?7, ?7)",
        params![id.0, number, scope.merchant.0, scope.outlet.0, scope.terminal.0, scope.person.0, now.0],
    )?;
    Ok(id)
}

/// The order, if its content may change.
fn changeable(connection: &Connection, scope: &Scope, id: OrderId) -> Result<FullOrder, DraftError> {
    let order = rows::locked(connection, scope, id)?.ok_or(Refused::NoOrder)?;
    draft(&order)?;
    if order.order.attempt.is_some() { Err(Refused::Locked.into()) } else { Ok(order) }
}

fn draft(order: &FullOrder) -> Result<(), Refused> {
    match order.order.status {
        OrderStatus::Draft => Ok(()),
        OrderStatus::Abandoned => Err(Refused::Abandoned),
        OrderStatus::Paid | OrderStatus::PartlyRefunded | OrderStatus::Refunded | OrderStatus::Voided => {
            Err(Refused::Paid)
        }
    }
}

fn total_after(total: Fen, amount: Fen) -> Result<Fen, Refused> {
    total.plus(amount).filter(|sum| *sum <= TOTAL_MAX).ok_or(Refused::TotalTooLarge)
}

fn set_quantity(
    connection: &Connection,
    order: OrderId,
    line: i64,
    quantity: i64,
    amount: Fen,
) -> Result<(), StorageError> {
    let sql = "UPDATE order_line SET quantity = ?3, amount = ?4 WHERE order_id = ?1 AND line = ?2";
    Ok(connection.execute_later(sql, (order.0, line, quantity, amount.0))?)
}

fn set_voided(
    connection: &Connection,
    order: OrderId,
    line: i64,
    voided: Option<(Timestamp, PersonId)>,
) -> Result<(), StorageError> {
    let sql = "UPDATE order_line SET voided_at = ?3, voided_by = ?4 WHERE order_id = ?1 AND line = ?2";
    let (at, person) = (voided.map(|(at, _)| at.0), voided.map(|(_, person)| person.0));
    Ok(connection.execute_later(sql, (order.0, line, at, person))?)
}

/// Writes the new total and that the order changed. An order that is worked on is no longer held.
fn touch(connection: &Connection, order: &FullOrder, total: Fen, now: Timestamp) -> Result<(), DraftError> {
    // Two changes never carry the same moment, so that a screen can tell that it is out of date.
    let changed_at = now.max(order.changed_at.plus(1));
    let sql = "UPDATE orders SET total = ?2, changed_at = ?3, held = 0 WHERE id = ?1";
    Ok(connection.execute_later(sql, (order.order.id.0, total.0, changed_at.0))?)
}

fn entry(scope: &Scope, order: &FullOrder, action: &'static str, detail: String, at: Timestamp) -> Entry {
    Entry {
        at,
        person: Some(scope.person),
        merchant: Some(scope.merchant),
        terminal: Some(scope.terminal),
        action,
        subject: order.number.clone(),
        detail,
        address: scope.address.clone(),
    }
}

#[cfg(test)]
mod tests;
