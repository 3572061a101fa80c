//! The door for people: the pages of all audiences as one service. The tables of the audiences meet here and nowhere else.

use axum::Router;
pub use till::follow_up;
pub use web_kit::factor::Proof;
pub use web_kit::table::{Access, Line, Table};
pub use web_kit::{Settings, Web};

/// Every page of every audience.
pub fn pages() -> Table {
    Table::of([account::pages(), till::pages(), merchant::pages(), office::pages(), web_kit::pages()])
}

/// The words of all messages from a form to the page that it leads to. No two pages have the same.
pub fn said() -> Vec<&'static str> {
    [account::said(), till::said(), merchant::said(), office::said(), web_kit::said()].concat()
}

/// All pages, with the layers around them.
pub fn router(web: &Web) -> Router {
    web_kit::router(web, pages())
}
