//! The directory: the states of merchants, outlets and terminals, the numbers that they get, and what their fields accept.
//!
//! What must stay true:
//! - Only an active merchant, outlet and terminal take money. [`Standing::after`] and [`TerminalStatus::after`] are the only
//!   tables of moves.
//! - A field is checked once, here, and stored in the form that the check returns.

use std::ops::RangeInclusive;

use crate::settlement::FEE_BP_MAX;
use crate::time::{HOUR, Timestamp};

words! {
    /// States of a merchant and of an outlet.
    pub enum Standing {
        /// It was entered and never traded.
        Draft = "draft",
        /// It trades.
        Active = "active",
        /// It was stopped, and may trade again.
        Suspended = "suspended",
        /// It is over.
        Closed = "closed",
    }
}

words! {
    /// What moves a merchant or an outlet.
    pub enum Move {
        /// Two persons let it trade for the first time.
        Open = "open",
        /// One person stops it.
        Suspend = "suspend",
        /// Two persons let it trade again.
        Resume = "resume",
        /// One person ends it, once nothing is owed and nothing is open.
        Close = "close",
    }
}

impl Standing {
    /// The state after a move; `None` if it is not possible.
    pub fn after(self, made: Move) -> Option<Self> {
        match (self, made) {
            (Self::Draft, Move::Open) | (Self::Suspended, Move::Resume) => Some(Self::Active),
            (Self::Active, Move::Suspend) => Some(Self::Suspended),
            (Self::Draft | Self::Suspended, Move::Close) => Some(Self::Closed),
            _ => None,
        }
    }
}

words! {
    /// States of a terminal.
    pub enum TerminalStatus {
        /// No device was enrolled as it yet.
        New = "new",
        /// In use.
        Active = "active",
        /// Stopped, and can be used again.
        Disabled = "disabled",
        /// Over; its number is not used again.
        Retired = "retired",
    }
}

words! {
    /// What moves a terminal. Each is one person's: none of them gives power over money that the outlet does not have.
    pub enum TerminalMove {
        /// A device is enrolled as it, or its outlet works without.
        Enrol = "enrol",
        /// It is stopped.
        Disable = "disable",
        /// It is used again.
        Enable = "enable",
        /// It is over.
        Retire = "retire",
    }
}

impl TerminalStatus {
    /// The state after a move; `None` if it is not possible.
    pub fn after(self, made: TerminalMove) -> Option<Self> {
        match (self, made) {
            (Self::New | Self::Active, TerminalMove::Enrol) | (Self::Disabled, TerminalMove::Enable) => {
                Some(Self::Active)
            }
            (Self::Active, TerminalMove::Disable) => Some(Self::Disabled),
            (Self::New | Self::Disabled, TerminalMove::Retire) => Some(Self::Retired),
            _ => None,
        }
    }
}

/// Numbers of new merchants. Smaller ones may be people's, see [`crate::ids::MERCHANTS`].
pub const MERCHANT_IDS: RangeInclusive<i64> = 100_000..=999_999;
/// Numbers of outlets.
pub const OUTLET_IDS: RangeInclusive<i64> = 1_000_000..=9_999_999;
/// Numbers of terminals, printed on slips.
pub const TERMINAL_IDS: RangeInclusive<i64> = 10_000_000..=99_999_999;

/// The number after `last`, the highest in use within `range`; `None` when none is left.
pub fn next_number(range: &RangeInclusive<i64>, last: Option<i64>) -> Option<i64> {
    let next = last.map_or(*range.start(), |last| last.saturating_add(1));
    Some(next).filter(|next| range.contains(next))
}

/// Why a field is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing was typed.
    Empty,
    /// It has more than so many characters.
    TooLong(usize),
    /// It does not have the number of characters, or is not written as it should be.
    Form,
    /// The last character does not go with the others: it would be this one.
    Check(char),
    /// The number is out of its range.
    Range,
}

