use std::ops::ControlFlow;

use encoding_rs::GB18030;
use spreadsheet::{Coding, Limits, Unreadable, looks_like_date, read};

use crate::files::{all, is_head, shown};

fn gbk(text: &str) -> Vec<u8> {
    GB18030.encode(text).0.into_owned()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn the_coding_and_the_separator_are_found() {
    let big_endian: Vec<u8> =
        utf16("\u{feff}编码\t名称\n1\t中").chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
    for (what, bytes, coding, separator, rows) in [
        ("GBK", gbk("编码,名称\r\n000035,阿莫西林\r\n"), Coding::Gb18030, ',', "1: 编码|名称\n2: 000035|阿莫西林"),
        ("GB18030, four bytes", gbk("编码,名称\n1,𠮷"), Coding::Gb18030, ',', "1: 编码|名称\n2: 1|𠮷"),
        ("UTF-8 with a mark", "\u{feff}编码,名称\r\n1,中\r\n".into(), Coding::Utf8, ',', "1: 编码|名称\n2: 1|中"),
        ("UTF-8 without", "编码,名称\r\n1,中\r\n".into(), Coding::Utf8, ',', "1: 编码|名称\n2: 1|中"),
        ("Unicode text", utf16("\u{feff}编码\t名称\r\n1\t\"中,a\""), Coding::Utf16, '\t', "1: 编码|名称\n2: 1|中,a"),
        ("big endian", big_endian, Coding::Utf16, '\t', "1: 编码|名称\n2: 1|中"),
        ("semicolons", "编码;名称\n1;a,b\n".into(), Coding::Utf8, ';', "1: 编码|名称\n2: 1|a,b"),
        ("tabs", gbk("编码\t名称\n1\ta,b;c\n"), Coding::Gb18030, '\t', "1: 编码|名称\n2: 1|a,b;c"),
        ("named", "\u{feff}sep=;\r\n编码;名称\r\n1;a\r\n".into(), Coding::Utf8, ';', "2: 编码|名称\n3: 1|a"),
        ("named, a rare one", "SEP=|\n编码|名称\n1|a\n".into(), Coding::Utf8, '|', "2: 编码|名称\n3: 1|a"),
        ("the longest heading", "编码;名称,编码,名称\n".into(), Coding::Utf8, ',', "1: 编码;名称|编码|名称"),
    ] {
        let head = all(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{what}: {error}")).0;
        assert_eq!((head.coding, head.separator), (coding, Some(separator)), "{what}");
        assert_eq!(shown(&bytes).map(|rows| rows.join("\n")), Ok(rows.to_owned()), "{what}");
    }
    assert_eq!([Coding::Utf8, Coding::Gb18030, Coding::Utf16, Coding::Xlsx].map(Coding::name)[1], "GB18030");
}

#[test]
fn rows_have_the_length_of_the_heading_and_the_line_of_the_file() {
    for (what, text, rows) in [
        ("titles", "商品目录,,\n\n,,\n 制表 : 2026 ,,\r\n编码,名称,\n1,a,\n", "5: 编码|名称\n6: 1|a"),
        ("CR", "编码,名称\r1,a\r\r2,b\r", "1: 编码|名称\n2: 1|a\n4: 2|b"),
        ("mixed line ends", "编码,名称\r\n\r\n1,a\n\n\r2,b\r\n3,c", "1: 编码|名称\n3: 1|a\n6: 2|b\n7: 3|c"),
        (
            "line breaks in cells",
            "编码,名称\r\n1,\"a\r\nb\"\r\n2,\"say \"\"c\"\"\"\r\n\"3\n\n\",d\n4,e",
            "1: 编码|名称\n2: 1|a\r\nb\n4: 2|say \"c\"\n5: 3|d\n8: 4|e",
        ),
        (
            "empty columns and rows",
            "编码,名称,,,\n1,a,,,\n,,,,\n , \u{3000} ,,,\n2,,,,\n,,,,\n\n",
            "1: 编码|名称\n2: 1|a\n5: 2|",
        ),
        ("short and long rows", "编码,名称\n1\n2,b,,x,\n,c", "1: 编码|名称\n2: 1|\n3: 2|b||x\n4: |c"),
        ("stray quotes", "编码,名称\n1,5\" tube\n2,\"a\"b\n", "1: 编码|名称\n2: 1|5\" tube\n3: 2|ab"),
        ("blanks", "编码,名称\n \u{a0}1\u{3000},\u{feff}\ta b\t\n", "1: 编码|名称\n2: 1|a b"),
        ("full-width digits stay", "编码,名称\n０００３５,Ａ\n", "1: 编码|名称\n2: ０００３５|Ａ"),
        ("zeros", "编码,名称\n=\"000035\",\"=\"\"01\"\"\"\n\t000035,=\"\"\n", "1: 编码|名称\n2: 000035|01\n3: 000035|"),
        (
            "no formulas",
            "编码,名称\n'=1,''+1\n'＝1,' @a\n'a,'0\n=1+1,\"=\"\"a\"\"&\"\"b\"\"\"\n",
            "1: 编码|名称\n2: =1|'+1\n3: ＝1|@a\n4: 'a|'0\n5: =1+1|=\"a\"&\"b\"",
        ),
        (
            "damage",
            "编码,名称\n6.9E+12,6.90124E+12\n6E12,6.9e+12\n\t6.9E+12,=\"6.9E+12\"\n6.E+1,E+1\n#N/A,#REF!\n####,##\n2026/12/1,12月1日",
            "1: 编码|名称\n2: 6.9E+12{Scientific}|6.90124E+12{Scientific}\n3: 6E12{Scientific}|6.9e+12\n4: 6.9E+12|6.9E+12\n\
             5: 6.E+1|E+1\n6: #N/A{Error}|#REF!{Error}\n7: ####{Error}|##\n8: 2026/12/1|12月1日",
        ),
    ] {
        assert_eq!(shown(text.as_bytes()).map(|rows| rows.join("\n")), Ok(rows.to_owned()), "{what}");
    }
}

#[test]
fn what_is_no_table_says_what_it_is() {
    let note = "注意\n".repeat(20) + "编码,名称\n1,a\n";
    let broken = [&gbk("编码,名称\r\n1,中\r\n2,")[..], b"\xff\xff\n3,c"].concat();
    let cut = &gbk("编码,名称\n1,中")[..13];
    for (what, bytes, error) in [
        ("nothing", Vec::new(), Unreadable::Empty),
        ("blanks", b"\xef\xbb\xbf \r\n\t\n".to_vec(), Unreadable::Empty),
        ("only separators", b",,,\n,,\n".to_vec(), Unreadable::NoHead { seen: vec![",,,".into()] }),
        ("no heading", "名字;价格\na;1\n".into(), Unreadable::NoHead { seen: vec!["名字".into(), "价格".into()] }),
        ("a late heading", note.into(), Unreadable::NoHead { seen: vec!["注意".into()] }),
        ("a broken coding", broken, Unreadable::NotText { line: 3 }),
        ("half a letter", cut.to_vec(), Unreadable::NotText { line: 2 }),
        ("UTF-8 by its mark", b"\xef\xbb\xbfa\nb\xb1\xe0\n".to_vec(), Unreadable::NotText { line: 2 }),
        ("half of UTF-16", b"\xff\xfea\0\n\0b".to_vec(), Unreadable::NotText { line: 2 }),
        ("zero bytes", b"a\r\nb\0c".to_vec(), Unreadable::NotText { line: 2 }),
        ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), Unreadable::NotText { line: 3 }),
        ("a web page", gbk("\r\n<table><tr><td>编码</td>"), Unreadable::Markup),
    ] {
        assert_eq!(shown(&bytes), Err(error), "{what}");
    }
}

