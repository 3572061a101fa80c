//! 登记申请: a till asks the card company for goods that the catalogue lacks.

use super::directory::{self, Wrong};
use super::scan::Scan;

words! {
    /// Where a request stands. All but the first are answers, and final.
    pub enum RequestStatus {
        /// The card company has not answered.
        Open = "open",
        /// The product is in the catalogue now.
        Added = "added",
        /// The catalogue has it under another code.
        Mapped = "mapped",
        /// It will not be there.
        Refused = "refused",
    }
}

/// Open requests of an outlet, at most: a store that lacks more needs its list of goods imported.
pub const OPEN_MAX: i64 = 100;

/// Longest name that a cashier types, in characters.
pub const NAME_MAX: usize = 60;

/// The code under which goods are asked for: of a GTIN its shortest form, which is the one on the pack, so that every
/// reading of a pack is one request. `None` for a text that no product can have.
pub fn code(scan: &Scan) -> Option<String> {
    match scan {
        Scan::Product(lookup) => {
            let printed = lookup.gtin.and_then(|gtin| gtin.forms().min_by_key(String::len));
            printed.or_else(|| lookup.code.clone())
        }
        Scan::Receipt(number) => Some(number.rrn()),
        _ => None,
    }
}

/// What a cashier calls the goods: 2 to 60 characters.
pub fn name(typed: &str) -> Result<String, Wrong> {
    let name = directory::name(typed, NAME_MAX)?;
    if name.chars().count() < 2 { Err(Wrong::Form) } else { Ok(name) }
}

#[cfg(test)]
mod tests {
    use super::super::scan::{self, InStore, Settings};
    use super::*;

    fn code_of(text: &str) -> Option<String> {
        code(&scan::read(text, &Settings { programmes: &[], in_store: InStore::OFF, year: 2026 }))
    }

    #[test]
    fn every_reading_of_a_pack_is_one_code() {
        for (texts, expected) in [
            (&["6901234567892", "06901234567892", "]E06901234567892", "]d20106901234567892"][..], "6901234567892"),
            (&["012345678905", "0012345678905"], "012345678905"),
            (&["96385074", "0000096385074"], "96385074"),
            (&["600999"], "600999"),
            (&["ABC-1"], "ABC-1"),
            (&["100000000001"], "100000000001"),
        ] {
            for text in texts {
                assert_eq!(code_of(text).as_deref(), Some(expected), "{text}");
            }
        }
        for text in ["", "\u{611f}\u{5192}\u{7075}", "two words", "6222021234567890128", &"9".repeat(40)] {
            assert_eq!(code_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_has_2_to_60_characters() {
        assert_eq!(name(" \u{611f}\u{5192} ").as_deref(), Ok("\u{611f}\u{5192}"));
        assert_eq!(name(&"\u{836f}".repeat(60)), Ok("\u{836f}".repeat(60)));
        for (typed, wrong) in [("", Wrong::Empty), (" x ", Wrong::Form)] {
            assert_eq!(name(typed), Err(wrong), "{typed}");
        }
        assert_eq!(name(&"\u{836f}".repeat(61)), Err(Wrong::TooLong(60)));
    }
}
