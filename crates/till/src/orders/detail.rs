//! One order: whether the goods may be handed over, what it was, and everything that happened to it.
//!
//! What must stay true: every order answers 可以交付药品 or not in one line ([`standing`]), on its own page and in every
//! list; "not charged" is said only of an order that the ledger has no approved sale of.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use domain::card::masked_name;
use domain::ids::{OrderId, PersonId};
use domain::ledger::{Kind, Transaction};
use domain::order::OrderStatus;
use domain::role::Action;
use domain::time::Timestamp;
use storage::orders::{self, Detail, Listed, MarkKind, SoldLine};
use storage::payment;

use crate::orders::list;
use crate::sale::attempt;
use crate::text::Text;
use crate::text::orders::Orders;
use crate::{Shell, Visit};
use web_kit::badge::Badge;
use web_kit::codes;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::session::Session;
use web_kit::submit::{ANSWER_WITHIN, micros};
use web_kit::text::fill;

/// How an order stands, at one look.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// 交易状态.
    pub(crate) badge: Badge,
    /// May the goods be handed over?
    pub(crate) hand_over: String,
}

/// How `order` stands at `now`.
pub(crate) fn standing(order: &Listed, now: Timestamp, text: &Text) -> Standing {
    let words = &text.orders;
    let plain = |class, icon, word, hand_over: &str| Standing {
        badge: Badge::new(class, icon, word),
        hand_over: hand_over.to_owned(),
    };
    if let Some((sent, _)) = &order.open_attempt {
        return if now.since(*sent) < micros(ANSWER_WITHIN) {
            plain("warn", "wait", words.processing, words.wait_processing)
        } else {
            plain("warn", "unk", words.unknown, words.wait)
        };
    }
    match order.status {
        _ if order.pending => plain("warn", "wait", words.refund_pending, words.under_review),
        OrderStatus::Paid => plain("ok", "ok", words.charged, words.may_hand_over),
        OrderStatus::PartlyRefunded => {
            let line = fill(words.partly_given_back, &[&order.given_back().to_string()]);
            plain("info", "undo", went_back(order, words.partly_refunded, words.partly_disputed, words), &line)
        }
        OrderStatus::Refunded => {
            plain("off", "undo", went_back(order, words.refunded, words.disputed, words), words.given_back)
        }
        OrderStatus::Voided => plain("off", "undo", words.voided, words.undone),
        OrderStatus::Draft | OrderStatus::Abandoned if order.decisive.is_some() => {
            plain("bad", "bad", words.failed, words.not_charged)
        }
        OrderStatus::Draft => plain("off", "edit", words.unpaid, words.not_paid),
        OrderStatus::Abandoned => plain("off", "close", words.abandoned, words.not_paid),
    }
}

/// What gave money back: a refund, a dispute, or both.
fn went_back(order: &Listed, refunded: &'static str, disputed: &'static str, words: &Orders) -> &'static str {
    match (order.refunds.count, order.disputes.count) {
        (_, 0) => refunded,
        (0, _) => disputed,
        _ => words.refunded_and_disputed,
    }
}

/// Response code of the deciding attempt and what it means.
pub(crate) fn meaning(order: &Listed, text: &Text) -> (&'static str, String) {
    match &order.decisive {
        _ if order.open_attempt.is_some() => ("98", text.codes.pending.to_owned()),
        Some(sale) => (sale.code(), explained(sale, text)),
        None => ("", String::new()),
    }
}

fn explained(transaction: &Transaction, text: &Text) -> String {
    transaction.decline.map_or_else(|| text.codes.approved.to_owned(), |decline| codes::what(decline, text))
}

/// The holder's name, masked.
pub(crate) fn holder(order: &Listed, text: &Text) -> String {
    match &order.decisive {
        Some(sale) if sale.card.is_some() && order.holder.is_empty() => text.pay.anonymous.to_owned(),
        Some(sale) if sale.card.is_some() => masked_name(&order.holder),
        _ => "\u{2014}".to_owned(),
    }
}

/// What this person can do with an order now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps {
    pub(crate) refund: Option<String>,
    /// A refund waits for its decision.
    pub(crate) pending: bool,
    pub(crate) void: Option<String>,
    pub(crate) slip: Option<String>,
    pub(crate) query: Option<String>,
    pub(crate) pay: Option<String>,
}

impl Steps {
    /// There is nothing to do.
    pub(crate) fn none(&self) -> bool {
        let links = [&self.refund, &self.void, &self.slip, &self.query, &self.pay];
        links.into_iter().all(Option::is_none)
    }
}

