//! PostgreSQL: a bounded pool of connections to the server that accepts writes. Any number of instances may share it.
//!
//! What must stay true:
//! - A job has one connection and one transaction (READ COMMITTED); its answer leaves after COMMIT returned.
//! - A connection lost while committing leaves the write unknown. Everything else that fails has written nothing.
//! - What a job read before it took its locks, it reads again.
//! - The books have a thread of their own, which goes from one group to the next: nobody has to be woken in between,
//!   and nothing of a page is in the way.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use domain::command::Envelope;
use domain::ledger::ChainKey;
use domain::outcome::Outcome;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::job::{Answer, Value, again, answer};
use crate::books::post_postgres;
use crate::error::StorageError;
use crate::sql::{Broken, Connection, Link, Trouble};

pub(crate) mod connect;
mod schema;

use connect::Server;
pub use schema::migrate;

/// Connections of one instance, one of them for the books.
const CONNECTIONS_MAX: usize = 16;

/// How long a job may wait for a connection, and go on trying when it broke: longer than a failover takes.
const PATIENCE: Duration = Duration::from_secs(12);

/// How often a job runs again because of other transactions.
const CONFLICTS_MAX: u32 = 8;

/// The books ask the same few questions again and again, each of which finds its rows by key whatever the values are:
/// the server plans them once per connection. A table that is small then grows under the plan, so none is walked for
/// being small. Pages ask by values that matter, such as the days of a list.
pub(crate) const PLAN_ONCE: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off";

/// A database on a server. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct Postgres {
    pages: Arc<Pool>,
    permits: Arc<Semaphore>,
    books: mpsc::Sender<Group>,
    /// Connections that the books use now: one or none.
    posting: Arc<AtomicU32>,
}

/// The connections.
struct Pool {
    server: Arc<Server>,
    /// What a new one is told first.
    settings: &'static str,
    idle: Mutex<Vec<Connection>>,
}

/// A group of the books that waits for its turn.
type Group = Box<dyn FnOnce(&Pool) + Send>;

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        f.write_str("Postgres")
    }
}

/// One attempt at a job, on a connection.
type Attempt = Box<dyn Fn(&Connection) -> Fate<Value> + Send>;

/// What became of a job on one connection.
enum Fate<T> {
    Done(Result<T, StorageError>),
    /// Nothing was written and the same again may succeed.
    Again(Trouble, StorageError),
    /// COMMIT was sent and its answer is lost.
    Unknown(StorageError),
}

