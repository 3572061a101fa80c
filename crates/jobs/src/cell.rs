//! One cell as a value of its column, or what is wrong with it.

use domain::directory::{self, Wrong};
use domain::money::{AmountError, Fen, TYPED_MAX, half_width};
use domain::order::QUANTITY_MAX;
use domain::product::is_code;
use domain::scan::{Gtin, normal_form};

use crate::words;

domain::words! {
    /// What is wrong with a cell.
    pub enum Fault {
        /// It is empty.
        Required = "required",
        /// It has more characters than fit; the hint is how many do.
        Length = "length",
        /// It is no code: letters, digits and hyphens.
        Code = "code",
        /// It is no barcode: the last digit does not go with the others, or there are signs that none has.
        Check = "check",
        /// It is no amount; the hint is the one that may be meant.
        Money = "money",
        /// The price does not lie between the lowest and the highest, or one of these is missing.
        Band = "band",
        /// It is none of the words that the column knows.
        Word = "word",
        /// Another line or product has it; the hint says which.
        Taken = "dup",
        /// A spreadsheet program made 6.9E+12 of it.
        Scientific = "sci",
        /// A spreadsheet program made a date of it.
        Date = "date",
        /// A spreadsheet program could not compute it.
        Error = "error",
        /// A spreadsheet program took zeros off its beginning; the hint is what it was.
        Zeros = "zero",
        /// There is no such product.
        Unknown = "unknown",
        /// 699999 has no price, barcode or approval number.
        Other = "other",
        /// It is no whole number from 1 to 999.
        Number = "number",
        /// The list above says this of the product; the hint is what.
        Above = "above",
        /// The card company decides what cards pay for at this merchant.
        Company = "company",
        /// No column has this heading. It is left out of account.
        Heading = "heading",
        /// The column only tells. It is left out of account.
        Told = "told",
        /// It is not written as it should be.
        Form = "form",
        /// The number is out of its range; the hint is the range.
        Range = "range",
        /// What it is about is closed or has left.
        State = "state",
        /// Whoever sent the file may not do that.
        Right = "right",
        /// There are more terminals than that; the hint is how many.
        Fewer = "fewer",
        /// Somebody has this phone: the hint is the name and login name.
        Same = "same",
    }
}

/// A fault with what its advice names.
pub(crate) type Wrongly<T> = Result<T, (Fault, String)>;

fn fault<T>(fault: Fault) -> Wrongly<T> {
    Err((fault, String::new()))
}

/// A text of at most `max` characters; with `needed` not an empty one.
pub(crate) fn text(cell: &str, max: usize, needed: bool) -> Wrongly<String> {
    match directory::text(cell, max) {
        Ok(text) if text.is_empty() && needed => fault(Fault::Required),
        Ok(text) => Ok(text),
        Err(Wrong::TooLong(max)) => Err((Fault::Length, max.to_string())),
        Err(_) => fault(Fault::Word),
    }
}

/// A product's code.
pub(crate) fn code(cell: &str) -> Wrongly<String> {
    let code = normal_form(cell).to_string();
    match () {
        () if code.is_empty() => fault(Fault::Required),
        () if is_code(&code) => Ok(code),
        () => fault(Fault::Code),
    }
}

/// Digits that a GTIN may have.
const GTIN_LENGTHS: [usize; 4] = [8, 12, 13, 14];

/// A barcode, or none.
pub(crate) fn barcode(cell: &str) -> Wrongly<String> {
    let barcode: String = normal_form(cell).chars().filter(|c| *c != ' ').collect();
    if barcode.len() > 32 {
        return Err((Fault::Length, "32".to_owned()));
    }
    if !barcode.bytes().all(|byte| byte.is_ascii_graphic()) {
        return fault(Fault::Check);
    }
    if !barcode.bytes().all(|byte| byte.is_ascii_digit()) || barcode.len() < 8 {
        return Ok(barcode);
    }
    let padded = |length: usize| format!("{barcode:0>length$}");
    if GTIN_LENGTHS.contains(&barcode.len()) {
        return if Gtin::parse(&barcode).is_some() { Ok(barcode) } else { fault(Fault::Check) };
    }
    match GTIN_LENGTHS
        .into_iter()
        .filter(|length| *length > barcode.len())
        .map(padded)
        .find(|text| Gtin::parse(text).is_some())
    {
        Some(meant) => Err((Fault::Zeros, meant)),
        None if barcode.len() < 14 => fault(Fault::Check),
        None => Ok(barcode),
    }
}

/// The most pieces on one order, or none for any number.
pub(crate) fn limit(cell: &str) -> Wrongly<Option<i64>> {
    let typed = normal_form(cell);
    if typed.is_empty() {
        return Ok(None);
    }
    match typed.parse() {
        Ok(most @ 1..=QUANTITY_MAX) => Ok(Some(most)),
        _ => fault(Fault::Number),
    }
}

