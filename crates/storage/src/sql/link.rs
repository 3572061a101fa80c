//! A connection to PostgreSQL as a blocking thread uses it: statements prepared once, and what went wrong remembered.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use bytes::BytesMut;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Row, Statement};

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

/// The way to the server.
pub(crate) struct Link {
    client: Client,
    runtime: Handle,
    statements: RefCell<HashMap<Box<str>, Statement>>,
    trouble: Cell<Option<Trouble>>,
    /// A statement failed since the transaction began. The server then rolls back whatever COMMIT says.
    failed: Cell<bool>,
    patience: Cell<Duration>,
    /// An answer did not come. If it comes later nobody waits for it.
    silent: Cell<bool>,
}

/// A plan that a migration made impossible is forgotten with its connection.
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
    pub(crate) fn new(client: Client, runtime: Handle) -> Self {
        Self {
            client,
            runtime,
            statements: RefCell::default(),
            trouble: Cell::new(None),
            failed: Cell::new(false),
            patience: Cell::new(ANSWER_WITHIN),
            silent: Cell::new(false),
        }
    }

    /// From now on answers may take as long as they do.
    pub(crate) fn wait_for_ever(&self) {
        self.patience.set(Duration::MAX);
    }

    /// The connection is of no use any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed() || self.silent.get() || self.trouble.get() == Some(Trouble::Gone)
    }

    /// What went wrong since the last time it was asked.
    pub(crate) fn take_trouble(&self) -> Option<Trouble> {
        if self.client.is_closed() || self.silent.get() { Some(Trouble::Gone) } else { self.trouble.take() }
    }

    /// Begins a transaction.
    pub(crate) fn begin(&self) -> Result<()> {
        self.failed.set(false);
        self.batch("BEGIN")
    }

    /// Whether a statement of the transaction failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.get()
    }

    /// Waits for an answer of the server, on a thread that may wait.
    pub(crate) fn wait<T>(&self, answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T> {
        let answer = self.runtime.block_on(async { timeout(self.patience.get(), answer).await });
        let Ok(answer) = answer else {
            self.silent.set(true);
            self.failed.set(true);
            return Err(Error::Silent);
        };
        answer.map_err(|error| {
            self.trouble.set(trouble(&error));
            self.failed.set(true);
            Error::Postgres(error)
        })
    }

    pub(crate) fn prepare(&self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.wait(self.client.prepare(&dialect::postgres(sql)))?;
        self.statements.borrow_mut().insert(sql.into(), statement.clone());
        Ok(statement)
    }

    pub(crate) fn execute(&self, statement: &Statement, values: &[Value<'_>]) -> Result<usize> {
        let changed = self.wait(self.client.execute_raw(statement, values))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(crate) fn query(&self, statement: &Statement, values: &[Value<'_>]) -> Result<Vec<Row>> {
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        self.wait(self.client.query(statement, &values))
    }

    /// Sends statements in this order without waiting in between; the rows of each.
    pub(crate) fn together(&self, batch: &[(&str, &[&(dyn ToSql + Sync)])]) -> Result<Vec<Vec<Row>>> {
        let statements: Vec<Statement> = batch.iter().map(|(sql, _)| self.prepare(sql)).collect::<Result<_>>()?;
        let mut under_way: Vec<_> = statements
            .iter()
            .zip(batch)
            .map(|(statement, (_, values))| Box::pin(self.client.query(statement, values)))
            .collect();
        let mut answers: Vec<Option<_>> = under_way.iter().map(|_| None).collect();
        self.wait(poll_fn(|context| {
            for (one, answer) in under_way.iter_mut().zip(&mut answers).filter(|(_, answer)| answer.is_none()) {
                // The first time this sends the statement.
                if let Poll::Ready(ready) = one.as_mut().poll(context) {
                    *answer = Some(ready);
                }
            }
            if answers.iter().any(Option::is_none) {
                return Poll::Pending;
            }
            // After one that failed the others only say that it did.
            Poll::Ready(answers.drain(..).flatten().collect::<Result<_, _>>())
        }))
    }

    pub(crate) fn batch(&self, sql: &str) -> Result<()> {
        self.wait(self.client.batch_execute(sql))
    }
}

/// The value of a column. Comparisons come back as booleans and sums as decimals; both are whole numbers here.
pub(super) fn value(row: &Row, column: usize) -> Result<Value<'_>> {
    let Raw(value) = row.try_get::<_, Raw<'_>>(column).map_err(Error::Postgres)?;
    Ok(value)
}

struct Raw<'a>(Value<'a>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        let value = match *ty {
            Type::INT8 => Value::Integer(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Integer(i32::from_sql(ty, raw)?.into()),
            Type::BOOL => Value::Integer(bool::from_sql(ty, raw)?.into()),
            Type::NUMERIC => Value::Integer(whole(raw).ok_or("a sum beyond 64 bits, or not whole")?),
            Type::BYTEA => Value::Bytes(raw),
            _ => Value::Text(std::str::from_utf8(raw)?),
        };
        Ok(Self(value))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::BOOL, Type::NUMERIC, Type::BYTEA, Type::TEXT, Type::VARCHAR].contains(ty)
    }
}

/// A NUMERIC as the server sends it: count of digits, weight of the first, sign, scale, then digits of base 10,000.
fn whole(raw: &[u8]) -> Option<i64> {
    let mut words = raw.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
    let (count, weight, sign) = (words.next()?, words.next()?.cast_signed(), words.next()?);
    words.next()?;
    if count == 0 {
        return Some(0);
    }
    let mut number: i64 = 0;
    for _ in 0..=weight {
        number = number.checked_mul(10_000)?.checked_add(words.next().unwrap_or(0).into())?;
    }
    let rest = words.any(|digits| digits != 0);
    match sign {
        _ if rest || weight < 0 => None,
        0 => Some(number),
        0x4000 => number.checked_neg(),
        _ => None,
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (*self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Integer(number), &Type::INT8) => number.to_sql(ty, out),
            (Value::Integer(number), &Type::INT4) => i32::try_from(number)?.to_sql(ty, out),
            (Value::Integer(number), &Type::BOOL) => (number != 0).to_sql(ty, out),
            // The server's texts have no such character; what was asked with it is not there.
            (Value::Text(text), _) if text.contains('\0') => text.replace('\0', "\u{FFFD}").to_sql(ty, out),
            (Value::Text(text), _) if <&str as ToSql>::accepts(ty) => text.to_sql(ty, out),
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            (value, _) => Err(format!("{value:?} does not fit {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_read_as_the_whole_number_it_is() {
        let raw = |words: &[i32]| -> Vec<u8> {
            words.iter().flat_map(|word| (word & 0xFFFF).to_be_bytes()[2..].to_vec()).collect()
        };
        assert_eq!(whole(&raw(&[0, 0, 0, 0])), Some(0));
        assert_eq!(whole(&raw(&[1, 0, 0, 0, 7])), Some(7));
        assert_eq!(whole(&raw(&[2, 1, 0x4000, 0, 12, 3_456])), Some(-123_456));
        // Trailing zero digits are left out by the server.
        assert_eq!(whole(&raw(&[1, 2, 0, 0, 5])), Some(500_000_000));
        assert_eq!(whole(&raw(&[2, 0, 0, 2, 1, 5_000])), None, "not whole");
        assert_eq!(whole(&raw(&[1, 5, 0, 0, 9_999])), None, "beyond 64 bits");
    }
}
