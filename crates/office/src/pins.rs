//! 密码与激活码: one-off sheets with the initial PINs or activation codes of cards that were never used, and resets of PINs of
//! those that are.
//!
//! What must stay true:
//! - A secret is made when it is printed, shown in that answer and never again. A second print makes others.
//! - Only what is on record is printed: where the answer of the books is unknown, the card is named without its secret.
//! - A card's number comes in by a form, is in no address, and is not repeated by the page.

use askama::Template;
use axum::Form;
use axum::response::{IntoResponse, Redirect, Response};
use domain::acts::{Payload, PinReset};
use domain::card_code;
use domain::card_number::EntryMode;
use domain::command::{Actor, Command};
use domain::directory;
use domain::ids::{RequestId, TransactionId};
use domain::outcome::{Decline, Outcome};
use domain::pin::{self, PinState};
use domain::pin_issue::{Issue, SHEET_MAX, Secret};
use domain::programme::PinMode;
use domain::proposal::ProposalStatus;
use domain::role::Action;
use domain::scan::Scan;
use domain::serial::Serial;
use serde::Deserialize;
use storage::help;
use storage::pins::{self, Printed, Reset};
use web_kit::badge::Badge;
use web_kit::cookies;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal;
use web_kit::step::Step;
use web_kit::submit::submit_all;
use web_kit::text::fill;

use crate::card_tabs::{Tab, tabs};
use crate::customers::CUSTOMERS;
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// The page.
pub(crate) const PINS: &str = "/office/pins";
/// Where a sheet is printed.
pub(crate) const SHEET: &str = "/office/pins/sheet";
/// Where the code after a reset is printed.
pub(crate) const CODE: &str = "/office/pins/code";

/// Resets of a page.
const ROWS: u32 = 20;

#[derive(Template)]
#[template(path = "pins.html")]
struct View {
    shell: Shell,
    tabs: Vec<Tab>,
    prints: bool,
    proposes: bool,
    request: RequestId,
    first: String,
    last: String,
    range_wrong: Option<String>,
    card_wrong: Option<&'static str>,
    reason: String,
    reason_wrong: Option<&'static str>,
    refused: Option<String>,
    rows: Vec<Row>,
}

/// A reset.
struct Row {
    at: String,
    masked: String,
    reason: String,
    state: Badge,
    /// Its number, if its code can be printed now.
    code: Option<String>,
}

/// What was typed, and what is wrong with it.
#[derive(Default)]
struct Typed {
    first: String,
    last: String,
    range_wrong: Option<String>,
    card_wrong: Option<&'static str>,
    reason: String,
    reason_wrong: Option<&'static str>,
    refused: Option<String>,
}

/// Whose a PIN is, by its stored word.
pub(crate) fn state_words(word: &str, text: &'static Text) -> &'static str {
    match PinState::from_word(word) {
        Some(PinState::Unset) => text.pins.unset,
        Some(PinState::Initial) => text.pins.initial,
        Some(PinState::Set) => text.pins.set,
        None => "",
    }
}

/// The page.
pub(crate) async fn show(visit: Visit) -> Result<Response, Problem> {
    view(&visit, Typed::default()).await
}

async fn view(visit: &Visit, typed: Typed) -> Result<Response, Problem> {
    let proposes = visit.session.can(Action::ProposeCardMove);
    let made = if proposes { pins::resets(visit.db(), visit.session.person, ROWS).await? } else { Vec::new() };
    let Typed { first, last, range_wrong, card_wrong, reason, reason_wrong, refused } = typed;
    let view = View {
        prints: visit.session.can(Action::PrintPins),
        proposes,
        request: RequestId(cookies::random()),
        first,
        last,
        range_wrong,
        card_wrong,
        reason,
        reason_wrong,
        refused,
        rows: made.iter().map(|one| row(visit, one)).collect(),
        tabs: tabs(visit, PINS),
        shell: visit.shell(CUSTOMERS),
    };
    Ok(render(&view).into_response())
}

fn row(visit: &Visit, one: &Reset) -> Row {
    let words = &visit.text().pins;
    let open = one.latest && one.card.pin == PinState::Unset;
    let state = match one.proposal.status {
        ProposalStatus::Open if one.proposal.waits(visit.session.now) => Badge::new("info", "wait", words.waits),
        ProposalStatus::Open => Badge::new("warn", "clock", words.expired),
        ProposalStatus::Rejected => Badge::new("bad", "bad", words.rejected),
        ProposalStatus::Withdrawn => Badge::new("warn", "undo", words.withdrawn),
        ProposalStatus::Approved if open => Badge::new("warn", "wait", words.to_print),
        ProposalStatus::Approved => Badge::new("ok", "ok", words.done),
    };
    let reason = match &one.proposal.payload {
        Payload::Pin(reset) => reset.reason.clone(),
        _ => String::new(),
    };
    Row {
        at: one.proposal.made_at.date_time_text(),
        masked: one.card.masked.0.clone(),
        reason,
        state,
        code: (open && one.proposal.status == ProposalStatus::Approved).then(|| one.proposal.id.rrn()),
    }
}

/// The form that proposes a reset. No `Debug`: it holds a card number.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    card: String,
    reason: String,
    request: String,
}

