//! What every page for people is made with. An audience's crate (`till`, `merchant`, `office`, `account`) brings a
//! table of pages ([`table`]), its words and its templates; this kit has the session, the frame, the layers around
//! every request, and the pages and pieces that two audiences share.
//!
//! Every page works without JavaScript; a change is a POST that ends in a redirect. What must stay true:
//! - A handler is reached through the table of pages only, and its access is checked before it runs.
//! - Person and merchant come only from the session ([`session::Session`]), and their rights from `domain::role`.
//! - A page never answers without words: whatever fails becomes the page of [`problem`].
//! - Nothing secret in addresses, logs or flash messages.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use engine::Engine;
use engine::clock::Clock;
use storage::Storage;
use storage::directory::House;
use storage::programme::Bins;
use storage::vault::Vault;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use webhook_target::TargetsAllowed;

// Templates here and in the audiences name the escaper by one path.
extern crate self as web_kit;

mod assets;
pub mod badge;
pub mod client;
pub mod code128;
pub mod codes;
pub mod cookies;
pub mod credentials;
pub mod device;
pub mod dispute;
pub mod export;
pub mod factor;
pub mod flash;
mod guard;
mod health;
mod indentation;
pub mod link;
pub mod page;
pub mod pair;
pub mod passwords;
pub mod people;
pub mod problem;
pub mod proposal;
pub mod refund;
mod sent;
pub mod session;
pub mod settlement;
pub mod step;
mod stray_card;
pub mod submit;
pub mod table;
pub mod text;
pub mod unresolved;
pub mod visit;

pub use indentation::Html;
use passwords::Passwords;
use table::{Access, Menu, PageEntry, Table, page};

/// Largest form that a page sends, with room to spare.
const BODY_MAX: usize = 64 * 1024;

/// Forms that are handled at the same time; more are refused.
const CHANGES_MAX: usize = 1_024;

/// Pages that are read at the same time. Reads have their own limit, so browsing survives a payment rush.
const READS_MAX: usize = 512;

/// Longer than any page takes; the payment's own limit is shorter.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How long a file may take to arrive: 32 MiB over a slow line.
const UPLOAD_WITHIN: Duration = Duration::from_secs(600);

/// Largest file that a page takes, bytes.
pub const FILE_MAX: usize = 32 << 20;

/// Files that arrive at the same time; more are refused.
const UPLOADS_MAX: usize = 4;

/// What the administrator configures.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Cookies for TLS only. Off only for plain HTTP on a trusted wire, such as the demo on loopback.
    pub secure_cookies: bool,
    /// Take the caller's address from the last `X-Forwarded-For`, because a proxy of ours puts it there.
    pub behind_proxy: bool,
    /// Every captcha's answer, for tests. The program refuses it outside the demo on loopback.
    pub test_captcha: Option<String>,
    /// Customer-service phone.
    pub hotline: String,
    /// The demo is open to strangers: every page says so.
    pub public_demo: bool,
}

/// Everything a page needs: axum's state. Each layer and handler holds a clone, so a clone is one pointer.
#[derive(Clone)]
pub struct Web(Arc<Parts>);

impl Deref for Web {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What a [`Web`] points to.
#[derive(Clone)]
pub struct Parts {
    /// Rows.
    pub storage: Storage,
    /// Money.
    pub engine: Engine,
    /// Keyed and sealed values.
    pub vault: Vault,
    /// What time it is.
    pub clock: Clock,
    /// What the administrator decides.
    pub settings: Arc<Settings>,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Webhook targets that the administrator permits in spite of the rules.
    pub targets: TargetsAllowed,
    /// The menu and the start pages.
    pub menu: Arc<Menu>,
    bins: Bins,
    /// The card company's own facts.
    pub house: House,
    stopping: Arc<AtomicBool>,
    changes: Arc<Semaphore>,
    reads: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
    file_pages: Arc<[&'static str]>,
}

impl Web {
    /// Pages over `storage`, money through `engine`.
    pub fn new(storage: Storage, engine: Engine, vault: Vault, clock: Clock, settings: Settings) -> Self {
        let (passwords, targets) = (Passwords::new(), TargetsAllowed::default());
        let (changes, reads) = (Arc::new(Semaphore::new(CHANGES_MAX)), Arc::new(Semaphore::new(READS_MAX)));
        let settings = Arc::new(settings);
        Self(Arc::new(Parts {
            storage,
            engine,
            vault,
            clock,
            settings,
            passwords,
            targets,
            menu: Arc::default(),
            bins: Bins::default(),
            house: House::default(),
            stopping: Arc::default(),
            changes,
            reads,
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
            file_pages: Arc::default(),
        }))
    }

    /// From now on `/readyz` fails, so that a proxy sends people elsewhere; everything else goes on.
    pub fn stop_being_ready(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// The same, with webhook targets that the administrator permits despite the rules.
    #[must_use]
    pub fn with_targets(self, targets: TargetsAllowed) -> Self {
        Self(Arc::new(Parts { targets, ..Parts::clone(&self) }))
    }
}

/// What every page needs beside itself, and what probes ask.
pub fn pages() -> Vec<PageEntry> {
    vec![
        page("/static/{*name}").get(Access::Public, assets::serve),
        page("/healthz").get(Access::Public, health::alive),
        page("/readyz").get(Access::Public, health::ready),
    ]
}

/// The words of this crate's messages about the last step; a test shows each of them.
pub fn said() -> Vec<&'static str> {
    [
        page::Said::ALL.map(page::Said::word).as_slice(),
        people::Said::ALL.map(people::Said::word).as_slice(),
        session::SignedOut::ALL.map(session::SignedOut::word).as_slice(),
        step::Typed::ALL.map(step::Typed::word).as_slice(),
    ]
    .concat()
}

/// The pages of `table`, with the layers around them.
pub fn router(web: &Web, table: Table) -> Router {
    let (menu, file_pages) = (Arc::new(table.menu()), table.file_pages().into());
    let web = Web(Arc::new(Parts { menu, file_pages, ..Parts::clone(web) }));
    let pages = table
        .router(&web)
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .with_state(web.clone());

    // From the inside out: the last layer sees the request first.
    pages
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(CsrfLayer::new())
        .layer(axum::middleware::from_fn(guard::require_origin))
        .layer(axum::middleware::from_fn_with_state(web.clone(), guard::answer_within))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(axum::middleware::from_fn_with_state(web.clone(), guard::make_room))
        .layer(axum::middleware::from_fn_with_state(web.clone(), flash::clear_when_shown))
        .layer(axum::middleware::from_fn_with_state(web.clone(), problem::put_in_words))
        .layer(CompressionLayer::new())
        .layer(axum::middleware::from_fn_with_state(web, guard::headers))
        .layer(axum::middleware::from_fn(guard::log))
}
