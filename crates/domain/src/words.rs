//! Words: enums whose values are stored, logged or sent as text, each from one list.
//!
//! What must stay true: [`words!`](crate::words!) makes the enum, its list, the writer and the reader from the same lines,
//! so a value cannot be left out of one of them, and two values with the same word do not compile. A word never changes
//! once it is stored: `tests/words.rs` of each crate that stores some holds them to a second list.

/// Declares an enum with a word per value.
///
/// ```
/// domain::words! {
///     /// Sizes.
///     pub enum Size {
///         /// Up to ten.
///         Small = "small",
///         /// More.
///         Large = "large",
///     }
/// }
/// assert_eq!(Size::Small.word(), "small");
/// assert_eq!(Size::from_word("large"), Some(Size::Large));
/// assert_eq!(Size::ALL, [Size::Small, Size::Large]);
/// ```
///
/// ```compile_fail
/// domain::words! {
///     /// Two values, one word.
///     pub enum Size {
///         /// Up to ten.
///         Small = "small",
///         /// More.
///         Large = "small",
///     }
/// }
/// ```
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[$of])* $variant),+ }

        impl $name {
            /// Every value, in the order of declaration.
            $vis const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word that is stored, logged and sent.
            $vis const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value of a word.
            $vis fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.word())
            }
        }

        const _: () = assert!($crate::words::distinct(&[$($word),+]), "two values have the same word");
    };
}

/// Whether no word occurs twice, decided by the compiler.
#[doc(hidden)]
pub const fn distinct(words: &[&str]) -> bool {
    let mut rest = words;
    while let Some((first, others)) = rest.split_first() {
        let mut after = others;
        while let Some((other, more)) = after.split_first() {
            if same(first.as_bytes(), other.as_bytes()) {
                return false;
            }
            after = more;
        }
        rest = others;
    }
    true
}

const fn same(mut left: &[u8], mut right: &[u8]) -> bool {
    while let (Some((a, left_rest)), Some((b, right_rest))) = (left.split_first(), right.split_first()) {
        if *a != *b {
            return false;
        }
        (left, right) = (left_rest, right_rest);
    }
    left.is_empty() && right.is_empty()
}

#[cfg(test)]
mod tests {
    use super::distinct;

    #[test]
    fn words_are_told_apart() {
        for (words, expected) in [
            (&[][..], true),
            (&["load"], true),
            (&["refund", "refund_request", "request"], true),
            (&["load", "sale", "load"], false),
            (&["void", "sale", "sale"], false),
            (&["", ""], false),
        ] {
            assert_eq!(distinct(words), expected, "{words:?}");
        }
    }
}
