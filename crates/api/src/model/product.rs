//! Products of the catalogue.

use serde::{Deserialize, Deserializer, Serialize};
use storage::catalogue::Item;
use utoipa::ToSchema;

use super::CNY;

/// A product.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Product, example = json!({
    "object": "product", "code": "600402", "barcode": "6901234567892", "name": "Vitamin C tablets", "pinyin": "wssc",
    "spec": "0.1g x 100", "maker": "Example Pharma", "approval_no": "H00000001", "category": "Vitamins",
    "otc_class": "OTC-B", "unit": "bottle", "price": 650, "price_low": 600, "price_high": 700, "currency": "CNY",
    "card_payable": true, "active": true, "sale_max": 5, "id_check": false
}))]
pub(crate) struct ProductResource {
    /// Always `product`.
    object: &'static str,
    /// Your own product code.
    code: String,
    /// EAN-13 or another barcode; empty if it has none.
    barcode: String,
    /// Name.
    name: String,
    /// Initials of the name's pinyin, for the cashiers' search; if none are sent, made from the name.
    pinyin: String,
    /// Pack and strength.
    spec: String,
    /// The manufacturer.
    maker: String,
    /// Approval number of the drug authority.
    approval_no: String,
    /// Category.
    category: String,
    /// `RX`, `OTC-A`, `OTC-B`, or `NONE` if it is not a drug.
    otc_class: String,
    /// The unit of sale.
    unit: String,
    /// Fen; null if the cashier sets it.
    price: Option<i64>,
    /// Lowest price in fen that a cashier may set without a manager.
    price_low: Option<i64>,
    /// Highest price in fen that a cashier may set without a manager.
    price_high: Option<i64>,
    /// Always `CNY`.
    currency: &'static str,
    /// Whether the card may pay for it.
    card_payable: bool,
    /// Whether it is on sale.
    active: bool,
    /// Most pieces in one payment; null for any number.
    sale_max: Option<i64>,
    /// Whether the seller has to look at the buyer's identity card.
    id_check: bool,
}

impl From<&Item> for ProductResource {
    fn from(item: &Item) -> Self {
        Self {
            object: "product",
            code: item.code.clone(),
            barcode: item.barcode.clone(),
            name: item.name.clone(),
            pinyin: item.pinyin.clone(),
            spec: item.spec.clone(),
            maker: item.maker.clone(),
            approval_no: item.approval_no.clone(),
            category: item.category.clone(),
            otc_class: item.otc_class.clone(),
            unit: item.unit.clone(),
            price: item.price,
            price_low: item.price_low,
            price_high: item.price_high,
            currency: CNY,
            card_payable: item.card_payable,
            active: item.active,
            sale_max: item.sale_max,
            id_check: item.id_check,
        }
    }
}

domain::words! {
    /// Class of a drug.
    #[derive(Deserialize, Serialize, ToSchema)]
    pub(crate) enum OtcClass {
        /// Prescription only.
        #[serde(rename = "RX")]
        Rx = "RX",
        /// Over the counter, class A.
        #[serde(rename = "OTC-A")]
        OtcA = "OTC-A",
        /// Over the counter, class B.
        #[serde(rename = "OTC-B")]
        OtcB = "OTC-B",
        /// Not a drug.
        #[serde(rename = "NONE")]
        None = "NONE",
    }
}

