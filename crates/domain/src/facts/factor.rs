//! Second factor 第二验证: when a code counts, and for how long a proof does. The codes themselves are computed where the
//! keys are.
//!
//! What must stay true: a code counts in its own step of 30 seconds and in the ones beside it, and each step once; so a
//! code that somebody read over a shoulder opens nothing a second time.

use crate::time::{HOUR, Timestamp};

/// Length of a step, microseconds: 30 seconds, as the apps have it.
pub const STEP: i64 = 30_000_000;

/// How long a proof counts for what asks for one, microseconds: five minutes.
pub const PROVED_FOR: i64 = HOUR / 12;

/// Recovery codes of one person.
pub const RECOVERY_CODES: usize = 10;

/// Characters of a recovery code, without its hyphen.
pub const RECOVERY_LENGTH: usize = 10;

/// Digits of a code.
pub const DIGITS: usize = 6;

/// The step of a moment.
pub fn step_of(at: Timestamp) -> i64 {
    at.0.div_euclid(STEP)
}

/// The steps whose codes count at `now`, if the last that was accepted is `last`.
pub fn open_steps(now: Timestamp, last: i64) -> impl Iterator<Item = i64> {
    let step = step_of(now);
    (step.saturating_sub(1)..=step.saturating_add(1)).filter(move |step| *step > last)
}

/// Whether a proof at `proved_at` still counts at `now`.
pub fn is_fresh(proved_at: Option<Timestamp>, now: Timestamp) -> bool {
    proved_at.is_some_and(|at| at <= now && now.since(at) < PROVED_FOR)
}

/// A code as somebody typed it: digits only, if it is six of them.
pub fn code(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    (digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// A recovery code as somebody typed it, in its stored form.
pub fn recovery_code(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_795_406_400_000_000);

    #[test]
    fn a_code_counts_in_its_step_and_beside_it_and_once() {
        let now = step_of(NOON);
        let steps = |last| open_steps(NOON, last).map(|step| step - now).collect::<Vec<_>>();
        for (last, expected) in [
            (i64::MIN, vec![-1, 0, 1]),
            (now - 2, vec![-1, 0, 1]),
            (now - 1, vec![0, 1]),
            (now, vec![1]),
            (now + 1, vec![]),
        ] {
            assert_eq!(steps(last), expected);
        }
        assert_eq!((step_of(Timestamp(0)), step_of(Timestamp(STEP - 1)), step_of(Timestamp(STEP))), (0, 0, 1));
    }

    #[test]
    fn a_proof_counts_for_five_minutes() {
        let at = |micros| is_fresh(Some(NOON), NOON.plus(micros));
        assert!(at(0) && at(PROVED_FOR - 1) && !at(PROVED_FOR) && !at(-1) && !is_fresh(None, NOON));
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        assert_eq!(code(" 123 456 "), Some("123456".to_owned()));
        assert!(["", "12345", "1234567", "12345a"].iter().all(|bad| code(bad).is_none()));
        assert_eq!(recovery_code("ABcd2-3efgh "), "abcd23efgh");
    }
}
