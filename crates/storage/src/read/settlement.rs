//! Settlements as pages and programs read them. What becomes of a settlement is written by the money
//! path alone.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::ids::{MerchantId, TransactionId};
use domain::ledger::Transaction;
use domain::settlement::{Payable, SettledTo, Settlement, SettlementStatus};
use domain::time::BusinessDate;

use crate::books::rows::{self, transaction_columns};
use crate::books::settlement as books;
use crate::{Storage, StorageError};

/// Merchants that a list shows at most.
pub const MERCHANTS_MAX: usize = 500;

/// A settlement with the names that people look at.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The settlement; its turnover is read by [`find`] only.
    pub settlement: Settlement,
    /// The merchant's name.
    pub merchant: String,
    /// The merchant's number.
    pub mid: String,
    /// Who prepared it.
    pub maker: String,
    /// Who decided.
    pub checker: Option<String>,
}

/// Which settlements to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Of every merchant.
    All,
    /// Those that wait for a decision.
    Open,
    /// The confirmed ones of a merchant.
    Of(MerchantId),
}

/// Columns of a statement, in one place; `s` is the settlement.
const NAMES: &str = "m.name, m.mid, a.name, v.name";
const TABLES: &str = "settlement s JOIN merchant m ON m.id = s.merchant_id JOIN person a ON a.id = s.maker_id \
     LEFT JOIN person v ON v.id = s.checker_id";

/// The same of those that wait: at most one of a merchant, which the index has and nothing else.
const OPEN: &str = "settlement s INDEXED BY settlement_open JOIN merchant m ON m.id = s.merchant_id \
     JOIN person a ON a.id = s.maker_id LEFT JOIN person v ON v.id = s.checker_id";

fn statement(row: &Row<'_>) -> sql::Result<Statement> {
    Ok(Statement {
        settlement: books::settlement(row)?,
        merchant: row.get(18)?,
        mid: row.get(19)?,
        maker: row.get(20)?,
        checker: row.get(21)?,
    })
}

/// The texts of the lists: all of them, the open ones, a merchant's.
fn list_sql(filter: Filter) -> String {
    let columns = books::COLUMNS;
    match filter {
        Filter::All => {
            format!(
                "SELECT {columns}, {NAMES} FROM {TABLES} WHERE s.id < ?2 AND s.merchant_id <> ?1
                ORDER BY s.id DESC LIMIT ?3"
            )
        }
        Filter::Open => format!(
            "SELECT {columns}, {NAMES} FROM {OPEN} WHERE s.status = 'prepared' AND s.id < ?2 AND s.merchant_id <> ?1
            ORDER BY s.id DESC LIMIT ?3"
        ),
        Filter::Of(_) => format!(
            "SELECT {columns}, {NAMES} FROM {TABLES} WHERE s.merchant_id = ?1 AND s.number IS NOT NULL AND s.id < ?2
            ORDER BY s.number DESC LIMIT ?3"
        ),
    }
}

/// Settlements below `before`, the latest first, without their turnover.
pub async fn list(
    db: &Storage,
    filter: Filter,
    before: Option<TransactionId>,
    limit: u32,
) -> Result<Vec<Statement>, StorageError> {
    db.read(move |connection| {
        // No merchant has the number 0.
        let merchant = if let Filter::Of(merchant) = filter { merchant.0 } else { 0 };
        let mut all = connection.prepare_cached(&list_sql(filter))?;
        let before = before.map_or(i64::MAX, |id| id.0);
        let found = all.query_map(params![merchant, before, limit], statement)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// A merchant's confirmed settlements above `after`, oldest first, with their turnover.
pub async fn list_of(
    db: &Storage,
    merchant: MerchantId,
    after: Option<TransactionId>,
    limit: u32,
) -> Result<Vec<Settlement>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "SELECT {} FROM settlement s WHERE s.merchant_id = ?1 AND s.number IS NOT NULL AND s.id > ?2
            ORDER BY s.number LIMIT ?3",
            books::COLUMNS
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let after = after.map_or(0, |id| id.0);
        let found = statement.query_map(params![merchant.0, after, limit], books::settlement)?;
        let mut found: Vec<Settlement> = found.collect::<sql::Result<_>>()?;
        for one in &mut found {
            one.turnover = books::turnover(connection, one.id)?;
        }
        Ok(found)
    })
    .await
}

/// One settlement; a merchant finds the own confirmed ones only.
pub async fn find(db: &Storage, id: TransactionId, of: Option<MerchantId>) -> Result<Option<Statement>, StorageError> {
    db.read(move |connection| {
        let sql = format!("SELECT {}, {NAMES} FROM {TABLES} WHERE s.id = ?1", books::COLUMNS);
        let found = connection.prepare_cached(&sql)?.query_row([id.0], statement).optional()?;
        let own = |one: &Statement| {
            let settlement = &one.settlement;
            of.is_none_or(|merchant| {
                settlement.merchant == merchant && settlement.status == SettlementStatus::Confirmed
            })
        };
        let Some(mut found) = found.filter(own) else { return Ok(None) };
        found.settlement.turnover = books::turnover(connection, id)?;
        Ok(Some(found))
    })
    .await
}

/// Approved sales of a merchant's day, by number.
const SALES_OF_DAY: &str = concat!(
    "SELECT ",
    transaction_columns!(),
    " FROM ledger_transaction WHERE merchant_id = ?1 AND business_date = ?2 AND id > ?3 AND id < ?4
    AND kind = 'sale' AND decline IS NULL ORDER BY id LIMIT ?5"
);

