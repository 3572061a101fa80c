//! The list: what waits for the person, of every kind, and what the person cannot decide.

use domain::acts::{Act, Field, Shown};
use domain::dispute::DisputeStatus;
use domain::ids::{PersonId, RequestId, TransactionId};
use domain::money::Fen;
use domain::proposal::{Proposal, ProposalStatus, shown_digest};
use domain::role::Action;
use domain::time::Timestamp;
use storage::proposal::{self, By, Filter, Sheet};
use storage::refund::Desk;
use storage::vault::hex;
use storage::{dispute, human, refund, settlement};
use web_kit::link::link;
use web_kit::problem::Problem;
use web_kit::proposal::{TODO, address};
use web_kit::text::fill;
use web_kit::{dispute as disputes, settlement as settlements};

use super::sheet::{View as SheetView, gist};
use super::{Params, act_words, decided_words, decides, field_words, is_alone, many, span, state, value_words};
use crate::Visit;
use crate::text::Text;

/// Rows of one kind on a page.
const ROWS: u32 = 50;
/// Decided proposals that stand below the list.
const DECIDED: u32 = 5;

pub(super) struct List {
    /// The choices of both filters: word, name, chosen.
    pub(super) kinds: Vec<(&'static str, &'static str, bool)>,
    pub(super) states: Vec<(&'static str, &'static str, bool)>,
    /// Everybody who made something here: id, name, chosen.
    pub(super) makers: Vec<(String, String, bool)>,
    pub(super) amount_min: String,
    /// Of one kind, several can be approved at once: the form's request id.
    pub(super) together: Option<RequestId>,
    pub(super) kind: String,
    /// The page shows what waits, and not proposals in another state.
    pub(super) waiting: bool,
    pub(super) rows: Vec<Row>,
    pub(super) count: String,
    pub(super) soon: usize,
    pub(super) elsewhere: usize,
    pub(super) not_here: Vec<Other>,
    pub(super) older: Option<String>,
}

pub(super) struct Row {
    pub(super) link: String,
    pub(super) on: bool,
    pub(super) name: &'static str,
    pub(super) gist: String,
    pub(super) about: String,
    pub(super) who: String,
    pub(super) age: String,
    /// What its tick sends, where it can be approved from here.
    pub(super) tick: Option<String>,
    at: Timestamp,
}

/// A line about what the person cannot decide.
pub(super) struct Other {
    pub(super) link: String,
    pub(super) done: bool,
    pub(super) what: String,
    pub(super) sub: String,
}

/// What is listed besides proposals.
const REFUND: &str = "refund";
const DISPUTE: &str = "dispute";
const SETTLEMENT: &str = "settlement";

fn filter(s: &str) -> Filter {
    match s {
        "expired" => Filter::Expired,
        _ => ProposalStatus::from_word(s)
            .filter(|status| *status != ProposalStatus::Open)
            .map_or(Filter::Waiting, Filter::Ended),
    }
}

impl List {
    pub(super) async fn load(visit: &Visit, params: &Params, open: Option<TransactionId>) -> Result<Self, Problem> {
        let (db, text, now) = (visit.db(), visit.text(), visit.session.now);
        let filter = filter(&params.s);
        let waiting = filter == Filter::Waiting;
        let before = params.before.parse().ok().map(TransactionId);
        let (act, maker) = (Act::from_word(&params.k), params.m.parse().ok().map(PersonId));
        let by = By { act, maker, amount_min: Fen::parse_yuan(&params.min).unwrap_or_default() };
        let wanted = |kind: &str| params.k.is_empty() || params.k == kind;
        let acts = params.k.is_empty() || act.is_some();
        let found = if acts { proposal::list(db, filter, now, before, ROWS, &by).await? } else { Vec::new() };
        let mut makers = proposal::makers(db, filter, now).await?;
        let last = found.last().filter(|_| found.len() >= ROWS as usize);
        let older = last.map(|last| {
            let before = last.proposal.id.0.to_string();
            let [k, s, m, min] = [&params.k, &params.s, &params.m, &params.min];
            link(TODO, &[("k", k), ("s", s), ("m", m), ("min", min), ("before", &before)])
        });
        let logins = human::logins(db, people(visit, found.iter().map(|one| one.proposal.maker))).await?;
        let (own, others): (Vec<Sheet>, Vec<Sheet>) =
            found.into_iter().partition(|one| !waiting || decides(&visit.session, &one.proposal, &logins));
        let soon = own.iter().filter(|one| SheetView::soon(&one.proposal, now)).count();
        let together = waiting && act.is_some();
        let mut rows = Vec::new();
        for one in &own {
            let seen = if together { proposal::now(db, one.proposal.payload.clone()).await? } else { None };
            rows.push(row(one, open, seen.as_ref(), now, text));
        }
        let proposals = rows.len();
        if waiting && before.is_none() {
            rows.extend(elsewhere(visit, wanted, &by, &mut makers).await?);
            rows.sort_by_key(|row| std::cmp::Reverse(row.at));
        }
        let mut not_here: Vec<Other> = others.iter().map(|one| other(one, visit)).collect();
        if waiting && before.is_none() && acts {
            not_here.extend(decided(visit, &by).await?);
        }
        makers.sort_by(|one, other| (&one.1, one.0).cmp(&(&other.1, other.0)));
        makers.dedup();
        let chosen = |(id, name): (PersonId, String)| (id.to_string(), name, maker == Some(id));
        Ok(Self {
            kinds: kinds(&params.k, text),
            states: states(&params.s, text),
            makers: makers.into_iter().map(chosen).collect(),
            amount_min: params.min.clone(),
            together: rows.iter().any(|row| row.tick.is_some()).then(|| visit.new_request()),
            kind: params.k.clone(),
            waiting,
            count: fill(text.todo.count, &[&rows.len().to_string()]),
            soon,
            elsewhere: rows.len() - proposals,
            rows,
            not_here,
            older,
        })
    }
}

