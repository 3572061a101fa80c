//! One customer: the deposit, what of it is held, what moved it, and the forms that propose what moves it next.
//!
//! What must stay true:
//! - Money moves by proposals alone; nothing here writes a deposit.
//! - A card's number comes in by a form, is in no address, and is not repeated by the page.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::acts::{Money, Payload};
use domain::directory::{self, NAME_MAX, REFERENCE_MAX, Standing, Wrong};
use domain::ids::{CardId, CustomerId, RequestId, TransactionId};
use domain::money::Fen;
use domain::role::Action;
use domain::scan::Scan;
use domain::time::BusinessDate;
use serde::Deserialize;
use storage::customer::{self, Facts};
use storage::deposit::{self, LoadSeen, Movement, Sheet, Waiting};
use storage::directory::Edited;
use storage::help;
use storage::standing::Made;
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal;
use web_kit::step::{self, Step, Told};
use web_kit::text::fill;

use crate::customers::{CUSTOMERS, EditView, customer_link, facts_of};
use crate::entry::{Entered, Input, Typed, changes, wrong_count};
use crate::places::{self, LogLine, standing_of_customer};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// Movements of a page.
const ROWS: u32 = 20;

/// Lines of the log.
const LOG: u32 = 10;

#[derive(Template)]
#[template(path = "customer.html")]
#[expect(clippy::struct_excessive_bools, reason = "each shows or hides something")]
struct View {
    shell: Shell,
    path: String,
    one: Sheet,
    state: Badge,
    account: String,
    told: Option<Told>,
    may_edit: bool,
    may_cards: bool,
    may_resume: bool,
    /// What waits, then what moved the deposit.
    waiting: Vec<Row>,
    rows: Vec<Row>,
    first: Option<String>,
    older: Option<String>,
    agrees: bool,
    ask: Option<Ask>,
    /// The other things that can be asked: name and address.
    others: Vec<(&'static str, String)>,
    request: RequestId,
    wrong: Option<String>,
    log: Vec<LogLine>,
}

/// A line of the account.
struct Row {
    at: String,
    link: Option<String>,
    what: &'static str,
    more: String,
    /// Where a load is taken back.
    back: Option<String>,
    sub: String,
    out: String,
    paid: String,
    left: String,
}

/// The form beside the account.
struct Ask {
    what: What,
    inputs: Vec<Input>,
    note: &'static str,
    /// The load that is taken back.
    of: Option<Of>,
}

/// A load in words.
struct Of {
    rrn: String,
    words: String,
    /// What is left of it.
    left: Fen,
    money: LoadSeen,
}

/// What can be asked about a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Funding,
    Return,
    Load,
    /// Takes a load back.
    Back,
}

impl What {
    const ALL: [Self; 4] = [Self::Funding, Self::Return, Self::Load, Self::Back];

    fn word(self) -> &'static str {
        match self {
            Self::Funding => "fund",
            Self::Return => "return",
            Self::Load => "load",
            Self::Back => "back",
        }
    }

    fn words(self, text: &'static Text) -> &'static str {
        match self {
            Self::Funding => text.todo.act_funding,
            Self::Return => text.todo.act_funding_return,
            Self::Load => text.todo.act_load,
            Self::Back => text.todo.act_adjustment,
        }
    }

    fn right(self) -> Action {
        match self {
            Self::Funding | Self::Return => Action::PrepareMoney,
            Self::Load | Self::Back => Action::PrepareCards,
        }
    }
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The request of the last step.
    a: String,
    /// What is to be asked.
    k: String,
    /// The last movement of the page before.
    before: String,
    /// The load that is to be taken back, by its reference number.
    load: String,
}

async fn find(visit: &Visit, id: i64) -> Result<Sheet, Problem> {
    deposit::find(visit.db(), CustomerId(id), visit.session.now).await?.ok_or(Problem::NotFound)
}

/// The customer.
pub(crate) async fn show(visit: Visit, Path(id): Path<i64>, Query(params): Query<Params>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    view(&visit, one, &params, None).await
}

