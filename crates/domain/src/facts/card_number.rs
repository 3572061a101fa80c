//! Card numbers: reading what a person types or a stripe reader sends, the check digit, the masked form.

use std::fmt;

use zeroize::Zeroize;

/// A full card number (PAN), 16 to 19 digits with a right check digit. No `Debug`, no `Display`, wiped when dropped:
/// pages, logs and rows get [`MaskedCard`].
#[derive(Clone, PartialEq, Eq, Zeroize)]
#[zeroize(drop)]
pub struct CardNumber(String);

/// First six and last four digits, the form that may be seen: `608625******0012`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedCard(pub String);

words! {
    /// How the number came in; the slip prints the word, a letter.
    pub enum EntryMode {
        /// Magnetic stripe.
        Swiped = "S",
        /// Typed by hand.
        Manual = "M",
    }
}

/// Why this is not a card number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardNumberError {
    /// Nothing was entered.
    #[error("no card number")]
    Empty,
    /// Not 16 to 19 digits.
    #[error("not 16 to 19 digits")]
    Format,
    /// The check digit does not fit: a digit is wrong.
    #[error("wrong check digit")]
    CheckDigit,
}

impl CardNumber {
    /// Reads a typed number (spaces and full-width digits allowed) or a raw magnetic-stripe track, of which only the
    /// number is kept.
    pub fn parse(text: &str) -> Result<(Self, EntryMode), CardNumberError> {
        let text = text.trim();
        let (mode, body) = match track_number(text) {
            Some(number) => (EntryMode::Swiped, number),
            None => (EntryMode::Manual, text),
        };
        let mut digits = String::with_capacity(20);
        for c in body.chars().map(crate::money::half_width).filter(|c| !matches!(c, ' ' | '-')) {
            if !c.is_ascii_digit() || digits.len() >= 20 {
                digits.zeroize();
                return Err(CardNumberError::Format);
            }
            digits.push(c);
        }
        match digits.len() {
            0 => Err(CardNumberError::Empty),
            16..=19 if check_digit_fits(&digits) => Ok((Self(digits), mode)),
            16..=19 => Err(CardNumberError::CheckDigit),
            _ => Err(CardNumberError::Format),
        }
    }

    /// The digits, for the keyed look-up value and for encryption. Never for a page or a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// First six and last four.
    pub fn masked(&self) -> MaskedCard {
        let hidden = self.0.len().saturating_sub(10);
        let (head, rest) = self.0.split_at_checked(6).unwrap_or(("", ""));
        let tail = rest.split_at_checked(hidden).map_or("", |(_, tail)| tail);
        MaskedCard(format!("{head}{}{tail}", "*".repeat(hidden)))
    }
}

impl MaskedCard {
    /// In groups of four, as pages and slips show it: `6086 25** **** 0012`.
    pub fn grouped(&self) -> String {
        let mut text = String::with_capacity(24);
        for (index, c) in self.0.chars().enumerate() {
            if index > 0 && index.is_multiple_of(4) {
                text.push(' ');
            }
            text.push(c);
        }
        text
    }

    /// The last four digits.
    pub fn last_four(&self) -> &str {
        self.0.len().checked_sub(4).and_then(|at| self.0.get(at..)).unwrap_or("")
    }
}

impl fmt::Display for MaskedCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.grouped())
    }
}

/// The number in a raw track: `;6086…=2912…?` (track 2) or `%B6086…^NAME^…?` (track 1).
fn track_number(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix(';') {
        return rest.split('=').next().map(|number| number.trim_end_matches('?'));
    }
    text.strip_prefix("%B").or_else(|| text.strip_prefix("%b")).and_then(|rest| rest.split('^').next())
}

/// ISO/IEC 7812-1 annex B (Luhn).
pub(crate) fn check_digit_fits(digits: &str) -> bool {
    check_sum(digits.bytes().rev().map(|b| u32::from(b.wrapping_sub(b'0')))).is_multiple_of(10)
}

fn check_sum(from_right: impl Iterator<Item = u32>) -> u32 {
    from_right.enumerate().fold(0, |sum, (index, digit)| {
        let value = if index.is_multiple_of(2) { digit } else { digit.saturating_mul(2) };
        sum.saturating_add(if value > 9 { value.saturating_sub(9) } else { value })
    })
}

