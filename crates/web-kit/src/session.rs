//! The session of a request. The gate finds the session before a page's handler runs; the extractors give it to the handler.

use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use domain::acts::Act;
use domain::ids::MerchantId;
use domain::place::Place;
use domain::role::{self, Action};
use domain::scan::{self, Bin, InStore, Scan, Settings};
use domain::time::Timestamp;
use storage::audit::Entry;
use storage::merchant::Reach;
use storage::payment::OpenAttempt;
use storage::refund::Desk;
use storage::session::{self, DeviceId, News, SessionId, SignedIn, Store, Till, Wanted};

use crate::Web;
use crate::client::Client;
use crate::cookies;
use crate::flash::Flash;
use crate::page::local_path;
use crate::problem::Problem;
use crate::table::Post;
use crate::unresolved;

crate::said! {
    /// Why the login page is shown.
    pub enum SignedOut {
        /// The session has ended.
        Ended = "ended",
        /// The person signed out.
        Left = "left",
    }
}

/// A signed-in person, free to work: not locked, password changed. Gives access to all of [`SignedIn`].
#[derive(Clone, Debug)]
pub struct Session {
    signed_in: SignedIn,
    /// The moment of this request.
    pub now: Timestamp,
    /// Where the request comes from.
    pub client: Client,
    /// Payments of the store whose outcome is not known, for pages that are read.
    pub unresolved: Vec<OpenAttempt>,
    /// Refunds that wait for this person's decision, for pages that are read.
    pub to_review: i64,
    /// Disputes that wait for this person's answer or decision.
    pub to_answer: i64,
    /// How the numbers of the company's cards begin.
    pub bins: Arc<[Bin]>,
    /// All of this, proposals and settlements that wait for this person's decision.
    pub to_decide: i64,
    /// Product requests that nobody has answered, for people who may.
    pub requested: i64,
    path: String,
}

impl Deref for Session {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.signed_in
    }
}

impl Session {
    /// Whether the person may do this; for showing or hiding what leads to it.
    pub fn can(&self, action: Action) -> bool {
        role::may(&self.roles, action)
    }

    /// What a scanner, a reader or a person put into a field.
    pub fn scan(&self, text: &str) -> Scan {
        self.scan_with(text, InStore::OFF)
    }

    /// The same where the merchant's own scales print labels.
    pub fn scan_with(&self, text: &str, in_store: InStore) -> Scan {
        let (programmes, year) = (&*self.bins, self.now.in_china().year());
        scan::read(text, &Settings { programmes, in_store, year })
    }

    /// Refuses, with an audit entry, unless the person may do this.
    pub fn may(&self, action: Action) -> Result<(), Problem> {
        if self.can(action) {
            return Ok(());
        }
        Err(Problem::Forbidden(Box::new(self.entry("denied", &self.path, action.word()))))
    }

    /// Whether the person works for the card company, and not for a merchant.
    pub fn of_company(&self) -> bool {
        self.place == Place::Company
    }

    /// The store that the person works in. People of a whole merchant and of the card company are refused.
    pub fn store(&self) -> Result<&Store, Problem> {
        let denied = || Problem::Forbidden(Box::new(self.entry("denied", &self.path, "no store")));
        self.store.as_ref().ok_or_else(denied)
    }

    /// The till that the person works at; without one the page says how to get one.
    pub fn till(&self) -> Result<&Till, Problem> {
        self.till.as_ref().map_err(|why| Problem::NoTill(*why))
    }

    /// The merchant whose person it is. The card company's people are refused.
    pub fn merchant(&self) -> Result<MerchantId, Problem> {
        let denied = || Problem::Forbidden(Box::new(self.entry("denied", &self.path, "no merchant")));
        self.place.merchant().ok_or_else(denied)
    }

    /// How much of a store's work is open here.
    pub fn post(&self) -> Post {
        match (&self.store, &self.till) {
            (None, _) => Post::Away,
            (Some(_), Err(_)) => Post::Store,
            (Some(_), Ok(_)) => Post::Till,
        }
    }

    /// An audit entry for what this person does now.
    pub fn entry(&self, action: &'static str, subject: &str, detail: &str) -> Entry {
        Entry {
            at: self.now,
            person: Some(self.person),
            merchant: self.place.merchant(),
            terminal: self.till.as_ref().ok().map(|till| till.terminal),
            action,
            subject: subject.to_owned(),
            detail: detail.to_owned(),
            address: self.client.address.clone(),
        }
    }
}

impl FromRequestParts<Web> for Session {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().expect("the page's access asks for a session").clone())
    }
}

/// A signed-in person, perhaps locked out or with the initial password: for the pages that deal with just that.
#[derive(Clone, Debug)]
pub struct AnySession(pub Session);

impl FromRequestParts<Web> for AnySession {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().expect("the page's access asks for any session").clone())
    }
}