/// What went back from a merchant on a day, by number.
const BACK_OF_DAY: &str = concat!(
    "SELECT ",
    transaction_columns!(),
    " FROM ledger_transaction WHERE kind <> 'settlement' AND id IN (SELECT b.transaction_id FROM ledger_transfer b
    WHERE b.debit = ?1 AND b.debit BETWEEN 1000 AND 999999 AND b.business_date = ?2 AND b.transaction_id > ?3
    AND b.transaction_id < ?4) ORDER BY id LIMIT ?5"
);

/// The transactions that a settlement takes, by day and number, after one of them; at most `limit`.
pub async fn transactions(
    db: &Storage,
    settlement: Settlement,
    after: Option<(BusinessDate, TransactionId)>,
    limit: usize,
) -> Result<Vec<Transaction>, StorageError> {
    db.read(move |connection| {
        let mut found = Vec::new();
        for day in settlement.turnover.days() {
            let shown = match after {
                Some((on, _)) if day < on => continue,
                Some((on, id)) if day == on => id.0,
                _ => 0,
            };
            // Of a day that was settled before, only what came late.
            let settled = settlement.before.filter(|before| day <= before.until).map_or(0, |before| before.id.0);
            let of_day = of_day(connection, &settlement, day, shown.max(settled), limit - found.len())?;
            found.extend(of_day);
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    })
    .await
}

fn of_day(
    connection: &Connection,
    settlement: &Settlement,
    day: BusinessDate,
    after: i64,
    limit: usize,
) -> sql::Result<Vec<Transaction>> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found: Vec<Transaction> = Vec::new();
    for sql in [SALES_OF_DAY, BACK_OF_DAY] {
        let mut statement = connection.prepare_cached(sql)?;
        let range = params![settlement.merchant.0, day.0, after, settlement.id.0, most];
        for one in statement.query_map(range, rows::transaction)? {
            found.push(one?);
        }
    }
    found.sort_by_key(|one| one.id);
    found.truncate(limit);
    Ok(found)
}

/// What a merchant is owed at this moment.
pub async fn payable(db: &Storage, merchant: MerchantId) -> Result<Option<Payable>, StorageError> {
    db.read(move |connection| Ok(books::payable(connection, merchant)?)).await
}

/// A merchant as its settlements see it.
#[derive(Clone, Debug)]
pub struct Merchant {
    /// Its id.
    pub id: MerchantId,
    /// Its number.
    pub mid: String,
    /// Its name.
    pub name: String,
    /// The agreed fee in basis points.
    pub fee_bp: Option<i64>,
    /// The last day that is settled.
    pub settled: Option<SettledTo>,
    /// The settlement that waits for a decision.
    pub open: Option<TransactionId>,
}

/// Every merchant by number, at most [`MERCHANTS_MAX`].
pub async fn merchants(db: &Storage) -> Result<Vec<Merchant>, StorageError> {
    db.read(|connection| {
        let sql = "SELECT m.id, m.mid, m.name, m.fee_bp, s.number, s.until_date, s.id,
                (SELECT o.id FROM settlement o WHERE o.merchant_id = m.id AND o.status = 'prepared')
            FROM merchant m LEFT JOIN settlement s ON s.merchant_id = m.id AND s.number =
                (SELECT MAX(n.number) FROM settlement n WHERE n.merchant_id = m.id AND n.number IS NOT NULL)
            ORDER BY m.mid LIMIT ?1";
        let read = |row: &Row<'_>| {
            let number: Option<i64> = row.get(4)?;
            Ok(Merchant {
                id: MerchantId(row.get(0)?),
                mid: row.get(1)?,
                name: row.get(2)?,
                fee_bp: row.get(3)?,
                settled: number.map(|_| books::settled_to(row, 4)).transpose()?,
                open: row.get::<_, Option<i64>>(7)?.map(TransactionId),
            })
        };
        let most = i64::try_from(MERCHANTS_MAX).unwrap_or(i64::MAX);
        let found = connection.prepare_cached(sql)?.query_map([most], read)?.collect::<sql::Result<_>>()?;
        Ok(found)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No list and no page of a settlement walks through other merchants' rows or sorts.
    #[tokio::test]
    async fn lists_are_found_by_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Storage::open(&folder.path().join("webpos.db")).expect("opens");
        let texts = [
            (list_sql(Filter::All), 3, "SEARCH s USING INTEGER PRIMARY KEY (rowid<?)"),
            (list_sql(Filter::Open), 3, "SCAN s USING INDEX settlement_open"),
            (
                list_sql(Filter::Of(MerchantId(1))),
                3,
                "SEARCH s USING INDEX settlement_number (merchant_id=? AND number>?)",
            ),
            (
                SALES_OF_DAY.to_owned(),
                5,
                "ledger_transaction_day (merchant_id=? AND business_date=? AND id>? AND id<?)",
            ),
            (BACK_OF_DAY.to_owned(), 5, "ledger_transfer_back (debit=? AND business_date=? AND transaction_id>?"),
        ];
        for (text, count, path) in texts {
            let plan = db.read(move |connection| {
                let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}"))?;
                let values = vec![1_i64; count];
                let values: Vec<&dyn crate::sql::ToSql> = values.iter().map(|one| one as _).collect();
                let plan = statement.query_map(values.as_slice(), |row| row.get::<_, String>(3))?;
                Ok(plan.collect::<sql::Result<Vec<_>>>()?)
            });
            let plan = plan.await.expect("reads");
            assert!(plan.iter().any(|step| step.contains(path)), "{plan:#?}");
            let walks = plan.iter().filter(|step| step.starts_with("SCAN") && !step.contains("settlement_open"));
            assert_eq!(walks.count(), 0, "{plan:#?}");
        }
    }
}
