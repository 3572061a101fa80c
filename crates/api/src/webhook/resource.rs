//! The operations with which programs manage webhook endpoints.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use domain::event::EventKind;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use storage::vault::{Vault, hex, unhex};
use storage::webhook::delivery::{self, Delivery, DeliveryStatus};
use storage::webhook::{self, Change, Changed, DESCRIPTION_MAX, Endpoint, EndpointId, EndpointStatus, EndpointTerms};
use storage::webhook::{Once, TermsChange};
use utoipa::ToSchema;
use webhook_target::Target;

use super::send::refusal;
use crate::Api;
use crate::caller::{Caller, Json, Path, Query};
use crate::cursor::{self, Cursor};
use crate::goods::fits;
use crate::model::{List, time};
use crate::problem::{Code, Problem};

const ABSENT: &str = "There is no such webhook endpoint or delivery.";

macro_rules! event_types {
    ($($name:ident = $word:tt),+ $(,)?) => {
        /// Type of an event.
        #[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
        pub(crate) enum EventType { $(#[serde(rename = $word)] $name),+ }

        impl From<EventType> for EventKind {
            fn from(event: EventType) -> Self {
                match event { $(EventType::$name => Self::$name),+ }
            }
        }
    };
}

event_types! {
    PaymentApproved = "payment.approved",
    PaymentDeclined = "payment.declined",
    PaymentWithdrawn = "payment.withdrawn",
    RefundRequested = "refund.requested",
    RefundApproved = "refund.approved",
    RefundRejected = "refund.rejected",
    SaleVoided = "sale.voided",
    SaleReversed = "sale.reversed",
    BatchClosed = "batch.closed",
    SettlementConfirmed = "settlement.confirmed",
    DisputeOpened = "dispute.opened",
    DisputeAnswered = "dispute.answered",
    DisputeUpheld = "dispute.upheld",
    DisputeRejected = "dispute.rejected",
}

/// A new endpoint.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "url": "https://erp.example.com/webpos", "description": "ERP", "events": ["payment.approved", "refund.approved"]
}))]
pub(crate) struct NewWebhookEndpoint {
    /// Where events are sent: https, port 443, on the public Internet.
    #[schema(max_length = 500, pattern = "^https://[!-~]+$")]
    url: String,
    /// Your own description.
    #[serde(default)]
    #[schema(max_length = 100, default = "")]
    description: String,
    /// Event types; by default all of them.
    #[schema(min_items = 1, max_items = 10)]
    events: Option<Vec<EventType>>,
}

/// Fields to change; fields that are left out stay.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "active"}))]
pub(crate) struct WebhookEndpointChange {
    /// Where events are sent.
    #[schema(max_length = 500, pattern = "^https://[!-~]+$")]
    url: Option<String>,
    /// Your own description.
    #[schema(max_length = 100)]
    description: Option<String>,
    /// Event types.
    #[schema(min_items = 1, max_items = 10)]
    events: Option<Vec<EventType>>,
    /// Activate or pause it. Pending deliveries of a paused endpoint are sent when it is active again within 30 days.
    status: Option<NewStatus>,
}

/// State that an endpoint can be set to.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NewStatus {
    /// Receives events.
    Active,
    /// Receives no events; events of that time are not kept for it.
    Paused,
}

