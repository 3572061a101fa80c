use std::fmt::Write as _;

use spreadsheet::{Limits, Unreadable};

use crate::files::{PARTS, all, book, excel, pack, shown};

/// Zeros with a zip file around them, which pack a thousand to one.
fn zeros(size: usize) -> Vec<u8> {
    pack(&[("xl/sheet.xml", &vec![b' '; size])])
}

#[test]
fn as_many_rows_as_allowed_are_read_and_not_one_more() {
    let mut text = String::from("编码,名称\n");
    let mut sheet = String::from("<worksheet><sheetData><row><c t='s'><v>0</v></c><c t='s'><v>1</v></c></row>");
    for number in 0..200_000 {
        writeln!(text, "{number},a\n").expect("writes");
        write!(sheet, "<row><c><v>{number}</v></c></row>").expect("writes");
    }
    sheet.push_str("</sheetData></worksheet>");
    for bytes in [text.as_bytes(), &book(&[("xl/sheet.xml", &sheet)])] {
        let rows = all(bytes, &Limits::default()).expect("reads").1;
        assert_eq!(rows.len(), 200_000);
        assert!(rows.last().is_some_and(|row| row.cells[0].text == "199999"));
    }
    assert_eq!(shown(format!("{text}1").as_bytes()), Err(Unreadable::TooManyRows));
}

#[test]
fn sizes_are_limited() {
    let limits = Limits { bytes: 2_000, rows: 3, cell: 12, columns: 4, ..Limits::default() };
    let too_long = |line, column| Unreadable::CellTooLong { line, column };
    for (what, text, outcome) in [
        ("all fits", "编码,名称,c,d,,,\n1,123456789012,3,4,,\n1\n1", Ok(())),
        ("a row", "编码,名称\n1\n1\n1\n1", Err(Unreadable::TooManyRows)),
        ("a cell", "编码,名称\n1,a\n1,1234567890123", Err(too_long(3, 2))),
        ("a cell above the heading", "1234567890123\n编码,名称", Err(too_long(1, 1))),
        ("a quote that is never closed", "编码,名称\n1,\"a\n2,b\n3,c\n4,d", Err(too_long(2, 2))),
        ("a column", "编码,名称\n1,2,3,4,5", Err(Unreadable::TooManyColumns)),
        ("a column of the heading", "编码,名称,3,4,5", Err(Unreadable::TooManyColumns)),
        ("the file", &format!("编码,名称\n{}", ",".repeat(1_990)), Err(Unreadable::TooLarge)),
    ] {
        assert_eq!(all(text.as_bytes(), &limits).map(|_| ()), outcome, "{what}");
    }
    // More than fits into any row, so that it is known before the row ends.
    let long = format!("编码,名称\n1,{}", "a,".repeat(300_000));
    assert_eq!(shown(long.as_bytes()), Err(Unreadable::TooManyColumns));
    let long = format!("编码,名称\n1,b\n\"1\",\"{}", "a\n".repeat(300_000));
    assert_eq!(shown(long.as_bytes()), Err(Unreadable::CellTooLong { line: 3, column: 2 }));
    let many = format!("编码,名称\n1,{}", ",".repeat(20_000));
    assert_eq!(shown(many.as_bytes()), Err(Unreadable::TooManyColumns));
}

