//! Who asks, and where it may sell.

use serde::Deserialize;

use super::Scope;

/// The API key in use.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Me {
    /// When it was created.
    pub created_at: String,
    /// When it expires.
    pub expires_at: String,
    /// Its id: the part of the token between the underscores.
    pub id: String,
    /// The merchant.
    pub merchant_id: String,
    /// The merchant's name.
    pub merchant_name: String,
    /// Merchant number, 15 digits.
    pub merchant_number: String,
    /// Its name.
    pub name: String,
    /// The only outlet it has access to, if limited.
    pub outlet_id: Option<String>,
    /// The person it acts as in records.
    pub person_id: String,
    /// The rate limit.
    pub requests_per_minute: i64,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Whether every request must be signed.
    pub signed: bool,
    /// The only terminal it sells at, if limited.
    pub terminal_id: Option<String>,
}

/// An outlet.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Outlet {
    /// Whether it is in business.
    pub active: bool,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A terminal.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Terminal {
    /// Whether it is in service.
    pub active: bool,
    /// The running batch.
    pub batch: i64,
    /// Its number, 8 digits.
    pub id: String,
    /// Its outlet.
    pub outlet_id: String,
}
