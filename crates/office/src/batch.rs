//! One card batch: how far it is, where its cards are, what was activated, and the forms that move it on.
//!
//! What must stay true:
//! - Cards go by their serials; no card number is here.
//! - One person moves and spoils cards; making and activating them is proposed.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::acts::{Batch, Payload};
use domain::card_batch::{self as rules, CardBatchStatus, Keeper, Places};
use domain::directory::{self, NAME_MAX, Wrong};
use domain::ids::{CardBatchId, CustomerId, OutletId, RequestId};
use domain::role::Action;
use domain::serial::Serial;
use serde::Deserialize;
use storage::card_batch::{self, Moved};
use storage::card_batches::{self, Activation, Sheet, Stock};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal;
use web_kit::step::{self, Told};
use web_kit::text::fill;

use crate::batches::{batch_link, keeper_words, number_words, propose, range_words, state_of, status_words};
use crate::customers::{CUSTOMERS, customer_link};
use crate::entry::{Entered, Input, Typed, wrong_count};
use crate::places::{self, LogLine};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// Lines of the log.
const LOG: u32 = 10;

/// What can be done with cards of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Receive,
    Outlet,
    Customer,
    Vault,
    Activate,
    Spoil,
}

impl What {
    /// The one next act of a batch comes first.
    const ALL: [Self; 6] = [Self::Receive, Self::Activate, Self::Outlet, Self::Customer, Self::Vault, Self::Spoil];

