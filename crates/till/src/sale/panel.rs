//! The right column of the sale page: what it shows, from what is on record.
//!
//! What must stay true:
//! - What became of a payment is read from the ledger every time the page is drawn, never carried by the browser.
//! - While an attempt is open the column offers to look it up, and nothing that could pay a second time.

use std::collections::BTreeSet;

use askama::Template;
use domain::card_number::MaskedCard;
use domain::ids::{OrderId, RequestId, TransactionId};
use domain::ledger::{Kind, Transaction};
use domain::money::Fen;
use domain::order::OrderStatus;
use domain::outcome::Decline;
use domain::sweep::Pause;
use domain::time::Timestamp;
use serde::Deserialize;
use storage::draft::{FullOrder, Line};
use storage::payment::{self, OpenAttempt};
use storage::slip::Unprinted;
use storage::till::TillView;
use storage::vault::Confirmation;

use crate::text::Text;
use crate::{Page, Visit};
use web_kit::codes::{self, Advice, Step};
use web_kit::problem::Problem;
use web_kit::submit::{ANSWER_WITHIN, micros};
use web_kit::text::fill;

/// Rows of the list of transactions.
pub(crate) const ROWS: u32 = 8;

/// What an address asks of the column. Part of the sale page's query.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The attempt whose decline is to be shown, as hex digits; anything newer on record takes its place.
    a: String,
    /// `card`: the next step is in the card field; `pay`: it is the button 支付.
    at: String,
}

impl Params {
    /// Where in the column the focus belongs, if not into the scan field.
    fn focus(&self) -> Focus {
        match self.at.as_str() {
            "card" => Focus::Card,
            "pay" => Focus::Pay,
            _ => Focus::None,
        }
    }
}

/// The order's page after attempt `request`.
pub(crate) fn result_url(order: OrderId, request: RequestId) -> String {
    format!("/sale?order={order}&a={request}")
}

/// What the column is to show.
pub(crate) enum Panel {
    /// What is on record about the order.
    Recorded(Params),
    /// The form with a complaint or a balance.
    Form(Filled),
    /// "Is this right?"
    Confirm(Box<Confirm>),
    /// A decline that belongs to no order.
    Declined(Box<Transaction>),
    /// No PIN is compared now.
    Paused(Pause),
    /// The system failed and charged nothing.
    Fault,
}

impl Panel {
    /// Whether it shows what is on record about the order's last attempt.
    pub(crate) fn is_about_record(&self) -> bool {
        matches!(self, Self::Recorded(params) if !params.a.is_empty())
    }
}

/// What the form says besides its fields.
#[derive(Default)]
pub(crate) struct Filled {
    pub(super) card_error: Option<&'static str>,
    pub(super) pin_error: Option<&'static str>,
    pub(super) balance: Option<Balance>,
    pub(super) kept: Option<Kept>,
    pub(super) at: Focus,
}

