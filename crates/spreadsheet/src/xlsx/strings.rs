//! The texts of a workbook, which its cells name by number.

use std::io::Read;

use super::xml::{Node, Xml};
use crate::Unreadable;

/// All texts one after the other: a million of them take no more than their letters and four bytes each.
#[derive(Default)]
pub(super) struct Strings {
    letters: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn read(xml: &mut Xml<impl Read>, max: usize) -> Result<Self, Unreadable> {
        let mut strings = Self::default();
        let mut text = RichText::new(max);
        loop {
            match xml.next()? {
                Node::Open(tag) => text.open(tag.local_name().as_ref()),
                Node::Close(name) if name == "si" => strings.push(&text.take())?,
                Node::Close(name) => text.close(&name),
                Node::Text(piece) => text.push(&piece),
                Node::Other => (),
                Node::End => return Ok(strings),
            }
        }
    }

    fn push(&mut self, text: &str) -> Result<(), Unreadable> {
        self.letters.push_str(text);
        self.ends.push(u32::try_from(self.letters.len()).map_err(|_| Unreadable::Bomb)?);
        Ok(())
    }

    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end_of = |index: usize| usize::try_from(*self.ends.get(index)?).ok();
        let start = match index.checked_sub(1) {
            Some(before) => end_of(before)?,
            None => 0,
        };
        self.letters.get(start..end_of(index)?)
    }
}

/// The text of an `si` or `is` element: that of its `t` elements, of which each may have another font. How Chinese
/// characters are pronounced (`rPh`) is not part of it.
pub(super) struct RichText {
    text: String,
    max: usize,
    in_text: bool,
    in_sound: bool,
}

impl RichText {
    pub(super) fn new(max: usize) -> Self {
        Self { text: String::new(), max, in_text: false, in_sound: false }
    }

    pub(super) fn open(&mut self, name: &str) {
        match name {
            "t" => self.in_text = true,
            "rPh" => self.in_sound = true,
            _ => (),
        }
    }

    pub(super) fn close(&mut self, name: &str) {
        match name {
            "t" => self.in_text = false,
            "rPh" => self.in_sound = false,
            _ => (),
        }
    }

    pub(super) fn push(&mut self, piece: &str) {
        if self.in_text && !self.in_sound {
            push_limited(&mut self.text, piece, self.max);
        }
    }

    /// The text so far; the next one begins.
    pub(super) fn take(&mut self) -> String {
        self.in_text = false;
        self.in_sound = false;
        unescaped(std::mem::take(&mut self.text))
    }
}

/// Adds to a text of which at most `max` bytes are allowed once it is trimmed and [`unescaped`], which may make it seven
/// times shorter. A part of a text could pass for the whole, so a longer one becomes one that is too long for certain.
pub(super) fn push_limited(text: &mut String, piece: &str, max: usize) {
    const ESCAPE: usize = "_x0000_".len();
    text.push_str(piece);
    if text.len() > max.saturating_mul(ESCAPE) {
        *text = "?".repeat(max.saturating_add(1));
    }
}

/// Excel writes characters that XML does not allow as `_x000D_`, and such a text itself as `_x005F_x000D_`.
pub(super) fn unescaped(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let (letter, after) = match escape(from) {
            Some(found) => found,
            None => ('_', from.get(1..).unwrap_or_default()),
        };
        plain.push(letter);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// The character of the escape at the beginning of the text, and what follows.
fn escape(text: &str) -> Option<(char, &str)> {
    let (digits, rest) = text.strip_prefix("_x")?.split_at_checked(4)?;
    let hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let letter = char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| hex)?)?;
    Some((letter, rest.strip_prefix('_')?))
}
