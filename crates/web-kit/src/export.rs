//! What files for download have in common.
//!
//! What must stay true: a cell is never a formula, whatever was typed as a name or reason; memory is bounded by
//! [`ROWS_MAX`] and one file at a time.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use tokio::sync::Semaphore;

use crate::problem::Problem;

/// Rows of a file, at most.
pub const ROWS_MAX: usize = 100_000;

/// Rows read at once.
pub const PIECE: usize = 1_000;

/// A file of the largest size takes about 20 MB while it is made; the till must not feel it.
pub static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

/// Excel shows a file without this mark in the wrong letters.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Signs with which a formula begins in a spreadsheet program, also as Chinese input methods write them.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A cell of a CSV file with a text in it.
///
/// One that would be a formula gets a quote in front, so that no spreadsheet runs it; a tab or line end in front of the
/// sign does not help. Digits get a tab in front, as in the files of payment companies here: spreadsheets then keep them
/// as text with all their zeros, where they would make 35 of 000035 and 1E+11 of a reference number. The tab survives when
/// the file is saved again, and readers that trim cells, or read them as numbers, do not notice it; `="000035"` would be
/// another text for every program, and would be gone after the first save.
pub fn text_cell(text: String) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let formula = text.trim_start_matches(blank).starts_with(FORMULA) || text.starts_with(['\t', '\r', '\n']);
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match () {
        () if formula => format!("'{text}"),
        () if digits => format!("\t{text}"),
        () => text,
    }
}

domain::words! {
    /// The kinds of file.
    pub enum Kind {
        /// For programs.
        Csv = "csv",
        /// For people.
        Excel = "xlsx",
    }
}

/// A table of texts as a file: CSV, or an Excel sheet that is called `sheet`.
pub async fn table(
    kind: Kind,
    name: &str,
    sheet: &'static str,
    head: &[&'static str],
    rows: Vec<Vec<String>>,
) -> Result<Response, Problem> {
    let _turn = ONE_AT_A_TIME.acquire().await.map_err(|error| fault(&error))?;
    let head = head.to_vec();
    match kind {
        Kind::Csv => {
            let mut file = csv::Writer::from_writer(BYTE_ORDER_MARK.to_vec());
            file.write_record(head).map_err(|error| fault(&error))?;
            for row in rows {
                file.write_record(row.into_iter().map(text_cell)).map_err(|error| fault(&error))?;
            }
            let bytes = file.into_inner().map_err(|error| fault(&error))?;
            Ok(download("text/csv; charset=utf-8", "csv", name, bytes))
        }
        Kind::Excel => {
            // Packing a file of the largest size keeps a core busy for seconds.
            let packed = tokio::task::spawn_blocking(move || workbook(sheet, &head, &rows));
            let bytes = packed.await.map_err(|error| fault(&error))?.map_err(|error| fault(&error))?;
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            Ok(download(kind, "xlsx", name, bytes))
        }
    }
}

fn workbook(name: &str, head: &[&str], rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
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

/// A file for the browser to keep.
pub fn download(kind: &'static str, ending: &str, name: &str, bytes: Vec<u8>) -> Response {
    let place = format!("attachment; filename=\"{name}.{ending}\"");
    ([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, place)], bytes).into_response()
}

/// A file that could not be made, which is a bug.
pub fn fault(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "an export could not be made");
    Problem::Internal
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
        for text in ["6086 25** **** 0012", "a=1", "\u{836f}", "", "2026-11-23", "10:26:00"] {
            assert_eq!(text_cell(text.to_owned()), text);
        }
    }

    #[test]
    fn digits_keep_their_zeros_and_are_what_they_were_once_trimmed() {
        for text in ["000035", "010000000035", "2611230001", "00"] {
            let mut file = csv::Writer::from_writer(BYTE_ORDER_MARK.to_vec());
            file.write_record([text_cell(text.to_owned()), "x".to_owned()]).expect("writes");
            let bytes = file.into_inner().expect("writes");
            assert_eq!(bytes, format!("\u{feff}\t{text},x\n").into_bytes());
            let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(&bytes[3..]);
            let row = reader.records().next().expect("a row").expect("reads");
            assert_eq!(row.get(0), Some(text));
            assert_eq!(domain::scan::normal_form(&format!("\t{text}")).as_str(), text);
        }
    }
}
