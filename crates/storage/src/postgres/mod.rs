//! PostgreSQL: a bounded pool of connections to the server that takes writes, for as many copies of the program as there
//! are.
//!
//! What must stay true:
//! - A job has one connection and one transaction (READ COMMITTED); its answer leaves after COMMIT returned.
//! - A connection lost while committing leaves the write unknown. Everything else that fails has written nothing.
//! - What a job read before it took its locks, it reads again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use domain::command::Envelope;
use domain::ledger::ChainKey;
use domain::outcome::Outcome;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout_at};

use crate::error::StorageError;
use crate::sql::{Connection, Link, Trouble};

mod books;
mod connect;
mod migrate;
mod new_orders;

pub(crate) use books::lock_chain;
use connect::Server;
pub use migrate::migrate;

/// Connections of one copy of the program, one of them for the books.
const CONNECTIONS_MAX: usize = 16;

/// How long a job may wait for a connection, and go on trying when it broke: longer than a failover takes.
const PATIENCE: Duration = Duration::from_secs(12);

/// How often a job runs again because of other transactions.
const CONFLICTS_MAX: u32 = 8;

/// A database on a server. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct Postgres(Arc<Shared>);

struct Shared {
    server: Server,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
    /// The books run one group at a time; they never wait behind pages.
    books: Semaphore,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        f.write_str("Postgres")
    }
}

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
        let server = Server::parse(url)?;
        let first = server.connect().await.map_err(StorageError::Open)?;
        let shared = Shared {
            server,
            idle: Mutex::default(),
            permits: Semaphore::new(CONNECTIONS_MAX - 1),
            books: Semaphore::new(1),
        };
        let found = tokio::task::spawn_blocking(move || migrate::version(&first).map(|found| (found, first)));
        let (found, first) = found.await.map_err(|error| StorageError::Open(error.to_string()))??;
        migrate::check(found)?;
        shared.put_back(first);
        Ok(Self(Arc::new(shared)))
    }

    /// How many connections there may be, and how many are in use now.
    pub fn connections(&self) -> (u32, u32) {
        let free = self.0.permits.available_permits() + self.0.books.available_permits();
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        (number(CONNECTIONS_MAX), number(CONNECTIONS_MAX.saturating_sub(free)))
    }

    /// Runs `query`, off the async threads. It sees everything committed before the call.
    pub async fn read<T, F>(&self, query: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Clone + Send + 'static,
    {
        self.run(&self.0.permits, move |connection| {
            let query = query.clone();
            read_once(connection, query)
        })
        .await
    }

    /// Runs `change` in a transaction and returns once that is durable.
    pub async fn write<T, F>(&self, change: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Clone + Send + 'static,
    {
        self.run(&self.0.permits, move |connection| {
            let change = change.clone();
            write_once(connection, change)
        })
        .await
    }

    /// Decides a group of the money path and makes it durable. Whose commit got no answer is posted again: the request
    /// ids say whether it was written, and while the first is still under way the second waits for its lock.
    pub(crate) async fn post<F>(&self, key: ChainKey, group: F) -> Result<Vec<Outcome>, StorageError>
    where
        F: FnOnce() -> Arc<[Envelope]> + Send + 'static,
    {
        let group = Arc::new(LazyLock::new(group));
        let deadline = Instant::now() + PATIENCE;
        let mut unknown = None;
        loop {
            let (key, group) = (key.clone(), Arc::clone(&group));
            let job = move |connection: &Connection| {
                let (key, group) = (key.clone(), Arc::clone(&group));
                write_once(connection, move |connection| books::post(connection, key, &group))
            };
            match (self.run(&self.0.books, job).await, unknown.take()) {
                (Ok(outcomes), _) => return Ok(outcomes),
                (Err(error @ StorageError::Unknown(_)), before) if Instant::now() < deadline => {
                    unknown = Some(before.unwrap_or(error));
                }
                // Whatever failed this time says nothing about the first.
                (Err(_), Some(first)) => return Err(first),
                (Err(error), None) => return Err(error),
            }
        }
    }

    async fn run<T, F>(&self, permits: &Semaphore, job: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Fate<T> + Clone + Send + 'static,
    {
        let deadline = Instant::now() + PATIENCE;
        let unreachable = |error: &dyn std::fmt::Display| StorageError::Unreachable(error.to_string());
        let permit: SemaphorePermit<'_> = match timeout_at(deadline, permits.acquire()).await {
            Ok(permit) => permit.map_err(|error| unreachable(&error))?,
            Err(_) => return Err(StorageError::Unreachable("every connection is busy".to_owned())),
        };
        let mut conflicts = 0;
        let answer = loop {
            let connection = self.0.connection(deadline).await?;
            let (job, shared) = (job.clone(), Arc::clone(&self.0));
            let fate = tokio::task::spawn_blocking(move || {
                let fate = catch_unwind(AssertUnwindSafe(|| job(&connection)));
                // After a panic nobody knows what the connection is in the middle of.
                if fate.is_ok() {
                    shared.put_back(connection);
                }
                fate.unwrap_or_else(|_| Fate::Done(Err(StorageError::NotWritten("the job panicked".to_owned()))))
            });
            match fate.await.map_err(|error| StorageError::Unknown(error.to_string()))? {
                Fate::Done(answer) => break answer,
                Fate::Unknown(error) => break Err(error),
                Fate::Again(Trouble::Conflict, error) => {
                    conflicts += 1;
                    if conflicts > CONFLICTS_MAX {
                        break Err(error);
                    }
                    sleep(Duration::from_millis(u64::from(conflicts) * 3)).await;
                }
                Fate::Again(Trouble::Gone, error) => {
                    if Instant::now() >= deadline {
                        break Err(unreachable(&error));
                    }
                    // The other idle ones are most likely gone too.
                    self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
                    sleep(Duration::from_millis(50)).await;
                }
            }
        };
        drop(permit);
        answer
    }
}

impl Shared {
    /// An idle connection, or a new one; tries until `deadline`, because after a failover the new primary takes a moment.
    async fn connection(&self, deadline: Instant) -> Result<Connection, StorageError> {
        while let Some(connection) = self.take() {
            if connection.link().is_some_and(|link| !link.is_closed()) {
                return Ok(connection);
            }
        }
        loop {
            let error = match timeout_at(deadline, self.server.connect()).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => error,
                Err(_) => "no answer".to_owned(),
            };
            if Instant::now() + connect::PAUSE >= deadline {
                return Err(StorageError::Unreachable(error));
            }
            sleep(connect::PAUSE).await;
        }
    }

    fn take(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put_back(&self, connection: Connection) {
        if connection.link().is_some_and(|link| !link.is_closed()) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

fn link(connection: &Connection) -> &Link {
    connection.link().expect("the pool has connections to the server only")
}

fn read_once<T>(connection: &Connection, query: impl FnOnce(&Connection) -> Result<T, StorageError>) -> Fate<T> {
    let answer = query(connection);
    match (link(connection).take_trouble(), answer) {
        (Some(trouble), Err(error)) => Fate::Again(trouble, error),
        (_, answer) => Fate::Done(answer),
    }
}

fn write_once<T>(connection: &Connection, change: impl FnOnce(&Connection) -> Result<T, StorageError>) -> Fate<T> {
    let done = match link(connection).begin() {
        Ok(()) => change(connection),
        Err(error) => Err(error.into()),
    };
    let done = match done {
        Ok(_) if link(connection).has_failed() => {
            Err(StorageError::NotWritten("a statement failed and nobody looked".to_owned()))
        }
        done => done,
    };
    match done {
        Ok(answer) => match connection.execute_batch("COMMIT") {
            Ok(()) => Fate::Done(Ok(answer)),
            Err(error) => commit_failed(link(connection), &error),
        },
        Err(error) => {
            let trouble = link(connection).take_trouble();
            if trouble != Some(Trouble::Gone) && connection.execute_batch("ROLLBACK").is_err() {
                return Fate::Again(Trouble::Gone, error);
            }
            match trouble {
                Some(trouble) => Fate::Again(trouble, error),
                None => Fate::Done(Err(error)),
            }
        }
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
