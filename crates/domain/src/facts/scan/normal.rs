//! One form for what keyboards, input methods and scanners send in many.

use zeroize::Zeroizing;

/// FNC1 between two element strings of GS1, as scanners transmit it.
pub(super) const GROUP_SEPARATOR: char = '\u{1d}';

/// How programs and scanners write the group separator when they cannot send it: Ctrl+] in caret notation, and names.
const GROUP_SEPARATOR_WORDS: [&str; 4] = ["^]", "<GS>", "{GS}", "[GS]"];

/// The text in half width, without blanks around it, without control, zero-width and direction characters; a line end
/// or tab within it is a space. Group separators stay, whichever way they were written. Wiped when dropped, because it
/// may be a track.
pub fn normal_form(text: &str) -> Zeroizing<String> {
    // What is pushed is never longer than what was read, so no buffer grows and leaves a copy behind.
    let mut mapped = Zeroizing::new(String::with_capacity(text.len()));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if let Some(plain) = plain(c) {
            mapped.push(plain);
            // Chinese input methods answer Shift+6 and Shift+- with two of these.
            if matches!(c, '\u{2026}' | '\u{2014}') {
                chars.next_if_eq(&c);
            }
        }
    }
    let mut rest = mapped.trim();
    let mut normal = Zeroizing::new(String::with_capacity(rest.len()));
    while let Some(c) = rest.chars().next() {
        if let Some(after) = GROUP_SEPARATOR_WORDS.iter().find_map(|word| rest.strip_prefix(word)) {
            normal.push(GROUP_SEPARATOR);
            rest = after;
        } else {
            normal.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or("");
        }
    }
    normal
}

/// The character that was meant; `None` for an invisible one.
fn plain(c: char) -> Option<char> {
    Some(match c {
        // 0x1D typed as Alt+29 shows as the arrow of code page 437; U+241D is its picture.
        GROUP_SEPARATOR | '\u{2194}' | '\u{241d}' => GROUP_SEPARATOR,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c).wrapping_sub(0xfee0)).unwrap_or(c),
        // What Chinese input methods make of ^ _ [ ] . $ ' "
        '\u{2026}' => '^',
        '\u{2014}' => '_',
        '\u{3010}' => '[',
        '\u{3011}' => ']',
        '\u{3002}' => '.',
        '\u{ffe5}' | '\u{a5}' => '$',
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        c if c.is_whitespace() => ' ',
        c if c.is_control() || is_invisible(c) => return None,
        other => other,
    })
}

/// Soft hyphen, marks of direction and their overrides, zero width, variation selectors, byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
    )
}
