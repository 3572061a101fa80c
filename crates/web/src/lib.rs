//! The door for people: server-rendered pages of the till.
//!
//! One file per page in `till/`, its template beside it by name in `templates/till/`, its words in `text/`. Every page
//! works without JavaScript; a change is a POST that ends in a redirect. What must stay true:
//! - Who asks and for which merchant comes from the session only ([`session::Session`]), and what they may do from
//!   `domain::role`. A page that takes no session is public.
//! - A page never answers without words: whatever fails becomes the page of [`problem`].
//! - Nothing secret in addresses, logs or flash messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use domain::target::TargetsAllowed;
use engine::Engine;
use engine::clock::Clock;
use storage::Storage;
use storage::vault::Vault;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

mod assets;
mod captcha;
mod client;
mod cookies;
mod flash;
mod guard;
mod health;
mod office;
mod page;
mod passwords;
mod problem;
mod session;
mod text;
mod till;

use passwords::Passwords;
pub use till::attempt::follow_up;

/// Largest form that a page sends, with room to spare.
const BODY_MAX: usize = 64 * 1024;

/// Forms that are being done at once. Those beyond are refused.
const CHANGES_MAX: usize = 1_024;

/// Pages that are being shown at once; in places of their own, so that whoever looks is served while everybody pays.
const READS_MAX: usize = 512;

/// Longer than any page takes; the payment's own limit is shorter.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What the operator of the program decides.
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
    /// The demo shop is loaded.
    pub demo: bool,
}

/// Everything a page needs. Cheap to clone; axum's state.
#[derive(Clone)]
pub struct Web {
    storage: Storage,
    engine: Engine,
    vault: Vault,
    clock: Clock,
    settings: Arc<Settings>,
    passwords: Passwords,
    targets: TargetsAllowed,
    stopping: Arc<AtomicBool>,
    changes: Arc<Semaphore>,
    reads: Arc<Semaphore>,
}

impl Web {
    /// Pages over `storage`, money through `engine`.
    pub fn new(storage: Storage, engine: Engine, vault: Vault, clock: Clock, settings: Settings) -> Self {
        let (passwords, targets) = (Passwords::new(), TargetsAllowed::default());
        let (changes, reads) = (Arc::new(Semaphore::new(CHANGES_MAX)), Arc::new(Semaphore::new(READS_MAX)));
        let settings = Arc::new(settings);
        Self { storage, engine, vault, clock, settings, passwords, targets, stopping: Arc::default(), changes, reads }
    }

