//! What files for download have in common.
//!
//! What must stay true: a cell is never a formula, whatever was typed as a name or reason; memory is bounded by
//! [`ROWS_MAX`] and one file at a time.

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use storage::StorageError;
use tokio::sync::Semaphore;

pub use spreadsheet::write::{BYTE_ORDER_MARK, text_cell};

use crate::problem::Problem;

/// Rows of a file, at most.
pub const ROWS_MAX: usize = 100_000;

const CSV: &str = "text/csv; charset=utf-8";

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
            let bytes = csv_piece(BYTE_ORDER_MARK, [head].into_iter().chain(rows)).map_err(|error| fault(&error))?;
            Ok(download(CSV, "csv", name, bytes))
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

/// A CSV file of any length, which leaves piece by piece as its rows are read: `next` takes where it is and answers with the
/// next rows and where it is then, or with none.
pub fn long_csv<P, N, F>(name: &str, head: &[&str], first: P, next: N) -> Response
where
    P: Send + 'static,
    N: Fn(P) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Option<(Vec<Vec<String>>, P)>, StorageError>> + Send,
{
    let head = vec![head.iter().map(|title| (*title).to_owned()).collect()];
    let begun = Some((Some(head), first));
    let pieces = stream::unfold(begun, move |at| {
        let next = next.clone();
        async move {
            let (rows, at, mark) = match at? {
                (Some(head), first) => (head, first, BYTE_ORDER_MARK),
                (None, place) => match next(place).await {
                    Ok(Some((rows, place))) => (rows, place, &b""[..]),
                    Ok(None) => return None,
                    // The connection breaks, so that nobody takes the file for a whole one.
                    Err(error) => return Some((Err(std::io::Error::other(error)), None)),
                },
            };
            let piece = csv_piece(mark, rows).map_err(std::io::Error::other);
            Some((piece, Some((None, at))))
        }
    });
    download(CSV, "csv", name, Body::from_stream(pieces))
}

fn csv_piece(mark: &[u8], rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, csv::Error> {
    let mut file = csv::Writer::from_writer(mark.to_vec());
    for row in rows {
        file.write_record(row.into_iter().map(text_cell))?;
    }
    file.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// A file for the browser to keep.
pub fn download(kind: &'static str, ending: &str, name: &str, bytes: impl Into<Body>) -> Response {
    let place = format!("attachment; filename=\"{name}.{ending}\"");
    ([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, place)], bytes.into()).into_response()
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
