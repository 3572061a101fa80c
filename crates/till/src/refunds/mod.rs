//! What comes back of a sale: request and review of a refund, and the void of a whole sale.

pub(crate) mod request;
pub(crate) mod review;
pub(crate) mod void;
