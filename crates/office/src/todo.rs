//! 待复核: whatever waits for a second person. Proposals are decided here; refunds, disputes and settlements have pages of
//! their own, which the list leads to.
//!
//! What must stay true:
//! - What a person may decide is told from role and maker; the command judges it again.
//! - The form carries a digest of what is shown. The command compares it with the rows as they are then.

mod list;
mod many;
mod sheet;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::acts::{Act, Batch, Field, Payload};
use domain::card::CardStatus;
use domain::command::{Actor, Command};
use domain::directory::Standing;
use domain::edition::EditionStatus;
use domain::human::Logins;
use domain::ids::{RequestId, TransactionId};
use domain::ledger::Kind;
use domain::limits::Setting;
use domain::money::Fen;
use domain::outcome::Decline;
use domain::person::{PersonStatus, read_roles};
use domain::proposal::{Proposal, ProposalStatus, Verdict};
use domain::recall;
use domain::refund::text_fits;
use domain::time::{BusinessDate, Timestamp};
use serde::Deserialize;
use storage::proposal::{self, Found, Sheet};
use web_kit::badge::Badge;
use web_kit::page::render;
use web_kit::pair::Pair;
use web_kit::people::{roles_words, status_words};
use web_kit::problem::Problem;
use web_kit::proposal::{TODO, address};
use web_kit::session::Session;
use web_kit::settlement::rate_words;
use web_kit::step::{self, Filled, Last, Step, Told};
use web_kit::text::fill;

use crate::recalls;
use crate::settings::limit_words;
use crate::text::Text;
use crate::{Shell, Visit};
use crate::{pins, programmes};
use list::List;
use many::Many;
pub(crate) use many::approve;
use sheet::{Stage, View as SheetView};

#[derive(Template)]
#[template(path = "todo.html")]
struct View {
    shell: Shell,
    title: String,
    list: List,
    sheet: Option<SheetView>,
    many: Many,
}

/// What the address says.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// Kind of what is listed.
    k: String,
    /// State of the proposals that are listed.
    s: String,
    /// Maker of what is listed.
    m: String,
    /// Least amount of what is listed, yuan.
    min: String,
    /// Number of the last proposal on the page before.
    before: String,
    /// The request of the last step.
    a: String,
    /// The proposals that the last step approved together, by number, with points between.
    r: String,
}

/// The list.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let many = Many::told(&visit, &params).await?;
    view(&visit, &params, None, many).await
}

/// The list, and one proposal beside it.
pub(crate) async fn one(
    visit: Visit,
    Path(rrn): Path<String>,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    let last = last_step(&visit, &params.a).await?;
    let found = find(&visit, &rrn).await?;
    let pair = Pair::with(visit.db(), &visit.session, found.sheet.proposal.maker).await?;
    let sheet = SheetView::of(&visit, found, pair, last.as_ref(), None);
    view(&visit, &params, Some(sheet), Many::default()).await
}

async fn view(visit: &Visit, params: &Params, sheet: Option<SheetView>, many: Many) -> Result<Response, Problem> {
    let text = visit.text();
    let list = List::load(visit, params, sheet.as_ref().map(|sheet| sheet.id)).await?;
    let title = sheet.as_ref().map_or(text.todo.title.to_owned(), |one| fill(text.todo.title_of, &[one.act]));
    Ok(render(&View { shell: visit.shell(TODO), title, list, sheet, many }).into_response())
}

async fn find(visit: &Visit, rrn: &str) -> Result<Found, Problem> {
    let id = rrn.parse().map(TransactionId).map_err(|_| Problem::NotFound)?;
    proposal::find(visit.db(), id).await?.ok_or(Problem::NotFound)
}

/// The form of a decision.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    request: String,
    /// Digest of what was shown.
    shown: String,
    opinion: String,
    #[serde(rename = "do")]
    action: String,
}