/// The signed-in person and these.
fn people(visit: &Visit, makers: impl Iterator<Item = PersonId>) -> Vec<PersonId> {
    makers.chain([visit.session.person]).collect()
}

fn kinds(chosen: &str, text: &'static Text) -> Vec<(&'static str, &'static str, bool)> {
    let words = &text.todo;
    let acts = Act::ALL.into_iter().map(|act| (act.word(), act_words(act, text)));
    let others = [(REFUND, words.kind_refund), (DISPUTE, words.kind_dispute), (SETTLEMENT, words.kind_settlement)];
    let all = std::iter::once(("", words.kind_all)).chain(acts).chain(others);
    all.map(|(word, name)| (word, name, word == chosen)).collect()
}

fn states(chosen: &str, text: &'static Text) -> Vec<(&'static str, &'static str, bool)> {
    let words = &text.todo;
    let all = [
        ("", words.state_waiting),
        (ProposalStatus::Approved.word(), words.approved),
        (ProposalStatus::Rejected.word(), words.rejected),
        (ProposalStatus::Withdrawn.word(), words.withdrawn),
        ("expired", words.expired),
    ];
    all.map(|(word, name)| (word, name, word == chosen)).to_vec()
}

/// `seen` is what the rows show now, if several of the kind can be approved at once. Then the line says what it was and
/// would be; what changes more than one value is to be opened first.
fn row(one: &Sheet, open: Option<TransactionId>, seen: Option<&Shown>, now: Timestamp, text: &'static Text) -> Row {
    let own = &one.proposal;
    let change = seen.filter(|seen| **seen == own.seen).and_then(|seen| only_change(own, seen, text));
    Row {
        link: address(own.id),
        on: open == Some(own.id),
        name: act_words(own.payload.act(), text),
        tick: seen
            .filter(|_| change.is_some() && !is_alone(&own.payload))
            .map(|seen| many::tick(own.id, &hex(&shown_digest(own, seen)))),
        gist: change.unwrap_or_else(|| gist(own, text)),
        about: super::subject_words(one, text),
        who: format!("{} \u{b7} {}", one.maker, own.id.sequence()),
        age: if own.waits(now) { span(now.since(own.made_at), text) } else { own.made_at.date_time_text() },
        at: own.made_at,
    }
}

/// The only value that an act changes, from and to; none of an edition, whose rows do not fit in a line.
fn only_change(one: &Proposal, seen: &Shown, text: &'static Text) -> Option<String> {
    if one.payload.act() == Act::ProductEdition {
        return None;
    }
    let after = one.payload.after(seen);
    let mut changed = after.rows().filter(|(field, value)| seen.get(*field) != *value);
    let (field, value) = changed.next().filter(|_| changed.next().is_none())?;
    let words = |value| value_words(field, value, text);
    // The end of a band reads like a price.
    let name = match field {
        Field::PriceLow | Field::PriceHigh => format!("{} ", field_words(field, text)),
        _ => String::new(),
    };
    Some(format!("{name}{} \u{2192} {}", words(seen.get(field)), words(value)))
}