    fn word(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Outlet => "outlet",
            Self::Customer => "customer",
            Self::Vault => "vault",
            Self::Activate => "activate",
            Self::Spoil => "spoil",
        }
    }

    fn words(self, text: &'static Text) -> &'static str {
        let words = &text.batches;
        match self {
            Self::Receive => words.do_receive,
            Self::Outlet => words.do_outlet,
            Self::Customer => words.do_customer,
            Self::Vault => words.do_vault,
            Self::Activate => words.do_activate,
            Self::Spoil => words.do_spoil,
        }
    }

    fn note(self, text: &'static Text) -> &'static str {
        let words = &text.batches;
        match self {
            Self::Receive => words.note_receive,
            Self::Outlet | Self::Customer | Self::Vault => words.note_move,
            Self::Activate => words.note_activate,
            Self::Spoil => words.note_spoil,
        }
    }

    /// Whether some cards of the batch are where this can be done with them.
    fn possible(self, one: &Sheet) -> bool {
        let stands = matches!(one.line.status, CardBatchStatus::Generated | CardBatchStatus::Received);
        let at = |of: fn(Keeper) -> bool| one.count(of) > 0;
        let out = |keeper| matches!(keeper, Keeper::Outlet(_) | Keeper::Customer(_));
        let arrived = |keeper| !matches!(keeper, Keeper::Maker | Keeper::Spoiled);
        stands
            && match self {
                Self::Receive => at(|keeper| keeper == Keeper::Maker),
                Self::Outlet | Self::Customer => at(arrived),
                Self::Vault => at(out),
                Self::Activate => {
                    let own = one.line.customer.is_some() && one.line.status == CardBatchStatus::Received;
                    at(out) || (own && at(|keeper| keeper == Keeper::Vault))
                }
                Self::Spoil => at(|keeper| keeper != Keeper::Spoiled),
            }
    }
}

#[derive(Template)]
#[template(path = "batch.html")]
struct View {
    shell: Shell,
    path: String,
    number: String,
    one: Sheet,
    state: Badge,
    customer: Option<(String, String)>,
    serials: String,
    told: Option<Told>,
    steps: Vec<StepView>,
    sum: String,
    stock: Vec<StockRow>,
    activations: Vec<ActivationRow>,
    /// What the form does.
    ask: Option<What>,
    inputs: Vec<Input>,
    others: Vec<(&'static str, String)>,
    may_propose: bool,
    may_cancel: bool,
    may_close: bool,
    next: &'static str,
    request: RequestId,
    wrong: Option<String>,
    log: Vec<LogLine>,
}

/// A step of the way of a batch.
struct StepView {
    name: &'static str,
    /// When and by whom; empty before it.
    sub: String,
    done: bool,
}

struct StockRow {
    places: String,
    count: i64,
    at: String,
    since: String,
    by: String,
}

struct ActivationRow {
    link: Option<String>,
    places: String,
    what: String,
    by: String,
    waits: bool,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The request of the last step.
    a: String,
    /// What is to be done.
    k: String,
}

async fn find(visit: &Visit, id: i64) -> Result<Sheet, Problem> {
    card_batches::find(visit.db(), CardBatchId(id), visit.session.now).await?.ok_or(Problem::NotFound)
}

/// The batch.
pub(crate) async fn show(visit: Visit, Path(id): Path<i64>, Query(params): Query<Params>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    view(&visit, one, &params, None, None).await
}

async fn view(
    visit: &Visit,
    one: Sheet,
    params: &Params,
    form: Option<(What, Entered)>,
    refused: Option<String>,
) -> Result<Response, Problem> {
    let (text, id) = (visit.text(), one.line.id);
    let may = visit.session.can(Action::PrepareCards);
    let can: Vec<What> = What::ALL.into_iter().filter(|what| may && what.possible(&one)).collect();
    let wanted = form.as_ref().map_or(params.k.as_str(), |(what, _)| what.word());
    let what = can.iter().find(|what| what.word() == wanted).or(can.first()).copied();
    let entered = form.map_or_else(|| Entered::of(fresh(what, &one), text), |(_, entered)| entered);
    let inputs = what.map_or_else(Vec::new, |what| inputs(what, &entered, text));
    let others = can.iter().filter(|one| Some(**one) != what);
    let others = others.map(|one| (one.words(text), link(&batch_link(id), &[("k", one.word())]))).collect();
    let waits = proposal::waiting(visit, domain::acts::Act::CardBatch, id.0).await?.is_some();
    let status = one.line.status;
    let arrived = one.count(|keeper| !matches!(keeper, Keeper::Maker | Keeper::Spoiled)) > 0;
    let wrong = wrong_count(&inputs, text);
    let page = View {
        shell: visit.shell(CUSTOMERS),
        path: batch_link(id),
        number: number_words(id),
        state: state_of(status, text),
        customer: one.line.customer.as_ref().map(|(id, name)| (customer_link(*id), name.clone())),
        serials: range_words(id, Places { first: 1, last: one.line.quantity }),
        told: places::told(visit, &params.a).await?,
        steps: steps(&one, text),
        sum: sum(&one, text),
        stock: one.stock.iter().map(|own| stock_row(own, text)).collect(),
        activations: one.activations.iter().map(|own| activation_row(visit, id, own)).collect(),
        ask: what,
        inputs,
        others,
        may_propose: may && status == CardBatchStatus::Draft && !waits,
        may_cancel: may
            && !arrived
            && matches!(status, CardBatchStatus::Draft | CardBatchStatus::Approved | CardBatchStatus::Generated),
        may_close: may && status == CardBatchStatus::Received,
        next: next(&one, waits, text),
        request: visit.new_request(),
        wrong: refused.or(wrong),
        log: card_batches::log(visit.db(), id, LOG).await?.iter().map(|one| places::log_line(one, text)).collect(),
        one,
    };
    Ok(render(&page).into_response())
}

/// The one next act, in words.
fn next(one: &Sheet, waits: bool, text: &'static Text) -> &'static str {
    let words = &text.batches;
    match one.line.status {
        CardBatchStatus::Draft if waits => words.n_waits,
        CardBatchStatus::Draft => words.n_propose,
        CardBatchStatus::Approved => words.n_making,
        CardBatchStatus::Generated => words.n_receive,
        CardBatchStatus::Received if What::Activate.possible(one) => words.n_activate,
        CardBatchStatus::Received => words.n_hand_out,
        CardBatchStatus::Closed | CardBatchStatus::Cancelled => words.n_over,
    }
}

fn steps(one: &Sheet, text: &'static Text) -> Vec<StepView> {
    let words = &text.batches;
    let at = |at: Option<domain::time::Timestamp>| at.map_or_else(String::new, domain::time::Timestamp::date_time_text);
    let (line, arrived) = (&one.line, one.count(|keeper| !matches!(keeper, Keeper::Maker | Keeper::Spoiled)));
    let made = fill(words.made_of, &[&line.made.to_string(), &line.quantity.to_string()]);
    let mut all = vec![
        StepView { name: words.draft, sub: format!("{} {}", line.maker, line.made_at.date_time_text()), done: true },
        StepView {
            name: words.step_approved,
            sub: one.approved.as_ref().map_or_else(String::new, |(at, by)| format!("{by} {}", at.date_time_text())),
            done: one.approved.is_some(),
        },
        StepView {
            name: words.generated,
            sub: if one.approved.is_some() { format!("{made} {}", at(one.generated_at)) } else { String::new() },
            done: one.generated_at.is_some(),
        },
        StepView {
            name: words.received,
            sub: match one.received_at {
                None if arrived > 0 => fill(words.received_of, &[&arrived.to_string()]),
                received => at(received),
            },
            done: one.received_at.is_some(),
        },
    ];
    let ended = one.ended.as_ref().map(|(at, reason)| format!("{} {reason}", at.date_time_text()));
    let name = if line.status == CardBatchStatus::Cancelled { words.cancelled } else { words.closed };
    all.push(StepView { name, done: ended.is_some(), sub: ended.unwrap_or_default() });
    all
}

fn sum(one: &Sheet, text: &'static Text) -> String {
    let at = |of: fn(Keeper) -> bool| one.count(of).to_string();
    fill(
        text.batches.sum,
        &[
            &one.line.quantity.to_string(),
            &at(|keeper| keeper == Keeper::Maker),
            &at(|keeper| keeper == Keeper::Vault),
            &at(|keeper| keeper.outlet().is_some()),
            &at(|keeper| keeper.customer().is_some()),
            &at(|keeper| keeper == Keeper::Spoiled),
        ],
    )
}

fn stock_row(own: &Stock, text: &'static Text) -> StockRow {
    let places = own.places;
    let last = if places.first == places.last { String::new() } else { format!("\u{2013}{:06}", places.last) };
    let (since, by) = own.moved.as_ref().map_or_else(Default::default, |(at, by, reason)| {
        (at.date_time_text(), format!("{by} {reason}").trim().to_owned())
    });
    StockRow {
        places: format!("{:06}{last}", places.first),
        count: places.count(),
        at: format!("{} {}", keeper_words(own.keeper, text), own.name).trim().to_owned(),
        since,
        by,
    }
}

fn activation_row(visit: &Visit, id: CardBatchId, own: &Activation) -> ActivationRow {
    let (words, count) = (&visit.text().batches, own.places.count());
    let (what, by) = match &own.approved {
        None => (fill(words.a_waits, &[&own.maker, &own.at.date_time_text()]), String::new()),
        Some((checker, done)) => {
            let what = if *done == count {
                fill(words.a_done, &[&count.to_string()])
            } else {
                fill(words.a_running, &[&done.to_string(), &count.to_string()])
            };
            (what, fill(words.a_by, &[&own.maker, checker]))
        }
    };
    ActivationRow {
        link: visit.session.can(Action::ViewProposals).then(|| proposal::address(own.proposal)),
        places: range_words(id, own.places),
        what,
        by,
        waits: own.approved.is_none(),
    }
}

/// The first range that the form is about.
fn fresh(what: Option<What>, one: &Sheet) -> Typed {
    let fits = |keeper: Keeper| match what {
        Some(What::Receive) => keeper == Keeper::Maker,
        Some(What::Vault | What::Activate) => keeper.outlet().is_some() || keeper.customer().is_some(),
        _ => !matches!(keeper, Keeper::Maker | Keeper::Spoiled),
    };
    let found = one.stock.iter().find(|own| fits(own.keeper));
    let serials = found.and_then(|own| own.places.serials(one.line.id.0));
    let ends = serials.into_iter().flat_map(|(first, last)| [("first", first), ("last", last)]);
    ends.map(|(name, serial)| (name.to_owned(), serial.to_string())).collect()
}

fn inputs(what: What, form: &Entered, text: &'static Text) -> Vec<Input> {
    let words = &text.batches;
    let mut all = vec![form.input("first", words.first).number(), form.input("last", words.last).number()];
    match what {
        What::Receive => all.push(form.input("counted", words.counted).number()),
        What::Outlet | What::Customer => all.push(form.input("keeper", words.keeper_number).number()),
        What::Vault | What::Spoil => all.push(form.input("reason", words.reason).more(words.reason_more)),
        What::Activate => all.push(form.input("note", text.todo.f_note).most(NAME_MAX).optional()),
    }
    all
}

/// Does or proposes what the form says.
pub(crate) async fn act(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let one = find(&visit, id).await?;
    let asked = typed.get("do").cloned().unwrap_or_default();
    let batch = one.line.id;
    match asked.as_str() {
        "propose" => return propose(&visit, batch, request).await,
        "close" => {
            let entry = visit.session.entry("card_batch_closed", "", "");
            let moved = card_batch::close(visit.db(), batch, entry).await?;
            return after(&visit, one, moved, None).await;
        }
        _ => {}
    }
    let what = What::ALL.into_iter().find(|what| what.word() == asked).ok_or(Problem::BadForm)?;
    let mut form = Entered::of(typed, visit.text());
    let Some(places) = range(&one, what, &mut form, visit.text()) else {
        return view(&visit, one, &Params::default(), Some((what, form)), None).await;
    };
    let reason = match what {
        What::Vault | What::Spoil => form.take("reason", directory::reason),
        What::Activate => form.take_optional("note", |typed| directory::text(typed, NAME_MAX)),
        _ => String::new(),
    };
    let number = match what {
        What::Outlet | What::Customer => {
            form.take("keeper", |typed| typed.trim().parse::<i64>().map_err(|_| Wrong::Form))
        }
        _ => 0,
    };
    if !form.is_sound() {
        return view(&visit, one, &Params::default(), Some((what, form)), None).await;
    }
    let to = match what {
        What::Receive | What::Vault => Keeper::Vault,
        What::Outlet => Keeper::Outlet(OutletId(number)),
        What::Customer => Keeper::Customer(CustomerId(number)),
        What::Spoil => Keeper::Spoiled,
        What::Activate => {
            if let Some(other) = one.activations.iter().find(|own| own.places.meets(places)) {
                let at = other.at.date_time_text();
                let range = range_words(batch, other.places);
                let refused = fill(visit.text().batches.r_overlap, &[&range, &other.maker, &at]);
                return view(&visit, one, &Params::default(), Some((what, form)), Some(refused)).await;
            }
            let payload = Payload::Batch(Batch::Activation { batch, places, note: reason });
            let step = proposal::propose(&visit, payload, request).await?.ok_or(Problem::NotFound)?;
            let back = link(&batch_link(batch), &[("k", what.word())]);
            let place = proposal::after(&step, &back);
            let (path, query) = place.split_once('?').map_or((place.as_str(), ""), |(path, _)| (path, what.word()));
            let more: &[(&str, &str)] = if query.is_empty() { &[] } else { &[("k", query)] };
            return step.redirect(&visit, &step::address(path, more, request), &[]);
        }
    };
    let entry = visit.session.entry("card_stock_moved", "", &reason);
    let moved = card_batch::move_cards(visit.db(), batch, places, to, entry).await?;
    after(&visit, one, moved, Some((what, form))).await
}

/// What the serials of a form are in the batch; of what is received, the count has to agree.
fn range(one: &Sheet, what: What, form: &mut Entered, text: &'static Text) -> Option<Places> {
    let words = &text.batches;
    let mut place = |name: &'static str| {
        let serial = Serial::parse(form.get(name)).filter(|serial| serial.batch() == one.line.id.0);
        let place = serial.map(Serial::place).filter(|place| *place <= one.line.quantity);
        if place.is_none() {
            form.refuse(name, words.wrong_serial.to_owned());
        }
        place
    };
    let (first, last) = (place("first"), place("last"));
    let (first, last) = first.zip(last)?;
    let Some(places) = Places::new(first, last, one.line.quantity) else {
        form.refuse("last", words.wrong_order.to_owned());
        return None;
    };
    if what == What::Receive {
        let counted = form.get("counted").trim().to_owned();
        if counted.parse() != Ok(places.count()) {
            form.refuse("counted", fill(words.wrong_count, &[&places.count().to_string(), &counted]));
            return None;
        }
    }
    Some(places)
}

/// Leads back to the batch, or says why nothing changed.
async fn after(visit: &Visit, one: Sheet, moved: Moved, form: Option<(What, Entered)>) -> Result<Response, Problem> {
    let id = one.line.id;
    match refusal(id, moved, form.is_some(), visit.text()) {
        None if moved == Moved::Gone => Err(Problem::NotFound),
        None => Ok(Flash::new(Said::CardsMoved, &[]).redirect(&visit.web, &batch_link(id))),
        Some(why) => view(visit, one, &Params::default(), form, Some(why)).await,
    }
}

/// Why cards were not moved, or a batch was not ended.
fn refusal(id: CardBatchId, moved: Moved, of_cards: bool, text: &'static Text) -> Option<String> {
    let words = &text.batches;
    let at = |place| range_words(id, Places { first: place, last: place });
    Some(match moved {
        Moved::Done | Moved::Gone => return None,
        Moved::State(status) => fill(words.r_state, &[status_words(status.word(), text)]),
        Moved::NoSuchPlaces => words.r_places.to_owned(),
        Moved::Elsewhere(places, _) if !of_cards => fill(words.r_new_left, &[&at(places.first)]),
        Moved::Elsewhere(places, keeper) => {
            fill(words.r_elsewhere, &[&range_words(id, places), keeper_words(keeper, text)])
        }
        Moved::InUse(place) => fill(words.r_in_use, &[&at(place)]),
        Moved::Money(place) => fill(words.r_money, &[&at(place)]),
        Moved::Activating => words.r_activating.to_owned(),
        Moved::NoSuchKeeper => words.r_keeper.to_owned(),
    })
}

#[derive(Template)]
#[template(path = "batch_cancel.html")]
struct CancelView {
    shell: Shell,
    title: String,
    path: String,
    back: String,
    typed: String,
    wrong: Option<String>,
}

/// What the form of a cancellation sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct CancelFields {
    reason: String,
}

/// Asks before a batch is cancelled.
pub(crate) async fn ask_cancel(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    Ok(cancel_view(&visit, &one, "", None))
}

fn cancel_view(visit: &Visit, one: &Sheet, typed: &str, wrong: Option<String>) -> Response {
    let (id, typed) = (one.line.id, typed.to_owned());
    let title = fill(visit.text().batches.cancel_title, &[&number_words(id)]);
    let path = format!("{}/cancel", batch_link(id));
    render(&CancelView { shell: visit.shell(CUSTOMERS), title, path, back: batch_link(id), typed, wrong })
        .into_response()
}

/// Cancels a batch.
pub(crate) async fn cancel(
    visit: Visit,
    Path(id): Path<i64>,
    Form(fields): Form<CancelFields>,
) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    let Ok(reason) = directory::reason(&fields.reason) else {
        let wrong = visit.text().directory.wrong_reason.to_owned();
        return Ok(cancel_view(&visit, &one, &fields.reason, Some(wrong)));
    };
    let entry = visit.session.entry("card_batch_cancelled", "", &reason);
    let moved = card_batch::cancel(visit.db(), one.line.id, entry).await?;
    match refusal(one.line.id, moved, true, visit.text()) {
        None if moved == Moved::Gone => Err(Problem::NotFound),
        None => Ok(Flash::new(Said::BatchCancelled, &[]).redirect(&visit.web, &batch_link(one.line.id))),
        Some(why) => Ok(cancel_view(&visit, &one, &fields.reason, Some(why))),
    }
}

