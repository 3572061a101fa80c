//! Orders: the draft on the server from the first line, paid once.
//!
//! What must stay true: an order is paid by at most one approved sale; while an attempt is open nothing about the order
//! changes; voided lines stay for the audit.

use crate::ids::{MerchantId, OrderId, OutletId, PersonId, RequestId, TerminalId, TransactionId};
use crate::money::{self, AmountError, Fen};
use crate::product::{Product, is_kilogram};
use crate::scan::Quantity;
use crate::time::Timestamp;

/// Lines that one order may have, voided ones included.
pub const LINES_MAX: usize = 200;

/// Most pieces on one line.
pub const QUANTITY_MAX: i64 = 999;

words! {
    /// States of an order.
    pub enum OrderStatus {
        /// Being rung up.
        Draft = "draft",
        /// Paid by card.
        Paid = "paid",
        /// Paid, and a part of it given back.
        PartlyRefunded = "partly_refunded",
        /// Paid and all of it given back.
        Refunded = "refunded",
        /// Paid and undone: voided or reversed.
        Voided = "voided",
        /// Given up before payment.
        Abandoned = "abandoned",
    }
}

impl OrderStatus {
    /// A sale charged it, whatever was given back since.
    pub fn was_charged(self) -> bool {
        matches!(self, Self::Paid | Self::PartlyRefunded | Self::Refunded | Self::Voided)
    }
}

/// An order as the money path sees it; its lines are rows of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// The merchant that sells.
    pub merchant: MerchantId,
    /// Its outlet.
    pub outlet: OutletId,
    /// The till at which it was opened.
    pub terminal: TerminalId,
    /// The person who opened it.
    pub person: PersonId,
    /// State.
    pub status: OrderStatus,
    /// Sum of the lines that are not voided.
    pub total: Fen,
    /// Whether every line may be paid by card.
    pub payable: bool,
    /// The payment attempt that was sent and has no recorded outcome yet; locks the order.
    pub attempt: Option<RequestId>,
    /// The sale that paid it.
    pub paid_by: Option<TransactionId>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
}

/// A line before it is stored: product, price and quantity that obey the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineTerms {
    /// Price of one piece.
    pub price: Fen,
    /// Pieces, 1 to [`QUANTITY_MAX`].
    pub quantity: i64,
    /// Price times quantity.
    pub amount: Fen,
    /// The price is outside the product's band: a manager has to confirm it.
    pub needs_manager: bool,
}

/// Why a line cannot be added or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The product is not for sale any more.
    #[error("product is not sold any more")]
    ProductStopped,
    /// The card company has recalled it.
    #[error("product is recalled")]
    Recalled,
    /// The card does not pay for it.
    #[error("product cannot be paid by card")]
    NotCardPayable,
    /// No price was given and the catalogue has none.
    #[error("price is missing")]
    PriceMissing,
    /// The price is not an amount from 0.01 to 99,999.99 yuan.
    #[error("price is not usable")]
    PriceInvalid,
    /// The quantity is not a whole number from 1 to 999.
    #[error("quantity is not usable")]
    QuantityInvalid,
}

/// Why the package that a label is on cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// What holds for every line.
    #[error(transparent)]
    Line(#[from] LineError),
    /// The label says the weight, and the product has no price for a kilogram.
    #[error("product has no price for a kilogram")]
    NotByWeight,
}

/// Judges a typed price and quantity for `product`. An empty price means the catalogue's, an empty quantity means one.
pub fn line_terms(product: &Product, price: &str, quantity: &str) -> Result<LineTerms, LineError> {
    if product.recalled.is_some() {
        return Err(LineError::Recalled);
    }
    if !product.active {
        return Err(LineError::ProductStopped);
    }
    if !product.card_payable {
        return Err(LineError::NotCardPayable);
    }
    let price = match Fen::parse_yuan(price) {
        Ok(price) if price.is_positive() && price <= money::TYPED_MAX => price,
        Err(AmountError::Empty) => product.price.ok_or(LineError::PriceMissing)?,
        Ok(_) | Err(_) => return Err(LineError::PriceInvalid),
    };
    let quantity = parse_quantity(quantity)?;
    let amount = price.times(quantity).ok_or(LineError::PriceInvalid)?;
    let needs_manager = product.band.is_some_and(|band| !band.contains(price));
    Ok(LineTerms { price, quantity, amount, needs_manager })
}

