//! A message from a POST to the page that it redirects to: a word of ours and the values that go into its text.
//!
//! It travels in a cookie, so it holds nothing secret, and the page that shows it trusts nothing in it: an unknown word
//! shows nothing, values are escaped like any text. Each page declares its words with [`said!`](crate::said!).

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use domain::refund::TEXT_LENGTH;

use crate::{Web, cookies};

/// Longest value kept, in characters. Three such values of Chinese fit into the 4,096 bytes that browsers keep.
const VALUE_MAX: usize = 200;

const _: () = assert!(VALUE_MAX >= *TEXT_LENGTH.end(), "a reason or an opinion comes back whole");

/// What a page can say about the last step: an enum of [`said!`](crate::said!).
pub trait Message: Copy {
    /// The word in the cookie.
    fn word(self) -> &'static str;

    /// Reads the word.
    fn from_word(word: &str) -> Option<Self>;
}

/// Declares the messages of a page, each with the word that its cookie holds. The page matches on them, so that none is
/// forgotten; a word exists once in all pages.
#[macro_export]
macro_rules! said {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($body:tt)+ }) => {
        ::domain::words! { $(#[$meta])* $vis enum $name { $($body)+ } }

        impl $crate::flash::Message for $name {
            fn word(self) -> &'static str {
                self.word()
            }

            fn from_word(word: &str) -> Option<Self> {
                Self::from_word(word)
            }
        }
    };
}

/// The message; the empty word when there is none.
#[derive(Clone, Debug, Default)]
pub struct Flash {
    word: String,
    values: Vec<String>,
}

impl Flash {
    /// Message `said` with `values`.
    pub fn new(said: impl Message, values: &[&str]) -> Self {
        let values = values.iter().map(|value| value.chars().take(VALUE_MAX).collect()).collect();
        Self { word: said.word().to_owned(), values }
    }

    /// The message, if it is one of `M`.
    pub fn said<M: Message>(&self) -> Option<M> {
        M::from_word(&self.word)
    }

    /// Value number `n`, empty when there is none.
    pub fn value(&self, n: usize) -> &str {
        self.values.get(n).map_or("", String::as_str)
    }

    fn encode(&self) -> String {
        let mut text = self.word.clone();
        for value in &self.values {
            text.push('.');
            text.push_str(&cookies::hex(value.as_bytes()));
        }
        text
    }

    fn decode(text: &str) -> Self {
        let mut parts = text.split('.');
        let word = parts.next().unwrap_or_default().to_owned();
        let value = |part| cookies::from_hex(part).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        Self { word, values: parts.map(value).collect() }
    }

    /// The cookie that carries it.
    pub fn cookie(&self, web: &Web) -> Cookie<'static> {
        cookies::set(web, cookies::FLASH, self.encode())
    }

    /// Redirects to `path`, where the message is shown.
    pub fn redirect(&self, web: &Web, path: &str) -> Response {
        (CookieJar::new().add(self.cookie(web)), Redirect::to(path)).into_response()
    }
}

impl FromRequestParts<Web> for Flash {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        let found = cookies::value(web, &parts.headers, cookies::FLASH);
        Ok(found.map(|text| Self::decode(&text)).unwrap_or_default())
    }
}

/// Takes the message away once a page was shown.
pub async fn clear_when_shown(State(web): State<Web>, request: Request, next: Next) -> Response {
    let told = request.method() == Method::GET && cookies::value(&web, request.headers(), cookies::FLASH).is_some();
    let mut response = next.run(request).await;
    let html = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if told
        && html
        && response.status() == StatusCode::OK
        && let Ok(header) = cookies::unset(&web, cookies::FLASH).to_string().parse()
    {
        response.headers_mut().append(SET_COOKIE, header);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::said! {
        /// Two messages.
        enum Said {
            /// One.
            Wrong = "wrong",
            /// Another.
            Right = "right",
        }
    }

    #[test]
    fn values_survive_the_cookie() {
        for said in Said::ALL {
            let flash = Flash::decode(&Flash::new(said, &["\u{738b}\u{654f}; a=b", "3"]).encode());
            assert_eq!(
                (flash.said(), flash.value(0), flash.value(1), flash.value(2)),
                (Some(said), "\u{738b}\u{654f}; a=b", "3", "")
            );
        }
        let flash = Flash::decode("x.zz.ff");
        assert_eq!((flash.said::<Said>(), flash.value(1)), (None, ""));
    }
}