async fn view(visit: &Visit, one: Sheet, params: &Params, form: Option<(What, Entered)>) -> Result<Response, Problem> {
    let (text, session, id) = (visit.text(), &visit.session, one.id);
    let before = params.before.parse().ok().map(TransactionId);
    let moved = deposit::movements(visit.db(), id, before, ROWS).await?;
    let waits = deposit::waiting(visit.db(), id, session.now).await?;
    let resuming = waits.iter().any(|one| matches!(one.payload, Payload::CustomerResuming { .. }));
    let of = find_load(visit, &one, &params.load).await?;
    let possible = |what: &What| session.can(what.right()) && (*what != What::Back || of.is_some());
    let can: Vec<What> = What::ALL.into_iter().filter(possible).collect();
    let wanted = form.as_ref().map_or(params.k.as_str(), |(what, _)| what.word());
    let what = can.iter().find(|what| what.word() == wanted).or(can.first()).copied();
    let entered = form.map_or_else(|| Entered::of(fresh(visit, of.as_ref()), text), |(_, entered)| entered);
    let of = of.filter(|_| what == Some(What::Back));
    let ask = what.map(|what| Ask { what, inputs: inputs(what, &entered, text), note: note(what, text), of });
    let others = can.iter().filter(|one| Some(**one) != what && **one != What::Back);
    let others = others.map(|one| (one.words(text), link(&customer_link(id), &[("k", one.word())]))).collect();
    let older = moved.last().filter(|_| moved.len() >= ROWS as usize);
    let page = View {
        shell: visit.shell(CUSTOMERS),
        path: customer_link(id),
        state: standing_of_customer(one.status, text),
        account: if one.facts.bank.account.is_empty() {
            text.customers.no_account.to_owned()
        } else {
            let bank = &one.facts.bank;
            fill(text.customers.account_of, &[&bank.account, &bank.name, &bank.holder])
        },
        told: places::told(visit, &params.a).await?,
        may_cards: visit.session.can(Action::ViewCards),
        may_edit: session.can(Action::ManageCustomers),
        may_resume: session.can(Action::ManageCustomers) && one.status == Standing::Suspended && !resuming,
        older: older.map(|last| link(&customer_link(id), &[("before", &last.id.0.to_string())])),
        first: before.map(|_| customer_link(id)),
        waiting: if before.is_some() { Vec::new() } else { waits.iter().map(|one| waiting_row(visit, one)).collect() },
        rows: moved.iter().map(|one| row(visit, one)).collect(),
        agrees: one.account.balance() == one.deposit,
        wrong: ask.as_ref().and_then(|ask| wrong_count(&ask.inputs, text)),
        ask,
        others,
        request: visit.new_request(),
        log: deposit::log(visit.db(), id, LOG).await?.iter().map(|one| places::log_line(one, text)).collect(),
        one,
    };
    Ok(render(&page).into_response())
}

fn fresh(visit: &Visit, of: Option<&Of>) -> Typed {
    let amount = of.map_or_else(String::new, |of| of.left.plain());
    let day = visit.session.now.business_date().to_string();
    Typed::from([("day", day), ("amount", amount)].map(|(name, value)| (name.to_owned(), value)))
}

/// The load that the address or a form names, if it is one of this customer's.
async fn find_load(visit: &Visit, one: &Sheet, rrn: &str) -> Result<Option<Of>, Problem> {
    let Ok(id) = rrn.parse().map(TransactionId) else { return Ok(None) };
    let found = deposit::load(visit.db(), id).await?.filter(|found| found.of.customer == one.id);
    Ok(found.map(|money| {
        let left = Fen(money.of.amount.0.saturating_sub(money.of.taken_back.0));
        let (rrn, amount) = (id.rrn(), money.of.amount.to_string());
        let words = fill(visit.text().customers.load_of, &[&rrn, &money.masked.0, &amount, &left.to_string()]);
        Of { rrn, words, left, money }
    }))
}

