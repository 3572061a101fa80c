//! What the text of a cell tells.

use crate::{Cell, Damage, write};

/// White space that is not part of a cell's text: also the full-width blank, and the byte order mark that programs put
/// before a first cell.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// A cell of a text file. Undoes what [`write::text_cell`] did, and `="000035"`, with which other programs keep the
/// zeros.
pub(crate) fn from_file(raw: &str) -> Cell {
    let text = trim(raw);
    let plain = |text: &str| Cell { text: trim(text).to_owned(), damage: None };
    match (constant(text).or_else(|| write::unquoted(text)), raw.starts_with('\t')) {
        (Some(inner), _) => plain(inner),
        (None, true) => plain(text),
        (None, false) => Cell { text: text.to_owned(), damage: damage(text) },
    }
}

/// The text of a formula that is nothing but a text.
fn constant(text: &str) -> Option<&str> {
    text.strip_prefix("=\"")?.strip_suffix('"').filter(|inner| !inner.contains('"'))
}

/// What a spreadsheet program wrote in place of what was in the cell. Excel writes what it shows, so a number in a
/// column that is too narrow becomes `####`.
fn damage(text: &str) -> Option<Damage> {
    let narrow = || text.len() > 2 && text.bytes().all(|byte| byte == b'#');
    match () {
        () if looks_scientific(text, "E", "+") => Some(Damage::Scientific),
        () if ERRORS.contains(&text) || narrow() => Some(Damage::Error),
        () => None,
    }
}

const ERRORS: [&str; 13] = [
    "#REF!",
    "#N/A",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BLOCKED!",
    "#CONNECT!",
    "#GETTING_DATA",
];

/// Whether a spreadsheet program, or [`from_file`], takes the text for a number or an error.
pub(crate) fn looks_changed(text: &str) -> bool {
    looks_scientific(text, "Ee", "+-") || damage(text).is_some()
}

/// Like 6.9E+12: digits, then perhaps a dot and digits, a letter of `letters`, perhaps a sign of `signs`, digits.
fn looks_scientific(text: &str, letters: &str, signs: &str) -> bool {
    let Some((number, power)) = text.split_once(|c| letters.contains(c)) else { return false };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let power = power.strip_prefix(|c| signs.contains(c)).unwrap_or(power);
    [whole, part, power].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the text is how Excel shows a date: `1-Dec`, `Dec-01`, `2026/12/1`, and with the signs for year, month and
/// day. In a text file a date is a text like any other; a column that cannot hold dates had something else in the cell,
/// such as the specification 12-1. That text itself is no date.
pub fn looks_like_date(text: &str) -> bool {
    use Part::{Number, Sign, Word};
    let text = match text.split_once([' ', 'T']) {
        Some((day, time)) if is_time(time) => day,
        _ => text,
    };
    match *parts(text).as_slice() {
        [Number(first), Sign('/'), Number(second), Sign('/'), Number(third)] => {
            is_day_of(first, second, third) || is_day_of(third, first, second) || is_day_of(third, second, first)
        }
        [Number(year), Sign('-'), Number(month), Sign('-'), Number(day)]
        | [Number(year), Sign(YEAR), Number(month), Sign(MONTH), Number(day), Sign(DAY)] => is_day_of(year, month, day),
        [Number(year), Sign(YEAR), Number(month), Sign(MONTH)] => is_year(year) && is_month(month),
        [Number(month), Sign(MONTH), Number(day), Sign(DAY)] => is_month(month) && is_day(day),
        [Number(day), Sign('-'), Word(month)] => is_named_month(month) && is_day(day),
        [Word(month), Sign('-'), Number(year)] => is_named_month(month) && (is_year(year) || year.len() <= 2),
        [Number(day), Sign('-'), Word(month), Sign('-'), Number(year)] => {
            is_named_month(month) && is_day(day) && (is_year(year) || year.len() == 2)
        }
        _ => false,
    }
}

const YEAR: char = '\u{5e74}';
const MONTH: char = '\u{6708}';
const DAY: char = '\u{65e5}';

#[derive(Clone, Copy)]
enum Part<'a> {
    Number(&'a str),
    Word(&'a str),
    Sign(char),
}

/// The first parts of a text; a date has no more.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next().filter(|_| parts.len() < 7) {
        let end = match first {
            '0'..='9' => rest.find(|c: char| !c.is_ascii_digit()),
            'A'..='Z' | 'a'..='z' => rest.find(|c: char| !c.is_ascii_alphabetic()),
            _ => Some(first.len_utf8()),
        };
        let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
        parts.push(match first {
            '0'..='9' => Part::Number(part),
            'A'..='Z' | 'a'..='z' => Part::Word(part),
            _ => Part::Sign(first),
        });
        rest = after;
    }
    parts
}

fn is_day_of(year: &str, month: &str, day: &str) -> bool {
    is_year(year) && is_month(month) && is_day(day)
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && matches!(digits.as_bytes(), [b'1', b'9', ..] | [b'2', b'0', ..])
}

fn is_month(digits: &str) -> bool {
    digits.len() <= 2 && digits.parse().is_ok_and(|month: u8| (1..=12).contains(&month))
}

fn is_day(digits: &str) -> bool {
    digits.len() <= 2 && digits.parse().is_ok_and(|day: u8| (1..=31).contains(&day))
}

fn is_named_month(word: &str) -> bool {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    NAMES.iter().any(|name| name.eq_ignore_ascii_case(word))
}

fn is_time(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
}