impl Postgres {
    /// Connects, and refuses a schema that is not this program's.
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        let server = Arc::new(Server::parse(url)?);
        let own = Pool { server: Arc::clone(&server), settings: PLAN_ONCE, idle: Mutex::default() };
        let pages = Pool { server, settings: "", idle: Mutex::default() };
        let pages = tokio::task::spawn_blocking(move || {
            let first = pages.server.connect(pages.settings).map_err(StorageError::Open)?;
            schema::check(&first)?;
            pages.put_back(first);
            Ok::<_, StorageError>(Arc::new(pages))
        });
        let pages = pages.await.map_err(|error| StorageError::Open(error.to_string()))??;
        let (books, groups) = mpsc::channel::<Group>();
        thread::Builder::new()
            .name("postgres-books".to_owned())
            .spawn(move || {
                for group in &groups {
                    // Whatever went wrong with one, its caller learns that nothing is known, and the next has its turn.
                    let _ = catch_unwind(AssertUnwindSafe(|| group(&own)));
                }
            })
            .map_err(|error| StorageError::Open(error.to_string()))?;
        let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX - 1));
        Ok(Self { pages, permits, books, posting: Arc::default() })
    }

    /// How many connections there may be, and how many are in use now.
    pub fn connections(&self) -> (u32, u32) {
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        let pages = CONNECTIONS_MAX - 1 - self.permits.available_permits();
        (number(CONNECTIONS_MAX), number(pages) + self.posting.load(Ordering::Relaxed))
    }

    /// Runs `query`, off the async threads. It sees everything committed before the call.
    pub async fn read<T, F>(&self, query: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Clone + Send + 'static,
    {
        let query = again(query);
        answer(self.run(Box::new(move |connection| read_once(connection, &query))).await)
    }

    /// Runs `change` in a transaction and returns once that is durable.
    pub async fn write<T, F>(&self, change: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Clone + Send + 'static,
    {
        let change = again(change);
        answer(self.run(Box::new(move |connection| write_once(connection, &change))).await)
    }

    async fn run(&self, job: Attempt) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        let permit = timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| busy())?.map_err(|error| unreachable(&error))?;
        let pages = Arc::clone(&self.pages);
        let answer = tokio::task::spawn_blocking(move || {
            let answer = pages.run(deadline, job);
            drop(permit);
            answer
        });
        answer.await.map_err(|error| StorageError::Unknown(error.to_string()))?
    }

    /// Decides a group of the money path and makes it durable. Groups take turns. Nothing is known of one in which the
    /// thread was interrupted.
    pub(crate) async fn post<F>(&self, key: ChainKey, group: F) -> Result<Vec<Outcome>, StorageError>
    where
        F: FnOnce() -> Arc<[Envelope]> + Send + 'static,
    {
        let deadline = Instant::now() + PATIENCE;
        let (reply, mut answer) = oneshot::channel();
        let taken = Arc::new(AtomicBool::new(false));
        let (begun, posting) = (Arc::clone(&taken), Arc::clone(&self.posting));
        let turn: Group = Box::new(move |pool| {
            if !begun.swap(true, Ordering::AcqRel) {
                posting.store(1, Ordering::Relaxed);
                let posted = pool.post(deadline, &key, group);
                posting.store(0, Ordering::Relaxed);
                // Nobody may wait any more; what is written stands.
                let _ = reply.send(posted);
            }
        });
        self.books.send(turn).map_err(|error| unreachable(&error))?;
        let answered = match timeout(PATIENCE, &mut answer).await {
            Ok(answered) => answered,
            Err(_) if !taken.swap(true, Ordering::AcqRel) => return Err(busy()),
            Err(_) => answer.await,
        };
        answered.map_err(|_| StorageError::Unknown("the books' thread was interrupted".to_owned()))?
    }
}

fn busy() -> StorageError {
    StorageError::Unreachable("every connection is busy".to_owned())
}

fn unreachable(error: &dyn std::fmt::Display) -> StorageError {
    StorageError::Unreachable(error.to_string())
}

/// What blocks.
impl Pool {
    /// Runs a job on a connection, and again as long as its fate says so.
    fn run<T>(&self, deadline: Instant, job: impl Fn(&Connection) -> Fate<T>) -> Result<T, StorageError> {
        let mut conflicts = 0;
        loop {
            let connection = self.connection(deadline)?;
            let fate = catch_unwind(AssertUnwindSafe(|| job(&connection)));
            // After a panic nobody knows what the connection is in the middle of.
            if fate.is_ok() {
                self.put_back(connection);
            }
            match fate.unwrap_or_else(|_| Fate::Done(Err(StorageError::NotWritten("the job panicked".to_owned())))) {
                Fate::Done(answer) => return answer,
                Fate::Unknown(error) => return Err(error),
                Fate::Again(Trouble::Conflict, error) => {
                    conflicts += 1;
                    if conflicts > CONFLICTS_MAX {
                        return Err(error);
                    }
                    sleep(Duration::from_millis(u64::from(conflicts) * 3));
                }
                Fate::Again(Trouble::Gone, error) => {
                    // The other idle ones are most likely gone too.
                    self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
                    if Instant::now() >= deadline {
                        return Err(unreachable(&error));
                    }
                    sleep(Duration::from_millis(50));
                }
            }
        }
    }

