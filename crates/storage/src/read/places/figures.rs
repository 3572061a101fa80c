//! What one outlet sold, took back and is still to be settled.
//!
//! What must stay true: sales are found by the outlet's own terminals, so that a small outlet of a large merchant reads its
//! own rows. The shares of a merchant's outlets add up to what the merchant is owed.

use domain::batch::Tally;
use domain::ids::{MerchantId, OutletId};
use domain::ledger::Kind;
use domain::money::Fen;
use domain::settlement::{SettledTo, Turnover};
use domain::time::{BusinessDate, Timestamp};

use crate::books::settlement;
use crate::sql::{self, Connection, params};
use crate::{Storage, StorageError};

/// Figures of an outlet at one moment.
#[derive(Clone, Debug)]
pub struct Figures {
    /// How far its merchant is settled.
    pub settled: Option<SettledTo>,
    /// What moved since then at this outlet, by day and kind; a day that is not over is always in it.
    pub unsettled: Turnover,
    /// Sales on an earlier day up to a moment.
    pub before: Tally,
}

/// Approved sales of the outlet `?1` from transaction `?2` to `?3` that are dated after `?4` or numbered after `?5`, up to the
/// moment `?6`, by day.
const SALES: &str = "SELECT t.business_date, COUNT(*), SUM(t.amount) FROM terminal k CROSS JOIN ledger_transaction t
    WHERE k.outlet_id = ?1 AND t.terminal_id = k.id AND t.id BETWEEN ?2 AND ?3
        AND (t.business_date > ?4 OR t.id > ?5) AND t.at <= ?6 AND t.kind = 'sale' AND t.decline IS NULL
    GROUP BY t.business_date";

/// The first and the last transaction of a merchant on the first day after `?2` that has any.
const NEXT_DAY: &str = "SELECT MIN(t.id), MAX(t.id) FROM ledger_transaction t WHERE t.merchant_id = ?1
    AND t.business_date = (SELECT MIN(n.business_date) FROM ledger_transaction n
        WHERE n.merchant_id = ?1 AND n.business_date > ?2)";

/// The figures of a merchant's outlet, with its sales on the day of `before` up to then.
pub async fn figures(
    db: &Storage,
    merchant: MerchantId,
    outlet: OutletId,
    before: Timestamp,
) -> Result<Figures, StorageError> {
    db.read(move |connection| {
        let snapshot = connection.unchecked_transaction()?;
        let settled = settlement::settled(&snapshot, merchant)?;
        let after = settled.map_or((0, 0), |settled| (settled.until.0, settled.id.0));
        let (first, _) = next_day(&snapshot, merchant, after.0)?;
        // Of a day that is settled, what came late is numbered after the settlement.
        let from = first.map_or(after.1, |first| first.min(after.1.max(1)));
        let mut unsettled = sales(&snapshot, outlet, (from, i64::MAX), after, i64::MAX)?;
        settlement::put_back(&snapshot, merchant, Some(outlet), after, &mut unsettled)?;
        let day = before.business_date();
        let sold = match next_day(&snapshot, merchant, day.0.saturating_sub(1))? {
            (Some(first), Some(last)) => {
                sales(&snapshot, outlet, (first, last), (day.0.saturating_sub(1), i64::MAX), before.0)?
            }
            _ => Turnover::default(),
        };
        Ok(Figures { settled, unsettled, before: sold.on(day).of(Kind::Sale) })
    })
    .await
}

fn next_day(connection: &Connection, merchant: MerchantId, after: i32) -> sql::Result<(Option<i64>, Option<i64>)> {
    let mut statement = connection.prepare_cached(NEXT_DAY)?;
    statement.query_row(params![merchant.0, after], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn sales(
    connection: &Connection,
    outlet: OutletId,
    (first, last): (i64, i64),
    (day, id): (i32, i64),
    until: i64,
) -> sql::Result<Turnover> {
    let mut turnover = Turnover::default();
    let mut statement = connection.prepare_cached(SALES)?;
    let mut days = statement.query(params![outlet.0, first, last, day, id, until])?;
    while let Some(row) = days.next()? {
        let tally = Tally { count: row.get(1)?, sum: Fen(row.get(2)?) };
        turnover.put(BusinessDate(row.get(0)?), Kind::Sale, tally);
    }
    Ok(turnover)
}
