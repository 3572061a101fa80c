//! A roll, a file about outlets or people, as a table of cells that its checks read.
//!
//! What must stay true: a file that was written here comes back without a difference, and columns of it that only tell are
//! named and left out of account.

use std::collections::HashMap;
use std::ops::ControlFlow;

use domain::scan::{self, Scan, Settings, normal_form};
use spreadsheet::{Cell, Limits, Row};
use storage::import::{Findings, Note};
use storage::roll::{Field, Found, RollKind};

use crate::cell::{Fault, Wrongly};
use crate::check::{Problem, Table, one_line, problem, table_of, whole};
use crate::words;

mod outlets;
mod people;

pub use outlets::check as check_outlets;
pub use outlets::{Directory, Keys as OutletKeys, keys as outlet_keys};
pub use people::check as check_people;
pub use people::{Keys as PeopleKeys, Staff, keys as people_keys};

/// Rows of a roll, at most: there are no more outlets.
const ROWS_MAX: u32 = 20_000;

/// What came of a roll that could be read.
#[derive(Clone, Debug, Default)]
pub struct CheckedRoll {
    /// How it was written, and how many rows.
    pub findings: Findings,
    /// What is wrong, and what was left out of account, by line.
    pub notes: Vec<Note>,
    /// What it changes, in the order of its lines.
    pub rows: Vec<Found>,
}

/// The columns of a roll, in the order in which ours are written.
pub fn roll_columns(kind: RollKind) -> &'static [Field] {
    match kind {
        RollKind::Outlets => &[
            Field::Merchant,
            Field::Outlet,
            Field::OutletName,
            Field::Address,
            Field::Region,
            Field::Phone,
            Field::Hours,
            Field::Tills,
        ],
        RollKind::People => &[
            Field::Login,
            Field::Name,
            Field::Roles,
            Field::Merchant,
            Field::Outlet,
            Field::Terminal,
            Field::Number,
            Field::Phone,
            Field::Same,
        ],
    }
}

/// The columns without which a roll says nothing.
pub fn roll_required(kind: RollKind) -> &'static [Field] {
    match kind {
        RollKind::Outlets => &[Field::Merchant, Field::OutletName],
        RollKind::People => &[Field::Login, Field::Name, Field::Roles],
    }
}

/// A heading without signs of requirement, units in brackets and blanks, in lower case.
fn bare(heading: &str) -> String {
    let plain = normal_form(heading).to_lowercase();
    let plain = plain.split('(').next().unwrap_or_default();
    plain.chars().filter(|c| !c.is_whitespace() && !matches!(c, '*' | ':')).collect()
}

fn column(kind: RollKind, heading: &str) -> Option<Field> {
    let bare = bare(heading);
    roll_columns(kind).iter().copied().find(|field| words::roll_headings(kind, *field).contains(&bare.as_str()))
}

/// Whether a row of texts is the heading of such a table: it has two of the columns that are needed.
fn is_heading(kind: RollKind, cells: &[String]) -> bool {
    let found = |field: &&Field| cells.iter().any(|cell| column(kind, cell) == Some(**field));
    roll_required(kind).iter().filter(found).count() >= 2
}

/// The table of a roll as it is.
pub fn roll_table(kind: RollKind, bytes: &[u8]) -> Option<Table> {
    table_of(bytes, |cells| is_heading(kind, cells))
}

/// A roll that was read, before anything is compared.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    coding: String,
    places: HashMap<Field, usize>,
    notices: Vec<Note>,
    rows: Vec<Row>,
}

/// Reads a roll.
pub fn sheet(kind: RollKind, bytes: &[u8]) -> Result<Sheet, Problem> {
    let limits = Limits { rows: ROWS_MAX, ..Limits::default() };
    let mut rows = Vec::new();
    let head = spreadsheet::read(
        bytes,
        &limits,
        |cells| is_heading(kind, cells),
        |_, row| {
            rows.push(row);
            ControlFlow::Continue(())
        },
    );
    let head = match head {
        Ok(head) => head,
        Err(spreadsheet::Unreadable::TooManyRows) => return Err(format!("too_many_lines {ROWS_MAX}")),
        Err(unreadable) => return Err(problem(&unreadable)),
    };
    let (mut places, mut notices) = (HashMap::new(), Vec::new());
    for (place, heading) in head.cells.iter().enumerate() {
        match column(kind, heading) {
            Some(field) => {
                if places.insert(field, place).is_some() {
                    return Err(format!("column_twice {}", field.word()));
                }
            }
            None if heading.is_empty() => {}
            None => {
                let told = words::TELLS.contains(&bare(heading).as_str());
                let fault = if told { Fault::Told } else { Fault::Heading };
                let field = heading.chars().take(40).collect();
                notices.push(note(head.line, field, "", fault, String::new()));
            }
        }
    }
    let missing = roll_required(kind).iter().filter(|field| !places.contains_key(field)).map(|field| field.word());
    let missing: Vec<&str> = missing.collect();
    if !missing.is_empty() {
        return Err(format!("missing {}", missing.join(" ")));
    }
    Ok(Sheet { coding: head.coding.name().to_owned(), places, notices, rows })
}

