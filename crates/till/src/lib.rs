//! The till: ring up goods, take payment, print; orders, refunds and the shift of a store.
//!
//! [`pages()`] is the table of the pages; `web-kit` has what all audiences share. A page is a file, its template has the same
//! place in `templates/`, its words are in `text/`.

mod batch;
mod consent;
mod orders;
mod pages;
mod refunds;
mod sale;
mod slip;
mod text;

pub use pages::pages;
pub use sale::attempt::follow_up;

type Page = web_kit::page::Page<text::Text>;
type Shell = web_kit::page::Shell<text::Text>;
type Visit = web_kit::visit::Visit<text::Text>;

/// The words of this crate's messages about the last step; a test shows each of them.
pub fn said() -> Vec<&'static str> {
    [
        batch::print::Said::ALL.map(batch::print::Said::word).as_slice(),
        batch::shift::Said::ALL.map(batch::shift::Said::word).as_slice(),
        consent::Said::ALL.map(consent::Said::word).as_slice(),
        orders::list::Said::ALL.map(orders::list::Said::word).as_slice(),
        sale::hold::Said::ALL.map(sale::hold::Said::word).as_slice(),
        sale::trouble::Trouble::ALL.map(sale::trouble::Trouble::word).as_slice(),
    ]
    .concat()
}
