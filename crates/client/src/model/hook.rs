//! Webhook endpoints and what is sent to them.

use serde::{Deserialize, Serialize};

use super::{DeliveryStatus, EndpointStatus, EventType};
use crate::secret::WebhookSecret;

/// An endpoint to be made.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewWebhookEndpoint {
    /// What you call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Which events; all of them if you do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<EventType>>,
    /// Where events are sent: https, port 443, on the public Internet.
    pub url: String,
}

/// Fields to be changed; those that are not named stay.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct WebhookEndpointChange {
    /// What you call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Which events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<EventType>>,
    /// What an endpoint can be set to.
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
    /// When it was made.
    pub created_at: String,
    /// The last success.
    pub delivered_at: Option<String>,
    /// What you call it.
    pub description: String,
    /// Which events.
    pub events: Vec<EventType>,
    /// The first failure since then.
    pub failing_since: Option<String>,
    /// Its number.
    pub id: String,
    /// Only this outlet's events.
    pub outlet_id: Option<String>,
    /// Until when the secret before signs too.
    pub previous_secret_until: Option<String>,
    /// What signs; only in the answer that made it.
    pub secret: Option<WebhookSecret>,
    /// `active`; `paused` by somebody; `failed`: stopped by itself after three days of nothing but failures;
    /// `deleted`.
    pub status: EndpointStatus,
    /// Where events are sent.
    pub url: String,
}

/// An event on its way to an endpoint, or there.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct WebhookDelivery {
    /// Tries so far.
    pub attempts: u32,
    /// When it happened.
    pub created_at: String,
    /// The body as it is sent.
    #[cfg_attr(test, schema(value_type = Object))]
    pub event: serde_json::Value,
    /// The event's number, also in the header Webpos-Event-Id.
    pub event_id: String,
    /// The last try.
    pub last_attempt_at: Option<String>,
    /// The next try.
    pub next_attempt_at: Option<String>,
    /// The first 200 bytes of it, or why there was none.
    pub response: String,
    /// HTTP status of the last answer; none when there was no answer.
    pub response_status: Option<u16>,
    /// `pending`: on its way; `delivered`: answered with 2xx; `parked`: given up after three days.
    pub status: DeliveryStatus,
    /// What happened.
    pub r#type: EventType,
}