#[derive(Template)]
#[template(path = "batch_count.html")]
struct CountView {
    shell: Shell,
    title: String,
    path: String,
    back: String,
    /// Who can be counted: value, name, chosen.
    keepers: Vec<(String, String, bool)>,
    counted: String,
    wrong: Option<String>,
    found: Option<CountFound>,
}

/// What a count shows.
struct CountFound {
    agrees: bool,
    missing: Vec<String>,
    unexpected: Vec<String>,
    twice: Vec<String>,
}

/// What the address of a count says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct CountParams {
    /// Whose cards were counted.
    keeper: String,
    /// Ranges of serials, one a line.
    counted: String,
}

/// Compares what was counted with the ledger. Nothing is written.
pub(crate) async fn count(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    count_view(&visit, id, &CountParams::default()).await
}

/// Compares what was counted. It may be long, and changes nothing.
pub(crate) async fn counted(
    visit: Visit,
    Path(id): Path<i64>,
    Form(params): Form<CountParams>,
) -> Result<Response, Problem> {
    count_view(&visit, id, &params).await
}

async fn count_view(visit: &Visit, id: i64, params: &CountParams) -> Result<Response, Problem> {
    let one = find(visit, id).await?;
    let (text, batch) = (visit.text(), one.line.id);
    let mut keepers: Vec<Keeper> = one.stock.iter().map(|own| own.keeper).filter(|own| *own != Keeper::Maker).collect();
    keepers.sort_unstable();
    keepers.dedup();
    let value = |keeper: Keeper| {
        let number = keeper.outlet().map(|id| id.0).or(keeper.customer().map(|id| id.0));
        number.map_or_else(|| keeper.word().to_owned(), |number| format!("{} {number}", keeper.word()))
    };
    let name = |keeper: Keeper| {
        let own = one.stock.iter().find(|own| own.keeper == keeper).map_or("", |own| own.name.as_str());
        format!("{} {own}", keeper_words(keeper, text)).trim().to_owned()
    };
    let chosen = keepers.iter().copied().find(|keeper| value(*keeper) == params.keeper);
    let read = read_ranges(&one, &params.counted);
    let found = match (&read, chosen) {
        (Ok(counted), Some(keeper)) => Some(compare(&one, keeper, counted, text)),
        _ => None,
    };
    let page = CountView {
        shell: visit.shell(CUSTOMERS),
        title: fill(text.batches.count_title, &[&number_words(batch)]),
        path: format!("{}/count", batch_link(batch)),
        back: batch_link(batch),
        keepers: keepers.into_iter().map(|own| (value(own), name(own), chosen == Some(own))).collect(),
        counted: params.counted.clone(),
        wrong: read.err().map(|line| fill(text.batches.count_wrong, &[&line.to_string()])),
        found,
    };
    Ok(render(&page).into_response())
}