    /// Whose commit got no answer is posted again: the request ids say whether it was written, and while the first is
    /// still under way the second waits for its lock.
    fn post<F>(&self, deadline: Instant, key: &ChainKey, group: F) -> Result<Vec<Outcome>, StorageError>
    where
        F: FnOnce() -> Arc<[Envelope]>,
    {
        let group = LazyLock::new(group);
        let (mut until, mut unknown) = (deadline, None);
        loop {
            let job = |connection: &Connection| {
                write_once(connection, |connection| post_postgres::post(connection, key.clone(), &group))
            };
            match (self.run(until, job), unknown.take()) {
                (Ok(outcomes), _) => return Ok(outcomes),
                (Err(error @ StorageError::Unknown(_)), before) if Instant::now() < deadline => {
                    unknown = Some(before.unwrap_or(error));
                    until = Instant::now() + PATIENCE;
                }
                // Whatever failed this time says nothing about the first.
                (Err(_), Some(first)) => return Err(first),
                (Err(error), None) => return Err(error),
            }
        }
    }

    /// An idle connection, or a new one; tries until `deadline`, because after a failover the new primary takes a
    /// moment.
    fn connection(&self, deadline: Instant) -> Result<Connection, StorageError> {
        while let Some(connection) = self.take_idle() {
            if connection.link().is_some_and(|link| !link.is_closed()) {
                return Ok(connection);
            }
        }
        loop {
            let error = match self.server.connect(self.settings) {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            if Instant::now() + connect::PAUSE >= deadline {
                return Err(unreachable(&error));
            }
            sleep(connect::PAUSE);
        }
    }

    fn take_idle(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put_back(&self, connection: Connection) {
        if connection.link().is_some_and(|link| !link.is_closed()) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

/// The link of a connection to a server.
pub(crate) fn link(connection: &Connection) -> &Link {
    connection.link().expect("the pool has connections to the server only")
}

fn read_once<T>(connection: &Connection, query: impl FnOnce(&Connection) -> Result<T, StorageError>) -> Fate<T> {
    link(connection).forget();
    let answer = query(connection);
    match (link(connection).take_trouble(), answer) {
        (Some(trouble), Err(error)) => Fate::Again(trouble, error),
        (_, answer) => Fate::Done(answer),
    }
}

fn write_once<T>(connection: &Connection, change: impl FnOnce(&Connection) -> Result<T, StorageError>) -> Fate<T> {
    let link = link(connection);
    link.begin();
    let answer = match change(connection) {
        Ok(_) if link.has_failed() => {
            return undone(link, StorageError::NotWritten("a statement failed and nobody looked".to_owned()));
        }
        Ok(answer) => answer,
        Err(error) => return undone(link, error),
    };
    match link.commit() {
        Ok(()) => Fate::Done(Ok(answer)),
        Err(Broken::Before(error)) => undone(link, error.into()),
        Err(Broken::Commit(error)) => commit_failed(link, &error),
    }
}

/// What failed before COMMIT has written nothing.
fn undone<T>(link: &Link, error: StorageError) -> Fate<T> {
    let trouble = link.take_trouble();
    if trouble != Some(Trouble::Gone) && link.rollback().is_err() {
        return Fate::Again(Trouble::Gone, error);
    }
    match trouble {
        Some(trouble) => Fate::Again(trouble, error),
        None => Fate::Done(Err(error)),
    }
}

/// What the server says about a COMMIT is certain. Without its answer nothing is.
fn commit_failed<T>(link: &Link, error: &crate::sql::Error) -> Fate<T> {
    let trouble = link.take_trouble();
    let said = matches!(error, crate::sql::Error::Postgres(error) if error.as_db_error().is_some());
    match trouble {
        Some(Trouble::Gone) => Fate::Unknown(StorageError::Unknown(error.to_string())),
        _ if !said => Fate::Unknown(StorageError::Unknown(error.to_string())),
        Some(Trouble::Conflict) => Fate::Again(Trouble::Conflict, StorageError::NotWritten(error.to_string())),
        None => Fate::Done(Err(StorageError::NotWritten(error.to_string()))),
    }
}
