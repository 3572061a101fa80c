//! Rules for a new password of a person. Length and a block-list instead of composition rules (NIST SP 800-63B).

/// Shortest password, in characters.
pub const LENGTH_MIN: usize = 12;
/// Longest password, in characters; bounds the work of hashing.
pub const LENGTH_MAX: usize = 128;
/// Different characters that must remain once guessable parts are taken out.
const REST_MIN: usize = 4;

/// Why a password is refused. The first rule that it breaks, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer than [`LENGTH_MIN`] characters.
    #[error("shorter than 12 characters")]
    TooShort,
    /// More than [`LENGTH_MAX`] characters.
    #[error("longer than 128 characters")]
    TooLong,
    /// Equal to the present password.
    #[error("the same as the old password")]
    SameAsOld,
    /// Contains the login or the person's name.
    #[error("contains the login or the name")]
    Personal,
    /// Made of common words, keyboard runs and repetition.
    #[error("too easy to guess")]
    Common,
}

/// Whether `new` may become the password of the person with this login and name, whose password is now `old`.
pub fn check_strength(new: &str, login: &str, name: &str, old: &str) -> Result<(), Weakness> {
    let length = new.chars().count();
    if length < LENGTH_MIN {
        return Err(Weakness::TooShort);
    }
    if length > LENGTH_MAX {
        return Err(Weakness::TooLong);
    }
    if new == old {
        return Err(Weakness::SameAsOld);
    }
    let lower = new.to_lowercase();
    let personal = |word: &str| word.chars().count() >= 2 && lower.contains(&word.to_lowercase());
    if personal(login) || personal(name) {
        return Err(Weakness::Personal);
    }
    if is_common(&lower) {
        return Err(Weakness::Common);
    }
    Ok(())
}

/// Whether little is left of `lower` once listed words, runs and repetition are taken out.
fn is_common(lower: &str) -> bool {
    let mut rest = lower.to_owned();
    for word in include_str!("password_words.txt").split_whitespace() {
        rest = rest.replace(word, "");
    }
    let mut kept: Vec<char> = rest.chars().filter(|c| c.is_alphanumeric()).collect();
    kept.sort_unstable();
    kept.dedup();
    kept.len() < REST_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(new: &str) -> Result<(), Weakness> {
        check_strength(new, "zhaoxiao", "\u{8d75}\u{6653}", "Demo-pass-2026")
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        assert_eq!(check("Kx7-mq2-pw9"), Err(Weakness::TooShort));
        assert_eq!(check("Kx7-mq2-pw90"), Ok(()));
        assert_eq!(
            check("\u{836f}\u{5e97}\u{95e8}\u{53e3}\u{7684}\u{6842}\u{82b1}\u{5f88}\u{9999}\u{554a}\u{771f}\u{7684}"),
            Ok(())
        );
        assert_eq!(check(&"kx7-mq2-".repeat(16)), Ok(()));
        assert_eq!(check(&"kx7-mq2-p".repeat(16)), Err(Weakness::TooLong));
    }

    #[test]
    fn the_old_one_and_the_own_name_are_refused() {
        assert_eq!(check("Demo-pass-2026"), Err(Weakness::SameAsOld));
        assert_eq!(check("my-ZhaoXiao-77-key"), Err(Weakness::Personal));
        assert_eq!(check("key-77-\u{8d75}\u{6653}-key-88"), Err(Weakness::Personal));
    }

    #[test]
    fn guessable_ones_are_refused() {
        for new in [
            "password1234",
            "P@ssw0rd2026",
            "woaini5201314",
            "huiyika888888",
            "123456789012",
            "qwertyuiop12",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "yaodian123456",
            "1qaz2wsx3edc",
            "woaini-woaini-1314",
            "admin@123456",
            "\u{6167}\u{533b}\u{5361}123456789",
        ] {
            assert_eq!(check(new), Err(Weakness::Common), "{new}");
        }
    }

    #[test]
    fn a_common_word_beside_something_of_ones_own_passes() {
        for new in ["Newpassword-2026", "Changed-pass-2027", "correct horse battery", "837465920174"] {
            assert_eq!(check(new), Ok(()), "{new}");
        }
    }
}
