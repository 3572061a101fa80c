//! The form 刷卡支付: checks card and PIN, shows the balance, or asks for the confirmation of a payment.
//!
//! The PIN is used once and forgotten; the confirmation carries a sealed token instead.

use axum::Form;
use axum::response::{IntoResponse, Redirect, Response};
use domain::card::masked_name;
use domain::card_number::{CardNumber, CardNumberError, EntryMode};
use domain::command::Command;
use domain::ids::OrderId;
use domain::ledger::{Kind, Transaction};
use domain::money::{Fen, half_width};
use domain::outcome::{Clearance, Outcome};
use domain::pin::{Door, TypedPin, is_pin};
use domain::scan::{ReadCard, Scan};
use domain::time::Timestamp;
use serde::Deserialize;
use storage::vault::Confirmation;

use crate::Visit;
use crate::sale::panel::{Balance, Confirm, Filled, Focus, Kept, Panel, result_url};
use crate::sale::screen;
use crate::text::Text;
use web_kit::problem::Problem;
use web_kit::submit::{actor, submit};

/// How long a confirmation may wait for its "yes", in microseconds.
const CONFIRM_WITHIN: i64 = 120_000_000;

/// How long a card is kept for the next step, in microseconds.
const KEEP_WITHIN: i64 = 120_000_000;

/// The form 刷卡支付. No `Debug`: it holds a card number and a PIN.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    order: String,
    amount: String,
    card: String,
    pin: String,
    /// `S` when the script read a stripe and kept only the number of it.
    entry: String,
    /// The card of the step before, sealed.
    kept: String,
    #[serde(rename = "do")]
    action: String,
}

impl Fields {
    fn order(&self) -> Option<OrderId> {
        self.order.parse().ok().map(OrderId)
    }

    /// The card, or what is wrong with it: as the script sends it, typed or swiped into a field, or the one that was kept.
    fn card(&self, visit: &Visit) -> Result<ReadCard, &'static str> {
        let words = &visit.text().pay;
        // A swipe into the PIN field is a swipe.
        for text in [&self.card, &self.pin] {
            match visit.session.scan(text) {
                Scan::Card(card) if self.entry == EntryMode::Swiped.word() => {
                    return Ok(ReadCard { entry: EntryMode::Swiped, ..card });
                }
                Scan::Card(card) => return Ok(card),
                Scan::ForeignCard => return Err(words.card_foreign),
                _ => {}
            }
        }
        if self.card.trim().is_empty()
            && let Some(card) = visit.web.vault.read_kept_card(&self.kept, self.order(), visit.session.now)
        {
            return Ok(card);
        }
        Err(match CardNumber::parse(&self.card) {
            Err(CardNumberError::Empty) => words.card_empty,
            Err(CardNumberError::Format) => words.card_format,
            Ok(_) | Err(CardNumberError::CheckDigit) => words.card_invalid,
        })
    }

    /// Card and PIN, or what is wrong with them. Nothing is sent to the books for a form that cannot be right.
    fn read(&self, visit: &Visit) -> Result<(ReadCard, String), Box<Filled>> {
        let pin: String = self.pin.trim().chars().map(half_width).collect();
        let pin_error = (!is_pin(&pin)).then_some(visit.text().pay.pin_format);
        match (self.card(visit), pin_error) {
            (Ok(card), None) => Ok((card, pin)),
            (Ok(card), pin_error) => {
                let kept = Some(keep(visit, &card, self.order()));
                Err(Box::new(Filled { pin_error, kept, at: Focus::Pin, ..Filled::default() }))
            }
            // An empty PIN beside a wrong card is no mistake of its own yet.
            (Err(card_error), pin_error) => Err(Box::new(Filled {
                card_error: Some(card_error),
                pin_error: pin_error.filter(|_| !pin.is_empty()),
                at: Focus::Card,
                ..Filled::default()
            })),
        }
    }
}

/// The card for a hidden field of the next page.
fn keep(visit: &Visit, card: &ReadCard, order: Option<OrderId>) -> Kept {
    let token = visit.web.vault.kept_card(card, order, visit.session.now.plus(KEEP_WITHIN));
    Kept { token, card: card.number.masked().grouped() }
}

