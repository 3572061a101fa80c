//! Tables in text files: CSV, tabs, Excel's "Unicode text".

mod records;

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_16BE, UTF_16LE};

use crate::table::{HEAD_WITHIN, Table, filled};
use crate::{Coding, Limits, Row, Unreadable, cell};
use records::{Records, line_ends};

/// What may stand between two cells.
const SEPARATORS: [u8; 3] = [b',', b'\t', b';'];

/// Reads a text file; answers with its coding and separator.
pub(crate) fn read(bytes: &[u8], limits: &Limits, table: &mut Table<'_>) -> Result<(Coding, char), Unreadable> {
    let (text, coding) = decode(bytes)?;
    let content = text.trim_start_matches(cell::is_blank);
    if content.is_empty() {
        return Err(Unreadable::Empty);
    }
    if content.starts_with('<') {
        return Err(Unreadable::Markup);
    }
    let (separator, start) = match declared(&text) {
        Some(declared) => declared,
        None => (separator(&text, limits, table)?, 0),
    };
    let mut records = Records::new(&text, start, separator, limits);
    while let Some((line, fields)) = records.next()? {
        let cells = fields.iter().map(|raw| cell::from_file(raw)).collect();
        if table.push(Row { line, cells })?.is_break() {
            break;
        }
    }
    Ok((coding, char::from(separator)))
}

/// The text of a file. A byte order mark tells the coding. Without one it is UTF-8 if every byte fits: a table in
/// GB18030 has some that do not.
fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Coding), Unreadable> {
    let (text, coding) = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => (Cow::Borrowed(utf8(rest)?), Coding::Utf8),
        [0xff, 0xfe, rest @ ..] => (Cow::Owned(strictly(UTF_16LE, rest)?), Coding::Utf16),
        [0xfe, 0xff, rest @ ..] => (Cow::Owned(strictly(UTF_16BE, rest)?), Coding::Utf16),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), Coding::Utf8),
            Err(_) => (Cow::Owned(strictly(GB18030, bytes)?), Coding::Gb18030),
        },
    };
    match text.find('\0') {
        Some(at) => Err(not_text(text.as_bytes().get(..at))),
        None => Ok((text, coding)),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(bytes).map_err(|error| not_text(bytes.get(..error.valid_up_to())))
}

fn strictly(coding: &'static Encoding, bytes: &[u8]) -> Result<String, Unreadable> {
    let mut decoder = coding.new_decoder_without_bom_handling();
    let size = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).ok_or(Unreadable::TooLarge)?;
    let mut text = String::with_capacity(size);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true).0 {
        DecoderResult::InputEmpty => Ok(text),
        DecoderResult::Malformed(..) | DecoderResult::OutputFull => Err(not_text(Some(text.as_bytes()))),
    }
}

/// The file stops being text after `before`.
fn not_text(before: Option<&[u8]>) -> Unreadable {
    Unreadable::NotText { line: line_ends(before.unwrap_or_default()).saturating_add(1) }
}

/// The separator that a first line `sep=;` names for Excel, and the line's length.
fn declared(text: &str) -> Option<(u8, usize)> {
    let line = text.split(['\r', '\n']).next()?;
    let (key, value) = line.split_at_checked(4)?;
    match value.as_bytes() {
        [separator] if key.eq_ignore_ascii_case("sep=") && *separator != b'"' => Some((*separator, line.len())),
        _ => None,
    }
}

/// The separator with which one of the first rows is a heading, the longest one if there are several.
fn separator(text: &str, limits: &Limits, table: &Table<'_>) -> Result<u8, Unreadable> {
    let mut found: Option<(usize, u8)> = None;
    let mut seen: Vec<String> = Vec::new();
    for separator in SEPARATORS {
        let rows = first_rows(text, separator, limits);
        let head = rows.iter().find(|row| table.is_head(row)).map(|row| filled(row));
        if head > found.map(|(cells, _)| cells) {
            found = head.map(|cells| (cells, separator));
        }
        // `max_by_key` would take the last one of several.
        seen = rows.into_iter().fold(seen, |most, row| if filled(&row) > filled(&most) { row } else { most });
    }
    match found {
        Some((_, separator)) => Ok(separator),
        // Reading it tells why there are no rows.
        None if seen.is_empty() => Ok(b','),
        None => Err(Unreadable::NoHead { seen }),
    }
}

/// The rows in which the heading is looked for. With a wrong separator they may be of any kind, so that one which
/// exceeds a limit only ends them: with the right one it is found again.
fn first_rows(text: &str, separator: u8, limits: &Limits) -> Vec<Vec<String>> {
    let mut records = Records::new(text, 0, separator, limits);
    let mut rows = Vec::new();
    while rows.len() < HEAD_WITHIN
        && let Ok(Some((_, fields))) = records.next()
    {
        let mut texts: Vec<String> = fields.iter().map(|raw| cell::from_file(raw).text).collect();
        while texts.pop_if(|text| text.is_empty()).is_some() {}
        if !texts.is_empty() {
            rows.push(texts);
        }
    }
    rows
}
