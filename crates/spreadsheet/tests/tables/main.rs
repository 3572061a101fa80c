//! Files as people have them, and files that nobody should have.

mod anything;
mod files;
mod limits;
mod round_trip;
mod text;
mod workbook;
