//! Load and save of settlements. What a merchant is owed has no row of its own: it is added up from the ledger, by
//! index, from where the last settlement ended.

use std::collections::BTreeSet;

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::batch::Tally;
use domain::changes::Changes;
use domain::ids::{MERCHANTS, MerchantId, OutletId, PersonId, TransactionId};
use domain::ledger::Kind;
use domain::money::Fen;
use domain::settlement::{Payable, SettledTo, Settlement, SettlementStatus, Turnover};
use domain::state::State;
use domain::time::{BusinessDate, Timestamp};

use super::rows;

/// Loads what the commands of a group settle.
pub(crate) fn load(
    connection: &Connection,
    state: &mut State,
    payables: &BTreeSet<MerchantId>,
    settlements: &BTreeSet<TransactionId>,
) -> sql::Result<()> {
    for merchant in payables {
        state.payables.loaded(*merchant, payable(connection, *merchant)?);
    }
    for id in settlements {
        state.settlements.loaded(*id, find(connection, *id)?);
    }
    Ok(())
}

/// What a merchant is owed and how far it is settled.
pub(crate) fn payable(connection: &Connection, merchant: MerchantId) -> sql::Result<Option<Payable>> {
    let sql = "SELECT fee_bp FROM merchant WHERE id = ?1";
    let fee = connection.prepare_cached(sql)?.query_row([merchant.0], |row| row.get(0)).optional()?;
    let Some(fee_bp) = fee.filter(|_| MERCHANTS.contains(&merchant.0)) else { return Ok(None) };
    let settled = settled(connection, merchant)?;
    let sql = "SELECT id FROM settlement WHERE merchant_id = ?1 AND status = 'prepared'";
    let open =
        connection.prepare_cached(sql)?.query_row([merchant.0], |row| row.get(0).map(TransactionId)).optional()?;
    let unsettled = unsettled(connection, merchant, settled)?;
    Ok(Some(Payable { fee_bp, settled, open, unsettled }))
}

/// How far a merchant is settled.
pub(crate) fn settled(connection: &Connection, merchant: MerchantId) -> sql::Result<Option<SettledTo>> {
    let sql = "SELECT number, until_date, id FROM settlement
        WHERE merchant_id = ?1 AND number IS NOT NULL ORDER BY number DESC LIMIT 1";
    connection.prepare_cached(sql)?.query_row([merchant.0], |row| settled_to(row, 0)).optional()
}

/// Sales of a merchant that are not settled, by day. A business day is not what an index is sorted by alone, so the
/// days are found first, one step of the index each; of a day that is settled only what came late is read. CROSS JOIN
/// keeps SQLite to that order.
pub(crate) const SALES: &str = "WITH RECURSIVE day (d) AS (
        SELECT MIN(business_date) FROM ledger_transaction WHERE merchant_id = ?1
        UNION ALL SELECT (SELECT MIN(n.business_date) FROM ledger_transaction n
            WHERE n.merchant_id = ?1 AND n.business_date > day.d) FROM day WHERE day.d IS NOT NULL)
    SELECT day.d, COUNT(*), SUM(t.amount) FROM day CROSS JOIN ledger_transaction t
    WHERE t.merchant_id = ?1 AND t.business_date = day.d
        AND t.id > CASE WHEN day.d <= ?2 THEN CAST(?3 AS BIGINT) ELSE 0 END
        AND t.kind = 'sale' AND t.decline IS NULL GROUP BY day.d";

/// The same for everything that was returned from a merchant by any person, except payouts; of the outlet `?4`, if there is
/// one. What the card company gives back is of the outlet that sold it.
pub(crate) const BACK: &str = "WITH RECURSIVE day (d) AS (
        SELECT MIN(business_date) FROM ledger_transfer WHERE debit = ?1 AND debit BETWEEN 1000 AND 999999
        UNION ALL SELECT (SELECT MIN(n.business_date) FROM ledger_transfer n
            WHERE n.debit = ?1 AND n.debit BETWEEN 1000 AND 999999 AND n.business_date > day.d)
            FROM day WHERE day.d IS NOT NULL)
    SELECT day.d, t.kind, COUNT(*), SUM(b.amount) FROM day CROSS JOIN ledger_transfer b
        CROSS JOIN ledger_transaction t
    WHERE b.debit = ?1 AND b.debit BETWEEN 1000 AND 999999 AND b.business_date = day.d
        AND b.transaction_id > CASE WHEN day.d <= ?2 THEN CAST(?3 AS BIGINT) ELSE 0 END
        AND t.id = b.transaction_id AND t.kind <> 'settlement'
        AND (?4 IS NULL OR t.outlet_id = ?4 OR t.merchant_id = 0
            AND EXISTS (SELECT 1 FROM orders o WHERE o.id = t.order_id AND o.outlet_id = ?4))
    GROUP BY day.d, t.kind";

