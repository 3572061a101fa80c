//! The records of a CSV text, each with its line.
//!
//! `csv_core` writes into buffers of a fixed size, so a quote that is never closed ends in an error and not in a cell as
//! large as the file.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::{Limits, Unreadable};

/// As many columns as Excel has: some programs write all of them, the most of them empty.
const COLUMNS_MAX: usize = 16_384;

pub(super) struct Records<'t> {
    text: &'t [u8],
    /// Where the next record begins, or the line ends before it.
    at: usize,
    /// The line at `counted`.
    line: u32,
    counted: usize,
    reader: Box<Reader>,
    /// The fields of a record, one after the other, and where each ends.
    fields: Vec<u8>,
    ends: Vec<usize>,
    cell_max: usize,
}

impl<'t> Records<'t> {
    /// The records from `start` on.
    pub(super) fn new(text: &'t str, start: usize, separator: u8, limits: &Limits) -> Self {
        // What fits into no row: as many cells as allowed, of which each is as long as allowed.
        let fields = limits.cell.saturating_mul(limits.columns).min(text.len()).saturating_add(1);
        Self {
            text: text.as_bytes(),
            at: start,
            line: 1,
            counted: 0,
            reader: Box::new(ReaderBuilder::new().delimiter(separator).build()),
            fields: vec![0; fields],
            ends: vec![0; COLUMNS_MAX.min(text.len()).saturating_add(1)],
            cell_max: limits.cell,
        }
    }

    /// The next record and the line on which it begins.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Vec<String>)>, Unreadable> {
        // The reader would skip these too, and the record would seem to begin on them.
        while matches!(self.text.get(self.at), Some(b'\r' | b'\n')) {
            self.at += 1;
        }
        let passed = self.text.get(self.counted..self.at).unwrap_or_default();
        self.line = self.line.saturating_add(line_ends(passed));
        self.counted = self.at;
        if self.at >= self.text.len() {
            return Ok(None);
        }
        let (mut written, mut ended) = (0, 0);
        loop {
            let text = self.text.get(self.at..).unwrap_or_default();
            let fields = self.fields.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(ended..).unwrap_or_default();
            let (result, read, more, fields) = self.reader.read_record(text, fields, ends);
            self.at += read;
            written += more;
            ended += fields;
            match result {
                // The reader wants to hear that nothing follows.
                ReadRecordResult::InputEmpty => (),
                ReadRecordResult::Record => return Ok(Some((self.line, self.texts(ended)))),
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    return Err(self.too_much(ended, written));
                }
            }
        }
    }

    /// The fields of the record that was read. The text is UTF-8 and its separators are ASCII, so nothing is lost.
    fn texts(&self, ended: usize) -> Vec<String> {
        let mut start = 0;
        let ends = self.ends.iter().take(ended);
        let texts = ends.map(|end| {
            let field = self.fields.get(start..*end).unwrap_or_default();
            start = *end;
            String::from_utf8_lossy(field).into_owned()
        });
        texts.collect()
    }

    /// The first cell of the record that is too long, which may be the last and unfinished one, or there are too many.
    fn too_much(&self, ended: usize, written: usize) -> Unreadable {
        let mut start = 0;
        let ends = self.ends.iter().take(ended).copied().chain([written]);
        for (column, end) in (1..).zip(ends) {
            if end.saturating_sub(start) > self.cell_max {
                return Unreadable::CellTooLong { line: self.line, column };
            }
            start = end;
        }
        Unreadable::TooManyColumns
    }
}

/// How many lines end in the text, with CRLF, LF or CR.
pub(super) fn line_ends(text: &[u8]) -> u32 {
    let mut after_cr = false;
    let mut count: u32 = 0;
    for byte in text {
        let ends = *byte == b'\r' || *byte == b'\n' && !after_cr;
        count = count.saturating_add(u32::from(ends));
        after_cr = *byte == b'\r';
    }
    count
}