/// Judges a label of the merchant's scale for `product`, sold by `unit`. The package is one piece.
///
/// An amount on a label is a price like one that a cashier types, so the product's band holds for it: anyone can print, or
/// type, thirteen digits with a price of one fen. A merchant whose scales print amounts leaves those products' prices
/// open. A weight is multiplied by the catalogue's price, which needs no consent, and only for goods that are sold by the
/// kilogram: otherwise a box would be sold as one gram of itself.
pub fn label_terms(product: &Product, unit: &str, label: Quantity, quantity: &str) -> Result<LineTerms, LabelError> {
    let grams = match label {
        Quantity::Amount(amount) => return Ok(line_terms(product, &amount.plain(), quantity)?),
        Quantity::Grams(grams) => grams,
    };
    let kilogram = match line_terms(product, "", quantity) {
        Err(LineError::PriceMissing) => return Err(LabelError::NotByWeight),
        other => other?,
    };
    if !is_kilogram(unit) {
        return Err(LabelError::NotByWeight);
    }
    let price = kilogram.price.for_grams(grams).filter(|price| *price <= money::TYPED_MAX);
    let price = price.ok_or(LineError::PriceInvalid)?;
    let amount = price.times(kilogram.quantity).ok_or(LineError::PriceInvalid)?;
    Ok(LineTerms { price, quantity: kilogram.quantity, amount, needs_manager: false })
}

/// Reads a quantity as a person types it; empty means one.
pub fn parse_quantity(text: &str) -> Result<i64, LineError> {
    let plain: String = text.trim().chars().map(money::half_width).collect();
    if plain.is_empty() {
        return Ok(1);
    }
    if plain.len() > 4 || !plain.bytes().all(|b| b.is_ascii_digit()) {
        return Err(LineError::QuantityInvalid);
    }
    plain.parse().ok().filter(|n| (1..=QUANTITY_MAX).contains(n)).ok_or(LineError::QuantityInvalid)
}

/// What a person typed or scanned into the code field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// `*3`: the last line's quantity becomes 3.
    Quantity(i64),
    /// `3*6901234…` or `6901234…`: so many of this code, barcode or pinyin.
    Product {
        /// Pieces.
        quantity: Option<i64>,
        /// Code, barcode or pinyin initials.
        code: String,
    },
}

