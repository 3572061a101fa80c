//! Keeps card numbers and tracks out of fields that are not theirs: a reason, a search, a user name. What such a field
//! holds is stored, shown again, or stands in an address; so the request is refused before its handler reads it.

use axum::response::{IntoResponse, Response};
use domain::scan::{self, InStore, Scan, Settings};

use crate::Web;
use crate::problem::Problem;
use crate::sent::Sent;

/// Fields of forms whose handlers look for a card themselves, and passwords, which are neither shown nor stored.
const OWN_FIELDS: [&str; 12] =
    ["card", "pin", "code", "price", "qty", "picked", "p", "password", "old", "new", "again", "proof"];

/// So many digits of a misread stripe are most of a number.
const DIGITS_MIN: usize = 12;

/// The answer to a request that holds a card where none belongs.
pub(crate) async fn refuse(web: &Web, sent: &Sent) -> Result<(), Response> {
    refuse_in(web, sent, |name| sent.reads() || !OWN_FIELDS.contains(&name)).await
}

/// The same before a page repeats what was sent in hidden fields: no field of it may hold a card, whoever looks for one.
pub(crate) async fn refuse_repeated(web: &Web, sent: &Sent) -> Result<(), Response> {
    refuse_in(web, sent, |_| true).await
}

async fn refuse_in(web: &Web, sent: &Sent, looked_at: impl Fn(&str) -> bool) -> Result<(), Response> {
    let now = web.clock.now();
    let bins = web.bins.get(&web.storage, now).await.map_err(|error| Problem::from(error).into_response())?;
    let settings = Settings { programmes: &bins, in_store: InStore::OFF, year: now.in_china().year() };
    if sent.fields.iter().any(|(name, text)| looked_at(name) && holds_card(text, &settings)) {
        return Err(Problem::CardNumber.into_response());
    }
    Ok(())
}

/// Digits that stand alone are a card only if they are one of ours: order ids are as long as card numbers.
fn holds_card(text: &str, settings: &Settings<'_>) -> bool {
    match scan::read(text, settings) {
        Scan::Card(_) => true,
        Scan::ForeignCard | Scan::Misread => {
            let plain = scan::normal_form(text);
            plain.contains([';', '%', '=', '^']) && plain.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MIN
        }
        _ => false,
    }
}