/// The session of this request; for the gate of the table of pages. `Err` leads to the login page.
pub async fn enter(parts: &mut Parts, web: &Web) -> Result<Session, Response> {
    match session_of(parts, web).await {
        Ok(Some(session)) => Ok(session),
        Ok(None) => Err(to_login(parts, web)),
        Err(problem) => Err(problem.into_response()),
    }
}

/// The redirect for a person whose screen is locked, whose password is the initial one, or whose second factor is to be set
/// up or proved.
pub fn detour(session: &Session, parts: &Parts) -> Option<Redirect> {
    if session.locked {
        let back = if parts.method == Method::GET { local_path(parts.uri.path()) } else { "/" };
        return Some(Redirect::to(&format!("/lock?back={back}")));
    }
    let first = match () {
        () if session.must_change => "/password",
        () if session.needs_factor() => "/me/factor",
        () if !session.is_free() => "/login/code",
        () => return None,
    };
    Some(Redirect::to(first))
}

/// The session of this request, if there is one.
pub struct MaybeSession(pub Option<Session>);

impl FromRequestParts<Web> for MaybeSession {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        Ok(Self(session_of(parts, web).await?))
    }
}

async fn session_of(parts: &mut Parts, web: &Web) -> Result<Option<Session>, Problem> {
    let Some(token) = cookies::value(web, &parts.headers, cookies::SESSION) else { return Ok(None) };
    let now = web.clock.now();
    let reads = parts.method == Method::GET;
    let wanted = move |person: &SignedIn| if reads { wanted(person, now) } else { Wanted::default() };
    let device = cookies::value(web, &parts.headers, cookies::TILL).map(|token| DeviceId::of_token(&token));
    let found = session::find(&web.storage, SessionId::of_token(&token), device, now, wanted).await?;
    let Some((signed_in, news)) = found else { return Ok(None) };
    let Ok(client) = Client::from_request_parts(parts, web).await;
    let News { attempts: unresolved, refunds: to_review, disputes: to_answer, decides, requested } = news;
    let to_decide = to_review.saturating_add(to_answer).saturating_add(decides);
    let (bins, path) = (web.bins.get(&web.storage, now).await?, parts.uri.path().to_owned());
    Ok(Some(Session { signed_in, now, client, unresolved, to_review, to_answer, bins, to_decide, requested, path }))
}

/// What a page that is read tells this person besides.
fn wanted(person: &SignedIn, now: Timestamp) -> Wanted {
    let may = |action| role::may(&person.roles, action);
    let attempts = person.store.as_ref().map(|store| (store.outlet, unresolved::before(now)));
    let refunds = match person.place.merchant() {
        Some(merchant) if may(Action::ReviewRefund) => Some(Desk::Merchant(merchant)),
        None if may(Action::LateRefund) => Some(Desk::Issuer),
        _ => None,
    };
    let disputes = match person.place.merchant() {
        Some(merchant) if may(Action::AnswerDispute) => Some(Some(Reach { merchant, outlet: None })),
        None if may(Action::DecideDispute) => Some(None),
        _ => None,
    };
    let acts = || Act::ALL.into_iter().filter(|act| may(act.decided_with())).collect();
    let decides = may(Action::ViewProposals).then(|| (acts(), may(Action::ReleaseSettlement)));
    Wanted { attempts, refunds, disputes, decides, requested: may(Action::AnswerProductRequest) }
}

/// Redirects to the login page, which says that the session ended, if there was one.
fn to_login(parts: &Parts, web: &Web) -> Response {
    let redirect = Redirect::to("/login");
    if cookies::value(web, &parts.headers, cookies::SESSION).is_none() {
        return redirect.into_response();
    }
    (signed_out(web, SignedOut::Ended), redirect).into_response()
}

/// What a browser no longer holds once its session is over, and why the login page is shown.
pub fn signed_out(web: &Web, why: SignedOut) -> CookieJar {
    let over = [cookies::SESSION, cookies::OWN_LANG];
    let jar = over.into_iter().fold(CookieJar::new(), |jar, name| jar.add(cookies::unset(web, name)));
    jar.add(Flash::new(why, &[]).cookie(web))
}

/// Signs a person in: a new session under a new token, whatever the browser had before ends. `entry` is audited.
pub async fn begin(web: &Web, parts: &SignInFrom, entry: Entry) -> Result<CookieJar, Problem> {
    let token = cookies::random_token();
    let id = SessionId::of_token(&token);
    session::open(&web.storage, id, parts.previous, parts.agent.clone(), entry).await?;
    Ok(CookieJar::new().add(cookies::set(web, cookies::SESSION, token)))
}

/// The browser that signs in.
pub struct SignInFrom {
    /// The session that it had.
    pub previous: Option<SessionId>,
    /// Its description of itself.
    pub agent: String,
}