/// Reads the code field.
pub fn parse_typed(text: &str) -> Result<Typed, LineError> {
    let plain: String = text.trim().chars().map(money::half_width).collect();
    match plain.split_once('*') {
        Some(("", count)) if !count.trim().is_empty() => parse_quantity(count).map(Typed::Quantity),
        Some((count, code)) if !count.trim().is_empty() && count.trim().bytes().all(|b| b.is_ascii_digit()) => {
            Ok(Typed::Product { quantity: Some(parse_quantity(count)?), code: code.trim().to_owned() })
        }
        _ => Ok(Typed::Product { quantity: None, code: plain.trim().to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::product::PriceBand;

    fn product() -> Product {
        Product {
            code: "600233".to_owned(),
            barcode: String::new(),
            name: "感冒灵颗粒".to_owned(),
            pinyin: "gmlkl".to_owned(),
            spec: String::new(),
            category: String::new(),
            price: Some(Fen(1_550)),
            band: Some(PriceBand { low: Fen(1_090), high: Fen(2_020) }),
            drug: true,
            card_payable: true,
            active: true,
            sale_max: None,
            id_check: false,
            recalled: None,
        }
    }

    #[test]
    fn prices_and_quantities() {
        let product = product();
        let terms = |price, quantity| line_terms(&product, price, quantity);
        assert_eq!(terms("", "").map(|t| (t.price.0, t.quantity, t.amount.0)), Ok((1_550, 1, 1_550)));
        assert_eq!(terms("15.00", "3").map(|t| (t.amount.0, t.needs_manager)), Ok((4_500, false)));
        assert_eq!(terms("9.00", "1").map(|t| t.needs_manager), Ok(true));
        assert_eq!(terms("20.20", "1").map(|t| t.needs_manager), Ok(false));
        assert_eq!(terms("20.21", "1").map(|t| t.needs_manager), Ok(true));
        for price in ["0", "-1", "1000000000000000000", "0.001", "1e3", "100000"] {
            assert_eq!(terms(price, "1"), Err(LineError::PriceInvalid), "{price}");
        }
        assert_eq!(terms("１５", "２").map(|t| t.amount.0), Ok(3_000));
        for quantity in ["0", "10000", "-1", "1.5", "1000", "x"] {
            assert_eq!(terms("1", quantity), Err(LineError::QuantityInvalid), "{quantity}");
        }
    }

    #[test]
    fn what_may_not_be_sold() {
        let stopped = Product { active: false, ..product() };
        assert_eq!(line_terms(&stopped, "", ""), Err(LineError::ProductStopped));
        let recalled = Product { recalled: Some("stop".to_owned()), active: false, ..product() };
        assert_eq!(line_terms(&recalled, "15.50", "1"), Err(LineError::Recalled));
        let excluded = Product { card_payable: false, ..product() };
        assert_eq!(line_terms(&excluded, "", ""), Err(LineError::NotCardPayable));
        let other = Product { price: None, band: None, ..product() };
        assert_eq!(line_terms(&other, "", ""), Err(LineError::PriceMissing));
        assert_eq!(line_terms(&other, "9.90", "").map(|t| t.needs_manager), Ok(false));
    }

    #[test]
    fn the_code_field() {
        let product = |quantity, code: &str| Ok(Typed::Product { quantity, code: code.to_owned() });
        assert_eq!(parse_typed("*3"), Ok(Typed::Quantity(3)));
        assert_eq!(parse_typed("＊３"), Ok(Typed::Quantity(3)));
        assert_eq!(parse_typed("3*600233"), product(Some(3), "600233"));
        assert_eq!(parse_typed(" gml "), product(None, "gml"));
        assert_eq!(parse_typed("*0"), Err(LineError::QuantityInvalid));
        assert_eq!(parse_typed("10000*600233"), Err(LineError::QuantityInvalid));
    }

    #[test]
    fn labels_of_scales() {
        let herb = Product { price: Some(Fen(6_000)), band: None, ..product() };
        let judge = |product: &Product, unit, label| {
            label_terms(product, unit, label, "").map(|t| (t.price.0, t.quantity, t.needs_manager))
        };
        // An amount is a price like a typed one: free where the price is open, with a manager's consent outside a band.
        assert_eq!(judge(&herb, "kg", Quantity::Amount(Fen(1_234))), Ok((1_234, 1, false)));
        assert_eq!(judge(&product(), "x", Quantity::Amount(Fen(1))), Ok((1, 1, true)));
        let open = Product { price: None, ..herb.clone() };
        assert_eq!(judge(&open, "x", Quantity::Amount(Fen(99_999))), Ok((99_999, 1, false)));
        for unit in ["kg", " KG ", "\u{5343}\u{514b}", "\u{516c}\u{65a4}"] {
            assert_eq!(judge(&herb, unit, Quantity::Grams(256)), Ok((1_536, 1, false)), "{unit}");
        }
        assert_eq!(judge(&herb, "g", Quantity::Grams(256)), Err(LabelError::NotByWeight));
        assert_eq!(judge(&open, "kg", Quantity::Grams(256)), Err(LabelError::NotByWeight));
        // The catalogue's price needs no consent, whatever the weight makes of it.
        let banded = Product { band: product().band, ..herb.clone() };
        assert_eq!(judge(&banded, "kg", Quantity::Grams(1)), Ok((6, 1, false)));
        let stopped = Product { active: false, ..herb.clone() };
        assert_eq!(judge(&stopped, "kg", Quantity::Grams(1)), Err(LineError::ProductStopped.into()));
        let gold = Product { price: Some(money::TYPED_MAX), ..herb };
        assert_eq!(judge(&gold, "kg", Quantity::Grams(1_001)), Err(LineError::PriceInvalid.into()));
    }

    proptest! {
        #[test]
        fn a_weight_costs_its_share_of_a_kilogram_to_the_nearest_fen(kilogram in 1..=i64::MAX, grams in 1_i64..=99_999) {
            let exact = i128::from(kilogram) * i128::from(grams);
            match Fen(kilogram).for_grams(grams) {
                None => prop_assert!(exact + 500 > i128::from(i64::MAX)),
                Some(Fen(price)) => {
                    let over = i128::from(price) * 1_000 - exact;
                    prop_assert!(price >= 1);
                    prop_assert!((-499..=500).contains(&over) || (price == 1 && exact < 500), "{kilogram} {grams}: {price}");
                }
            }
        }

        #[test]
        fn judging_never_panics(price in "\\PC*", quantity in "\\PC*", code in "\\PC*") {
            let _ = line_terms(&product(), &price, &quantity);
            let _ = parse_typed(&code);
        }
    }
}
