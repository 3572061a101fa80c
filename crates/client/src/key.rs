//! The Idempotency-Key: identifies one intended change.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const LENGTH_MAX: usize = 255;

/// Time since 1970, by this program's own clock.
#[expect(clippy::disallowed_methods, reason = "a client cannot read the server's clock")]
pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Identifies one intended change. Store it before sending the change: with it the outcome can always be found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// A new UUIDv7; such keys sort by time.
    pub fn random() -> Self {
        let millis = now().as_millis();
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system has random bytes");
        let random = u128::from_be_bytes(bytes);
        // 48 bits of time, version 7, 12 random bits, variant 2, 62 random bits (RFC 9562).
        let bits =
            (millis << 80) | (7 << 76) | ((random >> 52) & (0xfff << 64)) | (2 << 62) | (random & (u128::MAX >> 66));
        let text = format!("{bits:032x}");
        let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)].map(|(from, until)| &text[from..until]);
        Self(parts.join("-"))
    }

    /// Your own key: 1 to 255 printable ASCII characters without spaces.
    pub fn parse(text: &str) -> Option<Self> {
        let usable = (1..=LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        usable.then(|| Self(text.to_owned()))
    }

    /// The key as text, for storing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_keys_are_uuids_of_version_7_and_differ() {
        let (one, two) = (IdempotencyKey::random(), IdempotencyKey::random());
        assert_ne!(one, two);
        let text = one.as_str();
        assert_eq!((text.len(), &text[14..15]), (36, "7"), "{text}");
        assert!(matches!(&text[19..20], "8" | "9" | "a" | "b"), "{text}");
        assert_eq!(IdempotencyKey::parse(text), Some(one));
    }

    #[test]
    fn what_no_server_takes_is_no_key() {
        for bad in ["", "a b", "a\nb", "\u{e9}", &"x".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(bad), None);
        }
    }
}