/// What `session` can do with `order`.
pub(crate) fn steps(order: &Listed, session: &Session, now: Timestamp) -> Steps {
    let id = order.id;
    let sells = session.can(Action::Sell);
    if order.open_attempt.is_some() {
        return Steps { query: sells.then(|| format!("/orders/{id}/query")), ..Steps::default() };
    }
    let own_till = session.till.as_ref().is_ok_and(|till| till.terminal == order.terminal);
    let sale = order.decisive.as_ref().filter(|sale| sale.approved());
    let left = matches!(order.status, OrderStatus::Paid | OrderStatus::PartlyRefunded);
    let today = sale.is_some_and(|sale| sale.business_date == now.business_date());
    let voidable = order.status == OrderStatus::Paid && order.batch_open && own_till && today && !order.pending;
    let unpaid = order.status == OrderStatus::Draft && own_till;
    Steps {
        refund: (left && !order.pending && session.can(Action::RequestRefund))
            .then(|| format!("/refunds/new?order={id}")),
        pending: order.pending,
        void: (voidable && sells).then(|| format!("/void?order={id}")),
        slip: sale.map(|sale| format!("/slip/{}", sale.id.rrn())),
        query: None,
        pay: (unpaid && sells).then(|| format!("/sale?order={id}")),
    }
}

