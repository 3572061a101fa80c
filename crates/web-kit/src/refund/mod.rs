//! Refunds as a store's reviewers and the card company see them.

pub mod review;
