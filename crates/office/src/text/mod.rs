//! Words of these pages, both languages beside each other.

mod confirm;
mod directory;
mod home;
mod todo;

use web_kit::flash::Flash;

web_kit::audience! {
    said;
    confirm: Confirm,
    directory: Directory,
    home: Home,
    todo: Todo,
}

/// The messages about the last step of these pages are in the books.
fn said(_: &Text, _: &Flash) -> Option<&'static str> {
    None
}
