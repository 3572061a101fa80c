//! The card company's pages.

pub(crate) mod refunds;
