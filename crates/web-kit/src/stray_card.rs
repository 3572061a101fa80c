//! Keeps card numbers and tracks out of fields that are not theirs: a reason, a search, a user name. What such a field
//! holds is stored, shown again, or stands in an address; so the request is refused before its handler reads it.

use axum::Form;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Query, Request};
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use domain::scan::{self, InStore, Scan, Settings};

use crate::problem::Problem;
use crate::{BODY_MAX, Web};

/// Fields of forms whose handlers look for a card themselves, and passwords, which are neither shown nor stored.
const OWN_FIELDS: [&str; 11] =
    ["card", "pin", "code", "price", "qty", "picked", "p", "password", "old", "new", "again"];

/// So many digits of a misread stripe are most of a number.
const DIGITS_MIN: usize = 12;

/// The request as it was, or the answer to one that holds a card where none belongs.
pub(crate) async fn refuse(web: &Web, request: Request) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_MAX).await else { return Err(Problem::TooLarge.into_response()) };
    let reading = parts.method.is_safe();
    let now = web.clock.now();
    let bins = web.bins.get(&web.storage, now).await.map_err(|error| Problem::from(error).into_response())?;
    let year = now.in_china().year();
    let settings = Settings { programmes: &bins, in_store: InStore::OFF, year };
    let fields = if reading { query(&parts.uri) } else { form(bytes.clone()).await };
    let stray = |(name, text): &(String, String)| {
        (reading || !OWN_FIELDS.contains(&name.as_str())) && holds_card(text, &settings)
    };
    if fields.iter().any(stray) {
        return Err(Problem::CardNumber.into_response());
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

type Fields = Vec<(String, String)>;

fn query(uri: &Uri) -> Fields {
    Query::try_from_uri(uri).map_or(Vec::new(), |Query(fields)| fields)
}

/// What is no form, the handler refuses.
async fn form(bytes: Bytes) -> Fields {
    let request = Request::post("/").header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(bytes));
    let Ok(request) = request else { return Vec::new() };
    Form::from_request(request, &()).await.map_or(Vec::new(), |Form(fields)| fields)
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
