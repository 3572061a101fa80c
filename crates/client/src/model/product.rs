//! Products of the catalogue.

use serde::{Deserialize, Serialize};

use super::{Currency, OtcClass};

/// A product as a whole.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewProduct {
    /// Whether it is on sale.
    pub active: bool,
    /// Approval number of the drug authority.
    pub approval_no: String,
    /// EAN-13 or another barcode.
    pub barcode: String,
    /// Whether the card may pay for it.
    pub card_payable: bool,
    /// Category.
    pub category: String,
    /// Who makes it.
    pub maker: String,
    /// Name.
    pub name: String,
    /// Class of a drug.
    pub otc_class: OtcClass,
    /// Initials of the name's pinyin.
    pub pinyin: String,
    /// Fen; none when the cashier sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<i64>,
    /// Highest such price in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_high: Option<i64>,
    /// Lowest price in fen that a cashier may set alone. With the highest, or neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_low: Option<i64>,
    /// Pack and strength.
    pub spec: String,
    /// Piece.
    pub unit: String,
}

/// Fields of a product to be changed; those that are not named stay (RFC 7396).
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ProductChange {
    /// Whether it is on sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// Whether the card may pay for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_payable: Option<bool>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Fen; `null`: the cashier sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Option<i64>>,
    /// Highest such price in fen; `null` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_high: Option<Option<i64>>,
    /// Lowest price in fen that a cashier may set alone; `null` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_low: Option<Option<i64>>,
}

/// A product.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Product {
    /// Whether it is on sale.
    pub active: bool,
    /// Approval number of the drug authority.
    pub approval_no: String,
    /// EAN-13 or another barcode; empty if it has none.
    pub barcode: String,
    /// Whether the card may pay for it.
    pub card_payable: bool,
    /// Category.
    pub category: String,
    /// Your own number.
    pub code: String,
    /// Always `CNY`.
    pub currency: Currency,
    /// Who makes it.
    pub maker: String,
    /// Name.
    pub name: String,
    /// `RX`, `OTC-A`, `OTC-B`, or `NONE` for what is no drug.
    pub otc_class: OtcClass,
    /// Initials of the name's pinyin, by which cashiers search.
    pub pinyin: String,
    /// Fen; none when the cashier sets it.
    pub price: Option<i64>,
    /// Highest such price in fen.
    pub price_high: Option<i64>,
    /// Lowest price in fen that a cashier may set alone.
    pub price_low: Option<i64>,
    /// Pack and strength.
    pub spec: String,
    /// Piece.
    pub unit: String,
}