/// An endpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "object": "webhook_endpoint", "id": "1001", "url": "https://erp.example.com/webpos", "description": "ERP",
    "events": ["payment.approved", "refund.approved"], "outlet_id": null, "status": "active", "secret": null,
    "previous_secret_until": null, "created_at": "2026-11-23T02:00:00Z", "delivered_at": "2026-11-23T02:26:01Z",
    "failing_since": null
}))]
pub(crate) struct WebhookEndpoint {
    /// Always `webhook_endpoint`.
    object: &'static str,
    /// Its id.
    id: String,
    /// Where events are sent.
    url: String,
    /// Your own description.
    description: String,
    /// Event types.
    events: Vec<&'static str>,
    /// The only outlet whose events it receives, if limited.
    outlet_id: Option<String>,
    /// `active`; `paused` by a person or program; `failed`: stopped after failing for three days; `deleted`.
    status: &'static str,
    /// The signing secret; only in the response that created it.
    secret: Option<String>,
    /// Until when the previous secret signs as well.
    #[schema(format = DateTime)]
    previous_secret_until: Option<String>,
    /// When it was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// The last success.
    #[schema(format = DateTime)]
    delivered_at: Option<String>,
    /// The first failure since then.
    #[schema(format = DateTime)]
    failing_since: Option<String>,
}

impl From<&Endpoint> for WebhookEndpoint {
    fn from(endpoint: &Endpoint) -> Self {
        Self {
            object: "webhook_endpoint",
            id: endpoint.id.to_string(),
            url: endpoint.url.clone(),
            description: endpoint.description.clone(),
            events: endpoint.events.iter().map(|kind| kind.word()).collect(),
            outlet_id: endpoint.outlet.map(|id| id.to_string()),
            status: endpoint.status.word(),
            secret: None,
            previous_secret_until: endpoint.salt_before.map(|(_, until)| time(until)),
            created_at: time(endpoint.created_at),
            delivered_at: endpoint.delivered_at.map(time),
            failing_since: endpoint.failing_since.map(time),
        }
    }
}

/// The delivery of an event to an endpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "object": "webhook_delivery", "event_id": "1882604968083456000", "type": "payment.approved", "status": "delivered",
    "attempts": 1, "created_at": "2026-11-23T02:26:00Z", "next_attempt_at": null,
    "last_attempt_at": "2026-11-23T02:26:01Z", "response_status": 200, "response": "ok", "event": {}
}))]
pub(crate) struct WebhookDelivery {
    /// Always `webhook_delivery`.
    object: &'static str,
    /// The event's id, also in the header Webpos-Event-Id.
    #[schema(pattern = "^[0-9]{1,19}$")]
    event_id: String,
    /// Type of the event.
    r#type: &'static str,
    /// `pending`: still to be delivered; `delivered`: answered with 2xx; `parked`: given up after three days.
    status: &'static str,
    /// Attempts so far.
    #[schema(minimum = 0)]
    attempts: u32,
    /// When the event happened.
    #[schema(format = DateTime)]
    created_at: String,
    /// The next attempt.
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    /// The last attempt.
    #[schema(format = DateTime)]
    last_attempt_at: Option<String>,
    /// HTTP status of the last response; null if there was none.
    response_status: Option<u16>,
    /// The first 200 bytes of that response, or why there was none.
    response: String,
    /// The body that is sent.
    #[schema(value_type = Object)]
    event: Value,
}

impl From<&Delivery> for WebhookDelivery {
    fn from(delivery: &Delivery) -> Self {
        let pending = delivery.status == DeliveryStatus::Pending;
        Self {
            object: "webhook_delivery",
            event_id: delivery.event.to_string(),
            r#type: delivery.kind.word(),
            status: delivery.status.word(),
            attempts: delivery.attempts,
            created_at: time(delivery.created_at),
            next_attempt_at: pending.then(|| time(delivery.due_at)),
            last_attempt_at: delivery.tried_at.map(time),
            response_status: delivery.answer_status,
            response: delivery.answer.clone(),
            event: serde_json::from_str(&delivery.payload).unwrap_or_default(),
        }
    }
}

impl Cursor for EndpointId {
    const KIND: char = 'w';

