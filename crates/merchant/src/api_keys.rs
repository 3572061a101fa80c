//! 接口密钥: keys for programs that sell for a merchant, made, listed and ended.
//!
//! What must stay true: a key is shown in the answer that makes it and never again. A store's manager makes keys for the
//! own store alone, with no more than a manager may do; the card company's administrator for every merchant. What the
//! administrator makes with power over money or goods sleeps until another person of the company approves it (待复核).

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use domain::acts::{Act, Payload};
use domain::ids::{MerchantId, OutletId, RequestId, TerminalId};
use domain::time::{HOUR, Timestamp};
use serde::Deserialize;
use storage::api_key::{self, ApiKey, Asleep, KeyId, NewKey, NotMade, RATE_MAX, Scope};
use storage::merchant::{self, Reach};

use crate::text::{Said, Text};
use crate::{Shell, Visit};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal;
use web_kit::session::Session;
use web_kit::step::{self, Step};
use web_kit::text::fill;

/// For how many days a key may be made; the first is offered.
const DAYS: [i64; 4] = [365, 30, 90, 730];

/// For how many hours a key stays good beside its successor; the first is offered.
const OVERLAPS: [i64; 4] = [24, 1, 72, 168];

/// Microseconds in a minute.
const MINUTE: i64 = HOUR / 60;
/// Microseconds in a day.
const DAY: i64 = 24 * HOUR;
/// From when on the list warns of a key's end, microseconds.
const WARN_BEFORE: i64 = 30 * DAY;

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
    /// It sleeps: what the page says, and the proposal if it is on record.
    sleeps: Option<(&'static str, Option<String>)>,
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
    /// Why it does not work, or will not for long.
    why: Option<String>,
    live: bool,
    manage_label: String,
    /// What a key that sleeps waits for: its proposal, or to be proposed.
    waits: Option<Waits>,
}

/// Of a key that sleeps.
enum Waits {
    /// The address of the proposal that waits.
    Decision(String),
    /// Nobody has proposed it, or the proposal came to nothing: the form's request id.
    Proposal(RequestId),
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
    webhooks: Option<String>,
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
            Scope::Webhooks => self.webhooks.is_some(),
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
        Scope::Webhooks => text.api_keys.scope_webhooks,
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
    let has_power = key.has_power();
    let entry = visit.session.entry("api_key_created", "", "");
    match api_key::create(visit.db(), key, secret.clone(), entry).await? {
        Ok(id) => {
            let made = Made::of(&visit, id, &secret, signed, has_power).await?;
            view(&visit, Fields::default(), Some(made), None).await
        }
        Err(why) => view(&visit, fields, None, Some(not_made(why, visit.text()))).await,
    }
}

impl Made {
    async fn of(visit: &Visit, id: KeyId, secret: &str, signed: bool, has_power: bool) -> Result<Self, Problem> {
        let signing = signed.then(|| visit.web.vault.signing_secret(id.0));
        let sleeps = has_power && visit.session.of_company();
        let sleeps = if sleeps { Some(proposed(visit, id).await?) } else { None };
        Ok(Self { token: api_key::token(id, secret), signing, sleeps })
    }
}

/// Proposes power for a key that sleeps: what the page says of it, and the proposal. The key's secret is shown whatever
/// became of the proposal, because it cannot be shown again; the list offers to propose it again.
async fn proposed(visit: &Visit, key: KeyId) -> Result<(&'static str, Option<String>), Problem> {
    let words = &visit.text().api_keys;
    Ok(match proposal::propose(visit, Payload::CompanyKey { key }, visit.new_request()).await? {
        Some(Step::Done(record)) => (words.made_sleeps, Some(proposal::address(record.id))),
        _ => (words.made_not_proposed, None),
    })
}

/// The list's button 提交复核.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ProposeFields {
    key: i64,
    request: String,
}

