//! 接口密钥: keys for programs that sell for a merchant, made, listed and ended.
//!
//! What must stay true: a key is shown in the answer that makes it and never again. A store's manager makes keys for the
//! own store alone, with no more than a manager may do; the card company's administrator for every merchant.

use askama::Template;
use axum::Form;
use axum::response::{IntoResponse, Response};
use domain::ids::{MerchantId, OutletId, TerminalId};
use domain::time::HOUR;
use serde::Deserialize;
use storage::api_key::{self, ApiKey, KeyId, NewKey, RATE_MAX, Scope};
use storage::merchant::{self, Reach};

use crate::text::{Said, Text};
use crate::{Shell, Visit};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::session::Session;
use web_kit::text::fill;

/// For how many days a key may be made; the first is offered.
const DAYS: [i64; 4] = [365, 30, 90, 730];

#[derive(Template)]
#[template(path = "api_keys.html")]
struct View {
    shell: Shell,
    places: Vec<(String, String)>,
    scopes: Vec<(&'static str, &'static str)>,
    days: Vec<(i64, String)>,
    rows: Vec<Row>,
    made: Option<Made>,
    problem: Option<&'static str>,
    asked: Fields,
}

/// A key that was made a moment ago.
struct Made {
    token: String,
    signing: Option<String>,
}

struct Row {
    id: i64,
    name: String,
    merchant: String,
    place: String,
    scopes: String,
    created: String,
    expires: String,
    seen: String,
    address: String,
    state: Badge,
    live: bool,
    revoke_label: String,
}

/// The form.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    name: String,
    place: String,
    read: Option<String>,
    sell: Option<String>,
    refund: Option<String>,
    catalogue: Option<String>,
    signed: Option<String>,
    days: i64,
}

impl Fields {
    fn has(&self, scope: Scope) -> bool {
        match scope {
            Scope::Read => self.read.is_some(),
            Scope::Sell => self.sell.is_some(),
            Scope::Refund => self.refund.is_some(),
            Scope::Catalogue => self.catalogue.is_some(),
        }
    }
}

/// What the person reaches: the own store, or every merchant's.
fn reach(session: &Session) -> Option<Reach> {
    Reach::of(session.place)
}

/// The scopes that the person may give away: a manager none that a manager does not have.
fn grantable(session: &Session) -> impl Iterator<Item = Scope> {
    let company = session.of_company();
    Scope::ALL.into_iter().filter(move |scope| company || *scope != Scope::Catalogue)
}

fn scope_words(scope: Scope, text: &'static Text) -> &'static str {
    match scope {
        Scope::Read => text.api_keys.scope_read,
        Scope::Sell => text.api_keys.scope_sell,
        Scope::Refund => text.api_keys.scope_refund,
        Scope::Catalogue => text.api_keys.scope_catalogue,
    }
}

/// The list, and the form below it.
pub(crate) async fn show(visit: Visit) -> Result<Response, Problem> {
    let asked = Fields { read: Some(String::new()), ..Fields::default() };
    view(&visit, asked, None, None).await
}

/// Makes a key, and shows it.
pub(crate) async fn make(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let words = &visit.text().api_keys;
    let scopes: Vec<Scope> = grantable(&visit.session).filter(|scope| fields.has(*scope)).collect();
    let name = fields.name.trim().to_owned();
    let refused = if !(2..=40).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        Some(words.bad_name)
    } else if scopes.is_empty() {
        Some(words.bad_scopes)
    } else {
        None
    };
    if refused.is_some() {
        return view(&visit, fields, None, refused).await;
    }
    let (merchant, outlet, terminal) = chosen(&fields.place, reach(&visit.session)).ok_or(Problem::BadForm)?;
    let days = DAYS.into_iter().find(|days| *days == fields.days).ok_or(Problem::BadForm)?;
    let (secret, signed) = (api_key::secret(), fields.signed.is_some());
    let key = NewKey {
        merchant,
        outlet,
        terminal,
        name,
        scopes,
        signed,
        rate_max: RATE_MAX,
        expires_at: visit.session.now.plus(days.saturating_mul(24 * HOUR)),
    };
    let entry = visit.session.entry("api_key_created", "", "");
    let Some(id) = api_key::create(visit.db(), key, secret.clone(), entry).await? else {
        let taken = Some(words.taken);
        return view(&visit, fields, None, taken).await;
    };
    let signing = signed.then(|| visit.web.vault.signing_secret(id.0));
    let made = Made { token: api_key::token(id, &secret), signing };
    view(&visit, Fields::default(), Some(made), None).await
}

