//! Numbers as texts.

use jiff::Span;
use jiff::civil::date;

use crate::{Cell, Damage};

/// From here on a number has more digits than Excel keeps: the last ones are zeros that nobody typed.
const DIGITS_END: f64 = 1e15;

/// Calculated amounts are off by this much at most. Much more would round 50000.004 to 50000, which somebody typed.
const NOISE: f64 = 1e-12;

/// The last day that Excel knows, in 9999.
const DAYS_END: f64 = 2_958_466.0;

/// A cell with a number. Excel shows it in the cell's format; this is the number itself, never with an exponent.
pub(super) fn cell(value: f64) -> Cell {
    if value.abs() >= DIGITS_END {
        return Cell { text: format!("{value:.0}"), damage: Some(Damage::Scientific) };
    }
    // The text of zero has no sign.
    let text = match plain(value).to_string() {
        zero if zero == "-0" => "0".to_owned(),
        text => text,
    };
    Cell { text, damage: None }
}

/// The number without what calculating added to it: 16.499999999999996 is 16.5, as Excel shows it.
fn plain(value: f64) -> f64 {
    let cents = (value * 100.0).round() / 100.0;
    if (value - cents).abs() <= NOISE * value.abs() {
        return cents;
    }
    // Excel shows 15 digits.
    format!("{value:.14e}").parse().unwrap_or(value)
}

/// A cell with a number of days.
pub(super) fn date_cell(days: f64, is_1904: bool) -> Cell {
    let text = moment(days, is_1904).unwrap_or_else(|| cell(days).text);
    Cell { text, damage: Some(Damage::Date) }
}

/// A number of days as a date, a time, or both.
fn moment(days: f64, is_1904: bool) -> Option<String> {
    if !(0.0..DAYS_END).contains(&days) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked, and a fraction of a second is nothing")]
    let seconds = (days * 86_400.0).round() as i64;
    // Excel believes that there was a 29 February in 1900, so that days before it are off by one.
    let first = match (is_1904, days < 60.0) {
        (true, _) => date(1904, 1, 1),
        (false, true) => date(1899, 12, 31),
        (false, false) => date(1899, 12, 30),
    };
    let moment = first.at(0, 0, 0, 0).checked_add(Span::new().try_seconds(seconds).ok()?).ok()?;
    let text = match (days < 1.0, seconds % 86_400 == 0) {
        (true, _) => moment.time().to_string(),
        (false, true) => moment.date().to_string(),
        (false, false) => moment.to_string(),
    };
    Some(text)
}

/// Whether a format shows a number as a date or time: it has a letter for a year, month, day, hour, minute or second,
/// which is not in quotes or behind a backslash. In brackets are colours and conditions, but `[h]` are hours.
pub(super) fn is_date_format(format: &str) -> bool {
    let is_part = |c: char| "ymdhsYMDHS".contains(c);
    // What follows a semicolon is the format of other numbers.
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ';' => return false,
            '\\' | '_' | '*' => drop(letters.next()),
            '"' => drop(letters.by_ref().find(|c| *c == '"')),
            '[' => {
                let inside: String = letters.by_ref().take_while(|c| *c != ']').collect();
                if !inside.is_empty() && inside.chars().all(|c| "hmsHMS".contains(c)) {
                    return true;
                }
            }
            _ if is_part(letter) => return true,
            _ => (),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_somebody_typed() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-0.000_1, "-0.0001"),
            (35.0, "35"),
            (-35.0, "-35"),
            (16.5, "16.5"),
            (16.499_999_999_999_996, "16.5"),
            (0.1 + 0.2, "0.3"),
            (4.999_999_999_999_999, "5"),
            (1.005, "1.005"),
            (50_000.004, "50000.004"),
            (12_345_678.123, "12345678.123"),
            (1e-7, "0.0000001"),
            (1.0 / 3.0, "0.333333333333333"),
            (6_901_234_567_890.0, "6901234567890"),
            (999_999_999_999_999.0, "999999999999999"),
        ] {
            assert_eq!(cell(value), Cell { text: text.to_owned(), damage: None });
        }
        let long = cell(1e15);
        assert_eq!((long.text.as_str(), long.damage), ("1000000000000000", Some(Damage::Scientific)));
        assert_eq!(cell(-1.5e16).text, "-15000000000000000");
        assert!(cell(f64::MAX).text.len() > 300);
    }

    #[test]
    fn days_are_dates() {
        for (days, is_1904, text) in [
            (1.0, false, "1900-01-01"),
            (59.0, false, "1900-02-28"),
            (61.0, false, "1900-03-01"),
            (46_357.0, false, "2026-12-01"),
            (46_357.437_5, false, "2026-12-01T10:30:00"),
            (44_895.0, true, "2026-12-01"),
            (0.437_5, false, "10:30:00"),
            (2_958_465.0, false, "9999-12-31"),
            (2_958_466.0, false, "2958466"),
            (-1.0, false, "-1"),
        ] {
            assert_eq!(date_cell(days, is_1904), Cell { text: text.to_owned(), damage: Some(Damage::Date) });
        }
    }

    #[test]
    fn formats_with_dates_are_told_from_others() {
        for format in
            ["yyyy/m/d", "m\"\u{6708}\"d\"\u{65e5}\"", "[$-804]aaaa d", "h:mm AM/PM", "[h]", "[ss].0", "\\-yy"]
        {
            assert!(is_date_format(format), "{format}");
        }
        for format in
            ["General", "@", "0.00_ ", "0\"mg\"", "\\m0", "[Red]0", "0.00E+00", "#,##0;[Red]dd", "", "[", "\"d"]
        {
            assert!(!is_date_format(format), "{format}");
        }
    }
}
