//! What pages and programs change outside the books: drafts, people, sessions, keys, webhooks, master data, the audit log.

pub mod api_key;
pub mod audit;
pub mod card;
pub mod catalogue;
pub mod customer;
pub mod directory;
pub mod draft;
pub mod edition;
pub mod enrolment;
pub mod factor;
pub mod idempotency;
pub mod import;
pub mod in_store;
pub mod job;
pub mod login;
pub mod opening;
pub mod payment;
pub mod people;
pub mod product_list;
pub mod product_request;
pub mod recall;
pub mod roll;
pub mod session;
pub mod standing;
pub mod sweep;
pub mod webhook;