/// Refunds, disputes and settlements that wait for this person. Adds who made them to `makers`.
async fn elsewhere(
    visit: &Visit,
    wanted: impl Fn(&str) -> bool,
    by: &By,
    makers: &mut Vec<(PersonId, String)>,
) -> Result<Vec<Row>, Problem> {
    let (session, text, now) = (&visit.session, visit.text(), visit.session.now);
    let words = &text.todo;
    let mut found = Vec::new();
    let mut add = |link: String, name, amount: Fen, about: String, maker: (PersonId, String), at: Timestamp| {
        let (gist, age) = (format!("\u{a5}{amount}"), span(now.since(at), text));
        let row = Row { link, on: false, name, gist, about, who: maker.1.clone(), age, tick: None, at };
        found.push((row, maker, amount));
    };
    if wanted(REFUND) && session.can(Action::LateRefund) {
        let waiting = refund::list(visit.db(), Desk::Issuer, refund::Filter::Open, String::new(), now).await?;
        for one in waiting {
            let address = link("/office/refunds", &[("id", &one.refund.id.rrn())]);
            let about = disputes::store_name(&one.merchant, &one.outlet, text);
            let maker = (one.refund.applicant, one.applicant);
            add(address, words.refund, one.refund.amount, about, maker, one.refund.requested_at);
        }
    }
    if wanted(DISPUTE) && session.can(Action::DecideDispute) {
        let open = dispute::list(visit.db(), None, true, None, ROWS).await?;
        let ripe =
            |one: &dispute::Case| one.dispute.status == DisputeStatus::Answered || one.dispute.answer_until < now;
        for one in open.into_iter().filter(ripe) {
            let [opener, ..] = one.people;
            let about = disputes::store_name(&one.merchant, &one.outlet, text);
            let address = format!("{}/{}", disputes::OFFICE, one.dispute.id.rrn());
            let maker = (one.dispute.opener, opener);
            add(address, words.dispute, one.dispute.amount, about, maker, one.dispute.opened_at);
        }
    }
    if wanted(SETTLEMENT) && session.can(Action::ReleaseSettlement) {
        let open = settlement::list(visit.db(), settlement::Filter::Open, None, ROWS).await?;
        for one in open {
            let own = one.settlement;
            let address = format!("{}/{}", settlements::OFFICE, own.id.rrn());
            add(address, words.settlement, own.payout, one.merchant, (own.maker, one.maker), own.prepared_at);
        }
    }
    let logins = human::logins(visit.db(), people(visit, found.iter().map(|(_, maker, _)| maker.0))).await?;
    found.retain(|(_, maker, _)| !logins.same_human(maker.0, session.person, now));
    makers.extend(found.iter().map(|(_, maker, _)| maker.clone()));
    let fits = |(_, maker, amount): &(Row, (PersonId, String), Fen)| {
        by.maker.is_none_or(|chosen| chosen == maker.0) && *amount >= by.amount_min
    };
    Ok(found.into_iter().filter(fits).map(|(row, ..)| row).collect())
}

/// A proposal that waits for somebody else.
fn other(one: &Sheet, visit: &Visit) -> Other {
    let (words, own) = (&visit.text().todo, &one.proposal);
    let name = [act_words(own.payload.act(), visit.text()), &super::subject_words(one, visit.text())];
    let at = own.made_at.date_time_text();
    let (what, sub) = if own.maker == visit.session.person {
        (words.own, fill(words.own_sub, &[&at]))
    } else {
        (words.no_right, fill(words.no_right_sub, &[&one.maker, &at]))
    };
    Other { link: address(own.id), done: false, what: fill(what, &name), sub }
}

/// The latest that were decided.
async fn decided(visit: &Visit, by: &By) -> Result<Vec<Other>, Problem> {
    let (text, now) = (visit.text(), visit.session.now);
    let mut found = Vec::new();
    for status in [ProposalStatus::Approved, ProposalStatus::Rejected] {
        found.extend(proposal::list(visit.db(), Filter::Ended(status), now, None, DECIDED, by).await?);
    }
    let at = |one: &Sheet| one.proposal.ending.as_ref().map(|ending| ending.at);
    found.sort_by_key(|one| std::cmp::Reverse(at(one)));
    found.truncate(DECIDED as usize);
    let line = |one: Sheet| Other {
        link: address(one.proposal.id),
        done: true,
        what: format!("{} {}", act_words(one.proposal.payload.act(), text), super::subject_words(&one, text)),
        sub: decided_words(&one, text).unwrap_or_else(|| state(&one.proposal, now, text).word.to_owned()),
    };
    Ok(found.into_iter().map(line).collect())
}
