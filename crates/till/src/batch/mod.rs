//! The shift: running and closed ones, their report, and the report on paper.

pub(crate) mod print;
pub(crate) mod report;
pub(crate) mod shift;
