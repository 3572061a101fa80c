//! The table of pages. A page is a [`PageEntry`]: its address, and for each method the access that it needs together
//! with its handler, so that a handler without an access cannot be written down. Router, gate, menu, start page and the
//! tests read this table.
//!
//! What must stay true: a handler is reached through its entry only, and its entry's access is checked before it runs.

use std::fmt;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use domain::role::{Action, Role, may};
use futures_util::StreamExt as _;
use telemetry::metrics;

use crate::factor::{self, Proof};
use crate::problem::Problem;
use crate::sent::Sent;
use crate::session::{AnySession, detour, enter};
use crate::stray_card;
use crate::text::Lang;
use crate::{BODY_MAX, FILE_MAX, Web};

/// What a method of a page asks of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// A session, even a locked one or one with the initial password.
    AnySession,
    /// A session.
    Session,
    /// A session whose person may do this.
    May(Action),
    /// A session whose person may do one of these: for the whole card company, or for the own merchant.
    Either(Action, Action),
    /// One thing, of a person who works in a store. People of a whole merchant and of the card company have none.
    InStore(Action),
    /// The same, at a till: on an enrolled browser, or at the own till where the outlet allows that.
    AtTill(Action),
}

/// How much of a store's work is open to a person here, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Post {
    /// Not a store's person.
    Away,
    /// In a store, without a till.
    Store,
    /// At a till.
    Till,
}

impl Access {
    /// Whether a person with these roles passes at this post.
    fn open_to(self, roles: &[Role], post: Post) -> bool {
        match self {
            Self::May(action) => may(roles, action),
            Self::Either(one, other) => may(roles, one) || may(roles, other),
            Self::InStore(action) => post >= Post::Store && may(roles, action),
            Self::AtTill(action) => post == Post::Till && may(roles, action),
            Self::Public | Self::AnySession | Self::Session => true,
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::AnySession => f.write_str("any session"),
            Self::Session => f.write_str("session"),
            Self::May(action) => write!(f, "{action}"),
            Self::Either(one, other) => write!(f, "{one} or {other}"),
            Self::InStore(action) => write!(f, "{action} in a store"),
            Self::AtTill(action) => write!(f, "{action} at a till"),
        }
    }
}

/// A number at a menu's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Refunds that wait for the person's decision.
    ToReview,
    /// Disputes that wait for the person.
    ToAnswer,
    /// Whatever of two persons' work waits for the person's decision.
    ToDecide,
    /// Goods that tills ask for and that nobody has answered.
    Requested,
}

/// A page's entry in the menu.
#[derive(Clone, Copy, Debug)]
pub struct MenuEntry {
    /// The address that it leads to.
    pub path: &'static str,
    /// Its icon.
    pub icon: &'static str,
    /// Its name.
    pub word: fn(Lang) -> &'static str,
    /// Its number.
    pub count: Option<Count>,
    access: Access,
    rank: u8,
}

/// The menu and the start pages, in their order.
#[derive(Clone, Debug, Default)]
pub struct Menu {
    entries: Vec<MenuEntry>,
    landings: Vec<(u8, Access, &'static str)>,
}

impl Menu {
    /// What of the menu is open to a person with these roles at this post.
    pub fn open_to<'m>(&'m self, roles: &'m [Role], post: Post) -> impl Iterator<Item = &'m MenuEntry> {
        self.entries.iter().filter(move |entry| entry.access.open_to(roles, post))
    }

    /// Where the work of a person with these roles begins at this post.
    pub fn landing(&self, roles: &[Role], post: Post) -> Option<&'static str> {
        self.landings.iter().find(|(_, access, _)| access.open_to(roles, post)).map(|(_, _, path)| *path)
    }
}

struct Served {
    method: &'static str,
    access: Access,
    proof: Option<Proof>,
    /// It takes a file, which its handler reads piece by piece.
    takes_file: bool,
    handler: MethodRouter<Web>,
}

/// A page: one line of an audience's table.
pub struct PageEntry {
    path: &'static str,
    served: Vec<Served>,
    menu: Option<MenuEntry>,
    landing: Option<u8>,
}