    fn text(&self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

/// The event of a delivery.
struct Event(i64);

impl Cursor for Event {
    const KIND: char = 'd';

    fn text(&self) -> String {
        self.0.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

fn number(text: &str) -> Result<i64, Problem> {
    let digits = (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| Problem::not_found(ABSENT))
}

fn endpoint_id(text: &str) -> Result<EndpointId, Problem> {
    number(text).map(EndpointId)
}

/// The query of `GET /webhook_endpoints`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /webhook_endpoints`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<Page>,
) -> Result<axum::Json<List<WebhookEndpoint>>, Problem> {
    let limit = cursor::limit(query.limit)?;
    let after = EndpointId::of(query.cursor.as_deref())?;
    let found = webhook::list(&api.storage, caller.reach(), after, limit + 1).await?;
    Ok(axum::Json(List::page(found, limit, |one| one.id.cursor(), |one| WebhookEndpoint::from(one))))
}

/// `GET /webhook_endpoints/{id}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<WebhookEndpoint>, Problem> {
    let found = webhook::find(&api.storage, caller.reach(), endpoint_id(&id)?).await?;
    found.map(|endpoint| axum::Json(WebhookEndpoint::from(&endpoint))).ok_or_else(|| Problem::not_found(ABSENT))
}

/// `POST /webhook_endpoints`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Json(asked): Json<NewWebhookEndpoint>,
) -> Result<Response, Problem> {
    judge(&api, Some(&asked.url), Some(&asked.description), asked.events.as_deref())?;
    let claim = caller.claim("createWebhookEndpoint", &asked)?;
    let all = || EventKind::subscribable().collect();
    let events = asked.events.map_or_else(all, |events| kinds(&events));
    let terms = EndpointTerms { url: asked.url, description: asked.description.trim().to_owned(), events };
    change(&api, &caller, claim, Change::Create(terms)).await
}

/// `PATCH /webhook_endpoints/{id}`
pub(crate) async fn update(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Json(asked): Json<WebhookEndpointChange>,
) -> Result<Response, Problem> {
    judge(&api, asked.url.as_deref(), asked.description.as_deref(), asked.events.as_deref())?;
    let claim = caller.claim("updateWebhookEndpoint", &(&id, &asked))?;
    let terms = TermsChange {
        url: asked.url,
        description: asked.description.map(|text| text.trim().to_owned()),
        events: asked.events.map(|events| kinds(&events)),
        status: asked.status.map(|status| match status {
            NewStatus::Active => EndpointStatus::Active,
            NewStatus::Paused => EndpointStatus::Paused,
        }),
    };
    change(&api, &caller, claim, Change::Update(endpoint_id(&id)?, terms)).await
}

/// `DELETE /webhook_endpoints/{id}`
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let claim = caller.claim("deleteWebhookEndpoint", &id)?;
    change(&api, &caller, claim, Change::Status(endpoint_id(&id)?, EndpointStatus::Deleted)).await
}

/// `POST /webhook_endpoints/{id}/rotate_secret`
pub(crate) async fn rotate(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let claim = caller.claim("rotateWebhookSecret", &id)?;
    change(&api, &caller, claim, Change::Rotate(endpoint_id(&id)?)).await
}

/// `POST /webhook_endpoints/{id}/test`
pub(crate) async fn try_out(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let claim = caller.claim("testWebhookEndpoint", &id)?;
    change(&api, &caller, claim, Change::TryOut(endpoint_id(&id)?)).await
}

