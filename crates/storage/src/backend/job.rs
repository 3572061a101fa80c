//! A job without its type. Queue, pools and retries are compiled once for all jobs, not once for each: that would be half
//! of this crate, and most of what a development build links.

use std::any::Any;

use super::sql::Connection;
use crate::error::StorageError;

/// A value of any type.
pub(super) type Value = Box<dyn Any + Send>;

/// What a job answers.
pub(super) type Answer = Result<Value, StorageError>;

/// A job that runs once.
pub(super) type Once = Box<dyn FnOnce(&Connection) -> Answer + Send>;

/// A job that may run again.
pub(super) type Again = Box<dyn Fn(&Connection) -> Answer + Send>;

pub(super) fn once<T, F>(job: F) -> Once
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
{
    Box::new(move |connection| Ok(Box::new(job(connection)?)))
}

pub(super) fn again<T, F>(job: F) -> Again
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<T, StorageError> + Clone + Send + 'static,
{
    Box::new(move |connection| Ok(Box::new(job.clone()(connection)?)))
}

/// The answer of a job that was made of one that answers `T`.
pub(super) fn answer<T: 'static>(answer: Answer) -> Result<T, StorageError> {
    Ok(*answer?.downcast().expect("a job answers what it was made for"))
}
