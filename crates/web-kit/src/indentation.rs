//! Pages are sent without the indentation of their templates, like the script and the style sheets.

/// The part of a page that a byte belongs to.
#[derive(Clone, Copy)]
enum Place {
    Text,
    /// Inside a tag; `textarea` if the tag opens a text area.
    Tag {
        textarea: bool,
    },
    /// Inside the quotes of an attribute.
    Value {
        textarea: bool,
    },
    /// Inside a text area.
    Typed,
}

/// Replaces each line break and the white space around it by one line break. Values in quotes and the content of text
/// areas hold what a person typed and stay unchanged.
pub(crate) fn cut(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut place = Place::Text;
    let mut copied = 0;
    for (at, byte) in page.bytes().enumerate() {
        if at < copied {
            continue;
        }
        place = match (place, byte) {
            (Place::Text | Place::Tag { .. }, b'\n') => {
                out.push_str(page[copied..at].trim_ascii_end());
                out.push('\n');
                copied = page.len() - page[at..].trim_ascii_start().len();
                place
            }
            (Place::Text | Place::Typed, b'<') => Place::Tag { textarea: page[at..].starts_with("<textarea") },
            (Place::Tag { textarea }, b'"') => Place::Value { textarea },
            (Place::Value { textarea }, b'"') => Place::Tag { textarea },
            (Place::Tag { textarea: true }, b'>') => Place::Typed,
            (Place::Tag { textarea: false }, b'>') => Place::Text,
            _ => place,
        };
    }
    out.push_str(&page[copied..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indentation_is_cut_and_a_line_break_stays() {
        let page = "<ul>\n  <li\n    class=\"n\">a  b \n\n   c</li>\n</ul>\n";
        assert_eq!(cut(page), "<ul>\n<li\nclass=\"n\">a  b\nc</li>\n</ul>\n");
        assert_eq!(cut(&cut(page)), cut(page), "a part is cut once more with its page");
    }

    #[test]
    fn what_was_typed_is_kept() {
        for typed in ["a\n  b", "\n\n  a", "a &gt;\n  b &lt;\n  &#34;\n  c", "药 \n  店"] {
            let field = format!("<input value=\"{typed}\"><textarea name=\"x\"\nrequired>{typed}</textarea>");
            assert_eq!(cut(&format!("<p>\n  {field}\n</p>")), format!("<p>\n{field}\n</p>"), "{typed:?}");
        }
    }
}
