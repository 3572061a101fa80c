//! 通知地址: one endpoint with its state, what was sent to it, and what can be done about either.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::time::Timestamp;
use serde::Deserialize;
use storage::merchant::{self, Reach};
use storage::webhook::delivery::{self, Delivery, DeliveryStatus};
use storage::webhook::{self, Change, Changed, Endpoint, EndpointId, EndpointStatus};

use crate::text::{Said, Text};
use crate::webhooks::{Made, event_words, place_words, reach, state};
use crate::{Shell, Visit};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

/// Deliveries on a page.
const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "webhook.html")]
struct View {
    shell: Shell,
    id: String,
    address: String,
    description: String,
    place: String,
    events: Vec<&'static str>,
    delivered: String,
    state: Badge,
    /// What the state means and what to do.
    advice: Option<String>,
    old_until: Option<String>,
    active: bool,
    made: Option<Made>,
    parked: bool,
    rows: Vec<Row>,
    older: Option<String>,
}

struct Row {
    event: String,
    kind: &'static str,
    at: String,
    state: Badge,
    next: Option<String>,
    tries: u32,
    tried: String,
    answer: String,
    said: String,
    body: String,
    replay_label: String,
}

/// Where the list goes on.
#[derive(Deserialize)]
pub(crate) struct Params {
    before: Option<i64>,
}

/// What the buttons send.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    r#do: String,
    replay: Option<i64>,
    sure: Option<String>,
}

/// The endpoint's reach, if the person reaches it.
async fn reach_of(visit: &Visit, id: EndpointId) -> Result<Reach, Problem> {
    match reach(&visit.session) {
        Some(reach) => Ok(reach),
        None => webhook::reach_of(visit.db(), id).await?.ok_or(Problem::NotFound),
    }
}

/// The endpoint.
pub(crate) async fn show(visit: Visit, Path(id): Path<i64>, Query(params): Query<Params>) -> Result<Response, Problem> {
    view(&visit, EndpointId(id), params.before, None).await
}

/// Does what a button says.
pub(crate) async fn change(visit: Visit, Path(id): Path<i64>, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let id = EndpointId(id);
    let (change, said) = match (fields.r#do.as_str(), fields.replay) {
        (_, Some(event)) => (Change::Replay(id, event), Some(Said::WebhookReplayed)),
        ("test", _) => (Change::TryOut(id), Some(Said::WebhookTried)),
        ("pause", _) => (Change::Status(id, EndpointStatus::Paused), Some(Said::WebhookChanged)),
        ("start", _) => (Change::Status(id, EndpointStatus::Active), Some(Said::WebhookChanged)),
        ("rotate", _) => (Change::Rotate(id), None),
        ("replay_parked", _) => (Change::ReplayParked(id), Some(Said::WebhookReplayed)),
        ("delete", _) if fields.sure.is_some() => {
            (Change::Status(id, EndpointStatus::Deleted), Some(Said::WebhookDeleted))
        }
        _ => return Err(Problem::BadForm),
    };
    let reach = reach_of(&visit, id).await?;
    let changed = webhook::change(visit.db(), reach, change, visit.session.entry("webhook_changed", "", "")).await?;
    let page = format!("/webhooks/{id}");
    match (changed, said) {
        (Changed::Absent | Changed::Full, _) => Err(Problem::NotFound),
        (Changed::Endpoint(endpoint), None) => {
            let words = &visit.text().webhooks;
            let secret = visit.web.vault.webhook_secret(&endpoint.salt);
            let made = Made { title: words.rotated, advice: words.rotated_do, secret };
            view(&visit, id, None, Some(made)).await
        }
        (Changed::Stopped, _) | (_, None) => Ok(Flash::default().redirect(&visit.web, &page)),
        (Changed::Endpoint(endpoint), Some(said)) if endpoint.status == EndpointStatus::Deleted => {
            Ok(Flash::new(said, &[]).redirect(&visit.web, "/webhooks"))
        }
        (_, Some(said)) => Ok(Flash::new(said, &[]).redirect(&visit.web, &page)),
    }
}

async fn view(visit: &Visit, id: EndpointId, before: Option<i64>, made: Option<Made>) -> Result<Response, Problem> {
    let (text, reach) = (visit.text(), reach_of(visit, id).await?);
    let endpoint = webhook::find(visit.db(), reach, id).await?.ok_or(Problem::NotFound)?;
    let found = delivery::list(visit.db(), reach, id, None, before, ROWS + 1).await?.ok_or(Problem::NotFound)?;
    let shown = found.get(..ROWS as usize).unwrap_or(&found);
    let older = if found.len() > shown.len() { shown.last() } else { None };
    let places = merchant::named_terminals(visit.db(), Some(reach)).await?;
    let state = state(&endpoint, text);
    let until = endpoint.salt_before.map(|(_, until)| until).filter(|until| visit.session.now < *until);
    let delivered = endpoint.delivered_at.map(Timestamp::date_time_text);
    let view = View {
        id: id.to_string(),
        address: endpoint.url.clone(),
        description: endpoint.description.clone(),
        place: place_words(&endpoint, &places, text),
        events: endpoint.events.iter().map(|kind| event_words(*kind, text)).collect(),
        delivered: delivered.unwrap_or_else(|| text.webhooks.never.to_owned()),
        state,
        advice: advice(&endpoint, text),
        old_until: until.map(|until| fill(text.webhooks.old_until, &[&until.date_time_text()])),
        active: endpoint.status == EndpointStatus::Active,
        parked: shown.iter().any(|one| one.status == DeliveryStatus::Parked),
        rows: shown.iter().map(|one| row(one, text)).collect(),
        older: older.map(|last| format!("/webhooks/{id}?before={}", last.event)),
        shell: visit.shell("/webhooks"),
        made,
    };
    Ok(render(&view).into_response())
}

fn advice(endpoint: &Endpoint, text: &'static Text) -> Option<String> {
    let words = &text.webhooks;
    match (endpoint.status, endpoint.failing_since) {
        (EndpointStatus::Failed, _) => Some(words.failed_do.to_owned()),
        (EndpointStatus::Paused, _) => Some(words.paused_do.to_owned()),
        (EndpointStatus::Active, Some(since)) => Some(fill(words.failing_do, &[&since.date_time_text()])),
        _ => None,
    }
}

fn row(one: &Delivery, text: &'static Text) -> Row {
    let words = &text.webhooks;
    let state = match one.status {
        DeliveryStatus::Pending => Badge::new("warn", "clock", words.pending),
        DeliveryStatus::Delivered => Badge::new("ok", "ok", words.delivered_state),
        DeliveryStatus::Parked => Badge::new("bad", "bad", words.parked),
    };
    let waits = one.status == DeliveryStatus::Pending && one.attempts > 0;
    let status = one.answer_status.map(|status| status.to_string());
    let silent = || one.tried_at.map_or(String::new(), |_| words.no_answer.to_owned());
    Row {
        event: one.event.to_string(),
        kind: event_words(one.kind, text),
        at: one.created_at.date_time_text(),
        state,
        next: waits.then(|| fill(words.next_at, &[&one.due_at.date_time_text()])),
        tries: one.attempts,
        tried: one.tried_at.map_or_else(String::new, Timestamp::date_time_text),
        answer: status.unwrap_or_else(silent),
        said: one.answer.clone(),
        body: one.payload.clone(),
        replay_label: fill(words.replay_of, &[&one.event.to_string()]),
    }
}