/// What a field accepts.
pub type Checked = Result<String, Wrong>;

/// Longest name of a merchant, an outlet, a bank or a person to talk to, in characters.
pub const NAME_MAX: usize = 40;
/// Longest short name of a merchant and longest label of a terminal, in characters.
pub const SHORT_MAX: usize = 20;
/// Longest address, in characters.
pub const ADDRESS_MAX: usize = 100;
/// Terminals that a form makes at once.
pub const TERMINALS_MAX: usize = 20;
/// Characters of a reason.
pub const REASON: RangeInclusive<usize> = 2..=100;
/// Digits of a bank account.
const ACCOUNT_DIGITS: RangeInclusive<usize> = 6..=32;
/// Digits of a phone number.
const PHONE_DIGITS: RangeInclusive<usize> = 5..=15;
/// Most characters of a phone number with its blanks and signs.
const PHONE_MAX: usize = 20;

/// A text of at most `max` characters on one line, with single blanks; may be empty.
pub fn text(typed: &str, max: usize) -> Checked {
    let text = typed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let text = text.collect::<Vec<_>>().join(" ");
    if text.chars().count() <= max { Ok(text) } else { Err(Wrong::TooLong(max)) }
}

/// The same, and not empty.
pub fn name(typed: &str, max: usize) -> Checked {
    text(typed, max).and_then(|text| if text.is_empty() { Err(Wrong::Empty) } else { Ok(text) })
}

/// A reason, [`REASON`] characters.
pub fn reason(typed: &str) -> Checked {
    let reason = name(typed, *REASON.end())?;
    if REASON.contains(&reason.chars().count()) { Ok(reason) } else { Err(Wrong::Form) }
}

/// Full-width characters and dashes as an input method writes them, as plain ones.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c).wrapping_sub(0xfee0)).unwrap_or(c),
        '\u{3000}' => ' ',
        '\u{2013}' | '\u{2014}' => '-',
        other => other,
    }
}

/// What was typed without blanks and hyphens, letters upper case.
pub fn plain(typed: &str) -> String {
    let typed = typed.chars().map(half_width);
    typed.filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect()
}

/// Characters of a bank's reference.
pub const REFERENCE_MAX: usize = 40;

/// A bank's reference to a payment: one spelling, so that the same payment is recognised.
pub fn reference(typed: &str) -> Checked {
    let typed = typed.chars().map(half_width).filter(|c| !c.is_whitespace() && !c.is_control());
    name(&typed.map(|c| c.to_ascii_uppercase()).collect::<String>(), REFERENCE_MAX)
}

fn digits(typed: &str, count: &RangeInclusive<usize>) -> Checked {
    let number = plain(typed);
    match number.len() {
        0 => Err(Wrong::Empty),
        length if count.contains(&length) && number.bytes().all(|b| b.is_ascii_digit()) => Ok(number),
        _ => Err(Wrong::Form),
    }
}

/// An institution's number, 3 digits.
pub fn institution(typed: &str) -> Checked {
    digits(typed, &(3..=3))
}

/// A region's number, 4 digits.
pub fn region(typed: &str) -> Checked {
    digits(typed, &(4..=4))
}

/// What card numbers begin with, 6 to 8 digits.
pub fn bin(typed: &str) -> Checked {
    digits(typed, &(6..=8))
}

/// A bank account, 6 to 32 digits.
pub fn bank_account(typed: &str) -> Checked {
    digits(typed, &ACCOUNT_DIGITS)
}

/// Class of merchants that sell drugs (ISO 18245).
const MCC: &str = "5912";
/// Characters of a merchant number before its sequence.
const MID_HEAD: usize = 11;

/// A merchant number: institution, region, class, and four digits in sequence.
pub fn mid(typed: &str) -> Checked {
    let mid = digits(typed, &(15..=15))?;
    if mid.get(7..MID_HEAD) == Some(MCC) { Ok(mid) } else { Err(Wrong::Form) }
}

