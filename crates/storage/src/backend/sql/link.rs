//! A connection to PostgreSQL as a blocking thread uses it: statements prepared once, and what went wrong remembered.
//!
//! The thread that waits for an answer moves the bytes itself, on a runtime that only this connection has: an answer of
//! the server wakes one thread and not a chain of them.
//!
//! What must stay true: statements reach the server in the order in which they were given; what is put off goes before
//! whatever is asked next, and before COMMIT. COMMIT is sent only when the server has answered in that transaction, so
//! that a connection that died while it was idle never makes a write unknown.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use bytes::BytesMut;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Row, Statement};

use super::value::Kept;
use super::{Error, Params, Result, Value, dialect};

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

/// The values of one statement, as they are kept until it is sent.
pub(crate) type Values = Vec<Box<dyn ToSql + Sync + Send>>;

/// The way to the server.
pub(crate) struct Link {
    client: Client,
    /// Nothing when the connection is over.
    driver: RefCell<Option<Driver>>,
    runtime: Own,
    statements: RefCell<HashMap<Box<str>, Statement>>,
    /// What goes before the next thing that is asked.
    put_off: RefCell<Vec<PutOff>>,
    /// Rows that came and were not read yet.
    answers: RefCell<HashMap<u32, Vec<Row>>>,
    /// The last question whose rows somebody reads later.
    last_question: Cell<u32>,
    /// BEGIN is put off.
    begins: Cell<bool>,
    trouble: Cell<Option<Trouble>>,
    /// A statement failed since the transaction began. The server then rolls back whatever COMMIT says.
    failed: Cell<bool>,
    patience: Cell<Duration>,
    /// An answer did not come. If it comes later nobody waits for it.
    silent: Cell<bool>,
}

/// A statement that waits for the next thing that is asked.
struct PutOff {
    statement: Statement,
    values: Values,
    /// Under which number somebody reads its rows.
    question: Option<u32>,
}

/// The runtime of one connection. It may go where others run.
struct Own(Option<Runtime>);

