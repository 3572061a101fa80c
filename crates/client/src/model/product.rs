//! Products of the catalogue.

use serde::{Deserialize, Serialize};

use super::{Currency, OtcClass};

/// A complete product.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewProduct {
    /// Whether it is on sale.
    pub active: bool,
    /// Approval number of the drug authority.
    pub approval_no: String,
    /// EAN-13 or another barcode.
    pub barcode: String,
    /// Whether the card may pay for it. Left out, it may at a merchant that decides this itself; elsewhere it stays as the
    /// card company decided, and `true` for another product is refused with `company_decides`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_payable: Option<bool>,
    /// Category.
    pub category: String,
    /// Whether the seller has to look at the buyer's identity card. Left out, it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_check: Option<bool>,
    /// The manufacturer.
    pub maker: String,
    /// Name.
    pub name: String,
    /// Class of a drug.
    pub otc_class: OtcClass,
    /// Initials of the name's pinyin.
    pub pinyin: String,
    /// Fen; null if the cashier sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<i64>,
    /// Highest price in fen that a cashier may set without a manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_high: Option<i64>,
    /// Lowest price in fen that a cashier may set without a manager. Give both limits or neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_low: Option<i64>,
    /// Most pieces in one payment; `null` for any number. Left out, it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale_max: Option<Option<i64>>,
    /// Pack and strength.
    pub spec: String,
    /// The unit of sale.
    pub unit: String,
}

/// Fields of a product to change; fields that are left out stay (RFC 7396).
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ProductChange {
    /// Whether it is on sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// Whether the card may pay for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_payable: Option<bool>,
    /// Whether the seller has to look at the buyer's identity card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_check: Option<bool>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Fen; `null` if the cashier sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Option<i64>>,
    /// Highest price in fen that a cashier may set without a manager; `null` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_high: Option<Option<i64>>,
    /// Lowest price in fen that a cashier may set without a manager; `null` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_low: Option<Option<i64>>,
    /// Most pieces in one payment; `null` for any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale_max: Option<Option<i64>>,
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
    /// Your own product code.
    pub code: String,
    /// Always `CNY`.
    pub currency: Currency,
    /// Whether the seller has to look at the buyer's identity card.
    pub id_check: bool,
    /// The manufacturer.
    pub maker: String,
    /// Name.
    pub name: String,
    /// `RX`, `OTC-A`, `OTC-B`, or `NONE` if it is not a drug.
    pub otc_class: OtcClass,
    /// Initials of the name's pinyin, for the cashiers' search.
    pub pinyin: String,
    /// Fen; null if the cashier sets it.
    pub price: Option<i64>,
    /// Highest price in fen that a cashier may set without a manager.
    pub price_high: Option<i64>,
    /// Lowest price in fen that a cashier may set without a manager.
    pub price_low: Option<i64>,
    /// Most pieces in one payment; null for any number.
    pub sale_max: Option<i64>,
    /// Pack and strength.
    pub spec: String,
    /// The unit of sale.
    pub unit: String,
}