/// The page at `path`; methods, place and menu follow.
pub fn page(path: &'static str) -> PageEntry {
    PageEntry { path, served: Vec::new(), menu: None, landing: None }
}

impl PageEntry {
    /// Answers GET with `handler` for those who have `access`.
    #[must_use]
    pub fn get<H: Handler<T, Web>, T: 'static>(self, access: Access, handler: H) -> Self {
        self.served_by("GET", access, on(MethodFilter::GET, handler))
    }

    /// Answers POST with `handler` for those who have `access`.
    #[must_use]
    pub fn post<H: Handler<T, Web>, T: 'static>(self, access: Access, handler: H) -> Self {
        self.served_by("POST", access, on(MethodFilter::POST, handler))
    }

    fn served_by(mut self, method: &'static str, access: Access, handler: MethodRouter<Web>) -> Self {
        self.served.push(Served { method, access, proof: None, takes_file: false, handler });
        self
    }

    /// Takes files with the handler that was named last: up to a size that it decides, for as long as [`crate::UPLOAD_WITHIN`].
    /// Nothing of what is sent is read before it runs.
    #[must_use]
    pub fn takes_file(mut self) -> Self {
        let last = self.served.last_mut().expect("a file belongs to a method");
        last.takes_file = true;
        self
    }

    /// Asks the card company's people for the second factor again before the method that was named last.
    #[must_use]
    pub fn proved(mut self, proof: Proof) -> Self {
        let last = self.served.last_mut().expect("a proof belongs to a method");
        last.proof = Some(proof);
        self
    }

    /// Puts it into the menu of those who may read it, by `rank`.
    #[must_use]
    pub fn menu(self, rank: u8, icon: &'static str, word: fn(Lang) -> &'static str) -> Self {
        let access = self.served.iter().find(|one| one.method == "GET").expect("a menu leads to a page").access;
        let menu = MenuEntry { path: self.path, icon, word, count: None, access, rank };
        Self { menu: Some(menu), ..self }
    }

    /// Shows this number at its entry in the menu.
    #[must_use]
    pub fn count(mut self, count: Count) -> Self {
        let menu = self.menu.as_mut().expect("a number stands at an entry of the menu");
        menu.count = Some(count);
        self
    }

    /// Makes it the start page of those who may read it and no page of a lower rank.
    #[must_use]
    pub fn landing(self, rank: u8) -> Self {
        Self { landing: Some(rank), ..self }
    }
}

/// A line of the list of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Address, with names for its variable parts.
    pub path: &'static str,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// What it asks of its reader.
    pub access: Access,
    /// What of it asks the card company's people for the second factor again.
    pub proof: Option<Proof>,
}

/// The pages of all audiences.
pub struct Table(Vec<PageEntry>);

impl Table {
    /// Puts the tables of the audiences together. No two pages have the same rank.
    pub fn of(audiences: impl IntoIterator<Item = Vec<PageEntry>>) -> Self {
        let table = Self(audiences.into_iter().flatten().collect());
        let menu = table.menu();
        let unique = |ranks: Vec<u8>| ranks.iter().zip(ranks.iter().skip(1)).all(|(one, next)| one < next);
        assert!(unique(menu.entries.iter().map(|one| one.rank).collect()), "two entries of the menu have one rank");
        assert!(unique(menu.landings.iter().map(|one| one.0).collect()), "two start pages have one rank");
        table
    }

    /// Every address with each method that it serves.
    pub fn lines(&self) -> Vec<Line> {
        let lines = |page: &PageEntry| {
            let line =
                |one: &Served| Line { path: page.path, method: one.method, access: one.access, proof: one.proof };
            page.served.iter().map(line).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(lines).collect()
    }

    /// The addresses that take files.
    pub(crate) fn file_pages(&self) -> Vec<&'static str> {
        self.0.iter().filter(|page| page.served.iter().any(|one| one.takes_file)).map(|page| page.path).collect()
    }

