//! Products and the band in which a cashier may set their price.

use crate::money::Fen;

/// The code of 其他药品, rung up when the catalogue lacks the product. It has no price of its own.
pub const OTHER_CODE: &str = "699999";

/// Whether `text` can be a product's code: 1 to 20 letters, digits and hyphens.
pub fn is_code(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A product of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Product code, the merchant's own number; at most 20 characters.
    pub code: String,
    /// EAN-13 or another barcode; empty if it has none.
    pub barcode: String,
    /// Name, at most 120 characters.
    pub name: String,
    /// Initials of the name's pinyin, lower case.
    pub pinyin: String,
    /// Pack and strength, such as `10g×9袋`.
    pub spec: String,
    /// Category.
    pub category: String,
    /// Catalogue price; `None` when the cashier has to set it.
    pub price: Option<Fen>,
    /// Prices that need no consent; `None` leaves the price open.
    pub band: Option<PriceBand>,
    /// Whether it is a drug, which the law lets come back for few reasons only.
    pub drug: bool,
    /// Whether the card may pay for it.
    pub card_payable: bool,
    /// Whether it may be sold at all.
    pub active: bool,
    /// What the tills say if the card company has recalled it.
    pub recalled: Option<String>,
}

/// Whether a product's price is for a kilogram, by its unit: `kg`, 千克 or 公斤.
pub fn is_kilogram(unit: &str) -> bool {
    let unit = unit.trim();
    unit.eq_ignore_ascii_case("kg") || ["\u{5343}\u{514b}", "\u{516c}\u{65a4}"].contains(&unit)
}

/// Prices that a cashier may set without a manager, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceBand {
    /// Lowest.
    pub low: Fen,
    /// Highest.
    pub high: Fen,
}

impl PriceBand {
    /// Whether `price` lies in the band.
    pub fn contains(self, price: Fen) -> bool {
        (self.low..=self.high).contains(&price)
    }
}
