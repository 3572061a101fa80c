use std::ops::ControlFlow;

use proptest::prelude::*;
use spreadsheet::write::{BYTE_ORDER_MARK, text_cell, workbook};
use spreadsheet::{Limits, read};

/// Texts as people type them, and those that a spreadsheet takes for something else.
fn a_text() -> impl Strategy<Value = String> {
    let letters = "[^\\p{Cc}]{0,12}";
    let risky = "['=+@＝＋－＠\\-\"#,;\\t ]{0,3}[0-9a-zE.+#/!]{0,5}[\"%]?";
    let changed =
        "[0-9]{1,2}(\\.[0-9])?[Ee][+-]?[0-9]{1,2}|'{0,3}[=+@-][\"0-9]{0,4}|0{0,3}[0-9]{0,20}|#{0,5}|#N/A|#REF!|=\"0\"";
    let escaped = "_x[0-9a-fA-F]{3,5}_|&[a-z]{2,4};|<[a-z]>|\\]\\]>";
    prop_oneof![letters, risky, changed, escaped]
        .prop_map(|text| text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_owned())
        .prop_filter("control characters", |text| !text.contains(char::is_control))
}

/// The rows of a file below a heading `key`, `text`, without the key.
fn texts(bytes: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    let head = read(
        bytes,
        &Limits::default(),
        |cells| cells == ["key", "text"],
        |_, row| {
            assert!(row.cells.iter().all(|cell| cell.damage.is_none()), "{row:?}");
            texts.extend(row.cells.into_iter().nth(1).map(|cell| cell.text));
            ControlFlow::Continue(())
        },
    );
    head.expect("reads");
    texts
}

proptest! {
    #[test]
    fn a_text_in_a_csv_file_is_read_as_it_was_written(written in prop::collection::vec(a_text(), 1..20)) {
        let mut file = csv::Writer::from_writer(BYTE_ORDER_MARK.to_vec());
        file.write_record(["key", "text"]).expect("writes");
        for text in &written {
            file.write_record(["a", &text_cell(text.clone())]).expect("writes");
        }
        prop_assert_eq!(texts(&file.into_inner().expect("writes")), written);
    }

    #[test]
    fn a_text_in_a_workbook_is_read_as_it_was_written(written in prop::collection::vec(a_text(), 1..20)) {
        let rows: Vec<Vec<String>> = written.iter().map(|text| vec!["a".to_owned(), text.clone()]).collect();
        let bytes = workbook("a", &["key", "text"], &rows).expect("writes");
        prop_assert_eq!(texts(&bytes), written);
    }

    #[test]
    fn two_texts_are_never_the_same_cell(one in a_text(), quotes in "'{1,3}") {
        let other = format!("{quotes}{one}");
        prop_assert_ne!(text_cell(one), text_cell(other));
    }
}
