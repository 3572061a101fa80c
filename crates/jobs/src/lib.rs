//! Work that takes longer than a request: files that are checked, editions that are put together, go live and are taken
//! back, outlets and people of a file that are written. Pages begin it and read how far it is; a worker in each copy of the program does it.
//!
//! What must stay true:
//! - Whatever a job does is written in pieces that each leave everything true, and the next piece begins where the last one
//!   ended, in whichever copy of the program: see `storage::job`.
//! - No piece keeps the database's writer from the tills for long.
//! - A job that cannot be done fails with a reason that a person can read; it is not tried for ever.

mod cell;
mod check;
mod column;
mod enter;
mod roll;
mod words;
mod work;

pub use cell::Fault;
pub use check::{Checked, Goods, Problem, Table, cells, check, table};
pub use column::{Column, columns, required};
pub use roll::{
    CheckedRoll, Directory, OutletKeys, PeopleKeys, Sheet, Staff, check_outlets, check_people, outlet_keys,
    people_keys, roll_columns, roll_required, roll_table, sheet,
};
pub use work::{Office, run_due, start};