#[test]
fn sizes_of_workbooks_are_limited() {
    let limits = Limits { rows: 3, cell: 12, columns: 4, ..Limits::default() };
    let rows = |rows: &[[&str; 5]]| {
        excel(|sheet| {
            for (line, row) in (1..).zip(rows) {
                sheet.write_row(line, 0, *row).expect("writes");
            }
        })
    };
    let too_long = |line, column| Unreadable::CellTooLong { line, column };
    for (what, bytes, outcome) in [
        ("all fits", rows(&[["1", "123456789012", "", "4", ""]; 3]), Ok(())),
        ("a row", rows(&[["1", "", "", "", ""]; 4]), Err(Unreadable::TooManyRows)),
        ("a cell", rows(&[["1", "", "1234567890123", "", ""]]), Err(too_long(2, 3))),
        ("a column", rows(&[["1", "", "", "", "5"]]), Err(Unreadable::TooManyColumns)),
    ] {
        assert_eq!(all(&bytes, &limits).map(|_| ()), outcome, "{what}");
    }
    // Escapes count as the letters that they stand for, and a text is read as a whole or not at all.
    for (text, outcome) in [
        ("&#95;x0041_".repeat(12), Ok("A".repeat(12))),
        ("_x0041_".repeat(13), Err(too_long(3, 1))),
        (format!("a{}b", "&#32;".repeat(90)), Err(too_long(3, 1))),
        (format!("{}b", "&#32;".repeat(60)), Ok("b".to_owned())),
    ] {
        let cell = "<c s='1'><v>46357</v></c>";
        let sheet = PARTS[5].1.replace(cell, &format!("<c t='str'><v>{text}</v></c>"));
        let in_cell = all(&book(&[("xl/sheet.xml", &sheet)]), &limits);
        let strings = PARTS[3].1.replace("</sst>", &format!("<si><t>{text}</t></si></sst>"));
        let sheet = PARTS[5].1.replace(cell, "<c t='s'><v>3</v></c>");
        let shared = all(&book(&[("xl/sheet.xml", &sheet), ("xl/strings.xml", &strings)]), &limits);
        for read in [in_cell, shared] {
            assert_eq!(read.map(|(_, rows)| rows[0].cells[0].text.clone()), outcome);
        }
    }
}

#[test]
fn what_unpacks_to_too_much_is_refused_before_it_is_read() {
    assert_eq!(shown(&zeros(9 << 20)), Err(Unreadable::Bomb), "the ratio");
    assert_eq!(shown(&zeros(7 << 20)), Err(Unreadable::Broken), "small enough, but no workbook");
    let small = Limits { unpacked: 500, ..Limits::default() };
    assert_eq!(all(&book(&[]), &small).map(|_| ()), Err(Unreadable::Bomb), "the sum");
    let names: Vec<String> = (0..1_001).map(|number| number.to_string()).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(shown(&pack(&parts)), Err(Unreadable::Bomb), "the parts");
    assert_eq!(shown(&pack(&parts[1..])), Err(Unreadable::Broken), "as many as allowed, but no workbook");
    // A bomb inside of another file is never unpacked.
    assert_eq!(shown(&pack(&[("xl/inner.zip", &zeros(9 << 20))])), Err(Unreadable::Broken));
}

