//! Amounts: whole fen (0.01 yuan) in an `i64`, checked arithmetic only, and their spellings.

use std::fmt::{self, Write as _};

/// An amount of money in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fen(pub i64);

/// The largest amount that a person may type, 99,999.99 yuan.
pub const TYPED_MAX: Fen = Fen(9_999_999);

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Sum, or `None` beyond `i64`.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference, or `None` beyond `i64`.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Product, or `None` beyond `i64`.
    pub fn times(self, count: i64) -> Option<Self> {
        self.0.checked_mul(count).map(Self)
    }

    /// What `grams` cost at this price of a kilogram: rounded half up to a fen, and at least one. `None` beyond `i64`, or
    /// when a price or weight is not positive.
    pub fn for_grams(self, grams: i64) -> Option<Self> {
        if !self.is_positive() || grams <= 0 {
            return None;
        }
        let milli = self.0.checked_mul(grams)?.checked_add(500)?;
        Some(Self(milli.div_euclid(1_000).max(1)))
    }

    /// Sum of many, or `None` beyond `i64`.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// Whether this is more than nothing.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Reads yuan as a person types them: `15`, `15.5`, `１５．５０`, `15。5`, with spaces around, or copies them from a
    /// screen: `1,234.50`. At most two decimals. A comma that groups no thousands is refused: it may be meant as a point.
    pub fn parse_yuan(text: &str) -> Result<Self, AmountError> {
        let plain: String = text.trim().chars().map(half_width).collect();
        let plain = plain.trim();
        if plain.is_empty() {
            return Err(AmountError::Empty);
        }
        let (whole, cents) = plain.split_once('.').unwrap_or((plain, ""));
        let whole = ungrouped(whole).ok_or(AmountError::NotANumber)?;
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && cents.is_empty()) || !digits(&whole) || !digits(cents) {
            return Err(AmountError::NotANumber);
        }
        if cents.len() > 2 {
            return Err(AmountError::TooManyDecimals);
        }
        let number = |part: &str| if part.is_empty() { Some(0) } else { part.parse::<i64>().ok() };
        let yuan = number(&whole).ok_or(AmountError::TooLarge)?;
        let fen = number(cents).ok_or(AmountError::TooLarge)?;
        let fen = if cents.len() == 1 { fen.saturating_mul(10) } else { fen };
        let total = yuan.checked_mul(100).and_then(|y| y.checked_add(fen)).ok_or(AmountError::TooLarge)?;
        Ok(Self(total))
    }

    /// Yuan with two decimals and no grouping, as fields, files and programs hold them: `-1234.50`.
    pub fn plain(self) -> String {
        let fen = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", fen.wrapping_div(100), fen.wrapping_rem(100))
    }

    /// The amount in Chinese capitals, as slips and bank forms carry it: `人民币柒拾叁元整`.
    ///
    /// Rules: `整` when there are no fen; a run of zeros inside is one `零` (财政部《会计基础工作规范》 article 52).
    pub fn in_words(self) -> String {
        crate::money::words::in_words(self)
    }
}

/// The whole yuan without the commas that group them by three; `None` when a comma stands elsewhere.
fn ungrouped(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let fits = rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3));
    fits.then(|| first.to_owned() + &rest.concat())
}

/// Digits and points of a Chinese keyboard in full width, as their ASCII forms.
pub fn half_width(c: char) -> char {
    match c {
        '\u{ff10}'..='\u{ff19}' => {
            let digit = u32::from(c).wrapping_sub(0xff10);
            char::from_digit(digit, 10).unwrap_or(c)
        }
        '\u{ff0c}' => ',',
        '\u{ff0e}' | '\u{3002}' => '.',
        '\u{ff0a}' | '\u{d7}' => '*',
        '\u{3000}' => ' ',
        other => other,
    }
}

/// Why a typed amount cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing was typed.
    #[error("no amount")]
    Empty,
    /// Something else than digits and one point.
    #[error("not a number")]
    NotANumber,
    /// Smaller parts than a fen.
    #[error("more than two decimals")]
    TooManyDecimals,
    /// Beyond any amount this program handles.
    #[error("too large")]
    TooLarge,
}

