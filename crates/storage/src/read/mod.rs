//! What pages and programs ask, by subject: lists, one record, totals. The small changes that belong to a subject, such as
//! counting the prints of a slip, are beside its questions.

pub mod batch;
pub mod card_batch;
pub mod card_page;
pub mod deposit;
pub mod dispute;
pub mod help;
pub mod human;
pub mod merchant;
pub mod movement;
pub mod orders;
pub mod overview;
pub mod pins;
pub mod places;
pub mod price;
pub mod product;
pub mod programme;
pub mod proposal;
pub mod refund;
pub mod settlement;
pub mod slip;
pub mod till;