/// A card that was read and is not read again for the next step.
pub(super) struct Kept {
    pub(super) token: String,
    /// Masked.
    pub(super) card: String,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Focus {
    #[default]
    None,
    Card,
    Pin,
    /// 支付.
    Pay,
}

/// The answer to 查余额.
pub(super) struct Balance {
    pub(super) card: String,
    pub(super) now: Fen,
    pub(super) after: Option<Fen>,
    pub(super) short: Option<Fen>,
}

/// A payment that waits for its "yes".
pub(crate) struct Confirm {
    pub(super) confirmation: Confirmation,
    pub(super) card: String,
    pub(super) holder: String,
    pub(super) balance: Fen,
    pub(super) after: Fen,
}

/// The column.
#[derive(Template)]
#[template(path = "sale/pay_panel.html")]
pub(crate) struct Right {
    page: Page,
    order: Option<Due>,
    /// Why it cannot be paid.
    unpayable: Option<&'static str>,
    view: View,
    rows: Vec<Row>,
    unprinted: Vec<Unprinted>,
    /// How many they are, in one line.
    unprinted_count: Option<String>,
    /// What a form sends to come back to the order at hand.
    at_hand: String,
    /// The dialog, which belongs outside of the page's main part.
    pub(crate) dialog: Option<Dialog>,
}

/// The order as far as its payment is concerned.
#[derive(Clone)]
struct Due {
    id: OrderId,
    number: String,
    total: Fen,
    goods: String,
    /// Which of its products have another price now, in words.
    updated: Option<String>,
    /// For which of its products the buyer's identity card is looked at, in words.
    id_check: Option<String>,
}

enum View {
    Form(Filled),
    Approved(Box<Approved>),
    Declined(Declined),
    Waiting(Waiting),
}

struct Approved {
    sale: Transaction,
    prints: String,
    printed: bool,
    open: bool,
}

struct Declined {
    heading: &'static str,
    /// Empty where the ledger never saw it.
    code: &'static str,
    advice: Advice,
    balance: Option<Fen>,
    rrn: Option<String>,
    steps: Vec<StepLink>,
    /// The PIN is all that is wrong, so the form stands right below.
    form: Option<Filled>,
}

struct StepLink {
    label: String,
    href: String,
    key: &'static str,
    icon: &'static str,
    clears: bool,
}

/// An attempt without a recorded outcome.
#[derive(Clone)]
struct Waiting {
    unknown: bool,
    /// Names the payment where the server may never have heard of it.
    token: String,
    card: String,
    sent: String,
}

/// The dialog 是否确认支付？ and the panel that takes over when its answer is lost.
#[derive(Template)]
#[template(path = "sale/pay_confirm.html")]
pub(crate) struct Dialog {
    page: Page,
    confirm: Confirm,
    order: Due,
    waiting: Waiting,
}

/// One line of the list 交易状态.
struct Row {
    class: &'static str,
    icon: &'static str,
    word: &'static str,
    kind: &'static str,
    amount: Fen,
    code: &'static str,
    what: String,
    time: String,
    slip: Option<TransactionId>,
}

impl Right {
    /// The order's payment is open, so without a script the page looks again by itself.
    pub(crate) fn reloads(&self) -> bool {
        matches!(self.view, View::Waiting(_))
    }

    /// The order is paid, so the key that leads to the scan field ends it first.
    pub(crate) fn paid(&self) -> bool {
        matches!(self.view, View::Approved(_))
    }

    /// The focus belongs into this column.
    pub(crate) fn focused(&self) -> bool {
        match &self.view {
            View::Form(form) => form.at != Focus::None || self.dialog.is_some(),
            View::Approved(_) | View::Declined(_) | View::Waiting(_) => true,
        }
    }

    /// What the page's title begins with.
    pub(crate) fn title(&self) -> &'static str {
        let text = &self.page.text.pay;
        match &self.view {
            _ if self.dialog.is_some() => text.confirm,
            View::Form(_) => self.page.text.sale.title,
            View::Approved(_) => text.succeeded,
            View::Declined(declined) => declined.heading,
            View::Waiting(waiting) if waiting.unknown => text.unknown,
            View::Waiting(_) => text.processing,
        }
    }
}

