//! Tables in the files of spreadsheet programs: reading what Excel, WPS and ERPs write, and writing what they leave
//! alone.
//!
//! A person uploads a list of goods. It is a `.csv` in GB18030 from an ERP, a `.csv` that Excel saved, Excel's "Unicode
//! text", or an `.xlsx`; above the heading are titles, and some of the cells are no longer what somebody typed. [`read`]
//! finds the heading, gives the rows below it as texts, and says of each cell what a spreadsheet program did to it.
//! [`mod@write`] is the way out: what it writes reads back as the same text, and Excel leaves it alone.
//!
//! What must stay true:
//!
//! - no file makes the program panic, or use more memory or time than its [`Limits`] say: the same process moves money;
//! - the kind of a file is what is in it, never what its name says;
//! - a cell's text is what the file holds, or [`Damage`] says that it cannot be trusted. Nothing is guessed;
//! - a cell that was written is never a formula.

mod cell;
mod table;
mod text;
pub mod write;
mod xlsx;

use std::ops::ControlFlow;

pub use cell::looks_like_date;
use table::Table;

/// Limits of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the file in bytes.
    pub bytes: usize,
    /// Rows below the heading that are not empty.
    pub rows: u32,
    /// Bytes of a cell's text, as UTF-8.
    pub cell: usize,
    /// Columns with something in them.
    pub columns: usize,
    /// Bytes that an `.xlsx` may unpack to.
    pub unpacked: u64,
    /// How many times its own size an `.xlsx` may unpack to, once that is more than 8 MiB.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 32 << 20, rows: 200_000, cell: 4_000, columns: 100, unpacked: 256 << 20, ratio: 100 }
    }
}

/// How a file was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Text in UTF-8, with or without a byte order mark.
    Utf8,
    /// Text in GB18030, of which GBK and GB2312 are parts: what a Chinese Windows calls ANSI.
    Gb18030,
    /// Text in UTF-16 with a byte order mark: what Excel calls "Unicode text".
    Utf16,
    /// An Excel workbook.
    Xlsx,
}

impl Coding {
    /// The name that people know.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
            Self::Utf16 => "UTF-16",
            Self::Xlsx => "xlsx",
        }
    }
}

/// The heading of a table, and how its file was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// How the file was written.
    pub coding: Coding,
    /// What stands between two cells of a text file.
    pub separator: Option<char>,
    /// The heading's line, as for [`Row::line`].
    pub line: u32,
    /// The titles, trimmed, without empty ones at the end.
    pub cells: Vec<String>,
}

/// What a spreadsheet program did to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Digits became a number that is too long for one: 6.9E+12 in a text file, 10^15 or more in a workbook.
    Scientific,
    /// The cell is a date. Text files do not say so; see [`looks_like_date`].
    Date,
    /// `#REF!`, `#N/A` and the like, or `####` where a column was too narrow.
    Error,
}

/// A cell as text. One without text is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The text without white space around it.
    pub text: String,
    /// Why the text is not what somebody typed, if it is not.
    pub damage: Option<Damage>,
}

/// A row below the heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// From 1: the row as Excel numbers it, or the line of a text file on which the row begins.
    pub line: u32,
    /// As many cells as the heading has, or more: the last one of more is not empty.
    pub cells: Vec<Cell>,
}

/// Why a file gives no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Nothing is in it.
    #[error("the file is empty")]
    Empty,
    /// More than [`Limits::bytes`].
    #[error("the file is too large")]
    TooLarge,
    /// None of the first rows is a heading.
    #[error("no heading in the first rows")]
    NoHead {
        /// The first of these rows that has the most cells: what the person may have meant to be the heading.
        seen: Vec<String>,
    },
    /// More than [`Limits::rows`].
    #[error("too many rows")]
    TooManyRows,
    /// More than [`Limits::columns`].
    #[error("too many columns")]
    TooManyColumns,
    /// More than [`Limits::cell`].
    #[error("the cell on line {line} in column {column} is too long")]
    CellTooLong {
        /// As for [`Row::line`].
        line: u32,
        /// From 1.
        column: usize,
    },
    /// Neither a workbook nor text in a coding that is known, from this line on.
    #[error("line {line} is not text")]
    NotText {
        /// As for [`Row::line`].
        line: u32,
    },
    /// A web page or XML under the name of a table, as ERPs like to write `.xls`. Excel opens it and can save it anew.
    #[error("a web page or XML, not a table")]
    Markup,
    /// It unpacks to more than [`Limits::unpacked`] or [`Limits::ratio`] allow.
    #[error("the workbook unpacks to too much")]
    Bomb,
    /// A workbook with a password.
    #[error("the workbook has a password")]
    Encrypted,
    /// The format of Excel before 2007, or of WPS.
    #[error("the old format .xls")]
    OldExcel,
    /// A workbook that is damaged, or another zip file.
    #[error("the workbook is damaged")]
    Broken,
    /// A workbook without a visible sheet.
    #[error("the workbook has no visible sheet")]
    NoSheet,
}

/// Reads the table of a file.
///
/// Looks for the heading among the first 20 rows that are not empty, so titles may stand above it: `is_head` gets the
/// texts of a row. Then calls `each` with the heading for every row below that is not empty, until it breaks. A row is as
/// long as the heading, or longer if there is something in the rest of it.
///
/// Of a workbook it reads the first visible sheet with something in it.
///
/// If the answer is `Err`, `each` may have been called: nothing of the file may be used then.
pub fn read(
    bytes: &[u8],
    limits: &Limits,
    is_head: impl Fn(&[String]) -> bool,
    mut each: impl FnMut(&[String], Row) -> ControlFlow<()>,
) -> Result<Head, Unreadable> {
    if bytes.len() > limits.bytes {
        return Err(Unreadable::TooLarge);
    }
    let mut table = Table::new(limits, &is_head, &mut each);
    let (coding, separator) = match () {
        () if bytes.starts_with(b"PK\x03\x04") => {
            xlsx::read(bytes, limits, &mut table)?;
            (Coding::Xlsx, None)
        }
        () if bytes.starts_with(b"\xd0\xcf\x11\xe0") => return Err(old_excel(bytes)),
        () => {
            let (coding, separator) = text::read(bytes, limits, &mut table)?;
            (coding, Some(separator))
        }
    };
    let (line, cells) = table.into_head()?;
    Ok(Head { coding, separator, line, cells })
}

/// An OLE2 file is an old workbook, or holds a new one that a password encrypts.
fn old_excel(bytes: &[u8]) -> Unreadable {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if memchr::memmem::find(bytes, &name).is_some() { Unreadable::Encrypted } else { Unreadable::OldExcel }
}
