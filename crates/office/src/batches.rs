//! 卡批次: the list of batches, and a new one.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use domain::acts::Payload;
use domain::card_batch::{CardBatchStatus, Keeper, Places, QUANTITY_MAX};
use domain::directory::{self, NAME_MAX, Wrong};
use domain::ids::{CardBatchId, CustomerId, ProgrammeId, RequestId};
use domain::role::Action;
use serde::Deserialize;
use storage::card_batch::{self, Entered as Made, NewBatch};
use storage::card_batches::{self, Line};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal;
use web_kit::step::{self, Step};

use crate::card_tabs::{Tab, tabs};
use crate::customers::{CUSTOMERS, customer_link};
use crate::entry::{Entered, Input, Typed, wrong_count};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// The page.
pub(crate) const BATCHES: &str = "/office/batches";

/// Rows of a page.
const ROWS: u32 = 50;

/// The page of a batch.
pub(crate) fn batch_link(id: CardBatchId) -> String {
    format!("{BATCHES}/{id}")
}

/// A batch's number as people read it.
pub(crate) fn number_words(id: CardBatchId) -> String {
    format!("{:06}", id.0)
}

/// Serials as people read them: one, or the first and the last.
pub(crate) fn range_words(id: CardBatchId, places: Places) -> String {
    let whole = |place: i64| format!("{}-{place:06}", number_words(id));
    if places.first == places.last {
        return whole(places.first);
    }
    format!("{}\u{2013}{:06}", whole(places.first), places.last)
}

fn status_badge(status: CardBatchStatus, text: &'static Text) -> Badge {
    let words = &text.batches;
    match status {
        CardBatchStatus::Draft => Badge::new("warn", "edit", words.draft),
        CardBatchStatus::Approved => Badge::new("info", "wait", words.approved),
        CardBatchStatus::Generated => Badge::new("info", "clock", words.generated),
        CardBatchStatus::Received => Badge::new("ok", "ok", words.received),
        CardBatchStatus::Closed => Badge::new("off", "pause", words.closed),
        CardBatchStatus::Cancelled => Badge::new("bad", "bad", words.cancelled),
    }
}

/// How a batch stands.
pub(crate) fn state_of(status: CardBatchStatus, text: &'static Text) -> Badge {
    status_badge(status, text)
}

