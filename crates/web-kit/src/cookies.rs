//! The cookies that the pages set. All are `HttpOnly`; over TLS they carry the `__Host-` prefix, so that no other host
//! name or path can plant them.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use axum_extra::extract::cookie::{Cookie, SameSite};

use crate::Web;

/// Token of the session.
pub const SESSION: &str = "session";
/// Id of the captcha shown on the login page.
pub const CAPTCHA: &str = "captcha";
/// Message for the next page.
pub const FLASH: &str = "flash";
/// Token of a browser that is a till.
pub const TILL: &str = "till";
/// That people signed in with this browser before.
pub const DEVICE: &str = "device";
/// Language that was chosen in this browser.
pub const LANG: &str = "lang";
/// Language of the person who is signed in, until another one is chosen. It goes with the person, so that it stays nobody
/// else's at a till that several people use.
pub const OWN_LANG: &str = "own_lang";

fn full_name(web: &Web, name: &str) -> String {
    if web.settings.secure_cookies { format!("__Host-{name}") } else { name.to_owned() }
}

/// The cookie's value, if the browser sent it; of two with one name, the last. Each request asks for several, so there is
/// no jar of all of them.
pub fn value(web: &Web, headers: &HeaderMap, name: &str) -> Option<String> {
    let name = full_name(web, name);
    let sent = headers.get_all(COOKIE).into_iter().filter_map(|header| header.to_str().ok());
    let found =
        sent.flat_map(Cookie::split_parse_encoded).filter_map(Result::ok).filter(|cookie| cookie.name() == name);
    found.last().map(|cookie| cookie.value().to_owned())
}

/// A cookie that lives as long as the browser is open.
pub fn set(web: &Web, name: &str, value: String) -> Cookie<'static> {
    Cookie::build((full_name(web, name), value))
        .path("/")
        .http_only(true)
        .secure(web.settings.secure_cookies)
        .same_site(SameSite::Lax)
        .build()
}

/// Takes the cookie away.
pub fn unset(web: &Web, name: &str) -> Cookie<'static> {
    let mut cookie = set(web, name, String::new());
    cookie.make_removal();
    cookie
}

/// 256 random bits as a token.
pub fn random_token() -> String {
    hex(&random::<32>())
}

/// Random bytes of the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of hex digits, if that is what `text` is.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| (pair[0] << 4) | pair[1]).collect())
}
