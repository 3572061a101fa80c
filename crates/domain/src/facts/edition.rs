//! Edition 版本: many products of one merchant that change at one moment. Its rows are put together first, usually from a
//! file, then it is released and goes live.
//!
//! What must stay true: an edition that changes much of what is sold, or moves a price far, is released by two persons.

use crate::time::{HOUR, Timestamp};

words! {
    /// Where an edition stands.
    pub enum EditionStatus {
        /// Its rows are being put together.
        Gathering = "gathering",
        /// All its rows are there; it waits to be released.
        Staged = "staged",
        /// It was released and is not live yet.
        Scheduled = "scheduled",
        /// Its products are sold as it says.
        Live = "live",
        /// It will never be live.
        Dropped = "dropped",
    }
}

/// So many products that are sold already one person changes at most: a wrong file that stops or reprices more would stop
/// the merchant's tills.
pub const ROWS_OF_ONE: i64 = 1_000;

/// How far ahead an edition can be released: a year. Whoever knows the prices of a later day releases them later.
pub const AHEAD_MAX: i64 = 366 * 24 * HOUR;

/// Whether an edition can be released for this moment; `None` is at once, and so is one that has passed.
pub fn can_be_for(effective_at: Option<Timestamp>, now: Timestamp) -> bool {
    effective_at.is_none_or(|then| then.since(now) <= AHEAD_MAX)
}

/// How many products an edition changes, by what becomes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// New ones.
    pub added: i64,
    /// Those that change and are sold on.
    pub changed: i64,
    /// Those that are sold no more.
    pub stopped: i64,
    /// Those that the edition added which this one takes back.
    pub removed: i64,
    /// Of them, those that take two persons each, by [`Prices::needs_two`](crate::product::Prices::needs_two).
    pub far: i64,
}

impl Counts {
    /// All of them.
    pub fn all(self) -> i64 {
        self.added.saturating_add(self.existing())
    }

    /// Whether it takes two persons. New products never count: no till sells them yet.
    pub fn needs_two(self) -> bool {
        self.existing() > ROWS_OF_ONE || self.far > 0
    }

    fn existing(self) -> i64 {
        self.changed.saturating_add(self.stopped).saturating_add(self.removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(added: i64, changed: i64, stopped: i64, removed: i64, far: i64) -> Counts {
        Counts { added, changed, stopped, removed, far }
    }

    #[test]
    fn much_that_is_sold_or_one_far_price_takes_two_persons() {
        for (one, all, two) in [
            (counts(0, 0, 0, 0, 0), 0, false),
            (counts(1_000_000, 0, 0, 0, 0), 1_000_000, false),
            (counts(0, 1_000, 0, 0, 0), 1_000, false),
            (counts(0, 1_001, 0, 0, 0), 1_001, true),
            (counts(0, 0, 1_001, 0, 0), 1_001, true),
            (counts(0, 0, 0, 1_001, 0), 1_001, true),
            (counts(9, 400, 300, 300, 0), 1_009, false),
            (counts(9, 400, 300, 301, 0), 1_010, true),
            (counts(0, 1, 0, 0, 1), 1, true),
            (counts(i64::MAX, i64::MAX, i64::MAX, i64::MAX, 0), i64::MAX, true),
        ] {
            assert_eq!((one.all(), one.needs_two()), (all, two), "{one:?}");
        }
    }

    #[test]
    fn an_edition_is_released_for_a_year_ahead_at_most() {
        let now = Timestamp(1_795_392_000_000_000);
        for (then, can) in [
            (None, true),
            (Some(Timestamp(0)), true),
            (Some(now), true),
            (Some(now.plus(AHEAD_MAX)), true),
            (Some(now.plus(AHEAD_MAX + 1)), false),
            (Some(Timestamp(i64::MAX)), false),
        ] {
            assert_eq!(can_be_for(then, now), can, "{then:?}");
        }
    }
}
