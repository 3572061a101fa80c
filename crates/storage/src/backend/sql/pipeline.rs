//! Statements that go to a server together: those that were deferred, then those whose replies the caller waits for.
//!
//! What must stay true: statements reach the server in the order in which they were given. When one cannot be sent, no
//! later one is.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::task::Poll;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use super::server_value::Values;

/// One statement of those that are sent together.
#[derive(Clone, Copy)]
pub(super) enum Request<'a> {
    /// Statements without values.
    Batch(&'a str),
    /// A query: its rows are wanted.
    Rows(&'a Statement, &'a [&'a (dyn ToSql + Sync)]),
    /// A change: the number of changed rows is wanted.
    Count(&'a Statement, &'a [&'a (dyn ToSql + Sync)]),
}

/// A server's reply: rows, and how many changed.
pub(super) type Reply = (Vec<Row>, u64);

async fn reply(client: &Client, request: Request<'_>) -> Result<Reply, Error> {
    match request {
        Request::Batch(sql) => client.batch_execute(sql).await.map(|()| (Vec::new(), 0)),
        Request::Rows(statement, values) => Ok((client.query(statement, values).await?, 0)),
        Request::Count(statement, values) => Ok((Vec::new(), client.execute(statement, values).await?)),
    }
}

/// Sends all requests without waiting in between. The replies come in the same order; they end with the first request
/// that could not be sent.
pub(super) async fn send(client: &Client, requests: impl Iterator<Item = Request<'_>>) -> Vec<Result<Reply, Error>> {
    let mut in_flight: Vec<_> = requests.map(|request| Box::pin(reply(client, request))).collect();
    let mut replies: Vec<Option<Result<Reply, Error>>> = Vec::new();
    let replies = poll_fn(|context| {
        // The first poll of a request sends it.
        while replies.len() < in_flight.len() && !matches!(replies.last(), Some(Some(Err(_)))) {
            match in_flight[replies.len()].as_mut().poll(context) {
                Poll::Ready(ready) => replies.push(Some(ready)),
                Poll::Pending => replies.push(None),
            }
        }
        in_flight.truncate(replies.len());
        // Replies come in the order of the requests.
        for (request, reply) in in_flight.iter_mut().zip(&mut replies).filter(|(_, reply)| reply.is_none()) {
            match request.as_mut().poll(context) {
                Poll::Ready(ready) => *reply = Some(ready),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(std::mem::take(&mut replies))
    });
    replies.await.into_iter().flatten().collect()
}

/// The statements that wait for the next request, and the rows that came and were not read yet.
#[derive(Default)]
pub(super) struct Pipeline {
    deferred: RefCell<Vec<Deferred>>,
    rows: RefCell<HashMap<u32, Vec<Row>>>,
    last_query: Cell<u32>,
}

/// A statement that waits for the next request.
struct Deferred {
    statement: Statement,
    values: Values,
    /// The number under which its rows are read, when it is a query.
    query: Option<u32>,
}

/// What is sent before the requests of a caller.
pub(super) struct Ahead {
    begin: bool,
    deferred: Vec<Deferred>,
}

/// The first statement that failed of those sent together.
pub(super) struct Failure {
    pub(super) error: Error,
    /// It was sent ahead of the caller's requests, and is known to have failed there.
    pub(super) ahead: bool,
}

impl Pipeline {
    pub(super) fn defer(&self, statement: Statement, values: Values) {
        self.deferred.borrow_mut().push(Deferred { statement, values, query: None });
    }

    /// The same for a query. Its rows are read under the number that this returns.
    pub(super) fn defer_query(&self, statement: Statement, values: Values) -> u32 {
        let number = self.last_query.get().wrapping_add(1);
        self.last_query.set(number);
        self.deferred.borrow_mut().push(Deferred { statement, values, query: Some(number) });
        number
    }

    /// Whether no statement waits.
    pub(super) fn is_empty(&self) -> bool {
        self.deferred.borrow().is_empty()
    }

    /// Forgets the statements that wait and the rows that were not read.
    pub(super) fn clear(&self) {
        self.deferred.borrow_mut().clear();
        self.rows.borrow_mut().clear();
    }

    /// The rows of a query, once they came; they can be taken once.
    pub(super) fn take_rows(&self, query: u32) -> Option<Vec<Row>> {
        self.rows.borrow_mut().remove(&query)
    }

    /// The statements that wait, behind BEGIN if that is wanted.
    pub(super) fn take(&self, begin: bool) -> Ahead {
        Ahead { begin, deferred: self.deferred.take() }
    }

    /// Keeps the rows of deferred queries and returns the replies to the caller's `wanted` requests.
    pub(super) fn receive(
        &self,
        ahead: &Ahead,
        replies: Vec<Result<Reply, Error>>,
        wanted: usize,
    ) -> Result<Vec<Reply>, Failure> {
        let first = usize::from(ahead.begin) + ahead.deferred.len();
        let all_sent = replies.len() == first + wanted;
        let mut received = Vec::with_capacity(wanted);
        for (index, reply) in replies.into_iter().enumerate() {
            match reply {
                Ok(reply) if index >= first => received.push(reply),
                Ok((rows, _)) => self.rows.borrow_mut().extend(ahead.query(index).map(|query| (query, rows))),
                // Behind a failed statement the others only report that it failed.
                Err(error) => {
                    let ahead = index < first && (error.as_db_error().is_some() || !all_sent);
                    return Err(Failure { error, ahead });
                }
            }
        }
        Ok(received)
    }
}

impl Ahead {
    /// The values of its statements, as requests borrow them.
    pub(super) fn values(&self) -> Vec<Vec<&(dyn ToSql + Sync)>> {
        self.deferred.iter().map(|one| one.values.iter().map(|value| &**value as _).collect()).collect()
    }

    /// Its requests, with what [`Self::values`] returned.
    pub(super) fn requests<'a>(
        &'a self,
        values: &'a [Vec<&'a (dyn ToSql + Sync)>],
    ) -> impl Iterator<Item = Request<'a>> {
        let deferred = self.deferred.iter().zip(values).map(|(one, values)| match one.query {
            Some(_) => Request::Rows(&one.statement, values),
            None => Request::Count(&one.statement, values),
        });
        self.begin.then_some(Request::Batch("BEGIN")).into_iter().chain(deferred)
    }

    /// The number of the query that was sent at this place.
    fn query(&self, index: usize) -> Option<u32> {
        self.deferred.get(index.checked_sub(usize::from(self.begin))?)?.query
    }
}
