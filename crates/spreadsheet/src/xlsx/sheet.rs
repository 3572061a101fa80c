//! The rows of a sheet.

use std::borrow::Cow;
use std::io::Read;

use quick_xml::events::BytesStart;

use super::number;
use super::strings::{RichText, push_limited, unescaped};
use super::workbook::Workbook;
use super::xml::{Node, Xml, attributes};
use crate::cell::trim;
use crate::table::Table;
use crate::{Cell, Damage, Limits, Row, Unreadable};

/// The rows and columns of Excel.
const ROWS_MAX: u32 = 1 << 20;
const COLUMNS_MAX: usize = 1 << 14;

/// Reads a sheet's rows until the table has enough.
pub(super) fn read(
    xml: &mut Xml<impl Read>,
    workbook: &Workbook,
    limits: &Limits,
    table: &mut Table<'_>,
) -> Result<(), Unreadable> {
    let mut sheet = Sheet::new(workbook, limits);
    loop {
        match xml.next()? {
            Node::Open(tag) => sheet.open(&tag)?,
            Node::Text(piece) => sheet.push(&piece),
            Node::Close(name) => match &*name {
                "c" => sheet.end_cell()?,
                "row" => {
                    if table.push(sheet.end_row())?.is_break() {
                        return Ok(());
                    }
                }
                "sheetData" => return Ok(()),
                name => sheet.close(name),
            },
            Node::Other => (),
            Node::End => return Err(Unreadable::Broken),
        }
    }
}

/// What a cell holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    /// The number of one of the workbook's texts.
    Shared,
    /// Text in the cell itself.
    Inline,
    /// The text that a formula gave.
    Text,
    Truth,
    Error,
    Date,
}

struct Sheet<'a> {
    workbook: &'a Workbook,
    limits: &'a Limits,
    /// The row so far, without empty cells at its end.
    row: Row,
    /// The cell that is open, from 0, or the next one.
    column: usize,
    kind: Kind,
    style: usize,
    in_value: bool,
    value: String,
    inline: RichText,
}

impl<'a> Sheet<'a> {
    fn new(workbook: &'a Workbook, limits: &'a Limits) -> Self {
        Self {
            workbook,
            limits,
            row: Row { line: 0, cells: Vec::new() },
            column: 0,
            kind: Kind::Number,
            style: 0,
            in_value: false,
            value: String::new(),
            inline: RichText::new(limits.cell),
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Unreadable> {
        match tag.local_name().as_ref() {
            "row" => {
                let [line] = attributes(tag, ["r"])?;
                self.row.line = match line {
                    Some(line) => trim(&line).parse().map_err(|_| Unreadable::Broken)?,
                    None => self.row.line.saturating_add(1),
                };
                if !(1..=ROWS_MAX).contains(&self.row.line) {
                    return Err(Unreadable::Broken);
                }
                self.column = 0;
            }
            "c" => self.begin_cell(tag)?,
            "v" => self.in_value = true,
            name => self.inline.open(name),
        }
        Ok(())
    }

    fn begin_cell(&mut self, tag: &BytesStart<'_>) -> Result<(), Unreadable> {
        let [place, style, kind] = attributes(tag, ["r", "s", "t"])?;
        if let Some(place) = place {
            self.column = column(&place)?;
        }
        self.style = style.and_then(|style| style.parse().ok()).unwrap_or(0);
        self.kind = match kind.as_deref() {
            None | Some("n") => Kind::Number,
            Some("s") => Kind::Shared,
            Some("inlineStr") => Kind::Inline,
            Some("b") => Kind::Truth,
            Some("e") => Kind::Error,
            Some("d") => Kind::Date,
            Some(_) => Kind::Text,
        };
        self.value.clear();
        self.inline.take();
        Ok(())
    }

    fn push(&mut self, piece: &str) {
        if self.in_value {
            push_limited(&mut self.value, piece, self.limits.cell);
        } else {
            self.inline.push(piece);
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "v" => self.in_value = false,
            name => self.inline.close(name),
        }
    }

    fn end_cell(&mut self) -> Result<(), Unreadable> {
        self.in_value = false;
        let cell = self.cell()?;
        let at = self.column;
        self.column += 1;
        if cell.text.is_empty() {
            return Ok(());
        }
        if at >= self.limits.columns {
            return Err(Unreadable::TooManyColumns);
        }
        let cells = &mut self.row.cells;
        cells.resize_with(cells.len().max(at + 1), Cell::default);
        if let Some(place) = cells.get_mut(at) {
            *place = cell;
        }
        Ok(())
    }

    /// The cell as Excel last calculated it.
    fn cell(&mut self) -> Result<Cell, Unreadable> {
        let value = match self.kind {
            Kind::Inline => Cow::Owned(self.inline.take()),
            Kind::Text => Cow::Owned(unescaped(std::mem::take(&mut self.value))),
            _ => Cow::Borrowed(&*self.value),
        };
        let text = trim(&value);
        let as_text = |text: &str, damage| Cell { text: text.to_owned(), damage };
        Ok(match self.kind {
            _ if text.is_empty() => Cell::default(),
            Kind::Number => match text.parse::<f64>().ok().filter(|number| number.is_finite()) {
                Some(days) if self.is_date() => number::date_cell(days, self.workbook.is_1904),
                Some(number) => number::cell(number),
                None => as_text(text, None),
            },
            Kind::Shared => {
                let shared = text.parse().ok().and_then(|index| self.workbook.strings.get(index));
                as_text(trim(shared.ok_or(Unreadable::Broken)?), None)
            }
            Kind::Inline | Kind::Text => as_text(text, None),
            Kind::Truth => as_text(if matches!(text, "1" | "true") { "TRUE" } else { "FALSE" }, None),
            Kind::Error => as_text(text, Some(Damage::Error)),
            Kind::Date => as_text(text, Some(Damage::Date)),
        })
    }

    fn is_date(&self) -> bool {
        self.workbook.dates.get(self.style).is_some_and(|date| *date)
    }

    fn end_row(&mut self) -> Row {
        Row { line: self.row.line, cells: std::mem::take(&mut self.row.cells) }
    }
}

/// The column of a cell like BC12, from 0.
fn column(place: &str) -> Result<usize, Unreadable> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let number = letters.fold(0, |number, letter| number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    if (1..=COLUMNS_MAX).contains(&number) { Ok(number - 1) } else { Err(Unreadable::Broken) }
}
