//! One way to run statements on two databases, in the shape of `rusqlite`: what a page's function does with its
//! connection is written once.
//!
//! What must stay true:
//! - A connection never leaves the thread of the job that was given it, and has at most one transaction.
//! - Texts are SQLite's with `?1`; [`dialect`] has the little that differs. Only whole numbers, text, bytes and null pass.
//! - Under one writer a read followed by a write is safe. Under PostgreSQL it needs [`Connection::lock`] or
//!   [`Connection::lock_name`] in between; on SQLite both do nothing.

use std::ops::Deref;

mod dialect;
mod error;
mod link;
mod pipeline;
mod question;
mod server_value;
mod value;

pub use dialect::postgres as on_server;
pub use error::{Error, OptionalExtension, Result};
pub(crate) use link::{Broken, Driver, Link, Trouble};
pub(crate) use question::Question;
pub(crate) use server_value::Values;
pub use value::{FromSql, Params, ToSql, Value};

/// Values of different types for one statement.
#[macro_export]
macro_rules! sql_params {
    ($($value:expr),* $(,)?) => { &[$(&$value as &dyn $crate::sql::ToSql),*] as &[&dyn $crate::sql::ToSql] };
}

pub use sql_params as params;

/// A connection to either database.
pub struct Connection(Inner);

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

enum Inner {
    Sqlite(rusqlite::Connection),
    Postgres(Box<Link>),
}

impl From<rusqlite::Connection> for Connection {
    fn from(connection: rusqlite::Connection) -> Self {
        Self(Inner::Sqlite(connection))
    }
}

impl From<Link> for Connection {
    fn from(link: Link) -> Self {
        Self(Inner::Postgres(Box::new(link)))
    }
}

impl Connection {
    /// The embedded database's own connection, for what only it can do.
    pub fn sqlite(&self) -> Option<&rusqlite::Connection> {
        match &self.0 {
            Inner::Sqlite(connection) => Some(connection),
            Inner::Postgres(_) => None,
        }
    }

    /// The way to the server.
    pub(crate) fn link(&self) -> Option<&Link> {
        match &self.0 {
            Inner::Sqlite(_) => None,
            Inner::Postgres(link) => Some(link),
        }
    }

    /// A statement, parsed once per connection.
    pub fn prepare_cached(&self, sql: &str) -> Result<Statement<'_>> {
        Ok(Statement(match &self.0 {
            Inner::Sqlite(connection) => Prepared::Sqlite(connection.prepare_cached(sql)?),
            Inner::Postgres(link) => Prepared::Postgres(link, link.prepare(sql)?),
        }))
    }

    /// The same; a text that is used once may as well be kept.
    pub fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
        self.prepare_cached(sql)
    }

    /// Runs one statement; answers how many rows it changed.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.prepare_cached(sql)?.execute(params)
    }

    /// Runs one statement of a transaction, whose row count is not needed. It goes to a server
    /// together with the next request, or with COMMIT; its failure is then reported there.
    pub fn execute_later(&self, sql: &str, params: impl Params) -> Result<()> {
        match &self.0 {
            Inner::Sqlite(_) => self.execute(sql, params).map(|_| ()),
            Inner::Postgres(link) => link.execute_later(sql, server_value::kept(&params)),
        }
    }

    /// Begins a query whose rows are read later. All such queries go to a server together, when the first rows are
    /// read: one round trip for all of them.
    #[expect(clippy::needless_pass_by_value, reason = "as rusqlite takes them, so that a call reads the same")]
    pub fn query_later(&self, sql: &str, params: impl Params) -> Result<PendingRows<'_>> {
        Ok(PendingRows(match &self.0 {
            Inner::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                bind(&mut statement, &params)?;
                Pending::Sqlite(statement)
            }
            Inner::Postgres(link) => Pending::Postgres(link, link.query_later(sql, server_value::kept(&params))?),
        }))
    }

    /// The first row.
    pub fn query_row<T>(&self, sql: &str, params: impl Params, read: impl FnOnce(&Row<'_>) -> Result<T>) -> Result<T> {
        self.prepare_cached(sql)?.query_row(params, read)
    }

    /// Runs statements without parameters, as the database at hand understands them.
    pub fn execute_batch(&self, sql: &str) -> Result<()> {
        match &self.0 {
            Inner::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Inner::Postgres(link) => link.batch(sql),
        }
    }

    /// Everything read through it is of one moment. For connections that only read.
    pub fn unchecked_transaction(&self) -> Result<Snapshot<'_>> {
        self.execute_batch(match &self.0 {
            Inner::Sqlite(_) => "BEGIN DEFERRED",
            Inner::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        })?;
        Ok(Snapshot(self))
    }

    /// Locks the rows that `sql` selects until the transaction ends. What was read of them before is out of date.
    #[expect(clippy::needless_pass_by_value, reason = "as rusqlite takes them, so that a call reads the same")]
    pub fn lock(&self, sql: &str, params: impl Params) -> Result<()> {
        match &self.0 {
            Inner::Sqlite(_) => Ok(()),
            Inner::Postgres(link) => {
                link.execute_later(&format!("{sql} FOR NO KEY UPDATE"), server_value::kept(&params))
            }
        }
    }

    /// Waits for its turn at what is called `kind` and `key`, until the transaction ends: for rows that are not there yet.
    pub fn lock_name(&self, kind: &str, key: &str) -> Result<()> {
        match &self.0 {
            Inner::Sqlite(_) => Ok(()),
            Inner::Postgres(link) => {
                let sql = "SELECT pg_advisory_xact_lock(hashtextextended(?1 || ':' || ?2, 0))";
                link.execute_later(sql, server_value::kept(&[kind, key]))
            }
        }
    }

    /// The next id of `audit`, as a part of a text. Use it under the terminal's lock, so that a terminal's entries get
    /// visible in their order.
    pub(crate) fn next_audit_id(&self) -> &'static str {
        match &self.0 {
            Inner::Sqlite(_) => "(SELECT COALESCE(MAX(id), 0) + 1 FROM audit)",
            Inner::Postgres(_) => "nextval('audit_id')",
        }
    }
}

