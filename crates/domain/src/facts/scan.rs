//! What a text from a scanner, a card reader or a keyboard is: a card, a product, a trace code, a receipt. The one place
//! that says so; pages only decide where a burst of keys began and ended.
//!
//! What must stay true: any text is read without a panic; a trace code is never a product; a [`Scan`] that is not
//! [`Scan::Card`] holds no card number and no track, and `Debug` of a card shows its masked form only.
//!
//! Not read: UPC-E in its short form (scanners send it as 12 or 13 digits by default), GS1 Digital Link addresses, the
//! message format of ISO/IEC 15434 (`[)>`). They are product codes or unknown.

use std::fmt;

use crate::card_number::{CardNumber, EntryMode};
use crate::ids::TransactionId;

mod aim;
mod card;
mod gs1;
mod gtin;
mod in_store;
mod normal;
mod receipt;
mod trace_code;

pub use card::Bin;
pub use gs1::Elements;
pub use gtin::Gtin;
pub use in_store::{InStore, Measure, Measured, Quantity};
pub use normal::normal_form;
pub use receipt::Readings;
pub use trace_code::TraceCode;

/// Longest text that is looked at. Both tracks of a card have 120 characters, a long GS1 text on a box 100.
pub const TEXT_MAX: usize = 1_024;

/// Longest barcode that a product may have.
const CODE_MAX: usize = 32;

/// Longest search words, as the search field takes them.
const WORDS_MAX: usize = 100;

/// What the reading depends on.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// How the card numbers of the company's programmes begin.
    pub programmes: &'a [Bin],
    /// Labels that the merchant's own scales print.
    pub in_store: InStore,
    /// This year; GS1 dates have two digits of theirs.
    pub year: i16,
}

/// What a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    /// Nothing but blanks and line ends.
    Empty,
    /// A card of one of the programmes.
    Card(ReadCard),
    /// A card that no programme's BIN begins. Its number is forgotten here.
    ForeignCard,
    /// A stripe that was not read well, or a card number with a wrong digit: swipe again.
    Misread,
    /// The code of one box of a drug.
    TraceCode(TraceCode),
    /// An in-store label with the product's amount or weight.
    Measured(Measured),
    /// A product, by the codes of [`Scan::candidates`]; whether one exists, the catalogue knows.
    Product(Lookup),
    /// Twelve digits, as a slip's reference number has. A merchant may number goods so too: see [`Scan::candidates`].
    Receipt(TransactionId),
    /// Words for the product search.
    Words(String),
    /// None of these.
    Unknown,
}

/// A card and how it came in. A number without anything around it counts as typed: only the page knows whether it came in
/// one burst from a reader.
#[derive(Clone, PartialEq, Eq)]
pub struct ReadCard {
    /// The number.
    pub number: CardNumber,
    /// Swiped or typed.
    pub entry: EntryMode,
}

impl fmt::Debug for ReadCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadCard").field("number", &self.number.masked().0).field("entry", &self.entry).finish()
    }
}

/// How to find a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The text itself, when it can be a code or barcode. It may also be the beginning of a name or its initials.
    pub code: Option<String>,
    /// The GTIN in it.
    pub gtin: Option<Gtin>,
    /// What else a GS1 text says of the box.
    pub elements: Option<Box<Elements>>,
}

impl Scan {
    /// Codes and barcodes under which the product may be stored, the likeliest first: the text as it is, then the other
    /// forms of the same GTIN. Empty for what is no product.
    pub fn candidates(&self) -> Vec<String> {
        match self {
            Self::Product(lookup) => {
                let exact = lookup.code.clone();
                let forms = lookup.gtin.into_iter().flat_map(Gtin::forms);
                let others = forms.filter(|form| Some(form) != lookup.code.as_ref());
                exact.iter().cloned().chain(others).collect()
            }
            Self::Receipt(reference) => vec![reference.rrn()],
            // A product may have exactly this label as its barcode, and then that product is meant.
            Self::Measured(label) => Gtin::parse(&label.code).into_iter().flat_map(Gtin::forms).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether this would be a label if the merchant's scales printed its prefix.
    pub fn may_be_measured(&self) -> bool {
        match self {
            Self::Product(Lookup { code: Some(code), gtin: Some(_), .. }) => code.len() == 13 && code.starts_with('2'),
            _ => false,
        }
    }

    /// The sale whose slip may have been scanned: also when twelve digits happen to be a right UPC-A.
    pub fn reference(&self) -> Option<TransactionId> {
        match self {
            Self::Receipt(reference) => Some(*reference),
            Self::Product(Lookup { code: Some(code), .. }) => receipt::reference(code),
            _ => None,
        }
    }
}

/// Says what `text` is. A page may show, store or log what the answer holds; of a card it shows the masked form, and the
/// text itself it forgets.
///
/// A quantity before a code (`3*`) stays part of the code: [`crate::order::parse_typed`] takes it off a text that is no
/// card.
pub fn read(text: &str, settings: &Settings<'_>) -> Scan {
    if text.len() > TEXT_MAX {
        return Scan::Unknown;
    }
    let plain = normal_form(text);
    if plain.is_empty() {
        return Scan::Empty;
    }
    let (carrier, body) = aim::split(&plain);
    if let Some(code) = TraceCode::parse(body) {
        return Scan::TraceCode(code);
    }
    let card = card::read(body, settings.programmes);
    if let card::CardReading::Own(card) = card {
        return Scan::Card(card);
    }
    let marked = carrier == aim::Carrier::Gs1 || gs1::is_marked(body);
    // Before a foreign card: `01` and a GTIN are 16 digits, of which one in ten has a right Luhn digit by chance.
    if let Some(elements) = gs1::read(body, marked, settings.year) {
        let code = (!marked && is_code(body)).then(|| body.to_owned());
        return Scan::Product(Lookup { code, gtin: Some(elements.gtin), elements: Some(Box::new(elements)) });
    }
    match card {
        card::CardReading::Foreign => Scan::ForeignCard,
        card::CardReading::Misread => Scan::Misread,
        card::CardReading::Nothing if marked && Gtin::parse(body).is_none() => Scan::Unknown,
        card::CardReading::Own(_) | card::CardReading::Nothing => {
            goods(aim::without_add_on(carrier, body), settings.in_store)
        }
    }
}

/// What is neither a card nor a GS1 text.
fn goods(body: &str, in_store: InStore) -> Scan {
    if let Some(measured) = in_store.read(body) {
        return Scan::Measured(measured);
    }
    let gtin = Gtin::parse(body);
    if let (None, Some(reference)) = (gtin, receipt::reference(body)) {
        return Scan::Receipt(reference);
    }
    if is_code(body) {
        return Scan::Product(Lookup { code: Some(body.to_owned()), gtin, elements: None });
    }
    let letters = body.chars().any(char::is_alphanumeric) && !body.chars().any(char::is_control);
    let words = letters && body.chars().any(|c| c == ' ' || !c.is_ascii()) && body.chars().count() <= WORDS_MAX;
    if words { Scan::Words(body.to_owned()) } else { Scan::Unknown }
}

fn is_code(text: &str) -> bool {
    (1..=CODE_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// Reads what stands in the order search as a reference or voucher number, see [`Readings`].
pub fn receipt_readings(text: &str) -> Readings {
    let plain = normal_form(text);
    receipt::readings(aim::split(&plain).1)
}

/// Whether these are digits and nothing else.
fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