fn note(what: What, text: &'static Text) -> &'static str {
    match what {
        What::Funding => text.customers.note_funding,
        What::Return => text.customers.note_return,
        What::Load => text.customers.note_load,
        What::Back => text.customers.note_back,
    }
}

fn inputs(what: What, form: &Entered, text: &'static Text) -> Vec<Input> {
    let words = &text.customers;
    let amount = form.input("amount", words.amount).number();
    match what {
        What::Funding => vec![
            amount,
            form.input("reference", text.todo.f_reference).more(words.once).most(REFERENCE_MAX).number(),
            form.input("day", text.todo.f_received_on).date(),
            form.input("note", text.todo.f_note).most(NAME_MAX).optional(),
        ],
        What::Return | What::Back => vec![amount, form.input("reason", text.todo.f_because).more(words.reason_more)],
        What::Load => vec![
            form.input("card", text.todo.f_card).more(words.card_more).number(),
            amount,
            form.input("note", text.todo.f_note).most(NAME_MAX).optional(),
        ],
    }
}

/// A movement of the deposit.
fn row(visit: &Visit, one: &Movement) -> Row {
    let text = visit.text();
    let by = fill(text.customers.moved_by, &[&one.maker, &one.checker]);
    Row {
        at: one.at.date_time_text(),
        link: proposal_link(visit, one.proposal),
        what: crate::todo::act_words(one.money.act(), text),
        more: more(&one.money, &one.masked.0),
        back: back_link(visit, one),
        sub: by,
        out: if one.change < Fen::ZERO { Fen(one.change.0.saturating_neg()).to_string() } else { String::new() },
        paid: if one.change < Fen::ZERO { String::new() } else { one.change.to_string() },
        left: one.deposit.to_string(),
    }
}

/// A proposal that waits: what it holds is no movement.
fn waiting_row(visit: &Visit, one: &Waiting) -> Row {
    let text = visit.text();
    let money = one.payload.money();
    let holds = money.filter(|money| money.spends()).map_or_else(String::new, |money| money.amount().to_string());
    let coming = money.filter(|money| !money.spends()).map_or_else(String::new, |money| money.amount().to_string());
    Row {
        at: one.at.date_time_text(),
        link: proposal_link(visit, one.id),
        what: crate::todo::act_words(one.payload.act(), text),
        more: money.map_or_else(String::new, |money| more(money, &one.masked.0)),
        back: None,
        sub: fill(text.customers.waits_by, &[&one.maker]),
        out: holds,
        paid: coming,
        left: String::new(),
    }
}

fn back_link(visit: &Visit, one: &Movement) -> Option<String> {
    let can = matches!(one.money, Money::Load { .. }) && visit.session.can(What::Back.right());
    let to = |rrn: &str| link(&customer_link(one.money.customer()), &[("k", What::Back.word()), ("load", rrn)]);
    can.then(|| to(&one.id.rrn()))
}

fn proposal_link(visit: &Visit, id: TransactionId) -> Option<String> {
    visit.session.can(Action::ViewProposals).then(|| proposal::address(id))
}

fn more(money: &Money, masked: &str) -> String {
    match money {
        Money::Funding { reference, .. } => reference.clone(),
        Money::FundingReturn { .. } => String::new(),
        Money::Load { .. } | Money::Adjustment { .. } => masked.to_owned(),
    }
}

/// Proposes what the form says.
pub(crate) async fn act(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let one = find(&visit, id).await?;
    let asked = typed.get("do").cloned().unwrap_or_default();
    if asked == "resume" {
        visit.session.may(Action::ManageCustomers)?;
        let payload = Payload::CustomerResuming { customer: one.id };
        return places::propose(&visit, payload, request, &customer_link(one.id)).await;
    }
    let what = What::ALL.into_iter().find(|what| what.word() == asked).ok_or(Problem::BadForm)?;
    visit.session.may(what.right())?;
    let mut form = Entered::of(typed, visit.text());
    let params = Params { load: form.get("load").to_owned(), ..Params::default() };
    let money = read(&visit, &one, what, &mut form).await?;
    match money.filter(|_| form.is_sound()) {
        Some(money) => send(&visit, &params.load, what, money, request).await,
        None => view(&visit, one, &params, Some((what, form))).await,
    }
}

/// Proposes it and leads to the proposal, or back to its form, which says why not.
async fn send(visit: &Visit, load: &str, what: What, money: Money, request: RequestId) -> Result<Response, Problem> {
    let back = customer_link(money.customer());
    let step = proposal::propose(visit, Payload::Money(money), request).await?.ok_or(Problem::NotFound)?;
    let place = match &step {
        Step::Done(record) => step::address(&proposal::address(record.id), &[], request),
        _ => step::address(&back, &[("k", what.word()), ("load", load)], request),
    };
    step.redirect(visit, &place, &[])
}

/// What the form asks for; what cannot be is refused at its field.
async fn read(visit: &Visit, one: &Sheet, what: What, form: &mut Entered) -> Result<Option<Money>, Problem> {
    let (text, words, customer) = (visit.text(), &visit.text().customers, one.id);
    let amount = form.take("amount", |typed| {
        let amount = Fen::parse_yuan(typed.trim()).ok().filter(|amount| amount.is_positive());
        amount.map(|amount| amount.0).ok_or(Wrong::Form)
    });
    let amount = Fen(amount);
    if matches!(what, What::Return | What::Load) && amount > one.free() {
        let short = Fen(amount.0.saturating_sub(one.free().0));
        form.refuse("amount", fill(text.codes.deposit_short, &[&short.to_string()]));
    }
    if matches!(what, What::Funding | What::Load) && one.status != Standing::Active {
        form.refuse("amount", text.codes.customer_suspended.to_owned());
    }
    Ok(match what {
        What::Funding => {
            let reference = form.take("reference", directory::reference);
            let today = visit.session.now.business_date();
            let day = BusinessDate::parse(form.get("day").trim()).filter(|day| *day <= today);
            if day.is_none() {
                form.refuse("day", words.wrong_day.to_owned());
            }
            let note = form.take_optional("note", |typed| directory::text(typed, NAME_MAX));
            day.map(|received_on| Money::Funding { customer, amount, reference, received_on, note })
        }
        What::Return => {
            if one.facts.bank.account.is_empty() {
                form.refuse("amount", words.account_first.to_owned());
            }
            let reason = form.take("reason", directory::reason);
            Some(Money::FundingReturn { customer, amount, reason })
        }
        What::Back => {
            let of = find_load(visit, one, form.get("load")).await?.ok_or(Problem::NotFound)?;
            if amount > of.left {
                form.refuse("amount", fill(words.nothing_left, &[&of.left.to_string()]));
            }
            let (reason, card) = (form.take("reason", directory::reason), of.money.of.card);
            Some(Money::Adjustment { load: of.money.id, customer, card, amount, reason })
        }
        What::Load => {
            let card = card(visit, form).await?;
            let note = form.take_optional("note", |typed| directory::text(typed, NAME_MAX));
            card.map(|card| Money::Load { customer, card, amount, note })
        }
    })
}

/// The card that was typed or swiped. Its number is forgotten here.
async fn card(visit: &Visit, form: &mut Entered) -> Result<Option<CardId>, Problem> {
    let words = &visit.text().help;
    let typed = form.forget("card");
    let (found, wrong) = match visit.session.scan(&typed) {
        Scan::Card(read) => {
            let key = visit.web.vault.card_key(&read.number);
            (help::card(visit.db(), key, visit.session.now).await?.map(|card| card.id), words.no_card)
        }
        Scan::ForeignCard => (None, words.foreign),
        Scan::Misread => (None, words.misread),
        _ => (None, visit.text().customers.wrong_card),
    };
    if found.is_none() {
        form.refuse("card", wrong.to_owned());
    }
    Ok(found)
}

fn typed_of(facts: &Facts) -> Typed {
    let fields = [
        ("name", &facts.name),
        ("licence", &facts.licence),
        ("contact", &facts.contact),
        ("phone", &facts.phone),
        ("bank_name", &facts.bank.name),
        ("bank_account", &facts.bank.account),
        ("bank_holder", &facts.bank.holder),
    ];
    fields.map(|(name, value)| (name.to_owned(), value.clone())).into()
}

/// The form of what is on file.
pub(crate) async fn edit(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    let form = Entered::of(typed_of(&one.facts), visit.text());
    Ok(edit_view(&visit, &one, one.version, &form, false))
}

fn edit_view(visit: &Visit, one: &Sheet, version: i64, form: &Entered, stale: bool) -> Response {
    let title = format!("{} {}", visit.text().directory.edit, one.facts.name);
    let path = format!("{}/edit", customer_link(one.id));
    EditView::of(visit, (title, path, customer_link(one.id)), Some(version), form, stale)
}

/// Saves what is on file.
pub(crate) async fn save(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    let version = typed.get("version").and_then(|one| one.parse().ok()).ok_or(Problem::BadForm)?;
    let mut form = Entered::of(typed, visit.text());
    let facts = facts_of(&mut form, visit.text());
    if !form.is_sound() {
        return Ok(edit_view(&visit, &one, version, &form, false));
    }
    let entry = visit.session.entry("customer_changed", "", &changed(&one.facts, &facts));
    match customer::edit(visit.db(), one.id, version, facts, entry).await? {
        Edited::Done => Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &customer_link(one.id))),
        Edited::Gone => Err(Problem::NotFound),
        Edited::Stale => {
            let now = find(&visit, id).await?;
            Ok(edit_view(&visit, &now, now.version, &Entered::of(typed_of(&now.facts), visit.text()), true))
        }
    }
}

