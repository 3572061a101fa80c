//! Known devices: a browser in which a person signed in before keeps a cookie that says so, under a key of the vault.
//!
//! What must stay true: it only separates the counting of wrong passwords, and opens nothing. Whoever guesses from
//! elsewhere uses up other tries than the person at the own till; whoever steals the cookie gets five tries of that person.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::Cookie;
use storage::people::normal_login;

use crate::{Web, cookies};

/// People that one browser is known for, at most: the shifts of a till.
const PEOPLE_MAX: usize = 16;

/// A browser that the person who signs in has used before.
#[derive(Clone, Debug)]
pub struct Device(String);

impl Device {
    /// Where its tries are counted.
    pub fn place(&self) -> String {
        format!("device:{}", self.0)
    }
}

/// The browser, if the person of this login name signed in with it before.
pub fn known(web: &Web, headers: &HeaderMap, login: &str) -> Option<Device> {
    let (id, tags) = read(web, headers)?;
    let tag = web.vault.device_tag(&id, &normal_login(login));
    tags.contains(&tag).then(|| Device(cookies::hex(&id)))
}

/// The cookie of a browser with which this person has signed in now.
pub fn remember(web: &Web, headers: &HeaderMap, login: &str) -> Cookie<'static> {
    let (id, mut tags) = read(web, headers).unwrap_or_else(|| (cookies::random::<16>(), Vec::new()));
    let tag = web.vault.device_tag(&id, &normal_login(login));
    tags.retain(|other| *other != tag);
    tags.insert(0, tag);
    tags.truncate(PEOPLE_MAX);
    let parts: Vec<String> = std::iter::once(id).chain(tags).map(|part| cookies::hex(&part)).collect();
    let mut cookie = cookies::set(web, cookies::DEVICE, parts.join("."));
    cookie.make_permanent();
    cookie
}

/// The device's name and what it holds of people, whether or not those values fit.
fn read(web: &Web, headers: &HeaderMap) -> Option<([u8; 16], Vec<[u8; 16]>)> {
    let value = cookies::value(web, headers, cookies::DEVICE)?;
    let parts = value.split('.').take(1 + PEOPLE_MAX).map(|part| cookies::from_hex(part)?.try_into().ok());
    let mut parts = parts.collect::<Option<Vec<[u8; 16]>>>()?.into_iter();
    Some((parts.next()?, parts.collect()))
}
