//! Files for spreadsheet programs.
//!
//! What must stay true: a cell is never a formula, whatever was typed as a name or reason; [`read`](crate::read) gives
//! back the text that was written.

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use crate::cell;

/// Excel shows a file without this mark in the wrong letters.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Signs with which a formula begins in a spreadsheet program, also as Chinese input methods write them.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A cell of a CSV file with a text in it.
///
/// One that would be a formula gets a quote in front, so that no spreadsheet runs it; a tab or line end in front of the
/// sign does not help. So does a text that is a formula behind quotes: reading takes off exactly one. Digits get a tab
/// in front, as in the files of payment companies here: spreadsheets then keep them as text with all their zeros, where
/// they would make 35 of 000035 and 1E+11 of a reference number. So does a text that looks like such a number, or like
/// an error: reading takes the tab for the sign that it is a text. The tab survives when the file is saved again, and
/// readers that trim cells, or read them as numbers, do not notice it; `="000035"` would be another text for every
/// program, and would be gone after the first save.
pub fn text_cell(text: String) -> String {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match () {
        () if is_formula(&text) => format!("'{text}"),
        () if digits || cell::looks_changed(&text) => format!("\t{text}"),
        () => text,
    }
}

/// Whether the text is a formula, or one behind quotes. A quote in front of a text does not change the answer: that is
/// what makes [`unquoted`] exact.
fn is_formula(text: &str) -> bool {
    let ignored = |c: char| c == '\'' || cell::is_blank(c) || c.is_control();
    text.trim_start_matches(ignored).starts_with(FORMULA)
        || text.trim_start_matches('\'').starts_with(['\t', '\r', '\n'])
}

/// The text to which [`text_cell`] added a quote.
pub(crate) fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'').filter(|text| is_formula(text))
}

/// A table of texts as an Excel workbook with one sheet, which is called `name`.
pub fn workbook(name: &str, head: &[&str], rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (column, title) in (0..).zip(head) {
        sheet.set_column_width(column, 16.0)?;
        sheet.write_string_with_format(0, column, *title, &bold)?;
    }
    for (line, row) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(row) {
            sheet.write_string(line, column, cell)?;
        }
    }
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for text in [
            "=1+1",
            "+86",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "\u{3000}=1",
            "\u{ff1d}1+1",
            "\u{ff0b}86",
            "\u{ff0d}1",
            "\u{ff20}SUM(A1)",
            "\t35",
        ] {
            assert_eq!(text_cell(text.to_owned()), format!("'{text}"));
        }
        for text in ["6086 25** **** 0012", "a=1", "\u{836f}", "", "2026-11-23", "10:26:00", "'a", "12E", "E5", "1.E5"]
        {
            assert_eq!(text_cell(text.to_owned()), text);
        }
    }

    #[test]
    fn a_formula_behind_quotes_is_another_text_than_the_formula() {
        for text in ["=1", "'=1", "''=1", "'\u{ff20}a", "' =1", "'\t35", "'+"] {
            let cell = text_cell(text.to_owned());
            assert_eq!(cell, format!("'{text}"));
            assert_eq!(unquoted(&cell), Some(text));
        }
        for text in ["'a", "''", "'000035", "a'=1"] {
            assert_eq!(text_cell(text.to_owned()), text);
            assert_eq!(unquoted(text), None);
        }
    }

    #[test]
    fn digits_and_what_looks_like_a_number_or_an_error_stay_text() {
        for text in ["000035", "010000000035", "6.9E+12", "12E3", "1e5", "1E-05", "#N/A", "#REF!", "####"] {
            assert_eq!(text_cell(text.to_owned()), format!("\t{text}"));
        }
    }
}
