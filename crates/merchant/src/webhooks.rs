//! 事件通知: where a merchant's own system is told about its money; the list, and the form for a new address.
//!
//! What must stay true: a secret is shown in the answer that makes it and never again. A store's manager reaches the
//! own store's endpoints, the card company's administrator everybody's.

use std::collections::BTreeSet;

use askama::Template;
use axum::Form;
use axum::response::{IntoResponse, Response};
use domain::event::EventKind;
use domain::ids::{MerchantId, OutletId};
use storage::merchant::{self, NamedTerminal, Reach};
use storage::webhook::{
    self, Change, Changed, DESCRIPTION_MAX, ENDPOINTS_MAX, Endpoint, EndpointStatus, EndpointTerms,
};
use webhook_target::{Target, TargetRefused};

use crate::text::Text;
use crate::{Shell, Visit};
use web_kit::Web;
use web_kit::badge::Badge;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::session::Session;
use web_kit::text::fill;

/// Rows that the card company sees.
const ROWS_MAX: u32 = 200;

#[derive(Template)]
#[template(path = "webhooks.html")]
struct View {
    shell: Shell,
    rows: Vec<Row>,
    made: Option<Made>,
    problem: Option<&'static str>,
    places: Vec<(String, String)>,
    events: Vec<(&'static str, &'static str, bool)>,
    asked: Fields,
}

/// A secret that was made a moment ago, and what to do with it.
pub(crate) struct Made {
    pub(crate) title: &'static str,
    pub(crate) advice: &'static str,
    pub(crate) secret: String,
}

struct Row {
    id: String,
    url: String,
    description: String,
    place: String,
    count: usize,
    delivered: String,
    state: Badge,
    open_label: String,
}

/// The form.
#[derive(Clone, Default)]
struct Fields {
    url: String,
    description: String,
    place: String,
    events: BTreeSet<EventKind>,
}

impl Fields {
    fn read(form: Vec<(String, String)>) -> Self {
        let mut fields = Self::default();
        for (name, value) in form {
            match name.as_str() {
                "url" => value.trim().clone_into(&mut fields.url),
                "description" => value.trim().clone_into(&mut fields.description),
                "place" => fields.place = value,
                "event" => fields.events.extend(EventKind::from_word(&value).filter(|kind| *kind != EventKind::Test)),
                _ => {}
            }
        }
        fields
    }
}

/// What the person reaches: the own store, or everybody's.
pub(crate) fn reach(session: &Session) -> Option<Reach> {
    Reach::of(session.place)
}

