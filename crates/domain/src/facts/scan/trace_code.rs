//! The 20 digits on each box of a drug (药品追溯码, formerly 电子监管码).

use super::is_digits;

const DIGITS: usize = 20;
const PRODUCT_DIGITS: usize = 7;

/// The code of one box: 20 digits that begin with 8. The platform 码上放心 says so of its interfaces ("non-8 beginnings and
/// lengths other than 20 digits are filtered out", `alibaba.alihealth.drug.code.kyt.querycode` and its relatives). Codes
/// of other platforms are GS1 texts or cannot be told from a barcode.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceCode(String);

impl TraceCode {
    /// Reads 20 digits that begin with 8.
    pub fn parse(text: &str) -> Option<Self> {
        let right = text.len() == DIGITS && text.starts_with('8') && is_digits(text);
        right.then(|| Self(text.to_owned()))
    }

    /// The 20 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven digits, the same on every box of a product and pack size.
    pub fn product(&self) -> &str {
        self.0.get(..PRODUCT_DIGITS).unwrap_or("")
    }
}
