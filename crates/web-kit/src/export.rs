//! What files for download have in common.
//!
//! What must stay true: a cell is never a formula, whatever was typed as a name or reason; memory is bounded by
//! [`ROWS_MAX`] and one file at a time.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
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

/// A cell that begins like a formula gets a quote, so that no spreadsheet runs it.
pub fn guarded(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
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
        for text in ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(guarded(text.to_owned()), format!("'{text}"));
        }
        assert_eq!(guarded("6086 25** **** 0012".to_owned()), "6086 25** **** 0012");
    }
}
