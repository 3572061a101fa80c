//! Disputes, read: for the card company, for the merchant's manager, for the merchant's own system.
//!
//! What must stay true: a caller sees nothing beyond its [`Reach`]; nothing is written here, only by the books.

use domain::dispute::{Dispute, DisputeStatus};
use domain::ids::TransactionId;
use domain::ledger::Transaction;
use domain::money::Fen;
use domain::time::Timestamp;

use crate::books::after_sale::{self, DISPUTE_COLUMNS};
use crate::books::rows;
use crate::merchant::Reach;
use crate::sql::{self, Connection, OptionalExtension as _, PendingRows, Row, params};
use crate::{Storage, StorageError};

/// A dispute with what people call things.
#[derive(Clone, Debug)]
pub struct Case {
    /// The dispute.
    pub dispute: Dispute,
    /// The order's number.
    pub number: String,
    /// The sale that is disputed.
    pub sale: Transaction,
    /// The merchant's name.
    pub merchant: String,
    /// The outlet's name.
    pub outlet: String,
    /// Names of who opened, answered and decided; empty where nobody did, or an API key.
    pub people: [String; 3],
}

const NAMES: &str =
    "o.number, m.name, u.name, COALESCE(a.name, ''), COALESCE(b.name, ''), COALESCE(c.name, ''), o.paid_by";
const TABLES: &str = "dispute d JOIN orders o ON o.id = d.order_id JOIN merchant m ON m.id = d.merchant_id \
     JOIN outlet u ON u.id = d.outlet_id LEFT JOIN person a ON a.id = d.opener_id \
     LEFT JOIN person b ON b.id = d.answerer_id LEFT JOIN person c ON c.id = d.decider_id";

/// The texts of the lists: the open ones of all merchants, all of them, a merchant's.
fn list_sql(of_merchant: bool, open: bool) -> String {
    let which = match (of_merchant, open) {
        (false, true) => "d.status IN ('opened', 'answered') AND ?1 = 0",
        (false, false) => "?1 = 0",
        (true, true) => "d.merchant_id = ?1 AND d.status IN ('opened', 'answered')",
        (true, false) => "d.merchant_id = ?1",
    };
    // Picked from the dispute's own table first, joined with what belongs to the few that were picked.
    format!(
        "SELECT {DISPUTE_COLUMNS}, {NAMES} FROM (SELECT d.id FROM dispute d WHERE {which} AND d.id < ?2
            AND (?3 IS NULL OR d.outlet_id = ?3) ORDER BY d.id DESC LIMIT ?4) AS picked
        CROSS JOIN {TABLES} WHERE d.id = picked.id ORDER BY d.id DESC"
    )
}

/// Disputes below `before`, the latest first; only those that nobody has decided, if `open`.
pub async fn list(
    db: &Storage,
    reach: Option<Reach>,
    open: bool,
    before: Option<TransactionId>,
    limit: u32,
) -> Result<Vec<Case>, StorageError> {
    db.read(move |connection| {
        let (merchant, outlet) = (reach.map_or(0, |reach| reach.merchant.0), reach.and_then(Reach::outlet));
        let before = before.map_or(i64::MAX, |id| id.0);
        let mut all = connection.prepare_cached(&list_sql(reach.is_some(), open))?;
        let found = all.query_map(params![merchant, before, outlet, limit], |row| case(connection, row))?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Asks who opened the disputes that wait for a merchant's answer, and how many; without a reach, of those that wait for
/// the card company's decision.
pub(crate) fn query_waiting(
    connection: &Connection,
    reach: Option<Reach>,
    now: Timestamp,
) -> sql::Result<PendingRows<'_>> {
    let sql = "SELECT opener_id, COUNT(*) FROM dispute WHERE status IN ('opened', 'answered')
            AND (merchant_id = ?1 OR ?1 IS NULL) AND (outlet_id = ?2 OR ?2 IS NULL)
            AND (status = 'opened' AND answer_until >= ?3) = (?1 IS NOT NULL) GROUP BY opener_id";
    let whose = params![reach.map(|reach| reach.merchant.0), reach.and_then(Reach::outlet), now.0];
    connection.query_later(sql, whose)
}

/// One dispute within reach; the card company reaches all.
pub async fn find(db: &Storage, reach: Option<Reach>, id: TransactionId) -> Result<Option<Case>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {DISPUTE_COLUMNS}, {NAMES} FROM {TABLES} WHERE d.id = ?1 AND (?2 IS NULL OR d.merchant_id = ?2)
            AND (?3 IS NULL OR d.outlet_id = ?3)"
        );
        let whose = params![id.0, reach.map(|reach| reach.merchant.0), reach.and_then(Reach::outlet)];
        Ok(connection.prepare_cached(&sql)?.query_row(whose, |row| case(connection, row)).optional()?)
    })
    .await
}