/// A connection that sees one moment, until it is dropped.
pub struct Snapshot<'c>(&'c Connection);

impl Snapshot<'_> {
    /// Ends it.
    pub fn finish(self) -> Result<()> {
        drop(self);
        Ok(())
    }
}

impl Deref for Snapshot<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // It only read; a connection that cannot even end a transaction is closed by its owner.
        let _ = self.0.execute_batch("ROLLBACK");
    }
}

/// A prepared statement.
pub struct Statement<'c>(Prepared<'c>);

enum Prepared<'c> {
    Sqlite(rusqlite::CachedStatement<'c>),
    Postgres(&'c Link, tokio_postgres::Statement),
}

/// A prepared statement, under the name that `rusqlite` has for one from its cache.
pub type CachedStatement<'c> = Statement<'c>;

impl Statement<'_> {
    /// Runs it; answers how many rows it changed.
    #[expect(clippy::needless_pass_by_value, reason = "as rusqlite takes them, so that a call reads the same")]
    pub fn execute(&mut self, params: impl Params) -> Result<usize> {
        match &mut self.0 {
            Prepared::Sqlite(statement) => {
                bind(statement, &params)?;
                Ok(statement.raw_execute()?)
            }
            Prepared::Postgres(link, statement) => link.execute(statement, &params.values()),
        }
    }

    /// Its rows, one by one.
    #[expect(clippy::needless_pass_by_value, reason = "as rusqlite takes them, so that a call reads the same")]
    pub fn query(&mut self, params: impl Params) -> Result<Rows<'_>> {
        match &mut self.0 {
            Prepared::Sqlite(statement) => {
                bind(statement, &params)?;
                Ok(Rows::Sqlite(statement.raw_query()))
            }
            Prepared::Postgres(link, statement) => {
                Ok(Rows::Postgres(link.query(statement, &params.values())?.into_iter(), None))
            }
        }
    }

    /// The first row.
    pub fn query_row<T>(&mut self, params: impl Params, read: impl FnOnce(&Row<'_>) -> Result<T>) -> Result<T> {
        let mut rows = self.query(params)?;
        let row = rows.next()?.ok_or(Error::NoRows)?;
        read(&row)
    }

    /// Its rows, each read by `read`.
    pub fn query_map<T, F: FnMut(&Row<'_>) -> Result<T>>(
        &mut self,
        params: impl Params,
        read: F,
    ) -> Result<Mapped<'_, F>> {
        Ok(Mapped { rows: self.query(params)?, read })
    }
}

/// A query whose rows are read later.
pub struct PendingRows<'c>(Pending<'c>);

