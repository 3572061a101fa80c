//! Element strings of GS1: what a `DataMatrix` on a box says besides the number of the product.
//!
//! Lengths are those of the GS1 General Specifications, release 25.0: application identifiers (AI) by their first two
//! digits (figure 7.8.2-1), element strings of predefined length (figure 7.8.5-2). Dates follow 3.4 and 7.12.

use jiff::civil::Date;

use super::gtin::Gtin;
use super::is_digits;
use super::normal::GROUP_SEPARATOR;
use crate::time::BusinessDate;

/// Longest value of an element string: AI 90 to 99.
const VALUE_MAX: usize = 90;

/// What the box says of itself. Elements that a till has no use for are passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elements {
    /// AI 01.
    pub gtin: Gtin,
    /// Batch or lot, AI 10.
    pub lot: Option<String>,
    /// Serial number, AI 21.
    pub serial: Option<String>,
    /// Last day of use, AI 17.
    pub expires_on: Option<BusinessDate>,
    /// Best before, AI 15.
    pub best_before: Option<BusinessDate>,
    /// Day of production, AI 11.
    pub produced_on: Option<BusinessDate>,
    /// Pieces, AI 30; AI 37 counts the items of a logistic unit, which is not sold here.
    pub count: Option<u32>,
    /// Net weight, AI 3100 to 3105, where it is whole grams.
    pub grams: Option<u32>,
}

/// Whether the text shows by itself that it is made of element strings: a group separator, or `(01)` at the beginning.
pub(super) fn is_marked(text: &str) -> bool {
    text.contains(GROUP_SEPARATOR) || bracketed(text).is_some()
}

/// Reads element strings that name a trade item. A text without any mark must begin with `01` and a right GTIN.
pub(super) fn read(text: &str, marked: bool, year: i16) -> Option<Elements> {
    let body = text.trim_matches(GROUP_SEPARATOR);
    let begins = body.strip_prefix("01").and_then(|rest| rest.get(..14)).and_then(Gtin::parse);
    if !marked && begins.is_none() {
        return None;
    }
    let mut found = Fields { year, ..Fields::default() };
    if bracketed(body).is_some() {
        found.take_bracketed(body)?;
    } else if body.contains(GROUP_SEPARATOR) {
        found.take_separated(body)?;
    } else {
        found = found.joined(body, marked)?;
    }
    found.elements()
}

/// Digits in an application identifier that begins with these two.
fn key_length(two: &str) -> Option<usize> {
    Some(match two {
        "00" | "01" | "02" | "03" | "10" | "11" | "12" | "13" | "15" | "16" | "17" | "20" | "21" | "22" | "30"
        | "37" => 2,
        "23" | "24" | "25" | "40" | "41" | "42" | "71" => 3,
        "31" | "32" | "33" | "34" | "35" | "36" | "39" | "43" | "70" | "72" | "80" | "81" | "82" => 4,
        _ if two.starts_with('9') => 2,
        _ => return None,
    })
}

/// Characters of a value that needs no separator behind it.
fn value_length(ai: &str) -> Option<usize> {
    Some(match ai.get(..2)? {
        "00" => 18,
        "01" | "02" | "03" => 14,
        "11" | "12" | "13" | "15" | "16" | "17" | "31" | "32" | "33" | "34" | "35" | "36" => 6,
        "20" => 2,
        "41" => 13,
        _ => return None,
    })
}

/// The identifier at the beginning and what follows it.
fn key(text: &str) -> Option<(&str, &str)> {
    let two = text.get(..2).filter(|two| is_digits(two))?;
    let (ai, rest) = text.split_at_checked(key_length(two)?)?;
    is_digits(ai).then_some((ai, rest))
}

/// `(01)…`: the identifier in brackets and what follows them.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let (ai, rest) = text.strip_prefix('(')?.split_once(')')?;
    key(ai).is_some_and(|(_, more)| more.is_empty()).then_some((ai, rest))
}

/// What was read so far; an element of `None` has not come yet.
#[derive(Clone, Copy, Default)]
struct Fields<'a> {
    year: i16,
    gtin: Option<Gtin>,
    lot: Option<&'a str>,
    serial: Option<&'a str>,
    expires_on: Option<BusinessDate>,
    best_before: Option<BusinessDate>,
    produced_on: Option<BusinessDate>,
    count: Option<u32>,
    grams: Option<u32>,
    logistic: bool,
}

