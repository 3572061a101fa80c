//! Products, their prices, and the band in which a cashier may set one.

use crate::money::{Fen, TYPED_MAX};

/// The code of 其他药品, rung up when the catalogue lacks the product. It has no price of its own.
pub const OTHER_CODE: &str = "699999";

/// Whether `text` can be a product's code: 1 to 20 letters, digits and hyphens.
pub fn is_code(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A product of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
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
    /// Most pieces on one order; `None` for any number.
    pub sale_max: Option<i64>,
    /// Whether the cashier has to look at the buyer's identity card.
    pub id_check: bool,
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

/// A catalogue price with the band around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prices {
    /// The price; `None` when the cashier has to set it.
    pub price: Option<Fen>,
    /// The lowest that needs no consent; `None`, as the highest, when none does.
    pub low: Option<Fen>,
    /// The highest.
    pub high: Option<Fen>,
}

/// A price that moves further takes two persons, percent.
const MOVE_MAX: u128 = 30;

impl Prices {
    /// Whether each is from 0.01 to [`TYPED_MAX`], and the price lies in a band with two ends, or there is no band.
    pub fn fit(self) -> bool {
        let usable = |price: Option<Fen>| price.is_none_or(|price| price.is_positive() && price <= TYPED_MAX);
        let band = match (self.low, self.high) {
            (None, None) => true,
            (Some(low), Some(high)) => low <= high && self.price.is_none_or(|price| (low..=high).contains(&price)),
            _ => false,
        };
        usable(self.price) && usable(self.low) && usable(self.high) && band
    }

    /// Whether a change takes two persons: the price moves by more than 30 %, or a cashier may take that much more or less
    /// than before without asking anybody. Closing what was open takes one.
    pub fn needs_two(self, to: Self) -> bool {
        let moves = match (self.price, to.price) {
            (Some(from), Some(to)) => far(from, to),
            (from, to) => from.is_some() && to.is_none(),
        };
        let rises = match (self.high, to.high) {
            (Some(from), Some(to)) => to > from && far(from, to),
            (from, to) => from.is_some() && to.is_none(),
        };
        let falls = self.low.zip(to.low).is_some_and(|(from, to)| to < from && far(from, to));
        moves || rises || falls
    }
}

/// Whether a price is more than 30 % from another one.
fn far(from: Fen, to: Fen) -> bool {
    let moved = to.0.abs_diff(from.0);
    u128::from(moved).saturating_mul(100) > u128::from(from.0.unsigned_abs()).saturating_mul(MOVE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(price: i64, low: i64, high: i64) -> Prices {
        let some = |fen: i64| (fen != 0).then_some(Fen(fen));
        Prices { price: some(price), low: some(low), high: some(high) }
    }

    #[test]
    fn prices_fit_together() {
        for (one, fit) in [
            (prices(0, 0, 0), true),
            (prices(1, 0, 0), true),
            (prices(TYPED_MAX.0, 0, 0), true),
            (prices(TYPED_MAX.0 + 1, 0, 0), false),
            (prices(-1, 0, 0), false),
            (prices(100, 90, 110), true),
            (prices(100, 100, 100), true),
            (prices(0, 90, 110), true),
            (prices(89, 90, 110), false),
            (prices(111, 90, 110), false),
            (prices(100, 90, 0), false),
            (prices(100, 0, 110), false),
            (prices(0, 110, 90), false),
            (prices(100, 90, TYPED_MAX.0 + 1), false),
        ] {
            assert_eq!(one.fit(), fit, "{one:?}");
        }
    }

    #[test]
    fn a_price_that_moves_far_takes_two_persons() {
        for (from, to, two) in [
            (prices(1_000, 0, 0), prices(1_300, 0, 0), false),
            (prices(1_000, 0, 0), prices(1_301, 0, 0), true),
            (prices(1_000, 0, 0), prices(700, 0, 0), false),
            (prices(1_000, 0, 0), prices(699, 0, 0), true),
            (prices(3, 0, 0), prices(4, 0, 0), true),
            (prices(1_000, 0, 0), prices(0, 0, 0), true),
            (prices(0, 0, 0), prices(9_999_999, 0, 0), false),
            (prices(1_000, 0, 0), prices(1_000, 900, 1_100), false),
            (prices(1_000, 900, 1_100), prices(1_000, 0, 0), true),
            (prices(1_000, 900, 1_100), prices(1_000, 900, 1_430), false),
            (prices(1_000, 900, 1_100), prices(1_000, 900, 1_431), true),
            (prices(1_000, 900, 1_100), prices(1_000, 630, 1_100), false),
            (prices(1_000, 900, 1_100), prices(1_000, 629, 1_100), true),
            (prices(1_000, 500, 2_000), prices(1_000, 1_000, 1_000), false),
        ] {
            assert_eq!(from.needs_two(to), two, "{from:?} {to:?}");
        }
    }
}
