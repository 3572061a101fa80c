//! 商户门店: merchants, stores and terminals, from their opening to their end.

pub(crate) mod list;
pub(crate) mod merchant;
pub(crate) mod new;
pub(crate) mod outlet;
pub(crate) mod stop;
mod tabs;
pub(crate) mod terminal;

use askama::Template;
use axum::response::Response;
use domain::acts::Payload;
use domain::command::Actor;
use domain::directory::{DAYS, Standing, TerminalStatus};
use domain::ids::RequestId;
use domain::ledger::{Kind, Transaction};
use domain::time::Timestamp;
use storage::places::{self, Done, TerminalSheet};
use web_kit::badge::Badge;
use web_kit::problem::Problem;
use web_kit::proposal;
use web_kit::settlement::rate_words;
use web_kit::step::{self, Last, Told};
use web_kit::text::{Words as _, fill};

use crate::entry::Input;
use crate::text::Text;
use crate::{Shell, Visit};

/// The list.
pub(crate) const MERCHANTS: &str = "/office/merchants";
/// Where stores are.
pub(crate) const OUTLETS: &str = "/office/outlets";
/// Where terminals are.
pub(crate) const TERMINALS: &str = "/office/terminals";

pub(crate) fn merchant_link(id: impl std::fmt::Display) -> String {
    format!("{MERCHANTS}/{id}")
}

pub(crate) fn outlet_link(id: impl std::fmt::Display) -> String {
    format!("{OUTLETS}/{id}")
}

pub(crate) fn terminal_link(id: impl std::fmt::Display) -> String {
    format!("{TERMINALS}/{id}")
}

/// How a state looks.
pub(crate) fn standing(status: Standing, text: &'static Text) -> Badge {
    let words = &text.directory;
    match status {
        Standing::Draft => Badge::new("warn", "wait", words.draft),
        Standing::Active => Badge::new("ok", "ok", words.active),
        Standing::Suspended => Badge::new("bad", "bad", words.suspended),
        Standing::Closed => Badge::new("off", "pause", words.closed),
    }
}

/// How an outlet's state looks: one that was never opened opens with its merchant.
fn outlet_standing(status: Standing, merchant: Standing, text: &'static Text) -> Badge {
    match (status, merchant) {
        (Standing::Draft, Standing::Draft) => Badge::new("warn", "wait", text.directory.with_merchant),
        _ => standing(status, text),
    }
}

/// How a terminal's state looks.
fn terminal_state(one: &TerminalSheet, now: Timestamp, text: &'static Text) -> Badge {
    if one.is_silent(now) {
        return Badge::new("warn", "warn", text.directory.t_silent);
    }
    terminal_status(one.status, text)
}

/// How a terminal looks that is not silent.
fn terminal_status(status: TerminalStatus, text: &'static Text) -> Badge {
    let words = &text.directory;
    match status {
        TerminalStatus::New => Badge::new("info", "wait", words.t_new),
        TerminalStatus::Active => Badge::new("ok", "ok", words.t_active),
        TerminalStatus::Disabled => Badge::new("bad", "bad", words.t_disabled),
        TerminalStatus::Retired => Badge::new("off", "pause", words.t_retired),
    }
}

/// A moment as a list shows it: the time of today, or the day with it.
fn seen_words(seen: Option<Timestamp>, now: Timestamp) -> String {
    match seen {
        None => "\u{2014}".to_owned(),
        Some(seen) if seen.business_date() == now.business_date() => seen.time_text().chars().take(5).collect(),
        Some(seen) => seen.date_time_text().chars().skip(5).take(11).collect(),
    }
}

/// Who is signed in at a terminal; a dash for nobody.
fn people_words(one: &TerminalSheet, text: &'static Text) -> String {
    if one.people.is_empty() {
        return "\u{2014}".to_owned();
    }
    let named = |(number, name): &(String, String)| fill(text.shared().shell.person_name, &[name, number]);
    one.people.iter().map(named).collect::<Vec<_>>().join(text.directory.comma)
}

fn rate(fee_bp: Option<i64>, text: &'static Text) -> String {
    fee_bp.map_or_else(|| text.directory.no_rate.to_owned(), |bp| rate_words(bp, text))
}

/// Opening hours as they are stored, from what a person typed.
fn hours_typed(typed: &str, text: &'static Text) -> String {
    let words = &text.directory;
    let days = words.days.split(' ').zip(DAYS);
    let code = days.fold(typed.to_owned(), |typed, (word, code)| typed.replace(word, code));
    if words.days_to == "-" { code } else { code.replace(words.days_to, "-") }
}

/// Opening hours as people read them.
pub(crate) fn hours_words(stored: &str, text: &'static Text) -> String {
    let words = &text.directory;
    let part = |part: &str| {
        let (days, time) = part.split_once(' ').unwrap_or((part, ""));
        let days = days.replace('-', words.days_to);
        let days = words.days.split(' ').zip(DAYS).fold(days, |days, (word, code)| days.replace(code, word));
        format!("{days} {}", time.replace('-', "\u{2013}"))
    };
    stored.split("; ").filter(|one| !one.is_empty()).map(part).collect::<Vec<_>>().join("; ")
}

