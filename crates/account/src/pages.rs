//! The table of the pages that everybody has.

use web_kit::table::Access::{AnySession, Public, Session};
use web_kit::table::{PageEntry, page};

use crate::{home, lock, login, logout, password};

/// Everybody's pages.
pub fn pages() -> Vec<PageEntry> {
    vec![
        page("/").get(Session, home::show),
        page("/login").get(Public, login::show).post(Public, login::enter),
        page("/login/again").post(Public, login::again),
        page("/login/captcha.png").get(Public, login::image),
        page("/login/captcha.wav").get(Public, login::sound),
        page("/logout").get(Session, logout::ask).post(Public, logout::leave),
        page("/lock").get(AnySession, lock::show).post(AnySession, lock::open),
        page("/password").get(AnySession, password::show).post(AnySession, password::change),
        page("/password/sessions").post(Session, password::end_session),
        page("/session/ping").post(Session, home::ping),
        page("/lang/{lang}").get(Public, home::language),
    ]
}