/// An event in words.
pub(crate) fn event_words(kind: EventKind, text: &'static Text) -> &'static str {
    let words = &text.webhooks;
    match kind {
        EventKind::PaymentApproved => words.payment_approved,
        EventKind::PaymentDeclined => words.payment_declined,
        EventKind::PaymentWithdrawn => words.payment_withdrawn,
        EventKind::RefundRequested => words.refund_requested,
        EventKind::RefundApproved => words.refund_approved,
        EventKind::RefundRejected => words.refund_rejected,
        EventKind::SaleVoided => words.sale_voided,
        EventKind::SaleReversed => words.sale_reversed,
        EventKind::BatchClosed => words.batch_closed,
        EventKind::SettlementConfirmed => words.settlement_confirmed,
        EventKind::DisputeOpened => words.dispute_opened,
        EventKind::DisputeAnswered => words.dispute_answered,
        EventKind::DisputeUpheld => words.dispute_upheld,
        EventKind::DisputeRejected => words.dispute_rejected,
        EventKind::Test => words.test,
    }
}

/// How an endpoint's state looks.
pub(crate) fn state(endpoint: &Endpoint, text: &'static Text) -> Badge {
    let words = &text.webhooks;
    match endpoint.status {
        EndpointStatus::Active if endpoint.failing_since.is_some() => Badge::new("warn", "warn", words.failing),
        EndpointStatus::Active => Badge::new("ok", "ok", words.active),
        EndpointStatus::Paused => Badge::new("warn", "pause", words.paused),
        EndpointStatus::Failed | EndpointStatus::Deleted => Badge::new("bad", "bad", words.failed),
    }
}

/// Where an endpoint's events come from, in words.
pub(crate) fn place_words(endpoint: &Endpoint, places: &[NamedTerminal], text: &'static Text) -> String {
    let own = places.iter().find(|place| {
        place.merchant == endpoint.merchant && endpoint.outlet.is_none_or(|outlet| outlet == place.outlet)
    });
    let Some(place) = own else { return endpoint.merchant.to_string() };
    match endpoint.outlet {
        Some(_) => fill(text.webhooks.outlet_one, &[&place.merchant_name, &place.outlet_name]),
        None => fill(text.webhooks.merchant_all, &[&place.merchant_name]),
    }
}

/// The list, and the form below it.
pub(crate) async fn show(visit: Visit) -> Result<Response, Problem> {
    let asked = Fields { events: EventKind::subscribable().collect(), ..Fields::default() };
    view(&visit, asked, None, None).await
}

/// Makes an endpoint, and shows its secret.
pub(crate) async fn make(visit: Visit, Form(form): Form<Vec<(String, String)>>) -> Result<Response, Problem> {
    let (fields, text) = (Fields::read(form), visit.text());
    if let Some(problem) = refused(&visit.web, &fields, text) {
        return view(&visit, fields, None, Some(problem)).await;
    }
    let reach = chosen(&fields.place, reach(&visit.session)).ok_or(Problem::BadForm)?;
    let Fields { url, description, events, .. } = fields.clone();
    let terms = EndpointTerms { url, description, events };
    let entry = visit.session.entry("webhook_created", "", "");
    match webhook::change(visit.db(), reach, Change::Create(terms), entry).await? {
        Changed::Endpoint(endpoint) => {
            let secret = visit.web.vault.webhook_secret(&endpoint.salt);
            let made = Made { title: text.webhooks.made, advice: text.webhooks.made_do, secret };
            let asked = Fields { events: EventKind::subscribable().collect(), ..Fields::default() };
            view(&visit, asked, Some(made), None).await
        }
        Changed::Full => view(&visit, fields, None, Some(text.webhooks.full)).await,
        _ => Err(Problem::NotFound),
    }
}

fn refused(web: &Web, fields: &Fields, text: &'static Text) -> Option<&'static str> {
    let words = &text.webhooks;
    let target = Target::parse(&fields.url, &web.targets).err().map(|refused| match refused {
        TargetRefused::Form => words.bad_form,
        TargetRefused::Scheme => words.bad_scheme,
        TargetRefused::Port => words.bad_port,
        TargetRefused::Private => words.bad_private,
    });
    let length = fields.description.chars().count();
    if target.is_some() {
        target
    } else if length > DESCRIPTION_MAX || fields.description.chars().any(char::is_control) {
        Some(words.bad_description)
    } else if fields.events.is_empty() {
        Some(words.bad_events)
    } else {
        None
    }
}

/// `merchant.outlet` of the form, the second perhaps empty, if it is within reach.
fn chosen(text: &str, reach: Option<Reach>) -> Option<Reach> {
    let (merchant, outlet) = text.split_once('.')?;
    let outlet = if outlet.is_empty() { None } else { Some(OutletId(outlet.parse().ok()?)) };
    let chosen = Reach { merchant: MerchantId(merchant.parse().ok()?), outlet };
    reach.is_none_or(|own| own == chosen).then_some(chosen)
}

async fn view(
    visit: &Visit,
    asked: Fields,
    made: Option<Made>,
    problem: Option<&'static str>,
) -> Result<Response, Problem> {
    let (text, reach) = (visit.text(), reach(&visit.session));
    let found = match reach {
        Some(reach) => webhook::list(visit.db(), reach, None, ENDPOINTS_MAX).await?,
        None => webhook::all(visit.db(), ROWS_MAX).await?,
    };
    let places = merchant::named_terminals(visit.db(), reach).await?;
    let event = |kind: EventKind| (kind.word(), event_words(kind, text), asked.events.contains(&kind));
    let view = View {
        rows: found.iter().map(|endpoint| row(endpoint, &places, text)).collect(),
        places: choices(&places, reach.is_none(), text),
        events: EventKind::subscribable().map(event).collect(),
        shell: visit.shell("/webhooks"),
        made,
        problem,
        asked,
    };
    Ok(render(&view).into_response())
}

/// A choice for each outlet and, for the card company, each merchant.
fn choices(places: &[NamedTerminal], company: bool, text: &'static Text) -> Vec<(String, String)> {
    let words = &text.webhooks;
    let mut choices = Vec::new();
    let (mut merchant, mut outlet) = (MerchantId(0), OutletId(0));
    for place in places {
        if company && merchant != place.merchant {
            choices.push((format!("{}.", place.merchant), fill(words.merchant_all, &[&place.merchant_name])));
        }
        if outlet != place.outlet {
            let names = fill(words.outlet_one, &[&place.merchant_name, &place.outlet_name]);
            choices.push((format!("{}.{}", place.merchant, place.outlet), names));
        }
        (merchant, outlet) = (place.merchant, place.outlet);
    }
    choices
}

fn row(endpoint: &Endpoint, places: &[NamedTerminal], text: &'static Text) -> Row {
    let state = state(endpoint, text);
    let delivered = endpoint.delivered_at.map(domain::time::Timestamp::date_time_text);
    Row {
        id: endpoint.id.to_string(),
        url: endpoint.url.clone(),
        description: endpoint.description.clone(),
        place: place_words(endpoint, places, text),
        count: endpoint.events.len(),
        delivered: delivered.unwrap_or_else(|| text.webhooks.never.to_owned()),
        state,
        open_label: fill(text.webhooks.open_of, &[&endpoint.id.to_string()]),
    }
}
