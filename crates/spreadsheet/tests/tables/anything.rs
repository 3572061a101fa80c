use proptest::prelude::*;
use spreadsheet::{Limits, Unreadable, looks_like_date};

use crate::files::{PARTS, all, book, excel, pack};

/// Bytes that are replaced by others: where, how many, and by what.
type Change = (prop::sample::Index, usize, Vec<u8>);

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let tokens = "[<>&'\"=/!?#;\\[\\]0-9a-z -]{0,6}".prop_map(String::into_bytes);
    let bytes = prop::collection::vec(any::<u8>(), 0..6);
    prop::collection::vec((any::<prop::sample::Index>(), 0..8_usize, prop_oneof![tokens, bytes]), 1..6)
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for (place, count, new) in changes {
        let start = place.index(bytes.len() + 1);
        let end = bytes.len().min(start + count);
        bytes.splice(start..end, new.iter().copied());
    }
    bytes
}

fn small() -> Limits {
    Limits { bytes: 1 << 20, rows: 50, cell: 40, columns: 8, unpacked: 1 << 20, ratio: 100 }
}

/// Reads the file, which may be anything; what it gives is within the limits.
fn read(bytes: &[u8]) -> Result<(), TestCaseError> {
    let limits = small();
    if let Ok((head, rows)) = all(bytes, &limits) {
        prop_assert!(rows.len() <= 50);
        for row in &rows {
            prop_assert!(row.line > 0 && row.cells.len() >= head.cells.len());
            prop_assert!(row.cells.iter().any(|cell| !cell.text.is_empty()));
            prop_assert!(row.cells.iter().all(|cell| cell.text.len() <= 40));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2_000), magic in 0..6_usize) {
        let magic: &[u8] = [&b""[..], b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"][magic];
        read(&[magic, &bytes].concat())?;
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(编码|名称|[,;\t\"\r\n'=@a#0-9E+.]|sep=){0,60}", changes in changes()) {
        read(text.as_bytes())?;
        read(&changed(format!("编码,名称\r\n{text}").into_bytes(), &changes))?;
        looks_like_date(&text);
    }

    #[test]
    fn a_damaged_workbook_is_read_or_refused(changes in changes()) {
        read(&changed(excel(|_| ()), &changes))?;
        read(&changed(book(&[]), &changes))?;
    }

    #[test]
    fn a_workbook_with_damaged_parts_is_read_or_refused(part in 0..PARTS.len(), changes in changes()) {
        let mut parts = PARTS.map(|(name, part)| (name, part.as_bytes().to_vec()));
        parts[part].1 = changed(std::mem::take(&mut parts[part].1), &changes);
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, part)| (*name, part.as_slice())).collect();
        read(&pack(&parts))?;
    }

    #[test]
    fn a_file_that_was_cut_is_read_or_refused(length in any::<prop::sample::Index>()) {
        let whole = book(&[]);
        let cut = &whole[..length.index(whole.len())];
        prop_assert!(cut.len() < 4 || all(cut, &small()).map(|_| ()) == Err(Unreadable::Broken));
    }
}
