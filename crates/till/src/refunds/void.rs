//! 撤销: today's sale is undone in full before its batch is closed. A cashier needs a manager's user name and password, a
//! manager confirms alone.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use domain::command::Command;
use domain::ids::{OrderId, RequestId};
use domain::ledger::Kind;
use domain::money::Fen;
use domain::order::OrderStatus;
use domain::outcome::Decline;
use domain::refund::RefundStatus;
use domain::role::Action;
use serde::Deserialize;
use storage::refund::{self, SoldOrder};

use crate::consent::{Consent, consent, refusal};
use crate::text::Text;
use crate::{Shell, Visit};
use web_kit::codes;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::session::Session;
use web_kit::step::{self, Last, Step, next_request};
use web_kit::submit::actor;
use web_kit::text::fill;

#[derive(Template)]
#[template(path = "refunds/void.html")]
struct View {
    shell: Shell,
    order: OrderId,
    number: String,
    sold_at: String,
    card: String,
    amount: Fen,
    stage: Stage,
}

enum Stage {
    Ask { request: RequestId, manager: bool, user: String, error: Option<String> },
    Closed { sentence: String, refund: bool },
    Done { sentence: String, slip: String },
    Unknown { request: RequestId },
}

/// What an address or form names.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    order: String,
    /// The void whose result is to be shown.
    a: String,
    request: String,
    user: String,
    password: String,
}

fn result_url(order: OrderId, request: RequestId) -> String {
    format!("/void?order={order}&a={request}")
}

async fn load(visit: &Visit, fields: &Fields) -> Result<SoldOrder, Problem> {
    let order = fields.order.parse().map(OrderId).map_err(|_| Problem::NotFound)?;
    refund::sold_order(visit.db(), visit.session.store()?.outlet, order).await?.ok_or(Problem::NotFound)
}

/// Asks, or shows what became of it.
pub(crate) async fn ask(visit: Visit, Query(fields): Query<Fields>) -> Result<Response, Problem> {
    let sold = load(&visit, &fields).await?;
    let last = Last::find(&visit.web, actor(&visit.session)?, &fields.a, |record| {
        record.kind == Kind::Void && record.order == Some(sold.order.id)
    });
    let last = last.await?;
    if let Some(stage) = last.as_ref().and_then(|last| stage_after(&last.step, &sold, visit.text())) {
        return Ok(view(&visit, &sold, stage));
    }
    let stage = closed(&visit.session, &sold, visit.text())?.unwrap_or_else(|| Stage::Ask {
        request: next_request(&visit, last.as_ref()),
        manager: visit.session.can(Action::ReviewRefund),
        user: refusal(&visit.flash, visit.text()).map_or_else(String::new, |_| visit.flash.value(0).to_owned()),
        error: refusal(&visit.flash, visit.text()),
    });
    Ok(view(&visit, &sold, stage))
}

/// Voids the sale.
pub(crate) async fn confirm(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let sold = load(&visit, &fields).await?;
    let (order, actor) = (sold.order.id, actor(&visit.session)?);
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    if refund::recorded(visit.db(), actor, request).await?.is_some() {
        return Ok(Redirect::to(&result_url(order, request)).into_response());
    }
    if let Some(stage) = closed(&visit.session, &sold, visit.text())? {
        return Ok(view(&visit, &sold, stage));
    }
    let checker = if visit.session.can(Action::ReviewRefund) {
        visit.session.person
    } else {
        let denied = visit.session.entry("void_denied", &sold.number, "");
        let consenting =
            Consent { user: &fields.user, password: &fields.password, action: Action::ReviewRefund, denied };
        match consent(&visit, consenting).await? {
            Ok(manager) => manager,
            Err(flash) => return Ok(flash.redirect(&visit.web, &format!("/void?order={order}"))),
        }
    };
    let step = step::send(&visit.web, request, actor, Command::Void { order, checker }).await?;
    let stage = match step {
        Step::Done(_) | Step::Refused(_) | Step::Conflict => {
            return Ok(Redirect::to(&result_url(order, request)).into_response());
        }
        Step::Unknown => Stage::Unknown { request },
        Step::Busy => Stage::Closed { sentence: visit.text().refund.fault.to_owned(), refund: false },
    };
    Ok(view(&visit, &sold, stage))
}

/// Why the sale cannot be voided, as far as can be told without asking the money path.
fn closed(session: &Session, sold: &SoldOrder, text: &'static Text) -> Result<Option<Stage>, Problem> {
    let words = &text.refund;
    let terminal = session.till()?.terminal;
    let refund = |sentence: &str| Some(Stage::Closed { sentence: sentence.to_owned(), refund: true });
    let over = |sentence: &str| Some(Stage::Closed { sentence: sentence.to_owned(), refund: false });
    Ok(match (sold.order.status, &sold.sale) {
        (OrderStatus::Draft, _) if sold.order.attempt.is_some() => over(words.unknown_sale),
        (OrderStatus::Draft | OrderStatus::Abandoned, _) | (_, None) => over(words.not_charged),
        (OrderStatus::Voided, _) => over(words.voided),
        (OrderStatus::Refunded, _) => over(words.all_refunded),
        (OrderStatus::Paid | OrderStatus::PartlyRefunded, Some(sale)) => {
            let taken = sold.refunds.iter().any(|(refund, _)| refund.status != RefundStatus::Rejected);
            let same_till = sale.actor.terminal == terminal && sale.batch == sold.batch;
            if taken {
                refund(words.void_refund)
            } else if !same_till || sale.business_date != session.now.business_date() {
                refund(words.void_late)
            } else {
                None
            }
        }
    })
}

/// What became of the void, if that is known.
fn stage_after(step: &Step, sold: &SoldOrder, text: &'static Text) -> Option<Stage> {
    let words = &text.refund;
    let decline = match step {
        Step::Done(record) => {
            let sentence = fill(words.void_done_do, &[&record.amount.to_string(), record.masked.last_four()]);
            return Some(Stage::Done { sentence, slip: format!("/slip/{}", record.id.rrn()) });
        }
        Step::Refused(decline) => *decline,
        Step::Conflict | Step::Unknown | Step::Busy => return None,
    };
    let sentence = match decline {
        Decline::VoidTooLate => words.void_late.to_owned(),
        Decline::RefundExists => words.void_refund.to_owned(),
        Decline::NothingLeft { .. } if sold.order.status == OrderStatus::Voided => words.voided.to_owned(),
        Decline::NothingLeft { .. } => words.all_refunded.to_owned(),
        Decline::CardLost | Decline::CardStolen | Decline::CardClosed => words.card_blocked.to_owned(),
        other => codes::what(other, text),
    };
    let open = matches!(sold.order.status, OrderStatus::Paid | OrderStatus::PartlyRefunded);
    Some(Stage::Closed { sentence, refund: open })
}

fn view(visit: &Visit, sold: &SoldOrder, stage: Stage) -> Response {
    let sale = sold.sale.as_ref();
    let view = View {
        order: sold.order.id,
        number: sold.number.clone(),
        sold_at: sale.map_or_else(String::new, |sale| sale.at.date_time_text()),
        card: sale.map_or_else(String::new, |sale| sale.masked.grouped()),
        amount: sold.order.total,
        stage,
        shell: visit.shell("/orders"),
    };
    render(&view).into_response()
}