/// A state of a batch by its stored word.
pub(crate) fn status_words(word: &str, text: &'static Text) -> &'static str {
    CardBatchStatus::from_word(word).map_or("", |status| status_badge(status, text).word)
}

/// How a kind of keeper is called.
pub(crate) fn keeper_words(keeper: Keeper, text: &'static Text) -> &'static str {
    keeper_word(keeper.word(), text)
}

fn keeper_word(word: &str, text: &'static Text) -> &'static str {
    let words = &text.batches;
    match word {
        "maker" => words.maker,
        "vault" => words.vault,
        "outlet" => words.outlet,
        "customer" => words.at_customer,
        "spoiled" => words.spoiled,
        _ => "",
    }
}

/// Kinds of keepers by their stored words.
pub(crate) fn keepers_words(words: &str, text: &'static Text) -> String {
    words.split(' ').map(|word| keeper_word(word, text)).collect::<Vec<_>>().join(text.directory.comma)
}

#[derive(Template)]
#[template(path = "batches.html")]
struct View {
    shell: Shell,
    tabs: Vec<Tab>,
    path: &'static str,
    may: bool,
    /// States to choose from: word, name, chosen.
    states: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

struct Row {
    link: String,
    number: String,
    customer: Option<(String, String)>,
    state: Badge,
    entered: String,
    one: Line,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// A state; all if empty.
    s: String,
    /// The last batch of the page before.
    before: String,
}

/// The list.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let (text, status) = (visit.text(), CardBatchStatus::from_word(&params.s));
    let before = params.before.parse().ok().map(CardBatchId);
    let mut found = card_batches::list(visit.db(), status, before, ROWS + 1).await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let next = found.last().filter(|_| more);
    let next = next.map(|last| link(BATCHES, &[("s", &params.s), ("before", &last.id.to_string())]));
    let states = CardBatchStatus::ALL.map(|one| (one.word(), status_badge(one, text).word, status == Some(one)));
    let page = View {
        shell: visit.shell(CUSTOMERS),
        tabs: tabs(&visit, BATCHES),
        path: BATCHES,
        may: visit.session.can(Action::PrepareCards),
        states: states.to_vec(),
        first: before.map(|_| link(BATCHES, &[("s", &params.s)])),
        next,
        rows: found.into_iter().map(|one| row(one, text)).collect(),
    };
    Ok(render(&page).into_response())
}

fn row(one: Line, text: &'static Text) -> Row {
    Row {
        link: batch_link(one.id),
        number: number_words(one.id),
        customer: one.customer.as_ref().map(|(id, name)| (customer_link(*id), name.clone())),
        state: status_badge(one.status, text),
        entered: format!("{} {}", one.maker, one.made_at.date_time_text()),
        one,
    }
}

#[derive(Template)]
#[template(path = "batch_new.html")]
struct NewView {
    shell: Shell,
    path: String,
    inputs: Vec<Input>,
    request: RequestId,
    wrong: Option<String>,
}

/// The form of a new batch.
pub(crate) async fn ask(visit: Visit) -> Result<Response, Problem> {
    let form = Entered::of(Typed::new(), visit.text());
    new_view(&visit, &form).await
}

async fn new_view(visit: &Visit, form: &Entered) -> Result<Response, Problem> {
    let words = &visit.text().batches;
    let programmes = card_batches::choices(visit.db()).await?;
    let programmes = programmes.into_iter().map(|(id, name)| (id.to_string(), name));
    let inputs = vec![
        form.input("programme", words.programme).options(programmes),
        form.input("customer", words.customer).more(words.customer_more).number().optional(),
        form.input("quantity", words.quantity).more(words.quantity_more).number(),
        form.input("printed", words.printed).most(NAME_MAX).optional(),
        form.input("note", words.note).most(NAME_MAX).optional(),
    ];
    let wrong = wrong_count(&inputs, visit.text());
    let path = format!("{BATCHES}/new");
    let page = NewView { shell: visit.shell(CUSTOMERS), path, inputs, request: visit.new_request(), wrong };
    Ok(render(&page).into_response())
}

/// Enters a batch and proposes to make its cards.
pub(crate) async fn make(visit: Visit, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let mut form = Entered::of(typed, visit.text());
    let number = |typed: &str| typed.trim().parse::<i64>().map_err(|_| Wrong::Form);
    let words = &visit.text().batches;
    let programme = ProgrammeId(form.take("programme", number));
    let quantity = form.take("quantity", number);
    if !(1..=QUANTITY_MAX).contains(&quantity) {
        form.refuse("quantity", words.wrong_quantity.to_owned());
    }
    let customer = match form.get("customer").trim() {
        "" => None,
        _ => Some(CustomerId(form.take("customer", number))),
    };
    let mut line = |name| form.take_optional(name, |typed| directory::text(typed, NAME_MAX));
    let (printed_text, note) = (line("printed"), line("note"));
    if form.is_sound() {
        let new = NewBatch { programme, customer, quantity, printed_text, note, request };
        let detail = format!("{quantity}");
        let entry = visit.session.entry("card_batch_entered", "", &detail);
        match card_batch::create(visit.db(), new, entry).await? {
            Made::Done(id) => return propose(&visit, id, request).await,
            Made::NoProgramme => form.refuse("programme", words.wrong_programme.to_owned()),
            Made::NoCustomer => form.refuse("customer", words.wrong_customer.to_owned()),
            Made::NoRoom => form.refuse("quantity", words.wrong_quantity.to_owned()),
        }
    }
    new_view(&visit, &form).await
}

/// Proposes a draft: its page says what became of it.
pub(crate) async fn propose(visit: &Visit, id: CardBatchId, request: RequestId) -> Result<Response, Problem> {
    let found = card_batches::find(visit.db(), id, visit.session.now).await?.ok_or(Problem::NotFound)?;
    let step = proposal::propose(visit, Payload::Batch(found.making()), request).await?.ok_or(Problem::NotFound)?;
    let place = step::address(&batch_link(id), &[], request);
    if matches!(step, Step::Done(_)) {
        return Ok(Flash::new(Said::BatchEntered, &[]).redirect(&visit.web, &batch_link(id)));
    }
    step.redirect(visit, &place, &[])
}
