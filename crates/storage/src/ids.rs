//! Ids that are drawn here and not by the money path.

use domain::ids::OrderId;
pub(crate) use domain::ids::time_ordered;
use domain::time::Timestamp;

use crate::StorageError;
use crate::sql::{self, Connection};

/// The last order's id, or 0.
pub(crate) fn last_order(connection: &Connection) -> sql::Result<i64> {
    connection.prepare_cached("SELECT COALESCE(MAX(id), 0) FROM orders")?.query_row([], |row| row.get(0))
}

/// The next order's id.
pub(crate) fn next_order(connection: &Connection, at: Timestamp) -> Result<OrderId, StorageError> {
    Ok(OrderId::next(at, random()?, last_order(connection)?))
}

/// The next product request's id.
pub(crate) fn next_product_request(connection: &Connection, at: Timestamp) -> Result<i64, StorageError> {
    let sql = "SELECT COALESCE(MAX(id), 0) FROM product_request";
    let last: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(time_ordered(at, random()?).max(last.saturating_add(1)))
}

fn random() -> Result<u32, StorageError> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| StorageError::NotWritten(format!("no random bytes: {error}")))?;
    Ok(u32::from_le_bytes(random))
}
