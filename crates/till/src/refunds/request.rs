//! 退货申请: what comes back of an order, and why. Submitting it moves no money; a review does.
//!
//! What must stay true:
//! - The form carries its request id, made when the page is made, so that sent twice it is one request.
//! - This page finds out whether the shop may still decide and has a reviewer; the form does not say so.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use domain::card::masked_name;
use domain::command::Command;
use domain::ids::{OrderId, RequestId, TransactionId};
use domain::ledger::{Kind, Transaction};
use domain::money::{Fen, half_width};
use domain::order::OrderStatus;
use domain::refund::{Ground, Refund, RefundStatus, Request, text_fits};
use domain::role::Action;
use storage::human;
use storage::refund::{self, Goods, SoldOrder};

use crate::text::Text;
use crate::{Shell, Visit};
use web_kit::codes;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::refund::review::time_left;
use web_kit::session::Session;
use web_kit::step::{self, Last, Step};
use web_kit::submit::actor_anywhere;
use web_kit::text::fill;
use web_kit::text::refund::Refunds;

#[derive(Template)]
#[template(path = "refunds/request.html")]
struct View {
    shell: Shell,
    order: OrderId,
    number: String,
    sold_at: String,
    card: String,
    deadline: String,
    left: Option<String>,
    /// Requests of this order that wait, a sentence each.
    waiting: Vec<String>,
    /// Reasons that are given often, each with its kind.
    usual: Vec<(&'static str, &'static str)>,
    stage: Stage,
}

enum Stage {
    /// Nothing can be asked for; the sentence says why.
    Closed(String),
    /// To be filled in.
    Form(Box<Filled>),
    /// The request is on record.
    Sent { sentence: &'static str, rrn: String, review: bool },
    /// No answer; the form waits to be sent again as it was.
    Unknown(Box<Filled>),
}

struct Filled {
    request: RequestId,
    late: bool,
    sole: bool,
    rows: Vec<Row>,
    drugs: bool,
    grounds: Vec<(&'static str, &'static str, bool)>,
    reason: String,
    total: Fen,
    wrong: Wrong,
}

struct Row {
    line: i64,
    name: String,
    spec: String,
    /// Names the field for pieces.
    label: String,
    price: Fen,
    left: i64,
    ticked: bool,
    pieces: String,
    amount: Option<Fen>,
}

/// What is wrong with the form, by place.
#[derive(Default)]
struct Wrong {
    whole: Option<String>,
    goods: Option<String>,
    ground: Option<&'static str>,
    reason: Option<&'static str>,
}

impl Wrong {
    fn any(&self) -> bool {
        self.whole.is_some() || self.goods.is_some() || self.ground.is_some() || self.reason.is_some()
    }
}

/// What a form or address asks. Fields `t<line>` tick a line, `q<line>` say how many pieces.
#[derive(Default)]
struct Fields {
    order: Option<OrderId>,
    request: Option<RequestId>,
    /// The request whose result is to be shown.
    result: String,
    ticked: Vec<i64>,
    pieces: BTreeMap<i64, String>,
    ground: Option<Ground>,
    reason: String,
    escalate: bool,
}

impl Fields {
    fn read(pairs: Vec<(String, String)>) -> Self {
        let (mut fields, mut usual) = (Self::default(), String::new());
        for (name, value) in pairs {
            let line = |prefix: &str| name.strip_prefix(prefix).and_then(|line| line.parse::<i64>().ok());
            match name.as_str() {
                "order" => fields.order = value.parse().ok().map(OrderId),
                "request" => fields.request = RequestId::parse(&value),
                "a" => fields.result = value,
                "ground" => fields.ground = Ground::from_word(&value),
                "reason" => value.trim().clone_into(&mut fields.reason),
                // One of the usual reasons: its kind and its words.
                "usual" => usual = value,
                "do" => fields.escalate = value == "escalate",
                _ => {
                    if let Some(line) = line("t") {
                        fields.ticked.push(line);
                    } else if let Some(line) = line("q") {
                        fields.pieces.insert(line, value.trim().chars().map(half_width).collect());
                    }
                }
            }
        }
        if let Some((word, reason)) = usual.split_once(' ') {
            (fields.ground, fields.reason) = (Ground::from_word(word), reason.to_owned());
        }
        fields
    }