/// `POST /webhook_endpoints/{id}/deliveries/{event_id}/replay`
pub(crate) async fn replay(
    State(api): State<Api>,
    caller: Caller,
    Path((id, event)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let claim = caller.claim("replayWebhookDelivery", &(&id, &event))?;
    change(&api, &caller, claim, Change::Replay(endpoint_id(&id)?, number(&event)?)).await
}

/// The query of `GET /webhook_endpoints/{id}/deliveries`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveryQuery {
    status: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /webhook_endpoints/{id}/deliveries`
pub(crate) async fn deliveries(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<DeliveryQuery>,
) -> Result<axum::Json<List<WebhookDelivery>>, Problem> {
    let limit = cursor::limit(query.limit)?;
    let status = match query.status.as_deref() {
        None => None,
        Some(word) => Some(
            DeliveryStatus::from_word(word)
                .ok_or_else(|| Problem::parameter("status", "pending, delivered or parked."))?,
        ),
    };
    let before = Event::of(query.cursor.as_deref())?.map(|event| event.0);
    let id = endpoint_id(&id)?;
    let found = delivery::list(&api.storage, caller.reach(), id, status, before, limit + 1).await?;
    let found = found.ok_or_else(|| Problem::not_found(ABSENT))?;
    Ok(axum::Json(List::page(found, limit, |one| Event(one.event).cursor(), |one| WebhookDelivery::from(one))))
}

fn kinds(events: &[EventType]) -> BTreeSet<EventKind> {
    events.iter().copied().map(EventKind::from).collect()
}

fn judge(api: &Api, url: Option<&str>, description: Option<&str>, events: Option<&[EventType]>) -> Result<(), Problem> {
    if let Some(Err(refused)) = url.map(|url| Target::parse(url, &api.targets)) {
        return Err(Problem::invalid("url", refusal(refused)));
    }
    if description.is_some_and(|text| !fits(text, 0, DESCRIPTION_MAX)) {
        return Err(Problem::invalid("description", "At most 100 characters."));
    }
    let all = EventKind::subscribable().count();
    if events.is_some_and(|events| !(1..=all).contains(&events.len())) {
        return Err(Problem::invalid("events", format!("From 1 to {all} events.")));
    }
    Ok(())
}

/// Makes a change once and returns its answer. The stored answer contains the salt instead of the secret, so that no
/// row contains a secret and a repeated request still gets the secret it created.
async fn change(
    api: &Api,
    caller: &Caller,
    claim: storage::idempotency::Claim,
    change: Change,
) -> Result<Response, Problem> {
    let status = if matches!(change, Change::Create(_) | Change::TryOut(_) | Change::Replay(..)) { 201 } else { 200 };
    let shows_secret = matches!(change, Change::Create(_) | Change::Rotate(_));
    let answer = move |changed: &Changed| {
        let body = match changed {
            Changed::Endpoint(endpoint) => {
                let mut resource = WebhookEndpoint::from(endpoint.as_ref());
                resource.secret = shows_secret.then(|| hex(&endpoint.salt));
                json!(resource)
            }
            Changed::Delivery(delivery) => json!(WebhookDelivery::from(delivery.as_ref())),
            Changed::Count(_) | Changed::Full | Changed::Stopped | Changed::Absent => Value::Null,
        };
        (status, body.to_string())
    };
    let entry = caller.entry("webhook_changed", "");
    match webhook::change_once(&api.storage, claim, caller.reach(), change, entry, answer).await? {
        Once::Done(status, body) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            Ok((status, [(CONTENT_TYPE, "application/json")], with_secret(&api.vault, body)).into_response())
        }
        Once::OtherContent => Err(Problem::new(Code::IdempotencyConflict, "")),
        Once::Refused(Changed::Full) => {
            Err(Problem::new(Code::InvalidRequest, "The merchant already has 20 endpoints."))
        }
        Once::Refused(Changed::Stopped) => Err(Problem::new(Code::InvalidRequest, "The endpoint is not active.")),
        Once::Refused(_) => Err(Problem::not_found(ABSENT)),
    }
}

/// The stored answer with the secret instead of its salt.
fn with_secret(vault: &Vault, body: String) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(&body) else { return body };
    let salt = value["secret"].as_str().and_then(unhex).and_then(|salt| <[u8; 16]>::try_from(salt).ok());
    let Some(salt) = salt else { return body };
    value["secret"] = Value::String(vault.webhook_secret(&salt));
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_for_programs_are_the_domains() {
        for kind in EventKind::subscribable() {
            let read: EventType = serde_json::from_value(json!(kind.word())).expect("every kind has a name");
            assert_eq!(EventKind::from(read), kind);
        }
    }
}