/// Proposes that a card's PIN is taken away.
pub(crate) async fn propose(visit: Visit, Form(asked): Form<Asked>) -> Result<Response, Problem> {
    visit.session.may(Action::ProposeCardMove)?;
    let words = &visit.text().pins;
    let request = RequestId::parse(&asked.request).ok_or(Problem::BadForm)?;
    let card = match visit.session.scan(&asked.card) {
        Scan::Card(read) => {
            help::card(visit.db(), visit.web.vault.card_key(&read.number), visit.session.now).await?.map(|card| card.id)
        }
        _ => None,
    };
    let reason = directory::reason(&asked.reason);
    let mut typed = Typed { reason: asked.reason, ..Typed::default() };
    let (Some(card), Ok(reason)) = (card, reason) else {
        typed.card_wrong = Some(if card.is_none() { words.no_card } else { words.card_again });
        typed.reason_wrong = directory::reason(&typed.reason).is_err().then_some(words.reason_wrong);
        return view(&visit, typed).await;
    };
    let payload = Payload::Pin(PinReset { card, reason });
    match proposal::propose(&visit, payload, request).await?.ok_or(Problem::NotFound)? {
        Step::Done(_) => Ok(Flash::new(Said::PinResetProposed, &[]).redirect(&visit.web, PINS)),
        Step::Refused(decline) => {
            let why = web_kit::codes::what(decline, visit.text());
            typed.refused = Some(fill(words.not_proposed, &[&why]));
            view(&visit, typed).await
        }
        _ => {
            typed.refused = Some(words.unknown.to_owned());
            view(&visit, typed).await
        }
    }
}

/// The form of a sheet.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Range {
    first: String,
    last: String,
}

/// People reload the page of a sheet, which is shown once.
pub(crate) async fn back() -> Redirect {
    Redirect::to(PINS)
}

/// Makes and prints the PINs or codes of a range of cards that were never used.
pub(crate) async fn sheet(visit: Visit, Form(range): Form<Range>) -> Result<Response, Problem> {
    let words = &visit.text().pins;
    let first = Serial::parse(&range.first);
    let last = if range.last.trim().is_empty() { first } else { Serial::parse(&range.last) };
    let wrong = |why: String| Typed {
        first: range.first.clone(),
        last: range.last.clone(),
        range_wrong: Some(why),
        ..Typed::default()
    };
    let (Some(first), Some(last)) = (first, last) else {
        return view(&visit, wrong(words.serial_wrong.to_owned())).await;
    };
    let many = last.number().saturating_sub(first.number()).saturating_add(1);
    if first.batch() != last.batch() || many < 1 {
        return view(&visit, wrong(words.range_wrong.to_owned())).await;
    }
    let most = u32::try_from(SHEET_MAX).unwrap_or(u32::MAX);
    if many > i64::from(most) {
        return view(&visit, wrong(fill(words.too_many, &[&most.to_string()]))).await;
    }
    let cards = pins::range(visit.db(), first, last, most).await?;
    if cards.is_empty() {
        return view(&visit, wrong(words.no_cards.to_owned())).await;
    }
    print(&visit, cards, None, &format!("cards {first} to {last}")).await
}

