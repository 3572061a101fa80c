//! How a state looks on a page: never by its colour alone.

/// A state's class, icon and word. Templates show it with `ui::badge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Badge {
    /// `ok`, `info`, `warn`, `bad` or `off`.
    pub(crate) class: &'static str,
    /// A name in `static/icons.svg`.
    pub(crate) icon: &'static str,
    pub(crate) word: &'static str,
}

impl Badge {
    pub(crate) const fn new(class: &'static str, icon: &'static str, word: &'static str) -> Self {
        Self { class, icon, word }
    }
}