fn unsettled(connection: &Connection, merchant: MerchantId, settled: Option<SettledTo>) -> sql::Result<Turnover> {
    // What is numbered as the settlement itself is no sale and nothing that went back.
    let (until, last) = settled.map_or((0, 0), |settled| (settled.until.0, settled.id.0));
    let mut turnover = Turnover::default();
    let mut statement = connection.prepare_cached(SALES)?;
    let mut days = statement.query(params![merchant.0, until, last])?;
    while let Some(row) = days.next()? {
        let tally = Tally { count: row.get(1)?, sum: Fen(row.get(2)?) };
        turnover.put(BusinessDate(row.get(0)?), Kind::Sale, tally);
    }
    put_back(connection, merchant, None, (until, last), &mut turnover)?;
    Ok(turnover)
}

/// Adds what went back and is not settled: after a day, or in it and after a transaction.
pub(crate) fn put_back(
    connection: &Connection,
    merchant: MerchantId,
    outlet: Option<OutletId>,
    (until, last): (i32, i64),
    turnover: &mut Turnover,
) -> sql::Result<()> {
    let mut statement = connection.prepare_cached(BACK)?;
    let mut days = statement.query(params![merchant.0, until, last, outlet.map(|id| id.0)])?;
    while let Some(row) = days.next()? {
        let tally = Tally { count: row.get(2)?, sum: Fen(row.get(3)?) };
        turnover.put(BusinessDate(row.get(0)?), rows::word(&row, 1, Kind::from_word)?, tally);
    }
    Ok(())
}

/// Number, day and id, from column `first` on.
pub(crate) fn settled_to(row: &Row<'_>, first: usize) -> sql::Result<SettledTo> {
    let until = BusinessDate(row.get(first + 1)?);
    Ok(SettledTo { number: row.get(first)?, until, id: TransactionId(row.get(first + 2)?) })
}

pub(crate) const COLUMNS: &str = "s.id, s.merchant_id, s.status, s.number, s.until_date, s.before_number, \
     s.before_date, s.before_id, s.net, s.fee_bp, s.fee, s.payout, s.maker_id, s.prepared_at, \
     s.checker_id, s.decided_at, s.opinion, s.decided_by";

/// A settlement without its days, from [`COLUMNS`].
pub(crate) fn settlement(row: &Row<'_>) -> sql::Result<Settlement> {
    let before: [Option<i64>; 3] = [row.get(5)?, row.get(6)?, row.get(7)?];
    let before = if before == [None; 3] { None } else { Some(settled_to(row, 5)?) };
    let found = Settlement {
        id: TransactionId(row.get(0)?),
        merchant: MerchantId(row.get(1)?),
        status: rows::word(row, 2, SettlementStatus::from_word)?,
        until: BusinessDate(row.get(4)?),
        before,
        turnover: Turnover::default(),
        net: Fen(row.get(8)?),
        fee_bp: row.get(9)?,
        fee: Fen(row.get(10)?),
        payout: Fen(row.get(11)?),
        maker: PersonId(row.get(12)?),
        prepared_at: Timestamp(row.get(13)?),
        checker: row.get::<_, Option<i64>>(14)?.map(PersonId),
        decided_at: row.get::<_, Option<i64>>(15)?.map(Timestamp),
        opinion: row.get(16)?,
        decided_by: row.get::<_, Option<i64>>(17)?.map(TransactionId),
    };
    let number = (found.status == SettlementStatus::Confirmed).then(|| found.number());
    if row.get::<_, Option<i64>>(3)? != number {
        return Err(sql::Error::unreadable(3, "not the number that follows the one before"));
    }
    Ok(found)
}

/// A settlement with its days.
pub(crate) fn find(connection: &Connection, id: TransactionId) -> sql::Result<Option<Settlement>> {
    let sql = format!("SELECT {COLUMNS} FROM settlement s WHERE s.id = ?1");
    let Some(mut found) = connection.prepare_cached(&sql)?.query_row([id.0], settlement).optional()? else {
        return Ok(None);
    };
    found.turnover = turnover(connection, id)?;
    Ok(Some(found))
}

