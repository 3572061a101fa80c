//! The XML of a part, in pieces of limited size.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::Unreadable;

/// Bytes of one tag or text. Excel's longest text has 32,767 characters.
const PIECE_MAX: usize = 1 << 20;

/// Elements inside of each other. Workbooks need a dozen.
const DEPTH_MAX: usize = 100;

/// A piece of XML.
pub(super) enum Node<'b> {
    /// An element begins.
    Open(BytesStart<'b>),
    /// The element with this name without its prefix ends.
    Close(Cow<'b, str>),
    /// Text; what stands between two tags may come as several.
    Text(Cow<'b, str>),
    /// Comments and the like.
    Other,
    /// The part ends, and all elements have.
    End,
}

pub(super) struct Xml<R: Read> {
    reader: Reader<Pieces<R>>,
    piece: Vec<u8>,
    depth: usize,
}

impl<R: Read> Xml<R> {
    pub(super) fn new(part: R) -> Self {
        let mut reader = Reader::from_reader(Pieces { part: BufReader::new(part), left: PIECE_MAX });
        reader.config_mut().expand_empty_elements = true;
        Self { reader, piece: Vec::new(), depth: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Node<'_>, Unreadable> {
        self.reader.get_mut().left = PIECE_MAX;
        self.piece.clear();
        match self.reader.read_event_into(&mut self.piece).map_err(|_| Unreadable::Broken)? {
            Event::Start(_) if self.depth >= DEPTH_MAX => Err(Unreadable::Broken),
            Event::Start(tag) => {
                self.depth += 1;
                Ok(Node::Open(tag))
            }
            Event::End(tag) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(Node::Close(Cow::Owned(tag.local_name().as_ref().to_owned())))
            }
            Event::Text(text) => Ok(Node::Text(text.xml10_content())),
            Event::CData(text) => Ok(Node::Text(text.xml10_content())),
            Event::GeneralRef(name) => {
                let char_ref = name.resolve_char_ref().map_err(|_| Unreadable::Broken)?;
                let text = match char_ref {
                    Some(c) => Cow::Owned(c.to_string()),
                    None => Cow::Borrowed(resolve_predefined_entity(&name).ok_or(Unreadable::Broken)?),
                };
                Ok(Node::Text(text))
            }
            Event::Eof if self.depth > 0 => Err(Unreadable::Broken),
            Event::Eof => Ok(Node::End),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => Ok(Node::Other),
        }
    }
}

/// The attributes of a tag with these names, which are given without prefixes.
pub(super) fn attributes<'t, const N: usize>(
    tag: &'t BytesStart<'_>,
    names: [&str; N],
) -> Result<[Option<Cow<'t, str>>; N], Unreadable> {
    let mut values = [const { None }; N];
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| Unreadable::Broken)?;
        let local = attribute.key.local_name();
        if let Some((_, value)) = names.iter().zip(&mut values).find(|(name, _)| **name == local.as_ref()) {
            let text = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| Unreadable::Broken)?;
            *value = Some(text);
        }
    }
    Ok(values)
}

/// A part of which at most `left` bytes are given out, so that one piece of XML cannot fill the memory.
struct Pieces<R> {
    part: BufReader<R>,
    left: usize,
}

impl<R: Read> BufRead for Pieces<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let ready = self.part.fill_buf()?;
        Ok(ready.get(..self.left).unwrap_or(ready))
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.part.consume(count);
    }
}

impl<R: Read> Read for Pieces<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
