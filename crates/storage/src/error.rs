//! What can go wrong between this program and its database, in the terms a caller acts on.

use crate::sql;

/// A storage failure. The variants differ in what is known about the write, because that is what the caller must say.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StorageError {
    /// Nothing was written: the statement failed, was refused, or the transaction rolled back.
    #[error("database error, nothing was written: {0}")]
    NotWritten(String),
    /// The database cannot be reached. Nothing was written.
    #[error("the database cannot be reached, nothing was written: {0}")]
    Unreachable(String),
    /// The connection was lost while committing: the write may or may not have happened.
    #[error("the outcome of the write is unknown: {0}")]
    Unknown(String),
    /// The database cannot be opened, or belongs to another version of the program.
    #[error("{0}")]
    Open(String),
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        Self::NotWritten(error.to_string())
    }
}

impl From<sql::Error> for StorageError {
    fn from(error: sql::Error) -> Self {
        Self::NotWritten(error.to_string())
    }
}
