//! Files for tests, and what is read from them as text.

use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;

use rust_xlsxwriter::{Workbook, Worksheet};
use spreadsheet::{Cell, Head, Limits, Row, Unreadable, read};
use zip::write::{SimpleFileOptions, ZipWriter};

/// The heading of most files here.
pub(crate) fn is_head(cells: &[String]) -> bool {
    cells.iter().any(|cell| cell == "编码") && cells.iter().any(|cell| cell == "名称")
}

/// All rows of a file.
pub(crate) fn all(bytes: &[u8], limits: &Limits) -> Result<(Head, Vec<Row>), Unreadable> {
    let mut rows = Vec::new();
    let head = read(bytes, limits, is_head, |_, row| {
        rows.push(row);
        ControlFlow::Continue(())
    })?;
    Ok((head, rows))
}

/// The heading and the rows of a file, each as `line: cell|cell`, with the damage in braces.
pub(crate) fn shown(bytes: &[u8]) -> Result<Vec<String>, Unreadable> {
    let (head, rows) = all(bytes, &Limits::default())?;
    let row = |row: &Row| format!("{}: {}", row.line, row.cells.iter().map(cell).collect::<Vec<_>>().join("|"));
    let head = format!("{}: {}", head.line, head.cells.join("|"));
    Ok([head].into_iter().chain(rows.iter().map(row)).collect())
}

fn cell(cell: &Cell) -> String {
    match cell.damage {
        Some(damage) => format!("{}{{{damage:?}}}", cell.text),
        None => cell.text.clone(),
    }
}

/// A workbook with one sheet, as Excel writes it.
pub(crate) fn excel(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, ["编码", "名称", "价格"]).expect("writes");
    fill(sheet);
    workbook.save_to_buffer().expect("writes")
}

/// A zip file of these parts.
pub(crate) fn pack(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in parts {
        file.start_file(*name, SimpleFileOptions::default()).expect("begins");
        file.write_all(part).expect("writes");
    }
    file.finish().expect("ends").into_inner()
}

/// The parts of a small workbook, in the order of [`pack`].
pub(crate) const PARTS: [(&str, &str); 6] = [
    (
        "_rels/.rels",
        "<Relationships><Relationship Id='a' Type='x/officeDocument' Target='xl/workbook.xml'/></Relationships>",
    ),
    (
        "xl/_rels/workbook.xml.rels",
        "<Relationships><Relationship Id='b' Type='x/worksheet' Target='sheet.xml'/><Relationship Id='c' \
         Type='x/sharedStrings' Target='/xl/strings.xml'/><Relationship Id='d' Type='x/styles' \
         Target='../xl/styles.xml'/></Relationships>",
    ),
    ("xl/workbook.xml", "<workbook><sheets><sheet name='a' r:id='b'/></sheets></workbook>"),
    (
        "xl/strings.xml",
        "<sst uniqueCount='3'><si><t>编码</t></si><si><r><t>名</t></r><r><t>称</t></r><rPh><t>x</t></rPh></si>\
         <si><t>_x005F_x41_ &amp;&#x41;_x0042_</t></si></sst>",
    ),
    (
        "xl/styles.xml",
        "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='yyyy'/><numFmt numFmtId='58' formatCode='0'/></numFmts>\
         <cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'/><xf numFmtId='164'/><xf numFmtId='58'/>\
         <xf numFmtId='57'/></cellXfs><dxfs><dxf><numFmt numFmtId='57' formatCode='0'/></dxf></dxfs></styleSheet>",
    ),
    (
        "xl/sheet.xml",
        "<worksheet><sheetData><row r='2'><c r='A2' t='s'><v>0</v></c><c t='s'><v>1</v></c></row><row><c s='1'><v>46357</v>\
         </c><c t='s'><v>2</v></c><c t='inlineStr'><is><t>i</t></is></c><c t='e'><v>#N/A</v></c></row></sheetData></worksheet>",
    ),
];

/// [`PARTS`] with some of them replaced.
pub(crate) fn book(replaced: &[(&str, &str)]) -> Vec<u8> {
    let part = |(name, part): (&'static str, &'static str)| {
        let other = replaced.iter().find(|(other, _)| *other == name).map(|(_, part)| *part);
        (name, other.map_or(part.as_bytes().to_vec(), |part| part.as_bytes().to_vec()))
    };
    let parts: Vec<(&str, Vec<u8>)> = PARTS.into_iter().map(part).collect();
    pack(&parts.iter().map(|(name, part)| (*name, part.as_slice())).collect::<Vec<_>>())
}
