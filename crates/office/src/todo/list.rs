//! The list: what waits for the person, of every kind, and what the person cannot decide.

use domain::acts::Act;
use domain::dispute::DisputeStatus;
use domain::ids::TransactionId;
use domain::proposal::ProposalStatus;
use domain::role::Action;
use domain::time::Timestamp;
use storage::proposal::{self, Filter, Sheet};
use storage::refund::Desk;
use storage::{dispute, refund, settlement};
use web_kit::link::link;
use web_kit::problem::Problem;
use web_kit::text::fill;
use web_kit::{dispute as disputes, settlement as settlements};

use super::sheet::{View as SheetView, gist};
use super::{Params, TODO, act_words, address, decided_words, decides, span, state};
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
        let (text, now) = (visit.text(), visit.session.now);
        let filter = filter(&params.s);
        let waiting = filter == Filter::Waiting;
        let before = params.before.parse().ok().map(TransactionId);
        let found = proposal::list(visit.db(), filter, now, before, ROWS).await?;
        let last = found.last().filter(|_| found.len() >= ROWS as usize);
        let older = last
            .map(|last| link(TODO, &[("k", &params.k), ("s", &params.s), ("before", &last.proposal.id.0.to_string())]));
        let wanted = |kind: &str| params.k.is_empty() || params.k == kind;
        let (own, others): (Vec<Sheet>, Vec<Sheet>) = found
            .into_iter()
            .filter(|one| wanted(one.proposal.payload.act().word()))
            .partition(|one| !waiting || decides(&visit.session, &one.proposal));
        let soon = own.iter().filter(|one| SheetView::soon(&one.proposal, now)).count();
        let mut rows: Vec<Row> = own.iter().map(|one| row(one, open, now, text)).collect();
        let proposals = rows.len();
        if waiting && before.is_none() {
            rows.extend(elsewhere(visit, wanted).await?);
            rows.sort_by_key(|row| std::cmp::Reverse(row.at));
        }
        let mut not_here: Vec<Other> = others.iter().map(|one| other(one, visit)).collect();
        if waiting && before.is_none() {
            not_here.extend(decided(visit, wanted).await?);
        }
        Ok(Self {
            kinds: kinds(&params.k, text),
            states: states(&params.s, text),
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

fn row(one: &Sheet, open: Option<TransactionId>, now: Timestamp, text: &'static Text) -> Row {
    let own = &one.proposal;
    Row {
        link: address(own.id),
        on: open == Some(own.id),
        name: act_words(own.payload.act(), text),
        gist: gist(own, text),
        about: one.subject.clone(),
        who: format!("{} \u{b7} {}", one.maker, own.id.sequence()),
        age: if own.waits(now) { span(now.since(own.made_at), text) } else { own.made_at.date_time_text() },
        at: own.made_at,
    }
}

/// Refunds, disputes and settlements that wait for this person.
async fn elsewhere(visit: &Visit, wanted: impl Fn(&str) -> bool) -> Result<Vec<Row>, Problem> {
    let (session, text, now) = (&visit.session, visit.text(), visit.session.now);
    let words = &text.todo;
    let mut rows = Vec::new();
    let mut add = |link: String, name, amount: String, about: String, who: String, at: Timestamp| {
        let (gist, age) = (format!("\u{a5}{amount}"), span(now.since(at), text));
        rows.push(Row { link, on: false, name, gist, about, who, age, at });
    };
    if wanted(REFUND) && session.can(Action::LateRefund) {
        let waiting = refund::list(visit.db(), Desk::Issuer, refund::Filter::Open, String::new(), now).await?;
        for one in waiting.into_iter().filter(|one| one.refund.applicant != session.person) {
            let address = link("/office/refunds", &[("id", &one.refund.id.rrn())]);
            let about = disputes::store_name(&one.merchant, &one.outlet, text);
            let at = one.refund.requested_at;
            add(address, words.refund, one.refund.amount.to_string(), about, one.applicant, at);
        }
    }
    if wanted(DISPUTE) && session.can(Action::DecideDispute) {
        let open = dispute::list(visit.db(), None, true, None, ROWS).await?;
        let ripe = |one: &dispute::Case| {
            let own = &one.dispute;
            own.opener != session.person && (own.status == DisputeStatus::Answered || own.answer_until < now)
        };
        for one in open.into_iter().filter(ripe) {
            let [opener, ..] = one.people;
            let about = disputes::store_name(&one.merchant, &one.outlet, text);
            let address = format!("{}/{}", disputes::OFFICE, one.dispute.id.rrn());
            add(address, words.dispute, one.dispute.amount.to_string(), about, opener, one.dispute.opened_at);
        }
    }
    if wanted(SETTLEMENT) && session.can(Action::ReleaseSettlement) {
        let open = settlement::list(visit.db(), settlement::Filter::Open, None, ROWS).await?;
        for one in open.into_iter().filter(|one| one.settlement.maker != session.person) {
            let own = one.settlement;
            let address = format!("{}/{}", settlements::OFFICE, own.id.rrn());
            add(address, words.settlement, own.payout.to_string(), one.merchant, one.maker, own.prepared_at);
        }
    }
    Ok(rows)
}

/// A proposal that waits for somebody else.
fn other(one: &Sheet, visit: &Visit) -> Other {
    let (words, own) = (&visit.text().todo, &one.proposal);
    let name = [act_words(own.payload.act(), visit.text()), &one.subject];
    let at = own.made_at.date_time_text();
    let (what, sub) = if own.maker == visit.session.person {
        (words.own, fill(words.own_sub, &[&at]))
    } else {
        (words.no_right, fill(words.no_right_sub, &[&one.maker, &at]))
    };
    Other { link: address(own.id), done: false, what: fill(what, &name), sub }
}

/// The latest that were decided.
async fn decided(visit: &Visit, wanted: impl Fn(&str) -> bool) -> Result<Vec<Other>, Problem> {
    let (text, now) = (visit.text(), visit.session.now);
    let mut found = Vec::new();
    for status in [ProposalStatus::Approved, ProposalStatus::Rejected] {
        found.extend(proposal::list(visit.db(), Filter::Ended(status), now, None, DECIDED).await?);
    }
    let at = |one: &Sheet| one.proposal.ending.as_ref().map(|ending| ending.at);
    found.sort_by_key(|one| std::cmp::Reverse(at(one)));
    found.truncate(DECIDED as usize);
    let line = |one: Sheet| Other {
        link: address(one.proposal.id),
        done: true,
        what: format!("{} {}", act_words(one.proposal.payload.act(), text), one.subject),
        sub: decided_words(&one, text).unwrap_or_else(|| state(&one.proposal, now, text).word.to_owned()),
    };
    Ok(found.into_iter().filter(|one| wanted(one.proposal.payload.act().word())).map(line).collect())
}
