//! Serial number of a card: its batch and its place in it, as people handle cards that are not in a holder's hands. It says
//! nothing about the card number.

use std::fmt;

use crate::money::half_width;

/// Batch and place in it, each 1 to [`PLACE_MAX`]: `000123-004518`. Serials of one batch follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(i64);

/// Most batches, and most places that a batch can have: six digits each.
pub const PLACE_MAX: i64 = 999_999;

/// What a batch's number is multiplied with in the stored number.
const BATCH: i64 = 1_000_000;

impl Serial {
    /// The card at `place` of `batch`.
    pub fn new(batch: i64, place: i64) -> Option<Self> {
        let fit = (1..=PLACE_MAX).contains(&batch) && (1..=PLACE_MAX).contains(&place);
        fit.then(|| Self(batch.saturating_mul(BATCH).saturating_add(place)))
    }

    /// The stored number: batch times 1,000,000 plus place.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The serial of a stored number.
    pub fn of_number(number: i64) -> Option<Self> {
        Self::new(number.checked_div_euclid(BATCH)?, number.checked_rem_euclid(BATCH)?)
    }

    /// Number of its batch.
    pub fn batch(self) -> i64 {
        self.0.div_euclid(BATCH)
    }

    /// Its place in the batch.
    pub fn place(self) -> i64 {
        self.0.rem_euclid(BATCH)
    }

    /// Reads what a person types: twelve digits, with or without the hyphen, full-width digits and spaces allowed.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().map(half_width).filter(|c| !matches!(c, ' ' | '-')).collect();
        if plain.len() != 12 || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Self::of_number(plain.parse().ok()?)
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}-{:06}", self.batch(), self.place())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_read_as_it_is_written() {
        for (batch, place) in [(1, 1), (123, 4_518), (999_999, 999_999)] {
            let serial = Serial::new(batch, place).expect("in range");
            assert_eq!((serial.batch(), serial.place()), (batch, place));
            assert_eq!(Serial::parse(&serial.to_string()), Some(serial));
            assert_eq!(Serial::of_number(serial.number()), Some(serial));
        }
        let serial = Serial::new(123, 4_518);
        for typed in [
            "000123-004518",
            "000123004518",
            " 000123 004518 ",
            "\u{ff10}00123\u{ff0d}004518".replace('\u{ff0d}', "-").as_str(),
        ] {
            assert_eq!(Serial::parse(typed), serial, "{typed}");
        }
        for bad in ["", "123-4518", "000123-000000", "000000-004518", "0001230045180", "00012a-004518", "-00123004518x"]
        {
            assert_eq!(Serial::parse(bad), None, "{bad}");
        }
        assert_eq!([Serial::new(0, 1), Serial::new(1, 0), Serial::new(1_000_000, 1), Serial::of_number(-1)], [None; 4]);
    }
}
