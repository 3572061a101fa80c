//! Symbology identifiers (AIM, ISO/IEC 15424): three characters that a scanner may put before what it read.

use super::gtin::Gtin;

/// What the identifier says of the text behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// There is none, or one of a symbol that may hold anything.
    Any,
    /// EAN or UPC with the two or five digits of an add-on behind.
    AddOn,
    /// A symbol of GS1 element strings.
    Gs1,
}

/// The identifier and the text without it.
///
/// The kinds are those of the GS1 General Specifications, figure 5.1.2-2: `]E0` EAN-13 and
/// UPC, `]E3` with add-on, `]E4` EAN-8, `]I1` ITF-14, `]C1` GS1-128, `]e0` to `]e2` `DataBar` and composites, `]d2` GS1
/// `DataMatrix`, `]Q3` GS1 QR, `]J1` GS1 `DotCode`. Caps Lock swaps the case of the letter. That changes nothing but
/// `]e0`: as `]E0` its text is recognised by its beginning.
pub(super) fn split(text: &str) -> (Carrier, &str) {
    let mut chars = text.chars();
    let (Some(']'), Some(code), Some(modifier)) = (chars.next(), chars.next(), chars.next()) else {
        return (Carrier::Any, text);
    };
    if !code.is_ascii_alphabetic() || !modifier.is_ascii_alphanumeric() {
        return (Carrier::Any, text);
    }
    let carrier = match (code, modifier) {
        ('e', '0' | '1' | '2') | ('C' | 'c' | 'J' | 'j', '1') | ('D' | 'd', '2') | ('Q' | 'q', '3') => Carrier::Gs1,
        ('E', '3') => Carrier::AddOn,
        _ => Carrier::Any,
    };
    (carrier, chars.as_str().trim())
}

/// The EAN-13 alone when an add-on follows it.
pub(super) fn without_add_on(carrier: Carrier, body: &str) -> &str {
    let first = body.get(..13).filter(|ean| carrier == Carrier::AddOn && Gtin::parse(ean).is_some());
    first.unwrap_or(body)
}