/// Yuan as people read them, on screens and slips: `-1,234.50`.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.plain();
        let whole = plain.len().saturating_sub(3);
        for (at, digit) in plain.char_indices() {
            // A comma stands before every third digit from the point, between two digits.
            let before = at.checked_sub(1).and_then(|last| plain.as_bytes().get(last));
            if at < whole && whole.saturating_sub(at).is_multiple_of(3) && before.is_some_and(u8::is_ascii_digit) {
                f.write_str(",")?;
            }
            f.write_char(digit)?;
        }
        Ok(())
    }
}

mod words;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yuan_as_people_type_them() {
        let read = |text: &str| Fen::parse_yuan(text).map(|fen| fen.0);
        assert_eq!(read(" 15.5 "), Ok(1550));
        assert_eq!(read("１５。５０"), Ok(1550));
        assert_eq!(read(".5"), Ok(50));
        assert_eq!(read("7."), Ok(700));
        assert_eq!(read("0"), Ok(0));
        assert_eq!(read(""), Err(AmountError::Empty));
        assert_eq!(read("."), Err(AmountError::NotANumber));
        assert_eq!(read("-1"), Err(AmountError::NotANumber));
        assert_eq!(read("1e3"), Err(AmountError::NotANumber));
        assert_eq!(read("1,000"), Ok(100_000));
        assert_eq!(read("12，345，678.90"), Ok(1_234_567_890));
        for comma in ["12,5", "1,00", "1000,000", ",000", "1,,000", "1,000,", "1.000,00"] {
            assert_eq!(read(comma), Err(AmountError::NotANumber), "{comma}");
        }
        assert_eq!(read("0.001"), Err(AmountError::TooManyDecimals));
        assert_eq!(read("1000000000000000000"), Err(AmountError::TooLarge));
        assert_eq!(read("99999999999999999999999"), Err(AmountError::TooLarge));
    }

    #[test]
    fn people_read_thousands() {
        let texts = [0, 99_999, 100_000, 123_456_789, -99_999, -100_000].map(|fen| Fen(fen).to_string());
        assert_eq!(texts, ["0.00", "999.99", "1,000.00", "1,234,567.89", "-999.99", "-1,000.00"]);
    }

    #[test]
    fn words_follow_the_accounting_rules() {
        let words = |fen: i64| Fen(fen).in_words();
        assert_eq!(words(7_300), "人民币柒拾叁元整");
        assert_eq!(words(0), "人民币零元整");
        assert_eq!(words(5), "人民币伍分");
        assert_eq!(words(50), "人民币伍角整");
        assert_eq!(words(1_001), "人民币壹拾元零壹分");
        assert_eq!(words(1_010), "人民币壹拾元壹角整");
        assert_eq!(words(140_950), "人民币壹仟肆佰零玖元伍角整");
        assert_eq!(words(600_714), "人民币陆仟零柒元壹角肆分");
        assert_eq!(words(10_700_053), "人民币壹拾万柒仟元零伍角叁分");
        assert_eq!(words(1_000_000_000), "人民币壹仟万元整");
        assert_eq!(words(10_000_000_001), "人民币壹亿元零壹分");
    }

    proptest! {
        #[test]
        fn spelling_and_reading_agree(fen in 0_i64..10_000_000_000) {
            prop_assert_eq!(Fen::parse_yuan(&Fen(fen).plain()), Ok(Fen(fen)));
            prop_assert_eq!(Fen::parse_yuan(&Fen(fen).to_string()), Ok(Fen(fen)));
            prop_assert_eq!(Fen(fen).to_string().replace(',', ""), Fen(fen).plain());
        }

        #[test]
        fn reading_never_panics(text in "\\PC*") {
            let _ = Fen::parse_yuan(&text);
        }

        #[test]
        fn words_never_panic(fen in any::<i64>()) {
            prop_assert!(Fen(fen).in_words().starts_with("人民币"));
        }
    }
}