    /// The page as it is first shown: everything that is left comes back.
    fn everything(order: OrderId, goods: &[Goods]) -> Self {
        let left = || goods.iter().filter(|goods| goods.pieces > 0);
        Self {
            order: Some(order),
            ticked: left().map(|goods| goods.sold.line).collect(),
            pieces: left().map(|goods| (goods.sold.line, goods.pieces.to_string())).collect(),
            ..Self::default()
        }
    }

    fn is_filled(&self) -> bool {
        !self.ticked.is_empty() || !self.pieces.is_empty()
    }

    /// Line and pieces of every ticked line; nothing when one of them cannot be.
    fn lines(&self, goods: &[Goods]) -> Option<Vec<(i64, i64)>> {
        let ticked = goods.iter().filter(|goods| self.ticked.contains(&goods.sold.line));
        let lines: Option<Vec<_>> = ticked.map(|goods| Some((goods.sold.line, self.count(goods)?))).collect();
        lines.filter(|lines| !lines.is_empty())
    }

    fn count(&self, goods: &Goods) -> Option<i64> {
        let count = self.pieces.get(&goods.sold.line)?.parse().ok()?;
        (1..=goods.pieces).contains(&count).then_some(count)
    }

    fn check(&self, goods: &[Goods], text: &'static Text) -> Wrong {
        let text = &text.refund;
        let reason = match self.reason.as_str() {
            "" => Some(text.reason_empty),
            reason if !text_fits(reason) => Some(text.reason_length),
            _ => None,
        };
        let ground = self.ground.is_none().then_some(text.ground_empty);
        Wrong { whole: None, goods: self.wrong_goods(goods, text), ground, reason }
    }

    /// What is wrong with the lines: nothing ticked, no pieces, or more of them than are left.
    fn wrong_goods(&self, goods: &[Goods], text: &Refunds) -> Option<String> {
        let ticked = || goods.iter().filter(|goods| self.ticked.contains(&goods.sold.line));
        let wrong = ticked().find(|goods| self.count(goods).is_none());
        match wrong {
            None => ticked().next().is_none().then(|| text.nothing_chosen.to_owned()),
            Some(goods) => {
                let pieces = self.pieces.get(&goods.sold.line).map_or("", String::as_str);
                let too_many =
                    !pieces.is_empty() && !pieces.starts_with('0') && pieces.bytes().all(|b| b.is_ascii_digit());
                let sentence = if too_many { text.too_many_pieces } else { text.pieces_empty };
                Some(fill(sentence, &[&goods.name, &goods.pieces.to_string()]))
            }
        }
    }
}

/// What is known about the order and the applicant.
struct Case {
    sold: SoldOrder,
    late: bool,
    /// The merchant has no other human who reviews, so the card company will.
    sole: bool,
}

async fn load(visit: &Visit, fields: &Fields) -> Result<Case, Problem> {
    let shop = visit.session.store()?;
    let order = fields.order.ok_or(Problem::NotFound)?;
    let sold = refund::sold_order(visit.db(), shop.outlet, order).await?.ok_or(Problem::NotFound)?;
    let late = visit.session.now > sold.deadline;
    let (person, now) = (visit.session.person, visit.session.now);
    let sole = !human::has_other_reviewer(visit.db(), (shop.merchant, shop.outlet), person, now).await?;
    Ok(Case { sold, late, sole })
}

impl Case {
    /// Why nothing can be asked for.
    fn closed(&self, text: &'static Text) -> Option<String> {
        let text = &text.refund;
        let open = self.sold.refunds.iter().any(|(refund, _)| refund.status.is_open());
        let plain = match self.sold.order.status {
            OrderStatus::Draft if self.sold.order.attempt.is_some() => text.unknown_sale,
            OrderStatus::Draft | OrderStatus::Abandoned => text.not_charged,
            OrderStatus::Voided => text.voided,
            OrderStatus::Refunded => text.all_refunded,
            OrderStatus::Paid | OrderStatus::PartlyRefunded => {
                let nothing = self.sold.goods.iter().all(|goods| goods.pieces <= 0);
                return (nothing && !open).then(|| text.all_refunded.to_owned()).or(nothing.then(String::new));
            }
        };
        Some(plain.to_owned())
    }

