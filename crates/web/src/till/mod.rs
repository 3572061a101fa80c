//! The pages of the till, one file each, its template beside it by name in `templates/till/`.

pub(crate) mod attempt;
pub(crate) mod batch;
pub(crate) mod batch_print;
pub(crate) mod batch_report;
pub(crate) mod hold;
pub(crate) mod home;
pub(crate) mod lines;
pub(crate) mod lock;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod order;
pub(crate) mod order_export;
pub(crate) mod orders;
pub(crate) mod pages;
pub(crate) mod panel;
pub(crate) mod password;
pub(crate) mod pay;
pub(crate) mod picker;
pub(crate) mod price;
pub(crate) mod refund_request;
pub(crate) mod refund_review;
pub(crate) mod sale;
pub(crate) mod slip;
pub(crate) mod trouble;
pub(crate) mod void;