fn note(line: u32, field: String, value: &str, fault: Fault, hint: String) -> Note {
    let value = value.chars().take(120).collect();
    Note { line: i64::from(line), field, value, fault: fault.word().to_owned(), hint }
}

/// A cell that is not there.
const NONE: &Cell = &Cell { text: String::new(), damage: None };

impl Sheet {
    /// The first line that has a card of ours in a cell, which no row of the database may hold.
    pub fn card(&self, settings: &Settings<'_>) -> Option<u32> {
        let holds = |cell: &Cell| matches!(scan::read(&cell.text, settings), Scan::Card(_));
        self.rows.iter().find(|row| row.cells.iter().any(holds)).map(|row| row.line)
    }

    /// A cell of a row; none if the file has no such column.
    fn cell<'s>(&'s self, row: &'s Row, field: Field) -> Option<&'s Cell> {
        self.places.get(&field).map(|place| row.cells.get(*place).unwrap_or(NONE))
    }

    /// The text of a cell; empty if the file has no such column.
    fn text<'s>(&'s self, row: &'s Row, field: Field) -> &'s str {
        self.cell(row, field).map_or("", |cell| &cell.text)
    }

    /// Checks each row with `one`: what it changes, and its faults.
    fn check(self, mut one: impl FnMut(&mut Faults<'_>, &Row) -> Option<Found>) -> CheckedRoll {
        let (mut wrong, mut same, mut rows) = (Vec::new(), 0, Vec::new());
        for row in &self.rows {
            let mut faults = Faults { sheet: &self, row, found: Vec::new() };
            let found = one(&mut faults, row);
            if !faults.noted(&mut wrong) {
                continue;
            }
            match found {
                Some(found) if found.before.as_ref().is_some_and(|(_, _, before)| *before == found.after) => same += 1,
                Some(found) => rows.push(found),
                None => {}
            }
        }
        let count = |len: usize| i64::try_from(len).unwrap_or(i64::MAX);
        let findings = Findings { coding: self.coding, lines: count(self.rows.len()), same, wrong: count(wrong.len()) };
        let mut notes = self.notices;
        notes.extend(wrong);
        notes.sort_by_key(|note| note.line);
        CheckedRoll { findings, notes, rows }
    }
}

/// The faults of one row.
struct Faults<'s> {
    sheet: &'s Sheet,
    row: &'s Row,
    found: Vec<(Field, Fault, String)>,
}

impl Faults<'_> {
    fn put(&mut self, field: Field, fault: Fault, hint: impl Into<String>) {
        self.found.push((field, fault, hint.into()));
    }

    /// The value of a cell, or what was there: one that says what is stored is right, however that came about.
    fn read(
        &mut self,
        field: Field,
        stored: Option<&str>,
        otherwise: &str,
        read: impl FnOnce(&str) -> Wrongly<String>,
    ) -> String {
        let Some(cell) = self.sheet.cell(self.row, field) else { return stored.unwrap_or(otherwise).to_owned() };
        if let Some(stored) = stored.filter(|stored| one_line(stored) == one_line(&cell.text)) {
            return stored.to_owned();
        }
        let number = matches!(field, Field::Phone | Field::Tills | Field::Number | Field::Outlet | Field::Terminal);
        match whole(cell, number).and_then(|()| read(&cell.text)) {
            Ok(value) => value,
            Err((fault, hint)) => {
                self.put(field, fault, hint);
                String::new()
            }
        }
    }

    /// Whether the row is without faults; they are noted.
    fn noted(self, notes: &mut Vec<Note>) -> bool {
        let sound = self.found.is_empty();
        for (field, fault, hint) in self.found {
            let value = self.sheet.text(self.row, field);
            notes.push(note(self.row.line, field.word().to_owned(), value, fault, hint));
        }
        sound
    }
}

/// A phone, or none, as `read` accepts it. One that lost its zero is noticed.
fn phone(typed: &str, read: impl FnOnce(&str) -> Option<String>) -> Wrongly<String> {
    if typed.is_empty() {
        return Ok(String::new());
    }
    let phone = read(typed).ok_or((Fault::Form, String::new()))?;
    match domain::person::phone_with_zero(&phone) {
        Some(whole) => Err((Fault::Zeros, whole)),
        None => Ok(phone),
    }
}

/// Digits that begin with zeros that a spreadsheet program took off: up to `most` of them.
fn with_zeros(digits: &str, most: usize) -> impl Iterator<Item = String> + use<> {
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let digits = digits.to_owned();
    (1..=most).take_while(move |_| fits).map(move |zeros| format!("{}{digits}", "0".repeat(zeros)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_one_columns() {
        for kind in RollKind::ALL {
            let all: Vec<&str> =
                roll_columns(kind).iter().flat_map(|field| words::roll_headings(kind, *field)).copied().collect();
            for heading in &all {
                assert_eq!(all.iter().filter(|other| *other == heading).count(), 1, "{kind} {heading}");
                assert!(!words::TELLS.contains(heading), "{heading}");
                assert_eq!(bare(heading), **heading, "as headings are compared");
            }
            assert!(roll_required(kind).iter().all(|field| roll_columns(kind).contains(field)));
        }
    }
}
