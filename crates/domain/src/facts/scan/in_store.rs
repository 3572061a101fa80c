//! Labels that a merchant's own scales print: an EAN-13 of the restricted range with the item and its amount or weight.

use super::gtin::Gtin;
use crate::money::Fen;

words! {
    /// What the five digits before the check digit are.
    pub enum Measure {
        /// What the goods cost, in fen.
        Amount = "amount",
        /// What they weigh, in grams.
        Weight = "weight",
    }
}

/// For each of the prefixes 20 to 29 whether and how its labels are measured. GS1 leaves these prefixes to the
/// companies, so the merchant says what its scales print. Off, they are barcodes like others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InStore([Option<Measure>; 10]);

impl InStore {
    /// No prefix is measured.
    pub const OFF: Self = Self([None; 10]);

    /// `prefix` (20 to 29; others change nothing) stands for labels with `measure`.
    #[must_use]
    pub fn with(mut self, prefix: u8, measure: Measure) -> Self {
        let place = prefix.checked_sub(20).and_then(|at| self.0.get_mut(usize::from(at)));
        if let Some(place) = place {
            *place = Some(measure);
        }
        self
    }

    /// Every prefix, 20 to 29, with what its labels say.
    pub fn prefixes(self) -> impl Iterator<Item = (u8, Option<Measure>)> {
        (20..).zip(self.0)
    }

    /// Reads a label: two digits of prefix, five of item, five of measure, check digit. One that says zero is a barcode.
    pub(super) fn read(self, text: &str) -> Option<Measured> {
        if text.len() != 13 || Gtin::parse(text).is_none() {
            return None;
        }
        let place = text.strip_prefix('2')?.get(..1)?.parse::<usize>().ok()?;
        let measure = (*self.0.get(place)?)?;
        let value = text.get(7..12)?.parse().ok().filter(|&value: &i64| value > 0)?;
        let quantity = match measure {
            Measure::Amount => Quantity::Amount(Fen(value)),
            Measure::Weight => Quantity::Grams(value),
        };
        Some(Measured { code: text.to_owned(), item: text.get(2..7)?.to_owned(), quantity })
    }
}

/// A label that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The whole label: a product may have exactly this barcode, and then that product is meant.
    pub code: String,
    /// Five digits, the product.
    pub item: String,
    /// How much of it.
    pub quantity: Quantity,
}

impl Measured {
    /// Codes that the product may have: the five digits, and without zeros before them.
    pub fn items(&self) -> Vec<String> {
        let short = self.item.trim_start_matches('0');
        let short = Some(short).filter(|short| !short.is_empty() && *short != self.item);
        std::iter::once(self.item.as_str()).chain(short).map(str::to_owned).collect()
    }
}

/// How much a label says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// For so much money.
    Amount(Fen),
    /// So many grams.
    Grams(i64),
}
