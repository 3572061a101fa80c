//! Pages are sent without the indentation of their templates, like the script and the style sheets.
//!
//! What must stay true: a line break in a page is the template's own. [`Html`] escapes those in values, so that what a
//! person typed stays as it was.

use std::fmt::{self, Write};

use askama::filters::{self, Escaper};

/// The escaper of all templates: askama's own, and line breaks as character references.
#[derive(Clone, Copy, Debug, Default)]
pub struct Html;

impl Escaper for Html {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        for line in string.split_inclusive(['\n', '\r']) {
            let text = line.trim_end_matches(['\n', '\r']);
            filters::Html.write_escaped_str(&mut dest, text)?;
            dest.write_str(match &line[text.len()..] {
                "\n" => "&#10;",
                "\r" => "&#13;",
                _ => "",
            })?;
        }
        Ok(())
    }
}

/// A page as its template writes it, with one line break in place of each line break and the white space around it.
#[derive(Default)]
pub(crate) struct Cut(String);

impl Cut {
    pub(crate) fn page(self) -> String {
        self.0
    }
}

impl Write for Cut {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let Self(page) = self;
        for (n, line) in part.split('\n').enumerate() {
            if n > 0 {
                page.truncate(page.trim_ascii_end().len());
                page.push('\n');
            }
            page.push_str(if page.ends_with('\n') { line.trim_ascii_start() } else { line });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(parts: &[&str]) -> String {
        let mut page = Cut::default();
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
