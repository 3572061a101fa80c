//! A shop of its own per test, and a browser that keeps cookies; through the router, without a socket.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use domain::ids::PersonId;
use domain::person::Move;
use domain::time::Timestamp;
use engine::Engine;
use engine::clock::Clock;
use storage::archive::{Job, archive};
use storage::audit::Entry;
use storage::people::{keep, list};
use storage::vault::Vault;
use storage::{Books, Storage, StorageError, demo, demo_cards, demo_proposals};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;
use web::{Settings, Web, router};

/// 2026-11-23 10:26:00 in China.
pub(crate) const OPENING: Timestamp = Timestamp(1_795_400_760_000_000);
/// Microseconds in a minute.
pub(crate) const MINUTE: i64 = 60_000_000;

fn migrate(url: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(storage::postgres::migrate(url)).expect("migrates");
}

/// An empty database on the server of the tests.
pub(crate) fn database() -> scratch::Database {
    scratch::Database::of("schema", migrate)
}

/// The demo shop on a clock that the test moves.
pub(crate) struct Shop {
    pub(crate) db: Storage,
    pub(crate) clock: Clock,
    pub(crate) vault: Vault,
    pub(crate) books: Books,
    pub(crate) web: Web,
    router: Router,
    folder: tempfile::TempDir,
    _database: Option<scratch::Database>,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::on(scratch::wanted().then(database), change).await
    }

    /// On a server's database, or in a file.
    pub(crate) async fn on(database: Option<scratch::Database>, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
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
        let mut settings = Settings {
            secure_cookies: false,
            behind_proxy: false,
            test_captcha: Some("abcd".to_owned()),
            hotline: "025-86988520".to_owned(),
            public_demo: false,
        };
        change(&mut settings);
        let engine = Engine::start(books.clone(), clock.clone());
        let web = Web::new(db.clone(), engine, vault.clone(), clock.clone(), settings);
        let router = router(&web);
        Self { db, clock, vault, books, web, router, folder, _database: database }
    }

    /// Archives what happened up to the clock's day, as is done when the time for refunds is long over.
    pub(crate) async fn archive(&self) {
        let now = self.clock.now();
        let target = self.folder.path().join("archive.db");
        let year = 366 * 24 * domain::time::HOUR;
        let job = Job { until: now.business_date(), now: now.plus(year), target: &target, step: 100 };
        let key = self.vault.chain_key();
        archive(&self.db, &key, job, |_| true).await.expect("archives").expect("nothing is in the way");
    }

    /// A browser that never was here.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor { router: self.router.clone(), cookies: BTreeMap::new() }
    }

    /// Another window with the cookies of `visitor`.
    pub(crate) fn same(&self, visitor: &Visitor) -> Visitor {
        Visitor { router: self.router.clone(), cookies: visitor.cookies.clone() }
    }

    /// A browser with somebody signed in.
    pub(crate) async fn signed_in(&self, login: &str) -> Visitor {
        let mut visitor = self.visitor();
        let answer = visitor.sign_in(login, demo::PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_ne!(answer.location(), "/login", "{login} was not let in");
        visitor
    }

    /// Stops a login, as a manager does.
    pub(crate) async fn disable(&self, person: i64) {
        let (db, id, now) = (&self.db, PersonId(person), self.clock.now());
        let found = list::find(db, id, None, now).await.expect("reads").expect("somebody");
        let entry = Entry {
            at: now,
            person: None,
            merchant: None,
            terminal: None,
            action: "person_disabled",
            subject: String::new(),
            detail: String::new(),
            address: String::new(),
        };
        keep::step(db, (id, found.version), Move::Disable, entry).await.expect("writes").expect("is possible");
    }

    /// Actions in the audit log, oldest first.
    pub(crate) async fn audited(&self) -> Vec<String> {
        let read = self.db.read(|connection| {
            let mut statement = connection.prepare("SELECT action FROM audit ORDER BY id")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        });
        read.await.expect("reads")
    }
}

/// A file that stands still.
pub(crate) struct Stall {
    release: mpsc::Sender<()>,
    busy: JoinHandle<Result<(), StorageError>>,
}

impl Stall {
    /// Of the shop's file. There is none on a server.
    pub(crate) async fn of(shop: &Shop) -> Option<Self> {
        let Storage::Sqlite(db) = shop.db.clone() else { return None };
        let (release, wait) = mpsc::channel::<()>();
        let busy = tokio::spawn(async move {
            db.write(move |_| {
                let _ = wait.recv_timeout(Duration::from_secs(30));
                Ok(())
            })
            .await
        });
        tokio::task::yield_now().await;
        Some(Self { release, busy })
    }

    /// Posts a form, and lets more time pass than a page waits for the answer.
    pub(crate) async fn post(&self, visitor: &mut Visitor, path: &str, fields: &[(&str, &str)]) -> Answer {
        tokio::time::pause();
        let answer = visitor.post(path, fields).await;
        tokio::time::resume();
        answer
    }

    /// The file goes on.
    pub(crate) async fn end(self) {
        self.release.send(()).expect("the file goes on");
        self.busy.await.expect("runs").expect("writes");
    }
}

/// One browser. Redirects are not followed, so that tests see them.
pub(crate) struct Visitor {
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// As text; of a page, white space is folded to single spaces, as a browser does.
    pub(crate) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let kind = self.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/html") {
            text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        } else {
            text.into_owned()
        }
    }

    pub(crate) fn location(&self) -> &str {
        self.headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// `words` are on the page; sentences that it only holds ready for the script, in `data-` attributes, do not count.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        let text = self.text();
        let said = text.contains(words) && (words.contains("data-") || without_data(&text).contains(words));
        assert!(said, "not on the page: {words}\n{text}");
    }
}

/// A page without the values of its `data-` attributes.
fn without_data(page: &str) -> String {
    let mut parts = page.split(" data-");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let value =
            part.split_once("=\"").filter(|(name, _)| name.bytes().all(|c| c.is_ascii_lowercase() || c == b'-'));
        text + value.and_then(|(_, rest)| rest.split_once('"')).map_or(part, |(_, rest)| rest)
    })
}

impl Visitor {
    pub(crate) async fn send(&mut self, request: Request<Body>) -> Answer {
        let (mut parts, body) = request.into_parts();
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            parts.headers.insert("cookie", cookies.join("; ").parse().expect("a header"));
        }
        let response = self.router.clone().oneshot(Request::from_parts(parts, body)).await.expect("never fails");
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().expect("text");
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body").to_vec();
        Answer { status, headers, bytes }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body.join("&")));
        self.send(request.expect("a request")).await
    }

    /// Posts, then shows the page it leads to.
    pub(crate) async fn post_and_look(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let location = answer.location().to_owned();
        self.get(&location).await
    }

    /// Opens the login page, fills it in and sends it.
    pub(crate) async fn sign_in(&mut self, login: &str, password: &str) -> Answer {
        self.get("/login").await;
        self.post("/login", &[("u", login), ("p", password), ("c", "ABCD")]).await
    }

    /// The same, and shows where it leads to.
    pub(crate) async fn sign_in_and_look(&mut self, login: &str, password: &str) -> Answer {
        self.get("/login").await;
        self.post_and_look("/login", &[("u", login), ("p", password), ("c", "abcd")]).await
    }
}

pub(crate) fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    value.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
