//! What a statement can fail with, whatever the database.

/// A statement that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The embedded database said so.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The server said so, or is gone.
    #[error("{}", said(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// The server did not answer for longer than it lets a statement run.
    #[error("the server does not answer")]
    TimedOut,
    /// A row was expected.
    #[error("the query returned no rows")]
    NoRows,
    /// A value is not what its column holds.
    #[error("column {column}: {what}")]
    Unreadable {
        /// The column, from 0.
        column: usize,
        /// What was found.
        what: String,
    },
}

/// What statements answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// For a value that this program does not know.
    pub fn unreadable(column: usize, what: &str) -> Self {
        Self::Unreadable { column, what: what.to_owned() }
    }
}

/// The server's message; the library's own says no more than "db error".
fn said(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |said| format!("{} ({})", said.message(), said.code().code()))
}

/// Turns "no rows" into `None`.
pub trait OptionalExtension<T> {
    /// `None` when there was no row.
    fn optional(self) -> Result<Option<T>>;
}

impl<T> OptionalExtension<T> for Result<T> {
    fn optional(self) -> Result<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(Error::NoRows) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