/// `merchant.outlet.terminal` of the form, the last two perhaps empty, if it is within reach.
fn chosen(text: &str, reach: Option<Reach>) -> Option<(MerchantId, Option<OutletId>, Option<TerminalId>)> {
    let mut parts = text.split('.');
    let mut part = || parts.next().map(|part| if part.is_empty() { Ok(None) } else { part.parse().map(Some) });
    let merchant = MerchantId(part()?.ok()??);
    let outlet = part()?.ok()?.map(OutletId);
    let terminal = part()?.ok()?.map(TerminalId);
    let within =
        reach.is_none_or(|reach| merchant == reach.merchant && reach.outlet.is_none_or(|own| outlet == Some(own)));
    within.then_some((merchant, outlet, terminal))
}

/// The form's button 停用.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct RevokeFields {
    key: i64,
}

/// Ends a key.
pub(crate) async fn revoke(visit: Visit, Form(fields): Form<RevokeFields>) -> Result<Response, Problem> {
    let (merchant, outlet) = reach(&visit.session).map_or((None, None), |reach| (Some(reach.merchant), reach.outlet));
    let entry = visit.session.entry("api_key_revoked", &fields.key.to_string(), "");
    if !api_key::revoke(visit.db(), KeyId(fields.key), merchant, outlet, entry).await? {
        return Err(Problem::NotFound);
    }
    Ok(Flash::new(Said::KeyRevoked, &[]).redirect(&visit.web, "/keys"))
}

async fn view(
    visit: &Visit,
    asked: Fields,
    made: Option<Made>,
    problem: Option<&'static str>,
) -> Result<Response, Problem> {
    let text = visit.text();
    let reach = reach(&visit.session);
    let found =
        api_key::list(visit.db(), reach.map(|reach| reach.merchant), reach.and_then(|reach| reach.outlet)).await?;
    let places = merchant::named_terminals(visit.db(), reach).await?;
    let view = View {
        places: choices(&places, reach.is_none(), text),
        scopes: grantable(&visit.session).map(|scope| (scope.word(), scope_words(scope, text))).collect(),
        days: DAYS.into_iter().map(|days| (days, fill(text.api_keys.days_of, &[&days.to_string()]))).collect(),
        rows: found.iter().map(|key| row(key, &visit.session, text)).collect(),
        shell: visit.shell("/keys"),
        made,
        problem,
        asked,
    };
    Ok(render(&view).into_response())
}

/// A choice for each terminal, each outlet, and, for the card company, each merchant.
fn choices(places: &[merchant::NamedTerminal], company: bool, text: &'static Text) -> Vec<(String, String)> {
    let words = &text.api_keys;
    let mut choices = Vec::new();
    let (mut merchant, mut outlet) = (MerchantId(0), OutletId(0));
    for place in places {
        if company && merchant != place.merchant {
            choices.push((format!("{}..", place.merchant), fill(words.merchant_all, &[&place.merchant_name])));
        }
        let names = [place.merchant_name.as_str(), place.outlet_name.as_str(), &place.terminal.to_string()];
        if outlet != place.outlet {
            choices.push((format!("{}.{}.", place.merchant, place.outlet), fill(words.outlet_all, &names)));
        }
        let value = format!("{}.{}.{}", place.merchant, place.outlet, place.terminal);
        choices.push((value, fill(words.terminal_one, &names)));
        (merchant, outlet) = (place.merchant, place.outlet);
    }
    choices
}

fn row(key: &ApiKey, session: &Session, text: &'static Text) -> Row {
    let words = &text.api_keys;
    let live = key.alive(session.now);
    let state = match key.revoked_at {
        Some(_) => Badge::new("bad", "bad", words.revoked),
        None if live => Badge::new("ok", "ok", words.live),
        None => Badge::new("warn", "clock", words.expired),
    };
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.word()).collect();
    let place = [key.outlet.map(|id| id.to_string()), key.terminal.map(|id| id.to_string())];
    Row {
        id: key.id.0,
        name: key.name.clone(),
        merchant: key.merchant_name.clone(),
        place: place.into_iter().flatten().collect::<Vec<_>>().join(" / "),
        scopes: scopes.join(" "),
        created: key.created_at.date_time_text(),
        expires: key.expires_at.date_time_text(),
        seen: key.seen_at.map_or_else(|| words.never.to_owned(), domain::time::Timestamp::date_time_text),
        address: key.address.clone(),
        state,
        live: key.revoked_at.is_none(),
        revoke_label: fill(words.revoke_of, &[&key.name]),
    }
}