/// Proposes power for a key that sleeps and has no proposal that waits.
pub(crate) async fn propose_again(visit: Visit, Form(fields): Form<ProposeFields>) -> Result<Response, Problem> {
    if !visit.session.of_company() {
        return Err(Problem::NotFound);
    }
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    let payload = Payload::CompanyKey { key: KeyId(fields.key) };
    let step = proposal::propose(&visit, payload, request).await?.ok_or(Problem::NotFound)?;
    step.redirect(&visit, &step::address(&proposal::after(&step, "/keys"), &[], request), &[])
}

/// Why a key was not made or renewed.
fn not_made(why: NotMade, text: &'static Text) -> &'static str {
    let words = &text.api_keys;
    match why {
        NotMade::Name => words.taken,
        NotMade::Place => words.bad_place,
        NotMade::MakerIsGiven => words.maker_given,
        NotMade::NoSuchKey => words.no_such_key,
    }
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

/// What the person reaches, as storage asks for it.
fn reached(session: &Session) -> (Option<MerchantId>, Option<OutletId>) {
    reach(session).map_or((None, None), |reach| (Some(reach.merchant), reach.outlet))
}

#[derive(Template)]
#[template(path = "api_key.html")]
struct OneView {
    shell: Shell,
    row: Row,
    /// How lately it was used, which says whose work would stop.
    question: String,
    hours: Vec<(i64, String)>,
    renewable: bool,
    problem: Option<&'static str>,
}

/// One key: the questions before it is ended or renewed.
pub(crate) async fn one(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    ask(&visit, KeyId(id), None).await
}

async fn ask(visit: &Visit, id: KeyId, problem: Option<&'static str>) -> Result<Response, Problem> {
    let (session, text) = (&visit.session, visit.text());
    let (merchant, outlet) = reached(session);
    let found = api_key::list(visit.db(), merchant, outlet).await?;
    let key = found.into_iter().find(|key| key.id == id && key.revoked_at.is_none()).ok_or(Problem::NotFound)?;
    let words = &text.api_keys;
    let question = match key.seen_at.map(|seen| session.now.since(seen).max(0) / MINUTE) {
        None => fill(words.end_unused, &[&key.name]),
        Some(minutes) if minutes < 60 => fill(words.end_minutes, &[&key.name, &minutes.to_string()]),
        Some(_) => fill(words.end_seen, &[&key.name, &key.seen_at.map_or_else(String::new, Timestamp::date_time_text)]),
    };
    let view = OneView {
        row: row(visit, &key).await?,
        question,
        hours: OVERLAPS.into_iter().map(|hours| (hours, fill(words.hours_of, &[&hours.to_string()]))).collect(),
        renewable: key.replaced_by.is_none() && key.alive(session.now),
        problem,
        shell: visit.shell("/keys"),
    };
    Ok(render(&view).into_response())
}

/// What the buttons of one key send.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct OneFields {
    key: i64,
    hours: i64,
}

/// Ends a key.
pub(crate) async fn revoke(visit: Visit, Form(fields): Form<OneFields>) -> Result<Response, Problem> {
    let (merchant, outlet) = reached(&visit.session);
    let entry = visit.session.entry("api_key_revoked", &fields.key.to_string(), "");
    if !api_key::revoke(visit.db(), KeyId(fields.key), merchant, outlet, entry).await? {
        return Err(Problem::NotFound);
    }
    Ok(Flash::new(Said::KeyRevoked, &[]).redirect(&visit.web, "/keys"))
}

/// Makes the successor of a key, and shows it.
pub(crate) async fn renew(visit: Visit, Form(fields): Form<OneFields>) -> Result<Response, Problem> {
    let id = KeyId(fields.key);
    let overlap = OVERLAPS.into_iter().find(|hours| *hours == fields.hours).ok_or(Problem::BadForm)?;
    let (merchant, outlet) = reached(&visit.session);
    let found = api_key::list(visit.db(), merchant, outlet).await?;
    let old = found.into_iter().find(|key| key.id == id).ok_or(Problem::NotFound)?;
    if !old.scopes.iter().all(|scope| grantable(&visit.session).any(|own| own == *scope)) {
        return ask(&visit, id, Some(visit.text().api_keys.not_yours)).await;
    }
    let secret = api_key::secret();
    let entry = visit.session.entry("api_key_renewed", "", "");
    let overlap = overlap.saturating_mul(HOUR);
    match api_key::renew(visit.db(), id, (merchant, outlet), overlap, secret.clone(), entry).await? {
        Ok(new) => {
            let has_power = !old.scopes.iter().all(|scope| scope.is_harmless());
            let made = Made::of(&visit, new, &secret, old.signed, has_power).await?;
            view(&visit, Fields::default(), Some(made), None).await
        }
        Err(why) => ask(&visit, id, Some(not_made(why, visit.text()))).await,
    }
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
    let mut rows = Vec::new();
    for key in &found {
        rows.push(row(visit, key).await?);
    }
    let view = View {
        places: choices(&places, reach.is_none(), text),
        scopes: grantable(&visit.session).map(|scope| (scope.word(), scope_words(scope, text))).collect(),
        days: DAYS.into_iter().map(|days| (days, fill(text.api_keys.days_of, &[&days.to_string()]))).collect(),
        rows,
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

async fn row(visit: &Visit, key: &ApiKey) -> Result<Row, Problem> {
    let (session, text) = (&visit.session, visit.text());
    let words = &text.api_keys;
    let asks = key.asleep == Some(Asleep::Waits) && key.revoked_at.is_none() && session.of_company();
    let waits = if asks {
        let waits = proposal::waiting(visit, Act::CompanyKey, key.id.0).await?;
        Some(waits.map_or_else(|| Waits::Proposal(visit.new_request()), Waits::Decision))
    } else {
        None
    };
    let live = key.alive(session.now);
    let left = key.expires_at.since(session.now);
    let state = match key.revoked_at {
        Some(_) => Badge::new("bad", "bad", words.revoked),
        None if left <= 0 => Badge::new("warn", "clock", words.expired),
        None if key.asleep.is_some() => Badge::new("warn", "pause", words.asleep),
        None if !live => Badge::new("warn", "pause", words.suspended),
        None if key.replaced_by.is_some() => Badge::new("info", "clock", words.replaced),
        None if left < WARN_BEFORE => Badge::new("warn", "clock", words.expires_soon),
        None => Badge::new("ok", "ok", words.live),
    };
    let why = match (key.asleep, key.replaced_by) {
        _ if key.revoked_at.is_some() || left <= 0 => None,
        (Some(Asleep::Waits), _) => Some(words.asleep_waits.to_owned()),
        (Some(Asleep::Disabled), _) => Some(words.asleep_disabled.to_owned()),
        (Some(Asleep::Reset), _) => Some(words.asleep_reset.to_owned()),
        (Some(Asleep::NoRight), _) => Some(words.asleep_no_right.to_owned()),
        (None, Some(new)) => Some(fill(words.replaced_by, &[&new.to_string()])),
        (None, None) if left < WARN_BEFORE => Some(fill(words.days_left, &[&(left / DAY).to_string()])),
        (None, None) => None,
    };
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope_words(*scope, text)).collect();
    let place = [key.outlet.map(|id| id.to_string()), key.terminal.map(|id| id.to_string())];
    Ok(Row {
        waits,
        id: key.id.0,
        name: key.name.clone(),
        merchant: key.merchant_name.clone(),
        place: place.into_iter().flatten().collect::<Vec<_>>().join(" / "),
        scopes: scopes.join(words.comma),
        created: key.created_at.date_time_text(),
        expires: key.expires_at.date_time_text(),
        seen: key.seen_at.map_or_else(|| words.never.to_owned(), Timestamp::date_time_text),
        address: key.address.clone(),
        state,
        why,
        live: key.revoked_at.is_none(),
        manage_label: fill(words.manage_of, &[&key.name]),
    })
}
