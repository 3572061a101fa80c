//! Facts: the types that the rules work on, each with the checks that need nothing else.

pub mod card;
pub mod card_batch;
pub mod card_code;
pub mod card_number;
pub mod directory;
pub mod edition;
pub mod factor;
pub mod human;
pub mod ids;
pub mod limits;
pub mod money;
pub mod network;
pub mod order;
pub mod password;
pub mod person;
pub mod pin;
pub mod place;
pub mod product;
pub mod product_request;
pub mod programme;
pub mod recall;
pub mod role;
pub mod scan;
pub mod serial;
pub mod sweep;
pub mod time;