#[derive(Template)]
#[template(path = "orders/detail.html")]
struct View {
    shell: Shell,
    number: String,
    standing: Standing,
    code: &'static str,
    meaning: String,
    /// Label, value.
    facts: Vec<(&'static str, String)>,
    lines: Vec<LineView>,
    total: String,
    events: Vec<Event>,
    steps: Steps,
    /// The list of its day.
    back: String,
    /// Without a script the page looks again by itself.
    reloads: bool,
}

struct LineView {
    code: String,
    name: String,
    spec: String,
    price: String,
    quantity: i64,
    amount: String,
    notes: Vec<String>,
    voided: bool,
}

/// Something that happened to the order.
struct Event {
    at: Timestamp,
    day: String,
    time: String,
    class: &'static str,
    icon: &'static str,
    what: String,
    /// Result, as icon, colour and word.
    result: Option<(&'static str, &'static str)>,
    more: Vec<String>,
    who: String,
}

/// The page of an order of this store.
pub(crate) async fn show(visit: Visit, Path(order): Path<String>) -> Result<Response, Problem> {
    let outlet = visit.session.store()?.outlet;
    let id = order.parse().map(OrderId).map_err(|_| Problem::NotFound)?;
    let detail = orders::detail(visit.db(), outlet, id).await?.ok_or(Problem::NotFound)?;
    let (text, now) = (visit.text(), visit.session.now);
    let order = &detail.order;
    let day = order.at().business_date().to_string();
    let (code, meaning) = meaning(order, text);
    let view = View {
        number: order.number.clone(),
        standing: standing(order, now, text),
        code,
        meaning,
        facts: facts(&detail, now, text),
        lines: detail.lines.iter().map(|line| line_view(line, &detail, text)).collect(),
        total: order.total.to_string(),
        events: events(&detail, text),
        steps: steps(order, &visit.session, now),
        back: link("/orders", &[("from", &day), ("to", &day)]),
        reloads: order.open_attempt.is_some(),
        shell: visit.shell("/orders"),
    };
    Ok(render(&view).into_response())
}

/// Looks up the outcome of the order's open attempt, and shows the order with it.
pub(crate) async fn query(visit: Visit, Path(order): Path<String>) -> Result<Response, Problem> {
    let outlet = visit.session.store()?.outlet;
    let id = order.parse().map(OrderId).map_err(|_| Problem::NotFound)?;
    if let Some(open) = payment::attempt_of(visit.db(), outlet, id).await? {
        // No answer leaves the order as it is: locked, its outcome unknown.
        if let Ok(Err(error)) = tokio::time::timeout(ANSWER_WITHIN, attempt::resolve(&visit.web, &open)).await {
            tracing::warn!(%error, order = open.number, "the outcome of a payment is still unknown");
        }
    }
    Ok(Redirect::to(&format!("/orders/{id}")).into_response())
}

fn facts(detail: &Detail, now: Timestamp, text: &'static Text) -> Vec<(&'static str, String)> {
    let (order, words) = (&detail.order, &text.orders);
    let mut facts = vec![(words.order, order.number.clone()), (words.total_due, format!("\u{a5}{}", order.total))];
    if order.given_back().is_positive() {
        facts.push((words.given_back_sum, format!("\u{a5}{}", order.given_back())));
    }
    if order.decisive.is_some() || order.open_attempt.is_some() {
        facts.push((words.paid_at, order.at().date_time_text()));
        facts.push((words.card, list::card(order)));
        facts.push((words.holder, holder(order, text)));
    } else {
        facts.push((words.opened_at, order.opened_at.date_time_text()));
    }
    if let Some(sale) = &order.decisive {
        facts.push((words.reference, sale.id.rrn()));
        facts.push((words.voucher, sale.id.stan()));
    }
    facts.push((words.cashier, order.person.clone()));
    facts.push((words.terminal, order.terminal.to_string()));
    if order.status.was_charged() {
        facts.push((words.prints, fill(words.prints_count, &[&order.prints.to_string()])));
    }
    let open = matches!(order.status, OrderStatus::Paid | OrderStatus::PartlyRefunded);
    if let Some(until) = order.refund_until.filter(|_| open) {
        facts.push((words.refund_until, deadline(until, now, text)));
    }
    facts
}

/// Until when the shop may refund, and how long that is from now.
fn deadline(until: Timestamp, now: Timestamp, text: &Text) -> String {
    let (moment, left) = (until.date_time_text(), until.since(now));
    if left < 0 {
        return fill(text.orders.refund_over, &[&moment]);
    }
    let minutes = left / 60_000_000;
    fill(text.orders.refund_left, &[&moment, &(minutes / 60).to_string(), &(minutes % 60).to_string()])
}

fn name(detail: &Detail, person: PersonId) -> String {
    detail.names.get(&person).cloned().unwrap_or_default()
}

fn line_view(line: &SoldLine, detail: &Detail, text: &'static Text) -> LineView {
    let words = &text.orders;
    let mut notes = Vec::new();
    notes.extend(price_note(line, detail, text));
    if let Some((at, person)) = line.voided {
        notes.push(fill(words.voided_line, &[&name(detail, person), &at.time_text()]));
    }
    if line.returned > 0 {
        notes.push(fill(words.returned, &[&line.returned.to_string()]));
    }
    LineView {
        code: line.code.clone(),
        name: line.name.clone(),
        spec: line.spec.clone(),
        price: line.price.to_string(),
        quantity: line.quantity,
        amount: line.amount.to_string(),
        notes,
        voided: line.voided.is_some(),
    }
}

/// Another price than the catalogue's, and who agreed to it.
fn price_note(line: &SoldLine, detail: &Detail, text: &'static Text) -> Option<String> {
    let list = line.list_price.filter(|list| *list != line.price)?.to_string();
    Some(match line.confirmed_by {
        Some(person) => fill(text.orders.price_confirmed, &[&list, &name(detail, person)]),
        None => fill(text.orders.price_changed, &[&list]),
    })
}

/// Everything that happened, oldest first.
fn events(detail: &Detail, text: &'static Text) -> Vec<Event> {
    let words = &text.orders;
    let plain = |at: Timestamp, icon, what: String, who: String| Event {
        at,
        day: at.business_date().to_string(),
        time: at.time_text(),
        class: "off",
        icon,
        what,
        result: None,
        more: Vec::new(),
        who,
    };
    let order = &detail.order;
    let mut events = vec![plain(order.opened_at, "plus", words.opened.to_owned(), name(detail, order.opened_by))];
    for line in &detail.lines {
        let (pieces, (at, person)) = (line.quantity.to_string(), line.added);
        let what = fill(words.line_added, &[&line.name, &pieces, &line.price.to_string()]);
        let more = price_note(line, detail, text).into_iter().collect();
        events.push(Event { more, ..plain(at, "scan", what, name(detail, person)) });
        if let Some((at, person)) = line.voided {
            events.push(plain(at, "trash", fill(words.line_voided, &[&line.name, &pieces]), name(detail, person)));
        }
    }
    for mark in &detail.marks {
        let (icon, what) = match mark.kind {
            MarkKind::Printed => ("print", words.printed),
            MarkKind::Reprinted => ("print", words.reprinted),
            MarkKind::NotPrinted => ("close", words.not_printed),
            MarkKind::Restored => ("undo", words.line_restored),
            MarkKind::Abandoned => ("close", words.order_abandoned),
        };
        let who = mark.person.map_or_else(String::new, |person| name(detail, person));
        events.push(plain(mark.at, icon, what.to_owned(), who));
    }
    for one in &detail.transactions {
        let kind = text.pay.kind(one.kind);
        let what = fill(words.attempt, &[kind, &one.amount.to_string()]);
        let (class, word) = if one.approved() { ("ok", words.succeeded) } else { ("bad", words.declined) };
        let event = plain(one.at, class, what, name(detail, one.actor.person));
        events.push(Event { class, result: Some((class, word)), more: about(one, detail, text), ..event });
    }
    if let Some((sent, card)) = &order.open_attempt {
        let what = fill(words.sent, &[&order.total.to_string()]);
        let more = vec![domain::card_number::MaskedCard(card.clone()).grouped()];
        let result = Some(("warn", words.unknown));
        events.push(Event { class: "warn", result, more, ..plain(*sent, "unk", what, order.person.clone()) });
    }
    events.sort_by_key(|event| event.at);
    events
}

/// Code, card, reference, and what people wrote about a refund.
fn about(one: &Transaction, detail: &Detail, text: &'static Text) -> Vec<String> {
    let words = &text.orders;
    let mut more = vec![format!("{} {}", one.code(), explained(one, text))];
    if one.kind == Kind::Sale {
        more.push(one.masked.grouped());
    }
    more.push(format!("{} {}", words.reference, one.id.rrn()));
    let asked = detail.refunds.iter().find(|refund| refund.id == one.id);
    more.extend(asked.map(|refund| fill(words.reason, &[&refund.reason])));
    let decided = detail.refunds.iter().find(|refund| refund.decided_by == Some(one.id));
    more.extend(decided.map(|refund| fill(words.opinion, &[&refund.opinion])));
    more.extend(one.checker.map(|person| fill(words.checked_by, &[&name(detail, person)])));
    more
}
