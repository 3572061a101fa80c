//! Tables in Excel workbooks: zip files of XML parts.
//!
//! A reader of its own, because the common one (`calamine` 0.38) believes the file: a count in the shared strings of
//! a workbook of one kilobyte aborts the process, and a long number format makes two gigabytes of two kilobytes. This
//! one keeps the strings, which styles are dates, and one row.

mod number;
mod package;
mod sheet;
mod strings;
mod workbook;
mod xml;

use crate::table::Table;
use crate::{Limits, Unreadable};
use package::Package;
use workbook::Workbook;

/// Reads the first visible sheet that has something in it.
pub(crate) fn read(bytes: &[u8], limits: &Limits, table: &mut Table<'_>) -> Result<(), Unreadable> {
    let mut package = Package::open(bytes, limits)?;
    let workbook = Workbook::open(&mut package, limits)?;
    if workbook.sheets.is_empty() {
        return Err(Unreadable::NoSheet);
    }
    for name in &workbook.sheets {
        let mut xml = package.part(name)?.ok_or(Unreadable::Broken)?;
        sheet::read(&mut xml, &workbook, limits, table)?;
        if table.has_content() {
            break;
        }
    }
    Ok(())
}
