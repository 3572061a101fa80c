//! Orders of the store: the list, one with its history, and the list as a file.

pub(crate) mod detail;
pub(crate) mod export;
pub(crate) mod list;