/// What this person can do here now, by its word.
pub(crate) struct Can(Vec<&'static str>);

impl Can {
    fn of<const N: usize>(acts: [(&'static str, bool); N]) -> Self {
        Self(acts.into_iter().filter(|(_, may)| *may).map(|(act, _)| act).collect())
    }

    /// Whether one of them is this.
    pub(crate) fn to(&self, act: &str) -> bool {
        self.0.contains(&act)
    }
}

/// A line of what was done.
pub(crate) struct LogLine {
    pub(crate) what: String,
    pub(crate) sub: String,
}

async fn log(visit: &Visit, subject: i64, limit: u32) -> Result<Vec<LogLine>, Problem> {
    let text = visit.text();
    Ok(places::log(visit.db(), subject, limit).await?.into_iter().map(|one| log_line(&one, text)).collect())
}

/// A line of the audit log as people read it.
pub(crate) fn log_line(one: &Done, text: &'static Text) -> LogLine {
    LogLine {
        what: format!("{} {}", action_words(&one.action, text), one.detail).trim().to_owned(),
        sub: format!("{} \u{b7} {}", one.by, one.at.date_time_text()),
    }
}

fn action_words<'a>(action: &'a str, text: &'static Text) -> &'a str {
    let words = &text.directory;
    match action {
        "merchant_created" => words.a_merchant_created,
        "outlet_created" => words.a_outlet_created,
        "terminal_created" => words.a_terminal_created,
        "merchant_changed" => words.a_merchant_changed,
        "outlet_changed" => words.a_outlet_changed,
        "terminal_changed" => words.a_terminal_changed,
        "place_suspended" => words.a_suspended,
        "place_closed" => words.a_closed,
        "enrolment_code_made" => words.a_code,
        "terminal_enrolled" => words.a_enrolled,
        "terminal_disabled" => words.a_disabled,
        "terminal_enabled" => words.a_enabled,
        "terminal_retired" => words.a_retired,
        "customer_created" => text.customers.a_created,
        "customer_changed" => text.customers.a_changed,
        "card_batch_entered" => text.batches.a_entered,
        "card_stock_moved" => text.batches.a_moved,
        "card_batch_cancelled" => text.batches.a_cancelled,
        "card_batch_closed" => text.batches.a_closed,
        "customer_suspended" => text.customers.a_suspended,
        other => other,
    }
}

/// How a customer stands.
pub(crate) fn standing_of_customer(status: Standing, text: &'static Text) -> Badge {
    match status {
        Standing::Active => Badge::new("ok", "ok", text.customers.active),
        other => standing(other, text),
    }
}

/// What a page says about the last proposal unless it is made.
pub(crate) async fn told(visit: &Visit, a: &str) -> Result<Option<Told>, Problem> {
    let actor = Actor::issuer(visit.session.person);
    let own = |record: &Transaction| matches!(record.kind, Kind::Proposal | Kind::ProgrammeChange);
    let words = &visit.text().directory;
    let last = Last::find(&visit.web, actor, a, own).await?;
    let says = step::Words { not_done: words.not_done, unknown: words.unknown, unknown_do: words.unknown_do };
    Ok(last.and_then(|last| last.told(says, visit.text())))
}

/// Proposes an act under the form's request id and leads to the proposal, or back to `back`, which says why not.
pub(crate) async fn propose(
    visit: &Visit,
    payload: Payload,
    request: RequestId,
    back: &str,
) -> Result<Response, Problem> {
    let step = proposal::propose(visit, payload, request).await?.ok_or(Problem::NotFound)?;
    step.redirect(visit, &step::address(&proposal::after(&step, back), &[], request), &[])
}

/// A form of the fields of a place.
#[derive(Template)]
#[template(path = "places/edit.html")]
struct EditView {
    shell: Shell,
    title: String,
    path: String,
    back: String,
    version: i64,
    inputs: Vec<Input>,
    wrong: Option<String>,
    stale: bool,
}

/// `10000+` where counting stopped.
fn count_words(count: i64) -> String {
    if count > places::COUNT_MAX { format!("{}+", places::COUNT_MAX) } else { count.to_string() }
}

/// The three kinds of paper with their names.
fn papers(text: &'static Text) -> [(String, String); 3] {
    let words = &text.directory;
    [("p80", words.p80), ("p58", words.p58), ("pa4", words.pa4)].map(|(word, name)| (word.to_owned(), name.to_owned()))
}

/// A kind of paper by its stored word.
fn paper(typed: &str) -> Result<String, domain::directory::Wrong> {
    match typed {
        "" => Ok("p80".to_owned()),
        "p80" | "p58" | "pa4" => Ok(typed.to_owned()),
        _ => Err(domain::directory::Wrong::Form),
    }
}

/// A label of a sentence with one name in it.
fn of(words: &str, name: &str) -> String {
    fill(words, &[name])
}
