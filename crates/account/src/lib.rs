//! Pages of everybody who signs in, in a store or at the card company: login, lock, password, logout, language, and
//! making a browser a till; and the one page of card holders, who never sign in.
//!
//! [`pages()`] is the table of the pages; `web-kit` has what all audiences share. A page is a file, its template has the same
//! place in `templates/`, its words are in `text/`.

mod code;
mod enrol;
mod factor;
mod first_use;
mod home;
mod lock;
mod login;
mod logout;
mod password;
mod proof;
mod text;

use web_kit::factor::BEFORE_FILE;
use web_kit::table::Access::{AnySession, Public, Session};
use web_kit::table::{PageEntry, page};

type Page = web_kit::page::Page<text::Text>;
type Shell = web_kit::page::Shell<text::Text>;
type Visit = web_kit::visit::Visit<text::Text>;
type AnyVisit = web_kit::visit::AnyVisit<text::Text>;
type Guest = web_kit::visit::Guest<text::Text>;

/// The words of this crate's messages about the last step; a test shows each of them.
pub fn said() -> Vec<&'static str> {
    [
        enrol::Said::ALL.map(enrol::Said::word).as_slice(),
        lock::Said::ALL.map(lock::Said::word).as_slice(),
        login::Said::ALL.map(login::Said::word).as_slice(),
        password::Said::ALL.map(password::Said::word).as_slice(),
        password::Ended::ALL.map(password::Ended::word).as_slice(),
    ]
    .concat()
}

/// Everybody's pages.
pub fn pages() -> Vec<PageEntry> {
    vec![
        page("/").get(Session, home::show),
        page("/enrol").get(Public, enrol::show).post(Public, enrol::enter),
        page(first_use::FIRST_USE).get(Public, first_use::show).post(Public, first_use::set),
        page("/login").get(Public, login::show).post(Public, login::enter),
        page("/login/again").post(Public, login::again),
        page("/login/captcha.png").get(Public, login::image),
        page("/login/captcha.wav").get(Public, login::sound),
        page("/login/code").get(AnySession, code::show).post(AnySession, code::enter),
        page("/logout").get(Session, logout::ask).post(Public, logout::leave),
        page("/lock").get(AnySession, lock::show).post(AnySession, lock::open),
        page("/lock/now").post(AnySession, lock::lock),
        page("/password").get(AnySession, password::show).post(AnySession, password::change),
        page("/password/sessions").post(Session, password::end_session),
        page("/me/factor").get(AnySession, factor::show).post(AnySession, factor::set),
        page(BEFORE_FILE).post(Session, proof::enter),
        page("/session/ping").post(Session, home::ping),
        page("/lang/{lang}").get(Public, home::language),
    ]
}
