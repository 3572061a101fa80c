//! One proposal: what was, what is and what would be, the two persons, and the form of the decision.

use domain::acts::{Act, Field, Payload, Shown};
use domain::directory::Standing;
use domain::ids::TransactionId;
use domain::money::Fen;
use domain::proposal::{Proposal, ProposalStatus, shown_digest};
use domain::time::{HOUR, Timestamp};
use storage::proposal::{Figures, Found};
use storage::vault::{hex, unhex};
use web_kit::badge::Badge;
use web_kit::pair::Pair;
use web_kit::step::{Filled, Last, Told, next_request, typed};
use web_kit::text::fill;

use super::{
    act_words, address, after_words, decided_words, field_words, span, state, subject_words, told, value_words, yuan,
};
use crate::Visit;
use crate::text::Text;

pub(super) struct View {
    pub(super) id: TransactionId,
    pub(super) act: &'static str,
    pub(super) path: String,
    pub(super) rrn: String,
    pub(super) subject: String,
    /// What the button of the approval repeats.
    pub(super) gist: String,
    pub(super) state: Badge,
    pub(super) maker: String,
    pub(super) made: String,
    pub(super) expires: String,
    pub(super) told: Option<Told>,
    pub(super) done: Option<&'static str>,
    pub(super) decided: Option<(String, String)>,
    pub(super) then_head: Option<String>,
    pub(super) now_head: String,
    pub(super) rows: Vec<Row>,
    /// Some of the rows are balances, which move by themselves.
    pub(super) has_figures: bool,
    /// What links the two persons.
    pub(super) linked: Option<&'static str>,
    /// Why it cannot be approved.
    pub(super) stale: Option<String>,
    pub(super) shown: String,
    /// When it takes effect.
    pub(super) effect: String,
    /// Where all that it changes is listed.
    pub(super) differences: Option<String>,
    pub(super) stage: Stage,
}

pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) then: String,
    pub(super) now: String,
    pub(super) after: String,
    /// It is changed by the act, or was changed since.
    pub(super) marked: bool,
    pub(super) moved: bool,
}

/// What the person can do.
pub(super) enum Stage {
    Closed,
    Waits(&'static str),
    Withdraw(Filled),
    Decide(Filled),
}

impl View {
    pub(super) fn of(visit: &Visit, found: Found, pair: Pair, last: Option<&Last>, refused: Option<Filled>) -> Self {
        let Found { sheet, now, figures } = found;
        let (one, text, at) = (&sheet.proposal, visit.text(), visit.session.now);
        let words = &text.todo;
        let open = one.status == ProposalStatus::Open;
        // A proposal that ended shows what it was about then.
        let shown = if open { now.clone().unwrap_or_default() } else { one.seen.clone() };
        let mut rows = rows(one, &shown, text);
        let moved = rows.iter().filter(|row| row.moved).count();
        let stale = match now {
            None if open => Some(words.stale_gone.to_owned()),
            _ => (moved > 0).then(|| fill(words.stale_what, &[&moved.to_string()])),
        };
        rows.extend(figures.iter().flat_map(|figures| figure_rows(one, figures, text)));
        let done = last.filter(|last| last.is_done()).map(|_| match one.status {
            ProposalStatus::Open => words.proposed,
            ProposalStatus::Approved if one.payload.act() == Act::ProductEdition => words.approved_edition,
            ProposalStatus::Approved => words.approved_now,
            ProposalStatus::Rejected => words.rejected_now,
            ProposalStatus::Withdrawn => words.withdrawn_now,
        });
        let left = one.expires_at.since(at);
        let until = one.expires_at.date_time_text();
        let waits = one.waits(at);
        Self {
            id: one.id,
            act: act_words(one.payload.act(), text),
            path: address(one.id),
            rrn: one.id.rrn(),
            subject: subject_words(&sheet, text),
            gist: gist(one, text),
            state: state(one, at, text),
            maker: sheet.maker.clone(),
            made: one.made_at.date_time_text(),
            expires: if waits { fill(words.expires_in, &[&until, &span(left, text)]) } else { until },
            told: told(last, &sheet, text),
            done,
            decided: decided_words(&sheet, text)
                .map(|who| (who, one.ending.as_ref().map_or_else(String::new, |ending| ending.opinion.clone()))),
            then_head: stale.is_some().then(|| fill(words.then, &[&one.made_at.time_text()])),
            now_head: match (open, stale.is_some()) {
                (false, _) => words.was.to_owned(),
                (true, false) => words.now.to_owned(),
                (true, true) => fill(words.now_at, &[&at.time_text()]),
            },
            rows,
            has_figures: figures.is_some(),
            stale,
            shown: hex(&shown_digest(one, &shown)),
            effect: effect(&one.payload, at, text),
            differences: differences(&one.payload),
            linked: pair.warning(text).filter(|_| open),
            stage: stage(visit, one, pair, last, refused),
        }
    }

