//! Every word on the screen, one file per page, both languages beside each other; here those of the frame and of shared
//! pages, and the macros with which an audience makes its own.
//!
//! `texts!` makes a struct with one field per line and its two values, so a missing translation does not compile.
//! `{0}`, `{1}` stand for values that [`fill`] puts in, `{phone}` for the customer service, which templates show as a
//! link (`Page::with_phone`). Whole sentences only, never joined parts.

/// Makes a struct with one field per line, and its two values: Chinese, English.
#[macro_export]
macro_rules! texts {
    ($(#[$doc:meta])* $vis:vis struct $name:ident { $($field:ident: $zh:literal, $en:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug)]
        $vis struct $name { $(#[doc = $en] $vis $field: &'static str),+ }

        impl $name {
            pub(super) const ZH: Self = Self { $($field: $zh),+ };
            pub(super) const EN: Self = Self { $($field: $en),+ };
        }
    };
}

/// Makes an audience's `Text` of the structs in its `text/`, with the shared words behind it. `said` has the sentences that
/// the frame of its pages shows.
#[macro_export]
macro_rules! audience {
    ($said:expr; $($page:ident: $words:ident),+ $(,)?) => {
        /// All texts of one language.
        #[derive(Debug)]
        pub(crate) struct Text {
            $(pub(crate) $page: $page::$words,)+
            shared: &'static $crate::text::Text,
        }

        static ZH: Text = Text { $($page: $page::$words::ZH,)+ shared: &$crate::text::ZH };
        static EN: Text = Text { $($page: $page::$words::EN,)+ shared: &$crate::text::EN };

        impl ::std::ops::Deref for Text {
            type Target = $crate::text::Text;

            fn deref(&self) -> &$crate::text::Text {
                self.shared
            }
        }

        impl $crate::text::Words for Text {
            fn of(lang: $crate::text::Lang) -> &'static Self {
                match lang {
                    $crate::text::Lang::Zh => &ZH,
                    $crate::text::Lang::En => &EN,
                }
            }

            fn shared(&'static self) -> &'static $crate::text::Text {
                self.shared
            }

            fn said(&self, flash: &$crate::flash::Flash) -> Option<&'static str> {
                let own: fn(&Self, &$crate::flash::Flash) -> Option<&'static str> = $said;
                own(self, flash)
            }
        }
    };
}

pub mod code_words;
pub mod codes;
pub mod dispute;
pub mod factor;
pub mod login;
pub mod pay;
pub mod people;
pub mod problem;
pub mod refund;
pub mod settlement;
pub mod shell;

use crate::flash::Flash;

/// The words of an audience in one language: its own, and the shared ones.
pub trait Words: Send + Sync + 'static {
    /// The words in this language.
    fn of(lang: Lang) -> &'static Self;

    /// Those that all audiences share.
    fn shared(&'static self) -> &'static Text;

    /// What the frame says about the last step, if the message is one of this audience.
    fn said(&self, flash: &Flash) -> Option<&'static str>;
}

macro_rules! shared {
    ($($(#[$doc:meta])* $page:ident: $words:ident),+ $(,)?) => {
        /// All shared texts of one language.
        #[derive(Debug)]
        pub struct Text { $($(#[$doc])* pub $page: $page::$words),+ }

        /// The shared texts in Chinese.
        pub static ZH: Text = Text { $($page: $page::$words::ZH),+ };
        /// The shared texts in English.
        pub static EN: Text = Text { $($page: $page::$words::EN),+ };
    };
}

shared! {
    /// Response codes in a few words.
    code_words: CodeWords,
    /// Response codes.
    codes: Codes,
    /// Disputes.
    dispute: Disputes,
    /// The second factor.
    factor: Factor,
    /// Login and lock.
    login: Login,
    /// Payments, and kinds of transactions.
    pay: Payment,
    /// People.
    people: People,
    /// Pages of an error.
    problem: Problem,
    /// Refunds.
    refund: Refunds,
    /// Settlements.
    settlement: Settlements,
    /// The frame.
    shell: Shell,
}

impl Words for Text {
    fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::Zh => &ZH,
            Lang::En => &EN,
        }
    }

    fn shared(&'static self) -> &'static Text {
        self
    }

    fn said(&self, _: &Flash) -> Option<&'static str> {
        None
    }
}

/// A language of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Chinese, the default.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The language of a cookie's or address's word; anything else is Chinese.
    pub fn parse(word: &str) -> Self {
        if word == "en" { Self::En } else { Self::Zh }
    }

    /// Value of the `lang` attribute.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// `text` with `{0}`, `{1}`, ... replaced by `values`.
pub fn fill(text: &str, values: &[&str]) -> String {
    let mut filled = String::with_capacity(text.len().saturating_add(16));
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let placed = after.split_once('}').and_then(|(n, tail)| Some((values.get(n.parse::<usize>().ok()?)?, tail)));
        if let Some((value, tail)) = placed {
            filled.push_str(value);
            rest = tail;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_once_and_never_expanded_again() {
        assert_eq!(fill("{0} of {1}", &["3", "{0}"]), "3 of {0}");
        assert_eq!(fill("{0} {2} {", &["a"]), "a {2} {");
    }
}
