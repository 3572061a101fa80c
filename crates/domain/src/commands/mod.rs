//! Commands: a file for each, with its types, its checks in order, and what it writes.

pub mod acts;
pub mod batch;
pub mod card_move;
pub mod deposit;
pub mod direct_sale;
pub mod dispute;
pub mod first_use;
pub mod inquiry;
pub mod pin_issue;
pub mod pin_reset;
pub mod programme_change;
pub mod proof;
pub mod proposal;
pub mod refund;
pub mod reversal;
pub mod sale;
pub mod settlement;
pub mod sold;
pub mod void;
pub mod withdrawal;