#[test]
fn reading_ends_when_no_more_is_wanted() {
    let mut lines = Vec::new();
    let head = read("编码,名称\n1,a\n2,b\n3,c".as_bytes(), &Limits::default(), is_head, |_, row| {
        lines.push(row.line);
        if lines.len() < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert!(head.is_ok());
    assert_eq!(lines, [2, 3]);
}

#[test]
fn dates_are_told_from_specifications() {
    for date in [
        "12月1日",
        "2026年12月",
        "2026年12月1日",
        "1-Dec",
        "Dec-01",
        "DEC-26",
        "1-Oct",
        "01-Dec-2026",
        "1-Dec-26",
        "2026/12/1",
        "2026-12-01",
        "12/1/2026",
        "31/12/2026",
        "2026/12/1 0:00:00",
        "2026-12-01T10:30:00",
    ] {
        assert!(looks_like_date(date), "{date}");
    }
    for other in [
        "12-1",
        "12/1",
        "",
        "12月",
        "2026",
        "2026-12",
        "2026/13/1",
        "2026/12/32",
        "0.25g*12",
        "1-Dez",
        "Decem-01",
        "2026/12/1 ",
        "2026/12/1/1",
        "1/2/3",
        "20261/12/1",
        "9026/12/1",
        "5-Dec-1-1",
        "１２月１日",
        "T",
        "T:",
        "/",
        "-",
    ] {
        assert!(!looks_like_date(other), "{other}");
    }
}
