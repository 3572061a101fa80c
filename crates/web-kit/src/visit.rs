//! What a handler of a page takes before anything else: the program, the session, the words, the message of the last
//! step.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::ids::RequestId;
use storage::Storage;

use crate::client::Client;
use crate::flash::Flash;
use crate::page::{Page, Shell};
use crate::session::{AnySession, Session};
use crate::text::{Text, Words};
use crate::{Web, cookies};

/// A request of a signed-in person who is free to work.
pub struct Visit<T: Words = Text> {
    /// Rows, money, clock and settings.
    pub web: Web,
    /// The person. The gate found the session.
    pub session: Session,
    /// Language and words.
    pub page: Page<T>,
    /// Message of the last step.
    pub flash: Flash,
}

impl<T: Words> Visit<T> {
    /// The words.
    pub fn text(&self) -> &'static T {
        self.page.text
    }

    /// The rows.
    pub fn db(&self) -> &Storage {
        &self.web.storage
    }

    /// A request id for a form.
    pub fn new_request(&self) -> RequestId {
        RequestId::v7(self.session.now, cookies::random())
    }

    /// The frame, with the menu's entry for `path` marked as the present one.
    pub fn shell(&self, path: &'static str) -> Shell<T> {
        self.page.clone().shell(&self.session, &self.flash, path)
    }

    async fn of(session: Session, parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        let page = Page::from_request_parts(parts, web).await?;
        let flash = Flash::from_request_parts(parts, web).await?;
        Ok(Self { web: web.clone(), session, page, flash })
    }
}

impl<T: Words> FromRequestParts<Web> for Visit<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        let session = Session::from_request_parts(parts, web).await?;
        Self::of(session, parts, web).await
    }
}

/// The same where the screen may be locked or the password still the initial one.
pub struct AnyVisit<T: Words = Text> {
    /// The visit.
    pub visit: Visit<T>,
}

impl<T: Words> FromRequestParts<Web> for AnyVisit<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        let AnySession(session) = AnySession::from_request_parts(parts, web).await?;
        Ok(Self { visit: Visit::of(session, parts, web).await? })
    }
}

/// A request to a public page.
pub struct Guest<T: Words = Text> {
    /// Rows, money, clock and settings.
    pub web: Web,
    /// The browser.
    pub client: Client,
    /// Language and words.
    pub page: Page<T>,
    /// Message of the last step.
    pub flash: Flash,
}

impl<T: Words> FromRequestParts<Web> for Guest<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        let client = Client::from_request_parts(parts, web).await?;
        let page = Page::from_request_parts(parts, web).await?;
        let flash = Flash::from_request_parts(parts, web).await?;
        Ok(Self { web: web.clone(), client, page, flash })
    }
}
