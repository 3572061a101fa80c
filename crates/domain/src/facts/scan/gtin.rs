//! Numbers of trade items: GTIN-8, GTIN-12 (UPC-A), GTIN-13 (EAN-13) and GTIN-14 are one number, written shorter or longer.

use std::fmt;

use super::is_digits;

/// A GTIN with a right check digit, in its normal form of 14 digits (GS1 General Specifications).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin(u64);

impl Gtin {
    /// Reads 8, 12, 13 or 14 digits with a right check digit.
    pub fn parse(text: &str) -> Option<Self> {
        let right = matches!(text.len(), 8 | 12 | 13 | 14) && is_digits(text) && check_digit_fits(text);
        text.parse().ok().filter(|&number| right && number > 0).map(Self)
    }

    /// Whether it names a case or another group of units: indicator 1 to 9 in the GTIN-14. It never equals the unit in it,
    /// whose other twelve digits it has.
    pub fn is_case(self) -> bool {
        self.0 >= 10_000_000_000_000
    }

    /// The texts that a catalogue may hold for it, the commonest first: 13, 14, 12 and 8 digits, as far as it fits.
    pub fn forms(self) -> impl Iterator<Item = String> {
        let fits = move |&digits: &u32| 10_u64.checked_pow(digits).is_some_and(|end| self.0 < end);
        [13, 14, 12, 8].into_iter().filter(fits).map(move |digits| {
            let width = usize::try_from(digits).unwrap_or(14);
            format!("{:0width$}", self.0)
        })
    }
}

/// The normal form, 14 digits.
impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014}", self.0)
    }
}

/// Modulo 10 with weights 3 and 1 (GS1 General Specifications, 7.9.1).
fn check_digit_fits(digits: &str) -> bool {
    let weighted = digits.bytes().rev().enumerate().map(|(index, digit)| {
        let value = u32::from(digit.wrapping_sub(b'0'));
        if index.is_multiple_of(2) { value } else { value.saturating_mul(3) }
    });
    weighted.fold(0_u32, u32::saturating_add).is_multiple_of(10)
}
