//! Facts: the types that every rule speaks in, each with what can be said of it alone.

pub mod card;
pub mod card_number;
pub mod ids;
pub mod money;
pub mod order;
pub mod password;
pub mod pin;
pub mod product;
pub mod role;
pub mod scan;
pub mod time;