/// What the merchant numbers of an institution in a region begin with.
pub fn mid_head(institution: &str, region: &str) -> String {
    format!("{institution}{region}{MCC}")
}

/// The merchant number after `last`, the highest that begins with `head`; `None` when none is left.
pub fn next_mid(head: &str, last: Option<&str>) -> Option<String> {
    let sequence = match last {
        None => 1,
        Some(last) => last.strip_prefix(head)?.parse::<i64>().ok()?.checked_add(1)?,
    };
    (1..=9_999).contains(&sequence).then(|| format!("{head}{sequence:04}"))
}

/// The characters of a credit code by their value: no I, O, S, V and Z (GB 32100-2015).
const CREDIT_CODE: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Characters of a credit code.
const CREDIT_CODE_LENGTH: usize = 18;

/// The last character of a credit code, from the 17 before it; `None` if one of them is not allowed.
fn credit_check(code: &str) -> Option<char> {
    let (mut sum, mut weight) = (0_usize, 1_usize);
    for c in code.chars().take(CREDIT_CODE_LENGTH.saturating_sub(1)) {
        let value = CREDIT_CODE.find(c)?;
        sum = sum.checked_add(value.checked_mul(weight)?)?.checked_rem(31)?;
        weight = weight.checked_mul(3)?.checked_rem(31)?;
    }
    CREDIT_CODE.chars().nth(31_usize.checked_sub(sum)?.checked_rem(31)?)
}

/// A company's credit code, 18 characters with a check character (GB 32100-2015).
pub fn credit_code(typed: &str) -> Checked {
    let code = plain(typed);
    if code.is_empty() {
        return Err(Wrong::Empty);
    }
    if code.chars().count() != CREDIT_CODE_LENGTH {
        return Err(Wrong::Form);
    }
    match credit_check(&code) {
        Some(check) if code.ends_with(check) => Ok(code),
        Some(check) => Err(Wrong::Check(check)),
        None => Err(Wrong::Form),
    }
}

/// A phone number: digits with blanks, hyphens, brackets and a plus sign.
pub fn phone(typed: &str) -> Checked {
    let typed: String = typed.chars().map(half_width).collect();
    let number = name(&typed, PHONE_MAX)?;
    let count = number.chars().filter(char::is_ascii_digit).count();
    let sound = number.chars().all(|c| c.is_ascii_digit() || " -()+".contains(c)) && PHONE_DIGITS.contains(&count);
    if sound { Ok(number) } else { Err(Wrong::Form) }
}

/// A fee, typed in percent with at most two decimals, in basis points.
pub fn fee(typed: &str) -> Result<i64, Wrong> {
    let typed: String = typed.trim().chars().map(half_width).collect();
    let number = typed.strip_suffix('%').unwrap_or(&typed).trim_end();
    if number.is_empty() {
        return Err(Wrong::Empty);
    }
    // A percent has a hundred basis points as a yuan has a hundred fen.
    let fee = crate::money::Fen::parse_yuan(number).map_err(|_| Wrong::Form)?.0;
    if (0..=FEE_BP_MAX).contains(&fee) { Ok(fee) } else { Err(Wrong::Range) }
}

/// Longest opening hours, in characters.
const HOURS_MAX: usize = 80;
/// Weekdays as opening hours are stored.
pub const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

/// Opening hours: `Mo-Su 08:00-21:00`, several with a semicolon between; may be empty.
pub fn hours(typed: &str) -> Checked {
    let typed: String = typed.chars().map(half_width).collect();
    let parts = typed.split(';').map(str::trim).filter(|part| !part.is_empty());
    let parts = parts.map(|part| hours_part(part).ok_or(Wrong::Form)).collect::<Result<Vec<_>, _>>()?;
    text(&parts.join("; "), HOURS_MAX)
}