enum Pending<'c> {
    Sqlite(rusqlite::CachedStatement<'c>),
    Postgres(&'c Link, u32),
}

impl PendingRows<'_> {
    /// Its rows, each read by `read`.
    pub fn rows<T>(self, read: impl FnMut(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
        match self.0 {
            Pending::Sqlite(mut statement) => Mapped { rows: Rows::Sqlite(statement.raw_query()), read }.collect(),
            Pending::Postgres(link, number) => {
                Mapped { rows: Rows::Postgres(link.rows(number)?.into_iter(), None), read }.collect()
            }
        }
    }

    /// The first row, if there is one.
    pub fn first<T>(self, read: impl FnMut(&Row<'_>) -> Result<T>) -> Result<Option<T>> {
        Ok(self.rows(read)?.into_iter().next())
    }
}

/// Binds the values in place; as many as the statement has places for.
fn bind(statement: &mut rusqlite::CachedStatement<'_>, params: &impl Params) -> Result<()> {
    let (mut place, mut bound) = (0, Ok(()));
    params.each(&mut |value| {
        place += 1;
        if bound.is_ok() {
            bound = statement.raw_bind_parameter(place, value);
        }
    });
    bound?;
    let wanted = statement.parameter_count();
    if place == wanted { Ok(()) } else { Err(rusqlite::Error::InvalidParameterCount(place, wanted).into()) }
}

/// The rows of a query.
pub enum Rows<'s> {
    /// Stepped through.
    #[doc(hidden)]
    Sqlite(rusqlite::Rows<'s>),
    /// All here already; the row at hand is kept.
    #[doc(hidden)]
    Postgres(std::vec::IntoIter<tokio_postgres::Row>, Option<tokio_postgres::Row>),
}

impl Rows<'_> {
    /// The next row.
    #[expect(clippy::should_implement_trait, reason = "a row borrows from the rows, which no iterator can express")]
    pub fn next(&mut self) -> Result<Option<Row<'_>>> {
        match self {
            Self::Sqlite(rows) => Ok(rows.next()?.map(Row::Sqlite)),
            Self::Postgres(rest, at_hand) => {
                *at_hand = rest.next();
                Ok(at_hand.as_ref().map(Row::Postgres))
            }
        }
    }
}

/// Rows that are read as they come.
pub struct Mapped<'s, F> {
    rows: Rows<'s>,
    read: F,
}

impl<T, F: FnMut(&Row<'_>) -> Result<T>> Iterator for Mapped<'_, F> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        match self.rows.next() {
            Ok(Some(row)) => Some((self.read)(&row)),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// One row.
pub enum Row<'r> {
    /// Of the embedded database.
    #[doc(hidden)]
    Sqlite(&'r rusqlite::Row<'r>),
    /// Of the server.
    #[doc(hidden)]
    Postgres(&'r tokio_postgres::Row),
}

/// How a column is named: by its place.
pub trait Column {
    /// The place, from 0.
    fn place(self) -> usize;
}

impl Column for usize {
    fn place(self) -> usize {
        self
    }
}

impl Row<'_> {
    /// The value of a column.
    pub fn get<C: Column, T: FromSql>(&self, column: C) -> Result<T> {
        let column = column.place();
        value::read(column, self.value(column)?)
    }

    /// A text that need not be copied.
    pub fn text(&self, column: usize) -> Result<&str> {
        match self.value(column)? {
            Value::Text(text) => Ok(text),
            other => Err(Error::unreadable(column, &format!("{other:?}"))),
        }
    }

    /// The value of a column as it is.
    pub fn value(&self, column: usize) -> Result<Value<'_>> {
        match self {
            Self::Sqlite(row) => match row.get_ref(column)? {
                rusqlite::types::ValueRef::Null => Ok(Value::Null),
                rusqlite::types::ValueRef::Integer(number) => Ok(Value::Integer(number)),
                rusqlite::types::ValueRef::Text(text) => {
                    let text = std::str::from_utf8(text);
                    text.map(Value::Text).map_err(|error| Error::unreadable(column, &error.to_string()))
                }
                rusqlite::types::ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes)),
                rusqlite::types::ValueRef::Real(number) => Err(Error::unreadable(column, &number.to_string())),
            },
            Self::Postgres(row) => server_value::value(row, column),
        }
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::ValueRef;
        Ok(rusqlite::types::ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