impl<'a> Fields<'a> {
    fn elements(self) -> Option<Elements> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let Self { expires_on, best_before, produced_on, count, grams, .. } = self;
        // AI 00 and 02 name a pallet or what is on it, not the item that is sold.
        let gtin = self.gtin.filter(|_| !self.logistic)?;
        let (lot, serial) = (owned(self.lot), owned(self.serial));
        Some(Elements { gtin, lot, serial, expires_on, best_before, produced_on, count, grams })
    }

    /// Takes one element; `None` when its value breaks the rule of its identifier or contradicts an earlier one.
    fn put(&mut self, ai: &str, value: &'a str) -> Option<()> {
        let length = value.len();
        let fits = value_length(ai).map_or((1..=VALUE_MAX).contains(&length), |fixed| fixed == length);
        if !fits || !value.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        match ai {
            "01" => set(&mut self.gtin, Gtin::parse(value)),
            "10" => set(&mut self.lot, Some(value).filter(|_| length <= 20)),
            "21" => set(&mut self.serial, Some(value).filter(|_| length <= 20)),
            "17" => set(&mut self.expires_on, date(value, self.year)),
            "15" => set(&mut self.best_before, date(value, self.year)),
            "11" => set(&mut self.produced_on, date(value, self.year)),
            "30" => set(&mut self.count, value.parse().ok().filter(|_| is_digits(value) && length <= 8)),
            "00" | "02" => {
                self.logistic = true;
                Some(())
            }
            _ => match ai.strip_prefix("310") {
                Some(decimals) => {
                    self.grams = grams(value, decimals);
                    is_digits(value).then_some(())
                }
                None => Some(()),
            },
        }
    }

    fn take_bracketed(&mut self, text: &'a str) -> Option<()> {
        let mut rest = text;
        while !rest.is_empty() {
            let (ai, body) = bracketed(rest)?;
            // A bracket may be part of a value; only one that holds an identifier ends it.
            let mut opens = body.match_indices('(').map(|(at, _)| at);
            let end = opens.find(|&at| body.get(at..).and_then(bracketed).is_some());
            let (value, after) = body.split_at_checked(end.unwrap_or(body.len()))?;
            self.put(ai, value.trim_matches([GROUP_SEPARATOR, ' ']))?;
            rest = after;
        }
        Some(())
    }

    fn take_separated(&mut self, text: &'a str) -> Option<()> {
        let mut rest = text;
        while !rest.is_empty() {
            let (ai, body) = key(rest)?;
            let end = value_length(ai).or_else(|| body.find(GROUP_SEPARATOR)).unwrap_or(body.len());
            let (value, after) = body.split_at_checked(end)?;
            self.put(ai, value)?;
            rest = after.trim_start_matches(GROUP_SEPARATOR);
        }
        Some(())
    }

    /// Reads a text that has no separator: there was none to send, or it was lost on the way. Elements of fixed length are
    /// certain. From the first other one on, the text is read in every way that makes sense; if there are several, the rest
    /// is left out, because half a lot number is worse than none.
    fn joined(mut self, text: &'a str, marked: bool) -> Option<Self> {
        let mut rest = text;
        while let Some((ai, body)) = key(rest)
            && let Some(length) = value_length(ai)
        {
            let (value, after) = body.split_at_checked(length)?;
            self.put(ai, value)?;
            rest = after;
        }
        let mut ways = Vec::new();
        self.ways(rest, &mut ways);
        match ways.as_slice() {
            [only] => Some(*only),
            // The symbol says that this is GS1: the item in front is right even when the rest cannot be taken apart.
            [] if !marked || key(rest).is_none() => None,
            [..] => Some(self),
        }
    }

    /// Collects up to two readings of `text` as lot, serial and dates, each at most once.
    fn ways(self, text: &'a str, ways: &mut Vec<Self>) {
        if text.is_empty() {
            ways.push(self);
            return;
        }
        let Some((ai @ ("10" | "11" | "15" | "17" | "21"), body)) = key(text) else {
            return;
        };
        let lengths = value_length(ai).map_or(1..=20, |fixed| fixed..=fixed);
        for (value, after) in lengths.filter_map(|length| body.split_at_checked(length)) {
            let mut next = self;
            if ways.len() < 2 && !self.has(ai) && next.put(ai, value).is_some() {
                next.ways(after, ways);
            }
        }
    }

    fn has(&self, ai: &str) -> bool {
        match ai {
            "10" => self.lot.is_some(),
            "11" => self.produced_on.is_some(),
            "15" => self.best_before.is_some(),
            "17" => self.expires_on.is_some(),
            _ => self.serial.is_some(),
        }
    }
}

/// Sets what is new and right, or already the same.
fn set<T: PartialEq>(place: &mut Option<T>, value: Option<T>) -> Option<()> {
    let value = value?;
    match place {
        Some(known) if *known != value => None,
        _ => {
            *place = Some(value);
            Some(())
        }
    }
}

/// `YYMMDD`; day 00 is the last day of the month, the century is the one that brings the year nearest.
fn date(value: &str, year: i16) -> Option<BusinessDate> {
    if !is_digits(value) {
        return None;
    }
    let two: i16 = value.get(..2)?.parse().ok()?;
    let this = year.checked_rem(100)?;
    let century = match two.saturating_sub(this) {
        51.. => -100,
        ..=-50 => 100,
        _ => 0,
    };
    let year = year.saturating_sub(this).saturating_add(century).saturating_add(two);
    let (month, day): (i8, i8) = (value.get(2..4)?.parse().ok()?, value.get(4..6)?.parse().ok()?);
    let date = Date::new(year, month, day.max(1)).ok()?;
    Some(BusinessDate::from_date(if day == 0 { date.last_of_month() } else { date }))
}

/// Kilograms with so many decimals as grams, if they are whole.
fn grams(value: &str, decimals: &str) -> Option<u32> {
    let (number, decimals): (u32, u32) = (value.parse().ok()?, decimals.parse().ok()?);
    let thousandths = number.checked_mul(1_000)?;
    let unit = 10_u32.checked_pow(decimals)?;
    (thousandths.checked_rem(unit)? == 0).then(|| thousandths.checked_div(unit)).flatten()
}