fn hours_part(part: &str) -> Option<String> {
    let (days, time) = part.split_once(' ')?;
    let day = |word: &str| DAYS.iter().copied().find(|day| day.eq_ignore_ascii_case(word.trim()));
    let days = match days.split_once('-') {
        None => day(days)?.to_owned(),
        Some((from, to)) => format!("{}-{}", day(from)?, day(to)?),
    };
    let (from, to) = time.trim().split_once('-')?;
    let (from, to) = (minute(from.trim())?, minute(to.trim())?);
    (from < to).then(|| {
        let text = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        format!("{days} {}-{}", text(from), text(to))
    })
}

/// A terminal that says nothing for so long while its store is open is silent: an hour.
pub const SILENT: i64 = HOUR;

/// For how long a store with these hours has been open at `now`, microseconds; `None` while it is closed. One without hours
/// is always open.
pub fn open_for(hours: &str, now: Timestamp) -> Option<i64> {
    let time = now.in_china();
    let today = usize::try_from(time.weekday().to_monday_zero_offset()).ok()?;
    let since = |minute: u16| {
        let start = now.business_date().start()?;
        Some(now.since(start).saturating_sub(i64::from(minute).saturating_mul(HOUR / 60)))
    };
    let open = |part: &str| {
        let (days, time) = part.split_once(' ')?;
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let day = |word: &str| DAYS.iter().position(|day| *day == word);
        let (first, last) = (day(first)?, day(last)?);
        let on = if first <= last { (first..=last).contains(&today) } else { today >= first || today <= last };
        let (from, to) = time.split_once('-')?;
        let (from, to) = (since(minute(from)?)?, since(minute(to)?)?);
        (on && from >= 0 && to < 0).then_some(from)
    };
    if hours.is_empty() { Some(i64::MAX) } else { hours.split("; ").filter_map(open).max() }
}

/// Whether a terminal that was last used at `seen` is silent, in a store that is open at these hours.
pub fn is_silent(hours: &str, seen: Timestamp, now: Timestamp) -> bool {
    now.since(seen) > SILENT && open_for(hours, now).is_some_and(|open| open > SILENT)
}

