//! A connection to PostgreSQL as a blocking thread uses it: statements prepared once, and what went wrong remembered.
//!
//! The thread that waits for an answer moves the bytes itself, on a runtime that only this connection has: an answer of
//! the server wakes one thread and not a chain of them.
//!
//! What must stay true: statements reach the server in the order in which they were given; a deferred statement goes
//! before the next request, and before COMMIT. COMMIT is sent only when the server has answered in that transaction, so
//! that a connection that died while it was idle never makes a write unknown.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::pipeline::{self, Failure, Pipeline, Reply, Request};
use super::server_value::{Values, borrowed};
use super::{Error, Result, Value, dialect};

/// How long an answer may take: longer than the server lets a statement run. A machine whose disk hangs keeps its
/// connections and says nothing.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// What a failure says about trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The connection is gone, or leads to a server that takes no writes any more.
    Gone,
    /// Another transaction was in the way: the same again may well succeed.
    Conflict,
}

/// Moves bytes between a client and its server; ends when there is nothing more to move.
pub(crate) type Driver = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>;

/// The way to the server.
pub(crate) struct Link {
    client: Client,
    /// None once the connection is gone: it ended, or the server did not answer in time.
    driver: RefCell<Option<Driver>>,
    runtime: ConnectionRuntime,
    statements: RefCell<HashMap<Box<str>, Statement>>,
    pipeline: Pipeline,
    phase: Cell<Phase>,
    answer_within: Cell<Duration>,
}

/// Where a transaction stands. A connection that is gone keeps its last phase.
#[derive(Clone, Copy)]
enum Phase {
    /// Requests run as they are sent: outside a transaction, or in one that has begun.
    Ready,
    /// BEGIN goes to the server before the next request.
    BeginPending,
    /// A statement failed. The server then rolls back whatever COMMIT says. The next transaction ends this phase.
    Failed {
        /// The transaction failed before its BEGIN was sent: a statement could not be prepared.
        begin_pending: bool,
        /// Whether the last failure is worth another try; none once that was reported.
        trouble: Option<Trouble>,
    },
}

impl Phase {
    fn begin_pending(self) -> bool {
        matches!(self, Self::BeginPending | Self::Failed { begin_pending: true, .. })
    }

    fn trouble(self) -> Option<Trouble> {
        if let Self::Failed { trouble, .. } = self { trouble } else { None }
    }

    /// This phase with BEGIN sent, or given up.
    fn begun(self) -> Self {
        match self {
            Self::Failed { trouble, .. } => Self::Failed { begin_pending: false, trouble },
            Self::Ready | Self::BeginPending => Self::Ready,
        }
    }

    fn failed(self, trouble: Option<Trouble>) -> Self {
        Self::Failed { begin_pending: self.begin_pending(), trouble }
    }
}

/// The runtime of one connection. It may be dropped where another runtime runs.
struct ConnectionRuntime(Option<Runtime>);

impl ConnectionRuntime {
    fn run<F: Future>(&self, work: F) -> F::Output {
        self.0.as_ref().expect("it is there until it is dropped").block_on(work)
    }
}

impl Drop for ConnectionRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The first failure of statements that were sent together.
struct SendError {
    error: Error,
    /// A statement failed that was sent ahead of the caller's requests.
    ahead: bool,
}

impl From<SendError> for Error {
    fn from(failed: SendError) -> Self {
        failed.error
    }
}

/// How a transaction was not committed.
pub(crate) enum Broken {
    /// The server did not get to COMMIT: nothing was written.
    Before(Error),
    /// COMMIT itself failed, or its outcome is unknown.
    Commit(Error),
}

/// Errors after which the connection must be dropped. A stale plan, after a change of the schema, is one of them.
fn gone(code: &SqlState) -> bool {
    let class = code.code().get(..2).unwrap_or_default();
    matches!(class, "08" | "57" if *code != SqlState::QUERY_CANCELED)
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
        || *code == SqlState::FEATURE_NOT_SUPPORTED
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
}

