//! Why the till did not do what was asked: one word per reason in the flash message, its text, and the field it is
//! shown at.

use domain::order::{LabelError, LineError};
use storage::draft::{DraftError, Refused};

use crate::text::Text;
use web_kit::problem::Problem;

/// A field of the entry form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Field {
    /// 条码 / 商品代码 / 拼音首字母, where everything without a field of its own is shown too.
    #[default]
    Code,
    /// 单价.
    Price,
    /// 数量.
    Quantity,
}

macro_rules! troubles {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $field:ident, $text:ident;)+) => {
        web_kit::said! {
            /// A reason. Values: what was typed as code, price and quantity, and the product in hand.
            pub(crate) enum Trouble { $($(#[$doc])* $name = $word),+ }
        }

        impl Trouble {
            /// Where it is shown.
            pub(crate) fn field(self) -> Field {
                match self { $(Self::$name => Field::$field),+ }
            }

            /// What it says.
            pub(crate) fn text(self, text: &Text) -> &'static str {
                match self { $(Self::$name => text.sale.$text),+ }
            }
        }
    };
}

troubles! {
    /// Nothing was typed.
    Empty = "code_empty", Code, code_empty;
    /// No product of this code.
    NotFound = "not_found", Code, not_found;
    /// Nor this one, but the card company was asked for it and has not answered.
    RequestWaits = "request_waits", Code, request_waits;
    /// As many requests as can be open.
    RequestsFull = "requests_full", Code, requests_full;
    /// The code of a box, not of a product.
    TraceCode = "trace_code", Code, trace_code;
    /// A label of the merchant's scale, of a product that the catalogue lacks.
    NoItem = "label_no_item", Code, label_no_item;
    /// A label with a weight, of a product without a price for a kilogram.
    NotByWeight = "label_not_by_weight", Code, label_not_by_weight;
    /// The product is not sold any more.
    Stopped = "stopped", Code, stopped;
    /// The card company has recalled it. Another value: what the tills say.
    Recalled = "recalled", Code, recalled;
    /// The card does not pay for it.
    NotPayable = "not_payable", Code, not_payable;
    /// No price, or one that cannot be.
    Price = "price_bad", Price, price_bad;
    /// Not a whole number from 1 to 999.
    Quantity = "quantity_bad", Quantity, quantity_bad;
    /// The same, typed as `*3`.
    Star = "star_bad", Code, quantity_bad;
    /// `*3` without a line.
    NoLine = "no_line", Code, no_line;
    /// This till has no such order.
    NoOrder = "no_order", Code, no_order;
    /// A payment without known outcome.
    Locked = "order_locked", Code, order_locked;
    /// Paid already.
    Paid = "order_paid", Code, order_paid;
    /// Given up already.
    Abandoned = "order_abandoned", Code, order_abandoned;
    /// As many lines as can be.
    Full = "order_full", Code, order_full;
    /// More pieces than one order may have. Another value: so many.
    OverLimit = "over_limit", Quantity, over_limit;
    /// Total too large.
    TotalLarge = "total_large", Quantity, total_large;
    /// Changed in another window.
    Changed = "changed", Code, changed;
    /// More than ten seconds ago.
    TooLate = "too_late", Code, too_late;
}

impl From<LineError> for Trouble {
    fn from(error: LineError) -> Self {
        match error {
            LineError::ProductStopped => Self::Stopped,
            LineError::Recalled => Self::Recalled,
            LineError::NotCardPayable => Self::NotPayable,
            LineError::PriceMissing | LineError::PriceInvalid => Self::Price,
            LineError::QuantityInvalid => Self::Quantity,
        }
    }
}

impl From<LabelError> for Trouble {
    fn from(error: LabelError) -> Self {
        match error {
            LabelError::Line(error) => error.into(),
            LabelError::NotByWeight => Self::NotByWeight,
        }
    }
}

impl Trouble {
    /// What the page says about a failed change, with another value if it has one; what is no fault of the person's becomes a
    /// problem page.
    pub(crate) fn of(error: DraftError) -> Result<(Self, String), Problem> {
        let why = match &error {
            DraftError::Refused(Refused::OverLimit { most }) => most.to_string(),
            _ => String::new(),
        };
        let trouble = match error {
            DraftError::Storage(error) => return Err(error.into()),
            DraftError::Refused(refused) => match refused {
                Refused::NoOrder => Self::NoOrder,
                Refused::Locked => Self::Locked,
                Refused::Paid => Self::Paid,
                Refused::Abandoned => Self::Abandoned,
                Refused::Full => Self::Full,
                Refused::TotalTooLarge => Self::TotalLarge,
                Refused::NeedsManager => Self::Price,
                Refused::Changed => Self::Changed,
                Refused::TooLate => Self::TooLate,
                Refused::OverLimit { .. } => Self::OverLimit,
            },
        };
        Ok((trouble, why))
    }
}
