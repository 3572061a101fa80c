//! Pages of everybody who signs in, in a store or at the card company: login, lock, password, logout, language.
//!
//! [`pages()`] is the table of the pages; `web-kit` has what all audiences share. A page is a file, its template has the same
//! place in `templates/`, its words are in `text/`.

mod home;
mod lock;
mod login;
mod logout;
mod pages;
mod password;
mod text;

pub use pages::pages;

type Page = web_kit::page::Page<text::Text>;
type Shell = web_kit::page::Shell<text::Text>;
type Visit = web_kit::visit::Visit<text::Text>;
type AnyVisit = web_kit::visit::AnyVisit<text::Text>;
type Guest = web_kit::visit::Guest<text::Text>;

/// The words of this crate's messages about the last step; a test shows each of them.
pub fn said() -> Vec<&'static str> {
    [
        lock::Said::ALL.map(lock::Said::word).as_slice(),
        login::Said::ALL.map(login::Said::word).as_slice(),
        password::Said::ALL.map(password::Said::word).as_slice(),
        password::Ended::ALL.map(password::Ended::word).as_slice(),
    ]
    .concat()
}