/// The page of `order` with the card that was swiped or typed into another field, or why it is none of ours. `None`
/// for what is no card.
pub(crate) async fn card_elsewhere(
    visit: &Visit,
    order: Option<OrderId>,
    scan: &Scan,
) -> Result<Option<Response>, Problem> {
    let words = &visit.text().pay;
    let wrong = |text| Filled { card_error: Some(text), at: Focus::Card, ..Filled::default() };
    let filled = match scan {
        Scan::Card(card) => Filled { kept: Some(keep(visit, card, order)), at: Focus::Pin, ..Filled::default() },
        Scan::ForeignCard => wrong(words.card_foreign),
        Scan::Misread => wrong(words.card_misread),
        _ => return Ok(None),
    };
    screen::with_panel(visit, order, Panel::Form(filled)).await.map(Some)
}

/// Checks card and PIN: shows the balance, or asks for the confirmation of a payment that would go through.
pub(crate) async fn pay(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let actor = actor(&visit.session)?;
    let order = fields.order();
    let (card, pin) = match fields.read(&visit) {
        Ok(read) => read,
        Err(filled) => return screen::with_panel(&visit, order, Panel::Form(*filled)).await,
    };
    let kept = keep(&visit, &card, order);
    let ReadCard { number, entry } = card;
    let card = visit.web.vault.present(&number, entry);
    let pin = TypedPin {
        value: visit.web.vault.pin_value(&number, &pin),
        door: Door::Till,
        network: visit.session.client.network(),
    };
    let request = visit.new_request();
    let amount = fields.amount.parse().map(Fen).map_err(|_| Problem::BadForm);
    let command = match (fields.action.as_str(), order) {
        ("balance", _) => Command::Inquiry { card: card.clone(), pin },
        ("pay", Some(order)) => Command::SaleCheck { order, amount: amount.clone()?, card: card.clone(), pin },
        _ => return Err(Problem::BadForm),
    };
    let panel = match submit(&visit.web, request, actor, command).await {
        Ok(Outcome::Recorded(record)) if record.kind == Kind::Inquiry && record.approved() => {
            Panel::Form(Filled { kept: Some(kept), ..balance(&record, order.and(amount.ok())) })
        }
        Ok(Outcome::Recorded(record)) => match record.order {
            Some(order) => return Ok(Redirect::to(&result_url(order, request)).into_response()),
            None if record.kind == Kind::Inquiry => Panel::Declined(record),
            // Not an order of this store, or none at all.
            None => return screen::with_panel(&visit, None, Panel::Declined(record)).await,
        },
        Ok(Outcome::Cleared(clearance)) => {
            let Some(order) = order else { return Err(Problem::BadForm) };
            let until = visit.session.now.plus(CONFIRM_WITHIN);
            let request_id = visit.new_request();
            // The panel knows which state of the order it shows.
            let seen = Timestamp(0);
            let confirmation = Confirmation { request_id, order, seen, amount: amount?, card, until };
            Panel::Confirm(Box::new(confirm(confirmation, &clearance, visit.text())))
        }
        Ok(Outcome::Paused(pause)) => Panel::Paused(pause),
        Ok(Outcome::Ordered(..) | Outcome::Conflict(_)) => return Err(Problem::BadForm),
        // A question moves no money, whatever became of it.
        Err(_) => Panel::Fault,
    };
    screen::with_panel(&visit, order, panel).await
}

fn balance(record: &Transaction, due: Option<Fen>) -> Filled {
    let now = record.balance.unwrap_or_default();
    let due = due.filter(|due| due.is_positive());
    let after = due.and_then(|due| now.minus(due));
    let balance = Balance {
        card: record.masked.grouped(),
        now,
        after: after.filter(|after| *after >= Fen::ZERO),
        short: after.filter(|after| *after < Fen::ZERO).and_then(|after| Fen::ZERO.minus(after)),
    };
    let at = if balance.after.is_some() { Focus::Pin } else { Focus::None };
    Filled { balance: Some(balance), at, ..Filled::default() }
}

fn confirm(confirmation: Confirmation, clearance: &Clearance, text: &Text) -> Confirm {
    let holder = clearance.holder.as_str();
    Confirm {
        card: confirmation.card.masked.grouped(),
        confirmation,
        holder: if holder.is_empty() { text.pay.anonymous.to_owned() } else { masked_name(holder) },
        balance: clearance.balance,
        after: clearance.balance_after,
    }
}
