use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use spreadsheet::{Coding, Limits, Unreadable};

use crate::files::{PARTS, all, book, excel, pack, shown};

#[test]
fn cells_are_what_the_workbook_holds() {
    let day = ExcelDateTime::from_ymd(2026, 12, 1).expect("a day");
    let moment = ExcelDateTime::from_ymd(2026, 12, 1).and_then(|day| day.and_hms(10, 30, 0)).expect("a moment");
    let bytes = excel(|sheet| {
        let date = Format::new().set_num_format("m\"月\"d\"日\"");
        let bold = Format::new().set_bold();
        let plain = Format::new();
        let rich = [(&plain, "阿莫"), (&bold, "西林 "), (&plain, "胶囊")];
        sheet.write_row(2, 0, ["000035", " '=1 ", "6.9E+12"]).expect("writes");
        sheet.write_number(3, 0, 35).expect("writes");
        sheet.write_rich_string(3, 1, &rich).expect("writes");
        sheet.write_number(3, 2, 16.499_999_999_999_996).expect("writes");
        sheet.write_number(4, 0, 6_901_234_567_890.0).expect("writes");
        sheet.write_formula(4, 1, Formula::new("=\"a\"&B1").set_result("a名称")).expect("writes");
        sheet.write_formula(4, 2, Formula::new("=1+1").set_result("2")).expect("writes");
        sheet.write_number(5, 0, 1e15).expect("writes");
        sheet.write_boolean(5, 1, true).expect("writes");
        sheet.write_formula(5, 2, Formula::new("=1/0").set_result("#DIV/0!")).expect("writes");
        sheet.write_datetime_with_format(6, 0, &day, &date).expect("writes");
        sheet.write_datetime_with_format(6, 1, &moment, &Format::new().set_num_format_index(22)).expect("writes");
        sheet.write_number_with_format(6, 2, 1234.5, &Format::new().set_num_format("#,##0.00")).expect("writes");
        sheet.write_string(8, 4, "extra\na").expect("writes");
        sheet.write_blank(9, 99, &bold).expect("writes");
    });
    let rows = [
        "1: 编码|名称|价格",
        "3: 000035|'=1|6.9E+12",
        "4: 35|阿莫西林 胶囊|16.5",
        "5: 6901234567890|a名称|2",
        "6: 1000000000000000{Scientific}|TRUE|#DIV/0!{Error}",
        "7: 2026-12-01{Date}|2026-12-01T10:30:00{Date}|1234.5",
        "9: ||||extra\na",
    ];
    assert_eq!(shown(&bytes).expect("reads"), rows);
    let head = all(&bytes, &Limits::default()).expect("reads").0;
    assert_eq!((head.coding, head.separator), (Coding::Xlsx, None));
}

#[test]
fn titles_over_several_cells_stand_above_the_heading() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.merge_range(0, 0, 1, 5, "商品目录", &Format::new()).expect("merges");
    sheet.write_row(4, 1, ["编码", "名称"]).expect("writes");
    sheet.write_row(5, 1, ["1", "a"]).expect("writes");
    let bytes = workbook.save_to_buffer().expect("writes");
    assert_eq!(shown(&bytes).expect("reads"), ["5: |编码|名称", "6: |1|a"]);
}

#[test]
fn the_first_visible_sheet_with_something_in_it_is_read() {
    let mut workbook = Workbook::new();
    for (name, hidden, content) in
        [("hidden", true, true), ("empty", false, false), ("full", false, true), ("late", false, true)]
    {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).expect("names").set_hidden(hidden);
        if content {
            sheet.write_row(0, 0, ["编码", "名称", name]).expect("writes");
        }
    }
    workbook.worksheet_from_index(1).expect("a sheet").set_active(true);
    assert_eq!(shown(&workbook.save_to_buffer().expect("writes")).expect("reads"), ["1: 编码|名称|full"]);
    let hidden = "<workbook><sheets><sheet name='a' state='veryHidden' r:id='b'/></sheets></workbook>";
    assert_eq!(shown(&book(&[("xl/workbook.xml", hidden)])), Err(Unreadable::NoSheet));
    let empty = "<worksheet><sheetData><row r='1'><c r='A1' s='1'/></row></sheetData></worksheet>";
    assert_eq!(shown(&book(&[("xl/sheet.xml", empty)])), Err(Unreadable::Empty));
    let other = "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>";
    assert_eq!(shown(&book(&[("xl/sheet.xml", other)])), Err(Unreadable::NoHead { seen: vec!["1".into()] }));
}

/// Programs other than Excel leave out what the standard lets them, or write it in their own way.
#[test]
fn the_forms_of_other_programs_are_read() {
    let rows = ["2: 编码|名称", "3: 2026-12-01{Date}|_x41_ &AB|i|#N/A{Error}"];
    assert_eq!(shown(&book(&[])).expect("reads"), rows);
    let windows: Vec<(String, &[u8])> =
        PARTS.iter().map(|(name, part)| (name.replace('/', "\\").to_uppercase(), part.as_bytes())).collect();
    let windows: Vec<(&str, &[u8])> = windows.iter().map(|(name, part)| (name.as_str(), *part)).collect();
    assert_eq!(shown(&pack(&windows)).expect("reads"), rows);
    for (what, sheet, row) in [
        ("prefixes", "<x:row xmlns:x='y' r='3'><x:c r='A3' t='s'><x:v>0</x:v></x:c></x:row>", "3: 编码|"),
        ("a gap", "<row r='9'><c r='B9'><v>7</v></c></row>", "9: |7"),
        ("text that is no number", "<row><c><v>a</v></c><c><v> NaN </v></c></row>", "3: a|NaN"),
        ("an exponent", "<row><c><v>3.5E1</v></c><c><v>1e-3</v></c></row>", "3: 35|0.001"),
        ("a date as text", "<row><c t='d'><v>2026-12-01</v></c></row>", "3: 2026-12-01{Date}|"),
        ("a new error", "<row><c t='e'><v>#SPILL!</v></c><c t='b'><v>0</v></c></row>", "3: #SPILL!{Error}|FALSE"),
        ("more in a cell", "<row><c><f>A1&lt;2</f><v>1</v><extLst><ext>9</ext></extLst></c></row>", "3: 1|"),
        ("CDATA", "<row><c t='str'><v><![CDATA[a<b]]><!-- c --></v></c></row>", "3: a<b|"),
        ("formats", "<row><c s='2'><v>1</v></c><c s='3'><v>1</v></c></row>", "3: 1|1900-01-01{Date}"),
        ("no value", "<row><c t='s'/><c t='s'><v/></c><c><v>1</v></c></row>", "3: ||1"),
    ] {
        let head = "<row r='2'><c r='A2' t='s'><v>0</v></c><c t='s'><v>1</v></c></row>";
        let sheet =
            format!("\u{feff}<?xml version='1.0'?>\r\n<worksheet><sheetData>{head}{sheet}</sheetData></worksheet>");
        let read = shown(&book(&[("xl/sheet.xml", &sheet)])).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(read, ["2: 编码|名称", row], "{what}");
    }
}

#[test]
fn days_count_from_1904_if_the_workbook_says_so() {
    let workbook = "<workbook><workbookPr date1904='1'/><sheets><sheet name='a' r:id='b'/></sheets></workbook>";
    let rows = shown(&book(&[("xl/workbook.xml", workbook)])).expect("reads");
    assert_eq!(rows[1].split('|').next(), Some("3: 2030-12-02{Date}"));
}