/// Minutes since midnight, up to 24:00.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() <= 2 && !text.starts_with('+'));
    let (hour, minute) = (number(hour)?, number(minute)?);
    let sum = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && sum <= 24 * 60).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::BusinessDate;
    use proptest::prelude::*;

    /// Rows are states, columns are moves; a dot is not possible.
    #[test]
    fn merchants_and_outlets_move_as_the_table_says() {
        const TABLE: &str = "
            draft     active . . closed
            active    . suspended . .
            suspended . . active closed
            closed    . . . .
        ";
        let rows = Standing::ALL.map(|from| {
            let to = Move::ALL.map(|made| from.after(made).map_or(".", Standing::word));
            format!("{from} {}", to.join(" "))
        });
        assert_eq!(rows.to_vec(), table(TABLE));
    }

    /// Opening hours, a moment in China, and for how many minutes the store has been open then.
    #[test]
    fn a_store_is_open_at_its_hours() {
        const DAY: &str = "Mo-Su 08:00-21:00";
        const WEEK: &str = "Mo-Fr 08:00-12:00; Mo-Fr 13:00-18:00; Sa 09:30-24:00";
        // 23 November 2026 is a Monday.
        for (hours, day, hour, minute, open) in [
            (DAY, 23, 7, 59, None),
            (DAY, 23, 8, 0, Some(0)),
            (DAY, 29, 20, 59, Some(779)),
            (DAY, 29, 21, 0, None),
            (WEEK, 27, 11, 59, Some(239)),
            (WEEK, 27, 12, 30, None),
            (WEEK, 27, 13, 1, Some(1)),
            (WEEK, 28, 9, 29, None),
            (WEEK, 28, 23, 59, Some(869)),
            (WEEK, 29, 10, 0, None),
            ("Sa-Mo 10:00-11:00", 23, 10, 5, Some(5)),
            ("Sa-Mo 10:00-11:00", 29, 10, 5, Some(5)),
            ("Sa-Mo 10:00-11:00", 24, 10, 5, None),
            ("Fr 10:00-11:00", 27, 10, 5, Some(5)),
        ] {
            let start = BusinessDate(20_261_100 + day).start().expect("a day");
            let now = start.plus((hour * 60 + minute) * (HOUR / 60));
            assert_eq!(
                open_for(hours, now).map(|open| open / (HOUR / 60)),
                open,
                "{hours} on {day} at {hour}:{minute}"
            );
        }
        assert_eq!(open_for("", Timestamp(0)), Some(i64::MAX));
    }

    /// Last use and present moment, in minutes of a day that is open from 8 to 21, and whether that is silence.
    #[test]
    fn silence_is_counted_while_the_store_is_open() {
        let at = |minute: i64| BusinessDate(20_261_123).start().expect("a day").plus(minute * (HOUR / 60));
        for (seen, now, silent) in [
            (-200, 8 * 60 + 60, false),
            (-200, 8 * 60 + 61, true),
            (9 * 60, 10 * 60, false),
            (9 * 60, 10 * 60 + 1, true),
            (19 * 60, 20 * 60 + 59, true),
            (19 * 60, 21 * 60, false),
        ] {
            assert_eq!(is_silent("Mo-Su 08:00-21:00", at(seen), at(now)), silent, "seen {seen}, now {now}");
        }
    }

    #[test]
    fn terminals_move_as_the_table_says() {
        const TABLE: &str = "
            new      active . . retired
            active   active disabled . .
            disabled . . active retired
            retired  . . . .
        ";
        let rows = TerminalStatus::ALL.map(|from| {
            let to = TerminalMove::ALL.map(|made| from.after(made).map_or(".", TerminalStatus::word));
            format!("{from} {}", to.join(" "))
        });
        assert_eq!(rows.to_vec(), table(TABLE));
    }

    fn table(text: &str) -> Vec<String> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    type Check = fn(&str) -> Checked;

    #[test]
    fn fields_are_accepted_or_say_what_is_wrong() {
        let cases: &[(Check, &str, Result<&str, Wrong>)] = &[
            (credit_code, "91320100MA0000017Y", Ok("91320100MA0000017Y")),
            (credit_code, " 91320100-ma0000017y ", Ok("91320100MA0000017Y")),
            (credit_code, "91320100MA0000017K", Err(Wrong::Check('Y'))),
            (credit_code, "91320100MA00000I7X", Err(Wrong::Form)),
            (credit_code, "91320100MA000001X", Err(Wrong::Form)),
            (credit_code, "", Err(Wrong::Empty)),
            // Real codes of large companies.
            (credit_code, "91440300708461136T", Ok("91440300708461136T")),
            (credit_code, "914403001922038216", Ok("914403001922038216")),
            (mid, "898 3201 5912 0001", Ok("898320159120001")),
            (mid, "898320159130001", Err(Wrong::Form)),
            (mid, "89832015912000", Err(Wrong::Form)),
            (bank_account, "6200 0000 0000 3391", Ok("6200000000003391")),
            (bank_account, "12345", Err(Wrong::Form)),
            (bank_account, "62000000x", Err(Wrong::Form)),
            (phone, "025-0000 0012", Ok("025-0000 0012")),
            (phone, "（025）86988520", Ok("(025)86988520")),
            (phone, "abc", Err(Wrong::Form)),
            (phone, "1234", Err(Wrong::Form)),
            (hours, "", Ok("")),
            (hours, "Mo-Su 08:00\u{2013}21:00", Ok("Mo-Su 08:00-21:00")),
            (hours, "mo-fr 8:00-21:00; Sa 9:30-24:00", Ok("Mo-Fr 08:00-21:00; Sa 09:30-24:00")),
            (hours, "Mo-Su 21:00-08:00", Err(Wrong::Form)),
            (hours, "Mo-Su 08:60-21:00", Err(Wrong::Form)),
            (hours, "Mo-Su 08:00-24:01", Err(Wrong::Form)),
            (hours, "08:00-21:00", Err(Wrong::Form)),
            (institution, "898", Ok("898")),
            (region, "３２０１", Ok("3201")),
            (bin, "60862", Err(Wrong::Form)),
            (reason, "x", Err(Wrong::Form)),
            (reason, "  two\tlines\n", Ok("two lines")),
        ];
        for (check, typed, expected) in cases {
            assert_eq!(check(typed), expected.map(str::to_owned), "{typed:?}");
        }
        assert_eq!(name(&"n".repeat(41), NAME_MAX), Err(Wrong::TooLong(40)));
        for (typed, expected) in [
            ("0.38", Ok(38)),
            ("0.60%", Ok(60)),
            ("0", Ok(0)),
            ("10", Ok(1_000)),
            ("10.01", Err(Wrong::Range)),
            ("0.385", Err(Wrong::Form)),
            ("-1", Err(Wrong::Form)),
            (" ", Err(Wrong::Empty)),
        ] {
            assert_eq!(fee(typed), expected, "{typed:?}");
        }
    }

    #[test]
    fn numbers_go_on_after_the_last_and_end_with_their_range() {
        assert_eq!(next_number(&OUTLET_IDS, None), Some(1_000_000));
        assert_eq!(next_number(&OUTLET_IDS, Some(2_501_002)), Some(2_501_003));
        assert_eq!(next_number(&OUTLET_IDS, Some(9_999_999)), None);
        let head = mid_head("898", "3201");
        assert_eq!(next_mid(&head, None).as_deref(), Some("898320159120001"));
        assert_eq!(next_mid(&head, Some("898320159120016")).as_deref(), Some("898320159120017"));
        assert_eq!(next_mid(&head, Some("898320159129999")), None);
        assert_eq!(next_mid(&head, Some("000000000000000")), None);
    }

    proptest! {
        /// One wrong character of a credit code is always noticed, and the check character is the only one that fits.
        #[test]
        fn a_wrong_character_of_a_credit_code_is_noticed(values in prop::collection::vec(0..31_usize, 17), at in 0..18_usize, other in 0..31_usize) {
            let of = |value: usize| CREDIT_CODE.as_bytes()[value] as char;
            let head: String = values.into_iter().map(of).collect();
            let code = format!("{head}{}", credit_check(&head).expect("all are allowed"));
            prop_assert_eq!(credit_code(&code), Ok(code.clone()));
            let mut wrong: Vec<char> = code.chars().collect();
            wrong[at] = of(other);
            let wrong: String = wrong.into_iter().collect();
            prop_assert_eq!(credit_code(&wrong).is_ok(), wrong == code);
        }

        /// Whatever is typed, a check answers, and what it accepts it accepts again unchanged.
        #[test]
        fn what_is_accepted_is_accepted_again(typed in "\\PC{0,40}") {
            let checks: [Check; 11] = [
                credit_code, mid, bank_account, phone, hours, institution, region, bin, reason,
                |typed| text(typed, 30), |typed| name(typed, 30),
            ];
            for check in checks {
                if let Ok(accepted) = check(&typed) {
                    prop_assert_eq!(check(&accepted), Ok(accepted.clone()));
                }
            }
        }

        #[test]
        fn an_accepted_credit_code_is_itself(code in "[0-9A-HJ-NP-RTUWXY]{18}") {
            if let Err(Wrong::Check(check)) = credit_code(&code) {
                let right = format!("{}{check}", &code[..17]);
                prop_assert_eq!(credit_code(&right), Ok(right));
            }
        }
    }
}
