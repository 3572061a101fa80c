//! Ids that ascend with time, so that inserts stay on the last pages of a table.

use crate::sql::Connection;
use domain::time::Timestamp;

use crate::StorageError;

/// Low bits that tell ids of the same millisecond apart.
const RANDOM_BITS: u32 = 20;

/// An id of 63 bits: the millisecond, then random bits, so that two copies of the program do not meet.
pub(crate) fn time_ordered(at: Timestamp, random: u32) -> i64 {
    let low = i64::from(random) & ((1 << RANDOM_BITS) - 1);
    ((at.0 / 1_000) << RANDOM_BITS) | low
}

/// The next order's id: of this moment, and above every id before it, also when the clock stood still.
pub(crate) fn next_order(connection: &Connection, at: Timestamp) -> Result<i64, StorageError> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| StorageError::NotWritten(format!("no random bytes: {error}")))?;
    let last: i64 =
        connection.prepare_cached("SELECT COALESCE(MAX(id), 0) FROM orders")?.query_row([], |row| row.get(0))?;
    Ok(time_ordered(at, u32::from_le_bytes(random)).max(last.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_is_larger_and_fits() {
        let at = Timestamp(1_795_000_000_000_000);
        assert!(time_ordered(at, u32::MAX) < time_ordered(at.plus(1_000), 0));
        // Year 2200 still fits.
        assert!(time_ordered(Timestamp(7_258_118_400_000_000), u32::MAX) > 0);
    }
}