/// Approves, turns down or withdraws.
pub(crate) async fn decide(
    visit: Visit,
    Path(rrn): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let found = find(&visit, &rrn).await?;
    let one = &found.sheet.proposal;
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    let opinion = fields.opinion.trim().to_owned();
    let verdict = |shown| Verdict { proposal: one.id, payload: one.payload.clone(), opinion: opinion.clone(), shown };
    let act = one.payload.act();
    let command = match fields.action.as_str() {
        "back" => {
            visit.session.may(act.proposed_with())?;
            Command::ProposalWithdrawal { proposal: one.id }
        }
        decision @ ("ok" | "no") => {
            visit.session.may(act.decided_with())?;
            let shown = sheet::digest(&fields.shown).ok_or(Problem::BadForm)?;
            if !text_fits(&opinion) {
                let form = Filled { request, words: opinion, wrong: Some(visit.text().todo.opinion_wrong) };
                let pair = Pair::with(visit.db(), &visit.session, one.maker).await?;
                let sheet = SheetView::of(&visit, found, pair, None, Some(form));
                return view(&visit, &Params::default(), Some(sheet), Many::default()).await;
            }
            if decision == "ok" {
                Command::ProposalApproval(verdict(shown))
            } else {
                Command::ProposalRejection(verdict(shown))
            }
        }
        _ => return Err(Problem::BadForm),
    };
    let step = step::send(&visit.web, request, Actor::issuer(visit.session.person), command).await?;
    step.redirect(&visit, &step::address(&address(one.id), &[], request), &[&opinion])
}

/// The step that an address names.
async fn last_step(visit: &Visit, a: &str) -> Result<Option<Last>, Problem> {
    let step = |kind: Kind| kind == Kind::Proposal || kind.ends_proposal();
    Last::find(&visit.web, Actor::issuer(visit.session.person), a, |record| step(record.kind)).await
}

/// What the page says about it unless it is done.
fn told(last: Option<&Last>, found: &Sheet, text: &'static Text) -> Option<Told> {
    let (last, words) = (last?, &text.todo);
    let lost = matches!(last.step, Step::Refused(Decline::AlreadyDecided));
    match decided_words(found, text).filter(|_| lost) {
        Some(what) => Some(Told::refused(words.not_done, what)),
        None => last
            .told(step::Words { not_done: words.not_done, unknown: words.unknown, unknown_do: words.unknown_do }, text),
    }
}

/// Who decided, when and how.
fn decided_words(found: &Sheet, text: &'static Text) -> Option<String> {
    let ending = found.proposal.ending.as_ref()?;
    let by = found.checker.as_deref().unwrap_or(&found.maker);
    let state = state(&found.proposal, ending.at, text).word;
    Some(fill(text.todo.decided_by, &[by, &ending.at.date_time_text(), state]))
}

