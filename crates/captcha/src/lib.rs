//! The login's captcha: four characters as a picture and as sound.
//!
//! It is a speed bump; what protects the accounts is the throttle behind it. It stops a script that cleans the picture
//! and lets a general recogniser read it, or that compares the sound with the voice in this repository: tests measure
//! both. It does not stop a recogniser that was trained on captchas, and cannot: the drawing and the voice are public,
//! and a network can learn both from as many examples as it likes to make. Nobody can draw the captcha of a page and
//! compare, as long as the seed is a secret.

mod picture;
mod sound;

pub use picture::draw;
pub use sound::speak;

/// What a captcha is made of, in the order of the glyphs and of `data/voice.bin`: of characters that look or sound alike
/// one is here, and [`fits`] takes the other for it. 16 characters, so four random bits name one.
const ALPHABET: &[u8; 16] = b"AEHLMRUWX2345789";

/// What a person may read for a character of the alphabet.
const LOOK_ALIKES: [(u8, u8); 5] = [(b'B', b'8'), (b'S', b'5'), (b'V', b'U'), (b'Y', b'X'), (b'Z', b'2')];

/// A captcha's text from four random bytes.
pub fn random_text(bytes: [u8; 4]) -> String {
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 16)])).collect()
}

/// Whether `answer` is the captcha's text, in upper or lower case and with look-alikes.
pub fn fits(text: &str, answer: &str) -> bool {
    let plain = |text: &str| -> Vec<u8> {
        let upper = text.bytes().map(|letter| letter.to_ascii_uppercase());
        upper.map(|read| LOOK_ALIKES.iter().find(|(seen, _)| *seen == read).map_or(read, |(_, meant)| *meant)).collect()
    };
    plain(text) == plain(answer)
}

/// Where the text's characters stand in the alphabet.
fn indices(text: &str) -> impl Iterator<Item = usize> {
    text.bytes().filter_map(|letter| ALPHABET.iter().position(|known| *known == letter.to_ascii_uppercase()))
}

/// `SplitMix64`: the picture of a seed is always the same, so a page can ask for it again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        let part = f32::from(u16::try_from(self.next() & 0xffff).unwrap_or(0)) / 65536.0;
        low + (high - low) * part
    }

    fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }
}

/// The whole part of a number that is not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float is clamped to the range")]
fn whole(value: f32) -> u16 {
    value as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_text_draws_and_speaks_what_is_known() {
        for text in ["", "O0I1", "汉字", "AEHLMRUWX2345789AEHLMRUWX2345789"] {
            assert!(draw(text, 9).starts_with(b"\x89PNG"));
            assert!((45..60_000).contains(&speak(text, 9).len()));
        }
    }

    #[test]
    fn random_text_uses_the_whole_alphabet_and_nothing_else() {
        let seen: std::collections::BTreeSet<u8> =
            (0..=255).flat_map(|byte| random_text([byte; 4]).into_bytes()).collect();
        assert_eq!(seen, ALPHABET.iter().copied().collect());
        assert_eq!(random_text([0, 1, 15, 16]), "AE9A");
    }

    #[test]
    fn a_letter_that_looks_like_one_of_ours_is_taken_for_it() {
        for (text, answer) in [("7E4L", "7e4l"), ("8X25", "BYZS"), ("U8AX", "vbay"), ("U8AX", "U8AX")] {
            assert!(fits(text, answer), "{text} {answer}");
        }
        for (text, answer) in [("7E4L", "7E4"), ("7E4L", "7E4LL"), ("7E4L", "7E4A"), ("7E4L", ""), ("7E4L", "7Ｅ4L")] {
            assert!(!fits(text, answer), "{text} {answer}");
        }
        assert!(LOOK_ALIKES.iter().all(|(seen, meant)| !ALPHABET.contains(seen) && ALPHABET.contains(meant)));
    }
}