/// The form of a code after a reset.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct After {
    reset: String,
}

/// Makes and prints the activation code of a card whose PIN was taken away.
pub(crate) async fn code(visit: Visit, Form(after): Form<After>) -> Result<Response, Problem> {
    let id = after.reset.parse().map(TransactionId).map_err(|_| Problem::BadForm)?;
    // However many were proposed since.
    let found = pins::card_of_reset(visit.db(), id, visit.session.person).await?;
    let card = found.ok_or(Problem::NotFound)?;
    let subject = format!("card {}", card.id);
    print(&visit, vec![card], Some(id), &subject).await
}

#[derive(Template)]
#[template(path = "pin_sheet.html")]
struct SheetView {
    shell: Shell,
    made: String,
    until: String,
    slips: Vec<Slip>,
    /// Cards that got nothing: in use, or their holders have set a PIN.
    left: Vec<String>,
    /// Cards of which it is not known whether what was made is in force.
    unknown: Vec<String>,
}

/// A letter to a holder.
struct Slip {
    masked: String,
    serial: String,
    programme: String,
    is_code: bool,
    secret: String,
}

async fn print(
    visit: &Visit,
    cards: Vec<Printed>,
    reset: Option<TransactionId>,
    subject: &str,
) -> Result<Response, Problem> {
    let (mut slips, mut commands) = (Vec::new(), Vec::new());
    let vault = &visit.web.vault;
    for card in cards {
        let number = vault.open_number(&card.sealed).ok_or(Problem::Internal)?;
        let is_code = reset.is_some() || card.mode == PinMode::FirstUse;
        let random: u64 = u64::from_be_bytes(cookies::random());
        let secret =
            if is_code { card_code::drawn(random) } else { pin::drawn(u32::try_from(random >> 32).unwrap_or(0)) };
        let value = if is_code {
            Secret::Code(vault.code_value(&number, &secret))
        } else {
            Secret::Pin(vault.pin_value(&number, &secret))
        };
        let presented = vault.present(&number, EntryMode::Manual);
        commands.push(Command::PinIssue(Issue { card: presented, secret: value, reset }));
        let serial = card.serial.map_or_else(String::new, |serial| serial.to_string());
        slips.push(Slip { masked: card.masked.0, serial, programme: card.programme, is_code, secret });
    }
    let actor = Actor::issuer(visit.session.person);
    let answers = submit_all(&visit.web, actor, commands).await;
    let (mut printed, mut left, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (slip, answer) in slips.into_iter().zip(answers) {
        match answer {
            Ok(Outcome::Recorded(record)) if record.approved() => printed.push(slip),
            Ok(Outcome::Recorded(record)) if record.decline == Some(Decline::NumberSeen) => {
                let why = web_kit::codes::what(Decline::NumberSeen, visit.text());
                left.push(format!("{} {} ({why})", slip.serial, slip.masked));
            }
            Ok(_) => left.push(format!("{} {}", slip.serial, slip.masked)),
            Err(_) => unknown.push(format!("{} {}", slip.serial, slip.masked)),
        }
    }
    let entry = visit.session.entry("pins_printed", subject, &printed.len().to_string());
    storage::audit::append(visit.db(), entry).await?;
    let view = SheetView {
        made: visit.session.now.date_time_text(),
        until: visit.session.now.plus(card_code::CODE_LIFE).date_time_text(),
        slips: printed,
        left,
        unknown,
        shell: visit.shell(CUSTOMERS),
    };
    Ok(render(&view).into_response())
}