pub(crate) fn act_words(act: Act, text: &'static Text) -> &'static str {
    match act {
        Act::MerchantFee => text.todo.act_merchant_fee,
        Act::CompanyKey => text.todo.act_company_key,
        Act::MerchantOpening => text.todo.act_merchant_opening,
        Act::MerchantBank => text.todo.act_merchant_bank,
        Act::MerchantResuming => text.todo.act_merchant_resuming,
        Act::OutletOpening => text.todo.act_outlet_opening,
        Act::OutletResuming => text.todo.act_outlet_resuming,
        Act::FactorRule => text.todo.act_factor_rule,
        Act::CompanyRoles => text.todo.act_company_roles,
        Act::PersonReset => text.todo.act_person_reset,
        Act::FactorReset => text.todo.act_factor_reset,
        Act::LoginParting => text.todo.act_login_parting,
        Act::GuessingLimit => text.directory.limits,
        Act::MerchantPayable => text.directory.payable,
        Act::RecallEnding => text.todo.act_recall_ending,
        Act::ProductPrice => text.todo.act_product_price,
        Act::ProductEdition => text.todo.act_product_edition,
        Act::Funding => text.todo.act_funding,
        Act::FundingReturn => text.todo.act_funding_return,
        Act::Load => text.todo.act_load,
        Act::Adjustment => text.todo.act_adjustment,
        Act::CustomerResuming => text.todo.act_customer_resuming,
        Act::CardReopening => text.todo.act_card_reopening,
        Act::CardUnlocking => text.todo.act_card_unlocking,
        Act::CardClosing => text.todo.act_card_closing,
        Act::ProgrammeOpening => text.programmes.act_opening,
        Act::ProgrammeTerms => text.programmes.act_terms,
        Act::ProgrammeResuming => text.programmes.act_resuming,
        Act::CardBatch => text.batches.act_making,
        Act::CardActivation => text.batches.act_activation,
        Act::CardPin => text.pins.act,
    }
}

/// The name of what it is about.
fn subject_words(sheet: &Sheet, text: &'static Text) -> String {
    match &sheet.proposal.payload {
        Payload::GuessingLimit { setting, .. } => limit_words(*setting, text),
        Payload::ProductPrice { code, .. } => format!("{} {code}", sheet.subject),
        Payload::ProductEdition { .. } => {
            format!("{} {}", sheet.subject, sheet.proposal.seen.get(Field::EditionSource))
        }
        Payload::Batch(Batch::Making { batch, .. }) => format!("{} {batch:06}", sheet.subject, batch = batch.0),
        Payload::Batch(Batch::Activation { batch, places, .. }) => {
            format!("{} {}", sheet.subject, crate::batches::range_words(*batch, *places))
        }
        Payload::Money(_) => {
            let card = sheet.proposal.seen.get(Field::CardMasked);
            format!("{} {card}", sheet.subject).trim_end().to_owned()
        }
        _ => sheet.subject.clone(),
    }
}

#[expect(clippy::too_many_lines, reason = "one table: a line for each field")]
fn field_words(field: Field, text: &'static Text) -> &'static str {
    let words = &text.todo;
    match field {
        Field::FeeBp => words.f_fee_bp,
        Field::Merchant | Field::MerchantName => words.f_merchant,
        Field::KeyName => words.f_key_name,
        Field::KeyBound => words.f_key_bound,
        Field::KeyScopes => words.f_key_scopes,
        Field::KeySigned => words.f_key_signed,
        Field::KeyRate => words.f_key_rate,
        Field::KeyExpires => words.f_key_expires,
        Field::KeyState => words.f_key_state,
        Field::Mid => words.f_mid,
        Field::Licence => words.f_licence,
        Field::OutletName => words.f_outlet,
        Field::Address => words.f_address,
        Field::Drafts => words.f_drafts,
        Field::Standing => words.f_standing,
        Field::Reason => words.f_reason,
        Field::BankName => words.f_bank_name,
        Field::BankAccount => words.f_bank_account,
        Field::BankHolder => words.f_bank_holder,
        Field::FactorRequired => words.f_factor_required,
        Field::PersonName => words.f_person_name,
        Field::PersonRoles => words.f_person_roles,
        Field::PersonState => words.f_person_state,
        Field::PersonPassword => words.f_person_password,
        Field::PersonFactor => words.f_person_factor,
        Field::PersonOthers => words.f_person_others,
        Field::Limit => text.directory.limit,
        Field::LimitValue => words.f_limit_value,
        Field::DecidesPayable => text.directory.payable_own,
        Field::RecallGoods => text.recalls.goods,
        Field::RecallText => text.recalls.said,
        Field::RecallReason => text.recalls.reason,
        Field::RecallOpen => text.recalls.state,
        Field::ProductCode => text.products.code,
        Field::ProductName => text.products.name,
        Field::Price => text.products.price,
        Field::PriceLow => text.products.low,
        Field::PriceHigh => text.products.high,
        Field::EditionSource => words.f_edition_source,
        Field::EditionAdded => words.f_edition_added,
        Field::EditionChanged => words.f_edition_changed,
        Field::EditionStopped => words.f_edition_stopped,
        Field::EditionRemoved => words.f_edition_removed,
        Field::EditionFar => words.f_edition_far,
        Field::EditionDigest => words.f_edition_digest,
        Field::EditionStatus => words.f_edition_status,
        Field::EditionEffective => words.f_edition_effective,
        Field::Customer | Field::CustomerId => words.f_customer,
        Field::Amount => words.f_amount,
        Field::Reference => words.f_reference,
        Field::ReceivedOn => words.f_received_on,
        Field::Note => words.f_note,
        Field::Because => words.f_because,
        Field::Card | Field::CardMasked => words.f_card,
        Field::CardHolder => words.f_card_holder,
        Field::CardStatus => words.f_card_status,
        Field::CardProgramme | Field::ProgrammeId => words.f_card_programme,
        Field::CardPin => text.pins.f_state,
        Field::Load => words.f_load,
        Field::LoadAmount => words.f_load_amount,
        Field::ProgrammeName
        | Field::ProgrammePrefix
        | Field::NumberLength
        | Field::Template
        | Field::ProgrammeStatus
        | Field::BalanceMax
        | Field::LoadMax
        | Field::SaleMax
        | Field::DailyMax
        | Field::DailyCountMax
        | Field::MonthMax
        | Field::ValidityMonths
        | Field::RefundWindow
        | Field::LossReport
        | Field::Redeem
        | Field::RedeemWait
        | Field::PinMode
        | Field::Merchants
        | Field::Hotline
        | Field::Basis => programmes::field_words(field, text),
        Field::BatchQuantity => text.batches.quantity,
        Field::BatchText => text.batches.printed,
        Field::BatchNote => text.batches.note,
        Field::BatchStatus => text.batches.state,
        Field::FirstPlace | Field::FirstSerial => text.batches.first,
        Field::LastPlace | Field::LastSerial => text.batches.last,
        Field::CardKeeper | Field::CardKeeperName => text.batches.keeper,
    }
}

/// A value as people read it.
fn value_words(field: Field, value: &str, text: &'static Text) -> String {
    let words = &text.todo;
    let number = || value.parse::<i64>().ok();
    if let Some(of_programme) = programmes::value_words(field, value, text) {
        return of_programme;
    }
    match (field, value) {
        (Field::KeyBound, "") => words.all.to_owned(),
        (Field::Price, "") => text.products.open_price.to_owned(),
        (Field::PriceLow | Field::PriceHigh, "") => text.products.any_price.to_owned(),
        (Field::Price | Field::PriceLow | Field::PriceHigh, _) => {
            number().map_or_else(|| value.to_owned(), |fen| Fen(fen).to_string())
        }
        (_, "") => words.none.to_owned(),
        (Field::Amount, _) => number().map_or_else(|| value.to_owned(), |fen| amount_words(Fen(fen))),
        (Field::LoadAmount, _) => number().map_or_else(|| value.to_owned(), |fen| yuan(Fen(fen))),
        (Field::ReceivedOn, _) => {
            number().and_then(|day| i32::try_from(day).ok()).map_or(String::new(), |day| BusinessDate(day).to_string())
        }
        (Field::BatchStatus, word) => crate::batches::status_words(word, text).to_owned(),
        (Field::CardKeeper, words) => crate::batches::keepers_words(words, text),
        (Field::CardStatus, word) => card_status_words(word, text).to_owned(),
        (Field::CardPin, word) => pins::state_words(word, text).to_owned(),
        (Field::FeeBp, _) => number().map_or_else(|| value.to_owned(), |bp| rate_words(bp, text)),
        // The beginning is enough to see that two differ.
        (Field::EditionDigest, _) => value.get(..DIGEST_SHOWN).unwrap_or(value).to_owned(),
        (Field::EditionStatus, word) => edition_words(word, text).to_owned(),
        (Field::KeyExpires | Field::EditionEffective, _) => {
            number().map_or_else(|| value.to_owned(), |at| Timestamp(at).date_time_text())
        }
        (Field::PersonRoles, _) => read_roles(value).map_or_else(|| value.to_owned(), |held| roles_words(&held, text)),
        (Field::PersonState, _) => {
            PersonStatus::from_word(value).map_or(value, |status| status_words(status, text)).to_owned()
        }
        (Field::Limit, _) => Setting::from_word(value).map_or_else(|| value.to_owned(), |one| limit_words(one, text)),
        (Field::PersonFactor, "yes") => text.people.factor_set.to_owned(),
        (Field::PersonFactor, "no") => text.people.factor_none.to_owned(),
        (Field::PersonPassword, "own") => words.password_own.to_owned(),
        (Field::PersonPassword, "initial") => words.password_initial.to_owned(),
        (Field::RecallGoods, _) => {
            let typed = recall::read_goods(&value.replace("; ", "\n"));
            typed.map_or_else(|| value.to_owned(), |matches| recalls::goods(&matches, text))
        }
        (Field::RecallOpen, "yes") => text.recalls.open.to_owned(),
        (Field::RecallOpen, "no") => text.recalls.ended.to_owned(),
        (Field::KeySigned | Field::FactorRequired | Field::DecidesPayable, "yes") => words.yes.to_owned(),
        (Field::KeySigned | Field::FactorRequired | Field::DecidesPayable, "no") => words.no.to_owned(),
        (Field::Standing, word) => standing_words(word, text).to_owned(),
        (Field::KeyState, "asleep") => words.key_asleep.to_owned(),
        (Field::KeyState, "awake") => words.key_awake.to_owned(),
        (Field::KeyState, "ended") => words.key_ended.to_owned(),
        _ => value.to_owned(),
    }
}

/// A value as people read it once the act has happened.
fn after_words(field: Field, value: &str, text: &'static Text) -> String {
    match (field, value) {
        // Before, an edition has no moment at all.
        (Field::EditionEffective, "") => text.todo.at_once.to_owned(),
        _ => value_words(field, value, text),
    }
}

/// Money as people read it.
fn yuan(amount: Fen) -> String {
    format!("\u{a5}{amount}")
}

/// The same with its words, which a changed digit does not survive.
fn amount_words(amount: Fen) -> String {
    format!("{} {}", yuan(amount), amount.in_words())
}

/// A state of a card by its stored word.
fn card_status_words(word: &str, text: &'static Text) -> &'static str {
    let words = &text.help;
    match CardStatus::from_word(word) {
        Some(CardStatus::Issued) => words.issued,
        Some(CardStatus::Active) => words.active,
        Some(CardStatus::Frozen) => words.frozen,
        Some(CardStatus::Lost) => words.lost,
        Some(CardStatus::Stolen) => words.stolen,
        Some(CardStatus::PinLocked) => words.pin_locked,
        Some(CardStatus::Replaced) => words.replaced,
        Some(CardStatus::Closed) => words.closed,
        None => "",
    }
}

/// Digits of a digest that a person is shown.
const DIGEST_SHOWN: usize = 16;

/// A state of an edition by its stored word.
fn edition_words(word: &str, text: &'static Text) -> &'static str {
    match EditionStatus::from_word(word) {
        Some(EditionStatus::Gathering) => text.todo.edition_gathering,
        Some(EditionStatus::Staged) => text.todo.edition_staged,
        Some(EditionStatus::Scheduled) => text.todo.edition_scheduled,
        Some(EditionStatus::Live) => text.todo.edition_live,
        Some(EditionStatus::Dropped) => text.todo.edition_dropped,
        None => "",
    }
}

/// A state of a merchant or outlet by its stored word.
fn standing_words(word: &str, text: &'static Text) -> &'static str {
    match Standing::from_word(word) {
        Some(Standing::Draft) => text.directory.draft,
        Some(Standing::Active) => text.directory.active,
        Some(Standing::Suspended) => text.directory.suspended,
        Some(Standing::Closed) => text.directory.closed,
        None => "",
    }
}

/// Whether it is opened and approved by itself: power over people, and an edition, of which the list shows no row.
fn is_alone(payload: &Payload) -> bool {
    payload.person().is_some() || payload.act() == Act::ProductEdition
}

/// How a proposal's state looks at `now`.
pub(crate) fn state(one: &Proposal, now: Timestamp, text: &'static Text) -> Badge {
    let words = &text.todo;
    match one.status {
        ProposalStatus::Open if one.waits(now) => Badge::new("info", "wait", words.waiting),
        ProposalStatus::Open => Badge::new("warn", "clock", words.expired),
        ProposalStatus::Approved => Badge::new("ok", "ok", words.approved),
        ProposalStatus::Rejected => Badge::new("bad", "bad", words.rejected),
        ProposalStatus::Withdrawn => Badge::new("warn", "undo", words.withdrawn),
    }
}

/// Whether the person may decide on a proposal.
fn decides(session: &Session, one: &Proposal, logins: &Logins) -> bool {
    !logins.same_human(one.maker, session.person, session.now) && session.can(one.payload.act().decided_with())
}

/// How long something waits or has left.
fn span(micros: i64, text: &'static Text) -> String {
    let minutes = micros.max(0) / 60_000_000;
    let (hours, words) = (minutes / 60, &text.todo);
    match hours {
        0 => fill(words.minutes, &[&minutes.to_string()]),
        1..48 => fill(words.hours, &[&hours.to_string(), &(minutes % 60).to_string()]),
        _ => fill(words.days, &[&(hours / 24).to_string()]),
    }
}