/// Ranges that a person typed, one a line; the number of the first line that is none.
fn read_ranges(one: &Sheet, typed: &str) -> Result<Vec<Places>, usize> {
    let own = |word: &str| {
        let serial = Serial::parse(word).filter(|serial| serial.batch() == one.line.id.0);
        serial.map(Serial::place)
    };
    let lines = typed.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let words: Vec<&str> = line.split([' ', '\t', '\u{2013}', ',']).filter(|word| !word.is_empty()).collect();
            let ends = match words.as_slice() {
                [one] => own(one).map(|place| (place, place)),
                [first, last] => own(first).zip(own(last)),
                _ => None,
            };
            let places = ends.and_then(|(first, last)| Places::new(first, last, one.line.quantity));
            places.ok_or(at + 1)
        })
        .collect()
}

fn compare(one: &Sheet, keeper: Keeper, counted: &[Places], text: &'static Text) -> CountFound {
    let found = rules::count(&one.kept(), keeper, counted);
    let words = |places: &Places| range_words(one.line.id, *places);
    CountFound {
        agrees: found == rules::Difference::default(),
        missing: found.missing.iter().map(words).collect(),
        unexpected: found
            .unexpected
            .iter()
            .map(|(places, at)| format!("{} {}", words(places), keeper_words(*at, text)))
            .collect(),
        twice: found.twice.iter().map(words).collect(),
    }
}
