//! One card: what is on it, what can be done with it, its history, and why an attempt was declined.
//!
//! What must stay true:
//! - No number, PIN or goods are here: the number as it may be seen, the holder masked, sums only.
//! - A form is shown for what the reader may do with the card as it stands; the books decide again.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::acts::{CardAct, Payload};
use domain::card_move::{CardMove, Request};
use domain::command::Actor;
use domain::directory;
use domain::explain::{self, Explained};
use domain::ids::{CardBatchId, CardId, RequestId, TransactionId};
use domain::ledger::{Kind, Transaction};
use domain::money::Fen;
use domain::outcome::Decline;
use domain::role::Action;
use serde::Deserialize;
use storage::card_page::{self, HISTORY_MAX, History, MoveSeen, Sheet};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal;
use web_kit::step::{self, Last, Step, Told};
use web_kit::text::{Words as _, fill};

use crate::batches::{batch_link, keeper_words, number_words};
use crate::card_number::number_link;
use crate::cards::{self, card_link, holder};
use crate::customers::{CUSTOMERS, customer_link};
use crate::pins::PINS;
use crate::programmes;
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// Lines of a page.
const ROWS: usize = 20;

#[derive(Template)]
#[template(path = "card.html")]
struct View {
    shell: Shell,
    path: String,
    title: String,
    told: Option<Told>,
    facts: Facts,
    /// What can be done: word, name and address of its form.
    moves: Vec<(bool, &'static str, String)>,
    ask: Option<Ask>,
    request: RequestId,
    /// Word and name of each tab.
    tabs: [(&'static str, &'static str); 4],
    tab: &'static str,
    identity: Identity,
    lines: Vec<LedgerLine>,
    attempts: Vec<AttemptLine>,
    states: Vec<StateLine>,
    proposals: Vec<ProposalLine>,
    newest: Option<String>,
    older: Option<String>,
    why: Option<Why>,
}

struct Facts {
    masked: String,
    holder: String,
    serial: String,
    programme: String,
    state: Badge,
    customer: Option<(String, String)>,
    /// Address and number of its batch.
    batch: Option<(String, String)>,
    /// Who has it while it is in nobody's use.
    kept: Option<String>,
    /// Whether its programme is suspended.
    stopped: bool,
    used_month: Option<String>,
    expires: String,
    balance: Fen,
    can_pay: Fen,
    used: String,
    sale_max: Fen,
    balance_max: Fen,
    tries: Vec<String>,
}

/// The form of a move.
struct Ask {
    made: CardMove,
    name: &'static str,
    note: &'static str,
    button: &'static str,
    reason: String,
    error: Option<&'static str>,
}

/// Loads + given back - sales - taken back = balance.
struct Identity {
    before: Option<Fen>,
    loads: Fen,
    back: Fen,
    sales: Fen,
    adjusted: Fen,
    balance: Fen,
    /// What the sums differ by from the balance.
    differs: Option<String>,
    part: Option<String>,
}

struct LedgerLine {
    at: String,
    kind: &'static str,
    rrn: String,
    place: String,
    out: String,
    paid: String,
    left: Fen,
}

struct AttemptLine {
    at: String,
    place: String,
    kind: &'static str,
    amount: Fen,
    code: &'static str,
    words: String,
    /// Where it is explained; none for an approved one.
    why: Option<String>,
    shown: bool,
}

struct StateLine {
    at: String,
    name: &'static str,
    change: String,
    reason: String,
    by: String,
    proposal: Option<(String, String)>,
}

struct ProposalLine {
    at: String,
    name: &'static str,
    rrn: String,
    link: Option<String>,
    maker: String,
    state: Badge,
}

/// A decline explained.
struct Why {
    rrn: String,
    at: String,
    title: String,
    /// How sure it is.
    class: &'static str,
    sure: &'static str,
    /// Name, value, and whether it is what declined.
    rows: Vec<(&'static str, String, bool)>,
    note: Option<&'static str>,
    tell: String,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The tab.
    t: String,
    /// The move whose form is shown.
    m: String,
    /// The request of the last step.
    a: String,
    /// Lines that were shown before.
    skip: String,
}

/// The card.
pub(crate) async fn show(visit: Visit, Path(id): Path<i64>, Query(params): Query<Params>) -> Result<Response, Problem> {
    view(&visit, CardId(id), &params, None, None).await
}

/// Why an attempt was declined.
pub(crate) async fn why(visit: Visit, Path((id, attempt)): Path<(i64, i64)>) -> Result<Response, Problem> {
    let params = Params { t: "attempts".to_owned(), ..Params::default() };
    view(&visit, CardId(id), &params, None, Some(TransactionId(attempt))).await
}

async fn view(
    visit: &Visit,
    id: CardId,
    params: &Params,
    typed: Option<(CardMove, String)>,
    attempt: Option<TransactionId>,
) -> Result<Response, Problem> {
    let (text, db) = (visit.text(), visit.db());
    let words = &text.cards;
    let sheet = card_page::find(db, id, visit.session.now).await?.ok_or(Problem::NotFound)?;
    let history = card_page::history(db, id).await?;
    let moves = card_page::moves(db, id).await?;
    let why = match attempt {
        Some(attempt) => Some(explained(visit, &sheet, &history, &moves, attempt)?),
        None => None,
    };
    let tabs = [
        ("ledger", words.tab_ledger),
        ("attempts", words.tab_attempts),
        ("states", words.tab_states),
        ("proposals", words.tab_proposals),
    ];
    let tab = tabs.iter().find(|(word, _)| *word == params.t).map_or("ledger", |(word, _)| word);
    let skip: usize = params.skip.parse().unwrap_or(0);
    let (lines, attempts) = (ledger(visit, &sheet, &history), attempts(visit, id, &history, attempt));
    let count = if tab == "ledger" { lines.len() } else { attempts.len() };
    let paged = tab == "ledger" || tab == "attempts";
    let at = |skip: usize| link(&card_link(id), &[("t", tab), ("skip", &skip.to_string())]);
    let possible = possible(visit, &sheet);
    let wanted = typed.as_ref().map(|(made, _)| *made).or(CardMove::from_word(&params.m));
    let ask = wanted.filter(|made| possible.contains(made)).map(|made| ask(visit, &sheet, made, typed));
    let page = View {
        shell: visit.shell(CUSTOMERS),
        path: card_link(id),
        title: sheet.line.serial.map_or_else(|| sheet.line.masked.grouped(), |serial| serial.to_string()),
        told: told(visit, &params.a).await?,
        facts: facts(visit, &sheet),
        moves: links(visit, id, &possible),
        ask,
        request: visit.new_request(),
        tabs,
        tab,
        identity: identity(&sheet, &history, text),
        lines: lines.into_iter().skip(skip).take(ROWS).collect(),
        attempts: attempts.into_iter().skip(skip).take(ROWS).collect(),
        states: moves.iter().rev().map(|one| state_line(visit, one)).collect(),
        proposals: proposals(visit, id).await?,
        newest: (paged && skip > 0).then(|| at(0)),
        older: (paged && count > skip.saturating_add(ROWS)).then(|| at(skip.saturating_add(ROWS))),
        why,
    };
    Ok(render(&page).into_response())
}

fn facts(visit: &Visit, sheet: &Sheet) -> Facts {
    let (text, now) = (visit.text(), visit.session.now);
    let words = &text.cards;
    let (today, card, line) = (now.business_date(), &sheet.card, &sheet.line);
    let (limits, spent) = (&card.programme, card.spent_today(today));
    let pays = card.usable(card.programme.merchants.first().copied().unwrap_or(domain::ids::MerchantId(0)), today);
    let left = limits.daily_max.minus(spent.amount).unwrap_or(Fen::ZERO);
    let month_left = limits.month_max.map(|most| most.minus(spent.month).unwrap_or(Fen::ZERO));
    let left = month_left.map_or(left, |month| month.min(left));
    let free = pays.is_ok() && limits.status.pays() && spent.count < limits.daily_count_max && sheet.left > 0;
    let can_pay = if free { card.balance.min(left).min(limits.sale_max).max(Fen::ZERO) } else { Fen::ZERO };
    let tried = |(place, wrong, left): &(String, u16, u16)| {
        fill(words.tries_at, &[place, &wrong.to_string(), &left.to_string()])
    };
    let (amount, most) = (spent.amount.to_string(), limits.daily_max.to_string());
    let batch = line.serial.map(|serial| CardBatchId(serial.batch()));
    Facts {
        masked: line.masked.grouped(),
        holder: holder(&line.holder, text),
        serial: line.serial.map_or_else(String::new, |serial| serial.to_string()),
        programme: line.programme.clone(),
        state: cards::state(line.status, line.expires_on, today, text),
        customer: sheet.customer.zip(line.customer.clone()).map(|(id, name)| (customer_link(id), name)),
        batch: batch.map(|id| (batch_link(id), number_words(id))),
        kept: sheet
            .kept
            .as_ref()
            .map(|(keeper, name)| format!("{} {name}", keeper_words(*keeper, text)).trim_end().to_owned()),
        stopped: !limits.status.pays(),
        used_month: limits
            .month_max
            .map(|most| fill(words.used_month_of, &[&spent.month.to_string(), &most.to_string()])),
        expires: line.expires_on.map_or_else(|| words.never.to_owned(), |day| day.to_string()),
        balance: card.balance,
        can_pay,
        used: fill(words.used_of, &[&amount, &most, &spent.count.to_string(), &limits.daily_count_max.to_string()]),
        sale_max: limits.sale_max,
        balance_max: limits.balance_max,
        tries: sheet.tries.iter().map(tried).collect(),
    }
}

/// What can be done with a card: moves, and what has a page of its own.
fn links(visit: &Visit, id: CardId, possible: &[CardMove]) -> Vec<(bool, &'static str, String)> {
    let text = visit.text();
    let a_move = |made: &CardMove| (stops(*made), move_words(*made, text), link(&card_link(id), &[("m", made.word())]));
    let others = [
        (visit.session.can(Action::ProposeCardMove), text.pins.reset, PINS.to_owned()),
        (visit.session.can(Action::RevealCardNumber), text.card_number.title, number_link(id)),
    ];
    let others = others.into_iter().filter(|(may, ..)| *may).map(|(_, name, link)| (false, name, link));
    possible.iter().map(a_move).chain(others).collect()
}

/// Whether a move keeps a card from paying.
fn stops(made: CardMove) -> bool {
    !matches!(made, CardMove::Unlock | CardMove::Reopen)
}

/// Whether the signed-in person makes a move alone.
fn is_alone(visit: &Visit, sheet: &Sheet, made: CardMove) -> bool {
    made.is_one_persons(sheet.card.status, &sheet.past, visit.session.person, visit.session.now)
}

/// The right that a move takes.
fn right(made: CardMove, alone: bool) -> Action {
    match made {
        CardMove::Freeze | CardMove::ReportLost | CardMove::ReportStolen | CardMove::LockPin => Action::StopCard,
        CardMove::Reopen if alone => Action::StopCard,
        CardMove::Unlock if alone => Action::UnlockCard,
        CardMove::Reopen | CardMove::Unlock | CardMove::Close => Action::ProposeCardMove,
    }
}

/// What the reader may do with the card as it stands.
fn possible(visit: &Visit, sheet: &Sheet) -> Vec<CardMove> {
    let fits = |made: &CardMove| {
        let helps = match made {
            CardMove::Unlock => !sheet.tries.is_empty() || made.after(sheet.card.status) != Some(sheet.card.status),
            CardMove::Close => sheet.card.balance == Fen::ZERO,
            CardMove::ReportLost => sheet.card.programme.loss_report,
            _ => true,
        };
        let may = visit.session.can(right(*made, is_alone(visit, sheet, *made)));
        helps && may && made.after(sheet.card.status).is_some()
    };
    CardMove::ALL.into_iter().filter(fits).collect()
}

fn move_words(made: CardMove, text: &'static Text) -> &'static str {
    let words = &text.cards;
    match made {
        CardMove::Freeze => words.freeze,
        CardMove::ReportLost => words.report_lost,
        CardMove::ReportStolen => words.report_stolen,
        CardMove::LockPin => words.lock_pin,
        CardMove::Unlock => words.unlock,
        CardMove::Reopen => words.reopen,
        CardMove::Close => words.close,
    }
}

fn ask(visit: &Visit, sheet: &Sheet, made: CardMove, typed: Option<(CardMove, String)>) -> Ask {
    let (text, alone) = (visit.text(), is_alone(visit, sheet, made));
    let words = &text.cards;
    let error = typed.is_some().then_some(words.wrong_reason);
    Ask {
        made,
        name: move_words(made, text),
        note: if alone { words.alone } else { words.by_two },
        button: if alone { words.submit } else { words.propose },
        reason: typed.map_or_else(String::new, |(_, reason)| reason),
        error,
    }
}

/// The form of a move.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    request: String,
    #[serde(rename = "do")]
    made: String,
    reason: String,
}

/// Moves the card, or proposes it where the move takes two persons.
pub(crate) async fn act(visit: Visit, Path(id): Path<i64>, Form(form): Form<Fields>) -> Result<Response, Problem> {
    let request = RequestId::parse(&form.request).ok_or(Problem::BadForm)?;
    let made = CardMove::from_word(&form.made).ok_or(Problem::BadForm)?;
    let id = CardId(id);
    let sheet = card_page::find(visit.db(), id, visit.session.now).await?.ok_or(Problem::NotFound)?;
    let alone = is_alone(&visit, &sheet, made);
    visit.session.may(right(made, alone))?;
    let Ok(reason) = directory::reason(&form.reason) else {
        return view(&visit, id, &Params::default(), Some((made, form.reason)), None).await;
    };
    let asked = Request { card: id, made, reason };
    let back = step::address(&card_link(id), &[("m", made.word())], request);
    if alone {
        let step = cards::make(&visit, asked, request).await?;
        return match step {
            Step::Done(_) => Ok(Flash::new(Said::CardMoved, &[]).redirect(&visit.web, &card_link(id))),
            step => step.redirect(&visit, &back, &[]),
        };
    }
    let payload = Payload::Card(CardAct::of(asked).ok_or(Problem::BadForm)?);
    let step = proposal::propose(&visit, payload, request).await?.ok_or(Problem::NotFound)?;
    match step {
        Step::Done(record) if visit.session.can(Action::ViewProposals) => {
            Ok(axum::response::Redirect::to(&proposal::address(record.id)).into_response())
        }
        Step::Done(_) => {
            let address = link(&card_link(id), &[("t", "proposals")]);
            Ok(Flash::new(Said::CardProposed, &[]).redirect(&visit.web, &address))
        }
        step => step.redirect(&visit, &back, &[]),
    }
}

/// What became of the last step, unless it is done.
async fn told(visit: &Visit, a: &str) -> Result<Option<Told>, Problem> {
    let own = |record: &Transaction| matches!(record.kind, Kind::Proposal | Kind::CardMove);
    let last = Last::find(&visit.web, Actor::issuer(visit.session.person), a, own).await?;
    let words = &visit.text().directory;
    let says = step::Words { not_done: words.not_done, unknown: words.unknown, unknown_do: words.unknown_do };
    Ok(last.and_then(|last| last.told(says, visit.text())))
}

/// Where a transaction was made.
fn place(history: &History, one: &Transaction, text: &'static Text) -> String {
    match history.outlets.get(&one.actor.outlet) {
        Some((merchant, outlet)) => fill(text.shared().shell.outlet_name, &[merchant, outlet]),
        None => text.shared().shell.company.to_owned(),
    }
}

/// What moved money, the latest first, with what was on the card after each.
fn ledger(visit: &Visit, sheet: &Sheet, history: &History) -> Vec<LedgerLine> {
    let text = visit.text();
    let mut left = sheet.card.balance;
    let mut lines = Vec::new();
    for one in &history.transactions {
        let change = explain::change(one);
        if change == 0 {
            continue;
        }
        let amount = one.amount.to_string();
        lines.push(LedgerLine {
            at: one.at.date_time_text(),
            kind: text.shared().pay.kind(one.kind),
            rrn: one.id.rrn(),
            place: place(history, one, text),
            out: if change < 0 { amount.clone() } else { String::new() },
            paid: if change > 0 { amount } else { String::new() },
            left,
        });
        left = Fen(left.0.saturating_sub(change));
    }
    lines
}

/// What the transactions add up to, beside what the card's row has.
fn identity(sheet: &Sheet, history: &History, text: &'static Text) -> Identity {
    let sum = |wanted: &dyn Fn(Kind) -> bool| {
        let own = history.transactions.iter().filter(|one| one.approved() && wanted(one.kind));
        Fen::sum(own.map(|one| one.amount)).unwrap_or(Fen(i64::MAX))
    };
    let (loads, sales) = (sum(&|kind| kind == Kind::Load), sum(&|kind| kind == Kind::Sale));
    let (back, adjusted) = (sum(&Kind::gives_back), sum(&|kind| kind == Kind::Adjustment));
    let oldest = history.transactions.last();
    let cut = oldest.is_some_and(|one| one.card_previous.is_some());
    // Where the history is cut, the balance that the oldest movement states says what was there before.
    let first = history.transactions.iter().rev().find(|one| explain::change(one) != 0);
    let before = first.filter(|_| cut).and_then(|one| Some(Fen(one.balance?.0.saturating_sub(explain::change(one)))));
    let all = [before.unwrap_or(Fen::ZERO), loads, back];
    let all = all.iter().fold(0_i64, |sum, one| sum.saturating_add(one.0));
    let all = Fen(all.saturating_sub(sales.0).saturating_sub(adjusted.0));
    let differs = all != sheet.card.balance;
    let difference = Fen(sheet.card.balance.0.saturating_sub(all.0)).to_string();
    Identity {
        before,
        loads,
        back,
        sales,
        adjusted,
        balance: sheet.card.balance,
        differs: differs.then(|| fill(text.cards.disagrees, &[&difference])),
        part: cut.then(|| fill(text.cards.i_part, &[&HISTORY_MAX.to_string()])),
    }
}

/// What was tried with the card, the latest first.
fn attempts(visit: &Visit, id: CardId, history: &History, shown: Option<TransactionId>) -> Vec<AttemptLine> {
    let text = visit.text();
    let pays = |one: &&Transaction| matches!(one.kind, Kind::Sale | Kind::Inquiry);
    let line = |one: &Transaction| AttemptLine {
        at: one.at.date_time_text(),
        place: place(history, one, text),
        kind: text.shared().pay.kind(one.kind),
        amount: one.amount,
        code: one.code(),
        words: one
            .decline
            .map_or_else(|| text.cards.approved.to_owned(), |decline| web_kit::codes::what(decline, text.shared())),
        why: (!one.approved()).then(|| format!("{}/attempts/{}", card_link(id), one.id.0)),
        shown: shown == Some(one.id),
    };
    history.transactions.iter().filter(pays).map(line).collect()
}

fn state_line(visit: &Visit, one: &MoveSeen) -> StateLine {
    let text = visit.text();
    let codes = &text.shared().codes;
    let (from, to) = (codes.card_state(one.moved.from), codes.card_state(one.moved.to));
    StateLine {
        at: one.at.date_time_text(),
        name: move_words(one.moved.made, text),
        change: fill(text.cards.from_to, &[from, to]),
        reason: one.moved.reason.clone(),
        by: one.by.clone(),
        proposal: one
            .proposal
            .filter(|_| visit.session.can(Action::ViewProposals))
            .map(|id| (proposal::address(id), id.rrn())),
    }
}

async fn proposals(visit: &Visit, id: CardId) -> Result<Vec<ProposalLine>, Problem> {
    let text = visit.text();
    let found = card_page::proposals(visit.db(), id).await?;
    let line = |(one, maker): (domain::proposal::Proposal, String)| ProposalLine {
        at: one.made_at.date_time_text(),
        name: crate::todo::act_words(one.payload.act(), text),
        rrn: one.id.rrn(),
        link: visit.session.can(Action::ViewProposals).then(|| proposal::address(one.id)),
        maker,
        state: crate::todo::state(&one, visit.session.now, text),
    };
    Ok(found.into_iter().map(line).collect())
}

/// The decision of an attempt, rebuilt.
fn explained(
    visit: &Visit,
    sheet: &Sheet,
    history: &History,
    moves: &[MoveSeen],
    id: TransactionId,
) -> Result<Why, Problem> {
    let text = visit.text();
    let words = &text.cards;
    let attempt = history.transactions.iter().find(|one| one.id == id).ok_or(Problem::NotFound)?;
    let moves: Vec<_> = moves.iter().map(|one| one.moved.clone()).collect();
    let all = explain::History {
        card: &sheet.card,
        activated_at: sheet.activated_at,
        transactions: &history.transactions,
        moves: &moves,
        place: &|one| history.place(one),
        limits: &sheet.limits,
    };
    let told = all.explain(id).ok_or(Problem::NotFound)?;
    let advice = attempt.decline.map(|decline| web_kit::codes::advice(decline, text.shared()));
    let (class, sure) = match (attempt.decline, told.agrees) {
        (None, _) => ("info", words.was_approved),
        (Some(_), Some(true)) => ("ok", words.rebuilt_ok),
        (Some(_), Some(false)) => ("bad", words.rebuilt_bad),
        (Some(_), None) => ("info", words.rebuilt_none),
    };
    let what = advice.as_ref().map_or_else(String::new, |advice| advice.what.clone());
    Ok(Why {
        rrn: fill(words.rrn, &[&id.rrn()]),
        at: attempt.at.date_time_text(),
        title: format!("{} {what}", attempt.code()),
        class,
        sure,
        rows: why_rows(sheet, history, attempt, &told, text),
        note: attempt.decline.map(|_| words.limits_today),
        tell: advice.map_or_else(String::new, |one| format!("{} {} {}", one.what, one.moved, one.todo.join(" "))),
    })
}

fn why_rows(
    sheet: &Sheet,
    history: &History,
    attempt: &Transaction,
    told: &Explained,
    text: &'static Text,
) -> Vec<(&'static str, String, bool)> {
    let (words, then, limits) = (&text.cards, &told.then, &sheet.card.programme);
    let decline = attempt.decline;
    let of_then = |limit: String| fill(words.limit_then, &[&limit]);
    let (mut sale, mut daily) = (limits.sale_max.to_string(), limits.daily_max.to_string());
    let mut month = limits.month_max.map(|limit| limit.to_string());
    let mut count = limits.daily_count_max.to_string();
    match decline {
        Some(Decline::OverSaleLimit { limit }) => sale = of_then(limit.to_string()),
        Some(Decline::OverDailyLimit { limit }) => daily = of_then(limit.to_string()),
        Some(Decline::OverMonthlyLimit { limit }) => month = Some(of_then(limit.to_string())),
        Some(Decline::OverDailyCount { limit }) => count = of_then(limit.to_string()),
        _ => {}
    }
    let state = then.status.map_or(words.w_unknown, |status| text.shared().codes.card_state(status));
    let here = history.place(attempt);
    let wrong = then.tries.as_ref().map_or_else(
        || words.w_unknown.to_owned(),
        |tries| fill(words.w_pin_at, &[&tries.places.get(&here).copied().unwrap_or(0).to_string()]),
    );
    let spent = fill(words.w_spent_of, &[&then.spent.amount.to_string(), &then.spent.count.to_string()]);
    let code = decline.map_or("00", Decline::code);
    let stopped = decline == Some(Decline::ProgrammeSuspended);
    let mut rows = vec![
        (words.w_asked, attempt.amount.to_string(), false),
        (words.w_pin, wrong, matches!(code, "55" | "75")),
        (words.w_state, state.to_owned(), matches!(code, "41" | "43" | "62")),
        (
            words.expires,
            sheet.card.expires_on.map_or_else(|| words.never.to_owned(), |day| day.to_string()),
            code == "54",
        ),
        (words.w_sale, sale, matches!(decline, Some(Decline::OverSaleLimit { .. }))),
        (words.w_spent, spent, false),
        (words.w_count, count, code == "65"),
        (words.w_daily, daily, matches!(decline, Some(Decline::OverDailyLimit { .. }))),
    ];
    if let Some(month) = month {
        rows.push((words.w_spent_month, then.spent.month.to_string(), false));
        rows.push((words.w_monthly, month, matches!(decline, Some(Decline::OverMonthlyLimit { .. }))));
    }
    rows.push((words.w_balance, then.balance.to_string(), code == "51"));
    rows.push((words.w_programme, programmes::state(limits.status, text).word.to_owned(), stopped));
    rows
}
