//! The API for programs: JSON over HTTP, described by OpenAPI.
//!
//! A pharmacy's own system uses it to sell, refund and reconcile, with the same commands, engine and response codes as
//! the pages for people. What must stay true:
//! - Merchant and person come from the API key alone. Another merchant's data is reported as not found.
//! - Every change carries an Idempotency-Key and happens at most once under it. An unknown outcome is reported as
//!   unknown.
//! - A decline is a resource with a response code; an error is a problem with a stable word.
//! - Card numbers and PINs occur only in requests: never in responses, errors, logs, or digests that would reveal a
//!   PIN.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, any, get};
use domain::ids::TerminalId;
use engine::Engine;
use engine::clock::Clock;
use storage::Storage;
use storage::api_key::{self, KeyId};
use storage::merchant::{Reach, TerminalRow};
use storage::product::Listed;
use storage::product_list::SoldAt;
use storage::programme::Bins;
use storage::vault::Vault;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use webhook_target::TargetsAllowed;

mod caller;
mod cursor;
mod disputes;
mod docs;
mod flight;
mod gate;
mod goods;
mod model;
mod openapi;
mod operation;
mod payments;
mod problem;
mod products;
mod rate;
mod records;
mod refunds;
mod reversals;
mod settlements;
mod shared;
mod webhook;

pub use openapi::description;
use operation::OPERATIONS;
use shared::Shared;
pub use webhook::Courier;

/// Longest body.
const BODY_MAX: usize = 256 * 1024;

/// Changes in progress at once. More are rejected, so that no queue behind the API grows without bound.
const CHANGES_MAX: usize = 1_024;

/// Reads in progress at once. They have their own limit, so that reads survive a payment rush.
const READS_MAX: usize = 256;

/// Longer than any operation takes; the timeout of a payment is shorter.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What every operation needs: axum's state. Each layer and handler holds a clone, so a clone is one pointer.
#[derive(Clone)]
pub struct Api(Arc<Parts>);

impl Deref for Api {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What an [`Api`] points to.
#[derive(Clone)]
pub struct Parts {
    storage: Storage,
    engine: Engine,
    vault: Vault,
    clock: Clock,
    behind_proxy: bool,
    rates: rate::Rates,
    flights: flight::Flights,
    keys: Shared<KeyId, Option<Arc<api_key::Stored>>>,
    places: Shared<(Reach, Option<TerminalId>), Arc<[TerminalRow]>>,
    goods: Shared<(SoldAt, String), Option<Arc<Listed>>>,
    bins: Bins,
    targets: TargetsAllowed,
    changes: Arc<Semaphore>,
    reads: Arc<Semaphore>,
}

impl Api {
    /// Operations on `storage`, with money moved by `engine`. `behind_proxy`: `X-Forwarded-For` has the caller's
    /// address.
    pub fn new(storage: Storage, engine: Engine, vault: Vault, clock: Clock, behind_proxy: bool) -> Self {
        let (rates, flights) = (rate::Rates::default(), flight::Flights::default());
        let (keys, places, goods) = (Shared::default(), Shared::default(), Shared::default());
        let (changes, reads) = (Arc::new(Semaphore::new(CHANGES_MAX)), Arc::new(Semaphore::new(READS_MAX)));
        let targets = TargetsAllowed::default();
        Self(Arc::new(Parts {
            storage,
            engine,
            vault,
            clock,
            behind_proxy,
            rates,
            flights,
            keys,
            places,
            goods,
            bins: Bins::default(),
            targets,
            changes,
            reads,
        }))
    }

    /// The same, with webhook targets that the administrator permits despite the rules.
    #[must_use]
    pub fn with_targets(self, targets: TargetsAllowed) -> Self {
        Self(Arc::new(Parts { targets, ..Parts::clone(&self) }))
    }
}

/// Leads to what answers an address.
type Route = fn() -> MethodRouter<Api>;

/// What is served beside the operations.
const BESIDE: &[(&str, Route)] = &[
    ("/api/openapi.json", || get(openapi::serve)),
    ("/api/docs", || get(docs::show)),
    ("/api", || any(problem::nothing_here)),
    ("/api/{*rest}", || any(problem::nothing_here)),
];

/// Every address that is served, once for each method.
pub fn addresses() -> impl Iterator<Item = &'static str> {
    OPERATIONS.iter().map(|one| one.path).chain(BESIDE.iter().map(|(path, _)| *path))
}

/// All operations under `/api`, with the layers around them.
pub fn router(api: Api) -> Router {
    let operations = OPERATIONS.iter().fold(Router::new(), |router, one| router.route(one.path, (one.route)()));
    let operations = operations.route_layer(from_fn_with_state(api.clone(), gate::admit));
    let all = BESIDE.iter().fold(operations, |router, (path, route)| router.route(path, route()));

    // The last layer is the outermost: it sees the request first.
    all.layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, ANSWER_WITHIN))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn(gate::surround))
        .with_state(api)
}
