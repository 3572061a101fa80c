//! The sale: the order at hand on the left, its payment on the right, and the dialogs over both.

pub(crate) mod attempt;
pub(crate) mod hold;
pub(crate) mod lines;
pub(crate) mod panel;
pub(crate) mod pay;
pub(crate) mod picker;
pub(crate) mod price;
pub(crate) mod request;
pub(crate) mod screen;
pub(crate) mod trouble;