/// A complete product.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Vitamin C tablets", "otc_class": "OTC-B", "unit": "bottle", "price": 650}))]
#[expect(clippy::option_option, reason = "not named, null and a value are three things")]
pub(crate) struct NewProduct {
    /// EAN-13 or another barcode.
    #[serde(default)]
    #[schema(max_length = 32, pattern = "^[!-~]*$", default = "")]
    pub(crate) barcode: String,
    /// Name.
    #[schema(min_length = 1, max_length = 120)]
    pub(crate) name: String,
    /// Initials of the name's pinyin.
    #[serde(default)]
    #[schema(max_length = 60, pattern = "^[a-z0-9]*$", default = "")]
    pub(crate) pinyin: String,
    /// Pack and strength.
    #[serde(default)]
    #[schema(max_length = 60, default = "")]
    pub(crate) spec: String,
    /// The manufacturer.
    #[serde(default)]
    #[schema(max_length = 120, default = "")]
    pub(crate) maker: String,
    /// Approval number of the drug authority.
    #[serde(default)]
    #[schema(max_length = 60, default = "")]
    pub(crate) approval_no: String,
    /// Category.
    #[serde(default)]
    #[schema(max_length = 60, default = "")]
    pub(crate) category: String,
    /// Class of a drug.
    pub(crate) otc_class: OtcClass,
    /// The unit of sale.
    #[schema(min_length = 1, max_length = 20)]
    pub(crate) unit: String,
    /// Fen; null if the cashier sets it.
    #[schema(minimum = 1, maximum = 9_999_999)]
    pub(crate) price: Option<i64>,
    /// Lowest price in fen that a cashier may set without a manager. Give both limits or neither.
    #[schema(minimum = 1, maximum = 9_999_999)]
    pub(crate) price_low: Option<i64>,
    /// Highest price in fen that a cashier may set without a manager.
    #[schema(minimum = 1, maximum = 9_999_999)]
    pub(crate) price_high: Option<i64>,
    /// Whether the card may pay for it. Left out, it may at a merchant that decides this itself; elsewhere it stays as the
    /// card company decided, and `true` for another product is refused with `company_decides`.
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "present")]
    pub(crate) card_payable: Option<bool>,
    /// Whether it is on sale.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub(crate) active: bool,
    /// Most pieces in one payment; `null` for any number. Left out, it stays.
    #[schema(minimum = 1, maximum = 999)]
    #[serde(default, deserialize_with = "present")]
    pub(crate) sale_max: Option<Option<i64>>,
    /// Whether the seller has to look at the buyer's identity card. Left out, it stays.
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "present")]
    pub(crate) id_check: Option<bool>,
}

fn yes() -> bool {
    true
}

/// Fields of a product to change; fields that are left out stay (RFC 7396).
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"price": 690, "active": true}))]
#[expect(clippy::option_option, reason = "not named, null and a value are three things")]
pub(crate) struct ProductChange {
    /// Name.
    #[schema(min_length = 1, max_length = 120, nullable = false)]
    #[serde(default, deserialize_with = "present")]
    pub(crate) name: Option<String>,
    /// Fen; `null` if the cashier sets it.
    #[schema(minimum = 1, maximum = 9_999_999)]
    #[serde(default, deserialize_with = "present")]
    pub(crate) price: Option<Option<i64>>,
    /// Lowest price in fen that a cashier may set without a manager; `null` for none.
    #[schema(minimum = 1, maximum = 9_999_999)]
    #[serde(default, deserialize_with = "present")]
    pub(crate) price_low: Option<Option<i64>>,
    /// Highest price in fen that a cashier may set without a manager; `null` for none.
    #[schema(minimum = 1, maximum = 9_999_999)]
    #[serde(default, deserialize_with = "present")]
    pub(crate) price_high: Option<Option<i64>>,
    /// Whether the card may pay for it. Where the card company decides this, `true` is refused with `company_decides`.
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "present")]
    pub(crate) card_payable: Option<bool>,
    /// Whether it is on sale.
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "present")]
    pub(crate) active: Option<bool>,
    /// Most pieces in one payment; `null` for any number.
    #[schema(minimum = 1, maximum = 999)]
    #[serde(default, deserialize_with = "present")]
    pub(crate) sale_max: Option<Option<i64>>,
    /// Whether the seller has to look at the buyer's identity card.
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "present")]
    pub(crate) id_check: Option<bool>,
}

/// Distinguishes a field that is `null` from one that is absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