impl Own {
    fn run<F: Future>(&self, work: F) -> F::Output {
        self.0.as_ref().expect("it is there until it is dropped").block_on(work)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// One thing of those that go to the server together.
#[derive(Clone, Copy)]
enum Ask<'a> {
    /// Statements without values.
    Batch(&'a str),
    /// Whose rows are wanted.
    Rows(&'a Statement, &'a [&'a (dyn ToSql + Sync)]),
    /// Of which is wanted how many rows it changed.
    Count(&'a Statement, &'a [&'a (dyn ToSql + Sync)]),
}

/// What it came to: rows, and how many changed.
type Answer = (Vec<Row>, u64);

async fn answer(client: &Client, ask: Ask<'_>) -> Result<Answer, tokio_postgres::Error> {
    match ask {
        Ask::Batch(sql) => client.batch_execute(sql).await.map(|()| (Vec::new(), 0)),
        Ask::Rows(statement, values) => Ok((client.query(statement, values).await?, 0)),
        Ask::Count(statement, values) => Ok((Vec::new(), client.execute(statement, values).await?)),
    }
}

/// The first that failed of what was sent together.
struct Failed {
    error: Error,
    /// It is one of those that were put off, and the server said that it failed.
    before: bool,
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

/// How a transaction was not committed.
pub(crate) enum Broken {
    /// The server did not get to COMMIT: nothing was written.
    Before(Error),
    /// COMMIT itself failed, or nobody knows.
    Commit(Error),
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
            runtime: Own(Some(runtime)),
            statements: RefCell::default(),
            put_off: RefCell::default(),
            answers: RefCell::default(),
            last_question: Cell::new(0),
            begins: Cell::new(false),
            trouble: Cell::new(None),
            failed: Cell::new(false),
            patience: Cell::new(within),
            silent: Cell::new(false),
        };
        link.batch(first).map_err(|error| error.to_string())?;
        link.patience.set(ANSWER_WITHIN);
        Ok(link)
    }

    /// From now on answers may take as long as they do.
    pub(crate) fn wait_for_ever(&self) {
        self.patience.set(Duration::MAX);
    }

    /// The connection is of no use any more, as far as it was heard.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_gone() || self.trouble.get() == Some(Trouble::Gone)
    }

    fn is_gone(&self) -> bool {
        self.driver.borrow().is_none() || self.silent.get()
    }

    /// What went wrong since the last time it was asked.
    pub(crate) fn take_trouble(&self) -> Option<Trouble> {
        if self.is_gone() { Some(Trouble::Gone) } else { self.trouble.take() }
    }

    /// Forgets what a job before left unsent or unread.
    pub(crate) fn forget(&self) {
        self.put_off.borrow_mut().clear();
        self.answers.borrow_mut().clear();
    }

    /// Begins a transaction, together with the first thing that is asked in it.
    pub(crate) fn begin(&self) {
        self.forget();
        self.failed.set(false);
        self.begins.set(true);
    }

    /// Whether a statement of the transaction failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.get()
    }

    /// Ends the transaction, together with what was put off. One in which nothing was asked is none.
    pub(crate) fn commit(&self) -> Result<(), Broken> {
        if self.begins.get() {
            if self.put_off.borrow().is_empty() {
                self.begins.set(false);
                return Ok(());
            }
            self.send(&[]).map_err(|failed| Broken::Before(failed.error))?;
        }
        match self.send(&[Ask::Batch("COMMIT")]) {
            Ok(_) => Ok(()),
            Err(Failed { error, before: true }) => Err(Broken::Before(error)),
            Err(Failed { error, before: false }) => Err(Broken::Commit(error)),
        }
    }

    /// Undoes the transaction, if the server has heard of it.
    pub(crate) fn rollback(&self) -> Result<()> {
        self.forget();
        if self.begins.take() { Ok(()) } else { self.batch("ROLLBACK") }
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
        self.runtime.run(async { timeout(self.patience.get(), moving).await }).map_err(|_| {
            self.silent.set(true);
            self.failed.set(true);
            Error::Silent
        })
    }

    fn note(&self, error: tokio_postgres::Error) -> Error {
        self.trouble.set(trouble(&error));
        self.failed.set(true);
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

    /// Sends what was put off and then `asked`, without waiting in between; what each of `asked` came to.
    fn send(&self, asked: &[Ask<'_>]) -> Result<Vec<Answer>, Failed> {
        let put_off = self.put_off.take();
        let values: Vec<Vec<&(dyn ToSql + Sync)>> =
            put_off.iter().map(|one| one.values.iter().map(|value| &**value as _).collect()).collect();
        let begin = self.begins.take().then_some(Ask::Batch("BEGIN"));
        let begins = usize::from(begin.is_some());
        let before = put_off.iter().zip(&values).map(|(one, values)| match one.question {
            Some(_) => Ask::Rows(&one.statement, values),
            None => Ask::Count(&one.statement, values),
        });
        let all = begin.into_iter().chain(before).chain(asked.iter().copied());
        let mut under_way: Vec<_> = all.map(|ask| Box::pin(answer(&self.client, ask))).collect();
        let first = begins + put_off.len();
        let mut answers: Vec<Option<Result<Answer, tokio_postgres::Error>>> = Vec::new();
        let answers = self.wait(poll_fn(|context| {
            // The first time this sends the statements, up to one that cannot even be sent.
            while answers.len() < under_way.len() && !matches!(answers.last(), Some(Some(Err(_)))) {
                match under_way[answers.len()].as_mut().poll(context) {
                    Poll::Ready(ready) => answers.push(Some(ready)),
                    Poll::Pending => answers.push(None),
                }
            }
            under_way.truncate(answers.len());
            // Answers come in the order of the questions.
            for (one, answer) in under_way.iter_mut().zip(&mut answers).filter(|(_, answer)| answer.is_none()) {
                match one.as_mut().poll(context) {
                    Poll::Ready(ready) => *answer = Some(ready),
                    Poll::Pending => return Poll::Pending,
                }
            }
            Poll::Ready(std::mem::take(&mut answers))
        }));
        let answers = answers.map_err(|error| Failed { error, before: false })?;
        let all_sent = answers.len() == first + asked.len();
        let mut answered = Vec::with_capacity(asked.len());
        for (place, answer) in answers.into_iter().flatten().enumerate() {
            match answer {
                Ok(answer) if place >= first => answered.push(answer),
                Ok((rows, _)) => {
                    let question = place.checked_sub(begins).and_then(|place| put_off.get(place)?.question);
                    self.answers.borrow_mut().extend(question.map(|number| (number, rows)));
                }
                // After one that failed the others only say that it did.
                Err(error) => {
                    let before = place < first && (error.as_db_error().is_some() || !all_sent);
                    return Err(Failed { error: self.note(error), before });
                }
            }
        }
        Ok(answered)
    }

    /// Sends one statement and what was put off before it.
    fn one(&self, ask: Ask<'_>) -> Result<Answer> {
        Ok(self.send(&[ask])?.pop().expect("an answer to each"))
    }

    pub(crate) fn execute(&self, statement: &Statement, values: &[Value<'_>]) -> Result<usize> {
        let (_, changed) = self.one(Ask::Count(statement, &borrowed(values)))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(crate) fn query(&self, statement: &Statement, values: &[Value<'_>]) -> Result<Vec<Row>> {
        Ok(self.one(Ask::Rows(statement, &borrowed(values)))?.0)
    }

    /// Puts a statement off, until something is asked or the transaction is committed.
    pub(crate) fn put_off(&self, sql: &str, values: Values) -> Result<()> {
        let statement = self.prepare(sql)?;
        self.put_off.borrow_mut().push(PutOff { statement, values, question: None });
        Ok(())
    }

    /// The same for one whose rows are wanted later: under the number that this answers.
    pub(crate) fn query_later(&self, sql: &str, values: Values) -> Result<u32> {
        let statement = self.prepare(sql)?;
        let number = self.last_question.get().wrapping_add(1);
        self.last_question.set(number);
        self.put_off.borrow_mut().push(PutOff { statement, values, question: Some(number) });
        Ok(number)
    }

    /// The rows of a question, once; it is sent now if it was not yet, with all others that were put.
    pub(crate) fn rows(&self, question: u32) -> Result<Vec<Row>> {
        if let Some(rows) = self.answers.borrow_mut().remove(&question) {
            return Ok(rows);
        }
        self.send(&[])?;
        Ok(self.answers.borrow_mut().remove(&question).unwrap_or_default())
    }

    /// Sends statements in this order without waiting in between, those that are wanted; the rows of each.
    pub(crate) fn together<const N: usize>(
        &self,
        batch: &[(&str, bool, &[&(dyn ToSql + Sync)]); N],
    ) -> Result<[Vec<Row>; N]> {
        let wanted = || batch.iter().filter(|(_, wanted, _)| *wanted);
        let statements: Vec<Statement> = wanted().map(|(sql, ..)| self.prepare(sql)).collect::<Result<_>>()?;
        let asked: Vec<Ask<'_>> =
            statements.iter().zip(wanted()).map(|(statement, (.., values))| Ask::Rows(statement, values)).collect();
        let mut answers = self.send(&asked)?.into_iter();
        Ok(batch.each_ref().map(|(_, wanted, _)| {
            let answer = if *wanted { answers.next() } else { None };
            answer.map_or_else(Vec::new, |(rows, _)| rows)
        }))
    }

    pub(crate) fn batch(&self, sql: &str) -> Result<()> {
        self.one(Ask::Batch(sql)).map(|_| ())
    }
}

/// The whole story of an error; the library's own text is often no more than "db error".
fn why(error: &tokio_postgres::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

fn borrowed<'v>(values: &'v [Value<'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// The values of a statement that is put off.
pub(crate) fn kept(params: &impl Params) -> Values {
    let mut values: Values = Vec::new();
    params.each(&mut |value| values.push(Box::new(Kept::from(value))));
    values
}

impl ToSql for Kept {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.value().to_sql(ty, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
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
