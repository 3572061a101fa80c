//! Words of these pages, both languages beside each other.

pub(crate) mod batch;
pub(crate) mod orders;
mod sale;
mod slip;

web_kit::audience! {
    |_, _| None;
    batch: Batch,
    orders: Orders,
    sale: Sale,
    slip: Slip,
}