/// A merchant's disputes above `after`, oldest first, each with the sale that paid its order.
pub async fn list_of(
    db: &Storage,
    reach: Reach,
    status: Option<DisputeStatus>,
    after: Option<TransactionId>,
    limit: u32,
) -> Result<Vec<(Dispute, TransactionId)>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {DISPUTE_COLUMNS}, o.paid_by FROM dispute d JOIN orders o ON o.id = d.order_id
            WHERE d.merchant_id = ?1 AND d.id > ?2 AND (?3 IS NULL OR d.outlet_id = ?3) AND (?4 IS NULL OR d.status = ?4)
            ORDER BY d.id LIMIT ?5"
        );
        let after = after.map_or(0, |id| id.0);
        let which = params![reach.merchant.0, after, reach.outlet(), status.map(DisputeStatus::word), limit];
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement
            .query_map(which, |row| Ok((after_sale::dispute(row)?, TransactionId(row.get(18)?))))?
            .collect::<sql::Result<_>>()?;
        Ok(found)
    })
    .await
}

fn case(connection: &Connection, row: &Row<'_>) -> sql::Result<Case> {
    let sale: i64 = row.get(24)?;
    Ok(Case {
        dispute: after_sale::dispute(row)?,
        number: row.get(18)?,
        merchant: row.get(19)?,
        outlet: row.get(20)?,
        people: [row.get(21)?, row.get(22)?, row.get(23)?],
        sale: connection.prepare_cached(rows::TRANSACTION_BY_ID)?.query_row([sale], rows::transaction)?,
    })
}

/// A sale that a holder may contest, with what is left of it.
#[derive(Clone, Debug)]
pub struct Disputable {
    /// The sale.
    pub sale: Transaction,
    /// The order's number.
    pub number: String,
    /// The merchant's name.
    pub merchant: String,
    /// The outlet's name.
    pub outlet: String,
    /// What was not paid back and is not asked for: the most that a dispute can be about.
    pub left: Fen,
    /// A dispute of the order that nobody has decided.
    pub open: Option<TransactionId>,
}

/// The approved sale with this number, as its slip has it.
pub async fn disputable(db: &Storage, sale: TransactionId) -> Result<Option<Disputable>, StorageError> {
    db.read(move |connection| {
        let found = connection.prepare_cached(rows::TRANSACTION_BY_ID)?.query_row([sale.0], rows::transaction);
        let found = found.optional()?.filter(|one| one.approved() && one.kind == domain::ledger::Kind::Sale);
        let Some((order, sale)) = found.and_then(|sale| Some((sale.order?, sale))) else { return Ok(None) };
        let sql = "SELECT o.number, m.name, u.name, o.status FROM orders o JOIN merchant m ON m.id = o.merchant_id
            JOIN outlet u ON u.id = o.outlet_id WHERE o.id = ?1";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?));
        let (number, merchant, outlet, status) = connection.prepare_cached(sql)?.query_row([order.0], read)?;
        let refunds = after_sale::refunds_of(connection, order)?;
        let disputes = after_sale::disputes_of(connection, order)?;
        let sold = domain::sold::Sold {
            card: domain::card::CardKey([0; 16]),
            payee: domain::card::CardKey([0; 16]),
            programme: domain::ids::ProgrammeId(0),
            window: 0,
            sale,
            refunds,
            disputes,
        };
        let left = if status == "voided" { Fen::ZERO } else { sold.left() };
        let open = sold.open_dispute().map(|dispute| dispute.id);
        Ok(Some(Disputable { number, merchant, outlet, left, open, sale: sold.sale }))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No list walks through other merchants' disputes or sorts.
    #[tokio::test]
    async fn lists_are_found_by_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Storage::open(&folder.path().join("webpos.db")).expect("opens");
        for (of_merchant, open, path) in [
            (false, false, "SEARCH d USING INTEGER PRIMARY KEY (rowid<?)"),
            (true, false, "SEARCH d USING INDEX dispute_merchant (merchant_id=? AND id<?)"),
        ] {
            let text = list_sql(of_merchant, open);
            let plan = db.read(move |connection| {
                let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}"))?;
                let plan = statement.query_map(params![1, 2, 3, 4], |row| row.get::<_, String>(3))?;
                Ok(plan.collect::<sql::Result<Vec<_>>>()?)
            });
            let plan = plan.await.expect("reads");
            assert!(plan.iter().any(|step| step.contains(path)), "{plan:#?}");
        }
    }
}
