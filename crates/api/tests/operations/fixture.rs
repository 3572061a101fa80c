//! A demo shop per test and programs with keys, calling the router without a socket.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use domain::ids::{MerchantId, PersonId};
use domain::time::{HOUR, Timestamp};
use engine::Engine;
use engine::clock::Clock;
use serde_json::{Value, json};
use storage::api_key::{self, NewKey, Scope};
use storage::archive::{Job, archive};
use storage::audit::Entry;
use storage::vault::Vault;
use storage::{Books, Storage, demo, demo_cards, demo_keys, demo_proposals};
use tower::ServiceExt as _;

/// 2026-11-23 10:26:00 in China.
pub(crate) const OPENING: Timestamp = Timestamp(1_795_400_760_000_000);
pub(crate) const CARD: &str = "6086250000010012";
pub(crate) const PIN: &str = "123456";

fn migrate(url: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(storage::postgres::migrate(url)).expect("migrates");
}

/// The demo shop with a clock that the test controls.
pub(crate) struct Fixture {
    pub(crate) db: Storage,
    pub(crate) clock: Clock,
    pub(crate) vault: Vault,
    pub(crate) books: Books,
    router: Router,
    folder: tempfile::TempDir,
    _database: Option<scratch::Database>,
}

impl Fixture {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = scratch::wanted().then(|| scratch::Database::of("schema", migrate));
        let db = match &database {
            Some(database) => Storage::connect(&database.url()).await.expect("connects"),
            None => Storage::open(&folder.path().join("webpos.db")).expect("opens"),
        };
        let vault = Vault::open_or_create(folder.path()).expect("makes keys");
        let clock = Clock::manual(OPENING);
        let books = Books::of(db.clone(), vault.chain_key());
        demo::seed_people(&db, OPENING).await.expect("seeds people");
        demo_cards::seed_cards(&db, &vault, &books, OPENING).await.expect("seeds cards");
        demo_proposals::seed_fees(&db, &books, OPENING).await.expect("agrees fees");
        demo_keys::seed_keys(&db, OPENING).await.expect("seeds keys");
        let engine = Engine::start(books.clone(), clock.clone());
        let api = api::Api::new(db.clone(), engine, vault.clone(), clock.clone(), false);
        Self { db, clock, vault, books, router: api::router(api), folder, _database: database }
    }

    /// Archives everything up to the clock's day, as if the refund window were long over.
    pub(crate) async fn archive(&self) {
        let now = self.clock.now();
        let target = self.folder.path().join("archive.db");
        let year = 366 * 24 * domain::time::HOUR;
        let job = Job { until: now.business_date(), now: now.plus(year), target: &target, step: 100 };
        let key = self.vault.chain_key();
        archive(&self.db, &key, job, |_| true).await.expect("archives").expect("nothing prevents it");
    }

    /// The program with demo key `n`: 0 the shop's ERP, 1 its head office, 2 another merchant.
    pub(crate) fn program(&self, n: usize) -> Program {
        let (token, _) = demo_keys::tokens().swap_remove(n);
        self.with_token(&token)
    }

    pub(crate) fn with_token(&self, token: &str) -> Program {
        Program { router: self.router.clone(), token: token.to_owned() }
    }

    /// A key of the demo merchant: the usual one modified by `change`. Returns its id and token.
    pub(crate) async fn key(&self, change: impl FnOnce(&mut NewKey)) -> (api_key::KeyId, String) {
        let mut key = NewKey {
            merchant: MerchantId(250_100),
            outlet: None,
            terminal: None,
            name: api_key::secret(),
            scopes: Scope::ALL.to_vec(),
            signed: false,
            rate_max: 60_000,
            expires_at: OPENING.plus(1_000 * HOUR),
        };
        change(&mut key);
        let secret = api_key::secret();
        let made = api_key::create(&self.db, key, secret.clone(), entry()).await.expect("writes").expect("made");
        (made, api_key::token(made, &secret))
    }

    /// Asserts that the ledger verifies.
    pub(crate) async fn assert_in_order(&self) {
        let findings = self.books.verify().await.expect("reads");
        assert!(findings.is_empty(), "{findings:?}");
    }

    /// The balance of the usual card, in fen.
    pub(crate) async fn balance(&self) -> i64 {
        let answer = self.program(0).post("/balance_inquiries", &json!({"card_number": CARD, "pin": PIN})).await;
        answer.body["balance"].as_i64().expect("a balance")
    }
}

pub(crate) fn entry() -> Entry {
    Entry {
        at: OPENING,
        person: Some(PersonId(1002)),
        merchant: None,
        terminal: None,
        action: "api_key_created",
        subject: String::new(),
        detail: String::new(),
        address: "test".to_owned(),
    }
}

/// A payment of `amount` from the usual card.
pub(crate) fn payment(amount: i64) -> Value {
    json!({"card_number": CARD, "pin": PIN, "amount": amount, "currency": "CNY"})
}

/// A program with a key.
#[derive(Clone)]
pub(crate) struct Program {
    router: Router,
    token: String,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Reply {
    /// A field as text.
    #[track_caller]
    pub(crate) fn text_of(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("no text {field} in {}", self.text)).to_owned()
    }

    /// This status, and for an error this code.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if status >= 400 {
            assert_eq!(self.headers["content-type"], "application/problem+json");
            assert_eq!(self.headers["x-request-id"], self.body["request_id"].as_str().expect("an id"));
            assert_eq!((&self.body["status"], &self.body["code"]), (&json!(status), &json!(code)));
        }
    }
}

impl Program {
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("never fails");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Reply { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }

    /// A complete request; `key` is the Idempotency-Key.
    pub(crate) fn request(&self, method: &Method, path: &str, key: &str, body: Option<&Value>) -> Request<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {}", self.token));
        if !method.is_safe() {
            request = request.header("idempotency-key", key).header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        request.body(body).expect("a request")
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request(&Method::GET, path, "", None)).await
    }

    /// Posts with a new Idempotency-Key.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_as(path, &api_key::secret(), body).await
    }

    pub(crate) async fn post_as(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.send(self.request(&Method::POST, path, key, Some(body))).await
    }

    pub(crate) async fn put(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.send(self.request(&Method::PUT, path, key, Some(body))).await
    }

    pub(crate) async fn patch(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.send(self.request(&Method::PATCH, path, key, Some(body))).await
    }
}

/// An operation of the description.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) id: String,
    pub(crate) method: Method,
    /// Without `/api/v1`.
    pub(crate) path: String,
    pub(crate) scopes: Vec<String>,
    /// The body's example.
    pub(crate) body: Option<Value>,
}

/// Every operation of the description.
pub(crate) fn described() -> Vec<Described> {
    let description: Value = serde_json::from_str(api::description()).expect("JSON");
    let mut all = Vec::new();
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for (method, told) in methods.as_object().expect("methods") {
            let schema = told["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str();
            let name = schema.and_then(|schema| schema.rsplit('/').next());
            let words = told["x-scopes"].as_array().expect("scopes");
            all.push(Described {
                id: told["operationId"].as_str().expect("an id").to_owned(),
                method: method.to_uppercase().parse().expect("a method"),
                path: path.strip_prefix("/api/v1").expect("an API path").to_owned(),
                scopes: words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect(),
                body: name.map(|name| description["components"]["schemas"][name]["example"].clone()),
            });
        }
    }
    all
}
