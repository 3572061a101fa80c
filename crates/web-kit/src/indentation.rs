//! Pages are sent without the indentation of their templates, like the script and the style sheets.
//!
//! What must stay true: a line break in a page is the template's own. [`Html`] escapes those in values, so that what a
//! person typed stays as it was.

use std::fmt::{self, Write};

use askama::filters::Escaper;

/// The escaper of all templates: what has a meaning in HTML, and line breaks, as character references.
#[derive(Clone, Copy, Debug, Default)]
pub struct Html;

impl Escaper for Html {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let mut plain = 0;
        for (at, byte) in string.bytes().enumerate() {
            let reference = match byte {
                b'"' => "&#34;",
                b'&' => "&#38;",
                b'\'' => "&#39;",
                b'<' => "&#60;",
                b'>' => "&#62;",
                b'\n' => "&#10;",
                b'\r' => "&#13;",
                _ => continue,
            };
            dest.write_str(&string[plain..at])?;
            dest.write_str(reference)?;
            plain = at + 1;
        }
        dest.write_str(&string[plain..])
    }
}

/// A page as its template writes it, with one line break in place of each line break and the white space around it.
pub(crate) struct Cut(String);

impl Cut {
    /// An empty page, with room for one of `size` bytes.
    pub(crate) fn with_capacity(size: usize) -> Self {
        Self(String::with_capacity(size))
    }

    pub(crate) fn page(self) -> String {
        self.0
    }
}

impl Write for Cut {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let Self(page) = self;
        let mut rest = if page.ends_with('\n') { part.trim_ascii_start() } else { part };
        while let Some((line, after)) = rest.split_once('\n') {
            let line = line.trim_ascii_end();
            if line.is_empty() {
                page.truncate(page.trim_ascii_end().len());
            }
            page.push_str(line);
            page.push('\n');
            rest = after.trim_ascii_start();
        }
        page.push_str(rest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(parts: &[&str]) -> String {
        let mut page = Cut::with_capacity(0);
        for part in parts {
            page.write_str(part).expect("writes");
        }
        page.page()
    }

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        Html.write_escaped_str(&mut out, text).expect("writes");
        out
    }

    #[test]
    fn indentation_is_cut_and_a_line_break_stays() {
        let page = "<ul>\n  <li\n    class=\"n\">a  b \n\n   c</li>\n</ul>\n";
        assert_eq!(cut(&[page]), "<ul>\n<li\nclass=\"n\">a  b\nc</li>\n</ul>\n");
        assert_eq!(cut(&[&cut(&[page])]), cut(&[page]), "a part is cut once more with its page");
    }

    #[test]
    fn it_does_not_matter_where_a_part_ends() {
        let page = "<ul>\n  <li\n    class=\"n\">a  b \n \n   药</li>\n</ul>\n";
        for (end, _) in page.char_indices() {
            let (before, after) = page.split_at(end);
            assert_eq!(cut(&[before, after]), cut(&[page]), "{before:?} {after:?}");
        }
    }

    #[test]
    fn what_was_typed_is_kept() {
        for typed in ["a\n  b", "a  \n\n  c", "药 \r\n  店", "\n"] {
            let (before, after) = ("<p>\n  <textarea>", "</textarea>\n</p>");
            let page = cut(&[before, &escaped(typed), after]);
            let there = page.split_once("<textarea>").and_then(|(_, rest)| rest.split_once("</textarea>"));
            assert_eq!(
                there.map(|(there, _)| there.replace("&#10;", "\n").replace("&#13;", "\r")).as_deref(),
                Some(typed)
            );
        }
        assert_eq!(escaped("<a href=\"'&\">"), "&#60;a href=&#34;&#39;&#38;&#34;&#62;");
    }
}
