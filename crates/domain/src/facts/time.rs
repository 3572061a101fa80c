//! Moments and business dates. The domain never asks for the time; it arrives in the command.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::Offset;

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// Microseconds in an hour.
pub const HOUR: i64 = 3_600_000_000;

impl Timestamp {
    /// This moment plus `micros`; saturates at the ends of time.
    #[must_use]
    pub fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this moment; negative when `earlier` is later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The same moment on a clock in China (UTC+8, no daylight saving since 1991).
    pub fn in_china(self) -> jiff::civil::DateTime {
        let moment = jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        CHINA.to_datetime(moment)
    }

    /// The calendar day in China.
    pub fn business_date(self) -> BusinessDate {
        BusinessDate::from_date(self.in_china().date())
    }

    /// `2026-11-23 10:26:18`, in China.
    pub fn date_time_text(self) -> String {
        self.in_china().strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// `2026-11-23T02:26:18.000001Z` (RFC 3339), for machines.
    pub fn rfc3339_text(self) -> String {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
    }

    /// `10:26:18`, in China.
    pub fn time_text(self) -> String {
        self.in_china().strftime("%H:%M:%S").to_string()
    }
}

const CHINA: Offset = Offset::constant(8);

/// Business date (accounting date), `yyyymmdd`. Stored on each transaction, never derived when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDate(pub i32);

impl BusinessDate {
    /// The date as `yyyymmdd`.
    pub fn from_date(date: Date) -> Self {
        let (year, month, day) = (i32::from(date.year()), i32::from(date.month()), i32::from(date.day()));
        Self(year.saturating_mul(10_000).saturating_add(month.saturating_mul(100)).saturating_add(day))
    }

    /// Parses `2026-11-23`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<Date>().ok().map(Self::from_date)
    }

    /// The calendar date, if it is one.
    pub fn date(self) -> Option<Date> {
        let part = |n: i32| i8::try_from(n).ok();
        let year = i16::try_from(self.0.wrapping_div(10_000)).ok()?;
        Date::new(year, part(self.0.wrapping_div(100).wrapping_rem(100))?, part(self.0.wrapping_rem(100))?).ok()
    }

    /// The same day of a later month, or that month's last day; `None` beyond what dates can be.
    pub fn plus_months(self, months: i64) -> Option<Self> {
        let span = jiff::Span::new().try_months(months).ok()?;
        Some(Self::from_date(self.date()?.checked_add(span).ok()?))
    }

    /// The calendar month, `yyyymm`.
    pub fn month(self) -> i32 {
        self.0.wrapping_div(100)
    }

    /// The first moment of this day in China.
    pub fn start(self) -> Option<Timestamp> {
        let moment = CHINA.to_timestamp(self.date()?.at(0, 0, 0, 0)).ok()?;
        Some(Timestamp(moment.as_microsecond()))
    }
}

impl fmt::Display for BusinessDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) =
            (self.0.wrapping_div(10_000), self.0.wrapping_div(100).wrapping_rem(100), self.0.wrapping_rem(100));
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_later_is_the_same_day_or_the_last_of_its_month() {
        let later = |day, months| BusinessDate(day).plus_months(months).map(|day| day.0);
        assert_eq!(later(20_261_201, 36), Some(20_291_201));
        assert_eq!(later(20_270_131, 1), Some(20_270_228));
        assert_eq!([later(20_269_999, 1), later(20_261_201, i64::MAX)], [None; 2]);
    }

    #[test]
    fn the_day_turns_at_midnight_in_china() {
        let midnight = BusinessDate(20_261_124).start().expect("a date");
        assert_eq!(midnight.business_date(), BusinessDate(20_261_124));
        assert_eq!(midnight.plus(-1).business_date(), BusinessDate(20_261_123));
        assert_eq!(midnight.date_time_text(), "2026-11-24 00:00:00");
        assert_eq!(BusinessDate::parse("2026-11-24").map(|d| d.to_string()).as_deref(), Some("2026-11-24"));
    }
}