/// What a settlement takes, by day and kind.
pub(crate) fn turnover(connection: &Connection, id: TransactionId) -> sql::Result<Turnover> {
    let sql = "SELECT business_date, kind, count, sum FROM settlement_day WHERE settlement_id = ?1";
    let mut turnover = Turnover::default();
    let mut statement = connection.prepare_cached(sql)?;
    let mut days = statement.query([id.0])?;
    while let Some(row) = days.next()? {
        let tally = Tally { count: row.get(2)?, sum: Fen(row.get(3)?) };
        turnover.put(BusinessDate(row.get(0)?), rows::word(&row, 1, Kind::from_word)?, tally);
    }
    Ok(turnover)
}

/// Writes settlements as they are afterwards: a new one with its days, or a decision.
pub(crate) fn save(connection: &Connection, changes: &Changes) -> sql::Result<()> {
    for one in changes.settlements.values() {
        let (checker, decided_at) = (one.checker.map(|id| id.0), one.decided_at.map(|at| at.0));
        let decided_by = one.decided_by.map(|id| id.0);
        let number = (one.status == SettlementStatus::Confirmed).then(|| one.number());
        let sql = "UPDATE settlement SET status = ?2, number = ?3, checker_id = ?4, decided_at = ?5, opinion = ?6,
            decided_by = ?7 WHERE id = ?1";
        let change = params![one.id.0, one.status.word(), number, checker, decided_at, one.opinion, decided_by];
        if connection.prepare_cached(sql)?.execute(change)? == 0 {
            insert(connection, one)?;
        }
    }
    Ok(())
}

fn insert(connection: &Connection, one: &Settlement) -> sql::Result<()> {
    let sql = "INSERT INTO settlement (id, merchant_id, status, number, until_date, before_number, before_date,
            before_id, net, fee_bp, fee, payout, maker_id, prepared_at, checker_id, decided_at, opinion, decided_by)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
    connection.prepare_cached(sql)?.execute(params![
        one.id.0,
        one.merchant.0,
        one.status.word(),
        (one.status == SettlementStatus::Confirmed).then(|| one.number()),
        one.until.0,
        one.before.map(|before| before.number),
        one.before.map(|before| before.until.0),
        one.before.map(|before| before.id.0),
        one.net.0,
        one.fee_bp,
        one.fee.0,
        one.payout.0,
        one.maker.0,
        one.prepared_at.0,
        one.checker.map(|id| id.0),
        one.decided_at.map(|at| at.0),
        one.opinion,
        one.decided_by.map(|id| id.0),
    ])?;
    let sql = "INSERT INTO settlement_day (settlement_id, business_date, kind, count, sum) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = connection.prepare_cached(sql)?;
    for (day, kind, tally) in one.turnover.rows() {
        insert.execute(params![one.id.0, day.0, kind.word(), tally.count, tally.sum.0])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Storage;

    /// Both sums step through days and read a day from where the last settlement ended; neither walks the ledger.
    #[tokio::test]
    async fn what_is_owed_is_found_by_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Storage::open(&folder.path().join("webpos.db")).expect("opens");
        let own = "SEARCH t USING INDEX ledger_transaction_day (merchant_id=? AND business_date=? AND id>?)";
        let back = "SEARCH b USING INDEX ledger_transfer_back (debit=? AND business_date=? AND transaction_id>?)";
        let days = "SEARCH n USING COVERING INDEX";
        for (text, count, range) in [(SALES, 3, own), (BACK, 4, back)] {
            let plan = db.read(move |connection| {
                let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}"))?;
                let plan = statement.query_map(&params![1, 2, 3, 4][..count], |row| row.get::<_, String>(3))?;
                Ok(plan.collect::<sql::Result<Vec<_>>>()?)
            });
            let plan = plan.await.expect("reads");
            assert!(plan.iter().any(|step| step == range), "{plan:#?}");
            assert!(plan.iter().any(|step| step.starts_with(days)), "{plan:#?}");
            let walks = plan.iter().filter(|step| step.starts_with("SCAN") && *step != "SCAN day");
            assert_eq!(walks.count(), 0, "{plan:#?}");
        }
    }
}
