//! The decision: the form that is sent, what is wrong with it, and the command that it makes.

use axum::response::Response;
use domain::card_number::{CardNumber, CardNumberError, EntryMode};
use domain::command::{Command, PresentedCard};
use domain::ids::{RequestId, TransactionId};
use domain::refund::{Review, text_fits};
use domain::time::Timestamp;
use serde::Deserialize;
use storage::refund::{self, Case};
use storage::vault::Confirmation;

use super::{Filled, Note, Params, ReviewDesk, Stage, panel, view};
use crate::Web;
use crate::pair::Pair;
use crate::problem::Problem;
use crate::step::{self, Step};
use crate::text::Text;
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
    let card = match read(&visit.web, &case, &fields, visit.text(), filled)? {
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

/// The card as value that only this program reads, good for repeating this decision and for no payment.
fn seal(web: &Web, request_id: RequestId, case: &Case, card: PresentedCard) -> String {
    let (order, amount) = (case.refund.order, case.refund.amount);
    let (seen, until) = (Timestamp(0), Timestamp(0));
    web.vault.confirmation_token(&Confirmation { request_id, order, seen, amount, card, until })
}

/// The card that is presented, nothing for a rejection; or what is wrong with the form.
fn read(
    web: &Web,
    case: &Case,
    fields: &Fields,
    text: &'static Text,
    mut filled: Filled,
) -> Result<Result<Option<PresentedCard>, Filled>, Problem> {
    let words = &text.refund;
    filled.opinion_error = match filled.opinion.as_str() {
        "" => Some(words.opinion_empty),
        opinion if !text_fits(opinion) => Some(words.opinion_length),
        _ => None,
    };
    let card = match fields.action.as_str() {
        "no" => None,
        "ok" if !fields.token.is_empty() => {
            let sealed = web.vault.read_confirmation(&fields.token).ok_or(Problem::BadForm)?;
            let same = sealed.request_id == filled.request && sealed.order == case.refund.order;
            Some(sealed.card).filter(|_| same && sealed.until == Timestamp(0)).ok_or(Problem::BadForm)?.into()
        }
        "ok" => match CardNumber::parse(&fields.card) {
            Ok((number, entry)) => {
                let swiped = entry == EntryMode::Swiped || fields.entry == "S";
                let entry = if swiped { EntryMode::Swiped } else { EntryMode::Manual };
                Some(web.vault.present(&number, entry))
            }
            Err(error) => {
                let error = match error {
                    CardNumberError::Empty => text.pay.card_empty,
                    CardNumberError::Format => text.pay.card_format,
                    CardNumberError::CheckDigit => text.pay.card_invalid,
                };
                filled.card_error = Some(error.to_owned());
                None
            }
        },
        _ => return Err(Problem::BadForm),
    };
    Ok(if filled.card_error.is_some() || filled.opinion_error.is_some() { Err(filled) } else { Ok(card) })
}
