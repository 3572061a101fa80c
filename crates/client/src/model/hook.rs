//! Webhook endpoints and what is sent to them.

use serde::{Deserialize, Serialize};

use super::{DeliveryStatus, EndpointStatus, EventType};
use crate::secret::WebhookSecret;

/// A new endpoint.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewWebhookEndpoint {
    /// Your own description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Event types; by default all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<EventType>>,
    /// Where events are sent: https, port 443, on the public Internet.
    pub url: String,
}

/// Fields to change; fields that are left out stay.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct WebhookEndpointChange {
    /// Your own description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Event types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<EventType>>,
    /// Activate or pause it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<EndpointStatus>,
    /// Where events are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// An endpoint.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct WebhookEndpoint {
    /// When it was created.
    pub created_at: String,
    /// The last success.
    pub delivered_at: Option<String>,
    /// Your own description.
    pub description: String,
    /// Event types.
    pub events: Vec<EventType>,
    /// The first failure since then.
    pub failing_since: Option<String>,
    /// Its id.
    pub id: String,
    /// The only outlet whose events it receives, if limited.
    pub outlet_id: Option<String>,
    /// Until when the previous secret signs as well.
    pub previous_secret_until: Option<String>,
    /// The signing secret; only in the response that created it.
    pub secret: Option<WebhookSecret>,
    /// `active`; `paused` by a person or program; `failed`: stopped after failing for three days; `deleted`.
    pub status: EndpointStatus,
    /// Where events are sent.
    pub url: String,
}

/// The delivery of an event to an endpoint.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct WebhookDelivery {
    /// Attempts so far.
    pub attempts: u32,
    /// When the event happened.
    pub created_at: String,
    /// The body that is sent.
    #[cfg_attr(test, schema(value_type = Object))]
    pub event: serde_json::Value,
    /// The event's id, also in the header Webpos-Event-Id.
    pub event_id: String,
    /// The last attempt.
    pub last_attempt_at: Option<String>,
    /// The next attempt.
    pub next_attempt_at: Option<String>,
    /// The first 200 bytes of that response, or why there was none.
    pub response: String,
    /// HTTP status of the last response; null if there was none.
    pub response_status: Option<u16>,
    /// `pending`: still to be delivered; `delivered`: answered with 2xx; `parked`: given up after three days.
    pub status: DeliveryStatus,
    /// Type of the event.
    pub r#type: EventType,
}
