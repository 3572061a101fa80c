//! One order with everything that happened to it.

use std::collections::BTreeMap;

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::ids::{OrderId, OutletId, PersonId};
use domain::ledger::Transaction;
use domain::money::Fen;
use domain::refund::Refund;
use domain::time::Timestamp;

use super::Listed;
use super::query::{listed, one_sql};
use crate::Storage;
use crate::StorageError;
use crate::books::{after_sale, rows};

/// Entries of the audit log shown of one order, at most.
const MARKS_MAX: i64 = 500;

/// A line, also one that was taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoldLine {
    /// Its number in the order.
    pub line: i64,
    /// Product code.
    pub code: String,
    /// Name, as it was sold.
    pub name: String,
    /// Pack and strength.
    pub spec: String,
    /// The catalogue's price.
    pub list_price: Option<Fen>,
    /// The price of one piece.
    pub price: Fen,
    /// Pieces.
    pub quantity: i64,
    /// Price times quantity.
    pub amount: Fen,
    /// Pieces given back.
    pub returned: i64,
    /// The manager who confirmed a price outside the band.
    pub confirmed_by: Option<PersonId>,
    /// When and by whom it was added.
    pub added: (Timestamp, PersonId),
    /// When and by whom it was taken off.
    pub voided: Option<(Timestamp, PersonId)>,
}

/// What the audit log knows of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// The slip was printed the first time.
    Printed,
    /// The slip was printed again.
    Reprinted,
    /// The customer wanted no slip.
    NotPrinted,
    /// A line that was taken off came back.
    Restored,
    /// The order was given up.
    Abandoned,
}

impl MarkKind {
    fn from_action(action: &str) -> Option<Self> {
        Some(match action {
            "slip_printed" => Self::Printed,
            "slip_reprinted" => Self::Reprinted,
            "slip_skipped" => Self::NotPrinted,
            "line_restored" => Self::Restored,
            "order_abandoned" => Self::Abandoned,
            _ => return None,
        })
    }
}

/// An entry of the audit log about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub person: Option<PersonId>,
    /// What.
    pub kind: MarkKind,
}

/// An order with everything that happened to it.
#[derive(Clone, Debug)]
pub struct Detail {
    /// What a list shows of it.
    pub order: Listed,
    /// Its lines, the voided ones too.
    pub lines: Vec<SoldLine>,
    /// Its transactions, oldest first.
    pub transactions: Vec<Transaction>,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
    /// From the audit log, oldest first.
    pub marks: Vec<Mark>,
    /// Names of all these people.
    pub names: BTreeMap<PersonId, String>,
}

/// An order of this outlet.
pub async fn detail(db: &Storage, outlet: OutletId, id: OrderId) -> Result<Option<Detail>, StorageError> {
    db.read(move |connection| {
        let snapshot = connection.unchecked_transaction()?;
        let mut statement = snapshot.prepare_cached(&one_sql())?;
        let mut found = statement.query([id.0, outlet.0])?;
        let Some(row) = found.next()? else { return Ok(None) };
        let order = listed(&row)?;
        let mut transactions: Vec<Transaction> = snapshot
            .prepare_cached(rows::TRANSACTIONS_BY_ORDER)?
            .query_map([id.0], rows::transaction)?
            .collect::<sql::Result<_>>()?;
        transactions.reverse();
        let refunds = after_sale::refunds_of(&snapshot, id)?;
        let mut detail = Detail {
            lines: lines(&snapshot, id)?,
            marks: marks(&snapshot, outlet, &order.number)?,
            order,
            transactions,
            refunds,
            names: BTreeMap::new(),
        };
        for person in people(&detail) {
            detail.names.insert(person, name(&snapshot, person)?);
        }
        Ok(Some(detail))
    })
    .await
}

/// The name of a person.
fn name(connection: &Connection, person: PersonId) -> sql::Result<String> {
    let sql = "SELECT name FROM person WHERE id = ?1";
    let found = connection.query_row(sql, [person.0], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or_else(|| person.to_string()))
}

fn lines(connection: &Connection, order: OrderId) -> sql::Result<Vec<SoldLine>> {
    let sql = "SELECT l.line, l.code, l.name, l.spec, l.list_price, l.price, l.quantity, l.amount, l.confirmed_by,
            l.added_at, l.added_by, l.voided_at, l.voided_by,
            (SELECT COALESCE(SUM(b.quantity), 0) FROM refund r JOIN refund_line b ON b.refund_id = r.id
             WHERE r.order_id = l.order_id AND r.status = 'approved' AND b.line = l.line)
        FROM order_line l WHERE l.order_id = ?1 ORDER BY l.line";
    connection.prepare_cached(sql)?.query_map([order.0], line)?.collect()
}

fn line(row: &Row<'_>) -> sql::Result<SoldLine> {
    let person = |column| row.get::<_, Option<i64>>(column).map(|id| id.map(PersonId));
    let voided_at = row.get::<_, Option<i64>>(11)?.map(Timestamp);
    Ok(SoldLine {
        line: row.get(0)?,
        code: row.get(1)?,
        name: row.get(2)?,
        spec: row.get(3)?,
        list_price: row.get::<_, Option<i64>>(4)?.map(Fen),
        price: Fen(row.get(5)?),
        quantity: row.get(6)?,
        amount: Fen(row.get(7)?),
        confirmed_by: person(8)?,
        added: (Timestamp(row.get(9)?), PersonId(row.get(10)?)),
        voided: voided_at.zip(person(12)?),
        returned: row.get(13)?,
    })
}

pub(super) const MARKS: &str = "SELECT at, person_id, action FROM audit WHERE subject = ?1 \
     AND terminal_id IN (SELECT id FROM terminal WHERE outlet_id = ?2) \
     AND action IN ('slip_printed', 'slip_reprinted', 'slip_skipped', 'line_restored', 'order_abandoned') \
     ORDER BY id LIMIT ?3";

fn marks(connection: &Connection, outlet: OutletId, number: &str) -> sql::Result<Vec<Mark>> {
    let mut statement = connection.prepare_cached(MARKS)?;
    let read = |row: &Row<'_>| {
        let person = row.get::<_, Option<i64>>(1)?.map(PersonId);
        Ok(Mark { at: Timestamp(row.get(0)?), person, kind: rows::word(row, 2, MarkKind::from_action)? })
    };
    statement.query_map(params![number, outlet.0, MARKS_MAX], read)?.collect()
}

/// Everybody who had to do with the order.
fn people(detail: &Detail) -> Vec<PersonId> {
    let mut people = vec![detail.order.opened_by];
    for line in &detail.lines {
        people.push(line.added.1);
        people.extend(line.confirmed_by);
        people.extend(line.voided.map(|(_, person)| person));
    }
    for one in &detail.transactions {
        people.push(one.actor.person);
        people.extend(one.checker);
    }
    for refund in &detail.refunds {
        people.push(refund.applicant);
        people.extend(refund.reviewer);
    }
    people.extend(detail.marks.iter().filter_map(|mark| mark.person));
    people.sort_unstable();
    people.dedup();
    people
}
