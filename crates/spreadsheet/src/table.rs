//! Rows of any kind of file become a heading and the rows below it.

use std::ops::ControlFlow;

use crate::{Cell, Limits, Row, Unreadable};

/// Rows with something in them among which the heading is looked for. Titles, dates and notes above it take a few.
pub(crate) const HEAD_WITHIN: usize = 20;

/// A table while its file is read.
pub(crate) struct Table<'a> {
    limits: &'a Limits,
    is_head: &'a dyn Fn(&[String]) -> bool,
    each: &'a mut dyn FnMut(&[String], Row) -> ControlFlow<()>,
    /// Rows before the heading that are not empty.
    before: usize,
    /// The first of them that has the most cells.
    fullest: Vec<String>,
    head: Option<(u32, Vec<String>)>,
    /// Rows below the heading.
    rows: u32,
}

impl<'a> Table<'a> {
    pub(crate) fn new(
        limits: &'a Limits,
        is_head: &'a dyn Fn(&[String]) -> bool,
        each: &'a mut dyn FnMut(&[String], Row) -> ControlFlow<()>,
    ) -> Self {
        Self { limits, is_head, each, before: 0, fullest: Vec::new(), head: None, rows: 0 }
    }

    pub(crate) fn is_head(&self, texts: &[String]) -> bool {
        (self.is_head)(texts)
    }

    /// Whether a row with something in it was read.
    pub(crate) fn has_content(&self) -> bool {
        self.before > 0 || self.head.is_some()
    }

    /// Takes the file's next row. Breaks when no more rows are needed.
    pub(crate) fn push(&mut self, mut row: Row) -> Result<ControlFlow<()>, Unreadable> {
        let Row { line, cells } = &mut row;
        while cells.pop_if(|cell| cell.text.is_empty()).is_some() {}
        if let Some(at) = cells.iter().position(|cell| cell.text.len() > self.limits.cell) {
            return Err(Unreadable::CellTooLong { line: *line, column: at + 1 });
        }
        match &self.head {
            _ if cells.is_empty() => Ok(ControlFlow::Continue(())),
            _ if cells.len() > self.limits.columns => Err(Unreadable::TooManyColumns),
            None => Ok(self.look_at(row)),
            Some(_) if self.rows >= self.limits.rows => Err(Unreadable::TooManyRows),
            Some((_, head)) => {
                self.rows += 1;
                cells.resize_with(cells.len().max(head.len()), Cell::default);
                Ok((self.each)(head, row))
            }
        }
    }

    /// Looks whether the row is the heading.
    fn look_at(&mut self, row: Row) -> ControlFlow<()> {
        let texts: Vec<String> = row.cells.into_iter().map(|cell| cell.text).collect();
        if self.is_head(&texts) {
            self.head = Some((row.line, texts));
            return ControlFlow::Continue(());
        }
        self.before += 1;
        if filled(&texts) > filled(&self.fullest) {
            self.fullest = texts;
        }
        if self.before < HEAD_WITHIN { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    /// The heading and its line.
    pub(crate) fn into_head(self) -> Result<(u32, Vec<String>), Unreadable> {
        match self.head {
            Some(head) => Ok(head),
            None if self.fullest.is_empty() => Err(Unreadable::Empty),
            None => Err(Unreadable::NoHead { seen: self.fullest }),
        }
    }
}

/// How many cells have something in them.
pub(crate) fn filled(texts: &[String]) -> usize {
    texts.iter().filter(|text| !text.is_empty()).count()
}
