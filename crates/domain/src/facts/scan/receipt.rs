//! Numbers on a slip, with the zeros that a spreadsheet took from them.

use super::is_digits;
use crate::ids::TransactionId;

const REFERENCE_DIGITS: usize = 12;
/// Fewer digits are a voucher number or the end of an order number.
const REFERENCE_DIGITS_MIN: usize = 7;
const VOUCHER_DIGITS: usize = 6;

/// What the digits in an order search may be. Both empty: no number of a slip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    /// 7 to 12 digits: the reference number 参考号, with leading zeros added.
    pub reference: Option<TransactionId>,
    /// Up to 6 digits: the voucher number 凭证号, from 0 to 999999. It comes again after a million transactions, so a search
    /// needs days too.
    pub voucher: Option<u32>,
}

/// Reads digits, also as CSV files guard them from spreadsheets: `'35` and `="000035"`.
pub(super) fn readings(text: &str) -> Readings {
    let quoted = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let digits = quoted.unwrap_or_else(|| text.strip_prefix('\'').unwrap_or(text));
    if !is_digits(digits) {
        return Readings::default();
    }
    match digits.len() {
        ..=VOUCHER_DIGITS => Readings { voucher: digits.parse().ok(), reference: None },
        REFERENCE_DIGITS_MIN..=REFERENCE_DIGITS => Readings { voucher: None, reference: transaction(digits) },
        _ => Readings::default(),
    }
}

/// All twelve digits of a reference number.
pub(super) fn reference(text: &str) -> Option<TransactionId> {
    if text.len() == REFERENCE_DIGITS && is_digits(text) { transaction(text) } else { None }
}

fn transaction(digits: &str) -> Option<TransactionId> {
    digits.parse().ok().map(TransactionId).filter(|id| id.sequence() > 0)
}
