//! 卡片: finding a card by what a caller says of it, and the list of cards.
//!
//! What must stay true: a card's number comes in by a form, is in no address, and is not repeated by the page.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use domain::card::{CardStatus, masked_name};
use domain::card_move::{CardMove, Request};
use domain::command::{Actor, Command};
use domain::ids::{CardId, CustomerId, RequestId};
use domain::scan::Scan;
use domain::serial::Serial;
use domain::time::BusinessDate;
use serde::Deserialize;
use storage::card_page::{self, COUNT_MAX, Filter, Find, Line};
use web_kit::badge::Badge;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::step::{self, Step};
use web_kit::text::{Words as _, fill};

use crate::card_tabs::{Tab, tabs};
use crate::customers::CUSTOMERS;
use crate::text::Text;
use crate::{Shell, Visit};

/// The page.
pub(crate) const CARDS: &str = "/office/cards";

/// Rows of a page.
const ROWS: u32 = 50;

/// The page of a card: its id, never its number.
pub(crate) fn card_link(id: CardId) -> String {
    format!("{CARDS}/{id}")
}

#[derive(Template)]
#[template(path = "cards.html")]
struct View {
    shell: Shell,
    tabs: Vec<Tab>,
    path: &'static str,
    params: Params,
    statuses: Vec<(&'static str, &'static str)>,
    programmes: Vec<(String, String)>,
    /// What the number that was typed led to, if to no card.
    nothing: Option<&'static str>,
    count: String,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

struct Row {
    link: String,
    masked: String,
    holder: String,
    serial: String,
    state: Badge,
    one: Line,
}

/// What the address says: never a number.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// Beginning of the name, last four digits or serial.
    q: String,
    status: String,
    programme: String,
    customer: String,
    /// The last row of the page before: id, then name.
    after: String,
}

impl Params {
    fn filter(&self) -> Filter {
        let q = self.q.trim();
        let find = match (self.customer.parse(), Serial::parse(q)) {
            (Ok(id), _) => Find::Customer(CustomerId(id)),
            (_, Some(serial)) => Find::Serial(serial),
            _ if q.is_empty() => Find::All,
            _ if q.len() == 4 && q.bytes().all(|b| b.is_ascii_digit()) => Find::LastFour(q.to_owned()),
            _ => Find::Holder(q.to_owned()),
        };
        Filter { find, status: CardStatus::from_word(&self.status), programme: self.programme.parse().ok() }
    }

    fn link(&self, after: &str) -> String {
        let fields = [("q", &self.q), ("status", &self.status), ("programme", &self.programme)];
        let mut fields: Vec<(&str, &str)> = fields.map(|(name, value)| (name, value.as_str())).to_vec();
        fields.extend([("customer", self.customer.as_str()), ("after", after)]);
        fields.retain(|(_, value)| !value.is_empty());
        link(CARDS, &fields)
    }
}

/// The list.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    view(&visit, params, None).await
}

/// The form with a card's number.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    card: String,
}

/// Opens the card of a number that was swiped or typed.
pub(crate) async fn by_number(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let words = &visit.text().cards;
    let nothing = match visit.session.scan(&fields.card) {
        Scan::Card(read) => {
            let key = visit.web.vault.card_key(&read.number);
            if let Some(id) = card_page::id_of(visit.db(), key).await? {
                return Ok(Redirect::to(&card_link(id)).into_response());
            }
            words.no_card
        }
        Scan::ForeignCard => words.foreign,
        _ => words.misread,
    };
    view(&visit, Params::default(), Some(nothing)).await
}

async fn view(visit: &Visit, params: Params, nothing: Option<&'static str>) -> Result<Response, Problem> {
    let (text, filter) = (visit.text(), params.filter());
    let words = &text.cards;
    let after = params.after.parse().ok().map(CardId);
    let mut found = card_page::list(visit.db(), filter.clone(), after, ROWS + 1).await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let count = card_page::count(visit.db(), filter).await?;
    let count = if count > COUNT_MAX { format!("{COUNT_MAX}+") } else { count.to_string() };
    let last = found.last().filter(|_| more);
    let today = visit.session.now.business_date();
    let page = View {
        shell: visit.shell(CUSTOMERS),
        tabs: tabs(visit, CARDS),
        path: CARDS,
        statuses: CardStatus::ALL.map(|one| (one.word(), text.shared().codes.card_state(one))).to_vec(),
        programmes: card_page::programmes(visit.db())
            .await?
            .into_iter()
            .map(|(id, name)| (id.to_string(), name))
            .collect(),
        nothing,
        count: fill(words.count, &[&count]),
        first: (!params.after.is_empty()).then(|| params.link("")),
        next: last.map(|last| params.link(&last.id.to_string())),
        rows: found.into_iter().map(|one| row(one, text, today)).collect(),
        params,
    };
    Ok(render(&page).into_response())
}

fn row(one: Line, text: &'static Text, today: BusinessDate) -> Row {
    Row {
        link: card_link(one.id),
        masked: one.masked.grouped(),
        holder: holder(&one.holder, text),
        serial: one.serial.map_or_else(String::new, |serial| serial.to_string()),
        state: state(one.status, one.expires_on, today, text),
        one,
    }
}

/// A holder's name, masked.
pub(crate) fn holder(name: &str, text: &'static Text) -> String {
    if name.is_empty() { text.cards.anonymous.to_owned() } else { masked_name(name) }
}

/// How a card's state looks.
pub(crate) fn state(
    status: CardStatus,
    expires_on: Option<BusinessDate>,
    today: BusinessDate,
    text: &'static Text,
) -> Badge {
    let word = text.shared().codes.card_state(status);
    match status {
        CardStatus::Active if expires_on.is_some_and(|last| last < today) => {
            Badge::new("bad", "clock", text.cards.expired)
        }
        CardStatus::Active => Badge::new("ok", "ok", word),
        CardStatus::Issued => Badge::new("info", "wait", word),
        CardStatus::PinLocked => Badge::new("bad", "lock", word),
        CardStatus::Frozen | CardStatus::Lost | CardStatus::Stolen => Badge::new("bad", "bad", word),
        CardStatus::Replaced | CardStatus::Closed => Badge::new("off", "bad", word),
    }
}

/// Moves a card by the signed-in person's word, and logs it.
pub(crate) async fn make(visit: &Visit, asked: Request, request: RequestId) -> Result<Step, Problem> {
    let (card, made) = (asked.card, asked.made);
    let actor = Actor::issuer(visit.session.person);
    let step = step::send(&visit.web, request, actor, Command::CardMove(asked)).await?;
    if matches!(step, Step::Done(_)) {
        let action = if made == CardMove::Unlock { "card_unlocked" } else { "card_moved" };
        let entry = visit.session.entry(action, &format!("card {card}"), made.word());
        storage::audit::append(visit.db(), entry).await?;
    }
    Ok(step)
}