/// What an error of the server, or of the way there, means.
pub(crate) fn trouble(error: &tokio_postgres::Error) -> Option<Trouble> {
    let Some(code) = error.code() else {
        return (error.is_closed() || error.source().is_some_and(<dyn StdError>::is::<std::io::Error>))
            .then_some(Trouble::Gone);
    };
    let conflict = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::UNIQUE_VIOLATION];
    match () {
        () if conflict.contains(code) => Some(Trouble::Conflict),
        () if gone(code) => Some(Trouble::Gone),
        () => None,
    }
}

impl Link {
    /// The connection that `connect` makes, once it has answered `first`; each within so long. Errors are in words.
    pub(crate) fn open(
        connect: impl Future<Output = Result<(Client, Driver), tokio_postgres::Error>>,
        first: &str,
        within: Duration,
    ) -> Result<Self, String> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        let (client, driver) = match runtime.block_on(async { timeout(within, connect).await }) {
            Ok(connected) => connected.map_err(|error| why(&error))?,
            Err(_) => return Err("no answer".to_owned()),
        };
        let link = Self {
            client,
            driver: RefCell::new(Some(driver)),
            runtime: ConnectionRuntime(Some(runtime)),
            statements: RefCell::default(),
            pipeline: Pipeline::default(),
            phase: Cell::new(Phase::Ready),
            answer_within: Cell::new(within),
        };
        link.batch(first).map_err(|error| error.to_string())?;
        link.answer_within.set(ANSWER_WITHIN);
        Ok(link)
    }

    /// From now on answers may take any time.
    pub(crate) fn without_timeout(&self) {
        self.answer_within.set(Duration::MAX);
    }

    /// The connection is of no further use, as far as is known.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_gone() || self.phase.get().trouble() == Some(Trouble::Gone)
    }

    fn is_gone(&self) -> bool {
        self.driver.borrow().is_none()
    }

    /// The trouble since the last call.
    pub(crate) fn take_trouble(&self) -> Option<Trouble> {
        if self.is_gone() {
            return Some(Trouble::Gone);
        }
        let phase = self.phase.get();
        if phase.trouble().is_some() {
            self.phase.set(phase.failed(None));
        }
        phase.trouble()
    }

    /// Forgets what the job before left unsent or unread.
    pub(crate) fn forget(&self) {
        self.pipeline.clear();
    }

    /// Begins a transaction, together with its first request.
    pub(crate) fn begin(&self) {
        self.forget();
        self.phase.set(Phase::BeginPending);
    }

    /// Whether a statement of the transaction failed.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.phase.get(), Phase::Failed { .. })
    }

    /// Ends the transaction, together with what was deferred. An empty transaction is a no-op.
    pub(crate) fn commit(&self) -> Result<(), Broken> {
        if self.phase.get().begin_pending() {
            if self.pipeline.is_empty() {
                self.phase.set(self.phase.get().begun());
                return Ok(());
            }
            self.send(&[]).map_err(|failed| Broken::Before(failed.error))?;
        }
        match self.send(&[Request::Batch("COMMIT")]) {
            Ok(_) => Ok(()),
            Err(SendError { error, ahead: true }) => Err(Broken::Before(error)),
            Err(SendError { error, ahead: false }) => Err(Broken::Commit(error)),
        }
    }

    /// Undoes the transaction, if the server has heard of it.
    pub(crate) fn rollback(&self) -> Result<()> {
        self.forget();
        let phase = self.phase.replace(self.phase.get().begun());
        if phase.begin_pending() { Ok(()) } else { self.batch("ROLLBACK") }
    }

    /// Waits for an answer of the server, on a thread that may wait, and moves the bytes meanwhile.
    fn wait<T>(&self, answer: impl Future<Output = T>) -> Result<T> {
        let (mut answer, mut driver) = (pin!(answer), self.driver.borrow_mut());
        let moving = poll_fn(|context| {
            if let Poll::Ready(answer) = answer.as_mut().poll(context) {
                return Poll::Ready(answer);
            }
            if driver.as_mut().is_some_and(|driver| driver.as_mut().poll(context).is_ready()) {
                // The caller that waits for an answer learns that there is none.
                *driver = None;
            }
            answer.as_mut().poll(context)
        });
        self.runtime.run(async { timeout(self.answer_within.get(), moving).await }).map_err(|_| {
            *driver = None;
            let phase = self.phase.get();
            self.phase.set(phase.failed(phase.trouble()));
            Error::TimedOut
        })
    }

    fn note(&self, error: tokio_postgres::Error) -> Error {
        self.phase.set(self.phase.get().failed(trouble(&error)));
        Error::Postgres(error)
    }

    pub(crate) fn prepare(&self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let prepared = self.wait(self.client.prepare(&dialect::postgres(sql)))?;
        let statement = prepared.map_err(|error| self.note(error))?;
        self.statements.borrow_mut().insert(sql.into(), statement.clone());
        Ok(statement)
    }

    /// Sends what was deferred and then `requests`, without waiting in between; returns the reply to each of `requests`.
    fn send(&self, requests: &[Request<'_>]) -> Result<Vec<Reply>, SendError> {
        let phase = self.phase.replace(self.phase.get().begun());
        let ahead = self.pipeline.take(phase.begin_pending());
        let values = ahead.values();
        let all = ahead.requests(&values).chain(requests.iter().copied());
        let replies = self.wait(pipeline::send(&self.client, all));
        let replies = replies.map_err(|error| SendError { error, ahead: false })?;
        let received = self.pipeline.receive(&ahead, replies, requests.len());
        received.map_err(|Failure { error, ahead }| SendError { error: self.note(error), ahead })
    }

    /// Sends one statement behind those that were deferred.
    fn one(&self, request: Request<'_>) -> Result<Reply> {
        Ok(self.send(&[request])?.pop().expect("a reply to each"))
    }

    pub(crate) fn execute(&self, statement: &Statement, values: &[Value<'_>]) -> Result<usize> {
        let (_, changed) = self.one(Request::Count(statement, &borrowed(values)))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(crate) fn query(&self, statement: &Statement, values: &[Value<'_>]) -> Result<Vec<Row>> {
        Ok(self.one(Request::Rows(statement, &borrowed(values)))?.0)
    }

    /// Sends a statement with the next request, or with COMMIT.
    pub(crate) fn execute_later(&self, sql: &str, values: Values) -> Result<()> {
        let statement = self.prepare(sql)?;
        self.pipeline.defer(statement, values);
        Ok(())
    }

    /// The same for a query. [`Link::rows`] reads its rows under the number that this returns.
    pub(crate) fn query_later(&self, sql: &str, values: Values) -> Result<u32> {
        let statement = self.prepare(sql)?;
        Ok(self.pipeline.defer_query(statement, values))
    }

    /// The rows of a deferred query, once. If they are not here yet, all deferred statements are sent now.
    pub(crate) fn rows(&self, query: u32) -> Result<Vec<Row>> {
        if let Some(rows) = self.pipeline.take_rows(query) {
            return Ok(rows);
        }
        self.send(&[])?;
        Ok(self.pipeline.take_rows(query).unwrap_or_default())
    }

    /// Sends those statements that are wanted, in this order and without waiting in between; returns the rows of each.
    pub(crate) fn together<const N: usize>(
        &self,
        batch: &[(&str, bool, &[&(dyn ToSql + Sync)]); N],
    ) -> Result<[Vec<Row>; N]> {
        let wanted = || batch.iter().filter(|(_, wanted, _)| *wanted);
        let statements: Vec<Statement> = wanted().map(|(sql, ..)| self.prepare(sql)).collect::<Result<_>>()?;
        let requests =
            statements.iter().zip(wanted()).map(|(statement, (.., values))| Request::Rows(statement, values));
        let mut replies = self.send(&requests.collect::<Vec<_>>())?.into_iter();
        Ok(batch.each_ref().map(|(_, wanted, _)| {
            let reply = if *wanted { replies.next() } else { None };
            reply.map_or_else(Vec::new, |(rows, _)| rows)
        }))
    }

    pub(crate) fn batch(&self, sql: &str) -> Result<()> {
        self.one(Request::Batch(sql)).map(|_| ())
    }
}

/// The whole story of an error; the library's own text is often no more than "db error".
fn why(error: &tokio_postgres::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