    fn form(&self, fields: &Fields, wrong: Wrong, request: RequestId, text: &'static Text) -> Box<Filled> {
        let words = &text.refund;
        let rows = self.sold.goods.iter().filter(|goods| goods.pieces > 0).map(|goods| {
            let line = goods.sold.line;
            let ticked = fields.ticked.contains(&line);
            let count = fields.count(goods).filter(|_| ticked);
            Row {
                line,
                label: fill(words.take_pieces, &[&goods.name]),
                name: goods.name.clone(),
                spec: goods.spec.clone(),
                price: goods.sold.price,
                left: goods.pieces,
                ticked,
                pieces: fields.pieces.get(&line).cloned().unwrap_or_default(),
                amount: count.and_then(|count| goods.sold.price.times(count)),
            }
        });
        let rows: Vec<Row> = rows.collect();
        let left = || self.sold.goods.iter().filter(|goods| goods.pieces > 0);
        let drugs = !self.sold.drug_returns && left().any(|goods| goods.sold.drug);
        let any_reason = self.any_reason();
        let offered = Ground::ALL.into_iter().filter(|ground| *ground != Ground::ChangedMind || any_reason);
        let grounds = offered.map(|ground| {
            let word = match ground {
                Ground::Quality => words.ground_quality,
                Ground::ShopError => words.ground_shop_error,
                Ground::ChangedMind => words.ground_changed_mind,
            };
            (ground.word(), word, fields.ground == Some(ground))
        });
        Box::new(Filled {
            request,
            late: self.late,
            sole: self.sole,
            total: Fen::sum(rows.iter().filter_map(|row| row.amount)).unwrap_or_default(),
            rows,
            drugs,
            grounds: grounds.collect(),
            reason: fields.reason.clone(),
            wrong,
        })
    }

    /// Goods may come back for no fault of theirs or of the shop's.
    fn any_reason(&self) -> bool {
        let left = self.sold.goods.iter().filter(|goods| goods.pieces > 0);
        self.sold.drug_returns || left.into_iter().any(|goods| !goods.sold.drug)
    }

    /// Reasons that are given often, of the kinds that are offered.
    fn usual(&self, text: &'static Text) -> Vec<(&'static str, &'static str)> {
        let words = &text.refund;
        let all = [
            (Ground::Quality, words.usual_quality),
            (Ground::ShopError, words.usual_typo),
            (Ground::ShopError, words.usual_mixed_up),
            (Ground::ChangedMind, words.usual_wrong),
        ];
        let offered = all.into_iter().filter(|(ground, _)| *ground != Ground::ChangedMind || self.any_reason());
        offered.map(|(ground, reason)| (ground.word(), reason)).collect()
    }

    fn waiting(&self, text: &'static Text) -> Vec<String> {
        let sentence = |(refund, applicant): &(Refund, String)| {
            let company = refund.status == RefundStatus::Escalated || self.late;
            let sentence = if company { text.refund.asked_company } else { text.refund.asked };
            fill(sentence, &[applicant, &refund.requested_at.in_china().strftime("%m-%d %H:%M").to_string()])
        };
        self.sold.refunds.iter().filter(|(refund, _)| refund.status.is_open()).map(sentence).collect()
    }

    fn status_of(&self, refund: TransactionId) -> Option<RefundStatus> {
        self.sold.refunds.iter().find(|(known, _)| known.id == refund).map(|(known, _)| known.status)
    }