    /// From now on `/readyz` says no, so that a proxy sends people elsewhere; everything else goes on.
    pub fn stop_being_ready(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// The same, with webhook targets that the operator permits in spite of the rules.
    #[must_use]
    pub fn with_targets(self, targets: TargetsAllowed) -> Self {
        Self { targets, ..self }
    }
}

/// The pages that the card company works on, and what a merchant has of the same.
fn office() -> Router<Web> {
    Router::new()
        .route("/office/refunds", get(office::refunds::show).post(office::refunds::decide))
        .route("/office/disputes", get(office::disputes::show).post(office::disputes::open))
        .route("/office/disputes/{dispute}", get(office::dispute::show).post(office::dispute::decide))
        .route("/disputes", get(office::disputes::own))
        .route("/disputes/{dispute}", get(office::dispute::own).post(office::dispute::answer))
        .route("/office/settlements", get(office::settlements::show).post(office::settlements::prepare))
        .route("/office/settlements/rate", get(office::settlements::show).post(office::settlements::rate))
        .route("/office/settlements/{settlement}", get(office::settlement::show).post(office::settlement::decide))
        .route("/office/settlements/{settlement}/export.csv", get(office::settlement_export::csv))
        .route("/settlements", get(office::settlements::own))
        .route("/settlements/{settlement}", get(office::settlement::own))
        .route("/settlements/{settlement}/export.csv", get(office::settlement_export::own))
        .route("/keys", get(office::api_keys::show).post(office::api_keys::make))
        .route("/keys/revoke", get(office::api_keys::show).post(office::api_keys::revoke))
        .route("/webhooks", get(office::webhooks::show).post(office::webhooks::make))
        .route("/webhooks/{endpoint}", get(office::webhook::show).post(office::webhook::change))
}

/// All pages, with what surrounds every one of them.
pub fn router(web: Web) -> Router {
    let pages = Router::new()
        .route("/", get(till::home::show))
        .route("/login", get(till::login::show).post(till::login::enter))
        .route("/login/again", post(till::login::again))
        .route("/login/captcha.png", get(till::login::image))
        .route("/login/captcha.wav", get(till::login::sound))
        .route("/logout", get(till::logout::ask).post(till::logout::leave))
        .route("/lock", get(till::lock::show).post(till::lock::open))
        .route("/password", get(till::password::show).post(till::password::change))
        .route("/password/sessions", post(till::password::end_session))
        .route("/session/ping", post(till::home::ping))
        .route("/lang/{lang}", get(till::home::language))
        .route("/batch", get(till::batch::show))
        .route("/batch/close", get(till::batch::ask).post(till::batch::close))
        .route("/batch/now", get(till::batch_print::now))
        .route("/batch/{number}", get(till::batch_print::show))
        .route("/batch/{number}/print", post(till::batch_print::print))
        .route("/sale", get(till::sale::show))
        .route("/sale/lines", get(till::sale::back).post(till::lines::add))
        .route("/sale/lines/void", get(till::sale::back).post(till::lines::void))
        .route("/sale/lines/undo", get(till::sale::back).post(till::lines::undo))
        .route("/sale/picker", get(till::picker::show))
        .route("/sale/price", get(till::price::ask).post(till::price::confirm))
        .route("/sale/hold", get(till::sale::back).post(till::hold::hold))
        .route("/sale/resume", get(till::sale::back).post(till::hold::resume))
        .route("/sale/abandon", get(till::hold::ask).post(till::hold::abandon))
        .route("/sale/pay", get(till::sale::back).post(till::pay::pay))
        .route("/sale/confirm", get(till::sale::back).post(till::attempt::confirm))
        .route("/sale/query", get(till::sale::back).post(till::attempt::query))
        .route("/slip/{rrn}", get(till::slip::show))
        .route("/slip/{rrn}/print", post(till::slip::print))
        .route("/slip/{rrn}/skip", post(till::slip::skip))
        .route("/slip/pending/{order}", get(till::slip::pending))
        .route("/slip/paper", post(till::slip::paper))
        .route("/slip/page.css", get(till::slip::sheet))
        .route("/orders", get(till::orders::show))
        .route("/orders/export.csv", get(till::order_export::csv))
        .route("/orders/export.xlsx", get(till::order_export::excel))
        .route("/orders/{order}", get(till::order::show))
        .route("/orders/{order}/query", post(till::order::query))
        .route("/refunds", get(till::refund_review::show).post(till::refund_review::decide))
        .route("/refunds/new", get(till::refund_request::show).post(till::refund_request::ask))
        .route("/void", get(till::void::ask).post(till::void::confirm))
        .merge(office())
        .route("/static/{*name}", get(assets::serve))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .with_state(web.clone());

    // From the inside out: the last layer sees the request first.
    pages
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(CsrfLayer::new())
        .layer(axum::middleware::from_fn(guard::require_origin))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, ANSWER_WITHIN))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(axum::middleware::from_fn_with_state(web.clone(), guard::make_room))
        .layer(axum::middleware::from_fn_with_state(web.clone(), flash::clear_when_shown))
        .layer(axum::middleware::from_fn_with_state(web.clone(), problem::put_in_words))
        .layer(CompressionLayer::new())
        .layer(axum::middleware::from_fn_with_state(web, guard::headers))
        .layer(axum::middleware::from_fn(guard::log))
}
