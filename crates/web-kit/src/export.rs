//! What files for download have in common.
//!
//! What must stay true: a cell is never a formula, whatever was typed as a name or reason; memory is bounded by
//! [`ROWS_MAX`] and one file at a time.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

pub use spreadsheet::write::{BYTE_ORDER_MARK, text_cell};

use crate::problem::Problem;

/// Rows of a file, at most.
pub const ROWS_MAX: usize = 100_000;

/// Rows read at once.
pub const PIECE: usize = 1_000;

/// A file of the largest size takes about 20 MB while it is made; the till must not feel it.
pub static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

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
    head: &[&str],
    rows: Vec<Vec<String>>,
) -> Result<Response, Problem> {
    let _turn = ONE_AT_A_TIME.acquire().await.map_err(|error| fault(&error))?;
    let head: Vec<String> = head.iter().map(|title| (*title).to_owned()).collect();
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
            let packed = tokio::task::spawn_blocking(move || {
                let head: Vec<&str> = head.iter().map(String::as_str).collect();
                spreadsheet::write::workbook(sheet, &head, &rows)
            });
            let bytes = packed.await.map_err(|error| fault(&error))?.map_err(|error| fault(&error))?;
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            Ok(download(kind, "xlsx", name, bytes))
        }
    }
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
