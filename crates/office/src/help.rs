//! 客服台: whatever a cashier, a manager or a card holder is told to phone for. One search box: a card, a person, a store or
//! till, a payment. It is solved here or handed on, and the page says what the caller sees.
//!
//! What must stay true:
//! - A card's number comes in by a form, is in no address, and is shown masked. Balance and goods are not told.
//! - Who may do what is told by role; the page only leaves out what the reader may not do.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use domain::card::{CardStatus, masked_name};
use domain::card_move::{CardMove, Request};
use domain::directory::Standing;
use domain::ids::{CardId, TransactionId};
use domain::order::OrderStatus;
use domain::outcome::Decline;
use domain::role::Action;
use domain::scan::Scan;
use serde::Deserialize;
use storage::enrolment::{self, Till};
use storage::help::{self, CardSeen, PaymentSeen};
use storage::merchant::Reach;
use storage::people::list as people;
use storage::places;
use storage::places::list::{self, OutletRow};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::step::Step;
use web_kit::text::{Words as _, fill};

use crate::places::{outlet_link, standing};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// The page.
pub(crate) const HELP: &str = "/office/help";

/// Movements of a card that are shown.
const MOVEMENTS: u16 = 8;

/// People that are shown.
const PEOPLE: usize = 20;

/// Stores that are shown.
const PLACES: u32 = 20;

#[derive(Template)]
#[template(path = "help.html")]
struct View {
    shell: Shell,
    typed: String,
    /// Something was looked for, and nothing was found.
    nothing: Option<&'static str>,
    card: Option<CardView>,
    payments: Vec<PaymentRow>,
    people: Vec<PersonRow>,
    places: Vec<PlaceRow>,
}

struct CardView {
    id: CardId,
    title: String,
    state: Badge,
    programme: String,
    expires: String,
    /// Wrong PINs of each place, and what is left over all.
    tries: Vec<String>,
    left: String,
    /// What the cashier sees, and what to tell the caller.
    sees: &'static str,
    may_unlock: bool,
    may_see: bool,
    unlocked: Option<&'static str>,
}

struct PaymentRow {
    rrn: String,
    at: String,
    kind: &'static str,
    place: String,
    person: String,
    amount: domain::money::Fen,
    state: Badge,
    meaning: String,
}

struct PersonRow {
    link: String,
    name: String,
    login: String,
    place: String,
    state: Badge,
}

struct PlaceRow {
    link: String,
    name: String,
    number: String,
    state: Badge,
    stopped: Option<String>,
    terminals: Vec<String>,
    sees: &'static str,
}

/// What the address says: never a card.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    q: String,
    /// Id of the card of the last step.
    card: String,
}

/// The page, with what the address names.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let q = params.q.trim().to_owned();
    let card = match params.card.parse() {
        Ok(id) => help::card_by_id(visit.db(), CardId(id), visit.session.now).await?,
        Err(_) => None,
    };
    view(&visit, q, card, None).await
}

/// The form: one field for everything.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    card: String,
    /// Id of the card to unlock.
    unlock: String,
}

/// Looks up what was typed or swiped, or unlocks a card.
pub(crate) async fn act(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    if !fields.unlock.is_empty() {
        return unlock(&visit, &fields.unlock).await;
    }
    let words = &visit.text().help;
    match visit.session.scan(&fields.card) {
        Scan::Card(read) if visit.session.can(Action::ViewCards) => {
            let key = visit.web.vault.card_key(&read.number);
            let found = help::card(visit.db(), key, visit.session.now).await?;
            let nothing = found.is_none().then_some(words.no_card);
            view(&visit, String::new(), found, nothing).await
        }
        Scan::Card(_) => view(&visit, String::new(), None, Some(words.no_cards)).await,
        Scan::ForeignCard => view(&visit, String::new(), None, Some(words.foreign)).await,
        Scan::Misread => view(&visit, String::new(), None, Some(words.misread)).await,
        _ => Ok(Redirect::to(&link(HELP, &[("q", fields.card.trim())])).into_response()),
    }
}

