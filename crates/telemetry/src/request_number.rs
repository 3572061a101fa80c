//! The number that identifies a request.

use std::fmt;

/// Crockford's 32 letters and digits, none of which can be misread as another.
const ALPHABET: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j', 'k', 'm', 'n', 'p',
    'q', 'r', 's', 't', 'v', 'w', 'x', 'y', 'z',
];

/// Bits of a number that are shown, five per character.
const BITS: u32 = 60;

/// Identifies one request in the log, in the header `X-Request-Id` and on an error page: `k7q4-m2xp-9tda`, short enough
/// to read out on the telephone. It is generated here and never taken from a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestNumber(u64);

impl RequestNumber {
    /// The header with the number.
    pub const HEADER: &str = "x-request-id";

    /// A new random number.
    pub(crate) fn new() -> Self {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("the operating system has random bytes");
        Self(u64::from_le_bytes(bytes))
    }
}

impl fmt::Display for RequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for shift in (0..BITS).step_by(5) {
            if matches!(shift, 20 | 40) {
                f.write_char('-')?;
            }
            f.write_char(ALPHABET[(self.0 >> shift & 31) as usize])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_three_groups_of_four() {
        assert_eq!(RequestNumber(0).to_string(), "0000-0000-0000");
        assert_eq!(RequestNumber(u64::MAX).to_string(), "zzzz-zzzz-zzzz");
        assert_eq!(RequestNumber(31 << 20).to_string(), "0000-z000-0000");
        assert_ne!(RequestNumber::new(), RequestNumber::new());
    }
}