/// Builds the column for `order`.
pub(crate) async fn right(visit: &Visit, till: &TillView, panel: Panel) -> Result<Right, Problem> {
    let (own, order) = (visit.session.till()?.terminal, till.order.as_ref());
    let mut rows: Vec<Row> = till
        .attempts
        .iter()
        .filter(|one| one.actor.terminal == own)
        .map(|one| open_row(one, visit.session.now, visit.text()))
        .collect();
    rows.extend(till.latest.iter().map(|one| row(one, visit.text())));
    rows.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    let due = order.map(|order| due(order, visit.text()));
    let mut dialog = None;
    let view = match panel {
        Panel::Recorded(params) => recorded(visit, till, &params).await?,
        Panel::Form(filled) => View::Form(filled),
        Panel::Declined(declined) => View::Declined(declined_view(&declined, &visit.page, due.as_ref())),
        Panel::Paused(pause) => {
            View::Declined(unrecorded("", codes::paused(pause, visit.text()), &visit.page, due.as_ref()))
        }
        Panel::Fault => View::Declined(unrecorded("96", codes::fault(visit.text()), &visit.page, due.as_ref())),
        // The page says which line stops it.
        Panel::Confirm(_) if order.is_some_and(FullOrder::stops_payment) => View::Form(Filled::default()),
        Panel::Confirm(confirm) => {
            let Some(order) = due.clone() else { return Err(Problem::BadForm) };
            let balance =
                Balance { card: confirm.card.clone(), now: confirm.balance, after: Some(confirm.after), short: None };
            // The state of the order that the dialog shows: no other one is paid by its answer.
            let seen = till.order.as_ref().map_or(Timestamp(0), |order| order.changed_at);
            let token = visit.web.vault.confirmation_token(&Confirmation { seen, ..confirm.confirmation.clone() });
            let waiting = Waiting { unknown: true, token, card: confirm.card.clone(), sent: String::new() };
            dialog = Some(Dialog { page: visit.page.clone(), confirm: *confirm, order, waiting });
            View::Form(Filled { balance: Some(balance), ..Filled::default() })
        }
    };
    let mut unprinted = till.unprinted.clone();
    unprinted.retain(|one| order.is_none_or(|order| order.order.id != one.order));
    let count = unprinted.len().to_string();
    let unprinted_count = (!unprinted.is_empty()).then(|| fill(visit.text().pay.unprinted, &[&count]));
    let at_hand = due.as_ref().map_or_else(|| "new".to_owned(), |due| due.id.to_string());
    let unpayable = match &due {
        _ if order.is_some_and(FullOrder::stops_payment) => Some(visit.text().sale.recalled_line),
        Some(due) if due.total.is_positive() => None,
        _ => Some(visit.text().pay.nothing_to_pay),
    };
    Ok(Right {
        page: visit.page.clone(),
        order: due,
        unpayable,
        view,
        rows,
        unprinted,
        unprinted_count,
        at_hand,
        dialog,
    })
}

/// What the ledger knows about the order's payment.
async fn recorded(visit: &Visit, till: &TillView, params: &Params) -> Result<View, Problem> {
    let outlet = visit.session.store()?.outlet;
    let form = View::Form(Filled { at: params.focus(), ..Filled::default() });
    let Some(order) = &till.order else { return Ok(form) };
    if let (OrderStatus::Paid, Some(sale)) = (order.order.status, order.order.paid_by) {
        let recorded = till.record.iter().find(|one| one.id == sale).cloned();
        let sale = if recorded.is_some() { recorded } else { payment::transaction(visit.db(), outlet, sale).await? };
        let Some(sale) = sale else { return Ok(form) };
        let prints = fill(visit.text().pay.printed, &[&order.prints.to_string()]);
        return Ok(View::Approved(Box::new(Approved { sale, prints, printed: order.prints > 0, open: order.open })));
    }
    if order.order.attempt.is_some() {
        let sent = order.attempt_at.unwrap_or(visit.session.now);
        return Ok(View::Waiting(Waiting {
            unknown: visit.session.now.since(sent) >= micros(ANSWER_WITHIN),
            token: String::new(),
            card: order.attempt_masked.clone().map_or_else(String::new, |card| MaskedCard(card).grouped()),
            sent: sent.time_text(),
        }));
    }
    let Some(params) = RequestId::parse(&params.a) else { return Ok(form) };
    // A newer attempt, or a change to the order since, makes the old answer history.
    let latest =
        till.record.first().filter(|one| one.request_id == params && one.at >= order.changed_at && !one.approved());
    Ok(latest.map_or(form, |one| {
        let mut declined = declined_view(one, &visit.page, Some(&due(order, visit.text())));
        if one.decline == Some(Decline::Withdrawn) && order.stops_payment() {
            (declined.advice.todo, declined.steps) = (vec![visit.text().sale.recalled_line], Vec::new());
        }
        View::Declined(declined)
    }))
}

fn due(order: &FullOrder, text: &Text) -> Due {
    let (kinds, pieces) = (order.kinds().to_string(), order.pieces().to_string());
    Due {
        id: order.order.id,
        number: order.number.clone(),
        total: order.order.total,
        goods: fill(text.pay.goods_count, &[&kinds, &pieces]),
        updated: updated_words(order, text),
        id_check: id_check_words(order, text),
    }
}

fn id_check_words(order: &FullOrder, text: &Text) -> Option<String> {
    let names: BTreeSet<&str> = order.live().filter(|line| line.id_check).map(|line| line.name.as_str()).collect();
    let list = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(text.sale.id_check_apart);
    (!names.is_empty()).then(|| fill(text.sale.id_check_question, &[&list(names)]))
}