async fn unlock(visit: &Visit, id: &str) -> Result<Response, Problem> {
    visit.session.may(Action::UnlockCard)?;
    let card = CardId(id.parse().map_err(|_| Problem::BadForm)?);
    let asked = Request { card, made: CardMove::Unlock, reason: visit.text().help.unlock_reason.to_owned() };
    let step = crate::cards::make(visit, asked, visit.new_request()).await?;
    let said = match step {
        Step::Done(_) => Said::CardUnlocked,
        Step::Refused(Decline::NeedsSecondPerson) => Said::CardUnlockedBefore,
        Step::Busy | Step::Unknown => return Err(Problem::Busy),
        Step::Refused(_) | Step::Conflict => return Err(Problem::NotFound),
    };
    Ok(Flash::new(said, &[]).redirect(&visit.web, &link(HELP, &[("card", id)])))
}

async fn view(
    visit: &Visit,
    q: String,
    card: Option<CardSeen>,
    nothing: Option<&'static str>,
) -> Result<Response, Problem> {
    let (text, now) = (visit.text(), visit.session.now);
    let card = card.filter(|_| visit.session.can(Action::ViewCards));
    let mut payments = Vec::new();
    if let Some(card) = &card {
        payments = help::movements(visit.db(), card.id, MOVEMENTS).await?;
    } else if q.len() == 12
        && let Ok(number) = q.parse()
    {
        payments.extend(help::payment(visit.db(), TransactionId(number)).await?);
    }
    let (mut people, mut places) = (Vec::new(), Vec::new());
    if !q.is_empty() {
        let filter = people::Filter { text: q.clone(), ..people::Filter::default() };
        people = people::page(visit.db(), filter, None, PEOPLE, now).await?;
        let filter = list::Filter { find: q.clone(), ..list::Filter::default() };
        for one in list::outlets(visit.db(), filter, 0, PLACES, visit.session.now).await? {
            places.push(place_row(visit, &one).await?);
        }
    }
    let empty = payments.is_empty() && people.is_empty() && places.is_empty() && card.is_none();
    let nothing = nothing.or_else(|| (empty && !q.is_empty()).then_some(text.help.nothing));
    let view = View {
        shell: visit.shell(HELP),
        typed: q,
        nothing,
        card: card.map(|card| card_view(visit, card)),
        payments: payments.iter().map(|one| payment_row(one, text)).collect(),
        people: people.iter().map(|one| person_row(one, visit)).collect(),
        places,
    };
    Ok(render(&view).into_response())
}

fn card_view(visit: &Visit, card: CardSeen) -> CardView {
    let words = &visit.text().help;
    let today = visit.session.now.business_date();
    let expired = card.expires_on.is_some_and(|last| last < today);
    let (class, icon, word, sees) = match card.status {
        CardStatus::Active if expired => ("bad", "clock", words.expired, words.sees_expired),
        CardStatus::Active if card.left == 0 => ("bad", "lock", words.tries_used, words.sees_locked),
        CardStatus::Active if card.tries.iter().any(|(_, _, left)| *left == 0) => {
            ("warn", "lock", words.tries_used_there, words.sees_locked_there)
        }
        CardStatus::Active => ("ok", "ok", words.active, words.sees_active),
        CardStatus::Issued => ("info", "wait", words.issued, words.sees_issued),
        CardStatus::Frozen => ("bad", "bad", words.frozen, words.sees_frozen),
        CardStatus::Lost => ("bad", "bad", words.lost, words.sees_lost),
        CardStatus::Stolen => ("bad", "bad", words.stolen, words.sees_stolen),
        CardStatus::PinLocked => ("bad", "lock", words.pin_locked, words.sees_locked),
        CardStatus::Replaced => ("off", "bad", words.replaced, words.sees_replaced),
        CardStatus::Closed => ("off", "bad", words.closed, words.sees_closed),
    };
    let helps = !card.tries.is_empty() || card.status == CardStatus::PinLocked;
    let may = visit.session.can(Action::UnlockCard);
    let tried = |(place, wrong, left): &(String, u16, u16)| {
        fill(words.tries_at, &[place, &wrong.to_string(), &left.to_string()])
    };
    CardView {
        id: card.id,
        title: fill(words.card_title, &[&masked_name(&card.holder)]),
        state: Badge::new(class, icon, word),
        programme: card.programme,
        expires: card.expires_on.map_or_else(|| words.never.to_owned(), |day| day.to_string()),
        tries: card.tries.iter().map(tried).collect(),
        left: fill(words.tries_all, &[&card.left.to_string()]),
        sees,
        may_unlock: may && helps && !card.unlocked_today,
        may_see: visit.session.can(Action::RevealCardNumber),
        unlocked: (helps && card.unlocked_today).then_some(words.unlocked_today),
    }
}