fn changed(old: &Facts, new: &Facts) -> String {
    changes(&[
        ("name", &old.name, &new.name),
        ("licence", &old.licence, &new.licence),
        ("contact", &old.contact, &new.contact),
        ("phone", &old.phone, &new.phone),
        ("bank", &old.bank.name, &new.bank.name),
        ("account", &old.bank.account, &new.bank.account),
        ("holder", &old.bank.holder, &new.bank.holder),
    ])
}

#[derive(Template)]
#[template(path = "customer_stop.html")]
struct StopView {
    shell: Shell,
    title: String,
    path: String,
    back: String,
    typed: String,
    wrong: Option<&'static str>,
}

/// What the form of a suspension sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct StopFields {
    reason: String,
}

/// Asks before a customer is suspended.
pub(crate) async fn ask_stop(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    Ok(stop_view(&visit, &one, "", None))
}

fn stop_view(visit: &Visit, one: &Sheet, typed: &str, wrong: Option<&'static str>) -> Response {
    let page = StopView {
        shell: visit.shell(CUSTOMERS),
        title: fill(visit.text().customers.stop_title, &[&one.facts.name]),
        path: format!("{}/suspend", customer_link(one.id)),
        back: customer_link(one.id),
        typed: typed.to_owned(),
        wrong,
    };
    render(&page).into_response()
}

/// Suspends a customer.
pub(crate) async fn stop(
    visit: Visit,
    Path(id): Path<i64>,
    Form(fields): Form<StopFields>,
) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    let words = &visit.text().directory;
    let Ok(reason) = directory::reason(&fields.reason) else {
        return Ok(stop_view(&visit, &one, &fields.reason, Some(words.wrong_reason)));
    };
    let entry = visit.session.entry("customer_suspended", "", &reason);
    match customer::suspend(visit.db(), one.id, entry).await? {
        Made::Done => Ok(Flash::new(Said::CustomerSuspended, &[]).redirect(&visit.web, &customer_link(one.id))),
        Made::Gone => Err(Problem::NotFound),
        Made::NotPossible | Made::Open(_) => Ok(stop_view(&visit, &one, &fields.reason, Some(words.not_possible))),
    }
}