/// The card number whose digits without the check digit are `body`.
pub fn with_check_digit(body: &str) -> Option<CardNumber> {
    let digits = body.bytes().rev().map(|b| u32::from(b.wrapping_sub(b'0')));
    let sum = check_sum(std::iter::once(0).chain(digits));
    let check = 10_u32.saturating_sub(sum.wrapping_rem(10)).wrapping_rem(10);
    CardNumber::parse(&format!("{body}{check}")).ok().map(|(number, _)| number)
}

/// A card number of `length` digits that begins with `prefix` and goes on with `random` digits, and its check digit. Bytes
/// above the last multiple of ten are passed over, so that no digit is likelier than another; `None` when too few are left.
pub fn drawn(prefix: &str, length: usize, random: &[u8]) -> Option<CardNumber> {
    let missing = length.checked_sub(prefix.len())?.checked_sub(1)?;
    let mut body = String::with_capacity(length);
    body.push_str(prefix);
    let digits =
        random.iter().filter(|byte| **byte < 250).map(|byte| char::from(b'0'.wrapping_add(byte.wrapping_rem(10))));
    body.extend(digits.take(missing));
    let number = if body.len() == length.saturating_sub(1) { with_check_digit(&body) } else { None };
    body.zeroize();
    number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<(String, &'static str), CardNumberError> {
        CardNumber::parse(text).map(|(number, mode)| (number.reveal().to_owned(), mode.word()))
    }

    #[test]
    fn every_demo_card_has_a_right_check_digit() {
        for number in [
            "6086250000010012",
            "6086250000020029",
            "6086250000030036",
            "6086250000040043",
            "6086250000050059",
            "6086250000060066",
            "6086250000070073",
            "6086250000080080",
            "6086250000090097",
        ] {
            assert_eq!(read(number), Ok((number.to_owned(), "M")));
        }
    }

    proptest! {
        #[test]
        fn a_drawn_number_is_one_and_has_its_prefix_and_length(random: [u8; 32], length in 16_usize..=19) {
            let number = drawn("60862500", length, &random).expect("enough bytes");
            prop_assert!(number.reveal().starts_with("60862500"));
            prop_assert_eq!(number.reveal().len(), length);
            prop_assert!(check_digit_fits(number.reveal()));
        }
    }

    #[test]
    fn a_number_takes_its_digits_from_the_random_bytes_without_bias() {
        let bytes: Vec<u8> = (0..=255).collect();
        for byte in &bytes {
            let number = drawn("60862500000000", 16, &[*byte]).map(|number| number.reveal()[14..15].to_owned());
            assert_eq!(number, (*byte < 250).then(|| (byte % 10).to_string()));
        }
        assert!(drawn("60862500", 16, &[1; 6]).is_none(), "too few");
        assert!(drawn("6086250000000000", 16, &[1; 6]).is_none(), "no room");
    }

    #[test]
    fn typed_and_swiped_numbers() {
        let number = "6086250000010012".to_owned();
        assert_eq!(read("6086 2500 0001 0012"), Ok((number.clone(), "M")));
        assert_eq!(read("６０８６250000010012"), Ok((number.clone(), "M")));
        assert_eq!(read(";6086250000010012=29121010000012300000?"), Ok((number.clone(), "S")));
        assert_eq!(read("%B6086250000010012^ZHANG/FANG^29121010000?"), Ok((number, "S")));
        assert_eq!(read(""), Err(CardNumberError::Empty));
        assert_eq!(read("6086250000010013"), Err(CardNumberError::CheckDigit));
        assert_eq!(read("60862500"), Err(CardNumberError::Format));
        assert_eq!(read("6086x50000010012"), Err(CardNumberError::Format));
    }

    #[test]
    fn masked_form() {
        let (number, _) = CardNumber::parse("6086250000010012").expect("a demo card");
        assert_eq!(number.masked().0, "608625******0012");
        assert_eq!(number.masked().to_string(), "6086 25** **** 0012");
        assert_eq!(number.masked().last_four(), "0012");
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC*") {
            let _ = CardNumber::parse(&text);
        }

        #[test]
        fn any_body_gets_a_check_digit(body in "[0-9]{15,18}") {
            prop_assert!(with_check_digit(&body).is_some());
        }
    }
}
