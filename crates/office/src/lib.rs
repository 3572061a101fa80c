//! The card company's pages: refunds that it decides, disputes, settlements.
//!
//! [`pages()`] is the table of the pages; `web-kit` has what all audiences share. A page is a file, its template has the same
//! place in `templates/`, its words are in `text/`.

mod dispute;
mod disputes;
mod pages;
mod refunds;
mod settlement;
mod settlements;

pub use pages::pages;