fn payment_row(one: &PaymentSeen, text: &'static Text) -> PaymentRow {
    let (words, shared) = (&text.help, text.shared());
    let transaction = &one.transaction;
    let (state, meaning) = match transaction.decline {
        None => (Badge::new("ok", "ok", words.approved), String::new()),
        Some(decline) => (
            Badge::new("bad", "bad", words.declined),
            format!("{} {}", decline.code(), web_kit::codes::what(decline, shared)),
        ),
    };
    let order = one.order.map(|order| match order {
        OrderStatus::Draft => words.order_draft,
        OrderStatus::Paid => words.order_paid,
        OrderStatus::PartlyRefunded => words.order_partly,
        OrderStatus::Refunded => words.order_refunded,
        OrderStatus::Voided => words.order_voided,
        OrderStatus::Abandoned => words.order_abandoned,
    });
    let place = if one.place.0.is_empty() {
        shared.shell.company.to_owned()
    } else {
        fill(shared.shell.outlet_name, &[&one.place.0, &one.place.1])
    };
    PaymentRow {
        rrn: transaction.id.rrn(),
        at: transaction.at.date_time_text(),
        kind: shared.pay.kind(transaction.kind),
        place,
        person: one.person.clone(),
        amount: transaction.amount,
        state,
        meaning: [Some(meaning.as_str()).filter(|text| !text.is_empty()), order]
            .map(Option::unwrap_or_default)
            .join(" "),
    }
}

fn person_row(one: &people::Person, visit: &Visit) -> PersonRow {
    PersonRow {
        link: format!("/office/people/{}", one.id),
        name: fill(visit.text().shared().shell.person_name, &[&one.name, &one.number]),
        login: one.login.clone(),
        place: [one.place_names.0.as_str(), one.place_names.1.as_str()].join(" "),
        state: web_kit::people::standing(one, visit.session.now, visit.text().shared()).0,
    }
}

/// A store, what the caller sees of its state, and its tills.
async fn place_row(visit: &Visit, one: &OutletRow) -> Result<PlaceRow, Problem> {
    let (db, text) = (visit.db(), visit.text());
    let words = &text.help;
    let worst = if one.merchant_status == Standing::Active { one.status } else { one.merchant_status };
    let moved = match worst {
        Standing::Suspended if one.merchant_status == worst => {
            places::merchant(db, one.merchant).await?.map(|merchant| merchant.moved)
        }
        Standing::Suspended => places::outlet(db, one.id).await?.map(|outlet| outlet.moved),
        Standing::Draft | Standing::Active | Standing::Closed => None,
    };
    let stopped = moved.map(|moved| {
        let by = moved.by.unwrap_or_default();
        fill(words.stopped_by, &[&by, &moved.at.date_time_text(), &moved.reason])
    });
    let sees = match worst {
        Standing::Active => words.sees_place_active,
        Standing::Draft => words.sees_place_draft,
        Standing::Suspended => words.sees_place_suspended,
        Standing::Closed => words.sees_place_closed,
    };
    let reach = Reach { merchant: one.merchant, outlet: Some(one.id) };
    let tills = enrolment::tills(db, reach, visit.session.now).await?;
    let till = |one: &Till| {
        let word = match (one.status.as_str(), &one.device) {
            ("active", Some(_)) => words.till_enrolled,
            ("active", None) => words.till_bare,
            ("new", _) => words.till_new,
            _ => words.till_off,
        };
        fill(words.till_state, &[&one.terminal.to_string(), word])
    };
    Ok(PlaceRow {
        link: outlet_link(one.id),
        name: fill(text.shared().shell.outlet_name, &[&one.merchant_name, &one.name]),
        number: one.id.to_string(),
        state: standing(worst, text),
        stopped,
        terminals: tills.iter().map(till).collect(),
        sees,
    })
}