    /// Whether less than a day is left.
    pub(super) fn soon(one: &Proposal, now: Timestamp) -> bool {
        one.waits(now) && one.expires_at.since(now) < 24 * HOUR
    }
}

/// When an act takes effect.
fn effect(payload: &Payload, now: Timestamp, text: &'static Text) -> String {
    match payload {
        Payload::ProductEdition { effective_at: Some(then), .. } if *then > now => {
            fill(text.todo.effect_at, &[&then.date_time_text()])
        }
        _ => text.todo.effect.to_owned(),
    }
}

/// The page with all rows of what a sheet only counts.
fn differences(payload: &Payload) -> Option<String> {
    match payload {
        Payload::ProductEdition { edition, .. } => Some(format!("/office/editions/{edition}")),
        _ => None,
    }
}

fn stage(visit: &Visit, one: &Proposal, pair: Pair, last: Option<&Last>, refused: Option<Filled>) -> Stage {
    let words = &visit.text().todo;
    let form = || Filled { request: next_request(visit, last), words: typed(visit, 0), wrong: None };
    if one.status != ProposalStatus::Open {
        Stage::Closed
    } else if !one.waits(visit.session.now) {
        Stage::Waits(words.expired_stage)
    } else if pair == Pair::Own {
        Stage::Withdraw(form())
    } else if pair == Pair::OneHuman {
        Stage::Waits(visit.text().codes.one_human)
    } else if visit.session.can(one.payload.act().decided_with()) {
        Stage::Decide(refused.unwrap_or_else(form))
    } else {
        Stage::Waits(words.no_right_stage)
    }
}

/// A row per field that was shown, is shown, or would be.
fn rows(one: &Proposal, now: &Shown, text: &'static Text) -> Vec<Row> {
    let after = one.payload.after(now);
    let row = |field: Field| {
        let (was, is, will) = (one.seen.get(field), now.get(field), after.get(field));
        Row {
            name: field_words(field, text),
            then: value_words(field, was, text),
            now: of_customer(one, field, is, text).unwrap_or_else(|| value_words(field, is, text)),
            after: of_customer(one, field, will, text).unwrap_or_else(|| after_words(field, will, text)),
            moved: was != is,
            marked: was != is || is != will,
        }
    };
    let has = |shown: &Shown, field: Field| shown.rows().any(|(own, _)| own == field);
    let of_seen = Field::ALL.into_iter().filter(|field| has(&one.seen, *field)).map(row);
    // What acts about money and cards say themselves has no value now: it is new. Serials say what places do.
    let says =
        one.payload.money().is_some() || one.payload.card().is_some() || matches!(one.payload, Payload::Batch(_));
    let twice = |field: &Field| matches!(field, Field::FirstPlace | Field::LastPlace);
    let said = Field::ALL.into_iter().filter(|field| !has(&one.seen, *field) && has(&after, *field));
    let said = said.filter(|field| says && !twice(field)).map(|field| {
        let none = String::new;
        let after = value_words(field, after.get(field), text);
        Row { name: field_words(field, text), then: none(), now: none(), after, moved: false, marked: true }
    });
    of_seen.chain(said).collect()
}

/// A customer's state, which has a word of its own: it does not trade.
fn of_customer(one: &Proposal, field: Field, value: &str, text: &'static Text) -> Option<String> {
    let customer = one.payload.money().is_some() || one.payload.act() == Act::CustomerResuming;
    let active = customer && field == Field::Standing && value == Standing::Active.word();
    active.then(|| text.customers.active.to_owned())
}

/// Balances that money moves, as they are now and would be.
fn figure_rows(one: &Proposal, figures: &Figures, text: &'static Text) -> Vec<Row> {
    let Some(money) = one.payload.money() else { return Vec::new() };
    let (words, amount) = (&text.todo, money.amount().0);
    let row = |name, now: Fen, after: i64| {
        let then = String::new();
        Row { name, then, now: yuan(now), after: yuan(Fen(after)), moved: false, marked: true }
    };
    let change = if money.spends() { amount.saturating_neg() } else { amount };
    let mut rows = vec![row(words.f_deposit, figures.deposit, figures.deposit.0.saturating_add(change))];
    if let Some((balance, most)) = figures.card {
        rows.push(row(words.f_balance, balance, balance.0.saturating_sub(change)));
        rows.push(Row { marked: false, ..row(words.f_balance_max, most, most.0) });
    }
    rows
}

/// What it comes to, in a word: the first value that the act changes; of an edition, how many products.
pub(super) fn gist(one: &Proposal, text: &'static Text) -> String {
    if one.payload.amount().is_positive() {
        return format!("\u{a5}{}", one.payload.amount());
    }
    if one.payload.act() == Act::ProductEdition {
        let counted = [Field::EditionAdded, Field::EditionChanged, Field::EditionStopped, Field::EditionRemoved];
        let all: i64 = counted.iter().filter_map(|field| one.seen.get(*field).parse::<i64>().ok()).sum();
        return fill(text.todo.products, &[&all.to_string()]);
    }
    let after = one.payload.after(&one.seen);
    let changed = after.rows().find(|(field, value)| one.seen.get(*field) != *value);
    changed.map_or_else(String::new, |(field, value)| value_words(field, value, text))
}

/// A digest as the form carries it.
pub(super) fn digest(text: &str) -> Option<[u8; 32]> {
    unhex(text)?.try_into().ok()
}