#[test]
fn the_directory_is_not_believed() {
    // Every size in the directory and before the parts says 10.
    let mut lying = zeros(9 << 20);
    let size = u32::try_from(9 << 20).expect("fits").to_le_bytes();
    while let Some(at) = lying.windows(4).position(|bytes| bytes == size) {
        lying[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
    assert!(matches!(shown(&lying), Err(Unreadable::Bomb | Unreadable::Broken)));
    // Twenty entries that share the bytes of one.
    let one = zeros(1 << 20);
    let find = |magic: &[u8]| one.windows(4).rposition(|bytes| bytes == magic).expect("is there");
    let (directory, end) = (find(b"PK\x01\x02"), find(b"PK\x05\x06"));
    let mut shared = one[..directory].to_vec();
    for number in b'a'..b'u' {
        let mut entry = one[directory..end].to_vec();
        entry[46] = number;
        shared.extend(entry);
    }
    let mut tail = one[end..].to_vec();
    tail[8..10].copy_from_slice(&20_u16.to_le_bytes());
    tail[10..12].copy_from_slice(&20_u16.to_le_bytes());
    let size = u32::try_from((end - directory) * 20).expect("fits");
    tail[12..16].copy_from_slice(&size.to_le_bytes());
    shared.extend(tail);
    assert_eq!(shown(&shared), Err(Unreadable::Bomb));
}

/// Each of these is a few kilobytes, and fills the memory of a reader that believes it, or keeps it busy.
#[test]
fn counts_and_long_pieces_in_a_workbook_take_no_memory_and_time() {
    let strings = PARTS[3].1.replace("uniqueCount='3'", "count='9e99' uniqueCount='1000000000000000'");
    let code = "[".repeat(300) + &"0".repeat(900_000);
    let styles = format!(
        "<styleSheet><numFmts><numFmt numFmtId='9' formatCode='{code}'/></numFmts><cellXfs><xf/><xf numFmtId='164'/>{}\
         </cellXfs></styleSheet>",
        "<xf numFmtId='9'/>".repeat(40_000)
    );
    for (name, part) in [("xl/strings.xml", &strings), ("xl/styles.xml", &styles)] {
        assert!(shown(&book(&[(name, part)])).is_ok(), "{name}");
    }
    let sheets = format!("<workbook><sheets>{}</sheets></workbook>", "<sheet r:id='b'/>".repeat(9_000));
    let empty = format!("<worksheet><sheetData>{}</sheetData></worksheet>", "<row/>".repeat(50_000));
    assert_eq!(shown(&book(&[("xl/workbook.xml", &sheets), ("xl/sheet.xml", &empty)])), Err(Unreadable::Empty));
    let sheet = |inside: &str| format!("<worksheet><sheetData>{inside}</sheetData></worksheet>");
    let long = " ".repeat(2 << 20);
    for inside in [
        format!("<a b='{long}'/>"),
        format!("<!--{long}-->"),
        format!("<?a {long}?>"),
        format!("<a>{long}</a>"),
        format!("{}{}", "<a>".repeat(200), "</a>".repeat(200)),
        "<a>&b;</a>".to_owned(),
        "<row r='1048577'/>".to_owned(),
        "<row r='-1'/>".to_owned(),
        "<row><c r='XFE1'/></row>".to_owned(),
        "<row><c r='AAAAAAAAAAAAA1'/></row>".to_owned(),
        "<row><c r='1'/></row>".to_owned(),
        "<row><c t='s'><v>3</v></c></row>".to_owned(),
        "<row><c t='s'><v>-1</v></c></row>".to_owned(),
        "<row><c></row></c>".to_owned(),
        "<row>".to_owned(),
        "<row".to_owned(),
    ] {
        let shown = shown(&book(&[("xl/sheet.xml", &sheet(&inside))]));
        assert_eq!(shown, Err(Unreadable::Broken), "{}", inside.get(..20).unwrap_or(&inside));
    }
}

#[test]
fn other_files_are_told_from_workbooks() {
    let ole = |inside: &[u8]| [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &[0; 600][..], inside].concat();
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let whole = excel(|_| ());
    for (what, bytes, error) in [
        ("old", ole(b"W\0o\0r\0k\0b\0o\0o\0k\0"), Unreadable::OldExcel),
        ("with a password", ole(&name), Unreadable::Encrypted),
        ("a document", pack(&[("word/document.xml", b"<document/>")]), Unreadable::Broken),
        ("a root that leads nowhere", pack(&[(PARTS[0].0, PARTS[0].1.as_bytes())]), Unreadable::Broken),
        ("half", whole[..whole.len() / 2].to_vec(), Unreadable::Broken),
        ("without its end", whole[..whole.len() - 30].to_vec(), Unreadable::Broken),
        ("only the beginning", b"PK\x03\x04".to_vec(), Unreadable::Broken),
        ("an XML that is none", book(&[("xl/workbook.xml", "PK")]), Unreadable::NoSheet),
        ("an XML that is cut", book(&[("xl/workbook.xml", "<workbook><sheets>")]), Unreadable::Broken),
    ] {
        assert_eq!(shown(&bytes), Err(error), "{what}");
    }
}