fn updated_words(order: &FullOrder, text: &Text) -> Option<String> {
    let updated: Vec<(&Line, Fen)> = order.live().filter_map(|line| Some((line, line.updated_price()?))).collect();
    let words = &text.sale;
    match updated.as_slice() {
        [] => None,
        [(line, now)] => Some(fill(words.updated_one, &[&line.name, &now.to_string(), &line.price.to_string()])),
        lines => Some(fill(words.updated_more, &[&lines.len().to_string()])),
    }
}

fn declined_view(transaction: &Transaction, page: &Page, due: Option<&Due>) -> Declined {
    let text = page.text;
    let advice = transaction.decline.map_or_else(|| codes::fault(text), |decline| codes::advice(decline, text));
    let steps = step_links(advice.steps, page, due);
    let inquiry = transaction.kind == Kind::Inquiry;
    let form = advice.steps.contains(&Step::Pin).then(|| Filled { at: Focus::Pin, ..Filled::default() });
    Declined {
        heading: if inquiry { text.pay.query_failed } else { text.pay.failed },
        code: transaction.code(),
        balance: transaction.balance,
        rrn: Some(transaction.id.rrn()),
        steps: if form.is_some() { Vec::new() } else { steps },
        form,
        advice: Advice { moved: if inquiry { text.codes.nothing_asked } else { advice.moved }, ..advice },
    }
}

/// A "no" that left no record.
fn unrecorded(code: &'static str, advice: Advice, page: &Page, due: Option<&Due>) -> Declined {
    let steps = step_links(advice.steps, page, due);
    Declined { heading: page.text.pay.failed, code, advice, balance: None, rrn: None, steps, form: None }
}

fn step_links(steps: &[Step], page: &Page, due: Option<&Due>) -> Vec<StepLink> {
    let text = &page.text.codes;
    let order = due.map_or_else(|| "/sale".to_owned(), |due| format!("/sale?order={}", due.id));
    let card = due.map_or_else(|| "/sale?at=card".to_owned(), |due| format!("/sale?order={}&at=card", due.id));
    let link = |step: &Step| match step {
        Step::Pin => (text.step_pin.to_owned(), card.clone(), "F3", "card"),
        Step::Card => (text.step_card.to_owned(), card.clone(), "F3", "card"),
        Step::Read => (text.step_read.to_owned(), card.clone(), "F3", "card"),
        Step::Again => (text.step_again.to_owned(), card.clone(), "F3", "redo"),
        Step::Edit => (text.step_edit.to_owned(), order.clone(), "Escape", "undo"),
        Step::Order => (text.step_order.to_owned(), order.clone(), "F1", "list"),
        Step::Later => (text.step_later.to_owned(), order.clone(), "Escape", "pause"),
        Step::Call => (fill(text.step_call, &[&page.hotline]), format!("tel:{}", page.tel()), "", "phone"),
    };
    let links = steps.iter().map(|step| {
        let (label, href, key, icon) = link(step);
        StepLink { label, href, key, icon, clears: matches!(step, Step::Card | Step::Read) }
    });
    links.collect()
}

fn row(transaction: &Transaction, text: &'static Text) -> Row {
    let (class, icon, word) = match transaction.decline {
        None => ("ok", "ok", text.pay.succeeded),
        Some(_) => ("bad", "bad", text.pay.failed),
    };
    Row {
        class,
        icon,
        word,
        kind: text.pay.kind(transaction.kind),
        amount: transaction.amount,
        code: transaction.code(),
        what: transaction.decline.map_or_else(|| text.codes.approved.to_owned(), |decline| codes::what(decline, text)),
        time: transaction.at.time_text(),
        slip: (transaction.approved() && transaction.kind == Kind::Sale).then_some(transaction.id),
    }
}

fn open_row(attempt: &OpenAttempt, now: Timestamp, text: &'static Text) -> Row {
    let unknown = now.since(attempt.at) >= micros(ANSWER_WITHIN);
    let (icon, word) = if unknown { ("unk", text.pay.unknown) } else { ("wait", text.pay.processing) };
    Row {
        class: "warn",
        icon,
        word,
        kind: text.pay.sale,
        amount: attempt.amount,
        code: "98",
        what: text.codes.pending.to_owned(),
        time: attempt.at.time_text(),
        slip: None,
    }
}
