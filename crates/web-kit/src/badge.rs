//! How a state looks on a page: never by its colour alone.

/// A state's class, icon and word. Templates show it with `ui::badge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Badge {
    /// `ok`, `info`, `warn`, `bad` or `off`.
    pub class: &'static str,
    /// A name in `static/icons.svg`.
    pub icon: &'static str,
    /// What it says.
    pub word: &'static str,
}

impl Badge {
    /// With these.
    pub const fn new(class: &'static str, icon: &'static str, word: &'static str) -> Self {
        Self { class, icon, word }
    }
}
