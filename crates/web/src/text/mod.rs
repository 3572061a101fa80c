//! Every word on the screen, one file per page, both languages beside each other.
//!
//! `texts!` makes a struct with one field per line and its two values, so a missing translation does not compile.
//! `{0}`, `{1}` stand for values that [`fill`] puts in, `{phone}` for the customer service, which templates show as a
//! link (`Page::with_phone`). Whole sentences only, never joined parts.

macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $zh:literal, $en:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name { $(pub(crate) $field: &'static str),+ }

        impl $name {
            pub(super) const ZH: Self = Self { $($field: $zh),+ };
            pub(super) const EN: Self = Self { $($field: $en),+ };
        }
    };
}

mod api_keys;
pub(crate) mod batch;
pub(crate) mod codes;
mod dispute;
mod login;
mod orders;
mod password;
mod pay;
mod problem;
mod refund;
mod sale;
mod settlement;
mod shell;
mod slip;
mod webhooks;

macro_rules! pages {
    ($($page:ident: $words:ident),+ $(,)?) => {
        /// All texts of one language.
        #[derive(Debug)]
        pub(crate) struct Text { $(pub(crate) $page: $page::$words),+ }

        static ZH: Text = Text { $($page: $page::$words::ZH),+ };
        static EN: Text = Text { $($page: $page::$words::EN),+ };
    };
}

pages! {
    api_keys: ApiKeys,
    batch: Batch,
    codes: Codes,
    dispute: Disputes,
    login: Login,
    orders: Orders,
    password: Password,
    pay: Payment,
    problem: Problem,
    refund: Refunds,
    sale: Sale,
    settlement: Settlements,
    shell: Shell,
    slip: Slip,
    webhooks: Webhooks,
}

/// A language of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    /// Chinese, the default.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The language of a cookie's or address's word; anything else is Chinese.
    pub(crate) fn parse(word: &str) -> Self {
        if word == "en" { Self::En } else { Self::Zh }
    }

    /// Value of the `lang` attribute.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The texts in this language.
    pub(crate) fn text(self) -> &'static Text {
        match self {
            Self::Zh => &ZH,
            Self::En => &EN,
        }
    }
}

/// `text` with `{0}`, `{1}`, ... replaced by `values`.
pub(crate) fn fill(text: &str, values: &[&str]) -> String {
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