    fn view(&self, visit: &Visit, stage: Stage) -> Response {
        let text = visit.text();
        let sale = self.sold.sale.as_ref();
        let holder = self.sold.holder.as_str();
        let holder = if holder.is_empty() { text.pay.anonymous.to_owned() } else { masked_name(holder) };
        let left = self.sold.deadline.since(visit.session.now);
        let sent = matches!(stage, Stage::Sent { .. });
        let view = View {
            order: self.sold.order.id,
            number: self.sold.number.clone(),
            sold_at: sale.map_or_else(String::new, |sale| sale.at.date_time_text()),
            card: sale
                .map_or_else(String::new, |sale| fill(text.shell.person_name, &[&sale.masked.grouped(), &holder])),
            deadline: sale.map_or_else(String::new, |_| self.sold.deadline.date_time_text()),
            left: (left >= 0).then(|| time_left(left, text.refund.left)),
            waiting: if sent { Vec::new() } else { self.waiting(text) },
            usual: self.usual(text),
            stage,
            shell: visit.shell("/orders"),
        };
        render(&view).into_response()
    }
}

fn result_url(order: OrderId, request: RequestId) -> String {
    format!("/refunds/new?order={order}&a={request}")
}

/// The form, or what became of it.
pub(crate) async fn show(visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Result<Response, Problem> {
    let mut fields = Fields::read(pairs);
    let case = load(&visit, &fields).await?;
    let mut wrong = Wrong::default();
    let last = Last::find(
        &visit.web,
        actor_anywhere(&visit.session, visit.session.store()?.outlet),
        &fields.result,
        |record| record.kind == Kind::RefundRequest && record.order == Some(case.sold.order.id),
    );
    match last.await?.map(|last| last.step) {
        Some(Step::Done(record)) => {
            return Ok(case.view(&visit, sent(&case, &record, &visit.session, visit.text())));
        }
        Some(Step::Refused(decline)) => wrong.whole = Some(codes::what(decline, visit.text())),
        _ => {}
    }
    if !fields.is_filled() {
        fields = Fields {
            reason: fields.reason,
            ground: fields.ground,
            ..Fields::everything(case.sold.order.id, &case.sold.goods)
        };
    }
    let stage = match case.closed(visit.text()) {
        Some(sentence) => Stage::Closed(sentence),
        None => Stage::Form(case.form(&fields, wrong, visit.new_request(), visit.text())),
    };
    Ok(case.view(&visit, stage))
}

fn sent(case: &Case, record: &Transaction, session: &Session, text: &'static Text) -> Stage {
    let escalated = case.status_of(record.id) == Some(RefundStatus::Escalated);
    let sentence = if escalated { text.refund.sent_company } else { text.refund.sent };
    Stage::Sent { sentence, rrn: record.id.rrn(), review: session.can(Action::ReviewRefund) }
}

/// Submits the request.
pub(crate) async fn submit(visit: Visit, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Problem> {
    let actor = actor_anywhere(&visit.session, visit.session.store()?.outlet);
    let fields = Fields::read(pairs);
    let request = fields.request.ok_or(Problem::BadForm)?;
    let case = load(&visit, &fields).await?;
    let order = case.sold.order.id;
    // After the order was read: what is not on record now was not there either when the order was read.
    if refund::recorded(visit.db(), actor, request).await?.is_some() {
        return Ok(Redirect::to(&result_url(order, request)).into_response());
    }
    if let Some(sentence) = case.closed(visit.text()) {
        return Ok(case.view(&visit, Stage::Closed(sentence)));
    }
    let wrong = fields.check(&case.sold.goods, visit.text());
    let lines = fields.lines(&case.sold.goods).unwrap_or_default();
    if wrong.any() {
        let form = case.form(&fields, wrong, request, visit.text());
        return Ok(case.view(&visit, Stage::Form(form)));
    }
    let command = Command::RefundRequest(Request {
        order,
        lines,
        ground: fields.ground.ok_or(Problem::BadForm)?,
        reason: fields.reason.clone(),
        escalate: case.late && fields.escalate,
    });
    let refused = |whole: String| {
        let wrong = Wrong { whole: Some(whole), ..Wrong::default() };
        Stage::Form(case.form(&fields, wrong, visit.new_request(), visit.text()))
    };
    let stage = match step::send(&visit.web, request, actor, command).await? {
        // In conflict, the same form was sent before with other words: the first counts.
        Step::Done(_) | Step::Conflict => {
            return Ok(Redirect::to(&result_url(order, request)).into_response());
        }
        Step::Refused(decline) => refused(codes::what(decline, visit.text())),
        Step::Unknown => Stage::Unknown(case.form(&fields, Wrong::default(), request, visit.text())),
        Step::Busy => refused(visit.text().refund.fault.to_owned()),
    };
    Ok(case.view(&visit, stage))
}
