//! The decision: the form that is sent, what is wrong with it, and the command that it makes.

use axum::response::Response;
use domain::card_number::{CardNumber, CardNumberError, EntryMode};
use domain::command::{Command, PresentedCard};
use domain::ids::{RequestId, TransactionId};
use domain::money::half_width;
use domain::refund::{RefundCard, Review, text_fits};
use domain::time::Timestamp;
use serde::Deserialize;
use storage::refund::{self, Case};
use storage::vault::Confirmation;

use super::{Filled, Note, Params, ReviewDesk, Stage, panel, view};
use crate::Web;
use crate::pair::Pair;
use crate::problem::Problem;
use crate::step::{self, Step};
use crate::visit::Visit;

/// The form of the panel. No `Debug`: it holds a card number.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    refund: String,
    request: String,
    card: String,
    entry: String,
    opinion: String,
    /// What a repeat of an approval presents instead of the card.
    token: String,
    #[serde(rename = "do")]
    action: String,
}

/// Approves or turns down.
pub async fn decide(visit: &Visit, desk: &ReviewDesk, fields: Fields) -> Result<Response, Problem> {
    let id = fields.refund.parse().map(TransactionId).map_err(|_| Problem::BadForm)?;
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    let case = refund::find(visit.db(), desk.queue, id, visit.session.now).await?.ok_or(Problem::NotFound)?;
    let opinion = fields.opinion.trim().to_owned();
    let params = Params { id: id.rrn(), ..Params::default() };
    let filled = Filled { request, opinion: opinion.clone(), card_error: None, opinion_error: None };
    let card = match read(visit, desk, &case, &fields, filled)? {
        Ok(card) => card,
        Err(filled) => {
            let pair = Pair::with(visit.db(), &visit.session, case.refund.applicant).await?;
            let panel = panel(visit, desk, &case, None, filled, pair);
            return view(visit, desk, &params, Some(panel)).await;
        }
    };
    let command = Review { order: case.refund.order, refund: id, card: card.clone(), opinion: opinion.clone() };
    let step =
        step::send(&visit.web, request, ReviewDesk::actor(&visit.session, &case), Command::RefundReview(command))
            .await?;
    let stage = match step {
        // Not decided, or decided before by the same form with other words: the books tell.
        Step::Done(_) | Step::Refused(_) | Step::Conflict => {
            return step.redirect(visit, &step::address(desk.path, &[("id", &id.rrn())], request), &[&opinion]);
        }
        Step::Unknown => {
            let token = card.map_or_else(String::new, |card| seal(&visit.web, request, &case, card));
            Some(Stage::Unknown { token, request, opinion: opinion.clone() })
        }
        Step::Busy => None,
    };
    let pair = Pair::with(visit.db(), &visit.session, case.refund.applicant).await?;
    let mut panel = panel(visit, desk, &case, None, Filled { opinion, ..Filled::new(visit) }, pair);
    match stage {
        Some(stage) => panel.stage = stage,
        None => panel.told = Some(Note { what: visit.text().refund.review_fault.to_owned(), more: "", at_card: false }),
    }
    view(visit, desk, &params, Some(panel)).await
}

/// The card for the form that repeats this decision: a number as value that only this program reads and that is good for
/// no payment, four digits as they are.
fn seal(web: &Web, request_id: RequestId, case: &Case, card: RefundCard) -> String {
    let card = match card {
        RefundCard::Whole(card) => card,
        RefundCard::LastFour(digits) => return digits,
    };
    let (order, amount) = (case.refund.order, case.refund.amount);
    let (seen, until) = (Timestamp(0), Timestamp(0));
    web.vault.confirmation_token(&Confirmation { request_id, order, seen, amount, card, until })
}

/// The card that is named, nothing for a rejection; or what is wrong with the form.
fn read(
    visit: &Visit,
    desk: &ReviewDesk,
    case: &Case,
    fields: &Fields,
    mut filled: Filled,
) -> Result<Result<Option<RefundCard>, Filled>, Problem> {
    let words = &visit.text().refund;
    filled.opinion_error = match filled.opinion.as_str() {
        "" => Some(words.opinion_empty),
        opinion if !text_fits(opinion) => Some(words.opinion_length),
        _ => None,
    };
    let card = match fields.action.as_str() {
        "no" => None,
        "ok" if desk.is_company() => {
            let typed = if fields.token.is_empty() { &fields.card } else { &fields.token };
            let digits: String = typed.trim().chars().map(half_width).collect();
            let four = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit());
            filled.card_error = (!four).then(|| words.last_four_wrong.to_owned());
            Some(RefundCard::LastFour(digits))
        }
        "ok" if !fields.token.is_empty() => {
            let sealed = visit.web.vault.read_confirmation(&fields.token).ok_or(Problem::BadForm)?;
            let same = sealed.request_id == filled.request && sealed.order == case.refund.order;
            let card = Some(sealed.card).filter(|_| same && sealed.until == Timestamp(0)).ok_or(Problem::BadForm)?;
            Some(card.into())
        }
        "ok" => match whole(visit, fields) {
            Ok(card) => Some(card.into()),
            Err(error) => {
                filled.card_error = Some(error.to_owned());
                None
            }
        },
        _ => return Err(Problem::BadForm),
    };
    Ok(if filled.card_error.is_some() || filled.opinion_error.is_some() { Err(filled) } else { Ok(card) })
}

/// The whole number, or what is wrong with it.
fn whole(visit: &Visit, fields: &Fields) -> Result<PresentedCard, &'static str> {
    let words = &visit.text().pay;
    match CardNumber::parse(&fields.card) {
        Ok((number, entry)) => {
            let swiped = entry == EntryMode::Swiped || fields.entry == "S";
            let entry = if swiped { EntryMode::Swiped } else { EntryMode::Manual };
            Ok(visit.web.vault.present(&number, entry))
        }
        Err(CardNumberError::Empty) => Err(words.card_empty),
        Err(CardNumberError::Format) => Err(words.card_format),
        Err(CardNumberError::CheckDigit) => Err(words.card_invalid),
    }
}