    /// The menu and the start pages that the pages name.
    pub fn menu(&self) -> Menu {
        let mut entries: Vec<MenuEntry> = self.0.iter().filter_map(|page| page.menu).collect();
        entries.sort_by_key(|entry| entry.rank);
        let landing = |page: &PageEntry| {
            let read = page.served.iter().find(|one| one.method == "GET").expect("a start page can be read");
            page.landing.map(|rank| (rank, read.access, page.path))
        };
        let mut landings: Vec<_> = self.0.iter().filter(|page| page.landing.is_some()).filter_map(landing).collect();
        landings.sort_by_key(|landing| landing.0);
        Menu { entries, landings }
    }

    /// Routes to every handler, each behind the gate of its access.
    pub fn router(self, web: &Web) -> Router<Web> {
        self.0.into_iter().fold(Router::new(), |router, page| {
            let gated = page.served.into_iter().map(|one| {
                let gate = Gate { web: web.clone(), access: one.access, proof: one.proof, takes_file: one.takes_file };
                // The fields of a form come with the file.
                let handler = if one.takes_file {
                    one.handler.route_layer(DefaultBodyLimit::max(FILE_MAX.saturating_add(BODY_MAX)))
                } else {
                    one.handler
                };
                handler.route_layer(from_fn_with_state(gate, admit))
            });
            let methods = gated.reduce(MethodRouter::merge).expect("a page serves a method");
            router.route(page.path, methods)
        })
    }
}

#[derive(Clone)]
struct Gate {
    web: Web,
    access: Access,
    proof: Option<Proof>,
    takes_file: bool,
}

/// Lets a request through to its handler, with the session in its extensions.
async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if let Err(answer) = judge(&gate, &mut parts).await {
        if gate.takes_file {
            forget(body).await;
        }
        return answer;
    }
    if gate.takes_file {
        let Ok(_place) = gate.web.uploads.try_acquire() else {
            metrics::refused("upload");
            forget(body).await;
            return Problem::Busy.into_response();
        };
        return next.run(Request::from_parts(parts, body)).await;
    }
    match reads(&gate, Request::from_parts(parts, body)).await {
        Ok(request) => next.run(request).await,
        Err(answer) => answer,
    }
}

/// How long a refused file is waited for.
const FORGET_WITHIN: Duration = Duration::from_secs(10);

/// Reads a file that was refused, and keeps nothing of it: a browser or proxy that is still sending when the connection
/// closes shows an error of its own in place of the answer.
async fn forget(body: Body) {
    let read = async {
        let (mut pieces, mut left) = (body.into_data_stream(), FILE_MAX.saturating_add(BODY_MAX));
        while let Some(Ok(piece)) = pieces.next().await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                return;
            }
        }
    };
    // Whoever sends for longer sees that the connection ends.
    let _ = tokio::time::timeout(FORGET_WITHIN, read).await;
}

/// Reads what was sent, and lets the request through as it was.
async fn reads(gate: &Gate, request: Request) -> Result<Request, Response> {
    let mut sent = Sent::of(request).await?;
    stray_card::refuse(&gate.web, &sent).await?;
    if let Some(proof) = gate.proof {
        factor::ask(&gate.web, proof, &mut sent).await?;
    }
    Ok(sent.request())
}

async fn judge(gate: &Gate, parts: &mut Parts) -> Result<(), Response> {
    if gate.access == Access::Public {
        return Ok(());
    }
    let session = enter(parts, &gate.web).await?;
    if gate.access == Access::AnySession {
        parts.extensions.insert(AnySession(session));
        return Ok(());
    }
    if let Some(redirect) = detour(&session, parts) {
        return Err(redirect.into_response());
    }
    if let Access::May(action) | Access::InStore(action) | Access::AtTill(action) = gate.access {
        session.may(action).map_err(IntoResponse::into_response)?;
    }
    if let Access::Either(one, other) = gate.access
        && !session.can(other)
    {
        session.may(one).map_err(IntoResponse::into_response)?;
    }
    if let Access::InStore(_) | Access::AtTill(_) = gate.access {
        session.store().map_err(IntoResponse::into_response)?;
    }
    if let Access::AtTill(_) = gate.access {
        session.till().map_err(IntoResponse::into_response)?;
    }
    parts.extensions.insert(session);
    Ok(())
}
