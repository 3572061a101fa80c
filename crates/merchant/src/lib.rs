//! What a merchant's manager reads and keeps: settlements, disputes, keys for programs, webhooks.
//!
//! [`pages()`] is the table of the pages; `web-kit` has what all audiences share. A page is a file, its template has the same
//! place in `templates/`, its words are in `text/`.

mod api_keys;
mod disputes;
mod pages;
mod settlements;
mod text;
mod webhook;
mod webhooks;

pub use pages::pages;

type Shell = web_kit::page::Shell<text::Text>;
type Visit = web_kit::visit::Visit<text::Text>;

/// The words of this crate's messages about the last step; a test shows each of them.
pub fn said() -> Vec<&'static str> {
    text::Said::ALL.map(text::Said::word).to_vec()
}
