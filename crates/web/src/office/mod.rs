//! The card company's pages.

pub(crate) mod api_keys;
pub(crate) mod dispute;
pub(crate) mod disputes;
pub(crate) mod pages;
pub(crate) mod refunds;
pub(crate) mod settlement;
pub(crate) mod settlement_export;
pub(crate) mod settlements;
pub(crate) mod told;
pub(crate) mod webhook;
pub(crate) mod webhooks;
