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

/// The page with one line break in place of each line break and the white space around it.
///
/// In one go over the whole page: a template writes it in hundreds of pieces, and looking for line breaks in each of them
/// took half as long again.
pub(crate) fn cut(page: &str) -> String {
    let mut lines = String::with_capacity(page.len());
    let mut rest = page;
    while let Some((line, after)) = rest.split_once('\n') {
        lines.push_str(line.trim_ascii_end());
        lines.push('\n');
        // Empty lines, too.
        rest = after.trim_ascii_start();
    }
    lines.push_str(rest);
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same line by line.
    fn cut_plainly(page: &str) -> String {
        let mut lines: Vec<&str> = page.split('\n').collect();
        let last = lines.len() - 1;
        for (at, line) in lines.iter_mut().enumerate() {
            *line = if at == 0 { *line } else { line.trim_ascii_start() };
            *line = if at == last { *line } else { line.trim_ascii_end() };
        }
        let inside = |at: usize| 0 < at && at < last;
        let kept = (0..).zip(&lines).filter(|(at, line)| !inside(*at) || !line.is_empty());
        kept.map(|(_, line)| *line).collect::<Vec<_>>().join("\n")
    }

    proptest! {
        #[test]
        fn a_page_is_cut_as_its_lines_are(page in "[ \t\r\n<a药]{0,60}") {
            prop_assert_eq!(cut(&page), cut_plainly(&page));
        }
    }

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        Html.write_escaped_str(&mut out, text).expect("writes");
        out
    }

    #[test]
    fn indentation_is_cut_and_a_line_break_stays() {
        let page = "<ul>\n  <li\n    class=\"n\">a  b \n\n   c</li>\n</ul>\n";
        assert_eq!(cut(page), "<ul>\n<li\nclass=\"n\">a  b\nc</li>\n</ul>\n");
        assert_eq!(cut(&cut(page)), cut(page), "a part is cut once more with its page");
    }

    #[test]
    fn what_was_typed_is_kept() {
        for typed in ["a\n  b", "a  \n\n  c", "药 \r\n  店", "\n"] {
            let page = cut(&format!("<p>\n  <textarea>{}</textarea>\n</p>", escaped(typed)));
            let there = page.split_once("<textarea>").and_then(|(_, rest)| rest.split_once("</textarea>"));
            assert_eq!(
                there.map(|(there, _)| there.replace("&#10;", "\n").replace("&#13;", "\r")).as_deref(),
                Some(typed)
            );
        }
        assert_eq!(escaped("<a href=\"'&\">"), "&#60;a href=&#34;&#39;&#38;&#34;&#62;");
    }
}
