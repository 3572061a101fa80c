//! The key itself, outlets and terminals.

use serde::Serialize;
use storage::api_key::ApiKey;
use storage::merchant::{OutletRow, TerminalRow};
use utoipa::ToSchema;

use super::time;

/// The API key in use.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Me, example = json!({
    "object": "api_key", "id": "1001", "name": "ERP", "merchant_id": "250100", "merchant_number": "898320159120001",
    "merchant_name": "Example Pharmacy", "outlet_id": null, "terminal_id": "25010007", "person_id": "9006",
    "scopes": ["read", "sell"], "signed": false, "requests_per_minute": 600, "created_at": "2026-11-23T02:00:00Z",
    "expires_at": "2027-11-23T02:00:00Z"
}))]
pub(crate) struct MeResource {
    /// Always `api_key`.
    object: &'static str,
    /// Its id: the part of the token between the underscores.
    id: String,
    /// Its name.
    name: String,
    /// The merchant.
    merchant_id: String,
    /// Merchant number, 15 digits.
    merchant_number: String,
    /// The merchant's name.
    merchant_name: String,
    /// The only outlet it has access to, if limited.
    outlet_id: Option<String>,
    /// The only terminal it sells at, if limited.
    terminal_id: Option<String>,
    /// The person it acts as in records.
    person_id: String,
    /// `read`, `sell`, `refund`, `catalogue`, `webhooks`.
    scopes: Vec<&'static str>,
    /// Whether every request must be signed.
    signed: bool,
    /// The rate limit.
    requests_per_minute: u32,
    /// When it was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it expires.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl MeResource {
    pub(crate) fn new(key: &ApiKey, merchant_number: String) -> Self {
        Self {
            object: "api_key",
            id: key.id.to_string(),
            name: key.name.clone(),
            merchant_id: key.merchant.to_string(),
            merchant_number,
            merchant_name: key.merchant_name.clone(),
            outlet_id: key.outlet.map(|id| id.to_string()),
            terminal_id: key.terminal.map(|id| id.to_string()),
            person_id: key.person.to_string(),
            scopes: key.scopes.iter().map(|scope| scope.word()).collect(),
            signed: key.signed,
            requests_per_minute: key.rate_max,
            created_at: time(key.created_at),
            expires_at: time(key.expires_at),
        }
    }
}

/// An outlet.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Outlet, example = json!({
    "object": "outlet", "id": "2501001", "name": "Zhongshan Road", "active": true
}))]
pub(crate) struct OutletResource {
    /// Always `outlet`.
    object: &'static str,
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Whether it is in business.
    active: bool,
}

impl From<&OutletRow> for OutletResource {
    fn from(row: &OutletRow) -> Self {
        Self { object: "outlet", id: row.id.to_string(), name: row.name.clone(), active: row.active }
    }
}

/// A terminal.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Terminal, example = json!({
    "object": "terminal", "id": "25010007", "outlet_id": "2501001", "active": true, "batch": 1
}))]
pub(crate) struct TerminalResource {
    /// Always `terminal`.
    object: &'static str,
    /// Its number, 8 digits.
    #[schema(pattern = "^[0-9]{8}$")]
    id: String,
    /// Its outlet.
    outlet_id: String,
    /// Whether it is in service.
    active: bool,
    /// The running batch.
    batch: i64,
}

impl From<&TerminalRow> for TerminalResource {
    fn from(row: &TerminalRow) -> Self {
        Self {
            object: "terminal",
            id: row.id.to_string(),
            outlet_id: row.outlet.to_string(),
            active: row.active,
            batch: row.batch,
        }
    }
}