/// A price of a product in fen, or none. Signs of money, blanks and commas that group by three are left out, and zeros behind
/// the fen.
pub(crate) fn price(cell: &str) -> Wrongly<Option<i64>> {
    let typed: String = cell.chars().map(half_width).filter(|c| !c.is_whitespace()).collect();
    let bare = typed.trim_matches(words::YUAN);
    if bare.is_empty() {
        return Ok(None);
    }
    let cut = match bare.split_once('.') {
        Some((whole, cents)) if cents.len() > 2 => {
            let cents = cents.trim_end_matches('0');
            format!("{whole}.{cents:0<2}")
        }
        _ => bare.to_owned(),
    };
    match Fen::parse_yuan(&cut) {
        Ok(price) if price.is_positive() && price <= TYPED_MAX => Ok(Some(price.0)),
        Ok(_) | Err(AmountError::TooLarge | AmountError::Empty) => fault(Fault::Money),
        Err(AmountError::TooManyDecimals | AmountError::NotANumber) => Err((Fault::Money, meant(&cut))),
    }
}

/// The amount that may be meant: a comma in the place of the point.
fn meant(typed: &str) -> String {
    let Some((whole, cents)) = typed.split_once(',') else { return String::new() };
    let amount = if cents.len() <= 2 { Fen::parse_yuan(&format!("{whole}.{cents}")).ok() } else { None };
    amount.filter(|amount| amount.is_positive()).map_or_else(String::new, Fen::plain)
}

/// A class of drugs, `RX`, `OTC-A`, `OTC-B` or `NONE`.
pub(crate) fn class(cell: &str) -> Wrongly<String> {
    let signs = [' ', '-', '_', '(', ')'];
    let plain: String = normal_form(cell).to_uppercase().chars().filter(|c| !signs.contains(c)).collect();
    match words::class(&plain) {
        _ if plain.is_empty() => fault(Fault::Required),
        Some(class) => Ok(class.to_owned()),
        None => fault(Fault::Word),
    }
}

/// Yes or no; `None` for an empty cell.
pub(crate) fn yes(cell: &str) -> Wrongly<Option<bool>> {
    let plain: String = normal_form(cell).to_lowercase().chars().filter(|c| *c != ' ').collect();
    match words::yes(&plain) {
        _ if plain.is_empty() => Ok(None),
        Some(it_is) => Ok(Some(it_is)),
        None => fault(Fault::Word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_as_people_and_programs_write_them() {
        for (cell, expected) in [
            ("", Ok(None)),
            ("15.5", Ok(Some(1_550))),
            ("15.50", Ok(Some(1_550))),
            ("15.5000", Ok(Some(1_550))),
            ("１５．５０", Ok(Some(1_550))),
            ("￥1,234.50", Ok(Some(123_450))),
            ("¥ 12", Ok(Some(1_200))),
            ("12 元", Ok(Some(1_200))),
            ("99999.99", Ok(Some(9_999_999))),
            ("100000", Err((Fault::Money, ""))),
            ("0", Err((Fault::Money, ""))),
            ("0.00", Err((Fault::Money, ""))),
            ("-1", Err((Fault::Money, ""))),
            ("12,5", Err((Fault::Money, "12.50"))),
            ("12,50", Err((Fault::Money, "12.50"))),
            ("15.505", Err((Fault::Money, ""))),
            ("1.2.3", Err((Fault::Money, ""))),
            ("1,23", Err((Fault::Money, "1.23"))),
            ("面议", Err((Fault::Money, ""))),
            ("1e3", Err((Fault::Money, ""))),
        ] {
            assert_eq!(price(cell), expected.map_err(|(fault, hint)| (fault, hint.to_owned())), "{cell}");
        }
    }

    #[test]
    fn barcodes_are_checked() {
        for (cell, expected) in [
            ("", Ok("")),
            ("6901234567892", Ok("6901234567892")),
            ("６９０１２３４５６７８９２", Ok("6901234567892")),
            ("690123456789 2", Ok("6901234567892")),
            ("6901234567893", Err((Fault::Check, ""))),
            ("36000291452", Err((Fault::Zeros, "036000291452"))),
            ("1001", Ok("1001")),
            ("ABC-123", Ok("ABC-123")),
            ("条码", Err((Fault::Check, ""))),
            ("12345678901234567890123456789012", Ok("12345678901234567890123456789012")),
            ("123456789012345678901234567890123", Err((Fault::Length, "32"))),
        ] {
            let expected = expected.map(str::to_owned).map_err(|(fault, hint): (_, &str)| (fault, hint.to_owned()));
            assert_eq!(barcode(cell), expected, "{cell}");
        }
    }

    #[test]
    fn words_are_read_in_both_languages() {
        for (cell, class_of) in [
            ("RX", "RX"),
            ("处方药", "RX"),
            ("otc-a", "OTC-A"),
            ("甲类非处方药", "OTC-A"),
            ("非处方药（乙类）", "OTC-B"),
            ("ＮＯＮＥ", "NONE"),
            ("非药品", "NONE"),
        ] {
            assert_eq!(class(cell).as_deref(), Ok(class_of), "{cell}");
        }
        assert_eq!(class("OTC"), fault(Fault::Word));
        for (cell, it_is) in
            [("是", Some(true)), ("1", Some(true)), ("停售", Some(false)), ("ＮＯ", Some(false)), ("", None)]
        {
            assert_eq!(yes(cell), Ok(it_is), "{cell}");
        }
        assert_eq!(yes("也许"), fault(Fault::Word));
    }
}
